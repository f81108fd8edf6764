"""The parts of cards as HTML: native controls with labels, requests, statements and results.

A control has a name; a card tells its instrument when it is used. All text is escaped.

Notes
-----
W3C, "ARIA Authoring Practices Guide": "Radio Group Pattern", "Button Pattern".
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.engine.labels import context_in_policies, labels
from iamlab.engine.layers import CEILINGS, NAMES
from iamlab.engine.verdict import addresses
from iamlab.view.figures.names import resource_policy_of, short_name
from iamlab.view.style import EFFECTS, look
from iamlab.view.words import listed
from iamlab.widgets.prediction import look_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from iamlab.engine.decision import Decision
    from iamlab.model.event import Event
    from iamlab.policy.statement import Statement
    from iamlab.view.style import Look
    from iamlab.widgets.prediction import Prediction

    Options = Mapping[str, str] | Sequence[str]

NO_POLICY = ("root_user_assumes_role", "needs_long_term_keys", "credentials_refused")
"""The rules that deny a request, whatever policies allow."""
CLASSES = {"✓": "allow", "✕": "deny"}
"""The class of each symbol; others are silent."""
_PLAIN = 'spellcheck="false" autocomplete="off"'


def paragraph(text: str, kind: str = "") -> str:
    """Write a text as a paragraph, or as code if it has several lines."""
    if "\n" in text:
        return f'<div class="code">{escape(text)}</div>'
    own = f' class="{kind}"' if kind else ""
    return f"<p{own}>{escape(text)}</p>" if text else ""


def heading(title: str, question: str = "") -> str:
    """Write a card's title and, smaller, what it asks."""
    small = f"<small>{escape(question)}</small>" if question else ""
    return f"<h3>{escape(title)}{small}</h3>"


def labelled(label: str, control: str) -> str:
    """Write a label above a control."""
    return f'<div><label><span class="name">{escape(label)}</span>{control}</label></div>'


def radio(name: str, value: str, label: str, *, on: bool) -> str:
    """Write one of the options of a group."""
    own = f'name="{escape(name)}" value="{escape(value)}"{" checked" * on}'
    return f'<label><input type="radio" {own}>{escape(label)}</label>'


def segmented(
    name: str, legend: str, options: Sequence[str], value: str = "", *, disabled: bool = False
) -> str:
    """Write a group of options side by side: one tab stop, and the arrow keys choose."""
    body = "".join(radio(name, option, option, on=option == value) for option in options)
    start = f"<fieldset{' disabled' * disabled}><legend>{escape(legend)}</legend>"
    return f'{start}<div class="segments">{body}</div></fieldset>'


def choice(name: str, label: str, options: Options, value: str = "", *, bare: bool = False) -> str:
    """Write a list to choose from, with what each value is called; ``""`` is not chosen yet.

    A bare one, in a table, shows no label; a screen reader reads it.
    """
    named = options if isinstance(options, dict) else {option: option for option in options}
    first = {} if value in named else {"": "choose ..."}
    body = "".join(
        f'<option value="{escape(own)}"{" selected" * (own == value)}>{escape(word)}</option>'
        for own, word in {**first, **named}.items()
    )
    described = f' aria-label="{escape(label)}"' * bare
    select = f'<select name="{escape(name)}"{described}>{body}</select>'
    return select if bare else labelled(label, select)


def check_box(name: str, label: str, *, on: bool) -> str:
    """Write a check box; its label is HTML. Without one, in a table, its name is read aloud."""
    kind, described = ("", "") if label else (' class="box"', f' aria-label="{escape(name)}"')
    box = f'<input type="checkbox" name="{escape(name)}"{described}{" checked" * on}>'
    return f"<label{kind}>{box}{label}</label>"


def tick(name: str, label: str, *, on: bool) -> str:
    """Write a check box in a row of its own."""
    return f'<div class="ticks">{check_box(name, f"<span>{escape(label)}</span>", on=on)}</div>'


def button(name: str, text: str, *, main: bool = False, label: str = "") -> str:
    """Write a button; the main one of a card stands out, a small one has a symbol and a label."""
    kind = "main" * main or "small" * (len(text) == 1)
    described = f' aria-label="{escape(label)}" title="{escape(label)}"' if label else ""
    start = f'<button type="button" name="{escape(name)}" class="{kind}"{described}>'
    return f"{start}{escape(text)}</button>"


def movers(name: str, text: str) -> str:
    """Write the two buttons that move something up or down in a list."""
    up = button(f"up {name}", "▲", label=f"Move {text} up")
    return up + button(f"down {name}", "▼", label=f"Move {text} down")


def text_area(name: str, label: str, value: str, rows: int) -> str:
    """Write a field for lines of text, which have numbers and don't wrap."""
    own = f'name="{escape(name)}" {_PLAIN} wrap="off" rows="{rows}"'
    numbers = '<span class="numbers" aria-hidden="true"></span>'
    area = f"{numbers}<textarea {own}>\n{escape(value)}</textarea>"
    return labelled(label, f'<span class="lines">{area}</span>')


