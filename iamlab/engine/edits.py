"""Changes to the policies of a request, as values, and how they are applied.

``engine/candidate_edits.py`` lists changes that could help; ``engine/fixes.py`` tries them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.policy.document import Policy, edited, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.engine.request import Request
    from iamlab.policy.statement import Statement


@dataclass(frozen=True, slots=True)
class Edit:
    """A change to a policy, or to the caller's sign-in.

    Parameters
    ----------
    text
        What to do, as a sentence.
    who
        Who can do it.
    breadth
        How much else it can change, from 1, the least; see :data:`BREADTH`.
    target
        The problem that it solves. Two changes with the same target are never needed together.
    layer, level, policy
        The place of the policy; ``policy`` is ``None`` for a new policy.
    number
        The statement's number, from 1; ``None`` for a new statement, or for the whole policy.
    statement
        The new statement; ``None`` if it is removed.
    context
        Changed values of the request's context.
    """

    text: str
    who: str
    breadth: int
    target: tuple[object, ...]
    layer: str = ""
    level: int = 0
    policy: int | None = None
    number: int | None = None
    statement: Statement | None = None
    context: tuple[tuple[str, str], ...] = ()


BREADTH = {
    "sign in": 1,  # no policy changes
    "this request": 2,  # one action, on one resource, for one caller
    "one value": 3,  # an action or resource is added or removed in a statement
    "this caller": 4,  # one caller is exempt from a Deny
    "everybody": 5,  # a Deny or an Allow is removed for everybody
}
"""How much else a change can change."""


AWS_MANAGED = ":iam::aws:policy/"
"""A part of the ARNs of AWS managed policies, which only AWS can change."""

SWITCH = "public_access_block"
"""The layer of an edit to S3 Block Public Access."""


def apply_edits(layers: Layers, edits: Iterable[Edit]) -> Layers:
    """Return the layers with some changes applied."""
    changed = {layer: [list(level) for level in layers.levels(layer)] for layer in _FIELDS}
    switched_off = False
    by_policy: dict[tuple[str, int, int | None], list[Edit]] = defaultdict(list)
    for edit in edits:
        if edit.layer == SWITCH:
            switched_off = True
        elif edit.layer:
            by_policy[edit.layer, edit.level, edit.policy].append(edit)
    detached = []
    for (layer, level, place), own in by_policy.items():
        added = [change.statement for change in own if change.number is None and change.statement]
        if place is None:
            while len(changed[layer]) <= level:
                changed[layer].append([])
            new = written(added, Policy((), "2012-10-17", name="new-policy"))
            changed[layer][level].append(AttachedPolicy(new))
            continue
        attached = changed[layer][level][place]
        if any(change.number is None and change.statement is None for change in own):
            detached.append((layer, level, attached))
            continue
        by_number = {change.number: change.statement for change in own if change.number is not None}
        policy = edited(attached.policy, by_number, added)
        # An AWS managed policy can't be changed: a customer managed copy replaces it.
        arn = None if AWS_MANAGED in (attached.arn or "") else attached.arn
        changed[layer][level][place] = replace(attached, policy=policy, arn=arn)
    for layer, level, attached in detached:
        changed[layer][level].remove(attached)
    block = layers.public_access_block
    if block is not None and switched_off:
        block = replace(block, restrict_public_buckets=False)
    return with_levels(replace(layers, public_access_block=block), changed)


_FIELDS = ("scp", "rcp", "endpoint", "resource", "identity", "boundary", "session", "scoped")


def with_levels(
    before: Layers, changed: Mapping[str, Sequence[Iterable[AttachedPolicy]]]
) -> Layers:
    """Return the layers with other policies: those of each layer, by level."""

    def flat(layer: str) -> list[AttachedPolicy]:
        return [attached for level in changed[layer] for attached in level]

    def single(layer: str) -> AttachedPolicy | None:
        return next(iter(flat(layer)), None)

    return Layers(
        identity=flat("identity"),
        resource=single("resource"),
        boundary=single("boundary"),
        session=flat("session"),
        scp=changed["scp"],
        rcp=changed["rcp"],
        endpoint=single("endpoint"),
        scoped=flat("scoped"),
        grant=before.grant,
        public_access_block=before.public_access_block,
    )


def edited_request(request: Request, edits: Iterable[Edit]) -> Request:
    """Return the request after the changes: its context can differ, for example with MFA."""
    by_lower = {key.lower(): (key, value) for edit in edits for key, value in edit.context}
    changed = dict(by_lower.values())
    if not changed:
        return request
    context: dict[str, Any] = {
        key: value for key, value in request.context.items() if key.lower() not in by_lower
    }
    return replace(request, context={**context, **changed}, refusal="")
