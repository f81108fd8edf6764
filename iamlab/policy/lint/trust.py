"""Findings about trust policies, the resource-based policies of roles.

Who may take a role, and how, go together: a person or role of AWS by ``sts:AssumeRole``, the users
of a SAML provider by ``sts:AssumeRoleWithSAML``, those of an OIDC provider by
``sts:AssumeRoleWithWebIdentity``.

Trust in identity providers: who of all who have an account there may come in?

Notes
-----
AWS pages: "IAM Access Analyzer policy check reference"; "AWS JSON policy elements: Principal";
"IAM Roles Anywhere: trust model".
AWS pages: "Create a role for OpenID Connect federation"; "IAM Access Analyzer policy check
reference".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import WEB_IDENTITY_PROVIDERS, Arn, is_arn
from iamlab.policy.catalog import action, vocabulary
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.covering import covers_action
from iamlab.policy.lint.context import (
    ConditionContext,
    has_wildcard,
    holds_without_key,
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
_LONGEST_SHOWN = 200

# How principals of a kind take a role, and the actions that they may be allowed besides.
_TAKE = {
    "AWS": "sts:AssumeRole",
    "Service": "sts:AssumeRole",
    "saml": "sts:AssumeRoleWithSAML",
    "oidc": "sts:AssumeRoleWithWebIdentity",
}
_BESIDES = ("sts:TagSession", "sts:SetSourceIdentity", "sts:SetContext")
_WAYS = frozenset(_TAKE.values())
_KIND_NAMES: dict[str, str] = vocabulary("trusted_kinds")


def wildcards_and_providers(checked: PolicyContext) -> Iterator[Finding]:
    """Not every service and not every provider can be trusted at once."""
    if checked.policy_type != "trust":
        return
    for statement, index, (kind, text) in all_principals(checked):
        path = checked.places.principal(statement, index)
        if text == "*" and kind != "AWS":
            shown = '"*"' if kind == "*" else f'{{"{kind}": "*"}}'
            what = f"A trust policy cannot have the Principal {shown}."
            remedy = 'Name whom you trust; everybody is {"AWS": "*"}.'
            right = ("AWS", "*") if kind == "*" else None
            better = instead(checked, statement, index, right)
            code = "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL"
            yield checked.find(code, path, what, remedy, better)
        elif kind == "Federated" and not _is_provider(text):
            what = f"{text[:_LONGEST_SHOWN]!r} is no identity provider."
            remedy = "Write the ARN of the SAML or OIDC provider, or a domain."
            code = "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY"
            yield checked.find(code, path, what, remedy)


def _is_provider(text: str) -> bool:
    if any(sign in text for sign in "*?$"):
        return True  # of wildcards and variables speak other modules
    return bool(PROVIDER.fullmatch(text) or _DOMAIN.fullmatch(text))


def mismatched_actions(checked: PolicyContext) -> Iterator[Finding]:
    """An action that none of the principals can use never lets anybody in."""
    if checked.policy_type != "trust":
        return
    for statement in checked.statements:
        kinds = _kinds(statement)
        if not kinds:
            continue
        usable = {_TAKE[kind] for kind in kinds} | set(_BESIDES)
        for value in values_of(statement, ("Action",)):
            if _is_unusable(value, usable):
                yield _mismatch(checked, value, kinds)


def _kinds(statement: Statement) -> tuple[str, ...]:
    """Give the kinds of the principals; none if one may be anybody or is no principal."""
    found: dict[str, None] = {}
    for kind, text in statement.principal or ():
        if text == "*" or has_variable(text):
            return ()
        if kind == "Federated":
            provider = PROVIDER.fullmatch(text)
            found[provider["kind"] if provider else "oidc"] = None
        elif kind in _TAKE:
            found[kind] = None
        else:
            return ()
    return tuple(found)


def _is_unusable(value: ListValue, usable: set[str]) -> bool:
    known = action(value.text)
    return known is not None and known.full_name in _WAYS and known.full_name not in usable


def _mismatch(checked: PolicyContext, value: ListValue, kinds: tuple[str, ...]) -> Finding:
    names = " or ".join(_KIND_NAMES[kind] for kind in kinds)
    right = {_TAKE[kind] for kind in kinds}
    return checked.find(
        "MISMATCHED_ACTION_FOR_PRINCIPAL",
        checked.path(value),
        f"{value.text} cannot be used by {names}.",
        f"Write {' or '.join(sorted(right))}.",
        checked.put(value, min(right)) if len(right) == 1 else None,
    )


def roles_anywhere(checked: PolicyContext) -> Iterator[Finding]:
    """Roles Anywhere takes a role only if it is allowed three actions."""
    if checked.policy_type != "trust":
        return
    trusting = [
        statement
        for statement in checked.statements
        if statement.effect == "Allow"
        and ("Service", ROLES_ANYWHERE) in (statement.principal or ())
        and statement.action is not None
    ]
    listed = [value.text for one in trusting for value in values_of(one, ACTIONS)]
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
        "Add what is missing.",
        better,
    )


def redundant_sessions(checked: PolicyContext) -> Iterator[Finding]:
    """Who trusts a role trusts each of its sessions.

    Named itself, a session is also let in past the role's boundary; so in an Allow it is left to a
    person to take it out.
    """
    if checked.policy_type != "trust":
        return
    for statement in checked.statements:
        pairs = statement.principal or ()
        roles = {_role(text): text for kind, text in pairs if kind == "AWS"}
        roles.pop(None, None)
        sessions = {
            index: roles[parent]
            for index, (kind, text) in enumerate(pairs)
            if kind == "AWS" and (parent := _role_of_session(text)) in roles
        }
        better, remedy = (
            None,
            "Leave the session out, unless it is to get past the role's boundary.",
        )
        if sessions and statement.effect == "Deny":
            remedy = "Leave the session out."
            left = tuple(pair for index, pair in enumerate(pairs) if index not in sessions)
            better = checked.change(statement, principal=left)
        for index, role in sessions.items():
            path = checked.places.principal(statement, index)
            what = f"{role[:_LONGEST_SHOWN]} is listed too, so each of its sessions is trusted."
            code = "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY"
            yield checked.find(code, path, what, remedy, better)


def _role(text: str) -> tuple[str, str] | None:
    """Give account and name of a role's ARN; the path is no part of a session's ARN."""
    arn = Arn.parse(text) if is_arn(text) else None
    if arn is None or arn.service != "iam" or arn.kind != "role":
        return None
    return arn.account, arn.name


def _role_of_session(text: str) -> tuple[str, str] | None:
    arn = Arn.parse(text) if is_arn(text) else None
    if (
        arn is None
        or arn.service != "sts"
        or not re.fullmatch("assumed-role/[^/]+/.+", arn.resource)
    ):
        return None
    return arn.account, arn.resource.split("/")[1]


GITHUB = "token.actions.githubusercontent.com"
# Claims of GitHub that tell repositories, or at least their owners, apart.
_REPOSITORY_CLAIMS_NAMES = (
    "sub repository repository_id repository_owner repository_owner_id enterprise_id "
    "job_workflow_ref"
)
_REPOSITORY_CLAIMS = tuple(_REPOSITORY_CLAIMS_NAMES.split())


def provider(principal: str) -> str:
    """Give the address of an OpenID Connect provider, in lower case; empty for any other principal.

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
    """An identity provider that nothing is asked about but its name."""
    if checked.policy_type != "trust":
        return
    for statement in checked.statements:
        for index, (kind, value) in enumerate(statement.principal or ()):
            host = provider(value) if kind == "Federated" else ""
            if host and statement.effect == "Allow":
                path = checked.places.principal(statement, index)
                yield from _open_provider(checked, statement, host, path)


