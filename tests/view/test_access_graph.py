"""The access graph is true: it draws what the decision heard, and what stopped the request."""

import io
import re
from functools import cache
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Layers, Policy, Request, World
from iamlab.engine.evaluate import evaluate
from iamlab.engine.grants import Grant
from iamlab.engine.layers import CEILINGS, LAYERS, NAMES, AttachedPolicy
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.teach.scenarios import MAP, OLD_MAP, observatory, scenario
from iamlab.view.drawing.sheet import MARGIN, PAGE
from iamlab.view.figures.decision.access_graph import access_graph
from iamlab.view.style import PALE_INK, look
from tests.effort import tries
from tests.policy.documents import allow, deny, document
from tests.view.cases import DANA, DECISIONS, EC2, FULL, GUARD, KEY, NIGHT, OTHER, OWN, ROLE, bucket
from tests.view.looking import faults

TITLES = {
    "rcp": "RCP",
    "scp": "SCP",
    "endpoint": "VPC endpoint policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scoped": "scope-down policy",
}
DENYING = (FULL + GUARD).with_name("guard")


@pytest.fixture(scope="module")
def acme():
    """The world of lesson 03."""
    return scenario("groups")


@pytest.fixture(scope="module")
def world():
    """All of the observatory, where Carol has become an auditor, and then an archivist."""
    return observatory()


@pytest.fixture(scope="module")
def chained(world):
    """A session that Carol's session of the auditor asked for."""
    first = world.sts.assume_role(
        world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol"
    )
    archivist = world.account("acme-data").roles["archivist"]
    return world.sts.assume_role(first, role_arn=archivist, role_session_name="carol-again")


@cache
def of_case(case):
    """Draw a case, once for all claims."""
    return access_graph(DECISIONS[case])


def drawn(figure):
    """Return the words of a picture, as they were meant."""
    return [label.whole for label in figure.sheet.record.labels]


def colours(figure):
    """Return the colour of each text."""
    return {text.get_text(): text.get_color() for text in figure.drawing.axes[0].texts}


def asked(**layers):
    """Ask for a map, with Dana's own policy beside other layers."""
    return evaluate(Request(DANA, "s3:GetObject", MAP), Layers(identity=[OWN], **layers))


def in_layer(layer, policy):
    """Put a policy where a layer is."""
    if layer in ("rcp", "scp"):
        return {layer: [[policy]]}
    return {layer: [policy] if layer in ("session", "scoped") else policy}


def node_of(graph, label):
    """Find a node by its label."""
    (node,) = (key for key, facts in graph.nodes(data=True) if facts["label"] == label)
    return node


# -- the claims of the words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "action", "alt"),
    [
        (
            "dana",
            "s3:DeleteObject",
            (
                "dana asks for s3:DeleteObject on star-maps/m31.fits: guard/KeepMaps of "
                "contractors denies it; AmazonS3FullAccess/#1 of developers allows it. "
                "✕ Explicit deny."
            ),
        ),
        (
            "alice",
            "s3:GetObject",
            (
                "alice asks for s3:GetObject on star-maps/m31.fits: star-maps-read/ReadMaps of "
                "astronomers allows it. ✓ Allowed."
            ),
        ),
        (
            "carol",
            "s3:GetObject",
            (
                "carol asks for s3:GetObject on star-maps/m31.fits: no Allow matches. "
                "○ Implicit deny."
            ),
        ),
    ],
)
def test_the_alternative_text_says_who_by_what_and_what_stops_it(acme, who, action, alt):
    """The alternative text names the principal, the group, the policy and the verdict."""
    assert access_graph(acme.can(acme.user(who), action, MAP)).alt == alt


@pytest.mark.parametrize("case", DECISIONS)
def test_every_way_to_decide_can_be_drawn(case):
    """No fault in the picture; the verdict is in it, and in list, table and alternative text."""
    decision = DECISIONS[case]
    figure = of_case(case)
    seen = look(decision.verdict)

    assert faults(figure) == []
    assert f"{seen.symbol} {seen.word}" in drawn(figure)
    assert f"{seen.symbol} {seen.word}" in figure.as_text()
    assert figure.alt.endswith(f". {seen.sentence}")
    assert figure.rows[-1]["effect"] == seen.word
    assert figure.drawing.get_size_inches()[0] <= PAGE + 2 * MARGIN


