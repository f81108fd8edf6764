"""Hide a package, as if its extra weren't installed."""

import sys

import pytest

from iamlab.extras import EXTRAS, Finder


def hide(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let iamlab import no such package: ask its finder first, and forget who has imported it."""
    own = {extra: (package,) for extra, packages in EXTRAS.items() if package in packages}
    monkeypatch.setattr(sys, "meta_path", [Finder(own), *sys.meta_path])
    for name, module in [*sys.modules.items()]:
        if name.partition(".")[0] == package:
            monkeypatch.delitem(sys.modules, name)
            continue
        used = {str(getattr(own, "__name__", "")).split(".")[0] for own in vars(module).values()}
        if name.startswith("iamlab.") and package in used:
            monkeypatch.delitem(sys.modules, name)
