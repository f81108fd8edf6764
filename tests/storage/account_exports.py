"""Account details to test with: one account as data, made by three hands.

``hand_made`` builds it with the world's public methods, ``moto_account`` with real boto3 calls
against moto, and ``export_of`` writes any world down as the AWS CLI would. ``VERDICTS`` says, by
AWS's rules and by nobody's output, what must come of it whichever hand made the account.
"""

import contextlib
import copy
import functools
import io
import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from iamlab import World
from tests.policy.documents import Doc, allow, deny, document, trust

ACCOUNT = "123456789012"  # moto's
IAM = f"arn:aws:iam::{ACCOUNT}:"
MAPS, HOMES = "arn:aws:s3:::star-maps", "arn:aws:s3:::homes"
TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/stars"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k1"
LISTS = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")
FILTERS = {
    "User": "UserDetailList",
    "Group": "GroupDetailList",
    "Role": "RoleDetailList",
    "LocalManagedPolicy": "Policies",
}


POLICIES = {  # name: (path, versions from v1 on, the default one)
    "read-maps": (
        "/",
        [
            document(allow("s3:*")),
            document(allow("s3:GetObject", f"{MAPS}/*", Sid="ReadMaps")),
            document(deny("*")),
        ],
        "v2",
    ),
    "ceiling": ("/limits/", [document(allow("s3:*", Sid="OnlyS3"))], "v1"),
    "everything": ("/", [document(allow("*", Sid="All"))], "v1"),
}
ARN_OF = {name: f"{IAM}policy{path}{name}" for name, (path, _, _) in POLICIES.items()}
GROUPS: dict[str, Doc] = {
    "astronomers": {
        "attached": ["read-maps"],
        "inline": {"list": document(allow("s3:ListBucket", MAPS))},
    },
    "interns": {"inline": {"no-delete": document(deny("s3:Delete*", f"{MAPS}/raw/*", Sid="Raw"))}},
}
USERS: dict[str, Doc] = {
    "alice": {
        "path": "/sky/",
        "groups": ["astronomers"],
        "tags": {"team": "sky"},
        "inline": {
            "home": document(allow("s3:*", f"{HOMES}/${{aws:username}}/*", Sid="OwnHome")),
            "by-tag": document(
                allow(
                    "dynamodb:GetItem",
                    Condition={"StringEquals": {"aws:PrincipalTag/team": "sky"}},
                )
            ),
        },
    },
    "bob": {"groups": ["interns"], "attached": ["everything"], "boundary": "ceiling"},
    "carol": {},
    "dana": {
        "groups": ["astronomers", "interns"],
        "tags": {"team": "sea"},
        "inline": {"cleaner": document(allow("s3:DeleteObject", f"{MAPS}/*"))},
    },
    "erin": {
        "inline": {
            "office": document(
                allow(
                    "s3:PutObject",
                    f"{MAPS}/*",
                    Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
                ),
                allow("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                allow(
                    "ec2:CreateTags",
                    Condition={
                        "ForAllValues:StringEquals": {"aws:TagKeys": ["project", "owner"]},
                        "Null": {"aws:TagKeys": "false"},
                    },
                ),
            )
        }
    },
}
ROLES: dict[str, Doc] = {
    "auditor": {
        "path": "/audit/",
        "trust": trust({"AWS": f"{IAM}user/sky/alice"}),
        "attached": ["everything"],
        "boundary": "ceiling",
        "tags": {"team": "audit"},
        "profile": "auditor-profile",
    },
    "builder": {
        "trust": trust({"Service": "ec2.amazonaws.com"}),
        "inline": {"become": document(allow("sts:AssumeRole", f"{IAM}role/audit/auditor"))},
    },
}


def arn_of(name: str) -> str:
    """Return the ARN of one of the users or roles above."""
    kind, values = ("user", USERS) if name in USERS else ("role", ROLES)
    return f"{IAM}{kind}{values[name].get('path', '/')}{name}"


