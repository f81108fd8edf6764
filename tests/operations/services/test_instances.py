"""Instances: an instance profile hands them a role, and what is handed out works for six hours."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.errors import AccessDenied, ExpiredToken, InvalidClientTokenId, RequestError
from iamlab.errors.ec2 import IncorrectInstanceState, IncorrectState, InvalidAssociationIDNotFound
from iamlab.errors.services import InvalidParameterValue
from iamlab.operations.dispatch import perform
from iamlab.operations.services.ec2.instance import Instance
from iamlab.storage.saved_world import world_from_json, world_to_json
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

OWN = "111111111111"
EC2 = {"Service": "ec2.amazonaws.com"}
MAP = "arn:aws:s3:::star-maps/m31.fits"


@pytest.fixture
def main() -> Account:
    """An account with two roles in instance profiles, and dana."""
    account = World(seed=4).create_account("main", account_id=OWN)
    for name, action in (("reader", "s3:GetObject"), ("writer", "s3:PutObject")):
        role = account.create_role(name, assume_role_policy_document=trust(EC2))
        role.put_policy("maps", document(allow(action, MAP)))
        account.create_instance_profile(name).add_role(role)
    account.create_instance_profile("empty")
    account.create_user("dana")
    return account


@pytest.fixture
def web(main: Account) -> Instance:
    """An instance with a role."""
    return main.create_instance(instance_profile="reader", vpc_id="vpc-1", private_ip="10.0.0.9")


@pytest.fixture
def dana(main: Account) -> User:
    """Who may do what a test lets her."""
    return main.users["dana"]


def test_an_instance_has_an_id_an_address_and_a_vpc(main: Account) -> None:
    """All from the seed, if nothing is said."""
    made = [main.create_instance() for _ in range(3)]

    assert len({item.name for item in made}) == 3
    assert len({instance.private_ip for instance in made}) == 3
    assert len({instance.vpc_id for instance in made}) == 1
    assert all(item.name.startswith("i-") and len(item.name) == 19 for item in made)
    assert made[0].arn == f"arn:aws:ec2:us-east-1:{OWN}:instance/{made[0].name}"
    assert made[0].vpc_id != main.create_instance(region="eu-west-1").vpc_id
    assert (made[0].state, made[0].http_tokens) == ("running", "optional")
    again = World(seed=4).create_account("main", account_id=OWN).create_instance()
    assert again.vpc_id == made[0].vpc_id


def test_an_instance_does_what_the_role_in_its_profile_may(main: Account, web: Instance) -> None:
    """By credentials that its metadata service gives."""
    session = web.role_session()

    assert session.arn == f"arn:aws:sts::{OWN}:assumed-role/reader/{web.name}"
    assert main.world.can(session, "s3:GetObject", MAP)
    assert not main.world.can(session, "s3:PutObject", MAP)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("aws:Ec2InstanceSourceVpc", "vpc-1"),
        ("aws:Ec2InstanceSourcePrivateIPv4", "10.0.0.9"),
        ("ec2:RoleDelivery", "2.0"),
        ("ec2:SourceInstanceArn", "ARN"),
    ],
)
def test_the_credentials_say_where_they_were_made(
    key: str, value: str, main: Account, web: Instance
) -> None:
    """So that stolen ones can be distinguished."""
    wanted = web.arn if value == "ARN" else value
    only = {"StringEquals": {key: wanted}}
    main.roles["reader"].put_policy("maps", document(allow("s3:*", MAP, Condition=only)))
    other = main.create_instance(instance_profile="reader", vpc_id="vpc-2", private_ip="10.0.0.8")

    assert main.world.can(web.role_session(), "s3:GetObject", MAP)
    from_elsewhere = other.role_session(delivery="1.0")
    assert not main.world.can(from_elsewhere, "s3:GetObject", MAP)


def test_credentials_last_six_hours(main: Account, web: Instance) -> None:
    """Then the instance gets new ones."""
    session = web.role_session()
    main.world.clock.advance(hours=5, minutes=59)
    assert main.world.can(session, "s3:GetObject", MAP)
    main.world.clock.advance(minutes=1)

    with pytest.raises(ExpiredToken):
        main.world.can(session, "s3:GetObject", MAP)
    assert main.world.can(web.role_session(), "s3:GetObject", MAP)


def assumed(main: Account) -> int:
    """Count how often EC2 has assumed a role."""
    return [event.event_name for event in main.world.events].count("AssumeRole")


def test_an_instance_is_given_the_same_credentials_until_15_minutes_are_left(
    main: Account, web: Instance
) -> None:
    """Then there are new ones, and both work for these 15 minutes."""
    first = web.role_session()
    main.world.clock.advance(hours=5, minutes=44, seconds=59)
    same = web.role_session()
    assert (same.access_key_id, same.secret_access_key, same.session_token) == (
        *(first.access_key_id, first.secret_access_key, first.session_token),
    )

    main.world.clock.advance(seconds=1)
    second = web.role_session()
    assert second.access_key_id != first.access_key_id
    assert second.expiration - first.expiration == timedelta(hours=5, minutes=45)
    assert all(main.world.can(session, "s3:GetObject", MAP) for session in (first, second))


def test_ec2_assumes_the_role_only_when_there_must_be_new_credentials(
    main: Account, web: Instance
) -> None:
    """The log has one line for each time, however often software asks."""
    for _ in range(3):
        web.role_session()
    assert assumed(main) == 1
    main.world.clock.advance(hours=6)
    for _ in range(3):
        web.role_session()

    assert assumed(main) == 2


def test_each_version_of_the_metadata_service_has_credentials_of_its_own(
    main: Account, web: Instance
) -> None:
    """As they say how they were delivered."""
    old, new = web.role_session(delivery="1.0"), web.role_session(delivery="2.0")

    assert (old.keys["ec2:RoleDelivery"], new.keys["ec2:RoleDelivery"]) == ("1.0", "2.0")
    assert web.delivered == {"1.0": old.access_key_id, "2.0": new.access_key_id}
    assert web.role_session(delivery="1.0").access_key_id == old.access_key_id
    assert assumed(main) == 2


def test_a_role_that_is_made_anew_is_another_one(main: Account, web: Instance) -> None:
    """Its namesake's credentials are not given for it."""
    old, profile = web.role_session(), main.instance_profiles["reader"]
    profile.remove_role("reader")
    main.roles["reader"].delete_policy("maps")
    main.roles["reader"].delete()
    profile.add_role(main.create_role("reader", assume_role_policy_document=trust(EC2)))
    new = web.role_session()

    assert new.access_key_id != old.access_key_id
    assert not main.world.can(new, "s3:GetObject", MAP)


