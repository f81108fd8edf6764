"""A poll: two votes, typed or read from a file, their comparison, and the page to project."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from iamlab.classroom import Poll, poll, polls
from iamlab.cli.main import main
from iamlab.errors import ExerciseError, RequestError
from iamlab.exam.items import Item, Option
from iamlab.exam.templates import beliefs_tested
from iamlab.teach.mutants import MISCONCEPTIONS
from iamlab.teach.tables import find
from tests.effort import first_now

RIGHT, WRONG = "The <b>bucket</b> policy", "Nothing denies it"
WHY = "One Allow is enough"
ITEM = Item(
    question="Alice reads a map. What allows it?",
    options=(
        Option(WRONG, ("no_deny_means_allow",), "That isn't enough."),
        Option(RIGHT),
        Option("A policy, of course"),
        Option("B isn't the only answer"),
    ),
    key=(1,),
    rationale=(WHY, "User: alice is not authorized"),
    tags={"kind": "test", "lesson": "08"},
)
SECRETS = ("✓", "right answer", WHY, "enough.", "answers as if")


@pytest.fixture
def own():
    """Return a poll about an item by hand: B is right."""
    return Poll("8.3", 7, ITEM)


# -- the question --------------------------------------------------------------------------------


def test_the_question_is_about_a_belief_of_the_exercise():
    """It has four options, and a wrong one is what somebody with this belief answers."""
    item = poll("8.3", seed=1).item

    assert len(item.options) == 4
    assert len(item.key) == 1
    assert "M08" in beliefs_tested(item)
    assert item.tags["lesson"] <= "08"


def test_a_seed_makes_the_same_question_and_the_next_one_another():
    """So a teacher can ask it again."""
    first, again, other = (repr(poll("12", seed=seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_without_a_seed_the_day_decides():
    """So tomorrow it is another question."""
    before = datetime.now(UTC).astimezone().toordinal()

    assert poll("12").seed - before in (0, 1)


def beliefs_of_wrong_options(item):
    """Return the beliefs that the page names first for the wrong options."""
    wrong = {*range(len(item.options))} - {*item.key}
    return {own.belief for place in wrong for own in item.fitting((place,))[:1]}


@pytest.mark.parametrize("belief", first_now(["M12", *sorted({*MISCONCEPTIONS} - {"M12"})]))
def test_a_question_about_a_belief_has_an_option_that_fits_it(belief):
    """With each seed, and the page says so; two questions or more are different."""
    items = [poll(belief, seed=seed).item for seed in range(4)]

    assert [own.question for own in items if belief not in beliefs_of_wrong_options(own)] == []
    assert len({(own.question, own.facts) for own in items}) > 1


EXERCISES = ["4.5", "4.2", "0.1", "1.8", "3.3", "4.9", "6.6", "7.3", "8.7", "10.11", "11.4", "12.6"]


@pytest.mark.parametrize("number", first_now(EXERCISES))
def test_a_question_about_an_exercise_has_an_option_that_fits_one_of_its_beliefs(number):
    """Also if only a later lesson has such a question."""
    beliefs = {own.belief for own in find(number).known_wrong}

    for seed in range(4):
        assert beliefs & beliefs_of_wrong_options(poll(number, seed=seed).item)


def test_an_exercise_without_a_belief_has_a_question_of_its_lesson():
    """Its known wrong answers fit none."""
    assert not {own.belief for own in find("12.2").known_wrong} & MISCONCEPTIONS.keys()
    assert poll("12.2", seed=1).item.tags["lesson"] == "12"


def test_a_question_about_the_root_user_needs_no_lesson_after_the_exercise():
    """SCPs come in lesson 12; a bucket policy limits the root user, too."""
    assert {poll("4.9", seed=seed).item.tags["lesson"] for seed in range(4)} == {"04"}


@pytest.mark.parametrize("name", ["8.99", "M99", "bondary_and_identity"])
def test_an_unknown_subject_is_refused_by_name(name):
    """The message has the name."""
    with pytest.raises(ExerciseError, match=re.escape(name.lower())) as found:
        poll(name)

    assert "There is no" in str(found.value)


def test_policies_are_lines_of_words_without_json():
    """They are read from far away; the accounts stay, because two are different."""
    shown = poll("role_reads_a_bucket_elsewhere", seed=3)
    text = repr(shown)

    assert "{" not in text
    assert "arn:aws:" not in text
    assert re.search(r"Allow \w+: s3:\S+ on \S+ by (account )?\d{12}", text)


# -- votes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["A 12, B 3", "b3 a12", "A:12;B=3", "A 5, B 3, A 7"])
def test_votes_are_letters_with_numbers(own, text):
    """Whatever is between them; a letter again is added."""
    assert own.vote(text) == "First vote: 15 votes. A 12 (80 %), B 3 (20 %), C 0 (0 %), D 0 (0 %)."


def test_half_a_percent_is_rounded_up(own):
    """As the page does."""
    assert "A 1 (13 %), B 7 (88 %)" in own.vote("A 1, B 7")


@pytest.mark.parametrize(
    "text", ["E 3", "A", "A 12 B", "A -1", "A 1.5", "12", "A 12345678", "A 1²"]
)
def test_votes_that_are_not_clear_change_nothing(own, text):
    """The message says how to write them."""
    with pytest.raises(ExerciseError, match="Write a letter and a number"):
        own.vote(text)

    assert own.state.step == 0


def test_a_third_vote_is_refused(own):
    """The message says how to change the second one."""
    own.vote("A 1")
    own.vote("B 1")

    with pytest.raises(ExerciseError, match=re.escape('press("back")')):
        own.vote("C 1")

    assert own.votes == ((1, 0, 0, 0), (0, 1, 0, 0))


def test_nothing_shows_the_key_before_both_votes(own):
    """Neither the card nor the text; the comparison has the mark in words, and then comes why."""
    found = []
    for _ in range(5):
        shown = repr(own) + "".join(own.parts().values())
        found.append({secret for secret in SECRETS if secret in shown})
        own.press("next")

    assert found == [set(), set(), set(), {*SECRETS[:2]}, {SECRETS[0], *SECRETS[2:]}]


def test_the_comparison_has_counts_and_shares_of_both_votes(own):
    """Each option is a row of a table; the right one has a mark and words."""
    own.vote("A 3, B 1")
    own.vote("A 1, B 3")
    rows = own.parts()["step 3"].split("<tr>")
    texts = [" ".join(re.sub("<[^>]+>", " ", row).split()) for row in rows]

    assert texts[1] == "Option First vote Second vote"
    assert texts[2] == "A Nothing denies it 3 (75 %) 1 (25 %)"
    assert texts[3].endswith("policy ✓ right answer 1 (25 %) 3 (75 %)")


def test_each_wrong_option_has_its_reason_and_belief(own):
    """Options without any are together."""
    own.vote("A 3, B 1")
    own.vote("A 1, B 3")
    own.press("next")

    assert "✕ A: That isn't enough. Who chooses it answers as if" in repr(own)
    assert "✕ C and D: It fits no known wrong belief." in repr(own)
    assert "User: alice" not in repr(own)


def test_a_card_keeps_what_is_typed_until_it_is_clear(own):
    """An unclear vote is a note in the card, and the step stays."""
    own.use("first", "A 12, E 3")
    own.use("next", press=True)
    assert "'E 3' isn't clear" in own.parts()["result"].replace("&#x27;", "'")
    assert own.state.step == 0

    own.use("first", "A 12, D 3")
    own.use("next", press=True)
    assert own.state.step == 1
    assert own.votes[0] == (12, 0, 0, 3)


# -- files ---------------------------------------------------------------------------------------

FILES = {
    "a column": "A\nb\nB)\nC: because\n",
    "a spreadsheet": "\ufeffTime;Your vote\n9:01;A\n9:02;b\n9:02;B\n9:03;Option C\n",
    "Moodle, a choice": '"Surname","Group","Choice"\n'
    f'"Ng","A","{WRONG}"\n"Li","A","{RIGHT}"\n"Ek","B","{RIGHT}"\n"Oz","B","A policy, of course"\n',
    "Moodle, a test": "Name,Response 1,Right answer 1\nNg,A,B\nLi,B,B\nEk,B,B\nOz,C,B\n",
    "Canvas": '"name","id","section","31: What allows it?","1.0","score"\n'
    '"Ng","7","East","A","0","0"\n"Li","8","East","B","1","1"\n"Ek","9","West","B","1","1"\n'
    '"Oz","10","West","C","0","0"\n',
}


@pytest.mark.parametrize("text", FILES.values(), ids=FILES)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_files_have_a_column_with_votes(own, tmp_path, text, encoding):
    """As the programs write them that schools have; it is found by its heading or its votes."""
    file = tmp_path / "votes.csv"
    file.write_text(text, encoding)

    found = own.read_votes(file)

    assert own.votes[0] == (1, 2, 1, 0)
    assert "without a vote" not in found


def test_rows_without_a_vote_are_counted_and_named_without_the_voter(own, tmp_path):
    """A formula is only text, and is escaped in the card."""
    file = tmp_path / "votes.csv"
    rows = ["Ng,A", 'Li,"=HYPERLINK(""http://x"")"', "Ek,", "Oz,E", "Al,<script>", "Bo,AB", "Cy,Z"]
    file.write_text("\n".join(["name,vote", *rows]), "utf-8")

    found = own.read_votes(file)

    assert own.votes[0] == (1, 0, 0, 0)
    assert "6 rows without a vote: row 3 '=HYPERLI" in found
    assert "row 5 'E', row 6 '<script>'" in found
    assert found.endswith(" and 1 more.")
    assert not any(name in found for name in ("Ng", "Li", "Ek", "Oz"))


BROKEN = {
    "no votes": (b"name\nNg\nLi\n", "no column with votes"),
    "two columns": (b"first vote,second vote\nA,B\nB,A\n", "two columns with votes"),
    "empty": (b"", "isn't a CSV file"),
    "a workbook": (b"PK\x03\x04\x00\x00", "isn't a CSV file"),
    "large": (b"A\n" * 600_000, "larger than 1 MB"),
    "an open quote": (b'vote\nA\n"B\nC\n', "line 4: it isn't CSV"),
    "a large cell": (b"vote\nA\n" + b"x" * 200_000, "it isn't CSV"),
}


@pytest.mark.parametrize(("data", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_file_that_is_not_votes_is_refused_with_the_reason(own, tmp_path, data, problem):
    """The poll stays as it was."""
    file = tmp_path / "votes.csv"
    file.write_bytes(data)

    with pytest.raises(ExerciseError, match=problem):
        own.read_votes(file)

    assert own.state.step == 0


@pytest.mark.parametrize("name", ["missing.csv", "."])
def test_what_is_not_a_file_is_refused(own, tmp_path, name):
    """Also a folder."""
    with pytest.raises(ExerciseError, match="There is no file"):
        own.read_votes(tmp_path / name)


# -- the page ------------------------------------------------------------------------------------


def test_the_page_needs_nothing_from_elsewhere(own, tmp_path):
    """No link, no other file; texts are escaped, and the votes are in it."""
    own.vote("A 12, B 3")
    text = own.save(tmp_path / "poll.html").read_text("utf-8")

    assert not re.search(r"\b(?:src|href)=|@import|url\(|https?://", text)
    assert "default-src 'none'" in text
    assert "{{" not in text
    assert "&lt;b&gt;bucket&lt;/b&gt;" in text
    assert "<b>bucket" not in text
    assert 'value="A 12, B 3"' in text


def test_the_key_is_in_parts_of_the_page_that_are_hidden_at_first(own, tmp_path):
    """What is visible is the question, the field and the buttons."""
    text = own.save(tmp_path / "poll.html").read_text("utf-8")
    body = text.partition("<body")[2].partition("<script>")[0]
    visible = re.sub(r"<section[^>]* hidden>.*?</section>", "", body, flags=re.DOTALL)

    assert ITEM.question in visible
    assert [secret in body for secret in SECRETS] == [True] * 5
    assert [secret in visible for secret in SECRETS] == [False] * 5


def test_a_file_is_never_overwritten_without_being_asked(own, tmp_path, monkeypatch):
    """The message says what to do."""
    monkeypatch.chdir(tmp_path)
    path = own.save()
    assert path.name == "poll-8.3-7.html"

    with pytest.raises(RequestError, match="already exists"):
        own.save()

    assert own.save(force=True) == path
    assert own.save("monday") == Path("monday/poll-8.3-7.html")


def test_the_script_of_the_page_is_short():
    """It can be read in a minute, and it never reads HTML from a text."""
    script = Path(polls.__file__).with_suffix(".html").read_text("utf-8")
    script = script.partition("<script>")[2].partition("</script>")[0]

    lines = [line for line in script.splitlines() if line and not line.startswith("//")]

    assert len(lines) < 60
    assert "innerHTML" not in script


def test_the_command_writes_the_page_and_prints_its_path(tmp_path, capsys):
    """It is overwritten only if this is asked for."""
    command = ["classroom", "poll", "M02", "--out", str(tmp_path)]
    assert main(command) == 0
    path = Path(capsys.readouterr().out.strip())
    assert path.parent == tmp_path
    assert "<title>Poll M02, number" in path.read_text("utf-8")

    assert main(command) == 2
    assert "already exists. Add --force" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
