"""Revoking: what ends sessions that are out already, and what only looks as if it did."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from iamlab import Verdict, unsure
from iamlab.errors import (
    AccessDenied,
    InvalidClientTokenId,
    NoSuchEntity,
    RequestError,
    UnmodifiableEntity,
    ValidationError,
)
from iamlab.operations.sts.revoking import (
    OLDER_SESSIONS,
    hits,
    revoke_by_source_identity,
    revoke_session,
)
from iamlab.operations.sts.session import Session
from iamlab.policy.document import Policy
from tests.model.world_contents import snapshot
from tests.operations.sts.sts_scene import EVERYTHING, MAIN, Scene, made, trusting
from tests.policy.documents import allow, deny, document

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")


@pytest.fixture
def scene() -> Scene:
    """Ana, who may do everything, and the roles work and short."""
    return made()


def works(scene: Scene, session: Session) -> bool:
    """Return whether a session may do what its role may."""
    return bool(scene.can(session, *READ))


def wait(scene: Scene, seconds: float = 1) -> None:
    """Let time pass."""
    scene.world.clock.advance(seconds=seconds)


# -- the console's button -------------------------------------------------------------------------


def test_the_button_writes_the_policy_that_the_console_writes(scene: Scene) -> None:
    """Name and document; the date is now."""
    wait(scene, 61.5)
    revocation = scene.work.revoke_sessions()

    assert scene.work.inline[OLDER_SESSIONS].to_dict() == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Action": ["*"],
                "Resource": ["*"],
                "Condition": {
                    "DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:01:01.500Z"},
                },
            }
        ],
    }
    assert revocation.policy_name == "AWSRevokeOlderSessions"
    assert revocation.policy == scene.work.inline[OLDER_SESSIONS]
    assert revocation.role_arn == scene.work.arn
    assert scene.world.events[-1].event_name == "PutRolePolicy"


def test_sessions_until_then_are_denied_everything_and_later_ones_are_not(scene: Scene) -> None:
    """Whoever the role trusts can come back at once."""
    old = scene.assume(scene.key, scene.work)
    other = scene.assume(scene.key, scene.short)
    wait(scene)
    revocation = scene.work.revoke_sessions()
    new = scene.assume(scene.key, scene.work)

    assert scene.can(old, *READ).verdict is Verdict.EXPLICIT_DENY
    assert works(scene, new)
    assert works(scene, other)
    assert revocation.hits == (old.access_key_id,)
    assert "trust policy" in revocation.note


def test_in_the_second_of_the_button_a_full_second_spares_and_a_broken_one_hits(
    scene: Scene,
) -> None:
    """An issue time has whole seconds, and what is equal is not less."""
    wait(scene, 10)
    before = scene.assume(scene.key, scene.work)
    exempt = scene.work.revoke_sessions()
    assert exempt.hits == ()
    assert "advance the clock by a second" in exempt.note
    assert works(scene, before)

    wait(scene, 0.25)
    assert "advance the clock" not in scene.work.revoke_sessions().note
    wait(scene, 0.25)
    after = scene.assume(scene.key, scene.work)
    assert not works(scene, before)
    assert not works(scene, after)

    wait(scene, 0.5)
    assert works(scene, scene.assume(scene.key, scene.work))


def test_pressed_again_the_button_moves_the_date(scene: Scene) -> None:
    """There is one such policy."""
    wait(scene)
    scene.work.revoke_sessions()
    session = scene.assume(scene.key, scene.work)
    wait(scene)
    assert works(scene, session)

    assert scene.work.revoke_sessions().hits == (session.access_key_id,)
    assert not works(scene, session)
    assert [*scene.work.inline] == ["everything", OLDER_SESSIONS]


def test_a_revoked_session_cannot_set_itself_free_but_an_administrator_can(scene: Scene) -> None:
    """It is not ended, only denied: without the policy it is as good as before."""
    session = scene.assume(scene.key, scene.work)
    wait(scene)
    scene.work.revoke_sessions()
    named = {"RoleName": "work", "PolicyName": OLDER_SESSIONS}

    with pytest.raises(AccessDenied):
        scene.main.call("DeleteRolePolicy", session, **named)
    with pytest.raises(AccessDenied):
        scene.assume(session, scene.short)
    assert scene.world.sts.get_caller_identity(session).arn == session.arn

    scene.main.call("DeleteRolePolicy", scene.key, **named)
    assert works(scene, session)


def test_whoever_presses_the_button_needs_put_role_policy(scene: Scene) -> None:
    """On that very role; and the event says who it was."""
    zoe = scene.main.create_user("zoe")
    session = scene.assume(scene.key, scene.work)
    wait(scene)
    before = snapshot(scene.world)
    with pytest.raises(AccessDenied, match="iam:PutRolePolicy"):
        scene.work.revoke_sessions(zoe)
    with pytest.raises(AccessDenied, match="iam:PutRolePolicy"):
        scene.work.revoke_session(session, zoe)
    with pytest.raises(AccessDenied, match="iam:PutRolePolicy"):
        scene.work.revoke_by_source_identity("ana", zoe)
    assert snapshot(scene.world) == before

    zoe.put_policy("revoke", document(allow("iam:PutRolePolicy", scene.work.arn)))
    scene.work.revoke_sessions(zoe)
    assert scene.world.events[-1].user_identity["arn"] == zoe.arn
    with pytest.raises(AccessDenied):
        scene.short.revoke_sessions(zoe)


def test_sessions_of_aws_own_roles_cannot_be_revoked(scene: Scene) -> None:
    """Nobody writes a policy on a service-linked role."""
    scene.main.create_service_linked_role("ecs.amazonaws.com")
    linked = scene.main.roles["AWSServiceRoleForECS"]

    with pytest.raises(UnmodifiableEntity, match="only modifiable by AWS"):
        linked.revoke_sessions()
    assert linked.inline == {}


# -- one session, or everybody's of one person ----------------------------------------------------


def test_one_session_is_revoked_by_its_userid(scene: Scene) -> None:
    """The others of the role go on."""
    first = scene.assume(scene.key, scene.work, role_session_name="first")
    second = scene.assume(scene.key, scene.work, role_session_name="second")
    revocation = scene.work.revoke_session(first)

    assert not works(scene, first)
    assert works(scene, second)
    assert revocation.hits == (first.access_key_id,)
    assert revocation.policy_name == "RevokeSession-first"
    [statement] = revocation.policy.statements
    assert statement.conditions[0].values == (f"{scene.work.unique_id}:first",)
    assert "others" not in revocation.note


def test_a_name_that_is_used_again_is_revoked_with_it(scene: Scene) -> None:
    """Those that have it, and those that will; and the answer says so."""
    first, twin = scene.assume(scene.key, scene.work), scene.assume(scene.ana, scene.work)
    namesake = scene.assume(scene.key, scene.short)
    revocation = scene.work.revoke_session(first)
    wait(scene)
    later = scene.assume(scene.key, scene.work)

    assert [works(scene, item) for item in (first, twin, later)] == [False] * 3
    assert works(scene, namesake)
    assert revocation.hits == (first.access_key_id, twin.access_key_id)
    assert "there are 1 others with that name" in revocation.note


def test_a_session_that_has_expired_is_not_among_the_hits(scene: Scene) -> None:
    """Its namesake is."""
    gone = scene.assume(scene.key, scene.work, duration_seconds=900)
    wait(scene, 900)
    twin = scene.assume(scene.key, scene.work)
    revocation = scene.work.revoke_session(gone)

    assert revocation.hits == (twin.access_key_id,)
    assert "there are 1 others" in revocation.note


def test_a_person_is_kept_out_of_a_role_by_the_source_identity(scene: Scene) -> None:
    """However he came, and whatever the session is called; of other roles he is not kept out."""
    bad = scene.assume(scene.key, scene.work, source_identity="bob")
    chained = scene.assume(bad, scene.short)
    back = scene.assume(chained, scene.work, role_session_name="other")
    good = scene.assume(scene.key, scene.work, source_identity="carol")
    nobody = scene.assume(scene.key, scene.work)
    revocation = scene.work.revoke_by_source_identity("bob")

    assert [works(scene, item) for item in (bad, back)] == [False, False]
    assert [works(scene, session) for session in (chained, good, nobody)] == [True] * 3
    assert revocation.hits == (bad.access_key_id, back.access_key_id)
    assert revocation.survivors == (chained.access_key_id,)
    assert revocation.policy_name == "RevokeSourceIdentity-bob"
    with pytest.raises(AccessDenied):
        scene.world.do(scene.assume(scene.key, scene.work, source_identity="bob"), *READ)


def test_long_source_identities_that_differ_at_the_end_have_policies_of_their_own(
    scene: Scene,
) -> None:
    """The name of a policy has 128 letters, a source identity up to 256."""
    names = ["x" * 255 + last for last in "ab"]
    policies = [scene.work.revoke_by_source_identity(name).policy_name for name in names]

    assert len({*policies}) == 2
    assert [len(name) for name in policies] == [128, 128]
    for name in names:
        assert not works(scene, scene.assume(scene.key, scene.work, source_identity=name))


@pytest.mark.parametrize("name", ["ä", "aws:x", "x", "a b", "x" * 257])
def test_an_invalid_source_identity_is_refused(scene: Scene, name: str) -> None:
    """Not as the name of the policy, which the learner did not choose."""
    before = snapshot(scene.world)
    with pytest.raises(ValidationError, match="sourceIdentity") as caught:
        scene.work.revoke_by_source_identity(name)

    assert "policyName" not in str(caught.value)
    assert snapshot(scene.world) == before


def test_a_managed_deny_keeps_a_chained_session_from_surviving(scene: Scene) -> None:
    """It is hit already, by a policy that is attached to its role."""
    first = scene.assume(scene.key, scene.work, source_identity="bob")
    chained = scene.assume(first, scene.short)
    wait(scene)
    assert scene.work.revoke_sessions().survivors == (chained.access_key_id,)
    bob = Policy.deny("*", when={"StringEquals": {"aws:SourceIdentity": "bob"}})
    scene.short.attach_policy(scene.main.create_policy("no-bob", bob))

    assert scene.work.revoke_sessions().survivors == ()
    assert not works(scene, chained)


def test_a_resource_can_shut_one_session_out_by_its_arn(scene: Scene) -> None:
    """The owner of a bucket needs no permission on the role."""
    first = scene.assume(scene.key, scene.work, role_session_name="first")
    second = scene.assume(scene.key, scene.work, role_session_name="second")
    bucket = scene.main.create_bucket("star-maps")
    bucket.put_policy(
        document(deny("s3:*", f"{bucket.arn}/*", Principal={"AWS": first.arn}, Sid="NotThatOne"))
    )

    assert not works(scene, first)
    assert works(scene, second)
    assert scene.can(first, "s3:GetObject", "arn:aws:s3:::other/x")


# -- what goes on ---------------------------------------------------------------------------------


def test_sessions_of_other_roles_that_were_assumed_with_a_revoked_one_go_on(scene: Scene) -> None:
    """So a chain must be revoked role by role; the answer names what is left."""
    first = scene.assume(scene.key, scene.work)
    second = scene.assume(first, scene.short)
    third = scene.assume(second, scene.work, role_session_name="third")
    fourth = scene.assume(third, scene.short)
    fifth = scene.assume(second, scene.short)
    scene.assume(scene.key, scene.short)
    wait(scene)
    revocation = scene.work.revoke_sessions()

    assert [works(scene, session) for session in (first, second, third, fourth)] == [
        False,
        True,
    ] * 2
    assert works(scene, fifth)
    assert revocation.hits == (first.access_key_id, third.access_key_id)
    assert revocation.survivors == tuple(key.access_key_id for key in (second, fourth, fifth))
    scene.short.revoke_sessions()
    assert not works(scene, second)
    assert scene.work.revoke_sessions().survivors == ()


def test_survivors_are_alive(scene: Scene) -> None:
    """Not those that have expired, and not those whose role is gone."""
    first = scene.assume(scene.key, scene.work, duration_seconds=7200)
    scene.assume(first, scene.short, duration_seconds=900)
    spare = scene.main.create_role("spare", assume_role_policy_document=trusting(MAIN))
    scene.assume(first, spare)
    lasting = scene.assume(first, scene.short, duration_seconds=3600)
    spare.delete()
    wait(scene, 900)

    assert scene.work.revoke_sessions().survivors == (lasting.access_key_id,)


def _session_token(scene: Scene) -> Session:
    return scene.world.sts.get_session_token(scene.key)


def _federation_token(scene: Scene) -> Session:
    return scene.world.sts.get_federation_token(scene.key, name="guest", policy=EVERYTHING)


def _role(scene: Scene) -> Session:
    return scene.assume(scene.key, scene.work)


WAYS: dict[str, Callable[[Scene], Session]] = {
    "GetSessionToken": _session_token,
    "GetFederationToken": _federation_token,
    "AssumeRole": _role,
}


@pytest.mark.parametrize("how", WAYS)
@pytest.mark.parametrize("end", ["Inactive", "deleted"])
def test_the_end_of_an_access_key_does_not_end_the_sessions_that_it_got(
    scene: Scene, how: str, end: str
) -> None:
    """A thief who has a stolen key's session keeps it."""
    session = WAYS[how](scene)
    if end == "deleted":
        scene.key.delete()
    else:
        scene.key.update(end)

    assert works(scene, session)
    with pytest.raises(InvalidClientTokenId):
        WAYS[how](scene)


