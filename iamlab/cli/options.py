"""How the values of options are read: files, worlds, and how the call is made."""

from __future__ import annotations

import atexit
import shutil
import sys
import warnings
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from iamlab.errors import LoadError, RequestError
from iamlab.model.network_locations import Network
from iamlab.model.strict_json import read_json
from iamlab.policy.arn import is_arn
from iamlab.storage.account_details import LoadWarning
from iamlab.world.world import World

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable, Iterator, Mapping


STANDARD_INPUT = "-"
FILES = ("FILE", "CSV", "TRAIL", "FOLDER", "WORLD")
"""Values with these names are files, so completion lists files."""


def read_world(options: argparse.Namespace) -> World:
    """Load the world of the options, and warn about information that its files don't have."""
    form = "ARN=FILE, the whole ARN of the resource"
    listed = pairs("--resource-policy", options.resource_policy, form, lambda arn, _: is_arn(arn))
    policies = dict(listed)
    check_read_once((options.world, options.organization, *policies.values()), options)
    if options.world and (options.organization or policies):
        name = "--organization" if options.organization else "--resource-policy"
        raise RequestError(f"Use {name} with --account-details. A saved world has its own.")
    return warned(load_world(options, options.organization, policies))


def load_world(
    options: argparse.Namespace,
    organization: str | None = None,
    resource_policies: Mapping[str, str] | None = None,
) -> World:
    """Read a saved world, or the files that AWS's command line printed."""
    if options.world:
        return saved_world(read_value(options.world, "saved world"), options.world)
    return _quietly(
        *map(source_of, options.account_details),
        organization=None if organization is None else source_of(organization),
        resource_policies={arn: read_text(file) for arn, file in (resource_policies or {}).items()},
    )


def _quietly(*exports: Any, **others: Any) -> World:
    """Read account details without warnings; ``warned`` prints them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LoadWarning)
        return World.from_account_details(*exports, **others)


def warned(world: World) -> World:
    """Warn about all information that the files of a world don't have."""
    for text in dict.fromkeys(world.warnings):
        warnings.warn(text, LoadWarning, stacklevel=2)
    return world


def saved_world(value: Any, file: str) -> World:
    """Make a world from the content of a file that ``World.save`` wrote."""
    from iamlab.storage.saved_world import world_from_json

    return cast("World", world_from_json(value, _name(file)))


def read_either(file: str) -> World:
    """Read a saved world or account details, depending on the file's content; warn as above."""
    value = read_value(file, "saved world or account details")
    if isinstance(value, dict) and "iamlab" in value:
        return warned(saved_world(value, file))
    # With the name of the file, so that errors have it.
    return warned(_quietly(value if file == STANDARD_INPUT else file))


def source_of(file: str) -> Any:
    """Return a file in the form for a world: its path, or the content of standard input."""
    return read_value(file, "file of the AWS CLI") if file == STANDARD_INPUT else file


def read_text(file: str) -> str:
    """Read a file, or standard input for ``-``.

    Raises
    ------
    LoadError
        The file doesn't exist, or isn't text.
    """
    try:
        if file == STANDARD_INPUT:
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return Path(file).read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it isn't UTF-8 text"
        raise LoadError(f"{file} can't be read: {reason}.") from None


def read_value(file: str, what: str) -> Any:
    """Read a JSON file, or standard input for ``-``.

    Raises
    ------
    LoadError
        It can't be read, isn't JSON, or is a single text or number.
    """
    path = cast("Path", _StandardInput()) if file == STANDARD_INPUT else Path(file)
    value = read_json(path, what)
    if not isinstance(value, dict | list):  # a text would be read as the path of a file
        raise LoadError(f"{_name(file)} isn't a {what}: it isn't a JSON object or list.")
    return value


