"""Tokens as GitHub Actions and Amazon Cognito write them; the issuers are ``World``'s.

Notes
-----
GitHub's page: "OpenID Connect reference". AWS pages: "Amazon Cognito identity pools"; "API
GetOpenIdToken", for the ten minutes; "IAM and AWS STS condition context keys", for ``amr``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamlab.engine.request import check_text
from iamlab.errors import RequestError
from iamlab.operations.federation.oidc_issuer import check_pool_id
from iamlab.operations.parameters import as_list

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.operations.federation.oidc_issuer import OidcIssuer


_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_PULL_REQUEST = "pull_request"
_TEN_MINUTES = 600


def workflow_token(
    github: OidcIssuer,
    repository: str,
    *,
    ref: str | None = None,
    environment: str | None = None,
    event_name: str = "push",
    actor: str = "ana",
    workflow: str = "deploy",
    audience: str | None = None,
    immutable_subject: bool = False,
) -> str:
    """Sign a token as GitHub does for a job in a run of a workflow.

    Parameters
    ----------
    github
        What :func:`github_actions` made.
    repository
        ``"acme/star-maps"``.
    ref
        The branch or tag. Default: ``refs/heads/main``, for a pull request ``refs/pull/1/merge``.
    environment
        The one that the job names; the subject then says it, and not the branch.
    event_name
        What started the run: ``push``, ``pull_request``, ``workflow_dispatch`` ...
    actor
        Who started it.
    workflow
        Its name, and that of its file without ``.yml``.
    audience
        Default: the issuer's, ``sts.amazonaws.com``.
    immutable_subject
        Whether the subject has the ids of owner and repository too, as it has for repositories
        that were created after 15 July 2026. Who takes over a name then does not get the subject.

    Raises
    ------
    RequestError
        The repository is not written as OWNER/NAME, or one of the others is not a text.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.web_identity import read_token
    >>> github = World(seed=7).github_actions()
    >>> read_token(workflow_token(github, "acme/star-maps")).claims["sub"]
    'repo:acme/star-maps:ref:refs/heads/main'
    >>> token = workflow_token(github, "acme/star-maps", environment="production")
    >>> read_token(token).claims["sub"]
    'repo:acme/star-maps:environment:production'
    """
    check_text("repository", repository)
    if not _REPOSITORY.fullmatch(repository):
        raise RequestError(f"A repository is written as OWNER/NAME, not {repository[:200]!r}.")
    is_pull = event_name == _PULL_REQUEST
    if ref is None:
        ref = "refs/pull/1/merge" if is_pull else "refs/heads/main"
    texts = {"ref": ref, "event_name": event_name, "actor": actor, "workflow": workflow}
    for name, text in texts.items():
        check_text(name, text)
    owner = repository.partition("/")[0]
    path = f"{repository}/.github/workflows/{workflow}.yml@{ref}"
    sha = github.world.ids.hidden(f"github/commit/{repository}/{ref}", "0123456789abcdef", 40)
    claims: dict[str, Any] = {
        **texts,
        "repository": repository,
        "repository_owner": owner,
        "repository_id": _number(github, f"repository/{repository}"),
        "repository_owner_id": _number(github, f"account/{owner}"),
        "repository_visibility": "private",
        "actor_id": _number(github, f"account/{actor}"),
        "ref_type": "tag" if ref.startswith("refs/tags/") else "branch",
        "run_id": _number(github, f"run/{github.issued}"),
        "run_number": str(github.issued + 1),
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "sha": sha,
        "workflow_ref": path,
        "workflow_sha": sha,
        "job_workflow_ref": path,
        "job_workflow_sha": sha,
        "base_ref": "main" if is_pull else "",
        "head_ref": "change" if is_pull else "",
    }
    if environment is not None:
        check_text("environment", environment)
        claims["environment"] = environment
    return github.token(_subject(claims, immutable=immutable_subject), audience=audience, **claims)


def _subject(claims: Mapping[str, Any], *, immutable: bool) -> str:
    """Return the subject of a job, in GitHub's form."""
    owner, _, name = claims["repository"].partition("/")
    if immutable:
        owner, name = (
            f"{owner}@{claims['repository_owner_id']}",
            f"{name}@{claims['repository_id']}",
        )
    if "environment" in claims:
        where = f"environment:{claims['environment'].replace(':', '%3A')}"
    elif claims["event_name"] == _PULL_REQUEST:
        where = _PULL_REQUEST
    else:
        where = f"ref:{claims['ref']}"
    return f"repo:{owner}/{name}:{where}"


def identity_token(
    cognito: OidcIssuer,
    identity_id: str,
    *,
    logins: Iterable[str] = (),
    identity_pool_id: str | None = None,
    principal_tags: Mapping[str, str] | None = None,
) -> str:
    """Sign a token as Cognito does for a user of an identity pool (``GetOpenIdToken``).

    Parameters
    ----------
    cognito
        What :func:`cognito` made.
    identity_id
        The user's: ``"us-east-1:"`` and an id.
    logins
        Where the user has signed in: ``"graph.facebook.com"``. Nowhere: an unauthenticated user.
    identity_pool_id
        Default: the pool for which Cognito was added.

    Raises
    ------
    RequestError
        An id isn't one, or the logins are not list of text.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.operations.federation.web_identity import read_token
    >>> issuer = World(seed=7).cognito()
    >>> token = identity_token(issuer, "us-east-1:1234", logins=["graph.facebook.com"])
    >>> read_token(token).claims["amr"]
    ['authenticated', 'graph.facebook.com']
    """
    pool = cognito.audience if identity_pool_id is None else identity_pool_id
    check_pool_id("identity_id", identity_id)
    check_pool_id("identity_pool_id", pool)
    names = as_list(logins, "logins is a list of names")
    for name in names:
        check_text("a login", name)
    return cognito.token(
        identity_id,
        audience=pool,
        lifetime_seconds=_TEN_MINUTES,
        principal_tags=principal_tags,
        amr=["authenticated", *names] if names else ["unauthenticated"],
    )


def _number(github: OidcIssuer, what: str) -> str:
    """Make up an id of GitHub: always the same for the same thing."""
    return "1" + github.world.ids.hidden(f"github/{what}", "0123456789", 8)
