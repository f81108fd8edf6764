"""Operations that return resources, lists of them, or parts of them: ``reads.toml`` has a row each.

Notes
-----
The response elements in the API references of the services.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.model.public_access_block import as_parameter
from iamlab.operations.parameters import as_tags
from iamlab.operations.registry import as_it_is
from iamlab.operations.services.apis import NamedResource, all_of
from iamlab.operations.services.eventbridge import DEFAULT, EventBus
from iamlab.operations.services.kms.key import Key
from iamlab.operations.services.lambda_functions import Function
from iamlab.operations.services.names_and_tags import everything, refuses, region_of
from iamlab.operations.services.queues_and_topics import QUEUES, Queue, Topic
from iamlab.operations.services.s3.access_points import AccessPoint
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.operations.services.secretsmanager import Secret
from iamlab.operations.services.tables_and_repositories import Repository, Table
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iamlab.model.account import Account
    from iamlab.operations.registry import Parameters

_TYPES = (AccessPoint, Table, Repository, EventBus, Function, Bucket, Secret, Topic, Queue, Key)
KINDS: dict[str, Any] = {kind.__name__: kind for kind in _TYPES}
FORMS: dict[str, Callable[[Any], Any]] = {
    "tags": lambda found: as_tags(found.tags),
    "key tags": lambda found: [{"TagKey": key, "TagValue": found.tags[key]} for key in found.tags],
    "policy names": lambda _: ["default"],
    "tag map": lambda found: dict(found.tags),
    "policy": lambda found: found.policy and found.policy.text,
    "encryption": lambda found: found.encryption.as_parameter(),
    "owner": lambda found: found.account.account_id,
    "own settings": lambda found: as_parameter(found.own_public_access_block),
    "vpc": lambda found: {"VpcId": found.vpc_id} if found.vpc_id else None,
    "stream": lambda found: found.stream and found.stream.arn,
}
"""Name in the table -> what it stands for; other names are attributes."""


def _write(form: str | Mapping[str, Any], found: NamedResource) -> Any:
    """Return what a form says of a resource, without what the resource doesn't have."""
    if isinstance(form, str):
        return FORMS[form](found) if form in FORMS else getattr(found, form)
    written = {name: _write(part, found) for name, part in form.items()}
    return {name: value for name, value in written.items() if value is not None}


def _one(row: Parameters, account: Account, arguments: Parameters) -> Any:
    """Return a call's resource, or the error for one without a policy."""
    found = KINDS[row["of"]].api.find(account, arguments)
    if "absent" in row and found.policy is None:
        raise refuses(*row["absent"])(found.arn)
    return _write(row["form"], found)


def _all(row: Parameters, account: Account, arguments: Parameters) -> dict[str, Any]:
    """Return an account's resources in a Region, the oldest first."""
    kind, region = KINDS[row["of"]], region_of(arguments)
    found = [each for each in all_of(account, kind) if each.region in ("", region)]
    if kind is EventBus and DEFAULT not in (bus.name for bus in found):
        found.insert(0, kind.api.find(account, {"Region": region}))
    start = arguments.get(row.get("prefix", ""), "")
    shown = [each for each in found if each.name.startswith(start)]
    return {row["noun"]: [_write(row["form"], each) for each in shown]}


def _register(row: Parameters) -> None:
    """Register the operation of a row."""
    api, is_list = KINDS[row["of"]].api, "noun" in row

    def all_names(account: Account, arguments: Parameters) -> str:
        return str(api.arn(account, row["on"], region_of(arguments)))

    about = all_names if "on" in row else everything if is_list else None
    perform = partial(_all if is_list else _one, row)
    api.does(row["name"], as_it_is, about, action=row.get("action", ""))(perform)


for _row in tables(__file__, "reads.toml")["reads"]:
    _register(_row)


@QUEUES.does("GetQueueAttributes", lambda found: {"Attributes": found} if found else {})
def get_queue_attributes(account: Account, arguments: Parameters) -> dict[str, str]:
    """Return the attributes that are asked for: a queue has its ARN, and can have a policy."""
    queue, wanted = QUEUES.find(account, arguments), arguments.get("AttributeNames", ())
    every = _write({"QueueArn": "arn", "Policy": "policy"}, queue)
    return {name: every[name] for name in every if name in wanted or "All" in wanted}
