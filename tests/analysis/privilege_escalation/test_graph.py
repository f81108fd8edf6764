"""The graph of reach: what an edge promises, a replay keeps; and what is read off the graph."""

from dataclasses import replace
from importlib import util
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from iamlab import ANONYMOUS, Policy, World
from iamlab.analysis.privilege_escalation.edge_finder import EdgeFinder
from iamlab.analysis.privilege_escalation.escalation_methods import METHODS
from iamlab.analysis.privilege_escalation.path_search import PathSearcher
from iamlab.analysis.privilege_escalation.permission_checks import Call, Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.authorization.principal import principal_of
from iamlab.errors import RequestError
from iamlab.world.account import Account
from tests.analysis.privilege_escalation import random_worlds
from tests.analysis.privilege_escalation.random_worlds import PROBES
from tests.effort import slow, tries
from tests.policy.documents import trust

ROOT = Path(__file__).parents[3]
MAP = "arn:aws:s3:::star-maps/m31.fits"
SEEDS = st.integers(0, 1_000_000)
QUICKLY = (Phase.explicit, Phase.reuse, Phase.generate)  # a seed is not simpler than another


def promised(reach: Reach, edge: Edge) -> list[bool]:
    """Return what the target of an edge may do, by the graph."""
    return [bool(reach.decide(edge.target, Need(*probe, {}))) for probe in PROBES]


@settings(max_examples=tries(12), phases=QUICKLY)
@given(SEEDS)
def test_what_an_edge_promises_a_replay_keeps(seed: int) -> None:
    """No call is refused, and the caller may then do just what the edge's target may."""
    reach = random_worlds.made(seed).reach()
    for edge in (edge for arn in reach.principals for edge in reach.edges_from(arn)):
        if edge.way.can_be_replayed:
            replay = reach.along(edge).replay()
            kept = [
                bool(replay.world.can(replay.principal, *probe, allow_unknown=True))
                for probe in PROBES
            ]
            assert kept == promised(reach, edge), str(edge)


@slow
@settings(max_examples=tries(4), phases=QUICKLY)
@given(SEEDS)
def test_whoever_can_become_an_administrator_becomes_one_in_a_replay(seed: int) -> None:
    """Every path to an administrator ends with somebody who may do anything."""
    reach = random_worlds.made(seed).reach()
    for path in reach.admins().values():
        if path.can_be_replayed:
            replay = path.replay()
            assert replay.world.can(
                replay.principal, "iamlab-probe:AnythingAtAll", "*", allow_unknown=True
            ), str(path)


@slow
@settings(max_examples=tries(2), phases=QUICKLY)
@given(SEEDS)
def test_what_administrators_share_changes_no_answer(seed: int) -> None:
    """With a point for all of them, or each by itself: the same people are reached."""
    world = random_worlds.made(seed)
    shared, single = EdgeFinder(Decider(world)), EdgeFinder(Decider(world))
    single._alike = dict.fromkeys(world.accounts, False)
    for begin in (world.account("main").users["u0"], world.account("other").root_arn):
        power = PrincipalState.of(principal_of(world, begin))
        item, other = PathSearcher(shared).all_from(power), PathSearcher(single).all_from(power)
        today = set(shared.today.values())
        assert today & set(item) == today & set(other)
        admins = {power.account_id for power in item if shared.is_admin(power)}
        assert admins == {power.account_id for power in other if single.is_admin(power)}


@pytest.fixture
def main() -> Account:
    """Dana may assume deputy, who may assume boss, who reads maps; eve may nothing."""
    main = World(seed=7).create_account("main", account_id="111111111111")
    dana = main.create_user("dana")
    main.create_user("eve")
    deputy = main.create_role("deputy", assume_role_policy_document=trust({"AWS": dana.arn}))
    boss = main.create_role("boss", assume_role_policy_document=trust({"AWS": deputy.arn}))
    boss.put_policy("maps", Policy.allow("s3:GetObject", "arn:aws:s3:::star-maps/*"))
    return main


