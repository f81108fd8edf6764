"""A world as a file: all of it comes back, no secret goes out, and no file can do harm."""

import copy
import json
import os
import py_compile
import random
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from enum import Enum
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import pytest

from iamlab import Policy, World
from iamlab.errors import AwsError, FailedAuthentication, LoadError, RequestError
from iamlab.model.clock_and_ids import Clock, RealClock
from iamlab.operations.federation.oidc_issuer import github_actions
from iamlab.operations.federation.saml_directory import create_directory
from iamlab.operations.registry import entries
from iamlab.policy.statement import Statement
from iamlab.storage import problems as secret_fields
from iamlab.storage import saved_world
from iamlab.storage.codec import coder_of
from iamlab.storage.problems import UNUSABLE, CodingRun
from iamlab.storage.record_coders import ClassCoder, RecordCoder, import_all, types_of_fields
from iamlab.storage.saved_world import (
    Contents,
    SecretsWarning,
    load_world,
    save_world,
    world_from_json,
    world_to_json,
)
from iamlab.world.identities import User
from tests.effort import first_now, tries
from tests.model.world_contents import plain, snapshot
from tests.operations.federation.issuer_tokens import workflow_token
from tests.operations.iam.key_material import CERTIFICATE, PRIVATE_KEY, SSH_KEY, metadata
from tests.operations.iam.random_calls import Chance, outcome, start
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import VERDICTS, export_of, hand_made
from tests.world.secrets_in_worlds import Made, build, leaks

Doc = dict[str, Any]
Step = str | int

SAVED = Path(__file__).parent / "saved"
ONE, TWO = "111111111111", "222222222222"
PASSWORD = "Correct-Horse-1"
MAPS = "arn:aws:s3:::star-maps"


def rich() -> World:
    """A world that has something of each kind."""
    world = World(seed=5)
    main = world.create_account("main", account_id=ONE)
    world.create_account("other", account_id=TWO)
    _identities(world)
    _credentials(world)
    _things(world)
    _organization(world)
    _sessions(world)
    world.clock.advance(hours=5, seconds=0.25)
    for call in (
        lambda: main.create_user("no good"),
        lambda: main.create_user("\ud800"),
        lambda: main.call("CreateUser", main.users["ana"], UserName="zoe"),
    ):
        with pytest.raises(AwsError):
            call()
    queue = f"arn:aws:sqs:us-east-1:{TWO}:stars"
    reads = {**allow("sqs:*", queue), "Principal": {"AWS": main.users["ana"].arn}}
    world.resource_policies[queue] = Policy.parse(document(reads), name="stars")
    world.warnings.append("It is said that a file left something open \u2026")
    return world


def _identities(world: World) -> None:
    main, other = world.account("main"), world.account("other")
    sky = main.create_group("sky", path="/teams/")
    ana = main.create_user("ana", path="/sky/", tags={"team": "sky"})
    sky.add_user(ana)
    sky.attach_policy("AmazonS3ReadOnlyAccess")
    sky.put_policy("list", document(deny("s3:DeleteObject", "*", Sid="Never")))
    odd = '{"Version": "2012-10-17",\n\t"Statement": [{"Effect":"Allow", "NotAction": "iam:*",'
    ana.put_policy("odd", odd + '"Resource": "*", "Condition": {"NumericLessThan": {"a": 1.50}}}]}')
    ana.attach_policy("AmazonSQSFullAccess")
    maps = main.create_policy("maps", document(allow("s3:*", "*")), tags={"a": "b"})
    maps.create_version(document(allow("s3:GetObject", f"{MAPS}/*")), set_as_default=True)
    maps.create_version(document(deny("*")))
    maps.delete_version("v1")
    role = main.create_role(
        "app",
        assume_role_policy_document=trust({"AWS": other.root_arn}),
        path="/app/",
        description="of maps, \u00e9",
        max_session_duration=7200,
        permissions_boundary=maps,
    )
    role.attach_policy(maps)
    main.create_instance_profile("machine").add_role(role)
    other.create_user("eve").attach_policy("AdministratorAccess")
    main.create_service_linked_role("elasticbeanstalk.amazonaws.com")


def _sessions(world: World) -> None:
    """Sessions of each kind, and those who vouch for people outside of AWS."""
    main, sts = world.account("main"), world.sts
    ana = main.users["ana"]
    main.set_sts_regional_endpoint_status("eu-west-1", "Inactive")
    key = ana.access_keys[0]
    github, acme = github_actions(world), create_directory(world)
    oidc, saml = github.register(main), acme.register(main)
    own = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    of_maps = {"StringLike": {f"{oidc.name}:sub": "repo:acme/maps:*"}}
    statements = [
        {"Effect": "Allow", "Principal": who, "Action": action, **more}
        for who, action, more in (
            ({"AWS": ana.arn}, own, {}),
            (
                {"Federated": oidc.arn},
                "sts:AssumeRoleWithWebIdentity",
                {"Condition": of_maps},
            ),
            ({"Federated": saml.arn}, "sts:AssumeRoleWithSAML", {}),
        )
    ]
    role = main.create_role("seen", assume_role_policy_document=document(*statements))
    ana.put_policy("sts", document(allow("sts:*")))
    first = sts.assume_role(
        key,
        role_arn=role,
        role_session_name="ana",
        tags={"team": "sky"},
        transitive_tag_keys=["team"],
        source_identity="ana",
        policy=document(allow("s3:*")),
        policy_arns=["ReadOnlyAccess"],
    )
    sts.get_scoped_credentials(first, policy=document(allow("s3:Get*")), duration_seconds=60)
    sts.get_session_token(key)
    sts.get_federation_token(key, name="guest", policy=document(allow("s3:*")))
    sts.assume_role_with_web_identity(
        role_arn=role,
        role_session_name="job",
        web_identity_token=workflow_token(github, "acme/maps"),
    )
    acme.map_group("sky", role, saml)
    acme.add_user("dana", groups=["sky"], attributes={"department": "sky"})
    assertion = acme.sign_in("dana")
    sts.assume_role_with_saml(role_arn=role, principal_arn=saml, saml_assertion=assertion)


def _credentials(world: World) -> None:
    main = world.account("main")
    ana, root = main.users["ana"], main.root
    key = ana.create_access_key()
    root.create_access_key().update("Inactive")
    world.do(key, "s3:GetObject", f"{MAPS}/m31")
    ana.create_login_profile(PASSWORD, max_signin_session_duration=7200)
    root.create_login_profile(PASSWORD)
    world.sign_in(account="main", user="ana", password=PASSWORD)
    ana.delete_login_profile()
    ana.create_login_profile(PASSWORD, max_signin_session_duration=7200)
    world.sign_in(account="main", user="ana", password=PASSWORD)
    ana.create_virtual_mfa_device("phone", tags={"a": "b"}).enable()
    root.register_passkey("key")
    main.create_virtual_mfa_device("spare")
    ana.enable_mfa_device("GAHT12345678", "123456", "654321")
    ana.create_service_specific_credential("codecommit.amazonaws.com")
    ana.create_service_specific_credential("bedrock.amazonaws.com", credential_age_days=5)
    ana.upload_signing_certificate(CERTIFICATE)
    ana.upload_ssh_public_key(SSH_KEY)


