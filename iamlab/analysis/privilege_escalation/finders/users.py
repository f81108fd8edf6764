"""Ways to become another user: by a key, a password, or a credential for one service.

How a power can become a user: by an access key, or by a password for the console.

Limits count. A user has two access keys at most: a third one takes the place of another. Whoever
has an MFA device is asked for it at sign-in, so that a password alone is not enough; a key asks for
nothing. Of a user that was loaded from an export none of that is known: it becomes a condition.

Who can make a user a credential for one service: Git passwords, API keys, SSH keys.

Whoever makes one for a user calls that service as the user, and no other.

Credentials of a user that only one service takes, and what they are good for.

Notes
-----
AWS pages: "Service-specific credentials for IAM users"; "API UploadSSHPublicKey"; "IAM and AWS STS
quotas".
AWS pages: "Service-specific credentials for IAM users"; "API keys for AWS services"; "Use IAM with
CodeCommit"; "API UploadSigningCertificate". Which calls a credential is good for is likely, not
sure; nothing says that a service still takes signing certificates, so that is a condition.
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Service-specific
credentials for IAM users"; "API DeactivateMFADevice".
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Sign in to the AWS
Management Console"; "IAM and AWS STS quotas".
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.attacker_view import AttackerView, finds
from iamlab.analysis.privilege_escalation.finders.grants import (
    Grant,
    Grants,
    attached,
    best,
    of_groups,
    rewritten,
    written,
)
from iamlab.analysis.privilege_escalation.finders.groups import by_groups
from iamlab.analysis.privilege_escalation.permission_checks import Call
from iamlab.analysis.privilege_escalation.principal_states import (
    CALLS_WITH,
    Change,
    Edge,
    PrincipalState,
    group_joined,
)
from iamlab.analysis.privilege_escalation.required_parameters import CERTIFICATE, PASSWORD, SSH_KEY
from iamlab.authorization.context_keys import of_temporary
from iamlab.authorization.credential_scope import CREDENTIALS
from iamlab.authorization.principal import PrincipalContext, policies_of, principal_of
from iamlab.engine.layers import Attached
from iamlab.model.credentials import CredentialKind, Presented, devices_of
from iamlab.model.quotas import quota
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.table import EscalationMethod
    from iamlab.model.identities import User


def keys_of_services(view: AttackerView) -> Iterator[UserEntry]:
    """Give the users in single services whom the power can be."""
    for service, kind in BY_NAME.items():
        for user, call in _made_or_reset(view, service):
            yield from _entry(view, user, kind, call)
    for user in view.allowed("UploadSSHPublicKey", view.stock.users, SSHPublicKeyBody=SSH_KEY):
        if len(user.ssh_public_keys) < quota(view.account, "SSHPublicKeysPerUser"):
            call = view.call("UploadSSHPublicKey", UserName=user.name, SSHPublicKeyBody=SSH_KEY)
            yield from _entry(view, user, CODECOMMIT, call)
    named = {"CertificateBody": CERTIFICATE}
    for user in view.allowed("UploadSigningCertificate", view.stock.users, **named):
        if len(user.signing_certificates) < quota(view.account, "CertificatesPerUser"):
            call = view.call("UploadSigningCertificate", UserName=user.name, **named)
            yield from _entry(view, user, SIGNED, call, STILL_TAKEN)


def _made_or_reset(view: AttackerView, service: str) -> Iterator[tuple[User, Call]]:
    """Make a credential, or another password for one that is there."""
    most = quota(view.account, "ServiceSpecificCredentialsPerUser")
    made = set()
    for user in view.allowed(
        "CreateServiceSpecificCredential", view.stock.users, ServiceName=service
    ):
        if len(_held(user, service)) < most:
            made.add(user.arn)
            named = {"UserName": user.name, "ServiceName": service}
            yield user, view.call("CreateServiceSpecificCredential", **named)
    reset = "ResetServiceSpecificCredential"
    for user in view.allowed(reset, view.stock.users, ServiceSpecificCredentialId="any"):
        good = [key for key, status in _held(user, service).items() if status == "Active"]
        if good and user.arn not in made:
            yield user, view.call(reset, UserName=user.name, ServiceSpecificCredentialId=good[0])


def _held(user: User, service: str) -> dict[str, str]:
    now = user.account.world.clock.now
    return {
        key: one.status_at(now)
        for key, one in user.service_specific_credentials.items()
        if one.service_name == service
    }


def _entry(
    view: AttackerView, user: User, kind: ServiceCredential, call: Call, *conditions: str
) -> Iterator[UserEntry]:
    state = PrincipalState.of(principal_of(view.world, user))
    if user is not view.user and view.decider.ever(state, kind.probe):
        yield UserEntry(31, user, (call,), (only_in(kind),), conditions)


class ServiceCredential(NamedTuple):
    """Credentials for a service.

    Parameters
    ----------
    service
        What the user is limited to, as it is called in actions.
    actions
        What they are good for.
    probe
        Who may not even do this gains nothing.
    """

    service: str
    actions: tuple[str, ...]
    probe: str


BY_NAME = {
    "codecommit.amazonaws.com": ServiceCredential(
        "codecommit", ("codecommit:GitPull", "codecommit:GitPush"), "codecommit:GitPull"
    ),
    "cassandra.amazonaws.com": ServiceCredential("cassandra", ("cassandra:*",), "cassandra:Select"),
    "bedrock.amazonaws.com": ServiceCredential("bedrock", ("bedrock:*",), "bedrock:InvokeModel"),
    "logs.amazonaws.com": ServiceCredential("logs", ("logs:*",), "logs:PutLogEvents"),
}
"""``ServiceName`` of a service-specific credential -> what it is good for."""

CODECOMMIT = BY_NAME["codecommit.amazonaws.com"]
SIGNED = ServiceCredential("ec2", ("ec2:*",), "ec2:DescribeInstances")
STILL_TAKEN = "EC2 takes requests that are signed with a certificate"


def only_in(kind: ServiceCredential) -> Change:
    """Let it call one service, and nothing else."""
    return Change(f"in {kind.service}", lambda known: limited_to(kind, known), CALLS_WITH)


def limited_to(kind: ServiceCredential, known: PrincipalContext) -> PrincipalContext:
    """Give a user as a service sees it that takes credentials of its own."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": list(kind.actions), "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    ceiling = Attached(
        Policy.parse(document, name=f"a credential for {kind.service}"), path=CREDENTIALS
    )
    return replace(known, scoped=(*known.scoped, ceiling))


