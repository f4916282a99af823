"""Examples of requests and answers, made from their schemas."""

from collections.abc import Mapping
from typing import Any

NONE: Any = object()

# By field, or by shape and field. An optional field is in an example only if it is named here with its shape.
SAMPLES: dict[str, Any] = {
    "id": 7,
    "seq": 42,
    "rev": 59,
    "person": 9,
    "person_id": 9,
    "report_id": 3,
    "request_id": 5,
    "invitation_id": 4,
    "bot_id": 12,
    "token_id": 8,
    "webhook_id": 6,
    "command_id": 2,
    "delivery_id": 1042,
    "secret": "K3vQ9xT0aLwP7rYbN2mE22K3vQ9xT0aLwP7rYbN2mE2",
    "label": "Deploys",
    "name": "Ada",
    "slug": "lobby",
    "room": "lobby",
    "topic": "What goes out",
    "visibility": "public",
    "level": "mentions",
    "role": "member",
    "key": "kQ3v9xT0aLwP7rYbN2mE22",
    "client_id": "6a8f0c5e-30a5-4a7e-9d0e-6d8f6d3a8d11",
    "body": "The build is **green**.",
    "html": '<p dir="auto">The build is <strong>green</strong>.</p>',
    "edited_at": None,
    "reply_to": None,
    "muted_until": None,
    "keep_days": None,
    "quiet": None,
    "joining": None,
    "joined": True,
    "works": True,
    "first": True,
    "verified": True,
    "available": True,
    "found": True,
    "after_minutes": 10,
    "mentions": 0,
    "uses": 3,
    "max_uses": 25,
    "used": 1258291,
    "largest": 26214400,
    "cursor": "8d2f0b6c1a3e.1.59",
    "newest": 42,
    "next": None,
    "more": False,
    "count": 2,
    "members": 214,
    "limit": 50,
    "days": 7,
    "seconds": 3600,
    "token": "K3vQ…",
    "username": "ada",
    "password": "…",
    "reason": "Advertising",
    "quote": "Buy now",
    "note": "For Monday",
    "emoji": "👍",
    "people": [9],
    "file": "kQ3v9xT0aLwP7rYbN2mE22",
    "alt": "A map of the old town",
    "code": "4-2026.Yx0…",
    "url": "https://example.org/map",
    "endpoint": "https://push.example.org/4f0c",
    "p256dh": f"BA{'A' * 85}",
    "auth": f"{'A' * 21}g",
    "q": "map",
    "text": "The map",
    "at": "2026-01-02T03:04:05.678Z",
    "since": "2026-01-02T03:04:05.678Z",
    "created_at": "2026-01-02T03:04:05.678Z",
    "joined_at": "2026-01-02T03:04:05.678Z",
    "expires_at": "2026-01-09T03:04:05.678Z",
    "address": "ada@example.org",
    "from": "22:00",
    "to": "07:00",
    "zone": "Europe/Oslo",
    "Upload-Length": 1258291,
    "Upload-Offset": 0,
    "Tus-Resumable": "1.0.0",
    "Idempotency-Key": "deploy-1042",
    "MessageData.reactions": [],
    "ReactionBy.people": [{"id": 7, "name": "Ada", "guest": False}, {"id": 9, "name": "Bob", "guest": False}],
    "Decision.outcome": "dismissed",
    "Quota.limit": 1073741824,
    "Archived.archived": True,
    "CleanUp.newest": 50,
    "AddedPerson.name": "bob",
    "NewBot.name": "Deploys",
    "DeliveryData.webhook_id": "msg_2cQ9xT0aLwP7rYbN2mE22",
    "DeliveryData.event": "message",
    "DeliveryData.attempts": 1,
    "DeliveryData.status": 200,
    "DeliveryData.state": "delivered",
    "NewOutgoingWebhook.url": "https://ci.example.org/chat",
    "NewOutgoingWebhook.rooms": ["lobby"],
    "OutgoingWebhookChanges.enabled": True,
    "NewCommand.name": "deploy",
    "NewCommand.webhook": 6,
    "NewCommand.usage": "api staging",
    "CommandData.name": "deploy",
    "CommandData.usage": "api staging",
    "CommandData.description": "Deploy a part of the site",
    "NewBotToken.scopes": ["read", "post"],
    "BotToken.scopes": ["read", "post"],
    "NewWebhook.name": "Deploys",
    "Notice.text": "The build is *green*.",
    "CreatedWebhook.url": "https://chat.example.org/api/hooks/K3vQ…/",
    "NewRoom.name": "Deploys",
    "NewRoom.topic": "What goes out",
    "RoomChanges.topic": "What goes out",
    "RoomRef.name": "Lobby",
    "RoomOfPerson.name": "Lobby",
    "RoomData.name": "Lobby",
    "FileData.name": "map.png",
    "FileData.type": "image/png",
    "FileData.size": 1258291,
    "FileData.kind": "image",
    "MembershipChange.starred": True,
    "NewInvitation.room": "lobby",
    "InvitationData.url": "https://chat.example.org/invite/4-2026.Yx0…/",
    "ActivityItem.kind": "name",
    "NewJoinRequest.note": "I work on the maps.",
    "RetentionState.days": 30,
    "Retention.days": 30,
    "RoomDeleted.deleted": "lobby",
}


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], owner: str = "", name: str = "") -> Any:
    """Return a value that a schema allows. `schemas` are those by name, `owner` and `name` the shape and its field."""
    if (found := SAMPLES.get(f"{owner}.{name}", NONE)) is not NONE:
        return found
    if "$ref" in schema:
        shape = schema["$ref"].rpartition("/")[2]
        return _object(schemas[shape], schemas, shape)
    if "anyOf" in schema and any("$ref" in it for it in schema["anyOf"]) and SAMPLES.get(name, NONE) is not None:
        return example(next(it for it in schema["anyOf"] if "$ref" in it), schemas, owner, name)
    if schema.get("type") == "array" and "$ref" in schema.get("items", {}):
        return [example(schema["items"], schemas, owner, name)]
    if isinstance(schema.get("additionalProperties"), dict):
        return {"lobby": example(schema["additionalProperties"], schemas)}
    if (found := SAMPLES.get(name, NONE)) is not NONE:
        return found
    return _plain(schema)


def _object(schema: Mapping[str, Any], schemas: Mapping[str, Any], shape: str) -> Any:
    properties = schema.get("properties", {})
    if not properties:
        return example({key: value for key, value in schema.items() if key != "$ref"}, schemas, shape)
    required = schema.get("required", [])
    named = [it for it in properties if it in required or f"{shape}.{it}" in SAMPLES]
    return {it: example(properties[it], schemas, shape, it) for it in named or properties}


def _plain(schema: Mapping[str, Any]) -> Any:
    """Return a value of a schema without an object in it."""
    if schema.get("default") is not None:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return _plain(next(it for it in schema["anyOf"] if it.get("type") != "null"))
    match schema.get("type"):
        case "integer":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "array":
            return []
    return "…" if schema.get("minLength") else ""
