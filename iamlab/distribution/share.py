"""``iamlab share``: a world and a question about it, in a link or a notebook that shows a card.

The link opens JupyterLite, which runs Python in the browser. What is after ``#`` in a link stays in
the browser: nobody's server sees the world.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, urlsafe_b64encode
from dataclasses import dataclass
from importlib.metadata import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import quote, urlencode, urlsplit
from warnings import warn

from iamlab.errors import LoadError, RequestError, did_you_mean
from iamlab.model.strict_json import parse_json, replace_file
from iamlab.storage.account_details import LoadWarning
from iamlab.storage.saved_world import SecretsWarning, world_from_json, world_to_json
from iamlab.teach.callers import main_account
from iamlab.teach.cards import PredictionCard
from iamlab.teach.scenarios import known_scenarios, scenario
from iamlab.teach.tables import question_of
from iamlab.widgets.prediction import COARSE
from iamlab.world.world import World

if TYPE_CHECKING:
    import argparse

    from iamlab.engine.decision import Decision

LONGEST_LINK = 6_000
"""The most characters of a link: some programs for mail and chat cut off longer ones."""
WORLDS = "Name a file such as world.json, or a world of a lesson such as groups or 13/all_types."
LARGEST = 5_000_000
"""The most bytes of a puzzle: a few kilobytes could become gigabytes."""


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A world and a question about it. In a notebook, it is a card and a picture.

    Parameters
    ----------
    world, question
        What is shown before the prediction.
    decision
        The answer, which the card shows after it.
    """

    world: World
    question: str
    decision: Decision

    def __repr__(self) -> str:
        return f"Does AWS allow this request? {self.question}"

    def _ipython_display_(self) -> None:
        from IPython import display as notebook

        card = PredictionCard(self.decision, COARSE, ritual=True, record=False, world=self.world)
        notebook.display(card, self.world.show(), card.access_graph())  # type: ignore[no-untyped-call]


def puzzle(text: str) -> Puzzle:
    """Read a puzzle that :func:`pack` wrote. It can be from anybody, so nothing in it is run.

    Raises
    ------
    LoadError
        It isn't a puzzle, or is damaged or too large.

    Examples
    --------
    >>> puzzle(pack(scenario("groups"), "dana s3:DeleteObject star-maps/m31.fits"))
    Does AWS allow this request? dana: s3:DeleteObject on star-maps/m31.fits
    """
    try:
        packed = b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        content = parse_json(zlib.decompressobj().decompress(packed, LARGEST).decode())
    except (ValueError, zlib.error, RecursionError):
        raise LoadError("The puzzle is damaged or too large. Copy the whole link again.") from None
    match content:
        case {"puzzle": 1, "world": own, "question": str(line)}:
            world = cast("World", world_from_json(own, "The puzzle's world"))
        case _:
            raise LoadError("This isn't a puzzle that this iamlab knows. Update iamlab.")
    if not world.accounts:
        raise LoadError("The puzzle's world has no account, so nothing can be asked.")
    question = question_of(line, main_account(world))
    return Puzzle(world, str(question), question.ask(world))


def pack(world: World, question: str) -> str:
    """Write a world and a question as letters and digits, without secrets and events.

    Parameters
    ----------
    question
        As in a lesson: ``"dana s3:DeleteObject star-maps/m31.fits with ip=203.0.113.9"``.

    Raises
    ------
    RequestError
        The world contains values that a file can't.

    Examples
    --------
    >>> len(pack(scenario("groups"), "dana s3:DeleteObject star-maps/m31.fits")) < 2_000
    True
    """
    content = {"puzzle": 1, "question": question, "world": {**world_to_json(world), "events": []}}
    text = json.dumps(content, separators=(",", ":"))
    return urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode().rstrip("=")


def share(options: argparse.Namespace) -> list[str]:
    """Make a link to a puzzle; if it is too long, or a file is wanted, a notebook."""
    world = _world(options.world)
    text = pack(world, options.question)
    puzzle(text)  # what can't be asked is noticed here
    site = _address(options.site)
    code = f'from iamlab.distribution.share import puzzle\npuzzle("{text}")'
    shown = {"kernel": "python", "toolbar": 1, "hideCodeInput": 1, "showBanner": 0, "code": code}
    link = f"{site}repl/index.html#{urlencode(shown, quote_via=quote)}"
    _warn_about(world)
    if not options.output and len(link) <= LONGEST_LINK:
        return [link]
    file = Path(options.output or "puzzle.ipynb")
    if file.exists():
        raise RequestError(f"{file} already exists. Name a new file: --output FILE")
    notebook = json.loads(Path(__file__).with_name("puzzle.ipynb").read_bytes())
    notebook["cells"][-1]["source"] = code
    replace_file(file, [json.dumps(notebook, indent=1)], private=False)
    return [str(file), f"Open it in JupyterLab with iamlab, or drag it into {site}lab/index.html"]


def _world(name: str) -> World:
    """Load the world of a file, or build one of the lessons."""
    if Path(name).suffix == ".json" or Path(name).is_file():
        return World.load(name)
    known = known_scenarios()
    if name not in known:
        close = did_you_mean(name, known)
        raise RequestError(f"There is no world {name!r}. {close if '?' in close else WORLDS}")
    return scenario(name)


def _address(site: str | None) -> str:
    """Return the address of a JupyterLite: that of the project's site, or another one."""
    if site is None:
        urls = dict(url.split(", ") for url in metadata("iamlab").get_all("Project-URL") or ())
        site = f"{urls['Homepage']}lite/"
    address = urlsplit(site)
    if address.scheme not in ("http", "https") or not address.netloc or set("?#") & set(site):
        raise RequestError(f"--site {site!r}: write an address such as https://example.org/lite/")
    return f"{site.rstrip('/')}/"


def _warn_about(world: World) -> None:
    """Warn about secrets that the puzzle doesn't have, and names that it has."""
    everything, public = world_to_json(world, secrets=True), world_to_json(world)
    if any(everything[part] != public[part] for part in public.keys() - {"ids", "secrets"}):
        warn("The world has secrets. The puzzle doesn't have them.", SecretsWarning, stacklevel=3)
    if world.loaded:
        warn("Anybody can read the names and policies of the accounts.", LoadWarning, stacklevel=3)
