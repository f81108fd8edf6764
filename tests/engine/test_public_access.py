"""S3 Block Public Access: the callers that RestrictPublicBuckets blocks, and the buckets."""

import pytest

from iamlab import ANONYMOUS, Layers, Verdict, evaluate
from iamlab.engine.evaluate import read
from iamlab.engine.public_access import PublicAccessBlock, is_restricted
from iamlab.policy.public import is_public
from tests.engine.making import (
    ANA,
    EC2,
    EVE,
    EVERYTHING,
    FOREIGN_ROOT,
    OWN,
    ROOT,
    TOPIC,
    ask,
    resource_policy,
)

BLOCK = PublicAccessBlock(restrict_public_buckets=True)
PUBLIC = resource_policy({}, {"Principal": {"AWS": EVE}})
SHUT_OUT = {ANA: False, ROOT: False, EC2: False, EVE: True, FOREIGN_ROOT: True, ANONYMOUS: True}


@pytest.mark.parametrize(("caller", "out"), SHUT_OUT.items())
def test_a_public_bucket_is_for_its_own_account_and_services(caller, out):
    """Even a caller that another statement names is blocked; a private policy lets him in."""
    request = ask(caller, resource_account=OWN)
    identity = [EVERYTHING]

    assert is_restricted(BLOCK, PUBLIC, request) is out
    for block in (None, PublicAccessBlock(), PublicAccessBlock(block_public_policy=True)):
        assert not is_restricted(block, PUBLIC, request)
        assert evaluate(request, Layers(identity, PUBLIC, public_access_block=block))
    blocked = Layers(identity, PUBLIC, public_access_block=BLOCK)
    assert bool(evaluate(request, blocked)) is not out
    assert read(request, blocked).verdict is evaluate(request, blocked).verdict
    private = resource_policy({"Principal": {"AWS": [EVE, FOREIGN_ROOT]}})
    assert not is_restricted(BLOCK, private, request)


def test_it_is_about_buckets_only():
    """Topics have no such switches."""
    request = ask(ANONYMOUS, "sns:Publish", TOPIC)

    assert not is_restricted(BLOCK, PUBLIC, request)
    assert evaluate(request, Layers(resource=PUBLIC, public_access_block=BLOCK))


def test_what_a_public_policy_denies_stays_denied():
    """Only its Allows are taken away."""
    layers = Layers(resource=resource_policy({}, {"Effect": "Deny"}), public_access_block=BLOCK)

    for caller in SHUT_OUT:
        request = ask(caller, resource_account=OWN)
        assert evaluate(request, layers).verdict is Verdict.EXPLICIT_DENY


@pytest.mark.parametrize(
    ("addresses", "public"),
    [
        ("203.0.113.0/24", False),
        (["203.0.113.0/24", "here"], True),
        ("203.0.113.0/24/7", True),
        ("10.0.0.0/8", False),
        ("8.0.0.0/7", True),
        ("2001:db8::/32", False),
        ("2001::/31", True),
    ],
)
def test_an_invalid_address_ties_nobody_down(addresses, public):
    """A range is fixed if it is one, and not too broad."""
    item = resource_policy({"Condition": {"IpAddress": {"aws:SourceIp": addresses}}})

    assert is_public(item) is public
