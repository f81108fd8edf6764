"""What AWS's pages leave open about sessions: the way taken, and where its switch leads."""

from collections.abc import Callable

import pytest

from iamlab import Policy, Verdict, unsure
from iamlab.errors import AccessDenied
from iamlab.operations.sts.session import Session
from tests.operations.sts.sts_scene import MAIN, PHONE, Scene, made, trusting
from tests.policy.documents import allow, document

Turn = Callable[[str], None]
HERE = "arn:aws:s3:::star-maps/m31.fits"


@pytest.fixture
def scene() -> Scene:
    """Ana, her roles, and two identity providers."""
    return made()


@pytest.fixture
def turn(monkeypatch: pytest.MonkeyPatch) -> Turn:
    """Turn a switch the other way."""
    return lambda name: monkeypatch.setattr(unsure, name, not getattr(unsure, name))


def test_scoped_credentials_need_no_allow(scene: Scene, turn: Turn) -> None:
    """But a Deny stops whoever asks for them; the other way he needs an Allow too."""
    bare = scene.main.create_role("bare", assume_role_policy_document=trusting(MAIN))
    session = scene.assume(scene.key, bare)
    scope = scene.world.sts.get_scoped_credentials

    assert scope(session, duration_seconds=900).arn == session.arn
    bare.put_policy("never", Policy.deny("sts:GetScopedCredentials"))
    with pytest.raises(AccessDenied):
        scope(session, duration_seconds=900)
    bare.delete_policy("never")

    turn("SCOPED_CREDENTIALS_NEED_NO_ALLOW")
    with pytest.raises(AccessDenied):
        scope(session, duration_seconds=900)
    bare.put_policy("scope", document(allow("sts:GetScopedCredentials")))
    assert scope(session, duration_seconds=900).arn == session.arn


def test_a_role_session_does_not_carry_mfa(scene: Scene, turn: Turn) -> None:
    """The trust policy sees the code that is sent; the session's own requests do not say so."""
    scene.phone.enable()
    scene.work.update_assume_role_policy(
        trusting(MAIN, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    )

    def session() -> Session:
        scene.world.clock.advance(seconds=30)
        return scene.assume(
            scene.key, scene.work, serial_number=PHONE, token_code=scene.phone.code()
        )

    def has_mfa(item: Session) -> bool:
        request = scene.can(item, "s3:GetObject", HERE).request
        present = request.value("aws:MultiFactorAuthPresent") == "true"
        assert present is (request.value("aws:MultiFactorAuthAge") is not None)
        return present

    scene.work.put_policy("everything", document(allow("s3:GetObject")))
    with pytest.raises(AccessDenied):
        scene.assume(scene.key, scene.work)
    before = session()
    assert not has_mfa(before)

    turn("ROLE_SESSIONS_CARRY_MFA")
    assert has_mfa(session())
    assert not has_mfa(before)  # it is decided when the session is made
    scene.work.update_assume_role_policy(trusting(MAIN))
    assert not has_mfa(scene.assume(scene.key, scene.work))


def _with_saml(scene: Scene) -> Session:
    return scene.session("AssumeRoleWithSAML")


def _with_web_identity(scene: Scene) -> Session:
    return scene.session("AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("make", "key", "value", "other"),
    [
        (_with_saml, "saml:sub", "bob", "eve"),
        (_with_web_identity, "id.io:sub", "carol1", "eve"),
        (_with_web_identity, "id.io:aud", "star-maps", "sea-maps"),
    ],
)
def test_a_federated_session_keeps_the_keys_of_its_subject(
    scene: Scene, turn: Turn, make: Callable[[Scene], Session], key: str, value: str, other: str
) -> None:
    """So a role's policy can ask for them; the other way only its trust policy can."""
    session = make(scene)
    shown = str(scene.can(session, "s3:GetObject", HERE).request.value(key))
    assert value in shown

    def verdict_if(wanted: str) -> Verdict:
        condition = {"StringLike": {key: f"*{wanted}*"}}
        scene.work.put_policy("everything", document(allow("s3:*", Condition=condition)))
        return scene.can(make(scene), "s3:GetObject", HERE).verdict

    assert verdict_if(value) is Verdict.ALLOWED
    assert verdict_if(other) is Verdict.IMPLICIT_DENY
    turn("FEDERATION_KEYS_STAY")
    assert verdict_if(value) is Verdict.IMPLICIT_DENY
    assert scene.can(make(scene), "s3:GetObject", HERE).request.value(key) is None
    provider = scene.can(make(scene), "s3:GetObject").request.value("aws:FederatedProvider")
    assert (provider is not None) is (make is _with_web_identity)
