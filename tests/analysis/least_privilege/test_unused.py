"""Unused: the edits take away what nobody used, and nothing that somebody did."""

import random
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Policy, World
from iamlab.analysis.last_accessed.last_accessed import is_tracked
from iamlab.analysis.least_privilege import policy_edits as applying
from iamlab.analysis.least_privilege.policy_edits import PolicyEdit
from iamlab.analysis.least_privilege.shrinking import Visibility, shrunk
from iamlab.analysis.least_privilege.unused import Unused, unused
from iamlab.analysis.least_privilege.used_permissions import log_of
from iamlab.analysis.trails.uses import Use, uses
from iamlab.errors import IamLabError, NoSuchEntity, RequestError
from iamlab.model.event import Event
from iamlab.policy import catalog
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document

ACCOUNT = "111122223333"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:q"
MAPS = "arn:aws:s3:::star-maps"
NOW = datetime(2027, 3, 5, tzinfo=UTC)


def small_world() -> World:
    """Make an account with two users in a group, a role, and nothing that they may."""
    world = World(seed=7)
    account = world.create_account("main", account_id=ACCOUNT)
    group = account.create_group("sky")
    for name in ("ana", "bob"):
        group.add_user(account.create_user(name))
    trust = Policy.allow("sts:AssumeRole", None, principal=ACCOUNT)
    account.create_role("job", assume_role_policy_document=trust)
    return world


def use(world: World, name: str, action: str, resource: str = "*", **more: Any) -> Use:
    """Record that a user or role used something."""
    account = world.account("main")
    arn = {**account.users, **account.roles}[name].arn
    attributes = {"session": arn, "account_id": ACCOUNT, "time": NOW, "is_allowed": True}
    return Use(action, resource, arn, **{**attributes, "region": "us-east-1", **more})


# Any use of it shows that the trail has data events of its service.
SEEN = tuple(
    Use(action, "*", "", "", ACCOUNT, NOW, is_allowed=True, region="us-east-1")
    for action in ("s3:GetObject", "sqs:SendMessage", "sns:Publish", "dynamodb:GetItem")
)


def test_events_of_nobody_in_the_export_are_counted() -> None:
    """A user who was deleted, and a role of another account; a role that is here isn't named."""
    world = small_world()
    arns = (f"arn:aws:iam::{ACCOUNT}:user/gone", "arn:aws:sts::444455556666:assumed-role/far/s")
    others = [
        Use("sqs:SendMessage", QUEUE, arn, arn, ACCOUNT, NOW, is_allowed=True, region="us-east-1")
        for arn in arns
    ]
    job = use(world, "job", "sqs:SendMessage", QUEUE)
    texts = [gap.text for gap in unused(world, events=[*others, job]).not_shown]

    assert (
        "Events of 2 callers belong to nobody here: user gone of 111122223333, "
        "role far of 444455556666."
    ) in texts
    assert not any("belong to nobody" in gap.text for gap in unused(world, events=[job]).not_shown)


def sign_in(name: str, unique_id: str) -> Event:
    """Record that a user signed in."""
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    return Event(
        NOW,
        "signin.amazonaws.com",
        "ConsoleLogin",
        "us-east-1",
        {"type": "IAMUser", "arn": arn, "principalId": unique_id},
        read_only=False,
        recipient_account_id=ACCOUNT,
        event_id=name,
        event_type="AwsConsoleSignIn",
        response_elements={"ConsoleLogin": "Success"},
    )


def texts(found: Unused) -> list[str]:
    """Return the edits in words."""
    return [str(edit) for edit in found.edits]


def test_a_managed_policy_that_nobody_used_is_detached() -> None:
    """And afterwards it is gone from him."""
    world = small_world()
    ana = world.user("ana")
    ana.attach_policy("AmazonEC2FullAccess")

    found = world.unused(ana)

    assert texts(found) == ["Detach AmazonEC2FullAccess from user ana: nothing of it was used."]
    assert found.apply().user("ana").attached == []
    assert ana.attached != []  # only the copy changed


def test_an_inline_policy_that_nobody_used_is_deleted() -> None:
    """It belongs to him alone."""
    world = small_world()
    world.user("ana").put_policy("own", Policy.allow("ec2:*"))

    found = world.unused("arn:aws:iam::111122223333:user/ana")

    assert texts(found) == ["Delete inline policy own of user ana: nothing of it was used."]
    assert found.apply(world) is world
    assert world.user("ana").inline == {}


