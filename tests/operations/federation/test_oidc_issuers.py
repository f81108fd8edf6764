"""Issuers of web identity tokens: what they sign, what they publish, and their texts."""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest

from iamlab import World
from iamlab.errors import EntityAlreadyExists, RequestError
from iamlab.errors.sts import ExpiredTokenException, IDPCommunicationError
from iamlab.operations.federation.oidc_issuer import (
    OidcIssuer,
    cognito,
    create_issuer,
    github_actions,
)
from iamlab.operations.federation.signatures import ALGORITHMS
from iamlab.operations.federation.web_identity import read_token, read_web_identity
from iamlab.world.account import Account
from tests.operations.federation.issuer_tokens import identity_token, workflow_token
from tests.operations.federation.oidc_tokens import (
    ASSUME,
    GITHUB,
    NO_PROVIDER,
    NOT_VALID,
    URL,
    claims_of,
    eve,
    made,
    refused,
    signed,
    state,
)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_tokens_are_those_of_the_standard(algorithm: str) -> None:
    """So that PyJWT takes them too, with the keys that the issuer publishes."""
    _, main, issuer = made(algorithm)
    token = issuer.token("ana", lifetime_seconds=60, email="ana@acme.example")

    header = jwt.get_unverified_header(token)
    [key] = jwt.PyJWKSet.from_dict(issuer.jwks()).keys
    anytime = {"verify_exp": False, "verify_nbf": False, "verify_iat": False}
    claims = jwt.decode(token, key, [algorithm], audience="star-maps", options=anytime)  # type: ignore[arg-type]

    now = int(issuer.world.clock.now.timestamp())
    assert header == {"alg": algorithm, "kid": key.key_id, "typ": "JWT"}
    assert claims.pop("jti")
    assert claims == {
        "iss": URL,
        "sub": "ana",
        "aud": "star-maps",
        "iat": now,
        "nbf": now,
        "exp": now + 60,
        "email": "ana@acme.example",
    }
    assert read_web_identity(main, token).subject == "ana"


@pytest.mark.parametrize("algorithm", ["RS256", "ES384"])
def test_the_same_seed_gives_the_same_tokens(algorithm: str) -> None:
    """And another seed gives others."""
    first, second = made(algorithm)[2], made(algorithm)[2]
    other = create_issuer(World(seed=2), URL, audience="star-maps", algorithm="ES384")
    tokens = [first.token("ana") for _ in range(2)]

    assert [second.token("ana") for _ in range(2)] == tokens
    assert first.jwks() == second.jwks() != other.jwks()


def test_each_token_has_an_id_of_its_own_and_uses_up_none_of_the_world() -> None:
    """What is created later has the ids that it would have had."""
    with_tokens, without = made(), made()
    ids = {read_token(with_tokens[2].token("ana")).claims["jti"] for _ in range(5)}

    assert len(ids) == 5
    users = [account.create_user("ana").unique_id for _, account, _ in (with_tokens, without)]
    assert users[0] == users[1]


def test_an_issuer_says_where_its_keys_are() -> None:
    """As a real server does; a slash at the end of its URL does not get doubled."""
    world, _, issuer = made("ES384")
    slash = create_issuer(world, f"{URL}/tenant/")

    assert issuer.openid_configuration() == {
        "issuer": URL,
        "jwks_uri": f"{URL}/.well-known/jwks",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES384"],
        "claims_supported": ["aud", "exp", "iat", "iss", "jti", "nbf", "sub"],
        "scopes_supported": ["openid"],
    }
    assert slash.openid_configuration()["jwks_uri"] == f"{URL}/tenant/.well-known/jwks"
    assert {*issuer.jwks()["keys"][0]} == {"alg", "crv", "kid", "kty", "use", "x", "y"}


# -- GitHub, Cognito, Google ---------------------------------------------------------------------

SUBJECTS: list[tuple[dict[str, Any], str, str]] = [  # given, sub, ref
    ({}, "ref:refs/heads/main", "refs/heads/main"),
    ({"ref": "refs/heads/dev"}, "ref:refs/heads/dev", "refs/heads/dev"),
    ({"ref": "refs/tags/v1"}, "ref:refs/tags/v1", "refs/tags/v1"),
    ({"environment": "prod"}, "environment:prod", "refs/heads/main"),
    ({"environment": "prod:v1"}, "environment:prod%3Av1", "refs/heads/main"),
    ({"event_name": "pull_request"}, "pull_request", "refs/pull/1/merge"),
    (
        {"event_name": "pull_request", "environment": "prod", "ref": "refs/pull/7/merge"},
        "environment:prod",
        "refs/pull/7/merge",
    ),
    ({"event_name": "workflow_dispatch"}, "ref:refs/heads/main", "refs/heads/main"),
]


