"""MFA devices: a phone shows codes, two of them enable it, and it is somebody's until it is not."""

import copy
import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pyotp
import pytest

from iamlab import World
from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    RequestError,
    ValidationError,
)
from iamlab.model.clock_and_ids import RealClock
from iamlab.model.credentials import INTERVAL, code_at
from iamlab.operations.iam.mfa_device import MfaDevice
from iamlab.world.account import Account
from tests.operations.iam.user_credentials import ID, OTHER, held, made, told, written
from tests.policy.documents import allow, document

SERIAL = f"arn:aws:iam::{ID}:mfa/phone"
NONE = f"arn:aws:iam::{ID}:mfa/none"

# The test values of RFC 6238 for SHA-1, six digits of each.
RFC_6238 = {59: "287082", 1_111_111_109: "081804", 1_234_567_890: "005924", 2_000_000_000: "279037"}


@pytest.mark.parametrize("second", RFC_6238)
def test_codes_are_those_of_rfc_6238(second: int) -> None:
    """So that a real phone shows the same."""
    seed = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

    assert code_at(seed, datetime.fromtimestamp(second, UTC)) == RFC_6238[second]


def test_a_phone_is_set_up_enabled_taken_away_and_deleted() -> None:
    """Its user has it from the second step to the third."""
    world, main = made()
    alice = main.users["alice"]
    phone = alice.create_virtual_mfa_device("phone", tags={"team": "sky"})
    assert (phone.serial_number, phone.is_enabled, alice.mfa_devices) == (SERIAL, False, [])
    assert (phone.kind, phone.enable_date, phone.tags) == ("virtual", None, {"team": "sky"})
    assert repr(phone) == f"MfaDevice('{SERIAL}', 'not enabled')"

    phone.enable()
    assert alice.mfa_devices == [phone]
    assert phone.enable_date == world.clock.now
    phone.resync()

    phone.deactivate()
    assert (phone.is_enabled, alice.mfa_devices) == (False, [])

    phone.delete()
    assert main.mfa_records == {}
    assert repr(phone) == f"MfaDevice('{SERIAL}', 'deleted')"


def test_a_code_is_shown_for_half_a_minute() -> None:
    """By the world's clock."""
    world, main = made()
    phone = main.create_virtual_mfa_device("phone")
    codes = [phone.code()]
    for _ in range(3):
        world.clock.advance(seconds=15)
        codes.append(phone.code())

    assert codes[0] == codes[1] != codes[2] == codes[3]
    assert phone.code(world.clock.now - timedelta(seconds=45)) == codes[0]


def test_a_device_of_the_same_name_has_another_seed() -> None:
    """The old phone is of no use for it; the same world made anew gives the same."""
    seeds = []
    for _ in range(2):
        _, main = made()
        first = main.create_virtual_mfa_device("phone")
        seeds.append(first.base32_string_seed)
        first.delete()
        assert main.create_virtual_mfa_device("phone").base32_string_seed != seeds[0]

    assert seeds[0] == seeds[1]
    assert len(seeds[0]) == 64


COPIES: dict[str, Callable[[MfaDevice], MfaDevice]] = {
    "listed": lambda device: device.user.mfa_devices[0],  # type: ignore[union-attr]
    "copied": copy.copy,
    "pickled": lambda device: pickle.loads(pickle.dumps(device)),  # noqa: S301 - our own
}


@pytest.mark.parametrize("how", COPIES)
def test_only_the_phone_itself_shows_codes(how: str) -> None:
    """IAM does not tell the seed again."""
    phone = made()[1].users["alice"].create_virtual_mfa_device("phone")
    phone.enable()
    twin = COPIES[how](phone)

    assert twin.serial_number == SERIAL
    for ask in (twin.code, lambda: twin.base32_string_seed):
        with pytest.raises(RequestError, match="Only the device that"):
            ask()


def test_the_seed_is_written_nowhere() -> None:
    """Though it is answered once; codes aren't either."""
    world, main = made()
    answer = main.call("CreateVirtualMFADevice", main.root_arn, VirtualMFADeviceName="other")
    phone = main.users["alice"].create_virtual_mfa_device("phone")
    phone.enable()
    seeds = [answer["VirtualMFADevice"]["Base32StringSeed"].decode(), phone.base32_string_seed]
    texts = [told(world), repr(phone), repr(main.mfa_records), str(main.users["alice"].summary())]

    for secret in (*seeds, phone.code()):
        assert not [text for text in texts if secret in text]
    assert not [seed for seed in seeds if seed.encode() in written(world) + written(phone)]


PAIRS = {  # how many steps from now the two codes are, and whether they are taken
    (-1, 0): True,
    (-2, -1): True,
    (0, 1): True,
    (0, -1): False,
    (0, 0): False,
    (-2, 0): False,
    (-3, -2): False,
    (1, 2): False,
}


