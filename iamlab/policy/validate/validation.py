"""Why AWS rejects a document that is saved as a policy of some type.

AWS doesn't save every valid document: a user's policy can't have a Principal, a bucket policy must
have one. AWS reports only the first error. :func:`refusals` lists all, in AWS's order.

Notes
-----
AWS pages: "Troubleshoot IAM policies"; "Grammar of the IAM JSON policy language". The order of the
checks is the order that was observed in IAM. The other services don't document theirs, so the same
order is used for them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from iamlab.deprecated import with_old_names
from iamlab.errors import PolicyError, PolicyProblem
from iamlab.policy.json_text import Places
from iamlab.policy.record import written
from iamlab.policy.rules import ANY, REMEDIES, rules_for
from iamlab.policy.validate import action_and_resource_defects, document_defects, element_defects
from iamlab.policy.validate.document_defects import CheckedPolicy

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.policy.record import PolicyRecord
    from iamlab.policy.statement import Statement
    from iamlab.policy.validate.document_defects import Check, SaveDefect

ORDER: tuple[Check, ...] = (
    document_defects.unsendable,
    document_defects.no_statements,
    element_defects.bare_principals,
    document_defects.old_version,
    document_defects.unreadable_dates,
    document_defects.unreadable_ranges,
    action_and_resource_defects.forms_read_early,
    document_defects.sid_letters,
    document_defects.sids_twice,
    action_and_resource_defects.missing_actions,
    action_and_resource_defects.forms_read_late,
    action_and_resource_defects.misformed_actions,
    element_defects.element_check("not_action_forbidden"),
    action_and_resource_defects.unwanted_actions,
    element_defects.element_check("allow_forbidden"),
    element_defects.element_check("resource_forbidden"),
    element_defects.element_check(*element_defects.PRINCIPAL_FAULTS),
    element_defects.element_check("no_resource"),
    element_defects.forms,
    element_defects.shared_providers,
    action_and_resource_defects.foreign_resources,
    action_and_resource_defects.unfit_actions,
    element_defects.open_identifiers,
    document_defects.too_many,
    document_defects.too_large,
)
"""The checks, in AWS's order."""

MOST_REFUSALS = 100
"""The most errors that are listed for a document."""


@with_old_names
@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason why AWS doesn't save a document.

    Parameters
    ----------
    code, http_status, message
        AWS's answer.
    path, line, column
        The place of the error in the document.
    remedy
        How to fix it.
    shown
        Whether AWS reports this error. It reports the others only after this one is fixed.

    Examples
    --------
    >>> from iamlab import Policy
    >>> try:
    ...     Policy.allow("s3").validate("identity")
    ... except PolicyError as error:
    ...     print(error.refusals[0].code, error.refusals[0].path)
    MalformedPolicyDocument $.Statement[0].Action
    """

    code: str
    http_status: int
    message: str
    path: str
    line: int | None
    column: int | None
    remedy: str
    shown: bool = False

    @property
    def what(self) -> str:
        """AWS's answer in a line: its code and its sentence."""
        return f"{self.code}: {self.message}"

    @property
    def sentence(self) -> str:
        """The same with a period at the end, so that more text can follow."""
        return self.what if self.what.endswith((".", "!", ")")) else f"{self.what}."

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path} (line {self.line})"
        return f"{place}: {self.sentence} {self.remedy}"


class SaveError(PolicyError):
    """A document that AWS wouldn't save, with all reasons, not only the one that AWS reports."""

    def __init__(self, refused: Iterable[Refusal], name: str = "") -> None:
        self.refusals = tuple(refused)
        super().__init__(map(_as_problem, self.refusals), name)

    @property
    def code(self) -> str:
        """AWS's error code."""
        return self.refusals[0].code

    @property
    def http_status(self) -> int:
        """The HTTP status of AWS's answer."""
        return self.refusals[0].http_status

    @property
    def message(self) -> str:
        """AWS's message."""
        return self.refusals[0].message


def _as_problem(refusal: Refusal) -> PolicyProblem:
    lead = "AWS answers " if refusal.shown else "After that, it would answer "
    what = f"{lead}{refusal.sentence}"
    return PolicyProblem(
        refusal.path, refusal.line, refusal.column, what, refusal.remedy, refusal.code
    )


def check(policy: PolicyRecord, policy_type: str, service: str | None = None) -> None:
    """Check whether AWS would save a document as a policy of a type.

    Parameters
    ----------
    policy_type
        ``"identity"``, ``"resource"``, ``"trust"``, ``"boundary"``, ``"session"``, ``"scp"``,
        ``"rcp"`` or ``"endpoint"``.
    service
        For ``"resource"``: the resource's service, such as ``"s3"``. Without it, only the rules
        for all services are checked.

    Raises
    ------
    SaveError
        AWS wouldn't. The error has all reasons and their places.
    RequestError
        There is no such type or service.

    Examples
    --------
    >>> from iamlab import Policy
    >>> check(Policy.parse({"Version": "2012-10-17",
    ...     "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}), "identity")
    """
    refused = refusals(policy, policy_type, service)
    if refused:
        raise SaveError(refused, policy.name)


