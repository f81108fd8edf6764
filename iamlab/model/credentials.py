"""Credentials: their owners, access keys, MFA devices, sessions, and what a caller presents.

IAM keeps the seed of a virtual MFA device. Here the seed follows from the world's seed and a
number, so no secret is kept. Only the object that the creation returned shows codes, like a phone.

AWS stores no sessions: everything is in the session token, encrypted. Here the token is only a
text, and a world keeps its content. Secrets follow from the session's id. A session has the
permissions of its issuer: the role, or the user who created it.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "AWS Multi-factor
authentication in IAM"; "Assign a virtual MFA device in the AWS Management Console"; "Use temporary
credentials with AWS resources"; "Temporary security credentials in IAM"; "Pass session tags in AWS
STS"; "Monitor and control actions taken with assumed roles"; "CloudTrail userIdentity element";
"IAM identifiers", for the ARNs of sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from iamlab.errors import NoSuchEntity
from iamlab.model.record import CredentialKind, LastUsed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.console_access import LoginProfile
    from iamlab.model.world import World
    from iamlab.policy.document import Policy


class CredentialOwner:
    """An IAM user or root user, who can have access keys, a password and MFA devices.

    ``named`` holds the parameters that name the owner in IAM's API; none for a root user.
    """

    account: Account
    key_records: dict[str, KeyRecord]
    login_profile: LoginProfile | None
    former_sign_in: datetime | None

    if TYPE_CHECKING:

        @property
        def unique_id(self) -> str: ...  # noqa: D102

        @property
        def arn(self) -> str: ...  # noqa: D102 - said where it is computed

        @property
        def user_name(self) -> str: ...  # noqa: D102

        @property
        def named(self) -> dict[str, str]: ...  # noqa: D102

        @property
        def is_there(self) -> bool: ...  # noqa: D102
    else:
        __slots__ = ()  # subclasses have the slots, which mypy doesn't see


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What IAM keeps of an access key.

    Parameters
    ----------
    status
        ``Active`` or ``Inactive``.
    last_used
        ``None`` if it was never used.
    """

    access_key_id: str
    create_date: datetime
    status: str = "Active"
    last_used: LastUsed | None = None


def find_key(user: CredentialOwner, access_key_id: str) -> KeyRecord:
    """Find an access key of an owner.

    Raises
    ------
    NoSuchEntity
        The key is unknown, or another owner's.
    """
    record = user.key_records.get(access_key_id)
    if record is None:
        raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
    return record


