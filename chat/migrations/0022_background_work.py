"""Background work: queued and scheduled tasks, leases, and the positions of followers."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import chat.models.jobs


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0021_membership_origins"),
    ]

    operations = [
        migrations.CreateModel(
            name="Lease",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("claimed_by", models.UUIDField(blank=True, null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ScheduledTask",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("next_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.CharField(
                        default=chat.models.jobs.new_job_id,
                        editable=False,
                        max_length=32,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("task", models.CharField(max_length=200)),
                ("arguments", models.JSONField(default=dict)),
                ("queue", models.CharField(max_length=32)),
                ("backend", models.CharField(max_length=32)),
                ("priority", models.SmallIntegerField(default=0)),
                ("run_after", models.DateTimeField(blank=True, null=True)),
                ("due_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("READY", "waiting"),
                            ("RUNNING", "running"),
                            ("FAILED", "failed"),
                            ("SUCCESSFUL", "done"),
                        ],
                        default="READY",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("worker_ids", models.TextField(blank=True, default="")),
                ("claimed_by", models.UUIDField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("last_attempted_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("return_value", models.JSONField(blank=True, null=True)),
                ("error_class", models.CharField(blank=True, default="", max_length=200)),
                ("traceback", models.TextField(blank=True, default="")),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.OrderBy(models.F("priority"), descending=True),
                        models.F("due_at"),
                        condition=models.Q(("status", "READY")),
                        name="jobs_due",
                    ),
                    models.Index(
                        condition=models.Q(("claimed_by__isnull", False)), fields=["claimed_by"], name="jobs_claimed"
                    ),
                    models.Index(
                        condition=models.Q(("finished_at__isnull", False)), fields=["finished_at"], name="jobs_finished"
                    ),
                    models.Index(condition=models.Q(("status", "FAILED")), fields=["finished_at"], name="jobs_failed"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("priority__gte", -100), ("priority__lte", 100)),
                        name="priority_from_minus_100_to_100",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowerCursor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("follower", models.CharField(max_length=40)),
                ("rev", models.PositiveBigIntegerField()),
                ("seq", models.PositiveBigIntegerField()),
                (
                    "room",
                    models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="chat.room"),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("follower", "room"), name="one_cursor_per_follower_and_room")
                ],
            },
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
                    ("retry_job", "tried a failed task again"),
                    ("discard_job", "discarded a failed task"),
                ],
                max_length=16,
            ),
        ),
    ]
