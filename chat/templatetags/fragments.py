"""Cached fragments of pages. Each is rendered once and then used for everyone."""

from collections.abc import Callable, Container, Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple, Self, TypeVar

from django import template
from django.conf import settings
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from chat import room_list
from chat.actions import direct, rooms
from chat.forms.rooms import CreateRoomForm
from chat.models import Room
from chat.models.people import Level
from chat.protocol import MessageData
from chat.rendering.grouping import GroupedMessage
from chat.rendering.js_modules import modules_of
from chat.text.folding import unaccented
from chatsite.config import vapid_key

register = template.Library()
Result = TypeVar("Result")
NONE_PRESSED = frozenset[str]()
# The sections of the sidebar. Those that are folded open if they have the current room.
SECTIONS = ("starred", "rooms", "direct", "muted", "archived")
FOLDED = ("muted", "archived")

CONSTANTS_KEPT = 2000
# About three kilobytes each.
MESSAGES_KEPT = 2000
ROOMS_KEPT = 2000
# How much longer a fragment may become to be stored in a quarter of the space.
LARGEST_GROWTH = 1.1
# At most a hundred kilobytes each.
ROOM_LISTS_KEPT = 100


def _cached(most: int) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Cache up to `most` results of a function. Not in development, where templates change.

    A page calls such functions a hundred times. So DEBUG is read once, and `lru_cache` takes no lock.
    """
    return (lambda render: render) if settings.DEBUG else lru_cache(most)


@register.simple_tag
def icon(name: str) -> str:
    return _constant(f"chat/icons/{name}.svg")


@register.simple_tag
def site_name() -> str:
    return settings.SITE_NAME


@register.simple_tag
def push_key() -> str:
    """Return the public key with which browsers subscribe to pushes. It is empty on a site without push."""
    return vapid_key.public_part(settings.CHAT_VAPID_KEY) if settings.CHAT_VAPID_KEY else ""


@register.simple_tag
def avatar(key: str | None) -> SafeString:
    """Render a person's picture, which covers their initial. `key` is that of its file, if they have one."""
    return format_html('<img src="/avatars/{}.webp" alt="" loading="lazy">', key) if key else SafeString()


@register.simple_tag
def brand() -> SafeString:
    """Render the logo and the name of the site."""
    mark = SafeString(icon("brand"))
    if settings.SITE_LOGO:
        mark = format_html('<img class="brand-logo" src="{}" alt="">', reverse("logo"))
    return format_html("{}{}", mark, settings.SITE_NAME)


@register.simple_tag
def accent() -> SafeString:
    """Render the link to the style sheet of SITE_ACCENT, if there is one."""
    return format_html('<link rel="stylesheet" href="{}">', reverse("accent")) if settings.SITE_ACCENT else SafeString()


@register.simple_tag
def constant(name: str, /, **values: Any) -> str:
    """Render a template that depends only on these values.

    They must be plain values, because a changed object can still be the same key of the cache.
    """
    return _constant(name, **values)


@register.simple_tag
@_cached(CONSTANTS_KEPT)
def stylesheets(*names: str) -> SafeString:
    """Render a link for each of these style sheets."""
    links = ((static(f"chat/css/{name}.css"),) for name in names)
    return format_html_join("\n  ", '<link rel="stylesheet" href="{}">', links)


@register.simple_tag
@_cached(CONSTANTS_KEPT)
def modulepreload(*entries: str) -> SafeString:
    """Render a preload link for these JavaScript modules and all that they import.

    Without it the browser finds each module only when it has read the one that imports it.
    """
    links = ((address,) for address in dict.fromkeys(map(static, modules_of(*entries))))
    return format_html_join("\n  ", '<link rel="modulepreload" href="{}" fetchpriority="low">', links)


@register.simple_tag(takes_context=True)
def conversation(context: Mapping[str, Any]) -> SafeString:
    """Render the grouped messages of `history`, for the person who is signed in."""
    viewer_id, blocked = context["user"].pk, context["blocked"]
    return SafeString("".join(chain.from_iterable(_pieces(line, viewer_id, blocked) for line in context["history"])))


def _pieces(line: GroupedMessage, viewer_id: int, blocked: Container[int]) -> Iterator[str]:
    """Yield the parts of a line. Messages of the people in `blocked` are folded."""
    if line.day:
        yield _constant("chat/_day.html", day=line.day)
    if line.is_first_unread:
        yield _constant("chat/_unread.html")
    reactions = line.message.reactions
    pressed = frozenset(it.emoji for it in reactions if viewer_id in it.people) if reactions else NONE_PRESSED
    author = line.message.author
    is_folded = author is not None and author.id in blocked
    yield _message(_MessageView(line.message, line.continues, pressed, is_folded))


register.filter(rooms.may_create_rooms)
register.filter("may_open_conversations", direct.may_open)