def test_a_changed_trust_policy_stops_only_new_sessions(scene: Scene) -> None:
    """It is asked once, when the role is assumed."""
    session = scene.assume(scene.key, scene.work)
    scene.work.update_assume_role_policy(trusting("222222222222"))

    with pytest.raises(AccessDenied):
        scene.assume(scene.key, scene.work)
    assert works(scene, session)


def test_a_changed_permission_bites_at_once(scene: Scene) -> None:
    """Policies are looked up at every request, for sessions too."""
    session = scene.assume(scene.key, scene.work)
    scene.work.put_policy("everything", document(allow("s3:ListBucket")))

    assert not works(scene, session)


def test_the_end_of_a_role_ends_its_sessions_and_no_others(scene: Scene) -> None:
    """For ever: a new role of the same name is another one."""
    session = scene.assume(scene.key, scene.work)
    chained = scene.assume(session, scene.short)
    trust = scene.work.trust
    assert trust is not None
    scene.work.delete_policy("everything")
    scene.work.delete()
    again = scene.main.create_role("work", assume_role_policy_document=trust)
    again.put_policy("everything", EVERYTHING)

    with pytest.raises(InvalidClientTokenId, match="security token included in the request"):
        works(scene, session)
    assert works(scene, chained)
    assert works(scene, scene.assume(scene.key, again))


