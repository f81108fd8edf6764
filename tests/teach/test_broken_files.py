"""A lesson's file with an error: one clear message with file and line, and never another error."""

import pytest

from iamlab import ExerciseError
from iamlab.teach import lesson as lessons
from iamlab.teach.lesson import open_lesson
from iamlab.teach.tables import find

GOOD = '''\
title = "Buckets"
minutes = 10

[objectives]
"Predict a verdict." = "b1.1 b1.2"

[glossary]
"bucket" = "A place for objects."

[reveals]
rule = "The rule."

[names]
person = "alice bob"

[world.base]
users = "alice bob carol"
groups = "pilots"
roles = "auditor"
buckets = "star-maps"
alice.groups = "pilots"
alice.read-maps = """
allow ListMaps s3:ListBucket star-maps
allow ReadMaps s3:GetObject  star-maps/*"""
alice.password = true
pilots.attach = "AmazonS3ReadOnlyAccess"
auditor.max_session_duration = 3600
sessions.audit = {assume_role = "auditor", by = "carol"}

[world.data]
like = "base"
policies.two = {v1 = "allow - s3:Get* star-maps/*", v2 = "allow - s3:Put* star-maps/*"}
carol.audit = "allow - sts:AssumeRole role/auditor"
accounts.acme-org = {}
accounts.acme-data.buckets = "moon-maps"
accounts.acme-data.moon-maps.policy = "allow - s3:GetObject moon-maps/* to acme-main"
organization.members.acme-main = ""
organization.scps.fence = {policy = "deny - iam:* *", on = "acme-main"}

[b1.1]
kind = "predict"
world = "base"
title = "Two requests"
prompt = """
A text \\
of one line."""
ask = """
alice s3:GetObject  star-maps/m31.fits
bob   s3:ListBucket star-maps with ip=203.0.113.9"""
nudge = "Read."
why = "Rule."
wrong = [
  "D D | M01 | Nobody is denied here.",
  """
A A | M02 | \\
Bob has no policy.""",
]

[b1.2]
kind = "write"
world = "data"
title = "A policy"
prompt = "Write it."
put = "bob own"
callers = "alice bob"
actions = "s3:GetObject"
resources = "star-maps/m31.fits"
must = "allow bob s3:GetObject star-maps/*"
cases = """
today
tomorrow: attach_policy bob AmazonS3FullAccess"""
solution = "allow - s3:GetObject star-maps/*"
nudge = "Read."
why = "Rule."
wrong = ["allow - s3:* * | M05 | Too much."]

[b1.3]
kind = "repair"
world = "base"
title = "A group"
prompt = "Change it."
edit = "memberships"
most = 1
target = """
+ bob s3:GetObject star-maps/m31.fits"""
nudge = "Read."
why = "Rule."
wrong = ["add_user pilots carol | M05 | Not her."]
'''

