"""Outbound federation: an account's principals get tokens that show elsewhere who they are.

Once it is on, the account is an OpenID Connect provider with a URL of its own, which the tokens of
``GetWebIdentityToken`` name as their issuer. A service outside of AWS that trusts this URL needs no
secret of anybody.

Notes
-----
AWS pages: "Getting started with outbound identity federation"; "API
EnableOutboundWebIdentityFederation". AWS draws the URL by lot; here it follows from the world's
seed and the account's id, and is the same whenever the account switches it on again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import FeatureDisabled, FeatureEnabled
from iamlab.world.api.entry import Parameters, operation

if TYPE_CHECKING:
    from iamlab.world.account import Account

_HOST = "tokens.sts.global.api.aws"

# AWS's sentences are likely, not sure: its pages give only their meaning.
_IS_ON = "Outbound web identity federation is already enabled for your account"
_IS_OFF = "Outbound web identity federation is disabled for your account"


def _issuer_of(account: Account) -> str:
    """Make the URL of an account: it is marked as an example, so that it is nobody's."""
    drawn = account.world.ids.hidden(f"issuer/{account.account_id}", "0123456789abcdef", 25)
    parts = (drawn[:8], drawn[8:12], drawn[12:16], drawn[16:20], f"{drawn[20:]}example")
    return f"https://{'-'.join(parts)}.{_HOST}"


def _issuer(issuer: str) -> dict[str, Any]:
    return {"IssuerIdentifier": issuer}


def _info(issuer: str) -> dict[str, Any]:
    return {"IssuerIdentifier": issuer, "JwtVendingEnabled": True}


@operation("EnableOutboundWebIdentityFederation", on="*", answer=_issuer)
def enable_outbound_web_identity_federation(account: Account, _: Parameters) -> str:
    """Make the account an issuer of tokens, and give its URL."""
    if account.outbound_federation:
        raise FeatureEnabled(_IS_ON)
    account.outbound_federation = _issuer_of(account)
    account.changed()
    return account.outbound_federation


@operation("DisableOutboundWebIdentityFederation", on="*")
def disable_outbound_web_identity_federation(account: Account, _: Parameters) -> None:
    """Let the account issue no more tokens; those that it has issued stay valid."""
    _check_is_on(account)
    account.outbound_federation = ""
    account.changed()


@operation("GetOutboundWebIdentityFederationInfo", on="*", answer=_info)
def get_outbound_web_identity_federation_info(account: Account, _: Parameters) -> str:
    """Give the account's URL."""
    _check_is_on(account)
    return account.outbound_federation


def _check_is_on(account: Account) -> None:
    if not account.outbound_federation:
        error = FeatureDisabled(_IS_OFF)
        error.add_note("EnableOutboundWebIdentityFederation switches it on.")
        raise error
