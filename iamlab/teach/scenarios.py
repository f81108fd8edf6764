"""The worlds of the lessons by name, all of Acme Observatory, and the ARNs that notebooks use most.

The people stay the same: Alice is an astronomer, Bob is a developer, Carol works in security, and
Dana is a contractor. The bucket is ``star-maps``.

Acme Observatory has five accounts, and every type of policy that an account can have. Each lesson
uses a small part of this world. The gallery draws all of its figures from the whole.

=================  ============  ==================================================================
account            id            what is in it
=================  ============  ==================================================================
``acme-org``       999999999999  the management account
``acme-main``      111111111111  people, groups and roles; the nightly job; the bucket ``star-maps``
``acme-data``      222222222222  the archive, whose bucket and key have policies of their own
``starsoft``       333333333333  a vendor that reads the archive; outside the organization
``nebula-labs``    444444444444  another customer of the vendor; also outside
=================  ============  ==================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.tables import tables
from iamlab.teach.lesson import DEMO, lessons
from iamlab.teach.source_lines import FORMAT, find_named
from iamlab.teach.worlds import build
from iamlab.world.policy_places import arrange  # noqa: F401 - `iamlab.teach` has it from here

if TYPE_CHECKING:
    from iamlab.teach.callers import LessonWorld
    from iamlab.teach.lesson import Lesson

MAPS = "arn:aws:s3:::star-maps"
MAP = f"{MAPS}/m31.fits"
DRAFTS = f"{MAPS}/drafts"
README = f"{DRAFTS}/readme.txt"

ARCHIVE = "arn:aws:s3:::star-archive"
OLD_MAP = f"{ARCHIVE}/1764/m31.fits"
EXTERNAL_ID = "acme-4711"
"""The external ID that the vendor sends for Acme; it sends another one for another customer."""

MAIN, DATA, ORG, STARSOFT, NEBULA = FORMAT["ids"].values()

COLLECTOR = f"arn:aws:iam::{STARSOFT}:role/collector"
READER = f"arn:aws:iam::{DATA}:role/starsoft-reader"
"""The vendor's role, and the role that it assumes to read Acme's archive."""


def scenario(name: str, *, seed: int = DEMO) -> LessonWorld:
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
    every = ((lesson, name) for lesson in reversed(lessons().values()) for name in lesson.worlds)
    return {name: lesson for lesson, own in every for name in (f"{lesson.number}/{own}", own)}


def observatory(*, seed: int = DEMO, is_careful: bool = True) -> LessonWorld:
    """Build the whole world.

    Parameters
    ----------
    is_careful
        Whether the archive requires the vendor to send Acme's ``sts:ExternalId``.

    Examples
    --------
    >>> world = observatory()
    >>> session = world.sts.assume_role(
    ...     world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol")
    >>> world.can(session, "s3:GetObject", OLD_MAP)
    <Decision ✓ allowed by policy of star-archive/ReadersFromAcme, read-all/ReadEverywhere>
    """
    table = tables(__file__, "acme.toml")
    if not is_careful:
        reader = table["accounts"]["acme-data"]["starsoft-reader"]
        reader["trust"] = reader["trust"].partition(" if ")[0]
    return build(table, seed)
