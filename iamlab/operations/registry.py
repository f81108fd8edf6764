"""One entry for each operation: what it works on, what it does, what it answers.

From the entry come the method of a thing or account, the call as somebody, and the event. Entries
of IAM's API stand in the modules beside this one, those of other services in ``world/services``;
they are loaded when an operation is first wanted.

Operations of IAM's API that have no entry, each with the reason.

Notes
-----
AWS page: "IAM API Reference", the list of actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.model.account import Account


Parameters = Mapping[str, Any]
Perform = Callable[..., Any]
Answer = Callable[[Any], dict[str, Any]]
Pairs = Callable[["Account", Parameters], list[tuple[str, str]]]
About = Callable[["Account", Parameters], str]
Keys = Callable[["Account", Parameters], dict[str, Any]]
Refuse = Callable[["Decision", str], AwsError]

MODULES: dict[str, list[str]] = {
    "iam": [
        f"iamlab.operations.iam.{name}"
        for name in (
            "users_and_groups",
            "roles",
            "policies",
            "access_keys",
            "passwords",
            "mfa",
            "account_settings",
            "identity_providers",
            "certificates",
            "user_credentials",
        )
    ],
    "cloudformation": ["iamlab.operations.services.cloudcontrol"],
    "dynamodb": ["iamlab.operations.services.dynamodb"],
    "ec2": [
        f"iamlab.operations.services.ec2.{name}"
        for name in ("instances", "instance_profiles", "tagged_resources", "vpc_endpoints")
    ],
    "ecr": ["iamlab.operations.services.ecr"],
    "events": ["iamlab.operations.services.eventbridge"],
    "kms": [
        f"iamlab.operations.services.kms.{name}"
        for name in ("grants", "keys", "policies_and_states")
    ],
    "lambda": ["iamlab.operations.services.lambda_operations"],
    "organizations": [
        f"iamlab.operations.organizations.{name}"
        for name in ("accounts", "delegates", "handshakes", "management", "policies")
    ],
    "s3": [
        f"iamlab.operations.services.s3.{name}"
        for name in ("buckets_and_tags", "policies", "public_access")
    ],
    "secretsmanager": ["iamlab.operations.services.secretsmanager"],
    "sns": ["iamlab.operations.services.sns"],
    "sqs": ["iamlab.operations.services.sqs"],
}
"""Prefix of a service -> the modules whose import registers its operations.

