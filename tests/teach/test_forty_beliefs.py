"""The forty wrong beliefs of the course: each mutant is wrong in its scenario, and only there."""

import random
from contextlib import suppress

import pytest
from hypothesis import given

from iamlab import RequestError
from iamlab.engine.verdict import Verdict
from iamlab.errors import IamLabError
from iamlab.teach import believed_rules, believed_views, recognition
from iamlab.teach.mutants import MISCONCEPTIONS, MUTANTS, telling
from tests.analysis.worlds_to_ask import (
    ACTIONS,
    OUTSIDERS,
    OWNED,
    circumstances,
    everybody,
    organized,
    random_world,
)
from tests.effort import tries
from tests.engine.json_questions import ask_engine
from tests.engine.making import QUESTIONS
from tests.rows import each_row
from tests.teach.belief_scenarios import CASES, Scenario

ABOUT_VERDICTS = [mutant for name, mutant in MUTANTS.items() if name != "secret_readable"]
each_mutant = each_row("mutant", ABOUT_VERDICTS, ids=lambda mutant: mutant.name)
each_belief = each_row("known", MISCONCEPTIONS.values(), ids=MISCONCEPTIONS)


@each_mutant
def test_a_mutant_is_wrong_in_its_scenario_and_agrees_with_aws_elsewhere(mutant):
    """One request exposes the belief; another one in the same world doesn't."""
    here = Scenario()
    differs, believed, agrees = CASES[mutant.name](here)

    assert mutant.verdict(differs, here.world) is believed
    assert differs.verdict is not believed
    assert mutant in telling(differs, here.world)
    assert mutant.verdict(agrees, here.world) is agrees.verdict


def test_there_are_forty_beliefs_with_mutants_and_each_has_a_scenario():
    """M01 to M40, of which M02 and M14 have two mutants."""
    two = {key for key, known in MISCONCEPTIONS.items() if len(known.mutants) == 2}

    assert list(MISCONCEPTIONS) == [f"M{number:02}" for number in range(1, 41)]
    assert two == {"M02", "M14"}
    assert all(known.mutants for known in MISCONCEPTIONS.values())
    assert CASES.keys() == {mutant.name for mutant in ABOUT_VERDICTS}


def test_every_function_of_a_belief_belongs_to_a_mutant():
    """A misspelt name in a table would have no effect."""
    tables = (
        believed_rules.BELIEVED_RULES,
        believed_views.BELIEVED_LAYERS,
        believed_views.BELIEVED_WORLDS,
    )

    assert {name for table in tables for name in table} == {own.name for own in ABOUT_VERDICTS}


@each_belief
def test_a_belief_is_met_in_two_lessons_and_put_in_plain_words(known):
    """Each claim and each truth has at most 25 words."""
    assert len(known.lessons) == 2
    assert all(0 <= int(lesson) <= 21 for lesson in known.lessons)

    for mutant in known.mutants:
        assert MISCONCEPTIONS[mutant.belief] is known
        assert len(mutant.claim.split()) <= 25
        assert len(mutant.truth.split()) <= 25


def test_a_lost_secret_cannot_be_read_again():
    """No policy decides that, so the belief has AWS's verdicts."""
    here, mutant = Scenario(), MUTANTS["secret_readable"]
    decision = here.ask(here.alice)

    key = here.alice.create_access_key()
    again = here.alice.access_keys[0]

    assert again.access_key_id == key.access_key_id
    with pytest.raises(IamLabError, match="secret"):
        _ = again.secret_access_key
    assert mutant.verdict(decision, here.world) is decision.verdict


def test_a_belief_about_the_world_agrees_without_the_world():
    """A decision doesn't know who assumed the role, or who has a device."""
    for name in believed_views.BELIEVED_WORLDS:
        differs, _, _ = CASES[name](Scenario())

        assert MUTANTS[name].verdict(differs) is differs.verdict


def test_a_chain_of_roles_is_followed_to_the_first_caller():
    """The log knows who assumed each role."""
    here = Scenario()
    chained = CASES["chain_keeps"](here)[0].request.principal
    first = f"arn:aws:sts::{here.main.account_id}:assumed-role/first/night"

    assert believed_views.assumers(here.world, chained) == [first, here.alice.arn]


# -- anything that can be asked ---------------------------------------------------------------


@given(QUESTIONS)
def test_every_belief_has_a_verdict_for_every_question(question):
    """No question makes a mutant crash, and the decision stays as it is."""
    decision = ask_engine(question)
    before = decision.to_dict()
    for mutant in ABOUT_VERDICTS:
        assert isinstance(mutant.verdict(decision), Verdict), mutant.name

    assert decision.to_dict() == before


def test_every_belief_has_a_verdict_in_random_worlds():
    """With organizations, role sessions, MFA devices, endpoints, services and outsiders."""
    for seed in range(tries(40)):
        chance = random.Random(seed)
        world = organized(random_world(chance), chance)
        sessions = _sessions(world, chance)
        world.user("alice").register_passkey("key")
        how = circumstances(world, chance)
        for _ in range(6):
            caller = chance.choice([*everybody(world), chance.choice(OUTSIDERS), *sessions])
            with suppress(RequestError):  # a service doesn't call on somebody's behalf
                decision = world.can(caller, chance.choice(ACTIONS), chance.choice(OWNED), **how)
                before = world.revision, decision.to_dict()
                for mutant in ABOUT_VERDICTS:
                    assert isinstance(mutant.verdict(decision, world), Verdict), mutant.name

                assert before == (world.revision, decision.to_dict())


def _sessions(world, chance):
    """Assume roles, and roles with these sessions, as far as the policies allow."""
    sessions = []
    for _ in range(20):
        caller = chance.choice([*everybody(world), *sessions])
        roles = [role for account in world.accounts.values() for role in account.roles.values()]
        role = chance.choice(roles)
        with suppress(IamLabError):
            call = {"role_arn": role, "role_session_name": "night"}
            sessions.append(world.sts.assume_role(caller, **call))
    return sessions


def test_an_answer_is_compared_with_all_beliefs_by_few_decisions(monkeypatch):
    """A belief that changes nothing for a request decides nothing again."""
    from iamlab.teach import mutants

    decided = []
    monkeypatch.setattr(
        mutants, "read", lambda *question, real=mutants.read: decided.append(1) or real(*question)
    )
    here = Scenario()
    decision = here.ask(here.alice)
    recognition.evidence(decision, "allowed")

    assert len(decided) < len(MUTANTS) * 0.6
