"""IAM Identity Center: what an administrator makes there, and what accounts get of it."""

import json
import pickle
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.errors import (
    AwsError,
    LoadError,
    RequestError,
    UnmodifiableEntity,
)
from iamlab.errors.identity_center import ConflictException
from iamlab.errors.services import ResourceNotFoundException, ValidationException
from iamlab.operations.dispatch import perform
from iamlab.operations.identity_center.instance import IdentityCenter, enable_identity_center
from iamlab.operations.identity_center.permission_sets import PolicyReference
from iamlab.operations.identity_center.provisioning import seconds_of
from iamlab.storage.saved_world import world_from_json, world_to_json
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.operations.identity_center.single_sign_on import (
    BUCKET,
    DEV,
    KEY,
    MAIN,
    PROD,
    Scene,
    reserved,
)
from tests.policy.documents import allow, document, trust

PROTECTED = "Cannot perform the operation on the protected role"


@pytest.fixture
def scene() -> Scene:
    """A new one."""
    return Scene()


# -- the instance ----------------------------------------------------------------------------------


def test_an_instance_is_the_organizations_and_lives_in_the_management_account(
    scene: Scene,
) -> None:
    """Its ids are as AWS's, and the portal is found by that of the identity store."""
    center = scene.center

    assert re.fullmatch(r"arn:aws:sso:::instance/ssoins-[0-9a-f]{16}", center.arn)
    assert re.fullmatch(r"d-[0-9a-f]{10}", center.identity_store_id)
    assert center.access_portal_url == f"https://{center.identity_store_id}.awsapps.com/start"
    assert center.identity_store_arn == (
        f"arn:aws:identitystore::{MAIN}:identitystore/{center.identity_store_id}"
    )
    assert scene.world.identity_centers == {center.arn: center}
    assert center.organization is scene.organization
    assert "sso.amazonaws.com" in scene.organization.service_access


def test_the_service_has_its_linked_role_in_every_account(scene: Scene) -> None:
    """In those that are there when it is enabled, and in a later one when it is needed."""
    late = scene.organization.create_account("acme-late")
    before = "AWSServiceRoleForSSO" in late.roles
    scene.center.create_account_assignment(late, "Readers", "bob")

    assert not before
    for account in (scene.main, scene.dev, scene.prod, late):
        assert account.roles["AWSServiceRoleForSSO"].path == "/aws-service-role/sso.amazonaws.com/"


def test_an_organization_has_one_instance(scene: Scene) -> None:
    """Enabling it twice is a conflict, and another organization has its own."""
    with pytest.raises(ConflictException, match="already"):
        scene.organization.enable_identity_center()
    other = scene.world.create_organization(scene.world.create_account("other"))

    assert other.enable_identity_center().arn != scene.center.arn


def test_consolidated_billing_is_not_enough() -> None:
    """Nothing is enabled then."""
    world = World(seed=7)
    main = world.create_account("main")
    organization = world.create_organization(main, feature_set="CONSOLIDATED_BILLING")
    before = snapshot(world)
    with pytest.raises(ConflictException, match="all features"):
        enable_identity_center(organization)

    assert snapshot(world) == before


@pytest.mark.parametrize("region", ["aws-global", "mars", "", 5])
def test_an_instance_is_in_a_region(region: Any) -> None:
    """The global endpoint of STS isn't one."""
    world = World(seed=7)
    organization = world.create_organization(world.create_account("main"))
    with pytest.raises(RequestError, match="isn't a Region"):
        organization.enable_identity_center(region=region)


def test_the_same_seed_gives_the_same_ids() -> None:
    """Down to the names of the roles and the credentials."""
    item, other = Scene(), Scene()

    assert item.center.arn == other.center.arn
    assert item.role().arn == other.role().arn
    assert item.session().credentials == other.session().credentials


# -- the identity store ----------------------------------------------------------------------------


