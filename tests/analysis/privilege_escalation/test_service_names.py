"""What a caller chooses in a way through a service: names, Regions, tags, values of keys."""

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS, ServicePlan
from iamlab.analysis.privilege_escalation.required_parameters import (
    HOLE,
    NEW,
    Place,
    common,
    form_of,
)
from iamlab.model.network_locations import Network
from iamlab.policy.patterns import glob, glob_resource
from tests.analysis.privilege_escalation.service_worlds import (
    MAIN,
    account,
    caller,
    edges,
    proved,
    role_for,
    trust,
    worker,
)
from tests.effort import tries

PLANS = {number: method.plans for number, method in METHODS.items() if method.plans}
HERE = Place("aws", "us-east-1", MAIN)
FUNCTION = f"arn:aws:lambda:us-east-1:{MAIN}:function"
PASS = Policy.allow("iam:PassRole", "*")


def function_rights(resource: Any, **more: Any) -> Policy:
    """Allow to make and call functions of some names."""
    return Policy.allow(["lambda:CreateFunction", "lambda:InvokeFunction"], resource, **more)


def made(found: list[Any]) -> list[str]:
    """Return what the first calls of edges work on."""
    return [next(iter(edge.calls[0].parameters.values())) for edge in found]


# Names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "pattern", "name"),
    [
        ("lambda:function", "arn:aws:lambda:*:*:function:dev-*", f"{FUNCTION}:dev-reach"),
        ("lambda:function", "arn:aws:lambda:*:*:function:*-dev", f"{FUNCTION}:reach-dev"),
        ("lambda:function", "arn:aws:lambda:*:*:function:d?v", f"{FUNCTION}:drv"),
        ("lambda:function", "arn:aws:lambda:*", f"{FUNCTION}:reach"),
        ("lambda:function", "*", f"{FUNCTION}:reach"),
        ("lambda:function", "arn:aws:lambda:eu-west-1:*:function:*", None),
        ("lambda:function", "arn:aws:lambda:*:*:layer:*", None),
        ("lambda:function", "arn:aws:lambda:*:*:function:a:b", None),
        ("lambda:function", "arn:aws:lambda:*:*:function:" + "a*" * 200, None),
        (
            "cloudformation:stack",
            "arn:aws:cloudformation:*:*:stack/dev-*/*",
            f"arn:aws:cloudformation:us-east-1:{MAIN}:stack/dev-reach/*",
        ),
        ("cloudformation:stack", "arn:aws:cloudformation:*:*:stack/dev/a1b2", None),
        ("ec2:instance", "arn:aws:ec2:*:*:instance/i-0a1b2c3d", None),
        (
            "iam:instance-profile",
            "arn:aws:iam::*:instance-profile/dev/*",
            f"arn:aws:iam::{MAIN}:instance-profile/dev/reach",
        ),
        (
            "ecs:task-definition",
            "arn:aws:ecs:*:*:task-definition/dev-*:*",
            f"arn:aws:ecs:us-east-1:{MAIN}:task-definition/dev-reach:1",
        ),
    ],
)
def test_a_name_matches_the_pattern_if_there_is_a_name(kind: str, pattern: str, name: str) -> None:
    """The name of a new thing is chosen from the pattern, but not what AWS chooses itself."""
    assert form_of(kind, HERE, is_new=True).named(pattern) == name


@settings(max_examples=tries(200))
@given(st.text(f"ab/{HOLE}", max_size=6), st.text("ab/*?", max_size=6))
def test_what_is_common_fits_both(template: str, pattern: str) -> None:
    """A text that is found matches the pattern, and the template with its holes as stars."""
    found = common(template, pattern, "a")
    short = ("a", "b", "aa", "ab", "ba", "bb", "aab", "aba", "bab")
    fillings = itertools.product(short, repeat=template.count(HOLE))
    could = any(glob(pattern, _filled(template, each)) for each in fillings)

    if found is None:
        assert not could
    else:
        assert glob(pattern, found)
        assert glob(template.replace(HOLE, "?*"), found)


def _filled(template: str, parts: tuple[str, ...]) -> str:
    left = iter(parts)
    return "".join(next(left) if letter == HOLE else letter for letter in template)


