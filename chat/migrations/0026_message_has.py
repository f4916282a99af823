"""What a message has beside its words.

The column is null, so neither database rewrites the rows, and SQLite keeps the triggers of the table.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0025_files")]

    operations = [
        migrations.AddField(
            model_name='message',
            name='has',
            field=models.PositiveSmallIntegerField(editable=False, null=True),
        ),
    ]
