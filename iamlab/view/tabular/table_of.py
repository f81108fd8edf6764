"""Which table belongs to which value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.analysis.account_reports import Summary, UserSummary
from iamlab.analysis.audit.audit import Audit
from iamlab.analysis.credential_report import CredentialReport
from iamlab.analysis.credential_timeline.timeline import Timeline
from iamlab.analysis.external_access.findings import OutsideAccess
from iamlab.analysis.last_accessed.organizations import OrganizationsLastAccessed
from iamlab.analysis.last_accessed.report import LastAccessed
from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege
from iamlab.analysis.least_privilege.unused import Unused
from iamlab.analysis.privilege_escalation.cut import Cut
from iamlab.analysis.privilege_escalation.paths import Path, Paths
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.analysis.security_status import SecurityStatus
from iamlab.analysis.what_can.what_can import WhatCan
from iamlab.analysis.who_can import WhoCan
from iamlab.analysis.world_diff.world_diff import WorldDiff
from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.decision import Decision
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.model.account import Account
from iamlab.model.console_access import PasswordPolicy
from iamlab.model.event import EventLog
from iamlab.model.identities import Identity, RootUser
from iamlab.model.managed_policies import ManagedPolicy
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import EffectivePolicies
from iamlab.model.resources import Resource
from iamlab.model.world import World
from iamlab.operations.sts.session import Session
from iamlab.policy.document import Policy
from iamlab.view.tables import Table, matrix_table
from iamlab.view.tabular import access, accounts, policies, reports, sessions

if TYPE_CHECKING:
    from collections.abc import Callable


def table_of(value: object) -> Table:
    """Give the table of a value.

    Raises
    ------
    RequestError
        There is none.

    Examples
    --------
    >>> from iamlab import Policy
    >>> print(table_of(Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*", name="readers")))
    Statements of readers
    Statement  Effect   Action        Resource
    ─────────  ───────  ────────────  ────────────────────────
    #1         ✓ Allow  s3:GetObject  arn:aws:s3:::star-maps/*
    """
    for kind, write in _TABLES:
        if isinstance(value, kind):
            return write(value)
    raise RequestError(f"There is neither a picture nor a table of {type(value).__name__}.")


def _diff(diff: WorldDiff) -> Table:
    try:
        return access.diff_table(diff)
    except RequestError:  # it comes from a file, without its worlds
        return access.edits_table(diff)


_TABLES: tuple[tuple[type, Callable[[Any], Table]], ...] = (
    (Policy, policies.policy_table),
    (Decision, policies.decision_table),
    (Request, policies.request_table),
    (EffectivePolicies, policies.effective_policies_table),
    (ManagedPolicy, policies.managed_policy_table),
    (Resource, policies.resource_table),
    (World, accounts.world_table),
    (Account, accounts.account_table),
    (Identity, accounts.identity_table),
    (RootUser, accounts.root_table),
    (Organization, accounts.organization_table),
    (Session, sessions.session_table),
    (Timeline, sessions.timeline_table),
    (AccessMatrix, matrix_table),
    (AccessChanges, access.changes_table),
    (WorldDiff, _diff),
    (WhoCan, access.who_can_table),
    (WhatCan, access.what_can_table),
    (OutsideAccess, access.outside_access_table),
    (Paths, access.paths_table),
    (Path, access.path_table),
    (Cut, access.cut_table),
    (Reach, access.reach_table),
    (EventLog, access.events_table),
    (CredentialReport, reports.credential_report_table),
    (Summary, reports.summary_table),
    (SecurityStatus, reports.security_status_table),
    (Audit, reports.audit_table),
    (UserSummary, reports.user_summary_table),
    (PasswordPolicy, reports.password_policy_table),
    (LastAccessed, reports.last_accessed_table),
    (OrganizationsLastAccessed, reports.last_accessed_table),
    (LeastPrivilege, reports.least_privilege_table),
    (Unused, reports.unused_table),
)
