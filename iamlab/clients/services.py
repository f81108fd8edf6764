"""The service that a request is for, its operation and its caller.

Notes
-----
AWS pages: Service Authorization Reference; "AWS service endpoints".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from iamlab.clients.wire_values import HttpError
from iamlab.tables import tables

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.clients.signature import Signature
    from iamlab.clients.wire import HttpRequest
    from iamlab.engine.decision import Decision
    from iamlab.model.world import World

_TABLES: dict[str, Any] = tables(__file__)
GLOBAL = ("iam", "organizations")
"""Services with one endpoint, in ``us-east-1``."""


@dataclass(frozen=True, slots=True)
class Service:
    """A service.

    Parameters
    ----------
    prefix
        Its prefix in policies: ``"s3"``.
    model
        The name of its model in botocore; empty if botocore has none.

    Examples
    --------
    >>> services_named("sso")
    [Service(prefix='sso', model='sso-admin')]
    """

    prefix: str
    model: str

    @property
    def without_effect(self) -> frozenset[str]:
        """The parameters that clients can send, and that change nothing here."""
        return frozenset(_TABLES["without_effect"].get(self.prefix, "").split())

    def operation(self, name: str) -> str:
        """Return what iamlab calls an operation, with its prefix; of IAM without."""
        name = _TABLES["renamed"].get(self.model, {}).get(name, name)
        return name if self.prefix == "iam" else f"{self.prefix}:{name}"


@dataclass(slots=True)
class ServiceRequest:
    """A request to a service, after it was read.

    Parameters
    ----------
    http
        The request; one of S3 has the bucket in its path.
    region
        The Region that the client calls.
    signature
        ``None`` for an anonymous caller.
    now
        The time of the client.
    decisions
        What iamlab has decided about it.
    """

    world: World
    http: HttpRequest
    service: Service
    operation: str
    parameters: dict[str, Any] = field(repr=False)
    caller: Caller
    who: PrincipalContext
    region: str
    signature: Signature | None
    now: datetime
    decisions: list[Decision] = field(default_factory=list, repr=False)

    def lacking(self, why: str) -> HttpError:
        """Return the error for an operation that iamlab doesn't have."""
        return lacking(f"{self.service.prefix}:{self.operation}", why)


def lacking(operation: str, why: str) -> HttpError:
    """Return the error for an operation that iamlab doesn't have."""
    return HttpError("NotImplemented", f"iamlab doesn't answer {operation}. {why}".strip(), 501)


@cache
def _models() -> frozenset[str]:
    from botocore.loaders import Loader

    return frozenset(Loader().list_available_services("service-2"))


def services_named(name: str) -> list[Service]:
    """Return the services with a name in the credential scope of a signature, the main one first.

    Several models can share the name, such as those of Bedrock and of its runtime.
    """
    prefix, known = _TABLES["prefixes"].get(name, name), _models()
    models = _TABLES["models"].get(name, name).split() or [""]
    return [Service(prefix, model if model in known else "") for model in models]


def services_of(request: HttpRequest, signature: Signature | None) -> list[Service]:
    """Return the services that a request can be for, by its signature, or else by host or form."""
    if signature is not None:
        name = signature.service
    elif is_of_aws(request.host):
        labels = request.host.split(".")
        name = "s3" if "s3" in labels else labels[0]
    else:
        name = _TABLES["versions"].get(request.form.get("Version", ""), "s3")
    if name == "s3" and urlsplit(request.url).path.startswith("/v20180820/"):
        return [Service("s3", "s3control")]
    return services_named(name)


def is_of_aws(host: str) -> bool:
    """Return whether a host is an endpoint of AWS.

    >>> is_of_aws("sts.eu-west-1.amazonaws.com:443"), is_of_aws("127.0.0.1:8080")
    (True, False)
    """
    return host.partition(":")[0].endswith(tuple(_TABLES["domains"]))


def region_of_host(host: str) -> str:
    """Return the Region that a host names; empty if it names none.

    >>> region_of_host("maps.s3.eu-west-1.amazonaws.com"), region_of_host("iam.amazonaws.com")
    ('eu-west-1', '')
    """
    named = re.search(r"\.([a-z]{2,4}(?:-[a-z]+)+-[0-9])\.", host) if is_of_aws(host) else None
    return named[1] if named else ""
