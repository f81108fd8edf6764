"""A world as dicts and sets, and what follows from it by AWS's rules: the model of a state machine.

It is written from the facts alone and shares no code with the package. The principal of a policy
is kept by its unique ID, as in AWS. The oracle decides about access, with layers that are built
here.
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from functools import lru_cache
from typing import Any

from tests.engine.oracle import decide
from tests.engine.oracle_public import is_public
from tests.state_machine.plain_sessions import Hours, PlainSessions, is_granted, moment, of_tags
from tests.state_machine.policy_documents import (
    FULL,
    FULL_RCP,
    RCP,
    SCP,
    USES,
    Doc,
    of_new,
    text_of,
)

ANONYMOUS = "anonymous"
SERVICES = ("sns.amazonaws.com", "ec2.amazonaws.com")
ALWAYS = {SCP: "p-FullAWSAccess", RCP: "p-RCPFullAWSAccess"}
"""AWS's own policy of each type."""

IAM = "iam.amazonaws.com"
"""The service that needs access to an organization where root users are taken for tasks."""

ON, OFF = (True,) * 4, (False,) * 4
TOKEN = re.compile(r"@(A(?:IDA|ROA)[A-Z0-9]+)")
POLICY_ROOM = {SCP: 10, RCP: 5}
"""So many policies of a type are attached to one thing at most."""

Node = str
"""A root, an OU or an account, by its id."""


def written(document: Doc) -> str:
    """Write a document so that two of the same content are the same text."""
    return json.dumps(document, sort_keys=True)


@lru_cache(maxsize=4096)
def read(text: str) -> Doc:
    """Read a document; nobody changes what is read."""
    document: Doc = json.loads(text)
    return document


@lru_cache(maxsize=100_000)
def answer(question: str) -> str:
    """Ask the oracle, once for each question."""
    verdict: str = decide(json.loads(question))
    return verdict


