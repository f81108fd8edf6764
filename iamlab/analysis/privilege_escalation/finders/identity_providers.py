"""The way by identity providers: let one's own speak, and it says what roles want to hear.

An identity provider of a caller's own: what it vouches for, and what STS makes of that.

Whoever decides to which identity provider an account listens can let his own one speak: it says
whatever the trust policies of roles want to hear.

Notes
-----
AWS pages: "Configure SAML assertions for the authentication response"; "API AssumeRoleWithSAML";
"API AssumeRoleWithWebIdentity"; "IAM and AWS STS condition context keys".
AWS pages: "API UpdateSAMLProvider"; "API CreateOpenIDConnectProvider"; "API
AddClientIDToOpenIDConnectProvider"; "Create a role for SAML 2.0 federation".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation import principal_states as states
from iamlab.analysis.privilege_escalation.permission_checks import Call, Need
from iamlab.analysis.privilege_escalation.principal_states import Edge, PrincipalState
from iamlab.analysis.privilege_escalation.required_parameters import (
    FILLER,
    Placeholder,
    RequiredValues,
    required_in,
    required_tags,
    samples,
)
from iamlab.authorization.context_keys import of_temporary
from iamlab.authorization.principal import principal_of
from iamlab.model.credentials import CredentialKind, Presented
from iamlab.model.providers import SAMLProvider
from iamlab.model.quotas import quota
from iamlab.operations.federation.oidc_claims import condition_keys
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.federation.saml_identity import context_of
from iamlab.operations.federation.saml_xml import CLAIMS, DOORS
from iamlab.operations.iam.lookup import same_name
from iamlab.operations.sts.assume_role import keys_of_call
from iamlab.operations.sts.federated import kept
from iamlab.operations.sts.session_tags import SessionTags
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from iamlab.analysis.privilege_escalation.attacker_view import AttackerView
    from iamlab.analysis.privilege_escalation.escalation_methods import EscalationMethod
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

    def session(self, role: Role) -> states.Change:
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
        return states.Change(label, lambda known: known.showing(presented), states.CALLS_WITH)

    @property
    def carried(self) -> states.Carried:
        """What the session hands on."""
        return states.Carried(source_identity=self.source_identity)


def by_saml(account: Account, name: str, required: RequiredValues) -> Iterator[Vouched]:
    """Give what a SAML provider could say: all that is asked for, then less."""
    door = DOORS.get(account.partition, DOORS["aws"])
    sign_in = f"https://{door.host}/saml"
    doors = [*_texts(required, "saml:aud"), sign_in]
    audience = next(each for each in doors if door.is_recipient(each))
    issuer = _first(required, "saml:iss", ENTITY_ID)
    provider = SAMLProvider(account, name, issuer=issuer)
    subject = _first(required, "saml:sub", FILLER)
    attributes = {
        attribute: _first(required, claim.key, FILLER)
        for attribute, claim in _claims().items()
        if claim.key.lower() in required
    }
    said = {
        claim.key: (attributes[attribute],) if claim.is_list else attributes[attribute]
        for attribute, claim in _claims().items()
        if attribute in attributes
    }
    known = {"saml:name": subject, **said}
    context = {**context_of(provider, subject, "persistent", audience), **known}
    action = "sts:AssumeRoleWithSAML"
    for more in _more(required):
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


def _claims() -> Mapping[str, Any]:
    """Give one attribute for each key, by its name; what the directory tells anyway is not new."""
    found: dict[str, str] = {}
    for attribute, claim in CLAIMS.items():
        found.setdefault(claim.key, attribute)
    return {attribute: CLAIMS[attribute] for key, attribute in found.items() if key != "saml:name"}


def by_oidc(
    account: Account, name: str, required: RequiredValues, audience: str = ""
) -> Iterator[Vouched]:
    """Give what an OIDC provider could say."""
    audience = audience or _first(required, f"{name}:aud", AUDIENCE)
    subject = _first(required, f"{name}:sub", FILLER)
    start = f"{name}:".lower()
    attributes = {
        key[len(start) :]: _first(required, key, FILLER)
        for key in required
        if key.startswith(start) and key[len(start) :] not in ("aud", "sub")
    }
    context = condition_keys(name, {"sub": subject, "aud": audience, **attributes}, audience)
    arn = f"arn:{account.partition}:iam::{account.account_id}:oidc-provider/{name}"
    for more in _more(required):
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


def _more(required: RequiredValues) -> Iterator[dict[str, Any]]:
    """Give the rest of what can be said: with tags and source identity where they are asked for."""
    names = [*_texts(required, "sts:RoleSessionName"), FILLER]
    name = next(each for each in names if is_session_name(each))
    tags = {
        key: values[0] for key, values in required_tags(required, {}, "aws:RequestTag/").items()
    }
    identity = next(iter(_texts(required, "sts:SourceIdentity")), "")
    seen = []
    for some, source in ((tags, identity), (tags, ""), ({}, identity), ({}, "")):
        if (some, source) not in seen:
            seen.append((some, source))
            yield {"name": name, "tags": some, "source_identity": source}


def _texts(required: RequiredValues, key: str) -> list[str]:
    return [each.text for each in samples(required, key, {})]


def _first(required: RequiredValues, key: str, default: str) -> str:
    return next(iter(_texts(required, key)), default)


# What is signed ---------------------------------------------------------------------------------


def _directory(world: World, issuer: str) -> SamlDirectory:
    """Give the caller's directory, which no world holds: it is out of sight."""
    from iamlab.operations.federation.saml_directory import SamlDirectory

    return SamlDirectory(world, "the caller's own", issuer, certificate_number=OWN_CERTIFICATE)


