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
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from iamlab.analysis.external_access import external_access, shared_resource
from iamlab.analysis.least_privilege import unused as unused_access
from iamlab.authorization.resource import find_resource
from iamlab.clients.access_analyzer import SERVICE, SOURCE, Invalid, check_values, does, named, page
from iamlab.errors import AwsError, RequestError, services
from iamlab.model.resources import BUCKET
from iamlab.operations.iam.common import filled
from iamlab.operations.registry import as_answer, nothing
from iamlab.operations.services import apis, names_and_tags
from iamlab.operations.services.cloudcontrol import OtherResource
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.policy.arn import Arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters, Perform

_TABLES: dict[str, Any] = tables(__file__)
_NAME = "[A-Za-z_][A-Za-z0-9_.-]{0,254}"


class ConflictError(AwsError, code="ConflictException", http_status=409):
    """An analyzer with that name already exists."""


# -- analyzers ------------------------------------------------------------------------------------


def _arn(account: Account, sent: Parameters) -> str:
    start = f"arn:{account.partition}:{SERVICE}:{names_and_tags.region_of(sent)}"
    named = f"{start}:{account.account_id}:analyzer/{sent.get('analyzerName')}"
    return str(sent.get("analyzerArn", named))


def _find(account: Account, sent: Parameters) -> OtherResource:
    found = account.resources.get(_arn(account, sent))
    if not isinstance(found, OtherResource):
        raise services.LambdaResourceNotFound(f"Could not find analyzer {_arn(account, sent)}.")
    return found


def _written(found: OtherResource) -> dict[str, Any]:
    """Return an analyzer with all its properties; clients get those that the API has."""
    own = json.loads(found.properties)
    known = {"arn": found.arn, "name": found.name, "status": "ACTIVE", "tags": dict(found.tags)}
    return {**own, **known, "createdAt": datetime.fromisoformat(own["createdAt"])}


@does("CreateAnalyzer", _arn)
def create_analyzer(account: Account, sent: Parameters) -> dict[str, Any]:
    """Create an analyzer."""
    check_values(sent, "type")
    if not re.fullmatch(_NAME, sent["analyzerName"]):
        raise names_and_tags.misfit(sent["analyzerName"], "analyzerName", _NAME)
    _check_type(account, sent["type"])
    wanted, (least, most) = {"unusedAccessAge": 90}, unused_access.AGES
    wanted |= sent.get("configuration", {}).get("unusedAccess", {})
    if "analysisRule" in wanted:
        raise RequestError("iamlab doesn't model the parameter analysisRule of CreateAnalyzer.")
    if not least <= wanted["unusedAccessAge"] <= most:
        raise Invalid(f"unusedAccessAge must be from {least} to {most}.")
    arn = _arn(account, sent)
    if arn in account.resources:
        raise ConflictError(f"Analyzer {sent['analyzerName']} already exists.")
    own = {"type": sent["type"], "createdAt": account.world.clock.now.isoformat(), "statuses": {}}
    own |= {"configuration": {"unusedAccess": wanted}} if "UNUSED" in sent["type"] else {}
    tags = names_and_tags.more_tags(sent, {}, Invalid)
    apis.keep(OtherResource(account, arn, tags, properties=json.dumps(own)))
    return {"arn": arn}


def _check_type(account: Account, kind: str) -> None:
    """Check that an account can have such an analyzer."""
    own, organization = account.account_id, account.organization
    if kind.endswith("INTERNAL_ACCESS"):
        raise RequestError("iamlab doesn't analyze internal access.")
    if kind.startswith("ORGANIZATION"):
        if organization is None or SOURCE not in organization.service_access:
            raise Invalid("Service not enabled for AWS Organizations")
        delegates = [key for key, held in organization.delegates.items() if SOURCE in held]
        if own not in (organization.management_account_id, *delegates):
            raise services.LambdaAccessDenied(f"Account {own} is not a delegated administrator")


does("GetAnalyzer", _arn, lambda found: {"analyzer": _written(found)})(_find)
does("DeleteAnalyzer", _arn, nothing)(lambda account, sent: apis.forget(_find(account, sent)))


@does("ListAnalyzers")
def list_analyzers(account: Account, sent: Parameters) -> dict[str, Any]:
    """List the analyzers of a Region; also only those of one type."""
    check_values(sent, "type")
    place = SERVICE, names_and_tags.region_of(sent)
    every = apis.all_of(account, OtherResource)
    written = (_written(each) for each in every if (each.service, each.region) == place)
    found = [each for each in written if sent.get("type") in (None, each["type"])]
    return page("analyzers", found, sent)


# -- findings -------------------------------------------------------------------------------------

IDENTIFYING = ("resource", "findingType", "key", "principal", "action", "condition", "sources")
"""The members that tell an analyzer's findings apart; the others can change."""

FORMS: Mapping[str, Callable[[Any], Any]] = {
    "its account": lambda found: Arn.parse(found.resource).account,
    "its actions": lambda found: list(found.actions),
    "its condition": lambda found: {key: ",".join(found.condition[key]) for key in found.condition},
    "its key": lambda found: next(iter(re.findall("AKIA[A-Z0-9]+", found.text)), None),
    "its principal": lambda found: dict(found.principal),
    "its type": lambda found: shared_resource.type_of(found.resource),
}
"""Name in the tables -> what it stands for; other names are attributes."""


