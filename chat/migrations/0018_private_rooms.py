"""Settings for joining, history and posting of rooms, and direct conversations.

On PostgreSQL, this and the next three migrations change one table each. A transaction of a running worker then never
holds a table that the migration waits for, while it waits for one that the migration holds.
"""

from django.db import migrations, models


def make_direct_rooms_private(apps, schema_editor):
    """No page has made direct rooms so far. One that staff made in the admin has no key, so it becomes private."""
    apps.get_model("chat", "Room").objects.filter(visibility="direct").update(visibility="private")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0017_mentions"),
    ]

    operations = [
        migrations.AddField(
            model_name="room",
            name="direct_key",
            field=models.CharField(editable=False, max_length=220, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="room",
            name="history",
            field=models.CharField(
                choices=[("all", "All messages"), ("joined", "Messages since they joined")],
                db_default="all",
                default="all",
                max_length=6,
                verbose_name="messages that new members see",
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="joining",
            field=models.CharField(
                blank=True,
                choices=[("ask", "People can ask to join"), ("invited", "By invitation only")],
                max_length=7,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="members_invite",
            field=models.BooleanField(db_default=False, default=False, verbose_name="members may invite"),
        ),
        migrations.AddField(
            model_name="room",
            name="posting",
            field=models.CharField(
                choices=[("everyone", "Everyone"), ("moderators", "Owners and moderators")],
                db_default="everyone",
                default="everyone",
                max_length=10,
                verbose_name="who may post",
            ),
        ),
        migrations.RunPython(make_direct_rooms_private, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(("joining", None), ("visibility", "private"), _connector="OR"),
                name="only_private_rooms_are_asked",
            ),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("direct_key__isnull", False), ("visibility", "direct")),
                    models.Q(models.Q(("visibility", "direct"), _negated=True), ("direct_key", None)),
                    _connector="OR",
                ),
                name="direct_rooms_have_a_key",
            ),
        ),
    ]