def _things(world: World) -> None:
    main = world.account("main")
    main.create_bucket("star-maps", tags={"team": "sky"})
    everybody = {**allow("s3:GetObject", f"{MAPS}/*"), "Principal": {"AWS": ONE}}
    main.buckets["star-maps"].put_policy(document(everybody))
    main.create_alias("sky-maps")
    main.update_password_policy(minimum_password_length=14, allow_users_to_change_password=True)
    main.raise_quota("PoliciesPerRole", 25)
    main.credential_report()
    for granularity in ("SERVICE_LEVEL", "ACTION_LEVEL"):
        main.call(
            "GenerateServiceLastAccessedDetails",
            main.root_arn,
            Arn=main.policies["maps"].arn,
            Granularity=granularity,
        )
    main.upload_server_certificate("maps", CERTIFICATE, PRIVATE_KEY)
    main.create_saml_provider("corp", metadata(), add_private_key=PRIVATE_KEY)
    main.create_open_id_connect_provider("https://idp.example.com", client_id_list=["a", "b"])
    main.delete_service_linked_role(next(name for name in main.roles if name != "app"))
    main.global_endpoint_token_version = 2
    main.enable_outbound_web_identity_federation()
    main.put_properties({"RoleManager/Enabled": "true"})


def _organization(world: World) -> None:
    """Two accounts in a tree, one that is invited, and a policy of each type."""
    organization = world.create_organization("main")
    invited = organization.invite_account("other")
    invited.accept()
    organization.invite_account(world.create_account("third", account_id="3" * 12))
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    inner = organization.create_organizational_unit("inner", tags={"a": "b"})
    inner.create_organizational_unit("innermost")
    organization.move_account("other", inner)
    guard = organization.create_policy("guard", document(deny("sqs:DeleteQueue", "*")))
    organization.attach_policy(guard, inner)
    organization.enable_aws_service_access("iam.amazonaws.com")
    organization.enable_organizations_root_sessions()
    key = world.account("main").create_key(description="of maps")
    key.create_alias("alias/maps")
    key.create_grant(world.account("main").users["ana"], ["Decrypt"])


@pytest.fixture(scope="module")
def world() -> World:
    """A world like that; no test changes it."""
    return rich()


@pytest.fixture(scope="module")
def saved(world: World) -> Doc:
    """Its JSON, with secrets."""
    return as_read(world_to_json(world, secrets=True))


def as_read(data: Doc) -> Doc:
    """Return what a reader makes of the file."""
    read: Doc = json.loads(json.dumps(data))
    return read


def whole(world: World) -> Any:
    """Return all that two equal worlds have in common."""
    kept = (world.seed, world.ids, world.loaded, world.warnings, world.events)
    also = (plain(world.organizations), plain(world.current_network))
    return snapshot(world), kept, also, plain(world.events)


def without_hashes(world: World) -> World:
    """Return a copy in which no password opens a login profile."""
    twin = world.copy()
    for account in twin.accounts.values():
        for who in (account.root, *account.users.values()):
            if who.login_profile:
                who.login_profile = replace(who.login_profile, hashes=())
    return twin


def refusal(data: object) -> str:
    """Return the text of the LoadError that must come."""
    with pytest.raises(LoadError) as caught:
        world_from_json(data, "world.json")
    return str(caught.value)


# -- everything is kept ---------------------------------------------------------------------------


def test_a_loaded_world_is_the_one_that_was_saved(world: World, tmp_path: Path) -> None:
    """With secrets, in all that it holds; and it points to itself, not to the other."""
    with pytest.warns(SecretsWarning):
        save_world(world, tmp_path / "world.json", secrets=True)
    again = load_world(tmp_path / "world.json")

    assert whole(again) == whole(world)
    for account in again.accounts.values():
        held = (account.root, *account.users.values(), *account.policies.values())
        assert all(item.account is account for item in held)
        assert account.world is again


def test_without_secrets_only_seed_and_hashes_are_different(world: World) -> None:
    """The rest is the same, to the last event."""
    again = world_from_json(world_to_json(world))

    assert snapshot(again) == snapshot(without_hashes(world))
    assert again.events == world.events
    assert (again.ids.made, again.ids.events) == (world.ids.made, world.ids.events)
    assert again.seed == again.ids.seed == secret_fields.one_way(world.seed)


def test_the_world_has_something_of_each_kind(saved: Doc) -> None:
    """Control: no field of an account or user is empty in it, but for those listed here."""
    main = saved["accounts"][ONE]
    known = {item.name for item in fields(World().create_account("a"))}
    never = {"world", "create_date", "s3_public_access_block"}

    assert known - main.keys() <= never
    user = {item.name for item in fields(User)}
    assert user - main["users"]["ana"].keys() <= {"account", "boundary"}


def test_a_document_comes_back_byte_for_byte(world: World) -> None:
    """Whatever its spaces, its order, its numbers; and with its name."""
    text = world.account("main").users["ana"].inline["odd"].text
    again = world_from_json(as_read(world_to_json(world))).account("main").users["ana"]

    assert again.inline["odd"].text == text
    assert "\t" in text
    assert again.inline["odd"].name == "odd"


TEXTS = {
    "indented": json.dumps(document(allow("s3:*")), indent=2),
    "one line": json.dumps(document(allow("s3:*"))),
    "compact": json.dumps(document(allow("s3:*")), separators=(",", ":")),
    "unescaped": json.dumps(document(allow("s3:\u00e9")), indent=2, ensure_ascii=False),
    "escaped": json.dumps(document(allow("s3:\u00e9")), indent=2),
    "odd": ' {"Statement": []}\n',
    "numbers": '{"Statement": {"Effect": "Allow", "Action": "a:b", "Resource": "*", "Condition": '
    '{"NumericEquals": {"aws:x": [1e999, 1.0, 1.50, -0, 1' + "0" * 5000 + "]}}}}",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=list(TEXTS))
def test_every_text_of_a_document_comes_back(text: str) -> None:
    """As JSON where that gives the text again, else as text."""
    run, policy = CodingRun(), Policy.parse(text, name="p")
    again = coder_of(Policy).read(as_read(coder_of(Policy).write(policy, "$", run)), "$", run)

    assert (again.text, again.name, again.statements) == (text, "p", policy.statements)


def test_a_policy_without_text_is_written_in_words() -> None:
    """And has none afterwards either."""
    statement = Statement("Deny", 1, action=("s3:*",), resource=("*",))
    policy = Policy((statement,), "2012-10-17", name="made")
    again = coder_of(Policy).read(
        coder_of(Policy).write(policy, "$", CodingRun()), "$", CodingRun()
    )

    assert again == policy
    assert (again.text, again.name) == ("", "made")


def test_aws_managed_policies_are_not_written(saved: Doc) -> None:
    """They are named by their ARNs only."""
    group = saved["accounts"][ONE]["groups"]["sky"]

    assert group["attached"] == ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    assert list(saved["accounts"][ONE]["policies"]) == [f"arn:aws:iam::{ONE}:policy/maps"]


