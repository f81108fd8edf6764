"""Identity providers of an account: OpenID Connect and SAML.

iamlab doesn't contact an OpenID Connect provider's server: without thumbprints the list stays
empty, where AWS would fetch one. The settings of trusted identity propagation are stored and
returned; the propagation itself, in IAM Identity Center, isn't modelled.

Notes
-----
AWS pages: "Create an OpenID Connect (OIDC) identity provider in IAM"; "API
CreateOpenIDConnectProvider"; "API UpdateOpenIDConnectProvider"; "Create a SAML identity provider in
IAM"; "API CreateSAMLProvider"; "API UpdateSAMLProvider".
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import (
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
    noted,
)
from iamlab.model import providers as saml_metadata
from iamlab.model import user_credentials as pem
from iamlab.model.providers import OpenIDConnectProvider, SAMLProvider
from iamlab.operations.iam import common
from iamlab.operations.iam.answers import FORMS, answer
from iamlab.operations.iam.common import tag_operations, tags_in
from iamlab.operations.registry import Parameters, operation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.model.account import Account
    from iamlab.model.providers import Provider


New = TypeVar("New", OpenIDConnectProvider, SAMLProvider)


def _finder(cls: type[New], held: str) -> Callable[[Account, Parameters], New]:
    """Return a function that finds a call's provider in a field of the account."""

    def find(account: Account, request: Parameters) -> New:
        arn: str = request[cls.named_by]
        if f":{cls.kind}/" not in arn:
            raise InvalidInput(f"ARN {arn} is not valid.")
        found: New = getattr(account, held)[arn]
        return found

    return find


_find_oidc = _finder(OpenIDConnectProvider, "oidc_providers")
_find_saml = _finder(SAMLProvider, "saml_providers")


def _check_new(provider: Provider, held: Mapping[str, Provider], what: str) -> None:
    """Check that a provider's name is free, and that the account has room for it."""
    if common.same_name(provider.name, {known.name: known for known in held.values()}):
        raise EntityAlreadyExists(f"Provider with {what} already exists.")
    common.check_room(provider.account, f"{provider.noun}s", len(held))


def _created(provider: Provider) -> dict[str, Any]:
    return {provider.named_by: provider.arn, **common.filled(Tags=common.write_tags(provider.tags))}


_CONTEXT, _CENTER = "ContextProvider", "IdentityCenterInstanceArn"
_CHANGES = {_CONTEXT: "RemoveContextProvider", _CENTER: "RemoveIdentityCenterInstance"}
"""Setting -> the flag that removes it."""


def _new_propagation(request: Parameters) -> dict[str, Any]:
    """Apply the settings of a new provider."""
    # AWS doesn't document these sentences.
    if _CENTER in request and _CONTEXT not in request:
        raise InvalidInput(f"{_CENTER} needs {_CONTEXT}.")
    return {
        "context_provider": deepcopy(request.get(_CONTEXT)),
        "identity_center_instance_arn": request.get(_CENTER),
    }


def _changes(request: Parameters, setting: str) -> bool:
    return setting in request or bool(request.get(_CHANGES[setting]))


def _check_propagation(
    provider: Provider, request: Parameters, *, of_metadata: bool = False
) -> None:
    """Check that a call changes one setting at a time, in the right order.

    Parameters
    ----------
    of_metadata
        Whether the call also changes something else of the provider.
    """
    for name, flag in _CHANGES.items():
        if name in request and request.get(flag):
            raise InvalidInput(f"{name} and {flag} cannot be used together.")
    if _changes(request, _CONTEXT) and (of_metadata or _changes(request, _CENTER)):
        raise InvalidInput("Change the context provider in a request of its own.")
    if request.get(_CHANGES[_CONTEXT]) and provider.identity_center_instance_arn:
        raise InvalidInput("Remove the IAM Identity Center association first.")
    if _CENTER in request and not provider.context_provider:
        raise InvalidInput(f"{_CENTER} needs {_CONTEXT}.")


def _change_propagation(provider: Provider, request: Parameters) -> None:
    """Apply the changes."""
    if _changes(request, _CONTEXT):
        provider.context_provider = deepcopy(request.get(_CONTEXT))
    if _changes(request, _CENTER):
        provider.identity_center_instance_arn = request.get(_CENTER)


