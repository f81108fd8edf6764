"""The contents of an instance's metadata service, path by path, with its role's credentials.

EC2 assumes the role for the instance, so the role's trust policy must allow it. An instance gets
the same credentials until shortly before they expire; then EC2 assumes the role again. Issued
credentials are valid until they expire, whatever happens to the instance.

AWS takes a while to apply another role in the instance profile. To force it, detach and attach the
profile, or stop and start the instance. Here it applies at once.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "Retrieve security credentials from instance metadata", for
when credentials are renewed; "API AddRoleToInstanceProfile", for how to force that; "AWS global
condition context keys", section on EC2; "Instance metadata categories"; "Instance identity
documents"; "Troubleshoot IAM and Amazon EC2", for the errors in ``iam/info``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from iamlab.errors import AccessDenied, RequestError
from iamlab.errors.sts import RegionDisabledException
from iamlab.operations.sts.service_session_kinds import ServiceKind, Work
from iamlab.operations.sts.service_sessions import perform_for_service
from iamlab.operations.sts.session import Session

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.model.identities import Role
    from iamlab.operations.services.ec2.instance import Association, Instance
    from iamlab.operations.sts.service_session_kinds import Tell


SERVICE = "ec2.amazonaws.com"
LASTS = timedelta(hours=6)
OVERLAP = timedelta(minutes=15)
"""How long before expiry new credentials are available.

AWS says at least five minutes. SDKs ask from 15 minutes on, and would use old ones beyond expiry.
"""

HELP = (
    "Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
)
"""The end of AWS's messages about an instance's role."""


class Refusal(NamedTuple):
    """Why an instance's metadata service rejects a request.

    Parameters
    ----------
    status
        The HTTP status of its response; 0: no response.
    reason
        The reason, for example "it is stopped".
    """

    status: int
    reason: str

    def __str__(self) -> str:
        answer = f" ({self.status} {HTTPStatus(self.status).phrase})" if self.status else ""
        return f"{self.reason}{answer}."


def refusal(instance: Instance, *, with_token: bool) -> Refusal | None:
    """Return why an instance's metadata service refuses a request with or without a token."""
    if instance.state != "running":
        hint = ": start it with instance.start()" if instance.state == "stopped" else ""
        return Refusal(0, f"it is {instance.state}{hint}")
    if instance.http_endpoint != "enabled":
        return Refusal(403, "its metadata service is disabled")
    if instance.http_tokens == "required" and not with_token:
        return Refusal(401, "its metadata service requires a token (IMDSv2 only)")
    return None


def no_role(instance: Instance) -> Refusal | None:
    """Return why an instance has no role, if it has none."""
    profile = instance.iam_instance_profile
    if instance.association is not None and profile is None:
        return Refusal(404, "its instance profile was deleted; a new one isn't attached")
    if profile is None:
        give = "attach one with instance.associate_iam_instance_profile(...)"
        return Refusal(404, f"it has no instance profile: {give}")
    if not profile.roles:
        return Refusal(404, f"its instance profile has no role: {profile.name}")
    return None


def role_of(instance: Instance) -> Role | None:
    """Return the role in an instance's profile."""
    profile = instance.iam_instance_profile
    return profile.roles[0] if profile is not None and profile.roles else None


def session_of(instance: Instance, delivery: str) -> Session:
    """Return credentials from an instance's metadata service.

    Parameters
    ----------
    delivery
        The version, which needs a token or not.

    Raises
    ------
    AccessDenied
        The role's trust policy doesn't allow EC2.
    RequestError
        The metadata service has no credentials, or doesn't answer.
    """
    if delivery not in ("1.0", "2.0"):
        raise RequestError(f"delivery is one of 1.0, 2.0, not {delivery!r}.")
    role = role_of(instance)
    refused = refusal(instance, with_token=delivery != "1.0") or no_role(instance)
    if role is None or refused is not None:
        raise RequestError(f"Instance {instance.name} gets no credentials: {refused}")
    return delivered_session(instance, role, delivery)


