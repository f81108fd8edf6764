"""The form of records in IAM's responses, and operations that list records in pages.

Notes
-----
AWS pages: "IAM API Reference", the page of each operation and "Data Types"; API ListUsers and API
ListRoles, for what lists leave out.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.operations.iam.common import filled, page, write_tags
from iamlab.operations.registry import as_answer, as_it_is, operation
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Bounded, Role
    from iamlab.operations.registry import Answer, Parameters, Perform

_USE_IS_SHOWN_FOR = timedelta(days=400)
"""Older use of a role isn't shown."""


class Owned(NamedTuple):
    """A credential and its owner."""

    user: Any
    record: Any


def _last_sign_in(owner: CredentialOwner) -> datetime | None:
    """Return when a password was last used.

    A new password, or a deleted one, doesn't change that.
    """
    profile = owner.login_profile
    return (profile.last_used if profile else None) or owner.former_sign_in


def _owner(owner: CredentialOwner | None) -> dict[str, Any] | None:
    """Return the owner of a virtual MFA device, if it has one."""
    if owner is None:
        return None
    found: dict[str, Any] = FORMS["new user" if owner.named else "root user with a device"](owner)
    return found


def _boundary(identity: Bounded) -> dict[str, str] | None:
    arn = identity.boundary
    kind = {"PermissionsBoundaryType": "Policy"}
    return {**kind, "PermissionsBoundaryArn": arn} if arn else None


def _last_use(role: Role) -> dict[str, Any]:
    """Return the last use of a role, with the Region if it is known."""
    used, now = role.last_used, role.account.world.clock.now
    if used is None or now - used.date > _USE_IS_SHOWN_FOR:
        return {}
    return filled(LastUsedDate=used.date, Region=used.region)


FORMS: dict[str, Callable[[Any], Any]] = {
    "QR code": lambda device: device.qr_code_png() if device.account.world.clock.is_real else None,
    "Region of last use": lambda key: getattr(key.record.last_used, "region", "N/A"),
    "client ids": lambda provider: list(provider.client_ids),
    "fingerprints": lambda provider: list(provider.thumbprints),
    "greatest age": lambda policy: policy.max_password_age or None,
    "its boundary": _boundary,
    "its context provider": lambda provider: deepcopy(provider.context_provider) or None,
    "its policy id": lambda policy: policy.policy_id,  # AWS's own have none here
    "its private keys": lambda provider: [
        {"KeyId": key_id, "Timestamp": added} for key_id, added in provider.private_keys.items()
    ],
    "its roles": lambda profile: [FORMS["role of a profile"](role) for role in profile.roles],
    "its tags": lambda record: write_tags(record.tags) or None,
    "its trust policy": lambda role: None if role.trust is None else role.trust.to_dict(),
    "last sign-in": _last_sign_in,
    "last use": _last_use,
    "none": lambda _: 0,
    "its owner": lambda device: _owner(device.user),
    "propagates": lambda provider: provider.context_provider is not None,
    "remembered passwords": lambda policy: policy.password_reuse_prevention or None,
    "seed": lambda device: device.base32_string_seed.encode(),
    "service of last use": lambda key: getattr(key.record.last_used, "service", "N/A"),
    "status now": lambda owned: owned.record.status_at(owned.user.account.world.clock.now),
    "tags": lambda record: write_tags(record.tags),
    "user or root user": lambda owner: FORMS["found user" if owner.named else "root user"](owner),
    "yes": lambda _: True,
}
"""Name in a form -> what it stands for; other names are of ``answers.toml``, or attributes."""

_FORMS = tables(__file__)


def _members(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a form, with those of the one that it extends."""
    own = {name: part for name, part in form.items() if name != "extends"}
    return {**(_members(_FORMS[form["extends"]]) if "extends" in form else {}), **own}


FORMS |= {name: partial(as_answer, _members(form), named=FORMS) for name, form in _FORMS.items()}


def answer(**form: Any) -> Answer:
    """Return a function that makes a response with this form.

    Examples
    --------
    >>> from iamlab import World
    >>> sorted(answer(Group="new group")(World(seed=7).create_account("main").create_group("ops")))
    ['Group']
    """
    return partial(as_answer, form, named=FORMS)


def lists(name: str, on: str, noun: str, form: str, **more: Any) -> Callable[[Perform], Perform]:
    """Register a function that finds records as an operation that lists them in pages.

    Parameters
    ----------
    noun, form
        The name of the list in the response, and the form of a record.
    more
        As for :func:`~iamlab.operations.registry.operation`.
    """

    def make(find: Perform) -> Perform:
        def perform(account: Account, request: Parameters) -> dict[str, Any]:
            return page(noun, find(account, request), request, FORMS[form])

        operation(name, on, as_it_is, **more)(perform)
        return find

    return make
