"""GetDelegatedAccessToken: what products of AWS's partners get for a trade-in token. Not modelled.

Who holds such a token got it from a delegation request that a customer accepted in his console.
Those requests are not modelled either (``api/not_modelled.py`` says why), so no token is right.

Notes
-----
AWS page: "API GetDelegatedAccessToken".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from iamlab.errors import RequestError
from iamlab.world.sts.operation import sts_operation

if TYPE_CHECKING:
    from iamlab.world.sts.asked import Asked


@sts_operation("GetDelegatedAccessToken", reads_only=False)
def get_delegated_access_token(_: Asked) -> NoReturn:
    """Refuse: there are no trade-in tokens in a world."""
    raise RequestError(
        "GetDelegatedAccessToken is not modelled: trade-in tokens come from delegation requests of "
        "AWS's partners, and there are none in a world."
    )
