"""Whatever is done to a world of several accounts, it stays what a few dicts and sets say.

Organizations, resources and identities are changed in whatever order, well or badly; copies are
taken, and files written and read in between. After each step world and model must be equal, and so
must what everybody may do: the model asks the oracle, with layers that it put together itself.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from iamlab import World
from iamlab.analysis.who_can import everybody
from iamlab.authorization.principal import principal_of
from iamlab.errors import (
    AwsError,
    NoSuchEntity,
    RequestError,
)
from iamlab.errors.services import MalformedPolicyDocumentException
from iamlab.operations.registry import entries_of
from iamlab.operations.services.kms.key import Key
from iamlab.operations.services.lambda_functions import Function
from iamlab.operations.services.queues_and_topics import Queue
from iamlab.operations.services.s3.bucket import Bucket
from iamlab.operations.services.tables_and_repositories import Repository
from iamlab.storage.saved_world import world_from_json, world_to_json
from tests.effort import is_thorough, slow, tries
from tests.model.world_contents import snapshot
from tests.model.world_integrity import assert_whole
from tests.operations.organizations.small_organization import small_organization
from tests.operations.random_calls import WorldChance
from tests.policy.documents import allow, document, trust
from tests.state_machine.organization_steps import OrganizationSteps
from tests.state_machine.plain_sessions import GONE, OVER
from tests.state_machine.plain_world import (
    ANONYMOUS,
    SERVICES,
    PlainWorld,
)
from tests.state_machine.policy_documents import (
    INLINE,
    RCP,
    SCP,
    SCPS,
    of_resource,
)
from tests.state_machine.resource_steps import FORGIVES
from tests.state_machine.session_calls import SessionCalls
from tests.state_machine.session_steps import OFTEN_WITH_SESSIONS, SessionSteps
from tests.state_machine.steps import BOTH
from tests.state_machine.world_differences import differences, look_at, shown, switches_of
from tests.state_machine.world_steps import (
    ACTS,
    DEV,
    FREE,
    MAIN,
    MAKERS,
    NOWHERE,
    NUMBERS,
    OUT,
    RIVAL,
    SERVICES_OF_AWS,
    START,
    STEPS,
    WHO,
    pick,
    step,
)


class Machine(OrganizationSteps, SessionSteps):
    """A world that is changed step by step, and all that must hold after each step."""

    # -- a start ------------------------------------------------------------------------------

    @initialize(rich=st.booleans(), rivals=st.booleans(), doors=st.booleans())
    def start(self, *, rich: bool, rivals: bool, doors: bool) -> None:
        """Begin with a user and a role in each account, and perhaps with much more."""
        how = {"by_method": True}
        for account in START:
            for noun, name in (("User", "ana"), ("Role", "app")):
                self.create_identity(**how, account=account, noun=noun, name=name, who=WHO[0])
        for number in range(6):
            self.put_inline(**how, number=number, text="use")
        if rich:
            self.come_of_age(rivals=rivals)
        if doors:
            self.open_doors()

    def come_of_age(self, *, rivals: bool) -> None:
        """Let there be an organization, resources of every kind, and an instance."""
        how = {"by_method": True}
        self.create_organization(**how, account=MAIN, every=True)
        [item] = self.model.organizations.values()
        self.create_unit(**how, which=0, number=self.number_of(item, item["root"]), name="Prod")
        [unit] = item["names"]
        self.create_account(**how, which=0, account=DEV, number=self.number_of(item, unit))
        self.create_identity(**how, account=DEV, noun="User", name="ana", who=WHO[0])
        self.create_identity(**how, account=DEV, noun="Role", name="app", who=WHO[0])
        self.enable_type(**how, which=0, kind=RCP)
        self.create_policy(**how, which=0, kind=SCP, name="no-root" if rivals else "no-put")
        self.create_policy(**how, which=0, kind=RCP, name="inside")
        node = sorted([*item["hangs"], NOWHERE]).index(unit)
        for number in range(len(item["policies"])):
            self.attach(**how, which=0, number=number, node=node)
        for number, kind in enumerate(MAKERS):
            self.make(**how, kind=kind, account=DEV, name="maps")
            self.put_policy(**how, number=number, how="allow", who=WHO[number], kinds=(kind,))
        for number in range(8):
            self.put_inline(**how, number=number, text="all" if number % 2 else "use")
        if rivals:
            self.come_of_rivals()
        self.profile(**how, account=DEV, what="make")
        self.profile(**how, account=DEV, what="add")
        self.run_instance(**how, account=DEV, with_profile=True)

    def come_of_rivals(self) -> None:
        """Let there be a second organization, one of whose accounts the first one invites."""
        how = {"by_method": True}
        self.create_organization(**how, account=RIVAL, every=True)
        every = self.model.organizations
        mine = sorted(every, key=lambda key: every[key]["management"])
        first, second = (sorted(every).index(key) for key in mine)
        self.invite(**how, which=second, account=OUT)
        self.answer_invitation(**how, number=0, word="Accept")
        self.invite(**how, which=first, account=OUT)

    # -- somebody's own calls, time, copies, files --------------------------------------------

    @step(
        number=NUMBERS,
        who=tuple(range(20)),
        operation=tuple(ACTS),
        by=("user", "other", "session", "session", "dead", "key"),
    )
    def act(self, number: int, who: int, operation: str, by: str) -> None:
        """Let somebody do something to a resource, which he may or may not."""
        kind, action, what, to = ACTS[operation]
        arn, item, found = self.some_resource(number, kind)
        if not arn:
            return
        caller = self.some_caller(by, who)
        may = self.model.may(caller, action or operation, arn)
        none = what == "policy" and item["policy"] is None and kind not in FORGIVES
        faults = (*self.refused(caller), (not may, AwsError), (none, AwsError))
        owner, arguments, shown = self.account(item["account"]), to(found), self.shows(caller)
        if not self.do("act", lambda: owner.call(operation, shown, **arguments), *faults):
            return
        if what == "all":
            del self.model.resources[arn]
        else:
            item[what] = None

    @step(days=(1, 1, 5, 16))
    def wait(self, days: int) -> None:
        """Let time go by."""
        self.world.clock.advance(days=days)
        self.model.hours += days * 24

    @step(operation=tuple(sorted(entries_of())), seed=tuple(range(100)), who=tuple(range(20)))
    def anything(self, operation: str, seed: int, who: int) -> None:
        """Do any operation of any service, well or badly asked, in a copy: whole, or not at all.

        By a method it is done for the root user; by a call somebody needs permission for it.
        """
        world = self.world.copy()
        chance = WorldChance(seed, world)
        caller = None if self.by_method else pick(self.model.everybody(), who)
        self.tried[operation, chance.outcome(operation, caller)] += 1
        assert_whole(world)

    @step(go_on=BOTH)
    def copy(self, *, go_on: bool) -> None:
        """Take a copy, and go on with it or with what it was taken of."""
        self.keep(self.world.copy(), go_on=go_on)

    @step(go_on=BOTH, secrets=(True, True, False))
    def save_and_load(self, *, go_on: bool, secrets: bool) -> None:
        """Write the world, read it, and go on with what was read or with what was written."""
        text = json.dumps(world_to_json(self.world, secrets=secrets))
        twin = world_from_json(json.loads(text))
        assert json.dumps(world_to_json(twin, secrets=secrets)) == text or not secrets
        assert [event.to_dict() for event in twin.events] == [
            policy.to_dict() for policy in self.world.events
        ]
        self.keep(twin, go_on=go_on)
        if go_on and not secrets:
            self.forget_secrets()

    def keep(self, twin: World, *, go_on: bool) -> None:
        """Keep one of two worlds that are equal, with its model, and go on with the other."""
        kept, self.world = (self.world, twin) if go_on else (twin, self.world)
        assert snapshot(kept) == snapshot(self.world)
        self.copies = [(kept, snapshot(kept), self.model.copy()), *self.copies[:1]]

    # -- what must hold after every step ------------------------------------------------------

    @invariant()
    def the_world_is_what_the_model_says(self) -> None:
        """Accounts, their identities and resources, organizations, the network."""
        found, wanted = vars(look_at(self.world)), shown(self.model)
        for name, part in wanted.items():
            assert [*differences(found[name], part, name)] == []

    @invariant()
    def the_world_hangs_together(self) -> None:
        """Nothing leads to what is not there."""
        assert_whole(self.world)

    @invariant()
    def levels_and_paths_follow_the_tree(self) -> None:
        """What is above an account is attached on the path from the root to it."""
        for account in self.model.accounts:
            organization = self.world.organization_of(account)
            assert (organization and organization.id) == self.model.organization_of(account)
            if organization is None:
                continue
            assert organization.path_of(account) == self.model.path(account)
            for kind in (SCP, RCP):
                found = organization.levels(account, kind)
                if kind == SCP:  # a caller is remembered until something changes
                    assert principal_of(self.world, f"arn:aws:iam::{account}:root").scps == found
                ids = [{principal.arn.rpartition("/")[2] for principal in level} for level in found]
                assert ids == self.model.levels(account, kind)
                shown_levels = organization.effective_policies(account, kind).levels
                assert [shown_level.target_id for shown_level in shown_levels] == (
                    self.model.way(organization.id, account) if ids else []
                )

    @invariant()
    def what_is_in_force_follows(self) -> None:
        """Switches of account and bucket together, whether tags count, profiles of instances."""
        for arn, item in self.model.resources.items():
            found: Any = self.account(item["account"]).resources[arn]
            if item["kind"] == "bucket":
                assert switches_of(found.public_access_block) == self.model.block(arn)
                assert found.shows_tags == item["abac"]
                assert bool(found.is_public()) == self.model.is_public(arn)
            if item["kind"] == "instance":
                profile = found.iam_instance_profile
                held = self.model.accounts[item["account"]]["Profile"].values()
                there = [each["id"] for each in held if each["id"] == item["profile"]]
                assert ([] if profile is None else [profile.unique_id]) == there

    @invariant()
    def nothing_else_is_changed(self) -> None:
        """Copies stay as they were taken."""
        for world, taken, _ in self.copies:
            assert snapshot(world) == taken

    @invariant()
    def who_may_do_what_follows(self) -> None:
        """Two questions after each step: to everybody at once, and one by one."""
        pairs = self.model.asked()
        for _ in range(2):
            self.ask(self.world, self.model, *pairs[next(self.turn) * 7 % len(pairs)])

    @invariant()
    def sessions_may_do_what_follows(self) -> None:
        """Two questions to every session, as to everybody."""
        pairs = self.pairs_of_sessions(self.model)
        for _ in range(2):
            self.ask_sessions(self.world, self.model, *pairs[next(self.turn) * 7 % len(pairs)])

    def ask(self, world: World, model: PlainWorld, action: str, resource: str) -> None:
        """Ask everybody of a world; services and strangers too, where the resource is there."""
        callers = [*model.everybody(), *SERVICES, ANONYMOUS]
        if model.lost():
            self.nobody_can_be_asked(world, callers, action, resource)
            return
        may = [caller for caller in callers if model.may(caller, action, resource)]
        found = [text for text in callers if world.can(text, action, resource)]
        assert found == may, (action, resource, set(found) ^ set(may))
        at_once = world.who_can(action, resource)
        assert set(at_once) == {text for text in may if text.startswith("arn:")}

    @staticmethod
    def nobody_can_be_asked(world: World, callers: list[str], action: str, resource: str) -> None:
        """The way is gone: whoever is not a service of AWS's has to say where he is."""
        for ask in (
            lambda: world.can(callers[0], action, resource),
            lambda: world.who_can(action, resource),
        ):
            try:
                ask()
            except NoSuchEntity:
                continue
            raise AssertionError(action)

    def teardown(self) -> None:
        """At the end everything is asked, copies too, and the API's own lists say the same."""
        for world, model in (
            (self.world, self.model),
            *((item, of) for item, _, of in self.copies),
        ):
            for action, resource in model.asked():
                self.ask(world, model, action, resource)
            for action, resource in self.pairs_of_sessions(model):
                self.ask_sessions(world, model, action, resource)
        if not self.model.lost():
            for key, item in self.model.organizations.items():
                self.lists_say_the_same(key, item)

    def lists_say_the_same(self, key: str, item: dict[str, Any]) -> None:
        """Ask Organizations' own lists about accounts, OUs, policies and where they hang."""
        main = self.world.organizations[key].management_account

        def ids(operation: str, name: str, field: str = "Id", **to: str) -> set[str]:
            answer = main.call(f"organizations:{operation}", main.root_arn, **to)
            return {each[field] for each in answer[name]}

        parents = item["parents"]
        assert ids("ListAccounts", "Accounts") == set(item["joined"])
        for node in item["hangs"]:
            for kind in (SCP, RCP):
                hanging = self.model.hanging(key, node, kind)
                to = {"TargetId": node, "Filter": kind}
                assert ids("ListPoliciesForTarget", "Policies", **to) == hanging
            if node in parents:
                assert ids("ListParents", "Parents", ChildId=node) == {parents[node]}
            if node.isdigit():
                continue
            below = {each for each in parents if parents[each] == node}
            accounts = ids("ListAccountsForParent", "Accounts", ParentId=node)
            units = ids("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=node)
            assert accounts | units == below
        for policy in item["policies"]:
            hangs = {node for node, held in item["hangs"].items() if policy in held}
            targets = ids("ListTargetsForPolicy", "Targets", "TargetId", PolicyId=policy)
            assert targets == hangs


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=tries(15), stateful_step_count=40)