ONE_KEY_FREE = "the user has fewer than two access keys"

CONDITIONS = {
    12: "the user has no password yet, and no MFA device",
    13: "the user has a password, and no MFA device",
}
"""Number of a row -> what must be so of a user of whom that is not known."""


class UserEntry(NamedTuple):
    """A way to become a user.

    Parameters
    ----------
    number
        Of the row of the table.
    changes
        What is different from calls with the user's own access key.
    conditions
        What must be so and is not known.
    """

    number: int
    user: User
    calls: tuple[Call, ...]
    changes: tuple[Change, ...] = ()
    conditions: tuple[str, ...] = ()


def by_key(view: AttackerView) -> Iterator[UserEntry]:
    """Give the users for whom the power can make an access key, another one deleted if need be."""
    users = view.allowed("CreateAccessKey", view.stock.users)
    most = quota(view.account, "AccessKeysPerUser")
    full = [user for user in users if len(user.key_records) >= most]
    can_delete = (
        view.allowed("DeleteAccessKey", view.stock.users, AccessKeyId="any") if full else ()
    )
    conditions = (ONE_KEY_FREE,) if view.world.loaded else ()
    for user in users:
        if not _adds(view, user, by_key=True):
            continue
        create = view.call("CreateAccessKey", UserName=user.name)
        too_many = [*user.key_records][: len(user.key_records) - most + 1] if user in full else []
        deletes = (
            view.call("DeleteAccessKey", UserName=user.name, AccessKeyId=key) for key in too_many
        )
        if not too_many:
            yield UserEntry(10, user, (create,), conditions=conditions)
        elif user in can_delete:
            yield UserEntry(11, user, (*deletes, create))


def by_password(view: AttackerView) -> Iterator[UserEntry]:
    """Give the users as whom the power can sign in to the console, by a password that it sets."""
    new = view.allowed("CreateLoginProfile", view.stock.users, Password=PASSWORD)
    changed = view.allowed("UpdateLoginProfile", view.stock.users, Password=PASSWORD)
    yield from (
        entry for user in new if user.login_profile is None for entry in _signed_in(view, user, 12)
    )
    # Of a loaded user nobody knows whether it has a password.
    yield from (
        entry
        for user in changed
        if user.login_profile is not None or view.world.loaded
        for entry in _signed_in(view, user, 13)
    )
    # A password that may not be changed may be deleted perhaps, and another one made.
    others = [user for user in new if user.login_profile is not None and user not in changed]
    gone = view.allowed("DeleteLoginProfile", view.stock.users) if others else ()
    for user in (each for each in others if each in gone):
        delete = view.call("DeleteLoginProfile", UserName=user.name)
        for entry in _signed_in(view, user, 12):
            yield entry._replace(calls=(delete, *entry.calls))


def _signed_in(view: AttackerView, user: User, number: int) -> Iterator[UserEntry]:
    """Set a password and sign in; before that, take away every MFA device."""
    devices = devices_of(user)
    named = [{"UserName": user.name, "SerialNumber": each.serial_number} for each in devices]
    first = [view.call("DeactivateMFADevice", **each) for each in named]
    if not _adds(view, user) or not all(map(view.may, first)):
        return
    is_known = user.login_profile is not None or not view.world.loaded
    conditions = () if is_known else (CONDITIONS[number],)
    calls = (*first, _password_call(view, user, number), sign_in_call(view, user))
    changes = (in_console(view, user),)
    yield UserEntry(28 if devices else number, user, calls, changes, conditions)


