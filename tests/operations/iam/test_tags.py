"""Tags: the case of their keys, how many there may be, and which are AWS's own."""

from collections.abc import Callable
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    InvalidInput,
    LimitExceeded,
    RequestError,
    ValidationError,
)
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, document

READ = document(allow("s3:GetObject"))
TRUST = document(
    {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}
)
IGNORE_CASE = ("user", "role")
OTHERS = ("policy", "profile", "device")


@pytest.fixture
def main() -> Account:
    """An account."""
    return World(seed=5).create_account("main", account_id="111111111111")


MAKERS: dict[str, Callable[[Account], Any]] = {
    "user": lambda a: a.create_user("ana", tags={"team": "sky"}),
    "role": lambda a: a.create_role("r", assume_role_policy_document=TRUST, tags={"team": "sky"}),
    "policy": lambda a: a.create_policy("p", READ, tags={"team": "sky"}),
    "profile": lambda a: a.create_instance_profile("i", tags={"team": "sky"}),
    "device": lambda a: a.create_virtual_mfa_device("d", tags={"team": "sky"}),
}


@pytest.mark.parametrize("kind", IGNORE_CASE)
def test_keys_of_users_and_roles_ignore_case_and_keep_it(kind: str, main: Account) -> None:
    """The spelling that came first stays."""
    item = MAKERS[kind](main)
    item.tag({"TEAM": "air"})

    assert item.tags == {"team": "air"}
    with pytest.raises(InvalidInput, match="Duplicate tag keys"):
        item.tag({"a": "1", "A": "2"})
    item.untag(["Team"])
    assert item.tags == {}


@pytest.mark.parametrize("kind", OTHERS)
def test_of_other_things_two_spellings_are_two_tags(kind: str, main: Account) -> None:
    """And whoever has both can still be asked about, and changed."""
    item = MAKERS[kind](main)
    item.tag({"TEAM": "air"})

    assert item.tags == {"team": "sky", "TEAM": "air"}
    item.untag(["TEAM"])
    assert item.tags == {"team": "sky"}


@pytest.mark.parametrize("kind", MAKERS)
def test_there_are_fifty_tags_at_most_or_what_the_quota_says(kind: str, main: Account) -> None:
    """Fifty at once is what the API takes; more in all is refused by the quota."""
    item = MAKERS[kind](main)
    before = snapshot(main.world)
    with pytest.raises(ValidationError, match="less than or equal to 50"):
        item.tag({str(number): "" for number in range(51)})
    with pytest.raises(LimitExceeded, match="maximum limit"):
        item.tag({str(number): "" for number in range(50)})
    assert snapshot(main.world) == before

    item.tag({str(number): "" for number in range(49)})
    assert len(item.tags) == 50


@pytest.mark.parametrize("kind", MAKERS)
def test_keys_that_begin_with_aws_are_awss(kind: str, main: Account) -> None:
    """In whatever case."""
    item = MAKERS[kind](main)
    for key in ("aws:x", "AWS:x"):
        with pytest.raises(InvalidInput, match="are reserved: "):
            item.tag({key: "1"})

    item.tag({"awsx": "1"})
    assert item.tags == {"team": "sky", "awsx": "1"}


def test_a_policy_sees_the_first_of_two_spellings(main: Account) -> None:
    """Condition keys know no case."""
    profile = MAKERS["profile"](main)
    profile.tag({"TEAM": "air"})
    ana = main.create_user("ana")
    for name, team in (("no", "air"), ("yes", "sky")):
        when = {"StringEquals": {"aws:ResourceTag/Team": team}}
        ana.put_policy(name, document(allow("iam:GetInstanceProfile", "*", Condition=when)))

    sent = {"InstanceProfileName": "i"}
    assert main.call("GetInstanceProfile", ana, **sent)["InstanceProfile"]["Arn"] == profile.arn
    ana.delete_policy("yes")
    with pytest.raises(AccessDenied):
        main.call("GetInstanceProfile", ana, **sent)


def test_the_api_takes_arns_and_the_methods_names_too(main: Account) -> None:
    """Who calls as AWS's clients do is reported as they are."""
    ana = main.create_user("ana")
    with pytest.raises(ValidationError, match="Invalid ARN:  Could not be parsed!"):
        main.call(
            *("AttachUserPolicy", main.root_arn),
            UserName="ana",
            PolicyArn="AmazonS3ReadOnlyAccess",
        )

    ana.attach_policy("AmazonS3ReadOnlyAccess")
    assert ana.attached == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]


OF_SERVICES: dict[str, Callable[[Account], Any]] = {
    "bucket": lambda a: a.create_bucket("maps"),
    "key": lambda a: a.create_key(),
    "queue": lambda a: a.create_queue("orders"),
    "topic": lambda a: a.create_topic("news"),
    "secret": lambda a: a.create_secret("x"),
    "table": lambda a: a.create_table("stars"),
    "instance": lambda a: a.create_instance(),
    "resource": lambda a: a.create_resource("arn:aws:logs:us-east-1:111111111111:log-group:web"),
}


@pytest.mark.parametrize("tags", [{"\ud800": "x"}, {"x": "\udfff"}, {"": "\ud800"}], ids=ascii)
@pytest.mark.parametrize("kind", OF_SERVICES)
def test_half_of_a_surrogate_pair_is_in_no_tag(
    kind: str, tags: dict[str, str], main: Account
) -> None:
    """No JSON text holds one; the refusal can be printed."""
    item = OF_SERVICES[kind](main)

    with pytest.raises(AwsError, match="half of a surrogate pair") as caught:
        item.tag(tags)

    assert str(caught.value).isprintable()
    assert item.tags == {}


@pytest.mark.parametrize("wrong", [None, 5, "team", b"team"])
@pytest.mark.parametrize("kind", ["user", "role", "profile", "device", "policy", *OF_SERVICES])
def test_keys_to_take_away_are_a_list(kind: str, wrong: Any, main: Account) -> None:
    """Of whatever thing."""
    item = {**MAKERS, **OF_SERVICES}[kind](main)

    with pytest.raises(RequestError, match="tag_keys is a list of keys"):
        item.untag(wrong)
