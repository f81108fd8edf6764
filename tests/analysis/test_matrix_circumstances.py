"""The matrix of a world: circumstances, rows for groups and roles, and what two matrices differ in.

That each cell is what ``can`` says of users, roles, root users, services and sessions is in
``test_access.py``.
"""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, World
from iamlab.analysis.access_matrix import access, everybody, in_order, matrix, member_of
from iamlab.engine.access_changes import FEW, AccessChanges
from iamlab.engine.matrix import AccessMatrix
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import NoSuchEntity, RequestError
from iamlab.model.network_locations import Network
from iamlab.teach.scenarios import MAP, scenario
from tests.analysis.worlds_to_ask import (
    ACTIONS,
    MAIN,
    OUTSIDERS,
    OWNED,
    RESOURCES,
    circumstances,
    observatory,
    organized,
    random_world,
)
from tests.policy.documents import allow, deny, document

S3 = "com.amazonaws.us-east-1.s3"


def agree(world: World, found: AccessMatrix, callers: Any, **how: Any) -> int:
    """Compare every cell with ``can``, and count those that are allowed."""
    for row, caller in enumerate(callers):
        for place, pair in enumerate(found.pairs):
            alone = bool(world.can(caller, *pair, **how))
            assert found.allowed(row, place) is alone, (found.principals[row], pair, how)
    return sum(row.bit_count() for row in found.rows)


def asked(world: World, actions: Any, resources: Any, callers: Any = None, **how: Any) -> Any:
    """Ask the world, with circumstances as ``can`` takes them."""
    context = how.pop("context", None)
    return access(world, actions, resources, callers, "principal", context, how)


# -- circumstances --------------------------------------------------------------------------------


@given(st.integers(0, 2**32 - 1))
def test_each_cell_is_what_can_says_whatever_the_circumstances(seed: int) -> None:
    """With tags, an organization, an endpoint, services between, unknown buckets and ``*``."""
    chance = random.Random(seed)
    world = random_world(chance)
    if chance.random() < 0.7:
        organized(world, chance)
    how = circumstances(world, chance)
    callers = chance.sample(everybody(world), 5)
    actions, resources = chance.sample(ACTIONS, 6), chance.sample(RESOURCES, 6)

    agree(world, asked(world, actions, resources, callers, **how), callers, **how)


@given(st.integers(0, 2**32 - 1))
def test_each_cell_of_a_service_is_what_can_says(seed: int) -> None:
    """A service calls for a resource of somebody; users are in the same matrix without it."""
    chance = random.Random(seed)
    world = random_world(chance)
    how = chance.choice([{}, {"source_arn": "arn:aws:s3:::raw"}])
    services = [outsider for outsider in OUTSIDERS[1:3] if how or chance.random() < 0.9]
    callers = services if how else [*services, *chance.sample(everybody(world), 2)]

    agree(world, asked(world, ACTIONS, OWNED, callers, **how), callers, **how)


CONDITIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "the region of another service": (
        {"StringEquals": {"aws:RequestedRegion": "us-west-2"}},
        {},
    ),
    "the owner in a key of S3": ({"StringEquals": {"s3:ResourceAccount": MAIN}}, {}),
    "a key of KMS alone": (
        {"StringLike": {"kms:ViaService": "athena.*"}},
        {"via": "athena.amazonaws.com"},
    ),
    "the Region that was named": (
        {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}},
        {"region": "eu-west-1"},
    ),
    "tags that are sent": (
        {"StringEquals": {"aws:RequestTag/team": "sky"}},
        {"request_tags": {"team": "sky"}},
    ),
    "an address": (
        {"IpAddress": {"aws:SourceIp": "198.51.100.0/24"}},
        {"network": Network(ip="198.51.100.7")},
    ),
    "a key given by hand": (
        {"StringEquals": {"aws:PrincipalTag/team": "sea"}},
        {"context": {"AWS:principaltag/TEAM": "sea"}},
    ),
    "what is known of the call, said otherwise": (
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"context": {"AWS:sourceip": "203.0.113.9"}},
    ),
    "a key taken away by hand": (
        {"Null": {"aws:username": "true"}},
        {"context": {"aws:username": []}},
    ),
    "MFA that does not go along": (
        {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
        {"via": "athena.amazonaws.com"},
    ),
}


