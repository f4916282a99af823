"""The checker for the tutorial: compare the stored messages with those that each page shows from its first message
on."""

from collections import Counter
from itertools import pairwise

from tests.faults.checker import Findings

# As many as the page loads when it opens.
LAST = 50


def audit(members, rows):
    """Compare leniently: messages above the first one of a page count as scrolled away."""
    found = Findings()
    places = {row.client_id: number for number, row in enumerate(rows)}
    times = Counter(row.client_id for row in rows)
    posts = [said for member in members for said in member.outbox.asked]
    found.tried, found.acked = len(posts), sum(said.is_done for said in posts)
    found.stored = sum(said.client_id in places for said in posts)
    missing = set()
    for number, member in enumerate(members):
        missing |= _audit_page(found, number, member.log.shown, rows, places)
    for said in posts:
        if times[said.client_id] > 1:
            found.note("doubled", f"{said.client_id} is stored {times[said.client_id]} times")
        if (said.is_done and not times[said.client_id]) or said.client_id in missing:
            found.note("lost", f"{said.client_id} is missing")
        elif not said.is_done and not said.is_refused and not times[said.client_id]:
            found.note("vanished", f"{said.client_id} is not stored, and no one was told")
    return found


def _audit_page(found, number, shown, rows, places):
    """Return the messages that this page misses."""
    if repeated := len(shown) - len(set(shown)):
        found.note("doubled", f"page {number} shows {repeated} messages twice", repeated)
    order = [places[client_id] for client_id in dict.fromkeys(shown) if client_id in places]
    if wrong := sum(after < before for before, after in pairwise(order)):
        found.note("misordered", f"page {number} shows {wrong} messages before what was stored earlier", wrong)
    first = min(order, default=max(0, len(rows) - LAST))
    return {row.client_id for row in rows[first:]} - set(shown)
