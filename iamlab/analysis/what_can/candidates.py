"""Candidates: the resources to ask about, as bits of whole numbers, and the patterns they match.

They are what a world has; for each pattern that a statement names, resources that match it; and for
each type of resource an example that nothing has named, which stands for all the others. Each has a
label: what it stands for. The object ``star-maps/something-else`` stands for
``arn:aws:s3:::star-maps/*``.

Notes
-----
AWS page: "Service Authorization Reference", for the forms of ARNs, and for which types of resources
an action works on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations, islice
from typing import TYPE_CHECKING, NamedTuple

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.policy.arn import PARTS, Arn, is_arn
from iamlab.policy.call_permissions import Form, forms_of, types_of
from iamlab.policy.catalog import action
from iamlab.policy.patterns import LITERAL_QUESTION, LITERAL_STAR, glob, glob_resource, literal
from iamlab.policy.samples import MOST_PAIRS, OTHER, meeting
from iamlab.policy.variables import has_variable, substitute

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.policy.statement import Statement

Keys = Mapping[str, tuple[str, ...]]
"""Condition keys in lower case, with their values."""

_PLAIN = str.maketrans({LITERAL_STAR: "*", LITERAL_QUESTION: "?"})


class Home(NamedTuple):
    """Where a resource is taken to be that names no account: with the caller."""

    partition: str
    account_id: str


class Candidate(NamedTuple):
    """A resource to ask about.

    Parameters
    ----------
    label
        The pattern that it stands for; its own ARN if that is only itself.
    """

    arn: str
    label: str


@dataclass(slots=True)
class Candidates:
    """Resources to ask about, each a bit of whole numbers.

    Parameters
    ----------
    patterns
        Those with wildcards that statements name.
    """

    home: Home
    patterns: tuple[str, ...] = ()
    known: list[Candidate] = field(default_factory=list)
    _places: dict[str, int] = field(default_factory=dict)
    _matched: dict[str, int] = field(default_factory=dict)
    _services: dict[str, dict[str, int]] = field(default_factory=dict)
    _by_service: dict[str, list[int]] = field(default_factory=dict)
    _listed: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _generic: dict[str, int] = field(default_factory=dict)
    nameless: int = 0
    """The candidates that nothing has named: one of each type of resource."""

    def add(self, candidates: Iterable[Candidate]) -> None:
        """Add candidates; of two with the same ARN the first stays."""
        for candidate in candidates:
            if candidate.arn not in self._places:
                self._places[candidate.arn] = len(self.known)
                self.known.append(candidate)

    def only(self, wanted: Callable[[str], bool]) -> Candidates:
        """Return those whose ARN is wanted."""
        found = Candidates(self.home, self.patterns)
        for place, resource in enumerate(self.known):
            if wanted(resource.arn):
                found.nameless |= (self.nameless >> place & 1) << len(found.known)
                found.add([resource])
        return found

    def place(self, arn: str) -> int:
        """Return the place of one that was added."""
        return self._places[arn]

    def places(self, bits: int) -> tuple[int, ...]:
        """Return the places of a set, in order."""
        if bits not in self._listed:
            self._listed[bits] = tuple(places_in(bits))
        return self._listed[bits]

    def matched(self, pattern: str) -> int:
        """Return the candidates that a pattern matches."""
        if pattern not in self._matched:
            if pattern == "*":
                bits = (1 << len(self.known)) - 1
            elif is_plain(pattern):
                bits = 1 << self._places[pattern] if pattern in self._places else 0
            else:
                matching = (glob_resource(pattern, resource.arn) for resource in self.known)
                bits = sum(1 << place for place, fits in enumerate(matching) if fits)
            self._matched[pattern] = bits
        return self._matched[pattern]

    def generic(self, label: str) -> int:
        """Return the candidates that stand for a label: those that nobody else has named."""
        if not self._generic:
            for place, resource in enumerate(self.known):
                self._generic[resource.label] = self._generic.get(resource.label, 0) | 1 << place
        return self._generic.get(label, 0)

    def fitting(self, name: str) -> int:
        """Return the candidates that an action works on."""
        known = action(name)
        if known is None:
            return 0
        of_type = self._of_types(known.service)
        needs_resource = any(use.required for use in known.resource_types)
        bits = 0 if needs_resource or "*" not in self._places else 1 << self._places["*"]
        for use in known.resource_types:
            bits |= of_type.get(use.name, 0)
        return bits

    def _of_types(self, service: str) -> dict[str, int]:
        """Return the candidates of each type of a service; of several types, the most specific.

        The ARN ``maps/m31`` has the form of a bucket too, but that of an object says more.
        """
        if service not in self._services:
            found: dict[str, int] = {}
            forms = forms_of(service)
            for place in self._of_services({form.parts[2] for form in forms}):
                for name in types_of(self.known[place].arn, forms):
                    found[name] = found.get(name, 0) | 1 << place
            self._services[service] = found
        return self._services[service]

    def _of_services(self, services: Collection[str]) -> Iterable[int]:
        """Return the places of those whose ARN names one of some services."""
        if "*" in services:
            return range(len(self.known))
        if not self._by_service:
            for place, resource in enumerate(self.known):
                named = resource.arn.split(":", 3)[2:3]
                self._by_service.setdefault("".join(named), []).append(place)
        return [place for name in sorted(services) for place in self._by_service.get(name, ())]


def places_in(bits: int) -> Iterator[int]:
    """Return the places of the ones of a whole number, the lowest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits &= ~lowest