@pytest.mark.parametrize(("claims", "subject", "ref"), SUBJECTS)
def test_github_says_which_job_it_is(claims: dict[str, Any], subject: str, ref: str) -> None:
    """The environment comes before the event, and the event before the branch."""
    world, main, _ = made()
    github = github_actions(world)
    github.register(main)

    identity = read_web_identity(main, workflow_token(github, "acme/star-maps", **claims))

    assert identity.subject == f"repo:acme/star-maps:{subject}"
    assert identity.context[f"{GITHUB}:ref"] == ref
    path = f"acme/star-maps/.github/workflows/deploy.yml@{ref}"
    assert identity.context[f"{GITHUB}:job_workflow_ref"] == path


def test_of_githubs_claims_those_count_that_aws_lists() -> None:
    """The token has more of them than a policy can ask about."""
    world, main, _ = made()
    github = github_actions(world)
    github.register(main)
    token = workflow_token(github, "acme/star-maps", actor="bob", environment="prod")
    wanted = ("actor", "actor_id", "environment", "job_workflow_ref", "ref", "repository")

    identity = read_web_identity(main, token)

    names = {key.partition(":")[2] for key in identity.context}
    ids = {"repository_id", "repository_owner_id", "workflow"}
    assert names == {"aud", "sub", *wanted, *ids}
    claims = read_token(token).claims
    assert {"repository_owner", "run_id", "sha", "event_name"} <= {*claims}
    assert identity.context[f"{GITHUB}:actor"] == "bob"
    assert len({claims[name] for name in claims if name.endswith("_id")}) == 4


def test_an_immutable_subject_has_the_ids_of_owner_and_repository() -> None:
    """Which stay the same from run to run, and differ between owners of one name."""
    world, _, _ = made()
    github = github_actions(world)
    tokens = [
        workflow_token(github, repository, immutable_subject=True)
        for repository in ("acme/star-maps", "acme/star-maps", "acme/moon", "eve/star-maps")
    ]
    claims = [read_token(token).claims for token in tokens]

    first = claims[0]
    owner, repository = first["repository_owner_id"], first["repository_id"]
    wanted = f"repo:acme@{owner}/star-maps@{repository}:ref:refs/heads/main"
    assert (first["sub"], claims[1]["sub"]) == (wanted, wanted)
    assert len({claim["repository_id"] for claim in claims}) == 3
    assert claims[2]["repository_owner_id"] == owner != claims[3]["repository_owner_id"]


@pytest.mark.parametrize(("value", "text"), [(True, "true"), (7, "7"), (1e16, "1" + "0" * 16)])
def test_a_number_or_a_boolean_is_compared_as_text(value: object, text: str) -> None:
    """As all condition keys are."""
    world, main, _ = made()
    github = github_actions(world)
    github.register(main)

    identity = read_web_identity(main, github.token("ana", actor_id=value, ACTOR="eve", ref=["a"]))

    assert identity.context == {
        f"{GITHUB}:aud": "sts.amazonaws.com",
        f"{GITHUB}:sub": "ana",
        f"{GITHUB}:actor_id": text,
    }


def test_a_trust_policy_tells_branches_apart() -> None:
    """What STS reads is what the trust policy asks about."""
    world, main, _ = made()
    github = github_actions(world)
    provider = github.register(main)
    condition = {f"{GITHUB}:sub": "repo:acme/star-maps:ref:refs/heads/main"}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider.arn},
        "Action": ASSUME,
        "Condition": {"StringEquals": {**condition, f"{GITHUB}:aud": "sts.amazonaws.com"}},
    }
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role = main.create_role("deploy", assume_role_policy_document=document)

    found = {}
    for branch in ("main", "dev"):
        token = workflow_token(github, "acme/star-maps", ref=f"refs/heads/{branch}")
        item = read_web_identity(main, token)
        found[branch] = bool(world.can(item.principal, ASSUME, role.arn, context=item.context))

    assert found == {"main": True, "dev": False}


def test_iam_knows_cognito_without_a_provider() -> None:
    """In every account, and for every pool: only the trust policy can tell pools apart."""
    world, main, _ = made()
    issuer = cognito(world)
    host = "cognito-identity.amazonaws.com"
    user, pool = "us-east-1:0000-aa", "us-east-1:1111-bb"
    token = identity_token(issuer, user, logins=["graph.facebook.com"], principal_tags={"a": "b"})

    for account in (main, world.account("other")):
        identity = read_web_identity(account, token)
        assert (identity.principal, identity.provider) == (host, host)
        assert identity.audience == issuer.audience
        assert identity.context == {
            f"{host}:aud": issuer.audience,
            f"{host}:sub": user,
            f"{host}:amr": ("authenticated", "graph.facebook.com"),
        }
        assert identity.tags == {"a": "b"}
    stranger = read_web_identity(main, identity_token(issuer, user, identity_pool_id=pool))
    assert stranger.audience == pool
    assert stranger.context[f"{host}:amr"] == ("unauthenticated",)
    world.clock.advance(minutes=10)
    with pytest.raises(ExpiredTokenException):
        read_web_identity(main, token)


