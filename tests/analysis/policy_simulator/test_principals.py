"""The policy simulator asked of users, groups and roles: which of their policies count."""

import pytest

from iamlab import World
from iamlab.errors import InvalidInput, NoSuchEntity, RequestError, ValidationError
from iamlab.model.organization.organization import Organization
from iamlab.storage.account_details import LoadWarning
from iamlab.world.account import Account
from tests.analysis.policy_simulator.simulations import (
    EVERYTHING,
    GET,
    IAM,
    ID,
    OTHER,
    PUT,
    READ,
    ZOE,
    A,
    B,
    Doc,
    custom,
    entry,
    ids,
    made,
    made_team,
    matched,
    principal,
    text,
    when,
)
from tests.operations.organizations.small_organization import DEV, MAIN, small_organization
from tests.policy.documents import allow, deny, document


@pytest.fixture
def main() -> Account:
    """An account with nobody in it."""
    return made()


@pytest.fixture
def team() -> Account:
    """One with zoe of the group sky, and the role app."""
    return made_team()


# -- somebody's policies --------------------------------------------------------------------------

ACTIONS = [GET, PUT, "s3:DeleteObject", "iam:GetUser"]


BOUNDARY = "Permissions Boundary Policy"

SOURCES: list[tuple[str, list[tuple[str, list[tuple[str, str]]]]]] = [
    (
        f"{IAM}:user/space/zoe",
        [
            ("implicitDeny", [("user_zoe_read", "IAM Policy")]),
            ("implicitDeny", [("group_sky_write", "IAM Policy")]),
            ("allowed", [("delete", "IAM Policy")]),
            ("allowed", [("IAMReadOnlyAccess", "IAM Policy")]),
        ],
    ),
    (
        f"{IAM}:group/sky",
        [
            ("implicitDeny", []),
            ("implicitDeny", [("group_sky_write", "IAM Policy")]),
            ("allowed", [("delete", "IAM Policy")]),
            ("implicitDeny", []),
        ],
    ),
    (
        f"{IAM}:role/app",
        [
            ("allowed", [("role_app_read", "IAM Policy")]),
            ("implicitDeny", []),
            ("allowed", [("delete", "IAM Policy")]),
            ("implicitDeny", []),
        ],
    ),
]


@pytest.mark.parametrize(("arn", "expected"), SOURCES)
def test_policies_are_named_by_their_identities(
    team: Account, arn: str, expected: list[tuple[str, list[tuple[str, str]]]]
) -> None:
    """A user has those of its groups; one that comes on two ways counts once; no trust policy."""
    answer = team.call(
        "SimulatePrincipalPolicy",
        team.root_arn,
        PolicySourceArn=arn,
        ActionNames=ACTIONS,
        ResourceArns=[A, B],
    )
    found = [(result["EvalDecision"], matched(result)) for result in answer["EvaluationResults"]]

    assert found == expected
    assert not any(
        "OrganizationsDecisionDetail" in result for result in answer["EvaluationResults"]
    )


def test_what_is_attached_now_counts(team: Account) -> None:
    """The default version of today, the groups of today; and texts that are passed in addition."""
    zoe, delete = team.users["zoe"], team.policies["delete"]
    request = {"ActionNames": ["s3:DeleteObject"], "PolicyInputList": [EVERYTHING]}
    before = principal(team, zoe.arn, **request)
    delete.create_version(document(deny("s3:DeleteObject")), set_as_default=True)
    after = principal(team, zoe.arn, **request)

    assert (before["EvalDecision"], ids(before)) == ("allowed", ["delete", "PolicyInputList.1"])
    assert (after["EvalDecision"], ids(after)) == ("explicitDeny", ["delete"])


