"""The KMS key: its fields, its operations as methods, and how calls name it.

Notes
-----
AWS pages: "AWS KMS keys"; "Key states of AWS KMS keys"; "Grants in AWS KMS"; "Aliases in AWS KMS".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.engine.grants import Grant
from iamlab.errors.services import KMSInvalidStateException, NotFoundException, TagException
from iamlab.model.quotas import QUOTAS
from iamlab.model.record import check_texts
from iamlab.operations import parameters as values
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.parameters import as_keys, as_list, as_tags, as_text
from iamlab.operations.services.apis import Api, ResourceVerbs, all_of, api_of
from iamlab.operations.services.names_and_tags import misfit, region_of
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Identity
    from iamlab.operations.policy_documents import Document
    from iamlab.operations.registry import Parameters
    from iamlab.policy.document import Policy

FACTS: Mapping[str, Any] = tables(__file__, "key_usages.toml")


def words(text: str) -> tuple[str, ...]:
    """Return the names in a text of the table."""
    return tuple(text.split())


ALIAS = "alias/"
PENDING = "PendingDeletion"
_KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})", re.IGNORECASE)


class _Keys(Api):
    """Keys have ids, which KMS picks, and aliases."""

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a call's key: an alias means its key."""
        text, region = str(arguments.get("KeyId", "")), region_of(arguments)
        found = find_key(account, text, region)
        if found is not None:
            return found.arn
        if is_arn(text):
            return text
        return self.arn(account, text if text.startswith(ALIAS) else f"key/{text}", region)

    def find(self, account: Account, arguments: Parameters) -> Key:
        """Find a call's key, in the Region of the call."""
        arn = self.arn_of(account, arguments)
        named, region = Arn.parse(arn).region, arguments.get("Region")
        if region is not None and region != named:
            raise NotFoundException(f"Invalid arn {named}")
        found = find_key(account, arn)
        if found is None:
            raise self.absent(arn)
        return found

    def find_changeable(self, account: Account, arguments: Parameters) -> Key:
        """Find a call's key, which can't be pending deletion."""
        key = self.find(account, arguments)
        if key.key_state == PENDING:
            raise KMSInvalidStateException(f"{key.arn} is pending deletion.")
        return key

    def tags(self, arguments: Parameters, held: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return existing tags with those of a call, after KMS's own checks."""
        sent = tags_of(arguments)
        if len(dict(sent)) < len(sent):
            raise TagException("Duplicate tag keys")
        if len({**(held or {}), **dict(sent)}) > QUOTAS["Tags"].default:
            raise TagException("Too many tags")
        for number, (key, value) in enumerate(sent, 1):
            for name, text, most in (("tagKey", key, 128), ("tagValue", value, 256)):
                if len(text) > most:
                    raise misfit(text, f"tags.{number}.member.{name}", most=most)
            if key.lower().startswith("aws:"):
                raise TagException("Tags beginning with aws: are reserved")
        return Api.tags(self, arguments, held)


def _absent(arn: str) -> NotFoundException:
    """Make KMS's error for a key or alias that isn't there."""
    if f":{ALIAS}" in arn:
        return NotFoundException(f"Alias {arn} is not found.")
    key_id = Arn.parse(arn).name
    if not _KEY_ID.fullmatch(key_id):
        return NotFoundException(f"Invalid keyId '{key_id}'")
    return NotFoundException(f"Key '{arn}' does not exist")


API = api_of("key", _Keys, absent=_absent)


@dataclass(frozen=True, slots=True)
class KeyGrant:
    """A grant, as KMS stores it.

    Parameters
    ----------
    retiring_principal
        A principal that can retire it without other permission; can be empty.
    """

    grant_id: str
    grant_token: str
    grantee_principal: str
    operations: tuple[str, ...]
    constraints: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    retiring_principal: str = ""
    name: str = ""
    creation_date: datetime | None = None

    def for_engine(self) -> tuple[Grant, ...]:
        """Return the grant in the engine's form, with a second grant for the retiring principal."""
        own = Grant(
            self.grantee_principal, self.operations, self.constraints, self.name or self.grant_id
        )
        if not self.retiring_principal:
            return (own,)
        return own, Grant(self.retiring_principal, ("RetireGrant",), name=f"{own.name} (retiring)")


@dataclass(slots=True, eq=False)
class Key(ResourceVerbs):
    """A KMS key. Only its key policy gives access to it, even to the root user.

    Parameters
    ----------
    key_usage, key_spec
        Its usage and its spec.
    key_state
        ``Enabled``, ``Disabled`` or ``PendingDeletion``.
    key_manager
        ``CUSTOMER``, or ``AWS``: resource control policies don't apply to such a key.
    deletion_date
        The scheduled time of deletion; ``None`` if it isn't scheduled.
    kept_grants
        The grants, by id.
    aliases
        Its aliases: ``alias/maps``.
    """

    description: str = field(default="", repr=False)
    key_usage: str = field(default="ENCRYPT_DECRYPT", repr=False)
    key_spec: str = field(default="SYMMETRIC_DEFAULT", repr=False)
    key_state: str = "Enabled"
    key_manager: str = field(default="CUSTOMER", repr=False)
    deletion_date: datetime | None = field(default=None, repr=False)
    kept_grants: dict[str, KeyGrant] = field(default_factory=dict, repr=False)
    aliases: list[str] = field(default_factory=list, repr=False)
    kind: ClassVar[str] = "key"
    api: ClassVar[Api] = API

    @property
    def key_id(self) -> str:
        """Its id, the last part of its ARN."""
        return Arn.parse(self.arn).name

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Its grants, in the engine's form."""
        return tuple(grant for kept in self.kept_grants.values() for grant in kept.for_engine())

    @property
    def under_rcps(self) -> bool:
        """Whether resource control policies apply to it: not if AWS manages it."""
        return self.key_manager != "AWS"

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its condition keys: usage, spec and aliases."""
        return {
            "kms:KeySpec": self.key_spec,
            "kms:KeyUsage": self.key_usage,
            "kms:KeyOrigin": "AWS_KMS",
            **({"kms:ResourceAliases": list(self.aliases)} if self.aliases else {}),
        }

    def put_policy(
        self, document: Document, *, bypass_policy_lockout_safety_check: bool = False
    ) -> None:
        """Replace the key policy.

        Raises
        ------
        MalformedPolicyDocumentException
            In KMS's words; also if it would lock out the caller, here the root user.

        Examples
        --------
        >>> from iamlab import Policy, World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> key, ana = main.create_key(), main.create_user("ana")
        >>> key.put_policy(Policy.allow("kms:*", principal=ana.arn))
        Traceback (most recent call last):
        ...
        iamlab.errors.services.MalformedPolicyDocumentException: ...update the key policy...
        """
        self._do_on(
            "PutKeyPolicy",
            Policy=as_text(document),
            BypassPolicyLockoutSafetyCheck=bypass_policy_lockout_safety_check,
        )

    def get_policy(self) -> Policy:
        """Return the key policy."""
        read: Policy = self._do_on("GetKeyPolicy")
        return read

    def create_grant(
        self,
        grantee_principal: str | Identity,
        operations: Sequence[str],
        *,
        constraints: Mapping[str, Mapping[str, str]] | None = None,
        retiring_principal: str | Identity | None = None,
        name: str | None = None,
    ) -> KeyGrant:
        """Allow a principal to use the key for some operations, in addition to the key policy.

        Parameters
        ----------
        constraints
            ``{"EncryptionContextSubset": {...}}`` or ``{"EncryptionContextEquals": {...}}``.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> key, ana = main.create_key(), main.create_user("ana")
        >>> grant = key.create_grant(ana, ["Decrypt"])
        >>> print(main.world.can(ana, "kms:Decrypt", key.arn))  # doctest: +ELLIPSIS
        ✓ allowed by ...
        """
        made: KeyGrant = self._do_on(
            "CreateGrant",
            GranteePrincipal=arn_of_principal(grantee_principal),
            Operations=as_list(operations, 'operations is a list such as ["Decrypt"]'),
            Constraints=constraints,
            RetiringPrincipal=None
            if retiring_principal is None
            else arn_of_principal(retiring_principal),
            Name=name,
        )
        return made

    def list_grants(self) -> list[KeyGrant]:
        """List its grants."""
        self._do_on("ListGrants")
        return list(self.kept_grants.values())

    def revoke_grant(self, grant: KeyGrant | str) -> None:
        """Revoke a grant, as an administrator of the key."""
        self._do_on("RevokeGrant", GrantId=_id_of(grant))

    def retire_grant(self, grant: KeyGrant | str) -> None:
        """Retire a grant, as its retiring principal."""
        self._do_on("RetireGrant", GrantId=_id_of(grant))

    def enable(self) -> None:
        """Enable it."""
        self._do_on("EnableKey")

    def disable(self) -> None:
        """Disable it; permissions don't change."""
        self._do_on("DisableKey")

    def schedule_deletion(self, pending_window_in_days: int = 30) -> None:
        """Schedule its deletion in 7 to 30 days; until then it can't be used.

        AWS deletes it then. Here it stays pending, and you can still call :meth:`cancel_deletion`.

        Examples
        --------
        >>> from iamlab import World
        >>> main = World(seed=7).create_account("main", account_id="111111111111")
        >>> key = main.create_key()
        >>> key.schedule_deletion(7)
        >>> key.key_state
        'PendingDeletion'
        >>> key.deletion_date.isoformat()
        '2026-12-02T09:00:00+00:00'
        """
        self._do_on("ScheduleKeyDeletion", PendingWindowInDays=pending_window_in_days)

    def cancel_deletion(self) -> None:
        """Cancel the deletion; the key is then disabled."""
        self._do_on("CancelKeyDeletion")

    def create_alias(self, alias_name: str) -> None:
        """Add an alias: ``"alias/maps"``."""
        self._do("CreateAlias", AliasName=alias_name, TargetKeyId=self.arn, Region=self.region)

    def delete_alias(self, alias_name: str) -> None:
        """Delete an alias."""
        self._do("DeleteAlias", AliasName=alias_name, Region=self.region)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource``)."""
        sent = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in as_tags(tags) or ()]
        self._do_on("TagResource", Tags=sent)

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags (``UntagResource``)."""
        self._do_on("UntagResource", TagKeys=as_keys(tag_keys))

    def _do_on(self, operation: str, **parameters: Any) -> Any:
        return self._do(operation, KeyId=self.arn, **parameters)


def _id_of(grant: object) -> str:
    if isinstance(grant, KeyGrant):
        return grant.grant_id
    check_texts(grant=grant)
    return str(grant)


def arn_of_principal(principal: str | Identity) -> str:
    """Return the ARN of an identity, or the ARN itself.

    Raises
    ------
    RequestError
        It isn't an identity or an ARN.
    """
    if isinstance(principal, str):
        return principal
    return values.arn_of(principal, "A principal is a user, a role or an ARN")


def find_key(account: Account, text: str, region: str = DEFAULT_REGION) -> Key | None:
    """Find a key by its ARN, in any account; also by id, alias or alias ARN.

    An id or alias is looked up in the account and Region.
    """
    if is_arn(text):
        arn = Arn.parse(text)
        owner = account.world.accounts.get(arn.account)
        if owner is None:
            return None
        if not arn.resource.startswith(ALIAS):
            found = owner.resources.get(text)
            return found if isinstance(found, Key) else None
        account, text, region = owner, arn.resource, arn.region
    for key in all_of(account, Key):
        if key.region == region and text in (key.key_id, *key.aliases):
            return key
    return None
