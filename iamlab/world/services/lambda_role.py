"""How a function's code gets the credentials of its role: from Lambda, before it runs.

Lambda assumes the role for an execution environment, and runs the function in it again and again
with the same credentials. They last twelve hours and are not renewed: a new environment gets new
ones. When that comes is Lambda's affair. Here, it comes before a run could outlast its credentials
(a run takes 15 minutes at most); that is likely, not sure.

Notes
-----
AWS pages: "Defining Lambda function permissions with an execution role"; "Working with Lambda
execution environment credentials"; "Lambda quotas", for the longest run.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from iamlab.world.sts.finding import find_role
from iamlab.world.sts.services import assume_role_as_service
from iamlab.world.sts.session import Session

if TYPE_CHECKING:
    from iamlab.world.services.lambda_function import Function
    from iamlab.world.sts.record import SessionRecord

SERVICE = "lambda.amazonaws.com"
LONGEST_RUN = timedelta(minutes=15)
_KEY = "lambda:SourceFunctionArn"


def session_of(function: Function) -> Session:
    """Give a function's current session, or let Lambda make one.

    Raises
    ------
    AccessDenied
        Lambda may not assume the role, or there is no such role.
    """
    world = function.account.world
    kept = world.sessions.get(function.delivered)
    if kept is not None and _goes_on(function, kept):
        return Session(world, kept)
    session = assume_role_as_service(
        world, SERVICE, function.role_arn, endpoint=function.region, source_arn=function.arn
    )
    function.delivered = session.access_key_id
    return session


def _goes_on(function: Function, kept: SessionRecord) -> bool:
    """Say whether a session is still the one to work with: of this role, and with time left."""
    world = function.account.world
    role = find_role(world, function.role_arn)
    is_own = kept.keys.get(_KEY) == function.arn  # a file may hold anything
    left = kept.expiration - world.clock.now
    return is_own and role is not None and kept.issuer_id == role.unique_id and left >= LONGEST_RUN
