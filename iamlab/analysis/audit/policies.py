"""Policies that allow too much, hang in the wrong place, or hang nowhere.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management", and "... for AWS KMS".
Like AWS Config's rules these look at the text of statements, not at conditions or boundaries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.analysis.audit.controls import HIGH, INFORMATIONAL, LOW, MEDIUM, Control
from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.analysis.audit.controls import Case, Flaw
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

SUPPORT = "AWSSupportAccess"
CLOUD_SHELL = "AWSCloudShellFullAccess"

_WHOLE_SERVICE = re.compile(r"[a-z0-9-]+:\*+", re.ASCII | re.IGNORECASE)
_EVERY_KEY = re.compile(r"\*+|arn:[^:]*:kms:[^:]*:[^:]*:(\*+|key/\*+|alias/\*+)", re.ASCII)
_DECRYPTING = ("kms:Decrypt", "kms:ReEncryptFrom")


def allows_everything(statement: Statement) -> bool:
    """Say whether a statement allows every action on every resource, whatever its conditions."""
    return (
        statement.effect == "Allow"
        and any(_is_all(action, "*:*") for action in statement.action or ())
        and any(_is_all(resource) for resource in statement.resource or ())
    )


def _is_all(value: str, other: str = "*") -> bool:
    return value == other or (bool(value) and not value.strip("*"))


def _allows_a_service(statement: Statement) -> bool:
    """``service:*``, or everything but one service; a wildcard in a name is let pass."""
    listed = [*(statement.action or ()), *(statement.not_action or ())]
    return statement.effect == "Allow" and any(map(_WHOLE_SERVICE.fullmatch, listed))


def _decrypts_with_every_key(statement: Statement) -> bool:
    if statement.effect != "Allow" or statement.resource is None:
        return False
    if statement.action is not None:
        acts = any(
            glob_ignoring_case(pattern, action)
            for pattern in statement.action
            for action in _DECRYPTING
        )
    else:
        acts = any(
            not any(glob_ignoring_case(pattern, action) for pattern in statement.not_action or ())
            for action in _DECRYPTING
        )
    return acts and any(map(_EVERY_KEY.fullmatch, statement.resource))


def _labels(policy: Policy, is_wrong: Callable[[Statement], bool]) -> str:
    """Name the statements that are wrong; empty if none is."""
    return ", ".join(one.label for one in policy.statements if is_wrong(one))


def _own(case: Case) -> Iterable[ManagedPolicy]:
    return case.own_policies


def _applied(case: Case) -> Iterable[ManagedPolicy]:
    """Leave out policies that are boundaries only: they grant nothing."""
    return (
        policy
        for policy in case.own_policies
        if policy.arn in case.attached or policy.arn not in case.bounding
    )


def _managed(
    which: Callable[[Case], Iterable[ManagedPolicy]],
    is_wrong: Callable[[Statement], bool],
    what: str,
    mend: str,
) -> Callable[[Case], Iterator[Flaw]]:
    """Look at the default version of the account's own policies."""

    def look(case: Case) -> Iterator[Flaw]:
        for policy in which(case):
            if found := _labels(policy.document, is_wrong):
                nobody = "" if policy.arn in case.attached else " Nobody has the policy now."
                yield policy.arn, f"{what} (statement {found}).{nobody}", mend

    return look


def _inline(
    is_wrong: Callable[[Statement], bool], what: str, mend: str
) -> Callable[[Case], Iterator[Flaw]]:
    def look(case: Case) -> Iterator[Flaw]:
        for identity in case.identities:
            for name, policy in identity.inline.items():
                if found := _labels(policy, is_wrong):
                    yield identity.arn, f"Inline policy {name}: {what} (statement {found}).", mend

    return look


def _users_own_policies(case: Case) -> Iterator[Flaw]:
    for user in case.account.users.values():
        if count := len(user.attached) + len(user.inline):
            many = "1 policy" if count == 1 else f"{count} policies"
            yield (
                user.arn,
                f"The user has {many} of its own.",
                "Give it to a group, and put the user into it; or let people use roles.",
            )


