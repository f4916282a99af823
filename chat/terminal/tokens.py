"""Who one is on each site: tokens in the user's config directory, readable by nobody else."""

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
    """A person on a site, and the token that speaks for them."""

    origin: str
    person_id: int
    name: str
    guest: bool
    token: str


class Tokens:
    """One file for each person on each site, so that terminals that start at once do not overwrite each other."""

    def __init__(self, folder: Path | None = None):
        self.folder = folder or platformdirs.user_config_path(APPLICATION) / "tokens"

    def find(self, origin: str, name: str | None = None) -> StoredToken | None:
        """Who one was on a site: by that name, or whoever it was last."""
        for path in sorted(self.folder.glob(f"{_file_name(origin)}.*.json"), key=_used_at, reverse=True):
            kept = _read(path)
            if kept and kept.origin == origin and (name is None or kept.name.casefold() == name.casefold()):
                with suppress(OSError):  # of somebody else, or removed just now: it has been read
                    path.chmod(0o600)
                    os.utime(path)
                return kept
        return None

    def keep(self, origin: str, person: PersonData, token: str) -> None:
        """Remember a person for the next time. OSError where nothing can be kept."""
        kept = StoredToken(origin, person.id, person.name, person.guest, token)
        self._make_folder()
        path = self._path(kept)
        draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.tmp")
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.encode(kept))
        draft.replace(path)

    def forget(self, kept: StoredToken) -> None:
        with suppress(OSError):  # then it is refused next time too
            self._path(kept).unlink()

    @contextmanager
    def one_at_a_time(self) -> Iterator[None]:
        """No other terminal of this user is in here: of those that start at once, one makes a guest, the others are
        the same. Where nothing can be kept there is nothing to wait for."""
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

    def _path(self, kept: StoredToken) -> Path:
        return self.folder / f"{_file_name(kept.origin)}.{kept.person_id}.json"


def _file_name(origin: str) -> str:
    return quote(origin, safe="").replace("%", "_")


def _used_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # another terminal has just removed it
        return 0.0


def _read(path: Path) -> StoredToken | None:
    """None for a file that is not one of ours, or that another terminal has just removed."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=StoredToken)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
