"""The smallest cut: what it closes, what it keeps, and that nothing smaller does it."""

from itertools import combinations

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.analysis.privilege_escalation.cut_edits import (
    CutEdit,
    DenyAction,
    Detach,
    Distrust,
    Leave,
    TakeAction,
    apply,
)
from iamlab.errors import RequestError
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.analysis.privilege_escalation import random_worlds
from tests.effort import tries
from tests.policy.documents import trust

READ = ("s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
OWN = "arn:aws:iam::111111111111:user/dana"


@pytest.fixture
def main() -> Account:
    """An account with nobody in it."""
    return World(seed=7).create_account("main", account_id="111111111111")


@pytest.fixture
def dana(main: Account) -> User:
    """A user without anything."""
    return main.create_user("dana")


def test_without_a_way_there_is_nothing_to_cut(main: Account, dana: User) -> None:
    """No edits, and that is the smallest set."""
    cut = main.world.reach().cut(dana)
    assert (cut.edits, cut.is_closed, cut.is_smallest) == ((), True, True)
    assert str(cut) == "There is no path to close."


def test_an_action_is_taken_out_of_the_statement_that_gives_it(main: Account, dana: User) -> None:
    """The rest of the statement stays."""
    dana.put_policy("own", Policy.allow(["iam:PutUserPolicy", "s3:GetObject"]))
    cut = main.world.reach().cut(dana, keep=[(dana, *READ)])
    assert cut.edits == (TakeAction(dana.arn, "own", 1, "iam:PutUserPolicy"),)
    cut.apply(main.world)
    assert main.world.can(dana, *READ)
    assert main.world.reach().path(dana) is None


def test_what_must_stay_decides_which_edit_it_is(main: Account, dana: User) -> None:
    """The pattern that gives the way gives what must stay too: so a Deny it is."""
    dana.put_policy("own", Policy.allow("iam:*", dana.arn))
    keep = [(dana, "iam:ChangePassword", dana.arn)]
    cut = main.world.reach().cut(dana, keep=keep)
    assert cut.is_closed
    assert all(isinstance(edit, DenyAction) for edit in cut.edits)
    twin = main.world.copy()
    cut.apply(twin)
    assert twin.can(dana, "iam:ChangePassword", dana.arn)
    assert twin.reach().path(dana) is None


def test_a_group_is_left_if_the_others_in_it_need_it(main: Account, dana: User) -> None:
    """Its policy stays as it is."""
    bob, group = main.create_user("bob"), main.create_group("admins")
    group.attach_policy("AdministratorAccess")
    for user in (dana, bob):
        group.add_user(user)
    cut = main.world.reach().cut(dana, keep=[(bob, "iam:CreateUser", OWN)])
    assert cut.edits == (Leave(dana.arn, "admins"),)


def test_an_administrator_loses_what_makes_him_one(main: Account, dana: User) -> None:
    """A way without a step is closed too."""
    dana.attach_policy("AdministratorAccess")
    cut = main.world.reach().cut(dana)
    assert cut.edits == (Detach(dana.arn, "arn:aws:iam::aws:policy/AdministratorAccess"),)


@pytest.mark.parametrize(
    ("principal", "words"),
    [
        (("AWS", "arn:aws:iam::111111111111:root"), "the account 111111111111"),
        (("AWS", "111111111111"), "the account 111111111111"),
        (("AWS", OWN), OWN),
        (("Service", "ec2.amazonaws.com"), "the service ec2.amazonaws.com"),
        (("*", "*"), "*"),
    ],
)
def test_an_edit_of_a_trust_policy_names_the_principal_in_words(
    principal: tuple[str, str], words: str
) -> None:
    """An account is named as an account, not as its root user."""
    edit = Distrust("arn:aws:iam::111111111111:role/boss", 1, principal)
    assert str(edit) == (
        f"Remove {words} from Principal of statement #1 of the trust policy of {edit.role}."
    )


def test_a_name_is_taken_out_of_a_trust_policy(main: Account, dana: User) -> None:
    """Whoever else is named stays."""
    bob = main.create_user("bob")
    role = main.create_role("boss", assume_role_policy_document=trust({"AWS": [dana.arn, bob.arn]}))
    role.attach_policy("AdministratorAccess")
    cut = main.world.reach().cut(dana, keep=[(bob, "sts:AssumeRole", role.arn)])
    assert cut.edits == (Distrust(role.arn, 1, ("AWS", dana.arn)),)
    cut.apply(main.world)
    assert main.world.can(bob, "sts:AssumeRole", role.arn)
    assert not main.world.can(dana, "sts:AssumeRole", role.arn)


def test_two_ways_take_two_edits(main: Account, dana: User) -> None:
    """One of them alone leaves the other open."""
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    main.create_user("boss").attach_policy("AdministratorAccess")
    dana.put_policy("keys", Policy.allow("iam:CreateAccessKey"))
    cut = main.world.reach().cut(dana)
    assert (len(cut), cut.is_closed, cut.is_smallest) == (2, True, True)


def test_beyond_three_edits_each_is_needed_and_it_is_said(main: Account, dana: User) -> None:
    """Four ways, four edits: found one by one."""
    for action in ("PutUserPolicy", "AttachUserPolicy"):
        dana.put_policy(action, Policy.allow(f"iam:{action}", dana.arn))
    main.create_user("boss").attach_policy("AdministratorAccess")
    for action in ("CreateAccessKey", "CreateLoginProfile"):
        dana.put_policy(action, Policy.allow(f"iam:{action}"))
    cut = main.world.reach().cut(dana)
    assert (len(cut), cut.is_closed, cut.is_smallest) == (4, True, False)
    assert "a smaller set may exist" in str(cut)
    for edit in cut.edits:
        twin = main.world.copy()
        apply(twin, [item for item in cut.edits if item != edit])
        assert twin.reach().path(dana) is not None, edit


def test_what_cannot_be_closed_is_said_with_the_way(main: Account, dana: User) -> None:
    """What must stay is the way itself."""
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    cut = main.world.reach().cut(dana, keep=[(dana, "iam:PutUserPolicy", dana.arn)])
    assert not cut
    assert "No edits close this path" in str(cut)
    assert "iam:PutUserPolicy" in str(cut)


def test_a_matrix_says_what_must_stay(main: Account, dana: User) -> None:
    """All of its allowed cells do."""
    dana.put_policy("own", Policy.allow(["iam:PutUserPolicy", "s3:*"]))
    matrix = main.world.access_matrix([READ[0], "s3:PutObject"], [READ[1]], [dana])
    cut = main.world.reach().cut(dana, keep=matrix)
    cut.apply(main.world)
    assert (
        main.world.access_matrix([READ[0], "s3:PutObject"], [READ[1]], [dana]).rows == matrix.rows
    )


@pytest.mark.parametrize("keep", ["dana", [("dana",)], 7, [("dana", "s3:GetObject")]])
def test_what_must_stay_is_read_strictly(main: Account, dana: User, keep: object) -> None:
    """With the form that it has."""
    with pytest.raises(RequestError, match="caller, action and resource"):
        main.world.reach().cut(dana, keep=keep)  # type: ignore[arg-type]


def test_what_is_not_allowed_today_cannot_stay(main: Account, dana: User) -> None:
    """It would make every set of edits fail."""
    with pytest.raises(RequestError, match="cannot stay"):
        main.world.reach().cut(dana, keep=[(dana, *READ)])


def test_the_world_that_is_asked_about_stays_as_it_is(main: Account, dana: User) -> None:
    """Edits are tried in copies."""
    dana.put_policy("own", Policy.allow("iam:PutUserPolicy", dana.arn))
    before = main.world.to_account_details()
    assert main.world.reach().cut(dana)
    assert main.world.to_account_details() == before


def test_edits_are_made_in_a_copy_unless_a_world_is_named(main: Account, dana: User) -> None:
    """And none of them, if the world has changed in between."""
    dana.put_policy("own", Policy.allow(["iam:PutUserPolicy", "s3:GetObject"]))
    cut = main.world.reach().cut(dana)
    assert cut.apply().reach().path(dana) is None
    assert main.world.reach().path(dana) is not None
    dana.delete_policy("own")
    with pytest.raises(RequestError, match="has changed"):
        cut.apply(main.world)


def test_a_deny_that_is_there_now_is_not_shortened(main: Account, dana: User) -> None:
    """The edit was made for an Allow: done to a Deny, it would give what it should take."""
    dana.put_policy("own", Policy.allow(["iam:PutUserPolicy", "s3:GetObject"]))
    cut = main.world.reach().cut(dana)
    dana.put_policy("own", Policy.deny(["iam:PutUserPolicy", "s3:GetObject"]))
    with pytest.raises(RequestError, match="has changed"):
        cut.apply(main.world)
    assert dana.inline["own"].statements[0].action == ("iam:PutUserPolicy", "s3:GetObject")


def every_edit(world: World) -> list[CutEdit]:
    """List all edits of the vocabulary that a world has room for."""
    found: list[CutEdit] = []
    for account in world.accounts.values():
        every = [*account.users.values(), *account.groups.values(), *account.roles.values()]
        for edge in every:
            found += [Detach(edge.arn, arn) for arn in edge.attached]
            found += [
                TakeAction(edge.arn, name, statement.number, pattern)
                for name, policy in edge.inline.items()
                for statement in policy.statements
                if statement.effect == "Allow"
                for pattern in statement.action or ()
            ]
        for arn, managed in account.policies.items():
            found += [
                TakeAction("", arn, statement.number, pattern)
                for statement in managed.document.statements
                if statement.effect == "Allow"
                for pattern in statement.action or ()
            ]
        found += [Leave(user.arn, name) for user in account.users.values() for name in user.groups]
        for role in account.roles.values():
            found += [
                Distrust(role.arn, statement.number, principal)
                for statement in (role.trust.statements if role.trust else ())
                for principal in statement.principal or ()
            ]
    return list(dict.fromkeys(found))


@settings(max_examples=tries(2), phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(st.integers(0, 1_000_000))
def test_a_cut_closes_and_no_smaller_set_does(seed: int) -> None:
    """Brute force over all edits, wherever they are: none of fewer closes it."""
    world = random_worlds.made(seed)
    reach = world.reach()
    for number in range(3):
        source = world.account("main").users[f"u{number}"]
        if reach.path(source) is None:
            continue
        cut = reach.cut(source)
        if not cut.is_closed:
            continue
        twin = world.copy()
        cut.apply(twin)
        assert twin.reach().path(source.arn) is None
        if cut.is_smallest and len(cut) <= 2:
            for fewer in combinations(every_edit(world), len(cut) - 1):
                smaller = world.copy()
                apply(smaller, fewer)
                assert smaller.reach().path(source.arn) is not None, fewer
        return
