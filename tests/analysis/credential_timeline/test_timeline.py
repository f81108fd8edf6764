"""The timeline of credentials: which existed, their start and end, and who requested them."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import FrozenInstanceError, replace
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, Verdict, World
from iamlab.analysis.credential_timeline import lifetimes
from iamlab.analysis.credential_timeline.timeline import COLUMNS, STS, Hop, Party, Timeline
from iamlab.cloudtrail.recording import record_in_account
from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.model.credentials import SessionRecord
from iamlab.model.event import Event
from iamlab.model.record import CredentialKind
from iamlab.operations.federation.oidc_issuer import github_actions
from iamlab.operations.sts.session import Session
from tests.effort import tries
from tests.growth import grows_linearly
from tests.operations.federation.issuer_tokens import workflow_token
from tests.operations.identity_center import single_sign_on
from tests.operations.sts.sts_scene import (
    CALLERS,
    EVERYTHING,
    MAIN,
    OIDC,
    SAML,
    Scene,
    made,
    trusting,
)
from tests.policy.documents import allow, document, trust

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")


@pytest.fixture
def scene() -> Scene:
    """Ana, who may do everything, and the roles work and short."""
    return made()


def line(scene: Scene, of: Any = None) -> Timeline:
    """Make a timeline."""
    return scene.world.timeline(of)


def wait(scene: Scene, minutes: float = 10) -> datetime:
    """Let time pass, and say what the time is then."""
    scene.world.clock.advance(minutes=minutes)
    return scene.world.clock.now


def ids(timeline: Any) -> list[str]:
    """Return the ids of the rows."""
    return [row.access_key_id for row in timeline]


def told(timeline: Timeline) -> list[tuple[str, str, str]]:
    """Return the hops in short: kinds and operation."""
    return [(hop.source.kind, hop.target.kind, hop.operation) for hop in timeline.hops]


# -- the rows -------------------------------------------------------------------------------------


def test_a_row_says_all_about_a_session_but_its_secrets(scene: Scene) -> None:
    """Who, of which role, from when to when, who asked, with which tags."""
    start = wait(scene)
    session = scene.assume(
        scene.key, scene.work, tags={"team": "sky"}, source_identity="ana", duration_seconds=7200
    )
    row = line(scene)[session]

    assert (row.access_key_id, row.arn) == (session.access_key_id, session.arn)
    assert (row.operation, row.kind) == ("AssumeRole", CredentialKind.ROLE)
    assert row.role_arn == row.issuer_arn == scene.work.arn
    assert (row.start, row.end) == (start, start + timedelta(hours=2))
    assert row.ended == "still valid"
    assert (row.parent, row.children, row.depth) == (scene.key.access_key_id, (), 1)
    assert row.asked_by == scene.ana.arn
    assert (row.source_identity, row.tags) == ("ana", {"team": "sky"})
    assert row.last_used is None
    assert row.event_id == scene.world.events[-1].event_id
    text = repr(line(scene))
    assert session.secret_access_key not in text
    assert session.session_token not in text


@pytest.mark.parametrize("who", [who for who in CALLERS if "session" in who or "federated" in who])
def test_every_kind_of_session_has_a_row(scene: Scene, who: str) -> None:
    """Of a user's own session in the console no credentials are known: it stands for the user."""
    session = CALLERS[who](scene)
    if not isinstance(session, Session):
        assert line(scene, session) == line(scene, scene.ana)
        return
    row = line(scene)[session]

    assert (row.arn, row.kind) == (session.arn, session.record.kind)
    assert row.role_arn == (session.role_arn if row.kind is CredentialKind.ROLE else "")
    assert row.ended == "still valid"
    assert row.asked_by
    assert line(scene, session).chain(session)[-1] == row


def test_long_term_keys_have_rows_without_an_end(scene: Scene) -> None:
    """Made once, used whenever, good until somebody does something about it."""
    made_at = wait(scene)
    key = scene.ana.create_access_key()
    root_key = scene.main.root.create_access_key()
    used_at = wait(scene)
    scene.world.do(key, *READ)
    wait(scene, 60 * 24 * 365)
    row, of_root = line(scene)[key], line(scene)[root_key]

    assert (row.operation, row.kind, row.depth) == ("CreateAccessKey", CredentialKind.LONG_TERM, 0)
    assert (row.start, row.end, row.ended) == (made_at, None, "still valid")
    assert row.last_used == used_at
    assert (row.arn, of_root.arn) == (scene.ana.arn, scene.main.root_arn)
    assert of_root.last_used is None
    assert row.role_arn == ""


def test_a_key_ends_when_it_is_switched_off_or_deleted(scene: Scene) -> None:
    """And begins again when it is switched on; what it got goes on."""
    session = scene.assume(scene.key, scene.work)
    off = wait(scene)
    scene.key.update("Inactive")
    wait(scene)
    scene.key.update("Inactive")
    assert (line(scene)[scene.key].end, line(scene)[scene.key].ended) == (off, "inactive")
    scene.key.update("Active")
    assert (line(scene)[scene.key].end, line(scene)[scene.key].ended) == (None, "still valid")

    gone = wait(scene)
    scene.key.delete()
    wait(scene)
    row = line(scene)[scene.key.access_key_id]
    assert (row.end, row.ended, row.arn) == (gone, "key deleted", scene.ana.arn)
    assert row.children == (session.access_key_id,)
    assert line(scene)[session].ended == "still valid"
    assert line(scene)[session].asked_by == scene.ana.arn


def test_a_deleted_key_of_a_deleted_user_is_remembered(scene: Scene) -> None:
    """By the log, which does not know the path that he had."""
    zoe = scene.main.create_user("zoe", path="/sky/")
    keys = [zoe.create_access_key(), scene.main.root.create_access_key()]
    for key in keys:
        scene.world.do(key, *READ) if key.user is scene.main.root else None
        key.delete()
    zoe.delete()
    rows = [line(scene)[key.access_key_id] for key in keys]

    assert [row.arn for row in rows] == [f"arn:aws:iam::{MAIN}:user/zoe", scene.main.root_arn]
    assert [row.ended for row in rows] == ["key deleted"] * 2
    assert [row.last_used is None for row in rows] == [True, False]


