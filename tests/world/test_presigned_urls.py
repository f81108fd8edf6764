"""Presigned URLs: the signer's permissions at the time of use, until the signature expires."""

from typing import Any

import pytest

from iamlab import World
from iamlab.errors import AccessDenied, AwsError, ExpiredToken, InvalidClientTokenId, RequestError
from iamlab.errors.services import AuthorizationQueryParametersError
from iamlab.model.network_locations import Network
from iamlab.operations.unmodelled_actions import LONGEST, PresignedUrl
from iamlab.world.identities import User
from tests.policy.documents import allow, deny, document, trust

OWN = "111111111111"
OBJECT, GET = "arn:aws:s3:::maps/m31", "s3:GetObject"


@pytest.fixture
def world() -> World:
    """A bucket, and a user who may read it."""
    world = World(seed=8)
    own = world.create_account("own", account_id=OWN)
    own.create_user("ana").put_policy("read", document(allow(GET), allow("sts:AssumeRole")))
    own.create_bucket("maps")
    return world


@pytest.fixture
def ana(world: World) -> User:
    """The user."""
    return world.accounts[OWN].users["ana"]


def signed(world: World, caller: Any, seconds: int = 3600) -> PresignedUrl:
    """A URL to read the object."""
    return world.generate_presigned_url(caller, GET, OBJECT, seconds)


def test_the_permissions_are_those_at_the_time_of_use(world: World, ana: User) -> None:
    """Anybody may sign; page: Download and upload objects with presigned URLs."""
    url = signed(world, ana)
    seen = [bool(url.open())]
    ana.delete_policy("read")
    seen.append(bool(url.open()))
    world.accounts[OWN].buckets["maps"].put_policy(
        document(allow(GET, "arn:aws:s3:::maps/*", Principal={"AWS": ana.arn}))
    )
    seen.append(bool(url.open()))

    assert seen == [True, False, True]
    assert url.open().request.principal == ana.arn


def test_a_url_expires(world: World, ana: User) -> None:
    """By the clock, to the second."""
    url = signed(world, ana, 60)
    world.clock.advance(seconds=59)
    assert url.open()
    world.clock.advance(seconds=1)
    with pytest.raises(AccessDenied) as caught:
        url.open()
    assert (caught.value.message, caught.value.http_status) == ("Request has expired", 403)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(LONGEST + 1, "must be less than a week"), (-1, "must be non-negative")],
)
def test_no_url_is_valid_for_more_than_a_week(
    seconds: int, words: str, world: World, ana: User
) -> None:
    """S3 says so when it is opened."""
    with pytest.raises(AuthorizationQueryParametersError, match=words):
        signed(world, ana, seconds).open()
    assert signed(world, ana, LONGEST).open()


def test_a_url_ends_with_the_key_that_signed_it(world: World, ana: User) -> None:
    """While it is inactive, and once it is deleted."""
    key = ana.create_access_key()
    url = signed(world, key)
    assert url.open()
    key.update("Inactive")
    with pytest.raises(InvalidClientTokenId):
        url.open()
    key.update("Active")
    assert url.open()
    key.delete()
    with pytest.raises(InvalidClientTokenId):
        url.open()
    assert "secret" not in repr(url).lower()


def test_a_url_ends_with_the_session_that_signed_it(world: World, ana: User) -> None:
    """Even if its own time is longer."""
    own = world.accounts[OWN]
    role = own.create_role("readers", assume_role_policy_document=trust({"AWS": OWN}))
    role.put_policy("read", document(allow(GET)))
    session = world.sts.assume_role(
        ana, role_arn=role, role_session_name="one", duration_seconds=900
    )
    url = signed(world, session, LONGEST)
    assert url.open()
    world.clock.advance(seconds=901)
    with pytest.raises(ExpiredToken):
        url.open()


# Condition of a Deny -> whether a header, a fresh URL, and a URL after 11 minutes still work.
CONDITIONS: dict[str, tuple[dict[str, Any], list[bool]]] = {
    "only headers": (
        {"StringNotEquals": {"s3:authType": "REST-HEADER"}},
        [True, False, False],
    ),
    "only URLs": (
        {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}},
        [False, True, True],
    ),
    "no old signatures": (
        {"NumericGreaterThan": {"s3:signatureAge": "600000"}},
        [True, True, False],
    ),
    "no old version": (
        {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}},
        [True, True, True],
    ),
}


@pytest.mark.parametrize("case", CONDITIONS)
def test_policies_can_tell_a_url_from_a_header(case: str, world: World, ana: User) -> None:
    """Page: Amazon S3 Signature Version 4 Authentication Specific Policy Keys."""
    condition, wanted = CONDITIONS[case]
    world.accounts[OWN].buckets["maps"].put_policy(
        document(deny(GET, "arn:aws:s3:::maps/*", Principal="*") | {"Condition": condition})
    )
    url = signed(world, ana)
    seen = [bool(world.can(ana, GET, OBJECT)), bool(url.open())]
    world.clock.advance(minutes=11)

    assert [*seen, bool(url.open())] == wanted


def test_who_opens_a_url_brings_the_network(world: World, ana: User) -> None:
    """The address is the one it is opened from."""
    where = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    ana.put_policy("read", document(allow(GET) | {"Condition": where}))
    url = signed(world, ana)

    assert url.open(network=Network(ip="203.0.113.9"))
    assert not url.open(network=Network(ip="198.51.100.9"))


def test_only_s3_has_presigned_urls(world: World, ana: User) -> None:
    """Here."""
    with pytest.raises(RequestError, match="only S3"):
        world.generate_presigned_url(ana, "sqs:SendMessage", "*")
    with pytest.raises(AwsError):
        world.generate_presigned_url("arn:aws:iam::111111111111:user/no", GET, OBJECT).open()
