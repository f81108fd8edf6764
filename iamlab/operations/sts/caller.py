"""What STS checks of a call beside its parameters: the endpoint, and the code of an MFA device.

Notes
-----
AWS pages: "AWS STS Regions and endpoints"; "Manage AWS STS in an AWS Region"; "Secure API access
with MFA"; "API GetSessionToken"; "API AssumeRole". The sentences are those that are seen in public.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean
from iamlab.errors.sts import RegionDisabledException
from iamlab.model.credentials import VIRTUAL, accepts, devices_of
from iamlab.model.record import CredentialKind
from iamlab.policy.regions import ON_BY_DEFAULT

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.operations.sts.calls import StsCall

_BOTH = "must provide both MFA serial number and one time pass code."
_WRONG = "MultiFactorAuthentication failed with invalid MFA one time pass code."
_NOT_HIS = (
    "unable to validate MFA code.  Please verify your MFA serial number is valid and associated "
    "with this user."
)


def check_mfa(asked: StsCall) -> datetime | None:
    """Check the device and code that a call sends; say when they were shown, if any were.

    Raises
    ------
    AccessDenied
        One of them is missing, the device is not the caller's, or it does not show that code now.
    """
    serial, code = asked.parameters.get("SerialNumber"), asked.parameters.get("TokenCode")
    if serial is None and code is None:
        return None
    if serial is None or code is None:
        raise _failed(_BOTH)
    holder = _holder(asked)
    devices = [] if holder is None else devices_of(holder)
    device = next((one for one in devices if one.serial_number == serial), None)
    if device is None:
        raise _failed(_NOT_HIS)
    if device.kind != VIRTUAL:
        error = _failed(_NOT_HIS)
        error.add_note("Codes are sent of virtual devices; of a passkey there are none.")
        raise error
    if not accepts(asked.world, device, code):
        raise AccessDenied(_WRONG)
    return asked.world.clock.now


def _failed(why: str) -> AwsError:
    return AccessDenied(f"MultiFactorAuthentication failed, {why}")


def _holder(asked: StsCall) -> CredentialOwner | None:
    """Give the user or root user who calls, perhaps with a session; a role has no devices."""
    if asked.who.kind not in (CredentialKind.LONG_TERM, CredentialKind.USER):
        return None
    if asked.is_root:
        return asked.account.root
    every = asked.account.users.values()
    return next((one for one in every if one.arn == asked.who.arn), None)


GLOBAL = "aws-global"
"""The endpoint that is in no Region: ``https://sts.amazonaws.com``."""

ALWAYS_ON = "us-east-1"
"""The one Region whose endpoint nobody can switch off; the global endpoint is there too."""

DEFAULT_REGIONS = ON_BY_DEFAULT
"""Regions whose endpoint an account can switch, but for the first, where it is always on. In one
that an account opts in to, STS comes with it."""

STATUSES = ("Active", "Inactive")

_REGION = re.compile(r"[a-z]{2,4}(?:-[a-z]+)+-\d", re.ASCII)


def check_region(region: str) -> None:
    """Check that there can be such an endpoint.

    Raises
    ------
    RequestError
        There cannot.
    """
    text: object = region
    if not isinstance(text, str) or not (text == GLOBAL or _REGION.fullmatch(text)):
        raise RequestError(
            f"{region!r} is no Region: write one such as us-east-1, or {GLOBAL} for the global "
            "endpoint of STS."
        )


def region_of(endpoint: str) -> str:
    """Say which Region serves an endpoint.

    Examples
    --------
    >>> region_of("aws-global"), region_of("eu-west-1")
    ('us-east-1', 'eu-west-1')
    """
    return ALWAYS_ON if endpoint == GLOBAL else endpoint


def check_is_on(endpoint: str, account: Account) -> None:
    """Check that an account has not switched the endpoint off.

    Raises
    ------
    RegionDisabledException
        It has.
    """
    if region_of(endpoint) in account.sts_regions_off:
        raise RegionDisabledException(
            f"STS is not activated in this region for account:{account.account_id}. Your account "
            "administrator can activate STS in this region using the IAM Console."
        )


def check_switch(region: object, status: object) -> None:
    """Check that an account can switch an endpoint so.

    Raises
    ------
    RequestError
        There is no such switch.
    """
    if status not in STATUSES:
        raise RequestError(f"The status is {' or '.join(STATUSES)}, not {status!r}.")
    if region not in DEFAULT_REGIONS:
        known = region if isinstance(region, str) else ""
        raise RequestError(
            f"STS cannot be switched in {region!r}: that is offered for Regions that are on by "
            f"default, and comes with the others. {did_you_mean(known, DEFAULT_REGIONS)}"
        )
    if region == ALWAYS_ON and status != "Active":
        raise RequestError(f"STS is always on in {ALWAYS_ON}.")


def works_everywhere(endpoint: str, account: Account) -> bool:
    """Say whether tokens of an endpoint are accepted in Regions that must be opted in to."""
    return endpoint != GLOBAL or account.global_endpoint_token_version == 2
