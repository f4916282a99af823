"""Up to where members were told of messages by email and by push."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0023_notifications"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="mailed_seq",
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="pushed_seq",
            field=models.PositiveBigIntegerField(blank=True, editable=False, null=True),
        ),
    ]
