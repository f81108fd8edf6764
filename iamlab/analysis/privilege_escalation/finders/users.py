"""Methods to become another user: by an access key, a password, or a credential for one service.

Limits count. A user has two access keys at most: a third one takes the place of another. A user
with an MFA device is asked for it at sign-in, so a password alone is not enough; an access key is
never asked for MFA. A credential for one service (a Git password, an API key, an SSH key) makes the
caller that user in that service and in no other. What an export does not tell is a condition.

Notes
-----
AWS pages: "Manage access keys for IAM users"; "Manage passwords for IAM users"; "Sign in to the AWS
Management Console"; "API DeactivateMFADevice"; "IAM and AWS STS quotas"; "Service-specific
credentials for IAM users"; "API keys for AWS services"; "Use IAM with CodeCommit"; "API
UploadSSHPublicKey"; "API UploadSigningCertificate". Which calls a credential is good for is likely,
not sure. No page says that a service still takes signing certificates, so that is a condition.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.privilege_escalation import permission_checks as checks
from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.finders import granting
from iamlab.analysis.privilege_escalation.permission_checks import Call
from iamlab.analysis.privilege_escalation.principal_states import Gain, Grant, PrincipalState
from iamlab.analysis.privilege_escalation.required_parameters import TABLES
from iamlab.authorization.credential_scope import CREDENTIALS_PATH
from iamlab.authorization.principal import PrincipalContext, principal_of
from iamlab.engine.layers import AttachedPolicy
from iamlab.model.credentials import devices_of
from iamlab.model.record import CredentialKind
from iamlab.operations.iam.common import quota
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.finders.granting import Grants
    from iamlab.model.identities import User


def enter_each(
    view: AttackerView, find: Callable[[AttackerView], Iterator[UserEntry]], number: int
) -> Iterator[Gain]:
    """Become the users whose entries are those of one method."""
    return (enter(view, entry) for entry in find(view) if entry.number == number)


def widen_and_enter(view: AttackerView) -> Iterator[Gain]:
    """A policy for the user or a group of it, then a key; where no key can be made, a password."""
    entries = first_entries(view)
    grants_by_user = grants_of_users(view) if entries else {}
    for arn, grants in grants_by_user.items():
        for grant in grants if arn in entries else ():
            yield enter(view, entries[arn], grant)


def first_entries(view: AttackerView) -> dict[str, UserEntry]:
    """Return the plainest entry into each of the other users, by their ARNs."""
    entries: dict[str, UserEntry] = {}
    for entry in (*by_key(view), *by_password(view)):
        if entry.user is not view.user:
            entries.setdefault(entry.user.arn, entry)
    return entries


def grants_of_users(view: AttackerView) -> Grants:
    """Return what the principal can give to users: themselves, or by a group."""
    users, groups = view.stock.users, view.stock.groups
    written, attached, rewritten = (
        (give(view, users), granting.through_groups(give(view, groups), users))
        for give in (granting.written, granting.attached, granting.rewritten)
    )
    found = granting.best(
        *(written[0], attached[0], written[1], attached[1], *rewritten),
        granting.by_joining(view, users, granting.open_groups(view)),
    )
    # Groups that they are not in are looked for only where something is left to be given.
    left = [user for user in users if not any(grant.is_all for grant in found.get(user.arn, ()))]
    more = granting.by_joining(view, left, granting.filled_groups(view)) if left else {}
    return granting.best(found, more)


def entered(view: AttackerView, users: Sequence[User]) -> Iterator[tuple[UserEntry, Grant]]:
    """Return those of some users that a principal can become, and what it can give them before."""
    entries = first_entries(view) if users else {}
    grants = grants_of_users(view) if entries else {}
    for user in users:
        if user.arn in entries:
            for grant in (*granting.whole(grants, user), states.NOTHING):
                yield entries[user.arn], grant


def create_key_of_service(view: AttackerView) -> Iterator[Gain]:
    """``CreateServiceSpecificCredential`` and its likes, where an access key cannot be had."""
    entered = {entry.user.arn for entry in by_key(view)}
    for entry in keys_of_services(view):
        if entry.user.arn not in entered:
            yield enter(view, entry)


def enter(view: AttackerView, entry: UserEntry, *before: Grant) -> Gain:
    """Return the gain of a user, with the grants to the user before."""
    grant = states.together(before)
    calls, changes = (*grant.calls, *entry.calls), (*grant.changes, *entry.changes)
    return view.becomes(entry.user, calls, *entry.conditions, changes=changes)


# Keys and passwords ---------------------------------------------------------------------------


ONE_KEY_FREE = "the user has fewer than two access keys"

NEW_PASSWORD, OTHER_PASSWORD = 12, 13

CONDITIONS = {
    NEW_PASSWORD: "the user has no password yet, and no MFA device",
    OTHER_PASSWORD: "the user has a password, and no MFA device",
}
"""Number of a method -> the condition on a user if this isn't known."""