def test_a_long_pattern_with_many_stars_takes_no_time() -> None:
    """The walk looks at each pair of places once, however many stars there are."""
    assert common(f"x{HOLE}y", "*a" * 140 + "b", "reach") is None


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("arn:aws:lambda:*:*:function:dev-*", f"{FUNCTION}:dev-reach"),
        (f"{FUNCTION}:exactly", f"{FUNCTION}:exactly"),
        (
            "arn:aws:lambda:eu-west-1:*:function:*",
            f"arn:aws:lambda:eu-west-1:{MAIN}:function:reach",
        ),
        ("arn:aws:lambda:*:*:function:${aws:username}-*", f"{FUNCTION}:dana-reach"),
        ("arn:aws:lambda:*:*:layer:*", None),
        ("arn:aws:lambda:*:*:function:${aws:PrincipalTag/team}-*", None),
    ],
)
def test_an_allow_for_some_names_is_found(resource: str, name: str | None) -> None:
    """The new function is called as the caller's Allow wants it."""
    main = account()
    worker(main, "lambda")
    dana = caller(main, PASS, function_rights(resource))
    found = edges(dana, 40)

    assert made(found) == ([] if name is None else [name])
    assert proved(dana, found)


def test_one_name_must_do_for_all_calls() -> None:
    """Who may make one function and call another has no way."""
    main = account()
    worker(main, "lambda")
    dana = caller(
        main,
        PASS,
        Policy.allow("lambda:CreateFunction", f"{FUNCTION}:a*"),
        Policy.allow("lambda:InvokeFunction", [f"{FUNCTION}:b*", f"{FUNCTION}:*-called"]),
    )

    assert not edges(dana, 40)

    dana.put_policy("more", Policy.allow("lambda:InvokeFunction", f"{FUNCTION}:a-?"))

    assert made(edges(dana, 40)) == [f"{FUNCTION}:a-r"]


def test_of_many_names_the_one_that_does_is_found() -> None:
    """However many patterns an Allow has before it, and however many things there are."""
    main = account()
    worker(main, "ec2")
    start = f"arn:aws:ec2:us-east-1:{MAIN}"
    many = [f"{start}:subnet/subnet-{number}" for number in range(20)]
    more = [f"{start}:security-group/sg-{number}" for number in range(20)]
    usual = [f"{start}:{kind}/*" for kind in ("instance", "network-interface", "volume")]
    wide = Policy.allow("ec2:RunInstances", [*many, *more, *usual, "arn:aws:ec2:*::image/ami-1"])
    narrow = Policy.deny("ec2:RunInstances", [*many[:-1], *more[:-1]])
    dana = caller(main, PASS)
    for name, policy in (("wide", wide), ("narrow", narrow)):
        dana.attach_policy(main.create_policy(name, policy).arn)
    [edge] = edges(dana, 35)

    assert {many[-1], more[-1]} <= set(edge.calls[0].parameters.values())


def test_a_name_that_is_taken_is_not_chosen() -> None:
    """Who may make only a function that is there already makes none."""
    main = account()
    worker(main, "lambda")
    main.create_function("mine", role="lambda-worker")
    dana = caller(main, PASS, function_rights(f"{FUNCTION}:mine"))

    assert not edges(dana, 40)


def test_a_deny_on_names_is_kept() -> None:
    """A Deny on the usual name leaves another one that the Allow names."""
    main = account()
    worker(main, "lambda")
    dana = caller(
        main,
        PASS,
        function_rights(["*", f"{FUNCTION}:dev-*"]),
        Policy.deny("lambda:*", f"{FUNCTION}:{NEW}"),
    )

    assert made(edges(dana, 40)) == [f"{FUNCTION}:dev-reach"]


