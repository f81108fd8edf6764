"""Exports keep every text and key; libraries and schemas of others read each format back."""

import io
import json
import re
import sqlite3
import warnings
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from zipfile import ZipFile

import html5lib
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from pypdf import PdfReader
from text2qti.config import Config
from text2qti.qti import QTI
from text2qti.quiz import Quiz as PeerQuiz

from iamlab.errors import ExerciseError
from iamlab.exam import exports
from iamlab.exam.exports import WRITERS, cards, export
from iamlab.exam.exports.entries import entries_of
from iamlab.exam.items import CHOICE, FORMS, LETTERS, MATCH, ORDER, SEVERAL, Item, Option
from iamlab.exam.templates import make, templates
from tests.effort import later, tries
from tests.exam.hand_made import by_hand, of_templates, questions
from tests.hidden import hide

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its patterns have escapes that Python warns about
    from pygiftparser import parser as gift_parser
    from pygiftparser.utils import transformSpecials

SCHEMAS = Path(__file__).parent / "schemas"
ALL = questions()
TITLE = "My <form> / {nb} ]]>"
QTI_NAMES = {"q": "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"}
TAG = "{http://www.w3.org/1999/xhtml}"
every_ending = pytest.mark.parametrize(
    "ending", [later(own) if own == "pdf" else own for own in WRITERS]
)


def written(folder, ending, items=ALL, more=""):
    """Export questions and return the bytes of the file."""
    export(items, folder / f"form.{ending}", title=TITLE)
    return (folder / f"form{more}.{ending}").read_bytes()


def is_valid(schema, document):
    """Check a document against a schema, with the first errors in the message."""
    found = etree.RelaxNG(etree.parse(SCHEMAS / f"{schema}.rng"))
    return found.validate(document) or pytest.fail(str(found.error_log)[:2000])


def lines_of(fragment):
    """Return the lines that a browser shows: those of a policy, and paragraphs."""
    root = html5lib.parseFragment(fragment)
    found = []
    for block in (own for own in root.iter() if own.tag in (f"{TAG}p", f"{TAG}pre")):
        assert {own.tag.removeprefix(TAG) for own in block} <= {"a", "br", "code", "b"}
        text = "".join("\n" if own is None else own for own in _texts(block))
        found += text.split("\n") if block.tag == f"{TAG}pre" else [text]
    return found


def _texts(block):
    yield block.text or ""
    for own in block:
        yield from ((None,) if own.tag == f"{TAG}br" else (own.text or "",))
        yield own.tail or ""


def shown(*texts):
    """Return the lines that must be shown: backticks become code, and empty lines vanish."""
    lines = [line for text in texts for line in text.split("\n") if line]
    return [
        line if re.match(r'[\s{}\[\]"]', line) else re.sub("`([^`]+)`", r"\1", line)
        for line in lines
    ]


def stem(item, *, listed=False):
    """Return the lines of a question that are shown before its options."""
    options = [text for n, own in enumerate(item.options) for text in (f"{LETTERS[n]})", own.text)]
    return shown(item.question, *item.facts, *(options if listed else ()))


def has_letters(item):
    """Return whether lines choose from letters, because an option is too long for a list."""
    return item.form == MATCH and any(
        "\n" in own.text or len(own.text) > 150 for own in item.options
    )


def lines_to_match(item):
    """Return each line of a match, or of an order as a match, with the text of its choice."""
    if item.form == ORDER:
        return [(own.text, str(item.key.index(n) + 1)) for n, own in enumerate(item.options)]
    names = LETTERS if has_letters(item) else [own.text for own in item.options]
    return [(own, names[place]) for own, place in zip(item.prompts, item.key, strict=True)]


def unused(item):
    """Return the choices of a match that fit no line."""
    names = LETTERS if has_letters(item) else [own.text for own in item.options]
    places = range(len(item.options)) if item.form == MATCH else ()
    return [names[place] for place in places if place not in item.key]


