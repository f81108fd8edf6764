"""The questions about the night: their choices, and the facts that answer them."""

import pytest

from iamlab.incident import QUESTIONS, attack_steps, leaked_key, night, plans
from iamlab.incident.questions import left_behind
from tests.incident.nights import found


@pytest.mark.parametrize("seed", range(6))
def test_one_key_leaked(seed):
    """That of the plan, among several that were used."""
    facts = leaked_key(found(seed))

    assert [user for user, (is_right, _) in facts.items() if is_right] == [found(seed).plan.entry]
    assert len(facts) >= 4


@pytest.mark.parametrize("seed", range(6))
def test_the_steps_are_the_attackers_and_others_are_not(seed):
    """Each step is one event of the attack that succeeded; there are as many decoys or more."""
    its = found(seed)
    facts = attack_steps(its)
    attack = {own.event_id: own for own in its.world.events if own.event_id in its.attack}
    right = [step for step, (is_right, _) in facts.items() if is_right]
    names = {own.event_name for own in attack.values() if not own.error_code}

    assert 1 <= len(right) < len(facts)
    assert all(any(f": {name}" in step for name in names) for step in right)
    assert not any("starsoft-reader" in step for step in right)


@pytest.mark.parametrize("seed", [5, 11, 14])
def test_a_call_is_a_step_once(seed):
    """Not again in the log of the account that was called, or as a role switch of the console."""
    steps = attack_steps(found(seed))

    assert not any("SwitchRole" in own for own in steps)
    assert not any("account 111111111111" in own for own in steps)


@pytest.mark.parametrize("seed", range(6))
def test_a_vendors_own_log_is_not_in_the_trail(seed):
    """Its calls are there only where they reach Acme."""
    callers = [step.partition(": ")[0] for step in attack_steps(found(seed))]

    assert not any(own.endswith(" collector") for own in callers)


@pytest.mark.parametrize("seed", range(6))
def test_something_is_left_behind_in_each_night(seed):
    """The leaked key at least; what colleagues did at night isn't the attacker's."""
    facts = left_behind(found(seed))
    right = [text for text, (is_right, _) in facts.items() if is_right]

    assert 1 <= len(right) <= 4
    assert right[0].startswith("Delete")
    assert not facts["Delete the function thumbnails"][0]


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_choice_has_a_reason(question):
    """Right or not."""
    facts = QUESTIONS[question](found(7))

    assert all(why.endswith(".") for _, why in facts.values())
    assert {is_right for is_right, _ in facts.values()} == {True, False}


def test_the_same_night_has_the_same_questions():
    """In a new world, too."""
    assert attack_steps(night(11)) == attack_steps(night(11))
    assert len(plans()) > 100