# -- why a session ended --------------------------------------------------------------------------


def test_a_session_ends_when_its_time_is_over(scene: Scene) -> None:
    """To the second."""
    session = scene.assume(scene.key, scene.work, duration_seconds=900)
    scene.world.clock.advance(seconds=899)
    assert line(scene)[session].ended == "still valid"
    scene.world.clock.advance(seconds=1)

    assert line(scene)[session].ended == "expired"
    assert line(scene)[session].end == session.expiration == scene.world.clock.now


def test_a_revoked_session_ended_when_the_button_was_pressed_first(scene: Scene) -> None:
    """Not when it was pressed again; and later sessions did not end."""
    old = scene.assume(scene.key, scene.work, duration_seconds=36_000)
    first = wait(scene)
    scene.work.revoke_sessions()
    wait(scene)
    new = scene.assume(scene.key, scene.work, duration_seconds=36_000)
    wait(scene)
    assert (line(scene)[old].end, line(scene)[old].ended) == (first, "revoked")
    assert line(scene)[new].ended == "still valid"

    second = scene.world.clock.now
    scene.work.revoke_sessions()
    wait(scene)
    ends = [(line(scene)[item].end, line(scene)[item].ended) for item in (old, new)]
    assert ends == [(first, "revoked"), (second, "revoked")]


def test_what_had_expired_was_not_revoked(scene: Scene) -> None:
    """Though the policy would hit it."""
    session = scene.assume(scene.key, scene.work, duration_seconds=900)
    wait(scene, 60)
    scene.work.revoke_sessions()

    assert line(scene)[session].ended == "expired"


def test_without_the_policy_a_session_is_valid_again(scene: Scene) -> None:
    """And it ends when it is revoked anew, not when it was before."""
    session = scene.assume(scene.key, scene.work, duration_seconds=36_000)
    wait(scene)
    scene.work.revoke_sessions()
    wait(scene)
    scene.work.delete_policy("AWSRevokeOlderSessions")
    assert line(scene)[session].ended == "still valid"

    again = wait(scene)
    scene.work.revoke_sessions()
    wait(scene)
    assert (line(scene)[session].end, line(scene)[session].ended) == (again, "revoked")


def test_other_ways_of_revoking_show_too(scene: Scene) -> None:
    """By name, by source identity, and of a user's own sessions."""
    named = scene.assume(scene.key, scene.work, role_session_name="named")
    bobs = scene.assume(scene.key, scene.short, source_identity="bob")
    own = scene.world.sts.get_session_token(scene.key)
    at = wait(scene)
    scene.work.revoke_session(named)
    scene.short.revoke_by_source_identity("bob")
    older = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:05:00Z"}}
    scene.ana.put_policy("revoke", Policy.deny("*", when=older))
    wait(scene)

    for session in (named, bobs, own):
        assert (line(scene)[session].end, line(scene)[session].ended) == (at, "revoked")


def test_a_deny_for_everybody_is_not_a_revocation(scene: Scene) -> None:
    """It hits new sessions as well: the role itself may do nothing."""
    session = scene.assume(scene.key, scene.work)
    scene.work.put_policy("lock", Policy.deny("*"))

    assert not scene.can(session, *READ)
    assert line(scene)[session].ended == "still valid"


def test_a_session_ends_with_its_role_or_user_and_not_with_who_asked(scene: Scene) -> None:
    """The sessions that it got of other roles go on."""
    first = scene.assume(scene.key, scene.work, duration_seconds=36_000)
    second = scene.assume(first, scene.short)
    own = scene.world.sts.get_session_token(scene.key)
    expired = scene.assume(scene.key, scene.work, duration_seconds=900)
    role_gone = wait(scene, 20)
    scene.work.delete_policy("everything")
    scene.work.delete()
    user_gone = wait(scene)
    scene.key.delete()
    scene.ana.delete_policy("everything")
    scene.ana.delete_login_profile()
    scene.ana.delete()
    wait(scene)
    rows = line(scene)

    assert (rows[first].end, rows[first].ended) == (role_gone, "role deleted")
    assert (rows[own].end, rows[own].ended) == (user_gone, "user deleted")
    assert rows[second].ended == "still valid"
    assert rows[expired].ended == "expired"


def test_a_role_that_is_made_again_does_not_bring_its_sessions_back(scene: Scene) -> None:
    """Each ended with its own."""
    ends, sessions = [], []
    for _ in range(2):
        role = scene.main.create_role("again", assume_role_policy_document=trusting(MAIN))
        sessions.append(scene.assume(scene.key, role))
        ends.append(wait(scene))
        role.delete()
        wait(scene)
    scene.main.create_role("again", assume_role_policy_document=trusting(MAIN))

    assert [line(scene)[session].end for session in sessions] == ends
    assert {line(scene)[session].ended for session in sessions} == {"role deleted"}


def test_an_end_that_no_event_tells_is_now_at_the_latest(scene: Scene) -> None:
    """Somebody has cleared the log."""
    session, revoked = scene.assume(scene.key, scene.short), scene.assume(scene.key, scene.work)
    wait(scene)
    scene.work.revoke_sessions()
    scene.short.delete_policy("everything")
    scene.short.delete()
    scene.world.events.clear()
    now = wait(scene)

    assert (line(scene)[session].end, line(scene)[session].ended) == (now, "role deleted")
    assert (line(scene)[revoked].end, line(scene)[revoked].ended) == (now, "revoked")
    wait(scene, 60)
    assert line(scene)[session].ended == "expired"


def test_a_policy_that_was_written_anew_counts_from_when_it_hit(scene: Scene) -> None:
    """Under the same name it said something else before."""
    session = scene.assume(scene.key, scene.work)
    scene.work.put_policy("RevokeSession-s1", document(allow("s3:*")))
    at = wait(scene)
    scene.work.revoke_session(session)
    wait(scene)

    assert (line(scene)[session].end, line(scene)[session].ended) == (at, "revoked")


