"""For all commands, alone or many in one transaction, the site answers and ends as its model does, and what it
tells turns the state before into the state that is read afresh (promise 16)."""

import copy
import itertools
import json
import logging
from uuid import UUID

import pytest
from django.db import DatabaseError, OperationalError
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chat import broadcast, history
from chat.actions import messages
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Batch, Request
from chat.actions.memberships import Memberships
from chat.errors import ActionError
from chat.models import Membership, Person, RoomHead
from chat.models import Room as StoredRoom
from chat.protocol import Code, Post, React
from tests.models import long
from tests.models import room as model

PEOPLE = ("ada", "bob", "cy")
ROOMS = ("hall", "ops")
CLIENT_IDS = [UUID(int=number) for number in range(1, 5)]
numbers = itertools.count()

people, rooms = st.sampled_from(PEOPLE), st.sampled_from(ROOMS)
bodies = st.sampled_from(["one", "two"])
requests = st.tuples(people, rooms, model.commands(st, CLIENT_IDS))


def shown(encoded, names):
    """Return a message of the wire in the model's terms."""
    fields = json.loads(encoded)
    return {
        **{name: fields[name] for name in ("seq", "rev", "client_id", "body", "deleted", "reply_to")},
        "author": names[fields["author"]["id"]],
        "edited": fields["edited_at"] is not None,
        "reactions": {it["emoji"]: [names[who] for who in it["people"]] for it in fields["reactions"]},
    }


def answer(outcome):
    return outcome.code if isinstance(outcome, ActionError) else (outcome.seq, outcome.rev)


