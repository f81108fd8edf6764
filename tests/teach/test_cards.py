"""The cards, driven without a browser: values are set, buttons pressed, HTML read."""

import re

import pytest

from iamlab import ExerciseError, Verdict
from iamlab.teach import after, exercise, journal, predict, refused, reveal, scenario
from iamlab.teach.lesson import reveals
from iamlab.teach.scenarios import MAP
from iamlab.teach.tables import every, find
from iamlab.widgets.prediction import HAPPENED
from tests.effort import first_of_each_now
from tests.rows import each_row

OPTIONS = re.compile(r"<fieldset>.*?</fieldset>|<select.*?</select>", re.DOTALL)
VERDICT = re.compile("allowed|explicit deny|implicit deny|KeepMaps denies")


@pytest.fixture
def world():
    """The world of lesson 03."""
    return scenario("groups")


def say(card, answer, confidence="certain"):
    """Predict, and look."""
    card.set("answer", answer)
    card.set("confidence", confidence)
    card.press("reveal")


def shown(card):
    """Return all of a card that isn't an option to choose from."""
    return OPTIONS.sub("", "".join(card.parts().values()))


def test_a_card_hides_its_verdict_until_it_has_a_prediction_and_a_confidence(world):
    """The card, its walk-through and its graph don't show the verdict before."""
    card = predict(world, "dana", "s3:DeleteObject", MAP, fine=True)
    steps, graph = card.walk_through(), card.access_graph()
    card.press("reveal")

    assert "First choose a verdict" in card.parts()["result"]

    card.set("answer", "allowed")
    card.press("reveal")

    assert "First choose a verdict" in card.parts()["result"]
    assert card.decision is None
    for hidden in (card, steps, graph):
        assert not VERDICT.search(shown(hidden))
        assert not VERDICT.search(str(hidden))

    say(card, "allowed")

    assert "✕ explicit deny" in card.parts()["result"]
    assert "Different from your prediction." in card.parts()["result"]
    assert "EXPLICIT DENY" in str(steps)
    assert graph.value.alt.endswith("allows it. ✕ Explicit deny.")
    assert "<figure" in graph.parts()["result"]


def test_a_card_can_leave_out_which_guardrails_apply():
    """Where the question is whether an SCP applies, a list of what applies would answer it."""
    world, instance = scenario("12/night"), "arn:aws:ec2:sa-east-1:777777777777:instance/*"

    for card in (predict(world, "root-of-press", "ec2:RunInstances", instance), exercise("12.1")):
        assert "Statements in the policies" not in shown(card)
    assert "Statements in the policies" in shown(exercise("12.4"))


def test_a_prediction_cannot_be_changed_after_the_reveal(world, progress_file):
    """The prediction stays, and its controls are disabled."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    say(card, "allowed", "a guess")
    before = card.parts()["result"]
    say(card, "denied")

    assert card.parts()["result"] == before
    assert card.parts()["answer"].startswith("<fieldset disabled>")
    assert len(journal.records()) == 1
    assert progress_file.exists()


def test_after_a_wrong_prediction_the_learner_explains_the_decision_first(world):
    """The card explains only after the learner."""
    card = predict(world, "dana", "s3:DeleteObject", MAP)
    say(card, "allowed")

    assert "denies it" not in shown(card)
    assert "steps" not in card.parts()

    card.use("compare", press=True)

    assert "Choose in both lists" in card.parts()["facts"]

    card.set("happened", HAPPENED[Verdict.EXPLICIT_DENY])
    card.set("decided", "guard/KeepMaps")
    card.press("compare")

    assert "Yes, that is what happened" in card.parts()["facts"]
    assert "guard/KeepMaps denies it" in card.parts()["result"]
    assert "Who is really calling?" in card.parts()["steps"]
    record = journal.records()[-1]
    assert (record["kind"], record["decided"], record["correct"]) == (
        "explanation",
        "guard/KeepMaps",
        True,
    )


def test_after_a_right_prediction_the_explanation_follows_at_once(world):
    """A right prediction needs no explanation by the learner, unless the lesson asks for it."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    say(card, "allowed")

    assert "Who is really calling?" in card.parts()["steps"]
    assert "explain" not in card.parts()

    ritual = predict(world, "bob", "s3:PutObject", MAP, ritual=True)
    say(ritual, "allowed")

    assert "explain" in ritual.parts()


