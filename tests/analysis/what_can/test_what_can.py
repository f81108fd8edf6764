"""What can: every line is what ``can`` says, and every cell that is allowed has a line."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import ANONYMOUS, Policy, World
from iamlab.analysis.access_matrix import everybody
from iamlab.analysis.what_can.candidates import forms_of, types_of
from iamlab.analysis.what_can.what_can import FEW, WhatCan, what_can
from iamlab.errors import NoSuchEntity, RequestError
from iamlab.model.network_locations import Network
from iamlab.policy.catalog import actions_of, all_actions, expand
from iamlab.policy.patterns import glob_resource
from iamlab.policy.shortest import but_few, in_words, shortest
from iamlab.teach.scenarios import scenario
from tests.analysis.worlds_to_ask import (
    MAIN,
    OUTSIDERS,
    circumstances,
    observatory,
    organized,
    random_world,
)
from tests.effort import slow, tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

MAPS = "arn:aws:s3:::star-maps"


def cells_of(line: Any, found: WhatCan) -> Iterator[tuple[str, str]]:
    """Return the cells that a line's patterns mean, of those that were asked."""
    names = {name for pattern in line.actions for name in expand(pattern)}
    for name, resource in found.matrix.pairs:
        if name in names and matches(line.resources, resource) and not matches(line.but, resource):
            yield name, resource


def matches(patterns: Any, resource: str) -> bool:
    """Return whether one of some patterns matches."""
    return any(glob_resource(pattern, resource) for pattern in patterns)


def prove(world: World, caller: Any, found: WhatCan, **how: Any) -> None:
    """Hold everything that was found against ``can``."""
    decisions = {pair: world.can(caller, *pair, **how) for pair in found.matrix.pairs}
    allowed = {pair for pair, decision in decisions.items() if decision}
    assert set(found) == allowed
    assert len(found) == len(allowed)
    prove_allowed(found, {pair: decisions[pair] for pair in allowed})
    prove_stopped(found, {pair: decisions[pair] for pair in decisions if pair not in allowed})


def prove_allowed(found: WhatCan, decisions: dict[Any, Any]) -> None:
    """Each line means only what is allowed; together they name who grants, and nobody else."""
    by: dict[Any, set[str]] = {pair: set() for pair in decisions}
    for line in found.allowed:
        for pair in cells_of(line, found):
            assert pair in by, (str(line), pair)
            by[pair] |= {source.partition(" (")[0] for source in line.by} or {""}
    for pair, statements in by.items():
        determining = {reading.address for reading in decisions[pair].determining}
        assert statements == (determining or {""}), pair


def prove_stopped(found: WhatCan, decisions: dict[Any, Any]) -> None:
    """What an identity policy would grant is reported with all that blocks."""
    blocked: dict[Any, set[str]] = {pair: set() for pair in decisions}
    denying: dict[Any, set[str]] = {pair: set() for pair in decisions}
    for line in found.stopped:
        for pair in cells_of(line, found):
            blocked[pair].add(line.layer)  # and fails where a line means what is allowed
            denying[pair] |= set(line.by) if line.why.startswith("explicit deny") else set()
    for pair, decision in decisions.items():
        if decision.request.refusal:  # no policy is in the way: the credentials are not good for it
            assert not decision.blocked_by or decision.denies
            assert blocked[pair] or not would_be_granted(decision)
        elif would_be_granted(decision):
            assert blocked[pair] == decision.blocked_by, (pair, str(decision))
            assert denying[pair] == {reading.address for reading in decision.denies}
        else:
            assert blocked[pair] <= decision.blocked_by, (pair, str(decision))


def would_be_granted(decision: Any) -> bool:
    """Return whether some identity policy allows what is refused."""
    return (
        bool(decision.layer_matches["identity"].allows)
        and decision.request.caller.kind.name != "ROOT"
    )


# -- every line is true ---------------------------------------------------------------------------


@settings(max_examples=tries(25))
@given(st.integers(0, 2**32 - 1))
def test_each_line_and_each_cell_is_what_can_says(seed: int) -> None:
    """Of anybody, in random worlds, however the call is made."""
    chance = random.Random(seed)
    world = random_world(chance)
    if chance.random() < 0.7:
        organized(world, chance)
    how = circumstances(world, chance)
    caller = chance.choice(everybody(world))
    context = how.pop("context", None)
    services = ["s3", "sts", "kms", "sqs", "iam"]

    found = what_can(world, caller, services=services, context=context, circumstances=how)

    prove(world, caller, found, context=context, **how)


