"""What is different between two worlds: the edits, who gained or lost what, and by which edit."""

import pickle
import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.analysis.access_matrix import access, everybody
from iamlab.analysis.what_can.what_can import FEW
from iamlab.analysis.world_diff import world_diff as causes
from iamlab.analysis.world_diff.edit_questions import MOST_ACTIONS, asked_by, few_of, some_of
from iamlab.analysis.world_diff.world_diff import WorldDiff, diff_between
from iamlab.analysis.world_diff.world_edits import KINDS, WorldEdit
from iamlab.engine.public_access import PublicAccessBlock
from iamlab.errors import RequestError
from iamlab.model.console_access import PasswordPolicy
from iamlab.teach.scenarios import MAP, scenario
from tests.analysis.worlds_to_ask import ACTIONS, MAIN, OWNED, observatory, random_world
from tests.effort import slow, tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
DATA = "222222222222"
QUEUE = f"arn:aws:sqs:us-east-1:{MAIN}:orders"


def furnished() -> World:
    """Build accounts with one of everything, in an organization."""
    world = observatory()
    main, data = world.accounts[MAIN], world.accounts[DATA]
    main.create_queue("orders", tags={"team": "sky"})
    main.create_key().create_grant(world.user("alice").arn, ["Encrypt"], name="for-alice")
    main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", "vpc-1")
    main.create_policy("maps", document(allow("s3:Get*"))).create_version(document(allow("s3:*")))
    world.user("carol").attach_policy(main.policies["maps"])
    organization = world.create_organization(main)
    organization.create_organizational_unit("Sky")
    organization.enable_policy_type(RCP)
    organization.invite_account(data).accept()
    guard = organization.create_policy("guard", document(deny("s3:Delete*")))
    guard.attach(organization.root)
    return world


def only(items: Any) -> Any:
    """Return the one thing."""
    (item,) = items
    return item


def organization_of(world: World) -> Any:
    """Return the organization."""
    return only(world.organizations.values())


def unit_of(world: World) -> Any:
    """Return the OU."""
    return only(organization_of(world).organizational_units.values())


def key_of(world: World) -> Any:
    """Return the key that has a grant."""
    every = world.accounts[MAIN].resources.values()
    return next(each for each in every if each.kind == "key")


