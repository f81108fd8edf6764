"""Two doors: which are open, what the sign says, what bars the way; as the engine has decided."""

from functools import cache

import pytest

from iamlab import Layers, Policy
from iamlab.view.figures.decision.two_doors import plan, two_doors
from iamlab.view.figures.names import asks_for
from tests.view.cases import DECISIONS, OF_ALL, OTHER, OWN, SHAPES, asked, bucket
from tests.view.looking import faults

draw = cache(lambda case: two_doors(DECISIONS[case]))

EITHER, BOTH = "One account: either side is enough", "Two accounts: both sides must allow"
ROLE, KEY = "A role: its trust policy must allow", "A KMS key: its key policy or a grant must allow"
OUTSIDER = "A caller without an account: the resource's side must allow"
OF_ACCOUNT = "The account is named: own policies must allow too"
# Case -> the sign, the identity door, the resource door, what bars the way behind them.
SEEN = {
    "nothing": (EITHER, "absent", "absent", []),
    "identity allows": (EITHER, "open", "absent", []),
    "identity is silent": (EITHER, "shut", "absent", []),
    "identity denies": (EITHER, "barred", "absent", []),
    "resource allows": (EITHER, "absent", "open", []),
    "resource allows, boundary shut": (EITHER, "shut", "open", []),
    "resource denies": (EITHER, "open", "barred", ["✕ Deny: bucket/Nobody"]),
    "boundary shut": (EITHER, "open", "absent", ["○ shut: permissions boundary"]),
    "session shut": (EITHER, "open", "absent", ["○ shut: session policy"]),
    "scp shut": (
        EITHER, "open", "absent",
        ["○ shut: service control policy", "○ shut: permissions boundary"],
    ),
    "scp denies": (EITHER, "open", "absent", ["✕ Deny: guard/NoMaps"]),
    "two accounts allow": (BOTH, "open", "open", []),
    "two accounts, resource silent": (BOTH, "open", "absent", []),
    "two accounts, identity silent": (BOTH, "absent", "open", []),
    "two accounts, boundary shut": (BOTH, "open", "open", ["○ shut: permissions boundary"]),
    "trust": (ROLE, "absent", "open", []),
    "trust of account": (OF_ACCOUNT, "absent", "open", []),
    "no trust": (ROLE, "open", "absent", []),
    "key of account": (OF_ACCOUNT, "absent", "open", []),
    "key of dana": (KEY, "absent", "open", []),
    "anonymous": (OUTSIDER, "absent", "shut", []),
    "root": ("A root user needs no Allow in its own account", "absent", "absent", []),
    "root assumes": ("A root user can't assume a role", "absent", "open", []),
}  # fmt: skip


@pytest.mark.parametrize("case", SEEN)
def test_doors_sign_and_bars_are_as_the_engine_decides(case):
    """In every case, doors are open or shut as the engine decides, and the sign has the rule."""
    figure = draw(case)
    sign, identity, resource, bars = SEEN[case]
    states = {row["place"]: row["state"] for row in figure.rows}

    assert f"sign: {sign}" in figure.as_text().splitlines()
    assert (states["Identity door"], states["Resource door"]) == (identity, resource)
    found = [f"{r['state']} {r['reason']}" for r in figure.rows if r["place"] == "before the room"]
    assert found == bars
    assert states["room"] == str(DECISIONS[case].verdict)


@pytest.mark.parametrize("case", DECISIONS)
def test_nobody_is_let_in_but_by_a_door_that_is_open(case):
    """Access is through an open door, unless no door counts."""
    decision = DECISIONS[case]
    found = plan(decision)
    leading = [door for door in found.doors if door.leads]

    assert all(door.state == "open" and door.counts for door in leading)
    if decision and any(door.counts for door in found.doors):
        assert leading
        assert not found.bars
        assert {hit.address for hit in decision.determining} <= {
            statement for door in leading for statement in door.statements.split(", ")
        }


@pytest.mark.parametrize("case", SHAPES)
def test_nothing_before_the_doors_is_in_the_way_of_anything(case):
    """No label overlaps, no line runs through a box, the list has every word; it fits the page."""
    figure = draw(case)

    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= 10


@pytest.mark.parametrize("case", DECISIONS)
def test_the_alternative_text_names_caller_sign_doors_and_verdict(case):
    """The caller, the sign, the state of both doors, and the verdict."""
    decision = DECISIONS[case]
    alt = two_doors(decision).alt
    found = plan(decision)

    assert decision.request.principal.rpartition("/")[2].rpartition(":")[2] in alt
    assert alt.startswith(f"{asks_for(decision.request)}. {found.sign}. ")
    for door in found.doors:
        assert f"{door.place}: {door.look.word}" in alt
    assert alt.endswith(f"{decision.verdict.symbol} {str(decision.verdict).capitalize()}.")


def test_between_two_accounts_the_doors_are_one_after_the_other():
    """In one account they are side by side; between two, each is in its own frame."""
    first, two = DECISIONS["identity allows"], DECISIONS["two accounts allow"]
    words = {label.whole for label in two_doors(two).sheet.record.labels}

    assert not plan(first).in_series
    assert plan(two).in_series
    assert {f"account {two.request.caller.account}", f"account {OTHER}"} <= words


def test_a_deny_at_one_door_stops_who_comes_by_the_other():
    """The open door gives no access, and the bar names the Deny."""
    decision = asked(Layers(identity=[OWN], resource=bucket({"AWS": "*"}, OF_ALL)))
    found = plan(decision)

    assert [door.state for door in found.doors] == ["open", "barred"]
    assert found.bars == (("✕", "Deny: bucket/Nobody"),)
    assert found.doors[1].statements == "bucket/Nobody"


def test_behind_a_barred_door_there_is_no_second_bar():
    """Between two accounts, the request ends at the first bar."""
    decision = asked(Layers(identity=[OWN], resource=bucket({"AWS": "*"}, OF_ALL)), account=OTHER)

    assert plan(decision).bars == ()


def test_a_door_that_does_not_count_says_so():
    """The caller's own policies alone don't open a role."""
    figure = two_doors(DECISIONS["no trust"])

    assert "(it does not count here)" in figure.as_text()
    assert figure.rows[0]["counts"] is False
    assert figure.rows[0]["state"] == "open"


def test_the_same_decision_gives_the_same_bytes():
    """Drawn twice it is the same."""
    again = asked(Layers(identity=[OWN]))

    assert two_doors(DECISIONS["identity allows"]).svg() == two_doors(again).svg()


@pytest.mark.parametrize("account", ["", OTHER])
def test_names_of_strangers_stay_beside_their_doors(account):
    """Formulas, markup, long names and many statements are text, whole in the list."""
    names = [f"<b>$x^2$\n\u202e{'n' * 150}{i}" for i in range(40)]
    many = [Policy.allow("s3:*", name=name, sid="$y$") for name in names]
    figure = two_doors(asked(Layers(identity=many, boundary=many[0] + OF_ALL), account=account))

    assert faults(figure) == []
    assert all(f"{name}/$y$" in figure.rows[0]["statements"] for name in names)
    assert len(figure.alt) <= 300