AUDIT_SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/monday"
ROOT = f"{IAM}root"
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"
MFA = "aws:MultiFactorAuthPresent"
# Who, action, resource, further context, verdict, and why.
VERDICTS: list[tuple[str, str, str, Doc, str, str]] = [
    (arn_of(who) if who in {**USERS, **ROLES} else who, action, resource, context, verdict, why)
    for who, action, resource, context, verdict, why in [
        ("alice", "s3:GetObject", f"{MAPS}/m31", {}, "allowed", "through her group"),
        ("alice", "s3:ListBucket", MAPS, {}, "allowed", "inline policy of her group"),
        ("alice", "s3:PutObject", f"{MAPS}/m31", {}, "implicitDeny", "v1 is not the default"),
        ("alice", "s3:PutObject", f"{HOMES}/alice/x", {}, "allowed", "aws:username"),
        ("alice", "s3:PutObject", f"{HOMES}/bob/x", {}, "implicitDeny", "not her name"),
        ("alice", "dynamodb:GetItem", TABLE, {}, "allowed", "her tag"),
        ("alice", "kms:Decrypt", KEY, {}, "implicitDeny", "her policies must allow too"),
        ("alice", "sts:AssumeRole", arn_of("auditor"), {}, "allowed", "the trust names her"),
        ("bob", "s3:PutObject", f"{MAPS}/raw/x", {}, "allowed", "policy and boundary"),
        ("bob", "s3:DeleteObject", f"{MAPS}/raw/x", {}, "explicitDeny", "group's deny"),
        ("bob", "ec2:StartInstances", INSTANCE, {}, "implicitDeny", "outside the boundary"),
        ("bob", "kms:Decrypt", KEY, {}, "implicitDeny", "outside the boundary"),
        ("carol", "s3:GetObject", f"{MAPS}/m31", {}, "implicitDeny", "has nothing"),
        ("dana", "s3:DeleteObject", f"{MAPS}/m31", {}, "allowed", "inline"),
        ("dana", "s3:DeleteObject", f"{MAPS}/raw/1", {}, "explicitDeny", "a deny wins"),
        ("dana", "dynamodb:GetItem", TABLE, {}, "implicitDeny", "no such policy"),
        ("dana", "sts:AssumeRole", arn_of("auditor"), {}, "implicitDeny", "not trusted"),
        ("erin", "s3:PutObject", f"{MAPS}/x", {}, "implicitDeny", "address unknown"),
        ("erin", "s3:PutObject", f"{MAPS}/x", {"aws:SourceIp": "203.0.113.9"}, "allowed", "in"),
        (
            *("erin", "s3:PutObject", f"{MAPS}/x", {"aws:SourceIp": "198.51.100.1"}),
            *("implicitDeny", "out of the network"),
        ),
        ("erin", "iam:CreateUser", f"{IAM}user/x", {}, "implicitDeny", "long-term key: no MFA"),
        ("erin", "iam:CreateUser", f"{IAM}user/x", {MFA: "true"}, "allowed", "with MFA"),
        (
            *("erin", "ec2:CreateTags", INSTANCE, {"aws:TagKeys": ["owner", "project"]}),
            *("allowed", "all keys are in the list"),
        ),
        (
            *("erin", "ec2:CreateTags", INSTANCE, {"aws:TagKeys": ["owner", "cost"]}),
            *("implicitDeny", "one key is not"),
        ),
        ("auditor", "s3:GetObject", f"{MAPS}/m31", {}, "allowed", "policy and boundary"),
        ("auditor", "iam:GetUser", arn_of("carol"), {}, "implicitDeny", "boundary"),
        (AUDIT_SESSION, "s3:GetObject", f"{MAPS}/m31", {}, "allowed", "as its role"),
        (AUDIT_SESSION, "iam:GetUser", arn_of("carol"), {}, "implicitDeny", "boundary"),
        ("builder", "sts:AssumeRole", arn_of("auditor"), {}, "implicitDeny", "not trusted"),
        (ROOT, "s3:DeleteBucket", MAPS, {}, "allowed", "root user, own account"),
    ]
]


def hand_made() -> World:
    """Build the account with the world's public methods."""
    world = World(seed=3)
    account = world.create_account("maps", account_id=ACCOUNT)
    for name, (path, versions, default) in POLICIES.items():
        policy = account.create_policy(name, versions[0], path=path)
        for more in versions[1:]:
            policy.create_version(more)
        policy.set_default_version(default)
    for name, spec in GROUPS.items():
        _fill(account.create_group(name), spec)
    for name, spec in USERS.items():
        user = account.create_user(name, path=spec.get("path", "/"), tags=spec.get("tags"))
        _fill(user, spec)
        for group in spec.get("groups", ()):
            account.groups[group].add_user(user)
    for name, spec in ROLES.items():
        role = account.create_role(
            name,
            assume_role_policy_document=spec["trust"],
            path=spec.get("path", "/"),
            tags=spec.get("tags"),
        )
        _fill(role, spec)
    return world


def _fill(identity: Any, spec: Doc) -> None:
    for policy in spec.get("attached", ()):
        identity.attach_policy(ARN_OF[policy])
    for name, inline in spec.get("inline", {}).items():
        identity.put_policy(name, inline)
    if "boundary" in spec:
        identity.put_permissions_boundary(ARN_OF[spec["boundary"]])


