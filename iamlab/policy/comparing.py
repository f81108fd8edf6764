"""What changed between two policies: in meaning, action by action, and in their text.

The meaning is compared over the actions of the catalogue. For each action, a policy is split into
single grants and denials, each for one resource. A grant that a denial cancels is left out. Two
policies treat an action alike if each grant and denial of one is covered by one of the other.

The text is compared statement by statement, in the lines of a diff. Statements are equal if all
their elements are equal, wherever they are. Other statements are paired by Sid. Those without a
Sid are paired in order.

Notes
-----
AWS pages: "Grammar of the IAM JSON policy language"; "Service Authorization Reference".
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.policy.catalog import matched
from iamlab.policy.covering import covers_statement, never_applies
from iamlab.policy.statement import statement_to_json
from iamlab.policy.variables import any_variable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement

    Numbers = tuple[int, ...]

    Parts = frozenset[Statement]


EVERYBODY = (("*", "*"), ("AWS", "*"))
"""Principals that mean everybody."""

MOST_STATEMENTS = 1000
"""Policies with more aren't compared. AWS saves no policy that could hold so many."""

MOST_VALUES = 10_000
"""The limit for different values of Action and NotAction ..."""

MOST_OF_ALL_SERVICES = 100
"""... and for values such as ``*:Get*``: each is compared with all actions."""

MOST_COMPARISONS = 20_000_000
"""If there would be more, any difference in the text counts as a change."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed between two policies; true if the meaning changed.

    Parameters
    ----------
    gained, lost
        Actions of the catalogue that only the policy after, or only the policy before, allows: an
        Allow matches them, and no Deny of the same policy takes all of it away.
    changed
        Other actions that are treated differently: other resources, conditions, principals or
        denials. In doubt, an action counts as changed.
    text
        What changed in the text, statement by statement: lines that begin with ``-`` are removed,
        those that begin with ``+`` are new.

    Examples
    --------
    >>> print(Difference(gained=("s3:GetObject", "s3:PutObject")))
    Gained: s3:GetObject and s3:PutObject. Lost: nothing. Changed: nothing.
    """

    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.gained or self.lost or self.changed)

    def __str__(self) -> str:
        kinds = {"Gained": self.gained, "Lost": self.lost, "Changed": self.changed}
        return " ".join(f"{kind}: {_some(names)}." for kind, names in kinds.items())


def _some(names: Sequence[str]) -> str:
    if not names:
        return "nothing"
    if len(names) > 3:
        return f"{names[0]}, {names[1]} and {len(names) - 2} more"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def diff(before: PolicyRecord, after: PolicyRecord) -> Difference:
    """Return what changed between two policies.

    Actions that the catalogue doesn't have are compared as text only.

    Raises
    ------
    RequestError
        A policy is longer than any that AWS would save.

    Examples
    --------
    >>> from iamlab import Policy
    >>> found = diff(Policy.allow("s3:GetObject*"), Policy.allow(["s3:GetObject", "s3:PutObject"]))
    >>> found.gained, len(found.lost) > 5, found.changed
    (('s3:PutObject',), True, ())
    >>> found.text
    ('Statement #1:', '- Action: s3:GetObject*', '+ Action: s3:GetObject', '+ Action: s3:PutObject')
    """
    check_size(before)
    check_size(after)
    about = _about(before), _about(after)
    groups: dict[tuple[Numbers, Numbers], list[str]] = defaultdict(list)
    for action in about[0].keys() | about[1].keys():
        groups[tuple(about[0].get(action, ())), tuple(about[1].get(action, ()))].append(action)
    found: dict[str, list[str]] = {"gained": [], "lost": [], "changed": [], "": []}
    most = MOST_COMPARISONS // max(1, len(groups))
    for (ours, theirs), actions in groups.items():
        old, new = _parts(before, ours, most), _parts(after, theirs, most)
        found[_kind(old, new, most)] += actions
    gained, lost, changed, _ = (tuple(sorted(actions)) for actions in found.values())
    return Difference(gained, lost, changed, text_difference(before, after))


def check_size(policy: PolicyRecord) -> None:
    """Reject a policy that would take too long to compare.

    Raises
    ------
    RequestError
        It has far more statements or wildcards than any that AWS would save.
    """
    values = {
        value
        for statement in policy.statements
        for value in (*(statement.action or ()), *(statement.not_action or ()))
    }
    of_all_services = sum(value.startswith("*:") for value in values)
    for many, most, what in (
        (len(policy.statements), MOST_STATEMENTS, "statements"),
        (len(values), MOST_VALUES, "different actions"),
        (of_all_services, MOST_OF_ALL_SERVICES, "actions for all services, such as *:Get*"),
    ):
        if many > most:
            name = policy.name or "A policy"
            raise RequestError(f"{name} has {many} {what}. iamlab compares at most {most}.")


def _about(policy: PolicyRecord) -> dict[str, list[int]]:
    """Return for each action the numbers of the statements that match it and have an effect."""
    about: dict[str, list[int]] = defaultdict(list)
    for statement in policy.statements:
        if not never_applies(statement):
            for action in matched(statement):
                about[action].append(statement.number)
    return about


def _parts(policy: PolicyRecord, numbers: Numbers, most: int) -> Parts:
    """Split statements about one action, and leave out what a Deny takes away."""
    parts = [part for number in numbers for part in _apart(policy.statements[number - 1])]
    denies = [part for part in parts if part.effect == "Deny"]
    total = [part for part in denies if _denies_all(part)]
    if total:
        return frozenset(total)
    allows = [part for part in parts if part.effect == "Allow"]
    if len(denies) * len(allows) <= most:
        allows = [part for part in allows if not any(_undoes(deny, part) for deny in denies)]
    return frozenset((*denies, *allows))


