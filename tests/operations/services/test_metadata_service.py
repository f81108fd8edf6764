"""The metadata service of an instance: what it tells, and what it keeps to itself."""

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iamlab import Network, World
from iamlab.errors import AccessDenied, ExpiredToken, RequestError
from iamlab.operations.services.ec2.instance import Instance
from iamlab.operations.services.ec2.metadata import Response
from iamlab.world.account import Account
from iamlab.world.identities import User
from tests.effort import tries
from tests.model.world_contents import snapshot
from tests.policy.documents import allow, deny, document, trust
from tests.world.secrets_in_worlds import Made, held, leaks

OWN = "111111111111"
EC2 = {"Service": "ec2.amazonaws.com"}
MAP = "arn:aws:s3:::star-maps/m31.fits"
DATA = "/latest/meta-data"
ROLES = f"{DATA}/iam/security-credentials"
TOKEN, TTL = "/latest/api/token", "X-aws-ec2-metadata-token-ttl-seconds"
ID = f"{DATA}/instance-id"


@pytest.fixture
def main() -> Account:
    """An account with two roles in instance profiles, and dana."""
    account = World(seed=4).create_account("main", account_id=OWN)
    for name, action in (("reader", "s3:GetObject"), ("writer", "s3:PutObject")):
        role = account.create_role(name, assume_role_policy_document=trust(EC2))
        role.put_policy("maps", document(allow(action, MAP)))
        account.create_instance_profile(name).add_role(role)
    account.create_user("dana")
    return account


@pytest.fixture
def web(main: Account) -> Instance:
    """An instance with a role."""
    return main.create_instance(instance_profile="reader", vpc_id="vpc-1", private_ip="10.0.0.9")


@pytest.fixture
def dana(main: Account) -> User:
    """Who may do what a test lets her."""
    return main.users["dana"]


def put(instance: Instance, ttl: str = "60", hops: int = 1, **more: str) -> Response:
    """Ask for a token, as over the network."""
    headers = {TTL: ttl, **{name.replace("_", "-"): value for name, value in more.items()}}
    return instance.metadata.request("PUT", TOKEN, headers, hops=hops)


def get(instance: Instance, path: str = ID, token: str | None = None) -> Response:
    """Read something, as over the network."""
    headers = {} if token is None else {"X-aws-ec2-metadata-token": token}
    return instance.metadata.request("GET", path, headers)


def told(instance: Instance, path: str) -> Any:
    """Read a document by version 2."""
    return json.loads(instance.metadata.get(path, instance.metadata.put_token()))


# -- what is reported ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "lines"),
    [
        ("/", ["latest/"]),
        ("/latest", ["dynamic/", "meta-data/"]),
        (f"{DATA}/", ["iam/", "instance-id", "local-ipv4", "placement/"]),
        (f"{DATA}/iam", ["info", "security-credentials/"]),
        (f"{ROLES}/", ["reader"]),
        (ROLES, ["reader"]),
        (ID, ["INSTANCE"]),
        (f"{DATA}/local-ipv4", ["10.0.0.9"]),
        (f"{DATA}/placement/region", ["us-east-1"]),
    ],
)
def test_paths_lead_to_lists_and_to_values(path: str, lines: list[str], web: Instance) -> None:
    """A list has one line for each; what has more below it ends with a slash."""
    lines = [web.name if line == "INSTANCE" else line for line in lines]

    assert web.metadata.get(path).split("\n") == lines


def test_the_role_is_given_as_the_real_service_writes_it(main: Account, web: Instance) -> None:
    """The three parts of temporary credentials, and since when and till when."""
    found, session = told(web, f"{ROLES}/reader"), web.role_session()

    assert found == {
        "Code": "Success",
        "LastUpdated": "2026-11-25T09:00:00Z",
        "Type": "AWS-HMAC",
        "AccessKeyId": session.access_key_id,
        "SecretAccessKey": session.secret_access_key,
        "Token": session.session_token,
        "Expiration": "2026-11-25T15:00:00Z",
    }
    main.world.clock.advance(hours=5, minutes=55)
    assert told(web, f"{ROLES}/reader")["LastUpdated"] == "2026-11-25T14:55:00Z"


