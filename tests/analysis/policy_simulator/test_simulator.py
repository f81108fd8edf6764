"""The policy simulator: asked of policies it says what the engine says, in AWS's form."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request, evaluate
from iamlab.analysis.policy_simulator.policies import position, spans
from iamlab.errors import AccessDenied
from iamlab.world.account import Account
from tests.analysis.policy_simulator.simulations import (
    BUCKET,
    EVERYTHING,
    GET,
    IAM,
    ID,
    MAPS,
    NO_READ,
    OTHER,
    PUT,
    READ,
    READ_A,
    WRITE,
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
    scps,
    text,
    when,
)
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust


@pytest.fixture
def main() -> Account:
    """An account with nobody in it."""
    return made()


@pytest.fixture
def team() -> Account:
    """One with zoe of the group sky, and the role app."""
    return made_team()


# -- what is decided ------------------------------------------------------------------------------

BY_POLICIES: list[tuple[list[str], str, list[str]]] = [
    ([], "implicitDeny", []),
    ([READ], "allowed", ["PolicyInputList.1"]),
    ([WRITE], "implicitDeny", []),
    ([READ, READ], "allowed", ["PolicyInputList.1", "PolicyInputList.2"]),
    ([READ, NO_READ], "explicitDeny", ["PolicyInputList.2"]),
    ([text(allow(GET), allow(GET))], "allowed", ["PolicyInputList.1"] * 2),
    ([text(allow(GET), deny(GET))], "explicitDeny", ["PolicyInputList.1"]),
    ([text()], "implicitDeny", []),
]


@pytest.mark.parametrize(("policies", "decision", "by"), BY_POLICIES)
def test_the_statements_that_decide_are_named(
    main: Account, policies: list[str], decision: str, by: list[str]
) -> None:
    """Of an explicit deny the denies alone; of an implicit one none."""
    result = custom(main, *policies)

    assert (result["EvalActionName"], result["EvalResourceName"]) == (GET, "*")
    assert (result["EvalDecision"], matched(result)) == (
        decision,
        [(source, "IAM Policy") for source in by],
    )
    assert result["MissingContextValues"] == []
    assert set(result) == {
        *("EvalActionName", "EvalResourceName", "EvalDecision"),
        *("MatchedStatements", "MissingContextValues"),
    }


BOUNDARIES: list[tuple[str, str, str, bool, list[str]]] = [
    (READ, READ, "allowed", True, ["PolicyInputList.1"]),
    (WRITE, READ, "implicitDeny", True, []),
    (READ, WRITE, "implicitDeny", False, []),
    (READ, NO_READ, "explicitDeny", False, ["PermissionsBoundaryPolicyInputList.1"]),
]


@pytest.mark.parametrize(("policy", "boundary", "decision", "lets", "by"), BOUNDARIES)
def test_a_boundary_grants_nothing_and_says_so(
    main: Account, policy: str, boundary: str, decision: str, lets: Any, by: list[str]
) -> None:
    """What it allows by itself is reported beside what is decided, for each resource too."""
    result = custom(
        main, policy, PermissionsBoundaryPolicyInputList=[boundary], ResourceArns=[A, B]
    )
    detail = {"AllowedByPermissionsBoundary": lets}

    assert (result["EvalDecision"], ids(result)) == (decision, by)
    assert result["PermissionsBoundaryDecisionDetail"] == detail
    for item in result["ResourceSpecificResults"]:
        assert item["PermissionsBoundaryDecisionDetail"] == detail
        assert (item["EvalResourceDecision"], ids(item)) == (decision, by)


ORGANIZATIONS: list[tuple[list[tuple[str, ...]], str, bool]] = [
    ([(EVERYTHING,), (EVERYTHING,)], "allowed", True),
    ([(EVERYTHING,), (WRITE, READ)], "allowed", True),
    ([(EVERYTHING,), (WRITE,)], "implicitDeny", False),
    ([(EVERYTHING,), (NO_READ,)], "explicitDeny", False),
    ([(NO_READ, EVERYTHING), (EVERYTHING,)], "explicitDeny", False),
]


@pytest.mark.parametrize(("levels", "decision", "lets"), ORGANIZATIONS)
def test_every_level_of_an_organization_must_allow_and_its_statements_are_not_shown(
    main: Account, levels: list[tuple[str, ...]], decision: str, lets: Any
) -> None:
    """Nor those of others, once it has ended the simulation."""
    result = custom(
        main,
        READ,
        text(when("StringEquals", "aws:a", "b")),
        OrderedOrganizationPolicyInputList=scps(*levels),
    )

    assert result["EvalDecision"] == decision
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": lets}
    assert ids(result) == (["PolicyInputList.1"] if lets else [])
    assert result["MissingContextValues"] == []


def test_an_organization_that_denies_hides_an_own_deny(main: Account) -> None:
    """The simulation ends there."""
    result = custom(main, NO_READ, OrderedOrganizationPolicyInputList=scps((NO_READ,)))

    assert (result["EvalDecision"], ids(result)) == ("explicitDeny", [])


# -- several resources ----------------------------------------------------------------------------


def test_an_action_gives_one_result_and_it_is_the_strictest(main: Account) -> None:
    """What holds for each resource is in it; statements and keys are put together."""
    policy = text(allow(GET, A, Sid="A"), deny(GET, "arn:aws:s3:::maps/c"))
    three = [A, B, "arn:aws:s3:::maps/c"]
    result = custom(main, policy, ResourceArns=three)
    each = result["ResourceSpecificResults"]

    assert result["EvalDecision"] == "explicitDeny"
    assert [result["EvalResourceName"] for result in each] == three
    decisions = [result["EvalResourceDecision"] for result in each]
    assert decisions == ["allowed", "implicitDeny", "explicitDeny"]
    assert [len(result["MatchedStatements"]) for result in each] == [1, 0, 1]
    assert result["MatchedStatements"] == [
        *each[0]["MatchedStatements"],
        *each[2]["MatchedStatements"],
    ]
    assert result["EvalDecisionDetails"] == {}
    assert not any("EvalDecisionDetails" in result for result in each)


def test_a_resource_asked_for_twice_is_answered_twice(main: Account) -> None:
    """And so is an action; statements are not told twice for that."""
    answer = main.call(
        "SimulateCustomPolicy",
        main.root_arn,
        PolicyInputList=[READ],
        ActionNames=[GET, PUT, GET],
        ResourceArns=[A, A],
    )
    results = answer["EvaluationResults"]

    assert [result["EvalActionName"] for result in results] == [GET, PUT, GET]
    assert results[0] == results[2]
    assert len(results[0]["ResourceSpecificResults"]) == 2
    assert len(results[0]["MatchedStatements"]) == 1


FORMS = [
    (GET, [A], A),
    (GET, [A, f"{A}2"], "arn:${Partition}:s3:::${BucketName}/${ObjectName}"),
    ("s3:ListBucket", ["arn:aws:s3:::maps"], "arn:aws:s3:::maps"),
    (
        "kms:Decrypt",
        [f"arn:aws:kms:us-east-1:{ID}:key/k", f"arn:aws:kms:us-east-1:{ID}:key/l"],
        "arn:${Partition}:kms:${Region}:${Account}:key/${KeyId}",
    ),
    ("iam:ListUsers", [A], A),
    ("iam:ListUsers", [A, f"{A}2"], "*"),
    ("made:Up", [A], A),
]


@pytest.mark.parametrize(("action", "resources", "form"), FORMS)
def test_the_result_of_an_action_names_the_resource_or_the_form_of_several(
    main: Account, action: str, resources: list[str], form: str
) -> None:
    """AWS's responses name the ARN that was given. AWS page: API EvaluationResult."""
    named = custom(main, EVERYTHING, ActionNames=[action], ResourceArns=resources)
    unnamed = custom(main, EVERYTHING, ActionNames=[action])
    starred = custom(main, EVERYTHING, ActionNames=[action], ResourceArns=["*"])

    assert named["EvalResourceName"] == form
    assert unnamed["EvalResourceName"] == "*"
    assert starred == unnamed
    assert "ResourceSpecificResults" not in unnamed


