"""A call: parameters checked, permission asked, the work done, the event kept.

``perform`` is the way of the methods: it is done for the account's root user, without asking.
``call`` is somebody's own call: each pair of action and resource that the operation needs is
decided by the engine, and what fails leaves the world as it was.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from iamlab.authorization.authorize import check_credentials, question
from iamlab.authorization.context_keys import DEFAULT_REGION, of_root
from iamlab.authorization.principal import principal_of
from iamlab.authorization.resource import find_resource
from iamlab.cloudtrail.event_names import NAME_NO_RESOURCES
from iamlab.cloudtrail.recording import record_for
from iamlab.cloudtrail.user_identity import caller_identity, user_identity
from iamlab.errors import AwsError, InvalidInput, RequestError, ValidationError
from iamlab.operations import registry as entries
from iamlab.operations.api_models import signature
from iamlab.operations.authorization_needs import (
    context_of,
    context_of_passing,
    named_shortly,
    resource_of,
)
from iamlab.operations.validation import check
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from iamlab.authorization.principal import Caller, PrincipalContext
    from iamlab.engine.decision import Decision
    from iamlab.model.account import Account
    from iamlab.operations.registry import Entry


def perform(account: Account, operation: str, **parameters: Any) -> Any:
    """Do an operation for the account's root user; parameters that are ``None`` were not given."""
    entry = entries.find(operation)
    given = {name: value for name, value in parameters.items() if value is not None}
    root = user_identity(account.root_arn, of_root(account.root_arn, account.account_id), None)
    with _Recorded(account, entry, given, root) as event:
        check(entry, given)
        event.note_resources()
        value = _done(account, entry, given, account.root_arn)
        event.succeeded(entry.answer, value)
    return value


def perform_in_console(account: Account, operation: str, **parameters: Any) -> Any:
    """Do for the root user what the API has no parameters for: the console offers it."""
    entry = entries.find(operation)
    root = user_identity(account.root_arn, of_root(account.root_arn, account.account_id), None)
    with _Recorded(account, entry, parameters, root):
        return entry.perform(account, parameters)


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
        for no resource of this one.
    """
    entry = entries.find(operation)
    who = principal_of(account.world, caller)
    check_credentials(who, entry.needs)
    given = {name: value for name, value in parameters.items() if value is not None}
    identity = caller_identity(who, getattr(caller, "access_key_id", ""))
    in_console = getattr(caller, "is_in_console", False)
    with _Recorded(account, entry, given, identity, who.account_id, in_console) as event:
        check(entry, given)
        if who.account_id != account.account_id:
            _check_abroad(account, entry, given, who)
        if entry.service == "iam":
            _check_arns(operation, given)
            _name_oneself(entry, given, who)
        event.note_resources()
        _authorise(account, entry, given, caller)
        value = _done(account, entry, given, caller)
        return event.succeeded(entry.answer, value)


def _check_abroad(
    account: Account, entry: Entry, given: Mapping[str, Any], who: PrincipalContext
) -> None:
    """Let others only do something with a resource that is there, whose policy can let them.

    Raises
    ------
    RequestError
        The operation works in the caller's own account.
    """
    arn = "*" if entry.about is None else entry.about(account, given)
    known = find_resource(account.world, Arn.parse(arn), arn) if is_arn(arn) else None
    if known is None or known.account is not account:
        service = entry.service.upper() if entry.service == "iam" else entry.service
        raise RequestError(
            f"{who.arn or 'Who calls'} is not of account {account.account_id}, and {arn} is no "
            f"resource of it: {service}:{entry.name} works in the caller's own account. To work in "
            "another one, assume a role there."
        )


def _done(account: Account, entry: Entry, given: Mapping[str, Any], caller: Caller) -> Any:
    """Do the work; what depends on who calls is told."""
    if entry.by_whom:
        return entry.perform(account, given, caller)
    return entry.perform(account, given)


def _check_arns(operation: str, given: Mapping[str, Any]) -> None:
    """Insist on ARNs where the API does: the methods take names as well.

    Raises
    ------
    InvalidInput
        What stands in the place of an ARN is none.
    """
    shapes = signature(operation).parameters
    for name, value in given.items():
        if shapes[name] == "arnType" and not value.startswith("arn:"):
            raise InvalidInput(f"ARN {value} is not valid.")


def _name_oneself(entry: Entry, given: dict[str, Any], who: PrincipalContext) -> None:
    """Let an operation that names nobody mean its caller; without a name, it means the root user.

    Raises
    ------
    ValidationError
        The caller is neither a user nor the root user.
    """
    if entry.on != "user" or "UserName" in given or given.get("AllUsers"):
        return
    context = who.context()
    if "aws:username" in context:
        given["UserName"] = context["aws:username"]
    elif who.issuer and "UserName" in signature(entry.name).parameters:
        raise ValidationError("Must specify userName when calling with non-User credentials")


def needed(
    account: Account, entry: Entry, given: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Say what a call needs permission for: action, resource, and the keys that the call brings."""
    own = (entry.needs, resource_of(account, entry, given))
    for action, resource in (own, *entry.also(account, given)):
        passes = action == "iam:PassRole"
        keys = (
            context_of_passing(account, resource, entry.service, own[1] if entry.about else "")
            if passes
            else context_of(account, entry, given)
        )
        yield action, resource, keys


