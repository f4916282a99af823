"""Every file over HTTP: each role, by token, session and signed address, with a file in each state and each place."""

import asyncio
import time

import pytest
from asgiref.sync import sync_to_async
from channels.testing import HttpCommunicator
from django.conf import settings
from django.utils import timezone

from chat import protocol
from chat.actions import removal
from chat.actions.files.changed import touch
from chat.actions.removal import BulkRequest
from chat.delivery.service import Delivery
from chat.files import addresses
from chat.models import File, Person, Preview
from chatsite.asgi import application
from tests.cast import ask, say
from tests.files.store import CONTENT, THUMB, stored
from tests.matrix import table
from tests.matrix.cast import DIRECT, PRIVATE, PRIVATE_ROLES, PUBLIC, ROLES, SHUT, PrivateScene, Scene, token_of
from tests.matrix.test_http import browser_of
from tests.site import PATIENCE_SECONDS

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = {"thumb_width": 7, "thumb_height": 5}
HOST = "files.example.org"
STATES = ("uploading", "waiting", "refused", "ready")


@pytest.fixture(autouse=True)
async def ended():
    """End this process's delivery, which a request starts, after the test."""
    yield
    for delivery in Delivery.running():
        await delivery.stop()


def unused(bob):
    """Return files that only bob has."""
    return {f"upload, {state}": stored(bob, state=state, **PICTURE) for state in STATES}


def files_of(scene, room, slug):
    """Return the files of messages and previews of a room, by name in the table."""
    bob, found = scene.author, {}
    for state in STATES:
        found[f"{slug}: {state}"] = file = stored(bob, **PICTURE)
        say(bob, room, files=[file])
        File.objects.filter(pk=file.pk).update(state=state)
    for change in ("deleted", "restored", "erased"):
        found[f"{slug}: {change}"] = file = stored(bob, **PICTURE)
        message = say(bob, room, files=[file])
        ask(bob, room, protocol.Delete(seq=message.seq))
        if change != "deleted":
            operation = removal.RESTORE if change == "restored" else removal.ERASE
            removal.execute(operation, BulkRequest(Person.objects.get(name="staff")), [message.pk])
    found[f"{slug}: edited away"] = file = stored(bob, **PICTURE)
    ask(bob, room, protocol.Edit(seq=say(bob, room, files=[file]).seq, body="no file", files=[]))
    for state, hidden_at in (("shown", None), ("hidden", timezone.now())):
        found[f"{slug}: preview, {state}"] = image = stored(None, expires_at=None, **PICTURE)
        message = say(bob, room, "https://example.org/map")
        Preview.objects.create(message=message, url="https://example.org/map", image=image, hidden_at=hidden_at)
        touch(room.pk, message.pk)
    return found


def avatar(bob):
    file = stored(bob, expires_at=None, **PICTURE)
    Person.objects.filter(pk=bob.pk).update(avatar=file)
    return {"avatar": file}


def hall_and_ops():
    scene = Scene()
    found = unused(scene.author) | avatar(scene.author)
    for slug in (PUBLIC, PRIVATE):
        found |= files_of(scene, scene.rooms[slug], slug)
    return scene, found


def private_rooms():
    scene = PrivateScene()
    older = scene.rooms[PRIVATE].messages.get(seq=scene.hidden_seq)
    last = scene.rooms[SHUT].messages.latest("seq")
    found = {"ops: below the floor": older.attachments.get().file, "d-shut: ready": last.attachments.get().file}
    for slug in (PRIVATE, DIRECT):
        found |= files_of(scene, scene.rooms[slug], slug)
    return scene, found


@sync_to_async
def arrange(make, roles):
    """Return the files, and for each role the headers of a program and those of a browser.

    With a host of files, a program has what an address there is signed for, instead of headers.
    """
    scene, found = make()
    scene.people["author"] = scene.author
    headers = {}
    for role in (*roles, "author"):
        person = scene.people[role]
        cookie = browser_of(scene, role).cookies.get(settings.SESSION_COOKIE_NAME)
        program = [(b"authorization", f"Bearer {token_of(person)}".encode())] if person else []
        if person and settings.CHAT_FILES_HOST:
            program = (person.pk, None, person.tokens.latest("pk").pk)
        browser = [(b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie.value}".encode())] if cookie else []
        headers[role] = (program, browser)
    return found, headers


async def get(path, headers, host=b"testserver"):
    wire = HttpCommunicator(application, "GET", path, headers=[(b"host", host), *headers])
    answer = await wire.get_response(timeout=PATIENCE_SECONDS)
    await wire.wait(PATIENCE_SECONDS)
    return answer["status"], answer["body"]


def whole(file, program):
    path = f"/files/{file.key}/{file.name}"
    if not isinstance(program, tuple):
        return get(path, program)
    address = addresses.on_file_host(path, addresses.Ticket(file.key, *program, time.time() + 3600), is_download=False)
    return get(address.removeprefix(settings.CHAT_FILES_HOST), [], HOST.encode())


async def outcome(file, headers):
    """Ask for the file with a token, and for its thumbnail and as an avatar with a session. Return the one status."""
    program, browser = headers
    answers = await asyncio.gather(
        whole(file, program),
        get(f"/files/{file.key}/thumb.webp", browser),
        get(f"/avatars/{file.key}.webp", browser),
    )
    [status] = {status for status, _ in answers}
    bodies = [body for _, body in answers]
    assert bodies == ([CONTENT, THUMB, THUMB] if status == 200 else [b"Not found.\n"] * 3)
    return str(status)


@pytest.mark.parametrize(
    ("make", "roles", "name", "origin"),
    [(hall_and_ops, ROLES, "files.txt", ""), (private_rooms, PRIVATE_ROLES, "private_files.txt", f"https://{HOST}")],
    ids=["rooms", "private"],
)
async def test_each_file_is_there_for_those_who_may_read_its_message(settings, make, roles, name, origin):
    settings.CHAT_POSTS_PER_SECOND, settings.CHAT_FILES_HOST = 0, origin
    found, headers = await arrange(make, roles)
    answers = {}
    for asked, file in found.items():
        answers[asked] = {role: await outcome(file, its) for role, its in headers.items()}
    assert table.compare(table.read(name, (*roles, "author")), answers) > 100
