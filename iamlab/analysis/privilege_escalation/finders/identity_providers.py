"""The method by identity providers: the caller's own provider says what roles require.

Whoever decides which identity providers an account trusts can make it trust a provider of his own,
and this says whatever the trust policies of roles require.

Notes
-----
AWS pages: "API UpdateSAMLProvider"; "API CreateOpenIDConnectProvider"; "API
AddClientIDToOpenIDConnectProvider"; "Create a role for SAML 2.0 federation"; "Configure SAML
assertions for the authentication response"; "API AssumeRoleWithSAML"; "API
AssumeRoleWithWebIdentity"; "IAM and AWS STS condition context keys".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation import required_parameters as parameters
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need, Placeholder
from iamlab.analysis.privilege_escalation.principal_states import Gain, PrincipalState
from iamlab.analysis.privilege_escalation.role_calls import named_session
from iamlab.authorization.context_keys import federated_credential_keys
from iamlab.authorization.principal import principal_of
from iamlab.model.providers import SAMLProvider
from iamlab.operations.federation.oidc_claims import condition_keys
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.federation.saml_identity import context_of
from iamlab.operations.federation.saml_xml import CLAIMS, DOORS
from iamlab.operations.iam.common import quota, same_name
from iamlab.operations.sts.assume_role import kept, keys_of_call, provider_key, session_actions
from iamlab.operations.sts.issuing import SessionTags
from iamlab.policy.arn import Arn, is_arn
from iamlab.policy.condition_keys import is_multivalued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.required_parameters import RequiredValues
    from iamlab.engine.request import ContextValue
    from iamlab.model.account import Account
    from iamlab.model.identities import Role
    from iamlab.model.world import World
    from iamlab.operations.federation.saml_directory import SamlDirectory


ENTITY_ID = "https://idp.reach.example"
AUDIENCE = "sts.amazonaws.com"
SAML, OIDC = "saml-provider", "oidc-provider"

OWN_CERTIFICATE = 1000
"""The caller may give his provider any name, but he hasn't the keys of another one."""

WRITES = [f"iam:{name}" for name in parameters.words("calls", "writes_provider")]


def write_provider(view: AttackerView) -> Iterator[Gain]:
    """Write a provider that roles trust, then ``AssumeRoleWithSAML`` or ``...WithWebIdentity``."""
    if not any(map(view.ever, WRITES)):
        return
    trusting: dict[str, list[Role]] = defaultdict(list)
    for role in view.account.roles.values():
        for arn in dict.fromkeys(_providers(role)):
            trusting[arn].append(role)
    for arn, roles in trusting.items():
        kind, _, name = Arn.parse(arn).resource.partition("/")
        for role in roles:
            found = (_by_saml if kind == SAML else _by_oidc)(view, role, arn, name)
            if found is not None and view.may(found.write):
                claims = found.claims
                base = PrincipalState.of(principal_of(view.world, role))
                target = view.changed(replace(base, carried=claims.carried), claims.session(role))
                sign_in = Call(claims.action, {"RoleArn": role.arn, **found.parameters}, ())
                yield Gain(target, (found.write, sign_in), tuple(found.conditions))


def _providers(role: Role) -> Iterator[str]:
    """Return the ARNs of the account's providers that a role's trust policy names."""
    start = f"arn:{role.account.partition}:iam::{role.account.account_id}:"
    for statement in states.statements_of([role.trust]):
        for kind, value in statement.principal or ():
            is_own = kind == "Federated" and is_arn(value) and value.startswith(start)
            if is_own and Arn.parse(value).kind in (SAML, OIDC):
                yield value


class WrittenProvider(NamedTuple):
    """A provider that is written so that it says what a role requires.

    Parameters
    ----------
    parameters
        The parameters of the call in addition to the role.
    conditions
        What must be so in addition to permissions.
    """

    claims: ProviderClaims
    write: Call
    parameters: Mapping[str, Any]
    conditions: Sequence[str] = ()


def _by_saml(view: AttackerView, role: Role, arn: str, name: str) -> WrittenProvider | None:
    account, conditions = view.account, []
    claims = _accepted(view, role, partial(saml_claims, account, name))
    if claims is None:
        return None
    document, provider = metadata(claims.issuer), account.saml_providers.get(arn)
    if provider is not None or view.world.loaded:
        parameters: dict[str, Any] = {"SAMLProviderArn": arn, "SAMLMetadataDocument": document}
        if provider is None:
            conditions = [f"the account has the SAML provider {name}"]
        elif provider.assertion_encryption_mode == "Required":
            parameters["AssertionEncryptionMode"] = "Allowed"
        write = view.call("UpdateSAMLProvider", **parameters)
    elif _is_room(account, "SAMLProviders", account.saml_providers, name) and is_session_name(name):
        write = view.call("CreateSAMLProvider", Name=name, SAMLMetadataDocument=document)
    else:
        return None
    parameters = {"PrincipalArn": arn, "SAMLAssertion": assertion(claims, role)}
    return WrittenProvider(claims, write, parameters, conditions)


