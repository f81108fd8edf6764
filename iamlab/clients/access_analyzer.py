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
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from iamlab.analysis import policy_checks
from iamlab.analysis.event_search import checks_of
from iamlab.analysis.least_privilege.used_permissions import find_by_name, log_of
from iamlab.analysis.policy_simulator.policies import end_of, position
from iamlab.errors import AwsError, PolicyError, RequestError, noted, services
from iamlab.operations.api_models import python_name
from iamlab.operations.iam.common import filled
from iamlab.operations.parameter_checks import unlisted
from iamlab.operations.registry import as_it_is, nothing, operation
from iamlab.operations.services.names_and_tags import everything, region_of
from iamlab.policy.catalog import arns_for
from iamlab.policy.json_text import read_json
from iamlab.policy.lint import review
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from iamlab.model.account import Account
    from iamlab.operations.registry import About, Answer, Parameters, Perform
    from iamlab.policy.json_text import Source
    from iamlab.policy.lint.findings import Finding

SERVICE = "access-analyzer"
SOURCE = f"{SERVICE}.amazonaws.com"
"""Its service principal, and the source of its events."""

Invalid = services.ValidationException
_TABLES: dict[str, Any] = tables(__file__)


def does(
    name: str, about: About = everything, answer: Answer = as_it_is, **more: Any
) -> Callable[[Perform], Perform]:
    """Register an operation of Access Analyzer; ``about`` returns the ARN of its resource."""
    refuse = services.LambdaAccessDenied
    return operation(f"{SERVICE}:{name}", about, answer, refuse=refuse, **more)


def check_values(sent: Parameters, *names: str) -> None:
    """Reject a value that isn't one of those that AWS accepts."""
    for name in names:
        if name in sent and sent[name] not in _TABLES["allowed"][name]:
            raise unlisted(sent[name], name, _TABLES["allowed"][name])


def page(name: str, items: Sequence[Any], sent: Parameters) -> dict[str, Any]:
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
    if not re.fullmatch("[0-9]{1,9}", token) or int(token) > len(items) or most < 1:
        raise Invalid("The value of nextToken or maxResults isn't valid.")
    stop = int(token) + most
    more = {"nextToken": str(stop)} if stop < len(items) else {}
    return {name: list(items[int(token) : stop]), **more}


def named(items: Iterable[dict[str, Any]], name: str, wanted: str, absent: type[AwsError]) -> Any:
    """Return the item whose member ``name`` has a value; ``absent`` is the error without one."""
    for item in items:
        if item[name] == wanted:
            return item
    raise absent(f"There is nothing with the {name} {wanted}.")


# -- validation -----------------------------------------------------------------------------------


@does("ValidatePolicy", is_read_only=True)
def validate_policy(_: Account, sent: Parameters) -> dict[str, Any]:
    """Return the findings about a document, which needs not be a policy."""
    check_values(sent, "locale", "policyType", "validatePolicyResourceType")
    text, resource_type = sent["policyDocument"], sent.get("validatePolicyResourceType")
    if resource_type and sent["policyType"] != "RESOURCE_POLICY":
        raise Invalid("validatePolicyResourceType is only for RESOURCE_POLICY.")
    policy_type = _TABLES["validated"][resource_type or sent["policyType"]]
    if policy_type == "resource" and '"sts:' in text and 'Resource"' not in text:
        policy_type = "trust"
    found, (_value, source) = review(text, *policy_type.split()), read_json(text)
    return page("findings", [_written(each, source) for each in found if not each.is_own], sent)


def _written(found: Finding, source: Source) -> dict[str, Any]:
    text, whole = source.text, found.to_dict()
    lines = text.split("\n")[: (found.line or 1) - 1]
    start = sum(len(line) + 1 for line in lines) + (found.column or 1) - 1
    end = start if found.code == "JSON_SYNTAX_ERROR" else end_of(text, start)
    span = {"start": _place(text, start), "end": _place(text, end)}
    whole["locations"] = [{"path": list(_elements(found.path, source.places)), "span": span}]
    level = "general-warning" if found.level == "WARNING" else found.level
    anchor = f"{level}-{found.code}".lower().replace("_", "-")
    del whole["fixable"]
    return {**whole, "learnMoreLink": _TABLES["learn_more"] + anchor}


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


def _checked(check: Any, names: Iterable[str], _: Account, sent: Parameters) -> dict[str, Any]:
    """Return the answer of a check.

    Raises
    ------
    InvalidParameterException
        A document isn't a policy, or a parameter isn't valid.
    """
    try:
        [access] = sent.get("access", [{}])
        known = {"actions": (), "resources": (), **access, **sent}
        result = check(*(known[name] for name in names))
    except (PolicyError, RequestError, ValueError) as error:
        refusal = "The policy document or the access isn't valid."
        raise noted(services.InvalidParameterException(refusal), str(error)) from None
    reasons = [
        {"statementIndex": each.statement_index}
        | filled(description=each.description, statementId=each.statement_id)
        for each in result.reasons
    ]
    return filled(result=result.result, message=result.message, reasons=reasons)


