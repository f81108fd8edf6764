from __future__ import annotations

from iamlab.world import root as records
from iamlab.world.holder import Holder
from iamlab.world.kept import stands_for


@stands_for(records.RootUser)
class RootUser(Holder, records.RootUser):
    __doc__ = records.RootUser.__doc__
    __slots__ = ()
