"""Create sessions: their tags, policies, end, size and id, and the stored record.

Keys of session tags are case-insensitive; the case is preserved.

AWS packs a session's policies and tags with its own method and returns only the percentage. So the
sizes here are likely, not certain: text is compressed, and the longest token is as long as the
longest that can be requested.

Notes
-----
AWS pages: "Temporary security credentials in IAM"; "IAM and AWS STS quotas"; "AWS STS Regions and
endpoints", for which tokens are valid in which Regions; "Pass session tags in AWS STS", also on the
packed limit and on chaining roles; "API AssumeRole", of ``Policy``, ``PolicyArns``,
``SessionTokenSize`` and ``MinimumSessionTokenSize``; "API SetSecurityTokenServicePreferences";
"Policies and permissions in AWS Identity and Access Management", section on session policies.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import MAXYEAR, timedelta
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import tag_keys
from iamlab.errors import RequestError, ValidationError, noted
from iamlab.errors.services import InvalidParameterValue
from iamlab.errors.sts import PackedPolicyTooLarge
from iamlab.model import managed_policies as managed
from iamlab.model.credentials import SessionRecord
from iamlab.model.record import CredentialKind
from iamlab.operations.api_models import shape
from iamlab.operations.iam.common import fields, filled
from iamlab.operations.policy_documents import saved
from iamlab.operations.sts.calls import works_everywhere
from iamlab.operations.sts.session import ROOM, WITHOUT_ANYTHING, Session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.operations.sts.calls import StsCall
    from iamlab.policy.document import Policy


_MOST = 50


@dataclass(frozen=True, slots=True)
class SessionTags:
    """The tags that result from a call.

    Parameters
    ----------
    passed
        The tags of the call.
    inherited
        The tags inherited from the caller's session.
    sent_transitive_keys
        The keys that the call makes transitive.
    """

    passed: Mapping[str, str] = field(default_factory=dict)
    inherited: Mapping[str, str] = field(default_factory=dict)
    sent_transitive_keys: tuple[str, ...] = ()

    @property
    def tags(self) -> dict[str, str]:
        """All tags of the new session."""
        return {**self.inherited, **self.passed}

    @property
    def transitive_tag_keys(self) -> tuple[str, ...]:
        """The keys of tags that pass to the next session, always including inherited ones."""
        return (*self.inherited, *self.sent_transitive_keys)

    @property
    def needs_permission(self) -> bool:
        """Whether the caller needs sts:TagSession."""
        return bool(self.passed or self.inherited or self.sent_transitive_keys)

    def context(self) -> dict[str, ContextValue]:
        """Return the condition keys of the call."""
        found: dict[str, ContextValue] = {**tag_keys("aws:RequestTag", self.passed)}
        if self.passed:
            found["aws:TagKeys"] = list(self.passed)
        if self.sent_transitive_keys:
            found["sts:TransitiveTagKeys"] = list(self.sent_transitive_keys)
        return found


def session_tags(
    sent: Mapping[str, str] | Sequence[Mapping[str, Any]],
    transitive_tag_keys: Sequence[str] = (),
    session: SessionRecord | None = None,
) -> SessionTags:
    """Return the tags of a new session.

    Parameters
    ----------
    sent
        The tags, in the API's form or as a mapping.
    session
        The caller's session.

    Raises
    ------
    InvalidParameterValue
        A key is duplicated, or is inherited from the caller's session.
    ValidationError
        Tags aren't valid, or there are too many.

    Examples
    --------
    >>> session_tags([{"Key": "team", "Value": "sky"}], ["team"]).transitive_tag_keys
    ('team',)
    """
    pairs = (
        [*sent.items()]
        if isinstance(sent, Mapping)
        else [(tag["Key"], tag["Value"]) for tag in sent]
    )
    _check_tags(pairs)
    passed = dict(pairs)
    lower = [key.lower() for key, _ in pairs]
    if len({*lower}) < len(lower):
        raise InvalidParameterValue(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive."
        )
    inherited = {} if session is None else session.transitive_tags
    clash = sorted({key.lower() for key in inherited} & {*lower})
    if clash:
        error = InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        )
        raise noted(error, "Already inherited: " + ", ".join(clash))
    _check_transitive(transitive_tag_keys, lower)
    number = len(passed) + len(inherited)
    if number > _MOST:
        raise ValidationError(
            f"The session would have {number} tags, with inherited ones; the maximum is {_MOST}."
        )
    return SessionTags(passed, inherited, tuple(dict.fromkeys(transitive_tag_keys)))


def _check_tags(pairs: list[tuple[str, str]]) -> None:
    of_key, of_value = shape("tagKeyType", "sts"), shape("tagValueType", "sts")
    for key, value in pairs:
        if not of_key.fits(key) or not of_value.fits(value):
            shown = f"{key}={value}"[:200]
            raise ValidationError(
                f"1 validation error detected: Value '{shown}' at 'tags' failed to "
                "satisfy constraint: keys have 1 to 128 and values 0 to 256 letters, digits, "
                "spaces and the characters _.:/=+-@"
            )
        if key.lower().startswith("aws:"):
            raise InvalidParameterValue("System tags cannot be added/updated by requester.")


def _check_transitive(keys: Sequence[str], passed: Sequence[str]) -> None:
    missing = [key for key in keys if key.lower() not in passed]
    if missing:
        error = InvalidParameterValue(
            "The specified transitive tag key must be included in the requested tags."
        )
        raise noted(error, "Not among the call's tags: " + ", ".join(missing))


def issue(
    call: StsCall,
    account: Account,
    kind: CredentialKind,
    arn: str,
    issuer: tuple[str, str],
    seconds: int,
    *,
    name: str = "",
    **fields: Any,
) -> Session:
    """Create a session.

    Parameters
    ----------
    account
        The account of the session.
    issuer
        ARN and unique id of the role or user whose permissions it has.
    fields
        More fields of ``SessionRecord``.

    Raises
    ------
    PackedPolicyTooLarge
        Policies and tags are too large for a token.
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
    call: StsCall, role: Role, name: str, seconds: int, tags: SessionTags, **fields: Any
) -> Session:
    """Create a session of a role."""
    account = role.account
    start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
    arn, issuer = f"{start}/{role.name}/{name}", (role.arn, role.unique_id)
    more = {"tags": tags.tags, "transitive_tag_keys": tags.transitive_tag_keys, **fields}
    return issue(call, account, CredentialKind.ROLE, arn, issuer, seconds, name=name, **more)


