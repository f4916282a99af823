"""Recovery from a lost database connection, as after a restart of PostgreSQL, for callers that may retry."""

from django.db import connection


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
