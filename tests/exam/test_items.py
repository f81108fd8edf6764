"""An item reads and marks answers; a quiz counts them, and nothing of the world is kept."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from iamlab.errors import ExerciseError
from iamlab.exam import Item, Quiz, quiz
from iamlab.exam.items import CHOICE, SEVERAL, Option, statement_line
from iamlab.policy.document import Policy
from iamlab.teach.mutants import MUTANTS
from iamlab.teach.recognition import beliefs
from iamlab.teach.scenarios import scenario
from iamlab.teach.schedule import reviews
from tests.exam.accounts import exported
from tests.policy.documents import allow, deny, document
from tests.rows import each_row


def item(*key: int, options: tuple[Option, ...] = ()) -> Item:
    """Make an item with these right options."""
    return Item(
        world=scenario("stack"),
        question="What does AWS decide?",
        options=options or tuple(map(Option, ("allowed", "explicit deny", "implicit deny"))),
        key=key,
        form=CHOICE if len(key) == 1 else SEVERAL,
        rationale=("Denied by guard/KeepMaps.",),
        tags={"kind": "predict", "lesson": "13"},
    )


FOUR = ", ".join(f"arn:aws:s3:::{name}/*" for name in "abcd")
WRONG = (
    Option("allowed", ("last_wins", "no_deny_means_allow")),
    Option("explicit deny"),
    Option("implicit deny", ("values_and",), "Nothing allows it."),
)


@each_row("answer", ["b", "B", " B) ", "2", "explicit deny", "Explicit_Deny", "explicit"])
def test_an_answer_is_a_letter_a_number_or_words(answer: str) -> None:
    """In any case, with the sign behind the letter, and as the beginning of the words."""
    assert item(1).read(answer) == (1,)
    assert item(1).mark(answer)


@each_row("answer", ["", "d", "4", "0", "maybe", "A B", "deny", "ABC"])
def test_another_answer_is_refused_with_the_letters(answer: str) -> None:
    """Also two options, where one is right."""
    with pytest.raises(ExerciseError, match=r"Choose one of A, B, C\."):
        item(1).read(answer)


@each_row("answer", ["A, C", "c a", "1 3"])
def test_several_options_can_be_right(answer: str) -> None:
    """Then as many are chosen, in any order, and all or nothing is right."""
    several = item(0, 2)

    assert several.read(answer) == (0, 2)
    assert several.mark(answer)
    assert not several.mark("A, B")
    with pytest.raises(ExerciseError, match="Choose 2 of A, B, C"):
        several.read("A")


def test_the_feedback_says_what_is_right_and_why_and_which_belief_fits() -> None:
    """Of the beliefs, the one that every implicit deny tests comes last."""
    marked = item(1, options=WRONG)

    assert str(marked.mark("B")).splitlines() == [
        "✓ Right.",
        "The right answer is B: explicit deny.",
        "Denied by guard/KeepMaps.",
    ]
    assert str(marked.mark("A")).splitlines() == [
        "✕ Wrong.",
        "The right answer is B: explicit deny.",
        "Denied by guard/KeepMaps.",
        f"You answered as if the last statement decides. {MUTANTS['last_wins'].truth}",
    ]
    assert "Nothing allows it." in str(marked.mark("C"))


def test_a_belief_fits_if_it_leads_to_all_wrong_options_of_an_answer() -> None:
    """Also if its own answer is another one; the template's belief is named first."""
    both = Option("no decision", ("last_wins", "values_and"))
    several = replace(
        item(1, 2, options=(WRONG[0], Option("explicit deny"), Option("implicit deny"), both)),
        believed={"last_wins": (0, 3), "values_and": (1, 3), "no_deny_means_allow": (0, 1)},
        tags={"kind": "who can", "lesson": "13", "beliefs": "M23"},
    )

    assert [name for name, is_so in several.fits((0, 2)).items() if is_so] == [
        *("last_wins", "no_deny_means_allow")
    ]
    assert [own.name for own in several.fitting((2, 3))] == ["values_and", "last_wins"]
    assert [own.name for own in several.fitting((0, 3))] == ["last_wins"]
    assert not any(several.fits((1, 2)).values())


