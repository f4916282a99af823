"""Helpers for tests of reading: rooms with many messages, and positions of messages on the page."""

from typing import Any

from playwright.sync_api import Page

from tests.site import Site

TOP_OF = "seq => document.getElementById(String(seq)).getBoundingClientRect().top"
HELD = "Array.from(document.querySelectorAll('article[data-seq]'), article => Number(article.dataset.seq))"
# The visible part of each message, by its seq.
SHOWN = """() => {
  const seen = ({ dataset, innerText }) => [dataset.rev, "continued" in dataset, innerText.replace(/\\s+/g, " ")];
  const articles = Array.from(document.querySelectorAll("article[data-seq]"));
  return Object.fromEntries(articles.map((article) => [article.dataset.seq, seen(article)]));
}"""

FILL = """
from datetime import timedelta
from django.utils import timezone
from chat.actions.imports.messages import Entry, import_history
from chat.models import Person, Room
room = Room.objects.get(slug={slug!r})
start = (timezone.now() - timedelta(days=30)).replace(hour=9, minute=0)  # all on one day
writers = list(Person.objects.all()[:2])
first = room.head.seq + 1
import_history(room, [
    Entry(writers[seq // 5 % len(writers)], f"Number {{seq}}", start + timedelta(minutes=seq))
    for seq in range(first, first + {count})
])
"""
CHANGE = """
from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.models import Message
message = Message.objects.get(room__slug={slug!r}, seq={seq})
execute(Request(message.author_id, message.room_id, protocol.{command}))
"""
ACT = """
from uuid import uuid4
from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.models import Person, Room
room = Room.objects.get(slug={slug!r})
execute(Request(Person.objects.latest("pk").pk, room.pk, protocol.{command}))
"""


def slug_of(room: str) -> str:
    return room.split("/")[2]


def fill(site: Site, room: str, count: int) -> None:
    """Post `Number 1`, `Number 2` and so on."""
    run(site, FILL.format(slug=slug_of(room), count=count))


def post_as_last_joined(site: Site, room: str, body: str) -> None:
    """Post as the person who joined last. This makes them a member who has read the room up to this message."""
    run(site, ACT.format(slug=slug_of(room), command=f"Post(client_id=uuid4(), body={body!r})"))


def read_as_last_joined(site: Site, room: str, seq: int) -> None:
    """Mark the messages up to `seq` as read for the person who joined last."""
    run(site, ACT.format(slug=slug_of(room), command=f"Read(seq={seq})"))


def edit(site: Site, room: str, seq: int, body: str) -> None:
    run(site, CHANGE.format(slug=slug_of(room), seq=seq, command=f"Edit(seq={seq}, body={body!r})"))


def delete(site: Site, room: str, seq: int) -> None:
    run(site, CHANGE.format(slug=slug_of(room), seq=seq, command=f"Delete(seq={seq})"))


def run(site: Site, script: str) -> None:
    site.shell(script)


def scroll_to(page: Page, pixels: int, seq: int) -> float:
    """Scroll and return the position of the message at once, before anything can be loaded."""
    scroll = "document.querySelector('[data-scroll]').scrollTop = pixels"
    return float(page.evaluate(f"([pixels, seq]) => {{ {scroll}; return ({TOP_OF})(seq); }}", [pixels, seq]))


def top_of(page: Page, seq: int) -> float:
    return float(page.evaluate(TOP_OF, seq))


def held(page: Page) -> list[int]:
    """Return the seqs of the messages in the document."""
    return list(page.evaluate(HELD))


def shown(page: Page) -> dict[str, Any]:
    return dict(page.evaluate(SHOWN))
