"""A world answers for itself alone: callers, context, copies, comparisons, and who can."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlab import ANONYMOUS, Network, World
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.clock_and_ids import RealClock
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import (
    ACCOUNT,
    IAM,
    KEY,
    MAPS,
    ROLES,
    ROOT,
    USERS,
    VERDICTS,
    arn_of,
    export_of,
    hand_made,
)

OBJECT = f"{MAPS}/m31"
OTHER = "222222222222"


def answers(world: World) -> list[str]:
    """Ask all questions of the table."""
    return [
        str(world.can(who, action, resource, context=context))
        for who, action, resource, context, *_ in VERDICTS
    ]


# -- seeds, copies, comparisons ---------------------------------------------------------------


def test_the_same_seed_gives_the_same_ids() -> None:
    """Two worlds of one seed that do the same are the same; another seed gives others."""
    make = lambda seed: [  # noqa: E731
        account.account_id
        + account.create_user("a").unique_id
        + account.create_group("g").unique_id
        for account in [World(seed).create_account("x")]
    ]

    assert make(7) == make(7)
    assert make(7) != make(8)
    assert export_of(hand_made()) == export_of(hand_made())


def test_ids_are_unique_and_tell_the_kind() -> None:
    """AIDA for users, AGPA for groups, AROA for roles, ANPA for policies; 21 characters."""
    account = hand_made().accounts[ACCOUNT]
    ids = {
        "AIDA": [user.unique_id for user in account.users.values()],
        "AGPA": [group.unique_id for group in account.groups.values()],
        "AROA": [role.unique_id for role in account.roles.values()],
        "ANPA": [policy.policy_id for policy in account.policies.values()],
    }
    every = [item for many in ids.values() for item in many]

    assert len(set(every)) == len(every)
    assert all(
        text[:4] == prefix and len(text) == 21 for prefix, many in ids.items() for text in many
    )


def test_a_copy_goes_on_as_the_original_would() -> None:
    """The next id of a copy is the one that the original would make."""
    original = hand_made()
    copy = original.copy()

    made = [item.accounts[ACCOUNT].create_user("new").unique_id for item in (original, copy)]

    assert made[0] == made[1]


EDITS: list[Callable[[Any, random.Random], Any]] = [
    lambda a, r: a.create_user(f"new{r.random()}"),
    lambda a, r: a.create_group(f"new{r.random()}"),
    lambda a, r: a.create_role(f"new{r.random()}", assume_role_policy_document=trust({"AWS": "*"})),
    lambda a, r: a.create_policy(f"new{r.random()}", document(allow("s3:*"))),
    lambda a, r: a.create_bucket(f"new{r.random()}"),
    lambda a, r: _any(a.users, r).attach_policy("AdministratorAccess"),
    lambda a, r: _any(a.users, r).put_policy("edit", document(deny("*"))),
    lambda a, r: _any(a.users, r).tags.update(team="sky"),
    lambda a, r: _any(a.users, r).put_permissions_boundary("read-maps"),
    lambda a, r: _any(a.users, r).groups.clear(),
    lambda a, r: _any(a.users, r).inline.clear(),
    lambda a, r: _any(a.groups, r).add_user(_any(a.users, r)),
    lambda a, r: _any(a.groups, r).attach_policy("everything"),
    lambda a, r: _any(a.groups, r).delete_policy("list"),
    lambda a, r: _any(a.roles, r).update_assume_role_policy(trust({"AWS": "*"})),
    lambda a, r: _any(a.roles, r).instance_profiles.append("p"),
    lambda a, r: _any(a.roles, r).detach_policy("everything"),
    lambda a, r: _any(a.policies, r).create_version(document(deny("*")), set_as_default=True),
    lambda a, r: _any(a.policies, r).set_default_version("v2"),
    lambda a, _: a.world.create_account("more"),
    lambda a, _: a.world.clock.advance(days=1),
    lambda a, _: a.world.resource_policies.clear(),
    lambda a, _: a.buckets["star-maps"].put_policy(
        document(deny("s3:*", f"{MAPS}/*", Principal="*"))
    ),
    lambda a, _: a.buckets["star-maps"].tags.update(a="b"),
]


def _any(values: dict[str, Any], chance: random.Random) -> Any:
    return chance.choice(list(values.values()))


def _with_bucket() -> World:
    world = hand_made()
    world.accounts[ACCOUNT].create_bucket("star-maps", tags={"a": "z"})
    return world


def _everything(world: World) -> Any:
    account = world.accounts[ACCOUNT]
    return (
        export_of_first(world),
        answers(world),
        list(world.accounts),
        world.clock.now,
        world.ids.made,
        [(bucket.name, bucket.policy, dict(bucket.tags)) for bucket in account.buckets.values()],
        [list(role.instance_profiles) for role in account.roles.values()],
    )


def export_of_first(world: World) -> Any:
    """Write the first account down."""
    first = World()
    first.accounts = {ACCOUNT: world.accounts[ACCOUNT]}
    return export_of(first)


@given(st.lists(st.integers(0, len(EDITS) - 1), max_size=6), st.integers(0, 99), st.booleans())
def test_a_copy_and_its_original_never_touch(edits: list[int], seed: int, swap: bool) -> None:  # noqa: FBT001
    """Whatever is done to one, the other stays: all that is in it, and all its answers."""
    original = _with_bucket()
    copy = original.copy()
    edited, kept = (original, copy) if swap else (copy, original)
    before = _everything(kept)
    assert _everything(edited) == before
    chance = random.Random(seed)

    for edit in edits:
        try:
            EDITS[edit](edited.accounts[ACCOUNT], chance)
        except IamLabError:
            continue  # it cannot be done here

    assert _everything(kept) == before


def test_a_world_asked_about_anothers_user_answers_for_its_own() -> None:
    """A user object of a copy stands for the user of that ARN here, and poisons no memory."""
    world = hand_made()
    copy = world.copy()
    copy.user("carol").attach_policy("AdministratorAccess")
    here, there = world.user("carol"), copy.user("carol")

    assert [bool(world.can(item, "s3:GetObject", OBJECT)) for item in (there, here, here.arn)] == [
        *(False, False, False)
    ]
    assert [bool(copy.can(item, "s3:GetObject", OBJECT)) for item in (here, there, here.arn)] == [
        *(True, True, True)
    ]


def test_no_edit_means_no_difference() -> None:
    """A copy does not differ from its original."""
    world = _with_bucket()

    assert world.copy().diff(world).edits == ()


DIFFS: dict[str, Callable[[Any], Any]] = {
    "user new": lambda a: a.create_user("new"),
    "group new": lambda a: a.create_group("new"),
    "role new": lambda a: a.create_role("new", assume_role_policy_document=trust({"AWS": "*"})),
    "policy new": lambda a: a.create_policy("new", document(allow("s3:*"))),
    "bucket new": lambda a: a.create_bucket("new"),
    "AdministratorAccess": lambda a: a.users["carol"].attach_policy("AdministratorAccess"),
    "everything": lambda a: a.users["bob"].detach_policy("everything"),
    "stop": lambda a: a.groups["interns"].put_policy("stop", document(deny("*"))),
    "cleaner": lambda a: a.users["dana"].delete_policy("cleaner"),
    "astronomers": lambda a: a.groups["astronomers"].add_user("carol"),
    "boundary": lambda a: a.users["bob"].delete_permissions_boundary(),
    "trust": lambda a: a.roles["auditor"].update_assume_role_policy(trust({"AWS": "*"})),
    "v3": lambda a: a.policies["read-maps"].set_default_version("v3"),
    "v4": lambda a: a.policies["read-maps"].create_version(document(deny("*"))),
    "policy of bucket star-maps": lambda a: a.buckets["star-maps"].put_policy(
        document(deny("s3:*", f"{MAPS}/*", Principal="*"))
    ),
}


@pytest.mark.parametrize("named", DIFFS)
def test_diff_names_each_edit(named: str) -> None:
    """Every edit is a sentence, and seen from the other side what was added is removed."""
    before = _with_bucket()
    after = before.copy()
    DIFFS[named](after.accounts[ACCOUNT])

    there, back = before.diff(after), after.diff(before)

    assert [text for text in there if named in text]
    kinds = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(kinds[text.partition(":")[0]] for text in there) == sorted(
        text.partition(":")[0] for text in back
    )


def test_diff_sees_an_edit_beside_a_namesake_in_another_account() -> None:
    """Two accounts may have a user of one name, and an edit to either is seen."""
    world = World()
    for number in ("111111111111", OTHER):
        world.create_account(f"account-{number[0]}", account_id=number).create_user("ana")
    world.accounts["111111111111"].users["ana"].attach_policy("AdministratorAccess")
    after = world.copy()

    after.accounts[OTHER].users["ana"].attach_policy("AdministratorAccess")

    assert len(world.diff(after)) == 1


def test_diff_sees_a_policy_given_for_a_resource() -> None:
    """The argument beside the file is part of the world."""
    world = World.from_account_details(export_of(hand_made()))
    after = World.from_account_details(
        export_of(hand_made()),
        resource_policies={MAPS: document(deny("s3:*", f"{MAPS}/*", Principal="*"))},
    )

    assert len(world.diff(after)) == 1


# -- accounts ---------------------------------------------------------------------------------


def test_an_account_id_is_given_away_once() -> None:
    """A second account of that id would swallow the first."""
    world = hand_made()

    with pytest.raises(IamLabError):
        world.create_account("again", account_id=ACCOUNT)

    assert answers(world) == answers(hand_made())


@pytest.mark.parametrize("account_id", ["12", "12345678901a", "1234567890123", "١" * 12, ""])
def test_an_account_id_has_twelve_digits(account_id: str) -> None:
    """Others are refused, and without one it is made up."""
    world = World()
    with pytest.raises(IamLabError):
        world.create_account("a", account_id=account_id)
    assert world.accounts == {}

    assert len(world.create_account("a").account_id) == 12


def test_things_are_found_by_name_whichever_account_they_are_in() -> None:
    """By name or id; what is not there is said with the nearest name."""
    world = _with_bucket()

    assert world.account("maps") is world.account(ACCOUNT)
    assert world.user("alice").arn == arn_of("alice")
    assert world.role("auditor").arn == arn_of("auditor")
    assert (world.group("interns").name, world.bucket("star-maps").arn) == ("interns", MAPS)
    for find, name in ((world.user, "alicia"), (world.group, "intern"), (world.account, "map")):
        with pytest.raises(NoSuchEntity) as caught:
            find(name)
        assert "Did you mean" in caught.value.__notes__[0]


# -- callers ----------------------------------------------------------------------------------


def test_a_user_is_the_same_as_an_object_and_as_an_arn() -> None:
    """Every question of the table is answered alike for both."""
    world = hand_made()
    for who, action, resource, context, verdict, _ in VERDICTS:
        for name in (*USERS, *ROLES):
            if arn_of(name) == who:
                principal = world.user(name) if name in USERS else world.role(name)
                decision = world.can(principal, action, resource, context=context)
                assert decision.verdict.value == verdict


BAD_CALLERS: dict[str, tuple[str, type[IamLabError], str]] = {
    "misspelt": (f"{IAM}user/sky/alcie", NoSuchEntity, "Did you mean alice"),
    "path left out": (f"{IAM}user/alice", NoSuchEntity, arn_of("alice")),
    "wrong letter case": (f"{IAM}user/sky/Alice", NoSuchEntity, arn_of("alice")),
    "user for a role": (f"{IAM}role/alice", NoSuchEntity, "auditor"),
    "session of no role": (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/auditr/x",
        NoSuchEntity,
        "Did you mean auditor",
    ),
    "session without name": (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor",
        RequestError,
        "session",
    ),
    "session of a role in another letter case": (
        f"arn:aws:sts::{ACCOUNT}:assumed-role/AUDITOR/x",
        NoSuchEntity,
        "auditor",
    ),
    "unknown account": ("arn:aws:iam::999999999999:user/x", NoSuchEntity, "999999999999"),
    "a group": (f"{IAM}group/astronomers", RequestError, "alice"),
    "no such group": (f"{IAM}group/astronomer", NoSuchEntity, "astronomers"),
    "a policy": (f"{IAM}policy/everything", RequestError, "isn't a caller"),
    "a bucket": (MAPS, NoSuchEntity, "account"),
    "a name that nobody has": ("alise", RequestError, "ARN"),
    "nothing": ("", RequestError, "ARN"),
    "no service": ("a.b", RequestError, "isn't a caller"),
    "half an ARN": ("arn:aws:iam::", RequestError, "ARN"),
}


@pytest.mark.parametrize("case", BAD_CALLERS)
def test_an_unknown_caller_is_refused_with_help(case: str) -> None:
    """Nobody who is not there gets an answer; the text or its note helps on."""
    caller, error, helps = BAD_CALLERS[case]

    with pytest.raises(error) as caught:
        hand_made().can(caller, "s3:GetObject", OBJECT)

    text = "\n".join([str(caught.value), *getattr(caught.value, "__notes__", [])])
    assert helps in text


def test_services_and_anonymous_callers_depend_on_the_resource() -> None:
    """A bucket policy that names them is all they can have."""
    world = _with_bucket()
    callers = ("logging.s3.amazonaws.com", ANONYMOUS)
    before = [bool(world.can(caller, "s3:PutObject", OBJECT)) for caller in callers]
    world.bucket("star-maps").put_policy(
        document(
            allow("s3:PutObject", f"{MAPS}/*", Principal={"Service": callers[0]}),
        )
    )
    service_only = [bool(world.can(caller, "s3:PutObject", OBJECT)) for caller in callers]
    world.bucket("star-maps").delete_public_access_block()
    world.bucket("star-maps").put_policy(
        document(allow("s3:PutObject", f"{MAPS}/*", Principal="*"))
    )

    assert (before, service_only) == ([False, False], [True, False])
    assert world.can(ANONYMOUS, "s3:PutObject", OBJECT)


# -- context ----------------------------------------------------------------------------------

KNOWN: list[tuple[str, str, str, bool]] = [
    ("alice", "aws:username", "alice", True),
    ("alice", "aws:PrincipalTag/team", "sky", True),
    ("alice", "aws:PrincipalArn", arn_of("alice"), True),
    ("alice", "aws:PrincipalAccount", ACCOUNT, True),
    ("alice", "aws:PrincipalType", "User", True),
    ("alice", "aws:SecureTransport", "true", True),
    ("alice", "aws:RequestedRegion", "us-east-1", True),
    ("alice", "aws:ResourceAccount", ACCOUNT, True),
    ("carol", "aws:PrincipalTag/team", "sky", False),
    ("dana", "aws:PrincipalTag/team", "sky", False),
    ("auditor", "aws:PrincipalTag/team", "audit", True),
    ("auditor", "aws:PrincipalArn", arn_of("auditor"), True),
    ("auditor", "aws:PrincipalType", "AssumedRole", True),
    ("auditor", "aws:username", "auditor", False),
]


@pytest.mark.parametrize(("who", "key", "value", "answer"), KNOWN)
def test_the_world_fills_in_who_calls(who: str, key: str, value: str, answer: bool) -> None:  # noqa: FBT001
    """A condition on what AWS knows of the caller is met without anybody giving it."""
    world = hand_made()
    principal = world.user(who) if who in USERS else world.role(who)
    principal.put_policy(
        "ask", document(allow("ec2:DescribeInstances", Condition={"StringEquals": {key: value}}))
    )
    if who in ROLES:
        principal.delete_permissions_boundary()
        principal.detach_policy("everything")

    assert bool(world.can(principal, "ec2:DescribeInstances", "*")) is answer


@pytest.mark.parametrize(
    ("condition", "answer"),
    [
        ({"Bool": {"aws:MultiFactorAuthPresent": "true"}}, False),
        ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, True),
        ({"NumericLessThan": {"aws:MultiFactorAuthAge": "3600"}}, False),
        ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    ],
)
def test_a_long_term_key_has_no_mfa_keys_at_all(condition: Any, answer: bool) -> None:  # noqa: FBT001
    """They are absent, not false: only IfExists and Null are met."""
    world = hand_made()
    world.user("carol").put_policy(
        "ask", document(allow("ec2:DescribeInstances", Condition=condition))
    )

    assert bool(world.can(world.user("carol"), "ec2:DescribeInstances", "*")) is answer


def test_what_the_question_says_of_the_context_wins_in_any_letter_case() -> None:
    """The world's own value gives way, not is beside it."""
    world = hand_made()
    ask = document(
        allow("ec2:DescribeInstances", Condition={"StringEquals": {"aws:username": "other"}})
    )
    world.user("carol").put_policy("ask", ask)

    for key in ("aws:username", "AWS:UserName", "aws:USERNAME"):
        assert world.can(world.user("carol"), "ec2:DescribeInstances", "*", context={key: "other"})


