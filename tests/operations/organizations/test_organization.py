"""An organization: its accounts, its tree, invitations, and who may change what."""

import pickle
import re
from collections.abc import Callable
from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AwsError, RequestError
from iamlab.errors.organizations import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    MasterCannotLeaveOrganizationException,
    OrganizationNotEmptyException,
    ParentNotFoundException,
)
from iamlab.model.organization.organization import Organization
from iamlab.operations.dispatch import perform
from iamlab.policy.arn import is_arn
from iamlab.world.account import Account
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    OUTSIDE,
    SERVICE,
    allowed,
    small_organization,
)
from tests.policy.documents import deny, document


@pytest.fixture
def organization() -> Organization:
    """The organization: root > Prod > Web > acme-dev."""
    return small_organization()


@pytest.fixture
def world(organization: Organization) -> World:
    """Its world, with an account outside of it."""
    return organization.world


@pytest.fixture
def main(organization: Organization) -> Account:
    """The management account."""
    return organization.management_account


def test_the_management_account_is_its_first_account(
    world: World, organization: Organization
) -> None:
    """It is the one that made the organization."""
    assert organization.accounts == [world.account("acme-main"), world.account("acme-dev")]
    assert organization.management_account is world.account(MAIN)
    assert world.account(MAIN).organization is organization
    assert world.organization_of(OUTSIDE) is None


def test_ids_and_arns_are_as_aws_writes_them(organization: Organization) -> None:
    """By AWS's patterns, all ARNs with the management account in them."""
    prod, web = organization.organizational_units.values()
    root = organization.root.id[2:]

    assert re.fullmatch(r"o-[a-z0-9]{10,32}", organization.id)
    assert re.fullmatch(r"r-[0-9a-z]{4,32}", organization.root.id)
    assert re.fullmatch(rf"ou-{root}-[a-z0-9]{{8,32}}", prod.id)
    assert prod.id != web.id
    start = f"arn:aws:organizations::{MAIN}"
    assert organization.arn == f"{start}:organization/{organization.id}"
    assert organization.root.arn == f"{start}:root/{organization.id}/{organization.root.id}"
    assert web.arn == f"{start}:ou/{organization.id}/{web.id}"
    assert organization.members[DEV].arn == f"{start}:account/{organization.id}/{DEV}"
    assert all(is_arn(target.arn) for target in organization.targets)


def test_the_same_seed_makes_the_same_ids() -> None:
    """Whatever is made."""

    def ids() -> list[str]:
        world = World(seed=3)
        made = world.create_organization(world.create_account("a"))
        made.create_organizational_unit("x")
        made.create_policy("p", document(deny("s3:*")))
        made.create_account("b")
        return [made.id, made.root.id, *made.organizational_units, *made.policies]

    assert ids() == ids()


def test_paths_name_every_step_but_the_account(organization: Organization) -> None:
    """As aws:PrincipalOrgPaths has them."""
    prod, web = organization.organizational_units
    start = f"{organization.id}/{organization.root.id}/"

    assert organization.path_of(MAIN) == start
    assert organization.path_of(DEV) == f"{start}{prod}/{web}/"
    assert organization.organizational_units[web].path == f"{start}{prod}/{web}/"
    with pytest.raises(RequestError, match="isn't in the organization"):
        organization.path_of(OUTSIDE)


def test_the_tree_can_be_read(organization: Organization) -> None:
    """Each part with what is attached to it."""
    prod, web = organization.organizational_units

    assert organization.describe() == str(organization)
    assert str(organization).splitlines() == [
        f"Organization {organization.id} (all features), management account acme-main",
        f"root {organization.root.id}: FullAWSAccess",
        f"├─ OU Prod {prod}: FullAWSAccess",
        f"│  └─ OU Web {web}: FullAWSAccess",
        f"│     └─ account acme-dev {DEV}: FullAWSAccess",
        f"└─ account acme-main {MAIN}, management account: FullAWSAccess",
    ]


def test_an_account_is_in_one_organization_only(world: World) -> None:
    """So it cannot make a second one."""
    with pytest.raises(AwsError, match="already a member") as caught:
        world.create_organization(MAIN)

    assert caught.value.code == "AlreadyInOrganizationException"


def test_it_can_be_deleted_when_it_is_empty(world: World, organization: Organization) -> None:
    """Of other accounts; its OUs go with it."""
    with pytest.raises(OrganizationNotEmptyException):
        organization.delete()
    world.clock.advance(days=5)
    organization.remove_account("acme-dev")
    unit = organization.organizational_units.popitem()[1]
    organization.delete()

    assert world.organizations == {}
    with pytest.raises(AWSOrganizationsNotInUseException):
        unit.update(name="late")