def test_a_session_that_is_hit_from_the_beginning_was_never_good(scene: Scene) -> None:
    """It has the name of one that was revoked before."""
    first = scene.assume(scene.key, scene.work)
    wait(scene)
    scene.work.revoke_session(first)
    wait(scene)
    namesake = scene.assume(scene.key, scene.work)
    wait(scene)
    row = line(scene)[namesake]

    assert (row.start, row.end, row.ended) == (namesake.issued, namesake.issued, "revoked")


def test_the_log_is_read_for_a_principal_ignoring_case(scene: Scene) -> None:
    """A user is found by the present name."""
    role = scene.main.create_role("MixedCase", assume_role_policy_document=trusting(MAIN))
    session = scene.assume(scene.key, role)
    own = scene.world.sts.get_session_token(scene.key)
    wait(scene)
    scene.ana.update(new_user_name="Anna")
    at = wait(scene)
    older = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:05:00Z"}}
    document_ = Policy.deny("*", when=older).text
    named = {"PolicyName": "revoke", "PolicyDocument": document_}
    scene.main.call("PutRolePolicy", scene.main.root_arn, RoleName="mixedcase", **named)
    scene.main.call("PutUserPolicy", scene.main.root_arn, UserName="ANNA", **named)
    wait(scene)

    for item in (session, own):
        assert (line(scene)[item].end, line(scene)[item].ended) == (at, "revoked")


def test_a_log_that_somebody_has_edited_breaks_nothing(scene: Scene) -> None:
    """What cannot be read in it says nothing."""
    session = scene.assume(scene.key, scene.work)
    wait(scene)
    scene.work.revoke_sessions()
    scene.world.events[:] = [odd for event in scene.world.events for odd in _odd(event)]
    now = wait(scene)

    assert (line(scene)[session].end, line(scene)[session].ended) == (now, "revoked")
    assert line(scene)[scene.key].ended == "still valid"
    assert line(scene, scene.work).hops


def _odd(event: Event) -> list[Event]:
    """Return an event as no world writes it."""
    parameters = event.request_parameters or {}
    return [
        replace(event, request_parameters=None, response_elements=None),
        replace(event, request_parameters={}, response_elements={}),
        replace(
            event, request_parameters={**parameters, "policyDocument": "{"}, response_elements={}
        ),
        replace(event, request_parameters={}, response_elements={"accessKey": "x"}),
        replace(event, request_parameters={}, response_elements={"credentials": "x"}),
        replace(event, user_identity={}, error_code="Odd"),
    ]


# -- chains ---------------------------------------------------------------------------------------


@pytest.fixture
def chained(scene: Scene) -> tuple[Scene, list[Session]]:
    """A chain of three, from ana's key; and a fourth session beside the second."""
    first = scene.assume(scene.key, scene.work)
    second = scene.assume(first, scene.short, role_session_name="second")
    third = scene.assume(second, scene.work, role_session_name="third")
    beside = scene.assume(first, scene.short, role_session_name="beside")
    return scene, [first, second, third, beside]


def test_a_chain_leads_from_the_first_credentials_to_the_session(
    chained: tuple[Scene, list[Session]],
) -> None:
    """Parents and children, with their depth."""
    scene, (first, second, third, beside) = chained
    rows = line(scene)
    chain = rows.chain(third)

    assert ids(chain) == [scene.key.access_key_id, *(link.access_key_id for link in chained[1][:3])]
    assert [row.depth for row in chain] == [0, 1, 2, 3]
    assert third.chain() == chain
    assert rows[first].children == (second.access_key_id, beside.access_key_id)
    assert [row.asked_by for row in chain] == ["", scene.ana.arn, first.arn, second.arn]
    for above, below in pairwise(chain):
        assert below.parent == above.access_key_id
        assert below.access_key_id in above.children


def test_of_a_session_shows_its_chain_in_both_directions_and_nothing_beside(
    chained: tuple[Scene, list[Session]],
) -> None:
    """What led to it, and what came of it."""
    scene, (first, second, third, beside) = chained
    stranger = scene.world.sts.get_session_token(scene.key)
    key = scene.key.access_key_id

    assert ids(line(scene, second)) == [
        key,
        *(item.access_key_id for item in (first, second, third)),
    ]
    assert ids(line(scene, beside)) == [key, first.access_key_id, beside.access_key_id]
    assert ids(line(scene, second.access_key_id)) == ids(line(scene, second))
    assert {hop.target.access_key_id for hop in line(scene, beside).hops} == {
        *("", first.access_key_id, beside.access_key_id)
    }
    assert ids(line(scene, key)) == ids(line(scene, scene.key)) == ids(line(scene))
    assert ids(line(scene, stranger)) == [key, stranger.access_key_id]


def test_of_a_role_shows_its_sessions_and_what_belongs_to_them(
    chained: tuple[Scene, list[Session]],
) -> None:
    """The role itself, its ARN, the ARN of a session."""
    scene, (first, second, third, beside) = chained
    lone = scene.main.create_role("lone", assume_role_policy_document=trusting(MAIN))
    alone = scene.assume(scene.ana, lone)
    every = ids(line(scene))

    assert ids(line(scene, scene.short)) == [
        scene.key.access_key_id,
        *(item.access_key_id for item in (first, second, third, beside)),
    ]
    assert ids(line(scene, scene.short.arn)) == ids(line(scene, scene.short))
    assert ids(line(scene, lone)) == [alone.access_key_id]
    assert ids(line(scene, alone.arn)) == [alone.access_key_id]
    assert [each for each in every if each not in ids(line(scene, lone))] == every[:-1]