WALKS, STEPS_OF_A_WALK = tries(20), 100
WALKS_WITH_SESSIONS = tries(10)
"""A quarter of them in ``make test``, more with pytest --hypothesis-profile=soak."""

HOW_OFTEN = {
    "ConstraintViolationException": [
        *("organizations:DetachPolicy", "organizations:RemoveAccountFromOrganization"),
        "organizations:CreateOrganizationalUnit",
    ],
    "PolicyInUseException": ["organizations:DeletePolicy"],
    "PolicyTypeNotEnabledException": ["organizations:AttachPolicy"],
    "OrganizationalUnitNotEmptyException": ["organizations:DeleteOrganizationalUnit"],
    "AccessDenied": ["put a resource policy", "act"],
    "DeleteConflict": ["DeleteUser", "DeleteRole"],
    "BucketAlreadyExists": ["make a resource"],
}
"""How operations that keep AWS's rules must be refused now and then."""

OFTEN = (
    *("attach", "attach", "detach", "create_policy", "update_policy", "put_policy", "act"),
    *("answer_invitation", "invite", "move", "delegate", "service_access", "change_instance"),
    *("rename_user", "delete_identity", "create_identity", "save_and_load", "copy", "anything"),
    *("act", "act", "tag_resource", "delete_resource_policy", "delete_resource", "make", "leave"),
    *("remove_account", "wait", "profile", "delegate", "delegate", "service_access", "revoke"),
    *("switch_key", "change_endpoint", "make_endpoint", "come_from", "create_unit", "create_unit"),
    *("profile", "profile", "change_instance", "switch_key"),
)
"""Steps that lead far, or that need a state to which few others lead."""