@pytest.mark.parametrize("layer", ["own", "boundary"])
def test_the_region_is_one_that_policies_leave(layer: str) -> None:
    """A ceiling on Regions isn't a wall: the calls are made in a Region that it leaves."""
    main = account()
    worker(main, "lambda")
    dana = caller(main, PASS, function_rights("*"))
    only = {"aws:RequestedRegion": ["eu-central-1"]}
    if layer == "own":
        dana.put_policy("own-1", function_rights("*", when=only))
    else:
        text = Policy.allow("*", "*", when={"aws:RequestedRegion": ["eu-central-1", "us-east-1"]})
        main.create_policy("ceiling", text)
        dana.put_permissions_boundary(main.policies[f"arn:aws:iam::{MAIN}:policy/ceiling"].arn)
        dana.put_policy(
            "no", Policy.deny("lambda:*", "*", when={"aws:RequestedRegion": "us-east-1"})
        )
    found = edges(dana, 40)

    assert made(found) == [f"arn:aws:lambda:eu-central-1:{MAIN}:function:reach"]
    assert proved(dana, found)


def test_the_region_that_is_asked_for_is_the_only_one() -> None:
    """Whoever says in which Region calls are made gets no edge of another."""
    main = account()
    worker(main, "lambda")
    dana = caller(main, PASS, function_rights("arn:aws:lambda:eu-west-1:*:function:*"))

    assert not edges(dana, 40, region="us-east-1")
    assert len(edges(dana, 40, region="eu-west-1")) == 1


def test_a_deny_of_all_but_some_names_is_kept() -> None:
    """``NotResource`` in a Deny names what is left."""
    main = account()
    worker(main, "lambda")
    guard = {"Effect": "Deny", "Action": "lambda:*", "NotResource": f"{FUNCTION}:dev-*"}
    dana = caller(
        main,
        PASS,
        function_rights("*"),
        Policy.parse({"Version": "2012-10-17", "Statement": guard}),
    )

    assert made(edges(dana, 40)) == [f"{FUNCTION}:dev-reach"]


def test_a_cluster_is_called_as_a_condition_wants_it() -> None:
    """What only a condition key names gets its name from the condition."""
    main = account()
    worker(main, "ecs-tasks")
    cluster = f"arn:aws:ecs:us-east-1:{MAIN}:cluster/dev-*"
    dana = caller(
        main,
        Policy.allow(["iam:PassRole", "ecs:RegisterTaskDefinition"], "*"),
        Policy.allow("ecs:RunTask", "*", when={"ecs:cluster": cluster}),
    )
    [edge] = edges(dana, 52)

    assert edge.calls[1].needs[0].keys["ecs:cluster"].endswith(":cluster/dev-example")
    assert proved(dana, [edge])


def test_what_must_be_there_is_what_the_allow_names() -> None:
    """Subnets and images are found by name; the instance's own id is nobody's choice."""
    main = account()
    worker(main, "ec2")
    start = f"arn:aws:ec2:us-east-1:{MAIN}"
    usual = [f"{start}:{kind}/*" for kind in ("instance", "network-interface", "volume")]
    there = [f"{start}:subnet/subnet-1", f"{start}:security-group/sg-1"]
    image = "arn:aws:ec2:us-east-1::image/ami-1"
    dana = caller(main, PASS, Policy.allow("ec2:RunInstances", [*usual, *there, image]))
    [edge] = edges(dana, 35)

    assert {*there, image} <= set(edge.calls[0].parameters.values())

    dana.put_policy("own-1", Policy.allow("ec2:RunInstances", [*there, image, f"{start}:*/i-1"]))

    assert not edges(dana, 35)


def test_the_way_of_the_calls_counts() -> None:
    """A condition on where calls come from is decided for the network that is named."""
    main = account()
    worker(main, "lambda")
    dana = caller(main, PASS, function_rights("*", when={"aws:SourceIp": "203.0.113.0/24"}))

    assert not edges(dana, 40, network=Network(ip="198.51.100.7"))
    assert len(edges(dana, 40, network=Network(ip="203.0.113.7"))) == 1


