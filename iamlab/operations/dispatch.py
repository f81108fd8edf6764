"""The dispatcher: each operation of each service takes one path, from its name to its answer.

Parameters are checked first, then permissions; the work is done last, so that what fails leaves the
world as it was. Whatever happens becomes an event.

``perform`` is for the methods of objects: the account's root user does it, without asking.
``call`` is somebody's own call: the engine decides each pair of action and resource that the
operation needs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iamlab.errors import AwsError
from iamlab.operations.calls import Call
from iamlab.operations.registry import find

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.model.account import Account
    from iamlab.model.world import World


def perform(account: Account, operation: str, **parameters: Any) -> Any:
    """Do an operation for the account's root user; give what it makes."""
    made, _ = _run(_call_of_root(account, operation, parameters), asks=False)
    return made


def perform_in_console(account: Account, operation: str, **parameters: Any) -> Any:
    """Do for the root user what the API has no parameters for: the console offers it."""
    root_call = _call_of_root(account, operation, {})
    root_call.given |= parameters
    try:
        root_call.result = root_call.work()
    except AwsError as error:
        root_call.record(None, error)
        raise
    root_call.record(None, None)
    return root_call.result


def call(
    account: Account, operation: str, caller: Caller, parameters: Mapping[str, Any]
) -> dict[str, Any]:
    """Do an operation as somebody, who needs permission; give what AWS's API answers.

    Raises
    ------
    AccessDenied
        The caller may not; with the decision, and in AWS's words.
    AwsError
        What else AWS would answer.
    RequestError
        There is no such operation or parameter, or the caller is of another account, and asks
        for no resource of this current.
    """
    _, answer = call_in(account.world, operation, caller, parameters, account.account_id)
    return answer


def call_in(
    world: World,
    operation: str,
    caller: Caller,
    parameters: Mapping[str, Any],
    account_id: str = "",
    endpoint: str = "us-east-1",
) -> tuple[Any, dict[str, Any]]:
    """Do an operation as somebody: see :func:`call`.

    Parameters
    ----------
    account_id
        The account whose resources it works on; STS works on no account's.
    endpoint
        The Region whose endpoint is called, or ``"aws-global"``.

    Returns
    -------
    tuple
        What the operation makes, such as a session, and what the API answers.
    """
    entry = find(operation)
    kind: type[Call] = entry.call_type or Call
    return _run(kind.make(world, entry, caller, parameters, account_id, endpoint))


def _call_of_root(account: Account, operation: str, parameters: Mapping[str, Any]) -> Call:
    entry, root = find(operation), account.root_arn
    kind: type[Call] = entry.call_type or Call
    return kind.make(account.world, entry, root, parameters, account.account_id)


def _run(current: Call, *, asks: bool = True) -> tuple[Any, dict[str, Any]]:
    """Take the steps of a call; without ``asks`` the caller needs no permission."""
    if asks:
        current.check_credentials()
    try:
        current.check_parameters()
        if asks:
            current.check_caller()
        current.note_resources()
        if asks:
            current.authorize()
        current.result = current.work()
    except AwsError as error:
        current.record(None, error)
        raise
    answer = current.entry.answer(current.result)
    current.record(answer, None)
    current.finish()
    return current.result, answer