VIRTUAL, HARDWARE, PASSKEY = "virtual", "hardware", "passkey"
INTERVAL = timedelta(seconds=30)
"""How long a device shows a code."""

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class MfaRecord:
    """What IAM keeps of an MFA device.

    Parameters
    ----------
    serial_number
        The ARN for a virtual device or a passkey.
    kind
        ``virtual``, ``hardware`` or ``passkey``.
    number
        The seed of a virtual device follows from it.
    owner
        The owner's unique id; the account's id for the root user; ``None`` while it isn't enabled.
    used
        The number of its last code that was accepted; later ones have higher numbers.
    """

    serial_number: str
    kind: str
    number: int = field(default=0, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    enable_date: datetime | None = None
    used: int = 0

    @property
    def arn(self) -> str:
        """The serial number, as policies name it."""
        return self.serial_number


def find_device(account: Account, serial_number: str) -> MfaRecord:
    """Find an MFA device.

    Raises
    ------
    NoSuchEntity
        There is no such device.
    """
    record = account.mfa_records.get(serial_number)
    if record is None:
        noun = "VirtualMFADevice" if ":mfa/" in serial_number else "MFADevice"
        raise NoSuchEntity(f"{noun} with serial number {serial_number} does not exist.")
    return record


def devices_of(user: CredentialOwner) -> list[MfaRecord]:
    """List an owner's MFA devices."""
    return [
        device for device in user.account.mfa_records.values() if device.owner == user.unique_id
    ]


def seed_of(world: World, number: int) -> str:
    """Return the seed of the virtual device with a number."""
    return world.ids.hidden(f"mfa/{number}", _BASE32, 64)


def code_at(seed: str, moment: datetime) -> str:
    """Compute the code at a time (RFC 6238)."""
    import pyotp

    return pyotp.TOTP(seed).at(moment)


def accepted_code(world: World, record: MfaRecord, code: str) -> int:
    """Return the number of a code that a device's owner can send; 0 if it isn't accepted.

    The current, previous and next one are accepted, each once and none before another.
    """
    if record.kind != VIRTUAL:
        return 0  # its codes are not computed here
    seed, now = seed_of(world, record.number), world.clock.now
    for moment in (now + steps * INTERVAL for steps in (-1, 0, 1)):
        number = int(moment.timestamp() // INTERVAL.total_seconds())
        if number > record.used and code == code_at(seed, moment):
            return number
    return 0


def use_code(user: CredentialOwner, record: MfaRecord, code: str) -> bool:
    """Use a code, if it is accepted: it isn't accepted again."""
    number = accepted_code(user.account.world, record, code)
    if number:
        user.account.mfa_records[record.serial_number] = replace(record, used=number)
    return bool(number)


def accepts_pair(world: World, record: MfaRecord, first: str, second: str) -> bool:
    """Return whether two codes are consecutive codes of a device, about now.

    Only a hardware token's maker knows its codes: here any two different codes are accepted.
    """
    if record.kind != VIRTUAL:
        return first != second
    seed, now = seed_of(world, record.number), world.clock.now
    shown = [code_at(seed, now + steps * INTERVAL) for steps in (-2, -1, 0, 1)]
    return (first, second) in pairwise(shown)


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Presented:
    """The caller, according to accepted credentials.

    Parameters
    ----------
    arn
        The caller.
    context
        Condition keys from the credentials: when they were created, whether MFA was used.
    session
        The session policies.
    principal
        The identity whose permissions they have: the role of a role session; by default the caller.
    kind
        The kind of credentials: see :class:`CredentialKind`.
    userid
        The caller's ``aws:userid``, if it is not the principal's.
    tags
        Session tags, which override the principal's tags.
    scoped
        Scope-down policies.
    default_regions_only
        Whether opt-in Regions reject them.
    """

    arn: str
    context: Mapping[str, ContextValue] = field(default_factory=lambda: _NOTHING)
    session: tuple[Policy | AttachedPolicy, ...] = ()
    principal: str = ""
    kind: CredentialKind = CredentialKind.LONG_TERM
    userid: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    scoped: tuple[Policy, ...] = ()
    default_regions_only: bool = False


@runtime_checkable
class Credential(Protocol):
    """Credentials that a caller can present."""

    def present(self, world: World) -> Presented:
        """Present the credentials to a world, which can be a copy of the one that made them.

        Raises
        ------
        AwsError
            AWS rejects them: they are unknown, inactive, deleted or expired.
        """
        ...


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """A session with temporary credentials.

    Parameters
    ----------
    operation
        The STS operation that created it.
    kind
        Whose session it is: a role's, the calling user's (or root user's), a federated user's, or a
        member account's root user's for one task.
    arn
        The caller's ARN in CloudTrail and in resource-based policies.
    issuer_arn, issuer_id
        The ARN and unique id of the identity whose permissions it has: a role, a user, or a root
        user (whose id is the account's). A new identity with the same name has another id.
    name
        The role session's or the federated user's name.
    issued, expiration
        Its start and end, by the world's clock.
    parent
        The id of the access key or session that requested it; empty for a signed token or a
        service.
    region
        The Region of the endpoint that created it; ``"aws-global"``: the global endpoint.
    mfa
        When MFA was used for it.
    tags
        Session tags, passed and inherited.
    transitive_tag_keys
        The tags that pass to the next session of a role chain.
    source_identity
        The source identity of the role chain; empty if none was set.
    policy, policy_arns
        Session policies, which limit the permissions. Managed policies are looked up at each
        request.
    scoped
        Scope-down policies of ``GetScopedCredentials``, each of which limits the permissions.
    keys
        More condition keys, such as the instance that it was created for.
    packed
        The size of policies and tags in the token, in bytes.
    token_bytes
        The length of its token.
    issue_time
        Its ``aws:TokenIssueTime``, if that differs from the time of creation.
    works_in_opt_in_regions
        Whether opt-in Regions accept it.
    """

    operation: str
    kind: CredentialKind
    arn: str
    issuer_arn: str
    issuer_id: str
    name: str
    issued: datetime
    expiration: datetime
    access_key_id: str
    parent: str = ""
    region: str = ""
    mfa: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    policy: Policy | None = None
    policy_arns: tuple[str, ...] = ()
    scoped: tuple[Policy, ...] = ()
    keys: Mapping[str, str | bool | list[str]] = field(default_factory=dict)
    packed: int = 0
    token_bytes: int = 0
    issue_time: datetime | None = None
    works_in_opt_in_regions: bool = True

    @property
    def account_id(self) -> str:
        """The account of the session."""
        return self.issuer_arn.split(":", 5)[4]

    @property
    def userid(self) -> str:
        """Its ``aws:userid``."""
        if self.kind is CredentialKind.ROLE:
            return f"{self.issuer_id}:{self.name}"
        is_federated = self.kind is CredentialKind.FEDERATED
        return f"{self.account_id}:{self.name}" if is_federated else self.issuer_id

    @property
    def seconds(self) -> int:
        """How long the session lasts."""
        return int((self.expiration - self.issued).total_seconds())

    @property
    def transitive_tags(self) -> dict[str, str]:
        """The tags that the next session of a chain inherits."""
        going = {key.lower() for key in self.transitive_tag_keys}
        return {key: value for key, value in self.tags.items() if key.lower() in going}


def role_of_session(arn: str) -> str:
    """Return the ARN, without path, of a session's role; empty for other ARNs.

    Examples
    --------
    >>> role_of_session("arn:aws:sts::111122223333:assumed-role/app/job")
    'arn:aws:iam::111122223333:role/app'
    >>> role_of_session("arn:aws:sts::111122223333:federated-user/ana")
    ''
    """
    start, found, rest = arn.partition(":assumed-role/")
    if not found or ":sts:" not in start:
        return ""
    return f"{start.replace(':sts:', ':iam:', 1)}:role/{rest.partition('/')[0]}"
