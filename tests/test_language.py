"""The language: iamlab speaks plain modern English, and names things with the field's nouns.

It reads what a person reads: docstrings, comments, texts of the package, names, documents and
lessons. Each row of ``WORDS`` is a pattern that plain English does not use, and what to write.
Code is left out: what is between backticks, fenced, or behind ``>>>`` with its output. Texts in
the tests are left out too: they quote what the package prints.

A room is a folder of ``iamlab``, or the folder of ``tests`` with its tests. ``TO_DO`` names the
rooms whose texts are not rewritten yet; a room that is done leaves it and never comes back.
"""

import ast
import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = (
    *("errors", "policy", "engine", "model", "authorization", "cloudtrail", "operations"),
    *("analysis", "storage", "world", "view", "widgets", "teach", "exam", "cli", "classroom"),
    "distribution",
    "other",
)
"""``other`` are the files and folders of the package, and of its tests, outside the rooms."""
ROOMS = (*FOLDERS, *(f"tests/{folder}" for folder in FOLDERS), "documents", "lessons")
TO_DO: set[str] = set()
"""This set only gets smaller."""
LONGEST_SENTENCE = 25

PLACES = "in|on|at|to|from|with|without|under|behind|beside|above|below|before|after|between"
PARTICIPLES = (
    "lit|shown|named|counted|kept|left|missing|known|given|meant|found|checked|tested|asked|"
    "listed|marked|written|drawn|said|told|brought|gone|new"
)
NOT = "(?:doesn't |don't |never )?"
NO_NOUN = r"longer|more|less|different|better|worse|doubt|one\b|matter|way\b"
WORDS = (  # what is not plain English -> what to write instead
    (r"shall|shalt", "must, can, or nothing"),
    (r"whom|whomever|whence|wherefrom|whither", "rewrite around who, where or which"),
    (
        r"wherein|whereby|whereof|wherewith|therein|thereof|thereby|thereto|hereby",
        "in which, by it",
    ),
    (r"lest|withal|ere|nought|naught|hitherto|henceforth|albeit|amongst|whilst", "a modern word"),
    (r"besides", "also"),
    (r"mend|mends|mended|mending", "fix"),
    (r"cure|cures|cured|curing", "fix"),
    (r"heap|heaps", "set"),
    (r"deeds?", "actions"),
    (r"in vain", "has no effect"),
    (r"twice in one|(?:stands?|is there|comes?|occurs?) twice", "is duplicated"),
    (r"letter case (?:does not|doesn't|never) counts?|case does not count", "case-insensitive"),
    (r"too many (?:before|after) it", "an extra ..."),
    (r"for (?:want|lack) of", "because there is no ..."),
    (r"what (?:may|can) be done|to say what may", "permissions"),
    (r"gains? power|ways? to power", "privilege escalation"),
    (rf"(?<!there )(?:is|are|was|were|be|isn't) no(?! (?:{NO_NOUN})|,|\.|:)", "X isn't a Y"),
    (r"(?:is|are|was|were) none(?= *[.,;:)]|$)", "it isn't one; there is no ..."),
    (rf"(?:hangs?|hung|hanging) (?:{PLACES}|there)", "is attached to"),
    (r"(?:stands?|stood|standing)(?! for\b| by\b| out\b| up\b)", "is, is in"),
    (rf"(?:lies|lie|lay) (?:{PLACES})", "is, is in"),
    (r"(?:speaks?|spoke|spoken|speaking) of", "applies to, is about, names"),
    (r"what (?:is|was|are|were) (?:told|asked|brought|given|said)", "the field's noun"),
    (r"(?:is|are|was|were|be|been) told(?! apart)", "the field's verb: reported, set, passed"),
    (
        rf"(?:statements?|statement that|an? allow|an? deny) {NOT}appl(?:y|ies)(?! to\b)",
        "it matches",
    ),
    (rf"(?<!pattern of a )polic(?:y|ies) (?:that )?{NOT}match(?:es)?", "it applies"),
    (r"the (?:asked|told|brought|said|heard) \w+", "the field's noun"),
    (r"nor (?:is|are|does|do|did|has|have|can|may|must|will)", "subject, then verb"),
)
OPENERS = (  # what a sentence does not begin with
    (rf"(?:{PARTICIPLES}) (?:is|are|was|were|be)\b", "subject first: 'Bob is highlighted'"),
    (
        rf"(?:{PLACES})\b[^,.;:]* (?:stands?|hangs?|lies|comes|goes) (?:the|a|an|its|what|who)\b",
        "subject, then verb: 'Each box shows its type'",
    ),
    (
        r"(?:never|seldom|only then|not until|so) (?:is|are|does|do|did|can|may|must)\b",
        "verb second",
    ),
    (r"(?:be it|be they|were it|had it|should it)\b", "if it is"),
    (r"(?:not|no) [a-z]+ (?:is it|does it|are they|do they)\b", "subject, then verb"),
)
TITLES = (  # what a docstring does not begin with
    (r"(?:gives?|says?|tells?) (?!up|back|way|advice)", "Return the ...: name what is returned"),
)
NAMES = {  # names that say nothing of what they hold
    "one": "the thing's name",
    "given": "arguments, parameters",
    "asked": "request, action, question",
    "brought": "context, attributes",
    "told": "text, lines, event",
    "said": "text, message",
    "things": "the things' name",
    "heap": "set",
    "way": "path, form, method",
    "mend": "fix, remedy",
    "whom": "principal",
}
PUBLIC_FIELDS = {  # public fields and parameters keep their names -> the files that have them
    "asked": (
        *("credential_report", "external_access/findings", "last_accessed/operations"),
        *("least_privilege/unused", "privilege_escalation/paths", "who_can"),
        "iamlab/view/figures/decision/request_sentence",
        "iamlab/view/figures/matrix/access_matrix",
    ),
    "way": ("privilege_escalation/cut", "privilege_escalation/principal_states"),
}
AWS_SENTENCES: dict[str, str] = {  # AWS's own words stay -> the page that has them
}


