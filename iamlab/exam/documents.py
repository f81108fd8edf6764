"""What an item shows of a world: its policies as JSON, calls, results, and the reasons for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iamlab.engine.labels import labels
from iamlab.engine.layers import LAYERS, NAMES
from iamlab.engine.matching import BLOCK_PUBLIC_ACCESS
from iamlab.engine.verdict import Verdict
from iamlab.policy.describe.words import joined
from iamlab.policy.statement import statement_to_json
from iamlab.view.figures.names import resource_policy_of, short_name, title_and_note

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import AttachedPolicy
    from iamlab.engine.request import Request
    from iamlab.engine.verdict import StatementMatch

CALLERS = {"IAM user": "user", "IAM role": "role", "root user": "root user of the account"}
CALLERS |= dict.fromkeys(("STS assumed role", "STS federated user"), "session")
FULL_ACCESS = ("FullAWSAccess", "RCPFullAWSAccess", "full access")
"""The names of policies that allow everything, and that AWS attaches by itself."""
LONGEST = 30
"""An AWS managed policy with more actions than this is shown by its name only."""
GRANTING = ("identity", "resource", "grant")
"""The layers that can grant a request."""
PUBLIC_ACCESS_IS_BLOCKED = "No: S3 Block Public Access blocks it."
SAME_ACCOUNT = ("same_account", "anonymous")
"""The rules by which one Allow on any side is enough."""


def documents(decisions: Iterable[Decision], *, hidden: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the policies of some decisions, each as a title and a line of JSON for each statement.

    Policies that allow everything and that AWS attaches by itself aren't shown.

    Parameters
    ----------
    hidden
        The names of further policies that aren't shown.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> print(*documents([scenario("first_door").can("alice", "s3:GetObject", MAP)]))
    Identity-based policy read-maps of alice:
    {"Sid": "ReadMaps", "Effect": "Allow", "Action": "s3:GetObject", \
"Resource": "arn:aws:s3:::star-maps/*"}
    """
    found: dict[str, str] = {}
    for decision in decisions:
        for pair in decision.pairs or (decision,):
            for layer, held in _policies(pair):
                if held.policy.name not in (*FULL_ACCESS, *hidden):
                    found[_title(layer, held, pair.request)] = _statements(held)
    return tuple(f"{title}:\n{text}" if text else title for title, text in found.items())


def _policies(decision: Decision) -> Iterator[tuple[str, AttachedPolicy]]:
    """Yield the policies of a decision, with their layers; a KMS grant isn't a policy."""
    for layer in (own for own in LAYERS if own != "grant"):
        for level in decision.layers.levels(layer):
            yield from ((layer, held) for held in level)


def _title(layer: str, held: AttachedPolicy, request: Request) -> str:
    """Return the type of a policy, its name, and where it is attached."""
    name = held.policy.name or ""
    if layer == "resource":
        kind = resource_policy_of(request)
        _, found, owner = name.partition("policy of ")
        owner = owner if found and request.service != "kms" else target(request.resource)
        return f"{kind[0].upper()}{kind[1:]} of {owner}"
    if layer in ("scp", "rcp"):
        return f"{layer.upper()} {name}, attached to the {' '.join(held.path)}".replace(
            "the root", "the organization's root"
        )
    kind = NAMES[layer][0].upper() + NAMES[layer][1:]
    if layer in ("session", "scoped", "endpoint"):
        return kind
    owner = " ".join(held.path) or short_name(request.caller.issuer or request.principal)[0]
    return f"{kind} {name} of {owner}"


def _statements(held: AttachedPolicy) -> str:
    statements = held.policy.statements
    is_long = sum(len(own.actions) for own in statements) > LONGEST
    if held.arn and ":aws:policy/" in held.arn and is_long:
        return ""
    return "\n".join(json.dumps(statement_to_json(own)) for own in statements)


def target(resource: str) -> str:
    """Return the name of a resource as people say it: ``star-maps/m31.fits``; a key has only an ID.

    Examples
    --------
    >>> target("arn:aws:s3:::star-maps/m31.fits"), target("arn:aws:iam::111111111111:role/auditor")
    ('star-maps/m31.fits', 'role/auditor')
    """
    name = resource.rpartition(":")[2] or resource
    return "the KMS key" if resource.startswith("arn:aws:kms:") else name


def caller(request: Request) -> str:
    """Return who calls, in words: ``"The user alice"``."""
    name, kind = short_name(request.principal)
    name = request.caller.account if kind == "root user" else name
    kind = CALLERS.get(kind, "")
    return f"The {kind} {name}" if kind else title_and_note(name, "")[0]


