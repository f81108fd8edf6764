"""The parts of a request, as values: who, does what, to what, when and where.

Notes
-----
AWS pages: "Components of a request"; "AWS global condition context keys".
"""

from __future__ import annotations

from dataclasses import dataclass

from iamlab.engine.decision import Decision
from iamlab.engine.layers import LAYERS
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.policy.catalog import action as in_catalog
from iamlab.view.figures.names import short_name
from iamlab.view.style import ABSENT

MISSING_WORDS = f"{ABSENT.symbol} not in the request"
FIRST = (
    *("aws:currenttime", "aws:sourceip", "aws:requestedregion", "aws:multifactorauthpresent"),
    *("aws:securetransport", "aws:principaltag/", "aws:requesttag/", "aws:resourcetag/"),
    *("aws:principalorgid", "sts:externalid", "aws:sourcevpce", "aws:useragent", "aws:viaaws"),
)
"""Keys that tell most; those about principal and resource only repeat what stands beside them."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the sentence: how people ask for it, what it is here, AWS's word for it."""

    question: str
    text: str
    note: str
    word: str
    details: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the context; ``values`` is ``None`` for one that only a policy asks for."""

    name: str
    values: tuple[str, ...] | None
    asked: bool

    @property
    def shown(self) -> str:
        """Its values as text."""
        if self.values is None:
            return MISSING_WORDS
        return ", ".join(self.values) or "(empty)"


def request_and_decision(asked: Decision | Request) -> tuple[Request, Decision | None]:
    """Take a request, or a decision with its own; refuse anything else."""
    if isinstance(asked, Decision):
        return asked.request, asked
    if isinstance(asked, Request):
        return asked, None
    raise RequestError(
        f"An object of type {type(asked).__name__} is neither a request nor a decision: give "
        "Request(principal, action, resource), or what world.can(caller, action, resource) gives."
    )


def parts_of(request: Request) -> tuple[Part, ...]:
    """Give the parts, and what is to be known of each."""
    who, what = short_name(request.principal)[0], short_name(request.resource)
    caller = request.caller
    known = in_catalog(request.action)
    does = known.description.removeprefix("Grants permission to ") if known else ""
    own = "the caller's own account" if request.same_account else "another account"
    of_caller = (f"account {caller.account}",) if caller.account else ("of no account",)
    of_resource = (
        *([f"account {request.resource_account}"] if request.resource_account else []),
        *([own] if caller.account else []),
    )
    return (
        Part("WHO", who, caller.kind.value, "Principal", (*of_caller, *_behind(request))),
        Part(
            "DOES WHAT", request.action, known.level if known else "", "Action",
            (does,) if does else (),
        ),
        Part("TO WHAT", what[0], what[1], "Resource", of_resource),
        Part("WHEN AND WHERE", *moment_of(request), "Condition context", ()),
    )  # fmt: skip


def _behind(request: Request) -> tuple[str, ...]:
    issuer = request.caller.issuer
    return (f"acts as {issuer}",) if issuer and issuer != request.principal else ()


def moment_of(request: Request) -> tuple[str, str]:
    """Say when and where, as far as the context tells."""
    time, address = request.value("aws:CurrentTime"), request.value("aws:SourceIp")
    first = [f"on {time}"] if time else []
    rest = [f"from {address}"] if address else []
    mfa = request.value("aws:MultiFactorAuthPresent")
    rest += [{"true": "with MFA", "false": "without MFA"}[mfa]] if mfa in ("true", "false") else []
    if not first:
        first, rest = rest[:1] or ["no time is told"], rest[1:]
    return ", ".join(first), ", ".join(rest)


def keys_of(request: Request, decision: Decision | None) -> tuple[Key, ...]:
    """List the context: what policies ask for first, then what tells most."""
    asked = {} if decision is None else _asked_for(decision)
    names = {name.lower(): name for name in request.context if request.keys.get(name.lower())}
    sent = [Key(names[low], request.keys[low], low in asked) for low in names]
    missing = [Key(asked[low], None, asked=True) for low in asked if low not in names]
    return tuple(sorted([*sent, *missing], key=_rank))


def _asked_for(decision: Decision) -> dict[str, str]:
    """Give the keys of all conditions of the policies that have a part."""
    return {
        condition.key.lower(): condition.key
        for layer in LAYERS
        for reading in decision.layer_matches[layer].matches
        for condition in reading.statement.conditions
    }


def _rank(key: Key) -> tuple[bool, int, str]:
    low = key.name.lower()
    place = next((i for i, start in enumerate(FIRST) if low.startswith(start)), len(FIRST))
    return not key.asked, place, low
