r"""From many resources to few patterns, in steps that say what they do.

A resource is first written so that a policy takes it literally. Then, if more than so many have a
beginning in common, the beginning and a star stand for them: the longest beginning for which this
is so. A beginning ends where a word ends, at ``/``, ``:``, ``-``, ``_`` or ``.``.

Sorted, all that begin alike stand side by side, so one walk along the list finds every beginning
that two or more share, the long ones before the short ones.

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "IAM policy elements: Variables and tags", for
``${*}``; "IAM and AWS STS quotas", for the characters that a policy may hold.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.errors import PolicyError
from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable

_WORD_ENDS = "/:-_."
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\u00ff]+")
_TYPE = re.compile("[^/:]*[/:]")
_SIGN = re.compile(r"[*?]|\$(?=\{)")
_SIGN_BUT_STAR = re.compile(r"[?]|\$(?=\{)")
_NOUNS = {"sqs": "queues", "sns": "topics", "kinesis": "streams"}


@dataclass(frozen=True, slots=True)
class Step:
    """One generalisation.

    Parameters
    ----------
    before
        How many resources it was about.
    after
        The pattern that stands for them.
    text
        What was done, and why.
    """

    before: int
    after: str
    text: str

    def __str__(self) -> str:
        return self.text


def writable(resource: str, *, is_exact: bool = True) -> tuple[str, str]:
    """Write a resource so that a policy means just it.

    Parameters
    ----------
    is_exact
        Whether a star in it is a star; else it stands for what is not known, and stays one.

    Returns
    -------
    tuple
        The pattern, and why it means more than the resource, if it does.

    Examples
    --------
    >>> writable("arn:aws:s3:::maps/what?*${x}")
    ('arn:aws:s3:::maps/what${?}${*}${$}{x}', '')
    >>> writable("arn:aws:s3:::maps/北")[0]
    'arn:aws:s3:::maps/*'
    """
    if resource == "*":
        return "*", ""
    sign = _SIGN if is_exact else _SIGN_BUT_STAR
    if not is_arn(resource):
        return "*", "is no ARN, so only * matches it"
    *head, body = resource.split(":", PARTS - 1)
    if any(sign.search(part) or _UNWRITABLE.search(part) for part in head):
        return "*", "has signs before its fifth colon that cannot be written there"
    plain = sign.sub(lambda found: f"${{{found[0]}}}", body)
    written = _UNWRITABLE.sub("*", plain)
    begins = _TYPE.match(written)
    if not _is_saved(":".join((*head, f"{begins[0]}x" if begins else written))):
        return "*", "is no ARN that IAM saves in a policy"
    why = "" if written == plain else "has characters that a policy cannot hold"
    return ":".join((*head, written)), why


@lru_cache(maxsize=8192)
def _is_saved(resource: str) -> bool:
    """Say whether IAM takes such a resource: what counts are the first parts and the type."""
    try:
        Policy.allow("s3:GetObject", resource).check("identity")
    except PolicyError:
        return False
    return True


class _Out(NamedTuple):
    """A pattern, and for how many resources it stands."""

    pattern: str
    number: int


class _Node(NamedTuple):
    """A beginning that several share: its length, and what they have come to so far."""

    length: int
    outs: list[_Out]


def generalise(
    patterns: Iterable[str], most: int, *, last_resort: bool = False
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Let a beginning and a star stand for what begins alike, if that is more than so many.

    Parameters
    ----------
    patterns
        As :func:`writable` gives them.
    most
        So many with the same beginning stay as they are.
    last_resort
        Whether the beginning may be a mere type, ``table/*``, or the beginning of a bucket's name.

    Returns
    -------
    tuple
        The patterns, sorted, and the steps.

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
    stack: list[_Node] = []
    before = every[0]
    outs = [_Out(before, 1)]
    for pattern in (*every[1:], ""):
        shared = _shared(before, pattern)
        while stack and stack[-1].length > shared:
            node = stack.pop()
            node.outs.extend(outs)
            outs = _close(before[: node.length], node.outs, most, last_resort=last_resort)
        if stack and stack[-1].length == shared:
            stack[-1].outs.extend(outs)
        else:
            stack.append(_Node(shared, outs))
        before, outs = pattern, [_Out(pattern, 1)]
    found = sorted(stack[0].outs)
    steps = tuple(_step(one) for one in found if one.number > 1)
    return tuple(one.pattern for one in found), steps


def _shared(one: str, other: str) -> int:
    """Say how long the beginning is that two share, up to the end of a word."""
    end, above = 0, min(len(one), len(other)) + 1
    while above - end > 1:  # it is as long as this at least, and shorter than that
        middle = (end + above) // 2
        if one.startswith(other[:middle]):
            end = middle
        else:
            above = middle
    return max(one.rfind(sign, 0, end) for sign in _WORD_ENDS) + 1


def _close(beginning: str, outs: list[_Out], most: int, *, last_resort: bool) -> list[_Out]:
    """Put together what has a beginning in common, if it is long enough and they are many."""
    if len(outs) <= most or not _is_long_enough(beginning, last_resort=last_resort):
        return outs
    return [_Out(f"{beginning}*", sum(one.number for one in outs))]


def _is_long_enough(beginning: str, *, last_resort: bool) -> bool:
    """Say whether a beginning names something: a bucket, or part of a name after the type."""
    parts = beginning.split(":", PARTS - 1)
    if len(parts) < PARTS:
        return False
    service, body = parts[2], parts[-1]
    if service == "s3":
        return bool(body) if last_resort else "/" in body
    kind = _TYPE.match(body)
    return bool(body) and (last_resort or kind is None or len(body) > kind.end())


def _step(out: _Out) -> Step:
    short = shortly(out.pattern)
    text = f"{out.number:,} {noun_of(out.pattern)} in {short[:-1]} -> {short}"
    return Step(out.number, out.pattern, text)


def shortly(pattern: str) -> str:
    """Give a pattern as people say it: of a bucket without the rest, else what the ARN ends with.

    Examples
    --------
    >>> shortly("arn:aws:s3:::star-maps/m/*"), shortly("arn:aws:iam::111122223333:role/audit")
    ('star-maps/m/*', 'role/audit')
    """
    return pattern.split(":", PARTS - 1)[-1] if is_arn(pattern) else pattern


def readable(text: str) -> str:
    r"""Give text in which whoever wrote it can neither hide nor break anything.

    Examples
    --------
    >>> print(readable("maps/a\nb"))
    maps/a\nb
    """
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in text)


def noun_of(pattern: str) -> str:
    """Say what an ARN or a pattern is about, for many of them.

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