def test_the_boundary_that_is_set_counts_unless_another_is_passed(team: Account) -> None:
    """Or it is left out. One that is passed cannot be."""
    zoe = team.users["zoe"]
    zoe.put_permissions_boundary(team.create_policy("limit", document(allow(PUT), deny(GET))))
    left_out = {"PolicyExclusionList": [{"PolicyType": "permission-boundary"}]}
    passed = {"PermissionsBoundaryPolicyInputList": [READ]}
    detail = "PermissionsBoundaryDecisionDetail"

    own = principal(team, zoe.arn, ResourceArns=[A])
    assert (own["EvalDecision"], matched(own)) == ("explicitDeny", [("limit", BOUNDARY)])
    assert own[detail] == {"AllowedByPermissionsBoundary": False}
    other = principal(team, zoe.arn, ResourceArns=[A], **passed)
    assert other["EvalDecision"] == "allowed"
    assert other[detail] == {"AllowedByPermissionsBoundary": True}
    none = principal(team, zoe.arn, ResourceArns=[A], **left_out)
    assert none["EvalDecision"] == "allowed"
    assert detail not in none
    assert detail in principal(team, zoe.arn, ResourceArns=[A], **left_out, **passed)


def test_a_policy_that_nobody_knows_allows_nothing() -> None:
    """An export may name one without its document; as a boundary it lets nothing through."""
    unknown = f"arn:aws:iam::{ID}:policy/unknown"
    details = {
        "UserName": "zoe",
        "UserId": "AIDAZOE",
        "Path": "/",
        "Arn": f"{IAM}:user/zoe",
        "UserPolicyList": [{"PolicyName": "read", "PolicyDocument": document(allow(GET))}],
        "AttachedManagedPolicies": [{"PolicyName": "unknown", "PolicyArn": unknown}],
    }
    bounded = {**details, "PermissionsBoundary": {"PermissionsBoundaryArn": unknown}}
    with pytest.warns(LoadWarning, match="isn't in the file"):
        plain_world, bounded_world = (
            World.from_account_details({"UserDetailList": [item]}) for item in (details, bounded)
        )
    plain = principal(plain_world.accounts[ID], f"{IAM}:user/zoe")
    cut = principal(bounded_world.accounts[ID], f"{IAM}:user/zoe")

    assert (plain["EvalDecision"], ids(plain)) == ("allowed", ["user_zoe_read"])
    assert cut["EvalDecision"] == "implicitDeny"
    assert cut["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_somebody_else_may_call_with_the_policies(team: Account) -> None:
    """As Bob, as if Bob had Zoe's policies."""
    policy = text(allow(GET, "arn:aws:s3:::maps/${aws:username}"))
    for_bob = {"PolicyInputList": [policy], "ResourceArns": ["arn:aws:s3:::maps/bob"]}
    zoe = f"{IAM}:user/space/zoe"

    assert principal(team, zoe, **for_bob)["EvalDecision"] == "implicitDeny"
    as_bob = principal(team, zoe, **for_bob, CallerArn=f"{IAM}:user/bob")
    assert as_bob["EvalDecision"] == "allowed"
    no_name = principal(team, zoe, **for_bob, CallerArn=f"{IAM}:role/bob")
    assert no_name["MissingContextValues"] == ["aws:username"]
    named = principal(team, zoe, **for_bob, ContextEntries=[entry("aws:username", "bob")])
    assert named["EvalDecision"] == "allowed"


NO_SOURCE: list[tuple[str, type[Exception], str]] = [
    (f"{IAM}:user/zoe", NoSuchEntity, "Unable to retrieve specified IAM entity."),  # her path
    (f"{IAM}:group/moon", NoSuchEntity, "Unable to retrieve specified IAM entity."),
    (f"{IAM}:role/zoe", NoSuchEntity, "Unable to retrieve specified IAM entity."),
    (f"{IAM}:root", InvalidInput, f"Invalid ARN provided in the request: {IAM}:root"),
    (f"{IAM}:policy/maps/delete", InvalidInput, "Invalid ARN provided in the request"),
    (f"arn:aws:sts::{ID}:assumed-role/app/s", InvalidInput, "Invalid ARN provided in the request"),
    ("arn:aws:s3:::user/zoe-of-s3", InvalidInput, "Invalid ARN provided in the request"),
    ("not-an-arn-but-long-enough", InvalidInput, "ARN not-an-arn-but-long-enough is not valid."),
]


@pytest.mark.parametrize(("arn", "error", "message"), NO_SOURCE)
def test_only_users_groups_and_roles_of_the_account_have_policies(
    team: Account, arn: str, error: type[Exception], message: str
) -> None:
    """Of the others each is refused in its way, by both operations."""
    operations = {"SimulatePrincipalPolicy": {"ActionNames": [GET]}}
    for operation, more in {**operations, "GetContextKeysForPrincipalPolicy": {}}.items():
        with pytest.raises(error) as caught:
            team.call(operation, team.root_arn, PolicySourceArn=arn, **more)
        assert message in str(caught.value)


def test_policies_of_another_account_are_not_simulated(team: Account) -> None:
    """Its own administrators can, and nobody else."""
    refusal = f"caller's account {ID} does not have access to policies in account {OTHER}."
    with pytest.raises(InvalidInput, match=refusal):
        team.simulate_principal_policy(f"arn:aws:iam::{OTHER}:user/zoe", [GET])


def test_who_is_missed_may_be_spelt_otherwise(team: Account) -> None:
    """The note says how."""
    with pytest.raises(NoSuchEntity) as caught:
        team.simulate_principal_policy(ZOE, [GET])

    assert caught.value.__notes__ == [f"Did you mean {IAM}:user/space/zoe?"]


# -- leaving policies out -------------------------------------------------------------------------


def inline(kind: str, holder: str, name: str) -> Doc:
    """Name an inline policy."""
    identifier = {"AttachmentType": kind, "AttachmentName": holder, "PolicyName": name}
    return {"InlinePolicyIdentifier": identifier}


ALL_FOUR = {"user_zoe_read", "group_sky_write", "delete", "IAMReadOnlyAccess"}
LEFT_OUT: list[tuple[list[Doc], set[str]]] = [
    ([], set()),
    ([{"PolicyType": "inline"}], {"user_zoe_read", "group_sky_write"}),
    ([{"PolicyType": "aws-managed"}], {"IAMReadOnlyAccess"}),
    ([{"PolicyType": "user-managed"}], {"delete"}),
    ([{"PolicyType": "rcp"}, {"PolicyType": "scp"}], set()),
    ([{"PolicyType": "inline"}, {"PolicyType": "user-managed"}], ALL_FOUR - {"IAMReadOnlyAccess"}),
    ([{"PolicyArn": f"{IAM}:policy/maps/delete"}], {"delete"}),
    ([{"PolicyArn": f"{IAM}:policy/maps/d*"}], {"delete"}),
    ([{"PolicyArn": f"{IAM}:policy/maps/de?e??"}], {"delete"}),
    ([{"PolicyArn": f"{IAM}:policy/maps/*"}], {"delete"}),
    ([{"PolicyArn": f"{IAM}:policy/delete"}], set()),
    ([{"PolicyArn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}], {"IAMReadOnlyAccess"}),
    ([{"PolicyArn": f"{IAM}:policy/of-nobody"}], set()),
    ([inline("user", "zoe", "read")], {"user_zoe_read"}),
    ([inline("group", "s*", "write")], {"group_sky_write"}),
    ([inline("group", "s?y", "write")], {"group_sky_write"}),
    ([inline("group", "zoe", "read")], set()),
    ([inline("user", "zoe", "write")], set()),
    ([inline("user", "ana", "read"), {"PolicyArn": None, "PolicyType": "scp"}], set()),
]


@pytest.mark.parametrize(("exclusions", "gone"), LEFT_OUT)
def test_a_policy_that_is_left_out_decides_nothing(
    team: Account, exclusions: list[Doc], gone: set[str]
) -> None:
    """A policy is excluded by type, ARN, or name and identity; others are kept."""
    parameters = {"PolicyExclusionList": exclusions, "ResourceArns": [A, B], "ActionNames": ACTIONS}
    answer = team.call(
        "SimulatePrincipalPolicy",
        team.root_arn,
        PolicySourceArn=team.users["zoe"].arn,
        PolicyInputList=[text(allow("ec2:*"))],
        **parameters,
    )
    found = {key_id for result in answer["EvaluationResults"] for key_id in ids(result)}

    assert found == ALL_FOUR - gone


def test_what_is_passed_is_never_left_out(team: Account) -> None:
    """Only what is attached to somebody can be taken away."""
    every = [{"PolicyType": kind} for kind in ("inline", "aws-managed", "user-managed")]
    result = principal(
        team, team.users["zoe"].arn, PolicyInputList=[READ], PolicyExclusionList=every
    )

    assert ids(result) == ["PolicyInputList.1"]


WRONG_EXCLUSIONS: list[tuple[Doc, type[Exception]]] = [
    ({}, InvalidInput),
    ({"PolicyType": "inline", "PolicyArn": f"{IAM}:policy/maps/delete"}, InvalidInput),
    ({"PolicyType": "trust"}, ValidationError),
    ({"PolicyArn": "arn:aws:s3:::a-bucket-of-maps"}, InvalidInput),
    ({"PolicyArn": f"{IAM}:user/policy/zoe"}, InvalidInput),
    ({"PolicyArn": f"{IAM}:policy/*/delete"}, InvalidInput),
    ({"PolicyArn": f"{IAM}:policy/maps/d*e*"}, InvalidInput),
    ({"PolicyArn": f"arn:aws:iam::{ID[:-1]}?:policy/maps/delete"}, InvalidInput),
    (inline("user", "z*e*", "read"), InvalidInput),
    (inline("user", "*", "read"), ValidationError),
    (inline("user", "zoe", "r*"), ValidationError),
    (inline("aws", "zoe", "read"), ValidationError),
    ({"InlinePolicyIdentifier": {"PolicyName": "read"}}, ValidationError),
    ({"Policy": "read"}, RequestError),
]


@pytest.mark.parametrize(("exclusion", "error"), WRONG_EXCLUSIONS)
def test_what_names_no_policies_is_refused(
    team: Account, exclusion: Doc, error: type[Exception]
) -> None:
    """Nothing, two things at once, wildcards where none can be."""
    with pytest.raises(error):
        principal(team, team.users["zoe"].arn, PolicyExclusionList=[exclusion])


# -- organizations --------------------------------------------------------------------------------


@pytest.fixture
def organization() -> Organization:
    """Root, two units, and an account below them with a user who may do everything."""
    made = small_organization()
    dev = made.world.accounts[DEV]
    dev.create_user("zoe").put_policy("all", document(allow("*")))
    return made


def test_the_policies_above_the_account_count(organization: Organization) -> None:
    """As far as they deny; which of them it was is not told."""
    dev = organization.world.accounts[DEV]
    zoe = dev.users["zoe"].arn
    detail = "OrganizationsDecisionDetail"
    before = principal(dev, zoe)
    guard = organization.create_policy("guard", document(deny(GET)))
    guard.attach("Prod")
    after = principal(dev, zoe)
    other = principal(dev, zoe, ActionNames=[PUT])
    without = principal(dev, zoe, PolicyExclusionList=[{"PolicyType": "scp"}])

    assert (before["EvalDecision"], before[detail]) == ("allowed", {"AllowedByOrganizations": True})
    assert (after["EvalDecision"], ids(after)) == ("explicitDeny", [])
    assert after[detail] == {"AllowedByOrganizations": False}
    assert other["EvalDecision"] == without["EvalDecision"] == "allowed"
    assert without[detail] == {"AllowedByOrganizations": True}


def test_the_management_account_is_under_no_policies(organization: Organization) -> None:
    """A simulation of texts needs them only if they are passed."""
    guard = document(deny("s3:*"))
    organization.create_policy("guard", guard).attach(organization.root)
    main = organization.world.accounts[MAIN]
    zoe = main.create_user("zoe")
    zoe.put_policy("all", document(allow("*")))
    result = principal(main, zoe.arn)
    dev = organization.world.accounts[DEV]

    assert result["EvalDecision"] == "allowed"
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": True}
    assert principal(dev, dev.users["zoe"].arn)["EvalDecision"] == "explicitDeny"
    assert "OrganizationsDecisionDetail" not in custom(dev, EVERYTHING)
    assert custom(dev, EVERYTHING)["EvalDecision"] == "allowed"


def test_resource_control_policies_are_left_out(organization: Organization) -> None:
    """The world knows better."""
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    guard = document(deny("s3:*", "*", Principal="*"))
    organization.create_policy("rcp", guard, type="RESOURCE_CONTROL_POLICY").attach("Prod")
    dev = organization.world.accounts[DEV]
    dev.create_bucket("maps")
    zoe = dev.users["zoe"]

    assert principal(dev, zoe.arn, ResourceArns=[A])["EvalDecision"] == "allowed"
    assert not dev.world.can(zoe, GET, A)


def test_what_a_password_policy_lets_users_do_is_left_out(main: Account) -> None:
    """It isn't a policy that is attached to anybody."""
    zoe = main.create_user("zoe")
    main.update_password_policy(allow_users_to_change_password=True)
    request = {"ActionNames": ["iam:ChangePassword"], "ResourceArns": [zoe.arn]}

    assert main.world.can(zoe, "iam:ChangePassword", zoe.arn)
    assert principal(main, zoe.arn, **request)["EvalDecision"] == "implicitDeny"


# -- condition keys -------------------------------------------------------------------------------

HOME = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":'
    '"arn:aws:dynamodb:us-west-2:123456789012:table/${aws:username}","Condition":'
    '{"DateGreaterThan":{"aws:CurrentTime":"2015-08-16T12:00:00Z"}}}}'
)
KEYS: list[tuple[list[str], list[str]]] = [
    ([], []),
    ([READ], []),
    ([HOME], ["aws:username", "aws:CurrentTime"]),  # the example of the CLI
    ([HOME, HOME], ["aws:username", "aws:CurrentTime"]),
    ([HOME.replace("2012-10-17", "2008-10-17")], ["aws:CurrentTime"]),
    (
        [text(when("StringLike", "s3:prefix", "${aws:PrincipalTag/team, 'x'}/${*}"))],
        ["s3:prefix", "aws:PrincipalTag/team"],
    ),
]


@pytest.mark.parametrize(("policies", "keys"), KEYS)
def test_policies_tell_which_keys_they_ask_for(
    main: Account, policies: list[str], keys: list[str]
) -> None:
    """Compared or put in; before version 2012-10-17 nothing is put in."""
    answer = main.call("GetContextKeysForCustomPolicy", main.root_arn, PolicyInputList=policies)

    assert answer == {"ContextKeyNames": keys}
    assert main.get_context_keys_for_custom_policy(policies) == keys


def test_what_is_spared_is_looked_through_too(main: Account) -> None:
    """NotResource has variables as Resource has."""
    home = {"Effect": "Deny", "Action": "*", "NotResource": "arn:aws:s3:::${aws:userid}/*"}

    assert main.get_context_keys_for_custom_policy([document(home)]) == ["aws:userid"]


def test_somebody_asks_for_the_keys_of_all_own_policies(team: Account) -> None:
    """Of groups too, and of texts that are passed; not of the boundary."""
    zoe, sky = team.users["zoe"], team.groups["sky"]
    zoe.put_policy("more", document(when("Bool", "aws:a", "true")))
    sky.put_policy("more", document(when("Bool", "aws:b", "true")))
    zoe.put_permissions_boundary(
        team.create_policy("limit", document(when("Bool", "aws:c", "true")))
    )
    passed = [document(when("Bool", "aws:d", "true"))]

    assert team.get_context_keys_for_principal_policy(zoe) == ["aws:a", "aws:b"]
    assert team.get_context_keys_for_principal_policy(zoe.arn, passed) == [
        *("aws:a", "aws:b", "aws:d")
    ]
    assert team.get_context_keys_for_principal_policy(sky) == ["aws:b"]
    assert team.get_context_keys_for_principal_policy(team.roles["app"]) == []


def test_keys_of_an_invalid_policy_are_not_returned(team: Account) -> None:
    """Both operations refuse it."""
    with pytest.raises(InvalidInput, match="Policy input list item 1 has invalid content"):
        team.get_context_keys_for_custom_policy(["{"])
    with pytest.raises(InvalidInput, match="Policy input list item 1 has invalid content"):
        team.get_context_keys_for_principal_policy(team.users["zoe"], ["{"])


def test_with_all_keys_that_are_asked_for_nothing_is_missed(main: Account) -> None:
    """So the two operations go together."""
    policy = text(when("StringEquals", "aws:a", "${aws:b}", Sid="A"), when("Bool", "aws:c", "true"))
    keys = main.get_context_keys_for_custom_policy([policy])
    entries = [entry(key, "x") for key in keys]

    assert custom(main, policy)["MissingContextValues"] == keys
    assert custom(main, policy, ContextEntries=entries)["MissingContextValues"] == []
