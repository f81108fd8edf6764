"""The calls of the night as lines of text, made from an address with credentials by name.

A line is a call. ``as`` says with which credentials, ``gives`` keeps the new ones under a name::

    iam:ListUsers
    s3:GetObject arn:aws:s3:::star-maps/survey/m31.fits
    as outside sts:AssumeRole RoleArn=arn:aws:iam::111111111111:role/auditor ... gives power

A call without a model in iamlab has an ARN, or ``*``. A policy is the name of a table of
statements; ``+name`` adds its statements to the policy that is there.

Notes
-----
AWS pages: "IAM API Reference"; "API AssumeRole"; "How IAM users sign in to AWS"; "Working with
Lambda execution environment credentials".
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from iamlab.authorization.principal import principal_of
from iamlab.incident.company import Table, document
from iamlab.model.network_locations import Standing
from iamlab.operations.dispatch import call_in
from iamlab.operations.services.lambda_functions import Function

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.policy.document import Policy
    from iamlab.world.account import Account
    from iamlab.world.world import World

INVOKE, SIGN_IN = "lambda:InvokeFunction", "signin:ConsoleLogin"
"""Calls whose response has no credentials, but that lead to some."""

_POLICIES = ("Policy", "PolicyDocument")
_PASSWORDS = ("CreateLoginProfile", "UpdateLoginProfile")


@dataclass(frozen=True, slots=True)
class Line:
    """A call.

    Parameters
    ----------
    by
        The name of the caller's credentials.
    resource
        The ARN of a call without a model; empty for others.
    parameters
        By their names in the API.
    gives
        The name for the new credentials; empty without new credentials.
    """

    by: str
    operation: str
    resource: str
    parameters: Mapping[str, str]
    gives: str = ""

    @property
    def password_of(self) -> tuple[str, ...]:
        """The user whose password it sets, if it does."""
        is_set = self.operation.removeprefix("iam:") in _PASSWORDS
        return (self.parameters["UserName"],) if is_set else ()


def read_line(text: str, by: str = "own") -> Line:
    """Read a line.

    Parameters
    ----------
    by
        The caller of a line without ``as``.

    Examples
    --------
    >>> line = read_line("as outside sts:AssumeRole RoleArn=auditor gives power")
    >>> line.by, line.operation, line.parameters, line.gives
    ('outside', 'sts:AssumeRole', {'RoleArn': 'auditor'}, 'power')
    >>> read_line("s3:ListAllMyBuckets *").resource
    '*'
    """
    words = text.split()
    if words[0] == "as":
        _, by, *words = words
    gives = words[-1] if words[-2:-1] == ["gives"] else ""
    operation, *rest = words[:-2] if gives else words
    resource = rest.pop(0) if rest and "=" not in rest[0] else ""
    return Line(by, operation, resource, dict(word.split("=", 1) for word in rest), gives)


def read_lines(text: str, by: str = "own") -> list[Line]:
    """Read lines; ``;`` also ends a line.

    Examples
    --------
    >>> [line.operation for line in read_lines("iam:ListUsers; iam:ListRoles")]
    ['iam:ListUsers', 'iam:ListRoles']
    """
    rows = text.replace(";", "\n").splitlines()
    return [read_line(row, by) for row in rows if row.strip()]


@dataclass(slots=True)
class Actor:
    """Somebody who makes calls from one address.

    Parameters
    ----------
    ip, agent
        The address and the program, as events show them.
    held
        Credentials by name; a function stands for the session of its code.
    policies
        Tables of statements by name.
    values
        Texts for ``{name}`` in policies.
    password
        The password that it sets, and signs in with.
    browser
        The program for what happens in the console; empty: ``agent``.
    browsing
        The names of the credentials that are used in the console.
    """

    world: World = field(repr=False)
    ip: str
    agent: str
    held: dict[str, Any] = field(repr=False)
    policies: Mapping[str, Table] = field(default_factory=dict, repr=False)
    values: Mapping[str, str] = field(default_factory=dict)
    password: str = field(default="", repr=False)
    browser: str = ""
    browsing: set[str] = field(default_factory=set)

    def make(self, line: Line) -> None:
        """Make a call, and keep the credentials that it gives.

        Raises
        ------
        AwsError
            The call is refused.
        """
        world = self.world
        with world.network(ip=self.ip):
            in_browser = line.operation == SIGN_IN or line.by in self.browsing
            agent = self.browser if in_browser and self.browser else self.agent
            world.standing = Standing({"aws:UserAgent": agent})
            try:
                made = self._made(line)
            finally:
                world.standing = Standing()
        if line.gives:
            self.held[line.gives] = made
            self.browsing |= {line.gives} if in_browser else set()

    def _caller(self, name: str) -> Caller:
        found: Caller | Function = self.held[name]
        return found.role_session() if isinstance(found, Function) else found

    def _made(self, line: Line) -> Any:
        """Make a call, and return what it makes."""
        world = self.world
        if line.operation == SIGN_IN:
            user = world.user(line.parameters["UserName"])
            return world.sign_in(account=user.account, user=user, password=self.password)
        caller = self._caller(line.by)
        account_id = principal_of(world, caller).account_id
        if line.resource:
            region = line.parameters.get("Region", "us-east-1")
            world.do(caller, line.operation, line.resource, region=region)
            invoked = line.gives and line.operation == INVOKE
            function = world.accounts[account_id].resources[line.resource] if invoked else None
            return function.role_session() if isinstance(function, Function) else None
        parameters = self._parameters(line, world.accounts[account_id])
        if line.by in self.browsing and "RoleSessionName" in parameters:  # as the console does
            parameters["RoleSessionName"] = principal_of(world, caller).arn.rpartition("/")[2]
        operation = line.operation.removeprefix("iam:")
        return call_in(world, operation, caller, parameters, account_id)[0]

    def _parameters(self, line: Line, account: Account) -> Table:
        found: Table = dict(line.parameters)
        for name, text in line.parameters.items():
            if name in _POLICIES:
                found[name] = self._policy(text, line, account)
            elif name == "DurationSeconds":
                found[name] = int(text)
            elif name == "SetAsDefault":
                found[name] = text == "true"
        if line.password_of:
            found["Password"] = self.password
        return found

    def _policy(self, name: str, line: Line, account: Account) -> str:
        """Return the JSON of a policy, after the statements that are there if it only adds some."""
        made = document(self.policies[name.removeprefix("+")])
        before = _policy_there(line.parameters, account) if name.startswith("+") else None
        if before is not None:
            made["Statement"] = [*before.to_dict()["Statement"], *made["Statement"]]
        text = json.dumps(made)
        for key, value in self.values.items():
            text = text.replace(f"{{{key}}}", value)
        return text


def _policy_there(parameters: Mapping[str, str], account: Account) -> Policy | None:
    """Return the policy that a call replaces."""
    match parameters:
        case {"Bucket": name}:
            return account.buckets[name].policy
        case {"PolicyArn": arn}:
            return account.policies[arn].document
        case {"RoleName": name}:
            return account.roles[name].trust
    return None
