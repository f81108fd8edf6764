"""SCPs and RCPs of an organization: where they are attached, and which accounts they apply to."""

import json
import random
from collections import Counter
from typing import Any

import pytest

from iamlab import World
from iamlab.engine.layers import AttachedPolicy
from iamlab.errors import AwsError, RequestError
from iamlab.errors.organizations import (
    ConstraintViolationException,
    DuplicatePolicyException,
    InvalidInputException,
    PolicyInUseException,
    PolicyNotFoundException,
)
from iamlab.errors.services import MalformedPolicyDocumentException
from iamlab.model.organization.organization import Organization
from iamlab.model.organization.policies import RCP, SCP
from iamlab.operations.dispatch import perform
from iamlab.policy.document import Policy
from tests.model.world_contents import snapshot
from tests.operations.organizations.small_organization import (
    DEV,
    MAIN,
    OUTSIDE,
    allowed,
    ask,
    small_organization,
)
from tests.policy.documents import allow, deny, document

FULL = "p-FullAWSAccess"
READ_MAP, MAP = "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"
NO_S3 = document(deny("s3:*"))
ONLY_S3 = document(allow("s3:*"))
NO_WRITE = document(
    {"Effect": "Deny", "Principal": "*", "Action": "s3:Put*", "Resource": "*", "Sid": "NoWrite"}
)


@pytest.fixture
def organization() -> Organization:
    """The organization: root > Prod > Web > acme-dev."""
    return small_organization()


def names(organization: Organization, account_id: str, policy_type: str = SCP) -> list[list[str]]:
    """Name what reaches an account, level by level."""
    return [
        [attached.policy.name for attached in level]
        for level in organization.levels(account_id, policy_type)
    ]


def test_scps_are_enabled_in_an_organization_with_all_features(organization: Organization) -> None:
    """RCPs have to be enabled."""
    assert organization.root.policy_types == [SCP]
    assert names(organization, DEV) == [["FullAWSAccess"]] * 4
    assert names(organization, DEV, RCP) == []


def test_with_consolidated_billing_there_are_no_policies() -> None:
    """Neither types nor policies."""
    world = World(seed=7)
    made = world.create_organization(world.create_account("a"), feature_set="CONSOLIDATED_BILLING")
    with pytest.raises(AwsError, match="all features") as caught:
        made.enable_policy_type(SCP)

    assert caught.value.code == "PolicyTypeNotAvailableForOrganizationException"
    assert (made.policies, made.root.policy_types, made.root.attached) == ({}, [], [])
    assert "consolidated billing" in made.describe()


def test_the_levels_are_shown_root_first_with_their_targets(organization: Organization) -> None:
    """As the engine wants them."""
    guard = organization.create_policy("guard", NO_S3)
    guard.attach("Prod")
    root, prod, web, account = organization.levels(DEV, SCP)

    full = organization.policies["p-FullAWSAccess"]
    assert root == (AttachedPolicy(full.document, full.arn, ("root",)),)
    assert prod[1] == AttachedPolicy(guard.document, guard.arn, ("OU Prod",))
    assert web[0].path == ("OU Web",)
    assert account[0].path == ("account acme-dev",)
    assert full.arn == "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
    assert guard.arn == (
        f"arn:aws:organizations::{MAIN}:policy/{organization.id}/service_control_policy/{guard.id}"
    )


def test_the_management_account_knows_no_scp(organization: Organization) -> None:
    """Whatever is attached to the root, or on the account itself."""
    world = organization.world
    guard = organization.create_policy("guard", document(deny("*")))
    guard.attach("root")
    guard.attach(MAIN)
    ana, ben = (allowed(world.accounts[key], READ_MAP) for key in (MAIN, DEV))

    assert organization.levels(MAIN, SCP) == ()
    assert world.can(ana, READ_MAP, MAP)
    assert not world.can(ben, READ_MAP, MAP)
    assert "no policy limits its principals" in str(organization.effective_policies(MAIN, SCP))


def test_who_is_outside_is_reached_by_nothing(organization: Organization) -> None:
    """An account that has left isn't there either."""
    assert organization.levels(OUTSIDE, SCP) == ()


