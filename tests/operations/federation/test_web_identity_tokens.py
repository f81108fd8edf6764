"""Web identity tokens: STS believes what the issuer signed for this account and this time."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.engine.request import Request
from iamlab.errors import AwsError
from iamlab.errors.sts import ExpiredTokenException, IDPCommunicationError, InvalidIdentityToken
from iamlab.operations.federation.oidc_claims import SOURCE_IDENTITY, TAGS
from iamlab.operations.federation.oidc_issuer import OidcIssuer, create_issuer
from iamlab.operations.federation.signatures import public_jwk, rsa_key
from iamlab.operations.federation.web_identity import ALGORITHMS as TAKEN
from iamlab.operations.federation.web_identity import (
    WebIdentity,
    read_token,
    read_web_identity,
    verified,
)
from iamlab.world.account import Account
from tests.effort import tries
from tests.operations.federation.oidc_tokens import (
    ARN,
    ASSUME,
    GITHUB,
    HOST,
    ID,
    NO_JWT,
    NO_KEY,
    NO_PROVIDER,
    NOT_VALID,
    URL,
    claims_of,
    eve,
    made,
    part,
    refused,
    signed,
)


def test_a_token_identifies_its_subject() -> None:
    """With all that STS needs to know for the session."""
    _, main, issuer = made()
    token = issuer.token(
        "ana",
        principal_tags={"team": "sky", "Cost": ""},
        transitive_tag_keys=["team"],
        source_identity="ana@acme",
        groups=["staff"],
    )

    assert read_web_identity(main, token) == WebIdentity(
        principal=ARN,
        subject="ana",
        audience="star-maps",
        provider=ARN,
        context={f"{HOST}:aud": "star-maps", f"{HOST}:sub": "ana"},
        tags={"team": "sky", "Cost": ""},
        transitive_tag_keys=("team",),
        source_identity="ana@acme",
    )


@pytest.mark.parametrize("algorithm", TAKEN)
def test_every_algorithm_that_sts_takes_is_checked(algorithm: str) -> None:
    """Of RSA and of three curves; with another signature none is."""
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    if algorithm in curves:
        key: Any = ec.derive_private_key(7, curves[algorithm])
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    else:
        key = rsa_key(World(seed=1), f"oidc/{URL}/1")
        public = public_jwk(key, "RS256")
    published = {**public, "alg": algorithm, "kid": "one"}
    token = jwt.encode({"sub": "ana"}, key, algorithm, headers={"kid": "one"})

    assert verified(read_token(token), [published]) == {"sub": "ana"}
    other = jwt.encode({"sub": "eve"}, key, algorithm, headers={"kid": "one"})
    mixed = f"{token.rpartition('.')[0]}.{other.rpartition('.')[2]}"
    with pytest.raises(InvalidIdentityToken, match=NOT_VALID):
        verified(read_token(mixed), [published])


def test_a_path_belongs_to_the_issuer() -> None:
    """Two tenants of one host are two issuers."""
    world, main, issuer = made()
    tenant = create_issuer(world, f"{URL}/tenant")
    token = tenant.token("ana")

    assert refused(main, token).message == f"{NO_PROVIDER}{URL}/tenant"
    tenant.register(main)
    identity = read_web_identity(main, token)
    assert identity.context[f"{HOST}/tenant:sub"] == "ana"
    assert identity.principal == f"{ARN}/tenant"
    assert read_web_identity(main, issuer.token("ana", audience="star-maps")).principal == ARN


# -- attacks ---------------------------------------------------------------------------------------


def _tampered(issuer: OidcIssuer) -> str:
    header, _, signature = issuer.token("ana").split(".")
    return f"{header}.{part(claims_of(issuer, sub='admin'))}.{signature}"


def _other_header(issuer: OidcIssuer) -> str:
    header, claims, signature = issuer.token("ana").split(".")
    message = json.loads(base64.urlsafe_b64decode(header + "=="))
    return f"{part({**message, 'typ': 'JOSE'})}.{claims}.{signature}"


def _unsigned(issuer: OidcIssuer, algorithm: object, signature: str) -> str:
    kid = issuer.jwks()["keys"][0]["kid"]
    header = {"alg": algorithm, "kid": kid, "typ": "JWT"}
    return f"{part(header)}.{part(claims_of(issuer, sub='admin'))}.{signature}"


def _confused(issuer: OidcIssuer, secret: bytes) -> str:
    """Sign with what everybody knows, as if it were a shared secret."""
    kid = issuer.jwks()["keys"][0]["kid"]
    text = f"{part({'alg': 'HS256', 'kid': kid})}.{part(claims_of(issuer, sub='admin'))}"
    mac = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def _pem(issuer: OidcIssuer) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return issuer._key(1).public_key().public_bytes(serialization.Encoding.PEM, form)


def _jwk(issuer: OidcIssuer) -> bytes:
    return json.dumps(issuer.jwks()["keys"][0]).encode()


def _by_eve(issuer: OidcIssuer, *, iss: str = URL, **header: Any) -> str:
    """Sign with the attacker's own key."""
    claims = claims_of(issuer, sub="admin", iss=iss)
    return signed(claims, issuer, key=eve(issuer), **header)