@pytest.mark.parametrize("steps", PAIRS)
def test_two_codes_that_follow_each_other_enable_a_device(steps: tuple[int, int]) -> None:
    """And no others do."""
    world, main = made()
    phone = main.create_virtual_mfa_device("phone")
    first, second = (phone.code(world.clock.now + timedelta(seconds=30 * step)) for step in steps)
    enable = lambda: main.users["alice"].enable_mfa_device(SERIAL, first, second)  # noqa: E731
    if PAIRS[steps]:
        assert enable() == phone
    else:
        with pytest.raises(InvalidAuthenticationCode) as caught:
            enable()
        assert caught.value.http_status == 403
    assert phone.is_enabled is PAIRS[steps]


def test_a_device_is_enabled_for_a_user_and_not_for_a_name() -> None:
    """Of a name nobody can tell whose it is."""
    user = World(seed=7).create_account("main").create_user("ana")
    device = user.create_virtual_mfa_device("phone")
    with pytest.raises(RequestError, match="with the user object"):
        device.enable("ana")  # type: ignore[arg-type]


def test_a_token_and_a_passkey_are_enabled_and_show_no_codes() -> None:
    """They go when they are taken away, for IAM knows them by their user only."""
    world, main = made()
    alice = main.users["alice"]
    token = alice.enable_mfa_device("GAHT12345678", "123456", "654321")
    passkey = alice.register_passkey("yubi")
    root_key = main.root.register_passkey("yubi")

    assert (token.kind, passkey.kind, root_key.kind) == ("hardware", "passkey", "passkey")
    assert passkey.serial_number.startswith(f"arn:aws:iam::{ID}:u2f/user/alice/yubi-")
    assert root_key.serial_number.startswith(f"arn:aws:iam::{ID}:u2f/root-account/yubi-")
    assert alice.mfa_devices == [token, passkey]
    with pytest.raises(RequestError):
        token.code()
    with pytest.raises(InvalidAuthenticationCode):
        main.users["bob"].enable_mfa_device("GAHT87654321", "123456", "123456")

    token.deactivate()
    passkey.deactivate()
    assert alice.mfa_devices == []
    assert list(main.mfa_records) == [root_key.serial_number]
    assert world.events[-1].event_name == "DeactivateMFADevice"


def test_the_root_user_has_devices_too() -> None:
    """Enabled in the console, for the API must name a user."""
    world, main = made()
    phone = main.root.create_virtual_mfa_device("root-account-mfa-device")
    phone.enable()
    phone.resync()
    second = main.root.enable_mfa_device("GAHT12345678", "123456", "654321")

    assert main.root.mfa_devices == [phone, second]
    event = next(item for item in world.events if item.event_name == "EnableMFADevice").to_dict()
    assert event["userIdentity"]["type"] == "Root"
    assert event["requestParameters"] == {"serialNumber": phone.serial_number}
    listed = main.call("ListMFADevices", main.root_arn)["MFADevices"]
    assert [(user["UserName"], user["SerialNumber"]) for user in listed] == [
        (ID, phone.serial_number),
        (ID, "GAHT12345678"),
    ]
    phone.deactivate()
    assert main.root.mfa_devices == [second]


def test_lists_and_tags_answer_as_the_api_does() -> None:
    """Assigned, unassigned, any; never a seed."""
    world, main = made()
    alice, now = main.users["alice"], world.clock.now
    mine = alice.create_virtual_mfa_device("phone")
    spare = main.create_virtual_mfa_device("spare", path="/sky/", tags={"a": "1"})
    roots = main.root.create_virtual_mfa_device("root-phone")
    mine.enable()
    roots.enable()
    alice.enable_mfa_device("GAHT12345678", "123456", "654321")
    spare.tag({"b": "2"})
    second = alice.create_virtual_mfa_device("second", path="/")
    second.enable()
    second.resync()
    second.deactivate()
    second.delete()
    spare.untag(["a", "none"])
    call = lambda name, **more: main.call(name, main.root_arn, **more)  # noqa: E731

    virtual = {
        status: call("ListVirtualMFADevices", AssignmentStatus=status)["VirtualMFADevices"]
        for status in ("Assigned", "Unassigned", "Any")
    }
    assert virtual["Unassigned"] == [{"SerialNumber": f"arn:aws:iam::{ID}:mfa/sky/spare"}]
    assert [item["User"]["Arn"] for item in virtual["Assigned"]] == [alice.arn, main.root_arn]
    assert len(virtual["Any"]) == 3
    assert virtual["Assigned"][1]["User"]["UserId"] == ID
    assert call("GetMFADevice", SerialNumber=SERIAL, UserName="alice") == {
        "UserName": "alice",
        "SerialNumber": SERIAL,
        "EnableDate": now,
    }
    tags = call("ListMFADeviceTags", SerialNumber=spare.serial_number)["Tags"]
    assert tags == [{"Key": "b", "Value": "2"}]
    with pytest.raises(RequestError, match="list of keys"):
        spare.untag("b")