def _authorise(account: Account, entry: Entry, given: Mapping[str, Any], caller: Caller) -> None:
    for action, resource, keys in needed(account, entry, given):
        asked = question(account.world, caller, action, resource, None, {}, keys=keys)
        decision = asked.decide()
        if not decision:
            shown = named_shortly(account, entry, resource)
            where = f"on resource: {resource}"
            message = decision.message.replace(where, f"on resource: {shown}")
            if entry.encodes:
                message = _with_encoded(account, message, decision)
            raise entry.refuse(decision, message)


def _with_encoded(account: Account, message: str, decision: Decision) -> str:
    from iamlab.operations.sts.authorization_messages import with_encoded

    return with_encoded(account.world, account.account_id, message, decision)


class _Recorded:
    """Keeps the event of what happens inside, whether it succeeds or fails."""

    def __init__(
        self,
        account: Account,
        entry: Entry,
        given: Mapping[str, Any],
        identity: Mapping[str, Any],
        own: str | None = None,
        in_console: bool = False,  # noqa: FBT001, FBT002 - one of the fields of an event
    ) -> None:
        self.account, self.entry, self.given, self.identity = account, entry, given, identity
        self.own = account.account_id if own is None else own
        self.in_console = in_console
        self.answer: dict[str, Any] | None = None
        self.further: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """The ARN that it is about; empty if none is named."""
        if self.entry.about is None:
            return ""
        arn = self.entry.about(self.account, self.given)
        return arn if is_arn(arn) else ""

    @property
    def region(self) -> str:
        """Where it happens: in the Region that was named, or in the ARN that it is about."""
        named = "" if self.entry.about is None else str(self.given.get("Region", ""))
        about = "" if named else self.about
        return named or (Arn.parse(about).region if about else "") or DEFAULT_REGION

    def note_resources(self) -> None:
        """Note what else it is about, while it is there: of an alias, the key."""
        pairs = self.entry.also(self.account, self.given)
        same = (resource for action, resource in pairs if action == self.entry.needs)
        self.further = tuple(resource for resource in same if is_arn(resource))

    def succeeded(self, answer: Any, value: Any) -> dict[str, Any]:
        """Note what is answered."""
        found: dict[str, Any] = answer(value)
        self.answer = found
        return found

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None and not isinstance(error, AwsError):
            return  # the question could not even be asked
        names_none = self.entry.service in NAME_NO_RESOURCES
        about = () if names_none else (self.about, *self.further)
        record_for(
            self.account.world,
            (self.entry.service, self.entry.name),
            self.identity,
            (self.own, self.account.account_id),
            read_only=self.entry.is_read_only,
            parameters={name: one for name, one in self.given.items() if name != "Region"},
            answer=None if self.entry.is_read_only else self.answer,
            error=error,
            resources=tuple(one for one in about if one and "*" not in one),
            region=self.region,
            session_credential_from_console=self.in_console,
        )