def _rotated_twice(issuer: OidcIssuer) -> str:
    token = issuer.token("ana")
    issuer.rotate_keys()
    issuer.rotate_keys()
    return token


def _cut(issuer: OidcIssuer, *, end: int) -> str:
    return issuer.token("ana")[:-end]


def _swapped(issuer: OidcIssuer) -> str:
    first, second = issuer.token("ana"), issuer.token("eve")
    return f"{second.rpartition('.')[0]}.{first.rpartition('.')[2]}"


def _extended(issuer: OidcIssuer) -> str:
    """Demand an extension that changes nothing."""
    header = {"alg": "RS256", "kid": issuer.jwks()["keys"][0]["kid"], "crit": ["b64"], "b64": True}
    text = f"{part(header)}.{part(claims_of(issuer))}"
    made_by = jwt.get_algorithm_by_name("RS256").sign(text.encode(), issuer._key(1))
    return f"{text}.{base64.urlsafe_b64encode(made_by).rstrip(b'=').decode()}"


ATTACKS: dict[str, tuple[Callable[[OidcIssuer], str], str]] = {
    "another subject": (_tampered, NOT_VALID),
    "another header": (_other_header, NOT_VALID),
    "the signature of another token": (_swapped, NOT_VALID),
    "half a signature": (lambda i: _cut(i, end=174), NOT_VALID),
    "no signature": (lambda i: _cut(i, end=342), NO_JWT),
    "no signature and no dot": (lambda i: _cut(i, end=343), NO_JWT),
    "alg none": (lambda i: _unsigned(i, "none", ""), NO_JWT),
    "alg none with a signature": (lambda i: _unsigned(i, "none", "AAAA"), NO_JWT),
    "alg None": (lambda i: _unsigned(i, "None", "AAAA"), NO_JWT),
    "alg empty": (lambda i: _unsigned(i, "", "AAAA"), NO_JWT),
    "alg null": (lambda i: _unsigned(i, None, "AAAA"), NO_JWT),
    "alg a list": (lambda i: _unsigned(i, ["RS256"], "AAAA"), NO_JWT),
    "alg in small letters": (lambda i: _unsigned(i, "rs256", "AAAA"), NO_JWT),
    "the public key as a secret, in PEM": (lambda i: _confused(i, _pem(i)), NO_JWT),
    "the public key as a secret, as JWK": (lambda i: _confused(i, _jwk(i)), NO_JWT),
    "no secret at all": (lambda i: _confused(i, b""), NO_JWT),
    "another algorithm of the same key": (
        lambda i: signed(claims_of(i), i, alg="RS512"),
        NOT_VALID,
    ),
    "another padding of the same key": (lambda i: signed(claims_of(i), i, alg="PS256"), NO_JWT),
    "another kind of key": (
        lambda i: signed(
            claims_of(i), i, alg="ES384", key=ec.derive_private_key(7, ec.SECP384R1())
        ),
        NOT_VALID,
    ),
    "another key under the same id": (_by_eve, NOT_VALID),
    "another key under its own id": (
        lambda i: _by_eve(i, kid=public_jwk(eve(i), "RS256")["kid"]),
        NO_KEY,
    ),
    "an id that nobody has": (lambda i: signed(claims_of(i), i, kid="../../dev/null"), NO_KEY),
    "no id of a key": (lambda i: signed(claims_of(i), i, kid=None), NO_KEY),
    "a key of its own in the header": (
        lambda i: _by_eve(i, jwk=public_jwk(eve(i), "RS256")),
        NOT_VALID,
    ),
    "a key of its own in the header alone": (
        lambda i: _by_eve(i, jwk=public_jwk(eve(i), "RS256"), kid=None),
        NO_KEY,
    ),
    "the address of its own keys (jku)": (
        lambda i: _by_eve(i, jku="https://eve.example/jwks"),
        NOT_VALID,
    ),
    "the address of its own certificate (x5u)": (
        lambda i: _by_eve(i, x5u="https://eve.example/cert"),
        NOT_VALID,
    ),
    "its own certificate (x5c)": (lambda i: _by_eve(i, x5c=["MIIB"]), NOT_VALID),
    "an extension": (
        lambda i: signed(claims_of(i), i, crit=["exp"], exp=1),
        NOT_VALID,
    ),
    "an extension that PyJWT knows": (_extended, NOT_VALID),
    "an issuer that the account does not know": (
        lambda i: _by_eve(i, iss="https://eve.example"),
        f"{NO_PROVIDER}https://eve.example",
    ),
    "an issuer without https": (
        lambda i: signed(claims_of(i, iss=f"http://{HOST}"), i),
        f"{NO_PROVIDER}http://{HOST}",
    ),
    "an issuer without a scheme": (
        lambda i: signed(claims_of(i, iss=HOST), i),
        f"{NO_PROVIDER}{HOST}",
    ),
    "an issuer with a slash more": (
        lambda i: signed(claims_of(i, iss=f"{URL}/"), i),
        f"{NO_PROVIDER}{URL}/",
    ),
    "an issuer in capitals": (
        lambda i: signed(claims_of(i, iss="https://ID.acme.example"), i),
        f"{NO_PROVIDER}https://ID.acme.example",
    ),
    "an issuer with a user": (
        lambda i: signed(claims_of(i, iss=f"https://{HOST}@eve.example"), i),
        NO_PROVIDER,
    ),
    "several issuers": (lambda i: signed(claims_of(i, iss=[URL]), i), NOT_VALID),
    "no issuer": (lambda i: signed(claims_of(i, iss=...), i), "Missing a required claim: iss"),
    "another audience": (lambda i: i.token("ana", audience="moon"), "Incorrect token audience"),
    "another audience's letter case": (
        lambda i: i.token("ana", audience="Star-Maps"),
        "Incorrect token audience",
    ),
    "a key that was changed twice": (_rotated_twice, NO_KEY),
    "an encrypted token": (lambda i: f"{i.token('ana')}.AAAA.AAAA", NO_JWT),
    "padding": (lambda i: f"{i.token('ana')}==", NO_JWT),
    "a space before": (lambda i: f" {i.token('ana')}", NO_JWT),
    "a line end after": (lambda i: f"{i.token('ana')}\n", NO_JWT),
    "a claim twice": (
        lambda i: signed(json.dumps(claims_of(i))[:-1] + ', "sub": "admin"}', i),
        NO_JWT,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_gets_through(attack: str) -> None:
    """Each is refused with AWS's sentence, and none of them with a look at what it claims."""
    _, main, issuer = made()
    forge, message = ATTACKS[attack]

    error = refused(main, forge(issuer))

    assert isinstance(error, InvalidIdentityToken)
    assert message in error.message


def test_the_note_says_why_a_token_is_refused() -> None:
    """AWS's sentence says little, and learners need more."""
    _, main, issuer = made()
    notes = {
        "for these audiences (client ids): star-maps.": issuer.token("ana", audience="moon"),
        "for RS256 only": signed(claims_of(issuer), issuer, alg="RS512"),
        "it was changed": _tampered(issuer),
        f"for these issuers: {URL}.": _by_eve(issuer, iss="https://eve.example"),
    }
    for note, token in notes.items():
        assert note in refused(main, token).__notes__[0]


def test_a_header_that_brings_a_key_does_no_harm_to_a_good_token() -> None:
    """It is not looked at."""
    _, main, issuer = made()
    jwk = public_jwk(eve(issuer), "RS256")
    token = signed(claims_of(issuer), issuer, jwk=jwk, jku="https://eve.example", typ=None)

    assert read_web_identity(main, token).subject == "ana"


def test_an_account_takes_only_tokens_of_issuers_that_it_knows_itself() -> None:
    """What another account of the same world knows does not count, nor what was deleted."""
    world, main, issuer = made()
    token = issuer.token("ana")
    error = refused(world.account("other"), token)
    assert error.message == f"{NO_PROVIDER}{URL}"
    assert "for these issuers: none." in error.__notes__[0]

    main.oidc_providers[ARN].delete()

    assert refused(main, token).message == f"{NO_PROVIDER}{URL}"


def test_keys_may_be_changed_once_while_tokens_are_on_their_way() -> None:
    """The newest two keys are published."""
    _, main, issuer = made()
    old = issuer.token("ana")
    issuer.rotate_keys()
    new = issuer.token("bob")
    assert [read_web_identity(main, token).subject for token in (old, new)] == ["ana", "bob"]
    assert len({key["kid"] for key in issuer.jwks()["keys"]}) == 2

    issuer.rotate_keys()

    assert NO_KEY in refused(main, old).message
    assert read_web_identity(main, new).subject == "bob"
    assert len(issuer.jwks()["keys"]) == 2


def test_nobody_can_check_a_token_whose_issuer_does_not_answer() -> None:
    """Neither while its server is down, nor if there never was one at that address."""
    world, main, issuer = made()
    token = issuer.token("ana")
    issuer.is_online = False
    error = refused(main, token)
    assert isinstance(error, IDPCommunicationError)
    assert "could not be reached" in error.message
    assert "the server is down" in error.__notes__[0]

    issuer.is_online = True
    assert read_web_identity(main, token).subject == "ana"

    del world.oidc_issuers[URL]
    error = refused(main, token)
    assert isinstance(error, IDPCommunicationError)
    assert "nobody answers" in error.__notes__[0]


# -- times -----------------------------------------------------------------------------------------

TIMES: dict[str, tuple[dict[str, Any], type[AwsError] | None]] = {  # seconds from now
    "a second left": ({"exp": 1}, None),
    "over this very second": ({"exp": 0}, ExpiredTokenException),
    "over": ({"exp": -1}, ExpiredTokenException),
    "over and not yet made": ({"exp": -1, "iat": 1}, InvalidIdentityToken),
    "made now": ({"iat": 0}, None),
    "made long ago": ({"iat": -(10**6)}, None),
    "made in a second": ({"iat": 1}, InvalidIdentityToken),
    "valid from now on": ({"nbf": 0}, None),
    "valid from the next second on": ({"nbf": 1}, InvalidIdentityToken),
}


@pytest.mark.parametrize("case", TIMES)
def test_a_token_is_taken_within_its_time(case: str) -> None:
    """By the world's clock, to the second."""
    world, main, issuer = made()
    world.clock.advance(days=30_000)  # where no computer's clock is
    now = int(world.clock.now.timestamp())
    offsets, wanted = TIMES[case]
    token = signed(
        claims_of(issuer, **{name: now + offset for name, offset in offsets.items()}), issuer
    )

    if wanted is None:
        assert read_web_identity(main, token).subject == "ana"
    else:
        assert type(refused(main, token)) is wanted


def test_a_token_expires_with_the_worlds_clock() -> None:
    """The sentence says both times in seconds since 1970, as AWS does."""
    world, main, issuer = made()
    token = issuer.token("ana", lifetime_seconds=60)
    world.clock.advance(seconds=59)
    assert read_web_identity(main, token).subject == "ana"

    world.clock.advance(seconds=1)

    now = int(world.clock.now.timestamp())
    assert refused(main, token).message == (
        f"Token expired: current date/time {now} must be before the expiration date/time {now}"
    )


def test_the_last_second_of_time_is_a_time() -> None:
    """A token that never expires does so at the end of the year 9999."""
    _, main, issuer = made()
    token = signed(claims_of(issuer, exp=253_402_300_799), issuer)

    assert read_web_identity(main, token).subject == "ana"


# -- claims ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["iss", "sub", "aud", "exp", "iat"])
@pytest.mark.parametrize("value", [..., None, ""])
def test_five_claims_must_be_there(name: str, value: object) -> None:
    """Empty or null is not there."""
    _, main, issuer = made()

    error = refused(main, signed(claims_of(issuer, **{name: value}), issuer))

    assert type(error) is InvalidIdentityToken
    assert error.message == f"Missing a required claim: {name}"


WRONG: list[dict[str, Any]] = [
    {"sub": 7},
    {"sub": ["ana"]},
    {"sub": {"id": "ana"}},
    {"sub": True},
    {"sub": 0},
    {"aud": 7},
    {"aud": {"star-maps": 1}},
    {"aud": ["star-maps", 7]},
    {"aud": [["star-maps"]]},
    {"azp": 7},
    {"azp": ["star-maps"]},
    {"exp": "2030-01-01T00:00:00Z"},
    {"exp": "1893456000"},
    {"exp": 1893456000.5},
    {"exp": True},
    {"exp": [1893456000]},
    {"exp": 1893456000000},
    {"exp": 10**999},
    {"exp": -1},
    {"iat": 1.5},
    {"iat": -1},
    {"iat": False},
    {"nbf": "0"},
    {"nbf": 10**999},
    {"amr": "authenticated"},
    {"amr": ["authenticated", 1]},
    {"amr": None},
    {TAGS: ["team"]},
    {TAGS: None},
    {TAGS: "team"},
    {TAGS: {"principal_tags": ["team"]}},
    {TAGS: {"principal_tags": {"team": ["sky", "sea"]}}},
    {TAGS: {"principal_tags": {"team": []}}},
    {TAGS: {"principal_tags": {"team": 7}}},
    {TAGS: {"principal_tags": {"team": [7]}}},
    {TAGS: {"principal_tags": {"team": None}}},
    {TAGS: {"transitive_tag_keys": "team"}},
    {TAGS: {"transitive_tag_keys": [7]}},
    {TAGS: {"transitive_tag_keys": {"team": 1}}},
    {TAGS: {"principal_tags": {"team": "sky"}}, f"{TAGS}/principal_tags/team": "sea"},
    {f"{TAGS}/principal_tags/team": {"a": 1}},
    {f"{TAGS}/transitive_tag_keys": "team"},
    {SOURCE_IDENTITY: 7},
    {SOURCE_IDENTITY: None},
    {SOURCE_IDENTITY: ["ana"]},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_claim_of_the_wrong_kind_is_refused(wrong: dict[str, Any]) -> None:
    """Though the issuer has signed it."""
    _, main, issuer = made("ES384")

    error = refused(main, signed(claims_of(issuer, **wrong), issuer))

    assert type(error) is InvalidIdentityToken
    assert NOT_VALID in error.message
    assert error.__notes__


AUDIENCES: list[tuple[Any, Any, str | None]] = [  # aud, azp, the token's audience
    ("star-maps", ..., "star-maps"),
    (["star-maps"], ..., "star-maps"),
    (["moon", "web", "star-maps"], ..., "web"),
    (["moon", "sun"], ..., None),
    ("star-maps", "star-maps", "star-maps"),
    ("star-maps", "web", "web"),
    ("moon", "star-maps", "star-maps"),
    ("star-maps", "moon", None),
    (["star-maps", "web"], "moon", None),
    ("star-maps", None, "star-maps"),
    ("*", ..., None),
    ("", "star-maps", None),
    ([], "star-maps", None),
    ([""], "star-maps", None),
]


@pytest.mark.parametrize(("aud", "azp", "principal"), AUDIENCES)
def test_the_authorised_party_takes_the_place_of_the_audience(
    aud: Any, azp: Any, principal: str | None
) -> None:
    """Where it is set; one of several audiences is enough."""
    _, main, issuer = made("ES384")
    main.oidc_providers[ARN].add_client_id("web")
    token = signed(claims_of(issuer, aud=aud, azp=azp), issuer)

    if principal is None:
        refused(main, token)
    else:
        identity = read_web_identity(main, token)
        assert (identity.audience, identity.context[f"{HOST}:aud"]) == (principal, principal)


def test_a_provider_without_audiences_takes_no_token() -> None:
    """And the note says that it has none."""
    _, main, issuer = made()
    main.oidc_providers[ARN].remove_client_id("star-maps")

    error = refused(main, issuer.token("ana"))

    assert error.message == "Incorrect token audience"
    assert error.__notes__[0].endswith("(client ids): none.")


@pytest.mark.parametrize(
    "claims",
    [
        {TAGS: {"principal_tags": {"team": ["sky"]}, "transitive_tag_keys": ["team"], "more": 1}},
        {TAGS: {"principal_tags": {"team": "sky"}, "transitive_tag_keys": ["team", "team"]}},
        {f"{TAGS}/principal_tags/team": "sky", f"{TAGS}/transitive_tag_keys": ["team"]},
        {f"{TAGS}/principal_tags/team": ["sky"], TAGS: {"transitive_tag_keys": ["team"]}},
    ],
    ids=str,
)
def test_session_tags_are_in_one_claim_or_in_one_each(claims: dict[str, Any]) -> None:
    """The second way is for providers that cannot write objects."""
    _, main, issuer = made()

    identity = read_web_identity(main, issuer.token("ana", **claims))

    assert (identity.tags, identity.transitive_tag_keys) == ({"team": "sky"}, ("team",))


def test_a_policy_cannot_ask_about_claims_that_aws_does_not_list() -> None:
    """Of an issuer of one's own it can ask about the subject, the audience and the methods."""
    _, main, issuer = made()
    made_up = {"groups": "staff", "repository": "acme/star-maps", "aws:PrincipalTag/a": "b"}

    identity = read_web_identity(main, issuer.token("ana", amr=["pwd", "mfa"], **made_up))

    assert identity.context == {
        f"{HOST}:aud": "star-maps",
        f"{HOST}:sub": "ana",
        f"{HOST}:amr": ("pwd", "mfa"),
    }


def test_a_host_that_is_called_as_keys_of_aws_begin_gives_none_of_them() -> None:
    """Else a token could say what only AWS says."""
    world, main, _ = made("ES384")
    issuer = create_issuer(world, "https://sts", algorithm="ES384")
    issuer.register(main)

    identity = read_web_identity(main, issuer.token("ana", ExternalId="7", SourceIdentity="eve"))

    assert {*identity.context} == {"sts:aud", "sts:sub"}


# -- hostile text ----------------------------------------------------------------------------------

DEEP = "[" * 7_000 + "]" * 7_000

TWICE = '{"alg": "ES384", "alg": "none"}'

LONG = 20_000

HOSTILE: dict[str, Callable[[OidcIssuer], str]] = {
    "nothing": lambda _: "",
    "dots": lambda _: "." * LONG,
    "letters": lambda _: "A" * LONG,
    "letters and dots": lambda _: "A." * (LONG // 2),
    "a million letters": lambda _: "A" * 10**6,
    "a million dots": lambda _: "." * 10**6,
    "too long by a letter": lambda i: _long(i, LONG + 1),
    "no base64": lambda _: "!.?.*",
    "base64 with another alphabet": lambda i: i.token("ana").replace("e", "+"),
    "letters of the world": lambda _: "ä.ö.ü",
    "digits of the world": lambda i: i.token("ana").replace("0", "\u0660"),
    "half a letter": lambda _: "\ud800.\ud800.\ud800",
    "a zero byte": lambda i: f"{i.token('ana')}\0",
    "bytes that are no text": lambda i: f"{_header(i)}.gICA.AAAA",
    "a number": lambda i: f"{_header(i)}.{part('7')}.AAAA",
    "a list": lambda i: f"{_header(i)}.{part('[]')}.AAAA",
    "null": lambda i: f"{_header(i)}.{part('null')}.AAAA",
    "no JSON": lambda i: f"{_header(i)}.{part('{')}.AAAA",
    "NaN": lambda i: signed('{"iss": NaN}', i),
    "infinity": lambda i: signed('{"exp": Infinity}', i),
    "a number out of all bounds": lambda i: signed('{"exp": 1e999}', i),
    "a number of many digits": lambda i: signed('{"exp": ' + "9" * 9_000 + "}", i),
    "deep lists": lambda i: signed('{"a": ' + DEEP + "}", i),
    "deep lists without an end": lambda i: signed('{"a": ' + "[" * 14_000, i),
    "a deep audience": lambda i: signed(f'{{"iss": "{URL}", "aud": {DEEP}}}', i),
    "deep tags": lambda i: signed(json.dumps(claims_of(i))[:-1] + f', "{TAGS}": {DEEP}}}', i),
    "a deep tag": lambda i: signed(
        json.dumps(claims_of(i))[:-1] + f', "{TAGS}/principal_tags/a": {DEEP}}}', i
    ),
    "deep objects": lambda i: signed('{"a":' * 1_400 + "1" + "}" * 1_400, i),
    "a deep header": lambda _: f"{part(DEEP)}.{part('{}')}.AAAA",
    "a deep header without an end": lambda _: f"{part('[' * 14_000)}.{part('{}')}.AAAA",
    "a header that is a list": lambda i: f"{part('[]')}.{part(claims_of(i))}.AAAA",
    "a claim many times": lambda i: signed("{" + ",".join(['"a":1'] * 2_000) + "}", i),
    "a header twice": lambda i: f"{part(TWICE)}.{part(claims_of(i))}.AAAA",
    "half a letter as a subject": lambda i: signed(claims_of(i, sub="\ud800"), i),
    "half a letter as a key": lambda i: signed(claims_of(i, **{"\udfff": 1}), i),
    "a long issuer": lambda i: signed(claims_of(i, iss="https://" + "a" * 14_000), i),
    "many audiences": lambda i: signed(claims_of(i, aud=["a"] * 2_500), i),
}


def _header(issuer: OidcIssuer) -> str:
    return issuer.token("ana").partition(".")[0]


def _long(issuer: OidcIssuer, length: int) -> str:
    """Make a good token of a length, but for what four letters of base64 cannot hit."""
    filler = next(
        size
        for size in range(14_500, 15_000)
        if len(signed(claims_of(issuer, filler="a" * size), issuer)) >= length
    )
    return signed(claims_of(issuer, filler="a" * filler), issuer)


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_text_is_refused_at_once(case: str) -> None:
    """Whatever it is, and whoever has signed it."""
    _, main, issuer = made("ES384")
    token = HOSTILE[case](issuer)
    error = refused(main, token)

    assert isinstance(error, InvalidIdentityToken)
    assert len(error.message) < 2_500


def test_a_token_of_the_greatest_length_is_read() -> None:
    """With a filler that nobody needs, and letters of all the world."""
    _, main, issuer = made("ES384")
    token = signed(claims_of(issuer, sub="ана 星", filler="a" * 14_500), issuer)
    assert 19_000 < len(token) <= LONG

    assert read_web_identity(main, token).subject == "ана 星"


@lru_cache(maxsize=1)
def _good() -> tuple[Account, str]:
    """Make one good token, for all examples."""
    _, main, issuer = made("ES384")
    return main, issuer.token("ana")


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ é\n"


@settings(max_examples=tries(400))
@given(st.integers(0, 10**6), st.sampled_from(LETTERS))
def test_no_letter_of_a_token_can_be_changed(place: int, letter: str) -> None:
    """Not even the bits at the end of a part that stand for nothing."""
    main, token = _good()
    at = place % len(token)
    if token[at] == letter:
        return
    with pytest.raises(InvalidIdentityToken):
        read_web_identity(main, token[:at] + letter + token[at + 1 :])


def test_there_is_one_way_to_write_each_part_of_a_token() -> None:
    """Base64 has bits at the end that stand for nothing, and many readers do not look at them."""
    _, main, issuer = made()
    tokens = [issuer.token("a" * size) for size in range(1, 4)]  # so that every rest is there
    alike = [
        token[:at] + letter + token[at + 1 :]
        for token in tokens
        for at in (index - 1 for index, item in enumerate(f"{token}.") if item == ".")
        for letter in LETTERS[:64].replace(token[at], "")
        if _lenient(token[:at] + letter + token[at + 1 :]) == _lenient(token)
    ]
    assert len(alike) > 40

    for token in alike:
        error = refused(main, token)
        assert NO_JWT in error.message
        assert "isn't base64url" in error.__notes__[0]


def _lenient(token: str) -> list[bytes]:
    return [base64.urlsafe_b64decode(f"{item}===") for item in token.split(".")]


@given(st.one_of(st.text(), st.text("ey.AQ-_=", max_size=60), st.binary().map(str)))
def test_no_text_breaks_the_reader(text: str) -> None:
    """It is not a token, and refused."""
    with pytest.raises(InvalidIdentityToken):
        read_web_identity(_good()[0], text)


ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)

CLAIMS = ("sub", "aud", "azp", "exp", "iat", "nbf", "amr", "actor", "environment", "repository")

AWS_CLAIMS = (TAGS, SOURCE_IDENTITY, f"{TAGS}/principal_tags/a", f"{TAGS}/transitive_tag_keys")

TAGGED = st.dictionaries(st.sampled_from(["principal_tags", "transitive_tag_keys"]), ANY_JSON)


@lru_cache(maxsize=1)
def _github() -> tuple[Account, OidcIssuer]:
    world, main, _ = made("ES384")
    issuer = create_issuer(world, f"https://{GITHUB}", audience="star-maps", algorithm="ES384")
    issuer.register(main)
    return main, issuer


@settings(max_examples=tries(200))
@given(
    st.dictionaries(st.sampled_from(CLAIMS + AWS_CLAIMS), ANY_JSON, max_size=3),
    st.none() | TAGGED,
)
def test_whatever_an_issuer_signs_is_read_or_refused(
    claims: dict[str, Any], tags: dict[str, Any] | None
) -> None:
    """And what is read can be asked about."""
    main, issuer = _github()
    given_tags = {} if tags is None else {TAGS: tags}
    token = signed(claims_of(issuer, **claims, **({} if TAGS in claims else given_tags)), issuer)
    try:
        found = read_web_identity(main, token)
    except (InvalidIdentityToken, ExpiredTokenException):
        return

    Request(found.principal, ASSUME, f"arn:aws:iam::{ID}:role/deploy", context=found.context)
    texts = (*found.tags, *found.tags.values(), *found.transitive_tag_keys, found.subject)
    assert all(isinstance(text, str) for text in texts)
