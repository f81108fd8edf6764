"""How a service's API names, tags and deletes resources, as a table for each type.

An :class:`Api` has the names of the operations and parameters, and the service's errors, which are
in ``apis.toml``. It makes the entries and methods that all services have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from iamlab.authorization.context_keys import DEFAULT_REGION, tag_keys
from iamlab.errors import AccessDenied
from iamlab.errors.services import ValidationException
from iamlab.model.resources import Resource
from iamlab.operations.api_models import signature
from iamlab.operations.dispatch import perform
from iamlab.operations.parameters import as_keys, as_tags
from iamlab.operations.registry import operation
from iamlab.operations.resource_policies import check_not_locked_out, resource_policy
from iamlab.operations.services.names_and_tags import (
    ERRORS,
    answer_of,
    check_region,
    keys_of,
    misfit,
    more_tags,
    refuses,
    region_of,
    without,
)
from iamlab.policy.arn import Arn, is_arn
from iamlab.tables import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import About, Answer, Parameters, Perform, Refuse
    from iamlab.operations.services.names_and_tags import Refuses

_URL = re.compile(r"https://([^/]*)/?([^/]*)/?(.*)", re.DOTALL)


class ResourceVerbs(Resource):
    """A resource whose methods are its service's operations."""

    __slots__ = ()

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation of its service, as the account's root user."""
        return perform(self.account, f"{self.service}:{operation}", **parameters)


Made = TypeVar("Made", bound=Resource)
Own = TypeVar("Own", bound="Api")


def keep(resource: Made) -> Made:
    """Add a resource to its account: the last step of creating it."""
    resource.account.resources[resource.arn] = resource
    return resource


def all_of(account: Account, kind: type[Made]) -> list[Made]:
    """List an account's resources of a type."""
    return [resource for resource in account.resources.values() if isinstance(resource, kind)]


def forget(resource: Resource) -> None:
    """Remove a resource from its account, with everything below it."""
    known, below = resource.account.resources, f"{resource.arn}{resource.separator}"
    for arn in [arn for arn in known if resource.separator and arn.startswith(below)]:
        del known[arn]
    del known[resource.arn]


