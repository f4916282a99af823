"""Fill the columns of 0013, and build PostgreSQL's index of the words.

PostgreSQL's former index stays for workers of the previous release, until `manage.py searchindex` drops it.
"""

from importlib import import_module

from django.db import migrations, transaction

from chat.text.folding import unaccented
from chat.text.words import index_text

before = import_module("chat.migrations.0005_search")

# Rows of one transaction.
BATCH = 1000

# Stored words need no more than to be split at spaces. Rows of the previous release are split as that release does it.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION chat_search_words(search_text text, body text, room bigint, author bigint) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple', CASE WHEN search_text IS NOT NULL THEN search_text ELSE translate(
        CASE WHEN octet_length(body) = length(body) THEN body
        ELSE regexp_replace(normalize(body, NFD), '[\u0300-\u036f]', '', 'g') END,
        '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    ) END) || array_to_tsvector(ARRAY['room:' || room::text, 'by:' || coalesce(author, 0)::text])
$$
"""
# As for the index of 0005: a small pending list keeps searches and posts short.
INDEX = """
CREATE INDEX CONCURRENTLY chat_search_words ON chat_message
USING gin (chat_search_words(search_text, body, room_id, author_id)) WITH (gin_pending_list_limit = 512)
WHERE deleted_at IS NULL
"""


def create_postgresql(apps, schema_editor):
    """Create the index beside everything that is written meanwhile. A new database does not need the former one."""
    if schema_editor.connection.vendor == "postgresql":
        for statement in [FUNCTION, "DROP INDEX CONCURRENTLY IF EXISTS chat_search_words", INDEX]:
            schema_editor.execute(statement, params=None)
        if not apps.get_model("chat", "Message").objects.exists():
            schema_editor.execute("DROP INDEX CONCURRENTLY IF EXISTS chat_search", params=None)


def drop_postgresql(apps, schema_editor):
    """Create the former index again, which may be gone, and drop this one."""
    before.create_postgresql(apps, schema_editor)
    drop_postgresql_index(apps, schema_editor)


def drop_postgresql_index(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for statement in [
            "DROP INDEX CONCURRENTLY IF EXISTS chat_search_words",
            "DROP FUNCTION IF EXISTS chat_search_words",
        ]:
            schema_editor.execute(statement, params=None)


def fill_messages(apps, schema_editor):
    """Each batch is one transaction, so people can post in between."""
    Message = apps.get_model("chat", "Message")
    last = 0
    while rows := list(Message.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "body")[:BATCH]):
        last = rows[-1][0]
        values = [(text, pk, body) for pk, body in rows if (text := index_text(body)) is not None]
        with transaction.atomic(), schema_editor.connection.cursor() as cursor:
            cursor.executemany("UPDATE chat_message SET search_text = %s WHERE id = %s AND body = %s", values)


def fill_people(apps, schema_editor):
    fill_names(apps.get_model("chat", "Person"))


def fill_names(model):
    last = 0
    while rows := list(model.objects.filter(pk__gt=last).order_by("pk").only("pk", "name")[:BATCH]):
        last = rows[-1].pk
        for row in rows:
            row.search_name = unaccented(row.name)[:160]
        model.objects.bulk_update(rows, ["search_name"], batch_size=100)


class Migration(migrations.Migration):
    atomic = False  # an index that is built beside the work needs to be outside of a transaction

    dependencies = [("chat", "0013_search_text")]

    operations = [
        migrations.RunPython(fill_messages, migrations.RunPython.noop, atomic=False),
        migrations.RunPython(fill_people, migrations.RunPython.noop, atomic=False),
        migrations.RunPython(create_postgresql, drop_postgresql, atomic=False),
    ]
