"""The directory: who is in it, which roles its groups stand for, and what it refuses to write."""

from datetime import datetime
from typing import Any

import pytest
from cryptography import x509

from iamlab import World
from iamlab.errors import RequestError
from iamlab.errors.sts import InvalidIdentityToken
from iamlab.model.providers import read
from iamlab.operations.federation import saml_xml as names
from iamlab.operations.federation.saml_directory import ENTITY_ID, SamlDirectory, create_directory
from tests.operations.federation import saml_responses as forge
from tests.operations.federation.saml_responses import ID, MAPS, PROVIDER, STARS, Scene


@pytest.fixture
def scene() -> Scene:
    """An account that trusts a directory."""
    return forge.made()


def test_a_directory_is_in_its_world_by_its_entity_id() -> None:
    """A world may have several, each with its own key."""
    world = World(seed=3)
    acme, beta = create_directory(world), create_directory(world, "Beta", entity_id="urn:beta")

    assert world.saml_directories == {ENTITY_ID: acme, "urn:beta": beta}
    assert acme.name == "Acme Active Directory"
    assert acme.certificate().public_key() != beta.certificate().public_key()
    with pytest.raises(RequestError, match="already has a directory urn:beta"):
        create_directory(world, "Gamma", entity_id="urn:beta")


def test_metadata_are_what_iam_takes(scene: Scene) -> None:
    """Long enough, with an issuer; and the certificate is signed by itself."""
    text = scene.directory.metadata()
    certificate = scene.directory.certificate()

    assert read(text, scene.world.clock.now).issuer == ENTITY_ID
    assert scene.provider.issuer == ENTITY_ID
    assert len(text) >= 1000
    certificate.verify_directly_issued_by(certificate)
    assert certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)


@pytest.mark.parametrize("entity_id", ["urn:" + "x" * 900, 'urn:"<&>', "http://ä.example/"])
def test_any_entity_id_can_be_written(entity_id: str) -> None:
    """Certificates have shorter names than metadata."""
    directory = create_directory(World(seed=3), "N" * 200, entity_id=entity_id)

    assert read(directory.metadata(), directory.world.clock.now).issuer == entity_id


def test_each_certificate_has_another_key_and_number(scene: Scene) -> None:
    """And the next one is known in advance."""
    coming = scene.directory.certificate(2)
    first = scene.directory.certificate()
    scene.directory.rotate_certificate()

    assert scene.directory.certificate() == coming
    assert first.serial_number != coming.serial_number
    assert first.public_key() != coming.public_key()


def test_several_groups_give_several_roles_once(scene: Scene) -> None:
    """In the order of the groups; a pair that is duplicated is said once."""
    directory = scene.directory
    directory.map_group("pilots", MAPS, PROVIDER)
    directory.map_group("pilots", MAPS, scene.provider)
    directory.add_user("bo", groups=["nobody", "pilots", "astronomers"])

    assert directory.roles_of("bo") == ((MAPS, PROVIDER), (STARS, PROVIDER))
    assert scene.read(directory.sign_in("bo")).roles == directory.roles_of("bo")


def test_a_role_is_mapped_by_itself_or_its_arn(scene: Scene) -> None:
    """The provider is too."""
    role = scene.account.create_role("stars", assume_role_policy_document=forge.federated(PROVIDER))
    scene.directory.map_group("pilots", role, scene.provider)

    assert scene.directory.role_pairs["pilots"] == ((role.arn, PROVIDER),)


def test_who_is_in_no_mapped_group_gets_nowhere(scene: Scene) -> None:
    """The directory lets them in, AWS does not."""
    bo = scene.directory.add_user("bo", groups=["astronomers2"])
    assertion = scene.directory.sign_in(bo)

    assert f'"{names.ROLE}"' not in assertion.xml
    with pytest.raises(InvalidIdentityToken, match="invalid SAML response"):
        scene.read(assertion)


def test_who_leaves_cannot_sign_in_any_more(scene: Scene) -> None:
    """In one place, for all accounts."""
    scene.directory.remove_user("ana")

    with pytest.raises(RequestError, match="has no user 'ana'"):
        scene.sign_in()
    scene.directory.add_user("ana", groups=[])
    assert scene.directory.roles_of("ana") == ()


def test_full_names_of_attributes_are_kept(scene: Scene) -> None:
    """Short ones become those of Active Directory or eduPerson."""
    bo = scene.directory.add_user(
        "bo", attributes={"urn:x:y": "1", "cn": "Bo", "department": "stars", "empty": ()}
    )
    text = scene.directory.sign_in(bo).xml

    for name in ("urn:x:y", "urn:oid:2.5.4.3", f"{names.CLAIMS_OF_AD}department"):
        assert f'Name="{name}"' in text


