"""QTI 1.2 as Canvas reads it: a zip with a manifest, and a quiz with its questions.

Canvas has no question type for orders in this format; an order is a match of options and places.

IMS page: "IMS Question & Test Interoperability: ASI XML Binding 1.2". text2qti, which writes the
same format, is the peer in the tests.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml.builder import ElementMaker

from iamlab.exam.exports.entries import html, zipped
from iamlab.exam.items import CHOICE, SEVERAL

if TYPE_CHECKING:
    from iamlab.exam.exports.entries import Entry

_IMS = "http://www.imsglobal.org/xsd/"
Q, M = (
    ElementMaker(namespace=own, nsmap={None: own})
    for own in (f"{_IMS}ims_qtiasiv1p2", f"{_IMS}imsccv1p1/imscp_v1p1")
)
"""Make elements of the quiz, and of the manifest."""
_TYPES = {CHOICE: "multiple_choice_question", SEVERAL: "multiple_answers_question"}
_RESPONSE = "response1"


def package(entries: list[Entry], title: str) -> dict[str, bytes]:
    """Write the zip. The same title and questions have the same ids, so Canvas knows them again."""
    names = "\n".join((title, *(own.name for own in entries)))
    ident = f"g{sha256(names.encode()).hexdigest()[:32]}"
    quiz = f"{ident}/{ident}.xml"
    resource = M.resource(M.file(href=quiz), identifier=ident, type="imsqti_xmlv1p2")
    manifest = M.manifest(
        M.metadata(M.schema("IMS Content"), M.schemaversion("1.1.3")),
        *(M.organizations(), M.resources(resource)),
        identifier=f"{ident}_manifest",
    )
    section = Q.section(*(_item(entry) for entry in entries), ident="root_section")
    root = Q.questestinterop(Q.assessment(section, ident=ident, title=title))
    return {"": zipped({"imsmanifest.xml": _bytes(manifest), quiz: _bytes(root)})}


def _bytes(root: Any) -> bytes:
    etree.indent(root)
    return bytes(etree.tostring(root, encoding="utf-8", xml_declaration=True))


def _material(*texts: str) -> Any:
    return Q.material(Q.mattext(html(*texts), texttype="text/html"))


def _condition(test: Any, *then: Any, go_on: str = "Yes") -> Any:
    return Q.respcondition(Q.conditionvar(test), *then, **{"continue": go_on})


def _item(entry: Entry) -> Any:
    item, start = entry.item, int(entry.digest[:6], 16) * 100
    ids = [str(start + place) for place in range(len(item.options))]  # numbers, as Canvas has them
    kind = _TYPES.get(item.form, "matching_question")
    metadata = {"question_type": kind, "points_possible": "1.0"}
    fields = (Q.qtimetadatafield(Q.fieldlabel(a), Q.fieldentry(b)) for a, b in metadata.items())
    feedback = [("general", Q.other(), [*item.rationale])]
    if not entry.asks_lines:
        equal = (Q.varequal(own, respident=_RESPONSE) for own in ids)
        feedback += zip(ids, equal, map(entry.reasons, range(len(ids))), strict=True)
    feedback = [(f"{own}_fb", test, texts) for own, test, texts in feedback if texts]
    score = Q.decvar(maxvalue="100", minvalue="0", varname="SCORE", vartype="Decimal")
    links = {own: Q.displayfeedback(feedbacktype="Response", linkrefid=own) for own, *_ in feedback}
    shown = (_condition(test, links[own]) for own, test, _ in feedback)
    responses, marks = (_match if entry.asks_lines else _choice)(entry, ids)
    return Q.item(
        Q.itemmetadata(Q.qtimetadata(*fields)),
        Q.presentation(_material(*entry.whole_stem), *responses),
        Q.resprocessing(Q.outcomes(score), *shown, *marks),
        *(Q.itemfeedback(Q.flow_mat(_material(*texts)), ident=own) for own, _, texts in feedback),
        ident=f"g{entry.digest}",
        title=entry.title,
    )


def _choice(entry: Entry, ids: list[str]) -> tuple[list[Any], list[Any]]:
    """Return the options, and what is right: of several, all and no other."""
    key, is_single = entry.item.key, entry.item.form == CHOICE
    labels = [
        Q.response_label(_material(text), ident=ident)
        for ident, (_, text) in zip(ids, entry.options, strict=True)
    ]
    many = "Single" if is_single else "Multiple"
    equal = [Q.varequal(ident, respident=_RESPONSE) for ident in ids]
    every = (own if place in key else Q("not", own) for place, own in enumerate(equal))
    right = equal[key[0]] if is_single else Q("and", *every)
    points = Q.setvar("100", action="Set", varname="SCORE")
    response = Q.response_lid(Q.render_choice(*labels), ident=_RESPONSE, rcardinality=many)
    return [response], [_condition(right, points, go_on="No")]


def _match(entry: Entry, ids: list[str]) -> tuple[list[Any], list[Any]]:
    """Return the lines with their choices, and what is right in each: a part of the points."""
    start, points = int(ids[0]) + 50, f"{100 / len(entry.lines):.2f}"
    responses, marks = [], []
    for number, (line, place) in enumerate(entry.lines):
        own, choices = f"response_{start + number}", zip(ids, entry.choices, strict=True)
        labels = (
            Q.response_label(Q.material(Q.mattext(text, texttype="text/plain")), ident=ident)
            for ident, text in choices
        )
        responses.append(Q.response_lid(_material(line), Q.render_choice(*labels), ident=own))
        right = Q.varequal(ids[place], respident=own)
        marks.append(_condition(right, Q.setvar(points, action="Add", varname="SCORE")))
    return responses, marks