# What the role asks ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"{FUNCTION}:ingest", [f"{FUNCTION}:ingest"]),
        (f"{FUNCTION}:dev-*", [f"{FUNCTION}:dev-reach"]),
        (f"arn:aws:lambda:us-east-1:{MAIN[::-1].replace('1', '2')}:function:*", []),
    ],
)
def test_the_name_suits_the_trust_policy(source: str, expected: list[str]) -> None:
    """A trust for some functions only is met by the function's name, if it can be."""
    main = account()
    worker(main, "lambda", {"aws:SourceArn": source})
    plain = main.create_role("plain", assume_role_policy_document=trust("lambda"))
    dana = caller(main, PASS, function_rights("*"))
    found = edges(dana, 40)
    particular = [edge for edge in found if edge.target.arn != plain.arn]

    assert made(particular) == expected
    assert len(found) == len(expected) + 1


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (f"{FUNCTION}:dev-*", [f"{FUNCTION}:dev-reach"]),
        (f"arn:aws:ec2:*:{MAIN}:instance/*", []),
    ],
)
def test_a_role_may_be_passed_for_some_resources_only(wanted: str, expected: list[str]) -> None:
    """``iam:AssociatedResourceArn`` is what the role is passed for."""
    main = account()
    worker(main, "lambda")
    dana = caller(
        main,
        Policy.allow("iam:PassRole", "*", when={"iam:AssociatedResourceArn": wanted}),
        function_rights("*"),
    )
    found = edges(dana, 40)

    assert made(found) == expected
    assert proved(dana, found)


def test_tags_of_the_role_decide_who_may_pass_it() -> None:
    """PassRole on roles with a tag gains those, and no others."""
    main = account()
    role = worker(main, "lambda")
    tagged = main.create_role(
        "tagged", assume_role_policy_document=trust("lambda"), tags={"team": "sky"}
    )
    dana = caller(
        main,
        Policy.allow("iam:PassRole", "*", when={"aws:ResourceTag/team": "sky"}),
        function_rights("*"),
    )

    assert [edge.target.arn for edge in edges(dana, 40)] == [tagged.arn] != [role.arn]


@pytest.mark.parametrize(
    ("number", "key"), [(43, "cloudformation:RoleArn"), (35, "ec2:InstanceProfile")]
)
def test_policies_see_the_role_of_the_call(number: int, key: str) -> None:
    """Services have keys of their own for which role, or profile, a call names."""
    plan_of = PLANS[number][0]
    kept = {
        43: f"arn:aws:iam::{MAIN}:role/second",
        35: f"arn:aws:iam::{MAIN}:instance-profile/second",
    }
    main = account()
    role_for(main, plan_of)
    second = main.create_role("second", assume_role_policy_document=trust(plan_of.service))
    main.create_instance_profile("second").add_role("second")
    everything = Policy.allow([*plan_of.actions], "*")
    action = plan_of.actions[-1]
    guard = Policy.parse(
        {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Action": action,
                "Resource": "*",
                "Condition": {"ArnNotEqualsIfExists": {key: kept[number]}},
            },
        }
    )
    dana = caller(main, everything, guard)
    found = edges(dana, number)

    # IfExists in a Deny holds where the key is missing, as on the image or the subnet.
    assert [edge.target.arn for edge in found] == ([second.arn] if number == 43 else [])

    dana.put_policy("own-1", Policy.parse(_with(guard, "ArnNotEquals", key, kept[number], number)))
    found = edges(dana, number)

    assert [edge.target.arn for edge in found] == [second.arn]
    assert proved(dana, found)


def _with(_: Policy, operator: str, key: str, value: str, number: int) -> dict[str, Any]:
    resource = "*" if number == 43 else f"arn:aws:ec2:*:{MAIN}:instance/*"
    action = "cloudformation:CreateStack" if number == 43 else "ec2:RunInstances"
    statement = {
        "Effect": "Deny",
        "Action": action,
        "Resource": resource,
        "Condition": {operator: {key: value}},
    }
    return {"Version": "2012-10-17", "Statement": statement}


# What policies ask of a call ---------------------------------------------------------------------

TAGGED = {"aws:RequestTag/team": "sky"}