def delivered_session(instance: Instance, role: Role, delivery: str) -> Session:
    """Return an instance's session; EC2 creates a new one if needed.

    Raises
    ------
    AccessDenied
        The role's trust policy doesn't allow EC2.
    RegionDisabledException
        The account has disabled STS in the instance's Region.
    """
    world = instance.account.world
    kept = world.sessions.get(instance.delivered.get(delivery, ""))
    is_own = kept and (kept.issuer_id, kept.name) == (role.unique_id, instance.name)
    if kept is not None and is_own and kept.expiration - world.clock.now > OVERLAP:
        return Session(world, kept)
    kind, work = _session_kind(instance, role, delivery), Work(SERVICE, role.name)
    parameters = {"RoleArn": role.arn, "RoleSessionName": instance.name}
    session = perform_for_service(world, kind, work, parameters, instance.region)
    instance.delivered = {**instance.delivered, delivery: session.access_key_id}
    return session


def _session_kind(instance: Instance, role: Role, delivery: str) -> ServiceKind:
    """Return how EC2 makes sessions for an instance, which has only one task."""
    keys = {
        "aws:Ec2InstanceSourceVpc": instance.vpc_id,
        "aws:Ec2InstanceSourcePrivateIPv4": instance.private_ip,
        "ec2:RoleDelivery": delivery,
        "ec2:SourceInstanceArn": instance.arn,
    }
    return ServiceKind(
        _always(instance.name),
        int(LASTS.total_seconds()),
        {key: _always(value) for key, value in keys.items()},
        f"EC2 cannot assume the role {role.name}. {HELP}",
    )


def _always(text: str) -> Tell:
    return lambda _: text


Tells = Callable[["Instance", str], str]
"""Returns what is at a path, for a version of the metadata service."""

DATA = "/latest/meta-data"
ROLES = f"{DATA}/iam/security-credentials"


def listed_in(tree: Mapping[str, object], path: str) -> list[str]:
    """List the entries directly below a path; folders end with a slash."""
    start = f"{path.removesuffix('/')}/"
    below = (name.removeprefix(start) for name in tree if path and name.startswith(start))
    return sorted({"".join(name.partition("/")[:2]) for name in below})


def _info(held: Association, instance: Instance, _: str) -> str:
    """Return the instance profile, or what is wrong with it."""
    profile, now = instance.iam_instance_profile, instance.account.world.clock.now
    if profile is None:
        lost = f"Instance Profile with Id {held.profile_id} cannot be found. {HELP}"
        return _json(Code="InstanceProfileNotFound", Message=lost, LastUpdated=_stamp(now))
    named = {"InstanceProfileArn": held.profile_arn, "InstanceProfileId": held.profile_id}
    bare = f"Instance Profile does not contain a role. {HELP}"
    wrong = {} if profile.roles else {"Message": bare}
    return _json(Code="Success", **wrong, LastUpdated=_stamp(now), **named)


def _credentials(role: Role, instance: Instance, delivery: str) -> str:
    """Return credentials of the profile's role, or the reason why EC2 has none."""
    try:
        session = delivered_session(instance, role, delivery)
    except (AccessDenied, RegionDisabledException) as error:
        # That the code is the same if STS is disabled isn't documented.
        code, last = "AssumeRoleUnauthorizedAccess", _stamp(instance.account.world.clock.now)
        return _json(Code=code, Message=error.message, LastUpdated=last)
    return _json(
        Code="Success",
        LastUpdated=_stamp(session.issued),
        Type="AWS-HMAC",
        AccessKeyId=session.access_key_id,
        SecretAccessKey=session.secret_access_key,
        Token=session.session_token,
        Expiration=_stamp(session.expiration),
    )


def _document(instance: Instance, _: str) -> str:
    """Return the identity of the instance; AWS signs it, so that others can check it."""
    return _json(
        accountId=instance.account.account_id,
        instanceId=instance.name,
        privateIp=instance.private_ip,
        region=instance.region,
        version="2017-09-30",
    )


_ALWAYS: Mapping[str, Tells] = {
    "/latest/dynamic/instance-identity/document": _document,
    f"{DATA}/instance-id": lambda instance, _: instance.name,
    f"{DATA}/local-ipv4": lambda instance, _: instance.private_ip,
    f"{DATA}/placement/region": lambda instance, _: instance.region,
}
"""Path -> its content on every instance."""


def tree_of(instance: Instance) -> dict[str, Tells]:
    """Return the current content of each path; below ``iam`` only with an instance profile."""
    held, role = instance.association, role_of(instance)
    return {
        **_ALWAYS,
        **({} if held is None else {f"{DATA}/iam/info": partial(_info, held)}),
        **({} if role is None else {f"{ROLES}/{role.name}": partial(_credentials, role)}),
    }


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(**parts: str) -> str:
    return json.dumps(parts, indent=2, separators=(",", " : "))
