"""Who can: the answer about everybody is what each would be reported alone."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import World
from iamlab.analysis import who_can as who_can_module
from iamlab.analysis.access_matrix import everybody
from iamlab.errors import RequestError
from tests.analysis.worlds_to_ask import (
    ACTIONS,
    OWNED,
    RESOURCES,
    circumstances,
    observatory,
    organized,
    random_world,
)
from tests.model.world_contents import snapshot
from tests.policy.documents import deny, document

MAP = "arn:aws:s3:::star-maps/m31.fits"


def one_by_one(world: World, action: str, resource: str, **how: Any) -> list[str]:
    """Ask each alone."""
    return [arn for arn in everybody(world) if world.can(arn, action, resource, **how)]


@given(st.integers(0, 2**32 - 1))
def test_each_answer_is_what_can_says(seed: int) -> None:
    """In organizations, through endpoints, for services, with tags and keys given by hand."""
    chance = random.Random(seed)
    world = random_world(chance)
    if chance.random() < 0.7:
        organized(world, chance)
    how = circumstances(world, chance)

    for _ in range(4):
        action, resource = chance.choice(ACTIONS), chance.choice(RESOURCES)
        found = world.who_can(action, resource, **how)
        assert list(found) == one_by_one(world, action, resource, **how), (action, resource, how)
        assert all(found.values())


def test_each_decision_is_the_one_that_can_gives() -> None:
    """With its statements, its notes and its context."""
    world = observatory()

    for arn, decision in world.who_can("s3:GetObject", MAP).items():
        alone = world.can(arn, "s3:GetObject", MAP)
        assert decision.request == alone.request
        assert decision.determining == alone.determining
        assert decision.assumed == alone.assumed


def changes(world: World) -> list[Any]:
    """Return changes that let in or shut out, one after the other."""
    carol = world.user("carol")
    return [
        lambda: carol.attach_policy("AmazonS3FullAccess"),
        lambda: carol.put_policy(
            "tags", document(deny("*", Condition={"Null": {"aws:PrincipalTag/team": "true"}}))
        ),
        lambda: carol.tags.update(team="sky"),
        lambda: carol.put_policy(
            "late", document(deny("*", Condition={"DateGreaterThan": {"aws:CurrentTime": LATER}}))
        ),
        lambda: world.clock.advance(hours=5),
    ]


LATER = "2026-11-25T12:00:00Z"


def test_nothing_is_remembered_for_too_long() -> None:
    """Policies, tags that are written by hand, and time: each counts in the next answer."""
    world = observatory()
    carol = world.user("carol").arn
    seen = [carol in world.who_can("s3:PutObject", "arn:aws:s3:::raw/x")]
    for change in changes(world):
        change()
        seen.append(carol in world.who_can("s3:PutObject", "arn:aws:s3:::raw/x"))
        assert seen[-1] is bool(world.can(carol, "s3:PutObject", "arn:aws:s3:::raw/x"))

    assert seen == [False, True, False, True, True, False]


def test_only_the_newest_callers_are_kept() -> None:
    """A clock that goes on does not fill the memory."""
    world = observatory()
    for _ in range(5):
        world.who_can("s3:GetObject", MAP)
        world.clock.advance(seconds=1)

    assert len(world.remembered.callers) == 1


def test_a_bucket_that_nobody_knows_is_everybodys_own() -> None:
    """Each account is taken to ask for its own, and so are calls that concern no resource."""
    world = observatory()

    for resource in ("arn:aws:s3:::nobodys-bucket/x", "*"):
        found = world.who_can("s3:GetObject", resource)
        assert list(found) == one_by_one(world, "s3:GetObject", resource)
        assert {arn.split(":")[4] for arn in found} == set(world.accounts)


def test_asking_changes_nothing() -> None:
    """Not even the ids that come next."""
    world = observatory()
    before = snapshot(world)

    for action in ACTIONS:
        world.who_can(action, MAP)

    assert snapshot(world) == before


def test_who_interrupts_has_done_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next answer is right, as if nobody had been impatient."""
    world = observatory()
    before = snapshot(world)

    def impatient(items: Any, *_: Any) -> Any:
        yield next(iter(items))
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(who_can_module, "steps", impatient)
        with pytest.raises(KeyboardInterrupt):
            world.who_can("s3:GetObject", MAP)

    assert snapshot(world) == before
    assert list(world.who_can("s3:GetObject", MAP)) == one_by_one(world, "s3:GetObject", MAP)


@pytest.mark.parametrize(
    ("action", "resource", "how"),
    [
        ("GetObject", MAP, {}),
        ("s3:Get*", MAP, {}),
        ("s3:GetObject", "", {}),
        ("s3:GetObject", 5, {}),
        ("s3:GetObject", MAP, {"context": 5}),
        ("s3:GetObject", MAP, {"source_arn": MAP}),
    ],
)
def test_what_can_refuses_who_can_refuses(action: Any, resource: Any, how: Any) -> None:
    """With the same error."""
    world = observatory()

    with pytest.raises(RequestError):
        world.can(world.user("alice"), action, resource, **how)
    with pytest.raises(RequestError):
        world.who_can(action, resource, **how)


def test_a_world_without_accounts_has_nobody() -> None:
    """And that isn't an error."""
    found = World().who_can("s3:GetObject", MAP)

    assert (dict(found), found.asked, str(found)) == ({}, 0, "nobody")


def test_it_says_how_many_were_asked() -> None:
    """Those who may not are counted too."""
    world = observatory()

    assert world.who_can("s3:GetObject", OWNED[1]).asked == len(everybody(world))