def text_field(
    name: str, label: str, value: str = "", *, width: int = 32, kind: str = "text", known: str = ""
) -> str:
    """Write a field for text; a card keeps what is typed if only the value of the field changes.

    Parameters
    ----------
    kind
        The type of the input: ``"text"``, ``"datetime-local"``, or ``"password"``, which is never
        written with its value.
    known
        The id of a list of suggestions, which is in another part.
    """
    own = f'name="{escape(name)}" {_PLAIN}' + (f' list="{escape(known)}"' if known else "")
    own += f' size="{width}"' if kind in ("text", "password") else ""
    return labelled(label, f'<input type="{kind}" {own} value="{escape(value)}">')


def suggestions(own_id: str, options: Iterable[str]) -> str:
    """Write a list of suggestions for text fields."""
    body = "".join(f'<option value="{escape(option)}"></option>' for option in options)
    return f'<datalist id="{escape(own_id)}">{body}</datalist>'


def slider(name: str, label: str, value: int, most: int, words: str) -> str:
    """Write a slider from 0, with words for its present place. It is alone in its part."""
    own = f'name="{escape(name)}" min="0" max="{most}" value="{value}"'
    field = f'<input type="range" {own} aria-valuetext="{escape(words)}">'
    return labelled(f"{label}: {words}", field)


def row(*parts: str) -> str:
    """Put controls side by side."""
    return f'<div class="row">{"".join(parts)}</div>'


def fold(summary: str, inside: str, *, is_open: bool = False) -> str:
    """Put HTML into a fold."""
    return f"<details{' open' * is_open}><summary>{escape(summary)}</summary>{inside}</details>"


def badge(seen: Look) -> str:
    """Write a look as a coloured word with its symbol."""
    kind = CLASSES.get(seen.symbol, "silent")
    return f'<span class="badge {kind}">{escape(seen.symbol)} {escape(seen.word)}</span>'


def scrolled(label: str, inside: str, kind: str = "") -> str:
    """Let HTML scroll in a box of its own, also with the keyboard."""
    start = f'<div class="{f"scroll {kind}".strip()}" tabindex="0" role="group"'
    return f'{start} aria-label="{escape(label)}">{inside}</div>'


def table(caption: str, heads: Iterable[str], rows: Iterable[Sequence[str]], kind: str = "") -> str:
    """Write a table that scrolls if it is wide; nothing without rows.

    Parameters
    ----------
    heads
        The headings of the columns as HTML; ``""`` for none.
    rows
        The cells as HTML. The first one names its row; a badge fills its cell.
    """
    head = "".join(f'<th scope="col">{name}</th>' if name else "<td></td>" for name in heads)
    body = ""
    for name, *cells in rows:
        own = "".join(f"<td>{cell}</td>" for cell in cells)
        body += f'<tr><th scope="row">{name}</th>{own}</tr>'
    text = f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
    whole = f'<table class="{kind}">{text}<tbody>{body}</tbody></table>'
    return scrolled(caption, whole) if body else ""


def request_facts(decision: Decision) -> str:
    """Write a request: who, action, resource, and the context that its policies ask for."""
    request = decision.request
    who, action = _named(request.principal), f"<code>{escape(request.action)}</code>"
    facts = {"Who": who, "Action": action, "Resource": _named(request.resource)}
    for key, words in context_in_policies(decision).items():
        if not key.lower().startswith("aws:username"):
            facts[key] = f"<code>{escape(words)}</code>"
    body = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts.items())
    return f"<dl>{body}</dl>"


def _named(arn: str) -> str:
    name, kind = short_name(arn)
    note = f' <span class="pale">({escape(kind)})</span>' if kind else ""
    return f'<span title="{escape(arn)}"><code>{escape(name)}</code>{note}</span>'


def calls(events: Iterable[Event]) -> str:
    """Write the calls that events record, with their parameters."""
    sent = ((own.event_name, (own.request_parameters or {}).items()) for own in events)
    words = [f"{name}({', '.join(f'{key}={value}' for key, value in own)})" for name, own in sent]
    return f"<p>AWS's calls: {escape(', then '.join(words))}.</p>" if words else ""


def in_words(statement: Statement) -> str:
    """Return a statement as one line of text, without its effect.

    Examples
    --------
    >>> from iamlab import Policy
    >>> in_words(Policy.allow("s3:Get*", "arn:aws:s3:::star-maps/*").statements[0])
    's3:Get* on star-maps/*'
    """
    actions = _listed(statement.action, statement.not_action)
    where = statement.resource, statement.not_resource
    on = f" on {_listed(*where)}" if any(where) else ""
    whose = statement.principal, statement.not_principal
    who, exempt = (tuple(value for _, value in own or ()) for own in whose)
    by = f" by {_listed(who, exempt)}" if who or exempt else ""
    tests = [f"{c.key} {c.comparison} {', '.join(c.values)}" for c in statement.conditions]
    return f"{actions}{on}{by}{', if ' * bool(tests)}{' and '.join(tests)}"


