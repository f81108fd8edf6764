"""Last accessed information: which rows there are, and which attempts they show."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, Trail, World
from iamlab.analysis.last_accessed.last_accessed import PERIOD, is_tracked, tracked_since
from iamlab.analysis.last_accessed.report import LastAccessed
from iamlab.cloudtrail.event_fields import issuer_of
from iamlab.errors import AccessDenied, AwsError, InvalidInput, NoSuchEntity, RequestError
from iamlab.model.event import Event
from iamlab.policy import catalog
from iamlab.world.account import Account
from tests.effort import slow, tries
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import export_of, hand_made

OWN, OTHER = "111111111111", "222222222222"
BUCKET, ITEM = "arn:aws:s3:::maps", "arn:aws:s3:::maps/m31"
LEVELS: tuple[Any, ...] = ("SERVICE_LEVEL", "ACTION_LEVEL")


@pytest.fixture
def main() -> Account:
    """An account with two users in a group, and a role that they may assume."""
    account = World(seed=7).create_account("main", account_id=OWN)
    team = account.create_group("team")
    for name in ("ana", "bob"):
        team.add_user(account.create_user(name))
    account.create_role("job", assume_role_policy_document=trust({"AWS": OWN}), path="/night/")
    return account


def attempt(account: Account, caller: Any, action: str, resource: str = "*") -> None:
    """Do something, allowed or not."""
    try:
        account.world.do(caller, action, resource)
    except AccessDenied:
        assert account.world.events[-1].error_code


def rows(found: LastAccessed) -> dict[str, str]:
    """Return each service and who was there last, shortly."""
    return {
        service.service_namespace: service.last_authenticated_entity.rpartition("/")[2]
        for service in found.services
    }


# -- rows -----------------------------------------------------------------------------------------


def test_rows_stem_from_what_allows_name(main: Account) -> None:
    """Of the user's own policies and of those of the groups; in alphabetical order."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow(["s3:GetObject", "acm:*", "acm-pca:*"])))
    main.groups["team"].attach_policy("AmazonSQSReadOnlyAccess")

    found = ana.last_accessed()

    assert [service.service_namespace for service in found.services] == [
        "acm",
        "acm-pca",
        "s3",
        "sqs",
    ]
    assert found.not_accessed == ("acm", "acm-pca", "s3", "sqs")
    assert found.service("s3").service_name == "Amazon S3"


def test_what_else_limits_or_grants_changes_no_row(main: Account) -> None:
    """A Deny, a boundary, a bucket's policy, an organization, the policies of a session."""
    ana, world = main.users["ana"], main.world
    ana.put_policy("own", document(allow("s3:*"), deny(["s3:*", "kms:*"])))
    before = rows(ana.last_accessed())
    ana.put_permissions_boundary("AWSDenyAll")
    grant = allow("sqs:*", BUCKET, Principal={"AWS": ana.arn})
    main.create_bucket("maps", policy=document({**grant, "Action": "s3:*"}))
    organization = world.create_organization(world.create_account("top", account_id=OTHER))
    organization.invite_account(main).accept()
    organization.attach_policy(organization.create_policy("no", document(deny("s3:*"))), main)

    assert rows(ana.last_accessed()) == before == {"s3": ""}


def test_a_use_of_what_no_policy_allows_has_no_row(main: Account) -> None:
    """Only the log has it."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("sqs:*")))
    attempt(main, ana, "s3:ListAllMyBuckets")

    assert rows(ana.last_accessed()) == {"sqs": ""}


@slow
def test_not_action_allows_the_rest(main: Account) -> None:
    """As PowerUserAccess does: all services except those in NotAction."""
    main.users["ana"].put_policy(
        "own", document({"Effect": "Allow", "NotAction": ["iam:*"], "Resource": "*"})
    )

    found = rows(main.users["ana"].last_accessed())

    assert "iam" not in found
    assert len(found) == len({name.partition(":")[0] for name in catalog.expand("*")}) - 1


def test_without_policies_there_is_nothing(main: Account) -> None:
    """No row, and nothing to print."""
    found = main.users["ana"].last_accessed()

    assert found.services == ()
    assert str(found) == "The policies allow no service."


# -- attempts -------------------------------------------------------------------------------------


def test_denied_attempts_count(main: Account) -> None:
    """The most recent one is reported, whether it was allowed or not."""
    ana, world = main.users["ana"], main.world
    ana.put_policy("own", document(allow("s3:ListAllMyBuckets")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    world.clock.advance(hours=1)
    attempt(main, ana, "s3:DeleteBucket", BUCKET)

    assert ana.last_accessed().service("s3").last_authenticated == world.clock.now
    assert world.events[-1].error_code == "AccessDenied"


def test_a_call_that_needs_no_permission_is_an_attempt_of_its_service(main: Account) -> None:
    """But no use of an action."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("sts:*")))
    main.world.sts.get_caller_identity(ana.create_access_key())

    found = ana.last_accessed(granularity="ACTION_LEVEL").service("sts")

    assert found.last_authenticated == main.world.clock.now
    assert not any(entry.access for entry in found.tracked_actions)


