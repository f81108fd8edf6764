"""What the tests of SAML share: a directory that an account knows, and the tools of a forger."""

import copy
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner

from iamlab import World
from iamlab.model.providers import SAMLProvider
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.saml_directory import SamlDirectory, create_directory
from iamlab.operations.federation.saml_identity import SamlIdentity, read_saml
from iamlab.operations.federation.saml_xml import NAMESPACES, tag
from iamlab.operations.federation.signatures import rsa_key
from iamlab.world.account import Account

ID = "111111111111"
STARS, MAPS = f"arn:aws:iam::{ID}:role/stars", f"arn:aws:iam::{ID}:role/maps"
ADMIN = f"arn:aws:iam::{ID}:role/admin"
PROVIDER = f"arn:aws:iam::{ID}:saml-provider/AcmeAD"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"

Edit = Callable[[Any], None]


@dataclass(frozen=True)
class Scene:
    """An account and a directory that it trusts, with ana in it."""

    world: World
    account: Account
    directory: SamlDirectory
    provider: SAMLProvider

    def read(self, assertion: str) -> SamlIdentity:
        """Show an assertion to the account."""
        return read_saml(self.account, self.provider.arn, assertion)

    def sign_in(self, **how: Any) -> str:
        """Let ana sign in."""
        return self.directory.sign_in("ana", **how)

    def forged(self, edit: Edit, **how: Any) -> str:
        """Change ana's assertion after it was signed."""
        return encoded(edited(self.sign_in(**how), edit))

    def resigned(self, edit: Edit, *, sign: dict[str, Any] | None = None, **how: Any) -> str:
        """Let the directory sign something else: what an identity provider set up wrongly does."""
        return encoded(signed_by(self, edited(self.sign_in(**how), edit), **(sign or {})))


def made(seed: int = 3) -> Scene:
    """Make a world with a directory."""
    world = World(seed=seed)
    account = world.create_account("main", account_id=ID)
    directory = create_directory(world)
    provider = directory.register(account)
    for role in (STARS, MAPS):
        directory.map_group("astronomers", role, provider)
    directory.add_user("ana", groups=["astronomers"], email="ana@acme.example")
    return Scene(world, account, directory, provider)


def decoded(assertion: str) -> Any:
    """Parse an assertion, without any care."""
    return etree.fromstring(b64decode(assertion))


def encoded(root: Any) -> str:
    """Write a message as a browser sends it."""
    raw = root if isinstance(root, bytes) else etree.tostring(root)
    return b64encode(raw).decode()


def edited(assertion: str, edit: Edit) -> Any:
    """Parse an assertion, and change it."""
    root = decoded(assertion)
    edit(root)
    return root


def find(root: Any, path: str) -> Any:
    """Find the one element of a path."""
    (found,) = root.findall(path, NAMESPACES)
    return found


def say(path: str, text: str) -> Edit:
    """Make what replaces the text of an element."""

    def edit(root: Any) -> None:
        find(root, path).text = text

    return edit


def mark(path: str, **attributes: str | None) -> Edit:
    """Make what sets attributes of an element, or takes them away."""

    def edit(root: Any) -> None:
        element = find(root, path)
        for name, value in attributes.items():
            if value is None:
                del element.attrib[name]
            else:
                element.set(name, value)

    return edit


def drop(path: str) -> Edit:
    """Make what takes an element out."""

    def edit(root: Any) -> None:
        element = find(root, path)
        element.getparent().remove(element)

    return edit


def double(path: str) -> Edit:
    """Make what puts a copy of an element behind it."""

    def edit(root: Any) -> None:
        element = find(root, path)
        element.addnext(copy.deepcopy(element))

    return edit


def attribute(name: str, *values: str) -> Edit:
    """Make what replaces an attribute's values; with none, the attribute goes."""

    def edit(root: Any) -> None:
        statement = find(root, ".//saml:AttributeStatement")
        for found in statement.findall("saml:Attribute", NAMESPACES):
            if found.get("Name") == name:
                statement.remove(found)
        if values:
            element = etree.SubElement(statement, tag("saml:Attribute"), Name=name)
            for value in values:
                etree.SubElement(element, tag("saml:AttributeValue")).text = value

    return edit


def nothing(_: Any) -> None:
    """Change nothing."""


def evil(assertion: Any) -> None:
    """Make an assertion what the attacker wants: the administrator, with the best role."""
    find(assertion, "saml:Subject/saml:NameID").text = "root"
    for value in assertion.iterfind(".//saml:AttributeValue", NAMESPACES):
        if (value.text or "").startswith("arn:"):
            value.text = f"{ADMIN},{PROVIDER}"


def evil_response(root: Any) -> None:
    """Make the assertion in a response evil."""
    evil(find(root, "saml:Assertion"))


class _Signer(XMLSigner):
    """Signs with whatever it is reported, SHA-1 too."""

    def check_deprecated_methods(self) -> None:
        """Allow all."""


_PLACES = {
    "assertion": ("saml:Assertion",),
    "response": (".",),
    "both": ("saml:Assertion", "."),
}


