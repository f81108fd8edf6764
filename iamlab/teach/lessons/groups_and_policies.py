"""Lesson 03, Users, groups and where policies hang."""

from collections.abc import Iterator

from iamlab.authorization.principal import principal_of
from iamlab.errors import MalformedPolicy
from iamlab.lab.world import World
from iamlab.model.identities import policies_of
from iamlab.teach.checks import Cell, Collect, Predict, Repair
from iamlab.teach.edits import Edit, memberships_for, moves, version_choices
from iamlab.teach.exercises import Exercise, KnownWrong, Question
from iamlab.teach.scenarios import MAP, MAPS

ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")


def _all_policies(world: World) -> list[str]:
    """Name every policy that hangs on somebody in the account."""
    account = world.account("acme-main")
    everybody = [*account.users.values(), *account.groups.values()]
    return sorted({a.policy.name for one in everybody for a in policies_of(one)})


def _reaching(world: World, name: str) -> set[str]:
    """Name the policies that reach a user."""
    return {attached.policy.name for attached in principal_of(world, world.user(name)).identity}


def _where(world: World, policy: str) -> str:
    """Say on whom a policy hangs, and whether Dana has to do with it."""
    account = world.account("acme-main")
    for group in account.groups.values():
        if policy in {attached.policy.name for attached in policies_of(group)}:
            members = ", ".join(user.name for user in group.users) or "nobody"
            return f"it hangs on the group {group.name}, whose members are {members}."
    for user in account.users.values():
        if policy in {attached.policy.name for attached in policies_of(user)}:
            return f"it hangs on the user {user.name}."
    return "it hangs on nobody."


def _principals(world: World) -> dict[str, str]:
    """Name what a learner might want to put into a Principal element, with its ARN."""
    account = world.account("acme-main")
    return {
        "user alice": account.get_user("alice").arn,
        "user dana": account.get_user("dana").arn,
        "group astronomers": account.get_group("astronomers").arn,
        "group contractors": account.get_group("contractors").arn,
        "account acme-main": account.root_arn,
    }


