"""The read-only operations of AWS Organizations, and the form of parts in responses.

Responses are dicts with AWS's names, like those of real clients. Lists have pages.

Notes
-----
AWS page: "AWS Organizations API Reference": the operations that begin with Describe and List, and
"Data Types".
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors.organizations import AccountNotRegisteredException, InvalidInputException
from iamlab.model.organization.policies import SCP, of_type
from iamlab.operations.iam.common import filled, write_tags
from iamlab.operations.organizations import lookup
from iamlab.operations.organizations.calls import anything, operation
from iamlab.operations.registry import as_answer, as_it_is, page_of
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.organization import targets as records
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.policies import OrganizationPolicy
    from iamlab.operations.registry import About, Parameters, Perform

PAGE = 20
NOT_REGISTERED = (
    "The provided account is not a registered delegated administrator for your organization."
)
_FEATURES = {"ALL": "FULL", "CONSOLIDATED_BILLING": "CONSOLIDATED_BILLING"}
"""The name of the feature set in an invitation."""


def _enabled(types: list[str]) -> list[dict[str, str]]:
    return [{"Type": name, "Status": "ENABLED"} for name in types]


def _resource(kind: str, attribute: str, handshake: records.Handshake) -> dict[str, str] | None:
    """Return what a handshake says about something, if it says anything."""
    value = getattr(handshake, attribute)
    return {"Type": kind, "Value": value} if value else None


FORMS: dict[str, Callable[[Any], Any]] = {
    # AWS lists only SCPs as available, whatever is enabled.
    "available policy types": lambda part: _enabled([SCP] if part.feature_set == "ALL" else []),
    "enabled policy types": lambda part: _enabled(part.policy_types),
    "management arn": lambda part: part.members[part.management_account_id].arn,
    "delegation date": lambda part: min(
        filter(None, part.organization.delegates[part.id].values()), default=None
    ),
    "features": lambda invitation: _FEATURES[invitation.organization.feature_set],
    "its description": lambda part: part.description,
    "its notes": partial(_resource, "NOTES", "notes"),
    "its parent": partial(_resource, "PARENT_HANDSHAKE", "parent_id"),
    "its target": lambda part: _resource(part.target_type, "target_id", part),
    "other party": lambda part: (
        {"Id": part.target_id, "Type": part.target_type} if part.target_id else None
    ),
    "itself": dict,
    "paths": lambda part: [f"{part.organization.path_of(part.id)}{part.id}/"],
}
"""Name in a table -> what it stands for; other names are of ``reads.toml``, or attributes."""

FORMS |= {name: partial(as_answer, form, named=FORMS) for name, form in tables(__file__).items()}


def services(
    since: dict[str, datetime | None], when: str = "DelegationEnabledDate"
) -> list[dict[str, Any]]:
    """Return services with the time since which they are enabled, under the name ``when``."""
    return [{"ServicePrincipal": name, **filled(**{when: date})} for name, date in since.items()]


AS_ORGANIZATION = partial(as_answer, {"Organization": "organization"}, named=FORMS)
AS_ROOT = partial(as_answer, {"Root": "root"}, named=FORMS)
AS_UNIT = partial(as_answer, {"OrganizationalUnit": "unit"}, named=FORMS)
AS_ACCOUNT = partial(as_answer, {"Account": "account"}, named=FORMS)
AS_REQUEST = partial(as_answer, {"CreateAccountStatus": "request"}, named=FORMS)
AS_POLICY = partial(as_answer, {"Policy": "policy"}, named=FORMS)
AS_RESOURCE_POLICY = partial(as_answer, {"ResourcePolicy": "resource_policy"}, named=FORMS)
AS_HANDSHAKE = partial(as_answer, {"Handshake": "handshake"}, named=FORMS)


def lists(
    name: str, noun: str, form: str, about: str | About = anything
) -> Callable[[Perform], Perform]:
    """Register a function that finds parts as an operation that lists them in pages.

    Parameters
    ----------
    noun, form
        The name of the list in the response, and the form of a part.
    """

    def make(find: Perform) -> Perform:
        def perform(place: Any, arguments: Parameters) -> dict[str, Any]:
            parts = [FORMS[form](part) for part in find(place, arguments)]
            token, most = arguments.get("NextToken", "0"), arguments.get("MaxResults", PAGE)
            refusal = InvalidInputException("You specified an invalid value.", "INVALID_NEXT_TOKEN")
            return page_of(noun, parts, token, most, refusal)

        operation(name, about, as_it_is)(perform)
        return find

    return make


operation("DescribeOrganization", answer=AS_ORGANIZATION)(lambda place, _: place)
operation("DescribeAccount", "AccountId", AS_ACCOUNT)(lookup.member_of)
operation("DescribeCreateAccountStatus", answer=AS_REQUEST)(lookup.request_in)
operation("DescribeHandshake", lookup.about_handshake, AS_HANDSHAKE)(lookup.handshake_in)
operation("DescribeOrganizationalUnit", "OrganizationalUnitId", AS_UNIT)(lookup.unit_of)
operation("DescribePolicy", "PolicyId", AS_POLICY)(lookup.policy_in)

operation("DescribeResourcePolicy", answer=AS_RESOURCE_POLICY)(lookup.resource_policy_in)

lists("ListRoots", "Roots", "root")(lambda place, _: [place.root])
lists("ListAccounts", "Accounts", "account")(lambda place, _: place.members.values())
lists("ListAccountsForParent", "Accounts", "account", "ParentId")(
    lambda place, arguments: lookup.parent_of(place, arguments).members
)
lists("ListOrganizationalUnitsForParent", "OrganizationalUnits", "unit", "ParentId")(
    lambda place, arguments: lookup.parent_of(place, arguments).organizational_units
)
lists("ListTargetsForPolicy", "Targets", "target", "PolicyId")(
    lambda place, arguments: lookup.policy_in(place, arguments).targets
)
lists("ListTagsForResource", "Tags", "itself", "ResourceId")(
    lambda place, arguments: write_tags(lookup.tagged_in(place, arguments).tags)
)
lists("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals", "itself")(
    lambda place, _: services(place.service_access, "DateEnabled")
)
lists("ListHandshakesForOrganization", "Handshakes", "handshake")(
    lambda place, arguments: _chosen(place.handshakes.values(), arguments)
)


def _chosen(every: Iterable[records.Handshake], arguments: Parameters) -> list[records.Handshake]:
    """Filter by kind, or by the handshake to which others belong."""
    wanted = arguments.get("Filter", {})
    kind, parent = wanted.get("ActionType"), wanted.get("ParentHandshakeId")
    return [
        each for each in every if kind in (None, each.action) and parent in (None, each.parent_id)
    ]


@lists("ListHandshakesForAccount", "Handshakes", "handshake")
def list_handshakes_for_account(account: Account, arguments: Parameters) -> list[records.Handshake]:
    """List the invitations that an account received."""
    every = lookup.handshakes_of(account).values()
    return _chosen((handshake for handshake in every if handshake.is_for(account)), arguments)


@lists("ListChildren", "Children", "child", "ParentId")
def list_children(
    organization: Organization, arguments: Parameters
) -> Iterable[records.Container | records.Member]:
    """List the accounts, or the OUs, directly below a root or an OU."""
    parent = lookup.parent_of(organization, arguments)
    return parent.members if arguments["ChildType"] == "ACCOUNT" else parent.organizational_units


@lists("ListParents", "Parents", "child", "ChildId")
def list_parents(organization: Organization, arguments: Parameters) -> list[records.Container]:
    """List the parent of an account or an OU."""
    units, members = organization.organizational_units, organization.members
    below: dict[str, records.OrganizationalUnit | records.Member] = {**units, **members}
    child = lookup.found(below, "child", arguments["ChildId"])
    return [lookup.parent_of(organization, {"ParentId": child.parent_id})]


@lists("ListCreateAccountStatus", "CreateAccountStatuses", "request")
def list_create_account_status(
    organization: Organization, arguments: Parameters
) -> list[records.AccountRequest]:
    """List the requests for accounts with their status."""
    states = arguments.get("States") or ("SUCCEEDED", "FAILED")
    return [request for request in organization.requests.values() if request.state in states]


@lists("ListDelegatedAdministrators", "DelegatedAdministrators", "delegate")
def list_delegated_administrators(
    organization: Organization, arguments: Parameters
) -> list[records.Member]:
    """List the delegated administrators, of one service or of all."""
    wanted, every = arguments.get("ServicePrincipal"), organization.delegates.items()
    keys = [key for key, administered in every if wanted is None or wanted in administered]
    return [organization.members[key] for key in keys]


@lists("ListDelegatedServicesForAccount", "DelegatedServices", "itself", "AccountId")
def list_delegated_services(
    organization: Organization, arguments: Parameters
) -> list[dict[str, Any]]:
    """List the services that an account administers."""
    member = lookup.member_of(organization, arguments)
    if member.id not in organization.delegates:
        raise AccountNotRegisteredException(NOT_REGISTERED)
    return services(organization.delegates[member.id])


@lists("ListPolicies", "Policies", "policy_summary")
def list_policies(organization: Organization, arguments: Parameters) -> list[OrganizationPolicy]:
    """List the policies of a type, AWS's own included."""
    wanted = arguments["Filter"]
    return [policy for policy in organization.policies.values() if policy.type == wanted]


@lists("ListPoliciesForTarget", "Policies", "policy_summary", "TargetId")
def list_policies_for_target(
    organization: Organization, arguments: Parameters
) -> list[OrganizationPolicy]:
    """List the policies of a type that are attached to a root, an OU or an account itself."""
    keys = of_type(organization, lookup.target_in(organization, arguments), arguments["Filter"])
    return [organization.policies[key] for key in keys]
