"""Random questions for the engine and the oracle: a small world in which policies nearly match.

Every document is one that a strict parser accepts. One generator serves two sources of chance: it
asks only for whole numbers, which come from `random` (fast) or from hypothesis (which shrinks
them, so the first option of every choice is the simplest one).
"""

import functools
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import strategies as st

Doc = dict[str, Any]
T = TypeVar("T")

OWN, FOREIGN = "111122223333", "444455556666"
NEW, OLD = "2012-10-17", "2008-10-17"


@dataclass(frozen=True)
class Caller:
    """A principal, what stands behind it, and which kinds of policy can be attached to it."""

    arn: str
    issuer: str | None = None
    tagged: bool = True

    @property
    def kind(self) -> str:
        """One of user, role, session, federated, root, service, anonymous."""
        if not self.arn.startswith("arn:"):
            return "anonymous" if self.arn == "anonymous" else "service"
        name = self.arn.split(":")[5].split("/")[0]
        return {"assumed-role": "session", "federated-user": "federated"}.get(name, name)

    @property
    def account(self) -> str:
        """The account of the caller; services and the anonymous are asked about OWN."""
        return self.arn.split(":")[4] if self.arn.startswith("arn:") else OWN

    @property
    def keys(self) -> Doc:
        """The condition keys that follow from who calls."""
        if self.kind in ("service", "anonymous"):
            return {}
        role = self.issuer if self.kind == "session" else None
        name = {"aws:username": self.arn.split("/")[-1]} if self.kind == "user" else {}
        return {
            "aws:PrincipalArn": role or self.arn,
            "aws:PrincipalAccount": self.account,
        } | name


ANA, BEN = f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{OWN}:user/staff/ben"
EVE = f"arn:aws:iam::{FOREIGN}:user/eve"
DEV, OPS = f"arn:aws:iam::{OWN}:role/dev", f"arn:aws:iam::{OWN}:role/team/ops"
DEV_1, DEV_2 = (f"arn:aws:sts::{OWN}:assumed-role/dev/s{n}" for n in (1, 2))
OPS_1 = f"arn:aws:sts::{OWN}:assumed-role/ops/s1"
GUEST = f"arn:aws:sts::{OWN}:federated-user/guest"
OWN_ROOT, FOREIGN_ROOT = (f"arn:aws:iam::{account}:root" for account in (OWN, FOREIGN))
EC2, LOGGING = "ec2.amazonaws.com", "logging.s3.amazonaws.com"

CALLERS = [
    *[Caller(ANA)] * 4,
    Caller(BEN),
    *[Caller(EVE)] * 2,
    *[Caller(DEV_1, DEV)] * 3,
    Caller(DEV_2, DEV),
    *[Caller(OPS_1, OPS)] * 2,
    Caller(DEV),
    *[Caller(GUEST, ANA)] * 3,
    Caller(OWN_ROOT, tagged=False),
    Caller(FOREIGN_ROOT, tagged=False),
    Caller(EC2, tagged=False),
    Caller(LOGGING, tagged=False),
    Caller("anonymous", tagged=False),
]
NAMES = [ANA, BEN, EVE, DEV, OPS, DEV_1, DEV_2, OPS_1, GUEST, OWN_ROOT, OWN, FOREIGN_ROOT, FOREIGN]

S3_CALLS = [
    ("s3:GetObject", "arn:aws:s3:::bk/ana/x"),
    ("s3:GetObject", "arn:aws:s3:::bk/*/x"),
    ("s3:PutObject", "arn:aws:s3:::bk/ben/y:z"),
    ("s3:ListBucket", "arn:aws:s3:::bk"),
]


@functools.cache
def _shared_calls(account: str) -> list[tuple[str, str]]:
    """Calls on resources that have a policy of their own."""
    key = f"arn:aws:kms:us-east-1:{account}:key/k1"
    path = "role/dev" if account == OWN else "role/team/admin"
    return [
        *S3_CALLS,
        ("kms:Decrypt", key),
        ("kms:DescribeKey", key),
        ("sts:AssumeRole", f"arn:aws:iam::{account}:{path}"),
        ("sts:AssumeRole", f"arn:aws:iam::{account}:role/team/ops"),
    ]


