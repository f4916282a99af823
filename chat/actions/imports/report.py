"""The result of an import, or of a dry run."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID


class Imported(NamedTuple):
    """A person of an archive as they are here."""

    pk: int
    name: str


ImportedPeople = Mapping[UUID, Imported]


def pk_of(people: ImportedPeople, person: UUID | None) -> int | None:
    """Return the id here of a person of an archive, or None for one who is not in it."""
    found = people.get(person) if person else None
    return found.pk if found else None


@dataclass
class ImportReport:
    """The numbers of an import, for the operator. With `is_dry`, nothing is stored.

    `found` are people who had an account here, and `known` what an earlier run has imported.
    """

    is_dry: bool = False
    people_created: int = 0
    people_found: int = 0
    people_known: int = 0
    rooms_created: int = 0
    rooms_found: int = 0
    rooms_known: int = 0
    messages_added: int = 0
    messages_known: int = 0
    reactions_added: int = 0
    files_added: int = 0
    # Names that are taken or not allowed here, and those that stand for them.
    renamed_people: list[tuple[str, str]] = field(default_factory=list)
    renamed_rooms: list[tuple[str, str]] = field(default_factory=list)
    notes: "Counter[str]" = field(default_factory=Counter)