def test_what_was_predicted_and_explained_is_back_after_a_restart(world):
    """A new card of the same question asks nothing twice; one of another question asks."""
    first = predict(world, "dana", "s3:DeleteObject", MAP, fine=True)
    say(first, "allowed")
    first.set("happened", HAPPENED[Verdict.EXPLICIT_DENY])
    first.set("decided", "guard/KeepMaps")
    first.press("compare")
    again = predict(scenario("groups"), "dana", "s3:DeleteObject", MAP, fine=True)

    assert again.parts() == first.parts()
    assert len(journal.records()) == 2
    assert reveal(again, "now").is_open

    other = scenario("groups")
    other.group("contractors").remove_user("dana")

    for card in (
        predict(world, "dana", "s3:GetObject", MAP),
        predict(other, "dana", "s3:DeleteObject", MAP),
        predict(world, "dana", "s3:DeleteObject", MAP, record=False),
    ):
        assert card.prediction is None


def test_a_walk_through_shows_the_verdict_after_the_prediction(world):
    """The card itself leaves the six answers to the next cell."""
    card = predict(world, "dana", "s3:DeleteObject", MAP, explain=False)
    walk = card.walk_through()

    assert "explicit deny</strong>" not in walk.parts()["result"]

    say(card, "denied")

    assert "steps" not in card.parts()
    assert "EXPLICIT DENY" in str(walk)
    assert "explicit deny</strong>" in walk.parts()["result"]


def test_with_an_answer_the_function_reveals_the_verdict(world):
    """It returns the verdict at once, and records the prediction."""
    prediction = predict(world, "carol", "s3:GetObject", MAP, "Deny", "sure")

    assert prediction.correct
    assert "AWS: ○ implicit deny. As you predicted." in repr(prediction)
    assert "○ implicit deny" in prediction._repr_html_()
    record = journal.records()[0]
    assert (record["answer"], record["confidence"], record["correct"]) == (
        "denied",
        "fairly sure",
        True,
    )


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        *(("Allow", "allowed"), ("ALLOWED", "allowed"), ("yes", "allowed"), ("deny", "denied")),
        *(("explicit", "explicit deny"), ("explicitDeny", "explicit deny")),
        *(("Implicit_Deny", "implicit deny"), ("implicit", "implicit deny")),
    ],
)
def test_the_words_that_people_use_are_understood(world, word, meant):
    """Also those of AWS's API."""
    assert predict(world, "dana", "s3:GetObject", MAP, word).answer == meant


@pytest.mark.parametrize(("answer", "confidence"), [("maybe", ""), ("allowed", "very")])
def test_the_error_for_a_misspelt_prediction_lists_the_words(world, answer, confidence):
    """So the learner can correct it."""
    with pytest.raises(ExerciseError, match="Write"):
        predict(world, "dana", "s3:GetObject", MAP, answer, confidence)


def test_a_text_is_revealed_only_after_its_prediction(world):
    """A listener, such as the card of a notebook, hears that it is open."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    text = reveal(card, "**One** Allow is `enough`.\n\nA <second> changes nothing.")
    heard = []
    text.listen(lambda: heard.append(text.is_open))

    assert "enough" not in "".join(text.parts().values())
    with pytest.raises(ExerciseError, match="appears when you have made a prediction"):
        _ = text.value

    say(card, "allowed")

    assert heard[-1]
    assert text.parts()["result"] == (
        "<p><strong>One</strong> Allow is <code>enough</code>.</p>"
        "<p>A &lt;second&gt; changes nothing.</p>"
    )


def test_the_texts_to_reveal_are_not_in_the_notebooks(world):
    """They are in the lesson's file, by name."""
    name, words = next(iter(reveals().items()))
    text = reveal(predict(world, "alice", "s3:GetObject", MAP, record=False), name)
    say(text._after, "allowed")

    assert text.value == words


def test_something_is_shown_after_an_exercise(world):
    """The first attempt is enough, right or wrong."""
    seen = after("0.3", lambda own: f"{len(own.accounts)} account", world)

    assert "answered exercise 0.3" in str(seen)

    card = exercise("0.3")
    card.set("verdict 1", "allowed")
    card.set("confidence", "certain")
    card.press("check")

    assert str(seen) == "1 account"


@each_row("number", every())
def test_every_control_has_a_label(number):
    """A screen reader can say what each control is for."""
    html = "".join(exercise(number).parts().values())
    controls = re.findall(r"<(?:input|select|textarea|button)\b[^>]*>", html)

    assert controls
    for tag in re.findall(r"<(?:input|select|textarea)\b[^>]*>", html):
        before = html[: html.index(tag)]
        assert "aria-label" in tag or before.rindex("<label") > before.rfind("</label")
    for label in re.findall(r"<button[^>]*>([^<]*)</button>", html):
        assert label


