"""Functions: a role that is passed to Lambda, and a policy that Lambda writes."""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, RequestError
from iamlab.errors.services import InvalidParameterValueException
from iamlab.operations.dispatch import perform
from iamlab.operations.services.lambda_functions import Function
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, document, trust

OWN, OTHER = "111111111111", "222222222222"
LAMBDA = {"Service": "lambda.amazonaws.com"}
RESIZE = f"arn:aws:lambda:us-east-1:{OWN}:function:resize"


@pytest.fixture
def main() -> Account:
    """An account with a role for Lambda and dana, beside one with eve, who may do everything."""
    world = World(seed=4)
    account = world.create_account("main", account_id=OWN)
    account.create_role("worker", assume_role_policy_document=trust(LAMBDA), tags={"team": "sky"})
    account.create_user("dana")
    eve = world.create_account("other", account_id=OTHER).create_user("eve")
    eve.put_policy("all", document(allow("*")))
    return account


@pytest.fixture
def resize(main: Account) -> Function:
    """A function."""
    return main.create_function("resize", role=main.roles["worker"])


@pytest.fixture
def dana(main: Account) -> User:
    """Who may do what a test lets her."""
    return main.users["dana"]


def test_a_function_has_a_role_by_itself_its_arn_or_its_name(main: Account) -> None:
    """All come to the same."""
    role = main.roles["worker"]
    made = [
        main.create_function(f"f{number}", role=how)
        for number, how in enumerate((role, role.arn, "worker"))
    ]

    assert {item.role_arn for item in made} == {role.arn}
    assert [item.name for item in made] == ["f0", "f1", "f2"]


@pytest.mark.parametrize(
    "who",
    [
        {"Service": "ec2.amazonaws.com"},
        {"AWS": OWN},
        {"Service": "lambda.amazonaws.com.cn"},
    ],
)
def test_lambda_must_be_able_to_assume_the_role(who: dict[str, str], main: Account) -> None:
    """Its trust policy names lambda.amazonaws.com."""
    main.create_role("other", assume_role_policy_document=trust(who))
    before = snapshot(main.world)
    with pytest.raises(InvalidParameterValueException, match="cannot be assumed by Lambda"):
        main.create_function("f", role="other")
    with pytest.raises(InvalidParameterValueException, match="cannot be assumed by Lambda"):
        main.create_function("f", role=f"arn:aws:iam::{OWN}:role/nobody")

    assert snapshot(main.world) == before


@pytest.mark.parametrize(("account", "works"), [(OWN, True), (OTHER, False)])
def test_a_trust_policy_may_be_for_one_account_only(
    account: str, works: Any, main: Account
) -> None:
    """Lambda says for whose function it assumes the role."""
    policy = trust(LAMBDA)
    policy["Statement"][0]["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    main.roles["worker"].update_assume_role_policy(policy)

    if works:
        assert main.create_function("f", role="worker")
    else:
        with pytest.raises(InvalidParameterValueException):
            main.create_function("f", role="worker")


def create(account: Account, caller: User, **more: Any) -> dict[str, Any]:
    """Make a function as somebody."""
    role = account.roles["worker"].arn
    arguments = {"FunctionName": "resize", "Role": role, **more}
    return account.call("lambda:CreateFunction", caller, **arguments)


def test_who_makes_a_function_must_be_allowed_to_pass_its_role(main: Account, dana: User) -> None:
    """To make one is not enough, as its code may do what the role may."""
    role = main.roles["worker"].arn
    dana.put_policy("make", document(allow("lambda:CreateFunction")))
    before = snapshot(main.world)
    with pytest.raises(AccessDenied, match=f"iam:PassRole on resource: {role}"):
        create(main, dana)
    assert snapshot(main.world) == before

    dana.put_policy("pass", document(allow("iam:PassRole", role)))
    answer = create(main, dana)

    assert answer == {"FunctionName": "resize", "FunctionArn": RESIZE, "Role": role}


@pytest.mark.parametrize(
    ("condition", "works"),
    [
        ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}, False),
        ({"ArnLike": {"iam:AssociatedResourceArn": RESIZE}}, True),
        ({"ArnLike": {"iam:AssociatedResourceArn": f"{RESIZE}-2"}}, False),
        ({"StringEquals": {"aws:ResourceTag/team": "sky"}}, True),
    ],
)
def test_passing_can_be_narrowed_down(
    condition: dict[str, Any], works: Any, main: Account, dana: User
) -> None:
    """To which service, and to which of its resources."""
    dana.put_policy("make", document(allow("lambda:CreateFunction")))
    dana.put_policy("pass", document(allow("iam:PassRole", "*", Condition=condition)))

    if works:
        assert create(main, dana)
    else:
        with pytest.raises(AccessDenied, match="iam:PassRole"):
            create(main, dana)


