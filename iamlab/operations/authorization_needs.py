"""What a call to an AWS API needs permission for: the actions, resources and context.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS Identity and Access Management (IAM)";
"IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import tag_keys
from iamlab.errors import RequestError
from iamlab.model.service_principals import ROLE_MANAGER, role_of
from iamlab.policy.arn import Arn
from iamlab.policy.call_permissions import PASS_ROLE, tagging_action
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.model.account import Account
    from iamlab.operations.registry import Entry

_TABLES: dict[str, dict[str, Any]] = tables(__file__)
_NAMED_BY, _BY_ARN, HELD_IN, _KEYS = (
    _TABLES[name] for name in ("named_by", "by_arn", "held_in", "keys")
)
"""The facts about IAM's operations; each table says its meaning."""

WITH_BOUNDARY = frozenset(_TABLES["with_boundary"]["names"].split())
"""Operations whose requests have ``iam:PermissionsBoundary``."""

_SHORTLY = ("user", "group", "role", "instance-profile")
"""Types of resources that IAM's errors name by type and name."""


def target_of(account: Account, entry: Entry, parameters: Mapping[str, Any]) -> Any:
    """Return the resource of an operation; ``None`` if it doesn't exist yet."""
    if entry.on in _BY_ARN:
        parameter, place = _BY_ARN[entry.on]
        return getattr(account, place).get(parameters.get(parameter, ""))
    if entry.on == "access-key":
        return account.owner_of_key(parameters["AccessKeyId"])
    if entry.on == "identity":
        return _identity(account, _arn_in(parameters))
    name = parameters.get(_NAMED_BY.get(entry.on, ""), "")
    held: Mapping[str, Any] = getattr(account, HELD_IN.get(entry.on, HELD_IN["user"])[0])
    if name in held:
        return held[name]
    return next((found for key, found in held.items() if key.lower() == str(name).lower()), None)


def _identity(account: Account, arn: str) -> Any:
    """Find a user, group or role by its ARN."""
    every = (*account.users.values(), *account.groups.values(), *account.roles.values())
    return next((resource for resource in every if resource.arn == arn), None)


def _arn_in(parameters: Mapping[str, Any]) -> str:
    """Return the ARN of the identity that a report is about."""
    return str(parameters["Arn"] if "Arn" in parameters else parameters["PolicySourceArn"])


def resource_of(account: Account, entry: Entry, parameters: Mapping[str, Any]) -> str:
    """Return the ARN that a call needs permission for; for a new resource, its future ARN."""
    if entry.about is not None:
        return entry.about(account, parameters)
    if entry.on == "*":
        return "*"
    start = f"arn:{account.partition}:iam::{account.account_id}:{entry.on}"
    if entry.on.endswith("/"):
        return start
    target = target_of(account, entry, parameters)
    if target is not None:
        return str(target.arn)
    parameter, _ = _BY_ARN.get(entry.on, ("", ""))
    if parameter in parameters:
        return str(parameters[parameter])
    if entry.on == "access-key":
        return "*"  # it isn't assigned
    if entry.on == "identity":
        return _arn_in(parameters)
    if entry.on == "user" and "UserName" not in parameters:
        # A caller that isn't a user, and names no user, means the root user.
        return account.root_arn
    if entry.on == "role" and "RoleName" not in parameters:
        return start + role_of(parameters)
    name = str(parameters.get(_NAMED_BY.get(entry.on, ""), "")).removeprefix("https://")
    return f"{start}{parameters.get('Path', '/')}{name}"


def named_shortly(account: Account, entry: Entry, resource: str) -> str:
    """Return a resource as IAM's errors name it: by type and name if it exists."""
    if entry.on in _SHORTLY and not entry.name.startswith("Create"):
        start = f"arn:{account.partition}:iam::{account.account_id}:{entry.on}/"
        if resource.startswith(start):
            return f"{entry.on.replace('-', ' ')} {resource.rpartition('/')[2]}"
    if entry.on == "policy" and not entry.name.startswith("Create"):
        return f"policy {resource}"
    return resource


def context_of_passing(
    account: Account, role_arn: str, service: str, for_what: str = ""
) -> dict[str, Any]:
    """Return the condition keys of passing a role to a service; IAM passes it to EC2.

    Parameters
    ----------
    for_what
        The ARN of the resource that gets the role.
    """
    role = _identity(account, role_arn)
    tags = {} if role is None else role.tags
    return {
        **({"iam:AssociatedResourceArn": for_what} if for_what else {}),
        "iam:PassedToService": f"{'ec2' if service == 'iam' else service}.amazonaws.com",
        **tag_keys("aws:ResourceTag", tags),
        **tag_keys("iam:ResourceTag", tags),
    }


