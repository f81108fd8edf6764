"""Worlds to test every figure with: a company of any size, random but made from a seed.

The main account has about as many principals, groups and policies as the size says. There is also a
partner with a bucket, and in larger worlds an organization with OUs, SCPs and an RCP.
"""

import random
from typing import Any

from iamlab import Decision, Policy, World
from iamlab.errors import AwsError, ValidationError
from iamlab.model.organization.organization import Organization
from iamlab.operations.sts.revoking import OLDER_SESSIONS
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from iamlab.world.identities import Role
from tests.policy.documents import Doc, allow, deny, document
from tests.view.disfigure import UGLY, disfigure

__all__ = ["MAIN", "PARTNER", "SIZES", "UGLY", "company", "decisions", "question", "sessions"]

MAIN, PARTNER, MANAGEMENT = "111111111111", "222222222222", "999999999999"
SIZES = (3, 20, 60)

FIRST = ("alice", "bob", "carol", "dana", "erin", "frank", "grace", "heidi", "ivan", "judy")
TEAMS = ("astronomers", "developers", "contractors", "security", "operators", "interns", "auditors")
ROLES = ("map-reader", "deploy", "audit", "backup", "break-glass", "observer", "pipeline", "vendor")
POLICIES = ("star-maps-read", "guard", "own-notes", "telescopes", "billing", "keys", "logs")
OF_AWS = ("AmazonS3FullAccess", "ReadOnlyAccess", "IAMReadOnlyAccess", "PowerUserAccess")
UNITS = ("Prod", "Dev", "Sandbox", "Security", "Research")
SIDS = ("ReadMaps", "KeepMaps", "OwnNotes", "Observe", "NoDrafts", "Everything", "Books")

