"""The database from outside: read the room's rows without the site's code, and break the database."""

import sqlite3
import subprocess
from collections import defaultdict
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.faults.log import Row

ROWS = """
    SELECT message.seq, message.rev, message.client_id, message.author_id, message.body, message.deleted_at IS NOT NULL
    FROM chat_message AS message JOIN chat_room AS room ON room.id = message.room_id
    WHERE room.slug = {} ORDER BY message.seq
"""
REACTIONS = """
    SELECT message.seq, reaction.emoji, reaction.person_id
    FROM chat_reaction AS reaction JOIN chat_message AS message ON message.id = reaction.message_id
    JOIN chat_room AS room ON room.id = message.room_id WHERE room.slug = {} AND message.deleted_at IS NULL
"""


class Database:
    """`address` is as in DATABASE_URL. `rows` may be called from any thread."""

    mark = "?"
    messages = "chat_message"

    def __init__(self, address):
        self.address = address

    def rows(self, room):
        """Return the room in order, as every client should hold it."""
        reactions = defaultdict(list)
        with closing(self.connect()) as connection:
            for seq, emoji, person in connection.execute(REACTIONS.format(self.mark), (room,)):
                reactions[seq].append((emoji, person))
            found = connection.execute(ROWS.format(self.mark), (room,)).fetchall()
        return [self._row(*row, tuple(sorted(reactions[row[0]]))) for row in found]

    def ask(self, query, *arguments):
        with closing(self.connect()) as connection:
            return connection.execute(query, arguments).fetchall()

    def execute(self, *statements):
        with closing(self.connect()) as connection:
            for statement in statements:
                connection.execute(statement)

    def _row(self, seq, rev, client_id, author, body, deleted, reactions):
        client_id = str(client_id).replace("-", "")
        return Row(seq, rev, client_id, author, "" if deleted else body, bool(deleted), reactions)


class Sqlite(Database):
    @property
    def path(self):
        return Path(urlsplit(self.address).path)

    def connect(self):
        return sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)

    @contextmanager
    def locked(self):
        """Block all other writers meanwhile."""
        with closing(self.connect()) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            yield
            connection.execute("ROLLBACK")

    def restore(self, backup):
        """Restore as docs/operations.md says, with no worker running. Return the new address."""
        for leftover in (self.path, Path(f"{self.path}-wal"), Path(f"{self.path}-shm")):
            leftover.unlink(missing_ok=True)
        Path(backup).rename(self.path)
        return self.address


class Postgresql(Database):
    mark = "%s"

    def __init__(self, cluster):
        super().__init__(cluster.address)
        self.cluster = cluster

    def connect(self):
        return psycopg.connect(self.address, autocommit=True)

    @contextmanager
    def locked(self):
        """Block all other reads and writes of messages meanwhile."""
        with closing(self.connect()) as connection, connection.transaction():
            connection.execute(f"LOCK TABLE {self.messages} IN ACCESS EXCLUSIVE MODE")
            yield

    def terminate(self):
        """End all connections of others. Return their number."""
        ended = (
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'chat' AND pid <> pg_backend_pid()"
        )
        return len(self.ask(ended))

    def restore(self, backup):
        """Restore as docs/operations.md says, into a database beside the old one. Return the new address."""
        name = f"restored_{Path(backup).stem}"
        self.execute(f"CREATE DATABASE {name}")
        self.address = f"{self.address.rpartition('/')[0]}/{name}"
        subprocess.run(["pg_restore", "--no-owner", "--exit-on-error", "--dbname", self.address, backup], check=True)
        return self.address
