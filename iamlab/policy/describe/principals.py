"""The principals of a statement, in words.

Notes
-----
AWS pages: "AWS JSON policy elements: Principal"; "AWS JSON policy elements: NotPrincipal".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.arn import ACCOUNT, WEB_IDENTITY_PROVIDERS, Arn, is_arn
from iamlab.policy.describe.words import briefly, principal_called, shown, value_text

if TYPE_CHECKING:
    from iamlab.policy.statement import Principals

FEW = 6
_UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]{12,}")
SAML, OIDC = ":saml-provider/", ":oidc-provider/"


def is_everybody(principals: Principals) -> bool:
    """Return whether a Principal element matches everybody.

    Examples
    --------
    >>> is_everybody((("AWS", "*"),)), is_everybody((("Service", "*"),))
    (True, False)
    """
    return any(kind == "*" or (kind == "AWS" and value == "*") for kind, value in principals)


def named(principals: Principals, *, exempt: bool = False, denies: bool = False) -> list[str]:
    """Name the principals of an element, without values that match nobody.

    Parameters
    ----------
    exempt
        Whether it is a NotPrincipal of a Deny, in which an account exempts only its root user.
    denies
        Whether the statement denies: then an account means everybody in it.

    Examples
    --------
    >>> named((("AWS", "111122223333"), ("Service", "ec2.amazonaws.com"), ("AWS", "alice")))
    ['account 111122223333 (if its own policies allow it)', 'EC2']
    """
    words = (_one(kind, value, exempt=exempt, denies=denies) for kind, value in principals)
    return list(dict.fromkeys(word for word in words if word))


def _one(kind: str, value: str, *, exempt: bool, denies: bool) -> str | None:
    if kind == "Service":
        return principal_called(value)
    if kind == "Federated":
        return _provider(value)
    if kind == "CanonicalUser":
        return f"the account with the canonical user ID {value_text(shown(value))}"
    if kind != "AWS":
        return None
    account = account_of(value)
    if account:
        return _of_account(account, exempt=exempt, denies=denies) + _elsewhere(value)
    if _UNIQUE_ID.fullmatch(value):
        sort = "user" if value.startswith("AIDA") else "role"
        return f"the {sort} with the ID {shown(value)} (nobody, if it was deleted)"
    return _by_arn(value)


def account_of(value: str) -> str | None:
    """Return the account of a principal that means a whole account.

    Examples
    --------
    >>> account_of("arn:aws:iam::111122223333:root"), account_of("alice")
    ('111122223333', None)
    """
    if ACCOUNT.fullmatch(value):
        return value
    if is_arn(value):
        arn = Arn.parse(value)
        if arn.service == "iam" and arn.resource == "root" and ACCOUNT.fullmatch(arn.account):
            return arn.account
    return None


def _of_account(account: str, *, exempt: bool, denies: bool) -> str:
    if exempt:
        return f"the root user of account {account}"
    if denies:
        return f"everybody in account {account}"
    return f"account {account} (if its own policies allow it)"


_SORTS = {
    ("iam", "user"): "the user {name}",
    ("iam", "role"): "the role {name}",
    ("sts", "assumed-role"): "the session {name}",
    ("sts", "federated-user"): "the federated user {name}",
}


def _by_arn(value: str) -> str | None:
    if not is_arn(value) or "*" in value or "?" in value:
        return None
    arn = Arn.parse(value)
    form = _SORTS.get((arn.service, arn.kind))
    name = arn.resource.partition("/")[2]
    if form is None or not name or not ACCOUNT.fullmatch(arn.account):
        return None
    return (
        f"{form.format(name=value_text(shown(name)))} of account {arn.account}{_elsewhere(value)}"
    )


def _elsewhere(value: str) -> str:
    """Name the partition of an ARN, if it isn't ``aws``."""
    partition = Arn.parse(value).partition if is_arn(value) else "aws"
    return "" if partition == "aws" else f" (partition {value_text(shown(partition))})"


def _provider(value: str) -> str | None:
    if value in WEB_IDENTITY_PROVIDERS:
        return f"users that {value} authenticates"
    for mark, sort in ((SAML, "SAML"), (OIDC, "OIDC")):
        if is_arn(value) and mark in value:
            arn = Arn.parse(value)
            name = value_text(shown(arn.resource.partition("/")[2]))
            return f"users that the {sort} provider {name} authenticates"
    return None


def listed(words: list[str]) -> str:
    """Join the names, and count the rest of a long list.

    Examples
    --------
    >>> listed(["EC2", "Lambda"])
    'EC2 and Lambda'
    """
    return briefly(words, FEW, "principals")
