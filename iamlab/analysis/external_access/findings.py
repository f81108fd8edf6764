"""The findings: each access from outside, as Access Analyzer reports it, and what stops it.

Notes
-----
AWS pages: "API ExternalAccessDetails"; "IAM Access Analyzer findings".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, overload

from iamlab.display import Shown, count, table
from iamlab.engine.layers import NAMES
from iamlab.engine.matching import action_matches
from iamlab.policy.describe.words import briefly, joined

if TYPE_CHECKING:
    from iamlab.engine.decision import Decision

POLICY, KMS_GRANT = "POLICY", "KMS_GRANT"
"""How access is given. The second name is iamlab's: Access Analyzer reports grants, but has a
source only for buckets."""

PUBLIC_ACCESS_BLOCK = "public_access_block"

FEW = 4
"""A sentence names so many actions, and counts the others."""

MOST_LINES = 30
"""At most so many findings are printed."""


class Stop(NamedTuple):
    """What stops an access.

    Parameters
    ----------
    layer
        ``"rcp"``, ``"resource"`` (a Deny of the same policy), ``"bucket"`` (of an access point)
        or ``"public_access_block"``.
    by
        The statement, or the policies that lack an Allow: ``"perimeter/OnlyOurs"``.
    where
        Where that is attached: ``"OU Prod"``; empty if it is the resource's own.
    """

    layer: str
    by: str
    where: str = ""

    def __str__(self) -> str:
        if self.layer == PUBLIC_ACCESS_BLOCK:
            return f"{self.by} of S3 Block Public Access"
        if self.layer == "resource":
            return f"the deny {self.by}"
        if self.layer == "bucket":
            return f"{self.by}, whose policy doesn't allow it"
        at = f" ({self.where})" if self.where else ""
        return f"the {NAMES[self.layer]} {self.by}{at}"


@dataclass(frozen=True, slots=True)
class OutsideFinding:
    """One statement that lets somebody outside in; true if it is open: if nothing stops it.

    Parameters
    ----------
    resource, resource_type, owner
        Its ARN, what it is as Access Analyzer calls it, and the account that owns it.
    principal
        As Access Analyzer writes it: ``{"AWS": "444455556666"}``, ``{"AWS": "*"}`` ...
    actions
        What is allowed, as the policy writes it if nothing of it is stopped. No policy can allow
        some of it to another account.
    statement
        Its address: ``"policy of maps/Share"``, ``"policy of maps/#2"``.
    is_public
        Whether everybody in the world can meet its conditions.
    condition
        The condition keys of the statement, each with its values.
    when
        The conditions in words.
    narrowed_by
        The Deny statements that stop other principals that it names.
    stopped_by
        What stops all of them, today.
    source
        ``"POLICY"`` or ``"KMS_GRANT"``.
    proof
        The decision about a request from outside: allowed, or what stops it. It has the time,
        address or tags that the conditions ask for; future times count. ``None``: no caller was
        found who meets the conditions, nor any reason why there could be none. Check them.
    """

    resource: str
    resource_type: str
    owner: str
    principal: Mapping[str, str] = field(hash=False)
    actions: tuple[str, ...]
    statement: str
    is_public: bool = False
    condition: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    when: tuple[str, ...] = ()
    narrowed_by: tuple[Stop, ...] = ()
    stopped_by: tuple[Stop, ...] = ()
    source: str = POLICY
    proof: Decision | None = field(default=None, compare=False, repr=False)

    def __bool__(self) -> bool:
        return not self.stopped_by

    @property
    def service(self) -> str:
        """The service of the resource: ``"s3"``."""
        return self.resource.split(":")[2]

    @property
    def status(self) -> str:
        """What Access Analyzer would say: ``ACTIVE``, or ``RESOLVED`` where it finds nothing.

        It ignores resource control policies: what only they stop is active there.
        """
        layers = {stop.layer for stop in self.stopped_by}
        return "RESOLVED" if layers - {"rcp"} else "ACTIVE"

    @property
    def is_unconditional(self) -> bool:
        """Whether each principal that it names gets in, however it calls."""
        return not (self.condition or self.narrowed_by or self.stopped_by)

    def covers(self, action: str) -> bool:
        """Return whether an action is one of the finding's."""
        return any(action_matches(pattern, action) for pattern in self.actions)

    def __str__(self) -> str:
        who = _in_words(self.principal, is_public=self.is_public)
        when = f", if {joined(self.when, ', and')}" if self.when else ""
        what = f"{briefly(self.actions, FEW, 'actions')} on {self.resource}{when}"
        how = f"by {'grant ' if self.source == KMS_GRANT else ''}{self.statement}"
        if self.stopped_by:
            stops = joined(list(map(str, self.stopped_by)))
            return f"{who} might do {what}, {how}, but is stopped by {stops}."
        rest = ""
        if self.proof is None:
            rest = " (nobody was found who meets this, nor a reason why nobody could)"
        elif self.narrowed_by:
            rest = f", as far as {joined(list(map(str, self.narrowed_by)))} lets through"
        return f"{who} may do {what}, {how}{rest}."