def _apart(statement: Statement) -> Iterator[Statement]:
    """Return a statement once for each of its resources, without Sid, number and actions."""
    bare = replace(statement, number=0, sid=None, action=("*",), not_action=None)
    for pattern in bare.resource if bare.resource is not None else (None,):
        part = bare if pattern is None else replace(bare, resource=(pattern,))
        # Without variables, the version of the document makes no difference.
        yield part if has_variables(part) else replace(part, variables=True)


def has_variables(part: Statement) -> bool:
    """Return whether ``${`` is in a resource or a condition value."""
    values = [value for condition in part.conditions for value in condition.values]
    return any_variable((*(part.resource or ()), *(part.not_resource or ()), *values))


def _denies_all(part: Statement) -> bool:
    everywhere = part.resource in (None, ("*",)) and not part.not_resource
    nobody_named = part.principal is None and part.not_principal is None
    return everywhere and not part.conditions and (nobody_named or _is_for_everybody(part))


def _is_for_everybody(part: Statement) -> bool:
    return any(pair in EVERYBODY for pair in part.principal or ())


def _undoes(deny: Statement, allow: Statement) -> bool:
    """Return whether a Deny certainly applies wherever an Allow does."""
    if allow.principal is not None and _is_for_everybody(deny):
        deny = replace(deny, principal=allow.principal)
    return _covers(replace(deny, effect="Allow"), allow)


def _kind(before: Parts, after: Parts, most: int) -> str:
    """Return the kind of difference; none if the parts of each policy cover those of the other."""
    is_allowed, will_be = _allows(before), _allows(after)
    if is_allowed != will_be:
        return "gained" if will_be else "lost"
    if before == after:
        return ""
    few = len(before) * len(after) <= most
    return "" if few and _covered(before, after) and _covered(after, before) else "changed"


def _allows(parts: Parts) -> bool:
    return any(part.effect == "Allow" for part in parts)


def _covered(parts: Parts, by: Parts) -> bool:
    """Return whether each part is covered by one of the other policy."""
    return all(any(_covers(wide, part) for wide in by) for part in parts)


def _covers(wide: Statement, narrow: Statement) -> bool:
    if wide.variables != narrow.variables:
        # One of them has the old version, in which ${...} is plain text.
        if has_variables(wide) and has_variables(narrow):
            return False
        wide = replace(wide, variables=False)
    return covers_statement(wide, narrow)


Lines = tuple[str, ...]


def text_difference(before: PolicyRecord, after: PolicyRecord) -> Lines:
    """Compare the text of two policies: ``-`` marks removed lines, ``+`` marks new ones.

    Examples
    --------
    >>> from iamlab import Policy
    >>> before, after = (Policy.allow(f"s3:{name}", sid="Read") for name in ("Get*", "*"))
    >>> for line in text_difference(before, after):
    ...     print(line)
    Statement Read:
    - Action: s3:Get*
    + Action: s3:*
    """
    lines = list(_changes(_head(before), _head(after)))
    gone, new = _unequal(before.statements, after.statements)
    partners: dict[str | None, deque[Statement]] = defaultdict(deque)
    for statement in new:
        partners[statement.sid].append(statement)
    for statement in gone:
        found = partners[statement.sid]
        now = _lines(found.popleft()) if found else ()
        lines.append(f"Statement {_shown(statement.label)}{'' if now else ', removed'}:")
        lines += _changes(_lines(statement), now)
    for statement in sorted((added for rest in partners.values() for added in rest), key=_number):
        lines.append(f"Statement {_shown(statement.label)}, new:")
        lines += _changes((), _lines(statement))
    return tuple(lines)


def _number(statement: Statement) -> int:
    return statement.number


def _unequal(
    before: Iterable[Statement], after: Iterable[Statement]
) -> tuple[list[Statement], list[Statement]]:
    """Return the statements that have no equal on the other side."""
    equals = Counter(map(_unordered, before)) & Counter(map(_unordered, after))
    return _without(before, equals), _without(after, equals)


def _without(statements: Iterable[Statement], equals: Counter[Lines]) -> list[Statement]:
    """Leave out statements that have an equal, first ones first."""
    left = Counter(equals)
    rest = []
    for statement in statements:
        lines = _unordered(statement)
        left[lines] -= 1
        if left[lines] < 0:
            rest.append(statement)
    return rest


def _head(policy: PolicyRecord) -> Lines:
    return (f"Version: {policy.version}", *_flat("Id", policy.id))


def _lines(statement: Statement) -> Lines:
    """Write a statement with one value a line."""
    written = statement_to_json(statement)
    return tuple(line for element, value in written.items() for line in _flat(element, value))


def _unordered(statement: Statement) -> Lines:
    return tuple(sorted(_lines(statement)))


def _flat(name: str, value: Any) -> Iterator[str]:
    """Write a JSON value in lines that each begin with the value's place."""
    if isinstance(value, str):
        yield f"{name}: {_shown(value)}"
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(f"{name} {_shown(key)}", inner)
    elif value is not None:
        for item in value or ["(an empty list)"]:
            yield f"{name}: {_shown(item)}"


def _shown(text: str) -> str:
    """Keep text in one line."""
    return text if text.isprintable() else json.dumps(text)


def _changes(gone: Lines, new: Lines) -> Iterator[str]:
    """Return the lines that only one side has."""
    for sign, lines in (("-", Counter(gone) - Counter(new)), ("+", Counter(new) - Counter(gone))):
        yield from (f"{sign} {line}" for line in lines.elements())
