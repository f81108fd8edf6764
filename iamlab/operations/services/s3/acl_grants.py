"""S3 access control lists: who gets which permission, and the statements that this means.

Like a policy of the resource, an ACL only allows. It can name other accounts and groups of callers,
but no users. Callers of a named account also need the permission of their own account.

Notes
-----
AWS pages: "Access control list (ACL) overview"; "How Amazon S3 authorizes a request for an object
operation"; "Controlling ownership of objects and disabling ACLs for your bucket".
"""

from __future__ import annotations

import operator
from dataclasses import dataclass, replace
from functools import lru_cache, reduce
from typing import TYPE_CHECKING, Any

from iamlab.errors.services import MalformedACLError
from iamlab.policy.document import Policy
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.registry import Parameters
    from iamlab.policy.statement import Statement

_TABLES: dict[str, Any] = tables(__file__)
CANNED: Mapping[str, Mapping[str, list[str]]] = _TABLES["canned"]
_ACTIONS: Mapping[str, Mapping[str, list[str]]] = _TABLES["permissions"]
_GROUPS = {name: group["uri"] for name, group in _TABLES["groups"].items()}
_PRINCIPALS = {group["uri"]: group["to"] for group in _TABLES["groups"].values()}
_PUBLIC = (_GROUPS["AllUsers"], _GROUPS["AuthenticatedUsers"])

MALFORMED_XML = (
    "The XML you provided was not well-formed or did not validate against our published schema"
)


@dataclass(frozen=True, slots=True)
class AclGrant:
    """A grant of an ACL.

    Parameters
    ----------
    grantee
        The canonical user ID of an account, or the URI of a group.
    """

    grantee: str
    permission: str

    @property
    def is_public(self) -> bool:
        """Whether it is for everybody, or for everybody with an AWS account."""
        return self.grantee in _PUBLIC

    def as_parameter(self) -> dict[str, Any]:
        """Return the grant in the API's form."""
        key, kind = ("URI", "Group") if "/" in self.grantee else ("ID", "CanonicalUser")
        return {"Grantee": {key: self.grantee, "Type": kind}, "Permission": self.permission}


@dataclass(frozen=True, slots=True)
class Acl:
    """The ACL of a bucket or an object, and the account that owns it."""

    owner: str
    grants: tuple[AclGrant, ...]

    @property
    def is_public(self) -> bool:
        """Whether it gives the public anything."""
        return any(grant.is_public for grant in self.grants)


def acl_of(arguments: Parameters, owner: Account, bucket_owner: Account) -> Acl:
    """Read the ACL of a call: a canned one, or a list of grants; by default ``private``.

    Raises
    ------
    MalformedACLError
        A grant isn't valid.
    """
    if "AccessControlPolicy" in arguments:
        return Acl(owner.account_id, tuple(_sent(arguments["AccessControlPolicy"])))
    named = {"bucket owner": bucket_owner.canonical_user_id, **_GROUPS}
    grants = [AclGrant(owner.canonical_user_id, "FULL_CONTROL")]
    for grantee, permissions in CANNED[arguments.get("ACL", "private")].items():
        grants += [AclGrant(named[grantee], permission) for permission in permissions]
    return Acl(owner.account_id, tuple(dict.fromkeys(grants)))


def private_acl(owner: Account) -> Acl:
    """Return the ACL that gives only the owner access."""
    return acl_of({}, owner, owner)


def _sent(policy: Mapping[str, Any]) -> Iterator[AclGrant]:
    for sent in policy.get("Grants", ()):
        match sent:
            case {"Grantee": {"ID": str(name)} | {"URI": str(name)}, "Permission": str(what)} if (
                what in ("FULL_CONTROL", *_ACTIONS["bucket"])
            ) and ("/" not in name or name in _PRINCIPALS):
                yield AclGrant(name, what)
            case _:
                raise MalformedACLError(MALFORMED_XML)


def statements_of(
    acl: Acl, kind: str, arn: str, world: World, block: PublicAccessBlock
) -> Iterator[Statement]:
    """Return what an ACL of a bucket or an object (``kind``) allows to others than its owner."""
    others = {
        known.canonical_user_id: {"principal": known.root_arn}
        for known in world.accounts.values()
        if known.account_id != acl.owner
    }
    resources = [arn, f"{arn}/*"] if kind == "bucket" else [arn]
    for grant in acl.grants:
        to = {**others, **_PRINCIPALS}.get(grant.grantee)
        if to is None or (grant.is_public and block.ignore_public_acls):
            continue
        known, permission = _ACTIONS[kind], grant.permission
        is_full = permission == "FULL_CONTROL"
        actions = reduce(operator.iadd, known.values(), []) if is_full else known[permission]
        if actions:
            yield from Policy.allow(actions, resources, sid=f"ACL {permission}", **to).statements


@lru_cache(maxsize=1024)
def with_statements(
    policy: Policy | None, name: str, added: tuple[Statement, ...], *, only_denies: bool = False
) -> Policy:
    """Add statements to a policy, or to its Deny statements; the same object for equal ones."""
    known = () if policy is None else policy.statements
    own = [each for each in known if each.effect == "Deny" or not only_denies]
    numbered = (replace(each, number=place) for place, each in enumerate(added, len(known) + 1))
    return Policy((*own, *numbered), name=name if policy is None else policy.name)
