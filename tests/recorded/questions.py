"""What a walk is asked at its end, and how answers become text that another day can be compared."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from datetime import date
from enum import Enum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab import IamLabError, Trail, World

if TYPE_CHECKING:
    from tests.recorded.steps import Walk

_MAY_BE = re.compile(r"iamlab\.| at 0x|eyJ|/walk/")
SECTIONS = ("answers", "errors", "events", "verdicts", "files", "reports")
_STRIPPED = (
    (re.compile(r"\biamlab(?:\.\w+)+\."), ""),  # where a class is
    (re.compile(r" at 0x[0-9a-f]+"), ""),
    (re.compile(r"(eyJ[\w-]{20,}\.eyJ[\w-]+)\.[\w-]+"), r"\1.signature"),  # is never the same
    (re.compile(r"/[\w./-]+/walk/"), ""),  # the folder of a file
)


def clean(text: str) -> str:
    """Take out of a text what is another one in every process, and where classes are."""
    if _MAY_BE.search(text):
        for pattern, instead in _STRIPPED:
            text = pattern.sub(instead, text)
    return text


def plain(value: Any) -> Any:
    """Make plain data of an answer; of a thing, its own words."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Enum):
        return clean(str(value))
    if isinstance(value, str):
        return clean(str(value))
    if isinstance(value, (bytes, bytearray)):
        return f"{len(value)} bytes {sha256(value).hexdigest()[:8]}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted((plain(item) for item in value), key=str)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    words, shown = clean(repr(value)), clean(str(value))
    return words if words == shown else f"{words} | {shown}"


class Log:
    """The lines of a walk, in sections."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {name: [] for name in SECTIONS}
        self.ended: list[tuple[str, str]] = []
        self.crashes: list[str] = []

    def note(self, section: str, title: str, value: Any) -> None:
        """Note something."""
        text = json.dumps(plain(value), ensure_ascii=False)
        self.lines[section].append(f"{title} -> {text}")

    def attempt(self, title: str, ask: Callable[[], Any], section: str = "answers") -> Any:
        """Do something, and note the answer, or the error."""
        name = title.partition("(")[0]
        try:
            answer = ask()
            self.note(section, title, answer)
        except IamLabError as error:
            self.ended.append((name, "failed"))
            kept = "errors" if section == "answers" else section
            self.note(kept, title, told(error))
            return error
        except (RecursionError, MemoryError):
            raise
        except Exception as error:  # noqa: BLE001 - a crash is recorded, and reported
            self.ended.append((name, "crashed"))
            self.crash(title, error)
            return error
        self.ended.append((name, "done"))
        return answer

    def crash(self, title: str, error: Exception) -> None:
        """Note what is not an error of iamlab's own: only its class, for Python words the rest."""
        self.note("errors", title, f"crash: {type(error).__name__}")
        self.crashes.append(f"{title}: {_place(error)}")

    def digests(self) -> list[str]:
        """Return a short digest of each section."""
        return [sha256("\n".join(self.lines[name]).encode()).hexdigest()[:8] for name in SECTIONS]


def told(error: BaseException) -> dict[str, Any]:
    """Return all that an error tells."""
    names = ("code", "http_status", "message", "problems")
    found = {name: getattr(error, name) for name in names if hasattr(error, name)}
    notes = getattr(error, "__notes__", [])
    return {"error": type(error).__name__, "text": str(error), **found, "notes": notes}


def _place(error: BaseException) -> str:
    """Return where a crash was: for the report, not for the record."""
    at, place = error.__traceback__, ""
    while at is not None:
        place, at = f"{at.tb_frame.f_code.co_filename}:{at.tb_lineno}", at.tb_next
    return f"{type(error).__name__}: {error} ({place})"


def of_decision(item: Any) -> list[Any]:
    """Return what a decision says."""
    steps = [[step.layer, step.result, step.reason] for step in item.steps]
    return [
        *(str(item.verdict), str(item), item.message, steps, item.blocked_by, item.assumed),
        *([str(reading) for reading in item.determining], item.combining_rule, item.nearest_miss),
    ]


def ask_verdicts(walk: Walk, number: int) -> None:  # noqa: C901 - one chance after the other
    """Ask who may do what, with callers, contexts and circumstances of every kind."""
    world, log = walk.world, walk.log
    contexts: list[Any] = [
        *(None, None, {"aws:MultiFactorAuthPresent": "true"}, {"aws:SourceIp": "203.0.113.5"}),
        *({"aws:TagKeys": ["team"]}, {"aws:PrincipalTag/team": "sky"}, {"my:key": "1"}),
    ]
    for at in range(number):
        walk.choose_account()
        caller, resource = walk.caller(root=0.06), walk.pick([*walk.targets(), "*"])
        arguments: dict[str, Any] = {"context": walk.pick(contexts)}
        if walk.chance(0.2):
            arguments["network"] = walk.network()
        if walk.chance(0.1):
            arguments["via"] = walk.pick(["athena.amazonaws.com", ["cloudformation.amazonaws.com"]])
        if walk.chance(0.06):
            arguments["region"] = walk.pick(["eu-west-1", "us-east-1", "no"])
        if walk.chance(0.06):
            arguments["request_tags"] = {"team": "sky"}
        if caller == "lambda.amazonaws.com" and walk.chance(0.5):
            arguments["source_arn"] = walk.pick(walk.targets())
        action = walk.action_on(resource)
        title = f"can({plain(caller)}, {action}, {resource}, {plain(arguments)})"

        def ask(
            who: Any = caller, what: str = action, on: str = resource, how: Any = arguments
        ) -> Any:
            return world.can(who, what, on, **how)

        try:
            made = ask()
        except IamLabError as error:
            log.note("verdicts", title, told(error))
            continue
        except Exception as error:  # noqa: BLE001 - a crash is recorded, and reported
            log.crash(title, error)
            continue
        log.note("verdicts", title, of_decision(made))
        if at % 9 == 0:
            request = {"explain": made.explain, "to_json": made.to_dict}
            for name, method in request.items():
                log.attempt(f"{name}()", method, "verdicts")
            log.attempt("fixes()", lambda item=made: item.fixes(), "verdicts")


