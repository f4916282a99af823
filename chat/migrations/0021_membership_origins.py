"""The origin of a membership, and the point at which a direct conversation was closed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def lock_people(apps, schema_editor):
    """Wait for transactions that add people, because they add memberships after them."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("LOCK TABLE chat_person IN SHARE ROW EXCLUSIVE MODE")


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0020_invitations"),
    ]

    operations = [
        migrations.RunPython(lock_people, migrations.RunPython.noop),
        migrations.AddField(
            model_name="membership",
            name="added_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="closed_seq",
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name="closed at"),
        ),
        migrations.AddField(
            model_name="membership",
            name="invitation",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="chat.invitation",
            ),
        ),
    ]
