"""Somebody's own calls of Identity Center: AWS's parameters, and permission for each."""

from typing import Any

import pytest

from iamlab import Policy, World
from iamlab.errors import AwsError, RequestError, ValidationError
from iamlab.errors.organizations import AccessDeniedException
from iamlab.errors.services import ResourceNotFoundException
from iamlab.operations.registry import entries_of


@pytest.fixture
def center() -> Any:
    """An instance, and in its management account ana, who may do everything."""
    world = World(seed=7)
    main = world.create_account("main", account_id="111111111111")
    organization = world.create_organization(main)
    organization.create_account("dev")
    main.create_user("ana").attach_policy("AdministratorAccess")
    main.create_user("bob")
    return organization.enable_identity_center()


def call(center: Any, operation: str, who: str = "ana", **parameters: Any) -> Any:
    """Call an operation as a user of the management account."""
    main = center.organization.management_account
    return main.call(operation, main.users[who], **parameters)


def test_calls_do_what_the_methods_do(center: Any) -> None:
    """From a permission set and a user to the role in an account."""
    world, dev = center.world, center.world.account("dev")
    made = call(center, "sso:CreatePermissionSet", InstanceArn=center.arn, Name="Readers")
    arn = made["PermissionSet"]["PermissionSetArn"]
    named = {"InstanceArn": center.arn, "PermissionSetArn": arn}
    call(
        center,
        "sso:AttachManagedPolicyToPermissionSet",
        **named,
        ManagedPolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess",
    )
    store = {"IdentityStoreId": center.identity_store_id}
    zoe = call(
        center,
        "identitystore:CreateUser",
        **store,
        UserName="zoe",
        Emails=[{"Value": "zoe@example.com"}],
        Name={"FamilyName": "Fox"},
        Title="Astronomer",
    )["UserId"]
    group = call(center, "identitystore:CreateGroup", **store, DisplayName="team")["GroupId"]
    member = {"GroupId": group, "MemberId": {"UserId": zoe}}
    call(center, "identitystore:CreateGroupMembership", **store, **member)
    answer = call(
        center,
        "sso:CreateAccountAssignment",
        **named,
        TargetId=dev.account_id,
        TargetType="AWS_ACCOUNT",
        PrincipalType="GROUP",
        PrincipalId=group,
    )

    assert answer == {"AccountAssignmentCreationStatus": {"Status": "IN_PROGRESS"}}
    assert center.users[zoe].email == "zoe@example.com"
    assert center.users[zoe].attributes == {"name.familyName": "Fox", "title": "Astronomer"}
    session = center.sign_in("zoe").role_credentials(dev, "Readers")
    assert "AWSReservedSSO_Readers" in session.arn
    events = [event for event in world.events if event.event_name == "CreateAccountAssignment"]
    assert events[0].user_identity["userName"] == "ana"


def test_each_required_resource_is_asked(center: Any) -> None:
    """CreatePermissionSet needs the instance and the permission set that is to be."""
    bob = center.organization.management_account.users["bob"]
    arguments = {"InstanceArn": center.arn, "Name": "Readers"}
    for resource in ("arn:aws:sso:::instance/*", "arn:aws:sso:::permissionSet/*"):
        with pytest.raises(AccessDeniedException) as caught:
            call(center, "sso:CreatePermissionSet", "bob", **arguments)
        assert caught.value.decision is not None
        name = resource.split("/")[0].rpartition(":")[2]
        bob.put_policy(name, Policy.allow("sso:CreatePermissionSet", resource))
    call(center, "sso:CreatePermissionSet", "bob", **arguments)

    assert [permission_set.name for permission_set in center.permission_sets.values()] == [
        "Readers"
    ]


def test_only_the_management_account_works_with_it(center: Any) -> None:
    """Not another account's root user, and not somebody of another account in this one."""
    dev, main = center.world.account("dev"), center.organization.management_account
    for account, caller in ((dev, dev.root_arn), (main, dev.root_arn)):
        with pytest.raises(AccessDeniedException):
            account.call("sso:CreatePermissionSet", caller, InstanceArn=center.arn, Name="Readers")

    assert not center.permission_sets


@pytest.mark.parametrize(
    ("operation", "arguments", "error"),
    [
        ("sso:CreatePermissionSet", {"Name": "x", "InstanceArn": "no"}, ResourceNotFoundException),
        ("sso:CreatePermissionSet", {"Name": "x"}, ValidationError),
        ("sso:CreatePermissionSet", {"Names": "x"}, RequestError),
        ("identitystore:CreateUser", {"IdentityStoreId": "d-1", "Photos": []}, RequestError),
        ("sso:CreateNothing", {}, RequestError),
    ],
)
def test_what_cannot_be_is_refused(
    operation: str, arguments: dict[str, Any], error: type[Exception], center: Any
) -> None:
    """An instance that is not there, parameters that are missing or unknown."""
    with pytest.raises(error):
        call(center, operation, **arguments)


@pytest.mark.parametrize("operation", sorted(entries_of("sso", "identitystore")))
def test_every_operation_needs_permission(operation: str, center: Any) -> None:
    """And none of them does anything without it."""
    known = entries_of("sso", "identitystore")[operation].signature
    kinds = {"string": "x", "list": [], "map": {}}
    arguments = {name: kinds[known.parameters[name]] for name in known.required}
    arguments |= {"InstanceArn": center.arn} if "InstanceArn" in arguments else {}
    arguments |= (
        {"IdentityStoreId": center.identity_store_id} if "IdentityStoreId" in arguments else {}
    )
    if "ResourceArn" in arguments:
        arguments["ResourceArn"] = f"{center.arn.replace(':instance/', ':permissionSet/')}/ps-1"
    with pytest.raises(AwsError) as caught:
        call(center, operation, "bob", **arguments)

    assert caught.value.code == "AccessDeniedException"
