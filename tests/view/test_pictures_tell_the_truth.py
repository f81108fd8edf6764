"""Pictures tell the truth: what a figure claims is held against the rules, decision by decision.

A rule is a function of votes. So each claim can be tried: open a gate, let a door speak, make a
rung answer otherwise, and see whether the verdict turns as the picture says it must.
"""

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import networkx as nx
import pytest

from iamlab import Decision, Layers, Policy, World
from iamlab.engine.layer_results import layer_results
from iamlab.engine.layers import CEILINGS, GUARDRAILS, NAMES, PERMISSION_FILTERS
from iamlab.view.figures.calls.policy_ends import rule_of, stops_of
from iamlab.view.figures.calls.sequence import sequence
from iamlab.view.figures.decision.access_graph import GRANT, access_graph
from iamlab.view.figures.decision.access_graph import stops_of as on_the_way
from iamlab.view.figures.decision.ladder import rungs
from iamlab.view.figures.decision.two_doors import plan
from iamlab.view.figures.policy.condition_tree import (
    CONDITION,
    FOUND,
    STATEMENT,
    VALUE,
    ConditionNodes,
)
from iamlab.view.figures.policy.value_sets import value_sets
from iamlab.view.figures.reach.reach_path import name_and_kind
from iamlab.view.figures.reach.trust_graph import trust_graph
from iamlab.view.figures.sets.two_layers import NOT_ENOUGH
from tests.effort import tries
from tests.engine.json_questions import ask_engine
from tests.engine.random_questions import random_question
from tests.policy.documents import allow, deny, document
from tests.view.cases import (
    DANA,
    DECISIONS,
    EC2,
    FULL,
    GUARD,
    MAIN,
    OTHER,
    OWN,
    about_key,
    about_role,
    asked,
    bucket,
    trust,
)
from tests.view.scenes import PARTNER, company, sessions

OF_ACCOUNT = {"AWS": MAIN}
NAMES_ACCOUNT = asked(Layers(resource=bucket(OF_ACCOUNT)))
KEY_OF_ACCOUNT = Policy.allow("kms:*", principal=OF_ACCOUNT, name="key")
GRANTS = ("direct", "indirect", "account", "grant")


@cache
def asked_by_chance() -> tuple[Decision, ...]:
    """Return decisions of every kind, and two thousand random ones."""
    rng = random.Random(9)
    return (*DECISIONS.values(), *(ask_engine(random_question(rng)) for _ in range(tries(2000))))


@dataclass(frozen=True)
class Ballot:
    """A decision without a Deny, as votes that can be changed."""

    decision: Decision

    def allows(self, opened: Any = (), /, *, shut: str = "", **granted: bool) -> bool:
        """Return the result of the rule with some ceilings open, one shut, and other grants."""
        heard = self.decision.layer_matches
        says = {
            layer: (True,) if layer in opened else heard[layer].allows_by_level
            for layer in CEILINGS
        }
        says |= {shut: (False,)} if shut else {}
        lets = {layer: all(own) for layer, own in says.items()}
        votes = layer_results(heard, self.decision.rules)._replace(
            filters=all(lets[layer] for layer in PERMISSION_FILTERS), **granted
        )
        rule = getattr(self.decision.rules, self.decision.combining_rule)
        return all(lets[layer] for layer in (*GUARDRAILS, "scoped")) and bool(rule(votes))


def by_rule(*, allowed: bool | None = None) -> list[tuple[Decision, Ballot]]:
    """Return the decisions that a rule of votes makes, with their ballots."""
    return [
        (decision, Ballot(decision))
        for decision in asked_by_chance()
        if not decision.denies
        and hasattr(decision.rules, decision.combining_rule)
        and (allowed is None or bool(decision) is allowed)
    ]


# -- ladder ----------------------------------------------------------------------------------------


def test_a_rung_that_is_not_asked_could_say_what_it_likes():
    """Other answers of the rungs that aren't reached don't change the verdict."""
    tried = 0
    for decision, ballot in by_rule():
        for rung in rungs(decision):
            if rung.part not in ("not reached", "cannot help"):
                continue
            tried += 1
            assert ballot.allows() is bool(decision)
            if rung.layer in CEILINGS:
                found = ballot.allows([rung.layer]), ballot.allows(shut=rung.layer)
            elif rung.layer == "identity":
                found = ballot.allows(identity=True), ballot.allows(identity=False)
            else:
                found = tuple(
                    ballot.allows(**dict.fromkeys(GRANTS, says)) for says in (True, False)
                )
            assert set(found) == {bool(decision)}, (decision.explain(), rung)
    assert tried > tries(1000)


