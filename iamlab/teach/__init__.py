"""The lessons: predict, run and explain; exercises that the engine checks; a progress file."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.teach.ask import check as check
    from iamlab.teach.ask import hint as hint
    from iamlab.teach.ask import solution as solution
    from iamlab.teach.ask import start as start
    from iamlab.teach.course import course_map as course_map
    from iamlab.teach.course import export_progress as export_progress
    from iamlab.teach.course import import_progress as import_progress
    from iamlab.teach.course import progress as progress
    from iamlab.teach.lesson import open_lesson as open_lesson
    from iamlab.teach.practice import again as again
    from iamlab.teach.practice import drill as drill
    from iamlab.teach.practice import review as review
    from iamlab.teach.practice import warm_up as warm_up
    from iamlab.teach.recognition import beliefs as beliefs
    from iamlab.teach.scenarios import observatory as observatory
    from iamlab.teach.scenarios import scenario as scenario
    from iamlab.teach.show import after as after
    from iamlab.teach.show import exercise as exercise
    from iamlab.teach.show import membership_board as membership_board
    from iamlab.teach.show import predict as predict
    from iamlab.teach.show import refused as refused
    from iamlab.teach.show import request_builder as request_builder
    from iamlab.teach.show import reveal as reveal
    from iamlab.teach.show import statement_stack as statement_stack
    from iamlab.teach.terms import glossary as glossary
    from iamlab.teach.terms import lookup as lookup
    from iamlab.world.policy_places import arrange as arrange

_NAMES = {
    "ask": "check hint solution start",
    "course": "course_map export_progress import_progress progress",
    "lesson": "open_lesson",
    "practice": "again drill review warm_up",
    "recognition": "beliefs",
    "scenarios": "arrange observatory scenario",
    "show": "after exercise predict refused reveal "
    "membership_board request_builder statement_stack",
    "terms": "glossary lookup",
}
"""Module -> the public names that it defines."""
_HOME = {name: home for home, names in _NAMES.items() for name in names.split()}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
