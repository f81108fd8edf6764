"""The lifetimes of credentials: what the account knows, and what the log alone still does."""

from datetime import timedelta

import pytest

from iamlab import Policy, World
from iamlab.display import printable
from iamlab.errors import AccessDenied, RequestError
from iamlab.model.identities import RootUser
from iamlab.view.drawing.time_axis import stamp
from iamlab.view.figures.credentials.credential_lifetimes import credential_lifetimes
from iamlab.view.layouts.lifetimes import MOST
from tests.effort import first_now
from tests.operations.iam import key_material
from tests.view.looking import faults
from tests.view.scenes import UGLY, company, sessions

MAIN = "111111111111"
PASSWORD, OTHER = "Correct-Horse-1", "Other-Horse-22"


@pytest.fixture
def main():
    """An account with alice, whose password and key are made on the first day."""
    account = World(seed=7).create_account("acme-main", account_id=MAIN)
    alice = account.create_user("alice")
    alice.create_login_profile(PASSWORD)
    alice.create_access_key()
    return account


def wait(account, days):
    """Let days go by."""
    account.world.clock.advance(days=days)
    return account.world.clock.now


def rows_of(of, **options):
    """Return the rows by user and kind, each kind once."""
    figure = credential_lifetimes(of, **options)
    return {(row["user"], row["credential"]): row for row in figure.rows}


def crowd(number):
    """So many users with a key each, a third of them too old."""
    world = World(seed=3)
    account = world.create_account("main", account_id=MAIN)
    for i in range(number):
        account.create_user(f"user-{i}").create_access_key()
        if i == number // 3:
            world.clock.advance(days=100)
    return world


# -- the facts ------------------------------------------------------------------------------------


def test_every_credential_of_the_account_is_in_the_table(main):
    """Passwords, keys, MFA devices, certificates, SSH keys, service credentials, sessions."""
    alice = main.users["alice"]
    alice.create_virtual_mfa_device("phone").enable()
    wait(main, 3)
    certificate = alice.upload_signing_certificate(key_material.CERTIFICATE)
    ssh = alice.upload_ssh_public_key(key_material.SSH_KEY)
    service = alice.create_service_specific_credential("codecommit.amazonaws.com")
    session = main.world.sts.get_session_token(alice.access_keys[0], duration_seconds=900)
    rows = rows_of(main)

    assert {kind for _, kind in rows if kind} == {
        *("password", "access key", "MFA device", "signing certificate", "SSH key"),
        *("service credential", "session"),
    }
    assert rows["alice", "password"]["created"] == alice.login_profile.create_date
    assert rows["alice", "access key"]["id"] == alice.access_keys[0].access_key_id
    assert rows["alice", "MFA device"]["created"] == alice.mfa_devices[0].enable_date
    assert rows["alice", "signing certificate"]["id"] == certificate.certificate_id
    assert rows["alice", "SSH key"]["created"] == ssh.upload_date
    assert rows["alice", "service credential"]["id"] == service.service_specific_credential_id
    assert rows["alice", "session"]["end"] == session.expiration
    assert all(row["arn"] == alice.arn for (user, _), row in rows.items() if user == "alice")


def test_the_list_has_each_credential_with_its_dates_and_state(main):
    """When it was made, its age, when it was used, and when it must be replaced."""
    used = wait(main, 20)
    alice = main.users["alice"]
    alice.put_policy("all", Policy.allow("*", "*"))
    main.world.do(alice.access_keys[0], "s3:ListAllMyBuckets", "*")
    wait(main, 10)
    text = credential_lifetimes(main).as_text()
    [line] = [line for line in text.splitlines() if "access key AKIA" in line]

    key_id = alice.access_keys[0].access_key_id
    assert line.startswith(f"alice: access key {key_id}; made 2026-11-25")
    assert "✓ active, 30 days old" in line
    assert f"used {stamp(used)[:10]}" in line
    assert "to be replaced by 2027-02-23 09:00:00" in line
    assert "no credentials: root user" in text


@pytest.mark.parametrize(("days", "old"), [(0, False), (89, False), (90, False), (91, True)])
def test_a_key_is_too_old_when_the_audit_says_so(main, days, old):
    """Both use the same ninety days."""
    wait(main, days)
    row = rows_of(main)["alice", "access key"]

    assert row["too old"] is old
    assert bool(main.audit().of("access-key-rotation")) is old
    assert row["age in days"] == days
    assert row["replace by"] == row["created"] + timedelta(days=90)


def test_how_old_a_key_may_be_can_be_said(main):
    """A company with a stricter limit."""
    wait(main, 31)
    assert rows_of(main, key_age_days=30)["alice", "access key"]["too old"]
    assert not rows_of(main, key_age_days=31)["alice", "access key"]["too old"]


