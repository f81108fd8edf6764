"""Lesson 00, Start here: your first verdict."""

from iamlab.engine.decision import Decision
from iamlab.teach.lessons import read_exercises


def allowed_by_a_statement(decision: Decision) -> bool:
    """Return whether a statement allows the request."""
    return bool(decision) and bool(decision.determining)


EXERCISES = read_exercises(__name__)
