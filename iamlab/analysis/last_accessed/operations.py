"""Last accessed information as jobs: a user or a role orders a report, and fetches it later.

Here a job is done at the second request, or when the clock has moved on. The report
is of the moment at which it was ordered. Jobs are kept with the world, and with its file: their ids
stay good.

Notes
-----
AWS pages: "API GenerateServiceLastAccessedDetails"; "API GetServiceLastAccessedDetails"; "API
GetServiceLastAccessedDetailsWithEntities"; "API GenerateOrganizationsAccessReport"; "API
GetOrganizationsAccessReport". AWS's sentences are likely, not sure: its pages give only their
meaning. That a job of somebody else is said not to be there is likely too. How long AWS keeps a job
is not documented; here it is for ever.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.analysis.account_reports import check_namespace
from iamlab.analysis.last_accessed.last_accessed import last_accessed
from iamlab.analysis.last_accessed.organizations import organizations_last_accessed
from iamlab.authorization.principal import Caller, principal_of
from iamlab.cloudtrail.arn_formats import table
from iamlab.errors import AwsError, NoSuchEntity, ReportGenerationLimitExceeded, noted
from iamlab.model.record import OF_FEDERATED_USERS
from iamlab.operations.iam.common import page
from iamlab.operations.registry import Parameters, as_answer, as_it_is, operation
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
    from iamlab.analysis.last_accessed.report import (
        Entity,
        LastAccessed,
        LastAttempt,
        ServiceLastAccessed,
    )
    from iamlab.model.account import Account


MOST_IN_PROGRESS = 5
"""So many reports of an organization may be in the making. AWS does not say how many."""

NEEDED_IN_ORGANIZATIONS = table("always_needed")["iam:GenerateOrganizationsAccessReport"]
"""Additional Organizations permissions for a report of an organization."""

_FORMS: dict[str, dict[str, str]] = tables(__file__, "last_accessed.toml")


# -- jobs -----------------------------------------------------------------------------------------


def _creator(account: Account, caller: Caller) -> str:
    """Return the unique id of who calls: of a session of a role, the role's."""
    who = principal_of(account.world, caller)
    userid = str(who.context().get("aws:userid", ""))
    return userid if who.kind in OF_FEDERATED_USERS else userid.partition(":")[0]


def _order(account: Account, creator: str, *result: Any) -> dict[str, Any]:
    """Keep a new job: with the report, or with why it has failed."""
    job_id = account.world.ids.uuid()
    job = LastAccessedJob(job_id, creator, account.world.clock.now, *result)
    account.last_accessed_jobs[job_id] = job
    return {"JobId": job_id}


def _job(
    account: Account, parameters: Parameters, caller: Caller, kind: str
) -> tuple[LastAccessedJob, Any]:
    """Find a job of the caller's, and the report if it is done.

    Raises
    ------
    NoSuchEntity
        There is no job with this id, or it belongs to another caller or kind.
    """
    job: LastAccessedJob | None = account.last_accessed_jobs.get(parameters["JobId"])
    if job is None or job.kind != kind or job.creator != _creator(account, caller):
        note = "A job is there for the user or the role that has ordered it."
        raise noted(NoSuchEntity(f"Job {parameters['JobId']} is not found."), note)
    is_done = job.status(account.world.clock.now) == "COMPLETED"
    return job, (job.services or job.organizations) if is_done else None


def _about(account: Account, job: LastAccessedJob) -> dict[str, Any]:
    """Return the status of a job, and note that it was fetched."""
    status = job.status(account.world.clock.now)
    account.last_accessed_jobs[job.job_id] = replace(job, asked=True)
    answer = {"JobStatus": status, "JobCreationDate": job.created}
    if status != "IN_PROGRESS":
        answer["JobCompletionDate"] = job.created
    if status == "FAILED":
        answer["ErrorDetails"] = {"Message": job.error_message, "Code": job.error_code}
    return answer


def _actions(row: ServiceLastAccessed) -> list[dict[str, Any]] | None:
    """Return the actions that are tracked, if there was an attempt at one."""
    attempted = any(action.access for action in row.tracked_actions)
    return [written("of_actions", action) for action in row.tracked_actions] if attempted else None


FORMS: dict[str, Callable[[Any], Any]] = {
    "actions": _actions,
    "number of entities": lambda row: row.total_authenticated_entities or None,
}
"""Name in the table -> what it stands for; other names are attributes."""


def written(form: str, record: object) -> dict[str, Any]:
    """Return a service or an action in one of the API's forms."""
    return dict(as_answer(_FORMS[form], record, FORMS))


# -- services -------------------------------------------------------------------------------------


@operation("GenerateServiceLastAccessedDetails", on="identity", answer=as_it_is, by_whom=True)
def generate_service_last_accessed_details(
    account: Account, parameters: Parameters, caller: Caller
) -> dict[str, Any]:
    """Order the report of a user, a group, a role or a managed policy."""
    creator = _creator(account, caller)
    granularity = parameters.get("Granularity", "SERVICE_LEVEL")
    report = last_accessed(account, parameters["Arn"], None, granularity)
    return _order(account, creator, report)


