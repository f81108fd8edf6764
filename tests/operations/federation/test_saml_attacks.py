"""What an attacker does to SAML responses, and that none of it works.

The message goes through the attacker's own browser, so that he may change every byte of it. What
he does not have is the key of the identity provider.
"""

import copy
from base64 import b64encode
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree
from signxml.verifier import VerifyResult, XMLVerifier

from iamlab.errors import AwsError
from iamlab.errors.sts import InvalidIdentityToken
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation import signatures as saml_signature
from iamlab.operations.federation.saml_xml import INVALID
from iamlab.operations.federation.signatures import (
    certificate_of,
    rsa_key,
    signed_assertion,
    signing_certificates,
)
from tests.effort import tries
from tests.operations.federation import saml_responses as forge
from tests.operations.federation.saml_responses import (
    ADMIN,
    PROVIDER,
    WRAPPED,
    Scene,
    attribute,
    mark,
    say,
)

SIGNATURE = "Response signature invalid"
BASE64 = "Invalid base64 SAMLResponse"
IN_ASSERTION = "saml:Assertion/ds:Signature"


@pytest.fixture
def scene() -> Scene:
    """An account that trusts a directory."""
    return forge.made()


def refused(scene: Scene, assertion: str, message: str = SIGNATURE) -> str:
    """Check that an assertion is refused with a sentence, and give the notes."""
    with pytest.raises(InvalidIdentityToken) as caught:
        scene.read(assertion)

    assert caught.value.message == message
    return "\n".join(caught.value.__notes__)


# -- Changing what was signed -------------------------------------------------------------------

TAMPERED: dict[str, forge.Edit] = {
    "another role": attribute(names.ROLE, f"{ADMIN},{PROVIDER}"),
    "one more role": lambda root: root.find(f".//{names.tag('saml:AttributeStatement')}").append(
        _attribute(names.ROLE, f"{ADMIN},{PROVIDER}")
    ),
    "another subject": say("saml:Assertion/saml:Subject/saml:NameID", "root"),
    "another session name": attribute(names.ROLE_SESSION_NAME, "root"),
    "a tag": attribute(f"{names.PRINCIPAL_TAG}admin", "true"),
    "a longer life": mark("saml:Assertion/saml:Conditions", NotOnOrAfter="2036-01-01T00:00:00Z"),
    "a later issue": mark("saml:Assertion", IssueInstant="2026-11-25T08:59:59Z"),
    "another id": mark("saml:Assertion", ID="_other"),
    "a space": say("saml:Assertion/saml:Subject/saml:NameID", " ana"),
}


def _attribute(name: str, value: str) -> Any:
    element = etree.Element(names.tag("saml:Attribute"), Name=name)
    etree.SubElement(element, names.tag("saml:AttributeValue")).text = value
    return element


@pytest.mark.parametrize("case", TAMPERED)
def test_what_was_signed_cannot_be_changed(scene: Scene, case: str) -> None:
    """Not by a space."""
    assert "isn't valid" in refused(scene, scene.forged(TAMPERED[case]))


UNSIGNED: dict[str, forge.Edit] = {
    "taken out": forge.drop(IN_ASSERTION),
    "emptied": lambda root: forge.find(root, IN_ASSERTION).clear(),
    "without a value": say(f"{IN_ASSERTION}/ds:SignatureValue", ""),
    "of one byte": say(f"{IN_ASSERTION}/ds:SignatureValue", "AA=="),
    "without a reference": forge.drop(f"{IN_ASSERTION}/ds:SignedInfo/ds:Reference"),
    "twice": forge.double(IN_ASSERTION),
    "elsewhere": lambda root: root.append(forge.find(root, IN_ASSERTION)),
    "in the subject": lambda root: forge.find(root, "saml:Assertion/saml:Subject").append(
        forge.find(root, IN_ASSERTION)
    ),
    "for everything": mark(f"{IN_ASSERTION}/ds:SignedInfo/ds:Reference", URI=""),
    "for a page of the web": mark(
        f"{IN_ASSERTION}/ds:SignedInfo/ds:Reference", URI="https://evil.example/"
    ),
    "for a file": mark(f"{IN_ASSERTION}/ds:SignedInfo/ds:Reference", URI="file:///etc/passwd"),
    "changed by a style sheet": mark(
        f"{IN_ASSERTION}/ds:SignedInfo/ds:Reference/ds:Transforms/ds:Transform[2]",
        Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116",
    ),
    "by no method": mark(f"{IN_ASSERTION}/ds:SignedInfo/ds:SignatureMethod", Algorithm="urn:none"),
}