def test_who_gets_to_a_resource_is_reported_with_his_steps(main: Account) -> None:
    """The nearest first; whoever does not get there is not among them."""
    found = main.world.reach().to("s3:GetObject", MAP)
    assert {arn.rpartition(":")[2]: len(path) for arn, path in found.items()} == {
        "root": 0,
        "role/boss": 0,
        "role/deputy": 1,
        "user/dana": 2,
    }
    assert [arn.rpartition(":")[2] for arn in found.directly] == ["role/boss", "root"]
    assert str(found).startswith(f"4 of 5 get to do s3:GetObject on {MAP}, 2 of them directly")


def test_a_condition_key_of_the_last_call_can_be_given(main: Account) -> None:
    """Only the last call has it."""
    when = {"StringEquals": {"s3:ExistingObjectTag/open": "yes"}}
    main.roles["boss"].put_policy("maps", Policy.allow("s3:GetObject", when=when))
    reach = main.world.reach()
    assert len(reach.to("s3:GetObject", MAP)) == 1  # the root user
    context = {"s3:ExistingObjectTag/open": "yes"}
    assert len(reach.to("s3:GetObject", MAP, context=context)) == 4


def test_the_blast_radius_names_what_a_principal_can_become(main: Account) -> None:
    """It also names the accounts that the principal can administer."""
    found = main.world.reach().blast_radius(main.users["dana"])
    assert [arn.rpartition("/")[2] for arn in found] == ["deputy", "boss"]
    assert found.admin_of == {}
    main.roles["boss"].attach_policy("AdministratorAccess")
    now = main.world.reach().blast_radius(main.users["dana"])
    assert list(now.admin_of) == ["111111111111"]
    assert len(now.admin_of["111111111111"]) == 2
    assert {arn.rpartition("/")[2] for arn in now} >= {"deputy", "boss", "eve"}
    assert "administrator of 111111111111" in str(now)


def test_a_replay_ends_with_the_caller_and_leaves_a_trail(main: Account) -> None:
    """In a copy: the world that was asked stays as it was."""
    events = len(main.world.events)
    path = main.world.reach().path(main.users["dana"], main.roles["boss"])
    assert path is not None
    replay = path.replay()
    assert replay.world.can(replay.principal, "s3:GetObject", MAP)
    made = [event.event_name for event in replay.world.events[events:]]
    assert made == ["AssumeRole", "AssumeRole"]
    assert len(main.world.events) == events


def test_a_session_policy_stays_whatever_is_written_to_the_role(main: Account) -> None:
    """The session cannot widen itself; the role's next session can do more."""
    main.roles["deputy"].put_policy("own", Policy.allow("iam:PutRolePolicy"))
    world, deputy = main.world, main.roles["deputy"].arn
    key = main.users["dana"].create_access_key()
    named = {"role_arn": deputy, "role_session_name": "dana"}
    free = world.sts.assume_role(key, **named)
    narrow = world.sts.assume_role(key, **named, policy=Policy.allow("s3:*"))
    some = world.sts.assume_role(key, **named, policy=Policy.allow(["s3:*", "iam:PutRolePolicy"]))
    reach = world.reach()
    assert reach.path(free) is not None
    assert reach.path(narrow) is None
    own = [edge for edge in reach.edges_from(some) if edge.is_own]
    assert own
    assert not any(reach.is_admin(edge.target) for edge in own)


def test_an_scp_stops_a_way_and_a_boundary_caps_what_it_gives(main: Account) -> None:
    """What other tools leave out."""
    dana, world = main.users["dana"], main.world
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    assert world.reach().path(dana) is not None
    main.create_policy("limit", Policy.allow(["iam:PutUserPolicy", "s3:*"]))
    dana.put_permissions_boundary("limit")
    reach = world.reach()
    assert reach.path(dana) is None
    (edge,) = [edge for edge in reach.edges_from(dana) if edge.way.number == 6]
    assert reach.decide(edge.target, Need("s3:DeleteBucket", "arn:aws:s3:::x", {}))
    assert not reach.decide(edge.target, Need("ec2:RunInstances", "*", {}))
    dana.delete_permissions_boundary()
    organization = world.create_organization(world.create_account("top"))
    organization.invite_account(main).accept()
    organization.create_policy("guard", Policy.deny("iam:PutUserPolicy")).attach(main)
    assert world.reach().path(dana) is None


