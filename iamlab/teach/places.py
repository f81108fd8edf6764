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

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.document import Policy
from iamlab.teach.callers import LessonWorld
from iamlab.teach.notation import named_resources
from iamlab.world.policy_places import PolicyPlace

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
        if self.owner in _COLLECTIONS:
            return f"the {_COLLECTIONS[self.owner]} {self.name}"
        words = {"trust": "the trust policy", "policy": "the policy"}
        return f"{words.get(self.name, f'the inline policy {self.name}')} of {self.owner}"

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
        actions: dict[str, Callable[[], Any]] = {
            "managed": lambda: owner.create_version(policy, set_as_default=True),
            "organization": lambda: owner.update(content=policy),
            "session": lambda: owner.update(policy=getattr(policy, "to_dict", lambda: policy)()),
        }
        if self.owner in actions:
            actions[self.owner]()
        elif self.name == "trust":
            owner.update_assume_role_policy(policy)
        elif self.name == "policy":
            owner.put_policy(policy)
        else:
            owner.put_policy(self.name, policy)

    def put(self, world: World, policy: Policy) -> None:
        """Put a policy there without AWS's checks: an exercise can leave it without statements."""
        if self.owner == "session":
            self.write(world, policy)
        else:
            self._place(world).put(policy)
            world.changed()

    def _place(self, world: World) -> PolicyPlace:
        has_one = self.owner in _COLLECTIONS or self.name in ("trust", "policy")
        return PolicyPlace(self._owner(world), "" if has_one else self.name)

    def _owner(self, world: World) -> Any:
        """Find what has the policy."""
        if self.owner in _COLLECTIONS:
            known, name = _collection(world, self.owner), self.name
        elif self.name == "policy":
            known, name = _resources(world), self.owner
        else:
            kinds = ("roles",) if self.name == "trust" else ("users", "groups", "roles")
            known, name = _named(world, *kinds), self.owner
        if name not in known:
            error = ExerciseError(f"There is no {self.owner} {self.name!r}: no {name!r}.")
            raise noted(error, did_you_mean(name, known))
        return known[name]


_COLLECTIONS = {
    "managed": "managed policy",
    "organization": "policy",
    "session": "session policy of",
}


def _named(world: World, *kinds: str) -> dict[str, Any]:
    every = [getattr(each, kind) for each in reversed(world.accounts.values()) for kind in kinds]
    return {own.name: own for known in every for own in known.values()}


def _resources(world: World) -> dict[str, Any]:
    every = {arn: own for each in world.accounts.values() for arn, own in each.resources.items()}
    names = named_resources(next(iter(world.accounts.values())))
    return {name: every[arn] for name, arn in names.items() if arn in every}


def _collection(world: World, owner: str) -> dict[str, Any]:
    if owner == "session":
        return world.calls if isinstance(world, LessonWorld) else {}
    if owner == "managed":
        return _named(world, "policies")
    return {
        policy.name: policy
        for organization in world.organizations.values()
        for policy in organization.policies.values()
    }
