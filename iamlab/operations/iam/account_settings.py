"""Settings of an account, and of IAM in its organization.

* An alias: a name for the sign-in page, in place of twelve digits.
* Which tokens the global endpoint of STS makes.
** Properties, each with a name in two parts. There is one, ``RoleManager/Enabled``. Role manager
  makes roles from AWS's templates when you set up a service in its console. There are no such
  consoles here, so only its service-linked role is modelled.
* Outbound federation: the account is an OpenID Connect provider with its own URL, the issuer in
tokens of ``GetWebIdentityToken``. A service outside AWS that trusts this URL needs no secret.
* Centralized root access: an organization's features, enabled by its management account.

Notes
-----
AWS pages: "Create an alias for your AWS account ID"; "API SetSecurityTokenServicePreferences";
"Create roles automatically with role manager"; "API PutAccountProperties"; "Getting started with
outbound identity federation"; "API EnableOutboundWebIdentityFederation"; "Centralize root access
for member accounts".

AWS picks the URL at random; here it follows from the world's seed and the account's id, and stays
the same when the account enables it again. That a delegated administrator can disable a root
feature, but not enable it, follows from the errors that each operation declares. Enabling an
enabled feature isn't an error. A feature stays enabled while IAM doesn't have trusted access, and
works again when IAM has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccountNotManagementOrDelegatedAdministratorException,
    CallerIsNotManagementAccountException,
    EntityAlreadyExists,
    FeatureDisabled,
    FeatureEnabled,
    InvalidInput,
    NoSuchEntity,
    OrganizationNotFoundException,
    OrganizationNotInAllFeaturesModeException,
    RequestError,
    ServiceAccessNotEnabledException,
    ValidationError,
    noted,
)
from iamlab.model.organization.root_features import (
    CREDENTIALS,
    FEATURES,
    SERVICE,
    SESSIONS,
    is_in_charge,
)
from iamlab.model.quotas import is_account_id
from iamlab.model.service_principals import ROLE_MANAGER, role_of
from iamlab.operations.iam.common import iam_arn, page, same_name
from iamlab.operations.iam.roles import create_service_linked_role
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from iamlab.model.account import Account
    from iamlab.model.organization.organization import Organization


@operation("CreateAccountAlias", on="*")
def create_account_alias(account: Account, request: Parameters) -> None:
    """Set the alias of the account, in place of the one it had."""
    alias = request["AccountAlias"]
    if is_account_id(alias):
        raise ValidationError("An account alias must not be a number of 12 digits.")  # likely
    if any(known.alias == alias for known in account.world.accounts.values()):
        raise EntityAlreadyExists(f"The account alias {alias} already exists.")
    account.alias = alias


@operation("DeleteAccountAlias", on="*")
def delete_account_alias(account: Account, request: Parameters) -> None:
    """Delete the account's alias."""
    alias = request["AccountAlias"]
    if account.alias != alias:
        raise NoSuchEntity(f"The account alias {alias} cannot be found.")  # likely
    account.alias = None


@operation("ListAccountAliases", on="*", answer=as_it_is)
def list_account_aliases(account: Account, request: Parameters) -> dict[str, Any]:
    """List the account's alias, if it has one."""
    return page("AccountAliases", [account.alias] if account.alias else [], request, str)


@operation("SetSecurityTokenServicePreferences", on="*")
def set_security_token_service_preferences(account: Account, request: Parameters) -> None:
    """Set where tokens of the global endpoint are valid: in all Regions or the default ones.

    ``GetAccountSummary`` returns it as a number: 1 for ``v1Token``, 2 for ``v2Token``.
    """
    version = request["GlobalEndpointTokenVersion"]
    account.global_endpoint_token_version = int(version.removeprefix("v").removesuffix("Token"))


NAMESPACE, PROPERTY = "RoleManager", "Enabled"
_KEY = f"{NAMESPACE}/{PROPERTY}"
_TEXTS = {"true": True, "false": False}
_LINKED = {"AWSServiceName": ROLE_MANAGER}


def _also(account: Account, request: Parameters) -> list[tuple[str, str]]:
    """Return the permission to create role manager's role, which enabling always needs."""
    if request["Properties"].get(_KEY) != "true":
        return []
    return [("iam:CreateServiceLinkedRole", iam_arn(account, f"role{role_of(_LINKED)}"))]


@operation("GetAccountProperties", on="*", answer=as_it_is)
def get_account_properties(account: Account, _: Parameters) -> dict[str, Any]:
    """Return the properties."""
    return {"Properties": {_KEY: str(account.role_manager_enabled).lower()}}


@operation("PutAccountProperties", on="*", also=_also)
def put_account_properties(account: Account, request: Parameters) -> None:
    """Set properties; when role manager is enabled for the first time, its role is created."""
    wanted = _wanted(request["Properties"])
    if wanted and not same_name(role_of(_LINKED).rpartition("/")[2], account.roles):
        create_service_linked_role(account, _LINKED)
    account.role_manager_enabled = wanted


