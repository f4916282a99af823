"""People and rooms that came from archives."""

from django.db import models

from chat.models.people import Person
from chat.models.rooms import Room


class ImportedItem(models.Model):
    """The person or the room that an item of an archive became. Its id follows from the archive alone.

    So another run of an import finds them whatever their names are now. It is one of the two. `done_at` is null while
    the import still has to finish it: a room is read-only until all its messages are there.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.CASCADE, related_name="imported_from")
    room = models.ForeignKey(Room, null=True, on_delete=models.CASCADE, related_name="imported_from")
    done_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)
