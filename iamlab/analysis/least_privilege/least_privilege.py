"""The tightest policy for what somebody did, as a person would write it.

Four things are told together, since each alone misleads: the policy, what it still allows beyond
what was used, what was attempted and refused, and what the events cannot show.

Notes
-----
AWS pages: "Security best practices in IAM"; "Generate policies based on access activity".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.least_privilege.excess import (
    Compared,
    Excess,
    NotShown,
    allowed_by,
    compare,
    excess_of,
    not_shown,
)
from iamlab.analysis.least_privilege.pass_role import PASS_ROLE, Passed
from iamlab.analysis.least_privilege.policy_sizes import (
    Form,
    can_be_given,
    fitted,
    is_text,
    limit_of,
    refused,
)
from iamlab.analysis.least_privilege.statements import Part
from iamlab.analysis.least_privilege.used_permissions import Pair, Tally, Usage, log_of, who
from iamlab.analysis.least_privilege.wildcards import readable
from iamlab.authorization.principal import principal_of
from iamlab.display import Shown
from iamlab.engine.request import Request, is_account
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.credentials import Credential
from iamlab.model.quotas import QUOTAS, quota
from iamlab.model.session_record import role_of_session
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.analysis.least_privilege.wildcards import Step
    from iamlab.analysis.trails.uses import Use
    from iamlab.authorization.principal import Caller
    from iamlab.model.event import Event
    from iamlab.model.world import World
    from iamlab.policy.document import Policy

MOST_RESOURCES = 10
"""So many resources with the same beginning a person would still list."""


@dataclass(frozen=True, slots=True)
class LeastPrivilege(Shown):
    """The policies that allow just what a caller did, and what is to be said of them.

    Parameters
    ----------
    caller
        His ARN.
    policies
        One, or several where one would be too large; none if nothing was used.
    period
        From the first event to the last; ``None`` without events.
    used, refused
        Pairs of action and resource that were allowed, and that were refused each time.
    steps
        How resources were generalised.
    excess
        What the policies allow beyond what was used.
    not_shown
        What the events cannot show.
    pass_role
        Roles that his calls handed to services.
    left_out
        Pairs that no policy can give, such as of an action that cannot be written.
    compared
        What goes away, of what his policies allow now; ``None`` if they are not known.
    """

    caller: str
    policies: tuple[Policy, ...]
    period: tuple[datetime, datetime] | None
    used: Mapping[Pair, Tally] = field(repr=False)
    refused: Mapping[Pair, Tally] = field(repr=False)
    steps: tuple[Step, ...] = ()
    excess: tuple[Excess, ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    pass_role: tuple[Passed, ...] = ()
    left_out: tuple[Pair, ...] = ()
    compared: Compared | None = None

    @property
    def policy(self) -> Policy:
        """The policy, where there is just one.

        Raises
        ------
        RequestError
            There is none, since nothing was used; or there are several: see ``policies``.
        """
        if len(self.policies) != 1:
            why = "there are several: see policies" if self.policies else "nothing was used"
            raise RequestError(f"There is no single policy for {self.caller}: {why}.")
        return self.policies[0]

    def to_json(self) -> list[dict[str, Any]]:
        """Give the policy documents as JSON values."""
        return [policy.to_json() for policy in self.policies]

    def to_frame(self) -> pd.DataFrame:
        """Give the pairs as a table: what was used, how often, when."""
        from iamlab import display

        columns = ("action", "resource", "allowed", "refused", "first", "last")
        rows = [
            (*pair, tally.allowed, tally.refused, tally.first, tally.last)
            for pair, tally in sorted({**self.used, **self.refused}.items())
        ]
        return display.table(columns, rows)

    def __str__(self) -> str:
        return "\n".join(_said(self))


def _said(found: LeastPrivilege) -> Iterable[str]:
    """Say it line by line."""
    yield f"{found.caller} used {_pairs(len(found.used))}."
    yield from (f"\n{policy.name}:\n{policy.text}" for policy in found.policies)
    blocks: tuple[tuple[str, Iterable[object]], ...] = (
        ("Generalised", found.steps),
        ("Allowed beyond what was used", found.excess),
        ("Attempted, refused", [_attempt(*one) for one in sorted(found.refused.items())]),
        ("Left out, since no policy can give it", [" on ".join(one) for one in found.left_out]),
        ("Compared with now", () if found.compared is None else (found.compared,)),
        ("Not shown by the events", found.not_shown),
    )
    for title, every in blocks:
        lines = [readable(str(one)) for one in every]
        if lines:
            yield f"\n{title}:"
            yield from (f"- {line}" for line in lines[:_SHOWN])
            if len(lines) > _SHOWN:
                yield f"- and {len(lines) - _SHOWN:,} more"


_SHOWN = 20


def _pairs(count: int) -> str:
    return "1 permission" if count == 1 else f"{count:,} permissions" if count else "nothing"


def _attempt(pair: Pair, tally: Tally) -> str:
    often = "once" if tally.refused == 1 else f"{tally.refused:,} times"
    return f"{' on '.join(pair)}, {often}"


def least_privilege(
    world: World,
    caller: Caller,
    events: Iterable[Event | Use] | None = None,
    *,
    most_resources: int = MOST_RESOURCES,
    form: Form = "managed",
    pass_role: bool = False,
) -> LeastPrivilege:
    """Write the tightest policy for what a caller did; see ``World.least_privilege``.

    Raises
    ------
    LimitExceeded
        It would be larger than all policies of one principal may be.
    RequestError
        It cannot be asked that way.
    """
    if isinstance(most_resources, bool) or not isinstance(most_resources, int):
        raise RequestError(f"most_resources is a whole number, not {most_resources!r}.")
    if most_resources < 1:
        raise RequestError(f"most_resources is at least 1, not {most_resources}.")
    if form not in ("managed", "inline"):
        raise RequestError(f'form is "managed" or "inline", not {form!r}.')
    arn = with_path(world, arn_of(caller))
    unique_id = _id_of(world, caller, arn)
    log = log_of(world.events if events is None else events, [(arn, unique_id)])
    usage = whole(world, log.of(arn, unique_id))
    allowed = usage.allowed
    passed = [one for one in sorted(usage.passed) if pass_role and not one.is_profile]
    made = _made(world, arn, allowed, passed, most_resources, form)
    now = policies_now(world, arn)
    return LeastPrivilege(
        arn,
        made.policies,
        None if log.first is None or log.last is None else (log.first, log.last),
        {pair: allowed[pair] for pair in made.pairs},
        usage.refused,
        made.steps,
        excess_of(made.policies, made.shares, made.pairs),
        not_shown(log, usage, arn, allowed_by(now or ()), all_logged=events is None),
        tuple(sorted(usage.passed)),
        tuple(pair for pair in allowed if pair not in made.pairs),
        None if now is None else compare(now, made.policies, {pair[0] for pair in made.pairs}),
    )


class _Made(NamedTuple):
    """Policies that are proved to allow some pairs."""

    policies: tuple[Policy, ...]
    shares: tuple[tuple[Part, ...], ...]
    steps: tuple[Step, ...]
    pairs: dict[Pair, None]


def _made(
    world: World,
    arn: str,
    used: Mapping[Pair, Tally],
    passed: list[Passed],
    most: int,
    form: Form,
) -> _Made:
    """Write the policies and prove them; leave out what no policy can give."""
    limit, count = _room(world, arn, form)
    extra = [_part(one) for one in passed]
    kept = [pair for pair in used if is_text(pair)]
    inexact = {pair for pair in kept if not used[pair].is_exact}
    made = _Made(*fitted(kept, most, limit, count, extra, inexact), dict.fromkeys(kept))
    failed = refused(made.policies, arn, kept)
    if failed:
        hopeless = {pair for pair in failed if not can_be_given(arn, pair)}
        kept = [pair for pair in kept if pair not in hopeless]
        made = _Made(*fitted(kept, most, limit, count, extra, inexact), dict.fromkeys(kept))
        _insist(refused(made.policies, arn, kept))
    to_service = {(PASS_ROLE, one.role): {"iam:PassedToService": one.service} for one in passed}
    _insist(refused(made.policies, arn, to_service, to_service))
    for policy in made.policies:
        policy.check("identity")
    return made


def _insist(failed: list[Pair]) -> None:
    """Stop if the new policies do not allow what was used: then this package is wrong."""
    if failed:
        action, resource = failed[0]
        raise IamLabError(f"The policy that was made does not allow {action} on {resource!r}.")


def _part(passed: Passed) -> Part:
    condition = (("StringEquals", "iam:PassedToService", passed.service),)
    return Part("iam", (PASS_ROLE,), (passed.role,), 1, condition)


def _room(world: World, arn: str, form: Form) -> tuple[int, int]:
    """Say how large policies may be, and how many may hang on the caller."""
    account, kind, _ = who(arn)
    kind = kind if kind in ("user", "role") else "user"
    if form == "inline":
        return limit_of(form, kind), 1
    name = f"PoliciesPer{kind.capitalize()}"
    known = world.accounts.get(account)
    return limit_of(form, kind), QUOTAS[name].default if known is None else quota(known, name)


def whole(world: World, usage: Usage) -> Usage:
    """Complete what the records do not say, and this world knows.

    Those are the paths of users, roles and groups, and which role is in an instance profile.
    """
    found = Usage()
    for passed, action in usage.passed.items():
        for role in _roles_in(world, passed):
            found.passed.setdefault(Passed(role, passed.service), action)
    for (action, resource), tally in usage.pairs.items():
        known = resource if tally.is_path_known else with_path(world, resource)
        tally.is_path_known |= known != resource
        before = found.pairs.get((action, known))
        found.pairs[action, known] = tally if before is None else before.with_(tally)
    return found


def _roles_in(world: World, passed: Passed) -> list[str]:
    """Give the ARN of the role that was passed; of an unknown instance profile, that one's."""
    if not passed.is_profile:
        return [with_path(world, passed.role)]
    arn = Arn.parse(passed.role)
    account = world.accounts.get(arn.account)
    profile = None if account is None else account.instance_profiles.get(arn.name)
    held = () if profile is None else profile.roles
    return [role.arn for role in held] or [passed.role]


