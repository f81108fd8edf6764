"""EventBridge: event buses, and who can put events on them.

Notes
-----
AWS pages: "Permissions for event buses in Amazon EventBridge"; "API PutPermission".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.parameters import as_text, must_be_there
from iamlab.operations.resource_policies import (
    add_statement,
    principal_of,
    remove_statement,
    resource_policy,
)
from iamlab.operations.services.apis import Api, NamedResource, api_of, keep
from iamlab.operations.services.names_and_tags import misfit
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters

DEFAULT = "default"
"""The bus that every account has in every Region."""


class _Buses(Api):
    """The default bus always exists, and a call without a name means it."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a call's bus."""
        names_one = any(name in arguments for name in self.named_by)
        return super().arn_of(account, arguments if names_one else {**arguments, "Name": DEFAULT})

    def find(self, account: Account, arguments: Parameters) -> Any:
        """Find a bus; the default bus is stored on its first change."""
        arn = self.arn_of(account, arguments)
        if arn not in account.resources and arn == self.arn(account, DEFAULT, arn.split(":")[3]):
            return EventBus(account, arn)
        return super().find(account, arguments)

    def check_deletable(self, account: Account, arguments: Parameters) -> None:
        """Raise an error for the default bus, which can't be deleted."""
        if Arn.parse(self.arn_of(account, arguments)).resource == f"{self.place}{DEFAULT}":
            # AWS's sentence is not documented.
            raise ValidationException(f"Cannot delete event bus {DEFAULT}.")


API = api_of("event-bus", _Buses)


@dataclass(slots=True, eq=False)
class EventBus(NamedResource):
    """An event bus.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> bus = main.create_event_bus("orders")
    >>> bus.put_permission("partner", principal="222222222222")
    >>> bus.policy.statements[0].principal
    (('AWS', 'arn:aws:iam::222222222222:root'),)
    """

    kind: ClassVar[str] = "event bus"
    api: ClassVar[Api] = API

    def put_policy(self, document: Document) -> None:
        """Replace the policy as a whole (``PutPermission`` with a policy).

        Raises
        ------
        ValidationException
            It isn't a valid policy for this bus.
        PolicyLengthExceededException
            It is too large.
        """
        self._do("PutPermission", Policy=as_text(must_be_there(document)))

    def delete_policy(self) -> None:
        """Remove all statements (``RemovePermission``)."""
        self._do("RemovePermission", RemoveAllPermissions=True)

    def put_permission(
        self,
        statement_id: str,
        *,
        principal: str,
        action: str = "events:PutEvents",
        condition: dict[str, str] | None = None,
    ) -> None:
        """Allow an account, or everybody, to put events on the bus.

        Parameters
        ----------
        principal
            An account, or ``"*"``.
        condition
            The only possible condition: ``{"Type": "StringEquals", "Key":
            "aws:PrincipalOrgID", "Value": "o-1234567890"}``.

        Raises
        ------
        ValidationException
            A parameter isn't valid.
        """
        self._do(
            "PutPermission",
            StatementId=statement_id,
            Principal=principal,
            Action=action,
            Condition=condition,
        )

    def remove_permission(self, statement_id: str) -> None:
        """Remove a statement from the policy.

        Raises
        ------
        ResourceNotFoundException
            There is no statement with that id.
        """
        self._do("RemovePermission", StatementId=statement_id)


@API.does("CreateEventBus", also=API.also)
def create_event_bus(account: Account, arguments: Parameters) -> EventBus:
    """Create an event bus."""
    bus = API.new(EventBus, account, arguments)
    if bus.name == DEFAULT:
        raise API.taken(bus.arn)
    return API.keep(bus, arguments)


@API.does("PutPermission")
def put_permission(account: Account, arguments: Parameters) -> None:
    """Replace a bus's policy, or add a statement."""
    bus: EventBus = API.find(account, arguments)
    if arguments.get("Policy"):
        bus.policy = resource_policy(arguments["Policy"], bus)
    else:
        for name, pattern in _SHAPES.items():
            if not re.fullmatch(pattern, arguments.get(name, ""), re.ASCII):
                raise misfit(arguments.get(name, "null"), name[0].lower() + name[1:], pattern)
        principal = principal_of(arguments["Principal"], account.partition)
        condition = _condition(arguments.get("Condition"))
        add_statement(bus, arguments["StatementId"], principal, arguments["Action"], condition)
    keep(bus)


_SHAPES = {
    "Action": r"events:[a-zA-Z]+",
    "Principal": r"(\d{12}|\*)",
    "StatementId": r"[a-zA-Z0-9-_]+",
}
"""The required parameters of a call without a policy."""


def _condition(value: Any) -> dict[str, Any]:
    if value is None:
        return {}
    parts = [value.get(part) for part in ("Type", "Key", "Value")]
    if parts[:2] != ["StringEquals", "aws:PrincipalOrgID"] or not isinstance(parts[2], str):
        raise misfit(value, "condition", "StringEquals aws:PrincipalOrgID")
    return {"StringEquals": {"aws:PrincipalOrgID": parts[2]}}


@API.does("RemovePermission")
def remove_permission(account: Account, arguments: Parameters) -> None:
    """Remove a statement from a bus's policy, or all."""
    bus: EventBus = API.find(account, arguments)
    if arguments.get("RemoveAllPermissions"):
        bus.policy = None
    elif bus.policy is None:
        raise ResourceNotFoundException("EventBus does not have a policy.")
    else:
        refusal = ResourceNotFoundException("Statement with the provided id does not exist.")
        remove_statement(bus, arguments.get("StatementId"), refusal)


API.shared()