@pytest.mark.parametrize("case", DECISIONS)
def test_the_table_has_what_each_layer_said(case):
    """Each statement is a row, with whether it applies and whether it decides."""
    decision = DECISIONS[case]
    rows = [row for row in of_case(case).rows if row["layer"] != "verdict"]
    written = [row for row in rows if row["effect"]]

    for layer in LAYERS:
        own = [row for row in written if row["layer"] == NAMES[layer]]
        readings = decision.layer_matches[layer].matches
        assert [row["statement"] for row in own] == [
            reading.statement.label for reading in readings
        ]
        assert [row["policy"] for row in own] == [
            reading.attached.policy.name for reading in readings
        ]
        assert [row["matches"] for row in own] == [reading.applies for reading in readings]
        assert [row["missed"] for row in own] == [
            "; ".join(map(str, o.mismatches)) for o in readings
        ]
    assert sum(row["decides"] for row in rows) == len(decision.determining)


@pytest.mark.parametrize("case", DECISIONS)
def test_the_way_is_open_to_the_end_if_and_only_if_it_is_allowed(case):
    """In the saved graph, the last edge to the resource is missing if the request is denied."""
    decision = DECISIONS[case]
    graph = of_case(case).graph
    lead = [facts.get("missing", False) for _, _, facts in graph.in_edges("resource", data=True)]

    assert all(lead) is not bool(decision)
    assert nx.is_directed_acyclic_graph(graph)


# -- ceilings --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", CEILINGS)
@pytest.mark.parametrize(
    ("policy", "symbol", "note"),
    [
        (FULL, "✓", "Allow FullAWSAccess/Full"),
        (EC2, "○", "no Allow matches"),
        (DENYING, "✕", "Deny guard/NoMaps"),
    ],
    ids=["open", "shut", "denies"],
)
def test_each_ceiling_is_a_gate_that_says_its_state(layer, policy, symbol, note):
    """Each gate has a symbol and a word; a Deny is named at its gate."""
    figure = access_graph(asked(**in_layer(layer, policy)))
    words, title = drawn(figure), TITLES[layer]

    assert f"{symbol} {title}" in words
    assert symbol in words  # on the way itself, too
    assert note in " ".join(words)
    assert f"{symbol} {title}: {note}" in figure.as_text()
    assert (f"the {title} doesn't allow it" in figure.alt) is (symbol == "○")
    assert ("guard/NoMaps denies it" in figure.alt) is (symbol == "✕")
    assert faults(figure) == []


def test_what_a_gate_has_stopped_no_later_one_lets_on():
    """After an SCP that blocks the request, the path stays broken, even if the RCP allows."""
    graph = access_graph(asked(scp=[[EC2]], rcp=[[FULL]])).graph
    shut, after = (node_of(graph, label) for label in ("○ SCP", "✓ RCP"))

    assert graph.edges[shut, after]["missing"]
    assert graph.edges[after, "resource"]["missing"]


@pytest.mark.parametrize("case", ["boundary shut", "two accounts, boundary shut", "session shut"])
def test_what_is_granted_and_then_cut_names_the_ceiling_that_cuts(case):
    """The alternative text names the ceiling, and not the side without an Allow."""
    assert re.search(
        r"the (permissions boundary|session policy) doesn't allow it", of_case(case).alt
    )


