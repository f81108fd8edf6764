"""The worlds of the lessons by name, and the ARNs that notebooks use most.

The people stay the same: Alice is an astronomer, Bob is a developer, Carol works in security, and
Dana is a contractor. The bucket is ``star-maps``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.teach.lesson import SEED, lessons
from iamlab.teach.source_lines import find_named
from iamlab.world.policy_places import arrange

__all__ = ["DRAFTS", "MAP", "MAPS", "README", "SEED", "arrange", "scenario"]

if TYPE_CHECKING:
    from iamlab.teach.callers import LessonWorld
    from iamlab.teach.lesson import Lesson

MAPS = "arn:aws:s3:::star-maps"
MAP = f"{MAPS}/m31.fits"
DRAFTS = f"{MAPS}/drafts"
README = f"{DRAFTS}/readme.txt"


def scenario(name: str, *, seed: int = SEED) -> LessonWorld:
    """Build the world of a lesson.

    Parameters
    ----------
    name
        Its name, or the number of the lesson and its name: ``"02/stack"``.

    Raises
    ------
    ExerciseError
        There is no such world.

    Examples
    --------
    >>> scenario("groups")
    <World acme-main (4 users, 4 groups, 0 roles)>
    """
    return find_named("scenario", name, known_scenarios()).world(name.rpartition("/")[2], seed)


def known_scenarios() -> dict[str, Lesson]:
    """Return the lesson of each world, by the name of the world with and without the number."""
    return {
        f"{start}{own}": lesson
        for lesson in reversed(lessons().values())
        for own in lesson.worlds
        for start in (f"{lesson.number}/", "")
    }
