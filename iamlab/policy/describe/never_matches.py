"""Why a statement can never match: whoever reads it aloud must say so first."""

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
    """Say why a statement matches nothing, in a clause; empty if it can match."""
    return (
        _who(statement, for_type)
        or _actions(statement, found)
        or _resources(statement, for_type)
        or _trust(statement, found)
    )


def _who(statement: Statement, for_type: str) -> str:
    one, other = statement.principal, statement.not_principal
    if one is None and other is None:
        if for_type in ("resource", "trust"):
            return f"{TYPE_NAMES[for_type]} must name a Principal, and here is none"
        return ""
    if for_type in WITHOUT_PRINCIPAL:
        return f"{TYPE_NAMES[for_type]} may not name a Principal"
    if one is not None and not is_everybody(one) and not named(one):
        values = _values([value for _, value in one])
        return f"nobody can be the Principal {values}" if one else "its Principal is empty"
    if statement.effect == "Allow" and is_everybody(other or ()):
        return "its NotPrincipal spares everybody"
    return ""


def _actions(statement: Statement, found: SortedActions) -> str:
    if statement.action is not None:
        if not statement.action:
            return "its Action is empty"
        if found.fits_nothing:
            return f"no known action fits {_values(statement.action)}"
        return ""
    if found.everything:
        return "its NotAction spares every action"
    if found.void:
        odd = f"{_values(found.void)} in NotAction is no pattern of actions"
        return f"{odd}, so nobody knows what is spared"
    return ""


def _values(values: Sequence[str]) -> str:
    return briefly([quoted(value) for value in values], 6, "values", "or")


def _resources(statement: Statement, for_type: str) -> str:
    wanted, other = statement.resource, statement.not_resource
    if wanted is None and other is None:
        return _no_resource(statement, for_type)
    if for_type == "trust":
        return "a trust policy may not name a Resource"
    if statement.variables:
        misplaced = next(filter(is_misplaced, wanted or other or ()), None)
        if misplaced is not None:
            return (
                f"in {quoted(misplaced)} a variable stands before the fifth colon, where none may"
            )
    if wanted is None:
        return "its NotResource spares every resource" if "*" in (other or ()) else ""
    if not wanted:
        return "its Resource is empty"
    if all(spoken(value, variables=statement.variables) is None for value in wanted):
        odd = f"the variable in {_values(wanted)}"
        return f"{odd} is written wrongly, or its key holds several values"
    return ""


def _no_resource(statement: Statement, for_type: str) -> str:
    nobody = statement.principal is None and statement.not_principal is None
    if for_type in WITHOUT_PRINCIPAL or for_type in ABOUT_EVERYBODY or nobody:
        return "it names no Resource"
    patterns = statement.action if statement.action is not None else ("*",)
    if any(pattern.lower().partition(":")[0] in _WITHOUT_RESOURCE for pattern in patterns):
        return ""
    return "it names no Resource"


def unfit_for_trust(statement: Statement, names: Iterable[str]) -> list[str]:
    """List the actions of a trust policy that none of the named can ask for.

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
    """Say whether an action of a trust policy is for one of some principals.

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
    return f"{joined(unfit)} {'do' if len(unfit) > 1 else 'does'} not fit this Principal"


WITHOUT_PRINCIPAL = ("identity", "boundary", "session", "scp")
"""The types that may name no Principal."""
ABOUT_EVERYBODY = ("rcp", "endpoint")
"""The types that are about everybody where they name none."""
CEILINGS = ("boundary", "session", *ABOUT_EVERYBODY, "scp")
"""The types that grant nothing: they leave room for what other policies grant."""
