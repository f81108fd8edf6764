"""A picture with words: what is to be seen, and the same facts as a table and as a list."""

from __future__ import annotations

import base64
import html
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import matplotlib.figure
    import pandas as pd

SHARPNESS = 200  # dots per inch of a PNG


@dataclass(frozen=True, slots=True)
class Figure:
    """A matplotlib figure that screen readers can read.

    Jupyter and nbconvert drop alt texts that stand in an output's metadata, so the figure shows
    itself as ``<figure><img alt=...>``.

    Parameters
    ----------
    drawing
        The matplotlib figure.
    alt
        One or two sentences on what is to be seen, computed from the data.
    caption
        The line below the picture.
    rows
        The same facts as a table: each row a dict.
    lines
        The same facts as an indented list.
    """

    drawing: matplotlib.figure.Figure
    alt: str
    caption: str
    rows: tuple[dict[str, str], ...]
    lines: tuple[str, ...]

    @property
    def table(self) -> pd.DataFrame:
        """The facts of the figure as a table."""
        import pandas as pd

        return pd.DataFrame(list(self.rows))

    def as_text(self) -> str:
        """Give the facts of the figure as an indented list."""
        return "\n".join(self.lines)

    def svg(self) -> bytes:
        """Draw it as SVG; the same data gives the same bytes."""
        return self._draw("svg")

    def save(self, path: str | Path) -> None:
        """Write it as ``.svg``, ``.png`` or ``.pdf``."""
        target = Path(path)
        target.write_bytes(self._draw(target.suffix.removeprefix(".") or "svg"))

    def _draw(self, kind: str) -> bytes:
        import matplotlib as mpl

        stable: dict[str, Any] = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
        buffer = io.BytesIO()
        look: dict[Any, Any] = {"svg.hashsalt": "iamlab", "svg.fonttype": "path"}
        with mpl.rc_context(look), warnings.catch_warnings():
            # A name may hold letters that the font has not; they are drawn as empty boxes.
            warnings.filterwarnings("ignore", "Glyph .* missing from")
            self.drawing.savefig(
                buffer, format=kind, dpi=SHARPNESS, metadata=stable.get(kind), bbox_inches="tight"
            )
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.svg()).decode()
        return (
            '<figure style="margin:0.5em 0;max-width:100%;background:#fff;padding:0.5em;'
            'display:inline-block">'
            f'<img style="max-width:100%" alt="{html.escape(self.alt)}" '
            f'src="data:image/svg+xml;base64,{data}">'
            f'<figcaption style="color:#1F2328;font-size:90%">{html.escape(self.caption)}'
            f"<details><summary>The same in words</summary>"
            f'<pre style="color:#1F2328;background:#fff">{html.escape(self.as_text())}</pre>'
            "</details></figcaption></figure>"
        )

    def __repr__(self) -> str:
        return f"<Figure: {self.alt}>"
