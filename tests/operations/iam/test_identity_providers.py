"""Identity providers, SAML and OpenID Connect: what they give is read with care, and kept."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
)
from iamlab.model.providers import OpenIDConnectProvider, SAMLProvider, read
from iamlab.world.account import Account
from tests.effort import slow
from tests.model.world_contents import snapshot
from tests.operations.iam.key_material import PRIVATE_KEY, metadata
from tests.policy.documents import allow, document

ID = "111111111111"
SAML, OIDC = f"arn:aws:iam::{ID}:saml-provider", f"arn:aws:iam::{ID}:oidc-provider"
PRINT = "0123456789abcdefABCDEF0123456789abcdef01"
CENTER = "arn:aws:sso:::instance/ssoins-1111111111111111"
CONTEXT = {"SubjectSourceKey": "sub", "KeyDefinitionList": [{"SourceKey": "email"}]}
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@pytest.fixture
def main() -> Account:
    """An account with a provider of each kind."""
    account = World(seed=6).create_account("main", account_id=ID)
    account.create_saml_provider("corp", metadata(), tags={"team": "sky"})
    account.create_open_id_connect_provider(
        "https://token.example/path",
        client_id_list=["one", "two", "one"],
        thumbprint_list=[PRINT],
        tags={"team": "sky"},
    )
    return account


@pytest.fixture
def saml(main: Account) -> SAMLProvider:
    """The one that speaks SAML."""
    return main.saml_providers[f"{SAML}/corp"]


@pytest.fixture
def oidc(main: Account) -> OpenIDConnectProvider:
    """The one that speaks OpenID Connect."""
    return main.oidc_providers[f"{OIDC}/token.example/path"]


def ask(main: Account, operation: str, **sent: Any) -> dict[str, Any]:
    """Call as the root user, on the SAML provider or the other if none is named."""
    if "SAML" in operation:
        sent.setdefault("SAMLProviderArn", f"{SAML}/corp")
    else:
        sent.setdefault("OpenIDConnectProviderArn", f"{OIDC}/token.example/path")
    return main.call(operation, main.root_arn, **sent)


# -- SAML ----------------------------------------------------------------------------------------


def test_a_saml_provider_is_answered_as_aws_does(main: Account, saml: SAMLProvider) -> None:
    """With the document as it was given, and nothing that nobody settled."""
    found = ask(main, "GetSAMLProvider")
    assert found == {
        "SAMLProviderUUID": saml.unique_id,
        "SAMLMetadataDocument": metadata(),
        "CreateDate": NOW,
        "ValidUntil": NOW + timedelta(days=36_525),
        "Tags": [{"Key": "team", "Value": "sky"}],
        "AssertionEncryptionMode": "Allowed",
        "PrivateKeyList": [],
    }
    assert saml.unique_id.endswith("EXAMPLE")

    listed = main.call("ListSAMLProviders", main.root_arn)

    assert listed["SAMLProviderList"] == [
        {
            "Arn": saml.arn,
            "IsTrustedIdentityPropagationEnabled": False,
            "ValidUntil": NOW + timedelta(days=36_525),
            "CreateDate": NOW,
        }
    ]


def test_metadata_say_who_speaks_and_until_when(saml: SAMLProvider) -> None:
    """A new document takes the place of the one before."""
    assert saml.issuer == "https://idp.example/saml"

    saml.update(saml_metadata_document=metadata("urn:new", valid_until="2027-01-02T03:04:05Z"))

    assert (saml.issuer, saml.valid_until) == ("urn:new", datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC))


@pytest.mark.parametrize(
    "text", ["2027-01-02T03:04:05", "2027-01-02T04:04:05+01:00", "2027-01-02T03:04:05.000Z"]
)
def test_every_way_to_write_a_time_is_read(text: str) -> None:
    """Without a zone it is that of Greenwich."""
    found = read(metadata(valid_until=text), NOW)

    assert found.valid_until == datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


BOMB = '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
NO_METADATA = {
    "no XML": "x" * 1000,
    "a document type": metadata(before="<!DOCTYPE EntityDescriptor>"),
    "entities": metadata(before=BOMB, inside="&b;"),
    "an entity that is not declared": metadata(inside="&b;"),
    "no provider in it": metadata(inside="<SPSSODescriptor/>"),
    "no issuer": metadata(""),
    "another element": metadata().replace("EntityDescriptor", "Other"),
    "no namespace": metadata().replace(' xmlns="urn:oasis:names:tc:SAML:2.0:metadata"', ""),
    "a time that is none": metadata(valid_until="soon"),
    "a time out of time": metadata(valid_until="0001-01-01T00:00:00+23:59"),
    "a lone surrogate": metadata("\ud800"),
    "a control character": metadata("\0"),
    "cut off": metadata()[:1005],
    "nothing": " " * 1000,
}


@pytest.mark.parametrize("case", NO_METADATA)
def test_what_is_not_metadata_is_refused_with_the_reason(case: str) -> None:
    """The sentence is AWS's, the reason is below it."""
    with pytest.raises(InvalidInput) as caught:
        read(NO_METADATA[case], NOW)

    assert caught.value.message == "Could not parse metadata"
    assert caught.value.__notes__[0]