EDITS: dict[str, Callable[[World], Any]] = {
    "account": lambda w: w.create_account("new", account_id="444444444444"),
    "user": lambda w: w.accounts[MAIN].create_user("new", path="/x/", tags={"a": "b"}),
    "role": lambda w: w.accounts[MAIN].create_role(
        "new", assume_role_policy_document=trust({"AWS": MAIN})
    ),
    "group": lambda w: w.accounts[MAIN].create_group("new").add_user("carol"),
    "a user who goes": lambda w: w.accounts[MAIN].users.pop("bob"),
    "a group that goes": lambda w: w.accounts[MAIN].groups.pop("team"),
    "membership": lambda w: w.group("team").remove_user("bob"),
    "attached": lambda w: w.user("carol").attach_policy("AdministratorAccess"),
    "detached": lambda w: w.user("bob").detach_policy("AdministratorAccess"),
    "inline": lambda w: w.user("carol").put_policy("new", document(allow("s3:*"))),
    "inline that changes": lambda w: w.user("alice").put_policy("own", document(allow("kms:*"))),
    "inline that goes": lambda w: w.group("team").delete_policy("homes"),
    "boundary": lambda w: w.user("carol").put_permissions_boundary("ReadOnlyAccess"),
    "boundary that goes": lambda w: w.user("bob").delete_permissions_boundary(),
    "tag": lambda w: w.user("carol").tag({"team": "sky"}),
    "tag that changes": lambda w: w.user("alice").tag({"team": "sea"}),
    "tag that goes": lambda w: w.user("alice").untag(["team"]),
    "trust": lambda w: w.role("job").update_assume_role_policy(trust({"AWS": MAIN})),
    "duration": lambda w: w.role("job").update(max_session_duration=7200),
    "path": lambda w: w.user("bob").update(new_path="/other/"),
    "version": lambda w: (
        w.accounts[MAIN].policies["maps"].create_version(document(deny("*")), set_as_default=True)
    ),
    "default version": lambda w: w.accounts[MAIN].policies["maps"].set_default_version("v2"),
    "policy": lambda w: w.user("carol").attach_policy(
        w.accounts[MAIN].create_policy("new", document(allow("sqs:*")))
    ),
    "bucket": lambda w: w.accounts[MAIN].create_bucket("new", tags={"a": "b"}),
    "a bucket that goes": lambda w: w.accounts[DATA].resources.pop("arn:aws:s3:::star-maps"),
    "bucket policy": lambda w: w.bucket("raw").put_policy(
        document(deny("s3:*", "arn:aws:s3:::raw/*", Principal="*"))
    ),
    "bucket policy that goes": lambda w: w.bucket("star-maps").delete_policy(),
    "switches": lambda w: w.bucket("raw").put_public_access_block(block_public_policy=True),
    "switches of the account": lambda w: setattr(
        w.accounts[MAIN], "s3_public_access_block", PublicAccessBlock(restrict_public_buckets=True)
    ),
    "queue": lambda w: w.accounts[MAIN].resources[QUEUE].tag({"team": "sea"}),
    "a grant that goes": lambda w: key_of(w).kept_grants.clear(),
    "a key that goes": lambda w: w.accounts[MAIN].resources.pop(key_of(w).arn),
    "endpoint": lambda w: next(
        resource
        for resource in w.accounts[MAIN].resources.values()
        if resource.kind == "VPC endpoint"
    ).put_policy(document(allow("s3:GetObject", Principal="*"))),
    "a policy from outside": lambda w: w.resource_policies.popitem(),
    "own passwords": lambda w: setattr(
        w.accounts[MAIN], "password_policy", PasswordPolicy(allow_users_to_change_password=True)
    ),
    "SCP": lambda w: (
        organization_of(w).create_policy("new", document(deny("iam:*"))).attach(unit_of(w))
    ),
    "SCP that changes": lambda w: next(
        policy for policy in organization_of(w).policies.values() if policy.name == "guard"
    ).update(content=document(deny("s3:Get*"))),
    "SCP that is detached": lambda w: organization_of(w).detach_policy(
        "guard", organization_of(w).root
    ),
    "move": lambda w: organization_of(w).move_account(w.accounts[DATA], unit_of(w)),
    "OU": lambda w: organization_of(w).create_organizational_unit("New"),
    "policy type": lambda w: organization_of(w).disable_policy_type(RCP),
    "an organization that goes": lambda w: w.organizations.clear(),
}


def edited(named: str) -> tuple[World, World]:
    """Return a world before and after an edit."""
    before = furnished()
    after = before.copy()
    EDITS[named](after)
    after.changed()
    return before, after


def through(world: World, edits: Any, order: str) -> World:
    """Do edits (or undo them) one after the other, in whatever order they are possible."""
    left = list(edits)
    while left:
        rest = []
        for edit in left:
            made = getattr(edit, order)(world)
            world, rest = (world, [*rest, edit]) if made is None else (made, rest)
        if len(rest) == len(left):
            break
        left = rest
    return world


@pytest.mark.parametrize("named", EDITS)
def test_an_edit_is_reported_and_all_edits_done_lead_to_the_world_after(named: str) -> None:
    """Each kind of fact is found, can be written, and can be taken back."""
    before, after = edited(named)
    diff, back = diff_between(before, after), diff_between(after, before)

    assert len(diff) > 0
    assert diff_between(through(before, diff.details, "done"), after) == ()
    assert diff_between(through(after, diff.details, "undone"), before) == ()
    assert diff_between(through(after, back.details, "done"), before) == ()
    kinds = {"added": "removed", "removed": "added", "changed": "changed"}
    assert sorted(kinds[edit.partition(":")[0]] for edit in diff) == sorted(
        edit.partition(":")[0] for edit in back
    )


