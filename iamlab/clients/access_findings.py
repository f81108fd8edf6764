"""Analyzers of IAM Access Analyzer, and their findings about external and unused access.

An analyzer is a resource of its account, and its settings are its properties. Findings aren't
stored. They follow from the world at each call, and their ids from what identifies them. A finding
is as old as its analyzer, and is updated when its status is.

Notes
-----
AWS pages: "IAM Access Analyzer API Reference", of each operation; "IAM Access Analyzer filter
keys". AWS keeps findings whose access was removed, as ``RESOLVED``; here those are ``RESOLVED``
whose access something stops, such as a Deny. It is assumed that commas separate several values of a
condition key, and that unused actions have the prefix of their service. Archive rules, rules of an
analysis, internal access and the service-linked role aren't modelled. No finding says whether a
resource control policy could restrict it; AWS doesn't evaluate these policies either.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from iamlab.analysis.external_access import external_access, shared_resource
from iamlab.analysis.least_privilege import unused as unused_access
from iamlab.authorization.resource import find_resource
from iamlab.clients.access_analyzer import Invalid, check_values, does, named, page
from iamlab.errors import AwsError, RequestError, services
from iamlab.operations.registry import as_answer, as_it_is
from iamlab.operations.services import apis
from iamlab.operations.services.cloudcontrol import OtherResource
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.policy.arn import Arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters, Perform

_TABLES: dict[str, Any] = tables(__file__)
SOURCE = "access-analyzer.amazonaws.com"
"""The service principal of Access Analyzer."""


class ConflictError(AwsError, code="ConflictException", http_status=409):
    """An analyzer with that name already exists."""


# -- analyzers ------------------------------------------------------------------------------------

_API = apis.api_of("analyzer", apis.Api, taken=lambda arn: ConflictError(f"{arn} already exists."))


def _find(account: Account, sent: Parameters) -> OtherResource:
    arn = _API.arn_of(account, sent)
    found = account.resources.get(arn)
    if not isinstance(found, OtherResource):
        raise _API.absent(arn)
    return found


def _written(found: OtherResource) -> dict[str, Any]:
    """Return an analyzer with all its properties; clients get those that the API has."""
    own = json.loads(found.properties)
    known = {"arn": found.arn, "name": found.name, "status": "ACTIVE", "tags": dict(found.tags)}
    return {**own, **known, "createdAt": datetime.fromisoformat(own["createdAt"])}


@_API.does("CreateAnalyzer", as_it_is)
def create_analyzer(account: Account, sent: Parameters) -> dict[str, Any]:
    """Create an analyzer."""
    check_values(sent)
    kind, wanted = sent["type"], sent.get("configuration", {}).get("unusedAccess", {})
    if kind.endswith("INTERNAL_ACCESS") or "analysisRule" in wanted:
        raise RequestError("iamlab models neither internal access nor the rules of an analysis.")
    if kind.startswith("ORGANIZATION"):
        _check_administrator(account)
    (least, most), age = unused_access.AGES, wanted.get("unusedAccessAge", 90)
    if not least <= age <= most:
        raise Invalid(f"unusedAccessAge must be from {least} to {most}.")
    made = _API.new(OtherResource, account, sent)
    own = {"type": kind, "createdAt": account.world.clock.now.isoformat(), "statuses": {}}
    if "UNUSED" in kind:
        own["configuration"] = {"unusedAccess": {"unusedAccessAge": age}}
    made.properties = json.dumps(own)
    return {"arn": apis.keep(made).arn}


def _check_administrator(account: Account) -> None:
    """Check that an account can analyze its organization."""
    own, organization = account.account_id, account.organization
    if organization is None or SOURCE not in organization.service_access:
        raise Invalid("Service not enabled for AWS Organizations")
    is_delegate = SOURCE in organization.delegates.get(own, {})
    if not is_delegate and own != organization.management_account_id:
        raise services.LambdaAccessDenied(f"Account {own} is not a delegated administrator")


_API.does("GetAnalyzer", lambda found: {"analyzer": _written(found)})(_find)
_API.does("DeleteAnalyzer")(lambda account, sent: apis.forget(_find(account, sent)))


@does("access-analyzer:ListAnalyzers")
def list_analyzers(account: Account, sent: Parameters) -> dict[str, Any]:
    """List the analyzers of a Region; also only those of one type."""
    check_values(sent)
    start = _API.arn_of(account, sent)  # of the ARNs in the Region, since no name is sent
    every = (each for each in apis.all_of(account, OtherResource) if each.arn.startswith(start))
    found = [each for each in map(_written, every) if sent.get("type") in (None, each["type"])]
    return page("analyzers", found, sent)


# -- findings -------------------------------------------------------------------------------------

IDENTIFYING = ("resource", "findingType", "key", "principal", "action", "condition", "sources")
"""The members that tell an analyzer's findings apart; the others can change."""

FORMS: Mapping[str, Callable[[Any], Any]] = {
    "its account": lambda found: Arn.parse(found.resource).account,
    "its condition": lambda found: {key: ",".join(found.condition[key]) for key in found.condition},
    "its key": lambda found: next(iter(re.findall("AKIA[A-Z0-9]+", found.text)), None),
    "its type": lambda found: shared_resource.type_of(found.resource),
}
"""Name in the tables -> what it stands for; other names are attributes."""


