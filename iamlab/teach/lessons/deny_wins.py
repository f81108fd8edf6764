"""Lesson 02, Deny wins."""

from collections.abc import Iterator

from iamlab.lab.world import World
from iamlab.teach.break_belief import Break
from iamlab.teach.checks import Cell, Predict, Repair
from iamlab.teach.edits import Edit, kept_statements, left_out
from iamlab.teach.exercises import Exercise, KnownWrong, Question
from iamlab.teach.scenarios import DRAFTS, MAP, MAPS, README
from iamlab.teach.write import Case, Requests, Write

USERS = "arn:aws:iam::111111111111:user/"
PLAN = f"{DRAFTS}/plan.txt"
NEW = f"{DRAFTS}/new.txt"
ACTIONS = (
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetObjectTagging"),
    *("s3:PutObjectTagging", "s3:DeleteObjectTagging", "s3:GetBucketLocation", "s3:DeleteBucket"),
    *("ec2:StartInstances", "iam:ListUsers"),
)
OTHER = f"{MAPS}/2026/m33.fits"
UNIVERSE = Requests(("alice", "bob"), ACTIONS, (MAP, PLAN, README, OTHER, MAPS, USERS, "*"))


def _document(effect: str, action: object, resource: object) -> dict[str, object]:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _must(question: Question, without: bool) -> bool | None:  # noqa: FBT001 - the result before
    """Return what is wanted: Alice can't delete objects of the bucket; nothing else changes."""
    is_object = question.resource.startswith(f"{MAPS}/")
    if (question.caller, question.action) == ("alice", "s3:DeleteObject") and is_object:
        return False
    return without


def _guards(_: World) -> Iterator[dict[str, object]]:
    yield _document("Deny", "s3:DeleteObject", f"{MAPS}/*")


def _give_admin(world: World) -> None:
    world.user("alice").attach_policy("AdministratorAccess")


def _give_s3_later(world: World) -> None:
    world.user("alice").put_policy("zz-later", _document("Allow", "s3:DeleteObject", MAP))


def _verdicts(*letters: str) -> list[str]:
    short = {"A": "allowed", "E": "explicit deny", "I": "implicit deny"}
    return [short[letter] for letter in letters]


def _arranged(sids: str) -> list[Edit]:
    return [("arrange", "alice", "stack", sids)]


TARGET = (
    Cell(Question("alice", "s3:GetObject", PLAN), allowed=True),
    Cell(Question("alice", "s3:GetObject", MAP), allowed=True),
    Cell(Question("alice", "s3:ListBucket", MAPS), allowed=True),
    Cell(Question("alice", "s3:DeleteObject", MAP), allowed=False),
    Cell(Question("alice", "s3:PutObject", MAP), allowed=False),
)