def test_cognito_is_checked_like_any_issuer() -> None:
    """That it needs no provider does not mean that it needs no signature."""
    world, main, issuer = made()
    pools = cognito(world)
    forged = signed(claims_of(issuer, iss=pools.url), pools, key=eve(issuer))
    assert NOT_VALID in refused(main, forged).message

    pools.is_online = False

    assert isinstance(refused(main, identity_token(pools, "us-east-1:1")), IDPCommunicationError)


@pytest.mark.parametrize(
    ("aud", "azp", "keys"),
    [
        ("web", ..., {"aud": "web", "oaud": "web"}),
        ("web", "phone", {"aud": "phone", "oaud": "web"}),
        (["web"], "phone", {"aud": "phone", "oaud": "web"}),
        (["web", "tv"], "phone", {"aud": "phone"}),
    ],
)
def test_google_has_a_key_for_the_audience_and_one_for_the_party(
    aud: Any, azp: Any, keys: dict[str, str]
) -> None:
    """A policy that asks for ``aud`` must know whether the token has ``azp``."""
    world, main, _ = made()
    google = create_issuer(world, "https://accounts.google.com", algorithm="ES384")
    token = signed(claims_of(google, aud=aud, azp=azp), google)

    found = read_web_identity(main, token).context

    wanted = {"sub": "ana", **keys}
    assert found == {f"accounts.google.com:{name}": value for name, value in wanted.items()}


def test_several_audiences_at_once_are_too_many_without_a_provider() -> None:
    """As nothing says which of them counts."""
    world, main, _ = made()
    google = create_issuer(world, "https://accounts.google.com", algorithm="ES384")

    error = refused(main, google.token("ana", audience=["web", "phone"]))

    assert error.message == "Incorrect token audience"


@pytest.mark.parametrize("host", ["graph.facebook.com", "www.amazon.com"])
def test_facebook_and_amazon_give_no_tokens_that_sts_could_read(host: str) -> None:
    """Theirs are access tokens of OAuth, which are shown with ``ProviderId``."""
    world, main, _ = made()
    token = create_issuer(world, f"https://{host}", algorithm="ES384").token("ana")

    assert refused(main, token).message == f"{NO_PROVIDER}https://{host}"


