"""The dispatcher: each operation of each service takes one path, from its name to its answer.

:class:`Call` has the steps of that path. Parameters are checked first, then permissions; the work
is done last, so that what fails leaves the world as it was. Whatever happens becomes an event.
Services with rules of their own, such as STS, have a subclass, which their entries name.

``perform`` is for the methods of objects: the account's root user does it, without asking.
``call`` is somebody's own call: the engine decides each pair of action and resource that the
operation needs.

Notes
-----
AWS pages: "IAM API Reference"; "Logging IAM and AWS STS API calls with AWS CloudTrail".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from iamlab.authorization.authorize import authorization_request, check_credentials
from iamlab.authorization.context_keys import DEFAULT_REGION
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import find_resource
from iamlab.cloudtrail.event_fields import caller_identity
from iamlab.cloudtrail.recording import NAME_NO_RESOURCES, record_call
from iamlab.errors import AwsError, InvalidInput, RequestError, ValidationError
from iamlab.operations.api_models import check_parameters, check_types
from iamlab.operations.authorization_needs import named_shortly, needed
from iamlab.operations.registry import find
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.model.account import Account
    from iamlab.model.world import World
    from iamlab.operations.registry import Entry


@dataclass(slots=True)
class Call:
    """One call.

    Parameters
    ----------
    caller
        A user, a key, a session, an ARN ...
    who
        What is known of the caller.
    parameters
        By AWS's names.
    account_id
        The account whose resources the call works on.
    endpoint
        The Region whose endpoint is called, if the service has several.
    identity
        Who calls, as the event says it.
    noted
        What the event names among the parameters too.
    further
        The ARNs of what else the call works on.
    result
        What the operation has made.
    """

    world: World
    entry: Entry
    caller: Caller
    who: PrincipalContext
    parameters: dict[str, Any] = field(repr=False)  # a code or a token may be among them
    account_id: str = ""
    endpoint: str = ""
    identity: Mapping[str, Any] | None = None
    noted: dict[str, Any] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    result: Any = field(default=None, repr=False)

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
        """Make a call; parameters that are ``None`` are left out."""
        sent = {name: value for name, value in parameters.items() if value is not None}
        who = principal_of(world, caller)
        made = cls(world, entry, caller, who, sent, account_id, endpoint)
        made.identity = made._identity()  # as it is now: a call can rename its caller
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
        """Refuse credentials that are not good for the operation; of that there is no event."""
        check_credentials(self.who, self.entry.needs)

    def check_parameters(self) -> None:
        """Check the parameters by the model of the API."""
        check_parameters(self.entry.service, self.entry.name, self.parameters)

    def check_caller(self) -> None:
        """Check what somebody's call has to fulfil too, which a method of an object does not."""
        if self.who.account_id != self.account_id:
            self._check_abroad()
        if self.entry.service == "iam":
            self._check_arns()
            self._name_oneself()

    def note_resources(self) -> None:
        """Note what else the call works on, while it is there: of an alias, the key."""
        pairs = self.entry.also(self.account, self.parameters)
        same = (resource for action, resource in pairs if action == self.entry.needs)
        self.further = tuple(resource for resource in same if is_arn(resource))

    def needed(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Return what the call needs permission for: action, resource, and condition keys."""
        return needed(self.account, self.entry, self.parameters)

    def authorize(self) -> None:
        """Insist on each permission that the call needs.

        Raises
        ------
        AwsError
            One is missing; with the decision.
        """
        entry, account = self.entry, self.account
        for action, resource, keys in self.needed():
            decision = authorization_request(
                self.world, self.caller, action, resource, None, {}, operation_keys=keys
            ).decide()
            if not decision:
                shown = named_shortly(account, entry, resource)
                where = f"on resource: {resource}"
                message = decision.message.replace(where, f"on resource: {shown}")
                if entry.wording is not None:
                    message = entry.wording(self.world, self.account_id, message, decision)
                raise entry.refuse(decision, message)

    def work(self) -> Any:
        """Do it, and give what that makes; what was worked out before a change is forgotten."""
        by_whom = (self.caller,) if self.entry.by_whom else ()
        result = self.entry.perform(self.account, self.parameters, *by_whom)
        if not self.entry.is_read_only:
            self.world.changed()
        return result

    def record(self, answer: Mapping[str, Any] | None, error: AwsError | None) -> None:
        """Note the call in the logs, whether it succeeded or failed."""
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
        """Do what comes after the event."""

    # -- what the event says ----------------------------------------------------------------------

    def _identity(self) -> Mapping[str, Any]:
        """Return who called."""
        if self.identity is not None:
            return self.identity
        return caller_identity(self.who, getattr(self.caller, "access_key_id", ""))

    def _owner(self) -> str:
        """Return the account of the resource."""
        return self.account_id

    def _parameters(self) -> dict[str, Any] | None:
        """Return the parameters; a Region is none, as a client has it."""
        return {name: value for name, value in self.parameters.items() if name != "Region"}

    def _about(self) -> str:
        """Return the ARN that it works on; empty if none is named."""
        if self.entry.about is None:
            return ""
        arn = self.entry.about(self.account, self.parameters)
        return arn if is_arn(arn) else ""

    def _region(self) -> str:
        """Return the call's Region: the one that it names, or the resource's."""
        named = "" if self.entry.about is None else str(self.parameters.get("Region", ""))
        about = "" if named else self._about()
        return named or (Arn.parse(about).region if about else "") or DEFAULT_REGION

    # -- what the steps need ----------------------------------------------------------------------

    def _check_abroad(self) -> None:
        """Let others only work on a resource that is there, whose policy can let them.

        Raises
        ------
        RequestError
            The operation works in the caller's own account.
        """
        entry, account = self.entry, self.account
        arn = "*" if entry.about is None else entry.about(account, self.parameters)
        known = find_resource(self.world, Arn.parse(arn), arn) if is_arn(arn) else None
        if known is None or known.account is not account:
            service = entry.service.upper() if entry.service == "iam" else entry.service
            raise RequestError(
                f"{self.who.arn or 'Who calls'} is not of account {account.account_id}, and {arn} "
                f"is no resource of it: {service}:{entry.name} works in the caller's own account. "
                "To work in another one, assume a role there."
            )

    def _check_arns(self) -> None:
        """Insist on ARNs where the API does: the methods take names as well.

        Raises
        ------
        InvalidInput
            Something else is in the place of an ARN.
        """
        shapes = self.entry.signature.parameters
        for name, value in self.parameters.items():
            if shapes[name] == "arnType" and not value.startswith("arn:"):
                raise InvalidInput(f"ARN {value} is not valid.")

    def _name_oneself(self) -> None:
        """Let an operation that names nobody mean its caller; if that is no user, the root user.

        Raises
        ------
        ValidationError
            The caller is neither a user nor the root user.
        """
        entry, parameters = self.entry, self.parameters
        if entry.on != "user" or "UserName" in parameters or parameters.get("AllUsers"):
            return
        context = self.who.context()
        if "aws:username" in context:
            parameters["UserName"] = context["aws:username"]
        elif self.who.issuer and "UserName" in entry.signature.parameters:
            raise ValidationError("Must specify userName when calling with non-User credentials")


def perform(account: Account, operation: str, **parameters: Any) -> Any:
    """Do an operation for the account's root user; give what it makes."""
    made, _ = run(_call_of_root(account, operation, parameters), asks=False)
    return made


def perform_in_console(account: Account, operation: str, **parameters: Any) -> Any:
    """Do for the root user what the API has no parameters for: the console offers it."""
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
    """Do an operation as somebody, who needs permission; give what AWS's API answers.

    Raises
    ------
    AccessDenied
        The caller may not; with the decision, and in AWS's words.
    AwsError
        What else AWS would answer.
    RequestError
        There is no such operation or parameter, or the caller is of another account, and asks
        for no resource of this account.
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
    return run(kind.make(world, entry, caller, parameters, account_id, endpoint))


def _call_of_root(account: Account, operation: str, parameters: Mapping[str, Any]) -> Call:
    entry, root = find(operation), account.root_arn
    kind: type[Call] = entry.call_type or Call
    return kind.make(account.world, entry, root, parameters, account.account_id)


def run(current: Call, *, asks: bool = True) -> tuple[Any, dict[str, Any]]:
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