def with_path(world: World, resource: str) -> str:
    """Complete the ARN of a user, role or group whom this world knows; names are unique."""
    return str(getattr(_known(world, resource), "arn", resource))


def _known(world: World, resource: str) -> object:
    """Find a user, role or group by its name; ``None`` if this world has none of it."""
    arn = Arn.parse(resource)
    account = world.accounts.get(arn.account)
    held = {} if account is None else getattr(account, f"{arn.kind}s", {})
    return held.get(arn.name)


def _id_of(world: World, caller: Caller, arn: str) -> str:
    """Give the unique id of a caller, who may be gone; empty if neither he nor the world has it."""
    given = "" if isinstance(caller, str | Credential) else getattr(caller, "unique_id", "")
    return str(given or getattr(_known(world, arn), "unique_id", ""))


def policies_now(world: World, arn: str) -> list[Policy] | None:
    """Give the identity-based policies of a caller; ``None`` if he has none, or is not here."""
    try:
        return [attached.policy for attached in principal_of(world, arn).identity]
    except NoSuchEntity:
        return None


def arn_of(caller: Caller) -> str:
    """Give the ARN of whose permissions a caller uses: of a role's session, the role's.

    Raises
    ------
    RequestError
        It is no user, role or session; or a root user, whom no policy of its own limits.
    """
    text = caller if isinstance(caller, str) else getattr(caller, "arn", None)
    if isinstance(caller, Credential):  # a session says whose permissions it has, a key whose it is
        text = getattr(caller, "role_arn", None) or getattr(
            getattr(caller, "user", None), "arn", ""
        )
    if not isinstance(text, str) or not is_arn(text) or not is_account(Arn.parse(text).account):
        shown = text if isinstance(text, str) else f"an object of type {type(caller).__name__}"
        raise RequestError(f"{shown!r} is no caller: give a user, a role, or an ARN of one.")
    if not who(text)[1]:
        what = Arn.parse(text).kind
        raise RequestError(
            f"{text!r} is a {what}, whose use no event shows: give a user or a role, or its ARN."
        )
    if who(text)[1] == "root":
        raise RequestError(f"{text} may do everything, and no policy of its own says so.")
    role = role_of_session(text)
    if role:
        return role
    Request(text, "sts:GetCallerIdentity", "*")  # which refuses what is no caller
    return text
