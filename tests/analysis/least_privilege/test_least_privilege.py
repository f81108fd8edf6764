"""Least privilege: the policy allows what was used, and as little else as the steps say."""

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request, World, evaluate
from iamlab.analysis.least_privilege import least_privilege as least
from iamlab.analysis.least_privilege.least_privilege import LeastPrivilege, least_privilege
from iamlab.analysis.least_privilege.policy_sizes import WrittenPolicies
from iamlab.analysis.trails.uses import Use
from iamlab.errors import IamLabError, LimitExceeded, RequestError
from iamlab.model.event import Event
from iamlab.policy import catalog
from iamlab.policy.validate.document_defects import size
from tests.effort import slow, tries

ACCOUNT = "111122223333"
ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"
BOB = f"arn:aws:iam::{ACCOUNT}:user/bob"
JOB = f"arn:aws:iam::{ACCOUNT}:role/job"
MAPS = "arn:aws:s3:::star-maps"
NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def use(action: str, resource: str = "*", caller: str = ANA, **more: Any) -> Use:
    """Record that somebody used something."""
    attributes = {"session": caller, "account_id": ACCOUNT, "time": NOON, "is_allowed": True}
    return Use(action, resource, caller, **{**attributes, "region": "us-east-1", **more})


def small_world() -> World:
    """Make an account with a user who may use S3."""
    world = World(seed=7)
    account = world.create_account("main", account_id=ACCOUNT)
    account.create_user("ana").attach_policy("AmazonS3FullAccess")
    return world


def made(*uses: Use, **how: Any) -> LeastPrivilege:
    """Write the policy for some uses of ana."""
    return least_privilege(small_world(), ANA, uses, **how)


def statements(found: LeastPrivilege) -> dict[str, tuple[Any, Any]]:
    """Return actions and resources by Sid."""
    return {
        statement["Sid"]: (statement["Action"], statement["Resource"])
        for document in found.to_dict()
        for statement in document["Statement"]
    }


def allows(found: LeastPrivilege, action: str, resource: str) -> bool:
    """Ask whether the policies alone let ana do something."""
    request = Request(ANA, action, resource, ACCOUNT)
    return bool(evaluate(request, Layers(identity=found.policies)))