def _by_oidc(view: AttackerView, role: Role, arn: str, name: str) -> WrittenProvider | None:
    account, issuer = view.account, view.world.oidc_issuers.get(f"https://{name}")
    if issuer is not None and not issuer.is_online:
        return None
    provider = account.oidc_providers.get(arn)
    claims = _accepted(view, role, partial(oidc_claims, account, name))
    if claims is not None and provider is not None and claims.audience in provider.client_ids:
        # Tokens for that audience are accepted already: one's own application may be another one.
        claims = _accepted(view, role, partial(oidc_claims, account, name, audience="reach"))
    if claims is None:
        return None
    conditions = [f"the caller gets tokens of {claims.issuer} for {claims.audience}"]
    if provider is not None:
        is_room = len(provider.client_ids) < quota(account, "ClientIdsPerOpenIdConnectProvider")
        named = {"OpenIDConnectProviderArn": arn, "ClientID": claims.audience}
        write = view.call("AddClientIDToOpenIDConnectProvider", **named)
    else:
        is_room = _is_room(account, "OpenIDConnectProviders", account.oidc_providers, name)
        made: dict[str, Any] = {"Url": claims.issuer, "ClientIDList": [claims.audience]}
        write = view.call("CreateOpenIDConnectProvider", **made)
        if view.world.loaded:
            conditions.append(f"the account has no provider for {claims.issuer} yet")
    parameters = {"RoleSessionName": claims.name, "WebIdentityToken": token(claims)}
    return WrittenProvider(claims, write, parameters, conditions) if is_room else None


def _is_room(account: Account, most: str, providers: Mapping[str, Any], name: str) -> bool:
    names = {provider.name: provider for provider in providers.values()}
    return len(providers) < quota(account, most) and same_name(name, names) is None


def _accepted(
    view: AttackerView, role: Role, claims_of: Callable[[RequiredValues], Iterator[ProviderClaims]]
) -> ProviderClaims | None:
    """Return the first claims that the role's trust policy, and what else has a say, accepts."""
    for claims in claims_of(parameters.required_in(*([] if role.trust is None else [role.trust]))):
        provider = PrincipalState.of(principal_of(view.world, claims.provider_arn))
        if all(view.decider.decide(provider, need) for need in claims.needs(role)):
            return claims
    return None


# What a provider says ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProviderClaims:
    """What a provider says of its user.

    Parameters
    ----------
    provider_arn
        The provider, as the account knows it.
    action
        What the trust policy must allow.
    context
        The condition keys that the token makes.
    attributes
        What it says in addition.
    name
        Of the session.
    """

    provider_arn: str
    action: str
    subject: str
    audience: str
    issuer: str
    context: Mapping[str, ContextValue]
    attributes: Mapping[str, str]
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    source_identity: str = ""

    def needs(self, role: Role) -> tuple[Need, ...]:
        """Return the permissions that the provider needs: the role's trust policy gives them."""
        keys = keys_of_call(self.name, SessionTags(self.tags), self.source_identity or None)
        actions = session_actions(self.action, bool(self.tags), self.source_identity)
        known = {**self.context, **provider_key(self.action, self.provider_arn), **keys}
        return tuple(Need(action, role.arn, known) for action in actions)

    def session(self, role: Role) -> states.StateChange:
        """Return how the session differs from any session of the role."""
        now = role.account.world.clock.now
        provider = provider_key(self.action, self.provider_arn)
        keys = {**federated_credential_keys(now), **provider, **kept(self.context)}
        label = f"by {self.provider_arn.partition('/')[2]}"
        return named_session(role, self.name, keys, self.tags, self.source_identity, label)

    @property
    def carried(self) -> states.Carried:
        """What the session hands on."""
        return states.Carried(source_identity=self.source_identity)

    def with_session(self, required: RequiredValues) -> Iterator[ProviderClaims]:
        """Yield them with a session name; first with tags and source identity if required."""
        names = [*parameters.texts(required, "sts:RoleSessionName", {}), parameters.FILLER]
        name = next(each for each in names if is_session_name(each))
        found = parameters.required_tags(required, {}, "aws:RequestTag/")
        tags = {key: values[0] for key, values in found.items()}
        identity = _first(required, "sts:SourceIdentity", "")
        for some in (tags, {}) if tags else ({},):
            for source in (identity, "") if identity else ("",):
                yield replace(self, name=name, tags=some, source_identity=source)