def test_to_sign_in_is_not_an_attempt(main: Account) -> None:
    """A failed sign-in isn't an attempt either."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("signin:*")))
    ana.create_login_profile("Correct-Horse-1")
    main.world.sign_in(account="main", user="ana", password="Correct-Horse-1")

    assert main.world.events[-1].event_name == "ConsoleLogin"
    assert rows(ana.last_accessed()) == {"signin": ""}


def test_passing_a_role_is_never_told(main: Account) -> None:
    """Not even if a trail claims it."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("iam:*")))
    attempt(main, ana, "iam:ListUsers")
    claimed = replace(main.world.events[-1], event_name="PassRole")

    found = ana.last_accessed([claimed], "ACTION_LEVEL").service("iam")

    assert found.accesses == ()
    assert "PassRole" not in {entry.action_name for entry in found.tracked_actions}


def test_a_session_uses_the_permissions_of_its_role(main: Account) -> None:
    """So it counts for the role, not for the user who assumed it; a chain ends at its last role."""
    ana, role, world = main.users["ana"], main.roles["job"], main.world
    for item in (ana, role):
        item.put_policy("own", document(allow(["s3:*", "sts:*"])))
    key = ana.create_access_key()
    session = world.sts.assume_role(key, role_arn=role.arn, role_session_name="night")
    attempt(main, session, "s3:ListAllMyBuckets")

    assert rows(role.last_accessed()) == {"s3": "job", "sts": ""}
    assert rows(ana.last_accessed()) == {"s3": "", "sts": "ana"}


def test_a_federated_user_uses_the_permissions_of_who_made_him(main: Account) -> None:
    """So it counts for that user."""
    ana, world = main.users["ana"], main.world
    ana.put_policy("own", document(allow(["s3:*", "sts:GetFederationToken"])))
    guest = world.sts.get_federation_token(
        ana.create_access_key(), name="guest", policy=document(allow("s3:*"))
    )
    world.clock.advance(minutes=1)
    attempt(main, guest, "s3:ListAllMyBuckets")

    assert world.events[-1].user_identity["type"] == "FederatedUser"
    assert ana.last_accessed().service("s3").last_authenticated == world.clock.now


def test_of_two_attempts_at_the_same_moment_the_later_in_the_log_counts(main: Account) -> None:
    """The Region tells which one it is."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("sqs:*")))
    for region in ("us-east-1", "eu-west-1"):
        main.world.do(ana, "sqs:ListQueues", "*", region=region)

    assert ana.last_accessed().service("sqs").last_authenticated_region == "eu-west-1"


def test_who_is_made_again_is_another(main: Account) -> None:
    """He has the name and the ARN, and not the past."""
    ana = main.users["ana"]
    attempt(main, ana, "s3:ListAllMyBuckets")
    main.groups["team"].remove_user(ana)
    ana.delete()
    main.world.clock.advance(days=1)
    again = main.create_user("ana")
    again.put_policy("own", document(allow("s3:*")))

    assert rows(again.last_accessed()) == {"s3": ""}


def test_who_is_renamed_keeps_the_past(main: Account) -> None:
    """He has another ARN, and the same id."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:*")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    ana.update(new_user_name="zoe", new_path="/sky/")

    assert rows(ana.last_accessed()) == {"s3": "zoe"}
    assert ana.last_accessed().service("s3").last_authenticated_entity == ana.arn


def test_namesakes_in_two_accounts_are_two(main: Account) -> None:
    """As are their roles."""
    other = main.world.create_account("other", account_id=OTHER)
    for account in (main, other):
        item = account.users.get("ana") or account.create_user("ana")
        item.put_policy("own", document(allow("s3:*")))
    attempt(other, other.users["ana"], "s3:ListAllMyBuckets")

    assert rows(main.users["ana"].last_accessed()) == {"s3": ""}
    assert rows(other.users["ana"].last_accessed()) == {"s3": "ana"}