def _external(analyzer: OtherResource, zone: str) -> Iterator[dict[str, Any]]:
    """Return what is known about external access to resources of the analyzer's Region."""
    for each in external_access.outside_access(analyzer.account.world, zone):
        arn, found = Arn.parse(each.resource), as_answer(_TABLES["external"], each, FORMS)
        known = find_resource(analyzer.account.world, arn, each.resource)
        if isinstance(known, AccessPoint):
            found |= as_answer(_TABLES["access_point"], known, FORMS)
        elif each.service == "s3":
            found["sources"] = [{"type": "BUCKET_ACL" if "/ACL " in each.statement else "POLICY"}]
        is_of_region = arn.region in ("", analyzer.region)
        if is_of_region and found["resourceType"] in _TABLES["resource_types"]:
            yield {**found, "findingDetails": [{"externalAccessDetails": found}]}


def _unused(analyzer: OtherResource, accounts: Collection[str]) -> Iterator[dict[str, Any]]:
    """Return what is known about access that accounts didn't use for as long as configured."""
    age = json.loads(analyzer.properties)["configuration"]["unusedAccess"]["unusedAccessAge"]
    for each in unused_access.unused(analyzer.account.world, unused_access_age=age).findings:
        found = as_answer(_TABLES["unused"], each, FORMS)
        details: list[Any] = [{"serviceNamespace": service} for service in each.services]
        for service, actions in groupby(each.actions, lambda action: action.partition(":")[0]):
            named_actions = [{"action": action} for action in actions]
            details.append({"serviceNamespace": service, "actions": named_actions})
        details = details or [as_answer(_TABLES["credential"], each, FORMS) or {}]
        if found["resourceOwnerAccount"] in accounts:
            name = _TABLES["details"][each.finding_type]
            yield {**found, "findingDetails": [{name: part} for part in details]}


def _findings(account: Account, sent: Parameters) -> Iterator[dict[str, Any]]:
    """Return the findings of an analyzer.

    Each has all members that operations return; clients get those of the operation's model.
    """
    analyzer, organization = _find(account, sent), account.organization
    own, zone, accounts = _written(analyzer), account.account_id, {account.account_id}
    if own["type"].startswith("ORGANIZATION") and organization is not None:
        zone, accounts = organization.id, {*organization.members}
    is_unused = "UNUSED" in own["type"]
    for each in _unused(analyzer, accounts) if is_unused else _external(analyzer, zone):
        key = str(uuid5(NAMESPACE_URL, json.dumps([own["arn"], *map(each.get, IDENTIFYING)])))
        chosen, updated = own["statuses"].get(key, ("ACTIVE", own["createdAt"].isoformat()))
        moments = {"createdAt": own["createdAt"], "analyzedAt": account.world.clock.now}
        moments["updatedAt"] = datetime.fromisoformat(updated)
        status = chosen if each["status"] == "ACTIVE" else each["status"]
        yield {**each, "id": key, "status": status, **moments}


def _value(finding: Mapping[str, Any], key: str) -> str | None:
    """Return the value of a filter key; ``None`` without one."""
    name, _, part = key.partition(".")
    found = finding.get(name, {}).get(part) if part else finding.get(name)
    return found if found is None or isinstance(found, str) else json.dumps(found, default=str)


def _fits(finding: Mapping[str, Any], key: str, test: Mapping[str, Any]) -> bool:
    """Return whether a finding fits a criterion of a filter."""
    value = _value(finding, key)
    return (
        test.get("exists", value is not None) is (value is not None)
        and value in test.get("eq", (value,))
        and value not in test.get("neq", ())
        and any(part in (value or "") for part in test.get("contains", ("",)))
    )


def _listed(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return the findings of an analyzer that fit a filter, sorted."""
    criteria, order = sent.get("filter", {}), {"attributeName": "id", **sent.get("sort", {})}
    check_values(order)
    for key in (*criteria, order["attributeName"]):
        if not (key in _TABLES["filter_keys"] or key.startswith(("principal.", "condition."))):
            raise Invalid(f"Invalid filter key: {key}.")
    every = _findings(account, sent)
    found = [each for each in every if all(_fits(each, *item) for item in criteria.items())]
    found.sort(key=lambda each: _value(each, order["attributeName"]) or "")
    return page("findings", found[::-1] if order.get("orderBy") == "DESC" else found, sent)


def _one(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return a finding, with one page of its details."""
    found = named(_findings(account, sent), "id", sent["id"], services.LambdaResourceNotFound)
    return {**found, **page("findingDetails", found["findingDetails"], sent)}


def _of_external(perform: Perform, account: Account, sent: Parameters) -> Any:
    """Reject other analyzers, whose findings only the second version of an operation returns."""
    if "UNUSED" in _written(_find(account, sent))["type"]:
        raise Invalid("The operation is only for external access analyzers.")
    return perform(account, sent)


_API.does("ListFindings", as_it_is)(partial(_of_external, _listed))
_API.does("ListFindingsV2", as_it_is, action="access-analyzer:ListFindings")(_listed)
_API.does("GetFinding", lambda found: {"finding": found})(partial(_of_external, _one))
_API.does("GetFindingV2", as_it_is, action="access-analyzer:GetFinding")(_one)


@_API.does("UpdateFindings")
def update_findings(account: Account, sent: Parameters) -> None:
    """Archive findings, or make them active again."""
    check_values(sent)
    every, absent = [*_findings(account, sent)], services.LambdaResourceNotFound
    found = [named(every, "id", key, absent) for key in sent.get("ids", ())]
    found += (each for each in every if each["resource"] == sent.get("resourceArn"))
    if not found:
        raise Invalid("Pass the ids of findings, or the ARN of their resource.")
    analyzer, now = _find(account, sent), account.world.clock.now.isoformat()
    own = json.loads(analyzer.properties)
    own["statuses"] |= {each["id"]: (sent["status"], now) for each in found}
    analyzer.properties = json.dumps(own)