def stop_and_start(web: Instance) -> None:
    """The first way."""
    web.stop()
    web.start()


def take_away_and_give_again(web: Instance) -> None:
    """The second way."""
    web.disassociate_iam_instance_profile()
    web.associate_iam_instance_profile("reader")


def replace_by_itself(web: Instance) -> None:
    """The third way."""
    web.replace_iam_instance_profile_association("reader")


@pytest.mark.parametrize("force", [stop_and_start, take_away_and_give_again, replace_by_itself])
def test_new_credentials_can_be_forced(
    force: Callable[[Instance], None], main: Account, web: Instance
) -> None:
    """As must be after all sessions of a role have been revoked; the old ones stay revoked."""
    old = web.role_session()
    main.world.clock.advance(minutes=1)
    before = {"DateLessThan": {"aws:TokenIssueTime": main.world.clock.now.isoformat()}}
    main.roles["reader"].put_policy("revoked", document(deny("*", "*", Condition=before)))
    assert not main.world.can(web.role_session(), "s3:GetObject", MAP)
    web.start()
    assert web.role_session().access_key_id == old.access_key_id

    force(web)

    assert main.world.can(web.role_session(), "s3:GetObject", MAP)
    assert not main.world.can(old, "s3:GetObject", MAP)


def test_who_takes_the_trust_away_waits_for_the_next_credentials(
    main: Account, web: Instance
) -> None:
    """EC2 assumes the role once for six hours; the trust policy is asked only then."""
    web.role_session()
    main.roles["reader"].update_assume_role_policy(trust({"AWS": OWN}))
    assert main.world.can(web.role_session(), "s3:GetObject", MAP)
    main.world.clock.advance(hours=5, minutes=55)

    with pytest.raises(AccessDenied, match="EC2 cannot assume the role reader"):
        web.role_session()