def refusals(
    policy: PolicyRecord, policy_type: str, service: str | None = None
) -> tuple[Refusal, ...]:
    """List the reasons why AWS wouldn't save a document, first the one that AWS reports.

    It lists at most :data:`MOST_REFUSALS`.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{"Statement": {"Effect": "Allow", "Action": "s3"}}')
    >>> [refusal.message[:40] for refusal in refusals(policy, "identity")]
    ['Policy document must be version 2012-10-', 'Actions/Conditions must be prefaced by a', \
'Policy statement must contain resources.']
    """
    checked = _checked(policy, policy_type, service)
    rules = checked.rules
    if rules.looks_actions_up and any(document_defects.too_large(checked)):
        # AWS rejects it anyway, and looking up very many actions takes long.
        checked = replace(checked, rules=replace(rules, looks_actions_up=False))
    found = chain.from_iterable(check_one(checked) for check_one in ORDER)
    return tuple(
        _refusal(defect, checked, shown=number == 0)
        for number, defect in enumerate(islice(found, MOST_REFUSALS))
    )


def _checked(policy: PolicyRecord, policy_type: str, service: str | None) -> CheckedPolicy:
    if not policy.text:
        policy = written(policy.statements, policy)  # it was built from statements
    return CheckedPolicy(policy, rules_for(policy_type, service), Places(policy))


OF_DOCUMENT = (
    document_defects.unsendable,
    document_defects.no_statements,
    document_defects.old_version,
    document_defects.sids_twice,
    document_defects.too_many,
    document_defects.too_large,
)
"""The checks of a document as a whole. Each of the others finds defects of single statements."""
OF_STATEMENTS = tuple(check for check in ORDER if check not in OF_DOCUMENT)


def refused_statements(
    policy: PolicyRecord, policy_type: str, service: str | None = None
) -> tuple[tuple[Statement, str, Refusal], ...]:
    """List the defects of single statements: the statement, the kind of defect, AWS's answer.

    Examples
    --------
    >>> from iamlab import Policy
    >>> guard = Policy.parse('{"Statement": {"Effect": "Deny", "Action": "s3*", "Resource": "*"}}')
    >>> [(statement.number, kind) for statement, kind, _ in refused_statements(guard, "scp")]
    [(1, 'no_vendor')]
    """
    whole = _checked(policy, policy_type, service)
    if not any(True for check_one in OF_STATEMENTS for _ in check_one(whole)):
        return ()  # as nearly always
    answers: list[tuple[Statement, str, Refusal]] = []
    for statement, as_written in zip(policy.statements, whole.statements, strict=True):
        checked = replace(whole, policy=replace(whole.policy, statements=(as_written,)))
        found = chain.from_iterable(check_one(checked) for check_one in OF_STATEMENTS)
        for defect in islice(found, MOST_REFUSALS):
            answers.append((statement, defect.kind, _refusal(defect, checked, shown=not answers)))
    return tuple(answers)


def _refusal(defect: SaveDefect, checked: CheckedPolicy, *, shown: bool) -> Refusal:
    texts = checked.rules.texts
    text = texts.get(defect.kind, texts[ANY])
    return Refusal(
        text.code,
        text.http_status,
        text.message.format(**defect.details),
        defect.path,
        *checked.places.where(defect.path),
        REMEDIES[defect.remedy or defect.kind].format(**defect.details),
        shown,
    )


def refusal_of_parse_error(
    error: PolicyError, policy_type: str, service: str | None = None
) -> tuple[Refusal, ...]:
    """List AWS's answers to a document that ``Policy.parse`` couldn't read, first the reported one.

    Examples
    --------
    >>> from iamlab import Policy, PolicyError
    >>> try:
    ...     Policy.parse('{"Statement": {"Effect": "Allow", "Actions": "s3:*"}}')
    ... except PolicyError as error:
    ...     refusal_of_parse_error(error, "identity")[0].message
    'Syntax errors in policy.'
    """
    texts = rules_for(policy_type, service).texts
    found = sorted(
        ((READING.index(_kind(problem)), problem) for problem in error.problems), key=itemgetter(0)
    )
    answers = [(texts.get(READING[rank], texts[ANY]), problem) for rank, problem in found]
    return tuple(
        Refusal(
            text.code,
            text.http_status,
            text.message.format(),
            problem.path,
            problem.line,
            problem.column,
            f"{problem.what} {problem.remedy}",
            shown=number == 0,
        )
        for number, (text, problem) in enumerate(answers)
    )


READING = ("json", "syntax", "effect_case", "no_action")
"""The kinds of syntax errors, in AWS's order."""

_OTHER_CASE = re.compile(r"Effect can't be '(?:allow|deny)'\.", re.IGNORECASE)


def _kind(problem: PolicyProblem) -> str:
    """Return the kind of a syntax error; IAM has its own messages for two of them."""
    if problem.code == "MISSING_ACTION":
        return "no_action"
    if _OTHER_CASE.fullmatch(problem.what):
        return "effect_case"
    return "json" if problem.code == "JSON_SYNTAX_ERROR" else "syntax"
