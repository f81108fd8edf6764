"""Broken and hostile trails: each problem is named with its place, and nothing else is lost."""

import gzip
import json
import tracemalloc
import zlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import LoadError, Trail
from iamlab.analysis.trails import decoding
from iamlab.analysis.trails.decoding import MOST, Damage, records_in
from iamlab.analysis.trails.records import MOST as MOST_NOTES
from iamlab.analysis.trails.records import RecordError, event_of
from iamlab.analysis.trails.uses import uses_of
from tests.analysis.trails.trail_files import record, records, text_of, write
from tests.effort import tries

GOOD = list(records(3))
FIRST, SECOND, THIRD = (json.dumps(record) for record in GOOD)


def read(tmp_path, text, name="a.json"):
    """Read a file; give its events' ids, and its problems as pairs of place and words."""
    trail = Trail(write(tmp_path / name, text))
    ids = [event.event_id for event in trail]
    assert trail.read == len(ids)
    assert trail.problems.total == len(trail.problems)
    return ids, [(problem.position, problem.what) for problem in trail.problems]


def among(damaged):
    """Put something between two good records."""
    return f'{{"Records":[{FIRST},{damaged},{THIRD}]}}'


BETWEEN = {
    "NaN": ('{"a":NaN}', "NaN isn't a JSON number"),
    "infinity": ('{"a":[-Infinity]}', "-Infinity isn't a JSON number"),
    "a number without end": ('{"a":1e999}', "is too large"),
    "a number of many digits": ('{"a":' + "9" * 5000 + "}", "A number is too long"),
    "a key twice": ('{"eventName":"A","eventName":"B"}', "'eventName' is duplicated"),
    "a key twice, deep": ('{"a":{"b":[{"c":1,"c":1}]}}', "'c' is duplicated"),
    "deep nesting": ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
    "deep nesting in a record": ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deeply"),
    "a depth that Python's own recursion cannot walk": (
        '{"a":' * 700 + "1" + "}" * 700,
        "nested too deeply",
    ),
    "lists of records in one another": ('{"Records":[' * 600 + "]}" * 600, "nested too deeply"),
    "half a character, deep": ("[" * 600 + '"\\ud800"' + "]" * 600, "nested too deeply"),
    "no colon": ('{"a" 5}', "It is not JSON"),
    "a control character": ('{"a":"\x01"}', "It is not JSON"),
    "an unknown escape": ('{"a":"\\x","b":"}{"}', "It is not JSON"),
    "a word": ("nonsense", "It is not JSON"),
    "brackets in a string": ('{"a":NaN,"b":"]}\\"]}"}', "NaN"),
    "a number": ("5", "it is '5', not an object"),
    "nothing": ("null", "it is 'None', not an object"),
    "a list": ("[]", "it is a list, not an object"),
    "a text": ('"a"', "it is 'a', not an object"),
    "an empty object": ("{}", "userIdentity is missing"),
    "a record without a time": (
        json.dumps({k: v for k, v in GOOD[1].items() if k != "eventTime"}),
        "eventTime is missing",
    ),
    "a time that is none": (json.dumps(GOOD[1] | {"eventTime": "yesterday"}), "not a time"),
    "an empty text for an event": ('{"CloudTrailEvent": ""}', "CloudTrailEvent"),
    "no JSON for an event": ('{"CloudTrailEvent": "{NOT"}', "CloudTrailEvent"),
}


@pytest.mark.parametrize("case", BETWEEN)
def test_what_is_wrong_with_one_record_does_not_touch_its_neighbours(case, tmp_path):
    """It is said with its place."""
    damaged, words = BETWEEN[case]

    ids, problems = read(tmp_path, among(damaged))

    assert ids == [GOOD[0]["eventID"], GOOD[2]["eventID"]]
    assert [place for place, _ in problems] == [2]
    assert words in problems[0][1]


@pytest.mark.parametrize("case", BETWEEN)
def test_so_it_is_with_one_record_a_line(case, tmp_path):
    """Reading goes on at the next line that begins an object."""
    damaged, words = BETWEEN[case]

    ids, problems = read(tmp_path, f"{FIRST}\n{damaged}\n{THIRD}\n", "a.jsonl")

    assert ids[0] == GOOD[0]["eventID"]
    assert ids[-1] == GOOD[2]["eventID"] or case == "a list"
    assert any(words in what for _, what in problems) or case == "a list"


