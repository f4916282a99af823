"""The event log: one line per event, as a sentence in development and as JSON in production."""

import json
import logging
import random
import re
from contextvars import ContextVar
from datetime import UTC, datetime

from chat.protocol import Code

log = logging.getLogger("chat.console")
access_log = logging.getLogger("chat.access")

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Paths that are credentials: anyone who knows one can use it. The secret part is never logged.
_SECRET_PATHS = re.compile(
    r'(/accounts/+reset/+)[^/\s"]+/+[^/\s"]+|(/accounts/+verify/+|/invite/+|/mail/+stop/+|/api/+hooks/+)[^/\s"]+',
    re.IGNORECASE,
)

# The address of a private room is its name and eight random digits. The digits say which room it is.
_ROOM_NAME = re.compile(r'(/rooms/+)[^/\s"]+(-[0-9a-f]{8}(?![^/\s"]))')

# Record attributes that are written to JSON. The text of a message only reaches a development console.
FACTS = ("event", "person", "room", "seq", "here", "code", "detail", "method", "path", "status", "seconds")

# Codes of temporary refusals. Their cause is logged once, elsewhere, so each refusal is only logged as information.
NOT_NOW = (Code.BUSY, Code.UNAVAILABLE)

# The ids of the HTTP request and the socket that the current code works for. Each log line carries them.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
connection_id: ContextVar[str | None] = ContextVar("connection_id", default=None)
_IDS = {"request": request_id, "connection": connection_id}


def connected(connection: str, person: str, room: str, here: int) -> None:
    log.info("%s joined %s (%d here)", person, room, here, extra=_facts("connect", connection, person, room, here=here))


def posted(connection: str, person: str, room: str, seq: int, body: str) -> None:
    text = _line(body) if not room.startswith("#") else "…"  # not that of a private room
    log.info("%s in %s: %s", person, room, text, extra=_facts("message", connection, person, room, seq=seq))


def disconnected(connection: str, person: str, room: str, here: int) -> None:
    log.info("%s left %s (%d here)", person, room, here, extra=_facts("leave", connection, person, room, here=here))


def refused(connection: str, person: str, room: str, code: str, detail: str) -> None:
    log.log(
        logging.INFO if code in NOT_NOW else logging.WARNING,
        "%s in %s was refused: %s (%s)",
        person,
        room,
        detail,
        code,
        extra=_facts("error", connection, person, room, code=code, detail=detail),
    )


def request_finished(method: str, path: str, status: int | None, seconds: float, *, quiet: bool) -> None:
    """Log an HTTP request. `path` has no query. Without a `status` the client disconnected before the answer."""
    facts = {"event": "request", "method": method, "path": path, "status": status, "seconds": round(seconds, 4)}
    level = logging.DEBUG if quiet else logging.INFO
    access_log.log(level, "%s %s %s in %.3f s", method, path, status or "-", seconds, extra=facts)


def room_label(room_id: int, slug: str, visibility: str) -> str:
    """Return how log lines refer to a room: by its slug, or by its id if the slug tells the name of a private room."""
    return slug if visibility == "public" else f"#{room_id}"


def without_secrets(line: str) -> str:
    """Return a log line without the secrets and the names of private rooms that are in its paths."""
    return _ROOM_NAME.sub(r"\1…\2", _SECRET_PATHS.sub(lambda found: f"{found[1] or found[2]}…", line))


def without_room_name(slug: str) -> str:
    """Return what a log may tell of a slug that someone sent: only its random part, if it has one."""
    return _ROOM_NAME.sub(r"…\2", f"/rooms/{slug}").removeprefix("/rooms/")


def new_id() -> str:
    """Return an id for a socket or a request. It is unique enough within a day's log, and may be guessed."""
    return f"{random.getrandbits(32):08x}"


def _facts(event: str, connection: str, person: str, room: str, **more: object) -> dict[str, object]:
    return {"event": event, "connection": connection, "person": person, "room": room, **more}


def _line(body: str) -> str:
    """Return a message's body as one short line for a console."""
    line = body.replace("\n", " ⏎ ")
    return line if len(line) <= 200 else line[:199] + "…"


class ConsoleFormatter(logging.Formatter):
    """Formats a record for a terminal: the time and a sentence."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """Escape control characters: a message or a path must not control the terminal or look like another line."""
        line = without_secrets(super().formatMessage(record))
        return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", line)


class JsonFormatter(logging.Formatter):
    """Formats a record as one line of JSON for a log collector. An event has its facts, never the text of a message."""

    def format(self, record: logging.LogRecord) -> str:
        origin = {"time": _utc(record.created), "level": record.levelname, "logger": record.name}
        line = origin | {"worker": record.process} | _ids(record) | _content(record)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, default=str))


def _ids(record: logging.LogRecord) -> dict[str, object]:
    """Return the ids of the request and the socket: those in the record, or else those of the current context.

    Code that works for many sockets sets them in the record. Django's `request` attribute is an object and is skipped.
    """
    own = {name: value for name in _IDS if isinstance(value := getattr(record, name, None), str)}
    return {name: value for name, var in _IDS.items() if (value := own.get(name) or var.get())}


def _content(record: logging.LogRecord) -> dict[str, object]:
    if not hasattr(record, "event"):
        return {"message": record.getMessage()}
    return {name: value for name in FACTS if (value := getattr(record, name, None)) is not None}


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
