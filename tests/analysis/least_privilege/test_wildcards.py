"""From many resources to few patterns: what is covered, the text, and how many may stay."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iamlab.analysis.least_privilege.statements import (
    generalise,
    noun_of,
    readable,
    shortly,
    writable,
)
from iamlab.policy.patterns import glob_resource

S3 = "arn:aws:s3:::"
LAMBDA = "arn:aws:lambda:us-east-1:111122223333:function:"
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/"
QUEUE = "arn:aws:sqs:us-east-1:111122223333:"
LOGS = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/f:log-stream:"

ROWS = [
    # resources, at most, patterns, said
    ([f"{S3}b/m/{n}" for n in range(3)], 2, [f"{S3}b/m/*"], ["3 objects in b/m/ -> b/m/*"]),
    ([f"{S3}b/m/{n}" for n in range(3)], 3, [f"{S3}b/m/{n}" for n in range(3)], []),
    (
        [*(f"{S3}b/m/{n}" for n in range(3)), f"{S3}b/x"],
        2,
        [f"{S3}b/m/*", f"{S3}b/x"],
        ["3 objects in b/m/ -> b/m/*"],
    ),
    ([f"{S3}b/{n}" for n in "xyz"], 2, [f"{S3}b/*"], ["3 objects in b/ -> b/*"]),
    (
        [f"{S3}b/{d}/{n}" for d in "xyz" for n in range(3)],
        2,
        [f"{S3}b/*"],
        ["9 objects in b/ -> b/*"],
    ),
    (
        [f"{S3}b/{d}/{n}" for d in "xy" for n in range(3)],
        2,
        [f"{S3}b/x/*", f"{S3}b/y/*"],
        ["3 objects in b/x/ -> b/x/*", "3 objects in b/y/ -> b/y/*"],
    ),
    # Never over buckets, nor over part of a bucket's name: those of strangers may begin alike.
    ([f"{S3}b-{n}/k" for n in range(3)], 2, [f"{S3}b-{n}/k" for n in range(3)], []),
    ([f"{S3}b-{n}" for n in range(3)], 2, [f"{S3}b-{n}" for n in range(3)], []),
    (
        [f"{LAMBDA}load-{n}" for n in "xyz"],
        2,
        [f"{LAMBDA}load-*"],
        ["3 functions in function:load- -> function:load-*"],
    ),
    # A mere type isn't a name that they share.
    ([f"{LAMBDA}{n}" for n in "xyz"], 2, [f"{LAMBDA}{n}" for n in "xyz"], []),
    ([f"{TABLE}{n}" for n in "xyz"], 2, [f"{TABLE}{n}" for n in "xyz"], []),
    (
        [f"{QUEUE}jobs_{n}" for n in "xyz"],
        2,
        [f"{QUEUE}jobs_*"],
        ["3 queues in jobs_ -> jobs_*"],
    ),
    ([f"{QUEUE}{n}" for n in "xyz"], 2, [f"{QUEUE}{n}" for n in "xyz"], []),
    (
        [f"{LOGS}2026/11/{n}" for n in range(3)],
        2,
        [f"{LOGS}2026/11/*"],
        [f"3 log streams in {shortly(LOGS)}2026/11/ -> {shortly(LOGS)}2026/11/*"],
    ),
    # Half a word isn't a beginning.
    ([f"{TABLE}star{n}" for n in range(3)], 2, [f"{TABLE}star{n}" for n in range(3)], []),
    ([], 1, [], []),
    (["*"], 1, ["*"], []),
]


@pytest.mark.parametrize(("resources", "most", "patterns", "text"), ROWS, ids=range(len(ROWS)))
def test_a_beginning_stands_for_many(
    resources: list[str], most: int, patterns: list[str], text: list[str]
) -> None:
    """The longest that more than so many share; a bucket at the widest."""
    found, steps = generalise(resources, most)

    assert list(found) == patterns
    assert [str(step) for step in steps] == text


LAST = [
    ([f"{TABLE}{n}" for n in "xyz"], [f"{TABLE}*"]),
    ([f"{S3}b-{n}/k" for n in range(3)], [f"{S3}b-*"]),
    ([f"{QUEUE}{n}" for n in "xyz"], [f"{QUEUE}{n}" for n in "xyz"]),
    ([f"{S3}{n}" for n in "xyz"], [f"{S3}{n}" for n in "xyz"]),
]


@pytest.mark.parametrize(("resources", "patterns"), LAST)
def test_the_last_resort_is_a_type_and_never_a_service(
    resources: list[str], patterns: list[str]
) -> None:
    """Even where AWS's quota leaves no room."""
    assert list(generalise(resources, 1, last_resort=True)[0]) == patterns


