"""``iamlab check``: what AWS would refuse to save, and what a reviewer would say, like a linter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iamlab.cli.documents import STANDARD_INPUT, printable, read_text
from iamlab.cli.forms import print_json
from iamlab.errors import PolicyError, RequestError
from iamlab.policy.advice import review
from iamlab.policy.advice.codes import ERROR, LEVELS, SUGGESTION, WARNING
from iamlab.policy.checking import refusal_of_parse_error, refusals
from iamlab.policy.document import Policy
from iamlab.policy.rules import SERVICES, TYPES

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

HELP = "Say what AWS would refuse in policy documents, and what a reviewer would say."
EXAMPLE = """\
example:
  iamlab check policies/*.json
  iamlab check --type scp guard.json
  iamlab check --type resource --service s3 bucket-policy.json
  aws iam get-policy-version ... --query PolicyVersion.Document | iamlab check -

Exit status: 0 nothing to mend, 1 something, 2 bad input. Suggestions do not count, unless
--fail-on suggestion says so.
"""
REFUSED = "REFUSED"
_GITHUB = {REFUSED: "error", ERROR: "error", WARNING: "warning", SUGGESTION: "notice"}
_FAILS = {level.lower().replace("_", "-"): LEVELS[: n + 1] for n, level in enumerate(LEVELS)}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing to say about a file."""

    file: str
    line: int | None
    column: int | None
    level: str
    code: str
    text: str
    path: str
    fixable: bool = False

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.level} {self.code}: {self.text}"

    def for_github(self) -> str:
        """Write it as an annotation of GitHub Actions."""
        where = {"file": self.file, "line": self.line, "col": self.column, "title": self.code}
        given = ",".join(f"{key}={_escaped(value)}" for key, value in where.items() if value)
        return (
            f"::{_GITHUB.get(self.level, 'warning')} {given}::{_escaped(self.text, in_text=True)}"
        )

    def to_dict(self) -> dict[str, Any]:
        """Give it as JSON values."""
        return {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "level": self.level,
            "code": self.code,
            "text": self.text,
            "fixable": self.fixable,
        }


def _escaped(value: object, *, in_text: bool = False) -> str:
    """Write a value so that it cannot end the annotation, or begin another."""
    text = str(value).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text if in_text else text.replace(":", "%3A").replace(",", "%2C")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("files", nargs="+", metavar="FILE", help="- for standard input")
    parser.add_argument(
        "--type", default="identity", choices=TYPES, help="what the policy is to be (identity)"
    )
    parser.add_argument(
        "--service", choices=SERVICES, help="of a resource policy: the service it belongs to"
    )
    parser.add_argument(
        "--fail-on",
        default="warning",
        choices=tuple(_FAILS),
        help="the mildest finding that makes the exit status 1 (warning)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print all as JSON")
    form.add_argument("--github", action="store_true", help="print annotations of GitHub Actions")


def run(options: argparse.Namespace) -> int:
    """Look at each file; 0 nothing to mend, 1 something."""
    if options.service and options.type != "resource":
        raise RequestError("--service goes with --type resource.")
    texts = [(file, read_text(file)) for file in options.files]
    lines = [line for file, text in texts for line in look(file, text, options)]
    if options.json:
        print_json([line.to_dict() for line in lines])
    else:
        for line in lines:
            print(printable(line.for_github() if options.github else str(line)))
    if not (options.json or options.github):
        print(_summary(len(texts), lines))
    return int(any(line.level in (REFUSED, *_FAILS[options.fail_on]) for line in lines))


def look(file: str, text: str, options: argparse.Namespace) -> Iterator[Line]:
    """Say everything about one file: refusals first."""
    name = "<stdin>" if file == STANDARD_INPUT else file
    try:
        refused = refusals(Policy.parse(text), options.type, options.service)
    except PolicyError as error:
        refused = refusal_of_parse_error(error, options.type, options.service)
    for one in refused:
        shown = " AWS shows this one." if one.shown and len(refused) > 1 else ""
        said = one.sentence.removeprefix(f"{one.code}: ")
        what = f"{said} {one.mend}{shown}"
        yield Line(name, one.line, one.column, REFUSED, one.code, what, one.path)
    for finding in review(text, options.type, options.service):
        yield Line(
            name,
            finding.line,
            finding.column,
            finding.level,
            finding.code,
            f"{finding.what} {finding.mend}",
            finding.path,
            finding.is_fixable,
        )


def _summary(files: int, lines: list[Line]) -> str:
    many = "1 file" if files == 1 else f"{files} files"
    if not lines:
        return f"✓ {many}, nothing to mend."
    counts = {level: sum(line.level == level for line in lines) for level in (REFUSED, *LEVELS)}
    said = ", ".join(
        f"{count} {level.lower().replace('_', ' ')}{'s' if count > 1 and level != REFUSED else ''}"
        for level, count in counts.items()
        if count
    )
    return f"{many}: {said}."