def test_the_first_answer_is_kept_without_anything_of_the_world(progress_file: Path) -> None:
    """Right or wrong, and the beliefs that the question tests: not even the option."""
    only = item(1, options=WRONG)
    only.answer("A")
    only.answer("B")
    item(1, options=WRONG).answer("B")
    wrong, right = map(json.loads, progress_file.read_text("utf-8").splitlines())

    assert wrong.keys() - {"item"} == right.keys()
    assert right.keys() == {
        *("time", "version", "lesson", "kind", "practice", "question", "correct", "evidence")
    }
    assert (wrong["item"], wrong["correct"], right["correct"]) == ("M02", False, True)
    assert wrong["evidence"] == {
        "last_wins": True,
        "no_deny_means_allow": True,
        "values_and": False,
    }
    assert set(right["evidence"].values()) == {False}
    assert wrong["question"] != right["question"]


def test_the_answers_count_for_beliefs_and_reviews(progress_file: Path) -> None:
    """As those of lessons do: two wrong answers name a belief, and its topic is due again."""
    for _ in range(2):
        item(1, options=WRONG).answer("A")
    records = [json.loads(line) for line in progress_file.read_text("utf-8").splitlines()]

    assert "You answered as if the last statement decides" in str(beliefs())
    assert [(own.topic, own.rating) for own in reviews(records)] == [("M02", 1)] * 2


def test_the_score_counts_first_answers_by_kind_and_names_lessons() -> None:
    """Questions without an answer don't count."""
    items = [item(1, options=WRONG) for _ in range(3)]
    items[0].answer("A")
    items[0].answer("B")
    items[1].answer("B")
    score = Quiz(items).score

    assert score[0] == "1 of 2 right: predict 1 of 2."
    assert score[1:4] == (
        "You answered as if the last statement decides (1 answer).",
        "Repeat lesson 02, Deny wins.",
        "Repeat lesson 13, The whole decision.",
    )
    assert "iamlab_progress.jsonl" in score[4]
    assert Quiz(items[2:]).score == ("No question was answered.",)


def test_a_wrong_answer_without_a_belief_names_the_lesson_of_its_kind() -> None:
    """Somebody who guesses reads where the kind of question is taught."""
    only = item(0)
    only.answer("B")

    assert only.lessons == ["13"]
    assert Quiz([only]).score[1] == "Repeat lesson 13, The whole decision."


def test_a_quiz_is_answered_in_python() -> None:
    """One item after the other; the text of an item has the question, the facts, the options."""
    first = quiz(exported(), 3, seed=1)[0]
    lines = str(first).splitlines()

    assert lines[0].endswith("What does AWS decide?")
    assert lines[-3:] == ["A) allowed", "B) explicit deny", "C) implicit deny"]
    assert first.answer("ABC"[min(first.key)]).correct
    assert first.answers == [first.key]
    assert first.to_dict()["options"] == ["allowed", "explicit deny", "implicit deny"]


def test_names_of_an_account_never_become_markup() -> None:
    """A card shows them as text."""
    named = Item(
        world=scenario("stack"),
        question="<b>What</b>?",
        facts=("<script>",),
        options=(Option("<i>a"), Option("b")),
        key=(0,),
        rationale=(),
        tags={"kind": "predict", "lesson": "13"},
    )

    assert "<b>" not in Quiz([named])._repr_html_()
    assert "&lt;script&gt;" in named._repr_html_()


@each_row(
    ("statement", "line"),
    [
        (
            deny(["s3:Put*", "ec2:*"], Sid="No"),
            "p/No: Deny; Action s3:Put*; Resource *",
        ),
        (
            {"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::a"},
            "p/#1: Allow; NotAction iam:*, sts:*; NotResource arn:aws:s3:::a",
        ),
        (
            allow("s3:*", [f"arn:aws:s3:::{name}/*" for name in "bcdea"]),
            f"p/#1: Allow; Action s3:*; Resource {FOUR} and 1 more",
        ),
        (
            allow("*", Condition={"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ["a", "b"]}}),
            "p/#1: Allow; Action *; Resource *; ForAnyValue:StringLikeIfExists aws:TagKeys a, b",
        ),
    ],
)
def test_a_statement_is_one_line_about_the_request(statement: dict[str, object], line: str) -> None:
    """The actions that match, the resource that matches first, and every condition."""
    (own,) = Policy.parse(document(statement)).statements

    assert statement_line(f"p/{own.label}", own, "s3:PutObject", "arn:aws:s3:::a/k") == line
