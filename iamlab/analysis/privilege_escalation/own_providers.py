"""An identity provider of a caller's own: what it vouches for, and what STS makes of that.

Whoever decides to which identity provider an account listens can let his own one speak: it says
whatever the trust policies of roles want to hear.

Notes
-----
AWS pages: "Configure SAML assertions for the authentication response"; "API AssumeRoleWithSAML";
"API AssumeRoleWithWebIdentity"; "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.permission_checks import Need
from iamlab.analysis.privilege_escalation.principal_states import CALLS_WITH, Carried, Change
from iamlab.analysis.privilege_escalation.required_parameters import (
    FILLER,
    Later,
    samples,
    tags_asked,
)
from iamlab.authorization.context_keys import of_temporary
from iamlab.model.credentials import CredentialKind, Presented
from iamlab.model.providers import SAMLProvider
from iamlab.operations.federation.oidc_claims import condition_keys
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.federation.saml_identity import context_of
from iamlab.operations.federation.saml_xml import CLAIMS, DOORS
from iamlab.operations.sts.assume_role import kept, keys_of_call
from iamlab.operations.sts.session_tags import SessionTags
from iamlab.policy.condition_keys import is_multivalued

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.analysis.privilege_escalation.required_parameters import Asked
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.operations.federation.saml_directory import SamlDirectory

ENTITY_ID = "https://idp.reach.example"
AUDIENCE = "sts.amazonaws.com"

OWN_CERTIFICATE = 1000
"""The caller may call his provider what he likes, but he has not the keys of another."""


@dataclass(frozen=True, slots=True)
class Vouched:
    """What a provider says of its user.

    Parameters
    ----------
    provider_arn
        The provider, as the account knows it.
    action
        What the trust policy must allow.
    name
        Of the session.
    context
        The condition keys that the token makes.
    """

    provider_arn: str
    action: str
    subject: str
    audience: str
    name: str
    issuer: str
    context: Mapping[str, ContextValue]
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def needs(self, role: Role) -> tuple[Need, ...]:
        """Say which permissions the provider needs for it: the role's trust policy gives them."""
        tags = SessionTags(self.tags)
        keys = keys_of_call(self.name, tags, self.source_identity or None)
        actions = [self.action]
        actions += ["sts:TagSession"] if self.tags else []
        actions += ["sts:SetSourceIdentity"] if self.source_identity else []
        return tuple(Need(action, role.arn, {**self.context, **keys}) for action in actions)

    def session(self, role: Role) -> Change:
        """Say what is different of the session from just some session of the role."""
        account, now = role.account, role.account.world.clock.now
        start = f"arn:{account.partition}:sts::{account.account_id}:assumed-role"
        keys: dict[str, Any] = {
            **of_temporary(now, now),
            "aws:FederatedProvider": self.provider_arn,
            **kept(self.context),
        }
        if self.source_identity:
            keys["aws:SourceIdentity"] = self.source_identity
        presented = Presented(
            f"{start}/{role.name}/{self.name}",
            keys,
            principal=role.arn,
            kind=CredentialKind.ROLE,
            userid=f"{role.unique_id}:{self.name}",
            tags=self.tags,
        )
        label = f"in a session by {self.provider_arn.partition('/')[2]}"
        return Change(label, lambda known: known.showing(presented), CALLS_WITH)

    @property
    def carried(self) -> Carried:
        """What the session hands on."""
        return Carried(source_identity=self.source_identity)


def by_saml(account: Account, name: str, asked: Asked) -> Iterator[Vouched]:
    """Give what a SAML provider could say: all that is asked for, then less."""
    door = DOORS.get(account.partition, DOORS["aws"])
    sign_in = f"https://{door.host}/saml"
    doors = [*_texts(asked, "saml:aud"), sign_in]
    audience = next(each for each in doors if door.is_recipient(each))
    issuer = _first(asked, "saml:iss", ENTITY_ID)
    provider = SAMLProvider(account, name, issuer=issuer)
    subject = _first(asked, "saml:sub", FILLER)
    attributes = {
        attribute: _first(asked, key, FILLER)
        for attribute, key in _claims().items()
        if key.lower() in asked
    }
    said = {
        key: (attributes[attribute],) if is_multivalued(key) else attributes[attribute]
        for attribute, key in _claims().items()
        if attribute in attributes
    }
    known = {"saml:name": subject, **said}
    context = {**context_of(provider, subject, "persistent", audience), **known}
    action = "sts:AssumeRoleWithSAML"
    for more in _more(asked):
        yield Vouched(
            provider.arn,
            action,
            subject,
            audience,
            issuer=issuer,
            context=context,
            attributes=attributes,
            **more,
        )


