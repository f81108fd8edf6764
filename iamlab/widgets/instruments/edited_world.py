"""A world whose policies are edited: new documents, and statements that are switched off.

It has one copy of a world. For each state, only the policies that differ are replaced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import ExerciseError, MalformedPolicyDocument, did_you_mean, noted
from iamlab.operations.policy_documents import absent
from iamlab.policy.document import Policy
from iamlab.widgets import controls as html
from iamlab.widgets.instrument import Instrument
from iamlab.world.policy_places import PolicyPlace, arranged, policy_places

if TYPE_CHECKING:
    from iamlab.world.world import World

Edits = tuple[tuple[str, str, str], ...]
"""Each is a policy, ``""`` and its new document, or a policy and a statement that is off."""


@dataclass(frozen=True, slots=True)
class Editing:
    """The edits of policies, the policy to change, and its document as it was typed."""

    edits: Edits = ()
    policy: str = ""
    text: str = ""


Edited = TypeVar("Edited", bound=Editing)


class EditedWorld(Instrument[Edited]):
    """A copy of a world whose policies are edited, each named as ``policy_places`` names it.

    Its controls are ``policy``, and for the chosen policy ``on`` with a statement, ``text``,
    ``apply`` and ``undo``.

    Parameters
    ----------
    world
        The world, which doesn't change.
    """

    lists_statements = True
    """Whether the statements of the chosen policy are listed, each with its switch."""

    def __init__(self, world: World, state: Edited, **more: Any) -> None:
        self._world, self._now = world.copy(), Edits()
        self.places, self._first = dict[str, PolicyPlace](), dict[str, Policy]()
        for name, place, document in policy_places(self._world):
            self.places[name], self._first[name] = place, document
        self.policy = lru_cache(1024)(self._policy)
        super().__init__(state, **more)

    def world(self) -> World:
        """Return a copy of the world with the policies as shown."""
        return self.at(self.state.edits).copy()

    def _policy(self, name: str, edits: Edits, *, whole: bool = False) -> Policy:
        """Return a policy with its edits; the whole one has the statements that are off too.

        Raises
        ------
        ExerciseError
            The policy doesn't exist.
        """
        if name not in self.places:
            error = ExerciseError(f"The world has no policy {name!r} to change.")
            raise noted(error, did_you_mean(name, self.places))
        own = {label: text for policy, label, text in edits if policy == name}
        policy = self._first[name]
        if text := own.pop("", ""):
            policy = Policy.parse(text, name=policy.name)
        kept = [each.label for each in policy.statements if each.label not in own]
        return policy if whole or not own else arranged(policy, kept)

    def at(self, edits: Edits) -> World:
        """Return the copy of the world with these edits; it changes at the next call."""
        if edits != self._now:
            for name in dict.fromkeys(own[0] for own in (*self._now, *edits)):
                self.places[name].put(self.policy(name, edits))
            self._world.changed()
        self._now = edits
        return self._world

    def applied(self, edits: Edits, name: str, text: str) -> Edits:
        """Return the edits with a new document of a policy.

        Raises
        ------
        PolicyError, MalformedPolicyDocument
            AWS wouldn't save it, for example because a principal doesn't exist.
        """
        policy = Policy.parse(text, name=self.policy(name, edits).name)
        policy.validate(self.places[name].policy_type, self.places[name].service)
        for kind, value, note in absent(policy, self._world):
            error = MalformedPolicyDocument(f'Invalid principal in policy: "{kind}":"{value}"')
            raise noted(error, note)
        return tuple(sorted([*(own for own in edits if own[0] != name), (name, "", text)]))

    def switched(self, edits: Edits, name: str, label: str, *, on: bool) -> Edits:
        """Return the edits with a statement switched on or off.

        Raises
        ------
        ExerciseError
            The statement doesn't exist.
        """
        arranged(self.policy(name, edits, whole=True), [label])
        others = [own for own in edits if own[:2] != (name, label)]
        return tuple(sorted(others if on else [*others, (name, label, "")]))

    def change(self, name: str, value: Any) -> Edited:
        """Choose a policy, edit it, or switch one of its statements."""
        own, (kind, _, which) = self.state, name.partition(" ")
        if name == "policy" and value in self.places:
            return replace(own, policy=value, text="")
        if name == "text" and own.policy:
            return replace(own, text=str(value))
        if name == "apply" and own.policy and own.text:
            return replace(own, edits=self.applied(own.edits, own.policy, own.text), text="")
        if name == "undo" and own.policy:
            edits = tuple(each for each in own.edits if each[0] != own.policy)
            return replace(own, edits=edits, text="")
        if kind == "on" and which and own.policy:
            edits = self.switched(own.edits, own.policy, which, on=bool(value))
            return replace(own, edits=edits)
        raise self.no_control(name)

    def controls(self) -> dict[str, str]:
        """Return the list of policies, and of the chosen one its statements and its document."""
        name, edits, text = self.state.policy, self.state.edits, self.state.text
        chosen = html.choice("policy", "Policy to change", list(self.places), name)
        if not name:
            return {"policy": chosen}
        policy = self.policy(name, edits, whole=True)
        for each in policy.statements if self.lists_statements else ():
            words = f"{each.effect} {each.label}: {html.in_words(each)}"
            chosen += html.tick(f"on {each.label}", words, on=(name, each.label, "") not in edits)
        if any(edit[0] == name for edit in edits):
            chosen += html.button("undo", "Undo the changes of this policy")
        field = html.text_field("text", f"Document of {name}", text or policy.text, rows=12)
        editor = html.fold("Edit its JSON", field + html.button("apply", "Apply"))
        return {"policy": chosen, "text": editor}
