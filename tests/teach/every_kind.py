"""A small exercise of each kind, from a lesson's file."""

import json
from pathlib import Path

from iamlab.teach.exercises import KnownWrong
from iamlab.teach.lesson import open_lesson
from iamlab.teach.scenarios import MAP, MAPS
from iamlab.teach.tables import find
from tests.policy.documents import allow, document

READ, LIST = "s3:GetObject", "s3:ListBucket"
MAKE_KEY = {"Caller": "bob", "Operation": "iam:CreateAccessKey", "UserName": "alice"}
READ_MAP = {"Caller": "call 1", "Operation": READ, "Resource": MAP}

LESSON = open_lesson(Path(__file__).with_name("x1_every_kind.toml"))
EVERY = {number: find(number) for number in LESSON.exercises}
BY_CODE = dict(zip("PEWRXCOSDB", EVERY.values(), strict=True))


def kind_of(task):
    """Return the kind of an exercise, as a lesson writes it."""
    return type(task).__name__.lower()


def _of_bob(name, statement):
    text = json.dumps(document(statement))
    return {"UserName": "bob", "PolicyName": name, "PolicyDocument": text}


ALL = _of_bob("all", allow("s3:*"))
LISTS = _of_bob("list", allow(LIST, MAPS))
READS = _of_bob("read", allow(READ, f"{MAPS}/*"))


def example(kind, code, world_name, wrong, **fields):
    """Make an exercise whose number is the code of its kind; its wrong answers have beliefs."""
    return kind(
        number=f"{code}.1",
        title=f"An exercise of kind {code}",
        prompt="Answer the question.",
        nudge="Read the policies first.",
        why="This is the rule.",
        world_name=world_name,
        known_wrong=tuple(
            KnownWrong(lambda _, own=answer: own, "M03", f"Belief {place} in words.")
            for place, answer in enumerate(wrong)
        ),
        **fields,
    )
