"""What a lesson's file names but can't express: properties of decisions, and sets to collect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from iamlab.authorization.principal import principal_of
from iamlab.errors import MalformedPolicy
from iamlab.model.identities import policies_of
from iamlab.teach.callers import caller_of
from iamlab.teach.notation import identity_arn
from iamlab.teach.places import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.engine.decision import Decision
    from iamlab.world.world import World


def _allowed_by_a_statement(decision: Decision) -> bool:
    """Return whether a statement allows the request."""
    return bool(decision) and bool(decision.determining)


PROPERTIES: dict[str, Callable[[Decision], bool]] = {
    "allowed_by_a_statement": _allowed_by_a_statement,
}


class Collection(Protocol):
    """A set that a learner collects."""

    def candidates(self, world: World) -> list[str]:
        """Return the names to choose from."""

    def truth(self, world: World) -> set[str]:
        """Return the names that belong to the set."""

    def about(self, world: World, name: str) -> str:
        """Return a sentence why a name belongs to the set, or doesn't."""


class PoliciesOf:
    """The policies that apply to a user.

    Parameters
    ----------
    user
        The user's name.
    """

    def __init__(self, user: str) -> None:
        self.user = user

    def candidates(self, world: World) -> list[str]:
        """Return the name of every policy of a user or group in the account."""
        account = next(iter(world.accounts.values()))
        identities = [*account.users.values(), *account.groups.values()]
        return sorted({own.policy.name for identity in identities for own in policies_of(identity)})

    def truth(self, world: World) -> set[str]:
        """Return the names of the policies that apply to the user."""
        principal = principal_of(world, caller_of(world, self.user))
        return {attached.policy.name for attached in principal.identity}

    def about(self, world: World, name: str) -> str:
        """Return a sentence: which identity has the policy, and which users are in the group."""
        account = next(iter(world.accounts.values()))
        for group in account.groups.values():
            if name in {attached.policy.name for attached in policies_of(group)}:
                members = ", ".join(user.name for user in group.users) or "nobody"
                return f"the group {group.name} has it, with these members: {members}."
        for user in account.users.values():
            if name in {attached.policy.name for attached in policies_of(user)}:
                return f"the user {user.name} has it."
        return "it isn't attached."


class Principals:
    """Who can be the Principal of a bucket's policy.

    Parameters
    ----------
    bucket
        The bucket's name.
    names
        The candidates: ``user:alice``, ``group:astronomers``, ``account:acme-main``.
    """

    def __init__(self, bucket: str, *names: str) -> None:
        self.place = Place(bucket, "policy")
        self.names = [name.replace(":", " ") for name in names]

    def candidates(self, _: World) -> list[str]:
        """Return the candidates."""
        return sorted(self.names)

    def truth(self, world: World) -> set[str]:
        """Return the candidates that S3 accepts."""
        return {name for name in self.names if not self._refusal(world, name)}

    def about(self, world: World, name: str) -> str:
        """Return a sentence about a candidate."""
        return self._refusal(world, name) or "S3 accepts a policy that names it."

    def _refusal(self, world: World, name: str) -> str:
        """Try to save a bucket policy with this principal; return S3's error, or nothing."""
        account = next(iter(world.accounts.values()))
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": identity_arn(name.partition(" ")[2], account)},
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{self.place.owner}/*",
        }
        document = {"Version": "2012-10-17", "Statement": [statement]}
        try:
            self.place.write(world.copy(), document)
        except MalformedPolicy as error:
            return f"S3 says: {error}."
        return ""


COLLECTIONS: dict[str, Callable[..., Collection]] = {
    "policies_of": PoliciesOf,
    "principals": Principals,
}
