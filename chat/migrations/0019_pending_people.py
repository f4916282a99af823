"""Accounts that wait to be approved, or for their address to be verified."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0018_private_rooms"),
    ]

    operations = [
        migrations.AddField(
            model_name="person",
            name="email_verified_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="person",
            name="pending_since",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