def test_a_byte_order_mark_and_another_encoding_do_not_matter() -> None:
    """The text was decoded already."""
    text = metadata().replace('version="1.0"', 'version="1.0" encoding="utf-16"')

    assert read("\ufeff" + text, NOW).issuer == "https://idp.example/saml"


@slow
def test_ten_million_characters_are_read() -> None:
    """The largest document that the API takes, with elements in elements."""
    deep = "<a>" * 500_000 + "</a>" * 500_000
    wide = "<b c='d'/>" * 600_000

    assert read(metadata(inside=f"<IDPSSODescriptor/>{wide}"), NOW).issuer
    assert read(metadata(inside=f"<IDPSSODescriptor/>{deep}"), NOW).issuer


@given(st.text(max_size=50), st.text(max_size=50))
def test_no_metadata_break_the_reader(before: str, inside: str) -> None:
    """Whatever text is in it, it is read or refused."""
    try:
        read(metadata(before=before, inside=f"<IDPSSODescriptor/>{inside}"), NOW)
    except InvalidInput as error:
        assert error.message == "Could not parse metadata"  # noqa: PT017 - it may be read as well


def test_private_keys_are_noted_and_never_kept(main: Account, saml: SAMLProvider) -> None:
    """Two at most; each has an id, by which it is taken away."""
    saml.update(add_private_key=PRIVATE_KEY, assertion_encryption_mode="Required")
    main.world.clock.advance(days=1)
    saml.update(add_private_key=PRIVATE_KEY)
    [first, second] = ask(main, "GetSAMLProvider")["PrivateKeyList"]
    assert (first["Timestamp"], second["Timestamp"]) == (NOW, NOW + timedelta(days=1))

    saml.update(remove_private_key=first["KeyId"])

    assert list(saml.private_keys) == [second["KeyId"]]
    secret = PRIVATE_KEY.split("\n")[1]
    events = json.dumps([event.to_dict() for event in main.world.events])
    assert secret not in events + repr(snapshot(main.world))


def test_a_key_may_come_with_the_provider(main: Account) -> None:
    """Then encryption can be required from the first day."""
    made = main.create_saml_provider(
        "other", metadata(), assertion_encryption_mode="Required", add_private_key=PRIVATE_KEY
    )

    assert len(made.private_keys) == 1
    assert made.assertion_encryption_mode == "Required"


# -- OpenID Connect ------------------------------------------------------------------------------


def test_an_oidc_provider_is_answered_as_aws_does(
    main: Account, oidc: OpenIDConnectProvider
) -> None:
    """Its address without https://; no audience twice."""
    assert oidc.url == "https://token.example/path"
    assert ask(main, "GetOpenIDConnectProvider") == {
        "Url": "token.example/path",
        "ClientIDList": ["one", "two"],
        "ThumbprintList": [PRINT],
        "CreateDate": NOW,
        "Tags": [{"Key": "team", "Value": "sky"}],
    }
    listed = main.call("ListOpenIDConnectProviders", main.root_arn)
    assert listed["OpenIDConnectProviderList"] == [
        {"Arn": oidc.arn, "IsTrustedIdentityPropagationEnabled": False}
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://token.actions.githubusercontent.com",
        "https://a.b-c.example/realms/x_y/v2.0",
        "https://tenant.example/",
        "https://a",
    ],
)
def test_an_arn_ends_with_the_url(url: str, main: Account) -> None:
    """Paths, and a slash at the end, are part of it."""
    made = main.create_open_id_connect_provider(url)

    assert made.arn == f"{OIDC}/{url.removeprefix('https://')}"
    assert (made.client_ids, made.thumbprints) == ([], [])