@settings(max_examples=tries(25))
@given(waits=st.lists(st.integers(0, 8 * 3600), max_size=6))
def test_whatever_an_instance_is_given_works_for_more_than_15_minutes(waits: list[int]) -> None:
    """Whenever it asks; and EC2 has assumed the role as often as there were new credentials."""
    account = World(seed=4).create_account("main", account_id=OWN)
    account.create_role("reader", assume_role_policy_document=trust(EC2))
    account.create_instance_profile("reader").add_role("reader")
    web, seen = account.create_instance(instance_profile="reader"), set()
    for seconds in waits:
        account.world.clock.advance(seconds=seconds)
        session = web.role_session()
        seen.add(session.access_key_id)
        assert session.expiration - account.world.clock.now > timedelta(minutes=15)

    assert assumed(account) == len(seen)


@pytest.mark.parametrize("secrets", [True, False])
def test_a_saved_world_goes_on_with_the_same_session(
    main: Account, web: Instance, *, secrets: bool
) -> None:
    """Its secret is another one, if none was written."""
    before = web.role_session()
    world = world_from_json(world_to_json(main.world, secrets=secrets))
    twin: Any = world.account("main").resources[web.arn]
    after = twin.role_session()

    assert (after.arn, after.access_key_id) == (before.arn, before.access_key_id)
    assert (after.secret_access_key == before.secret_access_key) is secrets
    assert len(world.events) == len(main.world.events)
    assert world.can(after, "s3:GetObject", MAP)


@pytest.mark.parametrize("key_id", ["nonsense", "another role's", "another instance's"])
def test_a_file_cannot_slip_another_session_to_an_instance(
    key_id: str, main: Account, web: Instance
) -> None:
    """What is noted there must be of its own role, for this very instance."""
    others = {
        "another role's": main.create_instance(instance_profile="writer"),
        "another instance's": main.create_instance(instance_profile="reader"),
    }
    other = others[key_id].role_session() if key_id in others else None
    data = world_to_json(main.world, secrets=True)
    saved = data["accounts"][OWN]["resources"][web.arn]
    saved["delivered"] = {"2.0": other.access_key_id if other else key_id}
    twin: Any = world_from_json(data).account("main").resources[web.arn]

    assert twin.role_session().arn == f"arn:aws:sts::{OWN}:assumed-role/reader/{web.name}"
    assert twin.role_session().access_key_id not in {key_id, other and other.access_key_id}


def test_without_a_profile_no_new_credentials_are_given_and_the_old_ones_go_on(
    main: Account, web: Instance
) -> None:
    """Until they expire: that is why sessions must be revoked in another way."""
    session = web.role_session()
    web.disassociate_iam_instance_profile()
    assert web.iam_instance_profile is None
    with pytest.raises(RequestError, match="no instance profile"):
        web.role_session()

    assert main.world.can(session, "s3:GetObject", MAP)
    main.roles["reader"].put_policy("revoked", document(deny("*", "*")))
    assert not main.world.can(session, "s3:GetObject", MAP)