@pytest.mark.parametrize("age", [0, 60])
def test_a_password_is_due_when_the_password_policy_says_so(main, age):
    """Counted from its last change. Without a policy there is no limit; nor for the root user."""
    if age:
        main.update_password_policy(minimum_password_length=8, max_password_age=age)
    main.root.create_login_profile(PASSWORD)
    changed = wait(main, 10)
    main.users["alice"].update_login_profile(password=OTHER)
    wait(main, 59)
    row = rows_of(main)["alice", "password"]
    wait(main, 1)
    late = rows_of(main)["alice", "password"]

    assert row["last changed"] == changed
    assert row["replace by"] == (changed + timedelta(days=age) if age else None)
    assert (row["status"], late["status"]) == ("Active", "Expired" if age else "Active")
    assert late["too old"] is bool(age)
    assert rows_of(main)["root user", "password"]["replace by"] is None


def test_what_was_deleted_is_known_from_the_log(main):
    """A password, a key, a certificate, a device: each with its first and last day."""
    alice = main.users["alice"]
    phone = alice.create_virtual_mfa_device("phone")
    phone.enable()
    certificate = alice.upload_signing_certificate(key_material.CERTIFICATE)
    start, end = main.world.clock.now, wait(main, 12)
    phone.deactivate()
    alice.delete_signing_certificate(certificate.certificate_id)
    alice.delete_login_profile()
    alice.access_keys[0].delete()
    wait(main, 5)
    rows = rows_of(main)

    for kind in ("password", "access key", "MFA device", "signing certificate"):
        row = rows["alice", kind]
        assert (row["status"], row["created"], row["end"]) == ("Deleted", start, end)
    assert "○ deleted 2026-12-07" in credential_lifetimes(main).as_text()


def test_what_was_refused_has_ended_nothing(main):
    """An attempt to delete alice's password was denied; the log has the attempt."""
    with pytest.raises(AccessDenied):
        main.call("DeleteLoginProfile", main.create_user("nobody"), UserName="alice")
    own = [row for row in credential_lifetimes(main).rows if row["credential"] == "password"]

    assert main.world.events[-1].error_code
    assert [row["status"] for row in own] == ["Active"]


def test_a_new_password_does_not_hide_that_there_was_one_before(main):
    """Deleted and created again: two lifetimes."""
    alice = main.users["alice"]
    wait(main, 5)
    alice.delete_login_profile()
    wait(main, 5)
    alice.create_login_profile(OTHER)
    own = [row for row in credential_lifetimes(alice).rows if row["credential"] == "password"]

    assert [row["status"] for row in own] == ["Deleted", "Active"]
    assert own[0]["end"] < own[1]["created"]


def test_a_deleted_user_keeps_what_he_had_and_a_renamed_one_too(main):
    """A new user with the same name has none of these credentials."""
    bob = main.create_user("bob")
    bob.create_login_profile(PASSWORD)
    bob.create_access_key()
    wait(main, 4)
    bob.delete_login_profile()
    bob.access_keys[0].delete()
    bob.update(new_user_name="rob")
    assert rows_of(main)["rob", "password"]["status"] == "Deleted"
    bob.delete()
    main.create_user("rob")
    rows = rows_of(main)

    assert rows["rob (deleted)", "password"]["status"] == "Deleted"
    assert rows["rob (deleted)", "access key"]["status"] == "Deleted"
    assert ("rob", None) in rows
    assert ("rob", "password") not in rows


def test_an_inactive_key_says_since_when(main):
    """It is never too old, because nobody can use it."""
    off = wait(main, 95)
    main.users["alice"].access_keys[0].update("Inactive")
    wait(main, 5)
    figure = credential_lifetimes(main)
    row = rows_of(main)["alice", "access key"]

    assert (row["status"], row["end"], row["too old"]) == ("Inactive", off, False)
    assert "– inactive, 100 days old" in figure.as_text()
    assert "since 2027-02-28" in figure.as_text()


def test_whoever_signs_in_with_a_password_alone_is_named(main):
    """As in the audit: in the picture, the list and the alternative text."""
    alone = credential_lifetimes(main)
    assert "without MFA: alice" in alone.alt
    assert any("✕ no MFA" in label.drawn for label in alone.sheet.record.labels)
    assert main.audit().of("console-mfa")

    main.users["alice"].create_virtual_mfa_device("phone").enable()
    safe = credential_lifetimes(main)
    assert "without MFA" not in safe.alt
    assert not any("✕ no MFA" in label.drawn for label in safe.sheet.record.labels)
    assert not main.audit().of("console-mfa")


def test_the_alternative_text_says_first_what_must_be_fixed(main):
    """Old keys, then users without MFA, then credentials that were never used."""
    wait(main, 120)
    alt = credential_lifetimes(main).alt

    assert alt == (
        "On 2027-03-25, 2 credentials of 2 users: access key of alice is 120 days old; "
        "without MFA: alice; never used: those of alice; 1 is active and in time."
    )


