"""The root user: no access keys, and MFA.

Notes
-----
AWS page: "Root user best practices for your AWS account".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import CRITICAL, CannotTell, Control
from iamlab.analysis.credential_report.credentials import UNKNOWN, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.audit.controls import Case, Flaw


def _keys(case: Case) -> Iterator[Flaw]:
    root = case.root
    if root.keys:
        many = "an access key" if len(root.keys) == 1 else f"{len(root.keys)} access keys"
        yield (
            root.arn,
            f"The root user has {many}: whoever has one can do everything.",
            "Delete them: account.root.access_keys lists them, and each has delete().",
        )


def _mfa(case: Case) -> Iterator[Flaw]:
    root = case.root
    if not (root.mfa or root.is_empty):
        yield (
            root.arn,
            "The root user has credentials, and no MFA device.",
            'Enable one: account.root.create_virtual_mfa_device("root-phone").enable().',
        )


def _hardware(case: Case) -> Iterator[Flaw]:
    root = case.root
    if root.is_empty:
        return
    if UNKNOWN in root.mfa:
        raise CannotTell("A credential report does not tell the kind of an MFA device.")
    if not root.mfa or VIRTUAL in root.mfa:
        has = "an app on a phone" if root.mfa else "no MFA device"
        yield (
            root.arn,
            f"The root user has {has}; a hardware token or security key cannot be copied.",
            "Enable a hardware token or security key, and deactivate the app.",
        )


CONTROLS = (
    Control(
        "root-access-key",
        "The root user has no access key",
        CRITICAL,
        "1.4",
        "1.3",
        ("IAM.4",),
        "iam-root-access-key-check",
        _keys,
    ),
    Control(
        "root-mfa",
        "The root user has MFA",
        CRITICAL,
        "1.5",
        "1.4",
        ("IAM.9",),
        "root-account-mfa-enabled",
        _mfa,
    ),
    Control(
        "root-hardware-mfa",
        "The root user has hardware MFA",
        CRITICAL,
        "1.6",
        "1.5",
        ("IAM.6",),
        "root-account-hardware-mfa-enabled",
        _hardware,
    ),
)
