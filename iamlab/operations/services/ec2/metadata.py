"""The instance metadata service, from which software gets the instance's identity and credentials.

It answers all requests from the instance, also when an attacker makes a web server there fetch a
URL. So version 2 requires a token from a PUT, which such an attacker can't send. The response to
the PUT doesn't travel far, and requests through a declared proxy get no token.

iamlab doesn't listen at 169.254.169.254. ``world.gateway.serve_metadata(instance)`` listens on
127.0.0.1, and calls :meth:`MetadataService.request` for each request.

Notes
-----
AWS pages: "Use the Instance Metadata Service to access instance metadata"; "Retrieve security
credentials from instance metadata"; "Configure the Instance Metadata Service options".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from iamlab.errors import RequestError
from iamlab.model.clock_and_ids import moment_of, seal, since_text
from iamlab.operations.services.ec2.instance_role import (
    DATA,
    Refusal,
    listed_in,
    no_role,
    refusal,
    tree_of,
)

if TYPE_CHECKING:
    from iamlab.operations.services.ec2.instance import Instance

TOKEN = "/latest/api/token"
TOKEN_HEADER = "X-aws-ec2-metadata-token"
TTL_HEADER = f"{TOKEN_HEADER}-ttl-seconds"
LONGEST_TTL = 21_600
"""Six hours, in seconds."""

_WRITTEN = re.compile("AQAE([0-9a-f]{15})([0-9a-f]{4}).*", re.ASCII)
_SECONDS = re.compile("0*([0-9]{1,6})", re.ASCII)
_FARTHEST = 255  # the most hops of a packet


@dataclass(frozen=True, slots=True)
class Response:
    """A response of a metadata service.

    Parameters
    ----------
    status
        The HTTP status; 0: no response arrives, and the caller times out.
    body
        The content. It can be secret, so it isn't shown.
    headers
        Pairs of name and value.
    note
        The reason for a rejection, which AWS doesn't send.

    Examples
    --------
    >>> Response(200, "i-0123456789abcdef0")
    Response(status=200, note='')
    """

    status: int
    body: str = field(default="", repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    note: str = ""

    def __reduce__(self) -> Any:
        """Raise an error: pickling would write the secret to a file."""
        raise TypeError("A metadata response can contain secrets, so it can't be pickled.")


@dataclass(frozen=True, slots=True)
class MetadataService:
    """The metadata service of an instance.

    Examples
    --------
    >>> from iamlab import World
    >>> main = World(seed=7).create_account("main", account_id="111111111111")
    >>> service = main.create_instance(http_tokens="required").metadata
    >>> token = service.put_token()
    >>> print(service.get("/latest/meta-data/", token))
    instance-id
    local-ipv4
    placement/
    >>> service.request("GET", "/latest/meta-data/").status
    401
    """

    instance: Instance

    def put_token(self, ttl_seconds: int = LONGEST_TTL, *, hops: int = 1) -> str:
        """Get a token (``PUT /latest/api/token``), for version 2.

        Parameters
        ----------
        ttl_seconds
            How long it is valid, 1 to 21,600.
        hops
            The distance of the caller: 1 on the instance itself; 2 in a container with its own
            network. The response travels ``HttpPutResponseHopLimit`` hops; a caller that is farther
            away gets no response, which is status 0 here.

        Raises
        ------
        RequestError
            It is rejected, or the response doesn't arrive; with the reason.

        Examples
        --------
        >>> from iamlab import World
        >>> instance = World(seed=7).create_account("main").create_instance()
        >>> instance.metadata.request(
        ...     "PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "60"}, hops=2
        ... ).status
        0
        >>> instance.modify_metadata_options(http_put_response_hop_limit=2)
        >>> len(instance.metadata.put_token(60, hops=2))
        75
        """
        if type(ttl_seconds) is not int:
            raise RequestError(f"ttl_seconds is a number of seconds, not {ttl_seconds!r}.")
        seconds = ttl_seconds if ttl_seconds in range(LONGEST_TTL + 1) else 0
        return self._body(self.request("PUT", TOKEN, {TTL_HEADER: str(seconds)}, hops=hops))

    def get(self, path: str, token: str | None = None, *, hops: int = 1) -> str:
        """Return the content of a path (``GET``): with a token by version 2, without by version 1.

        Parameters
        ----------
        hops
            As in :meth:`put_token`. Only responses to a PUT have a hop limit, so it has no effect.

        Raises
        ------
        RequestError
            It is rejected; with the reason.

        Examples
        --------
        >>> from iamlab import World
        >>> instance = World(seed=7).create_account("main").create_instance()
        >>> instance.metadata.get("/latest/meta-data/instance-id") == instance.name
        True
        """
        headers = {} if token is None else {TOKEN_HEADER: token}
        return self._body(self.request("GET", path, headers, hops=hops))

    def request(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, *, hops: int = 1
    ) -> Response:
        """Answer a request from the network.

        Parameters
        ----------
        method
            ``"GET"`` or ``"PUT"``.
        headers
            The headers; case-insensitive.
        hops
            As in :meth:`put_token`.

        Raises
        ------
        RequestError
            It isn't a request: a part isn't text.
        """
        sent = {} if headers is None else headers
        if not isinstance(sent, Mapping):
            raise RequestError("headers is a mapping of names to values.")
        if not all(isinstance(text, str) for text in (method, path, *sent, *sent.values())):
            # They can be secret, so they aren't shown.
            message = "The method, the path, the token and the headers of a request must be text."
            raise RequestError(message)
        if type(hops) is not int or not 1 <= hops <= _FARTHEST:
            raise RequestError(f"hops is a whole number, 1 to {_FARTHEST}.")
        lower = {name.lower(): value for name, value in sent.items()}
        with_token = method != "GET" or TOKEN_HEADER.lower() in lower
        refused = refusal(self.instance, with_token=with_token)
        if refused is None and method == "GET":
            return _get(self.instance, path, lower.get(TOKEN_HEADER.lower()))
        if refused is None and method == "PUT":
            return _put(self.instance, path, lower, hops)
        return _refused(*(refused or (405, "use GET, or PUT for a token")))

    def _body(self, response: Response) -> str:
        """Return the content of a response.

        Raises
        ------
        RequestError
            It has no content.
        """
        if response.status != 200:
            refused = Refusal(response.status, response.note)
            raise RequestError(f"Instance {self.instance.name} gets no data: {refused}")
        return response.body


def _refused(status: int, note: str) -> Response:
    return Response(status, note=note)


# -- the token ------------------------------------------------------------------------------------


def _put(instance: Instance, path: str, headers: Mapping[str, str], hops: int) -> Response:
    if path != TOKEN:
        return _refused(403, f"a PUT is for {TOKEN} only")
    if "x-forwarded-for" in headers:
        return _refused(403, "the PUT comes through a proxy, as X-Forwarded-For says")
    found = _SECONDS.fullmatch(headers.get(TTL_HEADER.lower(), "").strip())
    ttl = int(found[1]) if found else 0
    if not 1 <= ttl <= LONGEST_TTL:
        return _refused(400, f"{TTL_HEADER} must be 1 to {LONGEST_TTL}")
    limit = instance.http_put_response_hop_limit
    if hops > limit:
        far = f"the response travels {limit} of the {hops} hops"
        return _refused(0, f"{far}, as its HttpPutResponseHopLimit says")
    return Response(200, _token(instance, ttl), ((TTL_HEADER, str(ttl)),))


def _token(instance: Instance, ttl: int) -> str:
    """Make a token with its start, its length and a seal, so that it needn't be stored."""
    return _sealed(instance, f"{since_text(instance.account.world.clock.now)}{ttl:04x}")


