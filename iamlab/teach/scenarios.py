"""Acme Observatory: the worlds of the lessons. The people stay the same; only the policies change.

Alice is an astronomer, Bob is a developer, Carol works in security, and Dana is a contractor. The
only bucket is ``star-maps``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.widgets.instruments.statement_stack import arrange
from iamlab.world.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.world.account import Account

SEED = 7
MAPS = "arn:aws:s3:::star-maps"
MAP = f"{MAPS}/m31.fits"
DRAFTS = f"{MAPS}/drafts"
README = f"{DRAFTS}/readme.txt"

Document = dict[str, object]


def scenario(name: str, *, seed: int = SEED) -> World:
    """Build the world of a lesson.

    Examples
    --------
    >>> scenario("groups")
    <World acme-main (4 users, 4 groups, 0 roles)>
    """
    if name not in _BUILDERS:
        raise noted(ExerciseError(f"There is no scenario {name!r}."), did_you_mean(name, _BUILDERS))
    world = World(seed)
    _BUILDERS[name](world.create_account("acme-main", account_id="111111111111"))
    return world


def document(*statements: Document) -> Document:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, action: str | list[str], resource: str | list[str], **more: object) -> Document:
    """Return a statement with Allow."""
    return {"Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(sid: str, action: str | list[str], resource: str | list[str], **more: object) -> Document:
    """Return a statement with Deny."""
    return {**allow(sid, action, resource, **more), "Effect": "Deny"}


def _people(account: Account, *names: str) -> None:
    for name in names:
        account.create_user(name)


def _first_door(account: Account) -> None:
    """Build lesson 00: two people, one small policy, one bucket."""
    _people(account, "alice", "bob")
    account.create_bucket("star-maps")
    account.users["alice"].put_policy(
        "read-maps", document(allow("ReadMaps", "s3:GetObject", f"{MAPS}/*"))
    )


READ_MAPS = document(
    allow("ListMaps", "s3:ListBucket", MAPS), allow("ReadMaps", "s3:GetObject", f"{MAPS}/*")
)
GUARD = document(deny("KeepMaps", "s3:Delete*", f"{MAPS}/*"))
NOTES = document(allow("OwnNotes", "s3:PutObject", f"{MAPS}/notes/${{aws:username}}/*"))


def _groups_alone(account: Account) -> None:
    """Build people, groups and their policies, but no memberships."""
    _people(account, "alice", "bob", "carol", "dana")
    account.create_bucket("star-maps")
    create_groups(account)


def create_groups(account: Account) -> None:
    """Create the groups, with their policies."""
    astronomers = account.create_group("astronomers")
    astronomers.attach_policy(account.create_policy("star-maps-read", READ_MAPS))
    account.create_group("developers").attach_policy("AmazonS3FullAccess")
    account.create_group("contractors").put_policy("guard", GUARD)
    account.create_group("security").attach_policy("IAMReadOnlyAccess")


def add_members(account: Account, *, astronomers: str) -> None:
    """Add the people to the groups, and give Dana a policy of her own."""
    for group, members in {
        "astronomers": astronomers,
        "developers": "bob dana",
        "contractors": "dana",
        "security": "carol",
    }.items():
        for member in members.split():
            account.groups[group].add_user(member)
    account.users["dana"].put_policy("own-notes", NOTES)


def _groups(account: Account) -> None:
    """Build lesson 03: policies of groups and users, attached and inline."""
    _groups_alone(account)
    add_members(account, astronomers="alice")


STACK_NO_DRAFTS = deny("NoDrafts", "s3:*", f"{DRAFTS}/*")
STACK_README = allow("ReadMe", "s3:GetObject", README)
STACK = document(
    allow("ListMaps", "s3:ListBucket", MAPS),
    deny("KeepMaps", "s3:Delete*", f"{MAPS}/*"),
    allow("AllMaps", "s3:*", f"{MAPS}/*"),
    STACK_NO_DRAFTS,
    STACK_README,
)


def _stack(account: Account) -> None:
    """Build lesson 02: Alice, and one policy of five statements."""
    _people(account, "alice", "bob")
    account.create_bucket("star-maps")
    account.users["alice"].put_policy("stack", STACK)


def _denies_last(account: Account) -> None:
    """Build the same with the Denies last. With this order, "the last statement wins" holds."""
    _stack(account)
    order = ["ListMaps", "AllMaps", "ReadMe", "KeepMaps", "NoDrafts"]
    arrange(account.users["alice"], "stack", order)


def _stack_admin(account: Account) -> None:
    """Build the same, and also attach AdministratorAccess to Alice."""
    _stack(account)
    account.users["alice"].attach_policy("AdministratorAccess")


TWO_DENIES = document(
    allow("ListMaps", "s3:ListBucket", MAPS),
    allow("ReadMaps", "s3:Get*", f"{MAPS}/*"),
    STACK_NO_DRAFTS,
    deny("Moratorium", ["s3:Get*", "s3:Put*"], "*"),
    deny("KeepMaps", "s3:Delete*", f"{MAPS}/*"),
    allow("DeleteMaps", "s3:Delete*", f"{MAPS}/*"),
    STACK_README,
)


def _two_denies(account: Account) -> None:
    """Build a stack in which two Denies block reading, and a third blocks deleting."""
    _stack(account)
    account.users["alice"].put_policy("stack", TWO_DENIES)


def _tower(account: Account) -> None:
    """Build lesson 02's exit ticket: the group has a Deny, the user has Allows."""
    _stack(account)
    account.users["alice"].delete_policy("stack")
    account.users["alice"].attach_policy("AmazonS3FullAccess")
    account.users["alice"].put_policy("read-drafts", document(STACK_README))
    tower = account.create_group("tower")
    tower.put_policy("no-drafts", document(STACK_NO_DRAFTS))
    tower.add_user("alice")


LIST_ONLY = document(allow("ListMaps", "s3:ListBucket", MAPS))
WRONG_ARN = document(allow("ReadMaps", ["s3:ListBucket", "s3:GetObject"], MAPS))


def _versions(account: Account) -> None:
    """Build a group whose policy has three versions; the last one is the default."""
    _people(account, "alice")
    account.create_bucket("star-maps")
    policy = account.create_policy("star-maps-read", LIST_ONLY)
    policy.create_version(READ_MAPS)
    policy.create_version(WRONG_ARN, set_as_default=True)
    astronomers = account.create_group("astronomers")
    astronomers.attach_policy(policy)
    astronomers.add_user("alice")


def _carol_contracts(account: Account) -> None:
    """Build lesson 03's first exit ticket: Carol joins a second group."""
    _groups(account)
    account.groups["contractors"].add_user("carol")


def _carol_everywhere(account: Account) -> None:
    """Build lesson 03's second exit ticket: Carol joins a third group."""
    _carol_contracts(account)
    account.groups["developers"].add_user("carol")


_BUILDERS: dict[str, Callable[[Account], None]] = {
    "carol_contracts": _carol_contracts,
    "carol_everywhere": _carol_everywhere,
    "denies_last": _denies_last,
    "first_door": _first_door,
    "groups": _groups,
    "groups_alone": _groups_alone,
    "stack": _stack,
    "stack_admin": _stack_admin,
    "tower": _tower,
    "two_denies": _two_denies,
    "versions": _versions,
}
