"""The reach graph: ways, fans and cuts as the model finds them, each step with its calls."""

import networkx as nx
import pytest

from iamlab import Policy, RequestError, World
from iamlab.analysis.privilege_escalation.cut_edits import Detach, TakeAction
from iamlab.teach.scenarios import ARCHIVE, observatory
from iamlab.view.figures.reach.reach_graph import draw_edges, draw_found, reach_graph
from iamlab.view.figures.reach.reach_path import draw_cut, draw_path, short_edit
from iamlab.view.style import DENY_AREA
from tests.benchmarks.plain_figure import TIMES, ratio_to_plain_figure
from tests.policy.documents import allow, document
from tests.view.looking import faults

MAIN = "111111111111"
PLACE = f"{ARCHIVE}/1764/m31.fits"


def trust(principal):
    """A trust policy of one statement."""
    return document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"})


def heist():
    """Dana can create a key for Erin, who can deploy a function as the administrator's role."""
    world = World(seed=7)
    main = world.create_account("acme-main", account_id=MAIN)
    dana, erin, bob = (main.create_user(name) for name in ("dana", "erin", "bob"))
    deployer = main.create_role("deployer", assume_role_policy_document=trust({"AWS": erin.arn}))
    service = trust({"Service": "lambda.amazonaws.com"})
    main.create_role("admin", assume_role_policy_document=service).attach_policy(
        "AdministratorAccess"
    )
    dana.put_policy("helpdesk", Policy.allow("iam:CreateAccessKey", [erin.arn, bob.arn]))
    run = ["lambda:CreateFunction", "lambda:InvokeFunction", "iam:PassRole"]
    deployer.put_policy("deploy", Policy.allow(run))
    return world


@pytest.fixture(scope="module")
def world():
    """Return the world; no test changes it."""
    return heist()


@pytest.fixture(scope="module")
def reach(world):
    """Return the reach of that world."""
    return world.reach()


def words(figure):
    """Return all words of the picture, before they were shortened."""
    return {label.whole for label in figure.sheet.record.labels}


def bold(figure):
    """Return the bold boxes."""
    return [box.text for box in figure.sheet.record.boxes if box.bold]


# -- a way -----------------------------------------------------------------------------------------


def test_a_way_has_each_step_with_its_calls(world, reach):
    """In the order of the path; the end is named as an administrator."""
    path = reach.path(world.user("dana"))
    figure = reach_graph(reach, world.user("dana"))

    on_way = [row for row in figure.rows if row["on_way"]]
    assert [row["step"] for row in on_way] == [1, 2, 3]
    for row, edge in zip(on_way, path.edges, strict=True):
        assert (row["source"], row["target"]) == (edge.source.arn, edge.target.arn)
        for call in edge.calls:
            assert call.operation in row["calls"]
            assert any(call.operation in text for text in words(figure))
            assert str(call) in figure.as_text()
    assert bold(figure) == ["dana", "erin", "deployer", "admin"]
    assert "role, administrator" in words(figure)
    assert figure.alt == (
        "dana becomes erin by iam:CreateAccessKey, then becomes deployer by sts:AssumeRole, then "
        "becomes admin by lambda:CreateFunction and 1 more call. admin is an administrator."
    )
    assert faults(figure) == []


def test_others_within_reach_are_beside_it(world, reach):
    """Dana could also create a key for Bob: he is pale, with the call beside him."""
    figure = reach_graph(reach, world.user("dana"))
    (row,) = [row for row in figure.rows if not row["on_way"]]
    (box,) = [box for box in figure.sheet.record.boxes if not box.bold]

    assert row["target"].endswith("user/bob")
    assert (box.text, box.note) == ("bob", "user")
    assert row["calls"] == "iam:CreateAccessKey"
    assert "dana, user\n  could also become bob (user)\n" in figure.as_text()


def test_a_path_shows_itself_alone(world, reach):
    """Without the others, which it doesn't know."""
    figure = draw_path(reach.path(world.user("dana")))

    assert [box.text for box in figure.sheet.record.boxes] == ["dana", "erin", "deployer", "admin"]
    assert "could also" not in figure.as_text()
    assert faults(figure) == []


def test_a_principal_that_widens_itself_is_two_points():
    """Dana, and Dana with any permission; her second box says "administrator"."""
    world = World(seed=7)
    dana = world.create_account("acme-main", account_id=MAIN).create_user("dana")
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))

    figure = reach_graph(world.reach(), dana)

    assert "user with any permission" in figure.as_text()
    assert len(figure.graph) == 2
    assert bold(figure) == ["dana", "dana"]
    assert faults(figure) == []


