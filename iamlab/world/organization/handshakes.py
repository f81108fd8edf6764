"""How accounts come into an organization: by invitations, called handshakes, and by requests.

Notes
-----
AWS pages: "Inviting an AWS account to join your organization"; "Creating a member account in an
organization".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.world.api.calling import perform
from iamlab.world.organization.targets import Part

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.account import Account

ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role through which the management account comes into an account that it made."""

VALID_FOR = timedelta(days=15)
"""So long an invitation can be accepted."""


@dataclass(slots=True, eq=False)
class Handshake(Part):
    """An invitation: an account is asked to join.

    Parameters
    ----------
    target_type, target_id
        ``ACCOUNT`` and its id, or ``EMAIL`` and the address of its root user.
    requested_timestamp
        When it was sent; it can be answered for 15 days.
    outcome
        ``OPEN``, or how it was answered. :attr:`state` knows besides whether its time is over.
    tags
        Of the account, once it has joined.
    """

    target_type: str
    target_id: str
    requested_timestamp: datetime
    notes: str = field(default="", repr=False)
    outcome: str = "OPEN"
    tags: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def arn(self) -> str:
        """``arn:aws:organizations::MANAGEMENT:handshake/o-.../invite/h-...``."""
        return self.organization.arn_of("handshake", f"invite/{self.id}")

    @property
    def expiration_timestamp(self) -> datetime:
        """When its time is over."""
        return self.requested_timestamp + VALID_FOR

    @property
    def state(self) -> str:
        """``OPEN``, ``ACCEPTED``, ``DECLINED``, ``CANCELED`` or ``EXPIRED``."""
        over = self.world.clock.now >= self.expiration_timestamp
        return "EXPIRED" if over and self.outcome == "OPEN" else self.outcome

    def is_for(self, account: Account) -> bool:
        """Say whether an account is the one that is invited."""
        if self.target_type == "EMAIL":
            return account.root.email.lower() == self.target_id.lower()
        return account.account_id == self.target_id

    def accept(self) -> None:
        """Join, as the invited account (``AcceptHandshake``)."""
        self._answer("AcceptHandshake")

    def decline(self) -> None:
        """Refuse, as the invited account (``DeclineHandshake``)."""
        self._answer("DeclineHandshake")

    def cancel(self) -> None:
        """Take it back, as the management account (``CancelHandshake``)."""
        self._do("CancelHandshake", HandshakeId=self.id)

    def _answer(self, operation: str) -> Any:
        invited = next((one for one in self.world.accounts.values() if self.is_for(one)), None)
        if invited is None:
            raise RequestError(f"No account of this world has the address {self.target_id}.")
        return perform(invited, f"organizations:{operation}", HandshakeId=self.id)


@dataclass(frozen=True, slots=True)
class AccountRequest:
    """How the making of an account ended. AWS takes minutes; here it is done at once.

    Parameters
    ----------
    failure_reason
        Empty when the account was made.
    """

    id: str
    account_name: str
    requested_timestamp: datetime
    account_id: str = ""
    failure_reason: str = ""

    @property
    def state(self) -> str:
        """``SUCCEEDED`` or ``FAILED``."""
        return "FAILED" if self.failure_reason else "SUCCEEDED"
