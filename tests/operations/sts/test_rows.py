"""Each fact about STS that AWS's pages state is a row of ``sts_rows.json``, with its page.

A row says who calls what (``call``), or asks what he may do (``asks``), with which parameters
beside those of a good call, and what is answered: ``ok``, a verdict, or the code of an error.
"""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from iamlab.authorization.principal import principal_of
from iamlab.errors import AwsError, IamLabError
from iamlab.model import managed_policies as managed
from iamlab.operations.api_models import names
from tests.operations.sts.sts_scene import CALLERS, EVERYTHING, GOOD, Scene, made, with_mfa
from tests.policy.documents import deny, document
from tests.rows import each_row

ROWS = json.loads(Path(__file__).with_name("sts_rows.json").read_text("utf-8"))
OF_USERS = {
    "a user without permissions": (),
    "a user who is denied everything": (EVERYTHING, document(deny("*"))),
    "a user of whom the role knows": (EVERYTHING,),
}


def plain_user(scene: Scene, name: str) -> Any:
    """Make a user with some policies."""
    user = scene.main.create_user("plain")
    for number, policy in enumerate(OF_USERS[name]):
        user.put_policy(f"p{number}", policy)
    return user


def owner_of_phone(scene: Scene) -> Any:
    """Let ana's phone be in use."""
    scene.phone.enable()
    return scene.key


MORE_CALLERS: dict[str, Callable[[Scene], Any]] = {
    **CALLERS,
    **{name: partial(plain_user, name=name) for name in OF_USERS},
    "a user with a phone": owner_of_phone,
    "a role session of 15 minutes": lambda scene: scene.session("AssumeRole", DurationSeconds=900),
    "a scoped session with MFA": lambda scene: scene.session(
        "GetScopedCredentials", with_mfa(scene)
    ),
    "a federated user without a session policy": lambda scene: scene.session("GetFederationToken"),
}

ARNS = [
    policy.arn
    for policy in map(managed.find, ("ReadOnlyAccess", *managed.names()))
    if policy is not None and policy.path == "/"
][:11]


def policy_of(length: int) -> str:
    """Write a policy of so many characters, none of them a space."""
    start = document({"Effect": "Allow", "Action": "*", "Resource": ["*", "arn:aws:s3:::"]})
    short = json.dumps(start, separators=(",", ":"))
    return short.replace(":::", ":::" + "a" * (length - len(short)))


def signed_until(scene: Scene, seconds: int) -> str:
    """Let the directory say when the session ends."""
    until = scene.world.clock.now + timedelta(seconds=seconds)
    return scene.directory.sign_in("bob", session_not_on_or_after=until)


MADE: dict[str, Callable[[Scene, Any], Any]] = {
    "length": lambda _, size: policy_of(size),
    "arns": lambda _, size: [{"arn": arn} for arn in ARNS[:size]],
    "tags": lambda _, size: [{"Key": f"k{number}", "Value": ""} for number in range(size)],
    "chars": lambda _, size: "a" * size,
    "code": lambda scene, _: scene.phone.code(),
    "wrong code": lambda scene, _: f"{(int(scene.phone.code()) + 1) % 10**6:06}",
    "until": signed_until,
    "identity": lambda scene, name: scene.issuer.token("carol1", source_identity=name),
    "in the console": lambda scene, seconds: scene.directory.sign_in(
        "bob", session_duration=seconds
    ),
}
"""What a row does not write out: its size, and how it is made."""


def written_out(scene: Scene, value: Any) -> Any:
    """Make what a row does not write out."""
    if isinstance(value, list):
        return [written_out(scene, item) for item in value]
    if not isinstance(value, dict):
        return value
    for how, size in value.items():
        if how in MADE:
            return MADE[how](scene, size)
    return {key: written_out(scene, item) for key, item in value.items()}


def prepared() -> Scene:
    """Make the scene, with what the rows name also."""
    scene = made()
    scene.main.create_bucket("star-maps")
    scene.dev.create_bucket("far-maps")
    for account in (scene.main, scene.dev):
        account.create_policy("own", EVERYTHING)
    return scene


def answer(scene: Scene, row: dict[str, Any]) -> Any:
    """Do what a row says; give what is answered."""
    who = row.get("caller", "a user's key")
    caller = MORE_CALLERS[who](scene)
    if "asks" in row:
        return scene.can(caller, row["asks"], row["on"])
    service, _, name = row["call"].rpartition(":")
    if service:
        account_id = principal_of(scene.world, caller).account_id
        return scene.world.accounts[account_id].call(name, caller)
    arguments = {
        key: ... if value is None else written_out(scene, value)
        for key, value in row.get("given", {}).items()
    }
    return scene.call(row["call"], caller, region=row.get("region", "us-east-1"), **arguments)


@each_row("row", ROWS, ids=lambda row: row["fact"])
def test_sts_does_what_the_row_says(row: dict[str, Any]) -> None:
    """Code and sentence of a refusal; how long what is made lasts."""
    scene = prepared()
    if row["answer"] == "ok" or "asks" in row:
        found = answer(scene, row)
        if "asks" in row:
            assert found.verdict.value == row["answer"]
        elif "lasts" in row:
            ends = found.get("Credentials", found)["Expiration"]
            assert ends - scene.world.clock.now == timedelta(seconds=row["lasts"])
        return
    with pytest.raises(IamLabError) as caught:
        answer(scene, row)

    error = caught.value
    assert (error.code if isinstance(error, AwsError) else type(error).__name__) == row["answer"]
    assert row.get("says", "") in str(error)


def test_every_row_names_its_page() -> None:
    """And no fact is duplicated."""
    facts = Counter(row["fact"] for row in ROWS)

    assert max(facts.values()) == 1
    assert all(row["source"] and not row["source"].startswith("http") for row in ROWS)


def test_every_operation_has_rows_of_each_sort() -> None:
    """Who calls it, how long what it makes lasts, what it takes, and whether it is everywhere."""
    assert set(GOOD) == set(names("sts"))
    for operation in names("sts"):
        own = [row for row in ROWS if row.get("call") == operation]
        sent = {name for row in own for name in row.get("given", {})}

        assert {"DurationSeconds", "Policy", "PolicyArns", "SerialNumber", "Tags"} <= sent
        assert {row["answer"] for row in own} - {"ok"}
        if operation != "GetDelegatedAccessToken":
            assert "aws-global" in {row.get("region") for row in own}


def test_every_caller_calls() -> None:
    """Every caller has a purpose."""
    assert {row.get("caller", "a user's key") for row in ROWS} == set(MORE_CALLERS)
