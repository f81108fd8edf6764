"""The two ends of an access: what the caller's policies say, and what the resource's policy says.

Everything is read from a decision: which statements apply, what the others missed, and which values
the request had for their conditions.

Notes
-----
AWS pages: "Cross-account policy evaluation logic"; "AWS JSON policy elements: Principal", for what
an account's ARN that ends in ``:root`` stands for; "The confused deputy problem".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.layers import NAMES
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.names import resource_policy_of
from iamlab.view.style import ABSENT, ALLOW, ALLOW_AREA, DENY, DENY_AREA, SILENT, SILENT_AREA, Look

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import StatementMatch

ALLOWS = Look("✓", "allows", ALLOW, ALLOW_AREA)
DENIES = Look("✕", "denies", DENY, DENY_AREA)
SAYS_NOTHING = Look("○", "says nothing", SILENT, SILENT_AREA)
IS_NOT_THERE = Look("–", "is not there", ABSENT.colour, ABSENT.area)
IS_OPEN = Look("✓", "open", ALLOW, ALLOW_AREA)
IS_SHUT = Look("○", "shut", SILENT, SILENT_AREA)

FITS, MISFITS, MISSING = "✓", "✕", "–"
"""A condition that the request meets, one that it does not, and one whose key it does not have."""

BOTH_SIDES = ("cross_account", "both_sides")

_RULES_OF_ACCOUNT = {
    "same_account": "The resource's policy names the account: the caller's own must allow.",
    "role_trust": "The trust policy names the account: the caller's own policies must allow too.",
    "kms_key": "The key policy names the account: the caller's own policies must allow too.",
}
"""Likewise where the resource's side names no more of the caller than his account."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One condition, and what the request has for it.

    Parameters
    ----------
    found
        The request's values; ``None`` if it does not have the key.
    fits
        Whether the condition is met.
    """

    operator: str
    key: str
    wanted: tuple[str, ...]
    found: tuple[str, ...] | None
    fits: bool

    @property
    def symbol(self) -> str:
        """``✓``, ``✕``, or ``–`` where the request has no such key."""
        if self.fits:
            return FITS
        return MISFITS if self.found is not None else MISSING

    @property
    def wants(self) -> str:
        """What the policy wants, in words."""
        return _values(self.wanted, "or")

    @property
    def has(self) -> str:
        """What the request has, in words."""
        return "no such key" if self.found is None else _values(self.found, "and")

    def __str__(self) -> str:
        asks = f"{self.symbol} {self.operator} {self.key}"
        return f"{asks} wants {self.wants}; the request has {self.has}"


@dataclass(frozen=True, slots=True)
class Said:
    """One statement at an end.

    Parameters
    ----------
    names_account
        The account that its Principal names, if it names no more than that of the caller.
    misses
        What it missed besides conditions.
    """

    address: str
    effect: str
    applies: bool
    through: tuple[str, ...]
    names_account: str
    conditions: tuple[Asked, ...]
    misses: tuple[str, ...]

    @property
    def look(self) -> Look:
        """How it is drawn."""
        if not self.applies:
            return SAYS_NOTHING
        return ALLOWS if self.effect == "Allow" else DENIES

    def __str__(self) -> str:
        ending = "applies" if self.applies else "does not apply"
        return f"{self.look.symbol} {self.effect} {self.address} {ending}"


@dataclass(frozen=True, slots=True)
class End:
    """What one side says.

    Parameters
    ----------
    name
        What AWS calls such a policy.
    shown
        The statements that count, or else the one that came nearest.
    others
        All the others, none of which applies.
    why
        Why it has no part, if there is something to say.
    """

    layer: str
    name: str
    look: Look
    shown: tuple[Said, ...]
    others: tuple[Said, ...]
    why: str = ""

    @property
    def text(self) -> str:
        """What it says, in a few words."""
        return f"{self.look.symbol} {self.name} {self.look.word}"


def end_of(decision: Decision, layer: str) -> End:
    """Give the caller's end (``"identity"``) or the resource's (``"resource"``).

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> end = end_of(world.can(world.user("alice"), "s3:GetObject", MAP), "identity")
    >>> end.text, str(end.shown[0])
    ('✓ identity-based policy allows', '✓ Allow star-maps-read/ReadMaps applies')
    """
    layers = ("resource", "grant") if layer == "resource" else (layer,)
    heard = [decision.layer_matches[one] for one in layers]
    readings = [reading for one in heard for reading in one.matches]
    applying = [reading for reading in readings if reading.applies]
    look = IS_NOT_THERE
    if any(one.present for one in heard):
        look = SAYS_NOTHING
    for found in (ALLOWS, DENIES):
        effect = "Allow" if found is ALLOWS else "Deny"
        look = found if any(reading.effect == effect for reading in applying) else look
    applying.sort(key=lambda reading: reading.effect != "Deny")
    counting = applying or _nearest(readings)
    others = [reading for reading in readings if reading not in counting]
    return End(
        layer,
        _name(decision, layer),
        look,
        tuple(_said(decision, reading) for reading in counting),
        tuple(_said(decision, reading) for reading in others),
        heard[0].why_absent,
    )


def gate_of(decision: Decision, layer: str) -> Look | None:
    """Say whether a ceiling lets the request through; ``None`` if it is not there."""
    heard = decision.layer_matches[layer]
    if not heard.present:
        return None
    if heard.denies:
        return DENIES
    return IS_SHUT if layer in decision.blocking else IS_OPEN


def stops_of(decision: Decision) -> frozenset[str]:
    """Name the layers that keep the request from getting through; none if it is allowed.

    Between two accounts a silent side is in the way even where the other is silent too.
    """
    if decision:
        return frozenset()
    stops = set(decision.blocked_by)
    if not decision.denies and not decision.trace.is_cut:
        stops.add(decision.trace.missing_granter)
    if decision.combining_rule in BOTH_SIDES:
        stops |= {
            layer
            for layer in ("identity", "resource")
            if end_of(decision, layer).look is not ALLOWS
        }
    return frozenset("resource" if layer == "grant" else layer for layer in stops)


def rule_of(decision: Decision) -> str:
    """Say in a sentence what decided: a Deny, a ceiling, or who has to allow here."""
    if decision.verdict is Verdict.EXPLICIT_DENY:
        denies = ", ".join(dict.fromkeys(hit.address for hit in decision.denies))
        return f"A Deny wins, wherever it stands: {denies}."
    shut = [NAMES[layer] for layer in decision.blocking if layer in decision.blocked_by]
    if shut and decision.trace.is_cut:
        return f"A ceiling that does not allow lets nothing through: {' and '.join(shut)}."
    if (
        decision.trace.principal_match is PrincipalMatch.ACCOUNT
        and decision.combining_rule in _RULES_OF_ACCOUNT
    ):
        return _RULES_OF_ACCOUNT[decision.combining_rule]
    return decision.trace.reason


def _name(decision: Decision, layer: str) -> str:
    if layer != "resource":
        return NAMES[layer]
    name = resource_policy_of(decision.request)
    return f"{name} or grant" if decision.layer_matches["grant"].present else name


def _nearest(readings: Sequence[StatementMatch]) -> list[StatementMatch]:
    """Give the Allow that missed by the least, so that one sees what was missing."""
    allows = [reading for reading in readings if reading.effect == "Allow"]
    return [min(allows, key=lambda reading: len(reading.mismatches))] if allows else []


def _said(decision: Decision, reading: StatementMatch) -> Said:
    missed = {mismatch.condition: mismatch for mismatch in reading.mismatches}
    conditions = []
    for one in reading.statement.conditions:
        mismatch = missed.get(one)
        wanted = one.values if mismatch is None else mismatch.expected
        found = decision.request.values(one.key)
        operator = str(one.comparison)
        conditions.append(Asked(operator, one.key, wanted, found, fits=mismatch is None))
    caller = decision.request.caller
    only_account = (
        reading.principal_match is PrincipalMatch.ACCOUNT and caller.kind is not Kind.ROOT
    )
    return Said(
        reading.address,
        reading.effect,
        reading.applies,
        reading.path,
        caller.account if only_account else "",
        tuple(conditions),
        tuple(str(mismatch) for mismatch in reading.mismatches if mismatch.condition is None),
    )


def _values(values: Sequence[str], word: str) -> str:
    return f" {word} ".join(f'"{value}"' for value in values) or "no value"
