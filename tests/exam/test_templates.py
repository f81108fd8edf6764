"""Every template makes fair items: one key, options that differ, and nothing gives it away."""

import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache

import pytest

from iamlab.engine.layers import LAYERS
from iamlab.errors import ExerciseError
from iamlab.exam.ideas import IDEAS
from iamlab.exam.items import CHOICE, FORMS, MATCH, ORDER, SEVERAL
from iamlab.exam.knowledge_bank import LEVELS
from iamlab.exam.templates import MOST_WORDS, beliefs_tested, contrast_pair, make, pools, templates
from iamlab.exam.verdicts import decided_by
from iamlab.teach.lesson import own_lessons
from iamlab.teach.mutants import MISCONCEPTIONS
from tests.effort import slow
from tests.exam.decided_again import decisions_made, disagreements

NOW, LATER = 100, 300
"""So many seeds are tried in ``make test``, and so many more in ``make test-all``."""
EVERY = [*templates()]
CONTRASTS = [name for name, own in templates().items() if "contrast" in own]
CRITICAL = {4: 21.1, 5: 23.5, 6: 25.7}
"""Chi-square with one degree of freedom less, which chance reaches once in ten thousand times."""
OPTIONS = {CHOICE: (4,), SEVERAL: (5, 6), ORDER: (4, 5), MATCH: (3, 4, 5, 6)}
GIVES_AWAY = re.compile(r"\b(all|none|both|neither) of the (above|options)\b", re.IGNORECASE)

each_template = pytest.mark.parametrize("name", EVERY)


@cache
def made(name):
    """Make the items of a template with the first seeds, and the decisions for them."""
    with decisions_made() as decisions:
        return [make(name, seed) for seed in range(NOW)], decisions


def items(name):
    """Return the items of a template with the first seeds."""
    return made(name)[0]


def assert_fair(item):
    """One key, options that differ, a reason for each wrong one, at most 120 words."""
    texts = [" ".join(own.text.lower().split()) for own in item.options]
    assert len(item.options) in OPTIONS[item.form]
    assert len({*texts}) == len(texts)
    assert not any(map(GIVES_AWAY.search, texts))
    assert len(" ".join((item.question, *item.prompts)).split()) <= MOST_WORDS
    assert "{" not in item.question
    assert set(item.key) <= set(range(len(item.options)))
    assert len(item.key) == {CHOICE: 1, ORDER: len(texts), MATCH: len(item.prompts)}.get(
        item.form, len(item.key)
    )
    if item.form in (CHOICE, SEVERAL):
        assert list(item.key) == sorted({*item.key})
        for place, option in enumerate(item.options):
            assert place in item.key or option.beliefs or option.why, option.text
            assert place not in item.key or not option.beliefs
    assert all(answer != item.key for answer in item.tested.values())
    assert item.rationale


@each_template
def test_a_hundred_items_of_a_template_are_fair(name):
    """And the oracle, which shares no code with the engine, decides each request again.

    Each place is right as often; the longest or shortest option isn't nearly always right.
    """
    found, decisions = made(name)
    for item in found:
        assert_fair(item)
    assert disagreements(decisions) == []
    if found[0].form == CHOICE:
        assert_even(Counter(item.key[0] for item in found), len(found[0].options))
        for pick in (min, max):
            assert sum(is_right_by_length(item, pick) for item in found) <= 0.75 * len(found)
    else:
        assert len({item.key for item in found}) > 3


def assert_even(places, options):
    """Each place is the key about as often, by chi-square."""
    share = places.total() / options
    assert sum((places[n] - share) ** 2 / share for n in range(options)) < CRITICAL[options], places


def is_right_by_length(item, pick):
    """Return whether the only longest or shortest option is the key."""
    lengths = [len(own.text) for own in item.options]
    extreme = pick(lengths)
    return lengths.count(extreme) == 1 and lengths.index(extreme) == item.key[0]


def test_the_length_of_options_gives_no_key_away():
    """Somebody who always takes the longest or the shortest option is right as by chance."""
    every = [item for name in EVERY for item in items(name)[:20] if item.form == CHOICE]
    for pick in (min, max):
        assert sum(is_right_by_length(item, pick) for item in every) < 0.4 * len(every)


@slow
@each_template
def test_items_of_further_seeds_are_fair(name):
    """With decisions by the oracle, too."""
    with decisions_made() as decisions:
        for seed in range(NOW, NOW + LATER):
            assert_fair(make(name, seed))
    assert disagreements(decisions) == []


@each_template
def test_the_key_does_not_depend_on_names(name):
    """Other people, buckets, accounts and policies: the same place is right."""
    kinds, texts = pools()
    other = {
        kind: [own[::-1] if own.isdigit() else f"other{own}" for own in words]
        for kind, words in kinds.items()
    }
    for seed in range(5):
        item, again = make(name, seed), make(name, seed, names=(other, texts))
        assert item.key == again.key
        assert item.question != again.question or item.facts != again.facts


@each_template
def test_a_template_says_what_it_is_about(name):
    """Its idea, level, lesson and beliefs exist; one of the beliefs is always a wrong option."""
    own = templates()[name]
    wanted = set(own.get("beliefs", "").split())

    assert own["idea"] in IDEAS
    assert own["level"] in LEVELS
    assert own["lesson"] in own_lessons()
    assert wanted <= MISCONCEPTIONS.keys()
    assert all(not wanted or wanted & beliefs_tested(item) for item in items(name))


def test_there_are_templates_of_each_idea_form_and_level():
    """At least 36, of eleven ideas, in the four forms of exams."""
    every = templates().values()

    assert len(EVERY) >= 36
    assert {own["idea"] for own in every} == {*IDEAS}
    assert {IDEAS[own["idea"]][1] for own in every} == {*FORMS}
    assert {own["level"] for own in every} == {*LEVELS}
    assert len(CONTRASTS) >= 3


def test_every_belief_is_a_wrong_option_and_every_policy_type_decides():
    """Each of the 40 beliefs in one template or more, each type of policy in two or more."""
    beliefs, deciding = set(), defaultdict(set)
    for name in EVERY:
        for item in items(name)[:40]:
            beliefs |= beliefs_tested(item)
            for layer in decided_by(item.decision) if item.decision else ():
                deciding[layer].add(name)

    assert MISCONCEPTIONS.keys() - beliefs == set()
    assert {layer: len(deciding[layer]) for layer in LAYERS if len(deciding[layer]) < 2} == {}


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
        "made = [str(make(name, seed).to_dict()) for name in templates() for seed in range(3)]\n"
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
