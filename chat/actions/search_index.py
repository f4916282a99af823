"""Filling in what the search needs and a worker of an older release has not written."""

from collections.abc import Iterator

from django.db import connection, transaction

from chat.actions.rendered_body import TEXT_BITS, text_bits
from chat.models import Message, Person, Room
from chat.models.names import NamedQuerySet
from chat.search.attached_texts import attached_texts
from chat.text.words import index_text

# Rows of one transaction.
BATCH = 1000
# Those of the migrations 0005 and 0014.
FORMER_INDEXES = ("chat_search", "chat_search_words")
# A text that was edited meanwhile has its words and bits already. The bits of files and previews stay.
UPDATE = f"""
UPDATE {Message._meta.db_table} SET search_text = %s, has = nullif((coalesce(has, 0) & ~{TEXT_BITS}) | %s, 0)
WHERE id = %s AND body = %s
"""  # noqa: S608


def complete() -> int:
    """Set the words of all messages and all names, and whether messages have links and code, by the current rules.

    Return how many were changed. Clients do not get these columns, so no message gets a new revision.
    Each transaction has at most `BATCH` rows, so that people can post in between. After an interruption, another call
    continues. On PostgreSQL this also drops the indexes that only earlier releases use.
    """
    changed = sum(_messages()) + sum(_names(Person.objects.all())) + sum(_names(Room.objects.all()))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for name in FORMER_INDEXES:
                cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
    return changed


def _messages() -> Iterator[int]:
    """Set `search_text` and the bits of the text of all messages. Yield the number of changed rows of each batch."""
    rows, last = Message.objects.order_by("pk").values_list("pk", "body", "html", "search_text", "has"), 0
    while page := list(rows.filter(pk__gt=last)[:BATCH]):
        last = page[-1][0]
        others = attached_texts({pk: has for pk, *_, has in page})
        stale = [
            (text, bits, pk, body)
            for pk, body, html, stored, has in page
            if ((text := index_text(body, *others.get(pk, ()))), (bits := text_bits(html)))
            != (stored and stored.rstrip(), (has or 0) & TEXT_BITS)
        ]
        if stale:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.executemany(UPDATE, stale)
        yield len(stale)


def _names(named: NamedQuerySet) -> Iterator[int]:
    rows, last = named.order_by("pk").only("name", "search_name"), 0
    while page := list(rows.filter(pk__gt=last)[:BATCH]):
        last = page[-1].pk
        changed = 0
        for row in page:
            stored = row.search_name
            row.set_search_name()
            if row.search_name != stored:
                changed += named.filter(pk=row.pk, name=row.name).update(search_name=row.search_name)
        yield changed
