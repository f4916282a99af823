"""Two people on real sockets: one sends anything, and the other must not be affected."""

import json
import uuid
from contextlib import ExitStack

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.fuzz.frames import ANY, SILENCE
from tests.site import PATIENCE_SECONDS

ANSWERS = {"ok", "error", "pong"}
# Frames that the server sends unasked.
NEWS = {"changes", "people", "typing", "rooms"}


class Line:
    """A socket to the hall after the hello. It acknowledges what it receives."""

    def __init__(self, scene, token):
        self._stack = ExitStack()
        opening = connect(
            f"ws://127.0.0.1:{scene.port}/ws/chat/hall/",
            subprotocols=["chat.v1"],
            additional_headers={"Authorization": f"Bearer {token}"},
            open_timeout=PATIENCE_SECONDS,
            max_size=None,
        )
        self.wire = self._stack.enter_context(opening)
        assert self.receive()["type"] == "hello"

    def receive(self):
        frame = json.loads(self.wire.recv(timeout=PATIENCE_SECONDS))
        if frame["type"] == "changes":
            self.send({"type": "ack", "cursor": frame["cursor"]})
        return frame

    def send(self, fields):
        self.wire.send(json.dumps(fields))

    def to_the_end(self):
        """Return the remaining frames and the code with which the server closes."""
        frames = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionClosed as closed:
            return frames, closed.rcvd and closed.rcvd.code

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.close()


class Talker(Line):
    """A client that sends one frame after the other. `posted` maps acknowledged seqs to client ids."""

    def __init__(self, scene, token):
        super().__init__(scene, token)
        self.posted = {}

    def say(self, sent):
        """Send a frame and check the answer."""
        self.wire.send(sent.frame)
        answers = self._answers()
        assert len(answers) <= 1, answers
        answer = answers[0] if answers else {"code": SILENCE}
        assert answer.get("code") in sent.codes, answer
        if answers and sent.ref != ANY:
            assert answer.get("ref") == sent.ref
        if "client_id" in answer:
            self.posted[answer["seq"]] = answer["client_id"]

    def _answers(self):
        """Return the answers that arrive before the answer to a later command on the same connection."""
        end, answers = uuid.uuid4().hex, []
        self.send({"type": "read", "seq": 0, "ref": end})
        while (frame := self.receive()).get("ref") != end:
            assert frame["type"] in ANSWERS | NEWS, frame
            answers += [frame] if frame["type"] in ANSWERS else []
        return answers


class Neighbour(Line):
    """Another client in the room. It receives each post as it was acknowledged, and nothing else."""

    def __init__(self, scene, token):
        super().__init__(scene, token)
        self._rows = {}

    def holds(self, posted):
        """Read until every acknowledged message has arrived unaltered."""
        while not self._rows.keys() >= posted.keys():
            self._take(self.receive())
        assert {seq: self._rows[seq] for seq in posted} == posted
        self.send({"type": "ping"})
        while (frame := self.receive())["type"] != "pong":
            self._take(frame)

    def _take(self, frame):
        assert frame["type"] in NEWS, frame
        self._rows |= {message["seq"]: message["client_id"] for message in frame.get("messages", ())}
