"""What sessions may do, asked of each of them; and who it is that calls STS.

What the package notes of a session is not read here: the model says what must hold.
"""

from collections import Counter
from typing import TYPE_CHECKING, Any

from iamlab import World, errors
from iamlab.errors import AwsError, NoSuchEntity
from iamlab.errors import sts as sts_errors
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.session import Session
from tests.state_machine.plain_sessions import GONE, OVER, WITHOUT_ALLOW
from tests.state_machine.plain_world import PlainWorld
from tests.state_machine.resource_steps import ResourceSteps
from tests.state_machine.steps import Fault
from tests.state_machine.world_steps import MAIN, pick

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iamlab.operations.iam.mfa_device import MfaDevice

OFTEN_ASKED = (
    *("sts:GetSessionToken", "sts:GetScopedCredentials", "sts:GetCallerIdentity"),
    *("sts:GetFederationToken", "iam:GetAccountSummary", "sts:AssumeRoot"),
)
"""The request of sessions also what everybody is asked."""


def error(code: str) -> type[AwsError]:
    """Return the class of an error."""
    found: type[AwsError] = getattr(errors, code, None) or getattr(sts_errors, code)
    return found


class SessionAsking(ResourceSteps):
    """Sessions that were got, and the questions that each of them is asked."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self.sessions: dict[str, Session] = {}  # as they were answered, in whichever world
        self.seen: Counter[str] = Counter()
        self.phones: dict[str, MfaDevice] = {}
        self.homes: dict[str, str] = {}  # access key -> account

    # -- who calls ----------------------------------------------------------------------------

    def callers(self, kind: str) -> list[str]:
        """List those who call STS: by their ARNs, or the ids of access keys and sessions."""
        alive, every = self.model.alive(), self.model.everybody()
        among: dict[str, Iterable[str]] = {
            "user": [arn for arn in every if ":user/" in arn],
            "key": self.homes,
            "session": alive,
            "scoped": self.most_scoped(alive),
            "marked": [
                key for key in alive if self.model.source_of(key) or self.model.inherited(key)
            ],
            "dead": [key for key in self.model.sessions if key not in alive][-3:],
            "other": [arn for arn in every if ":user/" not in arn],
        }
        instead = alive if kind in ("scoped", "marked") else []
        return [*among[kind]] or instead or [*every]

    def most_scoped(self, alive: list[str]) -> list[str]:
        """List the sessions with the most scope-down policies, if any has one."""
        layers = {key: len(self.model.sessions[key]["scoped"]) for key in alive}
        most = max(layers.values(), default=0)
        return [key for key in alive if most and layers[key] == most]

    def some_caller(self, kind: str, number: int) -> str:
        """Choose one of them."""
        return str(pick(self.callers(kind), number))

    def shows(self, caller: str) -> Any:
        """Return what is shown to AWS: credentials, or for an ARN nothing more than that."""
        if caller in self.model.sessions:
            # The object that was answered first, or one that was made of what this world keeps.
            kept = self.world.sessions[caller]
            return self.sessions[caller] if next(self.turn) % 2 else Session(self.world, kept)
        if caller in self.homes:
            return AccessKey(self.account(self.homes[caller]).root, caller)
        return caller

    def account_of(self, caller: str) -> str:
        """Return the account that somebody is of."""
        if caller in self.model.sessions:
            return str(self.model.sessions[caller]["arn"].split(":")[4])
        return self.homes.get(caller) or caller.split(":")[4]

    def refused(self, caller: str) -> list[Fault]:
        """Return what keeps somebody from calling anything."""
        code = self.model.refusal(caller)
        dead = [(True, error(code))] if code else []
        return [*dead, (self.model.lost(), NoSuchEntity)]

    def parent(self, caller: str) -> str:
        """Return the id of the credentials that somebody calls with; of an ARN there aren't any."""
        return "" if caller.startswith("arn:") else caller

    # -- what sessions may do -----------------------------------------------------------------

    def pairs_of_sessions(self, model: PlainWorld) -> list[tuple[str, str]]:
        """Return the actions and resources of which sessions are asked."""
        guest = f"arn:aws:sts::{MAIN}:federated-user/guest"
        more = [(item, guest if "Federation" in item else "*") for item in OFTEN_ASKED]
        return [*model.asked(), *more]

    def ask_sessions(self, world: World, model: PlainWorld, action: str, resource: str) -> None:
        """Ask every session: what neither its role nor the resource allows, it may not.

        Those that are over, or whose role is gone, are refused before anything is asked.
        """
        dead = 0
        for key, session in reversed(self.sessions.items()):
            known = model.sessions.get(key)
            code = model.refusal(key) if known else self.unknown_there(key, model)
            dead += bool(code)
            if not code:
                self.ask_session(world, model, key, action, resource)
            elif dead < 4:
                self.must_refuse(error(code), world, session, action, resource)
                self.seen[code if known else "unknown in a copy"] += 1
                anew = known and code == GONE and role_of(known["arn"]) in model.roles()
                self.seen["of a role that was made anew"] += bool(anew)

    def ask_session(
        self, world: World, model: PlainWorld, key: str, action: str, resource: str
    ) -> None:
        """Ask one of them that is good."""
        shown = self.sessions[key]
        if next(self.turn) % 2:
            shown = Session(world, world.sessions[key])
        if model.lost():
            self.must_refuse(NoSuchEntity, world, shown, action, resource)
            return
        known, may = model.sessions[key], model.may(key, action, resource)
        kind, renamed = known["kind"], model.arn_of(key) != known["arn"]
        found = bool(world.can(shown, action, resource))
        assert found == may, (action, resource, key, known, found)
        granted = model.is_granted(key, action, resource)
        assert granted or not found or action in WITHOUT_ALLOW
        if model.is_revoked(key) and action != "sts:GetCallerIdentity":
            assert not found
            self.seen["denied by a revocation"] += granted
        self.seen["of a user who was renamed"] += renamed
        self.seen[f"{kind}: {'allowed' if found else 'refused'}"] += 1
        self.seen[f"{kind}: granted, but limited"] += granted and not found

    def unknown_there(self, key: str, model: PlainWorld) -> str:
        """Return what a world answers that was copied before the session was made."""
        return OVER if model.hours >= self.model.sessions[key]["until"] else GONE

    @staticmethod
    def must_refuse(
        code: type[AwsError], world: World, session: Session, action: str, resource: str
    ) -> None:
        """Check that a session is answered with an error, whatever it asks for."""
        try:
            world.can(session, action, resource)
        except code:
            return
        raise AssertionError((action, session, code))


def role_of(arn: str) -> str:
    """Return the ARN of a session's role, whose path is always the shortest here."""
    return arn.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
