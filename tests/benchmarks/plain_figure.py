"""How fast a figure is drawn: as a ratio to a peer in the same run, never by the clock alone."""

import io
import time

from matplotlib.figure import Figure as Plain

TIMES = 5
"""So many times as long as its peer a figure may take: about 400 ms where the peer takes 80."""
TRIES = 4


def ratio_to_plain_figure(draw):
    """Compare with what matplotlib takes for sixty words in boxes; the best of a few tries."""
    own = peer = float("inf")
    for _ in range(TRIES):
        own = min(own, seconds(draw))
        peer = min(peer, seconds(plain_figure))
        if own <= TIMES * peer:
            break
    return own / peer


def plain_figure():
    """Draw sixty words in boxes with matplotlib alone: the peer."""
    figure = Plain(figsize=(10, 5))
    for number in range(60):
        place = (number % 5) / 5, (number // 5) / 12
        figure.text(*place, f"star-maps-read {number}", bbox={"boxstyle": "round"})
    figure.savefig(io.BytesIO(), format="svg")


def seconds(work):
    """Take the processor's time."""
    start = time.process_time()
    work()
    return time.process_time() - start
