"""A world that the AWS CLI and programs call at an address of this computer.

A profile file tells them the address, and each user's access key. It is an AWS config file of its
own: the files in ``~/.aws`` are neither read nor written.

Notes
-----
AWS pages: "Shared config and credentials files", "Service-specific endpoints" and "Environment
variables list" of the AWS SDKs and Tools Reference Guide; "Use an IAM role in the AWS CLI".
"""

from __future__ import annotations

import os
import shlex
import signal
from collections import Counter
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import TYPE_CHECKING, Any

from iamlab.clients.boto3_session import active_key, credentials_of
from iamlab.clients.http_server import LocalServer
from iamlab.display import few
from iamlab.engine.layers import NAMES
from iamlab.errors import LimitExceeded, RequestError
from iamlab.model.clock_and_ids import RealClock
from iamlab.model.strict_json import replace_file
from iamlab.operations.dispatch import perform
from iamlab.operations.sts.session import Delivered
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iamlab.clients.gateway import ClientCall, Gateway
    from iamlab.model.identities import User
    from iamlab.model.world import World

_FIRST = "# iamlab wrote this file, and writes it again. It contains secrets.\n"
_LAST = "# Your own profiles can follow: iamlab keeps what is below this line.\n"
_APART = {"AWS_SHARED_CREDENTIALS_FILE": os.devnull, **tables(__file__, "clients.toml")["apart"]}
"""Variables that keep the computer's own settings of AWS out."""


