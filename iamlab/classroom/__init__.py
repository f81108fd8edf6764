"""The classroom: editions of a lesson for teachers, made by ``iamlab classroom``."""

from typing import TYPE_CHECKING

from iamlab.display import lazily

if TYPE_CHECKING:
    from iamlab.classroom.answers import answered as answered

_HOME = {"answered": "answers"}

__all__ = sorted(_HOME)  # noqa: PLE0605

__getattr__ = lazily(__name__, _HOME)
