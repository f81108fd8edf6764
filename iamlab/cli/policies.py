"""Commands that look at policy documents, and at the words and actions that they have."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from iamlab.cli.answers import Answer, as_json
from iamlab.cli.commands import BAD_INPUT
from iamlab.cli.options import STANDARD_INPUT, check_read_once, read_text
from iamlab.display import count
from iamlab.errors import LoadError, PolicyError, RequestError, brief
from iamlab.policy import catalog
from iamlab.policy.document import Policy
from iamlab.policy.json_text import Places
from iamlab.policy.lint import review
from iamlab.policy.lint.actions import nearest_action
from iamlab.policy.lint.findings import ERROR, LEVELS, SUGGESTION
from iamlab.policy.rules import likely_type
from iamlab.policy.validate.validation import refusal_of_parse_error, refusals

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator

    from iamlab.analysis.policy_checks.checks import CheckResult
    from iamlab.policy.catalog import Action

UNREADABLE, REFUSED = "UNREADABLE", "REFUSED"
_SYNTAX_ERROR = "JSON_SYNTAX_ERROR"
_GITHUB = {**dict.fromkeys((UNREADABLE, REFUSED, ERROR), "error"), SUGGESTION: "notice"}
_FAILS = {level.lower().replace("_", "-"): LEVELS[: n + 1] for n, level in enumerate(LEVELS)}


@dataclass(frozen=True, slots=True)
class FileFinding:
    """A problem of a policy file, and how to fix it."""

    file: str
    line: int | None
    column: int | None
    path: str
    level: str
    code: str
    text: str
    fixable: bool = False

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.level} {self.code}: {self.text}"

    def for_github(self) -> str:
        """Write it as an annotation for GitHub Actions."""
        place = {"file": self.file, "line": self.line, "col": self.column, "title": self.code}
        properties = ",".join(f"{key}={_escaped(value)}" for key, value in place.items() if value)
        level = _GITHUB.get(self.level, "warning")
        return f"::{level} {properties}::{_escaped(self.text, in_text=True)}"


def _escaped(value: object, *, in_text: bool = False) -> str:
    """Write a value so that it can't end the annotation, or start another one."""
    text = str(value).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text if in_text else text.replace(":", "%3A").replace(",", "%2C")


def check(options: argparse.Namespace) -> Answer:
    """Check policy documents as AWS and IAM Access Analyzer do."""
    if options.service and options.type != "resource":
        raise RequestError("Use --service with --type resource.")
    check_read_once((*options.files, options.no_new_access))
    found: list[FileFinding] = []
    guessed: list[str] = []
    for file in options.files:
        try:
            text = read_text(file)
        except LoadError as error:  # the other files are checked
            place = (file, None, None, "")
            found.append(FileFinding(*place, UNREADABLE, "CANNOT_READ_FILE", str(error)))
            continue
        policy_type, service = options.type, options.service
        if policy_type is None:
            policy_type, service = _likely_type(text)
            if policy_type != "identity":
                kind = f"a {policy_type} policy{f' of {service}' if service else ''}"
                guessed.append(f"{file} is checked as {kind}; --type changes this.")
        if any(getattr(options, option) for option in _CUSTOM):
            found += _custom_findings(file, text, policy_type, options)
        else:
            found += findings(file, text, policy_type, service)
    counts = _counts(len(options.files), found)
    levels = (UNREADABLE, REFUSED, *LEVELS)
    by_level = sorted(found, key=lambda fault: levels.index(fault.level))
    is_refused = any(fault.level in (REFUSED, *_FAILS[options.fail_on]) for fault in found)
    is_unreadable = any(fault.level == UNREADABLE for fault in found)
    return Answer(
        BAD_INPUT if is_unreadable else is_refused,
        lambda: {"findings": list(map(asdict, found))},
        lambda: (
            map(FileFinding.for_github, found)
            if options.github
            else [*map(str, found), *guessed, counts]
        ),
        None if options.github else lambda: (counts, *map(str, by_level), *guessed),
    )


def _likely_type(text: str) -> tuple[str, str | None]:
    try:
        return likely_type(Policy.parse(text))
    except PolicyError:
        return "identity", None


def findings(file: str, text: str, policy_type: str, service: str | None) -> Iterator[FileFinding]:
    """Find the problems of one file: what AWS rejects comes first."""
    name = "<stdin>" if file == STANDARD_INPUT else file
    try:
        refused = refusals(Policy.parse(text), policy_type, service)
    except PolicyError as error:
        refused = refusal_of_parse_error(error, policy_type, service)
    for refusal in refused:
        shown = " AWS shows this error." if refusal.shown and len(refused) > 1 else ""
        what = f"{refusal.sentence.removeprefix(f'{refusal.code}: ')} {refusal.remedy}{shown}"
        place = name, refusal.line, refusal.column, brief(refusal.path)
        yield FileFinding(*place, REFUSED, refusal.code, brief(what))
    for finding in review(text, policy_type, service):
        if finding.code == _SYNTAX_ERROR:  # AWS refuses it, so it is in the list
            continue
        place = (name, finding.line, finding.column, brief(finding.path))
        what = brief(f"{finding.what} {finding.remedy}")
        yield FileFinding(*place, finding.level, finding.code, what, finding.is_fixable)


