"""Write how wide the letters of the three faces are, so that text is measured without a font.

The fonts are those that matplotlib ships. Run it after matplotlib brings new ones; a test compares
what the table measures with what matplotlib does.
"""

# ruff: noqa: INP001 - a folder of scripts is no package

import json
from collections import defaultdict
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.ft2font import FT2Font, Kerning, LoadFlags

ROOT = Path(__file__).parent.parent
TABLE = ROOT / "iamlab" / "view" / "drawing" / "glyph_widths.json"
FONTS = {"sans": "DejaVuSans", "bold": "DejaVuSans-Bold", "mono": "DejaVuSansMono"}
SOURCE = "DejaVu fonts 2.35 (DejaVu Sans, DejaVu Sans Bold, DejaVu Sans Mono), https://dejavu-fonts.github.io"
LICENCE = (
    "The fonts are (c) Bitstream (Bitstream Vera licence) and (c) Tavmjong Bah (Arev licence); the "
    "changes of the DejaVu project are in the public domain. Only widths are here, no outlines."
)
KERNED = [chr(code) for code in range(32, 127)]
"""Pairs of these letters stand nearer or farther; other pairs hardly occur in names."""


def face(name: str) -> dict[str, Any]:
    """Read a font: each width with the letters that have it, and what pairs of letters add."""
    font = FT2Font(str(Path(mpl.get_data_path(), "fonts", "ttf", f"{name}.ttf")))
    glyphs = font.get_charmap()
    by_width: dict[int, list[int]] = defaultdict(list)
    for code in sorted(glyphs):
        by_width[font.load_char(code, flags=LoadFlags.NO_SCALE).horiAdvance].append(code)
    kerning = {
        first + second: pair
        for first, second in product(KERNED, repeat=2)
        if (pair := font.get_kerning(glyphs[ord(first)], glyphs[ord(second)], Kerning.UNSCALED))
    }
    widths = {str(width): " ".join(ranges(by_width[width])) for width in sorted(by_width)}
    return {"units": font.units_per_EM, "widths": widths, "kerning": kerning}


def ranges(codes: Iterable[int]) -> Iterable[str]:
    """Write sorted numbers as ranges, in hexadecimal."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return (f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in runs)


def main() -> None:
    """Write the table."""
    faces = {key: face(name) for key, name in FONTS.items()}
    table = {"source": SOURCE, "licence": LICENCE, "faces": faces}
    TABLE.write_text(
        json.dumps(table, ensure_ascii=True, separators=(",", ":"), indent=0) + "\n", "utf-8"
    )


if __name__ == "__main__":
    main()
