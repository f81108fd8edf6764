"""Submissions: whose they are, what is read from them, and that nothing in them stops the run."""

import json
import os
import stat
import zipfile
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.classroom import hand_in, submissions
from iamlab.classroom.submissions import LIMITS, MIME, read_submissions
from iamlab.errors import LoadError
from iamlab.teach import journal
from iamlab.teach.lesson import seed_of
from tests.classroom.handed_in import archive, lines, make_course, record, write
from tests.effort import tries
from tests.rows import each_row

PROGRESS = "iamlab_progress.jsonl"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """Return a course with a roster of three."""
    return make_course(tmp_path_factory.mktemp("courses") / "own")


def read(folder, course):
    """Return the students with the number of their records, and the lines of the report."""
    found, faults = read_submissions(folder, course)
    return {own.student: len(own.records) for own in found}, [*map(str, faults)]


OWNERS = [
    f"Maria Lopez_9001_assignsubmission_file_/{PROGRESS}",  # Moodle, with folders
    f"María Lopez_77_assignsubmission_file/{PROGRESS}",
    f"Group 1-Anna-Maria Lopez_9002_assignsubmission_file_{PROGRESS}",  # without folders
    f"Group 1-Maria Lopez_77_assignsubmission_file_/lesson 03/{PROGRESS}",
    f"lopezmaria_501_67890_{PROGRESS}",  # Canvas
    f"lopezmaria_LATE_501_67890_{PROGRESS}",
    f"lopezmaria_12345_67890_{PROGRESS}",
    f"submitted/maria/lab1/{PROGRESS}",  # nbgrader
    f"submissions/maria@example.org/{PROGRESS}",
    f"maria/{PROGRESS}",
    "maria.jsonl",
    "lab1_maria.jsonl",
    f"S-1/{PROGRESS}",
]


@each_row("name", OWNERS)
def test_a_platform_s_names_say_whose_a_file_is(name, tmp_path_factory, course):
    """Also if the records name nobody."""
    folder = write(tmp_path_factory.mktemp("a"), {name: lines(record("maria", student=""))})

    assert read(folder, course) == ({"maria": 1}, [])


@pytest.mark.parametrize("nested", [1, 2])
def test_archives_are_read_and_an_archive_in_them(tmp_path, course, nested):
    """As platforms collect them, with what systems add."""
    content = {OWNERS[0]: lines(record("maria")), "__MACOSX/._x": b"", "tom/.DS_Store": b""}
    made = archive({f"Tom Berg_9003_assignsubmission_file_/{PROGRESS}": lines(record("tom"))})
    if nested == 2:
        made = archive(
            {
                "Tom Berg_9003_assignsubmission_file_/own.zip": archive(
                    {PROGRESS: lines(record("tom"))}
                )
            }
        )
    files = {"class.zip": archive(content), "others.ZIP": made}

    assert read(write(tmp_path / "s", files), course) == ({"maria": 1, "tom": 1}, [])


def test_a_single_archive_is_read(tmp_path, course):
    """The file that the platform gives is enough."""
    write(tmp_path, {"class.zip": archive({OWNERS[0]: lines(record("maria"))})})

    assert read(tmp_path / "class.zip", course) == ({"maria": 1}, [])


@each_row(
    ("name", "student"),
    [
        (PROGRESS, "zoe"),
        (f"Zoe Li_1_assignsubmission_file_/{PROGRESS}", "zoe"),
        (f"submitted/zoe/lab1/{PROGRESS}", "zoe"),
    ],
)
def test_without_a_roster_the_records_or_the_folder_say_it(name, student, tmp_path_factory):
    """So a teacher can begin without filling in a roster."""
    folder = write(tmp_path_factory.mktemp("a"), {name: lines(record(student))})
    unnamed = write(
        tmp_path_factory.mktemp("b"),
        {"submitted/zoe/lab1/a.jsonl": lines(record("zoe", student=""))},
    )

    assert read(folder, None) == ({student: 1}, [])
    assert read(unnamed, None)[0] == {"zoe": 1}


