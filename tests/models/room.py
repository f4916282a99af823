"""A small model of a chat: the permissions of people in rooms, and the state after each command."""

from dataclasses import dataclass, field

from chat import protocol
from chat.protocol import Code

MAX_BODY = 20
# Typed texts and the stored ones. A blank text is not stored.
BODIES = {
    "one": "one",
    "two": "two",
    "  indented\r\n": "  indented",
    "e\u0301t\u0435 \u202etxt": "\u00e9t\u0435 txt",
    "@bob, look": "@bob, look",
    " \u200b ": "",
    "x" * (MAX_BODY + 1): None,
}
EMOJI = ("👍", "🎉")
NO_EMOJI = ("ab", "")


class Refused(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code


@dataclass
class Entry:
    """A message: `mark` is what was posted, `reactions` are (emoji, person), first come first."""

    author: str
    client_id: str
    mark: tuple
    seq: int
    rev: int
    body: str
    reply_to: int | None
    is_edited: bool = False
    text_rev: int = 0
    is_deleted: bool = False
    reactions: list = field(default_factory=list)

    def shown(self):
        """Return the message as everyone receives it."""
        by_emoji = {}
        for emoji, person in () if self.is_deleted else self.reactions:
            by_emoji.setdefault(emoji, []).append(person)
        return {
            "seq": self.seq,
            "rev": self.rev,
            "client_id": self.client_id,
            "author": self.author,
            "body": "" if self.is_deleted else self.body,
            "edited": self.is_edited,
            "deleted": self.is_deleted,
            "reply_to": self.reply_to,
            "reactions": by_emoji,
        }


@dataclass
class Member:
    """A person's membership in a room."""

    read: int = 0
    moderates: bool = False
    is_banned: bool = False
    is_muted: bool = False


@dataclass
class Room:
    name: str
    is_private: bool = False
    is_archived: bool = False
    rev: int = 0
    entries: dict[int, Entry] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def shown(self):
        return {seq: entry.shown() for seq, entry in self.entries.items()}

    def move(self, entry):
        self.rev += 1
        entry.rev = self.rev


class Chat:
    """Rooms and people by name. `do` answers like the site: (seq, rev), (position, None), or a code."""

    def __init__(self, rooms):
        self.rooms = rooms
        self.signed_out = set()
        self._posted = {}

    def do(self, person, room, command):
        kind = type(command).__struct_config__.tag
        try:
            body = self._body(kind, command) if kind in ("post", "edit") else None
            return getattr(self, f"_{kind}")(person, self._enter(person, room), command, body)
        except Refused as refused:
            return refused.code

    # ---- Checks of every command

    def _body(self, kind, command):
        """Return the text. An edit may leave none if the message has files, so it is refused later."""
        body = BODIES[command.body]
        if body is None:
            raise Refused(Code.TOO_LONG)
        if not body and kind == "post":
            raise Refused(Code.EMPTY)
        return body

    def _enter(self, person, name):
        room = self.rooms[name]
        if person in self.signed_out:
            raise Refused(Code.SIGNED_OUT)
        member = room.members.get(person)
        if member and member.is_banned:
            raise Refused(Code.FORBIDDEN)
        if room.is_private and member is None:
            raise Refused(Code.NOT_FOUND)
        return room

    def _speak(self, person, room):
        if room.is_archived:
            raise Refused(Code.ARCHIVED)
        if person in room.members and room.members[person].is_muted:
            raise Refused(Code.MUTED)

    def _entry(self, room, seq):
        if seq not in room.entries:
            raise Refused(Code.NOT_FOUND)
        return room.entries[seq]

    def _own(self, person, room, seq):
        """Return a message that this person may edit."""
        entry = self._entry(room, seq)
        if entry.author != person:
            raise Refused(Code.FORBIDDEN)
        return entry

    def _below(self, person, room, seq):
        """Return a message that this person may delete: their own, or for a moderator that of a non-moderator."""
        entry = self._entry(room, seq)
        moderators = {name for name, member in room.members.items() if member.moderates}
        if entry.author != person and (person not in moderators or entry.author in moderators):
            raise Refused(Code.FORBIDDEN)
        return entry

    # ---- Commands

    def _post(self, person, room, command, body):
        mark = (room.name, command.reply_to, command.body)
        key = (person, command.client_id)
        if earlier := self._posted.get(key):
            if earlier.mark != mark:
                raise Refused(Code.CONFLICT)
            return earlier.seq, earlier.rev
        self._speak(person, room)
        seq = len(room.entries) + 1
        if (command.reply_to or 0) >= seq:
            raise Refused(Code.NOT_FOUND)
        entry = Entry(person, str(command.client_id), mark, seq, 0, body, command.reply_to)
        room.move(entry)
        self._posted[key] = room.entries[seq] = entry
        self._read_up_to(person, room, seq)
        return entry.seq, entry.rev

    def _edit(self, person, room, command, body):
        self._speak(person, room)
        entry = self._own(person, room, command.seq)
        if entry.is_deleted:
            raise Refused(Code.NOT_FOUND)
        if not body:
            raise Refused(Code.EMPTY)
        if entry.body != body:
            if command.if_rev is not None and command.if_rev < entry.text_rev:
                raise Refused(Code.CONFLICT)
            entry.body, entry.is_edited = body, True
            room.move(entry)
            entry.text_rev = entry.rev
        return entry.seq, entry.rev

    def _delete(self, person, room, command, _):
        entry = self._below(person, room, command.seq)
        if room.is_archived:
            raise Refused(Code.ARCHIVED)
        if not entry.is_deleted:
            entry.is_deleted = True
            room.move(entry)
        return entry.seq, entry.rev

    def _react(self, person, room, command, _):
        self._speak(person, room)
        entry = self._entry(room, command.seq)
        if entry.is_deleted:
            raise Refused(Code.NOT_FOUND)
        if command.emoji in NO_EMOJI:
            raise Refused(Code.BAD_FRAME)
        mine = (command.emoji, person)
        if command.on != (mine in entry.reactions):
            entry.reactions.append(mine) if command.on else entry.reactions.remove(mine)
            room.move(entry)
        return entry.seq, entry.rev

    def _read(self, person, room, command, _):
        return self._read_up_to(person, room, min(command.seq, len(room.entries))), None

    def _unread(self, person, room, command, _):
        member = room.members.setdefault(person, Member())
        member.read = min(member.read, command.seq - 1, len(room.entries))
        return member.read, None

    def _read_up_to(self, person, room, seq):
        member = room.members.setdefault(person, Member())
        member.read = max(member.read, seq)
        return member.read


def commands(strategies, client_ids):
    """Return all commands, with so few seqs, texts and ids that people collide, retry and are refused."""
    build, pick = strategies.builds, strategies.sampled_from
    seqs = strategies.integers(1, 6)
    bodies = pick(["one", "two"]) | pick(sorted(BODIES))
    no_or = strategies.none() | seqs
    return strategies.one_of(
        build(protocol.Post, client_id=strategies.uuids(version=4), body=pick(["one", "@bob, look"]), reply_to=no_or),
        build(protocol.Post, client_id=pick(client_ids), body=bodies, reply_to=no_or),
        build(protocol.Edit, seq=seqs, body=bodies, if_rev=strategies.none() | strategies.integers(1, 12)),
        build(protocol.Delete, seq=seqs),
        build(protocol.React, seq=seqs, emoji=pick(EMOJI) | pick(NO_EMOJI + EMOJI), on=strategies.booleans()),
        build(protocol.Read, seq=strategies.integers(0, 9)),
        build(protocol.MarkUnread, seq=seqs),
    )