# -- groups and policies --------------------------------------------------------------------------


def test_of_a_group_the_use_of_its_members_counts(main: Account) -> None:
    """The last of them is named, and all are counted; who is gone does not count."""
    team, world = main.groups["team"], main.world
    team.put_policy("s3", document(allow("s3:*")))
    main.create_user("carl").put_policy("s3", document(allow("s3:*")))
    for name in ("bob", "ana", "carl"):
        world.clock.advance(minutes=1)
        attempt(main, main.users[name], "s3:ListAllMyBuckets")

    found = team.last_accessed().service("s3")
    team.remove_user("ana")

    assert [access.entity for access in found.accesses] == [
        main.users[n].arn for n in ("ana", "bob")
    ]
    assert (found.last_authenticated_entity, found.total_authenticated_entities) == (
        main.users["ana"].arn,
        2,
    )
    assert rows(team.last_accessed()) == {"s3": "bob"}


def test_of_a_policy_the_use_of_all_that_it_is_attached_to_counts(main: Account) -> None:
    """Users, roles, members of groups; as a boundary it is attached to nobody."""
    policy = main.create_policy("maps", document(allow("s3:*")))
    main.users["ana"].attach_policy(policy)
    main.roles["job"].attach_policy(policy)
    main.groups["team"].attach_policy(policy)
    main.create_user("carl").put_permissions_boundary(policy)
    for name in ("carl", "bob"):
        attempt(main, main.users[name], "s3:ListAllMyBuckets")

    found = policy.last_accessed()

    assert {entity.name for entity in found.entities} == {"ana", "bob", "job"}
    assert rows(found) == {"s3": "bob"}


def test_a_policy_of_aws_is_asked_about_in_an_account(main: Account) -> None:
    """All accounts have it; in the only one there is nothing to say."""
    arn = "arn:aws:iam::aws:policy/AmazonSQSReadOnlyAccess"
    main.users["ana"].attach_policy(arn)
    attempt(main, main.users["ana"], "sqs:ListQueues")
    assert rows(main.last_accessed(arn)) == {"sqs": "ana"}
    other = main.world.create_account("other", account_id=OTHER)

    assert rows(main.last_accessed(arn)) == {"sqs": "ana"}
    assert rows(other.last_accessed(main.policies[arn])) == {"sqs": ""}
    with pytest.raises(RequestError, match="is AWS managed"):
        main.policies[arn].last_accessed()


# -- time -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("days", "is_shown"), [(399, True), (400, True), (401, False)])
def test_what_is_longer_ago_than_400_days_is_not_told(
    main: Account, days: int, *, is_shown: bool
) -> None:
    """Of services and of actions."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:ListAllMyBuckets")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    main.world.clock.advance(days=days)

    found = ana.last_accessed(granularity="ACTION_LEVEL").service("s3")

    assert bool(found.accesses) is is_shown
    assert [bool(entry.access) for entry in found.tracked_actions] == [is_shown]


def test_of_given_events_the_newest_says_what_time_it_is(main: Account) -> None:
    """A trail of long ago is looked at from its own end, unless somebody says from when."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow(["s3:*", "sqs:*"])))
    attempt(main, ana, "s3:ListAllMyBuckets")
    attempt(main, ana, "sqs:ListQueues")
    first, second = (replace(e, event_time=e.event_time) for e in main.world.events[-2:])
    old = datetime(2023, 6, 1, tzinfo=UTC)
    events = [replace(first, event_time=old), replace(second, event_time=old + PERIOD)]

    found = ana.last_accessed(events)
    assert found.generated == old + PERIOD
    assert rows(found) == {"s3": "ana", "sqs": "ana"}
    later = main.last_accessed(ana, events, now=old + PERIOD + timedelta(seconds=1))
    assert rows(later) == {"s3": "", "sqs": "ana"}
    earlier = main.last_accessed(ana, events, now=old)
    assert rows(earlier) == {"s3": "ana", "sqs": ""}
    assert rows(main.last_accessed(ana, [])) == {"s3": "", "sqs": ""}


