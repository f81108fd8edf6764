"""Statements as a person would write them: by service, then by what the actions have in common.

Actions of one service that were used on the same resources are in one statement. Its Sid says what
it allows, and with what: ``ReadStarMaps``.

Notes
-----
AWS pages: "IAM JSON policy elements: Sid"; "Service Authorization Reference", for the access levels
in the Sids; "Understand access level summaries within policy summaries".
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.analysis.least_privilege.wildcards import (
    Generalisation,
    generalise,
    noun_of,
    readable,
    shortly,
    writable,
)
from iamlab.policy import catalog
from iamlab.policy.arn import PARTS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from iamlab.analysis.least_privilege.used_permissions import Pair

_VERBS = {
    "List": "List",
    "Read": "Read",
    "Write": "Write",
    "Tagging": "Tag",
    "Permissions management": "Manage",
}
_OWN_VERBS = {"sts:AssumeRole": "Assume", "iam:PassRole": "Pass", "lambda:InvokeFunction": "Invoke"}
"""The access level says too little of these."""

_LONGEST_NAME = 32
"""A Sid does not repeat longer names; it has the resource type instead."""


@dataclass(frozen=True, slots=True)
class AllowStatement:
    """A statement of a new policy.

    Parameters
    ----------
    service
        Its prefix; all actions have it.
    actions, resources
        Sorted; resources as the policy writes them.
    condition
        A Condition element, where a statement needs one.
    """

    service: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: tuple[tuple[str, str, str], ...] = ()

    @property
    def sid(self) -> str:
        """What it allows, in one word; if two have the same, a number is added later."""
        return f"{_verb_of_sid(self.actions)}{_object_of_sid(self.service, self.resources)}"

    def to_json(self, sid: str) -> dict[str, Any]:
        """Write it with a Sid."""
        statement: dict[str, Any] = {"Sid": sid, "Effect": "Allow"}
        for name, values in (("Action", self.actions), ("Resource", self.resources)):
            statement[name] = values[0] if len(values) == 1 else list(values)
        if self.condition:
            condition = {operator: {key: value} for operator, key, value in self.condition}
            statement["Condition"] = condition
        return statement


def statements_for(
    pairs: Iterable[Pair],
    most: int,
    *,
    last_resort: bool = False,
    inexact: Collection[Pair] = (),
) -> tuple[tuple[AllowStatement, ...], tuple[Generalisation, ...]]:
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
    """Give each statement a Sid of its own.

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
    """Say what is allowed, by the access levels: ``ReadWrite``."""
    if len(actions) == 1 and actions[0] in _OWN_VERBS:
        return _OWN_VERBS[actions[0]]
    levels = catalog.levels(actions)
    words = [_VERBS[level] for level in levels if not (level == "List" and "Read" in levels)]
    return "".join(words) or "Use"


def _object_of_sid(service: str, patterns: tuple[str, ...]) -> str:
    """Say with what: the bucket, table or role; of several, their type; of all, the service."""
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
    """Give the name in a pattern: of an object its bucket's, else what follows the type."""
    _, _, service, _, _, body = pattern.split(":", PARTS - 1)
    if service == "s3":
        return body.partition("/")[0]
    if service == "iam":
        return body.rpartition("/")[2]
    return re.sub(r"^[a-z][A-Za-z-]*[/:]+", "", body)


def _camel(text: str) -> str:
    words = re.findall("[A-Za-z0-9]+", text)
    return "".join(f"{word[0].upper()}{word[1:]}" for word in words)
