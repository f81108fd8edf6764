"""Do two policies mean the same? Every kind of request that they could tell apart is tried.

The kinds come from ``engine/kinds.py``: for each group of actions, resources and values that the
statements see alike, one is enough. All their combinations are asked, if there are no too many,
else a random choice of them. So that nothing but the policies decides, all that is around them
lets the request through.

The kinds are found by trying good guesses. So a difference that is shown is real, and "no
difference" says in how many requests.

Notes
-----
AWS page: "Policy evaluation logic".
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.request import ANONYMOUS, Request, is_account
from iamlab.errors import RequestError
from iamlab.policy.arn import is_arn
from iamlab.policy.building import add
from iamlab.policy.comparing import check_size
from iamlab.policy.document import Policy
from iamlab.policy.samples import ACCOUNT
from tests.engine.request_kinds import kinds_of_requests

allow = Policy.allow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.policy.statement import Statement
    from tests.engine.request_kinds import Kind

MOST_REQUESTS = 200_000
"""So many requests are tried at most."""

MOST_PEOPLE = 200
"""So many callers are tried at most, each with each owner of the resource."""

LONGEST_PARTITION = 60_000
"""No text of a request may be longer than 65,536 characters."""

STRANGER = "999988887777"
"""Another account, which no policy would name."""

_ALL = allow("*")
# Resource policies that leave the decision to the caller's side, and that let everybody in.
_DOOR = add(
    allow("*", principal=ACCOUNT),
    allow("sts:*", None, principal=ACCOUNT),  # of a role
)
_OPEN = add(allow("*", principal="*"), allow("sts:*", None, principal="*"))
_CLOSED = Policy.parse({"Statement": []})

# What is around a policy of each type, so that it alone decides. A resource-based policy is
# tried three times, as to be let in by name means most, and to be let in by account least.
AROUND: Mapping[str, tuple[Callable[[Policy], Layers], ...]] = {
    "identity": (lambda policy: Layers(identity=[policy], resource=_DOOR),),
    "boundary": (lambda policy: Layers(identity=[_ALL], boundary=policy, resource=_DOOR),),
    "session": (lambda policy: Layers(identity=[_ALL], session=[policy], resource=_DOOR),),
    "scoped": (lambda policy: Layers(identity=[_ALL], scoped=[policy], resource=_DOOR),),
    "scp": (lambda policy: Layers(identity=[_ALL], scp=[[policy]], resource=_DOOR),),
    "rcp": (lambda policy: Layers(identity=[_ALL], rcp=[[policy]], resource=_OPEN),),
    "endpoint": (lambda policy: Layers(identity=[_ALL], endpoint=policy, resource=_OPEN),),
    "resource": (
        lambda policy: Layers(resource=policy),
        lambda policy: Layers(identity=[_ALL], resource=policy),
        lambda policy: Layers(identity=[_ALL], resource=policy, boundary=_CLOSED),
    ),
}
MAY_NAME = ("resource", "rcp", "endpoint")
"""The types of policies that may have a Principal element."""


@dataclass(frozen=True, slots=True)
class Equivalence:
    """Whether two policies mean the same; true if no difference was found.

    Parameters
    ----------
    decisions
        What the one and the other policy say to a request on which they differ.
    checked
        How many requests were tried.
    exhaustive
        Whether these were all kinds of requests; else they were a random choice.
    """

    decisions: tuple[Decision, Decision] | None
    checked: int
    exhaustive: bool

    def __bool__(self) -> bool:
        return self.decisions is None

    @property
    def witness(self) -> Request | None:
        """A request on which the two differ."""
        return self.decisions[0].request if self.decisions else None

    @property
    def because(self) -> str:
        """The answer in words."""
        if self.decisions is None:
            which = "one of each kind" if self.exhaustive else "chosen at random"
            many = "1 request" if self.checked == 1 else f"{self.checked:,} requests"
            return f"No difference in {many}, {which}."
        request = self.decisions[0].request
        context = ", ".join(f"{key} = {value}" for key, value in request.context.items())
        question = f"{request.principal} asks for {request.action} on {request.resource}"
        moment = f" ({context})" if context else ""
        return f"{question}{moment}. First: {self.decisions[0]}. Second: {self.decisions[1]}."

    def __str__(self) -> str:
        return self.because


def equivalent(
    policy: Policy, other: Policy, *, as_: str = "identity", most: int = MOST_REQUESTS
) -> Equivalence:
    """Return whether two policies mean the same, for the actions of the catalogue.

    Parameters
    ----------
    as_
        What the policies are used as: ``"identity"``, ``"resource"``, ``"boundary"``,
        ``"session"``, ``"scp"``, ``"rcp"``, ``"endpoint"`` or ``"scoped"``.
    most
        How many requests to try at most.

    Raises
    ------
    RequestError
        There is no such type of policy, or a policy is too long.

    Examples
    --------
    >>> from iamlab import Policy
    >>> print(equivalent(allow(["s3:Get*", "s3:GetObject"]), allow("S3:get*")))
    No difference in 2 requests, one of each kind.
    >>> found = equivalent(allow("s3:Get*"), allow("s3:*"))
    >>> bool(found), found.witness.action
    (False, 's3:PutObject')
    """
    if as_ not in AROUND:
        raise RequestError(f"There is no policy type {as_!r}. There are: {', '.join(AROUND)}.")
    check_size(policy)
    check_size(other)
    statements = (*policy.statements, *other.statements)
    people = _people(statements) if as_ in MAY_NAME else ((None, ACCOUNT),)
    sides = [(around(policy), around(other)) for around in AROUND[as_]]
    kinds = kinds_of_requests(statements, as_)
    each = len(people) * len(sides)
    whole = sum(kind.size for kind in kinds) * each <= most
    share = most if whole else max(1, most // (len(kinds) * each))
    checked = 0
    for request in _requests(kinds, people, share):
        for side in sides:
            checked += 1
            decisions = evaluate(request, side[0]), evaluate(request, side[1])
            if decisions[0].verdict is not decisions[1].verdict:
                return Equivalence(decisions, checked, exhaustive=False)
    complete = len(people) < MOST_PEOPLE and all(kind.fits(share) for kind in kinds)
    return Equivalence(None, checked, complete)


def _requests(
    kinds: Iterable[Kind], people: Sequence[tuple[str | None, str]], share: int
) -> Iterator[Request]:
    """Ask for all combinations of a kind, or for so many of them, chosen at random."""
    chance = random.Random(0)
    for kind in kinds:
        for resource, *values in kind.combinations(share, chance):
            context = {
                key: item[0] if len(item) == 1 else list(item)
                for key, item in zip(kind.keys, values, strict=True)
                if item is not None
            }
            for caller, owner in people:
                who = _somebody(resource) if caller is None else caller
                yield Request(who, kind.action, resource, owner, context)


def _somebody(resource: str) -> str:
    """Return a user of the partition that a resource is of: those of others never reach it."""
    partition = resource.split(":", 2)[1] if is_arn(resource) else "aws"
    return _user(ACCOUNT, partition[:LONGEST_PARTITION])


def _user(account: str, partition: str = "aws") -> str:
    return f"arn:{partition}:iam::{account}:user/somebody"


def _people(statements: Iterable[Statement]) -> tuple[tuple[str, str], ...]:
    """Return callers that Principal elements can tell apart, each with an owner of the resource."""
    named = dict.fromkeys(
        value
        for statement in statements
        for listed in (statement.principal, statement.not_principal)
        for _, value in listed or ()
    )
    callers = [_user(ACCOUNT), f"arn:aws:iam::{ACCOUNT}:role/somebody", _user(STRANGER)]
    callers += (ANONYMOUS, "ec2.amazonaws.com")
    accounts = [ACCOUNT]
    for value in named:
        account = value.split(":")[4] if is_arn(value) else value
        if is_account(account):
            callers += (value, f"arn:aws:iam::{account}:root", _user(account))
            accounts.append(account)
        else:
            callers.append(value)
    known = list(filter(_is_caller, dict.fromkeys(callers)))
    pairs = product(known, dict.fromkeys(accounts))
    return tuple(islice(pairs, MOST_PEOPLE))


def _is_caller(name: str) -> bool:
    try:
        Request(name, "s3:GetObject", "*", ACCOUNT)
    except RequestError:
        return False
    return True
