"""What CloudTrail shows of STS: the session behind each call, pairs of events, what is named."""

from collections.abc import Callable
from typing import Any

import pytest

from iamlab import World
from iamlab.cloudtrail.event_fields import session_context
from iamlab.errors import AccessDenied
from iamlab.model.event import Event
from iamlab.operations.sts.session import Session
from iamlab.storage.saved_world import world_from_json, world_to_json
from tests.operations.identity_center import single_sign_on
from tests.operations.sts.sts_scene import (
    CALLERS,
    DEV,
    EVERYTHING,
    OIDC,
    WORK,
    Scene,
    made,
    trusting,
)
from tests.policy.documents import document, trust

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
START = "2026-11-25T09:00:00Z"


@pytest.fixture
def scene() -> Scene:
    """Ana, who may do everything, and the roles work and short."""
    return made()


def last(scene: Scene) -> dict[str, Any]:
    """Return the last event as CloudTrail writes it."""
    return scene.world.events[-1].to_dict()


def using(scene: Scene, caller: Any) -> dict[str, Any]:
    """Use credentials for a call of a service without a model, and return the text about them."""
    scene.world.do(caller, *READ)
    return dict(last(scene)["userIdentity"])


def attributes(mfa: str = "false", made_at: str = START) -> dict[str, str]:
    """Write the attributes of a session."""
    return {"creationDate": made_at, "mfaAuthenticated": mfa}


# -- the session behind a call --------------------------------------------------------------------

TEMPORARY = {
    # Caller -> the type of identity, and what its session context has beside the attributes.
    "a role session": ("AssumedRole", {"sessionIssuer"}),
    "a chained role session": ("AssumedRole", {"sessionIssuer"}),
    "a SAML session": ("AssumedRole", {"sessionIssuer"}),
    "a web identity session": ("AssumedRole", {"sessionIssuer", "webIdFederationData"}),
    "a GetSessionToken session": ("IAMUser", set()),
    "a GetSessionToken session with MFA": ("IAMUser", set()),
    "the root user's GetSessionToken session": ("Root", set()),
    "a federated user": ("FederatedUser", {"sessionIssuer"}),
    "the root user's federated user": ("FederatedUser", {"sessionIssuer"}),
    "a scoped role session": ("AssumedRole", {"sessionIssuer"}),
    "a scoped GetSessionToken session": ("IAMUser", set()),
    "a scoped federated user": ("FederatedUser", {"sessionIssuer"}),
    "a console session": ("IAMUser", set()),
}


@pytest.mark.parametrize("who", TEMPORARY)
def test_every_event_of_temporary_credentials_says_when_and_how_they_were_made(
    scene: Scene, who: str
) -> None:
    """Whether the service has a model here or not, and of STS too."""
    caller = CALLERS[who](scene)
    scene.world.clock.advance(minutes=5)
    kind, beside = TEMPORARY[who]
    identity = using(scene, caller)
    mfa = "true" if who.endswith("with MFA") else "false"

    assert identity["type"] == kind
    assert identity["sessionContext"].keys() == {"attributes", *beside}
    assert identity["sessionContext"]["attributes"] == attributes(mfa)
    scene.world.sts.get_caller_identity(caller)
    of_sts = last(scene)["userIdentity"]
    assert of_sts["sessionContext"] == identity["sessionContext"]
    if kind == "AssumedRole":
        scene.main.call("ListUsers", caller)
        assert last(scene)["userIdentity"]["sessionContext"] == identity["sessionContext"]


@pytest.mark.parametrize("who", ["a user", "a user's key", "the root user", "the root user's key"])
def test_long_term_credentials_have_no_session(scene: Scene, who: str) -> None:
    """There is nothing to say of one."""
    assert "sessionContext" not in using(scene, CALLERS[who](scene))


def test_a_console_session_with_mfa_says_so(scene: Scene) -> None:
    """The sign-in itself is not a call of the session."""
    scene.phone.enable()
    session = scene.world.sign_in(
        account="main", user="ana", password="Correct-Horse-1", mfa_code=scene.phone.code()
    )

    assert "sessionContext" not in last(scene)["userIdentity"]
    assert using(scene, session)["sessionContext"] == {"attributes": attributes("true")}


def test_the_source_identity_is_in_every_event_of_the_chain(scene: Scene) -> None:
    """Also in the event of the next hop."""
    first = scene.assume(scene.key, scene.work, source_identity="ana")
    assert last(scene)["requestParameters"]["sourceIdentity"] == "ana"
    assert "sessionContext" not in last(scene)["userIdentity"]
    second = scene.assume(first, scene.short)
    assert last(scene)["userIdentity"]["sessionContext"]["sourceIdentity"] == "ana"
    assert using(scene, second)["sessionContext"]["sourceIdentity"] == "ana"