def _claims() -> Mapping[str, str]:
    """Give one attribute for each key, by its name; what the directory tells anyway is not new."""
    found: dict[str, str] = {}
    for attribute, key in CLAIMS.items():
        found.setdefault(key, attribute)
    return {attribute: CLAIMS[attribute] for key, attribute in found.items() if key != "saml:name"}


def by_oidc(account: Account, name: str, asked: Asked, audience: str = "") -> Iterator[Vouched]:
    """Give what an OIDC provider could say."""
    audience = audience or _first(asked, f"{name}:aud", AUDIENCE)
    subject = _first(asked, f"{name}:sub", FILLER)
    start = f"{name}:".lower()
    attributes = {
        key[len(start) :]: _first(asked, key, FILLER)
        for key in asked
        if key.startswith(start) and key[len(start) :] not in ("aud", "sub")
    }
    context = condition_keys(name, {"sub": subject, "aud": audience, **attributes}, audience)
    arn = f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{name}"
    for more in _more(asked):
        yield Vouched(
            arn,
            "sts:AssumeRoleWithWebIdentity",
            subject,
            audience,
            issuer=f"https://{name}",
            context=context,
            attributes=attributes,
            **more,
        )


def _more(asked: Asked) -> Iterator[dict[str, Any]]:
    """Give the rest of what can be said: with tags and source identity where they are asked for."""
    names = [*_texts(asked, "sts:RoleSessionName"), FILLER]
    name = next(each for each in names if is_session_name(each))
    tags = {key: values[0] for key, values in tags_asked(asked, {}, "aws:RequestTag/").items()}
    identity = next(iter(_texts(asked, "sts:SourceIdentity")), "")
    seen = []
    for some, source in ((tags, identity), (tags, ""), ({}, identity), ({}, "")):
        if (some, source) not in seen:
            seen.append((some, source))
            yield {"name": name, "tags": some, "source_identity": source}


def _texts(asked: Asked, key: str) -> list[str]:
    return [each.text for each in samples(asked, key, {})]


def _first(asked: Asked, key: str, default: str) -> str:
    return next(iter(_texts(asked, key)), default)


# What is signed ---------------------------------------------------------------------------------


def _directory(world: World, issuer: str) -> SamlDirectory:
    """Give the caller's directory, which no world holds: it is out of sight."""
    from iamlab.operations.federation.saml_directory import SamlDirectory

    return SamlDirectory(world, "the caller's own", issuer, certificate_number=OWN_CERTIFICATE)


def metadata(issuer: str) -> Later:
    """Stand for the metadata of the caller's directory."""
    said = "the metadata of an identity provider of the caller's own"
    return Later(said, lambda world: _directory(world, issuer).metadata())


def assertion(vouched: Vouched, role: Role) -> Later:
    """Stand for what the caller's directory signs."""

    def make(world: World) -> str:
        directory = _directory(world, vouched.issuer)
        directory.add_user(vouched.subject, groups=[FILLER], attributes=vouched.attributes)
        directory.map_group(FILLER, role.arn, vouched.provider_arn)
        return directory.sign_in(
            vouched.subject,
            role_session_name=vouched.name,
            principal_tags=vouched.tags,
            source_identity=vouched.source_identity or None,
            audience=vouched.audience,
            recipient=vouched.audience,
        )

    return Later("an assertion that the caller's own identity provider signs", make)


def token(vouched: Vouched) -> Later:
    """Stand for a token that the caller gets of an issuer."""

    def make(world: World) -> str:
        from iamlab.operations.federation.oidc_issuer import create_issuer

        issuer = world.oidc_issuers.get(vouched.issuer) or create_issuer(world, vouched.issuer)
        claims: dict[str, Any] = dict(vouched.attributes)
        return issuer.token(
            vouched.subject,
            audience=vouched.audience,
            principal_tags=vouched.tags or None,
            source_identity=vouched.source_identity or None,
            **claims,
        )

    return Later(f"a token that the caller gets of {vouched.issuer}", make)
