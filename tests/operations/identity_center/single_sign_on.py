"""An organization with IAM Identity Center, in which Ana reads S3 in one account."""

from typing import Any

from iamlab import World
from iamlab.operations.sts.session import Session
from iamlab.world.account import Account
from iamlab.world.identities import Role

MAIN, DEV, PROD = "111111111111", "222222222222", "333333333333"
BUCKET, KEY = "arn:aws:s3:::maps", "arn:aws:s3:::maps/m31"


class Scene:
    """An organization of three accounts; Ana is in a group that reads S3 in dev."""

    def __init__(self, region: str = "us-east-1") -> None:
        self.world = World(seed=7)
        self.main = self.world.create_account("acme-main", account_id=MAIN)
        self.organization = self.world.create_organization(self.main)
        self.dev = self.organization.create_account("acme-dev", account_id=DEV)
        self.prod = self.organization.create_account("acme-prod", account_id=PROD)
        self.center = self.organization.enable_identity_center(region=region)
        self.ana = self.center.create_user("ana", "Ana Lopez", "ana@example.com")
        self.bob = self.center.create_user("bob")
        self.group = self.center.create_group("astronomers")
        self.group.add_user(self.ana)
        self.readers = self.center.create_permission_set("Readers", session_duration="PT2H")
        self.readers.attach_managed_policy("AmazonS3ReadOnlyAccess")
        self.center.create_account_assignment(self.dev, self.readers, self.group)

    def role(self, account: Account | None = None, name: str = "Readers") -> Role:
        """The role of a permission set in an account."""
        [found] = reserved(account or self.dev, name)
        return found

    def session(self, **more: Any) -> Session:
        """Ana signs in, and takes the role in dev."""
        return self.center.sign_in(self.ana, **more).role_credentials(self.dev, "Readers")


def reserved(account: Account, name: str = "") -> list[Role]:
    """The roles that Identity Center has made in an account."""
    return [
        role for role in account.roles.values() if role.name.startswith(f"AWSReservedSSO_{name}")
    ]
