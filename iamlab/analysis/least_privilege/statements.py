"""Statements as a person would write them: by service, then by what the actions have in common.

Actions of one service that were used on the same resources stand in one statement. Its Sid says
what it lets somebody do, and with what: ``ReadStarMaps``.

Notes
-----
AWS pages: "IAM JSON policy elements: Sid"; "Service Authorization Reference", whose access levels
the Sids speak of; "Understand access level summaries within policy summaries".
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.least_privilege.wildcards import (
    Step,
    generalise,
    noun_of,
    readable,
    shortly,
    writable,
)
from iamlab.policy import catalog
from iamlab.policy.arn import PARTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from iamlab.analysis.least_privilege.used_permissions import Pair

_VERBS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging": "Tag",
    "Permissions management": "Manage",
}
_OWN_VERBS = {"sts:AssumeRole": "Assume", "iam:PassRole": "Pass", "lambda:InvokeFunction": "Invoke"}
"""What to write says nothing of these."""

_LONGEST_NAME = 32
"""A Sid does not repeat longer names; it says what kind of thing it is."""


@dataclass(frozen=True, slots=True)
class Part:
    """One statement of the policy to be.

    Parameters
    ----------
    service
        Its prefix; all actions are of it.
    actions, resources
        Sorted; resources as the policy writes them.
    used
        On how many different resources the actions were used.
    condition
        A Condition element, where a statement needs one.
    """

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    used: int
    condition: tuple[tuple[str, str, str], ...] = ()

    @property
    def sid(self) -> str:
        """What it lets somebody do, in one word; of two that are alike, a number comes later."""
        return f"{_verb(self.actions)}{_thing(self.service, self.resources)}"

    def to_json(self, sid: str) -> dict[str, Any]:
        """Write it under a Sid."""
        statement: dict[str, Any] = {
            "Sid": sid,
            "Effect": "Allow",
            "Action": _one_or_many(self.actions),
            "Resource": _one_or_many(self.resources),
        }
        if self.condition:
            statement["Condition"] = {
                operator: {key: value} for operator, key, value in self.condition
            }
        return statement


def _one_or_many(values: tuple[str, ...]) -> str | list[str]:
    return values[0] if len(values) == 1 else list(values)


def parts_of(
    pairs: Iterable[Pair],
    most: int,
    *,
    last_resort: bool = False,
    inexact: Collection[Pair] = (),
) -> tuple[tuple[Part, ...], tuple[Step, ...]]:
    """Group pairs into statements.

    Parameters
    ----------
    inexact
        The pairs in which a star stands for what is not known.
    most, last_resort
        As for :func:`~iamlab.analysis.least_privilege.wildcards.generalise`.

    Returns
    -------
    tuple
        The statements, sorted, and the steps that made their resources fewer.

    Examples
    --------
    >>> maps = "arn:aws:s3:::star-maps/m31.fits"
    >>> parts, _ = parts_of([("s3:GetObject", maps), ("s3:GetObjectTagging", maps)], 10)
    >>> parts[0].sid, parts[0].actions
    ('ReadStarMaps', ('s3:GetObject', 's3:GetObjectTagging'))
    """
    by_action: dict[str, set[str]] = defaultdict(set)
    for action, resource in pairs:
        by_action[action].add(resource)
    steps: dict[Step, None] = {}
    alike: dict[frozenset[str], tuple[str, ...]] = {}
    grouped: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    counts: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for action, used in sorted(by_action.items()):
        resources = frozenset(_named(action, used, steps, inexact))
        if resources not in alike:
            alike[resources], made = generalise(resources, most, last_resort=last_resort)
            steps |= dict.fromkeys(made)
        key = (action.partition(":")[0].lower(), alike[resources])
        grouped[key].append(action)
        counts[key] |= used
    parts = tuple(
        Part(service, tuple(sorted(actions)), resources, len(counts[service, resources]))
        for (service, resources), actions in sorted(grouped.items())
    )
    return parts, tuple(steps)


def _named(
    action: str, used: set[str], steps: dict[Step, None], inexact: Collection[Pair]
) -> list[str]:
    """Write the resources of an action as patterns, and say where one says more than was used."""
    known = catalog.action(action)
    if known is not None and not known.resource_types:
        return ["*"]
    if "*" in used:
        if known is None or any(use.required for use in known.resource_types):
            text = f"{action}: the records do not say on what -> *"
            steps[Step(1, "*", text)] = None
        return ["*"]
    patterns = []
    for resource in sorted(used):
        is_exact = (action, resource) not in inexact
        pattern, why = writable(resource, is_exact=is_exact)
        if not is_exact and "*" in resource:
            why = why or "is all that the records say"
        if why:
            text = f"{action}: {readable(shortly(resource))} {why} -> {shortly(pattern)}"
            steps[Step(1, pattern, text)] = None
        patterns.append(pattern)
    return ["*"] if "*" in patterns else patterns


def documents(parts: Iterable[Part]) -> list[dict[str, Any]]:
    """Write statements, each under a Sid of its own.

    Examples
    --------
    >>> part = Part("s3", ("s3:ListAllMyBuckets",), ("*",), 1)
    >>> [statement["Sid"] for statement in documents([part, part])]
    ['ListS3', 'ListS32']
    """
    written: list[dict[str, Any]] = []
    taken: set[str] = set()
    for part in parts:
        sid, number = part.sid, 1
        while sid in taken:
            number += 1
            sid = f"{part.sid}{number}"
        taken.add(sid)
        written.append(part.to_json(sid))
    return written


def by_label(parts: Iterable[Part]) -> Mapping[str, Part]:
    """Give statements by the Sids that :func:`documents` gives them."""
    every = tuple(parts)
    return {one["Sid"]: part for one, part in zip(documents(every), every, strict=True)}


def _verb(actions: tuple[str, ...]) -> str:
    """Say what may be done, by the access levels: ``ReadWrite``."""
    if len(actions) == 1 and actions[0] in _OWN_VERBS:
        return _OWN_VERBS[actions[0]]
    levels = catalog.levels(actions)
    said = [_VERBS[level] for level in levels if not (level == "List" and "Read" in levels)]
    return "".join(said) or "Use"


def _thing(service: str, patterns: tuple[str, ...]) -> str:
    """Say with what: the bucket, table or role; of several, their kind; of all, the service."""
    if "*" in patterns:
        return _camel(service)
    names = {_camel(_name(pattern)) for pattern in patterns}
    name = next(iter(names))
    # An id says nothing to a person.
    is_word = name and len(name) <= _LONGEST_NAME and sum(map(str.isdigit, name)) <= 3
    if len(names) == 1 and is_word:
        return name
    kinds = {_camel(noun_of(pattern)) for pattern in patterns}
    return kinds.pop() if len(kinds) == 1 and kinds != {"Resources"} else _camel(service)


def _name(pattern: str) -> str:
    """Give the name in a pattern: of an object its bucket's, else what follows the type."""
    _, _, service, _, _, body = pattern.split(":", PARTS - 1)
    if service == "s3":
        return body.partition("/")[0]
    if service == "iam":
        return body.rpartition("/")[2]
    typed = re.match(r"[a-z][A-Za-z-]*[/:]+", body)
    return body[typed.end() :] if typed else body


def _camel(text: str) -> str:
    words = re.findall("[A-Za-z0-9]+", text)
    return "".join(f"{word[0].upper()}{word[1:]}" for word in words)
