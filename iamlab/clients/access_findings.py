"""Analyzers of IAM Access Analyzer, and their findings about external and unused access.

An analyzer is a resource of its account, and its settings are its properties. Findings aren't
stored. They follow from the world at each call, and their ids from their content. A finding is as
old as its analyzer, and is updated when its status is.

Notes
-----
AWS pages: "IAM Access Analyzer API Reference", of each operation and of ExternalAccessDetails; "IAM
Access Analyzer filter keys"; "Archive rules". AWS keeps findings whose access was removed, as
``RESOLVED``; here those are ``RESOLVED`` whose access something stops, such as a Deny. It is
assumed that commas separate several values of a condition key, and that unused actions have the
prefix of their service. Internal access isn't analyzed, and the service-linked role isn't created.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from iamlab.analysis.external_access.external_access import outside_access
from iamlab.analysis.external_access.shared_resource import type_of
from iamlab.analysis.least_privilege.unused import AGES, UNUSED_ACCESS_AGE, unused
from iamlab.analysis.least_privilege.used_permissions import find_by_name
from iamlab.authorization.resource import find_resource, resource_context
from iamlab.clients.access_analyzer import SERVICE, SOURCE, check_values, does, page
from iamlab.errors import AwsError, RequestError
from iamlab.errors.services import LambdaAccessDenied, LambdaResourceNotFound, ValidationException
from iamlab.model.resources import BUCKET
from iamlab.operations.iam.common import filled
from iamlab.operations.registry import nothing
from iamlab.operations.services.apis import all_of, forget, keep
from iamlab.operations.services.cloudcontrol import OtherResource
from iamlab.operations.services.names_and_tags import misfit, more_tags, region_of
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.policy.arn import RCP_SERVICES, Arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from iamlab.analysis.least_privilege.unused import UnusedFinding
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.registry import Parameters, Perform

    Details = list[dict[str, Any]]
    Found = tuple[str, str, str, str, Details]

_TABLES: dict[str, Any] = tables(__file__)
_DETAILS: Mapping[str, str] = _TABLES["details"]
_NAME = "[A-Za-z_][A-Za-z0-9_.-]{0,254}"
EXTERNAL = "ExternalAccess"
IDENTIFYING = ("accessKeyId", "principal", "action", "condition", "sources")
"""Details that tell findings about one resource apart; another detail can change."""


class ConflictError(AwsError, code="ConflictException", http_status=409):
    """An analyzer with that name already exists."""


# -- analyzers ------------------------------------------------------------------------------------


def _arn(account: Account, sent: Parameters) -> str:
    start = f"arn:{account.partition}:{SERVICE}:{region_of(sent)}:{account.account_id}"
    return str(sent.get("analyzerArn", f"{start}:analyzer/{sent.get('analyzerName')}"))


def _find(account: Account, sent: Parameters) -> tuple[OtherResource, dict[str, Any]]:
    """Find an analyzer, and read its properties."""
    found = account.resources.get(_arn(account, sent))
    if not isinstance(found, OtherResource):
        raise LambdaResourceNotFound(f"Could not find analyzer {_arn(account, sent)}.")
    return found, json.loads(found.properties)


def _written(found: OtherResource) -> dict[str, Any]:
    own = json.loads(found.properties)
    created = datetime.fromisoformat(own["createdAt"])
    known = {"arn": found.arn, "name": found.name, "type": own["type"], "createdAt": created}
    more = filled(tags=dict(found.tags), configuration=own["configuration"])
    return {**known, "status": "ACTIVE", **more}


@does("CreateAnalyzer", _arn)
def create_analyzer(account: Account, sent: Parameters) -> dict[str, Any]:
    """Create an analyzer."""
    check_values(sent, "type")
    if not re.fullmatch(_NAME, sent["analyzerName"]):
        raise misfit(sent["analyzerName"], "analyzerName", _NAME)
    _check_type(account, sent["type"])
    rules = [rule.get("filter", {}) for rule in sent.get("archiveRules", ())]
    for rule in rules:
        _check_filter(rule)
    configuration, (least, most) = sent.get("configuration", {}), AGES
    age = configuration.get("unusedAccess", {}).get("unusedAccessAge", UNUSED_ACCESS_AGE)
    if not least <= age <= most:
        raise ValidationException(f"unusedAccessAge must be from {least} to {most}.")
    arn = _arn(account, sent)
    if arn in account.resources:
        raise ConflictError(f"Analyzer {sent['analyzerName']} already exists.")
    created = account.world.clock.now.isoformat()
    own = {"type": sent["type"], "createdAt": created, "configuration": configuration, "age": age}
    text = json.dumps({**own, "archiveRules": rules, "statuses": {}})
    keep(OtherResource(account, arn, more_tags(sent, {}, ValidationException), properties=text))
    return {"arn": arn}


def _check_type(account: Account, kind: str) -> None:
    """Check that an account can have such an analyzer."""
    if kind.endswith("INTERNAL_ACCESS"):
        raise RequestError("iamlab doesn't analyze internal access.")
    organization, account_id = account.organization, account.account_id
    if not kind.startswith("ORGANIZATION"):
        return
    if organization is None or SOURCE not in organization.service_access:
        raise ValidationException("Service not enabled for AWS Organizations")
    is_delegate = SOURCE in organization.delegates.get(account_id, {})
    if account_id != organization.management_account_id and not is_delegate:
        raise LambdaAccessDenied(f"Account {account_id} is not a delegated administrator")


does("GetAnalyzer", _arn, lambda found: {"analyzer": _written(found[0])})(_find)
does("DeleteAnalyzer", _arn, nothing)(lambda account, sent: forget(_find(account, sent)[0]))


@does("ListAnalyzers")
def list_analyzers(account: Account, sent: Parameters) -> dict[str, Any]:
    """List the analyzers of a Region; also only those of one type."""
    check_values(sent, "type")
    every, place = all_of(account, OtherResource), (SERVICE, region_of(sent))
    written = (_written(each) for each in every if (each.service, each.region) == place)
    found = [each for each in written if sent.get("type") in (None, each["type"])]
    return page("analyzers", found, sent)


# -- findings -------------------------------------------------------------------------------------


def _value(finding: Mapping[str, Any], key: str) -> str | None:
    """Return the value of a filter key; ``None`` without one."""
    name, _, part = key.partition(".")
    found = finding.get(name)
    found = found.get(part) if part and found is not None else found
    shown = str(found).lower() if isinstance(found, bool) else str(found)
    return None if found is None else shown


def _fits(finding: Mapping[str, Any], criteria: Mapping[str, Mapping[str, Any]]) -> bool:
    """Return whether a finding fits all criteria of a filter."""
    return all(
        test.get("exists", value is not None) is (value is not None)
        and value in test.get("eq", (value,))
        and value not in test.get("neq", ())
        and any(part in (value or "") for part in test.get("contains", ("",)))
        for test, value in ((test, _value(finding, key)) for key, test in criteria.items())
    )


def _check_filter(keys: Collection[str]) -> None:
    for key in keys:
        if not (key in _TABLES["filter_keys"] or key.startswith(("principal.", "condition."))):
            raise ValidationException(f"Invalid filter key: {key}.")


def _findings(account: Account, sent: Parameters) -> dict[str, dict[str, Any]]:
    """Return the findings of an analyzer by their ids.

    Each has all members that operations return; clients get those of the operation's model.
    """
    analyzer, own = _find(account, sent)
    zone, accounts = account.account_id, {account.account_id}
    if own["type"].startswith("ORGANIZATION") and account.organization is not None:
        zone, accounts = account.organization.id, set(account.organization.members)
    is_unused = own["type"].endswith("UNUSED_ACCESS")
    made = _unused(account.world, own, accounts) if is_unused else _external(analyzer, zone)
    found: dict[str, dict[str, Any]] = {}
    for resource, owner, status, kind, details in made:
        first: dict[str, Any] = details[0][_DETAILS[kind]]
        content = [analyzer.arn, resource, kind, *map(first.get, IDENTIFYING)]
        finding_id = str(uuid5(NAMESPACE_URL, json.dumps(content)))
        chosen, updated = own["statuses"].get(finding_id, ("", own["createdAt"]))
        finding = found[finding_id] = {
            **({} if is_unused else first),
            "id": finding_id,
            "resource": resource,
            "resourceType": type_of(resource),
            "resourceOwnerAccount": owner,
            "status": status,
            "findingType": kind,
            "createdAt": datetime.fromisoformat(own["createdAt"]),
            "analyzedAt": account.world.clock.now,
            "updatedAt": datetime.fromisoformat(updated),
            "findingDetails": details,
        }
        if status == "ACTIVE":
            is_archived = any(_fits(finding, rule) for rule in own["archiveRules"])
            finding["status"] = chosen or ("ARCHIVED" if is_archived else status)
    return found


def _external(analyzer: OtherResource, zone: str) -> Iterator[Found]:
    """Return the findings about external access, to resources of the analyzer's Region."""
    world = analyzer.account.world
    for each in outside_access(world, zone):
        resource, owner, arn = each.resource, each.owner, Arn.parse(each.resource)
        known = find_resource(world, arn, resource)
        source: dict[str, Any] = {"type": "BUCKET_ACL" if "/ACL " in each.statement else "POLICY"}
        if isinstance(known, AccessPoint):
            detail = {"accessPointArn": known.arn, "accessPointAccount": arn.account}
            source = {"type": "S3_ACCESS_POINT", "detail": detail}
            resource, owner = known.bucket_arn, known.bucket_account_id
        kind, condition = type_of(resource), each.condition.items()
        if kind in _TABLES["resource_types"] and arn.region in ("", analyzer.region):
            details = {
                "action": list(each.actions),
                "condition": {key: ",".join(values) for key, values in condition},
                "isPublic": each.is_public,
                "principal": dict(each.principal),
                "resourceControlPolicyRestriction": _restriction(world, each.resource, owner),
                **filled(sources=[source] if kind == BUCKET else []),
            }
            yield resource, owner, each.status, EXTERNAL, [{_DETAILS[EXTERNAL]: details}]