def test_the_rung_that_decides_answers_what_the_verdict_is():
    """It allows, it doesn't allow, or it is the first rung and denies."""
    for decision in asked_by_chance():
        deciding = [rung for rung in rungs(decision) if rung.decides]
        assert deciding
        for rung in deciding:
            signs = {"allowed": "✓", "explicitDeny": "✕", "implicitDeny": "○–"}
            assert rung.symbol in signs[decision.verdict.value], decision.explain()
        for rung in rungs(decision):
            if rung.layer in decision.layer_matches:
                own = ("resource", "grant") if rung.layer == "resource" else (rung.layer,)
                denies = any(decision.layer_matches[layer].denies for layer in own)
                assert (rung.symbol == "✕") is denies


def test_a_session_policy_does_not_limit_a_session_that_the_resource_names():
    """The session policy doesn't limit this grant; so the scope-down policy denies."""
    layers = Layers(identity=[OWN], resource=bucket({"AWS": DANA}), boundary=EC2, scoped=[EC2])
    [deciding] = [rung for rung in rungs(asked(layers)) if rung.decides]

    assert deciding.layer == "scoped"


# -- two doors -------------------------------------------------------------------------------------


def test_the_sign_between_the_doors_and_the_bars_give_the_verdict():
    """Side by side, one open door is enough; in a row, all must be open. No bar can be there."""
    for decision in asked_by_chance():
        found = plan(decision)
        if not any(door.counts for door in found.doors):
            continue
        of = all if found.in_series else any
        open_ = of(door.state == "open" for door in found.doors if door.counts)
        barred = any(door.state == "barred" for door in found.doors)
        assert (open_ and not barred and not found.bars) is bool(decision), decision.explain()


def test_every_bar_counts_and_no_bar_is_missing():
    """Without all bars, the open doors give access; with one bar, nobody has access."""
    layer_of = {f"shut: {NAMES[layer]}": layer for layer in CEILINGS}
    tried = 0
    for decision, ballot in by_rule(allowed=False):
        found = plan(decision)
        if not any(door.counts for door in found.doors):
            continue
        of = all if found.in_series else any
        open_ = of(door.state == "open" for door in found.doors if door.counts)
        bars = [layer_of[words] for _, words in found.bars]
        assert ballot.allows(bars) is open_, decision.explain()
        for bar in bars if open_ else ():
            tried += 1
            assert not ballot.allows([bar_left for bar_left in bars if bar_left != bar]), (
                decision.explain()
            )
    assert tried > tries(30)


def test_a_shut_door_that_counts_leads_in_once_it_opens():
    """Opening it changes the verdict as the sign says, if the door counts."""
    for decision, ballot in by_rule(allowed=False):
        doors, in_series = plan(decision).doors, plan(decision).in_series
        if not any(door.counts for door in doors):
            continue
        for door, other in (doors, doors[::-1]):
            more = {"identity": True} if door.place == "Identity door" else {"direct": True}
            if door.counts and door.state != "open":
                wanted = not in_series or other.state == "open"
                assert ballot.allows(CEILINGS, **more) is wanted, decision.explain()
            elif door.place == "Identity door" and not door.counts and other.state != "open":
                assert not ballot.allows(CEILINGS, **more), decision.explain()


# -- who is named in the resource's policy ---------------------------------------------------------


def test_a_bucket_policy_that_names_the_account_is_not_sufficient():
    """The sign, the gate and the rule say that the caller's own policies must allow."""
    own = asked(Layers(identity=[OWN], resource=bucket(OF_ACCOUNT)))
    for decision, symbol in ((NAMES_ACCOUNT, "○"), (own, "✓")):
        text = access_graph(decision).as_text()
        assert "either side" not in plan(decision).sign
        assert [door.counts for door in plan(decision).doors] == [True, False]
        assert f"{symbol} own policies must allow too: identity" in text
        assert "either side" not in text + rule_of(decision)


@pytest.mark.parametrize(
    "decision",
    [about_role(Layers(resource=trust(OF_ACCOUNT))), about_key(Layers(resource=KEY_OF_ACCOUNT))],
)
def test_a_trust_or_key_policy_that_names_the_account_is_half_of_it(decision):
    """The graph says that both must allow, not that the policy is enough."""
    text = access_graph(decision).as_text()
    assert "○ own policies must allow too: identity –, resource ✓" in text
    assert "must allow too" in rule_of(decision)


# -- access graph ----------------------------------------------------------------------------------


def grant_of(decision):
    """Return the node where both sides join, and whether the request passes it."""
    found = [(stop, stop.highlighted) for stop in on_the_way(decision) if stop.id == GRANT]
    return found[0] if found else (None, False)


def test_the_way_of_an_access_graph_is_open_to_its_end_if_the_request_is_allowed():
    """The last stop lets allowed requests through, and no solid path leads to a denied one."""
    for decision in asked_by_chance():
        *_, last = on_the_way(decision)
        assert last.highlighted is bool(decision), decision.explain()


