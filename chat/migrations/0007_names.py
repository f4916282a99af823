"""Names are compared in small letters and in capitals, too: `BОB` with a Cyrillic О is `bob`.

Who came first keeps their form. Somebody later who has the same one keeps their name and has none: nobody is renamed,
and nobody else can take it.
"""

from django.db import migrations, models

from chat.text import cleaning

BATCH = 500


def fill(apps, schema_editor):
    Person = apps.get_model("chat", "Person")
    taken = {"small_skeleton": set(), "capital_skeleton": set()}
    batch = []
    for person in Person.objects.order_by("pk").only("pk", "name").iterator(BATCH):
        _, small, capital = cleaning.skeletons(person.name)
        for field, form in (("small_skeleton", small), ("capital_skeleton", capital)):
            setattr(person, field, None if form in taken[field] else form)
            taken[field].add(form)
        batch.append(person)
        if len(batch) == BATCH:
            Person.objects.bulk_update(batch, list(taken))
            batch = []
    Person.objects.bulk_update(batch, list(taken))


def constraint(field):
    return migrations.AddConstraint(
        model_name="person",
        constraint=models.UniqueConstraint(
            condition=models.Q((f"{field}__isnull", False)), fields=(field,), name=f"one_person_per_{field}"
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_moderation")]

    operations = [
        migrations.AddField("person", "small_skeleton", models.CharField(editable=False, max_length=160, null=True)),
        migrations.AddField("person", "capital_skeleton", models.CharField(editable=False, max_length=160, null=True)),
        constraint("small_skeleton"),
        constraint("capital_skeleton"),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
