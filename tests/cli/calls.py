"""Questions as arguments; a world in which it matters how a call is made, and its options."""

from typing import Any

from iamlab import World
from tests.policy.documents import allow, document
from tests.storage.account_exports import arn_of

MAIN = "111111111111"
IAM = f"arn:aws:iam::{MAIN}:"
MAP = "arn:aws:s3:::star-maps/m31"
ENDPOINT = "vpce-1"  # stands for the id of the only endpoint there is
TRAIL = f"arn:aws:cloudtrail:us-east-1:{MAIN}:trail/main"
CLOUDTRAIL = "cloudtrail.amazonaws.com"

# Questions about the hand-made account, which is in account.json.
DETAILS = ("--account-details", "account.json")
GET = ("--action", "s3:GetObject", "--resource", MAP)
QUESTIONS: dict[str, tuple[str, ...]] = {
    "can": ("--principal", arn_of("dana"), *GET),
    "who-can": GET,
    "what-can": ("--principal", arn_of("dana"), "--service", "s3"),
    "matrix": GET,
}

# A user who is allowed only if the call is made so: the condition, and the options.
CALLS: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "ip": ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, ("--ip", "203.0.113.9")),
    "vpc": ({"StringEquals": {"aws:SourceVpc": "vpc-1"}}, ("--vpc", "vpc-1")),
    "vpce": ({"StringLike": {"aws:SourceVpce": "vpce-*"}}, ("--endpoint", ENDPOINT)),
    "via": (
        {"StringEquals": {"aws:CalledViaLast": "athena.amazonaws.com"}},
        ("--via", "cloudformation.amazonaws.com", "--via", "athena.amazonaws.com"),
    ),
    "tags": (
        {"StringEquals": {"aws:RequestTag/team": "a=b", "aws:RequestTag/none": ""}},
        ("--request-tag", "team=a=b", "--request-tag", "none="),
    ),
    "region": ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, ("--region", "eu-west-1")),
    "key": ({"StringEquals": {"aws:UserAgent": "probe"}}, ("--context", "aws:useragent=probe")),
}


CHOSEN = "key"
"""Every caller can send this value, so it keeps nobody out."""

NOT_TOLD = ("ip", "vpc", "vpce", "via")
"""The world doesn't tell these facts: without them, the users are allowed under a condition."""


def travelling() -> World:
    """Build it: a user for each way to call, a bucket, an endpoint for S3."""
    world = World(seed=5)
    main = world.create_account("main", account_id=MAIN)
    for name, (condition, _) in CALLS.items():
        main.create_user(name).put_policy(
            name, document(allow("s3:GetObject", Condition=condition))
        )
    bucket = main.create_bucket("star-maps")
    by_trail = {"StringEquals": {"aws:SourceArn": TRAIL}}
    bucket.put_policy(
        document(
            allow(
                "s3:PutObject",
                "arn:aws:s3:::star-maps/*",
                Principal={"Service": CLOUDTRAIL},
                Condition=by_trail,
            )
        )
    )
    main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    return world


def options_of(name: str, world: World) -> tuple[str, ...]:
    """Return the options that let this user in."""
    (endpoint,) = (
        resource.name
        for resource in world.accounts[MAIN].resources.values()
        if resource.kind == "VPC endpoint"
    )
    return tuple(endpoint if call == ENDPOINT else call for call in CALLS[name][1])


def allowed_by(name: str) -> set[str]:
    """Name those who are let in then: endpoints are in their VPC, so two users may come in."""
    users = {"vpc", "vpce"} if name in ("vpc", "vpce") else {name}
    return {*(f"{IAM}user/{user}" for user in users), f"{IAM}root"}