def test_an_organization_names_every_level(world):
    """A gate names the levels that block, or else all levels; the table has all of them."""
    archivist = world.account("acme-data").roles["archivist"]
    figure = access_graph(world.can(archivist, "s3:DeleteObject", OLD_MAP))
    text = figure.as_text()

    levels = ["root", "OU Science", "OU Archive", "account acme-data"]

    assert "✕ SCP of OU Archive: Deny keep-the-archive/KeepTheArchive" in text
    assert "✓ RCP of root, OU Science, OU Archive and acme-data: Allow RCPFullAWSAccess/#1" in text
    for layer in ("scp", "rcp"):
        places = [row["place"] for row in figure.rows if row["layer"] == NAMES[layer]]
        assert list(dict.fromkeys(places)) == levels
    assert "keep-the-archive/KeepTheArchive of OU Archive denies it" in figure.alt


def test_a_grant_to_the_very_caller_passes_a_boundary_that_is_shut():
    """The boundary comes before the point where the bucket policy joins, not after it."""
    graph = of_case("resource allows, boundary shut").graph
    boundary, grant = (
        node_of(graph, label) for label in ("○ permissions boundary", "✓ either side is enough")
    )

    assert nx.has_path(graph, boundary, grant)
    assert graph.edges[boundary, grant]["missing"]
    assert not graph.edges[grant, "resource"].get("missing")


# -- where things belong ---------------------------------------------------------------------------


def test_two_accounts_are_two_fields():
    """The caller's policies and ceilings are in one, the bucket and its policy in the other."""
    decision = evaluate(
        Request(DANA, "s3:GetObject", MAP, OTHER),
        Layers(
            identity=[OWN], resource=bucket({"AWS": DANA}), boundary=FULL, scp=[[FULL]],
            rcp=[[FULL]],
        ),
    )  # fmt: skip
    figure = access_graph(decision)
    fields = {facts["label"]: facts["field"] for _, facts in figure.graph.nodes(data=True)}

    assert {fields[label] for label in ("dana", "own", "✓ permissions boundary", "✓ SCP")} == {
        "account 111111111111 the caller's account"
    }
    assert {fields[label] for label in ("bucket", "✓ RCP", "star-maps/m31.fits")} == {
        f"account {OTHER} the resource's account"
    }
    assert {"the caller's account", "the resource's account"} <= set(drawn(figure))
    assert "✓ both sides must allow: identity ✓, resource ✓" in figure.as_text()


def test_one_account_has_no_frame():
    """A request within one account has no frames."""
    assert "the caller's account" not in drawn(of_case("identity allows"))


def test_a_caller_without_an_account_is_outside_the_frame():
    """A service or an anonymous caller is outside of the resource's account."""
    figure = of_case("service")
    fields = {facts["label"]: facts["field"] for _, facts in figure.graph.nodes(data=True)}

    x = {box.text: box.x for box in figure.sheet.record.boxes}

    assert x["ec2.amazonaws.com"] < x["trust"]
    assert "the resource's account" in " ".join(drawn(figure))
    assert fields["ec2.amazonaws.com"] == ""
    assert fields["trust"] == "account 111111111111 the resource's account"
    assert "the caller's account" not in drawn(figure)


@pytest.mark.parametrize(
    ("action", "resource", "kind"),
    [
        ("s3:GetObject", MAP, "bucket policy"),
        ("kms:Decrypt", KEY, "key policy"),
        ("sts:AssumeRole", ROLE, "trust policy"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111111111111:function:f",
         "resource-based policy"),
    ],
)  # fmt: skip
def test_the_policy_of_a_resource_is_called_what_it_is(action, resource, kind):
    """It isn't attached to a group or role of the caller: its Principal names the caller."""
    policy = Policy.allow(action, None if kind == "trust policy" else "*", principal={"AWS": DANA})
    decision = evaluate(Request(DANA, action, resource), Layers(resource=policy.with_name("mine")))
    figure = access_graph(decision)
    (policy,) = (key for key, facts in figure.graph.nodes(data=True) if facts["label"] == "mine")

    assert kind in drawn(figure)
    assert list(figure.graph.predecessors(policy)) == ["caller"]
    assert figure.graph.edges["caller", policy]["label"] == "names the caller"