class UserEntry(NamedTuple):
    """How a user is entered.

    Parameters
    ----------
    number
        Of the method.
    changes
        What is different from calls with the user's own access key.
    conditions
        What must be so and is not known.
    """

    number: int
    user: User
    calls: tuple[Call, ...]
    changes: tuple[states.StateChange, ...] = ()
    conditions: tuple[str, ...] = ()


def by_key(view: AttackerView) -> Iterator[UserEntry]:
    """``CreateAccessKey``; where the user has two, ``DeleteAccessKey`` first."""
    users = view.allowed("CreateAccessKey", view.stock.users)
    most = quota(view.account, "AccessKeysPerUser")
    full = view.stock.users if any(len(user.key_records) >= most for user in users) else ()
    deletable = view.allowed("DeleteAccessKey", full, AccessKeyId="any")
    conditions = (ONE_KEY_FREE,) if view.world.loaded else ()
    for user in users:
        if not _adds(view, user, by_key=True):
            continue
        create = view.on(user, "CreateAccessKey")
        too_many = [*user.key_records][: max(0, len(user.key_records) - most + 1)]
        deletes = [view.on(user, "DeleteAccessKey", AccessKeyId=key) for key in too_many]
        if not deletes:
            yield UserEntry(10, user, (create,), conditions=conditions)
        elif user in deletable:
            yield UserEntry(11, user, (*deletes, create))


def by_password(view: AttackerView) -> Iterator[UserEntry]:
    """``CreateLoginProfile`` or ``UpdateLoginProfile``, then sign in.

    Where the user has MFA devices, ``DeactivateMFADevice`` for each comes first.
    """
    new = view.allowed("CreateLoginProfile", view.stock.users, Password=checks.PASSWORD)
    changed = view.allowed("UpdateLoginProfile", view.stock.users, Password=checks.PASSWORD)
    for user in new:
        if user.login_profile is None:
            yield from _signed_in(view, user, NEW_PASSWORD)
    for user in changed:
        # An export does not tell whether a user has a password.
        if user.login_profile is not None or view.world.loaded:
            yield from _signed_in(view, user, OTHER_PASSWORD)
    # A password that may not be changed can perhaps be deleted, and another one made.
    others = [user for user in new if user.login_profile is not None and user not in changed]
    gone = view.allowed("DeleteLoginProfile", view.stock.users) if others else ()
    for user in (each for each in others if each in gone):
        for entry in _signed_in(view, user, NEW_PASSWORD):
            yield entry._replace(calls=(view.on(user, "DeleteLoginProfile"), *entry.calls))


def _signed_in(view: AttackerView, user: User, number: int) -> Iterator[UserEntry]:
    """Set a password and sign in; before that, take away every MFA device."""
    serials = [device.serial_number for device in devices_of(user)]
    first = [view.on(user, "DeactivateMFADevice", SerialNumber=each) for each in serials]
    if not _adds(view, user) or not all(map(view.may, first)):
        return
    is_known = user.login_profile is not None or not view.world.loaded
    conditions = () if is_known else (CONDITIONS[number],)
    is_new, more = number == NEW_PASSWORD, {"PasswordResetRequired": False}
    name = "CreateLoginProfile" if is_new else "UpdateLoginProfile"
    password = view.on(user, name, Password=checks.PASSWORD, **({} if is_new else more))
    calls = (*first, password, sign_in_call(user))
    changes = (in_console(user),)
    yield UserEntry(28 if serials else number, user, calls, changes, conditions)