@slow
@pytest.mark.parametrize("named", EDITS)
def test_worlds_made_by_edits_answer_as_the_worlds_themselves(named: str) -> None:
    """Who does all edits in the world before has the access of the world after."""
    before, after = edited(named)
    diff = diff_between(before, after)
    made = through(before, diff.details, "done")
    actions, resources = ACTIONS[::2], [*OWNED[::3], QUEUE, "arn:aws:s3:::raw/2026/1"]

    assert access(made, actions, resources) == access(after, actions, resources)
    assert hanging(made) == hanging(after)


def hanging(world: World) -> list[Any]:
    """Return which policies hang where, and how often."""
    return [
        (target.id, sorted(target.attached))
        for organization in world.organizations.values()
        for target in organization.targets
    ]


def test_every_kind_of_fact_is_edited_here() -> None:
    """A new one needs an edit in the table above."""
    found = set()
    for named in EDITS:
        found |= {edit.path[0] for edit in diff_between(*edited(named)).details}

    assert found == KINDS


@pytest.mark.parametrize("named", EDITS)
def test_done_and_undone_edits_leave_both_worlds_as_they_are(named: str) -> None:
    """They are done in copies."""
    before, after = edited(named)
    snapshots = snapshot(before), snapshot(after)
    diff = diff_between(before, after)
    for edit in diff.details:
        edit.done(before)
        edit.undone(after)
    diff.changes(["s3:GetObject", "sqs:SendMessage"], [MAP, QUEUE])

    assert (snapshot(before), snapshot(after)) == snapshots


TRUST = Policy.allow("sts:AssumeRole", None, principal="111122223333")


# -- a sequence of sentences ----------------------------------------------------------------------


def test_a_diff_is_a_sequence_of_sentences() -> None:
    """It has a length, can be read in order, and is equal to a tuple of the same."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").remove_user("alice")
    after.user("bob").tag({"team": "sky"})
    diff = diff_between(before, after)

    assert len(diff) == 2
    assert list(diff) == [diff[0], diff[1]] == list(diff.edits)
    assert diff == tuple(diff)
    assert diff == diff_between(before, after)
    assert hash(diff) == hash(diff.edits)
    assert diff != diff_between(after, before)
    assert diff[0] == "removed: acme-main: user alice in group astronomers"
    assert "tag team of user bob: sky" in diff[1]
    assert diff[:1] == diff.edits[:1]


def test_nothing_different_is_empty_and_false() -> None:
    """A copy does not differ."""
    world = scenario("groups")
    diff = diff_between(world, world.copy())

    assert diff == ()
    assert not diff
    assert str(diff) == "Nothing is different."
    assert diff.gains_and_losses == ()
    assert "Nothing is different" in diff._repr_html_()


def test_a_diff_does_not_change_when_its_worlds_do() -> None:
    """It keeps them as they were."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").remove_user("alice")
    diff = diff_between(before, after)
    after.user("alice").attach_policy("AdministratorAccess")
    before.group("astronomers").remove_user("alice")

    assert [change.gained for change in diff.changes(["s3:GetObject"], [MAP])] == [False]


def test_a_diff_in_a_file_has_sentences_and_no_secrets() -> None:
    """Its worlds, with all keys and passwords, stay behind."""
    before = scenario("groups")
    after = before.copy()
    secret = after.user("alice").create_access_key().secret_access_key
    after.user("alice").put_policy("new", document(allow("s3:*")))
    diff = diff_between(before, after)
    kept = pickle.dumps(diff)
    again = pickle.loads(kept)  # noqa: S301 - made here

    assert secret.encode() not in kept
    assert secret not in f"{diff!r}{diff}{diff.details}{diff._repr_html_()}"
    assert again == diff
    assert str(again).startswith("added")
    with pytest.raises(RequestError, match="compare again"):
        again.changes()


def test_settings_that_may_be_secret_are_reported_without_their_value() -> None:
    """Of what the table of settings does not know, only that it changed is said."""
    before = furnished()
    after = before.copy()
    key_of(after).description = "the password is swordfish"
    diff = diff_between(before, after)

    assert len(diff) == 1
    assert "swordfish" not in f"{diff}{diff!r}{diff.details!r}"


# -- who gained or lost what ----------------------------------------------------------------------