EXERCISES: tuple[Exercise, ...] = (
    Predict(
        number="2.1",
        title="Five requests to the stack",
        prompt="Alice has the policy stack, in its original order, and no other policy. "
        "Predict each verdict.",
        world_name="stack",
        fine=True,
        questions=(
            Question("alice", "s3:DeleteObject", MAP),
            Question("alice", "s3:GetObject", README),
            Question("alice", "s3:PutObject", NEW),
            Question("alice", "s3:GetObject", MAP),
            Question("alice", "iam:ListUsers", USERS),
        ),
        nudge="For each request, look for a Deny that matches, in any position. If you find no "
        "Deny, look for an Allow.",
        why="A Deny that matches decides, in any position and however broad it is.",
        known_wrong=(
            KnownWrong(
                lambda _: _verdicts("E", "E", "E", "A", "E"),
                "M04",
                "Nothing allows the last request. But is there a statement that denies it?",
            ),
        ),
    ),
    Predict(
        number="2.2",
        title="What AdministratorAccess fixes",
        prompt="Now somebody also attaches AdministratorAccess to Alice. It allows every action on "
        "everything. Predict three of the requests from 2.1, and a new one.",
        world_name="stack_admin",
        fine=True,
        questions=(
            Question("alice", "s3:DeleteObject", MAP),
            Question("alice", "s3:GetObject", README),
            Question("alice", "iam:ListUsers", USERS),
            Question("alice", "ec2:StartInstances", "*"),
        ),
        nudge="Which of these were denied because a Deny matched, and which because nothing "
        "allowed them?",
        why="One more Allow fixes an implicit deny. An explicit deny stays.",
        known_wrong=(
            KnownWrong(
                lambda _: _verdicts("A", "A", "A", "A"),
                "M04",
                "AdministratorAccess adds one Allow. The two Deny statements are still there.",
            ),
            KnownWrong(
                lambda _: _verdicts("E", "E", "I", "I"),
                "M04",
                "These requests were denied because nothing allowed them. Now an Allow does.",
            ),
            KnownWrong(
                lambda _: _verdicts("E", "A", "A", "A"),
                "M02",
                "The Allow for readme.txt is specific, and now a second Allow matches too. One "
                "Deny still wins, even a broad one.",
            ),
        ),
    ),
    Repair(
        number="2.3",
        title="Let Alice read the plan",
        prompt=(
            "This is another stack. Alice must be able to read drafts/plan.txt and m31.fits, but "
            "not to write or delete a map. Remove as few statements as you can."
        ),
        world_name="two_denies",
        target=TARGET,
        most=2,
        editor="statements",
        kinds=("inline policy stack of user alice",),
        search=kept_statements("alice", "stack"),
        count=left_out("alice", "stack"),
        nudge="To read, Alice needs one Allow and no Deny that matches. How many Denies match?",
        why="One Deny that matches is enough to deny. Without any, one Allow is enough to allow.",
        known_wrong=(
            KnownWrong(
                lambda _: [
                    (
                        "arrange",
                        "alice",
                        "stack",
                        "ListMaps ReadMaps Moratorium KeepMaps DeleteMaps ReadMe",
                    )
                ],
                "M02",
                "You removed the more specific Deny. Another Deny still matches, and that is "
                "enough.",
            ),
            KnownWrong(
                lambda _: [
                    (
                        "arrange",
                        "alice",
                        "stack",
                        "NoDrafts Moratorium KeepMaps ListMaps ReadMaps DeleteMaps ReadMe",
                    )
                ],
                "M02",
                "You moved the Denies to the top. Position doesn't matter; they still match.",
            ),
            KnownWrong(
                lambda _: _arranged("ListMaps ReadMaps DeleteMaps ReadMe"),
                "M04",
                "Without any Deny, Alice can also delete: the stack still has an Allow for it.",
            ),
        ),
    ),
    Write(
        number="2.4",
        title="Whatever is allowed later",
        prompt=(
            "Write a policy that denies Alice s3:DeleteObject on every object of star-maps, "
            "whatever is allowed later. Change no other request. One statement is enough."
        ),
        world_name="first_door",
        user="alice",
        policy_name="guard",
        requests=UNIVERSE,
        cases=(
            Case("today", lambda _: None),
            Case("after AdministratorAccess is attached to Alice", _give_admin),
            Case("after Alice is allowed to delete m31.fits", _give_s3_later),
        ),
        wanted=_must,
        examples=_guards,
        nudge="An implicit deny ends with the next Allow. Which kind of denial doesn't?",
        why="Only an explicit deny wins over what is allowed later.",
        known_wrong=(
            KnownWrong(
                lambda _: _document("Allow", ["s3:GetObject", "s3:PutObject"], f"{MAPS}/*"),
                "M04",
                "You allow other actions and leave deleting out. That is an implicit deny, and the "
                "next Allow ends it.",
            ),
            KnownWrong(
                lambda _: _document("Deny", "s3:DeleteObject", MAPS),
                "M25",
                "That ARN is the bucket. An object has its own ARN, with a slash after the bucket.",
            ),
            KnownWrong(
                lambda _: _document("Deny", "s3:*", f"{MAPS}/*"),
                "M02",
                "This Deny matches more actions than the task asks for. Name fewer.",
            ),
        ),
    ),
    Break(
        number="2.5",
        title="Does the last statement win?",
        prompt=(
            "Bob says: the last statement decides. With the stack in this order, he is right "
            "every time. Move a statement, and find a request on which AWS and Bob disagree."
        ),
        world_name="denies_last",
        mutant="last_wins",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, MAPS),
        nudge="Find a request that a Deny and an Allow match. Put the Allow below the Deny.",
        why="The order of statements never matters.",
        known_wrong=(
            KnownWrong(
                lambda _: [["AllMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP],
                "M02",
                "Here the Deny is last, so Bob is right by chance. Where must it be instead?",
            ),
            KnownWrong(
                lambda _: [["KeepMaps", "AllMaps"], "alice", "s3:GetObject", MAP],
                "M02",
                "The Deny doesn't match this request, so both allow it.",
            ),
        ),
    ),
    Break(
        number="2.6",
        title="Does the most specific statement win?",
        prompt=(
            "Dana says: no, the most specific statement decides. Find a request on which AWS and "
            "Dana disagree."
        ),
        world_name="stack",
        mutant="most_specific_wins",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, NEW),
        nudge="Find a broad Deny, and an Allow for one of the resources that it matches.",
        why="A more specific statement isn't stronger.",
        known_wrong=(
            KnownWrong(
                lambda _: [
                    ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"],
                    "alice",
                    "s3:PutObject",
                    NEW,
                ],
                "M02",
                "Here the Deny is more specific, so Dana is right. Find a more specific Allow.",
            ),
            KnownWrong(
                lambda _: [["AllMaps", "ReadMe"], "alice", "s3:GetObject", README],
                "M02",
                "Without a Deny that matches, both allow the request.",
            ),
        ),
    ),
    Break(
        number="2.7",
        title="Are all denials the same?",
        prompt=(
            "Carol says: all denials are the same, and one more Allow fixes any of them. Find a "
            "request on which AWS and Carol disagree."
        ),
        world_name="stack",
        mutant="deny_is_deny",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, MAPS),
        nudge="Find a request that a statement allows and that is still denied.",
        why="An Allow fixes an implicit deny, but never an explicit deny.",
        known_wrong=(
            KnownWrong(
                lambda _: [["AllMaps", "KeepMaps"], "bob", "s3:DeleteObject", MAP],
                "M04",
                "Bob has no policy, so this is an implicit deny. One Allow would fix it.",
            ),
            KnownWrong(
                lambda _: [["ListMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP],
                "M04",
                "This is an explicit deny, but without an Allow, Carol also expects a denial.",
            ),
        ),
    ),
    Predict(
        number="2.8",
        title="Exit ticket: two sides",
        prompt=(
            "Alice has AmazonS3FullAccess and an inline policy that allows s3:GetObject on "
            "drafts/readme.txt. Her group tower denies s3:* on drafts/*. Bob has no policy and is "
            "in no group. Predict each verdict."
        ),
        world_name="tower",
        fine=True,
        exit=True,
        questions=(
            Question("alice", "s3:GetObject", README),
            Question("alice", "s3:PutObject", MAP),
            Question("bob", "s3:GetObject", README),
        ),
        nudge="All of a user's policies apply together. Does a Deny in one of them match?",
        why="It doesn't matter which policy has the Deny: the user's or a group's.",
        known_wrong=(
            KnownWrong(
                lambda _: _verdicts("A", "A", "I"),
                "M02",
                "Her own Allow is specific and the group's Deny is broad. That doesn't matter.",
            ),
            KnownWrong(
                lambda _: _verdicts("E", "A", "E"),
                "M04",
                "Bob isn't in the group, so no statement applies to him.",
            ),
        ),
    ),
    Predict(
        number="2.9",
        title="Exit ticket: the crowded stack",
        prompt=(
            "Here is the stack of exercise 2.3, with no statement removed. Predict each verdict."
        ),
        world_name="two_denies",
        fine=True,
        exit=True,
        questions=(
            Question("alice", "s3:GetObject", README),
            Question("alice", "s3:ListBucket", MAPS),
            Question("alice", "s3:DeleteObject", MAP),
            Question("alice", "s3:GetBucketLocation", MAPS),
        ),
        nudge="Read Moratorium again. Which actions does it deny, and on which resources?",
        why="A Deny with wildcards in Action and * in Resource matches more than you may expect.",
        known_wrong=(
            KnownWrong(
                lambda _: _verdicts("A", "A", "A", "I"),
                "M02",
                "You let the last or most specific statement decide. Look for a matching Deny.",
            ),
            KnownWrong(
                lambda _: _verdicts("E", "A", "E", "I"),
                "M04",
                "GetBucketLocation begins with Get, and Moratorium denies s3:Get* on everything.",
            ),
        ),
    ),
)