ENDS = {
    "no comma": (f'{{"Records":[{FIRST} {THIRD}]}}', "a comma should be"),
    "a semicolon": (f'{{"Records":[{FIRST};{THIRD}]}}', "a comma should be"),
    "no closing brace": (f'{{"Records":[{FIRST}]]', "a closing brace should be"),
    "no colon behind": (f'{{"Records":[{FIRST}],"a" 5}}', "a colon should be"),
    "no JSON behind": (f'{{"Records":[{FIRST}]}} and more', "It is not JSON"),
    "cut behind a comma": (f'{{"Records":[{FIRST},', "cut off"),
    "cut in a record": (f'{{"Records":[{FIRST},{SECOND[:99]}', "cut off"),
    "cut in a string": (f'{{"Records":[{FIRST},{{"a":"b', "cut off"),
    "cut in a damaged record": (f'{{"Records":[{FIRST},{{"a":NaN,"b":[', "cut off"),
    "cut in a damaged string": (f'{{"Records":[{FIRST},{{"a":NaN,"b":"[', "cut off"),
    "cut behind a record": (f'{{"Records":[{FIRST}', "cut off"),
    "cut behind the records": (f'{{"Records":[{FIRST}]', "cut off"),
    "cut in a line": (f"{FIRST}\n{SECOND[:50]}", "cut off"),
}


@pytest.mark.parametrize("case", ENDS)
def test_where_a_file_breaks_off_the_records_before_are_given(case, tmp_path):
    """And that it breaks off is a problem."""
    text, words = ENDS[case]

    ids, problems = read(tmp_path, text)

    assert ids == [GOOD[0]["eventID"]]
    assert words in problems[-1][1]


@settings(max_examples=tries(60))
@given(st.sampled_from(sorted(BETWEEN)), st.integers(64, 4000), st.integers(1, 3000))
def test_problems_do_not_depend_on_how_a_text_comes(case, piece, size):
    """In one piece or in many small ones: the same records, the same damages."""
    text = among(BETWEEN[case][0])
    whole = list(records_in(iter([text])))

    usual, decoding.PIECE = decoding.PIECE, piece
    try:
        found = list(records_in(text[n : n + size] for n in range(0, len(text), size)))
    finally:
        decoding.PIECE = usual

    assert found == whole


def test_many_parts_are_not_deep(tmp_path):
    """A record with hundreds of lists beside each other is a record."""
    wide = json.dumps(record() | {"requestParameters": {"a": [[{}] * 20] * 20}})
    deep = json.dumps(record() | {"requestParameters": json.loads('{"a":' * 90 + "1" + "}" * 90)})

    ids, problems = read(tmp_path, f"[{wide},{deep}]")

    assert (len(ids), problems) == (2, [])


@pytest.mark.parametrize("cut", range(1, 40))
def test_a_damaged_record_may_end_anywhere_in_a_piece(cut, monkeypatch):
    """Behind a backslash, behind a quote that is escaped, between two brackets."""
    monkeypatch.setattr(decoding, "PIECE", 1)
    text = '[{"a":NaN,"b":"]}\\\\\\"]}","c":[[]]},5]'

    assert list(records_in(iter([text[:cut], text[cut:]]))) == [
        Damage("NaN isn't a JSON number."),
        5,
    ]


def test_a_word_that_means_nothing_is_passed_over_whole(monkeypatch):
    """Also if its end comes later."""
    monkeypatch.setattr(decoding, "PIECE", 1)
    text = "[" + "x" * 90 + ",5]"

    for cut in range(1, len(text)):
        first, second = records_in(iter([text[:cut], text[cut:]]))
        assert isinstance(first, Damage), cut
        assert second == 5, cut


def test_the_next_line_may_begin_in_the_next_piece(monkeypatch):
    """Wherever a text is cut, the line behind a damaged one is found."""
    monkeypatch.setattr(decoding, "PIECE", 1)
    text = "x" * 30 + '\n{"a":1}\n[NaN ' + "y" * 30 + '\n{"a":2}'
    wanted = list(records_in(iter([text])))
    assert [expected_part for expected_part in wanted if not isinstance(expected_part, Damage)] == [
        {"a": 1},
        {"a": 2},
    ]

    for cut in range(len(text)):
        assert list(records_in(iter([text[:cut], text[cut:]]))) == wanted, cut


NO_TRAILS = {
    "an empty file": (b"", "The file is empty"),
    "another text": (b"hello", "It is not JSON"),
    "a picture": (bytes(range(256)) * 40, "It is not JSON"),
    "UTF-16": (text_of(GOOD).encode("utf-16"), "It is not JSON"),
    "a bare brace": (b"{", "cut off"),
    "another JSON": (b'{"Version": "2012-10-17", "Statement": []}', "userIdentity is missing"),
    "no list": (b'{"Records": 5}', "userIdentity is missing"),
    "a beginning of gzip": (b"\x1f\x8b", "cut off"),
    "a damaged gzip": (b"\x1f\x8b\x08\x00" + b"\xff" * 99, "cannot be read"),
}


