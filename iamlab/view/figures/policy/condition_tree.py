"""The condition tree: an AND of ORs, coloured by the result of each part for a request.

From left to right: a statement; its conditions, all of which must match; the values of each
condition; and the request's values. One value is enough, or with a negated operator none may match.
If the request doesn't have a key, the result depends on the operator, and the figure explains it.

Notes
-----
AWS pages: "IAM JSON policy elements: Condition"; "Creating a condition with multiple keys or
values"; "Set operators for multivalued context keys".
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from iamlab.engine.decision import Decision
from iamlab.engine.evaluate import evaluate
from iamlab.engine.layers import Layers
from iamlab.engine.matching import wanted_values
from iamlab.engine.request import Request
from iamlab.errors import RequestError
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.conditions import OPERATORS, Comparison, holds
from iamlab.policy.describe.values import ORDERS
from iamlab.policy.document import Policy
from iamlab.policy.statement import Statement
from iamlab.view.figures.names import asks_for
from iamlab.view.folding import at_most
from iamlab.view.layouts.branches import PLAIN, draw_branches
from iamlab.view.scene import Column, Edge, Node, Scene
from iamlab.view.style import ABSENT, EFFECTS, INK, LIT_AREA, LOOKS, PAPER, Look, look
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from iamlab.engine.verdict import StatementMatch
    from iamlab.policy.statement import Condition
    from iamlab.view.figure import Figure

KINDS = STATEMENT, CONDITION, VALUE, FOUND = "statement", "condition", "value", "found"
"""The kinds of boxes, in the order of their columns."""
HEADINGS = "STATEMENT", "ALL CONDITIONS (AND)", "VALUES", "THE REQUEST HAS"
LISTED = {VALUE: "value:", FOUND: "the request has:"}
LIMITS = {STATEMENT: 15, VALUE: 6, FOUND: 6}
"""The largest numbers of boxes in the picture."""
MATCHES = replace(LOOKS["allowed"], word="matches")
MISSES = replace(LOOKS["implicitDeny"], word="does not match")
NOT_MATCHING = Look("○", "does not match", INK, PAPER)
FROM_REQUEST = replace(PLAIN, area=LIT_AREA)
NO_KEY, EMPTY = "no such key", "(empty text)"
NOTHING = "no statement has a condition"
READ = {
    "OR": "; one value of a condition is enough (OR)",
    "NOR": "; with a negated operator no value may match (NOR), and ✓ marks one that does not",
}


def condition_tree(what: Decision | Policy | Statement, request: Request | None = None) -> Figure:
    """Draw conditions as a tree, each part with its result for a request.

    Parameters
    ----------
    what
        A policy or a statement; or a decision, for all statements with conditions that were
        evaluated.
    request
        The request to compare a policy or a statement with; a decision has its own.

    Raises
    ------
    RequestError
        There is no request, or ``what`` has another type.

    Examples
    --------
    >>> from iamlab import Policy, Request
    >>> policy = Policy.allow("s3:*", when={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    >>> request = Request("arn:aws:iam::111122223333:user/alice", "s3:GetObject",
    ...                   "arn:aws:s3:::star-maps/m31.fits")
    >>> condition_tree(policy, request).alt.partition(": ")[2]
    'Allow #1 does not match: ○ aws:MultiFactorAuthPresent (no such key).'
    """
    decision, matches = _evaluated(what, request)
    verdict = look(decision.verdict) if isinstance(what, Decision) else None
    tree = ConditionNodes(decision, matches)
    own, question = decision.request, asks_for(decision.request)
    joints = {edge.label for edge in tree.edges}
    scene = Scene(
        tree.nodes,
        tree.edges,
        dict(enumerate(map(Column, HEADINGS))),
        before=[question, f"  caller: {own.principal}", f"  resource: {own.resource}"],
        after=[str(verdict)] if verdict else [],
    )
    read = "".join(words for joint, words in READ.items() if joint in joints)
    return scene.figure(
        lambda drawn: draw_branches(drawn, question, verdict),
        alt=alt_text(f"{question}: ", tree.sentences, f". {verdict.sentence}" if verdict else "."),
        caption=f"{question}: all conditions must match (AND){read}.",
        drawn=at_most(scene, LIMITS),
        is_graph=False,
    )


def _evaluated(what: object, request: object) -> tuple[Decision, Sequence[StatementMatch]]:
    """Return a decision, and the statements that are compared with its request."""
    if isinstance(what, Decision):
        if request is not None and request != what.request:
            raise RequestError("A decision has its own request; pass only the decision.")
        return what, [match for step in what.trace.steps for match in step.matches]
    if not isinstance(what, Policy | Statement):
        raise RequestError(
            "condition_tree needs a decision, or a policy or statement and a request, not an "
            f"object of type {type(what).__name__}."
        )
    if not isinstance(request, Request):
        raise RequestError(
            f"Conditions are compared with a request, not with a {type(request).__name__}: "
            "condition_tree(policy, Request(principal, action, resource))."
        )
    decision = evaluate(request, Layers())
    return decision, decision.why_not(what if isinstance(what, Policy) else Policy((what,)))


class ConditionNodes:
    """The statements with conditions as nodes, and each of them in a sentence."""

    def __init__(self, decision: Decision, matches: Iterable[StatementMatch]) -> None:
        self.decision = decision
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        with_conditions = [match for match in matches if match.statement.conditions]
        self.sentences = list(map(self._add_statement, with_conditions)) or [NOTHING]
        if not self.nodes:
            facts = {"statement": "", "request": asks_for(decision.request), "matches": None}
            self._add(STATEMENT, "", details=[NOTHING], facts={**facts, "why": NOTHING})

    def _add(self, kind: str, text: str, parent: str = "", joint: str = "", **more: Any) -> str:
        """Add a node and the edge that leads to it; the joint is AND, OR or NOR."""
        name, column = str(len(self.nodes)), KINDS.index(kind)
        self.nodes.append(Node(name, text, kind=kind, parent=parent, column=column, **more))
        self.edges.append(Edge(parent, name, joint))
        return name

    def _add_statement(self, match: StatementMatch) -> str:
        """Add a statement and its conditions."""
        policy, statement = match.attached.policy.name, match.statement
        others = dict.fromkeys(miss.element for miss in match.mismatches if miss.condition is None)
        missed = [f"{MISSES.symbol} {element}" for element in others]
        seen = EFFECTS[match.effect] if match.applies else NOT_MATCHING
        outcome = "matches" if match.applies else seen.word
        words = f"{outcome}: {listed(missed)}" if missed else outcome
        name = self._add(
            STATEMENT,
            f"{seen.symbol} {match.effect} {statement.label}",
            details=[*filter(None, [policy]), words],
            look=seen,
            highlighted=match.applies,
            stays=match.applies,
        )
        address = f"{policy}/{statement.label}" if policy else statement.label
        marks = [self._add_condition(own, match, name, address) for own in statement.conditions]
        missed += [mark for mark in marks if mark.startswith(MISSES.symbol)]
        shown = listed(missed or marks, 3, length=90)
        return f"{match.effect} {shorten(address, 40)} {outcome}: {shown}"

    def _add_condition(
        self, condition: Condition, match: StatementMatch, parent: str, address: str
    ) -> str:
        """Add a condition, its values, and those of the request."""
        request, rules = self.decision.request, self.decision.rules
        comparison, found = condition.comparison, request.values(condition.key) or ()
        many = is_multivalued(condition.key) or len(found) > 1
        wanted = wanted_values(condition, match.statement, request, rules)
        pairs = list(zip(condition.values, wanted, strict=True))
        matches = all(miss.condition != condition for miss in match.mismatches)
        seen, why = MATCHES if matches else MISSES, _why(comparison, found, many=many)
        joint = "AND" if len(match.statement.conditions) > 1 else ""
        text, operator = f"{seen.symbol} {condition.key}", str(comparison)
        words = asks(comparison, condition.values)
        name = self._add(
            CONDITION,
            text,
            parent,
            joint,
            line=f"{joint} {text}: {seen.word}".strip(),
            details=[operator, words],
            look=seen,
            highlighted=True,
            stays=matches,
            facts={
                "statement": address,
                "effect": match.effect,
                "operator": operator,
                "key": condition.key,
                "asks": words,
                "values": tuple(raw if value is None else value for raw, value in pairs),
                "request has": found or None,
                "matches": matches,
                "why": why,
                "statement matches": match.applies,
            },
        )

        def compared(values: Sequence[str | None], has: Sequence[str]) -> Look:
            is_met = holds(comparison, values, has, multivalued=many, rules=rules)
            return MATCHES if is_met else MISSES

        # With a set operator each of the request's values matches or doesn't.
        one_by_one = bool(comparison.set_operator)
        are_compared = not one_by_one and (bool(found) or comparison.name == "Null")
        negated = OPERATORS[comparison.name].negated
        joint = ("NOR" if negated else "OR") if len(wanted) > 1 else ""
        for raw, value in pairs:
            note = "the variable has no value" if value is None else raw if value != raw else ""
            seen = compared([value], found) if are_compared else PLAIN
            self._add_value(VALUE, name, raw if value is None else value, seen, note, joint)
        for own in found or [NO_KEY]:
            seen = compared(wanted, [own]) if one_by_one else FROM_REQUEST
            self._add_value(FOUND, name, own, seen if found else ABSENT)
        if why:
            self._add(FOUND, "", name, details=[why])
        return f"{text} ({shorten(', '.join(found) or NO_KEY, 30)})"

    def _add_value(
        self, kind: str, parent: str, value: str, seen: Look, note: str = "", joint: str = ""
    ) -> None:
        text = f"{seen.symbol} {value or EMPTY}".strip()
        line = f"{joint or LISTED[kind]} {text}{f' ({note})' if note else ''}"
        self._add(kind, text, parent, joint, line=line, look=seen, stays=seen is MATCHES)


def asks(comparison: Comparison, values: Sequence[str]) -> str:
    """Describe what an operator requires of the request's value.

    Examples
    --------
    >>> asks(Comparison("StringNotEquals"), ["sea", "sky"])
    'is none of these'
    >>> asks(Comparison("StringLike", "ForAllValues"), ["map-*"])
    'every value that the request has is like this; also if it has none'
    """
    if comparison.name == "Null":
        wanted = {value.lower() for value in values}
        only = {"true": "the key must be missing", "false": "the key must be there"}
        return only[wanted.pop()] if len(wanted) == 1 and wanted <= set(only) else "is it missing?"
    negated, verb = OPERATORS[comparison.name].negated, _verb(comparison.name)
    words = f"{verb} {'none' if negated else 'one'} of these"
    if len(values) == 1:
        words = f"{verb.replace('is', 'is not', 1) if negated else verb} this"
    if comparison.set_operator == "ForAllValues":
        return f"every value that the request has {words}; also if it has none"
    if comparison.set_operator == "ForAnyValue":
        return f"at least one value that the request has {words}"
    return f"{words}; or no such key" if comparison.if_exists else words


def _verb(name: str) -> str:
    """Return what an operator, without its Not, says of one value."""
    for family in ("Numeric", "Date"):
        if name.startswith(family):
            return ORDERS[name.removeprefix(family).removeprefix("Not")][family == "Date"]
    if name.endswith("IpAddress"):
        return "is in"
    if name.endswith("IgnoreCase"):
        return "is, ignoring case,"
    return "is like" if OPERATORS[name].pattern else "is"


def _why(comparison: Comparison, found: Sequence[str], *, many: bool) -> str:
    """Explain the result where the values alone don't show it."""
    if comparison.name == "Null":
        return "the key is there" if found else "the key is missing"
    if found:
        is_several = many and not comparison.set_operator
        return "several values need ForAllValues or ForAnyValue" if is_several else ""
    if comparison.set_operator:
        every = comparison.set_operator == "ForAllValues"
        return "of no values all fit" if every else "of no values none fits"
    if comparison.if_exists:
        return "IfExists: a missing key matches"
    negated = OPERATORS[comparison.name].negated
    return "a missing key is none of them" if negated else "a missing key never matches"