def test_no_solid_way_leads_through_a_graph_to_what_is_denied():
    """Also in the saved graph, without missing edges and Denies."""
    for decision in asked_by_chance()[:900]:
        graph = access_graph(decision).graph
        solid = [
            (start, other)
            for start, other, line in graph.edges(data=True)
            if not line.get("missing") and line.get("label") != "denies"
        ]
        path = nx.DiGraph(solid)
        path.add_nodes_from(graph)
        if not decision:
            assert not nx.has_path(path, "caller", "resource"), decision.explain()


def test_the_scp_of_the_callers_account_stops_what_both_sides_grant():
    """The path ends at an SCP that blocks, although both accounts' policies allow."""
    both = {"identity": [OWN], "resource": bucket({"AWS": DANA})}
    for scps in ([[FULL], [EC2]], [[FULL, GUARD]]):
        grant, gets_past = grant_of(asked(Layers(scp=scps, **both), account=OTHER))
        assert grant.text == "✓ both sides must allow"
        assert not gets_past


def test_where_either_side_is_enough_and_one_allows_only_a_cut_shuts_the_gate():
    """The sign at the gate follows from both sides' answers, unless a limit applies."""
    for decision, _ in by_rule():
        grant, _ = grant_of(decision)
        if grant is None or ", but blocked" in grant.note:
            continue
        sides = ["identity ✓" in grant.note, "resource ✓" in grant.note or "grant ✓" in grant.note]
        symbol, _, title = grant.text.partition(" ")
        joined = {"either side is enough": any, "both sides must allow": all}.get(title)
        if joined:
            assert joined(sides) is (symbol == "✓"), decision.explain()


def test_the_rows_of_an_access_graph_are_what_was_heard():
    """Each statement that matches is a row, and the deciding statements are marked."""
    for decision in asked_by_chance()[:900]:
        *rows, _ = access_graph(decision).rows
        applying = sorted((row["layer"], row["effect"]) for row in rows if row["matches"])
        heard = (
            (NAMES[layer], match.effect) for layer in NAMES for match in _applying(decision, layer)
        )
        assert applying == sorted(heard)
        assert sum(row["decides"] for row in rows) == len(decision.determining)


def _applying(decision: Decision, layer: str) -> Any:
    return decision.layer_matches[layer].applying if layer in decision.layer_matches else ()


# -- two accounts ----------------------------------------------------------------------------------


def test_without_its_stops_a_request_gets_through():
    """The map's stops are all that blocks the request."""
    for decision, ballot in by_rule(allowed=False):
        if ballot.allows(CEILINGS, identity=True, direct=True):
            stops = stops_of(decision)
            more = {"identity": True} if "identity" in stops else {}
            more |= {"direct": True} if "resource" in stops else {}
            assert ballot.allows(stops & {*CEILINGS}, **more), decision.explain()


# -- conditions ------------------------------------------------------------------------------------


def test_a_statement_matches_if_its_conditions_match_and_these_if_their_values_do():
    """OR, NOR and the set operators join the values to the engine's outcome."""
    judged = 0
    for decision in asked_by_chance():
        matches = [match for step in decision.trace.steps for match in step.matches]
        found = ConditionNodes(decision, matches)
        statements = [node for node in found.nodes if node.kind == STATEMENT and node.text]
        for match, statement in zip(
            [match for match in matches if match.statement.conditions], statements, strict=True
        ):
            assert statement.highlighted is match.applies
        joints = {edge.source: edge.label for edge in found.edges}
        for node in found.nodes:
            if node.kind != CONDITION:
                continue
            values, has = (
                [
                    leaf.stays
                    for leaf in found.nodes
                    if (leaf.parent, leaf.kind) == (node.id, kind)
                    and leaf.text.startswith(("✓", "○"))
                ]
                for kind in (VALUE, FOUND)
            )
            operator = node.facts["operator"]
            every = "Not" in operator if values else operator.startswith("ForAllValues")
            assert not values or joints[node.id] in ("", "NOR" if every else "OR")
            if values or has:
                judged += 1
                assert (all if every else any)(values or has) is node.facts["matches"]
    assert judged > tries(500)


@pytest.mark.parametrize("operator", ["StringNotEquals", "StringEqualsIfExists", "StringEquals"])
@pytest.mark.parametrize("values", [None, "sky", "sea"])
def test_the_part_that_is_lit_is_what_decides(operator, values):
    """A part without a needed value isn't highlighted if the condition holds."""
    figure = value_sets(operator, "aws:PrincipalTag/team", "sky", values)
    drawn = " ".join(text.get_text() for text in figure.drawing.axes[0].texts)
    both = any(row["in policy"] and row["in request"] for row in figure.rows)
    only_request = any(row["in request"] and not row["in policy"] for row in figure.rows)
    has_value = only_request if "Not" in operator else both

    assert ("needs a value" in drawn) is (has_value is figure.lines[-1].startswith("✓"))