def call(decision: Decision) -> str:
    """Return a request as a sentence."""
    request = decision.request
    where = "" if request.resource == "*" else f" on {target(request.resource)}"
    return f"{caller(request)} calls {request.action}{where}."


def name_of(layer: str, request: Request) -> str:
    """Return the name of a layer's policies for a request: ``"bucket policy"``."""
    return resource_policy_of(request) if layer == "resource" else NAMES[layer]


def result(decision: Decision, real: Decision | None = None) -> str:
    """Return in a sentence whether a request is allowed, and the types of policies that decide.

    Parameters
    ----------
    real
        AWS's decision, if the other one is what a wrong belief makes of it.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("first_door")
    >>> [result(world.can(name, "s3:GetObject", MAP)) for name in ("alice", "bob")]
    ['Yes: the identity-based policy allows it.', 'No: no policy grants it.']
    """
    of_aws = decision if real is None else real
    request = of_aws.request
    matches = layers_of(decision.determining, of_aws)
    named = [f"the {name_of(layer, request)}" for layer in LAYERS if layer in matches]
    if decision:
        ending = "allows it" if len(named) == 1 else "allow it"
        return f"Yes: {joined(named)} {ending}." if named else _without_allow(decision, of_aws)
    if decision.verdict is Verdict.EXPLICIT_DENY:
        what = "a statement in {} denies" if len(named) == 1 else "statements in {} deny"
        return f"No: {what.format(joined(named))} it."
    if is_public_access_blocked(decision):
        return PUBLIC_ACCESS_IS_BLOCKED
    without = missing(decision)
    if not without and decision.combining_rule in SAME_ACCOUNT:
        return "No: no policy grants it."
    if not without:
        return "No: AWS refuses it, whatever policies allow."
    blocking = [f"the {name_of(own, request)}" for own in LAYERS if own in without]
    return f"No: {joined(blocking)} {'does' if len(blocking) == 1 else 'do'}n't allow it."


def layers_of(matches: Iterable[StatementMatch], real: Decision) -> set[str]:
    """Return the layers of statements, as AWS counts them; a wrong belief can count otherwise."""
    homes = {(own.address, own.statement): own.layer for own in real.trace.matches}
    return {homes.get((own.address, own.statement), own.layer) for own in matches}


def _without_allow(decision: Decision, real: Decision) -> str:
    """Return why a request is allowed if no Allow decides; ``real`` is AWS's decision."""
    if decision.combining_rule != "root_user":
        return f"Yes: {'it needs no Allow' if real is decision else 'nothing denies it'}."
    is_unlimited = not real and not decision.denies
    why = "no policy limits the root user" if is_unlimited else "the root user needs no Allow"
    return f"Yes: {why}."


def missing(decision: Decision) -> frozenset[str]:
    """Return the layers that don't allow an implicitly denied request, and must.

    It is empty if one side would be enough, and neither allows.
    """
    trace = decision.trace
    if trace.is_cut or decision.combining_rule not in SAME_ACCOUNT:
        is_granted = trace.is_cut or not decision.blocked_by
        return decision.blocked_by | (set() if is_granted else {trace.missing_granter})
    allowing = {own for own in GRANTING if trace.step(own).found.allows}
    return frozenset(GRANTING[:2]) - allowing if allowing else frozenset()


def is_delegated(decision: Decision) -> bool:
    """Return whether the resource's policy only delegates to the account, and that isn't enough."""
    is_own = decision.combining_rule in SAME_ACCOUNT and not decision.trace.is_cut
    return decision.verdict is Verdict.IMPLICIT_DENY and is_own and bool(missing(decision))


def is_public_access_blocked(decision: Decision) -> bool:
    """Return whether a bucket policy would allow a request without Block Public Access."""
    found = decision.trace.step("resource").found
    elements = ({each.element for each in own.mismatches} for own in found.matches)
    return not decision and not decision.denies and {BLOCK_PUBLIC_ACCESS} in elements


def reasons(decision: Decision) -> tuple[str, ...]:
    """Return why a request is allowed or denied: what decides, and AWS's message.

    The nearest statement is left out if it is in a policy that is shown by its name only.
    """
    answers, near = [label.answer for label in labels(decision)], decision.trace.nearest
    why = answers[3] if decision.denies else (*answers[4], *answers[5])
    hidden = decision.nearest_miss if near and not _statements(near.attached) else ""
    return tuple(own for own in (*why, decision.message) if own and own != hidden)
