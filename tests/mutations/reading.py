"""The rules of read positions, reactions and sessions that are in use, and how each is broken."""

from tests.mutations.mutation import Mutation

POSITIONS = ("tests/socket/test_unread.py", "tests/test_unread_counts.py")
PAGE = "tests/browser/test_javascript.py"

READING = [
    Mutation(
        "A connection is not told of the read position that it moved itself",
        "chat/delivery/connection.py",
        "        elif seq > self.read_seq:\n",
        "        elif seq >= self.read_seq:\n",
        POSITIONS,
    ),
    Mutation(
        "A read position waits for the first counts of a connection",
        "chat/delivery/presence/unread.py",
        "            if pair in self._first:\n",
        "            if False:\n",
        POSITIONS,
    ),
    Mutation(
        "A position that the person moved back arrives as such",
        "chat/actions/memberships.py",
        "(*key, it.read_seq, key in self._moved_back)",
        "(*key, it.read_seq, False)",
        POSITIONS,
    ),
    Mutation(
        "A broadcast that arrives during a read is not lost",
        "chat/delivery/presence/unread.py",
        "        for event in events:\n            self._take_moves(event)\n",
        "",
        POSITIONS,
    ),
    Mutation(
        "An older read position that arrives late moves nothing back",
        "chat/delivery/presence/unread.py",
        "if is_back or position > room.positions[person.id]:",
        "if position != room.positions[person.id]:",
        POSITIONS,
    ),
    Mutation(
        "A lost read position is found by the comparison",
        "chat/delivery/presence/unread.py",
        "            self._suspects.update(self._differences(people, rows))\n",
        "",
        ("tests/fuzz/test_unread_repair.py",),
    ),
    Mutation(
        "Only readers of a room are alerted to its messages",
        "chat/delivery/presence/alerts.py",
        " and (room_id, it) not in without_access]",
        "]",
        ("tests/test_alerts.py",),
    ),
    Mutation(
        "A muted room alerts no one",
        "chat/delivery/presence/unread.py",
        "elif level != Level.NOTHING and",
        "elif",
        POSITIONS,
    ),
    Mutation(
        "Forms of one emoji are one reaction",
        "chat/parts.py",
        "people.setdefault(canonical_emoji(emoji), {})",
        "people.setdefault(emoji, {})",
        ("tests/test_reactions.py",),
    ),
    Mutation(
        "A page never waits to record the use of its session",
        "chat/db/waiting.py",
        '    driver.execute("PRAGMA busy_timeout = 0")\n',
        "",
        ("tests/profile/test_sessions.py",),
    ),
    Mutation(
        "Other writes wait again afterwards",
        "chat/db/waiting.py",
        '        driver.execute(f"PRAGMA busy_timeout = {before}")\n',
        "        pass\n",
        ("tests/profile/test_sessions.py",),
    ),
    Mutation(
        "A page never goes on as another person",
        "chat/static/chat/js/models/socket.js",
        "return this.#personId !== null && you.id !== this.#personId;",
        "return false;",
        (PAGE,),
    ),
]
