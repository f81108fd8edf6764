"""Steps that get sessions, use them, and take from them what they had; and what they may do.

The model notes of each call what must come of it, and says by itself what a session may do. So the
package's own notes of a session are compared, and never asked.
"""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from hashlib import sha1
from typing import Any

from iamlab import World, errors, sts_errors
from iamlab.errors import (
    AccessDenied,
    AwsError,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    ValidationError,
)
from iamlab.service_errors import InvalidParameterValue
from iamlab.sts_errors import (
    InsufficientSessionLifetime,
    InvalidIdentityToken,
    InvalidSubjectCredentials,
)
from iamlab.world.federation.directory import ENTITY_ID, create_directory
from iamlab.world.federation.issuer import create_issuer
from iamlab.world.keys import AccessKey
from iamlab.world.mfa import MfaDevice
from iamlab.world.sts import Session
from tests.world.plain_sessions import (
    ADMINISTRATOR,
    GONE,
    OVER,
    REVOKES,
    WITHOUT_ALLOW,
    handed_on,
    moment,
)
from tests.world.plain_world import PlainWorld
from tests.world.stepping import BOTH, Fault
from tests.world.words_of_policies import BEFORE, INLINE, of_providers, older
from tests.world.world_steps import DEV, MAIN, NUMBERS, OUT, START, WHO, WorldSteps, pick, step

URL, AUDIENCE = "https://id.example.com", "star-maps"
HOST = URL.removeprefix("https://")
PROVIDERS = {"web": f"oidc-provider/{HOST}", "saml": "saml-provider/AcmeAD"}

CALLERS = ("user", "key", "session", "session", "session", "dead", "other")
MANY = tuple(range(20))
PASSED: tuple[tuple[str | None, tuple[str, ...]], ...] = (
    *((None, ()), (None, ()), (None, ()), ("use", ()), ("s3", ()), ("not-s3", ()), ("all", ())),
    *((None, ("limit",)), ("no-send", ("limit", "other")), (None, ("AdministratorAccess",))),
)
"""Session policies: an inline one, and the names of managed ones."""

SENT: tuple[dict[str, Any], ...] = (
    *({}, {}, {"source": "ana"}),
    *({"tags": {"team": "sky"}}, {"tags": {"env": "x"}, "source": "bob"}),
    {"tags": {"team": "sky", "env": "x"}, "going": ("team",)},
    {"tags": {"Team": "sea"}, "going": ("Team",), "source": "ana"},
)
"""Session tags, those of them that go on to the next session, the source identity."""

OFTEN_ASKED = (
    *("sts:GetSessionToken", "sts:GetScopedCredentials", "sts:GetCallerIdentity"),
    *("sts:GetFederationToken", "iam:GetAccountSummary", "sts:AssumeRoot"),
)
"""What is asked of sessions besides what everybody is asked."""

MOST_SESSIONS = 10
"""So many are alive at once at most: each is asked after each step."""

KEEPS = ("mfa", "tags", "going", "source", "policy", "arns", "keys", "issued", "name", "kind")
"""What scoped credentials have of the session that they were made with."""


def error(code: str) -> type[AwsError]:
    """Give the class of an error."""
    found: type[AwsError] = getattr(errors, code, None) or getattr(sts_errors, code)
    return found


