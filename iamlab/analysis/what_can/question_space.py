"""What there is to ask about: the things of a world, and what patterns of policies may mean.

A question about everything needs resources to ask about. They are the world's own; for each pattern
that a statement names, things that fit it; and for each type of resource one thing that nobody has
named, which stands for all the others.

Notes
-----
AWS page: "Service Authorization Reference", for the forms of ARNs.
"""

from __future__ import annotations

from itertools import combinations, islice
from typing import TYPE_CHECKING

from iamlab.analysis.what_can.candidates import (
    Candidate,
    Candidates,
    Form,
    Home,
    forms_of,
    is_plain,
    shown,
)
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.policy.arn import PARTS, Arn, is_arn
from iamlab.policy.patterns import glob
from iamlab.policy.samples import MOST_PAIRS, OTHER, meeting

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement


def within_reach(
    worlds: Iterable[World],
    home: Home,
    services: Iterable[str],
    patterns: Iterable[str],
) -> Candidates:
    """Collect the resources to ask about.

    Parameters
    ----------
    services
        Of the actions that are asked for.
    patterns
        Resource patterns that statements name, with their variables filled.
    """
    listed = list(dict.fromkeys(patterns))
    found = Candidates(home, tuple(one for one in listed if not is_plain(one)))
    found.add([Candidate("*", "*")])
    for world in worlds:
        found.add(things_of(world, home.account_id))
    forms = {form.text: form for service in sorted(services) for form in forms_of(service)}
    by_service: dict[str, list[Form]] = {}
    for form in forms.values():
        by_service.setdefault(form.parts[2], []).append(form)
    for pattern in (*listed, *_meetings(listed)):
        found.add(_named(pattern, by_service, home))
    before = len(found.known)
    found.add(
        Candidate(_filled(form.parts, form.parts, home), form.text) for form in forms.values()
    )
    found.nameless = (1 << len(found.known)) - (1 << before)
    return found


def _meetings(patterns: Iterable[str]) -> Iterator[str]:
    """Give patterns of what two patterns both match."""
    wild = [one for one in patterns if is_arn(one) and not is_plain(one)]
    for pair in islice(combinations(wild, 2), MOST_PAIRS):
        parts = (pattern.split(":", PARTS - 1) for pattern in pair)
        both = [meeting(*two) for two in zip(*parts, strict=True)]
        text = ":".join(part for part in both if part is not None)
        if None not in both and text not in pair:
            yield text


def _named(pattern: str, by_service: dict[str, list[Form]], home: Home) -> Iterator[Candidate]:
    """Give things that fit a pattern: of each type that it can mean, one."""
    plain = shown(pattern)
    if is_plain(pattern):
        yield Candidate(plain, pattern)
        return
    parts = pattern.split(":", PARTS - 1)
    if len(parts) < PARTS:
        if not pattern.endswith("*"):
            return
        parts += ["*"] * (PARTS - len(parts))
    services = by_service if {"*", "?"} & set(parts[2]) else (parts[2],)
    for service in services:
        for form in by_service.get(service, ()):
            text = _like(parts, form, home)
            if text is not None:
                yield Candidate(shown(text), pattern)


def _like(parts: Sequence[str], form: Form, home: Home) -> str | None:
    """Give a thing of a type that fits a pattern; ``None`` if there can be none."""
    if not all(map(_may_meet, form.parts, parts)):
        return None
    text = _filled(parts, form.parts, home)
    if glob(form.text, text):
        return text
    both = [meeting(*two) for two in zip(form.parts, parts, strict=True)]
    return None if None in both else _filled([one or "" for one in both], form.parts, home)


def _may_meet(one: str, other: str) -> bool:
    """Say whether some text can fit both patterns; only a sure no is a no."""
    (start, end), (first, last) = _ends(one), _ends(other)
    return _agree(start, first) and _agree(end, last)


def _ends(pattern: str) -> tuple[str, str]:
    """Give what stands before the first wildcard, and, backwards, what stands after the last."""
    stars = pattern.replace("?", "*")
    return stars.partition("*")[0], stars[::-1].partition("*")[0]


def _agree(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _filled(parts: Iterable[str], form: Iterable[str], home: Home) -> str:
    """Put names where a pattern has stars; what a form leaves out stays out."""
    usual = ("arn", home.partition, "", DEFAULT_REGION, home.account_id, OTHER)
    return ":".join(
        part.replace("*", name if wanted else "").replace("?", "x")
        for part, wanted, name in zip(parts, form, usual, strict=True)
    )


def things_of(world: World, account_id: str) -> Iterator[Candidate]:
    """Give what there is in a world: resources, what is below them, and identities.

    Of other accounts only roles are given of the identities: nothing else of theirs can be reached.
    """
    for arn in world.resource_policies:
        yield from _with_below(arn, "/" if _is_bucket(arn) else "")
    for account in world.accounts.values():
        for resource in account.resources.values():
            yield from _with_below(resource.arn, resource.separator)
        arns = [role.arn for role in account.roles.values()]
        if account.account_id == account_id:
            arns += _arns_in(account)
        yield from (Candidate(arn, arn) for arn in arns)
    for organization in world.organizations.values():
        if account_id == organization.management_account_id:
            targets = (organization.arn, *(one.arn for one in organization.targets))
            policies = (one.arn for one in organization.policies.values())
            yield from (Candidate(arn, arn) for arn in (*targets, *policies))


def _is_bucket(arn: str) -> bool:
    return arn.count(":") == PARTS - 1 and ":s3:::" in arn and "/" not in arn


def _with_below(arn: str, separator: str) -> Iterator[Candidate]:
    yield Candidate(arn, arn)
    if separator:
        yield Candidate(f"{arn}{separator}{OTHER}", f"{arn}{separator}*")


def _arns_in(account: Account) -> Iterator[str]:
    """Give the ARNs of all that IAM keeps in an account, but for its roles."""
    for held in (
        account.users,
        account.groups,
        account.policies,
        account.instance_profiles,
        account.server_certificates,
        account.saml_providers,
        account.oidc_providers,
    ):
        yield from (one.arn for one in held.values())
    yield from account.mfa_records


def of_resources(world: World) -> Iterator[tuple[str, Statement]]:
    """Give the statements of policies that hang on resources, with the service they speak of."""
    for arn, policy in world.resource_policies.items():
        yield from ((_service(arn), statement) for statement in policy.statements)
    for account in world.accounts.values():
        for resource in account.resources.values():
            policies = [one.as_policy() for one in resource.grants]
            policies += [] if resource.policy is None else [resource.policy]
            for policy in policies:
                yield from ((resource.service, statement) for statement in policy.statements)
        for role in account.roles.values():
            if role.trust is not None:
                yield from (("sts", statement) for statement in role.trust.statements)


def _service(arn: str) -> str:
    found = Arn.parse(arn) if is_arn(arn) else None
    if found is None:
        return ""
    return "sts" if (found.service, found.kind) == ("iam", "role") else found.service
