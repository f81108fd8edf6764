"""The statements that grant or stop access, with sets of pairs, and the lines that show them.

A line comes from one statement, and from those that must allow too. What several statements grant
is in a line of each.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.what_can.candidates import patterns_in
from iamlab.authorization.credential_scope import CREDENTIALS_PATH
from iamlab.engine.explained_pairs import GRANTERS
from iamlab.engine.layers import NAMES
from iamlab.engine.trace import PARTICULAR
from iamlab.policy.describe.conditions import ConditionSetting, clause
from iamlab.policy.describe.resources import noun
from iamlab.policy.describe.words import briefly, joined, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.what_can.candidates import Keys
    from iamlab.engine.explained_pairs import AppliedStatement, BlockingLevel, ExplainedPairs
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.policy.statement import Statement


class Patterns(NamedTuple):
    """The resources and actions of a statement, as it writes them."""

    resources: tuple[str, ...] = ("*",)
    actions: tuple[str, ...] = ("*",)


class Granter(NamedTuple):
    """The statements that grant access: their conditions in words, and their addresses."""

    patterns: Patterns = Patterns()
    when: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


class Stopper(NamedTuple):
    """What stops access, as in ``Stopped``."""

    patterns: Patterns
    layer: str
    by: tuple[str, ...]
    why: str


def grants(witness: ExplainedPairs, keys: Keys) -> Iterator[tuple[Granter, int]]:
    """Return each statement that grants, with those that have to allow beside it."""
    for chosen, bits in witness.ways().items():
        if not chosen:
            yield Granter(), bits
            continue
        first, *others = (voter for voter in GRANTERS if voter in chosen)
        for note in witness.notes:
            if note.granter == first and note.bits & bits:
                for beside, some in _beside(witness.notes, others, note.bits & bits):
                    yield _granter((note, *beside), keys), some


def _beside(
    notes: Iterable[AppliedStatement], voters: Sequence[str], bits: int
) -> list[tuple[tuple[AppliedStatement, ...], int]]:
    """Part pairs by the statements of these voters that allow them."""
    parted: list[tuple[tuple[AppliedStatement, ...], int]] = [((), bits)]
    for note in notes:
        if note.granter in voters:
            parted = [
                (found, some)
                for beside, cells in parted
                for found, some in (
                    ((*beside, note), cells & note.bits),
                    (beside, cells & ~note.bits),
                )
                if some
            ]
    return parted


def _granter(notes: Sequence[AppliedStatement], keys: Keys) -> Granter:
    when = dict.fromkeys(words for note in notes for words in conditions_of(note.statement))
    by = dict.fromkeys(map(_address, notes))
    return Granter(_written(notes[0].statement, keys), tuple(when), tuple(by))


def _written(statement: Statement, keys: Keys) -> Patterns:
    """Return the patterns of a statement: resources and actions."""
    resources = ("*",) if statement.resource is None else tuple(patterns_in(statement, keys))
    return Patterns(resources or ("*",), statement.action or ("*",))


def conditions_of(statement: Statement) -> tuple[str, ...]:
    """Put the conditions of an Allow into words.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.allow("s3:*", "*", when={"aws:PrincipalTag/team": "sky"})
    >>> conditions_of(policy.statements[0])
    ("the caller's tag team is sky",)
    """
    setting = ConditionSetting(variables=statement.variables, signed=True, denies=False)
    clauses = (clause(condition, setting) for condition in statement.conditions)
    return tuple(plain(clause.text) for clause in clauses if clause.text)


def _address(note: AppliedStatement) -> str:
    address = f"{note.attached.policy.name or 'policy'}/{note.statement.label}"
    return f"{address} ({', '.join(note.attached.path)})" if note.attached.path else address


def stops(witness: ExplainedPairs, keys: Keys) -> Iterator[tuple[Stopper, int]]:
    """Return everything that blocks what the caller's policies, or all policies, would allow.

    What lacks only the consent of the resource's side comes last.
    """
    would = witness.would()
    left = (would | witness.results["identity"]) & ~witness.may
    lacking = left & ~would
    for note in witness.notes:
        if note.denies and note.bits & left:
            why = f"explicit deny in the {NAMES[note.layer]} {_address(note)}"
            if note.attached.path == CREDENTIALS_PATH:
                why = _not_valid(note.attached)
            by = (f"{note.attached.policy.name or 'policy'}/{note.statement.label}",)
            yield Stopper(_written(note.statement, keys), note.layer, by, why), note.bits & left
            lacking &= ~note.bits
    for blocking in witness.blocking:
        # What credentials stop is in the notes above, action by action, as far as it is known.
        among = lacking if _is_of_credentials(blocking.level) else left
        if bits := blocking.bits & among:
            names = tuple(attached.policy.name or "policy" for attached in blocking.level)
            yield Stopper(Patterns(), blocking.layer, names, _why_blocking(blocking, names)), bits
            lacking &= ~bits
    for rule_name, bits in witness.kind.by_rule.items():
        if bits & lacking:
            why = PARTICULAR.get(rule_name, "The policy of the resource must allow.").rstrip(".")
            yield Stopper(Patterns(), "resource", (), why), bits & lacking


def _is_of_credentials(level: Sequence[AttachedPolicy]) -> bool:
    return bool(level) and level[0].path == CREDENTIALS_PATH


def _not_valid(limits: AttachedPolicy) -> str:
    """Return the reason if the type of credentials stops it."""
    return f"{limits.policy.name} aren't accepted for it"


def _why_blocking(blocking: BlockingLevel, names: Sequence[str]) -> str:
    if not blocking.level:
        return f"no {NAMES[blocking.layer]} was passed"
    if _is_of_credentials(blocking.level):
        return _not_valid(blocking.level[0])
    where = ", ".join(dict.fromkeys(part for attached in blocking.level for part in attached.path))
    at = f" at {where}" if where else ""
    return f"no Allow in the {NAMES[blocking.layer]} {joined(names)}{at}"


FEW = 4
"""So many resources are named in a sentence; others are counted."""


@dataclass(frozen=True, slots=True)
class _Line:
    """Some actions on some resources."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    but: tuple[str, ...] = ()
    words: str = field(default="", compare=False, kw_only=True)

    @property
    def what(self) -> str:
        """Actions and resources in words."""
        where = "everything" if self.resources == ("*",) else _resources(self.resources)
        but = f" except {_resources(self.but)}" if self.but else ""
        return f"{self.words or briefly(self.actions, FEW, 'patterns')} on {where}{but}"


