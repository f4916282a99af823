"""Check that `runserver` is the command that serves ASGI."""

from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Tags, Warning, register

ORDER = ["chat", "django.contrib.staticfiles"]


@register(Tags.compatibility)
def check_order(**kwargs: Any) -> list[CheckMessage]:
    """Warn if `django.contrib.staticfiles` comes first, since the first application with a `runserver` provides it."""
    present = [config.name for config in apps.get_app_configs() if config.name in ORDER]
    if present == ORDER:
        return []
    return [
        Warning(
            f"{' and '.join(ORDER)} must be installed in this order. Now `runserver` is another command, which "
            "does not serve WebSockets.",
            hint="Put them into INSTALLED_APPS in this order.",
            id="chat.W013",
        )
    ]
