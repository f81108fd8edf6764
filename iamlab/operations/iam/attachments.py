"""What hangs on users, groups and roles: managed policies, attached, and inline ones, written.

The three kinds of identity have the same operations, so each is made once for all three.

Permissions boundaries of users and roles.

Notes
-----
AWS pages: "Adding and removing IAM identity permissions"; "IAM and AWS STS quotas".
AWS page: "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import LimitExceeded, NoSuchEntity, did_you_mean
from iamlab.model.quotas import quota
from iamlab.operations.iam.lookup import attachable
from iamlab.operations.iam.responses import page
from iamlab.operations.iam.roles import own_role
from iamlab.operations.policy_documents import saved_inline
from iamlab.operations.registry import Parameters, Perform, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import Bounded, Identity


def _find(account: Account, kind: str, given: Parameters, *, to_change: bool = False) -> Identity:
    name = given[f"{kind.capitalize()}Name"]
    if kind == "role":
        return own_role(account, name) if to_change else account.get_role(name)
    return account.get_user(name) if kind == "user" else account.get_group(name)


def _attach(kind: str) -> Perform:
    def attach(account: Account, given: Parameters) -> None:
        """Attach a managed policy; one that is attached already stays so."""
        identity = _find(account, kind, given, to_change=True)
        policy = attachable(account, given["PolicyArn"], noun)
        if policy.arn in identity.attached:
            return
        most = quota(account, f"PoliciesPer{noun}")
        if len(identity.attached) >= most:
            raise LimitExceeded(f"Cannot exceed quota for PoliciesPer{noun}: {most}")
        identity.attached.append(policy.arn)
        account.changed()

    noun = kind.capitalize()
    return attach


def _detach(kind: str) -> Perform:
    def detach(account: Account, given: Parameters) -> None:
        """Detach a managed policy."""
        identity = _find(account, kind, given, to_change=True)
        arn = given["PolicyArn"]
        if arn not in identity.attached:
            raise NoSuchEntity(f"Policy {arn} was not found.")
        identity.attached.remove(arn)
        account.changed()

    return detach


def _list_attached(kind: str) -> Perform:
    def list_attached(account: Account, given: Parameters) -> dict[str, Any]:
        """List the managed policies that are attached."""
        arns = _find(account, kind, given).attached
        return page(
            "AttachedPolicies",
            arns,
            given,
            lambda arn: {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn},
        )

    return list_attached


def _put(kind: str) -> Perform:
    def put(account: Account, given: Parameters) -> None:
        """Write an inline policy: it belongs to this identity alone and goes with it."""
        identity = _find(account, kind, given, to_change=True)
        name = given["PolicyName"]
        others = [policy for other, policy in identity.inline.items() if other != name]
        holder = (kind, identity.name)
        identity.inline[name] = saved_inline(given["PolicyDocument"], name, holder, others)
        account.changed()

    return put


def _inline(identity: Identity, name: str) -> str:
    if name not in identity.inline:
        error = NoSuchEntity(f"The {identity.kind} policy with name {name} cannot be found.")
        error.add_note(did_you_mean(name, identity.inline))
        raise error
    return name


def _get(kind: str) -> Perform:
    def get(account: Account, given: Parameters) -> dict[str, Any]:
        """Read an inline policy."""
        identity = _find(account, kind, given)
        name = _inline(identity, given["PolicyName"])
        return {
            f"{kind.capitalize()}Name": identity.name,
            "PolicyName": name,
            "PolicyDocument": identity.inline[name].to_json(),
        }

    return get


def _delete(kind: str) -> Perform:
    def delete(account: Account, given: Parameters) -> None:
        """Delete an inline policy."""
        identity = _find(account, kind, given, to_change=True)
        del identity.inline[_inline(identity, given["PolicyName"])]
        account.changed()

    return delete


def _list(kind: str) -> Perform:
    def list_names(account: Account, given: Parameters) -> dict[str, Any]:
        """List the names of inline policies."""
        return page("PolicyNames", _find(account, kind, given).inline, given, str)

    return list_names


for _kind in ("user", "group", "role"):
    _noun = _kind.capitalize()
    operation(f"Attach{_noun}Policy", on=_kind)(_attach(_kind))
    operation(f"Detach{_noun}Policy", on=_kind)(_detach(_kind))
    operation(f"ListAttached{_noun}Policies", on=_kind, answer=as_it_is)(_list_attached(_kind))
    operation(f"Put{_noun}Policy", on=_kind)(_put(_kind))
    operation(f"Get{_noun}Policy", on=_kind, answer=as_it_is)(_get(_kind))
    operation(f"Delete{_noun}Policy", on=_kind)(_delete(_kind))
    operation(f"List{_noun}Policies", on=_kind, answer=as_it_is)(_list(_kind))


def _find_bounded(account: Account, kind: str, given: Parameters) -> Bounded:
    if kind == "role":
        return own_role(account, given["RoleName"])
    return account.get_user(given["UserName"])


def _put_boundary(kind: str) -> Perform:
    def put(account: Account, given: Parameters) -> None:
        """Set the ceiling: at most what this managed policy allows."""
        identity = _find_bounded(account, kind, given)
        identity.boundary = attachable(account, given["PermissionsBoundary"], kind.capitalize()).arn
        account.changed()

    return put


def _delete_boundary(kind: str) -> Perform:
    def delete(account: Account, given: Parameters) -> None:
        """Take the ceiling away."""
        identity = _find_bounded(account, kind, given)
        if identity.boundary is None:
            noun = kind.capitalize()
            raise NoSuchEntity(f"{noun} {identity.name} does not have a permissions boundary.")
        identity.boundary = None
        account.changed()

    return delete


for _kind in ("user", "role"):
    _noun = _kind.capitalize()
    operation(f"Put{_noun}PermissionsBoundary", on=_kind)(_put_boundary(_kind))
    operation(f"Delete{_noun}PermissionsBoundary", on=_kind)(_delete_boundary(_kind))
