"""What the server says while it runs: one line per event, to be read in development, structured in production."""

import json
import logging
import re
from datetime import UTC, datetime

log = logging.getLogger("chat.console")

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")

# Record attributes that are facts about an event; `body` only ever reaches a development console.
FACTS = ("event", "connection", "person", "room", "seq", "here", "code", "detail")


def came_in(connection: str, person: str, room: str, here: int) -> None:
    log.info(
        "%s came into %s (%d here)", person, room, here, extra=_facts("connect", connection, person, room, here=here)
    )


def wrote(connection: str, person: str, room: str, seq: int, body: str) -> None:
    log.info("%s in %s: %s", person, room, _line(body), extra=_facts("message", connection, person, room, seq=seq))


def left(connection: str, person: str, room: str, here: int) -> None:
    log.info("%s left %s (%d here)", person, room, here, extra=_facts("leave", connection, person, room, here=here))


def refused(connection: str, person: str, room: str, code: str, detail: str) -> None:
    log.warning(
        "%s in %s was refused: %s (%s)",
        person,
        room,
        detail,
        code,
        extra=_facts("error", connection, person, room, code=code, detail=detail),
    )


def _facts(event: str, connection: str, person: str, room: str, **more: object) -> dict[str, object]:
    return {"event": event, "connection": connection, "person": person, "room": room, **more}


def _line(body: str) -> str:
    """A body on one line of a console, shortened."""
    line = body.replace("\n", " ⏎ ")
    return line if len(line) <= 200 else line[:199] + "…"


class Readable(logging.Formatter):
    """For a person at a terminal: the time and a sentence."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """What others wrote, or the address they asked for, cannot drive the terminal or pass for another line."""
        return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", super().formatMessage(record))


class Structured(logging.Formatter):
    """For a log collector: one JSON object a line. An event is told by its facts, never by what somebody wrote."""

    def format(self, record: logging.LogRecord) -> str:
        facts = {name: value for name in FACTS if (value := getattr(record, name, None)) is not None}
        line = {"time": _utc(record.created), "level": record.levelname, "logger": record.name}
        line |= facts or {"message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def _utc(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
