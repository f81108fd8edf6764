"""Ways through services: each row of the table, what opens it and what closes it."""

from typing import Any

import pytest

from iamlab import Policy
from iamlab.analysis.privilege_escalation.attacker_view import AccountInventory
from iamlab.analysis.privilege_escalation.escalation_methods import (
    METHODS,
    NOT_MODELLED,
    NOT_MODELLED_PARTS,
    ServicePlan,
)
from iamlab.analysis.privilege_escalation.finders import FINDERS
from iamlab.analysis.privilege_escalation.permission_checks import Decider, iam_call
from iamlab.analysis.privilege_escalation.plan_binding import Passing
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.required_parameters import FORMS
from iamlab.authorization.principal import principal_of
from iamlab.model.service_principals import is_known, sends
from iamlab.operations.authorization_needs import context_of_passing
from iamlab.policy import catalog
from iamlab.policy.call_permissions import PASSES
from iamlab.policy.patterns import glob_ignoring_case
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.service_worlds import (
    MAIN,
    OTHER,
    account,
    caller,
    edges,
    proved,
    role_for,
    trust,
    worker,
)
from tests.rows import each_row

STACK_SETS = 44
NEW_PROFILE = 38
PLANS = {number: method.plans for number, method in METHODS.items() if method.plans}
IN_WORLD = (37, 61, 62, 66, 67, 68, 73)  # row resources are in the world
PASSING = {number: PLANS[number] for number in PLANS if number <= 60 and number not in IN_WORLD}
PASSING[NEW_PROFILE] = PLANS[NEW_PROFILE][:1]
ANY_THING = {
    **PASSING,
    **{number: PLANS[number] for number in PLANS if number > 60 and number not in IN_WORLD},
}
ORDINARY = {key: plans for key, plans in ANY_THING.items() if key != STACK_SETS}
ALL_PLANS = [
    pytest.param(number, plan, id=f"{number}-{place}")
    for number, plans in ORDINARY.items()
    for place, plan in enumerate(plans)
]
FIRST = [pytest.param(number, plans[0], id=str(number)) for number, plans in ORDINARY.items()]
FIRST_PASSING = [row for row in FIRST if row.values[1].passes]  # type: ignore[attr-defined]
FIRST_ASKED = [
    row
    for row in FIRST
    if any(step.checked for step in row.values[1].steps)  # type: ignore[attr-defined]
]


HARMLESS = "s3:GetObject"


def rights(plan: ServicePlan, *without: str, resource: str | list[str] = "*") -> Policy:
    """Allow what a plan needs, but for some actions."""
    return Policy.allow(
        [HARMLESS, *(action for action in plan.actions if action not in without)], resource
    )


# Every row ---------------------------------------------------------------------------------------


def test_every_service_that_is_passed_a_role_exists() -> None:
    """App Runner has a service principal for its instances, and one for its builds."""
    every = [plan for plans in PLANS.values() for plan in plans]
    named = {name for plan in every for name in (plan.service, plan.also) if name}
    named |= {service for services in PASSES.values() for service in services}

    assert not [name for name in named if not is_known(f"{name}.amazonaws.com")]
    assert {"tasks.apprunner", "build.apprunner"} <= named


def test_every_row_of_the_table_is_looked_for_or_has_a_reason() -> None:
    """No row is forgotten: it has a finder, or is among those that are not modelled."""
    account().world.reach().edges  # noqa: B018 - loads the ways

    assert set(METHODS) == set(range(1, 77))
    assert set(FINDERS) | set(NOT_MODELLED) == set(METHODS)
    assert not set(FINDERS) & set(NOT_MODELLED)


def test_what_is_not_modelled_has_a_reason_in_words() -> None:
    """A reason is a sentence, for a row or for a part of one that is looked for."""
    parts = [reason for each in NOT_MODELLED_PARTS.values() for reason in each.values()]

    assert set(NOT_MODELLED_PARTS) <= set(FINDERS)
    assert all(reason.endswith(".") for reason in (*NOT_MODELLED.values(), *parts))


def test_codestar_is_gone_from_the_catalogue() -> None:
    """The reason for leaving out row 51 is true: AWS lists no action of CodeStar any more."""
    assert not catalog.has("codestar")


