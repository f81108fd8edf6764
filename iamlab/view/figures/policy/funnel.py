"""The funnel of a statement: how many of AWS's actions match, and how many can act.

First the actions that the Action element matches, or that NotAction leaves; then those of them that
can act on a resource of the statement: ``s3:ListBucket`` acts on a bucket, so it matches nothing in
a statement with only objects. Conditions are left out.

Notes
-----
AWS pages: "Service Authorization Reference"; "IAM JSON policy elements: NotAction".
"""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from math import log10
from typing import TYPE_CHECKING

from iamlab.display import count, printable
from iamlab.errors import RequestError, did_you_mean, noted
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn
from iamlab.policy.describe.targets import may_work_on
from iamlab.policy.document import Policy
from iamlab.policy.patterns import glob_resource
from iamlab.policy.statement import Statement
from iamlab.view.arguments import check, texts
from iamlab.view.drawing.measure import SMALL, TITLE
from iamlab.view.drawing.shapes import Ink, Line
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.scene import Node, Scene
from iamlab.view.style import EFFECTS, INK, PALE_INK, PALE_LINE, PAPER, SILENT_AREA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from iamlab.view.drawing.shapes import Point
    from iamlab.view.figure import Figure
    from iamlab.view.style import Look

EXAMPLES = 4
"""The largest number of actions or services that are named."""
ACTIONS = {"action": "match Action", "not_action": "are let in by NotAction: all but"}
RESOURCES = {"resource": "can act on", "not_resource": "can act on something that is not"}
"""The elements, and the reason why actions are left."""
BAR, STEP = 0.56, 1.15
MIDDLE, BROADEST, SLIMMEST = 2.2, 4.0, 1.5
"""The middle of the bars, the width of one for all actions, and of one for a single action."""
WORDS, TOP = 4.6, 0.5


def funnel(
    policy: Policy | Statement,
    resources: str | Iterable[str] = (),
    *,
    services: str | Iterable[str] | None = None,
) -> Figure:
    """Draw how many of AWS's actions a statement selects.

    Parameters
    ----------
    policy
        A statement, or a policy: all its Allow statements together, or its Deny statements if it
        has no Allow.
    resources
        ARNs. With them, a last step shows the actions that can act on one of them.
    services
        Prefixes of services, to count only their actions. Default: all services of AWS.

    Raises
    ------
    RequestError
        It is neither a policy nor a statement, the policy has no statement, a resource isn't an
        ARN, or there is no such service.

    Examples
    --------
    >>> from iamlab import Policy
    >>> readers = Policy.allow(["s3:GetObject", "s3:ListBucket"], "arn:aws:s3:::star-maps/*")
    >>> figure = funnel(readers)
    >>> [(row["step"], row["actions"]) for row in figure.rows][1:]
    [('action', 2), ('resource', 1)]
    >>> print(figure.as_text().splitlines()[-1])
      but not s3:ListBucket
    """
    if isinstance(policy, Statement):
        policy = Policy((policy,))
    check("funnel", policy, Policy)
    if not policy.statements:
        raise RequestError("The policy has no statement, so it matches no action.")
    every = policy.statements
    statements = [statement for statement in every if statement.effect == "Allow"] or every
    steps, names = _steps(statements, _arns(resources), _catalogue(services))
    effect, others = statements[0].effect, len(every) - len(statements)
    left = f"{effect} {few(names, 2)}" if names else f"nothing is left to {effect}"
    denies = f" {count(others, 'Deny statement')} may deny some of them again." if others else ""
    return Scene(steps).figure(
        lambda scene: _draw(scene.nodes, EFFECTS[effect], effect),
        alt=f"Of {steps[0].text}, these are left by step: "
        f"{', '.join(f'{node.id} {node.short}' for node in steps[1:])}. "
        f"{EFFECTS[effect].symbol} {left}.",
        caption=f"AWS's actions of {catalog.data_date():%d %B %Y}, without conditions. "
        f"The widths are logarithmic.{denies}",
        is_graph=False,
    )


# -- arguments -------------------------------------------------------------------------------------


def _catalogue(services: str | Iterable[str] | None) -> tuple[str, ...]:
    """List the actions of some services, or of all."""
    if services is None:
        return tuple(action.full_name for action in catalog.all_actions())
    prefixes = texts("service", services)
    if not prefixes:
        raise RequestError("Pass at least one service, or no argument for all services.")
    for prefix in prefixes:
        if not catalog.has(prefix):
            hint = did_you_mean(prefix, catalog.services())
            raise noted(RequestError(f"There is no service {prefix!r}."), hint)
    found = [catalog.actions_of(prefix).values() for prefix in prefixes]
    return tuple(dict.fromkeys(action.full_name for actions in found for action in actions))


def _arns(resources: str | Iterable[str]) -> tuple[str, ...]:
    """Read ARNs, ARNs with wildcards, or the star."""
    arns = texts("resource", resources)
    for arn in arns:
        is_short = arn.startswith("arn:") and arn.endswith("*")  # it matches every longer ARN
        if not (arn == "*" or is_short or is_arn(arn)):
            error = RequestError(f"Each resource must be an ARN, not {arn!r}.")
            raise noted(error, "Such as arn:aws:s3:::bucket/key, also with * and ?.")
    return arns


# -- the steps -------------------------------------------------------------------------------------


