"""Answers of IAM's API: dicts with AWS's names, and lists in pages of at most 100."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import ValidationError
from iamlab.model.identities import User
from iamlab.operations.api_models import python_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.identities import Bounded, Group, Identity, Role
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.providers import IamResource


def filled(**fields: Any) -> dict[str, Any]:
    """Leave out the fields that have no value.

    Examples
    --------
    >>> filled(Path="/", Description="")
    {'Path': '/'}
    """
    return {name: value for name, value in fields.items() if value}


def fields(record: object, *names: str) -> dict[str, Any]:
    """Write the fields of a record that have the API's names."""
    return {name: getattr(record, python_name(name)) for name in names}


def write_named(thing: Identity | IamResource, noun: str) -> dict[str, Any]:
    """Write what everything with a name and a path has."""
    return {
        "Path": thing.path,
        f"{noun}Name": thing.name,
        f"{noun}Id": thing.unique_id,
        "Arn": thing.arn,
    }


def write_tags(held: Mapping[str, str]) -> list[dict[str, str]]:
    """Write tags."""
    return [{"Key": key, "Value": value} for key, value in held.items()]


def _identity(identity: Identity, noun: str) -> dict[str, Any]:
    return {**write_named(identity, noun), **filled(CreateDate=identity.create_date)}


def _bounded(identity: Bounded, noun: str) -> dict[str, Any]:
    found = _identity(identity, noun)
    if identity.boundary:
        found["PermissionsBoundary"] = {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": identity.boundary,
        }
    return {**found, **filled(Tags=write_tags(identity.tags))}


def write_user(identity: User) -> dict[str, Any]:
    """Write a user."""
    return _bounded(identity, "User")


def write_owner(found: CredentialOwner) -> dict[str, Any]:
    """Write a user or a root user."""
    if isinstance(found, User):
        return write_user(found)
    return {
        "Path": "/",
        "UserName": found.user_name,
        "UserId": found.unique_id,
        "Arn": found.arn,
        **filled(CreateDate=found.account.create_date),
    }


def write_group(identity: Group) -> dict[str, Any]:
    """Write a group."""
    return _identity(identity, "Group")


def write_role(identity: Role) -> dict[str, Any]:
    """Write a role, its trust policy included."""
    trust = None if identity.trust is None else identity.trust.to_json()
    return {
        **_bounded(identity, "Role"),
        **({} if trust is None else {"AssumeRolePolicyDocument": trust}),
        **filled(Description=identity.description),
        "MaxSessionDuration": identity.max_session_duration,
    }


def write_policy(managed: ManagedPolicy) -> dict[str, Any]:
    """Write a managed policy, without its document."""
    return {
        "PolicyName": managed.name,
        **fields(managed, "PolicyId", "Arn", "Path", "DefaultVersionId"),
        "IsAttachable": True,
        **filled(**fields(managed, "Description", "CreateDate", "UpdateDate")),
        **filled(Tags=write_tags(managed.tags)),
    }


def write_version(
    managed: ManagedPolicy, version_id: str, *, with_document: bool
) -> dict[str, Any]:
    """Write a version of a managed policy."""
    document = {"Document": managed.versions[version_id].to_json()} if with_document else {}
    is_default = version_id == managed.default_version_id
    return {"VersionId": version_id, "IsDefaultVersion": is_default, **document}


PAGE = 100
"""How many items there are on a page if the call does not say."""


def page(
    name: str, items: Iterable[Any], request: Mapping[str, Any], write: Callable[[Any], Any]
) -> dict[str, Any]:
    """Give one page of a list.

    Parameters
    ----------
    name
        Under which the list is answered: ``"Users"``.
    request
        ``MaxItems``, ``Marker`` and ``PathPrefix`` as they were sent.

    Examples
    --------
    >>> page("Names", ["a", "b", "c"], {"MaxItems": 2}, str)
    {'Names': ['a', 'b'], 'IsTruncated': True, 'Marker': '2'}
    """
    prefix = request.get("PathPrefix", "/")
    every = [item for item in items if getattr(item, "path", "/").startswith(prefix)]
    marker = request.get("Marker", "0")
    if not marker.isdecimal() or int(marker) > len(every):
        raise ValidationError("Invalid Marker.")
    start = int(marker)
    stop = start + request.get("MaxItems", PAGE)
    found: dict[str, Any] = {name: [write(item) for item in every[start:stop]]}
    if stop < len(every):
        return {**found, "IsTruncated": True, "Marker": str(stop)}
    return {**found, "IsTruncated": False}
