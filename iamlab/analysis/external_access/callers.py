"""Who is outside: callers that represent all outsiders that a statement can allow.

A policy sees of a caller only what its conditions ask for. So a few strangers are enough to
represent all: a caller who does not sign; users and roles of an account that no policy names, in no
organization or in another one; and whoever the policies name by an account, an ARN or an
organization, if that is not in the zone of trust.

Notes
-----
AWS pages: "AWS global condition context keys"; "AWS JSON policy elements: Principal"; "IAM Access
Analyzer findings", for who is external.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from iamlab.analysis.external_access.zone_of_trust import OF_SOURCE, Zone
from iamlab.authorization import context_keys as context
from iamlab.authorization.context_keys import CALLER_KEYS, CallerAttributes, keys_of
from iamlab.engine.request import ANONYMOUS, PROVIDER_HOSTS, ContextValue, Kind, Request, is_account
from iamlab.errors import RequestError
from iamlab.model.record import Membership
from iamlab.model.service_principals import SOURCE_ACCOUNT, SOURCE_ARN, sends
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.patterns import glob
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.model.world import World

ELSEWHERE = Membership("o-elsewhere0", "o-elsewhere0/r-else/ou-else-elsewhere/")
"""An organization that no policy names."""

STRANGERS = ("999988887777", "888877776666", "777766665555")
"""Accounts that no policy names; the first for which this is true is taken."""

SOMEBODY = "somebody"
ANY_SERVICE = "s3.amazonaws.com"
"""The caller where any service may call: it is known to say on whose behalf, in all ways."""

DIGITS = 12

# The keys that come with those that a service sends, by how they begin.
_COMES_WITH = {SOURCE_ARN: (SOURCE_ARN,), SOURCE_ACCOUNT: (SOURCE_ACCOUNT, "aws:SourceOrg")}

_KINDS: dict[str, dict[str, str]] = tables(__file__)


@dataclass(frozen=True, slots=True)
class Outsider:
    """A caller from outside.

    Parameters
    ----------
    context
        The condition keys that come with the caller.
    is_anybody
        Whether everybody in the world can call so.
    is_signed
        Whether the caller has an account.
    """

    principal: str
    context: Mapping[str, ContextValue]
    is_anybody: bool = False
    is_signed: bool = True

    @property
    def lower_context(self) -> dict[str, ContextValue]:
        """Its condition keys in lower case."""
        return {key.lower(): value for key, value in self.context.items()}


@dataclass(frozen=True, slots=True)
class Outside:
    """All that is outside of a zone, as far as some policies can tell callers apart.

    Parameters
    ----------
    partition
        Accounts of another partition can never be let in.
    wanted
        Condition keys in lower case, with the values that conditions ask for.
    named
        ARNs and accounts that Deny statements name, or exempt.
    """

    world: World
    zone: Zone
    partition: str
    wanted: Mapping[str, tuple[str, ...]]
    named: tuple[str, ...] = ()

    def callers(self, kind: str, value: str) -> Iterator[Outsider]:
        """Return the callers that a value of a Principal element can mean, the most usual first."""
        if is_everybody(kind, value):
            return self._everybody()
        if kind == "Federated":
            return iter((Outsider(value, {}, is_signed=False),))
        if kind == "Service":
            return self.services(value)
        account = account_named(value)
        return self._of_account(account) if account else self._one(value)

    def services(self, service: str) -> Iterator[Outsider]:
        """Return a service that calls on behalf of somebody outside."""
        own = keys_of(CALLER_KEYS, CallerAttributes(service=service))
        keys = tuple(start for key in sends(service) for start in _COMES_WITH[key])
        for source in self._sources():
            sent = {key: value for key, value in source.items() if key.startswith(keys)}
            is_anybody = "aws:SourceOrgID" not in source and self._is_anybodys(source)
            yield Outsider(service, {**own, **sent}, is_anybody=is_anybody, is_signed=False)

    def _is_anybodys(self, source: Mapping[str, ContextValue]) -> bool:
        """Return whether everybody can have such a resource: one that no policy names."""
        arns = self._texts("aws:sourcearn")
        accounts = (Arn.parse(arn).account for arn in arns if is_arn(arn))
        named = {*arns, *self._texts("aws:sourceaccount"), *accounts}
        return not named & {source["aws:SourceArn"], source["aws:SourceAccount"]}

    def _everybody(self) -> Iterator[Outsider]:
        nobody = keys_of(CALLER_KEYS, context.ANONYMOUS_CALLER)
        yield Outsider(ANONYMOUS, nobody, is_anybody=True, is_signed=False)
        # Everybody can create an organization: if any is accepted, that isn't a limit.
        any_organization = any(map(has_star, self._texts("aws:principalorgid")))
        for caller in self._of_account(self._stranger()):
            is_anybody = any_organization or "aws:PrincipalOrgID" not in caller.context
            yield replace(caller, is_anybody=is_anybody)
        for pattern in dict.fromkeys(self._patterns()):
            for account in self._outside(pattern):
                for caller in self._of_account(account):
                    yield replace(caller, is_anybody=has_star(pattern))
        if self.wanted.keys() & {*OF_SOURCE}:
            for service in self._texts("aws:principalservicename") or (ANY_SERVICE,):
                yield from self.services(service)

    def _stranger(self) -> str:
        """Return an account that no policy names."""
        taken = {*self.world.accounts, *self.zone.accounts, *self._patterns()}
        return next((stranger for stranger in STRANGERS if stranger not in taken), STRANGERS[0])

    def _patterns(self) -> Iterator[str]:
        """Return the accounts in conditions and Deny statements, as they write them."""
        for key in ("aws:principalaccount", "kms:calleraccount", "aws:sourceowner"):
            yield from self._texts(key)
        for value in (*self._texts("aws:principalarn"), *self.named):
            yield Arn.parse(value).account if is_arn(value) else value

    def _outside(self, pattern: str) -> Iterator[str]:
        """Return an account that matches a pattern and is outside, if there is one."""
        missing = DIGITS - len(pattern.replace("*", ""))
        for digit in "9876" if pattern.strip("*") and missing >= 0 else "":
            text = pattern.replace("*", digit * missing, 1).replace("*", "").replace("?", digit)
            if is_account(text) and text not in self.zone.accounts:
                yield text
                return

    def _of_account(self, account: str) -> Iterator[Outsider]:
        """Return callers of an account: a user, a role session, the root user, named principals.

        Those who are in no organization come first.
        """
        start = f"arn:{self.partition}:iam::{account}"
        arns = [f"{start}:user/{SOMEBODY}", f"{start}:role/{SOMEBODY}", f"{start}:root"]
        arns += (f"{start}:user/{like(name)}" for name in self._texts("aws:username"))
        for value in (*self._texts("aws:principalarn"), *self.named):
            arns += self._alike(value, account)
        for membership, arn in product(self._memberships(account), dict.fromkeys(arns)):
            yield from _as_caller(arn, account, membership)

    def _alike(self, pattern: str, account: str) -> Iterator[str]:
        """Return ARNs of an account that match a pattern."""
        if not is_arn(pattern) or not glob(Arn.parse(pattern).account, account):
            return
        arn = Arn.parse(pattern)
        service = "sts" if arn.service == "sts" else "iam"
        for rest in ("x", ""):
            yield f"arn:{self.partition}:{service}::{account}:{like(arn.resource, rest)}"

    def _one(self, value: str) -> Iterator[Outsider]:
        """Return the principal with an ARN, or with a unique id."""
        arn, unique_id = value, {}
        if not is_arn(value):
            accounts = self.world.accounts.values()
            every = (who for own in accounts for who in (*own.users.values(), *own.roles.values()))
            arn = next((who.arn for who in every if who.unique_id == value), "")
            # The id of a session has the session's name.
            unique_id = {"aws:userid": f"{value}:{SOMEBODY}" if ":role/" in arn else value}
        account = Arn.parse(arn).account if arn else ""
        if is_account(account) and account not in self.zone.accounts:
            for membership in self._memberships(account):
                for caller in _as_caller(arn, account, membership):
                    yield replace(caller, context={**caller.context, **unique_id})

    def _memberships(self, account: str, about: str = "principal") -> list[Membership | None]:
        """Return in which organizations an account may be.

        Of an account in the world that is known. Another account may be in any organization that
        the world does not know, and a stranger may join one that is not wholly trusted.
        """
        if account in self.world.accounts:
            return [self.world.membership_of(account)]
        found: list[Membership | None] = [None, ELSEWHERE]
        for value in self._texts(f"aws:{about}orgid"):
            name = like(value, ELSEWHERE.organization_id)
            found.append(Membership(name, f"{name}/r-else/"))
        for value, rest in product(self._texts(f"aws:{about}orgpaths"), ("", "x/")):
            path = like(value, rest)
            found.append(Membership(path.partition("/")[0], path))
        return [caller for caller in dict.fromkeys(found) if self._may_join(caller, account)]

    def _may_join(self, membership: Membership | None, account: str) -> bool:
        if membership is None:
            return True
        name, path, _ = membership
        if self.zone.has_organization(name) or self.zone.has_path(path):
            return False
        return account in STRANGERS or name not in self.world.organizations

    def _sources(self) -> Iterator[dict[str, ContextValue]]:
        """Return what a service may send about somebody outside on whose behalf it calls."""
        accounts = [self._stranger()]
        for value in self._texts("aws:sourceaccount"):
            accounts += self._outside(value)
        arns = [f"arn:{self.partition}:sns:us-east-1:{number}:topic" for number in accounts]
        arns += (like(value, "x") for value in self._texts("aws:sourcearn"))
        for arn in dict.fromkeys(arns):
            for account in self._owners(arn, accounts):
                for membership in self._memberships(account, "source"):
                    yield _source(arn, account, membership)

    def _owners(self, arn: str, accounts: Iterable[str]) -> Iterator[str]:
        """Return the accounts that may own a resource: a bucket's ARN does not have it."""
        own = Arn.parse(arn).account if is_arn(arn) else ""
        if not own:
            yield from dict.fromkeys(accounts)
        elif own not in self.zone.accounts:
            yield own

    def _texts(self, key: str) -> tuple[str, ...]:
        return self.wanted.get(key, ())


