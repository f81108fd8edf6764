"""The explorer: who can do what in a world, and why.

Every part of a request can be changed, and everything that iamlab knows about the decision can be
looked at. It opens any world, also one that was read from an export.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from iamlab.authorization.context_keys import mfa_keys
from iamlab.authorization.question_defects import HOW_TO_ALLOW, misfit
from iamlab.engine.labels import keys_in_policies
from iamlab.engine.refused_statements import loud, quiet
from iamlab.errors import ExerciseError, IamLabError, RequestError
from iamlab.model.network_locations import Network
from iamlab.view.tables import Table
from iamlab.widgets import choices
from iamlab.widgets import controls as html
from iamlab.widgets.choices import ABSENT, KEY, KEYS, with_key
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.decision import Decision
    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.widgets.controls import Options
    from iamlab.world.world import World

MFA = ("as it is", "yes", "no")
"""Whether the caller used MFA: what its credentials say, or a value that is set by hand."""

VIEWS = ("ladder", "graph", "fixes", "who else can?", "what else can they do?")
"""What there is to see of a decision. The last two take longer, so a change leaves them."""

WIDTHS = {"principal": 20, "action": 24, "resource": 40}
"""The widths of the request's fields."""

ELSEWHERE = ("multifactorauthpresent", "sourceip", "currenttime", "epochtime", "username")
"""Condition keys (aws:) that follow from the principal or from another control."""


@dataclass(frozen=True, slots=True)
class Question:
    """A request as it was typed, which can be unfinished or wrong, and what is looked at.

    Parameters
    ----------
    principal
        A name that the explorer offers, an ARN, or a service.
    mfa
        One of ``MFA``.
    address, endpoint, time
        The caller's address, its VPC endpoint, and the time in UTC; empty: the world's.
    keys
        The condition keys that are set by hand, with their values.
    view
        One of ``VIEWS``.
    """

    principal: str = ""
    action: str = ""
    resource: str = ""
    mfa: str = MFA[0]
    address: str = ""
    endpoint: str = ""
    time: str = ""
    keys: tuple[tuple[str, str], ...] = ()
    view: str = VIEWS[0]


