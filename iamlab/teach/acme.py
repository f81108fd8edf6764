"""All of Acme Observatory: five accounts, and every type of policy that an account can have.

Each lesson uses a small part of this world. The gallery draws all of its figures from the whole.

=================  ============  ==================================================================
account            id            what is in it
=================  ============  ==================================================================
``acme-org``       999999999999  the management account
``acme-main``      111111111111  people, groups and roles; the nightly job; the bucket ``star-maps``
``acme-data``      222222222222  the archive, whose bucket and key have policies of their own
``starsoft``       333333333333  a vendor that reads the archive; outside the organization
``nebula-labs``    444444444444  another customer of the vendor; also outside
=================  ============  ==================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.teach.scenarios import MAPS, SEED, add_members, allow, create_groups, deny, document
from iamlab.world.world import World

if TYPE_CHECKING:
    from iamlab.teach.scenarios import Document
    from iamlab.world.account import Account

ARCHIVE = "arn:aws:s3:::star-archive"
OLD_MAP = f"{ARCHIVE}/1764/m31.fits"
NIGHTLY_JOB = "nightly-job"
EXTERNAL_ID = "acme-4711"
"""The external ID that the vendor sends for Acme; it sends another one for another customer."""

MAIN, DATA, ORG = "111111111111", "222222222222", "999999999999"
STARSOFT, NEBULA = "333333333333", "444444444444"

COLLECTOR = f"arn:aws:iam::{STARSOFT}:role/collector"
READER = f"arn:aws:iam::{DATA}:role/starsoft-reader"
"""The vendor's role, and the role that it assumes to read Acme's archive."""


def observatory(*, seed: int = SEED, is_careful: bool = True) -> World:
    """Build the whole world.

    Parameters
    ----------
    is_careful
        Whether the archive requires the vendor to send Acme's ``sts:ExternalId``.

    Examples
    --------
    >>> world = observatory()
    >>> session = world.sts.assume_role(
    ...     world.user("carol"), role_arn=world.role("auditor"), role_session_name="carol")
    >>> world.can(session, "s3:GetObject", OLD_MAP)
    <Decision ✓ allowed by policy of star-archive/ReadersFromAcme, read-all/ReadEverywhere>
    """
    world = World(seed)
    org = world.create_account("acme-org", account_id=ORG)
    main = world.create_account("acme-main", account_id=MAIN)
    data = world.create_account("acme-data", account_id=DATA)
    starsoft = world.create_account("starsoft", account_id=STARSOFT)
    nebula = world.create_account("nebula-labs", account_id=NEBULA)
    _organization(world, org, main, data)
    _people(main)
    _roles(main)
    _nightly_job(main)
    _vendor(starsoft)
    _archive(data, is_careful=is_careful)
    _other_customer(nebula)
    return world


def _trust(
    sid: str,
    principal: Document,
    action: str = "sts:AssumeRole",
    *,
    condition: Document | None = None,
) -> Document:
    statement: Document = {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action}
    return document(statement | ({} if condition is None else {"Condition": condition}))


def _organization(world: World, org: Account, *members: Account) -> None:
    """Put Acme's accounts into two organizational units, with SCPs and an RCP."""
    organization = world.create_organization(org)
    science = organization.create_organizational_unit("Science")
    archive = organization.create_organizational_unit("Archive", parent="Science")
    for account, unit in zip(members, (science, archive), strict=True):
        organization.invite_account(account).accept()
        organization.move_account(account, unit)
    abroad = {"StringNotEquals": {"aws:RequestedRegion": ["us-east-1", "eu-central-1"]}}
    regions = document(
        deny("OnlyOurRegions", ["ec2:*", "lambda:*", "sqs:*"], "*", Condition=abroad),
        deny("KeepTheTrail", ["cloudtrail:StopLogging", "cloudtrail:DeleteTrail"], "*"),
    )
    organization.create_policy("region-guard", regions).attach(science)
    keep = document(deny("KeepTheArchive", ["s3:DeleteObject", "s3:DeleteBucket"], "*"))
    organization.create_policy("keep-the-archive", keep).attach(archive)
    organization.enable_policy_type("RESOURCE_CONTROL_POLICY")
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    tls = document({**deny("OnlyTls", "s3:*", "*", Condition=plain), "Principal": "*"})
    organization.create_policy("tls-only", tls, type="RESOURCE_CONTROL_POLICY").attach(
        organization.root
    )


def _people(main: Account) -> None:
    """Create Alice, Bob, Carol and Dana and their groups, and attach policies to both."""
    main.create_bucket("star-maps", tags={"project": "andromeda"})
    teams = {"alice": "sky", "bob": "tools", "carol": "security", "dana": "tools"}
    for name, team in teams.items():
        main.create_user(name, tags={"team": team})
    create_groups(main)
    add_members(main, astronomers="alice bob")
    limit = document(allow("StorageAndQueues", ["s3:*", "sqs:*", "logs:*"], "*"))
    main.users["bob"].put_permissions_boundary(main.create_policy("developer-limit", limit))
    deploy = document(
        allow("RunThings", ["ec2:RunInstances", "lambda:CreateFunction"], "*"),
        allow("HandOver", "iam:PassRole", f"arn:aws:iam::{MAIN}:role/{NIGHTLY_JOB}"),
    )
    main.users["dana"].attach_policy(main.create_policy("deploy", deploy))
    become = document(allow("BecomeAuditor", "sts:AssumeRole", f"arn:aws:iam::{MAIN}:role/auditor"))
    main.users["carol"].put_policy("become-auditor", become)


