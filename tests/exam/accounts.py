"""Accounts to ask about, and their edits, made again from the words of an option.

``edited`` reads the sentence of an edit and makes it with the methods of the world, so that a test
asks the engine anew, without the code that made the question.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from iamlab import Policy, World
from tests.operations.organizations.small_organization import DEV, small_organization
from tests.policy.documents import allow, deny, document, trust
from tests.storage.account_exports import export_of, hand_made

MAIN = "111111111111"
IAM = f"arn:aws:iam::{MAIN}:"
OWN = f"{IAM}user/${{aws:username}}"


def exported() -> World:
    """Read the account that three hands make, as a learner's export."""
    return World.from_account_details(export_of(hand_made()))


def risky() -> World:
    """Make an account with five ways to become an administrator, two of them by two policies."""
    main = World(seed=5).create_account("main", account_id=MAIN)
    main.create_user("root-admin").attach_policy("AdministratorAccess")
    helpers = main.create_group("helpers")
    helpers.put_policy("keys", document(allow("iam:CreateAccessKey", Sid="Keys")))
    helpers.attach_policy("AmazonS3ReadOnlyAccess")
    ana, ben, cleo, dora = (main.create_user(name) for name in ("ana", "ben", "cleo", "dora"))
    for user in (ana, ben):
        helpers.add_user(user)
    write = main.create_policy("write", document(allow("iam:PutUserPolicy", OWN, Sid="Write")))
    ben.attach_policy(write)
    ben.put_policy("own", document(allow(["iam:AttachUserPolicy", "s3:ListBucket"], Sid="Own")))
    cleo.put_policy("become", document(allow("sts:AssumeRole", f"{IAM}role/deploy", Sid="Deploy")))
    cleo.put_policy("maps", document(allow("s3:*", Sid="Maps"), deny("s3:Delete*", Sid="Keep")))
    cleo.put_permissions_boundary("PowerUserAccess")
    dora.put_policy(
        "launch", document(allow(["iam:PassRole", "lambda:*", "ec2:RunInstances"], Sid="Launch"))
    )
    dora.put_policy("logs", document(allow(["logs:*", "sqs:SendMessage"], Sid="Logs")))
    for name, who in (("deploy", {"AWS": MAIN}), ("job", {"Service": "lambda.amazonaws.com"})):
        role = main.create_role(name, assume_role_policy_document=trust(who))
        role.attach_policy("AdministratorAccess")
    return main.world


def organized() -> World:
    """Make accounts in an organization, with an SCP that allows S3 and queues only."""
    organization = small_organization()
    world = organization.management_account.world
    account = world.accounts[DEV]
    for name, actions in (("ana", "s3:*"), ("ben", ["ec2:*", "sqs:*"]), ("cleo", "*")):
        account.create_user(name).put_policy("own", document(allow(actions, Sid="Own")))
    guard = organization.create_policy("guard", document(allow(["s3:*", "sqs:*"], Sid="Guard")))
    guard.attach(DEV)
    organization.policies["p-FullAWSAccess"].detach(DEV)
    return world


WORLDS: dict[str, Callable[[], World]] = {
    "exported": exported,
    "risky": risky,
    "organized": organized,
}


def without(world: World, caller: str, word: str) -> World | None:
    """Remove a statement or a limit, in a copy; ``None`` if no account can edit it."""
    twin = world.copy()
    if word == "permissions boundary":
        _identity(twin, caller).delete_permissions_boundary()
    elif word == "service control policy":
        (organization,) = twin.organizations.values()
        organization.policies["p-FullAWSAccess"].attach(DEV)
    else:
        name, _, label = word.rpartition("/")
        found = [_edit(account, name, label) for account in twin.accounts.values()]
        return twin if any(found) else None
    return twin


