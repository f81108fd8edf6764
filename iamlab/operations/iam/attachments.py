"""Policies of users, groups and roles: attached, inline, and permissions boundaries.

The kinds of identity have the same operations, so each is written once for all of them.

Notes
-----
AWS pages: "Adding and removing IAM identity permissions"; "IAM and AWS STS quotas"; "Permissions
boundaries for IAM entities".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.errors import NoSuchEntity, did_you_mean
from iamlab.operations.iam.lookup import attachable, check_room
from iamlab.operations.iam.responses import page
from iamlab.operations.iam.roles import own_role
from iamlab.operations.policy_documents import saved_inline
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import Bounded, Identity


def _inline(identity: Identity, request: Parameters) -> str:
    """Give the name of an inline policy that must be there."""
    name: str = request["PolicyName"]
    if name not in identity.inline:
        error = NoSuchEntity(f"The {identity.kind} policy with name {name} cannot be found.")
        error.add_note(did_you_mean(name, identity.inline))
        raise error
    return name


def _attached(arn: str) -> dict[str, str]:
    return {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn}


@dataclass(frozen=True, slots=True)
class PolicyOperations:
    """The operations on the policies of one kind of identity.

    Parameters
    ----------
    noun
        In the names of operations and parameters: ``"User"``.
    """

    noun: str

    def find(self, account: Account, request: Parameters) -> Identity:
        """Find the identity that a call names."""
        name = request[f"{self.noun}Name"]
        found: Identity = getattr(account, f"get_{self.noun.lower()}")(name)
        return found

    def find_own(self, account: Account, request: Parameters) -> Any:
        """Find an identity that is to be changed: no role of AWS's."""
        if self.noun == "Role":
            return own_role(account, request["RoleName"])
        return self.find(account, request)

    def attach(self, account: Account, request: Parameters) -> None:
        """Attach a managed policy; one that is attached already stays so."""
        identity: Identity = self.find_own(account, request)
        policy = attachable(account, request["PolicyArn"], self.noun)
        if policy.arn not in identity.attached:
            check_room(account, f"PoliciesPer{self.noun}", len(identity.attached))
            identity.attached.append(policy.arn)
            account.changed()

    def detach(self, account: Account, request: Parameters) -> None:
        """Detach a managed policy."""
        identity: Identity = self.find_own(account, request)
        arn = request["PolicyArn"]
        if arn not in identity.attached:
            raise NoSuchEntity(f"Policy {arn} was not found.")
        identity.attached.remove(arn)
        account.changed()

    def list_attached(self, account: Account, request: Parameters) -> dict[str, Any]:
        """List the managed policies that are attached."""
        return page("AttachedPolicies", self.find(account, request).attached, request, _attached)

    def put(self, account: Account, request: Parameters) -> None:
        """Write an inline policy: it belongs to this identity alone and goes with it."""
        identity: Identity = self.find_own(account, request)
        name, holder = request["PolicyName"], (identity.kind, identity.name)
        others = [policy for other, policy in identity.inline.items() if other != name]
        identity.inline[name] = saved_inline(request["PolicyDocument"], name, holder, others)
        account.changed()

    def get(self, account: Account, request: Parameters) -> dict[str, Any]:
        """Read an inline policy."""
        identity = self.find(account, request)
        name = _inline(identity, request)
        return {
            f"{self.noun}Name": identity.name,
            "PolicyName": name,
            "PolicyDocument": identity.inline[name].to_json(),
        }

    def delete(self, account: Account, request: Parameters) -> None:
        """Delete an inline policy."""
        identity: Identity = self.find_own(account, request)
        del identity.inline[_inline(identity, request)]
        account.changed()

    def list_inline(self, account: Account, request: Parameters) -> dict[str, Any]:
        """List the names of inline policies."""
        return page("PolicyNames", self.find(account, request).inline, request, str)

    def put_boundary(self, account: Account, request: Parameters) -> None:
        """Set the permissions boundary: at most what this managed policy allows."""
        identity: Bounded = self.find_own(account, request)
        identity.boundary = attachable(account, request["PermissionsBoundary"], self.noun).arn
        account.changed()

    def delete_boundary(self, account: Account, request: Parameters) -> None:
        """Remove the permissions boundary."""
        identity: Bounded = self.find_own(account, request)
        if identity.boundary is None:
            raise NoSuchEntity(f"{self.noun} {identity.name} does not have a permissions boundary.")
        identity.boundary = None
        account.changed()


for _noun in ("User", "Group", "Role"):
    _kind, _policies = _noun.lower(), PolicyOperations(_noun)
    operation(f"Attach{_noun}Policy", on=_kind)(_policies.attach)
    operation(f"Detach{_noun}Policy", on=_kind)(_policies.detach)
    operation(f"ListAttached{_noun}Policies", on=_kind, answer=as_it_is)(_policies.list_attached)
    operation(f"Put{_noun}Policy", on=_kind)(_policies.put)
    operation(f"Get{_noun}Policy", on=_kind, answer=as_it_is)(_policies.get)
    operation(f"Delete{_noun}Policy", on=_kind)(_policies.delete)
    operation(f"List{_noun}Policies", on=_kind, answer=as_it_is)(_policies.list_inline)
    if _noun != "Group":
        operation(f"Put{_noun}PermissionsBoundary", on=_kind)(_policies.put_boundary)
        operation(f"Delete{_noun}PermissionsBoundary", on=_kind)(_policies.delete_boundary)
