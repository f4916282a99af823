"""New labels of choices and columns. It runs no statement on the database."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0011_lookalikes"),
    ]

    operations = [
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
                    ("purge", "deleted inactive guests"),
                    ("prune", "removed old messages"),
                    ("resolve", "resolved reports"),
                    ("export", "exported messages"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="actor_id",
            field=models.BigIntegerField(null=True, verbose_name="actor id"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="count",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="person",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="person_id",
            field=models.BigIntegerField(null=True, verbose_name="person id"),
        ),
        migrations.AlterField(
            model_name="auditentry",
            name="room",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AlterField(
            model_name="membership",
            name="notify",
            field=models.CharField(
                blank=True,
                choices=[("all", "All messages"), ("mentions", "Mentions only"), ("nothing", "Nothing")],
                max_length=8,
                null=True,
                verbose_name="notifications",
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="is_staff",
            field=models.BooleanField(default=False, verbose_name="staff (can use the admin)"),
        ),
        migrations.AlterField(
            model_name="person",
            name="notify",
            field=models.CharField(
                choices=[("all", "All messages"), ("mentions", "Mentions only"), ("nothing", "Nothing")],
                db_default="all",
                default="all",
                max_length=8,
                verbose_name="notifications",
            ),
        ),
        migrations.AlterField(
            model_name="person",
            name="theme",
            field=models.CharField(
                choices=[("system", "System"), ("light", "Light"), ("dark", "Dark")],
                db_default="system",
                default="system",
                max_length=6,
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="keep_days",
            field=models.PositiveIntegerField(blank=True, null=True, verbose_name="keep messages for (days)"),
        ),
        migrations.AlterField(
            model_name="room",
            name="visibility",
            field=models.CharField(
                choices=[("public", "Public"), ("private", "Private"), ("direct", "Direct message")],
                default="public",
                max_length=8,
            ),
        ),
    ]
