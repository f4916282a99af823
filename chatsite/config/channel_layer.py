"""The channel layer of REDIS_URL. An invalid value stops the start with an error message.

The messages never repeat the URL, because it holds a password.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

# Without these timeouts, a hanging Redis would hang the process. The query of a URL can override them.
TIMEOUTS = {"socket_timeout": 5.0, "socket_connect_timeout": 2.0, "health_check_interval": 10}
# A broadcast waits two seconds. A Sentinel that does not answer must be skipped within that time.
SENTINEL_TIMEOUTS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}
SENTINEL_PORT = 26379
FILES = ("ssl_ca_certs", "ssl_ca_path", "ssl_certfile", "ssl_keyfile")

Host = dict[str, Any]


def channel_layer(redis_url: str) -> dict[str, Any]:
    """Return the layer over Redis or Valkey, or the in-process layer if there is no URL."""
    if not redis_url:
        return {"BACKEND": "chatsite.config.memory_layer.MemoryLayer", "CONFIG": {"capacity": 1000}}
    return {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": hosts(redis_url)}}


def hosts(redis_url: str) -> list[Host]:
    """Return the hosts of the URLs as channels_redis takes them. It spreads the rooms over several.

    A URL is `redis://`, `rediss://` or `unix://` as redis-py reads it, or a service behind Sentinels:
    `redis+sentinel://user:password@sentinel:26379,other:26379/service/0`, or `rediss+sentinel://` over TLS.
    """
    # A comma within a URL separates its Sentinels. A comma before a scheme begins the next URL.
    found = [_host(address.strip()) for address in re.split(r",(?=\s*[a-z+]+://)", redis_url)]
    for host in found:
        _try(host)
    return found


def _host(address: str) -> Host:
    try:
        parts = urlsplit(address)
        _ = parts.port if "+" not in parts.scheme else None
    except ValueError:
        raise ImproperlyConfigured(
            "REDIS_URL has an invalid server or port. In a password, write / as %2F, # as %23, @ as %40."
        ) from None
    match parts.scheme:
        case "redis" | "rediss":
            _check_server(parts)
            return {**TIMEOUTS, "socket_keepalive": True, "address": address}
        case "unix":
            if not parts.path:
                raise ImproperlyConfigured("REDIS_URL must name a socket, like unix:///run/valkey/valkey.sock?db=0.")
            return {**TIMEOUTS, "address": address}
        case "redis+sentinel" | "rediss+sentinel":
            return _service(parts)
    raise ImproperlyConfigured(
        "REDIS_URL must begin with redis://, rediss://, unix://, redis+sentinel:// or rediss+sentinel://."
    )


def _check_server(parts: SplitResult) -> None:
    """Reject what redis-py ignores. It would connect to another server or database than intended."""
    if not parts.hostname or "," in parts.hostname:
        raise ImproperlyConfigured(
            "REDIS_URL must name a server in each address, like redis://one:6379/0,redis://two:6379/0."
        )
    if not re.fullmatch(r"/?\d*", parts.path):
        raise ImproperlyConfigured(
            "REDIS_URL has a path that is not the number of a database. Use redis://host:6379/0."
        )


def _service(parts: SplitResult) -> Host:
    service, _, number = unquote(parts.path.strip("/")).partition("/")
    if not service or not re.fullmatch(r"\d*", number):
        raise ImproperlyConfigured(
            "REDIS_URL must name the service of the Sentinels, like redis+sentinel://one:26379,two:26379/service/0."
        )
    options = _options(parts)
    # The Sentinels have their own credentials but the same TLS setting.
    accounts = {name[9:]: options.pop(name) for name in list(options) if name.startswith("sentinel_")}
    secure = {"ssl": True} if parts.scheme == "rediss+sentinel" else {}
    encryption = {name: value for name, value in options.items() if name.startswith("ssl_")}
    account = {"username": parts.username, "password": parts.password}
    return {
        **TIMEOUTS,
        "socket_keepalive": True,
        **options,
        **secure,
        **{name: unquote(value) for name, value in account.items() if value},
        "db": int(number or 0),
        "master_name": service,
        "sentinels": [_sentinel(server) for server in parts.netloc.rpartition("@")[2].split(",")],
        "sentinel_kwargs": {**SENTINEL_TIMEOUTS, **secure, **encryption, **accounts, "retry": _no_retry()},
    }


def _sentinel(server: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[(?P<six>[^]]+)\]|(?P<name>[^:]+))(?::(?P<port>\d+))?", server)
    if not found:
        raise ImproperlyConfigured("REDIS_URL has an invalid Sentinel. Write each one as host or host:26379.")
    return found["six"] or found["name"], int(found["port"] or SENTINEL_PORT)


def _options(parts: SplitResult) -> dict[str, Any]:
    """Return the options in the query, with the types of redis-py."""
    from chat.adapters import redis

    try:
        return redis.options_of(parts.query)
    except ValueError as error:
        raise ImproperlyConfigured(f"REDIS_URL has an invalid option: {error}") from None


def _no_retry() -> Any:
    """Disable retries: redis-py would retry the same Sentinel four times, seconds apart, before the next one."""
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return Retry(NoBackoff(), 0)


def _try(host: Host) -> None:
    """Create a connection without connecting. Otherwise an invalid option would show only with the first message."""
    from redis.exceptions import RedisError

    from chat.adapters import channels_redis, redis

    try:
        pool = channels_redis.create_pool(host)
        redis.try_connection(pool)
    except (TypeError, ValueError, RedisError) as error:
        raise ImproperlyConfigured(f"REDIS_URL has an option that redis-py does not accept: {error}.") from None
    for option in FILES:
        file = redis.connection_options(pool).get(option)
        if file and not Path(file).exists():
            raise ImproperlyConfigured(f"REDIS_URL names {option}={file}, which does not exist.")
