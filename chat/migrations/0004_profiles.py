"""Profiles, and sessions that know whose they are.

Everything is added with a default of the database's own, so that the code before can go on writing.
"""

import django.db.models.deletion
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.db import migrations, models
from django.utils import timezone

BATCH = 1000
LEVELS = [("all", "Everything"), ("mentions", "Only what mentions me"), ("nothing", "Nothing")]
THEMES = [("system", "Automatic"), ("light", "Light"), ("dark", "Dark")]


class TakeOver(migrations.CreateModel):
    """A model whose table may be there already, made by an app that is installed no more, and stays for that app."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        table = to_state.apps.get_model(app_label, self.name)._meta.db_table
        with schema_editor.connection.cursor() as cursor:
            is_there = table in schema_editor.connection.introspection.table_names(cursor)
        if not is_there:
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass


def name_people(apps, schema_editor):
    """Say of each session that is still good whose it is."""
    sessions = apps.get_model("chat", "Session").objects.filter(expire_date__gt=timezone.now())
    decode, last = SessionStore().decode, ""
    while batch := list(sessions.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        for session in batch:
            session.person_id = decode(session.session_data).get(SESSION_KEY)
        sessions.bulk_update([session for session in batch if session.person_id], ["person"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_person_is_plain")]

    operations = [
        migrations.AddField("person", "color", models.PositiveSmallIntegerField(blank=True, null=True)),
        migrations.AddField(
            "person", "theme", models.CharField(choices=THEMES, db_default="system", default="system", max_length=6)
        ),
        migrations.AddField(
            "person",
            "notify",
            models.CharField(
                choices=LEVELS, db_default="all", default="all", max_length=8, verbose_name="notifications"
            ),
        ),
        migrations.AddField(
            "membership",
            "notify",
            models.CharField(blank=True, choices=LEVELS, max_length=8, null=True, verbose_name="notifications"),
        ),
        migrations.AddField("token", "last_used_at", models.DateTimeField(blank=True, null=True)),
        TakeOver(
            "Session",
            [
                (
                    "session_key",
                    models.CharField(max_length=40, primary_key=True, serialize=False, verbose_name="session key"),
                ),
                ("session_data", models.TextField(verbose_name="session data")),
                ("expire_date", models.DateTimeField(db_index=True, verbose_name="expire date")),
            ],
            options={
                "verbose_name": "session",
                "verbose_name_plural": "sessions",
                "db_table": "django_session",
                "abstract": False,
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            "session",
            "person",
            models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="sessions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            "session", "user_agent", models.CharField(blank=True, db_default="", default="", max_length=200)
        ),
        migrations.AddField("session", "seen_at", models.DateTimeField(blank=True, null=True)),
        migrations.RunPython(name_people, migrations.RunPython.noop),
    ]