def _external(analyzer: OtherResource, zone: str) -> Iterator[dict[str, Any]]:
    """Return what is known about external access to resources of the analyzer's Region."""
    for each in external_access.outside_access(analyzer.account.world, zone):
        arn, found = Arn.parse(each.resource), as_answer(_TABLES["external"], each, FORMS)
        known = find_resource(analyzer.account.world, arn, each.resource)
        source: dict[str, Any] = {"type": "BUCKET_ACL" if "/ACL " in each.statement else "POLICY"}
        if isinstance(known, AccessPoint):
            detail = {"accessPointArn": known.arn, "accessPointAccount": arn.account}
            source = {"type": "S3_ACCESS_POINT", "detail": detail}
            found |= {"resource": known.bucket_arn, "resourceType": BUCKET}
            found["resourceOwnerAccount"] = known.bucket_account_id
        if found["resourceType"] == BUCKET:
            found["sources"] = [source]
        if found["resourceType"] in _TABLES["resource_types"] and arn.region in (
            "",
            analyzer.region,
        ):
            yield {**found, "findingDetails": [{"externalAccessDetails": found}]}


def _unused(account: Account, zone: Collection[str], age: int) -> Iterator[dict[str, Any]]:
    """Return what is known about access that wasn't used for so many days."""
    for each in unused_access.unused(account.world, unused_access_age=age).findings:
        found = as_answer(_TABLES["unused"], each, FORMS)
        parts: dict[str, list[dict[str, str]]] = {service: [] for service in each.services}
        for action in each.actions:
            parts.setdefault(action.partition(":")[0], []).append({"action": action})
        details = [filled(serviceNamespace=name, actions=parts[name]) for name in parts]
        details = details or [filled(accessKeyId=found.get("key"), lastAccessed=each.last_accessed)]
        if found["resourceOwnerAccount"] in zone:
            name = _TABLES["details"][each.finding_type]
            yield {**found, "findingDetails": [{name: part} for part in details]}


def _findings(account: Account, sent: Parameters) -> list[dict[str, Any]]:
    """Return the findings of an analyzer.

    Each has all members that operations return; clients get those of the operation's model.
    """
    analyzer, organization = _find(account, sent), account.organization
    own, zone, accounts = _written(analyzer), account.account_id, {account.account_id}
    if own["type"].startswith("ORGANIZATION") and organization is not None:
        zone, accounts = organization.id, set(organization.members)
    made, found = _external(analyzer, zone), list[dict[str, Any]]()
    if age := own.get("configuration", {}).get("unusedAccess", {}).get("unusedAccessAge"):
        made = _unused(account, accounts, age)
    for each in made:
        content = json.dumps([analyzer.arn, *map(each.get, IDENTIFYING)])
        key = str(uuid5(NAMESPACE_URL, content))
        chosen, updated = own["statuses"].get(key, (each["status"], own["createdAt"].isoformat()))
        status = chosen if each["status"] == "ACTIVE" else each["status"]
        moments = {"createdAt": own["createdAt"], "analyzedAt": account.world.clock.now}
        moments["updatedAt"] = datetime.fromisoformat(updated)
        found.append({**each, "id": key, "status": status, **moments})
    return found


def _value(finding: Mapping[str, Any], key: str) -> str | None:
    """Return the value of a filter key; ``None`` without one."""
    name, _, part = key.partition(".")
    found = finding.get(name)
    found = found.get(part) if part and found is not None else found
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
    criteria, sort = sent.get("filter", {}), {"attributeName": "id", **sent.get("sort", {})}
    check_values(sort, "orderBy")
    for key in (*criteria, sort["attributeName"]):
        if not (key in _TABLES["filter_keys"] or key.startswith(("principal.", "condition."))):
            raise Invalid(f"Invalid filter key: {key}.")
    every = _findings(account, sent)
    found = [each for each in every if all(_fits(each, *item) for item in criteria.items())]
    found.sort(key=lambda each: _value(each, sort["attributeName"]) or "")
    return page("findings", found[::-1] if sort.get("orderBy") == "DESC" else found, sent)


def _one(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return a finding, with one page of its details."""
    found = named(_findings(account, sent), "id", sent["id"], services.LambdaResourceNotFound)
    return {**found, **page("findingDetails", found["findingDetails"], sent)}


def _of_external(perform: Perform, account: Account, sent: Parameters) -> Any:
    """Reject other analyzers, whose findings only the second version of an operation returns."""
    if "UNUSED" in _written(_find(account, sent))["type"]:
        raise Invalid("The operation is only for external access analyzers.")
    return perform(account, sent)


does("ListFindings", _arn)(partial(_of_external, _listed))
does("ListFindingsV2", _arn, action=f"{SERVICE}:ListFindings")(_listed)
does("GetFinding", _arn, lambda found: {"finding": found})(partial(_of_external, _one))
does("GetFindingV2", _arn, action=f"{SERVICE}:GetFinding")(_one)


@does("UpdateFindings", _arn, nothing)
def update_findings(account: Account, sent: Parameters) -> None:
    """Archive findings, or make them active again."""
    check_values(sent, "status")
    every, arn = _findings(account, sent), sent.get("resourceArn")
    found = [
        named(every, "id", key, services.LambdaResourceNotFound) for key in sent.get("ids", ())
    ]
    found += (each for each in every if each["resource"] == arn)
    if not found:
        raise Invalid("Pass the ids of findings, or the ARN of their resource.")
    analyzer, now = _find(account, sent), account.world.clock.now.isoformat()
    own = json.loads(analyzer.properties)
    own["statuses"] |= {each["id"]: (sent["status"], now) for each in found}
    analyzer.properties = json.dumps(own)
