"""Memberships that can be left or starred, default rooms, kinds of mentions, and bookmarks."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


def make_lobby_default(apps, schema_editor):
    apps.get_model("chat", "Room").objects.filter(slug="lobby", visibility="public").update(is_default=True)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0015_room_names"),
    ]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveBigIntegerField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("note", models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.AddField(
            model_name="membership",
            name="floor_seq",
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name="hidden up to"),
        ),
        migrations.AddField(
            model_name="membership",
            name="left_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="starred_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="mention",
            name="kind",
            field=models.PositiveSmallIntegerField(
                choices=[(1, "Name"), (2, "Room"), (3, "Reply")], db_default=1, default=1
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="text_rev",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="room",
            name="is_default",
            field=models.BooleanField(db_default=False, default=False, verbose_name="new accounts join"),
        ),
        migrations.AddField(
            model_name="room",
            name="room_mentions",
            field=models.CharField(
                choices=[("moderators", "Moderators"), ("everyone", "Everyone")],
                db_default="moderators",
                default="moderators",
                max_length=10,
                verbose_name="who may write @room",
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="code",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="mention",
            name="person",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="mentions",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("banned_at", None), ("left_at", None)), fields=["room"], name="current_members"
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(
                models.F("person"), models.OrderBy(models.F("id"), descending=True), name="mentions_newest"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(
                condition=models.Q(("person", None)), fields=("room", "seq"), name="one_room_mention_per_message"
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="bookmarks", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="room",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chat.room"),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.UniqueConstraint(fields=("person", "room", "seq"), name="one_bookmark_per_message"),
        ),
        migrations.RunPython(make_lobby_default, migrations.RunPython.noop),
    ]