def test_the_instance_profile_and_the_instance_are_reported(main: Account, web: Instance) -> None:
    """By their ARNs and ids."""
    profile = main.instance_profiles["reader"]

    assert told(web, f"{DATA}/iam/info") == {
        "Code": "Success",
        "LastUpdated": "2026-11-25T09:00:00Z",
        "InstanceProfileArn": profile.arn,
        "InstanceProfileId": profile.unique_id,
    }
    document_ = told(web, "/latest/dynamic/instance-identity/document")
    assert (document_["accountId"], document_["instanceId"]) == (OWN, web.name)
    assert (document_["region"], document_["privateIp"]) == ("us-east-1", "10.0.0.9")


def test_a_token_makes_it_version_2(main: Account, web: Instance) -> None:
    """The credentials say by which version they came, and a policy may ask for it."""
    for token, delivery in ((None, "1.0"), (web.metadata.put_token(), "2.0")):
        key_id = json.loads(web.metadata.get(f"{ROLES}/reader", token))["AccessKeyId"]
        assert key_id == web.role_session(delivery=delivery).access_key_id
    old = {"NumericLessThan": {"ec2:RoleDelivery": "2.0"}}
    main.roles["reader"].put_policy("imdsv2", document(deny("*", "*", Condition=old)))

    assert main.world.can(web.role_session(delivery="2.0"), "s3:GetObject", MAP)
    assert not main.world.can(web.role_session(delivery="1.0"), "s3:GetObject", MAP)


# -- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *("", "latest/meta-data/", "//", "/latest/meta-data//", f"{ID}/", "/latest/meta"),
        *(f"{ROLES}/writer", f"{ROLES}/READER", f"{DATA}/iam/../instance-id", "/\ud800", "/2020"),
    ],
)
def test_a_path_without_content_answers_404(path: str, web: Instance) -> None:
    """Paths are taken letter by letter."""
    assert get(web, path).status == 404
    with pytest.raises(RequestError, match=r"404 Not Found"):
        web.metadata.get(path)


def test_without_a_profile_there_is_nothing_below_iam(main: Account) -> None:
    """404, and the rest is reported."""
    bare = main.create_instance()
    for path in (f"{DATA}/iam/", f"{DATA}/iam/info", f"{ROLES}/", f"{ROLES}/reader"):
        answer = get(bare, path)
        assert answer.status == 404
        assert "it has no instance profile" in answer.note

    assert bare.metadata.get(f"{DATA}/").split("\n") == ["instance-id", "local-ipv4", "placement/"]


@pytest.mark.parametrize("path", [ID, f"{ROLES}/reader", "/nowhere", TOKEN])
def test_imdsv2_only_wants_a_token_for_everything(path: str, web: Instance) -> None:
    """401, before it says whether there is anything."""
    web.modify_metadata_options(http_tokens="required")
    assert get(web, path).status == 401
    with pytest.raises(
        RequestError, match=r"requires a token \(IMDSv2 only\) \(401 Unauthorized\)"
    ):
        web.metadata.get(path)

    assert web.metadata.get(ID, web.metadata.put_token()) == web.name


def spoiled(token: str, other: str) -> dict[str, str]:
    """Tokens that are wrong, each in another way."""
    return {
        "none": "",
        "made up": "x" * len(token),
        "another instance's": other,
        "cut off": token[:-1],
        "with a line more": f"{token}\n",
        "in capitals": token.upper(),
        "with a longer time": f"{token[:19]}5460{token[23:]}",
        "made at another time": f"{token[:18]}f{token[19:]}",
        "of other letters": f"é{token[1:]}",
        "isn't a character": "\ud800",
    }


