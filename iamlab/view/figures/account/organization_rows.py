"""An organization as rows, from the root down: what hangs on each part, and what it says.

The organization tree draws them; its alternative text, caption, list and table say the same. Of a
request, the service control policies above the caller's account are heard, and the resource control
policies above the resource's account: two ways from the root, which are often one.

Notes
-----
AWS pages: "SCP evaluation"; "How RCPs work with AWS Organizations"; "Service control policies
(SCPs)", for those whom they do not reach.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from iamlab.display import count
from iamlab.engine.layers import NAMES
from iamlab.errors import RequestError
from iamlab.model.organization.policies import RCP, SCP
from iamlab.view.style import ABSENT, LOOKS, Look

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.engine.verdict import LayerMatches, StatementMatch
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import Member, OrganizationalUnit, Target

LAYER_OF = {SCP: "scp", RCP: "rcp"}
KINDS = {"ROOT": "root", "ORGANIZATIONAL_UNIT": "OU", "ACCOUNT": "account"}
MANAGEMENT, CALLER, RESOURCE = "management account", "caller's account", "resource's account"
_NOTES = {
    (CALLER, RESOURCE): "caller's and resource's account",
    (MANAGEMENT, CALLER): "management and caller's account",
    (MANAGEMENT, RESOURCE): "management and resource's account",
    (MANAGEMENT, CALLER, RESOURCE): "management, caller's, resource's",
}
_WHOSE = {SCP: CALLER, RCP: RESOURCE}
_EXEMPT = {
    SCP: "no SCP limits the management account",
    RCP: "no RCP protects the management account",
}
_EFFECTS = (("Deny", "explicitDeny", "denies"), ("Allow", "allowed", "allows"))
"""A Deny wins, so it is looked for first."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the policies at one place say of a request.

    Parameters
    ----------
    look
        Its symbol and colour.
    words
        ``allows``, ``denies``, ``no Allow here``, or why nothing is heard.
    by
        The statements that do it, each as ``#1 of FullAWSAccess``.
    brief
        Likewise, each as ``#1``.
    """

    look: Look
    words: str
    by: str = ""
    brief: str = ""

    @property
    def stops(self) -> bool:
        """Whether nothing gets past this place."""
        return self.look in (LOOKS["explicitDeny"], LOOKS["implicitDeny"])

    @property
    def short(self) -> str:
        """The same with the statements alone, for where the policies are named beside it."""
        return (
            f"{self.look.symbol} {self.words}{': ' if self.stops and self.by else ''}{self.brief}"
        )

    def __str__(self) -> str:
        return f"{self.look.symbol} {self.words}{': ' if self.by else ''}{self.by}"


@dataclass(frozen=True, slots=True)
class Row:
    """One place in the tree, or several that are alike and drawn as one.

    Parameters
    ----------
    kind
        ``root``, ``OU`` or ``account``.
    title
        What it is called: ``root r-ab12``, ``OU Prod``, ``acme-dev``.
    roles
        What it is besides: the management account, the caller's.
    policies, says
        By type: the names of those that hang here, and what they say.
    folded
        The rows that it stands for, if it stands for several.
    """

    kind: str
    title: str
    id: str
    parent_id: str
    depth: int
    roles: tuple[str, ...] = ()
    policies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    says: Mapping[str, Said] = field(default_factory=dict)
    folded: tuple[Row, ...] = ()

    @property
    def note(self) -> str:
        """What it is besides, in few words."""
        return _NOTES.get(self.roles, ", ".join(self.roles))

    @property
    def is_end(self) -> bool:
        """Whether a way of the request ends here."""
        return CALLER in self.roles or RESOURCE in self.roles

    @property
    def is_lit(self) -> bool:
        """Whether a way of the request leads here."""
        return bool(self.says) or self.is_end

    @property
    def stays(self) -> bool:
        """Whether it is on a way of the request, or something else of which there is only one."""
        return self.is_lit or bool(self.roles)


def types_of(organization: Organization) -> tuple[str, ...]:
    """Give the types of policies that are enabled and decide who may do what."""
    return tuple(one for one in (SCP, RCP) if one in organization.root.policy_types)


def rows_of(organization: Organization, decision: Decision | None) -> list[Row]:
    """List the places of an organization, each after what it is in.

    Raises
    ------
    RequestError
        The decision is not one of this organization.
    """
    said: dict[str, dict[str, Said]] = {}
    roles: dict[str, list[str]] = {organization.management_account_id: [MANAGEMENT]}
    if decision is not None:
        for kind, account_id in ends_of(decision).items():
            if account_id in organization.members:
                roles.setdefault(account_id, []).append(_WHOSE[kind])
                for key, words in _heard(organization, decision, kind, account_id).items():
                    said.setdefault(key, {})[kind] = words
    below: dict[str, list[OrganizationalUnit | Member]] = {}
    every: list[OrganizationalUnit | Member] = [
        *organization.organizational_units.values(),
        *organization.members.values(),
    ]
    for one in every:
        below.setdefault(one.parent_id, []).append(one)

    def walk(target: Target, parent_id: str, depth: int) -> Iterator[Row]:
        hanging = [organization.policies[key] for key in target.attached]
        policies = {
            kind: tuple(one.name for one in hanging if one.type == kind)
            for kind in types_of(organization)
        }
        own, says = tuple(roles.get(target.id, ())), said.get(target.id, {})
        kind = KINDS[target.kind]
        title = f"root {target.id}" if kind == "root" else target.label.removeprefix("account ")
        yield Row(kind, title, target.id, parent_id, depth, own, policies, says)
        for child in below.get(target.id, ()):
            yield from walk(child, target.id, depth + 1)

    return list(walk(organization.root, "", 0))


def ends_of(decision: Decision) -> dict[str, str]:
    """Give the accounts whose ways from the root count, by the type of policy that is heard."""
    return {SCP: decision.request.caller.account, RCP: decision.request.resource_account}


def _heard(
    organization: Organization, decision: Decision, kind: str, account_id: str
) -> dict[str, Said]:
    """Give what each place on the way to an account says; if none has a part, why not."""
    if kind not in organization.root.policy_types:
        return {}
    heard = decision.heard[LAYER_OF[kind]]
    if not heard.present:
        return {account_id: Said(ABSENT, _why_absent(organization, kind, account_id, heard))}
    way = organization.way_to(account_id)
    if len(way) != len(heard.levels):
        raise RequestError(
            f"The decision heard {count(len(heard.levels), 'level')} of {NAMES[LAYER_OF[kind]]}s, "
            f"and {account_id} stands below {len(way)} in {organization.id}: it is a decision of "
            "another organization, or of another day."
        )
    return {one.id: _said(level) for one, level in zip(way, heard.levels, strict=True)}


def _why_absent(organization: Organization, kind: str, account_id: str, heard: LayerMatches) -> str:
    if account_id == organization.management_account_id:
        return _EXEMPT[kind]
    return heard.why_absent or f"no {NAMES[LAYER_OF[kind]]} was heard"


def _said(level: Sequence[StatementMatch]) -> Said:
    """Say in words what the policies of one place say."""
    for effect, verdict, words in _EFFECTS:
        own = [one for one in level if one.applies and one.effect == effect]
        if own:
            by = [f"{one.statement.label} of {one.attached.policy.name}" for one in own]
            # Which Allow lets it through matters little; which Deny stops it is the point.
            brief = [one.statement.label for one in own if effect == "Deny"]
            return Said(LOOKS[verdict], words, ", ".join(by), ", ".join(brief))
    return Said(LOOKS["implicitDeny"], "no Allow here")


# -- what is too much for a picture ----------------------------------------------------------------


def folded(rows: Sequence[Row], most: int) -> list[Row]:
    """Put rows together until there are no more than so many; those on a lit way stay.

    First accounts side by side with the same policies become one row, then whole OUs, the deepest
    first, and last of all OUs side by side.
    """
    found = list(rows)
    if len(found) > most:
        found = _alike(found, "account")
    for depth in range(max((row.depth for row in found), default=0), 0, -1):
        if len(found) <= most:
            break
        found = _shut(found, depth)
    return _alike(found, "OU") if len(found) > most else found


def _alike(rows: Sequence[Row], kind: str) -> list[Row]:
    """Make one row of those of a kind that stand side by side, with nothing below but the same."""
    has_below = {row.parent_id for row in rows}
    groups: dict[object, list[Row]] = {}
    for row in rows:
        if row.kind == kind and not row.stays and row.id not in has_below:
            groups.setdefault((row.parent_id, *row.policies.values()), []).append(row)
    several = {group[0].id: group for group in groups.values() if len(group) > 1}
    gone = {row.id for group in several.values() for row in group[1:]}
    return [
        _as_one(several[row.id]) if row.id in several else row for row in rows if row.id not in gone
    ]


def _as_one(group: Sequence[Row]) -> Row:
    every = tuple(inner for row in group for inner in _stood_for(row))
    return replace(group[0], title=_counted(every), folded=every)


def _shut(rows: Sequence[Row], depth: int) -> list[Row]:
    """Let the OUs of one depth that lie on no lit way stand for all that is in them."""
    found: list[Row] = []
    place = 0
    while place < len(rows):
        row = rows[place]
        inside = _below(rows, place)
        place += 1
        if row.depth == depth and inside and not any(one.stays for one in (row, *inside)):
            every = tuple(inner for one in inside for inner in _stood_for(one))
            row = replace(row, title=f"{row.title}, with {_counted(every)}", folded=(row, *every))
            place += len(inside)
        found.append(row)
    return found


def _below(rows: Sequence[Row], place: int) -> list[Row]:
    """Give all that is in the place at an index."""
    depth = rows[place].depth
    return list(takewhile(lambda one: one.depth > depth, rows[place + 1 :]))


def _stood_for(row: Row) -> tuple[Row, ...]:
    return row.folded or (row,)


def _counted(rows: Sequence[Row]) -> str:
    units = sum(row.kind == "OU" for row in rows)
    parts = [(units, "OU"), (len(rows) - units, "account")]
    return " and ".join(count(number, kind) for number, kind in parts if number)
