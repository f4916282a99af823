"""The tutorial's routing."""

from django.core.asgi import get_asgi_application

site = get_asgi_application()  # before the imports below: it loads the apps

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import re_path  # noqa: E402

from tests.faults.baseline.consumers import ChatConsumer  # noqa: E402

websocket_urlpatterns = [re_path(r"ws/chat/(?P<room_name>[\w-]+)/$", ChatConsumer.as_asgi())]
application = ProtocolTypeRouter({"http": site, "websocket": URLRouter(websocket_urlpatterns)})