MISTAKES: dict[str, Callable[[World, Account, OidcIssuer], Any]] = {
    "a URL without https": lambda w, _, __: create_issuer(w, "http://a.example"),
    "a URL with a port": lambda w, _, __: create_issuer(w, "https://a.example:8443"),
    "a URL with a query": lambda w, _, __: create_issuer(w, "https://a.example?b=c"),
    "a URL without a host": lambda w, _, __: create_issuer(w, "https://"),
    "a URL with a line end": lambda w, _, __: create_issuer(w, "https://a.example\n"),
    "a URL that is taken": lambda w, _, __: create_issuer(w, URL),
    "a URL that is no text": lambda w, _, __: create_issuer(w, 7),  # type: ignore[arg-type]
    "no audience": lambda w, _, __: create_issuer(w, "https://a.example", audience=""),
    "a secret algorithm": lambda w, _, __: create_issuer(w, "https://a.example", algorithm="HS256"),
    "no algorithm": lambda w, _, __: create_issuer(
        w,
        "https://a.example",
        algorithm=["RS256"],  # type: ignore[arg-type]
    ),
    "GitHub twice": lambda w, _, __: [github_actions(twin) for twin in [w.copy()] * 2],
    "an account in another world": lambda w, _, i: i.register(w.copy().account("main")),
    "Cognito as a provider": lambda w, _, __: [
        cognito(twin).register(twin.account("main")) for twin in [w.copy()]
    ],
    "one client id": lambda _, a, i: i.register(a, client_ids="star-maps"),
    "no subject": lambda _, __, i: i.token(""),
    "half a letter": lambda _, __, i: i.token("\ud800"),
    "a subject that is no text": lambda _, __, i: i.token(7),
    "an empty audience": lambda _, __, i: i.token("ana", audience=""),
    "an audience that is no text": lambda _, __, i: i.token("ana", audience=7),
    "audiences that are no text": lambda _, __, i: i.token("ana", audience=[7]),
    "no lifetime": lambda _, __, i: i.token("ana", lifetime_seconds=0),
    "a lifetime that is no number": lambda _, __, i: i.token("ana", lifetime_seconds="60"),
    "a lifetime of a truth": lambda _, __, i: i.token("ana", lifetime_seconds=True),
    "tags in a list": lambda _, __, i: i.token("ana", principal_tags=["team"]),
    "a tag that is no text": lambda _, __, i: i.token("ana", principal_tags={"team": 7}),
    "one key of a tag": lambda _, __, i: i.token("ana", transitive_tag_keys="team"),
    "a key that is no text": lambda _, __, i: i.token("ana", transitive_tag_keys=[7]),
    "a source that is no text": lambda _, __, i: i.token("ana", source_identity=7),
    "a claim that the issuer sets": lambda _, __, i: i.token("ana", exp=7),
    "a claim that is no JSON": lambda _, __, i: i.token(
        "ana", when=datetime(2026, 11, 25, tzinfo=UTC)
    ),
    "a claim that is no number": lambda _, __, i: i.token("ana", size=float("nan")),
    "a claim in itself": lambda _, __, i: i.token("ana", deep=_in_itself()),
    "a claim that is too deep": lambda _, __, i: i.token("ana", deep=_deep(10**5)),
    "an identity pool of many letters": lambda w, _, __: cognito(w, f"us-east-1:{'a' * 46}"),
    "no repository": lambda w, _, __: workflow_token(github_actions(w.copy()), "star-maps"),
    "a repository with a colon": lambda w, _, __: workflow_token(
        github_actions(w.copy()), "acme/star-maps:ref"
    ),
    "a branch that is no text": lambda w, _, __: workflow_token(
        github_actions(w.copy()),
        "acme/star-maps",
        ref=7,  # type: ignore[arg-type]
    ),
    "no environment": lambda w, _, __: workflow_token(
        github_actions(w.copy()), "acme/star-maps", environment=""
    ),
    "no identity pool": lambda w, _, __: cognito(w, "star-maps"),
    "no identity": lambda w, _, __: identity_token(cognito(w.copy()), "ana"),
    "one login": lambda w, _, __: identity_token(cognito(w.copy()), "us-east-1:1", logins="a"),
    "a token that is no text": lambda _, a, __: read_web_identity(a, b"a.b.c"),
    "no token": lambda _, a, __: read_web_identity(a, None),  # type: ignore[arg-type]
}


def _deep(times: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(times):
        found = [found]
    return found


def _in_itself() -> list[Any]:
    deep: list[Any] = []
    deep.append(deep)
    return deep


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_named_and_changes_nothing(mistake: str) -> None:
    """Neither in the world nor in the issuers."""
    world, main, issuer = made("ES384")
    before = state(world)

    with pytest.raises(RequestError) as caught:
        MISTAKES[mistake](world, main, issuer)

    assert str(caught.value)
    assert state(world) == before


def test_an_account_registers_an_issuer_once() -> None:
    """With the issuer's audience, or with those that it names."""
    world, _, issuer = made()
    other = world.account("other")

    provider = issuer.register(other, client_ids=["web", "phone"])

    assert (provider.client_ids, provider.url) == (["web", "phone"], URL)
    with pytest.raises(EntityAlreadyExists):
        issuer.register(other)


def test_a_copy_of_the_world_has_issuers_of_its_own() -> None:
    """With the same keys, until one of the two changes them."""
    world, main, issuer = made()
    twin = world.copy()
    copied = twin.oidc_issuers[URL]
    token = copied.token("ana")
    assert copied.world is twin
    assert read_web_identity(main, token).subject == "ana"

    copied.rotate_keys()
    copied.rotate_keys()
    copied.is_online = False
    create_issuer(twin, "https://new.example")

    assert (issuer.key_number, issuer.is_online, issuer.issued) == (1, True, 0)
    assert [*world.oidc_issuers] == [URL]
    assert read_web_identity(main, token).subject == "ana"
    assert isinstance(refused(twin.account("main"), token), IDPCommunicationError)


def test_no_key_and_no_token_is_written_down() -> None:
    """Neither shown nor pickled: keys follow from the seed, and tokens are given away."""
    world, main, issuer = made()
    token = issuer.token("ana")
    identity = read_web_identity(main, token)
    again = pickle.loads(pickle.dumps(world))  # noqa: S301 - our own

    private = issuer._key(1).private_numbers()  # type: ignore[union-attr]
    values = [issuer, identity, read_token(token), *world.events, refused(main, token[:-9])]
    shown = repr([*values, world.events])
    assert token not in shown
    assert token[-40:].encode() not in pickle.dumps(world)
    assert str(private.d) not in shown
    assert again.oidc_issuers[URL].token("bob") == issuer.token("bob")
    assert repr(issuer) == (
        f"OidcIssuer(url='{URL}', audience='star-maps', algorithm='RS256', key_number=1, "
        "is_online=True)"
    )
