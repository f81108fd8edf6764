"""A statement as a sentence: who, what, on what, on which conditions, and what is easily missed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from iamlab.policy.describe.action_phrases import action_phrases, exempt_actions
from iamlab.policy.describe.actions import SortedActions, sorted_out
from iamlab.policy.describe.conditions import Clause, ConditionSetting, clause
from iamlab.policy.describe.never_matches import (
    ABOUT_EVERYBODY,
    CEILINGS,
    fits_trust,
    never_matches_reason,
    unfit_for_trust,
)
from iamlab.policy.describe.principals import account_of, is_everybody, listed, named
from iamlab.policy.describe.targets import ActionTarget, is_asked_on_star, target_of
from iamlab.policy.describe.values import keys_needed
from iamlab.policy.describe.words import briefly, joined, may_miss, plain
from iamlab.policy.describe.words import named as quoted
from iamlab.policy.variables import any_variable

if TYPE_CHECKING:
    from iamlab.policy.statement import Statement

FEW_CLAUSES = 12
REFERENCE = "AWS's service reference"
NEVER_REFUSED = "sts:GetCallerIdentity"
STAR_ONLY = f"{REFERENCE} lists no resource for {{}}, so only the Resource * fits"


def sentence(statement: Statement, for_type: str = "") -> str:
    """Read one statement aloud.

    Parameters
    ----------
    for_type
        What the document is used as: ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``,
        ``"session"``, ``"scp"``, ``"rcp"`` or ``"endpoint"``; empty if nobody says.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Allow", "Action": "s3:GetObject",
    ...            "Resource": "arn:aws:s3:::star-maps/*"}}'''
    >>> sentence(Policy.parse(text).statements[0])
    'Lets the caller read objects in star-maps.'
    """
    written = statement.actions
    found = sorted_out(written or ())
    never = never_matches_reason(statement, found, for_type)
    target = target_of(statement, for_type, found)
    unusable = "" if never or statement.action is None else _nothing_fits(found, target)
    setting = ConditionSetting(
        variables=statement.variables,
        signed=_only_signed(statement, for_type),
        denies=statement.effect == "Deny",
    )
    clauses = [clause(one, setting) for one in statement.conditions]
    never = never or next((one.never for one in clauses if one.never), "")
    if never or unusable:
        return plain(f"Matches nothing: {never}." if never else unusable)
    what = _what(statement, _without_unusable(statement, found), target)
    words = f"{_opening(statement, for_type)}{what}{_when(clauses)}."
    notes = [
        *_notes(statement, found, target, for_type),
        *(one.always for one in clauses if one.always),
    ]
    return plain(" ".join([words, *notes]))


def _nothing_fits(found: SortedActions, target: ActionTarget) -> str:
    """Say that every action stands there in vain, if that is so."""
    patterns = _patterns(found)
    if found.everything or len(target.without_effect(patterns)) < len(patterns):
        return ""
    if len(target.unfit(found.exact)) < len(found.exact):
        return ""
    names = briefly([*found.exact, *map(quoted, patterns)], 4, "actions")
    if patterns:
        return (
            f"As a rule matches nothing: {REFERENCE} lets {names} work on none of these: "
            f"{target.words}."
        )
    if all(map(is_asked_on_star, found.exact)):
        return f"As a rule matches nothing: {STAR_ONLY.format(names)}."
    return f"Matches nothing: {REFERENCE} lets {names} work on none of these: {target.words}."


def _patterns(found: SortedActions) -> tuple[str, ...]:
    return (*found.wild, *(f"{prefix}:*" for prefix in found.services))


def _without_unusable(statement: Statement, found: SortedActions) -> SortedActions:
    """Leave out what none of a trust policy's principals can ask for; a note says it."""
    unusable = _unusable_in_trust(statement, found)
    return replace(found, exact=tuple(name for name in found.exact if name not in unusable))


def _unusable_in_trust(statement: Statement, found: SortedActions) -> list[str]:
    if statement.resource is not None or statement.principal is None:
        return []
    return unfit_for_trust(statement, found.exact)


def _only_signed(statement: Statement, for_type: str) -> bool:
    named_nobody = statement.principal is None and statement.not_principal is None
    return named_nobody and for_type not in ABOUT_EVERYBODY


def _opening(statement: Statement, for_type: str) -> str:
    denies = statement.effect == "Deny"
    who = _who(statement, for_type, denies=denies)
    if denies:
        return f"Denies {who} " if who else "Denies "
    who = who or "the caller"
    return f"Leaves room for {who} to " if for_type in CEILINGS else f"Lets {who} "


def _who(statement: Statement, for_type: str, *, denies: bool) -> str:
    everybody = "everybody" if denies else "everybody, signed in or not,"
    if statement.resource is None and statement.not_resource is None and not denies:
        everybody = "everybody in any AWS account"  # who assumes a role has credentials
    if statement.principal is not None:
        if is_everybody(statement.principal):
            return everybody
        return listed(named(statement.principal, denies=denies))
    if statement.not_principal is None:
        return everybody if for_type in ABOUT_EVERYBODY else ""
    if is_everybody(statement.not_principal):
        return "whoever has a permissions boundary"
    exempt = named(statement.not_principal, exempt=denies, denies=not denies)
    comma = "" if denies else ","
    return f"{everybody} except {listed(exempt)}{comma}" if exempt else everybody


def _what(statement: Statement, found: SortedActions, target: ActionTarget) -> str:
    denies = statement.effect == "Deny"
    if statement.action is not None:
        return action_phrases(found, target, denies=denies)
    do, left_out = "" if denies else "do ", exempt_actions(found)
    but = f" except {left_out}," if left_out else ""
    return f"{do}everything{but} on {target.words}"


def _when(clauses: list[Clause]) -> str:
    """Join conditions: all of them must be met, so of those put with "unless" none may fit."""
    ifs = [one.text for one in clauses if one.text and not one.unless]
    unless = [one.text for one in clauses if one.text and one.unless]
    words = f", if {briefly(ifs, FEW_CLAUSES, 'conditions', ', and')}" if ifs else ""
    if unless:
        words += f", unless {briefly(unless, FEW_CLAUSES, 'conditions', ', or')}"
    return words


def _notes(
    statement: Statement, found: SortedActions, target: ActionTarget, for_type: str
) -> list[str]:
    """Say what a reader of the sentence could miss, in sentences."""
    unknown = [quoted(one) for one in (*found.void, *found.unknown)]
    notes = [f"No known action fits {briefly(unknown, 6, 'values', 'or')}."] if unknown else []
    if statement.action is not None:
        notes += _misfits(statement, found, target)
        if statement.effect == "Deny" and NEVER_REFUSED in found.exact:
            notes.append(f"AWS never refuses {NEVER_REFUSED}, whatever a policy says.")
    notes += _about_variables(statement)
    return notes + _about_principals(statement, for_type)


def _about_principals(statement: Statement, for_type: str) -> list[str]:
    if is_everybody(statement.not_principal or ()):
        return ["Its NotPrincipal spares everybody else."]
    if statement.not_principal is not None and statement.effect == "Deny":
        notes = ["Who has a permissions boundary is never spared."]
        if not any(kind == "AWS" and account_of(value) for kind, value in statement.not_principal):
            notes.append("Whether it spares a user whose account is not listed too is open.")
        return notes
    accounts = any(kind == "AWS" and account_of(value) for kind, value in statement.principal or ())
    if for_type == "endpoint" and accounts and statement.effect == "Allow":
        return ["In the policy of a gateway endpoint an account stands for its root user alone."]
    return []


def _misfits(statement: Statement, found: SortedActions, target: ActionTarget) -> list[str]:
    """Name the actions that stand there in vain."""
    notes = []
    unfit = target.unfit(found.exact)
    star = [name for name in unfit if is_asked_on_star(name)]
    other = [name for name in unfit if name not in star]
    if star:
        notes.append(f"As a rule {STAR_ONLY.format(briefly(star, 4, 'actions'))}.")
    if other:
        notes.append(f"None of these resources fits {briefly(other, 4, 'actions')}.")
    without_effect = [quoted(one) for one in target.without_effect(_patterns(found))]
    if without_effect:
        patterns = briefly(without_effect, 4, "patterns", "or")
        notes.append(f"As a rule none of these resources fits an action of {patterns}.")
    unusable = _unusable_in_trust(statement, found)
    if unusable:
        do = "do" if len(unusable) > 1 else "does"
        notes.append(f"{joined(unusable)} {do} not fit this Principal.")
    if _is_mixed(statement, found.exact):
        notes.append("Not each of these actions is for each of these principals.")
    return notes


def _is_mixed(statement: Statement, names: tuple[str, ...]) -> bool:
    """Say whether an action of a trust policy is for some of its principals only."""
    principals = statement.principal or ()
    if statement.resource is not None or is_everybody(principals):
        return False
    asked = [name for name in names if fits_trust(principals, name)]
    return any(not fits_trust((one,), name) for one in principals for name in asked)


def _about_variables(statement: Statement) -> list[str]:
    patterns = statement.resources
    values = [*(patterns or ()), *(text for one in statement.conditions for text in one.values)]
    if not statement.variables:
        plain_text = "In a policy of version 2008-10-17 ${...} is plain text."
        return [plain_text] if any_variable(tuple(values)) else []
    signed = _only_signed(statement, "")
    needed = [key for key in keys_needed(patterns or ()) if may_miss(key, signed=signed)]
    if not needed:
        return []
    keys = joined([quoted(key) for key in needed], "or")
    if statement.resource is None:
        return [f"AWS's pages do not settle what happens to a request without {keys}."]
    return [f"Without {keys} in the request, the resource named by it does not match."]