@pytest.mark.parametrize(
    ("edge", "rows"),
    [
        ("autoscaling: a launch configuration with a role", {39}),
        ("cloudformation: a stack with a role", {43}),
        ("cloudformation: a stack that has a role", {64}),
        ("codebuild: a project with a role", {50}),
        ("codebuild: a project that has a role", {70}),
        ("ec2: an instance with a role", {35}),
        ("ec2: a profile of one's own for it", {38}),
        ("ec2: a profile for an instance that is there", {37}),
        ("iam: an access key or a password of a user", {10, 11, 12, 13}),
        ("iam: the trust policy of a role", {14, 19}),
        ("iam: a new role with a policy", {21}),
        ("lambda: a function with a role", {40, 41, 42}),
        ("lambda: the code or the role of a function that is there", {61, 62}),
        ("sagemaker: a notebook with a role", {48}),
        ("sagemaker: a training or processing job with a role", {49}),
        ("sagemaker: a notebook that has a role", {65}),
        ("ssm: a session or a command on an instance", {66}),
        ("sts: AssumeRole", {15}),
    ],
)
def test_every_edge_that_another_tool_knows_is_a_row(edge: str, rows: set[int]) -> None:
    """The kinds of edges of PMapper: each is covered by a row that is looked for."""
    account().world.reach().edges  # noqa: B018 - loads the ways

    assert rows <= set(FINDERS), edge


# What the plans say ------------------------------------------------------------------------------

NOT_OURS = {
    ("bedrock-agentcore:StartCodeInterpreterSession", "code-interpreter"),  # AWS's own
    ("bedrock-agentcore:InvokeCodeInterpreter", "code-interpreter"),
    ("bedrock-agentcore:StartBrowserSession", "browser"),
    ("ssm:SendCommand", "document"),  # named as one of AWS's own documents
    ("ssm:CreateAssociation", "document"),
}
"""Resource types that the catalogue calls required, and another type stands for."""

EVERY_PLAN = [plan for plans in PLANS.values() for plan in plans]


@each_row("plan", EVERY_PLAN, ids=lambda plan: "+".join(plan.actions))
def test_a_plan_asks_on_the_resource_types_that_aws_lists(plan: ServicePlan) -> None:
    """Every action exists; each required resource type is asked on, and no other than listed."""
    for step in plan.steps:
        declared = catalog.action(step.action)
        assert declared is not None, step.action
        listed = {use.name for use in declared.resource_types}
        required = {use.name for use in declared.resource_types if use.required}
        own = {name for name in step.checked if plan.resources[name].kind in FORMS}
        replaced = {name for action, name in NOT_OURS if action == step.action}

        assert set(step.checked) - own <= listed
        assert required - replaced <= set(step.checked)


@each_row("plan", EVERY_PLAN, ids=lambda plan: "+".join(plan.actions))
def test_a_plan_sends_only_condition_keys_that_aws_lists(plan: ServicePlan) -> None:
    """A key that the catalogue does not list for the action would decide nothing in AWS."""
    for step in plan.steps:
        declared = catalog.action(step.action)
        assert declared is not None
        forms = [
            catalog.PLACEHOLDER.sub("*", all_condition_key)
            for all_condition_key in declared.all_condition_keys
        ]

        assert all(any(glob_ignoring_case(form, key) for form in forms) for key, _ in step.keys)


def test_every_row_with_a_service_has_its_plans_listed_here() -> None:
    """Identity Center's row, the retired one and that of other rows' plans don't have one."""
    assert PLANS.keys() | {34, 51, 75} == {
        number for number, method in METHODS.items() if method.service
    }


@pytest.mark.parametrize("number", PLANS)
def test_a_row_names_just_the_permissions_that_its_plans_need(number: int) -> None:
    """Every plan is one of the row's sets, and every set is what some plan needs."""
    sets = [frozenset(permission) for permission in METHODS[number].permissions]

    assert set(sets) == {frozenset(plan.actions) for plan in PLANS[number]}
    assert len(sets) == len(set(sets))


def test_a_role_is_passed_as_the_models_own_operations_pass_it() -> None:
    """For IAM's own call the plan asks what the model's call asks, pass for pass."""
    main = account()
    role = worker(main, "ec2", profile=False)
    dana = caller(main, rights(PLANS[NEW_PROFILE][0]))
    [edge] = edges(dana, NEW_PROFILE)
    ours = edge.calls[1].needs
    main.create_instance_profile("reach")
    theirs = iam_call(
        main, "AddRoleToInstanceProfile", InstanceProfileName="reach", RoleName=role.name
    ).needs

    instance = f"arn:aws:ec2:us-east-1:{MAIN}:instance/*"

    assert [our[:2] for our in ours] == [row[:2] for row in theirs]
    assert ours[1].keys == theirs[1].keys == context_of_passing(main, role.arn, "iam")
    assert edge.calls[2].needs[-1].keys == context_of_passing(main, role.arn, "ec2", instance)


