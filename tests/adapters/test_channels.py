"""The installed Channels, channels_redis and redis-py have the parts that the site uses."""

import inspect

from channels.consumer import AsyncConsumer, get_handler_name
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import InMemoryChannelLayer
from channels_redis import utils
from redis.asyncio.connection import ConnectionPool

from chat.adapters import channels, channels_redis, redis
from tests.adapters.holding import changed_attributes, changed_methods


def test_the_layer_in_memory_has_what_the_site_uses():
    assert changed_methods("channels", InMemoryChannelLayer, channels.LAYER_METHODS) == []
    assert changed_attributes("channels", InMemoryChannelLayer(), channels.LAYER_ATTRIBUTES) == []


def test_the_consumer_has_what_the_site_uses():
    assert changed_methods("channels", AsyncWebsocketConsumer, channels.CONSUMER_METHODS) == []
    source = inspect.getsource(AsyncConsumer)
    missing = [name for name in ("self.scope = ", "self.base_send = ") if name not in source]
    assert missing == [], f"channels changed AsyncConsumer: nothing sets {missing}"
    assert get_handler_name({"type": "websocket.receive"}) == "websocket_receive", "channels changed get_handler_name"


def test_channels_redis_makes_pools_as_the_site_expects():
    for name, parameters in channels_redis.FUNCTIONS.items():
        now = tuple(inspect.signature(getattr(utils, name)).parameters)
        assert now == parameters, f"channels_redis changed {name}: it takes {now}"
    [host] = channels_redis.decode_hosts(["redis://127.0.0.1:6379/1"])
    options = redis.connection_options(channels_redis.create_pool(host))
    assert options["db"] == 1, "channels_redis changed create_pool"


def test_redis_py_has_what_the_site_uses():
    pool = ConnectionPool.from_url("redis://127.0.0.1:6379/1")
    assert changed_attributes("redis", pool, redis.POOL_ATTRIBUTES) == []
    assert changed_methods("redis", ConnectionPool, redis.POOL_METHODS) == []
    assert redis.options_of("socket_timeout=2")["socket_timeout"] == 2.0, "redis changed parse_url"