def test_every_level_must_allow(organization: Organization) -> None:
    """One level without an Allow is enough to stop it."""
    world = organization.world
    ana = allowed(world.accounts[DEV], READ_MAP, "sqs:SendMessage")
    queue = f"arn:aws:sqs:us-east-1:{DEV}:q"
    assert world.can(ana, "sqs:SendMessage", queue)
    organization.create_policy("only-s3", ONLY_S3).attach("Web")
    assert world.can(ana, "sqs:SendMessage", queue)  # as FullAWSAccess is there still
    organization.detach_policy("FullAWSAccess", "Web")

    assert world.can(ana, READ_MAP, MAP)
    assert not world.can(ana, "sqs:SendMessage", queue)
    assert names(organization, DEV) == [
        ["FullAWSAccess"],
        ["FullAWSAccess"],
        ["only-s3"],
        ["FullAWSAccess"],
    ]


def test_what_is_changed_counts_at_once(organization: Organization) -> None:
    """Attached, changed, detached, moved away."""
    world = organization.world
    ana = allowed(world.accounts[DEV], READ_MAP)
    guard = organization.create_policy("guard", NO_S3)
    assert world.can(ana, READ_MAP, MAP)
    guard.attach("Web")
    assert not world.can(ana, READ_MAP, MAP)
    guard.update(content=document(deny("sqs:*")))
    assert world.can(ana, READ_MAP, MAP)
    guard.update(content=NO_S3)
    organization.move_account(DEV, "Prod")
    assert world.can(ana, READ_MAP, MAP)


def test_the_last_scp_cannot_be_detached(organization: Organization) -> None:
    """Another one must be attached there first."""
    for target in ("root", "Prod", "acme-dev"):
        with pytest.raises(ConstraintViolationException, match="at least one") as caught:
            organization.detach_policy("FullAWSAccess", target)
        assert caught.value.reason == "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    organization.create_policy("only-s3", ONLY_S3).attach("Prod")
    organization.detach_policy("FullAWSAccess", "Prod")


def test_ten_scps_are_attached_to_one_target_at_most(organization: Organization) -> None:
    """FullAWSAccess is one of them; what is attached above does not count."""
    made = [organization.create_policy(f"p{number}", NO_S3) for number in range(10)]
    for policy in made[:9]:
        policy.attach("Prod")
    with pytest.raises(ConstraintViolationException, match="maximum number") as caught:
        made[9].attach("Prod")

    assert caught.value.reason == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    for policy in made[:9]:
        policy.attach("Web")


def test_five_rcps_are_attached_to_one_target_at_most(organization: Organization) -> None:
    """RCPFullAWSAccess is one of them."""
    organization.enable_policy_type(RCP)
    made = [organization.create_policy(f"r{number}", NO_WRITE, type=RCP) for number in range(5)]
    for policy in made[:4]:
        policy.attach("root")
    with pytest.raises(ConstraintViolationException, match="maximum number"):
        made[4].attach("root")


def test_rcps_limit_the_resources_of_members(organization: Organization) -> None:
    """Those of the management account they do not."""
    world = organization.world
    organization.enable_policy_type(RCP)
    organization.create_policy("no-write", NO_WRITE, type=RCP).attach("root")
    for key, name in ((MAIN, "main-maps"), (DEV, "dev-maps")):
        account = world.accounts[key]
        account.create_bucket(name)
        ana = allowed(account, "s3:PutObject", READ_MAP)
        assert bool(world.can(ana, "s3:PutObject", f"arn:aws:s3:::{name}/x")) is (key == MAIN)
        assert world.can(ana, READ_MAP, f"arn:aws:s3:::{name}/x")

    assert names(organization, DEV, RCP)[0] == ["RCPFullAWSAccess", "no-write"]
    assert organization.levels(MAIN, RCP) == ()


def test_aws_s_own_rcp_can_never_be_detached(organization: Organization) -> None:
    """Not even beside others."""
    organization.enable_policy_type(RCP)
    organization.create_policy("no-write", NO_WRITE, type=RCP).attach("Web")
    with pytest.raises(InvalidInputException) as caught:
        organization.detach_policy("RCPFullAWSAccess", "Web")

    assert caught.value.reason == "NON_DETACHABLE_POLICY"
    organization.detach_policy("no-write", "Web")


