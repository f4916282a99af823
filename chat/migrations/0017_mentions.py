"""The time of a room's last @room, and mentions only where there is a message that the person may read."""

from django.db import migrations, models
from django.db.models import Exists, OuterRef, Q


def remove_stale_mentions(apps, schema_editor):
    """Delete the mentions of deleted messages, and of people who may not read the room."""
    mention, message, membership = (apps.get_model("chat", it) for it in ("Mention", "Message", "Membership"))
    deleted = message.objects.filter(room=OuterRef("room"), seq=OuterRef("seq")).exclude(deleted_at=None)
    own = membership.objects.filter(room=OuterRef("room"), person=OuterRef("person"))
    is_member = Exists(own.filter(left_at=None, banned_at=None))
    no_access = Exists(own.exclude(banned_at=None)) | (~Q(room__visibility="public") & ~is_member)
    stale = mention.objects.filter(Exists(deleted) | (Q(person__isnull=False) & no_access))
    mention.objects.filter(pk__in=stale.values("pk")).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0016_belonging"),
    ]

    operations = [
        migrations.AddField(
            model_name="roomhead",
            name="room_mention_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.RunPython(remove_stale_mentions, migrations.RunPython.noop),
    ]
