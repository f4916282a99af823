"""People's pictures."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0026_message_has")]

    operations = [
        migrations.AddField(
            model_name='person',
            name='avatar',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='avatar_of', to='chat.file', to_field='key'),
        ),
    ]
