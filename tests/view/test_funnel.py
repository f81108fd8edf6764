"""The funnel: its numbers are those of the catalogue, counted here in another way."""

import json
import re

import pytest

from iamlab import Policy
from iamlab.errors import RequestError
from iamlab.policy import catalog
from iamlab.policy.arn import Arn
from iamlab.policy.patterns import glob, glob_ignoring_case
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.policy.funnel import funnel
from iamlab.view.style import LOOKS
from tests.effort import slow
from tests.view.disfigure import UGLY
from tests.view.looking import faults

MAPS = "arn:aws:s3:::star-maps"
ALL = {action.full_name: action for action in catalog.all_actions()}


def numbers(figure):
    """Return the number of each step."""
    return [row["actions"] for row in figure.rows]


def written(**elements):
    """Write a policy of one Allow."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", **elements}
    statement = {name: value for name, value in statement.items() if value is not None}
    return Policy.parse({"Version": "2012-10-17", "Statement": [statement]})


def bars(figure):
    """Return the widths of the bars, from top to bottom."""
    return [box.width for box in figure.sheet.record.boxes]


@pytest.mark.parametrize(
    "patterns", [["s3:*Object*"], ["s3:Get*", "SQS:send*"], ["*"], ["iam:PassRole"], ["s3:Frob"]]
)
def test_the_second_number_counts_what_the_patterns_match(patterns):
    """Each action of the catalogue is compared with each pattern, without regard to case."""
    figure = funnel(Policy.allow(patterns))
    matched = [
        name
        for name in ALL
        if any(pattern == "*" or glob_ignoring_case(pattern, name) for pattern in patterns)
    ]

    assert numbers(figure) == [len(ALL), len(matched), len(matched)]


@pytest.mark.parametrize(
    ("resource", "kinds"),
    [(f"{MAPS}/*", {"object"}), (MAPS, {"bucket"}), ("arn:aws:s3:::*", {"object", "bucket"})],
)
def test_the_third_number_counts_what_can_act_on_the_resource(resource, kinds):
    """It uses the resource types that AWS documents for each action."""
    actions = [
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "s3:DeleteBucket",
    ]
    figure = funnel(Policy.allow(actions, resource))
    able = [name for name in actions if kinds & {use.name for use in ALL[name].resource_types}]

    assert numbers(figure)[1:] == [len(actions), len(able)]
    assert all(name in figure.lines[-2] + figure.lines[-1] for name in able)


def test_what_cannot_act_is_named():
    """s3:ListBucket on objects matches, and has no effect."""
    figure = funnel(Policy.allow(["s3:GetObject", "s3:ListBucket"], f"{MAPS}/*"))

    assert numbers(figure)[1:] == [2, 1]
    assert figure.lines[-1].strip() == "but not s3:ListBucket"


def test_not_action_lets_in_all_that_it_does_not_name():
    """Nearly all actions; the picture shows the number."""
    figure = funnel(written(Action=None, NotAction=["iam:*", "organizations:*"]))
    spared = [name for name in ALL if name.startswith(("iam:", "organizations:"))]

    assert numbers(figure)[1:] == [len(ALL) - len(spared)] * 2
    assert f"{len(ALL) - len(spared):,} are let in by NotAction: all but iam:*" in figure.as_text()
    assert f"action {len(ALL) - len(spared):,}" in figure.alt
    assert "but not " in figure.lines[4]


@pytest.mark.parametrize(
    ("not_resource", "left"), [([f"{MAPS}/*"], 2), (["*"], 0)], ids=["some", "all"]
)
def test_not_resource_leaves_something_unless_it_names_all(not_resource, left):
    """There is always another resource, except with a star."""
    policy = written(Action=["s3:GetObject", "s3:ListBucket"], Resource=None,
                     NotResource=not_resource)  # fmt: skip

    assert numbers(funnel(policy))[1:] == [2, left]


@pytest.mark.parametrize(
    ("resources", "left"),
    [
        ([f"{MAPS}/m31.fits"], ["s3:GetObject"]),
        ([MAPS], []),
        ([MAPS, f"{MAPS}/m31.fits"], ["s3:GetObject"]),
        (["arn:aws:s3:::other/m31.fits"], []),
        (f"{MAPS}/m31.fits", ["s3:GetObject"]),
    ],
)
def test_the_last_step_is_about_the_resources_of_the_call(resources, left):
    """The statement must name the resource, and the action must work on it."""
    policy = Policy.allow(["s3:GetObject", "s3:ListBucket"], f"{MAPS}/*")
    figure = funnel(policy, resources)

    assert numbers(figure)[3:] == [len(left)]
    assert figure.rows[-1]["step"] == "asked for"


@pytest.mark.parametrize(("resources", "left"), [(MAPS, 1), (f"{MAPS}/m31.fits", 1)])
def test_the_resource_must_be_of_a_type_that_the_action_works_on(resources, left):
    """A pattern that matches bucket and objects does not make ListBucket work on objects."""
    policy = Policy.allow(["s3:GetObject", "s3:ListBucket"], f"{MAPS}*")

    assert numbers(funnel(policy, resources))[1:] == [2, 2, left]


def test_a_statement_with_not_resource_is_about_what_it_does_not_name():
    """With a resource that it excludes, and with another one."""
    policy = written(Action="s3:GetObject", Resource=None, NotResource=f"{MAPS}/secret/*")

    assert numbers(funnel(policy, f"{MAPS}/secret/1"))[-1] == 0
    assert numbers(funnel(policy, f"{MAPS}/m31.fits"))[-1] == 1


def test_statements_count_together_but_not_across():
    """An action of one statement with a resource of another isn't counted."""
    policy = Policy.allow("s3:ListBucket", f"{MAPS}/*") + Policy.allow("s3:GetObject", MAPS)

    assert numbers(funnel(policy))[1:] == [2, 0]
    assert numbers(funnel(policy.statements[0]))[1:] == [1, 0]