def test_disabling_a_type_detaches_all_of_it(organization: Organization) -> None:
    """And enabling it again brings back AWS's own policies only."""
    guard = organization.create_policy("guard", NO_S3)
    guard.attach("Web")
    organization.enable_policy_type(RCP)
    organization.disable_policy_type(SCP)

    assert guard.targets == []
    assert names(organization, DEV) == []
    assert "isn't enabled" in str(organization.effective_policies(DEV, SCP))
    assert names(organization, DEV, RCP) == [["RCPFullAWSAccess"]] * 4
    with pytest.raises(AwsError, match="enabled policy types") as caught:
        guard.attach("Web")
    assert SCP in caught.value.__notes__[0]
    organization.enable_policy_type(SCP)
    assert names(organization, DEV) == [["FullAWSAccess"]] * 4


def test_what_is_new_gets_aws_s_own_policies(organization: Organization) -> None:
    """OUs and accounts, of each enabled type."""
    organization.enable_policy_type(RCP)
    unit = organization.create_organizational_unit("New")
    organization.create_account("new", account_id="444444444444")
    organization.invite_account(OUTSIDE).accept()

    wanted = ["p-FullAWSAccess", "p-RCPFullAWSAccess"]
    assert unit.attached == wanted
    assert organization.members["444444444444"].attached == wanted
    assert organization.members[OUTSIDE].attached == wanted


def test_aws_s_own_policies_cannot_be_changed(organization: Organization) -> None:
    """Nor deleted, nor tagged."""
    full = organization.policies["p-FullAWSAccess"]
    tags = [{"Key": "a", "Value": "b"}]
    main = organization.management_account
    for change in (
        full.delete,
        lambda: full.update(name="x"),
        lambda: perform(main, "organizations:TagResource", ResourceId=full.id, Tags=tags),
    ):
        with pytest.raises(InvalidInputException) as caught:
            change()
        assert caught.value.reason == "IMMUTABLE_POLICY"


def test_names_are_unique_among_policies_of_a_type(organization: Organization) -> None:
    """Of another type there may be a namesake, which the id tells apart."""
    guard = organization.create_policy("guard", NO_S3, description="No S3")
    for again in (
        lambda: organization.create_policy("guard", NO_S3),
        lambda: organization.create_policy("FullAWSAccess", NO_S3),
        lambda: organization.create_policy("other", NO_S3).update(name="guard"),
    ):
        with pytest.raises(DuplicatePolicyException):
            again()
    twin = organization.create_policy("guard", NO_WRITE, type=RCP)

    assert twin.id != guard.id
    with pytest.raises(RequestError, match="Several policies are called guard"):
        organization.delete_policy("guard")
    organization.delete_policy(twin)
    organization.update_policy("guard", name="wall", description="")
    assert (guard.name, guard.description, guard.document.name) == ("wall", "", "wall")


def test_a_policy_that_hangs_somewhere_is_not_deleted(organization: Organization) -> None:
    """The note says where it hangs."""
    guard = organization.create_policy("guard", NO_S3)
    guard.attach("Prod")
    guard.attach(DEV)
    with pytest.raises(PolicyInUseException) as caught:
        guard.delete()

    assert caught.value.__notes__ == ["Detach it from OU Prod, account acme-dev."]
    guard.detach("Prod")
    guard.detach(organization.world.account("acme-dev"))
    guard.delete()
    with pytest.raises(PolicyNotFoundException):
        guard.attach("Prod")


@pytest.mark.parametrize(
    ("content", "policy_type"),
    [
        ({"Version": "2012-10-17", "Statement": []}, SCP),
        (document({**deny("s3:*"), "Principal": "*"}), SCP),
        (document({"Effect": "Deny", "Action": "s3:*"}), SCP),
        (document(deny("s3:*")), RCP),
        (document({**allow("s3:*"), "Principal": "*"}), RCP),
        (document({**deny("*"), "Principal": "*"}), RCP),
        (document({**deny("iam:*"), "Principal": "*"}), RCP),
        ("{", SCP),
        ({"Version": {1, 2}}, SCP),
    ],
)
def test_a_document_of_another_language_is_refused(
    organization: Organization, content: Any, policy_type: str
) -> None:
    """As AWS says it."""
    before = snapshot(organization.world)
    with pytest.raises(MalformedPolicyDocumentException) as caught:
        organization.create_policy("p", content, type=policy_type)

    assert caught.value.http_status == 400
    assert caught.value.__notes__
    assert snapshot(organization.world) == before


