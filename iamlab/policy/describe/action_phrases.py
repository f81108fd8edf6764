"""What a statement is about: its actions, and what they are done to.

Actions are put together with those resources that they work on, since no others can match: "list
the objects of the bucket star-maps, and read objects in star-maps".

What common actions do, in words: a verb phrase, and the kind of thing that it is done to.

The kind is a resource type of the catalogue. An action that stands in no table is read from its
name, which is what :func:`phrase` does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.policy.catalog import Action, action, resource_types_of, vocabulary
from iamlab.policy.describe.actions import FEW, SortedActions, of_services, of_wildcards
from iamlab.policy.describe.resources import any_of_kind, plural_of_kind
from iamlab.policy.describe.words import VERBS, called, gerund, humanised, joined, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.policy.describe.resources import Noun
    from iamlab.policy.describe.targets import ActionTarget


_IN_TWO = {
    "backup": "back up",
    "failover": "fail over",
    "lookup": "look up",
    "rollback": "roll back",
    "switchover": "switch over",
}
"""Verbs that names of APIs write as one word."""


class ActionPhrase(NamedTuple):
    """What an action does.

    Parameters
    ----------
    words
        Infinitive without "to": ``"read"``, ``"list the objects of"``.
    kind
        The resource type that follows; empty if the words stand by themselves.
    service
        The service of that type; without one, the service that has to be named beside the words,
        empty if they name it.
    """

    words: str
    kind: str = ""
    service: str = ""


def _common(name: str, text: str) -> ActionPhrase:
    """Read an entry: ``words``, ``words|`` (name the service), ``words|kind``, ``...@service``."""
    words, bar, kind = text.partition("|")
    kind, _, service = kind.partition("@")
    return ActionPhrase(words, kind, (service or name.partition(":")[0]) if bar else "")


_TABLE = {name.lower(): _common(name, text) for name, text in vocabulary("actions").items()}


@lru_cache(maxsize=4096)
def phrase(name: str) -> ActionPhrase:
    """Put an action into words.

    Examples
    --------
    >>> phrase("s3:GetObject")
    ActionPhrase(words='read', kind='object', service='s3')
    >>> phrase("ec2:TerminateInstances")
    ActionPhrase(words='terminate', kind='instance', service='ec2')
    >>> phrase("iam:listMFADevices").words, phrase("s3:GetObjects").words
    ('list MFA devices', 'use s3:GetObjects')
    """
    known = action(name)
    if known is None:
        return ActionPhrase(f"use {name}")
    return _TABLE.get(name.lower()) or _read(known)


def _read(known: Action) -> ActionPhrase:
    """Read an action's name: a verb, and what it is done to."""
    verb, _, rest = humanised(known.name).partition(" ")
    several = ""
    if verb == "batch":
        verb, _, rest = rest.partition(" ")
        several = " (in batches)"
    if not (verb in VERBS or verb in _IN_TWO) or not rest:
        return ActionPhrase(f"use {known.full_name}")
    types = resource_types_of(known.service)
    for use in known.resource_types:
        one = humanised(use.name)
        own = use.name in types and types[use.name].arn.split(":")[2] == known.service
        if use.required and own and not several and rest in (one, plural(one)):
            return ActionPhrase(verb, use.name, known.service)
    return ActionPhrase(f"{_IN_TWO.get(verb, verb)} {rest}{several}", "", known.service)


# What is done, and to what: the words of the second are empty where nothing is said of it.
PhrasedActions = tuple[str, str]


def action_phrases(found: SortedActions, target: ActionTarget, *, denies: bool) -> str:
    """Put the actions of an Action element and their resources into words.

    Parameters
    ----------
    denies
        Whether gerunds are wanted, as they follow "Denies".
    """
    if found.everything:
        return f"{'' if denies else 'do '}everything on {target.words}"
    unfit = set(target.unfit(found.exact))
    names = [name for name in found.exact if name not in unfit]
    many = len(names) > FEW + 1
    chunks = _exact(names[:FEW] if many else names, target, denies=denies)
    rest = _rest(found, len(names) - FEW if many else 0, denies=denies)
    if rest:
        chunks.append((rest, f" on {target.words}"))
    return _joined(chunks)


