"""A picture with words: an alternative text, and the same facts as a table and as a list."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.display import has_stand_in
from iamlab.errors import RequestError
from iamlab.model.strict_json import replace_file
from iamlab.view.drawing.svg import to_svg
from iamlab.view.html import AS_TEXT
from iamlab.view.style import INK, PAPER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import matplotlib.figure
    import networkx as nx
    import pandas as pd

    from iamlab.view.drawing.sheet import Sheet

PIXELS = 96
"""The pixels of an inch, in a browser."""
LEAST = 600
"""The least width of a wide picture, in pixels: that of A4 paper. In a smaller or enlarged window
it scrolls instead of shrinking."""
SMALL = 300
"""Pictures up to this width fit everywhere, so the keyboard doesn't stop at them."""

_PRINTS = ("png", "pdf")
_GRAPHS = ("mmd", "graphml")


@dataclass(frozen=True, eq=False)
class Figure:
    """A picture that screen readers can read.

    It is drawn as SVG without any drawing library; matplotlib is imported only for ``.png`` and
    ``.pdf``.

    Jupyter and nbconvert drop alternative texts in an output's metadata, so the figure is shown as
    ``<figure><img alt=...>``.

    Parameters
    ----------
    sheet
        The picture.
    alt
        One or two sentences about the picture, computed from the data; at most 300 characters.
    caption
        The line below the picture.
    rows
        The same facts as a table; each row is a dict.
    lines
        The same facts as an indented list.
    make_graph
        A function that returns the same facts as a graph, if the picture is one. It is called when
        the graph is first read: importing networkx takes longer than drawing the picture.

    Examples
    --------
    >>> from iamlab.view import door
    >>> print(door().as_text().splitlines()[0])
    who: the caller, such as alice
    """

    sheet: Sheet
    alt: str
    caption: str
    rows: tuple[Mapping[str, object], ...]
    lines: tuple[str, ...]
    make_graph: Callable[[], nx.DiGraph[Any]] | None = None

    @cached_property
    def drawing(self) -> matplotlib.figure.Figure:
        """The picture as a matplotlib figure, made when it is first read.

        ``.png`` and ``.pdf`` are saved from it, so they include anything you draw on its axes.
        """
        from iamlab.view.drawing.matplotlib_writer import to_figure

        return to_figure(self.sheet)

    @cached_property
    def graph(self) -> nx.DiGraph[Any] | None:
        """The same facts as a graph, if the picture is one; its nodes have a ``label``."""
        return self.make_graph() if self.make_graph else None

    @property
    @has_stand_in("pandas")
    def table(self) -> pd.DataFrame:
        """The facts of the figure as a table.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> figure = scenario("groups").can("dana", "s3:DeleteObject", MAP).show()
        >>> list(figure.table.columns)
        ['layer', 'level', 'place', 'policy', 'policy_type', 'statement', 'effect', ...
        """
        import pandas as pd

        return pd.DataFrame([dict(row) for row in self.rows])

    def as_text(self) -> str:
        """Return the facts of the figure as an indented list, a line for each.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> figure = scenario("groups").can("dana", "s3:DeleteObject", MAP).show()
        >>> print(figure.as_text().splitlines()[-1])
        ✕ explicit deny: arn:aws:iam::111111111111:user/dana, s3:DeleteObject, ...
        """
        return "\n".join(self.lines)

    def svg(self) -> bytes:
        """Draw it as SVG; the same data gives the same bytes."""
        return to_svg(self.sheet, self.alt, self.caption).encode()

    def to_mermaid(self) -> str:
        """Write the graph in Mermaid's language, which many editors and wikis draw.

        Raises
        ------
        RequestError
            The picture isn't a graph.
        """
        from iamlab.view.drawing.graph_files import to_mermaid

        return to_mermaid(self._own_graph())

    def to_graphml(self) -> str:
        """Write the graph as GraphML, which drawing programs such as yEd and Gephi read.

        Raises
        ------
        RequestError
            The picture isn't a graph.
        """
        from iamlab.view.drawing.graph_files import to_graphml

        return to_graphml(self._own_graph())

    def save(self, path: str | Path) -> None:
        """Write it as ``.svg``, ``.png`` or ``.pdf``; a graph also as ``.mmd`` or ``.graphml``.

        Raises
        ------
        RequestError
            ``path`` has another type or another ending, or the picture isn't a graph.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> figure = scenario("groups").can("dana", "s3:DeleteObject", MAP).show()
        >>> with TemporaryDirectory() as folder:
        ...     figure.save(Path(folder, "decision.svg"))
        ...     [path.name for path in Path(folder).iterdir()]
        ['decision.svg']
        """
        try:
            target = Path(path)
        except TypeError:
            raise RequestError(f"Pass the path of a file, not {path!r}.") from None
        kind = target.suffix.removeprefix(".").lower()
        if kind in _GRAPHS:
            content = (self.to_mermaid() if kind == "mmd" else self.to_graphml()).encode()
        elif kind == "svg":
            content = self.svg()
        elif kind in _PRINTS:
            from iamlab.view.drawing.matplotlib_writer import to_bytes

            content = to_bytes(self.drawing, kind)
        else:
            known = ", ".join(f".{suffix}" for suffix in ("svg", *_PRINTS, *_GRAPHS))
            raise RequestError(f"A figure can be saved as {known}, not as {target.name!r}.")
        replace_file(target, [content], private=False)

    def _own_graph(self) -> nx.DiGraph[Any]:
        if self.graph is None:
            raise RequestError("This picture isn't a graph. Use its table, or as_text().")
        return self.graph

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.svg()).decode()
        wide = round(min(self.sheet.width * PIXELS, LEAST))
        named = html.escape(self.caption)
        # The keyboard must reach an element that scrolls, and it must have a name.
        frame = f'tabindex="0" role="group" aria-label="{named}" ' if wide > SMALL else ""
        return (
            f'<figure class="{AS_TEXT}" style="margin:0.5em 0;max-width:100%;background:{PAPER};'
            'padding:0.5em;box-sizing:border-box;display:inline-block">'
            f'<div {frame}style="overflow-x:auto">'
            f'<img style="max-width:100%;min-width:{wide}px" alt="{html.escape(self.alt)}" '
            f'src="data:image/svg+xml;base64,{data}"></div>'
            f'<figcaption style="color:{INK};background:{PAPER};font-size:90%">{named}'
            f"<details><summary>The same in words</summary>"
            f'<pre style="color:{INK};background:{PAPER};white-space:pre-wrap;word-break:normal;'
            f'overflow-wrap:anywhere">{html.escape(self.as_text())}</pre></details>'
            "</figcaption></figure>"
        )

    def __repr__(self) -> str:
        return f"<Figure: {self.alt}>"

    def __str__(self) -> str:
        return self.as_text()