def test_the_time_of_a_request_is_the_worlds() -> None:
    """A policy that ends at noon ends when the clock passes noon."""
    world = hand_made()
    until = {"DateLessThan": {"aws:CurrentTime": "2026-11-25T12:00:00Z"}}
    world.user("carol").put_policy("ask", document(allow("ec2:DescribeInstances", Condition=until)))
    seen = [bool(world.can(world.user("carol"), "ec2:DescribeInstances", "*"))]
    world.clock.advance(hours=4)

    assert [*seen, bool(world.can(world.user("carol"), "ec2:DescribeInstances", "*"))] == [
        True,
        False,
    ]


def test_a_tag_changed_by_hand_counts_in_the_next_answer() -> None:
    """Tags are read when the question is put, not when the user was first asked about."""
    world = hand_made()
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/stars"
    seen = [bool(world.can(world.user("alice"), "dynamodb:GetItem", table))]
    world.user("alice").tags["team"] = "sea"

    assert [*seen, bool(world.can(world.user("alice"), "dynamodb:GetItem", table))] == [True, False]


# -- resources --------------------------------------------------------------------------------


def test_a_bucket_of_another_account_needs_both_sides() -> None:
    """Neither the caller's policy alone nor the bucket's alone lets him over the border."""
    world = hand_made()
    other = world.create_account("other", account_id=OTHER)
    bucket = other.create_bucket("far-maps")
    far, carol = f"{bucket.arn}/x", world.user("carol")
    grant = document(allow("s3:GetObject", f"{bucket.arn}/*", Principal={"AWS": carol.arn}))
    seen = []
    for own, theirs in ((False, False), (True, False), (False, True), (True, True)):
        trial = world.copy()
        if own:
            trial.user("carol").attach_policy("everything")
        if theirs:
            trial.bucket("far-maps").put_policy(grant)
        decision = trial.can(carol.arn, "s3:GetObject", far)
        assert decision.request.resource_account == OTHER
        seen.append(bool(decision))

    assert seen == [False, False, False, True]


