"""Facts that are data: tables in a TOML file beside the module that reads it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def tables(module: str, name: str = "") -> Any:
    """Read the tables of a file beside a module.

    Parameters
    ----------
    module
        The module's ``__file__``.
    name
        The name of the file. Default: that of the module, with ``.toml``.

    Examples
    --------
    >>> import iamlab.cli.commands
    >>> tables(iamlab.cli.commands.__file__)["purposes"][0]
    'Ask about access'
    """
    own = Path(module)
    path = own.parent / name if name else own.with_suffix(".toml")
    return tomllib.loads(path.read_text("utf-8"))
