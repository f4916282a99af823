"""Database connections that were cut, as by a restart of PostgreSQL: whoever may do something twice does so at once."""

from django.db import connection


def connection_was_lost() -> bool:
    """Whether the error that was just raised came because this thread's connection is gone; the next statement opens
    another. Where there was none to begin with, there is nothing to hope for from another, and a transaction around
    this is gone with it."""
    may_open_another = connection.connection is not None and not connection.in_atomic_block
    is_cut = may_open_another and not connection.is_usable()
    if is_cut:
        connection.close()
    else:
        connection.close_if_unusable_or_obsolete()
    return is_cut