def test_a_copy_goes_its_own_way(world: World, organization: Organization) -> None:
    """Nothing that is done to a copy is seen in the first world."""
    organization.invite_account("outside")
    organization.enable_aws_service_access(SERVICE)
    organization.register_delegated_administrator("acme-dev", SERVICE)
    policy = organization.create_policy("p", document(deny("s3:*")), tags={"a": "b"})
    before = snapshot(world)
    twin = world.copy()

    assert snapshot(twin) == before
    copied = twin.organizations[organization.id]
    copied.attach_policy("p", "Prod")
    copied.create_organizational_unit("New")
    copied.deregister_delegated_administrator(DEV, SERVICE)
    copied.policies[policy.id].update(name="q")
    next(iter(copied.handshakes.values())).decline()
    copied.move_account(DEV, organization.root)  # an object of the other world
    assert snapshot(world) == before
    assert copied.root.world is twin


def test_it_can_be_pickled(world: World, organization: Organization) -> None:
    """With its world."""
    again = pickle.loads(pickle.dumps(world))  # noqa: S301 - made in the line itself

    assert again.organizations[organization.id].describe() == organization.describe()


def test_names_are_unique_below_one_parent(organization: Organization) -> None:
    """Elsewhere they may come again, and are then no name to find an OU by."""
    organization.create_organizational_unit("Web")  # another one is below Prod

    with pytest.raises(RequestError, match="Several OUs are called Web"):
        organization.create_organizational_unit("x", parent="Web")
    with pytest.raises(AwsError, match="same name"):
        organization.root.create_organizational_unit("Web")


def test_five_are_the_deepest(organization: Organization) -> None:
    """Below the root."""
    unit = organization.organizational_units[next(reversed(organization.organizational_units))]
    for name in ("3", "4", "5"):
        unit = unit.create_organizational_unit(name)

    with pytest.raises(ConstraintViolationException, match="max depth") as caught:
        unit.create_organizational_unit("6")
    assert caught.value.reason == "OU_DEPTH_LIMIT_EXCEEDED"
    assert "OU_DEPTH_LIMIT_EXCEEDED" in str(caught.value)


def test_renaming_keeps_id_and_children(organization: Organization) -> None:
    """Only the name is another."""
    prod = next(iter(organization.organizational_units.values()))
    before = prod.id
    prod.update(name="Production")
    prod.update(name="Production")

    assert (prod.id, prod.name, prod.label) == (before, "Production", "OU Production")
    assert [organizational_unit.name for organizational_unit in prod.organizational_units] == [
        "Web"
    ]


def test_only_an_empty_one_is_deleted(organization: Organization) -> None:
    """Neither accounts nor OUs may be in it."""
    prod, web = organization.organizational_units.values()
    for full in (prod, web):
        with pytest.raises(AwsError, match="still contains"):
            full.delete()
    organization.move_account(DEV, "root")
    web.delete()
    prod.delete()

    assert organization.organizational_units == {}
    assert [account.name for account in organization.root.accounts] == ["acme-main", "acme-dev"]


def test_a_parent_that_is_not_there_is_shown_with_its_likes(organization: Organization) -> None:
    """A name that was misspelt."""
    with pytest.raises(ParentNotFoundException) as caught:
        organization.create_organizational_unit("x", parent="Prd")

    assert caught.value.__notes__ == ["Did you mean Prod?"]


@pytest.mark.parametrize("parent", [7, object(), ["Prod"]])
def test_a_parent_that_isnt_one_is_refused(organization: Organization, parent: Any) -> None:
    """Something of another kind."""
    with pytest.raises(RequestError, match="isn't"):
        organization.create_organizational_unit("x", parent=parent)


@pytest.mark.usefixtures("organization")
def test_a_new_account_has_the_role_that_lets_the_management_account_in(world: World) -> None:
    """And nobody else."""
    dev = world.account("acme-dev")
    ana = allowed(world.account(MAIN), "sts:AssumeRole")
    (role,) = dev.roles.values()

    assert role.name == "OrganizationAccountAccessRole"
    assert role.attached == ["arn:aws:iam::aws:policy/AdministratorAccess"]
    assert role.unique_id.startswith("AROA")
    assert world.can(ana, "sts:AssumeRole", role.arn)
    stranger = allowed(world.account("outside"), "sts:AssumeRole")
    assert not world.can(stranger, "sts:AssumeRole", role.arn)


def test_role_and_address_can_be_chosen(organization: Organization) -> None:
    """Else they are made up."""
    account = organization.create_account("Data & Co", email="data@example.org", role_name="Door")

    assert list(account.roles) == ["Door"]
    assert account.root.email == "data@example.org"
    assert organization.create_account("Data & Co").root.email == "data-co@example.com"
    assert organization.create_account("Data, Co").root.email == "data-co-2@example.com"