def saml_claims(account: Account, name: str, required: RequiredValues) -> Iterator[ProviderClaims]:
    """Return what a SAML provider could say: all that is required, then less."""
    door = DOORS.get(account.partition, DOORS["aws"])
    doors = [*parameters.texts(required, "saml:aud", {}), f"https://{door.host}/saml"]
    audience = next(each for each in doors if door.is_recipient(each))
    issuer = _first(required, "saml:iss", ENTITY_ID)
    provider = SAMLProvider(account, name, issuer=issuer)
    subject = _first(required, "saml:sub")
    # One attribute for each key; what the directory tells anyway is not new.
    by_key = {key: attribute for attribute, key in reversed(CLAIMS.items())}
    attributes: dict[str, str] = {}
    known: dict[str, ContextValue] = {"saml:name": subject}
    for attribute, key in CLAIMS.items():
        is_new = key != "saml:name" and by_key[key] == attribute
        if is_new and key.lower() in required:
            value = attributes[attribute] = _first(required, key)
            known[key] = (value,) if is_multivalued(key) else value
    context = {**context_of(provider, subject, "persistent", audience), **known}
    action = "sts:AssumeRoleWithSAML"
    claims = ProviderClaims(provider.arn, action, subject, audience, issuer, context, attributes)
    return claims.with_session(required)


def oidc_claims(
    account: Account, name: str, required: RequiredValues, audience: str = ""
) -> Iterator[ProviderClaims]:
    """Return what an OIDC provider could say."""
    audience = audience or _first(required, f"{name}:aud", AUDIENCE)
    subject = _first(required, f"{name}:sub")
    start = f"{name}:".lower()
    attributes = {
        key[len(start) :]: _first(required, key)
        for key in required
        if key.startswith(start) and key[len(start) :] not in ("aud", "sub")
    }
    context = condition_keys(name, {"sub": subject, "aud": audience, **attributes}, audience)
    arn = f"arn:{account.partition}:iam::{account.account_id}:{OIDC}/{name}"
    action, issuer = "sts:AssumeRoleWithWebIdentity", f"https://{name}"
    claims = ProviderClaims(arn, action, subject, audience, issuer, context, attributes)
    return claims.with_session(required)


def _first(required: RequiredValues, key: str, default: str = parameters.FILLER) -> str:
    return next(iter(parameters.texts(required, key, {})), default)


# What is signed ---------------------------------------------------------------------------------


def _directory(world: World, issuer: str) -> SamlDirectory:
    """Return the caller's directory, which is in no world."""
    from iamlab.operations.federation.saml_directory import SamlDirectory

    return SamlDirectory(world, "the caller's own", issuer, certificate_number=OWN_CERTIFICATE)


def metadata(issuer: str) -> Placeholder:
    """Stand for the metadata of the caller's directory."""
    text = "the metadata of an identity provider of the caller's own"
    return Placeholder(text, lambda world: _directory(world, issuer).metadata())


def assertion(claims: ProviderClaims, role: Role) -> Placeholder:
    """Stand for what the caller's directory signs."""

    def make(world: World) -> str:
        directory, group = _directory(world, claims.issuer), parameters.FILLER
        directory.add_user(claims.subject, groups=[group], attributes=claims.attributes)
        directory.map_group(group, role.arn, claims.provider_arn)
        return directory.sign_in(
            claims.subject,
            role_session_name=claims.name,
            principal_tags=claims.tags,
            source_identity=claims.source_identity or None,
            audience=claims.audience,
            recipient=claims.audience,
        )

    text = "an assertion that the caller's own identity provider signs"
    return Placeholder(text, make)


def token(claims: ProviderClaims) -> Placeholder:
    """Stand for a token that the caller gets of an issuer."""

    def make(world: World) -> str:
        from iamlab.operations.federation.oidc_issuer import create_issuer

        issuer = world.oidc_issuers.get(claims.issuer) or create_issuer(world, claims.issuer)
        more: dict[str, Any] = dict(claims.attributes)
        return issuer.token(
            claims.subject,
            audience=claims.audience,
            principal_tags=claims.tags or None,
            source_identity=claims.source_identity or None,
            **more,
        )

    return Placeholder(f"a token that the caller gets of {claims.issuer}", make)