@settings(max_examples=tries(15))
@given(st.integers(0, 2**32 - 1))
def test_it_is_so_of_services_strangers_and_sessions(seed: int) -> None:
    """Who has no account asks only for what somebody owns."""
    chance = random.Random(seed)
    world = random_world(chance)
    caller = chance.choice(OUTSIDERS)

    found = what_can(world, caller, services=["s3", "sts", "kms", "sqs"])

    prove(world, caller, found)
    assert all(resource != "*" for _, resource in found) or caller not in OUTSIDERS[:5]


STATEMENTS: dict[str, list[dict[str, Any]]] = {
    "an object that is excepted": [
        allow("s3:*"),
        deny("s3:Delete*", [MAPS, f"{MAPS}/*"]),
        deny("s3:GetObject", "arn:aws:s3:::*/secret/*"),
    ],
    "patterns that overlap": [
        allow("s3:*", [f"{MAPS}*", f"{MAPS}/raw/*", "arn:aws:s3:::*/raw/*"]),
        deny("s3:Put*", f"{MAPS}/raw/x*"),
    ],
    "NotResource": [{"Effect": "Allow", "Action": "s3:*", "NotResource": [f"{MAPS}/*", MAPS]}],
    "NotAction": [
        {"Effect": "Allow", "NotAction": ["s3:Get*", "iam:*"], "Resource": "*"},
        deny(["ec2:*", "kms:*"]),
    ],
    "a variable": [
        allow("s3:*", "arn:aws:s3:::homes/${aws:username}/*"),
        allow("s3:Get*", "arn:aws:s3:::teams/${aws:PrincipalTag/none}/*"),
    ],
    "what fits nothing": [allow(["s3:ListBucket", "s3:Nothing*"], f"{MAPS}/*"), allow("x:*")],
    "types of all services": [allow("*", f"arn:aws:*:*:{MAIN}:*"), deny("*", "arn:aws:iam::*")],
    "a part of all names": [allow("s3:*Object*"), allow("*:List*")],
    "tags of a resource": [
        allow("sqs:*", Condition={"StringEquals": {"aws:ResourceTag/team": "sky"}})
    ],
}


@pytest.mark.parametrize("named", STATEMENTS)
def test_lines_are_exact_whatever_the_patterns(named: str) -> None:
    """No line means more than is allowed, and none is forgotten: exceptions are named."""
    world = World(7)
    main = world.create_account("main", account_id=MAIN)
    main.create_bucket("star-maps")
    main.create_bucket("raw")
    main.create_queue("orders", tags={"team": "sky"})
    main.create_queue("others")
    ana = main.create_user("ana")
    ana.inline["own"] = Policy.parse(document(*STATEMENTS[named]), name="own")
    world.changed()
    wide = named in ("NotAction", "types of all services", "a part of all names")

    found = what_can(world, ana, services=["s3", "ec2", "iam", "sqs", "kms"] if wide else None)

    prove(world, ana, found)
    assert len(found) > 0


def test_a_grant_a_key_policy_and_an_identity_policy_are_reported_as_they_work_together() -> None:
    """By the account statement both sides grant; by a grant or by name the key's side alone."""
    world = World(7)
    main = world.create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    ana.put_policy("keys", document(allow("kms:Decrypt")))
    by_account, by_grant = main.create_key(), main.create_key()
    by_grant.create_grant(ana.arn, ["Encrypt"], name="for-ana")

    found = what_can(world, ana, services=["kms"])

    prove(world, ana, found)
    lines = {line.actions: line for line in found.allowed}
    assert (
        lines["kms:Decrypt",].by
        == (
            "keys/#1",
            f"{by_account.policy.name}/Enable IAM User Permissions",
        )
        or len(lines["kms:Decrypt",].by) == 2
    )
    assert lines["kms:Encrypt",].by == ("for-ana/#1",)
    assert lines["kms:Encrypt",].resources == (by_grant.arn,)


# -- what is in a line ----------------------------------------------------------------------------


