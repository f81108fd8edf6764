"""Allow and deny as two layers: what the one covers, what the other covers, and what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.authorize import authorize
from iamlab.deprecated import with_old_names
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.model.world import World
from iamlab.policy.arn import PARTS, is_arn
from iamlab.view.figure import Figure
from iamlab.view.figures.sets.layer_panels import allows, denies, draw_layers
from iamlab.view.given import check, texts
from iamlab.view.style import look
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision


@with_old_names
def two_layers(
    world: World,
    principal: Caller,
    actions: str | Iterable[str],
    resources: str | Iterable[str],
) -> Figure:
    """Draw for each action and resource what Allows cover, what Denies cover, and what is left.

    Parameters
    ----------
    world, principal
        As in ``World.can``.
    actions, resources
        What is asked for, each once: every action on every resource.

    Raises
    ------
    RequestError
        It is no world, no action or no resource is given, or it cannot be asked.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, README, scenario
    >>> world = scenario("stack")
    >>> print(two_layers(world, world.user("alice"), ["s3:GetObject"], [MAP, README]).as_text())
    s3:GetObject on star-maps/m31.fits: an Allow, no Deny: ✓ allowed
    s3:GetObject on star-maps/drafts/readme.txt: an Allow, a Deny: ✕ explicit deny
    """
    check("two_layers", world, World)
    asked = texts("action", actions), texts("resource", resources)
    if not all(asked):
        raise RequestError("Name at least one action and one resource.")
    actions, resources = asked
    grid = [[authorize(world, principal, one, what) for what in resources] for one in actions]
    names = _names(asked[1])
    every = [decision for decisions in grid for decision in decisions]
    return Figure.on(
        draw_layers(grid, asked[0], list(names.values())),
        alt=_alt(principal, every, names),
        caption="The layer of Denies lies on top: what it covers is gone, whatever lies below.",
        rows=[_row(decision) for decision in every],
        lines=[_line(decision, names) for decision in every],
    )


def _names(resources: Sequence[str]) -> dict[str, str]:
    """Name resources by the last part of their ARNs, as long as that tells them apart."""
    names = {one: one.split(":", PARTS - 1)[-1] if is_arn(one) else one for one in resources}
    several = {name for name in names.values() if list(names.values()).count(name) > 1}
    return {one: one if name in several or not name else name for one, name in names.items()}


def _alt(caller: Caller, every: Sequence[Decision], names: dict[str, str]) -> str:
    name = getattr(caller, "name", None) or every[0].request.principal
    groups = {
        f"{shorten(str(name), 36)} may do": [one for one in every if one],
        "the Denies stop": [one for one in every if denies(one)],
    }
    parts = []
    for words, own in groups.items():
        asked = [one.request for one in own]
        pairs = [
            f"{shorten(one.action, 26)} on {shorten(names[one.resource], 28)}" for one in asked
        ]
        parts.append(
            f"{words} {len(own)}: {listed(pairs, 2, length=60)}" if own else f"{words} none"
        )
    both = sum(allows(one) and denies(one) for one in every)
    if both:
        parts.append(f"an Allow covers {both} of these, too")
    rest = sum(not one and not denies(one) for one in every)
    if rest:
        parts.append(f"for {rest} an Allow is missing")
    return told(f"Of {count(len(every), 'request')}, ", parts, ".")


def _row(decision: Decision) -> dict[str, object]:
    return {
        "action": decision.request.action,
        "resource": decision.request.resource,
        "an Allow": allows(decision),
        "a Deny": denies(decision),
        "verdict": str(decision.verdict),
    }


def _line(decision: Decision, names: dict[str, str]) -> str:
    asked = decision.request
    covers = (
        "an Allow" if allows(decision) else "no Allow",
        "a Deny" if denies(decision) else "no Deny",
    )
    verdict = look(decision.verdict)
    return f"{asked.action} on {names[asked.resource]}: {', '.join(covers)}: {verdict}"
