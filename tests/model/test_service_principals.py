"""Service principals: what each service sends of what it calls for, as a table."""

import pytest

from iamlab import World
from iamlab.model.service_principals import (
    BOTH,
    PRINCIPALS,
    SOURCE_ACCOUNT,
    SOURCE_ARN,
    find,
    sends,
)
from iamlab.policy.arn import is_arn
from tests.policy.documents import document, trust

OWN, OTHER = "111111111111", "222222222222"


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