@pytest.mark.parametrize(
    ("principal", "who", "words"),
    [
        ({"AWS": DANA}, DANA, "names the caller"),
        ({"AWS": "111111111111"}, DANA, "names its account"),
        ("*", DANA, "names everyone"),
        ({"AWS": ROLE}, NIGHT, "names its role"),
    ],
)
def test_it_says_how_the_policy_of_a_resource_names_the_caller(principal, who, words):
    """The Principal is the caller, its role, its account, or everyone."""
    decision = evaluate(Request(who, "s3:GetObject", MAP), Layers(resource=bucket(principal)))

    assert words in drawn(access_graph(decision))


# -- who calls -------------------------------------------------------------------------------------


def test_a_session_shows_the_role_that_it_is_a_session_of(chained):
    """The role is between the session and the policies."""
    world = chained.world
    figure = access_graph(world.can(chained, "s3:GetObject", OLD_MAP))
    words = drawn(figure)

    assert words.index("archivist") > words.index("carol-again")
    assert list(figure.graph.successors("caller")) == ["role"]
    assert "ASSUMED ROLE" in words
    assert "WHERE THE CREDENTIALS COME FROM" not in words


def test_the_chain_of_a_session_is_drawn_in_order(chained):
    """The first caller comes first, as in the timeline."""
    world = chained.world
    figure = access_graph(world.can(chained, "s3:GetObject", OLD_MAP), session=chained)
    chain = world.timeline().chain(chained)
    links = [row for row in figure.rows if row["layer"] == "credentials"]
    words = drawn(figure)

    assert [row["place"] for row in links] == [chain[0].asked_by, chain[0].arn]
    assert [row["statement"] for row in links] == ["AssumeRole", "AssumeRole"]
    assert words.index("session of auditor") > words.index("IAM user")
    assert f"{chain[0].start:%Y-%m-%d %H:%M}" in " ".join(words)
    assert figure.as_text().index("session of auditor") < figure.as_text().index("carol-again,")
    assert {"acme-data", "222222222222"} <= set(figure.as_text().replace(",", "").split())
    assert faults(figure) == []


def test_of_a_long_chain_the_middle_is_counted():
    """Of nine chained roles, the first two and the last two are drawn; the list has all."""
    world = World(seed=1)
    main = world.create_account("main", account_id="111111111111")
    trust = {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}
    trust = document(trust)
    caller = main.create_user("ana")
    caller.put_policy("hop", document(allow("sts:*")))
    for number in range(9):
        role = main.create_role(f"r{number}", assume_role_policy_document=trust)
        role.put_policy("hop", document(allow("sts:*")))
        caller = world.sts.assume_role(caller, role_arn=role, role_session_name=f"s{number}")
    figure = access_graph(world.can(caller, "s3:GetObject", MAP), session=caller)

    assert "5 sessions" in drawn(figure)
    assert "session of r4" not in drawn(figure)
    assert all(f"s{number}, session of r{number}" in figure.as_text() for number in range(8))
    assert faults(figure) == []


def test_a_federated_user_shows_who_made_it():
    """The user is before it; a session policy is a gate."""
    world = World(seed=1)
    ana = world.create_account("main", account_id="111111111111").create_user("ana")
    ana.put_policy("all", document(allow(["s3:*", "sts:*"])))
    token = world.sts.get_federation_token(
        ana.create_access_key(), name="visitor", policy=document(allow("s3:Get*"))
    )
    figure = access_graph(world.can(token, "s3:PutObject", MAP))

    assert {"visitor", "federated user", "ana", "GetFederationToken"} <= set(drawn(figure))
    assert "○ session policy: no Allow matches" in figure.as_text()
    assert figure.alt == (
        "visitor asks for s3:PutObject on star-maps/m31.fits: the session policy doesn't allow it; "
        "all/#1 allows it. ○ Implicit deny."
    )