_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?", re.ASCII | re.IGNORECASE)
_PATH = re.compile(r"[\w.~%!$&'()*+,;=:@/-]*", re.ASCII)
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}")
_MOST_THUMBPRINTS = 5


def name_of_url(url: str) -> str:
    """Return a provider's name, which follows from its URL: a host, and optionally a path.

    Raises
    ------
    ValidationError
        It isn't such a URL; the note describes its form.
    """
    scheme, _, name = url.partition("://")
    host, slash, path = name.partition("/")
    if scheme == "https" and _HOST.fullmatch(host) and _PATH.fullmatch(path):
        return host + slash + path
    note = "It must be https://, a host without a port, and optionally a path; no query."
    raise noted(ValidationError("Invalid Open ID Connect Provider URL"), note)


def _client_ids(account: Account, ids: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(ids))
    common.check_room(account, "ClientIdsPerOpenIdConnectProvider", len(found) - 1)
    return found


def _thumbprints(thumbprints: Iterable[str]) -> list[str]:
    found = list(thumbprints)
    if len(found) > _MOST_THUMBPRINTS:
        raise InvalidInput(f"Thumbprint list must contain fewer than {_MOST_THUMBPRINTS} entries.")
    for thumbprint in found:
        if not _THUMBPRINT.fullmatch(thumbprint):  # AWS's sentence is not documented
            raise InvalidInput(f"Thumbprint {thumbprint} is not 40 hexadecimal digits.")
    return found


@operation("CreateOpenIDConnectProvider", on="oidc-provider", answer=_created)
def create_open_id_connect_provider(account: Account, request: Parameters) -> OpenIDConnectProvider:
    """Create a provider from its URL, with which its ARN ends."""
    provider = OpenIDConnectProvider(
        account,
        name_of_url(request["Url"]),
        tags=tags_in(request),
        client_ids=_client_ids(account, request.get("ClientIDList", ())),
        thumbprints=_thumbprints(request.get("ThumbprintList", ())),
        create_date=account.world.clock.now,
        **_new_propagation(request),
    )
    _check_new(provider, account.oidc_providers, f"url {request['Url']}")
    account.oidc_providers[provider.arn] = provider
    return provider


_OIDC_LIST = {"OpenIDConnectProviderList": ["listed provider"]}
operation("GetOpenIDConnectProvider", "oidc-provider", FORMS["OIDC provider"])(_find_oidc)
operation("ListOpenIDConnectProviders", "oidc-provider/", answer(**_OIDC_LIST))(
    lambda account, _: [*account.oidc_providers.values()]
)


@operation("DeleteOpenIDConnectProvider", on="oidc-provider")
def delete_open_id_connect_provider(account: Account, request: Parameters) -> None:
    """Delete a provider; roles that trust it stay, but can't be assumed any more."""
    arn = request["OpenIDConnectProviderArn"]
    if ":oidc-provider/" in arn and arn not in account.oidc_providers:
        raise NoSuchEntity(f"OpenId connect Provider {arn} cannot be found.")
    del account.oidc_providers[_find_oidc(account, request).arn]


@operation("AddClientIDToOpenIDConnectProvider", on="oidc-provider")
def add_client_id(account: Account, request: Parameters) -> None:
    """Add an audience; an existing one stays."""
    provider = _find_oidc(account, request)
    provider.client_ids = _client_ids(account, [*provider.client_ids, request["ClientID"]])


@operation("RemoveClientIDFromOpenIDConnectProvider", on="oidc-provider")
def remove_client_id(account: Account, request: Parameters) -> None:
    """Remove an audience; a missing one isn't an error."""
    provider = _find_oidc(account, request)
    provider.client_ids = [held for held in provider.client_ids if held != request["ClientID"]]


@operation("UpdateOpenIDConnectProviderThumbprint", on="oidc-provider")
def update_thumbprint(account: Account, request: Parameters) -> None:
    """Replace all thumbprints."""
    provider = _find_oidc(account, request)
    provider.thumbprints = _thumbprints(request["ThumbprintList"])


