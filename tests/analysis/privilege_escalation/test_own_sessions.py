"""Ways by sessions of one's own: where rights depend on when they began, or on MFA."""

from typing import Any

import pytest

from iamlab import World
from iamlab.analysis.privilege_escalation.reach import Reach
from iamlab.world.account import Account
from tests.analysis.privilege_escalation.way_checks import HERE, MAIN, Row, edges, proved, trusting
from tests.policy.documents import Doc, allow, deny, document

DANA, STARS = f"{HERE}:user/dana", f"{HERE}:role/stars"
READS = ("s3:GetObject", "arn:aws:s3:::maps/m31")
ISSUED = "aws:TokenIssueTime"
NO_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
FORCE_MFA = deny("*", Condition={"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}})
TOKEN, CONSOLE = "user/dana in a session", "user/dana in the console with MFA"


def when(**conditions: Any) -> dict[str, Any]:
    """Write conditions."""
    return {"Condition": conditions}


def with_console(main: Account) -> None:
    """Let dana have a password and a device."""
    with_password(main)
    main.users["dana"].create_virtual_mfa_device("phone").enable(main.users["dana"])


def with_password(main: Account) -> None:
    """Let dana have a password."""
    main.users["dana"].create_login_profile("Known-Only-To-Dana-1")


def trusts(**conditions: Any) -> Any:
    """Let the role trust dana under conditions."""
    policy = trusting(DANA, **when(**conditions))
    return lambda main: main.roles["stars"].update_assume_role_policy(policy)


SESSION = (
    Row(29, (allow("s3:*", **when(Null={ISSUED: "false"})),), TOKEN),
    Row(29, (allow("s3:*", **when(DateGreaterThan={ISSUED: "2020-01-01T00:00:00Z"})),), TOKEN),
    Row(29, (allow("s3:*", **when(**NO_MFA)),), TOKEN),
    Row(29, (allow("s3:*"), deny("s3:*", **when(Null={ISSUED: "true"}))), TOKEN),
    Row(29, (), TOKEN, trusts(**NO_MFA)),
    Row(29, (), TOKEN, trusts(DateGreaterThan={ISSUED: "2020-01-01T00:00:00Z"})),
)


@pytest.mark.parametrize("row", SESSION, ids=range(len(SESSION)))
def test_a_session_has_rights_that_a_key_has_not(row: Row) -> None:
    """It is asked for without MFA, and does just what is promised."""
    world = row.world()
    assert row.targets(world) == [TOKEN]
    reach = world.reach()
    (edge,) = edges(world, DANA, 29)
    ends = [reach.path(DANA, STARS), reach.to(*READS).get(DANA)]
    assert any(path is not None and edge in path.edges for path in ends)
    assert all(path.replay().principal for path in ends if path is not None)


@pytest.mark.parametrize("row", SESSION, ids=range(len(SESSION)))
def test_it_is_gone_where_it_is_denied(row: Row) -> None:
    """GetSessionToken needs no permission: a Deny, an SCP stop it."""
    world = row.world(deny("sts:GetSessionToken"))
    assert edges(world, DANA, 29) == []
    governed = row.world()
    boss = governed.create_account("boss", account_id="999999999999")
    organization = governed.create_organization(boss)
    organization.invite_account(governed.account(MAIN)).accept()
    fence = organization.create_policy("fence", document(deny("sts:GetSessionToken")))
    fence.attach(governed.account(MAIN))
    assert edges(governed, DANA, 29) == []


NOTHING: tuple[tuple[Doc, ...], ...] = (
    (allow("s3:*"),),
    (allow("s3:*", **when(Null={ISSUED: "true"})),),
    (allow("s3:*", **when(DateGreaterThan={ISSUED: "2090-01-01T00:00:00Z"})),),
    (allow("s3:*", **when(Bool={"aws:MultiFactorAuthPresent": "true"})),),
    (allow("s3:*"), FORCE_MFA),
)


@pytest.mark.parametrize("statements", NOTHING, ids=range(len(NOTHING)))
def test_no_session_is_asked_for_that_gains_nothing(statements: tuple[Doc, ...]) -> None:
    """Conditions that it does not meet, or that a key meets as well."""
    row = Row(29, statements, "")
    assert row.targets(row.world()) == []


def test_without_mfa_a_session_is_refused_by_iam() -> None:
    """So it gains nothing there; and the console does, for whoever knows the password."""
    makes = allow("iam:CreateUser", **when(Null={ISSUED: "false"}))
    row = Row(29, (makes,), "", with_password)
    world = row.world()
    may = {str(edge.target): _may(world.reach(), edge) for edge in proved(world, DANA, 29)}
    assert may == {TOKEN: False, "user/dana in the console": True}


def _may(reach: Reach, edge: Any) -> bool:
    return bool(reach.world.can(edge.target.principal, "iam:CreateUser", f"{HERE}:user/zoe"))


def test_a_deny_without_mfa_does_not_stop_the_sign_in() -> None:
    """The password and the device are conditions; the replay need not know the password."""
    world = _forced()
    (edge,) = proved(world, DANA, 29)
    assert str(edge.target) == CONSOLE
    assert edge.conditions == (
        "the caller knows the user's password",
        "the caller has the MFA device",
    )
    path = world.reach().path(DANA)
    assert path is not None
    assert path.replay().principal.with_mfa  # type: ignore[union-attr]
    assert "Known-Only" not in repr(edge) + str(edge.calls)


def _forced(before: Any = with_console) -> World:
    return Row(29, (allow("*"), FORCE_MFA), "", before).world()


def test_the_sign_in_needs_a_password_and_a_device_that_shows_codes() -> None:
    """Neither is made up."""
    assert edges(_forced(), DANA, 29)
    assert edges(_forced(with_password), DANA, 29) == []
    assert edges(_forced(lambda _: None), DANA, 29) == []


def test_whoever_must_choose_a_new_password_is_not_shown() -> None:
    """That takes a permission of its own."""
    world = _forced()
    world.user("dana").update_login_profile(password_reset_required=True)
    assert edges(world, DANA, 29) == []


def test_no_sign_in_is_needed_for_a_token_with_mfa() -> None:
    """It is as good, and asks for no password."""
    row = Row(
        29, (allow("s3:*", **when(Bool={"aws:MultiFactorAuthPresent": "true"})),), "", with_console
    )
    assert row.targets(row.world()) == ["user/dana with MFA"]


def test_a_session_makes_no_session() -> None:
    """GetSessionToken takes no temporary credentials."""
    row = Row(29, (allow("s3:*", **when(**NO_MFA)),), "")
    world = row.world()
    token = world.sts.get_session_token(world.user("dana").create_access_key())
    assert edges(world, token, 29) == []


def test_the_way_abroad_by_a_session_is_found() -> None:
    """A role of another account that looks at when credentials were issued."""
    world = Row(29, (allow("sts:AssumeRole"),), "").world()
    other = world.create_account("other", account_id="222222222222")
    trust = trusting(DANA, **when(Null={ISSUED: "false"}))
    far = other.create_role("far", assume_role_policy_document=trust)
    path = world.reach().path(DANA, far)
    assert path is not None
    assert [edge.way.number for edge in path] == [29, 15]
    assert path.replay().principal
    world.user("dana").put_policy("all", document(allow("*")))  # an administrator finds it, too
    path = world.reach().path(DANA, far)
    assert path is not None
    assert path.replay().principal


HOW: tuple[tuple[dict[str, Any], str], ...] = (
    ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, "Region=eu-west-1"),
    ({"StringLike": {"aws:UserAgent": "*aws-cli*"}}, "UserAgent=reachaws-clireach"),
    ({"StringLike": {"aws:Referer": "https://maps/*"}}, "Referer=https://maps/reach"),
    ({"Null": {"aws:Referer": "false"}}, "Referer=reach"),
)


@pytest.mark.parametrize(("conditions", "text"), HOW, ids=[text for _, text in HOW])
def test_a_caller_chooses_the_endpoint_and_the_headers(conditions: Doc, text: str) -> None:
    """What a trust policy asks of them is said, in the call and in the replay."""
    world = Row(15, (), "", trusts(**conditions)).world()
    (edge,) = proved(world, DANA, 15)
    assert text in str(edge.calls[0])
    denied = Row(15, (deny("sts:AssumeRole"),), "", trusts(**conditions)).world()
    assert edges(denied, DANA, 15) == []


def test_an_endpoint_that_is_not_there_is_no_way() -> None:
    """A Region that isn't one, or where the account's endpoint is off; or it is said where."""
    for name in ("mars-1", "us-gov-west-1"):
        far = {"StringEquals": {"aws:RequestedRegion": name}}
        assert edges(Row(15, (), "", trusts(**far)).world(), DANA, 15) == []
    world = Row(15, (), "", trusts(**HOW[0][0])).world()
    world.account(MAIN).set_sts_regional_endpoint_status("eu-west-1", "Inactive")
    assert edges(world, DANA, 15) == []
    elsewhere = Row(15, (), "", trusts(**HOW[0][0])).world()
    assert elsewhere.reach(region="eu-central-1").path(DANA, STARS) is None
    path = elsewhere.reach(region="eu-west-1").path(DANA, STARS)
    assert path is not None
    assert path.replay().principal
