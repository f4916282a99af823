"""Downloads: the resources of a slow client, the limit on their number, and their deadlines."""

import asyncio
import json
import threading

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.db import connection
from django.http import HttpResponse

from chat.actions.imports.people import MembershipImport, import_memberships
from chat.exports import messages as message_export
from chat.exports import personal_data, streaming
from chat.exports.streaming import Download
from chat.models import Message
from chatsite.server import django_handler
from chatsite.server.django_handler import DjangoHandler
from tests.cases import each
from tests.cast import say
from tests.test_page_threads import scope_of

DATA = "/accounts/data/"
EXPORT = "/admin/chat/message/export/csv/"


def download_of(person_id, parts=(b"all of it",)):
    return Download(person_id, iter(parts), "text/plain", "file.txt")


# ---- The limit of downloads


def test_a_person_downloads_one_file_at_a_time(signed_in, alice):
    browser = signed_in(alice)
    first, second = browser.post(DATA), browser.post(DATA)
    assert (first.status_code, second.status_code, second["Retry-After"]) == (200, 429, "30")
    assert "You’re already downloading a file. Try again when it has finished." in second.content.decode()
    Download.forget_all()
    assert browser.post(DATA).status_code == 200


def test_downloads_of_a_process_are_limited(signed_in, alice):
    sent = [download_of(number) for number in range(1001, 1001 + streaming.MAX_DOWNLOADS)]
    answer = signed_in(alice).post(DATA)
    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "Too many people are downloading files right now." in answer.content.decode()
    del sent[0]
    assert signed_in(alice).post(DATA).status_code == 200


def test_an_export_of_the_admin_is_a_download_too_and_a_refused_one_is_not_recorded(signed_in, alice, hall):
    alice.is_staff = alice.is_superuser = True
    alice.save()
    browser, held = signed_in(alice), download_of(alice.pk)
    assert browser.post(EXPORT).status_code == 429
    del held
    answer = browser.post(EXPORT)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_unsent_downloads_take_no_slot():
    for person_id in range(3 * streaming.MAX_DOWNLOADS):
        download_of(person_id)
    assert len(Download._open) <= 1


@pytest.mark.django_db(transaction=True)
async def test_client_that_disconnects_before_its_download_frees_the_slot(monkeypatch):
    begun, may_end, made = threading.Event(), threading.Event(), []

    def get_response(self, request):
        begun.set()
        may_end.wait(20)
        made.append(download_of(1))
        return made[0]

    monkeypatch.setattr(DjangoHandler, "get_response", get_response)
    asked = ApplicationCommunicator(DjangoHandler(), scope_of(DATA, "POST"))
    await asked.send_input({"type": "http.request"})
    await asyncio.to_thread(begun.wait, 20)
    await asked.send_input({"type": "http.disconnect"})
    for _ in range(20):  # turns in which the site learns of it
        await asyncio.sleep(0)
    may_end.set()
    await asked.wait(20)
    assert (len(made), len(Download._open)) == (1, 0)


# ---- Resources of a download


@pytest.mark.django_db(transaction=True)
async def test_no_connection_to_the_database_is_held_while_a_part_is_sent(alice, hall):
    def of_the_thread():
        return streaming._thread.submit(lambda: connection.connection).result(20)

    await sync_to_async(write)(alice, hall, 20)
    parts = streaming._made_in_the_thread(personal_data.everything_about(alice))
    held = [of_the_thread() async for _ in parts]
    assert len(held) > 2
    assert set(held) == {None}


async def test_forty_files_are_made_in_one_thread():
    threads = set()

    def parts():
        for _ in range(2):
            threads.add(threading.current_thread().name)
            yield b"part"

    async def read(response):
        return [part async for part in response.streaming_content]

    await asyncio.gather(*(read(download_of(number, parts())) for number in range(streaming.MAX_DOWNLOADS)))
    assert threads == {"download_0"}


def write(person, room, number, length=8000):
    for n in range(number):
        say(person, room, f"{n:06}".ljust(length, "x"))


@each("form", ["json", "csv", "jsonl"])
def test_a_piece_is_not_much_larger_than_one_row(alice, hall, form):
    write(alice, hall, 20)
    messages = Message.objects.all()
    pieces = list(
        personal_data.everything_about(alice) if form == "json" else message_export.FORMATS[form][0](messages)
    )
    assert max(map(len, pieces)) <= streaming.PIECE_BYTES + 10_000
    assert [b"".join(pieces).count(b"%06d" % n) for n in range(20)] == [1] * 20


def test_concurrent_writes_break_nothing(alice, bob, hall, monkeypatch):
    monkeypatch.setattr(personal_data, "PAGE", 5)
    write(alice, hall, 20)
    parts = personal_data.everything_about(alice)
    read = [next(parts)]
    say(alice, hall, "written meanwhile")
    import_memberships(hall, [MembershipImport(bob)])
    document = json.loads(b"".join([*read, *parts]))
    assert [it["seq"] for it in document["messages"]] == list(range(1, 22))


# ---- The end of a download


async def stuck(event):
    if event["type"] == "http.response.body":
        await asyncio.Event().wait()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deadline", ["PIECE_SECONDS", "STREAM_SECONDS"])
async def test_a_client_that_does_not_read_is_ended(monkeypatch, deadline):
    monkeypatch.setattr(django_handler, deadline, 0.0)
    monkeypatch.setattr(DjangoHandler, "get_response", lambda self, request: download_of(1))
    asked = [{"type": "http.request"}]

    async def receive():
        return asked.pop() if asked else await asyncio.Event().wait()

    await asyncio.wait_for(DjangoHandler()(scope_of(DATA, "POST"), receive, stuck), 20)
    assert len(Download._open) == 0


@pytest.mark.django_db(transaction=True)
async def test_an_ordinary_page_has_no_such_deadline(monkeypatch):
    monkeypatch.setattr(django_handler, "PIECE_SECONDS", 0.0)
    monkeypatch.setattr(DjangoHandler, "get_response", lambda self, request: HttpResponse(b"whole"))
    asked = ApplicationCommunicator(DjangoHandler(), scope_of("/"))
    await asked.send_input({"type": "http.request"})
    assert (await asked.receive_output(20))["status"] == 200
    assert (await asked.receive_output(20))["body"] == b"whole"