def test_another_role_is_passed_anew(main: Account, dana: User, resize: Function) -> None:
    """UpdateFunctionConfiguration is a way to a role, too; without a role nothing is passed."""
    strong = main.create_role("strong", assume_role_policy_document=trust(LAMBDA))
    dana.put_policy("change", document(allow("lambda:UpdateFunctionConfiguration")))
    operation = "lambda:UpdateFunctionConfiguration"
    assert main.call(operation, dana, FunctionName="resize")["FunctionArn"] == RESIZE
    with pytest.raises(AccessDenied, match="iam:PassRole"):
        main.call(operation, dana, FunctionName="resize", Role=strong.arn)
    assert resize.role_arn == main.roles["worker"].arn

    resize.update_configuration(role="strong")

    assert resize.role_arn == strong.arn


PRINCIPALS = {
    OTHER: {"AWS": f"arn:aws:iam::{OTHER}:root"},
    "*": "*",
    "s3.amazonaws.com": {"Service": "s3.amazonaws.com"},
    f"arn:aws:iam::{OTHER}:user/eve": {"AWS": f"arn:aws:iam::{OTHER}:user/eve"},
}


@pytest.mark.parametrize("principal", PRINCIPALS)
def test_lambda_writes_the_statement(principal: str, resize: Function) -> None:
    """And gives it back."""
    made = resize.add_permission(
        "one",
        "lambda:InvokeFunction",
        principal,
        source_arn="arn:aws:s3:::maps",
        source_account=OWN,
        principal_org_id="o-1234567890",
    )

    assert made == {
        "Sid": "one",
        "Effect": "Allow",
        "Principal": PRINCIPALS[principal],
        "Action": "lambda:InvokeFunction",
        "Resource": RESIZE,
        "Condition": {
            "StringEquals": {
                "AWS:SourceAccount": OWN,
                "aws:PrincipalOrgID": "o-1234567890",
            },
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::maps"},
        },
    }
    assert resize.policy is not None
    assert resize.policy.to_dict() == {
        "Version": "2012-10-17",
        "Id": "default",
        "Statement": [made],
    }


def test_statements_come_and_go_one_by_one(main: Account, resize: Function) -> None:
    """By their ids."""
    eve = main.world.user("eve")
    resize.add_permission("one", "lambda:InvokeFunction", OTHER)
    resize.add_permission("two", "lambda:GetFunction", OTHER)
    assert main.world.can(eve, "lambda:InvokeFunction", RESIZE)

    resize.remove_permission("one")
    assert not main.world.can(eve, "lambda:InvokeFunction", RESIZE)
    assert main.world.can(eve, "lambda:GetFunction", RESIZE)
    resize.remove_permission("two")

    assert resize.policy is None


def test_a_permission_is_for_the_function_or_for_one_alias(main: Account, resize: Function) -> None:
    """Neither reaches the other."""
    eve = main.world.user("eve")
    resize.add_permission("live", "lambda:InvokeFunction", OTHER, qualifier="live")
    assert main.world.can(eve, "lambda:InvokeFunction", f"{RESIZE}:live")
    assert not main.world.can(eve, "lambda:InvokeFunction", f"{RESIZE}:test")
    assert not main.world.can(eve, "lambda:InvokeFunction", RESIZE)

    resize.remove_permission("live")
    resize.add_permission("itself", "lambda:InvokeFunction", OTHER)

    assert main.world.can(eve, "lambda:InvokeFunction", RESIZE)
    assert not main.world.can(eve, "lambda:InvokeFunction", f"{RESIZE}:live")