@pytest.mark.parametrize(
    ("when", "more", "expected"),
    [
        ({"lambda:VpcIds": "vpc-1"}, [], 1),
        (TAGGED, [], 0),  # to send tags needs a permission of its own
        (TAGGED, ["lambda:TagResource"], 1),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, [], 0),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, ["lambda:TagResource"], 1),
        ({"ForAnyValue:StringEquals": {"lambda:Layer": "arn:aws:lambda:::layer:a:1"}}, [], 1),
        ({"aws:ResourceTag/team": "sky"}, [], 0),  # a new function has no tags
        ({"lambda:CodeSigningConfigArn": f"arn:aws:lambda:::code-signing-config:{MAIN}"}, [], 0),
        ({"aws:PrincipalTag/team": "sky"}, [], 0),  # who calls isn't a choice
        ({"s3:prefix": "a"}, [], 0),  # no key of the call
    ],
)
def test_a_call_says_what_the_policy_wants(
    when: dict[str, Any], more: list[str], expected: int
) -> None:
    """Keys that are the caller's choice are chosen; all others are as they are."""
    main = account()
    worker(main, "lambda")
    dana = caller(
        main,
        PASS,
        Policy.allow("lambda:CreateFunction", "*", when=when),
        Policy.allow(["lambda:InvokeFunction", *more], "*"),
    )
    found = edges(dana, 40)

    assert len(found) == expected
    assert proved(dana, found)


@pytest.mark.parametrize(
    ("when", "sent"),
    [
        ({"aws:RequestTag/team": "sky"}, "sky"),
        ({"aws:RequestTag/team": "sky-?*"}, "sky-rreach"),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": "team"}}, NEW),
        ({"Null": {"aws:RequestTag/team": "false"}}, NEW),
        ({"Null": {"aws:RequestTag/team": "true"}, "Bool": {"aws:SecureTransport": "false"}}, None),
    ],
)
def test_tags_that_are_sent_have_a_key_and_a_value(when: dict[str, Any], sent: str) -> None:
    """A wildcard in a wanted value is filled in, and a wanted key gets a value."""
    main = account()
    worker(main, "lambda")
    dana = caller(
        main, PASS, function_rights("*", when=when), Policy.allow("lambda:TagResource", "*")
    )
    dana.put_policy("call", Policy.allow("lambda:InvokeFunction", "*"))
    found = edges(dana, 40)
    keys = [edge.calls[0].needs[0].keys for edge in found]

    assert [(key["aws:RequestTag/team"], key["aws:TagKeys"]) for key in keys] == (
        [(sent, ["team"])] if sent else []
    )


def test_a_deny_of_what_lacks_a_tag_is_met_by_a_tag() -> None:
    """The usual guard asks that things be tagged; the caller tags them."""
    main = account()
    worker(main, "ec2")
    guard = {
        "Effect": "Deny",
        "Action": "ec2:RunInstances",
        "Resource": "arn:aws:ec2:*:*:instance/*",
        "Condition": {"Null": {"aws:RequestTag/owner": "true"}},
    }
    dana = caller(
        main,
        Policy.allow(["iam:PassRole", "ec2:RunInstances"], "*"),
        Policy.parse({"Version": "2012-10-17", "Statement": guard}),
    )

    assert not edges(dana, 35)

    dana.put_policy(
        "more", Policy.allow("ec2:CreateTags", "*", when={"ec2:CreateAction": "RunInstances"})
    )
    [edge] = edges(dana, 35)

    assert "ec2:CreateTags" in edge.permissions
    assert proved(dana, [edge])


def test_what_may_be_there_may_have_a_tag() -> None:
    """Of things that the world does not know, it is a condition that they are so tagged."""
    main = account()
    worker(main, "codebuild")
    dana = caller(
        main, Policy.allow("codebuild:StartBuild", "*", when={"aws:ResourceTag/team": "sky"})
    )
    [edge] = edges(dana, 70)

    assert edge.conditions[0] == "a project works with the role codebuild-worker"
    assert edge.conditions[1].endswith(":project/example is tagged team=sky")
    assert proved(dana, [edge])


# A law -------------------------------------------------------------------------------------------

PATTERNS = ("dev-*", "*", "reach", "*-x", "a?b", "dev-*-*")