def test_a_world_an_account_and_a_user_have_each_their_own(main):
    """All accounts by name; one account; one user, also the root user."""
    other = main.world.create_account("acme-data", account_id="222222222222")
    other.create_user("olga").create_access_key()
    main.root.create_access_key()

    assert {row["user"] for row in credential_lifetimes(main.world).rows} == {
        *("root user", "alice", "olga")
    }
    assert "acme-data 222222222222" in credential_lifetimes(main.world).as_text()
    assert {row["user"] for row in credential_lifetimes(other).rows} == {"root user", "olga"}
    assert {row["user"] for row in credential_lifetimes(main.users["alice"]).rows} == {"alice"}
    assert isinstance(main.root, RootUser)
    assert {row["user"] for row in credential_lifetimes(main.root).rows} == {"root user"}


# -- sizes, names, nothing ------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 3, 20, MOST - 1])
def test_a_crowd_is_readable_key_by_key(size):
    """Up to forty lanes each credential has its own, and its state in words."""
    figure = credential_lifetimes(crowd(size))
    states = [label.whole for label in figure.sheet.record.labels if label.is_fact]

    assert sum(words.startswith(("✓ active, ", "✕ too old: ")) for words in states) == size
    assert faults(figure) == []


def test_of_more_those_to_replace_have_lanes_and_the_others_share_two():
    """Credentials to replace are drawn first; the table and the list have all."""
    figure = credential_lifetimes(crowd(120))
    labels = [label.whole for label in figure.sheet.record.labels]

    assert {"21 access keys", "79 access keys"} <= set(labels)  # too old, and not
    assert sum(label == "✕ too old: 100 days" for label in labels) == MOST // 2
    assert len(figure.rows) == 121
    assert sum("; made " in line for line in figure.lines) == 120
    assert faults(figure) == []


def test_many_marks_in_one_lane_do_not_hide_each_other():
    """Users with two used keys each, so many that each has one lane."""
    world = World(seed=3)
    account = world.create_account("main", account_id=MAIN)
    for i in range(40):
        user = account.create_user(f"user-{i}")
        user.put_policy("all", Policy.allow("*", "*"))
        for _ in range(2):
            world.do(user.create_access_key(), "s3:ListAllMyBuckets", "*")
    world.clock.advance(days=3)

    assert faults(credential_lifetimes(world)) == []


@pytest.mark.parametrize("make", [lambda: World(seed=1), lambda: crowd(0)])
def test_nobody_with_credentials_is_said_so(make):
    """A world without accounts; an account without users."""
    figure = credential_lifetimes(make())

    assert "Nobody has credentials here" in figure.alt
    assert faults(figure) == []


@pytest.mark.parametrize("ugly", [False, True])
@pytest.mark.parametrize("seed", first_now([1, 0, 2, 3, 4]))
def test_chance_worlds_are_drawn_without_fault(seed, ugly):
    """With three, twenty and sixty principals, some days later."""
    world = company((3, 20, 60)[seed % 3], seed, ugly=ugly)
    sessions(world, seed)
    world.clock.advance(days=40 * seed)

    assert faults(credential_lifetimes(world)) == []


def test_every_name_is_text(main):
    """AWS rejects such names, but an object can have them."""
    for number, name in enumerate(UGLY):
        user = main.create_user(f"u{number}")
        user.create_access_key()
        user.name = name
        main.users[name] = main.users.pop(f"u{number}")
    figure = credential_lifetimes(main)

    assert faults(figure) == []
    assert {row["user"] for row in figure.rows} >= set(UGLY)
    assert all(printable(name) in figure.as_text() for name in UGLY)


def test_the_same_world_gives_the_same_bytes():
    """Two worlds of one seed give the same file."""
    assert credential_lifetimes(crowd(5)).svg() == credential_lifetimes(crowd(5)).svg()


def test_no_secret_is_drawn(main):
    """Ids aren't secrets; keys, passwords and seeds are."""
    key = main.create_user("bob").create_access_key()
    phone = main.users["alice"].create_virtual_mfa_device("phone")
    phone.enable()
    figure = credential_lifetimes(main)
    text = f"{figure.as_text()}{figure.rows}{figure.svg().decode()}"

    assert key.secret_access_key not in text
    assert phone.base32_string_seed not in text
    assert PASSWORD not in text


def test_the_first_and_last_times_that_exist_can_be_drawn():
    """In the year 9999, keys are due in a year that the calendar doesn't have."""
    world = World(seed=1)
    world.clock.advance(days=365 * 7970)
    world.create_account("main", account_id=MAIN).create_user("zoe").create_access_key()
    world.clock.advance(days=900)

    assert faults(credential_lifetimes(world)) == []


@pytest.mark.parametrize("what", [None, "alice", 3, World])
def test_only_who_has_credentials_is_drawn(what):
    """A world, an account or a user."""
    with pytest.raises(RequestError, match="a world, an account or a user"):
        credential_lifetimes(what)


@pytest.mark.parametrize("days", [-1, True, 1.5, "90", None, 10**12])
def test_the_age_of_keys_is_a_number_of_days(main, days):
    """Not an age that the calendar can't hold."""
    with pytest.raises(RequestError, match="key_age_days must be a number"):
        credential_lifetimes(main, key_age_days=days)