@functools.cache
def _private_calls(account: str) -> list[tuple[str, str]]:
    """Calls that only policies on the caller's side can allow."""
    return [
        ("ec2:StartInstances", f"arn:aws:ec2:us-east-1:{account}:instance/i-1"),
        ("ec2:DescribeInstances", "*"),
        ("kms:ListKeys", "*"),
        ("iam:PassRole", f"arn:aws:iam::{account}:role/team/ops"),
        ("iam:GetUser", f"arn:aws:iam::{account}:user/ana"),
        ("iam:ListRoles", f"arn:aws:iam::{account}:role/"),
        ("sts:GetFederationToken", f"arn:aws:sts::{account}:federated-user/ana"),
        ("sts:GetCallerIdentity", "*"),
    ]


@functools.cache
def _action_patterns(action: str) -> tuple[list[str], list[str]]:
    """Patterns that match the action, and patterns that miss it by a little."""
    service, name = action.split(":")
    hits = [
        action,
        "*",
        f"{service}:*",
        f"{service}:{name[:3]}*",
        f"{service}:*{name[-4:]}",
        f"{service}:{name[:-1]}?",
        f"{service}:{name}*",
        f"{service.upper()}:{name.lower()}",
        "*:*",
        f"*:{name[:3]}*",
    ]
    misses = [
        f"{service}:{name}Acl",
        f"{service}:{name}?",
        f"{service}:{name[:-1]}",
        f"{service}:*{name[:3]}",
        f"{'ec2' if service != 'ec2' else 's3'}:*",
        f"*:{name[1:]}",
    ]
    return hits, misses


TRUST_ACTIONS = (
    ["sts:AssumeRole", "sts:assumerole", "sts:Assume*", "sts:*"],
    ["sts:TagSession", "sts:SetSourceIdentity", "sts:AssumeRoleWithSAML"],
)
VARIABLES = [
    "${aws:username}",
    "${AWS:UserName}",
    "${aws:username, 'ana'}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/team, 'ana'}",
]


