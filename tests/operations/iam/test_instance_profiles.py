"""Instance profiles and service-linked roles: one role in each, one master for each."""

from collections.abc import Callable
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    RequestError,
    UnmodifiableEntity,
    ValidationError,
)
from iamlab.model import managed_policies as managed
from iamlab.model.service_principals import LINKED, LinkedService, linked_service
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, document, trust

ID = "111111111111"
EC2 = trust({"Service": "ec2.amazonaws.com"})
START = f"arn:aws:iam::{ID}"


@pytest.fixture
def main() -> Account:
    """An account with two roles, two profiles, and a role of a service."""
    account = World(seed=5).create_account("main", account_id=ID)
    account.create_role("app", assume_role_policy_document=EC2)
    account.create_role("job", assume_role_policy_document=EC2, path="/batch/")
    account.create_instance_profile("web", path="/sky/", tags={"team": "sky"}).add_role("app")
    account.create_instance_profile("empty")
    account.create_service_linked_role("ecs.amazonaws.com")
    return account


# -- instance profiles ----------------------------------------------------------------------------


def test_profile_and_role_know_of_each_other(main: Account) -> None:
    """From when the role is put in until it is taken out, seen from both sides."""
    profile, job = main.instance_profiles["empty"], main.roles["job"]
    assert (profile.roles, job.instance_profiles) == ([], [])

    profile.add_role(job)
    assert (profile.roles, job.instance_profiles) == ([job], ["empty"])

    profile.remove_role("JOB")
    assert (profile.roles, job.instance_profiles) == ([], [])


def test_a_role_may_be_in_many_profiles(main: Account) -> None:
    """A profile holds one role, but a role is not used up."""
    main.instance_profiles["empty"].add_role("app")

    listed = main.call("ListInstanceProfilesForRole", main.root_arn, RoleName="app")

    assert [
        instance_profile["InstanceProfileName"] for instance_profile in listed["InstanceProfiles"]
    ] == ["web", "empty"]


def test_a_profile_is_answered_as_aws_does(main: Account) -> None:
    """With its role in it; a list leaves the tags out."""
    found = main.call("GetInstanceProfile", main.root_arn, InstanceProfileName="WEB")
    profile = found["InstanceProfile"]
    assert profile["Arn"] == f"{START}:instance-profile/sky/web"
    assert profile["InstanceProfileId"].startswith("AIPA")
    assert [role["RoleName"] for role in profile["Roles"]] == ["app"]
    assert profile["Tags"] == [{"Key": "team", "Value": "sky"}]

    listed = main.call("ListInstanceProfiles", main.root_arn, PathPrefix="/sky/")

    del profile["Tags"]
    assert listed == {"InstanceProfiles": [profile], "IsTruncated": False}


def test_a_role_in_a_profile_cannot_be_deleted_and_neither_can_the_profile(main: Account) -> None:
    """The role must be taken out first; then both can go."""
    profile, role = main.instance_profiles["web"], main.roles["app"]
    for delete in (profile.delete, role.delete):
        with pytest.raises(DeleteConflict, match="must remove roles from instance profile first"):
            delete()

    profile.remove_role(role)
    profile.delete()
    role.delete()

    assert "web" not in main.instance_profiles
    assert "app" not in main.roles


def test_who_puts_a_role_in_must_be_allowed_to_pass_it(main: Account) -> None:
    """Permission for the profile is not enough; PassRole may be tied to EC2."""
    dana = main.create_user("dana")
    dana.put_policy("profiles", document(allow("iam:AddRoleToInstanceProfile")))

    def add() -> None:
        sent = {"InstanceProfileName": "empty", "RoleName": "job"}
        main.call("AddRoleToInstanceProfile", dana, **sent)

    with pytest.raises(AccessDenied) as refused:
        add()
    assert refused.value.message == (
        f"User: {dana.arn} is not authorized to perform: iam:PassRole on resource: "
        f"{START}:role/batch/job because no identity-based policy allows the iam:PassRole action"
    )

    for service, ended in (("lambda", False), ("ec2", True)):
        tied = {"StringEquals": {"iam:PassedToService": f"{service}.amazonaws.com"}}
        dana.put_policy(
            "pass", document(allow("iam:PassRole", f"{START}:role/batch/*", Condition=tied))
        )
        if not ended:
            with pytest.raises(AccessDenied, match="iam:PassRole"):
                add()
    add()

    assert main.roles["job"].instance_profiles == ["empty"]


def test_to_pass_a_role_that_is_not_there_needs_permission_too(main: Account) -> None:
    """Else who may not pass could find out which roles there are."""
    dana = main.create_user("dana")
    dana.put_policy("profiles", document(allow("iam:AddRoleToInstanceProfile")))

    with pytest.raises(AccessDenied, match=f"{START}:role/none "):
        main.call("AddRoleToInstanceProfile", dana, InstanceProfileName="empty", RoleName="none")