SINCE = {
    "s3:ListAllMyBuckets": datetime(2020, 4, 12, tzinfo=UTC),
    "ec2:DescribeInstances": datetime(2021, 4, 7, tzinfo=UTC),
    "iam:ListUsers": datetime(2021, 4, 7, tzinfo=UTC),
    "lambda:ListFunctions": datetime(2021, 4, 7, tzinfo=UTC),
    "sqs:ListQueues": datetime(2023, 5, 23, tzinfo=UTC),
}


@pytest.mark.parametrize("action", SINCE)
def test_actions_are_tracked_since_a_day_that_differs_by_service(
    main: Account, action: str
) -> None:
    """Services were tracked before."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow(action)))
    attempt(main, ana, action)
    event = main.world.events[-1]
    service = action.partition(":")[0]

    for seconds, attributes in ((-1, False), (0, True)):
        at = replace(event, event_time=SINCE[action] + timedelta(seconds=seconds))
        found = ana.last_accessed([at], "ACTION_LEVEL").service(service)
        assert found.accesses
        assert [bool(entry.access) for entry in found.tracked_actions] == [attributes]


def test_the_order_of_a_trail_does_not_matter(main: Account) -> None:
    """A file of CloudTrail is in none."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:*")))
    for _ in range(3):
        main.world.clock.advance(minutes=1)
        attempt(main, ana, "s3:ListAllMyBuckets")
    events = list(main.world.events)

    found = ana.last_accessed(events[::-1])

    assert found.service("s3").last_authenticated == main.world.clock.now
    assert found.services == ana.last_accessed(events).services


# -- actions --------------------------------------------------------------------------------------


def test_only_management_actions_are_tracked(main: Account) -> None:
    """Who reads an object is known to the service level; every allowed action has its row."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow(["s3:GetObject", "s3:ListAll*", "s3:CreateBucket"])))
    attempt(main, ana, "s3:CreateBucket", BUCKET)
    main.world.clock.advance(minutes=1)
    attempt(main, ana, "s3:GetObject", ITEM)

    found = ana.last_accessed(granularity="ACTION_LEVEL").service("s3")

    assert found.last_authenticated == main.world.clock.now
    assert {entry.action_name: bool(entry.access) for entry in found.tracked_actions} == {
        "CreateBucket": True,
        "ListAllMyBuckets": False,
    }
    assert ana.last_accessed().service("s3").tracked_actions == ()


def test_a_data_event_is_not_a_use_of_a_tracked_action(main: Account) -> None:
    """Whatever it is called."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:ListAllMyBuckets")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    event = main.world.events[-1]

    for change in ({"management_event": False}, {"event_category": "Data"}):
        found = ana.last_accessed([replace(event, **change)], "ACTION_LEVEL").service("s3")
        assert found.accesses
        assert [entry.access for entry in found.tracked_actions] == [None]


def test_who_could_not_show_who_he_is_attempted_nothing(main: Account) -> None:
    """Attempts count that were authenticated, allowed or not."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:ListAllMyBuckets")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    event = main.world.events[-1]

    for code, accessed in (("AccessDenied", True), ("SignatureDoesNotMatch", False)):
        found = ana.last_accessed([replace(event, error_code=code)]).service("s3")
        assert bool(found.accesses) is accessed


def test_what_data_actions_are() -> None:
    """Those on objects, items, messages; and what is only a part of another call."""
    data = ("s3:PutObject", "s3:ListBucket", "dynamodb:Query", "sns:Publish", "sqs:SendMessage")
    data = (*data, "s3:BypassGovernanceRetention", "dynamodb:PartiQLSelect")
    others = ("lambda:InvokeFunction", "iam:PassRole", "sts:TagSession", "no:Such", "s3:NoSuch")
    tracked = ("s3:PutBucketPolicy", "kms:Decrypt", "dynamodb:CreateTable", "iam:CreateUser")

    assert not [name for name in (*data, *others) if is_tracked(name)]
    assert all(map(is_tracked, tracked))
    assert tracked_since("s3", datetime(2021, 1, 1, tzinfo=UTC)).year == 2020


# -- tables and texts -----------------------------------------------------------------------------


def test_it_shows_itself_as_text_and_as_table(main: Account) -> None:
    """A row for each service; at action level one for each action too."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow(["s3:CreateBucket", "sqs:ListQueues"])))
    attempt(main, ana, "s3:CreateBucket", BUCKET)

    text = str(ana.last_accessed()).splitlines()
    services, actions = (ana.last_accessed(None, level).to_frame() for level in LEVELS)

    assert text[0].startswith("s3   2026-11-25 09:00  arn:aws:iam::111111111111:user/ana")
    assert text[1] == "sqs  not accessed in the tracking period"
    assert list(services["service_namespace"]) == ["s3", "sqs"]
    assert list(services["total_authenticated_entities"]) == [1, 0]
    assert list(actions["action_name"]) == ["", "CreateBucket", "", "ListQueues"]
    assert list(actions["last_authenticated_entity"]) == [ana.arn, ana.arn, "", ""]


