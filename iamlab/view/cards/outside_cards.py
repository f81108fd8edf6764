"""The card of outside access: who gets in, by which statement, and what stops him."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from iamlab.view.cards import FEW
from iamlab.view.tabular.access import outside_access_table

if TYPE_CHECKING:
    from iamlab.analysis.external_access.findings import OutsideAccess


def outside_access_card(found: OutsideAccess) -> str:
    """Show the findings, the open ones first; what is stopped says by what."""
    head = f"Zone of trust: {escape(found.zone)}; {found.asked} resources looked at."
    if not len(found):
        return f"{head}<div>Nobody outside is let in.</div>"
    return f"{head}{outside_access_table(found).first(FEW).html()}"
