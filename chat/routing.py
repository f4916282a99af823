"""The WebSocket URLs."""

from django.urls import re_path

from chat.consumers.chat import ChatConsumer

websocket_urlpatterns = [
    re_path(r"^ws/chat/(?P<slug>[^/\x00]+)/$", ChatConsumer.as_asgi()),
    # The consumer also answers all other URLs: there is no such room.
    re_path(r"", ChatConsumer.as_asgi()),
]
