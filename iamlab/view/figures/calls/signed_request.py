"""A signed HTTP request: what is sent, what its signature covers, and what is never sent.

The signature is in the header ``Authorization``, or in the query of a presigned URL. It covers the
method, the path, the query, the body and the headers that it names. A session's token is sent; the
secret access key isn't. From the secret the client makes a key for one day, Region and service.
That key signs a text with the hash of the request.

Notes
-----
AWS pages: "AWS Signature Version 4 for API requests"; "Elements of an AWS API request signature";
"Create a signed AWS API request"; "Authenticating Requests: Using Query Parameters", for presigned
URLs of S3, whose signature doesn't cover the body.
"""

from __future__ import annotations

import re
from hashlib import sha256
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from iamlab.clients.signature import ALGORITHM, read_signature
from iamlab.clients.wire import HttpRequest
from iamlab.clients.wire_values import HttpError
from iamlab.display import count
from iamlab.errors import RequestError
from iamlab.view.arguments import text
from iamlab.view.drawing.sheet import MARGIN, PAGE, Box, Sheet
from iamlab.view.folding import at_most
from iamlab.view.scene import Node, Scene
from iamlab.view.style import good, silent
from iamlab.view.words import alt_text, listed, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.clients.signature import Signature
    from iamlab.view.figure import Figure

SECRET = re.compile(r"(?i)pass|secret|token|auth|assert|signature|cookie|(private|customer)-?key$")
"""Names of parameters and headers whose values are shortened or left out."""
COVERED, OPEN = good("covered"), silent("not covered", "–")
OF_URL = ("X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")
"""Parameters that are parts of a presigned URL's signature."""
KEYS = ("secret access key", "date key", "Region key", "service key", "signing key")
TEXTS = ("canonical request", "string to sign", "signature")
NOTES = ("method, path, query, headers, body's hash", "algorithm, time, scope, request's hash")
"""The last key signs the string, which has the hash of the canonical request."""
HOW = "NEVER SENT: EACH KEY IS AN HMAC-SHA256 OF THE WORD IN ITS BOX, WITH THE KEY BEFORE IT"
MOST = {"query": 12, "header": 12}
"""The largest numbers of parameters and headers in the picture."""
ROW, NAME, VALUE, LOOK = 0.26, 0.25, 2.85, 8.45
"""The height of a row, and where its words begin."""
LEFTS, WIDTHS = (0.15, 2.2, 4.25, 6.3, 8.35, 0.15, 4.25, 8.35), (*[1.5] * 5, 3.55, 3.55, 1.5)
"""The left ends and the widths of the boxes: five keys, and three texts below them."""


def signed_request(
    method: str, url: str, headers: Mapping[str, str], body: str | bytes = ""
) -> Figure:
    """Draw the parts of a signed HTTP request, and which of them its signature covers.

    Session tokens are shortened. Passwords, assertions and similar values aren't shown.

    Parameters
    ----------
    method, url, headers, body
        The request as it is sent: signed, presigned, or without a signature.

    Raises
    ------
    RequestError
        A value has another type, or the signature is incomplete.

    Examples
    --------
    >>> scope = "AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request"
    >>> signature = f"Credential={scope}, SignedHeaders=host;x-amz-date, Signature=5d672d79c15b"
    >>> headers = {
    ...     "X-Amz-Date": "20150830T123600Z", "Authorization": f"AWS4-HMAC-SHA256 {signature}"}
    >>> figure = signed_request("GET", "https://iam.amazonaws.com/?Action=ListUsers", headers)
    >>> print(figure.as_text().splitlines()[3])
    query Action: ListUsers: ✓ covered
    """
    if not callable(getattr(headers, "items", None)):
        raise RequestError(f"The headers must be a dict, not {type(headers).__name__}.")
    fields = {text("A name", name).lower(): text(name, own) for name, own in headers.items()}
    content = body if isinstance(body, bytes) else text("The body", body).encode()
    request = HttpRequest(text("The method", method), text("The URL", url), fields, content)
    try:
        signature = read_signature(request)
        nodes = [_node(number, *part) for number, part in enumerate(_sent(request, signature))]
    except (HttpError, ValueError) as error:
        raise RequestError(f"AWS can't read this request. {error}") from None
    parts = ["no signature, so the caller is anonymous"]
    if signature:
        signer = shorten(f"{signature.access_key_id} for {signature.service}", 60)
        names = listed([node.text for node in nodes if node.look == OPEN], length=30)
        parts = [f"signed by {signer}; the secret isn't sent", f"not covered: {names}"]
        notes = ("never sent", *signature.scope.split("/"), *NOTES, "sent")
        nodes += map(Node, KEYS + TEXTS, KEYS + TEXTS, notes)
    scene, to = Scene(nodes), " to ".join(shorten(node.note, 50) for node in nodes[:2])
    alt, drawn = alt_text(f"{to}: ", parts, "."), at_most(scene, MOST)
    return scene.figure(_draw, alt=alt, caption=f"{to}: {parts[0]}.", drawn=drawn, is_graph=False)