def test_its_users_and_groups_are_not_in_iam(scene: Scene) -> None:
    """They have ids of their own, and no account knows them."""
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

    assert re.fullmatch(uuid, scene.ana.id)
    assert re.fullmatch(uuid, scene.group.id)
    assert [scene.group.users, scene.ana.groups, scene.bob.groups] == [
        [scene.ana],
        [scene.group],
        [],
    ]
    assert scene.bob.display_name == "bob"
    assert not any(account.users or account.groups for account in scene.world.accounts.values())


def test_a_user_who_is_deleted_leaves_the_groups(scene: Scene) -> None:
    """One of the same name who comes later is another."""
    scene.center.delete_user("ana")
    again = scene.center.create_user("ana")

    assert scene.group.users == []
    assert scene.center.choices_of(again) == []


def test_a_group_that_is_deleted_means_nobody_any_more(scene: Scene) -> None:
    """Its members stay; the assignment does too, and with it the role."""
    scene.center.delete_group(scene.group)

    assert scene.center.choices_of(scene.ana) == []
    assert scene.center.users[scene.ana.id] is scene.ana
    assert len(reserved(scene.dev)) == 1
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    assert reserved(scene.dev) == []


def test_what_is_known_of_a_user_can_change(scene: Scene) -> None:
    """What is not given stays."""
    scene.ana.update(email="ana@example.org", attributes={"title": "Chair"})
    scene.ana.update(attributes={"locale": "es"})

    assert scene.ana.email == "ana@example.org"
    assert scene.ana.display_name == "Ana Lopez"
    assert scene.ana.attributes == {"title": "Chair", "locale": "es"}


# -- what an assignment makes ----------------------------------------------------------------------


def test_an_assignment_makes_a_role_and_a_saml_provider(scene: Scene) -> None:
    """With AWS's names, path and trust policy."""
    role, [provider] = scene.role(), scene.dev.saml_providers.values()
    assert role.trust is not None

    assert re.fullmatch(r"AWSReservedSSO_Readers_[0-9a-f]{16}", role.name)
    assert role.path == "/aws-reserved/sso.amazonaws.com/"
    assert role.max_session_duration == 43_200
    assert role.attached == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    assert re.fullmatch(r"AWSSSO_[0-9a-f]{16}_DO_NOT_DELETE", provider.name)
    assert role.trust.to_dict()["Statement"] == [
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider.arn},
            "Action": ["sts:AssumeRoleWithSAML", "sts:TagSession"],
            "Condition": {"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
        }
    ]
    assert provider.issuer.startswith("https://portal.sso.us-east-1.amazonaws.com/saml/assertion/")
    assert reserved(scene.prod) == reserved(scene.main) == []


def test_only_us_east_1_is_not_in_the_path() -> None:
    """Of every other Region the path of the roles tells where Identity Center is."""
    there = Scene("eu-west-1")

    assert there.role().path == "/aws-reserved/sso.amazonaws.com/eu-west-1/"
    assert there.session().record.region == "eu-west-1"


def test_a_second_assignment_makes_no_second_role(scene: Scene) -> None:
    """A role for each permission set and account, whoever may choose it; one provider."""
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    writers = scene.center.create_permission_set("Writers")
    scene.center.create_account_assignment(scene.dev, writers, scene.bob)

    assert len(reserved(scene.dev, "Readers")) == len(reserved(scene.dev, "Writers")) == 1
    assert len(scene.dev.saml_providers) == 1
    assert len(scene.center.account_assignments) == 3


def test_the_management_account_can_be_opened_too(scene: Scene) -> None:
    """Its role is as protected as the others."""
    scene.center.create_account_assignment(MAIN, "Readers", "ana")
    role = scene.role(scene.main)
    with pytest.raises(UnmodifiableEntity, match=PROTECTED):
        role.attach_policy("AdministratorAccess")

    assert scene.center.sign_in("ana").role_credentials("acme-main", "Readers").role_arn == role.arn


