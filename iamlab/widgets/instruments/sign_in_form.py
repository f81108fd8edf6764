"""The sign-in form: the console's sign-in page, and beside it a phone that shows MFA codes.

Each attempt is made in a copy of the world, at the time of the phone. The form keeps a password
only in memory: it is in no state, no text and no log.

Notes
-----
AWS pages: "How IAM users sign in to AWS"; "Sign in to the AWS Management Console as the root user";
"Assign a virtual MFA device in the AWS Management Console".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from html import escape
from typing import TYPE_CHECKING, Any

from iamlab.errors import AwsError
from iamlab.model.credentials import INTERVAL, VIRTUAL, code_at, devices_of, seed_of
from iamlab.view.style import bad, good
from iamlab.widgets import controls as parts
from iamlab.widgets.instrument import Instrument

if TYPE_CHECKING:
    from datetime import datetime

    from iamlab.world.credentials import RootUser
    from iamlab.world.identities import User
    from iamlab.world.world import World

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
        user = {"account": own.account, "user": own.name}
        who = user if own.kind == USER else {"email": own.email}
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


sign_in_form = SignInForm