def _moodle(folder):
    root = etree.fromstring(written(folder, "xml"))
    return [own for own in root if own.get("type") != "category"]


def test_moodle_xml_fits_the_schema(tmp_path):
    """Moodle's importer knows each element, and each share of the points."""
    root = etree.fromstring(written(tmp_path, "xml"))

    assert is_valid("moodle", root)
    assert root.findtext("question/category/text") == (
        "$course$/top/IAM practice: My <form> // {nb} ]]>"
    )
    ids = [own.text for own in root.iter("idnumber")]
    assert len({*ids}) == len(ids) == len(ALL)


def test_moodle_xml_keeps_texts_and_reasons(tmp_path):
    """The question, what is known, the options, why each is wrong, and why the key is right."""
    for question, item in zip(_moodle(tmp_path), ALL, strict=True):
        assert lines_of(question.findtext("questiontext/text")) == stem(
            item, listed=has_letters(item)
        )
        assert lines_of(question.findtext("generalfeedback/text")) == shown(*item.rationale)
        if item.form in (CHOICE, SEVERAL):
            answers = question.findall("answer")
            texts = [lines_of(own.findtext("text")) for own in answers]
            assert texts == [shown(own.text) for own in item.options]
            for answer, option in zip(answers, item.options, strict=True):
                reasons = lines_of(answer.findtext("feedback/text"))
                assert reasons[: len(shown(option.why))] == shown(option.why)


def test_moodle_xml_has_the_key(tmp_path):
    """One option gets all points; of several, a wrong one takes all; an order is all or nothing."""
    for question, item in zip(_moodle(tmp_path), ALL, strict=True):
        answers = question.findall("answer")
        if item.form == ORDER:
            texts = [lines_of(own.findtext("text")) for own in answers]
            assert texts == [shown(item.options[place].text) for place in item.key]
            assert question.findtext("gradingtype") == "ALL_OR_NOTHING"
            assert int(question.findtext("selectcount")) == len(item.options)
        elif item.form == MATCH:
            lines = [
                (
                    lines_of(own.findtext("text")),
                    html5lib.parseFragment(own.findtext("answer/text")),
                )
                for own in question.findall("subquestion")
            ]
            wanted = [(shown(own), choice) for own, choice in lines_to_match(item)]
            wanted += [([], own) for own in unused(item)]
            assert [(own, "".join(choice.itertext())) for own, choice in lines] == wanted
        else:
            points = [float(own.get("fraction")) for own in answers]
            assert sum(points[place] for place in item.key) == pytest.approx(100, abs=0.001)
            for chosen in product((False, True), repeat=len(points)):
                total = sum(own for own, taken in zip(points, chosen, strict=True) if taken)
                places = tuple(place for place, taken in enumerate(chosen) if taken)
                if item.form == CHOICE and len(places) != 1:
                    continue
                assert (total > 99.99) == (places == item.key)
                assert {*places} <= {*item.key} or total <= 0
            assert question.findtext("single") == str(item.form == CHOICE).lower()


def _gift(content):
    return gift_parser.parseFile(io.StringIO(content.decode()))


def _plain(text):
    return lines_of(transformSpecials(text))


def test_gift_keeps_texts_and_key(tmp_path):
    """An independent reader finds the same questions, points, lines and reasons."""
    found = _gift(written(tmp_path, "gift"))

    assert len(found) == len(ALL)
    for question, item in zip(found, ALL, strict=True):
        assert question.valid
        assert _plain(question.text) == stem(item, listed=has_letters(item))
        assert _plain(question.generalFeedback) == shown(*item.rationale)
        answers = question.answers.answers
        if item.form in (ORDER, MATCH):
            wanted = [(shown(own), choice.strip()) for own, choice in lines_to_match(item)]
            wanted += [([], own) for own in unused(item)]
            read = [
                (
                    _plain(own.question),
                    html5lib.parseFragment(transformSpecials(own.answer.strip())),
                )
                for own in answers
            ]
            assert [(own, "".join(choice.itertext())) for own, choice in read] == wanted
            continue
        assert [_plain(own.answer) for own in answers] == [shown(o.text) for o in item.options]
        share = pytest.approx(100 / len(item.key), abs=0.001)
        loss = 0 if item.form == CHOICE else -100
        wanted = [share if n in item.key else loss for n in range(len(answers))]
        assert [own.fraction for own in answers] == wanted
        for answer, option in zip(answers, item.options, strict=True):
            assert _plain(answer.feedback)[: len(shown(option.why))] == shown(option.why)


