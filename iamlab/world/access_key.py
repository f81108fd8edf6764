"""The access key that one holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidClientTokenId, RequestError
from iamlab.world.api.calling import perform
from iamlab.world.last_use import LastUsed, note_key
from iamlab.world.presented import Presented

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.holder import Holder
    from iamlab.world.world import World
from iamlab.world.keys import KeyRecord, find_key


class AccessKey:
    """An access key of an IAM user or a root user: a caller as long as it is active.

    Only the object that creation returned has the secret. Those of a list have not, nor has a copy.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> key = main.create_user("ana").create_access_key()
    >>> key.status, key.access_key_id[:4], key.secret_access_key[-10:]
    ('Active', 'AKIA', 'EXAMPLEKEY')
    >>> key
    AccessKey('AKIA...EXAMPLE', 'Active')
    """

    __slots__ = ("_secret", "access_key_id", "user")

    def __init__(self, user: Holder, access_key_id: str, secret: str | None = None) -> None:
        self.user, self.access_key_id, self._secret = user, access_key_id, secret

    @property
    def secret_access_key(self) -> str:
        """The secret, shown once.

        Raises
        ------
        RequestError
            This is not the object that creation returned.
        """
        if self._secret is None:
            raise RequestError(
                "The secret access key is shown only once, when the key is created. If it is "
                "lost, create another key and delete this one."
            )
        return self._secret

    @property
    def record(self) -> KeyRecord:
        """What IAM knows of the key now.

        Raises
        ------
        NoSuchEntity
            It has been deleted.
        """
        return find_key(self.user, self.access_key_id)

    @property
    def status(self) -> str:
        """``Active`` or ``Inactive``, as it is now."""
        return self.record.status

    @property
    def create_date(self) -> datetime:
        """When it was made; a key's age counts from here."""
        return self.record.create_date

    @property
    def last_used(self) -> LastUsed | None:
        """When it was last used, and for what; ``None`` if never."""
        return self.record.last_used

    def update(self, status: str) -> None:
        """Make it ``Active`` or ``Inactive``; an inactive key still counts for the quota of two."""
        self._do("UpdateAccessKey", Status=status)

    def delete(self) -> None:
        """Delete it, for ever."""
        self._do("DeleteAccessKey")

    def present(self, world: World) -> Presented:
        """Show it, as with every call.

        Raises
        ------
        InvalidClientTokenId
            It is inactive, or it has been deleted.
        """
        account = world.accounts.get(self.user.account.account_id)
        holder = None if account is None else account.holder_of_key(self.access_key_id)
        if holder is None or holder.key_records[self.access_key_id].status != "Active":
            raise InvalidClientTokenId("The security token included in the request is invalid.")
        return Presented(holder.arn)

    def used(self, world: World, service: str, region: str) -> None:
        """Note a use that no event of this world shows; what happens here is noted by itself.

        Parameters
        ----------
        service
            Its prefix: ``"s3"``.
        """
        account = world.accounts[self.user.account.account_id]
        holder = account.holder_of_key(self.access_key_id)
        if holder is not None:
            note_key(holder, self.access_key_id, LastUsed(world.clock.now, service, region))

    def _do(self, operation: str, **parameters: str) -> None:
        named = {**self.user.named, "AccessKeyId": self.access_key_id, **parameters}
        perform(self.user.account, operation, **named)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, AccessKey)
            and self.user is other.user
            and self.access_key_id == other.access_key_id
        )

    def __hash__(self) -> int:
        return hash(self.access_key_id)

    def __repr__(self) -> str:
        record = self.user.key_records.get(self.access_key_id)
        return f"AccessKey({self.access_key_id!r}, {record.status if record else 'deleted'!r})"

    def __reduce__(self) -> Any:
        """Copy it, and write it to a file, without its secret."""
        return AccessKey, (self.user, self.access_key_id)
