"""The two-account map: both ends of an arrow, the layers between them, and the verdict."""

from typing import Any

import pytest

from iamlab import Policy, Request, World, evaluate
from iamlab.engine.layers import CEILINGS, NAMES, Layers
from iamlab.teach.scenarios import DATA, MAIN, NEBULA, OLD_MAP, STARSOFT, observatory
from iamlab.view.figures.calls.policy_ends import side_of, stops_of
from iamlab.view.figures.calls.two_account_map import SHORT, two_account_map
from tests.policy.documents import allow, deny, document
from tests.view.looking import faults
from tests.view.scenes import company, decisions

READER = f"arn:aws:iam::{DATA}:role/starsoft-reader"
MAP = "arn:aws:s3:::star-maps/m31.fits"
ANA = f"arn:aws:iam::{MAIN}:user/ana"


@pytest.fixture(scope="module")
def acme():
    """Acme Observatory."""
    return observatory()


def vendor(world, external_id=None):
    """Let the vendor ask for the customer's role."""
    collector = world.account(STARSOFT).roles["collector"]
    context = {"sts:ExternalId": external_id} if external_id else None
    return world.can(collector, "sts:AssumeRole", READER, context=context)


def decide(action="s3:GetObject", on=MAP, caller=ANA, owner=DATA, context=None, **layers):
    """Decide with layers of one document each."""
    made: dict[str, Any] = {}
    for name, source in layers.items():
        policy = Policy.parse(source, name=name)
        made[name] = policy if name in ("resource", "boundary", "endpoint") else [policy]
        if name in ("scp", "rcp"):
            made[name] = [[policy]]
    return evaluate(Request(caller, action, on, owner, context=context or {}), Layers(**made))


def named(who, effect=allow, **more):
    """Write a bucket policy."""
    return document(effect("s3:*", "*", Principal=who, **more))


def drawn(figure):
    """Return the words in the picture, whole."""
    return [label.whole for label in figure.sheet.record.labels]


MINE = document(allow("s3:GetObject", Sid="Mine"))
THEIRS = named({"AWS": ANA}, Sid="Theirs")


# -- the ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layers", "caller_says", "owner_says", "verdict"),
    [
        ({"identity": MINE, "resource": THEIRS}, "allows", "allows", "allowed"),
        ({"identity": MINE}, "allows", "is absent", "implicit deny"),
        ({"resource": THEIRS}, "is absent", "allows", "implicit deny"),
        (
            {"identity": document(allow("s3:PutObject")), "resource": THEIRS},
            *("doesn't allow", "allows", "implicit deny"),
        ),
        (
            {"identity": MINE, "resource": named({"AWS": ANA}, deny)},
            *("allows", "denies", "explicit deny"),
        ),
        (
            {"identity": document(deny("s3:*")), "resource": THEIRS},
            *("denies", "allows", "explicit deny"),
        ),
    ],
)
def test_both_ends_say_what_their_policies_say(layers, caller_says, owner_says, verdict):
    """In the picture, in the list and in the alternative text."""
    figure = two_account_map(decide(**layers))
    caller, owner = f"identity-based policy {caller_says}", f"bucket policy {owner_says}"

    assert {caller, owner} <= {text[2:] for text in drawn(figure)}
    assert f"the {caller}; the {owner}" in figure.alt
    assert figure.alt.endswith(f"Verdict: {verdict}.")
    assert figure.alt.startswith(f"ana asks for s3:GetObject on star-maps/m31.fits, from {MAIN} to")
    assert faults(figure) == []


def test_the_table_has_every_statement_of_every_layer(acme):
    """As in the decision's trace."""
    for decision in (vendor(acme), *decisions(company(20, 3), 3, 4)):
        rows = two_account_map(decision).rows
        heard = [
            (reading.address, reading.effect, reading.applies)
            for layer in decision.layer_matches.values()
            for reading in layer.matches
        ]
        shown = [(row["statement"], row["effect"], row["matches"]) for row in rows]
        assert sorted(row for row in shown if row[0]) == sorted(heard)
        text = two_account_map(decision).as_text()
        assert all(f"{effect} {address}" in text for address, effect, _ in heard)


@pytest.mark.parametrize(
    ("external_id", "symbol", "has"),
    [
        ("acme-4711", "✓", '"acme-4711"'),
        ("nebula-1", "✕", '"nebula-1"'),
        (None, "–", "no such key"),
    ],
)
def test_a_condition_is_beside_the_value_of_the_request(acme, external_id, symbol, has):
    """Met, not met, or without a key in the request."""
    figure = two_account_map(vendor(acme, external_id), world=acme)
    words = drawn(figure)

    condition = f'{symbol} StringEquals sts:ExternalId "acme-4711"; the request has {has}'
    assert condition in " ".join(words)
    assert (condition in figure.alt) == (symbol != "✓")
    [row] = [row for row in figure.rows if "sts:ExternalId" in row["conditions"]]
    assert row["conditions"].startswith(symbol)
    assert row["missed"] == ""


