"""Commands that save worlds in files, serve them, and compare them."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from iamlab.cli.answers import Answer, as_json, json_lines, one_line, wrapped
from iamlab.cli.options import STANDARD_INPUT, check_read_once, read_either, read_value, read_world
from iamlab.display import count
from iamlab.errors import AccessDenied, RequestError
from iamlab.policy.document import Policy

if TYPE_CHECKING:
    import argparse

    from iamlab.analysis.world_diff.world_diff import Change
    from iamlab.world.world import World


def demo(options: argparse.Namespace) -> Answer:
    """Write the files that the examples use, to a new folder."""
    folder = Path(options.folder)
    if folder.exists():
        raise RequestError(f"{folder} already exists. Name a new folder.")
    files = _demo_files()
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, "utf-8")
    paths = [str(folder / name) for name in files]
    return Answer(status=False, value=lambda: {"files": paths}, text=lambda: paths)


def _demo_world() -> World:
    """Build Acme's account, with a role that Dana can assume to do everything."""
    from iamlab.teach.scenarios import scenario

    world = scenario("groups")
    (account,) = world.accounts.values()
    trust = Policy.allow("sts:AssumeRole", None, principal=[account.account_id, "444455556666"])
    role = account.create_role("deploy", assume_role_policy_document=trust)
    role.attach_policy("AdministratorAccess")
    account.users["dana"].put_policy("deploy", Policy.allow("sts:AssumeRole", role.arn))
    return world


def _demo_files() -> dict[str, str]:
    """Return the files of an account, of the same account after an edit, and of its events."""
    from iamlab.storage.saved_world import world_to_json
    from iamlab.teach.scenarios import MAP, MAPS

    world = _demo_world()
    (account,) = world.accounts.values()
    dana, bob = account.users["dana"], account.users["bob"]
    world.clock.advance(days=120)
    for who, action in ((dana, "s3:GetObject"), (dana, "s3:DeleteObject"), (bob, "s3:GetObject")):
        with suppress(AccessDenied):
            world.do(who, action, MAP)
    before = world_to_json(world)
    details = account.call("GetAccountAuthorizationDetails", account.root_arn)
    report = account.credential_report().csv
    account.groups["contractors"].remove_user("dana")
    guard = account.groups["contractors"].inline["guard"]
    values = {
        "world.json": before,
        "after.json": world_to_json(world),
        "account.json": details,
        "trail.json": {"Records": [event.to_dict() for event in world.events]},
        "policy.json": Policy.allow(["s3:GetObjects", "s3:ListBucket"], MAPS).to_dict(),
        "bucket-policy.json": Policy.allow("s3:GetObject", f"{MAPS}/*", principal="*").to_dict(),
        "question.json": {
            "request": {"principal": dana.arn, "action": "s3:DeleteObject", "resource": MAP},
            "layers": {"identity": [{"policy": guard.to_dict(), "name": "guard"}]},
        },
    }
    texts = {name: json.dumps(value, indent=2, default=str) for name, value in values.items()}
    return {**texts, "users.csv": report}


def world(options: argparse.Namespace) -> Answer:
    """Save accounts and their organization in a file for --world."""
    from iamlab.storage.saved_world import world_to_json

    world = read_world(options)
    if options.output == STANDARD_INPUT:
        options.json = False  # a saved world has its own version
        return Answer(status=False, value=dict, text=lambda: json_lines(world_to_json(world)))
    world.save(options.output)
    counts = {"account": len(world.accounts)}
    for kind in ("user", "group", "role"):
        counts[kind] = sum(len(getattr(account, f"{kind}s")) for account in world.accounts.values())
    line = ", ".join(count(number, name) for name, number in counts.items())
    return Answer(status=False, value=lambda: counts, text=lambda: [line])


def serve(options: argparse.Namespace) -> list[str]:
    """Let the AWS CLI, boto3 and other AWS clients call a world."""
    from iamlab.clients.serving import serve_until_stopped
    from iamlab.storage.saved_world import world_from_json

    file = options.file
    if options.save and file in (None, STANDARD_INPUT):
        raise RequestError("--save writes FILE again. Name the file of a saved world.")
    value = read_value(file, "saved world") if file else {}
    world = cast("World", world_from_json(value, Path(file).name)) if file else _demo_world()
    serve_until_stopped(
        world.gateway,
        lambda line: print(one_line(line), flush=True),
        lambda: world.save(file, secrets=value["secrets"]) if options.save else None,
        port=options.port,
        path=options.profiles,
        creates_keys=not options.no_keys,
    )
    return []


def diff(options: argparse.Namespace) -> Answer:
    """Compare two worlds: edits, and access gained or lost."""
    from iamlab.analysis.world_diff.world_diff import diff_between
    from iamlab.analysis.world_diff.world_edits import shortened

    check_read_once((options.before, options.after))
    found = diff_between(read_either(options.before), read_either(options.after))
    changes = list(found.changes(options.action or None, options.resource or None))
    gained = sum(change.gained for change in changes)
    gains_by = Counter(edit for change in changes for edit in change.by if change.gained)
    return Answer(
        bool(found),
        lambda: {**as_json(found, "edits outside"), "changes": list(map(_change, changes))},
        lambda: wrapped(*found.lines(changes, sampled=not options.action)),
        lambda: (
            f"{count(len(found.edits), 'edit')}: {gained} gained, {len(changes) - gained} lost.",
            *(f"outside: {text}" for text in found.outside.get("gained", ())),
            *map(shortened, sorted(found.edits, key=lambda edit: -gains_by[edit])),
        ),
        lambda: ("change, principal, action, resource, by", map(_change, changes)),
    )


def _change(change: Change) -> dict[str, Any]:
    effect = "gained" if change.gained else "lost"
    return {"change": effect, **as_json(change, "principal action resource by together")}
