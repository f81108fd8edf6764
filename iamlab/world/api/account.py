"""The account as a whole: in numbers, as an export, as a report; who has what of a service.

Notes
-----
AWS pages: "IAM API Reference", of each operation; "Generate credential reports for your AWS
account".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AwsError,
    InvalidInput,
    NoSuchEntity,
    ReportExpired,
    ReportInProgress,
    ReportNotPresent,
    RequestError,
    did_you_mean,
)
from iamlab.policy import catalog
from iamlab.policy.arn import Arn, is_arn
from iamlab.world import reports_facts as facts
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.paging import page
from iamlab.world.details import details
from iamlab.world.granting import policies_granting
from iamlab.world.reports import CredentialReport, Job
from iamlab.world.summary import summary_of

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.identities import Identity
    from iamlab.world.summary import Summary


def _summary(summary: Summary) -> dict[str, Any]:
    return {"SummaryMap": dict(summary.numbers)}


@operation("GetAccountSummary", on="*", answer=_summary)
def get_account_summary(account: Account, _: Parameters) -> Summary:
    """Count what there is of each kind, and say how many there may be."""
    return summary_of(account)


@operation("GetAccountAuthorizationDetails", on="*", answer=as_it_is)
def get_account_authorization_details(account: Account, given: Parameters) -> dict[str, Any]:
    """Write down users, groups, roles and managed policies, with all that hangs on them."""
    return details(account, given)


# AWS's sentences for reports are likely, not sure: its pages give only their meaning.


@operation("GenerateCredentialReport", on="*", answer=as_it_is)
def generate_credential_report(account: Account, _: Parameters) -> dict[str, Any]:
    """Have a report made, unless there is one from the last four hours.

    It takes a while: the first call starts it, the second finds it in progress, the third complete;
    so does any call after the clock has moved on.
    """
    now, job = account.world.clock.now, account.report_job
    if job is None or job.is_old(now):
        report = CredentialReport.of(_credentials(account), now)
        account.report_job = Job(report, now)
        what = "No report exists. Starting a new report generation task"
        return {"State": "STARTED", "Description": what}
    account.report_job = job = replace(job, asked=job.asked + 1)
    return {"State": "COMPLETE" if job.is_ready(now) else "INPROGRESS"}


def _credentials(account: Account) -> tuple[facts.Credentials, ...]:
    if not facts.are_known(account):
        raise RequestError(facts.NOT_IN_EXPORTS)
    return facts.credentials_of(account)


def _report(report: CredentialReport) -> dict[str, Any]:
    return {
        "Content": report.csv.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.generated_time,
    }


@operation("GetCredentialReport", on="*", answer=_report)
def get_credential_report(account: Account, _: Parameters) -> CredentialReport:
    """Fetch the report that was made."""
    now, job = account.world.clock.now, account.report_job
    if job is None:
        raise _with_note(
            ReportNotPresent("Credential report not present."),
            "GenerateCredentialReport has one made.",
        )
    if job.is_old(now):
        raise _with_note(
            ReportExpired("Credential report expired."),
            "A report is kept for four hours. GenerateCredentialReport has a new one made.",
        )
    if not job.is_ready(now):
        raise _with_note(
            ReportInProgress("Credential report is still being generated."),
            "Call GenerateCredentialReport again until its State is COMPLETE.",
        )
    return job.report


def _with_note(error: AwsError, note: str) -> AwsError:
    error.add_note(note)
    return error


@operation("ListPoliciesGrantingServiceAccess", on="identity", answer=as_it_is)
def list_policies_granting_service_access(account: Account, given: Parameters) -> dict[str, Any]:
    """List the policies of a user, group or role that grant services.

    Only what hangs on it counts, and only what is allowed: boundaries, policies of resources and
    organizations, and what is denied, are left out.
    """
    identity = _identity(account, given["Arn"])
    for service in given["ServiceNamespaces"]:
        if not catalog.has(service):
            raise _with_note(
                InvalidInput(f"Service namespace {service} is not valid."),
                did_you_mean(service, catalog.services()),
            )
    return page(
        "PoliciesGrantingServiceAccess",
        given["ServiceNamespaces"],
        given,
        lambda service: {
            "ServiceNamespace": service,
            "Policies": policies_granting(identity, service.lower()),
        },
    )


def _identity(account: Account, arn: str) -> Identity:
    """Find a user, group or role by its ARN."""
    kind = Arn.parse(arn).kind if is_arn(arn) else ""
    held: dict[str, dict[str, Any]] = {
        "user": account.users,
        "group": account.groups,
        "role": account.roles,
    }
    for one in held.get(kind, {}).values():
        if one.arn == arn:
            found: Identity = one
            return found
    known = [one.arn for things in held.values() for one in things.values()]
    raise _with_note(NoSuchEntity(f"ARN {arn} is not found."), did_you_mean(arn, known))
