"""The lessons: predict, run and explain; exercises that the engine checks; a progress file."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.teach.acme import observatory
    from iamlab.teach.ask import check, hint, solution, start
    from iamlab.teach.progress_report import progress
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
    from iamlab.widgets.instruments.statement_stack import arrange

_HOME = {
    "after": "show",
    "arrange": "scenarios",
    "beliefs": "recognition",
    "check": "ask",
    "exercise": "show",
    "hint": "ask",
    "membership_board": "show",
    "observatory": "acme",
    "predict": "show",
    "progress": "progress_report",
    "refused": "show",
    "request_builder": "show",
    "reveal": "show",
    "scenario": "scenarios",
    "solution": "ask",
    "start": "ask",
    "statement_stack": "show",
}

__all__ = [
    "after",
    "arrange",
    "beliefs",
    "check",
    "exercise",
    "hint",
    "membership_board",
    "observatory",
    "predict",
    "progress",
    "refused",
    "request_builder",
    "reveal",
    "scenario",
    "solution",
    "start",
    "statement_stack",
]

__getattr__ = lazily(__name__, _HOME)
