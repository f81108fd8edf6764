"""Account aliases: a name for the sign-in page, in place of twelve digits.

What an account says of tokens of STS.

Properties of an account: switches of IAM's own features, each with a name in two parts.

There is one, ``RoleManager/Enabled``. Role manager makes roles from templates of AWS when somebody
sets up a service in its console. There are no such consoles here, so all that is seen of it is its
service-linked role.

Outbound federation: an account's principals get tokens that show elsewhere who they are.

Once it is on, the account is an OpenID Connect provider with a URL of its own, which the tokens of
``GetWebIdentityToken`` name as their issuer. A service outside of AWS that trusts this URL needs no
secret of anybody.

Notes
-----
AWS page: "Create an alias for your AWS account ID".
AWS page: "API SetSecurityTokenServicePreferences".
AWS pages: "Create roles automatically with role manager"; "API PutAccountProperties".
AWS pages: "Getting started with outbound identity federation"; "API
EnableOutboundWebIdentityFederation". AWS draws the URL by lot; here it follows from the world's
seed and the account's id, and is the same whenever the account switches it on again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    EntityAlreadyExists,
    FeatureDisabled,
    FeatureEnabled,
    InvalidInput,
    NoSuchEntity,
    RequestError,
    ValidationError,
)
from iamlab.model.quotas import is_account_id
from iamlab.model.service_principals import ROLE_MANAGER, role_of
from iamlab.operations.iam.lookup import same_name
from iamlab.operations.iam.responses import page
from iamlab.operations.iam.roles import create_service_linked_role
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.model.account import Account


@operation("CreateAccountAlias", on="*")
def create_account_alias(account: Account, given: Parameters) -> None:
    """Give the account an alias, in place of any that it had."""
    alias = given["AccountAlias"]
    if is_account_id(alias):
        raise ValidationError("An account alias must not be a number of 12 digits.")  # likely
    if any(one.alias == alias for one in account.world.accounts.values()):
        raise EntityAlreadyExists(f"The account alias {alias} already exists.")
    account.alias = alias
    account.changed()


@operation("DeleteAccountAlias", on="*")
def delete_account_alias(account: Account, given: Parameters) -> None:
    """Take the account's alias away."""
    alias = given["AccountAlias"]
    if account.alias != alias:
        raise NoSuchEntity(f"The account alias {alias} cannot be found.")  # likely
    account.alias = None
    account.changed()


@operation("ListAccountAliases", on="*", answer=as_it_is)
def list_account_aliases(account: Account, given: Parameters) -> dict[str, Any]:
    """List the account's alias, if it has one."""
    return page("AccountAliases", [account.alias] if account.alias else [], given, str)


@operation("SetSecurityTokenServicePreferences", on="*")
def set_security_token_service_preferences(account: Account, given: Parameters) -> None:
    """Say whether tokens of the global endpoint are valid in all Regions, or in the default ones.

    ``GetAccountSummary`` gives it as a number: 1 for ``v1Token``, 2 for ``v2Token``.
    """
    version = given["GlobalEndpointTokenVersion"]
    account.global_endpoint_token_version = int(version.removeprefix("v").removesuffix("Token"))
    account.changed()


NAMESPACE, PROPERTY = "RoleManager", "Enabled"
_KEY = f"{NAMESPACE}/{PROPERTY}"
_TEXTS = {"true": True, "false": False}
_LINKED = {"AWSServiceName": ROLE_MANAGER}


def _also(account: Account, given: Parameters) -> list[tuple[str, str]]:
    """Whoever enables role manager needs to make its role, even if it is there."""
    if given["Properties"].get(_KEY) != "true":
        return []
    role = f"arn:{account.partition}:iam::{account.account_id}:role{role_of(_LINKED)}"
    return [("iam:CreateServiceLinkedRole", role)]


@operation("GetAccountProperties", on="*", answer=as_it_is)
def get_account_properties(account: Account, _: Parameters) -> dict[str, Any]:
    """Read the properties."""
    return {"Properties": {_KEY: str(account.role_manager_enabled).lower()}}


@operation("PutAccountProperties", on="*", also=_also)
def put_account_properties(account: Account, given: Parameters) -> None:
    """Set properties; where role manager is enabled for the first time, its role is made."""
    wanted = _wanted(given["Properties"])
    if wanted and not same_name(role_of(_LINKED).rpartition("/")[2], account.roles):
        create_service_linked_role(account, _LINKED)
    account.role_manager_enabled = wanted
    account.changed()


def _wanted(properties: Mapping[str, str]) -> bool:
    """Say whether role manager is to be enabled; other properties beside that are ignored.

    Raises
    ------
    InvalidInput
        A key or a value is none that there is, or the keys are of several namespaces.
    RequestError
        A key or a value is no text.
    """
    # AWS's sentences are likely: its pages give only their meaning.
    if not all(isinstance(one, str) for pair in properties.items() for one in pair):
        raise RequestError(f"Properties is a mapping of texts to texts, not {properties!r}.")
    for key in properties:
        if "/" not in key:
            raise InvalidInput(f"Property key must be in format Namespace/PropertyName: {key}")
    namespaces = {key.partition("/")[0] for key in properties}
    if len(namespaces) > 1:
        raise InvalidInput("All properties must belong to the same namespace")
    if namespaces != {NAMESPACE}:
        raise InvalidInput(f"Unsupported namespace: {''.join(namespaces)}")
    if _KEY not in properties:
        raise InvalidInput(f"{NAMESPACE} namespace requires {PROPERTY} property")
    if properties[_KEY] not in _TEXTS:
        raise InvalidInput(f"{PROPERTY} must be 'true' or 'false'")
    return _TEXTS[properties[_KEY]]


_HOST = "tokens.sts.global.api.aws"

# AWS's sentences are likely, not sure: its pages give only their meaning.
_IS_ON = "Outbound web identity federation is already enabled for your account"
_IS_OFF = "Outbound web identity federation is disabled for your account"


def _issuer_of(account: Account) -> str:
    """Make the URL of an account: it is marked as an example, so that it is nobody's."""
    drawn = account.world.ids.hidden(f"issuer/{account.account_id}", "0123456789abcdef", 25)
    parts = (drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], f"{drawn[20:]}example")
    return f"https://{'-'.join(parts)}.{_HOST}"


def _issuer(issuer: str) -> dict[str, Any]:
    return {"IssuerIdentifier": issuer}


def _info(issuer: str) -> dict[str, Any]:
    return {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}


@operation("EnableOutboundWebIdentityFederation", on="*", answer=_issuer)
def enable_outbound_web_identity_federation(account: Account, _: Parameters) -> str:
    """Make the account an issuer of tokens, and give its URL."""
    if account.outbound_federation:
        raise FeatureEnabled(_IS_ON)
    account.outbound_federation = _issuer_of(account)
    account.changed()
    return account.outbound_federation


@operation("DisableOutboundWebIdentityFederation", on="*")
def disable_outbound_web_identity_federation(account: Account, _: Parameters) -> None:
    """Let the account issue no more tokens; those that it has issued stay valid."""
    _check_is_on(account)
    account.outbound_federation = ""
    account.changed()


@operation("GetOutboundWebIdentityFederationInfo", on="*", answer=_info)
def get_outbound_web_identity_federation_info(account: Account, _: Parameters) -> str:
    """Give the account's URL."""
    _check_is_on(account)
    return account.outbound_federation


def _check_is_on(account: Account) -> None:
    if not account.outbound_federation:
        error = FeatureDisabled(_IS_OFF)
        error.add_note("EnableOutboundWebIdentityFederation switches it on.")
        raise error