Ended = Counter[tuple[str, str]]
"""How often an operation ended in which way."""

WITHOUT_SESSIONS = tuple(
    name for name in STEPS if name not in {**vars(SessionCalls), **vars(SessionSteps)}
)
"""The other steps; walks that are about sessions take all."""


def walk(seed: int, steps: int, *, with_sessions: bool = False) -> Machine:
    """Take some steps by plain chance, and look after each."""
    draw, machine = random.Random(seed), Machine()
    rich, rivals = draw.random() < 0.7, draw.random() < 0.4
    machine.start(rich=rich, rivals=rivals, doors=with_sessions)
    share, often, others = (0.4, OFTEN, WITHOUT_SESSIONS)
    if with_sessions:
        share, often, others = (0.9, OFTEN_WITH_SESSIONS, tuple(STEPS))
    for _ in range(steps):
        STEPS.take(machine, draw, often if draw.random() < share else others)
        for look in looks(machine, with_sessions=with_sessions):
            look()
    machine.teardown()
    return machine


def looks(machine: Machine, *, with_sessions: bool) -> Iterator[Callable[[], None]]:
    """Return the checks after each step, with those of sessions if it has any."""
    yield machine.the_world_is_what_the_model_says
    yield machine.the_world_hangs_together
    yield machine.nothing_else_is_changed
    yield machine.sessions_may_do_what_follows
    if with_sessions:
        yield machine.sessions_may_do_what_follows
    else:
        yield machine.levels_and_paths_follow_the_tree
        yield machine.what_is_in_force_follows
        yield machine.who_may_do_what_follows


