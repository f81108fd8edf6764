"""Operations that iamlab doesn't have: it decides whether the caller can call them, and no more.

``Describe`` and ``List`` find nothing. Other operations aren't executed, which their error says.

Notes
-----
AWS pages: Service Authorization Reference, for the resources of each action.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from iamlab.clients.wire import api
from iamlab.operations.unmodelled_actions import use
from iamlab.policy import catalog
from iamlab.policy.arn import is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.clients.exchange import Exchange
    from iamlab.clients.wire import Response

_FINDS_NOTHING = ("Describe", "List")
_NAME = re.compile(r"\$\{(\w+)\}")


def decided(exchange: Exchange, caller: Caller, who: PrincipalContext) -> Response:
    """Decide about a call; answer that nothing was found.

    Raises
    ------
    AwsError
        The caller has no permission.
    HttpError
        Permission or not, iamlab doesn't execute the operation.
    """
    action = f"{exchange.service.prefix}:{exchange.operation}"
    if catalog.action(action) is None:
        raise exchange.lacking("No action in policies has its name.")
    resource = resource_of(action, exchange.parameters, who, exchange.region)
    exchange.decisions.append(use(exchange.world, caller, action, resource, None, {}))
    if not exchange.operation.startswith(_FINDS_NOTHING):
        raise exchange.lacking("It decided only: the caller has the permission.")
    interface = api(exchange.service.model)
    shape = interface.model.operation_model(exchange.operation).output_shape
    return interface.answer(exchange.operation, dict(_nothing(shape)), "")


def _nothing(shape: Any) -> Iterator[tuple[str, Any]]:
    """Return the empty lists of an answer."""
    for name, member in {} if shape is None else shape.members.items():
        if member.type_name == "list":
            yield name, []


def resource_of(
    action: str, parameters: Mapping[str, Any], who: PrincipalContext, region: str
) -> str:
    """Return the resource of a call: an ARN that it names, or one that its names fit into.

    Returns
    -------
    str
        ``"*"`` if the action has no resource, or the call doesn't name it.
    """
    texts = [text for text in parameters.values() if isinstance(text, str)]
    known = {name.lower(): text for name, text in parameters.items() if isinstance(text, str)}
    known |= {"partition": "aws", "region": region, "account": who.account_id}
    for form in catalog.arns_for(action):
        if (named := next((text for text in texts if _fits(text, form)), "")) != "":
            return named
        names = [name.lower() for name in _NAME.findall(form)]
        if form != "*" and all(name in known for name in names):
            return _NAME.sub(lambda found: known[found[1].lower()], form)
    return "*"


def _fits(text: str, form: str) -> bool:
    """Return whether a text is an ARN of a form."""
    parts = (re.escape(part) for part in catalog.PLACEHOLDER.split(form))
    return form != "*" and is_arn(text) and re.fullmatch(".+".join(parts), text) is not None
