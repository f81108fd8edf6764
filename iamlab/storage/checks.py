"""The rules for a world in a file: for the value of each field, and between its parts.

Every name refers to exactly one thing. A world that was loaded from exports can name things that no
file had; there was a warning, and the names are kept. In IAM Identity Center, assignments can name
users and groups that were deleted, and roles and SAML providers can be missing: that happens in a
running world too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from iamlab.errors import AwsError, did_you_mean
from iamlab.model import managed_policies
from iamlab.model.credentials import HARDWARE, PASSKEY, VIRTUAL
from iamlab.model.managed_policies import PARTITIONS
from iamlab.model.organization.policies import TYPES
from iamlab.model.organization.root_features import FEATURES
from iamlab.model.quotas import QUOTAS, SESSION_SECONDS, is_account_id, is_name, is_path
from iamlab.model.user_credentials import ACTIVE, EXPIRED
from iamlab.operations.iam.user_credentials import TAKES_API_KEYS
from iamlab.operations.identity_center.provisioning import seconds_of
from iamlab.policy.arn import Arn, is_arn
from iamlab.storage.problems import member, shown
from iamlab.tables import tables

if TYPE_CHECKING:
    from iamlab.model.account import Account
    from iamlab.model.identities import Identity
    from iamlab.model.managed_policies import ManagedPolicy
    from iamlab.model.organization.organization import Organization
    from iamlab.model.organization.targets import OrganizationPart, Target
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.storage.problems import CodingRun

Found = Iterator[tuple[str, str]]
"""A problem: a place, and a sentence. The place for a field's rule is relative to the field."""

Rule = Callable[[Any], Found]
Value = TypeVar("Value")


def rule_for(cls: type, field: str) -> Rule | None:
    """Return the rule for a field of a class; the nearest class counts.

    Examples
    --------
    >>> from iamlab.model.identities import User
    >>> list(rule_for(User, "path")("sky"))
    [('', "'sky' isn't a path: it must begin and end with a slash.")]
    """
    labels = (f"{base.__name__}.{field}" for base in cls.__mro__)
    return next((RULES[label] for label in labels if label in RULES), None)


def _if_not(fits: Callable[[Any], Any], what: str) -> Rule:
    def of_value(value: Any) -> Found:
        if not fits(value):
            yield "", f"{shown(value)} {what}"

    return of_value


_name = _if_not(is_name, "isn't a name: IAM's names have only A-Z a-z 0-9 _ + = , . @ -.")
_path = _if_not(is_path, "isn't a path: it must begin and end with a slash.")
_account_id = _if_not(is_account_id, "isn't an account id: write 12 digits.")
_arn = _if_not(is_arn, "isn't an ARN: arn:partition:service:region:account:resource.")
_issuer = _if_not(
    re.compile(r"(https://[0-9a-z-]+\.tokens\.sts\.global\.api\.aws)?", re.ASCII).fullmatch,
    "isn't an issuer: https://....tokens.sts.global.api.aws.",
)


def _policy_arn(value: str | None) -> Found:
    if value is None:
        return
    arn = Arn.parse(value) if is_arn(value) else None
    if arn is None or (arn.service, arn.kind) != ("iam", "policy"):
        yield "", f"{shown(value)} isn't the ARN of a managed policy."


def _each(rule: Rule) -> Rule:
    def of_all(value: list[str]) -> Found:
        for number, item in enumerate(value):
            for below, what in rule(item):
                yield f"[{number}]{below}", what

    return of_all


def _keys(rule: Rule) -> Rule:
    def of_keys(value: dict[str, Any]) -> Found:
        for key in value:
            for _, what in rule(key):
                yield member("", key), what

    return of_keys


def _word(*known: str) -> Rule:
    def of_word(value: str) -> Found:
        if value not in known:
            yield "", f"It must be {' or '.join(known)}, not {shown(value)}."

    return of_word


def _within(least: int, most: int) -> Rule:
    def of_number(value: int | None) -> Found:
        if value is not None and not least <= value <= most:
            yield "", f"It must be {least} to {most}."

    return of_number


def _keyed(name: str) -> Rule:
    """Check that objects have their own name, ARN or id as their key."""

    def of_things(value: dict[str, Any]) -> Found:
        for key, thing in value.items():
            # Parts of its ARN can be missing, which is a problem already.
            own = getattr(thing, name, key)
            if own != key:
                yield member("", key), f"The object here has the {name} {shown(own)}."

    return of_things


def _named(value: dict[str, Any]) -> Found:
    """Check that keys are the objects' names, which are unique case-insensitively."""
    yield from _keyed("name")(value)
    seen: dict[str, str] = {}
    for key in value:
        if (other := seen.setdefault(key.lower(), key)) != key:
            yield member("", key), f"{other} has the same name in different case."


def _quotas(value: dict[str, int]) -> Found:
    for name, most in value.items():
        if name not in QUOTAS:
            yield member("", name), f"There is no such quota. {did_you_mean(name[:100], QUOTAS)}"
        elif most < 0:
            yield member("", name), "It must not be negative."


