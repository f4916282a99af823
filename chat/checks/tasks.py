"""Check that the backend of tasks can do what the site's tasks need."""

from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django_tasks import task_backends

QUEUES = ("default", "mail", "http", "media", "webhooks")


@register(Tags.compatibility)
def check_tasks(**kwargs: Any) -> list[CheckMessage]:
    backend = task_backends["default"]
    missing = [queue for queue in QUEUES if backend.queues and queue not in backend.queues]
    found: list[CheckMessage] = []
    if not backend.supports_defer:
        message = f"{type(backend).__name__} cannot run a task later. Emails and retries need that."
        hint = "Choose another BACKEND in TASKS, or remove TASKS from your settings."
        found.append(Error(message, hint=hint, id="chat.E007"))
    if missing:
        message = f"TASKS lacks the queues {', '.join(missing)}. A task of them cannot be enqueued."
        found.append(Error(message, hint="Add them to QUEUES in TASKS.", id="chat.E007"))
    return found