def _in_words(principal: Mapping[str, str], *, is_public: bool) -> str:
    [(kind, value)] = principal.items()
    if value == "*":
        return "Public: anybody" if is_public else "Somebody outside"
    if kind == "Federated":
        return f"Whoever comes from {value}"
    return f"Account {value}" if value.isdigit() else value


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """A statement for an AWS service that does not ask on whose behalf the service calls.

    The service calls, but perhaps for a stranger: a confused deputy. So this is separate from the
    findings. The API reference of Access Analyzer counts services among external principals; no
    page says whether it ever reports one.

    Parameters
    ----------
    service
        By its principal; ``"*"``: any, if a statement for everybody lets in nobody else.
    """

    resource: str
    resource_type: str
    owner: str
    service: str
    actions: tuple[str, ...]
    statement: str

    def __str__(self) -> str:
        what = briefly(self.actions, FEW, "actions")
        service = "Any AWS service" if self.service == "*" else self.service
        whoever = f"{service}, on behalf of anybody,"
        return f"{whoever} may do {what} on {self.resource}, by {self.statement}."


@dataclass(frozen=True, slots=True, repr=False)
class OutsideAccess(Sequence[OutsideFinding], Shown):
    """All findings: what is public first, and last what is stopped.

    Parameters
    ----------
    zone
        The description of the zone of trust.
    services
        What AWS services may do on behalf of anybody.
    asked
        How many resources with a policy were examined.
    assumed
        What was assumed.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> queue = World(seed=7).create_account("acme").create_queue("orders")
    >>> queue.put_policy(Policy.allow("sqs:SendMessage", queue.arn, principal="*"))
    >>> queue.account.world.outside_access()
    <OutsideAccess 1 finding, 1 public, 0 stopped, zone of trust: each account by itself>
    """

    findings: tuple[OutsideFinding, ...]
    zone: str
    services: tuple[ServiceAccess, ...] = ()
    asked: int = 0
    assumed: tuple[str, ...] = ()

    @overload
    def __getitem__(self, place: int) -> OutsideFinding: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[OutsideFinding, ...]: ...

    def __getitem__(self, place: int | slice) -> OutsideFinding | tuple[OutsideFinding, ...]:
        return self.findings[place]

    def __len__(self) -> int:
        return len(self.findings)

    @property
    def open(self) -> tuple[OutsideFinding, ...]:
        """Those that nothing stops; ``status`` ignores resource control policies."""
        return tuple(finding for finding in self.findings if finding)

    @property
    def public(self) -> tuple[OutsideFinding, ...]:
        """Those that let in everybody in the world."""
        return tuple(finding for finding in self.open if finding.is_public)

    @property
    def stopped(self) -> tuple[OutsideFinding, ...]:
        """Those that an RCP, a Deny or Block Public Access stops today."""
        return tuple(finding for finding in self.findings if not finding)

    def __str__(self) -> str:
        shown = [str(finding) for finding in self.findings[:MOST_LINES]]
        rest = len(self) - len(shown)
        more = [f"and {rest} more"] if rest else []
        examined = count(self.asked, "resource")
        head = f"Outside access, zone of trust: {self.zone}; {examined} looked at."
        return "\n".join([head, *(shown or ["Nobody outside is let in."]), *more])

    def to_frame(self) -> Any:
        """Return it as a ``pandas.DataFrame``, a row for each finding."""
        rows = [
            (
                *(finding.status, bool(finding), finding.is_public),
                *(finding.resource_type, finding.resource, finding.owner),
                ", ".join(f"{kind}: {value}" for kind, value in finding.principal.items()),
                ", ".join(finding.actions),
                *(" and ".join(finding.when), finding.source, finding.statement),
                "; ".join(map(str, finding.stopped_by)),
            )
            for finding in self.findings
        ]
        return table(COLUMNS, rows)

    def __repr__(self) -> str:
        counts = f"{len(self.public)} public, {len(self.stopped)} stopped"
        size = count(len(self), "finding")
        return f"<OutsideAccess {size}, {counts}, zone of trust: {self.zone}>"


COLUMNS = (
    *("status", "open", "public", "type", "resource", "owner", "principal", "actions"),
    *("when", "source", "statement", "stopped by"),
)
"""The names of the columns of :meth:`OutsideAccess.to_frame`."""