class Explorer(Instrument[Question]):
    """One request in a world, and everything about its decision.

    Its controls are ``principal``, ``action``, ``resource``, ``mfa``, ``address``, ``endpoint``,
    ``time``, ``view``, and ``key NAME`` for each condition key. ``set`` keeps what was typed, and
    raises an error if it isn't a request.

    Parameters
    ----------
    world
        The explorer doesn't change it, but follows its changes.
    question
        Where to begin.
    simple
        Whether its card shows only principal, action and resource: a request builder.
    """

    title = "The explorer"
    question = "Who can do what, and why?"

    def __init__(
        self, world: World, question: Question, *, simple: bool = False, **more: Any
    ) -> None:
        self._world, self._id = world, f"iamlab-explorer-{id(self)}"
        self._is_simple = simple
        if simple:
            self.title, self.question = "Request builder", "Is this request allowed?"
        self._people = lru_cache(1)(lambda _: choices.principals(world))
        self._moved = lru_cache(4)(lambda _, moment: world.copy(at=moment))
        self._answered = lru_cache(64)(self._answer)
        self._shown = lru_cache(16)(self._show)
        self._listed = lru_cache(16)(self._lists)
        super().__init__(question, **more)

    # -- the request -----------------------------------------------------------------------------

    @property
    def world(self) -> World:
        """The world, or a copy of it at the chosen time."""
        if not self.state.time:
            return self._world
        try:
            moment = datetime.fromisoformat(self.state.time)
        except ValueError:
            text = f"{self.state.time!r} isn't a time. Write it like 2026-11-25T09:00."
            raise RequestError(text) from None
        return self._moved(self._world.revision, moment.replace(tzinfo=moment.tzinfo or UTC))

    @property
    def principals(self) -> dict[str, str]:
        """The principals to choose from: their names, and their ARNs or access key ids."""
        return self._people(self._world.revision)

    @property
    def caller(self) -> Caller:
        """The principal that is chosen or typed; the world rejects one that it doesn't have."""
        return choices.caller_named(self.world, self.state.principal.strip(), self.principals)

    def _how(self) -> tuple[dict[str, ContextValue], Circumstances]:
        """Return the condition keys that are set by hand, and how the call is made."""
        now, state = self.world.clock.now, self.state
        context, tags = choices.by_hand(state.keys)
        if state.mfa != MFA[0]:
            context = {**mfa_keys(now, now if state.mfa == "yes" else None), **context}
        how: Circumstances = {"request_tags": tags}
        if state.address or state.endpoint:
            how["network"] = Network(state.address.strip(), endpoint=state.endpoint)
        return context, how

    def choices(self) -> Mapping[str, Options]:
        """Return the values for MFA and for the VPC endpoint, and what there is to see."""
        every = (own for held in self._world.accounts.values() for own in held.resources.values())
        ends = {own.name: own.name for own in every if own.kind == "VPC endpoint"}
        return {"mfa": MFA, "view": VIEWS, "endpoint": {"": "none: over the internet", **ends}}

    def change(self, name: str, value: Any) -> Question:
        """Change a part of the request."""
        if name.startswith(KEY):
            return replace(self.state, keys=with_key(self.state.keys, name, str(value)))
        if name not in (*WIDTHS, "address", "time") or value is None:
            raise self.no_control(name)
        arn = getattr(value, "arn", value)
        named = (own for own, its_arn in self.principals.items() if its_arn == arn)
        new = str(next(named, arn) if name == "principal" else value)
        return replace(self.state, **{name: new})  # type: ignore[arg-type]

    def _to(self, state: Question) -> None:
        if replace(state, view=self.state.view) == self.state:
            self.state = state  # the request is the same, so its prediction stays
        else:
            is_slow = state.view == self.state.view in VIEWS[3:]
            super()._to(replace(state, view=VIEWS[0]) if is_slow else state)

    def set(self, name: str, value: Any) -> None:
        """Set a control to a value; what is typed stays, also if it isn't a request.

        Raises
        ------
        ExerciseError
            The control doesn't exist, or doesn't take this value.
        RequestError, NoSuchEntity
            The request isn't valid; the message says how to correct it.
        """
        super().set(name, value)
        if error := self._answered(self._stamp)[1]:
            raise error

    # -- the answer ------------------------------------------------------------------------------

    @property
    def _stamp(self) -> tuple[object, ...]:
        """What every answer depends on, to remember answers."""
        return self.state, self._world.revision, self._world.clock.now

    def _answer(self, _: object) -> tuple[Decision | None, IamLabError | None]:
        try:
            context, how = self._how()
            ask = self.caller, self.state.action.strip(), self.state.resource.strip()
            return self.world.can(*ask, context=context, **how), None
        except IamLabError as error:
            return None, error

    def decide(self) -> Decision | None:
        """Return the decision; none if what is typed isn't a request."""
        return self._answered(self._stamp)[0]

    def reveal(self, decision: Decision) -> str:
        """Return the verdict, with AWS's message."""
        message = f"AWS's message: {decision.message}" if decision.message else ""
        return html.verdict(decision) + html.paragraph(message) + html.explanation(decision)

    def parts(self) -> dict[str, str]:
        """Return the whole card; once there is a verdict, with what is looked at."""
        parts, (_, error) = super().parts(), self._answered(self._stamp)
        if error is not None:
            text = (self.note or error.short).replace(f" {HOW_TO_ALLOW}", "")
            parts["result"] = html.paragraph(text)
        if self.decision is not None and not self._is_simple:
            parts["view"] = html.segmented("view", "Look at", VIEWS, self.state.view)
            try:
                parts["more"] = self._shown(self._stamp)
            except IamLabError as error:
                parts["more"] = html.paragraph(error.short)
        return parts

    def _show(self, _: object) -> str:
        """Return what the chosen view shows."""
        from iamlab.view import access_graph, ladder
        from iamlab.view.tabular import table_of

        (decision, _), view = self._answered(self._stamp), VIEWS.index(self.state.view)
        assert decision is not None  # noqa: S101 - there is a view only of a decision
        (context, how), request = self._how(), decision.request
        if view < 2:
            return (access_graph if view else ladder)(decision)._repr_html_()
        if view == 2:
            rows = [(fix.text, fix.who) for fix in decision.fixes()]
            return Table.of("Each change flips the verdict", "change, who can make it", rows).html()
        if view == 3:
            own = {key: context[key] for key in context if not key.startswith("aws:Principal")}
            who = self.world.who_can(request.action, request.resource, context=own, **how)
            return table_of(who).html()
        what = self.world.what_can(self.caller, services=[request.service], context=context, **how)
        return table_of(what).html()

    # -- the controls ----------------------------------------------------------------------------

    def controls(self) -> Mapping[str, str]:
        """Return the fields of the request, and those of its context."""
        state, known = self.state, list(self.principals)
        who, action, resource = (
            self._field(name, name.capitalize(), getattr(state, name), width)
            for name, width in WIDTHS.items()
        )
        if len(known) <= choices.FEW:
            names = list(dict.fromkeys((*known, state.principal)))
            who = html.choice("principal", "Principal", names, state.principal)
        if self._is_simple:
            return {"request": html.row(who, action, resource)}
        how = [
            html.segmented("mfa", "MFA", MFA, state.mfa),
            html.text_field("address", "Source address", state.address, width=14),
            html.text_field("time", "Time (UTC)", state.time, kind="datetime-local"),
            self.chooser("endpoint", "VPC endpoint") * (len(self.choices()["endpoint"]) > 1),
        ]
        keys = (own.removeprefix(KEY) for own in self._listed(self._stamp) if own.startswith(KEY))
        fields = [self._field(f"{KEY}{key}", key, dict(state.keys).get(key, "")) for key in keys]
        text = (html.paragraph(KEYS, "pale") + html.row(*fields)) * bool(fields)
        return {"request": html.row(who, action, resource), "how": html.row(*how), "keys": text}

    def _field(self, name: str, label: str, value: str, width: int = 32) -> str:
        """Write a field with suggestions."""
        place = list(self._listed(self._stamp)).index(name)
        return html.text_field(name, label, value, width=width, known=f"{self._id}-{place}")

    def _lists(self, _: object) -> dict[str, list[str]]:
        """Return the suggestions for each field, also for the condition keys that policies use."""
        decision, action, named = self.decide(), self.state.action.strip(), dict(self.state.keys)
        try:
            actions, resources = choices.suggested(self.world, self.caller, action)
        except IamLabError:
            actions, resources = choices.suggested(self._world, None, action)
        used = [] if decision is None else keys_in_policies(decision)
        keys = {key.lower(): key for key in (*reversed(used), *reversed(named))}
        found = {key: [ABSENT] for key in keys if key.removeprefix("aws:") not in ELSEWHERE}
        for match in () if decision is None else decision.trace.matches:
            for condition in match.statement.conditions:
                found.get(condition.key.lower(), []).extend(condition.values)
        own = {f"{KEY}{keys[key]}": list(dict.fromkeys(found[key])) for key in sorted(found)}
        return {"principal": list(self.principals), "action": actions, "resource": resources, **own}

    def picture(self) -> str:
        """Return the suggestions for the fields, the request, and what is odd about it."""
        decision, lists = self.decide(), self._listed(self._stamp).values()
        text = "".join(html.suggestions(f"{self._id}-{n}", own) for n, own in enumerate(lists))
        if decision is None:
            return text
        odd = [*loud(decision.assumed), misfit(decision.request.action, decision.request.resource)]
        taken = [note for note in quiet(decision.assumed) if note not in odd]
        text += html.request_facts(decision) + "".join(map(html.paragraph, odd))
        rest = "" if self._is_simple else "".join(map(html.paragraph, taken))
        return text + (html.fold(f"Taken for granted ({len(taken)})", rest) if rest else "")