CHANGES: dict[str, dict[str, Any]] = {
    "AttachRolePolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "DeleteRole": {},
    "DeleteRolePermissionsBoundary": {},
    "DeleteRolePolicy": {"PolicyName": "AwsSSOInlinePolicy"},
    "DetachRolePolicy": {"PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"},
    "PutRolePermissionsBoundary": {
        "PermissionsBoundary": "arn:aws:iam::aws:policy/AdministratorAccess"
    },
    "PutRolePolicy": {
        "PolicyName": "more",
        "PolicyDocument": json.dumps(document(allow("*"))),
    },
    "UpdateAssumeRolePolicy": {"PolicyDocument": json.dumps(trust({"AWS": DEV}))},
    "UpdateRole": {"MaxSessionDuration": 3600},
    "UpdateRoleDescription": {"Description": "mine"},
}


@pytest.mark.parametrize("operation", CHANGES)
def test_nobody_can_change_such_a_role_in_iam(operation: str, scene: Scene) -> None:
    """Not even the root user."""
    role = scene.role()
    before = snapshot(scene.world)
    with pytest.raises(UnmodifiableEntity) as caught:
        perform(scene.dev, operation, RoleName=role.name, **CHANGES[operation])

    assert (
        caught.value.message == f"{PROTECTED} '{role.name}' - this role is only modifiable by AWS"
    )
    assert snapshot(scene.world) == before


def test_it_is_not_a_service_linked_role_either(scene: Scene) -> None:
    """So it cannot be deleted as one, and SCPs reach it."""
    with pytest.raises(AwsError, match="not a service-linked role"):
        perform(scene.dev, "DeleteServiceLinkedRole", RoleName=scene.role().name)

    assert reserved(scene.dev)


def test_the_last_assignment_takes_the_role_along(scene: Scene) -> None:
    """As long as somebody else is assigned it stays; provider and linked role stay anyway."""
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    kept = len(reserved(scene.dev))
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.bob)

    assert (kept, len(reserved(scene.dev))) == (1, 0)
    assert scene.readers.provisioned == {}
    assert scene.dev.saml_providers
    assert "AWSServiceRoleForSSO" in scene.dev.roles


def test_a_role_that_is_made_again_is_another(scene: Scene) -> None:
    """A bucket policy that names the role by its ARN means nobody then, and shows a bare id."""
    bucket = scene.dev.create_bucket("maps")
    old = scene.role()
    bucket.put_policy(document(allow("s3:GetObject", KEY, Principal={"AWS": old.arn})))
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.group)
    assert bucket.policy is not None

    assert scene.role().name != old.name
    assert bucket.policy.statements[0].principal == (("AWS", old.unique_id),)


def test_what_has_gone_from_an_account_is_made_again(scene: Scene) -> None:
    """The service-linked role, which IAM lets go, and the role itself if it is ever missed."""
    perform(scene.dev, "DeleteServiceLinkedRole", RoleName="AWSServiceRoleForSSO")
    del scene.dev.roles[scene.role().name]
    scene.center.provision_permission_set(scene.readers)
    assert "AWSServiceRoleForSSO" in scene.dev.roles
    assert len(reserved(scene.dev)) == 1

    del scene.dev.roles[scene.role().name]
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    assert scene.readers.provisioned == {}


# -- permission sets -------------------------------------------------------------------------------


def test_a_change_bites_after_provisioning_and_not_before(scene: Scene) -> None:
    """Then at once, in sessions that there are too."""
    session = scene.session()
    scene.readers.put_inline_policy(Policy.allow("s3:PutObject"))
    before = scene.world.can(session, "s3:PutObject", KEY)
    scene.center.provision_permission_set(scene.readers)

    assert not before
    assert scene.world.can(session, "s3:PutObject", KEY)
    assert list(scene.role().inline) == ["AwsSSOInlinePolicy"]


def test_provisioning_can_be_for_one_account(scene: Scene) -> None:
    """The other one keeps the role as it was."""
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.readers.detach_managed_policy("AmazonS3ReadOnlyAccess")
    scene.readers.update(description="Nothing", session_duration="PT12H")
    scene.center.provision_permission_set("Readers", "acme-prod")

    assert (scene.role().attached, scene.role(scene.prod).attached) != ([], [])
    assert scene.role(scene.prod).attached == []
    assert scene.role(scene.prod).description == "Nothing"
    portal = scene.center.sign_in("ana")
    lasting = [portal.role_credentials(item, "Readers").record.seconds for item in (DEV, PROD)]
    assert lasting == [7200, 43_200]