def missed_in_walks(
    least: int, missed: Callable[[Counter[str], Ended], list[Any]], *, with_sessions: bool
) -> list[Any]:
    """Walk so often at least, and give what did not come to pass; chance has one more try.

    In the few walks of ``make test`` much does not.
    """
    seen, ended = Counter[str](), Counter[tuple[str, str]]()
    for seed in range(2 * least):
        if seed >= least and not (is_thorough() and missed(seen, ended)):
            break
        machine = walk(seed, STEPS_OF_A_WALK, with_sessions=with_sessions)
        seen += machine.seen
        ended += machine.ended
    return missed(seen, ended) if is_thorough() else []


def without_sessions(_: Counter[str], ended: Ended) -> list[Any]:
    """List what never ended well, and what was never refused as it must be now and then."""
    done = {operation for operation, how in ended if how == "done"}
    wanted = [(each, how) for how in HOW_OFTEN for each in HOW_OFTEN[how]]
    return [*({each for each, _ in ended} - done), *(each for each in wanted if not ended[each])]


@pytest.mark.chance
def test_chance_walks_through_the_world() -> None:
    """Hypothesis finds the shortest failure; plain chance tries more, and misses no operation."""
    assert missed_in_walks(WALKS, without_sessions, with_sessions=False) == []


