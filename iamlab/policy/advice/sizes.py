"""Findings about the length of a policy.

IAM does not count white space between the values; most other services do.

Notes
-----
AWS pages: "IAM and AWS STS quotas"; "Quotas and service limits for AWS Organizations"; for resource
policies the quotas of each service.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from iamlab.policy.advice.listed import named, rules_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iamlab.policy.advice.case import Case, Detector
    from iamlab.policy.advice.finding import Finding

_KIND = {
    "trust": "ROLE_TRUST_POLICY",
    "scp": "SCP",
    "rcp": "RCP",
    "resource": "RESOURCE_POLICY",
    "endpoint": "RESOURCE_POLICY",
}


def size(case: Case) -> Iterator[Finding]:
    """A policy that is longer than AWS takes cannot be saved."""
    rules, text = rules_of(case), case.policy.text
    if rules.size is None or _length(text, rules.size.counting) <= rules.size.limit:
        return
    document = case.policy.to_dict()
    dense = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    limit, counting = rules.size.limit, rules.size.counting
    needed = _length(dense, counting)
    unit = "bytes" if counting == "bytes" else "characters"
    code = f"POLICY_SIZE_EXCEEDS_{_KIND.get(case.policy_type, 'IDENTITY_POLICY')}_QUOTA"
    kind = "a managed policy of your own" if case.policy_type == "identity" else named(case)
    most = f"{kind} may have {limit:,}."
    if needed > limit:
        what = f"The policy has {needed:,} {unit}, white space not counted; {most}"
        yield case.find(code, "$", what, "Make it shorter, or make two of it.")
    elif counting != "compact":
        what = f"The policy has {_length(text, counting):,} {unit}; {most}"
        better = partial(replace, case.policy, text=dense)
        yield case.find(code, "$", what, f"Without white space it has {needed:,}.", better)


def _length(text: str, counting: str) -> int:
    return len(text.encode()) if counting == "bytes" else len(text)


DETECTORS: tuple[Detector, ...] = (size,)