@pytest.mark.parametrize("case", UNSIGNED)
def test_there_must_be_a_signature_in_its_place(scene: Scene, case: str) -> None:
    """One, whole, and for the assertion that it is in."""
    refused(scene, scene.forged(UNSIGNED[case]))


def test_two_signatures_must_both_be_right(scene: Scene) -> None:
    """That of the response does not make up for a wrong one in the assertion, nor the other way."""
    both = forge.signed_by(scene, forge.decoded(scene.sign_in()), place="both")
    for path in ("ds:Signature", IN_ASSERTION):
        root = copy.deepcopy(both)
        value = forge.find(root, f"{path}/ds:SignatureValue")
        value.text = value.text[:9] + value.text[9:].replace("A", "B")
        refused(scene, forge.encoded(root))


# -- Signing with something else ----------------------------------------------------------------


def _mallory(scene: Scene) -> Any:
    return certificate_of(rsa_key(scene.world, "mallory"), "ADFS Signing", 1)


def _public_key(scene: Scene) -> bytes:
    key = scene.directory.certificate().public_key()
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


SIGNED: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "another key": lambda _: {"whose": "mallory"},
    "another key, its own certificate enclosed": lambda scene: {
        "whose": "mallory",
        "show": [_mallory(scene)],
    },
    "another key, enclosed as a bare key": lambda _: {
        "whose": "mallory",
        "show": (),
        "key_value": True,
    },
    "the next key": lambda scene: {"key": scene.directory._key(2)},
    "the certificate's text as a shared secret": lambda scene: {
        "key": _public_key(scene),
        "method": "HMAC_SHA256",
        "show": (),
    },
    "the right key, with SHA-1": lambda _: {"method": "RSA_SHA1"},
    "the right key, with a digest of SHA-1": lambda _: {"digest": "SHA1"},
    "the right key, with SHA-1 for both": lambda _: {"method": "RSA_SHA1", "digest": "SHA1"},
    "the right key, with SHA-224": lambda _: {"method": "RSA_SHA224"},
    "the right key, with a digest of SHA-224": lambda _: {"digest": "SHA224"},
    "the right key, another one enclosed beside": lambda scene: {
        "show": [scene.directory.certificate()],
        "whose": "mallory",
        "key_value": True,
    },
}


@pytest.mark.parametrize("place", ["assertion", "response"])
@pytest.mark.parametrize("case", SIGNED)
def test_only_the_key_of_the_metadata_counts(scene: Scene, case: str, place: str) -> None:
    """Whatever the message says of keys is not looked at; and SHA-1 is no longer good."""
    sign = {**SIGNED[case](scene), "place": place}

    refused(scene, scene.resigned(forge.evil_response, sign=sign))


