"""The outbox of one person: commands go one at a time, as from the page, and again until they are answered."""

import uuid
from collections import deque
from dataclasses import dataclass, field


@dataclass(eq=False)
class Asked:
    """A command. `answer` is the frame that ended it: `ok`, or an `error` that is a permanent refusal."""

    frame: dict
    answer: dict | None = None
    sent: int = 0
    client_id: str | None = field(init=False)

    def __post_init__(self):
        self.frame["ref"] = uuid.uuid4().hex
        self.client_id = self.frame.get("client_id")

    @property
    def is_done(self):
        return self.answer is not None and self.answer["type"] == "ok"

    @property
    def is_refused(self):
        return self.answer is not None and self.answer["type"] == "error"


class Outbox:
    """A queue of commands. `send(frame)` sends, or drops without a connection. `later(seconds, call)` is a timer."""

    def __init__(self, send, later):
        self.asked = []
        self._waiting = deque()
        self._underway = None
        self._send, self._later = send, later

    @property
    def is_empty(self):
        return self._underway is None and not self._waiting

    @property
    def ahead(self):
        """Return how many commands wait behind the unanswered one."""
        return len(self._waiting)

    def post(self, body):
        return self.ask({"type": "post", "client_id": uuid.uuid4().hex, "body": body})

    def ask(self, frame):
        asked = Asked(frame)
        self.asked.append(asked)
        self._waiting.append(asked)
        self._go_on()
        return asked

    def again(self):
        """Send again after a reconnect or a delay."""
        if self._underway is not None:
            self._underway.sent += 1
            self._send(self._underway.frame)

    def answered(self, frame):
        """Handle an `ok` or an `error` with a `ref`. Return whether it ends the command."""
        asked = self._underway
        if asked is None or frame.get("ref") != asked.frame["ref"]:
            return False
        if frame["type"] == "error" and frame.get("retry_after") is not None:
            self._later(frame["retry_after"], lambda: self.again() if self._underway is asked else None)
            return False
        asked.answer, self._underway = frame, None
        self._go_on()
        return True

    def forget_all_but(self, client_ids):
        """Forget the answers that an older backup does not have. Return the number of posts that it lacks."""
        before = len(self.asked)
        self.asked = [asked for asked in self.asked if asked.client_id in client_ids]
        return before - len(self.asked)

    def _go_on(self):
        if self._underway is None and self._waiting:
            self._underway = self._waiting.popleft()
            self.again()