def has_star(pattern: str) -> bool:
    """Return whether a text has a wildcard.

    Examples
    --------
    >>> has_star("4444*"), has_star("444455556666")
    (True, False)
    """
    return "*" in pattern or "?" in pattern


def is_everybody(kind: str, value: str) -> bool:
    """Return whether a value of a Principal element means everybody."""
    return kind == "*" or (kind == "AWS" and value == "*")


def can_be_tried(kind: str, value: str) -> bool:
    """Return whether the engine knows callers that such a value can match.

    It knows none for a canonical user ID, which S3 saves as the account that it means, nor for ARNs
    in which AWS puts a name instead of an account: ``arn:aws:iam::cloudfront:user/...``.
    """
    if kind == "Federated":
        return value in PROVIDER_HOSTS or "-provider/" in value
    return kind != "CanonicalUser" and not (is_arn(value) and not is_account(value.split(":")[4]))


def account_named(value: str) -> str:
    """Return the account that a value of a Principal element names; empty if it names no account.

    Examples
    --------
    >>> account_named("arn:aws:iam::444455556666:root"), account_named("444455556666")
    ('444455556666', '444455556666')
    >>> account_named("arn:aws:iam::444455556666:user/vera")
    ''
    """
    if is_account(value):
        return value
    arn = Arn.parse(value) if is_arn(value) else None
    return arn.account if arn is not None and (arn.service, arn.resource) == ("iam", "root") else ""