def test_a_function_url_is_opened_by_two_statements(main: Account, resize: Function) -> None:
    """One for the URL, one for what comes through it."""
    first = resize.add_permission(
        "url", "lambda:InvokeFunctionUrl", "*", function_url_auth_type="NONE"
    )
    second = resize.add_permission(
        "call", "lambda:InvokeFunction", "*", invoked_via_function_url=True
    )

    assert first["Condition"] == {"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}}
    assert second["Condition"] == {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}}
    eve = main.world.user("eve")
    through = {"lambda:InvokedViaFunctionUrl": True}
    assert main.world.can(eve, "lambda:InvokeFunction", RESIZE, context=through)
    assert not main.world.can(eve, "lambda:InvokeFunction", RESIZE)


def test_who_may_add_permissions_may_be_kept_to_one_principal(
    main: Account, dana: User, resize: Function
) -> None:
    """By lambda:Principal, which holds what the call says."""
    only = {"StringEquals": {"lambda:Principal": "s3.amazonaws.com"}}
    dana.put_policy("some", document(allow("lambda:AddPermission", RESIZE, Condition=only)))
    arguments = {"FunctionName": "resize", "StatementId": "a", "Action": "lambda:InvokeFunction"}
    with pytest.raises(AccessDenied):
        main.call("lambda:AddPermission", dana, **arguments, Principal=OTHER)

    answer = main.call("lambda:AddPermission", dana, **arguments, Principal="s3.amazonaws.com")
    assert answer["Statement"]["Sid"] == "a"
    assert resize.policy is not None


@pytest.mark.parametrize("name", ["resize", RESIZE, f"{RESIZE}:live", "resize:live", "by account"])
def test_a_function_has_many_names(name: str, main: Account, resize: Function) -> None:
    """All of them are the function's."""
    called = f"{OWN}:function:resize" if name == "by account" else name
    perform(main, "lambda:DeleteFunction", FunctionName=called)

    assert resize.arn not in main.resources


def test_its_policy_can_be_replaced_as_a_whole(main: Account, resize: Function) -> None:
    """Even without a single AddPermission."""
    eve = main.world.user("eve")
    resize.put_policy(document(allow("lambda:InvokeFunction", RESIZE, Principal={"AWS": OTHER})))
    assert main.world.can(eve, "lambda:InvokeFunction", RESIZE)

    resize.delete_policy()
    assert not main.world.can(eve, "lambda:InvokeFunction", RESIZE)
    resize.tag({"team": "sky"})
    resize.untag(["team"])
    resize.delete()
    assert not main.resources


def test_it_can_be_made_with_tags_and_a_policy(main: Account, dana: User) -> None:
    """Whoever does so needs the permissions for both."""
    policy = document(allow("lambda:InvokeFunction", RESIZE, Principal={"AWS": OTHER}))
    dana.put_policy("some", document(allow(["lambda:CreateFunction", "iam:PassRole"])))
    with pytest.raises(AccessDenied, match="lambda:TagResource"):
        create(main, dana, Tags={"team": "sky"})

    made = main.create_function("resize", role="worker", policy=policy, tags={"team": "sky"})
    assert (made.tags, made.policy is not None) == ({"team": "sky"}, True)


def test_what_is_not_a_role_is_refused(main: Account, resize: Function) -> None:
    """Whether a function is made with it or gets it later."""
    wrong: Any = 5

    with pytest.raises(RequestError, match="role is a role, its ARN or its name, not 5"):
        main.create_function("other", role=wrong)
    with pytest.raises(RequestError, match="role is a role or its name, not 5"):
        resize.update_configuration(role=wrong)
