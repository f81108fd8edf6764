"""The night of the leak: a world with an incident, and how well it is contained.

>>> from iamlab.incident import leak, night
>>> found = night(7)
>>> leak(found.world, found)[0][:4]
'with'
"""

from iamlab.incident.containment import (
    CHOICES,
    ERASURES,
    Request,
    Score,
    contain,
    edits,
    excessive,
    fault,
    kept,
    leak,
    score,
)
from iamlab.incident.night import Night, Plan, night, plans, populate
from iamlab.incident.questions import QUESTIONS, attack_steps, leaked_key

__all__ = [
    "CHOICES",
    "ERASURES",
    "QUESTIONS",
    "Night",
    "Plan",
    "Request",
    "Score",
    "attack_steps",
    "contain",
    "edits",
    "excessive",
    "fault",
    "kept",
    "leak",
    "leaked_key",
    "night",
    "plans",
    "populate",
    "score",
]
