"""The checker finds each kind of fault. A check that cannot fail proves nothing."""

import pytest

from tests.faults.checker import audit
from tests.faults.log import Log, Row
from tests.faults.outbox import Outbox


class Written:
    """A person who posted `count` messages, all acknowledged, and who holds these rows."""

    def __init__(self, count=3):
        self.log = Log()
        self.outbox = Outbox(send=lambda frame: None, later=lambda seconds, call: None)
        for number in range(1, count + 1):
            asked = self.outbox.post(f"post {number}")
            answer = {"type": "ok", "ref": asked.frame["ref"], "client_id": asked.client_id, "seq": number}
            self.outbox.answered(answer)

    @property
    def posts(self):
        return self.outbox.asked


def message(row):
    reactions = [{"emoji": emoji, "people": [person]} for emoji, person in row.reactions]
    author = {"id": row.author, "name": "ada", "guest": True}
    shown = {"seq": row.seq, "rev": row.rev, "client_id": row.client_id, "author": author, "body": row.body}
    return {**shown, "deleted": row.deleted, "reactions": reactions}


@pytest.fixture
def ada():
    return Written()


@pytest.fixture
def rows(ada):
    return [Row(n, n, post.client_id, 7, post.frame["body"], False, ()) for n, post in enumerate(ada.posts, 1)]


def found(ada, rows, received=None):
    ada.log.take(map(message, rows if received is None else received))
    return audit([ada], rows)


def test_a_complete_log_has_no_differences(ada, rows):
    findings = found(ada, rows)
    assert findings.is_clean
    assert (findings.tried, findings.acked, findings.stored, findings.differences) == (3, 3, 3, [])


def test_acknowledged_and_not_stored_counts_as_lost(ada, rows):
    assert found(ada, rows[:2]).lost == 1


def test_stored_row_missing_from_a_log_counts_as_lost(ada, rows):
    assert found(ada, rows, received=rows[:2]).lost == 1


def test_a_missing_message_of_an_outsider_is_reported(ada, rows):
    stranger = Row(4, 4, "0" * 32, 8, "from elsewhere", False, ())
    assert found(ada, [*rows, stranger], received=rows).differences == ["client 0 misses 1 messages"]


def test_row_stored_twice_counts_as_doubled(ada, rows):
    assert found(ada, [*rows, rows[0]._replace(seq=4, rev=4)]).doubled


def test_delivery_twice_counts_as_doubled(ada, rows):
    assert found(ada, rows, received=[*rows, rows[-1]]).doubled == 1


def test_late_delivery_counts_as_misordered(ada, rows):
    assert found(ada, rows, received=[rows[1], rows[0], rows[2]]).misordered == 1


def test_other_order_in_the_database_counts_as_misordered(ada, rows):
    swapped = [rows[0]._replace(client_id=rows[1].client_id), rows[1]._replace(client_id=rows[0].client_id), rows[2]]
    findings = found(ada, swapped)
    assert findings.misordered == 1
    assert findings.altered == 2  # and each was acked for another place


@pytest.mark.parametrize(
    "change", [{"body": "another"}, {"deleted": True}, {"reactions": (("👍", 9),)}, {"author": 8}, {"rev": 9}]
)
def test_row_that_differs_from_the_database_counts_as_altered(ada, rows, change):
    assert found(ada, rows, received=[*rows[:2], rows[2]._replace(**change)]).altered == 1


def test_neither_stored_nor_refused_counts_as_vanished(ada, rows):
    ada.outbox.post("never answered")
    assert found(ada, rows).vanished == 1


def test_refused_post_counts_as_lost_only_if_it_was_stored(ada, rows):
    said = ada.outbox.post("no")
    ada.outbox.answered({"type": "error", "ref": said.frame["ref"], "code": "muted"})
    assert found(ada, rows).is_clean
    assert audit([ada], [*rows, Row(4, 4, said.client_id, 7, "no", False, ())]).vanished == 1


def test_a_postponed_command_is_sent_again_until_answered():
    sent, waits = [], []
    outbox = Outbox(sent.append, lambda seconds, call: waits.append((seconds, call)))
    asked = outbox.post("hello")
    outbox.answered({"type": "error", "ref": asked.frame["ref"], "code": "busy", "retry_after": 2})
    assert not asked.is_refused
    [(seconds, again)] = waits
    again()
    assert (seconds, sent) == (2, [asked.frame, asked.frame])
    outbox.answered({"type": "ok", "ref": asked.frame["ref"]})
    assert asked.is_done
    assert outbox.is_empty