def changes_of(before: World, after: World, *pairs: Any) -> dict[tuple[str, str], Any]:
    """Return the changes by the name of the caller and the action."""
    found = diff_between(before, after).changes(*pairs)
    return {(entry.principal.rpartition("/")[2], entry.action): entry for entry in found}


def test_each_edit_answers_for_what_it_gave_and_took() -> None:
    """Of several edits each change names its own."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").remove_user("alice")
    after.user("bob").put_policy("new", document(allow("sqs:SendMessage")))
    found = changes_of(before, after)

    assert found["alice", "s3:GetObject"].by == (
        "removed: acme-main: user alice in group astronomers",
    )
    assert not found["alice", "s3:GetObject"].gained
    [new] = found["bob", "sqs:SendMessage"].by
    assert "inline policy new of user bob" in new
    assert found["bob", "sqs:SendMessage"].gained
    assert not found["bob", "sqs:SendMessage"].together


def test_edits_that_only_together_are_enough_are_both_causes() -> None:
    """Undoing either takes the gain back."""
    before = scenario("groups")
    after = before.copy()
    zoe = after.account("acme-main").create_user("zoe")
    after.group("astronomers").add_user(zoe)
    change = changes_of(before, after)["zoe", "s3:GetObject"]

    assert change.gained
    assert change.by == (
        "added: acme-main: user zoe",
        "added: acme-main: user zoe in group astronomers",
    )


def test_of_two_edits_that_each_alone_would_do_both_are_causes() -> None:
    """Neither can be undone alone, but each of them alone makes the change."""
    before = scenario("groups")
    after = before.copy()
    for name in ("one", "two"):
        after.user("bob").put_policy(name, document(allow("sqs:SendMessage")))
    change = changes_of(before, after)["bob", "sqs:SendMessage"]

    assert len(change.by) == 2
    assert not change.together


def test_where_no_edit_is_a_cause_by_itself_those_are_named_that_touch_it() -> None:
    """Two pairs of edits each of which is enough; a stranger's edit is not among them."""
    before = scenario("groups")
    for name in ("one", "two"):
        before.user("bob").put_policy(name, document(deny("sqs:*")))
    before.account("acme-main").create_group("givers").put_policy(
        "give", document(allow("sqs:SendMessage"))
    )
    after = before.copy()
    for name in ("one", "two"):
        after.user("bob").delete_policy(name)
    for name in ("a", "b"):
        after.user("bob").put_policy(name, document(allow("sqs:SendMessage")))
    after.user("carol").tag({"team": "sky"})
    change = changes_of(before, after)["bob", "sqs:SendMessage"]

    assert not change.together  # to put one of the denies back is enough
    assert all("policy one" in source or "policy two" in source for source in change.by)

    before.user("bob").delete_policy("one")
    before.user("bob").put_policy("three", document(allow("sqs:SendMessage")))
    after = before.copy()
    after.user("bob").delete_policy("two")
    again = changes_of(before, after)["bob", "sqs:SendMessage"]
    assert [source.partition(":")[0] for source in again.by] == ["removed"]


