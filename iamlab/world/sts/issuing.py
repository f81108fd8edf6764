"""How a session is made: its end, its room, its id; and the note that the world keeps of it.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "IAM and AWS STS quotas"; "AWS STS Regions and
endpoints", for which tokens are good in which Regions.
"""

from __future__ import annotations

from datetime import MAXYEAR, timedelta
from typing import TYPE_CHECKING, TypedDict, Unpack

from iamlab.errors import RequestError
from iamlab.world.presented import CredentialKind
from iamlab.world.sts.endpoints import works_everywhere
from iamlab.world.sts.packing import packed_size, token_bytes
from iamlab.world.sts.record import SessionRecord
from iamlab.world.sts.session import Session

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.identities import Role


class SessionFields(TypedDict, total=False):
    """What a session may have besides: the fields of ``SessionRecord`` of these names."""

    parent: str
    mfa: datetime | None
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str
    policy: Policy | None
    policy_arns: tuple[str, ...]
    keys: Mapping[str, str | bool | list[str]]
    issue_time: datetime | None


def issue(
    account: Account,
    operation: str,
    kind: CredentialKind,
    arn: str,
    issuer: tuple[str, str],
    seconds: int,
    *,
    name: str = "",
    region: str,
    minimum_session_token_size: int = 0,
    scoped: tuple[Policy, ...] = (),
    **more: Unpack[SessionFields],
) -> Session:
    """Make a session.

    Parameters
    ----------
    account
        Whose session it is.
    issuer
        ARN and unique id of whose permissions it has.
    region
        The endpoint that makes it.
    more
        Further fields of :class:`~iamlab.world.sts.record.SessionRecord`, by their names.

    Raises
    ------
    PackedPolicyTooLarge
        Policies and tags are too much for a token.
    """
    world = account.world
    now = world.clock.now
    inline = more.get("policy")
    policies = scoped if inline is None else (inline, *scoped)
    everywhere = works_everywhere(region, account)
    packed = packed_size(policies, more.get("policy_arns", ()), more.get("tags", {}))
    issuer_arn, issuer_id = issuer
    record = SessionRecord(
        operation=operation,
        kind=kind,
        arn=arn,
        issuer_arn=issuer_arn,
        issuer_id=issuer_id,
        name=name,
        issued=now,
        expiration=after(now, seconds),
        access_key_id=world.ids.key_id("ASIA"),
        region=region,
        scoped=scoped,
        packed=packed,
        token_bytes=token_bytes(packed, minimum_session_token_size, everywhere=everywhere),
        works_in_opt_in_regions=everywhere,
        **more,
    )
    world.sessions[record.access_key_id] = record
    return Session(world, record)


def after(now: datetime, seconds: int) -> datetime:
    """Say when something ends that lasts so long from now on.

    Raises
    ------
    RequestError
        Python's dates end before.
    """
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        raise RequestError(f"It would end after {MAXYEAR}, and there are no such dates.") from None


def issue_for_role(
    role: Role,
    operation: str,
    name: str,
    seconds: int,
    *,
    region: str,
    minimum_session_token_size: int = 0,
    **more: Unpack[SessionFields],
) -> Session:
    """Make a session of a role."""
    account = role.account
    start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
    return issue(
        account,
        operation,
        CredentialKind.ROLE,
        f"{start}/{role.name}/{name}",
        (role.arn, role.unique_id),
        seconds,
        name=name,
        region=region,
        minimum_session_token_size=minimum_session_token_size,
        **more,
    )