def seekable(file: str) -> Path:
    """Return the path of a file; standard input or a pipe is copied, and the copy is deleted."""
    path = Path(file)
    if file != STANDARD_INPUT and not path.is_fifo():
        return path
    folder = TemporaryDirectory(prefix="iamlab-")
    atexit.register(folder.cleanup)
    copy = Path(folder.name, _name(file))
    with (
        nullcontext(sys.stdin.buffer) if file == STANDARD_INPUT else path.open("rb") as source,
        copy.open("wb") as target,
    ):
        shutil.copyfileobj(source, target)
    return copy


class _StandardInput:
    """Standard input, for a reader that expects a path."""

    name = "standard input"

    def __str__(self) -> str:
        return self.name

    def read_text(self, encoding: str) -> str:
        """Read all of it."""
        return sys.stdin.buffer.read().decode(encoding)


def _name(file: str) -> str:
    return _StandardInput.name if file == STANDARD_INPUT else Path(file).name


def files_of(options: argparse.Namespace) -> list[str]:
    """Return the options that name the files of the world, to use them in another command."""
    values = vars(options)
    found = [(name, values[name]) for name in ("world", "organization") if values[name]]
    repeated = ("account_details", "resource_policy")
    found += [(name, value) for name in repeated for value in values[name]]
    return [part for name, file in found for part in (f"--{name.replace('_', '-')}", file)]


def check_read_once(files: Iterable[str | None], options: argparse.Namespace | None = None) -> None:
    """Check that standard input is read only once: the second time it is empty.

    Raises
    ------
    RequestError
        Two files are ``-``.
    """
    details = [] if options is None else options.account_details or []
    if [*files, *details].count(STANDARD_INPUT) > 1:
        raise RequestError("Only one FILE can be -. Standard input is read once.")


def read_call(options: argparse.Namespace) -> dict[str, Any]:
    """Return the options for how the call is made, as ``world.can`` takes them."""
    network = options.ip, options.vpc, options.endpoint
    tags: dict[str, str] = {}
    for key, value in pairs("--request-tag", options.request_tag, "KEY=VALUE, such as project=sky"):
        if key in tags:  # AWS also rejects a duplicate tag
            raise RequestError(f"--request-tag: the tag {key!r} is duplicated.")
        tags[key] = value
    found = {
        "context": read_context(options.context),
        "network": Network(*(name or "" for name in network)) if any(network) else None,
        "via": options.via,
        "source_arn": getattr(options, "source_arn", None),
        "request_tags": tags,
        "region": options.region,
        "strict": getattr(options, "strict", False),
        "allow_unknown": getattr(options, "allow_unknown", False),
    }
    return {name: value for name, value in found.items() if value}


def read_context(items: list[str]) -> dict[str, str | list[str]]:
    """Read ``KEY=VALUE`` pairs; a repeated key gets a list.

    Examples
    --------
    >>> read_context(["aws:SourceIp=203.0.113.9", "aws:TagKeys=a", "aws:TagKeys=b"])
    {'aws:SourceIp': '203.0.113.9', 'aws:TagKeys': ['a', 'b']}
    """
    spelled: dict[str, str] = {}  # keys are case-insensitive; the first spelling is kept
    values: dict[str, list[str]] = {}
    for key, value in pairs("--context", items, "KEY=VALUE, such as aws:SourceIp=203.0.113.9"):
        values.setdefault(spelled.setdefault(key.lower(), key), []).append(value)
    return {key: many[0] if len(many) == 1 else many for key, many in values.items()}


def pairs(
    flag: str,
    items: Iterable[str],
    form: str,
    is_valid: Callable[[str, str], bool] = lambda key, _: bool(key),
) -> Iterator[tuple[str, str]]:
    """Split the values of an option at the first ``=``.

    Raises
    ------
    RequestError
        The pair has no ``=`` or isn't valid. The message has the right form.
    """
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not is_valid(key, value):
            raise RequestError(f"{flag} {item!r}: write {form}.")
        yield key, value