def _roles(main: Account) -> None:
    """Create roles: for auditors, for a workflow at GitHub, and for an administrator with MFA."""
    main_root = f"arn:aws:iam::{MAIN}:root"
    auditor = main.create_role(
        "auditor",
        assume_role_policy_document=_trust("OurPeople", {"AWS": main_root}),
        max_session_duration=7200,
    )
    read = document(
        allow("ReadEverywhere", ["s3:Get*", "s3:List*", "iam:Get*", "iam:List*"], "*"),
        allow("BecomeArchivist", "sts:AssumeRole", f"arn:aws:iam::{DATA}:role/archivist"),
    )
    auditor.put_policy("read-all", read)
    provider = main.world.github_actions().register(main)
    ours: Document = {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": "repo:acme/star-maps:ref:refs/heads/main",
        }
    }
    publisher = main.create_role(
        "publisher",
        assume_role_policy_document=_trust(
            "OurWorkflow",
            {"Federated": provider.arn},
            "sts:AssumeRoleWithWebIdentity",
            condition=ours,
        ),
    )
    publisher.put_policy("publish", document(allow("Publish", "s3:PutObject", f"{MAPS}/public/*")))
    main.create_role(
        "admin",
        assume_role_policy_document=_trust(
            "OnlyWithMfa",
            {"AWS": f"arn:aws:iam::{MAIN}:user/carol"},
            condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        ),
    ).attach_policy("AdministratorAccess")


def _nightly_job(main: Account) -> None:
    """Create an instance with a role that reads the maps and copies them into the archive."""
    job = main.create_role(
        NIGHTLY_JOB, assume_role_policy_document=_trust("Ec2", {"Service": "ec2.amazonaws.com"})
    )
    copying = document(
        allow("ReadMaps", ["s3:GetObject", "s3:ListBucket"], [MAPS, f"{MAPS}/*"]),
        allow("WriteArchive", "s3:PutObject", f"{ARCHIVE}/*"),
    )
    job.put_policy("copy-maps", copying)
    main.create_instance_profile(NIGHTLY_JOB).add_role(job)
    main.create_instance(
        instance_profile=NIGHTLY_JOB, http_tokens="required", tags={"Name": NIGHTLY_JOB}
    )


def _vendor(starsoft: Account) -> None:
    """Create the vendor's role, which assumes the roles of its customers."""
    collector = starsoft.create_role(
        "collector",
        assume_role_policy_document=_trust("Functions", {"Service": "lambda.amazonaws.com"}),
    )
    from_customers = "arn:aws:iam::*:role/starsoft-reader"
    collector.put_policy(
        "collect", document(allow("CollectFromCustomers", "sts:AssumeRole", from_customers))
    )


def _archive(data: Account, *, is_careful: bool) -> None:
    """Create the archive: its bucket policy and its roles allow principals of other accounts."""
    job = f"arn:aws:iam::{MAIN}:role/{NIGHTLY_JOB}"
    readers = {"AWS": f"arn:aws:iam::{MAIN}:role/auditor"}
    everything = [ARCHIVE, f"{ARCHIVE}/*"]
    policy = document(
        {**allow("ReadersFromAcme", ["s3:GetObject", "s3:ListBucket"], everything)}
        | {"Principal": readers},
        {**allow("TheNightlyJob", "s3:PutObject", f"{ARCHIVE}/*"), "Principal": {"AWS": job}},
    )
    data.create_bucket("star-archive", policy=policy, tags={"project": "andromeda"})
    data.create_key(description="the archive's key")
    data.create_queue("new-maps")
    archivist = data.create_role(
        "archivist",
        assume_role_policy_document=_trust(
            "AuditorsOfMain", {"AWS": f"arn:aws:iam::{MAIN}:role/auditor"}
        ),
    )
    archivist.put_policy("archive", document(allow("All", "s3:*", everything)))
    for_acme: Document = {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}
    vendor = data.create_role(
        "starsoft-reader",
        assume_role_policy_document=_trust(
            "OurVendor", {"AWS": COLLECTOR}, condition=for_acme if is_careful else None
        ),
    )
    vendor.put_policy("read-archive", document(allow("Read", "s3:GetObject", f"{ARCHIVE}/*")))


def _other_customer(nebula: Account) -> None:
    """Create another customer of the vendor, with a curious user."""
    nebula.create_user("mallory")
    nebula.create_role(
        "starsoft-reader",
        assume_role_policy_document=_trust("OurVendor", {"AWS": f"arn:aws:iam::{STARSOFT}:root"}),
    )
