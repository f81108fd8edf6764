"""A quiz about an account: each key is asked anew, of the engine and of an edited account."""

from collections import Counter
from collections.abc import Iterator
from functools import cache

import pytest

from iamlab import Policy, RequestError, World
from iamlab.exam import Item, own_account, quiz
from iamlab.exam.documents import name_of
from iamlab.exam.own_account import MOST_PRINCIPALS, make_items
from iamlab.exam.verdicts import claim, silence
from iamlab.policy.lint.resource_forms import fits
from iamlab.teach.mutants import MUTANTS
from tests.benchmarks.reach import company
from tests.effort import slow, tries
from tests.exam.accounts import MAIN, WORLDS, edited, exported, risky, without

SEEDS = range(tries(30))


@cache
def made() -> list[tuple[World, Item]]:
    """Make the items of each account and seed."""
    worlds = [make() for make in WORLDS.values()]
    return [(own, item) for own in worlds for seed in SEEDS for item in make_items(own, 9, seed)]


def items(kind: str = "") -> Iterator[tuple[World, Item]]:
    """Yield the items of a kind, each with its account."""
    return ((world, item) for world, item in made() if kind in ("", item.tags["kind"]))


def verdict(world: World, item: Item) -> str:
    """Ask the engine the request of an item, in another world."""
    assert item.decision is not None
    request = item.decision.request
    return str(world.can(request.principal, request.action, request.resource).verdict)


def right(item: Item) -> str:
    """Return the text of the only right option."""
    (place,) = item.key
    return item.options[place].text


def test_each_question_has_one_right_answer_and_no_option_twice() -> None:
    """Whatever the account and the seed, and with all three kinds."""
    kinds = Counter[str]()
    for _, item in items():
        texts = [option.text for option in item.options]
        kinds[item.tags["kind"]] += 1

        assert len(item.key) == 1
        assert len(set(texts)) == len(texts)
        assert 3 <= len(texts) <= 8
        assert item.rationale

    assert kinds.keys() == {"predict", "explain", "cut"}
    assert min(kinds.values()) >= len(WORLDS) * len(SEEDS)


def test_a_predicted_verdict_is_the_engine_s_own() -> None:
    """In a copy of the account, asked anew."""
    for world, item in items("predict"):
        assert verdict(world.copy(), item) == right(item)


def test_never_more_than_half_of_the_predictions_have_the_same_verdict() -> None:
    """So nobody can guess, however many questions there are."""
    for make in WORLDS.values():
        for number in (6, 18):
            made = make_items(make(), number, "half")
            verdicts = Counter(right(item) for item in made if item.tags["kind"] == "predict")

            assert len(verdicts) > 1
            assert max(verdicts.values()) <= number // 3 // 2


def test_what_decides_changes_the_verdict_when_it_is_removed_from_the_account() -> None:
    """And nothing else that is offered does: it is removed by IAM's own operations."""
    tried = 0
    for world, item in items("explain"):
        assert item.decision is not None
        request = item.decision.request
        words = {claim(own, request): own.address for own in item.decision.trace.matches}
        words |= {silence(layer, request): name_of(layer, request) for layer in ("scp", "boundary")}
        offered = [option.text for option in item.options if option.text in words]
        twins = {own: without(world, request.principal, words[own]) for own in offered}
        before = verdict(world, item)
        changing = {word for word, twin in twins.items() if twin and verdict(twin, item) != before}
        tried += len(list(filter(None, twins.values())))

        assert changing <= {right(item)}
        if right(item) in twins and twins[right(item)]:
            assert changing == {right(item)}
    assert tried > 9 * len(SEEDS)


def test_a_request_is_denied_or_allowed_by_what_the_question_shows() -> None:
    """The statement that decides is among the facts, so nobody must know the account by heart."""
    for _, item in items():
        for match in item.decision.determining if item.decision else ():
            assert any(fact.startswith(f"{match.address} (") for fact in item.facts)


