"""The undocumented parts of channels_redis that the site uses: how it creates connections from its configuration.

This module is imported lazily: a site without Redis needs neither this library nor redis-py.
"""

from channels_redis.utils import create_pool, decode_hosts

__all__ = ["FUNCTIONS", "create_pool", "decode_hosts"]

FUNCTIONS = {"create_pool": ("host",), "decode_hosts": ("hosts",)}