_TABLES: dict[str, dict[str, Any]] = tables(__file__)
_FIELDS: tuple[tuple[Rule, str], ...] = (
    *((_keyed(name), labels) for name, labels in _TABLES["keyed"].items()),
    *((_within(*ends), labels) for labels, ends in _TABLES["within"].items()),
    *((_word(*known), labels) for labels, known in _TABLES["words"].items()),
    (_account_id, "Account.account_id"),
    (_issuer, "Account.outbound_federation"),
    (_quotas, "Account.quotas"),
    (_policy_arn, "Bounded.boundary ManagedPolicy.arn"),
    (_each(_policy_arn), "Identity.attached"),
    (_arn, "Resource.arn SessionRecord.arn SessionRecord.issuer_arn"),
    (_keys(_arn), "Contents.resource_policies"),
    (_name, "Identity.name InstanceProfile.name SAMLProvider.name ServerCertificate.name"),
    (_keys(_name), "Identity.inline"),
    (_path, "IamResource.path Identity.path ManagedPolicy.path"),
    (_named, "Account.groups Account.instance_profiles Account.roles Account.users"),
    (_named, "Account.server_certificates"),
    (_within(*SESSION_SECONDS), "Role.max_session_duration"),
    (_word(*PARTITIONS), "Account.partition"),
    (_word(ACTIVE, "Inactive"), "KeyRecord.status SSHPublicKey.status SigningCertificate.status"),
    (_word(ACTIVE, "Inactive", EXPIRED), "ServiceSpecificCredential.status"),
    (_word(*TAKES_API_KEYS), "ServiceSpecificCredential.service_name"),
    (_word(VIRTUAL, HARDWARE, PASSKEY), "MfaRecord.kind"),
    (_word(*TYPES), "OrganizationPolicy.type"),
    (_each(_word(*FEATURES)), "Organization.root_features"),
)
RULES = {label: rule for rule, labels in _FIELDS for label in labels.split()}
"""Class and field -> its rule, also for subclasses."""


# -- between parts --------------------------------------------------------------------------------


def check_accounts(accounts: Mapping[str, Account], run: CodingRun, *, complete: bool) -> Found:
    """Find inconsistencies; ``run`` has the parts that couldn't be read.

    Parameters
    ----------
    complete
        Whether everything that is named must exist; not so in a world from exports.
    """
    for place, account in _members("$.accounts", accounts):
        for where, policy in _members(f"{place}.policies", account.policies):
            yield from _of_policy(policy, where, account, run)
        if run.is_sound(f"{place}.instance_profiles"):
            for where, role in _members(f"{place}.roles", account.roles):
                listed, known = role.instance_profiles, account.instance_profiles
                what = "The account has no such instance profile."
                yield from _unknown(listed, known, f"{where}.instance_profiles", what)
        if run.is_sound(f"{place}.users"):
            yield from _devices(account, place)
        if complete:
            yield from _loose_ends(account, place, run)
    yield from _twice(accounts)


