"""Session keys are stored as digests.

The rows stay as they are until workers with the release before are gone: those look for plain keys. The running site
converts them when `until` has passed (`chat/actions/session_keys.py`). A new site has nobody to wait for.
"""

from django.db import migrations, models
from django.utils import timezone

from chat.models.session_keys import TRANSITION


def begin(apps, schema_editor):
    if apps.get_model("chat", "Person").objects.exists() or apps.get_model("chat", "Session").objects.exists():
        apps.get_model("chat", "SessionKeyTransition").objects.create(pk=1, until=timezone.now() + TRANSITION)


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_names")]

    operations = [
        migrations.CreateModel(
            "SessionKeyTransition",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until", models.DateTimeField()),
            ],
            options={"default_permissions": ()},
        ),
        migrations.AddConstraint(
            "SessionKeyTransition",
            models.CheckConstraint(condition=models.Q(pk=1), name="one_session_key_transition"),
        ),
        migrations.RunPython(begin, migrations.RunPython.noop),
    ]
