"""Bots: who is one, and whose. Both columns are null, so neither database rewrites the rows."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0029_audit_of_previews")]

    operations = [
        migrations.AddField(
            model_name='person',
            name='bot_owner',
            field=models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='bots', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='person',
            name='is_bot',
            field=models.BooleanField(editable=False, null=True, verbose_name='bot'),
        ),
        migrations.AddIndex(
            model_name='person',
            index=models.Index(condition=models.Q(('bot_owner__isnull', False)), fields=['bot_owner'], name='bots_by_owner'),
        ),
    ]
