"""A path is edges one after the other; answers say whose paths lead where, and draw the graph.

A line of the graph is a pair of principals, whatever they have been made into and however many
edges lead from one to the other. A principal that can widen itself has a line to itself.

Notes
-----
AWS pages: "IAM API Reference"; "AWS STS API Reference"; "Policy evaluation logic". Graphviz, "The
DOT Language"; Mermaid, "Flowcharts - Basic Syntax".
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from iamlab.analysis.privilege_escalation.edge_finder import ADMINISTERS, SUPPOSES, EdgeFinder
from iamlab.analysis.privilege_escalation.replay import Replay, replay, written_out
from iamlab.analysis.suppositions import limited
from iamlab.display import FEW, Shown, called, count, few
from iamlab.errors import AwsError
from iamlab.mermaid import as_text
from iamlab.policy.arn import Arn

if TYPE_CHECKING:
    from collections.abc import Callable

    import networkx as nx

    from iamlab.analysis.privilege_escalation.permission_checks import Call
    from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
    from iamlab.model.world import World


@dataclass(frozen=True, slots=True)
class Path(Shown):
    """How one principal gets to where another is, or makes itself more.

    Parameters
    ----------
    source
        Who begins.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> path = dana.account.world.reach().path(dana, to="admin")
    >>> print(path)
    1. user/dana -> user/dana with any permission: iam:PutUserPolicy
    >>> path.is_proved
    True
    """

    source: PrincipalState
    _edges: tuple[Edge, ...]
    _finder: EdgeFinder = field(compare=False, repr=False)
    _is_wanted: Callable[[PrincipalState], bool] = field(compare=False, repr=False)

    @property
    def edges(self) -> tuple[Edge, ...]:
        """Step by step; none if it is there already."""
        return written_out(self._finder, self._edges, self._is_wanted)

    @property
    def target(self) -> PrincipalState:
        """What it ends with."""
        return self._edges[-1].target if self._edges else self.source

    @property
    def calls(self) -> tuple[Call, ...]:
        """All calls, in order."""
        return tuple(call for edge in self.edges for call in edge.calls)

    @property
    def conditions(self) -> tuple[str, ...]:
        """What must be so in addition to permissions."""
        every = (*(edge for edge in self._edges if edge.way is SUPPOSES), *self.edges)
        return tuple(dict.fromkeys(text for edge in every for text in edge.conditions))

    @property
    def is_proved(self) -> bool:
        """Whether nothing but permissions is needed."""
        return not self.conditions

    @property
    def family(self) -> tuple[str, str]:
        """Where it ends, and the method of its last step: paths that share both are alike."""
        edges = self.edges
        if not edges:
            return "", ""
        is_own = edges[-1].target.arn == self.source.arn
        return "itself" if is_own else str(edges[-1].target), edges[-1].way.title

    @property
    def can_be_replayed(self) -> bool:
        """Whether all its calls are of IAM and STS."""
        return all(edge.way.can_be_replayed for edge in self.edges)

    @property
    def world(self) -> World:
        """The world in which it was found, in which nothing changes."""
        return self._finder.decider.world

    def is_admin(self, state: PrincipalState) -> bool:
        """Return whether a point of it is an administrator of its account, as it then is."""
        return self._finder.is_admin(state)

    def replay(self) -> Replay:
        """Make the calls in a copy of the world, and look at what the caller then is.

        Returns
        -------
        Replay
            The copy, and the caller in it.

        Raises
        ------
        RequestError
            Another service takes part, which the model has no operations of.
        AwsError
            A call is refused: then the edge promised too much.
        """
        return replay(self._finder.decider, self)

    def __len__(self) -> int:
        is_plain = sum(edge.is_own and edge.way is not SUPPOSES for edge in self._edges) < 2
        if is_plain and not self.source.arn.endswith(":root"):
            return sum(edge.way not in (ADMINISTERS, SUPPOSES) for edge in self._edges)
        return len(self.edges)

    def __iter__(self) -> Iterator[Edge]:
        return iter(self.edges)

    def __bool__(self) -> bool:
        return True  # there is one, be it without a step

    def __str__(self) -> str:
        if not self.edges:
            return f"{self.source} is there already{limited(self.conditions)}"
        return "\n".join(f"{number}. {edge}" for number, edge in enumerate(self.edges, 1))

    def __repr__(self) -> str:
        edges = self.edges
        every = (self.source.arn, *(edge.target.arn for edge in edges))
        names = [few([called(arn)]) for arn, _ in groupby(every)]  # who makes himself more, stays
        if len(names) > FEW:
            names[FEW - 1 : -1] = ["…"]
        return f"<Path {' -> '.join(names)}: {count(len(edges), 'step')}>"


def comes_back(edges: Iterable[Edge]) -> bool:
    """Return whether a path returns to a principal that it left, or changed from outside."""
    seen: set[str] = set()
    for edge in edges:
        seen.add(edge.source.arn)
        if not edge.is_own and edge.target.arn in seen:
            return True
    return False


def is_kept(path: Path) -> bool:
    """Return whether a path's replay is not refused; what cannot be replayed is taken as it is."""
    if not path.can_be_replayed:
        return True
    try:
        path.replay()
    except AwsError:
        return False
    return True


