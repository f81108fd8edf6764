"""How a world is read from files and written to files.

Notes
-----
AWS pages: "API GetAccountAuthorizationDetails"; for organizations, docs/organization-export.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from iamlab.model import world as records

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from iamlab.lab.world import World
    from iamlab.storage.account_details.load import Source


class WorldFiles(records.World):
    """The methods of a world that read and write files."""

    @classmethod
    def from_account_details(
        cls,
        *exports: str | Path | Mapping[str, object] | list[Mapping[str, object]],
        organization: Source | None = None,
        resource_policies: Mapping[str, str | Mapping[str, object]] | None = None,
    ) -> Self:
        """Read the output of ``aws iam get-account-authorization-details``.

        Parameters
        ----------
        exports
            Each a path, a ``dict``, or a list of pages; of one account or of several.
        organization
            What ``aws organizations`` prints: a path, a ``dict``, or a list of its outputs; see
            docs/organization-export.md.
        resource_policies
            Policies of resources by ARN: such a file holds none.

        Raises
        ------
        LoadError
            A file that is not such an output, or is cut off; with the place.
        """
        from iamlab.storage.account_details.load import load_account_details

        world = cls()
        load_account_details(world, exports, resource_policies or {}, organization)
        return world

    def save(self, path: str | Path, *, secrets: bool = False) -> None:
        """Write the world to a file, which another day or another computer loads.

        The file is written beside the old one and then put in its place, so that an interrupted
        save loses nothing.

        Parameters
        ----------
        path
            Where: a JSON file.
        secrets
            Whether secrets are written too, and a warning says so. Without them the loaded world
            has the same users, but none of their passwords, keys and devices works any more.

        Raises
        ------
        RequestError
            Something in the world cannot be written; the file is as it was.

        Examples
        --------
        >>> import tempfile
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     world.save(f"{folder}/world.json")
        ...     again = World.load(f"{folder}/world.json")
        >>> again.user("ana").arn == ana.arn
        True
        """
        from iamlab.storage.saved_world import save_world

        save_world(self, path, secrets=secrets)

    @classmethod
    def load(cls, path: str | Path) -> World:
        """Read a world that was saved, by this version of iamlab or an older one.

        Raises
        ------
        LoadError
            The file is cut off, damaged, or of a newer version; with the place.
        """
        from iamlab.storage.saved_world import load_world

        return cast("World", load_world(path))  # made as one of the lab

    def to_account_details(self) -> list[dict[str, Any]]:
        """Write each account as ``aws iam get-account-authorization-details`` prints it.

        Such an output holds identities and policies, but no credentials and no resources; what
        resources allow, ``to_resource_policies`` gives.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> ana = world.create_account("main", account_id="111111111111").create_user("ana")
        >>> again = World.from_account_details(*world.to_account_details())
        >>> again.user("ana").arn
        'arn:aws:iam::111111111111:user/ana'
        """
        from iamlab.storage.account_details.export import whole

        return [whole(account) for account in self.accounts.values()]

    def to_resource_policies(self) -> dict[str, dict[str, Any]]:
        """Write the policy of each resource that has one, by its ARN.

        Examples
        --------
        >>> from iamlab import World
        >>> world = World(seed=7)
        >>> topic = world.create_account("main", account_id="111111111111").create_topic("news")
        >>> list(world.to_resource_policies())
        ['arn:aws:sns:us-east-1:111111111111:news']
        """
        every = (
            resource
            for account in self.accounts.values()
            for resource in account.resources.values()
        )
        own = {found.arn: found.policy.to_json() for found in every if found.policy is not None}
        return {
            **{arn: policy.to_json() for arn, policy in self.resource_policies.items()},
            **own,
        }
