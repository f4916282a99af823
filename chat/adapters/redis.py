"""What the site uses of redis-py that is undocumented: how it reads addresses, and what a pool was made with."""

from typing import Any

from redis.asyncio.connection import ConnectionPool, parse_url

POOL_METHODS = {"make_connection": ()}
POOL_ATTRIBUTES = ("connection_kwargs",)


def options_of(query: str) -> dict[str, Any]:
    """The options in the query of an address, with the types that redis-py gives them. ValueError for others."""
    return dict(parse_url(f"redis://?{query}"))


def connection_options(pool: ConnectionPool) -> dict[str, Any]:
    """What each connection of a pool is made with."""
    options: dict[str, Any] = pool.connection_kwargs
    return options


def try_connection(pool: ConnectionPool) -> None:
    """Make a connection without connecting. Raises what redis-py does for options that it does not take."""
    pool.make_connection()
