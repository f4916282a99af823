"""Invitations, requests to join, and blocks."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0019_pending_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Block",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("expires_at", models.DateTimeField()),
                ("max_uses", models.PositiveIntegerField(blank=True, null=True)),
                ("uses", models.PositiveIntegerField(default=0)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "role",
                    models.CharField(
                        choices=[("member", "member"), ("moderator", "moderator"), ("owner", "owner")],
                        default="member",
                        max_length=9,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=80)),
            ],
        ),
        migrations.CreateModel(
            name="JoinRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True, choices=[("accepted", "accepted"), ("declined", "declined")], max_length=8
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="block",
            name="blocked",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="block",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="blocks", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="created_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="invitations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="room",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="invitations",
                to="chat.room",
            ),
        ),
        migrations.AddField(
            model_name="joinrequest",
            name="decided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="joinrequest",
            name="person",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="join_requests", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="joinrequest",
            name="room",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="join_requests", to="chat.room"
            ),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.UniqueConstraint(fields=("person", "blocked"), name="one_block_per_person"),
        ),
        migrations.AddConstraint(
            model_name="block",
            constraint=models.CheckConstraint(
                condition=models.Q(("person", models.F("blocked")), _negated=True), name="no_block_of_oneself"
            ),
        ),
        migrations.AddIndex(
            model_name="invitation",
            index=models.Index(condition=models.Q(("revoked_at", None)), fields=["room"], name="open_invitations"),
        ),
        migrations.AddConstraint(
            model_name="joinrequest",
            constraint=models.UniqueConstraint(
                condition=models.Q(("decided_at", None)), fields=("room", "person"), name="one_open_request"
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="action",
            field=models.CharField(
                choices=[
                    ("delete", "deleted messages"),
                    ("restore", "restored messages"),
                    ("erase", "erased messages"),
                    ("edit", "edited a message"),
                    ("mute", "muted"),
                    ("unmute", "unmuted"),
                    ("ban", "banned"),
                    ("unban", "unbanned"),
                    ("remove", "removed from a room"),
                    ("add_member", "added a member"),
                    ("role", "changed a role"),
                    ("archive", "archived a room"),
                    ("unarchive", "unarchived a room"),
                    ("change_room", "changed a room"),
                    ("delete_room", "deleted a room"),
                    ("add_person", "added a person"),
                    ("change_person", "changed a person"),
                    ("add_group", "added a group"),
                    ("change_group", "changed a group"),
                    ("delete_group", "deleted a group"),
                    ("password", "set a password"),
                    ("sign_out", "signed out everywhere"),
                    ("revoke", "revoked tokens"),
                    ("deactivate", "deactivated"),
                    ("activate", "activated"),
                    ("approve", "approved an account"),
                    ("decline", "declined an account"),
                    ("purge", "deleted inactive guests"),
                    ("prune", "removed old messages"),
                    ("resolve", "resolved reports"),
                    ("export", "exported messages"),
                    ("invite", "created an invitation"),
                    ("uninvite", "revoked an invitation"),
                ],
                max_length=16,
            ),
        ),
    ]
