"""The table of a request: its parts, and what AWS knows about the moment.

Notes
-----
AWS page: "Components of a request".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from iamlab.view.tables import Table

if TYPE_CHECKING:
    from iamlab.engine.request import Request


def request_table(request: Request) -> Table:
    """Give a request: a row a part, and a row a context key.

    Examples
    --------
    >>> from iamlab import Request
    >>> request = Request("ec2.amazonaws.com", "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits",
    ...                   "111122223333", context={"aws:SourceIp": "203.0.113.7"})
    >>> print(request_table(request))
    Request for s3:GetObject
    part               key           value
    ─────────────────  ────────────  ───────────────────────────────
    Principal                        ec2.amazonaws.com
    Action                           s3:GetObject
    Resource                         arn:aws:s3:::star-maps/m31.fits
    account                          111122223333
    Condition context  aws:SourceIp  203.0.113.7
    """
    parts = (
        ("Principal", request.principal),
        ("Action", request.action),
        ("Resource", request.resource),
        ("account", request.resource_account),
        ("issuer", request.issuer),
        ("refusal", request.refusal),
    )
    rows: list[tuple[object, ...]] = [(part, None, value) for part, value in parts if value]
    for key in request.context:
        values = request.values(key) or ()
        rows.append(("Condition context", key, values[0] if len(values) == 1 else values))
    return Table(f"Request for {request.action}", ("part", "key", "value"), tuple(rows))
