"""A scene: the nodes and edges of a figure, each with its words and its facts.

A figure describes its nodes and edges once. From them, the scene makes the indented list, the rows
of the table, and the graph that can be saved. If there are too many nodes for a picture, it makes a
smaller scene. A layout in :mod:`iamlab.view.layouts` draws it. So picture, list, table and graph
can't disagree. A figure itself writes only the alternative text and the caption.

``view/figures/account/organization_tree.py`` is an example to read first.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from iamlab.display import printable
from iamlab.view.figure import Figure
from iamlab.view.style import LOOKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import networkx as nx

    from iamlab.view.drawing.sheet import Sheet
    from iamlab.view.style import Look

    Facts: TypeAlias = Mapping[str, Any]

HEADING = "heading"
"""The kind of a node that is only a heading in the list, and isn't drawn."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What is in one column of a node's row.

    Parameters
    ----------
    names
        Names in the cell, such as those of policies. Default: it isn't a cell for names.
    look, words
        A symbol with its colour, and the words next to it.
    short
        Shorter words for a narrow column; may be empty.
    blocks
        Whether the request is blocked here.
    facts
        Its row of the table, if the table has a row for each cell.
    """

    names: Sequence[str] | None = None
    look: Look | None = None
    words: str = ""
    short: str = ""
    blocks: bool = False
    facts: Facts = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.look.symbol} {self.words}" if self.look else self.words


@dataclass(frozen=True, slots=True)
class Column:
    """A column beside the nodes.

    Parameters
    ----------
    title
        Its name in the list.
    short, group, note
        The headings in a grid: its short name, and one or two lines that related columns share.
    pale
        The names in it that are drawn pale.
    """

    title: str
    short: str = ""
    group: str = ""
    note: str = ""
    pale: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Node:
    """A principal, a policy, an account or something else in a figure.

    Parameters
    ----------
    id
        Unique in its scene.
    text, note
        The words in its box: its name, and below it what it is.
    short
        A shorter name for a narrow box, or for a box whose frame has the rest of the name.
    kind
        What it is, as a noun. Folded nodes are counted by it.
    parent
        The id of the node that it is in. The list has it below that node, indented.
    column, frame
        Where it is drawn: its column from 0, and the id of the frame around it.
    look
        Its symbol and colour, if an outcome belongs to it.
    highlighted, is_end, stays
        Whether the figure is about it; whether a path begins or ends here; whether it is drawn
        when other nodes are folded.
    line, details
        Its line of the list, and more lines below that. Default: text and note.
    cells
        Key of a column -> its cell.
    facts
        Its row of the table.
    members
        The nodes that are drawn as this one, if there are several.
    """

    id: str
    text: str
    note: str = ""
    kind: str = ""
    parent: str = ""
    column: int = 0
    frame: str = ""
    short: str = ""
    look: Look | None = None
    highlighted: bool = False
    is_end: bool = False
    stays: bool = False
    line: str | None = None
    details: Sequence[str] = ()
    cells: Mapping[Any, Cell] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    members: tuple[Node, ...] = ()

    @property
    def listed(self) -> str:
        """Its line of the list."""
        return self.words if self.line is None else self.line

    @property
    def words(self) -> str:
        """Its text and its note."""
        return f"{self.text}, {self.note}" if self.note else self.text

    @property
    def blocks(self) -> bool:
        """Whether the request is blocked here."""
        return any(cell.blocks for cell in self.cells.values())


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation of two nodes: an API call, an assumption of a role, an attachment.

    Parameters
    ----------
    source, target
        The ids of two nodes.
    label, note
        The words on it, and more words below them.
    short
        A shorter label.
    kind
        What it is. A legend explains it.
    parent
        The id of the node below which it is listed.
    look
        Its symbol and colour.
    bold, dashed
        Whether it is emphasized; whether it is incomplete or an answer.
    missing
        ``"start"`` or ``"end"``, if something is missing there.
    at
        Its time, in a sequence.
    line, details, facts
        As for a node. An edge without a line isn't listed.
    members
        The edges that are drawn as this one, if there are several.
    """

    source: str
    target: str
    label: str = ""
    note: str = ""
    kind: str = ""
    parent: str = ""
    short: str = ""
    look: Look | None = None
    bold: bool = False
    dashed: bool = False
    missing: str = ""
    at: str = ""
    line: str = ""
    details: Sequence[str] = ()
    facts: Facts = field(default_factory=dict)
    members: tuple[Edge, ...] = ()

    @property
    def id(self) -> str:
        """The ids of its ends."""
        return f"{self.source} -> {self.target}"


