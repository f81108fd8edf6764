"""Progress files of invented classes: each answer is a solution, or a known wrong answer."""

import json
from datetime import UTC, datetime, timedelta

import iamlab
from iamlab.teach.lesson import own_lessons, seed_of
from iamlab.teach.tables import find

BEGIN = datetime(2026, 11, 30, 9, tzinfo=UTC)


def attempt(student, number, *, right=True, place=0, wrong=0, **facts):
    """Return the record of one attempt; a wrong one is one of the exercise's known wrong answers.

    Parameters
    ----------
    place
        The minute of the attempt.
    """
    task = find(number, seed_of(student))
    world = task.world()
    answer = task.solution_answer() if right else task.known_wrong[wrong].answer(world)
    record = {
        "time": (BEGIN + timedelta(minutes=place)).isoformat(timespec="seconds"),
        "version": iamlab.__version__,
        "lesson": number.partition(".")[0].zfill(2),
        "student": student,
        "exercise": number,
        "kind": "attempt",
        "seed": task.seed,
        "hints_used": 0,
        "answer": task.data(answer, world),
        "given": task.submitted(answer, world),
        "correct": right,
        "belief": "" if right else task.known_wrong[wrong].belief,
        "confidence": "certain" if right else "fairly sure",
        "evidence": {},
        "seconds": 40,
    }
    return record | facts


def hand_in(folder, student, records, name="iamlab_progress.jsonl"):
    """Write a progress file into a folder of its student."""
    file = folder / student / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("".join(json.dumps(own) + "\n" for own in records), "utf-8")
    return file


def numbers_of(*lessons):
    """Return the numbers of all exercises of lessons."""
    return [number for lesson in lessons for number in own_lessons()[lesson].exercises]
