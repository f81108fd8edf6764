"""Lesson 03, Users, groups and attached policies."""

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
    """Return the name of every policy of a user or group in the account."""
    account = world.account("acme-main")
    identities = [*account.users.values(), *account.groups.values()]
    return sorted({a.policy.name for identity in identities for a in policies_of(identity)})


def _reaching(world: World, name: str) -> set[str]:
    """Return the names of the policies that apply to a user."""
    return {attached.policy.name for attached in principal_of(world, world.user(name)).identity}


def _where(world: World, policy: str) -> str:
    """Return a sentence: which identity has the policy, and which users are in the group."""
    account = world.account("acme-main")
    for group in account.groups.values():
        if policy in {attached.policy.name for attached in policies_of(group)}:
            members = ", ".join(user.name for user in group.users) or "nobody"
            return f"the group {group.name} has it, with these members: {members}."
    for user in account.users.values():
        if policy in {attached.policy.name for attached in policies_of(user)}:
            return f"the user {user.name} has it."
    return "it isn't attached."


def _principals(world: World) -> dict[str, str]:
    """Return candidates for a Principal element, with their ARNs."""
    account = world.account("acme-main")
    return {
        "user alice": account.users["alice"].arn,
        "user dana": account.users["dana"].arn,
        "group astronomers": account.groups["astronomers"].arn,
        "group contractors": account.groups["contractors"].arn,
        "account acme-main": account.root_arn,
    }


