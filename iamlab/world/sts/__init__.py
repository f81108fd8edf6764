"""The Security Token Service: temporary credentials, who gets them, and what they are good for.

``record.py`` and ``session.py`` say what a session is, ``issuing.py`` makes one, ``calls.py`` leads
a call from its parameters to its answer, and each operation stands in a module of its own.
"""

from iamlab.world.sts.methods import Sts
from iamlab.world.sts.session import Session

__all__ = ["Session", "Sts"]
