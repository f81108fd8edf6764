"""Findings about trust policies, the resource-based policies of roles.

The principal decides which action assumes a role: ``sts:AssumeRole`` for AWS principals,
``sts:AssumeRoleWithSAML`` for users of a SAML provider, and ``sts:AssumeRoleWithWebIdentity`` for
users of an OIDC provider. Trust in an identity provider needs conditions on its users.

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "AWS JSON policy elements: Principal";
"IAM Roles Anywhere: trust model"; "Create a role for OpenID Connect federation".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import WEB_IDENTITY_PROVIDERS, Arn, is_arn, names
from iamlab.policy.catalog import action, vocabulary
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.covering import covers_action
from iamlab.policy.lint.context import (
    ConditionContext,
    has_wildcard,
    holds_without_key,
    in_types,
    on_conditions,
)
from iamlab.policy.lint.principals import PROVIDER, all_principals, instead
from iamlab.policy.statement import ACTIONS, ListValue, values_of
from iamlab.policy.variables import has_variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.lint.context import Detector, PolicyContext
    from iamlab.policy.lint.findings import Finding
    from iamlab.policy.statement import Statement


ROLES_ANYWHERE = "rolesanywhere.amazonaws.com"
_ANYWHERE_NEEDS = ("sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession")
_DOMAIN = re.compile(r"(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}(?:/[^\s*?]*)?")
_SESSION = re.compile(r"arn:[^:]*:sts:[^:]*:(?P<account>[^:]*):assumed-role/(?P<role>[^/]+)/.+")
_LONGEST_SHOWN = 200

# The action with which principals of a kind assume a role, and the actions that they can also have.
_ASSUME = {
    "AWS": "sts:AssumeRole",
    "Service": "sts:AssumeRole",
    "saml": "sts:AssumeRoleWithSAML",
    "oidc": "sts:AssumeRoleWithWebIdentity",
}
_ALSO = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
_ASSUME_ACTIONS = frozenset(_ASSUME.values())
_KIND_NAMES: dict[str, str] = vocabulary("trusted_kinds")


def wildcards_and_providers(checked: PolicyContext) -> Iterator[Finding]:
    """Find wildcards for services and providers, and invalid identity providers."""
    for statement, index, (kind, text) in all_principals(checked):
        path = checked.places.principal(statement, index)
        if text == "*" and kind != "AWS":
            shown = '"*"' if kind == "*" else f'{{"{kind}": "*"}}'
            what = f"A trust policy can't have the Principal {shown}."
            remedy = 'Write the principals that you trust. Everybody is {"AWS": "*"}.'
            right = ("AWS", "*") if kind == "*" else None
            better = instead(checked, statement, index, right)
            code = "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"
            yield checked.find(code, path, what, remedy, better)
        elif kind == "Federated" and not _is_provider(text):
            what = f"{text[:_LONGEST_SHOWN]!r} isn't an identity provider."
            remedy = "Write the ARN of the SAML or OIDC provider, or a domain."
            code = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
            yield checked.find(code, path, what, remedy)


def _is_provider(text: str) -> bool:
    if any(sign in text for sign in "*?$"):
        return True  # other modules check wildcards and variables
    return bool(PROVIDER.fullmatch(text) or _DOMAIN.fullmatch(text))


def mismatched_actions(checked: PolicyContext) -> Iterator[Finding]:
    """Find actions that none of the principals can use."""
    for statement in checked.statements:
        kinds = _kinds(statement)
        if not kinds:
            continue
        usable = {_ASSUME[kind] for kind in kinds} | set(_ALSO)
        for value in values_of(statement, ("Action",)):
            if _is_unusable(value, usable):
                yield _mismatch(checked, value, kinds)


def _kinds(statement: Statement) -> tuple[str, ...]:
    """Return the kinds of the principals; empty if one can be anybody or isn't a principal."""
    found: dict[str, None] = {}
    for kind, text in statement.principal or ():
        if text == "*" or has_variable(text):
            return ()
        if kind == "Federated":
            provider = PROVIDER.fullmatch(text)
            found[provider["kind"] if provider else "oidc"] = None
        elif kind in _ASSUME:
            found[kind] = None
        else:
            return ()
    return tuple(found)


def _is_unusable(value: ListValue, usable: set[str]) -> bool:
    known = action(value.text)
    return known is not None and known.full_name in _ASSUME_ACTIONS - usable


def _mismatch(checked: PolicyContext, value: ListValue, kinds: tuple[str, ...]) -> Finding:
    names = " or ".join(_KIND_NAMES[kind] for kind in kinds)
    right = {_ASSUME[kind] for kind in kinds}
    return checked.find(
        "MISMATCHED_ACTION_FOR_PRINCIPAL",
        checked.path(value),
        f"{value.text} can't be used by {names}.",
        f"Write {' or '.join(sorted(right))}.",
        checked.put(value, min(right)) if len(right) == 1 else None,
    )