WORDS = ["a", "b", "ab", "/", "-", ":", ".", "_", "${*}", "x/y"]
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map("".join)
HEADS = st.sampled_from([f"{S3}b/", f"{S3}b", S3, LAMBDA, TABLE, QUEUE, "*"])
RESOURCES = st.lists(
    st.tuples(HEADS, NAMES).map(lambda item: item[0] if item[0] == "*" else "".join(item)),
    max_size=25,
)


def beginnings(pattern: str) -> set[str]:
    """Return the beginnings that can be for it: whole words of a name."""
    head = pattern.split(":", 5)
    if len(head) < 6:
        return set()
    start, body = len(pattern) - len(head[5]), head[5]
    kinds = [place for place in map(body.find, "/:") if place >= 0]
    floor = start + (min(kinds) + 1 if kinds else 0)
    if head[2] == "s3":
        floor = start + (body.index("/") if "/" in body else len(body))
    ends = [place for place in range(floor, len(pattern)) if pattern[place] in "/:-_."]
    return {pattern[: place + 1] for place in ends}


@given(RESOURCES, st.integers(1, 6))
@example([f"{S3}b/a/{n}" for n in range(9)] + [f"{S3}b/{n}" for n in range(3)], 3)
def test_everything_is_covered_and_few_enough_stay(resources: list[str], most: int) -> None:
    """No beginning has more than so many left, and no star stands for fewer than it must."""
    patterns, steps = generalise(resources, most)

    for resource in resources:
        assert any(
            glob_resource(pattern.replace("${*}", "x"), resource.replace("${*}", "x"))
            for pattern in patterns
        ), resource
    for pattern in patterns:
        for beginning in beginnings(pattern):
            assert sum(other.startswith(beginning) for other in patterns) <= most, beginning
    by_pattern = {step.after: step.before for step in steps}
    assert set(by_pattern) == set(patterns) - set(resources)
    for pattern, before in by_pattern.items():
        below = {resource for resource in resources if resource.startswith(pattern[:-1])}
        assert before == len(below) > most
    assert generalise(reversed(resources), most) == (patterns, steps)


LITERALS = [
    (f"{S3}b/a*b", f"{S3}b/a${{*}}b", False),
    (f"{S3}b/a?b", f"{S3}b/a${{?}}b", False),
    (f"{S3}b/$a", f"{S3}b/$a", False),
    (f"{S3}b/${{a}}", f"{S3}b/${{$}}{{a}}", False),
    (f"{S3}b/é", f"{S3}b/é", False),
    (f"{S3}b/北北x", f"{S3}b/*x", True),
    ("text", "*", True),
    ("*", "*", False),
    (f"{S3}*", f"{S3}${{*}}", False),
    ("arn:aws:s3:*::b", "*", True),
    ("arn:aws:s3:us-east-1::b", "*", True),
    ("arn:aws:iam::111122223333:u", "*", True),
    ("arn:aws:iam::111122223333:user/x", "arn:aws:iam::111122223333:user/x", False),
]


@pytest.mark.parametrize(("resource", "pattern", "is_wider"), LITERALS)
def test_a_resource_is_written_literally(resource: str, pattern: str, is_wider: bool) -> None:  # noqa: FBT001
    """Or it is said why the pattern means more."""
    written, why = writable(resource)

    assert (written, bool(why)) == (pattern, is_wider)


def test_kinds_of_things_have_names() -> None:
    """For people, who do not speak in ARNs."""
    role = "arn:aws:iam::111122223333:"
    nouns = {
        f"{S3}b": "buckets",
        f"{S3}b/k": "objects",
        f"{LAMBDA}f": "functions",
        f"{QUEUE}q": "queues",
        f"{role}policy/p": "policies",
        f"{role}role/r": "roles",
        f"{role}instance-profile/r": "instance profiles",
        "arn:aws:kms:us-east-1:111122223333:key/k": "keys",
        f"{LOGS}s": "log streams",
        "arn:aws:x:::y": "resources",
        "*": "resources",
    }

    assert {noun: noun_of(noun) for noun in nouns} == nouns


@given(st.text())
def test_readable_text_can_be_printed_on_one_line(text: str) -> None:
    """Whatever it held."""
    shown = readable(text)

    assert shown.isprintable()
    assert len(shown.splitlines()) <= 1
