"""Everything that an import stores, without the ids of rows and the time of the import, to compare two databases."""

import re

from chat.models import (
    Attachment,
    Block,
    Bookmark,
    ImportedItem,
    Membership,
    Mention,
    Message,
    Person,
    Preview,
    Reaction,
    Room,
    RoomHead,
)

OF_PERSON = ("name", "email", "is_active", "is_guest", "is_bot", "color", "theme", "notify", "avatar__sha256")
OF_ROOM = (
    "slug", "name", "topic", "visibility", "created_at", "created_by__name", "keep_days", "is_default", "joining",
    "history", "posting", "members_invite", "room_mentions", "head__seq", "head__active_at",
)  # fmt: skip
OF_MEMBER = (
    "room__slug", "person__name", "role", "read_seq", "joined_at", "notify", "muted_until", "mute_reason", "banned_at",
    "left_at", "floor_seq", "starred_at", "closed_seq", "added_by__name",
)  # fmt: skip
OF_MESSAGE = (
    "room__slug", "seq", "rev", "client_id", "fingerprint", "author__name", "body", "html", "search_text", "reply_to",
    "created_at", "edited_at", "deleted_at", "has",
)  # fmt: skip
_IDS = re.compile(r'data-mention="\d+"')


def dump():
    """Return the rows of all tables that matter, in an order of their own."""
    return {
        "people": _rows(Person.objects, *OF_PERSON),
        "rooms": _rows(Room.objects, *OF_ROOM),
        "archived": sorted(Room.objects.exclude(archived_at=None).values_list("slug", flat=True)),
        "members": _rows(Membership.objects, *OF_MEMBER),
        "messages": [tuple(map(_without_ids, row)) for row in _rows(Message.objects, *OF_MESSAGE)],
        "reactions": _rows(Reaction.objects, "message__room__slug", "message__seq", "person__name", "emoji"),
        "files": _rows(Attachment.objects, "message__seq", "position", "file__name", "file__sha256", "file__state"),
        "previews": _rows(Preview.objects, "message__seq", "url", "title", "hidden_at", "image__sha256"),
        "mentions": _rows(Mention.objects, "room__slug", "seq", "person__name"),
        "blocks": _rows(Block.objects, "person__name", "blocked__name", "created_at"),
        "bookmarks": _rows(Bookmark.objects, "person__name", "room__slug", "seq", "note"),
        "items": _rows(ImportedItem.objects, "pk", "person__name", "room__slug"),
        "unfinished": ImportedItem.objects.filter(done_at=None).count(),
    }


def _rows(manager, *fields):
    return sorted(manager.values_list(*fields), key=repr)


def _without_ids(value):
    return _IDS.sub("data-mention", value) if isinstance(value, str) else value


def logs_are_whole():
    """Return whether every log has the messages that its head counts, each with a revision of its own."""
    for head in RoomHead.objects.select_related("room"):
        rows = list(Message.objects.filter(room=head.room).values_list("seq", "rev"))
        if len({rev for _, rev in rows}) < len(rows) or any(seq > head.seq or rev > head.rev for seq, rev in rows):
            return False
    return True
