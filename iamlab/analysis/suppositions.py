"""Suppositions: values of condition keys that no export tells, with which a statement matches.

An export doesn't say from where people call, who has an MFA device, or which service calls on their
behalf. A condition on such a key doesn't mean no: whoever meets it is allowed. A supposition has
the values that make an Allow match, and keep the Denies away, and says them in words: "called from
203.0.113.0/24". Where the caller chooses the value, there is nothing to say.

Notes
-----
AWS pages: "AWS global condition context keys"; "IAM JSON policy elements: Condition operators";
"Denies access to AWS based on the source IP"; "Allows MFA-authenticated IAM users to manage their
own credentials".
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.authorization.context_keys import override_keys
from iamlab.model.network_locations import check_circumstances
from iamlab.policy.arn import Arn
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, holds
from iamlab.policy.samples import OTHER, value_samples
from iamlab.policy.variables import has_variable
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from iamlab.engine.request import ContextValue
    from iamlab.model.network_locations import Circumstances
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition, Statement

WORDS: Mapping[str, str] = tables(__file__, "unknown_keys.toml")
"""Condition key in lower case -> what is supposed, in words."""

MFA = ("aws:multifactorauthpresent", "aws:multifactorauthage")
"""Keys that come with a session of a user, and not with the role session that it assumes."""

OF_NETWORK = tuple(WORDS)[:10]
"""The keys that are known if the network of the call is."""

FEW = 8
"""So many suppositions are tried at most."""

FEW_VALUES = 3
"""So many values are in words; the rest is "..."."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """How a call may be made, as no export tells.

    Parameters
    ----------
    words
        What must be so; empty if the caller chooses all of it.
    pairs
        The condition keys that the call then has, with their values.
    """

    words: str
    pairs: tuple[tuple[str, ContextValue], ...]

    @property
    def keys(self) -> dict[str, ContextValue]:
        """The condition keys that the call then has."""
        return dict(self.pairs)


def unknown_keys(
    world: World,
    context: Mapping[str, ContextValue],
    circumstances: Circumstances,
    *,
    without: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the keys in lower case that neither a question nor the settings of its world say.

    Raises
    ------
    RequestError
        The context or the circumstances aren't valid.
    """
    override_keys({}, context)
    check_circumstances(circumstances)
    standing = world.standing
    known = {key.lower() for key in (*standing.context, *context, *without)}
    settings: Circumstances = {**standing.circumstances, **circumstances}
    network = settings.get("network") or world.current_network
    if network.ip or network.vpc or network.endpoint:
        known.update(OF_NETWORK)
    if settings.get("via"):
        known.update(key for key in WORDS if "via" in key)
    return tuple(key for key in WORDS if key not in known)


def suppositions(
    statements: Iterable[Statement], keys: Sequence[str], context: Mapping[str, ContextValue]
) -> list[Supposition]:
    """Return suppositions with which some statements allow more than without.

    Parameters
    ----------
    statements
        Those that can match the question: of the caller's policies, and of the resource's.
    keys
        The unknown keys, in lower case.
    context
        What the request has.

    Examples
    --------
    >>> from iamlab import Policy
    >>> office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    >>> statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": office}
    >>> policy = Policy.parse({"Version": "2012-10-17", "Statement": statement})
    >>> [found.words for found in suppositions(policy.statements, ["aws:sourceip"], {})]
    ['called from 203.0.113.0/24']
    """
    lower = {key.lower(): value for key, value in context.items()}
    open_to: dict[str, dict[tuple[Condition, ...], None]] = {"Allow": {(): None}, "Deny": {}}
    for statement in statements:
        limits = tuple(each for each in statement.conditions if each.key.lower() in keys)
        if limits and not any(map(has_variable, (text for each in limits for text in each.values))):
            open_to[statement.effect][limits] = None
    made = (_meeting(limits, list(open_to["Deny"]), lower) for limits in open_to["Allow"])
    found = (each for each in made if each is not None and each.pairs)
    return list(islice(dict.fromkeys(found), FEW))