def test_who_is_there_already_takes_no_step(world, reach):
    """An administrator needs no path."""
    figure = reach_graph(reach, world.role("admin"))

    assert figure.alt == "admin needs no step. admin is an administrator."
    assert figure.sheet.record.lines == []
    assert faults(figure) == []


def test_where_there_is_no_way_that_is_said(world, reach):
    """And what the principal can become instead."""
    bob = reach_graph(reach, world.user("bob"))
    dana = reach_graph(observatory().reach(), f"arn:aws:iam::{MAIN}:user/carol")

    assert bob.alt == "bob can't become an administrator with any calls."
    assert "It can become auditor and archivist." in dana.alt
    assert faults(bob) == faults(dana) == []


def test_conditions_are_said_at_the_step():
    """The vendor must send the external ID."""
    world = observatory()
    reader = world.account("acme-data").roles["starsoft-reader"]
    figure = reach_graph(world.reach(), world.role("collector"), reader)

    assert "if the caller knows the external id" in figure.as_text()
    assert any("external id" in text for text in words(figure))
    assert faults(figure) == []


# -- a cut -----------------------------------------------------------------------------------------


def test_a_step_that_is_closed_has_the_edit_beside_it(world, reach):
    """The steps before it are open; the steps after it are pale."""
    dana = world.user("dana")
    cut = reach.cut(dana)
    figure = reach_graph(reach, dana, cut=cut)

    assert [row["open_after_cut"] for row in figure.rows] == [True, True, False]
    assert [row["reached_after_cut"] for row in figure.rows] == [True, True, True]
    assert figure.rows[2]["closed_by"] == str(cut.edits[0])
    assert "Remove iam:PassRole from statement #1 of deploy" in figure.alt
    assert str(cut.edits[0]) in " ".join(label.whole for label in figure.sheet.record.labels)
    assert "✓ open" in words(figure)
    assert bold(figure) == ["dana", "erin", "deployer"]
    (closed,) = [box.text for box in figure.sheet.record.boxes if box.area == DENY_AREA]
    assert closed == "admin"
    assert faults(figure) == []


def test_a_cut_shows_itself_as_it_is_shown_of_its_way(world, reach):
    """It has the path that it closes."""
    dana = world.user("dana")
    cut = reach.cut(dana)

    assert draw_cut(cut).svg() == reach_graph(reach, dana, cut=cut).svg()


def test_what_a_cut_closes_is_closed_and_the_rest_is_not(world, reach):
    """The picture agrees with the world after the edits."""
    dana = world.user("dana")
    cut = reach.cut(dana)
    after = cut.apply().reach()
    figure = draw_cut(cut)

    assert after.path(dana.arn) is None
    for row in figure.rows:
        still = any(edge.target.arn == row["target"] for edge in after.edges_from(row["source"]))
        assert still is row["open_after_cut"]


def test_an_early_cut_leaves_later_steps_unreached():
    """They are open, but no longer reached."""
    world = heist()
    reach = world.reach()
    dana = world.user("dana")
    keep = [
        (f"arn:aws:iam::{MAIN}:role/deployer", "iam:PassRole", f"arn:aws:iam::{MAIN}:role/admin")
    ]
    keep += [(keep[0][0], "lambda:CreateFunction", "*"), (keep[0][0], "lambda:InvokeFunction", "*")]
    figure = draw_cut(reach.cut(dana, keep=keep))

    is_open = [row["open_after_cut"] for row in figure.rows]
    first = is_open.index(False)
    assert first < 2
    assert not any(row["reached_after_cut"] for row in figure.rows[first + 1 :])
    assert figure.as_text().count("after the cut: no longer reached") == 2 - first
    assert faults(figure) == []


def test_two_ways_need_two_edits_and_the_other_one_is_named_too():
    """One closes the path that is drawn; the other is below it."""
    world = heist()
    world.user("dana").put_policy("more", Policy.allow("iam:PutUserPolicy"))
    cut = world.reach().cut(world.user("dana"))
    figure = draw_cut(cut)

    assert len(cut) > 1
    for edit in cut.edits:
        assert str(edit) in figure.as_text()
    (row,) = figure.rows
    edits = [line for line in figure.lines if line.startswith("edit: ")]
    assert "Remove iam:PutUserPolicy from statement #1 of more" in row["closed_by"]
    assert len(edits) == len(cut)
    assert faults(figure) == []


