"""Ways by groups, own sessions and others in worlds of chance: each keeps its promise."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import World
from iamlab.analysis.privilege_escalation.principal_states import PrincipalState
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.authorization.principal import principal_of
from tests.analysis.privilege_escalation import random_worlds
from tests.analysis.privilege_escalation.random_worlds import MAIN, PROBES
from tests.analysis.privilege_escalation.way_checks import prove
from tests.effort import tries
from tests.policy.documents import allow, deny, document, trust

NUMBERS = (3, 4, 9, 12, 15, 20, 22, 23, 27, 28, 29, 30)
CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"StringEquals": {"aws:ResourceTag/team": "sky"}},
    {"StringEquals": {"iam:ResourceTag/team": "sea"}},
    {"Null": {"aws:TokenIssueTime": "false"}},
    {"Bool": {"aws:MultiFactorAuthPresent": "false"}},
    {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
)
ACTIONS = (
    *("iam:CreateGroup", "iam:PutGroupPolicy", "iam:AttachGroupPolicy", "iam:AddUserToGroup"),
    *("iam:DeleteLoginProfile", "iam:CreateLoginProfile", "iam:CreateAccessKey", "iam:CreateUser"),
    *("iam:DeleteUserPermissionsBoundary", "iam:DeleteUserPolicy", "iam:DetachUserPolicy"),
    *("iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:DeleteGroupPolicy", "iam:TagRole"),
    *("iam:TagUser", "iam:RemoveUserFromGroup", "sts:AssumeRole", "iam:DeactivateMFADevice"),
)


def made(seed: int) -> World:
    """Make a world in which u0 may some of what these ways take, and others are limited."""
    chance = random.Random(seed)
    world = random_worlds.made(seed)
    main = world.accounts[MAIN]
    for number in range(2):
        when = chance.choice(CONDITIONS)
        more = {"Condition": when} if when else {}
        some = chance.sample(ACTIONS, chance.randrange(3, 9))
        main.users["u0"].put_policy(f"some{number}", document(allow(some, **more)))
    limited = [main.users["u1"], main.users["u2"], main.roles["r0"], main.groups["g0"]]
    for principal in chance.sample(limited, 2):
        principal.put_policy("no", document(deny(chance.choice(("s3:*", "iam:CreateUser", "*")))))
    when = chance.choice(CONDITIONS)
    opened = trust({"AWS": MAIN})
    if when:
        opened["Statement"][0]["Condition"] = when
    main.roles["r0"].update_assume_role_policy(opened)
    main.create_group("none")
    return world


def in_one_step(reach: Reach, arn: str) -> None:
    """Prove each edge of these ways, and some that come after one's own."""
    explorer = reach._finder
    edges = explorer.own_edges(PrincipalState.of(principal_of(reach.world, arn)))
    mine = [edge for edge in edges if edge.way.number in NUMBERS]
    for edge in mine:
        prove(reach, edge, probes=PROBES)
    for edge in [each for each in mine if each.is_own][:3]:
        further = explorer.own_edges(edge.target)
        for after in [each for each in further if each.way.number in NUMBERS][:6]:
            if after.target.arn != arn or after.is_own:
                prove(reach, edge, after, probes=PROBES)


@settings(max_examples=tries(12))
@given(st.integers(0, 1_000_000))
def test_what_these_ways_promise_a_replay_keeps(seed: int) -> None:
    """No call is refused, and the caller may then do just what was promised."""
    in_one_step(made(seed).reach(), f"arn:aws:iam::{MAIN}:user/u0")
