"""Inviting people at the prompt, and entering a room by a link."""

import msgspec
import pytest

from chat.actions import invitations
from chat.models import Membership
from chat.terminal import commands
from chat.terminal.address import Address
from chat.terminal.site import Site


class Conversation:
    """The parts of a conversation that these commands use. It keeps what is said, and the rooms that are entered."""

    def __init__(self, site, room):
        self.said, self.entered, self._site, self._room = [], [], site, room

    def say(self, text):
        self.said.append(text)

    def enter_room(self, slug):
        self.entered.append(slug)

    async def add_person(self, name):
        self._site.add_person("token", self._room, name)

    async def create_invitation(self):
        return self._site.create_invitation("token", self._room).invitation.url

    async def use_invitation(self, code):
        return self._site.use_invitation("token", code).room


@pytest.fixture
def prompt(program, monkeypatch):
    """Return the conversation of a person in the room `ops`, whose client asks the API in this process."""

    def prompt(person):
        client = program(person)

        def call(self, path, kind, fields=None, token=None):
            answer = client.post(path, fields, content_type="application/json")
            assert answer.status_code in (200, 201), answer.content
            return msgspec.json.decode(answer.content, type=kind)

        monkeypatch.setattr(Site, "_call", call)
        return Conversation(Site(Address.parse("http://127.0.0.1:8000")), "ops")

    return prompt


def run(conversation, text):
    """Execute a command that waits for nothing."""
    with pytest.raises(StopIteration):
        commands.execute(conversation, text).send(None)


def test_people_are_added_by_name_and_by_a_link(prompt, alice, bob, carol, gil, ops):
    here = prompt(alice)
    run(here, "/invite @Carol")
    run(here, "/invite")
    link = f"http://testserver/invite/{invitations.listed_for(alice).get().code}/"
    assert here.said == ["Carol is now in this room.", f"{link}  (25 people, 7 days)"]
    Membership.objects.filter(person=carol).delete()
    there = prompt(carol)
    run(there, f"/join {link}")
    assert (there.entered, Membership.objects.filter(person=carol, room=ops).exists()) == (["ops"], True)