def test_of_a_user_shows_his_keys_his_sessions_and_what_he_asked_for(scene: Scene) -> None:
    """With a key, or without saying with which; and under another name too."""
    zoe = scene.main.create_user("zoe")
    zoe.put_policy("everything", EVERYTHING)
    key = zoe.create_access_key()
    token = scene.world.sts.get_session_token(key)
    by_token = scene.assume(token, scene.work)
    federated = scene.world.sts.get_federation_token(key, name="guest")
    without_key = scene.assume(zoe, scene.short)
    scene.assume(scene.key, scene.work)
    expected = [
        *(key.access_key_id, token.access_key_id, by_token.access_key_id),
        *(federated.access_key_id, without_key.access_key_id),
    ]

    assert sorted(ids(line(scene, zoe))) == sorted(expected)
    assert ids(line(scene, zoe.arn)) == ids(line(scene, zoe))
    assert line(scene)[without_key].asked_by == zoe.arn
    old = zoe.arn
    unknown = scene.world.sts.get_session_token(zoe)
    zoe.update(new_user_name="zoey")
    assert {*ids(line(scene, zoe))} >= {
        *(token.access_key_id, federated.access_key_id, unknown.access_key_id)
    }
    assert {*ids(line(scene, old))} >= {token.access_key_id, without_key.access_key_id}


def test_a_role_that_was_made_again_has_no_credentials_of_its_namesake(scene: Scene) -> None:
    """The object is the very role; an ARN is whoever had it."""
    first = scene.main.create_role("again", assume_role_policy_document=trusting(MAIN))
    old = scene.assume(scene.key, first)
    first.delete()
    second = scene.main.create_role("again", assume_role_policy_document=trusting(MAIN))
    assert (len(line(scene, second)), first.arn) == (0, second.arn)
    new = scene.assume(scene.key, second)

    key = scene.key.access_key_id
    assert ids(line(scene, first)) == [key, old.access_key_id]
    assert ids(line(scene, second)) == [key, new.access_key_id]
    assert ids(line(scene, second.arn)) == [key, old.access_key_id, new.access_key_id]


def test_a_new_user_has_no_credentials_of_one_who_was_called_so_before(scene: Scene) -> None:
    """Neither keys, deleted ones included, nor sessions, nor the request."""
    zoe = scene.main.create_user("zoe")
    zoe.put_policy("everything", EVERYTHING)
    keys = [zoe.create_access_key() for _ in range(2)]
    mine = [
        *(key.access_key_id for key in keys),
        scene.world.sts.get_session_token(keys[0]).access_key_id,
        scene.assume(zoe, scene.work).access_key_id,
    ]
    keys[1].delete()
    zoe.update(new_user_name="zoey")
    namesake = scene.main.create_user("zoe")
    namesake.put_policy("everything", EVERYTHING)
    assert len(line(scene, namesake)) == 0
    other = scene.assume(namesake, scene.work)

    assert ids(line(scene, namesake)) == [other.access_key_id]
    assert sorted(ids(line(scene, zoe))) == sorted(mine)


def test_a_user_who_was_made_again_has_no_deleted_keys_of_his_namesake(scene: Scene) -> None:
    """Of those nobody knows the user any more, and the row still says his name."""
    zoe = scene.main.create_user("zoe")
    old = zoe.create_access_key()
    old.delete()
    zoe.delete()
    again = scene.main.create_user("zoe")
    new = again.create_access_key()
    new.delete()

    assert ids(line(scene, again)) == [new.access_key_id]
    assert line(scene)[old].arn == again.arn
    assert ids(line(scene, again.arn)) == [old.access_key_id, new.access_key_id]
    with pytest.raises(RequestError, match="no timeline"):
        line(scene, zoe)


OLDER = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-25T09:05:00Z"}}


def _attach(scene: Scene, policy: Any) -> None:
    scene.work.attach_policy(policy)


def _bound(scene: Scene, policy: Any) -> None:
    scene.work.put_permissions_boundary(policy)


@pytest.mark.parametrize("put", [_attach, _bound])
def test_a_managed_deny_revokes_as_an_inline_one_does(
    scene: Scene, put: Callable[[Scene, Any], None]
) -> None:
    """Attached or as boundary, since it is there."""
    session = scene.assume(scene.key, scene.work)
    policy = scene.main.create_policy("revoke", Policy.deny("*", when=OLDER))
    at = wait(scene)
    put(scene, policy)
    wait(scene)
    later = scene.assume(scene.key, scene.work)

    assert not scene.can(session, *READ)
    assert (line(scene)[session].end, line(scene)[session].ended) == (at, "revoked")
    assert line(scene)[later].ended == "still valid"


def test_a_managed_policy_counts_from_when_its_version_applied(scene: Scene) -> None:
    """It was attached before, and said something else."""
    session = scene.assume(scene.key, scene.work)
    policy = scene.main.create_policy("revoke", document(allow("s3:*")))
    scene.work.attach_policy(policy)
    wait(scene)
    policy.create_version(Policy.deny("*", when=OLDER))
    at = wait(scene)
    policy.set_default_version("v2")
    wait(scene)
    assert (line(scene)[session].end, line(scene)[session].ended) == (at, "revoked")
    scene.work.detach_policy(policy)
    assert line(scene)[session].ended == "still valid"
    again = wait(scene)
    scene.work.attach_policy(policy)
    assert line(scene)[session].end == again


def test_a_boundary_that_a_role_was_made_with_hits_from_the_beginning(scene: Scene) -> None:
    """And if no event says since when, it is now at the latest."""
    later = {"DateGreaterThan": {"aws:TokenIssueTime": "2026-11-25T09:05:00Z"}}
    policy = scene.main.create_policy("closed", Policy.deny("*", when=later))
    role = scene.main.create_role(
        "closed", assume_role_policy_document=trusting(MAIN), permissions_boundary=policy
    )
    wait(scene)
    session = scene.assume(scene.key, role)
    now = wait(scene)

    assert (line(scene)[session].end, line(scene)[session].ended) == (session.issued, "revoked")
    scene.world.events.clear()
    assert (line(scene)[session].end, line(scene)[session].ended) == (now, "revoked")


