"""Pages of lists: every list has `limit` and `more`, and a `Link` to the next page."""

import re

import pytest

from chat.actions import invitations, join_requests
from chat.actions.accounts import sign_up
from chat.actions.reports import report
from chat.models import Room
from chat.protocol import SetBookmark
from tests.cases import each
from tests.cast import PASSWORD, ask, say, uploaded

NEXT = re.compile(r'<http://testserver(.*)>; rel="next"')
# By address: the name of the list, and how many entries it has.
LISTS = {
    "/api/rooms/?limit=1": ("rooms", 3),
    "/api/rooms/?q=h&limit=1": ("rooms", 1),
    "/api/rooms/hall/messages/?limit=1": ("messages", 3),
    "/api/rooms/hall/messages/?limit=1&after=0": ("messages", 3),
    "/api/rooms/hall/messages/?limit=2&around=3": ("messages", 3),
    "/api/rooms/hall/members/?limit=1": ("members", 2),
    "/api/rooms/hall/people/?limit=1&only=all": ("people", 2),
    "/api/rooms/hall/files/?limit=1": ("files", 2),
    "/api/rooms/hall/reports/?limit=1": ("reports", 2),
    "/api/rooms/ops/requests/?limit=1": ("requests", 2),
    "/api/people/?limit=1": ("people", 5),
    "/api/invitations/?limit=1": ("invitations", 2),
    "/api/search/?q=hello&limit=1": ("hits", 3),
    "/api/activity/?limit=1": ("entries", 3),
    "/api/bookmarks/?limit=1": ("bookmarks", 3),
}


@pytest.fixture
def full(alice, bob, carol, gil, hall, ops, settings):
    """Two or three of everything."""
    settings.CHAT_FILES = True
    for number in range(3):
        files = [uploaded(bob)] if number else []
        message = say(bob, hall, f"hello @alice {number}", files=files)
        ask(alice, hall, SetBookmark(seq=message.seq, on=True))
    for seq in (1, 2):
        report(gil, hall, seq, "Rude")
        invitations.create(alice, hall, role="member", days=7, max_uses=1, note="")
    Room.objects.filter(pk=ops.pk).update(joining="ask")
    for person in (carol, sign_up("dora", PASSWORD)):
        join_requests.ask(person, "ops", "Please")


@each(("address", "expected"), LISTS.items())
def test_links_lead_through_all_pages(full, program, alice, address, expected):
    name, number = expected
    client, found = program(alice), []
    while address:
        answer = client.get(address)
        found += answer.json()[name]
        link = NEXT.fullmatch(answer.get("Link", ""))
        assert answer.json()["more"] is bool(link)
        address = link[1] if link else None
        assert len(found) <= number
    assert len(found) == number
    assert not [it for at, it in enumerate(found) if it in found[:at]]
