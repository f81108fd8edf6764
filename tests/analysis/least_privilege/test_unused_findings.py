"""Findings: unused access in the words of IAM Access Analyzer."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from iamlab import Policy, World
from iamlab.analysis.least_privilege.unused import UnusedFinding
from iamlab.analysis.trails.uses import Use
from iamlab.errors import AwsError, RequestError
from iamlab.world.identities import Role, User

ACCOUNT = "111122223333"
PASSWORD = "Correct-Horse-1"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"


def small_world() -> tuple[World, User, Role]:
    """Make an account with a user and a role."""
    world = World(seed=7)
    account = world.create_account("main", account_id=ACCOUNT)
    trust = Policy.allow("sts:AssumeRole", None, principal=ACCOUNT)
    role = account.create_role("job", assume_role_policy_document=trust)
    return world, account.create_user("ana"), role


def sent(user: User, time: datetime, *, is_allowed: bool = True) -> Use:
    """Record that a user sent a message."""
    attributes = {
        "account_id": ACCOUNT,
        "region": "us-east-1",
        "time": time,
        "is_allowed": is_allowed,
    }
    return Use("sqs:SendMessage", QUEUE, user.arn, user.arn, **attributes)  # type: ignore[arg-type]


def kinds(world: World, caller: Any = None, **how: Any) -> dict[str, UnusedFinding]:
    """Return the findings by their type."""
    return {finding.finding_type: finding for finding in world.unused(caller, **how).findings}


def test_a_role_that_nobody_assumed_is_unused() -> None:
    """And its permissions aren't findings of their own, nor matter for edits."""
    world, _, role = small_world()
    role.attach_policy("AmazonEC2FullAccess")
    world.clock.advance(days=90)

    found = world.unused()

    assert [(finding.finding_type, finding.resource) for finding in found.findings] == [
        ("UnusedIAMRole", role.arn)
    ]
    assert found.findings[0].last_accessed is None
    assert found.edits == ()
    assert [edit.kind for edit in world.unused(role).edits] == ["detach"]


def test_a_role_is_used_by_its_sessions() -> None:
    """Until that is too long ago."""
    world, ana, role = small_world()
    ana.put_policy("own", Policy.allow("sts:AssumeRole"))
    role.put_policy("own", Policy.allow("sqs:SendMessage"))
    key = ana.create_access_key()
    world.clock.advance(days=100)
    session = world.sts.assume_role(key, role_arn=role.arn, role_session_name="night")
    world.do(session, "sqs:SendMessage", QUEUE)
    used = world.clock.now

    world.clock.advance(days=90)
    assert "UnusedIAMRole" not in kinds(world)
    world.clock.advance(seconds=1)
    assert kinds(world)["UnusedIAMRole"].last_accessed == used
    assert "last used on" in kinds(world)["UnusedIAMRole"].text


def test_a_world_remembers_the_use_of_a_role_that_a_trail_has_not() -> None:
    """As it does of passwords and keys: the trail given may begin later."""
    world, ana, role = small_world()
    ana.put_policy("own", Policy.allow("sts:AssumeRole"))
    role.put_policy("own", Policy.allow("sqs:SendMessage"))
    world.clock.advance(days=100)
    key = ana.create_access_key()
    session = world.sts.assume_role(key, role_arn=role.arn, role_session_name="night")
    world.do(session, "sqs:SendMessage", QUEUE)
    used = world.clock.now

    assert "UnusedIAMRole" not in kinds(world, role, events=[])
    world.clock.advance(days=91)
    assert kinds(world, role, events=[])["UnusedIAMRole"].last_accessed == used


def test_a_password_is_unused_until_somebody_signs_in() -> None:
    """And ninety days after it again."""
    world, ana, _ = small_world()
    ana.create_login_profile(PASSWORD)
    world.clock.advance(days=90)
    assert kinds(world)["UnusedIAMUserPassword"].resource == ana.arn

    world.sign_in(account=ACCOUNT, user="ana", password=PASSWORD)
    assert "UnusedIAMUserPassword" not in kinds(world)
    world.clock.advance(days=91)

    assert "last used on" in kinds(world)["UnusedIAMUserPassword"].text


def test_a_wrong_password_is_not_a_use_of_the_right_one() -> None:
    """The log has the attempt all the same."""
    world, ana, _ = small_world()
    ana.create_login_profile(PASSWORD)
    world.clock.advance(days=90)
    with pytest.raises(AwsError):
        world.sign_in(account=ACCOUNT, user="ana", password="wrong")

    assert world.events[-1].event_name == "ConsoleLogin"
    assert "UnusedIAMUserPassword" in kinds(world)


def test_a_key_is_unused_until_it_signs_a_call() -> None:
    """Each key by itself; an inactive one isn't a finding."""
    world, ana, _ = small_world()
    first, second = ana.create_access_key(), ana.create_access_key()
    ana.put_policy("own", Policy.allow("sqs:SendMessage"))
    world.clock.advance(days=90)
    world.do(first, "sqs:SendMessage", QUEUE)

    found = [
        finding for finding in world.unused().findings if finding.finding_type.endswith("AccessKey")
    ]
    assert [second.access_key_id in entry.text for entry in found] == [True]

    second.update("Inactive")
    assert "UnusedIAMUserAccessKey" not in kinds(world)