@pytest.mark.parametrize("tokens", ["optional", "required"])
def test_a_wrong_token_is_worse_than_none(tokens: str, main: Account, web: Instance) -> None:
    """401 always, also where none is asked for."""
    web.modify_metadata_options(http_tokens=tokens)
    token, other = web.metadata.put_token(60), main.create_instance().metadata.put_token(60)
    assert get(web, ID, token).status == 200

    for what, wrong in spoiled(token, other).items():
        assert wrong != token, what
        assert get(web, ID, wrong).status == 401, what
        with pytest.raises(RequestError, match="401 Unauthorized"):
            web.metadata.get(ID, wrong)


@settings(max_examples=tries(30))
@given(ttl=st.integers(1, 21_600), waits=st.integers(0, 30_000))
def test_a_token_is_good_for_its_time_and_no_longer(ttl: int, waits: int) -> None:
    """By the world's clock; in a copy of the world that is younger than it, it is unknown."""
    world = World(seed=4)
    web = world.create_account("main", account_id=OWN).create_instance()
    world.clock.advance(seconds=0.5)
    before: Any = world.copy().account("main").resources[web.arn]
    world.clock.advance(seconds=0.25)
    token = web.metadata.put_token(ttl)
    world.clock.advance(seconds=waits)

    assert (get(web, ID, token).status == 200) is (waits < ttl)
    assert get(before, ID, token).status == 401


@pytest.mark.parametrize(
    "ttl", ["0", "21601", "-1", "", "abc", "1.5", "1e3", "٣", "9" * 5000, "0x10", "\ud800"]
)
def test_a_token_lasts_1_to_21600_seconds(ttl: str, web: Instance) -> None:
    """400 otherwise, and if nothing is said."""
    assert put(web, ttl).status == 400
    assert web.metadata.request("PUT", TOKEN).status == 400
    assert put(web, " 021600 ").status == 200


@pytest.mark.parametrize("ttl", [0, -1, 21_601, -(10**5000)], ids=["0", "-1", "21601", "huge"])
def test_the_method_refuses_the_same_times(ttl: int, web: Instance) -> None:
    """With the reason."""
    with pytest.raises(RequestError, match=r"must be 1 to 21600 \(400 Bad Request\)"):
        web.metadata.put_token(ttl)


def test_the_answer_with_a_token_says_how_long_it_is_good(web: Instance) -> None:
    """In a header: clients read it."""
    answer = put(web, "90")

    assert dict(answer.headers) == {TTL: "90"}
    assert get(web, ID, answer.body).status == 200


def test_no_token_is_given_through_a_proxy(web: Instance) -> None:
    """Proxies that are open by mistake name their client: 403."""
    assert put(web, X_Forwarded_For="203.0.113.9").status == 403
    assert put(web, x_forwarded_for="").status == 403
    headers = {"X-Forwarded-For": "203.0.113.9"}

    assert web.metadata.request("GET", ID, headers).body == web.name


def test_header_names_have_no_letter_case(web: Instance) -> None:
    """Neither of the two."""
    answer = web.metadata.request("PUT", TOKEN, {TTL.upper(): "60"})
    headers = {"x-AWS-ec2-METADATA-token": answer.body}
    web.modify_metadata_options(http_tokens="required")

    assert web.metadata.request("GET", ID, headers).body == web.name


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", ID, 403),
        ("PUT", "/2021-07-15/api/token", 403),
        ("PUT", f"{TOKEN}/", 403),
        ("GET", TOKEN, 405),
        ("POST", TOKEN, 405),
        ("DELETE", ID, 405),
        ("get", ID, 405),
        ("", ID, 405),
    ],
)
def test_other_requests_are_not_allowed(method: str, path: str, status: int, web: Instance) -> None:
    """A PUT is for the token, and a GET for the rest."""
    assert web.metadata.request(method, path, {TTL: "60"}).status == status