def without_escapes(pattern: str) -> str:
    """Write a pattern for readers: the value of a variable is shown as it is."""
    return pattern.translate(_PLAIN)


def patterns_in(statement: Statement, keys: Keys) -> Iterator[str]:
    """Return the resource patterns of a statement, with their variables filled.

    A pattern with a variable that has no value matches nothing, and is left out.
    """

    def value_of(key: str) -> str | None:
        values = keys.get(key.lower(), ())
        return values[0] if len(values) == 1 else None

    listed = statement.resource if statement.resource is not None else statement.not_resource
    for pattern in listed or ():
        if statement.variables and has_variable(pattern):
            filled = substitute(pattern, value_of, literal)
            if filled is not None:
                yield filled
        else:
            yield pattern


def is_plain(pattern: str) -> bool:
    """Return whether a pattern matches only itself."""
    return not {"*", "?", LITERAL_STAR, LITERAL_QUESTION} & set(pattern)


# -- what to ask about ----------------------------------------------------------------------------


def candidates_for(
    worlds: Iterable[World], home: Home, services: Iterable[str], patterns: Iterable[str]
) -> Candidates:
    """Collect the resources to ask about, for actions of some services.

    Parameters
    ----------
    patterns
        Resource patterns that statements name, with their variables filled.
    """
    listed = list(dict.fromkeys(patterns))
    found = Candidates(home, tuple(pattern for pattern in listed if not is_plain(pattern)))
    found.add([Candidate("*", "*")])
    for world in worlds:
        found.add(resources_of(world, home.account_id))
    forms = {form.text: form for service in sorted(services) for form in forms_of(service)}
    by_service: dict[str, list[Form]] = {}
    for form in forms.values():
        by_service.setdefault(form.parts[2], []).append(form)
    for pattern in (*listed, *_meetings(listed)):
        found.add(_matching(pattern, by_service, home))
    before = len(found.known)
    for form in forms.values():
        found.add([Candidate(_filled(form.parts, form.parts, home), form.text)])
    found.nameless = (1 << len(found.known)) - (1 << before)
    return found


def _meetings(patterns: Iterable[str]) -> Iterator[str]:
    """Return patterns of what two patterns both match."""
    wild = [pattern for pattern in patterns if is_arn(pattern) and not is_plain(pattern)]
    for pair in islice(combinations(wild, 2), MOST_PAIRS):
        parts = (pattern.split(":", PARTS - 1) for pattern in pair)
        both = [meeting(*two) for two in zip(*parts, strict=True)]
        text = ":".join(part for part in both if part is not None)
        if None not in both and text not in pair:
            yield text