class PlainWorld(PlainSessions):
    """What there is, as plain values.

    ``accounts`` hold ``User`` and ``Role`` by name, ``Profile`` by name, managed policies and
    identity providers by ARN, and the four switches of S3; ``resources`` are by ARN,
    ``organizations`` by id, ``sessions`` by that of their access key. ``hours`` is the time since
    the start.
    """

    def __init__(self) -> None:
        super().__init__()
        self.accounts: dict[str, dict[str, Any]] = {}
        self.resources: dict[str, dict[str, Any]] = {}
        self.organizations: dict[str, dict[str, Any]] = {}
        self.network: tuple[str, str] = ("", "")  # VPC, endpoint's id
        self.hours: Hours = 0

    # -- accounts and identities --------------------------------------------------------------

    def add_account(self, account: str) -> None:
        """Add an account in which nothing is."""
        held = {"User": {}, "Role": {}, "Profile": {}, "Policy": {}, "Provider": set()}
        self.accounts[account] = {**held, "block": None}

    def identities(self) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
        """Return all users and roles, each with its account, kind and name."""
        for account, held in self.accounts.items():
            for noun in ("User", "Role"):
                for name, item in held[noun].items():
                    yield account, noun, name, item

    def arns(self) -> dict[str, str]:
        """Return the ARN of everybody who is there, by unique id."""
        return {
            item["id"]: f"arn:aws:iam::{account}:{noun.lower()}{item['path']}{name}"
            for account, noun, name, item in self.identities()
        }

    def arn(self, account: str, noun: str, name: str) -> str:
        """Return the ARN of a user or role, or what it would be."""
        item = self.accounts.get(account, {}).get(noun, {}).get(name, {"path": "/"})
        return f"arn:aws:iam::{account}:{noun.lower()}{item['path']}{name}"

    def kept(self, document: Doc) -> str:
        """Write a document as AWS keeps it: whoever is named in it, by his unique id."""
        text = written(document)
        for key, arn in self.arns().items():
            text = text.replace(f'"{arn}"', f'"@{key}"')
        return text

    def shown(self, text: str) -> Doc:
        """Show a document that is kept: an id as an ARN, if there still is somebody behind it."""
        arns = self.arns()
        return read(TOKEN.sub(lambda found: arns.get(found[1], found[1]), text))

    # -- organizations ------------------------------------------------------------------------

    def add_organization(self, key: str, root: str, management: str, *, every: bool) -> None:
        """Make an organization; with all features SCPs are enabled at once."""
        aws = {ALWAYS[SCP]: (SCP, FULL), ALWAYS[RCP]: (RCP, FULL_RCP)} if every else {}
        self.organizations[key] = {
            "management": management,
            "root": root,
            "all": every,
            "types": {SCP} if every else set(),
            "parents": {},
            "names": {},
            "hangs": {root: {ALWAYS[SCP]} if every else set()},
            "policies": {
                policy: {"type": kind, "name": policy[2:], "text": written(text), "tags": {}}
                for policy, (kind, text) in aws.items()
            },
            "joined": {},
            "invited": {},
            "failed": 0,
            "services": set(),
            "features": set(),
            "delegates": {},
            "tags": {root: {}},
        }
        self.join(key, management, "INVITED")

    def join(self, key: str, account: str, how: str) -> None:
        """Take an account in, below the root."""
        item = self.organizations[key]
        self.add_node(key, account, item["root"])
        item["joined"][account] = (how, self.hours)

    def add_node(self, key: str, node: Node, parent: Node) -> None:
        """Put something into the tree; AWS's own policies of enabled types are attached."""
        item = self.organizations[key]
        item["parents"][node] = parent
        item["hangs"][node] = {ALWAYS[kind] for kind in item["types"]}
        item["tags"][node] = {}

    def drop_node(self, key: str, node: Node) -> None:
        """Take something out of the tree, with all that is attached to it."""
        item = self.organizations[key]
        for kept in ("parents", "hangs", "tags", "names", "joined"):
            item[kept].pop(node, None)

    def organization_of(self, account: str) -> str | None:
        """Return the organization that an account is in."""
        return next(
            (key for key, item in self.organizations.items() if account in item["joined"]), None
        )

    def way(self, key: str, node: Node) -> list[Node]:
        """Return what is on the way from the root down to something."""
        parents, path = self.organizations[key]["parents"], [node]
        while path[-1] in parents:
            path.append(parents[path[-1]])
        return path[::-1]

    def path(self, account: str) -> str | None:
        """Return the path of an account: the organization, the root, the OUs."""
        key = self.organization_of(account)
        return key and "".join(f"{part}/" for part in (key, *self.way(key, account)[:-1]))

    def may_send_root(self, sender: str, account: str) -> bool:
        """Return whether an account may take the root user of another one, for S3's task."""
        key = self.organization_of(sender)
        item = self.organizations[key] if key else {"all": False}
        return (
            item["all"]
            and sender == item["management"] != account
            and account in item["joined"]
            and IAM in item["services"]
            and "RootSessions" in item["features"]
        )

    def hanging(self, key: str, node: Node, kind: str) -> set[str]:
        """Return the policies of a type that are attached to something itself."""
        item = self.organizations[key]
        return {each for each in item["hangs"][node] if item["policies"][each]["type"] == kind}

    def levels(self, account: str, kind: str) -> list[set[str]]:
        """Return the policies of a type above an account, the root first."""
        key = self.organization_of(account)
        if key is None or account == self.organizations[key]["management"]:
            return []
        if kind not in self.organizations[key]["types"]:
            return []
        return [self.hanging(key, node, kind) for node in self.way(key, account)]

    def ceilings(self, account: str, kind: str) -> list[list[Doc]]:
        """Return the documents of these levels."""
        key = self.organization_of(account)
        policies = self.organizations[key]["policies"] if key else {}
        return [
            [read(policies[policy]["text"]) for policy in sorted(level)]
            for level in self.levels(account, kind)
        ]

    # -- resources ----------------------------------------------------------------------------

    def add_resource(self, arn: str, kind: str, account: str) -> None:
        """Put a resource into an account."""
        first = of_new(kind, arn, account)
        more: dict[str, dict[str, Any]] = {
            "bucket": {"block": ON, "abac": False},
            "key": {"grants": {}, "state": "Enabled"},
            "instance": {"profile": None, "state": "running"},
            "VPC endpoint": {"policy_of_way": FULL_RCP, "vpc": "", "service": ""},
        }
        self.resources[arn] = {
            "kind": kind,
            "account": account,
            "tags": {},
            "policy": self.kept(first) if first else None,
            **more.get(kind, {}),
        }

    def block(self, arn: str) -> tuple[bool, ...]:
        """Return the four switches in force for a bucket: on for account or bucket is on."""
        item = self.resources[arn]
        both = (item["block"] or OFF, self.accounts[item["account"]]["block"] or OFF)
        return tuple(any(pair) for pair in zip(*both, strict=True))

    def is_too_public(self, arn: str, document: Doc) -> bool:
        """Return whether BlockPublicPolicy keeps a bucket from getting a policy."""
        return self.block(arn)[2] and is_public(document)

    def is_public(self, arn: str) -> bool:
        """Return whether S3 takes the policy of a bucket for public."""
        policy = self.resources[arn]["policy"]
        return policy is not None and is_public(self.shown(policy))

    def endpoint(self, service: str) -> tuple[str, dict[str, Any]] | None:
        """Return the VPC endpoint that calls of a service go through."""
        vpc, named = self.network
        for arn, item in self.resources.items():
            own = arn.endswith(f"/{named}") if named else bool(vpc) and item.get("vpc") == vpc
            if item["kind"] == "VPC endpoint" and own and item["service"] == service:
                return arn.rpartition("/")[2], item
        return None

    def lost(self) -> bool:
        """Return whether calls go through an endpoint that is not there any more."""
        named = self.network[1]
        return bool(named) and not any(arn.endswith(f"/{named}") for arn in self.resources)

    # -- who may do what ----------------------------------------------------------------------

    def everybody(self) -> dict[str, tuple[str, str, dict[str, Any]]]:
        """Return users, roles and root users by ARN, each with its account and kind."""
        found = {
            self.arn(account, noun, name): (account, noun, item)
            for account, noun, name, item in self.identities()
        }
        roots = {f"arn:aws:iam::{each}:root": (each, "Account", {}) for each in self.accounts}
        return {**found, **roots}

    def asked(self) -> list[tuple[str, str]]:
        """Return the actions and resources that are asked."""
        pairs = [
            (action, f"{arn}/m31" if item["kind"] == "bucket" else arn)
            for arn, item in self.resources.items()
            for action in USES[item["kind"]]
        ]
        roles = [
            ("sts:AssumeRole", self.arn(account, noun, name))
            for account, noun, name, _ in self.identities()
            if noun == "Role"
        ]
        return [*pairs, *roles, ("s3:GetObject", "arn:aws:s3:::nobodys/m31")]

    def may(self, caller: str, action: str, resource: str, **keys: Any) -> bool:
        """Return whether somebody may do something.

        Parameters
        ----------
        caller
            An ARN, the id of an access key or of a session; a service's name, ``anonymous``.
        keys
            The condition keys that the call itself has.
        """
        if self.refusal_of(caller) or self.has_no_use(caller, action):
            return False
        return answer(json.dumps(self.question(caller, action, resource, keys))) == "allowed"

    def refusal_of(self, caller: str) -> str:
        """Return with which code AWS refuses credentials; services and strangers show none."""
        return self.refusal(caller) if caller[:4] in ("AKIA", "ASIA") else ""

    def question(
        self, caller: str, action: str, resource: str, keys: dict[str, Any] | None = None
    ) -> Doc:
        """Put together what the oracle is asked."""
        who = self.who(caller)
        owner, known, policy = self.target(resource, who["account"])
        path = None if caller in SERVICES else self.endpoint(action.partition(":")[0])
        return {
            "principal": who["principal"],
            "issuer": who["issuer"],
            "action": action,
            "resource": resource,
            "resource_account": owner,
            "context": {
                **who["context"],
                **self.keys_of_resource(owner, known),
                **({"aws:SourceVpce": path[0]} if path else {}),
                **(keys or {}),
            },
            "identity": who["identity"],
            "boundary": who["boundary"],
            "session": who["session"],
            "scoped": who["scoped"],
            "resource_policy": None if policy is None else self.shown(policy),
            "scps": self.ceilings(who["account"], SCP),
            "rcps": self.ceilings(owner, RCP),
            "endpoint": path[1]["policy_of_way"] if path else None,
            "grants": [
                {"grantee_principal": who, "operations": list(operations), "constraints": {}}
                for who, operations in known.get("grants", {}).values()
            ],
            "public_access_block": {"restrict_public_buckets": known["in_force"][3]}
            if known.get("kind") == "bucket"
            else None,
        }

    def who(self, caller: str) -> dict[str, Any]:
        """Return who calls, and put his policies together."""
        if caller in self.sessions:
            return self.of_session(caller)
        return self.of_arn(self.holder(caller) if caller.startswith("AKIA") else caller)

    def of_arn(self, arn: str) -> dict[str, Any]:
        """Return who a user, a root user or some session of a role is; a service, somebody else."""
        account, noun, item = self.everybody().get(arn, ("", "", {}))
        boundary = item.get("boundary")
        return {
            "principal": arn,
            "issuer": arn if noun == "Role" else None,
            "account": account,
            "context": self.keys_of_caller(arn, account, noun, item),
            "identity": [text_of(name) for name in item.get("inline", {}).values()],
            "boundary": boundary and self.managed(boundary),
            "session": [],
            "scoped": [],
        }

    def who_is(self, caller: str) -> str:
        """Return what somebody calls with: ``long-term``, or the kind of a session."""
        if caller in self.sessions:
            return str(self.sessions[caller]["kind"])
        return "role" if ":role/" in caller else "long-term"

    def roles(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Return all roles by ARN, each with its account."""
        return {
            self.arn(account, noun, name): (account, item)
            for account, noun, name, item in self.identities()
            if noun == "Role"
        }

    def is_granted(self, caller: str, action: str, resource: str) -> bool:
        """Return whether a policy of whoever is behind a caller, or of the resource, grants it."""
        return is_granted(self.question(caller, action, resource))

    def target(self, resource: str, caller_account: str) -> tuple[str, dict[str, Any], str | None]:
        """Return whose a resource is, what is known of it, and its policy.

        A bucket that nobody has is taken as the caller's own.
        """
        parts = resource.split(":")
        arn = resource.partition("/")[0] if parts[2:3] == ["s3"] else resource
        if arn in self.resources:
            item = dict(self.resources[arn])
            if item["kind"] == "bucket":
                item["in_force"] = self.block(arn)
            return item["account"], item, item["policy"]
        for account, noun, name, item in self.identities():
            if self.arn(account, noun, name) == resource:
                return account, {"tags": item["tags"]}, item.get("trust")
        owner = parts[4] if len(parts) > 4 and parts[4] else caller_account
        return owner or next(iter(self.accounts)), {}, None

    def keys_of_caller(
        self, caller: str, account: str, noun: str, item: dict[str, Any]
    ) -> dict[str, Any]:
        """Return the condition keys that a caller brings along."""
        if caller in SERVICES:
            return {"aws:PrincipalIsAWSService": "true"}
        if not account:
            return {}
        return {
            "aws:PrincipalArn": caller,
            "aws:PrincipalAccount": account,
            "aws:PrincipalIsAWSService": "false",
            "aws:userid": item.get("id", account) + (":some" if noun == "Role" else ""),
            **of_tags("aws:PrincipalTag", item.get("tags", {})),
            **self.keys_of_organization("Principal", account),
            **(self.keys_of_any_session() if noun == "Role" else {}),
        }

    def keys_of_any_session(self) -> dict[str, Any]:
        """Return what the credentials of a role bring along that were issued just now."""
        return {
            "aws:TokenIssueTime": moment(self.hours),
            "aws:MultiFactorAuthPresent": "false",
        }

    def keys_of_resource(self, owner: str, known: dict[str, Any]) -> dict[str, Any]:
        """Return the condition keys that a resource brings along; S3 shows tags with ABAC only."""
        tags = known.get("tags", {}) if known.get("abac", True) else {}
        return {
            "aws:ResourceAccount": owner,
            **of_tags("aws:ResourceTag", tags),
            **self.keys_of_organization("Resource", owner),
        }

    def keys_of_organization(self, of_what: str, account: str) -> dict[str, Any]:
        """Return the keys that say where in which organization an account is."""
        key = self.organization_of(account)
        if key is None:
            return {}
        return {f"aws:{of_what}OrgID": key, f"aws:{of_what}OrgPaths": [self.path(account)]}

    def copy(self) -> "PlainWorld":
        """Copy it."""
        return deepcopy(self)