def _wanted(properties: Mapping[str, str]) -> bool:
    """Return whether to enable role manager; other properties are ignored.

    Raises
    ------
    InvalidInput
        A key or a value is unknown, or the keys are in several namespaces.
    RequestError
        A key or a value isn't text.
    """
    # AWS's sentences are likely: its pages describe only their meaning.
    if not all(isinstance(text, str) for pair in properties.items() for text in pair):
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

# AWS's sentences are likely, not certain: its pages describe only their meaning.
_IS_ON = "Outbound web identity federation is already enabled for your account"
_IS_OFF = "Outbound web identity federation is disabled for your account"


def _issuer_of(account: Account) -> str:
    """Make the URL of an account, marked as an example, so that nobody owns it."""
    drawn = account.world.ids.hidden(f"issuer/{account.account_id}", "0123456789abcdef", 25)
    parts = (drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], f"{drawn[20:]}example")
    return f"https://{'-'.join(parts)}.{_HOST}"


@operation(
    "EnableOutboundWebIdentityFederation", on="*", answer=lambda url: {"IssuerIdentifier": url}
)
def enable_outbound_web_identity_federation(account: Account, _: Parameters) -> str:
    """Make the account an issuer of tokens; return its URL."""
    if account.outbound_federation:
        raise FeatureEnabled(_IS_ON)
    account.outbound_federation = _issuer_of(account)
    return account.outbound_federation


@operation("DisableOutboundWebIdentityFederation", on="*")
def disable_outbound_web_identity_federation(account: Account, _: Parameters) -> None:
    """Stop the account from issuing tokens; existing tokens stay valid."""
    _check_is_on(account)
    account.outbound_federation = ""


@operation("GetOutboundWebIdentityFederationInfo", on="*", answer=as_it_is)
def get_outbound_web_identity_federation_info(account: Account, _: Parameters) -> dict[str, Any]:
    """Return the account's URL."""
    _check_is_on(account)
    return {"IssuerIdentifier": account.outbound_federation, "JwtVendingEnabled": True}


def _check_is_on(account: Account) -> None:
    if not account.outbound_federation:
        raise noted(FeatureDisabled(_IS_OFF), "To enable it: EnableOutboundWebIdentityFederation.")


# AWS's sentences about organizations are likely: its pages describe only their meaning.


def _own(account: Account) -> Organization:
    """Find the organization that an account administers.

    Raises
    ------
    OrganizationNotFoundException
        The account isn't in an organization.
    OrganizationNotInAllFeaturesModeException
        The organization has only consolidated billing.
    AccountNotManagementOrDelegatedAdministratorException
        The account isn't an administrator.
    ServiceAccessNotEnabledException
        IAM doesn't have trusted access.
    """
    organization = account.organization
    if organization is None:
        raise OrganizationNotFoundException("No organization is associated with your account.")
    if organization.feature_set != "ALL":
        raise OrganizationNotInAllFeaturesModeException(
            "Your organization does not have all features enabled."
        )
    if not is_in_charge(organization, account.account_id):
        raise AccountNotManagementOrDelegatedAdministratorException(
            "The account is not the management account or a delegated administrator account for "
            "centralized root access."
        )
    if SERVICE not in organization.service_access:
        error = ServiceAccessNotEnabledException(
            "Trusted access is not enabled for IAM in AWS Organizations."
        )
        raise noted(error, f'To enable it: organization.enable_aws_service_access("{SERVICE}").')
    return organization


def _answer(organization: Organization) -> dict[str, Any]:
    return {"OrganizationId": organization.id, "EnabledFeatures": list(organization.root_features)}


@operation("ListOrganizationsFeatures", on="*", answer=_answer)
def list_organizations_features(account: Account, _: Parameters) -> Organization:
    """List the enabled features."""
    return _own(account)


def _feature_operations(noun: str, feature: str) -> None:
    """Make the operations that enable and disable a feature."""

    def enable(account: Account, _: Parameters) -> Organization:
        """Enable the feature: only the management account can."""
        organization = _own(account)
        if account.account_id != organization.management_account_id:
            raise CallerIsNotManagementAccountException(
                "The account is not the management account of the organization."
            )
        return _switched(organization, {*organization.root_features, feature})

    def disable(account: Account, _: Parameters) -> Organization:
        """Disable the feature."""
        organization = _own(account)
        return _switched(organization, {*organization.root_features} - {feature})

    operation(f"EnableOrganizations{noun}", on="*", answer=_answer)(enable)
    operation(f"DisableOrganizations{noun}", on="*", answer=_answer)(disable)


def _switched(organization: Organization, features: AbstractSet[str]) -> Organization:
    """Set the enabled features."""
    organization.root_features = [feature for feature in FEATURES if feature in features]
    return organization


_feature_operations("RootCredentialsManagement", CREDENTIALS)
_feature_operations("RootSessions", SESSIONS)
