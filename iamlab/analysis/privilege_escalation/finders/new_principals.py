"""Methods that create a role or a user with more permissions, and become it.

Where policies allow only certain ones, such ones are created: with the name and path that the Allow
is for, with the boundary and the tags that a condition requires. What is created cannot do more
than that boundary allows. However many could be created, one of each strength is shown. Nothing is
created in the world: what the engine must know of such a principal is written here.

Notes
-----
AWS pages: "API CreateRole"; "API CreateUser"; "Permissions boundaries for IAM entities", for what
whoever delegates may require; "IAM and AWS STS condition context keys", for
``iam:PermissionsBoundary``; "Controlling access to AWS resources using tags", for
``aws:RequestTag``; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, product
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.analysis.privilege_escalation import permission_checks as checks
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.assumable_roles import admitting, required_by
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.finders import own_calls as own
from iamlab.analysis.privilege_escalation.finders.users import in_console, sign_in_call
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, PrincipalState
from iamlab.analysis.privilege_escalation.satisfying_values import MOST_NAMES, free_names
from iamlab.authorization import context_keys as contexts
from iamlab.authorization.principal import SOME_SESSION, PrincipalContext, scps_of
from iamlab.engine.layers import AttachedPolicy
from iamlab.model.identities import Role, User, allows_password_change, password_change_policy
from iamlab.model.managed_policies import document_of
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.common import quota

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.permission_checks import Call


UNIQUE_IDS = {"user": f"AIDA{'REACHEXAMPLE':0>17}", "role": f"AROA{'REACHEXAMPLE':0>17}"}
"""Ids as new principals have them; the real ones follow when they are made."""


@dataclass(frozen=True, slots=True)
class NewPrincipal:
    """Somebody new, who is not there yet.

    Parameters
    ----------
    holder
        The user or role.
    """

    holder: User | Role

    @property
    def changes(self) -> tuple[states.StateChange, ...]:
        """What it is made with."""
        holder = self.holder
        tags = tuple(states.tagged(key, value) for key, value in holder.tags.items())
        document = document_of(holder.account, holder.boundary) if holder.boundary else None
        if document is None:
            return tags
        return (states.boundary_set(document, str(holder.boundary)), *tags)

    def created(self, view: AttackerView, **more: Any) -> Call:
        """Return the call that makes it."""
        holder = self.holder
        parameters: dict[str, Any] = {"Path": holder.path, **more}
        if holder.boundary:
            parameters["PermissionsBoundary"] = holder.boundary
        if holder.tags:
            tags = [{"Key": key, "Value": value} for key, value in holder.tags.items()]
            parameters["Tags"] = tags
        return view.on(holder, "Create{}", **parameters)

    def state(self) -> PrincipalState:
        """Return what it is before it is given anything."""
        holder, account = self.holder, self.holder.account
        # Its tags come as changes, which say them.
        bare: Any = type(holder)(account, holder.name, holder.path, holder.unique_id)
        of_account = account.world.membership_of(account.account_id)
        base = partial(PrincipalContext, holder.arn, account.account_id, scps=scps_of(account))
        if isinstance(holder, User):
            who = partial(contexts.user_attributes, bare, of_account)
            every = password_change_policy() if allows_password_change(account) else None
            path = ("account password policy",)
            return PrincipalState.of(
                base(who, () if every is None else (AttachedPolicy(every, None, path),))
            )
        clock = account.world.clock
        known = base(
            partial(contexts.role_attributes, bare, SOME_SESSION, of_account),
            issuer=holder.arn,
            credentials=lambda: contexts.temporary_credential_keys(clock.now, clock.now),
            kind=CredentialKind.ROLE,
        )
        return PrincipalState.of(known)


def makeable(view: AttackerView, kind: type[User | Role]) -> Iterator[NewPrincipal]:
    """Return the users or roles that a principal can make: those without a boundary first."""
    account, word = view.account, kind.kind
    held, most = (account.users, "Users") if word == "user" else (account.roles, "Roles")
    if len(held) >= quota(account, most):
        return
    where = list(islice(free_names(view, word), MOST_NAMES))
    every = product(_boundaries(view), _tags(view), where)
    for boundary, tags, (path, name) in islice(every, MOST_MADE):
        holder = kind(account, name, path, UNIQUE_IDS[word], tags=dict(tags), boundary=boundary)
        made = NewPrincipal(holder)
        if view.may(made.created(view)):
            yield made


def _boundaries(view: AttackerView) -> list[str | None]:
    """Return the boundaries for a new principal: none, the widest, or the required one."""
    required = required_by(view.state)
    if "iam:permissionsboundary" not in required:
        return [None]
    known = view.state.principal.context()
    wanted = parameters.texts(required, "iam:PermissionsBoundary", known)
    named = [arn for arn in wanted if document_of(view.account, arn) is not None]
    existing = [policy.arn for policy in view.stock.policies[:MOST_BOUNDARIES]]
    return [None, *dict.fromkeys((own.administrator(view), *named, *existing))]


def _tags(view: AttackerView) -> list[Mapping[str, str]]:
    """Return tags for somebody new: none, or what conditions on requests and resources ask for."""
    starts = "aws:RequestTag/", "aws:ResourceTag/", "iam:ResourceTag/"
    context = view.state.principal.context()
    found = parameters.required_tags(required_by(view.state), context, *starts)
    return [{}, *parameters.tag_sets(found)]


MOST_BOUNDARIES, MOST_MADE = 20, 200
"""So many are tried at most."""


def create_role(view: AttackerView) -> Iterator[Gain]:
    """``CreateRole``, a policy, ``AssumeRole``."""
    # A root user assumes no role.
    if view.ever("iam:CreateRole") and not view.state.arn.endswith(":root"):
        yield from _strongest(view, _roles(view))


def create_user(view: AttackerView) -> Iterator[Gain]:
    """``CreateUser``, a policy, then ``CreateAccessKey``, or a password."""
    if view.ever("iam:CreateUser"):
        yield from _strongest(view, _users(view))


Options: TypeAlias = "Iterator[tuple[NewPrincipal, Grant, Gain]]"
"""Somebody new, with something given, and how one becomes it."""


def _strongest(view: AttackerView, options: Options) -> Iterator[Gain]:
    """Return one edge for everything that somebody new can be, until it can have everything."""
    seen = set()
    for made, grant, gain in options:
        boundary = made.holder.boundary
        if (grant.changes, boundary) not in seen:
            seen.add((grant.changes, boundary))
            yield gain
            if grant.is_all and boundary in (None, own.administrator(view)):
                return


def _roles(view: AttackerView) -> Options:
    required = required_by(view.state)
    trusts = dict.fromkeys((admitting(view.state), admitting(view.state, by_session=True)))
    for made in makeable(view, Role):
        assert isinstance(made.holder, Role)  # noqa: S101 - as was asked for
        every = (view.assuming.one(view.state, made.holder, required, trust) for trust in trusts)
        taken = next((each for each in every if each is not None), None)
        if taken is None or taken.trust is None:
            continue
        create = made.created(view, AssumeRolePolicyDocument=taken.trust.text)
        base = replace(made.state(), carried=taken.carried)
        for grant in _grants(view, made):
            target = view.changed(base, *taken.session, *made.changes, *grant.changes)
            calls = (create, *grant.calls, taken.call)
            yield made, grant, Gain(target, calls, taken.conditions)


def _users(view: AttackerView) -> Options:
    for made in makeable(view, User):
        assert isinstance(made.holder, User)  # noqa: S101 - as was asked for
        password = own.call_on_new(made.holder, "CreateLoginProfile", Password=checks.PASSWORD)
        ends = (
            Grant((), (own.call_on_new(made.holder, "CreateAccessKey"),)),
            Grant((in_console(made.holder),), (password, sign_in_call(made.holder))),
        )
        end = next((end for end in ends if view.may(end.calls[0])), None)
        if end is None:
            continue
        for grant in _grants(view, made):
            target = view.changed(made.state(), *made.changes, *grant.changes, *end.changes)
            calls = (made.created(view), *grant.calls, *end.calls)
            yield made, grant, Gain(target, calls)


def _grants(view: AttackerView, made: NewPrincipal) -> Iterator[Grant]:
    """Return what somebody new can be given."""
    found = list(own.grants_for_new(view, made.holder))
    if found and found[-1].is_all:
        yield found[-1]
        return
    groups: list[Grant] = []
    if isinstance(made.holder, User):
        open_to_all = (*granting.open_groups(view), *granting.filled_groups(view))
        groups = [join(made.holder.name) for _, join in open_to_all]
    all_by_group = [grant for grant in groups if grant.is_all]
    if all_by_group:
        yield all_by_group[0]
        return
    if len(found) + len(groups) > 1:
        most = quota(view.account, checks.operation("PoliciesPer{}", made.holder))
        yield states.together([*found[:most], *groups[: quota(view.account, "GroupsPerUser")]])
    yield from (*found, *groups)