def test_a_loaded_world_answers_as_the_one_that_was_saved() -> None:
    """Every verdict, and each with the same words."""
    world = hand_made()
    again = world_from_json(as_read(world_to_json(world)))
    for who, action, resource, context, verdict, why in VERDICTS:
        decision = again.can(who, action, resource, context=context)
        first = world.can(who, action, resource, context=context)
        assert decision.verdict.value == verdict, why
        assert (decision.message, str(decision)) == (first.message, str(first))


def test_a_world_of_exports_keeps_its_loose_ends() -> None:
    """What no file held is missing afterwards too, and was warned of once."""
    export = export_of(hand_made())
    export["GroupDetailList"] = export["GroupDetailList"][1:]
    with pytest.warns(UserWarning, match="astronomers"):
        world = World.from_account_details(export)
    again = world_from_json(as_read(world_to_json(world)))

    assert whole(again)[0] == whole(world)[0]
    assert (again.loaded, again.warnings) == (True, world.warnings)
    request = (world.user("alice").arn, "s3:GetObject", f"{MAPS}/m31")
    assert again.can(*request).assumed == world.can(*request).assumed


@pytest.mark.parametrize("seed", first_now(range(8), 2))
def test_whatever_a_world_has_come_to_can_be_saved(seed: int) -> None:
    """After hundreds of calls by chance; what save writes, load reads."""
    account = start(seed)
    chance = Chance(seed, account)
    every = [name for name in sorted(entries()) if ":" not in name]  # those of IAM
    for _ in range(250):
        operation = chance.draw.choice(every)
        outcome(account, operation, chance.parameters(operation))
    again = world_from_json(as_read(world_to_json(account.world, secrets=True)))

    assert whole(again) == whole(account.world)


def test_the_types_of_fields_are_found_without_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the edition for browsers some modules are compiled, and their names are only for types."""
    source = tmp_path / "only_compiled.py"
    source.write_text(
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n"
        "    from datetime import datetime as moment, timedelta\n"
        "    from collections.abc import Mapping\n"
        "@dataclass\n"
        "class Held:\n"
        "    since: moment\n"
        "    ages: Mapping[str, timedelta]\n",
        "utf-8",
    )
    py_compile.compile(str(source), str(source.with_suffix(".pyc")))
    source.unlink()
    monkeypatch.syspath_prepend(tmp_path)
    held = import_module("only_compiled").Held

    assert types_of_fields(held) == {"since": datetime, "ages": Mapping[str, timedelta]}


def test_a_loaded_world_goes_on_as_the_other_would() -> None:
    """Time moves, ids follow, and nothing of it is seen in the world that was saved."""
    world = rich()
    again = world_from_json(world_to_json(world, secrets=True))
    before = whole(world)
    made = again.account("main").create_user("zoe")
    again.clock.advance(days=1)

    assert whole(world) == before
    assert world.account("main").create_user("zoe").unique_id == made.unique_id


def test_a_real_clock_stays_one() -> None:
    """Its time is not written, only by how much it is ahead of the computer's."""
    for clock in (RealClock(), RealClock(ahead=90)):
        data = world_to_json(World(clock=clock))

        assert data["clock"] == {"class": "RealClock", "ahead": clock.ahead}
        assert world_from_json(data).clock == clock
    assert world_from_json({**data, "clock": {"class": "RealClock"}}).clock == RealClock()


def test_a_time_keeps_its_zone() -> None:
    """UTC is Z; another zone stays what it is."""
    there = datetime(2026, 3, 1, 12, 0, 0, 5, timezone(timedelta(hours=2)))
    data = world_to_json(World(clock=Clock(there)))

    assert data["clock"]["now"] == "2026-03-01T12:00:00.000005+02:00"
    assert world_from_json(data).clock.now.isoformat() == there.isoformat()
    assert world_to_json(World(clock=Clock(there.astimezone(UTC))))["clock"]["now"][-1] == "Z"


def test_every_attribute_of_a_world_is_kept_or_named() -> None:
    """A new attribute of World needs a line in Contents, or one here that says why it has none."""
    not_kept = {
        "seed",  # that of the ids
        "revision",  # counts from 0 again
        "remembered",  # can be worked out again
        "key_owners",  # an index of what is kept
        "standing",  # of copies in which calls are tried
    }

    assert {item.name for item in fields(Contents)} == vars(World()).keys() - not_kept


def coders(start: Any) -> Iterator[Any]:
    """Yield every coder that can be reached."""
    seen, waiting = set(), [start]
    while waiting:
        item = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        yield item
        inside = [getattr(item, "item_coder", None), *getattr(item, "each", ())]
        inside += item.known.values() if isinstance(item, ClassCoder) else ()
        inside += (
            [part.coder for part in item.field_coders] if isinstance(item, RecordCoder) else ()
        )
        waiting += [each for each in inside if each is not None]


def test_every_class_that_a_world_holds_can_be_written() -> None:
    """A class with a field that no file can hold fails here, and not in a lesson."""
    classes = {
        coder.cls.__name__ for coder in coders(coder_of(Contents)) if isinstance(coder, RecordCoder)
    }

    assert {"Account", "User", "Role", "Bucket", "Row", "LoginProfile", "Event"} <= classes


# -- secrets --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made() -> Made:
    """A world in which everything that has a secret was made and used."""
    return build()


def test_no_secret_is_in_the_file(made: Made, tmp_path: Path) -> None:
    """Of 26 kinds, in no spelling; nor a hash, nor the seed."""
    save_world(made.world, tmp_path / "world.json")
    text = (tmp_path / "world.json").read_text("utf-8")

    assert len(made.secrets) == 26
    assert leaks(made, text) == []
    assert '"hashes"' not in text
    assert '"secrets": false' in text
    data = json.loads(text)
    assert data["ids"]["seed"] != made.world.seed
    for follows in (f"secret/{next(iter(made.account.root.key_records))}", "mfa/1"):
        loaded = world_from_json(data).ids.hidden(follows, "abcdefgh", 40)
        assert loaded != made.world.ids.hidden(follows, "abcdefgh", 40)


def test_a_secret_that_is_planted_would_be_found(made: Made, tmp_path: Path) -> None:
    """Control: the search sees what is in such a file."""
    spoiled = made.world.copy()
    spoiled.warnings.append(made.secrets["password ana"])
    save_world(spoiled, tmp_path / "world.json")

    assert leaks(made, (tmp_path / "world.json").read_text("utf-8")) == ["password ana"]


def test_a_loaded_world_holds_no_secret_of_the_first(made: Made) -> None:
    """Keys, devices and login profiles are there, but what opened them opens them no more."""
    again = world_from_json(as_read(world_to_json(made.world)))
    ana = again.user("ana")
    profile = made.account.users["ana"].login_profile

    assert [access_key.access_key_id for access_key in ana.access_keys] == list(ana.key_records)
    assert len(ana.mfa_devices) == 1
    assert profile is not None
    assert ana.login_profile == replace(profile, hashes=())
    with pytest.raises(FailedAuthentication):
        again.sign_in(user=ana, password=made.secrets["password ana"])
    ana.update_login_profile(password="Another-Horse-2")
    assert ana.login_profile.is_right("Another-Horse-2")