def test_enabling_a_device_without_a_user_requires_one() -> None:
    """Or it cannot be enabled, nor set right."""
    _, main = made()
    phone = main.create_virtual_mfa_device("phone")
    for ask in (phone.enable, phone.resync):
        with pytest.raises(RequestError):
            ask()
    phone.enable(main.users["bob"])

    assert main.users["bob"].mfa_devices == [phone]


def test_a_device_goes_with_its_user_through_a_rename() -> None:
    """It is kept by the user's id."""
    _, main = made()
    alice = main.users["alice"]
    phone = alice.create_virtual_mfa_device("phone")
    phone.enable()
    alice.update(new_user_name="alicia")
    phone.resync()

    assert alice.mfa_devices == [phone]


def test_a_copy_of_the_world_has_its_own_devices() -> None:
    """What is taken away there is still here."""
    world, main = made()
    phone = main.users["alice"].create_virtual_mfa_device("phone")
    phone.enable()
    twin = world.copy().account("main").users["alice"].mfa_devices[0]
    assert twin != phone
    twin.deactivate()

    assert phone.is_enabled
    assert len({phone, *main.users["alice"].mfa_devices}) == 1


# -- who may ----------------------------------------------------------------------------------


def test_a_user_may_be_let_manage_his_own_device_only() -> None:
    """By the usual policy: the device is named like the user."""
    _, main = made()
    alice = main.users["alice"]
    own = f"arn:aws:iam::{ID}:mfa/${{aws:username}}"
    alice.put_policy(
        "own",
        document(allow("iam:*VirtualMFADevice", own), allow("iam:TagMFADevice", own, Condition={})),
    )
    main.call("CreateVirtualMFADevice", alice, VirtualMFADeviceName="alice")
    main.create_virtual_mfa_device("bob")
    refused = [
        ("CreateVirtualMFADevice", {"VirtualMFADeviceName": "bob"}),
        ("DeleteVirtualMFADevice", {"SerialNumber": f"arn:aws:iam::{ID}:mfa/bob"}),
        ("DeleteVirtualMFADevice", {"SerialNumber": NONE}),
        ("ListVirtualMFADevices", {}),
        ("ListMFADevices", {}),
    ]
    for operation, sent in refused:
        with pytest.raises(AccessDenied):
            main.call(operation, alice, **sent)
    main.call("DeleteVirtualMFADevice", alice, SerialNumber=f"arn:aws:iam::{ID}:mfa/alice")

    assert list(main.mfa_records) == [f"arn:aws:iam::{ID}:mfa/bob"]


# -- what is refused --------------------------------------------------------------------------


def _codes(main: Account, serial: str = SERIAL, user: str = "bob") -> Any:
    return main.users[user].enable_mfa_device(serial, "000000", "000001")


