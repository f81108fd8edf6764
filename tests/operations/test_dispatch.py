"""A call as somebody: checked, authorised, done or refused, and noted."""

from datetime import datetime
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, NoSuchEntity, RequestError, ValidationError
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document

OWN = "111111111111"
AWS = "arn:aws:iam::aws:policy"


@pytest.fixture
def main() -> Account:
    """An account with an administrator, dana who may do little, and things to work on."""
    world = World(seed=11)
    account = world.create_account("main", account_id=OWN)
    account.create_user("root-of-all").attach_policy("AdministratorAccess")
    account.create_user("dana")
    account.create_user("bob", path="/sky/", tags={"team": "sky"})
    account.create_group("team").add_user("bob")
    account.create_policy("maps", document(allow("s3:GetObject", "*")))
    return account


@pytest.fixture
def admin(main: Account) -> User:
    """Who may do everything."""
    return main.users["root-of-all"]


@pytest.fixture
def dana(main: Account) -> User:
    """Who may do what a test lets her."""
    return main.users["dana"]


def test_who_may_not_is_refused_in_aws_words_and_nothing_happens(main: Account, dana: User) -> None:
    """What is there is named shortly, what is to be made by its ARN."""
    before = snapshot(main.world)
    with pytest.raises(AccessDenied) as made:
        main.call("CreateUser", dana, UserName="zoe")
    with pytest.raises(AccessDenied) as changed:
        main.call("AttachUserPolicy", dana, UserName="bob", PolicyArn=f"{AWS}/ReadOnlyAccess")

    assert made.value.message == (
        f"User: {dana.arn} is not authorized to perform: iam:CreateUser on resource: "
        f"arn:aws:iam::{OWN}:user/zoe because no identity-based policy allows the iam:CreateUser "
        "action"
    )
    assert changed.value.message.startswith(
        f"User: {dana.arn} is not authorized to perform: iam:AttachUserPolicy on resource: user bob"
    )
    assert changed.value.decision is not None
    assert snapshot(main.world) == before


def test_who_may_gets_what_the_api_answers(main: Account, admin: User) -> None:
    """In AWS's names, as a real client gives it."""
    answer = main.call("CreateUser", admin, UserName="zoe", Path="/sky/")["User"]
    created = answer.pop("CreateDate")

    assert isinstance(created, datetime)
    assert answer == {
        "Path": "/sky/",
        "UserName": "zoe",
        "UserId": main.users["zoe"].unique_id,
        "Arn": f"arn:aws:iam::{OWN}:user/sky/zoe",
    }


def test_permission_is_asked_for_the_thing_itself(main: Account, dana: User) -> None:
    """By its ARN, path included; of what is to be made, by the ARN that it will have."""
    dana.put_policy(
        "sky",
        document(
            allow("iam:*", f"arn:aws:iam::{OWN}:user/sky/*"),
            deny("iam:DeleteUser", f"arn:aws:iam::{OWN}:user/sky/bob"),
        ),
    )
    main.call("CreateUser", dana, UserName="zoe", Path="/sky/")
    main.call("PutUserPolicy", dana, UserName="bob", PolicyName="p", PolicyDocument=POLICY)
    main.call("DeleteUser", dana, UserName="zoe")

    for operation, arguments in (
        ("CreateUser", {"UserName": "kim"}),
        ("DeleteUser", {"UserName": "bob"}),
        ("CreateGroup", {"GroupName": "g", "Path": "/sky/"}),
    ):
        with pytest.raises(AccessDenied):
            main.call(operation, dana, **arguments)


POLICY = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)