def test_a_service_that_is_not_there_is_refused_with_the_nearest(main: Account) -> None:
    """And so is what isn't a text."""
    main.users["ana"].put_policy("own", document(allow("sqs:*")))
    found = main.users["ana"].last_accessed()

    with pytest.raises(RequestError, match="Did you mean sqs"):
        found.service("sqss")
    with pytest.raises(RequestError, match="isn't the prefix"):
        found.service(5)  # type: ignore[arg-type]


# -- what is wrong --------------------------------------------------------------------------------

BAD: dict[str, tuple[Callable[[Account], object], type[Exception]]] = {
    "nobody": (lambda a: a.last_accessed(f"arn:aws:iam::{OWN}:user/anna"), NoSuchEntity),
    "no policy": (lambda a: a.last_accessed(f"arn:aws:iam::{OWN}:policy/none"), NoSuchEntity),
    "no account": (
        lambda a: a.last_accessed(f"arn:aws:iam::{OTHER}:user/ana"),
        NoSuchEntity,
    ),
    "the root user": (lambda a: a.last_accessed(a.root_arn), InvalidInput),
    "a bucket": (lambda a: a.last_accessed(BUCKET), InvalidInput),
    "a name": (lambda a: a.last_accessed("ana"), InvalidInput),
    "a world": (lambda a: a.last_accessed(a.world), RequestError),  # type: ignore[arg-type]
    "nothing": (lambda a: a.last_accessed(None), RequestError),  # type: ignore[arg-type]
    "a level": (lambda a: a.users["ana"].last_accessed(None, "ROW"), RequestError),  # type: ignore[arg-type]
    "a number": (lambda a: a.users["ana"].last_accessed(5), RequestError),  # type: ignore[arg-type]
    "no events": (lambda a: a.users["ana"].last_accessed(["x"]), RequestError),  # type: ignore[list-item]
    "a date": (lambda a: a.last_accessed(a.users["ana"], now="2026"), RequestError),  # type: ignore[arg-type]
    "a local time": (
        lambda a: a.last_accessed(a.users["ana"], now=datetime(2026, 1, 1)),  # noqa: DTZ001
        RequestError,
    ),
    "a local event": (
        lambda a: a.users["ana"].last_accessed(
            [replace(a.world.events[-1], event_time=datetime(2026, 1, 1))]  # noqa: DTZ001
        ),
        RequestError,
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_asked_is_refused(main: Account, case: str) -> None:
    """With the error that AWS has, or with one that says what to give."""
    ask, error = BAD[case]

    with pytest.raises(error) as caught:
        ask(main)
    assert type(caught.value) is error


def test_an_event_can_identify_its_caller_in_any_way(main: Account) -> None:
    """Odd identities match nobody and break nothing; an ARN is enough."""
    ana, role = main.users["ana"], main.roles["job"]
    for item in (ana, role):
        item.put_policy("own", document(allow("s3:*")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    session = f"arn:aws:sts::{OWN}:assumed-role/job/x"

    def who(**identity: Any) -> dict[str, str]:
        event = replace(main.world.events[-1], user_identity=identity)
        return {item.name: rows(item.last_accessed([event]))["s3"] for item in (ana, role)}

    nobody = {"ana": "", "job": ""}
    assert who(arn=ana.arn) == {"ana": "ana", "job": ""}
    assert who(arn=role.arn) == who(arn=session) == {"ana": "", "job": "job"}
    assert who(principalId=ana.unique_id) == {"ana": "ana", "job": ""}
    assert who(principalId=f"{role.unique_id}:x", arn=session) == {"ana": "", "job": "job"}
    assert who(arn=ana.arn, principalId="AIDANOBODY") == nobody
    assert who(arn=f"arn:aws:sts::{OTHER}:assumed-role/job/x") == nobody
    assert who() == who(arn=5, principalId=None) == who(sessionContext=7) == nobody
    assert who(arn=ana.arn, sessionContext={"sessionIssuer": 3}) == {"ana": "ana", "job": ""}
    assert issuer_of({"sessionContext": {"sessionIssuer": {}}, "type": "Root"})["type"] == "Root"


# -- real accounts --------------------------------------------------------------------------------


def test_an_export_and_a_trail_tell_the_same_as_the_world(tmp_path: Path) -> None:
    """Nothing else of a real account is needed."""
    world = hand_made()
    (account,) = world.accounts.values()
    bob = account.users["bob"]
    attempt(account, bob, "s3:ListAllMyBuckets")
    attempt(account, account.roles["auditor"], "s3:GetObject", ITEM)
    trail = tmp_path / "trail.json"
    trail.write_text(json.dumps({"Records": [event.to_dict() for event in world.events]}))
    loaded = World.from_account_details(export_of(world))
    assert not loaded.events
    (copy,) = loaded.accounts.values()

    for item in (bob, account.roles["auditor"], account.groups["astronomers"]):
        again = copy.last_accessed(item.arn, events=Trail(trail))
        assert again.services == account.last_accessed(item).services
    assert rows(copy.last_accessed(bob.arn, Trail(trail)))["s3"] == "bob"


def test_events_are_read_once_and_one_by_one(main: Account) -> None:
    """A generator will do, and nobody keeps what it gave."""
    ana = main.users["ana"]
    ana.put_policy("own", document(allow("s3:*")))
    attempt(main, ana, "s3:ListAllMyBuckets")
    event = main.world.events[-1]

    def stream() -> Iterator[Event]:
        for number in range(1000):
            yield replace(event, event_id=str(number))

    assert rows(ana.last_accessed(stream())) == {"s3": "ana"}


# -- a law ----------------------------------------------------------------------------------------

ACTIONS = ("s3:ListAllMyBuckets", "s3:GetObject", "sqs:ListQueues", "iam:ListUsers")
steps = st.lists(
    st.tuples(st.sampled_from(("ana", "bob", "job")), st.sampled_from(ACTIONS), st.integers(0, 90)),
    max_size=12,
)


@settings(max_examples=tries(25))
@given(steps, st.sets(st.sampled_from(ACTIONS), min_size=1), st.sampled_from(LEVELS))
def test_every_row_is_the_newest_event_that_there_is(
    done: list[tuple[str, str, int]], allowed: set[str], level: Any
) -> None:
    """A plain loop over the log finds the same."""
    account = World(seed=7).create_account("main", account_id=OWN)
    policy = account.create_policy("p", Policy.allow(sorted(allowed)))
    people: dict[str, Any] = {name: account.create_user(name) for name in ("ana", "bob")}
    people["job"] = account.create_role(
        "job", assume_role_policy_document=trust({"AWS": OWN}), path="/x/"
    )
    for name in ("ana", "job"):
        people[name].attach_policy(policy)
    expected: dict[str, dict[str, Any]] = {}
    for name, action, minutes in done:
        account.world.clock.advance(minutes=minutes)
        attempt(account, people[name], action)
        if name != "bob":
            for key in (action.partition(":")[0], action):
                expected.setdefault(key, {})[people[name].arn] = account.world.clock.now

    found = policy.last_accessed(granularity=level)

    assert {service.service_namespace for service in found.services} == {
        a.split(":")[0] for a in allowed
    }
    for row in found.services:
        assert {access.entity: access.time for access in row.accesses} == expected.get(
            row.service_namespace, {}
        )
        for entry in row.tracked_actions:
            times = expected.get(f"{row.service_namespace}:{entry.action_name}", {})
            assert (entry.access.time if entry.access else None) == max(
                times.values(), default=None
            )
    assert any(row.tracked_actions for row in found.services) == (
        level == "ACTION_LEVEL" and bool(allowed - {"s3:GetObject"})
    )


def test_asking_changes_nothing(main: Account) -> None:
    """Neither the log nor an id."""
    before = (len(main.world.events), main.world.ids.made, main.world.revision)
    for item in (main.users["ana"], main.groups["team"], main.roles["job"]):
        item.last_accessed()
    with pytest.raises(AwsError):
        main.last_accessed("none")

    assert (len(main.world.events), main.world.ids.made, main.world.revision) == before