def test_without_resources_a_policy_for_some_does_not_allow(main: Account) -> None:
    """The star that is asked about is fitted by a star only."""
    assert custom(main, READ_A)["EvalDecision"] == "implicitDeny"
    assert custom(main, READ_A, ResourceArns=[A])["EvalDecision"] == "allowed"


# -- where statements are -------------------------------------------------------------------------

CLI = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*",'
    '"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)
PRETTY = json.dumps(document(allow(GET, Sid="First"), deny(PUT, Sid="Second")), indent=2)
PLACES: list[tuple[str, str, list[int]]] = [
    (READ, GET, [1, 38, 1, 95]),
    (json.dumps({"Statement": allow(GET)}), GET, [1, 16, 1, 77]),
    (PRETTY, GET, [3, 17, 9, 6]),
    (PRETTY, PUT, [9, 6, 15, 6]),
    (f" \r\n{PRETTY}".replace("\n", "\r\n").replace("\r\r", "\r"), GET, [4, 17, 10, 6]),
    (PRETTY.replace("\n", "\r"), PUT, [9, 6, 15, 6]),
    ('{"Id": "café", "Statement": [' + json.dumps(allow(GET)) + "]}", GET, [1, 30, 1, 92]),
]


@pytest.mark.parametrize(("policy", "action", "places"), PLACES)
def test_statements_are_where_aws_says(
    main: Account, policy: str, action: str, places: list[int]
) -> None:
    """From where the one before ended to behind the closing brace; lines may end in three ways."""
    [item] = custom(main, policy, ActionNames=[action])["MatchedStatements"]
    start, end = item["StartPosition"], item["EndPosition"]

    assert [start["Line"], start["Column"], end["Line"], end["Column"]] == places