def test_a_student_who_is_not_in_the_roster_is_named(tmp_path, course):
    """And is read all the same."""
    found, (fault,) = read(write(tmp_path, {"zoe/a.jsonl": lines(record("zoe"))}), course)

    assert found == {"zoe": 1}
    assert "zoe isn't in the roster" in fault


def test_records_of_another_student_do_not_count(tmp_path, course):
    """A file has an owner; who else is in it is a line of the report."""
    both = lines(record("maria"), record("tom"), record("tom", "3.2"))
    found, (fault,) = read(write(tmp_path, {"maria/a.jsonl": both}), course)

    assert found == {"maria": 1}
    assert "maria" in fault
    assert "2 records of tom, which don't count" in fault


def test_a_file_of_a_shared_computer_is_everybody_s(tmp_path, course):
    """Without an owner, each record goes to its student."""
    both = lines(record("maria"), record("tom"), record("tom", "3.2"))

    assert read(write(tmp_path, {PROGRESS: both}), course)[0] == {"maria": 1, "tom": 2}


def test_a_name_within_an_archive_cannot_claim_another_student(tmp_path, course):
    """The platform's name is outside."""
    own = archive({f"maria/{PROGRESS}": lines(record("tom", student=""))})
    folder = write(tmp_path, {"bergtom_502_1_work.zip": own})

    assert read(folder, course)[0] == {"tom": 1}


def test_the_same_records_under_two_students_name_both(tmp_path, course):
    """Also if the name, the seed and answers are changed; one equal record isn't enough."""
    own = [record("maria", f"3.{n}", ["allowed"]) for n in range(1, 5)]
    copied = [{**each, "student": "tom", "seed": seed_of("tom"), "given": []} for each in own]
    files = {"maria/a.jsonl": lines(*own), "tom/a.jsonl": lines(*copied)}
    _, faults = read(write(tmp_path / "a", files), course)
    alone = {"maria/a.jsonl": lines(own[0]), "tom/a.jsonl": lines(copied[0])}

    assert [own for own in faults if "maria and tom have 4 attempts with the same times" in own]
    assert not [own for own in read(write(tmp_path / "b", alone), course)[1] if "same times" in own]


def test_a_file_twice_counts_once(tmp_path, course):
    """Students upload again."""
    own = lines(record("maria"), record("maria", "3.2"))
    files = {"maria/a.jsonl": own, "maria/b.jsonl": own, "c.zip": archive({"maria/a.jsonl": own})}

    assert read(write(tmp_path, files), course) == ({"maria": 2}, [])


def test_answers_for_another_seed_are_named(tmp_path, course):
    """The variable wasn't set, or the answers are somebody else's."""
    _, (fault,) = read(write(tmp_path, {"maria/a.jsonl": lines(record("maria", seed=7))}), course)

    assert "1 answer for another seed than maria's" in fault
    assert "IAMLAB_STUDENT" in fault


def test_the_earlier_format_is_read(tmp_path, course):
    """One JSON document."""
    text = json.dumps({"version": "0.1", "records": [record("maria")]}).encode()

    assert read(write(tmp_path, {"maria/iamlab_progress.json": text}), course) == ({"maria": 1}, [])


# -- notebooks -----------------------------------------------------------------------------------


def notebook(*sources, records=None):
    """Return a notebook with code, and the output of ``hand_in`` in the last cell."""
    cells = [{"cell_type": "code", "source": own, "outputs": [], "metadata": {}} for own in sources]
    data = {"output_type": "display_data", "data": {MIME: {"records": records}}}
    last = {"cell_type": "code", "source": "hand_in()", "outputs": [data] if records else []}
    return json.dumps({"cells": [*cells, last], "nbformat": 4, "nbformat_minor": 5}).encode()


