"""Methods that give oneself policies, or other versions of the policies that one has.

All policies that may be attached are one step, however many they are. To keep a path short, each
of them alone is a step too. Where the quota leaves no room, a policy that allows everything can
take the place of another. Whoever may write a version of a policy and make it the default needs no
permission to attach anything; AWS's own policies have no other versions.

Notes
-----
AWS pages: "API AttachUserPolicy", "API PutUserPolicy" and the same operations for groups and roles;
"IAM JSON policy elements: Effect", for what a Deny takes away; "IAM and AWS STS quotas"; "Adding
and removing IAM identity permissions"; "Versioning IAM policies"; "API CreatePolicyVersion"; "API
SetDefaultPolicyVersion". "Editing IAM policies" says that ``SetAsDefault`` needs no further
permission.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.permission_checks import operation
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, denying
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import AttachedPolicy
from iamlab.operations.iam.common import quota

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.finders.own_calls import Holder
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.model.identities import Group
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy


def _holders(view: AttackerView, kind: str) -> list[Holder]:
    return [holder for holder in own.holders(view) if holder.kind == kind]


def attach(view: AttackerView, kind: str) -> Iterator[Gain]:
    """``Attach...Policy`` on one's own user or role, or on a group that one is in."""
    for holder in _holders(view, kind):
        grants = list(_attachable(view, holder))
        if not has_enough(view) or any(grant.is_all for grant in grants):
            yield from _gains(view, grants, own.room_for(view, holder), states.GIVEN)


def _attachable(view: AttackerView, holder: Holder) -> Iterator[Grant]:
    """Return the policies that may be attached; none if there is no room."""
    name = operation("Attach{}Policy", holder)
    if not view.ever(f"iam:{name}") or own.is_widest(view) or own.room_for(view, holder) < 1:
        return
    there = own.attached_to(view, holder) | {*holder.attached}
    for policy in own.policies_to_try(view):
        found = own.in_force(view, policy).policy
        if policy.arn in there or not own.allows_something(found):
            continue
        call = own.own_call(view, holder, name, PolicyArn=policy.arn)
        if view.may(call):
            change = own.change_by(view, policy, own.path_of(holder))
            grant = Grant((change,), (call,), denies_something(found))
            yield grant
            if grant.is_all:
                return  # no other policy gives more


def _gains(view: AttackerView, grants: list[Grant], room: int, about: str) -> Iterator[Gain]:
    """Return what all that only allows gives, as far as there is room, and what each alone gives.

    After a single one there is only the edge for all of them: else each selection would be a state.
    """
    whole = [[grant] for grant in grants if grant.is_all]
    only_allows = [grant for grant in grants if not grant.denies][:room]
    is_first = not any(change.about.startswith(f"{about} ") for change in view.state.changes)
    choices = [[grant] for grant in grants] if is_first else []
    if only_allows and only_allows not in choices:
        choices.append(only_allows)
    for chosen in map(states.together, whole or choices):
        yield view.widened(chosen.changes, chosen.calls)


def put(view: AttackerView, kind: str) -> Iterator[Gain]:
    """``Put...Policy`` on one's own user or role, or on a group that one is in."""
    for holder in _holders(view, kind):
        yield from _put(view, holder)


def _put(view: AttackerView, holder: Holder) -> Iterator[Gain]:
    if not view.ever(f"iam:{operation('Put{}Policy', holder)}"):
        return
    denies = denying(view.decider, view.state)
    inline = [each for each in own.hanging(view, holder) if each.arn is None]
    by_name = {each.policy.name: each for each in inline}
    held = {name: policy for name, policy in holder.inline.items() if name in by_name}
    names = own.names_to_write(holder, held, [name for name in held if by_name[name] in denies])
    replaced = [each for each in inline if each.policy.name in names]
    if not names or (own.is_widest(view) and not any(each in denies for each in replaced)):
        return
    # No resource and no condition key is about what is written: whoever may write one policy may
    # write each, and has no fewer permissions after the first.
    written = [{"PolicyName": name, "PolicyDocument": own.ALL} for name in names]
    calls = [own.own_call(view, holder, "Put{}Policy", **each) for each in written]
    if view.may(calls[0]):
        gone = [states.policies_gone([each]) for each in replaced]
        yield view.widened([states.any_permission(own.path_of(holder)), *gone], calls)