def test_changes_that_no_single_edit_makes_or_undoes_name_all_that_touch_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two ways of two edits each: none is needed, and none is enough."""
    before = scenario("groups")
    account = before.account("acme-main")
    for name in ("left", "right"):
        account.create_group(name)
    after = before.copy()
    for name in ("left", "right"):
        after.group(name).put_policy("give", document(allow("sqs:SendMessage")))
        after.group(name).add_user("bob")
    after.user("carol").tag({"team": "sky"})
    diff = diff_between(before, after)
    [change] = diff.changes(["sqs:SendMessage"], ["*"])

    assert change.together
    assert len(change.by) == 4
    assert not any("carol" in source for source in change.by)
    assert "By all of these together:" in str(diff)

    monkeypatch.setattr(causes, "MOST_EDITS", 3)
    [unknown] = diff.changes(["sqs:SendMessage"], ["*"])
    assert unknown == replace(change, together=None)
    assert "By one or more of these:" in str(diff_between(before, after))


def test_worlds_without_accounts_have_nothing_to_ask() -> None:
    """Two new worlds, and one that gets its first account."""
    after = World()
    assert World().diff(after).changes() == ()
    assert str(World().diff(after)) == "Nothing is different."

    root = after.create_account("main").root_arn

    [change] = World().diff(after).changes(["s3:ListAllMyBuckets"], ["*"])
    assert (change.principal, change.gained) == (root, True)


def test_an_edit_and_the_worlds_that_it_makes_share_nothing() -> None:
    """What is done in such a world later changes neither the edit nor another one."""
    before = World(seed=1)
    main = before.create_account("main")
    key, ana = main.create_key(), main.create_user("ana")
    after = before.copy()
    own = after.accounts[main.account_id].resources[key.arn]
    own.create_grant(ana.arn, ["Decrypt"])
    own.create_alias("alias/maps")
    edits = diff_between(before, after).details
    for edit in edits:
        made = edit.done(before)
        assert made is not None
        twin = made.accounts[main.account_id].resources[key.arn]
        twin.kept_grants.clear()
        twin.aliases.clear()

    assert [grant.operations for grant in own.kept_grants.values()] == [("Decrypt",)]
    assert own.aliases == ["alias/maps"]
    again = [edit.done(before) for edit in edits]
    assert any(
        event and event.accounts[main.account_id].resources[key.arn].grants for event in again
    )


def test_who_is_new_gains_and_who_is_gone_loses() -> None:
    """Somebody who is not there may do nothing."""
    before = scenario("groups")
    after = before.copy()
    del after.account("acme-main").users["alice"]
    after.changed()
    found = changes_of(before, after, ["s3:GetObject"], [MAP])

    assert [(entry.gained, entry.by) for entry in found.values()] == [
        (
            False,
            (
                "removed: acme-main: user alice",
                "removed: acme-main: user alice in group astronomers",
            ),
        )
    ]


@settings(max_examples=tries(20))
@given(st.integers(0, 2**32 - 1))
def test_changes_are_those_of_the_matrices_and_causes_are_causes(seed: int) -> None:
    """Random policies are taken away and given: brute force says the same."""
    chance = random.Random(seed)
    before, source = random_world(chance), random_world(chance)
    after = before.copy()
    for _ in range(chance.randint(1, 3)):
        shuffle_something(chance, after, source)
    diff = diff_between(before, after)
    actions, resources = chance.sample(ACTIONS, 4), chance.sample(OWNED, 3)
    found = diff.changes(actions, resources)
    matrices = [access(world, actions, resources) for world in (before, after)]
    gained = {(entry.principal, entry.action, entry.resource) for entry in found if entry.gained}

    assert gained == set(matrices[1]) - set(matrices[0])
    assert len(found) == len(matrices[0].diff(matrices[1]))
    for change in found:
        prove_cause(change, diff, before, after)


def shuffle_something(chance: random.Random, world: World, source: World) -> None:
    """Change a policy, a membership, a tag or a boundary."""
    users = [user for account in world.accounts.values() for user in account.users.values()]
    user = chance.choice(users)
    twin = source.accounts[user.account.account_id].users[user.name]
    kind = chance.randint(0, 3)
    if kind == 0:
        user.inline = dict(twin.inline)
    elif kind == 1:
        user.groups = [] if user.groups else list(user.account.groups)
    elif kind == 2:
        user.tags = {} if user.tags else {"team": "sky"}
    else:
        world.bucket("star-maps").policy = source.bucket("star-maps").policy
    world.changed()


def prove_cause(change: Any, diff: WorldDiff, before: World, after: World) -> None:
    """Undo and do each edit alone, and ask ``can``."""
    causing = []
    for edit in diff.details:
        undone, done = edit.undone(after), edit.done(before)
        request = change.principal, change.action, change.resource
        takes_back = undone is not None and bool(undone.can(*request)) is not change.gained
        makes = done is not None and bool(done.can(*request)) is change.gained
        causing += [edit.sentence] if takes_back or makes else []
    if change.together:
        assert causing == []
    else:
        assert sorted(change.by) == sorted(causing)


# -- the request if nobody says -------------------------------------------------------------------

SEEN = {
    "attached": "carol",
    "detached": "bob",
    "inline": "carol",
    "boundary that goes": "bob",
    "default version": "carol",
    "bucket policy": "job",
    "bucket policy that goes": "alice",
    "a grant that goes": "alice",
    "SCP that is detached": "dana",
    "SCP": "dana",
    "own passwords": "carol",
    "tag that changes": "alice",
}


@pytest.mark.parametrize("named", SEEN)
def test_edits_say_themselves_what_to_ask(named: str) -> None:
    """Without actions and resources the gains and losses of each kind of edit are found."""
    before, after = edited(named)
    if named == "SCP":
        organization_of(after).move_account(after.accounts[DATA], unit_of(after))
    found = diff_between(before, after).gains_and_losses

    assert SEEN[named] in {change.principal.rpartition("/")[2] for change in found}


def test_a_trust_policy_says_itself_what_to_ask() -> None:
    """Who may assume the role now, and who no longer."""
    before = furnished()
    after = before.copy()
    carol = after.user("carol").arn
    after.role("job").update_assume_role_policy(trust({"AWS": carol}))
    [change] = diff_between(before, after).gains_and_losses

    assert (change.principal, change.action, change.gained) == (carol, "sts:AssumeRole", True)
    assert change.resource == after.role("job").arn


def test_a_few_well_known_actions_stand_for_a_pattern() -> None:
    """And some of each access level; of all services only those that people know."""
    assert few_of("s3:*")[:2] == ("s3:GetObject", "s3:PutObject")
    assert few_of("sqs:Send*") == ("sqs:SendMessage",)
    assert few_of("s3:Nothing") == ()
    assert "ec2:StartInstances" in few_of("*")
    [statement] = Policy.parse(
        document({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"})
    ).statements
    assert "s3:GetObject" not in some_of(statement)
    assert "kms:Decrypt" in some_of(statement)


def test_the_question_has_a_limit() -> None:
    """A policy of a thousand patterns is asked by some of each part of the alphabet."""
    before = scenario("groups")
    after = before.copy()
    after.user("bob").attach_policy("ReadOnlyAccess")
    pairs = asked_by(diff_between(before, after).details, before, after)
    services = {name.partition(":")[0] for name, _ in pairs}

    assert len({name for name, _ in pairs}) <= MOST_ACTIONS
    assert {"s3", "dynamodb"} <= services
    assert max(services) > "s"


def test_only_actions_or_only_resources_may_be_given() -> None:
    """The other side is chosen then."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").remove_user("alice")
    diff = diff_between(before, after)

    by_action = diff.changes(actions=["s3:ListBucket"])
    assert {item.action for item in by_action} == {"s3:ListBucket"}
    by_resource = diff.changes(resources=[MAP])
    assert [(item.action, item.resource) for item in by_resource] == [("s3:GetObject", MAP)]
    with pytest.raises(RequestError):
        diff.changes(["s3:Get*"], [MAP])