@pytest.mark.parametrize(
    "principal", [{"AWS": "*"}, {"AWS": OTHER}, {"Service": "lambda.amazonaws.com"}]
)
def test_a_trust_is_read_as_the_engine_reads_it(principal: Any) -> None:
    """With any principal in a trust policy, a service is allowed if the engine allows it."""
    main = account()
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    role = main.create_role("open", assume_role_policy_document=document)
    dana = caller(main, rights(PLANS[40][0]))
    is_let_in = bool(main.world.can("lambda.amazonaws.com", "sts:AssumeRole", role.arn))

    assert bool(edges(dana, 40)) is is_let_in


# What opens a way --------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "plan"), ALL_PLANS)
def test_whoever_has_all_permissions_of_a_plan_gains_the_role(
    number: int, plan: ServicePlan
) -> None:
    """Exactly the actions of the plan open it, and every call is allowed."""
    main = account()
    role = role_for(main, plan)
    dana = caller(main, rights(plan))
    found = edges(dana, number)

    assert role.arn in {edge.target.arn for edge in found}
    assert proved(dana, found)
    assert all(set(edge.permissions) <= set(plan.actions) for edge in found)


@pytest.mark.parametrize(("number", "plan"), ALL_PLANS)
def test_each_permission_of_a_plan_is_needed(number: int, plan: ServicePlan) -> None:
    """Without any one action there is no edge that claims it."""
    for action in plan.actions:
        main = account()
        role_for(main, plan)
        dana = caller(main, rights(plan, action))

        assert all(action not in edge.permissions for edge in edges(dana, number)), action


def test_a_whole_administrator_has_every_row() -> None:
    """One account with all services: every row but the retired one and Identity Center's."""
    main = account()
    services = {plan.service for plans in ORDINARY.values() for plan in plans}
    for service in sorted({*services, "datapipeline", "elasticmapreduce"}):
        worker(main, service)
    spare = main.create_role("spare", assume_role_policy_document=trust("ec2"))
    main.create_role(
        "execution",
        assume_role_policy_document=Policy.allow(
            "sts:AssumeRole", None, principal=main.roles["cloudformation-worker"].arn
        ),
    )
    main.roles["cloudformation-worker"].put_policy("take", Policy.allow("sts:AssumeRole", "*"))
    main.create_function("thumbs", role="lambda-worker")
    main.create_instance(instance_profile="ec2-worker")
    main.create_instance()
    dana = caller(main, Policy.parse(NEARLY_ALL))
    found = edges(dana, *(number for number in range(35, 73) if number != 51))

    assert {edge.way.number for edge in found} == {*range(35, 73)} - {51}
    assert any(edge.target.arn == spare.arn for edge in found)
    assert proved(dana, found)


NEARLY_ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "NotAction": "iam:PutUserPolicy", "Resource": "*"}],
}


# What closes a way -------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "plan"), FIRST_PASSING)
def test_a_role_of_another_service_is_not_gained(number: int, plan: ServicePlan) -> None:
    """The trust policy must name the service that the role is passed to."""
    main = account()
    worker(main, "backup")
    dana = caller(main, rights(plan))

    assert not edges(dana, number)


@pytest.mark.parametrize(("number", "plan"), FIRST_PASSING)
def test_passing_to_one_service_is_passing_to_no_other(number: int, plan: ServicePlan) -> None:
    """``iam:PassedToService`` for another service closes the way; for this one it does not."""
    for service, expected in (("backup", False), (plan.service, True)):
        main = account()
        role_for(main, plan)
        passed = [f"{item}.amazonaws.com" for item in (service, plan.also) if item]
        dana = caller(
            main,
            rights(plan, "iam:PassRole"),
            Policy.allow("iam:PassRole", "*", when={"iam:PassedToService": passed}),
        )

        assert bool(edges(dana, number)) is expected


@pytest.mark.parametrize(("number", "plan"), FIRST_PASSING)
def test_only_the_role_that_may_be_passed_is_gained(number: int, plan: ServicePlan) -> None:
    """PassRole on one role gains that one, and no other that trusts the service."""
    main = account()
    role = role_for(main, plan)
    second = main.create_role("second", assume_role_policy_document=trust(plan.service))
    if plan.needs_profile:
        main.create_instance_profile("second").add_role("second")
    also = [f"arn:aws:iam::{MAIN}:role/{plan.also}-worker"] if plan.also else []
    dana = caller(
        main,
        rights(plan, "iam:PassRole"),
        Policy.allow("iam:PassRole", [second.arn, *also]),
    )

    assert {edge.target.arn for edge in edges(dana, number)} == {second.arn} != {role.arn}


