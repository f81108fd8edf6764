"""Which table belongs to which value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.access_changes import AccessChanges
from iamlab.engine.decision import Decision
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.policy.document import Policy
from iamlab.view.tables import Table, matrix_table
from iamlab.view.tabular import access, accounts, policies, reports, requests, sessions
from iamlab.world.account import Account
from iamlab.world.audit.report import Audit
from iamlab.world.changes import WorldDiff
from iamlab.world.events.log import EventLog
from iamlab.world.identities import Identity
from iamlab.world.last_accessed.organizations import OrganizationsLastAccessed
from iamlab.world.last_accessed.report import LastAccessed
from iamlab.world.least_privilege import LeastPrivilege, Unused
from iamlab.world.organization import Organization
from iamlab.world.organization.levels import EffectivePolicies
from iamlab.world.outside_access import OutsideAccess
from iamlab.world.passwords import PasswordPolicy
from iamlab.world.policies import ManagedPolicy
from iamlab.world.reach.answers import Paths
from iamlab.world.reach.cutting import Cut
from iamlab.world.reach.paths import Path
from iamlab.world.reach.reach import Reach
from iamlab.world.reports import CredentialReport
from iamlab.world.resources import Resource
from iamlab.world.root import RootUser
from iamlab.world.security import SecurityStatus
from iamlab.world.sts.session import Session
from iamlab.world.sts.timeline import Timeline
from iamlab.world.summary import Summary
from iamlab.world.user_summary import UserSummary
from iamlab.world.what_can import WhatCan
from iamlab.world.who_can import WhoCan
from iamlab.world.world import World

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
    (Request, requests.request_table),
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
