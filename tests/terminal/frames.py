"""Frames of a server, for tests with a fake server."""

import json
import uuid

from chat.protocol import MessageData, PersonData, ReactionData

ADA = {"id": 7, "name": "ada", "guest": False}
LIMITS = {"body": 8000, "posts_per_second": 5.0, "posts_burst": 20, "resume": 1000}


def message(seq, rev=None, body="hello", *, author=ADA, reactions=(), **fields):
    """A message as fields."""
    return {
        "id": 1000 + seq,
        "seq": seq,
        "rev": rev or seq,
        "client_id": str(uuid.UUID(int=seq)),
        "author": author,
        "body": body,
        "html": "",
        "created_at": "2026-01-02T03:04:05.678Z",
        "edited_at": None,
        "deleted": False,
        "reply_to": None,
        "reactions": list(reactions),
        **fields,
    }


def message_data(seq, rev=None, body="hello", **fields):
    """A message as a client holds it."""
    fields = message(seq, rev, body, **fields)
    author = fields["author"] and PersonData(**fields["author"])
    reactions = [ReactionData(**reaction) for reaction in fields["reactions"]]
    return MessageData(
        **{**fields, "author": author, "reactions": reactions, "client_id": uuid.UUID(fields["client_id"])}
    )


def hello(cursor="e.1.0", seq=0, *, room="lobby", heartbeat=25, **fields):
    place = {"slug": room, "name": "Lobby", "topic": "", "visibility": "public", "archived": False}
    return {
        "type": "hello",
        "protocol": 1,
        "you": ADA,
        "room": {**place, "seq": seq, "unread": 0},
        "cursor": cursor,
        "people": [ADA],
        "count": 1,
        "read": 0,
        "limits": LIMITS,
        "heartbeat": heartbeat,
        **fields,
    }


def changes(cursor, *messages):
    return {"type": "changes", "cursor": cursor, "messages": list(messages)}


def page(*messages, cursor="e.1.0", more=False):
    return json.dumps({"messages": list(messages), "cursor": cursor, "more": more})
