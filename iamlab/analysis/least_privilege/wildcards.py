r"""From many resources to few patterns, in steps that say what they do.

A resource is first written so that a policy takes it literally. Then, if more resources than a
limit have a beginning in common, that beginning and a star replace them: the longest beginning for
which this is so. A beginning ends where a word ends, at ``/``, ``:``, ``-``, ``_`` or ``.``.

In sorted order, resources with the same beginning are next to each other, so one walk along the
list finds every beginning that two or more share, the long ones before the short ones.

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "IAM policy elements: Variables and tags", for
``${*}``; "IAM and AWS STS quotas", for the characters that a policy may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from iamlab.errors import PolicyError
from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD_ENDS = "/:-_."
_NOT_IN_POLICIES = re.compile("[^\t\n\r\u0020-\u00ff]+")
_TYPE = re.compile("[^/:]*[/:]")
_SPECIAL = re.compile(r"[*?]|\$(?=\{)")
_SPECIAL_BUT_STAR = re.compile(r"[?]|\$(?=\{)")
_NOUNS = {"sqs": "queues", "sns": "topics", "kinesis": "streams"}


@dataclass(frozen=True, slots=True)
class Generalisation:
    """A generalisation: one pattern instead of some resources.

    Parameters
    ----------
    before
        How many resources there were.
    after
        The pattern that replaces them.
    text
        What was done, and why.
    """

    before: int
    after: str
    text: str

    def __str__(self) -> str:
        return self.text


def writable(resource: str, *, is_exact: bool = True) -> tuple[str, str]:
    """Write a resource so that a policy matches only it.

    Parameters
    ----------
    is_exact
        Whether a star in it is a star; else it stands for what is not known, and stays a star.

    Returns
    -------
    tuple
        The pattern, and why it matches more than the resource, if it does.

    Examples
    --------
    >>> writable("arn:aws:s3:::maps/what?*${x}")
    ('arn:aws:s3:::maps/what${?}${*}${$}{x}', '')
    >>> writable("arn:aws:s3:::maps/北")[0]
    'arn:aws:s3:::maps/*'
    """
    if resource == "*":
        return "*", ""
    special = _SPECIAL if is_exact else _SPECIAL_BUT_STAR
    if not is_arn(resource):
        return "*", "is no ARN, so only * matches it"
    *head, body = resource.split(":", PARTS - 1)
    if any(special.search(part) or _NOT_IN_POLICIES.search(part) for part in head):
        return "*", "has signs before its fifth colon that cannot be written there"
    plain = special.sub(lambda found: f"${{{found[0]}}}", body)
    written = _NOT_IN_POLICIES.sub("*", plain)
    begins = _TYPE.match(written)
    if not _is_saved(":".join((*head, f"{begins[0]}x" if begins else written))):
        return "*", "is no ARN that IAM saves in a policy"
    why = "" if written == plain else "has characters that a policy cannot hold"
    return ":".join((*head, written)), why


@lru_cache(maxsize=8192)
def _is_saved(resource: str) -> bool:
    """Say whether IAM saves such a resource; this depends on its first parts and its type."""
    try:
        Policy.allow("s3:GetObject", resource).check("identity")
    except PolicyError:
        return False
    return True


class _Pattern(NamedTuple):
    """A pattern, and how many resources it replaces."""

    pattern: str
    number: int


class _Beginning(NamedTuple):
    """A beginning that several share: its length, and their patterns so far."""

    length: int
    patterns: list[_Pattern]


def generalise(
    patterns: Iterable[str], most: int, *, last_resort: bool = False
) -> tuple[tuple[str, ...], tuple[Generalisation, ...]]:
    """Replace resources with the same beginning by it and a star, if there are more than a limit.

    Parameters
    ----------
    patterns
        As :func:`writable` gives them.
    most
        The limit: so many with the same beginning stay as they are.
    last_resort
        Whether the beginning may be only a type, ``table/*``, or the beginning of a bucket's name.

    Returns
    -------
    tuple
        The patterns, sorted, and the generalisations.

    Examples
    --------
    >>> maps = [f"arn:aws:s3:::star-maps/m/{number}.fits" for number in range(31)]
    >>> patterns, steps = generalise([*maps, "arn:aws:s3:::star-maps/index"], 10)
    >>> patterns
    ('arn:aws:s3:::star-maps/index', 'arn:aws:s3:::star-maps/m/*')
    >>> print(steps[0])
    31 objects in star-maps/m/ -> star-maps/m/*
    """
    every = sorted(set(patterns))
    if len(every) <= most or not every:
        return tuple(every), ()
    stack: list[_Beginning] = []
    before = every[0]
    own = [_Pattern(before, 1)]
    for pattern in (*every[1:], ""):
        shared = _shared_length(before, pattern)
        while stack and stack[-1].length > shared:
            beginning = stack.pop()
            start = before[: beginning.length]
            own = _generalised(start, beginning.patterns + own, most, last_resort=last_resort)
        if stack and stack[-1].length == shared:
            stack[-1].patterns.extend(own)
        else:
            stack.append(_Beginning(shared, own))
        before, own = pattern, [_Pattern(pattern, 1)]
    found = sorted(stack[0].patterns)
    steps = []
    for pattern, number in found:
        if number > 1:
            short = shortly(pattern)
            text = f"{number:,} {noun_of(pattern)} in {short[:-1]} -> {short}"
            steps.append(Generalisation(number, pattern, text))
    return tuple(pattern for pattern, _ in found), tuple(steps)


def _shared_length(one: str, other: str) -> int:
    """Give the length of the beginning that two share, up to the end of a word."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    end = sum(1 for _ in same)
    return max(one.rfind(mark, 0, end) for mark in _WORD_ENDS) + 1


def _generalised(
    beginning: str, patterns: list[_Pattern], most: int, *, last_resort: bool
) -> list[_Pattern]:
    """Replace patterns with a common beginning, if it is long enough and there are many."""
    if len(patterns) <= most or not _is_long_enough(beginning, last_resort=last_resort):
        return patterns
    return [_Pattern(f"{beginning}*", sum(one.number for one in patterns))]


def _is_long_enough(beginning: str, *, last_resort: bool) -> bool:
    """Say whether a beginning has a name in it: a bucket, or part of a name after the type."""
    parts = beginning.split(":", PARTS - 1)
    if len(parts) < PARTS:
        return False
    service, body = parts[2], parts[-1]
    if service == "s3":
        return bool(body) if last_resort else "/" in body
    kind = _TYPE.match(body)
    return bool(body) and (last_resort or kind is None or len(body) > kind.end())


def shortly(pattern: str) -> str:
    """Shorten a pattern: to bucket and key in S3, else to the end of the ARN.

    Examples
    --------
    >>> shortly("arn:aws:s3:::star-maps/m/*"), shortly("arn:aws:iam::111122223333:role/audit")
    ('star-maps/m/*', 'role/audit')
    """
    return pattern.split(":", PARTS - 1)[-1] if is_arn(pattern) else pattern


def readable(text: str) -> str:
    r"""Escape characters that cannot be printed: nothing can hide or break a line.

    Examples
    --------
    >>> print(readable("maps/a\nb"))
    maps/a\nb
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def noun_of(pattern: str) -> str:
    """Give the plural of the resource type in an ARN or a pattern.

    Examples
    --------
    >>> noun_of("arn:aws:s3:::maps/x"), noun_of("arn:aws:lambda:us-east-1:111122223333:function:x")
    ('objects', 'functions')
    """
    if not is_arn(pattern):
        return "resources"
    _, _, service, _, _, body = pattern.split(":", PARTS - 1)
    if service == "s3":
        return "objects" if "/" in body else "buckets"
    if service in _NOUNS:
        return _NOUNS[service]
    kind = re.match(r"([a-z][a-z-]*)[/:]", body)
    if kind is None:
        return "resources"
    if ":log-stream:" in body:
        return "log streams"
    name = kind[1].replace("-", " ")
    return f"{name[:-1]}ies" if name.endswith("y") and name[-2:-1] not in "aeou" else f"{name}s"
