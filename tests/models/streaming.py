"""A room as one client receives it: overlapping frames, pages older than frames, and a log that is replaced."""

import copy
from uuid import UUID

from chat import protocol
from tests.models import room as model

PEOPLE = ("ada", "bob")
TEXTS = ("one", "two", "@bob, look")
STEPS = 25


def shown(room):
    """Return all messages of a room, without the fields that no client uses."""
    return [{k: v for k, v in it.shown().items() if k not in ("client_id", "edited")} for it in room.entries.values()]


class Stream:
    """`held` is what the client must hold after each step: place to revision. `told` is what a reader of lines must
    have been told: each message once, and each change to what it says once."""

    def __init__(self, dice):
        self.dice = dice
        self.epoch, self.ids = 1, 0
        self.chat = model.Chat({"hall": model.Room("hall")})
        self.backup = copy.deepcopy(self.chat)
        self.cursor, self.held, self.bodies = 0, {}, {}
        self.page = None

    @property
    def room(self):
        return self.chat.rooms["hall"]

    def change(self):
        """Commit a transaction of a few commands, some of them refused."""
        for _ in range(self.dice.number(1, 4)):
            self.chat.do(self.dice.one_of(PEOPLE), "hall", self._command())

    def _command(self):
        seq = self.dice.number(1, len(self.room.entries) + 1)
        kind = self.dice.number(1, 10)
        if kind <= 5:
            self.ids += 1
            reply = seq if kind == 1 else None
            return protocol.Post(client_id=UUID(int=self.ids), body=self.dice.one_of(TEXTS), reply_to=reply)
        if kind <= 7:
            return protocol.Edit(seq=seq, body=self.dice.one_of(TEXTS))
        if kind == 8:
            return protocol.Delete(seq=seq)
        return protocol.React(seq=seq, emoji=self.dice.one_of(model.EMOJI), on=self.dice.says(0.7))

    # ---- The client

    def frame(self):
        """Return everything since the cursor, or, as after a lost connection, since an earlier one."""
        since = self.dice.number(0, self.cursor) if self.dice.says(0.3) else self.cursor
        messages = sorted((it for it in shown(self.room) if it["rev"] > since), key=lambda it: it["rev"])
        self.cursor = self.room.rev
        return {"do": "changes", "cursor": self.name(self.cursor), "messages": messages, **self.take(messages)}

    def begin_page(self):
        self.page = shown(self.room)
        return {"do": "ask"}

    def end_page(self):
        page, self.page = self.page, None
        return {"do": "page", "messages": page, **self.take(page)}

    def restore(self):
        """Restore an older backup under another epoch. The client loads everything again."""
        self.chat, self.epoch = copy.deepcopy(self.backup), self.epoch + 1
        self.cursor, self.held, self.bodies, self.page = self.room.rev, {}, {}, None
        messages = shown(self.room)
        return {"do": "reset", "cursor": self.name(self.cursor), "messages": messages, **self.take(messages)}

    def take(self, messages):
        said, edited, deleted = [], [], []
        for it in sorted(messages, key=lambda it: it["seq"]):
            seq = it["seq"]
            if it["rev"] <= self.held.get(seq, 0):
                continue
            if seq not in self.held:
                said.append(seq)
            elif it["deleted"]:
                deleted += [seq] if self.bodies[seq] is not None else []
            elif it["body"] != self.bodies[seq]:
                edited.append(seq)
            self.held[seq], self.bodies[seq] = it["rev"], None if it["deleted"] else it["body"]
        holds = [self.held[seq] for seq in sorted(self.held)]
        return {"said": said, "edited": edited, "deleted": deleted, "holds": holds}

    def name(self, rev):
        return f"e{self.epoch}.1.{rev}"

    def step(self):
        if self.dice.says(0.1):
            self.backup = copy.deepcopy(self.chat)
        if self.page is not None and self.dice.says(0.4):
            return self.end_page()
        if self.page is None and self.dice.says(0.2):
            return self.begin_page()
        if self.dice.says(0.05):
            return self.restore()
        self.change()
        return self.frame()


def stream(dice):
    it = Stream(dice)
    steps = [*(it.step() for _ in range(STEPS)), it.frame()]
    assert it.held == {seq: entry.rev for seq, entry in it.room.entries.items()}
    return {"steps": steps}