# -- as text, table and card ----------------------------------------------------------------------


def test_edits_are_printed_and_then_what_each_gave_or_took() -> None:
    """Grouped by edit, in plain sentences."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").remove_user("alice")
    text = str(diff_between(before, after))

    sentence = "removed: acme-main: user alice in group astronomers"
    alice = after.user("alice").arn
    assert text.splitlines()[:4] == [sentence, "", sentence, f"  {alice} lost:"]
    assert "    s3:ListBucket on arn:aws:s3:::star-maps" in text.splitlines()


def test_the_statements_that_an_edit_adds_and_removes_are_printed() -> None:
    """Of a new version of a managed policy too, and of a policy that is new; not the whole text."""
    before = World(seed=7)
    main = before.create_account("main")
    role = main.create_role("job", assume_role_policy_document=TRUST)
    policy = main.create_policy("maps", Policy.allow("s3:GetObject", MAP, sid="Read"))
    role.attach_policy(policy)
    after = before.copy()
    new = Policy.allow("s3:GetObject", MAP, sid="Read") + Policy.allow("s3:*", MAP, sid="All")
    after.account("main").policies[policy.arn].create_version(new, set_as_default=True)
    after.role("job").put_policy("own", Policy.allow("sqs:SendMessage", sid="Send"))
    lines = str(diff_between(before, after)).splitlines()

    place = lines.index("added: main: version v2 of policy maps")
    assert lines[place + 1 : place + 4] == [
        "  Statement All, new:",
        "  + Sid: All",
        "  + Effect: Allow",
    ]
    place = lines.index("added: main: inline policy own of role job")
    assert lines[place + 1] == "  Statement Send, new:"
    assert "  Statement Read" not in "\n".join(lines)
    assert any("actions of s3:*) on" in line for line in lines)


def test_access_from_outside_is_printed_and_counts_as_json() -> None:
    """What was lost, too; a role that only gets another tag isn't looked at."""
    before = World(seed=7)
    main = before.create_account("main", account_id="111122223333")
    main.create_role("job", assume_role_policy_document=TRUST)
    after = before.copy()
    trust = Policy.allow("sts:AssumeRole", None, principal=["999988887777", main.account_id])
    after.role("job").update_assume_role_policy(trust)
    gained, lost = diff_between(before, after), diff_between(after, before)

    [text] = gained.outside["gained"]
    assert text.startswith("Account 999988887777 may do sts:AssumeRole on ")
    assert lost.outside == {"gained": (), "lost": (text,)}
    assert "Access from outside was lost:" in str(lost).splitlines()


