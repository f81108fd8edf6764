"""A statement as a sentence: principals, actions, resources, conditions and notes."""

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
STAR_ONLY = f"{REFERENCE} lists no resource for {{}}, so Resource should be *"


def sentence(statement: Statement, for_type: str = "") -> str:
    """Describe a statement.

    Parameters
    ----------
    for_type
        The policy's type: ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``,
        ``"session"``, ``"scp"``, ``"rcp"`` or ``"endpoint"``; empty if it isn't known.

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
    clauses = [clause(condition, setting) for condition in statement.conditions]
    never = never or next((part.never for part in clauses if part.never), "")
    if never or unusable:
        return plain(f"Matches nothing: {never}." if never else unusable)
    what = _what(statement, _without_unusable(statement, found), target)
    words = f"{_opening(statement, for_type)}{what}{_when(clauses)}."
    notes = [
        *_notes(statement, found, target, for_type),
        *(part.always for part in clauses if part.always),
    ]
    return plain(" ".join([words, *notes]))


def _nothing_fits(found: SortedActions, target: ActionTarget) -> str:
    """Explain that no action can match, if that is true; else empty."""
    patterns = _patterns(found)
    if found.everything or len(target.without_effect(patterns)) < len(patterns):
        return ""
    if len(target.unfit(found.exact)) < len(found.exact):
        return ""
    names = briefly([*found.exact, *map(quoted, patterns)], 4, "actions")
    if patterns:
        return (
            f"Usually matches nothing: according to {REFERENCE}, {names} can't be used on "
            f"{target.words}."
        )
    if all(map(is_asked_on_star, found.exact)):
        return f"Usually matches nothing: {STAR_ONLY.format(names)}."
    return f"Matches nothing: according to {REFERENCE}, {names} can't be used on {target.words}."


def _patterns(found: SortedActions) -> tuple[str, ...]:
    return (*found.wild, *(f"{prefix}:*" for prefix in found.services))


def _without_unusable(statement: Statement, found: SortedActions) -> SortedActions:
    """Leave out actions that no principal of a trust policy can use; a note says so."""
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
    return f"{'If another policy allows it, l' if for_type in CEILINGS else 'L'}ets {who} "


def _who(statement: Statement, for_type: str, *, denies: bool) -> str:
    everybody = "everybody" if denies else "everybody, signed in or not,"
    if statement.resource is None and statement.not_resource is None and not denies:
        everybody = "everybody in any AWS account"  # assuming a role needs credentials
    if statement.principal is not None:
        if is_everybody(statement.principal):
            return everybody
        return listed(named(statement.principal, denies=denies))
    if statement.not_principal is None:
        return everybody if for_type in ABOUT_EVERYBODY else ""
    if is_everybody(statement.not_principal):
        return "everybody with a permissions boundary"
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
    """Join conditions: all must be met, so none of those with "unless" may match."""
    ifs = [clause.text for clause in clauses if clause.text and not clause.unless]
    unless = [clause.text for clause in clauses if clause.text and clause.unless]
    words = f", if {briefly(ifs, FEW_CLAUSES, 'conditions', ', and')}" if ifs else ""
    if unless:
        words += f", unless {briefly(unless, FEW_CLAUSES, 'conditions', ', or')}"
    return words


def _notes(
    statement: Statement, found: SortedActions, target: ActionTarget, for_type: str
) -> list[str]:
    """Return sentences about details that a reader could miss."""
    unknown = [quoted(value) for value in (*found.void, *found.unknown)]
    notes = [f"No known action matches {briefly(unknown, 6, 'values', 'or')}."] if unknown else []
    if statement.action is not None:
        notes += _misfits(statement, found, target)
        if statement.effect == "Deny" and NEVER_REFUSED in found.exact:
            notes.append(f"AWS always permits {NEVER_REFUSED}, even if a policy denies it.")
    notes += _about_variables(statement)
    return notes + _about_principals(statement, for_type)


def _about_principals(statement: Statement, for_type: str) -> list[str]:
    if is_everybody(statement.not_principal or ()):
        return ["Its NotPrincipal exempts everybody else."]
    if statement.not_principal is not None and statement.effect == "Deny":
        notes = ["It never exempts principals with a permissions boundary."]
        if not any(kind == "AWS" and account_of(value) for kind, value in statement.not_principal):
            notes.append("AWS doesn't say whether it exempts a user without the user's account.")
        return notes
    accounts = any(kind == "AWS" and account_of(value) for kind, value in statement.principal or ())
    if for_type == "endpoint" and accounts and statement.effect == "Allow":
        return ["In the policy of a gateway endpoint, an account means only its root user."]
    return []


def _misfits(statement: Statement, found: SortedActions, target: ActionTarget) -> list[str]:
    """Name the actions that have no effect."""
    notes = []
    unfit = target.unfit(found.exact)
    star = [name for name in unfit if is_asked_on_star(name)]
    other = [name for name in unfit if name not in star]
    if star:
        notes.append(f"{STAR_ONLY.format(briefly(star, 4, 'actions'))}.")
    if other:
        notes.append(f"{briefly(other, 4, 'actions')} can't be used on these resources.")
    without_effect = [quoted(pattern) for pattern in target.without_effect(_patterns(found))]
    if without_effect:
        patterns = briefly(without_effect, 4, "patterns", "or")
        notes.append(f"Usually actions of {patterns} can't be used on these resources.")
    unusable = _unusable_in_trust(statement, found)
    if unusable:
        notes.append(f"This Principal can't use {joined(unusable, 'or')}.")
    if _is_mixed(statement, found.exact):
        notes.append("Some of these principals can't use all of these actions.")
    return notes


def _is_mixed(statement: Statement, names: tuple[str, ...]) -> bool:
    """Return whether only some principals of a trust policy can use an action."""
    principals = statement.principal or ()
    if statement.resource is not None or is_everybody(principals):
        return False
    used = [name for name in names if fits_trust(principals, name)]
    return any(not fits_trust((principal,), name) for principal in principals for name in used)


def _about_variables(statement: Statement) -> list[str]:
    patterns = statement.resources
    if not statement.variables:
        plain_text = "In a policy with version 2008-10-17, ${...} is plain text."
        return [plain_text] if any_variable(statement.texts_with_variables) else []
    signed = _only_signed(statement, "")
    needed = [key for key in keys_needed(patterns or ()) if may_miss(key, signed=signed)]
    if not needed:
        return []
    keys = joined([quoted(key) for key in needed], "or")
    if statement.resource is None:
        return [f"AWS's pages don't say what happens to a request without {keys}."]
    return [f"Without {keys} in the request, the resource with this variable doesn't match."]
