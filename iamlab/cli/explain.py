"""``iamlab explain``: decide a question that a file holds, and say why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.cli.documents import printable, read_text
from iamlab.cli.forms import print_json
from iamlab.engine.evaluate import evaluate_call
from iamlab.engine.questions import read_questions

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
    decision = evaluate_call(read_questions(read_text(options.file)))
    if options.json:
        fixes = [fix.to_dict() for fix in decision.fixes()]
        print_json({**decision.to_dict(), "fixes": fixes})
    else:
        print(printable(as_text(decision)))
    return 0 if decision else 1


def as_text(decision: Decision) -> str:
    """Write the explanation; for a denial, what would lift it."""
    lines = [decision.explain()]
    if not decision:
        fixes = decision.fixes()
        lines += ["", "What would change it:" if fixes else "No policy would change it."]
        lines += [f"  - {fix}" for fix in fixes]
    return "\n".join(lines)