def test_a_profile_is_named_shortly_when_it_is_there(main: Account) -> None:
    """As users, groups and roles are."""
    dana = main.create_user("dana")

    with pytest.raises(AccessDenied, match="on resource: instance profile web because"):
        main.call("GetInstanceProfile", dana, InstanceProfileName="web")
    with pytest.raises(AccessDenied, match=f"on resource: {START}:instance-profile/a/new because"):
        main.call("CreateInstanceProfile", dana, InstanceProfileName="new", Path="/a/")


def test_tags_of_a_profile_count_when_permission_is_asked(main: Account) -> None:
    """They are set, taken away, listed by key, and a condition sees them."""
    profile, dana = main.instance_profiles["web"], main.create_user("dana")
    tied = {"StringEquals": {"aws:ResourceTag/team": "sky"}}
    dana.put_policy("sky", document(allow("iam:GetInstanceProfile", Condition=tied)))
    main.call("GetInstanceProfile", dana, InstanceProfileName="web")

    profile.tag({"Team": "sea", "a": "1"})
    profile.untag(["team", "none"])

    listed = main.call("ListInstanceProfileTags", main.root_arn, InstanceProfileName="web")
    assert listed["Tags"] == [{"Key": "Team", "Value": "sea"}, {"Key": "a", "Value": "1"}]
    with pytest.raises(AccessDenied):
        main.call("GetInstanceProfile", dana, InstanceProfileName="web")


def test_a_copy_of_the_world_has_profiles_of_its_own(main: Account) -> None:
    """What changes in one is not seen in the other."""
    before = snapshot(main.world)
    twin = main.world.copy().accounts[ID]

    twin.instance_profiles["web"].tag({"new": "1"})
    twin.instance_profiles["web"].remove_role("app")
    twin.create_service_linked_role("rds.amazonaws.com")
    twin.delete_service_linked_role("AWSServiceRoleForECS")

    assert snapshot(main.world) == before
    assert twin.instance_profiles["web"].account is twin


# -- service-linked roles ------------------------------------------------------------------------


def test_a_service_linked_role_trusts_its_service_and_has_its_policy(main: Account) -> None:
    """Name, path, trust and policy are the service's."""
    role = main.create_service_linked_role("autoscaling.amazonaws.com", description="Of scaling.")

    assert role.arn == (
        f"{START}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"
    )
    assert role.trust is not None
    assert role.trust.to_dict() == trust({"Service": "autoscaling.amazonaws.com"})
    assert role.attached == [
        "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"
    ]
    assert (role.description, role.unique_id[:4]) == ("Of scaling.", "AROA")
    assert main.world.warnings == []


def test_only_its_service_changes_a_service_linked_role(main: Account) -> None:
    """All but its description."""
    role = main.roles["AWSServiceRoleForECS"]
    edits: list[Callable[[], Any]] = [
        role.delete,
        lambda: role.update(description="mine"),
        lambda: role.update_assume_role_policy(EC2),
        lambda: role.attach_policy("ReadOnlyAccess"),
        lambda: role.put_policy("p", document(allow("*"))),
        lambda: role.put_permissions_boundary("ReadOnlyAccess"),
        lambda: main.instance_profiles["empty"].add_role(role),
    ]
    before = snapshot(main.world)
    for edit in edits:
        with pytest.raises(UnmodifiableEntity, match="only modifiable by AWS"):
            edit()
    assert snapshot(main.world) == before

    sent = {"RoleName": role.name, "Description": "of clusters"}
    main.call("UpdateRoleDescription", main.root_arn, **sent)

    assert role.description == "of clusters"


def test_a_suffix_makes_a_second_role_where_the_service_takes_one(main: Account) -> None:
    """Auto Scaling does, ECS does not."""
    for suffix in (None, "blue"):
        main.create_service_linked_role("autoscaling.amazonaws.com", custom_suffix=suffix)

    assert {"AWSServiceRoleForAutoScaling", "AWSServiceRoleForAutoScaling_blue"} <= set(main.roles)


@pytest.mark.parametrize("service", sorted(LINKED))
def test_each_service_of_the_table_gets_its_role(main: Account, service: str) -> None:
    """With AWS's name and policy; a suffix only where AWS has been seen to take one."""
    linked, principal = LINKED[service], f"{service}.amazonaws.com"
    main.roles.pop(f"AWSServiceRoleFor{linked.name}", None)

    role = main.create_service_linked_role(principal)

    assert role.name == f"AWSServiceRoleFor{linked.name}"
    assert role.attached == [f"arn:aws:iam::aws:policy/aws-service-role/{linked.policy}"]
    if service in ("autoscaling", "connect", "lexv2"):
        main.create_service_linked_role(principal, custom_suffix="b")
        assert f"{role.name}_b" in main.roles
    else:
        with pytest.raises(InvalidInput) as refused:
            main.create_service_linked_role(principal, custom_suffix="b")
        assert refused.value.message == f"Custom suffix is not allowed for {principal}"


