"""How a session is made: its policies, its end, its room, its id, and the record that is kept.

AWS packs a session's policies and tags with a method of its own and answers only the percentage. So
the sizes here are likely, not sure: text is compressed, and the longest token is as long as the
longest that can be asked for.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "IAM and AWS STS quotas"; "AWS STS Regions and
endpoints", for which tokens are good in which Regions; "Pass session tags in AWS STS", on the
packed limit; "API AssumeRole", of ``Policy``, ``PolicyArns``, ``SessionTokenSize`` and
``MinimumSessionTokenSize``; "API SetSecurityTokenServicePreferences"; "Policies and permissions in
AWS Identity and Access Management", section on session policies.
"""

from __future__ import annotations

import json
import zlib
from datetime import MAXYEAR, timedelta
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from iamlab.errors import RequestError, ValidationError
from iamlab.errors.sts import PackedPolicyTooLarge
from iamlab.model import managed_policies as managed
from iamlab.model.credentials import SessionRecord
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.common import filled
from iamlab.operations.policy_documents import saved
from iamlab.operations.sts.calls import works_everywhere
from iamlab.operations.sts.session import ROOM, WITHOUT_ANYTHING, Session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.sts.calls import StsCall
    from iamlab.policy.document import Policy


class PassedPolicies(TypedDict):
    """The session policies of a call, by the fields of ``SessionRecord``."""

    policy: Policy | None
    policy_arns: tuple[str, ...]


class SessionFields(TypedDict, total=False):
    """Further fields of ``SessionRecord``, by its names."""

    mfa: datetime | None
    tags: Mapping[str, str]
    transitive_tag_keys: tuple[str, ...]
    source_identity: str
    policy: Policy | None
    policy_arns: tuple[str, ...]
    scoped: tuple[Policy, ...]
    keys: Mapping[str, str | bool | list[str]]
    issue_time: datetime | None


def issue(
    call: StsCall,
    account: Account,
    kind: CredentialKind,
    arn: str,
    issuer: tuple[str, str],
    seconds: int,
    *,
    name: str = "",
    **fields: Unpack[SessionFields],
) -> Session:
    """Make a session.

    Parameters
    ----------
    account
        Whose session it is.
    issuer
        ARN and unique id of the role or user whose permissions it has.

    Raises
    ------
    PackedPolicyTooLarge
        Policies and tags are too much for a token.
    """
    world = account.world
    inline, policies = fields.get("policy"), fields.get("scoped", ())
    everywhere = works_everywhere(call.endpoint, account)
    packed = packed_size(
        policies if inline is None else (inline, *policies),
        fields.get("policy_arns", ()),
        fields.get("tags", {}),
    )
    record = SessionRecord(
        operation=call.operation,
        kind=kind,
        arn=arn,
        issuer_arn=issuer[0],
        issuer_id=issuer[1],
        issued=world.clock.now,
        expiration=after(world.clock.now, seconds),
        access_key_id=world.ids.key_id("ASIA"),
        region=call.endpoint,
        parent=call.parent,
        packed=packed,
        token_bytes=token_bytes(packed, call.minimum_size, everywhere=everywhere),
        works_in_opt_in_regions=everywhere,
        name=name,
        **fields,
    )
    world.sessions[record.access_key_id] = record
    return Session(world, record)


def issue_for_role(
    call: StsCall, role: Role, name: str, seconds: int, **fields: Unpack[SessionFields]
) -> Session:
    """Make a session of a role."""
    account = role.account
    start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
    arn, issuer = f"{start}/{role.name}/{name}", (role.arn, role.unique_id)
    return issue(call, account, CredentialKind.ROLE, arn, issuer, seconds, name=name, **fields)


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
        raise _too_large(packed, ROOM)
    return packed


def _too_large(taken: int, room: int) -> PackedPolicyTooLarge:
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


def passed_policies(account: Account, parameters: Mapping[str, Any]) -> PassedPolicies:
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
        There are more than ten, or one of those that are named is not there.
    """
    named = (str(policy.get("arn", "")) for policy in parameters.get("PolicyArns", ()))
    arns = tuple(dict.fromkeys(named))
    if len(arns) > MOST_ARNS:
        raise ValidationError(
            f"1 validation error detected: Value '{str(list(arns))[:200]}' at 'policyArns' failed "
            f"to satisfy constraint: Member must have length less than or equal to {MOST_ARNS}"
        )
    text = parameters.get("Policy")
    length = len(text or "") + sum(map(len, arns))
    if length > PLAINTEXT:
        raise _too_large(length, PLAINTEXT)
    policy = None if text is None else saved(text, "session policy", "session")
    for arn in arns:
        _check_is_there(account, arn)
    return {"policy": policy, "policy_arns": arns}


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
    """Answer credentials, how long their token is, and who is behind the chain."""
    return {
        "Credentials": session.credentials,
        "SessionTokenUtilization": session.session_token_utilization,
        "SessionTokenSize": session.session_token_size,
        **filled(SourceIdentity=session.source_identity),
    }


def _of_caller(session: Session, element: str, id_name: str, **more: Any) -> dict[str, Any]:
    """Answer credentials, and who calls with them."""
    return {**credentials(session), element: {id_name: session.userid, "Arn": session.arn}, **more}


def assumed_role(session: Session) -> dict[str, Any]:
    """Answer a session of a role."""
    size = session.packed_policy_size
    return _of_caller(session, "AssumedRoleUser", "AssumedRoleId", PackedPolicySize=size)


def federated_user(session: Session) -> dict[str, Any]:
    """Answer a session of a federated user."""
    size = session.packed_policy_size
    return _of_caller(session, "FederatedUser", "FederatedUserId", PackedPolicySize=size)


def scoped(session: Session) -> dict[str, Any]:
    """Answer scoped credentials."""
    count = len(session.record.scoped)
    return _of_caller(session, "SessionInfo", "ScopedSessionId", ScopedPoliciesCount=count)
