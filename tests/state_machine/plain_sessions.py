"""Sessions as dicts, and what follows for them by AWS's rules: a part of the model of worlds.

A session is known by the id of its access key. What it may do is worked out anew each time, from
whoever is behind it now: he is found by his unique id, whatever he is called.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from tests.engine.oracle_language import applies, statements
from tests.state_machine.policy_documents import BEFORE, FULL, TO_UNLOCK, Doc, text_of

if TYPE_CHECKING:
    from tests.state_machine.plain_world import PlainWorld

Hours = int | Fraction
"""The time since the start of the world."""

START = datetime(2026, 11, 25, 9, tzinfo=UTC)
GONE = "InvalidClientTokenId"
OVER = "ExpiredToken"

ALWAYS = {"GetCallerIdentity", "GetScopedCredentials", "GetDelegatedAccessToken"}
GOOD_FOR = {
    "user": {*ALWAYS, "AssumeRole", "GetWebIdentityToken", "TagSession", "SetSourceIdentity"},
    "federated": ALWAYS,
}
"""Kind of session -> the operations of STS that can be called with it, if not nearly all."""

WITHOUT_ALLOW = ("sts:GetScopedCredentials", "sts:GetCallerIdentity")
REVOKES = "AWSRevokeOlderSessions"
"""The inline policy that revokes the sessions of a role."""

EMPTY: Doc = {"Version": "2012-10-17", "Statement": []}
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
TASK = "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"
OF_AWS = {ADMINISTRATOR: FULL, TASK: TO_UNLOCK}


def moment(hours: Hours) -> str:
    """Write a time as AWS does in condition keys."""
    seconds = int(hours * 3600)
    return (START + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def over(below: dict[str, str], above: dict[str, str]) -> dict[str, str]:
    """Lay tags over others; their case is ignored."""
    lower = {key.lower() for key in above}
    return {**{key: below[key] for key in below if key.lower() not in lower}, **above}


def of_tags(prefix: str, tags: dict[str, str]) -> dict[str, Any]:
    """Write tags as condition keys."""
    return {f"{prefix}/{key}": value for key, value in tags.items()}


def handed_on(session: dict[str, Any]) -> dict[str, str]:
    """Return the tags of a session that its children inherit."""
    return {key: value for key, value in session["tags"].items() if key in session["going"]}


def is_granted(question: Doc) -> bool:
    """Return whether an Allow of the role or the resource names a call; the rest only limits.

    The oracle is not asked: this is the least that must be so for anything to be allowed.
    """
    context = {key.lower(): value for key, value in question["context"].items()}
    policies = [*question["identity"], question["resource_policy"] or EMPTY]
    action, resource = question["action"].lower(), question["resource"]
    allows = (statement for statement in statements(policies) if statement["Effect"] == "Allow")
    return bool(question["grants"]) or any(
        applies(allow, action, resource, {"*": "*", "?": "?", "$": "$", **context})
        for allow in allows
    )


class PlainSessions:
    """What is known of sessions, and of the long-term keys with which many of them were got."""

    def __init__(self: "PlainWorld") -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.stale: set[str] = set()  # MFA devices whose codes nobody can show any more
        self.last_codes: dict[str, int] = {}  # by MFA device: the number of the last one accepted

    # -- who is behind ------------------------------------------------------------------------

    def behind(self: "PlainWorld", session: dict[str, Any]) -> str:
        """Return the ARN of whoever has the permissions, as it is now; empty if he is gone."""
        key = session["behind"]
        return f"arn:aws:iam::{key}:root" if key in self.accounts else self.arns().get(key, "")

    def holder(self: "PlainWorld", key: str) -> str:
        """Return the ARN of the user who has an active access key; empty if nobody has."""
        for account, noun, name, item in self.identities():
            if item.get("keys", {}).get(key):
                return self.arn(account, noun, name)
        return ""

    def refusal(self: "PlainWorld", caller: str) -> str:
        """Return AWS's error code for these credentials; empty if it accepts them.

        Parameters
        ----------
        caller
            The id of an access key or of a session, or an ARN, with which nothing is shown.
        """
        if caller.startswith("arn:"):
            return ""
        if caller not in self.sessions:
            return "" if self.holder(caller) else GONE
        session = self.sessions[caller]
        if self.hours >= session["until"]:
            return OVER
        return "" if self.behind(session) else GONE

    def alive(self: "PlainWorld") -> list[str]:
        """List the sessions with which something can be called."""
        return [key for key in self.sessions if not self.refusal(key)]

    def arn_of(self: "PlainWorld", key: str) -> str:
        """Return the ARN that calls of a session have: a user's is what he is called now."""
        session = self.sessions[key]
        return self.behind(session) if session["kind"] == "user" else str(session["arn"])

    def is_revoked(self: "PlainWorld", key: str) -> bool:
        """Return whether a session was issued before its role's were revoked."""
        session = self.sessions[key]
        _, _, item = self.everybody()[self.behind(session)]
        until = item.get("inline", {}).get(REVOKES, "")
        return bool(until) and moment(session["issued"])[:19] < until.removeprefix(BEFORE)[:19]

    # -- what it may do -----------------------------------------------------------------------

    def has_no_use(self: "PlainWorld", caller: str, action: str) -> bool:
        """Return whether credentials are not good for an action, whatever policies say."""
        session = self.sessions.get(caller)
        if session is None or session["kind"] not in GOOD_FOR:
            return False
        service, _, name = action.partition(":")
        if service == "iam":
            return session["kind"] != "user" or session["mfa"] is None
        return service == "sts" and name not in GOOD_FOR[session["kind"]]

    def of_session(self: "PlainWorld", key: str) -> dict[str, Any]:
        """Put together who calls with a session, and the policies that come with it."""
        session = self.sessions[key]
        arn = self.behind(session)
        account, _, item = self.everybody()[arn]
        known, calls = self.of_arn(arn), self.arn_of(key)
        federated = session["kind"] == "federated"
        tags = over(item.get("tags", {}), session["tags"])
        first = {name: known["context"][name] for name in known["context"] if "Tag/" not in name}
        context = {
            **first,
            **of_tags("aws:PrincipalTag", tags),
            **({"aws:PrincipalArn": calls} if federated else {}),
            "aws:userid": {
                "role": f"{session['behind']}:{session['name']}",
                "federated": f"{account}:{session['name']}",
            }.get(session["kind"], session["behind"]),
            **self.keys_of_session(session),
        }
        return {
            **known,
            "principal": calls,
            "issuer": arn if session["kind"] in ("role", "federated") else None,
            "context": context,
            "identity": known["identity"] or ([FULL] if arn.endswith(":root") else []),
            "session": self.passed(session),
            "scoped": [text_of(name) for name in session["scoped"]],
        }

    def keys_of_session(self: "PlainWorld", session: dict[str, Any]) -> dict[str, Any]:
        """Return the condition keys that its credentials bring along."""
        mfa, source = session["mfa"], session["source"]
        is_federated = session["how"] in ("AssumeRoleWithSAML", "AssumeRoleWithWebIdentity")
        present = {"aws:MultiFactorAuthPresent": "false" if mfa is None else "true"}
        return {
            "aws:TokenIssueTime": moment(session["issued"]),
            **({} if is_federated else present),
            **({} if mfa is None else {"aws:MultiFactorAuthAge": str(int(3600 * self.since(mfa)))}),
            **({"aws:SourceIdentity": source} if source else {}),
            **({"aws:AssumedRoot": "true"} if session["kind"] == "root_task" else {}),
            **session["keys"],
        }

    def since(self: "PlainWorld", hours: Hours) -> Hours:
        """Return how long ago something was."""
        return self.hours - hours

    def passed(self: "PlainWorld", session: dict[str, Any]) -> list[Doc]:
        """Return its session policies: managed ones as they are now."""
        inline = [] if session["policy"] is None else [text_of(session["policy"])]
        return [*inline, *map(self.managed, session["arns"])]

    def managed(self: "PlainWorld", arn: str) -> Doc:
        """Return the document of a managed policy; one that is gone says nothing."""
        if arn in OF_AWS:
            return OF_AWS[arn]
        name = self.policies_of(arn.split(":")[4]).get(arn)
        return EMPTY if name is None else text_of(name)

    def policies_of(self: "PlainWorld", account: str) -> dict[str, str]:
        """Return the managed policies of an account: ARN -> the name of what it says."""
        held: dict[str, str] = self.accounts.get(account, {}).get("Policy", {})
        return held

    # -- what comes of a call -----------------------------------------------------------------

    def inherited(self: "PlainWorld", caller: str) -> dict[str, str]:
        """Return the tags that a caller's session hands on."""
        return handed_on(self.sessions[caller]) if caller in self.sessions else {}

    def source_of(self: "PlainWorld", caller: str) -> str:
        """Return the source identity that a caller's session has."""
        return str(self.sessions[caller]["source"]) if caller in self.sessions else ""

    def add_session(
        self: "PlainWorld",
        key: str,
        how: str,
        kind: str,
        arn: str,
        behind: str,
        seconds: int,
        **more: Any,
    ) -> None:
        """Note a session that begins now."""
        self.sessions[key] = {
            "how": how,
            "kind": kind,
            "arn": arn,
            "behind": behind,
            "name": "",
            "parent": "",
            "since": self.hours,
            "issued": self.hours,
            "until": self.hours + Fraction(seconds, 3600),
            "mfa": None,
            "tags": {},
            "going": set(),
            "source": "",
            "policy": None,
            "arns": [],
            "scoped": [],
            "keys": {},
            **more,
        }

    def call_keys(
        self: "PlainWorld", name: str, tags: dict[str, str], going: Iterable[str], source: str
    ) -> dict[str, Any]:
        """Return the condition keys that a call for a role has."""
        sent = list(going)
        return {
            **({"sts:RoleSessionName": name} if name else {}),
            **of_tags("aws:RequestTag", tags),
            **({"aws:TagKeys": list(tags)} if tags else {}),
            **({"sts:TransitiveTagKeys": sent} if sent else {}),
            **({"sts:SourceIdentity": source} if source else {}),
        }
