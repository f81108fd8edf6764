"""Access keys: created and listed, and the key as its holder has it.

``user_credentials.py`` switches and deletes them, as it does the other credentials of a user.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.cloudtrail.recording import note_key_use
from iamlab.errors import InvalidClientTokenId, NoSuchEntity, RequestError
from iamlab.model.credentials import KeyRecord, Presented, find_key
from iamlab.model.record import LastUsed
from iamlab.operations.dispatch import perform
from iamlab.operations.iam.common import check_room, fields, filled, holder_of, page
from iamlab.operations.registry import Parameters, as_it_is, operation

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.credentials import CredentialOwner
    from iamlab.model.world import World


def _metadata(user: CredentialOwner, record: KeyRecord) -> dict[str, Any]:
    return {"UserName": user.user_name, **fields(record, "AccessKeyId", "Status", "CreateDate")}


def _created_key(key: AccessKey) -> dict[str, Any]:
    metadata = _metadata(key.user, key.record)
    return {"AccessKey": {**metadata, "SecretAccessKey": key.secret_access_key}}


@operation("CreateAccessKey", on="user", answer=_created_key)
def create_access_key(account: Account, request: Parameters) -> AccessKey:
    """Create a key: its secret is answered now, and never again."""
    user = holder_of(account, request)
    check_room(account, "AccessKeysPerUser", len(user.key_records))
    ids = account.world.ids
    record = KeyRecord(ids.key_id("AKIA"), account.world.clock.now)
    user.key_records[record.access_key_id] = record
    return AccessKey(user, record.access_key_id, ids.secret_of(record.access_key_id))


@operation("ListAccessKeys", on="user", answer=as_it_is)
def list_access_keys(account: Account, request: Parameters) -> dict[str, Any]:
    """List keys, without their secrets."""
    user = holder_of(account, request)
    records = user.key_records.values()
    return page("AccessKeyMetadata", records, request, lambda record: _metadata(user, record))


@operation("GetAccessKeyLastUsed", on="access-key", answer=as_it_is)
def get_access_key_last_used(account: Account, request: Parameters) -> dict[str, Any]:
    """Say when a key was last used; ``N/A`` if that was never recorded."""
    key_id = request["AccessKeyId"]
    user = account.holder_of_key(key_id)
    if user is None:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    used = user.key_records[key_id].last_used
    return {
        "UserName": user.user_name,
        "AccessKeyLastUsed": {
            **filled(LastUsedDate=used and used.date),
            "ServiceName": used.service if used else "N/A",
            "Region": used.region if used else "N/A",
        },
    }


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

    def __init__(
        self, user: CredentialOwner, access_key_id: str, secret: str | None = None
    ) -> None:
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
            note_key_use(holder, self.access_key_id, LastUsed(world.clock.now, service, region))

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
