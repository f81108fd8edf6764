"""What is below a resource that has no module of its own: its policy and its tags reach there."""

from pathlib import Path

import pytest

from iamlab import World
from iamlab.errors import AwsError
from iamlab.errors.services import BadRequestException
from iamlab.world.account import Account
from tests.policy.documents import allow, document

OWN, OTHER = "111111111111", "222222222222"
START = f"us-east-1:{OWN}"
PARTNER = {"AWS": OTHER}
API = f"arn:aws:execute-api:{START}:abc123"


@pytest.fixture
def main() -> Account:
    """An account, beside one with eve, who may do everything there."""
    world = World(seed=4)
    account = world.create_account("main", account_id=OWN)
    eve = world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("all", document(allow("*")))
    return account


def may_eve(account: Account, action: str, resource: str) -> bool:
    """Return whether she may; in her own account nothing stops her."""
    return bool(account.world.can(account.world.user("eve"), action, resource))


# What is made; an action on what is below; below; the Resource of its policy; what is not below.
BELOW: dict[str, tuple[str, str, str, str, str]] = {
    "an API": (API, "execute-api:Invoke", "/prod/GET/x", "/*", "4/prod/GET/x"),
    "a multi-Region access point": (
        f"arn:aws:s3::{OWN}:accesspoint/p.mrap",
        "s3:GetObject",
        "/object/a.fits",
        "/object/*",
        "2/object/a.fits",
    ),
    "a domain": (
        f"arn:aws:es:{START}:domain/search",
        "es:ESHttpGet",
        "/stars/_search",
        "/*",
        "2/stars/_search",
    ),
    "a table bucket": (
        f"arn:aws:s3tables:{START}:bucket/maps",
        "s3tables:GetTableData",
        "/table/1",
        "/table/*",
        "2/table/1",
    ),
}


@pytest.mark.parametrize("kind", BELOW)
def test_a_policy_reaches_what_is_below(kind: str, main: Account) -> None:
    """Not what only begins like it, and no more once the policy is gone."""
    arn, action, below, covered, beside = BELOW[kind]
    policy = document(allow(action, f"{arn}{covered}", Principal=PARTNER))
    made = main.create_resource(arn, policy=policy)

    assert may_eve(main, action, f"{arn}{below}")
    assert not may_eve(main, action, f"{arn}{beside}")
    made.delete_policy()
    assert not may_eve(main, action, f"{arn}{below}")
    made.put_policy(policy)
    assert may_eve(main, action, f"{arn}{below}")
    made.delete()
    assert not may_eve(main, action, f"{arn}{below}")


@pytest.mark.parametrize("group", ["web", "/aws/lambda/web"])
def test_the_policy_of_a_log_group_reaches_its_streams(group: str, main: Account) -> None:
    """The slashes in names of groups and streams separate nothing."""
    arn, service = f"arn:aws:logs:{START}:log-group:{group}", "delivery.logs.amazonaws.com"
    statement = allow("logs:PutLogEvents", f"{arn}:*", Principal={"Service": service})
    main.create_resource(arn, policy=document(statement))

    def may_write(resource: str) -> bool:
        return bool(main.world.can(service, "logs:PutLogEvents", resource))

    assert may_write(f"{arn}:log-stream:2026/11/[1]x")
    assert not may_write(f"{arn}2:log-stream:x")
    assert not may_write(f"{arn}/api:log-stream:x")


PATHS: dict[str, set[str]] = {
    "execute-api:/*": {"prod/GET/x", "prod/POST/x", "test/GET/x"},
    "execute-api:/prod/*": {"prod/GET/x", "prod/POST/x"},
    "execute-api:/prod/GET/*": {"prod/GET/x"},
    "execute-api:/*/GET/*": {"prod/GET/x", "test/GET/x"},
    f"{API}/*": {"prod/GET/x", "prod/POST/x", "test/GET/x"},
    f"{API}/prod/GET/x": {"prod/GET/x"},
    API: set(),
}


@pytest.mark.parametrize("resource", PATHS)
def test_the_policy_of_an_api_is_about_its_paths(resource: str, main: Account) -> None:
    """In the short form, which means this API only, as in the long one."""
    statement = allow("execute-api:Invoke", resource, Principal=PARTNER)
    main.create_resource(API, policy=document(statement))
    main.create_resource(f"{API}4")

    paths = PATHS["execute-api:/*"]
    found = {path for path in paths if may_eve(main, "execute-api:Invoke", f"{API}/{path}")}
    assert found == PATHS[resource]
    assert not may_eve(main, "execute-api:Invoke", f"{API}4/prod/GET/x")


@pytest.mark.parametrize("resource", [f"{API}4/*", f"arn:aws:execute-api:{START}:other/*"])
def test_an_api_refuses_the_arn_of_another(resource: str, main: Account) -> None:
    """As before, in its own words."""
    api = main.create_resource(API)
    with pytest.raises(BadRequestException):
        api.put_policy(document(allow("execute-api:Invoke", resource, Principal=PARTNER)))
    assert api.policy is None


def test_an_access_point_refuses_the_objects_of_another(main: Account) -> None:
    """And those of a bucket, which are asked for without it."""
    point = main.create_resource(f"arn:aws:s3::{OWN}:accesspoint/p.mrap")
    for other in (f"arn:aws:s3::{OWN}:accesspoint/p2.mrap/object/*", "arn:aws:s3:::maps/*"):
        with pytest.raises(AwsError, match="invalid resource"):
            point.put_policy(document(allow("s3:GetObject", other, Principal=PARTNER)))


def test_a_name_with_slashes_is_below_nothing(main: Account) -> None:
    """A parameter is not above those whose names begin with its own: all it has is its own."""
    above, beneath = (f"arn:aws:ssm:{START}:parameter/{name}" for name in ("a", "a/b"))
    policy = document(allow("ssm:GetParameter", "*", Principal=PARTNER))
    parameter = main.create_resource(above, policy=policy)
    assert may_eve(main, "ssm:GetParameter", above)
    assert not may_eve(main, "ssm:GetParameter", beneath)
    main.create_resource(beneath)
    parameter.delete()
    assert list(main.resources) == [beneath]


def test_a_world_from_a_file_knows_what_is_below(main: Account, tmp_path: Path) -> None:
    """And so does a copy."""
    statement = allow("execute-api:Invoke", "execute-api:/*", Principal=PARTNER)
    main.create_resource(API, policy=document(statement))
    main.world.save(tmp_path / "world.json")

    for world in (main.world.copy(), World.load(tmp_path / "world.json")):
        assert world.can(world.user("eve"), "execute-api:Invoke", f"{API}/prod/GET/x")
