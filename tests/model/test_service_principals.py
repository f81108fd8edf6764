"""Service principals: what each service sends of what it calls for, as a table."""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AwsError, MalformedPolicyDocument
from iamlab.model import managed_policies
from iamlab.model.service_principals import (
    BOTH,
    KNOWN,
    KNOWN_ON,
    PRINCIPALS,
    SOURCE_ACCOUNT,
    SOURCE_ARN,
    find,
    is_known,
    sends,
)
from iamlab.policy.arn import is_arn
from tests.policy.documents import allow, document, trust

OWN, OTHER = "111111111111", "222222222222"
UNKNOWN = ("nosuchservice.amazonaws.com", "lambda.amazon.com", "lambda", "ec2.amazonaws.co")


@pytest.mark.parametrize("name", sorted(PRINCIPALS))
def test_each_service_is_a_row_of_its_own(name: str) -> None:
    """It is named somewhere, with how sure that is, and with a page if it is sure."""
    row = PRINCIPALS[name]

    assert find(f"{name}.amazonaws.com") is row
    assert row.assumes_roles or row.calls_resources
    assert set(row.sends) <= set(BOTH)
    assert row.page or row.confidence != "sure"
    assert not is_arn(name)


@pytest.mark.parametrize(
    ("principal", "keys"),
    [
        ("ec2.amazonaws.com", ()),
        ("lambda.amazonaws.com", BOTH),
        ("s3.amazonaws.com", BOTH),
        ("logging.s3.amazonaws.com", BOTH),
        ("sns.amazonaws.com", (SOURCE_ARN,)),
        ("cloudfront.amazonaws.com", (SOURCE_ARN,)),
        ("config.amazonaws.com", (SOURCE_ACCOUNT,)),
        ("logs.eu-west-1.amazonaws.com", BOTH),
        ("delivery.logs.amazonaws.com", BOTH),
        ("ec2.amazonaws.com.cn", ()),
        ("EC2.amazonaws.com", ()),
        ("of-tomorrow.amazonaws.com", BOTH),
    ],
)
def test_a_service_sends_what_its_row_says(principal: str, keys: tuple[str, ...]) -> None:
    """In whichever Region; one that is not known is taken to send both."""
    assert sends(principal) == keys


def test_a_condition_on_a_key_that_is_not_sent_lets_nobody_in() -> None:
    """EC2 sends neither, so that a role for it must not ask for the account."""
    main = World(seed=4).create_account("main", account_id=OWN)
    policy = trust({"Service": "ec2.amazonaws.com"})
    policy["Statement"][0]["Condition"] = {"StringEquals": {SOURCE_ACCOUNT: OWN}}
    role = main.create_role("web", assume_role_policy_document=document(*policy["Statement"]))

    assert not main.world.can("ec2.amazonaws.com", "sts:AssumeRole", role.arn)


def test_the_list_is_as_new_as_the_managed_policies() -> None:
    """Its date is theirs, and it has the services that they name."""
    assert managed_policies.source().day == KNOWN_ON
    assert len(KNOWN) > 400
    assert set(PRINCIPALS) <= KNOWN


@pytest.mark.parametrize("name", ["ec2", "logs.eu-west-1", "states.us-gov-west-1", "pods.eks"])
def test_a_service_can_be_named_with_its_region(name: str) -> None:
    """And in every partition."""
    assert is_known(f"{name}.amazonaws.com")
    assert is_known(f"{name}.amazonaws.com.cn")


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_trust_policy_names_services_that_exist(name: str) -> None:
    """AWS page: "AWS JSON policy elements: Principal". IAM saves nothing."""
    main = World(seed=4).create_account("main", account_id=OWN)
    role = main.create_role("web", assume_role_policy_document=trust({"Service": EC2}))
    before = role.trust
    for services in (name, [EC2, name]):
        with pytest.raises(MalformedPolicyDocument) as caught:
            role.update_assume_role_policy(trust({"Service": services}))
        assert caught.value.message == f'Invalid principal in policy: "SERVICE":"{name}"'
        with pytest.raises(MalformedPolicyDocument):
            main.create_role("new", assume_role_policy_document=trust({"Service": services}))

    assert (role.trust, list(main.roles)) == (before, ["web"])


EC2 = "ec2.amazonaws.com"


def test_a_resource_policy_names_services_that_exist() -> None:
    """Each service refuses in its own words: S3 says MalformedPolicy."""
    main = World(seed=4).create_account("main", account_id=OWN)
    bucket, queue = main.create_bucket("star-maps"), main.create_queue("plates")

    def answer(resource: Any, action: str, service: str) -> str:
        statement = allow(action, resource.arn, Principal={"Service": service})
        try:
            resource.put_policy(document(statement))
        except AwsError as error:
            return str(error)
        return "saved"

    unknown = UNKNOWN[0]
    assert answer(bucket, "s3:ListBucket", unknown) == (
        "MalformedPolicy: Invalid principal in policy"
    )
    assert answer(queue, "sqs:SendMessage", unknown).startswith("InvalidAttributeValue: ")
    assert (bucket.policy, queue.policy) == (None, None)
    assert answer(bucket, "s3:ListBucket", "logging.s3.amazonaws.com") == "saved"
    assert answer(queue, "sqs:SendMessage", "sns.amazonaws.com") == "saved"


def test_trusted_access_is_for_services_that_exist() -> None:
    """AWS page: API EnableAWSServiceAccess."""
    main = World(seed=4).create_account("main", account_id=OWN)
    organization = main.world.create_organization(main)
    with pytest.raises(AwsError, match="unrecognized service principal") as caught:
        organization.enable_aws_service_access(UNKNOWN[0])
    organization.enable_aws_service_access("ram.amazonaws.com")

    assert caught.value.code == "InvalidInputException"
    assert list(organization.service_access) == ["ram.amazonaws.com"]


def test_a_newer_service_can_be_added(monkeypatch: pytest.MonkeyPatch) -> None:
    """For learners whose service isn't in the list yet."""
    monkeypatch.setattr("iamlab.model.service_principals.KNOWN", KNOWN | {"nosuchservice"})

    assert is_known(UNKNOWN[0])
