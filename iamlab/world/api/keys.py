"""Access keys: made, listed, switched off and on, deleted.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.errors import InvalidInput, LimitExceeded, NoSuchEntity
from iamlab.world.access_key import AccessKey
from iamlab.world.api.entry import Parameters, as_it_is, operation
from iamlab.world.api.holders import holder_of
from iamlab.world.api.paging import page
from iamlab.world.keys import KeyRecord, find_key
from iamlab.world.quotas import quota

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.holder import Holder


def _metadata(user: Holder, record: KeyRecord) -> dict[str, Any]:
    return {
        "UserName": user.user_name,
        "AccessKeyId": record.access_key_id,
        "Status": record.status,
        "CreateDate": record.create_date,
    }


def _created(key: AccessKey) -> dict[str, Any]:
    secret = {"SecretAccessKey": key.secret_access_key}
    return {"AccessKey": {**_metadata(key.user, key.record), **secret}}


@operation("CreateAccessKey", on="user", answer=_created)
def create_access_key(account: Account, given: Parameters) -> AccessKey:
    """Make a key: its secret is answered now, and never again."""
    user = holder_of(account, given)
    most = quota(account, "AccessKeysPerUser")
    if len(user.key_records) >= most:
        raise LimitExceeded(f"Cannot exceed quota for AccessKeysPerUser: {most}")
    ids = account.world.ids
    record = KeyRecord(ids.key_id("AKIA"), account.world.clock.now)
    user.key_records[record.access_key_id] = record
    account.changed()
    return AccessKey(user, record.access_key_id, ids.secret_of(record.access_key_id))


@operation("ListAccessKeys", on="user", answer=as_it_is)
def list_access_keys(account: Account, given: Parameters) -> dict[str, Any]:
    """List keys, without their secrets."""
    user = holder_of(account, given)
    records = user.key_records.values()
    return page("AccessKeyMetadata", records, given, lambda record: _metadata(user, record))


@operation("UpdateAccessKey", on="user")
def update_access_key(account: Account, given: Parameters) -> None:
    """Switch a key off or on."""
    user = holder_of(account, given)
    record = find_key(user, given["AccessKeyId"])
    if given["Status"] == "Expired":  # service-specific credentials expire, access keys do not
        raise InvalidInput("An access key can only be made Active or Inactive.")
    user.key_records[record.access_key_id] = replace(record, status=given["Status"])
    account.changed()


@operation("DeleteAccessKey", on="user")
def delete_access_key(account: Account, given: Parameters) -> None:
    """Delete a key, for ever."""
    user = holder_of(account, given)
    del user.key_records[find_key(user, given["AccessKeyId"]).access_key_id]
    account.changed()


@operation("GetAccessKeyLastUsed", on="access-key", answer=as_it_is)
def get_access_key_last_used(account: Account, given: Parameters) -> dict[str, Any]:
    """Tell when a key was last used; ``N/A`` stands for what was never noted."""
    key_id = given["AccessKeyId"]
    user = account.holder_of_key(key_id)
    if user is None:
        raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
    used = user.key_records[key_id].last_used
    return {
        "UserName": user.user_name,
        "AccessKeyLastUsed": {
            **({"LastUsedDate": used.date} if used else {}),
            "ServiceName": used.service if used else "N/A",
            "Region": used.region if used else "N/A",
        },
    }