class Text(NamedTuple):
    """A text that a person reads, and where it is."""

    place: str
    """File and line."""
    kind: str
    """``docstring``, ``comment``, ``text``, ``name`` or ``prose``."""
    text: str


ROWS = (*WORDS, *OPENERS, *TITLES)
FAULT = re.compile(  # one group for each row: one search finds them all
    r"\b(?:"
    + "|".join(rf"({row})(?![\w-])" for row, _ in WORDS)
    + r")|(?:\A|(?<=[.!?:;] ))(?:"
    + "|".join(f"({row})" for row, _ in OPENERS)
    + r")|\A(?:"
    + "|".join(f"({row})" for row, _ in TITLES)
    + ")"
)
CODE = re.compile(
    r"```.*?(?:```|\Z)|``.*?``|`[^`\n]*`"
    r"|(?m:^ *>>> [^\n]*\n(?: *\S[^\n]*\n?)*)"
    r"|(?<=::\n\n) +.*?\n\n",
    re.DOTALL,
)
QUOTED = re.compile(r"<!-- From the lesson:.*?<!-- End of the lesson's part", re.DOTALL)
"""The part of a page for instructors that quotes the lesson's file."""
COMMENT = re.compile(r"(?:^ *|  )# ?(?!noqa|type:|pragma|!)(.*)$")
READ = {".toml": tomllib.loads, ".json": json.loads}
KINDS = (ast.Name, ast.arg, ast.Expr, ast.JoinedStr, ast.Constant, ast.FunctionDef)
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n\s*\n|\n\s*[-*|] |[;:]\s")
FIRST_PARAGRAPH = re.compile(r"\n\s*\n")


