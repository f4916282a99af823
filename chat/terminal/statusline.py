"""The status line: the room, who is present and typing, unread counts elsewhere, and the connection."""

import asyncio
import math

from prompt_toolkit.formatted_text import StyleAndTextTuples

from chat.terminal.view import View
from chat.transcript.lines import excerpt, listed, one_line

WAITING_SHOWN = 3
# Messages in flight for less time than this are not shown.
WAITING_SECONDS = 0.4


def status(view: View) -> StyleAndTextTuples:
    parts: list[tuple[str, str]] = [("class:bottom-toolbar", one_line(view.room_name))]
    people = [person.name for person in view.transcript.people.values() if person != view.me]
    if view.session.is_online:
        parts.append(
            ("class:bottom-toolbar", f"{listed(people)} {_is_or_are(people)} here" if people else "no one else here")
        )
    if typing := [person.name for person in view.typing]:
        parts.append(("class:bottom-toolbar", f"{listed(typing)} {_is_or_are(typing)} typing…"))
    parts += [("class:bottom-toolbar.unread", text) for text in _unread(view)]
    if text := _connection(view):
        parts.append(("class:bottom-toolbar.offline", text))
    fragments: StyleAndTextTuples = []
    for part in parts:
        fragments += [("class:bottom-toolbar", " · "), part]
    return fragments[1:]


def prompt(view: View) -> StyleAndTextTuples:
    """Return the prompt, below the messages that are not sent yet."""
    now = asyncio.get_running_loop().time()
    waiting = [pending for pending in view.unsent if now - pending.since > WAITING_SECONDS]
    shown: StyleAndTextTuples = [
        ("class:waiting", f"  … {excerpt(pending.text)}\n") for pending in waiting[:WAITING_SHOWN]
    ]
    if len(waiting) > WAITING_SHOWN:
        shown.append(("class:waiting", f"  … and {len(waiting) - WAITING_SHOWN} more\n"))
    return [*shown, ("bold", f"{one_line(view.me.name) if view.me else ''}> ")]


def _connection(view: View) -> str:
    status = view.connection_status
    if status is None:
        return "connecting…"
    if status.is_online:
        return ""
    seconds = math.ceil(status.retry_at - asyncio.get_running_loop().time())
    trying = f"reconnecting in {seconds}s, or press Enter" if seconds > 0 else "reconnecting…"
    return f"offline ({one_line(status.reason)}), {trying}"


def _unread(view: View) -> list[str]:
    texts = []
    for slug, count in sorted(view.unread.items()):
        if count.unread and slug != view.session.room:
            mentions = f" (@{count.mentions})" if count.mentions else ""
            texts.append(f"{one_line(view.direct_names.get(slug, slug))} {count.unread}{mentions}")
    return texts


def _is_or_are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
