"""Who can make a user a credential for one service: Git passwords, API keys, SSH keys.

Whoever makes one for a user calls that service as the user, and no other.

Credentials of a user that only one service takes, and what they are good for.

Notes
-----
AWS pages: "Service-specific credentials for IAM users"; "API UploadSSHPublicKey"; "IAM and AWS STS
quotas".
AWS pages: "Service-specific credentials for IAM users"; "API keys for AWS services"; "Use IAM with
CodeCommit"; "API UploadSigningCertificate". Which calls a credential is good for is likely, not
sure; nothing says that a service still takes signing certificates, so that is a condition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.permission_checks import Call
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, Change, Power
from iamlab.analysis.privilege_escalation.required_parameters import CERTIFICATE, PASSWORD, SSH_KEY
from iamlab.authorization.context_keys import temporary_credential_keys
from iamlab.authorization.credential_scope import CREDENTIALS_PATH
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import Attached
from iamlab.model.credentials import Presented, devices_of
from iamlab.model.quotas import quota
from iamlab.model.record import CredentialKind
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.authorization.principal import PrincipalContext
    from iamlab.model.identities import User


def keys_of_services(one: Standpoint) -> Iterator[Entry]:
    """Give the users in single services whom the power can be."""
    for service, kind in BY_NAME.items():
        for user, call in _made_or_reset(one, service):
            yield from _entry(one, user, kind, call)
    for user in one.allowed("UploadSSHPublicKey", one.stock.users, SSHPublicKeyBody=SSH_KEY):
        if len(user.ssh_public_keys) < quota(one.account, "SSHPublicKeysPerUser"):
            call = one.call("UploadSSHPublicKey", UserName=user.name, SSHPublicKeyBody=SSH_KEY)
            yield from _entry(one, user, CODECOMMIT, call)
    named = {"CertificateBody": CERTIFICATE}
    for user in one.allowed("UploadSigningCertificate", one.stock.users, **named):
        if len(user.signing_certificates) < quota(one.account, "CertificatesPerUser"):
            call = one.call("UploadSigningCertificate", UserName=user.name, **named)
            yield from _entry(one, user, SIGNED, call, STILL_TAKEN)


def _made_or_reset(one: Standpoint, service: str) -> Iterator[tuple[User, Call]]:
    """Make a credential, or another password for one that is there."""
    most = quota(one.account, "ServiceSpecificCredentialsPerUser")
    made = set()
    for user in one.allowed(
        "CreateServiceSpecificCredential", one.stock.users, ServiceName=service
    ):
        if len(_held(user, service)) < most:
            made.add(user.arn)
            named = {"UserName": user.name, "ServiceName": service}
            yield user, one.call("CreateServiceSpecificCredential", **named)
    reset = "ResetServiceSpecificCredential"
    for user in one.allowed(reset, one.stock.users, ServiceSpecificCredentialId="any"):
        good = [key for key, status in _held(user, service).items() if status == "Active"]
        if good and user.arn not in made:
            yield user, one.call(reset, UserName=user.name, ServiceSpecificCredentialId=good[0])


def _held(user: User, service: str) -> dict[str, str]:
    now = user.account.world.clock.now
    return {
        key: one.status_at(now)
        for key, one in user.service_specific_credentials.items()
        if one.service_name == service
    }


def _entry(
    one: Standpoint, user: User, kind: Kind, call: Call, *conditions: str
) -> Iterator[Entry]:
    power = Power.of(principal_of(one.world, user))
    if user is not one.user and one.decider.ever(power, kind.probe):
        yield Entry(31, user, (call,), (only_in(kind),), conditions)


class Kind(NamedTuple):
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
    "codecommit.amazonaws.com": Kind(
        "codecommit", ("codecommit:GitPull", "codecommit:GitPush"), "codecommit:GitPull"
    ),
    "cassandra.amazonaws.com": Kind("cassandra", ("cassandra:*",), "cassandra:Select"),
    "bedrock.amazonaws.com": Kind("bedrock", ("bedrock:*",), "bedrock:InvokeModel"),
    "logs.amazonaws.com": Kind("logs", ("logs:*",), "logs:PutLogEvents"),
}
"""``ServiceName`` of a service-specific credential -> what it is good for."""

CODECOMMIT = BY_NAME["codecommit.amazonaws.com"]
SIGNED = Kind("ec2", ("ec2:*",), "ec2:DescribeInstances")
STILL_TAKEN = "EC2 takes requests that are signed with a certificate"


def only_in(kind: Kind) -> Change:
    """Let it call one service, and nothing else."""
    return Change(f"in {kind.service}", lambda known: limited_to(kind, known), CALLS_WITH)


def limited_to(kind: Kind, known: PrincipalContext) -> PrincipalContext:
    """Give a user as a service sees it that takes credentials of its own."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "NotAction": list(kind.actions), "Resource": "*"},
    ]
    document = {"Version": "2012-10-17", "Statement": statements}
    ceiling = Attached(
        Policy.parse(document, name=f"a credential for {kind.service}"), path=CREDENTIALS_PATH
    )
    return replace(known, scoped=(*known.scoped, ceiling))