def _quiz(content):
    """Return the documents of a package for Canvas: the manifest and the quiz that it names."""
    package = ZipFile(io.BytesIO(content))
    assert package.testzip() is None
    manifest = etree.fromstring(package.read("imsmanifest.xml"))
    [name] = manifest.xpath("//*[@type='imsqti_xmlv1p2']/*[local-name()='file']/@href")
    return manifest, etree.fromstring(package.read(name))


def _at(element, path):
    return element.xpath(path, namespaces=QTI_NAMES)


def _score(item, answers):
    """Apply the conditions of a question, as QTI says: in their order, until one says stop."""
    score = 0.0
    for condition in _at(item, ".//q:respcondition"):
        [test] = condition[0]
        if not _holds(test, answers):
            continue
        for own in _at(condition, "q:setvar"):
            score = float(own.text) + (score if own.get("action") == "Add" else 0)
        if condition.get("continue") == "No":
            break
    return score


def _holds(test, answers):
    kind = etree.QName(test).localname
    if kind == "varequal":
        return test.text in answers.get(test.get("respident"), ())
    if kind == "not":
        return not _holds(test[0], answers)
    return kind == "other" or all(_holds(own, answers) for own in test)


def test_the_package_for_canvas_fits_the_schemas(tmp_path):
    """The quiz that text2qti writes, which many import into Canvas, fits them, too."""
    text = "Quiz title: Peer\n\n1. One?\n... all\n*a) yes\n... why\nb) no\n\n2. Two?\n"
    text += "[*] a\n[ ] b\n[*] c\n"
    peer = QTI(PeerQuiz(text, config=Config(), source_name="peer")).zip_bytes()
    for content in (peer, written(tmp_path, "zip")):
        manifest, quiz = _quiz(content)

        assert is_valid("manifest", manifest)
        assert is_valid("canvas", quiz)


def test_the_package_for_canvas_has_ids_as_canvas_needs_them(tmp_path):
    """Each id is there once, and each link to a feedback has its feedback."""
    _, quiz = _quiz(written(tmp_path, "zip"))
    ids = [_at(own, "string(@ident)") for own in _at(quiz, "//q:item")]
    assert len({*ids}) == len(ALL)
    for item in _at(quiz, "//q:item"):
        labels = _at(item, ".//q:response_lid[1]//q:response_label/@ident")
        lines = _at(item, ".//q:response_lid/@ident")
        links = _at(item, ".//q:displayfeedback/@linkrefid")

        assert len({*labels}) == len(labels)
        assert len({*lines}) == len(lines)
        assert links == _at(item, ".//q:itemfeedback/@ident")


def test_the_package_for_canvas_keeps_texts_and_key(tmp_path):
    """Only the key gets all points: every other answer of a choice gets none."""
    _, quiz = _quiz(written(tmp_path, "zip"))
    for found, item in zip(_at(quiz, "//q:item"), ALL, strict=True):
        [text] = _at(found, "q:presentation/q:material/q:mattext/text()")
        assert lines_of(text) == stem(item, listed=has_letters(item))
        labels = _at(found, ".//q:response_lid[1]//q:response_label")
        texts = _at(found, ".//q:response_lid[1]//q:response_label//q:mattext/text()")
        ids = [own.get("ident") for own in labels]
        if item.form in (CHOICE, SEVERAL):
            assert [lines_of(own) for own in texts] == [shown(own.text) for own in item.options]
            for chosen in product((False, True), repeat=len(ids)):
                places = tuple(place for place, taken in enumerate(chosen) if taken)
                if item.form == CHOICE and len(places) != 1:
                    continue
                answer = {"response1": [ids[place] for place in places]}
                assert _score(found, answer) == (100 if places == item.key else 0)
            continue
        lines = _at(found, ".//q:response_lid")
        named = [(_at(own, "string(q:material/q:mattext)"), own.get("ident")) for own in lines]
        wanted = lines_to_match(item)
        assert [lines_of(own) for own, _ in named] == [shown(own) for own, _ in wanted]
        key = {
            ident: [ids[texts.index(own)]]
            for (_, ident), (_, own) in zip(named, wanted, strict=True)
        }
        assert _score(found, key) == pytest.approx(100, abs=0.1)
        for ident in key:
            assert _score(found, {**key, ident: []}) < 90


