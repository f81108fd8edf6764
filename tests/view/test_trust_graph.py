"""Who can assume which role: the list, the table and the picture agree with the engine."""

import math

import networkx as nx
import pytest

from iamlab import RequestError, Verdict, World
from iamlab.teach.scenarios import EXTERNAL_ID, observatory, scenario
from iamlab.view.drawing.shapes import Circle, Curve
from iamlab.view.figures.reach.trust_graph import trust_graph
from tests.policy.documents import allow, deny, document
from tests.view.looking import faults
from tests.view.scenes import SIZES, company

MAIN, OTHER, ELSEWHERE = "111111111111", "222222222222", "777777777777"
SYMBOLS = ("can assume", "trusted, not permitted", "permitted, not trusted")


def trust(principal, action="sts:AssumeRole", **more):
    """A trust policy of one statement."""
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


def world_of(*users):
    """An account with users."""
    world = World(seed=7)
    main = world.create_account("acme-main", account_id=MAIN)
    for user in users:
        main.create_user(user)
    return world, main


def states(figure, role):
    """Return the states of a role in the table, by the principal's name."""
    return {
        row["principal"].rpartition("/")[2]: row["state"]
        for row in figure.rows
        if row["role"].endswith(f"/{role}")
    }


def steps(figure):
    """Return the rows of the table by principal and role."""
    return {(row["principal"], row["role"]): row for row in figure.rows}


# -- one pair --------------------------------------------------------------------------------------


def test_both_ends_are_named():
    """Carol can; Bob is trusted but isn't permitted; Dana is permitted but isn't trusted."""
    world, main = world_of("carol", "bob", "dana")
    main.create_role("auditor", assume_role_policy_document=trust({"AWS": MAIN}))
    main.create_role("keeper", assume_role_policy_document=trust({"AWS": main.users["carol"].arn}))
    become = document(allow("sts:AssumeRole", f"arn:aws:iam::{MAIN}:role/auditor"))
    main.users["carol"].put_policy("become", become)
    keep = document(allow("sts:AssumeRole", f"arn:aws:iam::{MAIN}:role/keeper"))
    main.users["dana"].put_policy("keep", keep)

    figure = trust_graph(world)

    assert states(figure, "auditor") == {
        "carol": "can assume",
        "bob": "trusted, not permitted",
        "dana": "trusted, not permitted",
        "keeper": "trusted, not permitted",
    }
    assert states(figure, "keeper") == {"carol": "can assume", "dana": "permitted, not trusted"}
    assert "carol can assume auditor and keeper" in figure.alt
    assert "dana to keeper: permitted, not trusted" in figure.alt
    drawn = {label.whole for label in figure.sheet.record.labels}
    assert {"trusted, not permitted", "permitted, not trusted"} <= drawn
    assert faults(figure) == []


CONDITIONS = {
    "MFA": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    "ExternalId": {"StringEquals": {"sts:ExternalId": "seven"}},
    "session name": {"StringLike": {"sts:RoleSessionName": "${aws:username}-*"}},
    "SourceIp": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
}


@pytest.mark.parametrize("short", CONDITIONS)
def test_what_the_call_must_bring_is_said_in_short_and_in_full(short):
    """The arrow has a short "if"; the table has the condition as it is written."""
    world, main = world_of("carol")
    policy = trust({"AWS": main.users["carol"].arn}, Condition=CONDITIONS[short])
    main.create_role("auditor", assume_role_policy_document=policy)

    figure = trust_graph(world)
    (row,) = figure.rows
    ((operator, wanted),) = CONDITIONS[short].items()
    ((key, value),) = wanted.items()

    assert row["may_become"] is True
    assert row["conditions"] == f"{operator} {key} {value}"
    assert f"if {short}" in figure.alt
    assert f"if {short}" in {label.drawn for label in figure.sheet.record.labels}
    assert faults(figure) == []


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalTag/team": "sky"}},
        {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}},
        {"NumericGreaterThan": {"aws:MultiFactorAuthAge": "1"}},
    ],
)
def test_a_condition_on_the_caller_itself_is_decided(condition):
    """A tag that she lacks denies access: that isn't an "if"."""
    world, main = world_of("carol")
    policy = trust({"AWS": main.users["carol"].arn}, Condition=condition)
    main.create_role("auditor", assume_role_policy_document=policy)

    (row,) = trust_graph(world).rows

    assert row["may_become"] is False
    assert row["state"] == "trusted, but a condition is not met"


