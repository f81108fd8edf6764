"""OpenID Connect identity providers.

Nobody asks the provider's server here: without thumbprints the list stays empty, where AWS would
fetch one.

Trusted identity propagation: settings of identity providers that hand on who somebody is.

They are kept and given back; that propagation itself takes place in IAM Identity Center is no part
of this world.

Notes
-----
AWS pages: "Create an OpenID Connect (OIDC) identity provider in IAM"; "API
CreateOpenIDConnectProvider".
AWS pages: "API UpdateOpenIDConnectProvider"; "API UpdateSAMLProvider".
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
)
from iamlab.model.providers import OpenIDConnectProvider
from iamlab.model.quotas import quota
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.lookup import check_room, same_name, tag_operations, tags_in
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.model.account import Account
    from iamlab.model.providers import Provider


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"[\w.~%!$&'()*+,;=:@/-]*", re.ASCII)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_MOST_THUMBPRINTS = 5


def _find(account: Account, given: Parameters) -> OpenIDConnectProvider:
    arn = given["OpenIDConnectProviderArn"]
    if ":oidc-provider/" not in arn:
        raise InvalidInput(f"ARN {arn} is not valid.")
    if arn not in account.oidc_providers:
        raise NoSuchEntity(f"OpenIDConnect Provider not found for arn {arn}")
    return account.oidc_providers[arn]


def name_of_url(url: str) -> str:
    """Give what a provider is called, if its URL is one: a host, and perhaps a path.

    Raises
    ------
    ValidationError
        It is none; the note says how one is written.
    """
    scheme, _, name = url.partition("://")
    host, slash, path = name.partition("/")
    if scheme == "https" and _HOST.fullmatch(host) and _PATH.fullmatch(path):
        return host + slash + path
    error = ValidationError("Invalid Open ID Connect Provider URL")
    error.add_note("It is https://, a host without a port, and perhaps a path; no query.")
    raise error


def _client_ids(account: Account, ids: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(ids))
    most = quota(account, "ClientIdsPerOpenIdConnectProvider")
    if len(found) > most:
        raise LimitExceeded(f"Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: {most}")
    return found


def _thumbprints(thumbprints: Iterable[str]) -> list[str]:
    found = list(thumbprints)
    if len(found) > _MOST_THUMBPRINTS:
        raise InvalidInput(f"Thumbprint list must contain fewer than {_MOST_THUMBPRINTS} entries.")
    for one in found:
        if not _THUMBPRINT.fullmatch(one):  # AWS's sentence is not documented
            raise InvalidInput(f"Thumbprint {one} is not 40 hexadecimal digits.")
    return found


def _made(provider: OpenIDConnectProvider) -> dict[str, Any]:
    found: dict[str, Any] = {"OpenIDConnectProviderArn": provider.arn}
    return {**found, "Tags": answers.tags(provider.tags)} if provider.tags else found


@operation("CreateOpenIDConnectProvider", on="oidc-provider", answer=_made)
def create_open_id_connect_provider(account: Account, given: Parameters) -> OpenIDConnectProvider:
    """Make a provider of its URL; its ARN ends with it."""
    provider = OpenIDConnectProvider(
        account,
        name_of_url(given["Url"]),
        tags=tags_in(given),
        client_ids=_client_ids(account, given.get("ClientIDList", ())),
        thumbprints=_thumbprints(given.get("ThumbprintList", ())),
        create_date=account.world.clock.now,
        **propagation_at_first(given),
    )
    known = {one.name: one for one in account.oidc_providers.values()}
    if same_name(provider.name, known):
        raise EntityAlreadyExists(f"Provider with url {given['Url']} already exists.")
    check_room(account, "OpenIDConnectProviders", len(known))
    account.oidc_providers[provider.arn] = provider
    account.changed()
    return provider


@operation("GetOpenIDConnectProvider", on="oidc-provider", answer=as_it_is)
def get_open_id_connect_provider(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a provider."""
    provider = _find(account, given)
    return {
        "Url": provider.name,  # without https://, as AWS gives it
        "ClientIDList": list(provider.client_ids),
        "ThumbprintList": list(provider.thumbprints),
        "CreateDate": provider.create_date,
        "Tags": answers.tags(provider.tags),
        **written_propagation(provider),
    }


@operation("ListOpenIDConnectProviders", on="oidc-provider/", answer=as_it_is)
def list_open_id_connect_providers(account: Account, _: Parameters) -> dict[str, Any]:
    """List all providers, in one page."""
    every = account.oidc_providers.values()
    return {"OpenIDConnectProviderList": [listed_propagation(provider) for provider in every]}


@operation("DeleteOpenIDConnectProvider", on="oidc-provider")
def delete_open_id_connect_provider(account: Account, given: Parameters) -> None:
    """Delete a provider; roles that trust it stay as they are, and nobody gets them any more."""
    arn = given["OpenIDConnectProviderArn"]
    if ":oidc-provider/" in arn and arn not in account.oidc_providers:
        raise NoSuchEntity(f"OpenId connect Provider {arn} cannot be found.")
    del account.oidc_providers[_find(account, given).arn]
    account.changed()


@operation("AddClientIDToOpenIDConnectProvider", on="oidc-provider")
def add_client_id(account: Account, given: Parameters) -> None:
    """Add an audience; one that is there already stays."""
    provider = _find(account, given)
    provider.client_ids = _client_ids(account, [*provider.client_ids, given["ClientID"]])
    account.changed()


@operation("RemoveClientIDFromOpenIDConnectProvider", on="oidc-provider")
def remove_client_id(account: Account, given: Parameters) -> None:
    """Take an audience away; one that is not there is no mistake."""
    provider = _find(account, given)
    provider.client_ids = [one for one in provider.client_ids if one != given["ClientID"]]
    account.changed()


@operation("UpdateOpenIDConnectProviderThumbprint", on="oidc-provider")
def update_thumbprint(account: Account, given: Parameters) -> None:
    """Replace all thumbprints."""
    provider = _find(account, given)
    provider.thumbprints = _thumbprints(given["ThumbprintList"])
    account.changed()


@operation("UpdateOpenIDConnectProvider", on="oidc-provider")
def update_open_id_connect_provider(account: Account, given: Parameters) -> None:
    """Change the settings of trusted identity propagation."""
    provider = _find(account, given)
    check_propagation_changes(provider, given)
    change_propagation(provider, given)
    account.changed()


tag_operations(OpenIDConnectProvider, _find)


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


def check_propagation_changes(
    provider: Provider, given: Parameters, *, of_metadata: bool = False
) -> None:
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