def join_group(view: AttackerView) -> Iterator[Gain]:
    """``AddUserToGroup``: one gets the group's policies, its Denies as well."""
    user, groups = view.user, own.own_groups(view)
    room = quota(view.account, "GroupsPerUser") - len(groups)
    if user is None or room < 1 or own.is_widest(view) or has_enough(view):
        return
    names = {group.name for group in groups}
    grants = [
        membership(view, group, view.as_they_are(handed), user.name)
        for group, handed in own.joinable(view)
        if group.name not in names
    ]
    yield from _gains(view, grants, room, states.MEMBER)


def membership(
    view: AttackerView, group: Group, policies: tuple[AttachedPolicy, ...], user: str
) -> Grant:
    """Return what a user gains who is put into a group."""
    call = view.on(group, "AddUserToGroup", UserName=user)
    denies = any(denies_something(each.policy) for each in policies)
    return Grant((states.group_joined(group.name, policies),), (call,), denies)


def swap(view: AttackerView, kind: str) -> Iterator[Gain]:
    """``Detach...Policy`` and ``Attach...Policy``, where there is no room for one more policy.

    Only a policy that allows everything is worth that.
    """
    for holder in _holders(view, kind):
        names = (operation(name, holder) for name in ("Detach{}Policy", "Attach{}Policy"))
        may_ever = all(view.ever(f"iam:{name}") for name in names)
        if not may_ever or own.is_widest(view) or own.room_for(view, holder) >= 1:
            continue
        if has_enough(view) or is_detour(view):
            continue
        managed = [each for each in own.hanging(view, holder) if each.arn is not None]
        # What allows nothing of IAM is the first to go.
        for attached in sorted(managed, key=lambda each: "iam:" in each.policy.text.lower()):
            gone = states.policies_gone([attached])
            detach = own.own_call(view, holder, "Detach{}Policy", PolicyArn=attached.arn)
            after = replace(view, state=view.state.with_(gone))
            call = _whole(after, holder) if view.may(detach) else None
            if call is not None:
                whole = states.any_permission(own.path_of(holder))
                yield view.widened([gone, whole], [detach, call])
                break


def _whole(view: AttackerView, holder: Holder) -> Call | None:
    """Return the call that attaches a policy that allows everything, if it may be made."""
    there = {each.arn for each in own.hanging(view, holder)}
    for policy in own.policies_to_try(view):
        is_all = own.change_by(view, policy).label == states.EVERYTHING
        if is_all and policy.arn not in there:
            call = own.own_call(view, holder, "Attach{}Policy", PolicyArn=policy.arn)
            if view.may(call):
                return call
    return None


# What is not worth looking at --------------------------------------------------------------------


def gives_itself_all(view: AttackerView) -> bool:
    """Return whether a principal may give itself, in one step, a policy that allows everything."""

    def is_given() -> bool:
        return any(
            any(True for _ in _put(view, holder))
            or any(grant.is_all for grant in _attachable(view, holder))
            for holder in own.holders(view)
        )

    return view.decider.once(("gives itself all", view.state), is_given)


def has_enough(view: AttackerView) -> bool:
    """Return whether a changed principal needs no single Allow, because it can have everything.

    For a principal as it is, all methods are shown.
    """
    return bool(view.state.changes) and gives_itself_all(view)


def is_detour(view: AttackerView) -> bool:
    """Return whether a principal has got a few policies where it could have had everything at once.

    What it could do in addition, such as removing a Deny, it does as well with everything.
    """
    about = {change.about for change in view.state.changes}
    principal = view.user or view.role
    few = (states.GIVEN, states.MEMBER, states.VERSION)
    if principal is None or not any(each.startswith(few) for each in about):
        return False
    today = PrincipalState.of(principal_of(view.world, principal))
    # It is different if what was rewritten limits it: a boundary, a policy with a Deny.
    limits = [today.principal.boundary, *view.state.principal.session]
    denies = [each for each in today.principal.identity if denies_something(each.policy)]
    arns = (getattr(each, "arn", None) for each in (*limits, *denies))
    if any(f"{states.VERSION} {arn}" in about for arn in arns):
        return False
    return gives_itself_all(replace(view, state=today))


# Versions ----------------------------------------------------------------------------------------

MOST_SET_BACK = 2
"""For at most so many policies another version is set: more would be too many selections."""

SOME_VERSION = "v1"
"""A version, where it makes no difference which."""


