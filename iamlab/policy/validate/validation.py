"""What AWS refuses when a document is saved as a policy of some type.

A document can be read well and still not be saved: a user's policy with a Principal, a bucket
policy without one. AWS tells one mistake at a time, the first that it meets; :func:`refusals` tells
all, in the order in which AWS looks.

Notes
-----
AWS pages: "Troubleshoot IAM policies"; "Grammar of the IAM JSON policy language". The order of the
checks is that which has been observed of IAM; it is taken for the other services too, which do not
document theirs.
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
    from iamlab.policy.validate.document_defects import Check, SaveDefect

ORDER: tuple[Check, ...] = (
    document_defects.unsendable,
    document_defects.no_statements,
    element_defects.bare_principals,
    document_defects.old_version,
    document_defects.unreadable_dates,
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
    action_and_resource_defects.foreign_resources,
    action_and_resource_defects.unfit_actions,
    element_defects.open_identifiers,
    document_defects.too_many,
    document_defects.too_large,
)
"""The checks, in the order in which AWS makes them."""

MOST_REFUSALS = 100
"""A document with more mistakes than that is told the first hundred."""

NO_TEXT = "(AWS documents no text for this)"


@with_old_names
@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why AWS does not save a document.

    Parameters
    ----------
    code, http_status, message
        AWS's own. The message is empty where AWS documents none.
    path, line, column
        Where in the document the reason stands.
    remedy
        How to fix it.
    shown
        Whether it is the one that AWS tells; it comes to the others only when this is mended.
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
        return f"{self.code}: {self.message or NO_TEXT}"

    @property
    def sentence(self) -> str:
        """The same, closed by a period where AWS has none, so that more can follow."""
        return self.what if self.what.endswith((".", "!", ")")) else f"{self.what}."

    def __str__(self) -> str:
        place = self.path if self.line is None else f"{self.path} (line {self.line})"
        return f"{place}: {self.sentence} {self.remedy}"


class SaveError(PolicyError):
    """A document that AWS would not save. It holds every reason, not only the one AWS tells."""

    def __init__(self, refused: Iterable[Refusal], name: str = "") -> None:
        self.refusals = tuple(refused)
        super().__init__(map(_as_problem, self.refusals), name)

    @property
    def code(self) -> str:
        """The code that AWS answers with."""
        return self.refusals[0].code

    @property
    def http_status(self) -> int:
        """The HTTP status that AWS answers with."""
        return self.refusals[0].http_status

    @property
    def message(self) -> str:
        """AWS's sentence; empty where it documents none."""
        return self.refusals[0].message


def _as_problem(refusal: Refusal) -> PolicyProblem:
    lead = "AWS answers " if refusal.shown else "Later it would answer "
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
        With ``"resource"``: whose resource, such as ``"s3"``. Without it only what holds for all
        of them is checked.

    Raises
    ------
    SaveError
        AWS would not. The error holds all reasons, with the place of each.
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
    """List why AWS would not save a document; the first is the one it tells.

    At most :data:`MOST_REFUSALS` are listed.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{"Statement": {"Effect": "Allow", "Action": "s3"}}')
    >>> [refusal.message[:40] for refusal in refusals(policy, "identity")]
    ['Policy document must be version 2012-10-', 'Actions/Conditions must be prefaced by a', \
'Policy statement must contain resources.']
    """
    rules = rules_for(policy_type, service)
    if not policy.text:
        policy = written(policy.statements, policy)  # it was put together from its parts
    checked = CheckedPolicy(policy, rules, Places(policy))
    if rules.looks_actions_up and any(document_defects.too_large(checked)):
        # It is refused anyway, and a hundred thousand actions would take long to look up.
        checked = replace(checked, rules=replace(rules, looks_actions_up=False))
    found = chain.from_iterable(check_one(checked) for check_one in ORDER)
    return tuple(
        _refusal(defect, checked, shown=number == 0)
        for number, defect in enumerate(islice(found, MOST_REFUSALS))
    )


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
    """List how AWS refuses what ``Policy.parse`` could not read; the first is the one it tells.

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
"""What can go wrong when a document is read, in the order in which AWS tells it."""

_OTHER_CASE = re.compile(r"Effect cannot be '(?:allow|deny)'\.", re.IGNORECASE)


def _kind(problem: PolicyProblem) -> str:
    """Name a mistake of reading; IAM reads two of them, and tells those by themselves."""
    if problem.code == "MISSING_ACTION":
        return "no_action"
    if _OTHER_CASE.fullmatch(problem.what):
        return "effect_case"
    return "json" if problem.code == "JSON_SYNTAX_ERROR" else "syntax"
