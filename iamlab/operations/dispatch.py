"""The dispatcher: all operations of all services follow the same steps.

:class:`Call` has these steps. Parameters are checked first, then permissions. The change comes
last, so that a failed call doesn't change the world. Every call becomes an event. Services with
their own rules, such as STS, have a subclass, which their entries name.

``perform`` is for the methods of objects: the account's root user calls, without a permission
check. ``call`` is a call of any principal: the engine decides each pair of action and resource that
the operation needs.

Notes
-----
AWS pages: "IAM API Reference"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from iamlab.authorization.authorize import authorization_request
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import find_resource
from iamlab.cloudtrail.event_fields import caller_identity
from iamlab.cloudtrail.recording import NAME_NO_RESOURCES, record_call
from iamlab.engine.decision import Decision
from iamlab.errors import AwsError, InvalidInput, RequestError, ValidationError
from iamlab.model.network_locations import Circumstances
from iamlab.operations.authorization_needs import named_shortly, needed
from iamlab.operations.parameter_checks import check_parameters, check_types
from iamlab.operations.registry import find
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.registry import Entry

Made = TypeVar("Made")
"""What an operation made: the caller of ``perform`` knows its type, the registry doesn't."""


@dataclass(slots=True)
class Call:
    """A call of an operation.

    Parameters
    ----------
    caller
        A user, a key, a session, an ARN ...
    who
        The facts about the caller.
    parameters
        The parameters, by AWS's names.
    account_id
        The account whose resources the call works on.
    endpoint
        The Region of the endpoint, if the service has several.
    identity
        The caller, as in the event.
    noted
        Additional parameters for the event.
    further
        The ARNs of further resources of the call.
    result
        The result of the operation.
    decisions
        The decisions about the caller's permissions, as far as they were checked.
    """

    world: World
    entry: Entry
    caller: Caller
    who: PrincipalContext
    parameters: dict[str, Any] = field(repr=False)  # they can contain a code or a token
    account_id: str = ""
    endpoint: str = ""
    identity: Mapping[str, Any] | None = None
    noted: dict[str, Any] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    result: Any = field(default=None, repr=False)
    decisions: list[Decision] = field(default_factory=list, repr=False)

    @classmethod
    def make(
        cls,
        world: World,
        entry: Entry,
        caller: Caller,
        parameters: Mapping[str, Any],
        account_id: str = "",
        endpoint: str = "",
    ) -> Self:
        """Make a call, without parameters that are ``None``."""
        sent = {name: value for name, value in parameters.items() if value is not None}
        who = principal_of(world, caller)
        made = cls(world, entry, caller, who, sent, account_id, endpoint)
        made.identity = made._identity()  # before the call, which can rename its caller
        return made

    @property
    def operation(self) -> str:
        """The name of the operation."""
        return self.entry.name

    @property
    def account(self) -> Account:
        """The account whose resources the call works on."""
        return self.world.accounts[self.account_id]

    # -- the steps --------------------------------------------------------------------------------

    def check_credentials(self) -> None:
        """Reject credentials that can't call the operation; that makes no event."""
        if (refusal := self.who.refusal(self.entry.needs)) is not None:
            raise refusal

    def check_parameters(self) -> None:
        """Check the parameters by the model of the API."""
        check_parameters(self.entry.service, self.entry.name, self.parameters)

    def check_caller(self) -> None:
        """Check additional rules for calls of principals, which methods of objects don't need."""
        if self.who.account_id != self.account_id:
            self._check_abroad()
        if self.entry.service == "iam":
            self._check_arns()
            self._name_oneself()

    def note_resources(self) -> None:
        """Note further resources of the call while they exist, such as an alias's key."""
        pairs = self.entry.also(self.account, self.parameters)
        same = (resource for action, resource in pairs if action == self.entry.needs)
        self.further = tuple(resource for resource in same if is_arn(resource))

    def needed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Return what the call needs permission for: action, resource, and condition keys."""
        return needed(self.account, self.entry, self.parameters)

    def authorize(self) -> None:
        """Check each permission that the call needs.

        Raises
        ------
        AwsError
            A permission is missing; with the decision.
        """
        entry, account = self.entry, self.account
        for action, resource, keys in self.needed():
            question = self.world, self.caller, action, resource, None, Circumstances()
            self.decisions.append(authorization_request(*question, operation_keys=keys).decide())
        if all(self.decisions):
            return
        decision = Decision.of_call(self.decisions)
        resource = decision.request.resource
        shown = named_shortly(account, entry, resource)
        where = f"on resource: {resource}"
        message = decision.message.replace(where, f"on resource: {shown}")
        if entry.wording is not None:
            message = entry.wording(self.world, self.account_id, message, decision)
        raise entry.refuse(decision, message)

    def work(self) -> Any:
        """Perform the operation and return its result; a change clears cached answers."""
        by_whom = (self.caller,) if self.entry.by_whom else ()
        result = self.entry.perform(self.account, self.parameters, *by_whom)
        if not self.entry.is_read_only:
            self.world.changed()
        return result

    def record(self, answer: Mapping[str, Any] | None, error: AwsError | None) -> None:
        """Record the call in the logs, whether it succeeded or failed."""
        entry = self.entry
        about = () if entry.service in NAME_NO_RESOURCES else (self._about(), *self.further)
        record_call(
            self.world,
            (entry.service, entry.name),
            self._identity(),
            (self.who.account_id, self._owner()),
            read_only=entry.is_read_only,
            parameters=self._parameters(),
            answer=answer if entry.logs_answer else None,
            error=error,
            resources=tuple(arn for arn in about if arn and "*" not in arn),
            region=self._region(),
            session_credential_from_console=getattr(self.caller, "is_in_console", False),
        )

    def finish(self) -> None:
        """Do what follows the event."""

    # -- the event's fields ------------------------------------------------------------------------

    def _identity(self) -> Mapping[str, Any]:
        """Return who called."""
        if self.identity is not None:
            return self.identity
        return caller_identity(self.who, getattr(self.caller, "access_key_id", ""))

    def _owner(self) -> str:
        """Return the account of the resource."""
        return self.account_id

    def _parameters(self) -> dict[str, Any] | None:
        """Return the parameters, without the client's Region."""
        return {name: value for name, value in self.parameters.items() if name != "Region"}

    def _about(self) -> str:
        """Return the ARN of the call's resource; empty without one."""
        if self.entry.about is None:
            return ""
        arn = self.entry.about(self.account, self.parameters)
        return arn if is_arn(arn) else ""

    def _region(self) -> str:
        """Return the call's Region: the one that it names, or the resource's."""
        named = "" if self.entry.about is None else str(self.parameters.get("Region", ""))
        about = "" if named else self._about()
        return named or (Arn.parse(about).region if about else "") or DEFAULT_REGION

    # -- helpers of the steps ---------------------------------------------------------------------

    def _check_abroad(self) -> None:
        """Let callers of other accounts only use existing resources, whose policy can allow them.

        Raises
        ------
        RequestError
            The operation works only in the caller's own account.
        """
        entry, account = self.entry, self.account
        arn = "*" if entry.about is None else entry.about(account, self.parameters)
        known = find_resource(self.world, Arn.parse(arn), arn) if is_arn(arn) else None
        if known is None or known.account is not account:
            service = entry.service.upper() if entry.service == "iam" else entry.service
            raise RequestError(
                f"{self.who.arn or 'The caller'} isn't in account {account.account_id}, and {arn} "
                f"isn't its resource: {service}:{entry.name} works in the caller's own account. "
                "To work in another account, assume a role there."
            )

    def _check_arns(self) -> None:
        """Check for ARNs where the API requires them: methods also accept names.

        Raises
        ------
        ValidationError
            The ARN of a managed policy can't be parsed.
        InvalidInput
            Another value isn't an ARN.
        """
        shapes = self.entry.signature.parameters
        for name, value in self.parameters.items():
            if shapes[name] == "arnType" and not is_arn(value):
                if name == "PolicyArn":
                    raise ValidationError("Invalid ARN:  Could not be parsed!")
                raise InvalidInput(f"ARN {value} is not valid.")

    def _name_oneself(self) -> None:
        """Fill in the calling user, or the root user, if the call names no user.

        Raises
        ------
        ValidationError
            The caller isn't a user or the root user.
        """
        entry, parameters = self.entry, self.parameters
        if entry.on != "user" or "UserName" in parameters or parameters.get("AllUsers"):
            return
        context = self.who.context()
        if "aws:username" in context:
            parameters["UserName"] = context["aws:username"]
        elif self.who.issuer and "UserName" in entry.signature.parameters:
            raise ValidationError("Must specify userName when calling with non-User credentials")


