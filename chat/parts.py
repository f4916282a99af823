"""The parts of messages beside their own rows: reactions, files and link previews.

Each kind takes one query for all messages of an answer. Files and previews are read only for the messages whose `has`
says that they have some, so an answer without them takes no more queries than before there were any.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import structs

from chat import protocol
from chat.db.compiled_queries import CompiledQuery, ParamList
from chat.models import Attachment, File, Has, Message, Preview, Reaction
from chat.previews.addresses import previewed_links
from chat.text.cleaning import canonical_emoji

# As numbers, because the operators of flags take a microsecond each.
FILES, PREVIEWS = int(Has.IMAGE | Has.FILE), int(Has.PREVIEW)

READY = "ready"
FILE_FIELDS = (
    "key", "name", "media_type", "size", "kind", "alt", "width", "height", "thumb_width", "thumb_height", "color",
    "state", "refusal",
)  # fmt: skip
IMAGE_FIELDS = ("key", "thumb_width", "thumb_height")

_OF_MESSAGES = {"message__in": ParamList("messages", Message._meta.pk)}
REACTIONS = CompiledQuery(
    lambda: Reaction.objects.on(ParamList("messages", Message._meta.pk)).values_list("message_id", "emoji", "person_id")
)
ATTACHED = CompiledQuery(
    lambda: (
        Attachment.objects.filter(**_OF_MESSAGES)
        .order_by("message_id", "position")
        .values_list("message_id", *(f"file__{name}" for name in FILE_FIELDS))
    )
)
PREVIEWED = CompiledQuery(
    lambda: (
        Preview.objects.filter(**_OF_MESSAGES, hidden_at=None)
        .order_by("message_id", "pk")
        .values_list("message_id", "url", "title", "description", "site", *(f"image__{name}" for name in IMAGE_FIELDS))
    )
)
_file_values = attrgetter(*FILE_FIELDS)


# A message, with its bits of `Has`.
Found = tuple[int | None, protocol.MessageData]
Parts = dict[int, dict[str, list[Any]]]


def complete(found: Sequence[Found]) -> list[protocol.MessageData]:
    """Return the messages with all their parts. A deleted message has none."""
    reactions = _by_message(REACTIONS, [it.id for _, it in found])
    return _with(found, {message_id: {"reactions": by_emoji(rows)} for message_id, rows in reactions.items()})


def with_files(found: Sequence[Found], known: Mapping[int, Sequence[File]]) -> list[protocol.MessageData]:
    """Return messages that have their reactions already with their files and previews.

    `known` are files that have been read already, by message.
    """
    if not any(has for has, _ in found):
        return [it for _, it in found]
    return _with(found, {message_id: {"files": [*map(file, files)]} for message_id, files in known.items()})


def _with(found: Sequence[Found], parts: Parts) -> list[protocol.MessageData]:
    with_files = [
        it.id for has, it in found if has and has & FILES and not it.deleted and "files" not in parts.get(it.id, ())
    ]
    for message_id, files in _by_message(ATTACHED, with_files).items():
        parts.setdefault(message_id, {})["files"] = [_file(*values) for values in files]
    with_previews = {it.id: it.html for has, it in found if has and has & PREVIEWS and not it.deleted}
    for message_id, previews in _by_message(PREVIEWED, with_previews).items():
        shown = [_preview(*values) for values in previews]
        parts.setdefault(message_id, {})["previews"] = _in_order_of_links(shown, with_previews[message_id])
    return [structs.replace(it, **parts[it.id]) if it.id in parts and not it.deleted else it for _, it in found]


def file(row: File) -> protocol.FileData:
    """Serialize one file."""
    return _file(*_file_values(row))


def by_emoji(reactions: Iterable[tuple[str, int]]) -> list[protocol.ReactionData]:
    """Group reactions, each an emoji and a person. Forms of one emoji that earlier releases stored apart are one."""
    people: dict[str, dict[int, None]] = {}
    for emoji, person_id in reactions:
        people.setdefault(canonical_emoji(emoji), {})[person_id] = None
    return [protocol.ReactionData(emoji=emoji, people=list(ids)) for emoji, ids in people.items()]


def _by_message(query: CompiledQuery[Any], messages: Collection[int]) -> dict[int, list[tuple[Any, ...]]]:
    """Return the rows of a query for each message, without the message's id. No messages take no query."""
    rows: dict[int, list[tuple[Any, ...]]] = {}
    for message_id, *values in query.rows(messages=messages) if messages else ():
        rows.setdefault(message_id, []).append(tuple(values))
    return rows


def _in_order_of_links(previews: list[protocol.PreviewData], html: str) -> list[protocol.PreviewData]:
    """Return the previews of a message in the order of its links. They were made in the order of the answers."""
    if len(previews) < 2:
        return previews
    place = {url: number for number, url in enumerate(previewed_links(html))}
    return sorted(previews, key=lambda it: place.get(it.url, len(place)))


def _file(key: str, name: str, media_type: str, size: int, kind: str, alt: str, *of_picture: Any) -> protocol.FileData:
    width, height, thumb_width, thumb_height, color, state, refusal = of_picture
    return protocol.FileData(
        key=key,
        name=name,
        type=media_type or "application/octet-stream",
        size=size,
        kind=kind,
        alt=alt,
        width=width,
        height=height,
        thumb=(thumb_width, thumb_height) if thumb_width and thumb_height else None,
        color=color,
        # The same string as the default, which is left out.
        state=READY if state == READY else state,
        refusal=refusal,
    )


def _preview(url: str, title: str, description: str, site: str, *of_image: Any) -> protocol.PreviewData:
    key, width, height = of_image
    thumb = (width, height) if width and height else None
    return protocol.PreviewData(url, title, description, site, image=key if key and thumb else "", thumb=thumb)
