"""When credentials and roles were last used: always what the log says, however things went."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AwsError, LoadError
from iamlab.model.event import Event
from iamlab.model.record import LastUsed, RoleLastUsed
from iamlab.operations.sts.session import Session
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from tests.effort import tries
from tests.policy.documents import allow, document, trust
from tests.storage.account_exports import export_of, hand_made

OWN, OTHER = "111111111111", "222222222222"
PASSWORD = "Correct-Horse-1"


@pytest.fixture
def main() -> Account:
    """An account with a user who may do two things, and a role that he may assume."""
    return made(World(seed=7))


def made(world: World) -> Account:
    """Make that account in a world."""
    account = world.create_account("main", account_id=OWN)
    ana = account.create_user("ana")
    ana.put_policy("own", document(allow(["iam:ListUsers", "s3:ListAllMyBuckets", "sts:*"])))
    ana.create_access_key()
    ana.create_login_profile(PASSWORD)
    role = account.create_role(
        "job", assume_role_policy_document=trust({"AWS": OWN}), path="/night/"
    )
    role.put_policy("own", document(allow("s3:ListAllMyBuckets")))
    return account


def key_use(account: Account, key_id: str) -> dict[str, Any]:
    """Ask IAM when a key was last used."""
    answer = account.call("GetAccessKeyLastUsed", account.root_arn, AccessKeyId=key_id)
    found: dict[str, Any] = answer["AccessKeyLastUsed"]
    return found


def role_use(account: Account, name: str = "job") -> dict[str, Any]:
    """Ask IAM when a role was last used."""
    answer = account.call("GetRole", account.root_arn, RoleName=name)
    found: dict[str, Any] = answer["Role"]["RoleLastUsed"]
    return found


def password_use(account: Account, name: str = "ana") -> datetime | None:
    """Ask IAM when a password was last used."""
    answer = account.call("GetUser", account.root_arn, UserName=name)
    found: datetime | None = answer["User"].get("PasswordLastUsed")
    return found


def tried(ask: Callable[[], object]) -> None:
    """Do something that may be refused."""
    try:
        ask()
    except AwsError:
        return


# -- what the log says, in plain words ------------------------------------------------------------


def noted(times: Iterable[Any], pause: timedelta, when: Callable[[Any], datetime]) -> Any:
    """Return the last of some uses that is noted: others that follow within a pause are not."""
    last = None
    for time in times:
        if last is None or when(time) - when(last) >= pause:
            last = time
    return last


def key_use_in(events: list[Event], key_id: str) -> dict[str, Any]:
    """What the log says of a key."""
    uses = (event for event in events if event.user_identity.get("accessKeyId") == key_id)
    last = noted(uses, timedelta(minutes=15), lambda event: event.event_time)
    if last is None:
        return {"ServiceName": "N/A", "Region": "N/A"}
    service = last.event_source.split(".")[0]
    region = "N/A" if service == "s3" else last.aws_region
    return {"LastUsedDate": last.event_time, "ServiceName": service, "Region": region}


def role_use_in(events: list[Event], arn: str, now: datetime) -> dict[str, Any]:
    """What the log says of a role."""
    uses = [
        event
        for event in events
        if event.user_identity["type"] == "AssumedRole"
        and event.user_identity["sessionContext"]["sessionIssuer"]["arn"] == arn
        and now - event.event_time <= timedelta(days=400)
    ]
    last = uses[-1] if uses else None
    return {"LastUsedDate": last.event_time, "Region": last.aws_region} if last else {}


def password_use_in(events: list[Event], unique_id: str) -> datetime | None:
    """What the log says of a user's passwords: the last one that was used counts."""
    found, of_this = None, None
    for event in events:
        if event.event_name == "CreateLoginProfile" and not event.error_code:
            found, of_this = of_this or found, None
        is_his = (
            event.event_name == "ConsoleLogin" and event.user_identity["principalId"] == unique_id
        )
        if is_his and (event.response_elements or {})["ConsoleLogin"] == "Success":
            times = filter(None, (of_this, event.event_time))
            of_this = noted(times, timedelta(minutes=5), lambda time: time)
    return of_this or found


STEPS = (
    *("allowed", "denied", "s3", "wrong", "sts", "refused", "session", "session denied", "as role"),
    *("sign in", "sign in", "fail to sign in", "new password", "no password", "change password"),
    *("new key", "off", "rename", "copy", "file", "wait", "wait", "wait", "elsewhere", "long"),
)