Operations that answer reports are in ``analysis``, above this folder, and register themselves
with :func:`register_modules`.
"""

SERVICES = tuple(service for service in MODULES if service != "iam")
"""The prefixes of the services beside IAM."""

READS = ("Get", "List", "Generate", "Describe", "Simulate")
"""What the names of operations that change nothing begin with."""


_KINDS: Mapping[str, tuple[type, ...]] = {
    "": (str,),
    "bool": (bool,),
    "dict": (Mapping,),
    "int": (int,),
    "list": (list, tuple),
}
"""What a parameter may be -> the Python types that it may have."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of another service's operation."""

    types: tuple[type, ...]
    is_required: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation.

    Parameters
    ----------
    name
        As in the API: ``CreateUser``.
    on
        What it works on: the kind of thing whose ARN it needs permission for, ``"user"``; with a
        slash at its end, all of them: ``"user/"``; ``"*"``: on nothing in particular.
    perform
        Does it: checks first, and changes last, so that what fails changes nothing. It is given the
        account and the parameters, and with ``by_whom`` the caller too.
    answer
        What ``perform`` gives, as the API answers it.
    also
        Further pairs of action and resource that the caller needs.
    service
        Whose operation it is.
    about
        Of another service than IAM: gives the ARN that the caller needs permission for.
    takes
        Of another service than IAM: its parameters by name.
    action
        The action that it needs, where that has another name: ``s3:ListAllMyBuckets``.
    keys
        Of another service than IAM: the condition keys that the call has beside those of tags.
    refuse
        What is answered to a caller who may not.
    by_whom
        Whether what it does depends on who calls.
    encodes
        Whether a refusal hands out an encoded message that says more.
    """

    name: str
    on: str
    perform: Perform
    answer: Answer
    also: Pairs
    service: str = "iam"
    about: About | None = None
    takes: Mapping[str, Parameter] = field(default_factory=dict)
    action: str = ""
    keys: Keys | None = None
    refuse: Refuse = AccessDenied
    by_whom: bool = False
    encodes: bool = False

    @property
    def needs(self) -> str:
        """The action that its caller needs."""
        return self.action or f"{self.service}:{self.name}"

    @property
    def required(self) -> tuple[str, ...]:
        """Of another service than IAM: the parameters that must be given."""
        return tuple(name for name, one in self.takes.items() if one.is_required)

    @property
    def is_read_only(self) -> bool:
        """Whether it changes nothing."""
        return self.name.startswith(READS)


_ENTRIES: dict[str, Entry] = {}
_OF_SERVICES: dict[str, Entry] = {}  # by service and name: "kms:CreateKey"


def nothing(_: Any) -> dict[str, Any]:
    """Answer nothing, as operations do that only change something."""
    return {}


def as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    """Answer what was found."""
    return value


def no_more(_: Account, __: Parameters) -> list[tuple[str, str]]:
    """Need no further permission."""
    return []


def operation(
    name: str,
    on: str,
    answer: Answer = nothing,
    also: Pairs = no_more,
    *,
    by_whom: bool = False,
) -> Callable[[Perform], Perform]:
    """Make a function the entry of an operation."""

    def make(perform: Perform) -> Perform:
        _ENTRIES[name] = Entry(name, on, perform, answer, also, by_whom=by_whom)
        return perform

    return make


def service_operation(
    service: str,
    name: str,
    about: About,
    takes: str = "",
    *,
    answer: Answer = nothing,
    also: Pairs = no_more,
    action: str = "",
    keys: Keys | None = None,
    refuse: Refuse = AccessDenied,
    by_whom: bool = False,
    encodes: bool = False,
) -> Callable[[Perform], Perform]:
    """Make a function the entry of another service's operation.

    Parameters
    ----------
    takes
        Its parameters, apart by spaces: ``"Bucket Policy Tags:list?"``. A question mark follows
        those that may be left out, a colon leads to what is no text.
    """
    parameters = {}
    for one in takes.split():
        parameter, _, kind = one.rstrip("?").partition(":")
        parameters[parameter] = Parameter(_KINDS[kind], is_required=not one.endswith("?"))

    def make(perform: Perform) -> Perform:
        known = Entry(name, "", perform, answer, also, service, about, parameters, action)
        _OF_SERVICES[f"{service}:{name}"] = replace(
            known, keys=keys, refuse=refuse, by_whom=by_whom, encodes=encodes
        )
        return perform

    return make


def register_modules(service: str, *modules: str) -> None:
    """Add modules of a folder above that have operations of a service."""
    MODULES[service] += [module for module in modules if module not in MODULES[service]]


def entries() -> Mapping[str, Entry]:
    """Give all entries of IAM's API by name."""
    for module in MODULES["iam"]:
        import_module(module)
    return _ENTRIES


def entries_of(*services: str) -> Mapping[str, Entry]:
    """Give the entries of other services, or of all, by service and name."""
    wanted = services or SERVICES
    for module in chain.from_iterable(MODULES[service] for service in wanted):
        import_module(module)
    return {key: one for key, one in _OF_SERVICES.items() if one.service in wanted}


def find(name: str) -> Entry:
    """Find an entry; an operation of another service than IAM is named with its prefix.

    Raises
    ------
    RequestError
        There is none.

    Examples
    --------
    >>> find("CreateUser").on, find("kms:CreateKey").service
    ('user', 'kms')
    """
    service, colon, _ = name.partition(":")
    for module in () if colon else MODULES["iam"]:  # one by one: the most used come first
        if name in _ENTRIES:
            break
        import_module(module)
    known = _ENTRIES.get(name) or _OF_SERVICES.get(name)
    if known is not None:
        return known
    every = entries_of(service) if service in SERVICES else entries()
    if name not in every:
        raise RequestError(f"iamlab has no operation {name!r} yet. {did_you_mean(name, every)}")
    return every[name]


_DELEGATION = "Temporary delegation to partners of AWS needs their products."
_TEMPLATES = "Role templates are made by AWS and its partners; there are none here."
_SUMMARIES = "Summaries in words are written by a model of AWS; iamlab's explain() has its own."

NOT_MODELLED = {
    "AcceptDelegationRequest": _DELEGATION,
    "AcquireRole": _TEMPLATES,
    "AssociateDelegationRequest": _DELEGATION,
    "CreateDelegationRequest": _DELEGATION,
    "GetDelegationRequest": _DELEGATION,
    "GetHumanReadableSummary": _SUMMARIES,
    "GetRoleTemplateVersion": _TEMPLATES,
    "ListDelegationRequests": _DELEGATION,
    "RejectDelegationRequest": _DELEGATION,
    "SendDelegationToken": _DELEGATION,
    "UpdateDelegationRequest": _DELEGATION,
}
"""Operation -> why it has no entry."""
