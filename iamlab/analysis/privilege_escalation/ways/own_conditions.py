"""What policies want of who calls: which tags he has, whether he used MFA.

Those count that hang on the caller, and those of others that can be about him: trust policies,
policies of resources, RCPs.

Notes
-----
AWS pages: "AWS global condition context keys"; "Define permissions based on attributes with ABAC
authorization".
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING

from iamlab.analysis.privilege_escalation.required_parameters import FILLER, asked_in, tags_asked
from iamlab.model.organization.policies import RCP
from iamlab.operations.api_models import shape
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.authorization.principal import PrincipalContext
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

TAG = "aws:principaltag/"
OF_CALLER = (TAG, "aws:multifactorauth", "aws:tokenissuetime")
VARIABLE = re.compile(r"\$\{aws:PrincipalTag/([^},]+)[^}]*\}", re.IGNORECASE)

MOST_WISHES = 24
"""So many sets of tags are looked at for one principal."""

MOST_VALUES = 4

Tags = tuple[tuple[str, str], ...]
"""Keys in small letters, with values."""


def depends_on(one: Standpoint, start: str) -> bool:
    """Say whether what a power may depends on a key that begins so."""
    return any(
        condition.key.lower().startswith(start)
        for statement in about(one, one.power.gathered)
        for condition in statement.conditions
    )


def tags_wanted(one: Standpoint, known: PrincipalContext) -> list[Tags]:
    """Give sets of tags that would make a difference to a principal: each suits one statement.

    A set that the principal has already is not among them.
    """
    has = {key.lower(): value for key, value in known.who().tags.items()}
    found = (
        tags
        for statement in about(one, known)
        for tags in _wishes(one.world, statement, known, has)
        if any(has.get(key) != value for key, value in tags) and _can_be_set(tags)
    )
    return list(islice(dict.fromkeys(found), MOST_WISHES))


def _wishes(
    world: World, statement: Statement, known: PrincipalContext, has: Mapping[str, str]
) -> Iterator[Tags]:
    """Give the sets of tags with which a statement's conditions on tags turn out well."""
    values: dict[str, list[str]] = defaultdict(list)
    asked = asked_in(Policy((statement,), "2012-10-17"))
    for key, wanted in tags_asked(asked, known.context(), TAG).items():
        values[key.lower()] += wanted
    for condition in statement.conditions:
        key, name = condition.key.lower(), condition.comparison.name
        tag = key.removeprefix(TAG)
        if tag != key and tag not in values and tag in has and name != "Null":
            values[tag].append(FILLER)  # another value than it has
        for text in condition.values:
            for found in VARIABLE.findall(text):
                values[found.lower()] += tag_values(world, key.rpartition("/")[2])
    plain = {key: some[0] for key, some in values.items() if some}
    if plain:
        yield tuple(sorted(plain.items()))
    for key, some in values.items():
        for value in some[1:MOST_VALUES]:
            yield tuple(sorted({**plain, key: value}.items()))


def tag_values(world: World, key: str) -> list[str]:
    """Give the values that a tag has on the things of a world."""
    found: dict[str, None] = {}
    for account in world.accounts.values():
        held: tuple[Mapping[str, object], ...]
        held = (account.users, account.roles, account.policies, account.resources)
        for thing in (each for things in held for each in things.values()):
            tags: Mapping[str, str] = getattr(thing, "tags", {})
            found |= {value: None for name, value in tags.items() if name.lower() == key}
    return sorted(found)


def _can_be_set(tags: Tags) -> bool:
    of_key, of_value = shape("tagKeyType", "sts"), shape("tagValueType", "sts")
    return all(
        of_key.fits(key) and of_value.fits(value) and not key.startswith("aws:")
        for key, value in tags
    )


# Statements --------------------------------------------------------------------------------------


def about(one: Standpoint, known: PrincipalContext) -> Iterator[Statement]:
    """Give the statements with conditions on who calls that can be about a principal."""
    layers = known.layers()
    own = (*layers.of("identity"), *layers.of("boundary"), *layers.of("session"))
    yield from _conditional(each.policy for each in (*own, *layers.of("scp")))
    kept = one.decider.kept
    if "statements about callers" not in kept:
        kept["statements about callers"] = list(_conditional(_of_others(one.world)))
    for statement in kept["statements about callers"]:
        named = statement.principal or ()
        if statement.principal is None or any(
            value == "*" or known.account_id in value for _, value in named
        ):
            yield statement


def _conditional(policies: Iterable[Policy]) -> Iterator[Statement]:
    for policy in policies:
        for statement in policy.statements:
            if any(_is_about_caller(one.key, one.values) for one in statement.conditions):
                yield statement


def _is_about_caller(key: str, values: Iterable[str]) -> bool:
    return key.lower().startswith(OF_CALLER) or any(map(VARIABLE.search, values))


def _of_others(world: World) -> Iterator[Policy]:
    """Give the policies that do not hang on callers."""
    for account in world.accounts.values():
        yield from (role.trust for role in account.roles.values() if role.trust is not None)
        for resource in account.resources.values():
            if resource.policy is not None:
                yield resource.policy
        organization = world.organization_of(account.account_id)
        levels = organization.levels(account.account_id, RCP) if organization else ()
        yield from dict.fromkeys(each.policy for level in levels for each in level)
    yield from world.resource_policies.values()
