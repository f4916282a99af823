"""Stored tokens, one file per site and person in the user's config directory, readable only by the user."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import msgspec
import platformdirs

from chat.protocol import PersonData

APPLICATION = "chatsite"


class StoredToken(msgspec.Struct, frozen=True):
    """A person on a site, and their token."""

    origin: str
    person_id: int
    name: str
    guest: bool
    token: str


class Tokens:
    """The token files: one per person and site, so that terminals that start together overwrite nothing."""

    def __init__(self, folder: Path | None = None):
        self.folder = folder or platformdirs.user_config_path(APPLICATION) / "tokens"

    def find(self, origin: str, name: str | None = None) -> StoredToken | None:
        """Return the stored token for a name, or the most recently used one."""
        for path in sorted(self.folder.glob(f"{_file_name(origin)}.*.json"), key=_used_at, reverse=True):
            stored = _read(path)
            if stored and stored.origin == origin and (name is None or stored.name.casefold() == name.casefold()):
                with suppress(OSError):  # another user's, or just removed
                    path.chmod(0o600)
                    os.utime(path)
                return stored
        return None

    def keep(self, origin: str, person: PersonData, token: str) -> None:
        """Store the token of a person. Raises OSError if the folder cannot be written."""
        stored = StoredToken(origin, person.id, person.name, person.guest, token)
        self._make_folder()
        path = self._path(stored)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.encode(stored))
        draft.replace(path)

    def forget(self, stored: StoredToken) -> None:
        with suppress(OSError):  # the site refuses the token next time as well
            self._path(stored).unlink()

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """Lock the folder for this terminal.

        Of several terminals that start together, one creates a guest and the others use the same guest. Without a
        writable folder there is no lock.
        """
        with suppress(OSError):
            self._make_folder()
        try:
            lock = os.open(self.folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        except OSError:
            yield
            return
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _path(self, stored: StoredToken) -> Path:
        return self.folder / f"{_file_name(stored.origin)}.{stored.person_id}.json"


def _file_name(origin: str) -> str:
    return quote(origin, safe="").replace("%", "_")


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another terminal has just removed it
        return 0.0


def _read(path: Path) -> StoredToken | None:
    """Read a token file. Return None if it is not a valid one or was just removed."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=StoredToken)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