def test_a_role_that_is_taken_out_of_the_profile_is_not_given_any_more(
    main: Account, web: Instance
) -> None:
    """Another one in its place is, without a word to EC2."""
    session, profile = web.role_session(), main.instance_profiles["reader"]
    profile.remove_role("reader")
    with pytest.raises(RequestError, match="its instance profile has no role: reader"):
        web.role_session()
    assert main.world.can(session, "s3:GetObject", MAP)
    profile.add_role("writer")

    assert main.world.can(web.role_session(), "s3:PutObject", MAP)


def test_a_deleted_role_ends_its_sessions(main: Account, web: Instance) -> None:
    """There is nobody any more who could act."""
    session, role = web.role_session(), main.roles["reader"]
    main.instance_profiles["reader"].remove_role(role)
    role.delete_policy("maps")
    role.delete()

    with pytest.raises(InvalidClientTokenId):
        main.world.can(session, "s3:GetObject", MAP)


def test_a_profile_that_is_made_anew_is_another_one(main: Account, web: Instance) -> None:
    """The instance keeps the first, of which nothing is left."""
    profile = main.instance_profiles["reader"]
    profile.remove_role("reader")
    profile.delete()
    main.create_instance_profile("reader").add_role("reader")

    assert web.iam_instance_profile is None
    assert web.association is not None
    web.replace_iam_instance_profile_association("reader")
    assert web.role_session().role_arn == main.roles["reader"].arn


def test_ec2_asks_only_later_whether_the_role_lets_it(main: Account) -> None:
    """The instance starts all the same, and gets no credentials."""
    role = main.create_role("job", assume_role_policy_document=trust({"AWS": OWN}))
    main.create_instance_profile("job").add_role(role)
    instance = main.create_instance(instance_profile="job")
    with pytest.raises(AccessDenied, match="EC2 cannot assume the role job") as caught:
        instance.role_session()
    assert caught.value.decision is not None
    assert main.world.events[-1].error_code == "AccessDenied"

    role.update_assume_role_policy(trust(EC2))
    assert instance.role_session().role_arn == role.arn
    event = main.world.events[-1]
    assert event.user_identity == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert event.request_parameters == {"roleArn": role.arn, "roleSessionName": instance.name}
    assert "secret" not in str(event).lower()


def test_the_metadata_service_may_want_a_token(main: Account, web: Instance) -> None:
    """IMDSv2 only: what a server can be tricked into asking for has none."""
    keys = web.role_session(delivery="1.0").keys
    assert keys["ec2:RoleDelivery"] == "1.0"
    web.modify_metadata_options(http_tokens="required")
    with pytest.raises(RequestError, match="IMDSv2 only"):
        web.role_session(delivery="1.0")
    assert web.role_session()
    web.modify_metadata_options(http_endpoint="disabled")
    with pytest.raises(RequestError, match="disabled"):
        web.role_session()
    with pytest.raises(RequestError, match="delivery is one of"):
        web.role_session(delivery="3")
    with pytest.raises(InvalidParameterValue):
        web.modify_metadata_options(http_tokens="perhaps")

    assert main.create_instance(http_tokens="required").http_tokens == "required"


@pytest.mark.parametrize("limit", [0, 65, -1, True, 10**30])
def test_a_hop_limit_is_1_to_64(limit: Any, main: Account, web: Instance) -> None:
    """When an instance is started, and later."""
    assert web.http_put_response_hop_limit == 1
    web.modify_metadata_options(http_put_response_hop_limit=64)
    with pytest.raises(InvalidParameterValue, match="for parameter HttpPutResponseHopLimit"):
        web.modify_metadata_options(http_put_response_hop_limit=limit)
    with pytest.raises(InvalidParameterValue, match="for parameter HttpPutResponseHopLimit"):
        main.create_instance(http_put_response_hop_limit=limit)

    assert (web.http_put_response_hop_limit, web.http_tokens) == (64, "optional")
    assert main.create_instance(http_put_response_hop_limit=2).http_put_response_hop_limit == 2


