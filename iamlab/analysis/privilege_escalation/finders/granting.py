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

from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders import own_policies
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, operation
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, together
from iamlab.analysis.privilege_escalation.satisfying_values import denies_something, free_names
from iamlab.model.identities import Group, Role, User, policies_of
from iamlab.operations.iam.common import quota

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.finders.own_calls import Holder
    from iamlab.engine.layers import AttachedPolicy


Grants = dict[str, list[Grant]]
"""ARN of a user, group or role -> what it can be given."""

Membership = tuple[str, "Callable[[str], Grant]"]
"""The name of a group, and what a user gains who is put into it."""


def whole(grants: Grants, holder: User | Role) -> list[Grant]:
    """Return what somebody can be given with which it has everything, if there is such a grant."""
    return [grant for grant in grants.get(holder.arn, ()) if grant.is_all][:1]


def written(view: AttackerView, holders: Sequence[Holder]) -> Grants:
    """Write an inline policy that allows all."""
    found: Grants = {}
    named = {"PolicyName": own.POLICY_NAME, "PolicyDocument": own.ALL}
    for holder in view.allowed("Put{}Policy", holders, **named):
        for name in own.names_to_write(holder, holder.inline):
            call = view.on(holder, "Put{}Policy", **{**named, "PolicyName": name})
            found[holder.arn] = [Grant((states.any_permission(),), (call,))]
    return found


def attached(view: AttackerView, holders: Sequence[Holder]) -> Grants:
    """Attach a policy: one that allows all if that may be, else each that may be, and all of them.

    So a path stays short where one policy is enough for what follows.
    """
    if not holders or not view.ever(f"iam:{operation('Attach{}Policy', holders[0])}"):
        return {}
    most = quota(view.account, operation("PoliciesPer{}", holders[0]))
    room = {each.arn: most - len(each.attached) for each in holders}
    found: Grants = {}
    for policy in own.policies_to_try(view):
        change = own.change_by(view, policy)
        for holder in view.allowed("Attach{}Policy", holders, PolicyArn=policy.arn):
            grants = found.setdefault(holder.arn, [])
            is_done = bool(grants) and grants[-1].is_all
            if policy.arn not in holder.attached and room[holder.arn] >= 1 and not is_done:
                call = view.on(holder, "Attach{}Policy", PolicyArn=policy.arn)
                grants.append(Grant((change,), (call,)))
    return {arn: _at_once(grants, room[arn]) for arn, grants in found.items()}


def _at_once(grants: list[Grant], room: int) -> list[Grant]:
    """Return each of some grants and all at once; or only the last, if it gives everything."""
    if len(grants) < 2:
        return grants
    return grants[-1:] if grants[-1].is_all else [*grants, together(grants[:room])]


def rewritten(view: AttackerView, holders: Sequence[Holder]) -> Grants:
    """Write a new version of a managed policy that they have, which allows all."""
    found: Grants = {}
    if not holders or not view.ever("iam:CreatePolicyVersion"):
        return found
    for policy in view.stock.policies:
        having = [holder for holder in holders if policy.arn in holder.attached]
        calls = own_policies.rewriting(view, policy.arn) if having else ()
        for holder in having if calls else ():
            grant = Grant((states.policy_rewritten(policy.arn),), calls)
            found.setdefault(holder.arn, []).append(grant)
    return found


GIVES = (written, attached, rewritten)
"""What gives policies to users, groups or roles; the plainest first."""


def best(*several: Grants) -> Grants:
    """Put together what can be given, without what adds nothing to another grant.

    Parameters
    ----------
    several
        The plainest first.
    """
    found: Grants = {}
    for changes in several:
        for arn, grants in changes.items():
            known = found.setdefault(arn, [])
            if not any(grant.is_all for grant in known):
                known += grants
    return found


def through_groups(groups: Grants, users: Iterable[User]) -> Grants:
    """Return what users are given when their groups are."""
    by_name = {arn.rpartition("/")[2]: grants for arn, grants in groups.items()}
    found = {
        user.arn: [grant for name in user.groups for grant in by_name.get(name, ())]
        for user in users
    }
    return {arn: grants for arn, grants in found.items() if grants}


def by_joining(view: AttackerView, users: Iterable[User], joined: Iterable[Membership]) -> Grants:
    """Return what users can be given by groups that they are not in."""
    most = quota(view.account, "GroupsPerUser")
    found: Grants = {}
    for name, join in joined:
        for user in users:
            if name not in user.groups and len(user.groups) < most:
                found.setdefault(user.arn, []).append(join(user.name))
    return found


def open_groups(view: AttackerView) -> Iterator[Membership]:
    """Return the groups that a principal may add users to, and that have policies."""
    for group, handed in own.joinable(view):
        yield group.name, partial(own_policies.membership, view, group, handed)


def filled_groups(view: AttackerView) -> Iterator[Membership]:
    """Return the groups that a principal can give policies, and add users to."""
    for filled in fillable(view):
        yield filled.group.name, filled.for_user