def test_hand_in_embeds_the_records_and_says_so(tmp_path, course):
    """What the cell shows goes through a notebook and comes back."""
    journal.add({"kind": "attempt", "exercise": "3.1", "given": ["allowed"], "seed": 140})
    shown = hand_in()._repr_mimebundle_()
    file = write(tmp_path / "s", {"maria/a.ipynb": notebook(records=shown[MIME]["records"])})
    (own,), _ = read_submissions(file, course)

    assert shown["text/plain"].startswith("1 answer to 1 exercise")
    assert [each["given"] for each in own.records] == [["allowed"]]


@each_row(
    ("source", "answers"),
    [
        ('check("3.1", ["allowed", "denied"])', [["allowed", "denied"]]),
        (["teach.check('3.1',\n", " {'b', 'a'})"], [["a", "b"]]),
        ('%matplotlib inline\n!ls\ncheck("3.1", ("a", "b"), seed=-3)', [["a", "b"]]),
        ('policy = {"Version": "2012-10-17"}\ncheck("3.1", policy)', [{"Version": "2012-10-17"}]),
        ('check("3.1", open("/etc/passwd").read())', []),
        ('check("3.1", [x for x in "ab"])\ncheck("3.1")\nthis is not code', []),
        ("check('3.1', " + "(" * 3000 + ")" * 3000 + ")", []),
        ("check('3.1', 1e999)", []),
        ("check(3.1, [])\ncheck('3.1', 3j)", []),
    ],
)
def test_only_literals_in_calls_of_check_are_read(source, answers, tmp_path_factory, course):
    """Code is read, never run."""
    folder = write(tmp_path_factory.mktemp("a"), {"maria/a.ipynb": notebook(source)})
    found, _ = read_submissions(folder, course)

    assert [each["given"] for own in found for each in own.records] == answers


def test_code_is_not_run(tmp_path, course):
    """Neither of a notebook, nor what unpickles in a record."""
    mark = tmp_path / "mark"
    code = f"open({str(mark)!r}, 'w')\n__import__('os').mkdir({str(mark)!r})"
    files = {"maria/a.ipynb": notebook(code, f"check('3.1', {code.splitlines()[1]})")}
    read(write(tmp_path / "s", files), course)

    assert not mark.exists()


# -- hostile files --------------------------------------------------------------------------------

GOOD = lines(record("maria"))
DEEP = b'{"kind": "attempt", "given": ' + b"[" * 50_000 + b"]" * 50_000 + b"}\n"


def single(**more):
    """Return a line with one record."""
    return lines(record("maria", **more))


def link():
    """Return an archive with a symbolic link."""
    stream = zipfile.ZipInfo("maria/a.jsonl")
    stream.external_attr = (stat.S_IFLNK | 0o777) << 16
    return archive({stream: b"/etc/passwd"})


def liar():
    """Return an archive whose file says that it is small."""
    content = archive({"maria/a.jsonl": b"x" * 50_000})
    return content.replace((50_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))


