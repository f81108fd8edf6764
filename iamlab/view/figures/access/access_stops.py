"""What the way to the resource leads through: the ceilings, and the point where somebody grants.

Each ceiling is a gate: open, shut because nothing in it allows, or shut because it denies. Between
them stand one or two marks: what the caller's own policies say, and whether that and what the
resource's side says are enough together.

The order is that of the rules. Boundary and session policy cut what is granted to an identity, and
so stand before the point where the resource's policy may grant by itself; all others stand behind
it. Between two accounts every gate counts, so those of the caller's account stand in its field.

Notes
-----
AWS pages: "Policy evaluation for requests within a single account"; "Cross-account policy
evaluation logic".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.combining_rule import NO_ALLOW_NEEDED, OUTSIDERS
from iamlab.engine.layers import GUARDRAILS, PERMISSION_FILTERS
from iamlab.engine.principals import PrincipalMatch
from iamlab.engine.request import Kind
from iamlab.engine.verdict import Verdict
from iamlab.view.figures.access.access_rows import SIDES
from iamlab.view.style import LOOKS, Look
from iamlab.view.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import LayerMatches, StatementMatch

ALLOWED, DENIED, SILENT = LOOKS["allowed"], LOOKS["explicitDeny"], LOOKS["implicitDeny"]

MOST_GATES = 3
"""Of more gates than these, open levels of one kind that follow each other share one."""

TITLES: Mapping[str, str] = {
    "rcp": "RCP",
    "scp": "SCP",
    "endpoint": "VPC endpoint policy",
    "boundary": "permissions boundary",
    "session": "session policy",
    "scoped": "scope-down policy",
}
_CREDENTIALS = "what the credentials are good for"
"""The title of a gate that stands for the credentials themselves, and no policy."""

WHO_GRANTS: Mapping[str, str] = {
    "same_account": "either side is enough",
    "role_trust": "the trust policy must allow",
    "kms_key": "key policy or grant must allow",
    "cross_account": "both must allow",
    "both_sides": "both must allow",
    "root_user": "the root user needs no Allow",
    "root_user_kms": "the key policy must allow",
    "root_user_abroad": "the other account must allow",
    "root_user_assumes_role": "no root user assumes a role",
    "assume_root": "own policies are enough",
    "never_abroad": "no other account can get this",
    "needs_long_term_keys": "only long-term keys can do this",
    "needs_temporary_credentials": "only sessions can do this",
    "credentials_refused": "the credentials are refused",
    "outsider": "the resource's side must allow",
    "never_refused": "this is never refused",
    "needs_no_permission": "no permission is needed",
    "only_narrows": "no permission is needed",
}
"""Which rule combines the sides, in the fewest words."""
_OF_ACCOUNT: Mapping[str, str] = {
    "same_account": "the own side must allow",
    "role_trust": "both must allow",
    "kms_key": "both must allow",
}
"""Likewise where the resource's side lets the caller in only as one of his account."""

_NEVER = (
    *("root_user_assumes_role", "never_abroad", "needs_long_term_keys"),
    *("needs_temporary_credentials", "credentials_refused"),
)
_WHATEVER = "whatever policies say"


@dataclass(frozen=True, slots=True)
class Stop:
    """A gate, or a mark where grants come together.

    Parameters
    ----------
    kind
        ``"gate"``, ``"own"`` for what the caller's own policies say, ``"grant"`` for the sum.
    title, note
        Its words.
    look
        How it looks: allowed is open, explicit deny is cut, implicit deny is shut.
    layer
        Of a gate.
    flows
        Whether the request is still on its way behind it.
    """

    kind: str
    title: str
    note: str
    look: Look
    layer: str = ""
    flows: bool = False

    @property
    def text(self) -> str:
        """Its symbol and its title."""
        return f"{self.look.symbol} {self.title}"

    @property
    def is_open(self) -> bool:
        """Whether a gate lets through what comes to it."""
        return self.look is ALLOWED


@dataclass(frozen=True, slots=True)
class Stops:
    """All stops of a way, in order: in the field of the caller, between, and of the resource."""

    before: tuple[Stop, ...]
    after: tuple[Stop, ...]

    @property
    def all(self) -> tuple[Stop, ...]:
        """From the first to the last."""
        return (*self.before, *self.after)

    @property
    def grant(self) -> Stop | None:
        """Where the resource's side joins."""
        return next((one for one in self.after if one.kind == "grant"), None)


def is_abroad(decision: Decision) -> bool:
    """Say whether caller and resource are of two accounts."""
    request = decision.request
    return bool(request.caller.account) and request.caller.account != request.resource_account


def is_outsider(decision: Decision) -> bool:
    """Say whether the caller is of no account at all."""
    return decision.request.caller.kind in OUTSIDERS


def stops_of(decision: Decision) -> Stops:
    """Give what the way of a decision leads through."""
    heard = decision.layer_matches
    has_grant = (
        is_abroad(decision)
        or decision.combining_rule != "same_account"
        or any(heard[side].present for side in SIDES[1:])
    )
    own = [] if is_outsider(decision) or decision.request.caller.kind is Kind.ROOT else ["own"]
    limits = ["session", "boundary"]
    if is_abroad(decision):
        before, after = [*own, *limits, "scoped", "scp", "endpoint"], ["grant", "rcp"]
    elif has_grant:
        before, after = [*own, *limits], ["grant", "scoped", "scp", "endpoint", "rcp"]
    else:
        before, after = [*own, *limits, "scoped", "scp", "endpoint", "rcp"], []
    gates = () if _is_free(decision) else (*GUARDRAILS, *PERMISSION_FILTERS, "scoped")
    short = sum(len(heard[layer].levels) for layer in gates) > MOST_GATES
    flows = True
    made: list[tuple[Stop, ...]] = []
    for part in (before, after):
        stops: list[Stop] = []
        for name in part:
            if name == "own":
                stops.append(_own(decision))
            elif name == "grant":
                # What an outer gate of the caller's account has stopped is granted in vain.
                is_held = is_abroad(decision) and any(_stops(one, decision) for one in made[0])
                grant = _grant(decision)
                stops.append(replace(grant, flows=grant.flows and not is_held))
            elif name in gates:
                stops += _gates(decision, name, flows=flows, short=short)
            flows = stops[-1].flows if stops else flows
        made.append(tuple(stops))
    return Stops(*made)