def test_of_a_root_user_shows_what_is_his(scene: Scene) -> None:
    """Neither a user's nor a role's."""
    key = scene.main.root.create_access_key()
    token = scene.world.sts.get_session_token(key)

    assert ids(line(scene, scene.main.root)) == [key.access_key_id, token.access_key_id]
    assert ids(line(scene, scene.main.root_arn)) == ids(line(scene, scene.main.root))
    assert len(line(scene, scene.dev.root)) == 0


def test_who_has_no_credentials_has_an_empty_timeline(scene: Scene) -> None:
    """Which prints as nothing."""
    bare = scene.main.create_user("bare")
    for of in (bare, bare.arn, scene.short, scene.short.arn):
        empty = line(scene, of)
        assert (len(empty), empty.hops, empty.as_text()) == (0, (), "")
        assert empty.to_frame().shape == (0, len(COLUMNS))


def _foreign(scene: Scene) -> Session:
    """Make a session in another world, with the ARN of one in this world."""
    other = made(seed=8)
    sessions = [item.assume(item.key, item.work) for item in (scene, other)]
    assert sessions[0].arn == sessions[1].arn
    return sessions[1]


NOTHING: dict[str, Callable[[Scene], Any]] = {
    "a session of another world": _foreign,
    "an unknown id": lambda _: "ASIAUNKNOWNEXAMPLE00",
    "an unknown ARN": lambda _: f"arn:aws:iam::{MAIN}:user/nobody",
    "a text": lambda _: "",
    "a number": lambda _: 7,
    "a list": lambda scene: [scene.key],
    "a group": lambda scene: scene.main.create_group("sky"),
    "an account": lambda scene: scene.main,
}


@pytest.mark.parametrize("what", NOTHING)
def test_what_is_not_there_has_no_timeline(scene: Scene, what: str) -> None:
    """And that is said, not shown as an empty one."""
    with pytest.raises(RequestError):
        line(scene, NOTHING[what](scene))


def test_a_row_that_is_not_in_a_timeline_is_not_found_there(scene: Scene) -> None:
    """Nor its chain."""
    first, second = scene.assume(scene.key, scene.work), scene.assume(scene.key, scene.short)
    rows = line(scene, first)
    wrong: list[Any] = [second, second.access_key_id, None, 7, [], _foreign(scene)]
    for bad in wrong:
        for ask in (rows.__getitem__, rows.chain):
            with pytest.raises(RequestError):
                ask(bad)


# -- hops -----------------------------------------------------------------------------------------


def test_a_key_asks_sts_and_sts_answers_with_a_session(scene: Scene) -> None:
    """Two hops, noted by one event; then the session calls a service."""
    session = scene.assume(scene.key, scene.work)
    at, event_id = scene.world.clock.now, scene.world.events[-1].event_id
    later = wait(scene)
    scene.world.do(session, *READ)
    key = Party("access key", scene.ana.arn, scene.key.access_key_id)
    own = Party("session", session.arn, session.access_key_id)

    assert line(scene, session).hops == (
        Hop(key, STS, "AssumeRole", at, event_id),
        Hop(STS, own, "AssumeRole", at, event_id),
        Hop(
            own,
            Party("service", "s3.amazonaws.com"),
            "GetObject",
            later,
            scene.world.events[-1].event_id,
        ),
    )
    assert line(scene)[session].last_used == later
    assert str(line(scene, session).hops[0]) == (
        f"access key {scene.ana.arn} -> service sts.amazonaws.com: AssumeRole"
    )


def test_a_user_without_a_known_key_is_the_source(scene: Scene) -> None:
    """As tests and lessons mostly do."""
    session = scene.assume(scene.ana, scene.work)

    assert told(line(scene, session)) == [
        ("user", "service", "AssumeRole"),
        ("service", "session", "AssumeRole"),
    ]
    assert line(scene, session).hops[0].source.name == scene.ana.arn
    assert line(scene)[session].depth == 1


def test_a_refused_call_is_a_hop_that_leads_nowhere(scene: Scene) -> None:
    """With the error's code."""
    session = scene.assume(scene.key, scene.work)
    scene.work.put_policy("everything", document(allow("s3:ListBucket")))
    with pytest.raises(AccessDenied):
        scene.world.do(session, *READ)
    with pytest.raises(AccessDenied):
        scene.assume(session, scene.short)
    *_, read, assume = line(scene, session).hops

    assert (read.operation, read.error_code) == ("GetObject", "AccessDenied")
    assert (assume.target, assume.error_code) == (STS, "AccessDenied")
    assert str(assume).endswith("-> service sts.amazonaws.com: AssumeRole (AccessDenied)")
    assert ids(line(scene, session)) == [scene.key.access_key_id, session.access_key_id]


def test_calls_of_iam_and_sts_are_hops_of_the_credentials_that_signed_them(scene: Scene) -> None:
    """Of two sessions of one name too."""
    first, second = (scene.assume(scene.key, scene.work) for _ in range(2))
    scene.main.call("ListUsers", second)
    scene.world.sts.get_caller_identity(second)

    assert len(line(scene, first).hops) == 2
    assert told(line(scene, second))[2:] == [
        ("session", "service", "ListUsers"),
        ("session", "service", "GetCallerIdentity"),
    ]


def test_a_chain_of_roles_is_a_chain_of_hops(chained: tuple[Scene, list[Session]]) -> None:
    """Key, STS, session, STS, session, STS, session."""
    scene, (first, second, third, _) = chained
    hops = line(scene, third).hops

    parties = [hops[0].source, *(hop.target for hop in hops)]
    assert [party.kind for party in parties] == ["access key", *("service", "session") * 3]
    assert [party.access_key_id for party in parties[2::2]] == [
        item.access_key_id for item in (first, second, third)
    ]
    for before, after in pairwise(hops):
        assert before.target == after.source


