"""What the metadata service of an instance tells, path by path; its role's credentials too.

Notes
-----
AWS pages: "Instance metadata categories"; "Retrieve security credentials from instance metadata";
"Instance identity documents"; "Troubleshoot IAM and Amazon EC2", for what ``iam/info`` says when
something is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from iamlab.errors import AccessDenied
from iamlab.sts_errors import RegionDisabledException
from iamlab.world.services.ec2.roles import HELP, delivered_session, role_of

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.identities import Role
    from iamlab.world.services.ec2.instance import Association, Instance

Tells = Callable[["Instance", str], str]
"""Tells what stands at a path, given the version of the service that is asked."""

DATA = "/latest/meta-data"
ROLES = f"{DATA}/iam/security-credentials"


def listed_in(tree: Mapping[str, object], path: str) -> list[str]:
    """List what is right below a path; what has more below it ends with a slash."""
    start = f"{path.removesuffix('/')}/"
    below = (one.removeprefix(start) for one in tree if path and one.startswith(start))
    return sorted({"".join(one.partition("/")[:2]) for one in below})


def _info(held: Association, instance: Instance, _: str) -> str:
    """Tell of the instance profile; what is wrong with it stands here."""
    profile, last = instance.iam_instance_profile, {"LastUpdated": _stamp(_now(instance))}
    if profile is None:
        lost = f"Instance Profile with Id {held.profile_id} cannot be found. {HELP}"
        return _json({"Code": "InstanceProfileNotFound", "Message": lost, **last})
    named = {"InstanceProfileArn": held.profile_arn, "InstanceProfileId": held.profile_id}
    bare = f"Instance Profile does not contain a role. {HELP}"
    wrong = {} if profile.roles else {"Message": bare}
    return _json({"Code": "Success", **wrong, **last, **named})


def _credentials(role: Role, instance: Instance, delivery: str) -> str:
    """Hand out credentials of the role in the profile, or say why EC2 got none."""
    try:
        session = delivered_session(instance, role, delivery)
    except (AccessDenied, RegionDisabledException) as error:
        # That it is the same code where STS is switched off is not documented.
        code, last = "AssumeRoleUnauthorizedAccess", _stamp(_now(instance))
        return _json({"Code": code, "Message": error.message, "LastUpdated": last})
    return _json(
        {
            "Code": "Success",
            "LastUpdated": _stamp(session.issued),
            "Type": "AWS-HMAC",
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "Token": session.session_token,
            "Expiration": _stamp(session.expiration),
        }
    )


def _document(instance: Instance, _: str) -> str:
    """Tell who the instance is; AWS signs this, so that it can be shown to others."""
    return _json(
        {
            "accountId": instance.account.account_id,
            "instanceId": instance.name,
            "privateIp": instance.private_ip,
            "region": instance.region,
            "version": "2017-09-30",
        }
    )


_ALWAYS: Mapping[str, Tells] = {
    "/latest/dynamic/instance-identity/document": _document,
    f"{DATA}/instance-id": lambda instance, _: instance.name,
    f"{DATA}/local-ipv4": lambda instance, _: instance.private_ip,
    f"{DATA}/placement/region": lambda instance, _: instance.region,
}
"""Path -> what stands there on every instance."""


def tree_of(instance: Instance) -> dict[str, Tells]:
    """Give what stands at each path now; below ``iam`` only with an instance profile."""
    held, role = instance.association, role_of(instance)
    return {
        **_ALWAYS,
        **({} if held is None else {f"{DATA}/iam/info": partial(_info, held)}),
        **({} if role is None else {f"{ROLES}/{role.name}": partial(_credentials, role)}),
    }


def _now(instance: Instance) -> datetime:
    return instance.account.world.clock.now


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, indent=2, separators=(",", " : "))
