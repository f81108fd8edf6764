"""Write docs/ways.md: the ways to gain power, as they stand in the package.

``python scripts/make_ways_page.py`` writes it; a test says when it must be written again.
"""

# ruff: noqa: INP001 - a folder of scripts is no package

from __future__ import annotations

from pathlib import Path

from iamlab.analysis.privilege_escalation.escalation_methods import (
    ALSO_NEEDED,
    GAINS,
    GUARDS,
    METHODS,
    NOT_MODELLED,
    NOT_MODELLED_PARTS,
    EscalationMethod,
)

PAGE = Path(__file__).parents[1] / "docs" / "ways.md"

HEAD = """\
# Ways to gain power

What `world.reach()` looks for: {count} ways, of which {own} need nothing but IAM and STS. Those are
replayed: their very calls are made in a copy of the world. Where another service runs code as a
role, the decisions of all its calls are the proof (`reach.decisions(edge)`). A way counts only if
each call is allowed with all that applies to the caller: SCPs, RCPs, boundary, session policy,
conditions, Denies. What a principal makes of itself stays under its own boundary and SCPs.

Gain: {gains}.

Guards, which keep a way closed for those who need its permissions for something else:

{guards}

Ids: `RH` are numbers of the list of Rhino Security Labs (2019), the others are ids of
pathfinding.cloud. In the column of permissions "or" stands between sets of which one is enough, a
bar between permissions of which one is enough. What a way of IAM and STS may need besides:

{besides}

| # | way | permissions | gain | guards | by | ids |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Give the page as text."""
    head = HEAD.format(
        count=len(METHODS),
        own=sum(method.can_be_replayed for method in METHODS.values()),
        gains="; ".join(f"**{gain}** {text}" for gain, text in GAINS.items()),
        guards="\n".join(f"- **{guard}** {text}" for guard, text in GUARDS.items()),
        besides="\n".join(f"- `{action}`: {when}" for action, when in ALSO_NEEDED.items()),
    )
    rows = "".join(f"{_row(method)}\n" for method in METHODS.values())
    whole = [f"- {number}: {reason}" for number, reason in NOT_MODELLED.items()]
    parts = [
        f"- {number}, {part}: {reason}"
        for number, several in NOT_MODELLED_PARTS.items()
        for part, reason in several.items()
    ]
    return "\n".join((head + rows, "## Not modelled", "", *whole, *parts, ""))


def _row(method: EscalationMethod) -> str:
    cells = (
        str(method.number),
        method.title,
        " or ".join(map(_form, method.forms)),
        " ".join(method.gain),
        " ".join(method.guards),
        method.service or "IAM, STS",
        " ".join(method.ids),
    )
    return f"| {' | '.join(cells)} |"


def _form(form: tuple[tuple[str, ...], ...]) -> str:
    return " + ".join(f"`{'|'.join(each)}`" for each in form).replace("|", r"\|") or "none"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
