"""Changes to the policies of a request, as values, and how they are made.

``engine/candidate_edits.py`` lists those that could help; ``engine/fixes.py`` tries them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from iamlab.engine.layers import AttachedPolicy, Layers
from iamlab.engine.request import Request
from iamlab.policy.document import Policy, edited, written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from iamlab.policy.statement import Statement


@dataclass(frozen=True, slots=True)
class Edit:
    """One change of a policy, or of how the caller signed in.

    Parameters
    ----------
    text
        What to do, as a sentence.
    who
        Who may do it.
    breadth
        How much else it may change, from 1, the least; see :data:`BREADTH`.
    target
        What it is about. Two changes with one target are never needed together.
    layer, level, policy
        Where: the place of the policy in its level; ``None`` for a policy that is new.
    number
        Which statement, counted from 1; ``None`` for one that is new, or for the whole policy.
    statement
        What stands there then; ``None`` if it is taken out.
    context
        What the request brings along instead.
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
    "one value": 3,  # one action or resource more, or less, in a statement that may have others
    "this caller": 4,  # one caller is exempt from a Deny
    "everybody": 5,  # a Deny, or an Allow, is gone for all whom it concerned
}
"""How much else a change may change."""


AWS_MANAGED = ":iam::aws:policy/"
"""What the ARN of a policy holds that nobody but AWS can change."""

SWITCH = "public_access_block"
"""Where an edit is about S3 Block Public Access, and not about a policy."""


def apply_edits(layers: Layers, edits: Iterable[Edit]) -> Layers:
    """Give the layers with some changes made."""
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
        added = [one.statement for one in own if one.number is None and one.statement]
        if place is None:
            while len(changed[layer]) <= level:
                changed[layer].append([])
            new = written(added, Policy((), "2012-10-17", name="new-policy"))
            changed[layer][level].append(AttachedPolicy(new))
            continue
        attached = changed[layer][level][place]
        if any(one.number is None and one.statement is None for one in own):
            detached.append((layer, level, attached))
            continue
        by_number = {one.number: one.statement for one in own if one.number is not None}
        policy = edited(attached.policy, by_number, added)
        # A policy of AWS's stays as it is: one of your own, like it, takes its place.
        arn = None if AWS_MANAGED in (attached.arn or "") else attached.arn
        changed[layer][level][place] = AttachedPolicy(policy, arn, attached.path)
    for layer, level, attached in detached:
        changed[layer][level].remove(attached)
    return _layers(layers, changed, switched_off=switched_off)


_FIELDS = ("scp", "rcp", "endpoint", "resource", "identity", "boundary", "session", "scoped")


def _layers(
    before: Layers, changed: Mapping[str, list[list[AttachedPolicy]]], *, switched_off: bool
) -> Layers:
    def flat(layer: str) -> list[AttachedPolicy]:
        return [attached for level in changed[layer] for attached in level]

    block = before.public_access_block
    if block is not None and switched_off:
        block = replace(block, restrict_public_buckets=False)

    def one(layer: str) -> AttachedPolicy | None:
        return next(iter(flat(layer)), None)

    return Layers(
        identity=flat("identity"),
        resource=one("resource"),
        boundary=one("boundary"),
        session=flat("session"),
        scp=changed["scp"],
        rcp=changed["rcp"],
        endpoint=one("endpoint"),
        scoped=flat("scoped"),
        grant=before.grant,
        public_access_block=block,
    )


def edited_request(request: Request, edits: Iterable[Edit]) -> Request:
    """Give the request as it comes after the changes: only how the caller signed in can differ."""
    by_lower = {key.lower(): (key, value) for edit in edits for key, value in edit.context}
    brought = dict(by_lower.values())
    if not brought:
        return request
    context: dict[str, Any] = {
        key: value for key, value in request.context.items() if key.lower() not in by_lower
    }
    return Request(
        request.principal,
        request.action,
        request.resource,
        request.resource_account,
        {**context, **brought},
        request.issuer,
    )
