"""Steps that change what is in accounts: users and roles, resources, and the ways to them."""

import re
from typing import TYPE_CHECKING, Any

from iamlab.errors import (
    AccessDenied,
    AwsError,
    BucketAlreadyExists,
    BucketAlreadyOwnedByYou,
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    MalformedPolicyDocument,
    NoSuchEntity,
)
from tests.state_machine.policy_documents import (
    INLINE,
    TRUSTS,
    WAYS,
    Doc,
    of_resource,
    of_trust,
)
from tests.state_machine.steps import BOTH, Fault
from tests.state_machine.world_steps import (
    DEV,
    FREE,
    HOW,
    KINDS,
    MAIN,
    MAKERS,
    NAMED,
    NAMES,
    NOWHERE,
    NUMBERS,
    OUT,
    START,
    SWITCHES,
    TAGS,
    WHO,
    WorldSteps,
    changed,
    empty,
    pick,
    step,
)

if TYPE_CHECKING:
    from collections.abc import Callable

FORGIVES = ("bucket", "queue", "topic", "secret", "table", "event bus")
"""Kinds for which it is not a mistake to take a policy away that is not there."""


LOOKED_AT = ("key", "secret", "table", "repository")
"""Kinds for which it is asked whether a policy would lock out whoever writes it."""