def _restriction(world: World, resource: str, owner: str) -> str:
    """Return whether there is a resource control policy; Access Analyzer doesn't evaluate it."""
    service = "sts" if ":iam:" in resource else Arn.parse(resource).service
    levels = resource_context(world, resource, f"{service}:Any", owner).rcps
    arns = [policy.arn or "" for level in levels for policy in level]
    is_there = service in RCP_SERVICES and any(":aws:policy/" not in arn for arn in arns)
    return "APPLICABLE" if is_there else "NOT_APPLICABLE"


def _unused(world: World, own: Mapping[str, Any], accounts: Collection[str]) -> Iterator[Found]:
    """Return the findings about unused access, without those that the configuration excludes."""
    rule = own["configuration"].get("unusedAccess", {}).get("analysisRule", {})
    for each in unused(world, unused_access_age=own["age"]).findings:
        owner = Arn.parse(each.resource).account
        tags = getattr(find_by_name(world, each.resource), "tags", {}).items()
        is_excluded = any(
            owner in part.get("accountIds", (owner,))
            and any(wanted.items() <= tags for wanted in part.get("resourceTags", ({},)))
            for part in rule.get("exclusions", ())
        )
        if owner in accounts and not is_excluded:
            yield each.resource, owner, "ACTIVE", each.finding_type, _details(each)


