"""A class of thirty generated students, and what each of them hands in.

The wrong answers are those of chosen beliefs, so a report must find exactly these. The cheats are
those that checking again can find.
"""

import json
import pickle
from dataclasses import dataclass, field
from pathlib import Path

from iamlab.teach import progress
from iamlab.teach.lesson import own_lessons, seed_of
from iamlab.teach.tables import find
from tests.classroom.handed_in import archive, lines, write

LESSONS = ("02", "03", "09")
BELIEFS = ("M02", "M04", "M05", "M08", "M10", "M11")
"""The beliefs that are planted, each in two students."""
NUMBERS = [number for lesson in LESSONS for number in own_lessons()[lesson].exercises]
ONLY_HERE = "2.4"
"""The exercise whose policy a cheat has written for the names of the usual world."""
KINDS = ["perfect"] * 6 + ["believes"] * 12 + ["half"] * 2 + ["notebook"] * 2
KINDS += ["copy", "changed copy", "edited", "one world", "hostile", "twice", "empty", "nothing"]


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
    place = int(learner.id[1:])
    facts = {"time": f"2026-12-01T{10 + minute // 60:02}:{minute % 60:02}:{place:02}+00:00"}
    facts |= {"version": "0.1.0", "lesson": number.partition(".")[0].zfill(2)}
    facts |= {"student": learner.id, "exercise": number, "kind": "attempt", "seed": task.seed}
    facts |= {"answer": task.data(answer, world), "given": task.submitted(answer, world)}
    facts |= {"correct": mark.correct, "belief": mark.belief, "confidence": confidence}
    facts |= {"evidence": task.evidence(answer, world), "hints_used": 0, "seconds": 30.0 + place}
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


def notebook(records, source, monkeypatch):
    """Return a notebook whose last cell shows the progress of a learner."""
    monkeypatch.setattr("iamlab.teach.journal.records", lambda: records)
    data = {"text/html": progress()._repr_html_()}
    outputs = [{"output_type": "execute_result", "data": data}]
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": outputs}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "cells": [cell]}).encode()


def planted(kind, learner, place, first):
    """Fill in what a learner of a kind recorded; ``first`` is the first of the class."""
    if kind in ("perfect", "notebook", "twice"):
        solve(learner)
    elif kind == "believes":
        solve(learner, believes=BELIEFS[place % len(BELIEFS)])
    elif kind == "half":
        solve(learner, but=NUMBERS[len(NUMBERS) // 2 :])
    elif kind == "copy":
        learner.records = first.records
    elif kind == "changed copy":
        mine = {"student": learner.id, "seed": seed_of(learner.id)}
        for own in first.records:
            later = own["time"].replace("12-01", "12-02")
            learner.records.append({**own, **mine, "time": later})
    elif kind == "edited":  # who writes into the file that wrong answers are right
        for number in NUMBERS:
            task = find(number, seed_of(learner.id))
            wrong = attempt(learner, number, task.known_wrong[0].answer(task.world()), 5)
            learner.records.append({**wrong, "correct": True, "belief": ""})
    elif kind == "one world":
        solve(learner, but=[ONLY_HERE])
        policy = json.dumps(find(ONLY_HERE).solution_answer()).replace("star-maps", "s*-maps")
        learner.records.append(attempt(learner, ONLY_HERE, json.loads(policy), 59))


def make_class(folder: Path, canary: Path, monkeypatch) -> dict[str, Learner]:
    """Write what a class hands in, and return the learners by id."""
    found = {}
    for place, kind in enumerate(KINDS, 1):
        own = Learner(f"s{place:02}", f"Test{place:02} Learner{place:02}", kind)
        found[own.id] = own
        planted(kind, own, place, found["s01"])
    files = {"moodle.zip": {}, "submissions.zip": {}}
    for place, own in enumerate(found.values(), 1000):
        content, half = lines(*own.records), len(own.records) // 2
        canvas = "".join(own.name.lower().split()[::-1])
        source = f"open({str(canary)!r}, 'w')\nprogress()"
        where = {
            "perfect": f"moodle.zip/{own.name}_{place}_assignsubmission_file_/p.jsonl",
            "believes": f"submissions.zip/{canvas}_{place}_9{place}_p.jsonl",
        }.get(own.kind, f"{own.id}/p.jsonl")
        outer, _, name = where.partition("/")
        if outer in files:
            files[outer][name] = content
        elif own.kind == "notebook":
            files[f"{own.id}/09.ipynb"] = notebook(own.records, source, monkeypatch)
        elif own.kind == "twice":
            files[f"{own.id}/first/p.jsonl"] = lines(*own.records[: half + 3])
            files[f"{own.id}/second/p.jsonl"] = lines(*own.records[half:])
        elif own.kind == "hostile":
            files |= hostile_files(own, canary)
        elif own.kind != "nothing":
            files[where] = content
    packed = {name: archive(own) if isinstance(own, dict) else own for name, own in files.items()}
    write(folder, packed)
    return found


def hostile_files(learner, canary):
    """Return files that must cost one line of the report each."""
    record = {"student": learner.id, "kind": "attempt", "exercise": "2.1", "seed": 7}
    deep = f'{json.dumps(record)[:-1]}, "given": {"[" * 5000}{"]" * 5000}}}'
    files = {
        "bomb.zip": archive({"p.jsonl": b" " * 15_000_000}),
        "outside.zip": archive({"../../outside.jsonl": b"{}"}),
        "pickle.jsonl": pickle.dumps(Canary(canary)),
        "deep.jsonl": deep.encode(),
        "program.exe": b"MZ",
        "broken.ipynb": b"{",
    }
    return {f"{learner.id}/{name}": content for name, content in files.items()}
