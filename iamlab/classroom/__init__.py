"""Teach a class: a question to vote on."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.classroom.polls import Poll as Poll
    from iamlab.classroom.polls import poll as poll

_HOME = {"Poll": "polls", "poll": "polls"}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