def test_an_answer_is_a_copy_of_the_options(main: Account, web: Instance) -> None:
    """Whoever writes into it changes no instance."""
    arguments = {"InstanceId": web.name, "HttpPutResponseHopLimit": 2}
    answer = main.call("ec2:ModifyInstanceMetadataOptions", main.root_arn, **arguments)
    options = answer["InstanceMetadataOptions"]
    assert options == {
        "HttpTokens": "optional",
        "HttpEndpoint": "enabled",
        "HttpPutResponseHopLimit": 2,
    }
    options["HttpTokens"] = "required"

    assert web.http_tokens == "optional"


@pytest.mark.parametrize("limit", ["far", None])
def test_a_hop_limit_of_an_old_or_odd_file_is_1(limit: Any, main: Account, web: Instance) -> None:
    """Files were written before there was one, and can be edited."""
    data = world_to_json(main.world, secrets=True)
    options = data["accounts"][OWN]["resources"][web.arn]["metadata_options"]
    del options["HttpPutResponseHopLimit"]
    if limit is not None:
        options["HttpPutResponseHopLimit"] = limit
    twin: Any = world_from_json(data).account("main").resources[web.arn]

    assert twin.http_put_response_hop_limit == 1


def test_an_instance_that_does_not_run_gets_nothing(web: Instance) -> None:
    """Until it runs again; one that is ended never does."""
    web.stop()
    with pytest.raises(RequestError, match="it is stopped"):
        web.role_session()
    web.start()
    assert web.role_session()
    web.terminate()

    assert (web.state, web.association) == ("terminated", None)
    with pytest.raises(IncorrectInstanceState):
        web.start()
    web.terminate()


def test_a_profile_is_given_replaced_and_taken_away_while_it_runs(
    main: Account, web: Instance
) -> None:
    """By an association, which gets a new id each time."""
    assert web.association is not None
    first = web.association.association_id
    with pytest.raises(IncorrectState):
        web.associate_iam_instance_profile("writer")
    web.replace_iam_instance_profile_association(main.instance_profiles["writer"])
    assert web.association.association_id != first
    assert main.world.can(web.role_session(), "s3:PutObject", MAP)

    web.disassociate_iam_instance_profile()
    with pytest.raises(InvalidAssociationIDNotFound):
        web.disassociate_iam_instance_profile()
    with pytest.raises(InvalidAssociationIDNotFound):
        web.replace_iam_instance_profile_association("writer")
    web.stop()
    web.associate_iam_instance_profile("reader")
    with pytest.raises(IncorrectInstanceState):
        web.replace_iam_instance_profile_association("writer")
    web.terminate()
    with pytest.raises(IncorrectInstanceState):
        web.associate_iam_instance_profile("reader")


READER = f"arn:aws:iam::{OWN}:role/reader"
ONE = {"MinCount": 1, "MaxCount": 1}


def calls(account: Account) -> dict[str, tuple[str, dict[str, Any]]]:
    """The three ways to give an instance a role."""
    bare = account.create_instance()
    held = account.create_instance(instance_profile="writer")
    assert held.association is not None
    profile = {"IamInstanceProfile": {"Name": "reader"}}
    return {
        "run": ("ec2:RunInstances", {**ONE, **profile}),
        "associate": ("ec2:AssociateIamInstanceProfile", {"InstanceId": bare.name, **profile}),
        "replace": (
            "ec2:ReplaceIamInstanceProfileAssociation",
            {"AssociationId": held.association.association_id, **profile},
        ),
    }


@pytest.mark.parametrize("how", ["run", "associate", "replace"])
def test_who_gives_an_instance_a_role_must_be_allowed_to_pass_it(
    how: str, main: Account, dana: User
) -> None:
    """AmazonEC2FullAccess does not let anybody do that."""
    operation, arguments = calls(main)[how]
    dana.attach_policy("AmazonEC2FullAccess")
    before = snapshot(main.world)
    with pytest.raises(AccessDenied, match=f"iam:PassRole on resource: {READER}"):
        main.call(operation, dana, **arguments)
    assert snapshot(main.world) == before

    only = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    dana.put_policy("pass", document(allow("iam:PassRole", READER, Condition=only)))
    answer = main.call(operation, dana, **arguments)

    assert f"arn:aws:iam::{OWN}:instance-profile/reader" in str(answer)


