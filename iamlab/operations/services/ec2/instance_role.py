"""What the metadata service of an instance tells, path by path; its role's credentials too.

EC2 assumes the role for the instance, so the role's trust policy must let it. An instance is given
the same credentials until little of their time is left; then EC2 assumes the role once more. What
has been handed out works until it expires, whatever becomes of the instance.

AWS takes a while to notice that another role is in the instance profile, and says how to force it:
take the profile away and give it again, or stop the instance and start it. Here nothing is late.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "Retrieve security credentials from instance metadata", for
when new ones come; "API AddRoleToInstanceProfile", for what forces them; "AWS global condition
context keys", section on EC2; "Instance metadata categories"; "Instance identity documents";
"Troubleshoot IAM and Amazon EC2", for what ``iam/info`` says when something is wrong.
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
OVERLAP = timedelta(minutes=5)
"""So long before the old credentials expire, the new ones are there: "at least five minutes"."""

HELP = (
    "Please see documentation at https://docs.aws.amazon.com/IAM/latest/UserGuide/"
    "troubleshoot_iam-ec2.html#troubleshoot_iam-ec2_errors-info-doc."
)
"""How AWS ends its sentences about what is wrong with an instance's role."""


class Refusal(NamedTuple):
    """Why the metadata service of an instance does not tell something.

    Parameters
    ----------
    status
        The HTTP status of its answer; 0: there is no answer at all.
    reason
        What is so: "it is stopped".
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
        return Refusal(403, "its metadata service is switched off")
    if instance.http_tokens == "required" and not with_token:
        return Refusal(401, "its metadata service wants a token, as it is IMDSv2 only")
    return None


def no_role(instance: Instance) -> Refusal | None:
    """Return why an instance has no role, if it has none."""
    profile = instance.iam_instance_profile
    if instance.association is not None and profile is None:
        return Refusal(404, "its instance profile has been deleted; one made anew is another one")
    if profile is None:
        give = "give it one with instance.associate_iam_instance_profile(...)"
        return Refusal(404, f"it has no instance profile: {give}")
    if not profile.roles:
        return Refusal(404, f"there is no role in its instance profile {profile.name}")
    return None


def role_of(instance: Instance) -> Role | None:
    """Return the role in an instance's profile."""
    profile = instance.iam_instance_profile
    return profile.roles[0] if profile is not None and profile.roles else None


def session_of(instance: Instance, delivery: str) -> Session:
    """Ask an instance's metadata service for credentials.

    Parameters
    ----------
    delivery
        The version that is asked, with a token or without.

    Raises
    ------
    AccessDenied
        The role does not let EC2 assume it.
    RequestError
        The metadata service has none to give, or does not answer.
    """
    if delivery not in ("1.0", "2.0"):
        raise RequestError(f"delivery is one of 1.0, 2.0, not {delivery!r}.")
    role = role_of(instance)
    refused = refusal(instance, with_token=delivery != "1.0") or no_role(instance)
    if role is None or refused is not None:
        raise RequestError(f"Instance {instance.name} gets no credentials: {refused}")
    return delivered_session(instance, role, delivery)


def delivered_session(instance: Instance, role: Role, delivery: str) -> Session:
    """Return the session that an instance has now; EC2 makes one if there is none, or it is old.

    Raises
    ------
    AccessDenied
        The role does not let EC2 assume it.
    RegionDisabledException
        The account has switched STS off in the instance's Region.
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
    """List what is right below a path; what has more below it ends with a slash."""
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
    """Hand out credentials of the role in the profile, or say why EC2 got none."""
    try:
        session = delivered_session(instance, role, delivery)
    except (AccessDenied, RegionDisabledException) as error:
        # That it is the same code where STS is switched off is not documented.
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
"""Path -> what stands there on every instance."""


def tree_of(instance: Instance) -> dict[str, Tells]:
    """Return what stands at each path now; below ``iam`` only with an instance profile."""
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