@pytest.mark.parametrize(
    ("case", "words"),
    [
        ("root", "A root user needs no Allow"),
        ("root assumes", "A root user can't assume a role"),
        ("anonymous", "anonymous"),
        ("service", "AWS service"),
        ("who am I", "AWS always allows this"),
        ("session token", "This needs no permission"),
        ("nothing", "no identity-based policies"),
        ("refused", "These credentials aren't valid for this call"),
        ("refused", "AWS answers: The security token is expired."),
    ],
)
def test_the_rarer_callers_and_questions_say_what_is_particular(case, words):
    """The picture and the list have the words for each rare case."""
    figure = of_case(case)

    assert any(words in text for text in drawn(figure))
    assert words in figure.as_text()


# -- what else is attached to the resource --------------------------------------------------------


def test_a_grant_on_a_key_is_a_way_of_its_own():
    """A KMS grant is beside the key policy, with its own name."""
    decision = evaluate(
        Request(ROLE, "kms:Decrypt", KEY), Layers(grant=[Grant(ROLE, ["Decrypt"], name="nightly")])
    )
    figure = access_graph(decision)

    assert {"nightly", "KMS grant"} <= set(drawn(figure))
    assert "resource –, grant ✓" in figure.as_text()
    assert "nightly/#1 allows it" in figure.alt


def test_block_public_access_shuts_out_what_the_bucket_policy_allows():
    """The statement says so; without Block Public Access it allows."""
    public = bucket("*")
    block = PublicAccessBlock(restrict_public_buckets=True)
    request = Request("anonymous", "s3:GetObject", MAP, "111111111111")
    shut = access_graph(evaluate(request, Layers(resource=public, public_access_block=block)))
    free = access_graph(evaluate(request, Layers(resource=public)))

    assert "blocked by Block Public Access" in drawn(shut)
    assert not any("Block Public Access" in words for words in drawn(free))
    assert "RestrictPublicBuckets blocks" in shut.as_text()
    assert faults(shut) == []


# -- many statements -------------------------------------------------------------------------------


def many(number):
    """Return policies that have nothing to say on maps, with so many statements in all."""
    policies = [Policy.allow(f"ec2:Run{i}", sid=f"S{i}") for i in range(number)]
    batches = [policies[i : i + 9] for i in range(0, number, 9)]
    return [sum(own[1:], own[0]).with_name(f"machines-{i}") for i, own in enumerate(batches)]


@pytest.mark.parametrize("number", [20, 60, 300])
def test_what_does_not_apply_is_gathered_and_counted(number):
    """The picture stays small; the list and the table have every statement."""
    layers = Layers(identity=[*many(number), OWN, GUARD])
    figure = access_graph(evaluate(Request(DANA, "s3:GetObject", MAP), layers))

    counted = [re.fullmatch(r"○ (\d+) statements", text) for text in drawn(figure)]
    assert sum(int(found[1]) for found in counted if found) == number
    assert len(figure.sheet.record.boxes) < 20
    assert {"✓ Allow All", "✕ Deny NoMaps"} <= set(drawn(figure))
    assert len(figure.rows) == number + 3
    assert all(f"○ Allow S{i}, misses Action" in figure.as_text() for i in range(number))
    assert faults(figure) == []


def test_the_allow_that_came_nearest_is_never_gathered():
    """Of sixty that miss, it alone has a box, which says what it missed."""
    near = Policy.allow("s3:GetObject", "arn:aws:s3:::other/*", name="near", sid="Nearest")
    decision = evaluate(Request(DANA, "s3:GetObject", MAP), Layers(identity=[*many(60), near]))
    words = drawn(access_graph(decision))

    assert decision.nearest_miss.startswith("Nearest statement: near/Nearest")
    assert "○ Allow Nearest" in words
    assert "nearest: misses Resource" in words


def test_many_that_apply_are_gathered_too():
    """Nine groups allow or deny: statements with the same effect share a box."""
    world = World(seed=1)
    main = world.create_account("main", account_id="111111111111")
    ana = main.create_user("ana")
    for number in range(9):
        group = main.create_group(f"g{number}")
        group.add_user(ana)
        more = [deny("s3:*", Sid="No")] if number % 2 else []
        allows = (allow("s3:*", Sid=f"A{i}") for i in range(5))
        group.put_policy(f"p{number}", document(*allows, *more))
    figure = access_graph(world.can(ana, "s3:GetObject", MAP))

    assert {"5 groups", "✓ 25 Allow statements"} <= set(drawn(figure))
    assert {"4 groups", "✓ 20 Allow statements", "✕ 4 Deny statements"} <= set(drawn(figure))
    assert len(figure.rows) == 9 * 5 + 4 + 1
    assert faults(figure) == []