MOST_NEW = 4
"""So many places for a new group are looked at."""


class FilledGroup(NamedTuple):
    """A group that gets policies, so that its members have them.

    Parameters
    ----------
    policies
        Those that it has before.
    gift
        What its members gain in addition; the calls create the group if necessary, and give
        it its policies.
    """

    group: Group
    policies: tuple[AttachedPolicy, ...]
    gift: Grant

    def for_user(self, name: str) -> Grant:
        """Return what a user gains who is put into the group."""
        named = {"GroupName": self.group.name, "UserName": name}
        joined = states.group_joined(self.group.name, self.policies)
        add = Call("iam:AddUserToGroup", named, (_adding(self.group),))
        return together([Grant((joined,), ()), self.gift, Grant((), (add,))])


def _adding(group: Group) -> Need:
    return Need("iam:AddUserToGroup", group.arn, {})  # the request doesn't contain the user


def fill_and_join(view: AttackerView) -> Iterator[Gain]:
    """A group made if need be, ``PutGroupPolicy`` or ``AttachGroupPolicy``, ``AddUserToGroup``."""
    user, groups = view.user, own.own_groups(view)
    if user is None or own.is_widest(view) or not _may_fill(view):
        return
    has_room = len(groups) < quota(view.account, "GroupsPerUser")
    if not has_room or own_policies.has_enough(view) or own_policies.gives_itself_all(view):
        return
    every = [filled for filled in fillable(view) if not _is_in(view, filled.group)]
    if every and not every[0].gift.is_all:  # single policies are enough, if some are without it
        has_single = any(change.about.startswith(states.GIVEN) for change in view.state.changes)
        if has_single or next(own_policies.attach(view, "user"), None) is not None:
            return
    for grant in (filled.for_user(user.name) for filled in every):
        yield view.widened(grant.changes, grant.calls)


def _is_in(view: AttackerView, group: Group) -> bool:
    """Return whether a principal is in a group by now; one that it made is not in the world."""
    joined = f"{states.MEMBER} {group.name}"
    names = {each.name for each in own.own_groups(view)}
    return group.name in names or any(each.about == joined for each in view.state.changes)


def _may_fill(view: AttackerView) -> bool:
    """Return whether it is worth asking, quickly."""
    writes = view.ever("iam:PutGroupPolicy") or view.ever("iam:AttachGroupPolicy")
    return writes and view.ever("iam:AddUserToGroup")


def fillable(view: AttackerView) -> tuple[FilledGroup, ...]:
    """Return the groups that a principal can give policies, and add users to.

    One that can be given all is alone; else there is one for each thing that can be given.
    """
    key = ("groups to fill", view.state)
    return view.decider.once(key, lambda: _chosen(_every(view)) if _may_fill(view) else ())


def _chosen(every: Iterable[FilledGroup]) -> tuple[FilledGroup, ...]:
    """Leave out what gives no more than another one does."""
    found: dict[tuple[str, ...], FilledGroup] = {}
    for filled in every:
        if filled.gift.is_all:
            return (filled,)
        found.setdefault(tuple(change.label for change in filled.gift.changes), filled)
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
    """Return the groups that there are."""
    groups = view.stock.groups
    may_join = view.allowed("AddUserToGroup", groups, UserName=own.ANYBODY)
    if not may_join:
        return
    grants = best(written(view, groups), attached(view, groups))
    for group in sorted(may_join, key=lambda each: bool(each.inline or each.attached)):
        held = view.as_they_are(policies_of(group, own.path_of(group)))
        for grant in grants.get(group.arn, ()):
            gifts = (Grant((_gained(view, group, call),), (call,)) for call in grant.calls)
            yield FilledGroup(group, held, together(gifts))


def _gained(view: AttackerView, group: Group, call: Call) -> states.StateChange:
    """Return what the members of a group gain by a policy that it is given."""
    arn, path = call.parameters.get("PolicyArn"), own.path_of(group)
    if arn is None:
        return states.any_permission(path)
    return own.change_by(view, view.account.policies[str(arn)], path)


def _new(view: AttackerView) -> Iterator[FilledGroup]:
    """Return a group that can be made, and what it can be given."""
    account = view.account
    if not view.ever("iam:CreateGroup") or len(account.groups) >= quota(account, "Groups"):
        return
    for path, name in islice(free_names(view, "group"), MOST_NEW):
        group = Group(account, name, path)
        create = view.call("CreateGroup", GroupName=name, Path=path)
        may_join = view.may(create) and view.decider.has(view.state, _adding(group))
        if _is_in(view, group) or not may_join:
            continue
        grants = list(own.grants_for_new(view, group))
        if len(grants) > 1 and not grants[-1].is_all:
            grants.append(together(grants[: quota(account, "PoliciesPerGroup")]))
        for grant in grants:
            yield FilledGroup(group, (), together([Grant((), (create,)), grant]))
        if grants:
            return