def metadata(issuer: str) -> Placeholder:
    """Stand for the metadata of the caller's directory."""
    said = "the metadata of an identity provider of the caller's own"
    return Placeholder(said, lambda world: _directory(world, issuer).metadata())


def assertion(vouched: Vouched, role: Role) -> Placeholder:
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

    return Placeholder("an assertion that the caller's own identity provider signs", make)


def token(vouched: Vouched) -> Placeholder:
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

    return Placeholder(f"a token that the caller gets of {vouched.issuer}", make)


SAML, OIDC = "saml-provider", "oidc-provider"

WRITES = (
    *("iam:UpdateSAMLProvider", "iam:CreateSAMLProvider", "iam:CreateOpenIDConnectProvider"),
    "iam:AddClientIDToOpenIDConnectProvider",
)


def write_provider(view: AttackerView, method: EscalationMethod) -> Iterator[Edge]:
    """Write a provider that roles trust, then ``AssumeRoleWithSAML`` or ``...WithWebIdentity``."""
    if not any(map(view.ever, WRITES)):
        return
    trusting: dict[str, list[Role]] = {}
    for role in view.account.roles.values():
        for arn in dict.fromkeys(_providers(role)):
            trusting.setdefault(arn, []).append(role)
    for arn, roles in trusting.items():
        kind, _, name = Arn.parse(arn).resource.partition("/")
        for role in roles:
            edge = _FINDS[kind](view, method, role, arn, name)
            if edge is not None:
                yield edge


def _providers(role: Role) -> Iterator[str]:
    """Give the ARNs of the account's providers that a role's trust policy names."""
    start = f"arn:{role.account.partition}:iam::{role.account.account_id}:"
    for statement in () if role.trust is None else role.trust.statements:
        for kind, value in statement.principal or ():
            is_own = kind == "Federated" and is_arn(value) and value.startswith(start)
            if is_own and Arn.parse(value).kind in (SAML, OIDC):
                yield value