def test_a_trail_alone_shows_the_use_of_keys_and_passwords() -> None:
    """Where the world itself has noted nothing."""
    world, ana, _ = small_world()
    key = ana.create_access_key()
    ana.create_login_profile(PASSWORD)
    world.clock.advance(days=100)
    other = world.copy()
    other.sign_in(account=ACCOUNT, user="ana", password=PASSWORD)
    twin = other.user("ana").access_keys[0]
    other.user("ana").put_policy("own", Policy.allow("sqs:SendMessage"))
    other.do(twin, "sqs:SendMessage", QUEUE)
    assert key.last_used is None

    found = kinds(world, events=list(other.events))

    assert "UnusedIAMUserPassword" not in found
    assert "UnusedIAMUserAccessKey" not in found

    forged = [replace(event, error_code="SignatureDoesNotMatch") for event in other.events]
    assert "UnusedIAMUserAccessKey" in kinds(world, events=forged)


def test_unused_permissions_are_services_and_actions() -> None:
    """Services of which nothing was used, and actions of those that were."""
    world, ana, _ = small_world()
    ana.put_policy("own", Policy.allow(["sqs:SendMessage", "sqs:ReceiveMessage", "sns:Publish"]))
    world.clock.advance(days=100)
    world.do(ana, "sqs:SendMessage", QUEUE)

    found = kinds(world)["UnusedPermission"]

    assert (found.services, found.actions) == (("sns",), ("sqs:ReceiveMessage",))
    assert found.last_accessed == world.clock.now
    assert found.text == "Amazon SNS is unused, and 1 action of services that are used"


def test_an_attempt_counts_as_a_use_in_findings() -> None:
    """As in last accessed information; the edits know better."""
    world, ana, _ = small_world()
    ana.put_policy("own", Policy.allow("sqs:SendMessage"))

    found = world.unused(ana, [sent(ana, world.clock.now, is_allowed=False)])

    assert found.findings == ()
    assert [edit.kind for edit in found.edits] == ["delete"]


def test_what_a_trail_cannot_show_is_not_a_finding() -> None:
    """PassRole never; data events only if there are any."""
    world, ana, _ = small_world()
    ana.put_policy("own", Policy.allow(["iam:PassRole", "sqs:SendMessage", "sqs:CreateQueue"]))
    world.clock.advance(days=100)

    found = kinds(world, events=[])["UnusedPermission"]

    assert (found.services, found.actions) == (("sqs",), ())
    created = replace(sent(ana, world.clock.now), action="sqs:CreateQueue")
    ana.put_policy("own", Policy.allow(["sqs:SendMessage", "sqs:CreateQueue", "sqs:DeleteQueue"]))
    assert kinds(world, events=[created])["UnusedPermission"].actions == ("sqs:DeleteQueue",)
    ana.put_policy("own", Policy.allow(["iam:PassRole", "sqs:SendMessage"]))
    assert "UnusedPermission" not in kinds(world, events=[])


def test_younger_ones_are_passed_over_and_named() -> None:
    """Unless they are asked for: then there are edits, but no findings."""
    world, ana, role = small_world()
    ana.attach_policy("AmazonEC2FullAccess")
    world.clock.advance(days=89)

    found, of_ana = world.unused(), world.unused(ana)

    assert (found.asked, found.findings, found.edits) == ((), (), ())
    assert found.skipped == (ana.arn, role.arn)
    assert (of_ana.findings, len(of_ana.edits), of_ana.skipped) == ((), 1, (ana.arn,))
    assert len(kinds(world, unused_access_age=89)) == 2


def test_young_credentials_of_old_users_are_passed_over() -> None:
    """A key that was made yesterday has had no time."""
    world, ana, _ = small_world()
    world.clock.advance(days=100)
    ana.create_access_key()
    ana.create_login_profile(PASSWORD)

    assert set(kinds(world)) == {"UnusedIAMRole"}


@pytest.mark.parametrize("age", [0, 366, -1, 1.5, "90", None, True])
def test_the_age_is_one_to_365_days(age: Any) -> None:
    """As AWS has it."""
    world, ana, _ = small_world()
    with pytest.raises(RequestError, match="1 to 365 days"):
        world.unused(ana, unused_access_age=age)


def test_a_trail_that_begins_too_late_says_so() -> None:
    """Ninety days cannot be seen in a week."""
    world, ana, _ = small_world()
    world.clock.advance(days=100)
    recent = sent(ana, world.clock.now)
    early = sent(ana, world.clock.now - timedelta(days=91))

    late = str(world.unused(ana, [recent]))

    assert "do not go back to" in late
    assert "do not go back to" not in str(world.unused(ana, [early, recent]))


def test_the_newest_event_may_be_later_than_the_world_s_clock() -> None:
    """Of a real trail it is; then the age counts from there."""
    world, ana, _ = small_world()
    late = world.clock.now + timedelta(days=400)
    use = sent(ana, late)

    found = world.unused(events=[use])

    assert found.since == late - timedelta(days=90)
    assert found.skipped == ()


def test_an_empty_world_has_nothing_to_take_away() -> None:
    """And says so."""
    assert "Nothing to take away" in str(World(seed=1).unused())