def after(now: datetime, seconds: int) -> datetime:
    """Return when something ends that starts now and has a duration.

    Raises
    ------
    RequestError
        It is beyond Python's dates.
    """
    try:
        return now + timedelta(seconds=seconds)
    except OverflowError:
        raise RequestError(f"It would end after the year {MAXYEAR}.") from None


VERSION_1_LACKS = 64
"""How much shorter a token for only the default Regions is; AWS doesn't publish it."""


PLAINTEXT = 2048
"""The most characters of session policies, including the ARNs of managed ones."""

MOST_ARNS = 10


def packed_size(
    policies: Sequence[Policy], policy_arns: Sequence[str], tags: Mapping[str, str]
) -> int:
    """Return the packed size of policies and tags, in bytes.

    Raises
    ------
    PackedPolicyTooLarge
        They are too large.

    Examples
    --------
    >>> packed_size((), (), {}), 0 < packed_size((), (), {"team": "sky"}) < 50
    (0, True)
    """
    if not policies and not policy_arns and not tags:
        return 0
    documents = [json.dumps(policy.to_dict(), separators=(",", ":")) for policy in policies]
    text = json.dumps([documents, list(policy_arns), dict(tags)], ensure_ascii=False)
    packed = len(zlib.compress(text.encode("utf-8", "surrogatepass"), 9))
    if packed > ROOM:
        raise _too_large(packed, ROOM)
    return packed


def _too_large(size: int, room: int) -> PackedPolicyTooLarge:
    """Return the error for too large a session, with its size in percent."""
    percent = -(-100 * size // room)
    return PackedPolicyTooLarge(
        f"Packed policy consumes {percent}% of allotted space, please use smaller policy."
    )


def token_bytes(packed: int, at_least: int, *, everywhere: bool = True) -> int:
    """Return the length of a token with a packed size.

    Parameters
    ----------
    at_least
        ``MinimumSessionTokenSize``, with which applications test whether they support long tokens.
    everywhere
        Whether it is valid in every Region.

    Examples
    --------
    >>> token_bytes(0, 0), token_bytes(0, 4096), token_bytes(0, 0, everywhere=False)
    (356, 4096, 292)
    """
    lacks = 0 if everywhere else VERSION_1_LACKS
    return max(WITHOUT_ANYTHING - lacks + -(-4 * packed // 3), at_least)


def passed_policies(account: Account, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the session policies of a call: the inline one, and the ARNs of managed ones.

    Parameters
    ----------
    account
        The account of customer managed policies; AWS managed ones are always allowed.

    Raises
    ------
    MalformedPolicyDocument
        The document isn't a policy.
    PackedPolicyTooLarge
        They are too long.
    ValidationError
        There are more than ten, or a policy doesn't exist.
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
    """Check a managed policy; AWS's sentence about a missing one is likely."""
    parsed = Arn.parse(arn) if is_arn(arn) else None
    if parsed is None or (parsed.service, parsed.kind) != ("iam", "policy"):
        raise ValidationError(f"ARN {arn} is not valid.")
    if arn not in account.policies and managed.find(arn) is None:
        note = "It must be an AWS managed policy, or in the account of the role or user."
        raise noted(ValidationError(f"Policy ARN {arn} does not exist or is not attachable."), note)


def credentials(session: Session) -> dict[str, Any]:
    """Return the response with credentials, the token's length and the source identity."""
    return {
        **fields(session, "Credentials", "SessionTokenUtilization", "SessionTokenSize"),
        **filled(SourceIdentity=session.source_identity),
    }


def _caller(session: Session, element: str, id_name: str) -> dict[str, Any]:
    """Return the response about a session's caller."""
    return {element: {id_name: session.userid, "Arn": session.arn}}


def assumed_role(session: Session) -> dict[str, Any]:
    """Return the response with a role session."""
    caller = _caller(session, "AssumedRoleUser", "AssumedRoleId")
    return {**credentials(session), **caller, "PackedPolicySize": session.packed_policy_size}


def federated_user(session: Session) -> dict[str, Any]:
    """Return the response with a federated user's session."""
    caller = _caller(session, "FederatedUser", "FederatedUserId")
    return {**credentials(session), "PackedPolicySize": session.packed_policy_size, **caller}


def scoped(session: Session) -> dict[str, Any]:
    """Return the response with scoped credentials."""
    caller = _caller(session, "SessionInfo", "ScopedSessionId")
    return {**credentials(session), **caller, "ScopedPoliciesCount": len(session.record.scoped)}
