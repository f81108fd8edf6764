"""Resources of any other service, through the Cloud Control API: an ARN, tags, a policy.

Cloud Control identifies a resource by type and properties; here the ARN is enough. In AWS its
caller also needs the permissions of the service itself, which aren't checked here. Cloud Control's
own permissions are on ``*``.

Notes
-----
AWS page: "Cloud Control API User Guide".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors import RequestError
from iamlab.errors.services import (
    AlreadyExistsException,
    ResourceNotFoundException,
    ValidationException,
)
from iamlab.model.resources import Resource
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_keys, as_tags, as_text, must_be_there
from iamlab.operations.policy_documents import saved
from iamlab.operations.registry import as_it_is, operation
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.apis import all_of, forget, keep
from iamlab.operations.services.names_and_tags import everything, more_tags, region_of, without
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.rules import SERVICES
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

_TABLES = tables(__file__)
MADE_OTHERWISE: Mapping[str, str] = _TABLES["made_otherwise"]
SEPARATORS: Mapping[str, str] = _TABLES["separators"]


@dataclass(slots=True, eq=False)
class OtherResource(Resource):
    """A resource of a service without its own module.

    Parameters
    ----------
    properties
        Its other properties, as JSON.
    """

    properties: str = field(default="", repr=False)
    kind: ClassVar[str] = "resource"

    @property
    def separator(self) -> str:  # type: ignore[override]  # one class for many types
        """The separator between the ARN and the name of a part."""
        return _of_form(SEPARATORS, Arn.parse(self.arn))

    def put_policy(self, document: Document) -> None:
        """Replace its policy (``UpdateResource``).

        Raises
        ------
        AwsError
            In the service's words, if known.
        """
        self._update(Policy=as_text(must_be_there(document)))

    def delete_policy(self) -> None:
        """Delete its policy."""
        self._update(Policy="")

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags."""
        self._update(Tags=as_tags(tags))

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags."""
        self._update(TagKeys=as_keys(tag_keys))

    def delete(self) -> None:
        """Delete it."""
        self._update("DeleteResource")

    def _update(self, operation: str = "UpdateResource", **parameters: object) -> None:
        name = f"cloudformation:{operation}"
        perform(self.account, name, Arn=self.arn, Region=self.region or None, **parameters)


def _as_progress(made: OtherResource) -> dict[str, Any]:
    return {"ProgressEvent": {"Identifier": made.arn, "OperationStatus": "SUCCESS"}}


def _described(found: OtherResource) -> dict[str, str]:
    policy = {} if found.policy is None else {"Policy": found.policy.text}
    properties = json.dumps({"Arn": found.arn, "Tags": as_tags(found.tags), **policy})
    return {"Identifier": found.arn, "Properties": properties}


def _as_found(found: OtherResource) -> dict[str, Any]:
    return {"ResourceDescription": _described(found)}


@operation("cloudformation:CreateResource", everything, _as_progress)
def create_resource(account: Account, arguments: Parameters) -> OtherResource:
    """Create a resource of a service without its own module."""
    text = arguments["Arn"]
    _check_arn(account, text)
    if text in account.resources:
        raise AlreadyExistsException(f"Resource of identifier {text} already exists.")
    made = OtherResource(account, text, more_tags(arguments, {}, ValidationException))
    if "Policy" in arguments:
        made.policy = _policy(made, arguments["Policy"])
    return keep(made)


def _check_arn(account: Account, text: str) -> None:
    """Check that the account can have such a resource.

    Raises
    ------
    RequestError
        It can't, or another method creates it.
    """
    arn = Arn.parse(text) if is_arn(text) else None
    if arn is None or not (arn.service and arn.resource) or "*" in text:
        raise RequestError(f"{text!r} isn't the ARN of a single resource.")
    if arn.account not in ("", account.account_id):
        raise RequestError(
            f"{text} is of account {arn.account}: make it there, or write {account.account_id}."
        )
    # The ARN of a bucket has neither Region nor account; multi-Region access points have no Region.
    is_other = arn.service == "s3" and (arn.region if arn.kind != "accesspoint" else not arn.region)
    how = "" if is_other else _of_form(MADE_OTHERWISE, arn)
    if how:
        raise RequestError(f"{text} is not made by create_resource, but by {how}.")


def _of_form(table: Mapping[str, str], arn: Arn) -> str:
    """Return a table's value for the first matching form; empty without a match."""
    text = f"{arn.service}::{arn.resource}"
    return next((found for form, found in table.items() if fnmatchcase(text, form)), "")


def _policy(resource: Resource, document: Document) -> Policy | None:
    """Check a policy by the rules of the service, if known; empty text means no policy."""
    if not document:
        return None
    if resource.service in SERVICES:
        return resource_policy(document, resource)
    return saved(document, f"policy of {resource.name}", "resource")


@operation("cloudformation:UpdateResource", everything)
def update_resource(account: Account, arguments: Parameters) -> None:
    """Change tags or policy of a resource."""
    found = _find(account, arguments)
    left = without(found.tags, arguments.get("TagKeys", ()))
    tags = more_tags(arguments, left, ValidationException)
    policy = _policy(found, arguments["Policy"]) if "Policy" in arguments else found.policy
    found.tags, found.policy = tags, policy


@operation("cloudformation:ListResources", everything, as_it_is)
def list_resources(account: Account, arguments: Parameters) -> dict[str, Any]:
    """List such resources of a Region, with those that have no Region, the oldest first."""
    found, places = all_of(account, OtherResource), ("", region_of(arguments))
    return {"ResourceDescriptions": [_described(each) for each in found if each.region in places]}


@operation("cloudformation:DeleteResource", everything)
def delete_resource(account: Account, arguments: Parameters) -> None:
    """Delete a resource."""
    forget(_find(account, arguments))


def _find(account: Account, arguments: Parameters) -> OtherResource:
    found = account.resources.get(arguments["Arn"])
    if not isinstance(found, OtherResource):
        raise ResourceNotFoundException(f"Resource of identifier {arguments['Arn']} was not found.")
    return found


operation("cloudformation:GetResource", everything, _as_found)(_find)