def _boundary(main: Account, dana: Any, plan: ServicePlan, action: str) -> None:
    policy = main.create_policy("ceiling", rights(plan, action))
    dana.put_permissions_boundary(policy.arn)


def _deny(_: Account, dana: Any, plan: ServicePlan, action: str) -> None:
    del plan
    dana.put_policy("deny", Policy.deny(action, "*"))


def _scp(main: Account, dana: Any, plan: ServicePlan, action: str) -> None:
    del dana, plan
    organization = main.world.organization_of(MAIN)
    assert organization is not None
    policy = organization.create_policy("guard", Policy.deny(action, "*"))
    policy.attach(main)


@pytest.mark.parametrize("close", [_boundary, _deny, _scp], ids=["boundary", "deny", "scp"])
@pytest.mark.parametrize(("number", "plan"), FIRST)
def test_a_ceiling_or_a_deny_closes_a_way(number: int, plan: ServicePlan, close: Any) -> None:
    """What the caller's boundary leaves out, or a Deny or an SCP takes away, opens nothing."""
    action = plan.actions[number % len(plan.actions)]
    main = account(member=close is _scp)
    role_for(main, plan)
    dana = caller(main, rights(plan))
    close(main, dana, plan, action)

    assert all(action not in edge.permissions for edge in edges(dana, number)), action


@pytest.mark.parametrize(("number", "plan"), FIRST)
def test_a_trust_for_one_account_opens_for_that_account(number: int, plan: ServicePlan) -> None:
    """``aws:SourceAccount`` must be the caller's; a service that sends none is never let in."""
    known = sends(f"{plan.service}.amazonaws.com")
    for source, expected in ((MAIN, "aws:SourceAccount" in known), (OTHER, False)):
        main = account()
        role_for(main, plan, {"aws:SourceAccount": source})
        dana = caller(main, rights(plan))

        assert bool(edges(dana, number)) is expected


@pytest.mark.parametrize(("number", "plan"), FIRST_ASKED)
def test_rights_on_things_of_another_account_open_nothing(number: int, plan: ServicePlan) -> None:
    """What the calls work on is the account's own."""
    main = account()
    role_for(main, plan)
    services = {action.partition(":")[0] for action in plan.actions} - {"iam"}
    theirs = [f"arn:aws:{service}:*:{OTHER}:*" for service in services]
    dana = caller(
        main,
        Policy.allow("iam:PassRole", "*"),
        rights(plan, "iam:PassRole", resource=theirs),
    )

    assert not edges(dana, number)


def test_a_role_of_another_account_cannot_be_passed() -> None:
    """Passing does not cross accounts."""
    main = account()
    other = main.world.create_account("other", account_id=OTHER)
    theirs = worker(other, "lambda")
    plan = PLANS[40][0]
    dana = caller(main, rights(plan))

    assert theirs.arn not in {edge.target.arn for edge in edges(dana, 40)}


def test_a_session_policy_closes_a_way_and_opens_another() -> None:
    """A session that may pass no role gains none; one that may gains its own role, whole."""
    main = account()
    plan = PLANS[40][0]
    role = worker(main, "lambda")
    role.update_assume_role_policy(
        Policy.allow("sts:AssumeRole", None, principal=["lambda.amazonaws.com", MAIN])
    )
    role.put_policy("own", Policy.allow("*", "*"))
    dana = caller(main, Policy.allow("sts:AssumeRole", "*"))
    for kept, expected in ((rights(plan, "iam:PassRole"), []), (rights(plan), [role.arn])):
        session = main.world.sts.assume_role(
            dana, role_arn=role, role_session_name="work", policy=kept.text
        )

        assert [edge.target.arn for edge in edges(session, 40)] == expected


def test_a_service_linked_role_is_not_gained() -> None:
    """Nobody passes a role that only its service uses."""
    main = account()
    main.create_service_linked_role("lex.amazonaws.com")
    dana = caller(main, Policy.allow(["iam:PassRole", "lambda:*", "ec2:*"], "*"))

    assert not edges(dana, *PASSING)


def test_nobody_gains_the_role_that_he_is() -> None:
    """A role that may pass itself gains nothing by it."""
    main = account()
    role = worker(main, "lambda")
    role.put_policy("own", rights(PLANS[40][0]))

    assert not edges(role, 40)


def test_an_instance_profile_is_needed_for_ec2() -> None:
    """A role in no profile cannot be given to an instance, unless a profile can be made."""
    main = account()
    role = worker(main, "ec2", profile=False)
    dana = caller(main, rights(PLANS[35][0]))

    assert not edges(dana, 35)

    main.create_instance_profile("late").add_role(role)

    assert [edge.target.arn for edge in edges(dana, 35)] == [role.arn]