def test_a_path_that_cannot_be_closed_says_so(world, reach):
    """The permissions to keep leave the path open."""
    dana = world.user("dana")
    role = world.role("deployer").arn
    keep = [
        (dana, "iam:CreateAccessKey", world.user("erin").arn),
        (world.user("erin"), "sts:AssumeRole", role),
        (role, "iam:PassRole", world.role("admin").arn),
        (role, "lambda:CreateFunction", "*"),
        (role, "lambda:InvokeFunction", "*"),
    ]
    cut = reach.cut(dana, keep=keep)
    figure = draw_cut(cut)

    assert not cut.is_closed
    assert figure.alt.endswith("Nothing closes it.")
    assert all(row["open_after_cut"] for row in figure.rows)
    assert faults(figure) == []


def test_where_there_is_nothing_to_close_that_is_said(world, reach):
    """Bob has no path."""
    figure = draw_cut(reach.cut(world.user("bob")))

    assert figure.alt == "There is no path to close."
    assert faults(figure) == []


# -- many ways -------------------------------------------------------------------------------------


def test_a_fan_has_everybody_who_is_found(world, reach):
    """Each principal is in the column for its number of steps."""
    found = reach.blast_radius(world.user("dana"))
    figure = reach_graph(reach, world.user("dana"), None)

    assert {row["principal"] for row in figure.rows} >= set(found)
    for arn, path in found.items():
        rows = [row for row in figure.rows if row["principal"] == arn]
        assert [row["step"] for row in rows] == list(range(1, len(path.edges) + 1))
    places = {box.text: box.x for box in figure.sheet.record.boxes}
    assert places["dana"] < places["erin"] == places["bob"] < places["deployer"] < places["admin"]
    assert figure.alt.startswith("dana can become 4 of 6 principals, and administer acme-main: ")
    assert faults(figure) == []


def test_those_who_arrive_come_from_the_left(reach):
    """Principals with direct access are before the resource, the others before them."""
    found = reach.to("s3:GetObject", "arn:aws:s3:::maps/m31")
    figure = draw_found(found)

    assert {row["principal"] for row in figure.rows} == set(found)
    assert {row["principal"] for row in figure.rows if not row["steps"]} == set(found.directly)
    places = {box.text: box.x for box in figure.sheet.record.boxes}
    assert places["erin"] < places["deployer"] < places["admin"] < places["maps/m31"]
    assert "admin directly" in figure.alt
    assert faults(figure) == []


def test_the_resource_is_in_the_account_that_owns_it():
    """The archive is in acme-data."""
    figure = draw_found(observatory().reach().to("s3:GetObject", PLACE))

    assert nx.get_node_attributes(figure.graph, "field")["goal"] == "acme-data 222222222222"
    assert f"{PLACE}, s3:GetObject, in acme-data (222222222222)" in figure.as_text()


def test_the_whole_graph_has_every_edge():
    """It has all edges of the reach."""
    reach = observatory().reach()
    figure = draw_edges(reach)

    wanted = {(edge.source.arn, edge.target.arn, edge.way.title): edge for edge in reach.edges}
    found = {(row["source"], row["target"], row["way"]): row["calls"] for row in figure.rows}
    assert len(figure.rows) == len(found)
    assert set(found) == set(wanted)
    for key, edge in wanted.items():
        assert found[key] == " + ".join(dict.fromkeys(call.operation for call in edge.calls))
    assert "carol becomes auditor by sts:AssumeRole" in figure.alt
    assert faults(figure) == []


def test_a_thicket_is_thinned_and_the_table_has_all():
    """If everyone can become everyone, each node keeps only one arrow."""
    world = World(seed=7)
    main = world.create_account("acme-main", account_id=MAIN)
    users = [main.create_user(f"user-{i}") for i in range(12)]
    for user in users:
        user.put_policy("keys", Policy.allow("iam:CreateAccessKey", f"arn:aws:iam::{MAIN}:user/*"))

    figure = draw_edges(world.reach())

    assert len(figure.rows) == figure.graph.number_of_edges() == 12 * 11
    assert 0 < len(figure.sheet.record.lines) <= 40
    assert "more arrows are only in the table" in figure.caption
    assert faults(figure) == []