def test_long_lists_are_cut() -> None:
    """What is left out is counted."""
    before = scenario("groups")
    after = before.copy()
    for number in range(FEW + 5):
        after.user("bob").tag({f"t{number}": "x"})
    text = str(diff_between(before, after))

    assert "and 5 more" in text.splitlines()
    assert "and 5 more" not in diff_between(before, after).edits


def test_a_card_shows_names_as_text() -> None:
    """Whatever a user or tag is called, it isn't a markup."""
    before = scenario("groups")
    after = before.copy()
    after.user("bob").tags["<b>"] = "<i>"
    after.user("bob").put_policy("new", document(allow("sqs:SendMessage")))
    after.changed()
    diff = diff_between(before, after)
    html = diff._repr_html_()

    assert "<b>" not in html
    assert "&lt;b&gt;" in html
    frame = diff.to_frame()
    assert list(frame.columns) == ["change", "caller", "action", "resource", "by"]
    assert len(frame) == len(diff.gains_and_losses) > 0


def test_an_edit_does_what_its_sentence_says_and_no_more() -> None:
    """Who is added is there, and bare: path, tags and policies are edits of their own."""
    before = scenario("groups")
    after = before.copy()
    zoe = after.account("acme-main").create_user("zoe", path="/x/", tags={"team": "sky"})
    zoe.attach_policy("AdministratorAccess")
    edits = {detail.path[0]: detail for detail in diff_between(before, after).details}
    made = edits["identity"].done(before)

    assert made is not None
    bare = made.user("zoe")
    assert (bare.path, bare.tags, bare.attached) == ("/", {}, [])
    assert set(edits) == {"identity", "path", "tag", "attached"}


def test_an_edit_that_has_no_place_cannot_be_done() -> None:
    """Nobody can be put into a group whose user is not there."""
    before = scenario("groups")
    after = before.copy()
    after.group("astronomers").add_user(after.account("acme-main").create_user("zoe"))
    edits: dict[str, WorldEdit] = {
        detail.path[0]: detail for detail in diff_between(before, after).details
    }

    assert edits["member"].done(before) is None
    assert edits["identity"].done(before) is not None
    assert len(everybody(edits["identity"].done(before) or before)) == len(everybody(after))


def test_an_account_that_is_gone_with_its_organization_is_compared_too() -> None:
    """No world is made in which an organization has an account that is not there."""
    before, after = World(seed=1), World(seed=2)
    organization = before.create_organization(before.create_account("main"))
    member = organization.create_account("dev")
    member.create_user("ana").attach_policy("AdministratorAccess")
    after.create_account("dev2", account_id=member.account_id)

    changes = before.diff(after).changes(["s3:GetObject"], ["arn:aws:s3:::maps/x"])

    assert {change.principal.rpartition("/")[2] for change in changes if not change.gained} >= {
        "ana"
    }
