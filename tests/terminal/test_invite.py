"""Inviting people at the prompt, listing members, and entering a room by a link."""

from types import SimpleNamespace

import msgspec
import pytest

from chat.actions import invitations
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.models import Membership, Person
from chat.terminal import commands, site
from chat.terminal.address import Address
from chat.terminal.site import Site


class Conversation:
    """The parts of a conversation that these commands use. It keeps what is said, and the rooms that are entered."""

    def __init__(self, site, room):
        self.said, self.entered, self._site, self._room = [], [], site, room
        self.view = SimpleNamespace(listed_members=("", 0))

    def say(self, text):
        self.said.append(text)

    def enter_room(self, slug):
        self.entered.append(slug)

    async def add_person(self, name):
        self._site.add_person("token", self._room, name)

    async def members(self, words, after):
        return self._site.members("token", self._room, words, after)

    async def create_invitation(self):
        return self._site.create_invitation("token", self._room).invitation.url

    async def use_invitation(self, code):
        return self._site.use_invitation("token", code).room


@pytest.fixture
def prompt(program, monkeypatch):
    """Return the conversation of a person in the room `ops`, whose client asks the API in this process."""

    def prompt(person):
        client = program(person)

        def call(self, path, kind, fields=None, token=None, query=None):
            if query is not None:
                answer = client.get(path, query)
            else:
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


def test_members_are_listed_by_name_with_their_roles_and_page_by_page(prompt, alice, bob, gil, hall, ops, monkeypatch):
    monkeypatch.setattr(site, "MEMBERS", 2)
    here = prompt(alice)
    run(here, "/members")
    assert here.said == ["2 members: alice (owner), bob"]
    import_memberships(ops, [MembershipImport(gil)])
    here.said.clear()
    for text in ("/members", "/members more", "/members more", "/members I", "/members nobody"):
        run(here, text)
    assert here.said == [
        "3 members: alice (owner), bob",
        "There are more. Type /members more, or /members WORDS to search.",
        "More: gil (guest)",
        "No members found.",
        "Found: alice (owner), gil (guest)",
        "No members found.",
    ]


def test_names_of_members_cannot_control_the_terminal(prompt, alice, ops):
    here = prompt(alice)
    Person.objects.filter(pk=alice.pk).update(name="ali\x1bce")
    run(here, "/members")
    assert "\x1b" not in here.said[0]