def test_an_address_serves_one_account_only(world: World, organization: Organization) -> None:
    """AWS finds that out later, so it is not an error but a request that failed."""
    many = len(world.accounts)
    with pytest.raises(RequestError, match="EMAIL_ALREADY_EXISTS"):
        organization.create_account("again", email="ACME-dev@example.com")
    answer = world.account(MAIN).call(
        "organizations:ListCreateAccountStatus", world.account(MAIN).root, States=["FAILED"]
    )

    assert len(world.accounts) == many
    (failed,) = answer["CreateAccountStatuses"]
    assert (failed["State"], failed["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


def test_ten_accounts_there_may_be_unless_aws_is_asked(organization: Organization) -> None:
    """An invitation counts as one."""
    organization.invite_account("outside")
    for number in range(7):
        organization.create_account(f"n{number}")
    with pytest.raises(ConstraintViolationException) as caught:
        organization.create_account("eleventh")

    assert caught.value.reason == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    organization.raise_quota("Accounts", 11)
    organization.create_account("eleventh")
    for wrong in (("Accounts", 5), ("Accounts", 10**6), ("Account", 20)):
        with pytest.raises(RequestError):
            organization.raise_quota(*wrong)


def test_moving_is_seen_at_once(organization: Organization) -> None:
    """In the path, and in the OU."""
    organization.move_account("acme-dev", "Prod")
    prod = next(iter(organization.organizational_units.values()))

    assert prod.accounts == [organization.world.account("acme-dev")]
    assert organization.path_of(DEV) == prod.path


def test_a_made_account_stays_four_days(world: World, organization: Organization) -> None:
    """Then it may leave, and is there still."""
    with pytest.raises(ConstraintViolationException) as caught:
        organization.remove_account(DEV)

    assert caught.value.reason == "WAIT_PERIOD_ACTIVE"
    world.clock.advance(days=4)
    world.account(DEV).leave_organization()
    assert world.account(DEV).organization is None
    assert DEV in world.accounts


def test_the_management_account_never_leaves(organization: Organization) -> None:
    """Neither by itself nor otherwise."""
    with pytest.raises(MasterCannotLeaveOrganizationException):
        organization.remove_account(MAIN)
    with pytest.raises(MasterCannotLeaveOrganizationException):
        organization.management_account.leave_organization()


def test_who_is_in_none_cannot_leave(world: World) -> None:
    """There is nothing to leave."""
    with pytest.raises(AWSOrganizationsNotInUseException):
        world.account(OUTSIDE).leave_organization()


def test_a_delegated_administrator_has_to_be_deregistered_first(
    world: World, organization: Organization
) -> None:
    """Before it goes."""
    world.clock.advance(days=5)
    organization.enable_aws_service_access(SERVICE)
    organization.register_delegated_administrator(DEV, SERVICE)
    with pytest.raises(ConstraintViolationException) as caught:
        organization.remove_account(DEV)

    assert caught.value.reason == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    organization.deregister_delegated_administrator(DEV, SERVICE)
    organization.remove_account(DEV)


def test_an_account_joins_when_it_accepts(world: World, organization: Organization) -> None:
    """Below the root, with the tags of the invitation."""
    handshake = organization.invite_account("outside", notes="Welcome", tags={"a": "b"})

    assert (handshake.state, world.account(OUTSIDE).organization) == ("OPEN", None)
    handshake.accept()
    assert handshake.state == "ACCEPTED"
    member = organization.members[OUTSIDE]
    assert (member.joined_method, member.tags, member.attached) == (
        "INVITED",
        {"a": "b"},
        ["p-FullAWSAccess"],
    )


def test_an_address_does_as_well(world: World, organization: Organization) -> None:
    """In any letter case."""
    email = world.account(OUTSIDE).root.email
    organization.invite_account(email.upper()).accept()

    assert OUTSIDE in organization.members
    nobody = organization.invite_account("nobody@example.org")
    with pytest.raises(RequestError, match=r"nobody@example\.org"):
        nobody.accept()


def test_it_can_be_answered_for_fifteen_days(world: World, organization: Organization) -> None:
    """By the clock of the world."""
    handshake = organization.invite_account("outside")
    world.clock.advance(days=14, hours=23)
    assert handshake.state == "OPEN"
    world.clock.advance(hours=1)

    assert handshake.state == "EXPIRED"
    for answer in (handshake.accept, handshake.decline, handshake.cancel):
        with pytest.raises(InvalidHandshakeTransitionException):
            answer()
    organization.invite_account("outside").accept()  # another one is free to be sent


@pytest.mark.parametrize("first", ["accept", "decline", "cancel"])
@pytest.mark.parametrize("then", ["accept", "decline", "cancel"])
def test_it_is_answered_once(organization: Organization, first: str, then: str) -> None:
    """Whatever the answer was."""
    handshake = organization.invite_account("outside")
    getattr(handshake, first)()
    before = snapshot(organization.world)
    with pytest.raises(AwsError) as caught:
        getattr(handshake, then)()

    wanted = "AlreadyInState" if first == then else "InvalidHandshakeTransition"
    assert wanted in caught.value.code
    assert snapshot(organization.world) == before


def test_only_the_two_know_of_it(world: World, organization: Organization) -> None:
    """The one that invites takes back, the one that is invited accepts."""
    handshake = organization.invite_account("outside")
    arguments = {"HandshakeId": handshake.id}
    dev, outside = world.account(DEV), world.account(OUTSIDE)
    with pytest.raises(HandshakeNotFoundException):
        perform(dev, "organizations:AcceptHandshake", **arguments)
    with pytest.raises(AccessDeniedException):
        perform(world.account(MAIN), "organizations:AcceptHandshake", **arguments)
    with pytest.raises(AccessDeniedException):
        perform(outside, "organizations:CancelHandshake", **arguments)
    assert perform(outside, "organizations:DescribeHandshake", **arguments) is handshake


def test_a_member_elsewhere_changes_over(world: World, organization: Organization) -> None:
    """If it could leave."""
    other = world.create_organization("outside")
    handshake = other.invite_account("acme-dev")
    with pytest.raises(ConstraintViolationException):  # it was made today
        handshake.accept()
    world.clock.advance(days=5)
    handshake.accept()

    assert world.account(DEV).organization is other
    assert DEV not in organization.members


def test_a_management_account_cannot_accept(world: World, organization: Organization) -> None:
    """Its own organization would be without one."""
    world.create_organization("outside")
    with pytest.raises(MasterCannotLeaveOrganizationException):
        organization.invite_account("outside").accept()


def test_who_is_in_is_not_invited(world: World, organization: Organization) -> None:
    """Not even by a second invitation that is still open."""
    first = organization.invite_account(world.account(OUTSIDE).root.email)
    second = organization.invite_account(OUTSIDE)
    first.accept()
    for invite in (second.accept, lambda: organization.invite_account(DEV)):
        with pytest.raises(HandshakeConstraintViolationException) as caught:
            invite()
        assert caught.value.reason == "ALREADY_IN_AN_ORGANIZATION"


def test_invitations_count_as_accounts(world: World, organization: Organization) -> None:
    """So that all of them can be accepted."""
    for number in range(8):
        organization.invite_account(world.create_account(f"n{number}"))
    with pytest.raises(HandshakeConstraintViolationException) as caught:
        organization.invite_account("outside")

    assert caught.value.reason == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"


@pytest.mark.parametrize(
    "ask",
    [
        lambda o: o.create_organizational_unit(7),
        lambda o: o.create_account("x", email=3),
        lambda o: o.invite_account(None),
        lambda o: o.move_account("acme-dev", 3),
        lambda o: o.enable_policy_type("TAG_POLICY"),
        lambda o: o.create_policy("p", document(deny("s3:*")), type="TAG_POLICY"),
        lambda o: o.levels(DEV, "scp"),
        lambda o: o.world.create_organization(None),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    organization: Organization, ask: Callable[[Organization], Any]
) -> None:
    """Values of a wrong kind, and types of policies that iamlab has not."""
    before = snapshot(organization.world)
    with pytest.raises((RequestError, AwsError)):
        ask(organization)

    assert snapshot(organization.world) == before


def test_what_is_not_there_is_shown_with_its_likes(organization: Organization) -> None:
    """Accounts, targets and policies by names that were misspelt."""
    policy = organization.create_policy("guard", document(deny("s3:*")))
    for miss, code, hint in (
        (lambda: policy.attach("acme-def"), "TargetNotFoundException", "acme-dev"),
        (lambda: organization.invite_account("outsider"), "AccountNotFoundException", "outside"),
        (lambda: organization.attach_policy("guardd", "Web"), "PolicyNotFoundException", "guard"),
    ):
        with pytest.raises(AwsError) as caught:
            miss()
        assert caught.value.code == code
        assert hint in caught.value.__notes__[0]


def test_made_accounts_are_in_the_partition_of_the_organization() -> None:
    """Whose ARNs name it."""
    world = World(seed=7)
    main = world.create_account("main", account_id=MAIN)
    main.partition = "aws-us-gov"
    made = world.create_organization(main)
    dev = made.create_account("dev", account_id=DEV)

    assert made.arn.startswith("arn:aws-us-gov:organizations::")
    assert made.policies["p-FullAWSAccess"].arn.startswith("arn:aws-us-gov:organizations::aws:")
    (role,) = dev.roles.values()
    assert role.arn.startswith("arn:aws-us-gov:iam::")
    assert role.attached == ["arn:aws-us-gov:iam::aws:policy/AdministratorAccess"]
