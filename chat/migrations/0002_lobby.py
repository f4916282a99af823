"""The first room, with a welcome, and the database's epoch."""

import secrets
import uuid

from django.db import migrations

WELCOME = "Welcome. Messages here are saved, and everyone in the room sees them at once."


def open_lobby(apps, schema_editor):
    Epoch = apps.get_model("chat", "Epoch")
    Room, RoomHead = apps.get_model("chat", "Room"), apps.get_model("chat", "RoomHead")
    Message = apps.get_model("chat", "Message")
    Epoch.objects.create(pk=1, value=secrets.token_hex(6))
    room = Room.objects.create(slug="lobby", name="Lobby", topic="For everyone")
    RoomHead.objects.create(room=room, seq=1, rev=1)
    Message.objects.create(
        room=room, seq=1, rev=1, client_id=uuid.uuid4(), fingerprint="", body=WELCOME, html=f"<p>{WELCOME}</p>"
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0001_initial")]

    operations = [migrations.RunPython(open_lobby, migrations.RunPython.noop)]