# What a policy asks about a call -> the call that it lets through, and one that it does not.
CONDITIONS = {
    "which policy is attached": (
        {"ArnEquals": {"iam:PolicyARN": f"{AWS}/ReadOnlyAccess"}},
        ("AttachUserPolicy", {"UserName": "bob", "PolicyArn": f"{AWS}/ReadOnlyAccess"}),
        ("AttachUserPolicy", {"UserName": "bob", "PolicyArn": f"{AWS}/AdministratorAccess"}),
    ),
    "which boundary is set": (
        {"StringEquals": {"iam:PermissionsBoundary": f"{AWS}/ReadOnlyAccess"}},
        ("CreateUser", {"UserName": "zoe", "PermissionsBoundary": f"{AWS}/ReadOnlyAccess"}),
        ("CreateUser", {"UserName": "zoe"}),
    ),
    "which tags are sent": (
        {"StringEquals": {"aws:RequestTag/team": "sky"}},
        ("TagUser", {"UserName": "dana", "Tags": [{"Key": "team", "Value": "sky"}]}),
        ("TagUser", {"UserName": "dana", "Tags": [{"Key": "team", "Value": "sea"}]}),
    ),
    "which keys of tags are sent": (
        {"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}},
        ("UntagUser", {"UserName": "bob", "TagKeys": ["team"]}),
        ("UntagUser", {"UserName": "bob", "TagKeys": ["cost"]}),
    ),
    "which tags it has": (
        {"StringEquals": {"iam:ResourceTag/team": "sky"}},
        ("DeleteUserPolicy", {"UserName": "bob", "PolicyName": "p"}),
        ("DeleteUserPolicy", {"UserName": "dana", "PolicyName": "only"}),
    ),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_a_call_fills_the_context_with_what_it_sends(case: str, main: Account, dana: User) -> None:
    """So that delegated administration can be modelled."""
    condition, (good, arguments), (bad, other) = CONDITIONS[case]
    main.users["bob"].put_policy("p", POLICY)
    dana.put_policy("only", document(allow("iam:*", "*", Condition=condition)))
    with pytest.raises(AccessDenied):
        main.call(bad, dana, **other)

    main.call(good, dana, **arguments)


def test_who_names_nobody_means_himself(main: Account, dana: User) -> None:
    """As in the API, where UserName may be left out."""
    dana.put_policy("self", document(allow("iam:GetUser", dana.arn)))

    assert main.call("GetUser", dana)["User"]["Arn"] == dana.arn


def test_an_operation_works_in_the_callers_own_account(main: Account) -> None:
    """A stranger has to assume a role first."""
    stranger = main.world.create_account("other").create_user("eve")

    with pytest.raises(RequestError, match="assume a role"):
        main.call("ListUsers", stranger)


@pytest.mark.parametrize(
    ("operation", "arguments", "error", "word"),
    [
        ("CreateUsers", {}, RequestError, "Did you mean CreateUser"),
        ("CreateUser", {"Username": "a"}, RequestError, "Did you mean UserName"),
        ("CreateUser", {"UserName": 5}, RequestError, "Invalid type for parameter UserName"),
        ("CreateUser", {}, ValidationError, "Value at 'userName'"),
        ("CreateUser", {"UserName": "a b" * 30}, ValidationError, "value for userName is invalid"),
        ("GetAccessKeyLastUsed", {"AccessKeyId": "a b"}, ValidationError, "2 validation"),
        ("GetUser", {"UserName": "nobody"}, NoSuchEntity, "name nobody cannot be found"),
    ],
)
def test_a_bad_call_reports_what_is_wrong_and_changes_nothing(
    operation: str, arguments: Any, error: Any, word: str, main: Account, admin: User
) -> None:
    """Whoever makes it."""
    before = snapshot(main.world)
    with pytest.raises(error, match=word):
        main.call(operation, admin, **arguments)

    assert snapshot(main.world) == before


def test_every_call_is_noted_with_who_and_how_it_ended(
    main: Account, admin: User, dana: User
) -> None:
    """Refused ones without parameters, as IAM logs them; answers of changes only."""
    main.world.events.clear()
    main.call("CreateUser", admin, UserName="zoe")
    main.call("ListUsers", admin)
    with pytest.raises(AccessDenied):
        main.call("CreateUser", dana, UserName="kim")
    with pytest.raises(AwsError):
        main.call("CreateUser", admin, UserName="zoe")
    made, listed, refused, twice = main.world.events

    assert [event.event_name for event in main.world.events] == ["CreateUser", "ListUsers"] + [
        "CreateUser"
    ] * 2
    assert made.user_identity == {
        "type": "IAMUser",
        "principalId": admin.unique_id,
        "arn": admin.arn,
        "accountId": OWN,
        "userName": "root-of-all",
    }
    assert made.request_parameters == {"userName": "zoe"}
    assert made.response_elements is not None
    assert made.response_elements["user"]["userName"] == "zoe"
    assert (made.read_only, listed.read_only, listed.response_elements) == (False, True, None)
    assert (refused.error_code, refused.request_parameters) == ("AccessDenied", None)
    assert twice.error_code == "EntityAlreadyExistsException"
    assert twice.request_parameters == {"userName": "zoe"}
    assert len({event.event_id for event in main.world.events}) == 4
    assert "errorCode" not in made.to_dict()
    assert refused.to_dict()["errorCode"] == "AccessDenied"


def test_methods_are_calls_of_the_root_user(main: Account) -> None:
    """They are noted too, and never refused."""
    main.world.events.clear()
    main.create_group("g")

    assert main.world.events[0].user_identity["type"] == "Root"
    assert main.world.events[0].event_name == "CreateGroup"


def test_the_use_of_anything_is_asked_noted_and_refused_or_not(main: Account, dana: User) -> None:
    """Of what iamlab has no model of."""
    world, map_ = main.world, "arn:aws:s3:::star-maps/m31.fits"
    with pytest.raises(AccessDenied):
        world.do(dana, "s3:getobject", map_)
    refused = world.events[-1]
    dana.attach_policy("AmazonS3FullAccess")
    assert world.do(dana, "s3:PutObject", map_)
    done = world.events[-1]

    assert (refused.event_source, refused.event_name) == ("s3.amazonaws.com", "GetObject")
    assert (refused.error_code, refused.read_only) == ("AccessDenied", True)
    assert (done.event_name, done.error_code, done.read_only) == ("PutObject", "", False)
    assert done.resources == (map_,)
    assert done.to_dict()["resources"] == [
        {"ARN": map_, "type": "AWS::S3::Object"},
        {"ARN": "arn:aws:s3:::star-maps", "accountId": OWN, "type": "AWS::S3::Bucket"},
    ]


def test_a_copy_has_its_own_log(main: Account) -> None:
    """What happens in the one is not noted in the other."""
    twin = main.world.copy()
    before = len(main.world.events)
    twin.account("main").create_group("only-there")

    assert len(main.world.events) == before
    assert len(twin.events) == before + 1


def test_lists_come_in_pages(main: Account, admin: User) -> None:
    """With a marker where to go on, and filtered by path."""
    for number in range(7):
        main.create_user(f"u{number}", path="/many/")
    found: list[str] = []
    marker: dict[str, Any] = {}
    while True:
        page = main.call("ListUsers", admin, MaxItems=3, PathPrefix="/many/", **marker)
        found += [user["UserName"] for user in page["Users"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}

    assert found == [f"u{number}" for number in range(7)]
    with pytest.raises(ValidationError, match="Marker"):
        main.call("ListUsers", admin, Marker="nonsense")


def test_a_renamed_user_keeps_his_id_and_loses_what_names_his_arn(
    main: Account, dana: User
) -> None:
    """A policy that is about his ARN no longer means him; one that trusts him knows his id."""
    bob = main.users["bob"]
    main.create_bucket(
        "star-maps",
        policy=document(
            allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Principal={"AWS": bob.arn})
        ),
    )
    dana.put_policy("bob", document(allow("iam:GetUser", bob.arn)))
    before, map_ = bob.unique_id, "arn:aws:s3:::star-maps/m31.fits"
    assert main.call("GetUser", dana, UserName="bob")

    bob.update(new_user_name="robert", new_path="/")

    assert (bob.name, bob.unique_id, bob.arn) == (
        "robert",
        before,
        f"arn:aws:iam::{OWN}:user/robert",
    )
    assert bob.groups == ["team"]
    assert main.groups["team"].users == [bob]
    assert main.world.can(bob, "s3:GetObject", map_)
    with pytest.raises(AccessDenied):
        main.call("GetUser", dana, UserName="robert")
    with pytest.raises(NoSuchEntity):
        main.users["bob"]


@pytest.mark.parametrize("kind", ["user", "role"])
def test_who_comes_later_under_the_same_name_is_another(kind: str, main: Account) -> None:
    """The policies that named the first show his bare id, and let nobody in."""
    world, map_ = main.world, "arn:aws:s3:::star-maps/m31.fits"

    def made() -> Any:
        if kind == "user":
            return main.create_user("zoe")
        return main.create_role("zoe", assume_role_policy_document=by_ec2())

    first = made()
    bucket = main.create_bucket(
        "star-maps",
        policy=document(
            allow("s3:GetObject", "arn:aws:s3:::star-maps/*", Principal={"AWS": first.arn})
        ),
    )
    target = main.create_role("target", assume_role_policy_document=by(first.arn))
    for who in (first, first.arn):
        assert world.can(who, "s3:GetObject", map_)
        assert world.can(who, "sts:AssumeRole", target.arn)

    first.delete()
    second = made()

    assert second.arn == first.arn
    assert not world.can(second, "s3:GetObject", map_)
    assert not world.can(second, "sts:AssumeRole", target.arn)
    assert bucket.policy is not None
    assert bucket.policy.to_dict()["Statement"][0]["Principal"] == {"AWS": first.unique_id}
    assert target.trust is not None
    assert target.trust.to_dict()["Statement"][0]["Principal"] == {"AWS": first.unique_id}

    target.update_assume_role_policy(by(second.arn))
    assert world.can(second, "sts:AssumeRole", target.arn)


def by(arn: str) -> dict[str, Any]:
    """A trust policy for somebody."""
    return document({"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"})


def by_ec2() -> dict[str, Any]:
    """A trust policy for EC2."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "ec2.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    )


@pytest.mark.parametrize("what", ["user/nobody", "role/nobody"])
def test_a_trust_policy_names_only_who_is_there(what: str, main: Account) -> None:
    """IAM would have to know the id behind the ARN; of other accounts this world knows nothing."""
    role = main.create_role("target", assume_role_policy_document=by_ec2())
    before = snapshot(main.world)
    arn = f"arn:aws:iam::{OWN}:{what}"
    with pytest.raises(AwsError) as caught:
        role.update_assume_role_policy(by(arn))

    assert str(caught.value) == (
        f'MalformedPolicyDocument: Invalid principal in policy: "AWS":"{arn}"'
    )
    assert snapshot(main.world) == before
    role.update_assume_role_policy(by(arn.replace(OWN, "999999999999")))


def test_a_renamed_group_keeps_its_members_and_policies(main: Account) -> None:
    """Its id stays too."""
    team, bob = main.groups["team"], main.users["bob"]
    team.put_policy("read", document(allow("s3:GetObject", "*")))
    team.update(new_group_name="sky-team")

    assert bob.groups == ["sky-team"]
    assert main.groups["SKY-TEAM"].users == [bob]
    assert main.world.can(bob, "s3:GetObject", "arn:aws:s3:::b/k")


def test_an_operation_of_another_name_or_letter_case_is_taken(main: Account) -> None:
    """But two things may not have names that differ in case only."""
    main.create_user("zoe")
    with pytest.raises(AwsError, match="User with name ZOE already exists"):
        main.users["bob"].update(new_user_name="ZOE")
    main.users["zoe"].update(new_user_name="Zoe")

    assert "Zoe" in main.users


def test_a_quota_is_kept_until_it_is_raised(main: Account) -> None:
    """As far as AWS raises it, and no farther; what is never raised stays."""
    bob = main.users["bob"]
    for number in range(11):
        main.create_policy(f"p{number}", POLICY)
    for number in range(10):
        bob.attach_policy(f"p{number}")
    with pytest.raises(
        AwsError, match="LimitExceeded: Cannot exceed quota for PoliciesPerUser: 10"
    ):
        bob.attach_policy("p10")

    main.raise_quota("PoliciesPerUser", 11)
    bob.attach_policy("p10")

    assert len(bob.attached) == 11
    for name, value, word in (
        ("PoliciesPerUser", 21, "at most"),
        ("PoliciesPerUser", 1, "at most"),
        ("GroupsPerUser", 11, "at most"),
        ("PoliciesPerUsers", 11, "Did you mean PoliciesPerUser"),
    ):
        with pytest.raises(RequestError, match=word):
            main.raise_quota(name, value)
    assert main.world.copy().account("main").quotas == {"PoliciesPerUser": 11}
