"""A small site with one object of every kind, for a fuzzer."""

import json
import urllib.request

import pytest

from tests.site import PATIENCE_SECONDS

PASSWORD = "correct horse battery staple"
# ada is a superuser and owns the rooms, bob a member of both: in the private one there is nothing to be seen by others.
SCENE = f"""
import uuid
from chat import protocol
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
from chat.models import Room
ada, bob = sign_up("ada", "{PASSWORD}", "ada@example.org"), sign_up("bob", "{PASSWORD}")
hall = create_room(ada, "Hall", topic="For everybody")
ops = create_room(ada, "Ops", visibility=Room.Visibility.PRIVATE)
Room.objects.filter(pk=ops.pk).update(slug="ops")
for room in (hall, ops):
    import_memberships(room, [MembershipImport(bob)])
    for person in (ada, bob, ada):
        body = f"hello **there**, @{{person.name}}"
        execute(Request(person.pk, room.pk, protocol.Post(client_id=uuid.uuid4(), body=body)))
execute(Request(bob.pk, hall.pk, protocol.React(seq=1, emoji="👍", on=True)))
"""
# Each with all of its tests in one process, which starts it once.
SERVERS = [pytest.param(it, marks=pytest.mark.xdist_group(f"fuzz {it}")) for it in ("uvicorn", "daphne")]
# Text in a log that shows an unhandled error.
TROUBLE = ("Traceback", "CRITICAL", "Internal Server Error", "Exception in ASGI application")


class Scene:
    """A running server of a site. Its log is read on from the last position."""

    def __init__(self, site, port):
        self.site, self.port = site, port
        self._pid, self._read = site.pid(port), 0
        self.token = self.sign_in("bob")

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def sign_in(self, name):
        """Return a token for a person of the scene."""
        fields = json.dumps({"username": name, "password": PASSWORD}).encode()
        request = urllib.request.Request(f"{self.address}/api/token/", fields, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["token"]

    def new_trouble(self):
        """Return the unexpected log lines since the last call."""
        with self.site.log.open(errors="replace") as log:
            log.seek(self._read)
            lines = log.readlines()
            self._read = log.tell()
        return [line for line in lines if any(word in line for word in TROUBLE)]
