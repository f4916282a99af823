"""Simulated processes: real unread counts over the real database, with pages that keep what they are sent."""

import json
from collections import defaultdict

from chat.delivery.presence.unread import UnreadCounts

NOTHING = {"unread": 0, "mentions": 0}


def finished(coroutine):
    """Run a coroutine that waits for nothing, without an event loop, so that it may use the database."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as end:
            return end.value


class Database:
    """Reads at once, and counts the calls."""

    def __init__(self):
        self.reads = 0

    async def read(self, function, *arguments):
        self.reads += 1
        return function(*arguments)


class Page:
    """A page of a person that shows one room: the counts and the rooms that it knows of by slug."""

    def __init__(self, person_id, room_id):
        self.person_id, self.room_id = person_id, room_id
        self.counts, self.rooms, self.read, self.alerts = {}, {}, 0, []
        self.is_first = True

    def take(self, text):
        frame = json.loads(text)
        if frame["type"] == "alert":
            self.alerts.append((frame["room"], frame["message"]["seq"]))
            return
        if self.is_first:
            self.counts = {}
        self.is_first = False
        self.counts |= frame["unread"]
        self.rooms |= {room["slug"]: room for room in [*frame.get("joined", ()), *frame.get("changed", ())]}
        for slug in frame.get("left", ()):
            self.rooms.pop(slug, None)
            self.counts.pop(slug, None)

    @property
    def unread(self):
        return {slug: count for slug, count in self.counts.items() if count != NOTHING}


class Process:
    """The unread counts of one process, and its pages. `alerts` are those that it wanted to send."""

    def __init__(self):
        self.pages = defaultdict(list)
        self.database, self.alerts, self.frames = Database(), [], 0
        self.counts = UnreadCounts(self, self.database, self.alert)

    def open(self, person_id, room_id):
        page = Page(person_id, room_id)
        self.pages[person_id, room_id].append(page)
        self.counts.enter(person_id, room_id)
        return page

    def close(self, page):
        self.pages[page.person_id, page.room_id].remove(page)
        self.counts.leave(page.person_id, page.room_id)

    def refresh(self):
        finished(self.counts.refresh())

    def compare(self, times=1):
        for _ in range(times):
            finished(self.counts.compare())

    async def alert(self, wanted):
        self.alerts += [(*key, person) for key, people in wanted.items() for person in people]
        return []

    # ---- What the counts send

    def send_to_person(self, person_id, room_id, text):
        self.frames += 1
        for page in self.pages[person_id, room_id]:
            page.take(text)

    def send_read_position(self, person_id, room_id, position):
        for page in self.pages[person_id, room_id]:
            page.read = position[0]

    def send_membership(self, person_id, room_id, is_member):
        pass
