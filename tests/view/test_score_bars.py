"""Scores by topic and confidence against correctness: counts, words and places agree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.display import printable
from iamlab.errors import RequestError
from iamlab.view.drawing.shapes import Rectangle
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.charts.calibration import BANDS, calibration, levels_of, wilson
from iamlab.view.figures.charts.score_bars import score_bars
from iamlab.widgets.prediction import CONFIDENCE
from tests.effort import tries
from tests.view.looking import faults
from tests.view.scenes import UGLY

SCORES = {"sessions": (7, 9), "boundaries": (1, 4), "conditions": (4, 4), "tags": (0, 0)}
SURE, FAIR, GUESS = "certain", "fairly sure", "a guess"


def bars(figure):
    """Return the widths of the bars."""
    shapes = [shape for shape in figure.sheet.shapes if isinstance(shape, Rectangle)]
    return [shape.width for shape in shapes if abs(shape.height - 0.18) < 1e-9]


def answers(word, right, wrong):
    """Return some answers of one confidence."""
    return [(word, True)] * right + [(word, False)] * wrong


# -- scores ---------------------------------------------------------------------------------------


def test_each_topic_has_its_count_in_words_and_its_result():
    """Seven of nine is more than 78 %; a topic without answers isn't passed or failed."""
    figure = score_bars(SCORES)
    rows = {row["topic"]: row for row in figure.rows}
    text = figure.as_text()

    assert text.splitlines()[:2] == ["12 of 17 right", "pass mark 70 %"]
    assert "sessions: 7 of 9, ✓ passed" in text
    assert "boundaries: 1 of 4, ✕ to repeat" in text
    assert "tags: 0 of 0, – not asked" in text
    assert {topic: (row["right"], row["of"]) for topic, row in rows.items()} == SCORES
    assert rows["boundaries"]["share"] == 0.25
    assert rows["tags"]["share"] is None


def test_the_alternative_text_names_what_is_below_the_mark_first():
    """The lowest share is first, and topics without answers are last."""
    assert score_bars(SCORES).alt == (
        "12 of 17 right, pass mark 70 %; boundaries: 1 of 4, ✕ to repeat; sessions: 7 of 9, "
        "✓ passed; conditions: 4 of 4, ✓ passed; tags: 0 of 0, – not asked."
    )


def test_bars_are_as_long_as_the_shares():
    """From 0, which has a stub, to 100 %."""
    figure = score_bars({"none": (0, 4), "half": (2, 4), "all": (4, 4)})
    none, half, whole = bars(figure)

    assert half == pytest.approx(whole / 2)
    assert 0 < none < whole / 50
    assert whole < PAGE


@pytest.mark.parametrize(
    ("mark", "right", "result"),
    [(0.7, 7, "passed"), (0.71, 7, "to repeat"), (0, 0, "passed"), (1, 10, "passed")],
)
def test_the_mark_itself_is_enough(mark, right, result):
    """Seven of ten reach 70 %."""
    assert score_bars({"tags": (right, 10)}, pass_mark=mark).rows[0]["state"] == result


def test_without_a_mark_nobody_passes_or_fails():
    """There is no dashed line."""
    figure = score_bars(SCORES, pass_mark=None)

    assert "passed" not in figure.as_text()
    assert figure.sheet.record.lines == []
    assert len(score_bars(SCORES).sheet.record.lines) == 1
    assert "boundaries: 1 of 4; sessions: 7 of 9; conditions: 4 of 4; tags" in figure.alt


@pytest.mark.parametrize("mark", [0, 0.01, 0.24, 0.5, 0.7, 0.99, 1])
@pytest.mark.parametrize("name", ["pass mark", "long " * 60, "$x^2$"])
def test_the_marks_name_overlaps_nothing(mark, name):
    """At any place, with any name; the list has the whole name."""
    figure = score_bars(SCORES, pass_mark=mark, pass_name=name)

    assert faults(figure) == []
    assert f"{name} {100 * mark:g} %" in figure.as_text()


@pytest.mark.parametrize("size", [0, 1, 3, 20, 60])
def test_any_number_of_topics_is_drawn(size):
    """Without topics, a sentence says so."""
    figure = score_bars({f"topic {i}": (i % 5, 5) for i in range(size)})

    assert faults(figure) == []
    assert figure.alt == "There are no answers yet." if not size else figure.rows


def test_every_name_is_text():
    """Shortened in the picture, whole in the list and the table."""
    figure = score_bars(dict.fromkeys(UGLY, (1, 3)))

    assert faults(figure) == []
    assert [row["topic"] for row in figure.rows] == list(UGLY)
    assert all(f"{printable(name)}: 1 of 3" in figure.as_text() for name in UGLY)


@pytest.mark.parametrize(
    "scores",
    [
        *(None, 3, "tags", [("tags", (1, 2))], {"tags": 1}, {"tags": (1,)}, {"tags": (1, 2, 3)}),
        *({"tags": (3, 2)}, {"tags": (-1, 2)}, {"tags": (1.0, 2)}, {"tags": (True, 2)}),
        *({"tags": ("1", "2")}, {"tags": None}),
    ],
)
def test_a_score_must_be_two_numbers(scores):
    """The error says what a score is."""
    with pytest.raises(RequestError, match=r"right|two numbers"):
        score_bars(scores)


