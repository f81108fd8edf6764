"""Lesson 02, Deny wins."""

from collections.abc import Iterator

from iamlab.teach.edits import kept_statements, left_out
from iamlab.teach.exercises import Question
from iamlab.teach.lessons import read_exercises
from iamlab.teach.scenarios import DRAFTS, MAP, MAPS, README
from iamlab.teach.write import Case, Requests
from iamlab.world.world import World

USERS = "arn:aws:iam::111111111111:user/"
PLAN = f"{DRAFTS}/plan.txt"
ACTIONS = (
    *("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket", "s3:GetObjectTagging"),
    *("s3:PutObjectTagging", "s3:DeleteObjectTagging", "s3:GetBucketLocation", "s3:DeleteBucket"),
    *("ec2:StartInstances", "iam:ListUsers"),
)
OTHER = f"{MAPS}/2026/m33.fits"
UNIVERSE = Requests(("alice", "bob"), ACTIONS, (MAP, PLAN, README, OTHER, MAPS, USERS, "*"))


def _document(effect: str, action: object, resource: object) -> dict[str, object]:
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return {"Version": "2012-10-17", "Statement": [statement]}


def must(question: Question, without: bool) -> bool | None:  # noqa: FBT001 - the result before
    """Return what is wanted: Alice can't delete objects of the bucket; nothing else changes."""
    is_object = question.resource.startswith(f"{MAPS}/")
    if (question.caller, question.action) == ("alice", "s3:DeleteObject") and is_object:
        return False
    return without


def guards(_: World) -> Iterator[dict[str, object]]:
    """Yield the policy to try for the solution."""
    yield _document("Deny", "s3:DeleteObject", f"{MAPS}/*")


def _give_admin(world: World) -> None:
    world.user("alice").attach_policy("AdministratorAccess")


def _give_s3_later(world: World) -> None:
    world.user("alice").put_policy("zz-later", _document("Allow", "s3:DeleteObject", MAP))


CASES = (
    Case("today", lambda _: None),
    Case("after AdministratorAccess is attached to Alice", _give_admin),
    Case("after Alice is allowed to delete m31.fits", _give_s3_later),
)
kept = kept_statements("alice", "stack")
removed = left_out("alice", "stack")
EXERCISES = read_exercises(__name__)