@dataclass(frozen=True, slots=True)
class Scene:
    r"""The nodes and edges of a figure.

    Parameters
    ----------
    nodes, edges
        In the order in which they are listed.
    columns
        For trees and grids: key -> the column.
    frames
        The frames that nodes are drawn in: id -> title and note.
    before, after
        Lines of the list before and after the nodes.
    table
        Rows of the table. Default: those of nodes, cells and edges.

    Examples
    --------
    >>> nodes = [Node("acme", "acme", "account"), Node("ana", "ana", "user", parent="acme")]
    >>> print("\n".join(Scene(nodes, [Edge("acme", "ana")]).lines()))
    acme, account
      ana, user
    """

    nodes: Sequence[Node]
    edges: Sequence[Edge] = ()
    columns: Mapping[Any, Column] = field(default_factory=dict)
    frames: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    before: Sequence[str] = ()
    after: Sequence[str] = ()
    table: Sequence[Facts] = ()

    def figure(
        self,
        draw: Callable[[Scene], Sheet],
        *,
        alt: str,
        caption: str,
        drawn: Scene | None = None,
        is_graph: bool = True,
    ) -> Figure:
        """Make the figure.

        Parameters
        ----------
        draw
            A layout.
        drawn
            A smaller scene for the picture. Default: this one.
        is_graph
            Whether it can be saved as a graph, in which two nodes have at most one edge.
        """
        drawn = self if drawn is None else drawn
        folds = [
            f"drawn as one box, {node.words}: {', '.join(inner.text for inner in node.members)}"
            for node in drawn.nodes
            if node.members and drawn is not self
        ]
        # In words, a visible sign replaces characters that break a line or turn its direction.
        return Figure(
            draw(drawn),
            printable(alt),
            printable(caption),
            tuple(self.table or self.rows()),
            tuple(map(printable, [*self.before, *self.lines(), *folds, *self.after])),
            self.graph if is_graph else None,
        )

    # -- list, table, graph ----------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """Yield the indented list of nodes and edges, without the lines before and after it."""
        inside: dict[str, list[Node | Edge]] = defaultdict(list)
        parts: list[Node | Edge] = [*self.nodes, *self.edges]
        for part in parts:
            inside[part.parent].append(part)
        looks = self.looks

        def listed(parent: str, indent: str) -> Iterator[str]:
            for part in inside.get(parent, ()):
                line = part.listed if isinstance(part, Node) else part.line
                if line:
                    yield f"{indent}{line}"
                deeper = f"{indent}  " if line else indent
                yield from (f"{deeper}{detail}" for detail in part.details)
                if isinstance(part, Node):
                    yield from self._cells(part, looks, deeper)
                    yield from listed(part.id, deeper)

        yield from listed("", "")

    def _cells(self, node: Node, looks: Sequence[Look], indent: str) -> Iterator[str]:
        """Yield a line for each cell, and one line for all cells that have only the same look."""
        alike: dict[Look, list[str]] = {look: [] for look in looks}
        for key, cell in node.cells.items():
            title = self.columns[key].title
            if cell.names is not None:
                yield f"{indent}{title}: {', '.join(cell.names) or 'none'}"
                if cell.words:
                    yield f"{indent}  {cell}"
            elif cell.words:
                yield f"{indent}{title}: {cell.words}"
            elif cell.look is not None:
                alike[cell.look].append(title)
        for look, titles in alike.items():
            if titles:
                yield f"{indent}{look}: {', '.join(titles)}"

    def rows(self) -> list[Facts]:
        """Return the table: a row for each node, cell and edge that has facts."""
        parts: list[Node | Edge | Cell] = []
        for node in self.nodes:
            for member in node.members or (node,):
                parts += [member, *member.cells.values()]
        for edge in self.edges:
            parts += edge.members or (edge,)
        return [part.facts for part in parts if part.facts]

    def graph(self) -> nx.DiGraph[str]:
        """Return the nodes and edges as a graph."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for node in self.drawn:
            names = [name for cell in node.cells.values() for name in cell.names or ()]
            note = ", ".join(filter(None, (node.note, *names)))
            frame = " ".join(filter(None, self.frames.get(node.frame, ())))
            graph.add_node(
                node.id, label=node.text, note=note, **({"field": frame} if self.frames else {})
            )
        for edge in self.edges:
            label = edge.label or edge.kind
            words: dict[str, Any] = {"label": label} if label else {}
            if edge.dashed:
                words["missing"] = True
            graph.add_edge(edge.source, edge.target, **words)
        return graph

    @property
    def looks(self) -> tuple[Look, ...]:
        """The looks of cells, each once; "allowed" is the first."""
        cells = (cell for node in self.nodes for cell in node.cells.values())
        found = dict.fromkeys(cell.look for cell in cells if cell.look is not None)
        return tuple(sorted(found, key=lambda look: look != LOOKS["allowed"]))

    @property
    def drawn(self) -> list[Node]:
        """The nodes that are drawn: all but headings."""
        return [node for node in self.nodes if node.kind != HEADING]

    def depths(self) -> dict[str, int]:
        """Count for each node the nodes around it."""
        depths: dict[str, int] = {"": -1}
        for node in self.nodes:
            depths[node.id] = depths[node.parent] + 1
        return depths