def test_across_accounts_the_callers_own_event_counts(scene: Scene) -> None:
    """The owner's log does not say who called."""
    theirs = scene.dev.create_role("theirs", assume_role_policy_document=trusting(MAIN))
    session = scene.assume(scene.key, theirs)
    ours, owners = scene.world.events[-2:]

    assert (ours.recipient_account_id, owners.recipient_account_id) == (MAIN, scene.dev.account_id)
    assert {hop.event_id for hop in line(scene, session).hops} == {ours.event_id}
    assert line(scene)[session].asked_by == scene.ana.arn


def test_an_instance_asks_its_metadata_service(scene: Scene) -> None:
    """For which EC2 asks STS; then what runs there calls a service."""
    web = scene.main.create_role(
        "web", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    web.put_policy("read", document(allow("s3:GetObject")))
    profile = scene.main.create_instance_profile("web")
    profile.add_role(web)
    instance = scene.main.create_instance(instance_profile=profile)
    session = instance.role_session()
    scene.world.do(session, *READ)
    hops = line(scene, session).hops

    assert told(line(scene, session)) == [
        ("instance", "metadata service", "GET /latest/meta-data/iam/security-credentials/"),
        ("metadata service", "service", "AssumeRole"),
        ("service", "session", "AssumeRole"),
        ("session", "service", "GetObject"),
    ]
    assert hops[0].source.name == instance.arn
    assert (hops[0].event_id, hops[1].event_id) == ("", hops[2].event_id)
    assert line(scene)[session].asked_by == "ec2.amazonaws.com"


@pytest.mark.parametrize(
    ("service", "source", "kinds"),
    [
        (
            "lambda.amazonaws.com",
            f"arn:aws:lambda:us-east-1:{MAIN}:function:resize",
            ["function", "service", "service", "session"],
        ),
        ("states.amazonaws.com", None, ["service", "service", "session"]),
    ],
)
def test_a_service_assumes_a_role_for_what_it_runs(
    scene: Scene, service: str, source: str | None, kinds: list[str]
) -> None:
    """Lambda for a function."""
    role = scene.main.create_role("run", assume_role_policy_document=trust({"Service": service}))
    session = scene.world.sts.assume_role_as_service(service, role_arn=role, source_arn=source)
    hops = line(scene, session).hops

    assert [hops[0].source.kind, *(hop.target.kind for hop in hops)] == kinds
    assert hops[-2].source.name == service
    assert line(scene)[session].asked_by == service
    scene.world.events.clear()
    assert [hop.source.kind for hop in line(scene, session).hops] == (
        ["function", "service"] if source else ["service"]
    )


def test_with_saml_a_browser_comes_by_way_of_a_directory(scene: Scene) -> None:
    """And nobody has signed the call."""
    session = scene.session("AssumeRoleWithSAML")
    hops = line(scene, session).hops

    assert told(line(scene, session)) == [
        ("browser", "directory", "sign in"),
        ("directory", "service", "AssumeRoleWithSAML"),
        ("service", "session", "AssumeRoleWithSAML"),
    ]
    assert (hops[0].source.name, hops[0].target.name) == ("bob", SAML)
    assert line(scene)[session].asked_by == "bob"


def test_single_sign_on_is_a_browser_with_a_directory_too() -> None:
    """Identity Center's own; and its session ends when the assignment does."""
    single = single_sign_on.Scene()
    session = single.session()
    single.world.clock.advance(minutes=10)
    at = single.world.clock.now
    single.center.delete_account_assignment(single.dev, single.readers, single.group)
    single.world.clock.advance(minutes=10)
    timeline = single.world.timeline(session)

    assert [hop.source.kind for hop in timeline.hops] == ["browser", "directory", "service"]
    assert timeline.hops[0].source.name == "ana"
    assert (timeline[session].end, timeline[session].ended) == (at, "role deleted")


def test_a_ci_job_comes_by_way_of_its_issuer(scene: Scene) -> None:
    """And an application of one's own as well."""
    github = github_actions(scene.world)
    provider = github.register(scene.main)
    web_identity = {"Effect": "Allow", "Action": "sts:AssumeRoleWithWebIdentity"}
    of_github = {
        "Principal": {"Federated": provider.arn},
        "Condition": {
            "StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/star-maps:*"}
        },
    }
    of_own = {"Principal": {"Federated": OIDC}}
    scene.work.update_assume_role_policy(
        document({**web_identity, **of_github}, {**web_identity, **of_own})
    )
    job = scene.world.sts.assume_role_with_web_identity(
        role_arn=scene.work,
        role_session_name="deploy",
        web_identity_token=workflow_token(github, "acme/star-maps"),
    )
    app = scene.session("AssumeRoleWithWebIdentity")
    of_job, of_app = line(scene, job).hops, line(scene, app).hops
    subject = "repo:acme/star-maps:ref:refs/heads/main"

    assert [str(hop) for hop in of_job[:2]] == [
        f"CI job {subject} -> OIDC issuer {provider.arn}: ask for a token",
        f"OIDC issuer {provider.arn} -> service sts.amazonaws.com: AssumeRoleWithWebIdentity",
    ]
    assert [of_app[0].source.kind, of_app[0].target.name] == ["application", OIDC]


def test_a_session_in_the_console_uses_the_credentials_that_it_came_from(scene: Scene) -> None:
    """The link is asked for with them, and clicks are theirs."""
    session = scene.assume(scene.key, scene.work)
    in_console = scene.world.sts.sign_in_with(scene.world.sts.console_federation_url(session))
    scene.main.call("ListUsers", in_console)

    assert [hop.operation for hop in line(scene, session).hops[2:]] == [
        "GetSigninToken",
        "ListUsers",
    ]
    assert line(scene, in_console) == line(scene, session)


