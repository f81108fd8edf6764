"""Lesson 03, Users, groups and attached policies."""

from collections.abc import Iterator

from iamlab.authorization.principal import principal_of
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.teach.checks import Repair
from iamlab.teach.edits import Edit, memberships_for, moves, version_choices  # noqa: F401 - in TOML
from iamlab.teach.exercises import find
from iamlab.teach.lessons import read_exercises
from iamlab.teach.scenarios import MAPS
from iamlab.world.world import World


def all_policies(world: World) -> list[str]:
    """Return the name of every policy of a user or group in the account."""
    account = world.account("acme-main")
    identities = [*account.users.values(), *account.groups.values()]
    return sorted({a.policy.name for identity in identities for a in policies_of(identity)})


def of_dana(world: World) -> set[str]:
    """Return the names of the policies that apply to Dana."""
    return {attached.policy.name for attached in principal_of(world, world.user("dana")).identity}


def where(world: World, policy: str) -> str:
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


def _arns(world: World) -> dict[str, str]:
    """Return candidates for a Principal element, with their ARNs."""
    account = world.account("acme-main")
    return {
        "user alice": account.users["alice"].arn,
        "user dana": account.users["dana"].arn,
        "group astronomers": account.groups["astronomers"].arn,
        "group contractors": account.groups["contractors"].arn,
        "account acme-main": account.root_arn,
    }


def principals(world: World) -> list[str]:
    """Return the candidates."""
    return sorted(_arns(world))


def _refusal(world: World, name: str) -> str:
    """Try to save a bucket policy with this principal; return S3's error, or nothing."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": _arns(world)[name]},
        "Action": "s3:GetObject",
        "Resource": f"{MAPS}/*",
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    try:
        world.copy().bucket("star-maps").put_policy(document)
    except MalformedPolicy as error:
        return f"S3 says: {error}."
    return ""


def why(world: World, name: str) -> str:
    """Return a sentence about a candidate."""
    return _refusal(world, name) or "S3 accepts a policy that names it."


def accepted_principals(world: World) -> set[str]:
    """Return the candidates that S3 accepts."""
    return {name for name in _arns(world) if not _refusal(world, name)}


def design_search(world: World) -> Iterator[list[Edit]]:
    """Yield the memberships that give everybody the access of the target."""
    exercise = find("3.6")
    assert isinstance(exercise, Repair)  # noqa: S101 - its table says so

    def is_right(changed: World, user: str) -> bool:
        own = [cell for cell in exercise.target if cell.question.caller == user]
        return all(bool(cell.question.ask(changed)) is cell.allowed for cell in own)

    return memberships_for(world, is_right)


EXERCISES = read_exercises(__name__)