WRITTEN = [
    # uses, what is written
    ([use("s3:GetObject", f"{MAPS}/a")], {"ReadStarMaps": ("s3:GetObject", f"{MAPS}/a")}),
    (
        [use("s3:GetObject", f"{MAPS}/a"), use("s3:GetObjectTagging", f"{MAPS}/a")],
        {"ReadStarMaps": (["s3:GetObject", "s3:GetObjectTagging"], f"{MAPS}/a")},
    ),
    (
        [use("s3:GetObject", f"{MAPS}/a"), use("s3:PutObject", f"{MAPS}/a")],
        {"ReadWriteStarMaps": (["s3:GetObject", "s3:PutObject"], f"{MAPS}/a")},
    ),
    (
        [use("s3:GetObject", f"{MAPS}/a"), use("s3:PutObject", f"{MAPS}/b")],
        {
            "ReadStarMaps": ("s3:GetObject", f"{MAPS}/a"),
            "WriteStarMaps": ("s3:PutObject", f"{MAPS}/b"),
        },
    ),
    (
        [use("s3:GetObject", "arn:aws:s3:::a/k"), use("s3:GetObject", "arn:aws:s3:::b/k")],
        {"ReadObjects": ("s3:GetObject", ["arn:aws:s3:::a/k", "arn:aws:s3:::b/k"])},
    ),
    (
        [use("s3:ListBucket", MAPS), use("s3:GetObject", f"{MAPS}/a")],
        {
            "ListStarMaps": ("s3:ListBucket", MAPS),
            "ReadStarMaps": ("s3:GetObject", f"{MAPS}/a"),
        },
    ),
    (
        [use("s3:ListBucket", MAPS), use("s3:GetBucketAcl", MAPS)],
        {"ReadStarMaps": (["s3:GetBucketAcl", "s3:ListBucket"], MAPS)},
    ),
    (
        [use("ec2:DescribeInstances"), use("ec2:DescribeVpcs"), use("s3:ListAllMyBuckets")],
        {
            "ListEc2": (["ec2:DescribeInstances", "ec2:DescribeVpcs"], "*"),
            "ListS3": ("s3:ListAllMyBuckets", "*"),
        },
    ),
    (
        [use("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/svc/job")],
        {"ReadJob": ("iam:GetRole", f"arn:aws:iam::{ACCOUNT}:role/svc/job")},
    ),
    ([use("sts:AssumeRole", JOB)], {"AssumeJob": ("sts:AssumeRole", JOB)}),
    (
        [use("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/12345678-1234")],
        {"WriteKeys": ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/12345678-1234")},
    ),
    ([use("iam:PutRolePolicy", JOB)], {"ManageJob": ("iam:PutRolePolicy", JOB)}),
    ([use("zoo:Feed", "arn:aws:zoo:::lion")], {"UseLion": ("zoo:Feed", "arn:aws:zoo:::lion")}),
]


@pytest.mark.parametrize(("uses", "wanted"), WRITTEN, ids=lambda item: str(item)[:30])
def test_a_policy_is_written_as_a_person_would(uses: list[Use], wanted: dict[str, Any]) -> None:
    """By service, with what actions have in common, under a Sid that says what it lets do."""
    found = made(*uses)

    assert statements(found) == wanted
    assert found.policy.to_dict()["Version"] == "2012-10-17"
    assert found.excess == ()
    assert found.left_out == ()
    assert "other account" not in {gap.kind for gap in found.not_shown}


def test_two_statements_never_have_one_sid() -> None:
    """A number tells them apart."""
    found = made(use("s3:GetObject", f"{MAPS}/a"), use("s3:GetObjectAcl", f"{MAPS}/b"))

    assert list(statements(found)) == ["ReadStarMaps", "ReadStarMaps2"]


def test_an_action_that_takes_no_resource_gets_a_star() -> None:
    """Whatever the record names beside it; and that isn't an excess."""
    found = made(use("ec2:DescribeInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"))

    assert statements(found) == {"ListEc2": ("ec2:DescribeInstances", "*")}
    assert found.steps == found.excess == ()


def test_an_unknown_resource_is_said_and_is_excess() -> None:
    """A record that does not say on what leaves nothing but the star."""
    found = made(use("dynamodb:GetItem"), use("dynamodb:GetItem", "arn:aws:dynamodb:::table/t"))

    assert statements(found) == {"ReadDynamodb": ("dynamodb:GetItem", "*")}
    assert [str(step) for step in found.steps] == [
        "dynamodb:GetItem: the records do not say on what -> *"
    ]
    assert [item.statement for item in found.excess] == ["least-privilege/ReadDynamodb"]


def test_many_objects_become_their_prefix_and_the_step_says_so() -> None:
    """31 are more than 10; ten stay as they are."""
    many = [use("s3:GetObject", f"{MAPS}/m/{number}") for number in range(31)]

    found, few = made(*many), made(*many[:10])

    assert statements(found) == {"ReadStarMaps": ("s3:GetObject", f"{MAPS}/m/*")}
    assert [str(step) for step in found.steps] == ["31 objects in star-maps/m/ -> star-maps/m/*"]
    assert [str(item) for item in found.excess] == [
        "least-privilege/ReadStarMaps: all objects that star-maps/m/* matches, beside the 31 used"
    ]
    assert few.steps == few.excess == ()
    assert made(*many, most_resources=31).steps == ()


def test_what_is_allowed_by_putting_together_is_counted_as_excess() -> None:
    """Two actions that share a prefix were not both used on each object."""
    many = [use("s3:GetObject", f"{MAPS}/m/{number}") for number in range(11)]
    other = [use("s3:PutObject", f"{MAPS}/m/{number}") for number in range(5, 16)]

    found = made(*many, *other)

    assert len(found.policy.statements) == 1
    assert found.excess[-1].text == "10 of its pairs of action and resource were not used"


def test_what_was_refused_is_not_granted_but_told() -> None:
    """Unless it was allowed another time."""
    found = made(
        use("iam:CreateUser", BOB, is_allowed=False),
        use("iam:CreateUser", BOB, is_allowed=False),
        use("s3:GetObject", f"{MAPS}/a", is_allowed=False),
        use("s3:GetObject", f"{MAPS}/a"),
    )

    assert list(found.used) == [("s3:GetObject", f"{MAPS}/a")]
    assert list(found.refused) == [("iam:CreateUser", BOB)]
    assert not allows(found, "iam:CreateUser", BOB)
    assert f"Attempted, refused:\n- iam:CreateUser on {BOB}, 2 times" in str(found)


def test_nobody_else_counts() -> None:
    """Neither another user nor a namesake in another account or of another kind."""
    others = [
        use("s3:GetObject", f"{MAPS}/a", caller)
        for caller in (BOB, ANA.replace(ACCOUNT, "4" * 12), ANA.replace("user", "role"), "", "x")
    ]

    assert made(*others).policies == ()


def test_a_role_is_known_with_and_without_its_path() -> None:
    """A session does not show the path of its role."""
    role = f"arn:aws:iam::{ACCOUNT}:role/service-role/job"
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/job/night"
    world = small_world()
    uses = [use("s3:GetObject", f"{MAPS}/{name}", name) for name in (role, JOB)]

    for caller in (role, session, JOB):
        assert len(least_privilege(world, caller, uses).used) == 2
    assert least_privilege(world, session, uses).principal == JOB


def test_nothing_used_is_an_honest_empty_answer() -> None:
    """No policy, and it is said that nothing is known."""
    found = least_privilege(small_world(), ANA, [])

    assert (found.policies, found.period, found.to_dict()) == ((), None, [])
    assert found.not_shown[0].kind == "period"
    assert "used nothing" in str(found)
    with pytest.raises(RequestError, match="nothing was used"):
        _ = found.policy


def test_whoever_is_gone_can_still_be_asked_for() -> None:
    """The events tell; only what his policies allow now is not known."""
    found = least_privilege(World(seed=7), ANA, [use("s3:GetObject", f"{MAPS}/a")])

    assert allows(found, "s3:GetObject", f"{MAPS}/a")
    assert found.compared is None
    assert made(use("s3:GetObject", f"{MAPS}/a")).compared is not None


def test_what_goes_away_is_compared() -> None:
    """Against the policies of now, in actions of the catalogue."""
    found = made(use("s3:GetObject", f"{MAPS}/a"), use("iam:ListUsers"))

    assert found.compared is not None
    now = {name for pattern in ("s3:*", "s3-object-lambda:*") for name in catalog.expand(pattern)}
    assert (found.compared.before, found.compared.after) == (len(now), 2)
    services = dict(found.compared.gone)
    assert services["s3"] == len(catalog.expand("s3:*")) - 1
    assert found.compared.added == ("iam:ListUsers",)


def test_a_root_user_has_no_least_privilege() -> None:
    """He may do everything: it is said so, and no policy is made that would not limit him."""
    root = f"arn:aws:iam::{ACCOUNT}:root"
    world = small_world()

    for caller in (root, world.account("main").root):
        with pytest.raises(RequestError, match="may do everything, and no policy of its own"):
            least_privilege(world, caller, [use("s3:GetObject", f"{MAPS}/a", root)])


HOSTILE = (
    *("we*ird", "qu?estion", "${aws:username}", "$${x}", "$", "${", "}", "${*}", "a${$}{b}"),
    *("北/斗", "é", 'quote"\\', "line\nbreak", "tab\t", "\x01", "\x7f", " ", "a:b:c", "/", "//x"),
    *("*", "?", "k" * 1024),
)


@pytest.mark.parametrize("key", HOSTILE)
def test_signs_in_names_are_taken_literally(key: str) -> None:
    """A star in a key is a star; only letters that no policy holds are left to a wildcard."""
    resource = f"{MAPS}/m/{key}"
    found = made(use("s3:GetObject", resource))

    assert allows(found, "s3:GetObject", resource)
    plain = all(sign in "\t\n\r" or " " <= sign <= "\xff" for sign in key)
    assert (found.steps == ()) == plain
    if plain:
        assert not allows(found, "s3:GetObject", f"{resource}x")
        for sign in "*?":
            if sign in key:
                assert not allows(found, "s3:GetObject", f"{MAPS}/m/{key.replace(sign, 'y', 1)}")


def test_a_variable_in_a_name_is_not_a_variable() -> None:
    """An object called ${aws:username} is not the one called ana."""
    found = made(use("s3:GetObject", f"{MAPS}/${{aws:username}}"))
    request = Request(ANA, "s3:GetObject", f"{MAPS}/ana", ACCOUNT, {"aws:username": "ana"})

    assert not evaluate(request, Layers(identity=found.policies))


ODD_RESOURCES = (
    *("just text", "arn:aws:s3", "arn:aws:s3:*::x", "arn:aws:s3:${x}::x", "arn:a?s:s3:::x", "arn:"),
    *("arn:aws:iam::111122223333:u*", "arn:aws:iam:us-east-1:1:user/x", "arn:nowhere:s3:::x"),
)


@pytest.mark.parametrize("resource", ODD_RESOURCES)
def test_a_resource_that_no_policy_can_name_gets_a_star_or_is_left_out(resource: str) -> None:
    """It is said either way, and the policy is one that IAM saves."""
    found = made(use("s3:GetObject", resource), use("s3:GetObject", f"{MAPS}/a"))

    for policy in found.policies:
        policy.validate("identity")
    if ("s3:GetObject", resource) in found.used:
        assert found.steps
        assert [item.resource for item in found.excess] == ["*"]
        assert found.policy.statements[0].resource == ("*",)
    else:
        assert found.left_out == (("s3:GetObject", resource),)


ODD_PAIRS = (
    *(("s3:Get Object", "*"), ("s3GetObject", "*"), ("", "*"), ("s3:Get*", "*"), ("s3:x:y", "*")),
    *(("s3:GetObject", "\ud800"), ("s3:GetObject", ""), ("s3:GetObject", "x" * 70_000)),
    ("s3:GetObject", "arn:aws-cn:s3:::x/y"),
)


@pytest.mark.parametrize(("action", "resource"), ODD_PAIRS, ids=str)
def test_what_no_policy_can_give_is_left_out_and_told(action: str, resource: str) -> None:
    """Never an exception, and never a hole in the answer."""
    found = made(use(action, resource), use("s3:GetObject", f"{MAPS}/a"))

    assert statements(found) == {"ReadStarMaps": ("s3:GetObject", f"{MAPS}/a")}
    assert found.left_out == ((action, resource),)
    assert "Left out" in str(found)
    str(found).encode()


def test_a_long_list_is_cut_short_for_people() -> None:
    """The value has all of it."""
    found = made(*(use("iam:GetUser", f"{BOB}{number}", is_allowed=False) for number in range(25)))

    assert len(found.refused) == 25
    assert "- and 5 more" in str(found)


def test_a_name_cannot_write_lines_of_its_own_into_the_report() -> None:
    """Whoever named the object would otherwise speak to whoever reads."""
    found = made(use("s3:PutObject", f"{MAPS}/x\n- all is well", is_allowed=False))

    assert "\n- all is well" not in str(found)


@slow
def test_thirty_thousand_objects_become_one_pattern() -> None:
    """In a second."""
    many = (use("s3:GetObject", f"{MAPS}/m/{n % 99}/{n}") for n in range(30_000))

    found = least_privilege(small_world(), ANA, many)

    assert statements(found) == {"ReadStarMaps": ("s3:GetObject", f"{MAPS}/m/*")}
    assert found.steps[0].before == 30_000


def test_what_is_too_large_is_generalised_first() -> None:
    """Sixty objects of 200 letters do not fit as they are, though each may stay by itself."""
    many = [use("s3:GetObject", f"{MAPS}/{n:02}-{'x' * 200}") for n in range(60)]

    found = made(*many, most_resources=100)

    assert statements(found) == {"ReadStarMaps": ("s3:GetObject", f"{MAPS}/*")}
    assert size(found.policy) <= 6144


def test_no_more_is_generalised_than_must_be() -> None:
    """A bucket with few objects keeps them, if the one with many is what is too large."""
    many = [use("s3:GetObject", f"{MAPS}/{n:02}-{'x' * 250}") for n in range(30)]
    few = [use("s3:GetObject", f"arn:aws:s3:::few/{n}") for n in range(3)]

    found = made(*many, *few, most_resources=100)

    assert found.policy.statements[0].resource == (
        *(f"arn:aws:s3:::few/{n}" for n in range(3)),
        f"{MAPS}/*",
    )


def test_at_last_a_type_stands_for_things_that_share_no_name() -> None:
    """Sixty tables with long names; forty are left as they are."""
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/"
    tables = [use("dynamodb:GetItem", f"{arn}t{n:02}{'x' * 80}") for n in range(60)]

    assert statements(made(*tables)) == {"ReadTables": ("dynamodb:GetItem", f"{arn}*")}
    assert made(*tables[:40]).steps == ()


def many_things(count: int, length: int = 60) -> list[Use]:
    """Use many actions, each on a thing of its own that shares no name with others."""
    names = [action.full_name for action in catalog.actions_of("ec2").values()]
    typed = [name for name in names if catalog.action(name).resource_types]  # type: ignore[union-attr]
    arn = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
    return [
        use(name, f"{arn}:thing{number}/{'x' * length}")
        for number, name in enumerate(typed[:count])
    ]


def test_what_is_still_too_large_is_split() -> None:
    """Each policy is small enough; together they allow all, with Sids that are unique in each."""
    uses = many_things(150)

    found = made(*uses)

    assert 2 <= len(found.policies) <= 10
    assert [policy.name for policy in found.policies][:2] == [
        "least-privilege-1",
        "least-privilege-2",
    ]
    for policy in found.policies:
        assert size(policy) <= 6144
        policy.validate("identity")
    assert all(allows(found, use.action, use.resource) for use in uses)
    with pytest.raises(RequestError, match="there are several"):
        _ = found.policy


def test_what_does_not_fit_at_all_is_refused_with_the_reason() -> None:
    """By AWS's words for the quota, and a way out."""
    with pytest.raises(LimitExceeded, match="Cannot exceed quota for PolicySize: 6144") as caught:
        made(*many_things(300, 200))

    assert "several roles" in caught.value.__notes__[0]


def test_as_many_policies_as_the_account_allows() -> None:
    """Its quota may have been raised."""
    uses = many_things(250, 120)
    world = small_world()
    with pytest.raises(LimitExceeded):
        least_privilege(world, ANA, uses)

    world.account("main").raise_quota("PoliciesPerUser", 20)

    assert 10 < len(least_privilege(world, ANA, uses).policies) <= 20


@pytest.mark.parametrize(("caller", "limit"), [(ANA, 2048), (JOB, 10_240)])
def test_an_inline_policy_is_one_that_fits(caller: str, limit: int) -> None:
    """2,048 characters for a user, 10,240 for a role."""
    world = small_world()

    def inline(count: int) -> LeastPrivilege:
        uses = [
            use(many_thing.action, many_thing.resource, caller) for many_thing in many_things(count)
        ]
        return least_privilege(world, caller, uses, form="inline")

    assert size(inline(8).policy) <= 2048
    assert size(inline(30 if limit > 5000 else 8).policy) <= limit
    with pytest.raises(LimitExceeded, match=str(limit)):
        inline(30 if limit < 5000 else 100)


def test_a_resource_that_fills_a_policy_alone_is_refused() -> None:
    """Two thousand stars, each written as four signs."""
    with pytest.raises(LimitExceeded):
        made(use("s3:GetObject", f"{MAPS}/{'*' * 2000}"))


def test_a_single_statement_that_is_too_large_is_cut() -> None:
    """Three hundred actions on everything, in as few policies as hold them."""
    names = [action.full_name for action in catalog.all_actions() if not action.resource_types]
    ec2 = [name for name in names if name.startswith("ec2:")]
    assert sum(map(len, ec2)) > 6144

    found = made(*map(use, ec2))

    assert 2 <= len(found.policies) <= 4
    assert {pair[0] for pair in found.used} == set(ec2)


def test_a_resource_of_another_account_needs_the_other_side_too() -> None:
    """It is written, and said."""
    table = "arn:aws:dynamodb:us-east-1:444455556666:table/t"
    found = made(use("dynamodb:GetItem", table))

    assert allows(found, "dynamodb:GetItem", table)
    [text] = [gap.text for gap in found.not_shown if gap.kind == "other account"]
    assert "444455556666" in text


def run_instances(**parameters: Any) -> Event:
    """Record a call that hands a role to a service."""
    return Event(
        NOON,
        "lambda.amazonaws.com",
        "CreateFunction20150331",
        "us-east-1",
        {"type": "IAMUser", "arn": ANA, "accountId": ACCOUNT, "userName": "ana"},
        read_only=False,
        recipient_account_id=ACCOUNT,
        event_id="event-1",
        request_parameters={"functionName": "f", **parameters},
    )


def test_passing_a_role_is_suggested_and_not_slipped_in() -> None:
    """It is never logged; what the parameters prove is written when it is asked for."""
    events = [run_instances(role=JOB)]

    silent = least_privilege(small_world(), ANA, events)
    attributes = least_privilege(small_world(), ANA, events, pass_role=True)

    assert [role_pass.role for role_pass in silent.pass_role] == [JOB]
    assert "pass role" in {gap.kind for gap in silent.not_shown}
    assert all("iam:PassRole" not in statement.action for statement in silent.policy.statements)
    statement = attributes.to_dict()[0]["Statement"][-1]
    assert statement == {
        "Sid": "PassJob",
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": JOB,
        "Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
    }


@pytest.mark.parametrize("role", [None, 7, [], {}, "", "bad name", ["x"], "arn:aws:s3:::x", MAPS])
def test_a_parameter_that_is_not_a_role_proves_nothing(role: object) -> None:
    """Parameters come from anybody."""
    found = least_privilege(small_world(), ANA, [run_instances(role=role)], pass_role=True)

    assert {role_pass.role for role_pass in found.pass_role} <= {JOB.replace("job", "x")}


def test_a_call_without_parameters_proves_nothing() -> None:
    """CloudTrail leaves them out where they are too long."""
    event = Event(**{**_fields(run_instances()), "request_parameters": None})

    assert least_privilege(small_world(), ANA, [event]).pass_role == ()


def test_a_role_in_an_instance_profile_is_not_named() -> None:
    """The record names the profile, and PassRole is asked on the role."""
    profile = f"arn:aws:iam::{ACCOUNT}:instance-profile/web"
    call = Event(
        NOON,
        "ec2.amazonaws.com",
        "RunInstances",
        "us-east-1",
        {"type": "IAMUser", "arn": ANA, "accountId": ACCOUNT, "userName": "ana"},
        read_only=False,
        recipient_account_id=ACCOUNT,
        event_id="event-1",
        request_parameters={"iamInstanceProfile": {"name": "web"}},
    )

    found = least_privilege(small_world(), ANA, [call], pass_role=True)

    assert [(role_pass.role, role_pass.is_profile) for role_pass in found.pass_role] == [
        (profile, True)
    ]
    [text] = [gap.text for gap in found.not_shown if gap.kind == "pass role"]
    assert text.endswith("which the record does not name.")
    assert all("iam:PassRole" not in statement.action for statement in found.policy.statements)


def test_an_action_that_the_catalogue_has_not_is_named() -> None:
    """The permission may have another name than the call."""
    found = made(use("zoo:Feed", "arn:aws:zoo:::lion", is_known=False))

    assert [gap.text.partition(":")[0] for gap in found.not_shown if "act" in gap.kind] == ["zoo"]


def test_a_refused_call_proves_no_passing() -> None:
    """The role may have been what was refused."""
    event = run_instances(role=JOB)
    refused = Event(**{**_fields(event), "error_code": "AccessDenied"})

    assert least_privilege(small_world(), ANA, [refused]).pass_role == ()


def _fields(event: Event) -> dict[str, Any]:
    return {name: getattr(event, name) for name in Event.__dataclass_fields__}


def test_data_events_that_the_trail_has_not_are_named() -> None:
    """But not of a world, which logs all; nor where somebody's were seen."""
    seen = use("s3:GetObject", f"{MAPS}/a", BOB)
    bucket = use("s3:GetBucketPolicy", MAPS)
    texts = [
        " ".join(map(str, least_privilege(small_world(), ANA, events).not_shown))
        for events in ([bucket], [bucket, seen], None)
    ]

    assert ["No data events of s3, " in text for text in texts] == [True, False, False]


def test_a_profile_that_the_world_knows_tells_its_role() -> None:
    """Then the role is in the policy, and nothing stays to be said of it but how it is done."""
    world = small_world()
    account = world.accounts[ACCOUNT]
    trust = Policy.allow("sts:AssumeRole", None, principal={"Service": "ec2.amazonaws.com"})
    role = account.create_role("app", assume_role_policy_document=trust, path="/sky/")
    account.create_instance_profile("web").add_role(role)
    call = replace(run_instances(), request_parameters={"iamInstanceProfile": {"name": "web"}})
    call = replace(call, event_source="ec2.amazonaws.com", event_name="RunInstances")

    found = least_privilege(world, ANA, [call], pass_role=True)

    assert [(role_pass.role, role_pass.service) for role_pass in found.pass_role] == [
        (role.arn, "ec2.amazonaws.com")
    ]
    assert [
        statement.resource
        for statement in found.policy.statements
        if "iam:PassRole" in statement.action
    ] == [(role.arn,)]
    assert all("does not name" not in gap.text for gap in found.not_shown)


def test_a_star_for_what_no_record_says_is_one_in_the_policy() -> None:
    """A new volume has no id yet; a star in the name of an object is a star, and is written so."""
    volume = f"arn:aws:ec2:us-east-1:{ACCOUNT}:volume/*"
    new = replace(use("ec2:RunInstances", volume), is_exact=False)
    starred = use("s3:GetObject", f"{MAPS}/a*b")

    found = least_privilege(small_world(), ANA, [new, starred])

    resources = {statement.resource for statement in found.policy.statements}
    assert resources == {(volume,), (f"{MAPS}/a${{*}}b",)}
    assert "all that the records say" in str(found)


def test_permissions_without_an_event_of_their_own_are_named() -> None:
    """Only those that are allowed now."""
    world = small_world()
    world.user("ana").put_policy("pass", Policy.allow("iam:PassRole", JOB))
    found = least_privilege(world, ANA, [])

    [text] = [gap.text for gap in found.not_shown if gap.kind == "permission only"]
    assert "iam:PassRole" in text
    assert "s3:ReplicateObject" in text
    assert "sts:TagSession" not in text


def test_a_user_is_found_behind_a_name_without_path() -> None:
    """Where this world has him; else it is said that the path is unknown."""
    world = small_world()
    carol = world.account("main").create_user("carol", path="/sky/")
    bare = f"arn:aws:iam::{ACCOUNT}:user/"
    uses = [
        use("iam:GetUser", f"{bare}carol", is_path_known=False),
        use("iam:GetUser", f"{bare}dan", is_path_known=False),
        use("iam:GetUser", carol.arn),
    ]

    found = least_privilege(world, ANA, uses)

    assert found.policy.statements[0].resource == (f"{bare}dan", carol.arn)
    assert [gap.text[: len(bare) + 3] for gap in found.not_shown if gap.kind == "path"] == [
        f"{bare}dan"
    ]
    assert found.used["iam:GetUser", carol.arn].allowed == 2


@pytest.mark.parametrize("caller", ["nobody", "", 7, None, f"arn:aws:iam::{ACCOUNT}:group/g", MAPS])
def test_only_callers_have_least_privilege(caller: Any) -> None:
    """Groups do not call, and a name must be that of a user or a role."""
    with pytest.raises(RequestError):
        least_privilege(small_world(), caller, [])


WRONG = [
    {"most_resources": 0},
    {"most_resources": True},
    {"most_resources": "10"},
    {"form": "scp"},
    {"events": "events"},
    {"events": 7},
    {"events": [None]},
    {"events": [use("s3:GetObject", time=datetime(2026, 1, 1))]},  # noqa: DTZ001 - that is it
]


@pytest.mark.parametrize("parameters", WRONG, ids=str)
def test_wrong_questions_are_refused(parameters: dict[str, Any]) -> None:
    """With a text that says what is wanted."""
    events = parameters.pop("events", [])
    with pytest.raises(RequestError):
        least_privilege(small_world(), ANA, events, **parameters)


def test_a_policy_that_does_not_allow_is_never_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof is part of the making."""
    monkeypatch.setattr(
        least,
        "policies_that_fit",
        lambda *_: WrittenPolicies((Policy.allow("s3:ListBucket", name="x"),), ((),)),
    )

    with pytest.raises(IamLabError, match="does not allow s3:GetObject"):
        made(use("s3:GetObject", f"{MAPS}/a"))


def test_the_table_has_what_was_used_and_what_was_refused() -> None:
    """One row for each pair, with times."""
    later = NOON + timedelta(hours=1)
    found = made(
        use("s3:GetObject", f"{MAPS}/a"),
        use("s3:GetObject", f"{MAPS}/a", time=later),
        use("s3:PutObject", f"{MAPS}/a", is_allowed=False),
    )
    table = found.to_frame()

    assert table[["action", "allowed", "refused"]].to_numpy().tolist() == [
        ["s3:GetObject", 2, 0],
        ["s3:PutObject", 0, 1],
    ]
    assert (table["first"][0], table["last"][0]) == (NOON, later)
    assert found.period == (NOON, later)


def test_a_world_answers_from_its_own_events() -> None:
    """Also for a key and a session of a role; the policy then works in that world."""
    world = World(seed=7)
    account = world.create_account("main", account_id=ACCOUNT)
    ana = account.create_user("ana")
    ana.put_policy("all", Policy.allow(["s3:*", "sts:AssumeRole"]))
    trust = Policy.allow("sts:AssumeRole", None, principal=ana.arn)
    role = account.create_role("job", assume_role_policy_document=trust)
    role.put_policy("all", Policy.allow("*"))
    key = ana.create_access_key()
    session = world.sts.assume_role(key, role_arn=role.arn, role_session_name="night")
    world.do(session, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")
    world.do(key, "s3:GetObject", f"{MAPS}/a")
    before = list(world.events)

    of_user, of_role = world.least_privilege(key), world.least_privilege(session)

    assert set(of_user.used) == {("sts:AssumeRole", role.arn), ("s3:GetObject", f"{MAPS}/a")}
    assert of_role.principal == role.arn
    assert set(of_role.used) == {("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")}
    assert list(world.events) == before
    assert world.least_privilege(ana).to_dict() == of_user.to_dict()
    ana.put_policy("all", of_user.policy)
    assert world.can(ana, "sts:AssumeRole", role.arn)
    assert not world.can(ana, "s3:PutObject", f"{MAPS}/a")


UNIVERSE = [
    ("s3:GetObject", f"{MAPS}/m/a"),
    ("s3:GetObject", f"{MAPS}/m/*"),
    ("s3:PutObject", f"{MAPS}/m/a"),
    ("s3:PutObject", "arn:aws:s3:::other/${aws:username}"),
    ("s3:ListBucket", MAPS),
    ("s3:ListBucket", "arn:aws:s3:::other"),
    ("s3:ListAllMyBuckets", "*"),
    ("sts:AssumeRole", JOB),
    ("sts:AssumeRole", "arn:aws:iam::444455556666:role/job"),
    ("iam:GetRole", JOB),
    ("iam:GetUser", ANA),
    ("iam:ListUsers", "*"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"),
    ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"),
    ("sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q"),
    ("ec2:RunInstances", f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/*"),
]


def asked(found: LeastPrivilege, action: str, resource: str) -> bool:
    """Ask in a fresh world, where a user has these policies and everybody else lets him in."""
    world = World(seed=1)
    ana = world.create_account("main", account_id=ACCOUNT).create_user("ana")
    for policy in found.policies:
        ana.put_policy(policy.name, policy)
    world.create_account("other", account_id="444455556666")
    for account in world.accounts.values():
        trust = Policy.allow("sts:AssumeRole", None, principal=ACCOUNT)
        account.create_role("job", assume_role_policy_document=trust)
    return bool(world.can(ana, action, resource))


@settings(max_examples=tries(40))
@given(st.sets(st.sampled_from(range(len(UNIVERSE)))))
def test_the_policy_allows_what_was_used_and_nothing_else(chosen: set[int]) -> None:
    """Of a universe of pairs, asked in a world of its own."""
    uses = [use(*UNIVERSE[number]) for number in sorted(chosen)]
    found = made(*uses)

    assert set(found.used) == {UNIVERSE[number] for number in chosen}
    for number, pair in enumerate(UNIVERSE):
        assert asked(found, *pair) == (number in chosen), pair


@settings(max_examples=tries(25))
@given(st.integers(0, 2**32 - 1))
def test_whatever_was_used_is_allowed_however_it_is_generalised(seed: int) -> None:
    """Random actions on random names, with few and with many left to stay apart."""
    chance = random.Random(seed)
    words = ["a", "b-", "c/", "d:", "${x}", "*", "é", "北", "-", "/", "log-group:", "table/"]
    pairs = {
        (
            chance.choice(["s3:GetObject", "s3:PutObject", "logs:PutLogEvents", "x:Y"]),
            chance.choice(["arn:aws:s3:::", f"arn:aws:logs:us-east-1:{ACCOUNT}:", ""])
            + "".join(chance.choices(words, k=chance.randint(1, 5))),
        )
        for _ in range(chance.randint(0, 60))
    }

    found = made(*(use(*pair) for pair in sorted(pairs)), most_resources=chance.randint(1, 20))

    assert {*found.used, *found.left_out} == pairs
    assert all(allows(found, *pair) for pair in found.used)
    shuffled = sorted(pairs, key=lambda _: chance.random())
    again = made(*(use(*pair) for pair in shuffled), most_resources=1)
    once = made(*(use(*pair) for pair in sorted(pairs)), most_resources=1)
    assert json.dumps(again.to_dict()) == json.dumps(once.to_dict())
