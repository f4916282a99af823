"""Transactions that wait for one another, on PostgreSQL. SQLite has one writer at a time."""

import json

import pytest

from tests.processes.servers import postgresql
from tests.site import Site

# `meanwhile(change, act)`: `act` begins during the transaction of `change`, and goes on when that has ended.
ARRANGE = """
import builtins
from threading import Thread
from uuid import uuid4
from django.db import connection, transaction
from chat import protocol
from chat.actions import blocks, direct, invitations, join_requests, joining, members, room_deletion
from chat.actions.account_deletion import delete_account
from chat.actions.accounts import sign_up
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.actions.room_settings import change_room
from chat.actions.rooms import create_room
from chat.errors import ActionError
from chat.models import JoinRequest, Membership, Message, Person, Room

def meanwhile(change, act):
    outcome = []
    def run():
        try:
            outcome.append(act())
        except ActionError as refusal:
            outcome.append(str(refusal.code))
        finally:
            connection.close()
    thread = Thread(target=run)
    with transaction.atomic():
        change()
        thread.start()
        while thread.is_alive() and not waits():
            pass
        waited = thread.is_alive()
    thread.join()
    return [waited, *outcome]

def waits():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return cursor.fetchone()[0]

def post(person, room):
    execute(Request(person.pk, room.pk, protocol.Post(client_id=uuid4(), body="hello")))
    return "posted"

def is_member(person, room):
    return Membership.objects.filter(person=person, room=room).exists()

alice, bob, carol = (sign_up(name, None) for name in ("alice", "bob", "carol"))
open_room = lambda name: create_room(alice, name)
to = lambda room, **changes: lambda: change_room(Room.objects.get(pk=room.pk), changes)
builtins.world = dict(globals())
"""

CASES = {
    "a post of someone whose room becomes private": (
        "room = open_room('A')",
        "meanwhile(to(room, visibility='private'), lambda: post(carol, room))",
        "is_member(carol, room)",
        [[True, "not_found"], False],
    ),
    "a post where only moderators post now": (
        "room = open_room('B')",
        "meanwhile(to(room, posting='moderators'), lambda: post(carol, room))",
        "is_member(carol, room)",
        [[True, "forbidden"], False],
    ),
    "a position of someone whose room becomes private": (
        "room = open_room('C'); post(alice, room)",
        "meanwhile(to(room, visibility='private'), "
        "lambda: bool(execute(Request(carol.pk, room.pk, protocol.Read(seq=1)))))",
        "is_member(carol, room)",
        [[True, True], False],
    ),
    "a new account whose room becomes private": (
        "room = open_room('D'); Room.objects.filter(pk=room.pk).update(is_default=True)",
        "meanwhile(to(room, visibility='private'), lambda: bool(sign_up('dave', None)))",
        "is_member(Person.objects.get(handle='dave'), room)",
        [[True, True], False],
    ),
    "an invitation to a room that is deleted": (
        "room = open_room('E'); found = invitations.find(invitations.create(alice, room).code)",
        "meanwhile(lambda: room_deletion.delete_room(alice, room), lambda: invitations.use(found, carol))",
        "is_member(carol, room)",
        [[True, "not_found"], False],
    ),
    "the deletion of a room that someone joins": (
        "room = open_room('F')",
        "meanwhile(lambda: joining.join(carol, room), lambda: room_deletion.delete_room(alice, room))",
        "Room.objects.filter(pk=room.pk).exists()",
        [[True, None], False],
    ),
    "the deletion of an account that is being added": (
        "room, eve = open_room('H'), sign_up('eve', None)",
        "meanwhile(lambda: members.add(alice, room, person_id=eve.pk), lambda: delete_account(eve))",
        "is_member(eve, room)",
        [[True, None], False],
    ),
    "a sixth request to join": (
        "rooms = [create_room(alice, f'G{n}', visibility='private') for n in range(6)]; "
        "Room.objects.filter(name__startswith='G').update(joining='ask')",
        "meanwhile(lambda: [join_requests.ask(carol, it.slug) for it in rooms[:5]], "
        "lambda: bool(join_requests.ask(carol, rooms[5].slug)))",
        "JoinRequest.objects.filter(person=carol, decided_at=None).count()",
        [[True, "conflict"], 5],
    ),
    "a block while a message is on its way": (
        "room, _ = direct.open_conversation(bob, [carol.pk], '')",
        "meanwhile(lambda: post(bob, room), lambda: blocks.block(carol, bob.pk))",
        "Message.objects.filter(room=room).count()",
        [[True, None], 1],
    ),
}
RUN = """
import json
globals().update(world)
{0}
print(json.dumps([{1}, {2}]))
"""


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    with postgresql() as address:
        site = Site(tmp_path_factory.mktemp("meanwhile"), DATABASE_URL=address, DATABASE_POOL_SIZE="8")
        site.shell(ARRANGE)
        yield site.shell
        site.stop()


@pytest.mark.parametrize("case", CASES)
def test_what_waits_sees_what_it_waited_for(shell, case):
    *script, expected = CASES[case]
    assert json.loads(shell(RUN.format(*script))) == expected