def like(pattern: str, rest: str = "x") -> str:
    """Return a text that matches a pattern.

    Examples
    --------
    >>> like("role/deploy-*"), like("o-*/?", "")
    ('role/deploy-x', 'o-/x')
    """
    return pattern.replace("*", rest).replace("?", "x")


def _as_caller(arn: str, account: str, membership: Membership | None) -> Iterator[Outsider]:
    """Return a caller with its condition keys; nothing if no principal has such an ARN."""
    try:
        caller = Request(arn, "s3:GetObject", "*").caller
    except RequestError:
        return
    shown = caller.issuer if caller.is_of_role else arn
    name = Arn.parse(arn).name
    username = name if caller.kind is Kind.USER else ""
    # If a policy asks for another unique id, sample_contexts.py has it: nobody knows whose it is.
    userid = _KINDS["unique_ids"].get(caller.kind.value, account)
    kind = _KINDS["principal_types"][caller.kind.value]
    who = CallerAttributes(shown, account, userid, kind, username, membership=membership)
    yield Outsider(arn, {**keys_of(CALLER_KEYS, who), "aws:SourceOwner": account})


def _source(arn: str, account: str, membership: Membership | None) -> dict[str, ContextValue]:
    """Return what a service sends about the resource for which it calls."""
    own: dict[str, ContextValue] = {"aws:SourceArn": arn, "aws:SourceAccount": account}
    if membership is not None:
        own["aws:SourceOrgID"] = membership.organization_id
        own["aws:SourceOrgPaths"] = [membership.path]
    return own
