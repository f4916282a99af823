"""The ASGI entry point: HTTP goes to Django, WebSockets to the chat, which starts and ends with the server."""

import os
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
site = get_asgi_application()  # before the imports below: it loads the apps

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.conf import settings  # noqa: E402

from chat.access import AccessLog  # noqa: E402
from chat.delivery.lifespan import lifespan  # noqa: E402
from chat.delivery.service import Delivery  # noqa: E402
from chat.metrics import workers  # noqa: E402
from chat.routing import websocket_urlpatterns  # noqa: E402
from chatsite.proxies import TrustedProxies  # noqa: E402
from chatsite.static import with_static_files  # noqa: E402


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
if settings.CHAT_METRICS:
    workers.listen()
if settings.TRUSTED_PROXIES:
    application = TrustedProxies(application, settings.TRUSTED_PROXIES)
