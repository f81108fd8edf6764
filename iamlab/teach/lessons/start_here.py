"""Lesson 00, Start here: your first verdict."""

from iamlab.engine.decision import Decision
from iamlab.teach.checks import Predict, Witness
from iamlab.teach.exercises import Exercise, KnownWrong, Question
from iamlab.teach.scenarios import MAP, MAPS


def _allowed_by_a_statement(decision: Decision) -> bool:
    return bool(decision) and bool(decision.determining)


EXERCISES: tuple[Exercise, ...] = (
    Predict(
        number="0.1",
        title="Three requests",
        prompt="Alice has one policy, read-maps; Bob has none. Predict each verdict.",
        world_name="first_door",
        questions=(
            Question("alice", "s3:GetObject", f"{MAPS}/andromeda.fits"),
            Question("alice", "s3:ListBucket", MAPS),
            Question("bob", "s3:GetObject", MAP),
        ),
        nudge="Read the policy's Action and Resource aloud, then each request. Who has the policy?",
        why="Only what a policy of the caller allows is allowed; all the rest is denied.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed", "allowed", "allowed"],
                "M03",
                "You answer as if all were open until something closes it. In AWS it is the other "
                "way round: nothing is allowed until a statement allows it.",
            ),
            KnownWrong(
                lambda _: ["allowed", "denied", "allowed"],
                "M03",
                "Alice's policy speaks of Alice only. Is there any statement that allows Bob "
                "something?",
            ),
            KnownWrong(
                lambda _: ["allowed", "allowed", "denied"],
                "M25",
                "To list a bucket is another action than to read an object in it, and it is done "
                "to the bucket itself. Does read-maps say anything of that?",
            ),
            KnownWrong(
                lambda _: ["denied", "denied", "denied"],
                "M24",
                "The star in star-maps/* stands for any text, so it covers andromeda.fits too.",
            ),
        ),
    ),
    Witness(
        number="0.2",
        title="Find an open door",
        prompt="Choose caller, action and resource so that the request is allowed.",
        world_name="first_door",
        has=_allowed_by_a_statement,
        wanted="allowed by a statement",
        callers=("bob", "alice"),
        actions=("s3:PutObject", "s3:DeleteObject", "s3:GetObject"),
        resources=(MAPS, "arn:aws:s3:::other-maps/m31.fits", MAP),
        nudge="There is one policy only. Its Action, its Resource and the person who has it are "
        "the answer.",
        why="Caller, action and resource all have to match one Allow statement.",
        known_wrong=(
            KnownWrong(
                lambda _: ["alice", "s3:GetObject", MAPS],
                "M25",
                "arn:aws:s3:::star-maps is the bucket; star-maps/* covers what lies in it, not the "
                "bucket itself.",
            ),
            KnownWrong(
                lambda _: ["bob", "s3:GetObject", MAP],
                "M03",
                "Bob has no policy. Nothing allows him anything, whatever he asks for.",
            ),
            KnownWrong(
                lambda _: ["alice", "s3:GetObject", "arn:aws:s3:::other-maps/m31.fits"],
                "M25",
                "The policy names the bucket star-maps; this object lies in another bucket.",
            ),
        ),
    ),
    Predict(
        number="0.3",
        title="Exit ticket",
        prompt="One last request, from a caller whom you know.",
        world_name="first_door",
        exit=True,
        questions=(Question("alice", "s3:DeleteObject", MAP),),
        nudge="Which actions does read-maps allow?",
        why="No statement allows s3:DeleteObject, so the default holds: denied.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed"],
                "M03",
                "Nothing forbids it, that is true. But nothing allows it either, and the default "
                "is to deny.",
            ),
        ),
    ),
)
