"""Last accessed information: which of the services that policies allow were used, when, by whom.

``granted.py`` says what policies allow, ``seen.py`` what events show, ``tracking.py`` what is kept
of that and since when; ``asking.py`` puts them together. Organizations have a report of their own.
"""

from iamlab.world.last_accessed.asking import last_accessed
from iamlab.world.last_accessed.report import LastAccessed

__all__ = ["LastAccessed", "last_accessed"]
