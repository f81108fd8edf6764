"""Every template makes fair items: one key, options that differ, and nothing gives it away."""

import os
import subprocess
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache

import pytest

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import LAYERS
from iamlab.engine.matching import BLOCK_PUBLIC_ACCESS
from iamlab.errors import ExerciseError
from iamlab.exam.documents import is_public_access_blocked
from iamlab.exam.items import CHOICE, FORMS
from iamlab.exam.knowledge_bank import LEVELS
from iamlab.exam.templates import IDEAS, beliefs_tested, contrast_pair, make, pools, templates
from iamlab.exam.verdicts import decided_by
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS
from tests.effort import slow
from tests.exam.fairness import assert_fair, decisions_made, disagreements, faults

NOW, LATER, FEW, RENAMED = 50, 20, 8, 5
"""So many seeds are tried in ``make test``, and so many more in ``make test-all``; so many where
items of all templates are read; so many with other names. ``make soak`` tries a thousand."""
EVERY = [*templates()]
CONTRASTS = [name for name, own in templates().items() if "contrast" in own]
MOST_OFTEN = 0.85
"""The same result is the key of at most so many items of a template."""
CRITICAL = {4: 21.1, 5: 23.5, 6: 25.7}
"""Chi-square with one degree of freedom less, which chance reaches once in ten thousand times."""

each_template = pytest.mark.parametrize("name", EVERY)


@cache
def few(name):
    """Make some items of a template, and the decisions for them: once, for the group of tests."""
    with decisions_made() as decisions:
        return [make(name, seed) for seed in range(FEW)], decisions


@each_template
def test_the_items_of_a_template_are_fair(name):
    """And the oracle, which shares no code with the engine, decides each request again.

    Each place is right as often. The longest or shortest option isn't nearly always right, and the
    same result isn't either. One of the beliefs of the template is a wrong option. With other
    people, buckets, accounts and policies the same place is right.
    """
    with decisions_made() as decisions:
        found = [make(name, seed) for seed in range(NOW)]
    wanted = {*templates()[name].get("beliefs", "").split()}
    for item in found:
        assert_fair(item)
        assert not wanted or wanted & beliefs_tested(item)
    assert disagreements(decisions) == []
    if found[0].form == CHOICE:
        assert_even(Counter(item.key[0] for item in found), len(found[0].options))
        for pick in (min, max):
            assert sum(is_right_by_length(item, pick) for item in found) <= 0.8 * len(found)
    else:
        assert len({item.key for item in found}) > 3
    if templates()[name]["idea"] == "will it work":
        results = Counter(item.options[item.key[0]].text for item in found)
        assert max(results.values()) <= MOST_OFTEN * len(found), results
    assert_names_do_not_decide(name, found[:RENAMED])


def assert_names_do_not_decide(name, items):
    """Make items again with other names."""
    kinds, texts = pools()
    other = {
        kind: [own[::-1] if own.isdigit() else f"other{own}" for own in words]
        for kind, words in kinds.items()
    }
    for seed, item in enumerate(items):
        again = make(name, seed, names=(other, texts))
        assert item.key == again.key
        assert item.question != again.question or item.facts != again.facts


def assert_even(places, options):
    """Each place is the key about as often, by chi-square."""
    share = places.total() / options
    assert sum((places[n] - share) ** 2 / share for n in range(options)) < CRITICAL[options], places


def is_right_by_length(item, pick):
    """Return whether the only longest or shortest option is the key."""
    lengths = [len(own.text) for own in item.options]
    extreme = pick(lengths)
    return lengths.count(extreme) == 1 and lengths.index(extreme) == item.key[0]


@slow
@pytest.mark.xdist_group("few")
def test_the_length_of_options_gives_no_key_away():
    """Somebody who always takes the longest or the shortest option is right as by chance."""
    every = [item for name in EVERY for item in few(name)[0] if item.form == CHOICE]
    for pick in (min, max):
        assert sum(is_right_by_length(item, pick) for item in every) < 0.4 * len(every)


@slow
@each_template
def test_items_of_further_seeds_are_fair(name):
    """With decisions by the oracle, too."""
    assert faults(name, range(NOW, NOW + LATER)) == []


@each_template
def test_a_template_says_what_it_is_about(name):
    """Its idea, level, lesson and beliefs exist."""
    own = templates()[name]
    wanted = set(own.get("beliefs", "").split())

    assert own["idea"] in IDEAS
    assert own["level"] in LEVELS
    assert own["lesson"] in own_lessons()
    assert wanted <= MISCONCEPTIONS.keys()
    assert make(name, 0).rationale[-1] == own.get("why", make(name, 0).rationale[-1])


