"""Trusted identity propagation: settings of identity providers that hand on who somebody is.

They are kept and given back; that propagation itself takes place in IAM Identity Center is no part
of this world.

Notes
-----
AWS pages: "API UpdateOpenIDConnectProvider"; "API UpdateSAMLProvider".
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput

if TYPE_CHECKING:
    from iamlab.world.api.entry import Parameters
    from iamlab.world.things import Provider

_CONTEXT, _CENTER = "ContextProvider", "IdentityCenterInstanceArn"
_CHANGES = {_CONTEXT: "RemoveContextProvider", _CENTER: "RemoveIdentityCenterInstance"}
"""What may be set -> the flag that takes it away."""


def propagation_at_first(given: Parameters) -> dict[str, Any]:
    """Take the settings of a new provider."""
    if _CENTER in given and _CONTEXT not in given:  # the sentences of this file are not documented
        raise InvalidInput(f"{_CENTER} needs {_CONTEXT}.")
    return {
        "context_provider": deepcopy(given.get(_CONTEXT)),
        "identity_center_instance_arn": given.get(_CENTER),
    }


def check_propagation_changes(provider: Provider, given: Parameters, *, of_metadata: bool = False) -> None:
    """Insist that a call changes one thing at a time, in the right order.

    Parameters
    ----------
    of_metadata
        Whether the call changes something else of the provider besides.
    """
    for name, flag in _CHANGES.items():
        if name in given and given.get(flag):
            raise InvalidInput(f"{name} and {flag} cannot be used together.")
    context = _CONTEXT in given or given.get(_CHANGES[_CONTEXT])
    center = _CENTER in given or given.get(_CHANGES[_CENTER])
    if context and (center or of_metadata):
        raise InvalidInput("Change the context provider in a request of its own.")
    if given.get(_CHANGES[_CONTEXT]) and provider.identity_center_instance_arn:
        raise InvalidInput("Remove the IAM Identity Center association first.")
    if _CENTER in given and not provider.context_provider:
        raise InvalidInput(f"{_CENTER} needs {_CONTEXT}.")


def change_propagation(provider: Provider, given: Parameters) -> None:
    """Make the changes."""
    if _CONTEXT in given or given.get(_CHANGES[_CONTEXT]):
        provider.context_provider = deepcopy(given.get(_CONTEXT))
    if _CENTER in given or given.get(_CHANGES[_CENTER]):
        provider.identity_center_instance_arn = given.get(_CENTER)


def written_propagation(provider: Provider) -> dict[str, Any]:
    """Write the settings that are made."""
    found = {
        _CONTEXT: deepcopy(provider.context_provider),
        _CENTER: provider.identity_center_instance_arn,
    }
    return {name: value for name, value in found.items() if value}


def listed_propagation(provider: Provider) -> dict[str, Any]:
    """Write what a list says of a provider."""
    return {
        "Arn": provider.arn,
        "IsTrustedIdentityPropagationEnabled": provider.context_provider is not None,
    }
