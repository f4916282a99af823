"""An index of the words people wrote, which the database keeps by itself: nothing that posts, edits or deletes knows it.

A migration that has SQLite make `chat_message` anew has to `drop_sqlite` before and `create_sqlite` after: the triggers
go with the old table. The view makes it fail where that was forgotten.
"""

from django.db import migrations

# What belongs into the index, as SQLite sees it when it builds the index from nothing.
VIEW = """
CREATE VIEW chat_searchable AS
SELECT id, body, 'room' || room_id || ' by' || ifnull(author_id, 0) AS place
FROM chat_message WHERE deleted_at IS NULL
"""

# It holds no text of its own, and no sizes, which only an order by relevance would need.
TABLE = """
CREATE VIRTUAL TABLE chat_search USING fts5(
    body, place, content='chat_searchable', content_rowid='id', columnsize=0,
    tokenize='unicode61 remove_diacritics 2'
)
"""

# FTS5 forgets a row only when it is told again what it was told of it.
FORGET = """
INSERT INTO chat_search (chat_search, rowid, body, place)
SELECT 'delete', old.id, old.body, 'room' || old.room_id || ' by' || ifnull(old.author_id, 0)
WHERE old.deleted_at IS NULL;
"""
LEARN = """
INSERT INTO chat_search (rowid, body, place)
SELECT new.id, new.body, 'room' || new.room_id || ' by' || ifnull(new.author_id, 0)
WHERE new.deleted_at IS NULL;
"""

# Most updates only move a message to another revision: those leave the index alone.
TRIGGERS = [
    f"CREATE TRIGGER chat_search_insert AFTER INSERT ON chat_message BEGIN {LEARN} END",
    f"CREATE TRIGGER chat_search_delete AFTER DELETE ON chat_message BEGIN {FORGET} END",
    f"""
    CREATE TRIGGER chat_search_update AFTER UPDATE OF body, deleted_at, room_id, author_id ON chat_message
    WHEN old.body IS NOT new.body OR (old.deleted_at IS NULL) IS NOT (new.deleted_at IS NULL)
        OR old.room_id IS NOT new.room_id OR old.author_id IS NOT new.author_id
    BEGIN {FORGET} {LEARN} END
    """,
]
REBUILD = "INSERT INTO chat_search (chat_search) VALUES ('rebuild')"

# Words as FTS5 has them: without accents, cut at every sign, an address or a version no less than a sentence. The words
# of `place` cannot be written by anybody, since no word has a colon.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION chat_search_vector(body text, room bigint, author bigint) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', translate(
        CASE WHEN octet_length(body) = length(body) THEN body
        ELSE regexp_replace(normalize(body, NFD), '[\u0300-\u036f]', '', 'g') END,
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    )) || array_to_tsvector(ARRAY['room:' || room::text, 'by:' || coalesce(author, 0)::text])
$$
"""
# What is not merged into the index yet is read through by every search, and one post in many pays for the merge: a
# small heap of it keeps both short.
INDEX = """
CREATE INDEX CONCURRENTLY chat_search ON chat_message
USING gin (chat_search_vector(body, room_id, author_id)) WITH (gin_pending_list_limit = 512)
WHERE deleted_at IS NULL
"""


def create_sqlite(apps, schema_editor):
    """In one transaction: what is written meanwhile waits for it."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in [VIEW, TABLE, *TRIGGERS, REBUILD]:
            schema_editor.execute(statement, params=None)


def drop_sqlite(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_search_{name}", params=None)
        schema_editor.execute("DROP TABLE IF EXISTS chat_search", params=None)
        schema_editor.execute("DROP VIEW IF EXISTS chat_searchable", params=None)


def create_postgresql(apps, schema_editor):
    """Beside everything that is written meanwhile. What an attempt that was cut off has left is made anew."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in [FUNCTION, "DROP INDEX CONCURRENTLY IF EXISTS chat_search", INDEX]:
            schema_editor.execute(statement, params=None)


def drop_postgresql(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS chat_search", params=None)
        schema_editor.execute("DROP FUNCTION IF EXISTS chat_search_vector", params=None)


class Migration(migrations.Migration):
    atomic = False  # an index that is built beside the work needs to be outside of a transaction

    dependencies = [("chat", "0004_profiles")]

    operations = [
        migrations.RunPython(create_sqlite, drop_sqlite, atomic=True),
        migrations.RunPython(create_postgresql, drop_postgresql, atomic=False),
    ]