def perform(account: Account, operation: str, **parameters: Any) -> Made:  # type: ignore[type-var]
    """Do an operation as the account's root user; return its result."""
    return cast("Made", run(_call_of_root(account, operation, parameters), asks=False)[0])


def perform_in_console(account: Account, operation: str, **parameters: Any) -> Any:
    """Do an operation for the root user that only the console offers, without API parameters."""
    root_call = _call_of_root(account, operation, {})
    root_call.parameters |= parameters
    check_types(root_call.entry.service, operation, parameters)
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
    """Do an operation as a caller, who needs permission; return the API's response.

    Raises
    ------
    AccessDenied
        The caller has no permission; with the decision, in AWS's words.
    AwsError
        Any other error of AWS.
    RequestError
        There is no such operation or parameter, or the caller is in another account and doesn't
        name a resource of this account.
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
    """Do an operation as a caller: see :func:`call`.

    Parameters
    ----------
    account_id
        The account of the resources; STS doesn't have one.
    endpoint
        The Region of the endpoint, or ``"aws-global"``.

    Returns
    -------
    tuple
        The operation's result, such as a session, and the API's response.
    """
    entry = find(operation)
    kind: type[Call] = entry.call_type or Call
    return run(kind.make(world, entry, caller, parameters, account_id, endpoint))


def _call_of_root(account: Account, operation: str, parameters: Mapping[str, Any]) -> Call:
    entry, root = find(operation), account.root_arn
    kind: type[Call] = entry.call_type or Call
    return kind.make(account.world, entry, root, parameters, account.account_id)


def run(current: Call, *, asks: bool = True) -> tuple[Any, dict[str, Any]]:
    """Follow the steps of a call; without ``asks`` the caller needs no permission."""
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