def _steps(
    statements: Sequence[Statement], arns: Sequence[str], everything: tuple[str, ...]
) -> tuple[list[Node], tuple[str, ...]]:
    """Return the steps, and the actions that are left after the last one."""
    matched = [(statement, catalog.matched(statement)) for statement in statements]

    def left(names: Iterable[str], fits: Callable[[Statement, str], bool]) -> tuple[str, ...]:
        return tuple(
            name
            for name in names
            if any(name in actions and fits(statement, name) for statement, actions in matched)
        )

    picked = left(everything, lambda _, __: True)
    # What holds for one action holds for all of its service that act on the same resources.
    first: dict[object, str] = {}
    alike = {
        name: first.setdefault((_service(name), catalog.arns_for(name)), name) for name in picked
    }
    able = left(picked, lambda statement, name: _can_act(statement, alike[name]))
    exempt = everything if any(statement.not_action is not None for statement in statements) else ()
    services = Counter(map(_service, everything))
    most = services.most_common(EXAMPLES)
    largest = ", ".join(f"{service} ({number:,})" for service, number in most)
    steps = [
        ("catalogue", f"actions in {count(len(services), 'service')}", everything,
         [f"the largest: {largest}"]),
        ("action", _why(statements, ACTIONS), picked, _examples(picked, exempt)),
        ("resource", _why(statements, RESOURCES), able, _examples(able, picked)),
    ]  # fmt: skip
    if arns:
        found = left(able, lambda statement, name: _acts_on(statement, name, arns))
        steps.append(("asked for", f"can act on {_joined(arns)}", found, _examples(found, able)))
    nodes = [
        Node(
            heading,
            f"{len(names):,} {why}",
            short=f"{len(names):,}",
            line=f"{heading}: {len(names):,} {why}",
            details=notes,
            facts={
                "step": heading,
                "actions": len(names),
                "services": len(set(map(_service, names))),
                "why": why,
                "examples": "; ".join(notes),
            },
        )
        for heading, why, names, notes in steps
    ]
    return nodes, steps[-1][2]


def _service(name: str) -> str:
    return name.partition(":")[0]


def _joined(values: Iterable[str]) -> str:
    return ", ".join(map(printable, dict.fromkeys(values))) or "none"


def _why(statements: Sequence[Statement], elements: Mapping[str, str]) -> str:
    """Return why actions are left, with the values of the elements."""
    reasons = []
    for element, verb in elements.items():
        lists = [getattr(statement, element) for statement in statements]
        if any(values is not None for values in lists):
            reasons.append(f"{verb} {_joined(value for values in lists for value in values or ())}")
    return "; ".join(reasons) or "stay: there is no Resource, only the resource of the policy"


@lru_cache(maxsize=4096)
def _can_act(statement: Statement, name: str) -> bool:
    """Whether an action can act on a resource of a statement."""
    if statement.resource is not None:
        return any(may_work_on(name, pattern) for pattern in statement.resource)
    return "*" not in (statement.not_resource or ())


def _acts_on(statement: Statement, name: str, arns: Sequence[str]) -> bool:
    """Whether an action can act on some resource, and the statement is about that."""
    is_list, patterns = statement.resource is not None, statement.resources or ()
    return any(
        may_work_on(name, arn) and any(glob_resource(own, arn) for own in patterns) is is_list
        for arn in arns
    )


def _examples(names: Sequence[str], before: Sequence[str]) -> list[str]:
    """Name some actions that are left, and some that aren't."""
    kept = set(names)
    lost = [name for name in before if name not in kept]
    such = "such as " if len(names) > EXAMPLES else ""
    return [*([such + few(names)] if names else []), *([f"but not {few(lost)}"] if lost else [])]


def few(names: Sequence[str], most: int = EXAMPLES) -> str:
    """Name some actions, of several services if there are.

    Examples
    --------
    >>> few(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"])
    's3:GetObject, sqs:SendMessage, s3:PutObject'
    """
    firsts = {_service(name): name for name in reversed(names)}
    largest = Counter(map(_service, names)).most_common(most)
    chosen = [firsts[service] for service, _ in largest]
    chosen += [name for name in names if name not in chosen][: most - len(chosen)]
    more = len(names) - len(chosen)
    return ", ".join(chosen) + (f" and {more:,} more" if more else "")


# -- the picture -----------------------------------------------------------------------------------


def _draw(steps: Sequence[Node], look: Look, effect: str) -> Sheet:
    """Draw a bar for each step, with its words beside it; the last one has the effect's look."""
    sheet, y, room = Sheet(PAGE, 1), TOP, PAGE - MARGIN - WORDS
    corners: list[Point] = []
    for step in steps:
        number = int(step.facts["actions"])
        share = log10(max(number, 1)) / log10(max(steps[0].facts["actions"], 2))
        width = SLIMMEST + (BROADEST - SLIMMEST) * share
        left, right, top = MIDDLE - width / 2, MIDDLE + width / 2, y - BAR / 2
        if corners:
            sheet.draw(Line((*corners, (right, top), (left, top)), Ink(fill=SILENT_AREA, layer=1)))
        corners = [(left, y + BAR / 2), (right, y + BAR / 2)]
        is_last = step is steps[-1]
        colour, area = (look.colour, look.area) if is_last else (INK, SILENT_AREA)
        colour, area = (colour, area) if number else (PALE_LINE, PAPER)
        style = {"bold": is_last and number > 0, "dashed": not number}
        sheet.box(Box(left, y, width, "", "", colour, area, **style, height=BAR))
        words = f"{look.symbol} {effect} {step.short}" if is_last else step.short
        sheet.text(MIDDLE, y, words, colour, size=TITLE, face="bold", align="center", fact=False)
        sheet.heading(WORDS, top + 0.02, step.id.upper())
        end = top + 0.12
        end += sheet.paragraph(WORDS, end, step.text, room, face="bold", most=2)
        for note in step.details:
            end += sheet.paragraph(WORDS, end, note, room, PALE_INK, size=SMALL)
        y = max(y + STEP, end + 0.2 + BAR / 2)
    return sheet