def test_a_service_that_is_switched_off_refuses_everything(web: Instance) -> None:
    """403, also with a token that was good; switched on again, that is good again."""
    token = web.metadata.put_token()
    web.modify_metadata_options(http_endpoint="disabled")
    requests = (get(web), get(web, ID, token), put(web), web.metadata.request("POST", ID))
    assert [request.status for request in requests] == [403] * 4
    web.modify_metadata_options(http_endpoint="enabled")

    assert get(web, ID, token).status == 200


@pytest.mark.parametrize("end", ["stop", "terminate"])
def test_an_instance_that_does_not_run_does_not_answer(end: str, web: Instance) -> None:
    """No status at all."""
    getattr(web, end)()
    state = {"stop": "stopped", "terminate": "terminated"}[end]
    requests = (get(web), put(web), web.metadata.request("POST", ID))
    assert [(request.status, request.body) for request in requests] == [(0, "")] * 3
    with pytest.raises(RequestError, match=f"gets no data: it is {state}"):
        web.metadata.get(ID)


def test_the_answer_with_a_token_does_not_reach_a_container(web: Instance) -> None:
    """Unless the hop limit is raised; whoever asked gets no answer, and no error either."""
    answer = put(web, hops=2)
    assert (answer.status, answer.body) == (0, "")
    assert (
        answer.note == "the response travels 1 of the 2 hops, as its HttpPutResponseHopLimit says"
    )
    with pytest.raises(RequestError, match="travels 1 of the 2 hops"):
        web.metadata.put_token(hops=2)
    web.modify_metadata_options(http_put_response_hop_limit=2)

    token = web.metadata.put_token(hops=2)
    assert web.metadata.get(ID, token, hops=2) == web.name
    assert put(web, hops=3).status == 0


def test_only_the_answer_to_a_put_is_held_back(main: Account) -> None:
    """A container reads everything by version 1, and with a token that somebody gave it."""
    web = main.create_instance(instance_profile="reader")
    assert web.metadata.get(ID, hops=2) == web.name
    web.modify_metadata_options(http_tokens="required")
    assert web.metadata.get(ID, web.metadata.put_token(), hops=2) == web.name

    with pytest.raises(RequestError, match="401 Unauthorized"):
        web.metadata.get(ID, hops=2)


def test_who_makes_a_web_server_fetch_an_address_gets_credentials_by_version_1_only(
    main: Account, web: Instance
) -> None:
    """He chooses the address of a GET; with IMDSv2 only, that is not enough."""

    def fetched(path: str) -> Response:
        return web.metadata.request("GET", path, {"Host": "169.254.169.254"})

    stolen = json.loads(fetched(f"{ROLES}/{fetched(f'{ROLES}/').body}").body)
    assert stolen["AccessKeyId"] in main.world.sessions
    web.modify_metadata_options(http_tokens="required")

    assert [fetched(path).status for path in (f"{ROLES}/", f"{ROLES}/reader", TOKEN)] == [401] * 3