def test_denies_are_only_in_the_caption_if_there_are_allows():
    """Policies that only deny show the Deny, with its symbol and word."""
    both = funnel(Policy.allow("s3:GetObject") + Policy.deny("s3:*"))
    alone = funnel(Policy.deny("s3:GetObject"))

    assert numbers(both)[1] == numbers(alone)[1] == 1
    assert "1 Deny statement may deny some of them" in both.caption
    assert both.alt.endswith("✓ Allow s3:GetObject.")
    assert alone.alt.endswith("✕ Deny s3:GetObject.")
    for figure, effect in ((both, "✓ Allow 1"), (alone, "✕ Deny 1")):
        assert effect in [text.get_text() for text in figure.drawing.axes[0].texts]


def test_the_catalogue_can_be_that_of_some_services():
    """The services that a company uses."""
    figure = funnel(Policy.allow("*"), services=["sqs", "S3"])
    own = [name for name in ALL if name.startswith(("sqs:", "s3:"))]

    assert numbers(figure) == [len(own)] * 3
    assert figure.rows[0]["services"] == 2
    assert numbers(funnel(Policy.allow("*"), services="sqs"))[0] < len(own)


def test_bars_narrow_with_the_numbers_and_an_empty_one_is_dashed():
    """The width is logarithmic: a factor of ten always makes the same difference."""
    figure = funnel(Policy.allow("s3:*Object*", f"{MAPS}/*"))
    none = funnel(Policy.allow("s3:Frob", f"{MAPS}/*"))
    first, second, third = bars(figure)

    assert first > second > third
    assert [box.dashed for box in none.sheet.record.boxes] == [False, True, True]
    assert [box.dashed for box in figure.sheet.record.boxes] == [False] * 3
    assert figure.sheet.record.boxes[-1].area == LOOKS["allowed"].area
    assert "logarithmic" in figure.caption


def test_the_list_has_every_number_with_its_commas():
    """As in ``1,234``."""
    figure = funnel(Policy.allow("s3:Get*"))

    assert figure.lines[0].startswith(f"catalogue: {len(ALL):,} actions in ")
    assert re.match(r"action: \d+ match Action s3:Get\*", figure.lines[2])


@slow
@pytest.mark.parametrize(
    "policy",
    [
        Policy.allow("s3:GetObject", [f"arn:aws:s3:::{name}/*" for name in UGLY]),
        Policy.allow([f"s3:{'Long' * number}*" for number in range(1, 60)]),
        Policy.allow("*", [f"arn:aws:s3:::b{number}/*" for number in range(5)]),
        Policy.allow("s3:GetObject", "arn:aws:s3:::home/${aws:username}/{}/%s"),
        Policy.allow("s3:GetObject", None),
        Policy.deny("s3:*"),
        written(Action=[]),
        written(Action=None, NotAction=[]),
        Policy.allow(["s3", "*:*", "", "x:y:z"]),
    ],
    ids=range(9),
)
def test_no_policy_breaks_the_picture(policy):
    """Strange names, long lists, braces, no Resource, and policies that IAM rejects."""
    figure = funnel(policy, ["arn:aws:s3:::b1/x", *(f"{MAPS}/{name}" for name in UGLY[:3])])

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE
    assert all("\n" not in line for line in figure.lines)
    json.dumps([dict(row) for row in figure.rows])