def _sealed(instance: Instance, written: str) -> str:
    """Make the seal of a token, with a secret of the world, and for this instance only."""
    return f"AQAE{written}{seal(instance.account.world.ids, f'imds/{instance.arn}', written, 40)}"


def _is_good(instance: Instance, token: str) -> bool:
    """Return whether a token belongs to this instance and hasn't expired."""
    found = _WRITTEN.fullmatch(token)
    if found is None or token != _sealed(instance, found[1] + found[2]):
        return False
    age = instance.account.world.clock.now - moment_of(found[1])
    return timedelta() <= age < timedelta(seconds=int(found[2], 16))


# -- the content of the paths ---------------------------------------------------------------------


def _get(instance: Instance, path: str, token: str | None) -> Response:
    if token is not None and not _is_good(instance, token):
        return _refused(401, "the token belongs to another instance, or has expired: get a new one")
    if path == TOKEN:
        return _refused(405, "use PUT to get a token")
    tree = tree_of(instance)
    if path in tree:
        return Response(200, tree[path](instance, "1.0" if token is None else "2.0"))
    listed = listed_in(tree, path)
    if listed:
        return Response(200, "\n".join(listed))
    missing = no_role(instance) if path.startswith(f"{DATA}/iam") else None
    return _refused(*(missing or (404, f"this path doesn't exist; see {DATA}/")))
