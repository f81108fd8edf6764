"""The short notation for statements and requests in a lesson's file.

A line of a policy is a statement: effect, Sid (``-`` for none), actions, resources, and for
resource-based policies ``to`` and the principals, then ``if`` and conditions::

    deny  KeepMaps   s3:Delete*      star-maps/*
    allow OwnNotes   s3:PutObject    star-maps/notes/${aws:username}/*
    allow Partner    s3:GetObject    star-maps/*  to acme-data  if Bool aws:SecureTransport true
    allow OurPeople  sts:AssumeRole  to acme-main  if Bool aws:MultiFactorAuthPresent true

A comma separates values, ``!`` before them means all others (``NotAction``, ``NotResource``,
``NotPrincipal``), ``and`` joins conditions, and quotes keep blanks together. Learners always see
the JSON. Names of the world's resources and identities stand for their ARNs; another ARN can be
written without ``arn:aws:``, as ``s3:::moon-maps/m1.fits``.
"""

from __future__ import annotations

import re
import shlex
from itertools import chain
from typing import TYPE_CHECKING, Any

from iamlab.errors import ExerciseError, did_you_mean, noted
from iamlab.policy.document import Policy
from iamlab.teach.source_lines import at, each_line, expect, find_named, need
from iamlab.world.policy_places import arranged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iamlab.world.account import Account

_SHORT_ARN = re.compile(r"[a-z0-9-]+:[a-z0-9-]*:[0-9*]*:")
_IAM_KINDS = ("user", "group", "role", "policy", "mfa", "instance-profile")
_STATEMENT = "allow|deny Sid actions resources [to principals] [if operator key values]"


def read_policy(value: Any, account: Account) -> dict[str, Any]:
    """Return a policy document: from lines of the notation, or AWS's JSON as a table.

    Raises
    ------
    ExerciseError
        A line isn't a statement, or a name isn't in the world. The error names the line.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("acme-main", account_id="111111111111")
    >>> _ = main.create_bucket("star-maps")
    >>> read_policy("deny KeepMaps s3:Delete* star-maps/*", main)["Statement"]
    [{'Sid': 'KeepMaps', 'Effect': 'Deny', 'Action': 's3:Delete*', \
'Resource': 'arn:aws:s3:::star-maps/*'}]
    """
    if isinstance(value, dict):
        return value
    statements = each_line(expect(value, str), lambda line: read_statement(words_of(line), account))
    return {"Version": "2012-10-17", "Statement": statements}


def words_of(line: str) -> list[str]:
    """Return the words of a line; quotes keep blanks together, and ``#`` begins a comment."""
    try:
        return shlex.split(line, comments=True)
    except ValueError as error:
        raise ExerciseError(f"A quotation mark isn't closed: {line.strip()}") from error


def policy_of(value: Any, account: Account) -> Policy:
    """Return a policy from notation, JSON, or notation with an order of its statements."""
    if isinstance(value, dict) and "order" in value:
        with at("order"):
            return arranged(policy_of(need(value, "statements"), account), value["order"].split())
    return Policy.parse(read_policy(value, account))


def read_statement(words: Sequence[str], account: Account) -> dict[str, Any]:
    """Return the statement of one line."""
    head, tests = _split(words, "if")
    head, principals = _split(head, "to")
    is_whole = len(head) == 4 or (len(head) == 3 and principals)
    if not is_whole or head[0] not in ("allow", "deny"):
        raise ExerciseError(f"{' '.join(words)!r} isn't a statement. Write {_STATEMENT}.")
    effect, sid, actions, *resources = head
    statement: dict[str, Any] = {} if sid == "-" else {"Sid": sid}
    statement["Effect"] = effect.capitalize()
    elements = {"Principal": principals, "Action": [actions], "Resource": resources}
    for name, texts in elements.items():
        if texts:
            put_element(statement, name, "".join(texts), account)
    if tests:
        statement["Condition"] = _conditions(tests)
    return statement


