"""Things as IAM's API answers them: dicts with AWS's names, as real clients give them.

Lists in pages, as IAM gives them: at most 100 at a time, and a marker where to go on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.identities import Bounded, Group, Identity, Role, User
    from iamlab.model.managed_policies import ManagedPolicy


def tags(held: dict[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


def _identity(one: Identity, noun: str) -> dict[str, Any]:
    return {
        "Path": one.path,
        f"{noun}Name": one.name,
        f"{noun}Id": one.unique_id,
        "Arn": one.arn,
        **({"CreateDate": one.create_date} if one.create_date else {}),
    }


def _bounded(one: Bounded, noun: str) -> dict[str, Any]:
    found = _identity(one, noun)
    if one.boundary:
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": one.boundary,
        }
    if one.tags:
        found["Tags"] = tags(one.tags)
    return found


def user(one: User) -> dict[str, Any]:
    """Write a user."""
    return _bounded(one, "User")


def group(one: Group) -> dict[str, Any]:
    """Write a group."""
    return _identity(one, "Group")


def role(one: Role) -> dict[str, Any]:
    """Write a role, its trust policy included."""
    found = _bounded(one, "Role")
    if one.trust is not None:
        found["AssumeRolePolicyDocument"] = one.trust.to_json()
    if one.description:
        found["Description"] = one.description
    return {**found, "MaxSessionDuration": one.max_session_duration}


def policy(one: ManagedPolicy) -> dict[str, Any]:
    """Write a managed policy, without its document."""
    return {
        "PolicyName": one.name,
        "PolicyId": one.policy_id,
        "Arn": one.arn,
        "Path": one.path,
        "DefaultVersionId": one.default_version_id,
        "IsAttachable": True,
        **({"Description": one.description} if one.description else {}),
        **({"CreateDate": one.create_date} if one.create_date else {}),
        **({"UpdateDate": one.update_date} if one.update_date else {}),
        **({"Tags": tags(one.tags)} if one.tags else {}),
    }


def version(one: ManagedPolicy, version_id: str, *, with_document: bool) -> dict[str, Any]:
    """Write a version of a managed policy."""
    found: dict[str, Any] = {
        "VersionId": version_id,
        "IsDefaultVersion": version_id == one.default_version_id,
    }
    if with_document:
        found["Document"] = one.versions[version_id].to_json()
    return found


PAGE = 100
"""So many there are on a page, if nothing else is asked for."""


def page(
    name: str, things: Iterable[Any], asked: Mapping[str, Any], write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give one page of a list.

    Parameters
    ----------
    name
        Under which the list is answered: ``"Users"``.
    asked
        ``MaxItems``, ``Marker`` and ``PathPrefix`` as they were sent.

    Examples
    --------
    >>> page("Names", ["a", "b", "c"], {"MaxItems": 2}, str)
    {'Names': ['a', 'b'], 'IsTruncated': True, 'Marker': '2'}
    """
    prefix = asked.get("PathPrefix", "/")
    every = [one for one in things if getattr(one, "path", "/").startswith(prefix)]
    marker = asked.get("Marker", "0")
    if not marker.isdecimal() or int(marker) > len(every):
        raise ValidationError("Invalid Marker.")
    start = int(marker)
    stop = start + asked.get("MaxItems", PAGE)
    found: dict[str, Any] = {name: [write(one) for one in every[start:stop]]}
    if stop < len(every):
        return {**found, "IsTruncated": True, "Marker": str(stop)}
    return {**found, "IsTruncated": False}
