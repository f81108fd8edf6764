"""When credentials and roles were last used: it follows from the events, as they are noted.

Whatever becomes an event with an access key, or with a session of a role, is a use, allowed or
not: who called was known. Only the newest use is kept, with what was used; the log has the rest.
Of passwords ``signin.py`` keeps it, and of MFA devices AWS keeps none.

Notes
-----
AWS pages: "Generate credential reports for your AWS account", for how often a key's use is noted;
"API AccessKeyLastUsed"; "API RoleLastUsed". Likely, not sure: that a role is used by the calls of
its sessions, and not by being assumed.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.world.issuers import issuer_of
from iamlab.world.last_used import LastUsed, RoleLastUsed

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.events import Event
    from iamlab.world.holder import Holder
    from iamlab.world.identities import Role
    from iamlab.world.world import World

KEY_USE_IS_NOTED_EVERY = timedelta(minutes=15)
"""Of several uses of a key within this time only the first is noted."""

ROLE_USE_IS_TOLD_FOR = timedelta(days=400)
"""A use of a role that is longer ago is not told any more."""

_WITHOUT_REGION = frozenset({"s3"})
"""Services of whose use no Region is noted with a key."""


def note_use(world: World, event: Event) -> None:
    """Note that an event shows the use of an access key, or of a role."""
    identity = event.user_identity
    account = world.accounts.get(str(identity.get("accountId", "")))
    if account is None or event.event_type != "AwsApiCall":
        return
    key_id = str(identity.get("accessKeyId", ""))
    holder = _holder(account, str(identity.get("userName", "")), key_id)
    if holder is not None:
        service = event.event_source.removesuffix(".amazonaws.com")
        note_key(holder, key_id, LastUsed(event.event_time, service, event.aws_region))
    issuer = issuer_of(identity)
    role = account.roles.get(issuer.get("userName", "")) if issuer.get("type") == "Role" else None
    if role is not None and role.arn == issuer.get("arn"):
        role.last_used = RoleLastUsed(event.event_time, event.aws_region)


def _holder(account: Account, user_name: str, key_id: str) -> Holder | None:
    """Find whose a long-term key is; who renames himself is not found by the name that he had."""
    named = account.users.get(user_name, account.root)
    if key_id in named.key_records:
        return named
    return account.holder_of_key(key_id) if key_id.startswith("AKIA") else None


def note_key(holder: Holder, key_id: str, use: LastUsed) -> None:
    """Note that a key was used: the first time, and then once in 15 minutes."""
    record = holder.key_records[key_id]
    if record.last_used is None or use.date - record.last_used.date >= KEY_USE_IS_NOTED_EVERY:
        where = "N/A" if use.service in _WITHOUT_REGION else use.region
        holder.key_records[key_id] = replace(record, last_used=replace(use, region=where))


def password_last_used(holder: Holder) -> dict[str, Any]:
    """Write when a password was last used, as the API does.

    Of somebody who has none now, or a new one, the former one counts.
    """
    profile = holder.login_profile
    used = (profile.last_used if profile else None) or holder.former_sign_in
    return {"PasswordLastUsed": used} if used else {}


def role_last_used(role: Role) -> dict[str, Any]:
    """Write when a role was last used, as the API does; nothing if that was too long ago."""
    used, now = role.last_used, role.account.world.clock.now
    if used is None or now - used.date > ROLE_USE_IS_TOLD_FOR:
        return {}
    return {"LastUsedDate": used.date, **({"Region": used.region} if used.region else {})}