def test_a_key_without_policy_has_the_one_that_the_api_makes() -> None:
    """Then the account's IAM decides, and the answer says that this was assumed."""
    world = hand_made()
    carol = world.user("carol")
    before = world.can(carol, "kms:Decrypt", KEY)
    carol.put_policy("use", document(allow("kms:Decrypt", KEY)))
    after = world.can(carol, "kms:Decrypt", KEY)
    foreign = world.can(carol, "kms:Decrypt", KEY.replace(ACCOUNT, OTHER))

    assert (bool(before), bool(after), bool(foreign)) == (False, True, False)
    assert [text for text in before.assumed if KEY in text]


# -- who can ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [hand_made, lambda: World.from_account_details(export_of(hand_made()))],
    ids=["hand-made", "loaded"],
)
def test_who_can_equals_asking_everybody(make: Callable[[], World]) -> None:
    """For every question of the table: the callers that ``can`` allows, and nobody else."""
    world = make()
    everybody = [*map(arn_of, USERS), *map(arn_of, ROLES), ROOT]
    for _, action, resource, context, *_ in VERDICTS:
        found = world.who_can(action, resource, context=context)
        request = {
            who: str(decision)
            for who in everybody
            for decision in [world.can(who, action, resource, context=context)]
            if decision
        }

        assert {who: str(decision) for who, decision in found.items()} == request


