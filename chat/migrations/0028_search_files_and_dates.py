"""The search index with the month of a message and what it has, such as a file.

Each message has the words `m202611`, for November 2026 in UTC, and `has1` to `has16`, the bits of `Has`. The previous
release runs beside this one, and its queries do not notice more words.

SQLite builds its index anew in one transaction, because FTS5 forgets a row only when it is told again what it was told
of it. Writers wait meanwhile. PostgreSQL builds another index beside everything that is written. Its former index stays
for workers of the previous release, until `manage.py searchindex` drops it.

A later migration that has SQLite make `chat_message` anew has to `drop_sqlite` before and `create_sqlite` after.
"""

from importlib import import_module

from django.db import migrations

first = import_module("chat.migrations.0005_search")
texts = import_module("chat.migrations.0013_search_text")
former = import_module("chat.migrations.0014_search_words")

BITS = (1, 2, 4, 8, 16)

# ---- SQLite


def _place(row):
    """Return the expression of a row's words that nobody writes. SQLite has dates as text, in UTC."""
    bits = " || ".join(f"iif({row}has & {bit}, ' has{bit}', '')" for bit in BITS)
    month = f"substr({row}created_at, 1, 4) || substr({row}created_at, 6, 2)"
    return (
        f"'room' || {row}room_id || ' by' || ifnull({row}author_id, 0) || ' m' || {month}"
        f" || iif({row}has, {bits}, '')"
    )


VIEW = (
    f"CREATE VIEW chat_searchable AS SELECT id, coalesce(search_text, body) AS body, {_place('')} AS place "
    "FROM chat_message WHERE deleted_at IS NULL"
)
FORGET = f"""
INSERT INTO chat_search (chat_search, rowid, body, place)
SELECT 'delete', old.id, coalesce(old.search_text, old.body), {_place("old.")} WHERE old.deleted_at IS NULL;
"""
WATCHED = ("body", "search_text", "room_id", "author_id", "has", "created_at")
IS_CHANGED = " OR ".join(f"old.{name} IS NOT new.{name}" for name in WATCHED)
TRIGGERS = [
    f"CREATE TRIGGER chat_search_insert AFTER INSERT ON chat_message BEGIN {texts.LEARN} END",
    f"CREATE TRIGGER chat_search_delete AFTER DELETE ON chat_message BEGIN {FORGET} END",
    f"""
    CREATE TRIGGER chat_search_update AFTER UPDATE OF {", ".join(WATCHED)}, deleted_at ON chat_message
    WHEN {IS_CHANGED} OR (old.deleted_at IS NULL) IS NOT (new.deleted_at IS NULL)
    BEGIN {FORGET} {texts.CLEAR} {texts.LEARN} END
    """,
]

# ---- PostgreSQL

# The month is that of a time without a zone, because only such an expression may be in an index.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION chat_search_terms(
    search_text text, body text, room bigint, author bigint, has smallint, created_at timestamptz
) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', CASE WHEN search_text IS NOT NULL THEN search_text ELSE translate(
        CASE WHEN octet_length(body) = length(body) THEN body
        ELSE regexp_replace(normalize(body, NFD), '[\u0300-\u036f]', '', 'g') END,
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    ) END) || array_to_tsvector(ARRAY[
        'room:' || room::text, 'by:' || coalesce(author, 0)::text,
        'm:' || (extract(year from timezone('UTC', created_at)) * 100
            + extract(month from timezone('UTC', created_at)))::int::text
    ] || CASE WHEN has IS NULL THEN '{}' ELSE array_remove(ARRAY[HAS], NULL) END)
$$
""".replace("HAS", ", ".join(f"CASE WHEN has & {bit} <> 0 THEN 'has:{bit}' END" for bit in BITS))
# As for the index of 0005: a small pending list keeps searches and posts short.
INDEX = """
CREATE INDEX CONCURRENTLY chat_search_terms ON chat_message
USING gin (chat_search_terms(search_text, body, room_id, author_id, has, created_at))
WITH (gin_pending_list_limit = 512) WHERE deleted_at IS NULL
"""


def create_sqlite(apps, schema_editor):
    """Create the whole index. What is written meanwhile waits for it."""
    _create(schema_editor, VIEW, TRIGGERS)


drop_sqlite = first.drop_sqlite


def change_sqlite(apps, schema_editor):
    drop_sqlite(apps, schema_editor)
    create_sqlite(apps, schema_editor)


def change_back_sqlite(apps, schema_editor):
    drop_sqlite(apps, schema_editor)
    _create(schema_editor, texts.VIEW, texts.TRIGGERS)


def _create(schema_editor, view, triggers):
    if schema_editor.connection.vendor == "sqlite":
        for statement in [view, first.TABLE, *triggers, first.REBUILD]:
            schema_editor.execute(statement, params=None)


def create_postgresql(apps, schema_editor):
    """Create the index beside everything that is written meanwhile. A new database does not need the former one."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in [FUNCTION, "DROP INDEX CONCURRENTLY IF EXISTS chat_search_terms", INDEX]:
            schema_editor.execute(statement, params=None)
        if not apps.get_model("chat", "Message").objects.exists():
            schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS chat_search_words", params=None)


def drop_postgresql(apps, schema_editor):
    """Create the former index again, which may be gone, and drop this one."""
    former.create_postgresql(apps, schema_editor)
    drop_postgresql_index(apps, schema_editor)


def drop_postgresql_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in [
            "DROP INDEX CONCURRENTLY IF EXISTS chat_search_terms",
            "DROP FUNCTION IF EXISTS chat_search_terms",
        ]:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    atomic = False  # an index that is built beside the work needs to be outside of a transaction

    dependencies = [("chat", "0027_avatars")]

    operations = [
        migrations.RunPython(change_sqlite, change_back_sqlite, atomic=True),
        migrations.RunPython(create_postgresql, drop_postgresql, atomic=False),
    ]
