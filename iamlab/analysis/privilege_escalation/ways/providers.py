"""The way by identity providers: let one's own speak, and it says what roles want to hear.

Notes
-----
AWS pages: "API UpdateSAMLProvider"; "API CreateOpenIDConnectProvider"; "API
AddClientIDToOpenIDConnectProvider"; "Create a role for SAML 2.0 federation".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.analysis.privilege_escalation.attacker_view import finds
from iamlab.analysis.privilege_escalation.own_providers import (
    assertion,
    by_oidc,
    by_saml,
    metadata,
    token,
)
from iamlab.analysis.privilege_escalation.permission_checks import Call
from iamlab.analysis.privilege_escalation.principal_states import Edge, Power
from iamlab.analysis.privilege_escalation.required_parameters import asked_in
from iamlab.authorization.principal import principal_of
from iamlab.model.quotas import quota
from iamlab.operations.federation.saml_claims import is_session_name
from iamlab.operations.iam.lookup import same_name
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.analysis.privilege_escalation.attacker_view import Standpoint
    from iamlab.analysis.privilege_escalation.own_providers import Vouched
    from iamlab.analysis.privilege_escalation.required_parameters import Asked
    from iamlab.analysis.privilege_escalation.table import Way
    from iamlab.model.identities import Role

SAML, OIDC = "saml-provider", "oidc-provider"

WRITES = (
    *("iam:UpdateSAMLProvider", "iam:CreateSAMLProvider", "iam:CreateOpenIDConnectProvider"),
    "iam:AddClientIDToOpenIDConnectProvider",
)


@finds(32)
def write_provider(one: Standpoint, way: Way) -> Iterator[Edge]:
    """Write a provider that roles trust, then ``AssumeRoleWithSAML`` or ``...WithWebIdentity``."""
    if not any(map(one.ever, WRITES)):
        return
    trusting: dict[str, list[Role]] = {}
    for role in one.account.roles.values():
        for arn in dict.fromkeys(_providers(role)):
            trusting.setdefault(arn, []).append(role)
    for arn, roles in trusting.items():
        kind, _, name = Arn.parse(arn).resource.partition("/")
        for role in roles:
            edge = _FINDS[kind](one, way, role, arn, name)
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


def _by_saml(one: Standpoint, way: Way, role: Role, arn: str, name: str) -> Edge | None:
    vouched = _heard(one, role, lambda asked: by_saml(one.account, name, asked))
    if vouched is None:
        return None
    document = metadata(vouched.issuer)
    conditions: tuple[str, ...] = ()
    provider = one.account.saml_providers.get(arn)
    if provider is not None or one.world.loaded:
        given: dict[str, Any] = {"SAMLProviderArn": arn, "SAMLMetadataDocument": document}
        if provider is None:
            conditions = (f"the account has the SAML provider {name}",)
        elif provider.assertion_encryption_mode == "Required":
            given["AssertionEncryptionMode"] = "Allowed"
        write = one.call("UpdateSAMLProvider", **given)
    else:
        held = {each.name: each for each in one.account.saml_providers.values()}
        full = len(held) >= quota(one.account, "SAMLProviders")
        if full or same_name(name, held) is not None or not is_session_name(name):
            return None
        write = one.call("CreateSAMLProvider", Name=name, SAMLMetadataDocument=document)
    if not one.may(write):
        return None
    given = {"RoleArn": role.arn, "PrincipalArn": arn, "SAMLAssertion": assertion(vouched, role)}
    calls = (write, Call("sts:AssumeRoleWithSAML", given, ()))
    return _edge(one, way, role, vouched, calls, conditions)


def _by_oidc(one: Standpoint, way: Way, role: Role, arn: str, name: str) -> Edge | None:
    issuer = one.world.oidc_issuers.get(f"https://{name}")
    if issuer is not None and not issuer.is_online:
        return None
    provider = one.account.oidc_providers.get(arn)
    vouched = _heard(one, role, lambda asked: by_oidc(one.account, name, asked))
    if vouched is not None and provider is not None and vouched.audience in provider.client_ids:
        # Tokens for that audience are taken already: one's own application may be another one.
        vouched = _heard(one, role, lambda asked: by_oidc(one.account, name, asked, "reach"))
    if vouched is None:
        return None
    conditions = [f"the caller gets tokens of {vouched.issuer} for {vouched.audience}"]
    given: dict[str, Any]
    if provider is not None:
        full = len(provider.client_ids) >= quota(one.account, "ClientIdsPerOpenIdConnectProvider")
        given = {"OpenIDConnectProviderArn": arn, "ClientID": vouched.audience}
        write = one.call("AddClientIDToOpenIDConnectProvider", **given)
    else:
        held = {each.name: each for each in one.account.oidc_providers.values()}
        most = quota(one.account, "OpenIDConnectProviders")
        full = len(held) >= most or same_name(name, held) is not None
        given = {"Url": vouched.issuer, "ClientIDList": [vouched.audience]}
        write = one.call("CreateOpenIDConnectProvider", **given)
        if one.world.loaded:
            conditions.append(f"the account has no provider for {vouched.issuer} yet")
    if full or not one.may(write):
        return None
    named = {"RoleArn": role.arn, "RoleSessionName": vouched.name}
    taking = Call(
        "sts:AssumeRoleWithWebIdentity", {**named, "WebIdentityToken": token(vouched)}, ()
    )
    return _edge(one, way, role, vouched, (write, taking), tuple(conditions))


_FINDS = {SAML: _by_saml, OIDC: _by_oidc}


def _heard(
    one: Standpoint, role: Role, said: Callable[[Asked], Iterator[Vouched]]
) -> Vouched | None:
    """Give what a role's trust policy, and what else has a say, listens to."""
    asked = asked_in(*([] if role.trust is None else [role.trust]))
    for vouched in said(asked):
        provider = Power.of(principal_of(one.world, vouched.provider_arn))
        if all(one.decider.decide(provider, need) for need in vouched.needs(role)):
            return vouched
    return None


def _edge(
    one: Standpoint,
    way: Way,
    role: Role,
    vouched: Vouched,
    calls: tuple[Call, ...],
    conditions: tuple[str, ...],
) -> Edge:
    base = replace(Power.of(principal_of(one.world, role)), carried=vouched.carried)
    target = one.changed(base, vouched.session(role))
    return Edge(way, one.power, target, lambda: calls, conditions)
