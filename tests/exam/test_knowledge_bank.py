"""Each point of knowledge has fair questions, and a key that nothing but knowledge gives away."""

import re
from collections import Counter
from datetime import UTC, date, datetime
from itertools import combinations

import pytest

import iamlab.exam.knowledge_bank
import iamlab.teach
from iamlab.errors import ExerciseError
from iamlab.exam import knowledge
from iamlab.tables import tables
from iamlab.teach import journal
from iamlab.teach.lesson import own_lessons

BANK = tables(iamlab.exam.knowledge_bank.__file__)
ITEMS = BANK["items"]
POINTS = tables(iamlab.teach.__file__, "knowledge.toml")
NUMBERS = {2: "(Choose two.)", 3: "(Choose three.)"}
LONGEST = 120
GIVES_AWAY = re.compile(
    r"\b(all|none|both|neither) of the (above|options)\b|\bboth [A-F] and [A-F]\b"
)
each_item = pytest.mark.parametrize(
    "item", ITEMS, ids=[f"{own['point']}-{number}" for number, own in enumerate(ITEMS)]
)


def options_of(item):
    """Return the texts of an item's options."""
    return [*item["right"], *(text for text, *_ in item["wrong"])]


@pytest.mark.parametrize("point", POINTS)
def test_each_point_has_two_questions_and_a_lesson(point):
    """In different words, with different answers."""
    own = [item for item in ITEMS if item["point"] == point]

    assert len(own) >= 2
    assert any(point in lesson.knowledge for lesson in own_lessons().values())
    for first, second in combinations(own, 2):
        words = [set(re.findall(r"\w{4,}", item["question"].lower())) for item in (first, second)]
        assert first["right"] != second["right"]
        assert len(words[0] & words[1]) < 0.6 * len(words[0] | words[1])


@each_item
def test_a_question_asks_one_thing_in_few_words(item):
    """It ends with its question, and says how many options are right if it isn't one."""
    question, right = item["question"].strip(), len(item["right"])

    assert len(question.split()) <= LONGEST
    assert question.endswith(NUMBERS.get(right, "?"))
    assert question.count("?") <= 1 or right == 1
    assert item["level"] in iamlab.exam.knowledge_bank.LEVELS


@each_item
def test_options_are_alike(item):
    """Four, or five or six where several are right; all are sentences, or none."""
    options = options_of(item)

    assert len(options) in ((4,) if len(item["right"]) == 1 else (5, 6))
    assert len({" ".join(own.lower().split()) for own in options}) == len(options)
    assert len({own.endswith(".") for own in options}) == 1
    assert not any(map(GIVES_AWAY.search, options))


@each_item
def test_an_answer_has_its_reason_and_its_page(item):
    """What is wrong with a wrong option, why the right one is right, and where AWS says so."""
    reasons = [item["why"], *(why for _, why, *_ in item["wrong"])]

    assert all(own.endswith(".") for own in reasons)
    assert len(set(reasons)) == len(reasons)
    assert re.match(r"https://(docs\.aws|aws)\.amazon\.com/\S+$", item["url"])
    assert item["page"]


def test_the_bank_says_when_it_was_compared_with_the_pages():
    """So that a reader knows how old it is."""
    assert date(2026, 11, 1) <= BANK["checked"] <= datetime.now(UTC).date()


def test_the_length_of_an_option_gives_nothing_away():
    """The longest option isn't right more often than by chance, or hardly."""
    single = [item for item in ITEMS if len(item["right"]) == 1]
    longest = sum(max(options_of(own), key=len) in own["right"] for own in single)
    shortest = sum(min(options_of(own), key=len) in own["right"] for own in single)

    assert longest / len(single) < 0.36
    assert shortest / len(single) < 0.36


def test_the_place_of_an_option_gives_nothing_away():
    """Over many seeds, each letter is right as often."""
    places = Counter()
    for seed in range(40):
        for item in knowledge(len(ITEMS), seed=seed):
            places.update(item.key if len(item.options) == 4 else ())
    share = places.total() / 4
    chi_square = sum((number - share) ** 2 / share for number in places.values())

    assert chi_square < 11.3  # with three degrees of freedom, 1 of 100 is above


def test_a_seed_asks_the_same_again_and_another_one_does_not():
    """Questions and the order of options."""
    first, same, other = knowledge(seed=1), knowledge(seed=1), knowledge(seed=2)

    assert [own.to_dict() for own in first] == [own.to_dict() for own in same]
    assert [own.to_dict() for own in first] != [own.to_dict() for own in other]
    assert len({own.question for own in knowledge(len(ITEMS))}) == len(ITEMS)


def test_only_the_points_and_the_level_that_are_asked_for_come():
    """As a lesson lists them."""
    points = own_lessons()["09"].knowledge
    found = knowledge(100, points=points, level="associate")

    assert {own.tags["point"] for own in found} <= set(points)
    assert {own.tags["level"] for own in found} == {"associate"}


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"points": ["89"]}, "no point of knowledge '89'"),
        ({"level": "expert"}, "no level 'expert'"),
        ({"questions": 0}, "at least one question, not 0"),
    ],
    ids=["point", "level", "number"],
)
def test_an_unknown_point_or_level_or_no_question_is_refused(wrong, text):
    """With a clear error."""
    with pytest.raises(ExerciseError, match=text):
        knowledge(**wrong)


def test_an_answer_shows_why_and_where_aws_says_so_and_names_the_lesson():
    """The reason of a wrong option comes before the reason of the right one."""
    item = next(own for own in knowledge(len(ITEMS)) if len(own.key) == 1)
    place = min({0, 1} - {*item.key})
    marking = item.answer("ABCD"[place])

    assert not marking
    assert item.options[place].why in str(marking)
    assert item.rationale[-1] in str(marking)
    assert item.lessons == [item.tags["lesson"]]
    assert journal.records()[-1]["practice"] == "quiz: knowledge"
    assert item.mark("ABCD"[next(iter(item.key))])