def _joined(chunks: Iterable[PhrasedActions]) -> str:
    """Join what is done, and name once what several things are done to."""
    done: dict[str, list[str]] = {}
    for words, onto in chunks:
        done.setdefault(onto, []).append(words)
    alone = done.pop("", [])
    grouped = [f"{joined(words, ', and')}{onto}" for onto, words in done.items()]
    return joined([*alone, *grouped], ", and")


def _rest(found: SortedActions, more: int, *, denies: bool) -> str:
    """Name the actions that are not named one by one."""
    parts = [of_services(found.services)] if found.services else []
    if found.wild:
        parts.append(of_wildcards(found.wild))
    if more:
        parts.append(f"{more} more actions")
    words = joined(parts)
    return words if denies or not words else f"use {words}"


def _exact(names: Iterable[str], target: ActionTarget, *, denies: bool) -> list[PhrasedActions]:
    """Group actions that are done to the same things, and word each group."""
    groups: dict[tuple[str, str, tuple[Noun, ...]], list[str]] = {}
    for name in names:
        one, nouns = phrase(name), target.fitting(name)
        if one.kind and not target.can_follow(one, nouns):
            one = ActionPhrase(f"{one.words} {plural_of_kind(one.service, one.kind)}")
        groups.setdefault((one.service, one.kind, nouns), []).append(one.words)
    return [
        (
            _verbs(list(dict.fromkeys(words)), "" if kind else service, denies=denies),
            _onto(service, kind, nouns, target),
        )
        for (service, kind, nouns), words in groups.items()
    ]


def _verbs(words: Sequence[str], service: str, *, denies: bool) -> str:
    """Join what is done, each verb said once, and name the service behind it."""
    if not service:
        return joined([gerund(one) if denies else one for one in words])
    things: dict[str, list[str]] = {}
    for verb, _, rest in (text.partition(" ") for text in words):
        things.setdefault(gerund(verb) if denies else verb, []).append(rest)
    several = any(len(rests) > 1 for rests in things.values())
    parts = [f"{verb} {joined(rests)}" for verb, rests in things.items()]
    return f"{joined(parts, ', and' if several else 'and')} ({called(service) or service})"


def _onto(service: str, kind: str, nouns: tuple[Noun, ...], target: ActionTarget) -> str:
    if kind and nouns:
        return f" {target.listed(nouns)}"
    if kind:
        return f" {target.this or any_of_kind(service, kind) + target.whose}"
    if target.this:
        return f" on {target.this}"
    if not target.nouns:
        return ""
    return f" on {target.words if target.exempts else target.listed(nouns)}"


def exempt_actions(found: SortedActions) -> str:
    """Name the actions of a NotAction element; empty if there are none.

    Examples
    --------
    >>> from iamlab.policy.describe.actions import sorted_out
    >>> exempt_actions(sorted_out(("iam:*", "sts:AssumeRole")))
    'IAM actions and assuming roles'
    """
    parts = []
    if found.services:
        parts.append(of_services(found.services, "actions"))
    if found.wild:
        parts.append(of_wildcards(found.wild))
    names = found.exact if len(found.exact) <= FEW + 1 else found.exact[:FEW]
    parts += [_as_gerund(phrase(name)) for name in names]
    left = len(found.exact) - len(names)
    if left:
        parts.append(f"{left} more actions")
    return joined(parts)


def _as_gerund(one: ActionPhrase) -> str:
    if one.kind:
        return f"{gerund(one.words)} {plural_of_kind(one.service, one.kind)}"
    return f"{gerund(one.words)} ({called(one.service)})" if one.service else gerund(one.words)