@pytest.mark.parametrize("by", ["deny", "boundary", "scp"])
def test_what_cuts_a_way_is_named(by):
    """Trusted and permitted, but denied by a Deny, a boundary or an SCP."""
    world, main = world_of("carol")
    carol = main.users["carol"]
    main.create_role("auditor", assume_role_policy_document=trust({"AWS": MAIN}))
    carol.put_policy("become", document(allow("sts:AssumeRole")))
    if by == "deny":
        carol.put_policy("guard", document(deny("sts:AssumeRole", Sid="NoRoles")))
    elif by == "boundary":
        limit = main.create_policy("limit", document(allow("s3:*")))
        carol.put_permissions_boundary(limit)
    else:
        organization = world.create_organization(world.create_account("org"))
        organization.invite_account(MAIN).accept()
        fence = document(deny("sts:AssumeRole", Sid="Fence"))
        organization.create_policy("fence", fence).attach(MAIN)

    figure = trust_graph(world)

    row = steps(figure)[carol.arn, main.roles["auditor"].arn]
    named = {"deny": "guard/NoRoles", "boundary": "permissions boundary", "scp": "fence/Fence"}
    assert row["state"] == "trusted, but denied"
    assert row["cut_by"] == named[by]
    assert named[by] in figure.as_text()
    assert faults(figure) == []


def test_whoever_is_not_of_this_world_is_there_too():
    """A service, an outside account, its user, anyone, and a deleted principal."""
    world, main = world_of()
    outside = f"arn:aws:iam::{ELSEWHERE}:role/vendor"
    for name, principal in {
        "job": {"Service": "ec2.amazonaws.com"},
        "partner": {"AWS": ELSEWHERE},
        "vendor": {"AWS": outside},
        "open": {"AWS": "*"},
    }.items():
        main.create_role(name, assume_role_policy_document=trust(principal))
    gone = main.create_user("gone")
    main.create_role("stale", assume_role_policy_document=trust({"AWS": gone.arn}))
    gone.delete()

    figure = trust_graph(world)

    assert states(figure, "job") == {"ec2.amazonaws.com": "can assume"}
    assert states(figure, "partner") == {ELSEWHERE: "trusted; its own account decides"}
    assert states(figure, "vendor") == {"vendor": "trusted; its own account decides"}
    assert states(figure, "open")["*"] == "trusted; its own account decides"
    assert set(states(figure, "stale").values()) == {"trusted, but not there"}
    assert faults(figure) == []


def test_a_federated_caller_comes_with_the_right_call():
    """Not with sts:AssumeRole, but with the call for a web identity."""
    figure = trust_graph(observatory())

    (row,) = [row for row in figure.rows if row["kind"] == "identity provider"]
    assert row["action"] == "sts:AssumeRoleWithWebIdentity"
    assert row["may_become"] is True
    assert "sub repo:acme/star-maps" in row["conditions"]


def test_everybody_counts_in_the_account_of_the_role():
    """A trust in * lets each user of the account assume the role without another policy."""
    world, main = world_of("ana", "bob")
    main.create_role("open", assume_role_policy_document=trust({"AWS": "*"}))

    found = states(trust_graph(world), "open")

    assert (found["ana"], found["bob"]) == ("can assume", "can assume")


# -- many ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", [0, 3])
def test_the_table_says_what_the_engine_says(size, seed):
    """The table says "can" if the engine allows the call, and not if it always denies."""
    world = company(size, seed)
    found = steps(trust_graph(world))
    callers = [
        caller
        for account in world.accounts.values()
        for caller in (*account.users.values(), *account.roles.values())
    ]

    for account in world.accounts.values():
        for role in account.roles.values():
            for caller in callers:
                decision = world.can(caller, "sts:AssumeRole", role.arn)
                row = found.get((caller.arn, role.arn))
                if decision:
                    assert row is not None
                    assert row["state"] == "can assume"
                    assert not row["conditions"]
                elif row is not None and row["state"] == "can assume":
                    assert row["conditions"]  # it takes more than to be who he is
                    assert decision.verdict is not Verdict.ALLOWED