@pytest.mark.slow
def test_items_of_all_templates_fit_the_schemas(tmp_path):
    """Each template makes texts that each format can have."""
    items = [*of_templates(templates())]

    assert is_valid("moodle", etree.fromstring(written(tmp_path, "xml", items)))
    assert is_valid("canvas", _quiz(written(tmp_path, "zip", items))[1])
    assert [own.valid for own in _gift(written(tmp_path, "gift", items))] == [True] * len(items)


def _notes(content):
    """Return the notes of a deck by their ids, and its other values."""
    package = ZipFile(io.BytesIO(content))
    assert {*package.namelist()} == {"collection.anki2", "media"}
    assert json.loads(package.read("media")) == {}
    with closing(sqlite3.connect(":memory:")) as database:
        database.deserialize(package.read("collection.anki2"))
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        rows = database.execute("select guid, mid, flds, mod, tags from notes").fetchall()
        [cards_of] = database.execute("select count(*) from cards join notes on nid = notes.id")
        [(models, decks)] = database.execute("select models, decks from col").fetchall()
    assert cards_of == (len(rows),)
    return {row[0]: row for row in rows}, json.loads(models), json.loads(decks)


def test_a_deck_for_anki_keeps_texts_and_key(tmp_path):
    """A card shows the question and its options; its back has the key and why."""
    notes, models, decks = _notes(written(tmp_path, "apkg"))
    [model] = models.values()
    names = [own["name"] for own in model["flds"]]

    assert len(notes) == len(ALL)
    assert f"IAM practice::{TITLE}" in [own["name"] for own in decks.values()]
    for (_, _, fields, _, tags), entry in zip(notes.values(), entries_of(ALL), strict=True):
        item, found = entry.item, dict(zip(names, fields.split("\x1f"), strict=True))
        assert "[" not in fields
        prompts = [f"{n}. {own}" for n, own in enumerate(item.prompts, 1)]
        assert lines_of(found["Question"]) == [*stem(item), *shown(*prompts)]
        options = [f"{LETTERS[n]})\n{own.text}" for n, own in enumerate(item.options)]
        assert lines_of(found["Options"]) == shown(*options)
        assert re.findall("[A-H]", found["Key"]) == [LETTERS[place] for place in item.key]
        assert lines_of(found["Rationale"]) == shown(*item.rationale)
        assert "IAM_practice" in tags.split()


def test_a_deck_that_is_imported_again_updates_its_cards(tmp_path, monkeypatch):
    """The ids of note, model and deck stay; a later day makes a newer text."""
    item = make("boundary_and_identity", 1)
    before, models, decks = _notes(written(tmp_path, "apkg", [item]))
    day = cards._day() + 86_400
    monkeypatch.setattr(cards, "_day", lambda: day)
    changed = replace(item, rationale=("Corrected.",))
    after, *others = _notes(written(tmp_path, "apkg", [ALL[-1], changed]))

    [(guid, row)] = before.items()
    assert after[guid][1] == row[1]
    assert after[guid][3] == row[3] + 86_400
    assert "Corrected." in after[guid][2]
    assert [own.keys() for own in others] == [models.keys(), decks.keys()]


