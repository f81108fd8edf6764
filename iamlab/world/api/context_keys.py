"""Which condition keys policies ask for: what a simulation has to be told.

Notes
-----
AWS pages: "API GetContextKeysForCustomPolicy"; "API GetContextKeysForPrincipalPolicy". Boundaries
and service control policies are left out, as AWS's pages say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.policy.variables import keys_in
from iamlab.world.api.entry import Parameters, operation
from iamlab.world.api.simulated_policies import hanging_on, identity_policies, source_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iamlab.policy.document import Policy, Statement
    from iamlab.world.account import Account


def keys_of(policies: Iterable[Policy]) -> list[str]:
    """List the condition keys of policies: those that are compared, and those of variables.

    Each is written as it stands there, and in the order in which it is met.

    Examples
    --------
    >>> from iamlab import Policy
    >>> home = "arn:aws:s3:::home/${aws:username}/*"
    >>> keys_of([Policy.allow("s3:*", home, when={"Bool": {"aws:SecureTransport": "true"}})])
    ['aws:username', 'aws:SecureTransport']
    """
    every = (statement for policy in policies for statement in policy.statements)
    return list(dict.fromkeys(key for statement in every for key in _keys(statement)))


def _keys(statement: Statement) -> Iterator[str]:
    for text in (*(statement.resource or ()), *(statement.not_resource or ())):
        yield from _variables(statement, text)
    for condition in statement.conditions:
        yield condition.key
        for text in condition.values:
            yield from _variables(statement, text)


def _variables(statement: Statement, text: str) -> list[str]:
    """List the keys of a text's variables; before version 2012-10-17 there are none."""
    return keys_in(text) if statement.variables else []


def _names(keys: list[str]) -> dict[str, Any]:
    return {"ContextKeyNames": keys}


@operation("GetContextKeysForCustomPolicy", on="*", answer=_names)
def get_context_keys_for_custom_policy(_: Account, given: Parameters) -> list[str]:
    """List the condition keys of policies that are passed as text."""
    return keys_of(source.policy for source in identity_policies(given))


@operation("GetContextKeysForPrincipalPolicy", on="identity", answer=_names)
def get_context_keys_for_principal_policy(account: Account, given: Parameters) -> list[str]:
    """List the condition keys of the policies of a user, group or role, and of texts besides."""
    own = hanging_on(source_of(account, given["PolicySourceArn"]))
    return keys_of(source.policy for source in (*own, *identity_policies(given)))
