"""What somebody may do: the question, its candidates, and few lines for the answer."""

from iamlab.world.what_can.asked import FEW, WhatCan, what_can
from iamlab.world.what_can.values import Access, Stopped

__all__ = ["FEW", "Access", "Stopped", "WhatCan", "what_can"]