def test_what_is_signed_must_be_xml(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signature may cover any bytes; of others there is nothing to read."""
    monkeypatch.setattr(
        XMLVerifier, "verify", lambda *_, **__: VerifyResult(b"x", None, etree.Element("s"), b"")
    )

    assert "isn't XML" in refused(scene, scene.sign_in())


# -- Signature wrapping -------------------------------------------------------------------------


def _deceived(root: Any, certificate: Any) -> bool:
    """Return whether a careless reader is deceived: it trusts the signature, and reads another."""
    XMLVerifier().verify(root, x509_cert=certificate, id_attribute="ID", validate_schema=False)
    subjects = root.iterfind(".//saml:Assertion/saml:Subject/saml:NameID", names.NAMESPACES)
    return "root" in [subject.text for subject in subjects]


@pytest.mark.parametrize("how", WRAPPED)
def test_a_wrapped_signature_deceives_nobody(scene: Scene, how: str) -> None:
    """Though a reader who only asks whether there is a good signature would be deceived."""
    root = forge.wrapped(scene, how)
    assert _deceived(root, scene.directory.certificate())

    refused(scene, forge.encoded(root))


ONE_LOCK_LESS = {
    **dict.fromkeys(("XSW5", "XSW8"), "the signature in the saml:Assertion is for"),
    **dict.fromkeys(("XSW3", "XSW4"), "neither the response nor its assertion is signed"),
    **dict.fromkeys(("XSW1", "XSW6"), "DocumentInvalid"),  # no such element in a signature
    "XSW2": "the signature in the samlp:Response is for",
    "XSW7": "",  # the genuine one is read
}


@pytest.mark.parametrize("how", WRAPPED)
def test_wrapping_is_refused_even_if_nobody_counts_assertions(
    scene: Scene, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is a second lock: what the signature covers must be what holds it."""
    first = names.tag("saml:Assertion")
    monkeypatch.setattr(saml_signature, "_only_assertion", lambda root: root.find(first))
    certificates = signing_certificates(scene.provider.metadata)
    root = forge.wrapped(scene, how)
    if not ONE_LOCK_LESS[how]:
        found = signed_assertion(root, certificates)
        assert forge.find(found, "saml:Subject/saml:NameID").text == "ana"
        return

    with pytest.raises(ValueError, match=ONE_LOCK_LESS[how]):
        signed_assertion(root, certificates)


@pytest.mark.parametrize("how", WRAPPED)
def test_a_wrapped_signature_with_the_same_id_deceives_nobody(scene: Scene, how: str) -> None:
    """Two elements of one ID: it is not clear what is signed."""
    root = forge.wrapped(scene, how)
    genuine = next(item for item in root.iter() if item.get("ID") not in (None, "_evil"))
    for entry in root.iter():
        if entry.get("ID") == "_evil":
            entry.set("ID", genuine.get("ID"))

    refused(scene, forge.encoded(root))


@pytest.mark.parametrize("name", ["Id", "id", "{http://www.w3.org/XML/1998/namespace}id"])
def test_only_the_attribute_id_of_saml_names_what_is_signed(scene: Scene, name: str) -> None:
    """Another attribute of that value, somewhere else, isn't another name."""

    def edit(root: Any) -> None:
        genuine = forge.find(root, "saml:Assertion")
        extensions = etree.SubElement(root, names.tag("samlp:Extensions"))
        extensions.set(name, genuine.get("ID"))

    assert scene.read(scene.forged(edit)).subject == "ana"


COVERED = {
    "by the response, for its assertion": (".", "saml:Assertion"),
    "by the assertion, for its response": ("saml:Assertion", "."),
}


@pytest.mark.parametrize("case", COVERED)
def test_a_signature_is_for_what_holds_it(scene: Scene, case: str) -> None:
    """As the standard demands, even of a genuine one."""
    place, covers = COVERED[case]
    sign = {"place": place, "covers": covers}

    assert "is for another element" in refused(scene, scene.resigned(forge.nothing, sign=sign))


def _signed_elsewhere(scene: Scene, kind: str) -> Any:
    """Return what the directory signed for another purpose: metadata, or that somebody failed."""
    root = forge.decoded(scene.sign_in())
    if kind == "metadata":
        root.remove(forge.find(root, "saml:Assertion"))
        root.tag = names.tag("md:EntityDescriptor")
    else:
        forge.drop("saml:Assertion")(root)
        mark("samlp:Status/samlp:StatusCode", Value="urn:failed")(root)
    root.set("ID", "_elsewhere")
    return forge.signed_by(scene, root, place="response")


@pytest.mark.parametrize("path", [".", "saml:Assertion"])
@pytest.mark.parametrize("kind", ["metadata", "a failure"])
def test_a_signature_for_something_else_lets_nobody_in(scene: Scene, kind: str, path: str) -> None:
    """It is genuine, and what it covers is there: only it is not the assertion."""
    elsewhere = _signed_elsewhere(scene, kind)

    def edit(root: Any) -> None:
        forge.evil_response(root)
        forge.drop(IN_ASSERTION)(root)
        signature = forge.find(elsewhere, "ds:Signature")
        elsewhere.remove(signature)
        forge.find(root, path).insert(1, signature)
        etree.SubElement(signature, names.tag("ds:Object")).append(elsewhere)

    text = scene.forged(edit)
    XMLVerifier().verify(  # it is a good signature
        forge.decoded(text), x509_cert=scene.directory.certificate(), id_attribute="ID"
    )

    assert "is for another element" in refused(scene, text)


def _second(root: Any) -> None:
    genuine = forge.find(root, "saml:Assertion")
    genuine.addnext(copy.deepcopy(genuine))


def test_a_response_with_two_assertions_is_refused(scene: Scene) -> None:
    """Even if the identity provider signed all of it."""
    refused(scene, scene.forged(_second))
    refused(scene, scene.resigned(_twins, sign={"place": "response"}))


def _twins(root: Any) -> None:
    _second(root)
    root.findall("saml:Assertion", names.NAMESPACES)[1].set("ID", "_second")


def test_a_response_without_assertion_is_refused(scene: Scene) -> None:
    """Even if it is signed."""
    refused(scene, scene.resigned(forge.drop("saml:Assertion"), sign={"place": "response"}))


def test_an_assertion_deep_in_the_response_is_refused(scene: Scene) -> None:
    """It is directly in the response, or nowhere."""

    def edit(root: Any) -> None:
        genuine = forge.find(root, "saml:Assertion")
        etree.SubElement(root, names.tag("samlp:Extensions")).append(genuine)

    refused(scene, scene.forged(edit))


@pytest.mark.parametrize(
    "make", [lambda root: forge.find(root, "saml:Assertion"), lambda _: "<a/>"]
)
def test_what_is_not_a_response_is_refused(scene: Scene, make: Callable[[Any], Any]) -> None:
    """An assertion alone, or any other document."""
    found = make(forge.decoded(scene.sign_in()))
    text = found.encode() if isinstance(found, str) else found

    assert "must be a Response" in refused(scene, forge.encoded(text), INVALID)


# -- The text in two parts ----------------------------------------------------------------------


def _split(root: Any) -> None:
    """Put a comment into the subject, where canonical XML leaves it out."""
    subject = forge.find(root, "saml:Assertion/saml:Subject/saml:NameID")
    whole, subject.text = subject.text, "root@acme.example"
    comment = etree.Comment("")
    comment.tail = whole.removeprefix(subject.text)
    subject.append(comment)


def test_a_comment_does_not_cut_a_name(scene: Scene) -> None:
    """The signature stays good, and a careless reader sees root@acme.example."""
    scene.directory.add_user("root@acme.example.evil.example", groups=["astronomers"])
    genuine = scene.directory.sign_in("root@acme.example.evil.example")
    root = forge.edited(genuine, _split)
    path = "saml:Assertion/saml:Subject/saml:NameID"
    assert forge.find(root, path).text == "root@acme.example"

    assert scene.read(forge.encoded(root)).subject == "root@acme.example.evil.example"


CUTS = {
    "comment": etree.Comment("x"),
    "instruction": etree.ProcessingInstruction("x", "y"),
    "element": etree.Element("x"),
}


@pytest.mark.parametrize(
    "path",
    [
        "saml:Assertion/saml:Subject/saml:NameID",
        "saml:Assertion/saml:Conditions/saml:AudienceRestriction/saml:Audience",
        "saml:Assertion/saml:AttributeStatement/saml:Attribute[1]/saml:AttributeValue",
    ],
)
@pytest.mark.parametrize("what", CUTS)
def test_a_name_in_parts_is_refused_even_if_it_was_signed_so(
    scene: Scene, what: str, path: str
) -> None:
    """Where comments are signed too, or something else is in the text."""

    def edit(root: Any) -> None:
        forge.find(root, path).append(copy.deepcopy(CUTS[what]))

    sign = {"c14n": f"{forge.EXCLUSIVE}WithComments"}

    assert "contains a comment or an element" in refused(
        scene, scene.resigned(edit, sign=sign), INVALID
    )


def test_an_issuer_in_parts_is_not_an_issuer(scene: Scene) -> None:
    """It is looked at before the signature."""

    def edit(root: Any) -> None:
        forge.find(root, "saml:Assertion/saml:Issuer").append(etree.Comment("x"))

    refused(scene, scene.forged(edit), "Issuer not present in specified provider")


def test_character_data_is_text(scene: Scene) -> None:
    """Written another way, it is the same."""
    raw = etree.tostring(forge.decoded(scene.sign_in()))
    other = raw.replace(b">ana<", b"><![CDATA[an]]>&#97;<")
    assert other != raw

    assert scene.read(forge.encoded(other)).subject == "ana"


# -- XML against its reader ---------------------------------------------------------------------

LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "lol">'
    + "".join(f'<!ENTITY {item} "{f"&{before};" * 10}">' for before, item in pairwise("abcdefghi"))
    + "]>"
)