@pytest.mark.parametrize("case", NO_TRAILS)
def test_a_file_that_is_not_a_trail_is_a_problem_but_reading_goes_on(case, tmp_path):
    """The files beside it are read."""
    data, words = NO_TRAILS[case]
    write(tmp_path / "b.json", text_of(GOOD))

    bad = tmp_path / "a.json"
    bad.write_bytes(data)
    trail = Trail(tmp_path)
    ids = [event.event_id for event in trail]

    assert ids == [record["eventID"] for record in GOOD]
    assert trail.problems.total == 1
    assert trail.problems[0].file == str(bad)
    assert words in trail.problems[0].what


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9, 0.99])
def test_a_compressed_file_that_is_cut_gives_what_it_has(kept, tmp_path):
    """All records before the cut; one problem."""
    made = list(records(400))
    whole = gzip.compress(text_of(made).encode(), mtime=0)
    cut = whole[: int(len(whole) * kept)]
    had = zlib.decompressobj(31).decompress(cut).decode(errors="ignore").count('"tlsDetails":{')

    path = tmp_path / "a.json.gz"
    path.write_bytes(cut)
    trail = Trail(path)
    ids = [event.event_id for event in trail]

    assert ids == [record["eventID"] for record in made[: len(ids)]]
    assert had - 1 <= len(ids) <= had
    assert [problem.what for problem in trail.problems] == ["The compressed file is cut off here."]


def test_a_small_file_that_becomes_huge_is_not_read_to_its_end(tmp_path, monkeypatch):
    """What it had until then is given; real files are not touched by the limit."""
    monkeypatch.setattr("iamlab.analysis.trails.reading.SMALL", 1 << 18)
    text = text_of(GOOD).removesuffix("]}") + ",{}" * 1_000_000 + "]}"
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
    trail = Trail(path)
    ids = [event.event_id for event in trail]

    assert ids == [record["eventID"] for record in GOOD]
    assert trail.problems.total < 500_000
    assert len(trail.problems) <= MOST_NOTES

    monkeypatch.setattr("iamlab.analysis.trails.reading.MOST_EXPANSION", 1)
    path.write_bytes(gzip.compress(text_of(records(30)).encode(), mtime=0))
    assert len(list(Trail(path))) == 30


def test_damage_inside_a_compressed_file_is_said(tmp_path):
    """A changed byte shows at the latest in the checksum."""
    whole = bytearray(gzip.compress(text_of(records(400)).encode(), mtime=0))
    whole[-6] ^= 0xFF
    path = tmp_path / "a.json.gz"
    path.write_bytes(whole)
    trail = Trail(path)

    assert sum(1 for _ in trail) == 400
    assert "cannot be read on" in trail.problems[0].what


def test_half_a_character_becomes_the_sign_for_an_unknown_one(tmp_path):
    """No file could keep it; whole pairs stay."""
    made = json.dumps(GOOD[0] | {"userAgent": "X", "errorMessage": "Y"})
    text = made.replace('"X"', '"a\\ud800b"').replace('"Y"', '"\\ud83e\\ude90"')

    (event,) = Trail(write(tmp_path / "a.json", f"[{text}]"))

    assert event.user_agent == "a\ufffdb"
    assert event.error_message == "🪐"
    json.dumps(event.to_dict(), ensure_ascii=False).encode()


def test_only_the_first_hundred_problems_are_kept_in_words(tmp_path):
    """All are counted."""
    trail = Trail(write(tmp_path / "a.json", json.dumps({"Records": [{}] * 250 + GOOD})))

    assert len(list(trail)) == 3
    assert trail.problems.total == 250
    assert len(trail.problems) == MOST_NOTES == 100
    assert trail.problems[99].position == 100
    assert str(trail.problems).endswith("and 150 more")
    assert "250 problems" in repr(trail)
    assert len(list(trail)) == 3
    assert trail.problems.total == 250


def test_long_values_are_shown_shortly(tmp_path):
    """A problem has no megabytes."""
    _, problems = read(tmp_path, json.dumps([record() | {"eventTime": "x" * 10**6}]))

    assert len(problems[0][1]) < 200


def peak_of(work):
    """Return the most memory that something takes, and what it gives."""
    tracemalloc.start()
    try:
        found = work()
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()


