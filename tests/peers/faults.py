"""The faults of moto's IAM evaluator, and the evaluator itself with any of them fixed.

The cause of a difference is found by trial: the fault whose fix makes moto say what iamlab says.
With no fault fixed, :func:`says` is moto's ``IAMPolicy``; with all of them it must be iamlab.
"""

import json
import re
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from iamlab.policy.conditions import OPERATORS, holds, read_operator
from iamlab.policy.patterns import LITERAL_QUESTION, LITERAL_STAR, literal
from iamlab.policy.variables import substitute

Doc = dict[str, Any]
ALLOWED, DENIED, NEUTRAL, ERROR = "allowed", "explicitDeny", "implicitDeny", "an error"


@dataclass(frozen=True)
class Fault:
    """What moto does, why that is wrong, and the AWS page that says so."""

    name: str
    why: str
    page: str
    saved: bool = True  # whether IAM saves the policies that show it


FAULTS = {
    "letter case": Fault(
        "The letter case of actions matters",
        "Prefix and name of an action are compared ignoring letter case.",
        "IAM JSON policy elements: Action",
    ),
    "question mark": Fault(
        "A question mark is no wildcard, but makes the character before it optional",
        "A question mark stands for exactly one character.",
        "IAM JSON policy elements: Resource",
    ),
    "expression": Fault(
        "All other characters of a pattern act as in a regular expression",
        "Only the star and the question mark are wildcards: a dot is a dot, and no text can break "
        "the evaluation.",
        "IAM JSON policy elements: Resource",
    ),
    "colons": Fault(
        "A star in a Resource runs across colons",
        "A star stays in its part of the ARN, unless it ends it; and an ARN with wildcards never "
        "stands for the resource * of a call that names none.",
        "IAM JSON policy elements: Resource",
    ),
    "prefix": Fault(
        "An action without a service prefix matches",
        "Every action but * has a service prefix and a colon. IAM refuses to save another, so the "
        "oracle has no say here.",
        "IAM JSON policy elements: Action",
        saved=False,
    ),
    "not resource": Fault(
        "NotResource is not read: a statement without Resource permits, even a Deny",
        "NotResource matches every resource but those listed; a Deny that matches denies.",
        "IAM JSON policy elements: NotResource",
    ),
    "variables": Fault(
        "Policy variables are not filled in",
        "In version 2012-10-17 the request's value stands for ${key}, the default for a missing "
        "one, and ${*} for a plain star.",
        "IAM policy elements: Variables and tags",
    ),
    "failing condition": Fault(
        "A condition that is not met denies, also in an Allow",
        "A statement applies only if all its elements match; one that does not apply says nothing.",
        "How AWS enforcement code logic evaluates requests to allow or deny access",
    ),
    "operators": Fault(
        "Of all condition operators only StringEquals is evaluated, every other is taken as met",
        "Each operator compares; IfExists and Null ask whether the key is there.",
        "IAM JSON policy elements: Condition operators",
    ),
    "missing key": Fault(
        "A key that the request has not is left out of StringEquals",
        "Without the key a positive operator is not met, except with IfExists. And when one of two "
        "keys is missing, moto compares the other one with the wrong values.",
        "IAM JSON policy elements: Condition operators",
    ),
    "key case": Fault(
        "The letter case of condition keys matters",
        "The names of condition keys are compared ignoring letter case.",
        "IAM JSON policy elements: Condition",
    ),
    "numbers": Fault(
        "A value written as a number or a boolean never equals the request's text",
        "A value may be written with or without quotes.",
        "Grammar of the IAM JSON policy language",
    ),
    "session token": Fault(
        "sts:GetSessionToken needs an Allow",
        "A user needs no permission to get a session token.",
        "Permissions for GetSessionToken",
    ),
    "session for a session": Fault(
        "Session credentials can be traded for a session",
        "Only long-term credentials get one from sts:GetSessionToken or sts:GetFederationToken.",
        "Compare AWS STS credentials",
    ),
    "scoped credentials": Fault(
        "Policies alone decide sts:GetScopedCredentials",
        "Temporary credentials can be scoped down without an Allow, long-term ones not at all.",
        "API GetScopedCredentials",
    ),
}


