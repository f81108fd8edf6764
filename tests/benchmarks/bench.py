"""How fast iamlab decides, beside moto: ``make bench`` measures it and prints a table.

The peer is moto's ``IAMPolicy``, the fastest evaluator of IAM policies that installs from PyPI. Its
objects are kept in memory and all its patterns are compiled before the clock starts, so it is
measured at its best; iamlab is measured as it comes. A verdict of moto's is that of the identity
policies, and where these allow, of the permissions boundary.

A round is a new process, because only there no policy was ever used. Inside a round the requests
are cut into slices, and both peers take turns at each slice, so that a busy machine slows both.
What is compared is the time of one decision: moto answers only every fourth request of a slice, and
of the matrix 40 pairs for every principal, from which its time for all of it is scaled. Time is
processor time, without garbage collection. The figure of a peer is the least of all rounds, since
noise only adds.
"""

# ruff: noqa: T201 - a script prints

import gc
import json
import re
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.big_account import OWN, Account, Doc, Principal, Question, build

ROOT = Path(__file__).parents[2]
ROUNDS, SLICES, EVERY = 3, 20, 4
EXPLAINED, PAIRS_FOR_MOTO = 2_000, 40
POLICIES_IN_MEMORY = 10_000

# The time of one decision in seconds: iamlab's and moto's.
Times = tuple[float, float]


@dataclass(frozen=True)
class Target:
    """A kind of work, and how many times as fast as moto iamlab must be and aims to be."""

    work: str
    must: float
    aim: float


TARGETS = {
    "first": Target("one decision at a time, first pass", 2.8, 5),
    "second": Target("the same, second pass", 6, 9),
    "others": Target("the same, other objects, times and addresses", 6, 9),
    "varied first": Target("5 to 12 keys, half with conditions, first pass", 2, 3.5),
    "varied second": Target("the same, second pass", 4, 6),
    "matrix": Target("access matrix 260 x 2,000, parsing and all", 150, 300),
    "steps": Target("decision with all its steps read", 0.5, 1),
    "mismatches": Target("all mismatches read and printed", 0.25, 0.5),
}


def main() -> None:
    """Measure all work, or one round of one part; print a table, or the figures as JSON."""
    if len(sys.argv) > 1:
        print(json.dumps(PARTS[sys.argv[1]]()))
        return
    print_table(measure(tell=_tell), in_new_process("memory"))


def print_table(times: dict[str, Times], megabytes: dict[str, float]) -> None:
    """Print what was measured, beside what it must be."""
    row = "{:<46}{:>11}{:>11}{:>8}{:>7}{:>6}  {}"
    print(row.format("work", "iamlab µs", "moto µs", "ratio", "must", "aim", "met?"))
    for name, (iamlab, moto) in times.items():
        target, ratio = TARGETS[name], moto / iamlab
        met = "aim" if ratio >= target.aim else "must" if ratio >= target.must else "NO"
        figures = (f"{iamlab * 1e6:.2f}", f"{moto * 1e6:.2f}", f"{ratio:.1f}")
        print(row.format(target.work, *figures, f"{target.must:g}", f"{target.aim:g}", met))
    print(
        "µs: processor time of one decision. moto's policies are parsed and its patterns compiled "
        "beforehand; it answers a sample."
    )
    print(
        f"{POLICIES_IN_MEMORY:,} policies of AWS's own sizes take {megabytes['parsed']:.0f} MB of "
        f"memory parsed (must: under 200), {megabytes['used']:.0f} MB once each has decided."
    )


def _tell(text: str) -> None:
    """Return how far it is, beside the table, which may go to a file."""
    print(text, file=sys.stderr, flush=True)


def measure(rounds: int = ROUNDS, tell: Callable[[str], object] = len) -> dict[str, Times]:
    """Measure everything in several rounds; keep the least time of each peer at each work."""
    best: dict[str, Times] = {}
    for number in range(1, rounds + 1):
        tell(f"round {number} of {rounds}")
        for part in ("decisions", "varied", "matrix"):
            for name, (iamlab, moto) in in_new_process(part).items():
                known = best.get(name, (iamlab, moto))
                best[name] = (min(known[0], iamlab), min(known[1], moto))
    return best


