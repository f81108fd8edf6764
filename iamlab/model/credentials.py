"""Credentials: their owners, access keys, MFA devices, sessions, and what a caller presents.

IAM keeps the seed of a virtual MFA device. Here the seed follows from the world's seed and a
number, so no secret is kept. Only the object that the creation returned shows codes, as only one
phone does.

AWS keeps nothing of a session: all that it knows is in the session token, encrypted. Here the token
is only a text, and a world keeps its content, but no secrets: they follow from the session's id. A
session has the permissions of its issuer: the role, or the user who made it.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "AWS Multi-factor
authentication in IAM"; "Assign a virtual MFA device in the AWS Management Console"; "Use temporary
credentials with AWS resources"; "Temporary security credentials in IAM"; "Pass session tags in AWS
STS"; "Monitor and control actions taken with assumed roles"; "CloudTrail userIdentity element";
"IAM identifiers", for the ARNs of sessions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
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
    """What IAM users and root users have in common: access keys, a password, MFA devices.

    ``named`` is how IAM's API names one: a root user by naming nobody.
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
        __slots__ = ()  # those who inherit have the slots, which mypy would not believe


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """What IAM keeps of an access key.

    Parameters
    ----------
    status
        ``Active`` or ``Inactive``.
    last_used
        ``None`` if it never was.
    """

    access_key_id: str
    create_date: datetime
    status: str = "Active"
    last_used: LastUsed | None = None


def find_key(user: CredentialOwner, access_key_id: str) -> KeyRecord:
    """Find a key of somebody.

    Raises
    ------
    NoSuchEntity
        It is unknown, or somebody else's.
    """
    record = user.key_records.get(access_key_id)
    if record is None:
        raise NoSuchEntity(f"The Access Key with id {access_key_id} cannot be found.")
    return record


VIRTUAL, HARDWARE, PASSKEY = "virtual", "hardware", "passkey"
INTERVAL = timedelta(seconds=30)
"""How long a code is shown."""

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


@dataclass(frozen=True, slots=True)
class MfaRecord:
    """What IAM keeps of an MFA device.

    Parameters
    ----------
    serial_number
        Of a virtual device and a passkey its ARN.
    kind
        ``virtual``, ``hardware`` or ``passkey``.
    number
        From which the seed of a virtual device follows.
    owner
        The unique id of the user whose it is, or the account's id: the root user's. ``None`` as
        long as it is not enabled.
    """

    serial_number: str
    kind: str
    number: int = field(default=0, repr=False)
    tags: Mapping[str, str] = field(default_factory=dict)
    owner: str | None = None
    enable_date: datetime | None = None

    @property
    def arn(self) -> str:
        """What policies name it by."""
        return self.serial_number


def find_device(account: Account, serial_number: str) -> MfaRecord:
    """Find an MFA device.

    Raises
    ------
    NoSuchEntity
        There is none.
    """
    record = account.mfa_records.get(serial_number)
    if record is None:
        noun = "VirtualMFADevice" if ":mfa/" in serial_number else "MFADevice"
        raise NoSuchEntity(f"{noun} with serial number {serial_number} does not exist.")
    return record


def devices_of(user: CredentialOwner) -> list[MfaRecord]:
    """List the MFA devices that are somebody's."""
    return [
        device for device in user.account.mfa_records.values() if device.owner == user.unique_id
    ]


def seed_of(world: World, number: int) -> str:
    """Tell the seed that the virtual device of a number was given."""
    return world.ids.hidden(f"mfa/{number}", _BASE32, 64)


def code_at(seed: str, moment: datetime) -> str:
    """Compute the code of a moment (RFC 6238)."""
    import pyotp

    return pyotp.TOTP(seed).at(moment)


def accepts(world: World, record: MfaRecord, code: str) -> bool:
    """Say whether a device shows a code now, or showed it just before, or will just after."""
    if record.kind != VIRTUAL:
        return False  # its codes are not computed here
    seed, now = seed_of(world, record.number), world.clock.now
    return any(code == code_at(seed, now + steps * INTERVAL) for steps in (-1, 0, 1))