def _inline_at_all(case: Case) -> Iterator[Flaw]:
    for identity in case.identities:
        if identity.inline:
            yield (
                identity.arn,
                f"Inline policies: {', '.join(identity.inline)}.",
                "Make managed policies of them: they have versions, and are seen in one place.",
            )


def _support(case: Case) -> Iterator[Flaw]:
    if not any(arn.endswith(f":aws:policy/{SUPPORT}") for arn in case.attached):
        yield (
            f"account {case.account.account_id}",
            f"Nobody has {SUPPORT}, so nobody but administrators can ask AWS Support for help.",
            f"Attach {SUPPORT} to a role for whoever handles incidents.",
        )


def _cloud_shell(case: Case) -> Iterator[Flaw]:
    for identity in case.identities:
        if any(arn.endswith(f":aws:policy/{CLOUD_SHELL}") for arn in identity.attached):
            yield (
                identity.arn,
                f"{CLOUD_SHELL} allows to upload and download files, past all other ways out.",
                "Detach it, and allow cloudshell actions without GetFileDownloadUrls.",
            )


def _unused(case: Case) -> Iterator[Flaw]:
    for policy in case.own_policies:
        if policy.arn not in case.attached | case.bounding:
            yield (
                policy.arn,
                "Nobody has this policy, and it is nobody's boundary.",
                "Delete it, unless it waits for somebody: policy.delete().",
            )


_FEWER = "List the actions that are needed; policy.create_version(...) replaces the document."

CONTROLS = (
    Control(
        "policy-admin",
        "No policy of the account allows *:*",
        HIGH,
        "1.16",
        "1.15",
        ("IAM.1",),
        "iam-policy-no-statements-with-admin-access",
        _managed(_applied, allows_everything, "It allows everything on everything", _FEWER),
    ),
    Control(
        "inline-policy-admin",
        "No inline policy allows *:*",
        HIGH,
        look=_inline(
            allows_everything, "it allows everything on everything", "Allow what is needed only."
        ),
    ),
    Control(
        "policy-whole-service",
        "No policy of the account allows service:*",
        LOW,
        security_hub=("IAM.21",),
        config_rule="iam-policy-no-statements-with-full-access",
        look=_managed(_own, _allows_a_service, "It allows all actions of a service", _FEWER),
    ),
    Control(
        "policy-kms-decrypt",
        "No policy of the account decrypts with every KMS key",
        MEDIUM,
        security_hub=("KMS.1",),
        config_rule="iam-customer-policy-blocked-kms-actions",
        look=_managed(
            _own,
            _decrypts_with_every_key,
            "It decrypts with every KMS key",
            "Name the keys in Resource.",
        ),
    ),
    Control(
        "inline-policy-kms-decrypt",
        "No inline policy decrypts with every KMS key",
        MEDIUM,
        security_hub=("KMS.2",),
        config_rule="iam-inline-policy-blocked-kms-actions",
        look=_inline(
            _decrypts_with_every_key,
            "it decrypts with every KMS key",
            "Name the keys in Resource.",
        ),
    ),
    Control(
        "user-policies",
        "Users get their policies from groups",
        LOW,
        "1.15",
        "1.14",
        ("IAM.2",),
        "iam-user-no-policies-check",
        _users_own_policies,
    ),
    Control(
        "inline-policies",
        "There are no inline policies",
        INFORMATIONAL,
        config_rule="iam-no-inline-policy-check",
        look=_inline_at_all,
    ),
    Control(
        "support-role",
        "Somebody can ask AWS Support for help",
        LOW,
        "1.17",
        "1.16",
        ("IAM.18",),
        "iam-policy-in-use",
        _support,
    ),
    Control(
        "cloudshell-full-access",
        f"Nobody has {CLOUD_SHELL}",
        MEDIUM,
        "1.22",
        "1.21",
        ("IAM.27",),
        "iam-policy-blacklisted-check",
        _cloud_shell,
    ),
    Control("unused-policy", "Every policy is used", INFORMATIONAL, look=_unused),
)