def test_a_condition_that_is_brought_along_is_one_that_the_engine_takes():
    """With the external ID from the table, the engine allows the vendor."""
    world = observatory()
    collector, reader = world.role("collector"), world.account("acme-data").roles["starsoft-reader"]
    row = steps(trust_graph(world))[collector.arn, reader.arn]

    assert row["conditions"] == f"StringEquals sts:ExternalId {EXTERNAL_ID}"
    context = {"sts:ExternalId": EXTERNAL_ID}
    assert world.can(collector, "sts:AssumeRole", reader.arn, context=context)
    assert not world.can(collector, "sts:AssumeRole", reader.arn)


@pytest.mark.parametrize(
    ("permitted", "trusted", "ring"), [(True, True, None), (False, True, 0), (True, False, -1)]
)
def test_a_ring_is_at_the_end_that_fails(permitted, trusted, ring):
    """At the caller for a missing permission, at the role for missing trust; the line is dashed."""
    world, main = world_of("ana")
    who = {"AWS": MAIN} if trusted else {"Service": "ec2.amazonaws.com"}
    main.create_role("auditor", assume_role_policy_document=trust(who))
    if permitted:
        main.users["ana"].put_policy("become", document(allow("sts:AssumeRole")))

    figure = trust_graph(world, lit=None)

    (caller,) = [box for box in figure.sheet.record.boxes if box.text == "ana"]
    (role,) = [box for box in figure.sheet.record.boxes if box.text == "auditor"]
    (line,) = [
        points
        for points in figure.sheet.record.lines
        if points[0][0] == caller.right[0]
        and abs(points[0][1] - caller.y) < caller.height / 2
        and points[-1][0] == role.x
    ]
    shapes = figure.sheet.shapes
    rings = [(shape.x, shape.y) for shape in shapes if isinstance(shape, Circle)]
    drawn = next(
        shape for shape in shapes if isinstance(shape, Curve) and shape.points[:-1] == line[:-1]
    )
    assert (not drawn.ink.dashes) is (ring is None)
    if ring is not None:
        assert any(math.dist(place, line[ring]) < 0.2 for place in rings)
        assert not any(math.dist(place, line[-1 - ring]) < 0.2 for place in rings)


def test_those_who_are_alike_are_counted():
    """Forty users with one permission are one box, and each has a row."""
    world, main = world_of(*(f"user-{i}" for i in range(40)))
    main.create_role("auditor", assume_role_policy_document=trust({"AWS": MAIN}))
    team = main.create_group("team")
    team.put_policy("become", document(allow("sts:AssumeRole")))
    for user in list(main.users)[:30]:
        team.add_user(user)

    figure = trust_graph(world)

    assert {box.text for box in figure.sheet.record.boxes} == {
        "30 users",
        "10 users",
        "auditor",
    }
    assert sum(row["may_become"] for row in figure.rows) == 30
    assert sum(row["state"] == "trusted, not permitted" for row in figure.rows) >= 10
    for name in main.users:
        assert name in figure.as_text()
    assert faults(figure) == []


def test_a_permission_for_everything_has_no_arrow_to_each_role():
    """The principal's box has the number of roles."""
    world, main = world_of("dana")
    for number in range(20):
        policy = trust({"Service": "ec2.amazonaws.com"})
        main.create_role(f"job-{number}", assume_role_policy_document=policy)
    main.create_role("mine", assume_role_policy_document=trust({"AWS": main.users["dana"].arn}))
    main.users["dana"].put_policy("all", document(allow("sts:AssumeRole")))

    figure = trust_graph(world)

    assert len(figure.sheet.record.lines) < 30
    assert "+20 permitted" in figure.as_text()
    assert sum(row["state"] == "permitted, not trusted" for row in figure.rows) == 20


def test_a_huge_account_is_grouped_and_nobody_is_lost():
    """With too many boxes, similar ones are drawn as one; the caption says so."""
    world, main = world_of(*(f"user-{i}" for i in range(90)))
    for i, user in enumerate(main.users.values()):
        main.create_role(f"role-{i}", assume_role_policy_document=trust({"AWS": user.arn}))

    figure = trust_graph(world)

    assert len(figure.sheet.record.boxes) <= 60
    assert sum(row["may_become"] for row in figure.rows) == 90
    assert "drawn as one" in figure.caption
    assert all(f"user-{i} " in figure.as_text() for i in range(90))
    assert faults(figure) == []