@pytest.mark.parametrize("named", CONDITIONS)
def test_a_condition_on_how_the_call_is_made_is_asked_for_each_service(named: str) -> None:
    """One resource may be asked by several services: what the one tells does not hold for all."""
    condition, how = CONDITIONS[named]
    world = World(7)
    user = world.create_account("main", account_id=MAIN).create_user("ana", tags={"team": "sky"})
    user.put_policy("own", document(allow("*", Condition=condition)))
    actions = ["s3:GetObject", "kms:Decrypt", "iam:GetUser", "globalaccelerator:ListAccelerators"]
    resources = ["*", "arn:aws:s3:::maps/x", f"arn:aws:iam::{MAIN}:user/ana"]

    found = asked(world, actions, resources, [user], **how)

    assert agree(world, found, [user], **how) > 0


def test_an_endpoint_blocks_its_own_service_only() -> None:
    """Its policy is for S3: SQS is asked over the internet, in the same matrix."""
    world = World(7)
    main = world.create_account("main", account_id=MAIN)
    ana = main.create_user("ana")
    ana.attach_policy("AdministratorAccess")
    endpoint = main.create_vpc_endpoint(S3, "vpc-1")
    endpoint.put_policy(document(allow("s3:GetObject", Principal="*")))
    network = Network(endpoint=endpoint.arn)
    actions = ["s3:GetObject", "s3:PutObject", "sqs:ListQueues", "s3:DeleteObject"]

    found = asked(world, actions, [MAP], [ana], network=network)

    assert agree(world, found, [ana], network=network) == 2
    assert found.allowed(0, 2)


def test_bits_of_several_parts_come_back_in_the_order_in_which_was_asked() -> None:
    """Services by turns: the pairs of each are asked together."""
    assert in_order([])([]) == 0
    assert in_order([[0], [1]])([1, 0]) == 0b01
    assert in_order([[1, 3], [0, 2]])([0b01, 0b10]) == 0b0110
    assert in_order([[2], [0, 1]])([1, 0b01]) == 0b101


@pytest.mark.parametrize(
    "how",
    [
        {"networks": Network()},
        {"network": "198.51.100.7"},
        {"request_tags": ["team"]},
        {"via": "nobody"},
        {"source_arn": "arn:aws:s3:::raw"},
        {"context": {"a": object()}},
        {"context": 5},
        {"network": Network(endpoint="vpce-none")},
    ],
)
def test_what_can_refuses_is_refused(how: dict[str, Any]) -> None:
    """With the same kind of error, though many are asked."""
    world = observatory()
    alice = world.user("alice")

    with pytest.raises((RequestError, NoSuchEntity)) as alone:
        world.can(alice, "s3:GetObject", MAP, **how)
    with pytest.raises(type(alone.value)):
        asked(world, ["s3:GetObject"], [MAP], [alice], **how)


def test_services_and_strangers_do_not_share_what_is_known_of_a_call() -> None:
    """A stranger calls over the internet, a service does not; neither has an account."""
    world = World(7)
    main = world.create_account("main", account_id=MAIN)
    bucket = main.create_bucket("maps", public_access_block=PublicAccessBlock())
    bucket.put_policy(
        document(
            allow(
                "s3:GetObject",
                "arn:aws:s3:::maps/*",
                Principal="*",
                Condition={"Null": {"aws:SourceIp": "false"}},
            )
        )
    )
    callers = [ANONYMOUS, "ec2.amazonaws.com", "lambda.amazonaws.com"]

    for turned in (callers, callers[::-1]):
        found = asked(world, ["s3:GetObject"], ["arn:aws:s3:::maps/x"], turned)
        assert agree(world, found, turned) == 1


# -- groups and roles -----------------------------------------------------------------------------


def lonely_member(world: World, group: Any) -> Any:
    """Put somebody who has nothing into a copy of the group."""
    twin = world.copy()
    account = twin.accounts[group.account.account_id]
    new = account.create_user("nobody-else")
    account.groups[group.name].add_user(new)
    return new


@given(st.integers(0, 2**32 - 1))
def test_a_groups_row_is_what_a_member_with_nothing_else_may_do(seed: int) -> None:
    """Resource policies for everybody, SCPs and endpoints count for him; what he lacks does not."""
    chance = random.Random(seed)
    world = random_world(chance)
    if chance.random() < 0.7:
        organized(world, chance)
    how = circumstances(world, chance)
    context = how.pop("context", None)
    resources = chance.sample(RESOURCES, 6)

    found = access(world, ACTIONS, resources, None, "group", context, how)

    assert found.principals == (world.group("team").arn,)
    member = lonely_member(world, world.group("team"))
    agree(member.account.world, found, [member], context=context, **how)