@dataclass(frozen=True, slots=True)
class Api:
    """How a service's API names, tags and deletes a type of resource.

    Parameters
    ----------
    service
        Its prefix.
    named_by
        The parameter that names a new resource; after it those that name existing ones.
    absent, taken
        The errors for a missing resource, and for an existing one.
    untaggable
        The error for invalid tags; its message isn't AWS's.
    delete
        The operation that deletes a resource; empty if there isn't one.
    place
        The prefix of the name in an ARN: ``"table/"``.
    pattern, misnamed
        The pattern of a name, and the error for other names, if callers choose the name.
    tag, untag
        The operations.
    put_policy
        The action that creating a resource with a policy also needs.
    forgives
        Whether deleting a missing resource isn't an error.
    refuse
        The error for a caller without permission.
    """

    service: str
    named_by: tuple[str, ...]
    absent: Refuses
    untaggable: Refuses
    delete: str = ""
    place: str = ""
    pattern: str = ""
    misnamed: Refuses = ValidationException
    taken: Refuses = ValidationException
    tag: str = "TagResource"
    untag: str = "UntagResource"
    put_policy: str = "PutResourcePolicy"
    forgives: bool = False
    refuse: Refuse = AccessDenied

    def arn(self, account: Account, name: str, region: str = DEFAULT_REGION) -> str:
        """Return the ARN for a name."""
        start = f"arn:{account.partition}:{self.service}:{region}:{account.account_id}"
        return f"{start}:{self.place}{name}"

    def arn_of(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of a call's resource; for a new resource, its future ARN.

        The call can name it by ARN, URL or name.
        """
        text = next((arguments[name] for name in self.named_by if name in arguments), "")
        if is_arn(text):
            return str(text)
        region, url = region_of(arguments), _URL.match(text)
        if url is None:
            return self.arn(account, text, region)
        parts = url[1].split(".")
        arn = self.arn(account, url[3], parts[1] if len(parts) > 3 else region)
        return arn.replace(f":{account.account_id}:", f":{url[2]}:", 1)

    def arn_of_tagged(self, account: Account, arguments: Parameters) -> str:
        """Return the ARN of the resource whose tags a call changes."""
        return self.arn_of(account, arguments)

    def find(self, account: Account, arguments: Parameters) -> Any:
        """Find a call's resource, or raise the service's error."""
        arn = self.arn_of(account, arguments)
        found = account.resources.get(arn)
        if not isinstance(found, NamedResource) or found.api is not self:
            raise self.absent(arn)
        return found

    def find_changeable(self, account: Account, arguments: Parameters) -> Any:
        """Find the resource whose tags a call changes; most states allow it."""
        return self.find(account, arguments)

    def check_deletable(self, account: Account, arguments: Parameters) -> None:
        """Check that a call's resource can be deleted; most can."""

    def check_new(self, account: Account, arguments: Parameters) -> str:
        """Check name and Region of a new resource; return its ARN.

        Raises
        ------
        AwsError
            The name isn't valid or is taken, in the service's words.
        RequestError
            There is no such Region.
        """
        name = arguments[self.named_by[0]]
        check_region(arguments)
        if not re.fullmatch(self.pattern, name, re.ASCII):
            raise self.misnamed(name)
        arn = self.arn_of(account, arguments)
        if arn in account.resources:
            raise self.taken(arn)
        return arn

    def tags(self, arguments: Parameters, held: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return existing tags with those of a call: see :func:`more_tags`."""
        return more_tags(arguments, held or {}, self.untaggable)

    def new(self, kind: Callable[..., Made], account: Account, arguments: Parameters) -> Made:
        """Create a resource with its name and tags, after all checks."""
        return kind(account, self.check_new(account, arguments), self.tags(arguments))

    def keep(self, resource: Made, arguments: Parameters) -> Made:
        """Store a new resource, with the call's policy."""
        for name in ("Policy", "ResourcePolicy"):
            if name in arguments:
                resource.policy = resource_policy(arguments[name], resource)
        return keep(resource)

    def also(self, account: Account, arguments: Parameters) -> list[tuple[str, str]]:
        """Return the additional permission for creating a resource with a policy."""
        if not {"Policy", "ResourcePolicy"} & set(arguments):
            return []
        return [(f"{self.service}:{self.put_policy}", self.arn_of(account, arguments))]

    def does(
        self, name: str, answer: Answer | None = None, about: About | None = None, **more: Any
    ) -> Callable[[Perform], Perform]:
        """Register a function as an operation: ``"DeleteQueue"``."""
        full_name = f"{self.service}:{name}"
        own = {"refuse": self.refuse, "keys": keys_of(full_name), **more}
        return operation(full_name, about or self.arn_of, answer or answer_of(full_name), **own)

    def shared(self, *, tags: bool = True) -> None:
        """Register the operations that every service has: tag, untag and delete."""

        def tag(account: Account, arguments: Parameters) -> None:
            """Set tags."""
            found = self.find_changeable(account, arguments)
            found.tags = self.tags(arguments, found.tags)
            keep(found)

        def untag(account: Account, arguments: Parameters) -> None:
            """Remove tags; a missing key isn't an error."""
            found = self.find_changeable(account, arguments)
            _, tag_keys = signature(self.untag, self.service).required
            found.tags = without(found.tags, arguments[tag_keys])

        def delete(account: Account, arguments: Parameters) -> None:
            """Delete it."""
            self.check_deletable(account, arguments)
            if not self.forgives or self.arn_of(account, arguments) in account.resources:
                forget(self.find(account, arguments))

        for name, work in ((self.tag, tag), (self.untag, untag)) if tags else ():
            self.does(name, about=self.arn_of_tagged)(work)
        if self.delete:
            self.does(self.delete)(delete)

    def saves_policies(
        self,
        name: str,
        parameter: str,
        locked_out: Callable[[], AwsError] | None = None,
        bypass: str = "",
    ) -> None:
        """Register the operation that replaces a policy.

        Parameters
        ----------
        locked_out
            Makes the error for a policy that locks the caller out.
        bypass
            The parameter that skips this check.
        """

        def save(account: Account, arguments: Parameters, caller: Caller) -> None:
            """Replace the policy."""
            found = self.find(account, arguments)
            policy = resource_policy(arguments[parameter], found)
            if locked_out is not None and not arguments.get(bypass):
                check_not_locked_out(found, policy, caller, name, locked_out())
            found.policy = policy

        self.does(name, by_whom=True)(save)

    def deletes_policies(self, name: str, absent: Refuses | None = None, **more: Any) -> None:
        """Register the operation that deletes a policy; ``absent`` is the error without one."""

        def delete(account: Account, arguments: Parameters) -> None:
            """Delete the policy."""
            found = self.find(account, arguments)
            if found.policy is None and absent is not None:
                raise absent(found.arn)
            found.policy = None

        self.does(name, **more)(delete)


_ROWS: dict[str, dict[str, Any]] = tables(__file__)


def api_of(kind: str, made: type[Own], **more: Refuses) -> Own:
    """Make the Api of a type of resource from its row in ``apis.toml``.

    Parameters
    ----------
    more
        Errors that depend on more than the name.

    Examples
    --------
    >>> api_of("queue", Api).tag
    'TagQueue'
    """
    row: dict[str, Any] = {**_ROWS[kind]}
    errors = {name: refuses(*row.pop(name)) for name in _MADE if name in row}
    if "misfit" in row:
        where, pattern = row.pop("misfit")
        errors["misnamed"] = lambda name: misfit(name, where, pattern)
    if "refuse" in row:
        row["refuse"] = ERRORS[row["refuse"]]
    return made(**{**row, **errors, **more})


_MADE = ("absent", "taken", "misnamed", "untaggable")
"""The fields with an error about an ARN, a name or a tag."""

OWN_TAG_KEYS = frozenset({"ecr", "secretsmanager"})
"""Services with their own, older key for tags, such as ``ecr:ResourceTag``; resources of EC2 have
it in their own context."""


@dataclass(slots=True, eq=False)
class NamedResource(ResourceVerbs):
    """A resource that is named, tagged and deleted as its :class:`Api` describes."""

    api: ClassVar[Api]

    @property
    def name(self) -> str:
        """Its name in its account and Region."""
        return Arn.parse(self.arn).resource.removeprefix(self.api.place)

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its tags under the service's own key, if the service has one."""
        shows = self.service in OWN_TAG_KEYS
        return {**tag_keys(f"{self.service}:ResourceTag", self.tags)} if shows else {}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource`` and similar).

        Raises
        ------
        AwsError
            There would be more than 50, or a tag is invalid.
        """
        known = signature(self.api.tag, self.service)
        _, name = known.required
        self._do(known.name, **{name: tags if known.parameters[name] == "map" else as_tags(tags)})

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Remove tags (``UntagResource`` and similar)."""
        _, name = signature(self.api.untag, self.service).required
        self._do(self.api.untag, **{name: as_keys(tag_keys)})

    def delete(self) -> None:
        """Delete it, and its policy with it."""
        self._do(self.api.delete)

    def _do(self, operation: str, **parameters: Any) -> Any:
        """Do an operation on it, named in the form of the service's API."""
        known = signature(operation, self.service).parameters
        named = next((self._named(name) for name in self.api.named_by if name in known), {})
        return super(NamedResource, self)._do(operation, **named, **parameters)

    def _named(self, parameter: str) -> dict[str, str]:
        """Return its name and Region, or its ARN, as parameters."""
        if parameter.lower().endswith("name"):
            return {parameter: self.name, "Region": self.region}
        return {parameter: self.arn}