def test_a_new_assignment_brings_the_role_up_to_date(scene: Scene) -> None:
    """AWS says that the permission set is provisioned with it."""
    scene.readers.attach_managed_policy("AmazonSQSReadOnlyAccess")
    scene.center.create_account_assignment(scene.dev, scene.readers, scene.bob)

    assert len(scene.role().attached) == 2


def test_all_that_is_taken_away_goes(scene: Scene) -> None:
    """Policies of each kind, and the boundary."""
    scene.dev.create_policy("extra", document(allow("sqs:*")))
    scene.readers.attach_customer_managed_policy_reference("extra")
    scene.readers.put_inline_policy(document(allow("sns:*")))
    scene.readers.put_permissions_boundary("PowerUserAccess")
    scene.center.provision_permission_set(scene.readers)
    role = scene.role()
    full = (list(role.attached), list(role.inline), role.boundary)
    scene.readers.detach_managed_policy("AmazonS3ReadOnlyAccess")
    scene.readers.detach_customer_managed_policy_reference("extra")
    scene.readers.delete_inline_policy()
    scene.readers.delete_permissions_boundary()
    scene.center.provision_permission_set(scene.readers)

    assert full == (
        ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess", f"arn:aws:iam::{DEV}:policy/extra"],
        ["AwsSSOInlinePolicy"],
        "arn:aws:iam::aws:policy/PowerUserAccess",
    )
    assert (role.attached, role.inline, role.boundary) == ([], {}, None)


def test_a_boundary_is_the_ceiling_of_the_role(scene: Scene) -> None:
    """A customer managed one is each account's own."""
    scene.dev.create_policy("ceiling", document(allow("s3:ListBucket")), path="/limits/")
    scene.readers.put_permissions_boundary(PolicyReference("ceiling", "/limits/"))
    scene.center.provision_permission_set(scene.readers)
    session = scene.session()

    assert scene.role().boundary == f"arn:aws:iam::{DEV}:policy/limits/ceiling"
    assert scene.world.can(session, "s3:ListBucket", BUCKET)
    assert not scene.world.can(session, "s3:GetObject", KEY)


def test_what_a_permission_set_names_means_another_policy_in_each_account(scene: Scene) -> None:
    """The name is the same; the documents are the accounts' own."""
    for account, action in ((scene.dev, "sqs:*"), (scene.prod, "sns:*")):
        account.create_policy("own", document(allow(action)))
    scene.readers.attach_customer_managed_policy_reference("own")
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.center.provision_permission_set(scene.readers)
    portal = scene.center.sign_in("ana")
    may = [
        bool(scene.world.can(portal.role_credentials(item, "Readers"), action, "*"))
        for item in (DEV, PROD)
        for action in ("sqs:ListQueues", "sns:ListTopics")
    ]

    assert may == [True, False, False, True]


def test_if_one_account_lacks_a_policy_none_is_changed(scene: Scene) -> None:
    """The refusal says which account needs what."""
    scene.center.create_account_assignment(scene.prod, scene.readers, scene.ana)
    scene.dev.create_policy("own", document(allow("sqs:*")))
    scene.readers.attach_customer_managed_policy_reference("own")
    before = snapshot(scene.world)
    with pytest.raises(AwsError) as caught:
        scene.center.provision_permission_set(scene.readers)

    assert caught.value.code == "NoSuchEntity"
    assert "Account acme-prod needs a policy own" in caught.value.__notes__[-1]
    assert snapshot(scene.world) == before


def test_a_permission_set_is_deleted_when_nobody_has_it(scene: Scene) -> None:
    """Then its methods find it no more."""
    with pytest.raises(ConflictException, match="ApplicationProfile"):
        scene.readers.delete()
    scene.center.delete_account_assignment(scene.dev, scene.readers, scene.group)
    scene.readers.delete()

    assert scene.center.permission_sets == {}
    with pytest.raises(ResourceNotFoundException, match="PermissionSet not found"):
        scene.readers.attach_managed_policy("ReadOnlyAccess")


