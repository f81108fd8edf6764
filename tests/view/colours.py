"""The contrast of colours, and the colours that need it."""

from iamlab.view.style import (
    ALLOW,
    ALLOW_FILL,
    DENY,
    DENY_FILL,
    INK,
    PALE_INK,
    PALE_LINE,
    SILENT,
    SILENT_FILL,
)

TEXT_COLOURS = (INK, PALE_INK, PALE_LINE, ALLOW, DENY, SILENT)
"""Used for text and thin lines."""

FILLS = (ALLOW_FILL, DENY_FILL, SILENT_FILL)
"""Used for areas without words, such as bars."""


def contrast(first, other):
    """Compute the contrast ratio of two colours, 1 to 21, as WCAG defines it."""
    light, dark = sorted((_luminance(first), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour):
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