def test_csv_is_read_by_pandas(tmp_path):
    """Each cell is text: what a spreadsheet would take as a formula has an apostrophe before it."""
    content = written(tmp_path, "csv")
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)

    assert content.startswith(b"\xef\xbb\xbf")
    assert len(table) == len(ALL)
    for row, entry in zip(table.to_dict("records"), entries_of(ALL), strict=True):
        assert not any(own.lstrip()[:1] in [*"=+-@"] for own in row.values())
        item, found = entry.item, {name: own.removeprefix("'") for name, own in row.items()}
        assert (found["id"], found["form"], found["title"]) == (entry.name, item.form, TITLE)
        assert found["question"] == item.question
        assert found["facts"] == "\n".join(item.facts)
        assert found["prompts"] == "\n".join(item.prompts)
        assert [found[LETTERS[n]] for n in range(len(item.options))] == [
            o.text for o in item.options
        ]
        assert re.findall("[A-H]", found["key"]) == [LETTERS[place] for place in item.key]
        assert found["rationale"] == "\n".join(item.rationale)
        assert found["kind"] == item.tags["kind"]
        for place, own in enumerate(item.options):
            assert found[f"why {LETTERS[place]}"].startswith(own.why)


def test_json_has_every_value(tmp_path):
    """Python reads what ``to_dict`` returns, with reasons."""
    found = json.loads(written(tmp_path, "json"))

    assert found["title"] == TITLE
    for own, item in zip(found["questions"], ALL, strict=True):
        assert own.items() >= item.to_dict().items()
        assert len(own["reasons"]) == len(item.options)


def _page(content):
    """Return the lines of a page, which must be HTML without any error."""
    parser = html5lib.HTMLParser(strict=True)
    root = parser.parse(content.decode())
    tags = {own.tag.removeprefix(TAG) for own in root.iter() if isinstance(own.tag, str)}
    assert not tags & {"script", "img", "link", "iframe"}
    return root


def test_a_paper_shows_questions_without_the_key(tmp_path):
    """Every text of the questions is there, and no reason."""
    root = _page(written(tmp_path, "html"))
    sections = root.findall(f".//{TAG}section")[1:]

    assert root.findtext(f".//{TAG}h1") == TITLE
    for section, item in zip(sections, ALL, strict=True):
        lines = lines_of(etree_text(section))
        prompts = [f"{n}. {own}" for n, own in enumerate(item.prompts, 1)]
        options = [f"{LETTERS[n]})\n{own.text}" for n, own in enumerate(item.options)]
        wanted = [*stem(item), *shown(*prompts), *shown(*options)]
        assert lines == [*wanted, f"Your answer ({item.wanted}): ____________"]


def etree_text(element):
    """Write an element that html5lib has read as HTML again."""
    return html5lib.serialize(element, omit_optional_tags=False)


def test_the_key_of_a_paper_has_letters_and_reasons(tmp_path):
    """Each question has its key, the right options, why, and what is wrong with the others."""
    root = _page(written(tmp_path, "html", more="-key"))
    for section, item in zip(root.findall(f".//{TAG}section")[1:], ALL, strict=True):
        lines = lines_of(etree_text(section))
        heading = section.findtext(f"{TAG}h2")
        assert re.findall(r"\b[A-H]\b", heading) == [LETTERS[place] for place in item.key]
        assert {*shown(*item.rationale)} <= {*lines}
        for place, own in enumerate(item.options):
            sign = "✓" if place in item.key else "✕"
            assert not own.why or f"{sign} {LETTERS[place]}" in lines
            assert own.why in shown(own.why) or {*shown(own.why)[:-1]} <= {*lines}


def _pdf(content):
    """Return the text of each page, and the texts by the name of their font."""
    fonts = {}

    def visit(text, _matrix, _more, font, _size):
        name = font["/BaseFont"] if font else ""
        fonts.setdefault(name.partition("+")[2], []).append(text)

    reader = PdfReader(io.BytesIO(content))
    return [page.extract_text(visitor_text=visit) for page in reader.pages], fonts


