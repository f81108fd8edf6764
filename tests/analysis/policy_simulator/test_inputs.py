"""What the policy simulator takes, and what it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from iamlab import Policy
from iamlab.errors import InvalidInput, RequestError
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
    WRITE,
    ZOE,
    A,
    B,
    Doc,
    custom,
    entry,
    made,
    made_team,
    principal,
    scps,
    text,
    when,
)
from tests.policy.documents import allow, deny, document


@pytest.fixture
def main() -> Account:
    """An account with nobody in it."""
    return made()


@pytest.fixture
def team() -> Account:
    """One with zoe of the group sky, and the role app."""
    return made_team()


# -- what cannot be simulated ---------------------------------------------------------------------

REFUSED: list[tuple[Doc, str]] = [
    ({"PolicyInputList": ["{"]}, "Policy input list item 1 has invalid content"),
    ({"PolicyInputList": [READ, "[]"]}, "Policy input list item 2 has invalid content"),
    ({"PolicyInputList": [BUCKET]}, "Policy input list item 1 has invalid content"),
    (
        {"PermissionsBoundaryPolicyInputList": [READ, READ]},
        "The list of Permissions Boundary policies cannot exceed 1 items.",
    ),
    (
        {"PermissionsBoundaryPolicyInputList": ["{"]},
        "Permissions boundary policy input list item 1 has invalid content",
    ),
    (
        {"OrderedOrganizationPolicyInputList": [{}]},
        "Organization policy at index 1 must contain at least one service control policy",
    ),
    (
        {"OrderedOrganizationPolicyInputList": scps((READ,), ("{",))},
        "Organization policy at index 2 has invalid content",
    ),
    ({"ActionNames": ["GetObject"]}, "The action is invalid since it is missing names"),
    ({"ActionNames": [GET, "s3:*"]}, "The action s3:* is invalid."),
    ({"ActionNames": ["s3:Get?"]}, "The action s3:Get? is invalid."),
    ({"ActionNames": ["s3:"]}, "The action s3: is invalid."),
    ({"ResourceArns": ["maps"]}, "ResourceNames are not in a valid ARN format: maps."),
    ({"ResourceArns": [A, "*"]}, "ResourceNames are not in a valid ARN format: *."),
    ({"ResourceOwner": ID}, f"'{ID}' is not a valid as a Resource Owner."),
    ({"ResourceOwner": "arn:aws:s3:::maps"}, "'arn:aws:s3:::maps' is not a valid as a Resource"),
    *(
        (
            {"CallerArn": arn},
            "Invalid caller - Caller must be an IAM user, role or group in this context.",
        )
        for arn in (
            *("zoe", f"{IAM}:root", f"{IAM}:policy/zoe", f"{IAM}:user", "arn:aws:iam:::user/zoe"),
            *(f"arn:aws:sts::{ID}:assumed-role/app/s", "ec2.amazonaws.com", "anonymous"),
            f"arn:aws:sts::{ID}:federated-user/zoe",
        )
    ),
    ({"ResourcePolicy": BUCKET}, "Invalid caller - Caller cannot be null or empty."),
    (
        {"ResourcePolicy": BUCKET, "CallerArn": ZOE},
        "Invalid Entity Arn: * does not clearly define entity type and name.",
    ),
    (
        {"ResourcePolicy": BUCKET, "CallerArn": ZOE, "ResourceArns": [A, "arn:aws:s3:::moon/a"]},
        "The resource policy is not applicable to arn:aws:s3:::moon/a.",
    ),
    (
        {"ResourcePolicy": READ, "CallerArn": ZOE, "ResourceArns": [A]},
        "Resource policy has invalid content",
    ),
    (
        {
            "ResourcePolicy": text(allow("sts:AssumeRole", "*", Principal="*")),
            "CallerArn": ZOE,
            "ResourceArns": [f"{IAM}:role/app"],
        },
        "The simulation of role trust policies is not supported.",
    ),
    (
        {"ResourceHandlingOption": "EC2-VPC-EBS"},
        f"Action does not support resource handling options: {GET}.",
    ),
    (
        {"ResourceHandlingOption": "EC2", "ActionNames": ["ec2:RunInstances"]},
        "Action does not support resource handling options: ec2:RunInstances.",
    ),
    (
        {"ResourceHandlingOption": "EC2-VPC-EBS", "ActionNames": ["ec2:RunInstances"]},
        "EC2-VPC-EBS needs instance, image, security-group, network-interface, volume",
    ),
]


@pytest.mark.parametrize(("parameters", "refusal"), REFUSED)
def test_what_makes_no_sense_is_refused(main: Account, parameters: Doc, refusal: str) -> None:
    """With the sentence that AWS has for it, where that is known."""
    with pytest.raises(InvalidInput) as caught:
        custom(main, **{"PolicyInputList": [READ], **parameters})

    assert refusal in caught.value.message


def test_a_text_that_is_not_a_policy_says_what_is_wrong_with_it(main: Account) -> None:
    """In the notes, with the place."""
    with pytest.raises(InvalidInput) as caught:
        custom(main, '{"Statement": [{"Effect": "allow", "Action": "s3:*", "Resource": "*"}]}')

    assert any("line 1, column 27" in note for note in caught.value.__notes__)


OF_EC2 = {
    kind: f"arn:aws:ec2:us-east-1:{ID}:{kind}/{kind[0]}-1"
    for kind in ("instance", "image", "security-group", "network-interface", "volume", "subnet")
}


def test_a_scenario_launches_an_instance_with_all_that_it_needs(main: Account) -> None:
    """Each resource is asked about; one that is not allowed keeps the instance from it."""
    parameters = {
        "ActionNames": ["ec2:RunInstances"],
        "ResourceHandlingOption": "EC2-VPC-EBS-Subnet",
        "ResourceArns": list(OF_EC2.values()),
    }
    with_all = custom(main, EVERYTHING, **parameters)
    but_one = custom(main, EVERYTHING, text(deny("*", OF_EC2["subnet"])), **parameters)

    assert with_all["EvalDecision"] == "allowed"
    assert but_one["EvalDecision"] == "explicitDeny"
    assert len(with_all["ResourceSpecificResults"]) == 6


# -- what nobody said -----------------------------------------------------------------------------

EQUALS = text(when("StringEquals", "aws:a", "b"))
MISSING: list[tuple[list[str], dict[str, Any], str, list[str]]] = [
    ([EQUALS], {}, "implicitDeny", ["aws:a"]),
    ([EQUALS], {"ContextEntries": [entry("AWS:A", "b")]}, "allowed", []),
    ([EQUALS], {"ContextEntries": [entry("aws:a", "c")]}, "implicitDeny", []),
    ([READ, EQUALS], {}, "allowed", []),
    ([NO_READ, EQUALS], {}, "explicitDeny", []),
    ([text(allow(PUT, Condition={"Bool": {"aws:a": "true"}}))], {}, "implicitDeny", ["aws:a"]),
    ([text(deny(GET, Condition={"Bool": {"aws:a": "true"}}))], {}, "implicitDeny", ["aws:a"]),
    ([READ, text(deny(GET, Condition={"Bool": {"aws:a": "true"}}))], {}, "allowed", []),
    ([text(when("StringEqualsIfExists", "aws:a", "b"))], {}, "allowed", []),
    ([text(when("StringNotEquals", "aws:a", "b"))], {}, "allowed", []),
    ([text(when("Null", "aws:a", "false"))], {}, "implicitDeny", ["aws:a"]),
    ([text(allow(GET, "arn:aws:s3:::maps/${aws:a}"))], {}, "implicitDeny", ["aws:a"]),
    ([text(allow(GET, "arn:aws:s3:::maps/${aws:a, 'a'}"))], {}, "implicitDeny", ["aws:a"]),
    ([text(when("StringEquals", "aws:a", "${aws:b}"))], {}, "implicitDeny", ["aws:a", "aws:b"]),
    ([EQUALS, EQUALS], {}, "implicitDeny", ["aws:a"]),
    ([READ], {"PermissionsBoundaryPolicyInputList": [EQUALS]}, "implicitDeny", ["aws:a"]),
    (
        [WRITE],
        {"OrderedOrganizationPolicyInputList": scps((EVERYTHING, EQUALS))},
        "implicitDeny",
        [],
    ),
]


@pytest.mark.parametrize(("policies", "parameters", "decision", "missing"), MISSING)
def test_keys_are_missed_where_an_implicit_deny_might_turn_out_otherwise(
    main: Account, policies: list[str], parameters: Doc, decision: str, missing: list[str]
) -> None:
    """All that the policies ask for, whatever the action; those of organizations are not told."""
    result = custom(main, *policies, **parameters)
    for_b = custom(main, *policies, **parameters, ResourceArns=[B])
    specific = for_b["ResourceSpecificResults"][0]

    assert (result["EvalDecision"], result["MissingContextValues"]) == (decision, missing)
    assert specific["MissingContextValues"] == for_b["MissingContextValues"]
    assert for_b["MissingContextValues"] == missing or decision == "allowed"


def test_nothing_is_known_of_the_moment(main: Account) -> None:
    """No time, no network, no MFA, no organization; of the caller its ARN, account and name."""
    zoe = main.create_user("zoe", tags={"team": "sky"})
    main.world.create_organization(main)
    keys = (
        *("aws:CurrentTime", "aws:SourceIp", "aws:MultiFactorAuthPresent", "aws:SecureTransport"),
        *("aws:PrincipalTag/team", "aws:PrincipalOrgID", "aws:userid", "aws:PrincipalType"),
        *("aws:PrincipalArn", "aws:PrincipalAccount", "aws:username"),
    )
    policy = text(*(deny("*", Condition={"Null": {key: "true"}}, Sid="") for key in keys[:8]))
    own = text(*(when("Null", key, "false") for key in keys))
    result = principal(main, zoe.arn, PolicyInputList=[own])

    assert result["EvalDecision"] == "allowed"
    assert len(result["MatchedStatements"]) == 3
    nobody = custom(main, own)
    assert len(nobody["MatchedStatements"]) == 1  # the account whose policies they are
    denied = principal(main, zoe.arn, PolicyInputList=[policy])
    assert len(denied["MatchedStatements"]) == 8


ENTRIES: list[tuple[list[Doc], str]] = [
    ([{"ContextKeyValues": ["a"], "ContextKeyType": "string"}], "ContextKeyName cannot be null"),
    ([{**entry("aws:a", "b"), "ContextKeyType": None}], "Context key aws:a has invalid type null."),
    ([entry("aws:a")], "Context values for context key aws:a cannot be null or empty."),
    ([entry("aws:a", kind="stringList")], "Context values for context key aws:a cannot be"),
    (
        [entry("aws:a", "b", "c")],
        "Context key string expected a single value, but received 2.",
    ),
    ([entry("aws:SourceIp", "b", "c", kind="stringList")], "Context key aws:SourceIp expected"),
    ([entry("aws:a", "b"), entry("AWS:A", "c")], "Duplicate context key: AWS:A."),
    ([entry("aws:a", "x", kind="numeric")], "key aws:a: expected numeric format."),
    ([entry("aws:a", "NaN", kind="numeric")], "key aws:a: expected numeric format."),
    ([entry("my:key", "1", "x", kind="numericList")], "key my:key: expected numeric format."),
    ([entry("aws:a", "tomorrow", kind="date")], "key aws:a: expected DateTime format."),
    ([entry("aws:a", "999.0.0.1", kind="ip")], "key aws:a: expected IP address."),
    ([entry("aws:a", "!", kind="binary")], "expected base-64 encoded binary format."),
    ([entry("aws:a", "\ud800")], "half of a surrogate pair"),
    ([entry("aws:a", "x" * 70_000)], "longer than"),
]


@pytest.mark.parametrize(("entries", "refusal"), ENTRIES)
def test_what_is_not_a_context_is_refused(main: Account, entries: list[Doc], refusal: str) -> None:
    """A key twice, values that are not of its type, several where there is one."""
    with pytest.raises(InvalidInput) as caught:
        custom(main, READ, ContextEntries=entries)

    assert refusal in caught.value.message


GOOD_ENTRIES = [
    [{}],
    [entry("aws:a", "")],
    [entry("aws:a", "anything", kind="boolean")],
    [entry("aws:a", "1.50", kind="numeric"), entry("my:key", "-3", "+4", kind="numericList")],
    [entry("aws:a", "2035", kind="date"), entry("aws:b", "2026-09-11T13:54:29Z", kind="date")],
    [entry("my:key", "203.0.113.9", "2001:db8::1", kind="ipList")],
    [entry("aws:a", "aGk=", kind="binary")],
    [entry("aws:TagKeys", "a", "b", kind="stringList")],
]


@pytest.mark.parametrize("entries", GOOD_ENTRIES)
def test_what_can_be_read_is_context(main: Account, entries: list[Doc]) -> None:
    """Booleans are not looked at, and an entry with nothing in it isn't an entry."""
    assert custom(main, READ, ContextEntries=entries)["EvalDecision"] == "allowed"