@pytest.fixture
def world() -> World:
    """One account with buckets, people and a role."""
    made = World(7)
    main = made.create_account("main", account_id=MAIN)
    for name in ("star-maps", "raw", "notes"):
        main.create_bucket(name)
    main.create_user("ana", tags={"team": "sky"})
    main.create_group("readers").add_user("ana")
    return made


@pytest.mark.slow
def test_administrator_access_is_everything_on_everything(world: World) -> None:
    """One line; the roles that trust nobody and what a deny takes away are named."""
    ana = world.user("ana")
    ana.attach_policy("AdministratorAccess")
    ana.put_policy("guard", document(deny("iam:*")))
    found = what_can(world, ana)

    first = str(found.allowed[0])
    assert first.startswith("everything except iam:*")
    assert "on everything" in first
    assert len(str(found).splitlines()) < 15
    assert (
        "  iam:* on everything: explicit deny in the identity-based policy guard/#1"
        in str(found).splitlines()
    )


def test_what_nobody_is_refused_is_reported_last(world: World) -> None:
    """It is the least news."""
    ana = world.user("ana")
    ana.attach_policy("AmazonS3ReadOnlyAccess")

    assert what_can(world, ana).allowed[-1].actions == (
        "sts:GetCallerIdentity",
        "sts:GetSessionToken",
    )


@pytest.mark.slow
def test_a_root_user_may_do_everything_and_needs_no_statement(world: World) -> None:
    """Of the whole catalogue, but to assume roles; a key policy must name him."""
    found = what_can(world, f"arn:aws:iam::{MAIN}:root")

    assert {name for name, _ in found.matrix.pairs} == {
        action.full_name for action in all_actions()
    }
    assert found.allowed[0].by == ()
    assert "no permission is needed" in str(found.allowed[0])
    assert ("sts:AssumeRole", "*") not in set(found)


def test_who_has_no_policy_may_ask_who_he_is(world: World) -> None:
    """AWS refuses that to nobody, and a session token to no user."""
    found = what_can(world, world.account("main").create_user("zoe"))

    assert list(found) == [("sts:GetCallerIdentity", "*"), ("sts:GetSessionToken", "*")]
    assert found.allowed[0].by == ()
    assert found.stopped == ()


def test_a_line_says_who_grants_through_which_group_and_under_which_condition(
    world: World,
) -> None:
    """In the words of the policy's prose."""
    condition = {"StringEquals": {"aws:PrincipalTag/team": "sky"}}
    world.group("readers").put_policy(
        "maps", document(allow("s3:GetObject", f"{MAPS}/*", Sid="Read", Condition=condition))
    )
    line = what_can(world, world.user("ana"), services=["s3"]).allowed[0]

    assert line.actions == ("s3:GetObject",)
    assert line.resources == (f"{MAPS}/*",)
    assert line.by == ("maps/Read (group readers)",)
    assert line.when == ("the caller's tag team is sky",)
    assert str(line) == (
        "s3:GetObject on objects in star-maps, if the caller's tag team is sky: "
        "by maps/Read (group readers)"
    )


def test_what_a_condition_does_not_allow_now_has_no_line(world: World) -> None:
    """Lines are true in this moment; context may say another."""
    ana = world.user("ana")
    condition = {"StringEquals": {"aws:PrincipalTag/team": "sea"}}
    ana.put_policy("own", document(allow("s3:GetObject", Condition=condition)))
    given_by_hand = {"aws:PrincipalTag/team": "sea"}

    assert not list(what_can(world, ana, services=["s3"]))
    assert list(what_can(world, ana, services=["s3"], context=given_by_hand))


def stopped_by(world: World, caller: Any, **how: Any) -> dict[str, Any]:
    """Return the lines of what is stopped, by layer."""
    return {line.layer: line for line in what_can(world, caller, services=["s3"], **how).stopped}


def test_a_boundary_stops_what_it_does_not_allow(world: World) -> None:
    """Named by its policy: no statement of it denies."""
    ana = world.user("ana")
    ana.attach_policy("AmazonS3FullAccess")
    ana.put_permissions_boundary("AmazonS3ReadOnlyAccess")
    line = stopped_by(world, ana)["boundary"]

    assert line.by == ("AmazonS3ReadOnlyAccess",)
    assert "no Allow in the permissions boundary AmazonS3ReadOnlyAccess" in str(line)
    assert "s3:Put*" in line.actions
    assert line.resources == ("*",)


