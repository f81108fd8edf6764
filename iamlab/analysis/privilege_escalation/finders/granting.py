"""What a power can give to others, before it takes their place: policies, written or attached.

A role that one may assume is worth more if one may also write its policies, and so is a user whose
key one may make. Limits count: how many policies hang on it, how long the written ones are, how
many versions a policy has.

Which policies somebody may give: the first of them that gives the most.

To attach a policy gives what that policy allows. Whoever may attach any takes AdministratorAccess;
where a condition on ``iam:PolicyARN`` leaves only some, those that it names are tried, and the
account's own.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Versioning IAM policies"; "IAM and AWS STS condition context
keys", for ``iam:PolicyARN``.
AWS pages: "IAM and AWS STS condition context keys", for ``iam:PolicyARN``; "AWS managed policies
for job functions".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.own_policies import rewriting
from iamlab.model.quotas import quota
from iamlab.policy.checks.sizes import size
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.engine.layers import Attached
    from iamlab.model.identities import Group, Role, User


Grants = dict[str, list["Grant"]]
"""ARN of a user, group or role -> what it can be given."""


class Grant(NamedTuple):
    """What somebody is given, and by which calls."""

    changes: tuple[states.Change, ...]
    calls: tuple[Call, ...]

    @property
    def is_all(self) -> bool:
        """Whether no other gift gives more."""
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

    So a way stays short where one policy is enough for what follows.
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
    """Put together what can be given, without what adds nothing to another gift.

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