def test_the_same_policy_gives_the_same_bytes():
    """The order of a set of resources makes no difference."""
    policy = Policy.allow("s3:*", f"{MAPS}/*")
    first, two = funnel(policy, {MAPS, f"{MAPS}/a"}), funnel(policy, {f"{MAPS}/a", MAPS})

    assert first.svg() == two.svg()
    assert (first.alt, first.lines, first.rows) == (two.alt, two.lines, two.rows)


@pytest.mark.parametrize(
    ("policy", "more", "message"),
    [
        ({"Statement": []}, {}, "make one with Policy"),
        (None, {}, "make one with Policy"),
        (Policy.parse({"Statement": []}), {}, "no statement"),
        (Policy.allow("*"), {"resources": [7]}, "must be text"),
        (Policy.allow("*"), {"resources": 7}, "must be text"),
        (Policy.allow("*"), {"resources": "not an arn"}, "must be an ARN, not 'not an arn'"),
        (Policy.allow("*"), {"resources": [MAPS, ""]}, "must be an ARN"),
        (Policy.allow("*"), {"resources": "star-maps/*"}, "must be an ARN"),
        (Policy.allow("*"), {"resources": "arn:aws:s3"}, "must be an ARN"),
        (Policy.allow("*"), {"services": ["s4"]}, "There is no service 's4'"),
        (Policy.allow("*"), {"services": [None]}, "must be text"),
        (Policy.allow("*"), {"services": []}, "at least one service"),
    ],
)
def test_what_cannot_be_drawn_is_refused(policy, more, message):
    """The error has the reason."""
    with pytest.raises(RequestError, match=message):
        funnel(policy, **more)


def test_a_misspelt_service_gets_a_hint():
    """The error suggests the nearest name."""
    with pytest.raises(RequestError) as caught:
        funnel(Policy.allow("*"), services="dynamodbb")

    assert "dynamodb" in caught.value.__notes__[0]


def test_the_forms_of_arns_are_aws_own():
    """An object has the form that AWS documents: a bucket and a name."""
    form = Arn.parse(catalog.resource_types_of("s3")["object"].pattern).resource

    assert glob(form, "star-maps/m31.fits")
    assert not glob(form, "star-maps")


@pytest.mark.parametrize("resource", ["*", f"{MAPS}/*", f"{MAPS}/m??.fits", "arn:aws:s3*", "arn:*"])
def test_the_resource_can_have_wildcards(resource):
    """The whole resource, or a part of it."""
    assert funnel(Policy.allow("s3:*"), resource).rows[-1]["why"] == f"can act on {resource}"


@pytest.mark.parametrize(
    "pattern", ["*", "s3:*", "s3:*Object*", "iam:PassRole", sorted(ALL, key=len)[-3:]], ids=str
)
def test_the_alternative_text_names_only_actions_that_exist(pattern):
    """Names are never shortened; the others are counted."""
    figure = funnel(Policy.allow(pattern))
    text = figure.alt.rpartition("Allow ")[2].removesuffix(".")
    names, _, more = text.partition(" and ")

    assert "…" not in text
    assert set(names.split(", ")) <= set(ALL)
    assert (
        int(more.partition(" ")[0].replace(",", "") or 0) + len(names.split(", "))
        == (figure.rows[-1]["actions"])
    )


def test_the_largest_services_are_called_no_more_than_that():
    """The four largest services don't have most of the actions."""
    assert funnel(Policy.allow("*")).lines[1].startswith("  the largest: ec2 (")


def test_the_alternative_text_has_the_number_of_each_step():
    """And the names of the actions that are left."""
    figure = funnel(Policy.allow(["s3:GetObject", "s3:ListBucket"], f"{MAPS}/*"), f"{MAPS}/a")

    assert "by step: action 2, resource 1, asked for 1. ✓ Allow s3:GetObject." in figure.alt
