"""The access matrix of a world: each cell is what ``can`` says, whoever asks and for whatever."""

import random
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, Policy, World
from iamlab.analysis.access_matrix import everybody
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.teach.scenarios import MAP, scenario
from iamlab.teach.tables import find
from tests.analysis.worlds_to_ask import (
    ACTIONS,
    DATA,
    MAIN,
    OUTSIDERS,
    OWNED,
    READER,
    RESOURCES,
    observatory,
    random_world,
    some_of,
)
from tests.policy.documents import Doc, allow, deny, document
from tests.storage.account_exports import VERDICTS, export_of, hand_made


def cells(
    world: World, actions: Any = ACTIONS, resources: Any = RESOURCES, callers: Any = None
) -> int:
    """Compare every cell with ``can``, and count those that are allowed."""
    matrix = world.access_matrix(actions, resources, callers)
    expected = everybody(world) if callers is None else list(callers)
    assert matrix.pairs == tuple(product(actions, resources))
    assert len(matrix.principals) == len(matrix.rows) == len(expected)
    for row, caller in enumerate(expected):
        assert matrix.principals[row] == getattr(caller, "arn", caller)
        for place, (action, resource) in enumerate(matrix.pairs):
            is_allowed = bool(world.can(caller, action, resource))
            assert matrix.allowed(row, place) is is_allowed, (caller, action, resource)
    return sum(row.bit_count() for row in matrix.rows)


@pytest.fixture
def world() -> World:
    """The three accounts."""
    return observatory()


# -- each cell --------------------------------------------------------------------------------


def test_each_cell_is_what_can_says_of_every_user_role_and_root_user(world: World) -> None:
    """All callers of three accounts, on buckets, keys, roles, a queue, and what nobody knows."""
    allowed = cells(world)

    assert 100 < allowed < len(everybody(world)) * len(ACTIONS) * len(RESOURCES) / 2


def test_each_cell_is_what_can_says_of_services_sessions_and_strangers(world: World) -> None:
    """Who is of no account, who comes from a provider, and sessions by their ARN."""
    assert cells(world, resources=OWNED, callers=OUTSIDERS) > 0


def test_callers_of_all_kinds_can_be_in_one_matrix_in_any_order(world: World) -> None:
    """Rows are given as the callers were: accounts mixed, twice the same, objects and ARNs."""
    callers = [
        *(world.user("vera"), "ec2.amazonaws.com", world.user("alice"), READER, ANONYMOUS),
        *(world.role("job"), world.user("alice").arn, f"arn:aws:iam::{DATA}:root"),
    ]

    assert cells(world, resources=OWNED, callers=callers) > 0


def test_a_caller_without_account_cannot_ask_for_what_nobody_owns(world: World) -> None:
    """As with ``can``: the whole matrix is refused, with the reason."""
    for ask in (
        lambda: world.can(ANONYMOUS, "s3:GetObject", "*"),
        lambda: world.access_matrix(["s3:GetObject"], ["*"], [ANONYMOUS]),
    ):
        with pytest.raises(RequestError, match="The owner of"):
            ask()


@pytest.mark.parametrize("resource", [READER, f"arn:aws:iam::{MAIN}:role/job"])
@pytest.mark.parametrize("turn", [1, -1], ids=["sts-first", "iam-first"])
@pytest.mark.parametrize("about", [{}, {"Resource": "*"}], ids=["as-iam-saves-it", "resource"])
def test_a_role_has_its_trust_policy_for_sts_and_none_for_iam(
    resource: str, turn: int, about: Doc, world: World
) -> None:
    """Whichever action comes first, and though the trust policy of a file is about iam: too."""
    world.role("job").trust = Policy.parse(
        document(
            {"Effect": "Deny", "Action": "iam:*", "Principal": "*", **about},
            {"Effect": "Allow", "Action": "*", "Principal": {"AWS": MAIN}, **about},
        )
    )
    world.changed()
    actions = ["sts:AssumeRole", "iam:GetRole", "sts:TagSession", "iam:PassRole"][::turn]

    assert cells(world, actions, [resource, "*"]) > 0