def signed_by(
    scene: Scene,
    root: Any,
    *,
    place: str = "assertion",
    covers: str | None = None,
    whose: str | None = None,
    key: Any = None,
    method: str = "RSA_SHA256",
    digest: str = "SHA256",
    c14n: str = EXCLUSIVE,
    show: Any = None,
    key_value: bool = False,
) -> Any:
    """Take all signatures out, and sign anew.

    Parameters
    ----------
    place
        ``"assertion"``, ``"response"``, ``"both"``, or a path.
    covers
        The path of what is signed, if not the place of the signature.
    whose
        Another signer than the directory.
    show
        Which certificate is enclosed, if not the signer's own; ``()``: none.
    """
    directory = scene.directory
    for found in root.findall(".//ds:Signature", NAMESPACES):
        found.getparent().remove(found)
    if key is None:
        key = directory._key(1) if whose is None else rsa_key(scene.world, whose)
    shown = [directory.certificate()] if show is None else list(show)
    signer = _Signer(
        signature_algorithm=SignatureMethod[method],
        digest_algorithm=DigestAlgorithm[digest],
        c14n_algorithm=c14n,
    )
    for path in _PLACES.get(place, (place,)):
        holder = root if path == "." else find(root, path)
        signed = holder if covers is None else find(root, covers)
        nsmap = {"ds": NAMESPACES["ds"]}
        holder.insert(1, etree.Element(tag("ds:Signature"), Id="placeholder", nsmap=nsmap))
        root = signer.sign(
            root,
            key=key,
            cert=shown or None,
            reference_uri=signed.get("ID"),
            id_attribute="ID",
            always_add_key_value=key_value,
        )
    return root


# -- Signature wrapping: the eight ways of "On Breaking SAML" ------------------------------------


def _without_signature(element: Any) -> Any:
    """Copy an element without its own signature: what the signature covers."""
    twin = copy.deepcopy(element)
    twin.tail = None
    own = find(twin, "ds:Signature")
    twin.remove(own)
    return twin


def _response(root: Any) -> tuple[Any, Any]:
    """Make the outermost response evil; give what was signed, and the signature."""
    genuine = _without_signature(root)
    root.set("ID", "_evil")
    evil(find(root, "saml:Assertion"))
    return genuine, find(root, "ds:Signature")


def xsw1(root: Any) -> None:
    """The genuine response goes into the signature of the evil one."""
    genuine, signature = _response(root)
    signature.append(genuine)


def xsw2(root: Any) -> None:
    """The genuine response is before the signature of the evil one."""
    genuine, signature = _response(root)
    signature.addprevious(genuine)


def _evil_without_signature(root: Any) -> tuple[Any, Any]:
    genuine = find(root, "saml:Assertion")
    wrong = _without_signature(genuine)
    wrong.set("ID", "_evil")
    evil(wrong)
    return genuine, wrong


def xsw3(root: Any) -> None:
    """An evil assertion is before the genuine one."""
    genuine, wrong = _evil_without_signature(root)
    genuine.addprevious(wrong)


def xsw4(root: Any) -> None:
    """The genuine assertion is in an evil one."""
    genuine, wrong = _evil_without_signature(root)
    genuine.addprevious(wrong)
    wrong.append(genuine)


def _evil_with_signature(root: Any) -> tuple[Any, Any]:
    """Make the assertion evil, with the signature of the genuine one in it."""
    wrong = find(root, "saml:Assertion")
    genuine = _without_signature(wrong)
    wrong.set("ID", "_evil")
    evil(wrong)
    return genuine, wrong


def xsw5(root: Any) -> None:
    """The genuine assertion, without its signature, is at the end."""
    genuine, _ = _evil_with_signature(root)
    root.append(genuine)


def xsw6(root: Any) -> None:
    """The genuine assertion is in the signature that the evil one has."""
    genuine, wrong = _evil_with_signature(root)
    find(wrong, "ds:Signature").append(genuine)


def xsw7(root: Any) -> None:
    """The evil assertion is in extensions, where anything can be."""
    genuine, wrong = _evil_without_signature(root)
    extensions = etree.Element(tag("samlp:Extensions"))
    genuine.addprevious(extensions)
    extensions.append(wrong)


def xsw8(root: Any) -> None:
    """The genuine assertion is in an object of the signature that the evil one has."""
    genuine, wrong = _evil_with_signature(root)
    etree.SubElement(find(wrong, "ds:Signature"), tag("ds:Object")).append(genuine)


WRAPPED: dict[str, tuple[str, Edit]] = {
    "XSW1": ("response", xsw1),
    "XSW2": ("response", xsw2),
    "XSW3": ("assertion", xsw3),
    "XSW4": ("assertion", xsw4),
    "XSW5": ("assertion", xsw5),
    "XSW6": ("assertion", xsw6),
    "XSW7": ("assertion", xsw7),
    "XSW8": ("assertion", xsw8),
}
"""Name -> which part is signed, and what the attacker does to the signed message."""


def wrapped(scene: Scene, how: str) -> Any:
    """Make a message with a genuine signature and an evil content."""
    place, edit = WRAPPED[how]
    root = signed_by(scene, decoded(scene.sign_in()), place=place)
    edit(root)
    return root


def federated(provider: str) -> dict[str, Any]:
    """Write the trust policy of a role for people of a SAML provider."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": provider},
                "Action": "sts:AssumeRoleWithSAML",
                "Condition": {"StringEquals": {"SAML:aud": names.SIGN_IN}},
            }
        ],
    }