HOW_OFTEN_WITH_SESSIONS = {
    **dict.fromkeys(("tagged", "with session policy", "with source identity"), 15),
    **dict.fromkeys(("with managed session policies", "with scope-down policy"), 7),
    **dict.fromkeys(("chained", "outlives its key", "of a root user", "revoked"), 3),
    **dict.fromkeys(("chained twice", "of a user's session", "with MFA"), 2),
    **dict.fromkeys(("with inherited tags", "with inherited source identity"), 1),
    **dict.fromkeys(("guest without policy", "with several scope-down policies"), 1),
    **dict.fromkeys(("session policy changed", "IAM does not take it"), 1),
    **dict.fromkeys((OVER, GONE), 500),
    **dict.fromkeys(("of a role that was made anew", "unknown in a copy"), 200),
    **dict.fromkeys(("denied by a revocation", "role: allowed", "role: granted, but limited"), 100),
    **dict.fromkeys(("user: allowed", "user: granted, but limited"), 50),
    **dict.fromkeys(("federated: allowed", "federated: granted, but limited"), 50),
    **dict.fromkeys(("root_task: granted, but limited", "of a user who was renamed"), 20),
    "root_task: allowed": 3,
}
"""What must come to pass in the walks that are about sessions, and how often at least."""

ISSUED = {
    "AssumeRole": 20,
    "AssumeRoleWithSAML": 1,
    "AssumeRoleWithWebIdentity": 3,
    "AssumeRoot": 1,
    "GetFederationToken": 3,
    "GetScopedCredentials": 7,
    "GetSessionToken": 2,
}
"""Operation -> how many sessions of it there must be at least in these walks."""

REFUSED = {
    **dict.fromkeys(("AssumeRole", "AssumeRoot", "AssumeRoleWithWebIdentity"), "AccessDenied"),
    **dict.fromkeys(("GetFederationToken", "GetSessionToken"), "AccessDenied"),
    "GetScopedCredentials": "InvalidSubjectCredentials",
    "call IAM": GONE,
}
"""How they must be refused now and then."""


def about_sessions(seen: Counter[str], ended: Ended) -> list[Any]:
    """List what came to pass less often than it must, each with how often it did."""
    wanted = HOW_OFTEN_WITH_SESSIONS | {(each, "done"): ISSUED[each] for each in ISSUED}
    came: Counter[Any] = seen + ended
    few = [(what, came[what]) for what, least in wanted.items() if came[what] < least]
    return [*few, *(each for each in REFUSED.items() if not ended[each])]


@slow
@pytest.mark.chance
def test_chance_walks_with_sessions() -> None:
    """Sessions of every kind are got, handed on, limited, revoked; they end, and lose their role.

    What neither its role nor a resource allows, none of them ever does.
    """
    assert missed_in_walks(WALKS_WITH_SESSIONS, about_sessions, with_sessions=True) == []


