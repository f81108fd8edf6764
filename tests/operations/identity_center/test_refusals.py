"""What IAM Identity Center refuses: with AWS's code, and nothing happens."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from iamlab.errors import AwsError, RequestError
from iamlab.errors import identity_center as identity_center_errors
from tests.model.world_contents import snapshot
from tests.operations.identity_center.single_sign_on import DEV, PROD, Scene
from tests.policy.documents import allow, document


@pytest.fixture
def scene() -> Scene:
    """A new one."""
    return Scene()


READ = document(allow("s3:GetObject"))
Cause = Callable[[Any], Any]
"""What is done to a scene; of any type, as some of it is a mistake on purpose."""

STATUSES = {
    "ConflictException": 400,
    "FailedAuthentication": 401,
    "ForbiddenException": 403,
    "InvalidRequestException": 400,
    "MalformedPolicyDocument": 400,
    "NoSuchEntity": 404,
    "PolicyNotAttachable": 400,
    "ResourceNotFoundException": 400,
    "ServiceQuotaExceededException": 400,
    "UnauthorizedException": 401,
    "ValidationError": 400,
    "ValidationException": 400,
}


class Row(NamedTuple):
    """A refusal: its code, a part of the text, and how it comes about."""

    code: str
    text: str
    cause: Cause

    def __str__(self) -> str:
        return f"{self.code}: {self.text}"


def odd_name(scene: Any) -> Any:
    """Somebody signs in whose name can't be a session name."""
    scene.group.add_user(scene.center.create_user("añа/😀"))
    return scene.center.sign_in("añа/😀")


def odd_title(scene: Any) -> Any:
    """Ana signs in, with an attribute that can be not a tag."""
    scene.center.set_access_control_attributes({"Title": "${path:title}"})
    scene.ana.update(attributes={"title": "<Chair>"})
    return scene.center.sign_in("ana")


def expired(scene: Any) -> Any:
    """Ana has signed in too long ago."""
    portal = scene.center.sign_in("ana")
    scene.world.clock.advance(hours=8)
    return portal


def with_policies(number: int) -> Cause:
    """A permission set with so many policies."""

    def made(scene: Any) -> Any:
        item = scene.center.create_permission_set("Many")
        for count in range(number):
            item.attach_customer_managed_policy_reference(f"p{count}")
        return item

    return made


def with_managed(name: str) -> Cause:
    """The permission set that is provisioned, with one policy more."""

    def made(scene: Any) -> Any:
        scene.readers.attach_managed_policy(name)
        return scene.center

    return made


PREPARED: list[tuple[Cause, Row]] = [
    (
        odd_name,
        Row("InvalidRequestException", "session", lambda p: p.role_credentials(DEV, "Readers")),
    ),
    (odd_title, Row("ValidationError", "at 'tags'", lambda p: p.role_credentials(DEV, "Readers"))),
    (expired, Row("UnauthorizedException", "token not found", lambda p: p.accounts())),
    (expired, Row("UnauthorizedException", "token not found", lambda p: p.roles(DEV))),
    (expired, Row("UnauthorizedException", "token", lambda p: p.role_credentials(DEV, "Readers"))),
    (
        with_policies(20),
        Row("ServiceQuotaExceededException", "20", lambda p: p.attach_managed_policy("Billing")),
    ),
    (
        with_policies(20),
        Row(
            "ServiceQuotaExceededException",
            "more than 20",
            lambda p: p.attach_customer_managed_policy_reference("p20"),
        ),
    ),
    (
        with_policies(1),
        Row(
            "ConflictException",
            "already attached",
            lambda p: p.attach_customer_managed_policy_reference("p0"),
        ),
    ),
    (
        with_policies(1),
        Row(
            "NoSuchEntity",
            f"arn:aws:iam::{DEV}:policy/p0",
            lambda p: p.center.create_account_assignment(DEV, p, "ana"),
        ),
    ),
    (
        with_managed("AWSSSOServiceRolePolicy"),  # of service-linked roles only
        Row("PolicyNotAttachable", "Role", lambda c: c.provision_permission_set("Readers")),
    ),
]


