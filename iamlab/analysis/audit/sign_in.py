"""How users sign in: with MFA.

The account's password policy. An account without one fails all of these.

Notes
-----
AWS page: "AWS Multi-factor authentication in IAM".
AWS pages: "Set an account password policy for IAM users"; "Security Hub controls for AWS Identity
and Access Management".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import LOW, MEDIUM, Control

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.analysis.audit.audit import Thresholds
    from iamlab.analysis.audit.controls import Case, Flaw, Look
    from iamlab.model.console_access import PasswordPolicy

    Lacks = Callable[[PasswordPolicy, Thresholds], Iterator[str]]


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


_PASSWORD_FIX = "Demand it: account.update_password_policy(...) takes all rules at once."
_CLASSES = {
    "require_uppercase_characters": "an uppercase letter",
    "require_lowercase_characters": "a lowercase letter",
    "require_symbols": "a symbol",
    "require_numbers": "a number",
}


def _asking(lacks: Lacks) -> Look:
    """Make a control's look of a function that says what a policy lacks."""

    def look(case: Case) -> Iterator[Flaw]:
        policy = case.password_policy
        subject = f"account {case.account.account_id}"
        if policy is None:
            yield subject, "There is no password policy.", _PASSWORD_FIX
            return
        found = list(lacks(policy, case.thresholds))
        if found:
            yield (
                subject,
                f"The password policy does not demand {' and '.join(found)}.",
                _PASSWORD_FIX,
            )

    return look


def _class(rule: str) -> Lacks:
    def lacks(policy: PasswordPolicy, _: Thresholds) -> Iterator[str]:
        if not getattr(policy, rule):
            yield _CLASSES[rule]

    return lacks


def _length(policy: PasswordPolicy, least: int) -> Iterator[str]:
    if policy.minimum_password_length < least:
        yield f"{least} characters"


def _reuse(policy: PasswordPolicy, least: int) -> Iterator[str]:
    if policy.password_reuse_prevention < least:
        yield f"that the last {least} passwords are not used again"


def _age(policy: PasswordPolicy, most: int) -> Iterator[str]:
    if not 0 < policy.max_password_age <= most:
        yield f"a new password every {most} days"


def _strong(policy: PasswordPolicy, limits: Thresholds) -> Iterator[str]:
    yield from _length(policy, 8)
    for rule in _CLASSES:
        yield from _class(rule)(policy, limits)


def _of_payment_cards(policy: PasswordPolicy, _: Thresholds) -> Iterator[str]:
    yield from _length(policy, 7)
    yield from _reuse(policy, 4)
    yield from _age(policy, 90)


def _control(
    number: str, name: str, title: str, severity: str, lacks: Lacks, cis: tuple[str, str] = ("", "")
) -> Control:
    return Control(
        f"password-policy-{name}",
        title,
        severity,
        *cis,
        (number,),
        "iam-password-policy",
        _asking(lacks),
    )


CONTROLS = (
    *_MFA_CONTROLS,
    _control(
        "IAM.15",
        "length",
        "Passwords have 14 characters",
        MEDIUM,
        lambda policy, limits: _length(policy, limits.password_length),
        ("1.8", "1.7"),
    ),
    _control(
        "IAM.16",
        "reuse",
        "Former passwords are not used again",
        LOW,
        lambda policy, limits: _reuse(policy, limits.password_reuse),
        ("1.9", "1.8"),
    ),
    _control(
        "IAM.17",
        "age",
        "Passwords are replaced in time",
        LOW,
        lambda policy, limits: _age(policy, limits.password_age_days),
    ),
    *(
        _control(number, name, f"Passwords have {_CLASSES[rule]}", MEDIUM, _class(rule))
        for number, name, rule in (
            ("IAM.11", "uppercase", "require_uppercase_characters"),
            ("IAM.12", "lowercase", "require_lowercase_characters"),
            ("IAM.13", "symbol", "require_symbols"),
            ("IAM.14", "number", "require_numbers"),
        )
    ),
    _control("IAM.7", "strong", "The password policy is strong", MEDIUM, _strong),
    _control("IAM.10", "pci", "The password policy is that of PCI DSS", MEDIUM, _of_payment_cards),
)