def test_a_group_of_a_member_account_is_under_its_scps() -> None:
    """What the organization does not let through, no group gives."""
    world = observatory()
    main, dev = world.accounts[MAIN], world.accounts["222222222222"]
    dev.create_group("keepers").attach_policy("AmazonS3FullAccess")
    organization = world.create_organization(main)
    organization.invite_account(dev).accept()
    organization.create_policy("guard", document(deny("s3:Delete*"))).attach(dev)
    keepers = dev.groups["keepers"]
    actions = ["s3:GetObject", "s3:DeleteObject"]
    found = access(world, actions, ["arn:aws:s3:::new/x"], [keepers], "group")

    assert found.rows == (0b01,)
    member = lonely_member(world, keepers)
    assert agree(member.account.world, found, [member]) == 1


def test_a_member_with_nothing_else_has_neither_tags_nor_boundary_nor_own_policies() -> None:
    """What one member has in addition is not the group's."""
    world = observatory()
    team = world.group("team")
    principal = member_of(team)

    assert {attached.path for attached in principal.identity} == {("group team",)}
    assert principal.boundary is None
    assert not any("PrincipalTag" in key for key in principal.context())
    assert principal.arn not in everybody(world)


def test_the_made_up_member_is_nobody_who_is_there() -> None:
    """A resource policy that names a real user says nothing of him."""
    world = World(7)
    main = world.create_account("main", account_id=MAIN)
    team = main.create_group("team")
    main.create_user("some-member-of-team")

    assert member_of(team).arn not in everybody(world)


def test_a_group_gives_its_name_to_the_row() -> None:
    """A frame of groups is read by their ARNs."""
    world = scenario("groups")
    found = access(world, ["s3:GetObject"], [MAP], by="group")

    assert found.principals == tuple(
        group.arn for group in world.account("acme-main").groups.values()
    )
    assert {name.rpartition("/")[2] for name, _, _ in found} == {"astronomers", "developers"}


def test_of_roles_only_roles_are_asked() -> None:
    """No user and no root user is among them."""
    world = observatory()
    found = access(world, ACTIONS, OWNED, by="role")

    assert [principal.rpartition("/")[2] for principal in found.principals] == ["job", "reader"]
    assert agree(world, found, found.principals) > 0


def test_callers_who_are_given_may_mix() -> None:
    """Groups, users, roles, by themselves or by ARN, in the order in which they were given."""
    world = observatory()
    team, alice, job = world.group("team"), world.user("alice"), world.role("job")
    found = access(world, ACTIONS, OWNED, [job, team, alice.arn, team.arn], "group")

    assert found.principals == (job.arn, team.arn, alice.arn, team.arn)
    assert found.rows[1] == found.rows[3] != found.rows[2]
    agree(world, access(world, ACTIONS, OWNED, [job, alice.arn]), [job, alice.arn])


def test_a_group_is_not_a_principal_unless_groups_are_asked_for() -> None:
    """A question for principals refuses it, with its members as a hint."""
    world = observatory()

    with pytest.raises(RequestError, match="isn't a principal"):
        access(world, ["s3:GetObject"], [MAP], [world.group("team")])
    with pytest.raises(RequestError, match="isn't an option"):
        access(world, ["s3:GetObject"], [MAP], by="groups")


def test_a_group_whose_policy_is_unknown_gives_what_the_others_give() -> None:
    """What is attached and not in the file counts as empty."""
    world = observatory()
    team = world.group("team")
    before = access(world, ACTIONS, OWNED, by="group").rows
    team.attached.append(f"arn:aws:iam::{MAIN}:policy/gone")
    world.changed()

    assert access(world, ACTIONS, OWNED, by="group").rows == before
    assert "assumed to be empty" in member_of(team).assumed[0]


# -- two matrices ---------------------------------------------------------------------------------


def bits(callers: Any, pairs: Any, *rows: int) -> AccessMatrix:
    """Make a matrix."""
    return AccessMatrix(tuple(callers), tuple(pairs), rows)