def test_a_web_identity_session_names_its_provider(scene: Scene) -> None:
    """The token's own words stay out of the log."""
    session = scene.session("AssumeRoleWithWebIdentity")

    assert using(scene, session)["sessionContext"]["webIdFederationData"] == {
        "federatedProvider": OIDC,
        "attributes": {},
    }


def test_what_an_application_login_says_are_attributes() -> None:
    """Of Cognito, whose provider isn't an ARN."""
    host = "cognito-identity.amazonaws.com"
    context = {"aws:FederatedProvider": host, f"{host}:sub": "us-east-1:1", "other:sub": "2"}

    assert session_context(context) == {
        "webIdFederationData": {
            "federatedProvider": host,
            "attributes": {f"{host}:sub": "us-east-1:1"},
        }
    }


def test_the_event_of_an_instance_says_how_its_credentials_came() -> None:
    """By version 2 of the metadata service."""
    world = World(seed=7)
    main = world.create_account("main", account_id=DEV)
    role = main.create_role(
        "web", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    role.put_policy("everything", EVERYTHING)
    profile = main.create_instance_profile("web")
    profile.add_role(role)
    instance = main.create_instance(instance_profile="web")
    world.do(instance.role_session(), *READ)

    shown = world.events[-1].user_identity["sessionContext"]
    assert shown["ec2RoleDelivery"] == "2.0"
    assert shown["attributes"]["mfaAuthenticated"] == "false"


def test_a_root_user_for_one_task_differs_from_one_who_signed_in(scene: Scene) -> None:
    """His type is the same."""
    session = scene.session("AssumeRoot")
    scene.world.sts.get_caller_identity(session)
    identity = last(scene)["userIdentity"]

    assert identity["type"] == "Root"
    assert identity["sessionContext"] == {"attributes": attributes(), "assumedRoot": "true"}


def test_a_federated_user_has_an_issuer_with_an_id(scene: Scene) -> None:
    """The same that the user's own events have."""
    own = using(scene, scene.key)
    issuer = using(scene, CALLERS["a federated user"](scene))["sessionContext"]["sessionIssuer"]

    assert (issuer["type"], issuer["principalId"]) == ("IAMUser", own["principalId"])
    assert issuer["principalId"] == scene.ana.unique_id


# -- one call in two logs -------------------------------------------------------------------------


def pair(scene: Scene, call: Callable[[], Any]) -> list[Event]:
    """Return the events of a call."""
    before = len(scene.world.events)
    call()
    return list(scene.world.events[before:])


def abroad(scene: Scene) -> Any:
    """Make a role of another account that lets everybody of this one in."""
    return scene.dev.create_role("door", assume_role_policy_document=trusting(scene.main.root_arn))


def test_two_accounts_note_one_call_with_one_shared_id_and_two_of_their_own(scene: Scene) -> None:
    """Each call has another."""
    door = abroad(scene)
    caller, owner = pair(scene, lambda: scene.assume(scene.key, door))
    again, _ = pair(scene, lambda: scene.assume(scene.key, door))

    assert [event.recipient_account_id for event in (caller, owner)] == [scene.main.account_id, DEV]
    assert owner.to_dict()["userIdentity"]["type"] == "AWSAccount"
    assert "sessionContext" not in owner.user_identity
    assert caller.to_dict()["sharedEventID"] == owner.to_dict()["sharedEventID"]
    assert len({caller.event_id, owner.event_id, caller.shared_event_id}) == 3
    assert again.shared_event_id != caller.shared_event_id


def test_a_call_in_one_account_shares_nothing(scene: Scene) -> None:
    """A refused call isn't there either: only the caller's account logs it."""
    [event] = pair(scene, lambda: scene.assume(scene.key, scene.work))
    assert "sharedEventID" not in event.to_dict()
    shut = scene.dev.create_role("shut", assume_role_policy_document=trusting(DEV))
    before = len(scene.world.events)
    with pytest.raises(AccessDenied):
        scene.assume(scene.key, shut)
    [refused] = scene.world.events[before:]
    assert refused.recipient_account_id == scene.main.account_id
    assert "sharedEventID" not in refused.to_dict()


def test_a_saved_world_keeps_what_events_share(scene: Scene) -> None:
    """Of an older file, no event shares anything."""
    _, owner = pair(scene, lambda: scene.assume(scene.key, abroad(scene)))[-2:]
    kept = world_from_json(world_to_json(scene.world)).events[-1]

    assert kept == owner
    assert kept.shared_event_id


# -- the request and the answer ------------------------------------------------------------------


def test_the_event_names_the_tags_that_a_chain_hands_on(scene: Scene) -> None:
    """With their keys as they were written."""
    first = scene.assume(
        scene.key, scene.work, tags={"Team": "sky", "Site": "x"}, transitive_tag_keys=["Team"]
    )
    assert "incomingTransitiveTags" not in last(scene)["requestParameters"]
    scene.assume(first, scene.short)

    assert last(scene)["requestParameters"]["incomingTransitiveTags"] == {"Team": "sky"}


def test_the_event_of_a_saml_call_says_what_the_assertion_said(scene: Scene) -> None:
    """Which one it was, and not the assertion itself."""
    response = scene.directory.sign_in(
        "bob", role_session_name="eve", principal_tags={"Team": "sky"}, source_identity="bob"
    )
    scene.session("AssumeRoleWithSAML", SAMLAssertion=response)
    shown = last(scene)["requestParameters"]

    assert shown["roleArn"] == WORK
    assert shown["roleSessionName"] == "eve"
    assert shown["sourceIdentity"] == "bob"
    assert shown["principalTags"] == {"Team": "sky"}
    assert shown["sAMLAssertionID"].startswith("_")
    assert "sAMLAssertion" not in shown
    assert response not in str(shown)


def test_the_portal_of_identity_center_notes_the_same() -> None:
    """Each time another assertion; tags keep their letter case."""
    scene = single_sign_on.Scene()
    scene.center.set_access_control_attributes({"CostCenter": "${path:userName}"})
    found = []
    for _ in range(2):
        scene.session()
        found.append(
            next(
                event.request_parameters or {}
                for event in reversed(scene.world.events)
                if event.event_name == "AssumeRoleWithSAML"
            )
        )
    first, second = found

    assert first["principalTags"] == {"CostCenter": "ana"}
    assert first["roleSessionName"] == "ana"
    assert first["sAMLAssertionID"] != second["sAMLAssertionID"]


def test_what_identity_center_does_in_an_account_has_a_session_too() -> None:
    """Of its service-linked role."""
    world = single_sign_on.Scene().world
    shown = [
        event.user_identity["sessionContext"]
        for event in world.events
        if {*event.user_identity} >= {"arn", "invokedBy"}
    ]

    assert shown
    assert all(item.keys() == {"sessionIssuer", "attributes"} for item in shown)


def test_a_call_without_parameters_and_answer_has_null_for_both(scene: Scene) -> None:
    """GetCallerIdentity says nothing, and what it answers is not noted."""
    scene.world.sts.get_caller_identity(scene.key)

    assert last(scene)["requestParameters"] is None
    assert last(scene)["responseElements"] is None


@pytest.mark.parametrize(
    ("operation", "path"),
    [("AssumeRole", "credentials"), ("GetWebIdentityToken", "")],
)
def test_dates_are_written_in_us_style(scene: Scene, operation: str, path: str) -> None:
    """As CloudTrail does with the answers of STS."""
    scene.world.clock.advance(hours=5)
    scene.call(operation)
    answer = last(scene)["responseElements"]
    end = (answer[path] if path else answer)["expiration"]

    assert end == {"": "Nov 25, 2026, 02:05:00 PM"}.get(path, "Nov 25, 2026, 03:00:00 PM")


@pytest.mark.parametrize("who", [*TEMPORARY, "an AssumeRoot session"])
def test_no_event_has_a_secret_of_a_session(scene: Scene, who: str) -> None:
    """CloudTrail has the session token; here nobody finds it in a log."""
    session = CALLERS[who](scene)
    scene.world.sts.get_caller_identity(session)
    written = str([event.to_dict() for event in scene.world.events])

    assert "sessionToken'" not in written
    if isinstance(session, Session):
        assert session.session_token not in written
        assert session.secret_access_key not in written


def test_a_service_notes_its_call_in_the_account_of_the_role(scene: Scene) -> None:
    """Once, with the end in US style; what it calls with the role then has a session."""
    role = scene.main.create_role(
        "task", assume_role_policy_document=trust({"Service": "ecs-tasks.amazonaws.com"})
    )
    role.put_policy("everything", document({"Effect": "Allow", "Action": "*", "Resource": "*"}))
    session = scene.world.sts.assume_role_as_service("ecs-tasks.amazonaws.com", role_arn=role)

    assert last(scene)["userIdentity"]["type"] == "AWSService"
    assert last(scene)["responseElements"]["credentials"]["expiration"].endswith("M")
    assert "sharedEventID" not in last(scene)
    assert using(scene, session)["sessionContext"]["attributes"] == attributes()