def _edit(account: Any, name: str, label: str) -> bool:
    """Remove a statement from each policy of this name; return whether there is one."""
    found = False
    for policy in account.policies.values():
        if policy.name == name and (kept := _without(policy.document, label)):
            for version in [v for v in policy.versions if v != policy.default_version_id]:
                policy.delete_version(version)
            policy.create_version(kept, set_as_default=True)
            found = True
    for identity in (*account.users.values(), *account.groups.values(), *account.roles.values()):
        if name in identity.inline and (kept := _without(identity.inline[name], label)):
            identity.put_policy(name, kept)
            found = True
    for role in account.roles.values():
        if name == f"trust of {role.name}" and (kept := _without(role.trust, label)):
            role.update_assume_role_policy(kept)
            found = True
    return found


def _statements(written: dict[str, Any]) -> list[dict[str, Any]]:
    found = written["Statement"]
    return found if isinstance(found, list) else [found]


def _without(policy: Policy, label: str) -> dict[str, Any] | None:
    """Return a document with an action of no question in place of a statement, if it has it."""
    written = json.loads(policy.text)
    every = _statements(written)
    own = next((own for own in policy.statements if own.label == label), None)
    if own is None:
        return None
    is_trust = "Principal" in every[0]
    nothing = {"Principal": {"AWS": MAIN}} if is_trust else {"Resource": "*"}
    action = "sts:TagSession" if is_trust else "iam:UploadSSHPublicKey"
    every[own.number - 1] = {"Effect": "Deny", "Action": action, **nothing}
    return {**written, "Statement": every}


EDITS = {
    r"Remove (\S+) from statement #(\d+) of (\S+) of (\S+)\.": "inline",
    r"Remove (arn\S+) from group (\S+)\.": "leave",
    r"Remove (.+) from Principal of statement #(\d+) of the trust policy of (\S+)\.": "distrust",
    r"Remove (\S+) from statement #(\d+) of (\S+)\.": "managed",
    r"Detach (\S+) from (\S+)\.": "detach",
    r"Deny (\S+) (\S+), in an inline policy \S+\.": "deny",
}


def edited(world: World, sentence: str) -> World:
    """Make the edit that a sentence describes, in a copy."""
    twin = world.copy()
    pattern, kind = next(item for item in EDITS.items() if re.fullmatch(item[0], sentence))
    values = re.fullmatch(pattern, sentence).groups()  # type: ignore[union-attr]
    match kind, values:
        case "inline", (action, number, name, holder):
            identity = _identity(twin, holder)
            kept = _shorter(identity.inline[name], int(number), action)
            identity.put_policy(name, kept) if kept else identity.delete_policy(name)
        case "managed", (action, number, arn):
            policy = _account(twin, arn).policies[arn]
            kept = _shorter(policy.document, int(number), action)
            if kept:
                policy.create_version(kept, set_as_default=True)
            for holder in () if kept else _holders(twin, arn):
                holder.detach_policy(arn)
        case "leave", (user, group):
            _account(twin, user).groups[group].remove_user(user.rpartition("/")[2])
        case "distrust", (_, _, role):
            _identity(twin, role).update_assume_role_policy(
                Policy.deny("sts:AssumeRole", None, principal=MAIN)
            )
        case "detach", (arn, holder):
            _identity(twin, holder).detach_policy(arn)
        case "deny", (holder, action):
            _identity(twin, holder).put_policy("denied-anew", document(deny(action)))
    return twin


def _shorter(policy: Policy, number: int, action: str) -> dict[str, Any] | None:
    """Return a document with an action less; ``None`` if nothing is left."""
    written = json.loads(policy.text)
    every = _statements(written)
    own = every[number - 1]
    actions = [own["Action"]] if isinstance(own["Action"], str) else own["Action"]
    own["Action"] = [each for each in actions if each != action]
    assert len(own["Action"]) < len(actions)
    left = [each for each in every if each["Action"]]
    return {**written, "Statement": left} if left else None


def _account(world: World, arn: str) -> Any:
    return world.accounts[arn.split(":")[4]]


def _identity(world: World, arn: str) -> Any:
    kind, _, path = arn.split(":")[5].partition("/")
    return getattr(_account(world, arn), f"{kind}s")[path.rpartition("/")[2]]


def _holders(world: World, arn: str) -> Iterator[Any]:
    account = _account(world, arn)
    for held in (account.users, account.groups, account.roles):
        yield from (own for own in held.values() if arn in own.attached)
