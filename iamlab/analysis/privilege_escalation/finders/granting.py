"""What a principal can give to others before it takes their place: policies, and groups.

A role that one may assume is worth more if one may also write its policies, and so is a user whose
key one may create. To attach a policy gives what that policy allows: whoever may attach any takes
AdministratorAccess; where a condition on ``iam:PolicyARN`` leaves only some, those are tried, and
the account's own. Quotas count.

Whoever may write a group's policies and choose its members needs no permission on any user. If a
group can be created, none need exist. However many groups are suitable, one is shown: one without a
Deny, a new one, or else one that denies something.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Versioning IAM policies"; "IAM and AWS STS condition context
keys", for ``iam:PolicyARN``; "IAM user groups"; "API CreateGroup"; "API AddUserToGroup".
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS, EscalationMethod
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.own_policies import (
    attach,
    gives_itself_all,
    has_enough,
    rewriting,
)
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, iam_call, other_call
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, free_names
from iamlab.engine.layers import Attached
from iamlab.model.identities import Group, Role, User, policies_of
from iamlab.operations.iam.common import quota
from iamlab.policy.checks.sizes import size
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.principal_states import Edge


Grants = dict[str, list["Grant"]]
"""ARN of a user, group or role -> what it can be given."""


class Grant(NamedTuple):
    """What somebody is given, and by which calls."""

    changes: tuple[states.Change, ...]
    calls: tuple[Call, ...]

    @property
    def is_all(self) -> bool:
        """Whether no other grant gives more."""
        return any(change.label == states.any_permission().label for change in self.changes)


NOTHING = Grant((), ())


def whole(grants: Grants, holder: User | Role) -> list[Grant]:
    """Give what somebody can be given with which it has everything, if there is such a grant."""
    return [grant for grant in grants.get(holder.arn, ()) if grant.is_all][:1]


def written(view: AttackerView, holders: Sequence[User | Group | Role]) -> Grants:
    """Write an inline policy that allows all."""
    if not holders:
        return {}
    operation = f"Put{_noun(holders)}Policy"
    document = {"PolicyDocument": own.ALL}
    found: Grants = {}
    for holder in view.allowed(operation, holders, PolicyName=own.POLICY_NAME, **document):
        name = name_to_write(holder)
        if name is not None:
            named = {f"{_noun(holders)}Name": holder.name, "PolicyName": name}
            call = view.call(operation, **named, **document)
            found[holder.arn] = [Grant((states.any_permission(),), (call,))]
    return found


def name_to_write(holder: User | Group | Role) -> str | None:
    """Give the name for an inline policy that allows all; ``None`` if there is no room for it.

    It is a new one; if the others leave no room, it takes the place of the largest.
    """
    sizes = {name: size(policy) for name, policy in holder.inline.items()}
    left = INLINE_LIMITS[holder.kind] - own.size_of_all() - sum(sizes.values())
    if left >= 0:
        return own.free_name(sizes)
    largest = max(sizes, key=lambda name: sizes[name])
    return largest if left + sizes[largest] >= 0 else None


def attached(view: AttackerView, holders: Sequence[User | Group | Role]) -> Grants:
    """Attach a policy: one that allows all if that may be, else each that may be, and all of them.

    So a path stays short where one policy is enough for what follows.
    """
    if not holders or not view.ever(f"iam:Attach{_noun(holders)}Policy"):
        return {}
    noun = _noun(holders)
    room = {
        each.arn: quota(view.account, f"PoliciesPer{noun}") - len(each.attached) for each in holders
    }
    found: Grants = {}
    for policy in own.policies_to_try(view):
        change = own.change_by(view, policy)
        for holder in view.allowed(f"Attach{noun}Policy", holders, PolicyArn=policy.arn):
            grants = found.setdefault(holder.arn, [])
            if policy.arn in holder.attached or room[holder.arn] < 1 or _is_done(grants):
                continue
            named = {f"{noun}Name": holder.name, "PolicyArn": policy.arn}
            grants.append(Grant((change,), (view.call(f"Attach{noun}Policy", **named),)))
    for arn, grants in found.items():
        if len(grants) > 1:
            grants[:] = (
                [grants[-1]] if _is_done(grants) else [*grants, together(grants[: room[arn]])]
            )
    return found


def _is_done(grants: list[Grant]) -> bool:
    return bool(grants) and grants[-1].is_all


def together(grants: Iterable[Grant]) -> Grant:
    """Give several things at once."""
    every = tuple(grants)
    changes = tuple(dict.fromkeys(change for one in every for change in one.changes))
    return Grant(changes, tuple(call for one in every for call in one.calls))


def rewritten(view: AttackerView, holders: Sequence[User | Group | Role]) -> Grants:
    """Write a new version of a managed policy that they have, which allows all."""
    found: Grants = {}
    if not holders:
        return found
    for policy in view.stock.policies if view.ever("iam:CreatePolicyVersion") else ():
        having = [holder for holder in holders if policy.arn in holder.attached]
        calls = rewriting(view, policy.arn) if having else ()
        for holder in having if calls else ():
            grant = Grant((states.policy_rewritten(policy.arn),), calls)
            found.setdefault(holder.arn, []).append(grant)
    return found


def membership(
    view: AttackerView, group: Group, policies: tuple[Attached, ...], user: str
) -> Grant:
    """Give what a user gains who is put into a group."""
    call = view.call("AddUserToGroup", GroupName=group.name, UserName=user)
    return Grant((states.group_joined(group.name, policies),), (call,))


def best(*several: Grants) -> Grants:
    """Put together what can be given, without what adds nothing to another grant.

    Parameters
    ----------
    several
        The plainest first.
    """
    found: Grants = {}
    for given in several:
        for arn, grants in given.items():
            known = found.setdefault(arn, [])
            if not any(grant.is_all for grant in known):
                known += grants
    return found


def through_groups(groups: Grants, users: Iterable[User]) -> Grants:
    """Give what users are given when their groups are."""
    by_name = {arn.rpartition("/")[2]: grants for arn, grants in groups.items()}
    found: Grants = {}
    for user in users:
        grants = [grant for name in user.groups for grant in by_name.get(name, ())]
        if grants:
            found[user.arn] = grants
    return found


def _noun(holders: Sequence[User | Group | Role]) -> str:
    return holders[0].kind.capitalize()


MOST_NEW = 4
"""So many places for a new group are looked at."""


class FilledGroup(NamedTuple):
    """A group that is given something, so that its members have it.

    Parameters
    ----------
    policies
        Those that it has before.
    changes
        What its members gain besides.
    calls
        They make it, if it is not there yet, and give it its policies.
    """

    group: Group
    policies: tuple[Attached, ...]
    changes: tuple[states.Change, ...]
    calls: tuple[Call, ...]
    is_all: bool

    def for_user(self, name: str) -> Grant:
        """Give what a user gains who is put into the group."""
        group = self.group
        named = {"GroupName": group.name, "UserName": name}
        joined = states.group_joined(group.name, self.policies)
        add = other_call("iam:AddUserToGroup", _adding(group), **named)
        return Grant((joined, *self.changes), (*self.calls, add))


def _adding(group: Group) -> Need:
    return Need("iam:AddUserToGroup", group.arn, {})  # who is added is no part of what is asked


def fill_and_join(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """A group made if need be, ``PutGroupPolicy`` or ``AttachGroupPolicy``, ``AddUserToGroup``."""
    user, groups = view.user, own.own_groups(view)
    if user is None or own.is_widest(view) or not _may_fill(view):
        return
    has_room = len(groups) < quota(view.account, "GroupsPerUser")
    if not has_room or has_enough(view) or gives_itself_all(view):
        return
    every = [filled for filled in fillable(view) if not _is_in(view, filled.group)]
    if every and not every[0].is_all:  # single policies are enough, if there are some without it
        has_single = any(change.about.startswith(states.GIVEN) for change in view.state.changes)
        if has_single or next(attach(view, METHODS[3]), None) is not None:
            return
    for filled in every:
        grant = filled.for_user(user.name)
        yield own.widened_by(view, method, grant.changes, grant.calls)


def _is_in(view: AttackerView, group: Group) -> bool:
    """Say whether a principal is in a group by now; one that it made is not in the world."""
    joined = f"{states.MEMBER} {group.name}"
    names = {holder.identity.name for holder in own.own_groups(view)}
    return group.name in names or any(each.about == joined for each in view.state.changes)


def _may_fill(view: AttackerView) -> bool:
    """Say whether it is worth asking, quickly."""
    writes = view.ever("iam:PutGroupPolicy") or view.ever("iam:AttachGroupPolicy")
    return writes and view.ever("iam:AddUserToGroup")


def by_groups(view: AttackerView, users: Iterable[User]) -> Grants:
    """Give what users can be given by groups that they are not in."""
    most = quota(view.account, "GroupsPerUser")
    found: Grants = {}
    for filled in fillable(view):
        for user in users:
            if filled.group.name not in user.groups and len(user.groups) < most:
                found.setdefault(user.arn, []).append(filled.for_user(user.name))
    return found


def fillable(view: AttackerView) -> tuple[FilledGroup, ...]:
    """Give the groups that a principal may give something, and put users into.

    One that can be given all is alone; else there is one for each thing that can be given.
    """
    key = ("groups to fill", view.state)
    kept = view.decider.kept
    if key not in kept:
        kept[key] = _chosen(_every(view)) if _may_fill(view) else ()
    found: tuple[FilledGroup, ...] = kept[key]
    return found


def _chosen(every: Iterable[FilledGroup]) -> tuple[FilledGroup, ...]:
    """Leave out what gives no more than another one does."""
    found: dict[tuple[str, ...], FilledGroup] = {}
    for filled in every:
        if filled.is_all:
            return (filled,)
        found.setdefault(tuple(change.label for change in filled.changes), filled)
    return tuple(found.values())


def _every(view: AttackerView) -> Iterator[FilledGroup]:
    denying = []
    for filled in _existing(view):
        if any(denies_something(each.policy) for each in filled.policies):
            denying.append(filled)
        else:
            yield filled
    yield from _new(view)
    yield from denying


def _existing(view: AttackerView) -> Iterator[FilledGroup]:
    """Give the groups that there are."""
    groups = view.stock.groups
    open_ones = view.allowed("AddUserToGroup", groups, UserName=own.ANYBODY)
    if not open_ones:
        return
    grants = best(written(view, groups), attached(view, groups))
    for group in sorted(open_ones, key=lambda each: bool(each.inline or each.attached)):
        held = view.as_they_are(policies_of(group, _path(group)))
        for grant in grants.get(group.arn, ()):
            changes = tuple(_gained(view, group, call, is_all=grant.is_all) for call in grant.calls)
            yield FilledGroup(group, held, tuple(dict.fromkeys(changes)), grant.calls, grant.is_all)


def _path(group: Group) -> tuple[str, ...]:
    return (f"group {group.name}",)


def _gained(view: AttackerView, group: Group, call: Call, *, is_all: bool) -> states.Change:
    """Say what the members of a group gain by a policy that it is given."""
    arn = call.parameters.get("PolicyArn")
    if arn is None or is_all:
        return states.any_permission(_path(group))
    policy = view.account.get_policy(str(arn))
    (found,) = view.as_they_are([Attached(policy.document, policy.arn, _path(group))])
    return states.policy_given(found.policy, policy.arn, _path(group))


def _new(view: AttackerView) -> Iterator[FilledGroup]:
    """Give a group that can be made, and what it can be given."""
    account = view.account
    if not view.ever("iam:CreateGroup") or len(account.groups) >= quota(account, "Groups"):
        return
    for path, name in islice(free_names(view, "group"), MOST_NEW):
        group = Group(account, name, path)
        create = iam_call(account, "CreateGroup", GroupName=name, Path=path)
        if (
            _is_in(view, group)
            or not view.may(create)
            or not view.decider.has(view.state, _adding(group))
        ):
            continue
        grants = list(_grants_for_new(view, group))
        if len(grants) > 1 and not grants[-1].is_all:
            grants.append(together(grants[: quota(account, "PoliciesPerGroup")]))
        for grant in grants:
            yield FilledGroup(group, (), grant.changes, (create, *grant.calls), grant.is_all)
        if grants:
            return


def _grants_for_new(view: AttackerView, group: Group) -> Iterator[Grant]:
    """Give what a new group can be given; one that gives all is the last."""
    named = {"GroupName": group.name, "PolicyName": own.POLICY_NAME, "PolicyDocument": own.ALL}
    put = other_call("iam:PutGroupPolicy", Need("iam:PutGroupPolicy", group.arn, {}), **named)
    if view.may(put):
        yield Grant((states.any_permission(_path(group)),), (put,))
        return
    for policy in own.policies_to_try(view) if view.ever("iam:AttachGroupPolicy") else ():
        need = Need("iam:AttachGroupPolicy", group.arn, {"iam:PolicyARN": policy.arn})
        if view.decider.has(view.state, need):
            call = other_call(need.action, need, GroupName=group.name, PolicyArn=policy.arn)
            is_all = own.change_by(view, policy) == states.any_permission()
            yield Grant((_gained(view, group, call, is_all=is_all),), (call,))
            if is_all:
                return