def step(account: Account, what: str, minutes: int) -> Account:
    """Take a step, and give the account, which may be a copy."""
    world = account.world
    ana = next(user for user in account.users.values())
    key = ana.access_keys[-1]
    role = account.roles["job"]
    assume = {"RoleArn": role.arn, "RoleSessionName": "night"}
    if what in ("session", "session denied"):
        tried(lambda: world.sts.call("AssumeRole", key, **assume))
    records = [session for session in world.sessions.values() if session.issuer_arn == role.arn]
    session = Session(world, records[-1]) if records else role
    ways: dict[str, Callable[[], object]] = {
        "allowed": lambda: account.call("ListUsers", key),
        "denied": lambda: account.call("CreateUser", key, UserName="eve"),
        "wrong": lambda: account.call("ListUsers", key, MaxItems=0),
        "s3": lambda: world.do(key, "s3:ListAllMyBuckets", "*"),
        "elsewhere": lambda: world.do(key, "sqs:ListQueues", "*", region="eu-west-1"),
        "sts": lambda: world.sts.endpoint("eu-west-1").call("GetCallerIdentity", key),
        "refused": lambda: world.sts.call("AssumeRole", key, **{**assume, "RoleArn": ana.arn}),
        "session": lambda: world.do(session, "s3:ListAllMyBuckets", "*"),
        "session denied": lambda: world.do(session, "sqs:ListQueues", "*", region="eu-west-1"),
        "as role": lambda: account.call("ListUsers", role),
        "sign in": lambda: world.sign_in(account="main", user=ana.name, password=PASSWORD),
        "fail to sign in": lambda: world.sign_in(account="main", user=ana.name, password="no"),
        "no password": ana.delete_login_profile,
        "new password": lambda: ana.create_login_profile(PASSWORD),
        "change password": lambda: ana.update_login_profile(password=PASSWORD),
        "new key": ana.create_access_key,
        "off": lambda: ana.access_keys[0].update("Inactive"),
        "rename": lambda: ana.update(new_user_name="zoe" if ana.name == "ana" else "ana"),
        "wait": lambda: world.clock.advance(minutes=minutes),
        "long": lambda: world.clock.advance(days=150),
    }
    if what == "copy":
        return world.copy().accounts[OWN]
    if what == "file":
        return world_from_json(world_to_json(world, secrets=True)).accounts[OWN]
    tried(ways[what])
    return account


@settings(max_examples=tries(60))
@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 12)), max_size=25))
def test_the_last_use_that_iam_answers_is_what_the_log_says(walk: list[tuple[str, int]]) -> None:
    """After any walk: of keys, passwords and roles; by the API, the report and the summary."""
    account = made(World(seed=7))
    for what, minutes in walk:
        account = step(account, what, minutes)
        # To ask is an event too, of the root user, who has no key.
        events = list(account.world.events)
        (ana,) = account.users.values()
        for key in ana.access_keys:
            assert key_use(account, key.access_key_id) == key_use_in(events, key.access_key_id)
        assert password_use(account, ana.name) == password_use_in(events, ana.unique_id)
        role, now = account.roles["job"], account.world.clock.now
        assert role_use(account) == role_use_in(events, role.arn, now)


def test_the_walk_can_do_all_of_it() -> None:
    """Control: each step changes something or is an event, and the uses do differ."""
    account = made(World(seed=7))
    seen = set()
    for what in STEPS:
        before = (len(account.world.events), account.world.clock.now)
        after = step(account, what, 6)
        assert after is not account or before != (len(after.world.events), after.world.clock.now)
        account = after
        (ana,) = account.users.values()
        seen |= {str(key_use(account, access_key.access_key_id)) for access_key in ana.access_keys}
        seen |= {str(role_use(account)), str(password_use(account, ana.name))}

    assert len(seen) > 7


# -- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "service"),
    [("allowed", "iam"), ("denied", "iam"), ("wrong", "iam"), ("sts", "sts"), ("refused", "sts")],
)
def test_whoever_calls_has_used_his_key(main: Account, what: str, service: str) -> None:
    """Whether the call succeeds, is refused, or makes no sense."""
    step(main, what, 0)
    key = main.users["ana"].access_keys[0]

    assert key.last_used is not None
    assert (key.last_used.date, key.last_used.service) == (main.world.clock.now, service)


