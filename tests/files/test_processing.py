"""Complete uploads: joined, scanned, recognized and re-encoded, once, whatever is interrupted."""

import hashlib
import os
import shlex
import sys
import tempfile
import time
from contextlib import contextmanager

import pytest
from django.core.exceptions import ImproperlyConfigured

from chat.actions.files import processing
from chat.actions.jobs import queue
from chat.actions.jobs.administration import try_again
from chat.files import pictures, scanning, scratch, storage
from chat.files.pictures import child
from chat.models import File, FilePiece, Job, Message, Person
from chatsite.config.files import scan_command
from tests.cases import each
from tests.cast import say
from tests.files import samples
from tests.files.client import upload

BODY = bytes(range(256)) * 200


@pytest.fixture(scope="module", autouse=True)
def ended_child():
    yield
    child.end()


@pytest.fixture
def process(bob, program, run_jobs, stored_files):
    """Upload a file as bob, run the jobs, and return the file as it is then."""

    def run(content, name="map.png", piece=20_000):
        key = upload(program(bob), content, name, piece)
        run_jobs("media")
        return File.objects.get(key=key)

    return run


def objects(file):
    """Return the names of all objects that the storage has of a file."""
    folder = storage.folder_of(file.key)
    return {f"{folder}/{name}" for name in storage.files().listdir(folder)[1]}


def content(name):
    with storage.files().open(name) as opened:
        return opened.read()


def test_a_plain_file_is_joined_and_kept_as_it_is(process):
    file = process(BODY, "all.bin")
    assert (file.state, file.kind, file.size, file.name) == ("ready", "file", len(BODY), "all.bin")
    assert content(file.path) == BODY
    assert file.sha256 == hashlib.sha256(BODY).hexdigest()
    assert objects(file) == {file.path}
    assert not FilePiece.objects.exists()


def test_a_picture_is_replaced_by_one_without_metadata(process):
    original = samples.picture("JPEG", size=(900, 600), exif=samples.exif(6))
    file = process(original, "holiday.JPEG")
    assert (file.state, file.kind, file.media_type, file.name) == ("ready", "image", "image/jpeg", "holiday.JPEG")
    assert (file.width, file.height, file.thumb_width, file.thumb_height) == (600, 900, 360, 540)
    assert file.color.startswith("#")
    assert objects(file) == {file.path, file.thumb_path}
    stored = content(file.path)
    assert (len(stored), hashlib.sha256(stored).hexdigest()) == (file.size, file.sha256)
    assert samples.SECRET not in stored + content(file.thumb_path)


@each(
    ("kind", "name", "then"),
    [
        ("GIF", "a.gif", "a.png"),
        ("AVIF", "a.b.avif", "a.b.webp"),
        ("JPEG", "page.html", "page.jpg"),
        ("PNG", "x" * 200, "x" * 196 + ".png"),
        ("PNG", "../../etc/pass\u202egnp.exe", "passgnp.png"),
        ("PNG", "MAP.PNG", "MAP.PNG"),
    ],
)
def test_names_have_the_extension_of_what_is_stored(process, kind, name, then):
    assert process(samples.picture(kind), name).name == then


@each(
    ("body", "name"),
    [
        (samples.SVG, "logo.svg"),
        (samples.SVG, "logo.png"),
        (b"<html>" + samples.SCRIPT, "photo.png"),
        (b"%!", "a.avif"),
    ],
)
def test_what_only_claims_to_be_a_picture_is_a_plain_file(process, body, name):
    file = process(body, name)
    assert (file.state, file.kind, file.media_type) == ("ready", "file", "application/octet-stream")
    assert (file.width, file.thumb_path, file.name) == (None, "", name)


def test_a_refused_picture_says_why_and_leaves_nothing(process):
    file = process(samples.many_frames(300))
    assert (file.state, file.refusal) == ("refused", "This animation has more than 200 frames. Make it shorter.")
    assert (file.path, file.thumb_path) == ("", "")
    assert not storage.files().exists(storage.folder_of(file.key))
    assert not FilePiece.objects.exists()


def test_the_message_with_the_file_is_published_again(process, bob, hall, run_jobs, program):
    key = upload(program(bob), samples.picture("GIF"), "a.gif")
    message = say(bob, hall, "", files=[File.objects.get(key=key)])
    run_jobs("media")
    assert Message.objects.get(pk=message.pk).rev > message.rev


@pytest.fixture
def scan(settings):
    """Let a Python program scan files. It gets their path."""

    def use(code, *words):
        settings.CHAT_SCAN_COMMAND = [sys.executable, "-c", f"import sys; {code}", *words]

    return use


def test_files_that_the_scanner_refuses_are_not_kept(process, scan, tmp_path):
    scan("sys.exit(open(sys.argv[2], 'rb').read(4) != b'fine')", "--file", "{}")
    assert process(b"fine, all of it").state == "ready"
    file = process(b"a virus")
    assert (file.state, file.refusal, file.path) == ("refused", scanning.REFUSED, "")


@each("code", ["sys.exit(2)", "import time; time.sleep(60)", None])
def test_a_file_waits_while_the_scanner_does_not_answer(process, scan, settings, monkeypatch, code):
    monkeypatch.setattr(scanning, "SCAN_SECONDS", 0.01)
    scan(code) if code else settings.__setattr__("CHAT_SCAN_COMMAND", ["/no/such/scanner"])
    file = process(b"fine")
    assert (file.state, Job.objects.get().status) == ("waiting", "READY")
    assert "CHAT_SCAN_COMMAND" in Job.objects.get().traceback


