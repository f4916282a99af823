"""The rows of imported messages, appended to a room's log with few statements."""

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models

from chat import broadcast
from chat.actions.files.attaching import bits_of, texts_of
from chat.actions.rendered_body import RenderedBody, paths_by_slug, people_by_name, render_body
from chat.errors import ActionError
from chat.models import Attachment, Epoch, File, Has, Message, Preview, Reaction, RoomHead
from chat.protocol import Code
from chat.text import cleaning
from chat.text.words import index_text

# SQLite writes the full-text index after each statement, so a statement per row would take several times as long.
ROWS_PER_STATEMENT = 100
# Bodies up to this length are rendered once, because short texts are often repeated.
CACHED_BODY_LENGTH = 500


class Author(Protocol):
    """A person, or what is known of one: the id."""

    @property
    def pk(self) -> int: ...


class Entry(NamedTuple):
    """A message to import. `reply_to` is the index, from 0, of an earlier entry of the same import.

    `files` are uploads that no message has, saved or not. `previews` have no message yet.
    """

    author: Author | None
    body: str
    created_at: datetime
    reply_to: int | None = None
    edited_at: datetime | None = None
    deleted_at: datetime | None = None
    reactions: Sequence[tuple[Author, str]] = ()
    files: Sequence[File] = ()
    previews: Sequence[Preview] = ()


class Placed(NamedTuple):
    """An entry with its text as it is stored, its place in the log, and the place of the message that it answers."""

    entry: Entry
    rendered: RenderedBody
    client_id: UUID
    seq: int
    reply_to: int | None


FIELDS = (
    "room", "seq", "rev", "client_id", "fingerprint", "author",
    "body", "html", "search_text", "reply_to", "created_at", "edited_at", "deleted_at", "has",
)  # fmt: skip


def append(head: RoomHead, placed: Sequence[Placed]) -> None:
    """Append messages to the log of a locked head, in the order of their places, and publish that it has moved.

    They have no fingerprint, so they notify no one.
    """
    insert(Message, FIELDS, _rows(head, placed))
    _add_parts(head, placed)
    newest = max(it.entry.created_at for it in placed)
    head.active_at = newest if head.seq == 0 else max(head.active_at, newest)
    head.seq = placed[-1].seq
    head.rev += len(placed)
    head.save(update_fields=["seq", "rev", "active_at"])
    broadcast.publish(broadcast.moved(head.room_id, Epoch.current(), head.rev))


def rendered(bodies: Iterable[str], limit: int, *, names_all: bool = False) -> list[RenderedBody]:
    """Return the bodies as they are stored, and refuse one that could not be posted.

    With `names_all`, empty ones are allowed, and they also mention people whose accounts are not active.
    """
    found = [_render(body, limit, may_be_empty=names_all) for body in bodies]
    named, rooms = people_by_name(found, only_active=not names_all), paths_by_slug(found)
    return [body.with_mentions(named, rooms) for body in found]


def _render(body: str, limit: int, *, may_be_empty: bool) -> RenderedBody:
    render = _render_cached if len(body) <= CACHED_BODY_LENGTH else render_body
    return render(body, limit, may_be_empty=may_be_empty)


_render_cached = functools.lru_cache(maxsize=5_000)(render_body)


def _rows(head: RoomHead, placed: Sequence[Placed]) -> Iterator[tuple[Any, ...]]:
    for rev, (entry, body, client_id, seq, reply_to) in enumerate(placed, head.rev + 1):
        has, search_text = body.has, body.search_text
        if entry.files or entry.previews:
            has |= bits_of(entry.files) | (Has.PREVIEW.value if entry.previews else 0)
            titles = [it.title for it in entry.previews if it.hidden_at is None]
            search_text = index_text(body.body, *texts_of(entry.files), *titles)
        yield (
            head.room_id,
            seq,
            rev,
            client_id,
            "",
            entry.author.pk if entry.author else None,
            body.body,
            body.html,
            search_text,
            reply_to,
            entry.created_at,
            entry.edited_at,
            entry.deleted_at,
            has or None,
        )


def _add_parts(head: RoomHead, placed: Sequence[Placed]) -> None:
    """Add the reactions, files and previews of the new messages. No statement if there are none."""
    seqs = [it.seq for it in placed if it.entry.reactions or it.entry.files or it.entry.previews]
    if not seqs:
        return
    messages = Message.objects.filter(room_id=head.room_id, seq__gte=seqs[0], seq__lte=seqs[-1])
    ids: Mapping[int, int] = dict(messages.values_list("seq", "pk"))
    _add_reactions((ids[it.seq], it.entry.reactions) for it in placed if it.entry.reactions)
    files = [(ids[it.seq], it.entry.files) for it in placed if it.entry.files]
    Attachment.objects.bulk_create(
        Attachment(message_id=message, file=file, position=position)
        for message, its in files
        for position, file in enumerate(its)
    )
    previews = [(ids[it.seq], preview) for it in placed for preview in it.entry.previews]
    for message, preview in previews:
        preview.message_id = message
    Preview.objects.bulk_create(preview for _, preview in previews)


def _add_reactions(reacted: Iterable[tuple[int, Sequence[tuple[Author, str]]]]) -> None:
    rows: dict[tuple[int, int, str], None] = {}
    for message, reactions in reacted:
        for person, emoji in reactions:
            if not cleaning.is_emoji(emoji):
                raise ActionError(Code.BAD_FRAME, "A reaction must be a single emoji.")
            rows[message, person.pk, cleaning.canonical_emoji(emoji)] = None
    insert(Reaction, ("message", "person", "emoji"), rows)


def insert(model: type[models.Model], names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of values in the order of the named fields. Several times as fast as `bulk_create` with objects."""
    columns = [column for name in names if isinstance(column := model._meta.get_field(name), models.Field)]
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    into = ", ".join(quote(it.column or name) for it, name in zip(columns, names, strict=True))
    row_marks = f"({', '.join('%s' for _ in columns)})"
    prepared = _prepared(columns, rows)
    with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
        while portion := list(itertools.islice(prepared, ROWS_PER_STATEMENT)):
            marks = ", ".join([row_marks] * len(portion))
            statement = f"INSERT INTO {quote(model._meta.db_table)} ({into}) VALUES {marks}"  # noqa: S608 (names only)
            cursor.execute(statement, list(itertools.chain.from_iterable(portion)))


def _prepared(columns: Sequence[models.Field], rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Yield rows with values as the database's driver takes them."""
    database = connections[DEFAULT_DB_ALIAS]
    to_convert = [i for i, it in enumerate(columns) if isinstance(it, models.DateTimeField | models.UUIDField)]
    for row in rows:
        values = list(row)
        for i in to_convert:
            if values[i] is not None:
                values[i] = columns[i].get_db_prep_value(values[i], database, prepared=True)
        yield values
