"""IAM Access Analyzer about policies: validation, custom policy checks, and generated policies.

``ValidatePolicy`` returns the findings with codes of Access Analyzer, and their places in the text.
Their sentences are iamlab's own, in English. Requests for generated policies aren't stored: the log
has an event of each, and is read when a client asks for the policy. So a request is done at once.
Trails aren't modelled: a generated policy is about all management events of the account, and has
the actions of all services.

Notes
-----
AWS pages: "IAM Access Analyzer API Reference", of each operation; "IAM Access Analyzer policy check
reference", for the links; "IAM Access Analyzer policy generation"; "IAM Access Analyzer quotas".
The examples in the AWS CLI Command Reference show positions (lines count from 1, columns and
offsets from 0), that a policy with only actions of STS is checked as a trust policy, and the form
of generated policies. The pages don't say which code the custom checks answer to a document that
they can't read; ``InvalidParameterException`` is assumed.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.analysis import event_search, policy_checks
from iamlab.analysis.least_privilege.used_permissions import find_by_name
from iamlab.analysis.policy_simulator.policies import end_of, position
from iamlab.analysis.trails.uses import uses_of
from iamlab.errors import AwsError, PolicyError, RequestError, noted, services
from iamlab.operations.api_models import python_name
from iamlab.operations.iam.common import filled
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.registry import as_answer, as_it_is, nothing, operation, page_of
from iamlab.operations.services.names_and_tags import everything, region_of
from iamlab.policy import catalog, json_text, lint
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.model.account import Account
    from iamlab.model.event import Event
    from iamlab.operations.registry import Parameters

Invalid = services.ValidationException
_TABLES: dict[str, Any] = tables(__file__)

does = partial(operation, on=everything, answer=as_it_is, refuse=services.LambdaAccessDenied)
"""Registers an operation of Access Analyzer; ``on`` returns the ARN of its resource."""


def check_values(sent: Parameters) -> None:
    """Reject a value that isn't one of those that AWS accepts."""
    for name, allowed in _TABLES["allowed"].items():
        if sent.get(name, allowed[0]) not in allowed:
            raise unlisted(sent[name], name, allowed)


def page(name: str, items: list[Any], sent: Parameters) -> dict[str, Any]:
    """Return one page of a list.

    Raises
    ------
    ValidationException
        ``nextToken`` or ``maxResults`` isn't valid.

    Examples
    --------
    >>> page("findings", ["a", "b", "c"], {"maxResults": 2})
    {'findings': ['a', 'b'], 'nextToken': '2'}
    """
    token, most = sent.get("nextToken", "0"), sent.get("maxResults", 100)
    refusal = Invalid("The value of nextToken or maxResults isn't valid.")
    return page_of(name, items, token, most, refusal, "nextToken")


def named(items: Iterable[dict[str, Any]], name: str, wanted: str, absent: type[AwsError]) -> Any:
    """Return the item whose member ``name`` has a value; ``absent`` is the error without one."""
    for item in items:
        if item[name] == wanted:
            return item
    raise absent(f"There is nothing with the {name} {wanted}.")


# -- validation -----------------------------------------------------------------------------------


@does("access-analyzer:ValidatePolicy", is_read_only=True)
def validate_policy(_: Account, sent: Parameters) -> dict[str, Any]:
    """Return the findings about a document, which needs not be a policy."""
    check_values(sent)
    text, resource_type = sent["policyDocument"], sent.get("validatePolicyResourceType")
    if resource_type and sent["policyType"] != "RESOURCE_POLICY":
        raise Invalid("validatePolicyResourceType is only for RESOURCE_POLICY.")
    policy_type = _TABLES["validated"][resource_type or sent["policyType"]]
    if policy_type == "resource" and '"sts:' in text and 'Resource"' not in text:
        policy_type = "trust"
    _value, source = json_text.read_json(text)
    found = lint.review(text, *policy_type.split())
    return page("findings", [_written(each, source) for each in found if not each.is_own], sent)


def _written(found: lint.findings.Finding, source: json_text.Source) -> dict[str, Any]:
    """Return a finding with all its members; clients get those that the API has."""
    text = source.text
    lines = text.split("\n")[: (found.line or 1) - 1]
    start = sum(len(line) + 1 for line in lines) + (found.column or 1) - 1
    end = start if found.code == "JSON_SYNTAX_ERROR" else end_of(text, start)
    span = {"start": _place(text, start), "end": _place(text, end)}
    location = {"path": [*_elements(found.path, source.places)], "span": span}
    level = "general-warning" if found.level == "WARNING" else found.level
    link = _TABLES["learn_more"] + f"{level}-{found.code}".lower().replace("_", "-")
    return {**found.to_dict(), "locations": [location], "learnMoreLink": link}


def _place(text: str, offset: int) -> dict[str, int]:
    place = position(text, offset)
    return {"line": place["Line"], "column": place["Column"] - 1, "offset": offset}


