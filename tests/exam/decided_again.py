"""Decisions of the engine, as questions that the tests' oracle decides again."""

import json
from contextlib import contextmanager
from unittest.mock import patch

from iamlab.policy.statement import statement_to_json
from iamlab.world.world import World
from tests.engine.oracle import decide


def _document(policy):
    statements = [statement_to_json(own) for own in policy.statements]
    return {"Version": policy.version or "2008-10-17", "Statement": statements}


def _documents(layers, name):
    return [[_document(own.policy) for own in level] for level in layers.levels(name)]


def _flat(layers, name):
    return [document for level in _documents(layers, name) for document in level]


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
        "identity": _flat(layers, "identity"),
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
            found[json.dumps(question_of(pair), sort_keys=True)] = pair.verdict.value
        return decision

    with patch.object(World, "can", can):
        yield found


def disagreements(found):
    """Return the questions that the oracle decides in another way."""
    return [
        (question, verdict)
        for question, verdict in found.items()
        if decide(json.loads(question)) != verdict
    ]
