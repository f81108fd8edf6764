"""A small exercise of each kind, from a lesson's file."""

from pathlib import Path

from iamlab.teach.lesson import open_lesson
from iamlab.teach.tables import find

LESSON = open_lesson(Path(__file__).with_name("x1_every_kind.toml"))
EVERY = {number: find(number) for number in LESSON.exercises}
