"""The ways of a decision, from the caller to the resource: as rows, and in words.

The access graph draws them; its alternative text, caption, list and table say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iamlab.engine.layers import LAYERS, NAMES
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.engine.decision import Decision
    from iamlab.engine.layers import Attached
    from iamlab.engine.verdict import Reading


@dataclass(frozen=True, slots=True)
class Row:
    """One way through the picture: by which group, policy and statement."""

    layer: str
    group: str
    policy: str
    kind: str
    owner: str  # tells two policies of one name apart
    effect: str
    label: str
    applies: bool
    miss: str


Key = tuple[str, str, str, str]


def key_of(row: Row) -> Key:
    """Tell one policy in the picture from another, of the same name too."""
    return row.layer, row.group, row.policy, row.owner


def rows_of(decision: Decision) -> list[Row]:
    """List the ways; statements of one policy that do not apply share a row."""
    rows: list[Row] = []
    for layer in LAYERS:
        readings = decision.heard[layer].readings
        for attached in decision.layers.of(layer) if decision.heard[layer].present else ():
            own = [reading for reading in readings if reading.attached is attached]
            rows += _ways_of(layer, attached, own)
    return rows


def _ways_of(layer: str, attached: Attached, own: list[Reading]) -> Iterator[Row]:
    group = next((p.removeprefix("group ") for p in attached.path if p.startswith("group ")), "")
    way = (
        layer,
        group,
        attached.policy.name or "unnamed",
        kind_of(layer, attached.arn),
        attached.arn or f"{attached.path}",
    )
    silent = sum(not reading.applies for reading in own)
    for reading in own:
        if reading.applies or silent == 1:
            miss = "" if reading.applies else str(reading.misses[0])
            label = reading.statement.label
            yield Row(*way, reading.effect, label, applies=reading.applies, miss=miss)
    if silent > 1 or not own:
        text = f"{silent} statements" if silent else "no statements"
        yield Row(*way, "", text, applies=False, miss="")


def kind_of(layer: str, arn: str | None) -> str:
    """Say what kind of policy it is, as AWS calls it."""
    if layer != "identity":
        return NAMES[layer]
    if arn is None:
        return "inline"
    return "AWS managed" if ":iam::aws:" in arn else "customer managed"


def short_name(arn: str) -> tuple[str, str]:
    """Give the name that people use, and what it is."""
    if not is_arn(arn):
        return arn, ""
    parsed = Arn.parse(arn)
    if parsed.service == "s3":
        return parsed.resource, "S3 object" if "/" in parsed.resource else "S3 bucket"
    kind = "root user" if parsed.resource == "root" else parsed.kind.replace("-", " ")
    return parsed.name or parsed.resource, f"{parsed.service.upper()} {kind}"


def table_row(row: Row) -> dict[str, str]:
    """Give a row of the figure's table."""
    return {
        "layer": NAMES[row.layer],
        "group": row.group,
        "policy": row.policy,
        "statement": row.label,
        "effect": row.effect,
        "applies": "yes" if row.applies else "no",
        "missed by": row.miss,
    }


def lines_of(decision: Decision, rows: list[Row]) -> list[str]:
    """Give the figure as an indented list."""
    asked = decision.request
    lines = [asked.principal]
    for row in rows:
        way = f"group {row.group} > " if row.group else ""
        state = "applies" if row.applies else f"does not apply. {row.miss}".rstrip(" .")
        lines.append(f"  {way}{NAMES[row.layer]} {row.policy}")
        lines.append(f"    {row.effect} {row.label}: {state}".replace("     ", "    "))
    lines.append(
        f"{decision.verdict.symbol} {asked.action} on {asked.resource}: {decision.verdict}"
    )
    return lines


def caption_of(decision: Decision) -> str:
    """Give the line below the figure."""
    who, _ = short_name(decision.request.principal)
    what, _ = short_name(decision.request.resource)
    verdict = f"{decision.verdict.symbol} {str(decision.verdict).capitalize()}"
    return f"May {who} do {decision.request.action} on {what}? {verdict}."


def alt_of(decision: Decision) -> str:
    """Say in words what is to be seen."""
    who = shorten(short_name(decision.request.principal)[0], 40)
    what = shorten(short_name(decision.request.resource)[0], 60)
    asked = f"{decision.request.action} on {what}"
    allows = [hit for layer in ("identity", "resource") for hit in decision.heard[layer].allows]
    parts = []
    for hit in allows:
        through = f" through {hit.attached.path[0]}" if hit.attached.path else ""
        parts.append(f"{hit.address} allows it{through}")
    if decision.denies:
        cut = " and ".join(
            f"{hit.address}"
            + (f", which came through {hit.attached.path[0]}," if hit.attached.path else "")
            for hit in decision.denies
        )
        ending = f"the Deny in {cut} cuts the way"
    elif decision:
        ending = "nothing cuts the way"
    elif decision.shut:
        ending = (
            f"the {' and '.join(NAMES[layer] for layer in decision.shut)} does not let it through"
        )
    else:
        ending = "no statement allows it"
    said = "; ".join([*parts, ending])
    return f"{who} asks for {asked}: {said}. Verdict: {decision.verdict}."
