from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_lobby")]

    operations = [
        migrations.AddField("person", "is_plain", models.BooleanField("plain client", default=False)),
    ]