def _matching(pattern: str, by_service: dict[str, list[Form]], home: Home) -> Iterator[Candidate]:
    """Return an example of each type of resource that a pattern can match."""
    plain = without_escapes(pattern)
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
            text = _example(parts, form, home)
            if text is not None:
                yield Candidate(without_escapes(text), pattern)


def _example(parts: Sequence[str], form: Form, home: Home) -> str | None:
    """Return a resource of a type that matches a pattern; ``None`` if there can be none."""
    if not all(map(_may_meet, form.parts, parts)):
        return None
    text = _filled(parts, form.parts, home)
    if glob(form.text, text):
        return text
    both = [meeting(*two) for two in zip(form.parts, parts, strict=True)]
    return None if None in both else _filled([part or "" for part in both], form.parts, home)


def _may_meet(first: str, second: str) -> bool:
    """Return whether some text can fit both patterns; only a sure no is a no."""
    pairs = zip(_ends(first), _ends(second), strict=True)
    return all(text.startswith(other) or other.startswith(text) for text, other in pairs)


def _ends(pattern: str) -> tuple[str, str]:
    """Return the text before the first wildcard, and, backwards, the text after the last."""
    stars = pattern.replace("?", "*")
    return stars.partition("*")[0], stars[::-1].partition("*")[0]


def _filled(parts: Iterable[str], form: Iterable[str], home: Home) -> str:
    """Put names where a pattern has stars; what a form leaves out stays out."""
    usual = ("arn", home.partition, "", DEFAULT_REGION, home.account_id, OTHER)
    return ":".join(
        part.replace("*", name if wanted else "").replace("?", "x")
        for part, wanted, name in zip(parts, form, usual, strict=True)
    )


def resources_of(world: World, account_id: str) -> Iterator[Candidate]:
    """Return what a world has: resources, what is below them, and identities.

    Of the identities of other accounts, only roles can be reached.
    """
    for arn in world.resource_policies:
        is_bucket = arn.count(":") == PARTS - 1 and ":s3:::" in arn and "/" not in arn
        yield from _with_below(arn, "/" if is_bucket else "")
    for account in world.accounts.values():
        for resource in account.resources.values():
            yield from _with_below(resource.arn, resource.separator)
        arns = [role.arn for role in account.roles.values()]
        if account.account_id == account_id:
            arns += _arns_in(account)
        yield from (Candidate(arn, arn) for arn in arns)
    for organization in world.organizations.values():
        if account_id == organization.management_account_id:
            targets = (organization.arn, *(target.arn for target in organization.targets))
            policies = (policy.arn for policy in organization.policies.values())
            yield from (Candidate(arn, arn) for arn in (*targets, *policies))


def _with_below(arn: str, separator: str) -> Iterator[Candidate]:
    yield Candidate(arn, arn)
    if separator:
        yield Candidate(f"{arn}{separator}{OTHER}", f"{arn}{separator}*")


def _arns_in(account: Account) -> Iterator[str]:
    """Return the ARNs of everything that IAM has in an account, except roles."""
    for held in (
        *(account.users, account.groups, account.policies, account.instance_profiles),
        *(account.server_certificates, account.saml_providers, account.oidc_providers),
    ):
        yield from (principal.arn for principal in held.values())
    yield from account.mfa_records


def resource_statements(world: World) -> Iterator[tuple[str, Statement]]:
    """Return the statements of resource-based policies, with the service that each is about."""
    policies = [(_service(arn), policy) for arn, policy in world.resource_policies.items()]
    for account in world.accounts.values():
        for resource in account.resources.values():
            policies += ((resource.service, grant.as_policy()) for grant in resource.grants)
            policies += [(resource.service, resource.policy)] if resource.policy else []
        policies += (("sts", role.trust) for role in account.roles.values() if role.trust)
    for service, policy in policies:
        yield from ((service, statement) for statement in policy.statements)


def _service(arn: str) -> str:
    service, kind = (Arn.parse(arn).service, Arn.parse(arn).kind) if is_arn(arn) else ("", "")
    return "sts" if (service, kind) == ("iam", "role") else service
