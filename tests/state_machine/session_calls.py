"""Calls of STS that get sessions, each with what must come of it; and what sessions are used for.

Whether a call is refused, and what is noted of the session if not, the model says by itself.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable
from hashlib import sha1
from typing import Any

from iamlab.engine.request import ANONYMOUS
from iamlab.errors import AccessDenied, NoSuchEntity, ValidationError
from iamlab.errors.services import InvalidParameterValue
from iamlab.errors.sts import (
    InsufficientSessionLifetime,
    InvalidIdentityToken,
    InvalidSubjectCredentials,
)
from iamlab.operations.federation.saml_directory import ENTITY_ID
from iamlab.operations.sts.session import Session
from tests.state_machine.plain_sessions import ADMINISTRATOR, GONE, TASK, handed_on
from tests.state_machine.policy_documents import INLINE
from tests.state_machine.session_questions import SessionAsking, error
from tests.state_machine.steps import Fault
from tests.state_machine.world_steps import (
    DEV,
    LAB,
    MAIN,
    NUMBERS,
    OUT,
    as_list,
    pick,
    step,
)

URL, AUDIENCE = "https://id.example.com", "star-maps"
HOST = URL.removeprefix("https://")
PROVIDERS = {"web": f"oidc-provider/{HOST}", "saml": "saml-provider/AcmeAD"}

CALLERS = ("user", "key", *("session",) * 3, *("marked",) * 3, "dead", "other")
OF_USERS = ("user", "key", "key", "key", "session", "dead", "other")
USERS_OF_SESSIONS = ("session",) * 4 + ("dead", "key", "user", "other")
"""Kinds of callers, each as often as it is chosen."""

MANY = tuple(range(20))
PASSED: tuple[tuple[str | None, tuple[str, ...]], ...] = (
    *((None, ()), (None, ()), (None, ()), ("use", ()), ("s3", ()), ("not-s3", ()), ("all", ())),
    *((None, ("limit",)), ("no-send", ("limit", "other")), (None, ("AdministratorAccess",))),
)
"""Session policies: an inline one, and the names of managed ones."""

SENT: tuple[dict[str, Any], ...] = (
    *({}, {}, {}, {}, {"source": "ana"}, {"source": "ana"}),
    *({"tags": {"team": "sky"}}, {"tags": {"env": "x"}, "source": "bob"}),
    {"tags": {"team": "sky", "env": "x"}, "going": ("team",)},
    {"tags": {"Team": "sea"}, "going": ("Team",), "source": "ana"},
)
"""Session tags, those of them that go on to the next session, the source identity."""

MOST_SESSIONS = 10
"""So many are alive at once at most: each is asked after each step."""

KEEPS = ("mfa", "tags", "going", "source", "policy", "arns", "keys", "issued", "name", "kind")
"""What scoped credentials have of the session that they were made with."""

METHODS = {
    "AssumeRole": "assume_role",
    "AssumeRoleWithSAML": "assume_role_with_saml",
    "AssumeRoleWithWebIdentity": "assume_role_with_web_identity",
    "AssumeRoot": "assume_root",
    "GetFederationToken": "get_federation_token",
    "GetScopedCredentials": "get_scoped_credentials",
    "GetSessionToken": "get_session_token",
}


class SessionCalls(SessionAsking):
    """The request of STS, and what is done with what it gives."""

    # -- how a call is made -------------------------------------------------------------------

    def issue(
        self,
        operation: str,
        caller: str,
        arguments: dict[str, Any],
        made: dict[str, Any],
        *faults: Fault,
    ) -> str:
        """Ask for a session, by the method or by a call, and note what must have come of it.

        Parameters
        ----------
        caller
            Who signs; nobody, if somebody else's token speaks.
        given
            The parameters of the method; those that are ``None`` are left out.
        made
            What the model notes.

        Returns
        -------
        str
            The id of the session's access key; empty if there isn't one.
        """
        if len(self.model.alive()) >= MOST_SESSIONS:
            return ""
        sent = {name: value for name, value in arguments.items() if value is not None}
        sts, by = self.world.sts, [self.shows(caller)] if caller else []
        if self.by_method:
            method = getattr(sts, METHODS[operation])
            if not self.do(operation, lambda: method(*by, **sent), *faults):
                return ""
            session: Session = self.answer
        else:
            who, request = by or [ANONYMOUS], as_sent(sent)
            if not self.do(operation, lambda: sts.call(operation, *who, **request), *faults):
                return ""
            kept = self.world.sessions[self.answer["Credentials"]["AccessKeyId"]]
            session = Session(self.world, kept)
        key = session.access_key_id
        self.sessions[key] = session
        self.model.add_session(key, operation, **made)
        if "serial_number" in sent:
            self.model.last_codes[sent["serial_number"]] = self.number_of_code()
        self.note(key, caller)
        return key

    def note(self, key: str, caller: str) -> None:
        """Count what is remarkable in a session, so that a test can say that it happens."""
        made, parent = self.model.sessions[key], self.model.sessions.get(caller)
        self.seen += Counter(
            word
            for word, holds in {
                "chained": parent and made["how"] == "AssumeRole" and parent["kind"] == "role",
                "chained twice": parent and parent["parent"] in self.model.sessions,
                "of a user's session": parent and parent["kind"] == "user",
                "tagged": made["tags"],
                "with inherited tags": parent and handed_on(parent) and made["kind"] == "role",
                "with source identity": made["source"],
                "with inherited source identity": parent and parent["source"],
                "with session policy": made["policy"],
                "with managed session policies": made["arns"],
                "with scope-down policy": made["scoped"],
                "with several scope-down policies": len(made["scoped"]) > 1,
                "with MFA": made["mfa"] is not None,
                "of a root user": made["behind"].isdigit(),
                "guest without policy": made["kind"] == "federated"
                and not (made["policy"] or made["arns"]),
            }.items()
            if holds
        )

    def may_not(self, caller: str, action: str, resource: str, keys: dict[str, Any]) -> Fault:
        """Return that somebody may not do something, if it is so."""
        return not self.model.may(caller, action, resource, **keys), AccessDenied

    def with_tags(
        self, caller: str, arn: str, keys: dict[str, Any], tags: dict[str, str], source: str
    ) -> list[Fault]:
        """Return whether somebody may not tag the session, or say who is behind it."""
        return [
            *([self.may_not(caller, "sts:TagSession", arn, keys)] if tags else []),
            *([self.may_not(caller, "sts:SetSourceIdentity", arn, keys)] if source else []),
        ]

    def named(
        self, account: str, passed: tuple[str | None, tuple[str, ...]]
    ) -> tuple[dict[str, Any], dict[str, Any], Fault]:
        """Name session policies: as they are sent, as they are noted, and if one is not there."""
        inline, names = passed
        own = f"arn:aws:iam::{account}:policy/"
        arns = [ADMINISTRATOR if "A" in name else own + name for name in names]
        held = {ADMINISTRATOR, *self.model.policies_of(account)}
        document = None if inline is None else INLINE[inline]
        return (
            {"policy": document, "policy_arns": arns or None},
            {"policy": inline, "arns": arns},
            (not held.issuperset(arns), ValidationError),
        )

    def mfa_of(self, caller: str, *, wanted: bool) -> tuple[dict[str, Any], list[Fault]]:
        """Return the phone and the code that somebody sends; only users have them."""
        arn = self.model.holder(caller) or caller
        _, _, item = self.model.everybody().get(arn, ("", "", {}))
        if not (wanted and item.get("phones")):
            return {}, []
        serial = item["phones"][0]
        code = self.phones[serial].code(self.world.clock.now)
        stale = (serial in self.model.stale, AccessDenied)
        used = (self.model.last_codes.get(serial, 0) >= self.number_of_code(), AccessDenied)
        return {"serial_number": serial, "token_code": code}, [stale, used]

    def number_of_code(self) -> int:
        """Return the number of the codes that devices show now."""
        return int(self.world.clock.now.timestamp()) // 30

    # -- roles --------------------------------------------------------------------------------

    @step(
        kind=CALLERS,
        number=MANY,
        role=NUMBERS,
        name=("s1", "s2"),
        sent=SENT,
        passed=PASSED,
        seconds=(None, None, 900, 7200, 7200),
        more=("", "", "", "with-mfa", "guest"),
        hopeful=("wholly", "wholly", "wholly", "partly", "no"),
    )
    def assume_role(
        self,
        kind: str,
        number: int,
        role: int,
        name: str,
        sent: dict[str, Any],
        passed: Any,
        seconds: int | None,
        more: str,
        hopeful: str,
    ) -> None:
        """Take a role: as a user, or with a session; mostly one that lets him."""
        tags, going, source = sent.get("tags", {}), sent.get("going", ()), sent.get("source", "")
        external = "sky-7" if more == "guest" else None
        keys = self.model.call_keys(name, tags, going, source)
        keys |= {"sts:ExternalId": external} if external else {}
        every = [(caller, arn) for caller in self.callers(kind) for arn in self.model.roles()]
        let = [pair for pair in every if self.lets(hopeful, *pair, keys, tags, source)]
        caller, arn = pick(let or every, number + role)
        code, stale = self.mfa_of(caller, wanted=more == "with-mfa")
        if code:
            keys |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
        account, item = self.model.roles()[arn]
        inherited, before = self.model.inherited(caller), self.model.source_of(caller)
        policies, noted, missing = self.named(account, passed)
        lasts = seconds or 3600
        chained = self.model.who_is(caller) == "role"
        self.issue(
            "AssumeRole",
            caller,
            {
                "role_arn": arn,
                "role_session_name": name,
                "duration_seconds": seconds,
                "tags": tags or None,
                "transitive_tag_keys": list(going) or None,
                "source_identity": source or None,
                "external_id": external,
                **policies,
                **code,
            },
            {
                "kind": "role",
                "arn": f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/{name}",
                "behind": item["id"],
                "seconds": lasts,
                "name": name,
                "parent": self.parent(caller),
                "source": before or source,
                "tags": {**inherited, **tags},
                "going": {*inherited, *going},
                **noted,
            },
            *self.refused(caller),
            missing,
            *stale,
            *self.why_not(caller, arn, keys, tags, source),
            (chained and lasts > 3600, ValidationError),
            (lasts > item["seconds"], ValidationError),
        )

    def why_not(
        self, caller: str, arn: str, keys: dict[str, Any], tags: dict[str, str], source: str
    ) -> list[Fault]:
        """Return what keeps somebody from a role, with these tags and this source identity."""
        inherited, before = self.model.inherited(caller), self.model.source_of(caller)
        return [
            (clash(inherited, tags), InvalidParameterValue),
            self.may_not(caller, "sts:AssumeRole", arn, keys),
            *self.with_tags(caller, arn, keys, {**inherited, **tags}, before or source),
            (bool(before and source) and before != source, ValidationError),
        ]

    def lets(
        self,
        hopeful: str,
        caller: str,
        arn: str,
        keys: dict[str, Any],
        tags: dict[str, str],
        source: str,
    ) -> bool:
        """Return whether a role trusts a caller, at least without tags and source identity."""
        if hopeful == "no" or not self.model.may(caller, "sts:AssumeRole", arn, **keys):
            return False
        why_not = self.why_not(caller, arn, keys, tags, source)
        return hopeful == ("partly" if any(holds for holds, _ in why_not) else "wholly")

    @step(kind=CALLERS, number=MANY, seconds=(None, 300), hopeful=(True, True, False))
    def assume_root(self, kind: str, number: int, seconds: int | None, *, hopeful: bool) -> None:
        """Take the root user of a member account, to unlock a bucket."""
        keys = {"sts:TaskPolicyArn": TASK}
        every = [
            (item, account) for item in self.callers(kind) for account in (MAIN, DEV, OUT, LAB)
        ]
        let = [
            (item, account)
            for item, account in every
            if hopeful
            and self.model.may_send_root(self.account_of(item), account)
            and self.model.may(item, "sts:AssumeRoot", f"arn:aws:iam::{account}:root", **keys)
        ]
        caller, account = pick(let or every, number)
        arn, account_of = f"arn:aws:iam::{account}:root", self.account_of(caller)
        self.issue(
            "AssumeRoot",
            caller,
            {"target_principal": account, "duration_seconds": seconds, "task_policy_arn": TASK},
            {
                "kind": "root_task",
                "arn": arn,
                "behind": account,
                "arns": [TASK],
                "seconds": seconds or 900,
                "parent": self.parent(caller),
                "source": self.model.source_of(caller),
            },
            *self.refused(caller),
            self.may_not(caller, "sts:AssumeRoot", arn, keys),
            (not self.model.may_send_root(account_of, account), AccessDenied),
        )

    @step(protocol=("web", "saml"), role=NUMBERS, sent=SENT, passed=PASSED)
    def come_with_token(self, protocol: str, role: int, sent: dict[str, Any], passed: Any) -> None:
        """Take a role with the word of an identity provider outside of AWS."""
        if (protocol == "web" and URL not in self.world.oidc_issuers) or (
            protocol == "saml"
            and (ENTITY_ID not in self.world.saml_directories or self.model.stale)
        ):  # a directory's key in a world with a new seed would take long to find
            return
        roles = self.model.roles()
        trusting = [arn for arn in roles if "provider/" in roles[arn][1]["trust"]]
        arn = pick(trusting or roles, role)
        account, item = roles[arn]
        provider = f"arn:aws:iam::{account}:{PROVIDERS[protocol]}"
        tags, going, source = sent.get("tags", {}), sent.get("going", ()), sent.get("source", "")
        claims = {
            "principal_tags": tags,
            "transitive_tag_keys": going,
            "source_identity": source or None,
        }
        token, keys, stay = getattr(self, f"{protocol}_token")(arn, provider, claims)
        keys |= self.model.call_keys("carol", tags, going, source)
        policies, noted, missing = self.named(account, passed)
        operation = {"web": "AssumeRoleWithWebIdentity", "saml": "AssumeRoleWithSAML"}[protocol]
        known = provider in self.model.accounts[account]["Provider"]
        self.issue(
            operation,
            "",
            {"role_arn": arn, **token, **policies},
            {
                "kind": "role",
                "arn": f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/carol",
                "behind": item["id"],
                "seconds": 3600,
                "name": "carol",
                "source": source,
                "tags": tags,
                "going": set(going),
                "keys": stay,
                **noted,
            },
            (not known, InvalidIdentityToken),
            (self.model.lost(), NoSuchEntity),
            missing,
            self.may_not(provider, f"sts:{operation}", arn, keys),
            *self.with_tags(provider, arn, keys, tags, source),
        )

    def web_token(
        self, _: str, provider: str, claims: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Let the issuer sign a token: what is sent, what its keys are, and which of them stay."""
        token = self.world.oidc_issuers[URL].token("carol", **claims)
        keys = {f"{HOST}:aud": AUDIENCE, f"{HOST}:sub": "carol", "aws:FederatedProvider": provider}
        return {"web_identity_token": token, "role_session_name": "carol"}, dict(keys), keys

    def saml_token(
        self, arn: str, provider: str, claims: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Let the directory sign an assertion."""
        directory = self.world.saml_directories[ENTITY_ID]
        directory.map_group("astronomers", arn, provider)
        account, kind = arn.split(":")[4], "persistent"
        stay = {
            "saml:sub": "carol",
            "saml:sub_type": kind,
            "saml:namequalifier": qualifier(account),
        }
        keys = {**stay, "saml:aud": "https://signin.aws.amazon.com/saml", "saml:iss": ENTITY_ID}
        assertion = directory.sign_in("carol", **claims)
        return {"principal_arn": provider, "saml_assertion": assertion}, keys, stay

    # -- what users, and those who have sessions, get -----------------------------------------

    @step(kind=OF_USERS, number=MANY, seconds=(None, 900, 3600, 7200), with_mfa=(True, True, False))
    def get_session_token(
        self, kind: str, number: int, seconds: int | None, *, with_mfa: bool
    ) -> None:
        """Trade long-term keys for a session, perhaps with MFA."""
        caller = self.some_caller(kind, number)
        code, stale = self.mfa_of(caller, wanted=with_mfa)
        arn = self.model.holder(caller) or caller
        _, _, item = self.model.everybody().get(arn, ("", "", {}))
        account, root = self.account_of(caller), arn.endswith(":root")
        self.issue(
            "GetSessionToken",
            caller,
            {"duration_seconds": seconds, **code},
            {
                "kind": "user",
                "arn": arn,
                "behind": item.get("id", account),
                "seconds": min(seconds or 43_200, 3600 if root else 43_200),
                "parent": self.parent(caller),
                "mfa": self.model.hours if code else None,
            },
            *self.refused(caller),
            *stale,
            (self.model.who_is(caller) != "long-term", AccessDenied),
            self.may_not(caller, "sts:GetSessionToken", "*", {}),
        )

    @step(
        kind=OF_USERS,
        number=MANY,
        sent=SENT,
        passed=PASSED,
        seconds=(None, 900, 3600, 7200),
        hopeful=(True, True, False),
    )
    def get_federation_token(
        self,
        kind: str,
        number: int,
        sent: dict[str, Any],
        passed: Any,
        seconds: int | None,
        *,
        hopeful: bool,
    ) -> None:
        """Let a custom federated user in; without a policy he is allowed next to nothing."""
        every = self.callers(kind)
        let = [
            item
            for item in every
            if hopeful and self.model.who_is(item) == "long-term"
            if self.model.may(item, "sts:GetFederationToken", self.guest(item))
        ]
        caller = pick(let or every, number)
        account, tags = self.account_of(caller), sent.get("tags", {})
        arn = self.model.holder(caller) or caller
        _, _, item = self.model.everybody().get(arn, ("", "", {}))
        guest = self.guest(caller)
        keys = self.model.call_keys("", tags, (), "")
        policies, noted, missing = self.named(account, passed)
        self.issue(
            "GetFederationToken",
            caller,
            {"name": "guest", "tags": tags or None, "duration_seconds": seconds, **policies},
            {
                "kind": "federated",
                "arn": guest,
                "behind": item.get("id", account),
                "seconds": min(seconds or 43_200, 3600 if arn.endswith(":root") else 43_200),
                "name": "guest",
                "parent": self.parent(caller),
                "tags": tags,
                **noted,
            },
            *self.refused(caller),
            missing,
            (self.model.who_is(caller) != "long-term", AccessDenied),
            self.may_not(caller, "sts:GetFederationToken", guest, keys),
            *self.with_tags(caller, guest, keys, tags, ""),
        )

    def guest(self, caller: str) -> str:
        """Return the ARN that whoever somebody lets in will have."""
        return f"arn:aws:sts::{self.account_of(caller)}:federated-user/guest"

    @step(
        kind=("session",) * 4 + ("scoped",) * 8 + CALLERS,
        number=MANY,
        policy=(None, "use", "s3", "not-s3", "no-send", "all", "near"),
        seconds=(None, None, 600, 3600),
        times=(1, 1, 1, 4),
    )
    def get_scoped_credentials(
        self, kind: str, number: int, policy: str | None, seconds: int | None, times: int
    ) -> None:
        """Make credentials that may do less, or end sooner, of those that somebody has."""
        caller = self.some_caller(kind, number)
        while caller and times:
            caller, times = self.scope_down(caller, policy, seconds), times - 1

    def scope_down(self, caller: str, policy: str | None, seconds: int | None) -> str:
        """Do so once."""
        session = self.model.sessions.get(caller, {})
        left = int(3600 * (session["until"] - self.model.hours)) if session else 0
        scoped = [*session.get("scoped", ()), *([policy] if policy else [])]
        return self.issue(
            "GetScopedCredentials",
            caller,
            {"policy": policy and INLINE[policy], "duration_seconds": seconds},
            {
                **{name: session[name] for name in KEEPS if session},
                "arn": session.get("arn"),
                "behind": session.get("behind"),
                "seconds": seconds or left,
                "parent": caller,
                "scoped": scoped,
            },
            *self.refused(caller),
            (not session, InvalidSubjectCredentials),
            (not (policy or seconds), ValidationError),
            (bool(policy) and len(scoped) > 3, AccessDenied),
            ((seconds or 0) > left, InsufficientSessionLifetime),
            self.may_not(caller, "sts:GetScopedCredentials", "*", {}),
        )

    # -- what sessions are used for -----------------------------------------------------------

    @step(kind=USERS_OF_SESSIONS, number=MANY)
    def say_who(self, kind: str, number: int) -> None:
        """Ask who calls: valid credentials are enough, even if everything is denied."""
        caller = self.some_caller(kind, number)
        shown, refused = self.shows(caller), self.refused(caller)
        if self.do(
            "GetCallerIdentity", lambda: self.world.sts.get_caller_identity(shown), *refused
        ):
            text, who = self.answer, self.model.who(caller)
            assert text.arn == who["principal"]
            assert text.account == self.account_of(caller)
            if caller in self.model.sessions:
                assert text.user_id == who["context"]["aws:userid"]

    @step(kind=USERS_OF_SESSIONS, number=MANY)
    def call_iam(self, kind: str, number: int) -> None:
        """Call IAM, which does not take all sessions."""
        caller, action = self.some_caller(kind, number), "iam:GetAccountSummary"
        account, shown = self.account(self.account_of(caller)), self.shows(caller)
        barred = self.model.has_no_use(caller, action)
        self.do(
            "call IAM",
            lambda: account.call("GetAccountSummary", shown),
            *self.refused(caller),
            (barred, error(GONE)),
            (not barred and not self.model.may(caller, action, "*"), AccessDenied),
        )
        self.seen["IAM does not take it"] += barred and not self.model.refusal(caller)


def clash(inherited: dict[str, str], tags: dict[str, str]) -> bool:
    """Return whether a tag is passed whose key is inherited: its case is ignored."""
    return bool({key.lower() for key in inherited} & {key.lower() for key in tags})


FORMS: dict[str, Callable[[Any], Any]] = {
    "policy": json.dumps,
    "policy_arns": lambda arns: [{"arn": arn} for arn in arns],
    "tags": as_list,
    "task_policy_arn": lambda arn: {"arn": arn},
}
"""Parameter of a method -> how the API takes it, if otherwise."""


def as_sent(arguments: dict[str, Any]) -> dict[str, Any]:
    """Write the parameters of a method as the API takes them."""
    words = {name: name.replace("saml", "SAML").split("_") for name in arguments}
    names = {
        name: "".join(word[:1].upper() + word[1:] for word in words[name]) for name in arguments
    }
    return {names[name]: FORMS.get(name, lambda word: word)(arguments[name]) for name in arguments}


def qualifier(account: str) -> str:
    """Return the hash by which AWS tells the names of one directory from those of another."""
    whole = f"{ENTITY_ID}{account}/AcmeAD".encode()
    return b64encode(sha1(whole, usedforsecurity=False).digest()).decode()
