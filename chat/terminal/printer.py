"""Print the events of a room, line by line, as text or JSON."""

import json
from typing import TextIO

import msgspec

from chat.protocol import Frame, MessageData
from chat.terminal.output import OutputClosed, say
from chat.terminal.position import Position
from chat.terminal.room_session import Status
from chat.transcript.lines import lines, one_line
from chat.transcript.transcript import Transcript, TranscriptEvent


class Printer:
    """Prints messages to `out`, if there is one, and connection changes to `errors`."""

    def __init__(
        self, out: TextIO | None, errors: TextIO, transcript: Transcript, *, as_json: bool = False, site: str = ""
    ):
        self._out, self._errors, self._transcript, self._as_json = out, errors, transcript, as_json
        self._was_lost, self._site = False, site

    def status(self, status: Status) -> None:
        if not status.is_online and not self._was_lost:
            say(self._errors, f"Offline ({one_line(status.reason)}). Reconnecting…")
        elif status.is_online and self._was_lost:
            say(self._errors, "Back online.")
        self._was_lost = not status.is_online

    def frame(self, frame: Frame) -> None:
        if not self._as_json:
            self._print_events(self._transcript.take(frame))

    def messages(self, messages: list[MessageData], position: Position) -> None:
        """Print messages that were read starting at `position`."""
        try:
            for message in messages:
                after = position.after(message)
                if not self._as_json:
                    self._print_events(self._transcript.take_messages([message]))
                elif self._out is not None:
                    say(self._out, as_json({"cursor": str(after), **msgspec.to_builtins(message)}))
                position = after
        except OutputClosed as closed:
            closed.position = position
            raise

    def _print_events(self, events: list[TranscriptEvent]) -> None:
        if self._out is not None:
            for event in events:
                say(self._out, *lines(event, site=self._site))


def as_json(fields: dict[str, object]) -> str:
    """Return one line of JSON. Characters that could drive a terminal are escaped."""
    text = json.dumps(fields, ensure_ascii=False)
    return text if text.isprintable() else "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1]