def test_passing_may_be_kept_to_instances_that_are_to_be_made(main: Account, dana: User) -> None:
    """As iam:AssociatedResourceArn tells what gets the role."""
    ways = calls(main)
    dana.attach_policy("AmazonEC2FullAccess")
    new = {"StringEquals": {"iam:AssociatedResourceArn": f"arn:aws:ec2:us-east-1:{OWN}:instance/*"}}
    dana.put_policy("pass", document(allow("iam:PassRole", READER, Condition=new)))

    assert main.call(ways["run"][0], dana, **ways["run"][1])
    with pytest.raises(AccessDenied, match="iam:PassRole"):
        main.call(ways["associate"][0], dana, **ways["associate"][1])


def test_to_take_a_role_away_nothing_is_passed(main: Account, dana: User, web: Instance) -> None:
    """DisassociateIamInstanceProfile is enough, on the instance."""
    assert web.association is not None
    arguments = {"AssociationId": web.association.association_id}
    with pytest.raises(AccessDenied, match=f"on resource: {web.arn}"):
        main.call("ec2:DisassociateIamInstanceProfile", dana, **arguments)
    dana.put_policy("take", document(allow("ec2:DisassociateIamInstanceProfile", web.arn)))
    main.call("ec2:DisassociateIamInstanceProfile", dana, **arguments)

    assert web.association is None


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        (
            {"StringEquals": {"ec2:MetadataHttpTokens": "required"}},
            {"MetadataOptions": {"HttpTokens": "required"}},
            {},
        ),
        (
            {"NumericLessThanEquals": {"ec2:MetadataHttpPutResponseHopLimit": "1"}},
            {"MetadataOptions": {"HttpPutResponseHopLimit": 1}},
            {"MetadataOptions": {"HttpPutResponseHopLimit": 2}},
        ),
        (
            {"StringEquals": {"ec2:MetadataHttpEndpoint": "disabled"}},
            {"MetadataOptions": {"HttpEndpoint": "disabled"}},
            {"MetadataOptions": {"HttpEndpoint": "enabled"}},
        ),
        (
            {"StringEquals": {"aws:RequestTag/team": "sky"}},
            {
                "TagSpecifications": [
                    {"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "sky"}]}
                ]
            },
            {},
        ),
        (
            {"StringEquals": {"ec2:InstanceType": "t3.micro"}},
            {"InstanceType": "t3.micro"},
            {"InstanceType": "p5.48xlarge"},
        ),
        (
            {"ArnLike": {"ec2:InstanceProfile": f"arn:aws:iam::{OWN}:instance-profile/reader"}},
            {"IamInstanceProfile": {"Name": "reader"}},
            {"IamInstanceProfile": {"Name": "writer"}},
        ),
    ],
)
def test_what_may_be_started_can_be_narrowed_down(
    condition: Any, good: Any, bad: Any, main: Account, dana: User
) -> None:
    """By what the call sends for the instance; what else it uses has none of these keys."""
    instances = "arn:aws:ec2:*:*:instance/*"
    dana.put_policy("run", document(allow("ec2:RunInstances", instances, Condition=condition)))
    others = {**allow("ec2:RunInstances"), "NotResource": instances}
    del others["Resource"]
    dana.put_policy("rest", document(others, allow(["ec2:CreateTags", "iam:PassRole"])))
    with pytest.raises(AccessDenied, match="ec2:RunInstances"):
        main.call("ec2:RunInstances", dana, **ONE, **bad)

    [made] = main.call("ec2:RunInstances", dana, **ONE, **good)["Instances"]
    assert made["State"] == {"Code": 16, "Name": "running"}


