"""The rules of activity and saved messages, and how each is broken."""

from tests.mutations.mutation import Mutation

ACTIVITY = "chat/activity.py"
BOOKMARKS = "chat/bookmarks.py"
TESTS = ("tests/test_activity.py",)

PERSONAL = [
    Mutation(
        "Activity has only messages that the person may read",
        ACTIVITY,
        'there = Message.objects.readable_by(person.pk).filter(room=OuterRef("room"), seq=OuterRef("seq"))',
        'there = Message.objects.filter(room=OuterRef("room"), seq=OuterRef("seq"))',
        TESTS,
    ),
    Mutation(
        "Activity has no deleted messages",
        ACTIVITY,
        "others = there.filter(deleted_at=None).exclude(author=person)",
        "others = there.exclude(author=person)",
        TESTS,
    ),
    Mutation(
        "A mention of everyone is for the members",
        ACTIVITY,
        'rooms = Membership.objects.current().filter(person=person).values("room")',
        'rooms = Room.objects.visible_to(person).values("pk")',
        TESTS,
    ),
    Mutation(
        "A mention outside of the person's rooms is never unread",
        ACTIVITY,
        "    return read_seq is not None and row.seq > read_seq\n",
        "    return row.seq > (read_seq or 0)\n",
        TESTS,
    ),
    Mutation(
        "Saved messages are listed only while the person may read them",
        BOOKMARKS,
        'readable = Message.objects.readable_by(person.pk).filter(room=OuterRef("room"), seq=OuterRef("seq"))',
        'readable = Message.objects.filter(room=OuterRef("room"), seq=OuterRef("seq"))',
        TESTS,
    ),
    Mutation(
        "The page of a room names no saved message below the floor",
        BOOKMARKS,
        "room=room.pk, floor=room.floor_seq)]",
        "room=room.pk, floor=0)]",
        TESTS,
    ),
    Mutation(
        "A deleted message cannot be saved",
        "chat/actions/messages.py",
        "    if message.is_deleted and not batch.bookmarks.has(person, room, message.seq):\n",
        "    if False:\n",
        TESTS,
    ),
    Mutation(
        "A person saves a limited number of messages of a room",
        "chat/actions/bookmarks.py",
        "            if self._numbers[key[:2]] >= MAX_PER_ROOM:\n",
        "            if False:\n",
        TESTS,
    ),
    Mutation(
        "A bookmark goes with a message that the room no longer keeps",
        "chat/actions/retention.py",
        "    Bookmark.objects.filter(room=expired.room, seq__in=[row.seq for row in rows]).delete()\n",
        "",
        TESTS,
    ),
    Mutation(
        "Only the person's own connections learn what they save",
        "chat/delivery/service.py",
        'self.rooms.send_to_person(event["person"], event["room"], frame.encode())',
        'self.rooms.send_to(event["room"], frame.encode())',
        ("tests/socket/test_bookmarks.py",),
    ),
]
