"""The confused deputy: two ask one who may do it; only the owner's policy can tell them apart."""

import pytest

from iamlab.errors import RequestError
from iamlab.teach.scenarios import DATA, MAIN, NEBULA, STARSOFT, observatory
from iamlab.view.drawing.shapes import Curve
from iamlab.view.figures.calls.confused_deputy import confused_deputy
from tests.effort import slow
from tests.policy.documents import allow, document
from tests.view.disfigure import UGLY
from tests.view.looking import faults
from tests.view.scenes import company, decisions

READER = f"arn:aws:iam::{DATA}:role/starsoft-reader"
COLLECTOR = f"arn:aws:iam::{STARSOFT}:role/collector"
LOG = "arn:aws:s3:::acme-trail/AWSLogs/one"


def asked(world, *external_ids, deputy=COLLECTOR):
    """Let the vendor ask for the customer's role, for each of its own customers."""
    return tuple(
        world.can(
            deputy,
            "sts:AssumeRole",
            READER,
            context={"sts:ExternalId": external_id} if external_id else None,
        )
        for external_id in external_ids
    )


def careless():
    """Make a world in which the customer's role doesn't check the external ID."""
    world = observatory()
    trust = {"Effect": "Allow", "Principal": {"AWS": COLLECTOR}, "Action": "sts:AssumeRole"}
    role = world.account(DATA).roles["starsoft-reader"]
    role.update_assume_role_policy(document({**trust, "Sid": "OurVendor"}))
    return world


@pytest.fixture(scope="module")
def before():
    """The two calls in the careless world."""
    return asked(careless(), "acme-4711", "nebula-1")


@pytest.fixture(scope="module")
def acme():
    """Acme Observatory, whose role asks for an external ID."""
    return observatory()


@pytest.fixture(scope="module")
def after(acme):
    """The two calls in it."""
    return asked(acme, "acme-4711", "nebula-1")


def trail_of(account):
    """Name an account's trail."""
    return f"arn:aws:cloudtrail:us-east-1:{account}:trail/all"


def by_service(**asks):
    """Let CloudTrail write into Acme's bucket for Acme, and for somebody else."""
    world = observatory()
    service = {"Service": "cloudtrail.amazonaws.com"}
    write = allow("s3:PutObject", "arn:aws:s3:::acme-trail/*", Principal=service, Sid="Write")
    if asks:
        write["Condition"] = {"StringEquals": asks}
    world.account(DATA).create_bucket("acme-trail", policy=document(write))
    return tuple(
        world.can(
            *("cloudtrail.amazonaws.com", "s3:PutObject", LOG),
            context={"aws:SourceArn": trail_of(account), "aws:SourceAccount": account},
        )
        for account in (DATA, NEBULA)
    )


def drawn(figure):
    """Return the words in the picture, whole."""
    return [label.whole for label in figure.sheet.record.labels]


def told(figure, *columns):
    """Return some columns of the figure's table."""
    return [tuple(row[name] for name in columns) for row in figure.rows]


# -- a vendor --------------------------------------------------------------------------------------


def test_without_a_condition_the_attacker_gets_through(before):
    """The deputy can assume the role for any customer."""
    figure = confused_deputy(*before, customer="Acme", attacker="Nebula")

    assert told(figure, "who", "verdict") == [("Acme", "allowed"), ("Nebula", "allowed")]
    assert "Acme gets access, Nebula gets access" in drawn(figure)
    assert "trust of starsoft-reader/OurVendor has no condition on who collector works for" in (
        drawn(figure)
    )
    assert figure.alt.endswith("has no condition on who collector works for.")
    assert faults(figure) == []


def test_an_external_id_stops_the_attacker_and_nobody_else(after):
    """The trust policy requires the customer's external ID."""
    figure = confused_deputy(*after, customer="Acme", attacker="Nebula")

    assert told(figure, "role", "verdict", "stopped_by") == [
        ("customer", "allowed", ""),
        ("attacker", "implicit deny", "resource-based policy"),
    ]
    words = drawn(figure)
    assert {"Acme gets access, Nebula is denied", "✓ allowed", "○ implicit deny"} <= set(words)
    unmet = '✕ StringEquals sts:ExternalId "acme-4711"; the request has "nebula-1"'
    assert unmet in words
    assert "Nebula is denied" in figure.alt
    assert unmet in figure.alt
    assert faults(figure) == []


def test_after_is_drawn_below_before(before, after, acme):
    """The same two calls in two worlds; the names are those of the world."""
    figure = confused_deputy(*after, before=before, attacker="nebula-labs", world=acme)

    assert told(figure, "panel", "who", "verdict") == [
        ("before", "acme-data", "allowed"),
        ("before", "nebula-labs", "allowed"),
        ("after", "acme-data", "allowed"),
        ("after", "nebula-labs", "implicit deny"),
    ]
    assert [text for text in drawn(figure) if text in ("before", "after")] == ["before", "after"]
    assert "before: acme-data gets access, nebula-labs gets access" in figure.alt
    assert "after: acme-data gets access, nebula-labs is denied" in figure.alt
    assert "role of starsoft" in drawn(figure)
    assert "IAM role of acme-data" in figure.as_text()
    lines = figure.as_text().splitlines()
    assert lines.index("before: acme-data gets access, nebula-labs gets access") < lines.index(
        "after: acme-data gets access, nebula-labs is denied"
    )
    assert faults(figure) == []