def test_a_document_may_have_so_many_characters(organization: Organization) -> None:
    """Of an SCP 10,240, of an RCP 5,120; a dict is sent without white space."""
    for policy_type, statement, most in (
        (SCP, deny("s3:*"), 10_240),
        (RCP, {**deny("s3:*"), "Principal": "*"}, 5120),
    ):
        text = organization.create_policy(
            f"short {policy_type}", document(statement), type=policy_type
        ).content
        assert " " not in text
        room = most - len(text) - len('"Sid":"",')
        fits = document({**statement, "Sid": "x" * room})
        organization.create_policy("long", fits, type=policy_type)
        with pytest.raises(ConstraintViolationException) as caught:
            organization.create_policy(
                "p", document({**statement, "Sid": "x" * (room + 1)}), type=policy_type
            )
        assert caught.value.reason == "POLICY_CONTENT_LIMIT_EXCEEDED"


def test_what_reaches_an_account_can_be_read(organization: Organization) -> None:
    """As a frozen value, and as text."""
    organization.create_policy("guard", NO_S3).attach("Prod")
    found = organization.effective_policies("acme-dev", SCP)

    assert [level.label for level in found.levels] == [
        "root",
        "OU Prod",
        "OU Web",
        "account acme-dev",
    ]
    assert str(found).splitlines() == [
        f"SERVICE_CONTROL_POLICY for acme-dev ({DEV}): each level must allow, none can deny",
        "  root              FullAWSAccess",
        "  OU Prod           FullAWSAccess, guard",
        "  OU Web            FullAWSAccess",
        "  account acme-dev  FullAWSAccess",
    ]
    with pytest.raises(AttributeError):
        found.type = RCP  # type: ignore[misc]


def test_policies_can_be_listed(organization: Organization) -> None:
    """All of a type, and those that are attached to a target."""
    guard = organization.create_policy("guard", NO_S3)
    guard.attach(DEV)
    every = ask(organization, "ListPolicies", Filter=SCP)["Policies"]
    hanging = ask(organization, "ListPoliciesForTarget", TargetId=DEV, Filter=SCP)["Policies"]

    assert [item["Name"] for item in every] == ["FullAWSAccess", "guard"]
    assert hanging == every
    described = ask(organization, "DescribePolicy", PolicyId=guard.id)["Policy"]
    assert json.loads(described["Content"]) == NO_S3
    assert ask(organization, "ListPolicies", Filter="TAG_POLICY") == {"Policies": []}


def test_a_policy_that_was_read_can_be_given(organization: Organization) -> None:
    """Its own text is sent; without one, it is written."""
    read = Policy.parse(json.dumps(NO_S3, indent=1))
    bare = Policy(read.statements, read.version)

    assert organization.create_policy("read", read).content == read.text
    assert json.loads(organization.create_policy("bare", bare).content) == NO_S3


def test_a_description_can_be_changed_alone(organization: Organization) -> None:
    """The rest stays."""
    guard = organization.create_policy("guard", NO_S3)
    before = guard.document
    guard.update(description="No S3")

    assert (guard.name, guard.description, guard.document) == ("guard", "No S3", before)


class Model:
    """What an organization should be, as a dict of parents and one of what hangs where."""

    def __init__(self, organization: Organization) -> None:
        self.parents = {
            target.id: getattr(target, "parent_id", "") for target in organization.targets
        }
        self.hanging = {target.id: list(target.attached) for target in organization.targets}

    def way(self, key: str) -> list[str]:
        """List what is between the root and something."""
        how = [key]
        while self.parents[how[0]]:
            how.insert(0, self.parents[how[0]])
        return how

    def agrees(self, organization: Organization) -> None:
        """Compare."""
        assert Model(organization).__dict__ == self.__dict__
        for key in organization.members:
            how = self.way(key)
            assert organization.path_of(key) == "/".join((organization.id, *how[:-1], ""))
            wanted = [] if key == MAIN else [self.hanging[item] for item in how]
            found = organization.levels(key, SCP)
            by_arn = {policy.arn: policy.id for policy in organization.policies.values()}
            assert [[by_arn[item.arn or ""] for item in level] for level in found] == wanted
            assert all(level for level in found)
            assert len(how) <= 7


