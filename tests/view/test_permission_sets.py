"""Permissions as sets: who has what is the engine's word, and what is lit is what is allowed."""

import re
import xml.etree.ElementTree as ET

import pytest

from iamlab import ANONYMOUS, Policy, Verdict, World
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.errors import IamLabError, RequestError
from iamlab.model.network_locations import Standing
from iamlab.teach.scenarios import MAP, MAPS, OLD_MAP, observatory, scenario
from iamlab.view.drawing.shapes import Line
from iamlab.view.drawing.sheet import PAGE
from iamlab.view.figures.sets.permission_sets import permission_sets
from tests.effort import first_now
from tests.view.looking import faults
from tests.view.scenes import ACTIONS, company, question
from tests.view.set_outlines import around, outlines

ASKED = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "iam:ListUsers", "ec2:StartInstances"]
CONCRETE = [action for action in ACTIONS if "*" not in action]
LAYERS = ("identity", "boundary", "session", "scp", "rcp", "endpoint", "scoped", "resource")


def names_in(decision, layer):
    """Return whether a layer allows an action, from the trace."""
    heard = decision.layer_matches[layer]
    if layer in CEILINGS:
        return all(heard.allows_by_level)
    return bool(heard.allows or (layer == "resource" and decision.layer_matches["grant"].allows))


def check(figure, decisions):
    """Compare the table, the list and the picture with decisions."""
    assert faults(figure) == []
    assert figure.drawing.get_size_inches()[0] <= PAGE
    assert [row["action"] for row in figure.rows] == [
        decision.request.action for decision in decisions
    ]
    lines = [line.strip() for line in figure.lines]
    for row, decision in zip(figure.rows, decisions, strict=True):
        assert row["verdict"] == str(decision.verdict)
        assert row["denied by"] == ", ".join(
            dict.fromkeys(match.address for match in decision.denies)
        )
        for layer in LAYERS:
            if NAMES[layer] in row:
                assert row[NAMES[layer]] is names_in(decision, layer)
        start = f"{decision.verdict.symbol} {decision.request.action}: {decision.verdict}"
        assert any(line.startswith(start) for line in lines)


def marked(figure):
    """Return the actions of the picture by their sign."""
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]
    found = [re.fullmatch(r"([✓✕○]) (\S+:\S+)", text) for text in texts]
    return {match[2]: match[1] for match in found if match}


@pytest.fixture
def bounded():
    """Make a world in which Dana's boundary has other actions than her policies."""
    world = scenario("groups")
    limit = Policy.allow(["s3:Get*", "s3:Delete*", "ec2:*"])
    boundary = world.account("acme-main").create_policy("limit", limit)
    world.user("dana").put_permissions_boundary(boundary)
    return world


def decide(world, who, actions, resource):
    """Ask for each action."""
    return [world.can(who, action, resource) for action in actions]


def test_each_action_is_in_the_sets_that_allow_it(bounded):
    """Only one, both or neither, as the layers decide."""
    dana = bounded.user("dana")
    figure = permission_sets(bounded, dana, ASKED, MAP)
    decisions = decide(bounded, dana, ASKED, MAP)

    check(figure, decisions)
    for decision in decisions:
        text = f"{decision.verdict.symbol} {decision.request.action}"
        assert around(figure, text) == tuple(
            names_in(decision, layer) for layer in ("identity", "boundary")
        )
    assert marked(figure) == {
        "s3:GetObject": "✓",
        "s3:PutObject": "○",
        "s3:DeleteObject": "✕",
        "iam:ListUsers": "○",
        "ec2:StartInstances": "○",
    }


def test_the_alternative_text_names_caller_what_is_left_and_who_denies(bounded):
    """In that order."""
    alt = permission_sets(bounded, bounded.user("dana"), ASKED, MAP).alt

    assert alt.startswith("Of 5 actions, dana may do 1: s3:GetObject. ")
    assert "1: s3:GetObject. A Deny in guard/KeepMaps stops s3:DeleteObject; " in alt
    assert "; only in identity: s3:PutObject" in alt


