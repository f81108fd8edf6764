"""What holds for every instrument: its card does what the plain object does, and hides nothing."""

import json
import re

import pytest

from iamlab import IamLabError, widgets
from iamlab.widgets.card import WITHOUT_KERNEL, Card, display
from tests.widgets.every_instrument import EVERY


def test_the_table_has_every_instrument():
    """And the explorer, which has a shorter name."""
    assert set(EVERY) == {*widgets.__all__, "lab"}


def parts_of(parts):
    """Return its parts without the numbers of lists of suggestions, which are unique on a page."""
    return {name: re.sub(r"iamlab-explorer-\d+", "", html) for name, html in parts.items()}


@pytest.mark.parametrize("name", EVERY)
def test_a_card_does_what_the_plain_object_does(name):
    """The same controls give the same state, decision, text and parts."""
    make, used = EVERY[name]
    plain, shown = make(), make()
    card = Card(shown)
    for number, (control, value) in enumerate(used, 1):
        plain.press(control) if value is None else plain.set(control, value)
        what = {"press": True} if value is None else {"set": True, "value": value}
        card._used(card, {"unanswered": [{"name": control, "sent": number, **what}]}, [])

        assert shown.note == ""
        assert shown.state == plain.state
        assert str(shown) == str(plain)
        assert parts_of(card.shown["parts"]) == parts_of(plain.parts())
        assert card.shown["sent"] == number


def test_what_is_done_in_a_card_is_done_once_and_in_its_order():
    """Threads of a kernel can be given the last message first: it has all that is unanswered."""
    make, used = EVERY["condition_table"]
    plain, shown = make(), make()
    card, actions = Card(shown), []
    for number, (control, value) in enumerate(used, 1):
        plain.press(control) if value is None else plain.set(control, value)
        what = {"press": True} if value is None else {"set": True, "value": value}
        actions.append({"name": control, "sent": number, **what})
    several = []
    shown.listen(lambda: several.append(shown.state))
    for many in range(len(actions), 0, -1):
        card._used(card, {"unanswered": actions[:many]}, [])

    assert shown.state == plain.state
    assert len(several) == len(actions) > 1
    assert card.shown["sent"] == len(actions)


@pytest.mark.parametrize("name", EVERY)
def test_a_state_survives_as_json(name):
    """Another instrument of the same kind takes it."""
    make, used = EVERY[name]
    instrument, other = make(), make()
    for control, value in used:
        instrument.press(control) if value is None else instrument.set(control, value)
    other.from_json(json.dumps(json.loads(instrument.to_json())))

    assert other.state == instrument.state
    assert str(other.decision) == str(instrument.decision)


@pytest.mark.parametrize("name", EVERY)
def test_an_unknown_control_is_shown_as_an_error_and_changes_nothing(name):
    """In Python it raises, in a card it is a line of text."""
    instrument = EVERY[name][0]()
    before = instrument.state
    with pytest.raises(IamLabError):
        instrument.press("<nothing>")
    instrument.use("<nothing>", press=True)

    assert instrument.state == before
    assert instrument.note
    assert "<nothing>" not in "".join(instrument.parts().values())


@pytest.mark.parametrize("name", EVERY)
def test_every_control_has_a_label_and_every_picture_a_text(name):
    """A screen reader can say what each is."""
    html = "".join(EVERY[name][0]().parts().values())
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        before = html[: html.index(tag)]

        assert "aria-label" in tag or before.rfind("<label") > before.rfind("</label"), tag
    for tag, label in re.findall(r"(<button[^>]*>)([^<]*)</button>", html):
        assert label.strip(), tag
    for tag in re.findall(r"<img[^>]*>", html):
        assert re.search(r'alt="[^"]+"', tag), tag
    for tag in re.findall(r"<svg[^>]*>", html):
        assert "role=" in tag or "aria-label" in tag, tag


@pytest.mark.parametrize("name", EVERY)
def test_without_a_kernel_a_sentence_says_which_keys_to_press(name, monkeypatch):
    """It is stored in the notebook, and GitHub shows it."""
    shown = []
    monkeypatch.setattr("iamlab.widgets.card.notebook.publish_display_data", shown.append)
    instrument = EVERY[name][0]()
    display(instrument)

    assert "Shift + Enter" in shown[0]["text/html"] == WITHOUT_KERNEL
    assert shown[1]["text/plain"] == str(instrument)
    assert "application/vnd.jupyter.widget-view+json" in shown[1]