def test_many_who_are_alike_are_counted():
    """Eighty users, each with a key: one box, and eighty rows."""
    world = World(seed=7)
    main = world.create_account("acme-main", account_id=MAIN)
    names = [f"user-{i}" for i in range(80)]
    users = [main.create_user(name) for name in names]
    everybody = f"arn:aws:iam::{MAIN}:user/user-*"
    users[0].put_policy("keys", Policy.allow("iam:CreateAccessKey", everybody))
    reach = world.reach()

    figure = reach_graph(reach, users[0], None)

    assert "79 users" in words(figure)
    assert len(figure.rows) == 79
    assert all(name in figure.as_text() for name in names)
    assert faults(figure) == []


def test_nobody_and_nothing_are_said():
    """An empty world, and a principal without steps."""
    world = World(seed=1)
    ana = world.create_account("acme-main", account_id=MAIN).create_user("ana")
    reach = world.reach()

    assert reach_graph(reach).alt == "Only administrators can become other principals."
    assert reach.edges_from(reach.principals[-1])  # the root user
    assert (
        reach_graph(World(seed=1).reach()).alt == "Only administrators can become other principals."
    )
    alone = reach_graph(reach, ana, None)
    assert alone.alt.startswith("ana can become 0 of 2 principals")
    empty = draw_found(reach.to("s3:GetObject", "arn:aws:s3:::b/k"))
    assert faults(reach_graph(reach)) == faults(alone) == faults(empty) == []


def test_the_same_world_gives_the_same_bytes():
    """The order of a set makes no difference."""
    first, other = (heist().reach() for _ in range(2))

    assert reach_graph(first).svg() == reach_graph(other).svg()
    arn = f"arn:aws:iam::{MAIN}:user/dana"
    assert reach_graph(first, arn).svg() == reach_graph(other, arn).svg()


@pytest.mark.speed
def test_it_is_drawn_quickly(world, reach):
    """Compared with a plain matplotlib figure."""
    path = reach.path(world.user("dana"))

    assert ratio_to_plain_figure(lambda: draw_path(path, reach).svg()) <= TIMES


@pytest.mark.parametrize(
    "wrong",
    [
        lambda _: reach_graph("reach"),
        lambda reach: reach_graph(reach, f"arn:aws:iam::{MAIN}:user/dana", cut="cut"),
        lambda _: draw_path("path"),
        lambda _: draw_cut("cut"),
        lambda _: draw_found({}),
    ],
)
def test_wrong_values_are_refused(reach, wrong):
    """The error says what is needed."""
    with pytest.raises(RequestError):
        wrong(reach)


def test_principals_of_one_name_differ_by_their_accounts():
    """On a path, in the whole graph, and in the principals that one can become."""
    world = World(seed=1)
    near, far = (world.create_account(name) for name in ("near", "far"))
    ana = near.create_user("ana")
    end = far.create_role("reader", assume_role_policy_document=trust({"AWS": near.account_id}))
    start = near.create_role("reader", assume_role_policy_document=trust({"AWS": near.account_id}))
    for user, other in ((ana, start), (start, end)):
        user.put_policy("become", document(allow("sts:AssumeRole", other.arn)))
    reach = world.reach()

    assert reach_graph(reach, ana, end).alt == (
        "ana becomes reader of near by sts:AssumeRole, "
        "then becomes reader of far by sts:AssumeRole."
    )
    assert "reader of near becomes reader of far by sts:AssumeRole" in reach_graph(reach).alt
    assert (
        "reader of near by sts:AssumeRole; reader of far in 2" in reach_graph(reach, ana, None).alt
    )
    assert "ana of" not in reach_graph(reach).alt


def test_the_alternative_text_of_a_cut_has_names_in_the_place_of_arns(world, reach):
    """With the kinds of principals; no name is shortened."""
    main = world.account("acme-main")
    cut = reach.cut(world.user("dana"))
    role = main.create_role("auditor", assume_role_policy_document=trust({"AWS": MAIN}))
    edit = TakeAction(role.arn, "read-all", 2, "s3:*")

    assert short_edit(str(edit)) == "Remove s3:* from statement #2 of read-all of role auditor"
    assert short_edit(str(Detach(role.arn, f"arn:aws:iam::{MAIN}:policy/ops/wide"))) == (
        "Detach policy wide from role auditor"
    )
    alt = reach_graph(reach, world.user("dana"), cut=cut).alt
    assert alt.endswith(f"{short_edit(str(cut.edits[0]))}.")
    assert "arn:" not in alt
    assert "…" not in alt
