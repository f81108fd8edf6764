"""What is one's own by now: oneself, one's groups, the policies there, and calls on oneself.

A principal may have changed: it has joined a group, has lost its boundary, has tags. The world that
is asked has not. So what a call on oneself says of oneself is corrected here, and the policies are
those of the changed principal.

Notes
-----
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PermissionsBoundary`` and
``iam:ResourceTag``; "IAM and AWS STS quotas"; "AWS managed policies for job functions".
"""

from __future__ import annotations

from functools import cache
from itertools import chain, count
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, named, operation
from iamlab.analysis.privilege_escalation.required_parameters import literals, words
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, mentions
from iamlab.authorization.context_keys import tag_keys
from iamlab.engine.layers import AttachedPolicy
from iamlab.model import managed_policies as managed
from iamlab.model.identities import Bounded, Group, Role, User, policies_of
from iamlab.model.managed_policies import document_of
from iamlab.operations.iam.common import SERVICE_LINKED_ONLY, quota
from iamlab.policy.document import Policy
from iamlab.policy.rules import INLINE_LIMITS
from iamlab.policy.validate.document_defects import size

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.model.managed_policies import ManagedPolicy


Holder: TypeAlias = User | Role | Group
"""Who holds policies that count for a principal: itself, or a group that it is in."""

BOUNDARY = "iam:PermissionsBoundary"
ABOUT_PERMISSIONS = ("Attach", "Detach", "Put", "Delete")
"""How the operations on oneself begin whose requests say which boundary one has."""

RESOURCE_TAGS = ("aws:ResourceTag", "iam:ResourceTag")


def path_of(holder: Holder) -> tuple[str, ...]:
    """Return what a holder's policies have before them: empty for one's own, else the group."""
    return (f"group {holder.name}",) if isinstance(holder, Group) else ()


def oneself(view: AttackerView) -> User | Role | None:
    """Return the user that a principal is, or its role; ``None`` if nobody can change it."""
    own = view.user or view.role
    return None if own is view.role and own not in view.stock.roles else own


def own_groups(view: AttackerView) -> list[Group]:
    """Return the groups that a principal is in by now."""
    if view.user is None:
        return []
    changes, names = view.state.changes, set(view.user.groups)
    if changes:
        every = [group.name for group in view.stock.groups]
        names |= {name for name in every if states.group_joined(name, ()) in changes}
        names -= {name for name in names if states.group_left(name) in changes}
    groups = view.account.groups
    return [groups[name] for name in sorted(names) if name in groups]


def holders(view: AttackerView) -> list[Holder]:
    """Return all whose policies count for a principal: itself, and the groups that it is in."""
    own = oneself(view)
    return [*([] if own is None else [own]), *own_groups(view)]


def own_call(view: AttackerView, holder: Holder, name: str, **parameters: Any) -> Call:
    """Make a call about oneself or one's group; one's boundary and tags in it are those of now."""
    call, own = view.on(holder, name, **parameters), oneself(view)
    if not view.state.changes or own is None:
        return call
    state, changed = view.state, {each.about.removeprefix("tag ") for each in view.state.changes}

    def as_now(arguments: Mapping[str, Any]) -> dict[str, Any]:
        keys, boundary = dict(arguments), state.principal.boundary
        if call.name.startswith(ABOUT_PERMISSIONS) and "PermissionsBoundary" not in parameters:
            keys.pop(BOUNDARY, None)
            if boundary is not None and boundary.arn:
                keys[BOUNDARY] = boundary.arn
        known = {key.lower(): key for key in keys}
        for key, value in state.principal.who().tags.items():
            for start in RESOURCE_TAGS if key.lower() in changed else ():
                written = f"{start}/{key}"
                keys[known.get(written.lower(), written)] = value
        return keys

    return call.with_keys(as_now, own.arn)


