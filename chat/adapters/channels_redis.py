"""What the site uses of channels_redis that is undocumented: how it makes connections of its configuration.

Imported where it is used: a site without Redis needs neither this library nor redis-py.
"""

from channels_redis.utils import create_pool, decode_hosts

__all__ = ["FUNCTIONS", "create_pool", "decode_hosts"]

FUNCTIONS = {"create_pool": ("host",), "decode_hosts": ("hosts",)}