@operation("GetServiceLastAccessedDetails", on="*", answer=as_it_is, by_whom=True)
def get_service_last_accessed_details(
    account: Account, parameters: Parameters, caller: Caller
) -> dict[str, Any]:
    """Fetch a report: its services."""
    job, report = _job(account, parameters, caller, "services")
    services = () if report is None else report.services
    rows = page("ServicesLastAccessed", services, parameters, partial(written, "of_services"))
    granularity = {"JobType": job.services.granularity} if job.services else {}
    return {**_about(account, job), **granularity, **rows}


@operation("GetServiceLastAccessedDetailsWithEntities", on="*", answer=as_it_is, by_whom=True)
def get_service_last_accessed_details_with_entities(
    account: Account, parameters: Parameters, caller: Caller
) -> dict[str, Any]:
    """Fetch of a report who could have used a service, and when they did, the latest first."""
    job, report = _job(account, parameters, caller, "services")
    namespace = parameters["ServiceNamespace"]
    check_namespace(namespace)
    found = () if report is None else _entities(report, namespace.lower())
    rows = page("EntityDetailsList", found, parameters, lambda pair: _entity(*pair))
    return {**_about(account, job), **rows}


def _entities(report: LastAccessed, namespace: str) -> Iterator[tuple[Entity, LastAttempt | None]]:
    """Return the entities of a service, those that attempted it first; of another service, none."""
    known = {entity.arn: entity for entity in report.entities}
    for row in report.services:
        if row.service_namespace == namespace:
            yield from ((known.pop(access.entity), access) for access in row.accesses)
            yield from ((entity, None) for entity in known.values())


def _entity(entity: Entity, access: LastAttempt | None) -> dict[str, Any]:
    info = {name.capitalize(): value for name, value in asdict(entity).items()}
    return {"EntityInfo": info, **({} if access is None else {"LastAuthenticated": access.time})}


# -- organizations --------------------------------------------------------------------------------


def _also(_: Account, __: Parameters) -> list[tuple[str, str]]:
    """Whoever orders a report looks at the organization too; on which parts is not documented."""
    return [(name, "*") for name in NEEDED_IN_ORGANIZATIONS]


@operation(
    "GenerateOrganizationsAccessReport",
    on="access-report",
    answer=as_it_is,
    also=_also,
    by_whom=True,
)
def generate_organizations_access_report(
    account: Account, parameters: Parameters, caller: Caller
) -> dict[str, Any]:
    """Order the report of a root, an OU or an account; what cannot be reported fails as a job.

    The only error that is documented is that of too many reports at once, and a job can fail with
    a code and a message. So that is how it ends if the account is not in charge, say.
    """
    creator, now = _creator(account, caller), account.world.clock.now
    every = [job for job in account.last_accessed_jobs.values() if job.kind == "organizations"]
    if sum(job.status(now) == "IN_PROGRESS" for job in every) >= MOST_IN_PROGRESS:
        raise ReportGenerationLimitExceeded(
            "The request failed because the maximum number of concurrent requests for this account "
            "are already running."
        )
    path, policy_id = parameters["EntityPath"], parameters.get("OrganizationsPolicyId")
    result: tuple[Any, ...]
    try:
        result = (organizations_last_accessed(account, path, policy_id),)
    except AwsError as error:
        result = (None, error.code, error.message)
    return _order(account, creator, None, *result)


@operation("GetOrganizationsAccessReport", on="*", answer=as_it_is, by_whom=True)
def get_organizations_access_report(
    account: Account, parameters: Parameters, caller: Caller
) -> dict[str, Any]:
    """Fetch the report of an organization."""
    job, report = _job(account, parameters, caller, "organizations")
    if report is None:
        return {**_about(account, job), "IsTruncated": False}
    by, _, direction = parameters.get("SortKey", "SERVICE_NAMESPACE_ASCENDING").rpartition("_")
    services = sorted(
        report.services,
        key=_time if by == "LAST_AUTHENTICATED_TIME" else lambda row: (row.service_namespace,),
        reverse=direction == "DESCENDING",
    )
    rows = page("AccessDetails", services, parameters, partial(written, "of_organizations"))
    return {
        **_about(account, job),
        "NumberOfServicesAccessible": report.number_of_services_accessible,
        "NumberOfServicesNotAccessed": report.number_of_services_not_accessed,
        **rows,
    }


def _time(service: ServiceLastAccessed) -> tuple[Any, ...]:
    """Sort by time; what was never attempted is before all else."""
    when = service.last_authenticated
    name = service.service_namespace
    return (False, name) if when is None else (True, when, name)


@dataclass(frozen=True, slots=True)
class LastAccessedJob:
    """The making of one report.

    Parameters
    ----------
    job_id
        The id with which the report is fetched.
    creator
        The unique id of the user or role that ordered it.
    services, organizations
        The report: one of these, or none if the job has failed.
    error_code, error_message
        Why it has failed.
    asked
        Whether it was fetched before.
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
        """Return its ``JobStatus``."""
        if not self.asked and now <= self.created:
            return "IN_PROGRESS"
        return "FAILED" if self.error_code else "COMPLETED"
