"""SAML identity providers.

Notes
-----
AWS pages: "Create a SAML identity provider in IAM"; "API CreateSAMLProvider"; "API
UpdateSAMLProvider".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import EntityAlreadyExists, InvalidInput, LimitExceeded, NoSuchEntity
from iamlab.model import providers as saml_metadata
from iamlab.model import user_credentials as pem
from iamlab.model.providers import SAMLProvider
from iamlab.operations.iam import responses as answers
from iamlab.operations.iam.identity_providers import (
    change_propagation,
    check_propagation_changes,
    listed_propagation,
    propagation_at_first,
    written_propagation,
)
from iamlab.operations.iam.lookup import check_room, same_name, tag_operations, tags_in
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from iamlab.model.account import Account

_MOST_KEYS = 2
_OF_METADATA = (
    *("SAMLMetadataDocument", "AssertionEncryptionMode", "AddPrivateKey", "RemovePrivateKey"),
)


def _find(account: Account, given: Parameters) -> SAMLProvider:
    arn = given["SAMLProviderArn"]
    if ":saml-provider/" not in arn:
        raise InvalidInput(f"ARN {arn} is not valid.")
    if arn not in account.saml_providers:
        raise NoSuchEntity(f"Manifest not found for arn {arn}")
    return account.saml_providers[arn]


def _arn(provider: SAMLProvider) -> dict[str, Any]:
    return {"SAMLProviderArn": provider.arn}


def _made(provider: SAMLProvider) -> dict[str, Any]:
    found = _arn(provider)
    return {**found, "Tags": answers.tags(provider.tags)} if provider.tags else found


def _check_keys(given: Parameters, mode: str, held: int) -> None:
    """Check what a call says of encryption; its sentences are not documented."""
    if "AddPrivateKey" in given:
        try:
            pem.private_key(given["AddPrivateKey"])
        except ValueError as wrong:
            raise InvalidInput(f"The private key cannot be used: it is {wrong}.") from None
    if held > _MOST_KEYS:
        raise LimitExceeded(f"Cannot exceed quota for PrivateKeysPerSAMLProvider: {_MOST_KEYS}")
    if mode == "Required" and not held:
        raise InvalidInput("Assertions can be required to be encrypted only if there is a key.")


@operation("CreateSAMLProvider", on="saml-provider", answer=_made)
def create_saml_provider(account: Account, given: Parameters) -> SAMLProvider:
    """Make a provider of the metadata that it gave."""
    name, text = given["Name"], given["SAMLMetadataDocument"]
    provider = SAMLProvider(
        account, name, tags=tags_in(given), metadata=text, **propagation_at_first(given)
    )
    mode = given.get("AssertionEncryptionMode", provider.assertion_encryption_mode)
    _check_keys(given, mode, int("AddPrivateKey" in given))
    known = {one.name: one for one in account.saml_providers.values()}
    if same_name(name, known):
        raise EntityAlreadyExists(f"Provider with name {name} already exists.")
    check_room(account, "SAMLProviders", len(known))
    found = saml_metadata.read(text, account.world.clock.now)
    provider.issuer, provider.valid_until = found.issuer, found.valid_until
    provider.assertion_encryption_mode = mode
    provider.unique_id = account.world.ids.key_id("", 24)
    provider.create_date = account.world.clock.now
    _add_key(provider, given)
    account.saml_providers[provider.arn] = provider
    account.changed()
    return provider


def _add_key(provider: SAMLProvider, given: Parameters) -> None:
    """Note that a key was given. It goes no further."""
    if "AddPrivateKey" in given:
        world = provider.account.world
        provider.private_keys[world.ids.key_id("", 24)] = world.clock.now


@operation("UpdateSAMLProvider", on="saml-provider", answer=_arn)
def update_saml_provider(account: Account, given: Parameters) -> SAMLProvider:
    """Replace the metadata, or other settings; what is not given stays."""
    provider = _find(account, given)
    of_metadata = any(name in given for name in _OF_METADATA)
    check_propagation_changes(provider, given, of_metadata=of_metadata)
    gone = given.get("RemovePrivateKey")
    if gone is not None and gone not in provider.private_keys:  # AWS's sentence is not documented
        raise NoSuchEntity(f"Private key {gone} cannot be found.")
    mode = given.get("AssertionEncryptionMode", provider.assertion_encryption_mode)
    held = len(provider.private_keys) + ("AddPrivateKey" in given) - (gone is not None)
    _check_keys(given, mode, held)
    if "SAMLMetadataDocument" in given:
        text = given["SAMLMetadataDocument"]
        found = saml_metadata.read(text, account.world.clock.now)
        provider.metadata, provider.issuer = text, found.issuer
        provider.valid_until = found.valid_until
    provider.assertion_encryption_mode = mode
    _add_key(provider, given)
    provider.private_keys.pop(gone or "", None)
    change_propagation(provider, given)
    account.changed()
    return provider


@operation("GetSAMLProvider", on="saml-provider", answer=as_it_is)
def get_saml_provider(account: Account, given: Parameters) -> dict[str, Any]:
    """Find a provider, and read its metadata."""
    provider = _find(account, given)
    return {
        "SAMLProviderUUID": provider.unique_id,
        "SAMLMetadataDocument": provider.metadata,
        "CreateDate": provider.create_date,
        "ValidUntil": provider.valid_until,
        "Tags": answers.tags(provider.tags),
        "AssertionEncryptionMode": provider.assertion_encryption_mode,
        "PrivateKeyList": [
            {"KeyId": key_id, "Timestamp": added} for key_id, added in provider.private_keys.items()
        ],
        **written_propagation(provider),
    }


@operation("ListSAMLProviders", on="saml-provider/", answer=as_it_is)
def list_saml_providers(account: Account, _: Parameters) -> dict[str, Any]:
    """List all providers, in one page."""
    return {
        "SAMLProviderList": [
            {
                **listed_propagation(provider),
                "ValidUntil": provider.valid_until,
                "CreateDate": provider.create_date,
            }
            for provider in account.saml_providers.values()
        ]
    }


@operation("DeleteSAMLProvider", on="saml-provider")
def delete_saml_provider(account: Account, given: Parameters) -> None:
    """Delete a provider; roles that trust it stay as they are, and nobody gets them any more."""
    del account.saml_providers[_find(account, given).arn]
    account.changed()


tag_operations(SAMLProvider, _find)
