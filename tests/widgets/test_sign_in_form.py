"""The sign-in form: the sign-in page's answers, the phone's codes, and a password in no text."""

import json
import pickle

import pytest

from iamlab import World
from iamlab.errors import ExerciseError
from iamlab.operations.sign_in import WRONG
from iamlab.widgets import sign_in_form
from iamlab.widgets.card import Card
from tests.widgets.page import problems, put

PASSWORD, OTHER = "Correct-Horse-1", "Battery-Staple-2"
PRESS = "sign in"


@pytest.fixture
def world():
    """Ana and the root user have a password and a phone; Bob has only a password."""
    world = World(seed=7)
    account = world.create_account("main", account_id="111111111111")
    account.root.create_login_profile(OTHER)
    account.root.create_virtual_mfa_device("root-phone").enable()
    for name in ("ana", "bob"):
        account.create_user(name).create_login_profile(PASSWORD)
    account.users["ana"].create_virtual_mfa_device("ana-phone").enable()
    world.clock.advance(minutes=5)
    return world


def _answer(form, **fields):
    for name, value in fields.items():
        form.set(name, value)
    form.press(PRESS)
    return form.state.answer


def test_a_user_signs_in_with_the_code_of_the_phone(world):
    """The code is the one that the world accepts at that time."""
    form = sign_in_form(world, "ana")
    for _ in range(3):
        form.press("next")
    code = form.codes()["ana-phone"]
    answer = _answer(form, password=PASSWORD, code=f"{code[:3]} {code[3:]}")

    assert form.state.signed_in
    assert "user/ana" in answer
    assert "aws:MultiFactorAuthPresent is true" in answer
    assert "✓ signed in" in form.parts()["facts"]
    later = world.copy()
    later.clock.advance(seconds=90)
    assert later.sign_in(account="main", user="ana", password=PASSWORD, mfa_code=code).with_mfa


def test_a_code_is_used_once(world):
    """30 seconds later there is a new one; what a failed attempt sent stays unused."""
    form = sign_in_form(world, "ana")
    code = form.codes()["ana-phone"]
    assert _answer(form, password=OTHER, code=code) == WRONG
    _answer(form, password=PASSWORD)
    assert form.state.signed_in
    assert _answer(form) == "Your MFA code is incorrect. Please try again."
    form.press("next")
    _answer(form, code=form.codes()["ana-phone"])

    assert form.state.signed_in
    assert code != form.state.code


@pytest.mark.parametrize(
    ("fields", "answer"),
    [
        ({"password": "wrong"}, WRONG),
        ({}, WRONG),
        ({"name": "zoe", "password": PASSWORD}, WRONG),
        ({"account": "222222222222", "password": PASSWORD}, WRONG),
        ({"password": PASSWORD}, "Enter an MFA code to complete sign-in."),
        (
            {"password": PASSWORD, "code": "000000"},
            "Your MFA code is incorrect. Please try again.",
        ),
    ],
)
def test_the_page_answers_as_aws_does(world, fields, answer):
    """A wrong password, an unknown user and an unknown account have the same answer."""
    form = sign_in_form(world, "ana")

    assert _answer(form, **fields) == answer
    assert not form.state.signed_in
    assert "✕ not signed in" in form.parts()["facts"]
    form.press("next")
    assert form.parts()["facts"] == ""


def test_a_user_without_a_device_needs_no_code(world):
    """The phone shows none, and the session is one without MFA."""
    form = sign_in_form(world, world.user("bob"))
    assert form.codes() == {}
    assert "no virtual MFA device" in form.parts()["phone"]

    assert "aws:MultiFactorAuthPresent is false" in _answer(form, password=PASSWORD)


def test_a_root_user_signs_in_by_email(world):
    """With a phone of its own; the password of somebody else is forgotten."""
    form = sign_in_form(world, "ana")
    form.set("password", PASSWORD)
    form.set("kind", "root user")
    (code,) = form.codes().values()
    assert _answer(form, code=code) == WRONG
    answer = _answer(form, password=OTHER)
    assert "arn:aws:iam::111111111111:root" in answer
    root = sign_in_form(world, world.accounts["111111111111"].root)

    assert list(root.codes()) == ["root-phone"]
    assert root.state.kind == "root user"


def test_an_alias_signs_in_and_nothing_changes_the_world(world):
    """The world has no event of the attempts, and its codes stay unused."""
    world.accounts["111111111111"].create_alias("acme")
    events = len(world.events)
    form = sign_in_form(world, "ana")
    assert form.state.account == "acme"
    _answer(form, password=PASSWORD, code=form.codes()["ana-phone"])

    assert form.state.signed_in
    assert len(world.events) == events
    assert [own.used for own in world.accounts["111111111111"].mfa_records.values()] == [0, 0]


def test_a_password_is_in_no_text_state_or_log(world, caplog, capsys):
    """Neither after a success nor after a failure, nor after an error."""
    form = sign_in_form(world, "ana")
    card = Card(form)
    for number, password in enumerate((PASSWORD, "Wrong-Donkey-3")):
        typed = {"name": "password", "set": True, "value": password, "sent": 2 * number + 1}
        pressed = {"name": PRESS, "press": True, "sent": 2 * number + 2}
        card._used(card, {"unanswered": [typed]}, [])
        card._used(card, {"unanswered": [typed, pressed]}, [])
        form.use("password", press=True)
        form.set("password", password)
        form.press(PRESS)
        event = json.dumps([own.to_dict() for own in form.world().events])
        output = capsys.readouterr()
        texts = [repr(form), str(form), form.to_json(), json.dumps(form.parts()), event, output.out]
        texts += [json.dumps(card.shown), json.dumps(card.answers), output.err, caplog.text]
        texts += [json.dumps(card.get_state(), default=str), repr(pickle.dumps(form.state))]

        assert not [text for text in texts if password in text]


def test_the_state_survives_as_json(world):
    """A used code stays used; the password has to be typed again."""
    form, twin = sign_in_form(world, "ana"), sign_in_form(world, "ana")
    _answer(form, password=PASSWORD, code=form.codes()["ana-phone"])
    twin.from_json(form.to_json())
    assert twin.state == form.state
    assert twin.parts() == form.parts()
    assert _answer(twin) == WRONG

    assert _answer(twin, password=PASSWORD) == "Your MFA code is incorrect. Please try again."


def test_other_values_are_errors(world):
    """A control with another value changes nothing."""
    form = sign_in_form(world, "ana")
    for name, value in {"kind": "role", "code": None, "used": "x", "sign out": None}.items():
        with pytest.raises(ExerciseError, match="no control"):
            form.set(name, value)


@pytest.mark.browser
def test_it_works_by_mouse_and_keyboard(page, world):
    """The password stays in its field while the rest changes; axe-core finds nothing."""
    form = sign_in_form(world, "ana")
    card = put(page, form)
    assert problems(page) == []
    password, code = card.get_by_label("Password"), card.get_by_label("MFA code")
    assert password.get_attribute("type") == "password"
    password.focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    card.get_by_text("Enter an MFA code").wait_for()
    card.get_by_role("button", name="30 seconds later").press("Space")
    card.get_by_text("09:05:30").wait_for()
    code.focus()
    page.keyboard.type(form.codes()["ana-phone"])
    card.get_by_role("button", name="Sign in").click()
    card.get_by_text("✓ signed in").wait_for()
    assert password.input_value() == PASSWORD
    assert PASSWORD not in page.content()
    assert problems(page) == []

    card.get_by_text("root user").click()
    card.get_by_label("Root user email address").wait_for()
    assert password.input_value() == ""
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == 400