def ask_files(walk: Walk, *, thoroughly: bool) -> None:
    """Write events and things; at times save the world, load it, and save that again."""
    world, log = walk.world, walk.log
    log.lines["events"] += [clean(json.dumps(event.to_dict())) for event in world.events]
    log.note("events", "repr", world.events)
    for account in world.accounts.values():
        held = [account, *account.users.values(), *account.groups.values(), *account.roles.values()]
        held += [*account.policies.values(), *account.resources.values()]
        log.note("files", account.name, held)
    if not thoroughly:
        return
    log.attempt("to_account_details()", world.to_account_details, "files")
    log.attempt("to_resource_policies()", world.to_resource_policies, "files")
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder, "walk")
        here.mkdir()

        def saved(item: World, name: str) -> str:
            item.save(here / name)
            return (here / name).read_text("utf-8")

        log.attempt("save()", lambda: saved(world, "one.json"), "files")
        log.attempt("again()", lambda: saved(World.load(here / "one.json"), "two.json"), "files")
        delivered = log.attempt("deliver()", lambda: _delivered(walk, here), "files")
        if isinstance(delivered, list):
            log.attempt("trail()", lambda: _trail(here), "files")
    details = world.to_account_details()
    again = log.attempt("from_account_details()", lambda: World.from_account_details(*details))
    if isinstance(again, World):
        log.attempt("to_account_details()", again.to_account_details, "files")


def _delivered(walk: Walk, folder: Path) -> list[str]:
    walk.world.events.deliver(folder / "trail")
    return sorted(str(item.relative_to(folder)) for item in folder.rglob("*.gz"))


def _trail(folder: Path) -> list[Any]:
    trail = Trail(*sorted(folder.rglob("*.gz")))
    names = [event.event_name for event in trail]
    return [names, trail.read, trail.problems.total, trail.skipped.total]


def ask_reports(walk: Walk, *, slowly: bool) -> None:
    """Ask for the reports; the slow ones only if it is said."""
    world, log = walk.world, walk.log
    walk.choose_account()
    account, user, role = walk.account, walk.one("user"), walk.one("role")
    who = walk.pick([item for item in (user, role) if item is not None]) or account.root
    action, resource = walk.pick(["s3:GetObject", "sts:AssumeRole"]), walk.pick(walk.targets())
    some = [walk.action_on(resource) for _ in range(2)]
    quick: dict[str, Callable[[], Any]] = {
        "summary": account.summary,
        "credential_report": lambda: account.credential_report().csv,
        "security_status": lambda: account.security_status().to_dict(),
        "recommendations": account.security_recommendations,
        "timeline": lambda: world.timeline().as_text(),
        "where": lambda: [item.event_id for item in world.events.where(outcome="denied")],
        "audit": lambda: account.audit().to_dict(),
        "diff": lambda: [str(item) for item in walk.before.diff(world)],
    }
    middle: dict[str, Callable[[], Any]] = {
        "last_accessed": lambda: str(account.last_accessed(who)),
        "who_can": lambda: _decided(world.who_can(action, resource)),
        "access": lambda: str(world.access_matrix(some, walk.targets()[:3])),
        "roles": lambda: str(world.access_matrix(some, walk.targets()[:2], by="role")),
        "groups": lambda: str(world.access_matrix(some, walk.targets()[:2], by="group")),
        "organization": lambda: account.organizations_last_accessed(walk.entity_path()),
        "user": lambda: user and user.summary(),
        "unused": lambda: str(world.unused(who)),
        "least_privilege": lambda: world.least_privilege(who).to_dict(),
    }
    slow: dict[str, Callable[[], Any]] = {
        "what_can": lambda: str(world.what_can(who, services=["s3", "sts", "sqs"])),
        "outside_access": lambda: [plain(item) for item in world.outside_access()],
        "changes": lambda: _changes(walk.before.diff(world).changes()),
        "path": lambda: str(world.reach().path(who)),
        "blast_radius": lambda: _reached(world.reach().blast_radius(who)),
    }
    if walk.number % 200 == 0:
        slow["admins"] = lambda: _reached(world.reach().admins())
        slow["to"] = lambda: _reached(world.reach().to(action, resource))
    request = quick | (middle if walk.number % 5 == 0 or slowly else {}) | (slow if slowly else {})
    for name, ask in request.items():
        log.attempt(f"{name}()", ask, "reports")


def _changes(found: Any) -> list[str]:
    """Write changes as they were when the walks were recorded."""
    return [str(plain(item)).replace("(principal=", "(caller=") for item in found]


def _decided(found: Any) -> list[Any]:
    return [[arn, str(found[arn])] for arn in found] if isinstance(found, Mapping) else plain(found)


def _reached(found: Any) -> list[Any]:
    return [[str(who), str(found[who])] for who in found]