def test_without_a_log_the_hops_are_those_that_the_sessions_themselves_tell(scene: Scene) -> None:
    """Somebody has cleared it: no events, and no names that only the log had."""
    session = scene.assume(scene.key, scene.work)
    by_saml, without_key = scene.session("AssumeRoleWithSAML"), scene.assume(scene.ana, scene.work)
    chained = scene.assume(session, scene.short)
    scene.world.events.clear()

    assert {hop.event_id for hop in line(scene).hops} == {""}
    assert told(line(scene, session))[:2] == [
        ("access key", "service", "AssumeRole"),
        ("service", "session", "AssumeRole"),
    ]
    assert told(line(scene, by_saml))[0] == ("browser", "directory", "sign in")
    assert told(line(scene, without_key)) == [("service", "session", "AssumeRole")]
    assert line(scene)[without_key].asked_by == ""
    assert line(scene)[chained].asked_by == session.arn


def test_a_deleted_key_is_still_at_the_beginning(scene: Scene) -> None:
    """Also where the log no longer knows it."""
    session = scene.assume(scene.key, scene.work)
    event = scene.world.events[-1]
    scene.key.delete()
    assert ids(line(scene, session)) == [scene.key.access_key_id, session.access_key_id]
    scene.world.events[:] = [event]

    assert ids(line(scene, session)) == [session.access_key_id]
    assert line(scene, session).hops[0].source == Party(
        "access key", scene.ana.arn, scene.key.access_key_id
    )


# -- shown ----------------------------------------------------------------------------------------


def test_as_text_is_an_indented_list(chained: tuple[Scene, list[Session]]) -> None:
    """Under each of the credentials what they asked for."""
    scene, _ = chained
    from_to = "2026-11-25 09:00:00 to 2026-11-25 10:00:00, still valid"

    assert line(scene).as_text().splitlines() == [
        "user/ana: CreateAccessKey, 2026-11-25 09:00:00 to ..., still valid",
        f"  assumed-role/{scene.work.name}/s1: AssumeRole, {from_to}",
        f"    assumed-role/short/second: AssumeRole, {from_to}",
        f"      assumed-role/{scene.work.name}/third: AssumeRole, {from_to}",
        f"    assumed-role/short/beside: AssumeRole, {from_to}",
    ]
    assert str(line(scene)) == line(scene).as_text()
    wait(scene)
    scene.ana.create_access_key()
    assert line(scene).as_text().splitlines()[-1] == (
        "user/ana: CreateAccessKey, 2026-11-25 09:10:00 to ..., still valid"
    )


def test_to_frame_has_a_line_a_row(chained: tuple[Scene, list[Session]]) -> None:
    """In the order of the rows."""
    scene, sessions = chained
    tagged = scene.assume(scene.key, scene.work, tags={"team": "sky", "site": "x"})
    frame = line(scene).to_frame()

    assert tuple(frame.columns) == COLUMNS
    assert list(frame["credentials"]) == ids(line(scene))
    assert list(frame["depth"]) == [0, 1, 2, 3, 2, 1]
    assert frame["tags"].iloc[-1] == "team=sky, site=x"
    assert frame["role"].iloc[1] == scene.work.arn
    assert tagged.secret_access_key not in frame.to_csv()
    assert sessions[0].session_token not in frame.to_csv()


def test_a_timeline_does_not_change_afterwards(scene: Scene) -> None:
    """It is a picture of one moment."""
    session = scene.assume(scene.key, scene.work, duration_seconds=900)
    before = line(scene)
    wait(scene, 60)
    scene.assume(scene.key, scene.work)

    assert before[session].ended == "still valid"
    assert len(before) == 2
    assert before.now < scene.world.clock.now
    with pytest.raises(FrozenInstanceError):
        before.rows[0].ended = "expired"  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        before.hops = ()  # type: ignore[misc]


def test_asking_changes_nothing(scene: Scene) -> None:
    """Neither the world nor its log nor the next id."""
    session = scene.assume(scene.key, scene.work)
    made_, events = scene.world.ids.made, len(scene.world.events)
    for of in (None, session, scene.work, scene.ana):
        line(scene, of)

    assert (scene.world.ids.made, len(scene.world.events)) == (made_, events)


def _story(scene: Scene) -> World:
    """Let some things happen, at one time and at several."""
    first = scene.assume(scene.key, scene.work)
    scene.world.sts.get_session_token(scene.key)
    for name in ("a1", "a2", "a3"):
        scene.assume(first, scene.short, role_session_name=name)
    scene.world.do(first, *READ)
    wait(scene)
    scene.work.revoke_sessions()
    scene.session("AssumeRoleWithWebIdentity")
    scene.ana.create_access_key()
    return scene.world


def test_the_same_story_gives_the_same_timeline(tmp_path: Path) -> None:
    """In the same order; in a copy too, and in a file that was written and read."""
    world = _story(made())
    lines = [world.timeline(), _story(made()).timeline(), world.copy().timeline()]
    world.save(tmp_path / "world.json")
    lines.append(World.load(tmp_path / "world.json").timeline())

    assert lines[1:] == lines[:1] * 3
    assert [row.start for row in lines[0]] == sorted(row.start for row in lines[0])
    assert [hop.at for hop in lines[0].hops] == sorted(hop.at for hop in lines[0].hops)


# -- laws -----------------------------------------------------------------------------------------

Step = Callable[[Scene, list[Session]], object]


def _forget(scene: Scene) -> None:
    """Take every policy that revokes from the role."""
    for name in [*scene.work.inline]:
        if name != "everything":
            scene.work.delete_policy(name)


def _delete(scene: Scene) -> None:
    """Delete the role."""
    _forget(scene)
    scene.work.delete_policy("everything")
    scene.work.delete()


ALWAYS: dict[str, Step] = {
    "wait": lambda scene, _: wait(scene, 7),
    "wait long": lambda scene, _: wait(scene, 90),
    "token": lambda scene, got: got.append(scene.world.sts.get_session_token(scene.key)),
}
WITH_ROLE: dict[str, Step] = {
    "assume": lambda scene, got: got.append(scene.assume(scene.key, scene.work)),
    "revoke": lambda scene, _: scene.work.revoke_sessions(),
    "unrevoke": lambda scene, _: _forget(scene),
    "delete": lambda scene, _: _delete(scene),
}
WITH_BOTH: dict[str, Step] = {
    "chain": lambda scene, got: got.append(scene.assume(got[-1], scene.work)),
    "scoped": lambda scene, got: got.append(
        scene.world.sts.get_scoped_credentials(got[-1], duration_seconds=60)
    ),
    "revoke one": lambda scene, got: scene.work.revoke_session(got[-1]),
}