def in_new_process(part: str) -> dict[str, Any]:
    """Run one part in a process of its own, where no policy was ever used."""
    command = [sys.executable, "-m", "tests.benchmarks.bench", part]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def _patterns(text: str) -> Iterator[str]:
    """Yield every pattern of actions and resources of a document."""
    for statement in json.loads(text)["Statement"]:
        for element in ("Action", "Resource"):
            value = statement[element]
            yield from [value] if isinstance(value, str) else value


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def _without_garbage_collection() -> None:
    """All that is there stays; nothing is looked for while the clock runs."""
    gc.collect()
    gc.freeze()
    gc.disable()


class Iamlab:
    """The account in iamlab: policies parsed, layers gathered once for each principal."""

    def __init__(self, account: Account) -> None:
        from iamlab import Layers, Policy, Request, evaluate

        self.account, self.request, self.evaluate = account, Request, evaluate
        policies = {name: Policy.parse(text, name=name) for name, text in account.documents.items()}
        self.layers = [
            Layers(
                identity=[policies[name] for name in principal.policies],
                boundary=principal.boundary and policies[principal.boundary],
            )
            for principal in account.principals
        ]

    def decide(self, requests: Sequence[Question]) -> list[str]:
        """Decide requests one at a time, each made here from its parts."""
        request, evaluate, layers = self.request, self.evaluate, self.layers
        principals = self.account.principals
        return [
            evaluate(
                request(
                    principals[statement.principal].arn,
                    statement.action,
                    statement.resource,
                    context=statement.context,
                ),
                layers[statement.principal],
            ).verdict.value
            for statement in requests
        ]

    def steps(self, requests: Sequence[Question]) -> Iterator[Any]:
        """Decide requests, and return all steps of each."""
        principals = self.account.principals
        for statement in requests:
            arn = principals[statement.principal].arn
            made = self.request(
                arn, statement.action, statement.resource, context=statement.context
            )
            yield from self.evaluate(made, self.layers[statement.principal]).steps

    def explain(self, request: Sequence[Question]) -> int:
        """Read all steps: the reason of each, and which statements match."""
        return sum(
            len(step.reason) + sum(match.applies for match in step.statements)
            for step in self.steps(request)
        )

    def explain_all(self, request: Sequence[Question]) -> int:
        """Print every mismatch of every statement too."""
        return sum(
            len(step.reason) + sum(len(match.text) for match in step.statements)
            for step in self.steps(request)
        )

    def matrix(self) -> list[int]:
        """Decide all pairs for all principals at once."""
        from iamlab.engine.matrix import evaluate_matrix

        callers = [
            (principal.arn, layers, principal.context)
            for principal, layers in zip(self.account.principals, self.layers, strict=True)
        ]
        rows: list[int] = evaluate_matrix(principals=callers, pairs=list(self.account.pairs)).rows
        return rows


class Moto:
    """The account in moto: the policies as objects, every pattern compiled."""

    def __init__(self, account: Account) -> None:
        from moto.iam.access_control import IAMPolicy, IAMPolicyStatement, PermissionResult

        for name in ("_MAXCACHE", "_MAXCACHE2"):  # else the patterns push each other out
            if hasattr(re, name):
                setattr(re, name, 1_000_000)
        for text in account.documents.values():
            for pattern in _patterns(text):
                IAMPolicyStatement._match(pattern, "")
        self.permitted, self.denied = PermissionResult.PERMITTED, PermissionResult.DENIED
        policies = {name: IAMPolicy(text) for name, text in account.documents.items()}
        self.policies = [
            [policies[name] for name in principal.policies] for principal in account.principals
        ]
        self.boundaries = [
            principal.boundary and policies[principal.boundary] for principal in account.principals
        ]

    def decide(self, requests: Sequence[Question]) -> list[str]:
        """Decide requests one at a time; the first denial and the first gap end it."""
        return [
            self.decide_one(
                statement.principal, statement.action, statement.resource, statement.context
            )
            for statement in requests
        ]

    def decide_one(self, principal: int, action: str, resource: str, context: Doc) -> str:
        """Decide one request."""
        granted = False
        for policy in self.policies[principal]:
            text = policy.is_action_permitted(action, resource, None, context)
            if text is self.denied:
                return "explicitDeny"
            if text is self.permitted:
                granted = True
        if not granted:
            return "implicitDeny"
        boundary = self.boundaries[principal]
        if boundary is not None:
            text = boundary.is_action_permitted(action, resource, None, context)
            if text is not self.permitted:
                return "explicitDeny" if text is self.denied else "implicitDeny"
        return "allowed"

    def matrix(self, account: Account, pairs: Sequence[tuple[str, str]]) -> list[str]:
        """Decide some pairs for all principals, one after the other."""
        return [
            self.decide_one(number, action, resource, principal.context)
            for number, principal in enumerate(account.principals)
            for action, resource in pairs
        ]


