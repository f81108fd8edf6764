"""Permissions boundaries of users and roles.

Notes
-----
AWS page: "Permissions boundaries for IAM entities".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.errors import NoSuchEntity
from iamlab.world.api.entry import Parameters, Perform, operation
from iamlab.world.api.naming import attachable
from iamlab.world.api.roles import own_role

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.identities import Bounded


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
