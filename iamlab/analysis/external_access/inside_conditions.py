"""Conditions that nobody outside can meet: those that ask who calls, and want somebody inside.

To say that a statement lets nobody in needs a reason that holds for all callers. There is one: a
condition wants the caller, or the one for whom a service calls, to be of an account, an
organization or a name, and each value that it takes is inside the zone of trust. Whatever is not
sure does not count.

Notes
-----
AWS pages: "AWS global condition context keys"; "The confused deputy problem".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.authorization.resource import find_resource
from iamlab.policy.arn import PARTS, Arn, is_arn
from iamlab.policy.conditions import OPERATORS
from iamlab.policy.variables import substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iamlab.analysis.external_access.zone_of_trust import Zone
    from iamlab.engine.request import ContextValue
    from iamlab.model.world import World
    from iamlab.policy.statement import Condition, Statement

    Test = Callable[[str, Zone, World], bool]

SOURCE_OWNER = "aws:sourceowner"
"""The account of whoever calls a topic: the policy that SNS makes for a new one asks for it. It is
none of today's global keys, and its own page says only for what it is used."""


def confines(condition: Condition, statement: Statement, inside: Inside) -> bool:
    """Say whether a condition of an Allow keeps everybody outside out."""
    test = _TESTS.get(condition.key.lower())
    if test is None or not _asks_for_it(condition):
        return False
    values = filled(condition, statement, inside.context)
    by_parts = condition.comparison.name.startswith("Arn")
    return bool(values) and all(
        value is not None
        and test(_account_and_name(value) if by_parts else value, inside.zone, inside.world)
        for value in values
    )


class Inside:
    """What is known of the zone of trust when the policy of one resource is read.

    Parameters
    ----------
    context
        The condition keys of the resource, which variables may stand for.
    """

    __slots__ = ("context", "world", "zone")

    def __init__(self, world: World, zone: Zone, context: Mapping[str, ContextValue]) -> None:
        self.world = world
        self.zone = zone
        self.context = {key.lower(): value for key, value in context.items()}

    def has(self, key: str, value: str) -> bool:
        """Say whether only somebody inside can have this value of a condition key."""
        test = _TESTS.get(key)
        return test is not None and test(value, self.zone, self.world)


def _asks_for_it(condition: Condition) -> bool:
    """Say whether a request without the key, or with any other value, fails."""
    comparison = condition.comparison
    operator = OPERATORS[comparison.name]
    is_of_text = operator.variables and not operator.negated
    return is_of_text and not comparison.if_exists and comparison.set_operator != "ForAllValues"


def filled(
    condition: Condition, statement: Statement, context: Mapping[str, ContextValue]
) -> tuple[str | None, ...]:
    """Give a condition's values; ``None`` for one with a variable that is not the resource's."""
    if not statement.variables or not OPERATORS[condition.comparison.name].variables:
        return condition.values

    def value_of(key: str) -> str | None:
        found = context.get(key.lower())
        return found if isinstance(found, str) else None

    return tuple(substitute(value, value_of) for value in condition.values)


def _account_and_name(arn: str) -> str:
    """Leave out of an ARN what may hold stars that cannot reach as far as the account."""
    if not is_arn(arn):
        return arn
    *_, account, name = arn.split(":", PARTS - 1)
    return f"arn::::{account}:{name}" if account else arn


def _is_in_account(value: str, zone: Zone, _: World) -> bool:
    return value in zone.accounts


def _is_in_organization(value: str, zone: Zone, _: World) -> bool:
    return zone.has_organization(value)


def _is_on_path(value: str, zone: Zone, _: World) -> bool:
    start = _plain_start(value)
    organization, slash, _rest = start.partition("/")
    return zone.has_path(start) or (bool(slash) and zone.has_organization(organization))


def _is_arn_inside(value: str, zone: Zone, world: World) -> bool:
    """Say whether an ARN is of an account of the zone; a star before the account may hide it."""
    if not is_arn(value):
        return False
    head, name = value.split(":", PARTS - 1)[:-1], value.split(":", PARTS - 1)[-1]
    if set("*?") & set("".join(head)):
        return False
    if head[-1]:
        return head[-1] in zone.accounts
    held = None if set("*?") & set(name) else find_resource(world, Arn.parse(value), value)
    return held is not None and held.account.account_id in zone.accounts


def _is_id_inside(value: str, zone: Zone, world: World) -> bool:
    """Say whether a unique id is that of somebody of the zone, with whatever session name."""
    start = _plain_start(value)
    unique_id, colon, _ = start.partition(":")
    if not colon and start != value:
        return False
    return unique_id in zone.accounts or any(
        one.unique_id == unique_id
        for key in zone.accounts & world.accounts.keys()
        for one in (*world.accounts[key].users.values(), *world.accounts[key].roles.values())
    )


def _plain_start(pattern: str) -> str:
    """Give what stands before the first wildcard."""
    return pattern.replace("?", "*").partition("*")[0]


_TESTS: Mapping[str, Test] = {
    "aws:principalaccount": _is_in_account,
    "aws:principalarn": _is_arn_inside,
    "aws:principalorgid": _is_in_organization,
    "aws:principalorgpaths": _is_on_path,
    "aws:sourceaccount": _is_in_account,
    "aws:sourcearn": _is_arn_inside,
    "aws:sourceorgid": _is_in_organization,
    "aws:sourceorgpaths": _is_on_path,
    SOURCE_OWNER: _is_in_account,
    "aws:userid": _is_id_inside,
    "kms:calleraccount": _is_in_account,
}
"""Condition key -> whether a value that a policy wants is that of somebody inside."""

OF_CALLER: Sequence[str] = (
    *("aws:principalaccount", "aws:principalarn", "aws:principalorgid", "aws:principalorgpaths"),
    *("aws:principaltype", "aws:principalisawsservice", "aws:principalservicename"),
    *("aws:principalservicenameslist", "aws:username", SOURCE_OWNER, "kms:calleraccount"),
)
"""The keys that say who calls. His unique id is none of them: nobody knows whose it is."""

OF_SOURCE: Sequence[str] = (
    *("aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"),
)
"""Those by which a service says on whose behalf it calls."""

OF_RESOURCE: Sequence[str] = (
    *("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths", "s3:resourceaccount"),
)
"""Those that say whose the resource is."""
