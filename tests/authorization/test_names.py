"""A user's or role's name works as a principal, if only one has it."""

import pytest

from iamlab import World
from iamlab.errors import RequestError
from tests.policy.documents import trust

MAP = "arn:aws:s3:::star-maps/m31.fits"
OWN = "111111111111"


@pytest.fixture
def world() -> World:
    """One account with the user ana and the role night.shift, which can both read."""
    world = World(seed=7)
    main = world.create_account("main", account_id=OWN)
    main.create_user("ana").attach_policy("AmazonS3ReadOnlyAccess")
    role = main.create_role("night.shift", assume_role_policy_document=trust({"AWS": OWN}))
    role.attach_policy("AmazonS3ReadOnlyAccess")
    return world


QUESTIONS = {
    "can": lambda world, who: world.can(who, "s3:GetObject", MAP).verdict,
    "do": lambda world, who: world.do(who, "s3:GetObject", MAP).verdict,
    "what_can": lambda world, who: str(world.what_can(who)),
    "access_matrix": lambda world, who: (
        world.access_matrix(["s3:GetObject"], [MAP], [who]).to_frame().to_json()
    ),
    "unused": lambda world, who: str(world.unused(who)),
    "least_privilege": lambda world, who: (
        world.do(who, "s3:ListAllMyBuckets", "*") and str(world.least_privilege(who))
    ),
    "events": lambda world, who: (
        world.do(world.user("ana"), "s3:GetObject", MAP)
        and [event.event_name for event in world.events.where(principal=who)]
    ),
}
each_question = pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)


@each_question
def test_a_name_means_the_user_or_role_that_has_it(world, ask):
    """The answer is the same as for the object; a role's name can have a dot."""
    for who in (world.user("ana"), world.role("night.shift")):
        assert ask(world.copy(), who.name) == ask(world.copy(), who)


@pytest.mark.parametrize("ask", list(QUESTIONS.values())[:-1], ids=list(QUESTIONS)[:-1])
def test_if_two_have_the_name_the_error_gives_their_arns(world, ask):
    """A user and a role of one account, and users of two accounts."""
    assert world.can("ana", "s3:GetObject", MAP)

    role = world.account("main").create_role("ana", assume_role_policy_document=trust({"AWS": OWN}))
    role.attach_policy("AmazonS3ReadOnlyAccess")
    world.create_account("other", account_id="222222222222").create_user("ana")
    with pytest.raises(RequestError, match="'ana' is the name of") as caught:
        ask(world, "ana")
    arns = [f"arn:aws:iam::{OWN}:user/ana", f"arn:aws:iam::{OWN}:role/ana"]

    assert all(arn in str(caught.value) for arn in [*arns, "arn:aws:iam::222222222222:user/ana"])
    for arn in arns:
        ask(world, arn)


def test_a_name_is_looked_up_again_when_the_world_has_changed(world):
    """What was known about a name isn't kept for another with the name."""
    main = world.account("main")

    assert world.can("ana", "s3:GetObject", MAP)

    ana = world.user("ana")
    ana.detach_policy("AmazonS3ReadOnlyAccess")
    ana.delete()
    with pytest.raises(RequestError, match="'ana' isn't a caller"):
        world.can("ana", "s3:GetObject", MAP)
    main.create_user("ana")

    assert not world.can("ana", "s3:GetObject", MAP)


@pytest.mark.parametrize(
    ("name", "help_text"),
    [
        ("anna", "Did you mean ana?"),
        ("zoe", "There are: ana, night.shift."),
        ("", "There are: ana"),
    ],
)
def test_an_unknown_name_gets_help(world, name, help_text):
    """A name that is nearly the same, or else who there is."""
    with pytest.raises(RequestError, match="isn't a caller") as caught:
        world.can(name, "s3:GetObject", MAP)

    assert help_text in "".join(caught.value.__notes__)


def test_a_group_has_a_name_but_is_not_a_principal(world):
    """The error offers its users, and a group is never offered."""
    world.account("main").create_group("sky").add_user("ana")
    with pytest.raises(RequestError, match=r"Group sky can't be a caller.*one of its users: ana\."):
        world.can("sky", "s3:GetObject", MAP)
    with pytest.raises(RequestError) as caught:
        world.can("skye", "s3:GetObject", MAP)

    assert "sky" not in "".join(caught.value.__notes__)
