"""Instances by their ids.

Notes
-----
AWS page: "Error codes for the Amazon EC2 API".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from iamlab.ec2_errors import InvalidInstanceIDMalformed, InvalidInstanceIDNotFound
from iamlab.world.services.ec2.instance import Instance
from iamlab.world.services.ec2.things import arn_of as arn_of_thing

if TYPE_CHECKING:
    from iamlab.world.account import Account
    from iamlab.world.api.entry import Parameters

_ID = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)


def find_instance(account: Account, given: Parameters) -> Instance:
    """Find the instance that a call names.

    Raises
    ------
    InvalidInstanceIDMalformed, InvalidInstanceIDNotFound
        There cannot be one of that id, or there is none.
    """
    return _found(account, given, given["InstanceId"])


def find_instances(account: Account, given: Parameters) -> list[Instance]:
    """Find all instances that a call names, or none."""
    return [_found(account, given, one) for one in given["InstanceIds"]]


def _found(account: Account, given: Parameters, which: object) -> Instance:
    if not (isinstance(which, str) and _ID.fullmatch(which)):
        raise InvalidInstanceIDMalformed(f'Invalid id: "{which}"')
    found = account.resources.get(arn_of_thing(account, given, which))
    if not isinstance(found, Instance):
        raise InvalidInstanceIDNotFound(f"The instance ID '{which}' does not exist")
    return found
