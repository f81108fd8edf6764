"""The policies that the owners of a world wrote: where they are, and other documents for them.

They are read and replaced without AWS's checks, so that a policy can be changed step by step. The
methods of users, roles and resources replace them as AWS does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.model.managed_policies import ManagedPolicy, own_policies
from iamlab.model.organization.policies import TYPES
from iamlab.policy.record import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.account import Account
    from iamlab.policy.document import Policy
    from iamlab.world.identities import User
    from iamlab.world.world import World

FIELDS = {"trust": "trust", "endpoint_policy": "endpoint", "policy": "resource"}
"""The attributes of a role or a resource that are policies, each with the type of its policy."""


@dataclass(frozen=True, slots=True)
class PolicyPlace:
    """A place in a world that has a policy, or can have one.

    Parameters
    ----------
    owner
        A user, group or role; a role for its trust policy; a customer managed policy; a policy of
        an organization; or a resource.
    name
        The name of an inline policy; empty for another policy.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> place = PolicyPlace(scenario("stack").user("alice"), "stack")
    >>> place.policy_type, [own.sid for own in place.document.statements][:2]
    ('identity', ['ListMaps', 'KeepMaps'])
    """

    owner: Any
    name: str = ""

    @property
    def _field(self) -> str:
        return next((name for name in FIELDS if hasattr(self.owner, name)), "document")

    @property
    def document(self) -> Policy | None:
        """The policy that is there now; of a managed policy, its default version."""
        found = self.owner.inline.get(self.name) if self.name else getattr(self.owner, self._field)
        return cast("Policy | None", found)

    @property
    def policy_type(self) -> str:
        """Its type, as in ``Policy.validate``."""
        kind = TYPES.get(getattr(self.owner, "type", ""))
        return kind.rules if kind else FIELDS.get("" if self.name else self._field, "identity")

    @property
    def service(self) -> str | None:
        """The service of a resource-based policy, as in ``Policy.validate``."""
        return self.owner.service if self.policy_type == "resource" else None

    def put(self, policy: Policy) -> None:
        """Put a policy there; ``World.changed`` must follow."""
        if self.name:
            self.owner.inline[self.name] = policy
        elif isinstance(self.owner, ManagedPolicy):
            self.owner.versions[self.owner.default_version_id] = policy
        else:
            setattr(self.owner, self._field, policy)


def policy_places(world: World) -> Iterator[tuple[str, PolicyPlace, Policy]]:
    """Yield the policies that somebody wrote in a world: name, place and document.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> [name for name, _, _ in policy_places(scenario("groups"))]
    ['policy star-maps-read', 'user dana: own-notes', 'group contractors: guard']
    """
    named = list[tuple[str, PolicyPlace]]()
    for account in world.accounts.values():
        start = f"{account.name} " if len(world.accounts) > 1 else ""
        named += [(f"{start}{name}", place) for name, place in _owned(account)]
    for policy in [own for each in world.organizations.values() for own in each.policies.values()]:
        if not policy.is_aws_managed:
            named.append((f"{TYPES[policy.type].rules.upper()} {policy.name}", PolicyPlace(policy)))
    for organization in world.organizations.values():
        if organization.resource_policy is not None:
            named.append(("resource policy", PolicyPlace(organization.resource_policy)))
    for name, place in named:
        if (document := place.document) is not None:
            yield name, place, document


def _owned(account: Account) -> Iterator[tuple[str, PolicyPlace]]:
    """Yield the places of an account."""
    for managed in own_policies(account):
        yield f"policy {managed.name}", PolicyPlace(managed)
    for held in (account.users, account.groups, account.roles):
        for identity in held.values():
            for name in identity.inline:
                yield f"{identity.kind} {identity.name}: {name}", PolicyPlace(identity, name)
    for role in account.roles.values():
        yield f"role {role.name}: trust policy", PolicyPlace(role)
    for resource in account.resources.values():
        yield f"{resource.kind} {resource.name}", PolicyPlace(resource)


def arranged(policy: Policy, sids: Iterable[str]) -> Policy:
    """Return the policy with only these of its statements, in this order.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> stack = scenario("stack").user("alice").inline["stack"]
    >>> [statement.sid for statement in arranged(stack, ["AllMaps", "KeepMaps"]).statements]
    ['AllMaps', 'KeepMaps']

    Raises
    ------
    ExerciseError
        The policy has no such statement.
    """
    own = {statement.label: statement for statement in policy.statements}
    chosen = list(map(str, sids))
    for sid in chosen:
        if sid not in own:
            error = ExerciseError(f"Policy {policy.name!r} has no statement {sid!r}.")
            raise noted(error, did_you_mean(sid, own))
    return written((own[sid] for sid in chosen), policy)


def arrange(user: User, policy_name: str, sids: Iterable[str]) -> None:
    """Keep only these statements of a user's inline policy, in this order.

    Raises
    ------
    ExerciseError
        The user has no such policy, or the policy has no such statement.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> alice = World(seed=7).create_account("acme").create_user("alice")
    >>> both = Policy.allow("s3:*", sid="All") + Policy.deny("s3:Delete*", sid="Keep")
    >>> alice.put_policy("stack", both)
    >>> arrange(alice, "stack", ["Keep", "All"])
    >>> [statement.sid for statement in alice.inline["stack"].statements]
    ['Keep', 'All']
    """
    if policy_name not in user.inline:
        raise ExerciseError(f"{user.name} has no inline policy {policy_name!r}.")
    # Not put_policy: a stack can be empty, and IAM rejects an empty policy.
    user.inline[policy_name] = arranged(user.inline[policy_name], sids)
    user.account.changed()