def export_of(world: World) -> Doc:
    """Write down the only account of a world as the CLI prints it."""
    (account,) = world.accounts.values()
    return {
        "UserDetailList": [
            {
                **_common(user, "User"),
                "GroupList": list(user.groups),
                **_bounded(user),
            }
            for user in account.users.values()
        ],
        "GroupDetailList": [_common(group, "Group") for group in account.groups.values()],
        "RoleDetailList": [
            {
                **_common(role, "Role"),
                "AssumeRolePolicyDocument": json.loads(role.trust.text),
                "InstanceProfileList": [],
                **_bounded(role),
                "RoleLastUsed": {},
            }
            for role in account.roles.values()
        ],
        "Policies": [
            {
                "PolicyName": policy.name,
                "PolicyId": policy.policy_id or "ANPAEXAMPLEEXAMPLE123",
                "Arn": policy.arn,
                "Path": policy.path,
                "DefaultVersionId": policy.default_version_id,
                "AttachmentCount": 1,
                "PermissionsBoundaryUsageCount": 0,
                "IsAttachable": True,
                "CreateDate": "2026-01-02T03:04:05+00:00",
                "UpdateDate": "2026-01-02T03:04:05+00:00",
                "PolicyVersionList": [
                    {
                        "VersionId": version,
                        "IsDefaultVersion": version == policy.default_version_id,
                        "CreateDate": "2026-01-02T03:04:05+00:00",
                        "Document": json.loads(text.text),
                    }
                    for version, text in policy.versions.items()
                ],
            }
            for policy in account.policies.values()
        ],
    }


def _common(identity: Any, kind: str) -> Doc:
    return {
        "Path": identity.path,
        f"{kind}Name": identity.name,
        f"{kind}Id": identity.unique_id,
        "Arn": f"{IAM}{kind.lower()}{identity.path}{identity.name}",
        "CreateDate": "2026-01-02T03:04:05+00:00",
        f"{kind}PolicyList": [
            {"PolicyName": name, "PolicyDocument": json.loads(policy.text)}
            for name, policy in identity.inline.items()
        ],
        "AttachedManagedPolicies": [
            {"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in identity.attached
        ],
    }


def _bounded(identity: Any) -> Doc:
    tags = [{"Key": key, "Value": value} for key, value in identity.tags.items()]
    if not identity.boundary:
        return {"Tags": tags}
    return {
        "Tags": tags,
        "PermissionsBoundary": {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": identity.boundary,
        },
    }


@contextlib.contextmanager
def _aws() -> Iterator[Any]:
    """Run moto in place of AWS, and give an IAM client of boto3."""
    import boto3
    from moto import mock_aws

    settings = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
    }
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        with mock_aws():
            yield boto3.client("iam")
    finally:
        os.environ.clear()
        os.environ.update(before)


def _make_with_boto3(iam: Any) -> None:
    for name, (path, versions, default) in POLICIES.items():
        texts = [json.dumps(version) for version in versions]
        iam.create_policy(PolicyName=name, Path=path, PolicyDocument=texts[0])
        for text in texts[1:]:
            iam.create_policy_version(PolicyArn=ARN_OF[name], PolicyDocument=text)
        iam.set_default_policy_version(PolicyArn=ARN_OF[name], VersionId=default)
    for name, spec in GROUPS.items():
        iam.create_group(GroupName=name)
        _fill_with_boto3(iam, "group", name, spec)
    for name, spec in USERS.items():
        iam.create_user(UserName=name, Path=spec.get("path", "/"), Tags=_tags(spec))
        _fill_with_boto3(iam, "user", name, spec)
        for group in spec.get("groups", ()):
            iam.add_user_to_group(GroupName=group, UserName=name)
    for name, spec in ROLES.items():
        iam.create_role(
            RoleName=name,
            Path=spec.get("path", "/"),
            AssumeRolePolicyDocument=json.dumps(spec["trust"]),
            Tags=_tags(spec),
        )
        _fill_with_boto3(iam, "role", name, spec)
        if "boundary" in spec:
            iam.put_role_permissions_boundary(
                RoleName=name, PermissionsBoundary=ARN_OF[spec["boundary"]]
            )
        if "profile" in spec:
            iam.create_instance_profile(InstanceProfileName=spec["profile"])
            iam.add_role_to_instance_profile(InstanceProfileName=spec["profile"], RoleName=name)


def _tags(spec: Doc) -> list[Doc]:
    return [{"Key": key, "Value": value} for key, value in spec.get("tags", {}).items()]


