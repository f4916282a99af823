"""Uploads in pieces: what is stored, and what is refused."""

import pytest
from django.test import Client

from chat.actions.files.uploads import MAX_PIECE_BYTES, MIN_PIECE_BYTES
from chat.models import File, Job
from tests.cases import each
from tests.files.client import FILES, TUS, address, assert_refused, begin, send, upload

BODY = bytes(range(256)) * 200


@pytest.fixture
def bobs(bob, program):
    return program(bob)


def stored(storage, file):
    return b"".join(storage.open(it.path).read() for it in file.pieces.order_by("start"))


def test_pieces_become_a_file_that_waits_for_its_processing(bob, bobs, stored_files):
    path = address(begin(bobs, len(BODY), name="Plan B.png"))
    assert send(bobs, path, 0, BODY[:20_000])["Upload-Offset"] == "20000"
    asked = bobs.head(path, headers=TUS)
    assert (asked["Upload-Offset"], asked["Upload-Length"], asked["Cache-Control"]) == ("20000", "51200", "no-store")
    assert {"Tus-Resumable", "Upload-Expires"} <= set(asked.headers)
    last = send(bobs, path, 20_000, BODY[20_000:])
    assert (last.status_code, last["Upload-Offset"]) == (204, "51200")
    file = File.objects.get()
    assert (file.owner, file.name, file.state, file.offset) == (bob, "Plan B.png", "waiting", len(BODY))
    assert stored(stored_files, file) == BODY
    job = Job.objects.get()
    assert (job.task, job.queue, job.arguments["args"]) == ("chat.actions.tasks.media.process_file", "media", [file.pk])
    told = bobs.get(path).json()["file"]
    assert (told["name"], told["size"], told["state"]) == ("Plan B.png", 51200, "waiting")


def test_a_piece_at_another_offset_is_refused_and_leaves_nothing(bobs, stored_files):
    path = address(begin(bobs, len(BODY)))
    send(bobs, path, 0, BODY[:20_000])
    for offset in (0, 19_999, 20_001):
        assert_refused(send(bobs, path, offset, BODY[:20_000]), 409, "conflict")
    file = File.objects.get()
    assert (file.offset, stored(stored_files, file)) == (20_000, BODY[:20_000])


def test_of_two_pieces_at_one_offset_the_first_wins(bob, bobs, stored_files, monkeypatch):
    path = address(begin(bobs, len(BODY)))
    save = stored_files.save

    def save_after_another(name, content):
        monkeypatch.setattr(stored_files, "save", save)
        assert send(bobs, path, 0, BODY[:20_000]).status_code == 204
        return save(name, content)

    monkeypatch.setattr(stored_files, "save", save_after_another)
    assert_refused(send(bobs, path, 0, b"x" * 20_000), 409, "conflict")
    file = File.objects.get()
    assert (file.offset, stored(stored_files, file)) == (20_000, BODY[:20_000])
    folder = f"{file.key[:2]}/{file.key}"
    assert len(stored_files.listdir(folder)[1]) == 1


@each(
    ("offset", "size", "status", "code"),
    [
        (0, MAX_PIECE_BYTES + 1, 413, "too_long"),
        (0, MIN_PIECE_BYTES - 1, 400, "bad_frame"),
        (900_000, 200_000, 409, "conflict"),
    ],
)
def test_pieces_of_wrong_sizes_are_refused(bobs, offset, size, status, code):
    path = address(begin(bobs, 1_000_000))
    assert_refused(send(bobs, path, offset, b"x" * size), status, code)
    assert bobs.head(path)["Upload-Offset"] == "0"


def test_a_piece_beyond_the_end_is_refused_and_an_empty_one_changes_nothing(bobs):
    path = address(begin(bobs, 20_000))
    assert_refused(send(bobs, path, 0, b"x" * 20_001), 413, "too_large")
    assert send(bobs, path, 0, b"")["Upload-Offset"] == "0"
    assert send(bobs, path, 0, b"x" * 20_000)["Upload-Offset"] == "20000"
    assert_refused(send(bobs, path, 20_000, b""), 409, "conflict")


@each(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Upload-Length": "-1"}, 400),
        ({"Upload-Length": "0"}, 400),
        ({"Upload-Length": "many"}, 400),
        ({"Upload-Metadata": "filename not*base64"}, 400),
        ({"Upload-Metadata": "filename /w=="}, 400),
        ({"Upload-Metadata": "filename AA=="}, 201),
        ({"Upload-Metadata": "is_secret,,  filename  bWFw"}, 201),
    ],
)
def test_headers_of_a_new_upload(bobs, headers, status):
    answer = begin(bobs, 20_000, **headers)
    assert (answer.status_code, answer["Tus-Resumable"], File.objects.count()) == (status, "1.0.0", status == 201)


def test_a_piece_needs_its_content_type(bobs):
    path = address(begin(bobs, 20_000))
    answer = bobs.generic("PATCH", path, b"x" * 20_000, "text/plain", headers={**TUS, "Upload-Offset": 0})
    assert_refused(answer, 415, "bad_frame")


def test_others_have_no_access_and_pages_need_the_token_of_forms(bob, carol, bobs, program, signed_in):
    path = address(begin(bobs, 20_000))
    hers = program(carol)
    for answer in (hers.head(path), hers.get(path), send(hers, path, 0, BODY[:20_000]), hers.delete(path, headers=TUS)):
        assert answer.status_code == 404
    page = Client(enforce_csrf_checks=True)
    page.force_login(bob)
    assert_refused(send(page, path, 0, BODY[:20_000]), 403, "forbidden")
    assert_refused(send(Client(), path, 0, BODY[:20_000]), 401, "signed_out")
    assert send(signed_in(bob), path, 0, BODY[:20_000]).status_code == 204


def test_a_cancelled_upload_is_gone_with_its_objects(bobs, stored_files, run_jobs):
    path = address(begin(bobs, len(BODY)))
    send(bobs, path, 0, BODY[:20_000])
    [shard] = stored_files.listdir("")[0]
    assert bobs.delete(path, headers=TUS).status_code == 204
    run_jobs()
    assert (File.objects.count(), stored_files.listdir(shard)) == (0, ([], []))
    assert_refused(bobs.delete(path, headers=TUS), 404, "not_found")


def test_the_owner_describes_a_file(bobs):
    path = f"{FILES}{upload(bobs, BODY)}/"
    answer = bobs.put(path, {"alt": " A map\nof it "}, content_type="application/json")
    assert answer.json()["file"]["alt"] == File.objects.get().alt == "A map of it"


def test_options_name_the_protocol(client, db):
    answer = client.options(FILES)
    assert (answer.status_code, answer["Tus-Version"]) == (204, "1.0.0")
    assert answer["Tus-Extension"] == "creation,expiration,termination"


def test_a_storage_that_is_full_or_away_is_a_clear_refusal(bobs, stored_files, monkeypatch, caplog):
    path = address(begin(bobs, 20_000))

    def fail(*args):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(stored_files, "save", fail)
        assert_refused(send(bobs, path, 0, BODY[:20_000]), 503, "unavailable")
    assert "No space left on device" in caplog.text
    assert send(bobs, path, 0, BODY[:20_000]).status_code == 204