def test_the_rationale_of_an_order_says_why_two_calls_cannot_be_exchanged():
    """With AWS's error, because credentials are needed, or because the goal isn't reached."""
    rationale = make("rotate_the_second_key", 0).rationale

    assert [line.rpartition("”")[2].split(maxsplit=1)[0] for line in rationale[:4]] == [
        *(":", ",", ":", ":")
    ]
    assert rationale[1].endswith("because it needs the credentials.")
    assert rationale[2].endswith("all calls work, but they don't reach the goal.")


def test_there_are_templates_of_each_idea_form_and_level():
    """At least 36, of eleven ideas, in the four forms of exams."""
    every = templates().values()

    assert len(EVERY) >= 36
    assert {own["idea"] for own in every} == {*IDEAS}
    assert {IDEAS[own["idea"]][1] for own in every} == {*FORMS}
    assert {own["level"] for own in every} == {*LEVELS}
    assert len(CONTRASTS) >= 3


@slow
@pytest.mark.xdist_group("few")
def test_every_belief_is_a_wrong_option_and_every_policy_type_decides():
    """Each of the 40 beliefs in one template or more, each type of policy in two or more.

    S3 Block Public Access isn't a policy, but it decides in two or more, too.
    """
    beliefs, deciding = set(), defaultdict(set)
    for name in EVERY:
        found, decisions = few(name)
        beliefs |= {belief for item in found for belief in beliefs_tested(item)}
        for decision in decisions.values():
            for layer in what_decides(decision):
                deciding[layer].add(name)

    assert MISCONCEPTIONS.keys() - beliefs == set()
    wanted = (*LAYERS, BLOCK_PUBLIC_ACCESS)
    assert {own: len(deciding[own]) for own in wanted if len(deciding[own]) < 2} == {}


def what_decides(decision):
    """Return the layers that decide, or Block Public Access if AWS would allow it without."""
    without = replace(decision.layers, public_access_block=None)
    if is_public_access_blocked(decision) and evaluate(decision.request, without):
        return {BLOCK_PUBLIC_ACCESS}
    return decided_by(decision)


@pytest.mark.parametrize("name", CONTRASTS)
def test_a_contrast_pair_differs_in_one_word_and_in_its_key(name):
    """Everything else is the same."""
    for seed in range(20):
        first, second = contrast_pair(name, seed)
        words = [" ".join((own.question, *own.facts)).split() for own in (first, second)]
        answers = [own.options[own.key[0]].text for own in (first, second)]

        assert answers[0] != answers[1]
        assert len(words[0]) == len(words[1])
        assert 1 <= sum(a != b for a, b in zip(*words, strict=True)) <= 2


def test_a_template_that_does_not_exist_is_named():
    """With the nearest name."""
    with pytest.raises(ExerciseError, match="boundary"):
        make("boundary_and_identit", 1)
    with pytest.raises(ExerciseError, match="has no contrast"):
        contrast_pair(next(name for name in EVERY if name not in CONTRASTS), 1)


@slow
def test_an_item_is_the_same_in_every_process():
    """Whatever the hashes of strings are."""
    program = (
        "from hashlib import sha256\n"
        "from iamlab.exam.templates import make, templates\n"
        "made = [str(make(name, 1).to_dict()) for name in templates()]\n"
        "print(sha256(''.join(made).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }

    assert len(digests) == 1


@pytest.mark.parametrize("name", [name for name in EVERY if "variants" in templates()[name]])
def test_each_variant_of_a_template_makes_items(name, monkeypatch):
    """Else only the other variants would ever be drawn."""
    own = templates()[name]
    for number, variant in enumerate(own["variants"]):
        monkeypatch.setitem(templates(), name, own | {"variants": [variant]})
        assert_fair(make(name, number))


def test_the_rationale_of_several_requests_says_the_verdict_of_each():
    """A "No" would confuse where the question is which requests AWS denies."""
    lines = make("mfa_for_some_actions", 1).rationale[:-1]
    verdicts = ("Allowed: ", "Implicit deny: ", "Explicit deny: ")

    assert all(sum(own in line for own in verdicts) == 1 for line in lines)


def test_reasons_leave_out_the_nearest_statement_of_a_policy_that_is_not_shown():
    """ReadOnlyAccess has more than a thousand actions."""
    items = [make("read_only_access", seed) for seed in range(NOW)]
    denied = [own for own in items if not own.decision and not own.decision.denies]

    assert any(own.decision.nearest_miss for own in denied)
    assert not any("kafka" in line for own in denied for line in own.rationale)
