"""Authentication of the client: by a token, a password, a stored token, or as a new guest."""

import getpass
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass

from chat.terminal.error_messages import reason_of
from chat.terminal.exit_codes import Exit, ExitError, SignedOut
from chat.terminal.site import Site, WelcomeReply
from chat.terminal.tokens import StoredToken, Tokens

_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class RequestedIdentity:
    """The identity that the user asked for. All fields are optional. An empty password: the client asks for it."""

    name: str | None = None
    password: str | None = None
    token: str | None = None


class TerminalIdentity:
    """Finds the token for a site. `ask` prompts the user, `ask_secretly` without echo. Both are None in a script."""

    def __init__(
        self,
        site: Site,
        requested: RequestedIdentity,
        tokens: Tokens | None = None,
        ask: Callable[[str], str] | None = None,
        ask_secretly: Callable[[str], str] | None = None,
    ):
        self.ask, self.ask_secretly = ask, ask_secretly
        self._site, self._requested = site, requested
        self._tokens = tokens or Tokens()
        self._stored: StoredToken | None = None

    def token(self) -> str:
        """Return the token. Blocks for the answers of the site and the user. Raises ExitError if there is no token."""
        if self._requested.token is not None:
            return _checked(self._requested.token)
        self._stored = self._tokens.find(self._origin, self._requested.name)
        if self._stored is not None:
            return _checked(self._stored.token)
        name = self._name()
        return self._join(name) if self._requested.password is None else self._sign_in(name)

    def token_after(self, refused: SignedOut) -> str:
        """Return a new token for an expired one. A guest joins as a new guest, a member enters the password."""
        stored, self._stored = self._stored, None
        if stored is None:
            raise refused
        self._tokens.forget(stored)
        is_guest = self._requested.password is None and stored.guest
        return self._join(stored.name) if is_guest else self._sign_in(stored.name)

    @property
    def _origin(self) -> str:
        return self._site.address.origin

    def _name(self) -> str:
        if self._requested.name is not None:
            return self._requested.name
        try:
            own = getpass.getuser()
        except (KeyError, OSError) as error:  # the operating system has no name for this user
            raise ExitError(Exit.USAGE, "Set a name with --name or CHAT_NAME.") from error
        return (self.ask(f"Your name ({own}): ").strip() if self.ask else "") or own

    def _join(self, name: str) -> str:
        """Join as a new guest, or as the guest that another terminal has just created."""
        with self._tokens.one_at_a_time():
            if stored := self._tokens.find(self._origin, name):
                return stored.token
            return self._keep(self._site.join(name))

    def _sign_in(self, name: str) -> str:
        password = self._requested.password
        if not password:
            if self.ask_secretly is None:
                sentence = f"Sign in as {name} with --password or CHAT_PASSWORD."
                raise ExitError(Exit.NOT_ADMITTED, sentence)
            password = self.ask_secretly(f"Password for {name}: ")
        return self._keep(self._site.sign_in(name, password))

    def _keep(self, welcome: WelcomeReply) -> str:
        try:
            self._tokens.keep(self._origin, welcome.you, welcome.token)
        except OSError as error:
            print(f"Couldn’t save your sign-in: {reason_of(error)}.", file=sys.stderr, flush=True)
        return _checked(welcome.token)


def _checked(token: str) -> str:
    if _TOKEN.fullmatch(token) is None:
        raise ExitError(Exit.USAGE, "That is not a valid token.")
    return token