def _open_provider(
    checked: PolicyContext, statement: Statement, host: str, path: str
) -> Iterator[Finding]:
    asked = [one for one in statement.conditions if one.key.lower().startswith(f"{host}:")]
    if host == GITHUB:
        claims = {f"{GITHUB}:{claim}" for claim in _REPOSITORY_CLAIMS}
        if not any(
            one.key.lower() in claims and not holds_without_key(one.comparison) for one in asked
        ):
            yield checked.find(
                "MISSING_GITHUB_REPO_CONDITION_KEY",
                path,
                "Workflows of every repository on GitHub may assume the role.",
                f"Add a condition on {GITHUB}:sub with repository and branch.",
            )
    elif not asked:
        yield checked.find(
            "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
            path,
            f"Everybody to whom {host} gives a token may assume the role.",
            f"Add conditions on its claims, such as {host}:aud and {host}:sub.",
        )


def _wide_subject(context: ConditionContext) -> Iterator[Finding]:
    """A wildcard in the subject lets several repositories or branches in."""
    operator = OPERATORS[context.operator]
    if context.key != f"{GITHUB}:sub" or not operator.pattern or not context.narrows:
        return
    for index, value in enumerate(context.values):
        if has_wildcard(value):
            yield context.find(
                "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
                f"{value!r} fits more than one repository or branch.",
                "Write it as repo:owner/repository:ref:refs/heads/branch.",
                value=index,
            )


DETECTORS: tuple[Detector, ...] = (
    wildcards_and_providers,
    mismatched_actions,
    roles_anywhere,
    redundant_sessions,
    _open_providers,
    on_conditions(_wide_subject),
)
