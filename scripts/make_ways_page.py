"""Write docs/ways.md, the page of the known methods of privilege escalation.

Run ``python scripts/make_ways_page.py``. A test fails if the page isn't up to date.
"""

# ruff: noqa: INP001 - a folder of scripts isn't a package

from __future__ import annotations

from pathlib import Path

from iamlab.analysis.privilege_escalation.escalation_methods import (
    ALSO_NEEDED,
    DATE,
    GAINS,
    GUARDS,
    METHODS,
    NOT_MODELLED,
    NOT_MODELLED_PARTS,
    SOURCES,
    EscalationMethod,
)

PAGE = Path(__file__).parents[1] / "docs" / "ways.md"

HEAD = """\
# Known methods of privilege escalation

This page lists {count} known methods. There are others that nobody has described. Sources, as of
{date}: {sources}.

`world.reach()` searches {searched} of the {count}. {own} need only IAM and STS. For these, it
makes the calls in a copy of the world. For the others, a service runs code with a role, and the
decisions about all calls are the proof (`reach.decisions(edge)`). A method counts only if each
call is allowed with everything that applies to the caller: SCPs, RCPs, boundary, session policy,
conditions and Denies. A principal that the caller changes keeps its own boundary and SCPs.

Gain: {gains}.

A guard closes a method for principals that need its permissions for another purpose:

{guards}

`RH` ids are numbers in the list of Rhino Security Labs (2019). The other ids are from
pathfinding.cloud. In the column of permissions, "or" separates sets of permissions, and a bar
separates single permissions. One of them is enough. A method of IAM and STS can also need:

{also_needed}

| # | method | permissions | gain | guards | by | ids |
|---|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page as text."""
    head = HEAD.format(
        count=len(METHODS),
        date=DATE,
        sources=", ".join(SOURCES),
        searched=len(METHODS) - len(NOT_MODELLED),
        own=sum(method.can_be_replayed for method in METHODS.values()),
        gains="; ".join(f"**{gain}** {text}" for gain, text in GAINS.items()),
        guards="\n".join(f"- **{guard}** {text}" for guard, text in GUARDS.items()),
        also_needed="\n".join(f"- `{action}`: {when}" for action, when in ALSO_NEEDED.items()),
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
