"""What several commands share: which world is asked, and how the call is made."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from iamlab.cli.documents import STANDARD_INPUT, read_text
from iamlab.errors import LoadError, RequestError
from iamlab.lab.world import World
from iamlab.model.network_locations import Network
from iamlab.model.strict_json import read_json
from iamlab.policy.arn import is_arn
from iamlab.storage.account_details import LoadWarning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iamlab.model.network_locations import Circumstances


def filled(text: str) -> str:
    """Refuse what is empty: a variable of the shell that is not set, say.

    Raises
    ------
    argparse.ArgumentTypeError
        It is.
    """
    if not text:
        raise argparse.ArgumentTypeError("it may not be empty")
    return text


_CIRCUMSTANCES: dict[str, dict[str, Any]] = {
    "--ip": {"metavar": "ADDRESS", "help": "the caller's address"},
    "--vpc": {"metavar": "ID", "help": "the VPC that the caller is in; its endpoints are used"},
    "--endpoint": {"metavar": "ID", "help": "the VPC endpoint that calls go through: id or ARN"},
    "--via": {
        "action": "append",
        "metavar": "SERVICE",
        "help": "a service that calls for the principal, such as athena.amazonaws.com; again for "
        "the next one on the way",
    },
    "--source-arn": {
        "metavar": "ARN",
        "help": "of a service that calls for itself: the resource for which it does",
    },
    "--region": {"help": "the Region that is called, if it is not the resource's own"},
}


def add_world_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say which world the question is about."""
    group = parser.add_argument_group("the world; a FILE may be - for standard input")
    add_world_source(group)
    group.add_argument(
        "--organization",
        type=filled,
        metavar="FILE",
        help="what 'aws organizations' prints; docs/organization-export.md says how to make it",
    )
    group.add_argument(
        "--resource-policy",
        action="append",
        default=[],
        metavar="ARN=FILE",
        help="the policy of a resource, such as a bucket: account details hold none",
    )


