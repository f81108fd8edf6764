"""The classroom: editions of a lesson, polls, marks and reports; also ``iamlab classroom``."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.classroom.answers import answered as answered
    from iamlab.classroom.polls import Poll as Poll
    from iamlab.classroom.polls import poll as poll
    from iamlab.classroom.reports import report as report
    from iamlab.classroom.reports import write_feedback as write_feedback

_HOME = {"answered": "answers", "Poll": "polls", "poll": "polls"}
_HOME |= {"report": "reports", "write_feedback": "reports"}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
