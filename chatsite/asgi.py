"""The ASGI entry point: HTTP goes to Django, WebSockets to the chat, which starts and ends with the server."""

import os
import sys
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
django.setup(set_prefix=False)  # before the imports below: it loads the apps

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from chat.delivery.process import gc_tuning  # noqa: E402
from chat.delivery.process.lifespan import lifespan  # noqa: E402
from chat.delivery.service import Delivery  # noqa: E402
from chat.metrics import workers  # noqa: E402
from chat.middleware.request_log import AccessLog  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chatsite.server.django_handler import DjangoHandler  # noqa: E402
from chatsite.server.forwarded import TrustedProxies  # noqa: E402
from chatsite.server.static_files import with_static_files  # noqa: E402

# How long a thread keeps the interpreter while another waits. With Python's 5 ms the event loop waits for the threads
# that make pages: beside a flood of refused requests the p99 of a post was 160 ms, and is 100 ms with 1 ms or less.
sys.setswitchinterval(0.001)
site = DjangoHandler()


async def pages(scope: Any, receive: Any, send: Any) -> None:
    """Under Daphne, which tells nobody that it starts, a page may come before the first socket."""
    Delivery.current()
    await site(scope, receive, send)


application = ProtocolTypeRouter(
    {
        "http": AccessLog(with_static_files(pages)),
        "websocket": URLRouter(websocket_urlpatterns),
        "lifespan": lifespan,
    }
)
if "daphne.server" in sys.modules:  # it is what serves this; any other is spared Twisted, which is 25 MiB
    from chatsite.server import daphne

    daphne.patch()
    gc_tuning.freeze_startup_objects()
if settings.CHAT_METRICS:
    workers.listen()
if settings.TRUSTED_PROXIES or settings.SECURE_PROXY_SSL_HEADER:
    any_proto = settings.SECURE_PROXY_SSL_HEADER is not None
    application = TrustedProxies(application, settings.TRUSTED_PROXIES, any_proto=any_proto)