def _refusal(world: World, name: str) -> str:
    """Try to save a bucket policy with this principal; return S3's error, or nothing."""
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
    """Return one row of a matrix: can this caller read, write and delete the map?"""
    return tuple(
        Cell(Question(caller, action, MAP), is_allowed)
        for action, is_allowed in zip(ACTIONS, allowed, strict=True)
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
        title="All that applies to Dana",
        prompt="Which policies apply to Dana? Tick all of them, and no others.",
        world_name="groups",
        candidates=_all_policies,
        truth=lambda world: _reaching(world, "dana"),
        about=_where,
        nudge="Look at the user and at each of the user's groups. Each can have attached policies "
        "and inline policies.",
        why="Policies of the user and of all its groups apply together, attached or inline.",
        known_wrong=(
            KnownWrong(
                lambda _: _only("AmazonS3FullAccess", "guard"),
                "M01",
                "A group's policies apply to its members. A user can also have its own policies.",
            ),
            KnownWrong(
                lambda _: _only("AmazonS3FullAccess", "own-notes"),
                "M05",
                "A second group adds its policies. Dana is in two groups.",
            ),
            KnownWrong(
                lambda _: _only("guard", "own-notes"),
                "M05",
                "A stricter group doesn't replace a generous one: the policies of both apply.",
            ),
            KnownWrong(
                lambda world: set(_all_policies(world)),
                "M01",
                "A group's policy applies only to the members of that group.",
            ),
        ),
    ),
    Predict(
        number="3.2",
        title="Four requests",
        prompt="The memberships are as in the picture of the account. Predict each verdict.",
        world_name="groups",
        fine=True,
        questions=(
            Question("dana", "s3:PutObject", MAP),
            Question("dana", "s3:DeleteObject", f"{MAPS}/notes/dana/today.txt"),
            Question("alice", "s3:DeleteObject", MAP),
            Question("bob", "s3:DeleteObject", MAP),
        ),
        nudge="For each request, list the caller's policies. Does a Deny match? If not, an Allow?",
        why="All policies apply together. A Deny that matches wins; otherwise one Allow is enough.",
        known_wrong=(
            KnownWrong(
                lambda _: ["implicit deny", "explicit deny", "implicit deny", "allowed"],
                "M05",
                "You applied only the stricter group. The contractors' guard denies deleting, not "
                "writing, so the developers' Allow decides.",
            ),
            KnownWrong(
                lambda _: ["allowed", "allowed", "implicit deny", "allowed"],
                "M02",
                "A broader Allow doesn't help. A Deny that matches wins over every Allow, and "
                "guard matches every object in star-maps.",
            ),
            KnownWrong(
                lambda _: ["allowed", "explicit deny", "explicit deny", "allowed"],
                "M04",
                "Alice is denied, but why? The guard is attached to contractors. Alice isn't one.",
            ),
            KnownWrong(
                lambda _: ["allowed", "explicit deny", "implicit deny", "explicit deny"],
                "M01",
                "Bob is only in developers. A Deny of the group contractors doesn't apply to him.",
            ),
        ),
    ),
    Collect(
        number="3.3",
        title="Who can be a principal?",
        prompt="Which of these can be the Principal of a bucket policy? Tick all that S3 accepts.",
        world_name="groups",
        candidates=lambda world: sorted(_principals(world)),
        truth=lambda world: {name for name in _principals(world) if not _refusal(world, name)},
        about=lambda world, name: _refusal(world, name) or "S3 accepts a policy that names it.",
        nudge="Can it sign a request? Or does it represent identities that can?",
        why="A user or an account can be a principal. A group only has policies for its users.",
        known_wrong=(
            KnownWrong(
                lambda world: set(_principals(world)),
                "M01",
                "A group has no password and no keys. Nobody can sign in as astronomers.",
            ),
            KnownWrong(
                lambda _: _only("user alice", "user dana"),
                "M08",
                "You can name a whole account too. Its own policies then decide which of its "
                "identities get access.",
            ),
            KnownWrong(
                lambda _: _only("group astronomers", "group contractors"),
                "M01",
                "It is the other way round: you can name the members, but not their group.",
            ),
        ),
    ),
    Repair(
        number="3.4",
        title="Move one membership",
        prompt=(
            "Dana's new task is to look at maps, not to change them. She must be able to read "
            "m31.fits, but not to write or delete it. Nothing changes for the others. Move her "
            "from one group to another: that is two edits, one to leave and one to join."
        ),
        world_name="groups",
        target=(*_row("dana", *READ), *_row("alice", *READ), *_row("bob", *ALL)),
        most=2,
        editor="memberships",
        kinds=(" in group ",),
        search=moves,
        nudge="Which group allows reading and nothing else? And which lets Dana write today?",
        why="A user who leaves a group loses its policies; one who joins gets them. No policy "
        "changes.",
        known_wrong=(
            KnownWrong(
                lambda _: [("add_user", "astronomers", "dana")],
                "M05",
                "Joining a stricter group takes nothing away. While Dana is in developers, the "
                "developers' policies apply to her.",
            ),
            KnownWrong(
                lambda _: [("remove_user", "developers", "dana")],
                "M03",
                "Now nothing allows her to read, so the request is denied by default.",
            ),
            KnownWrong(
                lambda _: [
                    ("remove_user", "contractors", "dana"),
                    ("add_user", "astronomers", "dana"),
                ],
                "M04",
                "You removed her from the group that denies. Another group allows writing.",
            ),
        ),
    ),
    Repair(
        number="3.5",
        title="Roll back",
        prompt=(
            "Somebody changed star-maps-read twice, and now Alice can't read. Set the default "
            "version so that she can only list the bucket and read the map."
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
        why="You can't change a version, but you can choose the default version, which applies.",
        known_wrong=(
            KnownWrong(
                lambda _: [("set_default_version", "star-maps-read", "v1")],
                "M25",
                "With v1 she can list the bucket. Reading needs another action on other "
                "resources: s3:GetObject on the objects.",
            ),
            KnownWrong(
                lambda _: [],
                "M25",
                "v3 allows s3:GetObject on the ARN of the bucket. The objects are star-maps/*.",
            ),
        ),
    ),
    Repair(
        number="3.6",
        title="More: design the memberships",
        prompt=(
            "Nobody is in a group yet. Alice must be able to read the map. Bob must be able to "
            "read, write and delete it, but not to list the users. Dana must be able to read and "
            "write the map, but not to delete it. Carol must be able to list the users, but not "
            "to read, write or delete the map."
        ),
        world_name="groups_alone",
        target=DESIGN,
        most=None,
        editor="memberships",
        kinds=(" in group ",),
        search=_design_search,
        nudge="Begin with one person. Which group allows enough? Which group denies a part of it?",
        why="You can combine groups: one allows many actions, another denies some of them.",
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
                "Dana can delete now. Only a Deny can take away a part of what developers allow.",
            ),
        ),
    ),
    Predict(
        number="3.7",
        title="Exit ticket 1",
        prompt="Carol is only in security. Now she also joins contractors. Can she read the map?",
        world_name="carol_contracts",
        exit=True,
        fine=True,
        questions=(Question("carol", "s3:GetObject", MAP),),
        nudge="Does one of her policies allow s3:GetObject? Does one deny it?",
        why="IAMReadOnlyAccess allows IAM actions and guard denies deleting. Neither matches here.",
        known_wrong=(
            KnownWrong(
                lambda _: ["explicit deny"],
                "M04",
                "The guard denies only s3:Delete*. Without a matching Deny there is no explicit "
                "deny.",
            ),
            KnownWrong(
                lambda _: ["allowed"],
                "M03",
                "Which statement would allow it? ReadOnly in a policy's name isn't enough.",
            ),
        ),
    ),
    Predict(
        number="3.8",
        title="Exit ticket 2",
        prompt=(
            "Carol is in security and contractors. Now she also joins developers. "
            "Can she delete the map?"
        ),
        world_name="carol_everywhere",
        exit=True,
        fine=True,
        questions=(Question("carol", "s3:DeleteObject", MAP),),
        nudge="Now there is an Allow. Is there also a Deny?",
        why="One Deny that matches wins, however many groups allow the request.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed"],
                "M02",
                "AmazonS3FullAccess allows it, but joining last doesn't make it stronger. Neither "
                "the order nor the number of Allows matters.",
            ),
            KnownWrong(
                lambda _: ["implicit deny"],
                "M04",
                "A statement with Deny matches. That is an explicit deny.",
            ),
        ),
    ),
)
