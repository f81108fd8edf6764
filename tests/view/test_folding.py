"""Folding: fewer nodes, none of them lost, and highlighted ones stay."""

from iamlab.view.folding import MORE, alike, at_most, folded, nested
from iamlab.view.scene import Edge, Node, Scene
from iamlab.view.style import silent

MISSES = silent("don't match")


def users(number, **more):
    """Users who are members of one group."""
    nodes = [Node(f"u{i}", f"u{i}", "user", kind="user", **more) for i in range(number)]
    group = Node("staff", "staff", "group", kind="group", column=1)
    return [*nodes, group], [Edge(node.id, "staff") for node in nodes]


def texts(scene):
    """Return the words in the boxes."""
    return [node.text for node in scene.nodes]


def test_a_scene_that_fits_stays_as_it_is():
    """Both its nodes and its edges."""
    nodes, edges = users(3)
    scene = Scene(nodes, edges)

    assert folded(scene, 4, 3) is scene
    assert texts(folded(scene, 4, 2)) == ["3 users", "staff"]


def test_one_node_stands_for_all_that_are_alike():
    """The box has their number and first names; the edges are drawn once."""
    nodes, edges = users(9)
    scene = alike(Scene(nodes, edges))

    assert [(node.text, node.note) for node in scene.nodes] == [
        ("9 users", "u0, u1 and 7 more"),
        ("staff", "group"),
    ]
    assert len(scene.edges) == 1
    assert [node.id for node in scene.nodes[0].members] == [f"u{i}" for i in range(9)]


def test_nodes_at_the_end_may_differ():
    """Each user has an inline policy; nobody else has it."""
    nodes, edges = users(3)
    for i in range(3):
        nodes.append(Node(f"p{i}", "own", "inline", kind="policy", column=2))
        edges.append(Edge(f"u{i}", f"p{i}"))
    scene = Scene(nodes, edges)

    assert len(alike(scene).nodes) == len(nodes)
    assert texts(alike(alike(scene, but_ends=True))) == ["3 users", "staff", "3 policies"]


def policies_in(group, number, kinds):
    """A group with some policies, each with nodes of these kinds in it."""
    yield Node(group, group, kind="group", parent="ana")
    for policy in (f"{group}{i}" for i in range(number)):
        yield Node(policy, policy, "inline", kind="policy", parent=group)
        for kind in kinds:
            words = f"○ {kind}", "misses Action", kind, policy
            yield Node(f"{policy} {kind}", *words, look=MISSES, highlighted=kind == "Allow")


def test_nodes_with_the_same_kinds_of_nodes_in_them_are_one():
    """Those in them too; each is still in a node that is drawn, and highlighted ones stay."""
    groups = (("a", 1, ["Deny"]), ("b", 1, ["Allow", "Deny"]), ("c", 2, ["Deny"]))
    nodes = [Node("ana", "ana", kind="user")]
    nodes += [node for group in groups for node in policies_in(*group)]
    scene = Scene([*nodes, *policies_in("d", 1, ["Allow", "Deny"])])
    several, few = nested(scene, 6), nested(scene, 3)

    assert nested(scene, 7) == scene
    assert [node.text for node in several.nodes if node.parent == "ana"] == ["2 groups", "b", "d"]
    assert texts(few) == [
        *("ana", "2 groups", "3 policies", "○ 3 Denies"),
        *("2 groups", "2 policies", "○ 2 Allows", "○ 2 Denies"),
    ]
    assert few.nodes[3].note == "don't match"
    assert {node.parent for node in few.nodes} <= {"", *(node.id for node in few.nodes)}


def test_those_of_a_kind_become_one_at_last_but_highlighted_ones_stay():
    """Even if their edges differ."""
    nodes, edges = users(12)
    nodes += [Node(f"p{i}", f"p{i}", "policy", kind="policy", column=2) for i in range(12)]
    edges += [Edge(f"u{i}", f"p{j}") for i in range(12) for j in range(i + 1)]
    nodes[3] = Node("u3", "u3", "user", kind="user", highlighted=True)
    scene = Scene(nodes, edges)

    assert texts(folded(scene, 5)) == ["11 users", "u3", "staff", "12 policies"]
    assert texts(folded(scene, 3)) == ["11 users", "u3", "staff", "12 policies"]


def test_of_a_long_list_some_are_drawn_and_the_others_counted():
    """By kind, what stays first; what is in a node that isn't drawn isn't drawn either."""
    parents = [Node(f"g{i}", f"g{i}", kind="group", highlighted=i == 5) for i in range(6)]
    inside = [
        Node(f"g{i} {kind}{n}", f"{kind}{n}", kind=kind, parent=f"g{i}", stays=n == 4)
        for i in range(6)
        for kind in ("user", "role")
        for n in range(5)
    ]
    drawn = at_most(Scene([*parents, *inside]), {"group": 2, "user": 3, "role": 4})

    assert [node.text for node in drawn.nodes if not node.parent] == ["g5", "g0", "and 4 more"]
    assert [node.text for node in drawn.nodes if node.parent == "g5"] == [
        *("user4", "user0", "user1", "and 2 more"),
        *(f"role{n}" for n in range(5)),
    ]
    assert sum(node.kind == MORE for node in drawn.nodes) == 3
    assert not any(node.parent == "g1" for node in drawn.nodes)