for _name, _names in _TABLES["checks"].items():
    _check = getattr(policy_checks, python_name(_name))
    does(_name, is_read_only=True)(partial(_checked, _check, _names))


# -- generated policies ---------------------------------------------------------------------------

DONE, _TIME = "SUCCEEDED", "%b %d, %Y, %I:%M:%S %p"
LONGEST, KEPT = timedelta(days=90), timedelta(days=7)
"""The longest period of a generated policy, and how long a request is kept."""


def _jobs(account: Account, sent: Parameters) -> list[dict[str, Any]]:
    """Return the requests of the last seven days, with their parameters, the newest first."""
    events, since = account.world.events, account.world.clock.now - KEPT
    wanted = {"account": account, "what": f"{SERVICE}:StartPolicyGeneration", "since": since}
    checks = [*checks_of(events, **wanted, outcome="allowed")]
    found: list[dict[str, Any]] = []
    for event in events:
        if event.aws_region == region_of(sent) and all(check(event) for check in checks):
            job = {**(event.request_parameters or {}), **(event.response_elements or {})}
            moments = dict.fromkeys(("startedOn", "completedOn"), event.event_time)
            found.insert(0, {**job, **job["policyGenerationDetails"], "status": DONE, **moments})
    return found


def _job(account: Account, sent: Parameters) -> Any:
    return named(_jobs(account, sent), "jobId", sent["jobId"], Invalid)


def _passed(_: Account, sent: Parameters) -> list[tuple[str, str]]:
    """Return the permission to pass the role that reads the trail."""
    role = sent.get("cloudTrailDetails", {}).get("accessRole")
    return [("iam:PassRole", role)] if role else []


@does("StartPolicyGeneration", also=_passed)
def start_policy_generation(account: Account, sent: Parameters) -> dict[str, Any]:
    """Request a policy for what a user or a role of the account did in a period."""
    principal = sent["policyGenerationDetails"].get("principalArn", "")
    trail, now = sent.get("cloudTrailDetails", {}), account.world.clock.now
    if not timedelta() <= trail.get("endTime", now) - trail.get("startTime", now) <= LONGEST:
        raise Invalid("The time range can be at most 90 days, from start to end.")
    if principal not in [each.arn for each in (*account.users.values(), *account.roles.values())]:
        raise Invalid(f"{principal} isn't a user or a role of this account.")
    return {"jobId": account.world.ids.uuid()}


@does("GetGeneratedPolicy")
def get_generated_policy(account: Account, sent: Parameters) -> dict[str, Any]:
    """Return a policy with the actions of the period: on all resources, or on AWS's forms."""
    job, events = _job(account, sent), account.world.events
    arn, trail = job["principalArn"], job.get("cloudTrailDetails", {})
    since, until = (
        datetime.strptime(trail[name], _TIME).replace(tzinfo=UTC)
        if name in trail
        else job["startedOn"]
        for name in ("startTime", "endTime")
    )
    checks = [*checks_of(events, account=account, since=since, until=until)]
    seen = (
        event
        for event in events
        if event.management_event and all(check(event) for check in checks)
    )
    who = arn, str(getattr(find_by_name(account.world, arn), "unique_id", ""))
    forms: dict[Any, dict[str, None]] = {}
    for action, _ in sorted(log_of(seen, account.world.clock.now, [who]).of(*who).allowed):
        form = arns_for(action) if sent.get("includeResourcePlaceholders") else "*"
        forms.setdefault(form, {})[action] = None
    statements = [
        {"Sid": f"SupportedServiceSid{place}", "Effect": "Allow", "Action": [*actions]}
        | {"Resource": form}
        for place, (form, actions) in enumerate(forms.items())
    ]
    text = json.dumps({"Version": "2012-10-17", "Statement": statements}, separators=(",", ":"))
    known = {"trailProperties": trail.get("trails", []), "startTime": since, "endTime": until}
    result = {
        "properties": {"principalArn": arn, "isComplete": True, "cloudTrailProperties": known},
        "generatedPolicies": [{"policy": text.replace("${Partition}", account.partition)}],
    }
    return {"jobDetails": job, "generatedPolicyResult": result}


@does("ListPolicyGenerations")
def list_policy_generations(account: Account, sent: Parameters) -> dict[str, Any]:
    """List the requests of the last seven days; also only those for one principal."""
    jobs, arn = _jobs(account, sent), sent.get("principalArn")
    return page(
        "policyGenerations", [job for job in jobs if arn in (None, job["principalArn"])], sent
    )


does("CancelPolicyGeneration", answer=nothing)(_job)  # what is done stays as it is