def test_of_several_values_the_set_operators_decide(main: Account) -> None:
    """As in a request."""
    policy = text(when("ForAllValues:StringEquals", "aws:TagKeys", "a"))
    item = custom(main, policy, ContextEntries=[entry("aws:TagKeys", "a", kind="stringList")])
    two = custom(main, policy, ContextEntries=[entry("aws:TagKeys", "a", "b", kind="stringList")])

    assert (item["EvalDecision"], two["EvalDecision"]) == ("allowed", "implicitDeny")


# -- by method ------------------------------------------------------------------------------------


def test_methods_take_things_as_they_are(team: Account) -> None:
    """Users, policies, accounts; values of Python with the types that AWS wants."""
    world, zoe = team.world, team.users["zoe"]
    other = world.create_account("other", account_id=OTHER)
    moment = datetime(2026, 9, 11, tzinfo=UTC)
    policy = document(
        allow(
            GET,
            Condition={
                "Bool": {"aws:a": "true"},
                "NumericLessThan": {"aws:b": "5"},
                "DateGreaterThan": {"aws:c": "2026-01-01"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["x", "y"]},
                "IpAddress": {"aws:SourceIp": "203.0.113.0/24"},
            },
        )
    )
    context = {
        "aws:a": True,
        "aws:b": 4,
        "aws:c": moment,
        "aws:TagKeys": ["x", "y"],
        "aws:SourceIp": "203.0.113.9",
    }
    [result] = team.simulate_custom_policy(
        [Policy.parse(policy)],
        [GET],
        resource_arns=[A],
        permissions_boundary_policy_input_list=[policy],
        ordered_organization_policy_input_list=[[document(allow("*"))], [policy]],
        resource_policy=document(allow(GET, MAPS, Principal={"AWS": zoe.arn})),
        resource_owner=other,
        caller_arn=zoe,
        context_entries=context,
    )
    sent = team.world.events[-1].request_parameters["contextEntries"]

    assert result["EvalDecision"] == "allowed"
    assert [entry["contextKeyType"] for entry in sent] == [
        *("boolean", "numeric", "date", "stringList", "string")
    ]
    [own] = team.simulate_principal_policy(
        zoe, [GET], resource_arns=[A], policy_exclusion_list=[{"PolicyType": "inline"}]
    )
    assert own["EvalDecision"] == "implicitDeny"