def assumptions(found: Mapping[str, Path]) -> list[str]:
    """Return what the paths of principals assume, with the number of those that depend on it."""
    number = Counter(text for path in found.values() for text in path.conditions)
    return [
        f"{count(depend, 'path depends', 'paths depend')} on this: {text}"
        for text, depend in number.most_common()
    ]


class Kinds(NamedTuple):
    """The principals that need no step, those with a proved path, and those with another path."""

    already: dict[str, Path]
    proved: dict[str, Path]
    conditional: dict[str, Path]

    @classmethod
    def of(cls, found: Mapping[str, Path]) -> Kinds:
        """Sort paths."""
        kinds = cls({}, {}, {})
        for arn, path in found.items():
            kinds[2 if not path.is_proved else 1 if len(path) else 0][arn] = path
        return kinds


MOST_LINES = 30
"""So many lines are printed; the others are counted."""


class Paths(Mapping[str, "Path"], Shown):
    """Principals by ARN, each with the path that leads to him or from him."""

    __slots__ = ()
    _found: Mapping[str, Path]

    def __getitem__(self, arn: str) -> Path:
        return self._found[arn]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)

    def _listed(self, head: str) -> str:
        """Return one line for each principal, the proved paths first."""
        already, proved, conditional = Kinds.of(self._found)
        lines = [
            f"  {len(path)} {arn}{': ' if len(path) else ''}{in_a_line(path)}"
            for arn, path in [*already.items(), *proved.items(), *conditional.items()][:MOST_LINES]
        ]
        more = [f"  and {len(self) - MOST_LINES} more"] if len(self) > MOST_LINES else []
        return "\n".join((head, *lines, *more))


@dataclass(frozen=True, slots=True)
class Arrivals(Paths):
    """Who gets to do something, by ARN, each with a shortest path; the nearest first.

    Parameters
    ----------
    asked
        How many principals there are.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> arrivals = dana.account.world.reach().to("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
    >>> print(arrivals[dana.arn])
    1. user/dana -> user/dana with any permission: iam:PutUserPolicy
    """

    action: str
    resource: str
    asked: int
    _found: Mapping[str, Path] = field(repr=False)

    @property
    def directly(self) -> tuple[str, ...]:
        """Those who may do it as they are."""
        return tuple(Kinds.of(self._found).already)

    def __str__(self) -> str:
        what, number = f"{self.action} on {self.resource}", len(self.directly)
        head = f"{len(self)} of {self.asked} get to do {what}, {number} of them directly"
        return self._listed(head)

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        what = few([f"{self.action} on {self.resource}"])
        return f"<Arrivals {what}: {who}, of {count(self.asked, 'principal')}>"