@operation("UpdateOpenIDConnectProvider", on="oidc-provider")
def update_open_id_connect_provider(account: Account, request: Parameters) -> None:
    """Change the settings of trusted identity propagation."""
    provider = _find_oidc(account, request)
    _check_propagation(provider, request)
    _change_propagation(provider, request)


tag_operations("oidc-provider", "OpenIDConnectProvider", _find_oidc, by_key=True)


_MOST_KEYS = 2
_OF_METADATA = frozenset(
    ("SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey")
)


def _check_keys(request: Parameters, mode: str, held: int) -> None:
    """Check a call's settings of encryption; AWS doesn't document the sentences."""
    if "AddPrivateKey" in request:
        try:
            pem.private_key(request["AddPrivateKey"])
        except ValueError as wrong:
            raise InvalidInput(f"The private key can't be used: it is {wrong}.") from None
    if held > _MOST_KEYS:
        raise LimitExceeded(f"Cannot exceed quota for PrivateKeysPerSAMLProvider: {_MOST_KEYS}")
    if mode == "Required" and not held:
        raise InvalidInput("Encrypted assertions can be required only with a private key.")


@operation("CreateSAMLProvider", on="saml-provider", answer=_created)
def create_saml_provider(account: Account, request: Parameters) -> SAMLProvider:
    """Create a provider from its metadata."""
    name = request["Name"]
    tags, settings = tags_in(request), _new_propagation(request)
    provider = SAMLProvider(account, name, tags=tags, **settings)
    mode = request.get("AssertionEncryptionMode", provider.assertion_encryption_mode)
    _check_keys(request, mode, int("AddPrivateKey" in request))
    _check_new(provider, account.saml_providers, f"name {name}")
    _set_metadata(provider, request["SAMLMetadataDocument"])
    provider.assertion_encryption_mode = mode
    provider.unique_id = account.world.ids.key_id("", 24)
    provider.create_date = account.world.clock.now
    _add_key(provider, request)
    account.saml_providers[provider.arn] = provider
    return provider


def _set_metadata(provider: SAMLProvider, text: str) -> None:
    found = saml_metadata.read(text, provider.account.world.clock.now)
    provider.metadata, provider.issuer = text, found.issuer
    provider.valid_until = found.valid_until


def _add_key(provider: SAMLProvider, request: Parameters) -> None:
    """Record that a key was sent. The key itself isn't stored."""
    if "AddPrivateKey" in request:
        world = provider.account.world
        provider.private_keys[world.ids.key_id("", 24)] = world.clock.now


@operation(
    "UpdateSAMLProvider",
    on="saml-provider",
    answer=lambda provider: {"SAMLProviderArn": provider.arn},
)
def update_saml_provider(account: Account, request: Parameters) -> SAMLProvider:
    """Replace the metadata, or other settings; omitted settings stay."""
    provider = _find_saml(account, request)
    _check_propagation(provider, request, of_metadata=bool(_OF_METADATA & request.keys()))
    gone = request.get("RemovePrivateKey")
    if gone is not None and gone not in provider.private_keys:  # AWS's sentence is not documented
        raise NoSuchEntity(f"Private key {gone} cannot be found.")
    mode = request.get("AssertionEncryptionMode", provider.assertion_encryption_mode)
    held = len(provider.private_keys) + ("AddPrivateKey" in request) - (gone is not None)
    _check_keys(request, mode, held)
    if "SAMLMetadataDocument" in request:
        _set_metadata(provider, request["SAMLMetadataDocument"])
    provider.assertion_encryption_mode = mode
    _add_key(provider, request)
    provider.private_keys.pop(gone or "", None)
    _change_propagation(provider, request)
    return provider


_SAML_LIST = {"SAMLProviderList": ["listed SAML provider"]}
operation("GetSAMLProvider", "saml-provider", FORMS["SAML provider"])(_find_saml)
operation("ListSAMLProviders", "saml-provider/", answer(**_SAML_LIST))(
    lambda account, _: [*account.saml_providers.values()]
)


@operation("DeleteSAMLProvider", on="saml-provider")
def delete_saml_provider(account: Account, request: Parameters) -> None:
    """Delete a provider; roles that trust it stay, but can't be assumed any more."""
    del account.saml_providers[_find_saml(account, request).arn]


tag_operations("saml-provider", "SAMLProvider", _find_saml, by_key=True)
