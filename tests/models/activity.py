"""A small model of mentions, unread counts and activity: a function over the log of what people have done.

People and rooms are ids. The log has only what the site has accepted.
"""

from dataclasses import dataclass, field

NAME, ROOM, REPLY = "name", "room", "reply"


@dataclass
class Said:
    """A message. `causes` says for whom it is, and why. None stands for all members of the room."""

    author: int | None
    reply_to: int | None
    names: frozenset = frozenset()
    is_for_room: bool = False
    causes: dict = field(default_factory=dict)
    is_deleted: bool = False


@dataclass
class Member:
    read: int = 0
    floor: int = 0
    is_in: bool = True
    is_banned: bool = False
    level: str | None = None
    closed: int = -1  # for a head that is not above it, the room is out of the person's list

    @property
    def belongs(self):
        return self.is_in and not self.is_banned

    @property
    def start(self):
        return max(self.read, self.floor)


@dataclass
class Room:
    """`direct` are the people of a direct conversation."""

    slug: str
    is_public: bool = False
    hides_history: bool = False
    direct: frozenset = frozenset()
    log: list = field(default_factory=list)
    members: dict = field(default_factory=dict)

    @property
    def head(self):
        return len(self.log)

    def can_read(self, person, seq=None):
        member = self.members.get(person)
        if member is None or not member.is_in:
            return self.is_public and not (member and member.is_banned)
        return not member.is_banned and (seq is None or seq > member.floor)

    def belongs(self, person):
        return person in self.members and self.members[person].belongs


class Site:
    """The state after a log of (what, arguments). What happens is the method of that name."""

    def __init__(self, log=()):
        self.rooms, self.blocks = {}, set()
        for what, *arguments in log:
            getattr(self, what)(*arguments)

    # ---- What happens

    def create(self, room, slug, is_public, direct, members):
        self.rooms[room] = Room(slug, is_public, direct=frozenset(direct))
        self.rooms[room].members = {person: Member() for person in members}

    def post(self, room, seq, author, names=(), is_for_room=False, reply_to=None):
        there = self.rooms[room]
        assert seq == there.head + 1
        assert there.can_read(author)
        assert not (len(there.direct) == 2 and self._is_shut(*there.direct))
        assert reply_to is None or there.can_read(author, reply_to)
        there.log.append(Said(author, reply_to, frozenset(names), is_for_room))
        there.log[-1].causes = self._causes(there, there.log[-1])
        member = there.members.setdefault(author, Member())
        member.is_in, member.read = True, max(member.read, seq)

    def note(self, room, seq):
        """The site itself says something."""
        assert seq == self.rooms[room].head + 1
        self.rooms[room].log.append(Said(None, None))

    def edit(self, room, seq, names, is_for_room):
        said = self.rooms[room].log[seq - 1]
        assert not said.is_deleted
        said.names, said.is_for_room = frozenset(names), is_for_room
        said.causes = self._causes(self.rooms[room], said)

    def delete(self, room, seq):
        said = self.rooms[room].log[seq - 1]
        said.is_deleted, said.causes = True, {}

    def restore(self, room, seq):
        said = self.rooms[room].log[seq - 1]
        said.is_deleted, said.causes = False, self._causes(self.rooms[room], said)

    def read(self, room, person, seq):
        there = self.rooms[room]
        assert there.can_read(person)
        member = there.members.setdefault(person, Member())
        if member.is_in:
            member.read = max(member.read, min(seq, there.head))

    def mark_unread(self, room, person, seq):
        self.read(room, person, 0)
        member = self.rooms[room].members[person]
        if member.is_in:
            member.read = min(member.read, seq - 1)

    def admit(self, room, person):
        there = self.rooms[room]
        if there.belongs(person):
            return
        there.members[person] = member = there.members.get(person, Member())
        member.read, member.is_in, member.is_banned = there.head, True, False
        member.floor = there.head if there.hides_history and not there.is_public else 0

    def leave(self, room, person):
        if person in self.rooms[room].members:
            self.rooms[room].members[person].is_in = False

    def remove(self, room, person):
        del self.rooms[room].members[person]

    def ban(self, room, person):
        there = self.rooms[room]
        assert there.is_public or person in there.members
        there.members.setdefault(person, Member(there.head, is_in=False)).is_banned = True

    def unban(self, room, person):
        self.rooms[room].members[person].is_banned = False

    def close(self, room, person):
        member = self.rooms[room].members[person]
        member.read, member.closed = max(member.read, self.rooms[room].head), self.rooms[room].head

    def set_level(self, room, person, level):
        if level is not None:
            self.admit(room, person)
        if person in self.rooms[room].members:
            self.rooms[room].members[person].level = level

    def show(self, room, is_public):
        there = self.rooms[room]
        there.is_public = is_public
        for member in there.members.values():
            member.floor = 0 if is_public else member.floor

    def hide_history(self, room, is_hidden):
        self.rooms[room].hides_history = is_hidden

    def block(self, person, other):
        self.blocks.add((person, other))

    def unblock(self, person, other):
        self.blocks.discard((person, other))

    def mark_read(self, person):
        for there in self.rooms.values():
            if there.belongs(person) and self._mentions(there, person):
                there.members[person].read = there.head

    # ---- What follows from it

    def _is_shut(self, one, other):
        return bool({(one, other), (other, one)} & self.blocks)

    def _causes(self, room, said):
        """Return for whom a message is now. In a direct conversation each is for everyone, so nothing says so."""
        if room.direct:
            return {}
        original = room.log[said.reply_to - 1].author if said.reply_to else None
        wanted = {original: REPLY} | dict.fromkeys(said.names, NAME)
        found = {
            person: why
            for person, why in wanted.items()
            if person not in (None, said.author) and room.can_read(person) and (person, said.author) not in self.blocks
        }
        if not said.is_for_room:
            return found
        return {person: why for person, why in found.items() if not room.belongs(person)} | {None: ROOM}

    def _mentions(self, room, person):
        """Return the number of unread mentions of a member, which is of rows: of the person and of everyone."""
        after = room.log[room.members[person].start :]
        return sum((person in said.causes) + (None in said.causes) for said in after)

    def unread(self, person):
        """Return (unread messages, unread mentions) by slug for the rooms of a person that have any."""
        found = {}
        for room in self.rooms.values():
            if room.belongs(person) and room.head > room.members[person].closed:
                member = room.members[person]
                unread = max(room.head - member.start, 0)
                mentions = unread * (member.level != "nothing") if room.direct else self._mentions(room, person)
                found[room.slug] = (unread, mentions)
        return {slug: counts for slug, counts in found.items() if counts != (0, 0)}

    def activity(self, person):
        """Return (slug, seq, why, whether it is unread) of the messages on the person's activity page."""
        found = set()
        for room in self.rooms.values():
            for seq, said in enumerate(room.log, 1):
                why = said.causes.get(person) or (said.causes.get(None) if room.belongs(person) else None)
                if why and said.author != person and not said.is_deleted and room.can_read(person, seq):
                    is_unread = room.belongs(person) and seq > room.members[person].read
                    found.add((room.slug, seq, why, is_unread))
        return found
