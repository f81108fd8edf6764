"""The classroom: editions of a lesson, and questions to vote on; also ``iamlab classroom``."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.classroom.answers import answered as answered
    from iamlab.classroom.polls import Poll as Poll
    from iamlab.classroom.polls import poll as poll

_HOME = {"answered": "answers", "Poll": "polls", "poll": "polls"}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
