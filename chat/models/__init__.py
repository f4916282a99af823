"""The tables of the chat, one file per subject. Only `chat.actions` writes them."""

from chat.models.blocks import Block
from chat.models.epoch import Epoch
from chat.models.files import Attachment, File, FilePiece, Preview
from chat.models.imports import ImportedItem
from chat.models.invitations import Invitation, JoinRequest
from chat.models.jobs import FollowerCursor, Job, Lease, ScheduledTask
from chat.models.memberships import Membership
from chat.models.messages import Bookmark, Has, Mention, Message, Reaction
from chat.models.moderation import AuditEntry, Report
from chat.models.notifications import NotificationChannel, PushSubscription
from chat.models.people import Level, Person, Theme
from chat.models.presence import Presence, Worker
from chat.models.rooms import Room, RoomHead
from chat.models.session_keys import SessionKeyTransition
from chat.models.sessions import Session
from chat.models.tokens import Token
from chat.models.webhooks import BotCommand, CommandCall, IncomingWebhook, OutgoingWebhook, WebhookDelivery

__all__ = [
    "Attachment",
    "AuditEntry",
    "Block",
    "Bookmark",
    "BotCommand",
    "CommandCall",
    "Epoch",
    "File",
    "FilePiece",
    "FollowerCursor",
    "Has",
    "ImportedItem",
    "IncomingWebhook",
    "Invitation",
    "Job",
    "JoinRequest",
    "Lease",
    "Level",
    "Membership",
    "Mention",
    "Message",
    "NotificationChannel",
    "OutgoingWebhook",
    "Person",
    "Presence",
    "Preview",
    "PushSubscription",
    "Reaction",
    "Report",
    "Room",
    "RoomHead",
    "ScheduledTask",
    "Session",
    "SessionKeyTransition",
    "Theme",
    "Token",
    "WebhookDelivery",
    "Worker",
]
