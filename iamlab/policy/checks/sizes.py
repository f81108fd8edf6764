"""How large a document is, and whether it is larger than AWS takes.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.policy.checks.defects import Defect, at_document
from iamlab.policy.rules import LONGEST_DOCUMENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.checks.type_rules import Counting, TypeRules
    from iamlab.policy.document import Policy

_STRING_OR_SPACE = re.compile(r'("[^"\\]*(?:\\.[^"\\]*)*")|[ \t\n\r]+', re.DOTALL)
_OUTSIDE = re.compile("[^\t\n\r\u0020-\u00ff]")
_UNITS = {
    "compact": "characters without the white space between its parts",
    "characters": "characters, white space included",
    "bytes": "bytes, white space included",
}


def size(policy: Policy, counting: Counting = "compact") -> int:
    """Measure a document as AWS does.

    Parameters
    ----------
    counting
        ``"compact"``, IAM's way: characters, without white space outside strings;
        ``"characters"``: all of them; ``"bytes"``: all, as UTF-8.

    Examples
    --------
    >>> from iamlab import Policy
    >>> policy = Policy.parse('{ "Statement": [],  "Id": "a b" }')
    >>> size(policy), size(policy, "characters")
    (27, 33)
    """
    text = policy.text
    if counting == "bytes":
        return len(text.encode())
    if counting == "characters":
        return len(text)
    spaces = (match for match in _STRING_OR_SPACE.finditer(text) if match[1] is None)
    return len(text) - sum(match.end() - match.start() for match in spaces)


def too_large(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find a document that is larger than its type may be."""
    if rules.size is None:
        return
    counting, limit = rules.size.counting, rules.size.limit
    measured = size(policy, counting)
    if measured > limit:
        details = {"size": measured, "limit": limit, "unit": _UNITS[counting]}
        yield Defect(
            "size", at_document, {**details, **_value_of_parameter(policy, rules.parameter)}
        )


def unsendable(policy: Policy, rules: TypeRules) -> Iterator[Defect]:
    """Find what IAM's API refuses before it reads the document: its length, its characters."""
    if not rules.iam_api:
        return
    parameter = _value_of_parameter(policy, rules.parameter)
    length = len(policy.text)
    if length > LONGEST_DOCUMENT:
        details = {"size": length, "limit": LONGEST_DOCUMENT}
        yield Defect("too_long", at_document, {**details, **parameter})
    outside = _OUTSIDE.search(policy.text)
    if outside is not None:
        yield Defect("characters", at_document, {"character": repr(outside[0]), **parameter})


def _value_of_parameter(policy: Policy, parameter: str) -> dict[str, str]:
    """Give how AWS's API names the document; it prints all of it, here its start is enough."""
    return {"start": f"{policy.text[:40]}...", "parameter": parameter}