def _elements(path: str, places: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Return the elements of a path, between the places on the way; a key can contain dots.

    Examples
    --------
    >>> list(_elements("$.Condition.a.b:c[1]", ["$", "$.Condition", "$.Condition.a.b:c"]))
    [{'value': 'Condition'}, {'value': 'a.b:c'}, {'index': 1}]
    """
    on_the_way = {place for place in places if path.startswith((f"{place}.", f"{place}["))}
    for before, after in pairwise(sorted({*on_the_way, path}, key=len)):
        part = after.removeprefix(before)
        yield {"index": int(part[1:-1])} if part[0] == "[" else {"value": part[1:]}


# -- custom policy checks -------------------------------------------------------------------------


def _checked(name: str, known: Iterable[str], _: Account, sent: Parameters) -> dict[str, Any]:
    """Return the answer of a check, which knows some parameters.

    Raises
    ------
    InvalidParameterException
        A document isn't a policy, or a parameter isn't valid.
    """
    try:
        [access] = sent.get("access", [{}])
        values = {"actions": (), "resources": (), **access, **sent}
        result = getattr(policy_checks, python_name(name))(*map(values.__getitem__, known))
    except (PolicyError, RequestError, ValueError) as error:
        refusal = "The policy document or the access isn't valid."
        raise noted(services.InvalidParameterException(refusal), str(error)) from None
    reasons = as_answer([_TABLES["reason"]], [*result.reasons], {})
    return filled(result=result.result, message=result.message, reasons=reasons)


for _name, _known in _TABLES["checks"].items():
    does(f"access-analyzer:{_name}", is_read_only=True)(partial(_checked, _name, _known))


# -- generated policies ---------------------------------------------------------------------------

_TIME = "%b %d, %Y, %I:%M:%S %p"


def _events(account: Account, **wanted: Any) -> list[Event]:
    """Return the events of an account that fit; see ``EventLog.where``."""
    events = account.world.events
    checks = event_search.checks_of(events, account=account, **wanted)
    return [event for event in events if all(check(event) for check in checks)]


def _jobs(account: Account, sent: Parameters) -> Iterator[dict[str, Any]]:
    """Return the requests of the last seven days, with their parameters, the newest first."""
    wanted = {"what": "access-analyzer:StartPolicyGeneration", "outcome": "allowed"}
    since = account.world.clock.now - timedelta(days=7)
    for event in reversed(_events(account, **wanted, since=since)):
        if event.aws_region == region_of(sent):
            job = {**(event.request_parameters or {}), **(event.response_elements or {})}
            times = dict.fromkeys(("startedOn", "completedOn"), event.event_time)
            yield {**job, **job["policyGenerationDetails"], "status": "SUCCEEDED", **times}


def _job(account: Account, sent: Parameters) -> Any:
    return named(_jobs(account, sent), "jobId", sent["jobId"], Invalid)


def _passed(_: Account, sent: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role that reads the trail."""
    role = sent.get("cloudTrailDetails", {}).get("accessRole")
    return [("iam:PassRole", role)] if role else []


@does("access-analyzer:StartPolicyGeneration", also=_passed)
def start_policy_generation(account: Account, sent: Parameters) -> dict[str, Any]:
    """Request a policy for what a user or a role of the account did in a period."""
    principal = sent["policyGenerationDetails"].get("principalArn", "")
    trail, now = sent.get("cloudTrailDetails", {}), account.world.clock.now
    length = trail.get("endTime", now) - trail.get("startTime", now)
    if not timedelta() <= length <= timedelta(days=90):
        raise Invalid("The time range can be at most 90 days, from start to end.")
    if principal not in [each.arn for each in (*account.users.values(), *account.roles.values())]:
        raise Invalid(f"{principal} isn't a user or a role of this account.")
    return {"jobId": account.world.ids.uuid()}


@does("access-analyzer:GetGeneratedPolicy")
def get_generated_policy(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return a policy with the actions of the period: on all resources, or on AWS's forms."""
    job = _job(account, sent)
    arn, trail = job["principalArn"], job.get("cloudTrailDetails", {})
    period = dict.fromkeys(("startTime", "endTime"), job["startedOn"])
    for name in period.keys() & trail.keys():
        period[name] = datetime.strptime(trail[name], _TIME).replace(tzinfo=UTC)
    who = find_by_name(account.world, arn) or arn  # somebody else may have had the name before
    events = _events(account, who=who, since=period["startTime"], until=period["endTime"])
    used = {use for event in events if event.management_event for use in uses_of(event)}
    forms: dict[Any, list[str]] = {}
    for action in sorted({use.action for use in used if use.is_allowed}):
        form = catalog.arns_for(action) if sent.get("includeResourcePlaceholders") else "*"
        forms.setdefault(form, []).append(action)
    statements = [
        {"Sid": f"SupportedServiceSid{n}", "Effect": "Allow", "Action": names, "Resource": form}
        for n, (form, names) in enumerate(forms.items())
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    known = {"trailProperties": trail.get("trails", []), **period}
    properties = {"principalArn": arn, "isComplete": True, "cloudTrailProperties": known}
    policies = [{"policy": text.replace("${Partition}", account.partition)}]
    result = {"properties": properties, "generatedPolicies": policies}
    return {"jobDetails": job, "generatedPolicyResult": result}


@does("access-analyzer:ListPolicyGenerations")
def list_policy_generations(account: Account, sent: Parameters) -> dict[str, Any]:
    """List the requests of the last seven days; also only those for one principal."""
    every, arn = _jobs(account, sent), sent.get("principalArn")
    found = [job for job in every if arn in (None, job["principalArn"])]
    return page("policyGenerations", found, sent)


does("access-analyzer:CancelPolicyGeneration", answer=nothing)(_job)  # what is done stays as it is
