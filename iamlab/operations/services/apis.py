"""How a service's API speaks of a kind of resource, as one table each.

A resource has a name in an ARN, is found by it, tagged and deleted: an :class:`Api` says by which
operations and parameters, and with which errors the service refuses. The entries that all services
have are made of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from iamlab.authorization.context_keys import DEFAULT_REGION, tag_keys
from iamlab.errors import AccessDenied
from iamlab.operations.api_models import signature
from iamlab.operations.authorization_needs import tags_of
from iamlab.operations.parameters import as_keys, as_tags
from iamlab.operations.registry import nothing, operation
from iamlab.operations.resource_policies import resource_policy
from iamlab.operations.services.common import ResourceVerbs, check_region, forget, keep, more_tags
from iamlab.policy.arn import Arn, is_arn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iamlab.authorization.principal import Caller
    from iamlab.engine.request import ContextValue
    from iamlab.errors import AwsError
    from iamlab.model.account import Account
    from iamlab.operations.registry import Answer, Pairs, Parameters, Perform, Refuse
    from iamlab.policy.document import Policy

    Refuses = Callable[[str], AwsError]
    Check = Callable[[Any, Policy, Parameters, Caller], None]

_PARTS = 3


@dataclass(frozen=True, slots=True)
class Api:
    """How a service's API speaks of one kind of resource.

    Parameters
    ----------
    service
        Its prefix.
    kinds
        What its resources are called here; the first is what is made.
    place
        What stands before the name in an ARN: ``"table/"``.
    named_by
        The parameter that names one when it is made; after it those that name one that is there.
    pattern
        What a name must look like.
    misnamed
        The error for a name that cannot be.
    absent, taken
        The errors for an ARN that nothing has, and for one that something has already.
    untaggable
        The error for tags that cannot be; the sentence it is given is not AWS's.
    tag, untag, delete
        The operations.
    put_policy
        The action that is needed besides to make one with a policy; empty: none.
    forgives
        Whether it is no mistake to delete what is not there.
    refuse
        What is answered to a caller who may not.
    """

    service: str
    kinds: tuple[str, ...]
    place: str
    named_by: tuple[str, ...]
    pattern: str
    misnamed: Refuses
    absent: Refuses
    taken: Refuses
    untaggable: Refuses
    tag: str
    untag: str
    delete: str
    put_policy: str = ""
    forgives: bool = False
    refuse: Refuse = AccessDenied

    def arn(self, account: Account, name: str, region: str = DEFAULT_REGION) -> str:
        """Write the ARN of one."""
        start = f"arn:{account.partition}:{self.service}:{region}:{account.account_id}"
        return f"{start}:{self.place}{name}"

    def arn_of(self, account: Account, given: Parameters) -> str:
        """Give the ARN of the one that a call is about; of one that is to be made, as it will be.

        It may be named by its ARN, its URL or its name.
        """
        text = next((given[name] for name in self.named_by if name in given), "")
        if is_arn(text):
            return str(text)
        region = given.get("Region", DEFAULT_REGION)
        if text.startswith("https://"):
            return self._of_url(account, text, region)
        return self.arn(account, text, region)

    def _of_url(self, account: Account, url: str, region: str) -> str:
        host, _, path = url.removeprefix("https://").partition("/")
        owner, _, name = path.partition("/")
        region = host.split(".")[1] if host.count(".") >= _PARTS else region
        return self.arn(account, name, region).replace(f":{account.account_id}:", f":{owner}:", 1)

    def parameters(self, name: str) -> tuple[str, ...]:
        """Give the parameters that an operation must have: which resource, and perhaps what."""
        return signature(name, self.service).required

    def find(self, account: Account, given: Parameters) -> Any:
        """Find the one that a call is about.

        Raises
        ------
        AwsError
            There is none, in the service's words.
        """
        arn = self.arn_of(account, given)
        found = account.resources.get(arn)
        if found is None or found.kind not in self.kinds:
            raise self.absent(arn)
        return found

    def check_deletable(self, account: Account, given: Parameters) -> None:
        """Check that the one that a call is about can be deleted at all; most can."""

    def check_new(self, account: Account, given: Parameters) -> str:
        """Check name and Region of one that is to be made; give its ARN.

        Raises
        ------
        AwsError
            It cannot be called that, or there is one of that name, in the service's words.
        RequestError
            There is no such Region.
        """
        name = given[self.named_by[0]]
        check_region(given)
        if not re.fullmatch(self.pattern, name, re.ASCII):
            raise self.misnamed(name)
        arn = self.arn_of(account, given)
        if arn in account.resources:
            raise self.taken(arn)
        return arn

    def tags(self, given: Parameters, held: Mapping[str, str] | None = None) -> dict[str, str]:
        """Put the tags that a call sends to those that are there.

        Raises
        ------
        AwsError
            One of them cannot be, or there would be too many, in the service's code.
        """
        return more_tags(given, held or {}, self.untaggable)

    def also(self, account: Account, given: Parameters) -> list[tuple[str, str]]:
        """Give what else is needed to make one: with tags, to tag it; with a policy, to set it."""
        arn = self.arn_of(account, given)
        actions = [self.tag] if tags_of(given) else []
        if self.put_policy and ("Policy" in given or "ResourcePolicy" in given):
            actions.append(self.put_policy)
        return [(f"{self.service}:{action}", arn) for action in actions]

    def makes(
        self, name: str, answer: Answer, *, also: Pairs | None = None, **more: Any
    ) -> Callable[[Perform], Perform]:
        """Make a function the entry of the operation that makes one."""
        return self.does(name, answer, also=also or self.also, **more)

    def does(
        self, name: str, answer: Answer = nothing, **more: Any
    ) -> Callable[[Perform], Perform]:
        """Make a function the entry of an operation on one: ``"DeleteQueue"``."""
        more.setdefault("refuse", self.refuse)
        return operation(f"{self.service}:{name}", self.arn_of, answer, **more)

    def shared(self) -> None:
        """Make the entries that every service has: to tag one, to untag it, to delete it."""

        def tag(account: Account, given: Parameters) -> None:
            """Set tags."""
            found = self.find(account, given)
            found.tags = self.tags(given, found.tags)
            keep(account, found)

        def untag(account: Account, given: Parameters) -> None:
            """Take tags away; a key that is not there is no mistake."""
            found, gone = self.find(account, given), given[self.parameters(self.untag)[1]]
            found.tags = {key: value for key, value in found.tags.items() if key not in gone}
            account.changed()

        def delete(account: Account, given: Parameters) -> None:
            """Delete it."""
            self.check_deletable(account, given)
            if not self.forgives or self.arn_of(account, given) in account.resources:
                forget(account, self.find(account, given))

        self.does(self.tag)(tag)
        self.does(self.untag)(untag)
        self.does(self.delete)(delete)

    def saves_policies(
        self, name: str, parameter: str, check: Check | None = None, **more: Any
    ) -> None:
        """Make the entry that replaces a policy: what ``check`` does not refuse is saved."""

        def save(account: Account, given: Parameters, caller: Caller) -> None:
            """Replace the policy."""
            found = self.find(account, given)
            policy = resource_policy(given[parameter], found, self.service)
            if check is not None:
                check(found, policy, given, caller)
            found.policy = policy
            account.changed()

        self.does(name, by_whom=True, **more)(save)

    def deletes_policies(self, name: str, absent: Refuses | None = None) -> None:
        """Make the entry that takes a policy away; ``absent`` is the error if there is none."""

        def delete(account: Account, given: Parameters) -> None:
            """Take the policy away."""
            found = self.find(account, given)
            if found.policy is None and absent is not None:
                raise absent(found.arn)
            found.policy = None
            account.changed()

        self.does(name)(delete)


OWN_TAG_KEYS = frozenset({"ecr", "secretsmanager"})
"""Services whose policies can ask for ``ecr:ResourceTag`` and its like, the older key; EC2's things
say so themselves."""


@dataclass(slots=True, eq=False)
class NamedResource(ResourceVerbs):
    """A resource whose service names, tags and deletes it as its :class:`Api` says."""

    api: ClassVar[Api]

    @property
    def name(self) -> str:
        """What it is called in its account and Region."""
        return Arn.parse(self.arn).resource.removeprefix(self.api.place)

    @property
    def context(self) -> dict[str, ContextValue]:
        """Its tags under the service's own key too, where the service has one."""
        shows = self.service in OWN_TAG_KEYS
        return {**tag_keys(f"{self.service}:ResourceTag", self.tags)} if shows else {}

    def tag(self, tags: Mapping[str, str]) -> None:
        """Set tags (``TagResource`` and its like).

        Raises
        ------
        AwsError
            There would be more than 50, or one of them cannot be.
        """
        known = signature(self.api.tag, self.service)
        which, name = known.required
        sent = tags if known.parameters[name] == "map" else as_tags(tags)
        self._do(known.name, **self._as(which), **{name: sent})

    def untag(self, tag_keys: Iterable[str]) -> None:
        """Take tags away (``UntagResource`` and its like)."""
        which, name = self.api.parameters(self.api.untag)
        self._do(self.api.untag, **self._as(which), **{name: as_keys(tag_keys)})

    def delete(self) -> None:
        """Delete it, and its policy with it."""
        self._do(self.api.delete, **self._as(self.api.parameters(self.api.delete)[0]))

    def _as(self, parameter: str) -> dict[str, str]:
        """Say which one it is: by its name, or by its ARN."""
        if parameter == self.api.named_by[0]:
            return {parameter: self.name, "Region": self.region}
        return {parameter: self.arn}