SHRUNK: list[tuple[Any, list[str], list[tuple[str, str]], Any, list[str]]] = [
    # what is there, its lines of change, what was used, what is there then
    (
        [allow("s3:*")],
        ["statement #1: s3:* becomes s3:GetObject, s3:ListBucket"],
        [("s3:GetObject", f"{MAPS}/a"), ("s3:ListBucket", MAPS)],
        [allow(["s3:GetObject", "s3:ListBucket"])],
        [],
    ),
    (
        [allow(["s3:GetObject", "s3:PutObject"])],
        ["statement #1: s3:PutObject goes"],
        [("s3:GetObject", f"{MAPS}/a")],
        [allow("s3:GetObject")],
        [],
    ),
    (
        [allow("s3:*"), {"Sid": "Queues", **allow("sqs:*")}],
        ["statement #1: goes: nothing of it was used", "statement Queues: sqs:* becomes sqs:X"],
        [("sqs:X", QUEUE)],
        [{"Sid": "Queues", **allow("sqs:X")}],
        [],
    ),
    (
        [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        ["statement #1: everything except iam:* becomes s3:GetObject"],
        [("s3:GetObject", f"{MAPS}/a"), ("iam:ListUsers", "*")],
        [allow("s3:GetObject")],
        [],
    ),
    (
        [allow("s3:*"), deny("s3:Delete*")],
        ["statement #1: goes: nothing of it was used"],
        [("sqs:X", QUEUE)],
        [deny("s3:Delete*")],
        [],
    ),
    (
        [allow(["iam:PassRole", "ec2:RunInstances", "s3:GetObject"])],
        ["statement #1: ec2:RunInstances goes"],
        [("s3:GetObject", f"{MAPS}/a")],
        [allow(["iam:PassRole", "s3:GetObject"])],
        [],
    ),
    (
        [allow("s3:GetObject", Resource=f"{MAPS}/a"), allow("s3:GetObject", Resource=f"{MAPS}/b")],
        ["statement #1: goes: nothing of it was used"],
        [("s3:GetObject", f"{MAPS}/b")],
        [allow("s3:GetObject", Resource=f"{MAPS}/b")],
        [],
    ),
    (
        [
            allow("s3:GetObject", Resource=f"{MAPS}/a"),
            {"Effect": "Allow", "Action": "s3:PutObject", "NotResource": f"{MAPS}/${{*}}"},
            {"Effect": "Allow", "Action": "s3:PutObject", "NotResource": f"{MAPS}/*"},
        ],
        ["statement #3: goes: nothing of it was used"],
        [("s3:GetObject", "*"), ("s3:PutObject", f"{MAPS}/${{x}}")],
        None,
        [],
    ),
    (
        [
            allow("s3:GetObject", Resource=f"{MAPS}/${{aws:username}}/*"),
            allow("s3:GetObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
            allow("sqs:X"),
        ],
        ["statement #3: goes: nothing of it was used"],
        [("s3:GetObject", f"{MAPS}/ana/x")],
        None,
        [],
    ),
]


@pytest.mark.parametrize(("before", "lines", "used", "after", "_"), SHRUNK, ids=range(len(SHRUNK)))
def test_a_document_loses_what_was_not_used(
    before: Any, lines: list[str], used: list[tuple[str, str]], after: Any, _: Any
) -> None:
    """In the words of a person; what may have allowed a use stays, conditions and all."""
    less = shrunk(Policy.parse(document(*before)), used, Visibility(all_logged=True))

    assert list(less.lines) == lines
    assert less.policy is not None
    wanted = before[:2] if after is None else after
    assert less.policy.to_dict()["Statement"] == wanted


def test_in_an_older_document_a_variable_is_plain_text() -> None:
    """So it matches no name but its own."""
    before = document(allow("s3:GetObject", Resource=f"{MAPS}/${{aws:username}}"), allow("sqs:X"))
    used = [("s3:GetObject", f"{MAPS}/ana"), ("sqs:X", QUEUE)]

    lines = [
        shrunk(
            Policy.parse({**before, "Version": version}), used, Visibility(all_logged=True)
        ).lines
        for version in ("2008-10-17", "2012-10-17")
    ]

    assert lines == [("statement #1: goes: nothing of it was used",), ()]


def test_an_older_document_is_written_anew_in_the_newest_version() -> None:
    """IAM saves no other; where that would give it a meaning, AWS refuses the edit."""
    world = small_world()
    ana = world.user("ana")
    old = {**document(allow("s3:*")), "Version": "2008-10-17"}
    ana.inline["own"] = Policy.parse(old, name="own")
    uses = [use(world, "ana", "s3:ListBucket", MAPS), *SEEN]
    world.changed()

    changed = world.unused(ana, uses).apply()

    assert changed.user("ana").inline["own"].version == "2012-10-17"
    old["Statement"].append(allow("s3:ListBucket", Resource=f"{MAPS}${{x}}"))
    ana.inline["own"] = Policy.parse(old, name="own")
    world.changed()
    found = world.unused(ana, uses)
    assert (found.edits, len(found.impossible)) == ((), 1)


def test_two_who_have_one_name_get_policies_of_their_own() -> None:
    """A group may be called as a user is."""
    world = small_world()
    account = world.account("main")
    group = account.create_group("ana")
    group.add_user("ana")
    for item in (world.user("ana"), group):
        item.attach_policy("AmazonS3FullAccess")

    found = world.unused(world.user("ana"), [use(world, "ana", "s3:ListBucket", MAPS), *SEEN])

    assert [edit.new_name for edit in found.edits] == [
        "AmazonS3FullAccess-user-ana",
        "AmazonS3FullAccess-group-ana",
    ]
    assert found.impossible == ()


def test_a_role_is_found_behind_its_session() -> None:
    """Though a session does not show the role's path."""
    world = small_world()
    trust = Policy.allow("sts:AssumeRole", None, principal=ACCOUNT)
    role = world.account("main").create_role("web", path="/x/", assume_role_policy_document=trust)

    found = world.unused(f"arn:aws:sts::{ACCOUNT}:assumed-role/web/night")

    assert found.asked == (role.arn,)


def test_a_wildcard_of_which_all_was_used_stays() -> None:
    """A list of all would say the same, until the service has one more."""
    names = catalog.expand("sts:Get*Token")
    policy = Policy.allow("sts:Get*Token")

    less = shrunk(policy, [(name, "*") for name in names], Visibility(all_logged=True))

    assert (less.policy, less.lines) == (policy, ())


def test_a_trail_without_data_events_takes_no_data_actions_away() -> None:
    """What it cannot show may well have been used; in a world's own log it would be."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", document(allow(["s3:GetObject", "s3:GetBucketAcl", "sqs:*", "ec2:*"])))
    management = [use(world, "bob", "ec2:DescribeVpcs")]

    blind = world.unused(ana, management)
    seeing = world.unused(ana, [*management, *SEEN])

    assert texts(blind)[0].split("\n")[1] == "  statement #1: s3:GetBucketAcl goes; ec2:* goes"
    assert "data events" in {gap.kind for gap in blind.not_shown}
    assert texts(seeing) == ["Delete inline policy own of user ana: nothing of it was used."]
    assert texts(world.unused(ana)) == texts(seeing)


def test_a_resource_that_no_record_says_in_full_may_be_any() -> None:
    """A statement about one secret stays if a secret of such a name was made."""
    world = small_world()
    ana = world.user("ana")
    start = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:sky"
    ana.put_policy("own", Policy.allow("secretsmanager:GetSecretValue", f"{start}-AbCdEf"))
    request = use(world, "ana", "secretsmanager:GetSecretValue", f"{start}-*", is_exact=False)

    assert world.unused(ana, [request]).edits == ()


@pytest.mark.parametrize(
    "action",
    [
        *("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
        *("ebs:GetSnapshotBlock", "kinesis:SubscribeToShard", "lambda:InvokeAsync"),
        *("dynamodb:GetShardIterator", "dynamodb:PartiQLSelect", "rds-data:ExecuteStatement"),
    ],
)
def test_one_table_says_what_is_a_data_event(action: str) -> None:
    """What a trail of management events cannot show is neither unused nor tracked."""
    sight = Visibility(all_logged=False)

    assert not sight.shows(action)
    assert not is_tracked(action)
    assert sight.shows("s3:GetBucketPolicy")


def test_everything_gives_way_to_what_was_used() -> None:
    """And to the services in which the trail is blind."""
    world = small_world()
    ana = world.user("ana")
    ana.attach_policy("AdministratorAccess")
    uses = [use(world, "ana", "ec2:DescribeVpcs"), use(world, "ana", "sqs:CreateQueue", QUEUE)]

    [edit] = world.unused(ana, [*uses, *SEEN]).edits

    assert edit.document is not None
    actions = edit.document.statements[0].action
    assert actions == tuple(sorted((*BLIND, "ec2:DescribeVpcs", "sqs:CreateQueue")))


BLIND = ("ebs:*", "kinesis:*", "lambda:*", "rds-data:*", "s3-object-lambda:*", "s3express:*")
"""Services that have data events, of which there aren't any in this log."""


def test_where_a_list_would_be_too_long_services_stay() -> None:
    """A policy has 6,144 characters."""
    world = small_world()
    ana = world.user("ana")
    ana.attach_policy("AdministratorAccess")
    uses = [use(world, "ana", name) for name in catalog.expand("ec2:*")]

    [edit] = world.unused(ana, [*uses, *SEEN]).edits

    assert edit.document is not None
    assert edit.document.statements[0].action == tuple(sorted((*BLIND, "ec2:*")))


def test_a_policy_that_would_be_too_long_even_so_stays() -> None:
    """Three hundred services do not fit into the inline policies of a user."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", Policy.allow("*"))
    services = catalog.services()[:300]
    uses = [use(world, "ana", next(iter(catalog.expand(f"{service}:*")))) for service in services]

    assert world.unused(ana, uses).edits == ()


def test_inline_policies_share_their_room() -> None:
    """Two thousand characters for all of a user; the list must fit into what is left."""
    world = small_world()
    ana = world.user("ana")
    names = catalog.expand("ec2:Describe*")[:45]
    ana.put_policy("other", Policy.allow(names))
    ana.put_policy("own", Policy.allow("ec2:*"))
    uses = [use(world, "ana", name) for name in names]

    found = world.unused(ana, uses)

    assert (found.edits, found.impossible) == ((), ())
    ana.delete_policy("other")
    assert [edit.kind for edit in world.unused(ana, uses).edits] == ["edit"]


def test_odd_names_in_records_do_no_harm() -> None:
    """What cannot be asked is not proved, and nothing else suffers."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", Policy.allow("sqs:*"))
    odd = [("sqs:Send Message", "*"), ("", ""), ("sqs:SendMessage", "\ud800"), ("sqs:*", "x")]

    found = world.unused(ana, [use(world, "ana", *pair) for pair in odd])

    str(found).encode()
    assert found.edits[0].lines == ("statement #1: sqs:* becomes sqs:SendMessage",)


def test_a_policy_of_aws_is_replaced_by_one_of_your_own() -> None:
    """Nobody but AWS can change it; a name that is taken gets a number."""
    world = small_world()
    account, ana = world.account("main"), world.user("ana")
    account.create_policy("AmazonS3FullAccess-user-ana", Policy.allow("sqs:X"))
    ana.attach_policy("AmazonS3FullAccess")

    found = world.unused(ana, [use(world, "ana", "s3:ListBucket", MAPS), *SEEN])
    changed = found.apply()

    assert found.edits[0].text == (
        "Replace AmazonS3FullAccess of user ana by AmazonS3FullAccess-user-ana-2, of your own."
    )
    [arn] = changed.user("ana").attached
    assert arn.endswith(":policy/AmazonS3FullAccess-user-ana-2")
    assert changed.can("arn:aws:iam::111122223333:user/ana", "s3:ListBucket", MAPS)
    assert not changed.can("arn:aws:iam::111122223333:user/ana", "s3:GetObject", f"{MAPS}/a")


def test_a_policy_of_your_own_gets_a_new_version() -> None:
    """The oldest spare one goes if there are five."""
    world = small_world()
    ana = world.user("ana")
    policy = world.account("main").create_policy("own", Policy.allow("s3:*"))
    for _ in range(4):
        policy.create_version(Policy.allow("s3:*"))
    ana.attach_policy(policy)

    changed = world.unused(ana, [use(world, "ana", "s3:ListBucket", MAPS), *SEEN]).apply()

    own = changed.account("main").policies["own"]
    assert (list(own.versions), own.default_version_id) == (["v1", "v3", "v4", "v5", "v6"], "v6")
    assert own.document.statements[0].action == ("s3:ListBucket",)


def shared() -> tuple[World, Any]:
    """Return a world in which ana and the role have one policy."""
    world = small_world()
    policy = world.account("main").create_policy("own", document(allow("s3:*"), allow("sqs:*")))
    for item in (world.user("ana"), world.role("job")):
        item.attach_policy(policy)
    return world, policy


def test_a_shared_policy_keeps_what_anybody_used() -> None:
    """Its document is one for all who have it, and the edit says so."""
    world, _ = shared()
    uses = [use(world, "ana", "s3:ListBucket", MAPS), use(world, "job", "sqs:SendMessage", QUEUE)]

    for caller in (world.user("ana"), world.role("job")):
        found = world.unused(caller, [*uses, *SEEN])
        [edit] = found.edits
        assert edit.document is not None
        assert [statement.action for statement in edit.document.statements] == [
            ("s3:ListBucket",),
            ("sqs:SendMessage",),
        ]
        assert "It touches" in edit.text


def test_a_shared_policy_is_changed_once() -> None:
    """However many have it, in a question about all of them."""
    world, policy = shared()
    world.clock.advance(days=100)
    uses = [use(world, "ana", "s3:ListBucket", MAPS), use(world, "job", "sqs:SendMessage", QUEUE)]

    found = world.unused(events=[*uses, *SEEN])

    assert [edit.policy for edit in found.edits if edit.kind == "edit"] == [policy.name]
    assert len(found.apply().account("main").policies["own"].versions) == 2


def test_a_shared_policy_is_detached_from_him_alone_who_did_not_use_it() -> None:
    """The other keeps it."""
    world, _ = shared()
    uses = [use(world, "job", "sqs:SendMessage", QUEUE), *SEEN]

    found = world.unused(world.user("ana"), uses)
    changed = found.apply()

    assert [edit.kind for edit in found.edits] == ["detach"]
    assert (changed.user("ana").attached, len(changed.role("job").attached)) == ([], 1)


def test_a_boundary_is_left_as_it_is() -> None:
    """A policy that is also somebody's ceiling is replaced, not changed."""
    world = small_world()
    ana = world.user("ana")
    policy = world.account("main").create_policy("own", Policy.allow("s3:*"))
    ana.attach_policy(policy)
    world.user("bob").put_permissions_boundary(policy)

    found = world.unused(ana, [use(world, "ana", "s3:ListBucket", MAPS), *SEEN])

    assert [edit.kind for edit in found.edits] == ["replace"]
    assert len(found.apply().account("main").policies["own"].versions) == 1


def test_a_group_loses_what_no_member_used() -> None:
    """It names the identities that it affects."""
    world = small_world()
    world.group("sky").attach_policy("AmazonEC2FullAccess")
    world.group("sky").put_policy("inline", Policy.allow("sns:*"))

    found = world.unused(world.user("ana"))

    assert [edit.text.partition(". ")[0] for edit in found.edits] == [
        "Delete inline policy inline of group sky: nothing of it was used",
        "Detach AmazonEC2FullAccess from group sky: nothing of it was used",
    ]
    assert all(text.endswith("It touches user ana, user bob too.") for text in texts(found))
    group = found.apply().group("sky")
    assert (group.attached, group.inline) == ([], {})


@pytest.mark.parametrize("is_inline", [True, False])
def test_a_group_policy_moves_to_those_who_use_it(is_inline: bool) -> None:  # noqa: FBT001
    """If only some do; the others lose it, and the group too."""
    world = small_world()
    group = world.group("sky")
    if is_inline:
        group.put_policy("queues", Policy.allow("sqs:*"))
    else:
        group.attach_policy("AmazonSQSFullAccess")

    found = world.unused(world.user("ana"), [use(world, "bob", "sqs:SendMessage", QUEUE), *SEEN])
    changed = found.apply()

    [edit] = found.edits
    assert (edit.kind, edit.users) == ("move", (world.user("bob").arn,))
    assert changed.can(world.user("bob").arn, "sqs:SendMessage", QUEUE)
    assert not changed.can(world.user("ana").arn, "sqs:SendMessage", QUEUE)


def test_a_group_policy_that_all_use_shrinks_for_all() -> None:
    """To what they used together."""
    world = small_world()
    world.group("sky").put_policy("queues", Policy.allow("sqs:*"))
    uses = [
        use(world, "ana", "sqs:SendMessage", QUEUE),
        use(world, "bob", "sqs:ReceiveMessage", QUEUE),
    ]

    [edit] = world.unused(world.user("ana"), uses).edits

    assert (edit.kind, edit.lines) == (
        "edit",
        ("statement #1: sqs:* becomes sqs:ReceiveMessage, sqs:SendMessage",),
    )


def test_a_deny_is_never_taken_away() -> None:
    """Neither by detaching, nor by moving it away from a member."""
    world = small_world()
    guard = document(allow("sqs:*"), deny("s3:Delete*"))
    policy = world.account("main").create_policy("guard", guard)
    world.group("sky").attach_policy(policy)
    world.user("ana").put_policy("own", guard)

    found = world.unused(world.user("ana"), [use(world, "bob", "sqs:SendMessage", QUEUE), *SEEN])
    changed = found.apply()

    assert {edit.kind for edit in found.edits} == {"edit"}
    for arn in (world.user("ana").arn, world.user("bob").arn):
        decision = changed.can(arn, "s3:DeleteObject", f"{MAPS}/a")
        assert decision.verdict.value == "explicitDeny"


def test_what_aws_would_refuse_is_reported_and_not_done() -> None:
    """Bob has no room for one more policy."""
    world = small_world()
    world.group("sky").attach_policy("AmazonSQSFullAccess")
    bob = world.user("bob")
    for number in range(10):
        name = f"p{number}"
        bob.attach_policy(world.account("main").create_policy(name, Policy.allow("s3:ListBucket")))
    uses = [
        use(world, "bob", "sqs:SendMessage", QUEUE),
        use(world, "bob", "s3:ListBucket", MAPS),
        *SEEN,
    ]

    found = world.unused(world.user("ana"), uses)

    assert found.edits == ()
    [(edit, why)] = found.impossible
    assert (edit.kind, why.partition(":")[0]) == ("move", "LimitExceeded")
    assert "AWS would refuse" in str(found)


def test_an_edit_that_is_refused_half_way_leaves_no_trace() -> None:
    """Ana's last free place is not taken by a move that fails with bob."""
    world = small_world()
    account, ana, bob = world.account("main"), world.user("ana"), world.user("bob")
    carol, sea = account.create_user("carol"), account.create_group("sea")
    for group, member in ((world.group("sky"), carol), (sea, ana), (sea, carol)):
        group.add_user(member)
    for number in range(10):
        policy = account.create_policy(f"p{number}", Policy.allow("s3:ListBucket"))
        bob.attach_policy(policy)
        if number < 9:
            ana.attach_policy(policy)
    world.group("sky").attach_policy("AmazonSQSFullAccess")
    sea.attach_policy("AmazonSNSFullAccess")
    uses = [
        *(use(world, name, "s3:ListBucket", MAPS) for name in ("ana", "bob")),
        *(use(world, name, "sqs:SendMessage", QUEUE) for name in ("ana", "bob")),
        use(world, "ana", "sns:Publish", QUEUE.replace("sqs", "sns")),
        *SEEN,
    ]

    found = world.unused(ana, uses)

    assert [edit.policy for edit, _ in found.impossible] == ["AmazonSQSFullAccess"]
    assert [edit.policy for edit in found.edits] == ["AmazonSNSFullAccess"]


def test_two_inline_policies_of_one_name_are_not_mixed_up() -> None:
    """What moves never overwrites."""
    world = small_world()
    world.group("sky").put_policy("queues", Policy.allow("sqs:*"))
    world.user("bob").put_policy("queues", Policy.allow("s3:ListBucket"))
    uses = [
        use(world, "bob", "sqs:SendMessage", QUEUE),
        use(world, "bob", "s3:ListBucket", MAPS),
        *SEEN,
    ]

    found = world.unused(world.user("ana"), uses)

    assert [why for _, why in found.impossible] == [
        f"{world.user('bob').arn} has an inline policy queues already."
    ]
    assert found.apply().user("bob").inline["queues"].statements[0].action == ("s3:ListBucket",)


def test_a_passed_role_counts_as_used() -> None:
    """The call's parameters prove it, though PassRole has no event."""
    world = small_world()
    ana, role = world.user("ana"), world.role("job")
    ana.put_policy("own", document(allow("lambda:*"), allow("iam:*")))
    call = Event(
        NOW,
        "lambda.amazonaws.com",
        "CreateFunction20150331",
        "us-east-1",
        {"type": "IAMUser", "arn": ana.arn, "accountId": ACCOUNT},
        read_only=False,
        recipient_account_id=ACCOUNT,
        event_id="event-1",
        request_parameters={"functionName": "f", "role": role.arn},
    )

    [edit] = world.unused(ana, [call, *SEEN]).edits

    assert edit.lines[-1] == "statement #2: iam:* becomes iam:PassRole"


def test_what_was_refused_is_not_kept() -> None:
    """A policy may allow what an SCP or a boundary refused."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", Policy.allow("sqs:*"))

    found = world.unused(ana, [use(world, "ana", "sqs:SendMessage", QUEUE, is_allowed=False)])

    assert [edit.kind for edit in found.edits] == ["delete"]


def test_the_account_s_password_policy_is_not_his() -> None:
    """Letting users change their passwords isn't a policy of a user."""
    world = small_world()
    world.account("main").update_password_policy(allow_users_to_change_password=True)

    assert world.unused(world.user("ana")).edits == ()


def test_a_group_without_members_is_left_alone() -> None:
    """Nobody can say that it is unused; and nobody is asked about it."""
    world = small_world()
    world.account("main").create_group("empty").attach_policy("AmazonEC2FullAccess")
    world.clock.advance(days=100)

    assert world.unused().edits == ()


def test_a_service_s_own_role_is_left_alone() -> None:
    """Its policies are the service's."""
    world = small_world()
    world.account("main").create_service_linked_role("autoscaling.amazonaws.com")
    world.clock.advance(days=100)

    assert not any("aws-service-role" in arn for arn in world.unused().asked)


@pytest.mark.parametrize(
    "caller", ["nobody", f"arn:aws:iam::{ACCOUNT}:group/sky", f"arn:aws:iam::{ACCOUNT}:root", 7]
)
def test_only_users_and_roles_have_something_unused(caller: Any) -> None:
    """A root user has no policies, and a group does not call."""
    with pytest.raises(RequestError):
        small_world().unused(caller)


def test_whoever_is_not_here_has_no_policies_to_look_at() -> None:
    """It is said so, not answered with nothing."""
    with pytest.raises(NoSuchEntity):
        small_world().unused(f"arn:aws:iam::{ACCOUNT}:user/gone")


def test_an_edit_that_would_take_what_was_used_is_never_given_out() -> None:
    """The proof is part of the making."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", Policy.allow("sqs:*"))
    wrong = PolicyEdit("delete", ana.arn, "own", None)
    used = {ana.arn: {("sqs:SendMessage", QUEUE): {}}}

    with pytest.raises(IamLabError, match=r"would take sqs:SendMessage on"):
        applying.proved(world, [wrong], used)
    assert "own" in ana.inline


def test_edits_are_made_all_or_not_at_all() -> None:
    """A world that has changed in between may refuse the last one."""
    world = small_world()
    ana = world.user("ana")
    ana.attach_policy("AmazonEC2FullAccess")
    ana.put_policy("own", Policy.allow("sqs:*"))
    found = world.unused(ana)
    assert len(found.edits) == 2
    ana.delete_policy("own")

    with pytest.raises(RequestError, match="changed in between"):
        found.apply(world)
    assert len(ana.attached) == 1


@pytest.mark.parametrize("name", ["ana", "sky"])
@pytest.mark.parametrize("kind", ["inline", "managed"])
@pytest.mark.parametrize("change", ["taken", "denied", "anew"])
def test_an_edit_gives_no_right_back_that_was_taken_away_in_between(
    name: str, kind: str, change: str
) -> None:
    """What is there must be what was looked at; else nothing is changed."""
    world = small_world()
    account = world.account("main")
    holder = {**account.users, **account.groups}[name]
    wide, shut = Policy.allow("sqs:*"), Policy.deny("*")
    made = account.create_policy("own", wide) if kind == "managed" else None
    if made is None:
        holder.put_policy("own", wide)
    else:
        holder.attach_policy(made)
    members = ["ana", "bob"] if name == "sky" else ["ana"]
    log = [use(world, member, "sqs:SendMessage", QUEUE) for member in members]
    found = world.unused(world.user("ana"), log)
    assert [edit.kind for edit in found.edits] == ["edit"]
    if change == "denied" and made is not None:
        made.create_version(shut, set_as_default=True)
    elif change == "denied":
        holder.put_policy("own", shut)
    elif made is not None:
        holder.detach_policy(made)
    else:
        holder.delete_policy("own")
    if change == "anew":  # of the same name, and with another document
        holder.put_policy("own", Policy.allow("sqs:SendMessage"))
    before = snapshot(world)

    with pytest.raises(RequestError, match="changed in between"):
        found.apply(world)

    assert snapshot(world) == before


def test_who_left_a_group_does_not_get_its_policy_by_a_move() -> None:
    """A policy moves to the members who used it; one of them isn't one any more."""
    world = small_world()
    group = world.account("main").groups["sky"]
    group.put_policy("own", Policy.allow("sqs:SendMessage"))
    found = world.unused(world.user("ana"), [use(world, "ana", "sqs:SendMessage", QUEUE)])
    assert [edit.kind for edit in found.edits] == ["move"]
    group.remove_user(world.user("ana"))

    with pytest.raises(RequestError, match="changed in between"):
        found.apply(world)


def test_an_edit_is_not_made_of_a_namesake() -> None:
    """Who was deleted and made again is another, whatever he has."""
    world = small_world()
    world.user("bob").put_policy("own", Policy.allow("sqs:*"))
    world.account("main").groups["sky"].remove_user(world.user("bob"))
    found = world.unused(world.user("bob"))
    world.user("bob").delete_policy("own")
    world.user("bob").delete()
    world.account("main").create_user("bob").put_policy("own", Policy.allow("sqs:*"))

    with pytest.raises(RequestError, match="changed in between"):
        found.apply(world)


def test_edits_are_made_in_the_world_as_it_was_when_it_was_asked() -> None:
    """By default: what has happened since is not in that copy."""
    world = small_world()
    world.user("ana").put_policy("own", Policy.allow("sqs:*"))
    found = world.unused(world.user("ana"))
    world.user("ana").put_policy("own", Policy.allow("s3:*"))
    world.account("main").create_user("late")

    changed = found.apply()

    assert changed.user("ana").inline == {}
    assert "late" not in changed.account("main").users
    assert set(world.user("ana").inline) == {"own"}


@pytest.mark.parametrize("place", ["x", 7, ACCOUNT])
def test_edits_are_made_in_a_world(place: Any) -> None:
    """And in nothing else."""
    with pytest.raises(RequestError, match="in a world"):
        small_world().unused().apply(place)


def test_who_was_renamed_has_used_what_he_used() -> None:
    """His unique id is the same."""
    world = small_world()
    ana = world.user("ana")
    ana.put_policy("own", Policy.allow("s3:GetObject"))
    world.do(ana, "s3:GetObject", f"{MAPS}/a")
    ana.update(new_user_name="zoe")

    assert world.unused(ana).edits == ()
    assert list(world.least_privilege(ana).used) == [("s3:GetObject", f"{MAPS}/a")]
    assert list(world.least_privilege(ana.arn).used) == [("s3:GetObject", f"{MAPS}/a")]
    assert len(world.events.where(principal=ana, what="s3:GetObject")) == 1
    assert len([*uses(world.events, ana)]) == 1


def test_a_namesake_has_no_past() -> None:
    """A user or role that was deleted and made again is another one."""
    world = small_world()
    account = world.account("main")
    trust = Policy.allow("sts:AssumeRole", None, principal=ACCOUNT)
    account.groups["sky"].remove_user(world.user("ana"))
    former = world.user("ana"), account.roles["job"]
    former[0].put_policy("to", Policy.allow("sts:AssumeRole"))
    arn, name = former[1].arn, "night"
    session = world.sts.assume_role(former[0], role_arn=arn, role_session_name=name)
    for identity, caller in zip(former, (former[0], session), strict=True):
        identity.put_policy("own", Policy.allow("s3:GetObject"))
        world.do(caller, "s3:GetObject", f"{MAPS}/a")
        assert world.unused(identity).edits == ()
    for old in former:
        for policy in [*old.inline]:
            old.delete_policy(policy)
        old.delete()
    account.create_user("ana")
    account.create_role("job", assume_role_policy_document=trust)

    for old in former:
        assert list(world.least_privilege(old).used)  # he is gone, and his past is known
        assert world.events.where(principal=old, what="s3:GetObject")
    for new in (world.user("ana"), account.roles["job"]):
        new.put_policy("own", Policy.allow("s3:GetObject"))
        assert [edit.kind for edit in world.unused(new).edits] == ["delete"]
        assert world.least_privilege(new).used == {}
        assert world.least_privilege(new.arn).used == {}
        assert not world.events.where(principal=new)
        assert [*uses(world.events, new)] == []
    assert world.events.where(principal=world.user("ana").arn)  # a text is whoever had it


def test_a_password_s_use_is_not_a_namesake_s() -> None:
    """Nor that of one who has the name now."""
    log = log_of([sign_in("ana", "AIDAONE"), sign_in("bob", "")], datetime.now(UTC))

    arn = f"arn:aws:iam::{ACCOUNT}:user/"
    assert log.signed_in(f"{arn}ana", "AIDAONE") == NOW
    assert log.signed_in(f"{arn}zoe", "AIDAONE") == NOW
    assert log.signed_in(f"{arn}ana", "AIDATWO") is None
    assert log.signed_in(f"{arn}bob", "AIDATWO") == NOW  # the record does not say it


def test_asking_changes_nothing() -> None:
    """Neither events nor policies."""
    world, _ = shared()
    before = (len(world.events), world.revision, list(world.user("ana").attached))

    world.unused(world.user("ana"), SEEN)

    assert (len(world.events), world.revision, list(world.user("ana").attached)) == before


ACTIONS = ("s3:GetObject", "s3:PutObject", "s3:ListBucket", "sqs:SendMessage", "iam:ListUsers")
PATTERNS = (*ACTIONS, "s3:*", "s3:Get*", "*", "sqs:*", "iam:*", "iam:PassRole", "s3:?utObject")
RESOURCES = ("*", MAPS, f"{MAPS}/a", f"{MAPS}/*", f"{MAPS}/${{aws:username}}", QUEUE)
ASKED = [(action, resource) for action in ACTIONS for resource in (MAPS, f"{MAPS}/a", QUEUE, "*")]


def random_policy(chance: random.Random) -> Any:
    """Write a policy of a few statements."""

    def statement() -> Any:
        write = allow if chance.random() < 0.8 else deny
        made = write(chance.sample(PATTERNS, chance.randint(1, 3)))
        if chance.random() < 0.15:
            made["NotAction"] = made.pop("Action")
        made["Resource"] = chance.sample(RESOURCES, chance.randint(1, 2))
        if chance.random() < 0.15:
            made["NotResource"] = made.pop("Resource")
        if chance.random() < 0.15:
            made["Condition"] = {"StringLike": {"aws:username": chance.choice(["a*", "b*"])}}
        return made

    return document(*(statement() for _ in range(chance.randint(1, 3))))


def random_world(chance: random.Random) -> World:
    """Hang random policies on users, their group and a role, some of them shared."""
    world = small_world()
    account = world.account("main")
    own = [account.create_policy(f"p{number}", random_policy(chance)) for number in range(3)]
    for user in (*account.users.values(), *account.groups.values(), *account.roles.values()):
        for policy in chance.sample([*own, "AmazonS3ReadOnlyAccess"], chance.randint(0, 2)):
            user.attach_policy(policy)
        for number in range(chance.randint(0, 2)):
            user.put_policy(f"i{number}", random_policy(chance))
    if chance.random() < 0.5:
        account.users["ana"].put_permissions_boundary(chance.choice(own))
    return world


@settings(max_examples=tries(30))
@given(st.integers(0, 2**32 - 1))
def test_edits_keep_what_was_used_and_allow_nothing_new(seed: int) -> None:
    """For everybody, whoever was asked about; whatever else was allowed may go."""
    chance = random.Random(seed)
    world = random_world(chance)
    account = world.account("main")
    everybody = [*account.users.values(), *account.roles.values()]
    uses = [
        use(world, principal.name, *pair)
        for principal in everybody
        for pair in chance.sample(ASKED, chance.randint(0, 4))
        if world.can(principal, *pair)
    ]
    if chance.random() < 0.5:
        world.clock.advance(days=100)
    caller = chance.choice([None, *everybody])

    found = world.unused(caller, [*uses, *(SEEN if chance.random() < 0.5 else ())])
    changed = found.apply()

    for principal in everybody:
        for pair in ASKED:
            before, after = (
                bool(world.can(principal, *pair)),
                bool(changed.can(principal.arn, *pair)),
            )
            was_used = any(
                (two.caller, two.action, two.resource) == (principal.arn, *pair) for two in uses
            )
            assert after or not (before and was_used), (principal.arn, pair, texts(found))
            assert before or not after, (principal.arn, pair, texts(found))
    again = unused(changed, None if caller is None else caller.arn, [*uses, *SEEN])
    assert len(again.edits) <= len(unused(world, caller, [*uses, *SEEN]).edits)


def test_the_table_has_each_statement_with_what_was_used_of_it() -> None:
    """One row for each Allow statement."""
    world, _ = shared()

    table = world.unused(world.user("ana"), [use(world, "ana", "s3:ListBucket", MAPS)]).to_frame()

    assert table[["policy", "statement", "used"]].to_numpy().tolist() == [
        ["own", "#1", "s3:ListBucket"],
        ["own", "#2", ""],
    ]
    assert table["actions"][0] == len(catalog.expand("s3:*"))