def test_a_boundary_cuts_what_names_the_role_and_not_what_names_the_very_user(
    world: World,
) -> None:
    """A grant to a role by its ARN is stopped; one to the user grants by itself."""
    main, ana = world.account("main"), world.user("ana")
    job = main.create_role("job", assume_role_policy_document=trust({"AWS": MAIN}))
    for item in (job, ana):
        item.put_permissions_boundary("AmazonSQSFullAccess")
    ana.put_policy("own", document(allow("s3:GetObject")))
    world.bucket("star-maps").put_policy(
        document(
            allow("s3:GetObject", f"{MAPS}/*", Principal={"AWS": [job.arn, ana.arn]}, Sid="Both")
        )
    )

    line = stopped_by(world, job)["boundary"]
    assert (line.actions, line.resources) == (("s3:GetObject",), (f"{MAPS}/*",))
    [granted] = what_can(world, ana, services=["s3"]).allowed
    assert [source.rpartition("/")[2] for source in granted.by] == ["Both"]
    for item in (job, ana):
        prove(world, item, what_can(world, item, services=["s3"]))


def test_what_two_patterns_both_match_is_asked_too(world: World) -> None:
    """A pattern of the one statement with a pattern of the other: nobody has written this one."""
    ana = world.user("ana")
    ana.put_policy(
        "own",
        document(
            allow("s3:GetObject", f"{MAPS}/*"), deny("s3:GetObject", "arn:aws:s3:::*/secret/*")
        ),
    )
    found = what_can(world, ana, services=["s3"])

    assert found.allowed[0].resources == (f"{MAPS}/*",)
    assert found.allowed[0].but == ("arn:aws:s3:::*/secret/*",)
    prove(world, ana, found)


def test_what_rcps_and_endpoints_name_is_asked_too(world: World) -> None:
    """A thing that only a policy on the way has named is distinguished from the others."""
    main, ana = world.account("main"), world.user("ana")
    ana.put_policy("own", document(allow("s3:GetObject")))
    endpoint = main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    endpoint.put_policy(document(allow("s3:GetObject", "arn:aws:s3:::raw/open/*", Principal="*")))
    how: Any = {"network": Network(endpoint=endpoint.arn)}
    found = what_can(world, ana, services=["s3"], circumstances=how)

    assert [line.resources for line in found.allowed] == [("arn:aws:s3:::raw/open/*",)]
    assert {line.layer for line in found.stopped} == {"endpoint"}
    prove(world, ana, found, **how)


def test_what_goes_through_an_endpoint_depends_on_the_region_too(world: World) -> None:
    """One action may be allowed there, and stopped here by the endpoint's policy."""
    main = world.account(MAIN)
    near, far = main.create_queue("near"), main.create_queue("far", region="eu-west-1")
    main.create_vpc_endpoint(
        "com.amazonaws.us-east-1.sqs",
        "vpc-1",
        policy=document(allow("sqs:ListQueues", Principal="*")),
    )
    mia = main.create_user("mia")
    mia.put_policy("queues", document(allow("sqs:*"), allow("s3:*")))
    how: Any = {"network": Network(vpc="vpc-1")}

    found = what_can(world, mia, services=["sqs", "s3"], circumstances=how)

    assert ("sqs:SendMessage", far.arn) in set(found)
    assert ("sqs:SendMessage", near.arn) not in set(found)
    prove(world, mia, found, **how)


def test_an_exception_never_covers_what_is_allowed(world: World) -> None:
    """A bucket policy may deny all but a folder: the folder stays."""
    ana = world.user("ana")
    ana.put_policy("own", document(allow("s3:GetObject")))
    world.bucket("raw").put_policy(
        document(
            {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:GetObject",
                "NotResource": "arn:aws:s3:::raw/open/*",
            }
        )
    )
    found = what_can(world, ana, services=["s3"])

    prove(world, ana, found)
    assert world.can(ana, "s3:GetObject", "arn:aws:s3:::raw/open/x")
    assert not world.can(ana, "s3:GetObject", "arn:aws:s3:::raw/x")


