"""All of Acme Observatory: five accounts, and every type of policy that an account can have.

Each lesson uses a small part of this world. The gallery draws all of its figures from the whole.

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

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.teach.lesson import SEED
from iamlab.teach.worlds import ACCOUNTS, build

if TYPE_CHECKING:
    from iamlab.teach.callers import LessonWorld

FILE = Path(__file__).with_suffix(".toml")
ARCHIVE = "arn:aws:s3:::star-archive"
OLD_MAP = f"{ARCHIVE}/1764/m31.fits"
EXTERNAL_ID = "acme-4711"
"""The external ID that the vendor sends for Acme; it sends another one for another customer."""

MAIN, DATA, ORG, STARSOFT, NEBULA = ACCOUNTS.values()

COLLECTOR = f"arn:aws:iam::{STARSOFT}:role/collector"
READER = f"arn:aws:iam::{DATA}:role/starsoft-reader"
"""The vendor's role, and the role that it assumes to read Acme's archive."""


def observatory(*, seed: int = SEED, is_careful: bool = True) -> LessonWorld:
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
    table = tomllib.loads(FILE.read_text("utf-8"))
    if not is_careful:
        reader = table["accounts"]["acme-data"]["starsoft-reader"]
        reader["trust"] = reader["trust"].partition(" if ")[0]
    return build(table, seed)
