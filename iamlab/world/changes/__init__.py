"""What is different between two worlds: the edits, and who gained or lost what by which."""

from iamlab.world.changes.causes import Change
from iamlab.world.changes.difference import FEW, WorldDiff, diff_between

__all__ = ["FEW", "Change", "WorldDiff", "diff_between"]