def accepts_pair(world: World, record: MfaRecord, first: str, second: str) -> bool:
    """Say whether a device shows two codes one after the other, about now.

    A token's codes are known to its maker only: here any two that differ are taken.
    """
    if record.kind != VIRTUAL:
        return first != second
    seed, now = seed_of(world, record.number), world.clock.now
    shown = [code_at(seed, now + steps * INTERVAL) for steps in (-2, -1, 0, 1)]
    return (first, second) in pairwise(shown)


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Presented:
    """Who calls, as credentials that were accepted say it.

    Parameters
    ----------
    arn
        The caller.
    context
        Condition keys that come with the credentials: when they were made, whether MFA was used.
    session
        Session policies that were passed when they were made.
    principal
        Whose permissions they have: of a role session the role; if nothing is said, the caller.
    kind
        What they are: see :class:`CredentialKind`.
    userid
        The caller's ``aws:userid``, if it is not the principal's.
    tags
        Session tags, which win over tags of the principal.
    scoped
        Scope-down policies.
    default_regions_only
        Whether Regions that must be opted in to do not take them.
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
    """What can be shown."""

    def present(self, world: World) -> Presented:
        """Show it to a world, which may be a copy of the one that it was made in.

        Raises
        ------
        AwsError
            AWS does not accept it: it is unknown, inactive, deleted or expired.
        """
        ...


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """One session.

    Parameters
    ----------
    operation
        The operation of STS that made it.
    kind
        What it is a session of: a role, the very user (or root user) who asked for it, a federated
        user, the root user of a member account for one task.
    arn
        Who calls with it, as CloudTrail and resource policies name him.
    issuer_arn, issuer_id
        Whose permissions it has, and his unique id: a role, a user, or the root user of an account
        (whose id is the account's). Another one of the same name is not he.
    name
        The role session's or the federated user's name.
    issued, expiration
        When it begins and ends, by the world's clock.
    parent
        The id of the access key, or of the session, with which it was asked for; empty if it was
        none of this world: somebody's signed token, or a service.
    region
        The Region whose endpoint made it; ``"aws-global"``: the global endpoint.
    mfa
        When an MFA device was used for it.
    tags
        Session tags: those that were passed, and those that were inherited.
    transitive_tag_keys
        Which of them go along when the session assumes another role.
    source_identity
        Who is behind all of the chain; empty if nobody said.
    policy, policy_arns
        Session policies: at most what they allow can be done. Managed ones are looked up at each
        request.
    scoped
        Scope-down policies of ``GetScopedCredentials``: at most what each of them allows.
    keys
        Further condition keys that come with it: which instance it was made for, say.
    packed
        How many bytes policies and tags take in the token.
    token_bytes
        The length of its token.
    issue_time
        What its ``aws:TokenIssueTime`` says, if that is not when it was made.
    works_in_opt_in_regions
        Whether it is accepted in Regions that are off unless an account opts in.
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
        """The account whose session it is."""
        return self.issuer_arn.split(":", 5)[4]

    @property
    def userid(self) -> str:
        """Its ``aws:userid``."""
        if self.kind is CredentialKind.ROLE:
            return f"{self.issuer_id}:{self.name}"
        return (
            f"{self.account_id}:{self.name}"
            if self.kind is CredentialKind.FEDERATED
            else self.issuer_id
        )

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return int((self.expiration - self.issued).total_seconds())

    @property
    def transitive_tags(self) -> dict[str, str]:
        """The tags that the next session of a chain inherits."""
        going = {key.lower() for key in self.transitive_tag_keys}
        return {key: value for key, value in self.tags.items() if key.lower() in going}


def role_of_session(arn: str) -> str:
    """Give the ARN of the role, without its path, whose session an ARN names; empty if none.

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
