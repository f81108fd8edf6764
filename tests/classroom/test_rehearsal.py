"""From a new course to marks: thirty generated students, whose beliefs and cheats must be found."""

import csv

import pytest

from iamlab import classroom
from iamlab.classroom.course import new_course, read_course
from iamlab.classroom.marking import mark_all
from iamlab.classroom.submissions import read_submissions
from iamlab.teach.mutants import MISCONCEPTIONS
from tests.classroom.rehearsal import BELIEFS, LESSONS, NUMBERS, ONLY_HERE, make_class
from tests.effort import slow

pytestmark = [slow, pytest.mark.xdist_group("rehearsal")]


class Rehearsal:
    """The class, its course, its marks and what the report says about files."""

    def __init__(self, folder, monkeypatch):
        self.submissions, self.canary = folder / "submissions", folder / "canary"
        self.learners = make_class(self.submissions, self.canary, monkeypatch)
        new_course(folder / "course")
        about = folder / "course" / "course.toml"
        lessons = ", ".join(f'"{own}"' for own in LESSONS)
        text = about.read_text("utf-8").replace('"02", "03", "08"', lessons)
        about.write_text(text, "utf-8")
        with (folder / "course" / "roster.csv").open("a", encoding="utf-8") as roster:
            for place, own in enumerate(self.learners.values()):
                roster.write(f"{own.id},{own.name},,,{1000 + place},,\n")
        self.course = read_course(folder / "course")
        found, self.faults = read_submissions(self.submissions, self.course)
        self.marks = mark_all(found, self.course, progress=False)

    def of_kind(self, kind):
        """Return the learners of a kind."""
        return [own for own in self.learners.values() if own.kind == kind]

    def marks_of(self, learner):
        """Return the marks of a learner, by exercise."""
        return {own.exercise: own for own in self.marks if own.student == learner.id}

    def right_of(self, learner):
        """Return the exercises that count as right."""
        return {number for number, own in self.marks_of(learner).items() if own.points == 1}

    def faults_about(self, learner):
        """Return the lines of the report that name a learner or their files."""
        texts = map(str, self.faults)
        return [own for own in texts if learner.id in own or learner.name in own]


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory):
    """The whole class, marked once."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        yield Rehearsal(tmp_path_factory.mktemp("class"), monkeypatch)


def test_who_knows_everything_has_all_points(rehearsal):
    """From Moodle's archive, from a notebook's last cell, and from two files."""
    for kind in ("perfect", "notebook", "twice"):
        for own in rehearsal.of_kind(kind):
            assert rehearsal.right_of(own) == {*NUMBERS}, own


def test_every_planted_belief_is_found(rehearsal):
    """In the marks of the learners who have it, and not of those who know everything."""
    for own in rehearsal.of_kind("believes"):
        found = {belief for mark in rehearsal.marks_of(own).values() for belief in mark.beliefs}
        assert own.beliefs <= found, own.id
        assert rehearsal.right_of(own) == {*NUMBERS}, own.id
    for own in rehearsal.of_kind("perfect"):
        assert not any(mark.beliefs for mark in rehearsal.marks_of(own).values())


def test_the_report_counts_the_learners_with_each_belief(rehearsal):
    """A planted belief has two learners or more; the report names all six."""
    found = classroom.report(rehearsal.submissions, rehearsal.course)
    counted = {claim: who for claim, *_, who in found.misconceptions().rows}

    for belief in BELIEFS:
        claim = "; or ".join(own.claim for own in MISCONCEPTIONS[belief].mutants)
        names = {own.name for own in rehearsal.learners.values() if belief in own.beliefs}
        assert names <= {*counted[claim]}, belief


def test_half_a_course_has_half_of_the_points(rehearsal):
    """What wasn't tried is neither right nor wrong."""
    for own in rehearsal.of_kind("half"):
        marks = rehearsal.marks_of(own)

        assert rehearsal.right_of(own) == own.right
        assert {number for number in NUMBERS if marks[number].attempts} == own.right


def test_a_copied_file_is_named_with_both_students(rehearsal):
    """Its records say whose they are, so the copy has no points."""
    (copy,), first = rehearsal.of_kind("copy"), rehearsal.of_kind("perfect")[0]

    assert any(first.id in own for own in rehearsal.faults_about(copy))
    assert not rehearsal.right_of(copy)


def test_answers_of_another_variant_are_not_all_right(rehearsal):
    """Who changes name, seed and times still has the answers to another order of requests."""
    (changed,) = rehearsal.of_kind("changed copy")

    assert len(rehearsal.right_of(changed)) < len(NUMBERS) - 3


def test_who_writes_that_wrong_answers_are_right_has_no_points(rehearsal):
    """Only checking again counts."""
    (edited,) = rehearsal.of_kind("edited")

    assert not rehearsal.right_of(edited)


def test_a_policy_for_the_names_of_one_world_is_found(rehearsal):
    """It is right in the student's world, and fails in a hidden one; the mark says how."""
    (narrow,) = rehearsal.of_kind("one world")
    mark = rehearsal.marks_of(narrow)[ONLY_HERE]

    assert (mark.points, mark.hidden) == (0, True)
    assert "star is " in mark.counterexample
    assert rehearsal.right_of(narrow) == {*NUMBERS} - {ONLY_HERE}


def test_hostile_files_cost_a_line_each_and_run_nothing(rehearsal):
    """A bomb, a path that leads out, a pickle, deep JSON, a program and half a notebook."""
    (hostile,) = rehearsal.of_kind("hostile")
    lines = rehearsal.faults_about(hostile)

    for name in ("bomb", "outside", "pickle", "deep", "program", "broken"):
        assert sum(name in own for own in lines) == 1, name
    assert not rehearsal.canary.exists()


def test_who_hands_in_nothing_is_missed(rehearsal, shell):
    """An empty file is named, and a student without a file, too; the CSV files have everybody."""
    (empty,), (nothing,) = rehearsal.of_kind("empty"), rehearsal.of_kind("nothing")
    folders = str(rehearsal.submissions), "--course", str(rehearsal.course.folder)
    run = shell("classroom", "grade", *folders, "--out", "g.csv")

    assert rehearsal.faults_about(empty)
    assert nothing.id in run.out
    rows = [*csv.reader((shell.folder / "g_canvas.csv").read_text("utf-8").splitlines())]
    assert len(rows) == 2 + len(rehearsal.learners)
    perfect = rehearsal.of_kind("perfect")[0].name
    assert [row[-1] for row in rows if row[0] == perfect] == [str(len(NUMBERS))]
