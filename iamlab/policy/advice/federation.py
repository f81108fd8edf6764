"""Trust in identity providers: who of all who have an account there may come in?

Notes
-----
AWS pages: "Create a role for OpenID Connect federation"; "IAM Access Analyzer policy check
reference".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.advice.spots import Spot, has_wildcard, holds_without_key, on_conditions
from iamlab.policy.conditions import OPERATORS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding
    from iamlab.policy.statement import Statement

GITHUB = "token.actions.githubusercontent.com"
_WELL_KNOWN = frozenset(
    (
        *("accounts.google.com", "cognito-identity.amazonaws.com"),
        *("graph.facebook.com", "www.amazon.com"),
    )
)
# Claims of GitHub that tell repositories, or at least their owners, apart.
_REPOSITORY_CLAIMS = (
    *("sub", "repository", "repository_id", "repository_owner", "repository_owner_id"),
    *("enterprise_id", "job_workflow_ref"),
)


def provider(principal: str) -> str:
    """Give the address of an OpenID Connect provider, in lower case; empty for any other principal.

    Examples
    --------
    >>> provider("arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com")
    'token.actions.githubusercontent.com'
    >>> provider("arn:aws:iam::111122223333:saml-provider/corp")
    ''
    """
    if principal in _WELL_KNOWN:
        return principal
    start, slash, address = principal.partition(":oidc-provider/")
    return address.lower() if slash and start.startswith("arn:") else ""


def _open_providers(case: Case) -> Iterator[Finding]:
    """An identity provider that nothing is asked about but its name."""
    if case.policy_type != "trust":
        return
    for statement in case.policy.statements:
        for index, (kind, value) in enumerate(statement.principal or ()):
            host = provider(value) if kind == "Federated" else ""
            if host and statement.effect == "Allow":
                path = case.places.principal(statement, index)
                yield from _open_provider(case, statement, host, path)


def _open_provider(case: Case, statement: Statement, host: str, path: str) -> Iterator[Finding]:
    asked = [one for one in statement.conditions if one.key.lower().startswith(f"{host}:")]
    if host == GITHUB:
        claims = {f"{GITHUB}:{claim}" for claim in _REPOSITORY_CLAIMS}
        if not any(
            one.key.lower() in claims and not holds_without_key(one.comparison) for one in asked
        ):
            yield case.find(
                "MISSING_GITHUB_REPO_CONDITION_KEY",
                path,
                "Workflows of every repository on GitHub may assume the role.",
                f"Add a condition on {GITHUB}:sub with repository and branch.",
            )
    elif not asked:
        yield case.find(
            "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL",
            path,
            f"Everybody to whom {host} gives a token may assume the role.",
            f"Add conditions on its claims, such as {host}:aud and {host}:sub.",
        )


def _wide_subject(spot: Spot) -> Iterator[Finding]:
    """A wildcard in the subject lets several repositories or branches in."""
    operator = OPERATORS[spot.comparison.name]
    if spot.key != f"{GITHUB}:sub" or not operator.pattern or not spot.narrows:
        return
    for index, value in enumerate(spot.condition.values):
        if has_wildcard(value):
            yield spot.find(
                "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED",
                f"{value!r} fits more than one repository or branch.",
                "Write it as repo:owner/repository:ref:refs/heads/branch.",
                value=index,
            )


DETECTORS: tuple[Detector, ...] = (_open_providers, on_conditions(_wide_subject))