@pytest.mark.parametrize("loaded", [False, True], ids=["made", "loaded"])
def test_a_loaded_account_is_decided_alike(loaded: bool) -> None:  # noqa: FBT001
    """What is taken for granted of unknown buckets and keys is the same in both ways."""
    world = hand_made()
    if loaded:
        world = World.from_account_details(export_of(world))
    actions = list(dict.fromkeys(row[1] for row in VERDICTS))
    resources = list(dict.fromkeys(row[2] for row in VERDICTS))

    assert cells(world, actions, [*resources, *RESOURCES[:8]]) > 0


@pytest.mark.parametrize("name", ["stack", "groups", "three_policies", "two_denies"])
def test_a_lessons_universe_is_decided_alike(name: str) -> None:
    """The request universe of exercises that judge a policy."""
    world = scenario(name)
    exercise = find("2.4")
    callers = [world.user(caller) for caller in exercise.callers]

    assert cells(world, exercise.actions, exercise.resources, callers) > 0


def test_the_time_of_the_world_counts() -> None:
    """A condition on the moment is asked at the world's own time, in both ways."""
    world = scenario("first_door")
    now = world.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    world.user("bob").put_policy(
        "later", document(allow("s3:*", Condition={"DateGreaterThan": {"aws:CurrentTime": now}}))
    )

    assert cells(world, ["s3:GetObject"], [MAP], [world.user("bob")]) == 0

    world.clock.now = world.clock.now.replace(year=world.clock.now.year + 1)

    assert cells(world, ["s3:GetObject"], [MAP], [world.user("bob")]) == 1


def test_what_a_resource_brings_along_counts_for_it_alone(world: World) -> None:
    """Region and owner of each resource are known to conditions."""
    bob = world.user("bob")
    bob.delete_permissions_boundary()
    bob.detach_policy("AdministratorAccess")
    for number, (key, value) in enumerate(
        (("aws:RequestedRegion", "us-west-2"), ("aws:ResourceAccount", DATA))
    ):
        condition = {"StringEquals": {key: value}}
        bob.put_policy(f"p{number}", document(allow("*", Condition=condition)))

    assert cells(world, callers=[bob]) > 0


@given(st.integers(0, 2**32 - 1))
def test_any_world_is_decided_alike(seed: int) -> None:
    """Random policies on users, roles, buckets, keys and queues."""
    chance = random.Random(seed)
    world = random_world(chance)

    cells(
        world,
        some_of(chance, ACTIONS, 5),
        some_of(chance, OWNED, 6),
        [*chance.sample(everybody(world), 4), *chance.sample(OUTSIDERS, 2)],
    )


# -- the question -----------------------------------------------------------------------------


def test_actions_resources_and_callers_may_come_from_anywhere(world: World) -> None:
    """Any iterable will do, and is read once."""
    alice = world.user("alice")
    by_list = world.access_matrix(["s3:GetObject"], [MAP], [alice])

    assert (
        world.access_matrix(iter(["s3:GetObject"]), (item for item in [MAP]), iter([alice]))
        == by_list
    )
    assert world.access_matrix({"s3:GetObject": 1}, {MAP}, (alice,)) == by_list


def test_nothing_asked_is_nothing_answered(world: World) -> None:
    """No actions, no resources: a row for each caller, without cells."""
    for actions, resources in (([], RESOURCES), (ACTIONS, []), ([], [])):
        matrix = world.access_matrix(actions, resources)

        assert matrix.pairs == ()
        assert len(matrix.principals) == len(everybody(world))
        assert len(matrix) == 0
        assert list(matrix) == []


@pytest.mark.parametrize("nobody", [[], (), iter([])], ids=["list", "tuple", "iterator"])
def test_nobody_is_not_everybody(nobody: Any, world: World) -> None:
    """An empty list of callers is empty; only without one it is everybody."""
    assert world.access_matrix(["s3:GetObject"], [MAP], nobody).principals == ()
    assert len(world.access_matrix(["s3:GetObject"], [MAP]).principals) == len(everybody(world))


def test_a_world_without_accounts_has_an_empty_matrix() -> None:
    """There is nobody to ask about."""
    assert World().access_matrix(["s3:GetObject"], [MAP]).principals == ()


