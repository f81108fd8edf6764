"""What the fast path remembers: of policies, never of requests, and not without end."""

from dataclasses import replace

import pytest
from hypothesis import given

from iamlab import ANONYMOUS, Layers, evaluate
from iamlab.engine import compiled
from iamlab.engine.evaluate import read
from iamlab.engine.grants import Grant
from tests.engine.json_questions import ask_engine
from tests.engine.making import (
    ANA,
    CHINESE,
    DEV_1,
    EC2,
    EVE,
    EVERYTHING,
    FOREIGN_ROOT,
    GET,
    GOOGLE,
    GUEST,
    KEY,
    LINKED,
    MANY,
    OBJECT,
    OWN,
    QUESTIONS,
    ROLE,
    ROOT,
    SAML,
    ask,
    facts,
    owned,
    policy,
    resource_policy,
)


def test_a_stranger_cannot_make_it_remember_without_end(monkeypatch):
    """However many actions are asked for; the answers stay right."""
    monkeypatch.setattr(compiled, "MOST", 3)
    readers = policy({"Action": "s3:*1"})
    layers = Layers([readers])

    for number in [*range(20), *range(20)]:
        action = f"s3:Get{number}"
        assert bool(evaluate(ask(action=action), layers)) is action.endswith("1")
    assert len(layers.compiled.by_shape) <= 3
    assert len(readers.compiled["identity"]._known) <= 3


def test_one_action_may_be_about_resources_of_every_kind():
    """A role, a key, a star, something else, by callers of every kind; in whatever order."""
    callers = (
        ANA,
        CHINESE,
        EVE,
        DEV_1,
        GUEST,
        ROOT,
        FOREIGN_ROOT,
        EC2,
        ANONYMOUS,
        SAML,
        GOOGLE,
        LINKED,
    )
    owner = {"Principal": {"AWS": OWN}}
    for action in ("sts:AssumeRole", "kms:Decrypt", GET):
        question = [
            ask(caller, action, resource, resource_account=OWN)
            for caller in callers
            for resource in (ROLE, LINKED, KEY, "*", OBJECT, OBJECT.replace("aws", "aws-cn"))
        ]
        for order in (question, question[::-1]):
            layers = Layers(
                [EVERYTHING],
                resource_policy(owner, owner | {"Resource": None}),
                rcp=[[policy({"Action": ["kms:*", "sts:*"]})]],
                grant=[Grant(GUEST, ["Decrypt"])],
            )
            for request in order:
                assert evaluate(request, layers).verdict is read(request, layers).verdict


@MANY
@given(QUESTIONS)
def test_the_sides_of_caller_and_resource_may_be_worked_out_apart(question):
    """As ``who_can`` does: the same verdict, for this caller and for the next one."""
    decision = ask_engine(question)
    request, layers = decision.request, decision.layers
    of_resource = facts(request, layers).layers()
    nobody = Layers(boundary=policy({}), session=[policy({})])
    for of_caller in (owned(layers), nobody, owned(layers)):
        together = replace(
            of_caller,
            resource=layers.resource,
            rcp=layers.rcp,
            grant=layers.grant,
            public_access_block=layers.public_access_block,
        )
        apart = compiled.decide(request, of_caller, of_resource)

        assert apart is read(request, together).verdict


def test_one_policy_can_be_in_several_layers():
    """What is remembered of it in one says nothing of it in another."""
    both = resource_policy({"Principal": {"AWS": EVE}}, {"Principal": None}, name="both")

    assert evaluate(ask(), Layers([both]))
    assert not evaluate(ask(), Layers(resource=both))
    assert evaluate(ask(), Layers([both], endpoint=both, rcp=[[both]], scp=[[both]]))
    only = resource_policy({"Principal": {"AWS": EVE}}, name="only")
    assert not evaluate(ask(), Layers([both], endpoint=only))
    assert not evaluate(ask(EVE, resource_account="444455556666"), Layers([only]))
    assert evaluate(ask(EVE, resource_account="444455556666"), Layers(resource=only))


def test_layers_that_were_asked_are_equal_to_layers_that_were_not():
    """What is remembered is not a part of their value."""
    request, new = (Layers([policy({})], resource_policy({})) for _ in range(2))
    assert evaluate(ask(ANA, resource=OBJECT), request)

    assert request == new
    assert hash(request.identity[0]) == hash(new.identity[0])
    assert "compiled" not in repr(request)


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals", "StringLike", "Bool"])
def test_a_key_that_nobody_knows_may_hold_several_values(operator):
    """Then it is a key of several values, and fits no operator without set operator."""
    layers = Layers([policy({"Condition": {operator: {"app:x": "true"}}})])
    item, two = (ask(context={"app:x": values}) for values in (["true"], ["true", "false"]))

    assert bool(evaluate(item, layers)) is ("Not" not in operator)
    for path in (evaluate, read):
        assert not path(two, layers)
