"""The marks of a class cost a small part of what each student alone would cost."""

from iamlab.classroom.marking import mark_all, translated
from iamlab.classroom.submissions import read_submissions
from iamlab.teach.lesson import lesson_of, seed_of
from iamlab.teach.tables import find
from tests.benchmarks.clock import seconds
from tests.classroom.handed_in import lines, make_course, record, write

CLASS, NUMBER = [f"s{number}" for number in range(12)], "2.4"


def submitted(name):
    """Return the right policy of a student, with a Sid of the student's own."""
    (statement,) = record(name, NUMBER)["given"]["Statement"]
    return {"Version": "2012-10-17", "Statement": {**statement, "Sid": name}}


def test_a_class_is_marked_in_less_than_half_of_the_time_of_each_student_alone(tmp_path):
    """The peer checks each policy in the student's world and in three hidden ones."""
    course = make_course(tmp_path / "course", '["02"]')
    files = {f"{n}.jsonl": lines(record(n, NUMBER, submitted(n))) for n in CLASS}
    write(tmp_path / "s", files)
    marks = []

    def whole():
        found, _ = read_submissions(tmp_path / "s", course)
        marks.extend(mark_all(found, course, progress=False))

    def alone():
        for name in CLASS:
            answer, seed = submitted(name), seed_of(name)
            assert find(NUMBER, seed)._checked(answer).correct
            for other in course.hidden_seeds(NUMBER):
                found = translated(answer, lesson_of(NUMBER), seed, other)
                assert find(NUMBER, other)._checked(found).correct

    assert seconds(whole, tries=1) < seconds(alone, tries=1) / 2
    assert sum(mark.correct for mark in marks) == len(CLASS)
