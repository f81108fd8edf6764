"""Operations that return resources, lists of them, or parts of them: ``reads.toml`` has a row each.

Notes
-----
The response elements in the API references of the services. For EC2's filters, also "Find your
Amazon EC2 resources"; for a function's tags, "API GetFunction".
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.authorization.authorize import authorize
from iamlab.errors import RequestError
from iamlab.errors.services import InvalidParameterValue
from iamlab.model.resources import Resource
from iamlab.operations.parameters import as_list
from iamlab.operations.registry import as_answer, as_it_is, no_more
from iamlab.operations.services.apis import all_of
from iamlab.operations.services.ec2 import instances, tagged_resources, vpc_endpoints
from iamlab.operations.services.ec2.instance import Instance, find_instances
from iamlab.operations.services.eventbridge import DEFAULT, EventBus
from iamlab.operations.services.kms.key import Key
from iamlab.operations.services.lambda_functions import Function
from iamlab.operations.services.names_and_tags import FORMS, everything, refuses, region_of
from iamlab.operations.services.queues_and_topics import QUEUES, Queue, Topic
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.operations.services.secretsmanager import Secret
from iamlab.operations.services.tables_and_repositories import Repository, Table
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_TYPES = (
    *(AccessPoint, Table, Repository, EventBus, Function, Bucket, Secret, Topic, Queue, Key),
    *(Resource, Instance, vpc_endpoints.VpcEndpoint),
)
KINDS: dict[str, Any] = {kind.__name__: kind for kind in _TYPES}

NAMED: dict[str, Callable[[Account, Parameters], list[Any]]] = {
    "KeyId": lambda account, arguments: [Key.api.find(account, arguments)],
    "InstanceIds": find_instances,
    "AssociationIds": lambda account, arguments: [
        instances.find_associated(account, {**arguments, "AssociationId": which})
        for which in arguments["AssociationIds"]
    ],
    "VpcEndpointIds": vpc_endpoints.find_endpoints,
}
"""Parameter -> what finds the resources that it names."""


def _one(row: Parameters, account: Account, arguments: Parameters) -> Any:
    """Return a call's resource, or the error for one without what it must have."""
    found = KINDS[row["of"]].api.find(account, arguments)
    if "held" in row and getattr(found, row["held"]) in (None, {}):
        raise refuses(*row["absent"])(found.arn)
    return as_answer(row["form"], found, FORMS)


def _all(row: Parameters, account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return an account's resources in a Region, the oldest first, or those that a call names."""
    fits = [_filter(row["filters"], wanted) for wanted in arguments.get("Filters", ())]
    if arguments.get(row.get("named", "")):
        found = NAMED[row["named"]](account, arguments)
    else:
        found = _in_region(row, account, arguments)
    start = arguments.get(row.get("prefix", ""), "")
    answers: list[Any] = []
    for each in found:
        if each.name.startswith(start) and getattr(each, row.get("held", "arn")):
            answer = as_answer(row["form"], each, FORMS)
            answers += answer if isinstance(answer, list) else [answer]
    return {row["noun"]: [answer for answer in answers if all(fit(answer) for fit in fits)]}


def _in_region(row: Parameters, account: Account, arguments: Parameters) -> list[Any]:
    kind, region = KINDS[row["of"]], region_of(arguments)
    found = [each for each in all_of(account, kind) if each.region in ("", region)]
    if kind is EventBus and DEFAULT not in (bus.name for bus in found):
        found.insert(0, kind.api.find(account, {"Region": region}))
    return [each for each in found if each.service == row.get("service", each.service)]


def _filter(known: Parameters, wanted: object) -> Callable[[Any], bool]:
    """Return the test of one of EC2's filters: any of its values matches a part of an answer.

    Raises
    ------
    InvalidParameterValue
        The operation has no such filter.
    """
    if not isinstance(wanted, Mapping):
        raise RequestError(f"A filter is a mapping with Name and Values, not {wanted!r}.")
    patterns = as_list(wanted.get("Values", ()), "Values is a list of texts")
    name = str(wanted.get("Name"))
    kind, _, tag = name.partition(":")
    if kind not in known or (kind == "tag") != bool(tag):
        raise InvalidParameterValue(f"The filter '{name}' is invalid")

    def fits(answer: Any) -> bool:
        values = [answer]
        for part in known[kind].split():
            parts = [value[part] for value in values if part in value]
            values = [
                item for held in parts for item in (held if isinstance(held, list) else [held])
            ]
        if tag:
            values = [pair["Value"] for pair in values if pair["Key"] == tag]
        return any(glob(str(pattern), str(value)) for pattern in patterns for value in values)

    return fits


def _register(row: Parameters) -> None:
    """Register the operation of a row."""
    kind, is_list = KINDS[row["of"]], "noun" in row
    perform = partial(_all if is_list else _one, row)
    if row.get("service") == "ec2":
        name, more = row["name"], {"about": everything, "also": no_more, "keys": _region_key}
        tagged_resources.does(name, "", as_it_is, **more)(perform)
        return

    def all_names(account: Account, arguments: Parameters) -> str:
        return str(kind.api.arn(account, row["on"], region_of(arguments)))

    about = all_names if "on" in row else everything if is_list else None
    kind.api.does(row["name"], as_it_is, about, action=row.get("action", ""))(perform)


def _region_key(_: Account, arguments: Parameters) -> dict[str, str]:
    return {"ec2:Region": region_of(arguments)}


for _row in tables(__file__)["reads"]:
    _register(_row)


@QUEUES.does("GetQueueAttributes", lambda found: {"Attributes": found} if found else {})
def get_queue_attributes(account: Account, arguments: Parameters) -> dict[str, str]:
    """Return the attributes that are asked for: a queue has its ARN, and can have a policy."""
    queue, wanted = QUEUES.find(account, arguments), arguments.get("AttributeNames", ())
    every = as_answer({"QueueArn": "arn", "Policy": "policy.text"}, queue, FORMS)
    return {name: every[name] for name in every if name in wanted or "All" in wanted}


@Function.api.does("GetFunction", as_it_is, by_whom=True)
def get_function(account: Account, arguments: Parameters, caller: Caller) -> dict[str, Any]:
    """Return a function; its tags only for a caller who can list them."""
    found = Function.api.find(account, arguments)
    form = {"Configuration": "a function"}
    if found.tags and authorize(account.world, caller, "lambda:ListTags", found.arn):
        form["Tags"] = "tag map"
    return dict(as_answer(form, found, FORMS))
