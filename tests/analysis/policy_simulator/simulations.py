"""Simulations: policies as text, one action asked, and what of the answer is looked at."""

import json
from typing import Any

from iamlab import World
from iamlab.world.account import Account
from tests.policy.documents import allow, deny, document, trust

ID, OTHER = "111111111111", "222222222222"
IAM = f"arn:aws:iam::{ID}"
GET, PUT = "s3:GetObject", "s3:PutObject"
A, B = "arn:aws:s3:::maps/a", "arn:aws:s3:::maps/b"
MAPS = "arn:aws:s3:::maps/*"
ZOE = f"{IAM}:user/zoe"

Doc = dict[str, Any]


def text(*statements: Doc) -> str:
    """Write a policy as AWS's examples do, in one line without spaces."""
    return json.dumps(document(*statements), separators=(",", ":"))


READ, NO_READ = text(allow(GET)), text(deny(GET))
READ_A, WRITE = text(allow(GET, A)), text(allow(PUT))
EVERYTHING = text(allow("*"))
BUCKET = text(allow(GET, MAPS, Principal="*"))


def custom(account: Account, *policies: str, **parameters: Any) -> Doc:
    """Simulate one action, and give its result."""
    request = {"PolicyInputList": list(policies), "ActionNames": [GET], **parameters}
    answer = account.call("SimulateCustomPolicy", account.root_arn, **request)
    [result] = answer["EvaluationResults"]
    found: Doc = result
    return found


def principal(account: Account, arn: str, **parameters: Any) -> Doc:
    """The same for the policies of somebody."""
    request = {"PolicySourceArn": arn, "ActionNames": [GET], **parameters}
    answer = account.call("SimulatePrincipalPolicy", account.root_arn, **request)
    [result] = answer["EvaluationResults"]
    found: Doc = result
    return found


def matched(result: Doc) -> list[tuple[str, str]]:
    """Return the policies of the matched statements: id and type."""
    found = result["MatchedStatements"]
    return [(entry["SourcePolicyId"], entry["SourcePolicyType"]) for entry in found]


def ids(result: Doc) -> list[str]:
    """Return only their ids."""
    return [match for match, _ in matched(result)]


def scps(*levels: tuple[str, ...]) -> list[Doc]:
    """Write service control policies level by level."""
    return [{"ServiceControlPolicyInputList": list(level)} for level in levels]


def entry(key: str, *values: str, kind: str = "string") -> Doc:
    """Write a condition key with its values."""
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


def when(operator: str, key: str, value: str, **more: Any) -> Doc:
    """Write a statement with a condition."""
    return allow(GET, Condition={operator: {key: value}}, **more)


def made() -> Account:
    """Make an account with nobody in it."""
    return World(seed=3).create_account("main", account_id=ID)


def made_team() -> Account:
    """Make one with zoe of the group sky, and the role app: inline and managed policies on each."""
    main = made()
    zoe = main.create_user("zoe", path="/space/")
    sky = main.create_group("sky")
    sky.add_user(zoe)
    app = main.create_role(
        "app", assume_role_policy_document=trust({"Service": "ec2.amazonaws.com"})
    )
    delete = main.create_policy("delete", document(allow("s3:DeleteObject")), path="/maps/")
    zoe.put_policy("read", document(allow(GET, A)))
    sky.put_policy("write", document(allow(PUT, B)))
    app.put_policy("read", document(allow(GET)))
    for item in (zoe, sky, app):
        item.attach_policy(delete)
    zoe.attach_policy("IAMReadOnlyAccess")
    return main
