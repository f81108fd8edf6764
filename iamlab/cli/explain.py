"""``iamlab explain``: decide a question that a file holds, and say why."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from iamlab.engine.evaluate import evaluate_all
from iamlab.engine.questions import read_questions
from iamlab.errors import LoadError

if TYPE_CHECKING:
    import argparse

    from iamlab.engine.decision import Decision

HELP = "Decide a question given as JSON, say why, and what would change it."
EXAMPLE = """\
example of a question ("-" reads it from standard input; a list of them is a call that needs all):
  {"request": {"principal": "arn:aws:iam::111111111111:user/dana",
               "action": "s3:DeleteObject", "resource": "arn:aws:s3:::star-maps/m31.fits"},
   "layers": {"identity": [{"policy": {"Version": "2012-10-17", "Statement": []},
                            "name": "guard", "path": ["group contractors"]}],
              "scps": [[{"Version": "2012-10-17", "Statement": []}]]}}

The keys are the parameters of Request and Layers: identity, resource, boundary, session, scps,
rcps, endpoint, scoped, grants, public_access_block.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("file", metavar="FILE", help="the question as JSON; - for standard input")
    parser.add_argument("--json", action="store_true", help="print the decision as JSON")


def run(options: argparse.Namespace) -> int:
    """Answer; 0 allowed, 1 denied."""
    decision = evaluate_all(read_questions(_read(options.file)))
    if options.json:
        fixes = [fix.to_json() for fix in decision.fixes()]
        print(json.dumps({**decision.to_json(), "fixes": fixes}, indent=2, ensure_ascii=False))
    else:
        print(_printable(as_text(decision)))
    return 0 if decision else 1


def as_text(decision: Decision) -> str:
    """Write the explanation; for a denial, what would lift it."""
    lines = [decision.explain()]
    if not decision:
        fixes = decision.fixes()
        lines += ["", "What would change it:" if fixes else "No policy would change it."]
        lines += [f"  - {fix}" for fix in fixes]
    return "\n".join(lines)


def _printable(text: str) -> str:
    """Show what would steer the terminal: names and Sids come from strangers."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def _read(file: str) -> str:
    try:
        if file == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise LoadError(f"{file} cannot be read: {reason}.") from None