DOCTYPES = {
    "billion laughs": LAUGHS,
    "quadratic": f'<!DOCTYPE a [<!ENTITY i "{"A" * 20_000}">]>',
    "a file": '<!DOCTYPE a [<!ENTITY i SYSTEM "file:///etc/passwd">]>',
    "a page": '<!DOCTYPE a [<!ENTITY i SYSTEM "http://127.0.0.1:1/">]>',
    "parameters": '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
    "another document": '<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd">',
    "a public one": '<!DOCTYPE a PUBLIC "-//A//B//EN" "http://127.0.0.1:1/a.dtd">',
    "attributes by default": '<!DOCTYPE a [<!ATTLIST a ID CDATA "x">]>',
    "nothing at all": "<!DOCTYPE a>",
}


@pytest.mark.parametrize("case", DOCTYPES)
def test_a_document_type_is_refused_before_it_is_read(scene: Scene, case: str) -> None:
    """So there are no entities that grow, and none that name a file."""
    text = etree.tostring(forge.decoded(scene.sign_in()), encoding="unicode")
    text = DOCTYPES[case] + text.replace(">ana<", ">&i;<")

    assert "it has a document type" in refused(scene, forge.encoded(text.encode()), INVALID)


def test_no_file_of_the_reader_is_reported(scene: Scene, tmp_path: Path) -> None:
    """Not in the answer, nor in a note."""
    (tmp_path / "secret").write_text("the secret")
    where = (tmp_path / "secret").as_uri()
    text = f'<!DOCTYPE a [<!ENTITY i SYSTEM "{where}">]><a>&i;</a>'

    assert "the secret" not in refused(scene, forge.encoded(text.encode()), INVALID)