def test_the_end_of_a_user_ends_his_own_sessions_and_not_those_of_roles(scene: Scene) -> None:
    """A role session is the role's."""
    own = [WAYS[name](scene) for name in ("GetSessionToken", "GetFederationToken")]
    of_role = _role(scene)
    scene.key.delete()
    scene.ana.delete_policy("everything")
    scene.ana.delete_login_profile()
    scene.ana.delete()

    for session in own:
        with pytest.raises(InvalidClientTokenId):
            works(scene, session)
    assert works(scene, of_role)


def test_a_users_sessions_are_revoked_by_a_deny_on_him_that_spares_his_keys(scene: Scene) -> None:
    """Long-term keys have no issue time, so the condition does not hold for them."""
    sessions = [_session_token(scene), _federation_token(scene)]
    role_session = _role(scene)
    wait(scene)
    older = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:00:01Z"}}
    scene.ana.put_policy("revoke", Policy.deny("*", when=older))

    assert [works(scene, session) for session in sessions] == [False, False]
    assert scene.can(scene.key, *READ)
    assert scene.can(scene.ana, *READ)
    assert works(scene, role_session)
    assert works(scene, _session_token(scene))


# -- scoped credentials ---------------------------------------------------------------------------


def test_scoped_credentials_are_revoked_with_their_session(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They have the session's issue time; the other way they have their own, and go on."""

    def after_half_a_minute_is_revoked() -> tuple[bool, bool]:
        session = scene.assume(scene.key, scene.work)
        wait(scene, 60)
        scoped = scene.world.sts.get_scoped_credentials(session, duration_seconds=900)
        older = {"aws:TokenIssueTime": session.issued + timedelta(seconds=30)}
        scene.work.put_policy(OLDER_SESSIONS, Policy.deny("*", when={"DateLessThan": older}))
        return works(scene, session), works(scene, scoped)

    assert after_half_a_minute_is_revoked() == (False, False)
    scene.work.delete_policy(OLDER_SESSIONS)
    monkeypatch.setattr(unsure, "SCOPED_CREDENTIALS_KEEP_THE_ISSUE_TIME", False)
    assert after_half_a_minute_is_revoked() == (False, True)


def test_scoped_credentials_cannot_be_had_to_escape(scene: Scene) -> None:
    """A revoked session may not ask for them; nor would a name or source identity be another."""
    session = scene.assume(scene.key, scene.work, source_identity="bob")
    scoped = scene.world.sts.get_scoped_credentials(session, duration_seconds=900)
    revocation = scene.work.revoke_session(session)

    assert revocation.hits == (session.access_key_id, scoped.access_key_id)
    assert not works(scene, scoped)
    with pytest.raises(AccessDenied):
        scene.world.sts.get_scoped_credentials(session, duration_seconds=900)


# -- what is refused ------------------------------------------------------------------------------


revoke: Any = revoke_session
revoke_all_of: Any = revoke_by_source_identity
REFUSED: list[Callable[[Scene], Any]] = [
    lambda scene: revoke(scene.short, _role(scene)),
    lambda scene: revoke(scene.work, _session_token(scene)),
    lambda scene: revoke(scene.work, "s1"),
    lambda scene: revoke(scene.work, None),
    lambda scene: revoke(scene.work, scene.key),
    lambda scene: revoke(scene.work.arn, _role(scene)),
    lambda scene: revoke(scene.ana, _role(scene)),
    lambda scene: revoke_all_of(scene.work, ""),
    lambda scene: revoke_all_of(scene.work, 7),
    lambda scene: revoke_all_of(scene.main, "bob"),
    lambda _: revoke_all_of(None, "bob"),
]


@pytest.mark.parametrize("ask", REFUSED)
def test_what_cannot_be_revoked_is_refused_in_words(
    scene: Scene, ask: Callable[[Scene], Any]
) -> None:
    """Nothing is written."""
    with pytest.raises(RequestError):
        ask(scene)
    assert [[*role.inline] for role in (scene.work, scene.short)] == [["everything"]] * 2


def test_the_sessions_of_a_role_that_is_gone_cannot_be_revoked(scene: Scene) -> None:
    """They are of no use anyway."""
    role = scene.short
    role.delete_policy("everything")
    role.delete()

    with pytest.raises(NoSuchEntity):
        role.revoke_sessions()


# -- one law --------------------------------------------------------------------------------------

OF_SESSIONS: list[dict[str, dict[str, str]]] = [
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:00:30Z"}},
    {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:00:00Z"}},
    {"DateGreaterThan": {"AWS:tokenissuetime": "0"}},
    {"StringLike": {"aws:userid": "*:s1"}},
    {"StringNotLike": {"aws:userid": "*:s1"}},
    {"StringEquals": {"aws:SourceIdentity": "bob"}},
    {"StringNotEquals": {"aws:SourceIdentity": "bob"}},
    {"Null": {"aws:SourceIdentity": "true"}},
    {"ForAnyValue:StringLike": {"aws:userid": "*"}},
]
OF_OTHERS: list[dict[str, dict[str, str]]] = [
    {},
    {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}},
    {"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    {"StringEquals": {"aws:userid": "${aws:userid}"}},
    {"StringNotEquals": {"aws:userid": "${aws:username}"}},
    {"StringLike": {"aws:PrincipalArn": "*"}},
]
CONDITIONS = [
    *OF_SESSIONS,
    *OF_OTHERS,
    *(
        {**of_session, "DateGreaterThan": {"aws:TokenIssueTime": "0"}}
        for of_session in OF_SESSIONS[3:]
    ),
    *({**session, "Bool": {"aws:SecureTransport": "true"}} for session in OF_SESSIONS),
]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
@pytest.mark.parametrize("action", ["*", "s3:*", ["s3:Get*", "*"]])
@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::star-maps/*"])
def test_what_hits_a_session_denies_it_everything_and_for_what_it_is(
    scene: Scene, effect: str, action: str | list[str], resource: str
) -> None:
    """By the engine's own decision, whatever the policy says of anything else."""
    plain = scene.assume(scene.key, scene.work)
    wait(scene, 60)
    scoped = scene.world.sts.get_scoped_credentials(plain, duration_seconds=900)
    sessions = [plain, scoped, scene.assume(scene.key, scene.work, source_identity="bob")]
    for conditions in CONDITIONS:
        statement = {"Effect": effect, "Action": action, "Resource": resource}
        policy = Policy.parse(document({**statement, "Condition": conditions}))
        scene.work.inline["odd"] = policy
        scene.world.changed()
        is_for_all = (effect, resource) == ("Deny", "*") and "*" in action and action != "s3:*"
        keys = {key.lower() for block in conditions.values() for key in block}
        is_of_session = bool(keys) and keys <= {
            *("aws:tokenissuetime", "aws:userid", "aws:sourceidentity")
        }
        is_of_session &= "${" not in str(conditions)
        for session in sessions:
            denied = scene.can(session, "ec2:RunInstances").verdict is Verdict.EXPLICIT_DENY
            assert hits(policy, session.record) is (denied and is_for_all and is_of_session)