def test_the_statement_that_denies_is_below_the_struck_action(bounded):
    """It is in both sets, and still isn't allowed."""
    figure = permission_sets(bounded, bounded.user("dana"), ASKED, MAP)
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]

    assert "guard/KeepMaps" in texts
    assert around(figure, "guard/KeepMaps") == (True, True)
    assert sum(isinstance(shape, Line) for shape in figure.sheet.shapes) == 1
    assert "✕ s3:DeleteObject: explicit deny by guard/KeepMaps" in figure.as_text()


def test_what_is_lit_is_exactly_what_is_allowed(bounded):
    """The list's heading "allowed" has exactly the actions that the engine allows."""
    dana = bounded.user("dana")
    figure = permission_sets(bounded, dana, ASKED, MAP)
    allowed = [action for action in ASKED if bounded.can(dana, action, MAP)]

    assert [action for action, sign in marked(figure).items() if sign == "✓"] == allowed
    texts = [text.get_text() for text in figure.drawing.axes[0].texts]
    assert [text for text in texts if ": " in text] == ["in all sets: ✓ allowed"]  # nothing is odd
    assert [line for line in figure.lines if "✓ allowed:" in line] == [
        "in all sets: ✓ allowed: 2 actions"
    ]


def test_policies_are_named_beside_their_sets(bounded):
    """Each set has the names of its policies."""
    text = permission_sets(bounded, bounded.user("dana"), ASKED, MAP).as_text()

    assert "  identity-based policy: own-notes, AmazonS3FullAccess, guard" in text
    assert "  permissions boundary: limit" in text


# -- the three cases of a resource policy ----------------------------------------------------------


def with_resource_policy(principal, action="s3:PutObject"):
    """Return a session of Bob's role, whose boundary doesn't allow writing; the bucket does."""
    world = scenario("groups")
    main, bob = world.account("acme-main"), world.user("bob")
    trust = Policy.allow("sts:AssumeRole", None, principal=bob.arn)
    role = main.create_role("writer", assume_role_policy_document=trust)
    role.put_policy("read", Policy.allow("s3:GetObject"))
    role.put_permissions_boundary(main.create_policy("limit", Policy.allow("s3:Get*")))
    session = world.sts.assume_role(bob, role_arn=role, role_session_name="bob")
    bob.put_permissions_boundary(main.create_policy("of-bob", Policy.allow("s3:Get*")))
    named = {"user": bob.arn, "session": session.arn, "role": role.arn}[principal]
    grant = Policy.allow(action, f"{MAPS}/*", principal=named, sid="Direct")
    world.bucket("star-maps").put_policy(grant)
    return world, bob if principal == "user" else session


@pytest.mark.parametrize(
    ("principal", "is_cut"), [("user", False), ("session", False), ("role", True)]
)
def test_a_grant_to_the_very_caller_is_not_cut_by_the_boundary(principal, is_cut):
    """Named as a user or session, it is allowed outside the boundary; as a role, it isn't."""
    world, caller = with_resource_policy(principal)
    figure = permission_sets(world, caller, ["s3:GetObject", "s3:PutObject"], MAP)
    decisions = decide(world, caller, ["s3:GetObject", "s3:PutObject"], MAP)
    sign = "○" if is_cut else "✓"

    check(figure, decisions)
    assert marked(figure)["s3:PutObject"] == sign
    *_, in_resource = around(figure, f"{sign} s3:PutObject")
    assert in_resource
    assert around(figure, f"{sign} s3:PutObject")[1] is False
    assert "No Allow statement matches" not in figure.as_text()  # nobody misses one there
    is_listed = "doesn't limit a grant to this caller" in figure.as_text()
    assert is_listed is not is_cut
    assert ("names the caller directly" in figure.as_text()) is not is_cut
    drawn = " ".join(text.get_text() for text in figure.drawing.axes[0].texts)
    assert ("a grant to this caller" in drawn) is not is_cut