def test_a_service_must_say_for_which_account_it_calls():
    """With aws:SourceArn and aws:SourceAccount; it has no policies itself."""
    trail = f"arn:aws:cloudtrail:us-east-1:{DATA}:trail/all"
    asks = {"StringEquals": {"aws:SourceArn": trail, "aws:SourceAccount": DATA}}
    service = {"Service": "cloudtrail.amazonaws.com"}
    figure = two_account_map(
        decide(
            *("s3:PutObject", MAP, "cloudtrail.amazonaws.com"),
            context={"aws:SourceArn": trail, "aws:SourceAccount": NEBULA},
            resource=named(service, Condition=asks),
        )
    )
    words = drawn(figure)

    assert "✓ StringEquals aws:SourceArn" in " ".join(words)
    assert "✕ StringEquals aws:SourceAccount" in " ".join(words)
    assert "– identity-based policy is absent" in words
    assert "CloudTrail" in words
    assert "A caller without an account: the resource's side must allow." in words
    assert faults(figure) == []


@pytest.mark.parametrize(
    ("principal", "is_said"),
    [(f"arn:aws:iam::{MAIN}:root", True), (MAIN, True), (ANA, False), ("*", False)],
)
def test_root_in_a_principal_is_said_to_be_the_account(principal, is_said):
    """It means the account, whose own policies must allow; it isn't the root user."""
    figure = two_account_map(decide(identity=MINE, resource=named({"AWS": principal})))
    words = " ".join(drawn(figure))

    assert (f"its Principal is account {MAIN}: own policies must allow too" in words) == is_said
    row = next(row for row in figure.rows if row["layer"] == "resource-based policy")
    assert row["names_account"] == (MAIN if is_said else "")


# -- the layers between them -----------------------------------------------------------------------

OPEN, CLOSED = document(allow("*")), document(allow("ec2:*"))
NO = document(deny("s3:*"))


@pytest.mark.parametrize("layer", ["scp", "rcp", "boundary", "session", "endpoint"])
@pytest.mark.parametrize(
    ("ceiling", "word"), [(OPEN, "✓ allows"), (CLOSED, "○ doesn't allow"), (NO, "✕ denies")]
)
def test_a_ceiling_has_its_own_sign_on_the_arrow(layer, ceiling, word):
    """With any answer of both sides."""
    if layer in ("rcp", "endpoint"):
        ceiling = document({**ceiling["Statement"][0], "Principal": "*"})
    decision = decide(identity=MINE, resource=THEIRS, **{layer: ceiling})
    figure = two_account_map(decision)

    assert SHORT.get(layer, layer) in drawn(figure)
    assert drawn(figure).count(word[0]) == 1 + 2 * (word == "✓ allows")
    assert f"{word[0]} {NAMES[layer]} {word[2:]}" in figure.as_text()
    assert bool(decision) == (word == "✓ allows")
    assert len(stops_of(decision)) == (word != "✓ allows")
    assert faults(figure) == []


def test_the_deny_that_won_is_named_below(acme):
    """Also a Deny in a ceiling, which has no card."""
    root = acme.can(acme.account(DATA).root_arn, "s3:DeleteObject", OLD_MAP)

    assert "A Deny overrides every Allow: keep-the-archive/KeepTheArchive." in drawn(
        two_account_map(root, world=acme)
    )


# -- the arrow -------------------------------------------------------------------------------------


def way(figure):
    """Return the pieces of the arrow: start and end, as parts of the distance to the resource."""
    caller, resource = figure.sheet.record.boxes
    length = resource.x - caller.right[0]
    level = [line for line in figure.sheet.record.lines if line[0][1] == line[-1][1] == caller.y]
    return [tuple((x - caller.right[0]) / length for x, _ in (line[0], line[-1])) for line in level]


def test_an_allowed_request_gets_through_in_one_line():
    """From the caller to the resource."""
    assert way(two_account_map(decide(identity=MINE, resource=THEIRS))) == [(0, 1)]


@pytest.mark.parametrize(
    ("layers", "first", "last"),
    [
        ({"resource": THEIRS}, 0, 0.2),
        ({"identity": MINE}, 0.8, 1),
        ({}, 0, 0.2),
        ({"identity": MINE, "resource": THEIRS, "boundary": CLOSED}, 0.1, 0.5),
        ({"identity": MINE, "resource": named({"AWS": ANA}, deny), "scp": CLOSED}, 0.3, 0.5),
    ],
)
def test_a_denied_request_gets_as_far_as_what_stops_it_first(layers, first, last):
    """It ends at the stop nearest to the caller; from there on, the line is dashed."""
    figure = two_account_map(decide(**layers))
    [(start, stop), (again, end)] = way(figure)

    assert (start, again, end) == (0, stop, 1)
    assert first <= stop <= last


def test_between_accounts_both_silent_sides_are_in_the_way():
    """Although AWS's message names only one of them."""
    decision = decide()
    graph = two_account_map(decision).graph

    assert stops_of(decision) == {"identity", "resource"}
    assert [bool(missing) for *_, missing in graph.edges(data="missing")] == [False, True, True]