HOSTILE = {  # a file -> its content, and what the report says
    "empty.jsonl": (b"", "no answers"),
    "foreign.pdf": (b"%PDF", "isn't a progress file"),
    "foreign.pickle": (b"\x80\x04.", "isn't a progress file"),
    "foreign.json": (b'{"a": 1}', "can't be read"),
    "list.json": (b"[1, 2]", "can't be read"),
    "broken.jsonl": (GOOD + b'{"kind": "att', "record 2 is left out: it isn't JSON"),
    "numbers.jsonl": (
        b"1\n[2]\nnull\n",
        "record 1 is left out: it isn't a record of iamlab. And 2",
    ),
    "deep.jsonl": (DEEP, "too"),
    "deeper.jsonl": (single(answer=json.loads("[" * 40 + "]" * 40)), "too deep"),
    "nan.jsonl": (GOOD + b'{"kind": "attempt", "seconds": NaN}\n', "number"),
    "infinity.jsonl": (b'{"kind": "attempt", "seconds": 1e999}\n', "number"),
    "huge.jsonl": (b'{"kind": "attempt", "seed": ' + b"9" * 5000 + b"}\n", "number"),
    "long.jsonl": (single(answer="x" * 90_000), "too long"),
    "longer.jsonl": (single(answer="x" * 200_000), "too long"),
    "stars.jsonl": (single(answer="*" * 5_000), "too long"),
    "wide.jsonl": (single(answer=[0] * 5_000), "too many values"),
    "half.jsonl": (b'{"kind": "attempt", "given": "\\ud800"}\n', "can't be read"),
    "half student.jsonl": (b'{"kind": "attempt", "student": "\\ud800"}\n', "can't be read"),
    "types.jsonl": (
        b'{"kind": 3}\n{"kind": "a", "exercise": []}\n{"kind": "a", "seed": "x"}',
        "And 2",
    ),
    "latin.jsonl": ('{"kind": "attempt", "given": "é"}\n'.encode("latin-1"), "UTF-8"),
    "cells.ipynb": (b'{"cells": 3}', "can't be read"),
    "outputs.ipynb": (b'{"cells": [{"cell_type": "code", "source": 3}]}', "can't be read"),
    "no.zip": (b"PK\x03\x04 no", "isn't a whole ZIP archive"),
    "cut.zip": (archive({"maria/a.jsonl": GOOD})[:-30], "isn't a whole ZIP archive"),
    "bomb.zip": (archive({"maria/a.jsonl": b" " * 10_000_000}), "packed size"),
    "large.zip": (archive({"maria/a.jsonl": os.urandom(64) * 400_000}), "too large"),
    "out.zip": (archive({"../maria/a.jsonl": GOOD}), "leads out"),
    "root.zip": (archive({"/etc/maria.jsonl": GOOD}), "leads out"),
    "drive.zip": (archive({"C:\\maria.jsonl": GOOD}), "leads out"),
    "link.zip": (link(), "link"),
    "liar.zip": (liar(), "isn't a whole ZIP"),
    "deep.zip": (
        archive({"a.zip": archive({"b.zip": archive({"c.jsonl": GOOD})})}),
        "in an archive",
    ),
    "many.zip": (
        archive({f"{n}": b"" for n in range(LIMITS["files"] + 1)}, method=zipfile.ZIP_STORED),
        "too many files",
    ),
    "students.jsonl": (
        lines(*(record("maria", student=f"s{n}") for n in range(LIMITS["students"] + 1))),
        "too many students",
    ),
    "name.zip": (archive({f"{'-' * 60_000}_1_assignsubmission_/a.jsonl": GOOD}), "name is too"),
    "claims.zip": (
        archive(
            {
                "Maria Lopez_9001_assignsubmission_/a.jsonl": lines(
                    *(record("maria", student="x" * n) for n in range(1, 30))
                )
            }
        ),
        "29 records of x, xx,",
    ),
    "line\nbreak\x1b[31m.txt": (b"", "isn't a progress file"),
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory, course):
    """Return the report about all of them, and the folder."""
    folder = tmp_path_factory.mktemp("hostile")
    write(folder, {name: content for name, (content, _) in HOSTILE.items()})
    write(folder, {"tom/a.jsonl": lines(record("tom"))})
    return read_submissions(folder, course)


@each_row("name", HOSTILE)
def test_a_hostile_file_is_one_line_of_the_report(name, hostile):
    """It doesn't stop the run, and its line is a single line."""
    printed = name.replace("\n", "↵").replace("\x1b", "␣")
    own = [str(f) for f in hostile[1] if f.file.split("/")[0] == printed and "roster" not in f.what]
    own = [text for text in own if "seed" not in text]

    assert len(own) == 1
    assert HOSTILE[name][1] in own[0]
    assert own[0].isprintable()


