"""What to choose from in a world: principals by name, actions, resources, VPC endpoints."""

from __future__ import annotations

from itertools import chain, islice
from typing import TYPE_CHECKING

from iamlab.analysis.what_can.candidates import Home, candidates_for, patterns_in
from iamlab.authorization.principal import principal_of
from iamlab.engine.layers import LAYERS
from iamlab.engine.request import ANONYMOUS, as_text
from iamlab.operations.sts.session import Session
from iamlab.policy import catalog
from iamlab.policy.condition_keys import is_multivalued
from iamlab.view.figures.names import distinct_names, short_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.world.world import World

ANYONE = "anonymous"
"""The name of a caller who doesn't sign requests."""

KEY = "key "
"""The name of a control for a condition key begins with it."""

KEYS = "Condition keys that these policies use. Leave a field empty to keep the world's value."

ABSENT = "(absent)"
"""What to write for a condition key that the request doesn't have."""

FEW, MANY = 12, 100
"""So many actions of a pattern, and so many actions and resources, are offered."""


def principals(world: World) -> dict[str, str]:
    """Return the shortest names of all principals, with their ARNs or their access key ids.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> list(principals(scenario("groups")))
    ['alice', 'bob', 'carol', 'dana', 'root user', 'anonymous']
    """
    forms: dict[str, tuple[str, ...]] = {}
    for account in world.accounts.values():
        held = *account.users.values(), *account.roles.values()
        own = [(identity.arn, identity.kind, identity.name) for identity in held]
        for arn, kind, name in (*own, (account.root_arn, "the", "root user")):
            named = f"{kind} {name}"
            forms[arn] = (name, named, f"{named} of {account.name}", f"{named}: {arn}")
    for key, record in world.sessions.items():
        named = f"{record.name or 'session'} as {short_name(record.issuer_arn)[0]}"
        forms[key] = (named, f"session {named}", f"session {named}: {key}", key)
    forms[ANONYMOUS] = (ANYONE, *("the anonymous caller",) * 3)
    return {name: own for own, name in distinct_names(forms).items()}


def requests(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the words of requests by their numbers.

    Examples
    --------
    >>> requests([("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")])
    {'0': 's3:GetObject on star-maps/m31.fits'}
    """
    words = (f"{action} on {resource.rpartition(':')[2]}" for action, resource in pairs)
    return {str(number): text for number, text in enumerate(words)}


def pages(names: Sequence[str], most: int) -> dict[str, str]:
    """Return the parts of a long list by the numbers of their first names; none if it is short.

    Examples
    --------
    >>> pages(["alice", "bob", "carol"], 2), pages(["alice"], 2)
    ({'0': 'from alice', '2': 'from carol'}, {})
    """
    found = {str(number): f"from {names[number]}" for number in range(0, len(names), most)}
    return found if len(found) > 1 else {}


def switched(names: Iterable[str], name: str, *, on: bool) -> tuple[str, ...]:
    """Return sorted names with one of them, or without it.

    Examples
    --------
    >>> switched(["b", "c"], "a", on=True), switched(["b", "c"], "c", on=False)
    (('a', 'b', 'c'), ('b',))
    """
    return tuple(sorted({*names, name} if on else {*names} - {name}))


def caller_named(world: World, text: str, known: dict[str, str]) -> Caller:
    """Return the principal that a text names; the world rejects a name that it doesn't have.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("groups")
    >>> caller_named(world, "alice", principals(world))
    'arn:aws:iam::111111111111:user/alice'
    """
    own = known.get(text, text)
    return Session(world, world.sessions[own]) if own in world.sessions else own


def suggested(world: World, caller: Caller | None, action: str) -> tuple[list[str], list[str]]:
    """Return actions and resources to choose from: those that policies name come first.

    Parameters
    ----------
    caller
        The principal whose policies are read, if there is one.
    action
        What is typed: a part of an action, or a whole one.

    Examples
    --------
    >>> from iamlab.teach.scenarios import scenario
    >>> world = scenario("groups")
    >>> actions, resources = suggested(world, world.user("alice"), "s3:GetObjectTag")
    >>> actions
    ['s3:ListBucket', 's3:GetObject', 's3:GetObjectTagging']
    """
    own = None if caller is None else principal_of(world, caller)
    attached = () if own is None else chain.from_iterable(map(own.layers().of, LAYERS))
    statements = [each for policy in attached for each in policy.policy.statements]
    keys = {} if own is None else as_text(own.context())
    patterns = (value for each in statements for value in each.action or () if value[0] != "*")
    named = chain.from_iterable(islice(catalog.expand(value), FEW) for value in patterns)
    prefix, colon, _ = action.lower().partition(":")
    every = [known.full_name for known in catalog.actions_of(prefix).values()] if colon else []
    alike = [name for name in every if action.lower() in name.lower()] or every
    alike += [f"{name}:" for name in catalog.services() if name.startswith(action.lower())]
    account = world.accounts.get("" if own is None else own.account_id)
    home = Home("aws", "") if account is None else Home(account.partition, account.account_id)
    wanted = (value for each in statements for value in patterns_in(each, keys))
    found = candidates_for([world], home, [prefix], wanted)
    fitting = found.places(found.fitting(action))
    actions = dict.fromkeys((*islice(named, MANY), *alike[:MANY]))
    return list(actions), [found.known[place].arn for place in fitting[:MANY]]


def by_hand(keys: Iterable[tuple[str, str]]) -> tuple[dict[str, ContextValue], dict[str, str]]:
    """Return the condition keys that were set by hand, and apart from them the request's tags.

    Examples
    --------
    >>> by_hand([("sts:ExternalId", "acme"), ("aws:RequestTag/team", "sky")])
    ({'sts:ExternalId': 'acme'}, {'team': 'sky'})
    """
    context: dict[str, ContextValue] = {}
    tags = {}
    for key, text in keys:
        start, _, tag = key.partition("/")
        if start.lower() == "aws:requesttag" and text != ABSENT:
            tags[tag] = text
        else:
            value = text.split(",") if is_multivalued(key) else text
            context[key] = () if text == ABSENT else value
    return context, tags


def with_key(keys: Iterable[tuple[str, str]], name: str, text: str) -> tuple[tuple[str, str], ...]:
    """Return the condition keys with one of them set; an empty text removes it."""
    kept = {**dict(keys), name.removeprefix(KEY): text}
    return tuple((key, own) for key, own in kept.items() if own)