@pytest.mark.parametrize("number", every())
def test_an_empty_card_shows_what_is_missing_and_records_nothing(number, progress_file):
    """A check without an answer isn't an attempt."""
    card = exercise(number)
    card.press("check")

    assert "yet" in card.parts()["result"]
    assert not progress_file.exists()


@pytest.mark.parametrize("number", first_of_each_now(every()))
def test_a_solved_exercise_is_back_after_a_restart(number):
    """The answer is in its controls, and the feedback below it."""
    task = find(number)
    card = exercise(number)
    card.input.restore(task.submitted(task.solution_answer(), task.world()))
    card.input.said["confidence"] = "certain"
    card.press("check")

    assert "✓ Right." in card.parts()["result"]
    assert journal.records()[-1]["seconds"] >= 0

    again, before = exercise(number), len(journal.records())

    assert again.input.read() == card.input.read()
    assert again.parts()["result"] == card.parts()["result"]
    assert len(journal.records()) == before


def test_an_exit_ticket_offers_help_only_after_an_attempt():
    """No hint and no solution before the first answer."""
    card = exercise("0.3")

    assert "Hint" not in card.parts()["buttons"]

    card.set("verdict 1", "allowed")
    card.set("confidence", "certain")
    card.press("check")

    assert "Hint" in card.parts()["buttons"]
    assert "↻ Not yet." in card.parts()["result"]


def test_a_second_press_of_solution_gives_up():
    """A learner without an answer can see the solution; the file records that."""
    card = exercise("0.2")
    card.press("solution")

    assert "press Solution again" in card.parts()["result"]

    card.press("solution")

    assert "A right answer" in card.parts()["result"]
    assert journal.records()[-1]["give_up"] is True


def test_an_error_is_shown_with_its_help_instead_of_a_traceback(world, capsys):
    """The output is AWS's message; a call without an error prints a sentence too."""
    with refused():
        world.can(world.group("astronomers"), "s3:GetObject", MAP)
    with refused():
        world.can(world.user("alice"), "s3:GetObject", MAP)
    printed = capsys.readouterr().out

    assert "a group isn't a principal" in printed
    assert "Nothing was refused." in printed


def test_a_card_shows_an_error_and_changes_nothing(world):
    """A control that doesn't exist, or a value that means nothing."""
    card = predict(world, "alice", "s3:GetObject", MAP)
    card.use("answer", "<maybe>")

    assert "&lt;maybe&gt;&#x27; isn&#x27;t a verdict" in card.parts()["result"]
    assert card.said["answer"] == ""

    card.use("nothing", press=True)

    assert "Predict first." in card.parts()["result"]


def test_a_card_does_not_ask_which_statement_decided_where_none_was_needed():
    """The root user needs no Allow, so there is nothing to choose after a wrong prediction."""
    world = scenario("first_day")
    card = predict(world, world.main.root, "iam:DeleteUser", world.user("bob").arn)
    say(card, "denied")

    assert "explain" not in card.parts()
    assert "A root user needs no Allow in its own account." in card.parts()["result"]


def test_a_card_lists_all_policies_that_apply_to_a_caller_in_one_of_its_requests():
    """The bucket's policy applies to the root user in the first of two requests only."""
    html = exercise("4.9").parts()["policies"]

    assert "apply to root (1)" in html
    assert "apply to carol (2)" in html


def test_a_card_writes_limits_of_several_callers_once_and_the_levels_of_scps():
    """A learner reads what differs, and which level lacks an Allow; an account isn't its root."""
    text = re.sub("<[^>]+>", "", exercise("13.5").parts()["policies"])

    assert text.count("only-us/OnlyUs") == 1
    assert "resource control policy: the same as for carol" in text
    assert "FullAWSAccess/#1 (root, OU observatory, account acme-data)" in text
    assert "data-services/DataServices (OU archive)" in text
    assert "by account 333333333333" in text


def test_a_row_offers_the_statements_that_apply_to_its_caller():
    """Not those of other people; the types of policies are the same in each row."""
    statements, types = exercise("13.3").parts(), exercise("13.5").parts()

    assert "session policy/Events" in statements["explanation 2"]
    assert "session policy/Events" not in statements["explanation 1"]
    assert "service control policy" in types["explanation 2"]


def test_a_changed_session_policy_counts_as_an_edit():
    """Who ticks three choices reads that there are three."""
    task = find("13.7")

    assert "with 3 edits" in task.mark(task.solution_answer()).true_part