WRONG_KINDS: list[Callable[[Account], Any]] = [
    lambda account: account.simulate_custom_policy(READ, [GET]),
    lambda account: account.simulate_custom_policy(document(), [GET]),
    lambda account: account.simulate_custom_policy(Policy.allow("*"), [GET]),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy(5, [GET]),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy([5], [GET]),  # type: ignore[list-item]
    lambda account: account.simulate_custom_policy([READ], GET),
    lambda account: account.simulate_custom_policy([READ], [5]),  # type: ignore[list-item]
    lambda account: account.simulate_custom_policy([READ], None),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy([READ], [GET], resource_arns=A),
    lambda account: account.simulate_custom_policy([READ], [GET], caller_arn=5),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy([READ], [GET], resource_owner=5),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy([READ], [GET], context_entries=[("a", "b")]),  # type: ignore[arg-type]
    lambda account: account.simulate_custom_policy([READ], [GET], context_entries={5: "b"}),  # type: ignore[dict-item]
    lambda account: account.simulate_custom_policy(
        [READ],
        [GET],
        context_entries={"aws:a": object()},  # type: ignore[dict-item]
    ),
    lambda account: account.simulate_custom_policy(
        [READ], [GET], ordered_organization_policy_input_list=READ
    ),
    lambda account: account.simulate_custom_policy(
        [READ],
        [GET],
        ordered_organization_policy_input_list=[READ],
    ),
    lambda account: account.simulate_principal_policy(None, [GET]),  # type: ignore[arg-type]
    lambda account: account.simulate_principal_policy(
        ZOE,
        [GET],
        policy_exclusion_list=5,  # type: ignore[arg-type]
    ),
    lambda account: account.get_context_keys_for_custom_policy(READ),
    lambda account: account.get_context_keys_for_principal_policy(5),  # type: ignore[arg-type]
]


@pytest.mark.parametrize("ask", WRONG_KINDS)
def test_what_is_of_the_wrong_kind_is_refused(main: Account, ask: Callable[[Account], Any]) -> None:
    """A single policy or action where a list is wanted; what isn't a policy, no ARN, no context."""
    with pytest.raises(RequestError):
        ask(main)


def test_a_key_without_values_is_refused_as_aws_does(main: Account) -> None:
    """No value at all isn't a context."""
    with pytest.raises(InvalidInput, match="cannot be null or empty"):
        main.simulate_custom_policy([READ], [GET], context_entries={"aws:TagKeys": []})