def test_only_the_right_edit_closes_every_path_or_takes_the_permission_away() -> None:
    """Each edit is made again, from its sentence, with the methods of the world."""
    of_paths = 0
    for world, item in items("cut"):
        twins = [edited(world, option.text) for option in item.options]
        if item.decision is not None:
            left = [verdict(twin, item) == "allowed" for twin in twins]
        else:
            of_paths += 1
            arn = item.command[-1]
            assert world.reach().path(arn)
            left = [twin.reach().path(arn) is not None for twin in twins]

        assert len(twins) == 4
        assert [place for place, is_left in enumerate(left) if not is_left] == list(item.key)
    assert of_paths > len(SEEDS)


def test_a_wrong_option_names_the_beliefs_that_lead_to_it() -> None:
    """Asked anew, each of these mutants gives that answer and not the right one."""
    named = set()
    for world, item in items("predict"):
        assert item.decision is not None
        for option in item.options:
            for name in option.beliefs:
                named.add(name)
                assert str(MUTANTS[name].verdict(item.decision, world)) == option.text
                assert option.text != right(item)

    assert {"deny_is_deny", "scp_grants"} <= named


def test_requests_are_about_principals_and_resources_of_the_account() -> None:
    """No root user, and no action on a type of resource that it doesn't have."""
    for world, item in items():
        if item.decision is not None:
            request = item.decision.request
            kind, _, name = request.principal.split(":")[5].partition("/")
            (account,) = (own for key, own in world.accounts.items() if key in request.principal)

            assert name.rpartition("/")[2] in getattr(account, f"{kind}s")
            assert fits(request.action, request.resource)


@slow
def test_the_same_account_and_seed_ask_the_same() -> None:
    """Another seed asks something else; without one, the questions of today are the same."""
    first, again, other = (
        [str(item) for item in make_items(exported(), 9, seed)] for seed in ("a", "a", "b")
    )

    assert first == again != other
    assert str(quiz(exported(), 3)) == str(quiz(exported(), 3))


def test_a_quiz_has_as_many_questions_of_each_kind() -> None:
    """The first kind has one more, if they don't come out even."""
    kinds = Counter(item.tags["kind"] for item in quiz(risky(), 11, seed=1))

    assert kinds == {"predict": 5, "explain": 3, "cut": 3}


def test_what_cannot_be_asked_is_made_up_for_by_other_questions() -> None:
    """Where everything is allowed, only one prediction isn't a guess, and no path is open."""
    main = World(seed=7).create_account("main", account_id=MAIN)
    for place in range(9):
        policy = Policy.allow(["s3:GetObject", "s3:PutObject"][place % 2], "*")
        main.create_user(f"user-{place}").put_policy(f"own-{place}", policy)
    kinds = Counter(item.tags["kind"] for item in quiz(main.world, 9, seed=1))

    assert kinds == {"predict": 1, "explain": 1 + 2, "cut": 3}


@pytest.mark.parametrize("number", [0, -1])
def test_a_quiz_has_at_least_one_question(number: int) -> None:
    """Anything else is bad input."""
    with pytest.raises(RequestError, match="at least one question"):
        quiz(exported(), number)


def test_an_account_without_policies_cannot_be_asked_about() -> None:
    """The error says so, instead of an empty quiz."""
    world = World(seed=7)
    world.create_account("main").create_user("ana")

    with pytest.raises(RequestError, match="Nothing can be asked"):
        quiz(world)


def test_a_large_account_costs_no_more_until_the_first_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only some principals are looked at, and no path is looked for yet."""
    looked_at: list[object] = []
    real = own_account._pairs
    monkeypatch.setattr(
        own_account, "_pairs", lambda *own: [looked_at.append(own[1]), *real(*own)][1:]
    )
    monkeypatch.setattr(World, "reach", None)

    assert next(make_items(company(260, 1), 9, 1)).tags["kind"] == "predict"
    assert len(looked_at) <= max(MOST_PRINCIPALS, 2 * 9)
