"""The database connection of a thread: its recovery after it was lost, and its return to the pool."""

from django.db import close_old_connections, connection


def connection_was_lost() -> bool:
    """Return whether the last error means that this thread's connection was lost and a retry may help.

    The lost connection is closed, and the next statement opens another. Without a connection a retry would fail in the
    same way. Inside a transaction it would not help, because the transaction is lost, too.
    """
    may_reconnect = connection.connection is not None and not connection.in_atomic_block
    is_lost = may_reconnect and not connection.is_usable()
    if is_lost:
        connection.close()
    else:
        connection.close_if_unusable_or_obsolete()
    return is_lost


def give_back_connection() -> None:
    """Give the connection of this thread back to the pool, before a wait for someone else. Not in a transaction."""
    if not connection.in_atomic_block:
        close_old_connections()