ONE_KEY_FREE = "the user has fewer than two access keys"

CONDITIONS = {
    12: "the user has no password yet, and no MFA device",
    13: "the user has a password, and no MFA device",
}
"""Number of a row -> what must be so of a user of whom that is not known."""


class Entry(NamedTuple):
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


def by_key(one: Standpoint) -> Iterator[Entry]:
    """Give the users for whom the power can make an access key, another one deleted if need be."""
    users = one.allowed("CreateAccessKey", one.stock.users)
    most = quota(one.account, "AccessKeysPerUser")
    full = [user for user in users if len(user.key_records) >= most]
    can_delete = one.allowed("DeleteAccessKey", one.stock.users, AccessKeyId="any") if full else ()
    conditions = (ONE_KEY_FREE,) if one.world.loaded else ()
    for user in users:
        if not _adds(one, user, by_key=True):
            continue
        create = one.call("CreateAccessKey", UserName=user.name)
        too_many = [*user.key_records][: len(user.key_records) - most + 1] if user in full else []
        deletes = (
            one.call("DeleteAccessKey", UserName=user.name, AccessKeyId=key) for key in too_many
        )
        if not too_many:
            yield Entry(10, user, (create,), conditions=conditions)
        elif user in can_delete:
            yield Entry(11, user, (*deletes, create))


def by_password(one: Standpoint) -> Iterator[Entry]:
    """Give the users as whom the power can sign in to the console, by a password that it sets."""
    new = one.allowed("CreateLoginProfile", one.stock.users, Password=PASSWORD)
    changed = one.allowed("UpdateLoginProfile", one.stock.users, Password=PASSWORD)
    yield from (
        entry for user in new if user.login_profile is None for entry in _signed_in(one, user, 12)
    )
    # Of a loaded user nobody knows whether it has a password.
    yield from (
        entry
        for user in changed
        if user.login_profile is not None or one.world.loaded
        for entry in _signed_in(one, user, 13)
    )
    # A password that may not be changed may be deleted perhaps, and another one made.
    others = [user for user in new if user.login_profile is not None and user not in changed]
    gone = one.allowed("DeleteLoginProfile", one.stock.users) if others else ()
    for user in (each for each in others if each in gone):
        delete = one.call("DeleteLoginProfile", UserName=user.name)
        for entry in _signed_in(one, user, 12):
            yield entry._replace(calls=(delete, *entry.calls))


def _signed_in(one: Standpoint, user: User, number: int) -> Iterator[Entry]:
    """Set a password and sign in; before that, take away every MFA device."""
    devices = devices_of(user)
    named = [{"UserName": user.name, "SerialNumber": each.serial_number} for each in devices]
    first = [one.call("DeactivateMFADevice", **each) for each in named]
    if not _adds(one, user) or not all(map(one.may, first)):
        return
    is_known = user.login_profile is not None or not one.world.loaded
    conditions = () if is_known else (CONDITIONS[number],)
    calls = (*first, _password_call(one, user, number), sign_in_call(one, user))
    changes = (in_console(one, user),)
    yield Entry(28 if devices else number, user, calls, changes, conditions)


def _password_call(one: Standpoint, user: User, number: int) -> Call:
    named = {"UserName": user.name, "Password": PASSWORD}
    if number == 12:
        return one.call("CreateLoginProfile", **named)
    return one.call("UpdateLoginProfile", **named, PasswordResetRequired=False)


def _adds(one: Standpoint, user: User, *, by_key: bool = False) -> bool:
    """Say whether to become a user adds anything: not to oneself, unless one is less than that.

    A session of a user may be kept from what the user may do with an access key.
    """
    known = one.power.gathered
    is_less = known.kind is not CredentialKind.LONG_TERM or bool(known.session or known.scoped)
    return user is not one.user or (by_key and is_less)


def sign_in_call(one: Standpoint, user: User) -> Call:
    """Sign in, which is no call of an API and takes no permission."""
    return Call("signin:ConsoleLogin", {"account": one.account.account_id, "user": user.name}, ())


def in_console(one: Standpoint, user: User) -> Change:
    """Let it be a session in the console, without MFA."""
    now = one.world.clock.now
    presented = Presented(
        user.arn, temporary_credential_keys(now, now), kind=CredentialKind.CONSOLE
    )
    return Change("in the console", lambda known: known.showing(presented), CALLS_WITH)
