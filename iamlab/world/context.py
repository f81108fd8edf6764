"""What the context of a request is: who calls, and when.

Notes
-----
AWS page: "AWS global condition context keys", for which key is present when.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.world.identities import Role, User

DEFAULT_REGION = "us-east-1"


def of_user(user: User) -> dict[str, ContextValue]:
    """Say what AWS knows of an IAM user who signs with a long-term access key: no MFA keys."""
    return {
        "aws:username": user.name,
        "aws:userid": user.unique_id,
        "aws:PrincipalType": "User",
        **_of_principal(user.arn, user.account.account_id, user.tags),
    }


def of_role(role: Role, session_name: str) -> dict[str, ContextValue]:
    """Say what AWS knows of a session of a role; ``aws:PrincipalArn`` is the *role's* ARN."""
    return {
        "aws:userid": f"{role.unique_id}:{session_name}",
        "aws:PrincipalType": "AssumedRole",
        **_of_principal(role.arn, role.account.account_id, role.tags),
    }


def of_root(arn: str, account_id: str) -> dict[str, ContextValue]:
    """Say what AWS knows of a root user."""
    return {
        "aws:userid": account_id,
        "aws:PrincipalType": "Account",
        **_of_principal(arn, account_id, {}),
    }


def of_service(service: str) -> dict[str, ContextValue]:
    """Say what AWS knows of a service that calls for itself."""
    return {"aws:PrincipalIsAWSService": True, "aws:PrincipalServiceName": service}


def of_anonymous() -> dict[str, ContextValue]:
    """Say what AWS knows of somebody who did not sign."""
    return {
        "aws:userid": "anonymous",
        "aws:PrincipalType": "Anonymous",
        "aws:PrincipalAccount": "anonymous",
    }


def of_tags(key: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Give tags as condition keys, whose letter case does not count.

    Of two tags that differ in nothing else the first is given: AWS does not say which one it takes.

    Examples
    --------
    >>> of_tags("aws:ResourceTag", {"team": "sky", "Team": "air"})
    {'aws:ResourceTag/team': 'sky'}
    """
    first: dict[str, str] = {}
    for name in tags:
        first.setdefault(name.lower(), name)
    return {f"{key}/{name}": tags[name] for name in first.values()}


def _of_principal(arn: str, account_id: str, tags: dict[str, str]) -> dict[str, ContextValue]:
    return {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account_id,
        "aws:PrincipalIsAWSService": False,
        **of_tags("aws:PrincipalTag", tags),
    }


def of_moment(now: datetime, resource: str, resource_account: str) -> dict[str, ContextValue]:
    """Say what is true of every request at this time: a direct call, over TLS."""
    region = Arn.parse(resource).region if is_arn(resource) else ""
    return {
        "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": True,
        "aws:ViaAWSService": False,
        "aws:RequestedRegion": region or DEFAULT_REGION,
        **({"aws:ResourceAccount": resource_account} if resource_account else {}),
    }
