"""The world: accounts, a clock, and the questions that can be asked of them.

*The world gathers, the engine decides.* For each question it fills the request's context and
collects the policies that apply, each with the way it came; then it asks ``evaluate``.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain, product
from typing import TYPE_CHECKING, Any

from iamlab.engine.evaluate import evaluate
from iamlab.engine.request import ContextValue, Request
from iamlab.errors import (
    EntityAlreadyExists,
    NoSuchEntity,
    RequestError,
    ValidationError,
    did_you_mean,
)
from iamlab.world import access
from iamlab.world.account import Account
from iamlab.world.clock import AnyClock, Clock
from iamlab.world.context import of_moment
from iamlab.world.gather import Caller, Gathered, gather
from iamlab.world.ids import Ids
from iamlab.world.presented import Credential
from iamlab.world.quotas import is_account_id
from iamlab.world.sts import Sts
from iamlab.world.using import use

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from iamlab.engine.decision import Decision
    from iamlab.engine.matrix import AccessMatrix
    from iamlab.policy.document import Policy
    from iamlab.world.events import Event
    from iamlab.world.identities import Group, Role, User
    from iamlab.world.services.s3 import Bucket
    from iamlab.world.signin import ConsoleSession


class World:
    """A world of its own: its accounts, its time, its ids. Two worlds never know of each other.

    Parameters
    ----------
    seed
        The same seed and the same calls give the same world, ids included.
    clock
        One that is advanced by hand, if nothing is said; a :class:`~iamlab.world.clock.RealClock`
        goes with the computer's.

    Examples
    --------
    >>> world = World(seed=7)
    >>> main = world.create_account("acme-main", account_id="111111111111")
    >>> alice = main.create_user("alice")
    >>> print(world.can(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"))
    ○ implicit deny
    >>> alice.attach_policy("AmazonS3ReadOnlyAccess")
    >>> print(world.can(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits"))
    ✓ allowed by AmazonS3ReadOnlyAccess/#1
    """

    def __init__(self, seed: int = 0, *, clock: AnyClock | None = None) -> None:
        self.seed = seed
        self.clock: AnyClock = Clock() if clock is None else clock
        self.ids = Ids(seed)
        self.accounts: dict[str, Account] = {}  # by account id
        self.resource_policies: dict[str, Policy] = {}  # by ARN, given from outside
        self.warnings: list[str] = []  # what a loaded file left open
        self.loaded = False
        self.events: list[Event] = []
        self.revision = 0
        self._gathered: dict[str, Gathered] = {}

    @classmethod
    def from_account_details(
        cls,
        *exports: str | Path | Mapping[str, object] | list[Mapping[str, object]],
        resource_policies: Mapping[str, str | Mapping[str, object]] | None = None,
    ) -> World:
        """Read the output of ``aws iam get-account-authorization-details``.

        Parameters
        ----------
        exports
            Each a path, a ``dict``, or a list of pages; of one account or of several.
        resource_policies
            Policies of resources by ARN: such a file holds none.

        Raises
        ------
        LoadError
            A file that is not such an output, or is cut off; with the place.
        """
        from iamlab.world.loaders import load_account_details

        return load_account_details(cls(), exports, resource_policies or {})

    def create_account(self, name: str, *, account_id: str | None = None) -> Account:
        """Add an account.

        Parameters
        ----------
        name
            What it is called here.
        account_id
            12 digits; without it, one is made from the seed.

        Raises
        ------
        EntityAlreadyExists
            The id is taken.
        ValidationError
            The id is not of 12 digits.
        """
        number = self.ids.account_id() if account_id is None else account_id
        if not is_account_id(number):
            raise ValidationError(f"Account id {number!r} is not of 12 digits.")
        if number in self.accounts:
            raise EntityAlreadyExists(f"Account with id {number} already exists.")
        account = Account(self, name, number)
        self.accounts[account.account_id] = account
        self.changed()
        return account

    def __getstate__(self) -> dict[str, Any]:  # what was gathered can be gathered again
        return {**self.__dict__, "_gathered": {}}

    def changed(self) -> None:
        """Forget what was gathered: something is different now."""
        self.revision += 1
        self._gathered.clear()

    def copy(self) -> World:
        """Copy the world: change the copy, and this one stays as it is."""
        twin = World(self.seed, clock=self.clock.copy())
        twin.ids = Ids(self.seed, self.ids.made, self.ids.events)
        twin.events = list(self.events)
        twin.accounts = {key: account.copy(twin) for key, account in self.accounts.items()}
        twin.resource_policies = dict(self.resource_policies)
        twin.warnings = list(self.warnings)
        twin.loaded = self.loaded
        return twin

    def account(self, name_or_id: str) -> Account:
        """Find an account by name or id.

        Raises
        ------
        NoSuchEntity
            There is none.
        """
        _check_texts(name_or_id=name_or_id)
        for account in self.accounts.values():
            if name_or_id in (account.name, account.account_id):
                return account
        error = NoSuchEntity(f"The account {name_or_id} cannot be found.")
        error.add_note(did_you_mean(name_or_id, (a.name for a in self.accounts.values())))
        raise error

    def user(self, name: str) -> User:
        """Find a user by name, in whichever account it is."""
        return self._named(name, "user")  # type: ignore[return-value]

    def group(self, name: str) -> Group:
        """Find a group by name, in whichever account it is."""
        return self._named(name, "group")  # type: ignore[return-value]

    def role(self, name: str) -> Role:
        """Find a role by name, in whichever account it is."""
        return self._named(name, "role")  # type: ignore[return-value]

    def bucket(self, name: str) -> Bucket:
        """Find a bucket by name."""
        return self._named(name, "bucket")  # type: ignore[return-value]

    def _named(self, name: str, kind: str) -> object:
        _check_texts(name=name)
        held = [getattr(account, f"{kind}s") for account in self.accounts.values()]
        found = [things[name] for things in held if name in things]
        if len(found) > 1:
            where = f"world.account(...).get_{kind}({name!r})"
            raise RequestError(f"Several accounts have a {kind} {name}: use {where}.")
        if not found:
            error = NoSuchEntity(f"The {kind} with name {name} cannot be found.")
            error.add_note(did_you_mean(name, chain.from_iterable(held)))
            raise error
        return found[0]

    def gather(self, caller: Caller) -> Gathered:
        """Collect what is known of a caller: policies, context. Remembered until a change."""
        if isinstance(caller, Credential):
            presented = caller.present(self)
            return self.gather(presented.arn).showing(presented)
        key = caller if isinstance(caller, str) else getattr(caller, "arn", "")
        if not key:
            return gather(self, caller)  # which refuses it
        if key not in self._gathered:
            self._gathered[key] = gather(self, key)
        return self._gathered[key]

    def can(
        self,
        caller: Caller,
        action: str,
        resource: str,
        *,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Decision:
        """Ask whether somebody may do something.

        Parameters
        ----------
        caller
            A user, a role ("some session of it"), an ARN of these, of a role session or of a root
            user, a service's name, or ``ANONYMOUS``.
        action, resource
            As in ``Request``.
        context
            Condition keys that the world does not know by itself, or knows otherwise.

        Returns
        -------
        Decision
            True when allowed.

        Raises
        ------
        NoSuchEntity
            The caller, or its account, is not in this world.
        RequestError
            The caller is none: a group, say.
        """
        _check_texts(action=action, resource=resource)
        known = self.gather(caller)
        found = access.facts_of(self, resource, action, known.account_id)
        filled = {**known.context(), **of_moment(self.clock.now, resource, found.account_id)}
        request = Request(
            known.arn,
            action,
            resource,
            resource_account=found.account_id,
            context=_over(filled, context or {}),
            issuer=known.issuer,
        )
        decision = evaluate(request, known.layers(found.policy))
        return decision.assuming((*known.assumed, *found.assumed))

    @property
    def sts(self) -> Sts:
        """The Security Token Service: temporary credentials."""
        return Sts(self)

    def sign_in(self, **given: Any) -> ConsoleSession:
        """Sign in to the console: see ``iamlab.world.signin.sign_in`` for what can be given.

        Examples
        --------
        >>> world = World(seed=7)
        >>> ana = world.create_account("main").create_user("ana")
        >>> ana.create_login_profile("Correct-Horse-1")
        >>> world.sign_in(account="main", user="ana", password="Correct-Horse-1").with_mfa
        False
        """
        from iamlab.world.signin import sign_in

        return sign_in(self, **given)

    def do(
        self,
        caller: Caller,
        action: str,
        resource: str,
        *,
        context: Mapping[str, ContextValue] | None = None,
    ) -> Decision:
        """Use an action that this world has no model of: it is asked, noted, and refused or not.

        Raises
        ------
        AccessDenied
            The caller may not; with the decision, and in AWS's words.

        Examples
        --------
        >>> from iamlab.errors import AccessDenied
        >>> world = World(seed=7)
        >>> alice = world.create_account("main").create_user("alice")
        >>> try:
        ...     world.do(alice, "s3:GetObject", "arn:aws:s3:::star-maps/m31.fits")
        ... except AccessDenied as error:
        ...     print(error.code, world.events[-1].event_name)
        AccessDenied GetObject
        """
        return use(self, caller, action, resource, context)

    def who_can(
        self,
        action: str,
        resource: str,
        *,
        context: Mapping[str, ContextValue] | None = None,
    ) -> dict[str, Decision]:
        """Ask who may do something: ARNs of users, roles and root users, each with its decision."""
        return access.who_can(self, action, resource, context)

    def access(
        self,
        actions: Iterable[str],
        resources: Iterable[str],
        callers: Iterable[Caller] | None = None,
    ) -> AccessMatrix:
        """Ask for many callers, actions and resources at once.

        Parameters
        ----------
        actions, resources
            Every action is asked on every resource.
        callers
            Default: every user, role and root user of the world.

        Returns
        -------
        AccessMatrix
            Each cell is what ``can`` says.

        Examples
        --------
        >>> from iamlab.teach.scenarios import MAP, scenario
        >>> world = scenario("groups")
        >>> matrix = world.access(["s3:GetObject", "s3:PutObject"], [MAP], [world.user("alice")])
        >>> matrix.allowed(0, 0), matrix.allowed(0, 1)
        (True, False)
        """
        pairs = list(product(actions, resources))
        for action, resource in pairs:
            _check_texts(action=action, resource=resource)
        who = access.everybody(self) if callers is None else list(callers)
        return access.matrix(self, who, pairs)

    def diff(self, before: World) -> tuple[str, ...]:
        """List what is different from another world: one sentence for each edit."""
        return access.diff(before, self)

    def _repr_html_(self) -> str:
        from iamlab import display

        return display.html(self)

    def __repr__(self) -> str:
        inside = ", ".join(
            f"{account.name} ({len(account.users)} users, {len(account.groups)} groups, "
            f"{len(account.roles)} roles)"
            for account in self.accounts.values()
        )
        return f"<World {inside or 'without accounts'}>"


def _check_texts(**given: object) -> None:
    for name, text in given.items():
        if not isinstance(text, str):
            raise RequestError(f"{name} must be text, and is {text!r}.")


def _check_context(given: object) -> None:
    if not (isinstance(given, Mapping) and all(isinstance(key, str) for key in given)):
        raise RequestError(f"context is a dict of condition keys and values, not {given!r}.")


def _over(
    known: Mapping[str, ContextValue], given: Mapping[str, ContextValue]
) -> dict[str, ContextValue]:
    """Lay what is given over what is known; the letter case of keys does not count."""
    _check_context(given)
    lower = {key.lower() for key in given}
    return {**{key: value for key, value in known.items() if key.lower() not in lower}, **given}
