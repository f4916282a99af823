"""One push: encrypted for a browser (RFC 8291), signed with the site's key (RFC 8292), and sent to its push service."""

import time
from base64 import urlsafe_b64decode
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import urlsplit

from django.conf import settings

from chat import outbound
from chat.models import PushSubscription
from chat.push.payload import MAX_BYTES

# For the whole request. A push service that has failed gets less, because emails and other pushes wait for a thread.
DEADLINE_SECONDS, AFTER_FAILURE_SECONDS = 10.0, 3.0
# Seconds for which a push service keeps a push for a device that is off.
TTL_SECONDS = 24 * 60 * 60
# A signature is used for half a day. It is valid for at most a day, less an hour for clocks that are off.
_SIGNED_SECONDS = 12 * 60 * 60
_SKEW_SECONDS = 60 * 60


class InvalidKeys(Exception):
    """The browser's keys are none. No retry can help."""


def send(
    subscription: PushSubscription, payload: bytes, *, topic: str | None = None, is_urgent: bool = True
) -> outbound.Answer:
    """Send a push and return the answer of the push service. Urgent ones also reach a device that saves power.

    Raises:
        InvalidKeys: The subscription cannot be used.
        outbound.Forbidden, outbound.NoAnswer: As in `chat.outbound`.
    """
    body = encrypted(payload, subscription.p256dh, subscription.auth)
    parts = urlsplit(subscription.endpoint)
    headers = {
        "Authorization": _signature(f"{parts.scheme}://{parts.netloc}"),
        "Content-Type": "application/octet-stream",
        "Content-Encoding": "aes128gcm",
        "TTL": str(TTL_SECONDS),
        "Urgency": "high" if is_urgent else "normal",
    }
    if topic:
        headers["Topic"] = topic
    seconds = AFTER_FAILURE_SECONDS if subscription.failures else DEADLINE_SECONDS
    limits = outbound.RequestLimits(seconds=seconds)
    return outbound.request("POST", subscription.endpoint, headers=headers, body=body, limits=limits)


def encrypted(payload: bytes, p256dh: str, auth: str) -> bytes:
    """Return at most 3,993 bytes encrypted for the keys of a browser."""
    import http_ece  # these two take 8 MiB, so only in the process that sends
    from cryptography.hazmat.primitives.asymmetric import ec

    if len(payload) > MAX_BYTES:
        raise ValueError(f"A push of {len(payload)} bytes is too long.")
    try:
        content: bytes = http_ece.encrypt(
            payload,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=decoded(p256dh),
            auth_secret=decoded(auth),
            version="aes128gcm",
        )
    except ValueError:
        raise InvalidKeys("The keys of the subscription are not valid.") from None
    return content


def decoded(value: str) -> bytes:
    """Decode URL-safe Base64 without padding. Raise ValueError for anything else."""
    return urlsafe_b64decode(value + "=" * (-len(value) % 4))


def _signature(audience: str) -> str:
    return _signed(audience, settings.CHAT_VAPID_KEY, int(time.time()) // _SIGNED_SECONDS)


@lru_cache(maxsize=100)
def _signed(audience: str, key: str, period: int) -> str:
    """Return the header `Authorization` for a push service, the same for half a day, because signing takes long."""
    from py_vapid import Vapid02

    signer = Vapid02.from_string(key)
    signer.conf = {"no-strict": True}  # its check refuses an address with a port
    until = (period + 2) * _SIGNED_SECONDS - _SKEW_SECONDS
    header: str = signer.sign({"aud": audience, "exp": until, "sub": _contact()})["Authorization"]
    return header


def _contact() -> str:
    """Return where the operators of a push service find those of this site."""
    if settings.SITE_URL.startswith("https:"):
        return settings.SITE_URL
    return f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}"