class Walk:
    """Operations by chance, good and bad ones; each that is done is reported to the model."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        self.organization = small_organization(seed)
        self.model = Model(self.organization)
        self.steps = [
            *(self.add_unit, self.add_unit, self.drop_unit, self.move, self.add_account),
            *(self.drop_account, self.add_policy, self.attach, self.attach, self.detach),
            self.drop_policy,
        ]

    def step(self) -> str:
        """Do something; say how it ended."""
        world = self.organization.world
        before, operation = snapshot(world), self.draw.choice(self.steps)
        try:
            operation()
        except AwsError as error:
            after = {**snapshot(world), "clock": before["clock"]}  # which the walk itself moves
            return "refused" if after == before else f"half done: {error}"
        return "done"

    def do(self, name: str, **arguments: Any) -> Any:
        """Do an operation for the management account."""
        return perform(self.organization.management_account, f"organizations:{name}", **arguments)

    def container(self) -> str:
        """Choose a root or an OU."""
        return self.draw.choice(
            [self.organization.root.id, *self.organization.organizational_units]
        )

    def member(self) -> str:
        """Choose an account."""
        return self.draw.choice(list(self.organization.members))

    def hung(self) -> tuple[str, str]:
        """Choose a policy and a target."""
        policies, targets = list(self.organization.policies), list(self.model.parents)
        return self.draw.choice(policies), self.draw.choice(targets)

    def add_unit(self) -> None:
        """Make an OU."""
        parent = self.container()
        made = self.do("CreateOrganizationalUnit", ParentId=parent, Name=self.draw.choice("abc"))
        self.model.parents[made.id], self.model.hanging[made.id] = parent, [FULL]

    def drop_unit(self) -> None:
        """Delete an OU."""
        key = self.container()
        self.do("DeleteOrganizationalUnit", OrganizationalUnitId=key)
        del self.model.parents[key], self.model.hanging[key]

    def move(self) -> None:
        """Move an account."""
        key, place = self.member(), self.container()
        source = self.draw.choice([self.model.parents[key], self.organization.root.id])
        self.do("MoveAccount", AccountId=key, SourceParentId=source, DestinationParentId=place)
        self.model.parents[key] = place

    def add_account(self) -> None:
        """Make an account."""
        name = f"n{self.draw.randrange(20)}"
        made = self.do("CreateAccount", AccountName=name, Email=f"{name}@example.org")
        if made.account_id:
            self.model.parents[made.account_id] = self.organization.root.id
            self.model.hanging[made.account_id] = [FULL]

    def drop_account(self) -> None:
        """Take an account out."""
        key = self.member()
        self.organization.world.clock.advance(days=self.draw.choice((0, 2, 4)))
        self.do("RemoveAccountFromOrganization", AccountId=key)
        del self.model.parents[key], self.model.hanging[key]

    def add_policy(self) -> None:
        """Make an SCP."""
        text = '{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"s3:*"%s}}'
        content = text % self.draw.choice((',"Resource":"*"', ""))
        name = self.draw.choice("pqrstuvwxyz")
        self.do("CreatePolicy", Content=content, Name=name, Description="", Type=SCP)

    def attach(self) -> None:
        """Attach a policy."""
        key, target = self.hung()
        self.do("AttachPolicy", PolicyId=key, TargetId=target)
        self.model.hanging[target].append(key)

    def detach(self) -> None:
        """Detach a policy."""
        key, target = self.hung()
        self.do("DetachPolicy", PolicyId=key, TargetId=target)
        self.model.hanging[target].remove(key)

    def drop_policy(self) -> None:
        """Delete a policy."""
        self.do("DeletePolicy", PolicyId=self.hung()[0])


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.slow
def test_whatever_is_done_the_tree_hangs_together(seed: int) -> None:
    """Each operation is done whole, as the model has it, or nothing is changed."""
    walk = Walk(seed)
    ended: Counter[str] = Counter()
    for _ in range(150):
        ended[walk.step()] += 1
        walk.model.agrees(walk.organization)

    assert set(ended) == {"done", "refused"}
    assert min(ended.values()) > 20
