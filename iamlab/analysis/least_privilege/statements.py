r"""Statements as a person would write them, and patterns for their resources.

Actions of one service that were used on the same resources are in one statement. Its Sid says what
it allows, and with what: ``ReadStarMaps``.

A resource is first written so that a policy takes it literally. If more resources than a limit have
a beginning in common, up to the end of a word, the longest such beginning and a star replace them.

Notes
-----
AWS pages: "IAM JSON policy elements: Resource"; "IAM policy elements: Variables and tags", for
``${*}``; "IAM and AWS STS quotas", for the characters that a policy may hold; "IAM JSON policy
elements: Sid"; "Service Authorization Reference", for the access levels in the Sids.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.arn_formats import TABLES
from iamlab.errors import PolicyError
from iamlab.policy import catalog
from iamlab.policy.arn import PARTS, is_arn
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from iamlab.analysis.least_privilege.used_permissions import Pair

_VERBS: Mapping[str, str] = TABLES["sid_verbs"]
_OWN_VERBS = {"sts:AssumeRole": "Assume", "iam:PassRole": "Pass", "lambda:InvokeFunction": "Invoke"}
"""The access level says too little of these."""

_LONGEST_NAME = 32
"""A Sid does not repeat longer names; it has the resource type instead."""

_WORD_ENDS = "/:-_."
_NOT_IN_POLICIES = re.compile("[^\t\n\r\u0020-\u00ff]+")
_TYPE = re.compile("[^/:]*[/:]")
_SPECIAL = re.compile(r"[*?]|\$(?=\{)")
_SPECIAL_BUT_STAR = re.compile(r"[?]|\$(?=\{)")
_NOUNS = {"sqs": "queues", "sns": "topics", "kinesis": "streams"}


@dataclass(frozen=True, slots=True)
class AllowStatement:
    """A statement of a new policy.

    Parameters
    ----------
    actions, resources
        Sorted; all actions are of the service, and resources as the policy writes them.
    passed_to
        For ``iam:PassRole``: the service that may get the role.
    """

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    passed_to: str = ""

    @property
    def sid(self) -> str:
        """What it allows, in one word; if two have the same, a number is added later."""
        return f"{_verb_of_sid(self.actions)}{_object_of_sid(self.service, self.resources)}"

    def to_dict(self, sid: str) -> dict[str, Any]:
        """Write it with a Sid."""
        statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow"}
        for name, values in (("Action", self.actions), ("Resource", self.resources)):
            statement[name] = values[0] if len(values) == 1 else list(values)
        if self.passed_to:
            statement["Condition"] = {"StringEquals": {"iam:PassedToService": self.passed_to}}
        return statement


def statements_for(
    pairs: Iterable[Pair], most: int, *, last_resort: bool = False, inexact: Collection[Pair] = ()
) -> tuple[tuple[AllowStatement, ...], tuple[Generalisation, ...]]:
    """Group pairs into statements.

    Parameters
    ----------
    inexact
        The pairs in which a star replaces an unknown part.
    most, last_resort
        As for :func:`~iamlab.analysis.least_privilege.statements.generalise`.

    Returns
    -------
    tuple
        The statements, sorted, and the generalisations of their resources.

    Examples
    --------
    >>> maps = "arn:aws:s3:::star-maps/m31.fits"
    >>> [one], _ = statements_for([("s3:GetObject", maps), ("s3:GetObjectTagging", maps)], 10)
    >>> one.sid, one.actions
    ('ReadStarMaps', ('s3:GetObject', 's3:GetObjectTagging'))
    """
    by_action: dict[str, set[str]] = defaultdict(set)
    for action, resource in pairs:
        by_action[action].add(resource)
    done: dict[Generalisation, None] = {}
    alike: dict[frozenset[str], tuple[str, ...]] = {}
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for action, used in sorted(by_action.items()):
        patterns = frozenset(_patterns_for(action, used, done, inexact))
        if patterns not in alike:
            alike[patterns], made = generalise(patterns, most, last_resort=last_resort)
            done |= dict.fromkeys(made)
        grouped[action.partition(":")[0].lower(), alike[patterns]].append(action)
    statements = tuple(
        AllowStatement(service, tuple(sorted(actions)), resources)
        for (service, resources), actions in sorted(grouped.items())
    )
    return statements, tuple(done)


def _patterns_for(
    action: str, used: set[str], done: dict[Generalisation, None], inexact: Collection[Pair]
) -> list[str]:
    """Write the resources of an action as patterns, and note where one means more than was used."""
    known = catalog.action(action)
    if known is not None and not known.resource_types:
        return ["*"]
    if "*" in used:
        if known is None or any(use.required for use in known.resource_types):
            text = f"{action}: the records do not say on what -> *"
            done[Generalisation(1, "*", text)] = None
        return ["*"]
    patterns = []
    for resource in sorted(used):
        is_exact = (action, resource) not in inexact
        pattern, why = writable(resource, is_exact=is_exact)
        if not is_exact and "*" in resource:
            why = why or "is all that the records say"
        if why:
            text = f"{action}: {readable(shortly(resource))} {why} -> {shortly(pattern)}"
            done[Generalisation(1, pattern, text)] = None
        patterns.append(pattern)
    return ["*"] if "*" in patterns else patterns


def statements_by_sid(statements: Iterable[AllowStatement]) -> dict[str, AllowStatement]:
    """Return each statement a Sid of its own.

    Examples
    --------
    >>> statement = AllowStatement("s3", ("s3:ListAllMyBuckets",), ("*",))
    >>> list(statements_by_sid([statement, statement]))
    ['ListS3', 'ListS32']
    """
    found: dict[str, AllowStatement] = {}
    for statement in statements:
        sid, number = statement.sid, 1
        while sid in found:
            number += 1
            sid = f"{statement.sid}{number}"
        found[sid] = statement
    return found


def _verb_of_sid(actions: tuple[str, ...]) -> str:
    """Return what is allowed, by the access levels: ``ReadWrite``."""
    if len(actions) == 1 and actions[0] in _OWN_VERBS:
        return _OWN_VERBS[actions[0]]
    levels = catalog.levels(actions)
    words = [_VERBS[level] for level in levels if not (level == "List" and "Read" in levels)]
    return "".join(words) or "Use"


def _object_of_sid(service: str, patterns: tuple[str, ...]) -> str:
    """Return the object of the sentence: the bucket or role, their type, or the service."""
    if "*" in patterns:
        return _camel(service)
    names = {_camel(_name(pattern)) for pattern in patterns}
    name = next(iter(names))
    # An id means nothing to a person.
    is_word = name and len(name) <= _LONGEST_NAME and sum(map(str.isdigit, name)) <= 3
    if len(names) == 1 and is_word:
        return name
    kinds = {_camel(noun_of(pattern)) for pattern in patterns}
    return kinds.pop() if len(kinds) == 1 and kinds != {"Resources"} else _camel(service)


def _name(pattern: str) -> str:
    """Return the name in a pattern: of an object its bucket's, else what follows the type."""
    _, _, service, _, _, body = pattern.split(":", PARTS - 1)
    if service in ("s3", "iam"):
        return body.partition("/")[0] if service == "s3" else body.rpartition("/")[2]
    return re.sub(r"^[a-z][A-Za-z-]*[/:]+", "", body)


