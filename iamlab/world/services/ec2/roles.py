"""How an instance gets the credentials of its role: by its metadata service, for six hours.

EC2 assumes the role for the instance, so the role's trust policy must let it. What has been handed
out works until it expires, whatever becomes of the instance.

Notes
-----
AWS pages: "IAM roles for Amazon EC2"; "Use the Instance Metadata Service to access instance
metadata"; "AWS global condition context keys", section on EC2; "Troubleshoot IAM and Amazon EC2".
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from iamlab.errors import AccessDenied, AwsError, RequestError
from iamlab.world.events import record
from iamlab.world.sts import Session

if TYPE_CHECKING:
    from iamlab.world.identities import Role
    from iamlab.world.services.ec2.instance import Instance

SERVICE = "ec2.amazonaws.com"
LASTS = timedelta(hours=6)
DELIVERIES = ("1.0", "2.0")
"""The versions of the metadata service."""


def session_of(instance: Instance, delivery: str) -> Session:
    """Ask an instance's metadata service for credentials.

    Raises
    ------
    AccessDenied
        The role does not let EC2 assume it.
    RequestError
        The metadata service has none to give, or does not answer.
    """
    role = _role_for(instance, delivery)
    try:
        session = _assumed(instance, role, delivery)
    except AwsError as error:
        _record(instance, role, None, error)
        raise
    _record(instance, role, session, None)
    return session


def _role_for(instance: Instance, delivery: str) -> Role:
    """Give the role in the instance's profile, if the metadata service answers at all."""
    if delivery not in DELIVERIES:
        raise RequestError(f"delivery is one of {', '.join(DELIVERIES)}, not {delivery!r}.")
    if instance.state != "running":
        _refuse(instance, f"it is {instance.state}. Start it: instance.start()")
    if instance.http_endpoint != "enabled":
        _refuse(instance, "its metadata service is switched off")
    if delivery == "1.0" and instance.http_tokens == "required":
        _refuse(instance, "the metadata service wants a token (401 Unauthorized): IMDSv2 only")
    profile = instance.iam_instance_profile
    if profile is None:
        _refuse(
            instance,
            "it has no instance profile (404 Not Found). Give it one: "
            "instance.associate_iam_instance_profile(...)",
        )
    if not profile.roles:
        _refuse(instance, f"there is no role in its instance profile {profile.name}")
    return profile.roles[0]


def _refuse(instance: Instance, reason: str) -> NoReturn:
    raise RequestError(f"Instance {instance.name} gets no credentials: {reason}.")


def _assumed(instance: Instance, role: Role, delivery: str) -> Session:
    world, account = instance.account.world, role.account
    decision = world.can(SERVICE, "sts:AssumeRole", role.arn)
    if not decision:
        raise AccessDenied(
            decision,
            f"EC2 cannot assume the role {role.name}. Please see documentation at "
            "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html"
            "#troubleshoot_iam-ec2_errors-info-doc.",
        )
    start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
    return Session(
        world,
        f"{start}/{role.name}/{instance.name}",
        role.arn,
        role.unique_id,
        world.clock.now,
        world.clock.now + LASTS,
        *world.ids.temporary_key(),
        keys={
            "aws:Ec2InstanceSourceVpc": instance.vpc_id,
            "aws:Ec2InstanceSourcePrivateIPv4": instance.private_ip,
            "ec2:RoleDelivery": delivery,
            "ec2:SourceInstanceArn": instance.arn,
        },
    )


def _record(
    instance: Instance, role: Role, session: Session | None, error: AwsError | None
) -> None:
    """Note the call that EC2 makes: without any secret."""
    record(
        instance.account.world,
        ("sts", "AssumeRole"),
        {"type": "AWSService", "invokedBy": SERVICE},
        instance.account.account_id,
        read_only=True,
        parameters={"RoleArn": role.arn, "RoleSessionName": instance.name},
        answer=None if session is None else _answer(session),
        error=error,
        resources=(role.arn,),
        region=instance.region,
    )


def _answer(session: Session) -> dict[str, Any]:
    return {
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "Expiration": session.expiration.strftime("%b %d, %Y, %I:%M:%S %p"),
        },
        "AssumedRoleUser": {"Arn": session.arn},
    }
