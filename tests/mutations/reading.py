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
        "self._positions.keys() & self._sent.keys():",
        "list(self._positions):",
        POSITIONS,
    ),
    Mutation(
        "A position that the person moved back arrives as such",
        "chat/actions/memberships.py",
        "key in self._moved_back) for key in keys]",
        "False) for key in keys]",
        POSITIONS,
    ),
    Mutation(
        "Forms of one emoji are one reaction",
        "chat/serializers.py",
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