@pytest.mark.parametrize(
    ("prepare", "row"), PREPARED, ids=lambda value: str(getattr(value, "code", ""))
)
def test_what_is_refused_later_changes_nothing(prepare: Cause, row: Row, scene: Scene) -> None:
    """Where something must be done first."""
    ready = prepare(scene)
    before = snapshot(scene.world)
    with pytest.raises(AwsError, match=re.escape(row.text)) as caught:
        row.cause(ready)

    assert (caught.value.code, caught.value.http_status) == (row.code, STATUSES[row.code])
    assert snapshot(scene.world) == before


ROWS = [
    Row("ConflictException", "Duplicate UserName", lambda s: s.center.create_user("ANA")),
    Row("ConflictException", "Duplicate Group", lambda s: s.center.create_group("Astronomers")),
    Row("ConflictException", "Member and Group", lambda s: s.group.add_user("ana")),
    Row(
        "ConflictException",
        "PermissionSet with name Readers already exists.",
        lambda s: s.center.create_permission_set("Readers"),
    ),
    Row(
        "ConflictException",
        "typed link",
        lambda s: s.readers.attach_managed_policy("AmazonS3ReadOnlyAccess"),
    ),
    Row("ForbiddenException", "No access", lambda s: s.center.sign_in("bob").roles(DEV)),
    Row("ForbiddenException", "No access", lambda s: s.center.sign_in("ana").roles("mars")),
    Row(
        "ForbiddenException",
        "No access",
        lambda s: s.center.sign_in("ana").role_credentials(DEV, "Writers"),
    ),
    Row(
        "ForbiddenException",
        "No access",
        lambda s: s.center.sign_in("ana").role_credentials(PROD, s.readers),
    ),
    Row("FailedAuthentication", "sign-in", lambda s: s.center.sign_in("nobody")),
    Row("ResourceNotFoundException", "USER not found", lambda s: s.group.add_user("x")),
    Row("ResourceNotFoundException", "MEMBERSHIP", lambda s: s.group.remove_user("bob")),
    Row("ResourceNotFoundException", "GROUP not", lambda s: s.center.delete_group("x")),
    Row("ResourceNotFoundException", "USER not", lambda s: s.center.delete_user("x")),
    Row(
        "ResourceNotFoundException",
        "Principal not found",
        lambda s: s.center.create_account_assignment(DEV, "Readers", "nobody"),
    ),
    Row(
        "ResourceNotFoundException",
        "PermissionSet not found",
        lambda s: s.center.create_account_assignment(DEV, "Writers", "ana"),
    ),
    Row(
        "ResourceNotFoundException",
        "AWS account 999999999999 not found",
        lambda s: s.center.create_account_assignment("999999999999", "Readers", "ana"),
    ),
    Row(
        "ResourceNotFoundException",
        "Assignment not found",
        lambda s: s.center.delete_account_assignment(DEV, "Readers", "bob"),
    ),
    Row(
        "ResourceNotFoundException",
        "not provisioned",
        lambda s: s.center.provision_permission_set("Readers", PROD),
    ),
    Row(
        "ResourceNotFoundException",
        "Policy does not exist with ARN: ReadOnlyAcces",
        lambda s: s.readers.attach_managed_policy("ReadOnlyAcces"),
    ),
    Row(
        "ResourceNotFoundException",
        "Could not find ManagedPolicy",
        lambda s: s.readers.detach_managed_policy("ReadOnlyAccess"),
    ),
    Row(
        "ResourceNotFoundException",
        "does not exist on PermissionSet",
        lambda s: s.readers.detach_customer_managed_policy_reference("own"),
    ),
    Row(
        "ResourceNotFoundException",
        "No permissions boundary",
        lambda s: s.readers.delete_permissions_boundary(),
    ),
    Row("ValidationException", "at 'userName'", lambda s: s.center.create_user("a b")),
    Row("ValidationException", "equal to 1", lambda s: s.center.create_user("")),
    Row("ValidationException", "at 'userName'", lambda s: s.center.create_user("\ud800")),
    Row("ValidationException", "equal to 128", lambda s: s.center.create_user("x" * 129)),
    Row("ValidationException", "reserved", lambda s: s.center.create_user("Administrator")),
    Row(
        "ValidationException",
        "enterprise.cat is not supported",
        lambda s: s.center.create_user("cat", attributes={"enterprise.cat": "x"}),
    ),
    Row("ValidationException", "at 'attribute'", lambda s: s.ana.update(attributes={"title": ""})),
    Row("ValidationException", "at 'email'", lambda s: s.ana.update(email="\0")),
    Row("ValidationException", "at 'name'", lambda s: s.center.create_permission_set("x" * 33)),
    Row(
        "ValidationException",
        "at 'description'",
        lambda s: s.readers.update(description="\u2028"),
    ),
    Row("ValidationException", "at 'relayState'", lambda s: s.readers.update(relay_state="<>")),
    Row(
        "ValidationException",
        "at 'tagKey'",
        lambda s: s.center.create_permission_set("x", tags={"<": ""}),
    ),
    Row(
        "ValidationException",
        "equal to 50",
        lambda s: s.center.create_permission_set("x", tags={f"t{n}": "" for n in range(51)}),
    ),
    Row(
        "ValidationException",
        "at 'managedPolicyArn'",
        lambda s: s.readers.attach_managed_policy(f"arn:aws:iam::{DEV}:policy/own"),
    ),
    Row(
        "ValidationException",
        "at 'managedPolicyArn'",
        lambda s: s.readers.put_permissions_boundary(s.dev.policies["there"]),
    ),
    Row(
        "ValidationException",
        "at 'customerManagedPolicyReference.path'",
        lambda s: s.readers.attach_customer_managed_policy_reference("own", "sky"),
    ),
    Row(
        "ValidationException",
        "at 'inlinePolicy'",
        lambda s: s.readers.put_inline_policy(document(allow("s3:*", "x" * 33_000))),
    ),
    Row(
        "MalformedPolicyDocument",
        "Principal",
        lambda s: s.readers.put_inline_policy(document(allow("s3:*", Principal="*"))),
    ),
    Row("MalformedPolicyDocument", "Syntax", lambda s: s.readers.put_inline_policy("{")),
    Row(
        "ValidationException",
        "The attribute source title is not supported",
        lambda s: s.center.set_access_control_attributes({"Title": "title"}),
    ),
    Row(
        "ValidationException",
        "not supported",
        lambda s: s.center.set_access_control_attributes({"Title": "${path:shoe}"}),
    ),
    Row(
        "ValidationException",
        "unique case-insensitively",
        lambda s: s.center.set_access_control_attributes(
            {"Title": "${path:title}", "title": "${path:locale}"}
        ),
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_what_is_refused_changes_nothing(row: Row, scene: Scene) -> None:
    """With AWS's code and status."""
    scene.dev.create_policy("there", READ)
    before = snapshot(scene.world)
    with pytest.raises(AwsError, match=re.escape(row.text)) as caught:
        row.cause(scene)

    assert (caught.value.code, caught.value.http_status) == (row.code, STATUSES[row.code])
    assert snapshot(scene.world) == before


@pytest.mark.parametrize(
    ("quota", "most"), [("Roles", 2), ("SAMLProviders", 0), ("PoliciesPerRole", 0)]
)
def test_the_accounts_quotas_hold(quota: str, most: int, scene: Scene) -> None:
    """Then nothing of the assignment is there."""
    scene.prod.quotas[quota] = most  # two roles are there: for access, and of the service
    before = snapshot(scene.world)
    with pytest.raises(AwsError, match=f"Cannot exceed quota for {quota}"):
        scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)

    assert snapshot(scene.world) == before


WRONG: list[Cause] = [
    lambda s: s.center.create_user(5),
    lambda s: s.center.create_user("cat", attributes=5),
    lambda s: s.center.create_user("cat", attributes={"title": 5}),
    lambda s: s.center.create_group(None),
    lambda s: s.center.create_permission_set(b"x"),
    lambda s: s.center.create_permission_set("x", session_duration=3600),
    lambda s: s.center.create_permission_set("x", tags=["a"]),
    lambda s: s.center.create_account_assignment(5, "Readers", "ana"),
    lambda s: s.center.create_account_assignment(DEV, 5, "ana"),
    lambda s: s.center.create_account_assignment(DEV, "Readers", s.dev.root),
    lambda s: s.center.delete_account_assignment(DEV, "Readers", 5),
    lambda s: s.center.set_access_control_attributes(5),
    lambda s: s.center.sign_in(5),
    lambda s: s.center.sign_in("ana", with_mfa="yes"),
    lambda s: s.center.sign_in("ana").roles(5),
    lambda s: s.center.sign_in("ana").role_credentials(DEV, 5),
    lambda s: s.group.add_user(5),
    lambda s: s.readers.attach_managed_policy(5),
    lambda s: s.readers.attach_customer_managed_policy_reference(5),
    lambda s: s.readers.put_inline_policy(5),
    lambda s: s.readers.put_permissions_boundary(5),
]


@pytest.mark.parametrize("cause", WRONG)
def test_what_is_of_the_wrong_kind_is_a_request_error(cause: Cause, scene: Scene) -> None:
    """So that a slip in Python is not taken for AWS's answer."""
    before = snapshot(scene.world)
    with pytest.raises(RequestError):
        cause(scene)

    assert snapshot(scene.world) == before


def test_a_name_that_two_have_must_be_said_more_exactly(scene: Scene) -> None:
    """A user and a group can be called alike."""
    twin = scene.center.create_group("ana")
    with pytest.raises(RequestError, match="A user and a group"):
        scene.center.create_account_assignment(PROD, "Readers", "ana")

    assert scene.center.create_account_assignment(PROD, "Readers", twin).principal_type == "GROUP"


def test_without_an_organization_there_is_nothing_to_open(scene: Scene) -> None:
    """Its parts say so, and not with a KeyError."""
    scene.world.clock.advance(days=5)  # accounts that were made cannot go at once
    scene.organization.remove_account(scene.dev)
    scene.organization.remove_account(scene.prod)
    portal = scene.center.sign_in("ana")
    scene.organization.delete()
    for ask in (portal.accounts, lambda: scene.center.create_group("new")):
        with pytest.raises(RequestError, match="has been deleted"):
            ask()


def test_a_stranger_cannot_be_opened(scene: Scene) -> None:
    """An account outside of the organization, and one that is suspended."""
    scene.world.create_account("stranger")
    scene.organization.members[PROD].status = "SUSPENDED"
    for account, why in (("stranger", "isn't in the organization"), ("acme-prod", "SUSPENDED")):
        with pytest.raises(AwsError, match="not found in the organization") as caught:
            scene.center.create_account_assignment(account, "Readers", "ana")
        assert why in caught.value.__notes__[0]


def test_a_part_needs_its_instance(scene: Scene) -> None:
    """In a world without it, its parts say so."""
    scene.world.identity_centers.clear()
    with pytest.raises(RequestError, match="The world has no instance"):
        scene.group.add_user("bob")


ERRORS = [
    name
    for name, kind in vars(identity_center_errors).items()
    if isinstance(kind, type)
    and issubclass(kind, AwsError)
    and kind is not AwsError
    and name != "BadRequest"
]
"""The names of the errors that the service answers with."""


def test_the_error_tree_is_drawn_as_it_is() -> None:
    """Each class is in it with its status."""
    text = identity_center_errors.__doc__ or ""
    drawn = dict(re.findall(r"[├└]─ (\w+) +(\d+)", text))
    real = {name: str(getattr(identity_center_errors, name).http_status) for name in ERRORS}

    assert drawn == real


def test_every_error_of_the_service_is_caused_here() -> None:
    """No class is there for decoration only."""
    caused = {row.code for row in (*ROWS, *(row for _, row in PREPARED))}

    assert set(ERRORS) <= caused
