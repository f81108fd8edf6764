"""OpenID Connect identity providers.

Nobody asks the provider's server here: without thumbprints the list stays empty, where AWS would
fetch one.

Notes
-----
AWS pages: "Create an OpenID Connect (OIDC) identity provider in IAM"; "API
CreateOpenIDConnectProvider".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
)
from iamlab.world.api import answers
from iamlab.world.api.propagation import change_propagation, check_propagation_changes, listed_propagation, propagation_at_first, written_propagation
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.lookup import same_name
from iamlab.world.api.naming import check_room
from iamlab.world.api.tagged import tag_operations, tags_in
from iamlab.world.quotas import quota
from iamlab.world.things import OpenIDConnectProvider

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.world.account import Account

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