def _listed(values: tuple[str, ...] | None, exempt: tuple[str, ...] | None) -> str:
    parts = [text.split(":", 5 * text.startswith("arn:")) for text in values or ()]
    names = [f"account {own[4]}" if own[5:] == ["root"] else own[-1] for own in parts]
    if exempt:
        return f"all but {_listed(exempt, None)}"
    return listed(names, length=60) if names else "nothing"


def statement_row(statement: Statement, label: str, meaning: str = "") -> str:
    """Write a statement as three cells: its effect, its Sid, and its meaning, which is HTML."""
    own = meaning or f"<code>{escape(in_words(statement))}</code>"
    cells = badge(EFFECTS[statement.effect]), escape(label), own
    return "".join(f"<div>{cell}</div>" for cell in cells)


def statements(*decisions: Decision, is_open: bool = True, of: str = "", seen: Any = None) -> str:
    """Write the statements of all policies that apply, without what they do to the requests.

    Limits that several callers have are written once: ``seen``, a dict, has whose they are.
    """
    whose, seen = f" to {of}" if of else "", {} if seen is None else seen
    known: dict[str, dict[str, str]] = {}
    levels: dict[str, dict[str, None]] = {}
    for own in (own for decision in decisions for own in decision.trace.matches):
        at = levels.setdefault(own.layer + own.address, {})  # FullAWSAccess can be at each level
        at |= dict.fromkeys(own.attached.path if own.layer == "scp" else ())
        label = f"{own.address} ({', '.join(at)})" if at else own.address
        known.setdefault(own.layer, {})[own.address] = statement_row(own.statement, label)
    if not known:
        return paragraph(f"No policy applies{whose}.", "pale")
    total, folds = sum(map(len, known.values())), ""
    for layer, rows in known.items():
        inside = f'<div class="statements">{"".join(rows.values())}</div>'
        first = seen.setdefault((layer, inside), of) if layer in CEILINGS else of
        name = NAMES[layer] if first == of else f"{NAMES[layer]}: the same as for {first}"
        folds += paragraph(name, "pale") * (len(known) > 1 or first != of)
        folds += inside * (first == of)
    return fold(f"Statements in the policies that apply{whose} ({total})", folds, is_open=is_open)


def tiles(*sides: tuple[str, Look]) -> str:
    """Write results side by side: what each is, its symbol and its word."""
    body = "".join(
        f'<div class="tile {CLASSES.get(seen.symbol, "silent")} {"aws" if place else "own"}">'
        f"<small>{escape(name)}</small><strong>{escape(str(seen))}</strong></div>"
        for place, (name, seen) in enumerate(sides, len(sides) == 1)
    )
    return f'<div class="tiles">{body}</div>'


def result_of(prediction: Prediction, *, explain: bool = True) -> str:
    """Write a prediction beside the verdict, and in one sentence the reason."""
    own = f"You predicted ({prediction.confidence})" if prediction.confidence else "You predicted"
    verdict = prediction.decision.verdict
    shown = tiles((own, look_of(prediction.answer)), ("AWS decides", look(verdict)))
    lead = "As you predicted." if prediction.correct else "Different from your prediction."
    why = escape(reason(prediction.decision)) if explain else ""
    return f"{shown}<p><strong>{lead}</strong> {why}</p>"


def reason(decision: Decision) -> str:
    """Return one sentence that says why.

    Examples
    --------
    >>> from iamlab.teach.scenarios import MAP, scenario
    >>> world = scenario("groups")
    >>> reason(world.can(world.user("alice"), "s3:GetObject", MAP))
    'The statement star-maps-read/ReadMaps allows it, and no Deny statement matches.'
    """
    names = addresses(decision.determining)
    many, by = len(names) > 1, f"The statement{'s' * (len(names) > 1)} {listed(names)}"
    if decision.denies and not decision:
        found = [own for own in decision.trace.matches if own.applies and own.effect == "Allow"]
        also = addresses(own for own in found if own.layer not in CEILINGS)
        end = f" {listed(also)} would allow it, but a Deny that matches always wins." * bool(also)
        return f"{by} {'deny' if many else 'denies'} it.{end}"
    if decision and decision.determining:
        return f"{by} allow{'s' * (not many)} it, and no Deny statement matches."
    if decision or decision.trace.rule in NO_POLICY:
        return decision.trace.reason or "It needs no permission."
    types = {**NAMES, "resource": resource_policy_of(decision.request)}
    layers = [types[step.layer] for step in decision.trace.steps if step.blocks]
    return f"No {' and no '.join(layers)} allows it." if layers else "No statement allows it."


def verdict(decision: Decision) -> str:
    """Write a verdict, and its reason in one sentence."""
    return tiles(("AWS decides", look(decision.verdict))) + paragraph(reason(decision))


def explanation(decision: Decision) -> str:
    """Write the six questions with their answers in a fold; without content, they are short."""
    rows = ""
    for label in labels(decision):
        is_short = label.answer[0].startswith(("No RCP, SCP or", "No Deny statement matches"))
        kind, answer = ' class="short"' * is_short, "<br>".join(map(escape, label.answer))
        rows += f"<li{kind}><strong>{escape(label.question)}</strong> {answer}</li>"
    return fold("The six questions", f'<ol class="steps">{rows}</ol>')
