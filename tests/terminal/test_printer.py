"""The printer when its reader disappears in the middle."""

import io

import pytest

from chat.terminal.output import OutputClosed
from chat.terminal.position import Position
from chat.terminal.printer import Printer
from chat.terminal.room_session import Status
from chat.transcript.transcript import Transcript
from tests.cases import each
from tests.terminal.frames import message_data


class Pipe(io.StringIO):
    """An output that takes this many lines. Then it has no reader."""

    def __init__(self, lines):
        super().__init__()
        self._room = lines

    def flush(self):
        self._room -= 1
        if self._room < 0:
            raise BrokenPipeError


@each("as_json", [True, False])
def test_reader_that_ends_within_a_frame_has_the_position_of_its_last_line(as_json):
    pipe = Pipe(3 - as_json)  # in text, one line says which day it was
    printer = Printer(pipe, io.StringIO(), Transcript(), as_json=as_json)
    with pytest.raises(OutputClosed) as closed:
        printer.messages([message_data(seq) for seq in (5, 6, 7, 8)], Position.at_head("e.1.4", 4))
    assert closed.value.position == Position("e.1.4", 6, 6, 6)


def test_an_interruption_and_its_end_are_reported_once():
    errors = io.StringIO()
    printer = Printer(None, errors, Transcript())
    for is_online in (True, True, False, False, True, True):
        printer.status(Status(is_online, "connection\x1b lost"))
    assert errors.getvalue() == "Offline (connection lost). Reconnecting…\nBack online.\n"