def test_each_allowed_cell_is_given_once(world: World) -> None:
    """Caller, action and resource of all that is allowed."""
    given_ = list(world.access_matrix(ACTIONS, RESOURCES))

    assert len(given_) == len(set(given_))
    assert all(world.can(caller, action, resource) for caller, action, resource in given_[::7])


@pytest.mark.parametrize(
    ("actions", "resources", "callers", "error"),
    [
        (["GetObject"], [MAP], None, RequestError),
        (["s3:Get*"], [MAP], None, RequestError),
        ([""], [MAP], None, RequestError),
        (["s3:GetObject"], [""], None, RequestError),
        ([5], [MAP], None, RequestError),
        (["s3:GetObject"], [None], None, RequestError),
        (["s3:GetObject"], [MAP], ["zoe"], RequestError),
        (["s3:GetObject"], [MAP], [f"arn:aws:iam::{MAIN}:user/zoe"], NoSuchEntity),
        (["s3:GetObject"], [MAP], ["arn:aws:iam::999999999999:user/a"], NoSuchEntity),
        (["s3:GetObject"], [MAP], [f"arn:aws:iam::{MAIN}:group/team"], RequestError),
        (["s3:GetObject"], [MAP], [None], RequestError),
    ],
)
def test_what_can_refuses_access_refuses(
    actions: Any, resources: Any, callers: Any, error: type[IamLabError], world: World
) -> None:
    """One question that cannot be asked is reported, as it would be alone."""
    with pytest.raises(error):
        world.can((callers or ["ec2.amazonaws.com"])[0], actions[0], resources[0])
    with pytest.raises(error):
        world.access_matrix(actions, resources, callers)


def test_a_change_of_the_world_counts_in_the_next_matrix(world: World) -> None:
    """Nothing is remembered for too long: policies, groups, tags and bucket policies."""
    carol = world.user("carol")
    changes = [
        lambda: world.group("team").add_user("carol"),
        lambda: (
            carol.tag({"team": "sky"}) if hasattr(carol, "tag") else carol.tags.update(team="sky")
        ),
        lambda: carol.attach_policy("AdministratorAccess"),
        lambda: world.bucket("star-maps").delete_policy(),
        lambda: carol.put_policy("no", document(deny("s3:*"))),
    ]
    found = [cells(world, callers=[carol])]
    for change in changes:
        change()
        found.append(cells(world, callers=[carol]))

    assert len(set(found)) > 3


def test_asking_changes_nothing(world: World) -> None:
    """The world is the same afterwards."""
    before = world.copy()
    world.access_matrix(ACTIONS, RESOURCES)

    assert before.diff(world).edits == ()


# -- as a table -------------------------------------------------------------------------------


def test_the_table_has_callers_down_and_pairs_across(world: World) -> None:
    """True and False, as the cells say, in the order in which was asked."""
    callers = [world.user("alice"), world.user("bob"), ANONYMOUS]
    matrix = world.access_matrix(ACTIONS[:3], RESOURCES[:3], callers)
    frame = matrix.to_frame()

    assert list(frame.index) == list(matrix.principals)
    assert list(frame.columns) == list(matrix.pairs)
    assert frame.shape == (3, 9)
    assert frame.to_numpy().tolist() == [
        [matrix.allowed(row, pair) for pair in range(9)] for row in range(3)
    ]
    assert frame.to_numpy().sum() == len(list(matrix))


def test_the_table_can_be_asked_by_name(world: World) -> None:
    """By caller, by pair, and by action over all resources."""
    alice = world.user("alice")
    frame = world.access_matrix(["s3:GetObject", "s3:PutObject"], RESOURCES[:2]).to_frame()

    assert frame.loc[alice.arn, ("s3:GetObject", RESOURCES[1])]
    assert not frame.loc[alice.arn, ("s3:GetObject", RESOURCES[0])]
    assert list(frame["s3:PutObject"].columns) == list(RESOURCES[:2])


def test_a_matrix_shows_names_as_text() -> None:
    """Whatever a resource is called, it isn't a markup."""
    world = scenario("first_door")
    html = world.access_matrix(["s3:GetObject"], [f"{MAP}<script>&"])._repr_html_()

    assert "<script" not in html
    assert "&lt;script&gt;&amp;" in html