def test_an_allow_that_the_other_account_does_not_share_is_not_called_cut():
    """Two layers name no ceiling where none applies."""
    assert DECISIONS["two accounts, resource silent"].blocking == ()
    assert "ceiling" not in NOT_ENOUGH.word


# -- worlds ----------------------------------------------------------------------------------------

BROUGHT = {
    "aws:MultiFactorAuthPresent": "true",
    "sts:ExternalId": "seven",
    "sts:RoleSessionName": "x-night-shift",
    "aws:SourceIp": "203.0.113.9",
}


@pytest.mark.parametrize(("size", "seed"), [(20, 1), (20, 4), (3, 2)])
def test_a_dashed_line_gets_solid_once_the_missing_end_is_written(size, seed):
    """Only the missing permission or trust is missing."""
    world = company(size, seed)
    dashed = [row for row in trust_graph(world).rows if not row["may_become"]]
    for row in dashed:
        if row["state"] not in ("trusted, not permitted", "permitted, not trusted"):
            continue
        mended = world.copy()
        people = {
            identity.arn: identity
            for account in mended.accounts.values()
            for identity in (*account.users.values(), *account.roles.values())
        }
        assume = {"Effect": "Allow", "Action": "sts:AssumeRole"}
        if row["state"] == "trusted, not permitted":
            statement = {**assume, "Resource": row["role"]}
            people[row["principal"]].put_policy(
                "mend", {"Version": "2012-10-17", "Statement": statement}
            )
        else:
            statement = {**assume, "Principal": {"AWS": row["principal"]}}
            people[row["role"]].trust = Policy.parse(
                {"Version": "2012-10-17", "Statement": statement}
            )
            mended.changed()
        assert mended.can(row["principal"], "sts:AssumeRole", row["role"], context=BROUGHT), row


def test_whoever_a_deny_keeps_from_a_role_lacks_no_permission():
    """A trusted user with a Deny is denied; another Allow would not help."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    of_all = document({"Effect": "Allow", "Principal": OF_ACCOUNT, "Action": "sts:AssumeRole"})
    main.create_role("auditor", assume_role_policy_document=of_all)
    main.create_user("bob")
    main.create_user("dana").put_policy("guard", document(deny("sts:*", Sid="Stay")))
    found = {row["principal"]: row for row in trust_graph(main.world).rows}

    assert found[main.users["bob"].arn]["state"] == "trusted, not permitted"
    assert found[main.users["dana"].arn]["cut_by"] == "guard/Stay"
    assert found[main.users["dana"].arn]["state"] == "trusted, but denied"


@pytest.mark.parametrize(("size", "seed"), [(20, 0), (20, 4), (3, 1)])
def test_whoever_may_assume_a_role_has_a_solid_line(size, seed):
    """All pairs of a world are tested, also those without a line."""
    world = company(size, seed)
    solid = {
        (row["principal"], row["role"]) for row in trust_graph(world).rows if row["may_become"]
    }
    accounts = world.accounts.values()
    roles = [role.arn for account in accounts for role in account.roles.values()]
    users = [user.arn for account in accounts for user in account.users.values()]
    for caller in (*users, *roles):
        for role in roles:
            if world.can(caller, "sts:AssumeRole", role, context=BROUGHT):
                assert (caller, role) in solid


def test_each_event_is_one_arrow_and_none_is_lost():
    """A call in the logs of two accounts is one arrow, with its operation and outcome."""
    world = company(20, 1)
    sessions(world, 1)
    olga = world.account(PARTNER).users["olga"]
    open_to = document({"Effect": "Allow", "Principal": {"AWS": olga.arn}, "Action": "sts:*"})
    role = world.account(MAIN).create_role("guests", assume_role_policy_document=open_to)
    olga.put_policy("come", document(allow("sts:AssumeRole")))
    world.sts.assume_role(olga, role_arn=role, role_session_name="visit")
    events = {event.event_id: event for event in world.events}
    calls = [row for row in sequence(world.events).rows if not row["is_answer"]]

    assert len(calls) == len({event.shared_event_id or event.event_id for event in world.events})
    for call in calls:
        event = events[call["event_id"]]
        assert (call["operation"], call["target"]) == (event.event_name, event.event_source)
        assert call["outcome"] == event.outcome


def test_a_session_on_a_way_is_named_with_its_role():
    """The name of a session alone doesn't name its role."""
    arn = f"arn:aws:sts::{MAIN}:assumed-role/backup/night"
    assert name_and_kind(arn) == ("backup/night", "role session")