def decisions() -> dict[str, Times]:
    """One round of decisions one at a time: first and second pass, other requests, explained."""
    account = build()
    iamlab, moto = Iamlab(account), Moto(account)
    _warm_up()
    _without_garbage_collection()
    return {
        "first": _in_turns(account.requests, iamlab.decide, moto.decide),
        "second": _in_turns(account.requests, iamlab.decide, moto.decide),
        "others": _in_turns(account.others, iamlab.decide, moto.decide),
        "steps": _in_turns(account.others[:EXPLAINED], iamlab.explain, moto.decide, 1),
        "mismatches": _in_turns(account.others[:EXPLAINED], iamlab.explain_all, moto.decide, 1),
    }


def varied() -> dict[str, Times]:
    """One round where half of the statements are conditional, and each request has its own keys."""
    account = build(varied=True)
    iamlab, moto = Iamlab(account), Moto(account)
    _warm_up()
    _without_garbage_collection()
    return {
        "varied first": _in_turns(account.requests, iamlab.decide, moto.decide),
        "varied second": _in_turns(account.requests, iamlab.decide, moto.decide),
    }


def matrix() -> dict[str, Times]:
    """One round of the access matrix: iamlab parses, gathers and decides; moto only decides."""
    account = build()
    moto = Moto(account)
    _warm_up().matrix()
    _without_garbage_collection()
    size = len(account.principals)
    sample = account.pairs[:: len(account.pairs) // PAIRS_FOR_MOTO]
    by_moto = _seconds(lambda: moto.matrix(account, sample)) / (size * len(sample))
    by_iamlab = _seconds(lambda: Iamlab(account).matrix()) / (size * len(account.pairs))
    return {"matrix": (by_iamlab, by_moto)}


def memory() -> dict[str, float]:
    """Megabytes that 10,000 policies take, parsed, and again when each has decided once.

    They are AWS's managed policies, which moto ships: 5.6 statements and 2,200 characters on
    average. Each is parsed once, from a text of its own so that nothing is shared, and the sum
    scaled to 10,000.
    """
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    from iamlab import Layers, Policy, Request, evaluate

    documents = [load["Document"] for load in json.loads(aws_managed_policies_data).values()]
    request = Request(f"arn:aws:iam::{OWN}:user/ana", "s3:GetObject", "arn:aws:s3:::bk/k")
    _warm_up()
    tracemalloc.start()
    policies = [Policy.parse(json.dumps(document)) for document in documents]
    parsed = tracemalloc.get_traced_memory()[0]
    for policy in policies:
        evaluate(request, Layers(identity=[policy]))
    used = tracemalloc.get_traced_memory()[0]
    scale = POLICIES_IN_MEMORY / len(policies) / 1e6
    return {"parsed": parsed * scale, "used": used * scale}


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "decisions": decisions,
    "varied": varied,
    "matrix": matrix,
    "memory": memory,
}


def _in_turns(
    requests: Sequence[Question],
    iamlab: Callable[[Sequence[Question]], object],
    moto: Callable[[Sequence[Question]], object],
    every: int = EVERY,
) -> Times:
    """Time both peers slice by slice; give the time of one decision of each."""
    size = len(requests) // SLICES
    by_iamlab = by_moto = 0.0
    answered = 0
    for place in range(0, len(requests), size):
        part = requests[place : place + size]
        sample = part[::every]
        by_iamlab += _seconds(partial(iamlab, part))
        by_moto += _seconds(partial(moto, sample))
        answered += len(sample)
    return by_iamlab / len(requests), by_moto / answered


def _warm_up() -> Iamlab:
    """Ask a first question of an account that has nothing to do with the other.

    What it costs to load modules belongs to no benchmark.
    """
    principal = Principal("arn:aws:iam::999988887777:user/x", "x", "x", "x", ("none",), None, {})
    question = Question(0, "warm:Up", "arn:aws:warm:::up", {})
    nothing = {"none": '{"Statement": []}'}
    small = Account(nothing, (principal,), (question,), (), (("warm:Up", "arn:aws:warm:::up"),))
    peer = Iamlab(small)
    peer.explain(small.requests)
    return peer


if __name__ == "__main__":
    main()
