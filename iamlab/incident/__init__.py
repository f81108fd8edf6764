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
    contain,
    edits,
    excessive,
    fault,
    kept,
    leak,
)
from iamlab.incident.night import Night, Plan, night, plans, populate
from iamlab.incident.questions import QUESTIONS, Score, attack_steps, leaked_key, score

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
