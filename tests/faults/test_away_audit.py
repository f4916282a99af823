"""The comparison of what people missed with what arrived finds each kind of fault."""

from tests.cases import each
from tests.faults.away.absent import Absent, Note
from tests.faults.away.audit import audit
from tests.faults.away.mail_server import Mail, rooms_of

ADA, BOB = Absent(1, "ada", "x"), Absent(2, "bob", "y")
TEXT = """2 new messages in Hall
--------
Hall
cy:
@ada note 3.
and 2 more
--------
cy
cy:
note 4.
"""


def notes(**changes):
    return [Note(1, ADA, "hall", seq=10, **changes), Note(2, ADA, "hall", seq=11)]


def mail(*numbers, address="1@example.org", more=0, began_at=100.0):
    return Mail(address, ((numbers, more),), began_at)


def found(missed, mails, seqs=(11,), failed=()):
    return audit(missed, mails, {(1, "hall"): list(seqs)}, failed)


def test_an_email_is_read_by_its_rooms():
    for text in (TEXT, TEXT.replace("\n", "\r\n")):
        assert list(rooms_of(text)) == [((3,), 2), ((4,), 0)]


def test_people_who_were_told_everything_once():
    told = found(notes(), [mail(1, 2)])
    assert told.differences == []
    assert told.figures | {"mails": 1, "mailed_twice": 0, "pushes": 1} == told.figures


@each(
    "mails, seqs, sentence",
    [
        ([mail(1), mail(1, 2)], [11], "note 1 was mailed 2 times"),
        ([mail(1)], [11], "note 2 was not mailed"),
        ([mail(1, 2)], [10], "note 2 was not pushed"),
        ([mail(1, 2, 7)], [11], "note 7 was mailed to 1@example.org, who is not to be told of it"),
    ],
)
def test_each_fault_is_found(mails, seqs, sentence):
    assert found(notes(), mails, seqs).differences == [sentence]


def test_an_email_to_another_person_is_wrong():
    told = audit([*notes(), Note(3, BOB, "hall", 12)], [mail(1, 2, 3)], {(1, "hall"): [11], (2, "hall"): [12]}, [])
    assert told.wrong == ["note 3 was mailed to 1@example.org, who is not to be told of it"]


def test_a_note_that_is_gone_is_wrong_in_a_later_email_only():
    assert found(notes(gone_at=99.5), [mail(1, 2)]).differences == []
    sentence = "note 1 was mailed to 1@example.org after it was read or deleted"
    assert found(notes(gone_at=90.0), [mail(1, 2)]).differences == [sentence]


def test_a_note_that_an_email_counts_is_mailed():
    assert found(notes(), [mail(2, more=1)]).differences == []


def test_a_note_whose_email_was_given_up_is_lost():
    told = found(notes(), [mail(2)], failed=[(1, "hall", 9, 10)])
    assert (told.differences, told.lost) == ([], 1)