def test_with_secrets_all_that_opened_still_opens(world: World, tmp_path: Path) -> None:
    """The password, and the phone's codes."""
    with pytest.warns(SecretsWarning, match=r"world.json contains secrets"):
        save_world(world, tmp_path / "world.json", secrets=True)
    again = load_world(tmp_path / "world.json")
    ana = again.account("main").users["ana"]
    [key_id] = ana.key_records

    assert ana.login_profile is not None
    assert ana.login_profile.is_right(PASSWORD)
    assert again.ids.secret_of(key_id) == world.ids.secret_of(key_id)
    assert json.loads((tmp_path / "world.json").read_text("utf-8"))["secrets"] is True


ROOMS = tuple(
    f"iamlab.{room}."
    for room in (
        "model",
        "authorization",
        "cloudtrail",
        "operations",
        "analysis",
        "storage",
        "world",
    )
)


def every_dataclass() -> set[type]:
    """Return all dataclasses of the world's modules, and all that a file may hold."""
    import_all()
    modules = [module for name, module in sys.modules.items() if name.startswith(ROOMS)]
    found = {
        value
        for module in modules
        for value in vars(module).values()
        if isinstance(value, type) and is_dataclass(value)
    }
    return found | {
        coder.cls for coder in coders(coder_of(Contents)) if isinstance(coder, RecordCoder)
    }


def test_every_field_that_sounds_secret_is_marked_or_listed_as_harmless() -> None:
    """A new one fails here until somebody has said which it is; till then it is not written."""
    held = {coder.cls for coder in coders(coder_of(Contents)) if isinstance(coder, RecordCoder)}
    labels = {f"{cls.__name__}.{item.name}" for cls in every_dataclass() for item in fields(cls)}
    own = {f"{cls.__name__}.{item.name}" for cls in held for item in fields(cls)}
    marked = secret_fields.LEFT_OUT.keys() | secret_fields.WRITTEN_INSTEAD.keys()
    doubtful = {label for label in labels if secret_fields.is_secret(label)} - marked

    assert len(labels) > 250
    assert doubtful & own == set()
    assert marked <= own
    assert labels >= secret_fields.HARMLESS
    assert secret_fields.is_secret("Anything.api_token")


@dataclass
class Box:
    """Of a class that somebody adds tomorrow."""

    label: str
    client_secret: str = "unset"


def test_a_field_that_only_sounds_secret_is_not_written() -> None:
    """Nobody has marked it, so it is taken for one; its default is in its place."""
    coder = RecordCoder(Box, coder_of)

    assert coder.write(Box("a", "s3cr3t"), "$", CodingRun()) == {"label": "a"}
    assert coder.read({"label": "a"}, "$", CodingRun()) == Box("a")
    assert (
        coder.write(Box("a", "s3cr3t"), "$", CodingRun(secrets=True))["client_secret"] == "s3cr3t"
    )


@dataclass
class Safe:
    """A class with a secret that nothing can be for."""

    client_secret: str


def test_a_secret_that_nothing_stands_for_is_refused_at_once() -> None:
    """The error names the module for its value without secrets."""
    with pytest.raises(TypeError, match=r"Safe\.client_secret without it to iamlab"):
        RecordCoder(Safe, coder_of).write(Safe("x"), "$", CodingRun())


def test_a_file_without_secrets_cannot_hold_any(saved: Doc) -> None:
    """The head says false, and a hash is there: somebody has changed one of the two."""
    found = refusal({**saved, "secrets": False})

    assert f'$.accounts["{ONE}"].users.ana.login_profile.hashes' in found
    assert "Remove it" in found


# -- the file -------------------------------------------------------------------------------------


def test_the_file_is_json_to_read(world: World, tmp_path: Path) -> None:
    """Indented, in UTF-8, its head first."""
    save_world(world, tmp_path / "world.json")
    raw = (tmp_path / "world.json").read_bytes()

    assert raw.startswith(b'{\n  "iamlab": "world",\n  "version": 1,\n  "secrets": false,\n')
    assert raw.endswith(b"}\n")
    assert "\u2026".encode() in raw
    assert b"\r" not in raw


def test_the_same_world_gives_the_same_bytes(tmp_path: Path) -> None:
    """Made anew, copied, or loaded."""
    paths = [tmp_path / f"{number}.json" for number in range(4)]
    first = rich()
    for path, world in zip(paths, (first, rich(), first.copy()), strict=False):
        with pytest.warns(SecretsWarning):
            save_world(world, path, secrets=True)
    with pytest.warns(SecretsWarning):
        save_world(load_world(paths[0]), paths[3], secrets=True)

    assert len({path.read_bytes() for path in paths}) == 1


def test_an_older_version_is_lifted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version by version, each by its own function."""
    old = {**world_to_json(World(seed=3)), "note": "of version 1"}

    def to_two(data: Doc) -> Doc:
        return {key: value for key, value in data.items() if key != "note"} | {"notes": ["x"]}

    def to_three(data: Doc) -> Doc:
        return {
            **{key: value for key, value in data.items() if key != "notes"},
            "warnings": ["lifted"],
        }

    assert "doesn't have the field 'note'" in refusal(old)
    monkeypatch.setattr(saved_world, "VERSION", 3)
    monkeypatch.setattr(saved_world, "LIFTS", {1: to_two, 2: to_three})

    assert world_from_json(old).warnings == ["lifted"]
    assert world_to_json(World())["version"] == 3


def test_a_lift_that_finds_no_way_is_a_load_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A damaged old file does not end in a KeyError."""
    monkeypatch.setattr(saved_world, "VERSION", 2)
    monkeypatch.setattr(saved_world, "LIFTS", {1: lambda data: data["no"]["such"]})

    assert "isn't a world of version 1" in refusal(world_to_json(World()) | {"version": 1})


def test_a_newer_version_is_refused(saved: Doc) -> None:
    """In one sentence, with both versions."""
    found = refusal({**saved, "version": 7, "future": 1})

    assert found == (
        "world.json has version 7, and this iamlab reads versions up to 1: "
        "load it with a newer iamlab."
    )


def test_the_stored_file_of_version_1_still_loads() -> None:
    """And answers as it did on the day that it was written."""
    world = load_world(SAVED / "version_1.json")
    answers = json.loads((SAVED / "version_1_answers.json").read_text("utf-8"))

    assert asked(world) == answers
    assert len(answers) == 20
    assert {"allowed", "implicitDeny", "explicitDeny"} <= set(answers.values())
    again = world_from_json(as_read(world_to_json(world)))
    assert snapshot(again) == snapshot(world)


def asked(world: World) -> dict[str, str]:
    """Ask some questions of a world."""
    callers = [user.arn for user in (*world.account("main").users.values(), world.user("eve"))]
    callers += [role.arn for role in world.account("main").roles.values()]
    callers.append(world.account("main").root_arn)
    pairs = [
        ("s3:GetObject", f"{MAPS}/m31"),
        ("s3:DeleteObject", f"{MAPS}/m31"),
        ("iam:CreateUser", f"arn:aws:iam::{ONE}:user/x"),
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{TWO}:stars"),
        ("sts:AssumeRole", f"arn:aws:iam::{ONE}:role/app/app"),
    ]
    return {
        f"{caller} {action} {resource}": world.can(caller, action, resource).verdict.value
        for caller in callers
        for action, resource in pairs
    }