def roles_anywhere(checked: PolicyContext) -> Iterator[Finding]:
    """Find missing actions for Roles Anywhere, which needs three."""
    trusting = [
        statement
        for statement in checked.statements
        if statement.effect == "Allow"
        and ("Service", ROLES_ANYWHERE) in (statement.principal or ())
        and statement.action is not None
    ]
    listed = [value.text for statement in trusting for value in values_of(statement, ACTIONS)]
    lacking = [
        name for name in _ANYWHERE_NEEDS if not any(covers_action(text, name) for text in listed)
    ]
    if trusting and lacking:
        yield _lacking(checked, trusting[0], lacking)


def _lacking(checked: PolicyContext, statement: Statement, lacking: list[str]) -> Finding:
    better = checked.change(statement, action=(*(statement.action or ()), *lacking))
    return checked.find(
        "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY",
        checked.places.element(statement, "Action"),
        f"{ROLES_ANYWHERE} also needs {' and '.join(lacking)}.",
        "Add the missing actions.",
        better,
    )


def redundant_sessions(checked: PolicyContext) -> Iterator[Finding]:
    """Find sessions whose role is also listed: trust in a role covers its sessions.

    A session that is named itself isn't limited by the role's boundary, so in an Allow only a
    person can decide to remove it.
    """
    for statement in checked.statements:
        pairs = statement.principal or ()
        roles = {_role(text): text for kind, text in pairs if kind == "AWS"}
        roles.pop(None, None)
        sessions = {
            index: roles[parent]
            for index, (kind, text) in enumerate(pairs)
            if kind == "AWS" and (parent := _role_of_session(text)) in roles
        }
        better = None
        remedy = "Remove the session, unless the role's boundary must not limit it."
        if sessions and statement.effect == "Deny":
            remedy = "Remove the session."
            left = tuple(pair for index, pair in enumerate(pairs) if index not in sessions)
            better = checked.change(statement, principal=left)
        for index, role in sessions.items():
            path = checked.places.principal(statement, index)
            what = f"{role[:_LONGEST_SHOWN]} is also listed, and it covers all its sessions."
            code = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"
            yield checked.find(code, path, what, remedy, better)


def _role(text: str) -> tuple[str, str] | None:
    """Return the account and name of a role's ARN; a session's ARN doesn't have the path."""
    arn = Arn.parse(text) if is_arn(text) else None
    if arn is None or arn.service != "iam" or arn.kind != "role":
        return None
    return arn.account, arn.name


def _role_of_session(text: str) -> tuple[str, str] | None:
    found = _SESSION.fullmatch(text)
    return (found["account"], found["role"]) if found else None


GITHUB = "token.actions.githubusercontent.com"
_REPOSITORY_CLAIMS = names("repository_claims")


def provider(principal: str) -> str:
    """Return the address of an OIDC provider, in lower case; empty for any other principal.

    Examples
    --------
    >>> provider("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com")
    'token.actions.githubusercontent.com'
    >>> provider("arn:aws:iam::111122223333:saml-provider/corp")
    ''
    """
    if principal in WEB_IDENTITY_PROVIDERS:
        return principal
    start, slash, address = principal.partition(":oidc-provider/")
    return address.lower() if slash and start.startswith("arn:") else ""


def _open_providers(checked: PolicyContext) -> Iterator[Finding]:
    """Find trust in identity providers without conditions on their claims."""
    for statement in checked.statements:
        for index, (kind, value) in enumerate(statement.principal or ()):
            host = provider(value) if kind == "Federated" else ""
            if host and statement.effect == "Allow":
                path = checked.places.principal(statement, index)
                yield from _open_provider(checked, statement, host, path)


def _open_provider(
    checked: PolicyContext, statement: Statement, host: str, path: str
) -> Iterator[Finding]:
    own = [line for line in statement.conditions if line.key.lower().startswith(f"{host}:")]
    if host == GITHUB:
        claims = {f"{GITHUB}:{claim}" for claim in _REPOSITORY_CLAIMS}
        if not any(
            line.key.lower() in claims and not holds_without_key(line.comparison) for line in own
        ):
            yield checked.find(
                "MISSING_GITHUB_REPO_CONDITION_KEY",
                path,
                "Workflows of every repository on GitHub can assume the role.",
                f"Add a condition on {GITHUB}:sub with the repository and branch.",
            )
    elif not own:
        yield checked.find(
            "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
            path,
            f"Everybody with a token from {host} can assume the role.",
            f"Add conditions on its claims, such as {host}:aud and {host}:sub.",
        )


def _wide_subject(context: ConditionContext) -> Iterator[Finding]:
    """Find wildcards in GitHub's subject: they match several repositories or branches."""
    operator = OPERATORS[context.operator]
    if context.key != f"{GITHUB}:sub" or not operator.pattern or not context.narrows:
        return
    for index, value in enumerate(context.values):
        if has_wildcard(value):
            yield context.find(
                "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
                f"{value!r} matches more than one repository or branch.",
                "Write repo:owner/repository:ref:refs/heads/branch.",
                value=index,
            )


DETECTORS: tuple[Detector, ...] = (
    in_types(("trust",), wildcards_and_providers, mismatched_actions, roles_anywhere),
    in_types(("trust",), redundant_sessions, _open_providers),
    on_conditions(_wide_subject),
)