@pytest.mark.parametrize(
    "url",
    [
        "token.example",
        "http://token.example",
        "HTTPS://token.example",
        "https://",
        "https:///path",
        "https://token.example:8443",
        "https://user@token.example",
        "https://token.example?x=1",
        "https://token.example/a?x=1",
        "https://token.example/a#b",
        "https://token.example/a b",
        "https://-token.example",
        "https://tok\u00e9n.example",
        "https://token.example\n",
    ],
)
def test_what_is_not_a_url_of_a_provider_is_refused(url: str, main: Account) -> None:
    """It is https://, a host, and perhaps a path."""
    before = snapshot(main.world)

    with pytest.raises(ValidationError, match="Invalid Open ID Connect Provider URL"):
        main.create_open_id_connect_provider(url)

    assert snapshot(main.world) == before


def test_audiences_come_and_go_one_by_one(oidc: OpenIDConnectProvider) -> None:
    """To add one that is there, or take one that is not, is not a mistake."""
    oidc.add_client_id("three")
    oidc.add_client_id("one")
    oidc.remove_client_id("two")
    oidc.remove_client_id("none")

    assert oidc.client_ids == ["one", "three"]


def test_thumbprints_are_replaced_as_a_whole(oidc: OpenIDConnectProvider) -> None:
    """The list that is sent is the list that is kept."""
    oidc.update_thumbprint(["a" * 40, "b" * 40])

    assert oidc.thumbprints == ["a" * 40, "b" * 40]


# -- both ----------------------------------------------------------------------------------------


def test_a_provider_that_is_deleted_is_gone(
    main: Account, saml: SAMLProvider, oidc: OpenIDConnectProvider
) -> None:
    """AWS has a sentence of its own for each."""
    saml.delete()
    oidc.delete()

    sentences = []
    for operation in ("GetSAMLProvider", "GetOpenIDConnectProvider", "DeleteOpenIDConnectProvider"):
        with pytest.raises(NoSuchEntity) as caught:
            ask(main, operation)
        sentences.append(caught.value.message)

    assert sentences == [
        f"Manifest not found for arn {saml.arn}",
        f"OpenIDConnect Provider not found for arn {oidc.arn}",
        f"OpenId connect Provider {oidc.arn} cannot be found.",
    ]


def test_permission_for_a_provider_is_asked_by_its_arn(main: Account) -> None:
    """Also for one that is to be; a provider's tags count."""
    dana = main.create_user("dana")
    tied = {"StringEquals": {"aws:ResourceTag/team": "sky"}}
    dana.put_policy(
        "providers",
        document(
            allow("iam:Create*", [f"{SAML}/new", f"{OIDC}/new.example/a"]),
            allow("iam:Get*", [f"{SAML}/*", f"{OIDC}/*"], Condition=tied),
        ),
    )
    main.call("CreateSAMLProvider", dana, Name="new", SAMLMetadataDocument=metadata())
    main.call("CreateOpenIDConnectProvider", dana, Url="https://new.example/a")
    main.call("GetSAMLProvider", dana, SAMLProviderArn=f"{SAML}/corp")

    for operation, sent, resource in (
        ("CreateOpenIDConnectProvider", {"Url": "https://no.example"}, f"{OIDC}/no.example"),
        ("GetSAMLProvider", {"SAMLProviderArn": f"{SAML}/new"}, f"{SAML}/new"),
        ("GetSAMLProvider", {"SAMLProviderArn": f"{SAML}/none"}, f"{SAML}/none"),
        ("ListSAMLProviders", {}, f"{SAML}/"),
    ):
        with pytest.raises(AccessDenied) as refused:
            main.call(operation, dana, **sent)
        assert f"on resource: {resource} because" in refused.value.message


