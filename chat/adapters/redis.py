"""The undocumented parts of redis-py that the site uses: how it parses URLs, and the options of a pool."""

from typing import Any

from redis.asyncio.connection import ConnectionPool, parse_url

POOL_METHODS = {"make_connection": ()}
POOL_ATTRIBUTES = ("connection_kwargs",)


def options_of(query: str) -> dict[str, Any]:
    """Return the options in the query of a URL, converted to redis-py's types. Raises ValueError for unknown ones."""
    return dict(parse_url(f"redis://?{query}"))


def connection_options(pool: ConnectionPool) -> dict[str, Any]:
    """Return the options of each connection in a pool."""
    options: dict[str, Any] = pool.connection_kwargs
    return options


def try_connection(pool: ConnectionPool) -> None:
    """Create a connection object without connecting. Raises the error of redis-py for an invalid option."""
    pool.make_connection()
