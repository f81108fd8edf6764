"""Ways in words: how a principal, an edge and a path are called in figures.

A point of the graph is a principal with what has been made of it: "dana, user with any permission".
An edge is called by the operations that its caller makes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from iamlab.display import count
from iamlab.policy.arn import Arn, is_arn
from iamlab.view.figures.names import told_apart
from iamlab.view.words import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.paths import Path
    from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState

ADMINISTRATOR = "administrator"
NO_NAMES: Mapping[str, str] = {}
KINDS = {"root": "root user", "assumed-role": "role session"}


class Named(NamedTuple):
    """What a principal is called, and what it is; in short, without what has been made of it."""

    name: str
    note: str
    short: str

    def __str__(self) -> str:
        return f"{self.name} ({self.note})" if self.note else self.name


def named(power: PrincipalState, *, is_admin: bool = False) -> Named:
    """Name a point of the graph.

    Examples
    --------
    >>> from iamlab import World
    >>> from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
    >>> from iamlab.analysis.privilege_escalation.principal_states import any_permission
    >>> from iamlab.authorization.principal import principal_of
    >>> dana = World(seed=7).create_account("main", account_id="1" * 12).create_user("dana")
    >>> power = PrincipalState.of(principal_of(dana.account.world, dana)).with_(any_permission())
    >>> print(named(power))
    dana (user with any permission)
    """
    name, kind = name_and_kind(power.arn)
    changes = " and ".join(one.label for one in power.changes)
    changed = f"{kind} {changes}".strip()
    if not is_admin or kind == KINDS["root"]:
        return Named(name, changed, changed)
    return Named(name, f"{changed}, {ADMINISTRATOR}", f"{kind}, {ADMINISTRATOR}".removeprefix(", "))


def powers_of(path: Path) -> list[PrincipalState]:
    """Give those on a path, the one who begins first."""
    return [path.source, *(edge.target for edge in path.edges)]


def key_of(power: PrincipalState) -> str:
    """Give the key of a point: one principal is several points, as more is made of him."""
    return f"{power.arn} {power}"


def point_lines(point: Named) -> Iterator[str]:
    """Tell a point, and how it is called where there is little room."""
    yield f"{point.name}: {point.note}"
    if point.short != point.note:
        yield f"  in short: {point.short}"


def name_and_kind(arn: str) -> tuple[str, str]:
    """Give the name of a principal, and what it is.

    Examples
    --------
    >>> name_and_kind("arn:aws:iam::111111111111:role/jobs/nightly")
    ('nightly', 'role')
    """
    if not is_arn(arn):
        return arn, ""
    parsed = Arn.parse(arn)
    kind = KINDS.get(parsed.kind, parsed.kind)
    if parsed.kind == "assumed-role":  # a session's own name does not say whose it is
        return parsed.resource.partition("/")[2], kind
    return (f"root of {parsed.account}" if parsed.kind == "root" else parsed.name), kind


def short_edit(edit: str) -> str:
    """Tell an edit with names in the place of ARNs.

    Examples
    --------
    >>> short_edit("Take s3:* out of statement #2 of read of arn:aws:iam::111111111111:role/a.")
    'Take s3:* out of statement #2 of read of role a'
    """
    return " ".join(_short_word(word) for word in edit.removesuffix(".").split(" "))


def _short_word(word: str) -> str:
    name, kind = name_and_kind(word)
    said = f"{kind} " if kind and kind != KINDS["root"] else ""
    return f"{said}{shorten(name, 40)}"


def operations(edge: Edge) -> tuple[str, ...]:
    """Give the operations that the caller of an edge makes, each once."""
    return tuple(dict.fromkeys(call.operation for call in edge.calls))


def short_calls(edge: Edge) -> tuple[str, ...]:
    """Give texts for the operations of an edge, the longest first; what fits is taken."""
    every = operations(edge)
    if not every:
        return ()
    rest = f" +{len(every) - 1}" if len(every) > 1 else ""
    return " + ".join(every), f"{every[0]}{rest}", f"{every[0].partition(':')[2]}{rest}"


def told_calls(edge: Edge) -> str:
    """Say the operations of an edge in a sentence: the first, and how many more."""
    every = operations(edge)
    if not every:
        return "no call"
    more = len(every) - 1
    return every[0] + (f" and {count(more, 'more call', 'more calls')}" if more else "")


def told_way(path: Path) -> str:
    """Tell a path in one clause.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> dana = main.create_user("dana")
    >>> dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    >>> told_way(main.world.reach().path(dana))
    'dana becomes dana (user with any permission) by iam:PutUserPolicy'
    """
    edges = path.edges
    if not edges:
        return f"{shorten(named(path.source).name, 30)} is there already"
    called = call_all(power.arn for power in powers_of(path))
    steps = []
    for edge in edges:
        whom = shorten(str(named(edge.target)), 50) if edge.is_own else called[edge.target.arn]
        steps.append(f"becomes {whom} by {told_calls(edge)}")
    return f"{called[path.source.arn]} {', then '.join(steps)}"


def call_all(arns: Iterable[str], accounts: Mapping[str, str] = NO_NAMES) -> dict[str, str]:
    """Call everybody by his name, by ARN; where two have the same, by account or kind as well.

    Parameters
    ----------
    accounts
        The names of accounts. Default: they are called by their IDs.
    """
    forms = {}
    for arn in arns:
        name, kind = name_and_kind(arn)
        name = shorten(name, 30)
        account = Arn.parse(arn).account if is_arn(arn) else ""
        of = f" of {shorten(accounts.get(account, account), 20)}" if account else ""
        forms[arn] = name, f"{name}{of}", f"{kind} {name}{of}"
    return told_apart(forms)


def edge_lines(edge: Edge, number: int, indent: str = "") -> Iterator[str]:
    """List all that is known of a step."""
    yield f"{indent}{number}. {named(edge.source)} becomes {named(edge.target)}: {edge.way.title}"
    yield f"{indent}   {' + '.join(operations(edge))}"
    for call in edge.calls:
        yield f"{indent}   {' '.join(str(call).split())}"
    for one in edge.conditions:
        yield f"{indent}   if {one}"


def edge_row(edge: Edge, **more: object) -> dict[str, object]:
    """Give a row of a table."""
    return {
        **more,
        "source": edge.source.arn,
        "target": edge.target.arn,
        "target_is": str(edge.target),
        "way": edge.way.title,
        "calls": " + ".join(operations(edge)),
        "permissions": " ".join(edge.permissions),
        "conditions": " and ".join(edge.conditions),
    }
