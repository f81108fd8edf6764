"""Questions for tests of exports: from all templates, from the bank, and hostile ones by hand."""

from functools import cache

from iamlab.exam import knowledge
from iamlab.exam.items import FORMS, MATCH, Item, Option
from iamlab.exam.templates import make, templates

POLICY = '{"Version": "2012-10-17",\n  "Statement": [\n    {"Effect": "Deny", "Action": "*"}]}'
HOSTILE = (
    "<script>alert('1')</script> ]]> {}~=#: &amp; &#38; \"q\" \\n \\ %50% -> ::a:: `a<b` "
    "{{c1::x}} [sound:a.mp3] $x$ \N{GRINNING FACE} ✓ ✕ –"
)
LINES = "=cmd|' /C calc'!A0\n\n// no comment\n  {{nb}} two  spaces\n### x"
OPTIONS = ("=1+1", "@SUM(A1)", f"{HOSTILE} longer", "[html]<b>x</b>", POLICY)
KEYS = {"choice": (2,), "several": (0, 4), "order": (3, 1, 4, 0, 2), "match": (4, 1, 1)}


def by_hand(form, *, options=OPTIONS, text=HOSTILE, key=None, **tags):
    """Make a question with one hostile text everywhere."""
    return Item(
        question=f"{text} {form}\n{LINES}",
        options=tuple(Option(own, why=f"{own}: {text}") for own in options),
        key=KEYS[form] if key is None else key,
        rationale=(text, POLICY),
        facts=("A policy:", POLICY, text),
        tags={"kind": "by hand", "lesson": "01", **tags},
        form=form,
        prompts=(text, "-3 dogs", "=three -> 3") if form == MATCH else (),
    )


@cache
def questions():
    """Return questions of all templates and all forms."""
    short = by_hand(MATCH, options=OPTIONS[:4], key=(3, 1, 1), text="Short: {a} -> b")
    made = (make(name, 1) for name in templates())
    return (*made, *knowledge(6, seed=2), *map(by_hand, FORMS), short)