# -- writing --------------------------------------------------------------------------------------

SLOW = """
import sys, time
from pathlib import Path
from iamlab import World
from iamlab.storage import saved_world as contents
from iamlab.storage import saved_world
from iamlab.storage.saved_world import save_world

whole = saved_world._pieces

def slowly(written):
    pieces = list(whole(written))
    yield "".join(pieces[: len(pieces) // 2])
    yield " " * 100_000  # more than any buffer keeps back
    print("in the middle", flush=True)
    time.sleep(600)

saved_world._pieces = slowly
world = World(seed=2)
world.create_account("second").create_user("bob")
save_world(world, Path(sys.argv[1]))
"""


def test_an_interrupted_save_loses_nothing(tmp_path: Path) -> None:
    """Killed in the middle, it leaves the file that was there, and a later save works."""
    path = tmp_path / "world.json"
    world = World(seed=1)
    world.create_account("first").create_user("alice")
    save_world(world, path)
    good = path.read_bytes()
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SLOW), str(path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "in the middle\n"
        writer.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
        writer.wait(60)

    [left] = [item for item in tmp_path.iterdir() if item != path]
    assert left.name.startswith(".world.json.")
    assert left.name.endswith(".unfinished")
    assert left.stat().st_size > 100_000
    assert "cut off" in load_refusal(left)
    assert path.read_bytes() == good
    assert snapshot(load_world(path)) == snapshot(world)
    world.account("first").create_user("carol")
    save_world(world, path)
    assert load_world(path).user("carol").name == "carol"

    assert left.exists(), "a process may still write it"
    hours_ago = time.time() - 7200
    os.utime(left, (hours_ago, hours_ago))
    save_world(world, path)
    assert [item for item in tmp_path.iterdir() if item != path] == []


def load_refusal(path: Path | str) -> str:
    """Return the text of the LoadError that must come of a file."""
    with pytest.raises(LoadError) as caught:
        load_world(path)
    return str(caught.value)


def test_a_save_that_fails_leaves_no_file_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither at its place nor beside it, whatever stopped it."""

    def broken(_: Doc) -> Iterator[str]:
        yield "{"
        raise KeyboardInterrupt

    monkeypatch.setattr(saved_world, "_pieces", broken)
    with pytest.raises(KeyboardInterrupt):
        save_world(World(), tmp_path / "world.json")

    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_saved_leaves_the_file_alone(tmp_path: Path) -> None:
    """All reasons are said before anything is written."""
    path, world = tmp_path / "world.json", hand_made()
    save_world(world, path)
    good = path.read_bytes()
    alice = world.user("alice")
    alice.tags["age"] = 5  # type: ignore[assignment]  # as a learner may do
    alice.groups.append("spare")
    with pytest.raises(RequestError, match=r"users\.alice\.tags\.age: It must be text") as caught:
        save_world(world, path)
    alice.tags.pop("age")
    with pytest.raises(RequestError, match=r"groups\[1\]: The account has no such group"):
        save_world(world, path)

    assert not isinstance(caught.value, LoadError)
    assert path.read_bytes() == good
    assert list(tmp_path.iterdir()) == [path]


def mode(path: Path) -> int:
    """Return who can read and write a file."""
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.skipif(os.name == "nt", reason="Windows has other permissions")
def test_a_file_with_secrets_is_for_its_owner_only(tmp_path: Path) -> None:
    """Even in the place of one that all could read; without secrets, it stays as it was."""
    path = tmp_path / "world.json"
    before = os.umask(0o022)
    try:
        save_world(World(), path)
        assert mode(path) == 0o644
        with pytest.warns(SecretsWarning):
            save_world(World(), path, secrets=True)
        assert mode(path) == 0o600
        save_world(World(), path)
        assert mode(path) == 0o600
    finally:
        os.umask(before)


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file behind it is replaced."""
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old", "utf-8")
    link.symlink_to(real)
    save_world(World(), link)

    assert link.is_symlink()
    assert load_world(real).accounts == {}


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    """As Python says it."""
    with pytest.raises(FileNotFoundError):
        save_world(World(), tmp_path / "no" / "world.json")


# -- what is wrong in a file ----------------------------------------------------------------------

USERS = ("accounts", ONE, "users")
ANA = (*USERS, "ana")
GROUP = ("accounts", ONE, "groups", "sky")
ROLE = ("accounts", ONE, "roles", "app")
POLICY = ("accounts", ONE, "policies", f"arn:aws:iam::{ONE}:policy/maps")
IN_ONE = f'$.accounts["{ONE}"]'
AT_POLICY = f'{IN_ONE}.policies["arn:aws:iam::{ONE}:policy/maps"]'
GONE = object()

# What is put where, the place that is named, and a word of the text.
WRONG: list[tuple[tuple[Step, ...], Any, str, str]] = [
    (("warning",), [], "$:", "Did you mean warnings?"),
    ((*ANA, "pth"), "/", f"{IN_ONE}.users.ana:", "Did you mean path?"),
    ((*ANA, "account"), {}, f"{IN_ONE}.users.ana:", "doesn't have the field"),
    ((*ANA, "name"), GONE, f"{IN_ONE}.users.ana.name:", "missing"),
    (("clock",), GONE, "$.clock:", "missing"),
    ((*ANA, "path"), 5, f"{IN_ONE}.users.ana.path:", "text, not a number"),
    ((*ANA, "attached"), {}, f"{IN_ONE}.users.ana.attached:", "a list, not an object"),
    ((*GROUP, "attached", 0), None, f"{IN_ONE}.groups.sky.attached[0]:", "not null"),
    (USERS, [], f"{IN_ONE}.users:", "an object, not a list"),
    ((*ANA, "path"), "sky", f"{IN_ONE}.users.ana.path:", "slash"),
    ((*ANA, "name"), "a b", f"{IN_ONE}.users.ana.name:", "isn't a name"),
    ((*ANA, "name"), "eva", f"{IN_ONE}.users.ana:", "has the name 'eva'"),
    ((*ANA, "create_date"), "yesterday", f"{IN_ONE}.users.ana.create_date:", "a time such as"),
    ((*ANA, "create_date"), "2026-01-01T00:00:00", f"{IN_ONE}.users.ana.create_date:", "Z"),
    ((*ANA, "create_date"), 5, f"{IN_ONE}.users.ana.create_date:", "a time such as"),
    ((*ANA, "groups", 0), "skye", f"{IN_ONE}.users.ana.groups[0]:", "Did you mean sky?"),
    (
        (*GROUP, "attached", 0),
        "arn:aws:iam::aws:policy/NoneSuch",
        f"{IN_ONE}.groups.sky.attached[0]:",
        "isn't in the account or an AWS managed policy",
    ),
    ((*GROUP, "attached", 0), "ReadOnly", f"{IN_ONE}.groups.sky.attached[0]:", "isn't the ARN"),
    (
        (*ROLE, "boundary"),
        f"arn:aws:iam::{ONE}:policy/x",
        f"{IN_ONE}.roles.app.boundary:",
        "isn't in the account",
    ),
    (
        (*ROLE, "instance_profiles", 0),
        "machin",
        f"{IN_ONE}.roles.app.instance_profiles[0]:",
        "Did you mean machine?",
    ),
    ((*ROLE, "max_session_duration"), 5, f"{IN_ONE}.roles.app.max_session_duration:", "43200"),
    ((*ROLE, "max_session_duration"), True, f"{IN_ONE}.roles.app.max_session_duration:", "whole"),
    ((*ROLE, "max_session_duration"), 3600.0, f"{IN_ONE}.roles.app.max_session_duration:", "whole"),
    ((*ROLE, "max_session_duration"), 10**400, f"{IN_ONE}.roles.app.max_session", "too large"),
    ((*ROLE, "trust", "document"), 5, f"{IN_ONE}.roles.app.trust.document:", "an object"),
    ((*ROLE, "trust", "documents"), {}, f"{IN_ONE}.roles.app.trust:", "Did you mean document?"),
    ((*ROLE, "trust", "layout"), "nice", f"{IN_ONE}.roles.app.trust.layout:", "There are:"),
    (
        (*ROLE, "trust", "document", "Statement", 0, "Effect"),
        "allow",
        f"{IN_ONE}.roles.app.trust.document.Statement[0].Effect:",
        "Allow",
    ),
    ((*ANA, "inline", "odd", "text"), "{", f"{IN_ONE}.users.ana.inline.odd.text:", "line 1"),
    ((*ANA, "inline", "odd", "text"), 5, f"{IN_ONE}.users.ana.inline.odd.text:", "number"),
    ((*POLICY, "default_version_id"), "v1", f"{AT_POLICY}.default_version_id:", "There are: v2"),
    ((*POLICY, "arn"), f"arn:aws:iam::{TWO}:policy/maps", AT_POLICY, "has the arn"),
    (("accounts", ONE, "account_id"), "11", f"{IN_ONE}.account_id:", "12 digits"),
    (("accounts", TWO, "account_id"), "3" * 12, f'$.accounts["{TWO}"]', "has the account_id"),
    (("accounts", ONE, "partition"), "aws-moon", f"{IN_ONE}.partition:", "aws-cn"),
    (("accounts", ONE, "quotas", "Usrs"), 1, f"{IN_ONE}.quotas.Usrs:", "Did you mean Users?"),
    (("accounts", ONE, "quotas", "PoliciesPerRole"), -1, f"{IN_ONE}.quotas.Pol", "negative"),
    (("accounts", TWO, "alias"), "sky-maps", f'$.accounts["{TWO}"].alias:', "exists already"),
    (("accounts", ONE, "resources", MAPS, "class"), "os", ".class:", "name of a class"),
    (("clock", "class"), GONE, "$.clock.class:", "There are: Clock, RealClock"),
    (("clock",), {"class": "RealClock", "ahead": 10**15}, "$.clock.ahead:", "It must be -6"),
    (("ids", "made"), -1, "$.ids.made:", "0 to"),
    (("ids", "seed"), "0xg", "$.ids.seed:", "whole number"),
    (("events", 0, "event_name"), "\ud800", "$.events[0].event_name:", "surrogate"),
    (("events", 0, "event_name"), "\0base64:?", "$.events[0].event_name:", "Base64"),
    (("events", 0, "user_identity", "x"), float("nan"), "$.events[0].user_identity.x:", "JSON"),
    (("events", 0, "user_identity", "x"), {1}, "$.events[0].user_identity.x:", "JSON"),
    (("events", 0, "user_identity"), [], "$.events[0].user_identity:", "an object"),
    (("events", 0, "resources"), "x", "$.events[0].resources:", "a list"),
    ((*ANA, "login_profile", "hashes", 0), ["MQ=="], ".hashes[0]:", "a list of 2"),
    ((*ANA, "login_profile", "hashes", 0, 1), "?", ".hashes[0][1]:", "Base64"),
    ((*ANA, "login_profile", "hashes", 0, 1), 5, ".hashes[0][1]:", "Base64"),
    ((*ANA, "login_profile"), [], f"{IN_ONE}.users.ana.login_profile:", "an object, of"),
    (("resource_policies", "stars"), {"document": {"Statement": []}}, "$.resource_policies", "ARN"),
    (("loaded",), 1, "$.loaded:", "false or true"),
    (("secrets",), 1, "$.secrets:", "true or false"),
    (("version",), True, "$.version:", "number"),
    (("iamlab",), "word", "world.json isn't a saved world", "world.save"),
]


def changed(data: Doc, steps: tuple[Step, ...], value: Any) -> Doc:
    """Return a copy in which something else is at a place, or nothing."""
    found = copy.deepcopy(data)
    inside: Any = found
    for step in steps[:-1]:
        inside = inside.setdefault(step, {}) if isinstance(inside, dict) else inside[step]
    if value is GONE:
        del inside[steps[-1]]
    else:
        inside[steps[-1]] = value
    return found


@pytest.mark.parametrize(
    ("how", "value", "place", "word"),
    WRONG,
    ids=[f"{'.'.join(map(str, steps[-3:]))} {number}" for number, (steps, *_) in enumerate(WRONG)],
)
def test_what_is_wrong_is_said_with_its_place(
    saved: Doc, how: tuple[Step, ...], value: Any, place: str, word: str
) -> None:
    """A JSON path, and what should be there."""
    found = refusal(changed(saved, how, value))

    assert place in found
    assert word in found


def test_everything_that_is_wrong_is_said_at_once(saved: Doc) -> None:
    """What is of a wrong kind, and what does not go together; twenty, and how many more."""
    both = changed(changed(saved, (*ROLE, "path"), 5), (*ANA, "groups", 0), "none")
    found = refusal(changed(both, ("accounts", TWO, "partition"), "x"))
    many = refusal({**saved, "warnings": [5] * 70})

    assert all(f"{IN_ONE}.{name}" in found for name in ("roles.app.path", "users.ana.groups[0]"))
    assert f'$.accounts["{TWO}"].partition' in found
    assert len(found.splitlines()) == 4
    assert "$.warnings[19]" in many
    assert many.endswith("... and 50 more")


def test_an_organization_is_a_tree_of_accounts_that_are_there(saved: Doc) -> None:
    """Whoever climbs in it comes to its root, and what is attached in it is there."""
    [(key, shown)] = saved["organizations"].items()
    inner, innermost = shown["organizational_units"]
    at, unit = ("organizations", key), f'$.organizations["{key}"].organizational_units'
    spoiled = changed(saved, (*at, "organizational_units", inner, "parent_id"), innermost)
    spoiled = changed(spoiled, (*at, "members", TWO, "parent_id"), "r-none")
    spoiled = changed(spoiled, (*at, "root", "attached", 0), "p-none")
    spoiled = changed(spoiled, (*at, "management_account_id"), "3" * 12)
    found = refusal(spoiled)

    for item in (inner, innermost):
        assert f'{unit}["{item}"].parent_id: It isn\'t below the root' in found
    assert f'members["{TWO}"].parent_id: It isn\'t the id of the root' in found
    assert ".root.attached[0]: There is no such policy." in found
    assert ".management_account_id: It must be a member." in found
    less = {name: account for name, account in saved["accounts"].items() if name != TWO}
    assert f'members["{TWO}"]: There is no such account.' in refusal({**saved, "accounts": less})


def test_two_namesakes_in_another_letter_case_are_refused(saved: Doc) -> None:
    """IAM has one name space whatever the case."""
    twin = {"name": "ANA", "unique_id": "AIDA0"}
    found = refusal(changed(saved, (*USERS, "ANA"), twin))

    assert f"{IN_ONE}.users.ANA: ana has the same name in different case." in found


def test_one_mistake_is_not_told_as_two(saved: Doc) -> None:
    """Groups that cannot be read are not missed by their members."""
    found = refusal(changed(saved, ("accounts", ONE, "groups"), []))

    assert len(found.splitlines()) == 2


def test_a_secret_that_is_wrong_is_not_told(saved: Doc) -> None:
    """A message names the place and the kind, never the value."""
    found = refusal(changed(saved, (*ANA, "login_profile", "hashes", 0, 1), "s3cr3t!"))

    assert "s3cr3t" not in found


def test_a_thousand_mistakes_are_enough(saved: Doc) -> None:
    """The rest of such a file is not looked at."""
    found = refusal({**saved, "warnings": [5] * 500_000})

    assert found.endswith("... and 980 more")


TEXTS_OF_FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "no JSON": (b"{'a': 1}", ("line 1, column 2", "It isn't JSON")),
    "cut off": (b'{\n "iamlab": "world",\n "version": 1', ("line 3", "cut off")),
    "empty": (b"", ("cut off",)),
    "twice": (b'{\n "iamlab": "world",\n "iamlab": "world"}', ("line 3, column 2", "duplicated")),
    "NaN": (b'{"iamlab": "NaN",\n "version": NaN}', ("line 2, column 13", "NaN")),
    "infinity": (b'{"iamlab": "world",\n "version": -Infinity}', ("line 2, column 13", "Infinity")),
    "huge": (b'{"version": ' + b"9" * 5000 + b"}", ("line 1, column 13", "5000 digits")),
    "too large": (b'{"a": "1e999", "version": 1e999}', ("line 1, column 27", "too large")),
    "deep": (b"[" * 100_000 + b"]" * 100_000, ("nested",)),
    "a list": (b"[]", ("isn't a saved world",)),
    "binary": (b"\x80\x02}q\x00.", ("UTF-8",)),
    "half a pair": (rb'{"iamlab": "world", "version": 1, "secrets": false, "\ud800": 1}', ("$:",)),
}


