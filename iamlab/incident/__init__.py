"""The night of the leak: a world with an incident, and how well it is contained.

>>> from iamlab.incident import leak, night
>>> found = night(7)
>>> leak(found.world, found)[0][:4]
'with'
"""

from iamlab.incident.containment import (
    CHOICES,
    Request,
    Score,
    contain,
    edits,
    excessive,
    kept,
    leak,
    score,
)
from iamlab.incident.night import Night, Plan, night, plans, populate

__all__ = [
    "CHOICES",
    "Night",
    "Plan",
    "Request",
    "Score",
    "contain",
    "edits",
    "excessive",
    "kept",
    "leak",
    "night",
    "plans",
    "populate",
    "score",
]