def busy_world(seed: int) -> World:
    """A world with an organization, and with roles and profiles for what gets one."""
    machine = Machine(seed)
    machine.start(rich=True, rivals=False, doors=False)
    main = machine.account(MAIN)
    for name, service in (("worker", "lambda"), ("web", "ec2")):
        who = trust({"Service": f"{service}.amazonaws.com"})
        main.create_role(name, assume_role_policy_document=who)
    main.create_instance_profile("web").add_role("web")
    main.create_instance_profile("empty")
    for kind, make in MAKERS.items():
        make(main, "abcd" if kind in FREE else "abc")
    ana = main.users["ana"]
    ana.put_policy("own", INLINE["all"])
    for key in list(main.resources.values()):
        if isinstance(key, Key):
            key.create_grant(ana, ["Decrypt"], retiring_principal=ana)
        if isinstance(key, Function):
            key.add_permission("one", "lambda:InvokeFunction", "s3.amazonaws.com")
        if isinstance(key, Queue):
            key.add_permission("one", aws_account_ids=[DEV], actions=["SendMessage"])
        if isinstance(key, Repository):
            statement = allow("ecr:*", "*", Principal={"AWS": main.root_arn})
            del statement["Resource"]
            key.put_policy(document(statement))
        if isinstance(key, Bucket):
            key.tag({"team": "sky"})
            point = main.create_access_point(key.name, key)
            own = allow("s3:GetObject", f"{point.arn}/object/*", Principal={"AWS": main.root_arn})
            point.put_policy(document(own))
    [organization] = machine.world.organizations.values()
    organization.invite_account(OUT).accept()
    organization.enable_aws_service_access(SERVICES_OF_AWS[0])
    organization.register_delegated_administrator(DEV, SERVICES_OF_AWS[0])
    organization.invite_account(RIVAL)
    bills = machine.world.create_account("bills", account_id="888888888888")
    machine.world.create_organization(bills, feature_set="CONSOLIDATED_BILLING")
    return machine.world


@slow
def test_every_operation_can_succeed_and_what_fails_changes_nothing() -> None:
    """By methods, and by calls of users and roles who may do all, some, or nothing."""
    every = sorted(entries_of())
    missing, ended = set(every), Counter[str]()
    for seed in range(60):
        world = busy_world(seed)
        chance = WorldChance(seed, world)
        somebody = sorted(everybody(world.accounts.values()))
        callers = [*[None] * len(somebody), *somebody]
        for _ in range(400):
            among = sorted(missing) if missing and chance.draw.random() < 0.5 else every
            operation = chance.draw.choice(among)
            how = chance.outcome(operation, chance.draw.choice(callers))
            ended[how] += 1
            if how == "done":
                missing.discard(operation)
            if chance.draw.random() < 0.01:
                world.clock.advance(days=5)
        assert_whole(world)
        if not missing:
            break

    assert sorted(missing) == []
    assert ended["done"] > 500
    assert min(ended["AccessDenied"], ended["AccessDeniedException"]) > 50


@slow
def test_the_same_calls_make_the_same_world() -> None:
    """Ids, times and events of organizations and resources included."""

    def made() -> Any:
        world = walk(3, 60).world
        return snapshot(world), [event.to_dict() for event in world.events]

    assert made() == made()


def test_a_key_can_get_a_policy_where_an_scp_allows_nothing() -> None:
    """A policy locks its writer out by what it says itself: the machine found it otherwise."""
    organization = small_organization()
    organization.create_policy("no-root", SCPS["no-root"]).attach(DEV)
    key = organization.world.accounts[DEV].create_key()
    key.put_policy(of_resource("key", key.arn, DEV, "sky", "*"))

    with pytest.raises(MalformedPolicyDocumentException, match="will not allow you to update"):
        key.put_policy(document(allow("kms:Decrypt", Principal={"AWS": MAIN})))


@pytest.mark.parametrize("tags", [[{"Key": 5}], [{"Value": "sky"}], ["team"]])
def test_tags_of_a_wrong_form_are_not_requests_to_s3(tags: list[Any]) -> None:
    """Nor to EC2, which takes them deeper inside: chance found that they broke the call."""
    main = World().create_account("main", account_id=MAIN)
    main.create_bucket("maps")
    specified = [{"ResourceType": "instance", "Tags": tags}]

    for operation, arguments in {
        "s3:CreateBucket": {"Bucket": "stars", "Tags": tags},
        "s3:PutBucketTagging": {"Bucket": "maps", "Tagging": {"TagSet": tags}},
        "s3:TagResource": {"ResourceArn": "arn:aws:s3:::maps", "Tags": tags},
        "ec2:RunInstances": {"MinCount": 1, "MaxCount": 1, "TagSpecifications": specified},
    }.items():
        with pytest.raises(RequestError):
            main.call(operation, main.root, **arguments)
    with pytest.raises(RequestError):
        main.call("s3:PutBucketTagging", main.root, Bucket="maps", Tagging={"TagSet": 5})
    assert sorted(main.buckets) == ["maps"]


def test_no_key_takes_no_tag_of_an_instance_away() -> None:
    """EC2's own operation would take all: the machine found it in the method."""
    instance = World().create_account("main").create_instance(tags={"team": "sky"})
    instance.untag([])

    assert instance.tags == {"team": "sky"}
