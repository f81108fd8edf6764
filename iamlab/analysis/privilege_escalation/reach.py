"""``world.reach()``: which principals can become which others, and by which calls.

Notes
-----
AWS pages: "Policy evaluation logic"; "IAM roles"; "Grant a user permissions to pass a role to an
AWS service".
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation import paths
from iamlab.analysis.privilege_escalation.cut import Cut, Cutter, wanted
from iamlab.analysis.privilege_escalation.edge_finder import SUPPOSES, EdgeFinder, is_shared
from iamlab.analysis.privilege_escalation.path_search import PathSearcher
from iamlab.analysis.privilege_escalation.paths import Arrivals, BlastRadius, Path
from iamlab.analysis.privilege_escalation.permission_checks import Decider, Need
from iamlab.analysis.privilege_escalation.principal_states import (
    Edge,
    PrincipalState,
    statements_of,
)
from iamlab.authorization.principal import Caller, principal_of
from iamlab.authorization.resource import resource_context
from iamlab.deprecated import warn, with_old_names
from iamlab.display import Shown, count, few
from iamlab.engine.request import ContextValue, check_text
from iamlab.errors import RequestError
from iamlab.model.credentials import Credential

if TYPE_CHECKING:
    import networkx as nx

    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


ADMIN = "admin"
"""What ``to`` says for: an administrator of whichever account."""

MOST_TRIED = 50
"""So many paths are replayed until one succeeds."""


@dataclass(eq=False)
class Reach(Shown):
    """What principals can become in a world, in its state at the call of ``world.reach()``.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana = main.create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> print(main.world.reach().path(dana))
    1. user/dana -> user/dana with any permission: iam:PutUserPolicy
    """

    _finder: EdgeFinder = field(repr=False)

    @cached_property
    def _searcher(self) -> PathSearcher:
        return PathSearcher(self._finder)

    @property
    def world(self) -> World:
        """A copy of the world, in which nothing changes."""
        return self._finder.decider.world

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge that begins at somebody as he is, or at what others can make of him.

        An administrator takes everybody in his account; so of administrators only the edges into
        other accounts are here. ``edges_from`` gives all of one of them.
        """
        found = (edge for leading in self._searcher.whole.values() for edge, _ in leading)
        is_admin = self._finder.is_admin
        return tuple(
            edge
            for edge in dict.fromkeys(found)
            if not is_shared(edge.source)
            and not is_shared(edge.target)
            and edge.way is not SUPPOSES
            and not (is_admin(edge.source) and edge.target.account_id == edge.source.account_id)
        )

    @with_old_names
    def edges_from(self, principal: Caller | PrincipalState) -> tuple[Edge, ...]:
        """Return all edges that begin at somebody as he is."""
        return self._finder.own_edges(self._power(principal))

    @property
    def principals(self) -> tuple[str, ...]:
        """The ARNs of all users, roles and root users, except roles that only AWS uses."""
        return tuple(self._finder.today)

    @with_old_names
    def is_admin(self, principal: Caller | PrincipalState) -> bool:
        """Return whether somebody is an administrator of his account, as he is."""
        return self._finder.is_admin(self._power(principal))

    @with_old_names
    def path(self, principal: Caller, to: Caller = ADMIN) -> Path | None:
        """Find a shortest path from one principal to another.

        Parameters
        ----------
        principal
            The principal at the start: a user, a role, a session.
        to
            The target; ``"admin"``: an administrator of any account that it reaches.

        Returns
        -------
        Path or None
            ``None``: there is no path. Without a step: the principal is the target.
        """
        begin = self._power(principal)
        if isinstance(to, str) and to == ADMIN:
            return self._kept(begin, self._finder.is_admin)
        arn = self._power(to).arn
        return self._kept(begin, lambda state: state.arn == arn)

    def along(self, *edges: Edge) -> Path:
        """Return the path that some edges make, one after the other: to replay just them.

        Raises
        ------
        RequestError
            There is no edge, or an edge doesn't begin where the previous edge ends.
        """
        if not edges or not all(isinstance(edge, Edge) for edge in edges):
            raise RequestError("A path is made of edges: reach.edges_from(caller) gives some.")
        for before, after in pairwise(edges):
            if before.target != after.source:
                raise RequestError(f"{before} does not end where {after} begins.")
        return Path(edges[0].source, edges, self._finder, lambda _: False)

    def to(
        self, action: str, resource: str, *, context: Mapping[str, ContextValue] | None = None
    ) -> Arrivals:
        """Return who gets to do something on a resource: directly, or in some steps.

        Parameters
        ----------
        action, resource
            As in ``World.can``. (Before iamlab 1.0 the resource can come first, with a warning.)
        context
            Condition keys of that last call.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> found = scenario("groups").reach().to("s3:DeleteObject", MAP)
        >>> len(found.directly) <= len(found)
        True
        """
        if _is_resource(action) and not _is_resource(resource):
            warn("reach.to(resource, action)", "reach.to(action, resource)")
            action, resource = resource, action
        check_text("action", action)
        check_text("resource", resource)
        if context is not None and not isinstance(context, Mapping):
            raise RequestError(f"context is a dict of condition keys and values, not {context!r}.")
        need = Need(action, resource, context or {})
        facts = resource_context(self.world, resource, action, "")
        of_resource = tuple(statements_of([facts.policy]))
        found = self._arriving(lambda state: bool(self.decide(state, need)), of_resource)
        return Arrivals(action, resource, len(self.principals), found)

    def admins(self) -> dict[str, Path]:
        """Return those who are administrators or can make themselves so, by ARN.

        Proved paths come first, and of these the shortest.
        """
        return self._arriving(self._finder.is_admin)

    def _arriving(
        self,
        is_wanted: Callable[[PrincipalState], bool],
        of_resource: Sequence[Statement] = (),
    ) -> dict[str, Path]:
        found = {}
        for state, edges in self._searcher.paths_to(is_wanted, of_resource).items():
            shortest = Path(state, edges, self._finder, is_wanted)
            doubtful = paths.comes_back(edges) and not paths.is_kept(shortest)
            path = self._kept(state, is_wanted) if doubtful else shortest
            if path is not None:
                found[state.arn] = path
        return dict(sorted(found.items(), key=lambda item: (not item[1].is_proved, len(item[1]))))

    def _kept(self, begin: PrincipalState, fits: Callable[[PrincipalState], bool]) -> Path | None:
        """Find the shortest path whose replay is not refused.

        An edge is looked for as if nobody but its source had been changed. Where a path comes back
        to somebody, what it has done to him before can prevent it: two keys are his already.
        """
        every = self._searcher.paths_from(begin, fits)
        found = (Path(begin, edges, self._finder, fits) for edges in islice(every, MOST_TRIED))
        return next((path for path in found if paths.is_kept(path)), None)

    @with_old_names
    def blast_radius(self, principal: Caller) -> BlastRadius:
        """Return how far somebody gets whose credentials are lost."""
        begin = self._power(principal)
        found: dict[str, Path] = {}
        admin_of: dict[str, Path] = {}
        for state, edges in self._searcher.all_from(begin).items():
            path = Path(begin, edges, self._finder, state.__eq__)
            if paths.comes_back(edges) and not paths.is_kept(path):
                continue
            if state.arn != begin.arn:
                found.setdefault(state.arn, path)
            if self._finder.is_admin(state):
                admin_of.setdefault(state.account_id, path)
        return BlastRadius(begin.arn, admin_of, len(self.principals), found)

    def decisions(self, edge: Edge) -> list[Decision]:
        """Return the decision for every permission that the calls of an edge need.

        What earlier calls of the edge change is not changed yet: if one writes a trust policy,
        AssumeRole is decided by the present policy. ``path.replay()`` decides each call in turn.
        """
        needs = (need for call in edge.calls for need in call.needs)
        return [self.decide(edge.source, need) for need in needs]

    def decide(self, state: PrincipalState, need: Need) -> Decision:
        """Ask whether a principal has a permission, or the principal behind it."""
        decision = self._finder.decider.decide(state, need)
        return decision if decision or state.behind is None else self.decide(state.behind, need)

    @with_old_names
    def cut(
        self,
        principal: Caller,
        target: Caller = ADMIN,
        *,
        keep: AccessMatrix | Iterable[tuple[Caller, str, str]] = (),
    ) -> Cut:
        """Find the smallest set of edits that closes every path from one principal to another.

        Parameters
        ----------
        principal, target
            As in ``path``.
        keep
            What must stay: an access matrix, all of whose allowed cells stay so, or triples of
            caller, action and resource.

        Raises
        ------
        RequestError
            Something that must stay is not allowed today.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> dana = main.create_user("dana")
        >>> dana.put_policy("own", Policy.allow(["iam:PutUserPolicy", "s3:GetObject"]))
        >>> reach = main.world.reach()
        >>> print(reach.cut(dana, keep=[(dana, "s3:GetObject", "arn:aws:s3:::maps/m31")]))
        Remove iam:PutUserPolicy from statement #1 of own of arn:aws:iam::111111111111:user/dana.
        No smaller set of such edits does it.
        """

        def find(world: World) -> tuple[Reach, Path | None]:
            reach = self.again(world)
            return reach, reach.path(_arn(principal), _arn(target))

        return Cutter(self.world, find, wanted(self.world, keep)).smallest()

    def again(self, world: World) -> Reach:
        """Ask the same of another world, which must not change: of one after a cut, say."""
        decider = self._finder.decider
        twin = Decider(world, decider.context, decider.circumstances)
        return Reach(EdgeFinder(twin, asks_together=False))

    def graph(self) -> nx.DiGraph[str]:
        """Return the graph of principals: ``networkx.DiGraph``, whose lines know their edges.

        A node has ``is_admin`` and ``account``, a line has ``ways`` (numbers) and ``edges``.
        """
        admins = {arn: self._finder.is_admin(state) for arn, state in self._finder.today.items()}
        return paths.to_networkx(self.edges, admins)

    def to_dot(self, edges: Iterable[Edge] | None = None) -> str:
        """Write the graph, or some of its edges, for Graphviz."""
        return paths.to_dot(self.edges if edges is None else edges, self._strong)

    def to_mermaid(self, edges: Iterable[Edge] | None = None) -> str:
        """Write the graph, or some of its edges, for Mermaid."""
        return paths.to_mermaid(self.edges if edges is None else edges, self._strong)

    @property
    def _strong(self) -> list[str]:
        today = self._finder.today
        return [arn for arn, state in today.items() if self._finder.is_admin(state)]

    def _power(self, caller: Caller | PrincipalState) -> PrincipalState:
        """Find the principal that a caller is.

        Raises
        ------
        RequestError
            He is of no account: nobody, or a service.
        """
        if isinstance(caller, PrincipalState):
            return caller
        known = principal_of(self.world, caller)
        if not known.account_id:
            what = known.arn or "Whoever is anonymous"
            raise RequestError(f"{what} is of no account: ask for a user, a role or a session.")
        return PrincipalState.of(known, caller)

    def __str__(self) -> str:
        admins = self.admins()
        already, proved, conditional = map(len, paths.Kinds.of(admins))
        more = f" {conditional} more can under conditions." if conditional else ""
        return (
            f"{count(len(self.principals), 'principal')}, "
            f"{count(len(paths.lines_of(self.edges)), 'line')} between them. "
            f"{already} are administrators, and {proved} can make themselves so.{more}"
        )

    def __repr__(self) -> str:
        # This line doesn't compute what each principal can become: that takes long.
        inside = few(account.name for account in self.world.accounts.values())
        size = count(len(self.principals), "principal")
        return f"<Reach between {size} of {inside or 'a world without accounts'}>"


def _is_resource(text: object) -> bool:
    return isinstance(text, str) and (text == "*" or text.startswith("arn:"))


def _arn(caller: Caller) -> Caller:
    """Name somebody so that another copy of the world finds him."""
    if isinstance(caller, str | Credential):
        return caller
    arn = getattr(caller, "arn", None)
    return arn if isinstance(arn, str) else caller


def reach(
    world: World,
    context: Mapping[str, ContextValue] | None = None,
    circumstances: Circumstances | None = None,
) -> Reach:
    """Look for the paths in a world as it is now.

    Parameters
    ----------
    context, circumstances
        As in ``World.can``: how everybody calls, without ``strict``.

    Raises
    ------
    RequestError
        ``strict`` is among the circumstances.
    """
    if circumstances and "strict" in circumstances:
        raise RequestError("reach() has no strict=. It decides questions of its own, not yours.")
    twin = world.copy()
    return Reach(EdgeFinder(Decider(twin, context or {}, circumstances or {})))