def _members(place: str, held: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Return each member of an object with its place."""
    return ((member(place, key), value) for key, value in held.items())


def _unknown(names: Iterable[str], known: Mapping[str, object], place: str, what: str) -> Found:
    """Find names in a list that refer to nothing."""
    for number, name in enumerate(names):
        if name not in known:
            yield f"{place}[{number}]", f"{what} {did_you_mean(name[:100], known)}"


def _of_policy(policy: ManagedPolicy, place: str, account: Account, run: CodingRun) -> Found:
    versions = policy.versions
    if policy.default_version_id not in versions and run.is_sound(f"{place}.versions"):
        hint = did_you_mean(policy.default_version_id[:100], versions)
        yield f"{place}.default_version_id", f"The policy has no such version. {hint}"
    if Arn.parse(policy.arn).account not in (account.account_id, "aws"):
        yield f"{place}.arn", "It isn't a policy of this account or an AWS managed policy."


def _devices(account: Account, place: str) -> Found:
    owners = {None, account.account_id, *(user.unique_id for user in account.users.values())}
    for where, device in _members(f"{place}.mfa_records", account.mfa_records):
        if device.owner not in owners:
            what = "No identity here has this id: name a user's unique_id, or the account's."
            yield f"{where}.owner", what


def _loose_ends(account: Account, place: str, run: CodingRun) -> Found:
    groups_known = run.is_sound(f"{place}.groups")
    policies_known = run.is_sound(f"{place}.policies")
    for kind in ("users", "groups", "roles"):
        for where, identity in _members(f"{place}.{kind}", getattr(account, kind)):
            if policies_known:
                yield from _unknown_policies(identity, where)
            named = getattr(identity, "groups", ()) if groups_known else ()
            what = "The account has no such group."
            yield from _unknown(named, account.groups, f"{where}.groups", what)


def _unknown_policies(identity: Identity, place: str) -> Found:
    named = [(f"{place}.attached[{number}]", arn) for number, arn in enumerate(identity.attached)]
    if boundary := getattr(identity, "boundary", None):
        named.append((f"{place}.boundary", boundary))
    for where, arn in named:
        if arn not in identity.account.policies and managed_policies.find(arn) is None:
            yield where, "The policy isn't in the account or an AWS managed policy."


def _twice(accounts: Mapping[str, Account]) -> Found:
    """Find duplicates of what must be unique: aliases, access keys, resources."""
    seen: dict[tuple[str, str], str] = {}
    for place, account in _members("$.accounts", accounts):
        for kind, name, where in _only_once(account, place):
            if (other := seen.setdefault((kind, name), where)) != where:
                yield where, f"The {kind} exists already: {other}."


def _only_once(account: Account, place: str) -> Iterator[tuple[str, str, str]]:
    if account.alias is not None:
        yield "alias", account.alias, f"{place}.alias"
    owners = [(f"{place}.root", account.root.key_records)]
    owners += ((at, user.key_records) for at, user in _members(f"{place}.users", account.users))
    for where, key_records in owners:
        for key_id in key_records:
            yield "access key", key_id, member(f"{where}.key_records", key_id)
    for arn in account.resources:
        yield "resource", arn, member(f"{place}.resources", arn)


def check_organizations(
    organizations: Mapping[str, Organization], accounts: Mapping[str, Account], run: CodingRun
) -> Found:
    """Find inconsistencies, except with accounts that couldn't be read."""
    accounts_known = run.is_sound("$.accounts")
    seen: dict[str, str] = {}
    for place, organization in _members("$.organizations", organizations):
        if not run.is_sound(place):
            continue  # a part that couldn't be read would be missing everywhere
        yield from _organization_parts(organization, place)
        yield from _tree(organization, place)
        members = list(_members(f"{place}.members", organization.members))
        for where, part in members if accounts_known else ():
            if part.id not in accounts:
                yield where, f"There is no such account. {did_you_mean(part.id[:100], accounts)}"
        if accounts_known and organization.management_account_id not in organization.members:
            yield f"{place}.management_account_id", "It must be a member."
        for where, part in members:
            if (other := seen.setdefault(part.id, place)) != place:
                yield where, f"The account is also in another organization: {other}."


def _organization_parts(organization: Organization, place: str) -> Found:
    """Check each part's organization and attached policies."""
    targets: list[tuple[str, Target]] = [
        (f"{place}.root", organization.root),
        *_members(f"{place}.organizational_units", organization.organizational_units),
        *_members(f"{place}.members", organization.members),
    ]
    parts: list[tuple[str, OrganizationPart]] = [
        *targets,
        *_members(f"{place}.policies", organization.policies),
        *_members(f"{place}.handshakes", organization.handshakes),
        *([(f"{place}.resource_policy", own)] if (own := organization.resource_policy) else ()),
    ]
    for where, part in parts:
        if part.organization_id != organization.id:
            yield f"{where}.organization_id", f"It must be {organization.id}."
    for where, target in targets:
        what = "There is no such policy."
        yield from _unknown(target.attached, organization.policies, f"{where}.attached", what)


def _tree(organization: Organization, place: str) -> Found:
    """Check that everything is below the root, without circles."""
    units, root_id = organization.organizational_units, organization.root.id
    parents = {key: unit.parent_id for key, unit in units.items()}
    for key, unit in units.items():
        climbed, above = {key}, unit.parent_id
        while above in parents and above not in climbed:
            climbed.add(above)
            above = parents[above]
        if above != root_id:
            what = "It isn't below the root: name the id of the root or of an OU."
            yield f"{member(f'{place}.organizational_units', key)}.parent_id", what
    for where, account in _members(f"{place}.members", organization.members):
        if account.parent_id != root_id and account.parent_id not in parents:
            yield f"{where}.parent_id", "It isn't the id of the root or an OU."


def check_identity_centers(centers: Mapping[str, IdentityCenter], run: CodingRun) -> Found:
    """Find inconsistencies."""
    for place, center in _members("$.identity_centers", centers):
        if run.is_sound(place):
            yield from _identity_center_parts(center, place)
            yield from _sets(center, place)


def _identity_center_parts(center: IdentityCenter, place: str) -> Found:
    """Check each part's instance, and the members of the groups."""
    for kind in ("users", "groups", "permission_sets"):
        for where, part in _members(f"{place}.{kind}", getattr(center, kind)):
            if part.instance_arn != center.arn:
                yield f"{where}.instance_arn", f"It must be {center.arn}."
    for where, group in _members(f"{place}.groups", center.groups):
        what = "There is no such user."
        yield from _unknown(group.member_ids, center.users, f"{where}.member_ids", what)


def _sets(center: IdentityCenter, place: str) -> Found:
    """Check that assigned permission sets exist and are provisioned."""
    for where, permission_set in _members(f"{place}.permission_sets", center.permission_sets):
        try:
            seconds_of(permission_set.session_duration)
        except AwsError:
            yield f"{where}.session_duration", "It must be PT1H to PT12H."
    for number, assigned in enumerate(center.account_assignments):
        where = f"{place}.account_assignments[{number}]"
        known = center.permission_sets.get(assigned.permission_set_id)
        if known is None:
            yield f"{where}.permission_set_id", "There is no such permission set."
        elif assigned.account_id not in known.provisioned:
            yield f"{where}.account_id", f"{known.name} isn't provisioned in this account."