def _by_saml(
    view: AttackerView, method: EscalationMethod, role: Role, arn: str, name: str
) -> Edge | None:
    vouched = _heard(view, role, lambda required: by_saml(view.account, name, required))
    if vouched is None:
        return None
    document = metadata(vouched.issuer)
    conditions: tuple[str, ...] = ()
    provider = view.account.saml_providers.get(arn)
    if provider is not None or view.world.loaded:
        given: dict[str, Any] = {"SAMLProviderArn": arn, "SAMLMetadataDocument": document}
        if provider is None:
            conditions = (f"the account has the SAML provider {name}",)
        elif provider.assertion_encryption_mode == "Required":
            given["AssertionEncryptionMode"] = "Allowed"
        write = view.call("UpdateSAMLProvider", **given)
    else:
        held = {each.name: each for each in view.account.saml_providers.values()}
        full = len(held) >= quota(view.account, "SAMLProviders")
        if full or same_name(name, held) is not None or not is_session_name(name):
            return None
        write = view.call("CreateSAMLProvider", Name=name, SAMLMetadataDocument=document)
    if not view.may(write):
        return None
    given = {"RoleArn": role.arn, "PrincipalArn": arn, "SAMLAssertion": assertion(vouched, role)}
    calls = (write, Call("sts:AssumeRoleWithSAML", given, ()))
    return _edge(view, method, role, vouched, calls, conditions)


def _by_oidc(
    view: AttackerView, method: EscalationMethod, role: Role, arn: str, name: str
) -> Edge | None:
    issuer = view.world.oidc_issuers.get(f"https://{name}")
    if issuer is not None and not issuer.is_online:
        return None
    provider = view.account.oidc_providers.get(arn)
    vouched = _heard(view, role, lambda required: by_oidc(view.account, name, required))
    if vouched is not None and provider is not None and vouched.audience in provider.client_ids:
        # Tokens for that audience are taken already: one's own application may be another one.
        vouched = _heard(
            view, role, lambda required: by_oidc(view.account, name, required, "reach")
        )
    if vouched is None:
        return None
    conditions = [f"the caller gets tokens of {vouched.issuer} for {vouched.audience}"]
    given: dict[str, Any]
    if provider is not None:
        full = len(provider.client_ids) >= quota(view.account, "ClientIdsPerOpenIdConnectProvider")
        given = {"OpenIDConnectProviderArn": arn, "ClientID": vouched.audience}
        write = view.call("AddClientIDToOpenIDConnectProvider", **given)
    else:
        held = {each.name: each for each in view.account.oidc_providers.values()}
        most = quota(view.account, "OpenIDConnectProviders")
        full = len(held) >= most or same_name(name, held) is not None
        given = {"Url": vouched.issuer, "ClientIDList": [vouched.audience]}
        write = view.call("CreateOpenIDConnectProvider", **given)
        if view.world.loaded:
            conditions.append(f"the account has no provider for {vouched.issuer} yet")
    if full or not view.may(write):
        return None
    named = {"RoleArn": role.arn, "RoleSessionName": vouched.name}
    taking = Call(
        "sts:AssumeRoleWithWebIdentity", {**named, "WebIdentityToken": token(vouched)}, ()
    )
    return _edge(view, method, role, vouched, (write, taking), tuple(conditions))


_FINDS = {SAML: _by_saml, OIDC: _by_oidc}


def _heard(
    view: AttackerView, role: Role, said: Callable[[RequiredValues], Iterator[Vouched]]
) -> Vouched | None:
    """Give what a role's trust policy, and what else has a say, listens to."""
    required = required_in(*([] if role.trust is None else [role.trust]))
    for vouched in said(required):
        provider = PrincipalState.of(principal_of(view.world, vouched.provider_arn))
        if all(view.decider.decide(provider, need) for need in vouched.needs(role)):
            return vouched
    return None


def _edge(
    view: AttackerView,
    method: EscalationMethod,
    role: Role,
    vouched: Vouched,
    calls: tuple[Call, ...],
    conditions: tuple[str, ...],
) -> Edge:
    base = replace(PrincipalState.of(principal_of(view.world, role)), carried=vouched.carried)
    target = view.changed(base, vouched.session(role))
    return Edge(method, view.state, target, lambda: calls, conditions)
