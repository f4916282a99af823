"""The Django application of the chat."""

from django.apps import AppConfig

from chat.adapters import http_cookies


class ChatConfig(AppConfig):
    name = "chat"
    verbose_name = "Chat"

    def ready(self) -> None:
        http_cookies.replace_unquoting()
        from chat import checks  # noqa: F401 - registers them; it needs the models