# Service, role after AWSServiceRoleFor, policy: as AWS answered CreateServiceLinkedRole.
AS_ANSWERED = """
accountdiscovery.ssm AmazonSSM_AccountDiscovery AWSSystemsManagerAccountDiscoveryServicePolicy
autoscaling-plans AutoScalingPlans_EC2AutoScaling AWSAutoScalingPlansEC2AutoScalingPolicy
docdb-elastic DocDB-Elastic AmazonDocDB-ElasticServiceRolePolicy
ec2-instance-connect Ec2InstanceConnect Ec2InstanceConnectEndpoint
email.cognito-idp AmazonCognitoIdpEmailService AmazonCognitoIdpEmailServiceRolePolicy
m2 AWSM2 AWSM2ServicePolicy
ops.apigateway APIGateway APIGatewayServiceRolePolicy
repository.sync.codeconnections GitSync AWSGitSyncServiceRolePolicy
vpcorigin.cloudfront CloudFrontVPCOrigin AWSCloudFrontVPCOriginServiceRolePolicy
"""


@pytest.mark.parametrize("row", AS_ANSWERED.split("\n")[1:-1])
def test_names_and_policies_are_those_that_aws_answered(row: str) -> None:
    """They follow no rule that could derive them."""
    service, name, policy = row.split()

    assert LINKED[service] == LinkedService(name, policy)


