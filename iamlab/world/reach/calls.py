"""One call of a way, and what its caller needs for it.

Calls of IAM and STS are those of the model: what they need is what the model's own calls ask for,
and so they can be made in a copy of the world. Of other services the needs are written down.

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM API Reference"; "AWS STS API Reference".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.world.api import entry as entries
from iamlab.world.api.calling import needed
from iamlab.world.events.values import SECRETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.world.account import Account

MAX_SHOWN = 60


class Need(NamedTuple):
    """A permission that a call needs, with the condition keys that the call brings."""

    action: str
    resource: str
    keys: Mapping[str, Any]

    @property
    def key(self) -> tuple[object, ...]:
        """What it is the same as."""
        values = ((key, _frozen(value)) for key, value in sorted(self.keys.items()))
        return (self.action, self.resource, *values)


def _frozen(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True, slots=True)
class Call:
    """A call that somebody makes on a way.

    Parameters
    ----------
    operation
        With its service: ``"iam:PutUserPolicy"``.
    parameters
        As the API names them.
    needs
        Which permissions it takes.
    """

    operation: str
    parameters: Mapping[str, Any] = field(hash=False)
    needs: tuple[Need, ...] = field(repr=False, hash=False)

    @property
    def service(self) -> str:
        """The prefix of the service."""
        return self.operation.partition(":")[0]

    @property
    def name(self) -> str:
        """The operation without its service."""
        return self.operation.partition(":")[2]

    def __str__(self) -> str:
        said = (f"{name}={_shown(name, value)}" for name, value in self.parameters.items())
        return " ".join((self.operation, *said))


def _shown(name: str, value: object) -> str:
    text = "..." if name in SECRETS else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 3]}..."


def iam_call(account: Account, name: str, **parameters: Any) -> Call:
    """Make a call of IAM in an account; what it needs is what the model asks for.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana = main.create_user("dana")
    >>> iam_call(main, "CreateAccessKey", UserName="dana").needs[0][:2]
    ('iam:CreateAccessKey', 'arn:aws:iam::111111111111:user/dana')
    """
    entry = entries.find(name)
    needs = tuple(Need(*one) for one in needed(account, entry, parameters))
    return Call(f"iam:{name}", parameters, needs)


def other_call(operation: str, *needs: Need, **parameters: Any) -> Call:
    """Make a call of a service that the model has no operations of, with what it needs."""
    return Call(operation, parameters, needs)
