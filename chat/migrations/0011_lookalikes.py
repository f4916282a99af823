"""Names are compared by the present table of look-alikes, and those of rooms that everybody may find are compared, too.

Who came first keeps the forms of their name. Somebody later, or a later room, that has the same one keeps its name and
does not have that form: nobody is renamed, and nobody else can take it. `manage.py lookalikes` names them.
"""

from django.db import migrations, models

from chat.text import lookalikes

FIELDS = ("skeleton", "small_skeleton", "capital_skeleton")
BATCH = 500


def fill(apps, schema_editor):
    refill(apps.get_model("chat", "Person").objects.all())
    refill(apps.get_model("chat", "Room").objects.filter(visibility="public"))


def refill(named):
    """All are taken away first: a new form of one may be what an old one of another was."""
    named.update(**dict.fromkeys(FIELDS))
    taken = {field: set() for field in FIELDS}
    batch = []
    for row in named.order_by("pk").only("pk", "name").iterator(BATCH):
        for field, form in zip(FIELDS, lookalikes.skeletons(row.name)):
            setattr(row, field, None if form in taken[field] else form)
            taken[field].add(form)
        batch.append(row)
        if len(batch) == BATCH:
            named.model.objects.bulk_update(batch, FIELDS)
            batch = []
    named.model.objects.bulk_update(batch, FIELDS)


def unfill(apps, schema_editor):
    """The column was never null before: a person without a form is given one that no name has."""
    Person = apps.get_model("chat", "Person")
    for person in Person.objects.filter(skeleton=None).only("pk"):
        Person.objects.filter(pk=person.pk).update(skeleton=f"#{person.pk}")


def form(**options):
    return models.CharField(editable=False, max_length=160, null=True, **options)


def constraint(field):
    return migrations.AddConstraint(
        model_name="room",
        constraint=models.UniqueConstraint(
            condition=models.Q((f"{field}__isnull", False)), fields=(field,), name=f"one_room_per_{field}"
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("chat", "0010_staff_changes")]

    operations = [
        migrations.AlterField("person", "skeleton", form(unique=True)),
        migrations.AddField("room", "skeleton", form(unique=True)),
        migrations.AddField("room", "small_skeleton", form()),
        migrations.AddField("room", "capital_skeleton", form()),
        constraint("small_skeleton"),
        constraint("capital_skeleton"),
        migrations.RunPython(fill, unfill),
    ]
