"""Console access and programmatic access: the sign-in form, and the calls of real clients.

- The sign-in form is the console's sign-in page, and beside it a phone that shows MFA codes. Each
  attempt is made in a copy of the world, at the time of the phone. The form keeps a password only
  in memory: it is in no state, no text and no log.
- The other card lists the calls of real clients in a world, and explains one of them: the error
  that the client got, and the decision, or what was wrong before AWS made one.

Notes
-----
AWS pages: "How IAM users sign in to AWS"; "Sign in to the AWS Management Console as the root user";
"Assign a virtual MFA device in the AWS Management Console"; "Troubleshoot Signature Version 4
signing for AWS API requests"; "Common errors" of the IAM API Reference.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.display import count
from iamlab.errors import AwsError
from iamlab.model.credentials import INTERVAL, VIRTUAL, code_at, devices_of, seed_of
from iamlab.tables import tables
from iamlab.view.figures.names import short_name
from iamlab.view.style import bad, good, silent
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from iamlab.clients.gateway import ClientCall
    from iamlab.engine.decision import Decision
    from iamlab.world.credentials import RootUser
    from iamlab.world.identities import User
    from iamlab.world.world import World

NO_CALLS = "<p>No real client has called this world yet. Make one: world.boto3_session(user).</p>"
MOST = 12
"""How many calls are listed, apart from the last denied one."""
REJECTED = tables(__file__, "rejected_requests.toml")["rejected"]
"""How AWS's message begins -> what is wrong with the request; services have their own messages."""
KINDS = USER, ROOT = "IAM user", "root user"
FIELDS = "account", "name", "email", "password", "code"
SIGN_IN = "sign in"


@dataclass(frozen=True, slots=True)
class Page:
    """What is typed, without the password, and the answer to the last attempt.

    Parameters
    ----------
    kind
        Who signs in: ``"IAM user"`` or ``"root user"``.
    intervals
        How many times the phone has shown another code.
    used
        The devices whose codes were accepted, each with the number of its last one.
    answer
        What AWS answers; empty before the attempt.
    signed_in
        Whether the attempt succeeded.
    """

    kind: str = USER
    account: str = ""
    name: str = ""
    email: str = ""
    code: str = ""
    intervals: int = 0
    used: tuple[tuple[str, int], ...] = ()
    answer: str = ""
    signed_in: bool = False


