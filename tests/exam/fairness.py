"""Whether an item is fair, and whether the tests' oracle decides its requests in the same way.

The oracle shares no code with the engine.
"""

import re
import traceback
from contextlib import contextmanager
from functools import cache
from unittest.mock import patch

from iamlab.engine.layers import LAYERS
from iamlab.exam.items import CHOICE, MATCH, ORDER, SEVERAL
from iamlab.exam.templates import MOST_WORDS, make
from iamlab.policy.statement import statement_to_json
from iamlab.world.world import World
from tests.engine.oracle import decide

OPTIONS = {CHOICE: (4,), SEVERAL: (5, 6), ORDER: (4, 5), MATCH: (3, 4, 5, 6)}
MANY = 100
GIVES_AWAY = re.compile(r"\b(all|none|both|neither) of the (above|options)\b", re.IGNORECASE)


@cache
def _document(policy):
    statements = [statement_to_json(own) for own in policy.statements]
    return {"Version": policy.version or "2008-10-17", "Statement": statements}


def _documents(layers, name):
    return [[_document(own.policy) for own in level] for level in layers.levels(name)]


def _flat(layers, name, service="*"):
    own = [document for level in _documents(layers, name) for document in level]
    return own if service == "*" else [_about(document, service) for document in own]


def _about(document, service):
    """Leave out the actions of other services: an AWS managed policy can have thousands."""
    statements = []
    for own in document["Statement"]:
        actions = own.get("Action")
        if isinstance(actions, list) and len(actions) > MANY:
            actions = [action for action in actions if action.startswith((f"{service}:", "*"))]
        statements.append(own | ({} if actions is None else {"Action": actions}))
    return document | {"Statement": [own for own in statements if own.get("Action") != []]}


def question_of(decision):
    """Return a decision's question as plain JSON."""
    request, layers = decision.request, decision.layers
    first = {name: next(iter(_flat(layers, name)), None) for name in ("resource", "boundary")}
    endpoint = next((own for level in layers.levels("endpoint") for own in level), None)
    block = layers.public_access_block
    return {
        "principal": request.principal,
        "issuer": request.caller.issuer or None,
        "action": request.action,
        "resource": request.resource,
        "resource_account": request.resource_account,
        "context": {key: _plain(value) for key, value in request.context.items()},
        "access_point": request.access_point,
        "identity": _flat(layers, "identity", request.service),
        "resource_policy": first["resource"],
        "boundary": first["boundary"],
        "session": _flat(layers, "session"),
        "scps": _documents(layers, "scp"),
        "rcps": _documents(layers, "rcp"),
        "endpoint": endpoint and _document(endpoint.policy),
        "endpoint_type": endpoint.vpc_endpoint_type if endpoint else "Gateway",
        "scoped": _flat(layers, "scoped"),
        "grants": [_grant(own) for own in layers.grant],
        "public_access_block": block and {"restrict_public_buckets": block.restrict_public_buckets},
    }


def _plain(value):
    if isinstance(value, bool):
        return str(value).lower()
    return [*value] if isinstance(value, list | tuple | set | frozenset) else value


def _grant(grant):
    return {
        "grantee_principal": grant.grantee_principal,
        "operations": [*grant.operations],
        "constraints": dict(grant.constraints),
    }


@contextmanager
def decisions_made():
    """Collect all decisions of worlds, while items are made: each question once."""
    found, real = {}, World.can

    def can(self, *request, **more):
        decision = real(self, *request, **more)
        for pair in decision.pairs or (decision,):
            found[repr((pair.request, _flat_ids(pair.layers)))] = pair
        return decision

    with patch.object(World, "can", can):
        yield found


def _flat_ids(layers):
    """Identify the documents of a decision, which is kept as long as they are compared."""
    return [[id(own.policy) for own in layers.of(name)] for name in LAYERS if name != "grant"]


def disagreements(found):
    """Return the questions that the oracle decides in another way.

    It doesn't know which credentials AWS refuses before it looks at policies.
    """
    return [
        (question_of(own), own.verdict.value)
        for own in found.values()
        if own.combining_rule != "credentials_refused"
        and own.verdict.value != decide(question_of(own))
    ]


def assert_fair(item):
    """One key, options that differ, a reason for each wrong one, at most 120 words."""
    texts = [" ".join(own.text.lower().split()) for own in item.options]
    assert len(item.options) in OPTIONS[item.form]
    assert len({*texts}) == len(texts)
    assert not any(map(GIVES_AWAY.search, texts))
    assert len(" ".join((item.question, *item.prompts)).split()) <= MOST_WORDS
    assert "{" not in item.question
    assert set(item.key) <= set(range(len(item.options)))
    assert len(item.key) == {CHOICE: 1, ORDER: len(texts), MATCH: len(item.prompts)}.get(
        item.form, len(item.key)
    )
    assert item.form != SEVERAL or re.search(r"\(Choose (two|three)\.\)$", item.question)
    if item.form in (CHOICE, SEVERAL):
        assert list(item.key) == sorted({*item.key})
        for place, option in enumerate(item.options):
            assert place in item.key or option.beliefs or option.why, option.text
            assert place not in item.key or not option.beliefs
    assert all(answer != item.key for answer in item.tested.values())
    assert item.rationale


def faults(name, seeds):
    """Return what is wrong with the items of a template: with their fairness, or their key."""
    found = []
    with decisions_made() as decisions:
        for seed in seeds:
            try:
                assert_fair(make(name, seed))
            except Exception:  # noqa: BLE001 - whatever it is, it comes with its seed
                found.append(f"{name}, seed {seed}: {traceback.format_exc()}")
    return found + [f"{name}: {own}" for own in disagreements(decisions)]