@pytest.mark.parametrize("kind", ["SAMLProvider", "OpenIDConnectProvider"])
def test_identity_propagation_is_settled_in_order(kind: str, main: Account) -> None:
    """First the context, then the center; away in the other order."""
    ask(main, f"Update{kind}", ContextProvider=CONTEXT)
    ask(main, f"Update{kind}", IdentityCenterInstanceArn=CENTER)
    found = ask(main, f"Get{kind}")
    assert (found["ContextProvider"], found["IdentityCenterInstanceArn"]) == (CONTEXT, CENTER)
    [listed] = main.call(f"List{kind}s", main.root_arn)[f"{kind}List"]
    assert listed["IsTrustedIdentityPropagationEnabled"]

    ask(main, f"Update{kind}", RemoveIdentityCenterInstance=True)
    ask(main, f"Update{kind}", RemoveContextProvider=True)

    found = ask(main, f"Get{kind}")
    assert not {"ContextProvider", "IdentityCenterInstanceArn"} & set(found)


def test_what_is_answered_is_not_what_is_kept(main: Account, oidc: OpenIDConnectProvider) -> None:
    """Who changes an answer, or what was sent, changes nothing here."""
    sent = json.loads(json.dumps(CONTEXT))
    ask(main, "UpdateOpenIDConnectProvider", ContextProvider=sent)
    sent["KeyDefinitionList"].clear()
    found = ask(main, "GetOpenIDConnectProvider")
    found["ClientIDList"].clear()
    found["ContextProvider"]["KeyDefinitionList"].clear()

    assert ask(main, "GetOpenIDConnectProvider")["ContextProvider"] == CONTEXT
    assert oidc.client_ids == ["one", "two"]


def test_a_copy_of_the_world_has_providers_of_its_own(main: Account) -> None:
    """What changes in one is not seen in the other."""
    before = snapshot(main.world)
    twin = main.world.copy().accounts[ID]

    twin.saml_providers[f"{SAML}/corp"].update(add_private_key=PRIVATE_KEY)
    twin.oidc_providers[f"{OIDC}/token.example/path"].add_client_id("three")
    twin.saml_providers[f"{SAML}/corp"].tag({"new": "1"})

    assert snapshot(main.world) == before


def test_tags_of_providers_are_listed_by_key(main: Account, saml: SAMLProvider) -> None:
    """Set, taken away, and listed."""
    saml.tag({"b": "2", "a": "1"})
    saml.untag(["team"])

    listed = ask(main, "ListSAMLProviderTags")

    assert listed["Tags"] == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]


def _both(main: Account, **sent: Any) -> dict[str, Any]:
    return ask(main, "UpdateOpenIDConnectProvider", **sent)


def _full(main: Account) -> OpenIDConnectProvider:
    ids = [str(number) for number in range(100)]
    return main.create_open_id_connect_provider("https://full.example", client_id_list=ids)


REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "a name twice": (
        lambda a: a.create_saml_provider("CORP", metadata()),
        EntityAlreadyExists,
        "Provider with name CORP already exists.",
    ),
    "too short": (
        lambda a: a.create_saml_provider("new", "x" * 999),
        ValidationError,
        "greater than or equal to 1000",
    ),
    "no metadata": (
        lambda a: a.create_saml_provider("new", "x" * 1000),
        InvalidInput,
        "Could not parse metadata",
    ),
    "no metadata later": (
        lambda a: ask(a, "UpdateSAMLProvider", SAMLMetadataDocument="x" * 1000),
        InvalidInput,
        "Could not parse metadata",
    ),
    "no key": (
        lambda a: ask(a, "UpdateSAMLProvider", AddPrivateKey="key"),
        InvalidInput,
        "it is no private key in PEM form.",
    ),
    "no such key": (
        lambda a: ask(a, "UpdateSAMLProvider", RemovePrivateKey="A" * 22),
        NoSuchEntity,
        f"Private key {'A' * 22} cannot be found.",
    ),
    "encrypted, and no key": (
        lambda a: ask(a, "UpdateSAMLProvider", AssertionEncryptionMode="Required"),
        InvalidInput,
        "only with a private key",
    ),
    "no ARN of a SAML provider": (
        lambda a: ask(a, "GetSAMLProvider", SAMLProviderArn=f"{OIDC}/token.example/path"),
        InvalidInput,
        f"ARN {OIDC}/token.example/path is not valid.",
    ),
    "no ARN of an OIDC provider": (
        lambda a: ask(a, "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=f"{SAML}/corp"),
        InvalidInput,
        f"ARN {SAML}/corp is not valid.",
    ),
    "a URL twice": (
        lambda a: a.create_open_id_connect_provider("https://TOKEN.example/path"),
        EntityAlreadyExists,
        "Provider with url https://TOKEN.example/path already exists.",
    ),
    "six thumbprints": (
        lambda a: ask(a, "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=[PRINT] * 6),
        InvalidInput,
        "Thumbprint list must contain fewer than 5 entries.",
    ),
    "no thumbprint": (
        lambda a: ask(a, "UpdateOpenIDConnectProviderThumbprint", ThumbprintList=["g" * 40]),
        InvalidInput,
        "is not 40 hexadecimal digits",
    ),
    "a center without a context": (
        lambda a: a.call(
            "CreateOpenIDConnectProvider",
            a.root_arn,
            Url="https://new.example",
            IdentityCenterInstanceArn=CENTER,
        ),
        InvalidInput,
        "IdentityCenterInstanceArn needs ContextProvider.",
    ),
    "a center without a context later": (
        lambda a: _both(a, IdentityCenterInstanceArn=CENTER),
        InvalidInput,
        "IdentityCenterInstanceArn needs ContextProvider.",
    ),
    "set and removed": (
        lambda a: _both(a, ContextProvider=CONTEXT, RemoveContextProvider=True),
        InvalidInput,
        "cannot be used together",
    ),
    "two at a time": (
        lambda a: _both(a, ContextProvider=CONTEXT, IdentityCenterInstanceArn=CENTER),
        InvalidInput,
        "in a request of its own",
    ),
    "context and metadata": (
        lambda a: ask(
            a, "UpdateSAMLProvider", ContextProvider=CONTEXT, SAMLMetadataDocument=metadata()
        ),
        InvalidInput,
        "in a request of its own",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_changes_nothing(case: str, main: Account) -> None:
    """Not even an id is used up."""
    operation, error, message = REFUSALS[case]
    before = snapshot(main.world)

    with pytest.raises(error) as caught:
        operation(main)

    assert message in caught.value.message
    assert snapshot(main.world) == before


def test_a_context_stays_while_a_center_is_tied_to_it(main: Account) -> None:
    """The center goes first."""
    _both(main, ContextProvider=CONTEXT)
    _both(main, IdentityCenterInstanceArn=CENTER)

    with pytest.raises(InvalidInput, match="association first"):
        _both(main, RemoveContextProvider=True)


def test_there_is_an_end_of_everything(main: Account, saml: SAMLProvider) -> None:
    """Of providers, audiences, and keys."""
    full = _full(main)
    main.quotas.update(SAMLProviders=1, OpenIDConnectProviders=2)
    saml.update(add_private_key=PRIVATE_KEY)
    saml.update(add_private_key=PRIVATE_KEY)
    cases: dict[str, Callable[[], Any]] = {
        "SAMLProvidersPerAccount: 1": lambda: main.create_saml_provider("new", metadata()),
        "OpenIDConnectProvidersPerAccount: 2": lambda: main.create_open_id_connect_provider(
            "https://new.example"
        ),
        "ClientIdsPerOpenIdConnectProvider: 100": lambda: full.add_client_id("more"),
        "PrivateKeysPerSAMLProvider: 2": lambda: saml.update(add_private_key=PRIVATE_KEY),
    }
    before = snapshot(main.world)
    for quota, operation in cases.items():
        with pytest.raises(LimitExceeded, match=f"Cannot exceed quota for {quota}"):
            operation()

    assert snapshot(main.world) == before