def needed(
    account: Account, entry: Entry, parameters: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return what a call needs permission for: actions, resources and condition keys.

    Passing a role to a service is a check with its own keys.
    """
    own = (entry.needs, resource_of(account, entry, parameters))
    also = entry.also(account, parameters)
    tagging = tagging_action(entry.needs) if tags_of(parameters) else ""
    if tagging and tagging not in dict(also):
        also = [(tagging, own[1]), *also]
    for action, resource in dict.fromkeys((own, *also)):
        if action == PASS_ROLE:
            keys = context_of_passing(
                account, resource, entry.service, own[1] if entry.about else ""
            )
        elif action != entry.needs and action in (tagging, "ec2:CreateTags"):
            created = {"ec2:CreateAction": entry.name} if entry.service == "ec2" else {}
            keys = {**_request_tags(parameters, resource), **created}
        else:
            keys = context_of(account, entry, parameters, resource)
        yield action, resource, keys


def tags_of(parameters: Mapping[str, Any], made: str = "") -> list[tuple[str, str]]:
    """Return the tags of a call, which are pairs or a mapping, depending on the service's API.

    Parameters
    ----------
    made
        The type of the new EC2 resource: TagSpecifications of other types don't count.

    Raises
    ------
    RequestError
        They aren't a mapping or pairs.

    Examples
    --------
    >>> tags_of({"Tags": [{"Key": "a", "Value": "b"}]}), tags_of({"Tags": {"a": "b"}})
    ([('a', 'b')], [('a', 'b')])
    """
    sent = parameters.get("Tags", parameters.get("tags", ()))
    if parameters.get("TagSpecifications"):
        sent = _specified(parameters["TagSpecifications"], made)
    pairs = list(sent.items()) if isinstance(sent, dict) else [_pair(tag) for tag in _listed(sent)]
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in pairs):
        raise RequestError(f"Tags are a mapping or a list of keys and values, not {sent!r}.")
    return pairs


def _specified(sent: Any, made: str) -> list[Any]:
    """Return the tags for the new resource: a call to EC2 can have others for volumes."""
    found: list[Any] = []
    for tag in _listed(sent):
        if not isinstance(tag, dict):
            raise RequestError(
                "TagSpecifications is a list such as "
                f'[{{"ResourceType": "instance", "Tags": [...]}}], not {sent!r}.'
            )
        if tag.get("ResourceType") == made:
            found += _listed(tag.get("Tags", ()))
    return found


def _listed(sent: Any) -> list[Any]:
    """Return a list; a value that isn't a list becomes an invalid tag."""
    return list(sent) if isinstance(sent, list | tuple) else [sent]


def _pair(tag: object) -> tuple[Any, Any]:
    if not isinstance(tag, dict):
        return None, None
    return tag.get("Key", tag.get("TagKey")), tag.get("Value", tag.get("TagValue", ""))


def _request_tags(parameters: Mapping[str, Any], resource: str) -> dict[str, Any]:
    """Return the condition keys of the tags in a request, those for this resource."""
    made = Arn.parse(resource).kind if "TagSpecifications" in parameters else ""
    sent = tags_of(parameters, made)
    context: dict[str, Any] = {**tag_keys("aws:RequestTag", dict(sent))}
    keys = [key for key, _ in sent] or list(
        parameters.get("TagKeys", parameters.get("tagKeys", ()))
    )
    return {**context, "aws:TagKeys": keys} if keys else context


def context_of(
    account: Account, entry: Entry, parameters: Mapping[str, Any], resource: str
) -> dict[str, Any]:
    """Return the condition keys of this operation, without those of every call."""
    context = _request_tags(parameters, resource)
    if entry.service != "iam":  # the world has the resource's own tags
        return context | (entry.keys(account, parameters) if entry.keys else {})
    target = target_of(account, entry, parameters)
    for key in ("aws:ResourceTag", "iam:ResourceTag"):
        context |= tag_keys(key, getattr(target, "tags", {}))
    boundary = parameters.get("PermissionsBoundary") or getattr(target, "boundary", None)
    if boundary and entry.name in WITH_BOUNDARY:
        context["iam:PermissionsBoundary"] = boundary
    if "PolicyArn" in parameters and entry.name.startswith(("Attach", "Detach")):
        context["iam:PolicyARN"] = parameters["PolicyArn"]
    context |= {_KEYS[name]: str(value) for name, value in parameters.items() if name in _KEYS}
    if entry.name == "AddRoleToInstanceProfile":  # whose caller passes the role to EC2
        context["iam:PassedToService"] = "ec2.amazonaws.com"
    return context | _of_properties(entry, parameters)


def _of_properties(entry: Entry, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of a call about the account's properties, which have one namespace."""
    if not entry.name.endswith("AccountProperties"):
        return {}
    names = parameters.get("Properties", ("RoleManager/Enabled",))
    namespaces = sorted({str(name).partition("/")[0] for name in names})
    # The service is that of the role that is created when role manager is enabled.
    return {"iam:AccountPropertyNamespaces": namespaces, "iam:AWSServiceName": ROLE_MANAGER}
