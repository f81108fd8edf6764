"""Jobs: a report is ordered, takes a while, and is fetched with the id of its job.

Here a job is done when it is asked for the second time, or once the clock has moved on; what it
says is of the moment at which it was ordered. Jobs are kept with the world, and with its file, as
an id that somebody holds stays good.

Notes
-----
AWS pages: "API GenerateServiceLastAccessedDetails"; "API GenerateOrganizationsAccessReport". How
long AWS keeps a job is not documented; here it is for ever.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.last_accessed.organizations import OrganizationsLastAccessed
    from iamlab.world.last_accessed.report import LastAccessed


@dataclass(frozen=True, slots=True)
class LastAccessedJob:
    """The making of one report.

    Parameters
    ----------
    job_id
        Who made it fetches the report with it.
    creator
        The unique id of who that is: a user, or a role, whichever of its sessions.
    services, organizations
        The report: one of these, or none if the job has failed.
    error_code, error_message
        Why it has failed.
    asked
        Whether it was asked for already.
    """

    job_id: str
    creator: str
    created: datetime
    services: LastAccessed | None = field(default=None, repr=False)
    organizations: OrganizationsLastAccessed | None = field(default=None, repr=False)
    error_code: str = ""
    error_message: str = ""
    asked: bool = False

    @property
    def kind(self) -> str:
        """Which of the two reports it is for."""
        return "organizations" if self.services is None else "services"

    def status(self, now: datetime) -> str:
        """Give its ``JobStatus``."""
        if not self.asked and now <= self.created:
            return "IN_PROGRESS"
        return "FAILED" if self.error_code else "COMPLETED"
