"""The lessons: predict, run and explain; exercises that the engine checks; a progress file."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.teach.acme import observatory
    from iamlab.teach.ask import check, hint, solution, start
    from iamlab.teach.course import course_map, export_progress, import_progress, progress
    from iamlab.teach.lesson import open_lesson
    from iamlab.teach.practice import again, drill, review, warm_up
    from iamlab.teach.recognition import beliefs
    from iamlab.teach.scenarios import scenario
    from iamlab.teach.show import (
        after,
        exercise,
        membership_board,
        predict,
        refused,
        request_builder,
        reveal,
        statement_stack,
    )
    from iamlab.teach.terms import glossary, lookup
    from iamlab.world.policy_places import arrange

_HOME = {
    "after": "show",
    "again": "practice",
    "arrange": "scenarios",
    "beliefs": "recognition",
    "check": "ask",
    "course_map": "course",
    "drill": "practice",
    "exercise": "show",
    "export_progress": "course",
    "glossary": "terms",
    "hint": "ask",
    "import_progress": "course",
    "lookup": "terms",
    "membership_board": "show",
    "observatory": "acme",
    "open_lesson": "lesson",
    "predict": "show",
    "progress": "course",
    "refused": "show",
    "request_builder": "show",
    "reveal": "show",
    "review": "practice",
    "scenario": "scenarios",
    "solution": "ask",
    "start": "ask",
    "statement_stack": "show",
    "warm_up": "practice",
}

__all__ = [
    "after",
    "again",
    "arrange",
    "beliefs",
    "check",
    "course_map",
    "drill",
    "exercise",
    "export_progress",
    "glossary",
    "hint",
    "import_progress",
    "lookup",
    "membership_board",
    "observatory",
    "open_lesson",
    "predict",
    "progress",
    "refused",
    "request_builder",
    "reveal",
    "review",
    "scenario",
    "solution",
    "start",
    "statement_stack",
    "warm_up",
]

__getattr__ = lazily(__name__, _HOME)
