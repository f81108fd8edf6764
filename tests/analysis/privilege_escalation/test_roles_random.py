"""Laws of the ways to others, in small random worlds: promises are kept, and nothing is missed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab.analysis.privilege_escalation.reach import Reach
from tests.analysis.privilege_escalation import random_role_worlds as chance
from tests.analysis.privilege_escalation.way_checks import prove
from tests.effort import slow, tries

NUMBERS = (*range(10, 23), 28, 31)
SEEDS = st.integers(0, 1_000_000)
PROBES = (
    ("s3:GetObject", "arn:aws:s3:::maps/m31"),
    ("codecommit:GitPull", f"arn:aws:codecommit:us-east-1:{chance.MAIN}:stars"),
    ("iam:PutUserPolicy", f"{chance.HERE}:user/u0"),
    ("iam:PutRolePolicy", f"{chance.HERE}:role/r0"),
    ("sts:AssumeRole", f"{chance.HERE}:role/r0"),
    ("iamlab-probe:AnythingAtAll", "*"),
)


def numbers_and_targets(reach: Reach, arn: str) -> set[tuple[int, str]]:
    """Return the methods of a principal: number and target; a new target has no ARN."""
    return {
        (edge.way.number, "" if edge.way.number in (21, 22) else edge.target.arn)
        for edge in reach.edges_from(arn)
        if edge.way.number in NUMBERS and edge.way.number != 31
    }


@settings(max_examples=tries(10))
@given(SEEDS)
def test_what_an_edge_promises_a_replay_keeps(seed: int) -> None:
    """No call is refused, and the caller may then do just what the edge's target may."""
    reach = chance.made(seed).reach()
    for arn in reach.principals:
        for edge in reach.edges_from(arn):
            if edge.way.number in NUMBERS:
                prove(reach, edge, probes=PROBES)


@settings(max_examples=tries(3))
@given(SEEDS, st.integers(0, 5))
def test_what_an_attacker_finds_by_trying_is_an_edge(seed: int, who: int) -> None:
    """He makes all calls with all values that there are, and knows nothing of policies."""
    reach = chance.made(seed).reach()
    arn = [
        principal
        for principal in reach.principals
        if chance.MAIN in principal and ":root" not in principal
    ][who]

    assert chance.Attacker(reach.world, arn).found() <= numbers_and_targets(reach, arn)


@slow
@pytest.mark.parametrize("seed", range(3))
def test_paths_of_several_steps_can_be_followed(seed: int) -> None:
    """What earlier steps change does not close later ones."""
    reach = chance.made(seed).reach()
    for arn in reach.principals:
        for path in reach.blast_radius(arn).values():
            if len(path) > 1 and path.can_be_replayed:
                path.replay()