def test_an_end_with_an_allow_and_a_deny_denies():
    """Both are shown, the Deny first."""
    both = document(allow("s3:*", Sid="Yes"), deny("s3:GetObject", Sid="No"))
    side = side_of(decide(identity=both), "identity")

    assert side.look.word == "denies"
    assert [match.effect for match in side.shown] == ["Deny", "Allow"]


# -- laws ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_arrow_stops_just_where_the_decision_is_denied(seed):
    """An allowed request has no stop."""
    for decision in decisions(company(20, seed), seed, 8):
        stops = stops_of(decision)

        assert bool(stops) != bool(decision)
        assert decision.blocked_by - {"grant"} <= stops
        for layer in stops:
            heard = decision.layer_matches[layer]
            assert heard.denies or not (heard.allows and layer not in CEILINGS)


@pytest.mark.parametrize("layer", ["identity", "resource"])
def test_an_end_without_a_statement_that_matches_shows_the_one_that_came_nearest(layer):
    """So the reader sees what is missing."""
    far = allow(["s3:PutObject", "ec2:*"], "arn:aws:s3:::other/*", Sid="Far")
    near = allow("s3:GetObject", "arn:aws:s3:::other/*", Sid="Near")
    if layer == "resource":
        far, near = ({**statement, "Principal": "*"} for statement in (far, near))
    side = side_of(decide(**{layer: document(far, near)}), layer)

    assert [match.address.rpartition("/")[2] for match in side.shown] == ["Near"]
    assert len(side.others) == 1
    assert side.look.word == "doesn't allow"


# -- strangers and services ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "action", "resource"),
    [
        ("anonymous", "s3:GetObject", OLD_MAP),
        (f"arn:aws:iam::{MAIN}:root", "sts:AssumeRole", READER),
        (f"arn:aws:iam::{MAIN}:root", "iam:CreateUser", "*"),
        (f"arn:aws:iam::{NEBULA}:user/mallory", "s3:ListAllMyBuckets", "*"),
        (f"arn:aws:iam::{MAIN}:user/bob", "sts:GetCallerIdentity", "*"),
        (f"arn:aws:iam::{NEBULA}:user/mallory", "s3:PutBucketPolicy", "arn:aws:s3:::star-archive"),
        ("lambda.amazonaws.com", "sts:AssumeRole", f"arn:aws:iam::{STARSOFT}:role/collector"),
    ],
)
def test_odd_callers_and_actions_have_a_map_too(acme, caller, action, resource):
    """Callers without an account, root users, and calls that need no permission."""
    decision = acme.can(caller, action, resource)
    figure = two_account_map(decision, world=acme)

    assert figure.alt.endswith(f"Verdict: {decision.verdict}.")
    assert faults(figure) == []


def test_within_one_account_there_is_one_field(acme):
    """The rule is also different."""
    inside = two_account_map(acme.can(acme.user("alice"), "s3:GetObject", MAP), world=acme)
    between = two_account_map(vendor(acme, "acme-4711"), world=acme)

    assert f"{MAIN}, the caller's account, and the resource's" in drawn(inside)
    assert "One account: either side is enough." in drawn(inside)
    assert {f"{STARSOFT}, the caller's account", f"{DATA}, the resource's account"} <= set(
        drawn(between)
    )
    assert "Two accounts: both sides must allow." in drawn(between)


def test_many_statements_and_conditions_are_counted():
    """Three of each are drawn; the list and the table have all."""
    keys = {f"aws:PrincipalTag/k{i}": "v" for i in range(7)}
    many = document(
        *(allow("s3:GetObject", Sid=f"S{i}", Condition={"StringEquals": keys}) for i in range(9))
    )
    figure = two_account_map(decide(identity=many, context=dict.fromkeys(keys, "v"), owner=MAIN))

    assert "and 6 other statements" in drawn(figure)
    assert "and 4 more" in drawn(figure)
    assert sum(row["matches"] for row in figure.rows) == 9
    assert all(f"identity/S{i}" in figure.as_text() for i in range(9))
    assert all(key in figure.as_text() for key in keys)
    assert faults(figure) == []


def test_the_graph_leads_from_the_caller_to_the_resource(acme):
    """Edges after a stop are missing."""
    for external_id, missing in (("acme-4711", 0), ("nebula-1", 1)):
        graph = two_account_map(vendor(acme, external_id), world=acme).graph
        assert next(iter(graph)) == "caller"
        assert list(graph)[-1] == "target"
        assert graph.number_of_edges() == len(graph) - 1
        assert sum(bool(is_missing) for *_, is_missing in graph.edges(data="missing")) == missing
        assert graph.nodes["target"]["field"].startswith("acme-data")


def test_the_same_decision_gives_the_same_picture():
    """Byte for byte, from worlds of one seed."""
    assert len({two_account_map(vendor(observatory())).svg() for _ in range(2)}) == 1


def test_a_world_of_which_the_account_is_not_calls_it_by_its_id(acme):
    """A decision only has ids; a world has names."""
    figure = two_account_map(vendor(acme), world=World(seed=1))

    assert STARSOFT in drawn(figure)
