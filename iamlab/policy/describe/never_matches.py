"""Why a statement can never match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.describe.principals import SAML, is_everybody, named
from iamlab.policy.describe.values import spoken
from iamlab.policy.describe.words import briefly, joined
from iamlab.policy.describe.words import named as quoted
from iamlab.policy.rules import TYPE_NAMES
from iamlab.policy.variables import is_misplaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.policy.describe.actions import SortedActions
    from iamlab.policy.statement import Principals, Statement


_WITHOUT_RESOURCE = ("*", "sts", "ecr")
"""Services whose resource-based policies name no Resource, and the star."""


def never_matches_reason(statement: Statement, found: SortedActions, for_type: str) -> str:
    """Explain in a clause why a statement never matches; empty if it can match."""
    return (
        _who(statement, for_type)
        or _actions(statement, found)
        or _resources(statement, for_type)
        or _trust(statement, found)
    )


def _who(statement: Statement, for_type: str) -> str:
    principal, other = statement.principal, statement.not_principal
    if principal is None and other is None:
        if for_type in ("resource", "trust"):
            return f"{TYPE_NAMES[for_type]} must have a Principal"
        return ""
    if for_type in WITHOUT_PRINCIPAL:
        return f"{TYPE_NAMES[for_type]} can't have a Principal"
    if principal is not None and not is_everybody(principal) and not named(principal):
        values = _values([value for _, value in principal])
        return f"{values} isn't a principal" if principal else "its Principal is empty"
    if statement.effect == "Allow" and is_everybody(other or ()):
        return "its NotPrincipal exempts everybody"
    return ""


def _actions(statement: Statement, found: SortedActions) -> str:
    if statement.action is not None:
        if not statement.action:
            return "its Action is empty"
        if found.fits_nothing:
            return f"{_values(statement.action)} matches no known action"
        return ""
    if found.everything:
        return "its NotAction exempts every action"
    if found.void:
        return f"{_values(found.void)} in NotAction isn't a valid action"
    return ""


def _values(values: Sequence[str]) -> str:
    return briefly([quoted(value) for value in values], 6, "values", "or")


def _resources(statement: Statement, for_type: str) -> str:
    wanted, other = statement.resource, statement.not_resource
    if wanted is None and other is None:
        return _no_resource(statement, for_type)
    if for_type == "trust":
        return "a trust policy can't have a Resource"
    if statement.variables:
        misplaced = next(filter(is_misplaced, wanted or other or ()), None)
        if misplaced is not None:
            return (
                f"{quoted(misplaced)} has a variable before the fifth colon, which isn't permitted"
            )
    if wanted is None:
        return "its NotResource exempts every resource" if "*" in (other or ()) else ""
    if not wanted:
        return "its Resource is empty"
    if all(spoken(value, variables=statement.variables) is None for value in wanted):
        return f"the variable in {_values(wanted)} isn't valid, or its key has several values"
    return ""


def _no_resource(statement: Statement, for_type: str) -> str:
    nobody = statement.principal is None and statement.not_principal is None
    if for_type in WITHOUT_PRINCIPAL or for_type in ABOUT_EVERYBODY or nobody:
        return "it has no Resource"
    patterns = statement.action if statement.action is not None else ("*",)
    if any(pattern.lower().partition(":")[0] in _WITHOUT_RESOURCE for pattern in patterns):
        return ""
    return "it has no Resource"


def unfit_for_trust(statement: Statement, names: Iterable[str]) -> list[str]:
    """List the actions of a trust policy that none of its principals can use.

    Examples
    --------
    >>> from iamlab import Policy
    >>> text = '''{"Statement": {"Effect": "Allow", "Action": "sts:AssumeRole",
    ...            "Principal": {"Federated": "accounts.google.com"}}}'''
    >>> unfit_for_trust(Policy.parse(text).statements[0], ["sts:AssumeRole"])
    ['sts:AssumeRole']
    """
    principals = statement.principal or ()
    if statement.effect == "Deny" and is_everybody(principals):
        return []
    return [name for name in names if not fits_trust(principals, name)]


def fits_trust(principals: Principals, name: str) -> bool:
    """Return whether any of some principals can use an action of a trust policy.

    Examples
    --------
    >>> fits_trust((("Federated", "accounts.google.com"),), "sts:AssumeRole")
    False
    """
    if name == "sts:AssumeRole":
        return any(kind != "Federated" for kind, _ in principals)
    providers = [value for kind, value in principals if kind == "Federated"]
    if name == "sts:AssumeRoleWithSAML":
        return any(SAML in value for value in providers)
    if name == "sts:AssumeRoleWithWebIdentity":
        return any(SAML not in value for value in providers)
    return True


def _trust(statement: Statement, found: SortedActions) -> str:
    if statement.resource is not None or statement.principal is None:
        return ""
    if found.everything or found.services or found.wild or not found.exact:
        return ""
    unfit = unfit_for_trust(statement, found.exact)
    if len(unfit) < len(found.exact):
        return ""
    return f"this Principal can't use {joined(unfit, 'or')}"


WITHOUT_PRINCIPAL = ("identity", "boundary", "session", "scp")
"""The types that can't have a Principal."""
ABOUT_EVERYBODY = ("rcp", "endpoint")
"""The types that apply to everybody if they have no Principal."""
CEILINGS = ("boundary", "session", *ABOUT_EVERYBODY, "scp")
"""The types that grant nothing: they limit what other policies grant."""