def test_the_scanner_gets_no_secrets_and_no_words_of_people(process, scan, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "hidden")
    told = tmp_path / "told"
    scan(f"import os; open({str(told)!r}, 'w').write(f'{{sys.argv}} {{os.environ}}')", "{}")
    name = "$(touch here); `touch here` & map.png"
    assert process(b"fine", name).state == "ready"
    assert "touch" not in told.read_text()
    assert "hidden" not in told.read_text()


# ---- Interruptions


class Killed(BaseException):
    """The process is killed: nothing after it is run."""


@contextmanager
def killed(module, name, after):
    """Let the first call of `module.name` end the process, before it does anything or after."""
    function = getattr(module, name)

    def stop(*arguments, **named):
        if after:
            function(*arguments, **named)
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, stop)
        with pytest.raises(Killed):
            yield


@each(
    ("module", "name", "after"),
    [
        (processing, "_join", True),
        (pictures, "make", True),
        (storage, "save_file", False),
        (storage, "save_file", True),
        (processing, "finish", False),
        (processing, "finish", True),
        (storage, "remove_all", True),
        (processing, "touch_message_of", True),
    ],
)
def test_an_interrupted_attempt_is_completed_by_the_next(bob, program, module, name, after):
    key = upload(program(bob), samples.picture())
    file = File.objects.get(key=key)
    with killed(module, name, after):
        processing.process(file.pk)
    processing.process(file.pk)
    file.refresh_from_db()
    assert (file.state, file.name) == ("ready", "map.png")
    assert objects(file) == {file.path, file.thumb_path}
    assert not FilePiece.objects.exists()
    before = File.objects.values().get()
    processing.process(file.pk)
    assert File.objects.values().get() == before


def test_what_a_killed_process_left_is_removed_after_an_hour(process, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left, running, other = (tmp_path / name for name in ("chat-media-1", "chat-media-2", "other"))
    for folder in (left, running, other):
        folder.mkdir()
        (folder / "source").touch()
    for folder in (left, other):
        os.utime(folder, (0, time.time() - scratch.LEFT_AFTER_SECONDS - 1))
    assert process(BODY).state == "ready"
    assert {*tmp_path.iterdir()} == {running, other}


def test_of_two_attempts_at_once_the_first_to_end_counts(bob, program, monkeypatch):
    file = File.objects.get(key=upload(program(bob), samples.picture()))
    finish = processing.finish

    def finish_after_another(*arguments):
        monkeypatch.setattr(processing, "finish", finish)
        processing.process(file.pk)
        return finish(*arguments)

    monkeypatch.setattr(processing, "finish", finish_after_another)
    processing.process(file.pk)
    file.refresh_from_db()
    assert (file.state, objects(file)) == ("ready", {file.path, file.thumb_path})


def test_a_file_that_was_removed_meanwhile_leaves_nothing(bob, program, monkeypatch, run_jobs):
    file = File.objects.get(key=upload(program(bob), samples.picture()))
    make = pictures.make

    def make_and_remove(*arguments):
        assert program(bob).delete(f"/api/files/{file.key}/", headers={"Tus-Resumable": "1.0.0"}).status_code == 204
        run_jobs("default")
        return make(*arguments)

    monkeypatch.setattr(pictures, "make", make_and_remove)
    processing.process(file.pk)
    folder = storage.folder_of(file.key)
    assert not storage.files().exists(folder) or not objects(file)


@each("command", ["scan 'x", '"'])
def test_a_scan_command_with_an_open_quote_is_refused(command):
    with pytest.raises(ImproperlyConfigured, match="CHAT_SCAN_COMMAND"):
        scan_command(command)
    assert scan_command("") == []
    assert scan_command("scan -q") == ["scan", "-q", "{}"]
    assert scan_command(f"scan --file={shlex.quote('{}')}") == ["scan", "--file={}"]


def test_a_file_is_refused_when_its_last_attempt_has_failed_and_ready_if_staff_try_again(
    bob, hall, program, run_jobs, monkeypatch
):
    key = upload(program(bob), BODY, "all.bin", 20_000)
    message = say(bob, hall, files=[File.objects.get(key=key)])
    jobs = Job.objects.filter(status=Job.State.READY)
    with monkeypatch.context() as patched:
        patched.setattr(storage, "read", lambda *_: 1 / 0)
        states = []
        for _ in range(queue.MAX_ATTEMPTS):
            assert jobs.update(due_at=hall.created_at) == 1
            run_jobs("media")
            states.append(File.objects.get().state)
    assert states == ["waiting"] * (queue.MAX_ATTEMPTS - 1) + ["refused"]
    message.refresh_from_db()
    assert (File.objects.get().refusal, message.rev, jobs.exists()) == (processing.GAVE_UP, 2, False)
    chief = Person.objects.create_superuser("chief", "password")
    assert try_again(chief, Job.objects.filter(status=Job.State.FAILED)) == 1
    run_jobs("media")
    file = File.objects.get()
    assert (file.state, file.refusal, content(file.path)) == ("ready", "", BODY)
    assert not FilePiece.objects.exists()
