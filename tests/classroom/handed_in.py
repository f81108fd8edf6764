"""Courses and submissions for tests."""

import io
import json
import zipfile
from functools import cache
from pathlib import Path

from iamlab.classroom.course import Course, new_course, read_course
from iamlab.classroom.marking import mark_all
from iamlab.classroom.submissions import read_submissions
from iamlab.teach.lesson import seed_of
from iamlab.teach.tables import find

ROSTER = """student,name,email,canvas_id,moodle_id,sis_id,section
maria,María Lopez,maria@example.org,501,9001 9002,S-1,A
tom,Tom Berg,tom@example.org,502,9003,S-2,A
ann,Anne-Marie Roe,ann@example.org,503,9004,S-3,B
"""


def make_course(folder: Path, lessons: str = '["03"]', more: str = "") -> Course:
    """Make a course with a roster of three."""
    new_course(folder)
    (folder / "course.toml").write_text(f'title = "IAM"\nlessons = {lessons}\n{more}', "utf-8")
    (folder / "roster.csv").write_text(ROSTER, "utf-8")
    return read_course(folder)


@cache
def solution(number: str, student: str) -> str:
    """Return a right answer of a student, as JSON."""
    task = find(number, seed_of(student))
    return json.dumps(task.submitted(task.solution_answer(), task.world()), default=sorted)


def record(owner: str, number: str = "3.1", answer=None, **more) -> dict:
    """Return an attempt as the progress file has it; a right one without an answer."""
    answer = json.loads(solution(number, owner)) if answer is None else answer
    facts = {"time": "2026-11-02T10:00:00+00:00", "version": "0.1", "student": owner}
    facts |= {"exercise": number, "kind": "attempt", "seed": seed_of(owner), "given": answer}
    return {**facts, "seconds": 12.5, **more}


def lines(*records: dict) -> bytes:
    """Return a progress file."""
    return "".join(json.dumps(own) + "\n" for own in records).encode()


def archive(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """Return an archive with these files."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return stream.getvalue()


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Write files below a folder, and return it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def marks(folder: Path, course: Course) -> dict:
    """Return the marks by student and exercise."""
    submissions, _ = read_submissions(folder, course)
    return {(m.student, m.exercise): m for m in mark_all(submissions, course, progress=False)}
