"""The tightest policy for what a caller did, as a person would write it.

It comes with what it still allows beyond that, what was attempted and refused, and what the events
cannot show: without these it would mislead.

Notes
-----
AWS pages: "Security best practices in IAM"; "Generate policies based on access activity".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.analysis.least_privilege.excess import (
    Compared,
    Excess,
    NotShown,
    allowed_by,
    compare,
    excess_of,
    not_shown,
)
from iamlab.analysis.least_privilege.policy_sizes import (
    MANAGED_LIMIT,
    PolicyForm,
    WrittenPolicies,
    can_be_requested,
    not_allowed_by,
    policies_that_fit,
)
from iamlab.analysis.least_privilege.statements import AllowStatement, Generalisation, readable
from iamlab.analysis.least_privilege.used_permissions import (
    Pair,
    PassedRole,
    Tally,
    caller_key,
    completed,
    find_by_name,
    log_of,
    with_path,
)
from iamlab.authorization.principal import Caller, arn_of_name, principal_of
from iamlab.deprecated import with_old_names
from iamlab.display import Shown, table
from iamlab.engine.request import Request, is_account
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.credentials import Credential, role_of_session
from iamlab.model.quotas import QUOTAS
from iamlab.operations.iam.common import quota
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.call_permissions import PASS_ROLE
from iamlab.policy.document import Policy
from iamlab.policy.rules import INLINE_LIMITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    import pandas as pd

    from iamlab.analysis.trails.uses import Use
    from iamlab.model.event import Event
    from iamlab.model.world import World

MOST_RESOURCES = 10
"""A person would still list so many resources with the same beginning."""

_SHOWN = 20


@with_old_names
@dataclass(frozen=True, slots=True)
class LeastPrivilege(Shown):
    """The policies that allow just what a caller did, and what to know about them.

    Parameters
    ----------
    principal
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
        Roles that his calls passed to services.
    left_out
        Pairs that no policy can allow, such as of an action with an invalid name.
    compared
        What goes away, of what his policies allow now; ``None`` if they are not known.

    Examples
    --------
    >>> from iamlab import Policy, World
    >>> dana = World(seed=7).create_account("acme").create_user("dana")
    >>> dana.put_policy("all", Policy.allow("iam:*"))
    >>> _ = dana.account.call("ListUsers", dana)
    >>> found = dana.account.world.least_privilege(dana)
    >>> [statement.action for policy in found.policies for statement in policy.statements]
    [('iam:ListUsers',)]
    """

    principal: str
    policies: tuple[Policy, ...]
    period: tuple[datetime, datetime] | None
    used: Mapping[Pair, Tally] = field(repr=False)
    refused: Mapping[Pair, Tally] = field(repr=False)
    steps: tuple[Generalisation, ...] = ()
    excess: tuple[Excess, ...] = ()
    not_shown: tuple[NotShown, ...] = ()
    pass_role: tuple[PassedRole, ...] = ()
    left_out: tuple[Pair, ...] = ()
    compared: Compared | None = None

    @property
    def policy(self) -> Policy:
        """The policy, where there is just one.

        Raises
        ------
        RequestError
            Nothing was used, so there is no policy; or there are several: see ``policies``.
        """
        if len(self.policies) != 1:
            why = "there are several: see policies" if self.policies else "nothing was used"
            raise RequestError(f"There is no single policy for {self.principal}: {why}.")
        return self.policies[0]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the policy documents as JSON values."""
        return [policy.to_dict() for policy in self.policies]

    def to_frame(self) -> pd.DataFrame:
        """Return the pairs as a table: what was used, how often, when."""
        columns = ("action", "resource", "allowed", "refused", "first", "last")
        rows = [
            (*pair, tally.allowed, tally.refused, tally.first, tally.last)
            for pair, tally in sorted({**self.used, **self.refused}.items())
        ]
        return table(columns, rows)

    def __str__(self) -> str:
        number = len(self.used)
        what = f"{number:,} permission{'' if number == 1 else 's'}" if number else "nothing"
        refused = [(pair, tally.refused) for pair, tally in sorted(self.refused.items())]
        lists: dict[str, Iterable[object]] = {
            "Generalised": self.steps,
            "Allowed beyond what was used": self.excess,
            "Attempted, refused": [
                f"{' on '.join(pair)}, {'once' if times == 1 else f'{times:,} times'}"
                for pair, times in refused
            ],
            "Left out, since no policy can give it": [" on ".join(pair) for pair in self.left_out],
            "Compared with now": () if self.compared is None else (self.compared,),
            "Not shown by the events": self.not_shown,
        }
        shown = {title: [readable(str(entry)) for entry in every] for title, every in lists.items()}
        policies = [f"\n{policy.name}:\n{policy.text}" for policy in self.policies]
        lines = (f"{self.principal} used {what}.", *policies, *titled_lists(shown, _SHOWN))
        return "\n".join(lines)


def titled_lists(lists: Mapping[str, Iterable[object]], most: int) -> Iterator[str]:
    """Print each list that is not empty below its title, with so many entries at most."""
    for title, entries in lists.items():
        every = list(map(str, entries))
        if every:
            yield f"\n{title}:"
        for entry in every[:most]:
            first, *more = map(readable, entry.split("\n"))
            yield from (f"- {first}", *(f"  {line}" for line in more))
        if len(every) > most:
            yield f"- and {len(every) - most:,} more"