READ, WRITE, LIST = (("s3:GetObject", "a"), ("s3:PutObject", "a"), ("s3:ListBucket", "b"))


def test_a_matrix_does_not_differ_from_itself() -> None:
    """Nor from one in another order."""
    item = bits("ab", (READ, WRITE), 0b01, 0b10)
    other = bits("ba", (WRITE, READ), 0b01, 0b10)

    for changes in (item.diff(item), item.diff(other), other.diff(item)):
        assert not changes
        assert len(changes) == 0
        assert changes == AccessChanges()
        assert str(changes) == "Nobody gained or lost anything."


def test_gains_and_losses_are_matched_by_name_and_not_by_place() -> None:
    """Callers and pairs are elsewhere, and one pair is written in other letters."""
    before = bits("ab", (READ, WRITE), 0b01, 0b10)
    after = bits("ba", (WRITE, ("S3:getobject", "a")), 0b11, 0b00)
    changes = before.diff(after)

    assert changes.gained == (("b", "S3:getobject", "a"),)
    assert changes.lost == (("a", "S3:getobject", "a"),)
    assert len(changes) == 2
    assert bool(changes)


def test_what_only_one_matrix_has_is_reported_and_is_not_a_change() -> None:
    """Nobody knows what the other would have said."""
    before = bits("ab", (READ, WRITE), 0b11, 0b11)
    after = bits("bc", (READ, LIST), 0b11, 0b11)
    changes = before.diff(after)

    assert not changes
    assert changes.only_before == ("a",)
    assert changes.only_after == ("c",)
    assert changes.pairs_only_before == (WRITE,)
    assert changes.pairs_only_after == (LIST,)
    assert "callers only after: c" in str(changes)
    assert "pairs only before: s3:PutObject on a" in str(changes)


@given(st.data())
def test_undone_changes_give_the_other_matrix(data: st.DataObject) -> None:
    """Who takes the gains away and gives the losses back has the matrix before."""
    pairs = [("s3:GetObject", str(number)) for number in range(4)]
    callers = "abc"
    rows = st.lists(st.integers(0, 15), min_size=3, max_size=3)
    before, after = (bits(callers, pairs, *data.draw(rows)) for _ in range(2))
    changes = before.diff(after)

    cells = (set(after) - set(changes.gained)) | set(changes.lost)
    assert cells == set(before)
    assert not set(changes.gained) & set(before)
    assert not set(changes.lost) & set(after)
    assert after.diff(before).gained == changes.lost


def test_changes_are_reported_in_few_lines_and_shown_as_text() -> None:
    """Whatever a resource is called, it isn't a markup; long lists are counted."""
    pairs = [("s3:GetObject", f"<b>{number}") for number in range(FEW + 5)]
    changes = bits("a", pairs, 0).diff(bits("a", pairs, (1 << FEW + 5) - 1))

    assert "a gained s3:GetObject on <b>0" in str(changes)
    assert "and 5 more lines with gained access" in str(changes)
    html = changes._repr_html_()
    assert "<b>" not in html
    assert "&lt;b&gt;0" in html
    frame = changes.to_frame()
    assert list(frame.columns) == ["change", "caller", "action", "resource"]
    assert len(frame) == FEW + 5


def test_worlds_are_compared_by_their_matrices() -> None:
    """Who leaves a group loses what it gave."""
    world = scenario("groups")
    before = access(world, ["s3:GetObject"], [MAP])
    world.group("astronomers").remove_user("alice")
    world.account("acme-main").create_user("zoe")
    changes = before.diff(access(world, ["s3:GetObject"], [MAP]))

    assert changes.lost == ((world.user("alice").arn, "s3:GetObject", MAP),)
    assert changes.only_after == (world.user("zoe").arn,)


def test_an_empty_question_has_an_empty_answer() -> None:
    """Rows without cells."""
    world = observatory()
    found = matrix(world, everybody(world), [])

    assert set(found.rows) == {0}
    assert len(found) == 0


def test_an_explicit_deny_of_a_group_does_not_hide_what_others_give() -> None:
    """A row of a group knows of no other group."""
    world = scenario("groups")
    world.group("contractors").put_policy("no", document(deny("*")))
    found = access(world, ["s3:GetObject"], [MAP], by="group")

    assert {entry.rpartition("/")[2] for entry, _, _ in found} == {"astronomers", "developers"}