def rewrite(view: AttackerView) -> Iterator[Gain]:
    """``CreatePolicyVersion`` of a policy that one has, or that limits one's session.

    Whoever may make a version of a policy the default needs no permission to attach anything.
    """
    has_all = own.is_widest(view) or has_enough(view)
    known = view.state.principal
    limits = _managed(known.session)
    for arn, attached in _managed((*known.identity, *known.session)).items():
        is_useful = not has_all or arn in limits or denies_something(attached.policy)
        calls = rewriting(view, arn) if is_useful and not own.allows_all(attached.policy) else ()
        if calls:
            yield view.widened([states.policy_rewritten(arn)], calls)


def set_back(view: AttackerView) -> Iterator[Gain]:
    """``SetDefaultPolicyVersion`` of a policy that one has, or that limits one."""
    name, known = "SetDefaultPolicyVersion", view.state.principal
    if not view.ever(f"iam:{name}"):
        return
    abouts = {each.about for each in view.state.changes}
    changed = {about for about in abouts if about.startswith(states.VERSION)}
    has_all = own.is_widest(view) or has_enough(view)
    boundary = () if known.boundary is None else (known.boundary,)
    limits = _managed((*known.session, *boundary))
    policies = {**_managed((*known.identity, *known.session)), **limits}
    for policy in view.allowed(name, view.stock.policies, VersionId=SOME_VERSION):
        attached, about = policies.get(policy.arn), f"{states.VERSION} {policy.arn}"
        denies = attached is not None and denies_something(attached.policy)
        if attached is None or (has_all and policy.arn not in limits and not denies):
            continue
        if len(changed) >= MOST_SET_BACK and about not in changed:
            continue
        for version_id, document in policy.versions.items():
            is_back = version_id == policy.default_version_id  # as it was in the beginning
            if not is_back and is_wider(document, attached.policy):
                call = view.call(name, PolicyArn=policy.arn, VersionId=version_id)
                change = states.policy_version_set(policy.arn, version_id, document)
                yield view.widened([change], [call])


def rewriting(view: AttackerView, arn: str) -> tuple[Call, ...]:
    """Return the calls that let a customer's policy allow everything; none if it may not, or has.

    A policy has five versions at most. If it has, one that is not the default is deleted first.
    """
    is_done = states.policy_rewritten(arn) in view.state.changes
    if is_done or not view.ever("iam:CreatePolicyVersion"):
        return ()
    written = {"PolicyDocument": own.ALL, "SetAsDefault": True}
    may = view.allowed("CreatePolicyVersion", view.stock.policies, **written)
    policy = next((each for each in may if each.arn == arn), None)
    if policy is None:
        return ()
    write = view.call("CreatePolicyVersion", PolicyArn=arn, **written)
    too_many = max(0, len(policy.versions) + 1 - quota(view.account, "VersionsPerPolicy"))
    default = _default_version(view, policy)
    spare = [each for each in policy.versions if each != default][:too_many]
    delete = [view.call("DeletePolicyVersion", PolicyArn=arn, VersionId=each) for each in spare]
    return (*delete, write) if all(map(view.may, delete)) else ()


def _default_version(view: AttackerView, policy: ManagedPolicy) -> str:
    """Return which version of a policy is the default by now."""
    for version_id, document in policy.versions.items():
        if states.policy_version_set(policy.arn, version_id, document) in view.state.changes:
            return version_id
    return policy.default_version_id


def is_wider(new: Policy, old: Policy) -> bool:
    """Return whether a policy allows something more than another, as far as its statements show.

    Examples
    --------
    >>> from iamlab import Policy
    >>> old, new = Policy.allow("s3:GetObject"), Policy.allow("s3:*")
    >>> is_wider(new, old), is_wider(old, old)
    (True, False)
    """
    if own.allows_all(old):
        return False
    allows, allowed = _said(new, "Allow"), _said(old, "Allow")
    denies, denied = _said(new, "Deny"), _said(old, "Deny")
    return bool(allows - allowed) or bool(allowed and denied - denies)


def _said(policy: Policy, effect: str) -> set[tuple[object, ...]]:
    return {
        (
            *(each.action, each.not_action, each.resource, each.not_resource),
            *(each.conditions, each.variables),
        )
        for each in policy.statements
        if each.effect == effect
    }


def _managed(policies: Iterable[Policy | AttachedPolicy]) -> dict[str, AttachedPolicy]:
    """Return the managed policies among some, by their ARNs."""
    attached = (each for each in policies if isinstance(each, AttachedPolicy))
    return {each.arn: each for each in attached if each.arn}