def test_others_are_read_beside_hostile_files(hostile):
    """A good submission isn't lost, nor the good lines of a broken file."""
    found = {own.student: own for own in hostile[0]}

    assert len(found["tom"].records) == 1
    assert len(found["maria"].records) >= 1
    assert "etc" not in found


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="it has no such files")
def test_links_and_pipes_of_the_folder_are_not_followed(tmp_path, course):
    """They could lead anywhere, or wait forever."""
    write(tmp_path / "other", {"a.jsonl": GOOD})
    write(tmp_path / "s", {"tom/a.jsonl": lines(record("tom"))})
    (tmp_path / "s/maria.jsonl").symlink_to(tmp_path / "other/a.jsonl")
    (tmp_path / "s/folder").symlink_to(tmp_path / "other")
    os.mkfifo(tmp_path / "s/pipe.jsonl")
    found, faults = read(tmp_path / "s", course)

    assert found == {"tom": 1}
    assert sorted(own.split(":")[0] for own in faults if "link" in own) == [
        "maria.jsonl",
        "pipe.jsonl",
    ]


def test_a_file_that_is_too_large_is_not_read(tmp_path, course, monkeypatch):
    """Its size is looked up first."""
    monkeypatch.setitem(LIMITS, "file", 10)
    found, (fault,) = read(write(tmp_path, {"maria.jsonl": GOOD}), course)

    assert found == {}
    assert "too large" in fault


def test_records_and_attempts_have_limits(tmp_path, course, monkeypatch):
    """What is beyond them is a line of the report."""
    monkeypatch.setitem(LIMITS, "records", 5)
    monkeypatch.setitem(LIMITS, "attempts", 2)
    many = lines(*(record("maria", seconds=n) for n in range(8)))
    found, faults = read(write(tmp_path, {"maria.jsonl": many}), course)

    assert found == {"maria": 5}
    assert [text for text in faults if "too many" in text]
    assert [text for text in faults if "many attempts at 3.1" in text]


def test_a_missing_folder_is_an_error(tmp_path):
    """The message names it."""
    with pytest.raises(LoadError, match="nowhere"):
        read_submissions(tmp_path / "nowhere")


@settings(max_examples=tries(60), deadline=None)
@given(content=st.binary(max_size=300), kind=st.sampled_from(["jsonl", "json", "ipynb", "zip"]))
def test_arbitrary_bytes_never_stop_the_run(content, kind):
    """They are records, or one line."""
    reader = submissions._Reader(None)
    reader.file(f"a.{kind}", lambda: content)

    assert reader.records or len(reader.faults) == 1
    assert len(reader.submissions()) == len(reader.records)


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda own: st.lists(own, max_size=3) | st.dictionaries(st.text(max_size=5), own, max_size=3),
    max_leaves=8,
)
_RECORDS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("kind", "exercise", "student", "time", "seed", "given", "records", "cells"), _VALUES
    ),
)


@settings(max_examples=tries(60), deadline=None)
@given(own=_RECORDS, kind=st.sampled_from(["jsonl", "json", "ipynb"]))
def test_arbitrary_json_never_stops_the_run(own, kind):
    """Whatever the fields are."""
    reader = submissions._Reader(None)
    reader.file(f"a.{kind}", partial(json.dumps(own).encode))

    assert reader.records or len(reader.faults) == 1
    assert all(json.dumps(s.records).encode() for s in reader.submissions())


@settings(max_examples=tries(20), deadline=None)
@given(order=st.permutations(range(6)))
def test_the_order_of_files_does_not_matter(order, course):
    """Records are the same, in the same order."""
    files = [
        (
            f"{student}/{n}.jsonl",
            lines(*(record(student, f"3.{m}", seconds=m) for m in range(1, 4))),
        )
        for student in ("maria", "tom", "")
        for n in range(2)
    ]

    def found(places):
        reader = submissions._Reader(course)
        for place in places:
            reader.file(files[place][0].lstrip("/"), lambda place=place: files[place][1])
        return reader.submissions(), sorted(map(str, reader.faults))

    assert found(order) == found(range(6))
