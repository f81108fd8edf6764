"""The security status board: its items are those of the account, and its buttons are calls."""

import pytest

from iamlab import World
from iamlab.errors import EntityAlreadyExists, ExerciseError
from iamlab.widgets import security_status
from iamlab.widgets.instruments.calls import OF_ITEMS
from tests.storage.account_exports import export_of, hand_made
from tests.widgets.page import problems, put

OLD = (
    "Delete your root access keys",
    "Activate MFA on your root user",
    "Create individual IAM users",
    "Use groups to assign permissions",
    "Apply an IAM password policy",
)
MFA, KEYS = "Add MFA for yourself", "Your user has no active access keys that are unused for more"


@pytest.fixture
def world():
    """An account in bad order: a root key, no MFA, and two users with keys of last year."""
    world = World(seed=7)
    account = world.create_account("main", account_id="111111111111")
    account.root.create_login_profile("Correct-Horse-1")
    account.root.create_access_key()
    for name in ("ana", "bob"):
        account.create_user(name).create_access_key()
    world.clock.advance(days=400)
    return world


def _open(items):
    return [item.title for item in items if not item.is_done]


def test_each_button_turns_its_item_to_done(world):
    """The board shows what the account itself says, after each step."""
    board = security_status(world)
    for title in [own for own in OLD if own != "Create individual IAM users"]:
        assert title in _open(board.lists()[0])
        board.press(title)
        account = board.world().accounts["111111111111"]
        assert title not in _open(board.lists()[0])
        assert board.lists()[0] == account.security_status()

    assert _open(board.lists()[0]) == []
    assert _open(world.accounts["111111111111"].security_status()) != []


def test_an_item_about_each_user_is_done_for_one_after_another(world):
    """It is done when no user has it to do."""
    board = security_status(world)
    (keys,) = [own for own in _open(board.lists()[1]) if own.startswith(KEYS)]
    for title in (MFA, keys):
        for user in ("ana", "bob"):
            (item,) = [own for own in board.lists()[1] if own.title == title]
            assert item.reason.startswith(user)
            board.press(title)
        assert title not in _open(board.lists()[1])

    account = board.world().accounts["111111111111"]
    assert MFA not in _open(account.security_recommendations("bob"))


def test_every_item_has_its_calls(world):
    """The table names the items as the account does, and no others."""
    board = security_status(world)

    assert set(OF_ITEMS) == {item.title for items in board.lists() for item in items}


def test_the_calls_are_shown_as_the_log_has_them(world):
    """Several calls of one step are shown in their order."""
    board = security_status(world)
    board.press(OLD[1])
    facts = board.parts()["facts"]

    assert "CreateVirtualMFADevice(virtualMFADeviceName=root-phone" in facts
    assert facts.index("CreateVirtual") < facts.index("EnableMFADevice(serialNumber=arn:aws:iam:")


def test_what_aws_refuses_changes_nothing(world):
    """The card shows AWS's message."""
    world.accounts["111111111111"].create_group("readers")
    board = security_status(world)
    with pytest.raises(EntityAlreadyExists):
        board.press(OLD[3])
    board.use(OLD[3], press=True)

    assert "readers already exists" in board.parts()["result"]
    assert board.state.calls == ()


def test_what_an_export_does_not_hold_is_not_known():
    """It has a sign of its own, and no button."""
    world = World.from_account_details(export_of(hand_made()))
    text = "".join(security_status(world).parts().values())

    assert "? not known" in text
    assert "Do it: Delete your root access keys" not in text


def test_the_state_survives_as_json(world):
    """A copy of the state shows the same card, and text shows what the card does."""
    world.create_account("other", account_id="222222222222")
    board, twin = security_status(world), security_status(world)
    board.press(OLD[4])
    board.set("account", "222222222222")
    board.press(OLD[2])
    twin.from_json(board.to_json())

    assert twin.state == board.state
    assert twin.parts() == board.parts()
    assert "✓ done: Create individual IAM users" in str(twin)


def test_other_values_are_errors(world):
    """An item that is done has no button; a state can name no other step."""
    board = security_status(world)
    for name in (OLD[2], "Delete the account", "account"):
        with pytest.raises(ExerciseError, match="no control"):
            board.press(name)
    with pytest.raises(ExerciseError, match="with an account"):
        security_status(World(seed=7))


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, world):
    """Two steps; axe-core finds nothing, and it fits a narrow window."""
    board = security_status(world)
    card = put(page, board)
    assert problems(page) == []
    card.get_by_role("button", name="Do it: Delete your root access keys").click()
    card.get_by_text("DeleteAccessKey").wait_for()
    card.get_by_role("button", name="Do it: Apply an IAM password policy").press("Enter")
    card.get_by_text("UpdateAccountPasswordPolicy").wait_for()
    card.get_by_text("3 of 5 done").wait_for()
    assert page.evaluate("document.activeElement.closest('.iamlab-card') !== null")

    assert problems(page) == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
