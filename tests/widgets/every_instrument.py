"""Every instrument, and what somebody does with it: controls with values, or None to press."""

import json
from contextlib import suppress
from functools import cache

from botocore.exceptions import ClientError

from iamlab import Policy, lab, widgets
from iamlab.teach import observatory, scenario
from iamlab.teach.scenarios import COLLECTOR, EXTERNAL_ID, MAP, OLD_MAP, READER, README


@cache
def acme():
    """All of Acme Observatory; instruments don't change it."""
    return observatory()


def _people():
    return list(acme().account("acme-main").users.values())


def _instance():
    held = acme().account("acme-main").resources.values()
    return next(resource for resource in held if resource.kind == "instance")


@cache
def called():
    """All of Acme Observatory, and calls of real clients in it."""
    world = observatory()
    world.user("dana").create_access_key()
    session = world.boto3_session(world.user("dana"))
    iam, sts = session.client("iam"), session.client("sts")
    sts.get_caller_identity()
    for ask in (iam.list_users, sts.get_session_token, iam.list_roles):
        with suppress(ClientError):
            ask()
    world.gateway.handle("POST", "https://iam.amazonaws.com/", {}, b"Action=ListUsers")
    return world


AUDITOR = "arn:aws:iam::111111111111:role/auditor"
ARCHIVIST = "arn:aws:iam::222222222222:role/archivist"
CAROL_AS_AUDITOR = [
    ("caller", "arn:aws:iam::111111111111:user/carol"),
    ("role", AUDITOR),
]
MFA = "aws:MultiFactorAuthPresent"
DENY = json.dumps(Policy.deny("s3:GetObject", "*").to_dict())
REQUESTS = [("s3:GetObject", MAP), ("s3:DeleteObject", MAP)]
EVERY = {
    "lab": (
        lambda **more: lab(acme(), "dana", "s3:DeleteObject", MAP, **more),
        [("action", "s3:GetObject"), ("mfa", "yes"), ("principal", "carol")],
    ),
    "client_calls": (
        lambda: widgets.client_calls(called()),
        [("row", "3"), ("refresh", None), ("row", "0")],
    ),
    "clickable_graph": (
        lambda **more: widgets.clickable_graph(acme(), "dana", "s3:DeleteObject", MAP, **more),
        [("guard/KeepMaps", None), ("group developers", None), ("guard/KeepMaps", None)],
    ),
    "instance_view": (
        lambda **more: widgets.instance_view(_instance(), **more),
        [("place", "23"), ("profile", ""), ("place", "30"), ("profile", "nightly-job-profile")],
    ),
    "statement_stack": (
        lambda **more: widgets.statement_stack(
            scenario("stack"), "alice", "stack", [*REQUESTS, ("s3:GetObject", README)], **more
        ),
        [("KeepMaps", False), ("up ReadMe", None), ("request", "2")],
    ),
    "membership_board": (
        lambda **more: widgets.membership_board(scenario("groups"), **more),
        [("dana in contractors", False), ("caller", "dana"), ("request", "2")],
    ),
    "condition_table": (
        lambda **more: widgets.condition_table({"Bool": {MFA: "true"}}, [{MFA: True}, {}], **more),
        [("row", "1"), ("given 0", "false"), ("operator 0", "Null"), ("add", None)],
    ),
    "matrix_board": (
        lambda **more: widgets.matrix_board(acme(), _people(), REQUESTS, **more),
        [("policy", "acme-main group contractors: guard")],
    ),
    "organization_tree": (
        lambda **more: widgets.organization_tree(
            acme(), ARCHIVIST, "s3:DeleteObject", OLD_MAP, **more
        ),
        [("place", "OU Archive"), ("policy", "keep-the-archive"), ("detach", None)],
    ),
    "security_status": (
        lambda **more: widgets.security_status(acme(), **more),
        [("account", "111111111111"), ("Apply an IAM password policy", None)],
    ),
    "overlap": (
        lambda **more: widgets.overlap(
            Policy.allow(["s3:*", "ec2:StartInstances"], "*"),
            Policy.allow(["s3:Get*", "iam:GetUser"], "*"),
            **more,
        ),
        [("action", "ec2:StartInstances"), ("both", None)],
    ),
    "policy_editor": (
        lambda: widgets.policy_editor(Policy.allow("s3:*", "*")),
        [("text", "{"), ("text", DENY)],
    ),
    "reach_explorer": (
        lambda **more: widgets.reach_explorer(acme(), "carol", ARCHIVIST, **more),
        [("next", None), ("back", None), ("source", "arn:aws:iam::111111111111:user/alice")],
    ),
    "session_slider": (
        lambda **more: widgets.session_slider(acme(), **more),
        [*CAROL_AS_AUDITOR, ("issue", None), ("place", "9")],
    ),
    "sign_in_form": (
        lambda **more: widgets.sign_in_form(acme(), "carol", **more),
        [("password", "Correct-Horse-1"), ("sign in", None), ("next", None)],
    ),
    "stepper": (
        lambda **more: widgets.stepper(acme().can("dana", "s3:DeleteObject", MAP), **more),
        [("next", None), ("next", None)],
    ),
    "trust_door": (
        lambda **more: widgets.trust_door(acme(), COLLECTOR, READER, **more),
        [
            ("key sts:ExternalId", EXTERNAL_ID),
            ("trust of starsoft-reader/OurVendor", False),
            ("policy", "starsoft role collector: collect"),
        ],
    ),
    "two_sides": (
        lambda **more: widgets.two_sides(acme(), AUDITOR, "s3:GetObject", OLD_MAP, **more),
        [("read-all/ReadEverywhere", False), ("key aws:SecureTransport", "false")],
    ),
    "token_boxes": (
        lambda **more: widgets.token_boxes("aws:TagKeys", ["project"], request=["cost"], **more),
        [("policy", "cost"), ("add policy", None), ("remove request 0", None), ("present", False)],
    ),
}
"""Name -> a function that makes it, and what is done."""