@pytest.mark.parametrize(
    ("customer", "attacker", "headline"),
    [
        ("acme-4711", "nebula-1", "Acme gets access, Eve is denied"),
        ("acme-4711", "acme-4711", "Acme gets access, Eve gets access"),
        (None, "acme-4711", "Acme is denied, Eve gets access"),
        (None, "nebula-1", "Acme is denied, Eve is denied"),
    ],
)
def test_the_headline_says_who_gets_through(acme, customer, attacker, headline):
    """With an external ID that the attacker knows, and one that the vendor didn't send."""
    figure = confused_deputy(*asked(acme, customer, attacker), customer="Acme", attacker="Eve")

    assert headline in drawn(figure)
    assert headline in figure.as_text()
    assert faults(figure) == []


def test_arrows_have_the_context_in_which_the_calls_differ(acme):
    """Also if one call lacks the key, or if the context is the same."""
    words = drawn(confused_deputy(*asked(acme, "acme-4711", None)))
    assert {'sts:ExternalId "acme-4711"', "no sts:ExternalId"} <= set(words)
    assert '– StringEquals sts:ExternalId "acme-4711"; the request has no such key' in words

    same = confused_deputy(*asked(acme, "acme-4711", "acme-4711"))
    assert drawn(same).count("the same context") == 2


def test_another_layer_may_stop_the_attack_as_well(acme):
    """The list names the layer."""
    stranger = f"arn:aws:iam::{NEBULA}:user/mallory"
    figure = confused_deputy(*asked(acme, "acme-4711", "acme-4711", deputy=stranger))

    stopped = "blocked by the resource-based policy and the identity-based policy"
    assert stopped in drawn(figure)


# -- a service -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asks", "verdict"),
    [
        ({}, "allowed"),
        ({"aws:SourceArn": trail_of(DATA)}, "implicit deny"),
        ({"aws:SourceAccount": DATA}, "implicit deny"),
        ({"aws:SourceAccount": DATA, "aws:SourceArn": trail_of(DATA)}, "implicit deny"),
    ],
)
def test_a_service_is_a_deputy_too(asks, verdict):
    """Either key shows which account it writes for; without a key it writes for everybody."""
    figure = confused_deputy(*by_service(**asks), attacker="nebula-labs")

    assert told(figure, "verdict") == [("allowed",), (verdict,)]
    assert "CloudTrail" in drawn(figure)
    for key, wanted in asks.items():
        sent = trail_of(NEBULA) if key == "aws:SourceArn" else NEBULA
        line = f'✕ StringEquals {key} "{wanted}"; the request has "{sent}"'
        assert line in drawn(figure)
    assert f'aws:SourceAccount "{NEBULA}"' in drawn(figure)
    assert faults(figure) == []


# -- whatever is asked -----------------------------------------------------------------------------


def test_the_two_calls_must_be_one_call(acme, after):
    """Both have the same deputy and the same resource."""
    other = acme.can(f"arn:aws:iam::{MAIN}:user/carol", "sts:AssumeRole", READER)
    with pytest.raises(RequestError, match="same caller, action and resource"):
        confused_deputy(after[0], other)
    with pytest.raises(RequestError, match="same caller, action and resource"):
        confused_deputy(*after, before=(after[0], other))


@pytest.mark.parametrize("ugly", UGLY)
def test_ugly_names_are_text(before, after, ugly):
    """The names of the customer and of the attacker."""
    figure = confused_deputy(*after, before=before, customer=ugly, attacker=ugly[::-1])

    assert faults(figure) == []


@slow
@pytest.mark.parametrize("size", [3, 20, 60])
def test_any_decision_can_be_drawn(size):
    """With any request, and any layer that blocks it."""
    world = company(size, 1, ugly=True)
    for decision in decisions(world, 1, 4):
        figure = confused_deputy(decision, decision, world=world)
        assert faults(figure) == []
        assert len(figure.rows) == 2


def test_the_graph_has_both_ways(before, after):
    """Each panel is a frame; the edge of a denied call is missing."""
    graph = confused_deputy(*after, before=before).graph

    assert {field for _, field in graph.nodes(data="field")} == {"before", "after"}
    missing = [edge for *edge, is_missing in graph.edges(data="missing") if is_missing]
    assert missing == [["after deputy", "after attacker's call"]]


def test_the_arrow_of_a_denied_call_is_dashed(before, after):
    """The arrow of an allowed call is solid."""
    for pair, denied in ((before, 0), (after, 1)):
        shapes = confused_deputy(*pair).sheet.shapes
        assert (
            sum(isinstance(shape, Curve) and bool(shape.ink.dashes) for shape in shapes) == denied
        )


def test_the_same_decisions_give_the_same_picture(before, after):
    """Byte for byte."""
    assert len({confused_deputy(*after, before=before).svg() for _ in range(2)}) == 1
