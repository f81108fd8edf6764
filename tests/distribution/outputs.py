"""What ``--json`` prints for real inputs: each command, with findings and without."""

import io
import json
import os
from collections.abc import Iterable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from iamlab import Policy, World
from iamlab.cli.main import main
from tests.policy.documents import allow, deny, document, trust

MAIN, FAR = "111111111111", "444455556666"
DANA = f"arn:aws:iam::{MAIN}:user/dana"
MAPS = "arn:aws:s3:::star-maps"
MAP = f"{MAPS}/m31.fits"
DEMO, OWN, EMPTY = (("--world", f) for f in ("demo/world.json", "own.json", "empty.json"))
DELETE = ("--action", "s3:DeleteObject", "--resource", MAP)
NOBODY = ("--action", "ec2:StopInstances", "--resource", "*")
TRAIL = ("demo/trail.json", *DEMO)
LESSON = "x1_our_buckets.toml"

# The first row of a command is like the example in its help; the others have what it lacks.
COMMANDS: dict[str, tuple[tuple[str, ...], ...]] = {
    "demo": (("demo",),),
    "can": (
        (*DEMO, "--principal", DANA, *DELETE),
        (*DEMO, "--principal", DANA, *DELETE, "--resource", f"{MAPS}/m32.fits"),
        ("--account-details", "refused.json", "--principal", DANA, *DELETE),
    ),
    "explain": (
        ("demo/question.json",),
        ("allowed.json",),
        ("refused-question.json",),
        ("two.json",),
    ),
    "who-can": ((*DEMO, *DELETE), (*OWN, "--action", "s3:GetObject", "--resource", MAP)),
    "what-can": (
        (*DEMO, "--service", "sqs", "--principal", DANA),
        (*OWN, "--service", "s3", "--service", "ec2", "--principal", DANA),
    ),
    "matrix": ((*DEMO, *DELETE), (*DEMO, *NOBODY, "--by", "role"), (*EMPTY, *NOBODY)),
    "audit": ((*DEMO,), (*EMPTY, "--threshold", "key_age_days=60")),
    "report": (
        (*DEMO,),
        ("--account-details", "demo/account.json", "--credential-report", "demo/users.csv"),
    ),
    "outside": ((*DEMO, "--zone", "account"), (*OWN,), (*EMPTY,)),
    "reach": ((*DEMO,), (*DEMO, "--principal", DANA, "--cut"), (*OWN,), (*EMPTY,)),
    "least-privilege": ((*TRAIL, "--principal", DANA),),
    "unused": ((*TRAIL,), (*TRAIL, "--principal", DANA)),
    "check": (
        ("demo/policy.json",),
        ("good.json",),
        ("missing.json", "refused.json", "no-json.json"),
        ("--type", "resource", "--no-public-access", "AWS::S3::Bucket", "demo/bucket-policy.json"),
    ),
    "explain-policy": (("demo/policy.json",), ("good.json", "demo/bucket-policy.json")),
    "lookup": (("ForAllValues",), ("trust", "policy")),
    "actions": (("s3:Get*Tag*",), ("s3:GetObjects",)),
    "world": ((*DEMO, "--output", "saved.json"),),
    "diff": (
        ("demo/world.json", "demo/after.json"),
        ("empty.json", "own.json"),
        ("demo/world.json", "demo/world.json"),
    ),
    "quiz": ((*DEMO, "--questions", "3", "--seed", "1"),),
    "exam": (("--form", "clf", "--seed", "5"), ("--form", "clf", "--export", "exam.csv")),
    "lesson": (
        ("new", LESSON),
        ("check", LESSON, "--seeds", "1"),
        ("check", LESSON, "--seeds", "1", "--answers"),
        ("check", "broken.toml"),
    ),
    "classroom": (("new", "spring"),),
    "verify": ((),),
}


def run(*arguments: str) -> tuple[int, str]:
    """Run a command; return its exit status and what it printed."""
    out = io.StringIO()
    with redirect_stdout(out), redirect_stderr(io.StringIO()):
        try:
            status = main(arguments)
        except SystemExit as end:
            status = int(str(end.code))
    return status, out.getvalue()


def outputs(folder: Path) -> dict[str, list[Any]]:
    """Return the outputs of each command."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = dict(_outputs(folder))
    finally:
        os.chdir(before)
    return found


def _outputs(folder: Path) -> Iterable[tuple[str, list[Any]]]:
    _write_files(folder)
    for name, rows in COMMANDS.items():
        found = []
        for row in rows:
            if "broken.toml" in row:
                text = (folder / LESSON).read_text("utf-8")
                (folder / "broken.toml").write_text(text.replace('"predict"', '"predikt"'), "utf-8")
            status, text = run(name, *row, "--json")
            assert text, (name, row, status)
            found.append(json.loads(text))
        yield name, found


def _write_files(folder: Path) -> None:
    """Write an empty world, one with what the demo lacks, and policies."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    world.save(folder / "empty.json")
    by_address = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    subnets = f"arn:aws:ec2:us-east-1:{MAIN}:subnet/*"
    dana = main.create_user("dana")
    statements = (allow("s3:GetObject", Condition=by_address), allow("ec2:RunInstances", subnets))
    dana.put_policy("own", document(*statements, deny("s3:PutObject", f"{MAPS}/*")))
    dana.put_policy("more", document(allow("s3:PutObject")))
    main.create_role("audit", assume_role_policy_document=trust({"AWS": FAR}))
    topic, bucket = main.create_topic("news"), main.create_bucket("star-maps")
    closed = Policy.deny("sns:Publish", topic.arn, principal="*")
    topic.put_policy(Policy.allow("sns:Publish", topic.arn, principal=FAR) + closed)
    service = {"Service": "cloudtrail.amazonaws.com"}
    bucket.put_policy(Policy.allow("s3:PutObject", f"{MAPS}/*", principal=service))
    world.save(folder / "own.json")

    refused = document(allow("s3:*"), deny("s3*"))
    details = {"UserName": "dana", "UserId": "AIDAEXAMPLE", "Arn": DANA, "Path": "/"}
    details |= {"CreateDate": "2026-11-25T09:00:00Z"}
    policies = {"UserPolicyList": [{"PolicyName": "guard", "PolicyDocument": refused}]}
    lists = {key: [] for key in ("GroupDetailList", "RoleDetailList", "Policies")}
    request = {"principal": DANA, "action": "s3:DeleteObject", "resource": MAP}
    question = {"request": request, "layers": {"identity": [{"policy": document(allow("s3:*"))}]}}
    files = {
        "good.json": document(allow("s3:GetObject", f"{MAPS}/*")),
        "refused.json": {"UserDetailList": [{**details, **policies}], **lists},
        "no-json.json": "{",
        "allowed.json": question,
        "two.json": [question, {**question, "request": {**request, "action": "s3:GetObject"}}],
        "refused-question.json": {**question, "layers": {"identity": [{"policy": refused}]}},
    }
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value)
        (folder / name).write_text(text, "utf-8")