def test_a_resource_policy_without_an_allow_has_no_set(bounded):
    """In one account it can also grant; if it doesn't, it isn't drawn, but its Denies count."""
    deny = Policy.deny("s3:GetObject", f"{MAPS}/*", principal="*", sid="Closed")
    bounded.bucket("star-maps").put_policy(deny)
    figure = permission_sets(bounded, bounded.user("dana"), ASKED, MAP)

    assert "resource-based" not in figure.as_text()
    assert "✕ s3:GetObject: explicit deny by policy of star-maps/Closed" in figure.as_text()


def test_between_two_accounts_the_resource_policy_is_needed():
    """It has a set even if it is empty, because then nothing is allowed."""
    world = observatory()
    auditor, dana = world.role("auditor"), world.user("dana")
    actions = ["s3:GetObject", "s3:PutObject"]

    for who, left in ((auditor, ["s3:GetObject"]), (dana, [])):
        figure = permission_sets(world, who, actions, OLD_MAP)
        check(figure, decide(world, who, actions, OLD_MAP))
        assert "  resource-based policy: policy of star-archive" in figure.as_text()
        assert [action for action, sign in marked(figure).items() if sign == "✓"] == left


# -- other callers and ceilings --------------------------------------------------------------------


def test_a_session_policy_is_the_second_set_of_a_session():
    """Role ∩ session: only actions in both are allowed."""
    world = scenario("groups")
    trust = Policy.allow("sts:AssumeRole", None, principal=world.user("bob").arn)
    role = world.account("acme-main").create_role("build", assume_role_policy_document=trust)
    role.put_policy("own", Policy.allow("s3:*"))
    session = world.sts.assume_role(
        world.user("bob"),
        role_arn=role,
        role_session_name="bob",
        policy=Policy.allow(["s3:Get*", "ec2:*"]).to_dict(),
    )
    figure = permission_sets(world, session, ASKED, MAP)

    check(figure, decide(world, session, ASKED, MAP))
    assert "  session policy" in figure.lines
    assert around(figure, "✓ s3:GetObject") == (True, True)
    assert around(figure, "○ ec2:StartInstances") == (False, True)
    assert "only in session policy: 1 action" in figure.as_text()


def test_a_boundary_within_the_policies_is_drawn_within_them():
    """Nested sets, if no action is only in the boundary."""
    world = scenario("groups")
    limit = world.account("acme-main").create_policy("limit", Policy.allow("s3:Get*"))
    world.user("bob").put_permissions_boundary(limit)
    figure = permission_sets(world, world.user("bob"), ASKED[:3], MAP)
    large, small = outlines(figure)

    assert large[0] < small[0] < small[2] < large[2]
    assert "only in boundary" not in figure.as_text()


def test_ceilings_that_agree_are_drawn_as_one_and_it_is_said():
    """SCP and RCP of the observatory: from the fourth set on, equal sets are merged."""
    world = observatory()
    bob = world.user("bob")
    figure = permission_sets(world, bob, ASKED, MAP)

    check(figure, decide(world, bob, ASKED, MAP))
    assert len(outlines(figure)) == 3
    assert "Drawn as one: SCP and RCP." in figure.caption
    assert "    service control policy" in figure.lines
    assert "    resource control policy" in figure.lines


