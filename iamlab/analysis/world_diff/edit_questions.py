"""The questions about edits: actions and resources for which somebody may gain or lose access.

For each pattern of actions, a few actions stand for all: well known ones first, then one of each
access level.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.analysis.what_can.candidates import Home, candidates_for, patterns_in
from iamlab.analysis.world_diff.facts import TABLES
from iamlab.model.identities import Identity, with_groups
from iamlab.model.managed_policies import document_of
from iamlab.model.resources import Resource
from iamlab.policy.catalog import LEVELS, action, expand, matched
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.analysis.what_can.candidates import Candidates
    from iamlab.analysis.world_diff.world_edits import WorldEdit
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

Pair = tuple[str, str]

KNOWN: Sequence[str] = TABLES["actions"]["known"].split()
"""Actions that most people know: they stand for others where they can."""

FEW = 6
"""So many actions stand for a pattern."""

MOST_ACTIONS = 60
MOST_PAIRS = 20_000
"""Limits of the default questions."""


def asked_by(
    edits: Iterable[WorldEdit],
    before: World,
    after: World,
    actions: Iterable[str] | None = None,
    resources: Iterable[str] | None = None,
) -> list[Pair]:
    """Return the (action, resource) pairs that edits are about.

    Parameters
    ----------
    actions, resources
        What to ask instead.
    """
    edits = list(edits)
    statements = list(
        dict.fromkeys(
            statement
            for edit in edits
            for policy in _policies(edit, before, after)
            for statement in policy.statements
        )
    )
    names = list(actions) if actions is not None else _names(edits, statements)
    if resources is not None:
        return [(name, resource) for resource in resources for name in names]
    found = _candidates(before, after, names, statements)
    fitting = ((name, found.places(found.fitting(name))) for name in names)
    pairs = ((name, found.known[place].arn) for name, places in fitting for place in places)
    return list(islice(pairs, MOST_PAIRS))


def _names(edits: Iterable[WorldEdit], statements: Iterable[Statement]) -> list[str]:
    """Choose actions that stand for what statements and edited resources are about."""
    names = dict.fromkeys(name for statement in statements for name in some_of(statement))
    for edit in edits:
        if edit.path[0] == "own passwords":
            names["iam:ChangePassword"] = None
        service = _service(edit)
        if service:
            names |= dict.fromkeys(few_of(f"{service}:*"))
    # Of too many that are not well known, some of each part of the alphabet.
    known = [name for name in KNOWN if name in names]
    others = [name for name in names if name not in known]
    room = max(1, MOST_ACTIONS - len(known))
    return [*known, *others[:: max(1, -(-len(others) // room))]]


def _service(edit: WorldEdit) -> str:
    """Return the names of the service of a resource that an edit is about."""
    if edit.path[0] == "block":
        return "s3"
    if edit.path[0] in ("resource", "resource tag", "setting"):
        return edit.path[2].split(":")[2]
    return "sts" if edit.path[0] == "trust" else ""


def _candidates(
    before: World, after: World, names: Iterable[str], statements: Iterable[Statement]
) -> Candidates:
    """Collect resources: those of both worlds, and what the statements name."""
    accounts = (*after.accounts.values(), *before.accounts.values())
    first = next(iter(accounts), None)
    home = Home("aws", "") if first is None else Home(first.partition, first.account_id)
    services = dict.fromkeys(name.partition(":")[0] for name in names)
    patterns = [text for entry in statements for text in patterns_in(entry, {}) if text != "*"]
    return candidates_for((after, before), home, services, patterns)


def some_of(statement: Statement) -> tuple[str, ...]:
    """Choose actions that stand for all that a statement is about.

    Examples
    --------
    >>> from iamlab import Policy
    >>> some_of(Policy.allow("sqs:Send*", "*").statements[0])
    ('sqs:SendMessage',)
    """
    if statement.action is None:
        about = matched(statement)
        return tuple(name for name in KNOWN if name in about)
    return tuple(dict.fromkeys(name for pattern in statement.action for name in few_of(pattern)))


@lru_cache(maxsize=4096)
def few_of(pattern: str) -> tuple[str, ...]:
    """Choose a few of the actions that a pattern matches; of every service, those best known."""
    names = expand(pattern)
    known = [name for name in KNOWN if name in names]
    if pattern.startswith("*"):
        return tuple(known)
    by_level: dict[str, str] = {}
    for name in names:
        found = action(name)
        if found is not None:
            by_level.setdefault(found.level, name)
    others = [by_level[level] for level in LEVELS if level in by_level]
    return tuple(dict.fromkeys((*known, *others)))[:FEW]


def action_patterns(edits: Iterable[WorldEdit], *worlds: World) -> list[str]:
    """Return the values of Action in the policies of edits, the widest first."""
    policies = (policy for edit in edits for policy in _policies(edit, *worlds))
    named = {text for policy in policies for each in policy.statements for text in each.actions}
    return sorted(named, key=lambda pattern: (-len(expand(pattern)), pattern))


def as_samples(actions: Iterable[str], patterns: Iterable[str]) -> list[str]:
    """Write actions, and how many others are in the patterns that they stand for.

    Examples
    --------
    >>> as_samples(["sqs:SendMessage", "sts:AssumeRole"], ["sts:*", "sqs:Send*"])
    ['sts:AssumeRole (1 of the 18 actions of sts:*)', 'sqs:SendMessage']
    """
    left, shown = dict.fromkeys(actions), []
    for pattern in patterns:
        some, every = [name for name in left if name in few_of(pattern)], len(expand(pattern))
        if some and every > len(few_of(pattern)):
            names = f"{', '.join(some)} ({len(some)} of the {every:,} actions of {pattern})"
            shown.append(names)
            left = {name: None for name in left if name not in some}
    return [*shown, *left]


def _policies(edit: WorldEdit, *worlds: World) -> Iterator[Policy]:
    """Return the policies whose effect an edit may change: its values, and what it concerns."""
    for value in (edit.old, edit.new):
        if isinstance(value, Resource):
            value = value.policy  # noqa: PLW2901 - a resource is seen by its policy
        every = value if isinstance(value, tuple) else (value, getattr(value, "document", None))
        yield from (policy for policy in every if isinstance(policy, Policy))
    for world in worlds:
        yield from _concerned(edit, world)


def _concerned(edit: WorldEdit, world: World) -> Iterator[Policy]:
    """Return the policies that apply to the identity of an edit."""
    kind, *where = edit.path
    account = world.accounts.get(where[0])
    if account is not None and kind in ("attached", "boundary"):
        documents = (document_of(account, arn) for arn in (edit.old, edit.new) if arn)
        yield from filter(None, documents)
    if account is not None and kind == "default" and where[1] in account.policies:
        yield from account.policies[where[1]].versions.values()
    if account is not None and kind in ("identity", "member", "tag", "path", "boundary"):
        yield from _of_identity(account, where)
    if kind in ("hangs", "place") and where[0] in world.organizations:
        yield from (policy.document for policy in world.organizations[where[0]].policies.values())
    if kind == "given" or kind.startswith("resource") or kind == "setting":
        yield from _of_resource(world, where)


def _of_identity(account: Account, where: Sequence[str]) -> Iterator[Policy]:
    """Return the policies of an identity, and those of a user's groups."""
    identity: Identity | None = getattr(account, f"{where[1]}s").get(where[2])
    if identity is None:
        return
    named = (account.groups[name] for name in where[3:] if name in account.groups)
    for holder in (*with_groups(identity), *named):
        yield from holder.inline.values()
        yield from filter(None, (document_of(account, arn) for arn in holder.attached))
    trust: Policy | None = getattr(identity, "trust", None)
    if trust is not None:
        yield trust


def _of_resource(world: World, where: Sequence[str]) -> Iterator[Policy]:
    """Return the policy of a resource, as it is in a world."""
    for account in world.accounts.values():
        for arn in where:
            resource = account.resources.get(arn)
            if resource is not None and resource.policy is not None:
                yield resource.policy
