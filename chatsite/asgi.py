"""The ASGI entry point: HTTP goes to Django, WebSockets go to the chat, and lifespan events start and stop the chat."""

import os
import sys
from functools import partial
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup(set_prefix=False)  # must run before the imports below, because it loads the apps

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from chat.adapters.django import stop_logging_queries  # noqa: E402
from chat.delivery.process import gc_tuning  # noqa: E402
from chat.delivery.process.lifespan import lifespan  # noqa: E402
from chat.delivery.service import Delivery  # noqa: E402
from chat.mail import sending  # noqa: E402
from chat.metrics import workers  # noqa: E402
from chat.middleware.request_log import AccessLog  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chatsite.server.django_handler import DjangoHandler  # noqa: E402
from chatsite.server.files import Files, only_sites  # noqa: E402
from chatsite.server.forwarded import TrustedProxies  # noqa: E402
from chatsite.server.static_files import with_static_files  # noqa: E402

# The time a thread holds the GIL while another waits. At Python's default of 5 ms the event loop waits for the page
# threads: under a flood of refused requests the p99 of a post was 160 ms. It is 100 ms at 1 ms or less.
sys.setswitchinterval(0.001)
stop_logging_queries()
site = DjangoHandler()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Serve HTTP. Under a server without lifespan events, the first page or socket starts the chat."""
    Delivery.current()
    await site(scope, receive, send)


sockets = URLRouter(websocket_urlpatterns)
application = ProtocolTypeRouter(
    {
        "http": AccessLog(Files(with_static_files(pages))),
        "websocket": partial(only_sites, sockets) if settings.CHAT_FILES_HOST else sockets,
        "lifespan": lifespan,
    }
)
if "daphne.server" in sys.modules:  # Patch Daphne only if it serves the site: importing Twisted costs 25 MiB.
    from chatsite.server import daphne

    daphne.patch()
    daphne.when_running(Delivery.current)  # background work waits for no request
    gc_tuning.freeze_startup_objects()
if settings.CHAT_METRICS:
    workers.listen()
sending.warn_if_printed()
if settings.TRUSTED_PROXIES or settings.SECURE_PROXY_SSL_HEADER:
    any_proto = settings.SECURE_PROXY_SSL_HEADER is not None
    application = TrustedProxies(application, settings.TRUSTED_PROXIES, any_proto=any_proto)