def test_instances_are_distinguished_by_their_tags_and_profiles(
    main: Account, dana: User, web: Instance
) -> None:
    """By EC2's own keys and by the keys of all services."""
    web.tag({"team": "sky"})
    for key in ("ec2:ResourceTag/team", "aws:ResourceTag/team"):
        only = {"StringEquals": {key: "sky"}}
        dana.put_policy("stop", document(allow("ec2:StopInstances", "*", Condition=only)))
        assert main.world.can(dana, "ec2:StopInstances", web.arn)
        assert not main.world.can(dana, "ec2:StopInstances", main.create_instance().arn)

    only = {"ArnLike": {"ec2:InstanceProfile": "arn:aws:iam::*:instance-profile/reader"}}
    dana.put_policy("stop", document(allow("ec2:StopInstances", "*", Condition=only)))
    assert main.world.can(dana, "ec2:StopInstances", web.arn)


def test_of_several_instances_each_is_asked_for(main: Account, dana: User, web: Instance) -> None:
    """One that the caller may not stop lets all go on."""
    other = main.create_instance()
    dana.put_policy("stop", document(allow("ec2:StopInstances", web.arn)))
    with pytest.raises(AccessDenied, match=other.name):
        main.call("ec2:StopInstances", dana, InstanceIds=[web.name, other.name])
    assert web.state == "running"

    main.call("ec2:StopInstances", dana, InstanceIds=[web.name])
    assert web.state == "stopped"


def test_tags_come_and_go(main: Account, web: Instance) -> None:
    """Of several things at once, of some keys or of all."""
    other = main.create_instance(tags={"team": "sky"})
    perform(
        main,
        "ec2:CreateTags",
        Resources=[web.name, other.name],
        Tags=[{"Key": "cost", "Value": "1"}],
    )
    other.untag(["team"])
    assert (web.tags, other.tags) == ({"cost": "1"}, {"cost": "1"})
    perform(main, "ec2:DeleteTags", Resources=[web.name])

    assert (web.tags, other.tags) == ({}, {"cost": "1"})
    with pytest.raises(RequestError, match="list of keys"):
        other.untag("cost")


def test_several_instances_start_at_once(main: Account) -> None:
    """Each with an id and an address of its own."""
    made = perform(main, "ec2:RunInstances", MinCount=1, MaxCount=3)

    assert len({instance.private_ip for instance in made}) == 3
    for counts in ({"MinCount": 0, "MaxCount": 1}, {"MinCount": 2, "MaxCount": 1}):
        with pytest.raises(InvalidParameterValue):
            perform(main, "ec2:RunInstances", **counts)


@pytest.mark.parametrize("how", ["profile", "name", "arn"])
def test_a_profile_is_named_by_itself_its_name_or_its_arn(how: str, main: Account) -> None:
    """All come to the same."""
    profile = main.instance_profiles["reader"]
    arguments = {"profile": profile, "name": profile.name, "arn": profile.arn}[how]

    assert main.create_instance(instance_profile=arguments).iam_instance_profile is profile


def test_a_profile_of_another_account_cannot_be_given(main: Account) -> None:
    """A role is passed within its account only."""
    other = main.world.create_account("other", account_id="222222222222")
    profile = other.create_instance_profile("theirs")
    with pytest.raises(InvalidParameterValue, match="Invalid IAM Instance Profile ARN"):
        main.create_instance(instance_profile=profile)
    with pytest.raises(RequestError, match="instance_profile is"):
        main.create_instance(instance_profile="")


def test_a_copy_of_the_world_has_instances_of_its_own(main: Account, web: Instance) -> None:
    """What is changed there does not change here."""
    twin: Any = main.world.copy().account("main").resources[web.arn]
    twin.modify_metadata_options(http_tokens="required")
    twin.role_session()
    assert (web.delivered, assumed(main)) == ({}, 0)
    twin.disassociate_iam_instance_profile()

    assert (web.http_tokens, web.association is None) == ("optional", False)