def test_ceilings_that_are_too_many_to_draw_are_drawn_as_what_all_let_through():
    """Of five different layers, two are merged; the highlighted part is still the verdict."""
    world = observatory()
    main, bob = world.account("acme-main"), world.user("bob")
    organization = main.organization
    scp = Policy.allow(["s3:Get*", "s3:Put*", "sts:*"])
    organization.create_policy("narrow", scp).attach(organization.root)
    organization.detach_policy("FullAWSAccess", organization.root)
    trust = Policy.allow("sts:AssumeRole", None, principal=bob.arn)
    role = main.create_role("build", assume_role_policy_document=trust)
    role.put_policy("own", Policy.allow(["s3:*", "ec2:*"]))
    limit = main.create_policy("limit", Policy.allow(["s3:*", "iam:*"]))
    role.put_permissions_boundary(limit)
    session = world.sts.assume_role(
        bob, role_arn=role, role_session_name="bob",
        policy=Policy.allow(["s3:Get*", "s3:Delete*"]).to_dict(),
    )  # fmt: skip
    figure = permission_sets(world, session, ASKED, MAP)
    decisions = decide(world, session, ASKED, MAP)

    check(figure, decisions)
    assert len(outlines(figure)) == 4
    assert "Drawn as one: SCP and RCP." in figure.caption
    for decision in decisions:
        sets = [("identity",), ("boundary",), ("session",), ("scp", "rcp")]
        text = f"{decision.verdict.symbol} {decision.request.action}"
        assert around(figure, text) == tuple(
            all(names_in(decision, layer) for layer in layers) for layers in sets
        )


@pytest.mark.parametrize("who", [ANONYMOUS, "ec2.amazonaws.com", "arn:aws:iam::111111111111:root"])
def test_whoever_has_no_policies_of_his_own_can_be_drawn(who, bounded):
    """The root user needs none, and others have none."""
    figure = permission_sets(bounded, who, ASKED, MAP)

    check(figure, decide(bounded, who, ASKED, MAP))
    is_root = who.endswith("root")
    assert ("A root user needs no Allow in its own account." in figure.as_text()) is is_root
    assert NAMES["identity"] not in figure.rows[0]


def test_what_is_never_refused_says_so():
    """sts:GetCallerIdentity is allowed outside of all sets."""
    world = scenario("groups")
    figure = permission_sets(world, world.user("alice"), ["sts:GetCallerIdentity"], "*")

    assert "AWS always allows this." in figure.as_text()
    assert marked(figure) == {"sts:GetCallerIdentity": "✓"}


def test_a_user_without_any_policy_has_an_empty_set():
    """It is drawn without actions."""
    main = World(1).create_account("main", account_id="111111111111")
    figure = permission_sets(main.world, main.create_user("ana"), ASKED, MAP)

    check(figure, decide(main.world, main.users["ana"], ASKED, MAP))
    assert len(outlines(figure)) == 1
    assert "  identity-based policy: no policy" in figure.lines
    assert figure.alt.startswith("Of 5 actions, ana may do none. ")