def test_what_is_set_for_aws_wins(scene: Scene) -> None:
    """Over what it knows of the user by the same name."""
    bo = scene.directory.add_user(
        "bo", groups=["astronomers"], attributes={names.ROLE_SESSION_NAME: "other", names.ROLE: "x"}
    )

    assert scene.read(scene.directory.sign_in(bo)).role_session_name == "bo"


MISTAKES: dict[str, Any] = {
    "an empty name": lambda d: d.add_user(""),
    "a name that is none": lambda d: d.add_user(7),
    "a name that is there": lambda d: d.add_user("ana"),
    "a name with a zero byte": lambda d: d.add_user("a\0"),
    "a name with half a letter": lambda d: d.add_user("\ud800"),
    "one group as a text": lambda d: d.add_user("bo", groups="astronomers"),
    "groups that are none": lambda d: d.add_user("bo", groups=[1]),
    "an email address that is none": lambda d: d.add_user("bo", email=b"x"),
    "attributes that are a list": lambda d: d.add_user("bo", attributes=["x"]),
    "an attribute that is a number": lambda d: d.add_user("bo", attributes={"x": 1}),
    "an attribute without name": lambda d: d.add_user("bo", attributes={"": "x"}),
    "a user for a role": lambda d: d.map_group("g", f"arn:aws:iam::{ID}:user/x", PROVIDER),
    "a provider for a role": lambda d: d.map_group("g", PROVIDER, PROVIDER),
    "a role for a provider": lambda d: d.map_group("g", STARS, STARS),
    "a name for a role": lambda d: d.map_group("g", "stars", PROVIDER),
    "nothing for a role": lambda d: d.map_group("g", None, PROVIDER),
    "an ARN with a comma": lambda d: d.map_group("g", f"{STARS},x", PROVIDER),
    "a group that is none": lambda d: d.map_group(7, STARS, PROVIDER),
    "nobody": lambda d: d.sign_in("bo"),
    "nothing": lambda d: d.sign_in(None),
    "nobody's roles": lambda d: d.roles_of("bo"),
    "nobody to remove": lambda d: d.remove_user("bo"),
    "a duration that is a text": lambda d: d.sign_in("ana", session_duration="900"),
    "a duration that is true": lambda d: d.sign_in("ana", session_duration=True),
    "tags that are a list": lambda d: d.sign_in("ana", principal_tags=["a"]),
    "a tag that is a number": lambda d: d.sign_in("ana", principal_tags={"a": 1}),
    "a key that is a number": lambda d: d.sign_in("ana", principal_tags={1: "a"}),
    "one key as a text": lambda d: d.sign_in("ana", transitive_tag_keys="team"),
    "an identity that is none": lambda d: d.sign_in("ana", source_identity=7),
    "a session name that is none": lambda d: d.sign_in("ana", role_session_name=7),
    "an audience that is none": lambda d: d.sign_in("ana", audience=None),
    "an empty recipient": lambda d: d.sign_in("ana", recipient=""),
    "a type that is no URI": lambda d: d.sign_in("ana", subject_type="permanent"),
    "a life that is a text": lambda d: d.sign_in("ana", lifetime_seconds="300"),
    "a life without end": lambda d: d.sign_in("ana", lifetime_seconds=float("inf")),
    "a life that is no number": lambda d: d.sign_in("ana", lifetime_seconds=float("nan")),
    "a time without zone": lambda d: d.sign_in(
        "ana",
        session_not_on_or_after=datetime(2026, 11, 25),  # noqa: DTZ001 - that is the mistake
    ),
    "metadata without end": lambda d: d.metadata(valid_until="tomorrow"),
    "no certificate": lambda d: d.metadata(certificates=0),
    "many certificates": lambda d: d.metadata(certificates=1000),
    "certificates as a text": lambda d: d.metadata(certificates="2"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_shown_and_changes_nothing(scene: Scene, case: str) -> None:
    """In words, not by some error of XML."""
    directory = scene.directory
    before = told(directory)
    with pytest.raises(RequestError):
        MISTAKES[case](directory)

    assert told(directory) == before


def told(directory: SamlDirectory) -> Any:
    """Return all that a directory holds."""
    return dict(directory.users), dict(directory.role_pairs), directory.sign_ins


def test_no_secret_is_a_field(scene: Scene) -> None:
    """The key follows from the seed; nothing of it is shown or kept."""
    shown = f"{scene.directory!r}{scene.directory.metadata()}{scene.sign_in()}"
    private = scene.directory._key(1).private_numbers()

    assert str(private.d) not in shown
    assert repr(scene.directory) == (
        f"SamlDirectory(name='Acme Active Directory', entity_id='{ENTITY_ID}')"
    )