def test_what_leads_nowhere_is_pale(acme):
    """Dana's policy that isn't about deleting is pale, with its box."""
    seen = colours(access_graph(acme.can(acme.user("dana"), "s3:DeleteObject", MAP)))

    assert seen["own-notes"] == PALE_INK
    assert PALE_INK not in {seen[name] for name in ("guard", "contractors", "developers")}


# -- what cannot be drawn --------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [None, "allowed", 7, True, scenario])
def test_only_a_decision_can_be_drawn(wrong):
    """The error says how to get one."""
    with pytest.raises(RequestError, match=r"world\.can"):
        access_graph(wrong)


def test_only_the_session_that_made_the_request_can_be_passed(chained):
    """Another session has another chain."""
    world = chained.world
    decision = world.can(world.user("dana"), "s3:GetObject", MAP)

    with pytest.raises(RequestError, match="didn't make this request"):
        access_graph(decision, session=chained)
    with pytest.raises(RequestError, match="needs a session"):
        access_graph(decision, session="ASIA")


@pytest.mark.parametrize("case", [*DECISIONS, "everything"])
def test_the_way_leads_down_without_a_step_back(case):
    """Each stop is below the one before, and the resource is below them all."""
    everything = asked(
        boundary=FULL, session=[FULL], scp=[[FULL]], rcp=[[FULL]], resource=bucket({"AWS": DANA})
    )
    figure = access_graph(DECISIONS.get(case, everything))
    stops = [key for key in figure.graph if key.startswith("stop")]
    down = [line for line in figure.sheet.record.lines if len({x for x, _ in line}) == 1]

    assert all(line[0][1] + 0.05 < line[-1][1] for line in down)
    assert all(above[-1] == below[0] for above, below in pairwise(down))
    if down:
        note = figure.graph.nodes["resource"]["note"]
        resource = next(box for box in figure.sheet.record.boxes if box.note == note)
        assert len(down) >= len(stops)
        assert down[-1][-1] == pytest.approx((down[0][0][0], resource.y - resource.height / 2))


@pytest.mark.parametrize("text", ["W" * 400, "two\nlines", "\u202eright to left", "$x^2$", " "])
def test_any_names_of_callers_and_resources_can_be_drawn(text):
    """Long names are shortened to their room, and line breaks in names don't break the list."""
    arn = f"arn:aws:iam::111111111111:user/{text}"
    policy = AttachedPolicy(Policy.allow("s3:*", name=text, sid=text), None, (f"group {text}",))
    request = Request(arn, "s3:GetObject", f"arn:aws:s3:::star-maps/{text}", OTHER)
    layers = Layers(identity=[policy], resource=bucket({"AWS": arn}), scp=[[policy]])
    figure = access_graph(evaluate(request, layers))

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE + 2 * MARGIN
    assert all(line.isprintable() for line in (*figure.lines, figure.alt))


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@settings(max_examples=tries(8))
@given(name=TEXTS, sid=TEXTS)
def test_any_names_of_policies_can_be_drawn(name, sid):
    """No text breaks the picture, the lines of the list, or the saved graph."""
    policy = Policy.allow("s3:*", name=name, sid=sid)
    figure = access_graph(
        evaluate(Request(DANA, "s3:GetObject", MAP), Layers(identity=[policy], scp=[[policy]]))
    )

    assert faults(figure) == []
    assert all(line.isprintable() for line in figure.lines)
    assert figure.rows[0]["policy"] in (name, NAMES["scp"])
    assert nx.read_graphml(io.BytesIO(figure.to_graphml().encode())).number_of_nodes() > 4
