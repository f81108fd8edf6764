"""Walks through worlds, recorded, so that a rebuilt package can be compared with what it was.

A seed makes a world. Some random steps are taken in it, and then it gets many questions. What
was answered is kept in ``walks.json`` as short digests, six for each walk::

    python -m tests.recorded.walks record             # write the file
    python -m tests.recorded.walks compare            # say which walks are different now
    python -m tests.recorded.walks show 7 > now.txt   # the whole of one walk, for a diff
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab import AwsError, IamLabError, World
from tests.recorded.questions import SECTIONS, ask_files, ask_reports, ask_verdicts, plain, told
from tests.recorded.steps import (
    BEFORE,
    ENCODED,
    IDS,
    METHODS,
    OPERATIONS,
    OWNED,
    PASSWORDS,
    TEXTS,
    Walk,
    camel,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = Path(__file__).with_name("walks.json")
SLOW = 40
"""Every 40th walk is asked what takes long."""
KEPT = {
    "create_access_key": "access_key",
    "create_virtual_mfa_device": "device",
    "invite_account": "handshake",
    "create_permission_set": "permission_set",
    "register_passkey": "device",
    "create_grant": "grant",
}
"""Method -> the kind of what it makes, where the world does not list it."""
NEW_NAMES = {"caller": "principal", "to_json": "to_dict"}
"""Method or parameter, as the walks note it -> as it is called."""
LOOKUPS = {
    "get_bucket": "buckets",
    "get_group": "groups",
    "get_policy": "policies",
    "get_resource": "resources",
    "get_role": "roles",
    "get_user": "users",
}
"""Method of an account, as the walks note it -> the dictionary that looks up a name."""
ORGANIZATIONS = {
    *("organization", "org_root", "unit", "member", "org_policy", "handshake", "center"),
    *("permission_set", "store_user", "store_group", "portal"),
}


def set_up(walk: Walk) -> None:
    """Make accounts, perhaps an organization, and what is in them."""
    world, pick, chance = walk.world, walk.pick, walk.chance
    for name in ("main", "dev", "out")[: pick([2, 3, 3])]:
        world.create_account(name, account_id=IDS[name])
    walk.account = main = world.account("main")
    if chance(0.65):
        walk.log.attempt("organizes()", lambda: organize(walk, main))
    if chance(0.5):
        issuer = world.create_oidc_issuer("https://id.io", audience="star-maps", algorithm="ES384")
        issuer.register(main)
    if world.seed == 0 and chance(0.8):
        directory = world.create_saml_directory()
        provider = directory.register(main)
        directory.add_user("bob", groups=["astronomers"], email="bob@example.com")
        walk.things["directory_map"] = [(directory, provider)]
    for account in world.accounts.values():
        walk.account, walk.focus = account, {}
        walk.log.attempt("fills()", lambda item=account: fill(walk, item, whole=item is main))
        walk.log.attempt("sets_up()", lambda item=account: services(walk, item))
    for directory, provider in walk.things.pop("directory_map", []):
        if "work" in main.roles:
            directory.map_group("astronomers", main.roles["work"], provider)
    walk.account, walk.before = main, world.copy()


def organize(walk: Walk, main: Any) -> None:
    """Make an organization, with OUs, policies, and at times Identity Center."""
    item = walk.world.create_organization(main)
    prod = item.create_organizational_unit("Prod")
    item.create_account("prod", parent=prod, account_id=IDS["prod"])
    if walk.world.seed == 1 and walk.chance(0.7):  # always early: the same id has the same key
        center = item.enable_identity_center()
        ana = walk.keep("store_user", center.create_user("ana", "Ana Lopez", "ana@example.com"))
        group = walk.keep("store_group", center.create_group("astronomers"))
        group.add_user(ana)
        readers = walk.keep("permission_set", center.create_permission_set("Readers"))
        readers.attach_managed_policy("AmazonS3ReadOnlyAccess")
        center.create_account_assignment(walk.world.account("prod"), readers, group)
        walk.keep("portal", center.sign_in(ana, with_mfa=walk.chance(0.5)))
    if walk.chance(0.5):
        item.invite_account(walk.world.account("dev")).accept()
    item.create_organizational_unit("Web", parent=prod, tags={"team": "sky"})
    walk.account = main
    kind = walk.pick(["SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"])
    walk.log.attempt("guards(type)", lambda: item.enable_policy_type(kind))
    walk.focus = {"type": kind}
    made = walk.log.attempt(
        "guards()", lambda: item.create_policy("guard", walk.guard(), type=kind)
    )
    if not isinstance(made, Exception):
        item.attach_policy(made, walk.pick([item.root, prod]))
    for service in ("iam.amazonaws.com", "sso.amazonaws.com"):
        item.enable_aws_service_access(service)
    if walk.chance(0.5):
        item.enable_organizations_root_credentials_management()
        item.enable_organizations_root_sessions()


def fill(walk: Walk, account: Any, *, whole: bool) -> None:  # noqa: C901, PLR0912 - a long list
    """Make the identities of an account, and their credentials."""
    log, pick, chance = walk.log, walk.pick, walk.chance
    for name in ("maps", "ceiling", "spare")[: 3 if whole else 1]:
        log.attempt("fills(policy)", lambda n=name: account.create_policy(n, walk.document()))
    for name in ("astronomers", "empty")[: 2 if whole else 1]:
        account.create_group(name)
    users = ("ana", "ben", "zoe") if whole else ("dora",)
    for name in users:
        account.create_user(name, tags=pick([None, {"team": "sky"}]))
    for name in ("work", "deploy", "idle") if whole else ("work",):
        trust = walk.trust()
        log.attempt(
            "fills(role)",
            lambda n=name, t=trust: account.create_role(
                n, assume_role_policy_document=t, tags=pick([None, {"team": "sky"}])
            ),
        )
    ana = account.users[users[0]]
    ana.attach_policy(pick([*["AdministratorAccess"] * 4, "PowerUserAccess", "ReadOnlyAccess"]))
    ana.create_login_profile(PASSWORDS[0])
    for item in (*account.users.values(), *account.groups.values(), *account.roles.values()):
        if chance(0.75) and item.name not in ("zoe", "idle", "empty"):
            log.attempt("fills(own)", lambda o=item: o.put_policy("own", walk.document()))
        if chance(0.3) and item.name not in ("zoe", "idle", "empty"):
            known = [*account.policies.values(), "AmazonS3FullAccess", "IAMFullAccess"]
            log.attempt("fills(attached)", lambda o=item, k=known: o.attach_policy(pick(k)))
    account.groups["astronomers"].add_user(ana)
    key = walk.keep("access_key", ana.create_access_key())
    made = log.attempt("fills(session)", lambda: walk.world.sts.get_session_token(key))
    if not isinstance(made, Exception):
        walk.keep("session", made)
    if not whole:
        return
    if chance(0.3) and account.policies:
        account.users["ben"].put_permissions_boundary(pick(account.policies.values()))
    for name, enabled in (("phone", True), ("spare", False)):
        device = walk.keep("device", account.users["ben"].create_virtual_mfa_device(name))
        if enabled:
            device.enable()
    account.create_instance_profile("web").add_role("deploy")
    account.create_instance_profile("bare")
    for operation in ("UploadSigningCertificate", "UploadSSHPublicKey", "CreateAccessKey"):
        values = {"UserName": "ben"}
        if operation != "CreateAccessKey":
            key = "CertificateBody" if "Certificate" in operation else "SSHPublicKeyBody"
            values[key] = TEXTS[key][0]
        walk.harvest(account.call(operation, account.root, **values))


def services(walk: Walk, account: Any) -> None:
    """Make things of services, some with policies."""
    makers: dict[str, Callable[[], Any]] = {
        "s3": lambda: account.create_bucket(
            f"maps-{account.name}", object_ownership="ObjectWriter"
        ),
        "kms": lambda: account.create_key(description="maps"),
        "sqs": lambda: account.create_queue("abc"),
        "sns": lambda: account.create_topic("abc"),
        "lambda": lambda: account.create_function("abc", role=account.roles["work"]),
        "secretsmanager": lambda: account.create_secret("abc"),
        "dynamodb": lambda: account.create_table("abc"),
        "ecr": lambda: account.create_repository("abc"),
        "events": lambda: account.create_event_bus("abc"),
        "ec2": lambda: account.create_instance(
            instance_profile="web" if account.name == "main" else None
        ),
        "vpc": lambda: account.create_vpc_endpoint("com.amazonaws.us-east-1.s3", vpc_id="vpc-1"),
    }
    for service, make in makers.items():
        if service not in ("s3", "kms") and walk.chance(0.45):
            continue
        made = make()
        if hasattr(made, "put_policy") and service != "vpc" and walk.chance(0.5):
            walk.service = service
            text = walk.of_resource(service, made.arn)
            walk.log.attempt("sets_up(policy)", lambda m=made, t=text: m.put_policy(t))


# Steps.


def call(walk: Walk, operation: str) -> None:
    """Call an operation of an API, as somebody."""
    service = operation.rpartition(":")[0]
    walk.choose_account(kind=service)
    values = walk.parameters(operation)
    who = walk.caller()
    if operation in BEFORE and walk.chance(0.65):
        root, values = walk.account.root, prepare(walk, operation, values)
        who = walk.account.root if who is root else who
    if service == "sts" and walk.chance(0.75):
        users = [known for known in walk.pool("user") if known.name in ("ana", "dora")]
        sessions = walk.things.get("session", [])[-3:]
        keys = [
            known for known in walk.pool("access_key") if operation != "sts:GetScopedCredentials"
        ]
        who = walk.pick(sessions if sessions and not keys else [*users, *keys, *sessions]) or who
    elif operation == "ChangePassword":
        who = walk.account.users.get("ana") or walk.account.users.get("dora") or who
    how = walk.world.sts if walk.chance(0.9) else walk.world.sts.endpoint("aws-global")

    def ask() -> Any:
        if service == "sts" and walk.number % 2:
            return how.call(operation[4:], who, **values)
        return walk.account.call(operation, who, **values)

    answer = walk.log.attempt(f"{operation}({plain(who)}, {plain(values)})", ask)
    if isinstance(answer, AwsError):
        walk.things.setdefault("encoded", []).extend(ENCODED.findall(str(answer)))
    elif not isinstance(answer, Exception):
        walk.harvest(answer)
        if service == "sts" and "Credentials" in answer:
            walk.keep("session", walk.world.caller_of(answer["Credentials"]))
        if service == "sts" and "WebIdentityToken" in answer:
            walk.log.lines["answers"].pop()  # a signature is never the same


def prepare(walk: Walk, operation: str, values: dict[str, Any]) -> dict[str, Any]:
    """Call first what gives an operation something to do; give its parameters, ids now known."""
    first = BEFORE[operation]
    if first in BEFORE:
        prepare(walk, first, {})
    sent = walk.parameters(first)
    sent |= {name: values[name] for name in sent if name in values}
    done = walk.log.attempt(
        f"{first}({plain(sent)})", lambda: walk.account.call(first, walk.account.root, **sent)
    )
    if not isinstance(done, Exception):
        walk.harvest(done)
    if operation.startswith("Get"):
        walk.world.clock.advance(minutes=1)
    again = {**walk.parameters(operation), **{item: sent[item] for item in sent if item in values}}
    if operation in ("organizations:AcceptHandshake", "organizations:DeclineHandshake"):
        invited = str(
            sent.get("Target", {}).get("Id") if isinstance(sent.get("Target"), dict) else ""
        )
        walk.account = walk.world.accounts.get(invited, walk.account)
    for item in OWNED:
        if item in again and item in walk.found:
            again[item] = walk.found[item][-1]
            again |= {"UserName": sent["UserName"]} if "UserName" in sent else {}
    return again


def _method(thing: Any, method: str, kind: str) -> Callable[..., Any]:
    """Return the method or the lookup for a name in the walks."""
    if kind == "account" and method in LOOKUPS:
        held = getattr(thing, LOOKUPS[method])
        return lambda **name: held[next(iter(name.values()))]
    found: Callable[..., Any] = getattr(thing, NEW_NAMES.get(method, method))
    return found


def use_method(walk: Walk, name: str) -> None:  # noqa: C901 - one case after the other
    """Call a method of a thing."""
    kind, _, method = name.partition(".")
    walk.choose_account(kind="organizations" if kind in ORGANIZATIONS else "")
    walk.operation, walk.service = _operation(kind, method)
    thing = walk.one(kind)
    if thing is None:
        walk.log.note("answers", name, "nothing there")
        return
    values = arguments(walk, name)
    if name in BEFORE and walk.chance(0.65):
        first = arguments(walk, BEFORE[name])
        if first is not None:
            values = values and {
                **values,
                **{text: first[text] for text in first if text in values},
            }
            short = BEFORE[name].partition(".")[2]
            title = f"{BEFORE[name]}({plain(first)})"
            walk.harvest(walk.log.attempt(title, lambda: getattr(thing, short)(**first)))
    if values is None:
        walk.log.note("answers", name, "nothing there")
        return
    ask = _method(thing, method, kind)
    by_name = {NEW_NAMES.get(text, text): value for text, value in values.items()}
    answer = walk.log.attempt(f"{name}({plain(thing)}, {plain(values)})", lambda: ask(**by_name))
    if isinstance(answer, Exception):
        return
    made = KEPT.get(method)
    if method == "create_user" and kind == "center":
        made = "store_user"
    elif method == "create_group" and kind == "center":
        made = "store_group"
    elif method == "sign_in" and kind == "center":
        made = "portal"
    elif "role_credentials" in method or "role_session" in method or kind == "sts":
        made = "session" if hasattr(answer, "access_key_id") else None
    if made:
        walk.keep(made, answer)
    for text in OWNED[1:]:
        own = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", text.replace("SSH", "Ssh")).lower()
        if isinstance(getattr(answer, own, None), str):
            walk.found.setdefault(text, []).append(getattr(answer, own))


def arguments(walk: Walk, name: str) -> dict[str, Any] | None:
    """Draw the arguments of a method; nothing, if one that it needs is not there."""
    kind, _, method = name.partition(".")
    values = {
        item: argument(walk, item, kind, method)
        for item, form in METHODS[name].items()
        if form or walk.chance(0.3)
    }
    found = {item: value for item, value in values.items() if value is not None}
    return found if all(item in found for item, form in METHODS[name].items() if form) else None


def _operation(kind: str, method: str) -> tuple[str, str]:
    """Return what a method is like: the name and the service of an operation."""
    name = camel(method)
    if kind in ORGANIZATIONS:
        return f"organizations:{name}", "organizations"
    kinds = {"bucket": "s3", "queue": "sqs", "topic": "sns", "function": "lambda", "key": "kms"}
    kinds |= {"secret": "secretsmanager", "table": "dynamodb", "repository": "ecr", "bus": "events"}
    for item, service in kinds.items():
        if kind == item or name.lower() == f"create{item}":
            return f"{service}:{name}", service
    if kind in ("instance", "endpoint") or name in ("CreateInstance", "CreateVpcEndpoint"):
        return f"ec2:{name}", "ec2"
    if kind == "other" or name == "CreateResource":
        return f"cloudformation:{name}", "cloudformation"
    return name, "sts" if kind == "sts" else "iam"


def argument(walk: Walk, name: str, kind: str, method: str) -> Any:
    """Draw the argument of a method."""
    own = {
        "caller": walk.caller,
        "session": lambda: walk.pick(walk.things.get("session", [])[-4:]) or "none",
        "link": lambda: walk.pick(walk.things.get("link", [])) or "none",
        "tags": lambda: walk.pick([{"team": "sky"}, {"cost": ""}, {"aws:x": "y"}]),
        "principal_tags": lambda: {"team": "sky"},
        "document": lambda: walk.trust() if kind == "role" and "assume" in method else _text(walk),
        "inline_policy": walk.document,
        "policy_document": walk.document,
        "service": lambda: f"{walk.pick(['lambda', 'ec2', 'ecs-tasks', 'nothing'])}.amazonaws.com",
        "with_mfa": lambda: walk.chance(0.5),
        "ip": lambda: "203.0.113.9",
        "attributes": lambda: {"team": "sky"},
        "account": lambda: walk.pick(walk.world.accounts.values()),
        "management_account": lambda: walk.pick(walk.world.accounts.values()),
        "principal": lambda: walk.one(walk.pick(["store_user", "store_group"])),
        "instance_profile": lambda: walk.one("profile"),
        "public_access_block": lambda: None,
        "block_public_acls": lambda: walk.chance(0.5),
        "type": lambda: walk.focus.setdefault("type", "SERVICE_CONTROL_POLICY"),
        "provider": lambda: walk.one("saml"),
        "groups": lambda: ["astronomers"],
        "subject": lambda: "ana",
        "audience": lambda: None if method != "get_web_identity_token" else ["star-maps"],
        "value": lambda: 12,
        "credentials": lambda: walk.pick(walk.things.get("session", [None])),
        "url": lambda: walk.pick(TEXTS["Url"]),
        "grant": lambda: walk.one("grant"),
        "policy_arns": lambda: ["ReadOnlyAccess"],
        "task_policy_arn": lambda: walk.pick(TEXTS["TaskPolicyArn"])["arn"],
        "parent": lambda: walk.one(walk.pick(["unit", "org_root"])),
        "target": lambda: walk.one(walk.pick(["unit", "org_root", "member"])),
        "container": lambda: walk.one("unit"),
        "permission_set": lambda: walk.one("permission_set"),
        "display_name": lambda: "Ana Lopez",
        "key": walk.container_id,
        "conditions": lambda: None,
        "at": lambda: None,
        "certificate_id": lambda: walk.seen("CertificateId"),
        "ssh_public_key_id": lambda: walk.seen("SSHPublicKeyId"),
        "service_specific_credential_id": lambda: walk.seen("ServiceSpecificCredentialId"),
        "access_key_id": lambda: walk.seen("AccessKeyId"),
        "minimum_session_token_size": lambda: 2048,
        "policy": lambda: _policy(walk, kind, method),
    }
    if kind == "bucket" and name == "key":
        return "m31"
    if kind in ("account", "world") and (method.startswith("get_") or kind == method):
        thing = walk.one(method.removeprefix("get_").replace("resource", "bucket"))
        thing = walk.one("user") if thing is None else thing
        if thing is None:
            return "none"
        return thing.name if name != "arn" else thing.arn
    if kind == "world" and name == "name" and method in ("user", "group", "role", "bucket"):
        return walk.name(method)
    if method in ("raise_quota", "quota") and name == "name":
        return walk.pick(["PoliciesPerRole", "PoliciesPerUser", "none"])
    if name in own:
        return own[name]()
    if name in ("user", "group", "role"):
        held = f"store_{name}" if kind in ("center", "store_group", "store_user") else name
        return "bob" if kind == "directory" else walk.one(held)
    form = "b" if name.startswith(("block", "ignore", "restrict", "require", "set_as")) else "s"
    return walk.value(camel(name), form)


def _text(walk: Walk) -> str:
    return walk.document() if walk.service == "iam" else walk.resource_policy()


def _policy(walk: Walk, kind: str, method: str) -> Any:
    if kind in ORGANIZATIONS:
        return walk.one("org_policy")
    if kind == "sts":
        return walk.document()
    if method.startswith("create_") or kind == "endpoint":
        return walk.resource_policy()
    return walk.pick([*[walk.one("policy")] * 4, *["ReadOnlyAccess"] * 3, "none"])


def others(walk: Walk) -> None:  # noqa: C901 - a list of small functions
    """Let time pass, sign in, use something, or ask an instance, a directory or an issuer."""
    world, log = walk.world, walk.log
    walk.choose_account()
    account = walk.account
    role, user = walk.one("role"), walk.one("user")
    directory, instance = walk.one("directory"), walk.one("instance")
    resource = walk.pick([*walk.targets(), "*"])
    action, who = walk.action_on(resource), walk.caller(root=0.1)

    def sign_in() -> Any:
        values: dict[str, Any] = {"password": walk.pick([PASSWORDS[0], PASSWORDS[0], "wrong"])}
        if walk.chance(0.2):
            return world.sign_in(email=account.root.email, **values)
        if walk.chance(0.3):
            values["mfa_code"] = walk.one("device")
        return walk.keep("console", world.sign_in(account=account, user=user or "no", **values))

    def network() -> Any:
        chosen = walk.network()
        return world.network(ip=chosen.ip, vpc=chosen.vpc)

    def assume() -> Any:
        who = walk.pick([*walk.pool("user"), *walk.things.get("session", [])[-3:]])
        name = walk.pick(["s1", "monday"])
        return walk.keep(
            "session", world.sts.assume_role(who, role_arn=role, role_session_name=name)
        )

    def link() -> Any:
        session = walk.pick(walk.things.get("session", [])[-4:])
        made = walk.keep("link", world.sts.console_federation_url(session))
        return walk.keep("session", world.sts.sign_in_with(made))

    def federate() -> Any:
        assertion, issuer = None, walk.one("issuer")
        if directory is not None and walk.chance(0.6):
            assertion = directory.sign_in("bob")
            return world.sts.assume_role_with_saml(
                role_arn=role, principal_arn=walk.one("saml"), saml_assertion=assertion
            )
        return world.sts.assume_role_with_web_identity(
            role_arn=role, role_session_name="app", web_identity_token=issuer.token("ana")
        )

    def metadata() -> Any:
        service, hops = instance.metadata, walk.pick([1, 1, 2])
        token = service.put_token(hops=hops) if walk.chance(0.8) else None
        root = "/latest/meta-data/"
        path = walk.pick(["", "instance-id", "iam/info", "iam/security-credentials/", "no"])
        return [plain(service.get(root + path, token, hops=hops)), service.request("GET", "/")]

    def revoke() -> Any:
        session = walk.pick(walk.things.get("session", []))
        return walk.pick([role.revoke_sessions, lambda: role.revoke_session(session)])()

    def portal() -> Any:
        item = walk.one("portal")
        session = item.role_credentials(walk.pick(world.accounts.values()), "Readers")
        return [item.accounts(), walk.keep("session", session)]

    steps: dict[str, Callable[[], Any]] = {
        "advance": lambda: world.clock.advance(minutes=walk.pick([1, 20, 50, 600, 60 * 24 * 40])),
        "do": lambda: world.do(who, action, resource),
        "uses": lambda: world.do(user, action, resource, via="athena.amazonaws.com"),
        "terminates": lambda: world.do(user, "ec2:TerminateInstances", resource),
        "assume": assume,
        "network": network,
        "sign_in": sign_in,
        **({"link": link} if walk.things.get("session") else {}),
        **({"federate": federate} if role and walk.one("issuer") else {}),
        **({"metadata": metadata} if instance is not None else {}),
        **({"revoke": revoke} if role is not None and walk.things.get("session") else {}),
        **({"portal": portal} if walk.things.get("portal") else {}),
    }
    name = walk.pick(steps)
    before = len(log.ended)
    made = log.attempt(f"{name}({plain(who)}, {action}, {resource})", steps[name])
    assert len(log.ended) == before + 1
    if isinstance(made, IamLabError):
        walk.things.setdefault("encoded", []).extend(ENCODED.findall(str(made)))


@cache
def ask_first() -> None:
    """Ask once for ways: in which order they are tried follows from what a process asks first."""
    world = World(seed=1)
    user = world.create_account("first").create_user("first")
    world.reach().blast_radius(user)


def walk_of(number: int) -> Walk:
    """Take a whole walk."""
    ask_first()
    walk = Walk(number)
    set_up(walk)
    every, named = list(OPERATIONS), list(METHODS)
    for at in range(walk.draw.randrange(40, 61)):
        kind = walk.draw.random()
        try:
            if kind < 0.55:  # each has its turn, whatever is drawn
                call(walk, every[(number * 31 + at * 7) % len(every)])
            elif kind < 0.8:
                use_method(walk, named[(number * 37 + at * 11) % len(named)])
            else:
                others(walk)
        except IamLabError as error:  # a parameter could not be had: a token, say
            walk.log.note("errors", "draws", told(error))
        except Exception as error:  # noqa: BLE001 - a crash is recorded, and reported
            walk.log.crash("draws", error)
    slowly = number % SLOW == 0
    ask_verdicts(walk, 24)
    ask_reports(walk, slowly=slowly)
    ask_files(walk, thoroughly=number % 10 == 5 or slowly)
    return walk


def digests_of(number: int) -> tuple[int, list[str], list[tuple[str, str]], list[str]]:
    """Take a walk, and give only what is kept of it."""
    log = walk_of(number).log
    return number, log.digests(), log.ended, log.crashes


def _say(*lines: object, sep: str = " ") -> None:
    sys.stdout.write(sep.join(map(str, lines)) + "\n")


def recorded() -> list[list[str]]:
    """Read what was recorded: of each walk, the digests of its sections."""
    lines = json.loads(FILE.read_text("utf-8"))["walks"]
    return [line.split() for line in lines]


def different(number: int, kept: list[str], found: list[str]) -> str:
    """Return how a walk is different from what was recorded; if it is not, nothing."""
    wrong = [name for name, item, other in zip(SECTIONS, kept, found, strict=True) if item != other]
    how = f"python -m tests.recorded.walks show {number}"
    return f"walk {number}: other {', '.join(wrong)}; see {how}" if wrong else ""


def _all(walks: int, jobs: int) -> Any:
    if jobs == 1:
        yield from map(digests_of, range(walks))
        return
    with ProcessPoolExecutor(jobs) as pool:
        yield from pool.map(digests_of, range(walks), chunksize=5)


def record(walks: int, jobs: int) -> int:
    """Write the file, and say which operations were done, and which crashed."""
    kept, ended, crashes = [], Counter[tuple[str, str]](), dict[str, str]()
    for number, found, ends, crashed in _all(walks, jobs):
        kept.append(" ".join(found))
        ended.update(ends)
        for text in crashed:
            crashes.setdefault(text.partition("(")[0] + text[-60:], f"walk {number}: {text}")
    FILE.write_text(json.dumps({"sections": SECTIONS, "walks": kept}, indent=0) + "\n", "utf-8")
    for what, names in (("operations", OPERATIONS), ("methods", METHODS)):
        done = [name for name in names if ended[name, "done"]]
        failed = [text for text in names if ended[text, "failed"]]
        _say(f"{len(names)} {what}: {len(done)} succeeded, {len(failed)} failed at least once")
        _say("  never succeeded:", *(text for text in names if not ended[text, "done"]))
    _say(f"{len(crashes)} crashes")
    _say(*crashes.values(), sep="\n")
    return 0


def compare(walks: int, jobs: int) -> int:
    """Return which walks are different now."""
    kept = recorded()
    found = (different(number, kept[number], now) for number, now, *_ in _all(walks, jobs))
    wrong = [line for line in found if line and _say(line) is None]
    _say(f"{len(wrong)} of {walks} walks are different")
    return bool(wrong)


def show(number: int) -> int:
    """Print a walk."""
    for section, lines in walk_of(number).log.lines.items():
        _say(f"== {section}", *lines, sep="\n")
    return 0


def main() -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description="Record walks through worlds, and compare them.")
    todo = parser.add_subparsers(dest="todo", required=True)
    for name in ("record", "compare"):
        item = todo.add_parser(name)
        item.add_argument("--walks", type=int, default=2000)
        item.add_argument("--jobs", type=int, default=2)
    todo.add_parser("show").add_argument("seed", type=int)
    values = parser.parse_args()
    os.environ["TQDM_DISABLE"] = "1"  # no bars between the lines
    if values.todo == "show":
        return show(values.seed)
    return (record if values.todo == "record" else compare)(values.walks, values.jobs)


if __name__ == "__main__":
    sys.exit(main())
