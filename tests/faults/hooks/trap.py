"""Traps: the experiment writes a word to a file, and the next worker that reads it fails once."""

import os
import signal
from pathlib import Path

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

POSTS = 'INSERT INTO "chat_message"'


def springs(word):
    """Return whether the file holds `word`. It does for one process only, which deletes it."""
    trap = Path(os.environ["FAULT_TRAP"])
    try:
        if trap.read_text() != word:
            return False
        trap.unlink()
    except FileNotFoundError:
        return False
    return True


def kill_if(word):
    if springs(word):
        os.kill(os.getpid(), signal.SIGKILL)


def set_at_commits():
    """Set traps before and after each commit of a transaction that posts."""
    commit = BaseDatabaseWrapper._commit

    def trapped(database):
        posts, database.fault_posts = getattr(database, "fault_posts", False), False
        if posts:
            kill_if("before commit")
        commit(database)
        if posts:
            kill_if("after commit")

    BaseDatabaseWrapper._commit = trapped
    connection_created.connect(_watch)


def _watch(connection, **_):
    if _note not in connection.execute_wrappers:
        connection.execute_wrappers.append(_note)


def _note(execute, sql, parameters, many, context):
    database = context["connection"]
    database.fault_posts = getattr(database, "fault_posts", False) or sql.startswith(POSTS)
    return execute(sql, parameters, many, context)
