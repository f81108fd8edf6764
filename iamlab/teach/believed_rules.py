"""Wrong beliefs about the rules: how statements match, and how results become a verdict.

For each mutant, the entries of AWS's table of rules that it replaces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.engine.principals import PrincipalMatch, match_principal, match_principals
from iamlab.engine.rules import AWS_RULES
from iamlab.engine.verdict import Verdict
from iamlab.policy.conditions import OPERATORS, Comparison, empty_set_default, missing_key_default
from iamlab.policy.patterns import glob_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from iamlab.engine.layer_results import LayerResults
    from iamlab.engine.layers import Place
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Statement

_NO_WILDCARDS = str.maketrans("", "", "*?")


def _specific(match: StatementMatch) -> tuple[list[int], bool]:
    """Measure how specific a statement is: the letters of its resources, then of its actions."""
    parts = (match.statement.resource or (), match.statement.action or ())
    letters = [[len(text.translate(_NO_WILDCARDS)) for text in part] for part in parts]
    return [max(own, default=0) for own in letters], match.effect == "Deny"


# -- conditions ---------------------------------------------------------------------------------


def _missing_key_is_false(comparison: Comparison, wanted: Sequence[str | None]) -> bool:
    if comparison.name == "Bool" and not comparison.if_exists:
        return any(value is not None and value.lower() == "false" for value in wanted)
    return missing_key_default(comparison, wanted)


def _if_exists_needs_key(comparison: Comparison, wanted: Sequence[str | None]) -> bool:
    if not comparison.if_exists or OPERATORS[comparison.name].negated:
        return missing_key_default(comparison, wanted)
    return _missing_key_is_false(Comparison(comparison.name), wanted)


def _every_value(results: Iterable[bool]) -> bool:
    found = list(results)
    return bool(found) and all(found)


_GLOBS = {f"String{no}Equals": OPERATORS[f"String{no}Like"] for no in ("", "Not")}


# -- resources, variables and principals --------------------------------------------------------


def _bucket_with_objects(pattern: str, resource: str) -> bool:
    is_other = pattern == f"{resource}/*" or resource.startswith(f"{pattern}/")
    return is_other or glob_resource(pattern, resource)


def _always_there(request: Request, key: str) -> str:
    """Read a variable: without a user name, it is the session's name; anything else is empty."""
    value = request.value(key)
    if value is None and key.lower() == "aws:username":
        return request.principal.rpartition("/")[2]
    return value or ""


def _simply_exempt(statement: Statement, request: Request, place: Place) -> PrincipalMatch:
    listed = statement.not_principal
    if statement.effect == "Allow" or listed is None:
        return match_principal(statement, request, place)
    exempt = match_principals(listed, request) is not PrincipalMatch.NOT
    return PrincipalMatch.NOT if exempt else PrincipalMatch.DIRECT


def _by_external_id(statement: Statement, request: Request, place: Place) -> PrincipalMatch:
    keys = {condition.key.lower() for condition in statement.conditions}
    if statement.effect == "Allow" and "sts:externalid" in keys & request.keys.keys():
        return PrincipalMatch.DIRECT
    return match_principal(statement, request, place)


# -- who must allow -----------------------------------------------------------------------------


def _each(change: Callable[[int, LayerResults], int], *names: str) -> dict[str, Any]:
    """Change what some rules return."""

    def changed(name: str) -> Callable[[LayerResults], int]:
        return lambda results: change(getattr(AWS_RULES, name)(results), results)

    return {name: changed(name) for name in names}


def _by_either_side(own: int, results: LayerResults) -> int:
    by_resource = results.direct | results.indirect | results.account | results.grant
    return own | by_resource | results.identity & results.filters


BELIEVED_RULES: dict[str, dict[str, Any]] = {
    "last_wins": {"deny_wins": lambda applying: applying[-1].effect == "Deny"},
    "most_specific_wins": {
        "deny_wins": lambda applying: max(applying, key=_specific).effect == "Deny"
    },
    "no_deny_means_allow": {"default": Verdict.ALLOWED},
    "deny_is_deny": {
        "deny_wins": lambda applying: all(match.effect == "Deny" for match in applying)
    },
    "same_account_needs_both": {"same_account": AWS_RULES.both_sides},
    "cross_either_side": _each(_by_either_side, "cross_account"),
    "account_means_everyone": _each(
        lambda own, results: own | results.account & results.filters,
        *("same_account", "role_trust", "kms_key", "cross_account"),
    ),
    "trust_grants": _each(
        lambda own, results: own | results.identity & results.filters, "role_trust"
    ),
    "boundary_caps_all": _each(
        lambda own, results: own & results.filters if results.boundary else own,
        *("same_account", "role_trust", "kms_key"),
    ),
    "scp_any_level": {"scp": lambda allows: not allows or any(allows)},
    "missing_key_false": {"missing_key": _missing_key_is_false},
    "ifexists_is_stricter": {"missing_key": _if_exists_needs_key},
    "notprincipal_simple": {"principal": _simply_exempt},
    "forall_needs_key": {
        "empty_set": lambda own: own.set_operator != "ForAllValues" and empty_set_default(own)
    },
    "values_and": {"any_value": _every_value},
    "equals_globs": {"operators": {**OPERATORS, **_GLOBS}},
    "one_arn_fits": {"resource": _bucket_with_objects},
    "variable_always_there": {"variable": _always_there},
    "root_unlimited": dict.fromkeys(
        ("root_user_kms", "root_user_assumes_role"), AWS_RULES.root_user
    ),
    "externalid_identity": {"principal": _by_external_id},
    "kms_like_s3": _each(lambda own, results: own | AWS_RULES.same_account(results), "kms_key"),
}