def test_an_scp_and_an_rcp_stop_by_name_and_place(world: World) -> None:
    """Explicit denies with their layer; an SCP level without Allow with where it hangs."""
    dev = world.create_account("dev", account_id="222222222222")
    organization = world.create_organization(world.account("main"))
    organization.invite_account(dev).accept()
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    dev.create_bucket("logs")
    zoe = dev.create_user("zoe")
    zoe.attach_policy("AmazonS3FullAccess")
    guard = organization.create_policy("guard", document(deny("s3:Delete*", Sid="Keep")))
    guard.attach(dev)
    shield = organization.create_policy(
        "shield", document(deny("s3:Put*", Principal="*")), type="RESOURCE_CONTROL_POLICY"
    )
    shield.attach(dev)
    lines = stopped_by(world, zoe)

    assert lines["scp"].by == ("guard/Keep",)
    assert "service control policy guard/Keep (account dev)" in lines["scp"].why
    assert lines["rcp"].by == ("shield/#1",)

    only = organization.create_policy("only-reads", document(allow("s3:Get*")))
    only.attach(dev)
    organization.detach_policy("FullAWSAccess", dev)
    lines = stopped_by(world, zoe)
    assert lines["scp"].why == (
        "no Allow in the service control policy guard and only-reads at account dev"
    )
    scps = [line for line in what_can(world, zoe, services=["s3"]).stopped if line.layer == "scp"]
    assert [line.why.partition(" ")[0] for line in scps] == ["explicit", "no"]
    prove(world, zoe, what_can(world, zoe, services=["s3"]))


def test_a_session_policy_stops_what_it_does_not_allow(world: World) -> None:
    """The session may do what role and session policy allow together."""
    main = world.account("main")
    role = main.create_role(
        "job", assume_role_policy_document=trust({"AWS": world.user("ana").arn})
    )
    role.attach_policy("AmazonS3FullAccess")
    session = world.sts.assume_role(
        world.user("ana").create_access_key(),
        role_arn=role.arn,
        role_session_name="ana",
        policy=document(allow("s3:GetObject")),
    )

    assert {name for name, _ in what_can(world, session, services=["s3"])} == {"s3:GetObject"}
    assert "session policy" in stopped_by(world, session)["session"].why


def test_a_bucket_of_another_account_needs_the_other_side_too(world: World) -> None:
    """What the caller's policy would grant is reported, with what is missing."""
    data = world.create_account("data", account_id="222222222222")
    data.create_bucket("theirs")
    ana = world.user("ana")
    ana.put_policy("own", document(allow("s3:GetObject", "arn:aws:s3:::theirs/*")))
    line = stopped_by(world, ana)["resource"]

    assert line.actions == ("s3:GetObject",)
    assert line.why == "Two accounts: both sides must allow"
    assert "objects in theirs" in str(line)


def test_block_public_access_is_not_a_grant(world: World) -> None:
    """A public policy that is shut out allows nobody from outside."""
    data = world.create_account("data", account_id="222222222222")
    zoe = data.create_user("zoe")
    zoe.attach_policy("AmazonS3FullAccess")
    bucket = world.bucket("star-maps")
    bucket.policy = Policy.parse(document(allow("s3:GetObject", f"{MAPS}/*", Principal="*")))
    world.changed()

    found = what_can(world, zoe, services=["s3"], resources=[f"{MAPS}/m31"])
    assert not list(found)
    prove(world, zoe, found)


# -- the question ---------------------------------------------------------------------------------


def test_only_the_services_and_resources_that_are_asked_for_are_reported(world: World) -> None:
    """Resources as they are given: others are not asked."""
    ana = world.user("ana")
    ana.attach_policy("AdministratorAccess")
    found = what_can(world, ana, services=["S3"], resources=[f"{MAPS}/m31", MAPS])

    assert {name.partition(":")[0] for name, _ in found} == {"s3"}
    assert {resource for _, resource in found} == {f"{MAPS}/m31", MAPS}
    assert ("s3:GetObject", MAPS) not in set(found)
    assert [line.resources for line in found.allowed] == [("*",)]


def test_an_object_stands_for_its_bucket_s_objects_and_its_bucket_for_itself() -> None:
    """The form that says most tells the type of an ARN."""
    forms = forms_of("s3")

    assert types_of(MAPS, forms) == ["bucket"]
    assert types_of(f"{MAPS}/a/b", forms) == ["object"]
    assert types_of("arn:aws:iam::111122223333:role/x/y", forms_of("sts")) == ["role"]
    assert types_of("*", forms) == []