class ResourceSteps(WorldSteps):
    """What is done to identities and resources."""

    # -- identities ---------------------------------------------------------------------------

    def principal(self, who: tuple[str, str, str]) -> tuple[Doc | str, bool]:
        """Write the principal of a policy, and return whether he exists."""
        noun, account, name = who
        if noun == "Everybody":
            return "*", True
        if noun == "Service":
            return {"Service": account}, True
        if noun == "Account":
            return {"AWS": f"arn:aws:iam::{account}:root"}, True
        if noun == "Session":
            return {"AWS": f"arn:aws:sts::{account}:{name}"}, True
        if account not in self.model.accounts:  # whoever is outside of the world is taken as there
            account = MAIN
        there = name in self.model.accounts[account][noun]
        return {"AWS": self.model.arn(account, noun, name)}, there

    @step(
        account=(*START, DEV, DEV),
        noun=("User", "Role"),
        name=("ana", "bob", "app", "job"),
        who=WHO[:-3],
    )
    def create_identity(
        self, account: str, noun: str, name: str, who: tuple[str, str, str]
    ) -> None:
        """Make a user or a role."""
        if account not in self.model.accounts or name not in NAMES[noun]:
            return
        held = self.model.accounts[account][noun]
        taken, (named, there) = (name in held, EntityAlreadyExists), self.principal(who)
        if noun == "User":
            ask: Callable[[], Any] = lambda: self.account(account).create_user(name)  # noqa: E731
            faults: tuple[Fault, ...] = (taken,)
            more: dict[str, Any] = {"keys": {}, "phones": []}
        else:
            assert isinstance(named, dict)
            text = of_trust(named)
            ask = lambda: self.account(account).create_role(  # noqa: E731
                name, assume_role_policy_document=text
            )
            faults = (taken, (not there, MalformedPolicyDocument))
            more = {"trust": self.model.kept(text), "seconds": 3600}
        if self.do(f"Create{noun}", ask, *faults):
            found = self.identity(account, noun, name)
            new = {"id": found.unique_id, "path": "/", "inline": {}, "tags": {}}
            held[name] = {**new, **more}

    @step(number=NUMBERS, name=NAMES["User"], path=("/", "/sky/"))
    def rename_user(self, number: int, name: str, path: str) -> None:
        """Rename and move a user: policies that name him go with him."""
        account, _, old, _ = self.some_identity(number, "User")
        if account:
            self.rename(account, old, name, path)

    def rename(self, account: str, old: str, name: str, path: str) -> None:
        """Return a user another name and path."""
        held = self.model.accounts[account]["User"]
        taken = (name in held and name != old, EntityAlreadyExists)
        user = self.identity(account, "User", old)
        if self.do("UpdateUser", lambda: user.update(new_user_name=name, new_path=path), taken):
            held[name] = {**held.pop(old), "path": path}

    @step(number=NUMBERS, text=tuple(INLINE))
    def put_inline(self, number: int, text: str) -> None:
        """Let a user or a role do something."""
        account, noun, name, item = self.some_identity(number)
        if account and self.do(
            f"Put{noun}Policy",
            lambda: self.identity(account, noun, name).put_policy("own", INLINE[text]),
        ):
            item["inline"]["own"] = text

    @step(number=NUMBERS)
    def delete_inline(self, number: int) -> None:
        """Take that away."""
        account, noun, name, item = self.some_identity(number)
        if not account:
            return
        none = ("own" not in item["inline"], NoSuchEntity)
        if self.do(
            f"Delete{noun}Policy",
            lambda: self.identity(account, noun, name).delete_policy("own"),
            none,
        ):
            del item["inline"]["own"]

    @step(number=NUMBERS, first=(True, True, False))
    def delete_identity(self, number: int, *, first: bool) -> None:
        """Delete a user or a role, having taken away what is attached to it, or not."""
        account, noun, name, item = self.some_identity(number)
        if not account:
            return
        if first:
            empty(self.identity(account, noun, name), item)
        profiles = self.model.accounts[account]["Profile"].values()
        left = bool(item["inline"] or item.get("keys") or item.get("phones")) or (
            noun == "Role" and any(name in each["roles"] for each in profiles)
        )
        if self.do(
            f"Delete{noun}", self.identity(account, noun, name).delete, (left, DeleteConflict)
        ):
            del self.model.accounts[account][noun][name]

    @step(number=NUMBERS, tags=TAGS, on=BOTH)
    def tag_identity(self, number: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a user or a role, or take them away."""
        account, noun, name, item = self.some_identity(number)
        if not account:
            return
        found = self.identity(account, noun, name)
        ask = (lambda: found.tag(tags)) if on else (lambda: found.untag(list(tags)))
        if self.do(f"{'Tag' if on else 'Untag'}{noun}", ask):
            item["tags"] = changed(item["tags"], tags, on=on)

    @step(number=NUMBERS, who=WHO[:-3], how=("all", "all", *TRUSTS))
    def update_trust(self, number: int, who: tuple[str, str, str], how: str) -> None:
        """Let somebody else take a role."""
        account, noun, name, item = self.some_identity(number, "Role")
        if not account:
            return
        named, there = self.principal(who)
        assert isinstance(named, dict)
        text, role = of_trust(named, how), self.identity(account, noun, name)
        gone = (not there, MalformedPolicyDocument)
        if self.do("UpdateAssumeRolePolicy", lambda: role.update_assume_role_policy(text), gone):
            item["trust"] = self.model.kept(text)

    @step(account=(*START, DEV), what=("make", "make", "add", "add", "remove", "delete"))
    def profile(self, account: str, what: str) -> None:
        """Make an instance profile, put the role into it, take it out, delete the profile."""
        if account not in self.model.accounts:
            return
        item, held = self.account(account), self.model.accounts[account]["Profile"]
        profile = held.get("web")
        made = item.instance_profiles.get("web")
        if what == "make":
            taken = (profile is not None, EntityAlreadyExists)
            ask = lambda: item.create_instance_profile("web")  # noqa: E731
            if self.do("CreateInstanceProfile", ask, taken):
                held["web"] = {"id": self.answer.unique_id, "roles": []}
        elif profile is None or made is None:
            return
        elif what == "delete":
            full = (bool(profile["roles"]), DeleteConflict)
            if self.do("DeleteInstanceProfile", made.delete, full):
                del held["web"]
        else:
            self.change_profile(profile, made, what, "app" in self.model.accounts[account]["Role"])

    def change_profile(self, profile: dict[str, Any], made: Any, what: str, there: bool) -> None:  # noqa: FBT001
        """Put the role into a profile, or take it out."""
        roles, none = profile["roles"], (not there, NoSuchEntity)
        if what == "add":
            full = (bool(roles), LimitExceeded)
            if self.do("AddRoleToInstanceProfile", lambda: made.add_role("app"), full, none):
                roles.append("app")
        else:
            empty = ("app" not in roles, NoSuchEntity)
            if self.do("RemoveRoleFromInstanceProfile", lambda: made.remove_role("app"), empty):
                roles.remove("app")

    # -- resources ----------------------------------------------------------------------------

    @step(kind=KINDS, account=(MAIN, DEV, DEV, OUT), name=NAMED)
    def make(self, kind: str, account: str, name: str) -> None:
        """Make a resource; a bucket's name is unique in the whole world."""
        if account not in self.model.accounts:
            return
        ends = [
            (arn, re.split("[:/]", arn)[-1])
            for arn, item in self.model.resources.items()
            if item["kind"] == kind
        ]
        named = [
            arn
            for arn, end in ends
            if end == name or (kind == "secret" and end.startswith(f"{name}-"))
        ]
        if kind == "key" and len(ends) > 1:
            return
        own = [arn for arn in named if self.model.resources[arn]["account"] == account]
        if own and kind in FREE:
            return
        has_role = "app" in self.model.accounts[account]["Role"]
        wrong = (
            AwsError
            if kind != "bucket"
            else (BucketAlreadyOwnedByYou if own else BucketAlreadyExists)
        )
        faults = (
            (bool(own if kind != "bucket" else named) and kind != "key", wrong),
            (kind == "function" and not has_role, NoSuchEntity),
        )
        if self.do("make a resource", lambda: MAKERS[kind](self.account(account), name), *faults):
            self.model.add_resource(self.answer.arn, kind, account)

    @step(number=NUMBERS, how=HOW, who=WHO, kinds=((), (), ("bucket",), ("bucket", "queue", "key")))
    def put_policy(
        self, number: int, how: str, who: tuple[str, str, str], kinds: tuple[str, ...]
    ) -> None:
        """Write the policy of a resource."""
        arn, item, found = self.some_resource(number, *(kinds or tuple(MAKERS)))
        if not arn:
            return
        if self.model.lost() and item["kind"] in LOOKED_AT:
            return
        named, there = self.principal(who)
        there = there or how not in ("allow", "deny")
        document: Any = "{"
        if how != "torn":
            document = of_resource(
                item["kind"], arn, item["account"], self.key_for(how, number), named
            )
        public = (
            how != "torn" and item["kind"] == "bucket" and self.model.is_too_public(arn, document)
        )
        faults = ((how == "torn" or not there, AwsError), (public, AccessDenied))
        if self.do("put a resource policy", lambda: found.put_policy(document), *faults):
            item["policy"] = self.model.kept(document)

    def key_for(self, how: str, number: int) -> str:
        """Add the organization or the OU that a policy is about."""
        key, item = self.some_organization(number)
        if how in ("org", "guard"):
            return f"{how}:{key or 'o-nonesuch00'}"
        if how == "path":
            return f"path:{pick([*item.get('names', ()), item.get('root', NOWHERE)], number)}"
        return how

    @step(number=NUMBERS)
    def delete_resource_policy(self, number: int) -> None:
        """Take the policy of a resource away; topics fall back to the one that SNS writes."""
        arn, item, found = self.some_resource(number, *(kind for kind in MAKERS if kind != "key"))
        if not arn:
            return
        none = (item["policy"] is None and item["kind"] not in FORGIVES, AwsError)
        if self.do("delete a resource policy", found.delete_policy, none):
            self.model.resources[arn]["policy"] = None
            if item["kind"] == "topic":
                fresh = self.model.copy()
                fresh.add_resource(arn, "topic", item["account"])
                item["policy"] = fresh.resources[arn]["policy"]

    @step(number=NUMBERS, tags=TAGS, on=(True, True, False))
    def tag_resource(self, number: int, tags: dict[str, str], *, on: bool) -> None:
        """Set tags of a resource, or take them away."""
        arn, item, found = self.some_resource(number)
        if not arn:
            return
        ask = (lambda: found.tag(tags)) if on else (lambda: found.untag(list(tags)))
        pending = (item.get("state") == "PendingDeletion", AwsError)
        if self.do("tag a resource", ask, pending):
            item["tags"] = changed(item["tags"], tags, on=on)

    @step(number=NUMBERS)
    def delete_resource(self, number: int) -> None:
        """Delete a resource; keys and instances stay for a while."""
        arn, item, found = self.some_resource(number)
        if not arn:
            return
        if item["kind"] == "instance":
            if self.do("TerminateInstances", found.terminate):
                item |= {"state": "terminated", "profile": None}
        elif item["kind"] == "key":
            pending = (item["state"] == "PendingDeletion", AwsError)
            if self.do("ScheduleKeyDeletion", lambda: found.schedule_deletion(7), pending):
                item["state"] = "PendingDeletion"
        elif self.do("delete a resource", found.delete):
            del self.model.resources[arn]

    @step(number=NUMBERS, switches=SWITCHES)
    def block_bucket(self, number: int, switches: tuple[bool, ...] | None) -> None:
        """Set the switches of a bucket, or take them away."""
        arn, item, found = self.some_resource(number, "bucket")
        if arn and self.do("switches of bucket", lambda: set_switches(found, switches)):
            item["block"] = switches

    @step(account=(MAIN, DEV, OUT), switches=(*SWITCHES, None, None))
    def block_account(self, account: str, switches: tuple[bool, ...] | None) -> None:
        """Set the switches of an account, or take them away."""
        if account not in self.model.accounts:
            return
        item = self.account(account)
        if self.do("switches of account", lambda: set_switches(item, switches)):
            self.model.accounts[account]["block"] = switches

    @step(number=NUMBERS, on=BOTH)
    def count_tags(self, number: int, *, on: bool) -> None:
        """Let the tags of a bucket count, or not."""
        arn, item, found = self.some_resource(number, "bucket")
        if arn and self.do("ABAC", lambda: found.put_abac("Enabled" if on else "Disabled")):
            item["abac"] = on

    @step(number=NUMBERS, who=NUMBERS, operations=(("Decrypt",), ("Encrypt",)))
    def grant(self, number: int, who: int, operations: tuple[str, ...]) -> None:
        """Make a grant on a key."""
        arn, item, found = self.some_resource(number, "key")
        account, noun, name, _ = self.some_identity(who)
        if not arn or not account:
            return
        grantee = self.model.arn(account, noun, name)
        off = (item["state"] != "Enabled", AwsError)
        if self.do("CreateGrant", lambda: found.create_grant(grantee, operations), off):
            item["grants"][self.answer.grant_id] = (grantee, operations)

    @step(number=NUMBERS, which=NUMBERS)
    def revoke(self, number: int, which: int) -> None:
        """End a grant."""
        arn, item, found = self.some_resource(number, "key")
        if not arn or not item["grants"]:
            return
        grant = pick(item["grants"], which)
        if self.do("RevokeGrant", lambda: found.revoke_grant(grant)):
            del item["grants"][grant]

    @step(number=NUMBERS, what=("enable", "disable", "cancel_deletion"))
    def switch_key(self, number: int, what: str) -> None:
        """Switch a key on or off, or keep it after all."""
        arn, item, found = self.some_resource(number, "key")
        if not arn:
            return
        pending = item["state"] == "PendingDeletion"
        wrong = (pending != (what == "cancel_deletion"), AwsError)
        if self.do(f"{what} key", getattr(found, what), wrong):
            item["state"] = "Enabled" if what == "enable" else "Disabled"

    @step(account=(MAIN, DEV, OUT), with_profile=BOTH)
    def run_instance(self, account: str, *, with_profile: bool) -> None:
        """Start an instance."""
        kinds = [resource["kind"] for resource in self.model.resources.values()]
        if account not in self.model.accounts or kinds.count("instance") > 2:
            return
        profile = self.model.accounts[account]["Profile"].get("web") or {}
        named = "web" if with_profile else None
        none = (with_profile and not profile.get("roles"), AwsError)
        item = self.account(account)
        if self.do("RunInstances", lambda: item.create_instance(instance_profile=named), none):
            self.model.add_resource(self.answer.arn, "instance", account)
            if with_profile:
                self.model.resources[self.answer.arn]["profile"] = profile["id"]

    @step(
        number=NUMBERS, what=("associate", "associate", "disassociate", "replace", "stop", "start")
    )
    def change_instance(self, number: int, what: str) -> None:
        """Return an instance a profile, take it away, stop it, start it."""
        arn, item, found = self.some_resource(number, "instance")
        if not arn:
            return
        profile = self.model.accounts[item["account"]]["Profile"].get("web") or {}
        over, has = item["state"] == "terminated", item["profile"] is not None
        empty = (not profile.get("roles"), AwsError)
        asks: dict[str, tuple[Callable[[], Any], tuple[Fault, ...], dict[str, Any]]] = {
            "associate": (
                lambda: found.associate_iam_instance_profile("web"),
                (empty, (over or has, AwsError)),
                {"profile": profile.get("id")},
            ),
            "replace": (
                lambda: found.replace_iam_instance_profile_association("web"),
                (empty, (not has or item["state"] != "running", AwsError)),
                {"profile": profile.get("id")},
            ),
            "disassociate": (
                found.disassociate_iam_instance_profile,
                ((not has, AwsError),),
                {"profile": None},
            ),
            "stop": (found.stop, ((over, AwsError),), {"state": "stopped"}),
            "start": (found.start, ((over, AwsError),), {"state": "running"}),
        }
        ask, faults, after = asks[what]
        if self.do(f"{what} instance", ask, *faults):
            item |= after

    @step(account=(MAIN, DEV), service=("s3", "s3", "sqs"), form=tuple(WAYS))
    def make_endpoint(self, account: str, service: str, form: str) -> None:
        """Make a VPC endpoint: one for each service, in the account's one VPC."""
        vpc, resources = f"vpc-{account[0]}", self.model.resources.values()
        known = [(resource.get("vpc"), resource.get("service")) for resource in resources]
        if account not in self.model.accounts or (vpc, service) in known:
            return
        item, name = self.account(account), f"com.amazonaws.us-east-1.{service}"
        if self.do(
            "CreateVpcEndpoint", lambda: item.create_vpc_endpoint(name, vpc, policy=WAYS[form])
        ):
            self.model.add_resource(self.answer.arn, "VPC endpoint", account)
            self.model.resources[self.answer.arn] |= {
                "policy_of_way": WAYS[form],
                "vpc": vpc,
                "service": service,
            }

    @step(number=NUMBERS, form=(*WAYS, None))
    def change_endpoint(self, number: int, form: str | None) -> None:
        """Let something else through an endpoint."""
        arn, item, found = self.some_resource(number, "VPC endpoint")
        if not arn:
            return
        ask = (lambda: found.put_policy(WAYS[form])) if form else found.delete_policy
        if self.do("ModifyVpcEndpoint", ask):
            item["policy_of_way"] = WAYS[form or "open"]

    @step(vpc=("", "vpc-1", "vpc-2", ""), number=NUMBERS)
    def come_from(self, vpc: str, number: int) -> None:
        """Return from where calls come: the internet, a VPC, an endpoint."""
        arn, _, found = self.some_resource(number, "VPC endpoint")
        named = arn if number % 2 and not vpc else ""
        self.world.network(vpc=vpc, endpoint=found if named else "")
        self.model.network = (vpc, named.rpartition("/")[2])


def set_switches(thing: Any, switches: tuple[bool, ...] | None) -> None:
    """Set the four switches of a bucket or an account, or take them away."""
    if switches is None:
        thing.delete_public_access_block()
        return
    names = ("block_public_acls", "ignore_public_acls", "block_public_policy")
    every = (*names, "restrict_public_buckets")
    thing.put_public_access_block(**dict(zip(every, switches, strict=True)))
