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


def _must(question: Question, without: bool) -> bool | None:  # noqa: FBT001 - what it came to
    """Alice may never delete an object of the bucket; all else stays as it was."""
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


def _said(*verdicts: str) -> list[str]:
    short = {"A": "allowed", "E": "explicit deny", "I": "implicit deny"}
    return [short[verdict] for verdict in verdicts]


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
        prompt="Alice has the policy stack, in the order in which you see it, and nothing else. "
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
        nudge="For each request look for a Deny that applies, wherever it stands. Only if there is "
        "none, look for an Allow.",
        why="A Deny that applies decides, wherever it stands and however broad it is.",
        known_wrong=(
            KnownWrong(
                lambda _: _said("E", "E", "E", "A", "E"),
                "M04",
                "Nothing allows the last request. But is there a statement that denies it?",
            ),
        ),
    ),
    Predict(
        number="2.2",
        title="What AdministratorAccess cures",
        prompt="Now somebody attaches AdministratorAccess to Alice besides: every action on "
        "everything. Predict three of the requests from before, and one new one.",
        world_name="stack_admin",
        fine=True,
        questions=(
            Question("alice", "s3:DeleteObject", MAP),
            Question("alice", "s3:GetObject", README),
            Question("alice", "iam:ListUsers", USERS),
            Question("alice", "ec2:StartInstances", "*"),
        ),
        nudge="Which of these were denied because a statement said so, and which because none said "
        "anything?",
        why="One more Allow cures what nobody had allowed. What is denied stays denied.",
        known_wrong=(
            KnownWrong(
                lambda _: _said("A", "A", "A", "A"),
                "M04",
                "AdministratorAccess is one Allow more. The two Denies are still there.",
            ),
            KnownWrong(
                lambda _: _said("E", "E", "I", "I"),
                "M04",
                "The implicit denials were there for want of an Allow. Now there is one.",
            ),
            KnownWrong(
                lambda _: _said("E", "A", "A", "A"),
                "M02",
                "The Allow for readme.txt is exact, and now there are two. A Deny needs to be "
                "neither exact nor many.",
            ),
        ),
    ),
    Repair(
        number="2.3",
        title="Let Alice read the plan",
        prompt=(
            "Another stack. Alice shall read drafts/plan.txt and m31.fits, and still neither write "
            "nor delete a map. Take out as few statements as you can."
        ),
        world_name="two_denies",
        target=TARGET,
        most=2,
        editor="statements",
        kinds=("inline policy stack of user alice",),
        search=kept_statements("alice", "stack"),
        count=left_out("alice", "stack"),
        nudge="Reading needs one Allow, and not a single Deny that applies. How many apply?",
        why="As long as one Deny applies, nothing else counts; when all are gone, one Allow does.",
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
                "You took one Deny out, the more exact one. Another one still applies: it is as "
                "strong.",
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
                "You put the Denies first. Their place does not matter, only whether they apply.",
            ),
            KnownWrong(
                lambda _: _arranged("ListMaps ReadMaps DeleteMaps ReadMe"),
                "M04",
                "Without any Deny Alice may also delete: an Allow for it is left in the stack.",
            ),
        ),
    ),
    Write(
        number="2.4",
        title="Whatever she is given later",
        prompt=(
            "Write a policy that keeps Alice from s3:DeleteObject on every object of star-maps, "
            "whatever she is given later. All else must stay as it is. One statement is enough."
        ),
        world_name="first_door",
        user="alice",
        policy_name="guard",
        requests=UNIVERSE,
        cases=(
            Case("today", lambda _: None),
            Case("after she has been given AdministratorAccess", _give_admin),
            Case("after she has been allowed to delete m31.fits", _give_s3_later),
        ),
        wanted=_must,
        examples=_guards,
        nudge="Not to allow something is undone by the next Allow. What is not undone by any?",
        why="Only an explicit Deny holds against what is allowed later.",
        known_wrong=(
            KnownWrong(
                lambda _: _document("Allow", ["s3:GetObject", "s3:PutObject"], f"{MAPS}/*"),
                "M04",
                "You allow the rest and leave deleting out: that is an implicit deny, and the next "
                "Allow lifts it.",
            ),
            KnownWrong(
                lambda _: _document("Deny", "s3:DeleteObject", MAPS),
                "M25",
                "That ARN is the bucket. Objects have ARNs of their own, behind a slash.",
            ),
            KnownWrong(
                lambda _: _document("Deny", "s3:*", f"{MAPS}/*"),
                "M02",
                "A Deny takes all that it names, from everybody's Allows. Name less.",
            ),
        ),
    ),
    Break(
        number="2.5",
        title="The last one wins?",
        prompt=(
            "Bob says: the statement that stands last decides. As the stack stands here, he is "
            "right every time. Move a statement, and find a request on which AWS and Bob disagree."
        ),
        world_name="denies_last",
        mutant="last_wins",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, MAPS),
        nudge="Look for a request to which a Deny and an Allow apply, the Allow below the Deny.",
        why="The order of statements never matters.",
        known_wrong=(
            KnownWrong(
                lambda _: [["AllMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP],
                "M02",
                "Here the Deny stands last, so Bob is right by chance. Where must it stand?",
            ),
            KnownWrong(
                lambda _: [["KeepMaps", "AllMaps"], "alice", "s3:GetObject", MAP],
                "M02",
                "The Deny does not apply to this request, so there is nothing to disagree about.",
            ),
        ),
    ),
    Break(
        number="2.6",
        title="The most exact one wins?",
        prompt=(
            "Dana says: no, the statement that names the request most exactly decides. Find a "
            "request on which AWS and Dana disagree."
        ),
        world_name="stack",
        mutant="most_specific_wins",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, NEW),
        nudge="Look for a broad Deny, and an Allow inside it that names one thing.",
        why="How exact a statement is never matters.",
        known_wrong=(
            KnownWrong(
                lambda _: [
                    ["ListMaps", "KeepMaps", "AllMaps", "NoDrafts", "ReadMe"],
                    "alice",
                    "s3:PutObject",
                    NEW,
                ],
                "M02",
                "Here the Deny is the more exact one, so Dana is right by chance. Turn it round.",
            ),
            KnownWrong(
                lambda _: [["AllMaps", "ReadMe"], "alice", "s3:GetObject", README],
                "M02",
                "Without a Deny there is nothing to win against.",
            ),
        ),
    ),
    Break(
        number="2.7",
        title="A denial is a denial?",
        prompt=(
            "Carol says: denied is denied, and whoever is denied something only needs an Allow. "
            "Find a request on which AWS and Carol disagree."
        ),
        world_name="stack",
        mutant="deny_is_deny",
        user="alice",
        policy_name="stack",
        callers=("alice", "bob"),
        actions=("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"),
        resources=(MAP, README, MAPS),
        nudge="Look for a request that a statement allows, and that is denied all the same.",
        why="An Allow lifts an implicit deny, and never an explicit one.",
        known_wrong=(
            KnownWrong(
                lambda _: [["AllMaps", "KeepMaps"], "bob", "s3:DeleteObject", MAP],
                "M04",
                "Bob has no policy at all: an implicit deny, which an Allow would indeed lift.",
            ),
            KnownWrong(
                lambda _: [["ListMaps", "KeepMaps"], "alice", "s3:DeleteObject", MAP],
                "M04",
                "It is an explicit deny, but no Allow for it is left in this stack to try.",
            ),
        ),
    ),
    Predict(
        number="2.8",
        title="Exit ticket: two sides",
        prompt=(
            "Alice has AmazonS3FullAccess, and an inline policy that allows s3:GetObject on "
            "drafts/readme.txt. Her group tower denies s3:* on drafts/*. Bob has no policy, and is "
            "in no group. Predict."
        ),
        world_name="tower",
        fine=True,
        exit=True,
        questions=(
            Question("alice", "s3:GetObject", README),
            Question("alice", "s3:PutObject", MAP),
            Question("bob", "s3:GetObject", README),
        ),
        nudge="All policies lie in one heap. Does a Deny in it apply?",
        why="Where a Deny hangs does not matter either: on the user, on a group, anywhere.",
        known_wrong=(
            KnownWrong(
                lambda _: _said("A", "A", "I"),
                "M02",
                "Her own Allow is exact, and the group's Deny broad. That does not matter.",
            ),
            KnownWrong(
                lambda _: _said("E", "A", "E"),
                "M04",
                "Bob is not in the group: no statement speaks of him at all.",
            ),
        ),
    ),
    Predict(
        number="2.9",
        title="Exit ticket: the crowded stack",
        prompt=(
            "The stack of exercise 2.3 as it was, with nothing taken out. Predict each verdict."
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
        nudge="Read Moratorium closely: which actions, on what?",
        why="A Deny on * with wildcards in its actions reaches further than one thinks.",
        known_wrong=(
            KnownWrong(
                lambda _: _said("A", "A", "A", "I"),
                "M02",
                "You let what stands last, or is most exact, decide. Look for any Deny that fits.",
            ),
            KnownWrong(
                lambda _: _said("E", "A", "E", "I"),
                "M04",
                "GetBucketLocation begins with Get, and Moratorium speaks of everything.",
            ),
        ),
    ),
)
