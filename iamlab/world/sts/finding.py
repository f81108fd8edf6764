"""Who is behind a session, if he is still there, and the managed policies that it names.

Notes
-----
AWS pages: "IAM identifiers", for what tells namesakes apart; "Session policies"; "Temporary
security credentials in IAM".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.document import Policy
from iamlab.world import managed

if TYPE_CHECKING:
    from iamlab.world.holder import Holder
    from iamlab.world.identities import Role
    from iamlab.world.sts.record import SessionRecord
    from iamlab.world.world import World


def find_role(world: World, arn: str) -> Role | None:
    """Find a role by its ARN, in whichever account it is."""
    if not is_arn(arn):
        return None
    parsed = Arn.parse(arn)
    account = world.accounts.get(parsed.account)
    role = account.roles.get(parsed.name) if account and parsed.kind == "role" else None
    return role if role is not None and role.arn == arn else None


def principal_of(world: World, record: SessionRecord) -> Role | Holder | None:
    """Find whose permissions a session has: the very same one, not another of the same name."""
    arn = Arn.parse(record.issuer_arn)
    account = world.accounts.get(arn.account)
    if account is None:
        return None
    if arn.resource == "root":
        return account.root
    held = account.roles if arn.kind == "role" else account.users
    found = held.get(arn.name)
    if found is None or found.unique_id != record.issuer_id:
        # Renamed, perhaps: then he is the same under another name.
        found = next((one for one in held.values() if one.unique_id == record.issuer_id), None)
    return found


def managed_document(world: World, arn: str) -> Policy:
    """Give the document of a managed policy that is in force now; an empty one if it is gone."""
    account = world.accounts.get(Arn.parse(arn).account)
    known = (account.policies.get(arn) if account else None) or managed.find(arn)
    return (
        Policy((), "2012-10-17", name=arn.rpartition("/")[2]) if known is None else known.document
    )