def test_context_counts_as_in_a_question():
    """An action is in a set if the context meets its condition."""
    world = scenario("groups")
    own = Policy.allow("ec2:StartInstances", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    world.user("alice").put_policy("own", own)
    without, with_ = (
        permission_sets(world, world.user("alice"), ["ec2:StartInstances"], "*", context=context)
        for context in (None, {"aws:MultiFactorAuthPresent": True})
    )

    assert list(marked(without).values()) == ["○"]
    assert list(marked(with_).values()) == ["✓"]


# -- any world -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", first_now(range(5)))
@pytest.mark.parametrize(("size", "ugly"), [(3, False), (20, False), (60, True)])
def test_no_world_breaks_the_picture(size, ugly, seed):
    """Any caller, any resource, any names; the picture agrees with the engine."""
    world = company(size, seed, ugly=ugly)
    caller, _, resource = question(world, seed)

    check(
        permission_sets(world, caller, CONCRETE, resource),
        decide(world, caller, CONCRETE, resource),
    )


def test_many_actions_are_counted_and_all_are_in_the_table(bounded):
    """60 of them, with long names that no catalogue has."""
    bounded.standing = Standing(circumstances={"allow_unknown": True})
    actions = [f"s3:{verb}{number}{'Long' * 20}" for verb in ("Get", "Put") for number in range(30)]
    dana = bounded.user("dana")
    figure = permission_sets(bounded, dana, actions, MAP)

    check(figure, decide(bounded, dana, actions, MAP))
    assert [text.get_text() for text in figure.drawing.axes[0].texts].count("and 22 more") == 2


def test_each_action_counts_once_and_one_can_be_passed_alone(bounded):
    """A list with a duplicate, and a single text."""
    dana = bounded.user("dana")

    assert len(permission_sets(bounded, dana, ["s3:GetObject"] * 3, MAP).rows) == 1
    assert len(permission_sets(bounded, dana, "s3:GetObject", MAP).rows) == 1


@pytest.mark.parametrize(
    ("caller", "actions"),
    [("dana", []), ("dana", ["s3"]), ("dana", ["s3:*"]), ("dana", [7]), (None, ["s3:GetObject"])],
)
def test_what_cannot_be_asked_is_refused(bounded, caller, actions):
    """The error is one of iamlab's own."""
    who = bounded.user(caller) if caller else "arn:aws:iam::111111111111:user/nobody"
    with pytest.raises(IamLabError):
        permission_sets(bounded, who, actions, MAP)


def test_without_a_decision_there_is_an_error(bounded):
    """There is nothing to draw."""
    with pytest.raises(RequestError, match="at least one"):
        permission_sets(bounded, bounded.user("dana"), [], MAP)


def test_names_from_strangers_are_drawn_as_text(bounded):
    """A resource's name has no effect, and doesn't break the lines of the list."""
    name = f"{MAPS}/<script>$x^2$\n\u202e😀{'z' * 400}"
    figure = permission_sets(bounded, bounded.user("dana"), ASKED, name)

    ET.fromstring(figure.svg())  # noqa: S314 - our own picture
    assert "<script>" not in figure._repr_html_()
    assert all("\n" not in line for line in figure.lines)
    assert figure.rows[0]["resource"] == name
    assert len(figure.alt) <= 300


def test_the_same_world_gives_the_same_bytes(bounded):
    """And the picture changes nothing."""
    before = bounded.copy()
    first, two = (permission_sets(bounded, bounded.user("dana"), ASKED, MAP) for _ in range(2))

    assert first.svg() == two.svg()
    assert (first.alt, first.lines, first.rows) == (two.alt, two.lines, two.rows)
    assert before.diff(bounded) == ()


def test_every_layer_has_a_name(bounded):
    """AWS's name of it is in the list."""
    figure = permission_sets(bounded, bounded.user("dana"), ASKED, MAP)

    assert NAMES["identity"] in figure.as_text()
    assert NAMES["boundary"] in figure.as_text()
    assert all(row["verdict"] in map(str, Verdict) for row in figure.rows)


def test_one_reason_is_said_once_for_all_that_it_holds_for(bounded):
    """The root user's five actions share one sentence."""
    figure = permission_sets(bounded, "arn:aws:iam::111111111111:root", ASKED, MAP)
    words = " ".join(text.get_text() for text in figure.drawing.axes[0].texts)
    three = "✓ s3:GetObject, ✓ s3:PutObject, ✓ s3:DeleteObject and 2 more: A root user needs no"

    assert three in words
    assert words.count("root user") == 1


def test_the_alternative_text_says_in_which_sets_actions_are(bounded):
    """In only one set, in all sets, in none."""
    parts = permission_sets(bounded, bounded.user("dana"), ASKED, MAP).alt.partition("; ")[2]

    assert parts == (
        "in all sets: s3:GetObject and s3:DeleteObject; only in identity: s3:PutObject; "
        "only in boundary: ec2:StartInstances; in no set: iam:ListUsers."
    )


def test_every_sentence_of_the_alternative_text_begins_with_a_capital(bounded):
    """With a Deny and without one."""
    for actions in (ASKED, ["s3:GetObject"], ["iam:ListUsers"]):
        alt = permission_sets(bounded, bounded.user("dana"), actions, MAP).alt
        assert all(part[0].isupper() for part in alt.split(". "))
    assert (
        "In all sets: s3:GetObject."
        in permission_sets(bounded, bounded.user("dana"), ["s3:GetObject"], MAP).alt
    )
