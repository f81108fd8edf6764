"""Items: every template makes small new worlds in which its belief is wrong."""

import pytest

from iamlab import ExerciseError
from iamlab.engine.verdict import addresses
from iamlab.teach import items
from iamlab.teach.ask import key_of, statements
from iamlab.teach.items import STATEMENTS, TEMPLATES, lessons_of, make_item
from iamlab.teach.mutants import MISCONCEPTIONS, telling
from iamlab.teach.practice import ItemCard
from iamlab.widgets.prediction import FINE
from tests.effort import tries

WITHOUT = {"M39"}
"""Whether a secret can be read again isn't a verdict."""
MOST_WORLDS = 60
"""About a millisecond each: how many worlds may be built until one fits."""


@pytest.fixture
def built(monkeypatch):
    """Count the worlds that are built."""
    counted = []

    def build(table, seed):
        counted.append(table)
        return real(table, seed)

    real = items.build
    monkeypatch.setattr(items, "build", build)
    return counted


def disagree(item):
    """Return whether a belief of the item expects another answer than AWS."""
    mutants = MISCONCEPTIONS[item.belief].mutants
    believed = [str(own.verdict(item.decision, item.world)) == "allowed" for own in mutants]
    return any(answer is not bool(item.decision) for answer in believed)


def test_all_beliefs_about_verdicts_have_a_template():
    """Each of the others has a reason."""
    assert TEMPLATES.keys() == MISCONCEPTIONS.keys() - WITHOUT


@pytest.mark.parametrize("belief", TEMPLATES)
def test_an_item_exposes_its_belief_and_one_statement_decides(belief, built):
    """The belief expects another answer; few others do; a world is found quickly."""
    found = set()
    seeds = range(tries(20))
    for seed in seeds:
        built.clear()
        item = make_item(belief, seed)
        found.add(key_of(item.decision))
        exposed = {own.belief for own in telling(item.decision, item.world)} - {"M03"}

        assert disagree(item)
        assert len(addresses(item.decision.determining)) <= 1
        assert len(exposed) <= TEMPLATES[belief][0].get("exposes", 2)
        assert len(built) <= MOST_WORLDS
        assert item.prompt.endswith(".")
        assert "{" not in item.prompt
    assert len(found) >= 0.6 * len(seeds)


@pytest.mark.parametrize("belief", TEMPLATES)
def test_a_control_agrees_with_the_belief(belief):
    """So the belief alone doesn't give the verdict away."""
    for seed in range(tries(5)):
        assert not disagree(make_item(belief, seed, control=True))


@pytest.mark.parametrize("belief", ["M02", "M05", "M18"])
def test_the_same_seed_makes_the_same_item(belief):
    """A restart shows the same world and request."""
    first, second = make_item(belief, 12), make_item(belief, 12)

    assert key_of(first.decision) == key_of(second.decision)
    assert first.prompt == second.prompt
    assert key_of(make_item(belief, 13).decision) != key_of(first.decision)


@pytest.mark.parametrize("belief", TEMPLATES)
def test_the_card_of_an_item_asks_for_the_verdict_and_what_decided(belief):
    """The right answers are accepted, and nothing is shown before."""
    item = make_item(belief, 3)
    card = ItemCard(item, "drill", FINE)

    assert "result" in card.parts()
    assert str(item.decision.verdict) not in card.parts()["result"]

    for name, value in (("answer", item.decision.verdict), ("confidence", "certain")):
        card.set(name, value)
    card.press("reveal")
    right = addresses(item.decision.determining) or ["no statement"]
    card.set("decided", right[0])
    card.press("compare")

    assert right[0] in statements(item.decision)
    assert card.is_right


def test_worlds_have_two_to_four_statements():
    """All items are equally hard."""
    for seed in range(20):
        trace = make_item("M02", seed).decision.trace

        assert STATEMENTS[0] <= len(trace.matches) <= STATEMENTS[1]


def test_a_template_is_for_lessons_that_explain_it():
    """Default deny is known from the first lesson on."""
    assert lessons_of("M03")[0] == "00"
    assert lessons_of("M18") == ["04", "06"]


def test_a_belief_without_template_is_an_error():
    """The message offers a similar one."""
    with pytest.raises(ExerciseError, match="There is no template for 'M39'"):
        make_item("M39", 1)