class Server(LocalServer):
    """A world at an address of this computer, until :meth:`stop`.

    The world moves to the computer's time, and keeps it. If its own is later, it stays ahead by the
    difference.

    Parameters
    ----------
    gateway
        The gateway of the world.
    port
        The port; 0 chooses a free one.

    Raises
    ------
    RequestError
        The port is used by another program, or isn't a port.

    Examples
    --------
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main").create_user("ana")
    >>> key = ana.create_access_key()
    >>> with world.gateway.serve() as server:
    ...     server.environment(ana)["AWS_SECRET_ACCESS_KEY"] == key.secret_access_key
    True
    """

    def __init__(self, gateway: Gateway, port: int = 0) -> None:
        super().__init__(gateway.handle, port)
        self.gateway, self.folder = gateway, TemporaryDirectory(prefix="iamlab-")
        clock = gateway.world.clock
        if not isinstance(clock, RealClock):
            ahead = (clock.now - RealClock().now).total_seconds()
            gateway.world.clock = RealClock(max(ahead, 0))

    def stop(self) -> None:
        """Stop; a call that has begun is finished first."""
        super().stop()
        self.folder.cleanup()

    def profiles(self) -> dict[str, User]:
        """Return the users with an active access key, by their profiles' names.

        A name in several accounts gets its account's id: ``"bob@111111111111"``.
        """
        users = _users(self.gateway.world)
        times = Counter(user.name for user in users)
        return {
            f"{user.name}@{user.account.account_id}" if times[user.name] > 1 else user.name: user
            for user in filter(active_key, users)
        }

    def write_profiles(self, path: str | Path | None = None) -> dict[str, str]:
        """Write an AWS config file with a profile for each user who has an active access key.

        What follows its last comment stays when the file is written again, such as profiles with a
        ``role_arn`` and a ``source_profile``.

        Parameters
        ----------
        path
            The file, which only you can read; by default one that :meth:`stop` removes.

        Returns
        -------
        dict
            The environment variables with which clients read only this file.

        Raises
        ------
        RequestError
            The path is in ``~/.aws``, or iamlab didn't write the file that is there.
        OSError
            The file can't be written.
        """
        file = Path(path or Path(self.folder.name, "config")).expanduser().resolve()
        own = _own_part(file)
        s3 = "s3 =\n    signature_version = s3v4\n"
        where = f"region = {_APART['AWS_REGION']}\nendpoint_url = {self.url}\n{s3}\n"
        parts = [f"{_FIRST}[default]\n{where}"]
        for name, user in self.profiles().items():
            key_id, secret, _ = credentials_of(self.gateway, user)
            keys = f"aws_access_key_id = {key_id}\naws_secret_access_key = {secret}"
            parts.append(f"[profile {name}]\n{keys}\n{where}")
        replace_file(file, [*parts, _LAST, own], private=True)
        others = {name: self.url for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
        # The proxy refuses every request that would leave the computer.
        here = {"AWS_CONFIG_FILE": str(file), "AWS_ENDPOINT_URL": self.url, "https_proxy": self.url}
        return {**here, **others, **_APART}

    def environment(self, principal: Any) -> dict[str, str]:
        """Return the environment variables with which clients call the world as a principal.

        Parameters
        ----------
        principal
            A user or root user with an active access key, a key, or a session of STS.

        Raises
        ------
        RequestError
            It has no key.
        """
        names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        keys = zip(names, credentials_of(self.gateway, principal), strict=True)
        return Delivered({**self.write_profiles(), "AWS_PROFILE": "default", **dict(keys)})


def _users(world: World) -> list[User]:
    return [user for account in [*world.accounts.values()] for user in [*account.users.values()]]


def _own_part(file: Path) -> str:
    """Return what a user has added to a profile file.

    Raises
    ------
    RequestError
        It isn't a file that iamlab wrote.
    """
    if ".aws" in map(str.lower, file.parts):
        raise RequestError(f"{file} is in ~/.aws, where iamlab writes nothing. Name another file.")
    if not file.exists():
        return ""
    text = file.read_text("utf-8", "replace") if file.is_file() else ""
    if not text.startswith(_FIRST) or _LAST not in text:
        raise RequestError(f"iamlab didn't write {file}, and leaves it alone. Name another file.")
    return text.partition(_LAST)[2]


# -- On the command line ---------------------------------------------------------------------------


def serve_until_stopped(
    gateway: Gateway,
    show: Callable[[str], None],
    save: Callable[[], None],
    *,
    port: int = 0,
    path: str | None = None,
    creates_keys: bool = True,
) -> None:
    """Serve a world until Ctrl+C, and then save it.

    Parameters
    ----------
    show
        Prints a line. The server also stops when nobody reads them.
    path
        The profile file.
    creates_keys
        Whether users without an active access key get one.
    """
    stops: list[int] = []
    with ExitStack() as at_the_end:
        for name in ("INT", "TERM", "HUP"):
            number = getattr(signal, f"SIG{name}", signal.SIGINT)
            before = signal.signal(number, lambda got, _: stops.append(got))
            at_the_end.callback(signal.signal, number, before)
        with Server(gateway, port) as server:
            created = [*_create_keys(gateway.world)] if creates_keys else []
            lines = _introduction(server, server.write_profiles(path), created)
            with suppress(OSError):  # of show
                for line in lines:
                    show(line)
                while not stops:
                    _show_calls(gateway, show)
                    sleep(0.1)
        save()
        _show_calls(gateway, show)


def _create_keys(world: World) -> Iterator[str]:
    """Create an access key for each user without an active one; yield the users' names."""
    for user in _users(world):
        with suppress(LimitExceeded):  # two inactive keys
            if not active_key(user):
                perform(user.account, "CreateAccessKey", UserName=user.name)
                yield user.name


def _introduction(server: Server, variables: dict[str, str], created: list[str]) -> Iterator[str]:
    yield f"The world is at {server.url}, for this computer only. Ctrl+C stops it."
    if created:
        yield f"Access keys are created for users who had none: {few(created)}."
    yield "Paste this into another terminal, and call the world with a profile:"
    yield f"  export {' '.join(f'{name}={shlex.quote(text)}' for name, text in variables.items())}"
    yield from (f"  aws --profile {name} sts get-caller-identity" for name in server.profiles())
    yield "Calls:"


def _show_calls(gateway: Gateway, show: Callable[[str], None]) -> None:
    while gateway.calls:
        show(f"{gateway.world.clock.now:%H:%M:%S} {call_line(gateway.calls.popleft())}")


def call_line(call: ClientCall) -> str:
    """Describe a call on a line: the caller, the operation, and the decision in its own words."""
    words = f"{call.status} {call.code}: {call.message}" if call.code else "allowed"
    if call.decision is not None and (call.is_denied or not call.code):
        layers = [NAMES.get(layer, layer) for layer in sorted(call.decision.blocked_by)]
        words = f"{call.decision} ({', '.join(layers)})" if layers else str(call.decision)
    note = " (decided only)" if call.is_decided_only else ""
    return f"{call.caller or 'unverified'} {call.service}:{call.operation} {words}{note}"
