"""Compare what people missed with the emails and pushes that arrived."""

import math
from collections import Counter
from dataclasses import dataclass, field

# A note may be read or deleted while an email about it is being sent. From then on, it must be in no other one.
SENDING_SECONDS = 1.0


@dataclass
class Told:
    """`missing` are sentences about what is still to come. `lost` counts notes whose email was given up."""

    figures: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)
    missing: list = field(default_factory=list)
    lost: int = 0

    @property
    def differences(self):
        return [*self.wrong, *self.missing]


def audit(notes, mails, pushed, failed):
    """`pushed` has the `seq`s by (person id, room), and `failed` has (person id, room, after seq, up to seq)."""
    told, by_number = Told(), {note.number: note for note in notes}
    addresses, people = {note.person.address for note in notes}, {note.person.id for note in notes}
    mine = [mail for mail in mails if mail.address in addresses]
    times = Counter(number for mail in mine for number in mail.notes)
    told.wrong += [sentence for mail in mine for sentence in _what_is_wrong(mail, by_number)]
    told.wrong += [f"note {number} was mailed {count} times" for number, count in times.items() if count > 1]
    _audit_mails(told, [it for it in _still_missed(notes) if not times[it.number]], _counted(mine, by_number), failed)
    _audit_pushes(told, _still_missed(notes), pushed)
    seqs = [found for (person, _), found in pushed.items() if person in people]
    told.figures = {
        "missed": len(notes),
        "mails": len(mine),
        "mailed_twice": sum(count - 1 for count in times.values()),
        "not_mailed": told.lost,
        "pushes": sum(map(len, seqs)),
        "pushed_again": sum(len(found) - len(set(found)) for found in seqs),
    }
    return told


def _still_missed(notes):
    return [note for note in notes if note.gone_at == math.inf]


def _what_is_wrong(mail, by_number):
    for number in mail.notes:
        note = by_number.get(number)
        if note is None or note.person.address != mail.address:
            yield f"note {number} was mailed to {mail.address}, who is not to be told of it"
        elif mail.began_at > note.gone_at + SENDING_SECONDS:
            yield f"note {number} was mailed to {mail.address} after it was read or deleted"


def _counted(mails, by_number):
    """Return for each person and room how many notes emails count without showing them."""
    counted = Counter()
    for mail in mails:
        for numbers, more in mail.rooms:
            if note := by_number.get(numbers[0]):
                counted[note.person, note.room] += more
    return counted


def _audit_mails(told, unseen, counted, failed):
    """`unseen` are missed notes that no email shows."""
    for note in unseen:
        if any(_covers(place, note) for place in failed):
            told.lost += 1
        elif counted[note.person, note.room]:
            counted[note.person, note.room] -= 1
        else:
            told.missing.append(f"note {note.number} was not mailed")


def _audit_pushes(told, notes, pushed):
    """A push is about the last message of a room, and stands for those before it."""
    for note in notes:
        if not any(seq >= note.seq for seq in pushed.get((note.person.id, note.room), [])):
            told.missing.append(f"note {note.number} was not pushed")


def _covers(place, note):
    person, room, after, up_to = place
    return person == note.person.id and room == note.room and after < note.seq <= up_to