def test_who_can_covers_every_account() -> None:
    """Callers of another account are asked too, under the rules for them."""
    world = hand_made()
    other = world.create_account("other", account_id=OTHER)
    eve = other.create_user("eve")
    eve.attach_policy("AdministratorAccess")
    bucket = world.accounts[ACCOUNT].create_bucket("shared")
    before = world.who_can("s3:GetObject", f"{bucket.arn}/x")
    bucket.put_policy(
        document(allow("s3:GetObject", f"{bucket.arn}/*", Principal={"AWS": eve.arn}))
    )

    assert eve.arn not in before
    assert eve.arn in world.who_can("s3:GetObject", f"{bucket.arn}/x")


def test_no_group_is_among_those_who_can() -> None:
    """A group that allows all still does nothing by itself."""
    world = hand_made()
    for group in world.accounts[ACCOUNT].groups.values():
        group.put_policy("all", document(allow("*")))

    assert [arn for arn in world.who_can("s3:GetObject", OBJECT) if ":group/" in arn] == []


@pytest.mark.parametrize(
    "by",
    [
        {"days": 10**9},
        {"days": 10**400},
        {"days": 3_650_000},
        {"days": -1_000_000},
        {"seconds": float("nan")},
        {"hours": float("inf")},
        {"minutes": "5"},
        {"days": None},
    ],
    ids=str,
)
def test_the_time_is_moved_by_numbers_and_not_out_of_the_calendar(by: dict[str, Any]) -> None:
    """What cannot be is refused, and the time is as it was."""
    world = World()
    before = world.clock.now

    with pytest.raises(RequestError, match=r"time by numbers|years 1 to 9999"):
        world.clock.advance(**by)

    assert world.clock.now == before
    real = RealClock()
    with pytest.raises(RequestError, match=r"time by numbers|years 1 to 9999"):
        real.advance(**by)
    assert real.is_real