def test_the_example_of_the_cli_has_its_positions(main: Account) -> None:
    """Those of AWS's command reference, with the date that it passes."""
    result = custom(
        main,
        CLI,
        ActionNames=["dynamodb:CreateBackup"],
        ContextEntries=[entry("aws:CurrentTime", "2019-04-25T11:00:00Z", kind="date")],
    )

    assert result["EvalDecision"] == "allowed"
    assert result["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": 38},
            "EndPosition": {"Line": 1, "Column": 167},
        }
    ]


STATEMENTS = st.lists(
    st.builds(
        allow,
        st.sampled_from([GET, PUT, "s3:*"]),
        st.sampled_from(["*", A, 'arn:aws:s3:::[{,}]/\\"\u00e9']),
        Sid=st.sampled_from(["", "One", "Two"]),
    ),
    min_size=1,
    max_size=4,
)


@given(STATEMENTS, st.sampled_from([None, 0, 1, 4]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_from_start_to_end_is_the_statement(
    statements: list[Doc], indent: int | None, line_end: str
) -> None:
    """Whatever is in it, and however it is written; and positions count the same places."""
    written = json.dumps(document(*statements), indent=indent, ensure_ascii=False)
    written = written.replace("\n", line_end)
    lines = written.split(line_end)

    for (start, end), statement in zip(spans(written), statements, strict=True):
        assert json.loads(written[start:end].lstrip(" \r\n,")) == statement
        for offset in (start, end):
            place = position(written, offset)
            before = [*lines[: place["Line"] - 1], lines[place["Line"] - 1][: place["Column"] - 1]]
            assert line_end.join(before) == written[:offset]


# -- policies of resources ------------------------------------------------------------------------


def for_zoe(who: str = ZOE, effect: Callable[..., Doc] = allow) -> str:
    """Write a bucket policy that is about somebody."""
    return text(effect(GET, MAPS, Principal={"AWS": who}))


def of_bucket(main: Account, policy: str, *own: str, **parameters: Any) -> Doc:
    """Simulate a bucket policy, for zoe."""
    request = {"ResourcePolicy": policy, "CallerArn": ZOE, "ResourceArns": [A], **parameters}
    return custom(main, *own, **request)


def test_in_one_account_either_side_is_enough(main: Account) -> None:
    """What names the very caller is not even cut by a boundary."""
    alone = of_bucket(main, for_zoe())
    bounded = of_bucket(main, for_zoe(), PermissionsBoundaryPolicyInputList=[WRITE])
    both = of_bucket(main, for_zoe(), READ)
    denied = of_bucket(main, for_zoe(effect=deny), READ)

    assert (alone["EvalDecision"], matched(alone)) == (
        "allowed",
        [("ResourcePolicy", "Resource Policy")],
    )
    assert (bounded["EvalDecision"], ids(bounded)) == ("allowed", ["ResourcePolicy"])
    assert bounded["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    assert (both["EvalDecision"], ids(both)) == (
        "allowed",
        ["ResourcePolicy", "PolicyInputList.1"],
    )
    assert (denied["EvalDecision"], ids(denied)) == ("explicitDeny", ["ResourcePolicy"])
    for result in (alone, bounded, both, denied):
        assert result["EvalDecisionDetails"] == {}


IAM_POLICY, RESOURCE, BOUNDARY = "IAM Policy", "Resource Policy", "Permissions Boundary Policy"
ABROAD: list[tuple[list[str], list[str], str, str, dict[str, str]]] = [
    ([], [], ZOE, "implicitDeny", {IAM_POLICY: "implicitDeny", RESOURCE: "allowed"}),
    ([READ], [], ZOE, "allowed", {IAM_POLICY: "allowed", RESOURCE: "allowed"}),
    ([READ], [], f"{IAM}:root", "allowed", {IAM_POLICY: "allowed", RESOURCE: "allowed"}),
    (
        [READ],
        [],
        f"{IAM}:user/ana",
        "implicitDeny",
        {IAM_POLICY: "allowed", RESOURCE: "implicitDeny"},
    ),
    (
        [READ],
        [READ],
        ZOE,
        "allowed",
        {IAM_POLICY: "allowed", RESOURCE: "allowed", BOUNDARY: "allowed"},
    ),
    (
        [READ],
        [WRITE],
        ZOE,
        "implicitDeny",
        {IAM_POLICY: "allowed", RESOURCE: "allowed", BOUNDARY: "implicitDeny"},
    ),
    (
        [READ],
        [NO_READ],
        ZOE,
        "explicitDeny",
        {IAM_POLICY: "allowed", RESOURCE: "allowed", BOUNDARY: "explicitDeny"},
    ),
    ([NO_READ], [], ZOE, "explicitDeny", {IAM_POLICY: "explicitDeny", RESOURCE: "allowed"}),
]


@pytest.mark.parametrize(("own", "boundary", "who", "decision", "details"), ABROAD)
def test_between_two_accounts_both_sides_must_allow_and_each_tells_what_it_says(
    main: Account,
    own: list[str],
    boundary: list[str],
    who: str,
    decision: str,
    details: dict[str, str],
) -> None:
    """By type of policy; of the resource and of all of them."""
    result = of_bucket(
        main,
        for_zoe(who),
        *own,
        PermissionsBoundaryPolicyInputList=boundary,
        ResourceOwner=f"arn:aws:iam::{OTHER}:root",
    )

    assert (result["EvalDecision"], result["EvalDecisionDetails"]) == (decision, details)
    assert result["ResourceSpecificResults"][0]["EvalDecisionDetails"] == details


def test_of_several_resources_the_details_are_the_strictest(main: Account) -> None:
    """For each type of policy."""
    result = of_bucket(
        main,
        text(allow(GET, MAPS, Principal="*"), deny(GET, B, Principal="*")),
        READ_A,
        ResourceArns=[A, B],
        ResourceOwner=f"arn:aws:iam::{OTHER}:root",
    )
    each = [item["EvalDecisionDetails"] for item in result["ResourceSpecificResults"]]

    assert each[0] == {IAM_POLICY: "allowed", RESOURCE: "allowed"}
    assert each[1] == {IAM_POLICY: "implicitDeny", RESOURCE: "explicitDeny"}
    assert result["EvalDecisionDetails"] == each[1]


def test_where_an_organization_denies_between_accounts_there_are_no_details(main: Account) -> None:
    """The simulation ended before."""
    result = of_bucket(
        main,
        for_zoe(),
        READ,
        ResourceOwner=f"arn:aws:iam::{OTHER}:root",
        OrderedOrganizationPolicyInputList=scps((NO_READ,)),
    )

    assert result["EvalDecision"] == "explicitDeny"
    assert "EvalDecisionDetails" not in result
    assert "EvalDecisionDetails" not in result["ResourceSpecificResults"][0]


def test_an_arn_with_an_account_tells_the_owner_before_any_parameter_does(main: Account) -> None:
    """The parameter is for those that name none."""
    queue = f"arn:aws:sqs:us-east-1:{OTHER}:jobs"
    policy = text(allow("sqs:SendMessage", queue, Principal={"AWS": ZOE}))
    parameters = {"ActionNames": ["sqs:SendMessage"], "ResourceArns": [queue]}
    result = of_bucket(main, policy, **parameters, ResourceOwner=f"{IAM}:root")

    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalDecisionDetails"] == {IAM_POLICY: "implicitDeny", RESOURCE: "allowed"}


def test_a_role_and_a_group_may_call_too(main: Account) -> None:
    """A group stands for a member that nobody knows; no policy can name it."""
    role, group = f"{IAM}:role/app", f"{IAM}:group/sky"
    assert of_bucket(main, for_zoe(role), CallerArn=role)["EvalDecision"] == "allowed"
    bounded = of_bucket(
        main, for_zoe(role), CallerArn=role, PermissionsBoundaryPolicyInputList=[WRITE]
    )
    assert bounded["EvalDecision"] == "implicitDeny"  # a role is not the very caller
    assert of_bucket(main, BUCKET, CallerArn=group)["EvalDecision"] == "allowed"
    assert of_bucket(main, for_zoe(group), CallerArn=group)["EvalDecision"] == "implicitDeny"


def test_a_key_policy_decides_if_it_is_passed(main: Account) -> None:
    """Then it must allow, as in a call; if not, the caller's own side decides."""
    key = f"arn:aws:kms:us-east-1:{ID}:key/k"
    parameters = {"ActionNames": ["kms:Decrypt"], "ResourceArns": [key], "CallerArn": ZOE}
    default = text(allow("kms:*", "*", Principal={"AWS": f"{IAM}:root"}))
    other = text(allow("kms:*", "*", Principal={"AWS": f"{IAM}:user/ana"}))

    assert custom(main, EVERYTHING, **parameters)["EvalDecision"] == "allowed"
    assert (
        custom(main, EVERYTHING, **parameters, ResourcePolicy=default)["EvalDecision"] == "allowed"
    )
    assert custom(main, **parameters, ResourcePolicy=default)["EvalDecision"] == "implicitDeny"
    refused = custom(main, EVERYTHING, **parameters, ResourcePolicy=other)
    assert refused["EvalDecision"] == "implicitDeny"


def test_what_is_in_the_world_does_not_count_for_resources(main: Account) -> None:
    """Bucket policies, trust policies, key policies: the simulator looks up none of them."""
    other = main.world.create_account("other", account_id=OTHER)
    zoe = main.create_user("zoe")
    zoe.put_policy("all", document(allow("*")))
    main.create_bucket("maps", policy=document(deny("s3:*", MAPS, Principal="*")))
    trusted = trust({"Service": "ec2.amazonaws.com"})
    role = other.create_role("app", assume_role_policy_document=trusted)
    requests = [(GET, A), ("sts:AssumeRole", role.arn), ("sts:SetSourceIdentity", role.arn)]

    for action, resource in requests:
        result = principal(main, zoe.arn, ActionNames=[action], ResourceArns=[resource])
        assert result["EvalDecision"] == "allowed"
        assert not main.world.can(zoe, action, resource)
    owned = principal(main, zoe.arn, ResourceArns=[A], ResourceOwner=other.root_arn)
    assert owned["EvalDecision"] == "implicitDeny"  # an owner who says nothing


# -- as a call ------------------------------------------------------------------------------------


def test_pages_count_actions(main: Account) -> None:
    """Each has all its resources on it; whoever asks by method gets all pages."""
    actions = [f"s3:Action{number}" for number in range(7)]
    parameters = {"PolicyInputList": [EVERYTHING], "ActionNames": actions, "ResourceArns": [A, B]}
    found, marker = [], {}
    for _ in range(3):
        answer = main.call(
            "SimulateCustomPolicy", main.root_arn, **parameters, MaxItems=3, **marker
        )
        found += answer["EvaluationResults"]
        marker = {"Marker": answer["Marker"]} if answer["IsTruncated"] else {}

    assert [entry["EvalActionName"] for entry in found] == actions
    assert all(len(entry["ResourceSpecificResults"]) == 2 for entry in found)
    assert marker == {}
    many = [f"s3:Action{number}" for number in range(1001)]
    assert len(main.simulate_custom_policy([EVERYTHING], many)) == 1001
    first = main.call("SimulateCustomPolicy", main.root_arn, **{**parameters, "ActionNames": many})
    assert (len(first["EvaluationResults"]), first["Marker"]) == (100, "100")


def test_a_simulation_needs_permission_for_its_principal(team: Account) -> None:
    """Texts need it for no resource in particular."""
    zoe, ana = team.users["zoe"], team.create_user("ana")
    for_zoe_only = ["iam:SimulatePrincipalPolicy", "iam:GetContextKeysForPrincipalPolicy"]
    ana.put_policy("ask", document(allow(for_zoe_only, zoe.arn)))
    request = {"PolicySourceArn": zoe.arn, "ActionNames": [GET]}

    assert team.call("SimulatePrincipalPolicy", ana, **request)["EvaluationResults"]
    assert team.call("GetContextKeysForPrincipalPolicy", ana, PolicySourceArn=zoe.arn)
    with pytest.raises(AccessDenied, match=f"on resource: {ana.arn}"):
        team.call("SimulatePrincipalPolicy", ana, **{**request, "PolicySourceArn": ana.arn})
    with pytest.raises(AccessDenied, match="not authorized to perform: iam:SimulateCustomPolicy"):
        team.call("SimulateCustomPolicy", ana, PolicyInputList=[READ], ActionNames=[GET])


def test_a_simulation_changes_nothing(team: Account) -> None:
    """It is logged as what only reads; nothing of what it would allow is done."""
    before = snapshot(team.world)
    principal(team, team.users["zoe"].arn, ActionNames=["iam:DeleteUser"])
    event = team.world.events[-1]

    assert snapshot(team.world) == before
    assert (event.event_name, event.read_only) == ("SimulatePrincipalPolicy", True)


# -- laws -----------------------------------------------------------------------------------------

ANY_STATEMENT = st.builds(
    lambda make, action, resource: make(action, resource),
    st.sampled_from([allow, deny]),
    st.sampled_from([GET, PUT, "s3:*", "s3:Get*", "*"]),
    st.sampled_from(["*", A, B, MAPS]),
)
ANY_POLICY = st.builds(
    lambda statements: document(*statements), st.lists(ANY_STATEMENT, max_size=3)
)


@settings(max_examples=tries(60))
@given(
    st.lists(ANY_POLICY, max_size=2),
    st.none() | ANY_POLICY,
    st.lists(st.lists(ANY_POLICY, min_size=1, max_size=2), max_size=2),
)
def test_the_engine_decides(
    identity: list[Doc], boundary: Doc | None, levels: list[list[Doc]]
) -> None:
    """Of each resource the simulator says what the engine says of the same policies."""
    account = made()
    [result] = account.simulate_custom_policy(
        identity,
        [GET],
        resource_arns=[A, B],
        permissions_boundary_policy_input_list=[] if boundary is None else [boundary],
        ordered_organization_policy_input_list=levels,
        caller_arn=ZOE,
    )
    layers = Layers(
        [Policy.parse(policy) for policy in identity],
        boundary=None if boundary is None else Policy.parse(boundary),
        scp=[[Policy.parse(policy) for policy in level] for level in levels],
    )

    for item in result["ResourceSpecificResults"]:
        request = Request(ZOE, GET, item["EvalResourceName"])
        assert item["EvalResourceDecision"] == evaluate(request, layers).verdict.value


@settings(max_examples=tries(25))
@given(st.lists(ANY_POLICY, max_size=2), st.lists(ANY_POLICY, max_size=2))
def test_where_nothing_else_has_a_say_the_world_says_the_same(
    own: list[Doc], of_group: list[Doc]
) -> None:
    """No conditions, no policy of a resource, no organization."""
    account = made()
    zoe, sky = account.create_user("zoe"), account.create_group("sky")
    sky.add_user(zoe)
    for holder, policies in ((zoe, own), (sky, of_group)):
        for number, policy in enumerate(policies):
            if policy["Statement"]:
                holder.put_policy(f"p{number}", policy)
    results = account.simulate_principal_policy(zoe, [GET, PUT], resource_arns=[A, B])

    for result in results:
        for item in result["ResourceSpecificResults"]:
            decision = account.world.can(zoe, result["EvalActionName"], item["EvalResourceName"])
            assert item["EvalResourceDecision"] == decision.verdict.value