@dataclass(frozen=True, slots=True)
class BlastRadius(Paths):
    """How far a principal gets: the principals that it can become, each with a shortest path.

    Parameters
    ----------
    source
        Whose credentials are lost.
    admin_of
        The accounts that he gets to administer, each with a shortest path.
    asked
        How many principals there are.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme", account_id="111111111111").create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> [*dana.account.world.reach().blast_radius(dana).admin_of]
    ['111111111111']
    """

    source: str
    admin_of: Mapping[str, Path]
    asked: int
    _found: Mapping[str, Path] = field(repr=False)

    @property
    def accounts(self) -> tuple[str, ...]:
        """The ids of the accounts that he gets into, his own first."""
        every = (Arn.parse(arn).account for arn in (self.source, *self._found))
        return tuple(dict.fromkeys(every))

    def __str__(self) -> str:
        whole = ", ".join(self.admin_of)
        admin = f"administrator of {whole}" if whole else "administrator of no account"
        head = (
            f"{self.source} becomes {len(self)} of {self.asked} principals in "
            f"{len(self.accounts)} account{'' if len(self.accounts) == 1 else 's'}, and {admin}"
        )
        return self._listed(head)

    def __repr__(self) -> str:
        who = few(map(called, self._found)) or "nobody"
        admin = f"; administrator of {few(self.admin_of)}" if self.admin_of else ""
        size = count(self.asked, "principal")
        return f"<BlastRadius {few([called(self.source)])} becomes {who}, of {size}{admin}>"


def in_a_line(path: Path) -> str:
    """Return the steps of a path in one line: each method and its target."""
    how = ", then ".join(f"{edge.way.title} ({edge.target})" for edge in path.edges)
    return f"{how}{limited(path.conditions)}"


def lines_of(edges: Iterable[Edge]) -> dict[tuple[str, str], list[Edge]]:
    """Put together the edges that lead from one principal to another."""
    found: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        found[edge.source.arn, edge.target.arn].append(edge)
    return dict(found)


def to_networkx(edges: Iterable[Edge], principals: Mapping[str, bool]) -> nx.DiGraph[str]:
    """Return the graph as a ``networkx.DiGraph``.

    Parameters
    ----------
    principals
        ARN of every principal -> whether it is an administrator as it is.
    """
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for arn, admin in principals.items():
        graph.add_node(arn, is_admin=admin, account=Arn.parse(arn).account)
    for (source, target), own in lines_of(edges).items():
        ways = sorted({edge.way.number for edge in own})
        graph.add_edge(source, target, ways=ways, edges=tuple(own))
    return graph


def to_dot(edges: Iterable[Edge], admins: Iterable[str]) -> str:
    """Write the graph for Graphviz."""
    drawn = lines_of(edges)
    named = dict.fromkeys(arn for line in drawn for arn in line)
    lines = ["digraph reach {", "  rankdir=LR;", "  node [shape=box];"]
    lines += [f"  {_quoted(arn)} [peripheries=2];" for arn in admins if arn in named]
    for (source, target), own in drawn.items():
        label = _quoted(_ways(own))
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [label={label}];")
    return "\n".join((*lines, "}"))


def to_mermaid(edges: Iterable[Edge], admins: Iterable[str]) -> str:
    """Write the graph for Mermaid, which notebooks and pages of projects draw."""
    numbers: dict[str, str] = {}

    def node(arn: str) -> str:
        known = numbers.get(arn)
        if known is None:
            known = numbers[arn] = f"n{len(numbers)}"
            parsed = Arn.parse(arn)
            text = as_text(f"{parsed.account} {parsed.resource}" if several else parsed.resource)
            return f'{known}[["{text} (administrator)"]]' if arn in strong else f'{known}["{text}"]'
        return known

    strong, drawn = frozenset(admins), lines_of(edges)
    several = len({Arn.parse(arn).account for line in drawn for arn in line}) > 1
    lines = ["flowchart LR"]
    for (source, target), own in drawn.items():
        lines.append(f'  {node(source)} -- "{as_text(_ways(own))}" --> {node(target)}')
    return "\n".join(lines)


def rows_of(edges: Iterable[Edge]) -> list[tuple[str, ...]]:
    """Return a row for each edge: source, target, method, its number, permissions, conditions."""
    return [
        (
            edge.source.arn,
            edge.target.arn,
            str(edge.target),
            str(edge.way.number),
            edge.way.title,
            " ".join(edge.permissions),
            "; ".join(edge.conditions),
        )
        for edge in edges
    ]


COLUMNS = ("source", "target", "as", "way", "title", "permissions", "conditions")
"""The names of the columns of :func:`rows_of`."""


def _ways(edges: Iterable[Edge]) -> str:
    """Return how a line is gone, each method once."""
    return "; ".join(dict.fromkeys(edge.way.title for edge in edges))


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