class SessionSteps(WorldSteps):
    """What is done with access keys, phones and providers, and with the sessions got by them."""

    def __init__(self, seed: int = 1) -> None:
        super().__init__(seed)
        self.sessions: dict[str, Session] = {}  # as they were answered, in whichever world
        self.seen: Counter[str] = Counter()
        self.phones: dict[str, MfaDevice] = {}
        self.homes: dict[str, str] = {}  # access key -> account

    # -- who calls ----------------------------------------------------------------------------

    def some_caller(self, kind: str, number: int) -> str:
        """Choose somebody who calls STS: an ARN, the id of an access key or of a session."""
        alive, every = self.model.alive(), self.model.everybody()
        among: dict[str, Iterable[str]] = {
            "user": [arn for arn in every if ":user/" in arn],
            "key": self.homes,
            "session": alive,
            "dead": list(self.model.sessions.keys() - set(alive))[-3:],
            "other": [arn for arn in every if ":user/" not in arn],
        }
        return str(pick([*among[kind]] or [*every], number))

    def shows(self, caller: str) -> Any:
        """Give what is shown to AWS: credentials, or for an ARN nothing more than that."""
        if caller in self.model.sessions:
            # The object that was answered first, or one that was made of what this world keeps.
            kept = self.world.sessions[caller]
            return self.sessions[caller] if next(self.turn) % 2 else Session(self.world, kept)
        if caller in self.homes:
            return AccessKey(self.account(self.homes[caller]).root, caller)
        return caller

    def account_of(self, caller: str) -> str:
        """Give the account that somebody is of."""
        if caller in self.model.sessions:
            return str(self.model.sessions[caller]["arn"].split(":")[4])
        return self.homes.get(caller) or caller.split(":")[4]

    def refused(self, caller: str) -> list[Fault]:
        """Say what keeps somebody from calling anything."""
        code = self.model.refusal(caller)
        dead = [(True, error(code))] if code else []
        return [*dead, (self.model.lost(), NoSuchEntity)]

    def parent(self, caller: str) -> str:
        """Give the id of the credentials that somebody calls with; of an ARN there are none."""
        return "" if caller.startswith("arn:") else caller

    # -- calls of STS -------------------------------------------------------------------------

    def issue(
        self,
        operation: str,
        caller: str,
        given: dict[str, Any],
        made: dict[str, Any],
        *faults: Fault,
    ) -> bool:
        """Ask for a session, by the method or by a call, and note what must have come of it.

        Parameters
        ----------
        caller
            Who signs; nobody, if somebody else's token speaks.
        given
            The parameters of the method; those that are ``None`` are left out.
        made
            What the model notes.
        """
        if len(self.model.alive()) >= MOST_SESSIONS:
            return False
        sent = {name: value for name, value in given.items() if value is not None}
        sts, by = self.world.sts, [self.shows(caller)] if caller else []
        if self.by_method or "web_identity_token" in given or "saml_assertion" in given:
            name = METHODS[operation]
            done = self.do(operation, lambda: getattr(sts, name)(*by, **sent), *faults)
            session = self.answer
        else:
            asked = {of_api(name): as_sent(name, value) for name, value in sent.items()}
            done = self.do(operation, lambda: sts.call(operation, *by, **asked), *faults)
        if not done:
            return False
        if not isinstance(self.answer, Session):
            key = self.answer["Credentials"]["AccessKeyId"]
            session = Session(self.world, self.world.sessions[key])
        self.sessions[session.access_key_id] = session
        self.model.add_session(session.access_key_id, operation, **made)
        self.note(session.access_key_id, caller)
        return True

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
        """Say that somebody may not do something, if it is so."""
        return not self.model.may(caller, action, resource, **keys), AccessDenied

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
        """Give the phone and the code that somebody sends; only users have them."""
        arn = self.model.holder(caller) or caller
        _, _, one = self.model.everybody().get(arn, ("", "", {}))
        if not (wanted and one.get("phones")):
            return {}, []
        serial = one["phones"][0]
        code = self.phones[serial].code(self.world.clock.now)
        stale = (serial in self.model.stale, AccessDenied)
        return {"serial_number": serial, "token_code": code}, [stale]

    @step(
        kind=CALLERS,
        number=MANY,
        role=NUMBERS,
        name=("s1", "s2"),
        sent=SENT,
        passed=PASSED,
        seconds=(None, None, 900, 1800, 7200),
        more=("", "", "", "with-mfa", "guest"),
        hopeful=(True, True, False),
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
        *,
        hopeful: bool,
    ) -> None:
        """Take a role: as a user, or with a session; mostly one that lets him."""
        caller = self.some_caller(kind, number)
        code, stale = self.mfa_of(caller, wanted=more == "with-mfa")
        tags, going, source = sent.get("tags", {}), sent.get("going", ()), sent.get("source", "")
        keys = self.model.call_keys(name, tags, going, source)
        if code:
            keys |= {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "0"}
        external = "sky-7" if more == "guest" else None
        keys |= {"sts:ExternalId": external} if external else {}
        roles = self.model.roles()
        let = [arn for arn in roles if self.model.may(caller, "sts:AssumeRole", arn, **keys)]
        arn = pick(let if hopeful and let else roles, role)
        account, one = roles[arn]
        inherited, before = self.model.inherited(caller), self.model.source_of(caller)
        policies, noted, missing = self.named(account, passed)
        lasts = seconds or 3600
        chained = self.model.who_is(caller) == "role"
        self.issue(
            "AssumeRole",
            caller,
            {
                **{"role_arn": arn, "role_session_name": name, "duration_seconds": seconds},
                **{"tags": tags or None, "transitive_tag_keys": list(going) or None},
                **{"source_identity": source or None, "external_id": external},
                **policies,
                **code,
            },
            {
                "kind": "role",
                "arn": f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/{name}",
                "behind": one["id"],
                "seconds": lasts,
                **{"name": name, "parent": self.parent(caller), "source": before or source},
                **{"tags": {**inherited, **tags}, "going": {*inherited, *going}},
                **noted,
            },
            *self.refused(caller),
            missing,
            *stale,
            (clash(inherited, tags), InvalidParameterValue),
            self.may_not(caller, "sts:AssumeRole", arn, keys),
            *self.with_tags(caller, arn, keys, {**inherited, **tags}, before or source),
            (bool(before and source) and before != source, AccessDenied),
            (chained and lasts > 3600, ValidationError),
            (lasts > one["seconds"], ValidationError),
        )

    def with_tags(
        self, caller: str, arn: str, keys: dict[str, Any], tags: dict[str, str], source: str
    ) -> list[Fault]:
        """Say whether somebody may not tag the session, or say who is behind it."""
        return [
            *([self.may_not(caller, "sts:TagSession", arn, keys)] if tags else []),
            *([self.may_not(caller, "sts:SetSourceIdentity", arn, keys)] if source else []),
        ]

    @step(kind=CALLERS, number=MANY, seconds=(None, 900, 7200), with_mfa=BOTH)
    def get_session_token(
        self, kind: str, number: int, seconds: int | None, *, with_mfa: bool
    ) -> None:
        """Trade long-term keys for a session, perhaps with MFA."""
        caller = self.some_caller(kind, number)
        code, stale = self.mfa_of(caller, wanted=with_mfa)
        arn = self.model.holder(caller) or caller
        _, _, one = self.model.everybody().get(arn, ("", "", {}))
        account, root = self.account_of(caller), arn.endswith(":root")
        self.issue(
            "GetSessionToken",
            caller,
            {"duration_seconds": seconds, **code},
            {
                **{"kind": "user", "arn": arn, "behind": one.get("id", account)},
                "seconds": min(seconds or 43_200, 3600 if root else 43_200),
                "parent": self.parent(caller),
                "mfa": self.model.hours if code else None,
            },
            *self.refused(caller),
            *stale,
            (self.model.who_is(caller) != "long-term", AccessDenied),
            self.may_not(caller, "sts:GetSessionToken", "*", {}),
        )

    @step(kind=CALLERS, number=MANY, sent=SENT, passed=PASSED, seconds=(None, 900, 7200))
    def get_federation_token(
        self, kind: str, number: int, sent: dict[str, Any], passed: Any, seconds: int | None
    ) -> None:
        """Let somebody in whom only the caller knows; without a policy he may next to nothing."""
        caller = self.some_caller(kind, number)
        account, tags = self.account_of(caller), sent.get("tags", {})
        arn = self.model.holder(caller) or caller
        _, _, one = self.model.everybody().get(arn, ("", "", {}))
        guest = f"arn:aws:sts::{account}:federated-user/guest"
        keys = self.model.call_keys("", tags, (), "")
        policies, noted, missing = self.named(account, passed)
        self.issue(
            "GetFederationToken",
            caller,
            {"name": "guest", "tags": tags or None, "duration_seconds": seconds, **policies},
            {
                **{"kind": "federated", "arn": guest, "behind": one.get("id", account)},
                "seconds": min(seconds or 43_200, 3600 if arn.endswith(":root") else 43_200),
                **{"name": "guest", "parent": self.parent(caller), "tags": tags},
                **noted,
            },
            *self.refused(caller),
            missing,
            (self.model.who_is(caller) != "long-term", AccessDenied),
            self.may_not(caller, "sts:GetFederationToken", guest, keys),
            *self.with_tags(caller, guest, keys, tags, ""),
        )

    @step(
        kind=(*CALLERS, "session", "session"),
        number=MANY,
        policy=(None, "use", "s3", "not-s3", "no-send", "all", "near"),
        seconds=(None, None, 600, 3600),
    )
    def get_scoped_credentials(
        self, kind: str, number: int, policy: str | None, seconds: int | None
    ) -> None:
        """Make credentials that may do less, or end sooner, of those that somebody has."""
        caller = self.some_caller(kind, number)
        session = self.model.sessions.get(caller, {})
        left = int(3600 * (session["until"] - self.model.hours)) if session else 0
        scoped = [*session.get("scoped", ()), *([policy] if policy else [])]
        self.issue(
            "GetScopedCredentials",
            caller,
            {"policy": policy and INLINE[policy], "duration_seconds": seconds},
            {
                **{name: session[name] for name in KEEPS if session},
                **{"arn": session.get("arn"), "behind": session.get("behind")},
                **{"seconds": seconds or left, "parent": caller, "scoped": scoped},
            },
            *self.refused(caller),
            (not session, InvalidSubjectCredentials),
            (not (policy or seconds), ValidationError),
            (bool(policy) and len(scoped) > 3, AccessDenied),
            ((seconds or 0) > left, InsufficientSessionLifetime),
            self.may_not(caller, "sts:GetScopedCredentials", "*", {}),
        )

    @step(way=("web", "web", "saml"), role=NUMBERS, sent=SENT, passed=PASSED)
    def come_with_token(self, way: str, role: int, sent: dict[str, Any], passed: Any) -> None:
        """Take a role with the word of an identity provider outside of AWS."""
        if (way == "web" and URL not in self.world.oidc_issuers) or (
            way == "saml" and (ENTITY_ID not in self.world.saml_directories or self.model.stale)
        ):  # a directory's key in a world with a new seed would take long to find
            return
        roles = self.model.roles()
        trusting = [arn for arn in roles if "provider/" in roles[arn][1]["trust"]]
        arn = pick(trusting or roles, role)
        account, one = roles[arn]
        provider = f"arn:aws:iam::{account}:{PROVIDERS[way]}"
        tags, going, source = sent.get("tags", {}), sent.get("going", ()), sent.get("source", "")
        claims = {
            **{"principal_tags": tags, "transitive_tag_keys": going},
            "source_identity": source or None,
        }
        token, keys, stay = getattr(self, f"{way}_token")(arn, provider, claims)
        keys |= self.model.call_keys("carol", tags, going, source)
        policies, noted, missing = self.named(account, passed)
        operation = {"web": "AssumeRoleWithWebIdentity", "saml": "AssumeRoleWithSAML"}[way]
        known = provider in self.model.accounts[account]["Provider"]
        self.issue(
            operation,
            "",
            {"role_arn": arn, **token, **policies},
            {
                "kind": "role",
                "arn": f"arn:aws:sts::{account}:assumed-role/{arn.rpartition('/')[2]}/carol",
                **{"behind": one["id"], "seconds": 3600, "name": "carol", "source": source},
                **{"tags": tags, "going": set(going)},
                "keys": {"aws:FederatedProvider": provider, **stay},
                **noted,
            },
            (not known, InvalidIdentityToken),
            (self.model.lost(), NoSuchEntity),
            missing,
            self.may_not(provider, f"sts:{operation}", arn, keys),
            *self.with_tags(provider, arn, keys, tags, source),
        )

    def web_token(
        self, _: str, __: str, claims: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Let the issuer sign a token: what is sent, what its keys are, and which of them stay."""
        token = self.world.oidc_issuers[URL].token("carol", **claims)
        keys = {f"{HOST}:aud": AUDIENCE, f"{HOST}:sub": "carol"}
        return {"web_identity_token": token, "role_session_name": "carol"}, dict(keys), keys

    def saml_token(
        self, arn: str, provider: str, claims: dict[str, Any]
    ) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
        """Let the directory sign an assertion."""
        directory = self.world.saml_directories[ENTITY_ID]
        directory.map_group("astronomers", arn, provider)
        account, kind = arn.split(":")[4], "persistent"
        stay = {"saml:sub": "carol", "saml:sub_type": kind, "saml:namequalifier": qualifier(account)}
        keys = {**stay, "saml:aud": "https://signin.aws.amazon.com/saml", "saml:iss": ENTITY_ID}
        assertion = directory.sign_in("carol", **claims)
        return {"principal_arn": provider, "saml_assertion": assertion}, keys, stay

    @step(account=(*START, DEV), what=("trust", "trust", "trust", "part"), with_tags=BOTH)
    def federate(self, account: str, what: str, *, with_tags: bool) -> None:
        """Let an account know two identity providers, and its role trust them; or forget them."""
        if account not in self.model.accounts:
            return
        one, held = self.account(account), self.model.accounts[account]
        if what == "part":
            for provider in (*one.oidc_providers.values(), *one.saml_providers.values()):
                provider.delete()
            held["Provider"] = set()
            return
        issuers, directories = self.world.oidc_issuers, self.world.saml_directories
        if not issuers:
            create_issuer(self.world, URL, audience=AUDIENCE, algorithm="ES384")
        if not directories:
            create_directory(self.world).add_user("carol", groups=["astronomers"])
        arns = {key: f"arn:aws:iam::{account}:{name}" for key, name in PROVIDERS.items()}
        if arns["web"] not in held["Provider"]:
            held["Provider"].add(issuers[URL].register(one).arn)
        if arns["saml"] not in held["Provider"] and not self.model.stale:
            held["Provider"].add(directories[ENTITY_ID].register(one).arn)
        if "app" not in one.roles:
            return
        by = {"web": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
        text = of_providers(
            {by[key]: arn for key, arn in arns.items() if arn in held["Provider"]},
            account,
            with_tags=with_tags,
        )
        role = one.roles["app"]
        if self.do("trust providers", lambda: role.update_assume_role_policy(text)):
            held["Role"]["app"]["trust"] = self.model.kept(text)

    # -- what is done with sessions -----------------------------------------------------------

    @step(kind=("session", "session", "session", "dead", "key", "user", "other"), number=MANY)
    def say_who(self, kind: str, number: int) -> None:
        """Ask who calls: whoever shows good credentials is told, also if all is denied to him."""
        caller = self.some_caller(kind, number)
        shown, refused = self.shows(caller), self.refused(caller)
        if self.do(
            "GetCallerIdentity", lambda: self.world.sts.get_caller_identity(shown), *refused
        ):
            told, who = self.answer, self.model.who(caller)
            assert told.arn == who["principal"]
            assert told.account == self.account_of(caller)
            if caller in self.model.sessions:
                assert told.user_id == who["context"]["aws:userid"]

    @step(kind=("session", "session", "session", "dead", "key", "user", "other"), number=MANY)
    def call_iam(self, kind: str, number: int) -> None:
        """Call IAM, which does not take all sessions."""
        caller, action = self.some_caller(kind, number), "iam:GetAccountSummary"
        account, shown = self.account(self.account_of(caller)), self.shows(caller)
        barred = self.model.is_barred(caller, action)
        self.do(
            "call IAM",
            lambda: account.call("GetAccountSummary", shown),
            *self.refused(caller),
            (barred, error(GONE)),
            (not barred and not self.model.may(caller, action, "*"), AccessDenied),
        )
        self.seen["IAM does not take it"] += barred and not self.model.refusal(caller)

    @step(minutes=(10, 30, 60))
    def wait_a_little(self, minutes: int) -> None:
        """Let minutes go by, in which some sessions end."""
        self.world.clock.advance(minutes=minutes)
        self.model.hours += Fraction(minutes, 60)

    @step(number=NUMBERS)
    def revoke_sessions(self, number: int) -> None:
        """Revoke the sessions of a role that were issued until now: by hand, or by the button."""
        account, noun, name, one = self.some_identity(number, "Role")
        if not account:
            return
        role, date = self.identity(account, noun, name), f"{moment(self.model.hours)[:19]}.000Z"
        root, arn = self.account(account).root_arn, self.model.arn(account, noun, name)
        if self.by_method:
            done = self.do("revoke sessions", role.revoke_sessions)
        else:
            to = {"RoleName": name, "PolicyName": REVOKES, "PolicyDocument": as_text(older(date))}
            done = self.do(
                "PutRolePolicy",
                lambda: self.account(account).call("PutRolePolicy", root, **to),
                (self.model.lost(), NoSuchEntity),
                (not self.model.may(root, "iam:PutRolePolicy", arn), AccessDenied),
            )
        if not done:
            return
        one["inline"][REVOKES] = BEFORE + date
        own = [key for key, each in self.model.sessions.items() if each["behind"] == one["id"]]
        hit = {key for key in own if not self.model.refusal(key) and self.model.is_revoked(key)}
        assert not self.by_method or {*self.answer.hits} == hit
        self.seen["revoked"] += len(hit)

    @step(number=NUMBERS)
    def stop_revoking(self, number: int) -> None:
        """Take that policy away: what was revoked works again."""
        every = [
            (account, noun, name)
            for account, noun, name, one in self.model.identities()
            if REVOKES in one["inline"]
        ]
        if every:
            account, noun, name = pick(every, number)
            self.do("stop revoking", lambda: self.identity(account, noun, name).delete_policy(REVOKES))
            del self.model.accounts[account][noun][name]["inline"][REVOKES]

    # -- what sessions are got with, and what limits them -------------------------------------

    @step(number=NUMBERS, what=("make", "make", "make", "Inactive", "Inactive", "Active", "delete"))
    def change_key(self, number: int, what: str) -> None:
        """Make an access key, switch it off or on, delete it: its sessions stay."""
        account, noun, name, one = self.some_identity(number, "User")
        if not account:
            return
        user, keys = self.identity(account, noun, name), one["keys"]
        if what == "make":
            full = (len(keys) > 1, LimitExceeded)
            if self.do("CreateAccessKey", user.create_access_key, full):
                keys[self.answer.access_key_id] = True
                self.homes[self.answer.access_key_id] = account
            return
        if not keys:
            return
        chosen = pick(keys, number)
        key = AccessKey(user, chosen)
        self.seen["outlives its key"] += sum(
            self.model.sessions[each]["parent"] == chosen for each in self.model.alive()
        )
        if what == "delete":
            self.do("DeleteAccessKey", key.delete)
            del keys[chosen]
        elif self.do("UpdateAccessKey", lambda: key.update(what)):
            keys[chosen] = what == "Active"

    @step(number=NUMBERS, what=("get", "get", "get", "lose"))
    def change_phone(self, number: int, what: str) -> None:
        """Give a user a phone for MFA, or take it away."""
        account, noun, name, one = self.some_identity(number, "User")
        if not account:
            return
        user, phones = self.identity(account, noun, name), one["phones"]
        if what == "get" and not phones:
            device = user.create_virtual_mfa_device(f"phone-{next(self.turn)}")
            if self.do("EnableMFADevice", device.enable):
                phones.append(device.serial_number)
                self.phones[device.serial_number] = device
        elif what == "lose" and phones:
            [device] = user.mfa_devices
            if self.do("DeactivateMFADevice", device.deactivate):
                phones.clear()

    @step(number=NUMBERS, hours=(1, 2, 12))
    def let_last(self, number: int, hours: int) -> None:
        """Say how long the sessions of a role may last; those that are out stay as they are."""
        account, noun, name, one = self.some_identity(number, "Role")
        if account:
            role, seconds = self.identity(account, noun, name), 3600 * hours
            if self.do("UpdateRole", lambda: role.update(max_session_duration=seconds)):
                one["seconds"] = seconds

    @step(
        account=(MAIN, MAIN, DEV, OUT),
        name=("limit", "other"),
        what=("make", "make", "change", "change", "delete"),
        text=("use", "all", "s3", "not-s3", "no-send", "near"),
    )
    def manage_policy(self, account: str, name: str, what: str, text: str) -> None:
        """Make a managed policy, let it say something else, delete it."""
        if account not in self.model.accounts:
            return
        held, arn = self.model.policies_of(account), f"arn:aws:iam::{account}:policy/{name}"
        one, found = self.account(account), self.account(account).policies.get(arn)
        if what == "make":
            taken = (arn in held, EntityAlreadyExists)
            ask = lambda: one.create_policy(name, INLINE[text])  # noqa: E731
            if self.do("CreatePolicy", ask, taken):
                held[arn] = text
        elif found is not None:
            self.seen["session policy changed"] += sum(
                arn in self.model.sessions[key]["arns"] for key in self.model.alive()
            )
            if what == "change":
                self.do("CreatePolicyVersion", lambda: change(found, INLINE[text]))
                held[arn] = text
            else:
                bounds = [each.get("boundary") for *_, each in self.model.identities()]
                if self.do("DeletePolicy", found.delete, (arn in bounds, DeleteConflict)):
                    del held[arn]

    @step(number=NUMBERS, name=("limit", "other", None))
    def bound(self, number: int, name: str | None) -> None:
        """Set the boundary of a user or a role, or take it away."""
        account, noun, who, one = self.some_identity(number)
        if not account:
            return
        found, held = self.identity(account, noun, who), self.model.policies_of(account)
        if name is None:
            none = (one.get("boundary") is None, NoSuchEntity)
            if self.do("delete a boundary", found.delete_permissions_boundary, none):
                one["boundary"] = None
            return
        arn = f"arn:aws:iam::{account}:policy/{name}"
        missing = (arn not in held, NoSuchEntity)
        if self.do("put a boundary", lambda: found.put_permissions_boundary(arn), missing):
            one["boundary"] = arn

    def open_doors(self) -> None:
        """Let there be what sessions are got with, and roles that let each other in."""
        how = {"by_method": True}
        for account in (MAIN, DEV, OUT):
            for name in ("limit", "other"):
                self.manage_policy(**how, account=account, name=name, what="make", text="use")
            self.federate(**how, account=account, what="trust", with_tags=True)
        trusted = WHO.index(("Role", MAIN, "app"))
        self.create_identity(**how, account=MAIN, noun="Role", name="job", who=WHO[trusted])
        self.create_identity(**how, account=OUT, noun="Role", name="job", who=WHO[trusted])
        for number in range(20):
            self.put_inline(**how, number=number, text="all" if number % 3 else "same-team")
            self.change_key(**how, number=number, what="make")
            self.change_phone(**how, number=number, what="get")

    def forget_secrets(self) -> None:
        """Note that no phone shows the codes of this world, which was saved without secrets."""
        every = self.model.identities()
        self.model.stale |= {phone for *_, one in every for phone in one.get("phones", ())}
        self.model.stale.add("every key of before")

    # -- what sessions may do -----------------------------------------------------------------

    def pairs_of_sessions(self, model: PlainWorld) -> list[tuple[str, str]]:
        """Give the actions and resources of which sessions are asked."""
        guest = f"arn:aws:sts::{MAIN}:federated-user/guest"
        more = [(one, guest if "Federation" in one else "*") for one in OFTEN_ASKED]
        return [*model.asked(), *more]

    def ask_sessions(self, world: World, model: PlainWorld, action: str, resource: str) -> None:
        """Ask every session: what neither its role nor the resource allows, it may not.

        Those that are over, or whose role is gone, are refused before anything is asked.
        """
        dead = 0
        for key, session in self.sessions.items():
            known = model.sessions.get(key)
            code = model.refusal(key) if known else self.unknown_there(key, model)
            dead += bool(code)
            if not code:
                self.ask_session(world, model, key, action, resource)
            elif dead < 4:
                self.seen[code] += 1
                self.must_refuse(error(code), world, session, action, resource)

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
        kind, may = model.sessions[key]["kind"], model.may(key, action, resource)
        found = bool(world.can(shown, action, resource))
        assert found == may, (action, resource, key, model.sessions[key], found)
        granted = model.is_granted(key, action, resource)
        assert granted or not found or action in WITHOUT_ALLOW
        if model.is_revoked(key) and action != "sts:GetCallerIdentity":
            assert not found
            self.seen["denied by a revocation"] += granted
        self.seen[f"{kind}: {'allowed' if found else 'refused'}"] += 1
        self.seen[f"{kind}: granted, but limited"] += granted and not found

    def unknown_there(self, key: str, model: PlainWorld) -> str:
        """Say what a world answers that was copied before the session was made."""
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


OFTEN_WITH_SESSIONS = (
    *("assume_role",) * 8,
    *("get_session_token", "get_federation_token", "get_federation_token"),
    *("get_scoped_credentials", "get_scoped_credentials", "come_with_token", "come_with_token"),
    *("federate", "say_who", "call_iam", "act", "act", "wait_a_little", "wait_a_little"),
    *("revoke_sessions", "stop_revoking", "change_key", "change_key", "change_phone", "let_last"),
    *("manage_policy", "manage_policy", "bound", "put_inline", "put_inline", "update_trust"),
    *("delete_identity", "create_identity", "rename_user", "tag_identity", "put_policy"),
    *("put_policy", "copy", "save_and_load"),
)
"""Steps of a walk that is about sessions."""

METHODS = {
    "AssumeRole": "assume_role",
    "AssumeRoleWithSAML": "assume_role_with_saml",
    "AssumeRoleWithWebIdentity": "assume_role_with_web_identity",
    "GetFederationToken": "get_federation_token",
    "GetScopedCredentials": "get_scoped_credentials",
    "GetSessionToken": "get_session_token",
}


def clash(inherited: dict[str, str], tags: dict[str, str]) -> bool:
    """Say whether a tag is passed whose key is inherited: its letter case does not count."""
    return bool({key.lower() for key in inherited} & {key.lower() for key in tags})


def of_api(name: str) -> str:
    """Give the API's name of a method's parameter."""
    return "".join(part.capitalize() for part in name.split("_"))


def as_sent(name: str, value: Any) -> Any:
    """Write a parameter as the API takes it."""
    forms = {
        "policy": as_text,
        "policy_arns": lambda arns: [{"arn": arn} for arn in arns],
        "tags": lambda tags: [{"Key": key, "Value": tags[key]} for key in tags],
    }
    return forms[name](value) if name in forms else value


def as_text(document: Any) -> str:
    """Write a policy as JSON."""
    return json.dumps(document)


def qualifier(account: str) -> str:
    """Give the hash by which AWS tells the names of one directory from those of another."""
    whole = f"{ENTITY_ID}{account}/AcmeAD".encode()
    return b64encode(sha1(whole, usedforsecurity=False).digest()).decode()


def change(policy: Any, document: Any) -> None:
    """Let a managed policy say something else; its older versions go."""
    before = policy.default_version_id
    policy.create_version(document, set_as_default=True)
    policy.delete_version(before)
