"""Rights that end in one process while their sockets are open in two others."""

import asyncio
import json
import uuid

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.processes.servers import valkey
from tests.site import PATIENCE_SECONDS

NAMES = ("signed out", "token", "password", "inactive", "banned", "removed", "muted", "demoted", "staying")
SIGNED_OUT, FORBIDDEN = 4401, 4403
ENDS = {
    "signed out": SIGNED_OUT,
    "token": SIGNED_OUT,
    "password": SIGNED_OUT,
    "inactive": SIGNED_OUT,
    "banned": FORBIDDEN,
    "removed": FORBIDDEN,
}
REFUSED = {"muted": "muted", "demoted": "forbidden"}

ARRIVE = f"""
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from chat.actions.imports.people import MembershipImport, import_memberships, import_people
from chat.actions.accounts import issue_token
from chat.actions.rooms import create_room
from tests.cast import say
people = import_people([(name, "") for name in {NAMES!r}], None)
room = create_room(people[-1], "Ops", visibility="private")
memberships = [MembershipImport(it, role="moderator" if it.name == "demoted" else "member") for it in people]
import_memberships(room, memberships)
say(people[-1], room)
def headers(person):
    if person.name in ("token", "inactive", "removed"):
        return {{"Authorization": "Bearer " + issue_token(person)}}
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(person.pk), settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = person.get_session_auth_hash()
    session.create()
    return {{"Cookie": f"{{settings.SESSION_COOKIE_NAME}}={{session.session_key}}"}}
print(json.dumps([room.slug, {{person.name: headers(person) for person in people}}]))
"""

END = """
from datetime import timedelta
from django.utils import timezone
from chat.actions import administration, credentials
from chat.models import Membership, Person
who = {it.name: it for it in Person.objects.all()}
place = lambda name: Membership.objects.filter(person=who[name])
credentials.sign_out(who["signed out"], who["signed out"].sessions.get().public_id)
credentials.revoke_token(who["token"], who["token"].tokens.get().pk)
credentials.change_password(who["password"], "tr0mbone-quartet")
administration.change_person(who["inactive"], {"is_active": False})
place("banned").update(banned_at=timezone.now())
place("removed").delete()
place("muted").update(muted_until=timezone.now() + timedelta(days=1))
administration.change_role(place("demoted").get(), "member")
"""


class Socket:
    def __init__(self, wire):
        self.wire = wire

    async def ends(self):
        """Return the code with which the server closes the socket."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            try:
                while True:
                    await self.wire.recv()
            except ConnectionClosed as closed:
                return closed.rcvd.code

    async def ask(self, **command):
        """Return the code of the refusal, or `ok`."""
        await self.wire.send(json.dumps({**command, "ref": "asked"}))
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (answer := json.loads(await self.wire.recv())).get("ref") != "asked":
                pass
            return answer.get("code", "ok")


async def test_a_third_process_ends_connections_on_both_workers(new_site, tmp_path):
    with valkey(tmp_path) as layer:
        site = new_site(REDIS_URL=layer.url)
        slug, headers = json.loads(await asyncio.to_thread(site.shell, ARRIVE))
        workers = site.start("uvicorn"), site.start("daphne")
        sockets = {
            (name, port): Socket(
                await connect(
                    f"ws://127.0.0.1:{port}/ws/chat/{slug}/",
                    subprotocols=["chat.v1"],
                    additional_headers={**sent, "Origin": f"http://127.0.0.1:{port}"},
                )
            )
            for name, sent in headers.items()
            for port in workers
        }
        for socket in sockets.values():
            assert await socket.ask(type="ping") == "ok"
        await asyncio.to_thread(site.shell, END)
        for (name, _), socket in sockets.items():
            if name in ENDS:
                assert await socket.ends() == ENDS[name], name
            else:
                answer = await socket.ask(type="edit", seq=1, body=str(uuid.uuid4()))
                assert answer == REFUSED.get(name, "ok"), name
                await socket.wire.close()