def _refusal(world: World, name: str) -> str:
    """Try to save a bucket policy with this principal; give S3's refusal, or nothing."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": _principals(world)[name]},
        "Action": "s3:GetObject",
        "Resource": f"{MAPS}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    try:
        world.copy().bucket("star-maps").put_policy(document)
    except MalformedPolicy as error:
        return f"S3 says: {error}."
    return ""


def _only(*policies: str) -> set[str]:
    return set(policies)


def _row(caller: str, *allowed: bool) -> tuple[Cell, ...]:
    """Make one row of a matrix: may this caller read, write and delete the map?"""
    return tuple(
        Cell(Question(caller, action, MAP), may)
        for action, may in zip(ACTIONS, allowed, strict=True)
    )


READ, WRITE, NONE, ALL = (
    (True, False, False),
    (True, True, False),
    (False, False, False),
    (True, True, True),
)
DESIGN = (
    *_row("alice", *READ),
    *_row("bob", *ALL),
    *_row("carol", *NONE),
    *_row("dana", *WRITE),
    Cell(Question("carol", "iam:ListUsers", "arn:aws:iam::111111111111:user/"), allowed=True),
    Cell(Question("bob", "iam:ListUsers", "arn:aws:iam::111111111111:user/"), allowed=False),
)


def _design_search(world: World) -> Iterator[list[Edit]]:
    def is_right(changed: World, user: str) -> bool:
        own = [cell for cell in DESIGN if cell.question.caller == user]
        return all(bool(cell.question.ask(changed)) is cell.allowed for cell in own)

    return memberships_for(world, is_right)


EXERCISES: tuple[Exercise, ...] = (
    Collect(
        number="3.1",
        title="All that reaches Dana",
        prompt="Which policies reach Dana? Tick all of them, and no other.",
        world_name="groups",
        candidates=_all_policies,
        truth=lambda world: _reaching(world, "dana"),
        about=_where,
        nudge="Three places: the user itself, and each of the user's groups, both what is attached "
        "there and what is written inline.",
        why="Policies of the user and of all its groups count together, attached or inline.",
        known_wrong=(
            KnownWrong(
                lambda _: _only("AmazonS3FullAccess", "guard"),
                "M01",
                "Groups hand their policies on; but a user may have some of its own besides.",
            ),
            KnownWrong(
                lambda _: _only("AmazonS3FullAccess", "own-notes"),
                "M05",
                "Being in a second group adds that group's policies. Dana is in two groups.",
            ),
            KnownWrong(
                lambda _: _only("guard", "own-notes"),
                "M05",
                "A stricter group does not replace a generous one: both hand on what they have.",
            ),
            KnownWrong(
                lambda world: set(_all_policies(world)),
                "M01",
                "A policy on a group reaches the members of that group only.",
            ),
        ),
    ),
    Predict(
        number="3.2",
        title="Four requests",
        prompt="Memberships as in the picture of the account above. Predict each verdict.",
        world_name="groups",
        fine=True,
        questions=(
            Question("dana", "s3:PutObject", MAP),
            Question("dana", "s3:DeleteObject", f"{MAPS}/notes/dana/today.txt"),
            Question("alice", "s3:DeleteObject", MAP),
            Question("bob", "s3:DeleteObject", MAP),
        ),
        nudge="For each: collect what reaches the caller. Is there a Deny for it? Else an Allow?",
        why="First all policies together, then any Deny; the union of the Allows is what is left.",
        known_wrong=(
            KnownWrong(
                lambda _: ["implicit deny", "explicit deny", "implicit deny", "allowed"],
                "M05",
                "You let the stricter group count alone. The contractors' guard denies deleting; "
                "writing it does not mention, so what developers allow stands.",
            ),
            KnownWrong(
                lambda _: ["allowed", "allowed", "implicit deny", "allowed"],
                "M02",
                "The more generous Allow does not help: a Deny that applies wins over all of them, "
                "and it covers everything under star-maps.",
            ),
            KnownWrong(
                lambda _: ["allowed", "explicit deny", "explicit deny", "allowed"],
                "M04",
                "Alice is denied, but by what? The guard hangs on contractors, and she is none.",
            ),
            KnownWrong(
                lambda _: ["allowed", "explicit deny", "implicit deny", "explicit deny"],
                "M01",
                "Bob is in developers only. A Deny on the group contractors does not reach him.",
            ),
        ),
    ),
    Collect(
        number="3.3",
        title="Who can be a principal?",
        prompt="Which of these may stand in the Principal of a bucket policy? Tick those that S3 "
        "saves.",
        world_name="groups",
        candidates=lambda world: sorted(_principals(world)),
        truth=lambda world: {name for name in _principals(world) if not _refusal(world, name)},
        about=lambda world, name: _refusal(world, name) or "S3 saves a policy that names it.",
        nudge="Ask of each: can it sign a request? Or does it stand for somebody who can?",
        why="Users and accounts call; a group only hands its policies to its users.",
        known_wrong=(
            KnownWrong(
                lambda world: set(_principals(world)),
                "M01",
                "A group has no password and no keys. Nobody can sign in as astronomers.",
            ),
            KnownWrong(
                lambda _: _only("user alice", "user dana"),
                "M08",
                "A whole account can be named too: it then decides by its own policies who.",
            ),
            KnownWrong(
                lambda _: _only("group astronomers", "group contractors"),
                "M01",
                "It is the other way round: the members can be named, their group cannot.",
            ),
        ),
    ),
    Repair(
        number="3.4",
        title="Move one membership",
        prompt=(
            "Dana's new task is to look at maps, not to change them: she may read m31.fits, and "
            "neither write nor delete it. Nothing changes for the others. Move one membership: "
            "that is two edits, out and in."
        ),
        world_name="groups",
        target=(*_row("dana", *READ), *_row("alice", *READ), *_row("bob", *ALL)),
        most=2,
        editor="memberships",
        kinds=(" in group ",),
        search=moves,
        nudge="Which group allows reading and nothing else? And which lets Dana write today?",
        why="What a group gives is lost on leaving and gained on joining: no policy is touched.",
        known_wrong=(
            KnownWrong(
                lambda _: [("add_user", "astronomers", "dana")],
                "M05",
                "Joining a stricter group takes nothing away. As long as Dana is in developers, "
                "what developers allow is hers.",
            ),
            KnownWrong(
                lambda _: [("remove_user", "developers", "dana")],
                "M03",
                "Now nothing allows her to read. What no statement allows is denied.",
            ),
            KnownWrong(
                lambda _: [
                    ("remove_user", "contractors", "dana"),
                    ("add_user", "astronomers", "dana"),
                ],
                "M04",
                "You took her out of the group that denies; the group that allows writing is "
                "another one.",
            ),
        ),
    ),
    Repair(
        number="3.5",
        title="Roll back",
        prompt=(
            "Somebody changed star-maps-read twice, and since then Alice cannot read. Let the "
            "version apply with which she may list the bucket and read the map, and no more."
        ),
        world_name="versions",
        target=(
            *_row("alice", *READ),
            Cell(Question("alice", "s3:ListBucket", MAPS), allowed=True),
        ),
        most=1,
        editor="versions",
        kinds=("default version of policy",),
        search=version_choices,
        nudge="Read the three versions. Reading an object needs s3:GetObject on star-maps/*.",
        why="Versions are never changed, only chosen: the default version is the one that applies.",
        known_wrong=(
            KnownWrong(
                lambda _: [("set_default_version", "star-maps-read", "v1")],
                "M25",
                "With v1 she may list the bucket. Reading is another action on another resource: "
                "s3:GetObject on the objects.",
            ),
            KnownWrong(
                lambda _: [],
                "M25",
                "v3 allows s3:GetObject on the bucket's own ARN; but objects are star-maps/*.",
            ),
        ),
    ),
    Repair(
        number="3.6",
        title="More: design the memberships",
        prompt=(
            "Nobody is in a group yet. Alice shall read the map; Bob read, write and delete it; "
            "Dana read and write, but not delete; Carol none of that, but list the users, which "
            "Bob may not."
        ),
        world_name="groups_alone",
        target=DESIGN,
        most=None,
        editor="memberships",
        kinds=(" in group ",),
        search=_design_search,
        nudge="Begin with one person. Which group allows what is needed? Which takes a part away?",
        why="Four groups serve four people: allow widely in one, deny narrowly in another.",
        known_wrong=(
            KnownWrong(
                lambda _: [
                    ("add_user", "astronomers", "alice"),
                    ("add_user", "developers", "bob"),
                    ("add_user", "security", "carol"),
                    ("add_user", "contractors", "dana"),
                ],
                "M03",
                "Dana's only policy would be a Deny. A Deny allows nothing.",
            ),
            KnownWrong(
                lambda _: [
                    ("add_user", "astronomers", "alice"),
                    ("add_user", "developers", "bob"),
                    ("add_user", "security", "carol"),
                    ("add_user", "developers", "dana"),
                ],
                "M02",
                "Dana may delete now. Only a Deny can take a part of what developers allow.",
            ),
        ),
    ),
    Predict(
        number="3.7",
        title="Exit ticket 1",
        prompt="Carol, who is in security only, joins contractors as well. May she read the map?",
        world_name="carol_contracts",
        exit=True,
        fine=True,
        questions=(Question("carol", "s3:GetObject", MAP),),
        nudge="Does any of her policies allow s3:GetObject? Does one deny it?",
        why="IAMReadOnlyAccess speaks of IAM, the guard of deleting: nothing allows or denies.",
        known_wrong=(
            KnownWrong(
                lambda _: ["explicit deny"],
                "M04",
                "The guard denies s3:Delete* only. Without a matching Deny there is no explicit "
                "deny.",
            ),
            KnownWrong(
                lambda _: ["allowed"],
                "M03",
                "Which statement would allow it? ReadOnly in the name of a policy is not enough.",
            ),
        ),
    ),
    Predict(
        number="3.8",
        title="Exit ticket 2",
        prompt=(
            "The same Carol, in security and contractors, joins developers too. "
            "May she delete the map?"
        ),
        world_name="carol_everywhere",
        exit=True,
        fine=True,
        questions=(Question("carol", "s3:DeleteObject", MAP),),
        nudge="Now there is an Allow. Is there also a Deny?",
        why="However many groups allow it, the one Deny that applies wins.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed"],
                "M02",
                "AmazonS3FullAccess allows it, and joining last does not make it stronger: order "
                "and number of Allows never matter against a Deny.",
            ),
            KnownWrong(
                lambda _: ["implicit deny"],
                "M04",
                "There is a statement that says Deny and applies. That is an explicit deny.",
            ),
        ),
    ),
)