class Actions(RuleBasedStateMachine):
    """`followed` is what a client holds that has been told every broadcast; `pasts` are its states at each revision."""

    @initialize()
    def begin(self):
        number = next(numbers)
        self.people = {name: join_as_guest(f"{name} {number}") for name in PEOPLE}
        self.names = {person.pk: name for name, person in self.people.items()}
        self.rooms = {name: self._open(f"{name}-{number}", is_private=name == "ops") for name in ROOMS}
        members = {"hall": {"ada": model.Member(moderates=True)}, "ops": {"ada": model.Member(), "bob": model.Member()}}
        self.chat = model.Chat(
            {name: model.Room(name, is_private=name == "ops", members=members[name]) for name in ROOMS}
        )
        for name, room in self.rooms.items():
            for who, member in members[name].items():
                role = Membership.Role.MODERATOR if member.moderates else Membership.Role.MEMBER
                Membership.objects.create(room=room, person=self.people[who], role=role)
        self.followed = {name: {} for name in ROOMS}
        self.pasts = {name: {0: {}} for name in ROOMS}
        self.told.clear()

    def _open(self, slug, *, is_private):
        visibility = StoredRoom.Visibility.PRIVATE if is_private else StoredRoom.Visibility.PUBLIC
        room = StoredRoom.objects.create(slug=slug, name=slug, visibility=visibility)
        RoomHead.objects.create(room=room)
        return room

    # ---- Actions by people

    @rule(asked=st.lists(requests, min_size=1, max_size=6))
    def ask_together(self, asked):
        self._ask(asked)

    def _ask(self, asked):
        """Return the outcome."""
        outcomes = [answer(it) for it in self._carry_out(asked)]
        assert outcomes == [self.chat.do(*it) for it in asked]
        self._hear()
        return outcomes

    @rule(asked=st.lists(requests, min_size=1, max_size=4))
    def ask_twice(self, asked):
        """Repeat a command, as after a lost answer. A command that was done stays done once. A refused one may now
        succeed."""
        refused = any(
            isinstance(it[2], Post) and isinstance(came, Code) for it, came in zip(asked, self._ask(asked), strict=True)
        )
        before = {name: room.rev for name, room in self.chat.rooms.items()}
        posts = [it for it in asked if isinstance(it[2], Post)]
        if posts:
            self._ask(posts)
        assert refused or before == {name: room.rev for name, room in self.chat.rooms.items()}

    @rule(who=people, client_id=st.uuids(version=4), said=st.lists(st.tuples(rooms, bodies), min_size=2, max_size=3))
    def use_one_client_id_for_several(self, who, client_id, said):
        self.ask_together([(who, name, Post(client_id=client_id, body=body)) for name, body in said])

    @rule(who=people, name=rooms, seq=st.integers(1, 6), emoji=st.sampled_from(model.EMOJI), together=st.booleans())
    def react_and_take_it_back(self, who, name, seq, emoji, together):
        on, off = ((who, name, React(seq=seq, emoji=emoji, on=it)) for it in (True, False))
        for asked in ([on, off],) if together else ([on], [off]):
            self.ask_together(asked)

    @rule(asked=st.lists(requests, min_size=1, max_size=4))
    def ask_a_database_that_does_not_answer(self, asked):
        """Fail a transaction: no request is done, all are asked to retry, and the retry does each once."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Batch, "_publish", self._fail(OperationalError("gone")))
            patch.setattr(Memberships, "save", self._fail(OperationalError("gone")))
            outcomes = self._carry_out(asked)
        early = (Code.UNAVAILABLE, Code.EMPTY, Code.TOO_LONG)
        assert all(isinstance(it, ActionError) and it.code in early for it in outcomes)
        assert self.told == []
        self.ask_together(asked)

    @rule(asked=st.lists(requests, min_size=1, max_size=4), who=people, name=rooms, data=st.data())
    def ask_beside_one_that_the_database_refuses(self, asked, who, name, data):
        """Fail one request: it gets the error, and the others are done as if it had not been there."""
        client_id = data.draw(st.uuids(version=4))
        poison = (who, name, Post(client_id=client_id, body="one"))
        place = data.draw(st.integers(0, len(asked)))
        save = Batch.save

        def refuse(batch):
            if any(message.client_id == client_id for message in batch.created):
                raise DatabaseError("value out of range")
            save(batch)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Batch, "save", refuse)
            outcomes = [answer(it) for it in self._carry_out([*asked[:place], poison, *asked[place:]])]
        refused = outcomes.pop(place)
        before = [self.chat.do(*it) for it in asked[:place]]
        would = copy.deepcopy(self.chat).do(*poison)
        assert refused == (would if isinstance(would, Code) else Code.UNAVAILABLE)
        assert outcomes == before + [self.chat.do(*it) for it in asked[place:]]
        self._hear()

    def _fail(self, error):
        def fail(*_):
            raise error

        return fail

    def _carry_out(self, asked):
        return messages.execute_batch(
            [Request(self.people[who].pk, self.rooms[name].pk, it) for who, name, it in asked]
        )

    # ---- Actions on people and rooms

    @rule(
        what=st.sampled_from(["ban", "mute", "archive", "sign_out"]),
        who=people,
        name=rooms,
        asked=st.lists(requests, min_size=1, max_size=6),
    )
    def ask_while_somebody_may_not(self, what, who, name, asked):
        """Ask while a person has lost access, then restore it. Otherwise no one could act in the end."""
        restrict = getattr(self, f"_{what}")
        restrict(who, name, True)
        self.ask_together(asked)
        restrict(who, name, False)

    def _ban(self, who, name, on):
        if member := self.chat.rooms[name].members.get(who):
            member.is_banned = on
            self._membership(who, name).update(banned_at=timezone.now() if on else None)

    def _mute(self, who, name, on):
        if member := self.chat.rooms[name].members.get(who):
            member.is_muted = on
            self._membership(who, name).update(muted_until=timezone.now() + timezone.timedelta(days=1) if on else None)

    def _archive(self, _, name, on):
        self.chat.rooms[name].is_archived = on
        StoredRoom.objects.filter(pk=self.rooms[name].pk).update(archived_at=timezone.now() if on else None)

    def _sign_out(self, who, _, on):
        (self.chat.signed_out.add if on else self.chat.signed_out.discard)(who)
        Person.objects.filter(pk=self.people[who].pk).update(is_active=not on)

    @rule(who=people)
    def leave(self, who):
        """Leave the public room, to which a person may return."""
        self.chat.rooms["hall"].members.pop(who, None)
        self._membership(who, "hall").delete()

    def _membership(self, who, name):
        return Membership.objects.filter(person=self.people[who], room=self.rooms[name])

    # ---- Broadcasts and reads

    def _hear(self):
        """Check that the broadcasts lead from the old head of each room to the new one without a gap."""
        stood = {name: max(self.pasts[name]) for name in ROOMS}
        by_room = {room.pk: name for name, room in self.rooms.items()}
        for event in (it for it in self.told if it["type"].startswith("room.")):
            name = by_room[event["room"]]
            assert event["after"] == stood[name] < event["rev"]
            stood[name] = event["rev"]
            self._follow(name, event)
        assert stood == {name: room.rev for name, room in self.chat.rooms.items()}
        self.told.clear()

    def _follow(self, name, event):
        revs = [event["after"], *event["revs"]]
        assert revs == sorted(set(revs))
        assert revs[-1] == event["rev"]
        news = [shown(encoded, self.names) for encoded in event["messages"]]
        assert [it["rev"] for it in news] == event["revs"]
        self.followed[name] |= {it["seq"]: it for it in news}
        self.pasts[name][event["rev"]] = dict(self.followed[name])

    @rule(name=rooms, data=st.data(), limit=st.integers(1, 4))
    def come_back(self, name, data, limit):
        """Check that a client that resumes anywhere and reads page after page holds the room's state."""
        rev = data.draw(st.sampled_from(sorted(self.pasts[name])))
        held = dict(self.pasts[name][rev])
        while rev < self.chat.rooms[name].rev:
            page = history.changes_after(self.rooms[name].pk, rev, limit)
            held |= {it["seq"]: it for it in (shown(encoded, self.names) for _, encoded in page.entries)}
            assert page.rev > rev
            rev = page.rev
        assert held == self.followed[name]

    @invariant()
    def what_was_told_is_what_is_stored(self):
        for name, room in self.chat.rooms.items():
            top = history.head(self.rooms[name].pk)
            fresh = history.changes_after(self.rooms[name].pk, 0, 1000)
            stored = {it["seq"]: it for it in (shown(encoded, self.names) for _, encoded in fresh.entries)}
            assert self.followed[name] == stored == room.shown()
            assert (top.seq, top.rev) == (len(room.entries), room.rev)
            assert sorted(stored) == list(range(1, top.seq + 1))
            assert len({it["rev"] for it in stored.values()}) == len(stored)

    @invariant()
    def read_positions_are_those_of_the_model(self):
        for name, room in self.chat.rooms.items():
            rows = Membership.objects.filter(room=self.rooms[name]).values_list("person_id", "read_seq")
            assert {self.names[who]: read for who, read in rows} == {who: it.read for who, it in room.members.items()}


@pytest.mark.django_db(transaction=True)
def test_the_site_is_its_model(monkeypatch, caplog, settings):
    settings.CHAT_MAX_BODY = model.MAX_BODY
    caplog.set_level(logging.CRITICAL, "chat.actions.messages")
    told = []
    monkeypatch.setattr(broadcast, "_send", told.append)
    monkeypatch.setattr(Actions, "told", told, raising=False)
    run_state_machine_as_test(Actions, settings=long(5, 40))
