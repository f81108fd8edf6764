"""Requests, policies and layers in few words, for the tests of the engine."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from iamlab import AttachedPolicy, Layers, Policy, Request
from iamlab.engine.layers import LAYERS, Level
from iamlab.engine.matrix import evaluate_matrix
from iamlab.engine.question_index import ResourceFacts
from iamlab.engine.verdict import StatementMatch
from tests.effort import tries
from tests.engine.random_questions import questions, random_question

OWN, FOREIGN = "111122223333", "444455556666"
ANA, EVE = f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{FOREIGN}:user/eve"
DEV, DEV_1 = f"arn:aws:iam::{OWN}:role/dev", f"arn:aws:sts::{OWN}:assumed-role/dev/s1"
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
ROOT, FOREIGN_ROOT = f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{FOREIGN}:root"
SAML, GOOGLE = f"arn:aws:iam::{OWN}:saml-provider/corp", "accounts.google.com"
EC2 = "ec2.amazonaws.com"
CHINESE = f"arn:aws-cn:iam::{OWN}:user/ana"
LINKED = f"arn:aws:iam::{OWN}:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"

GET, OBJECT = "s3:GetObject", "arn:aws:s3:::bk/k"
KEY = f"arn:aws:kms:eu-west-1:{OWN}:key/k"
ROLE = f"arn:aws:iam::{OWN}:role/r"
TOPIC = f"arn:aws:sns:eu-west-1:{OWN}:t"
MANAGED, AWS_MANAGED = f"arn:aws:iam::{OWN}:policy/managed", "arn:aws:iam::aws:policy/Theirs"

TEAM = {"Condition": {"StringEquals": {"aws:PrincipalTag/team": "sky"}}}
# Both sources of the same universe: the first shrinks, the second is more varied.
QUESTIONS = questions() | st.integers(0, 2**32 - 1).map(
    lambda seed: random_question(random.Random(seed))
)

MANY = settings(max_examples=tries(3) * settings().max_examples)
"""For laws that much depends on: three times as many examples."""

USUAL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def policy(*statements: dict[str, Any], name: str = "p", version: str = "2012-10-17") -> Policy:
    """A policy of statements that allow everything where they say nothing else."""
    made = [
        {key: value for key, value in (USUAL | statement).items() if value is not None}
        for statement in statements
    ]
    return Policy.parse({"Version": version, "Statement": made}, name=name)


def resource_policy(*statements: dict[str, Any], name: str = "bucket") -> Policy:
    """A resource policy that names everyone where it says nothing else."""
    return policy(*({"Principal": "*"} | statement for statement in statements), name=name)


def trust_policy(*statements: dict[str, Any]) -> Policy:
    """A trust policy."""
    return resource_policy(
        *(
            {"Resource": None, "Action": "sts:*", "Principal": {"AWS": "*"}} | statement
            for statement in statements
        ),
        name="trust",
    )


def ask(principal: str = ANA, action: str = GET, resource: str = OBJECT, **more: Any) -> Request:
    """A request."""
    return Request(principal, action, resource, **more)


EVERYTHING = policy({}, name="everything")
EC2_ONLY = policy({"Action": "ec2:*"}, name="ec2-only")
DENY = policy({"Effect": "Deny", "Sid": "No"}, name="deny")
RCP_DENY = resource_policy(
    {"Effect": "Deny", "Sid": "No", "Action": ["s3:*", "sts:*", "kms:*", "sqs:*"]}, name="deny"
)
"""A Deny that AWS saves as an RCP: with a Principal, and for services that have RCPs."""


def places(layers: Layers) -> Iterator[tuple[str, int, int, AttachedPolicy]]:
    """Every policy of some layers: layer, number of its level, place in it, policy."""
    for layer in LAYERS:
        for number, level in enumerate(layers.levels(layer)):
            yield from ((layer, number, place, item) for place, item in enumerate(level))


def built(layers: Layers, **levels: list[Level]) -> Layers:
    """The same layers with the levels of some of them written anew: ``scp=[...]``."""
    flat = {layer: [item for level in new for item in level] for layer, new in levels.items()}
    changed: dict[str, Any] = {
        layer: next(iter(flat[layer]), None)
        for layer in ("resource", "boundary", "endpoint")
        if layer in levels
    }
    changed |= {layer: flat[layer] for layer in ("identity", "session", "scoped") if layer in flat}
    changed |= {layer: levels[layer] for layer in ("scp", "rcp") if layer in levels}
    return replace(layers, **changed)


def changed(layers: Layers, change: Callable[[str, AttachedPolicy], AttachedPolicy]) -> Layers:
    """The same layers with every policy changed, grants apart."""
    return built(
        layers,
        **{
            layer: [tuple(change(layer, item) for item in level) for level in layers.levels(layer)]
            for layer in LAYERS
            if layer != "grant"
        },
    )


def without(layers: Layers, hits: Iterable[StatementMatch]) -> Layers:
    """The same layers without the statements that were hit, and without the grants."""
    gone = {(id(hit.attached), hit.statement.number) for hit in hits}

    def cut(_: str, attached: AttachedPolicy) -> AttachedPolicy:
        kept = [
            statement
            for statement in attached.policy.statements
            if (id(attached), statement.number) not in gone
        ]
        return replace(attached, policy=replace(attached.policy, statements=tuple(kept)))

    grants = zip(layers.grant, layers.of("grant"), strict=True)
    left = [grant for grant, attached in grants if (id(attached), 1) not in gone]
    return replace(changed(layers, cut), grant=left)


def owned(layers: Layers) -> Layers:
    """The caller's side of some layers, which is what a matrix takes with the caller."""
    return replace(layers, resource=None, rcp=(), grant=(), public_access_block=None)


def facts(request: Request, layers: Layers, **more: Any) -> ResourceFacts:
    """The resource's side of them."""
    return ResourceFacts(
        account=request.resource_account,
        policy=layers.resource,
        rcps=layers.rcp,
        grants=layers.grant,
        public_access_block=layers.public_access_block,
        **more,
    )


def allowed_in_matrix(request: Request, layers: Layers) -> bool:
    """Ask a matrix of one bit."""
    matrix = evaluate_matrix(
        [(request.principal, owned(layers), request.context, request.issuer)],
        [(request.action, request.resource)],
        {request.resource: facts(request, layers)},
    )
    return matrix.allowed(0, 0)
