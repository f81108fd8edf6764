"""The dashboard's lists: each item knows its state, and its fix does what it says."""

import json
from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.security_status import (
    DONE,
    OPEN,
    UNKNOWN,
    Item,
    SecurityStatus,
    security_recommendations,
    security_status,
)
from iamlab.world.account import Account
from tests.storage.account_exports import ACCOUNT, export_of, hand_made

PASSWORD = "Correct-Horse-1"
TITLES = [
    "Delete your root access keys",
    "Activate MFA on your root user",
    "Create individual IAM users",
    "Use groups to assign permissions",
    "Apply an IAM password policy",
]


@pytest.fixture
def main() -> Account:
    """An account whose root user has a password and a key, and nothing else."""
    account = World(seed=1).create_account("main", account_id="111111111111")
    account.root.create_login_profile(PASSWORD)
    account.root.create_access_key()
    return account


@pytest.fixture
def loaded() -> Account:
    """An account from an export: nobody knows its credentials."""
    return World.from_account_details(export_of(hand_made())).accounts[ACCOUNT]


def states(status: SecurityStatus) -> list[str]:
    """Return the states in their order."""
    return [item.state for item in status]


def do(account: Account, item: Item) -> None:
    """Run a fix unchanged."""
    exec(item.remedy, {"account": account})  # noqa: S102


def test_a_new_account_has_the_first_two_done() -> None:
    """Its root user has no credentials at all."""
    status = World(seed=1).create_account("new").security_status()

    assert [item.title for item in status] == TITLES
    assert states(status) == [DONE, DONE, OPEN, OPEN, OPEN]
    assert "nobody can sign in" in status.items[1].reason


def test_an_account_in_bad_order_has_everything_to_do(main: Account) -> None:
    """Each item with a fix, and what is advised today."""
    status = main.security_status()

    assert states(status) == [OPEN] * 5
    assert all(item.remedy and item.today for item in status)


@pytest.mark.parametrize("number", range(5))
def test_each_fix_does_its_item_and_no_other(number: int, main: Account) -> None:
    """The text can be run unchanged."""
    do(main, main.security_status().items[number])
    after = states(main.security_status())

    assert after[number] == DONE
    # A group needs a member, so whoever makes one has a user too.
    others = [state for place, state in enumerate(after) if place not in (number, 2)]
    assert set(others) == {OPEN}


def test_all_fixes_together_do_everything(main: Account) -> None:
    """In their order; the group is then given the user that is there."""
    for number in range(5):
        do(main, main.security_status().items[number])

    assert states(main.security_status()) == [DONE] * 5
    assert len(main.users) == 1
    assert all(item.remedy == "" for item in main.security_status())


def test_a_group_counts_only_if_it_hands_a_policy_to_somebody(main: Account) -> None:
    """An empty group, or one without policies, assigns no permissions."""
    ana, group = main.create_user("ana"), main.create_group("g")
    seen = [main.security_status().items[3].state]
    group.add_user(ana)
    seen.append(main.security_status().items[3].state)
    group.attach_policy("ReadOnlyAccess")
    seen.append(main.security_status().items[3].state)

    assert seen == [OPEN, OPEN, DONE]


def test_todays_list_is_about_the_root_user(main: Account) -> None:
    """Two items; both fixes work."""
    titles = [item.title for item in main.security_recommendations()]
    assert titles == ["Add MFA for root user", "Root user has no active access keys"]

    assert states(main.security_recommendations()) == [OPEN, OPEN]
    for item in main.security_recommendations():
        do(main, item)
    assert states(main.security_recommendations()) == [DONE, DONE]


def test_an_inactive_root_key_is_to_be_deleted_but_is_not_active(main: Account) -> None:
    """The old list asks for keys, today's for active ones."""
    main.root.access_keys[0].update("Inactive")

    assert main.security_status().items[0].state == OPEN
    assert main.security_recommendations().items[1].state == DONE


def test_who_is_signed_in_sees_two_items_more(main: Account) -> None:
    """About its own MFA and keys; the user is given by name or as an object."""
    ana = main.create_user("ana")
    status = main.security_recommendations("ana")

    assert status == main.security_recommendations(ana)
    assert states(status)[2:] == [OPEN, DONE]
    do(main, status.items[2])
    assert states(main.security_recommendations(ana))[2:] == [DONE, DONE]


def test_a_key_unused_for_a_year_is_to_be_deactivated(main: Account) -> None:
    """Counted from its last use or its creation; the fix leaves keys in use."""
    ana = main.create_user("ana")
    old, used = ana.create_access_key(), ana.create_access_key()
    main.world.clock.advance(days=366)
    used.used(used.user.account.world, "s3", "us-east-1")
    (item,) = main.security_recommendations(ana).items[3:]
    assert (item.state, item.reason) == (OPEN, "ana has 1 active key unused for a year.")

    do(main, item)
    assert (old.status, used.status) == ("Inactive", "Active")
    assert main.security_recommendations(ana).items[3].state == DONE


def test_what_an_export_does_not_tell_is_not_known(loaded: Account) -> None:
    """And never done; users and groups are in the file."""
    ana = loaded.users["alice"]
    status, today = loaded.security_status(), loaded.security_recommendations(ana)

    assert states(status) == [UNKNOWN, UNKNOWN, DONE, DONE, UNKNOWN]
    assert states(today) == [UNKNOWN] * 4
    assert not any(item.is_done for item in today)
    assert "get-credential-report" in today.items[0].reason
    assert {item.remedy for item in today} == {""}


def test_a_credential_report_tells_the_rest(main: Account, loaded: Account) -> None:
    """Of the real account, beside its export."""
    known = main.credential_report().credentials()

    assert states(security_status(loaded, known))[:2] == [OPEN, OPEN]
    assert states(security_recommendations(loaded, credentials=known)) == [OPEN, OPEN]
    assert states(security_recommendations(loaded, credentials=())) == [UNKNOWN, UNKNOWN]


def test_a_list_reads_well(main: Account) -> None:
    """A word beside each symbol, the fix as code, then what is advised today."""
    lines = str(main.security_status()).splitlines()

    assert lines[0] == "Security Status: 0 of 5 done"
    assert lines[1:5] == [
        "✕ to do: Delete your root access keys",
        "    The root user has 1 access key.",
        "    >>> for key in list(account.root.access_keys):",
        "    >>>     key.delete()",
    ]
    assert lines[5].startswith("    Today: ")


def test_a_list_is_json_too(main: Account) -> None:
    """Every field of every item."""
    found: dict[str, Any] = json.loads(json.dumps(main.security_status().to_dict()))

    assert found["title"] == "Security Status"
    assert [item["state"] for item in found["items"]] == [OPEN] * 5
    assert set(found["items"][0]) == {"title", "state", "reason", "mend", "today"}


def test_items_are_frozen(main: Account) -> None:
    """A list says how it was when it was made."""
    with pytest.raises(AttributeError):
        main.security_status().items[0].state = DONE  # type: ignore[misc]