@pytest.mark.parametrize(
    ("caller", "how", "error"),
    [
        ("zoe", {}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/zoe", {}, NoSuchEntity),
        (f"arn:aws:iam::{MAIN}:group/readers", {}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"services": ["nothing"]}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"services": "s3"}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"resources": MAPS}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"resources": [5]}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"circumstances": {"nothing": 1}}, RequestError),
        (f"arn:aws:iam::{MAIN}:user/ana", {"context": {"a": object()}}, RequestError),
    ],
)
def test_what_cannot_be_asked_is_refused(
    caller: str, how: Any, error: type[Exception], world: World
) -> None:
    """With the reason; nothing is guessed."""
    with pytest.raises(error):
        what_can(world, caller, **how)


def test_anonymous_callers_are_asked_without_free_actions(world: World) -> None:
    """Who does not sign cannot ask who he is."""
    assert list(what_can(world, ANONYMOUS)) == []
    assert str(what_can(world, ANONYMOUS)).startswith("anonymous may do nothing")


@pytest.mark.slow
def test_a_world_that_is_asked_stays_as_it_is() -> None:
    """Not even the ids that come next change."""
    made = observatory()
    before = snapshot(made)
    for caller in everybody(made)[:3]:
        what_can(made, caller)

    assert snapshot(made) == before


@slow
def test_administrator_access_on_fifty_resources_is_many_lines() -> None:
    """Each action of the catalogue on each resource, or on all."""
    made = World(7)
    main = made.create_account("main", account_id=MAIN)
    other = made.create_account("data", account_id="222222222222")
    for number in range(50):
        (main if number % 2 else other).create_bucket(f"bucket-{number}")
    ana = main.create_user("ana")
    ana.attach_policy("AdministratorAccess")
    assert len(what_can(made, ana)) > 30_000


# -- as text and as a table -----------------------------------------------------------------------


def test_it_can_be_read_as_text_as_a_table_and_as_a_card(world: World) -> None:
    """Names are shown as text, whatever is in them."""
    ana = world.user("ana")
    ana.put_policy("own", document(allow("s3:GetObject", "arn:aws:s3:::star-maps/<b>&*")))
    ana.put_policy("no", document(deny("s3:GetObject", "arn:aws:s3:::star-maps/<b>&x")))
    found = what_can(world, ana, services=["s3"])
    frame = found.to_frame()

    assert list(frame.columns) == ["allowed", "actions", "resources", "except", "when", "by"]
    assert frame["allowed"].tolist() == [True, False]
    assert frame["except"].tolist()[0] == "arn:aws:s3:::star-maps/<b>&x"
    html = found._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;&amp;" in html


def test_long_answers_are_cut(world: World) -> None:
    """Twenty lines are printed; the rest is counted, and the frame has all."""
    ana = world.user("ana")
    for number in range(FEW + 4):
        statement = allow("s3:GetObject", f"arn:aws:s3:::bucket-{number}/*")
        ana.inline[f"p{number}"] = Policy.parse(document(statement), name=f"p{number}")
    world.changed()
    found = what_can(world, ana, services=["s3"])

    assert "  and 4 more" in str(found).splitlines()
    assert len(found.to_frame()) == FEW + 4


def test_lessons_read_well() -> None:
    """What the board of a lesson shows of its people."""
    world = scenario("groups")
    text = str(what_can(world, world.user("dana"), services=["s3"]))

    assert text.splitlines()[0].endswith("user/dana may:")
    assert "  s3:PutObject on objects under notes/dana/ in star-maps: by own-notes/OwnNotes" in (
        text.splitlines()
    )


# -- the fewest patterns --------------------------------------------------------------------------

S3 = sorted(action.full_name for action in actions_of("s3").values())
SQS = sorted(action.full_name for action in actions_of("sqs").values())


@given(st.sets(st.sampled_from([*S3, *SQS]), min_size=1))
def test_patterns_match_exactly_the_actions_that_are_meant(names: set[str]) -> None:
    """Whatever they are; and no pattern is superfluous."""
    patterns = shortest(names)
    matched = [set(expand(pattern)) for pattern in patterns]

    assert set().union(*matched) == names
    assert sum(map(len, matched)) == len(names)
    assert len(patterns) <= len(names)