Conditions = tuple["Condition", ...]


def _meeting(
    wanted: Conditions, guards: list[Conditions], known: Mapping[str, ContextValue]
) -> Supposition | None:
    """Choose values that meet the conditions of an Allow, and not all conditions of each guard."""
    keys: dict[str, ContextValue] = {}
    words: dict[str, None] = {}
    for key in WORDS:
        tests = [each for each in wanted if each.key.lower() == key]
        avoids = [each for guard in guards for each in guard if each.key.lower() == key]
        usual = known.get(key)
        values = [usual, *_values((*tests, *avoids))] if tests or avoids else []
        fitting = [value for value in values if all(is_met(each, value) for each in tests)]
        if values and not fitting:
            return None
        if not fitting:
            continue
        value = max(fitting, key=lambda value: sum(not is_met(each, value) for each in avoids))
        away = [each for each in avoids if not is_met(each, value)]
        guards = [guard for guard in guards if not any(each in away for each in guard)]
        if value is not usual and value is not None:
            keys[(*tests, *avoids)[0].key] = value
            words |= dict.fromkeys(filter(None, (*map(_words, tests), *map(_unlike, away))))
    return Supposition(" and ".join(words), tuple(keys.items()))


def is_met(condition: Condition, value: ContextValue | None) -> bool:
    """Return whether a condition holds with a value of its key; ``None``: the key is absent."""
    many = value if isinstance(value, list | tuple) else () if value is None else (value,)
    texts = [str(each).lower() if isinstance(each, bool) else str(each) for each in many]
    is_many = is_multivalued(condition.key)
    return holds(condition.comparison, condition.values, texts or None, multivalued=is_many)


def _values(conditions: Iterable[Condition]) -> Iterator[ContextValue]:
    """Return values of a key that could make a difference."""
    for condition in conditions:
        if condition.key.lower() in MFA:
            yield "0" if condition.key.lower() == MFA[1] else "true"
            continue
        for text in value_samples(condition.comparison.name, condition.values):
            if text != OTHER or "IpAddress" not in condition.comparison.name:
                yield (text,) if is_multivalued(condition.key) else text


def _words(condition: Condition, *, is_met: bool = True) -> str:
    """Return in words that a condition is met, or isn't."""
    name, values = condition.comparison.name, condition.values
    template = WORDS[condition.key.lower()]
    is_so = is_met is not OPERATORS[name].negated
    if name in ("Bool", "Null"):
        is_so = is_so is (("true" if name == "Bool" else "false") in map(str.lower, values))
        values = ("a place that the policy doesn't name",)
    more = " or ..." if len(values) > FEW_VALUES else ""
    text = template.replace("{}", " or ".join(values[:FEW_VALUES]) + more)
    return text if is_so or not text else f"not {text}"


_unlike = partial(_words, is_met=False)


IN_SESSION = "in a session named"
"""How a condition on the name of a session begins."""


def limited(conditions: Iterable[str]) -> str:
    """Write conditions after what they limit.

    Examples
    --------
    >>> "a key" + limited(["it is free", "it is known"])
    'a key (if it is free and it is known)'
    """
    text = " and ".join(conditions)
    return f" ({'' if text.startswith(IN_SESSION) else 'if '}{text})" if text else ""


def session_arns(role_arn: str, statements: Iterable[Statement]) -> Iterator[str]:
    """Return the sessions of a role that statements name.

    Examples
    --------
    >>> from iamlab import Policy
    >>> session = "arn:aws:sts::111111111111:assumed-role/reader/dana"
    >>> policy = Policy.allow("s3:GetObject", "*", principal=session)
    >>> list(session_arns("arn:aws:iam::111111111111:role/team/reader", policy.statements))
    ['arn:aws:sts::111111111111:assumed-role/reader/dana']
    """
    role = Arn.parse(role_arn)
    start = f"arn:{role.partition}:sts::{role.account}:assumed-role/{role.name}/"
    named = (value for statement in statements for _, value in statement.principal or ())
    return (value for value in named if value.startswith(start) and "*" not in value)
