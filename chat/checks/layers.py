"""Checks that the channel layer connects all processes, and that a hanging or forged Redis does no harm."""

import os
import ssl
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

# With a shorter timeout, a busy Redis counts as dead. With a longer one, a dead Redis blocks the process.
SHORTEST_SECONDS, LONGEST_SECONDS = 0.5, 30.0
TIMEOUTS = ("socket_timeout", "socket_connect_timeout")


@register(Tags.compatibility)
def check_layer(**kwargs: Any) -> list[CheckMessage]:
    layer = settings.CHANNEL_LAYERS.get("default", {})
    match layer.get("BACKEND", "").rpartition(".")[0]:
        case "channels_redis.core":
            return [
                Error(
                    "channels_redis.core loses messages. Its idle receivers end, and a busy room overruns the others.",
                    hint="Use channels_redis.pubsub.RedisPubSubChannelLayer, as REDIS_URL does.",
                    id="chat.E001",
                )
            ]
        case "channels.layers" | "chatsite.config.memory_layer":
            return _in_memory()
        case "channels_redis.pubsub":
            return _redis(layer.get("CONFIG", {}).get("hosts"))
    return []


def _in_memory() -> list[CheckMessage]:
    """Warn about several processes. They are only known if a variable tells uvicorn their number."""
    workers = os.environ.get("WEB_CONCURRENCY", "1")
    if not workers.isdecimal() or int(workers) < 2:
        return []
    return [
        Warning(
            f"WEB_CONCURRENCY asks for {workers} processes, but REDIS_URL is not set. Messages between processes "
            "arrive up to two seconds late, and each process has its own rate limits.",
            hint="Set REDIS_URL to a Redis or Valkey server, or run one process.",
            id="chat.W001",
        )
    ]


def _redis(hosts: Any) -> list[CheckMessage]:
    from chat.adapters import channels_redis, redis

    pools = [channels_redis.create_pool(host) for host in channels_redis.decode_hosts(hosts)]
    return [message for pool in pools for message in _connection(redis.connection_options(pool))]


def _connection(options: dict[str, Any]) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if strange := [name for name in TIMEOUTS if not SHORTEST_SECONDS <= (options.get(name) or 0) <= LONGEST_SECONDS]:
        message = (
            f"The channel layer has no usable {' and '.join(strange)}. A Redis server that hangs blocks the process."
        )
        hint = f"Use {SHORTEST_SECONDS} to {LONGEST_SECONDS:.0f} seconds. REDIS_URL has good values by default."
        found.append(Warning(message, hint=hint, id="chat.W002"))
    is_unverified = (
        options.get("ssl_cert_reqs") in ("none", ssl.CERT_NONE) or options.get("ssl_check_hostname") is False
    )
    if is_unverified:
        message = "The channel layer's TLS does not verify the server. Anyone in between can read and write messages."
        hint = "Name the certificate authority with ssl_ca_certs in REDIS_URL, and turn verification on."
        found.append(Warning(message, hint=hint, id="chat.W003"))
    return found
