"""The options that commands share, each declared once, and how their values are read."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from iamlab.errors import LoadError, RequestError
from iamlab.lab.world import World
from iamlab.model.network_locations import Network
from iamlab.model.strict_json import read_json
from iamlab.policy.arn import is_arn
from iamlab.storage.account_details import LoadWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from iamlab.model.network_locations import Circumstances

    Container = argparse.ArgumentParser | argparse._ArgumentGroup  # noqa: SLF001 - what add_argument_group returns

STANDARD_INPUT = "-"
FILES = ("FILE", "CSV", "TRAIL", "FOLDER")
"""Values with these names are files, so completion lists files."""

OPTIONS: dict[str, tuple[str, str]] = {
    "file": ("FILE", "- for standard input"),
    # The question.
    "--principal": ("ARN", "a user, role (any session of it), role session, root user or service"),
    "--action": ("ACTION", "such as s3:GetObject"),
    "--resource": ("ARN", "an ARN, or *"),
    "--type": ("", "the type of the policies"),
    "--fail-on": ("", "the lowest level of a problem that makes the exit status 1"),
    "--fail": ("", "exit with 1 if something is found"),
    # The world.
    "--world": ("FILE", "a saved world; 'iamlab world' makes one"),
    "--account-details": ("FILE...", "output of 'aws iam get-account-authorization-details'"),
    "--organization": ("FILE", "output of 'aws organizations': see docs/organization-export.md"),
    "--resource-policy": ("ARN=FILE...", "the policy of a resource: account details have none"),
    # The call.
    "--ip": ("ADDRESS", "the caller's IP address"),
    "--vpc": ("ID", "the caller's VPC; calls go through its endpoints"),
    "--endpoint": ("ID", "the VPC endpoint of the call: ID or ARN"),
    "--via": ("SERVICE...", "a service that calls for the principal: athena.amazonaws.com"),
    "--source-arn": ("ARN", "the resource for which a service calls"),
    "--region": ("REGION", "the Region of the call, if it isn't the resource's"),
    "--request-tag": ("KEY=VALUE...", "a tag in the request"),
    "--context": ("KEY=VALUE...", "a condition key; the same key again makes a list"),
    # The answer.
    "--json": ("", "print all of it as JSON"),
    "--csv": ("", "print a table, for spreadsheets"),
    "--explain": ("", "answer the six questions"),
    "--github": ("", "print annotations for GitHub Actions"),
    "--dot": ("", "print the graph, for Graphviz"),
    "--mermaid": ("", "print the graph, for Mermaid"),
    "--details": ("", "on a terminal, print more than a screen"),
}
"""The name of an option's value, and its help. ``...``: the option can be repeated. Without a name
and choices, the option has no value."""

_CALL = "--ip --vpc --endpoint --via --source-arn --region --request-tag --context"


def filled(text: str) -> str:
    """Reject an empty value, such as a shell variable that isn't set.

    Raises
    ------
    argparse.ArgumentTypeError
        It is empty.
    """
    if not text:
        raise argparse.ArgumentTypeError("it can't be empty")
    return text


def option(
    flags: str, metavar: str = "", about: str = "", **settings: Any
) -> Callable[[Container], argparse.Action]:
    """Declare an option or an argument; the table above has the defaults."""
    names = flags.split()
    known = OPTIONS.get(names[0], ("", ""))
    metavar, about = metavar or known[0], about or known[1]
    if metavar.endswith("..."):
        settings |= {"action": "append", "default": []}
        about += "; repeat it for more"
    if metavar or "choices" in settings:
        settings = {"type": filled, **settings}
    else:
        settings["action"] = "store_true"
    if metavar:
        parts = metavar.removesuffix("...").split()
        settings["metavar"] = tuple(parts) if len(parts) > 1 else parts[0]
    return lambda container: container.add_argument(*names, help=about, **settings)


def options_of(container: Container, flags: str) -> None:
    """Declare options as the table has them."""
    for flag in flags.split():
        option(flag)(container)


def forms(others: str = "") -> Callable[[argparse.ArgumentParser], None]:
    """Declare ``--json``, other forms of the answer, and ``--details``."""

    def add(parser: argparse.ArgumentParser) -> None:
        group = parser.add_argument_group("the answer")
        options_of(group.add_mutually_exclusive_group(), f"--json {others}")
        options_of(group, "--details")

    return add


def source_options(container: Container) -> None:
    """Declare the two options for a world; one is required."""
    source = container.add_mutually_exclusive_group(required=True)
    options_of(source, "--world --account-details")


def world_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options for the world of a question."""
    group = parser.add_argument_group("the world; a FILE can be - for standard input")
    source_options(group)
    options_of(group, "--organization --resource-policy")


def call_options(parser: argparse.ArgumentParser, flags: str = _CALL) -> None:
    """Declare the options for how the call is made."""
    options_of(parser.add_argument_group("how the call is made"), flags)


def principal_call_options(parser: argparse.ArgumentParser) -> None:
    """Declare these options for questions about principals that aren't services."""
    call_options(parser, _CALL.replace("--source-arn ", ""))


def read_world(options: argparse.Namespace) -> World:
    """Load the world of the options, and warn about information that its files don't have."""
    policies = dict(
        pairs(
            "--resource-policy",
            options.resource_policy,
            "ARN=FILE, the whole ARN of the resource",
            lambda arn, _: is_arn(arn),
        )
    )
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
    """Read a saved world or account details, depending on the file's content."""
    value = read_value(file, "saved world or account details")
    if isinstance(value, dict) and "iamlab" in value:
        return saved_world(value, file)
    return _quietly(value if file == STANDARD_INPUT else file)  # so that errors name the file


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
    """Return the options for how the call is made, as parameters of ``world.can``."""
    return {"context": read_context(options.context), **read_circumstances(options)}


def read_circumstances(options: argparse.Namespace) -> Circumstances:
    """Return how the call is made, without its context keys."""
    network = options.ip, options.vpc, options.endpoint
    tags: dict[str, str] = {}
    for key, value in pairs("--request-tag", options.request_tag, "KEY=VALUE, such as project=sky"):
        if key in tags:  # AWS also rejects a duplicate tag
            raise RequestError(f"--request-tag: the tag {key!r} is duplicated.")
        tags[key] = value
    found = {
        "network": Network(*(name or "" for name in network)) if any(network) else None,
        "via": options.via,
        "source_arn": getattr(options, "source_arn", None),
        "request_tags": tags,
        "region": options.region,
    }
    return cast("Circumstances", {name: value for name, value in found.items() if value})


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
