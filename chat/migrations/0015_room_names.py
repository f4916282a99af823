"""Rooms are found without the accents of their names, as people are."""

from importlib import import_module

from django.db import migrations, models

fill = import_module("chat.migrations.0014_search_words").fill_names


def fill_rooms(apps, schema_editor):
    fill(apps.get_model("chat", "Room"))


class Migration(migrations.Migration):
    dependencies = [("chat", "0014_search_words")]

    operations = [
        migrations.AddField(
            "room", "search_name", models.CharField(db_index=True, editable=False, max_length=160, null=True)
        ),
        migrations.RunPython(fill_rooms, migrations.RunPython.noop),
    ]
