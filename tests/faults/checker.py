"""Compare the acknowledgements, the database and the log of each client. They must agree."""

from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

SHOWN = 12


@dataclass
class Findings:
    """`lost`: acked, and not stored exactly once, or missing from a client's final log. `vanished`: neither acked nor
    stored nor reported as failed, or refused and stored all the same. `doubled`, `misordered` and `altered` count rows
    and deliveries."""

    tried: int = 0
    acked: int = 0
    stored: int = 0
    lost: int = 0
    vanished: int = 0
    doubled: int = 0
    misordered: int = 0
    altered: int = 0
    differences: list = field(default_factory=list)

    @property
    def is_clean(self):
        return not (self.lost or self.vanished or self.doubled or self.misordered or self.altered)

    def note(self, kind, sentence, times=1):
        setattr(self, kind, getattr(self, kind) + times)
        if len(self.differences) < SHOWN:
            self.differences.append(sentence)


def audit(members, rows):
    """`members` have a `log` with `rows()`, `doubled` and `misordered`, and an `outbox` with all that was `asked`."""
    found = Findings()
    _audit_asked(found, members, rows)
    for number, member in enumerate(members):
        _audit_log(found, number, member.log, rows)
    missing = _missing_somewhere(members, rows)
    for asked in (it for member in members for it in member.outbox.asked if it.is_done and it.client_id in missing):
        found.note("lost", f"{asked.client_id} was acked and is missing from {missing[asked.client_id]} logs")
    return found


def _audit_asked(found, members, rows):
    stored = Counter(row.client_id for row in rows)
    places = {row.client_id: row.seq for row in rows}
    for member in members:
        posts = [asked for asked in member.outbox.asked if asked.client_id]
        found.tried += len(posts)
        for post in posts:
            _audit_post(found, post, stored[post.client_id], places.get(post.client_id))
        for before, after in pairwise([places[post.client_id] for post in posts if post.client_id in places]):
            if after < before:
                found.note("misordered", f"{after} was written after {before}")


def _audit_post(found, post, times, seq):
    found.acked += post.is_done
    found.stored += times > 0
    if times > 1:
        found.note("doubled", f"{post.client_id} is stored {times} times", times - 1)
    if post.is_done and not times:
        found.note("lost", f"{post.client_id} was acked and is not stored")
    elif post.is_done and post.answer.get("seq") != seq:
        found.note("altered", f"{post.client_id} was acked as {post.answer['seq']} and is stored as {seq}")
    elif post.is_refused and times:
        found.note("vanished", f"{post.client_id} was refused and is stored")
    elif not post.is_done and not post.is_refused and not times:
        found.note("vanished", f"{post.client_id} is not stored, and no one was told")


def _audit_log(found, number, log, rows):
    if log.doubled:
        found.note("doubled", f"client {number} was told {log.doubled} states twice", log.doubled)
    if log.misordered:
        found.note("misordered", f"client {number} was told {log.misordered} states too late", log.misordered)
    held, shown = {row.seq: row for row in log.rows()}, [row.client_id for row in log.rows()]
    if len(set(shown)) < len(shown):
        found.note("doubled", f"client {number} shows a message twice", len(shown) - len(set(shown)))
    expected = {row.seq: row for row in rows}
    for seq in held.keys() - expected.keys():
        found.note("altered", f"client {number} holds {seq}, which is not stored")
    for seq in held.keys() & expected.keys():
        if held[seq] != expected[seq]:
            found.note("altered", f"client {number} holds {held[seq]}, stored is {expected[seq]}")
    if (gone := len(expected.keys() - held.keys())) and len(found.differences) < SHOWN:
        found.differences.append(f"client {number} misses {gone} messages")


def _missing_somewhere(members, rows):
    """Count for each missing message the clients without it."""
    missing = Counter()
    for member in members:
        held = {row.client_id for row in member.log.rows()}
        missing.update(row.client_id for row in rows if row.client_id not in held)
    return missing
