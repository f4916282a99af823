"""The admission batcher: clients that connect together are admitted with a fixed number of queries."""

import asyncio
import itertools
import threading

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from chat.actions.accounts import issue_token, join_as_guest
from chat.delivery.admission import access
from chat.delivery.admission.access import Admission, AdmissionRefused
from chat.delivery.admission.batcher import AdmissionBatcher
from chat.delivery.process.db_threads import DatabaseThreads
from chat.models import Epoch, Membership, Room
from chat.models.rooms import RoomAccess

pytestmark = pytest.mark.django_db(transaction=True)


def by_token(rf, person):
    return rf.get("/", headers={"Authorization": f"Bearer {issue_token(person)}"})


def by_session(rf, person):
    client = Client()
    client.force_login(person)
    request = rf.get("/", headers={"Origin": "http://testserver"})
    request.COOKIES["sessionid"] = client.cookies["sessionid"].value
    return request


def test_many_need_no_more_queries_than_one(rf, hall):
    admissions = [(by_token(rf, join_as_guest(f"guest {number}")), hall.slug) for number in range(30)]
    Epoch.current()  # made on first use
    numbers = []
    for some in (admissions[:1], admissions):
        with CaptureQueriesContext(connection) as captured:
            assert all(isinstance(outcome, Admission) for outcome in access.admit_all(some))
        numbers.append(len(captured))
    assert numbers[0] == numbers[1] <= 4


def test_admission_builds_no_statements(rf, alice, hall, monkeypatch):
    requests = [by_token(rf, alice), by_session(rf, alice)]
    access.admit_all([(request, hall.slug) for request in requests])
    monkeypatch.setattr(SQLCompiler, "as_sql", lambda *_, **__: pytest.fail("A statement is built anew."))
    outcomes = access.admit_all([(request, hall.slug) for request in requests])
    assert [outcome.person for outcome in outcomes] == [alice, alice]


@pytest.mark.parametrize("visibility", Room.Visibility.values)
def test_admission_and_every_query_apply_the_same_rule(bob, hall, visibility):
    hall.visibility, hall.direct_key = visibility, "1,2" if visibility == "direct" else None
    hall.save()
    for is_member, is_banned in itertools.product((False, True), repeat=2):
        Membership.objects.filter(person=bob, room=hall).delete()
        place = None
        if is_member:
            place = Membership.objects.create(person=bob, room=hall, banned_at=timezone.now() if is_banned else None)
        assert bool(RoomAccess.of(hall, place)) == Room.objects.visible_to(bob).filter(pk=hall.pk).exists()


def test_each_client_of_a_batch_gets_its_own_identity_and_access(rf, alice, bob, carol, hall, ops):
    Membership.objects.update_or_create(person=bob, room=hall, defaults={"banned_at": timezone.now()})
    admissions = [
        (by_token(rf, carol), hall.slug),
        (rf.get("/"), hall.slug),
        (by_token(rf, bob), hall.slug),
        (by_token(rf, alice), "nowhere"),
        (by_token(rf, alice), hall.slug),
    ]
    outcomes = access.admit_all(admissions)
    told = [it.person.name if isinstance(it, Admission) else it.code.value for it in outcomes]
    assert told == ["carol", "signed_out", "forbidden", "not_found", "alice"]


@pytest.fixture
async def threads():
    threads = DatabaseThreads(lambda event: None)
    yield threads
    await asyncio.to_thread(threads.close)


async def test_a_failing_client_blocks_no_other(threads, rf, alice, bob, hall, monkeypatch):
    requests = [await sync_to_async(by_token)(rf, person) for person in (alice, bob)]
    admit_all = access.admit_all

    def fail_for_bob(admissions):
        if any(request is requests[1] for request, _ in admissions):
            raise ValueError("A string literal cannot contain NUL")
        return admit_all(admissions)

    monkeypatch.setattr(access, "admit_all", fail_for_bob)
    batcher = AdmissionBatcher(threads)
    outcomes = await asyncio.gather(*(batcher.admit(it, hall.slug) for it in requests), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [Admission, ValueError]


async def test_client_that_arrives_during_a_batch_is_in_the_next_one(threads, rf, alice, hall, monkeypatch):
    sizes, admit_all = [], access.admit_all

    def note(admissions):
        sizes.append(len(admissions))
        return admit_all(admissions)

    monkeypatch.setattr(access, "admit_all", note)
    monkeypatch.setattr("chat.delivery.admission.batcher.MAX_TOGETHER", 100)
    batcher, request = AdmissionBatcher(threads), await sync_to_async(by_token)(rf, alice)
    first = asyncio.ensure_future(batcher.admit(request, hall.slug))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.ensure_future(batcher.admit(request, hall.slug)) for _ in range(150)]
    await asyncio.gather(first, *others)
    assert sizes == [1, 100, 50]


async def test_waiting_admissions_end_with_the_batcher(threads, rf, alice, hall, monkeypatch):
    arrived, go_on = threading.Event(), threading.Event()

    def wait(admissions):
        arrived.set()
        go_on.wait()
        return []

    monkeypatch.setattr(access, "admit_all", wait)
    batcher, request = AdmissionBatcher(threads), await sync_to_async(by_token)(rf, alice)
    admissions = [asyncio.ensure_future(batcher.admit(request, hall.slug)) for _ in range(2)]
    await asyncio.to_thread(arrived.wait)
    admissions.append(asyncio.ensure_future(batcher.admit(request, hall.slug)))
    await asyncio.sleep(0)
    await batcher.stop()
    go_on.set()
    async with asyncio.timeout(20):
        await asyncio.wait(admissions)
    assert all(visit.cancelled() for visit in admissions)


@pytest.mark.parametrize("key", ["\0", "' OR 1=1", "ключ", "x" * 5000])
def test_an_invalid_session_cookie_identifies_no_one(rf, hall, key):
    request = rf.get("/", headers={"Origin": "http://testserver"})
    request.COOKIES["sessionid"] = key
    [outcome] = access.admit_all([(request, hall.slug)])
    assert isinstance(outcome, AdmissionRefused)