@given(st.sets(st.sampled_from(S3), max_size=6))
def test_all_but_a_few_are_said_as_such_where_that_is_shorter(exempt: set[str]) -> None:
    """And then it is exact too."""
    names = set(S3) - exempt
    text = but_few(names)
    if text is not None:
        wide, few = text
        meant = {name for pattern in wide for name in expand(pattern)}
        assert meant - {name for pattern in few for name in expand(pattern)} == names
        assert len(wide) + len(few) < len(shortest(names))


def test_the_words_for_actions_stay_short() -> None:
    """All of them are everything; a pattern of the policy is used where it helps."""
    every = {action.full_name for action in all_actions()}

    assert in_words(every) == "everything"
    assert in_words(every - set(SQS)) == "everything except sqs:*"
    assert shortest(set(expand("s3:*Object")), ["s3:*Object"]) == ("s3:*Object",)
    assert shortest({"s3:GetObject"}) == ("s3:GetObject",)
    assert shortest(set()) == ()
    assert in_words(set(expand("s3:GetObject*")), others=frozenset()) == "s3:*"


# -- calls that need several types of resources ---------------------------------------------------

EC2 = f"arn:aws:ec2:us-east-1:{MAIN}:"


def test_an_action_that_lacks_a_type_of_resource_allows_no_call() -> None:
    """Its lines are right, and a further line says what is missing."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    both = allow(["ec2:AttachVolume", "ec2:DetachVolume"], f"{EC2}instance/*")
    ana.put_policy("own", document(both, allow("ec2:RunInstances")))

    found = main.world.what_can(ana, services=["ec2"])

    [lacking] = found.incomplete
    assert lacking.actions == ("ec2:AttachVolume",)
    assert str(lacking) == "A call of ec2:AttachVolume also needs permission on: volume"
    assert str(found).endswith(f"\n{lacking}")
    assert str(lacking) in found._repr_html_()
    ana.put_policy("more", document(allow("ec2:AttachVolume", f"{EC2}volume/vol-1")))
    assert main.world.what_can(ana, services=["ec2"]).incomplete == ()


def test_types_that_nobody_asks_about_are_not_missing() -> None:
    """An action that is allowed nowhere isn't incomplete."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    ana.put_policy("own", document(allow("ec2:AttachVolume", f"{EC2}instance/i-1")))

    def incomplete(*resources: str) -> Any:
        return main.world.what_can(ana, resources=resources).incomplete

    assert incomplete(f"{EC2}instance/i-1") == ()
    assert incomplete(f"{EC2}instance/i-2", f"{EC2}volume/vol-1") == ()
    assert len(incomplete(f"{EC2}instance/i-1", f"{EC2}volume/vol-1")) == 1


@pytest.mark.parametrize(
    "how",
    [
        {"context": {"ec2:InstanceType": "t3.micro"}},
        {"request_tags": {"team": "sky"}},
        {"context": {"ec2:InstanceType": "t3.micro", "aws:SourceIp": "203.0.113.9"}},
    ],
)
def test_a_key_counts_only_for_resources_that_have_it(how: Any) -> None:
    """In what_can, in a matrix and in who_can as in can."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    micro = {"StringEquals": {"ec2:InstanceType": "t3.micro"}}
    tagged = {"StringEquals": {"aws:RequestTag/team": "sky"}}
    ana.put_policy("own", document(*(allow("ec2:*", Condition=only) for only in (micro, tagged))))
    actions = ("ec2:RunInstances", "ec2:CreateTags", "ec2:StopInstances")
    resources = [f"{EC2}{end}" for end in ("instance/i-1", "subnet/subnet-1", "volume/vol-1")]
    world = main.world

    decisions = {
        (action, resource): world.can(ana, action, resource, **how)
        for action in actions
        for resource in resources
    }
    matrix = world.access_matrix(actions, resources, [ana], **how)

    assert {pair[1:] for pair in matrix} == {pair for pair, found in decisions.items() if found}
    assert len({bool(decision) for decision in decisions.values()}) == 2
    for (action, resource), decision in decisions.items():
        who = world.who_can(action, resource, **how)
        assert (ana.arn in who) == decision.allowed
        if decision:
            assert who[ana.arn] == decision
    prove(world, ana, world.what_can(ana, resources=resources, **how), **how)