def _rooms() -> dict[str, list[Path]]:
    """Return the files of each room."""
    rooms: dict[str, list[Path]] = {room: [] for room in ROOMS}
    for top in ("iamlab", "tests"):
        for path in sorted((ROOT / top).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            room = parts[1] if parts[1] in FOLDERS else "other"
            if path != Path(__file__):
                rooms[room if top == "iamlab" else f"tests/{room}"].append(path)
    for room in ("teach", "cli", "classroom"):
        rooms[room] += sorted((ROOT / "iamlab" / room).rglob("*.toml"))
    pages = [path for path in sorted((ROOT / "docs").rglob("*.md")) if path.name != "api.md"]
    schemas = sorted((ROOT / "iamlab" / "distribution" / "schemas").glob("*.json"))
    rooms["documents"] = [*sorted(ROOT.glob("*.md")), *pages, *schemas]  # api.md has docstrings
    rooms["lessons"] = sorted((ROOT / "notebooks").rglob("*.ipynb"))
    return rooms


def _texts(path: Path) -> Iterator[Text]:
    """Find every text of a file that a person reads."""
    place = str(path.relative_to(ROOT))
    source = path.read_text("utf-8")
    if path.suffix == ".md":
        yield from _paragraphs(place, QUOTED.sub("", source))
    elif path.suffix == ".ipynb":
        for number, cell in enumerate(json.loads(source)["cells"]):
            if cell["cell_type"] == "markdown":
                yield from _paragraphs(f"{place}, cell {number}", "".join(cell["source"]))
    elif path.suffix in (".toml", ".json"):
        for text in _strings(READ[path.suffix](source)):
            yield Text(place, "text", _without_code(text))
    else:
        yield from _python(place, source, with_strings=path.parts[len(ROOT.parts)] == "iamlab")


def _strings(value: Any) -> Iterator[str]:
    """Find the texts in the value of a TOML file."""
    if isinstance(value, str) and " " in value:
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _strings(part)


def _paragraphs(place: str, source: str) -> Iterator[Text]:
    """Find the paragraphs of a Markdown text, without its code."""
    line = 1
    for part in FIRST_PARAGRAPH.split(_without_code(source)):
        yield Text(f"{place}:{line}", "prose", part)
        line += part.count("\n") + 2


def _without_code(text: str) -> str:
    """Return a text with a word for each piece of code; the number of lines stays."""
    if "`" in text or ">>>" in text or "::" in text:
        return CODE.sub(lambda code: "X" + "\n" * code[0].count("\n"), text)
    return text


def _python(place: str, source: str, *, with_strings: bool) -> Iterator[Text]:
    """Find docstrings, comments, names and, in the package, texts of a module."""
    inside: set[int] = set()  # lines that begin inside a string
    for node in _nodes(ast.parse(source)):
        kind, text = _text_of(node)
        if kind == "name" or (" " in text and (with_strings or kind != "text")):
            yield Text(f"{place}:{node.lineno}", kind, _without_code(text))
        if kind in {"docstring", "text"}:
            inside |= set(range(node.lineno + 1, node.end_lineno + 1))
    for number, line in enumerate(source.splitlines(), 1):
        if "#" in line and number not in inside and (comment := COMMENT.search(line)):
            yield Text(f"{place}:{number}", "comment", _without_code(comment[1]))


def _nodes(tree: ast.AST) -> Iterator[Any]:
    """Return the nodes that can hold a text or a name; a text is returned once, as a whole."""
    found = [tree]
    while found:
        node = found.pop()
        if isinstance(node, KINDS):
            yield node
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        for value in vars(node).values():
            if isinstance(value, ast.AST):
                found.append(value)
            elif isinstance(value, list):
                whole = ast.FormattedValue if isinstance(node, ast.JoinedStr) else ast.AST
                found.extend(part for part in value if isinstance(part, whole))


def _text_of(node: ast.AST) -> tuple[str, str]:
    """Return the kind of a node's text and the text; both are empty if it has none."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
            return "name", name
        case ast.FunctionDef(name=name) if name.startswith("test_"):
            return "name of a test", name.replace("_", " ")
        case ast.Expr(value=ast.Constant(value=str(text))):
            return "docstring", text
        case ast.JoinedStr(values=values):
            return "text", "".join(
                part.value if isinstance(part, ast.Constant) else "X" for part in values
            )
        case ast.Constant(value=str(text)):
            return "text", text
    return "", ""


def _faults(text: Text) -> Iterator[str]:
    """Name each fault of a text, with the better word."""
    if text.kind == "name":
        file = text.place.removeprefix("iamlab/analysis/").partition(".py")[0]
        if file in PUBLIC_FIELDS.get(text.text, ()):
            return
        if better := NAMES.get(text.text):
            yield f"{text.place}: the name {text.text!r}: {better}"
        return
    if text.text in AWS_SENTENCES:
        return
    words = " ".join(text.text.split())
    for found in FAULT.finditer(words.lower()):
        better = ROWS[found.lastindex - 1][1]
        if ROWS[found.lastindex - 1] in TITLES and text.kind != "docstring":
            continue
        around = words[max(0, found.start() - 30) : found.end() + 30]
        yield f"{text.place}: {text.kind} '...{around}...': {found[0]!r} -> {better}"
    if text.kind == "docstring":
        for sentence in SENTENCE.split(FIRST_PARAGRAPH.split(text.text)[0]):
            if (count := len(sentence.split())) > LONGEST_SENTENCE:
                yield f"{text.place}: a sentence of {count} words: '{sentence[:60]}...'"


FILES = _rooms()


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in TO_DO])
def test_a_room_is_written_in_plain_english(room):
    """No text of a room has a word, an order of words or a name that plain English does not use."""
    assert [fault for path in FILES[room] for text in _texts(path) for fault in _faults(text)] == []


def test_rooms_still_to_do_exist():
    """The table of rooms to do names rooms, and each room has files."""
    assert set(ROOMS) >= TO_DO
    assert all(FILES.values())


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ('"""A user can assume it. It isn\'t a group."""', 0),
        ('"""A group is no principal."""', 1),
        ('"""There is no user; it is no longer there."""', 0),
        ('"""A statement applies. A policy never matches."""', 2),
        ('"""A statement that matches is in a policy that applies."""', 0),
        ('"""Whom it names stands in the policy."""', 2),
        ('"""Give the ARN."""', 1),
        ('"""It gives the ARN of ``what stands there``."""', 0),
        ('"""Lit is Bob: follow his line."""', 1),
        ("one = 1  # mend it", 2),
        ("ones = '#shall'", 0),
        ("raise ValueError(f'{ones!r} is no ARN')", 1),
        ('"""An example.\n\n    >>> print(1)\n    it hangs on 1\n\nIt hangs on 2."""', 1),
        (f'"""{"word " * 26}."""', 1),
    ],
)
def test_the_patterns_find_what_they_should(source, faults):
    """Each pattern finds its word, and leaves code and plain English alone."""
    texts = _python("example", source, with_strings=True)

    assert len([fault for text in texts for fault in _faults(text)]) == faults


def report(rooms: list[str]) -> None:
    """Print the faults of rooms, done or not: ``python -m tests.test_language model lab``."""
    for room in rooms:
        faults = [f for path in FILES[room] for text in _texts(path) for f in _faults(text)]
        print(*faults, f"{room}: {len(faults)}", sep="\n")  # noqa: T201


if __name__ == "__main__":
    import sys

    report(sys.argv[1:] or [*ROOMS])