def _adds(view: AttackerView, user: User, *, by_key: bool = False) -> bool:
    """Return whether to become a user adds anything: not to oneself, unless one is less than that.

    A session of a user may be kept from what the user may do with an access key.
    """
    known = view.state.principal
    is_less = known.kind is not CredentialKind.LONG_TERM or bool(known.session or known.scoped)
    return user is not view.user or (by_key and is_less)


def sign_in_call(user: User, **more: Any) -> Call:
    """Return the sign-in to the console, which isn't an API call and needs no permission."""
    named = {"account": user.account.account_id, "user": user.name}
    return Call("signin:ConsoleLogin", {**named, **more}, ())


def in_console(user: User, *, with_mfa: bool = False) -> states.StateChange:
    """Let it be a session in the console."""
    label = "in the console with MFA" if with_mfa else "in the console"
    return states.in_session(user, CredentialKind.CONSOLE, label, with_mfa=with_mfa)


# Credentials for one service --------------------------------------------------------------------


def keys_of_services(view: AttackerView) -> Iterator[UserEntry]:
    """Return the users that the principal can be in single services."""
    for service, kind in BY_NAME.items():
        for user, call in _made_or_reset(view, service):
            yield from _entry(view, user, kind, call)
    for name, body, held, most, kind, *conditions in UPLOADS:
        for user in view.allowed(name, view.stock.users, **body):
            if len(getattr(user, held)) < quota(view.account, most):
                yield from _entry(view, user, kind, view.on(user, name, **body), *conditions)


def _made_or_reset(view: AttackerView, service: str) -> Iterator[tuple[User, Call]]:
    """Make a credential, or another password for one that is there."""
    most = quota(view.account, "ServiceSpecificCredentialsPerUser")
    made, users = set(), view.stock.users
    create, reset = "CreateServiceSpecificCredential", "ResetServiceSpecificCredential"
    for user in view.allowed(create, users, ServiceName=service):
        if len(_held(user, service)) < most:
            made.add(user.arn)
            yield user, view.on(user, create, ServiceName=service)
    for user in view.allowed(reset, users, ServiceSpecificCredentialId="any"):
        good = [key for key, status in _held(user, service).items() if status == "Active"]
        if good and user.arn not in made:
            yield user, view.on(user, reset, ServiceSpecificCredentialId=good[0])


def _held(user: User, service: str) -> dict[str, str]:
    now = user.account.world.clock.now
    held = user.service_specific_credentials.items()
    return {key: own.status_at(now) for key, own in held if own.service_name == service}


def _entry(
    view: AttackerView, user: User, kind: ServiceCredential, call: Call, *conditions: str
) -> Iterator[UserEntry]:
    state = PrincipalState.of(principal_of(view.world, user))
    if user is not view.user and view.decider.ever(state, kind.probe):
        change = states.StateChange(
            f"in {kind.service}", partial(limited_to, kind), states.CALLS_WITH
        )
        yield UserEntry(31, user, (call,), (change,), conditions)


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
    actions: Sequence[str]
    probe: str


_KINDS = {name: ServiceCredential(name, **kind) for name, kind in TABLES["credentials_of"].items()}
CODECOMMIT, SIGNED = _KINDS["codecommit"], _KINDS.pop("ec2")
BY_NAME = {f"{name}.amazonaws.com": kind for name, kind in _KINDS.items()}
"""``ServiceName`` of a service-specific credential -> what it is good for."""

STILL_TAKEN = "EC2 takes requests that are signed with a certificate"

_SSH, _SIGNING = {"SSHPublicKeyBody": checks.SSH_KEY}, {"CertificateBody": checks.CERTIFICATE}
_SIGNED = (SIGNED, STILL_TAKEN)
UPLOADS: tuple[tuple[Any, ...], ...] = (
    ("UploadSSHPublicKey", _SSH, "ssh_public_keys", "SSHPublicKeysPerUser", CODECOMMIT),
    ("UploadSigningCertificate", _SIGNING, "signing_certificates", "CertificatesPerUser", *_SIGNED),
)
"""Operation, what it uploads, where the user has such credentials, quota, kind, condition."""


def limited_to(kind: ServiceCredential, known: PrincipalContext) -> PrincipalContext:
    """Return a user as a service sees it that takes credentials of its own."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": list(kind.actions), "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    policy = Policy.parse(document, name=f"a credential for {kind.service}")
    return replace(known, scoped=(*known.scoped, AttachedPolicy(policy, path=CREDENTIALS_PATH)))