MAPS, BOOKS = "arn:aws:s3:::star-maps", "arn:aws:s3:::partner-books"
ASKED = (
    ("s3:GetObject", f"{MAPS}/m31.fits"),
    ("s3:DeleteObject", f"{MAPS}/m31.fits"),
    ("s3:PutObject", f"{MAPS}/drafts/readme.txt"),
    ("s3:ListBucket", MAPS),
    ("s3:GetObject", f"{BOOKS}/atlas.pdf"),
    ("ec2:StartInstances", f"arn:aws:ec2:us-east-1:{MAIN}:instance/i-0abc"),
    ("ec2:DescribeInstances", "*"),
    ("iam:CreateUser", f"arn:aws:iam::{MAIN}:user/zoe"),
    ("kms:Decrypt", f"arn:aws:kms:us-east-1:{MAIN}:key/1234"),
)
ACTIONS = (
    *("s3:GetObject", "s3:Get*", "s3:*", "s3:DeleteObject", "s3:PutObject", "s3:ListBucket"),
    *("ec2:*", "ec2:Describe*", "iam:CreateUser", "iam:Get*", "kms:Decrypt", "sts:AssumeRole"),
)
RESOURCES = ("*", "*", f"{MAPS}/*", MAPS, f"{MAPS}/drafts/*", f"{BOOKS}/*")
CONDITIONS: tuple[Doc, ...] = (
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringEquals": {"aws:PrincipalTag/team": "sky"}},
    {"IpAddress": {"aws:SourceIp": ["203.0.113.0/24", "198.51.100.0/24"]}},
    {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}, "Bool": {"aws:SecureTransport": "true"}},
)
EXTERNAL_ID = "seven"
TRUST_CONDITIONS: tuple[Doc, ...] = (
    {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
    {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
    {"StringLike": {"sts:RoleSessionName": "*-night-shift"}},
)


def company(size: int, seed: int = 0, *, ugly: bool = False) -> World:
    """Make a world with about so many users, groups, roles and policies in its main account.

    With ``ugly`` nearly everything in it has a name that AWS would refuse.
    """
    chance = random.Random(f"company {size} {seed}")
    world = World(seed=seed)
    main = world.create_account("acme-main", account_id=MAIN)
    partner = world.create_account("partner", account_id=PARTNER)
    _fill(main, size, chance)
    _fill_partner(partner, main, chance)
    main.create_bucket("star-maps", policy=_of_bucket(MAPS, _somebody(main, chance), chance))
    if size >= 20:
        _organize(world, size, chance)
    if ugly:
        disfigure(world, seed)
    return world


def question(world: World, seed: int) -> tuple[Any, str, str]:
    """Return a caller, an action and a resource; three seeds in a row have each verdict once.

    That is, where the world has all three: a small one may have nobody who is denied explicitly.
    """
    wanted = ("allowed", "explicitDeny", "implicitDeny")[seed % 3]
    chance = random.Random(f"question {seed}")
    question = _question(world, chance)
    for _ in range(60):
        if world.can(*question).verdict.value == wanted:
            break
        question = _question(world, chance)
    return question


def decisions(world: World, seed: int, n: int) -> list[Decision]:
    """Return some decisions."""
    return [world.can(*question(world, seed * 1000 + i)) for i in range(n)]


def sessions(world: World, seed: int) -> list[Session]:
    """Let users take sessions, roles and roles of a chain; time goes by; one role is revoked.

    Gives the sessions in the order in which they began: some have expired, the newest has not.
    """
    chance = random.Random(f"sessions {seed}")
    main = world.account(MAIN)
    users, roles = list(main.users.values()), list(main.roles.values())
    made: list[Session] = []
    for user in users[:2]:
        made.append(world.sts.get_session_token(user, duration_seconds=chance.choice((900, 3600))))
        world.clock.advance(minutes=chance.randrange(1, 10))
    for number, role in enumerate((roles * 2)[:14]):
        alive = [session for session in reversed(made) if not session.is_expired]
        for caller in (*alive, *chance.sample(users, min(len(users), 12))):  # chains, if they go
            try:
                made.append(world.sts.assume_role(caller, role_arn=role, **_given(number, chance)))
            except AwsError:
                continue  # an answer too: the log of events has it
            world.clock.advance(minutes=chance.randrange(2, 25))
            break
    taken = [role for role in roles if any(session.role_arn == role.arn for session in made)]
    if taken:
        _revoke(chance.choice(taken))
    world.clock.advance(minutes=chance.randrange(1, 20))
    made.append(world.sts.get_session_token(users[-1], duration_seconds=3600))
    return made


def _revoke(role: Role) -> None:
    """Revoke a role's sessions, also of a role with a name that the API rejects."""
    try:
        role.revoke_sessions()
    except ValidationError:
        older = {"DateLessThan": {"aws:TokenIssueTime": role.account.world.clock.now.isoformat()}}
        button = document(deny("*", Condition=older))
        role.inline[OLDER_SESSIONS] = Policy.parse(button, name=OLDER_SESSIONS)
        role.account.world.changed()


def _given(number: int, chance: random.Random) -> Doc:
    """Return the parameters of a call: some need an external id, some have tags or a policy."""
    parameters: Doc = {"role_session_name": f"s{number}-{chance.choice(('day', 'night-shift'))}"}
    if chance.random() < 0.5:
        parameters["external_id"] = EXTERNAL_ID
    if chance.random() < 0.3:
        parameters["policy"] = document(allow(["s3:Get*", "ec2:Describe*", "sts:AssumeRole"]))
    return parameters


def _question(world: World, chance: random.Random) -> tuple[Any, str, str]:
    callers: list[Any] = [
        *(user for account in world.accounts.values() for user in account.users.values()),
        *world.account(MAIN).roles.values(),
        *(Session(world, record) for record in world.sessions.values()),
    ]
    alive = [
        caller for caller in callers if not (isinstance(caller, Session) and caller.is_expired)
    ]
    return chance.choice(alive), *chance.choice(ASKED)


# -- the main account ------------------------------------------------------------------------------


def _fill(main: Account, size: int, chance: random.Random) -> None:
    """Make people, teams, roles and policies, and attach these to them."""
    users, groups = max(1, round(size * 0.4)), round(size * 0.15)
    roles = round(size * 0.2)
    if size < 5 and chance.random() < 0.5:  # so small a world has a role, or a group instead
        groups, roles = 1, 0
    policies = [
        main.create_policy(name, _document(chance))
        for name in _numbered(POLICIES, max(1, size - users - groups - roles))
    ]
    main.create_policy("limit", document(allow(["s3:*", "ec2:*", "sts:*"], Sid="Limit")))
    teams = [main.create_group(name) for name in _numbered(TEAMS, groups)]
    people = [main.create_user(name, tags=_tags(chance)) for name in _numbered(FIRST, users)]
    for holder in (*teams, *people):
        _hang(holder, policies, chance)
    for user in people:
        for team in chance.sample(teams, min(len(teams), chance.choice((0, 1, 1, 2)))):
            team.add_user(user)
        for _ in range(chance.choice((0, 1, 1, 2))):
            user.create_access_key()
    for name in _numbered(ROLES, roles):
        trust = _trust(main, chance)
        role = main.create_role(name, assume_role_policy_document=trust, tags=_tags(chance))
        _hang(role, policies, chance)
        if chance.random() < 0.4:
            role.put_policy("chain", document(allow("sts:AssumeRole", Sid="Chain")))


def _numbered(names: tuple[str, ...], number: int) -> list[str]:
    """Return some names; after the end of the list, names have numbers."""
    return [
        names[i % len(names)] + (f"-{i // len(names) + 1}" if i >= len(names) else "")
        for i in range(number)
    ]


def _tags(chance: random.Random) -> dict[str, str]:
    return chance.choice(({}, {"team": "sky"}, {"team": "sea", "cost-center": "42"}))


def _hang(identity: Any, policies: list[Any], chance: random.Random) -> None:
    """Attach policies, and perhaps a boundary."""
    for policy in chance.sample(policies, min(len(policies), chance.choice((0, 1, 1, 2)))):
        identity.attach_policy(policy)
    if chance.random() < 0.25:
        identity.attach_policy(chance.choice(OF_AWS))
    if chance.random() < 0.4:
        identity.put_policy(f"own-{chance.choice(POLICIES)}", _document(chance))
    if identity.kind != "group" and chance.random() < 0.25:
        identity.put_permissions_boundary(chance.choice(("limit", "PowerUserAccess")))


def _document(chance: random.Random) -> Doc:
    """Write a policy of one to three statements."""
    sids = chance.sample(SIDS, 3)
    return document(*(_statement(chance, sid) for sid in sids[: chance.choice((1, 1, 2, 3))]))


def _statement(chance: random.Random, sid: str) -> Doc:
    write = deny if chance.random() < 0.25 else allow
    actions = chance.sample(ACTIONS, chance.choice((1, 1, 2, 4)))
    more: Doc = {"Sid": sid} if chance.random() < 0.7 else {}
    if chance.random() < 0.25:
        more["Condition"] = chance.choice(CONDITIONS)
    return write(actions[0] if len(actions) == 1 else actions, chance.choice(RESOURCES), **more)


def _somebody(account: Account, chance: random.Random) -> str:
    """Return the ARN of a user or a role."""
    return chance.choice([*account.users.values(), *account.roles.values()]).arn


def _trust(main: Account, chance: random.Random) -> Doc:
    """Write a trust policy; the first role trusts the first user, so that somebody gets in."""
    if not main.roles:
        who: Doc = {"AWS": next(iter(main.users.values())).arn}
        return document({"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"})
    who = chance.choice(
        (
            *({"AWS": _somebody(main, chance)} for _ in range(3)),
            {"AWS": chance.choice(list(main.roles.values())).arn},
            *({"AWS": MAIN}, {"AWS": PARTNER}, {"Service": "ec2.amazonaws.com"}),
            {"Service": ["lambda.amazonaws.com", "states.amazonaws.com"]},
        )
    )
    statement = {"Effect": "Allow", "Principal": who, "Action": "sts:AssumeRole"}
    if "AWS" in who and chance.random() < 0.4:
        statement["Condition"] = chance.choice(TRUST_CONDITIONS)
    return document(statement)


# -- what is around it -----------------------------------------------------------------------------


def _fill_partner(partner: Account, main: Account, chance: random.Random) -> None:
    """Make the partner: a user, a bucket that lets somebody of the main account in."""
    visitor = partner.create_user("olga")
    visitor.put_policy("visit", document(allow(["s3:Get*", "s3:List*"], Sid="Visit")))
    policy = _of_bucket(BOOKS, _somebody(main, chance), chance)
    partner.create_bucket("partner-books", policy=policy)


def _of_bucket(bucket: str, who: str, chance: random.Random) -> Doc:
    """Write a bucket policy: somebody may read; perhaps nobody may delete."""
    named = chance.choice((who, who, PARTNER, MAIN))
    reading = allow("s3:GetObject", f"{bucket}/*", Sid="Readers", Principal={"AWS": named})
    nobody = deny("s3:DeleteObject", f"{bucket}/*", Sid="Keep", Principal="*")
    return document(reading, *([nobody] if chance.random() < 0.4 else []))


def _organize(world: World, size: int, chance: random.Random) -> None:
    """Put the accounts into an organization with OUs, SCPs and an RCP."""
    management = world.create_account("acme-management", account_id=MANAGEMENT)
    organization = world.create_organization(management)
    units = [organization.create_organizational_unit(name) for name in UNITS[: 2 + size // 40]]
    for number in range(size // 30):
        organization.create_account(f"acme-{number + 1}", parent=chance.choice(units))
    units.append(organization.create_organizational_unit("Europe", parent=units[0]))
    inside = [MAIN, PARTNER] if chance.random() < 0.5 else [MAIN]
    for key in inside:
        organization.invite_account(key).accept()
        organization.move_account(key, chance.choice(units))
    _fence(organization, chance)


def _fence(organization: Organization, chance: random.Random) -> None:
    """Attach SCPs and an RCP above the main account."""
    path = organization.way_to(MAIN)
    region = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-west-1"]}}
    fences = (
        document(deny("s3:Delete*", Sid="KeepAll")),
        document(deny("ec2:*", Sid="Regions", Condition=region)),
    )
    for name, fence in zip(("keep-all", "regions"), fences, strict=True):
        organization.create_policy(name, fence).attach(chance.choice(path).id)
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    guard = document(deny("s3:PutObject", Sid="Perimeter", Principal="*"))
    perimeter = organization.create_policy("perimeter", guard, type="RESOURCE_CONTROL_POLICY")
    perimeter.attach(chance.choice(path).id)
