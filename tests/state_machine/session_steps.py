"""Steps that get sessions, and that change what they are got with, whose they are, what they may.

The calls of STS themselves are in ``session_calls.py``, the questions in ``session_asking.py``.
"""

import json
from fractions import Fraction
from typing import Any

from iamlab.errors import (
    AccessDenied,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
)
from iamlab.operations.federation.oidc_issuer import create_issuer
from iamlab.operations.federation.saml_directory import ENTITY_ID, create_directory
from iamlab.operations.iam.credentials import AccessKey
from tests.state_machine.plain_sessions import OF_AWS, REVOKES, moment
from tests.state_machine.plain_world import IAM
from tests.state_machine.policy_documents import BEFORE, INLINE, of_providers, of_trust, older
from tests.state_machine.session_calls import AUDIENCE, PROVIDERS, URL, SessionCalls
from tests.state_machine.steps import BOTH
from tests.state_machine.world_steps import (
    DEV,
    MAIN,
    NAMES,
    NUMBERS,
    OUT,
    START,
    WHO,
    empty,
    pick,
    step,
)

OFTEN_WITH_SESSIONS = (
    *("assume_role",) * 16,
    *("get_session_token",) * 2,
    *("get_federation_token",) * 3,
    *("get_scoped_credentials",) * 3,
    *("assume_root", "assume_root", "let_root_in"),
    *("come_with_token",) * 3,
    *("federate", "say_who", "call_iam", "call_iam"),
    *("act", "act", "wait_a_little", "wait_a_little"),
    *("revoke_sessions", "revoke_sessions", "stop_revoking", "change_phone", "let_last"),
    *("make_key", "change_key", "change_key"),
    *("manage_policy", "manage_policy", "bound", "put_inline", "put_inline", "update_trust"),
    *("make_anew", "delete_identity", "create_identity"),
    *(
        "rename_with_sessions",
        "rename_with_sessions",
        "tag_identity",
        "tag_resource",
        "put_policy",
        "put_policy",
        "copy",
        "save_and_load",
    ),
)
"""Steps of a walk that is about sessions."""


