"""Service principals: which roles they assume, which keys they send, which linked roles they have.

A service works for many accounts. It sends the resource and account that it calls for as
``aws:SourceArn`` and ``aws:SourceAccount``, so a policy can allow it for one account only. An Allow
with a condition on a key that the service doesn't send allows nobody.
``data/service_principals.toml`` has the services.

Notes
-----
AWS pages: "The confused deputy problem"; each row of the table names its page. AWS has no page with
all of them, so some rows are only likely. "AWS services that work with IAM"; "Create a
service-linked role"; the "AWS Managed Policy Reference", for the policies under
``/aws-service-role/``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


SOURCE_ARN, SOURCE_ACCOUNT = "aws:SourceArn", "aws:SourceAccount"
BOTH = (SOURCE_ARN, SOURCE_ACCOUNT)
Confidence = Literal["sure", "likely", "unsure"]


@dataclass(frozen=True, slots=True)
class ServicePrincipal:
    """A service principal.

    Parameters
    ----------
    name
        Without ``.amazonaws.com``.
    assumes_roles, calls_resources
        Where policies name it: in trust policies, in resource-based policies.
    sends
        The condition keys that it sends.
    page
        The page that documents it; empty if no page is known.
    """

    name: str
    assumes_roles: bool
    calls_resources: bool
    sends: tuple[str, ...]
    confidence: Confidence
    page: str = ""


_TABLES: dict[str, Any] = tables(__file__, "data/service_principals.toml")
PRINCIPALS = {
    name: ServicePrincipal(
        name,
        "trust" in row["policies"],
        "resource" in row["policies"],
        tuple(row["sends"].split()),
        row["confidence"],
        row.get("page", ""),
    )
    for row in _TABLES["services"]
    for name in row["names"].split()
}
"""By name."""

_END = re.compile(r"\.amazonaws\.(?:com|com\.cn|eu)\Z", re.ASCII)
_REGION = re.compile(r"\.(?:[a-z]{2,4})(?:-[a-z]+)+-\d\Z", re.ASCII)


KNOWN: set[str] = {*_TABLES["known"].split(), *PRINCIPALS}
"""The names of the services that exist. If AWS has a newer one, add its name."""
KNOWN_ON: date = _TABLES["known_on"]
"""The date of the lists: that of services, and that of linked roles."""


def _name(principal: str) -> str:
    return _REGION.sub("", _END.sub("", principal.lower()))


def is_known(principal: str) -> bool:
    """Return whether a service principal exists; its name can contain a Region.

    Examples
    --------
    >>> is_known("logs.eu-west-1.amazonaws.com"), is_known("lambda.amazon.com")
    (True, False)
    """
    name = _name(principal)
    return _END.search(principal.lower()) is not None and (name in KNOWN or name in LINKED)


def find(principal: str) -> ServicePrincipal | None:
    """Find what is known about a service; its name can contain a Region.

    Examples
    --------
    >>> find("logs.eu-west-1.amazonaws.com").name
    'logs'
    """
    return PRINCIPALS.get(_name(principal))


def sends(principal: str) -> tuple[str, ...]:
    """Return the condition keys that a service sends about its source: both, if unknown.

    Examples
    --------
    >>> sends("sns.amazonaws.com"), sends("ec2.amazonaws.com")
    (('aws:SourceArn',), ())
    >>> sends("of-tomorrow.amazonaws.com")
    ('aws:SourceArn', 'aws:SourceAccount')
    """
    known = find(principal)
    return BOTH if known is None else known.sends


PATH = "/aws-service-role/"
"""The path of service-linked roles."""

ROLE_MANAGER = "role-manager.iam.amazonaws.com"
"""The service that creates roles from templates."""

_BEGIN = "AWSServiceRoleFor"
_DOMAIN = ".amazonaws.com"


@dataclass(frozen=True, slots=True)
class LinkedService:
    """A service with a service-linked role.

    Parameters
    ----------
    name
        The part of the role's name after ``AWSServiceRoleFor``.
    policy
        The AWS managed policy attached to the role.
    takes_suffix
        Whether there can be several such roles, each with its own suffix.
    """

    name: str
    policy: str
    takes_suffix: bool = False

    def role_name(self, suffix: str) -> str:
        """Return the name of the role."""
        return f"{_BEGIN}{self.name}" + (f"_{suffix}" if suffix else "")


LINKED = {service: LinkedService(**role) for service, role in _TABLES["linked_roles"].items()}
"""Service principal, without ``.amazonaws.com`` -> its role. If AWS has a newer one, add it."""


def linked_service(principal: str) -> LinkedService | None:
    """Return the linked role of a service; ``None`` if AWS has none.

    Examples
    --------
    >>> linked_service("autoscaling.amazonaws.com").role_name("blue")
    'AWSServiceRoleForAutoScaling_blue'
    >>> linked_service("some-thing.amazonaws.com") is None
    True
    """
    own = principal.removesuffix(_DOMAIN)
    return None if own == principal else LINKED.get(own)


def role_of(parameters: Mapping[str, Any]) -> str:
    """Return path and name of the role that a call names by its service or by a task.

    Examples
    --------
    >>> role_of({"AWSServiceName": "ecs.amazonaws.com"})
    '/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS'
    """
    if "AWSServiceName" in parameters:
        service = parameters["AWSServiceName"]
        linked = linked_service(service)
        name = linked.role_name(parameters.get("CustomSuffix", "")) if linked else ""
        return f"{PATH}{service}/{name}"
    return str(parameters.get("DeletionTaskId", "")).removeprefix("task").rpartition("/")[0]