def test_an_inline_policy_may_be_longer_than_a_managed_one(scene: Scene) -> None:
    """It has room for 32,768 characters."""
    many = [f"arn:aws:s3:::maps-{number:04}/*" for number in range(400)]
    scene.readers.put_inline_policy(document(allow("s3:PutObject", many)))
    scene.center.provision_permission_set(scene.readers)

    assert scene.world.can(scene.session(), "s3:PutObject", "arn:aws:s3:::maps-0399/m31")


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [("PT1H", 3600), ("PT12H", 43_200), ("PT90M", 5400), ("PT3600S", 3600), ("PT2H0M1S", 7201)],
)
def test_session_durations_are_read_as_iso_8601(duration: str, seconds: int) -> None:
    """Hours, minutes and seconds."""
    assert seconds_of(duration) == seconds


@pytest.mark.parametrize(
    "duration", ["", "P", "PT", "PT59M", "PT12H1S", "1H", "PT1H ", "P1D", "pt1h", "PT-1H", "PT٣H"]
)
def test_a_session_lasts_one_hour_to_twelve(duration: str, scene: Scene) -> None:
    """Everything else is refused."""
    with pytest.raises(ValidationException):
        scene.center.create_permission_set("Odd", session_duration=duration)
    with pytest.raises(ValidationException):
        scene.readers.update(session_duration=duration)

    assert scene.readers.session_duration == "PT2H"


# -- worlds ----------------------------------------------------------------------------------------


def test_a_copy_of_the_world_has_its_own_instance(scene: Scene) -> None:
    """What happens there does not happen here."""
    before = snapshot(scene.world)
    twin = scene.world.copy()
    assert snapshot(twin) == before
    center = twin.identity_centers[scene.center.arn]
    center.groups[scene.group.id].remove_user("ana")
    center.delete_account_assignment("acme-dev", "Readers", scene.group)
    center.permission_sets[scene.readers.id].delete()
    center.create_user("zoe")

    assert snapshot(scene.world) == before
    assert scene.center.sign_in("ana").accounts() == [scene.dev]
    assert reserved(twin.accounts[DEV]) == []


@pytest.mark.parametrize("secrets", [True, False])
def test_a_saved_world_opens_the_same_doors(secrets: bool, scene: Scene) -> None:  # noqa: FBT001
    """With or without secrets: the portal is known by its certificate, which isn't one."""
    scene.readers.put_inline_policy(Policy.allow("sqs:*"))
    scene.readers.put_permissions_boundary(PolicyReference("ceiling", "/sky/"))
    scene.readers.attach_customer_managed_policy_reference("own")
    scene.center.set_access_control_attributes({"Login": "${path:userName}"})
    written = json.loads(json.dumps(world_to_json(scene.world, secrets=secrets)))
    again = world_from_json(written)
    center = again.identity_centers[scene.center.arn]
    session = center.sign_in("ana").role_credentials("acme-dev", "Readers")

    assert world_to_json(again, secrets=secrets)["identity_centers"] == written["identity_centers"]
    assert session.tags == {"Login": "ana"}
    assert session.role_arn == scene.role().arn


def _damaged(path: list[Any], value: Any) -> Callable[[dict[str, Any]], None]:
    """Put a value somewhere into the one instance of a file."""

    def damage(center: dict[str, Any]) -> None:
        place: Any = center
        for step in path[:-1]:
            place = next(iter(place.values())) if step is ... else place[step]
        place[path[-1]] = value

    return damage


