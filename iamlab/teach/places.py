"""The places of a world that have a policy, in words: ``alice guard``, ``auditor trust``.

=========================  ====================================================================
place                      which policy
=========================  ====================================================================
``alice guard``            the inline policy of a user, group or role
``auditor trust``          the trust policy of a role
``star-maps policy``       the policy of a resource: bucket, key, queue, endpoint, ...
``managed read-maps``      the default version of a customer managed policy, also of a boundary
``organization guard``     the content of an SCP, RCP or another policy of the organization
``session upload``         the session policy of a session
=========================  ====================================================================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError
from iamlab.policy.document import Policy
from iamlab.teach.callers import main_account
from iamlab.teach.notation import named_resources
from iamlab.teach.source_lines import find_named
from iamlab.world.policy_places import PolicyPlace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.world import World


@dataclass(frozen=True, slots=True)
class Place:
    """A place that has, or can have, a policy.

    Parameters
    ----------
    owner, name
        The two words: ``alice`` and ``guard``.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> print([own.sid for own in Place("alice", "stack").read(scenario("stack")).statements][:2])
    ['ListMaps', 'KeepMaps']
    """

    owner: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Place:
        """Return the place with two words."""
        words = text.split()
        if len(words) != 2:
            raise ExerciseError(f"{text!r} isn't a place. Write for example: alice guard.")
        return cls(*words)

    def __str__(self) -> str:
        kind, owner = self._kind
        return f"the {_WORDS[kind].format(self.name)} {owner}"

    def read(self, world: World) -> Policy | None:
        """Return the policy; ``None`` if it doesn't have one."""
        if self.owner == "session":
            document = self._owner(world).get("policy")
            return None if document is None else Policy.parse(document, name=self.name)
        return self._place(world).document

    def write(self, world: World, policy: Policy | Mapping[str, Any]) -> None:
        """Put a policy there, as the API does.

        Raises
        ------
        AwsError
            AWS rejects the policy.
        """
        owner = self._owner(world)
        match self._kind[0]:
            case "managed":
                owner.create_version(policy, set_as_default=True)
            case "organization":
                owner.update(content=policy)
            case "session":
                owner["policy"] = policy.to_dict() if isinstance(policy, Policy) else policy
            case "trust":
                owner.update_assume_role_policy(policy)
            case "policy":
                owner.put_policy(policy)
            case _:
                owner.put_policy(self.name, policy)

    def put(self, world: World, policy: Policy) -> None:
        """Put a policy there without AWS's checks: an exercise can leave it without statements."""
        if self.owner == "session":
            self.write(world, policy)
        else:
            self._place(world).put(policy)
            world.changed()

    @property
    def _kind(self) -> tuple[str, str]:
        """The kind of place, and the name of what has the policy."""
        if self.owner in ("managed", "organization", "session"):
            return self.owner, self.name
        return self.name if self.name in ("trust", "policy") else "inline", self.owner

    def _place(self, world: World) -> PolicyPlace:
        return PolicyPlace(self._owner(world), self.name if self._kind[0] == "inline" else "")

    def _owner(self, world: World) -> Any:
        """Find what has the policy."""
        kind, owner = self._kind
        return find_named(_WORDS[kind].format(self.name), owner, _known(world, kind))


_WORDS = {
    "managed": "managed policy",
    "organization": "policy",
    "session": "session policy of",
    "trust": "trust policy of",
    "policy": "policy of",
    "inline": "inline policy {} of",
}


def _known(world: World, kind: str) -> Mapping[str, Any]:
    """Return what has a policy of a kind, by name."""
    if kind == "session":
        return getattr(world, "calls", {})
    if kind == "organization":
        every = [own for each in world.organizations.values() for own in each.policies.values()]
        return {policy.name: policy for policy in every}
    if kind == "policy":
        accounts = world.accounts.values()
        found = {arn: own for account in accounts for arn, own in account.resources.items()}
        names = named_resources(main_account(world))
        return {name: found[arn] for name, arn in names.items() if arn in found}
    kinds = {"managed": ("policies",), "trust": ("roles",)}.get(kind, ("users", "groups", "roles"))
    return held(world, *kinds)


def held(world: World, *kinds: str) -> dict[str, Any]:
    """Return what accounts have by name; in the first account before the others."""
    every = [getattr(own, kind) for own in reversed(world.accounts.values()) for kind in kinds]
    return {own.name: own for known in every for own in known.values()}
