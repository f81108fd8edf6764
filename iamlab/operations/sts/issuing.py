"""How a session is made: its end, its room, its id; and the note that the world keeps of it.

How much room a session's policies and tags take in its token.

AWS packs them with a method of its own and tells only the percentage, so the figures here are
likely, not sure: text is compressed, and the longest token is as long as the longest that can be
asked for.

Session policies: what is passed with a call, so that the session may do less.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "IAM and AWS STS quotas"; "AWS STS Regions and
endpoints", for which tokens are good in which Regions.
AWS pages: "Pass session tags in AWS STS", on the packed limit; "API AssumeRole", of
``SessionTokenSize`` and ``MinimumSessionTokenSize``; "API SetSecurityTokenServicePreferences".
AWS pages: "Policies and permissions in AWS Identity and Access Management", section on session
policies; "API AssumeRole", of ``Policy`` and ``PolicyArns``.
"""

from __future__ import annotations

import json
import zlib
from datetime import MAXYEAR, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from iamlab.errors import RequestError, ValidationError
from iamlab.errors.sts import PackedPolicyTooLarge
from iamlab.model import managed_policies as managed
from iamlab.model.record import CredentialKind
from iamlab.model.session_record import SessionRecord
from iamlab.operations.policy_documents import saved
from iamlab.operations.sts.caller import works_everywhere
from iamlab.operations.sts.session import ROOM, WITHOUT_ANYTHING, Session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.policy.document import Policy


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
        Further fields of :class:`~iamlab.model.session_record.SessionRecord`, by their names.

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


VERSION_1_LACKS = 64
"""By so much a token is shorter that is good in the default Regions only; AWS tells no number."""


PLAINTEXT = 2048
"""So many characters session policies may have, the ARNs of managed ones included."""

MOST_ARNS = 10


def packed_size(
    policies: Sequence[Policy], policy_arns: Sequence[str], tags: Mapping[str, str]
) -> int:
    """Give the packed size of policies and tags, in bytes.

    Raises
    ------
    PackedPolicyTooLarge
        There is no room for them.

    Examples
    --------
    >>> packed_size((), (), {}), 0 < packed_size((), (), {"team": "sky"}) < 50
    (0, True)
    """
    if not policies and not policy_arns and not tags:
        return 0
    documents = [json.dumps(policy.to_json(), separators=(",", ":")) for policy in policies]
    text = json.dumps([documents, list(policy_arns), dict(tags)], ensure_ascii=False)
    packed = len(zlib.compress(text.encode("utf-8", "surrogatepass"), 9))
    if packed > ROOM:
        raise too_large(packed, ROOM)
    return packed


def too_large(taken: int, room: int) -> PackedPolicyTooLarge:
    """Say that there is not so much room, in percent."""
    percent = -(-100 * taken // room)
    return PackedPolicyTooLarge(
        f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    )


def token_bytes(packed: int, at_least: int, *, everywhere: bool = True) -> int:
    """Give the length of a token with so many packed bytes in it.

    Parameters
    ----------
    at_least
        ``MinimumSessionTokenSize``: an application tries out whether it can hold long tokens.
    everywhere
        Whether it is good in every Region.

    Examples
    --------
    >>> token_bytes(0, 0), token_bytes(0, 4096), token_bytes(0, 0, everywhere=False)
    (356, 4096, 292)
    """
    lacks = 0 if everywhere else VERSION_1_LACKS
    return max(WITHOUT_ANYTHING - lacks + -(-4 * packed // 3), at_least)


def check_plaintext(policy: str, policy_arns: Sequence[str]) -> None:
    """Check how many session policies there are, and how long they are.

    Raises
    ------
    ValidationError
        More than ten managed policies are named.
    PackedPolicyTooLarge
        They are too long together.
    """
    if len(policy_arns) > MOST_ARNS:
        shown = str(list(policy_arns))[:200]
        raise ValidationError(
            f"1 validation error detected: Value '{shown}' at 'policyArns' failed to satisfy "
            f"constraint: Member must have length less than or equal to {MOST_ARNS}"
        )
    taken = len(policy) + sum(map(len, policy_arns))
    if taken > PLAINTEXT:
        raise too_large(taken, PLAINTEXT)


def passed_policies(
    account: Account, given: Mapping[str, Any]
) -> tuple[Policy | None, tuple[str, ...]]:
    """Read the session policies of a call: the inline one, and the ARNs of managed ones.

    Parameters
    ----------
    account
        Whose managed policies can be named; AWS's own can always be.

    Raises
    ------
    MalformedPolicyDocument
        The document is no policy.
    PackedPolicyTooLarge
        They are too long.
    ValidationError
        There are too many, or one of those that are named is not there.
    """
    arns = tuple(dict.fromkeys(str(one.get("arn", "")) for one in given.get("PolicyArns", ())))
    text = given.get("Policy")
    check_plaintext(text or "", arns)
    policy = None if text is None else saved(text, "session policy", "session")
    for arn in arns:
        _check_is_there(account, arn)
    return policy, arns


def _check_is_there(account: Account, arn: str) -> None:
    """Check a managed policy; AWS's sentence about one that is not there is likely."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.kind) != ("iam", "policy"):
        raise ValidationError(f"ARN {arn} is not valid.")
    if arn not in account.policies and managed.find(arn) is None:
        error = ValidationError(f"Policy ARN {arn} does not exist or is not attachable.")
        error.add_note("It is one of AWS's, or of the account of the role or user.")
        raise error


def credentials(session: Session) -> dict[str, Any]:
    """Answer credentials, and how long their token is."""
    return {
        "Credentials": session.credentials,
        "SessionTokenUtilization": session.session_token_utilization,
        "SessionTokenSize": session.session_token_size,
    }


def with_packed_size(session: Session) -> dict[str, Any]:
    """Answer also how much room policies and tags take."""
    return {**credentials(session), "PackedPolicySize": session.packed_policy_size}


def with_source_identity(session: Session) -> dict[str, Any]:
    """Answer credentials, and who is behind the chain."""
    identity = session.source_identity
    return {**credentials(session), **({"SourceIdentity": identity} if identity else {})}


def assumed_role(session: Session) -> dict[str, Any]:
    """Answer a session of a role."""
    return {
        **with_source_identity(session),
        "AssumedRoleUser": {"AssumedRoleId": session.record.userid, "Arn": session.arn},
        "PackedPolicySize": session.packed_policy_size,
    }


def federated_user(session: Session) -> dict[str, Any]:
    """Answer a session of a federated user."""
    return {
        **with_packed_size(session),
        "FederatedUser": {"FederatedUserId": session.record.userid, "Arn": session.arn},
    }


def scoped(session: Session) -> dict[str, Any]:
    """Answer scoped credentials."""
    return {
        **with_source_identity(session),
        "SessionInfo": {"ScopedSessionId": session.record.userid, "Arn": session.arn},
        "ScopedPoliciesCount": len(session.record.scoped),
    }
