"""Properties of an account: switches of IAM's own features, each with a name in two parts.

There is one, ``RoleManager/Enabled``. Role manager makes roles from templates of AWS when somebody
sets up a service in its console. There are no such consoles here, so all that is seen of it is its
service-linked role.

Notes
-----
AWS pages: "Create roles automatically with role manager"; "API PutAccountProperties".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, RequestError
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.lookup import same_name
from iamlab.world.api.service_linked import create_service_linked_role
from iamlab.world.linked_services import ROLE_MANAGER, role_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account

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
