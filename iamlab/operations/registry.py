"""The registry: one entry for each operation of each service.

An entry has the operation's resource, function and response. Methods of resources, calls and events
all use it. The modules with the entries register them when they are imported, on first use of one
of their operations.

Notes
-----
AWS pages: "IAM API Reference" and the API references of the other services: the lists of actions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied, AwsError, RequestError, did_you_mean
from iamlab.operations.api_models import Signature, signature
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision
    from iamlab.model.account import Account
    from iamlab.model.world import World


Parameters = Mapping[str, Any]
Perform = Callable[..., Any]
Answer = Callable[[Any], dict[str, Any]]
Pairs = Callable[["Account", Parameters], list[tuple[str, str]]]
About = Callable[["Account", Parameters], str]
Keys = Callable[["Account", Parameters], dict[str, Any]]
Refuse = Callable[["Decision", str], AwsError]
Wording = Callable[["World", str, str, "Decision"], str]

_TABLES: dict[str, dict[str, list[str]]] = tables(__file__)
MODULES: dict[str, list[str]] = {
    service: [f"iamlab.operations.{name}" for name in names]
    for service, names in _TABLES["modules"].items()
}
"""Prefix of a service -> the modules whose import registers its operations.

Operations for reports are in ``analysis``, and those of Access Analyzer in ``clients``: these rooms
are above this folder, and ``world`` registers their modules with :func:`register_modules`.
"""

SERVICES = tuple(
    service for service in MODULES if service not in ("iam", "identitystore", "sso", "sts")
)
"""The prefixes of the other services, whose operations are all in this folder."""

READS = ("Get", "List", "Generate", "Describe", "Simulate", "IsMember")
"""The prefixes of read-only operations."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An operation.

    Parameters
    ----------
    name
        Its name in the API: ``CreateUser``.
    service
        The prefix of its service.
    perform
        Performs it: checks first and changes last, so that a failure changes nothing. It gets the
        account and the parameters, and with ``by_whom`` also the caller.
    answer
        Converts the result of ``perform`` to the API's response.
    on
        For IAM: the type of resource whose ARN it needs permission for, ``"user"``; with a slash at
        its end, all of them: ``"user/"``; ``"*"``: no resource.
    about
        For other services: returns that ARN.
    also
        More pairs of action and resource that the caller needs.
    action
        The action that it needs, if its name differs: ``s3:ListAllMyBuckets``.
    keys
        The condition keys of the call, without those of tags.
    refuse
        The error for a caller without permission.
    wording
        Extends the message of a denied call: some services add an encoded part.
    by_whom
        Whether the result depends on the caller.
    is_read_only
        Whether it changes nothing.
    call_type
        The class of :class:`~iamlab.operations.dispatch.Call`, if its service has its own rules.
    is_signed
        For STS: whether the caller signs it with AWS credentials; otherwise a token identifies it.
    is_regional
        For STS: whether the global endpoint doesn't have it.
    logs_answer
        Whether the event has the response, without its secrets.
    """

    name: str
    service: str
    perform: Perform
    answer: Answer
    on: str
    about: About | None
    also: Pairs
    action: str = ""
    keys: Keys | None = None
    refuse: Refuse = AccessDenied
    wording: Wording | None = None
    by_whom: bool = False
    is_read_only: bool = False
    call_type: Any = None
    is_signed: bool = True
    is_regional: bool = False
    logs_answer: bool = True

    @property
    def needs(self) -> str:
        """The action that the caller needs permission for."""
        return self.action or f"{self.service}:{self.name}"

    @property
    def signature(self) -> Signature:
        """Its parameters, as the API declares them."""
        return signature(self.name, self.service)


_ENTRIES: dict[str, Entry] = {}  # by service and name, but for IAM only by name


def nothing(_: Any) -> dict[str, Any]:
    """Return an empty response."""
    return {}


def as_it_is(value: dict[str, Any]) -> dict[str, Any]:
    """Return the result as the response."""
    return value


def as_answer(form: Any, record: object, named: Mapping[str, Callable[[Any], Any]]) -> Any:
    """Return what a form says of a record, without the members that it doesn't have.

    Parameters
    ----------
    form
        A mapping of members to forms; a list with forms of the record, or of each of several
        records; a name in ``named``; a constant: ``"=ACTIVE"``; or an attribute.

    Examples
    --------
    >>> from datetime import date
    >>> as_answer({"Year": "year", "State": "=known"}, date(2026, 1, 31), {})
    {'Year': 2026, 'State': 'known'}
    """
    if isinstance(form, str):
        if form.startswith("="):
            return form[1:]
        if form in named:
            return named[form](record)
        for attribute in form.split("."):
            record = None if record is None else getattr(record, attribute)
        return None if record == "" else record
    if isinstance(form, list):
        records = record if isinstance(record, list) else [record]
        parts = (as_answer(part, each, named) for each in records for part in form)
        return [part for part in parts if part is not None]
    members = {name: as_answer(part, record, named) for name, part in form.items()}
    return {name: value for name, value in members.items() if value is not None} or None


def page_of(
    name: str, items: list[Any], token: str, most: int, refusal: AwsError, more: str = "NextToken"
) -> dict[str, Any]:
    """Return one page of a list, with the token of the next page if there is one.

    Parameters
    ----------
    name, more
        The members with the items and with the token.
    token
        The position of the first item; ``"0"`` without one.
    most
        The number of items on a page.

    Raises
    ------
    AwsError
        The refusal: the token isn't a position in the list, or a page would be empty.

    Examples
    --------
    >>> page_of("Names", ["a", "b", "c"], "0", 2, AwsError("The token isn't valid."))
    {'Names': ['a', 'b'], 'NextToken': '2'}
    """
    is_place = token.isascii() and token.isdecimal() and len(token) < 9
    if not is_place or int(token) > len(items) or most < 1:
        raise refusal
    stop = int(token) + most
    return {name: items[int(token) : stop], **({more: str(stop)} if stop < len(items) else {})}


def no_more(_: Account, __: Parameters) -> list[tuple[str, str]]:
    """Return no additional permissions."""
    return []


def operation(
    name: str,
    on: str | About | None = None,
    answer: Answer = nothing,
    also: Pairs = no_more,
    **more: Any,
) -> Callable[[Perform], Perform]:
    """Register a function as an operation.

    Parameters
    ----------
    name
        With the prefix of its service, if that isn't IAM: ``"kms:CreateKey"``.
    on
        Its resource: for IAM a type of resource, for other services a function that returns the
        ARN.
    more
        More fields of :class:`Entry`.
    """
    prefix, colon, end = name.partition(":")
    service, own = (prefix, end) if colon else ("iam", name)
    kind, about = (on, None) if isinstance(on, str) else ("", on)
    more.setdefault("is_read_only", own.startswith(READS))
    more.setdefault("logs_answer", not more["is_read_only"])

    def make(perform: Perform) -> Perform:
        _ENTRIES[name] = Entry(own, service, perform, answer, kind, about, also, **more)
        return perform

    return make


def register_modules(service: str, *modules: str) -> None:
    """Add modules of a higher room that have operations of a service."""
    MODULES[service] = list(dict.fromkeys((*MODULES.get(service, ()), *modules)))


def entries() -> Mapping[str, Entry]:
    """Return all entries of IAM's API by name."""
    return entries_of("iam")


def entries_of(*services: str) -> Mapping[str, Entry]:
    """Return services' entries by service and name; by default of all ``SERVICES``."""
    wanted = services or SERVICES
    for module in chain.from_iterable(MODULES[service] for service in wanted):
        import_module(module)
    return {key: entry for key, entry in _ENTRIES.items() if entry.service in wanted}


def find(name: str) -> Entry:
    """Find an entry; operations of services other than IAM are named with their prefix.

    Raises
    ------
    RequestError
        There is no such operation.

    Examples
    --------
    >>> find("CreateUser").on, find("kms:CreateKey").service
    ('user', 'kms')
    """
    prefix, colon, _ = name.partition(":")
    service = prefix if colon and prefix in MODULES else "iam"
    for module in MODULES[service]:  # one by one, the most used first
        if name in _ENTRIES:
            break
        import_module(module)
    if name not in _ENTRIES:
        every = entries_of(service)
        raise RequestError(f"iamlab has no operation {name!r}. {did_you_mean(name, every)}")
    return _ENTRIES[name]


NOT_MODELLED = {name: why for why, names in _TABLES["not_modelled"].items() for name in names}
"""Operation -> why it has no entry; those of other services than IAM have their prefix."""
