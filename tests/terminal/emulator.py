"""The client at a real pseudo-terminal, and a terminal in memory that interprets its output."""

import fcntl
import os
import pty
import queue
import re
import signal
import struct
import termios
import threading
import time

import pyte

from tests.fork_server import Process
from tests.site import PATIENCE_SECONDS

COLUMNS, ROWS = 100, 30


class _Screen(pyte.HistoryScreen):
    """pyte's screen, which also answers queries for the cursor position."""

    def __init__(self, answer):
        super().__init__(COLUMNS, ROWS, history=20_000)
        self.write_process_input = answer


# A process that has loaded the apps is no place for a client.
SURROUNDINGS = {"TERM": "xterm-256color", "TZ": "UTC", "DJANGO_SETTINGS_MODULE": "nowhere"}


class Terminal:
    """`python -m chat.terminal …` as a person sees it, perhaps over a slow connection. `bytes` is its whole output."""

    def __init__(self, folder, *arguments, answers_after=0.0, **environment):
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self._settings_before = termios.tcgetattr(slave)
        self._slave = os.fdopen(slave, "rb", 0)
        home = {"XDG_CONFIG_HOME": str(folder / "config"), "XDG_STATE_HOME": str(folder / "state")}
        self.process = Process(
            ["-m", "chat.terminal", *arguments],
            {**os.environ, **SURROUNDINGS, **home, **environment},
            *[self._slave] * 3,
            new_session=True,
        )
        self.bytes = b""
        self._answers: queue.SimpleQueue[tuple[float, str]] = queue.SimpleQueue()
        self._screen = _Screen(lambda answer: self._answers.put((time.monotonic() + answers_after, answer)))
        self._stream = pyte.ByteStream(self._screen)
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self):
        """Answer the queries for the cursor one after another, each after the delay of a slow connection."""
        while True:
            due, answer = self._answers.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                self.type(answer)
            except OSError:
                return

    def _read(self):
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:
                return
            with self._news:
                self.bytes += data
                self._stream.feed(data)
                self._news.notify_all()

    # ---- Input

    def type(self, text):
        os.write(self._master, text.encode() if isinstance(text, str) else text)

    def enter(self, text=""):
        self.type(text + "\r")

    def resize(self, columns):
        """Change the width of the window."""
        with self._news:
            self._screen.resize(ROWS, columns)
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, columns, 0, 0))
        self.process.send_signal(signal.SIGWINCH)

    # ---- Output

    @property
    def shown(self):
        """The lines on the screen, down to the status line."""
        return [line.rstrip() for line in self._screen.display]

    @property
    def lines(self):
        """Everything that was ever printed, with what has left the screen at the top."""
        above = ["".join(row[column].data for column in range(COLUMNS)).rstrip() for row in self._screen.history.top]
        return above + self.shown

    @property
    def must_answer(self):
        """Return whether queries for the cursor position wait for their answer."""
        return not self._answers.empty()

    @property
    def has_scrolled(self):
        return bool(self._screen.history.top)

    @property
    def prompt(self):
        """Return the text of the prompt, its lines joined, or "" while it is not drawn."""
        lines = self.shown
        starts = [number for number, line in enumerate(lines) if re.match(r"\w+>( |$)", line)]
        return "".join(lines[starts[-1] : -1]) if starts else ""

    @property
    def status(self):
        return next((line for line in reversed(self.shown) if line), "")

    def colour_of(self, text):
        """The colour in which a text on the screen begins."""
        row, column = next((row, line.index(text)) for row, line in enumerate(self._screen.display) if text in line)
        return self._screen.buffer[row][column].fg

    def until(self, condition):
        """Wait until a condition holds for the screen."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        with self._news:
            while not condition():
                is_late = not self._news.wait(deadline - time.monotonic())
                assert not is_late, "\n".join(["This is what was shown at last:", *self.shown])

    def sees(self, text):
        """Wait until a text is somewhere on the screen."""
        self.until(lambda: any(text in line for line in self.shown))

    # ---- The end

    def exit_code(self):
        return self.process.wait(PATIENCE_SECONDS)

    @property
    def is_as_before(self):
        """Return whether the terminal has its original settings again."""
        return termios.tcgetattr(self._slave) == self._settings_before

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE_SECONDS)
        self._slave.close()
