"""What lessons name about credentials: sign-ins, unused keys, and goals of sequences."""

import pytest

from iamlab import ExerciseError
from iamlab.errors import IamLabError
from iamlab.teach.callers import caller_of, credential_of, key_of
from iamlab.teach.named_credentials import can_sign_in, unused_keys
from iamlab.teach.scenarios import MAP, scenario
from iamlab.teach.tables import find
from iamlab.teach.worlds import build


def test_a_lesson_names_access_keys_and_codes_by_their_places():
    """The id of a key, and codes that AWS accepts in their order."""
    world = scenario("root_has_mfa")
    carol, phone = world.user("carol"), "arn:aws:iam::111111111111:mfa/carol-phone"
    codes = [credential_of(f"carol-phone/code-{number}", world.main) for number in (1, 2)]

    assert credential_of("root/key-1", world.main) == world.main.root.access_keys[0].access_key_id
    assert credential_of("carol", world.main) == "carol"

    carol.enable_mfa_device(phone, *codes)

    assert len(carol.mfa_devices) == 1


@pytest.mark.parametrize("name", ["bob/key-2", "bob/key-x", "root/key-0"])
def test_a_key_that_is_not_there_is_an_error(name):
    """The message has a key that is there."""
    with pytest.raises(ExerciseError, match=r"no access key .*\n.*(bob|root)/key-1"):
        key_of(name, scenario("first_day").main)


def test_a_key_of_somebody_who_is_not_there_is_an_error():
    """As for every name that a world doesn't have."""
    with pytest.raises(IamLabError, match="zoe"):
        key_of("zoe/key-1", scenario("first_day").main)


def test_the_root_user_calls_as_root():
    """In every world of a lesson, without a session of that name."""
    world = scenario("locked")

    assert caller_of(world, "root") is world.main.root
    assert not world.can(caller_of(world, "root"), "s3:GetObject", MAP)


def test_calls_of_a_world_can_be_made_at_a_time_and_by_a_key():
    """So a world can have a past, which its credential report shows."""
    used = "2027-01-04T09:00:00+00:00"
    world = scenario("spring")
    row = next(own for own in world.main.credential_report().rows if own.user == "bob")

    assert row.access_key_1_last_used_date == used
    assert row.access_key_2_last_rotated == used
    assert next(iter(world.events)).event_name == "GenerateCredentialReport"


def test_a_root_table_has_only_credentials():
    """Another key has no meaning."""
    with pytest.raises(ExerciseError, match="'attach' has no meaning"):
        build({"root": {"attach": "ReadOnlyAccess"}}, 7)


def test_attempts_to_sign_in_are_made_in_a_copy():
    """The answer is the sign-in page's own, and the world stays as it is."""
    world = scenario("handed_over")
    found = can_sign_in(world, "carol:password", "carol:password+code", "bob:access-key")

    assert [succeeds for succeeds, _ in found.values()] == [False, True, False]
    assert "Enter an MFA code" in found["carol with password"][1]
    assert found["carol with password and MFA code"] == (True, "the sign-in succeeds.")
    assert not world.events


def test_unused_keys_depend_on_the_number_of_days():
    """A key that was never used counts from its creation."""
    world = scenario("spring")

    few, some, many = (
        {name for name, (is_unused, _) in unused_keys(world, days).items() if is_unused}
        for days in ("200", "45", "20")
    )
    assert few == {"root user key 1"}
    assert few < some < many
    assert unused_keys(world, "45")["alice key 1"] == (False, "it was last used 1 day ago.")


CREATE, USE, END, DELETE = (
    {"Caller": "carol", "Operation": "iam:CreateAccessKey", "UserName": "bob"},
    {"Caller": "call 1", "Operation": "s3:GetObject", "Resource": MAP},
    {"Caller": "carol", "Operation": "iam:UpdateAccessKey", "UserName": "bob"},
    {"Caller": "carol", "Operation": "iam:DeleteAccessKey", "UserName": "bob"},
)


@pytest.mark.parametrize(
    ("calls", "is_right"),
    [
        ((CREATE, USE, END), True),
        ((CREATE, USE, DELETE), False),
        ((CREATE, USE, END, DELETE), True),
        ((CREATE, END, USE), False),
        ((CREATE, USE), False),
        ((CREATE, {**USE, "Caller": "carol"}, END), False),
    ],
)
def test_a_rotation_uses_the_new_key_before_the_old_one_ends(calls, is_right):
    """It is deactivated first: a deleted key never comes back."""
    task = find("4.5")
    old = {"AccessKeyId": credential_of("bob/key-1", task.world().main)}
    ends = {"iam:UpdateAccessKey": old | {"Status": "Inactive"}, "iam:DeleteAccessKey": old}

    assert task.mark([call | ends.get(call["Operation"], {}) for call in calls]).correct is is_right


def test_the_security_status_lists_what_is_still_open():
    """Also what is done, but less securely than needed; without calls there is no true part."""
    task = find("4.1")
    delete, join, policy, enable = task.solution_answer()
    every = [join | {"UserName": "bob"}, policy | {"MinimumPasswordLength": 8}]
    cases = {
        "The goal isn't reached. Still to do: Delete your root access keys: The root user has": [],
        "Still to do: Add MFA for yourself: carol has no MFA devices.": [delete, join, policy],
        "Still to do: bob must not be an administrator. A password needs 14 characters or more.": [
            *(delete, *every, enable)
        ],
        "Still to do: carol can call AddUserToGroup: don't use root for it.": [
            *(delete, join | {"Caller": "root"}, policy, enable)
        ],
    }

    for words, calls in cases.items():
        assert words in task.mark(calls).counterexample
