"""A class of thirty generated students, and what each of them hands in.

The wrong answers are those of chosen beliefs, so a report must find exactly these. The cheats are
those that checking again can find.
"""

import io
import json
import pickle
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from iamlab.teach.course import Progress, course_map
from iamlab.teach.lesson import own_lessons, seed_of
from iamlab.teach.tables import find

LESSONS = ("02", "03", "09")
BELIEFS = ("M02", "M04", "M05", "M08", "M10", "M11")
"""The beliefs that are planted, each in two students."""
NUMBERS = [number for lesson in LESSONS for number in own_lessons()[lesson].exercises]
ONLY_HERE = "2.4"
"""The exercise whose policy a cheat has written for the names of the usual world."""


class Canary:
    """An object that makes a file when somebody unpickles it."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


@dataclass
class Learner:
    """A generated student.

    Parameters
    ----------
    beliefs
        The beliefs that they showed.
    right
        The exercises that a check finds right.
    """

    id: str
    name: str
    kind: str
    records: list = field(default_factory=list)
    beliefs: set = field(default_factory=set)
    right: set = field(default_factory=set)


def attempt(learner, number, answer, minute, confidence="certain"):
    """Return the record of an attempt, as a card or ``check`` writes it."""
    task = find(number, seed_of(learner.id))
    world, mark = task.world(), task.mark(answer)
    facts = {"time": f"2026-12-01T{10 + minute // 60:02}:{minute % 60:02}:00+00:00"}
    facts |= {"version": "0.1.0", "lesson": number.partition(".")[0].zfill(2)}
    facts |= {"student": learner.id, "exercise": number, "kind": "attempt", "seed": task.seed}
    facts |= {"answer": task.data(answer, world), "given": task.submitted(answer, world)}
    facts |= {"correct": mark.correct, "belief": mark.belief, "confidence": confidence}
    facts |= {"evidence": task.evidence(answer, world), "hints_used": 0, "seconds": 30.0}
    return json.loads(json.dumps(facts))


def solve(learner, *, believes="", but=()):
    """Record right answers; where an answer shows the belief, it comes first."""
    for place, number in enumerate(NUMBERS):
        if number in but:
            continue
        task = find(number, seed_of(learner.id))
        wrong = [own for own in task.known_wrong if own.belief == believes and believes]
        if wrong:
            answer = wrong[0].answer(task.world())
            learner.records.append(attempt(learner, number, answer, 2 * place))
            learner.beliefs.add(believes)
        answer = task.solution_answer()
        learner.records.append(attempt(learner, number, answer, 2 * place + 1, "fairly sure"))
        learner.right.add(number)
    return learner


def lines(records):
    """Return a progress file."""
    return "".join(json.dumps(own) + "\n" for own in records).encode()


def notebook(records, source, monkeypatch):
    """Return a notebook whose last cell shows the progress of a learner."""
    monkeypatch.setattr("iamlab.teach.journal.records", lambda: records)
    shown = Progress(course_map())
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    outputs = [{"output_type": "execute_result", "data": data}]
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [cell]}).encode()


def bomb():
    """Return an archive that is small, and whose file isn't."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("iamlab_progress.jsonl", b" " * 15_000_000)
    return stream.getvalue()


def archive(files):
    """Return a ZIP archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as found:
        for name, content in files.items():
            found.writestr(name, content)
    return stream.getvalue()


def make_class(folder: Path, canary: Path, monkeypatch) -> dict[str, Learner]:
    """Write what a class hands in, and return the learners by id."""
    kinds = ["perfect"] * 6 + ["believes"] * 12 + ["half"] * 2 + ["notebook"] * 2
    kinds += ["copy", "changed copy", "edited", "one world", "hostile", "twice", "empty", "nothing"]
    found = {}
    for place, kind in enumerate(kinds, 1):
        name = f"Test{place:02} Learner{place:02}"
        found[f"s{place:02}"] = Learner(f"s{place:02}", name, kind)
    of_kind = {kind: [own for own in found.values() if own.kind == kind] for kind in kinds}
    for own in (*of_kind["perfect"], *of_kind["notebook"], *of_kind["twice"]):
        solve(own)
    for place, own in enumerate(of_kind["believes"]):
        solve(own, believes=BELIEFS[place % len(BELIEFS)])
    for own in of_kind["half"]:
        solve(own, but=NUMBERS[len(NUMBERS) // 2 :])
    first = of_kind["perfect"][0]
    (copy,), (changed,), (edited,), (one,), (hostile,), (twice,), (empty,), _ = (
        of_kind[kind] for kind in kinds[-8:]
    )
    copy.records = first.records
    of_another = {"student": changed.id, "seed": seed_of(changed.id)}
    for record in first.records:
        new = {**record, **of_another, "time": record["time"].replace("12-01", "12-02")}
        changed.records.append(new)
    for number in NUMBERS:  # somebody who writes into the file that wrong answers are right
        task = find(number, seed_of(edited.id))
        wrong = task.known_wrong[0].answer(task.world())
        edited.records.append({**attempt(edited, number, wrong, 5), "correct": True, "belief": ""})
    solve(one, but=[ONLY_HERE])
    policy = find(ONLY_HERE).solution_answer()
    policy = json.loads(json.dumps(policy).replace("star-maps", "s*-maps"))
    one.records.append(attempt(one, ONLY_HERE, policy, 59))

    at_moodle, at_canvas = {}, {}
    for place, own in enumerate(found.values()):
        progress, number = lines(own.records), 1000 + place
        if own.kind == "perfect":
            at_moodle[f"{own.name}_{number}_assignsubmission_file_/iamlab_progress.jsonl"] = progress
        elif own.kind == "believes":
            name = "".join(own.name.lower().split()[::-1])
            at_canvas[f"{name}_{number}_9{number}_iamlab_progress.jsonl"] = progress
        elif own.kind == "notebook":
            source = f"open({str(canary)!r}, 'w')\nprogress()"
            write(folder / own.id / "09.ipynb", notebook(own.records, source, monkeypatch))
        elif own.kind == "twice":
            half = len(own.records) // 2
            write(folder / own.id / "first" / "p.jsonl", lines(own.records[: half + 3]))
            write(folder / own.id / "second" / "p.jsonl", lines(own.records[half:]))
        elif own.kind not in ("hostile", "nothing"):
            write(folder / own.id / "iamlab_progress.jsonl", progress)
    write(folder / "moodle.zip", archive(at_moodle))
    write(folder / "submissions.zip", archive(at_canvas))
    for name, content in hostile_files(hostile, canary).items():
        write(folder / hostile.id / name, content)
    return found


def hostile_files(learner, canary):
    """Return files that must cost one line of the report each."""
    deep = {"student": learner.id, "kind": "attempt", "exercise": "2.1", "seed": 7}
    return {
        "bomb.zip": bomb(),
        "outside.zip": archive({"../../outside.jsonl": b"{}"}),
        "pickle.jsonl": pickle.dumps(Canary(canary)),
        "deep.jsonl": (json.dumps(deep)[:-1] + ', "given": ' + "[" * 5000 + "]" * 5000 + "}").encode(),
        "program.exe": b"MZ",
        "broken.ipynb": b"{",
    }


def write(path, content):
    """Write a file, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