def _password_call(view: AttackerView, user: User, number: int) -> Call:
    named = {"UserName": user.name, "Password": PASSWORD}
    if number == 12:
        return view.call("CreateLoginProfile", **named)
    return view.call("UpdateLoginProfile", **named, PasswordResetRequired=False)


def _adds(view: AttackerView, user: User, *, by_key: bool = False) -> bool:
    """Say whether to become a user adds anything: not to oneself, unless one is less than that.

    A session of a user may be kept from what the user may do with an access key.
    """
    known = view.state.gathered
    is_less = known.kind is not CredentialKind.LONG_TERM or bool(known.session or known.scoped)
    return user is not view.user or (by_key and is_less)


def sign_in_call(view: AttackerView, user: User) -> Call:
    """Sign in, which is no call of an API and takes no permission."""
    return Call("signin:ConsoleLogin", {"account": view.account.account_id, "user": user.name}, ())


def in_console(view: AttackerView, user: User) -> Change:
    """Let it be a session in the console, without MFA."""
    now = view.world.clock.now
    presented = Presented(user.arn, of_temporary(now, now), kind=CredentialKind.CONSOLE)
    return Change("in the console", lambda known: known.showing(presented), CALLS_WITH)


@finds(11)
@finds(10)
def make_key(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreateAccessKey``; where the user has two, ``DeleteAccessKey`` first."""
    yield from (
        enter(view, method, entry) for entry in by_key(view) if entry.number == method.number
    )


@finds(28)
@finds(13)
@finds(12)
def set_password(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreateLoginProfile`` or ``UpdateLoginProfile``, then sign in.

    Where the user has MFA devices, ``DeactivateMFADevice`` for each comes first.
    """
    yield from (
        enter(view, method, entry) for entry in by_password(view) if entry.number == method.number
    )


@finds(20)
def widen_and_enter(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """A policy for the user or a group of it, then a key; where no key can be made, a password."""
    entries = first_entries(view)
    if not entries:
        return
    for arn, grants in gifts_of_users(view).items():
        for grant in grants if arn in entries else ():
            yield enter(view, method, entries[arn], grant)


def first_entries(view: AttackerView) -> dict[str, UserEntry]:
    """Give the plainest way to become each of the other users, by their ARNs."""
    entries: dict[str, UserEntry] = {}
    for entry in (*by_key(view), *by_password(view)):
        if entry.user is not view.user:
            entries.setdefault(entry.user.arn, entry)
    return entries


def gifts_of_users(view: AttackerView) -> Grants:
    """Give what the power can give to users: themselves, or by a group."""
    users, groups = view.stock.users, view.stock.groups
    found = best(
        written(view, users),
        attached(view, users),
        of_groups(written(view, groups), users),
        of_groups(attached(view, groups), users),
        rewritten(view, users),
        of_groups(rewritten(view, groups), users),
        _joined(view),
    )
    # Groups that they are not in are looked for only where something is left to be given.
    left = [user for user in users if not any(grant.is_all for grant in found.get(user.arn, ()))]
    return best(found, by_groups(view, left)) if left else found


def _joined(view: AttackerView) -> Grants:
    """Make users members of groups that have policies."""
    most = quota(view.account, "GroupsPerUser")
    found: Grants = {}
    # Whom it makes a member is no part of what is asked.
    for group in view.allowed("AddUserToGroup", view.stock.groups, UserName="any"):
        handed = tuple(policies_of(group, (f"group {group.name}",)))
        for user in view.stock.users if handed else ():
            if group.name not in user.groups and len(user.groups) < most:
                call = view.call("AddUserToGroup", GroupName=group.name, UserName=user.name)
                grant = Grant((group_joined(group.name, handed),), (call,))
                found.setdefault(user.arn, []).append(grant)
    return found


@finds(31)
def create_key_of_service(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """``CreateServiceSpecificCredential`` and its likes, where an access key cannot be had."""
    entered = {entry.user.arn for entry in by_key(view)}
    for entry in keys_of_services(view):
        if entry.user.arn not in entered:
            yield enter(view, method, entry)


def enter(
    view: AttackerView, method: EscalationMethod, entry: UserEntry, grant: Grant | None = None
) -> Edge:
    """Say that a power can become a user, and what the user is given before."""
    changes, before = ((), ()) if grant is None else grant
    calls = partial(tuple, (*before, *entry.calls))
    return view.becomes(
        method, entry.user, calls, *entry.conditions, changes=(*changes, *entry.changes)
    )