@pytest.mark.parametrize(("minutes", "is_noted"), [(14, False), (15, True)])
def test_a_use_within_15_minutes_of_the_noted_one_is_not_noted(
    main: Account, minutes: int, *, is_noted: bool
) -> None:
    """Though it is an event."""
    step(main, "allowed", 0)
    first = main.world.clock.now
    main.world.clock.advance(minutes=minutes)
    step(main, "elsewhere", 0)

    used = main.users["ana"].access_keys[0].last_used
    assert used is not None
    assert (used.date, used.service) == (
        (main.world.clock.now, "sqs") if is_noted else (first, "iam")
    )


def test_a_call_that_is_not_an_event_is_not_a_use(main: Account) -> None:
    """An inactive key opens nothing; and a role that is passed isn't a call."""
    key = main.users["ana"].access_keys[0]
    tried(lambda: main.world.do(key, "iam:PassRole", main.roles["job"].arn))
    key.update("Inactive")
    tried(lambda: main.call("ListUsers", key))

    assert key.last_used is None


def test_who_renames_himself_has_used_his_key(main: Account) -> None:
    """Though the event has the name that he had."""
    ana = main.users["ana"]
    ana.put_policy("self", document(allow("iam:UpdateUser")))
    key = ana.access_keys[0]
    main.call("UpdateUser", key, UserName="ana", NewUserName="zoe")

    assert main.world.events[-1].user_identity["userName"] == "ana"
    assert key.last_used == LastUsed(main.world.clock.now, "iam", "us-east-1")


def test_a_key_that_deletes_itself_is_gone(main: Account) -> None:
    """The event that follows finds nobody, and that isn't an error; so with a role's own end."""
    ana = main.users["ana"]
    ana.put_policy("self", document(allow("iam:*")))
    (key,) = ana.access_keys
    main.call("DeleteAccessKey", key, UserName="ana", AccessKeyId=key.access_key_id)
    assert ana.key_records == {}
    role = main.roles["job"]
    role.delete_policy("own")
    main.create_policy("end", document(allow("iam:DeleteRole")))
    role.put_permissions_boundary("end")
    tried(lambda: main.call("DeleteRole", role, RoleName="job"))

    assert main.world.events[-1].event_name == "DeleteRole"


def test_the_root_users_key_is_noted_too(main: Account) -> None:
    """He has no name."""
    key = main.root.create_access_key()
    main.call("ListUsers", key)

    assert key.last_used == LastUsed(main.world.clock.now, "iam", "us-east-1")
    assert main.users["ana"].access_keys[0].last_used is None


# -- roles ----------------------------------------------------------------------------------------


def test_a_role_is_used_by_the_calls_of_its_sessions(main: Account) -> None:
    """Not by being assumed; in the Region of the call, whether it was allowed or not."""
    world, key = main.world, main.users["ana"].access_keys[0]
    assert role_use(main) == {}
    session = world.sts.assume_role(key, role_arn=main.roles["job"].arn, role_session_name="night")
    assert role_use(main) == {}
    world.clock.advance(minutes=1)
    tried(lambda: world.do(session, "sqs:ListQueues", "*", region="eu-west-1"))

    assert role_use(main) == {"LastUsedDate": world.clock.now, "Region": "eu-west-1"}
    assert main.roles["job"].last_used == RoleLastUsed(world.clock.now, "eu-west-1")


def test_a_role_in_another_account_is_used_there(main: Account) -> None:
    """Its namesake here is another."""
    other = main.world.create_account("other", account_id=OTHER)
    other.create_role("job", assume_role_policy_document=trust({"AWS": OWN}))
    tried(lambda: main.world.do(other.roles["job"], "s3:ListAllMyBuckets", "*"))

    assert role_use(main) == {}
    assert role_use(other)


@pytest.mark.parametrize(("days", "is_shown"), [(400, True), (401, False)])
def test_a_use_of_a_role_is_reported_for_400_days(
    main: Account, days: int, *, is_shown: bool
) -> None:
    """Then it may have been used, and nobody says so."""
    tried(lambda: main.world.do(main.roles["job"], "s3:ListAllMyBuckets", "*"))
    main.world.clock.advance(days=days)

    assert bool(role_use(main)) is is_shown
    details = main.call("GetAccountAuthorizationDetails", main.root_arn)
    assert bool(details["RoleDetailList"][0]["RoleLastUsed"]) is is_shown


