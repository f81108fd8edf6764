"""The lessons: predict, run and explain; exercises that the engine checks; a progress file."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.teach.acme import observatory
    from iamlab.teach.ask import check, hint, solution, start
    from iamlab.teach.progress_report import progress
    from iamlab.teach.recall import again, drill, review, warm_up
    from iamlab.teach.recognition import beliefs
    from iamlab.teach.scenarios import scenario
    from iamlab.teach.show import (
        after,
        exercise,
        membership_board,
        predict,
        refused,
        reveal,
        statement_stack,
    )
    from iamlab.widgets.instruments.statement_stack import arrange

_HOME = {
    "after": "show",
    "again": "recall",
    "arrange": "scenarios",
    "beliefs": "recognition",
    "check": "ask",
    "drill": "recall",
    "exercise": "show",
    "hint": "ask",
    "membership_board": "show",
    "observatory": "acme",
    "predict": "show",
    "progress": "progress_report",
    "refused": "show",
    "reveal": "show",
    "review": "recall",
    "scenario": "scenarios",
    "solution": "ask",
    "start": "ask",
    "statement_stack": "show",
    "warm_up": "recall",
}

__all__ = [
    "after",
    "again",
    "arrange",
    "beliefs",
    "check",
    "drill",
    "exercise",
    "hint",
    "membership_board",
    "observatory",
    "predict",
    "progress",
    "refused",
    "reveal",
    "review",
    "scenario",
    "solution",
    "start",
    "statement_stack",
    "warm_up",
]

__getattr__ = lazily(__name__, _HOME)
