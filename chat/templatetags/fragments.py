"""The parts that pages are mostly made of, each rendered once and then kept for everybody."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, wraps
from itertools import chain
from secrets import token_hex
from typing import Any, Self, TypeVar

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.templatetags.static import static
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from chat.models import Room
from chat.protocol import MessageData
from chat.rendering.grouping import GroupedMessage
from chat.rendering.js_modules import modules_of

register = template.Library()

T = TypeVar("T", str, bytes)

CONSTANTS_KEPT = 2000
# Some three kilobytes each.
MESSAGES_KEPT = 2000
ROOMS_KEPT = 2000
ACCOUNTS_KEPT = 500
# Stand in a page for its conversation, and in a part for the token of its forms. Nobody outside knows them, so they are
# in nothing that somebody wrote.
CONVERSATION, TOKEN = token_hex(16), token_hex(16)


def _kept(most: int) -> Callable[[Callable[..., T]], Callable[..., T]]:
    """What a function returned is returned again; not in development, where templates change meanwhile."""

    def keeping(render: Callable[..., T]) -> Callable[..., T]:
        # Without a lock of its own, for which threads would wait a hundred times a page.
        keep = lru_cache(most)(render)
        return wraps(render)(lambda *given, **named: (render if settings.DEBUG else keep)(*given, **named))

    return keeping


@register.simple_tag
def icon(name: str) -> str:
    return _constant(f"chat/icons/{name}.svg")


@register.simple_tag
def constant(name: str, /, **values: Any) -> str:
    """A part that depends on nothing but what it is given here: plain values, since an object is the same when what it
    says has changed."""
    return _constant(name, **values)


@register.simple_tag(takes_context=True)
def account(context: Mapping[str, Any]) -> SafeString:
    """The button and menu of who is signed in, whose forms have a token that is another in each answer."""
    user, path = context["user"], context["request"].get_full_path()
    part = _account(path, context["theme"], user.pk, user.name, user.color, user.is_guest)
    return SafeString(part.replace(TOKEN, str(context["csrf_token"])))


@register.simple_tag
@_kept(CONSTANTS_KEPT)
def stylesheets(*names: str) -> SafeString:
    """A link for each of these."""
    links = ((static(f"chat/css/{name}.css"),) for name in names)
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', links)


@register.simple_tag
@_kept(CONSTANTS_KEPT)
def modulepreload(*entries: str) -> SafeString:
    """A link for each JavaScript module that these need, themselves included: the browser would find each only in the
    one that imports it."""
    links = ((static(name),) for name in modules_of(*entries))
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}" fetchpriority="low">', links)


@register.simple_tag
def conversation() -> str:
    """Where the messages of the page will be."""
    return CONVERSATION


def with_conversation(page: str, lines: Iterable[GroupedMessage], viewer_id: int) -> bytes:
    """The page with its messages as they stand together, for one who looks at them.

    They are most of it, kept as they are sent: each block and part of a template that a text is in copies it, which
    with an emoji takes four bytes a character."""
    messages = b"".join(chain.from_iterable(_line(line, viewer_id) for line in lines))
    return page.encode().replace(CONVERSATION.encode(), messages)


def _line(line: GroupedMessage, viewer_id: int) -> Iterator[bytes]:
    if line.day:
        yield _constant("chat/_day.html", day=line.day).encode()
    if line.is_first_unread:
        yield _constant("chat/_unread.html").encode()
    reactions = line.message.reactions
    pressed = frozenset(it.emoji for it in reactions if viewer_id in it.people)
    yield _message(_Shown(line.message, line.continues, pressed))


@register.simple_tag
def room_links(rooms: Sequence[Any], room: Room) -> str:
    """_room_link.html for each of `rooms`, with `unread` and `notify`, and first for the one in view if it is none of
    them."""
    links = [_room_link(it.slug, it.name, it.visibility, it.notify, it.unread, it.slug == room.slug) for it in rooms]
    if room.slug not in [it.slug for it in rooms]:
        links.insert(0, _room_link(room.slug, room.name, room.visibility, None, 0, True))
    return SafeString("".join(links))


class _Shown(tuple[Any, ...]):
    """A message as somebody sees it, which is equal to another where all is that it depends on. The revision does not
    say what the author is called by now, nor in which of a database's histories it was given."""

    message: MessageData

    def __new__(cls, message: MessageData, continues: bool, pressed: frozenset[str]) -> Self:
        it = super().__new__(cls, (message.id, message.rev, message.html, message.author, continues, pressed))
        it.message = message
        return it


@_kept(CONSTANTS_KEPT)
def _constant(name: str, /, **values: Any) -> str:
    return get_template(name).render(values)


@_kept(ACCOUNTS_KEPT)
def _account(path: str, theme: str, person: int, name: str, color: int | None, is_guest: bool) -> str:
    context = {"path": path, "theme": theme, "person": person, "name": name, "color": color, "is_guest": is_guest}
    return get_template("chat/_account.html").render(context | {"csrf_token": TOKEN})


@_kept(MESSAGES_KEPT)
def _message(shown: _Shown) -> bytes:
    *_, continues, pressed = shown
    context = {"message": shown.message, "continues": continues, "pressed": pressed}
    return get_template("chat/_message.html").render(context).encode()


@_kept(ROOMS_KEPT)
def _room_link(slug: str, name: str, visibility: str, notify: str | None, unread: int, is_current: bool) -> str:
    each = {"slug": slug, "name": name, "visibility": visibility, "notify": notify, "unread": unread}
    return get_template("chat/_room_link.html").render({"each": each, "is_current": is_current})
