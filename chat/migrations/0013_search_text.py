"""Columns for searching without accents: the words of a message where its body is not enough, and the name of a person.

`chat.text.words` says what the words are. The previous release runs beside this one. It writes no `search_text`, so the
index then has the body, as before. An edit by that release leaves an old `search_text`, so the database clears it.
`manage.py searchindex` fills in what is missing when that release has stopped.

A later migration that has SQLite make `chat_message` anew has to `drop_sqlite` before and `create_sqlite` after.
"""

from importlib import import_module

from django.db import migrations, models

before = import_module("chat.migrations.0005_search")

# ---- SQLite

COLUMNS = "id, coalesce(search_text, body) AS body, 'room' || room_id || ' by' || ifnull(author_id, 0) AS place"
VIEW = f"CREATE VIEW chat_searchable AS SELECT {COLUMNS} FROM chat_message WHERE deleted_at IS NULL"

# FTS5 forgets a row only when it is told again what it was told of it.
FORGET = """
INSERT INTO chat_search (chat_search, rowid, body, place)
SELECT 'delete', old.id, coalesce(old.search_text, old.body), 'room' || old.room_id || ' by' || ifnull(old.author_id, 0)
WHERE old.deleted_at IS NULL;
"""
# The view has the row as it is after CLEAR.
LEARN = "INSERT INTO chat_search (rowid, body, place) SELECT id, body, place FROM chat_searchable WHERE id = new.id;"
IS_STALE = "old.body IS NOT new.body AND new.search_text IS NOT NULL AND old.search_text IS new.search_text"
# This does not start the trigger again, since SQLite's triggers are not recursive.
CLEAR = f"UPDATE chat_message SET search_text = NULL WHERE id = new.id AND {IS_STALE};"

TRIGGERS = [
    f"CREATE TRIGGER chat_search_insert AFTER INSERT ON chat_message BEGIN {LEARN} END",
    f"CREATE TRIGGER chat_search_delete AFTER DELETE ON chat_message BEGIN {FORGET} END",
    f"""
    CREATE TRIGGER chat_search_update
    AFTER UPDATE OF body, search_text, deleted_at, room_id, author_id ON chat_message
    WHEN old.body IS NOT new.body OR old.search_text IS NOT new.search_text
        OR (old.deleted_at IS NULL) IS NOT (new.deleted_at IS NULL)
        OR old.room_id IS NOT new.room_id OR old.author_id IS NOT new.author_id
    BEGIN {FORGET} {CLEAR} {LEARN} END
    """,
]

# ---- PostgreSQL

CLEAR_FUNCTION = """
CREATE OR REPLACE FUNCTION chat_search_clear() RETURNS trigger
LANGUAGE plpgsql AS $$ BEGIN NEW.search_text := NULL; RETURN NEW; END $$
"""
CLEAR_TRIGGER = """
CREATE TRIGGER chat_search_clear BEFORE UPDATE OF body ON chat_message FOR EACH ROW
WHEN (OLD.body IS DISTINCT FROM NEW.body AND NEW.search_text IS NOT NULL AND OLD.search_text = NEW.search_text)
EXECUTE FUNCTION chat_search_clear()
"""
DROP_TRIGGER = "DROP TRIGGER IF EXISTS chat_search_clear ON chat_message"


def create_sqlite(apps, schema_editor):
    """Create the whole index. What is written meanwhile waits for it."""
    if schema_editor.connection.vendor == "sqlite":
        for statement in [VIEW, before.TABLE, *TRIGGERS, before.REBUILD]:
            schema_editor.execute(statement, params=None)


drop_sqlite = before.drop_sqlite


def change_sqlite(apps, schema_editor):
    """Change the view and the triggers. The index stays: without any `search_text`, its contents are the same."""
    _replace(schema_editor, [VIEW, *TRIGGERS])


def change_back_sqlite(apps, schema_editor):
    _replace(schema_editor, [before.VIEW, *before.TRIGGERS, before.REBUILD])


def _replace(schema_editor, statements):
    if schema_editor.connection.vendor == "sqlite":
        for name in ("insert", "delete", "update"):
            schema_editor.execute(f"DROP TRIGGER IF EXISTS chat_search_{name}", params=None)
        for statement in ["DROP VIEW chat_searchable", *statements]:
            schema_editor.execute(statement, params=None)


def create_trigger(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in [CLEAR_FUNCTION, DROP_TRIGGER, CLEAR_TRIGGER]:
            schema_editor.execute(statement, params=None)


def drop_trigger(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in [DROP_TRIGGER, "DROP FUNCTION IF EXISTS chat_search_clear"]:
            schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("chat", "0012_wording")]

    operations = [
        migrations.AddField("message", "search_text", models.TextField(null=True, editable=False)),
        migrations.AddField(
            "person", "search_name", models.CharField(db_index=True, editable=False, max_length=160, null=True)
        ),
        migrations.RunPython(change_sqlite, change_back_sqlite),
        migrations.RunPython(create_trigger, drop_trigger),
    ]
