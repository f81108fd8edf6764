"""Who can make a user a credential for one service: Git passwords, API keys, SSH keys.

Whoever makes one for a user calls that service as the user, and no other.

Notes
-----
AWS pages: "Service-specific credentials for IAM users"; "API UploadSSHPublicKey"; "IAM and AWS STS
quotas".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.world.gather import known as known_of
from iamlab.world.quotas import quota
from iamlab.world.reach.later import CERTIFICATE, SSH_KEY
from iamlab.world.reach.powers import Power
from iamlab.world.reach.service_keys import BY_NAME, CODECOMMIT, SIGNED, STILL_TAKEN, only_in
from iamlab.world.reach.ways.entering import Entry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.world.identities import User
    from iamlab.world.reach.calls import Call
    from iamlab.world.reach.service_keys import Kind
    from iamlab.world.reach.standpoint import Standpoint


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
    power = Power.of(known_of(one.world, user))
    if user is not one.user and one.decider.ever(power, kind.probe):
        yield Entry(31, user, (call,), (only_in(kind),), conditions)