def _details(found: UnusedFinding) -> Details:
    name = _DETAILS[found.finding_type]
    if found.finding_type != "UnusedPermission":
        key = re.search("AKIA[A-Z0-9]+", found.text)
        return [{name: filled(accessKeyId=key and key[0], lastAccessed=found.last_accessed)}]
    services: dict[str, Details] = {service: [] for service in found.services}
    for action in found.actions:
        services.setdefault(action.partition(":")[0], []).append({"action": action})
    every = services.items()
    return [{name: {"serviceNamespace": service, **filled(actions=own)}} for service, own in every]


# -- operations for findings ----------------------------------------------------------------------


def _named(every: Mapping[str, dict[str, Any]], finding_id: str) -> dict[str, Any]:
    if finding_id not in every:
        raise LambdaResourceNotFound(f"Could not find finding {finding_id}.")
    return every[finding_id]


def _listed(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return the findings of an analyzer that fit a filter, sorted."""
    criteria, sort = sent.get("filter", {}), sent.get("sort", {})
    check_values(sort, "orderBy")
    by = sort.get("attributeName", "id")
    _check_filter((*criteria, by))
    found = [each for each in _findings(account, sent).values() if _fits(each, criteria)]
    found.sort(key=lambda each: _value(each, by) or "", reverse=sort.get("orderBy") == "DESC")
    return page("findings", found, sent)


def _one(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return a finding, with one page of its details."""
    found = _named(_findings(account, sent), sent["id"])
    return {**found, **page("findingDetails", found["findingDetails"], sent)}


def _external_only(perform: Perform) -> Perform:
    """Reject other analyzers, whose findings only the second version of an operation returns."""

    def work(account: Account, sent: Parameters) -> Any:
        if _find(account, sent)[1]["type"].endswith("UNUSED_ACCESS"):
            raise ValidationException("The operation is only for external access analyzers.")
        return perform(account, sent)

    return work


does("ListFindings", _arn)(_external_only(_listed))
does("ListFindingsV2", _arn, action=f"{SERVICE}:ListFindings")(_listed)
does("GetFinding", _arn, lambda found: {"finding": found})(_external_only(_one))
does("GetFindingV2", _arn, action=f"{SERVICE}:GetFinding")(_one)


@does("UpdateFindings", _arn, nothing)
def update_findings(account: Account, sent: Parameters) -> None:
    """Archive findings, or make them active again."""
    check_values(sent, "status")
    every, arn = _findings(account, sent), sent.get("resourceArn")
    ids = [*sent.get("ids", ()), *(key for key in every if every[key]["resource"] == arn)]
    if not ids:
        raise ValidationException("Pass the ids of findings, or the ARN of their resource.")
    for finding_id in ids:
        _named(every, finding_id)
    (analyzer, own), now = _find(account, sent), account.world.clock.now.isoformat()
    own["statuses"] |= dict.fromkeys(ids, (sent["status"], now))
    analyzer.properties = json.dumps(own)