def test_a_service_without_a_linked_role_is_refused_until_it_is_added(
    main: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No name is derived. The error says how to add a newer service."""
    service = "some-thing.amazonaws.com"
    before = snapshot(main.world)
    with pytest.raises(InvalidInput, match="not a service that has") as refused:
        main.create_service_linked_role(service)
    assert "model.service_principals.LINKED" in refused.value.__notes__[-1]
    assert snapshot(main.world) == before

    monkeypatch.setitem(LINKED, "some-thing", LinkedService("Thing", "ReadOnlyAccess"))

    assert main.create_service_linked_role(service).name == "AWSServiceRoleForThing"


def test_no_quota_of_roles_stops_a_service(main: Account) -> None:
    """Service-linked roles may exceed it."""
    main.quotas["Roles"] = len(main.roles)
    with pytest.raises(LimitExceeded):
        main.create_role("more", assume_role_policy_document=EC2)

    main.create_service_linked_role("rds.amazonaws.com")

    assert "AWSServiceRoleForRDS" in main.roles


def test_to_delete_a_service_linked_role_is_a_task(main: Account) -> None:
    """Its id names the role, and stays when the role is gone."""
    task = main.delete_service_linked_role("AWSServiceRoleForECS")

    assert task.startswith("task/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS/")
    assert "AWSServiceRoleForECS" not in main.roles
    assert main.get_service_linked_role_deletion_status(task) == "SUCCEEDED"
    with pytest.raises(NoSuchEntity, match="The role with name AWSServiceRoleForECS"):
        main.delete_service_linked_role("AWSServiceRoleForECS")


def test_permission_for_a_service_linked_role_is_asked_by_its_arn(main: Account) -> None:
    """That of the role to be, which policies tie to a service; a task stands for its role."""
    dana = main.create_user("dana")
    ecs = f"{START}:role/aws-service-role/ecs.amazonaws.com/*"
    tied = {"StringEquals": {"iam:AWSServiceName": "rds.amazonaws.com"}}
    dana.put_policy(
        "linked",
        document(
            allow(["iam:DeleteServiceLinkedRole", "iam:GetServiceLinkedRole*"], ecs),
            allow("iam:CreateServiceLinkedRole", Condition=tied),
        ),
    )
    main.call("CreateServiceLinkedRole", dana, AWSServiceName="rds.amazonaws.com")
    with pytest.raises(AccessDenied) as refused:
        main.call("CreateServiceLinkedRole", dana, AWSServiceName="spot.amazonaws.com")
    arn = f"{START}:role/aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot"
    assert f"on resource: {arn} because" in refused.value.message

    task = main.call("DeleteServiceLinkedRole", dana, RoleName="AWSServiceRoleForECS")
    main.call("GetServiceLinkedRoleDeletionStatus", dana, **task)
    other = {"DeletionTaskId": "task/aws-service-role/rds.amazonaws.com/AWSServiceRoleForRDS/1"}
    with pytest.raises(AccessDenied, match="on resource: role AWSServiceRoleForRDS because"):
        main.call("GetServiceLinkedRoleDeletionStatus", dana, **other)


def test_every_service_of_the_table_has_a_policy_that_aws_ships() -> None:
    """And one for service-linked roles only; no two services share a name."""
    for service, linked in LINKED.items():
        policy = managed.find(linked.policy)
        assert policy is not None, service
        assert policy.path == "/aws-service-role/", service
    assert len({linked.name for linked in LINKED.values()}) == len(LINKED)


@pytest.mark.parametrize("text", ["ecs", "", "amazonaws.com", ".amazonaws.com", "ecs.example.com"])
def test_what_is_not_a_service_principal_has_no_linked_role(text: str) -> None:
    """A service is named by its principal."""
    assert linked_service(text) is None


# -- refusals ------------------------------------------------------------------------------------

TOO_LONG = "AWSServiceRoleForAutoScaling_" + "x" * 60
TAKEN = (
    "Service role name AWSServiceRoleForECS has been taken in this account, please try a different "
    "suffix."
)
REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str | None]] = {
    "a profile twice": (
        lambda a: a.create_instance_profile("Web"),
        EntityAlreadyExists,
        "Instance Profile Web already exists.",
    ),
    "too many profiles": (
        lambda a: (a.quotas.update(InstanceProfiles=2), a.create_instance_profile("more")),
        LimitExceeded,
        "Cannot exceed quota for InstanceProfilesPerAccount: 2",
    ),
    "no such profile": (
        lambda a: a.call("GetInstanceProfile", a.root_arn, InstanceProfileName="wbe"),
        NoSuchEntity,
        "Instance Profile wbe cannot be found.",
    ),
    "a second role": (
        lambda a: a.instance_profiles["web"].add_role("job"),
        LimitExceeded,
        "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1",
    ),
    "no such role to add": (
        lambda a: a.instance_profiles["empty"].add_role("none"),
        NoSuchEntity,
        "The role with name none cannot be found.",
    ),
    "a role that is not in": (
        lambda a: a.instance_profiles["web"].remove_role("job"),
        NoSuchEntity,
        "Role job in Instance Profile web cannot be found.",
    ),
    "too many tags at once": (
        lambda a: a.instance_profiles["empty"].tag({str(n): "" for n in range(51)}),
        ValidationError,
        None,
    ),
    "too many tags in all": (
        lambda a: a.instance_profiles["web"].tag({str(n): "" for n in range(50)}),
        LimitExceeded,
        "The number of tags has reached the maximum limit.",
    ),
    "a tag twice": (
        lambda a: a.call(
            "TagInstanceProfile",
            a.root_arn,
            InstanceProfileName="web",
            Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        ),
        InvalidInput,
        "Duplicate tag keys found.",
    ),
    "a linked role twice": (
        lambda a: a.create_service_linked_role("ecs.amazonaws.com"),
        InvalidInput,
        TAKEN,
    ),
    "no suffix": (
        lambda a: a.create_service_linked_role("ecs.amazonaws.com", custom_suffix="blue"),
        InvalidInput,
        "Custom suffix is not allowed for ecs.amazonaws.com",
    ),
    "no service": (
        lambda a: a.create_service_linked_role("ecs"),
        InvalidInput,
        "ecs is not a service that has a service-linked role.",
    ),
    "too long a name": (
        lambda a: a.create_service_linked_role("autoscaling.amazonaws.com", custom_suffix="x" * 60),
        InvalidInput,
        f"Service role name {TOO_LONG} is longer than 64 characters.",
    ),
    "not linked": (
        lambda a: a.delete_service_linked_role("app"),
        ValidationError,
        "Role app is not a service-linked role.",
    ),
    "no such task": (
        lambda a: a.get_service_linked_role_deletion_status("task/none"),
        NoSuchEntity,
        "Deletion task task/none cannot be found.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_changes_nothing(case: str, main: Account) -> None:
    """Not even an id is used up."""
    operation, error, message = REFUSALS[case]
    quotas = "too many profiles"
    before = snapshot(main.world)

    with pytest.raises(error) as caught:
        operation(main)

    if message is not None:
        assert caught.value.message == message
    if case != quotas:  # which is lowered by the case itself
        assert snapshot(main.world) == before


def test_a_misspelt_profile_is_answered_with_the_nearest(main: Account) -> None:
    """As a note, below AWS's sentence."""
    with pytest.raises(NoSuchEntity) as caught:
        main.call("GetInstanceProfile", main.root_arn, InstanceProfileName="web1")

    assert caught.value.__notes__ == ["Did you mean web?"]


def test_keys_to_untag_are_a_list(main: Account) -> None:
    """One text would be taken for its letters."""
    with pytest.raises(RequestError, match=r"write \['team'\]"):
        main.instance_profiles["web"].untag("team")