@register.simple_tag
@_cached(1)
def new_room_fields() -> str:
    """Render the empty fields of a new room. Their ids differ from those of the page with the same form."""
    return get_template("chat/_form.html").render({"form": CreateRoomForm(auto_id="new-room-%s")})


class RoomLinks(NamedTuple):
    """The links of each section of the sidebar.

    `opened` is the folded section with the current room, if it is in one. `has_more` says whether there are more rooms.
    """

    starred: str
    rooms: str
    direct: str
    muted: str
    archived: str
    opened: str
    has_more: bool


@register.simple_tag(takes_context=True)
def room_links(context: Mapping[str, Any], room: Room | str, current: str) -> RoomLinks:
    """Render _room_link.html for each room in the sidebar.

    `room` is the one that the page is about, if any, and is listed in any case. `current` says how it is marked: `page`
    if the page shows it, `true` for a page like its settings.
    """
    person = context["user"]
    if not isinstance(room, Room):
        return _room_links(room_list.sidebar(person), person.notify, None, current)
    here = (room.slug, room.name, room.visibility, room.is_archived, False, None, 0)
    return _room_links(room_list.sidebar(person, room.pk), person.notify, here, current)


@_cached(ROOM_LISTS_KEPT)
def _room_links(rows: tuple[Any, ...], notify: str, here: tuple[Any, ...] | None, current: str) -> RoomLinks:
    """Render the links. `notify` is the person's notification level for all rooms."""
    listed, slug = room_list.sidebar_rows(rows), here[0] if here else ""
    shown = listed[: room_list.SIDEBAR_LIMIT]
    is_outside = here is not None and slug not in [it.slug for it in shown]
    if here and is_outside:
        shown.append(room_list.SidebarRow(*here))
    sections: dict[str, list[room_list.SidebarRow]] = {name: [] for name in SECTIONS}
    for it in sorted(shown, key=lambda it: (unaccented(it.name), it.slug)):
        sections[_section_of(it, it.level or notify, notify)].append(it)
    sections["direct"].sort(key=lambda it: (it.unread > 0, it.active), reverse=True)
    opened = next((name for name in FOLDED if slug in [it.slug for it in sections[name]]), "")
    html = {
        name: SafeString("".join(_link(it, notify, current if it.slug == slug else "", is_outside) for it in found))
        for name, found in sections.items()
    }
    return RoomLinks(**html, opened=opened, has_more=len(listed) > room_list.SIDEBAR_LIMIT)


def _link(row: room_list.SidebarRow, notify: str, current: str, is_outside: bool) -> str:
    place = (row.level or notify, row.is_archived, row.is_starred, bool(current) and is_outside, row.people)
    return _room_link(row.slug, row.name, row.visibility, row.unread, current, *place)


def _section_of(row: room_list.SidebarRow, level: str, notify: str) -> str:
    """Return the section of a link. room_list.js has the same rule.

    A room with notifications off is folded away, unless they are off for all rooms. A direct conversation never is.
    """
    if row.is_archived:
        return "archived"
    if row.is_starred:
        return "starred"
    if row.people:
        return "direct"
    return "muted" if level == Level.NOTHING != notify else "rooms"


class _MessageView(tuple[Any, ...]):
    """A message for one viewer, as a key of the cache: equal if everything that is rendered is equal.

    The revision alone does not suffice. The author's name may have changed, and a restored backup reuses revisions.
    """

    message: MessageData

    def __new__(cls, message: MessageData, continues: bool, pressed: frozenset[str], is_folded: bool = False) -> Self:
        state = (message.id, message.rev, message.html, message.author, *message.files, *message.previews)
        it = super().__new__(cls, (*state, continues, pressed, is_folded))
        it.message = message
        return it


@_cached(CONSTANTS_KEPT)
def _constant(name: str, /, **values: Any) -> str:
    return _narrowed(get_template(name).render(values))


@_cached(MESSAGES_KEPT)
def _message(view: _MessageView) -> str:
    *_, continues, pressed, is_folded = view
    context = {"message": view.message, "continues": continues, "pressed": pressed, "folded": is_folded}
    return _narrowed(get_template("chat/_message.html").render(context))


@_cached(ROOMS_KEPT)
def _room_link(slug: str, name: str, visibility: str, unread: int, current: str, *place: Any) -> str:
    each = {"slug": slug, "name": name, "visibility": visibility, "unread": unread}
    each |= dict(zip(("level", "is_archived", "is_starred", "is_outside", "people"), place, strict=True))
    return get_template("chat/_room_link.html").render({"each": each, "current": current})


def _narrowed(html: str) -> str:
    """Write the few characters outside ASCII as references, such as &#128077;.

    Django copies a page twice for each level of its templates, and encodes it. Python stores ASCII in one byte a
    character and encodes it without reading it. A single emoji makes it four. But a text in another script would become
    longer than it is.
    """
    narrowed = html.encode("ascii", "xmlcharrefreplace")
    return SafeString(narrowed.decode("ascii")) if len(narrowed) < LARGEST_GROWTH * len(html) else html