def test_only_who_is_looked_for_has_its_last_use_told(main: Account) -> None:
    """ListRoles does not say it; of users the export says nothing of passwords."""
    main.world.sign_in(account="main", user="ana", password=PASSWORD)
    tried(lambda: main.world.do(main.roles["job"], "s3:ListAllMyBuckets", "*"))
    listed, details, users = (
        main.call(name, main.root_arn)
        for name in ("ListRoles", "GetAccountAuthorizationDetails", "ListUsers")
    )

    assert "RoleLastUsed" not in listed["Roles"][0]
    assert details["RoleDetailList"][0]["RoleLastUsed"]["LastUsedDate"] == main.world.clock.now
    assert "PasswordLastUsed" not in details["UserDetailList"][0]
    assert users["Users"][0]["PasswordLastUsed"] == main.world.clock.now


# -- passwords ------------------------------------------------------------------------------------


def test_the_use_of_a_password_outlives_it(main: Account) -> None:
    """Of somebody who has none now, or one that was never used, the former one counts."""
    ana, world = main.users["ana"], main.world
    world.sign_in(account="main", user="ana", password=PASSWORD)
    used = world.clock.now
    for change in (ana.delete_login_profile, lambda: ana.create_login_profile(PASSWORD)):
        world.clock.advance(hours=1)
        change()
        assert password_use(main) == used
    assert ana.login_profile is not None
    assert ana.login_profile.last_used is None
    ana.delete_login_profile()

    assert password_use(main) == used


def test_the_root_users_password_is_noted_too(main: Account) -> None:
    """GetUser without a name says it."""
    main.root.create_login_profile(PASSWORD)
    before = main.call("GetUser", main.root_arn)["User"]
    main.world.sign_in(email=main.root.email, password=PASSWORD)

    assert "PasswordLastUsed" not in before
    after = main.call("GetUser", main.root_arn)["User"]
    assert after["PasswordLastUsed"] == main.world.clock.now


# -- loaded and kept ------------------------------------------------------------------------------


def test_what_an_export_says_of_a_role_stays() -> None:
    """There are no events that could say it."""
    world = hand_made()
    (account,) = world.accounts.values()
    tried(lambda: world.do(account.roles["auditor"], "s3:ListAllMyBuckets", "*"))
    exported = export_of(world)
    for role in exported["RoleDetailList"]:
        if role["RoleName"] == "auditor":
            role["RoleLastUsed"] = {
                "LastUsedDate": "2026-10-01T10:00:00+00:00",
                "Region": "eu-west-1",
            }
    loaded = World.from_account_details(exported)
    (again,) = loaded.accounts.values()

    expected = datetime.fromisoformat("2026-10-01T10:00:00+00:00")
    assert not loaded.events
    assert role_use(again, "auditor") == {"LastUsedDate": expected, "Region": "eu-west-1"}
    assert role_use(again, "builder") == {}
    tried(lambda: loaded.do(again.roles["auditor"], "s3:ListAllMyBuckets", "*"))
    assert role_use(again, "auditor")["LastUsedDate"] == loaded.clock.now


@pytest.mark.parametrize(
    "wrong", [{"LastUsedDate": "soon"}, {"LastUsedDate": 5}, "x", [1], {"Region": 5}]
)
def test_an_export_with_a_wrong_last_use_is_refused(wrong: Any) -> None:
    """With the place."""
    exported = export_of(hand_made())
    exported["RoleDetailList"][0]["RoleLastUsed"] = wrong

    with pytest.raises(LoadError, match=r"RoleDetailList\[0\]"):
        World.from_account_details(exported)


@pytest.mark.parametrize("nothing", [None, {}, {"LastUsedDate": None}])
def test_a_role_that_was_never_used_may_say_so_in_any_way(nothing: Any) -> None:
    """As exports do."""
    exported = export_of(hand_made())
    exported["RoleDetailList"][0]["RoleLastUsed"] = nothing
    (account,) = World.from_account_details(exported).accounts.values()

    assert all(role.last_used is None for role in account.roles.values())


def test_last_uses_are_saved_and_copied_and_copies_go_their_own_way(main: Account) -> None:
    """Of keys, roles, passwords."""
    for what in ("allowed", "as role", "sign in", "no password"):
        step(main, what, 0)
    key_id = main.users["ana"].access_keys[0].access_key_id

    for again in (main.world.copy(), world_from_json(world_to_json(main.world))):
        twin = again.accounts[OWN]
        assert key_use(twin, key_id) == key_use(main, key_id)
        assert role_use(twin) == role_use(main) != {}
        assert password_use(twin) == password_use(main) == main.world.clock.now
        again.clock.advance(hours=1)
        tried(lambda twin=twin: twin.call("ListUsers", twin.roles["job"]))  # type: ignore[misc]
        assert role_use(twin) != role_use(main)
