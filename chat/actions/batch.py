"""A batch: one transaction for many commands. It loads and locks rows, collects changes, saves and publishes them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from chat import broadcast, direct_rooms, parts, protocol, serializers
from chat.actions import audit, mention_rows
from chat.actions.audit import Action
from chat.actions.blocks import BLOCKED
from chat.actions.bookmarks import Bookmarks
from chat.actions.files.attaching import MessageFiles
from chat.actions.memberships import Memberships
from chat.actions.mention_rows import MentionRows, Place
from chat.actions.rendered_body import RenderedBody
from chat.actions.statements import (
    EARLIER_POSTS,
    HEADS,
    INSERT_MESSAGES,
    INSERT_MESSAGES_WITH_PARTS,
    LOCKED_HEADS,
    PEOPLE_BY_ID,
    ROOMS,
    UPDATE_HEADS,
)
from chat.auth import authentication, permissions
from chat.auth.authentication import Credential
from chat.auth.permissions import Actor, Rank
from chat.errors import ActionError
from chat.models import AuditEntry, Block, Epoch, File, Membership, Message, Person, Preview, Reaction, Room, RoomHead
from chat.models.memberships import PERMANENT
from chat.protocol import Code
from chat.text.mentions import NO_ONE, Mentioned

# A room is mentioned at most once in this time, by anyone. An edit that adds the mention counts too.
ROOM_MENTION_INTERVAL = timedelta(minutes=5)
# A guest's account is new for this time.
NEW_GUEST = timedelta(hours=1)
ONLY_MODERATORS_POST = "Only owners and moderators can post in this room. You can read it and react."


@dataclass(frozen=True, slots=True)
class Request:
    """A person's command in a room. Without a credential, the caller has authenticated the person."""

    person_id: int
    room_id: int
    command: protocol.StoredCommand
    credential: Credential | None = None
    rendered: RenderedBody | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a command: the message's `seq` and revision, or the read position. Durable after the commit.

    `outside` are the ids of the people whom the text names and who may not read the room.
    """

    seq: int
    rev: int | None = None
    message: Message | None = None
    created: bool = False
    outside: tuple[int, ...] = ()


@dataclass(slots=True)
class Batch:
    """The rows that some requests use. The number of queries does not grow with the number of requests."""

    now: datetime = field(default_factory=timezone.now)
    people: dict[int, Person] = field(default_factory=dict)
    rooms: dict[int, Room] = field(default_factory=dict)
    memberships: Memberships = field(default_factory=Memberships)
    bookmarks: Bookmarks = field(default_factory=Bookmarks)
    posted: dict[tuple[int, str], Message] = field(default_factory=dict)
    messages: dict[Place, Message] = field(default_factory=dict)
    mentions: MentionRows = field(default_factory=MentionRows)
    files: MessageFiles = field(default_factory=MessageFiles)
    # The authors of messages that others reply to.
    originals: dict[Place, int] = field(default_factory=dict)
    # The (person, blocked) among those who are mentioned, replied to or in a conversation of two.
    blocks: set[tuple[int, int]] = field(default_factory=set)
    reactions: dict[tuple[int, int], list[Reaction]] = field(default_factory=dict)
    revoked: set[Credential] = field(default_factory=set)
    epoch: str | None = None
    writes_fingerprints: bool = False

    old_revs: dict[int, int] = field(default_factory=dict)
    created: list[Message] = field(default_factory=list)
    changed: dict[int, Message] = field(default_factory=dict)
    new_reactions: list[Reaction] = field(default_factory=list)
    removed_reactions: list[Reaction] = field(default_factory=list)
    new_entries: list[AuditEntry] = field(default_factory=list)
    # Those of new messages, which have no ids yet.
    hidden_previews: list[Preview] = field(default_factory=list)

    # ---- Reading

    @classmethod
    def load(cls, requests: Iterable[Request]) -> "Batch":
        """Read the people, lock the heads that may move, and then read the rows of their rooms.

        Heads are locked in the order of their ids, so that two batches cannot deadlock. Rows of the rooms are read
        under the lock, so that they include the changes of other transactions. Everything else is read before, because
        a locked head blocks the room.
        """
        requests = list(requests)
        batch = cls()
        batch._load_people(requests)
        batch._load_rooms(requests)
        batch._load_messages(requests)
        batch._load_bookmarks(requests)
        batch._load_mentions(requests)
        batch._load_files(requests)
        batch._load_memberships(requests)
        batch._load_blocks(requests)
        return batch

    @classmethod
    def of_room(cls, room_id: int) -> "Batch":
        """Lock the log of a room, for messages of the site itself. A room that was deleted is not in `rooms`."""
        batch = cls()
        batch._load_heads(written={room_id}, only_read=set())
        return batch

    def _load_people(self, requests: list[Request]) -> None:
        self.people = {it.pk: it for it in PEOPLE_BY_ID.rows(ids={request.person_id for request in requests})}
        if credentials := {request.credential for request in requests if request.credential}:
            self.revoked = authentication.revoked(credentials, self.people)

    def _load_rooms(self, requests: list[Request]) -> None:
        written = {request.room_id for request in requests if request.command.changes_log}
        self._load_heads(written, only_read={request.room_id for request in requests} - written)

    def _load_heads(self, written: set[int], only_read: set[int]) -> None:
        found: list[RoomHead] = []
        if written:
            found += LOCKED_HEADS.rows(ids=written)
            self.epoch = found[0].epoch if found else None  # type: ignore[attr-defined]
            if connection.features.has_select_for_update:
                _read_rooms_again(found)
        if only_read:
            found += HEADS.rows(ids=only_read)
        for head in found:
            head.room.head = head
            self.rooms[head.room_id] = head.room
            self.old_revs[head.room_id] = head.rev

    def _load_messages(self, requests: list[Request]) -> None:
        posts = [request for request in requests if isinstance(request.command, protocol.Post)]
        if posts:
            earlier = EARLIER_POSTS.rows(
                people={request.person_id for request in posts},
                client_ids={request.command.client_id for request in posts},  # type: ignore[attr-defined]
            )
            self.posted = {(message.author_id or 0, str(message.client_id)): message for message in earlier}
        targets = {
            (request.room_id, request.command.seq)
            for request in requests
            if isinstance(request.command, protocol.MessageCommand)
        }
        if targets:
            found = {message.pk: message for message in Message.objects.with_author().at(targets)}
            self.messages = {(message.room_id, message.seq): message for message in found.values()}
            for reaction in Reaction.objects.on(found):
                self.reactions_to(found[reaction.message_id]).append(reaction)

    def _load_bookmarks(self, requests: list[Request]) -> None:
        wanted = [it for it in requests if isinstance(it.command, protocol.SetBookmark)]
        if wanted:
            seqs = {request.command.seq for request in wanted}  # type: ignore[attr-defined]
            self.bookmarks.load({it.person_id for it in wanted}, {it.room_id for it in wanted}, seqs)

    def _load_mentions(self, requests: list[Request]) -> None:
        """Read the rows that edits and deletions may change, and the authors of the messages that posts reply to."""
        replies: set[Place] = set()
        changing: list[Message] = []
        for request in requests:
            if isinstance(request.command, protocol.Post):
                if request.command.reply_to is not None:
                    replies.add((request.room_id, request.command.reply_to))
                continue
            if not isinstance(request.command, protocol.Edit | protocol.Delete):
                continue
            if message := self.messages.get((request.room_id, request.command.seq)):
                changing.append(message)
                if message.reply_to is not None and isinstance(request.command, protocol.Edit):
                    replies.add((message.room_id, message.reply_to))
        self.originals = mention_rows.authors_of(replies)
        self.mentions.load(changing)

    def _load_files(self, requests: list[Request]) -> None:
        """Lock the uploads that posts attach, and read the files of the messages that edits change."""
        commands = [(request.room_id, request.command) for request in requests]
        keys = {key for _, it in commands if isinstance(it, protocol.Post) for key in it.files}
        edited = [self.messages.get((room_id, it.seq)) for room_id, it in commands if isinstance(it, protocol.Edit)]
        if keys or edited:
            self.files.load(keys, [message for message in edited if message])

    def _load_memberships(self, requests: list[Request]) -> None:
        """Read the memberships of everyone who asks something or is mentioned, in one statement."""
        people = {*self.people, *self.originals.values()}
        for request in requests:
            if request.rendered is not None:
                people |= request.rendered.mentions.people
        self.memberships.load(people, self.rooms)

    def _load_blocks(self, requests: list[Request]) -> None:
        """Read the blocks that may concern these requests. One statement, or none for plain posts in rooms."""
        people = set(self.originals.values())
        for request in requests:
            room = self.rooms.get(request.room_id)
            if room is not None and room.direct_key and request.command.changes_log:
                people.update(direct_rooms.pair_in(room.direct_key))
            elif request.rendered is not None:
                people |= request.rendered.mentions.people
        # No one blocks themselves, so an answer to one's own message reads nothing.
        if people - self.people.keys() or (people and len(self.people) > 1):
            people |= self.people.keys()
            self.blocks = Block.among(people, people)

    # ---- Checking

    def admit(self, request: Request) -> tuple[Person, Room]:
        """Return the person and the room of a request, if the credential is valid and the person may be in the room."""
        person, room = self.people.get(request.person_id), self.rooms.get(request.room_id)
        if person is None or not person.is_active or request.credential in self.revoked:
            raise ActionError(Code.SIGNED_OUT, "You’ve been signed out.")
        permissions.check_access(room, self.memberships.get((request.person_id, request.room_id)))
        assert room is not None
        return person, room

    def admit_to_write(self, request: Request) -> tuple[Person, Room]:
        """Return the same, if the person may write there."""
        person, room = self.admit(request)
        self.check_may_write(person, room, is_text=request.command.text is not None)
        return person, room

    def check_may_write(self, person: Person, room: Room, *, is_text: bool) -> None:
        """Refuse someone who was admitted if the room is archived, they are muted, or may not write a text."""
        if room.is_archived:
            raise ActionError(Code.ARCHIVED, "This room is archived. You can read it but not post.")
        membership = self.memberships.get((person.pk, room.pk))
        if membership and membership.is_muted:
            raise _muted(membership, self.now)
        if room.direct_key and direct_rooms.is_blocked(room.direct_key, self.blocks):
            raise ActionError(Code.FORBIDDEN, BLOCKED)
        # The rank of staff costs queries. It is needed in few rooms.
        is_restricted = is_text and room.posting != Room.WhoPosts.EVERYONE
        if is_restricted and not permissions.may_post(room, self._rank(person, room)):
            raise ActionError(Code.FORBIDDEN, ONLY_MODERATORS_POST)

    def check_spam(self, person: Person, room: Room, body: RenderedBody, files: list[File] | None = None) -> None:
        """Refuse links and files by a new guest in a conversation in which no one else has written yet."""
        is_new = person.is_guest and self.now - person.date_joined < NEW_GUEST
        if not (is_new and room.is_direct and (files or body.has_link)):
            return
        if not Message.objects.filter(room=room).exclude(author=person).exists():
            what = "files" if files else "links"
            raise ActionError(Code.FORBIDDEN, f"New guests can’t send {what} here until someone has answered.")

    def _rank(self, person: Person, room: Room) -> Rank:
        return permissions.rank_in(room, person, self.memberships.get((person.pk, room.pk)))

    def message(self, person: Person, room: Room, seq: int) -> Message:
        """Return a message that exists for the person."""
        message = self.messages.get((room.pk, seq))
        if message is None or seq <= self._floor_seq(person, room):
            raise ActionError(Code.NOT_FOUND, "There is no such message.")
        return message

    def check_reply(self, person: Person, room: Room, seq: int | None) -> None:
        """Refuse a reply to a message that does not exist for the person."""
        if seq is not None and not self._floor_seq(person, room) < seq <= room.head.seq:
            raise ActionError(Code.NOT_FOUND, "The message you’re replying to doesn’t exist.")

    def body_of(self, request: Request) -> RenderedBody:
        """Return the text of a request. In it, `@room` and `@here` mean everyone if the person may write them."""
        assert request.rendered is not None
        body = request.rendered
        if body.for_everyone is None:
            return body
        person, room = self.people[request.person_id], self.rooms[request.room_id]
        return body.for_everyone if permissions.may_mention_room(room, self._rank(person, room)) else body

    def check_room_mention(self, room: Room) -> None:
        """Refuse to mention the room again too soon. All processes read and write the time under the head's lock."""
        before = room.head.room_mention_at
        wait = (before + ROOM_MENTION_INTERVAL - self.now).total_seconds() if before else 0.0
        if wait > 0:
            minutes = math.ceil(wait / 60)
            when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
            detail = f"Someone has just notified everyone here with @room. Try again {when}."
            raise ActionError(Code.RATE_LIMITED, detail, retry_after=round(wait, 1))

    def outside(self, person: Person, room: Room, people: frozenset[int]) -> tuple[int, ...]:
        """Return those among the mentioned people who may not read the room, as far as the person may know it.

        From a public room, only a ban keeps someone out. Only moderators learn of it.
        """
        found = people - mention_rows.with_access(people, room, self.memberships).keys() if people else people
        if found and room.visibility == Room.Visibility.PUBLIC and self._rank(person, room) < Rank.MODERATOR:
            return ()
        return tuple(sorted(found))

    def _floor_seq(self, person: Person, room: Room) -> int:
        membership = self.memberships.get((person.pk, room.pk))
        return (membership.floor_seq or 0) if membership else 0

    def reactions_to(self, message: Message) -> list[Reaction]:
        """Return a message's reactions as this batch will leave them. By room and seq, as a new message has no id."""
        return self.reactions.setdefault((message.room_id, message.seq), [])

    def may_delete(self, person: Person, room: Room, message: Message) -> bool:
        """Return whether the person wrote the message, or has a higher rank in the room than its author.

        For someone else's message, this queries the author's membership, and the permissions of staff.
        """
        if message.author_id == person.pk:
            return True
        actor = Actor(person, self._rank(person, room))
        if message.author is None or not actor.moderates:
            return actor.moderates
        return actor.can_sanction(permissions.actor_in(message.author, room))

    # ---- Writing, in memory until `save`

    def add(self, room: Room, message: Message) -> Message:
        """Append a new message to the room's log."""
        room.head.seq += 1
        message.seq = room.head.seq
        self._set_next_rev(room, message)
        self.created.append(message)
        self.messages[room.pk, message.seq] = message
        return message

    def touch(self, room: Room, message: Message) -> Message:
        """Give a changed message the next revision, so that clients get it. A new message is saved anyway."""
        self._set_next_rev(room, message)
        if message.pk is not None:
            self.changed[message.pk] = message
        return message

    def set_fingerprint(self, message: Message, fingerprint: str) -> None:
        """Change the fingerprint. Few commands do, so a batch without such a change does not write the column."""
        if message.fingerprint != fingerprint:
            message.fingerprint = fingerprint
            self.writes_fingerprints = True

    def _set_next_rev(self, room: Room, message: Message) -> None:
        room.head.rev += 1
        message.rev = room.head.rev

    def record(self, actor: Person, action: Action, message: Message, reason: str = "") -> None:
        """Add an audit entry for a change of someone else's message."""
        room = self.rooms[message.room_id]
        entry = audit.entry(actor, action, person=message.author, room=room, seq=message.seq, count=1, reason=reason)
        self.new_entries.append(entry)

    def mention(self, room: Room, message: Message, mentioned: Mentioned, *, silent: bool = False) -> None:
        """Set whom a new or edited message mentions. No one is alerted to what a `silent` edit adds."""
        is_new = message.pk is None and (message.room_id, message.seq) not in self.mentions
        if is_new and mentioned is NO_ONE and message.reply_to is None:
            return  # nothing to store, as for nearly all posts
        if mentioned.room and None not in self.mentions.of(message):
            room.head.room_mention_at = self.now
        original = self._author_of_original(message) if message.reply_to is not None else None
        causes = mention_rows.causes_of(room, message.author_id, mentioned, original, self.memberships, self.blocks)
        self.mentions.set(message, causes, silent=silent)

    def _author_of_original(self, message: Message) -> int | None:
        """Return the author of the message that this one replies to, also if this batch has just added it."""
        place = (message.room_id, message.reply_to or 0)
        original = self.messages.get(place)
        return original.author_id if original is not None and original.pk is None else self.originals.get(place)

    def react(self, message: Message, reaction: Reaction) -> None:
        self.reactions_to(message).append(reaction)
        self.new_reactions.append(reaction)

    def unreact(self, message: Message, reaction: Reaction) -> None:
        self.reactions_to(message).remove(reaction)
        if reaction in self.new_reactions:
            self.new_reactions.remove(reaction)
        else:
            self.removed_reactions.append(reaction)

    # ---- Saving and publishing

    def save(self) -> None:
        """Write everything, heads included, and publish it after the commit."""
        if self.created:
            has_parts = any(message.has is not None for message in self.created)
            (INSERT_MESSAGES_WITH_PARTS if has_parts else INSERT_MESSAGES)(self.created)
        self.files.save()
        if self.changed:
            fields = [it for it in Message.CHANGEABLE if it != "fingerprint" or self.writes_fingerprints]
            Message.objects.bulk_update(self.changed.values(), fields, batch_size=100)
        if self.removed_reactions:
            Reaction.objects.filter(pk__in=[reaction.pk for reaction in self.removed_reactions]).delete()
        if self.new_reactions:
            Reaction.objects.bulk_create(self.new_reactions)
        changes = self.mentions.save()
        if self.hidden_previews:
            Preview.objects.bulk_create(self.hidden_previews)
        if self.new_entries:
            AuditEntry.objects.bulk_create(self.new_entries)
        self.memberships.save()
        self.bookmarks.save()
        moved = [room.head for room in self.rooms.values() if room.head.rev != self.old_revs[room.pk]]
        if moved:
            self._save_heads(moved)
            self._publish()
        heads = {message.room_id: message.seq for message in self.created}
        broadcast.publish_moved(heads=heads.items(), read=self.memberships.read, mentioned=changes.moved)

    def _save_heads(self, heads: Iterable[RoomHead]) -> None:
        adapt = connection.ops.adapt_datetimefield_value
        now = adapt(self.now)
        UPDATE_HEADS([(head.seq, head.rev, now, adapt(head.room_mention_at), head.pk) for head in heads])

    def _publish(self) -> None:
        entries: dict[int, list[tuple[int, bytes]]] = {}
        rows = sorted([*self.created, *self.changed.values()], key=lambda message: message.rev)
        found = [(row.has, serializers.message(row, self.reactions_to(row))) for row in rows]
        complete = parts.with_files(found, self.files.known(rows))
        for row, message in zip(rows, complete, strict=True):
            entries.setdefault(row.room_id, []).append((row.rev, serializers.encode(message)))
        epoch = self.epoch or Epoch.current()  # a new database has none until its first change
        for room_id, changes in entries.items():
            head = self.rooms[room_id].head
            broadcast.publish(broadcast.changes(room_id, epoch, self.old_revs[room_id], head.rev, changes))


def _read_rooms_again(heads: Iterable[RoomHead]) -> None:
    """Set the rooms as they are under the lock.

    PostgreSQL reads again only the rows that it locks. The rooms beside them are from before it waited. Without this, a
    post that waits while its room becomes private or read-only would be stored.
    """
    rooms = {room.pk: room for room in ROOMS.rows(ids=[head.room_id for head in heads])}
    for head in heads:
        head.room = rooms[head.room_id]


def _muted(membership: Membership, now: datetime) -> ActionError:
    """Return the error for a muted person, with the reason, and the remaining seconds unless the mute is permanent."""
    assert membership.muted_until is not None
    why = f": {membership.mute_reason}" if membership.mute_reason else "."
    if membership.muted_until >= PERMANENT:
        return ActionError(Code.MUTED, f"A moderator has muted you{why}")
    detail = f"A moderator has muted you until {membership.muted_until:%Y-%m-%d %H:%M} UTC{why}"
    seconds = round((membership.muted_until - now).total_seconds(), 1)
    return ActionError(Code.MUTED, detail, retry_after=max(seconds, 0.1))