@st.composite
def _asked(draw: st.DrawFn) -> tuple[int, ServicePlan, list[dict[str, Any]]]:
    """Draw a row, and statements about its actions on things of some names."""
    in_world = (37, 38, 44, 61, 62, 66, 67, 68)
    plans = {number: some for number, some in PLANS.items() if number not in in_world}
    number = draw(st.sampled_from(sorted(plans)))
    chosen = draw(st.sampled_from(plans[number]))
    statements = []
    for _ in range(draw(st.integers(1, 3))):
        effect = draw(st.sampled_from(("Allow", "Allow", "Allow", "Deny")))
        actions = draw(st.lists(st.sampled_from(chosen.actions), min_size=1, unique=True))
        if effect == "Allow" and draw(st.booleans()):
            actions = list(chosen.actions)
        statement: dict[str, Any] = {"Effect": effect, "Action": actions}
        statement["Resource"] = draw(st.sampled_from(("*", *_resources(chosen))))
        if draw(st.integers(0, 4)) == 0:
            key, value = draw(
                st.sampled_from(
                    (
                        ("aws:RequestedRegion", "eu-west-1"),
                        ("aws:RequestTag/team", "sky"),
                        ("iam:PassedToService", f"{chosen.service}.amazonaws.com"),
                        ("iam:AssociatedResourceArn", "arn:aws:*:*:*:*dev-*"),
                    )
                )
            )
            operator = draw(st.sampled_from(("StringLike", "StringNotLike", "StringLikeIfExists")))
            statement["Condition"] = {operator: {key: value}}
        statements.append(statement)
    return number, chosen, statements


def _resources(chosen: ServicePlan) -> list[str]:
    """Write patterns for the things of a plan."""
    found = [f"arn:aws:iam::{MAIN}:role/*"]
    for thing in chosen.resources.values():
        usual = form_of(thing.kind, HERE, is_new=thing.is_new).usual
        *start, name = usual.split(":", 5)
        found += [
            ":".join((*start, name.replace(NEW, pattern))) for pattern in PATTERNS if NEW in name
        ]
        found.append(usual.replace("us-east-1", "*"))
    return found


@settings(max_examples=tries(100))
@given(_asked())
def test_every_edge_is_proved_and_every_plain_way_is_an_edge(
    request: tuple[int, ServicePlan, list[dict[str, Any]]],
) -> None:
    """All decisions of an edge are yes; and if the usual names are allowed, there is an edge."""
    number, chosen, statements = request
    main = account()
    role = role_for(main, chosen)
    document = {"Version": "2012-10-17", "Statement": statements}
    dana = caller(main, Policy.parse(document))
    found = edges(dana, number)

    assert proved(dana, found)

    # Others carry the plan out with the usual names: is the caller allowed all that?
    eve = main.create_user("eve")
    eve.put_policy("own", Policy.allow([*chosen.actions], "*"))
    usual = [edge for edge in edges(eve, number) if set(edge.permissions) == {*chosen.actions}]
    works = any(edge.target.arn == role.arn and proved(dana, [edge]) for edge in usual)

    assert found or not works


def test_a_plan_is_read_from_its_calls() -> None:
    """Each state of a resource says what it is meant to say."""
    register = {
        "action": "ecs:RegisterTaskDefinition",
        "passes_role": True,
        "resources": {"task-definition": "new"},
    }
    run = {
        "action": "ecs:RunTask",
        "resources": {
            "task-definition": "existing",
            "task": "new, unchecked",
            "cluster": "existing, unchecked",
        },
        "keys": {"ecs:cluster": "{cluster}"},
    }
    plan = {"service": "ecs-tasks", "main": "task", "calls": [register, run]}
    read = ServicePlan.read(plan)

    assert read.actions == ("iam:PassRole", "ecs:RegisterTaskDefinition", "ecs:RunTask")
    assert [step.passes for step in read.steps] == [True, False]
    assert [step.checked for step in read.steps] == [("task-definition",), ("task-definition",)]
    assert {name: item.is_new for name, item in read.resources.items()} == {
        "task-definition": True,
        "task": True,
        "cluster": False,
    }
    assert (read.main, read.gets) == ("task", "task-definition")
    assert glob_resource("arn:aws:ecs:*:*:cluster/*", form_of("ecs:cluster", HERE, is_new=False)[0])