def resource_tags(tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the condition keys that say which tags a resource has."""
    found = (tag_keys(start, tags) for start in RESOURCE_TAGS)
    return {key: value for keys in found for key, value in keys.items()}


def with_boundary(call: Call, role: Role, arn: str | None) -> Call:
    """Return a call as it will be when a role that it is on has another boundary, or none."""
    now = {} if arn is None else {BOUNDARY: arn}
    return call.with_keys(
        lambda keys: {key: keys[key] for key in keys if key != BOUNDARY} | now, role.arn
    )


def call_on_new(holder: Holder, name: str, **more: Any) -> Call:
    """Return a call on somebody new, or a new group, with what the request will say of it then."""
    action, keys = f"iam:{operation(name, holder)}", dict[str, Any]()
    if isinstance(holder, Bounded):
        keys = resource_tags(holder.tags)
        if holder.boundary and name.startswith(("Attach", "Put")):
            keys[BOUNDARY] = holder.boundary
    if name.startswith("Attach"):
        keys["iam:PolicyARN"] = more["PolicyArn"]
    return Call(action, {**named(holder), **more}, (Need(action, holder.arn, keys),))


def grants_for_new(view: AttackerView, holder: Holder) -> Iterator[states.Grant]:
    """Return what somebody new, or a new group, can be given; one that gives all is the last."""
    path = path_of(holder)
    put = call_on_new(holder, "Put{}Policy", PolicyName=POLICY_NAME, PolicyDocument=ALL)
    if view.may(put):
        yield states.Grant((states.any_permission(path),), (put,))
        return
    for policy in policies_to_try(view):
        call = call_on_new(holder, "Attach{}Policy", PolicyArn=policy.arn)
        if view.may(call):
            grant = states.Grant((change_by(view, policy, path),), (call,))
            yield grant
            if grant.is_all:
                return


def is_widest(view: AttackerView) -> bool:
    """Return whether a principal has a policy that allows all: then no other Allow adds to it."""
    return any(allows_all(attached.policy) for attached in view.state.principal.identity)


def joinable(view: AttackerView) -> Iterator[tuple[Group, tuple[AttachedPolicy, ...]]]:
    """Return the groups that a principal may add users to, with the policies that members get."""
    # The group alone is the resource: who is added makes no difference.
    for group in view.allowed("AddUserToGroup", view.stock.groups, UserName=ANYBODY):
        handed = tuple(policies_of(group, path_of(group)))
        if handed:
            yield group, handed


ANYBODY = "anybody"
"""A user, where it makes no difference who it is."""


# Policies by now --------------------------------------------------------------------------------


def hanging(view: AttackerView, holder: Holder) -> list[AttachedPolicy]:
    """Return the policies of a principal that are attached to one of its holders."""
    return [each for each in view.state.principal.identity if each.path == path_of(holder)]


def attached_to(view: AttackerView, holder: Holder) -> set[str]:
    """Return the ARNs of the managed policies that are now attached to a holder."""
    known = {
        arn
        for arn in holder.attached
        # A policy whose document is not known allows nothing, but counts for the quota.
        if holder.account is view.account and document_of(view.account, arn) is None
    }
    return known | {each.arn for each in hanging(view, holder) if each.arn is not None}


def room_for(view: AttackerView, holder: Holder) -> int:
    """Return how many more managed policies a holder can have."""
    most = quota(view.account, operation("PoliciesPer{}", holder))
    return most - len(attached_to(view, holder))


def names_to_write(
    holder: Holder, inline: Mapping[str, Policy], denying: Sequence[str] = ()
) -> list[str]:
    """Return the names under which inline policies that allow all are to be written.

    What is written under the name of a policy takes its place: so those that deny something are
    written over. Else it gets a name of its own if there is room, or takes the largest one's.

    Parameters
    ----------
    inline
        The inline policies that the holder has by now, by name.
    """
    sizes = {name: size(policy) for name, policy in inline.items()}
    largest = sorted(sizes, key=lambda name: -sizes[name])[:1]
    for names in (list(denying), [free_name(holder.inline)], largest):
        left = sum(of for name, of in sizes.items() if name not in names)
        if names and left + len(names) * size_of_all() <= INLINE_LIMITS[holder.kind]:
            return names
    return []


@cache
def size_of_all() -> int:
    """Return the size of the policy that allows everything."""
    return size(Policy.parse(ALL))


def free_name(taken: Container[str], name: str = "") -> str:
    """Return a name that is not taken: the one that is wanted, or that with a number."""
    wanted = name or POLICY_NAME
    numbered = (f"{wanted}-{number}" for number in count(2))
    return next(each for each in chain([wanted], numbered) if each not in taken)


POLICY_NAME = "reach"
"""The name of the inline policies that are written."""

ALL = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
"""The policy that allows all."""

ADMINISTRATOR = "AdministratorAccess"

ALSO_STRONG = words("policies", "also_strong")
"""Policies of AWS that are tried where a condition is about which policies can be attached."""

STRONG = (ADMINISTRATOR, "IAMFullAccess", "PowerUserAccess")
"""Policies of AWS that are always tried: with the second one gives oneself the first."""


def administrator(view: AttackerView) -> str:
    """Return the ARN of AdministratorAccess in the partition of a principal's account."""
    return f"arn:{view.account.partition}:iam::aws:policy/{ADMINISTRATOR}"


def change_by(
    view: AttackerView, policy: ManagedPolicy, path: tuple[str, ...] = ()
) -> states.StateChange:
    """Return what somebody gains who is given a managed policy, by its version that is in force.

    Parameters
    ----------
    path
        The group that it is given to, if it is.
    """
    found = in_force(view, policy, path).policy
    is_all = allows_all(found)
    return states.any_permission(path) if is_all else states.policy_given(found, policy.arn, path)


def in_force(view: AttackerView, held: ManagedPolicy, path: tuple[str, ...] = ()) -> AttachedPolicy:
    """Return a managed policy as it is attached by now."""
    (found,) = view.as_they_are([AttachedPolicy(held.document, held.arn, path)])
    return found


def allows_all(policy: Policy) -> bool:
    """Return whether a policy allows all, and nothing takes any of it away."""
    return not denies_something(policy) and any(
        "*" in (entry.action or ()) and "*" in (entry.resource or ()) and not entry.conditions
        for entry in policy.statements
    )


def allows_something(policy: Policy) -> bool:
    """Return whether a policy has an Allow."""
    return any(statement.effect == "Allow" for statement in policy.statements)


def policies_to_try(view: AttackerView) -> Iterator[ManagedPolicy]:
    """Return managed policies that a principal might attach, strong ones first."""
    account = view.account
    for name in STRONG:
        yield account.policies[f"arn:{account.partition}:iam::aws:policy/{name}"]
    every = states.policies_in(view.state.principal, "identity", "boundary", "scp")
    named = {arn for each in every for arn in literals(each.policy, "iam:PolicyARN")}
    start = f"arn:{account.partition}:iam::aws:policy/"
    # A list of what may not be attached protects only if the rest leads nowhere.
    is_limited = mentions(view.decider, view.state, "iam:PolicyARN")
    others = [f"{start}{name}" for name in ALSO_STRONG] if is_limited else []
    for arn in dict.fromkeys((*sorted(named), *others)):
        policy = account.policies.get(arn) or managed.find(arn)
        if policy is None or policy in view.stock.policies:
            continue
        if policy.name not in STRONG and not policy.path.startswith(SERVICE_LINKED_ONLY):
            yield policy
    yield from view.stock.policies
