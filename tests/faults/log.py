"""The messages that one client holds of a room, and the anomalies on arrival."""

from typing import NamedTuple


class Row(NamedTuple):
    """A message as everyone should see it. `reactions` are (emoji, person id), sorted."""

    seq: int
    rev: int
    client_id: str
    author: int | None
    body: str
    deleted: bool
    reactions: tuple


def row_of(message):
    """A message of the wire."""
    author = message["author"]["id"] if message["author"] else None
    reactions = sorted((it["emoji"], person) for it in message["reactions"] for person in it["people"])
    client_id = message["client_id"].replace("-", "")
    return Row(message["seq"], message["rev"], client_id, author, message["body"], message["deleted"], tuple(reactions))


class Log:
    """The rules of docs/protocol.md for a client, and no more: the newest state of each place counts.

    What the rules forgive is counted all the same: `doubled`, a state that was held already; `misordered`, a revision
    that came on one line after a higher one.
    """

    def __init__(self):
        self._rows = {}
        self.doubled = self.misordered = 0
        self._last_rev = 0

    def new_line(self):
        self._last_rev = 0

    def forget(self):
        self._rows.clear()
        self._last_rev = 0

    def take(self, messages):
        for row in map(row_of, messages):
            held = self._rows.get(row.seq)
            self.doubled += held is not None and held.rev == row.rev
            self.misordered += row.rev < self._last_rev
            self._last_rev = max(self._last_rev, row.rev)
            if held is None or held.rev < row.rev:
                self._rows[row.seq] = row

    def load(self, messages):
        """A page of history, read beside the line."""
        for row in map(row_of, messages):
            if row.seq not in self._rows or self._rows[row.seq].rev < row.rev:
                self._rows[row.seq] = row

    def __len__(self):
        return len(self._rows)

    def rows(self):
        return [self._rows[seq] for seq in sorted(self._rows)]

    def holds(self, rows):
        """Return whether the log holds exactly these rows."""
        return len(rows) == len(self._rows) and all(self._rows.get(row.seq) == row for row in rows)