@pytest.mark.parametrize("what", TEXTS_OF_FILES)
def test_a_file_that_is_not_json_is_reported_with_line_and_column(
    what: str, tmp_path: Path
) -> None:
    """Strictly: no NaN, no key twice, no number that nobody can mean."""
    raw, words = TEXTS_OF_FILES[what]
    path = tmp_path / "world.json"
    path.write_bytes(raw)
    found = load_refusal(path)

    assert "world.json" in found
    assert [word for word in words if word not in found] == []


def test_a_file_cut_off_anywhere_is_called_cut_off(world: World, tmp_path: Path) -> None:
    """Wherever the copy stopped."""
    path = tmp_path / "world.json"
    save_world(world, path)
    text = path.read_text("utf-8")
    for cut in range(1, len(text) - 2, len(text) // 150):
        path.write_text(text[:cut], "utf-8")
        assert "cut off" in load_refusal(path), text[max(0, cut - 20) : cut]


def test_deep_nesting_is_refused_wherever_it_is(saved: Doc) -> None:
    """In parameters of a call, in a document, around everything."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    round_and_round: Doc = {}
    round_and_round["x"] = round_and_round
    for steps in (("events", 0, "user_identity", "x"), (*ROLE, "trust", "document", "Id")):
        for value in (deep, round_and_round):
            data = as_read(saved)
            inside: Any = data
            for step in steps[:-1]:
                inside = inside[step]
            inside[steps[-1]] = value
            assert "world.json" in refusal(data)


@pytest.mark.parametrize("path", [".", "no/such.json", "a\0b"])
def test_a_path_that_leads_to_no_file_is_a_load_error(path: str) -> None:
    """With the reason."""
    assert "can't be read" in load_refusal(path)


def places(value: Any, steps: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """Return the way to every value in JSON."""
    if steps:
        yield steps
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    for step, item in inside:
        if isinstance(item, dict | list):
            yield from places(item, (*steps, step))
        else:
            yield (*steps, step)


VALUES: list[Any] = [
    *(GONE, None, True, 0, -1, 10**30, 1.5, float("inf"), "", "x", "\ud800", "\0base64:x"),
    *([], {}, [None], [[]], {"": 0}, {"class": "World"}, {5: 6}, (), {1}, object(), b"x"),
    *("0x5", "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "arn:aws:iam::aws:policy/x", "/", "*"),
    *("__class__", "a" * 10_000, f"arn:aws:iam::{ONE}:policy/maps", ONE),
]


def mutate(data: Doc, draw: random.Random, ways: list[tuple[Step, ...]]) -> Doc:
    """Change something: put another value, take one from elsewhere, rename a key."""
    found, steps = copy.deepcopy(data), draw.choice(ways)
    inside: Any = found
    for step in steps[:-1]:
        inside = inside[step]
    how, last = draw.randrange(4), steps[-1]
    if how == 0 and isinstance(inside, dict):
        inside[draw.choice(["", "x", "class", "account", "\ud800", "ANA"])] = inside.pop(last)
    elif how == 1:
        other: Any = found
        for step in draw.choice(ways):
            other = other[step]
        inside[last] = copy.deepcopy(other)
    else:
        value = draw.choice(VALUES)
        if value is GONE:
            del inside[last]
        else:
            inside[last] = copy.copy(value)
    return found


@pytest.mark.chance
def test_loading_raises_nothing_but_load_errors(saved: Doc) -> None:
    """Whatever is changed; and what is loaded can be saved and asked."""
    draw = random.Random(2026)
    lean = {**saved, "events": saved["events"][:3]}
    ways = list(places(lean))
    refused = 0
    for number in range(tries(1500)):
        data = mutate(lean, draw, ways)
        if number % 3 == 0:
            data = mutate(data, draw, [steps for steps in ways if _is_there(data, steps)])
        try:
            world = world_from_json(data)
        except LoadError:
            refused += 1
            continue
        assert repr(world)
        assert snapshot(world_from_json(world_to_json(world, secrets=True))) == snapshot(world)
        world.who_can("s3:GetObject", f"{MAPS}/m31")

    assert tries(900) < refused < tries(1500)


def _is_there(data: Any, steps: tuple[Step, ...]) -> bool:
    for step in steps:
        try:
            data = data[step]
        except (LookupError, TypeError):
            return False
    return True


@pytest.mark.chance
def test_text_that_is_not_json_raises_only_load_errors(world: World, tmp_path: Path) -> None:
    """Single characters of the file changed, taken out, put in."""
    path, draw = tmp_path / "world.json", random.Random(7)
    save_world(replace_events(world), path)
    text = path.read_text("utf-8")
    for _ in range(tries(300)):
        place = draw.randrange(len(text))
        put = draw.choice(["", '"', "{", "}", "[", "]", ",", ":", "\\", "9", "\0", "e", "\\ud800"])
        path.write_text(text[:place] + put + text[place + draw.randrange(2) :], "utf-8")
        with suppress(LoadError):
            assert repr(load_world(path))


def replace_events(world: World) -> World:
    """Return a copy with few events."""
    twin = world.copy()
    twin.events = twin.events[:2]
    return twin


def test_a_file_names_no_class_but_those_of_its_field(saved: Doc) -> None:
    """Not even another one of iamlab."""
    for name in ("World", "User", "iamlab.model.clock_and_ids.Clock", "os.system", "Event"):
        assert "$.clock.class" in refusal(changed(saved, ("clock", "class"), name))


# -- types ----------------------------------------------------------------------------------------


class Colour(Enum):
    """Something of a few."""

    RED = "r"
    BLUE = "b"


@dataclass(frozen=True)
class Leaf:
    """A value that refuses some of itself."""

    size: int | str
    colour: Colour = Colour.RED
    weight: float = 0.0
    labels: frozenset[str] = frozenset()
    kind: Literal["oak", "elm"] = "oak"
    anything: Any = None

    def __post_init__(self) -> None:
        if self.size == 13:
            raise ValueError("13 is no size")


@dataclass
class Branch:
    """A thing that holds things of its own kind, which point back."""

    parent: Any = None
    name: str = ""
    leaves: list[Leaf] = field(default_factory=list)
    pair: tuple[int, str] | None = None
    both: dict[str, bytes] | list[int] | bool | None = None
    _remembered: dict[str, int] = field(default_factory=dict)


LEAVES = [
    Leaf(1, Colour.BLUE, 1.5, frozenset("ba"), "elm", {"a": [1, None, True, 0.5, "x", 2**70]}),
    Leaf("0x5"),
    Leaf("\0", anything="\ud800"),
]


def test_values_of_every_type_come_back() -> None:
    """Enumerations, sets, closed lists of words, alternatives, nested objects."""
    coder = RecordCoder(Branch, coder_of)
    for both in ({"a": b"\0\xff"}, [1, 2**80], True, None):
        tree = Branch(None, "a", LEAVES, (2**60, "b"), both, {"forgotten": 1})
        again = coder.read(as_read(coder.write(tree, "$", CodingRun())), "$", CodingRun())
        assert again == replace(tree, _remembered={})


REFUSED_TYPES = [complex, dict[int, str], list, str | datetime, Callable[[], None], tuple, dict]


@pytest.mark.parametrize("hint", REFUSED_TYPES)
def test_a_type_that_no_file_can_hold_is_said_to_who_writes_the_class(hint: Any) -> None:
    """When the class is first looked at, not when the first such value comes."""
    with pytest.raises(TypeError, match="a world's file can't"):
        coder_of(hint)


NOT_READ: list[tuple[Any, Any]] = [
    (Leaf, {"size": 13}),
    (Leaf, {"size": 1.5}),
    (Leaf, {"size": 2**60}),
    (Leaf, {"size": 1, "colour": "GREEN"}),
    (Leaf, {"size": 1, "weight": "heavy"}),
    (Leaf, {"size": 1, "kind": "fir"}),
    (bytes, "?"),
    (int, 1.0),
]


@pytest.mark.parametrize(("hint", "raw"), NOT_READ)
def test_a_value_of_another_type_is_not_read(hint: Any, raw: Any) -> None:
    """It is noted, and nothing is in its place."""
    run = CodingRun()

    assert coder_of(hint).read(raw, "$", run) is UNUSABLE
    assert run.places


NOT_WRITTEN: list[tuple[Any, Any]] = [
    *((str, 5), (int, "5"), (int, True), (bool, 1), (float, float("nan")), (bytes, "x")),
    *((datetime, datetime(2026, 1, 1)), (datetime, "x"), (Policy, {}), (list[str], "abc")),  # noqa: DTZ001
    *((dict[str, str], []), (dict[str, str], {5: "x"}), (tuple[int, int], (1,)), (Colour, "RED")),
    *((list[int] | dict[str, int], 5), (int, object()), (bool | None, 5), (Any, 1j)),
    *((Any, object()), (Any, float("inf")), (Leaf, 5), (int | None, "x"), (int | str, 2**60)),
]


@pytest.mark.parametrize(("hint", "value"), NOT_WRITTEN)
def test_a_value_of_another_type_is_not_written(hint: Any, value: Any) -> None:
    """What a learner has put into a world by hand is said before a file is touched."""
    run = CodingRun()
    coder_of(hint).write(value, "$", run)

    assert run.places


def test_a_policy_of_aws_in_an_account_stays_nobodys() -> None:
    """A field that may point back, and points to nothing, does so afterwards."""
    world = hand_made()
    policies = world.account("maps").policies
    next(iter(policies.values())).account = None
    again = world_from_json(world_to_json(world)).account("maps").policies

    assert [item.account is None for item in again.values()] == [True, False, False]


class Stopwatch(Clock):
    """A clock that somebody has made."""


def test_a_clock_that_no_file_knows_is_not_written() -> None:
    """It would come back as another one."""
    with pytest.raises(RequestError, match=r"\$\.clock: It must be Clock or RealClock"):
        world_to_json(World(clock=Stopwatch()))


def test_a_thing_that_is_in_no_account_is_not_read() -> None:
    """What it belongs to comes from around it."""
    run = CodingRun()

    assert coder_of(User).read({"name": "ana"}, "$", run) is UNUSABLE
    assert run.problems.found == ["$: It isn't in a account."]


def test_an_account_is_in_one_organization(saved: Doc) -> None:
    """Two of them cannot have it."""
    [(key, shown)] = saved["organizations"].items()
    text = json.dumps(shown).replace(key, "o-second")
    both = {key: shown, "o-second": json.loads(text)}

    assert "The account is also in another organization" in refusal(
        {**saved, "organizations": both}
    )


def test_a_thing_that_belongs_to_another_account_is_not_written() -> None:
    """It would come back as one of this account."""
    world = hand_made()
    stranger = World().create_account("x").create_user("eve")
    world.account("maps").users["eve"] = stranger
    with pytest.raises(RequestError, match=r"users\.eve: Its account isn't"):
        world_to_json(world)


# -- many -----------------------------------------------------------------------------------------


def test_many_principals_are_saved_and_loaded(tmp_path: Path) -> None:
    """Users with a document each."""
    world = World(seed=1)
    account = world.create_account("main", account_id=ONE)
    for number in range(tries(5000)):
        policy = Policy.parse(document(allow("s3:*", f"{MAPS}/{number}")), name="own")
        name = f"user{number}"
        account.users[name] = User(account, name, inline={"own": policy}, tags={"a": name})
    save_world(world, tmp_path / "world.json")
    again = load_world(tmp_path / "world.json")

    assert snapshot(again) == snapshot(world)


def write_sample() -> None:
    """Write the stored file of this version anew; only as long as the version is not released."""
    world = import_module("tests.storage.test_world_files").rich()
    SAVED.mkdir(exist_ok=True)
    save_world(world, SAVED / "version_1.json")
    answers = json.dumps(asked(load_world(SAVED / "version_1.json")), indent=2)
    (SAVED / "version_1_answers.json").write_text(f"{answers}\n", "utf-8")


if __name__ == "__main__":
    write_sample()
