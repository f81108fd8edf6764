"""Checks of identities and their policies: policies that allow too much, empty groups, tags.

Like AWS Config's rules, these read the text of statements and ignore conditions and boundaries.

Notes
-----
AWS page: "Security Hub controls for AWS Identity and Access Management", and "... for AWS KMS".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.patterns import glob_ignoring_case

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iamlab.analysis.audit.controls import AuditedAccount, Check, Flaw
    from iamlab.model.identities import Bounded
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.policy.document import Policy
    from iamlab.policy.statement import Statement

    IsWrong = Callable[[Statement], bool]

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
    """``service:*``, or everything but one service; wildcards in an action's name don't count."""
    listed = [*(statement.action or ()), *(statement.not_action or ())]
    return statement.effect == "Allow" and any(map(_WHOLE_SERVICE.fullmatch, listed))


def _decrypts_with_every_key(statement: Statement) -> bool:
    if statement.effect != "Allow" or statement.resource is None:
        return False
    patterns = statement.not_action or () if statement.action is None else statement.action
    listed = (
        any(glob_ignoring_case(pattern, action) for pattern in patterns) for action in _DECRYPTING
    )
    acts = any(one is (statement.action is not None) for one in listed)
    return acts and any(map(_EVERY_KEY.fullmatch, statement.resource))


def _labels(policy: Policy, is_wrong: IsWrong) -> str:
    """Name the statements that are wrong; empty if none is."""
    return ", ".join(one.label for one in policy.statements if is_wrong(one))


def _all_policies(audited: AuditedAccount) -> Iterable[ManagedPolicy]:
    return audited.own_policies


def _granting_policies(audited: AuditedAccount) -> Iterable[ManagedPolicy]:
    """Leave out policies that are boundaries only: they grant nothing."""
    boundaries = audited.bounding - audited.attached
    return (policy for policy in audited.own_policies if policy.arn not in boundaries)


def _managed(
    which: Callable[[AuditedAccount], Iterable[ManagedPolicy]],
    is_wrong: IsWrong,
    what: str,
    fix: str,
) -> Check:
    """Check the default version of the customer managed policies."""

    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        for policy in which(audited):
            if labels := _labels(policy.document, is_wrong):
                nobody = "" if policy.arn in audited.attached else " Nobody has the policy now."
                yield policy.arn, f"{what} (statement {labels}).{nobody}", fix

    return check


def _inline(is_wrong: IsWrong, what: str, fix: str) -> Check:
    def check(audited: AuditedAccount) -> Iterator[Flaw]:
        for identity in audited.identities:
            for name, policy in identity.inline.items():
                if labels := _labels(policy, is_wrong):
                    yield identity.arn, f"Inline policy {name}: {what} (statement {labels}).", fix

    return check


def _users_own_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Give it to a group, and put the user into it; or let people use roles."
    for user in audited.account.users.values():
        if count := len(user.attached) + len(user.inline):
            many = "1 policy" if count == 1 else f"{count} policies"
            yield user.arn, f"The user has {many} of its own.", fix


def _inline_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    fix = "Make managed policies of them: they have versions, and are seen in one place."
    for identity in audited.identities:
        if identity.inline:
            yield identity.arn, f"Inline policies: {', '.join(identity.inline)}.", fix


def _support(audited: AuditedAccount) -> Iterator[Flaw]:
    if not any(arn.endswith(f":aws:policy/{SUPPORT}") for arn in audited.attached):
        yield (
            f"account {audited.account.account_id}",
            f"Nobody has {SUPPORT}, so nobody but administrators can ask AWS Support for help.",
            f"Attach {SUPPORT} to a role for whoever handles incidents.",
        )


def _cloud_shell(audited: AuditedAccount) -> Iterator[Flaw]:
    what = f"{CLOUD_SHELL} allows to upload and download files, past all other ways out."
    fix = "Detach it, and allow cloudshell actions without GetFileDownloadUrls."
    for identity in audited.identities:
        if any(arn.endswith(f":aws:policy/{CLOUD_SHELL}") for arn in identity.attached):
            yield identity.arn, what, fix


def _unused_policies(audited: AuditedAccount) -> Iterator[Flaw]:
    what = "Nobody has this policy, and it is nobody's boundary."
    for policy in audited.own_policies:
        if policy.arn not in audited.attached | audited.bounding:
            yield policy.arn, what, "Delete it, unless it waits for somebody: policy.delete()."


def _empty_groups(audited: AuditedAccount) -> Iterator[Flaw]:
    members = {name for user in audited.account.users.values() for name in user.groups}
    for group in audited.account.groups.values():
        if group.name not in members:
            yield group.arn, "The group has no members.", "Delete it, or add users."


def _users_without_group(audited: AuditedAccount) -> Iterator[Flaw]:
    for user in audited.account.users.values():
        if not user.groups:
            yield user.arn, "The user is in no group.", "Add the user to one: group.add_user(user)."


def _untagged(audited: AuditedAccount, identities: Iterable[Bounded]) -> Iterator[Flaw]:
    for one in identities:
        if one.path.startswith("/aws-service-role/"):
            continue  # only AWS can tag it
        missing = [key for key in audited.thresholds.required_tags if key not in one.tags]
        if missing:
            yield one.arn, f"Tags are missing: {', '.join(missing)}.", "Set them: tag({...})."
        elif not one.tags:
            yield one.arn, "There are no tags.", "Say whose it is and what for: tag({...})."


_ACTIONS = "List the actions that are needed; policy.create_version(...) replaces the document."
_KEYS = "Name the keys in Resource."

CHECKS: dict[str, Check] = {
    "policy-admin": _managed(
        _granting_policies, allows_everything, "It allows everything on everything", _ACTIONS
    ),
    "inline-policy-admin": _inline(
        allows_everything, "it allows everything on everything", "Allow what is needed only."
    ),
    "policy-whole-service": _managed(
        _all_policies, _allows_a_service, "It allows all actions of a service", _ACTIONS
    ),
    "policy-kms-decrypt": _managed(
        _all_policies, _decrypts_with_every_key, "It decrypts with every KMS key", _KEYS
    ),
    "inline-policy-kms-decrypt": _inline(
        _decrypts_with_every_key, "it decrypts with every KMS key", _KEYS
    ),
    "user-policies": _users_own_policies,
    "inline-policies": _inline_policies,
    "support-role": _support,
    "cloudshell-full-access": _cloud_shell,
    "unused-policy": _unused_policies,
    "role-tags": lambda audited: _untagged(audited, audited.roles),
    "user-tags": lambda audited: _untagged(audited, audited.account.users.values()),
    "empty-group": _empty_groups,
    "user-without-group": _users_without_group,
}
