"""The live page of the admin: messages per minute, connected people, and the state of each process."""

import re
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat import live_figures
from chat.actions.imports.messages import Entry, import_history
from chat.actions.presence import Load, report
from chat.actions.rooms import create_room
from chat.delivery.process.rate_meter import RateMeter
from chat.models import Message, Worker
from tests.cast import say

LIVE = "/admin/live/"


@pytest.fixture(autouse=True)
def fresh():
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def now(monkeypatch):
    """Set the clock to the middle of a minute for the test."""
    moment = timezone.now().replace(second=30, microsecond=0)
    monkeypatch.setattr(live_figures.timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def busy(alice, bob, hall, ops, now):
    """Three messages this minute and one ten minutes ago in the hall, one long ago; two people at one worker."""
    Message.objects.filter(author=None).update(created_at=now - timedelta(days=1))
    minutes = [timedelta(0)] * 3 + [timedelta(minutes=10), timedelta(minutes=live_figures.MINUTES)]
    import_history(hall, [Entry(bob, "hello", now - ago) for ago in minutes])
    worker = Worker.objects.create()
    report(worker.pk, set(), {(hall.pk, alice.pk), (hall.pk, bob.pk), (ops.pk, bob.pk)}, set(), Load(5, 3))
    return worker


def test_messages_are_counted_by_room_and_minute_and_people_by_room_and_worker(busy):
    found = live_figures.lately()
    assert [room.name for room in found.rooms] == ["Hall", "Ops"]
    [hall, ops] = found.rooms
    assert {minute: number for minute, number in enumerate(hall.per_minute) if number} == {
        live_figures.MINUTES - 1: 3,
        live_figures.MINUTES - 11: 1,
    }
    assert (hall.people, ops.people, ops.messages) == ([2], [1], 0)
    assert [(it.connections, it.messages_per_minute) for it in found.workers] == [(5, 3)]


def test_rooms_beyond_the_busiest_are_summed_up(alice, now, monkeypatch):
    monkeypatch.setattr(live_figures, "ROOMS", 1)
    for name, number in (("Loud", 3), ("Quiet", 1), ("Still", 1)):
        import_history(create_room(alice, name), [Entry(alice, "hello", now)] * number)
    Message.objects.filter(author=None).delete()
    assert [(room.name, room.messages) for room in live_figures.lately().rooms] == [("Loud", 3), ("2 other rooms", 2)]


def test_live_activity_costs_four_queries(busy, alice, hall):
    say(alice, hall)
    with CaptureQueriesContext(connection) as queries:
        live_figures.lately()
    assert len(queries) == 4


def test_live_page_makes_one_set_of_queries_for_all_viewers(busy, chief, signed_in):
    staff_browser = signed_in(chief)
    page = staff_browser.get(LIVE).content.decode()
    heights = [float(height) for height in re.findall(r'<rect class="live-0"[^>]* height="([\d.]+)"', page)]
    assert heights == [pytest.approx(160 / 3, abs=0.1), 160]
    assert "\u2068Hall\u2069: 1, 10 min ago" in page
    assert str(busy.pk)[:8] in page
    with CaptureQueriesContext(connection) as queries:
        staff_browser.get(LIVE)
    assert not [it for it in queries if "chat_message" in it["sql"] or "chat_worker" in it["sql"]]


def test_a_quiet_site_has_a_page_too(chief, signed_in, now):
    Message.objects.all().delete()
    assert "No one is online" in signed_in(chief).get(LIVE).content.decode()


def test_the_page_needs_the_permission_to_see_presence(client, bob, chief, signed_in):
    assert client.get(LIVE).status_code == 302
    assert signed_in(bob).get(LIVE).status_code == 302
    bob.is_staff = True
    bob.save()
    assert signed_in(bob).get(LIVE).status_code == 403
    assert "admin/live" in signed_in(chief).get("/admin/").content.decode()


def test_rate_meter_covers_the_last_minute():
    looks = {0.0: 100, 30.0: 110, 60.0: 130, 61.0: 130, 125.0: 131}
    moments = iter(looks)
    pace = RateMeter(lambda: next(moments))
    assert [pace.in_the_last_minute(count) for count in looks.values()] == [0, 10, 30, 20, 0]