BROKEN: dict[str, bytes] = {
    "nothing": b"",
    "text": b"no XML",
    "half": b"<samlp:Response",
    "an unknown entity": b"<a>&i;</a>",
    "an unknown prefix": b"<samlp:Response/>",
    "a zero byte": b"<a>\0</a>",
    "no UTF-8": b"<a>\xff</a>",
    "UTF-16": '<?xml version="1.0" encoding="UTF-16"?><a/>'.encode("utf-16"),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
    "two documents": b"<a/><a/>",
    "an attribute twice": b'<a b="1" b="2"/>',
    "too deep": b"<a>" * 51 + b"</a>" * 51,
    "very deep": b"<a>" * 10_000,
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_is_not_xml_is_refused(scene: Scene, case: str) -> None:
    """Whatever it is, the answer is AWS's."""
    assert "can't be read" in refused(scene, forge.encoded(BROKEN[case]), INVALID)


def test_xml_that_is_wide_is_read_fast(scene: Scene) -> None:
    """Thousands of names and elements, as many as there is room for."""
    prefixes = "".join(f' xmlns:a{n}="u{n}"' for n in range(1500))
    text = f'<samlp:Response xmlns:samlp="{names.NAMESPACES["samlp"]}"{prefixes}>'
    text += "<a/>" * 8000 + "</samlp:Response>"

    refused(scene, forge.encoded(text.encode()))


@pytest.mark.parametrize("text", ["%%%", "PHg", "añá=", "PHg+\0", "PHg%2B", "<a/>", "data:PHg+"])
def test_what_is_not_base64_is_refused(scene: Scene, text: str) -> None:
    """A text that was copied from a URL is a common mistake, and told so."""
    assert ("URL-encoded" in refused(scene, text, BASE64)) == ("%" in text)


# -- Laws ---------------------------------------------------------------------------------------


@settings(max_examples=tries(60))
@given(place=st.integers(min_value=0), byte=st.integers(min_value=0, max_value=255))
@example(place=0, byte=0)
def test_no_changed_byte_makes_somebody_else(place: int, byte: int) -> None:
    """Either it is refused, in AWS's words, or it says the same as before."""
    scene = forge.made()
    genuine = scene.sign_in()
    raw = bytearray(etree.tostring(forge.decoded(genuine)))
    raw[place % len(raw)] = byte

    try:
        found = scene.read(forge.encoded(bytes(raw)))
    except AwsError:
        return
    assert found == scene.read(genuine)


@settings(max_examples=tries(60))
@given(st.one_of(st.text(), st.binary().map(lambda raw: b64encode(raw).decode())))
def test_no_text_crashes_the_reader(text: str) -> None:
    """It answers as AWS does."""
    with pytest.raises(InvalidIdentityToken):
        forge.made().read(text)


@settings(max_examples=tries(60))
@given(st.data())
def test_no_moved_element_makes_somebody_else(data: st.DataObject) -> None:
    """Copies of any part of the message, put anywhere, with the evil one among them."""
    scene = forge.made()
    place = data.draw(st.sampled_from(["assertion", "response"]))
    root = forge.signed_by(scene, forge.decoded(scene.sign_in()), place=place)
    genuine = scene.read(forge.encoded(root))
    for _ in range(data.draw(st.integers(1, 3))):
        elements = list(root.iter(etree.Element))
        moved = copy.deepcopy(elements[data.draw(st.integers(0, len(elements) - 1))])
        for subject in moved.iter(names.tag("saml:NameID")):
            subject.text = "root"
        elements[data.draw(st.integers(0, len(elements) - 1))].insert(
            data.draw(st.integers(0, 3)), moved
        )

    try:
        found = scene.read(forge.encoded(root))
    except AwsError:
        return
    assert (found.subject, found.roles) == (genuine.subject, genuine.roles)