def test_an_instance_gets_only_the_tags_that_are_sent_for_an_instance(
    main: Account, dana: User
) -> None:
    """Those of its volumes are neither on it nor in the request that is asked."""
    sent = [
        {"ResourceType": "volume", "Tags": [{"Key": "team", "Value": "sea"}]},
        {"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "sky"}]},
    ]
    only_sky = {"StringEquals": {"aws:RequestTag/team": "sky"}}
    instances, volumes = (f"arn:aws:ec2:*:*:{kind}/*" for kind in ("instance", "volume"))
    sea = {"StringEquals": {"aws:RequestTag/team": "sea", "ec2:CreateAction": "RunInstances"}}
    others = {**allow("ec2:RunInstances"), "NotResource": instances}
    del others["Resource"]
    start = allow("ec2:*", instances, Condition=only_sky)
    dana.put_policy("start", document(others, start))
    counts = {"MinCount": 1, "MaxCount": 1}
    with pytest.raises(AccessDenied, match=r"ec2:CreateTags on resource: .*:volume/\*"):
        main.call("ec2:RunInstances", dana, TagSpecifications=sent, **counts)
    dana.put_policy("tag", document(allow("ec2:CreateTags", volumes, Condition=sea)))

    started = main.call("ec2:RunInstances", dana, TagSpecifications=sent, **counts)

    assert started["Instances"][0]["Tags"] == [{"Key": "team", "Value": "sky"}]
    dana.put_policy("start", document(allow("ec2:RunInstances")))
    bare = main.call("ec2:RunInstances", dana, TagSpecifications=sent[:1], **counts)
    assert bare["Instances"][0]["Tags"] == []


@pytest.mark.parametrize("kind", ["vpc-endpoint", "instances", 5, None])
def test_tags_for_what_no_instance_brings_along_are_refused(kind: Any, main: Account) -> None:
    """And nothing is started."""
    root, before = main.root_arn, set(main.resources)
    sent = [{"ResourceType": kind, "Tags": [{"Key": "team", "Value": "sky"}]}]

    with pytest.raises(InvalidParameterValue, match="not a valid taggable resource type") as caught:
        main.call("ec2:RunInstances", root, MinCount=1, MaxCount=1, TagSpecifications=sent)

    assert "It must be one of instance, volume" in caught.value.__notes__[0]
    assert set(main.resources) == before


@pytest.mark.parametrize("sent", [[5], [[]], [{"ResourceType": "instance", "Tags": 5}]])
def test_tag_specifications_that_arent_any_are_refused(sent: Any, main: Account) -> None:
    """Not taken for no tags."""
    with pytest.raises(RequestError, match="list"):
        main.call("ec2:RunInstances", main.root_arn, MinCount=1, MaxCount=1, TagSpecifications=sent)


def test_what_is_not_an_instance_profile_is_refused(main: Account, web: Instance) -> None:
    """Whether an instance is started with it or gets it later."""
    wrong: Any = 5

    with pytest.raises(RequestError, match="instance_profile is a profile, its name or its ARN"):
        main.create_instance(instance_profile=wrong)
    with pytest.raises(RequestError, match="instance_profile is a profile or its name, not 5"):
        web.associate_iam_instance_profile(wrong)


@pytest.mark.parametrize(("pattern", "lets"), [("i-*", True), ("x-*", False)])
def test_a_trust_policy_may_ask_for_the_name_of_the_session(
    pattern: str, main: Account, web: Instance, *, lets: bool
) -> None:
    """It is the instance's id, which no other service gives its sessions."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringLike": {"sts:RoleSessionName": pattern}},
    }
    main.roles["reader"].update_assume_role_policy(document(statement))
    if lets:
        assert web.role_session().arn.endswith(f"/{web.name}")
        return
    with pytest.raises(AccessDenied, match="EC2 cannot assume the role reader"):
        web.role_session()