def add_world_source(group: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add the two arguments of which a world comes from one."""
    source = group.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--world",
        type=filled,
        metavar="FILE",
        help="a saved world; 'iamlab world' makes one",
    )
    source.add_argument(
        "--account-details",
        action="append",
        metavar="FILE",
        help="output of 'aws iam get-account-authorization-details'; repeat it for more files",
    )


def add_question_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that say what is asked for."""
    parser.add_argument("--action", required=True, help="such as s3:GetObject")
    parser.add_argument("--resource", required=True, metavar="ARN", help="an ARN, or *")


def add_circumstance_arguments(
    parser: argparse.ArgumentParser, without: Iterable[str] = ()
) -> None:
    """Add the arguments that say how the call is made, but for some that make no difference."""
    group = parser.add_argument_group("how the call is made")
    for option, said in _CIRCUMSTANCES.items():
        if option in without:
            parser.set_defaults(**{option.strip("-").replace("-", "_"): None})
        else:
            group.add_argument(option, type=filled, **said)
    for option, what in (
        ("--request-tag", "a tag that the call sends; repeat it for more"),
        ("--context", "a condition key; the same key again makes a list"),
    ):
        group.add_argument(option, action="append", default=[], metavar="KEY=VALUE", help=what)


def read_world(options: argparse.Namespace) -> World:
    """Make the world that the arguments name; warn of all that it leaves open."""
    policies = dict(map(_resource_policy, options.resource_policy))
    check_read_once((options.world, options.organization, *policies.values()), options)
    if options.world and (options.organization or policies):
        option = "--organization" if options.organization else "--resource-policy"
        raise RequestError(f"{option} goes with --account-details: a saved world has its own.")
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


def _quietly(*exports: Any, **beside: Any) -> World:
    """Read account details. The world holds all warnings, and others besides: see ``warned``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LoadWarning)
        return World.from_account_details(*exports, **beside)


def warned(world: World) -> World:
    """Warn of all that a world's files left open."""
    for text in dict.fromkeys(world.warnings):
        warnings.warn(text, LoadWarning, stacklevel=2)
    return world


def saved_world(value: Any, file: str) -> World:
    """Make a world of what a file holds that ``World.save`` wrote."""
    from iamlab.storage.saved_world import world_from_json

    return cast("World", world_from_json(value, _name(file)))  # made as the lab's


def read_either(file: str) -> World:
    """Read a saved world, or account details: what a file is stands in it."""
    value = read_value(file, "saved world, and no account details")
    if isinstance(value, dict) and "iamlab" in value:
        return saved_world(value, file)
    return _quietly(value if file == STANDARD_INPUT else file)  # errors then name the file


def source_of(file: str) -> Any:
    """Give a file as a world takes it: by its path, or what stands in standard input."""
    return read_value(file, "output of the AWS CLI") if file == STANDARD_INPUT else file


def read_value(file: str, what: str) -> Any:
    """Read a JSON file, or standard input for ``-``.

    Raises
    ------
    LoadError
        It cannot be read, or is no JSON; or it holds a single text or number.
    """
    path = cast("Path", _StandardInput()) if file == STANDARD_INPUT else Path(file)
    value = read_json(path, what)
    if not isinstance(value, dict | list):  # a text would be taken for the path of a file
        raise LoadError(f"{_name(file)} is no {what}: it holds no object and no list.")
    return value


class _StandardInput:
    """Standard input, as far as a reader of files asks for a path."""

    name = "standard input"

    def __str__(self) -> str:
        return self.name

    def read_text(self, encoding: str) -> str:
        """Read all of it."""
        return sys.stdin.buffer.read().decode(encoding)


def _name(file: str) -> str:
    return _StandardInput.name if file == STANDARD_INPUT else Path(file).name


def check_read_once(files: Iterable[str | None], options: argparse.Namespace | None = None) -> None:
    """Refuse to read standard input twice: the second time it is empty.

    Raises
    ------
    RequestError
        Two files are ``-``.
    """
    details = [] if options is None else options.account_details or []
    if [*files, *details].count(STANDARD_INPUT) > 1:
        raise RequestError("Only one FILE can be -: standard input is read once.")


def _resource_policy(item: str) -> tuple[str, str]:
    arn, equals, file = item.partition("=")
    if not equals or not is_arn(arn):
        message = f"--resource-policy {item!r}: write ARN=FILE, the whole ARN of the resource."
        raise RequestError(message)
    return arn, file


def read_circumstances(options: argparse.Namespace) -> Circumstances:
    """Say how the call is made, as far as the arguments do."""
    network = options.ip, options.vpc, options.endpoint
    given = {
        "network": Network(*(one or "" for one in network)) if any(network) else None,
        "via": options.via,
        "source_arn": options.source_arn,
        "request_tags": _tags(options.request_tag) or None,
        "region": options.region,
    }
    found = {name: value for name, value in given.items() if value is not None}
    return cast("Circumstances", found)


def _tags(items: list[str]) -> dict[str, str]:
    """Read ``KEY=VALUE`` pairs, each key once: AWS refuses a tag twice, too."""
    found: dict[str, str] = {}
    for key, value in _pairs("--request-tag", items, "project=sky"):
        if key in found:
            raise RequestError(f"--request-tag: the tag {key!r} stands there twice.")
        found[key] = value
    return found


def read_context(items: list[str]) -> dict[str, str | list[str]]:
    """Read ``KEY=VALUE`` pairs; a key that comes twice holds a list.

    Examples
    --------
    >>> read_context(["aws:SourceIp=203.0.113.9", "aws:TagKeys=a", "aws:TagKeys=b"])
    {'aws:SourceIp': '203.0.113.9', 'aws:TagKeys': ['a', 'b']}
    """
    spelled: dict[str, str] = {}  # the letter case of a key does not count; its first is kept
    values: dict[str, list[str]] = {}
    for key, value in _pairs("--context", items, "aws:SourceIp=203.0.113.9"):
        values.setdefault(spelled.setdefault(key.lower(), key), []).append(value)
    return {key: many[0] if len(many) == 1 else many for key, many in values.items()}


def _pairs(option: str, items: Iterable[str], example: str) -> Iterator[tuple[str, str]]:
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key:
            raise RequestError(f"{option} {item!r}: write KEY=VALUE, such as {example}.")
        yield key, value
