"""One attempt to deliver an event: signed, and sent through the guard of outgoing requests."""

import time

from django.conf import settings

from chat import outbound
from chat.models import OutgoingWebhook
from chat.webhooks import signing

DEADLINE_SECONDS = 10.0
LIMITS_BYTES = 64 * 1024


def send(hook: OutgoingWebhook, key: str, body: bytes) -> outbound.Answer:
    """Send an event and return the answer of the receiver.

    Raises:
        outbound.Forbidden, outbound.NoAnswer: As in `chat.outbound`.
    """
    headers = signing.headers(hook.secret, key, int(time.time()), body) | {"Content-Type": "application/json"}
    limits = outbound.RequestLimits(LIMITS_BYTES, DEADLINE_SECONDS, networks=settings.CHAT_WEBHOOK_NETWORKS)
    return outbound.request("POST", hook.url, headers=headers, body=body, limits=limits)