@dataclass(frozen=True, slots=True)
class Access(_Line):
    """Some actions on some resources, which a caller may do.

    Parameters
    ----------
    actions
        The fewest patterns that match exactly these actions of the catalogue.
    resources, but
        ARNs or patterns: what the first match, and the second do not.
    when
        The conditions under which it is granted, in words. They are met now.
    by
        The statements that grant it, with the way they came: ``"readers/Maps (group team)"``. None
        if no permission is needed.
    words
        The actions in words, for whoever knows the resources: what works on none of them may be
        among them.
    """

    when: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Its parts as cells of a table."""
        lists = (self.actions, self.resources, self.but, self.when, self.by)
        return tuple(", ".join(values) for values in lists)

    def __str__(self) -> str:
        when = f", if {joined(self.when, ', and')}" if self.when else ""
        by = f" by {joined(self.by)}" if self.by else " (no permission is needed)"
        return f"{self.what}{when}:{by}" if self.by else f"{self.what}{by}"


@dataclass(frozen=True, slots=True)
class Stopped(_Line):
    """Some actions on some resources, which a policy of the caller would grant.

    Parameters
    ----------
    actions, resources, but, words
        As in ``Access``.
    layer
        The kind of policy that stops it; ``"resource"`` if that side would have to allow too.
    by
        The statements that deny; of a ceiling without an Allow, its policies.
    why
        What stops it, in words.
    """

    layer: str = ""
    by: tuple[str, ...] = ()
    why: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Its parts as cells of a table."""
        lists = (self.actions, self.resources, self.but)
        return (*(", ".join(values) for values in lists), "", self.why)

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


def _resources(patterns: Sequence[str]) -> str:
    """Put resources into words."""
    words = list(dict.fromkeys(plain(noun(pattern).words) for pattern in patterns))
    return briefly(words, FEW, "resources")