def _fill_with_boto3(iam: Any, kind: str, name: str, spec: Doc) -> None:
    who = {f"{kind.capitalize()}Name": name}
    for policy in spec.get("attached", ()):
        getattr(iam, f"attach_{kind}_policy")(PolicyArn=ARN_OF[policy], **who)
    for policy, inline in spec.get("inline", {}).items():
        put = getattr(iam, f"put_{kind}_policy")
        put(PolicyName=policy, PolicyDocument=json.dumps(inline), **who)


@functools.cache
def _moto_texts() -> tuple[str, str]:
    """Ask moto once: what boto3's paginator returns, and what the real AWS CLI prints."""
    with _aws() as iam:
        from awscli.clidriver import create_clidriver

        _make_with_boto3(iam)
        paginator = iam.get_paginator("get_account_authorization_details")
        merged = paginator.paginate().build_full_result()
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            create_clidriver().main(
                ["iam", "get-account-authorization-details", "--output", "json"]
            )
    return json.dumps(merged, default=str), printed.getvalue()


def moto_raw() -> str:
    """Return what the AWS CLI printed of moto's account, untouched."""
    return _moto_texts()[1]


def moto_account(printed_by: str = "boto3") -> Doc:
    """Return moto's account, with the two facts that AWS returns and moto (5.1) omits.

    These are the PolicyName of each managed policy, and the boundary of a user.
    """
    export: Doc = json.loads(_moto_texts()[printed_by == "cli"])
    for policy in export["Policies"]:
        policy.setdefault("PolicyName", policy["Arn"].rpartition("/")[2])
        policy.setdefault("PolicyId", "ANPAEXAMPLEEXAMPLE123")
    for user in export["UserDetailList"]:
        if "boundary" in USERS[user["UserName"]]:
            user["PermissionsBoundary"] = {
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": ARN_OF[USERS[user["UserName"]]["boundary"]],
            }
    return export


def as_cli(export: Doc) -> str:
    """Print as the AWS CLI does."""
    return json.dumps(export, indent=4, default=str)


def pages_of(export: Doc, size: int = 3) -> list[Doc]:
    """Cut an export into pages as the API hands them out, each with all four lists."""
    items = [(name, item) for name in LISTS for item in export[name]]
    starts = range(0, len(items), size)
    return [
        {
            **{
                name: [item for key, item in items[at : at + size] if key == name] for name in LISTS
            },
            "IsTruncated": at + size < len(items),
            **({"Marker": f"marker-{at}"} if at + size < len(items) else {}),
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }
        for at in starts
    ]


def url_encoded(export: Doc) -> Doc:
    """Encode every document as the IAM API does: RFC 3986."""
    found = copy.deepcopy(export)
    for _, holder, key in documents_in(found):
        holder[key] = quote(json.dumps(holder[key]), safe="")
    return found


def documents_in(export: Doc) -> Iterator[tuple[str, Doc, str]]:
    """Yield every policy document of an export: its name, its holder, its key."""
    for kind in ("User", "Group", "Role"):
        for item in export[f"{kind}DetailList"]:
            for entry in item[f"{kind}PolicyList"]:
                yield entry["PolicyName"], entry, "PolicyDocument"
    for role in export["RoleDetailList"]:
        yield f"trust of {role['RoleName']}", role, "AssumeRolePolicyDocument"
    for policy in export["Policies"]:
        for version in policy["PolicyVersionList"]:
            yield f"{policy['PolicyName']} {version['VersionId']}", version, "Document"


def filtered(export: Doc, *kinds: str) -> Doc:
    """Leave out what ``--filter`` with these kinds leaves out."""
    kept = {FILTERS[kind] for kind in kinds}
    return {name: export[name] if name in kept else [] for name in LISTS}


def big(users: int = 1_000) -> Doc:
    """Make an account of many users, each with an inline policy, two groups and a boundary."""
    world = hand_made()
    (account,) = world.accounts.values()
    for number in range(50):
        group = account.create_group(f"team-{number}")
        group.attach_policy(ARN_OF["read-maps"])
        group.put_policy("own", document(allow("s3:*", f"{HOMES}/team-{number}/*")))
    for number in range(users - len(USERS)):
        user = account.create_user(
            f"user-{number:04}", path="/staff/", tags={"number": str(number)}
        )
        for step in (0, 7):
            account.groups[f"team-{(number + step) % 50}"].add_user(user)
        user.put_policy(
            "home",
            document(
                allow("s3:*", f"{HOMES}/${{aws:username}}/*", Sid="Home"),
                deny(
                    "s3:Delete*",
                    f"{HOMES}/*/keep/*",
                    Condition={"Bool": {"aws:MultiFactorAuthPresent": "false"}},
                ),
            ),
        )
        user.put_permissions_boundary(ARN_OF["ceiling"])
    return export_of(world)