@dataclass(frozen=True)
class Case:
    """A question that both can express: identity policies, and single values in the context."""

    policies: list[Doc]
    action: str = "s3:GetObject"
    resource: str = "arn:aws:s3:::bk/ana/x"
    context: Doc = field(default_factory=dict)
    principal: str = "arn:aws:iam::111122223333:user/ana"
    issuer: str | None = None


def causes(case: Case, wanted: str) -> tuple[str, ...] | None:
    """Name the faults, as few as possible, without which moto would say what is wanted."""
    for size in range(1, 4):
        for names in combinations(FAULTS, size):
            if says(case, frozenset(names)) == wanted:
                return names
    if says(case, frozenset(FAULTS)) != wanted:
        return None
    left = set(FAULTS)
    for name in FAULTS:
        if says(case, frozenset(left - {name})) == wanted:
            left.remove(name)
    return tuple(name for name in FAULTS if name in left)


def says(case: Case, mended: frozenset[str] = frozenset()) -> str:
    """Decide as moto does, with some of its faults fixed."""
    try:
        return _Moto(case, mended).decide()
    except re.error:
        return ERROR


COLONS = 5
"""Between the six parts of an ARN."""


class _Moto:
    """Moto's way through one question, element by element; each fix is one line of it."""

    def __init__(self, case: Case, mended: frozenset[str]) -> None:
        self.case, self.mended = case, mended
        self.context = {key.lower(): value for key, value in case.context.items()}

    def decide(self) -> str:
        exact = self.case.action == "sts:GetCallerIdentity"
        caseless = self.case.action.lower() == "sts:getcalleridentity"
        if exact or (caseless and "letter case" in self.mended):
            return ALLOWED
        text = NEUTRAL
        for policy in self.case.policies:
            heard = self.policy(policy)
            if heard == DENIED:
                return DENIED  # what follows is not read, even if reading it would raise an error
            text = ALLOWED if heard == ALLOWED else text
        trades = self.case.action.lower() in ("sts:getsessiontoken", "sts:getfederationtoken")
        if trades and ":user/" not in self.case.principal:
            return NEUTRAL if "session for a session" in self.mended else text
        scopes = self.case.action.lower() == "sts:getscopedcredentials"
        if scopes and "scoped credentials" in self.mended:
            return NEUTRAL if ":user/" in self.case.principal else ALLOWED
        free = self.case.action.lower() == "sts:getsessiontoken"
        return ALLOWED if free and "session token" in self.mended else text

    def policy(self, policy: Doc) -> str:
        newest, text = policy.get("Version") == "2012-10-17", NEUTRAL
        for statement in _listed(policy["Statement"]):
            heard = self.statement(statement, newest=newest)
            if heard == DENIED:
                return DENIED
            text = ALLOWED if heard == ALLOWED else text
        return text

    def statement(self, statement: Doc, *, newest: bool) -> str:
        """Read the action, then the condition, then the resource."""
        patterns = _listed(statement.get("Action", statement.get("NotAction")))
        if any(map(self.action_fits, patterns)) != ("Action" in statement):
            return NEUTRAL
        for operator, keys in statement.get("Condition", {}).items():
            if not self.condition_holds(operator, keys, newest=newest):
                found_by_moto = operator == "StringEquals" and not self.string_equals(keys)
                stops = found_by_moto and "failing condition" not in self.mended
                return DENIED if stops else NEUTRAL
        if "NotResource" in statement and "not resource" not in self.mended:
            return ALLOWED
        patterns = _listed(statement.get("Resource", statement.get("NotResource")))
        if newest and "variables" in self.mended and any(map(_is_misplaced, patterns)):
            return NEUTRAL
        hit = any(self.resource_fits(pattern, newest=newest) for pattern in patterns)
        if hit != ("Resource" in statement):
            return NEUTRAL
        return ALLOWED if statement["Effect"] == "Allow" else DENIED

    def action_fits(self, pattern: str) -> bool:
        action = self.case.action
        if "prefix" in self.mended and pattern != "*" and not re.match(r"(\*|[\w.-]+):", pattern):
            return False
        if "letter case" in self.mended:
            pattern, action = pattern.lower(), action.lower()
        return self.fits(pattern, action)

    def resource_fits(self, pattern: str, *, newest: bool) -> bool:
        if newest and "variables" in self.mended and "${" in pattern:
            filled = substitute(pattern, self.look_up, literal)
            if filled is None:
                return False
            pattern = filled
        if "colons" not in self.mended:
            return self.fits(pattern, self.case.resource)
        if pattern in ("*", self.case.resource):
            return True
        is_arn = self.case.resource.count(":") >= COLONS
        return is_arn and self.parts_fit(pattern, self.case.resource, COLONS)

    def parts_fit(self, pattern: str, text: str, colons: int) -> bool:
        """Match part by part; a star that ends a part can also stand for the next parts."""
        part, colon, rest = pattern.partition(":")
        if colons <= 0:
            return self.fits(pattern, text)
        if not colon:
            return part.endswith("*") and self.fits(part, text)
        ends = [place for place, sign in enumerate(text) if sign == ":"]
        return any(
            self.fits(part, text[:end]) and self.parts_fit(rest, text[end + 1 :], colons - number)
            for number, end in enumerate(ends[: colons if part.endswith("*") else 1], 1)
        )

    def fits(self, pattern: str, text: str) -> bool:
        """Match as moto does: the pattern is a regular expression in which a star is ``.*``."""
        exact = "expression" in self.mended
        known = {"*": ".*", LITERAL_STAR: r"\*", LITERAL_QUESTION: r"\?"}
        known |= {"?": "." if "question mark" in self.mended else "?"}
        made = "".join(known.get(c) or (re.escape(c) if exact else c) for c in pattern)
        if exact:
            return re.fullmatch(made, text, re.DOTALL) is not None
        return re.match(f"^{made}$", text) is not None

    def condition_holds(self, operator: str, keys: Doc, *, newest: bool) -> bool:
        if operator == "StringEquals":
            return self.string_equals(keys, self.mended, newest=newest)
        return "operators" not in self.mended or all(
            self.key_holds(operator, key, value, newest=newest) for key, value in keys.items()
        )

    def string_equals(
        self, keys: Doc, mended: frozenset[str] = frozenset(), *, newest: bool = False
    ) -> bool:
        look_up = self.look_up if "key case" in mended else self.case.context.get
        if "missing key" in mended and None in map(self.look_up, keys):
            return False
        found = [look_up(key) for key in keys]
        present = [text for text in found if text is not None]
        for value, text in zip(keys.values(), present, strict=False):  # moto pairs them so
            options = _listed(value)
            if "numbers" in mended:
                options = list(map(_as_text, options))
            if newest and "variables" in mended:
                texts = (option for option in options if isinstance(option, str))
                options = [substitute(option, self.look_up) for option in texts]
            if text not in options:
                return False
        return True

    def key_holds(self, operator: str, key: str, value: Any, *, newest: bool) -> bool:
        """Evaluate an operator that moto does not know."""
        comparison, found = read_operator(operator), self.look_up(key)
        wanted: list[str | None] = list(map(_as_text, _listed(value)))
        rule = OPERATORS[comparison.name]
        if newest and rule.variables:
            quote = literal if rule.pattern else str
            wanted = [substitute(item, self.look_up, quote) for item in wanted]
        return holds(comparison, wanted, None if found is None else [found])

    def look_up(self, key: str) -> str | None:
        return self.context.get(key.lower())


def _is_misplaced(pattern: str) -> bool:
    """A variable that is before the fifth colon voids the statement."""
    return "${" in "".join(pattern.split(":", 5)[:5])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