def test_a_limited_administrator_is_not_an_administrator(main: Account) -> None:
    """A permanent Deny, a boundary, or a condition that isn't met limits the user."""
    cases = {
        "denied": {"extra": Policy.deny("iam:*")},
        "bounded": {"boundary": Policy.allow("s3:*")},
        "elsewhere": {"when": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    }
    for name, case in cases.items():
        user = main.create_user(name)
        user.put_policy("all", Policy.allow("*", when=case.get("when")))  # type: ignore[arg-type]
        if "extra" in case:
            user.put_policy("extra", case["extra"])  # type: ignore[arg-type]
        if "boundary" in case:
            main.create_policy("limit", case["boundary"])  # type: ignore[arg-type]
            user.put_permissions_boundary("limit")
        reach = main.world.reach()
        assert not reach.is_admin(user), name
        path = reach.path(user)
        assert (path is None) if name != "elsewhere" else not path.is_proved, name
    freed = main.create_user("freed")
    freed.put_policy("all", Policy.allow("*"))
    freed.put_policy("extra", Policy.deny("s3:DeleteBucket"))
    reach = main.world.reach()
    assert not reach.is_admin(freed)
    path = reach.path(freed)
    assert path is not None
    assert [edge.way.number for edge in path] == [6]  # by writing over the policy that denies
    assert path.replay().world.can(freed, "s3:DeleteBucket", "arn:aws:s3:::x")


def test_administrators_of_accounts_are_found_by_the_root_user_too(main: Account) -> None:
    """Who is one already has a path without steps."""
    path = main.world.reach().path(main.root_arn)
    assert path is not None
    assert (len(path), str(path)) == (0, "root is there already")


def test_the_graph_is_one_of_principals(main: Account) -> None:
    """Every principal is a node, and who can be made; a line knows its edges."""
    reach = main.world.reach()
    graph = reach.graph()
    assert set(graph) >= set(reach.principals)
    dana, boss = main.users["dana"].arn, main.roles["boss"].arn
    assert nx.shortest_path_length(graph, dana, boss) == 2
    assert graph.nodes[main.root_arn]["is_admin"]
    (line,) = (data for *_, data in graph.out_edges(dana, data=True))
    assert line["ways"] == [15]
    assert line["edges"][0] in reach.edges


def test_the_texts_of_the_graph_are_escaped(main: Account) -> None:
    """Whatever somebody is called, it ends no text and begins no tag."""
    reach = main.world.reach()
    (edge,) = reach.edges_from(main.users["dana"])
    evil = replace(edge.source.principal, arn='arn:aws:iam::1:user/a"]; <b>\n\\')
    forged = replace(edge, source=PrincipalState.of(evil))
    dot, mermaid = reach.to_dot([forged]), reach.to_mermaid([forged])
    assert '\\"]; <b> \\\\"' in dot
    assert "<b>" not in mermaid
    assert mermaid.count('"') % 2 == 0
    assert len(mermaid.split("\n")) == 2


def test_the_frame_has_a_line_for_each_edge(main: Account) -> None:
    """With the permissions that it needs."""
    frame = main.world.reach().to_frame()
    assert len(frame) == len(main.world.reach().edges)
    assert "sts:AssumeRole" in set(frame["permissions"])


def test_of_administrators_only_the_edges_into_other_accounts_are_listed(main: Account) -> None:
    """In his own account he takes everybody, and whoever asks for him gets it all."""
    far = main.world.create_account("far").create_role(
        "far", assume_role_policy_document=trust({"AWS": main.account_id})
    )
    main.users["eve"].attach_policy("AdministratorAccess")
    reach = main.world.reach()
    listed = [edge.target.arn for edge in reach.edges if reach.is_admin(edge.source)]
    assert set(listed) == {far.arn}
    assert len(reach.edges_from(main.users["eve"])) > len(main.users)


def test_edges_are_joined_to_a_path_only_where_they_meet(main: Account) -> None:
    """A path of nothing, or of edges that do not meet, is refused."""
    reach = main.world.reach()
    (first,) = reach.edges_from(main.users["dana"])
    (second,) = reach.edges_from(main.roles["deputy"])
    assert reach.along(first, second).replay()
    with pytest.raises(RequestError, match="does not end where"):
        reach.along(second, first)
    with pytest.raises(RequestError, match="made of edges"):
        reach.along()


def test_a_call_tells_no_secret(main: Account) -> None:
    """Of a password, only that there is one."""
    call = Call("iam:UpdateLoginProfile", {"UserName": "dana", "Password": "Hidden-1"}, ())
    assert str(call) == "iam:UpdateLoginProfile UserName=dana Password=..."
    del main


def test_how_everybody_calls_can_be_said(main: Account) -> None:
    """An address that a trust policy asks for opens it."""
    trusted = trust({"AWS": main.users["eve"].arn})
    trusted["Statement"][0]["Condition"] = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    main.create_role("far", assume_role_policy_document=trusted)
    eve, far = main.users["eve"], main.roles["far"]
    unknown = main.world.reach().path(eve, far)
    assert unknown is not None
    assert unknown.conditions == ("called from 203.0.113.0/24",)
    there = main.world.reach(context={"aws:SourceIp": "203.0.113.9"}).path(eve, far)
    assert there is not None
    assert there.is_proved
    assert main.world.reach(context={"aws:SourceIp": "192.0.2.1"}).path(eve, far) is None


def test_every_way_of_the_table_says_what_it_takes() -> None:
    """Title, permissions, gain, and a guard."""
    assert sorted(METHODS) == list(range(1, 77))
    for method in METHODS.values():
        assert method.title, method
        assert method.permissions, method
        assert method.gain, method


def test_the_page_of_ways_is_that_of_the_table() -> None:
    """``python scripts/make_ways_page.py`` writes it."""
    spec = util.spec_from_file_location("made", ROOT / "scripts/make_ways_page.py")
    assert spec is not None
    assert spec.loader is not None
    made = util.module_from_spec(spec)
    spec.loader.exec_module(made)
    assert made.PAGE.read_text("utf-8") == made.page()


ONE_AFTER_ANOTHER = (  # what makes somebody look like an administrator, and isn't one
    ("the power user's policy", {}, "PowerUserAccess", None),
    ("a boundary that leaves out IAM", {}, "AdministratorAccess", "PowerUserAccess"),
)


@pytest.mark.parametrize("case", ONE_AFTER_ANOTHER, ids=lambda item: item[0])
def test_who_may_not_give_power_is_not_an_administrator(
    main: Account, case: tuple[str, dict[str, str], str, str | None]
) -> None:
    """Whatever else he may do: he cannot take the others in his account."""
    _, context, policy, boundary = case
    eve = main.users["eve"]
    eve.attach_policy(policy)
    if boundary:
        eve.put_permissions_boundary(boundary)
    reach = main.world.reach(context=context)
    assert not reach.is_admin(eve)
    assert reach.path(eve, main.users["dana"]) is None
    assert len(reach.blast_radius(eve)) == 0


def test_a_federated_user_of_an_administrator_is_not_an_administrator(main: Account) -> None:
    """Such credentials can't call IAM; neither can a session without MFA."""
    main.users["eve"].attach_policy("AdministratorAccess")
    key = main.users["eve"].create_access_key()
    guest = main.world.sts.get_federation_token(key, name="guest", policy=Policy.allow("*"))
    session = main.world.sts.get_session_token(key)
    reach = main.world.reach()
    assert reach.is_admin(key)
    assert not reach.is_admin(guest)
    assert not reach.is_admin(session)


def test_a_member_accounts_root_user_under_an_scp_is_not_an_administrator(main: Account) -> None:
    """SCPs are for root users of member accounts too."""
    world = main.world
    organization = world.create_organization(world.create_account("top"))
    organization.invite_account(main).accept()
    assert world.reach().is_admin(main.root_arn)
    organization.create_policy("guard", Policy.deny("iam:*")).attach(main)
    reach = world.reach()
    assert not reach.is_admin(main.root_arn)
    assert len(reach.blast_radius(main.root_arn)) == 0


def test_a_replay_calls_as_everybody_was_said_to_call(main: Account) -> None:
    """From the address, and at the endpoint of the Region."""
    eve, world = main.users["eve"], main.world
    eve.put_policy("own", Policy.allow("sts:AssumeRole"))
    for how, condition in (
        ({"context": {"aws:SourceIp": "203.0.113.9"}}, {"aws:SourceIp": "203.0.113.0/24"}),
        ({"region": "eu-west-1"}, {"aws:RequestedRegion": "eu-west-1"}),
    ):
        operator = "IpAddress" if "context" in how else "StringEquals"
        trusted = trust({"AWS": main.account_id})
        trusted["Statement"][0]["Condition"] = {operator: condition}
        main.create_role("far", assume_role_policy_document=trusted)
        path = world.reach(**how).path(eve, main.roles["far"])  # type: ignore[arg-type]
        assert path is not None
        assert path.replay().principal
        main.roles["far"].delete()
    assert not world.standing.context


def test_a_path_is_one_that_its_replay_keeps(main: Account) -> None:
    """Two keys are there already: what one step has deleted, the next need not delete again."""
    world = World(seed=7)
    other = world.create_account("main", account_id="111111111111")
    alice, bob, carol = (other.create_user(name) for name in ("alice", "bob", "carol"))
    for user in (bob, bob):
        user.create_access_key()
    keys = Policy.allow(["iam:CreateAccessKey", "iam:DeleteAccessKey"], bob.arn)
    alice.put_policy("own", keys)
    bob.put_policy("own", Policy.allow("iam:CreateAccessKey", carol.arn))
    carol.put_policy("own", keys + Policy.allow("iam:PutUserPolicy", bob.arn))
    path = world.reach().path(alice)
    assert path is not None
    assert path.replay().principal
    assert all(path.replay() for path in world.reach().admins().values())
    del main


@pytest.mark.parametrize("caller", ["lambda.amazonaws.com", ANONYMOUS])
def test_who_is_of_no_account_becomes_nobody(main: Account, caller: str) -> None:
    """Each question says so in the same words."""
    reach = main.world.reach()
    for ask in (reach.path, reach.blast_radius, reach.edges_from, reach.is_admin, reach.cut):
        with pytest.raises(RequestError, match="of no account"):
            ask(caller)
    with pytest.raises(RequestError, match="of no account"):
        reach.path(main.users["dana"], caller)


def test_what_is_of_the_wrong_kind_is_refused_in_words(main: Account) -> None:
    """As ``World.can`` refuses it."""
    reach = main.world.reach()
    for ask in (
        lambda: reach.to("s3:GetObject", None),  # type: ignore[arg-type]
        lambda: reach.to(5, MAP),  # type: ignore[arg-type]
        lambda: reach.to("s3:GetObject", MAP, context=5),  # type: ignore[arg-type]
        lambda: reach.along(3),  # type: ignore[arg-type]
        lambda: reach.cut(3.5),  # type: ignore[arg-type]
        lambda: reach.path(main.world),  # type: ignore[arg-type]
    ):
        with pytest.raises(RequestError):
            ask()


def test_an_administrators_session_of_a_role_that_he_frees_has_his_own_name(main: Account) -> None:
    """He takes the boundary off a role of his account, and goes on with it into another account."""
    world = main.world
    boss, erin = main.create_user("chief"), main.create_user("erin")
    boss.attach_policy("AdministratorAccess")
    erin.put_policy("help", Policy.allow("iam:CreateAccessKey", boss.arn))
    main.create_role(
        "bounded",
        assume_role_policy_document=Policy.allow("sts:AssumeRole", None, principal=main.account_id),
        permissions_boundary=main.create_policy("bound", Policy.allow("s3:*")),
    )
    trusted = f"arn:aws:iam::{main.account_id}:role/bounded"
    archive = world.create_account("elsewhere", account_id="888888888888").create_role(
        "archive",
        assume_role_policy_document=Policy.allow("sts:AssumeRole", None, principal=trusted),
    )

    path = world.reach().path(erin, to=archive)

    assert path is not None
    assert [edge.target.arn for edge in path] == [boss.arn, trusted, archive.arn]
    assert "in a session named chief" in str(path.edges[1].target)
    assert path.replay().world is not None


def test_strict_is_rejected(main: Account) -> None:
    """Reach decides questions of its own, so nobody could correct them."""
    with pytest.raises(RequestError, match="has no strict="):
        main.world.reach(strict=True)