BROKEN = {  # what is wrong -> what the file has, and has instead; a part of the line; the message
    "no TOML": ("minutes = 10", "minutes = ", "minutes", "Invalid value"),
    "no quotation marks": ('"Buckets"', "Buckets", "Buckets", "Put text in quotation marks."),
    "no belief, no answer": ("D D | M01", "-", "- |", "needs an answer"),
    "no end of a text": ('prompt = "Change it."', 'prompt = "Change it.', "Change it.", "Illegal"),
    "a key twice": ("minutes = 10", 'title = "B"', 'title = "B"', "Cannot overwrite"),
    "no title": ('title = "Buckets"\n', "", "minutes", "title = ... is missing"),
    "a misspelt table": ("[glossary]", "[glosary]", "[glosary]", "'glosary' has no meaning"),
    "another lesson's exercise": ("[b1.3]", "[b2.3]", "[b2.3]", "'b2' has no meaning"),
    "a number as a title": ('title = "Buckets"', "title = 3", "title = 3", "3 must be text"),
    "text as minutes": ("minutes = 10", 'minutes = "ten"', "ten", "'ten' must be a whole number"),
    "a list as an objective": ('"b1.1 b1.2"', '["b1.1"]', "Predict a", "must be text"),
    "a number that varies": ('"alice bob"\n\n', "3\n\n", "person", "3 must be text or a list"),
    "a misspelt list": ("groups = ", "gruppen = ", "gruppen", "'gruppen' has no meaning"),
    "a user nobody declared": ("carol.audit", "karol.audit", "karol", "'karol' has no meaning"),
    "an unknown group": ('groups = "pilots"\nali', 'groups = "p"\nali', "alice.gr", "no group 'p"),
    "an unknown managed policy": ('"AmazonS3Read', '"AmazonS4Read', "S4", "pilots.attach: "),
    "a number as a policy": ('"allow - sts:AssumeRole role/auditor"', "4", "carol.audit", "4 must"),
    "a number as a table": (
        'pilots.attach = "AmazonS3ReadOnlyAccess"',
        "bob = 7",
        "bob = 7",
        "7 m",
    ),
    "text for true": ("password = true", 'password = "yes"', '"yes"', "'yes' must be true or"),
    "too long a session": ("= 3600", "= 3", "= 3", "auditor.max_session_duration"),
    "no effect": ("allow ReadMaps", "permit ReadMaps", "permit", "isn't a statement"),
    "no end of a quotation": ("allow ReadMaps", "allow 'ReadMaps", "allow '", "isn't closed"),
    "an unknown bucket": ("s3:GetObject  star-maps", "s3:GetObject  s-maps", "s-maps", "'s-maps'"),
    "an unknown principal": ("to acme-main", "to acme-man", "acme-man", "no principal 'acme-man'"),
    "a bucket in another account": ("acme-data.moon", "acme-data.mun", "mun", "'mun-maps' has no"),
    "an unknown world": ('world = "data"', 'world = "date"', '"date"', "no world 'date'"),
    "a world like nothing": ('like = "base"', 'like = "bass"', "bass", "'bass' isn't in this file"),
    "a session of nobody": ('by = "carol"', 'by = "karol"', "karol", "no principal 'karol'"),
    "a session without a call": ("assume_role =", "assume =", "assume =", "needs one of"),
    "an SCP on nothing": ('on = "acme-main"', 'on = "acme"', 'on = "acme"', "target that doesn't"),
    "an SCP nowhere": (', on = "acme-main"', "", "scps.fence", "on = ... is missing"),
    "an unknown kind": ('"predict"', '"predikt"', "predikt", "no kind 'predikt'"),
    "no kind": ('kind = "repair"\n', "", "[b1.3]", "Exercise b1.3 needs kind"),
    "a misspelt key": ('put = "', 'pot = "', "pot", "needs put = ... Is pot misspelt?"),
    "a key of another kind": ("most = 1", "fine = true", "fine =", "'fine' has no meaning"),
    "a number as a prompt": ('prompt = "Write it."', "prompt = 8", "prompt = 8", "8 must be text"),
    "text as a number": ("most = 1", 'most = "1"', 'most = "1"', "'1' must be a whole number"),
    "a request of two words": ("bob   s3:List", "bob s3:List x", "bob s3", "isn't a request"),
    "an unknown caller": ("\nbob   s3", "\nrob   s3", "rob", "'rob' isn't a caller"),
    "an unknown action": (
        "alice s3:GetObject ",
        "alice s3:GetObjects ",
        "Objects",
        "no action GetOb",
    ),
    "an unknown circumstance": ("with ip=", "with ipp=", "ipp", "no circumstance 'ipp'"),
    "an unknown belief": ("M02 |", "M99 |", "M99", "no belief 'M99'"),
    "a wrong answer without a hint": ('"D D | M01 | N', '"D D, N', "D D,", "isn't a wrong answer"),
    "an unknown edit": ("attach_policy", "attach_polici", "polici", "no edit 'attach_polici'"),
    "an unknown place": ('put = "bob own"', 'put = "bob"', 'put = "bob"', "isn't a place"),
    "an unknown editor": ('"memberships"', '"members"', '"members"', "no edit 'members'"),
    "a cell without a sign": ("+ bob s3", "bob s3", "\nbob s3:GetObject star", "isn't a cell"),
    "a rule without an effect": ('must = "allow ', 'must = "let ', "must", "isn't a rule"),
    "a wrong policy in an answer": ('["allow - s3:* *', '["allow s3:*', "allow s3", "isn't a stat"),
}


@pytest.fixture(autouse=True)
def _forget(monkeypatch):
    """Each test opens its own lessons."""
    monkeypatch.setattr(lessons, "_opened", {})


def read_all(file, text):
    """Read a lesson, with all of its worlds and exercises."""
    file.write_text(text, "utf-8")
    lesson = open_lesson(file)
    for name in lesson.worlds:
        lesson.world(name)
    for number in lesson.exercises:
        find(number)
    return lesson


def test_the_file_is_good(tmp_path):
    """Without an error it is read."""
    assert list(read_all(tmp_path / "b1_buckets.toml", GOOD).exercises) == ["b1.1", "b1.2", "b1.3"]


@pytest.mark.parametrize(("old", "new", "there", "message"), BROKEN.values(), ids=BROKEN)
def test_an_error_has_file_and_line(old, new, there, message, tmp_path):
    """One line of text: the file, the line of the key or of the text, and what is wrong."""
    assert old in GOOD
    text = GOOD.replace(old, new, 1)
    place = text.find(there, max(0, text.find(new.lstrip("\n")) - 200)) + len(there) - 1
    line = text.count("\n", 0, place) + 1

    with pytest.raises(ExerciseError) as caught:
        read_all(tmp_path / "b1_buckets.toml", text)

    assert str(caught.value).startswith(f"b1_buckets.toml, line {line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_text_is_an_error_too(tmp_path):
    """UTF-8 is the only encoding of TOML."""
    file = tmp_path / "b1_buckets.toml"
    file.write_bytes(b'title = "\xff"')

    with pytest.raises(ExerciseError, match=r"^b1_buckets\.toml, line 1: "):
        open_lesson(file)