def test_the_pipeline_needs_a_role_of_its_own_in_addition() -> None:
    """Data Pipeline is passed two roles: without one that trusts it, there is no way."""
    main = account()
    worker(main, "ec2")
    dana = caller(main, rights(PLANS[47][0]))

    assert not edges(dana, 47)

    own = worker(main, "datapipeline")
    [edge] = edges(dana, 47)
    passed = [need.resource for call in edge.calls for need in call.needs if "PassRole" in need[0]]

    assert passed == [f"arn:aws:iam::{MAIN}:role/ec2-worker", own.arn]


# Stack sets --------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", PLANS[STACK_SETS], ids=["create", "update"])
def test_a_stack_set_gains_the_role_that_its_administration_role_takes(plan: ServicePlan) -> None:
    """The role that is passed only assumes another one, in which the stacks are made."""
    main = account()
    administration = worker(main, "cloudformation")
    administration.put_policy("take", Policy.allow("sts:AssumeRole", "*"))
    other = main.world.create_account("other", account_id=OTHER)
    document = Policy.allow("sts:AssumeRole", None, principal=administration.arn)
    execution = other.create_role("execution", assume_role_policy_document=document)
    needs_id = Policy.allow(
        "sts:AssumeRole", None, principal=administration.arn, when={"sts:ExternalId": "seven"}
    )
    other.create_role("with-id", assume_role_policy_document=needs_id)
    dana = caller(main, rights(plan))
    found = edges(dana, STACK_SETS)

    assert [edge.target.arn for edge in found] == [execution.arn]
    assert proved(dana, found)

    administration.delete_policy("take")

    assert not edges(dana, STACK_SETS)


@pytest.mark.parametrize("plan", PLANS[STACK_SETS], ids=["create", "update"])
def test_each_permission_for_a_stack_set_is_needed(plan: ServicePlan) -> None:
    """Passing the administration role, making the set, making the stacks."""
    for action in plan.actions:
        main = account()
        administration = worker(main, "cloudformation")
        administration.put_policy("take", Policy.allow("sts:AssumeRole", "*"))
        document = Policy.allow("sts:AssumeRole", None, principal=administration.arn)
        main.create_role("execution", assume_role_policy_document=document)
        dana = caller(main, rights(plan, action))

        assert not edges(dana, STACK_SETS), action


# Many --------------------------------------------------------------------------------------------


def test_whoever_may_pass_no_role_is_asked_nothing_more() -> None:
    """Without an Allow that could be about passing, PassRole is asked for administrators alone."""
    main = account()
    worker(main, "lambda")
    for number in range(20):
        main.create_user(f"user-{number}").put_policy("own", Policy.allow("lambda:*", "*"))
    reach = main.world.reach()
    _ = reach.edges
    [passing] = [
        kept_item
        for kept_item in reach._finder.decider.kept.values()
        if isinstance(kept_item, Passing)
    ]

    requests = [power.arn for rows in passing._may_be_passed.values() for power in rows]

    assert not any("user/user-" in arn for arn in requests)


def test_together_and_alone_give_the_same_answer() -> None:
    """Many callers are decided at once; each gets what he would get alone."""
    main = account()
    for name in ("a", "b", "c"):
        document = trust("lambda")
        main.create_role(name, assume_role_policy_document=document)
    plan = PLANS[40][0]
    wanted = {}
    for number, names in enumerate(("a", "ab", "c", "")):
        arns = [main.roles[name].arn for name in names] or ["arn:aws:iam::1:role/none"]
        user = main.create_user(f"user-{number}")
        user.put_policy("own", rights(plan, "iam:PassRole"))
        user.put_policy("pass", Policy.allow("iam:PassRole", arns))
        wanted[user.arn] = {main.roles[name].arn for name in names}
    found: dict[str, set[str]] = {arn: set() for arn in wanted}
    for edge in main.world.reach().edges:
        if edge.way.number == 40 and edge.source.arn in found:
            found[edge.source.arn].add(edge.target.arn)

    assert found == wanted

    decider = Decider(main.world)
    powers = [PrincipalState.of(principal_of(main.world, arn)) for arn in wanted]
    decider.together(powers)
    passing = Passing(decider, AccountInventory(main))
    passing.passed(powers[0], "lambda")
    [rows] = passing._may_be_passed.values()

    assert {arn.arn: {role.arn for role in roles} for arn, roles in rows.items()} == wanted
