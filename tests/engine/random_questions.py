"""Random questions for the engine and the oracle: a small world in which policies nearly match.

Every document is one that a strict parser accepts. One generator serves two sources of chance: it
asks only for whole numbers, which come from `random` (fast) or from hypothesis (which shrinks
them, so the first option of every choice is the simplest one).
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st

from tests.engine.vocabulary import (
    ANA,
    BEN,
    BOOLS,
    CALLERS,
    DEV,
    DEV_1,
    EC2,
    EVE,
    FOREIGN,
    GUEST,
    KEYS,
    LOGGING,
    NAMES,
    NEW,
    OLD,
    OPERATORS,
    OWN,
    PINS,
    PROVIDERS,
    S3_CALLS,
    Caller,
    Doc,
    Key,
    action_patterns,
    private_calls,
    resource_patterns,
    shared_calls,
    trust_calls,
    trust_patterns,
)

__all__ = ["CALLERS", "FOREIGN", "NAMES", "NEW", "OLD", "OPERATORS", "OWN", "questions"]

T = TypeVar("T")

NOTHING_AROUND: Doc = {"scps": [], "rcps": [], "endpoint": None, "scoped": []}
FULL = {"Effect": "Allow", "Action": "*", "Resource": "*"}
STRANGERS = {
    "StringNotEqualsIfExists": {"aws:PrincipalOrgID": "o-1"},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}


@dataclass
class _World:
    """One question in the making: the request, and the context as far as it is settled."""

    below: Callable[[int], int]
    caller: Caller
    action: str = ""
    resource: str = "*"
    owner: str = OWN
    trust: bool = False
    shared: bool = False
    context: Doc = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        return self.below(100) >= 100 - percent

    def some(self, pools: tuple[Sequence[T], Sequence[T]], miss: int) -> T | list[T]:
        """One value or a short list, each from the first pool or, at times, from the second."""
        chosen = [self.pick(pools[self.chance(miss)]) for _ in range(self.pick([1, 1, 1, 2, 3]))]
        return chosen[0] if len(chosen) == 1 and self.chance(60) else chosen

    def ask(self) -> None:
        """Settle the request."""
        kind, account = self.caller.kind, self.caller.account
        other = FOREIGN if account == OWN else OWN
        self.owner = other if self.chance(25) else account
        inside = kind not in ("service", "anonymous", "provider")
        self.trust = kind == "provider" or (kind != "anonymous" and self.chance(18))
        if self.trust:
            calls = trust_calls(self.owner, self.caller.arn)
        elif inside and self.owner == account and self.chance(35):
            calls = private_calls(account)
        elif inside and self.chance(4):
            calls = [("sts:AssumeRoot", f"arn:aws:iam::{self.owner}:root")]
        elif kind == "anonymous" and self.chance(70):
            calls = [*S3_CALLS * 5, ("sts:GetCallerIdentity", "*")]
        else:
            calls = shared_calls(self.owner)
        self.action, self.resource = self.pick(calls)
        self.shared = self.trust or (self.action, self.resource) in shared_calls(self.owner)
        self.context.update(self.caller.keys)
        if self.caller.tagged and self.chance(60):
            self.context["aws:PrincipalTag/team"] = self.pick(["red", "ana", "*"])

    def settle(self, key: Key) -> None:
        """Return the key its value in the request, once."""
        if key.derived or key.name in self.settled:
            return
        self.settled.add(key.name)
        if self.chance(30):
            return
        if not key.many:
            self.context[key.name] = self.pick(key.values)
        elif self.chance(5):
            self.context[key.name] = [""]
        else:
            size = self.pick([1, 2, 3])
            self.context[key.name] = [self.pick(key.values) for _ in range(size)]

    def test(self, keys: Sequence[Key] = KEYS) -> tuple[str, str, Any]:
        """One condition: operator, key, value or values."""
        key = self.pick(keys)
        self.settle(key)
        name = key.name.upper() if self.chance(8) else key.name
        qualified = self.chance(75 if key.many else 8)
        prefix = self.pick(["ForAnyValue:", "ForAllValues:"]) if qualified else ""
        if self.chance(8):
            return f"{prefix}Null", name, self.pick(BOOLS[:4])
        family = "String" if key.family == "Arn" and self.chance(15) else key.family
        operator = self.pick(OPERATORS[family])
        suffix = "IfExists" if self.chance(18) else ""
        whole = prefix + operator + suffix
        if self.chance(4) and (prefix or suffix or "Not" not in operator):
            return whole, name, []
        tests = self.some((key.tests, key.tests), 0)
        if operator == "Bool" and isinstance(tests, list):
            tests = tests[0]
        return whole, name, tests

    def condition(self, keys: Sequence[Key] = KEYS) -> Doc:
        """A Condition element without a duplicate key in an operator."""
        condition: Doc = {}
        for _ in range(self.pick([1, 1, 1, 2, 2, 0])):
            operator, key, values = self.test(keys)
            present = condition.setdefault(operator, {})
            if key.lower() not in {name.lower() for name in present}:
                present[key] = values
        return condition

    def focus(self) -> tuple[Doc, Doc]:
        """A statement that a single test decides, and an Allow for everything."""
        self.owner, (self.action, self.resource) = OWN, S3_CALLS[0]
        operator, key, values = self.test()
        effect = "Deny" if self.chance(20) else "Allow"
        return FULL | {"Effect": effect, "Condition": {operator: {key: values}}}, FULL

    def statement(self, deny: int, miss: int = 15) -> Doc:
        """A statement without principal."""
        made: Doc = {"Effect": "Deny" if self.chance(deny) else "Allow"}
        miss = 45 if made["Effect"] == "Deny" else miss
        if self.chance(10):
            made["NotAction"] = self.some(action_patterns(self.action), 90)
        else:
            made["Action"] = self.some(action_patterns(self.action), miss)
        if self.chance(10):
            made["NotResource"] = self.some(resource_patterns(self.resource), 90)
        elif "-1:" in self.resource and self.chance(3):
            made["Resource"] = self.resource.replace(self.owner, "${aws:PrincipalAccount}")
        else:
            made["Resource"] = self.some(resource_patterns(self.resource), miss)
        if self.chance(40):
            made["Condition"] = self.condition()
        return made

    def policy(self, statements: list[Doc]) -> Doc:
        """A policy of the statements, in one of the spellings that mean the same."""
        statements = [
            {"Sid": f"S{number}"} | statement if self.chance(20) else statement
            for number, statement in enumerate(statements)
        ]
        made: Doc = {}
        version = self.pick([*[NEW] * 8, OLD, None])
        if version:
            made["Version"] = version
        single = len(statements) == 1 and self.chance(30)
        return made | {"Statement": statements[0] if single else statements}

    def policies(self, sizes: Sequence[int], deny: int) -> list[Doc]:
        """Policies of the caller's side."""
        return [
            self.policy([self.statement(deny) for _ in range(self.pick([1, 1, 2, 3]))])
            for _ in range(self.pick(sizes))
        ]

    def principal(self) -> Any:
        """A Principal element that names the caller more often than not."""
        caller, kind = self.caller, self.caller.kind
        if not self.trust and self.chance(12):
            return "*"
        root = f"arn:aws:iam::{caller.account}:root"
        own = [caller.arn, caller.issuer or caller.arn, root, caller.account, "*"]
        outside = kind in ("service", "anonymous", "provider")
        made: Doc = {}
        if kind in ("service", "provider"):
            name = "Service" if kind == "service" else "Federated"
            made[name] = self.some(
                ([caller.arn], [LOGGING, EC2] if name == "Service" else PROVIDERS), 30
            )
        elif self.chance(8):
            made["Service"] = self.some(([EC2], [LOGGING, EC2]), 30)
        if not made or kind not in ("service", "provider") or self.chance(20):
            made["AWS"] = self.some((["*"] if outside else own, NAMES), 35)
        if self.chance(3) and self.trust:
            made.setdefault("Federated", "accounts.google.com")
        elif self.chance(3) and self.action.startswith("s3:"):
            made["CanonicalUser"] = "0a" * 32
        return made

    def not_principal(self, effect: str) -> Doc:
        """A NotPrincipal element; with Deny the account is beside the principals in it."""
        caller = self.caller
        named = caller.kind not in ("service", "anonymous", "provider") and self.chance(60)
        text = caller.arn if named else self.pick(NAMES)
        if effect == "Allow":
            return {"AWS": self.pick([ANA, BEN, EVE, DEV, DEV_1, GUEST])}
        if caller.kind == "service" and self.chance(50):
            return {"Service": [self.pick([EC2, LOGGING])]}
        account = text.split(":")[4] if ":" in text else text
        behind = [known.issuer for known in CALLERS if known.arn == text and known.issuer]
        spelling = self.pick([f"arn:aws:iam::{account}:root", account])
        return {"AWS": [*dict.fromkeys([text, *behind, spelling])]}

    def resource_policy(self, *, pinned: bool) -> Doc | None:
        """The policy of the resource, where its kind has one."""
        if not self.shared or (self.action.startswith("s3:") and not self.chance(80)):
            return None
        statements = []
        for _ in range(self.pick([1, 1, 2, 3])):
            statement = self.statement(27)
            if pinned and self.chance(60):
                statement["Condition"] = self.condition(PINS)
            if self.trust:
                statement = {
                    "Effect": statement["Effect"],
                    "Action": self.some(trust_patterns(self.action), 20),
                } | {name: value for name, value in statement.items() if name == "Condition"}
            elif self.action.startswith("kms:"):
                statement.pop("NotResource", None)
                statement["Resource"] = "*"
            if not self.trust and self.chance(8):
                effect = "Allow" if self.chance(15) else "Deny"
                statement |= {"Effect": effect, "NotPrincipal": self.not_principal(effect)}
            else:
                statement["Principal"] = self.principal()
            statements.append(statement)
        made = self.policy(statements)
        return {"Id": "P1"} | made if self.chance(10) else made

    def level(self, full: Doc, other: Callable[[int], Doc]) -> list[Doc]:
        """One level of an organization: often all is allowed, then at times some is denied."""
        whole = {"Version": NEW, "Statement": [full]}
        narrow = self.chance(25)
        deny = 0 if narrow else 80
        more = [self.policy([other(deny)]) for _ in range(self.pick([0, 0, 1, 2]) + narrow)]
        return more if narrow else [whole, *more]

    def rcp_statement(self, deny: int) -> Doc:
        """A statement of an RCP: for everyone, in so many words or not, or for some at least."""
        statement = self.statement(deny, miss=8)
        if statement["Effect"] == "Deny" and self.chance(50):
            statement["Condition"] = STRANGERS
        if self.chance(85):
            return statement | {"Principal": "*"}
        return statement | ({"Principal": self.principal()} if self.chance(50) else {})

    def endpoint_policy(self) -> Doc:
        """The policy of a VPC endpoint, which names principals as a resource policy does."""
        statements = [FULL | {"Principal": "*"}] if self.chance(40) else []
        for _ in range(self.pick([1, 1, 2])):
            statement = self.statement(20, miss=8)
            if statement["Effect"] == "Deny" and self.chance(20):
                statement["NotPrincipal"] = self.not_principal("Deny")
            elif self.chance(25):
                statement["Principal"] = {"AWS": f"arn:aws:iam::{self.caller.account}:root"}
            elif self.chance(75):
                statement["Principal"] = "*" if self.chance(30) else self.principal()
            statements.append(statement)
        return self.policy(statements)

    def grant(self) -> Doc:
        """A grant of a KMS key, at times only for one encryption context."""
        caller, operation = self.caller, self.action.partition(":")[2]
        pairs = {"dept": self.pick(["hr", "it"])} | ({"app": "x"} if self.chance(30) else {})
        sent = {"dept": self.pick(["hr", "it"])} | ({"app": "x"} if self.chance(30) else {})
        kinds = ["subset", "equals", "equals"]
        constraint = f"encryption_context_{self.pick(kinds)}" if self.chance(65) else ""
        if constraint and "kms:EncryptionContextKeys" not in self.context and self.chance(85):
            self.context["kms:EncryptionContextKeys"] = [*sent]
            self.context |= {f"kms:EncryptionContext:{key}": value for key, value in sent.items()}
        own = [caller.arn, caller.issuer or caller.arn] if caller.arn.startswith("arn:") else []
        names = [*own, *own, f"arn:aws:iam::{caller.account}:root", *NAMES[:3]]
        return {
            "grantee_principal": self.pick(names),
            "operations": self.pick([[operation], ["Encrypt", operation], ["Encrypt"]]),
            "constraints": {constraint: pairs} if constraint else {},
        }

    def block(self) -> Doc:
        """The four switches of Block Public Access."""
        switches = {"restrict_public_buckets": self.chance(70)}
        for name in ("block_public_acls", "ignore_public_acls", "block_public_policy"):
            switches[name] = self.chance(50)
        return switches

    def around(self) -> Doc:
        """What is around the policies of caller and resource; mostly one thing or nothing."""
        made = dict(NOTHING_AROUND)
        if not self.chance(45):
            return made
        which = [
            self.pick(["scps", "rcps", "endpoint", "scoped"]) for _ in range(self.pick([1, 1, 2]))
        ]
        sizes = [1, 2, 3]
        if "scps" in which:
            levels = range(self.pick(sizes))
            made["scps"] = [self.level(FULL, lambda d: self.statement(d, miss=8)) for _ in levels]
        if "rcps" in which:
            levels = range(self.pick(sizes))
            made["rcps"] = [
                self.level(FULL | {"Principal": "*"}, self.rcp_statement) for _ in levels
            ]
        if "endpoint" in which:
            made["endpoint"] = self.endpoint_policy()
            made["endpoint_type"] = self.pick(["Gateway", "Interface"])
        if "scoped" in which:
            made["scoped"] = self.policies([1, 1, 2, 3], 8)
        return made

    def question(self) -> Doc:
        """Build everything; the context comes last, because policies say which keys matter."""
        self.ask()
        kind = self.caller.kind
        has_policies = kind in ("user", "role", "session", "federated")
        has_session = kind == "federated" or (kind in ("role", "session") and self.chance(40))
        identity, boundary, session, resource_policy, block = [], None, [], None, None
        around, grants = dict(NOTHING_AROUND), []
        if has_policies and self.caller.account == OWN and self.chance(20):
            tested, everything = self.focus()
            identity = [self.policy([tested, everything][: 1 + (tested["Effect"] == "Deny")])]
            session = [self.policy([everything])] if has_session else []
        else:
            odd = self.chance(9)  # policies that such a caller cannot have are handed in
            identity = self.policies([0, 1, 1, 2], 18) if has_policies or odd else []
            bounded = (has_policies and self.chance(35)) or odd
            boundary = self.policies([1], 12)[0] if bounded else None
            session = self.policies([0, 1, 1, 2], 10) if has_session or odd else []
            if self.action.startswith("s3:") and self.chance(30):
                block = self.block()
            resource_policy = self.resource_policy(pinned=block is not None)
            if ":key/" in self.resource and self.chance(45):
                grants = [self.grant() for _ in range(self.pick([1, 1, 2]))]
            around = self.around()
        through = self.action.startswith("s3:") and self.chance(12)
        point = {"access_point": f"arn:aws:s3:us-east-1:{OWN}:accesspoint/ap"} if through else {}
        request = self.pick([*[self.action] * 8, self.action.lower(), self.action.upper()])
        return {
            "principal": self.caller.arn,
            "issuer": self.caller.issuer,
            "action": request,
            "resource": self.resource,
            "resource_account": self.owner,
            "context": self.context,
            **point,
            "identity": identity,
            "resource_policy": resource_policy,
            "boundary": boundary,
            "session": session,
            **around,
            "grants": grants,
            "public_access_block": block,
        }


def _question(below: Callable[[int], int]) -> Doc:
    return _World(below, CALLERS[below(len(CALLERS))]).question()


def random_question(rng: random.Random) -> Doc:
    """One question of the universe, without hypothesis, for long loops."""
    return _question(lambda limit: int(rng.random() * limit))


@st.composite
def questions(draw: st.DrawFn) -> Doc:
    """The same universe as a strategy."""
    return _question(lambda limit: draw(st.integers(0, limit - 1)))