def _squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.mark.slow
def test_a_paper_as_pdf_has_text_that_can_be_selected(tmp_path):
    """Each page has its number; policies have a fixed width; no key is on the paper."""
    folder = tmp_path
    pages, fonts = _pdf(written(folder, "pdf"))
    key = _squeezed("".join(_pdf((folder / "form-key.pdf").read_bytes())[0]))
    paper = "".join(pages)
    for number, text in enumerate(pages, 1):
        foot = f"IAM practice: {TITLE}. Page {number} of {len(pages)}"
        assert foot in text
        paper = paper.replace(foot, "")

    paper = _squeezed(paper)
    fixed = _squeezed("".join(fonts["DejaVuSansMonoBook"]))
    for item in ALL:
        for text in (*stem(item), *item.prompts, *(own.text for own in item.options)):
            assert _squeezed(text.replace("`", "")) in paper.replace("`", "")
        for line in (line for text in item.facts for line in text.split("\n")):
            assert not line.startswith("{") or _squeezed(line) in fixed
        for text in (own for own in item.rationale if own not in item.facts):
            assert _squeezed(text) in key
            assert len(text) < 40 or _squeezed(text) not in paper


@pytest.mark.slow
def test_a_character_without_a_glyph_is_replaced_on_paper(tmp_path):
    """Fonts have ✓ and ✕, and the replacement character instead of what they don't have."""
    item = replace(by_hand(CHOICE), question="Is it ✓ or ✕ or \N{HANGUL SYLLABLE GAG}?", facts=())
    pages, _ = _pdf(written(tmp_path, "pdf", [item]))

    assert "Is it ✓ or ✕ or \ufffd?" in pages[0]


@pytest.mark.slow
def test_a_question_that_fits_on_a_page_is_not_split(tmp_path):
    """A heading and the place for the answer are on the same page."""
    items = [make("groups_deciding_statement", seed) for seed in range(8)]
    pages, _ = _pdf(written(tmp_path, "pdf", items))

    assert len(pages) > 1
    assert [page.count("Question ") for page in pages] == [page.count("answer (") for page in pages]


def test_a_paper_names_seed_and_version(tmp_path):
    """A teacher can make the same paper again."""
    content = written(tmp_path, "html", [make("boundary_and_identity", 7)]).decode()

    assert re.search(r"IAM practice, seed 7, version \S+\. Questions: 1\.", content)


@every_ending
def test_the_same_questions_make_the_same_bytes(tmp_path, monkeypatch, ending):
    """No time, no chance, no address of an object is in a file."""
    day = cards._day()
    monkeypatch.setattr(cards, "_day", lambda: day)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
        export(ALL, folder / f"form.{ending}", title=TITLE)

    if ending in ("zip", "apkg"):
        dates = {own.date_time for own in ZipFile(first / f"form.{ending}").infolist()}
        assert dates == {(1980, 1, 1, 0, 0, 0)}
    assert [own.read_bytes() for own in sorted(first.iterdir())] == [
        own.read_bytes() for own in sorted(second.iterdir())
    ]


@every_ending
def test_a_format_is_chosen_by_its_name(tmp_path, ending):
    """The ending can be another one."""
    [*_, path] = export(ALL[:1], tmp_path / "form.txt", title="T", kind=ending)

    assert path == tmp_path / "form.txt"
    assert path.stat().st_size > 100


def test_ids_stay_when_other_questions_are_added():
    """A question keeps its id wherever it is; two sides of a contrast have different ids."""
    side = make("boundary_and_identity", 1)
    contrast = (side, replace(side, question=f"{side.question} Now?"))
    [alone] = entries_of([side])
    bank = next(own for own in ALL if own.tags["kind"] == "knowledge")
    names = [own.name for own in entries_of([*contrast, *reversed(ALL), bank, bank, *contrast])]

    assert alone.name == names[0]
    assert len({*names}) == len(names)