def _camel(text: str) -> str:
    words = re.findall("[A-Za-z0-9]+", text)
    return "".join(f"{word[0].upper()}{word[1:]}" for word in words)


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
    """Write a resource so that a pattern matches only it; say why it matches more, if so.

    Parameters
    ----------
    is_exact
        Whether a star in it is literal; else it replaces an unknown part, and stays.

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
        return "*", "isn't an ARN, so only * matches it"
    *head, body = resource.split(":", PARTS - 1)
    if any(special.search(part) or _NOT_IN_POLICIES.search(part) for part in head):
        return "*", "has signs before its fifth colon that cannot be written there"
    plain = special.sub(lambda found: f"${{{found[0]}}}", body)
    written = _NOT_IN_POLICIES.sub("*", plain)
    begins = _TYPE.match(written)
    if not _is_saved(":".join((*head, f"{begins[0]}x" if begins else written))):
        return "*", "isn't an ARN that IAM accepts in a policy"
    why = "" if written == plain else "has characters that a policy cannot hold"
    return ":".join((*head, written)), why


@lru_cache(maxsize=8192)
def _is_saved(resource: str) -> bool:
    """Return whether IAM saves such a resource; this depends on its first parts and its type."""
    try:
        Policy.allow("s3:GetObject", resource).validate("identity")
    except PolicyError:
        return False
    return True


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
    # In sorted order, one walk finds every beginning that several share, the long ones first: its
    # length, and their patterns with how many resources each replaces.
    stack: list[tuple[int, dict[str, int]]] = []
    before, own = every[0], {every[0]: 1}
    for pattern in (*every[1:], ""):
        shared = _shared_length(before, pattern)
        while stack and stack[-1][0] > shared:
            length, others = stack.pop()
            own, start = others | own, before[:length]
            if len(own) > most and _is_long_enough(start, last_resort=last_resort):
                own = {f"{start}*": sum(own.values())}
        if stack and stack[-1][0] == shared:
            stack[-1][1].update(own)
        else:
            stack.append((shared, own))
        before, own = pattern, {pattern: 1}
    found = sorted(stack[0][1].items())
    steps = (
        Generalisation(number, pattern, f"{number:,} {noun_of(pattern)} in {start} -> {start}*")
        for pattern, number in found
        if number > 1
        for start in [shortly(pattern)[:-1]]
    )
    return tuple(pattern for pattern, _ in found), tuple(steps)


def _shared_length(first: str, other: str) -> int:
    """Return the length of the beginning that two share, up to the end of a word."""
    pairs = zip(first, other, strict=False)
    end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))
    return max(first.rfind(mark, 0, end) for mark in _WORD_ENDS) + 1


def _is_long_enough(beginning: str, *, last_resort: bool) -> bool:
    """Return whether a beginning has a name in it: a bucket, or part of a name after the type."""
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
    """Return the plural of the resource type in an ARN or a pattern.

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
