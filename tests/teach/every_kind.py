"""A small exercise of each kind; each begins with an answer that is partly right."""

import json

from iamlab.teach import scenarios
from iamlab.teach.break_belief import Break
from iamlab.teach.checks import Cell, Collect, Predict, Repair, Witness
from iamlab.teach.design import Design
from iamlab.teach.edits import moves
from iamlab.teach.exercises import KnownWrong, Question
from iamlab.teach.explain import Explain, Order
from iamlab.teach.lessons.groups_and_policies import all_policies, of_dana, where
from iamlab.teach.scenarios import DRAFTS, MAP, MAPS, README, allow, document
from iamlab.teach.sequence import Sequence
from iamlab.teach.write import Case, Requests, Write

READ, LIST = "s3:GetObject", "s3:ListBucket"
PEOPLE = ("alice", "bob", "carol", "dana")

MAKE_KEY = {"Caller": "bob", "Operation": "iam:CreateAccessKey", "UserName": "alice"}
READ_MAP = {"Caller": "call 1", "Operation": READ, "Resource": MAP}


def _two_keys(account):
    """Build lesson 00's world; Bob can also create access keys for Alice."""
    scenarios._BUILDERS["first_door"](account)
    arn = account.users["alice"].arn
    account.users["bob"].put_policy("keys", document(allow("Keys", "iam:CreateAccessKey", arn)))


scenarios._BUILDERS["two_keys"] = _two_keys


def is_read(world):
    """Return whether somebody read an object."""
    return any(own.event_name == "GetObject" and not own.error_code for own in world.events)


def _of_bob(name, *statements):
    return {
        "UserName": "bob",
        "PolicyName": name,
        "PolicyDocument": json.dumps(document(*statements)),
    }


ALL = _of_bob("all", allow("All", "s3:*", "*"))
WIDE = _of_bob("wide", allow("Wide", ["s3:GetObject", "s3:ListBucket", "iam:PassRole"], "*"))
LISTS = _of_bob("list", allow("List", LIST, MAPS))
READS = _of_bob("read", allow("Read", READ, f"{MAPS}/*"))


def example(kind, code, world_name, wrong, **fields):
    """Make an exercise whose number is the code of its kind; its wrong answers have beliefs."""
    return kind(
        number=f"{code}.1",
        title=f"An exercise of kind {code}",
        prompt="Answer the question.",
        nudge="Read the policies first.",
        why="This is the rule.",
        world_name=world_name,
        known_wrong=tuple(
            KnownWrong(lambda _, own=answer: own, "M03", f"Belief {place} in words.")
            for place, answer in enumerate(wrong)
        ),
        **fields,
    )


EXAMPLES = [
    example(
        Predict,
        "P",
        "first_door",
        [["allowed", "allowed"], ["denied", "denied"]],
        questions=(Question("alice", READ, MAP), Question("bob", READ, MAP)),
    ),
    example(
        Explain,
        "E",
        "stack",
        [
            ["stack/AllMaps", "no statement", "stack/ReadMe"],
            ["stack/AllMaps", "stack/ListMaps", "stack/ReadMe"],
        ],
        questions=(
            Question("alice", READ, MAP),
            Question("bob", READ, MAP),
            Question("alice", READ, README),
        ),
    ),
    example(
        Write,
        "W",
        "first_door",
        [document(allow("All", "s3:*", "*"))],
        user="bob",
        policy_name="list",
        requests=Requests(("alice", "bob"), (READ, LIST), (MAP, MAPS)),
        cases=(Case("today", lambda _: None),),
        wanted=lambda question, without: without or question == Question("bob", LIST, MAPS),
        examples=lambda _: [document(allow("List", LIST, MAPS))],
    ),
    example(
        Repair,
        "R",
        "groups",
        [[("remove_user", "contractors", "dana")]],
        target=(
            Cell(Question("dana", READ, MAP), allowed=True),
            Cell(Question("dana", "s3:PutObject", MAP), allowed=False),
        ),
        most=2,
        editor="memberships",
        kinds=(" in group ",),
        search=moves,
    ),
    example(
        Witness,
        "X",
        "first_door",
        [["bob", READ, MAP], ["alice", LIST, MAPS]],
        has=bool,
        wanted="allowed",
        callers=("bob", "alice"),
        actions=(LIST, READ),
        resources=(MAPS, MAP),
    ),
    example(
        Collect,
        "C",
        "groups",
        [{"own-notes"}, {"own-notes", "guard"}],
        candidates=all_policies,
        truth=of_dana,
        about=where,
    ),
    example(
        Order,
        "O",
        "stack",
        [["first step", "third step", "second step"]],
        places=lambda _: {"second step": 2, "first step": 1, "third step": 3},
    ),
    example(
        Sequence,
        "S",
        "two_keys",
        [[MAKE_KEY, {**READ_MAP, "Caller": "bob"}], [MAKE_KEY]],
        callers=("bob",),
        operations=lambda _: {
            "iam:CreateAccessKey": {"UserName": ["alice", "bob"]},
            "s3:GetObject": {"Resource": [MAP]},
        },
        goal=is_read,
        wanted="Bob must read the map.",
        most=2,
    ),
    example(
        Design,
        "D",
        "first_door",
        [
            [("iam:PutUserPolicy", ALL)],
            [("iam:PutUserPolicy", WIDE)],
        ],
        target=(
            Cell(Question("bob", LIST, MAPS), allowed=True),
            Cell(Question("bob", READ, MAP), allowed=True),
            Cell(Question("bob", "s3:DeleteObject", MAP), allowed=False),
        ),
        choices={
            "Allow Bob all of S3": [("iam:PutUserPolicy", ALL)],
            "Allow Bob to read everything": [("iam:PutUserPolicy", WIDE)],
            "Allow Bob to list the bucket": [("iam:PutUserPolicy", LISTS)],
            "Allow Bob to read the maps": [("iam:PutUserPolicy", READS)],
        },
        limits={"policies": 3},
    ),
    example(
        Break,
        "B",
        "stack",
        [[["AllMaps", "ReadMe"], "alice", READ, MAP]],
        mutant="last_wins",
        user="alice",
        policy_name="stack",
        callers=("bob", "alice"),
        actions=(READ, "s3:DeleteObject"),
        resources=(MAP, README, f"{DRAFTS}/plan.txt"),
    ),
]
EVERY = {task.number: task for task in EXAMPLES}