def _sent(request: HttpRequest, signature: Signature | None) -> Iterator[tuple[str, str, bool]]:
    """Yield the name and the value of each part, and whether the signature covers it."""
    headers, names = request.headers, signature.signed_headers if signature else ()
    is_signed, in_url = bool(names), OF_URL[-1] in dict(request.query)
    yield "method", request.method, is_signed
    yield "host", request.host.rpartition("@")[2], "host" in names
    yield "path", urlsplit(request.url).path or "/", is_signed
    yield from ((f"query {n}", own, is_signed) for n, own in request.query if n not in OF_URL)
    others = {name: own for name, own in headers.items() if name not in ("host", "authorization")}
    yield from ((f"header {name}", own, name in names) for name, own in others.items())
    is_open = headers.get("x-amz-content-sha256", "").startswith(("UNSIGNED", "STREAMING"))
    is_open = is_open or bool(in_url and signature and signature.service == "s3")
    action = [f"{found.decode()}…" for found in re.findall(rb"\AAction=\w+", request.body)]
    content = count(len(request.body), "byte"), f"SHA-256 {sha256(request.body).hexdigest()[:16]}…"
    yield "body", ", ".join((*action, *content)), is_signed and not is_open
    if signature:
        where = "URL" if in_url else "Authorization"
        yield f"{where} algorithm", ALGORITHM, True
        yield f"{where} access key id", signature.access_key_id, in_url
        yield f"{where} credential scope", signature.scope, True
        yield f"{where} SignedHeaders", ";".join(names), True
        yield f"{where} Signature", f"{signature.value[:16]}…", False


def _node(number: int, name: str, value: str, covers: bool) -> Node:  # noqa: FBT001
    """Return a part as a node, without secrets."""
    look, kind, shown = COVERED if covers else OPEN, name.partition(" ")[0], value or "(empty)"
    if kind in MOST and SECRET.search(name):
        is_session = name.lower().endswith("x-amz-security-token")
        shown = f"{value[:8]}… (session token)" if is_session else "…"
    line, facts = f"{name}: {shown}: {look}", {"part": name, "value": shown, "covered": covers}
    return Node(f"{number}", name, shown, kind, look=look, line=line, facts=facts)


def _draw(scene: Scene) -> Sheet:
    """Draw a row for each part, and below them the way from the secret to the signature."""
    sheet, y, boxes = Sheet(PAGE), 0.38, list[Box]()
    sheet.heading(NAME, 0.23, "SENT")
    sheet.heading(LOOK, 0.23, "SIGNATURE")
    for node in scene.nodes:
        number, middle, is_key = len(boxes), y + ROW / 2, node.text in KEYS
        if not node.kind:
            place = LEFTS[number], middle + (0.44 if is_key else 1.24), WIDTHS[number]
            boxes.append(Box(*place, node.text, node.note, dashed=is_key))
            sheet.box(boxes[-1])
            continue
        if node.look:
            sheet.area((MARGIN, y), (PAGE - 2 * MARGIN, ROW), node.look.area)
            sheet.text(LOOK, middle, str(node.look), node.look.colour, face="bold")
        sheet.text(NAME, middle, node.text, room=VALUE - NAME - 0.1, fact=bool(node.look))
        sheet.text(VALUE, middle, node.note, face="mono", room=LOOK - VALUE - 0.15)
        y += ROW
    for number, (box, other) in enumerate(pairwise(boxes)):
        ends = (box.bottom, boxes[-1].top) if number == 4 else (box.right, other.left)
        sheet.straight(*ends, arrow=True)
    sheet.heading(NAME, y + 0.19, HOW if boxes else "")
    return sheet
