"""Random walks: each call through real boto3 has the answer and the effect of the same method."""

import json
import re
from collections import Counter

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from iamlab import AwsError, IamLabError, RequestError
from iamlab.model.credentials import CredentialOwner
from iamlab.operations.iam.credentials import AccessKey
from iamlab.operations.sts.session import Session
from iamlab.storage.saved_world import world_to_json
from iamlab.world.account import Account
from tests.effort import first_now
from tests.recorded.steps import Walk
from tests.recorded.walks import OPERATIONS, call, set_up

SERVICES = {"": "iam", "iam": "iam", "sts": "sts", "organizations": "organizations"}
WALKS, STEPS = 50, 25


class Compared:
    """Does each call of a walk also on two copies of its world: by the method, and by boto3."""

    def __init__(self, original):
        self.original, self.outcomes, self.busy = original, Counter(), False
        self.faults = []

    def __call__(self, account, operation, principal, **parameters):
        """Compare, and then do ``account.call``."""
        service = SERVICES.get(operation.rpartition(":")[0])
        if service is not None and not self.busy:
            self.busy = True
            try:
                self.compare(account, operation, principal, service, parameters)
            except Exception as error:  # noqa: BLE001 - the walk itself would hide it
                self.faults.append(f"{operation} {parameters}: {error!r}")
            finally:
                self.busy = False
        return self.original(account, operation, principal, **parameters)

    def compare(self, account, operation, principal, service, parameters):
        """Compare the two ways; who has no key that can call is replaced by an administrator."""
        own, world = account.account_id, account.world.copy()
        key_id = _key_of(principal)
        if not key_id or (service != "sts" and _account_of(world, key_id) != own):
            walker = world.accounts[own].create_user("walker")
            walker.attach_policy("AdministratorAccess")
            key_id = walker.create_access_key().access_key_id
        first, second = world.copy(), world.copy()
        found = self.by_boto3(second, service, operation, key_id, parameters)
        if found is None:
            return
        expected = self.by_method(first, own, operation, key_id, parameters)
        if expected is None:  # a mistake of Python that a client sends as something else
            return
        if found != expected:
            self.faults.append(f"{operation} {parameters}: {found}, not {expected}")
        elif odd := _first_difference(_content(second), _content(first)):
            self.faults.append(f"{operation} {parameters} leads to {odd}")
        self.outcomes[expected[0]] += 1

    def by_method(self, world, account_id, operation, key_id, parameters):
        """Return what the method answers."""
        caller = _caller(world, key_id)
        try:
            answer = self.original(world.accounts[account_id], operation, caller, **parameters)
        except AwsError as error:
            return error.code, error.message
        except RequestError:
            return None
        return "answer", _plain(answer)

    def by_boto3(self, world, service, operation, key_id, parameters):
        """Return what boto3 answers; ``None`` if no client could send the parameters."""
        try:
            session = world.boto3_session(_caller(world, key_id))
            client = session.client(service)
            method = _method_of(client, operation.rpartition(":")[2])
            answer = getattr(client, method)(**parameters)
        except (ParamValidationError, TypeError):
            return None
        except ClientError as error:
            reason = error.response["Error"]
            if reason["Code"] == "NotImplemented":
                return None
            return reason["Code"], reason["Message"]
        del answer["ResponseMetadata"]
        return "answer", _plain(answer)


def _key_of(principal):
    """Return the id of a caller's active key; empty without one."""
    if isinstance(principal, CredentialOwner):
        keys = principal.key_records.values()
        return next((key.access_key_id for key in keys if key.status == "Active"), "")
    return principal.access_key_id if isinstance(principal, AccessKey | Session) else ""


def _account_of(world, key_id):
    owners = (each for each in world.accounts.values() if each.owner_of_key(key_id))
    owner = next(owners, None)
    return world.sessions[key_id].account_id if owner is None else owner.account_id


def _caller(world, key_id):
    if key_id in world.sessions:
        return Session(world, world.sessions[key_id])
    holders = (each.owner_of_key(key_id) for each in world.accounts.values())
    return AccessKey(next(filter(None, holders)), key_id)


def _method_of(client, operation):
    return next(
        name for name, made in client.meta.method_to_api_mapping.items() if made == operation
    )


def _plain(value):
    """Return a value as JSON: what is empty on the wire is absent."""
    if isinstance(value, dict):
        inside = {name: _plain(item) for name, item in value.items()}
        return {name: item for name, item in inside.items() if item not in (None, {}, [], "")}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | str) else str(value)


_OF_CLIENTS = re.compile(r'"user_agent": "[^"]*"')


def _content(world):
    """Return what a world contains, without the name of the client in its events."""
    return _OF_CLIENTS.sub("", json.dumps(world_to_json(world), sort_keys=True))


def _first_difference(text, other):
    """Return where two texts begin to differ; empty if they don't."""
    if text == other:
        return ""
    pairs = enumerate(zip(text, other, strict=False))
    differing = (at for at, (left, right) in pairs if left != right)
    at = next(differing, min(len(text), len(other)))
    return f"{text[at - 60 : at + 60]} / {other[at - 60 : at + 60]}"


@pytest.mark.parametrize("number", first_now(range(WALKS)))
def test_a_walk_by_boto3_is_the_walk_by_methods(number, monkeypatch):
    """The same answers, errors and effects, call by call."""
    compared = Compared(Account.call)

    def stand_in(account, operation, principal, **parameters):
        return compared(account, operation, principal, **parameters)

    monkeypatch.setattr(Account, "call", stand_in)
    walk = Walk(number)
    set_up(walk)
    names = [name for name in OPERATIONS if name.rpartition(":")[0] in SERVICES]
    for at in range(STEPS):
        try:
            call(walk, names[(number * 31 + at * 7) % len(names)])
        except IamLabError:
            continue

    assert compared.faults == []
    assert compared.outcomes["answer"]
