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
        prompt="Alice has one policy, read-maps; Bob has no policy. Predict each verdict.",
        world_name="first_door",
        questions=(
            Question("alice", "s3:GetObject", f"{MAPS}/andromeda.fits"),
            Question("alice", "s3:ListBucket", MAPS),
            Question("bob", "s3:GetObject", MAP),
        ),
        nudge="Read the policy's Action and Resource aloud, then each request. Who has the policy?",
        why="A request is allowed only if a policy of the caller allows it. All others are denied.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed", "allowed", "allowed"],
                "M03",
                "You answer as if everything were allowed until something denies it. In AWS it is "
                "the other way round: nothing is allowed until a statement allows it.",
            ),
            KnownWrong(
                lambda _: ["allowed", "denied", "allowed"],
                "M03",
                "Alice's policy applies to Alice only. Is there a statement that allows Bob "
                "anything?",
            ),
            KnownWrong(
                lambda _: ["allowed", "allowed", "denied"],
                "M25",
                "Listing a bucket and reading an object are different actions. Listing is "
                "performed on the bucket itself. Does read-maps allow that?",
            ),
            KnownWrong(
                lambda _: ["denied", "denied", "denied"],
                "M24",
                "The * in star-maps/* matches any text, so it matches andromeda.fits too.",
            ),
        ),
    ),
    Witness(
        number="0.2",
        title="Find an allowed request",
        prompt="Choose caller, action and resource so that the request is allowed.",
        world_name="first_door",
        has=_allowed_by_a_statement,
        wanted="allowed by a statement",
        callers=("bob", "alice"),
        actions=("s3:PutObject", "s3:DeleteObject", "s3:GetObject"),
        resources=(MAPS, "arn:aws:s3:::other-maps/m31.fits", MAP),
        nudge="There is only one policy. Read its Action, its Resource, and who it is attached to.",
        why="The caller's Allow statement must match both the action and the resource.",
        known_wrong=(
            KnownWrong(
                lambda _: ["alice", "s3:GetObject", MAPS],
                "M25",
                "arn:aws:s3:::star-maps is the bucket. star-maps/* matches the objects in it, not "
                "the bucket itself.",
            ),
            KnownWrong(
                lambda _: ["bob", "s3:GetObject", MAP],
                "M03",
                "Bob has no policy. Nothing allows any of his requests.",
            ),
            KnownWrong(
                lambda _: ["alice", "s3:GetObject", "arn:aws:s3:::other-maps/m31.fits"],
                "M25",
                "The policy names the bucket star-maps. This object is in another bucket.",
            ),
        ),
    ),
    Predict(
        number="0.3",
        title="Exit ticket",
        prompt="Predict one last request, from a caller that you know.",
        world_name="first_door",
        exit=True,
        questions=(Question("alice", "s3:DeleteObject", MAP),),
        nudge="Which actions does read-maps allow?",
        why="No statement allows s3:DeleteObject, so the request is denied by default.",
        known_wrong=(
            KnownWrong(
                lambda _: ["allowed"],
                "M03",
                "It is true that nothing denies it. But nothing allows it either, and the default "
                "is to deny.",
            ),
        ),
    ),
)