class SessionSteps(SessionCalls):
    """What is done to keys, phones, providers and policies, and to which sessions are of."""

    # -- what is done to sessions -------------------------------------------------------------

    @step(minutes=(10, 30, 60))
    def wait_a_little(self, minutes: int) -> None:
        """Let minutes go by, in which some sessions end."""
        self.world.clock.advance(minutes=minutes)
        self.model.hours += Fraction(minutes, 60)

    def some_role_with_sessions(self, number: int) -> tuple[str, str, str, dict[str, Any]]:
        """Choose a role with sessions that were issued before now; any other if there isn't one."""
        alive = [self.model.sessions[key] for key in self.model.alive()]
        behind = {item["behind"] for item in alive if item["issued"] < self.model.hours}
        every = [
            (account, noun, name)
            for account, noun, name, item in self.model.identities()
            if noun == "Role" and item["id"] in behind
        ]
        if not every:
            return self.some_identity(number, "Role")
        account, noun, name = pick(every, number)
        return account, noun, name, self.model.accounts[account][noun][name]

    @step(number=NUMBERS)
    def revoke_sessions(self, number: int) -> None:
        """Revoke the sessions of a role that were issued until now: by hand, or by the button."""
        account, noun, name, item = self.some_role_with_sessions(number)
        if not account:
            return
        role, date = self.identity(account, noun, name), f"{moment(self.model.hours)[:19]}.000Z"
        root, arn = self.account(account).root_arn, self.model.arn(account, noun, name)
        if self.by_method:
            done = self.do("revoke sessions", role.revoke_sessions)
        else:
            to = {
                "RoleName": name,
                "PolicyName": REVOKES,
                "PolicyDocument": json.dumps(older(date)),
            }
            done = self.do(
                "PutRolePolicy",
                lambda: self.account(account).call("PutRolePolicy", root, **to),
                (self.model.lost(), NoSuchEntity),
                (not self.model.may(root, "iam:PutRolePolicy", arn), AccessDenied),
            )
        if not done:
            return
        item["inline"][REVOKES] = BEFORE + date
        own = [key for key, each in self.model.sessions.items() if each["behind"] == item["id"]]
        hit = {key for key in own if not self.model.refusal(key) and self.model.is_revoked(key)}
        assert not self.by_method or {*self.answer.hits} == hit
        self.seen["revoked"] += len(hit)

    @step(number=NUMBERS)
    def stop_revoking(self, number: int) -> None:
        """Take that policy away: what was revoked works again."""
        every = [
            (account, noun, name)
            for account, noun, name, item in self.model.identities()
            if REVOKES in item["inline"]
        ]
        if every:
            account, noun, name = pick(every, number)
            self.do(
                "stop revoking", lambda: self.identity(account, noun, name).delete_policy(REVOKES)
            )
            del self.model.accounts[account][noun][name]["inline"][REVOKES]

    def with_sessions(self, *nouns: str) -> list[tuple[str, str, str]]:
        """List the users or roles that have sessions, and that are not AWS's own."""
        behind = {self.model.sessions[key]["behind"] for key in self.model.alive()}
        return [
            (account, noun, name)
            for account, noun, name, item in self.model.identities()
            if noun in nouns and item["id"] in behind and name in NAMES[noun]
        ]

    @step(number=NUMBERS, path=("/", "/sky/"))
    def rename_with_sessions(self, number: int, path: str) -> None:
        """Rename a user, or only move him: his sessions go with him."""
        every = self.with_sessions("User")
        if every:
            account, _, old = pick(every, number)
            self.rename(account, old, "bob" if old == "ana" else "ana", path)

    @step(number=NUMBERS)
    def make_anew(self, number: int) -> None:
        """Delete a user or a role, and make another one of the same name: sessions know it."""
        every = self.with_sessions("User", "Role")
        if not every:
            return
        account, noun, name = pick(every, number)
        held, found = self.model.accounts[account], self.identity(account, noun, name)
        empty(found, held[noun][name])
        profiles = held["Profile"].values()
        used = noun == "Role" and any(name in each["roles"] for each in profiles)
        if not self.do(f"Delete{noun}", found.delete, (used, DeleteConflict)):
            return
        del held[noun][name]
        home, more = self.account(account), {"keys": {}, "phones": []}
        if noun == "User":
            self.do("CreateUser", lambda: home.create_user(name))
        else:
            text = of_trust({"AWS": f"arn:aws:iam::{account}:root"})
            self.do("CreateRole", lambda: home.create_role(name, assume_role_policy_document=text))
            more = {"trust": self.model.kept(text), "seconds": 3600}
        new = {"id": self.answer.unique_id, "path": "/", "inline": {}, "tags": {}}
        held[noun][name] = {**new, **more}

    # -- what sessions are got with -----------------------------------------------------------

    @step(number=NUMBERS)
    def make_key(self, number: int) -> None:
        """Make an access key: a user has two at most."""
        account, noun, name, item = self.some_identity(number, "User")
        if not account:
            return
        user, keys = self.identity(account, noun, name), item["keys"]
        if self.do("CreateAccessKey", user.create_access_key, (len(keys) > 1, LimitExceeded)):
            keys[self.answer.access_key_id] = True
            self.homes[self.answer.access_key_id] = account

    @step(number=NUMBERS, what=("Inactive", "Inactive", "Active", "delete"))
    def change_key(self, number: int, what: str) -> None:
        """Switch an access key off or on, or delete it: sessions that were got with it stay."""
        every = {
            key: (account, name, item["keys"])
            for account, noun, name, item in self.model.identities()
            for key in item.get("keys", ())
        }
        if not every:
            return
        parents = [self.model.sessions[key]["parent"] for key in self.model.alive()]
        chosen = pick([key for key in parents if key in every] or every, number)
        account, name, keys = every[chosen]
        key = AccessKey(self.account(account).users[name], chosen)
        if what == "delete":
            self.do("DeleteAccessKey", key.delete)
            del keys[chosen]
        elif self.do("UpdateAccessKey", lambda: key.update(what)):
            keys[chosen] = what == "Active"
        self.seen["outlives its key"] += parents.count(chosen) * (what != "Active")

    @step(number=NUMBERS, what=("get", "get", "get", "lose"))
    def change_phone(self, number: int, what: str) -> None:
        """Return a user a phone for MFA, or take it away."""
        account, noun, name, item = self.some_identity(number, "User")
        if not account:
            return
        user, phones = self.identity(account, noun, name), item["phones"]
        if what == "get" and self.model.stale.issuperset(phones):
            for device in user.mfa_devices:
                device.deactivate()
            phones.clear()
            device = user.create_virtual_mfa_device(f"phone-{next(self.turn)}")
            if self.do("EnableMFADevice", device.enable):
                phones.append(device.serial_number)
                self.phones[device.serial_number] = device
                self.model.last_codes.pop(device.serial_number, None)
        elif what == "lose" and phones:
            [device] = user.mfa_devices
            if self.do("DeactivateMFADevice", device.deactivate):
                phones.clear()

    @step(account=(*START, DEV), what=("trust", "trust", "trust", "part"), with_tags=BOTH)
    def federate(self, account: str, what: str, *, with_tags: bool) -> None:
        """Let an account know two identity providers, and its role trust them; or forget them."""
        if account not in self.model.accounts:
            return
        item, held = self.account(account), self.model.accounts[account]
        if what == "part":
            for provider in (*item.oidc_providers.values(), *item.saml_providers.values()):
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
            held["Provider"].add(issuers[URL].register(item).arn)
        if arns["saml"] not in held["Provider"] and not self.model.stale:
            held["Provider"].add(directories[ENTITY_ID].register(item).arn)
        if "app" not in item.roles:
            return
        by = {"web": "sts:AssumeRoleWithWebIdentity", "saml": "sts:AssumeRoleWithSAML"}
        text = of_providers(
            {by[key]: arn for key, arn in arns.items() if arn in held["Provider"]},
            account,
            with_tags=with_tags,
        )
        role = item.roles["app"]
        if self.do("trust providers", lambda: role.update_assume_role_policy(text)):
            held["Role"]["app"]["trust"] = self.model.kept(text)

    @step(which=BOTH, on=(True, True, True, False))
    def let_root_in(self, which: int, *, on: bool) -> None:
        """Let the management account take root users of members, or no longer."""
        key, item = self.some_organization(which)
        if not key or not item["all"]:
            return
        made = self.world.organizations[key]
        if IAM not in item["services"]:
            made.enable_aws_service_access(IAM)
            item["services"] = item["services"] | {IAM}
        word, left = ("enable", {"RootSessions"}) if on else ("disable", set())
        if self.do("root sessions", getattr(made, f"{word}_organizations_root_sessions")):
            item["features"] = left

    # -- what limits them ---------------------------------------------------------------------

    @step(number=NUMBERS, hours=(1, 2, 12))
    def let_last(self, number: int, hours: int) -> None:
        """Return how long the sessions of a role may last; those that are out stay as they are."""
        account, noun, name, item = self.some_identity(number, "Role")
        if account:
            role, seconds = self.identity(account, noun, name), 3600 * hours
            if self.do("UpdateRole", lambda: role.update(max_session_duration=seconds)):
                item["seconds"] = seconds

    @step(
        account=(MAIN, MAIN, DEV, OUT),
        name=("limit", "other"),
        what=("make", "make", "change", "change", "delete"),
        number=NUMBERS,
        text=("use", "all", "s3", "not-s3", "no-send", "near"),
    )
    def manage_policy(self, account: str, name: str, what: str, number: int, text: str) -> None:
        """Make a managed policy, let it say something else, delete it: best one that is used."""
        if account not in self.model.accounts:
            return
        arn = f"arn:aws:iam::{account}:policy/{name}"
        alive = [self.model.sessions[key] for key in self.model.alive()]
        used = [each for item in alive for each in item["arns"] if each not in OF_AWS]
        if what != "make" and used:
            arn = pick(used, number)
        item, held = self.account(arn.split(":")[4]), self.model.policies_of(arn.split(":")[4])
        if what == "make":
            ask = lambda: item.create_policy(name, INLINE[text])  # noqa: E731
            if self.do("CreatePolicy", ask, (arn in held, EntityAlreadyExists)):
                held[arn] = text
        elif arn in held and what == "change":
            self.do("CreatePolicyVersion", lambda: change(item.policies[arn], INLINE[text]))
            held[arn] = text
            self.seen["session policy changed"] += used.count(arn)
        elif arn in held:
            bounds = [each.get("boundary") for *_, each in self.model.identities()]
            in_use = (arn in bounds, DeleteConflict)
            if self.do("DeletePolicy", item.policies[arn].delete, in_use):
                del held[arn]
                self.seen["session policy deleted"] += used.count(arn)

    @step(number=NUMBERS, name=("limit", "other", None))
    def bound(self, number: int, name: str | None) -> None:
        """Set the boundary of a user or a role, or take it away."""
        every = {
            (account, noun, who): item
            for account, noun, who, item in self.model.identities()
            if (self.model.policies_of(account) if name else item.get("boundary"))
        }
        account, noun, who = pick(every, number) if every else self.some_identity(number)[:3]
        if not account:
            return
        item = self.model.accounts[account][noun][who]
        found, held = self.identity(account, noun, who), self.model.policies_of(account)
        if name is None:
            none = (item.get("boundary") is None, NoSuchEntity)
            if self.do("delete a boundary", found.delete_permissions_boundary, none):
                item["boundary"] = None
            return
        arn = f"arn:aws:iam::{account}:policy/{name}"
        missing = (arn not in held, NoSuchEntity)
        if self.do("put a boundary", lambda: found.put_permissions_boundary(arn), missing):
            item["boundary"] = arn

    # -- a start, and an end of secrets -------------------------------------------------------

    def open_doors(self) -> None:
        """Let there be what sessions are got with, and roles that let each other in."""
        how = {"by_method": True}
        for account in (MAIN, DEV, OUT):
            for name in ("limit", "other"):
                new = {"account": account, "name": name, "what": "make", "text": "use"}
                self.manage_policy(**how, **new, number=0)
            self.federate(**how, account=account, what="trust", with_tags=account != OUT)
        for which in BOTH:
            self.let_root_in(**how, which=which, on=True)
        trusted = WHO.index(("Role", MAIN, "app"))
        self.create_identity(**how, account=MAIN, noun="Role", name="job", who=WHO[trusted])
        self.create_identity(**how, account=OUT, noun="Role", name="job", who=WHO[trusted])
        roles = sorted(place for *place, _ in self.model.identities() if place[1] == "Role")
        number = [place for place in roles if place[2] in NAMES["Role"]].index([OUT, "Role", "job"])
        self.update_trust(**how, number=number, who=WHO[trusted], how="plain")
        for number in range(len(roles)):
            self.let_last(**how, number=number, hours=2 + 10 * (number % 2))
        texts = ("all", "all", "same-team", "all", "untagged")
        for number in range(10):
            self.put_inline(**how, number=number, text=texts[number % 5])
            self.make_key(**how, number=number)
            self.change_phone(**how, number=number, what="get")
            self.tag_identity(**how, number=number, tags={"team": "sea"}, on=True)
            self.tag_resource(**how, number=number, tags={"team": "sky"}, on=True)
        for kind in ("queue", "bucket"):
            self.put_policy(**how, number=0, how="sky", who=WHO[0], kinds=(kind,))

    def forget_secrets(self) -> None:
        """Note that no phone shows the codes of this world, which was saved without secrets."""
        every = self.model.identities()
        self.model.stale |= {phone for *_, item in every for phone in item.get("phones", ())}
        self.model.stale.add("every key of before")


def change(policy: Any, document: Any) -> None:
    """Let a managed policy say something else; its older versions go."""
    before = policy.default_version_id
    policy.create_version(document, set_as_default=True)
    policy.delete_version(before)