def least_privilege(
    world: World,
    caller: Caller,
    events: Iterable[Event | Use] | None = None,
    *,
    most_resources: int = MOST_RESOURCES,
    form: PolicyForm = "managed",
    pass_role: bool = False,
) -> LeastPrivilege:
    """Write the tightest policy for what a caller did; see ``World.least_privilege``.

    Raises
    ------
    LimitExceeded
        It would be larger than all policies of one principal may be.
    RequestError
        A parameter is wrong.
    """
    if isinstance(most_resources, bool) or not isinstance(most_resources, int):
        raise RequestError(f"most_resources is a whole number, not {most_resources!r}.")
    if most_resources < 1:
        raise RequestError(f"most_resources is at least 1, not {most_resources}.")
    if form not in ("managed", "inline"):
        raise RequestError(f'form is "managed" or "inline", not {form!r}.')
    arn = with_path(world, arn_of(world, caller))
    # Whoever was deleted still has a unique id.
    own = "" if isinstance(caller, str | Credential) else getattr(caller, "unique_id", "")
    unique_id = str(own or getattr(find_by_name(world, arn), "unique_id", ""))
    log = log_of(world.events if events is None else events, world.clock.now, [(arn, unique_id)])
    usage = completed(world, log.of(arn, unique_id))
    allowed = usage.allowed
    passed = [role for role in sorted(usage.passed) if pass_role and not role.is_profile]
    made, pairs = _proved_policies(world, arn, allowed, passed, most_resources, form)
    now = policies_now(world, arn)
    return LeastPrivilege(
        arn,
        made.policies,
        None if log.first is None or log.last is None else (log.first, log.last),
        {pair: allowed[pair] for pair in pairs},
        usage.refused,
        made.steps,
        excess_of(made.policies, made.statements, pairs),
        not_shown(log, usage, arn, allowed_by(now or ()), all_logged=events is None),
        tuple(sorted(usage.passed)),
        tuple(pair for pair in allowed if pair not in pairs),
        None if now is None else compare(now, made.policies, {pair[0] for pair in pairs}),
    )


def _proved_policies(
    world: World,
    arn: str,
    used: Mapping[Pair, Tally],
    passed: list[PassedRole],
    most: int,
    form: PolicyForm,
) -> tuple[WrittenPolicies, dict[Pair, None]]:
    """Write the policies and prove them; leave out the pairs that no policy can allow."""
    account, kind, _ = caller_key(arn)
    limit, number = INLINE_LIMITS[kind], 1
    if form == "managed":
        name, known = f"PoliciesPer{kind.capitalize()}", world.accounts.get(account)
        limit = MANAGED_LIMIT
        number = QUOTAS[name].default if known is None else quota(known, name)
    extra = [AllowStatement("iam", (PASS_ROLE,), (item.role,), item.service) for item in passed]
    inexact = {pair for pair in used if not used[pair].is_exact}
    pairs = dict.fromkeys(filter(can_be_requested, used))
    made = policies_that_fit(pairs, most, limit, number, extra, inexact)
    if failed := not_allowed_by(made.policies, arn, pairs):
        # In another partition, say, even everything is not enough.
        impossible = set(not_allowed_by([Policy.allow("*", "*")], arn, failed))
        pairs = dict.fromkeys(pair for pair in pairs if pair not in impossible)
        made = policies_that_fit(pairs, most, limit, number, extra, inexact)
        _check_proof(not_allowed_by(made.policies, arn, pairs))
    to_service = {(PASS_ROLE, item.role): {"iam:PassedToService": item.service} for item in passed}
    _check_proof(not_allowed_by(made.policies, arn, to_service, to_service))
    for policy in made.policies:
        policy.validate("identity")
    return made, pairs


def _check_proof(failed: list[Pair]) -> None:
    """Stop if the new policies do not allow what was used: then this package is wrong."""
    for action, resource in failed:
        raise IamLabError(f"The policy that was made does not allow {action} on {resource!r}.")


def policies_now(world: World, arn: str) -> list[Policy] | None:
    """Return the identity-based policies of a caller; ``None`` if he is not in this world."""
    try:
        return [attached.policy for attached in principal_of(world, arn).identity]
    except NoSuchEntity:
        return None


def arn_of(world: World, caller: Caller) -> str:
    """Return the ARN of the user or role whose permissions a caller uses: of a session, the role's.

    Raises
    ------
    RequestError
        It isn't a user, role or session; or it is a root user, who has no policies of its own.
    """
    text = caller if isinstance(caller, str) else getattr(caller, "arn", None)
    if isinstance(caller, Credential):  # a session has the ARN of its role, a key its user
        user = getattr(caller, "user", None)
        text = getattr(caller, "role_arn", None) or getattr(user, "arn", "")
    if isinstance(caller, str) and not is_arn(caller):
        text = arn_of_name(world, caller)
    if not isinstance(text, str) or not is_arn(text) or not is_account(Arn.parse(text).account):
        shown = text if isinstance(text, str) else f"an object of type {type(caller).__name__}"
        raise RequestError(f"{shown!r} isn't a caller. Pass a user, a role or an ARN.")
    if not caller_key(text)[1]:
        what = Arn.parse(text).kind
        raise RequestError(
            f"{text!r} is a {what}, whose use no event shows: give a user or a role, or its ARN."
        )
    if caller_key(text)[1] == "root":
        raise RequestError(f"{text} may do everything, and no policy of its own says so.")
    role = role_of_session(text)
    if role:
        return role
    Request(text, "sts:GetCallerIdentity", "*")  # which rejects what isn't a caller
    return text