def _split(words: Sequence[str], mark: str) -> tuple[list[str], list[str]]:
    """Split words at the first mark."""
    place = words.index(mark) if mark in words else len(words)
    return list(words[:place]), list(words[place + 1 :])


def put_element(statement: dict[str, Any], name: str, text: str, account: Account) -> None:
    """Put Action, Resource or Principal into a statement, or with ``!`` its opposite."""
    found: Any = text.removeprefix("!").split(",")
    if name == "Principal":
        found = _principals(found, account)
    else:
        found = found if name == "Action" else [arn_of(value, account) for value in found]
        found = found[0] if len(found) == 1 else found
    statement[f"Not{name}" if text.startswith("!") else name] = found


def _conditions(words: Sequence[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    rest = words
    while rest:
        test, rest = _split(rest, "and")
        if len(test) != 3:
            message = f"{' '.join(test)!r} isn't a condition. Write an operator, a key and values."
            raise ExerciseError(message)
        operator, key, text = test
        found.setdefault(operator, {})[key] = text.split(",") if "," in text else text
    return found


def _principals(values: Sequence[str], account: Account) -> Any:
    """Return a Principal element: ``*``, or the principals by type."""
    if values == ["*"]:
        return "*"
    found: dict[str, Any] = {}
    for value in values:
        kind, text = _principal(value, account)
        found.setdefault(kind, []).append(text)
    return {kind: own[0] if len(own) == 1 else own for kind, own in found.items()}


def _principal(name: str, account: Account) -> tuple[str, str]:
    name = getattr(account.world, "named", {}).get(name, name)
    arn = f"arn:aws:{name}" if _SHORT_ARN.match(name) else name
    if ":saml-provider/" in arn or ":oidc-provider/" in arn:
        return "Federated", arn
    if arn.startswith("arn:") or arn == "*" or arn.isdigit():
        return "AWS", arn
    if "." not in name:
        return "AWS", identity_arn(name, account)
    is_service = name.endswith(".amazonaws.com") and not name.startswith("cognito-identity.")
    return "Service" if is_service else "Federated", name


def identity_arn(name: str, account: Account) -> str:
    """Return the ARN that a Principal element needs for a name.

    An account's own identities come first. ``acme-data/reader`` is an identity of another account,
    and an account's name stands for the account; ``auditor/carol`` is a session of a role.
    """
    if name.startswith("arn:"):
        return name
    first, _, rest = name.partition("/")
    accounts = {own.name: own for own in account.world.accounts.values()}
    if rest and first in accounts:
        return identity_arn(rest, accounts[first])
    if rest and first in account.roles:
        role = account.roles[first]
        return f"arn:{account.partition}:sts::{account.account_id}:assumed-role/{role.name}/{rest}"
    held = (account.groups, account.roles, account.users)
    known = {own.name: own.arn for each in held for own in each.values()}
    known |= {own.name: own.root_arn for own in accounts.values()}
    return find_named("principal", name, known)


def arn_of(name: str, account: Account) -> str:
    """Return the ARN that a resource's name stands for.

    Raises
    ------
    ExerciseError
        The world has no resource with this name.
    """
    if name in ("*", "") or name.startswith(("arn:", "${")):
        return name
    if _SHORT_ARN.match(name):
        return f"arn:aws:{name}"
    first, slash, rest = name.partition("/")
    if first in _IAM_KINDS and rest:
        return f"arn:{account.partition}:iam::{account.account_id}:{name}"
    resources = named_resources(account)
    if first in resources:
        return f"{resources[first]}{slash}{rest}"
    error = ExerciseError(f"There is no resource {first!r}.")
    raise noted(error, did_you_mean(first, resources), "Another ARN: s3:::moon-maps/m1.fits.")


def named_resources(account: Account) -> dict[str, str]:
    """Return all resources of the world by name; those of the account itself come first."""
    owners = sorted(account.world.accounts.values(), key=lambda own: own is account)
    resources = chain.from_iterable(owner.resources.items() for owner in owners)
    found = {getattr(resource, "name", arn): arn for arn, resource in resources}
    return {**found, **getattr(account.world, "named", {})}
