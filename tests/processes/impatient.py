"""The site with a shorter limit for its shutdown, for tests in which something hangs until then."""

from chatsite.asgi import application  # first, because it loads the apps

from chat.delivery.process import drain, sigterm  # isort: skip

__all__ = ["application"]
drain.FLUSH_SECONDS = drain.CLOSE_SECONDS = 0.5
sigterm.LIMIT_SECONDS = 4.0
