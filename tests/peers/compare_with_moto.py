"""Where moto decides otherwise than iamlab, why, and who is right: ``make peers`` prints it.

moto is the only other evaluator of IAM policies on PyPI that many people run. Both are asked what
both can express: identity policies alone, and single values in the context. Moto gets the policies
one by one, as it does when it enforces IAM, and ``sts:GetCallerIdentity`` is let through before, as
there. Each difference is traced to the fault of moto's that makes it, or to several at once.
"""

# ruff: noqa: T201 - a script prints

import json
import random
import re
import sys
from collections import defaultdict
from dataclasses import dataclass

from moto.iam.access_control import IAMPolicy, PermissionResult

from iamlab import Layers, Policy, Request, evaluate
from iamlab.policy.condition_keys import is_multivalued
from iamlab.policy.validate.validation import refused_statements
from tests.engine.oracle import decide
from tests.engine.random_questions import random_question
from tests.peers.faults import ALLOWED, DENIED, ERROR, FAULTS, NEUTRAL, Case, causes
from tests.peers.telling_cases import TELLING

OWN = "111122223333"
QUESTIONS, SEED = 6_000, 2026
PICKED = [case for case, _ in TELLING]


@dataclass(frozen=True)
class Difference:
    """A question on which the verdicts differ, and the faults that make the difference."""

    case: Case
    moto: str
    iamlab: str
    oracle: str
    causes: tuple[str, ...] | None


def main() -> int:
    """Compare, print, and give 1 if a difference has no named cause."""
    cases = [*PICKED, *random_cases(QUESTIONS, SEED)]
    found = differences(cases)
    print_report(len(cases), found)
    return int(any(item.causes is None for item in found))


def differences(cases: list[Case]) -> list[Difference]:
    """Ask both, and give every question on which they differ."""
    answers = ((case, by_moto(case), by_iamlab(case)) for case in cases)
    return [
        Difference(case, moto, iamlab, by_oracle(case), causes(case, iamlab))
        for case, moto, iamlab in answers
        if moto != iamlab
    ]


def by_moto(case: Case) -> str:
    """Let moto decide, in the words of AWS's verdicts."""
    if case.action == "sts:GetCallerIdentity":
        return ALLOWED
    text = NEUTRAL
    try:
        for document in case.policies:
            policy = IAMPolicy(json.dumps(document))
            heard = policy.is_action_permitted(case.action, case.resource, None, case.context)
            if heard is PermissionResult.DENIED:
                return DENIED
            text = ALLOWED if heard is PermissionResult.PERMITTED else text
    except re.error:
        return ERROR
    return text


def by_iamlab(case: Case) -> str:
    """Let iamlab decide."""
    request = Request(
        case.principal,
        case.action,
        case.resource,
        resource_account=OWN,
        context=case.context,
        issuer=case.issuer,
    )
    layers = Layers(identity=[Policy.parse(document) for document in case.policies])
    return evaluate(request, layers).verdict.value


def by_oracle(case: Case) -> str:
    """Let the oracle decide, which shares no code with either."""
    return decide(
        {
            "principal": case.principal,
            "issuer": case.issuer,
            "action": case.action,
            "resource": case.resource,
            "resource_account": OWN,
            "context": case.context,
            "identity": case.policies,
            "resource_policy": None,
            "boundary": None,
            "session": [],
        }
    )


def random_cases(count: int, seed: int) -> list[Case]:
    """Take from the random questions the part that moto can express."""
    rng = random.Random(seed)
    cases: list[Case] = []
    while len(cases) < count:
        question = random_question(rng)
        case = Case(
            question["identity"],
            question["action"],
            question["resource"],
            question["context"],
            question["principal"],
            question["issuer"],
        )
        if question["resource_account"] == OWN and _both_can_express(case):
            cases.append(case)
    return cases


def _both_can_express(case: Case) -> bool:
    """Return whether identity policies alone decide, and every condition asks for single values.

    Moto also decides by statements that AWS would not save, and that iamlab leaves without effect.
    It asks for one resource, and S3 for the buckets of a list too.
    """
    if case.action.lower() == "s3:listallmybuckets":
        return False
    if any([*refused_statements(Policy.parse(document), "identity")] for document in case.policies):
        return False
    own = re.fullmatch(rf"arn:aws:(iam::{OWN}:user|sts::{OWN}:assumed-role)/.*", case.principal)
    needs_another = re.match(
        "kms:.*:key/|sts:(assume|tag|set).* arn", f"{case.action} {case.resource}", re.IGNORECASE
    )
    return bool(own and case.policies and not needs_another) and not (
        any(isinstance(value, list) for value in case.context.values())
        or any(map(is_multivalued, _keys(case)))
        or '"ForA' in json.dumps(case.policies)
    )


def _keys(case: Case) -> list[str]:
    found = list(case.context)
    for policy in case.policies:
        listed = policy["Statement"]
        for statement in listed if isinstance(listed, list) else [listed]:
            for keys in statement.get("Condition", {}).values():
                found += keys
    return found


def print_report(total: int, found: list[Difference]) -> None:
    """Print the differences by cause: first each fault alone, then several at once."""
    groups: dict[tuple[str, ...], list[Difference]] = defaultdict(list)
    for item in found:
        groups[item.causes or ()].append(item)
    agree = sum(item.oracle == item.iamlab for item in found)
    print(
        f"{total:,} questions, {len(found):,} differences. In {agree:,} of them the oracle, which "
        "shares no code with either, says what iamlab says."
    )
    order = sorted(groups, key=lambda names: (len(names), -len(groups[names])))
    for number, names in enumerate(order, 1):
        print_group(number, names, groups[names])


def print_group(number: int, names: tuple[str, ...], group: list[Difference]) -> None:
    """Print one group: what moto does, who is right and why, and an example."""
    faults = [FAULTS[name] for name in names if name in FAULTS]
    agreed = all(item.oracle == item.iamlab for item in group) or not faults[0].saved
    title = faults[0].name if len(faults) == 1 else f"Several at once: {', '.join(names)}"
    why = f"{faults[0].why} [{faults[0].page}]" if len(faults) == 1 else "As above for each."
    print(f"\n{number}. {title} ({len(group):,})")
    print(f"   right: {'iamlab' if agreed else 'open, the oracle sides with moto'}. {why}")
    picked = [item for item in group if item.case in PICKED]
    example = picked[0] if picked else min(group, key=lambda item: len(str(item.case.policies)))
    case = example.case
    for policy in case.policies:
        print(f"   policy: {json.dumps(policy)}")
    context = f" with {json.dumps(case.context)}" if case.context else ""
    print(f"   asked: {case.action} on {case.resource!r} by {case.principal}{context}")
    print(f"   moto says {example.moto}, iamlab {example.iamlab}, the oracle {example.oracle}")


if __name__ == "__main__":
    sys.exit(main())
