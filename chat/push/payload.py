"""The content of a push, as JSON that Safari shows by itself ("declarative"). Other browsers have the service worker.

`CHAT_PUSH_CONTENT` says how much of a message is in it. Push services cannot read it, but lock screens show it.
"""

from typing import Any

import msgspec
from django.conf import settings
from django.templatetags.static import static
from django.urls import reverse
from django.utils.crypto import salted_hmac

from chat.missed import MissedRoom

FULL, NAMES, NONE = "full", "names", "none"
# The number of RFC 8030, by which browsers recognise the format.
DECLARATIVE = 8030
TEXT_MAX_CHARACTERS = 300
# Push services take 4,096 bytes: a header of 86 bytes, the text, and 17 bytes for its end and its authentication.
MAX_BYTES = 3993
ICON = "chat/img/icon-192.png"
# Isolates a name from the direction of the text around it.
ISOLATED = "\u2068%s\u2069"

_encoder = msgspec.json.Encoder()


def of_missed(room: MissedRoom, badge: int) -> bytes:
    """Return the push about the last missed message of a room. `badge` is the number on the icon of the site."""
    address = f"{room.room.get_absolute_url()}#{room.last_seq}"
    title, body = _words(room)
    return _encoded(title, body, address, tag=tag_of(room.room.slug), badge=badge, seq=room.last_seq)


def of_test() -> bytes:
    """Return the push that a person sends to their own device."""
    return _encoded(settings.SITE_NAME, "Notifications work on this device.", reverse("home"), tag="chat.test")


def tag_of(slug: str) -> str:
    """Return the tag of a room's notification. A later one replaces an earlier one, also one that a page has shown."""
    return f"chat.{slug}"


def topic_of(room_id: int) -> str:
    """Return the 32 characters by which a push service replaces a waiting push about the same room."""
    return salted_hmac("chat.push.topic", str(room_id)).hexdigest()[:32]


def _words(room: MissedRoom) -> tuple[str, str]:
    """Return the title and the text."""
    if settings.CHAT_PUSH_CONTENT == NONE:
        return settings.SITE_NAME, "New message"
    new = "New message" if room.count == 1 else f"{room.count:,} new messages"
    if settings.CHAT_PUSH_CONTENT == NAMES:
        return _place(room), new
    text = _shortened(" ".join(room.messages[-1].text.split()))
    return _place(room), text if room.count == 1 else f"{text}\n{new}"


def _place(room: MissedRoom) -> str:
    """Return who wrote the last message, and where. A conversation of two has the name of the author."""
    author = ISOLATED % room.messages[-1].author
    is_of_two = room.room.is_direct and len(room.room.people) == 1
    return author if is_of_two else f"{author} in {ISOLATED % room.room.name}"


def _shortened(text: str) -> str:
    return text if len(text) <= TEXT_MAX_CHARACTERS else f"{text[: TEXT_MAX_CHARACTERS - 1]}…"


def _encoded(title: str, body: str, path: str, *, tag: str, badge: int | None = None, seq: int | None = None) -> bytes:
    notification: dict[str, Any] = {
        "title": title,
        "body": body,
        "navigate": settings.SITE_URL + path,
        "tag": tag,
        "dir": "auto",
        "icon": settings.SITE_URL + static(ICON),
        "data": {"seq": seq},
    }
    message: dict[str, Any] = {"web_push": DECLARATIVE, "notification": notification}
    if badge is not None:
        # The specification has it beside the notification. The first browsers with this format had it within.
        message["app_badge"], notification["app_badge"] = badge, str(badge)
    return _encoder.encode(message)