@functools.cache
def _resource_patterns(resource: str) -> tuple[list[str], list[str]]:
    """Patterns that match the resource or may do so, and patterns that mostly miss it."""
    if resource == "*":
        return ["*"], ["arn:aws:*", "arn:aws:ec2:*:*:*", "arn:*:*:*:*:*"]
    _, partition, service, region, account, last = resource.split(":", 5)

    def arn(*parts: str) -> str:
        return ":".join(("arn", *parts))

    wide = ["*" if part else "" for part in (region, account)]
    hits = [
        resource,
        "*",
        arn(partition, service, region, account, "*"),
        arn(partition, service, region, account, last[: len(last) // 2] + "*"),
        arn(partition, service, region, account, last[:-1] + "?"),
        arn(partition, service, region, account, last.replace("a", "*", 1)),
        arn(partition, service, *wide, last),
        arn("*", service, *wide, "*"),
        arn(partition, service, "*"),
        arn(partition, "*"),
        *[
            arn(partition, service, region, account, last.replace(name, text))
            for name in ("ana", "*")
            if name in last
            for text in [*VARIABLES, "${*}"]
        ],
    ]
    misses = [
        arn(partition, service, region, account, last + "/*"),
        arn(partition, service, region, account, last + "?"),
        arn(partition, service, region, account, last[:-1]),
        arn(partition, service, region, account, last.upper()),
        arn(partition, service, region, account, last[:-1] + "${?}"),
        arn(partition, service, "eu-west-1", account, last),
        arn(partition, service, region, "444455556666", last),
        arn(partition, service, region, account),
        arn(partition, "sqs", "*"),
        arn("aws-cn", service, "*"),
    ]
    return hits, misses


def _family(*names: str, negated: Sequence[str] = ("NotEquals",)) -> list[str]:
    family = names[0]
    return [family + name for name in (*names[1:], *negated)]


ORDER = ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"]
OPERATORS = {
    "String": _family(
        *("String", "Equals", "Like", "EqualsIgnoreCase"),
        negated=("NotEquals", "NotLike", "NotEqualsIgnoreCase"),
    ),
    "Numeric": _family("Numeric", *ORDER),
    "Date": _family("Date", *ORDER),
    "Bool": ["Bool"],
    "Binary": ["BinaryEquals"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": _family("Arn", "Equals", "Like", negated=("NotEquals", "NotLike")),
}


@dataclass(frozen=True)
class Key:
    """A condition key with the values it takes in requests and in policies."""

    name: str
    family: str
    values: Sequence[str]
    tests: Sequence[str | float | bool]
    many: bool = False
    derived: bool = False


INSTANTS = ["2026-11-25T10:00:00Z", "2026-11-25", "2026-11-25T10:00Z", "1795600800"]
OTHER_INSTANTS = ["2026-11-25T11:00:00+01:00", "2026-11-24T23:59:59Z", "2026-11-25T10:00:00.500Z"]
DATES: list[str | float | bool] = [*INSTANTS, 1795600800, *OTHER_INSTANTS]
BOOLS: list[str | float | bool] = ["true", "false", True, False, "TRUE", "False"]
TOPIC = f"arn:aws:sns:us-east-1:{OWN}:topic"
STORE = f"arn:aws:x:us-east-2:{FOREIGN}:store/abc:{OWN}:finance/d.txt"
KEYS = [
    Key(
        "aws:ResourceTag/team",
        "String",
        ["red", "blue", "ana"],
        ["red", "Red", "b*", "r?d", "ana", "${aws:PrincipalTag/team}", "${aws:username}"],
    ),
    Key(
        "s3:prefix",
        "String",
        ["ana/", "home/ana/x", "*"],
        [
            *["ana/", "ana/*", "${aws:username}/", "home/${aws:username}/*", "h*", "ANA/"],
            *["${*}", "*", "${aws:PrincipalTag/team, 'ana'}/", "home/???/x"],
        ],
    ),
    Key("aws:PrincipalTag/team", "String", [], ["red", "ana", "*", "a?a", "RED"], derived=True),
    Key("aws:username", "String", [], ["ana", "ANA", "a*", "ben", "e??"], derived=True),
    Key("sts:ExternalId", "String", ["x1", "x2"], ["x1", "x2", "x*", "X1", "7", 7]),
    Key("s3:max-keys", "Numeric", ["10", "9.5", "100"], ["10", 10, "10.0", 9.5, "100", 11]),
    Key("aws:MultiFactorAuthAge", "Numeric", ["3600", "60"], [3600, "60", "3599.5"]),
    Key("aws:CurrentTime", "Date", ["2026-11-25T10:00:00Z", "2026-11-25T00:00:00Z"], DATES),
    Key("aws:EpochTime", "Date", ["1795600800", "1795564800"], DATES),
    Key("aws:SecureTransport", "Bool", ["true", "false"], BOOLS),
    Key("aws:MultiFactorAuthPresent", "Bool", ["false", "true"], BOOLS),
    Key("app:Digest", "Binary", ["aGVsbG8=", "AAEC"], ["aGVsbG8=", "AAEC", "AAED"]),
    Key(
        "aws:SourceIp",
        "Ip",
        ["203.0.113.9", "198.51.100.7", "2001:db8::5", "2001:0DB8:0:0:0:0:0:6"],
        [
            *["203.0.113.0/24", "203.0.113.9", "203.0.113.77/24", "198.51.100.0/29"],
            *["2001:db8::/32", "2001:db8::5", "2001:db8::/126", "0.0.0.0/0", "::/0"],
        ],
    ),
    Key(
        "aws:SourceArn",
        "Arn",
        [TOPIC, STORE],
        [
            *[TOPIC, f"arn:aws:sns:*:{OWN}:*", f"arn:aws:x:*:{OWN}:finance/*", "arn:*:*:*:*:*"],
            *["arn:aws:sns:*:${aws:PrincipalAccount}:t????", f"arn:aws:x:*:*:*{OWN}:*", STORE],
            *["arn:aws:sns:*", "*", f"arn:aws:sns:us-east-1:{FOREIGN}:topic"],
        ],
    ),
    Key(
        "aws:PrincipalArn",
        "Arn",
        [],
        [
            *[ANA, DEV, f"arn:aws:iam::{OWN}:user/*", f"arn:aws:iam::{OWN}:role/*", OPS],
            *[f"arn:aws:iam::{OWN}:*", OWN_ROOT, f"arn:aws:iam::{FOREIGN}:*", DEV_1],
            "arn:aws:iam::${aws:PrincipalAccount}:user/${aws:username}",
        ],
        derived=True,
    ),
    *[Key("aws:TagKeys", "String", ["a", "b", "c"], ["a", "b", "A", "[ab]", "?"], many=True)] * 3,
    Key(
        "aws:CalledVia",
        "String",
        ["athena.amazonaws.com", "glue.amazonaws.com"],
        ["athena.amazonaws.com", "*.amazonaws.com", "glue.amazonaws.com"],
        many=True,
    ),
    Key(
        "aws:PrincipalOrgPaths",
        "String",
        ["o-1/r-1/ou-1/", "o-1/r-1/ou-2/"],
        ["o-1/*", "o-1/r-1/ou-1/*", "o-1/r-1/ou-1/", "o-2/*"],
        many=True,
    ),
]


@dataclass
class _World:
    """One question in the making: the request, and the context as far as it is settled."""

    below: Callable[[int], int]
    caller: Caller
    action: str = ""
    resource: str = "*"
    owner: str = OWN
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
        if kind == "anonymous":
            calls = S3_CALLS
        elif kind != "service" and self.owner == account and self.chance(35):
            token = [("sts:GetSessionToken", "*")] if kind in ("user", "root") else []
            calls = _private_calls(account) + token
        else:
            calls = _shared_calls(self.owner)
        self.action, self.resource = self.pick(calls)
        self.context.update(self.caller.keys)
        if self.caller.tagged and self.chance(60):
            self.context["aws:PrincipalTag/team"] = self.pick(["red", "ana", "*"])

    def settle(self, key: Key) -> None:
        """Give the key its value in the request, once."""
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

    def test(self) -> tuple[str, str, Any]:
        """One condition: operator, key, value or values."""
        key = self.pick(KEYS)
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

    def condition(self) -> Doc:
        """A Condition element without the same key twice in one operator."""
        condition: Doc = {}
        for _ in range(self.pick([1, 1, 1, 2, 2, 0])):
            operator, key, values = self.test()
            present = condition.setdefault(operator, {})
            if key.lower() not in {name.lower() for name in present}:
                present[key] = values
        return condition

    def focus(self) -> tuple[Doc, Doc]:
        """A statement that a single test decides, and an Allow for everything."""
        self.owner, (self.action, self.resource) = OWN, S3_CALLS[0]
        operator, key, values = self.test()
        everything = {"Action": "*", "Resource": "*"}
        effect = "Deny" if self.chance(20) else "Allow"
        tested = {"Effect": effect, **everything, "Condition": {operator: {key: values}}}
        return tested, {"Effect": "Allow", **everything}

    def statement(self, deny: int) -> Doc:
        """A statement without principal."""
        made: Doc = {"Effect": "Deny" if self.chance(deny) else "Allow"}
        miss = 45 if made["Effect"] == "Deny" else 15
        if self.chance(10):
            made["NotAction"] = self.some(_action_patterns(self.action), 90)
        else:
            made["Action"] = self.some(_action_patterns(self.action), miss)
        if self.chance(10):
            made["NotResource"] = self.some(_resource_patterns(self.resource), 90)
        elif "-1:" in self.resource and self.chance(3):
            made["Resource"] = self.resource.replace(self.owner, "${aws:PrincipalAccount}")
        else:
            made["Resource"] = self.some(_resource_patterns(self.resource), miss)
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

    def principal(self, *, trust: bool) -> Any:
        """A Principal element that names the caller more often than not."""
        caller = self.caller
        if not trust and self.chance(12):
            return "*"
        root = f"arn:aws:iam::{caller.account}:root"
        own = [caller.arn, caller.issuer or caller.arn, root, caller.account, "*"]
        service = caller.kind == "service"
        known = own if caller.arn.startswith("arn:") else ["*"]
        made: Doc = {}
        if not service or self.chance(20):
            made["AWS"] = self.some((known, NAMES), 35)
        if service or self.chance(8):
            made["Service"] = self.some(([caller.arn] if service else [EC2], [LOGGING, EC2]), 30)
        if self.chance(3):
            extra = ("Federated", "accounts.google.com") if trust else ("CanonicalUser", "0a" * 32)
            if trust or self.action.startswith("s3:"):
                made[extra[0]] = extra[1]
        return made

    def not_principal(self, effect: str) -> Doc:
        """A NotPrincipal element; with Deny the account stands beside the principals in it."""
        caller = self.caller
        one = caller.arn if caller.arn.startswith("arn:") and self.chance(60) else self.pick(NAMES)
        if effect == "Allow":
            return {"AWS": self.pick([ANA, BEN, EVE, DEV, DEV_1, GUEST])}
        if caller.kind == "service" and self.chance(50):
            return {"Service": [self.pick([EC2, LOGGING])]}
        account = one.split(":")[4] if ":" in one else one
        behind = [known.issuer for known in CALLERS if known.arn == one and known.issuer]
        spelling = self.pick([f"arn:aws:iam::{account}:root", account])
        return {"AWS": [*dict.fromkeys([one, *behind, spelling])]}

    def resource_policy(self) -> Doc | None:
        """The policy of the resource, where its kind has one."""
        if (self.action, self.resource) not in _shared_calls(self.owner):
            return None
        if self.action.startswith("s3:") and not self.chance(80):
            return None
        trust = self.action == "sts:AssumeRole"
        statements = []
        for _ in range(self.pick([1, 1, 2, 3])):
            statement = self.statement(27)
            if trust:
                statement = {
                    "Effect": statement["Effect"],
                    "Action": self.some(TRUST_ACTIONS, 20),
                } | {name: value for name, value in statement.items() if name == "Condition"}
            elif self.action.startswith("kms:"):
                statement.pop("NotResource", None)
                statement["Resource"] = "*"
            if not trust and self.chance(8):
                effect = "Allow" if self.chance(15) else "Deny"
                statement |= {"Effect": effect, "NotPrincipal": self.not_principal(effect)}
            else:
                statement["Principal"] = self.principal(trust=trust)
            statements.append(statement)
        made = self.policy(statements)
        return {"Id": "P1"} | made if self.chance(10) else made

    def question(self) -> Doc:
        """Build everything; the context comes last, because policies say which keys matter."""
        self.ask()
        kind = self.caller.kind
        has_policies = kind in ("user", "role", "session", "federated")
        has_session = kind == "federated" or (kind in ("role", "session") and self.chance(40))
        identity, boundary, session, resource_policy = [], None, [], None
        if has_policies and self.caller.account == OWN and self.chance(25):
            tested, everything = self.focus()
            identity = [self.policy([tested, everything][: 1 + (tested["Effect"] == "Deny")])]
            session = [self.policy([everything])] if has_session else []
        else:
            identity = self.policies([0, 1, 1, 2], 21) if has_policies else []
            bounded = has_policies and self.chance(35)
            boundary = self.policies([1], 12)[0] if bounded else None
            session = self.policies([0, 1, 1, 2], 10) if has_session else []
            resource_policy = self.resource_policy()
        asked = self.pick([*[self.action] * 8, self.action.lower(), self.action.upper()])
        return {
            "principal": self.caller.arn,
            "issuer": self.caller.issuer,
            "action": asked,
            "resource": self.resource,
            "resource_account": self.owner,
            "context": self.context,
            "identity": identity,
            "resource_policy": resource_policy,
            "boundary": boundary,
            "session": session,
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
