"""What a call of IAM's API asks the engine: on which resource, with which context.

Notes
-----
AWS pages: "Actions, resources, and condition keys for AWS Identity and Access Management (IAM)";
"IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account
    from iamlab.world.api.entry import Entry

_NAMED_BY = {
    "user": "UserName",
    "group": "GroupName",
    "role": "RoleName",
    "instance-profile": "InstanceProfileName",
}
"""Kind of thing -> the parameter that names it."""

_HELD_IN = {
    "user": "users",
    "group": "groups",
    "role": "roles",
    "instance-profile": "instance_profiles",
}


def target_of(account: Account, entry: Entry, given: Mapping[str, Any]) -> Any:
    """Give the thing that an operation works on; ``None`` if there is none yet."""
    if entry.on == "policy":
        return account.policies.get(given.get("PolicyArn", ""))
    name = given.get(_NAMED_BY.get(entry.on, ""), "")
    held: Mapping[str, Any] = getattr(account, _HELD_IN.get(entry.on, "users"))
    if name in held:
        return held[name]
    return next((one for key, one in held.items() if key.lower() == str(name).lower()), None)


def resource_of(account: Account, entry: Entry, given: Mapping[str, Any]) -> str:
    """Give the ARN that a call needs permission for; of what is not there yet, as it will be."""
    if entry.on == "*":
        return "*"
    start = f"arn:{account.partition}:iam::{account.account_id}:{entry.on}"
    if entry.on.endswith("/"):
        return start
    target = target_of(account, entry, given)
    if target is not None:
        return str(target.arn)
    if "PolicyArn" in given and entry.on == "policy":
        return str(given["PolicyArn"])
    name = given.get(_NAMED_BY.get(entry.on, ""), given.get("PolicyName", ""))
    return f"{start}{given.get('Path', '/')}{name}"


def named_shortly(account: Account, entry: Entry, resource: str) -> str:
    """Say a resource as IAM's refusals do: a thing that is there by kind and name."""
    if entry.on in _NAMED_BY and not entry.name.startswith("Create"):
        start = f"arn:{account.partition}:iam::{account.account_id}:{entry.on}/"
        if resource.startswith(start):
            return f"{entry.on.replace('-', ' ')} {resource.rpartition('/')[2]}"
    if entry.on == "policy" and not entry.name.startswith("Create"):
        return f"policy {resource}"
    return resource


def context_of(account: Account, entry: Entry, given: Mapping[str, Any]) -> dict[str, Any]:
    """Give the condition keys that a call of this operation has, beside those of every call."""
    context: dict[str, Any] = {}
    for tag in given.get("Tags", ()):
        context[f"aws:RequestTag/{tag['Key']}"] = tag["Value"]
    keys = [tag["Key"] for tag in given.get("Tags", ())] or list(given.get("TagKeys", ()))
    if keys:
        context["aws:TagKeys"] = keys
    target = target_of(account, entry, given)
    for key, value in getattr(target, "tags", {}).items():
        context[f"aws:ResourceTag/{key}"] = value
        context[f"iam:ResourceTag/{key}"] = value
    boundary = given.get("PermissionsBoundary") or getattr(target, "boundary", None)
    if boundary and _is_about_permissions(entry.name):
        context["iam:PermissionsBoundary"] = boundary
    if "PolicyArn" in given and entry.name.startswith(("Attach", "Detach")):
        context["iam:PolicyARN"] = given["PolicyArn"]
    return context


def _is_about_permissions(name: str) -> bool:
    """Say whether the request of an operation has the key iam:PermissionsBoundary."""
    return name.startswith(("Attach", "Detach", "Put", "CreateUser", "CreateRole")) or (
        name.startswith("Delete") and name.endswith(("Policy", "PermissionsBoundary"))
    )