def lab(
    world: World, principal: Caller = "", action: str = "", resource: str = "", **more: Any
) -> Explorer:
    """Explore a world: choose a request, see the decision, and everything about it.

    Parameters
    ----------
    world
        Any world. It doesn't change.
    principal, action, resource
        The first request. Default: a request that the first principal's policies are about.
    more
        ``predict_first``: whether the verdict is hidden until it is predicted; ``simple``: whether
        the card is only a request builder.

    Raises
    ------
    ExerciseError
        The world has no account.
    RequestError, NoSuchEntity
        The request isn't valid.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> explorer = lab(scenario("groups"), "dana", "s3:DeleteObject", MAP)
    >>> str(explorer.decision.verdict)
    'explicit deny'
    >>> explorer.set("action", "s3:GetObjct")
    Traceback (most recent call last):
    ...
    iamlab.errors.RequestError: s3 has no action GetObjct. Did you mean s3:GetObject? ...
    >>> explorer.set("action", "s3:GetObject")
    >>> bool(explorer.decision)
    True
    """
    if not world.accounts:
        raise ExerciseError("An explorer needs a world with an account.")
    made = Explorer(world, Question(action=action), **more)
    made.state = made.change("principal", principal or next(iter(made.principals)))
    actions = (own for own in choices.suggested(world, made.caller, action)[0] if own[-1] != ":")
    made.state = made.change("action", action or next(actions, "s3:GetObject"))
    _, every = choices.suggested(world, made.caller, made.state.action)
    made.set("resource", resource or next((arn for arn in every if arn != "*"), "*"))
    return made
