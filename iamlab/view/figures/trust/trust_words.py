"""The trust graph in words: its alternative text, its list, its table and its graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.view.figures.names import told_apart
from iamlab.view.figures.trust.trust_facts import BECOMES, NOT_PERMITTED, NOT_TRUSTED, Step
from iamlab.view.words import listed, shorten, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import networkx as nx

    from iamlab.model.world import World
    from iamlab.view.figures.trust.trust_facts import Party
    from iamlab.view.figures.trust.trust_places import Drawn

NOBODY = "No role is there that anybody could become."


def alt_of(world: World, steps: Sequence[Step], lit: str) -> str:
    """Say in a sentence what is to be seen."""
    roles = sum(len(account.roles) for account in world.accounts.values())
    if not roles:
        return "Nobody may become anybody: there is no role."
    own = [step for step in steps if step.source.key == lit] if lit else steps
    called = _called(world, steps)
    may: dict[Party, list[str]] = {}
    nearly: list[str] = []
    for step in own:
        who, whom = called[step.source.key], called[step.target.key]
        if step.is_possible:
            wants = f" ({step.label})" if step.label else ""
            may.setdefault(step.source, []).append(f"{whom}{wants}")
        elif step.state in (NOT_PERMITTED, NOT_TRUSTED):
            nearly.append(f"{who} to {whom}: {step.state}")
    parts = [
        f"{called[party.key]} may become {listed(names, length=80)}" for party, names in may.items()
    ]
    if not parts:
        who = shorten(lit.rpartition(":")[2], 40) if lit else "Nobody"
        whom = "nobody" if lit else f"any of {count(roles, 'role')}"
        head = f"{who} may become {whom}"
        return told(f"{head}: ", nearly, ".") if nearly else f"{head}, not even nearly."
    return told("", [*parts, *nearly], ".")


def _called(world: World, steps: Iterable[Step]) -> dict[str, str]:
    """Call everybody by his name; where two have the same, by account or kind as well."""
    forms = {}
    for party in (one for step in steps for one in (step.source, step.target)):
        name = shorten(party.name, 30)
        of = f" of {shorten(_account(world, party), 20)}" if party.account_id else ""
        forms[party.key] = name, f"{name}{of}", f"{party.kind} {name}{of}"
    return told_apart(forms)


def rows_of(world: World, steps: Iterable[Step]) -> list[dict[str, object]]:
    """Give a row for each pair, those who are counted in the picture one by one."""
    rows: list[dict[str, object]] = [
        {
            "principal": key,
            "kind": _kind(step.source, key),
            "role": step.target.key,
            "account": _account(world, step.target),
            "action": step.action,
            "may_become": step.state == BECOMES,
            "state": step.state,
            "conditions": " and ".join(step.whole),
            "cut_by": ", ".join(step.by),
        }
        for step in steps
        for key in step.source.members or (step.source.key,)
    ]
    return rows or [{"principal": "nobody", "role": "", "may_become": False, "state": ""}]


def _kind(party: Party, key: str) -> str:
    if not party.members:
        return party.kind
    return "role" if ":role/" in key else "user"


def _account(world: World, party: Party) -> str:
    return world.accounts[party.account_id].name


def lines_of(world: World, steps: Sequence[Step], shown: Drawn) -> Iterator[str]:
    """Give a list, role by role."""
    by_role: dict[str, list[Step]] = {}
    for step in steps:
        by_role.setdefault(step.target.key, []).append(step)
    for account in world.accounts.values():
        yield f"account {account.name} ({account.account_id})"
        for role in account.roles.values():
            yield f"  role {role.name}"
            yield from _into(world, account.account_id, by_role.get(role.arn, ()))
    for party, note in shown.notes.items():
        if party.members:
            names = ", ".join(_name(key) for key in party.members)
            yield f"drawn as one, {party.name} ({note}): {names}"
        elif note != party.kind:
            yield f"{party.name}: {note}"
    if not by_role:
        yield NOBODY


def _into(world: World, account_id: str, steps: Sequence[Step]) -> Iterator[str]:
    """List those who come to one role; who comes from another account is called by it as well."""
    if not steps:
        yield "    nobody may become it"
    for step in steps:
        source = step.source
        is_foreign = source.account_id not in ("", account_id)
        of = f" of {_account(world, source)}" if is_foreign else ""
        yield f"    {source.name} ({source.kind}{of}): {step}{_label(step)}"
        if source.members:
            yield f"      {', '.join(_name(key) for key in source.members)}"


def _label(step: Step) -> str:
    """Give what stands at the line, where the list does not say it so already."""
    return f" [{step.label}]" if step.label and step.label not in str(step) else ""


def _name(key: str) -> str:
    return key.rpartition("/")[2] or key


def graph_of(world: World, steps: Iterable[Step]) -> nx.DiGraph[str]:
    """Give the same as a graph; several steps between the same two share an edge."""
    import networkx as nx

    graph: nx.DiGraph[str] = nx.DiGraph()
    for step in steps:
        for party in (step.source, step.target):
            field = world.accounts[party.account_id].name if party.account_id else ""
            graph.add_node(party.key, label=party.name, note=party.kind, field=field)
        edge: Mapping[str, object] = {"label": step.label, "missing": not step.is_possible}
        graph.add_edge(step.source.key, step.target.key, **edge)
    return graph