def _is_free(decision: Decision) -> bool:
    """Say whether nobody had to allow, so that no gate was asked."""
    return bool(decision) and decision.combining_rule in (*NO_ALLOW_NEEDED, "never_refused")


def _denies_count(decision: Decision) -> bool:
    """Say whether a Deny stops the request; one that the verdict passes over does not."""
    return decision.verdict is Verdict.EXPLICIT_DENY


def _own(decision: Decision) -> Stop:
    heard = decision.layer_matches["identity"]
    if heard.denies:
        note = _denying(heard.denies)
        flows = not _denies_count(decision)
        return Stop("own", "identity-based policies", note, DENIED, flows=flows)
    if heard.allows:
        return Stop("own", "identity-based policies", "an Allow applies", ALLOWED, flows=True)
    note = "no Allow applies" if heard.present else "there are none"
    return Stop("own", "identity-based policies", note, SILENT)


def _denying(readings: tuple[StatementMatch, ...]) -> str:
    addresses = list(dict.fromkeys(reading.address for reading in readings))
    return f"Deny {listed(addresses, 1, length=60)}"


def _stops(one: Stop, decision: Decision) -> bool:
    """Say whether a gate stops the request, whoever grants it."""
    is_outer = one.kind == "gate" and one.layer not in PERMISSION_FILTERS
    return is_outer and (one.look is SILENT or (one.look is DENIED and _denies_count(decision)))


def _gates(decision: Decision, layer: str, *, flows: bool, short: bool) -> list[Stop]:
    """Give a ceiling level by level, or the open ones of several levels together."""
    heard = decision.layer_matches[layer]
    policies = decision.layers.levels(layer)
    made: list[Stop] = []
    places: list[str] = []  # of the levels that the last gate stands for
    for number, readings in enumerate(heard.levels):
        level = policies[number] if number < len(policies) else ()
        path = next((one.path[0] for one in level if one.path), "")
        place = path.removeprefix("account ") or (f"level {number + 1}" if number else "")
        look, note = _state(readings, heard)
        title = (
            f"{TITLES[layer]} of {place}" if place and layer in ("scp", "rcp") else TITLES[layer]
        )
        if path == "credentials":
            title = _CREDENTIALS
        is_open = look is ALLOWED
        flows = flows and (is_open or (look is DENIED and not _denies_count(decision)))
        if short and is_open and made and made[-1].is_open and layer in ("scp", "rcp"):
            places.append(place)
            title = f"{TITLES[layer]}, {count(len(places), 'level')}"
            made[-1] = replace(made[-1], title=title, note=f"open: {', '.join(places)}")
        else:
            places = [place]
            made.append(Stop("gate", title, note, look, layer, flows=flows))
    return made


def _state(readings: tuple[StatementMatch, ...], heard: LayerMatches) -> tuple[Look, str]:
    denies = tuple(one for one in readings if one.applies and one.effect == "Deny")
    allows = [one.address for one in readings if one.applies and one.effect == "Allow"]
    if denies:
        return DENIED, _denying(denies)
    if allows:
        return ALLOWED, f"open: {allows[0]}"
    if heard.only_denies:
        return ALLOWED, "open: it does not deny"
    return SILENT, "shut: no Allow applies"


def _grant(decision: Decision) -> Stop:
    """Say whether what both sides say is enough, whatever the outer ceilings say."""
    trace, heard = decision.trace, decision.layer_matches
    title = WHO_GRANTS.get(decision.combining_rule, decision.combining_rule.replace("_", " "))
    if decision.trace.principal_match is PrincipalMatch.ACCOUNT:
        title = _OF_ACCOUNT.get(decision.combining_rule, title)
    free = _is_free(decision)
    granted = free or trace.is_granted
    inner = [hit for layer in (*SIDES, *PERMISSION_FILTERS) for hit in heard[layer].denies]
    if inner and _denies_count(decision):
        own = tuple(hit for layer in SIDES[1:] for hit in heard[layer].denies)
        return Stop("grant", "a Deny wins over any Allow", _denying(own) if own else "", DENIED)
    if free or decision.combining_rule == "root_user":
        return Stop("grant", title, "", ALLOWED, flows=True)
    note = _WHATEVER if decision.combining_rule in _NEVER else _sides(decision)
    if not granted and trace.is_cut:
        note += ", but cut"  # by a gate above, whichever side it is that allows
    return Stop("grant", title, note, ALLOWED if granted else SILENT, flows=granted)


def _sides(decision: Decision) -> str:
    """Say which side allows."""
    heard, request = decision.layer_matches, decision.request
    parts = []
    if not is_outsider(decision) and request.caller.kind is not Kind.ROOT:
        parts.append(f"identity {_says(heard['identity'])}")
    parts.append(f"resource {_says(heard['resource'])}")
    if heard["grant"].present:
        parts.append(f"grant {_says(heard['grant'])}")
    return ", ".join(parts)


def _says(heard: LayerMatches) -> str:
    return "✕" if heard.denies else "✓" if heard.allows else "○" if heard.present else "–"