def test_a_real_clock_that_was_advanced_is_ahead_of_a_phone() -> None:
    """It goes on with the computer's, and so does its copy, which moves alone."""
    clock = RealClock()
    clock.advance(hours=1, seconds=0.5)
    copy = clock.copy()
    copy.advance(days=1)

    assert RealClock().now < clock.now < copy.now
    assert (clock.ahead, clock.is_real) == (3600.5, False)
    assert copy.ahead == 3600.5 + 86_400
    assert RealClock().is_real


@pytest.mark.parametrize(("name", "value"), [("Users", "x"), (5, 5), ("Users", True), ([], 5)])
def test_a_quota_has_a_name_and_a_whole_number(name: Any, value: Any) -> None:
    """Nothing else raises one."""
    main = World().create_account("main")

    with pytest.raises(RequestError, match="quota"):
        main.raise_quota(name, value)

    assert main.quotas == {}


def test_accounts_and_operations_have_names_of_text() -> None:
    """No account is made of anything else."""
    world, wrong = World(), 5
    ana = world.create_account("main").create_user("ana")

    with pytest.raises(RequestError, match="name must be text"):
        world.create_account(wrong)  # type: ignore[arg-type]
    with pytest.raises(RequestError, match="operation must be text"):
        ana.account.call(wrong, ana)  # type: ignore[arg-type]

    assert len(world.accounts) == 1


def test_a_network_of_the_world_is_a_network_that_ends_with_its_with():
    """A network made by hand belongs to no world, and so can't be in effect in a with."""
    world = World(seed=7)
    with world.network(ip="198.51.100.7") as network:
        assert network == world.current_network == Network(ip="198.51.100.7")
    assert world.current_network == Network()

    with pytest.raises(RequestError, match=r"world\.network"), Network(ip="198.51.100.7"):
        pass
