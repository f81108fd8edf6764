"""S3 access control lists: who gets which permission, and the statements that this means.

Like a policy of the resource, an ACL only allows. It can name other accounts and groups of callers,
but no users. Callers of a named account also need the permission of their own account.

Notes
-----
AWS pages: "Access control list (ACL) overview"; "How Amazon S3 authorizes a request for an object
operation"; "Controlling ownership of objects and disabling ACLs for your bucket".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.errors.services import MalformedACLError
from iamlab.policy.conditions import Comparison
from iamlab.policy.document import Policy
from iamlab.policy.statement import Condition, Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.engine.public_access import PublicAccessBlock
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.registry import Parameters

_TABLES: dict[str, Any] = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))
CANNED: Mapping[str, Mapping[str, list[str]]] = _TABLES["canned"]
_GROUPS: Mapping[str, str] = _TABLES["groups"]
_PUBLIC = (_GROUPS["AllUsers"], _GROUPS["AuthenticatedUsers"])
_SIGNED = Condition(Comparison("Null"), "aws:PrincipalArn", ("false",))
_PRINCIPALS = {
    _GROUPS["AllUsers"]: (("*", "*"), ()),
    _GROUPS["AuthenticatedUsers"]: (("AWS", "*"), (_SIGNED,)),
    _GROUPS["LogDelivery"]: (("Service", "logging.s3.amazonaws.com"), ()),
}
"""Group -> its Principal, and what else must hold."""


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
                what in ("FULL_CONTROL", *_TABLES["permissions"]["bucket"])
            ) and ("/" not in name or name in _PRINCIPALS):
                yield AclGrant(name, what)
            case _:
                raise MalformedACLError(
                    "The XML you provided was not well-formed or did not validate against our "
                    "published schema"
                )


def statements_of(
    acl: Acl, kind: str, arn: str, world: World, block: PublicAccessBlock
) -> Iterator[Statement]:
    """Return what an ACL of a bucket or an object (``kind``) allows to others than its owner."""
    roots = {known.canonical_user_id: known for known in world.accounts.values()}
    for grant in acl.grants:
        principal, conditions = _PRINCIPALS.get(grant.grantee, (None, ()))
        account = roots.get(grant.grantee)
        if account is not None and account.account_id != acl.owner:
            principal = ("AWS", account.root_arn)
        if principal is None or (grant.is_public and block.ignore_public_acls):
            continue
        actions = _TABLES["permissions"][kind]
        chosen = actions if grant.permission == "FULL_CONTROL" else (grant.permission,)
        yield Statement(
            effect="Allow",
            number=0,
            sid=f"ACL {grant.permission}",
            principal=(principal,),
            action=tuple(action for name in chosen for action in actions[name]),
            resource=(arn, f"{arn}/*") if kind == "bucket" else (arn,),
            conditions=conditions,
            variables=False,
        )


def with_statements(policy: Policy | None, name: str, more: Iterable[Statement]) -> Policy | None:
    """Add statements to a policy; a policy without a change stays the same object."""
    added = tuple(more)
    return _together(policy, name, added) if added else policy


@lru_cache(maxsize=1024)
def _together(policy: Policy | None, name: str, added: tuple[Statement, ...]) -> Policy:
    own = () if policy is None else policy.statements
    numbered = (replace(each, number=place) for place, each in enumerate(added, len(own) + 1))
    return Policy((*own, *numbered), name=name if policy is None else policy.name)


@lru_cache(maxsize=1024)
def only_denies(policy: Policy) -> Policy:
    """Return the Deny statements of a policy: all that a bucket policy says of others' objects."""
    return Policy(tuple(s for s in policy.statements if s.effect == "Deny"), name=policy.name)