def _custom_findings(
    file: str, text: str, policy_type: str, options: argparse.Namespace
) -> Iterator[FileFinding]:
    """Find the statements that fail the custom policy checks of the options."""
    from iamlab.analysis.policy_checks import checks

    policy = Policy.parse(text, name=file)
    named = checks.RESOURCE if policy_type in ("resource", "trust") else checks.IDENTITY
    before, actions, resources, public = (getattr(options, option) for option in _CUSTOM)
    results: dict[str, CheckResult] = {}
    if before:
        results["NEW_ACCESS"] = checks.check_no_new_access(read_text(before), policy, named)
    if actions or resources:
        found = checks.check_access_not_granted(policy, actions, resources, named)
        results["ACCESS_GRANTED"] = found
    if public:
        results["PUBLIC_ACCESS"] = checks.check_no_public_access(policy, public)
    places = Places(policy)
    for code, result in results.items():
        for reason in result.reasons:
            path = places.statement(policy.statements[reason.statement_index])
            yield FileFinding(file, *places.where(path), path, ERROR, code, str(reason))


_CUSTOM = ("no_new_access", "access_not_granted", "resource", "no_public_access")
"""The options that ask custom policy checks instead."""


def _counts(files: int, found: Iterable[FileFinding]) -> str:
    numbers = Counter(finding.level for finding in found)
    counts = [
        f"{numbers[UNREADABLE]} can't be read" if numbers[UNREADABLE] else "",
        f"{numbers[REFUSED]} refused" if numbers[REFUSED] else "",
        *(count(numbers[n], n.lower().replace("_", " ")) for n in LEVELS if numbers[n]),
    ]
    if not numbers:
        return f"✓ {count(files, 'file')}, nothing to fix."
    return f"{count(files, 'file')}: {', '.join(filter(None, counts))}."


def explain_policy(options: argparse.Namespace) -> Answer:
    """Describe policy documents in plain English."""
    policies = [(file, Policy.parse(read_text(file), name=file)) for file in options.files]
    texts = {file: policy.describe(options.type or "") for file, policy in policies}
    effects = Counter(statement.effect for _, policy in policies for statement in policy.statements)
    counts = ", ".join(f"{number} {effect}" for effect, number in sorted(effects.items()))
    return Answer(
        status=False,
        value=lambda: {"policies": [{"file": own, "text": text} for own, text in texts.items()]},
        text=lambda: "\n\n".join(
            f"{file}:\n{text}" if len(texts) > 1 else text for file, text in texts.items()
        ).split("\n"),
        summary=lambda: (
            f"{count(len(texts), 'file')}; statements: {counts or 'none'}.",
            *(line for text in texts.values() for line in text.split("\n") if line),
        ),
    )


def actions(options: argparse.Namespace) -> Answer:
    """List the actions that match a pattern, or some words."""
    found = [known for known in find(options.pattern) if options.level in (None, known.level)]
    counts = count(len(found), "action")
    near = dict.fromkeys(filter(None, map(nearest_action, () if found else options.pattern)))
    meant = f" Did you mean {' or '.join(near)}?" if near else ""
    print(f"{counts}; catalogue of {catalog.data_date()}.{meant}", file=sys.stderr)
    width = max((len(known.full_name) for known in found), default=0)

    def line(known: Action) -> str:
        resources = " or ".join(catalog.arns_for(known.full_name))
        return f"{known.full_name:{width}}  {known.level:<22}  {resources}"

    levels = Counter(known.level for known in found)
    by_risk = sorted(levels, key=catalog.LEVELS.index, reverse=True)
    return Answer(
        not found,
        lambda: {"actions": list(map(_action, found))},
        lambda: map(line, found),
        lambda: (
            f"{counts}: {', '.join(f'{levels[level]} {level}' for level in by_risk)}.",
            *map(line, sorted(found, key=lambda known: by_risk.index(known.level))),
        ),
    )


def lookup(options: argparse.Namespace) -> Answer:
    """Look up a word of IAM."""
    from iamlab.teach import lookup as look_up

    term = look_up(" ".join(options.word))
    return Answer(status=False, value=lambda: asdict(term), text=lambda: str(term).split("\n"))


def find(words: list[str]) -> list[Action]:
    """Find actions by patterns, or by words if nothing looks like a pattern."""
    if not any(":" in word or word == "*" for word in words):
        return list(catalog.search(" ".join(words)))
    names = dict.fromkeys(name for word in words for name in catalog.expand(word))
    return list(filter(None, map(catalog.action, names)))


def _action(action: Action) -> dict[str, Any]:
    return {
        **as_json(action, "name=full_name level description"),
        "resources": list(catalog.arns_for(action.full_name)),
        **as_json(action, "conditionKeys=all_condition_keys"),
    }
