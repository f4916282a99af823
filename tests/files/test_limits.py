"""The limits of uploads: each file, each person, each hour, at once, and the whole site."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import File, Worker
from chat.rate_limits import limits
from tests.cases import each
from tests.files.client import FILES, TUS, address, assert_refused, begin, send

MB = 1024 * 1024


@pytest.fixture(autouse=True)
def small(settings):
    settings.CHAT_FILE_MB, settings.CHAT_GUEST_FILE_MB = 4, 2
    settings.CHAT_FILES_MB, settings.CHAT_GUEST_FILES_MB = 7, 3
    settings.CHAT_UPLOADS_AT_ONCE = 0


@each(("who", "largest", "total"), [("bob", 4, 7), ("gil", 2, 3)])
def test_a_file_and_all_files_of_a_person_have_a_limit(request, program, who, largest, total):
    client = program(request.getfixturevalue(who))
    assert client.get(FILES).json() == {"used": 0, "limit": total * MB, "largest": largest * MB}
    too_large = begin(client, largest * MB + 1)
    assert_refused(too_large, 413, "too_large")
    assert f"at most {largest} MB" in too_large.json()["error"]["detail"]
    assert begin(client, largest * MB).status_code == 201
    assert_refused(begin(client, (total - largest) * MB + 1), 403, "quota")
    assert begin(client, (total - largest) * MB).status_code == 201
    assert_refused(begin(client, 1), 403, "quota")
    assert client.get(FILES).json()["used"] == total * MB


def test_no_upload_begins_while_a_worker_runs_that_would_lose_it(bob, program):
    worker = Worker.objects.create(code=2)
    assert_refused(begin(program(bob), 1), 503, "unavailable")
    Worker.objects.filter(pk=worker.pk).update(code=3)
    assert begin(program(bob), 1).status_code == 201


def test_removing_a_file_makes_room(bob, program):
    client = program(bob)
    path = address(begin(client, 4 * MB))
    assert_refused(begin(client, 4 * MB), 403, "quota")
    client.delete(path, headers=TUS)
    assert begin(client, 4 * MB).status_code == 201


def test_the_site_has_a_limit(bob, carol, program, settings):
    settings.CHAT_SITE_FILES_MB = 5
    assert begin(program(bob), 4 * MB).status_code == 201
    refused = begin(program(carol), 2 * MB)
    assert_refused(refused, 403, "quota")
    assert "on this site" in refused.json()["error"]["detail"]
    settings.CHAT_SITE_FILES_MB = 0
    assert begin(program(carol), 2 * MB).status_code == 201


def test_files_of_an_hour_are_limited_and_guests_get_their_share(bob, gil, program, settings):
    settings.CHAT_FILES_PER_HOUR, settings.CHAT_GUEST_SHARE = 4, 0.5
    for person, number in ((bob, 4), (gil, 2)):
        client = program(person)
        assert [begin(client, 1).status_code for _ in range(number)] == [201] * number
        refused = begin(client, 1)
        assert_refused(refused, 429, "rate_limited")
        assert int(refused["Retry-After"]) > 60


def test_uploads_at_once_are_limited_and_one_without_pieces_does_not_count_for_long(bob, program, settings):
    settings.CHAT_UPLOADS_AT_ONCE = 2
    client = program(bob)
    first, _second = (address(begin(client, 20_000)) for _ in range(2))
    refused = begin(client, 1)
    assert_refused(refused, 429, "rate_limited")
    assert "Retry-After" in refused
    send(client, first, 0, b"x" * 20_000)
    assert begin(client, 20_000).status_code == 201
    File.objects.filter(state="uploading").update(expires_at=timezone.now() + timedelta(hours=23))
    assert begin(client, 20_000).status_code == 201


def test_pieces_are_limited(bob, program, monkeypatch):
    one_at_once = limits._buckets("pieces", 0.001, 1)
    monkeypatch.setattr(limits, "pieces", lambda: one_at_once)
    client = program(bob)
    path = address(begin(client, 40_000))
    assert send(client, path, 0, b"x" * 20_000).status_code == 204
    assert_refused(send(client, path, 20_000, b"x" * 20_000), 429, "rate_limited")


def test_uploads_can_be_off(bob, program, settings):
    settings.CHAT_FILES = False
    assert_refused(begin(program(bob), 1), 403, "forbidden")


def test_an_expired_upload_is_gone(bob, program):
    client = program(bob)
    path = address(begin(client, 20_000))
    File.objects.update(expires_at=timezone.now())
    for answer in (send(client, path, 0, b"x" * 20_000), client.get(path)):
        assert_refused(answer, 410, "expired")
    assert client.head(path).status_code == 410