# -- the picture -----------------------------------------------------------------------------------


def chain_of(*pairs):
    """Make roles that can assume each other."""
    world, main = world_of("ana")
    for name in dict.fromkeys(name for pair in pairs for name in pair if name != "ana"):
        start = {"Service": "ec2.amazonaws.com"}
        main.create_role(name, assume_role_policy_document=trust(start))
    for name, role in main.roles.items():
        into = [start for start, other in pairs if other == name]
        named = [{**main.users, **main.roles}[name_before].arn for name_before in into]
        if named:
            role.update_assume_role_policy(trust({"AWS": named}))
    return world


@pytest.mark.parametrize(
    "pairs",
    [
        [("ana", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e")],
        [("ana", "a"), ("a", "b"), ("b", "a")],
        [("ana", "a"), ("a", "b"), ("b", "c"), ("c", "a")],
        [("a", "b"), ("b", "a")],
        [("ana", "a"), ("ana", "b"), ("a", "b"), ("b", "a"), ("a", "a")],
        [("ana", name) for name in "abcdef"] + [("abcdef"[i], "abcdef"[i - 1]) for i in range(6)],
    ],
)
def test_chains_and_circles_are_drawn_clean(pairs):
    """No line crosses a box, in any direction."""
    figure = trust_graph(chain_of(*pairs))

    found = {
        (row["principal"].rpartition("/")[2], row["role"].rpartition("/")[2])
        for row in figure.rows
        if row["may_become"]
    }
    assert found == set(pairs)
    assert (
        len(figure.sheet.record.lines) == sum(start != other for start, other in pairs) + 1
    )  # the sign's
    assert faults(figure) == []


def test_who_is_lit_has_bold_ways():
    """Carol becomes the auditor, and the auditor becomes the archivist."""
    world = observatory()

    figure = trust_graph(world, lit=world.user("carol"))

    bold = {box.text for box in figure.sheet.record.boxes if box.bold}
    assert bold == {"carol", "auditor", "admin", "archivist"}
    assert figure.alt == "carol can assume auditor and admin (if MFA)."
    nobody = trust_graph(world, lit=world.user("bob"))
    assert nobody.alt.startswith("bob can assume 0 of")


def test_accounts_are_fields_once_there_are_several():
    """Accounts with roles or callers have frames; a caller without an account is outside."""
    figure = trust_graph(observatory())
    titles = {label.whole for label in figure.sheet.record.labels}

    assert {"acme-main", "acme-data", "starsoft", "nebula-labs"} <= titles
    assert "acme-org" not in titles
    assert nx.get_node_attributes(figure.graph, "field")["ec2.amazonaws.com"] == ""


def test_an_empty_world_says_so():
    """Without roles there is nothing to assume."""
    for world in (World(seed=1), scenario("groups")):
        figure = trust_graph(world)

        assert figure.alt == "There are no roles in this world."
        assert faults(figure) == []


def test_the_same_world_gives_the_same_bytes():
    """The order of a set makes no difference."""
    assert trust_graph(observatory()).svg() == trust_graph(observatory()).svg()


def test_only_a_world_is_drawn():
    """The error says what is needed."""
    with pytest.raises(RequestError, match="a world"):
        trust_graph("world")


def test_roles_of_one_name_differ_by_their_accounts():
    """A user and a role of one name and account differ by their kinds."""
    world, main = world_of("carol", "auditor")
    other = world.create_account("other")
    for account in (main, other):
        account.create_role("auditor", assume_role_policy_document=trust({"AWS": MAIN}))
    main.users["carol"].put_policy("become", document(allow("sts:AssumeRole")))
    alt = trust_graph(world, lit=main.users["carol"]).alt

    assert alt == f"carol can assume role auditor of {main.name} and auditor of other."


def test_the_list_says_from_which_account_a_stranger_comes():
    """Two roles of one name in two accounts are kept apart."""
    world = observatory()
    lines = trust_graph(world).lines

    assert sum("collector (role of starsoft): can assume" in line for line in lines) == 2
    assert not any("carol (user of" in line for line in lines)


def test_a_line_that_passes_a_column_has_room_for_all_of_its_words():
    """It is longer than those to the next column, and so its words can be longer."""
    drawn = [label.drawn for label in trust_graph(observatory()).sheet.record.labels]

    assert "if aud and sub" in drawn