@pytest.mark.parametrize(
    ("items", "name", "message"),
    [
        (ALL, "form.docx", "There is no format 'docx'. Choose one of xml, gift, zip"),
        (ALL, "form", "There is no format ''"),
        ((), "form.xml", "There are no questions"),
        (ALL, "missing/form.json", "form.json can't be written: No such file or directory"),
        (ALL, "folder.csv", "folder.csv can't be written: Is a directory"),
        (ALL, "a\0b.csv", "embedded null"),
    ],
)
def test_what_cannot_be_exported_says_why(tmp_path, items, name, message):
    """Nothing is left behind."""
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(ExerciseError) as caught:
        export(items, tmp_path / name, title="T")

    assert message in str(caught.value)
    assert [own.name for own in tmp_path.iterdir()] == ["folder.csv"]


def test_a_file_stays_if_its_successor_cannot_be_made(tmp_path, monkeypatch):
    """There is never half a file."""
    path = tmp_path / "form.csv"
    path.write_text("before", "utf-8")

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(ExerciseError, match="No space left"):
        export(ALL[:1], path, title="T")

    assert path.read_text("utf-8") == "before"
    assert [*tmp_path.iterdir()] == [path]


@pytest.mark.parametrize(
    ("package", "ending", "extra"),
    [
        ("genanki", "apkg", "exam"),
        ("fpdf", "pdf", "exam"),
        ("lxml", "xml", "exam"),
        ("matplotlib", "pdf", "exam"),
    ],
)
def test_a_missing_package_names_its_extra(tmp_path, monkeypatch, package, ending, extra):
    """The message is the command that installs it."""
    hide(package, monkeypatch)
    with pytest.raises(ModuleNotFoundError, match=rf'pip install "iamlab\[{extra}\]"'):
        export(ALL[:1], tmp_path / f"form.{ending}", title="T")


@settings(max_examples=tries(200))
@given(st.lists(st.text(max_size=60), min_size=3, max_size=5, unique=True), st.sampled_from(FORMS))
def test_any_text_is_kept(tmp_path_factory, texts, form):
    """Also control characters, lone surrogates and the signs of each format are read again."""
    folder = tmp_path_factory.mktemp("any")
    options = tuple(Option(f"{n} {own}", why=own) for n, own in enumerate(texts))
    key = {CHOICE: (1,), SEVERAL: (0, 2), ORDER: (2, 0, *range(3, len(texts)), 1), MATCH: (1, 0)}
    item = Item(
        question=f"q {texts[0]}",
        options=options,
        key=key[form],
        rationale=(f"r {texts[1]}",),
        tags={"kind": "any", "lesson": "01"},
        form=form,
        prompts=(f"p {texts[0]}", f"p {texts[1]}") if form == MATCH else (),
    )
    [entry] = entries_of([item])
    kept = entry.item
    root = etree.fromstring(written(folder, "xml", [item]))
    [question] = _gift(written(folder, "gift", [item]))
    _, quiz = _quiz(written(folder, "zip", [item]))
    page = _page(written(folder, "html", [item]))
    wanted = [own for own in stem(kept, listed=has_letters(kept)) if own]

    assert is_valid("moodle", root)
    assert is_valid("canvas", quiz)
    assert question.valid
    assert lines_of(root.findtext("question/questiontext/text")) == wanted
    assert lines_of(_at(quiz, "string(//q:presentation/q:material/q:mattext)")) == wanted
    assert page.findtext(f".//{TAG}h1") == TITLE
    assert json.loads(written(folder, "json", [item]))["questions"][0]["question"] == kept.question
    assert len(_notes(written(folder, "apkg", [item]))[0]) == 1
    assert len(pd.read_csv(io.BytesIO(written(folder, "csv", [item])), dtype=str)) == 1


def test_the_documentation_lists_the_formats():
    """Each ending is explained, in the order of the error message."""
    assert re.findall(r"^    \.(\w+)", exports.__doc__, re.MULTILINE) == [*WRITERS]
