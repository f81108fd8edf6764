"""Operations about an account as a whole: its summary, its credential report, granted services.

Notes
-----
AWS pages: "IAM API Reference", of each operation; "Generate credential reports for your AWS
account"; "IAM API Reference: ListPoliciesGrantingServiceAccess".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis import credential_report as account_credentials
from iamlab.analysis.credential_report import CredentialReport, Job
from iamlab.analysis.summaries import summary_of
from iamlab.errors import (
    InvalidInput,
    NoSuchEntity,
    ReportExpired,
    ReportInProgress,
    ReportNotPresent,
    RequestError,
    did_you_mean,
    noted,
)
from iamlab.model import managed_policies
from iamlab.model.identities import with_groups
from iamlab.operations.iam.responses import page
from iamlab.operations.registry import Parameters, as_it_is, operation
from iamlab.policy import catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.summaries import Summary
    from iamlab.model.account import Account
    from iamlab.model.identities import Identity
    from iamlab.policy.document import Policy


def _summary(summary: Summary) -> dict[str, Any]:
    return {"SummaryMap": dict(summary.numbers)}


@operation("GetAccountSummary", on="*", answer=_summary)
def get_account_summary(account: Account, _: Parameters) -> Summary:
    """Count what there is of each kind, and say how many there may be."""
    return summary_of(account)


# AWS's sentences for reports are likely, not sure: its pages give only their meaning.


@operation("GenerateCredentialReport", on="*", answer=as_it_is)
def generate_credential_report(account: Account, _: Parameters) -> dict[str, Any]:
    """Have a report made, unless there is one from the last four hours.

    It takes a while: the first call starts it, the second finds it in progress, the third complete;
    so does any call after the clock has moved on.
    """
    now, job = account.world.clock.now, account.report_job
    if job is None or job.is_old(now):
        if not account_credentials.are_known(account):
            raise RequestError(account_credentials.NOT_IN_EXPORTS)
        credentials = account_credentials.credentials_of(account)
        account.report_job = Job(CredentialReport.of(credentials, now), now)
        what = "No report exists. Starting a new report generation task"
        return {"State": "STARTED", "Description": what}
    account.report_job = job = replace(job, asked=job.asked + 1)
    return {"State": "COMPLETE" if job.is_ready(now) else "INPROGRESS"}


def _report(report: CredentialReport) -> dict[str, Any]:
    return {
        "Content": report.csv.encode(),
        "ReportFormat": "text/csv",
        "GeneratedTime": report.generated_time,
    }


@operation("GetCredentialReport", on="*", answer=_report)
def get_credential_report(account: Account, _: Parameters) -> CredentialReport:
    """Fetch the report that was made."""
    now = account.world.clock.now
    job: Job | None = account.report_job
    if job is None:
        raise noted(
            ReportNotPresent("Credential report not present."),
            "GenerateCredentialReport has one made.",
        )
    if job.is_old(now):
        raise noted(
            ReportExpired("Credential report expired."),
            "A report is kept for four hours. GenerateCredentialReport has a new one made.",
        )
    if not job.is_ready(now):
        raise noted(
            ReportInProgress("Credential report is still being generated."),
            "Call GenerateCredentialReport again until its State is COMPLETE.",
        )
    return job.report


@operation("ListPoliciesGrantingServiceAccess", on="identity", answer=as_it_is)
def list_policies_granting_service_access(account: Account, given: Parameters) -> dict[str, Any]:
    """List the policies of a user, group or role that grant services.

    Only what hangs on it counts, and only what is allowed: boundaries, policies of resources and
    organizations, and what is denied, are left out.
    """
    arn = given["Arn"]
    every = (*account.users.values(), *account.groups.values(), *account.roles.values())
    identities: dict[str, Identity] = {one.arn: one for one in every}
    if arn not in identities:
        raise noted(NoSuchEntity(f"ARN {arn} is not found."), did_you_mean(arn, identities))
    for service in given["ServiceNamespaces"]:
        if not catalog.has(service):
            raise noted(
                InvalidInput(f"Service namespace {service} is not valid."),
                did_you_mean(service, catalog.services()),
            )
    return page(
        "PoliciesGrantingServiceAccess",
        given["ServiceNamespaces"],
        given,
        lambda service: {
            "ServiceNamespace": service,
            "Policies": policies_granting(identities[arn], service.lower()),
        },
    )


def grants(policy: Policy, service: str) -> bool:
    """Say whether some statement of a policy allows some action of a service.

    Parameters
    ----------
    service
        Its prefix: ``"s3"``.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers = Policy.parse({"Statement": {"Effect": "Allow", "Action": "s3:Get*",
    ...     "Resource": "*"}})
    >>> grants(readers, "s3"), grants(readers, "sqs")
    (True, False)
    """
    return any(
        name.startswith(f"{service}:")
        for statement in policy.statements
        if statement.effect == "Allow"
        for name in catalog.matched(statement)
    )


def policies_granting(identity: Identity, service: str) -> list[dict[str, Any]]:
    """List the policies of an identity that grant a service, a user's groups included."""
    found = [item for holder in with_groups(identity) for item in _granting(holder, service)]
    # A managed policy that is attached to several of them is one policy.
    return list({tuple(item.items()): item for item in found}.values())


def _granting(holder: Identity, service: str) -> Iterator[dict[str, Any]]:
    for name, policy in holder.inline.items():
        if grants(policy, service):
            yield {
                "PolicyName": name,
                "PolicyType": "INLINE",
                "EntityType": holder.kind.upper(),
                "EntityName": holder.name,
            }
    for arn in holder.attached:
        known = holder.account.policies.get(arn) or managed_policies.find(arn)
        if known is not None and grants(known.document, service):
            yield {"PolicyName": known.name, "PolicyType": "MANAGED", "PolicyArn": arn}
