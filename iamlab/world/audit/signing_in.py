"""How users sign in: with MFA.

Notes
-----
AWS page: "AWS Multi-factor authentication in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.audit.control import MEDIUM, Control

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.audit.case import Case
    from iamlab.world.audit.control import Flaw

_WHAT = "There is no MFA device."
_MFA_FIX = "Enable one for the user: user.create_virtual_mfa_device(...).enable()."


def _of_the_console(case: Case) -> Iterator[Flaw]:
    for user in case.users:
        if user.password is not None and not user.mfa:
            yield user.arn, "Signs in to the console with a password alone.", _MFA_FIX


def _of_everybody(case: Case) -> Iterator[Flaw]:
    for user in case.users:
        if not user.mfa:
            yield user.arn, _WHAT, _MFA_FIX


_MFA_CONTROLS = (
    Control(
        "console-mfa",
        "Users of the console have MFA",
        MEDIUM,
        "1.10",
        "1.9",
        ("IAM.5",),
        "mfa-enabled-for-iam-console-access",
        _of_the_console,
    ),
    Control(
        "user-mfa",
        "Every user has MFA",
        MEDIUM,
        security_hub=("IAM.19",),
        config_rule="iam-user-mfa-enabled",
        look=_of_everybody,
    ),
)