@pytest.mark.parametrize("mark", [-0.1, 1.1, 70, True, "0.7", float("nan")])
def test_a_mark_is_a_share(mark):
    """70 isn't a share, and neither is a value of another type."""
    with pytest.raises(RequestError, match="pass_mark must be a share"):
        score_bars(SCORES, pass_mark=mark)


def test_the_same_scores_give_the_same_bytes():
    """Drawn twice."""
    assert score_bars(SCORES).svg() == score_bars(SCORES).svg()


# -- calibration ----------------------------------------------------------------------------------


def test_the_words_are_those_that_exercises_ask_for():
    """From the least sure to the surest."""
    assert tuple(BANDS) == CONFIDENCE


def test_each_confidence_has_its_count_its_band_and_what_it_means():
    """Certain five times, right three times: slow down there."""
    figure = calibration(answers(SURE, 3, 2) + answers(FAIR, 8, 2) + answers(GUESS, 18, 4))
    rows = {row["confidence"]: row for row in figure.rows}
    text = figure.as_text()

    assert (rows[SURE]["right"], rows[SURE]["of"], rows[SURE]["share"]) == (3, 5, 0.6)
    assert (rows[SURE]["expected from"], rows[SURE]["expected to"]) == BANDS[SURE]
    assert [rows[word]["state"] for word in (GUESS, FAIR, SURE)] == [
        *("too careful", "fits", "too sure"),
    ]
    assert "certain: 3 of 5 right, ✕ too sure" in text
    assert "certain 5 times, right 3 times: slow down there" in text
    assert "a guess 22 times, right 18 times: trust yourself more" in text
    assert faults(figure) == []


def test_the_alternative_text_says_first_where_to_slow_down():
    """Then where to be more confident, then what fits."""
    figure = calibration(answers(GUESS, 18, 4) + answers(FAIR, 8, 2) + answers(SURE, 3, 2))

    assert figure.alt == (
        "29 of 37 answers right; certain 5 times, right 3 times: slow down there; a guess 22 times,"
        " right 18 times: trust yourself more; fairly sure 10 times, right 8 times: that fits."
    )
    assert figure.caption.endswith("Certain 5 times, right 3 times: slow down there.")


@pytest.mark.parametrize(
    ("word", "right", "wrong", "state"),
    [
        (SURE, 0, 0, "no answer"),
        (SURE, 0, 2, "too few to tell"),
        (SURE, 0, 3, "too sure"),
        (SURE, 3, 0, "fits"),
        (SURE, 4, 1, "may be chance"),
        (SURE, 16, 4, "may be chance"),
        (SURE, 80, 20, "too sure"),
        (SURE, 9, 1, "fits"),
        (GUESS, 3, 0, "may be chance"),
        (GUESS, 20, 0, "too careful"),
        (GUESS, 0, 20, "too sure"),
        (FAIR, 3, 2, "fits"),
        (FAIR, 100, 0, "too careful"),
    ],
)
def test_few_answers_are_not_taken_for_many(word, right, wrong, state):
    """Too sure or too careful is only a result that chance doesn't explain."""
    level = {node.id: node for node in levels_of(answers(word, right, wrong))}[word]

    assert level.look.word == state
    assert faults(calibration(answers(word, right, wrong))) == []


@given(st.integers(1, 200).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
@settings(max_examples=tries(60))
def test_wilsons_interval_holds_the_share_and_narrows(pair):
    """Within 0 and 1; four times as many answers narrow it."""
    right, of = pair
    low, high = wilson(right, of)
    closer_low, closer_high = wilson(4 * right, 4 * of)

    assert 0 <= low <= right / of + 1e-9
    assert right / of - 1e-9 <= high <= 1
    assert closer_high - closer_low < high - low


def test_no_answer_is_said_so():
    """In the alternative text, with the three bands."""
    figure = calibration([])

    assert figure.alt == "There are no answers yet."
    assert [row["of"] for row in figure.rows] == [0, 0, 0]
    assert faults(figure) == []


@pytest.mark.parametrize(
    "wrong",
    [
        *(None, 3, "certain", ["certain"], [("certain",)], [("sure", True)], [("certain", 1)]),
        *([("certain", True, 1)], [(None, True)], [(["certain"], True)], [None]),
    ],
)
def test_an_answer_must_be_a_pair(wrong):
    """A word of the three, and whether it was right."""
    with pytest.raises(RequestError, match=r"answer|Answers"):
        calibration(wrong)


def test_answers_may_come_one_by_one():
    """A generator is read once; the same answers give the same bytes."""
    every = answers(SURE, 3, 2)

    assert calibration(iter(every)).svg() == calibration(every).svg()


@pytest.mark.parametrize("mark", [0.8, None])
def test_topics_that_nobody_asked_about_are_neither_passed_nor_failed(mark):
    """Topics without answers have no result."""
    figure = score_bars({"tags": (0, 0), "keys": (0, 0)}, pass_mark=mark)

    assert figure.alt == "There are no answers yet."
    assert "tags: 0 of 0, – not asked" in figure.lines


def test_the_legend_explains_each_piece_by_its_words():
    """And by a sign in front of them: without, words would stand for nothing."""
    figure = calibration(answers(SURE, 3, 2))
    words = [label.whole for label in figure.sheet.record.labels]
    signs = [shape for shape in figure.sheet.shapes if isinstance(shape, Rectangle)]

    assert {"expected", "range of chance"} <= set(words)
    assert len(signs) > len(bars(figure))