@pytest.mark.parametrize(
    ("damage", "text"),
    [
        (_damaged(["users", ..., "instance_arn"], "x"), "It must be arn:aws:sso"),
        (_damaged(["groups", ..., "member_ids"], ["nobody"]), "There is no such user"),
        (_damaged(["permission_sets", ..., "session_duration"], "PT99H"), "PT1H to PT12H"),
        (_damaged(["permission_sets", ..., "provisioned"], {}), "isn't provisioned"),
        (_damaged(["permission_sets"], {}), "There is no such permission set"),
        (_damaged(["users", "x"], {"id": "y", "instance_arn": "x"}), "id"),
        (_damaged(["region"], 5), "It must be text"),
    ],
)
def test_a_damaged_file_is_refused_with_the_place(
    damage: Callable[[dict[str, Any]], None], text: str, scene: Scene
) -> None:
    """What hangs loose would be missed later."""
    written = json.loads(json.dumps(world_to_json(scene.world)))
    damage(next(iter(written["identity_centers"].values())))
    with pytest.raises(LoadError, match=re.escape("$.identity_centers")) as caught:
        world_from_json(written)

    assert text in str(caught.value)


def test_a_portal_session_shows_no_secret(scene: Scene, tmp_path: Path) -> None:
    """It holds none; the session that it gives refuses to be written."""
    portal = scene.center.sign_in("ana")
    session = portal.role_credentials(DEV, "Readers")
    scene.world.save(tmp_path / "world.json")
    shown = repr(portal) + repr(session) + (tmp_path / "world.json").read_text("utf-8")

    assert session.secret_access_key not in shown
    assert session.session_token not in shown
    with pytest.raises(TypeError, match="secrets"):
        pickle.dumps(session)


# -- a law -----------------------------------------------------------------------------------------


WHO = ("user ana", "user bob", "group astronomers", "group pilots")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["assign", "unassign", "join", "leave", "provision"]),
        st.sampled_from([DEV, PROD]),
        st.sampled_from(["Readers", "Writers"]),
        st.sampled_from(WHO),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def start() -> World:
    """Two permission sets, two users, two groups; nobody is assigned."""
    scene = Scene()
    scene.center.create_permission_set("Writers")
    scene.center.create_group("pilots")
    scene.center.delete_account_assignment(DEV, "Readers", scene.group)
    return scene.world


def do(center: IdentityCenter, step: str, account: str, name: str, who: str) -> None:
    """Do a step, if it can be done; users do not join users."""
    kind, _, called = who.partition(" ")
    held: Any = center.users if kind == "user" else center.groups
    principal = next(
        item
        for item in held.values()
        if called == (item.user_name if kind == "user" else item.display_name)
    )
    work: dict[str, Callable[[], object]] = {
        "assign": lambda: center.create_account_assignment(account, name, principal),
        "unassign": lambda: center.delete_account_assignment(account, name, principal),
        "provision": lambda: center.provision_permission_set(name, account),
        "join": lambda: kind == "user" or principal.add_user("bob"),
        "leave": lambda: kind == "user" or principal.remove_user("bob"),
    }
    with suppress(ConflictException, ResourceNotFoundException):
        work[step]()


@given(steps=STEPS)
@settings(max_examples=tries(60))
def test_a_role_is_there_as_long_as_somebody_is_assigned(
    steps: list[tuple[str, str, str, str]], start: World
) -> None:
    """And the portal offers to each what is assigned to him or to a group of his; no more."""
    world = start.copy()
    [center] = world.identity_centers.values()
    assigned: set[tuple[str, str, str]] = set()
    groups: dict[str, set[str]] = {"ana": {"group astronomers"}, "bob": set()}
    for step, *what in steps:
        do(center, step, *what)
        account, name, who = what
        if step in ("assign", "unassign"):
            (assigned.add if step == "assign" else assigned.discard)((account, name, who))
        if step in ("join", "leave") and who.startswith("group"):
            (groups["bob"].add if step == "join" else groups["bob"].discard)(who)

    for account in (DEV, PROD):
        made = [item.name.split("_")[1] for item in reserved(world.accounts[account])]
        assert sorted(made) == sorted({name for place, name, _ in assigned if place == account})
    for user in center.users.values():
        mine = {f"user {user.user_name}", *groups[user.user_name]}
        offered = {(place.account_id, item.name) for place, item in center.choices_of(user)}
        assert offered == {(place, name) for place, name, who in assigned if who in mine}
        portal = center.sign_in(user)
        for place, name in offered:
            assert portal.role_credentials(place, name).record.account_id == place