def _possible(scene: Scene, got: list[Session]) -> dict[str, Step]:
    """Return the steps that can be done now: with a role, and with a session."""
    is_there = "work" in scene.main.roles
    return {**ALWAYS, **(WITH_ROLE if is_there else {}), **(WITH_BOTH if is_there and got else {})}


STEPS = st.lists(
    st.sampled_from(["wait", "assume", *ALWAYS, *WITH_ROLE, *WITH_BOTH]), min_size=3, max_size=12
)


@settings(max_examples=tries(40))
@given(steps=STEPS)
def test_a_row_says_still_valid_of_what_still_works_and_of_nothing_else(steps: list[str]) -> None:
    """Whatever happens; and an end is never later than now, unless it is yet to come."""
    scene = made()
    sessions: list[Session] = []
    for step in steps:
        do = _possible(scene, sessions).get(step, ALWAYS["wait"])
        with suppress(AwsError, RequestError):
            do(scene, sessions)
    rows, now = line(scene), scene.world.clock.now
    for session in sessions:
        row = rows[session]
        try:
            works = scene.can(session, *READ).verdict is Verdict.ALLOWED
        except AwsError:
            works = False
        assert (row.ended == "still valid") is works
        assert row.end is not None
        assert (row.end > now) is works
        assert row.start <= row.end <= session.expiration


@lru_cache
def _crowd(size: int) -> World:
    """Make a world of many sessions, in chains of ten, as quickly as may be: without asking STS."""
    world = World(seed=5)
    main = world.create_account("main", account_id=MAIN)
    role = main.create_role("r", assume_role_policy_document=trusting(MAIN))
    template = SessionRecord(
        "AssumeRole",
        CredentialKind.ROLE,
        f"arn:aws:sts::{MAIN}:assumed-role/r/s",
        role.arn,
        role.unique_id,
        "s",
        world.clock.now,
        world.clock.now + timedelta(hours=1),
        "",
    )
    for number in range(size):
        parent = "" if number % 10 == 0 else f"ASIA{number - 1:016}"
        item = replace(template, access_key_id=f"ASIA{number:016}", parent=parent)
        world.sessions[item.access_key_id] = item
        answer = {"Credentials": {"AccessKeyId": item.access_key_id}}
        record_in_account(world, ("sts", "AssumeRole"), {}, MAIN, read_only=True, answer=answer)
    world.clock.advance(seconds=1)
    role.revoke_sessions()
    return world


@pytest.mark.slow
def test_the_work_grows_as_the_number_of_sessions_does() -> None:
    """All of them, and one chain."""
    for of in (None, "ASIA0000000000000005"):

        def work(size: int, of: str | None = of) -> Callable[[], Timeline]:
            return lambda: _crowd(size).timeline(of)

        assert grows_linearly(work, 1500)
    assert len(_crowd(6000).timeline("ASIA0000000000000005")) == 10
    assert {row.ended for row in _crowd(6000).timeline()} == {"revoked"}


def test_for_its_chain_a_session_works_out_no_other_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When each of them ends is what takes the time."""
    world, ended = _crowd(1500), list[str]()
    whole = world.timeline("ASIA0000000000000005")
    of = lifetimes._Ends.of

    def noted(ends: lifetimes._Ends, session_record: SessionRecord) -> Any:
        ended.append(session_record.access_key_id)
        return of(ends, session_record)

    monkeypatch.setattr(lifetimes._Ends, "of", noted)
    session = Session(world, world.sessions["ASIA0000000000000005"])

    assert session.chain() == whole.chain(session)
    assert ended == [f"ASIA{number:016}" for number in range(6)]


def test_a_chain_ends_at_a_key_that_is_gone_or_never_was(scene: Scene) -> None:
    """What of it is known is reported; of a session that its world does not know nothing is."""
    key = scene.ana.create_access_key()
    session = scene.assume(scene.assume(key, scene.work), scene.short)
    key.delete()
    assert [row.ended for row in session.chain()] == ["key deleted", *["still valid"] * 2]

    scene.world.events.clear()
    assert [row.operation for row in session.chain()] == ["AssumeRole"] * 2
    del scene.world.sessions[session.access_key_id]
    with pytest.raises(RequestError, match="not of its world"):
        session.chain()


@pytest.mark.slow
def test_a_very_long_chain_is_shown_without_running_out_of_anything() -> None:
    """Neither of Python's stack nor, by indentation, of memory."""
    world = World(seed=5)
    main = world.create_account("main", account_id=MAIN)
    role = main.create_role("r", assume_role_policy_document=trusting(MAIN))
    role.put_policy("everything", EVERYTHING)
    caller: Any = role
    for _ in range(1500):
        caller = world.sts.assume_role(caller, role_arn=role, role_session_name="s1")
    timeline = world.timeline(caller)

    assert len(timeline.chain(caller)) == len(timeline) == 1500
    assert caller.chain() == timeline.chain(caller)
    assert timeline[caller].depth == 1500
    assert max(map(len, timeline.as_text().splitlines())) < 150


def test_parents_that_lead_in_a_circle_end_somewhere(scene: Scene) -> None:
    """As only a damaged file can have them."""
    first, second = scene.assume(scene.key, scene.work), scene.assume(scene.key, scene.short)
    for item, other in ((first, second), (second, first)):
        damaged = replace(item.record, parent=other.access_key_id)
        scene.world.sessions[item.access_key_id] = damaged

    assert len(line(scene, first)) == 2
    assert len(line(scene, first).chain(first)) <= 3
    assert ids(first.chain()) == [second.access_key_id, first.access_key_id]
    assert "assumed-role" not in line(scene, first).as_text()
    assert line(scene, first).hops
