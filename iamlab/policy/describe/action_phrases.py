"""The actions of a statement and their resources, in words.

Each action is described with the resources that it works on, since it can match no others: "list
the objects of the bucket star-maps, and read objects in star-maps".

Common actions have a verb phrase and a resource type of the catalogue in a table. :func:`phrase`
reads other actions from their names.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from iamlab.display import count
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
"""Verbs that API names write as one word."""


class ActionPhrase(NamedTuple):
    """What an action does.

    Parameters
    ----------
    words
        Infinitive without "to": ``"read"``, ``"list the objects of"``.
    kind
        The resource type that follows the words; can be empty.
    service
        The service of the type. Without a type, the service to name, if the words don't.
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
    """Read an action's name: a verb and its object."""
    verb, _, rest = humanised(known.name).partition(" ")
    several = ""
    if verb == "batch":
        verb, _, rest = rest.partition(" ")
        several = " (in batches)"
    if not (verb in VERBS or verb in _IN_TWO) or not rest:
        return ActionPhrase(f"use {known.full_name}")
    types = resource_types_of(known.service)
    for use in known.resource_types:
        noun = humanised(use.name)
        own = use.name in types and types[use.name].arn.split(":")[2] == known.service
        if use.required and own and not several and rest in (noun, plural(noun)):
            return ActionPhrase(verb, use.name, known.service)
    return ActionPhrase(f"{_IN_TWO.get(verb, verb)} {rest}{several}", "", known.service)


PhrasedActions = tuple[str, str]
"""The words for some actions, and for their resources; the second can be empty."""


def action_phrases(found: SortedActions, target: ActionTarget, *, denies: bool) -> str:
    """Describe the actions of an Action element and their resources.

    Parameters
    ----------
    denies
        Whether to use gerunds, as after "Denies".
    """
    if found.everything:
        return f"{'' if denies else 'do '}everything on {target.words}"
    unfit = set(target.unfit(found.exact))
    names = [name for name in found.exact if name not in unfit]
    many = len(names) > FEW + 1
    chunks = _exact(names[:FEW] if many else names, target, denies=denies)
    rest = _rest(found, target, len(names) - FEW if many else 0, denies=denies)
    if rest:
        chunks.append((rest, f" on {target.words}"))
    return _joined(chunks)


def _joined(chunks: Iterable[PhrasedActions]) -> str:
    """Join the actions, and name the resources of several actions once."""
    done: dict[str, list[str]] = {}
    for words, onto in chunks:
        done.setdefault(onto, []).append(words)
    alone = done.pop("", [])
    grouped = [f"{joined(words, ', and')}{onto}" for onto, words in done.items()]
    return joined([*alone, *grouped], ", and")


def _rest(found: SortedActions, target: ActionTarget, more: int, *, denies: bool) -> str:
    """Name groups of actions: whole services, patterns and the rest."""
    parts = [of_services(found.services)] if found.services else []
    if found.wild:
        parts.append(of_wildcards(found.wild, target.unfit))
    if more:
        parts.append(f"{more} more actions")
    words = joined(parts)
    return words if denies or not words else f"use {words}"


def _exact(names: Iterable[str], target: ActionTarget, *, denies: bool) -> list[PhrasedActions]:
    """Group actions with the same resources, and describe each group."""
    groups: dict[tuple[str, str, tuple[Noun, ...]], list[str]] = {}
    for name in names:
        known, nouns = phrase(name), target.fitting(name)
        if known.kind and not target.can_follow(known, nouns):
            known = ActionPhrase(f"{known.words} {plural_of_kind(known.service, known.kind)}")
        groups.setdefault((known.service, known.kind, nouns), []).append(known.words)
    return [
        (
            _verbs(list(dict.fromkeys(words)), "" if kind else service, denies=denies),
            _onto(service, kind, nouns, target),
        )
        for (service, kind, nouns), words in groups.items()
    ]


def _verbs(words: Sequence[str], service: str, *, denies: bool) -> str:
    """Join verb phrases, with each verb once, and add the service's name."""
    if not service:
        return joined([gerund(word) if denies else word for word in words])
    objects: dict[str, list[str]] = {}
    for verb, _, rest in (text.partition(" ") for text in words):
        objects.setdefault(gerund(verb) if denies else verb, []).append(rest)
    several = any(len(rests) > 1 for rests in objects.values())
    parts = [f"{verb} {joined(rests)}" for verb, rests in objects.items()]
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
    """Name the actions of a NotAction element; empty if it has none.

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
        parts.append(count(left, "more action"))
    return joined(parts)


def _as_gerund(known: ActionPhrase) -> str:
    words = gerund(known.words)
    if known.kind:
        return f"{words} {plural_of_kind(known.service, known.kind)}"
    return f"{words} ({called(known.service)})" if known.service else words