def pieces_of(start, filler, count):
    """A text that nobody has in memory."""
    yield start
    for _ in range(count):
        yield filler


ENDLESS = {
    "a string": ('{"Records":[{"a":"', "x" * 2**16),
    "a string of escapes": ('{"Records":[{"a":"', "\\\\" * 2**15),
    "a list in a record": ('{"Records":[{"a":[1', ",1" * 2**15),
    "a list in a damaged record": ('{"Records":[{"b":NaN,"a":[1', ",1" * 2**15),
    "a string in a damaged record": ('{"Records":[{"b":NaN,"a":"', "x" * 2**16),
    "escapes in a damaged record": ('{"Records":[{"b":NaN,"a":"', '\\"' * 2**15),
    "brackets": ("", "[" * 2**16),
    "white space": ("", " " * 2**16),
    "white space in a list": ('{"Records":[', "\n" * 2**16),
    "a key": ('{"', "x" * 2**16),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_a_record_without_end_takes_neither_memory_nor_time(case, monkeypatch):
    """Record and file are given up at a limit that no record of CloudTrail reaches."""
    monkeypatch.setattr(decoding, "MOST", 2**19)
    start, filler = ENDLESS[case]
    pieces = pieces_of(start, filler, 400)

    peak, found = peak_of(lambda: list(records_in(pieces)))

    assert all(isinstance(entry, Damage) for entry in found)
    assert "longer than" in found[-1].what or "deeply" in found[-1].what
    assert peak < 20 * 2**20
    assert next(pieces, None) is not None  # the rest of the file is not read


def test_a_gzip_bomb_does_not_go_off(tmp_path):
    """100 KB that would be 100 MB: the limit is said, and little memory taken."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [squeeze.compress(b'{"Records":[{"a":"')]
    parts += [squeeze.compress(b"x" * 2**20) for _ in range(100)]
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(b"".join([*parts, squeeze.flush()]))
    trail = Trail(path)

    peak, found = peak_of(lambda: list(trail))

    assert found == []
    assert f"{MOST:,} characters" in trail.problems[0].what
    assert peak < 200 * 2**20


def test_nothing_in_a_file_is_followed(tmp_path):
    """A link that leads nowhere isn't a file."""
    (tmp_path / "a.json").symlink_to(tmp_path / "nowhere")

    with pytest.raises(LoadError):
        Trail(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
ARN = st.sampled_from(
    [
        "arn:aws:iam::1:user/a",
        "arn:aws:s3:::b/k",
        "arn:::::",
        "arn:aws:sts::1:assumed-role",
        "*",
        "",
    ]
)
WORDS = st.sampled_from(["AccessDenied", "s3.amazonaws.com", "ec2.amazonaws.com", "RunInstances"])
NAMES = sorted(record())
PARTS = ["arn", "type", "sessionContext", "sessionIssuer", "userName", "bucketName", "key", "items",
         "instancesSet", "queueUrl", "x-amz-copy-source", "versionId", "tags", "ARN"]  # fmt: skip
CALLS = ["s3:CopyObject", "iam:CreateRole", "ec2:CreateTags", "sts:AssumeRole", "sqs:SendMessage",
         "kms:ReEncrypt", "apigateway:CreateX", "dynamodb:Query", ":"]  # fmt: skip
VALUE = JSON | ARN | WORDS | st.dictionaries(st.sampled_from(PARTS), JSON | ARN, max_size=4)


@settings(max_examples=tries(150))
@given(
    st.dictionaries(st.sampled_from([*NAMES, "resources", "errorMessage", "errorCode"]), VALUE),
    st.sampled_from(CALLS),
)
def test_no_record_crashes(changed, call):
    """Whatever is in its fields: it is read or refused, and its uses have texts and an end."""
    service, _, name = call.partition(":")
    try:
        event = event_of(record(service, name or "X") | changed)
    except RecordError:
        return
    for use in uses_of(event):
        assert isinstance(use.action, str)
        assert isinstance(use.resource, str)
        assert isinstance(use.caller, str)
        assert isinstance(use.session, str)
        assert use.is_allowed is (event.outcome != "denied")
        assert str(use).count("\n") == 0
        assert hash(use) == hash(replace(use))


@settings(max_examples=tries(150))
@given(st.text(alphabet='{}[]",:\\ \n0tN', max_size=40) | st.text(max_size=40))
def test_no_text_crashes(text):
    """A list of values and damages, whatever it is."""
    assert isinstance(list(records_in(iter([text]))), list)
    assert isinstance(list(records_in(iter([among(text)]))), list)