class SignInForm(Instrument[Page]):
    """A page to sign in to the console, and a phone that shows the user's MFA codes.

    The world doesn't change. The controls are ``kind``, ``account`` and ``name`` or ``email``,
    ``password``, ``code``, and the buttons ``next`` (30 seconds pass) and ``sign in``.

    Parameters
    ----------
    world
        The world with the user.
    user
        The owner of the phone: an IAM user, who can also sign in as root user with it, or a root
        user.
    more
        As for every instrument.

    Examples
    --------
    >>> from iamlab.widgets import sign_in_form
    >>> from iamlab import World
    >>> ana = World(seed=7).create_account("main").create_user("ana")
    >>> ana.create_login_profile("Correct-Horse-1")
    >>> ana.create_virtual_mfa_device("ana-phone").enable()
    >>> form = sign_in_form(ana.account.world, ana)
    >>> form.set("password", "Correct-Horse-1")
    >>> form.press("sign in")
    >>> form.state.answer
    'Enter an MFA code to complete sign-in.'
    >>> form.press("next")
    >>> form.set("code", form.codes()["ana-phone"])
    >>> form.press("sign in")
    >>> form.state.signed_in
    True
    """

    title = "Sign in"
    question = "Who can sign in to the console, and with what?"

    def __init__(self, world: World, user: User | RootUser | str, **more: Any) -> None:
        owner = world.user(user) if isinstance(user, str) else user
        self._start, self._id, self._password = world.copy(), owner.account.account_id, ""
        self._name = owner.user_name if owner.named else ""
        account = self._start.accounts[self._id]
        kind, where = USER if owner.named else ROOT, account.alias or self._id
        super().__init__(Page(kind, where, self._name, account.root.email), **more)

    def world(self) -> World:
        """Return a copy of the world at the time of the phone; accepted codes stay used."""
        world = self._start.copy(at=self._now())
        records = world.accounts[self._id].mfa_records
        records |= {key: replace(records[key], used=used) for key, used in self.state.used}
        return world

    def _now(self) -> datetime:
        return self._start.clock.now + self.state.intervals * INTERVAL

    def codes(self) -> dict[str, str]:
        """Return the codes that the phone shows, by the names of its devices."""
        account, now = self._start.accounts[self._id], self._now()
        who = account.root if self.state.kind == ROOT else account.users.get(self._name)
        return {
            own.serial_number.rpartition("/")[2]: code_at(seed_of(self._start, own.number), now)
            for own in (devices_of(who) if who else ())
            if own.kind == VIRTUAL
        }

    def controls(self) -> dict[str, str]:
        """Return the page, the phone, and the answer."""
        own, shown = self.state, f"<p><strong>Phone</strong><br>{self._now():%H:%M:%S} (UTC)</p>"
        fields = parts.text_field("email", "Root user email address", own.email)
        if own.kind == USER:
            fields = parts.text_field("account", "Account ID or alias", own.account)
            fields += parts.text_field("name", "IAM user name", own.name)
        fields += parts.text_field("password", "Password", kind="password")
        fields += parts.text_field("code", "MFA code, if you have a device", own.code)
        for name, code in self.codes().items() or (("no virtual MFA device", "–"),):
            shown += f"<p>{escape(name)}<br><strong>{code[:3]} {code[3:]}</strong></p>"
        seen = good("signed in") if own.signed_in else bad("not signed in")
        answer = parts.tiles(("AWS's sign-in page", seen)) + parts.paragraph(own.answer)
        return {
            "kind": parts.segmented("kind", "Sign in as", KINDS, own.kind),
            "page": fields + parts.button(SIGN_IN, "Sign in", main=True),
            "phone": shown + parts.button("next", "30 seconds later"),
            "facts": answer if own.answer else "",
        }

    def set(self, name: str, value: Any) -> None:
        """Set a field; the password is kept in memory until who signs in is changed."""
        if name in ("password", "kind"):
            self._password = str(value) if name == "password" else ""
        super().set(name, value)

    def change(self, name: str, value: Any) -> Page:
        """Fill in a field, let time pass, or sign in."""
        own = replace(self.state, answer="", signed_in=False)
        if isinstance(value, str) and (name in FIELDS or (name == "kind" and value in KINDS)):
            return own if name == "password" else replace(own, **{name: value})  # type: ignore[arg-type]
        if name == "next":
            return replace(own, intervals=own.intervals + 1)
        if name != SIGN_IN:
            raise self.no_control(name)
        return self._attempt(own)

    def _attempt(self, own: Page) -> Page:
        world, code = self.world(), "".join(own.code.split())
        user = own.kind == USER
        who = {"account": own.account, "user": own.name} if user else {"email": own.email}
        try:
            session = world.sign_in(password=self._password, mfa_code=code or None, **who)
        except AwsError as error:
            own = replace(own, answer=error.message)
        else:
            mfa = f"aws:MultiFactorAuthPresent is {str(session.with_mfa).lower()}"
            until = f"{session.expiration:%Y-%m-%d %H:%M} (UTC)"
            answer = f"The session of {session.arn} ends at {until}. Its {mfa}."
            own = replace(own, answer=answer, signed_in=True)
        records = world.accounts[self._id].mfa_records
        used = tuple((key, record.used) for key, record in records.items() if record.used)
        return replace(own, used=used)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The number of the chosen call among those that are listed."""

    row: int = 0


class ClientCalls(Instrument[Chosen]):
    """The calls of real clients in a world, newest first, and why each had its outcome.

    Its controls are ``row``, the number of the chosen call from 0, and the button ``refresh``,
    which lists newer calls too. At first the last denied call is chosen.

    Parameters
    ----------
    world
        The world whose ``gateway`` has kept the calls.

    Examples
    --------
    >>> from iamlab.widgets import client_calls
    >>> from iamlab import World
    >>> world = World(seed=7)
    >>> ana = world.create_account("main", account_id="111111111111").create_user("ana")
    >>> key, calls = ana.create_access_key(), client_calls(world)
    >>> world.boto3_session(ana).client("iam").list_users()
    Traceback (most recent call last):
    ...
    botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling ...
    >>> calls.press("refresh")
    >>> calls.decision
    <Decision ○ implicit deny>
    """

    title = "Calls of real clients"
    question = "What did AWS answer, and why?"

    def __init__(self, world: World) -> None:
        self._world, self.calls = world, list["ClientCall"]()
        super().__init__(self.change("refresh", None))

    def change(self, name: str, value: Any) -> Chosen:  # noqa: ARG002
        """List the newest calls and the last denied one, and choose this."""
        if name != "refresh":
            raise self.no_control(name)
        every = list(reversed(self._world.gateway.calls))
        last = next((call for call in every if call.is_denied), None)
        self.calls = [call for row, call in enumerate(every) if row < MOST or call is last]
        self.offered = {"row": list(map(str, range(len(self.calls))))}
        return Chosen(next((row for row, call in enumerate(self.calls) if call is last), 0))

    @property
    def chosen(self) -> ClientCall | None:
        """The call that is explained; ``None`` if there are no calls."""
        return self.calls[self.state.row] if self.calls else None

    def decide(self) -> Decision | None:
        """Return the decision on the chosen call, if it got that far."""
        return self.chosen.decision if self.chosen else None

    def controls(self) -> dict[str, str]:
        """Return the list of calls, and what the client got for the chosen one."""
        rows = [self._row(row, call) for row, call in enumerate(self.calls)]
        text = f"{len(rows)} of {count(len(self._world.gateway.calls), 'call')}, newest first"
        return {
            "calls": parts.table(text, ("Operation", "Caller", "Status", "Code"), rows) or NO_CALLS,
            "refresh": parts.button("refresh", "List newer calls"),
            "facts": "".join(map(parts.paragraph, self._facts())),
        }

    def _row(self, row: int, call: ClientCall) -> list[str]:
        name, is_on = f"{call.service}:{call.operation}", row == self.state.row
        field = parts.radio("row", str(row), name, on=is_on)
        who = call.caller or ("anonymous" if call.decision is not None else "not verified")
        seen = (bad if call.is_denied else silent if call.code else good)(str(call.status))
        return [field, escape(short_name(who)[0]), parts.badge(seen), escape(call.code)]

    def _facts(self) -> Iterator[str]:
        """Yield what the client got, and why if no policy was the reason."""
        if (call := self.chosen) is None:
            return
        answer = f"{call.status} {call.code}: {call.message}" if call.code else "its result."
        yield f"The client got {answer}"
        if call.decision is None and call.code:
            why = (words for start, words in REJECTED.items() if call.message.startswith(start))
            yield f"{next(why, '')} The call ended before AWS looked at any policy.".lstrip()
        elif call.code and call.decision:
            yield "AWS allowed the call. It failed after that."
        elif call.is_decided_only and call.decision:
            yield "iamlab only decides about this operation: its result is empty."

    def picture(self) -> str:
        """Return the request, and the statements in the policies that apply."""
        if (found := self.decide()) is None:
            return ""
        return parts.request_facts(found) + parts.statements(found, is_open=False)

    def reveal(self, decision: Decision) -> str:
        """Return the verdict, and its explanation in words and as a figure."""
        figure = parts.fold("The decision as a figure", decision.show()._repr_html_())
        return super().reveal(decision) + figure