REFUSALS: dict[str, tuple[Callable[[Account], Any], type[AwsError], str]] = {
    "a name taken": (
        lambda a: a.create_virtual_mfa_device("phone"),
        EntityAlreadyExists,
        "MFADevice entity at the same path and name already exists.",
    ),
    "a device that is in use": (
        _codes,
        EntityAlreadyExists,
        "MFA device is already in use.",
    ),
    "no such device": (
        lambda a: _codes(a, NONE),
        NoSuchEntity,
        f"VirtualMFADevice with serial number {NONE} does not exist.",
    ),
    "a device of another account": (
        lambda a: _codes(a, f"arn:aws:iam::{OTHER}:u2f/user/bob/x"),
        NoSuchEntity,
        f"MFADevice with serial number arn:aws:iam::{OTHER}:u2f/user/bob/x does not exist.",
    ),
    "wrong codes": (
        lambda a: _codes(a, f"arn:aws:iam::{ID}:mfa/spare"),
        InvalidAuthenticationCode,
        "Authentication code for device is not valid.",
    ),
    "letters": (
        lambda a: a.users["bob"].enable_mfa_device(SERIAL, "abcdef", "123456"),
        ValidationError,
        (
            "1 validation error detected: Value at 'authenticationCode1' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [\\d]+"
        ),
    ),
    "a ninth device": (
        lambda a: _codes(a, "GAHT00000009", "alice"),
        LimitExceeded,
        "Cannot exceed quota for MFADevicesPerUser: 8",
    ),
    "more virtual devices than users": (
        lambda a: [a.quotas.update(VirtualMFADevices=2), a.create_virtual_mfa_device("x")],
        LimitExceeded,
        "Cannot exceed quota for VirtualMFADevicesPerAccount: 2",
    ),
    "somebody else's device": (
        lambda a: a.call("DeactivateMFADevice", a.root_arn, UserName="bob", SerialNumber=SERIAL),
        NoSuchEntity,
        f"MFA device {SERIAL} is not enabled for bob.",
    ),
    "a device in use to delete": (
        lambda a: a.call("DeleteVirtualMFADevice", a.root_arn, SerialNumber=SERIAL),
        DeleteConflict,
        "MFA VirtualDevice in use. Must deactivate first.",
    ),
    "nothing to delete": (
        lambda a: a.call("DeleteVirtualMFADevice", a.root_arn, SerialNumber=NONE),
        NoSuchEntity,
        f"VirtualMFADevice with serial number {NONE} does not exist.",
    ),
    "tags of a token": (
        lambda a: MfaDevice(a, "GAHT00000001").tag({"a": "1"}),
        InvalidInput,
        "Only virtual MFA devices have tags.",
    ),
    "a user with a device": (
        lambda a: a.users["alice"].delete(),
        DeleteConflict,
        "Cannot delete entity, must delete MFA device first.",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_speaks_as_aws_and_leaves_the_world_as_it_was(case: str) -> None:
    """Not even a number is used up."""
    world, main = made()
    alice = main.users["alice"]
    alice.create_virtual_mfa_device("phone").enable()
    main.create_virtual_mfa_device("spare")
    for number in range(1, 8):
        alice.enable_mfa_device(f"GAHT0000000{number}", "123456", "654321")
    operation, error, message = REFUSALS[case]
    before = held(world)

    with pytest.raises(error) as caught:
        operation(main)

    assert caught.value.message == message
    assert held(world) == before


# -- of a real phone ------------------------------------------------------------------------------


def test_a_real_phone_can_be_set_up_where_the_time_is_real() -> None:
    """What it scans holds the seed, and the codes that it then shows are accepted."""
    main = World(seed=3, clock=RealClock()).create_account("main", account_id=ID)
    main.create_alias("star-maps")
    device = main.create_user("bob").create_virtual_mfa_device("bob-phone")
    totp = pyotp.parse_uri(device.otpauth_uri())

    assert isinstance(totp, pyotp.TOTP)
    assert totp.name == "bob-phone@star-maps"
    assert totp.now() in {device.code(), device.code(main.world.clock.now + INTERVAL)}
    main.call(
        "EnableMFADevice",
        main.root_arn,
        UserName="bob",
        SerialNumber=device.serial_number,
        AuthenticationCode1=totp.at(main.world.clock.now - INTERVAL),
        AuthenticationCode2=totp.at(main.world.clock.now),
    )
    assert device.is_enabled


def test_its_picture_is_one_of_that_address() -> None:
    """As PNG in the API's answer, as SVG with a title for who cannot see it."""
    main = World(seed=3, clock=RealClock()).create_account("main", account_id=ID)
    answer = main.call("CreateVirtualMFADevice", main.root_arn, VirtualMFADeviceName="a")
    device = main.create_virtual_mfa_device("b")
    svg = ET.fromstring(device.qr_code_svg())  # noqa: S314 - made in the line itself

    assert answer["VirtualMFADevice"]["QRCodePNG"].startswith(b"\x89PNG")
    assert device.qr_code_png() != answer["VirtualMFADevice"]["QRCodePNG"]
    assert "MFA device b" in "".join(svg.itertext())
    assert device.base32_string_seed not in device.qr_code_svg()


def test_there_is_no_picture_where_the_time_is_made_up() -> None:
    """A phone would show codes that nobody accepts; the refusal says what to do."""
    main = World(seed=3).create_account("main", account_id=ID)
    device = main.create_virtual_mfa_device("a")
    answer = main.call("CreateVirtualMFADevice", main.root_arn, VirtualMFADeviceName="b")

    for picture in (device.otpauth_uri, device.qr_code_png, device.qr_code_svg):
        with pytest.raises(RequestError, match=r"World\(clock=RealClock\(\)\)"):
            picture()
    assert "QRCodePNG" not in answer["VirtualMFADevice"]


def test_a_phone_no_longer_shows_the_time_of_a_clock_that_was_advanced() -> None:
    """In the world and in its copy, which go with the computer's until then."""
    world = World(clock=RealClock())

    for item in (world, world.copy()):
        assert abs(item.clock.now - datetime.now(UTC)) < timedelta(minutes=1)
        device = item.create_account("main").create_virtual_mfa_device("a")
        assert device.otpauth_uri()
        item.clock.advance(hours=1)
        with pytest.raises(RequestError, match=r"World\(clock=RealClock\(\)\)"):
            device.otpauth_uri()
    assert world.copy().clock == world.clock
