"""Simulated people who act at random, what is logged of it, and their pages at two processes."""

import uuid
from contextlib import suppress

from chat import history, protocol
from chat.actions import activity, administration, blocks, joining, profiles, sanctions
from chat.actions.accounts import join_as_guest
from chat.actions.batch import Request
from chat.actions.direct import open_conversation, set_closed
from chat.actions.messages import execute
from chat.actions.removal import RESTORE, BulkRequest
from chat.actions.removal import execute as change_many
from chat.actions.room_settings import change_room
from chat.actions.rooms import create_room
from chat.delivery.presence.unread import PARTS
from chat.errors import ActionError
from chat.models import Membership, Message, Person, Room
from tests.models.activity import Site
from tests.simulated_counts import Process

PUBLIC, PRIVATE = Room.Visibility.PUBLIC, Room.Visibility.PRIVATE


class Talk:
    """People who act at random in rooms and direct conversations, and three pages of each at two processes.

    `log` has what the site accepted, for the model. Each process misses a part of the broadcasts, and the parts
    `without` of all others. `random` is a `random.Random`, or Hypothesis in its place.
    """

    def __init__(self, owner, random, events, lost=0.0, without=(), people=20, rooms=4):
        self.random, self.owner, self.events = random, owner, events
        self.lost, self.without = lost, without
        self.log, self.number = [], 0
        self.people = [join_as_guest(f"guest {number}") for number in range(people)]
        self.rooms = [self.room(number, PUBLIC if number else PRIVATE) for number in range(rooms)]
        self.rooms += [self.conversation(it) for it in self.people[1:rooms]]
        self.events.clear()
        self.processes = [Process(), Process()]
        self.pages = [self.random.choice(self.processes).open(*self.page_of(person)) for person in self.people * 3]
        self.refresh()

    def room(self, number, visibility):
        room = create_room(self.owner, f"Room {number}", visibility=visibility)
        history = Room.History.ALL if visibility == PUBLIC else Room.History.JOINED
        Room.objects.filter(pk=room.pk).update(room_mentions=Room.RoomMentions.EVERYONE, history=history)
        members = [it for it in self.people if self.random.random() < 0.5]
        Membership.objects.bulk_create(Membership(person=it, room=room) for it in members)
        everyone = [self.owner.pk, *(it.pk for it in members)]
        self.log.append(("create", room.pk, room.slug, visibility == PUBLIC, [], everyone))
        self.log.append(("hide_history", room.pk, visibility == PRIVATE))
        return room

    def conversation(self, person):
        room, both = open_conversation(person, [self.people[0].pk], "")[0], [self.people[0].pk, person.pk]
        self.log.append(("create", room.pk, room.slug, False, both, both))
        return room

    def page_of(self, person):
        return person.pk, self.random.choice(self.rooms).pk

    def act(self, number):
        for _ in range(number):
            person, room = self.random.choice(self.people), self.random.choice(self.rooms)
            room.refresh_from_db()
            if room.is_direct:
                person = self.random.choice(list(Person.objects.filter(memberships__room=room).order_by("pk")))
            with suppress(ActionError):  # as for people who do what they may not
                self.random.choice(ACTIONS)(self, person, room, history.head(room.pk).seq)
            self.deliver()
            if self.random.random() < 0.1:
                self.refresh()

    # ---- What people do. The log gets an entry after the site has accepted it.

    def command(self, person, room, command):
        return execute(Request(person.pk, room.pk, command))

    def text(self, chosen=None):
        """Return a new text, and the people whom it names, and whether it is for the room."""
        self.number += 1
        chosen = self.random.choice(["", "name", "room", "both"]) if chosen is None else chosen
        named = [self.random.choice(self.people)] if chosen in ("name", "both") else []
        words = [*(f"@{it.name}" for it in named), *(["@room"] if chosen in ("room", "both") else [])]
        return " ".join([*words, f"word{self.number}x"]), [it.pk for it in named], chosen in ("room", "both")

    def post(self, person, room, newest, chosen="", reply_to=None):
        body, names, is_for_room = self.text(chosen)
        command = protocol.Post(client_id=uuid.uuid4(), body=body, reply_to=reply_to)
        seq = self.command(person, room, command).seq
        self.log.append(("post", room.pk, seq, person.pk, names, is_for_room, reply_to))

    def mention(self, person, room, newest):
        self.post(person, room, newest, self.random.choice(["name", "room", "both"]))

    def reply(self, person, room, newest):
        self.post(person, room, newest, None, self.random.randint(1, newest + 1))

    def edit(self, person, room, newest):
        own = room.messages.filter(author=person, deleted_at=None).order_by("seq").values_list("seq", flat=True)
        if own:
            (body, names, is_for_room), seq = self.text(), self.random.choice(list(own))
            self.command(person, room, protocol.Edit(seq=seq, body=body))
            self.log.append(("edit", room.pk, seq, names, is_for_room))

    def delete(self, person, room, newest):
        seq = self.random.randint(1, newest + 1)
        self.command(person if room.is_direct else self.owner, room, protocol.Delete(seq=seq))
        self.log.append(("delete", room.pk, seq))

    def restore(self, person, room, newest):
        deleted = Message.objects.filter(room=room).exclude(deleted_at=None).order_by("seq")
        if not room.is_direct and deleted:
            message = self.random.choice(list(deleted))
            if change_many(RESTORE, BulkRequest(self.owner, room=room), [message.pk]):
                self.log.append(("restore", room.pk, message.seq))

    def read(self, person, room, newest):
        seq = self.random.randint(0, newest)
        self.command(person, room, protocol.Read(seq=seq))
        self.log.append(("read", room.pk, person.pk, seq))

    def unread(self, person, room, newest):
        seq = self.random.randint(1, newest + 1)
        self.command(person, room, protocol.MarkUnread(seq=seq))
        self.log.append(("mark_unread", room.pk, person.pk, seq))

    def mark_read(self, person, room, newest):
        activity.mark_read(person)
        self.log.append(("mark_read", person.pk))

    def join(self, person, room, newest):
        joining.join(person, room)
        self.log.append(("admit", room.pk, person.pk))

    def add(self, person, room, newest):
        if not room.is_direct:
            administration.add_member(person, room)
            self.log.append(("admit", room.pk, person.pk))

    def leave(self, person, room, newest):
        joining.leave(person, room)
        self.log.append(("leave", room.pk, person.pk))

    def remove(self, person, room, newest):
        sanctions.close_membership(self.owner, room, person)
        self.log.append(("remove", room.pk, person.pk))

    def ban(self, person, room, newest):
        is_banned = Membership.objects.filter(person=person, room=room).exclude(banned_at=None).exists()
        if is_banned:
            sanctions.unban(self.owner, room, person)
        else:
            sanctions.ban(self.owner, room, person, reason="")
        self.log.append(("unban" if is_banned else "ban", room.pk, person.pk))

    def change(self, room, newest, changes):
        change_room(room, changes)
        self.log += [("note", room.pk, seq) for seq in range(newest + 1, history.head(room.pk).seq + 1)]

    def rename(self, person, room, newest):
        self.number += 1
        self.change(room, newest, {"topic": f"Topic {self.number}"})

    def show(self, person, room, newest):
        if not room.is_direct:
            visibility = PRIVATE if room.visibility == PUBLIC else PUBLIC
            self.change(room, newest, {"visibility": visibility})
            self.log.append(("show", room.pk, visibility == PUBLIC))

    def hide_history(self, person, room, newest):
        if not room.is_direct:
            setting = self.random.choice(["all", "joined"])
            self.change(room, newest, {"history": setting})
            self.log.append(("hide_history", room.pk, setting == "joined"))

    def close(self, person, room, newest):
        set_closed(person, room, True)
        self.log.append(("close", room.pk, person.pk))

    def set_level(self, person, room, newest):
        level = self.random.choice(["all", "nothing", None])
        profiles.set_notifications(person, room, level)
        self.log.append(("set_level", room.pk, person.pk, level))

    def block(self, person, room, newest):
        other = self.random.choice(self.people)
        blocks.block(person, other.pk)
        self.log.append(("block", person.pk, other.pk))

    def unblock(self, person, room, newest):
        other = self.random.choice(self.people)
        blocks.unblock(person, other.pk)
        self.log.append(("unblock", person.pk, other.pk))

    # ---- What processes get and show

    def deliver(self):
        events, self.events[:] = list(self.events), []
        for process in self.processes:
            for event in events:
                if event["type"] == "worker.moved" and self.random.random() >= self.lost:
                    process.counts.take({name: it for name, it in event.items() if name not in self.without})

    def refresh(self):
        for process in self.processes:
            process.refresh()

    def repair(self):
        """Check the heads, and compare everyone with the database once, as happens within a minute."""
        for process in self.processes:
            known = process.counts.heads()
            process.counts.observe_heads(history.heads(list(known)), known)
            process.compare(times=PARTS)
            process.refresh()

    def wrong(self):
        """Return the pages that show other counts than the model, with both."""
        site = Site(self.log)
        return [
            (page.person_id, page.unread, right)
            for page in self.pages
            for right in [self.shown(site, page)]
            if page.unread != right
        ]

    def shown(self, site, page):
        here = site.rooms[page.room_id].slug
        counts = site.unread(page.person_id)
        return {slug: {"unread": it[0], "mentions": it[1]} for slug, it in counts.items() if slug != here}

    def wrong_lists(self):
        """Return the direct conversations that were closed when the pages opened and are listed wrongly now."""
        closed = Membership.objects.filter(room__direct_key__isnull=False, person=self.people[0])
        listed = {it.room.slug: it.closed_seq is None or it.room.head.seq > it.closed_seq for it in closed}
        pages = [page for page in self.pages if page.person_id == self.people[0].pk]
        return [(slug, shown) for page in pages for slug, shown in listed.items() if (slug in page.rooms) != shown]

    def wrong_topics(self):
        topics = {room.slug: room.topic for room in Room.objects.all()}
        shown = [room for page in self.pages for room in page.rooms.values()]
        return [room for room in shown if room["topic"] != topics[room["slug"]]]


# What is done more often stands there more often.
ACTIONS = [
    *(Talk.post, Talk.mention, Talk.mention, Talk.mention, Talk.reply, Talk.edit, Talk.edit, Talk.read, Talk.unread),
    *(
        Talk.mark_read,
        Talk.delete,
        Talk.restore,
        Talk.restore,
        Talk.join,
        Talk.add,
        Talk.add,
        Talk.leave,
        Talk.remove,
        Talk.ban,
    ),
    *(Talk.rename, Talk.show, Talk.hide_history, Talk.close, Talk.set_level, Talk.block, Talk.unblock),
]
