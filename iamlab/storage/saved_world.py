"""A world as a JSON file: its header, and the parts of the world that it stores.

``version`` counts the formats of such files. A file of an older version is converted, version by
version, before it is read; a newer version is rejected.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlab.errors import LoadError, RequestError
from iamlab.model.network_locations import Network
from iamlab.model.strict_json import read_json, replace_file
from iamlab.model.world import World
from iamlab.storage.checks import check_accounts, check_identity_centers, check_organizations
from iamlab.storage.codec import coder_of
from iamlab.storage.problems import UNUSABLE, CodingRun, kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.model.account import Account
    from iamlab.model.clock_and_ids import Clock, Ids, RealClock
    from iamlab.model.credentials import SessionRecord
    from iamlab.model.event import Event
    from iamlab.model.organization.organization import Organization
    from iamlab.operations.federation.oidc_issuer import OidcIssuer
    from iamlab.operations.federation.saml_directory import SamlDirectory
    from iamlab.operations.identity_center.instance import IdentityCenter
    from iamlab.policy.document import Policy

VERSION = 1
LIFTS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Version -> the function that converts its JSON to the next version."""

_HEAD = ("iamlab", "version", "secrets")
_WHAT = "a saved world"


class SecretsWarning(UserWarning):
    """A file contains secrets."""


@dataclass
class Contents:
    """The contents of a file: a line for each attribute of :class:`World`.

    A new attribute needs a default, because older files don't have it.
    """

    ids: Ids  # with the world's seed
    clock: Clock | RealClock
    loaded: bool = False
    warnings: list[str] = field(default_factory=list)
    current_network: Network = field(default_factory=Network)
    organizations: dict[str, Organization] = field(default_factory=dict)
    accounts: dict[str, Account] = field(default_factory=dict)
    resource_policies: dict[str, Policy] = field(default_factory=dict)
    oidc_issuers: dict[str, OidcIssuer] = field(default_factory=dict)
    saml_directories: dict[str, SamlDirectory] = field(default_factory=dict)
    identity_centers: dict[str, IdentityCenter] = field(default_factory=dict)
    sessions: dict[str, SessionRecord] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)


def save_world(world: World, path: str | Path, *, secrets: bool = False) -> None:
    """Write a world to a file. If interrupted, the existing file stays.

    Parameters
    ----------
    secrets
        Whether to write the hashes of passwords and the world's seed, from which secret keys and
        the seeds of MFA devices follow. Without them the loaded world has the same keys, devices
        and login profiles, but nobody knows the secrets.

    Raises
    ------
    RequestError
        The world contains values that a file can't; with all places.
    OSError
        The file can't be written.

    Warns
    -----
    SecretsWarning
        The file contains secrets.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> alice = world.create_account("main").create_user("alice")
    >>> with TemporaryDirectory() as folder:
    ...     save_world(world, Path(folder) / "world.json")
    ...     again = load_world(Path(folder) / "world.json")
    >>> again
    <World main (1 user, 0 groups, 0 roles)>
    """
    written = world_to_json(world, secrets=secrets)
    replace_file(Path(path), _pieces(written), private=secrets)
    if secrets:
        warnings.warn(
            f"{Path(path).name} contains secrets: the world's seed, from which all secret keys "
            "follow, and hashes of passwords. Give it to nobody who must not know them.",
            SecretsWarning,
            stacklevel=3,
        )


def load_world(path: str | Path) -> World:
    """Read a world from a file that :func:`save_world` wrote.

    Raises
    ------
    LoadError
        The file isn't a saved world, or is damaged; with all places.
    """
    return world_from_json(read_json(Path(path), _WHAT), Path(path).name)


def world_to_json(world: World, *, secrets: bool = False) -> dict[str, Any]:
    """Return a world as JSON values.

    The parameters and errors are those of :func:`save_world`.

    Examples
    --------
    >>> from iamlab import World
    >>> world_to_json(World(seed=7))["clock"]
    {'class': 'Clock', 'now': '2026-11-25T09:00:00Z'}
    """
    run = CodingRun("The world can't be saved:", secrets, owners=[world])
    contents = Contents(
        **{attribute.name: getattr(world, attribute.name) for attribute in fields(Contents)}
    )
    try:
        written = coder_of(Contents).write(contents, "$", run)
        run.finish()
        _check(contents, run)
        run.finish()
    except LoadError as error:
        raise RequestError(str(error)) from None
    return {"iamlab": "world", "version": VERSION, "secrets": secrets, **written}


def world_from_json(data: object, name: str = "world") -> World:
    """Make a world from the JSON values of :func:`world_to_json`.

    Parameters
    ----------
    name
        Its name in errors: the file's name.

    Raises
    ------
    LoadError
        It isn't a world; with all places.

    Examples
    --------
    >>> from iamlab import World
    >>> world_from_json(world_to_json(World(seed=7)))
    <World without accounts>
    """
    try:
        return _world(_lifted(data, name), name)
    except RecursionError:
        raise LoadError(f"{name} is nested too deeply to be {_WHAT}.") from None


def _check(contents: Contents, run: CodingRun) -> None:
    for where, what in chain(
        check_accounts(contents.accounts, run, complete=not contents.loaded),
        check_organizations(contents.organizations, contents.accounts, run),
        check_identity_centers(contents.identity_centers, run),
    ):
        run.wrong(where, what)


def _pieces(written: dict[str, Any]) -> Iterator[str]:
    """Return the text of a file, in parts."""
    yield from json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(written)
    yield "\n"


def _lifted(data: object, name: str) -> dict[str, Any]:
    """Check the header of a file, and convert the rest to the newest version."""
    if not isinstance(data, dict) or data.get("iamlab") != "world":
        raise LoadError(
            f'{name} isn\'t {_WHAT}: it doesn\'t begin with "iamlab": "world". '
            "Make one with world.save(path)."
        )
    version = data.get("version")
    if type(version) is not int or version < 1:
        raise LoadError(f"{name}: $.version: It must be a number from 1.")
    if version > VERSION:
        raise LoadError(
            f"{name} has version {version}, and this iamlab reads versions up to {VERSION}: "
            "load it with a newer iamlab."
        )
    for number in range(version, VERSION):
        try:
            data = LIFTS[number](data)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise LoadError(f"{name} isn't a world of version {number}: {error!r}.") from None
    return data


def _world(data: dict[str, Any], name: str) -> World:
    secrets = data.get("secrets")
    if type(secrets) is not bool:
        raise LoadError(f"{name}: $.secrets: It must be true or false, not {kind_of(secrets)}.")
    world = World()
    run = CodingRun(f"{name} can't be read:", secrets, owners=[world])
    inside = {key: value for key, value in data.items() if key not in _HEAD}
    contents = coder_of(Contents).read(inside, "$", run)
    if contents is not UNUSABLE:
        _check(contents, run)
    run.finish()
    log = world.events  # more than the list that was read
    for attribute in fields(Contents):
        setattr(world, attribute.name, getattr(contents, attribute.name))
    log.extend(contents.events)
    world.events = log
    world.seed = world.ids.seed
    return world
