"""Cards of reach: who gets how far, and by which steps; the edits that close a way."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.html import badge
from iamlab.view.tabular.access import path_table, paths_table
from iamlab.view.tabular.signs import bad, good

if TYPE_CHECKING:
    from iamlab.analysis.privilege_escalation.cut import Cut
    from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, Path


def arrivals_card(found: Arrivals) -> str:
    """Show who gets to do something, the nearest first."""
    head = f"<strong>{escape(found.action)}</strong> on {escape(found.resource)}: "
    counted = f"{len(found)} of {found.asked}, {len(found.directly)} directly"
    return f"{head}{counted}{paths_table(found).first(FEW).html()}"


def blast_radius_card(found: BlastRadius) -> str:
    """Show how far somebody gets."""
    whole = ", ".join(found.admin_of)
    strong = f"administrator of {whole}" if whole else "administrator of no account"
    head = f"<strong>{escape(found.source)}</strong> becomes {len(found)} of {found.asked}, and "
    return f"{head}{escape(strong)}{paths_table(found).first(FEW).html()}"


def path_card(path: Path) -> str:
    """Show the steps of a way, each with its calls."""
    if not path.edges:
        return f"<strong>{escape(str(path.source))}</strong> is there already."
    return path_table(path).first(FEW).html()


def cut_card(cut: Cut) -> str:
    """Show the edits that close all ways, and whether fewer would do."""
    lines = "".join(f"<div>{escape(line)}</div>" for line in str(cut).split("\n"))
    return f"{badge(good('closed') if cut.is_closed else bad('open'))}{lines}"