WRONG: dict[str, Callable[[Any], Any]] = {
    "ttl is text": lambda service: service.put_token("60"),
    "ttl is a truth": lambda service: service.put_token(True),
    "ttl is a fraction": lambda service: service.put_token(60.0),
    "no hop": lambda service: service.put_token(60, hops=0),
    "hops are text": lambda service: service.get(ID, hops="2"),
    "too many hops": lambda service: service.request("GET", ID, hops=10**5000),
    "path is none": lambda service: service.get(None),
    "token is bytes": lambda service: service.get(ID, b"hidden"),
    "method is a number": lambda service: service.request(5, ID),
    "headers are a list": lambda service: service.request("GET", ID, [("a", "b")]),
    "header is a number": lambda service: service.request("PUT", TOKEN, {TTL: 60}),
    "name is a number": lambda service: service.request("PUT", TOKEN, {5: "60"}),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_not_a_request_is_refused(what: str, web: Instance) -> None:
    """And no value is reported again, as it may be secret."""
    with pytest.raises(RequestError) as caught:
        WRONG[what](web.metadata)

    assert "hidden" not in str(caught.value)


PATHS = st.one_of(
    st.sampled_from(["/", ID, TOKEN, f"{DATA}/iam/info", f"{ROLES}/reader"]), st.text(max_size=20)
)
HEADERS = st.dictionaries(
    st.sampled_from([TTL, "X-aws-ec2-metadata-token", "X-Forwarded-For", "Host"]),
    st.text(max_size=8) | st.sampled_from(["60"]),
)


@settings(max_examples=tries(60))
@given(st.sampled_from(["GET", "PUT", "POST"]), PATHS, HEADERS, st.sampled_from([1, 2]))
def test_every_request_has_an_answer_and_changes_nothing(
    method: str, path: str, headers: dict[str, str], hops: int
) -> None:
    """But that credentials may be made."""
    main = World(seed=4).create_account("main", account_id=OWN)
    main.create_role("reader", assume_role_policy_document=trust(EC2))
    main.create_instance_profile("reader").add_role("reader")
    web = main.create_instance(instance_profile="reader")
    before = snapshot(main.world)
    answer = web.metadata.request(method, path, headers, hops=hops)

    assert answer.status in {0, 200, 400, 401, 403, 404, 405}
    assert (answer.status == 200) is (answer.body != "") is (answer.note == "")
    if not web.delivered:
        assert snapshot(main.world) == before


# -- another role, or none, while it runs ---------------------------------------------------------


def test_software_sees_another_role_at_its_next_request(
    main: Account, web: Instance, dana: User
) -> None:
    """Dana replaces the profile, and passes the role; the argument for the old one goes on."""
    old = web.role_session()
    assert web.association is not None
    request = {
        "AssociationId": web.association.association_id,
        "IamInstanceProfile": {"Name": "writer"},
    }
    replace = "ec2:ReplaceIamInstanceProfileAssociation"
    dana.put_policy("ec2", document(allow("ec2:*")))
    with pytest.raises(AccessDenied, match=r"iam:PassRole on resource: .*role/writer"):
        main.call(replace, dana, **request)
    assert web.metadata.get(f"{ROLES}/") == "reader"
    dana.put_policy("pass", document(allow("iam:PassRole", main.roles["writer"].arn)))
    main.call(replace, dana, **request)

    assert web.metadata.get(f"{ROLES}/") == "writer"
    assert get(web, f"{ROLES}/reader").status == 404
    new = web.role_session()
    assert told(web, f"{ROLES}/writer")["AccessKeyId"] == new.access_key_id
    assert main.world.can(new, "s3:PutObject", MAP)
    assert main.world.can(old, "s3:GetObject", MAP)
    main.world.clock.advance(hours=6)
    with pytest.raises(ExpiredToken):
        main.world.can(old, "s3:GetObject", MAP)


def test_a_role_may_come_and_go_while_it_runs(main: Account, dana: User) -> None:
    """To give one it must be passed; to take it away not."""
    bare = main.create_instance()
    assert get(bare, f"{ROLES}/").status == 404
    request = {"InstanceId": bare.name, "IamInstanceProfile": {"Name": "reader"}}
    dana.put_policy("ec2", document(allow("ec2:*")))
    with pytest.raises(AccessDenied, match="iam:PassRole"):
        main.call("ec2:AssociateIamInstanceProfile", dana, **request)
    dana.put_policy("pass", document(allow("iam:PassRole", main.roles["reader"].arn)))
    main.call("ec2:AssociateIamInstanceProfile", dana, **request)
    assert bare.metadata.get(f"{ROLES}/") == "reader"
    session = bare.role_session()

    dana.delete_policy("pass")
    assert bare.association is not None
    given_id = {"AssociationId": bare.association.association_id}
    main.call("ec2:DisassociateIamInstanceProfile", dana, **given_id)
    assert get(bare, f"{ROLES}/reader").status == 404
    assert main.world.can(session, "s3:GetObject", MAP)


def test_a_role_that_does_not_trust_ec2_is_named_and_not_given(
    main: Account, web: Instance
) -> None:
    """The document says so, with status 200: software must read its Code."""
    main.roles["reader"].update_assume_role_policy(trust({"AWS": OWN}))
    found = told(web, f"{ROLES}/reader")

    assert web.metadata.get(f"{ROLES}/") == "reader"
    assert found == {
        "Code": "AssumeRoleUnauthorizedAccess",
        "Message": "EC2 cannot assume the role reader. Please see documentation at "
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_iam-ec2.html"
        "#troubleshoot_iam-ec2_errors-info-doc.",
        "LastUpdated": "2026-11-25T09:00:00Z",
    }
    assert main.world.events[-1].error_code == "AccessDenied"
    main.roles["reader"].update_assume_role_policy(trust(EC2))
    assert told(web, f"{ROLES}/reader")["Code"] == "Success"


def test_info_says_what_is_wrong_with_the_profile(main: Account, web: Instance) -> None:
    """First its role is gone, then the profile itself; one of the same name is another."""
    profile = main.instance_profiles["reader"]
    profile.remove_role("reader")
    found = told(web, f"{DATA}/iam/info")
    assert (found["Code"], found["InstanceProfileArn"]) == ("Success", profile.arn)
    assert found["Message"].startswith("Instance Profile does not contain a role. Please see")
    assert "its instance profile has no role: reader" in get(web, f"{ROLES}/").note

    profile.delete()
    main.create_instance_profile("reader").add_role("reader")
    found = told(web, f"{DATA}/iam/info")
    assert found["Code"] == "InstanceProfileNotFound"
    assert f"Instance Profile with Id {profile.unique_id} cannot be found." in found["Message"]
    assert "was deleted" in get(web, f"{ROLES}/").note


# -- a stored key beside it -----------------------------------------------------------------------


def test_a_stored_key_works_from_anywhere_and_for_ever(
    main: Account, web: Instance, dana: User
) -> None:
    """The credentials of a role end by themselves, if nobody notices that they are stolen."""
    dana.put_policy("maps", document(allow("s3:GetObject", MAP)))
    stored, given_ = dana.create_access_key(), web.role_session()
    home = Network(ip="198.51.100.66")
    assert main.world.can(stored, "s3:GetObject", MAP, network=home)
    assert main.world.can(given_, "s3:GetObject", MAP, network=home)
    main.world.clock.advance(days=3650)

    assert main.world.can(stored, "s3:GetObject", MAP, network=home)
    with pytest.raises(ExpiredToken):
        main.world.can(given_, "s3:GetObject", MAP, network=home)


TIES: dict[str, Any] = {
    "the VPC": {"aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}"},
    "the address, too": {
        "aws:SourceVpc": "${aws:Ec2InstanceSourceVpc}",
        "aws:VpcSourceIp": "${aws:Ec2InstanceSourcePrivateIPv4}",
    },
}


@pytest.mark.parametrize("tie", TIES)
@pytest.mark.parametrize(
    ("network", "lets"),
    [
        (Network(vpc="vpc-1", ip="10.0.0.9"), {"the VPC", "the address, too"}),
        (Network(vpc="vpc-1", ip="10.0.0.10"), {"the VPC"}),
        (Network(vpc="vpc-2", ip="10.0.0.9"), set()),
        (Network(ip="198.51.100.66"), set()),
    ],
    ids=["the instance", "its neighbour", "another VPC", "the internet"],
)
def test_a_policy_ties_the_roles_credentials_to_where_they_were_made(
    tie: str, network: Network, lets: set[str], main: Account, web: Instance, dana: User
) -> None:
    """They say where that was; a stored key says nothing, so the policy cannot hold it."""
    for vpc in ("vpc-1", "vpc-2"):
        main.create_vpc_endpoint("com.amazonaws.us-east-1.s3", vpc)
    for number, key in enumerate(TIES[tie]):
        elsewhere = {
            "StringNotEquals": {key: TIES[tie][key]},
            "Null": {"ec2:SourceInstanceArn": "false"},
            "BoolIfExists": {"aws:ViaAWSService": "false"},
        }
        for who in (main.roles["reader"], dana):
            who.put_policy(f"tie{number}", document(deny("*", "*", Condition=elsewhere)))
    dana.put_policy("maps", document(allow("s3:GetObject", MAP)))
    session, stored = web.role_session(), dana.create_access_key()
    assert bool(main.world.can(session, "s3:GetObject", MAP, network=network)) is (tie in lets)
    assert main.world.can(stored, "s3:GetObject", MAP, network=network)


def test_a_resource_may_be_kept_to_one_instance(main: Account, web: Instance, dana: User) -> None:
    """Its policy asks which instance the credentials were made for; a stored key has none."""
    bucket = main.create_bucket("star-maps")
    other = main.create_instance(instance_profile="reader")
    dana.put_policy("maps", document(allow("s3:GetObject", MAP)))
    not_web = {"ArnNotEquals": {"ec2:SourceInstanceArn": web.arn}}
    bucket.put_policy(document(deny("s3:GetObject", MAP, Principal="*", Condition=not_web)))

    assert main.world.can(web.role_session(), "s3:GetObject", MAP)
    assert not main.world.can(other.role_session(), "s3:GetObject", MAP)
    assert not main.world.can(dana.create_access_key(), "s3:GetObject", MAP)


# -- secrets --------------------------------------------------------------------------------------


def test_neither_tokens_nor_credentials_are_seen_anywhere(main: Account, web: Instance) -> None:
    """Not in answers that are printed, not in errors, not in the world, its log or its file."""
    made, answer = Made(main.world, main), put(web, "60")
    found = get(web, f"{ROLES}/reader", answer.body)
    made.learn("token", answer.body)
    for part in ("SecretAccessKey", "Token"):
        made.learn(part, json.loads(found.body)[part])
    main.world.clock.advance(minutes=1)
    with pytest.raises(RequestError) as caught:
        web.metadata.get(ID, answer.body)

    shown = [repr(answer), str(found), repr([found]), str(caught.value), repr(web), web.metadata]
    assert leaks(made, "\n".join(map(str, shown))) == []
    assert leaks(made, "\n".join(str(event.to_dict()) for event in main.world.events)) == []
    assert held(made, main.world) == []
    assert leaks(made, pickle.dumps(main.world.copy())) == []
    assert sorted(held(made, found)) == ["SecretAccessKey", "Token"]


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy, pickle.dumps])
def test_an_answer_is_not_written_to_a_file(how: Callable[[Any], Any], web: Instance) -> None:
    """As it may hold secrets."""
    with pytest.raises(TypeError, match="can contain secrets"):
        how(get(web))


def test_answers_are_values(web: Instance) -> None:
    """Frozen, and equal if they say the same; the same seed gives the same token."""
    first, again = put(web), put(web)

    assert first == again
    assert len({first, again}) == 1
    with pytest.raises(AttributeError):
        first.body = ""  # type: ignore[misc]
    twin: Any = web.account.world.copy().account("main").resources[web.arn]
    assert get(twin, ID, first.body).status == 200


def test_a_world_that_is_saved_without_secrets_takes_no_old_token(
    main: Account, web: Instance
) -> None:
    """Its seed is another one, from which other tokens follow."""
    from iamlab.storage.saved_world import world_from_json, world_to_json

    token = web.metadata.put_token()
    statuses = []
    for secrets in (True, False):
        world = world_from_json(world_to_json(main.world, secrets=secrets))
        twin: Any = world.account("main").resources[web.arn]
        statuses.append(get(twin, ID, token).status)

    assert statuses == [200, 401]
