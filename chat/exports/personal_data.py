"""Export of everything the site stores about a person, as a JSON document that is sent while it is read."""

from collections.abc import Iterable, Iterator
from datetime import datetime, time
from urllib.parse import quote, urlsplit

import msgspec
from django.db.models import Prefetch

from chat import direct_rooms
from chat.auth import user_agents
from chat.exports.streaming import all_rows, in_pieces
from chat.models import (
    Attachment,
    Block,
    Bookmark,
    File,
    IncomingWebhook,
    Invitation,
    JoinRequest,
    Membership,
    Mention,
    Message,
    NotificationChannel,
    OutgoingWebhook,
    Person,
    Preview,
    PushSubscription,
    Reaction,
    Report,
    Session,
    Token,
)
from chat.models.rooms import RoomAccess

# Rows in memory at once. Messages of the greatest length take less than a megabyte.
PAGE = 100

# The text of other people's messages is not part of the export of reactions.
MESSAGE_TEXT = ("message__body", "message__html")
# What belongs to a message, in two queries for a page.
PARTS = (
    Prefetch("attachments", Attachment.objects.select_related("file").order_by("position")),
    Prefetch("previews", Preview.objects.select_related("image").order_by("pk")),
)

_encoder = msgspec.json.Encoder()


class ProfileExport(msgspec.Struct, frozen=True):
    name: str
    email: str
    guest: bool
    color: int | None
    picture: str
    theme: str
    notifications: str
    joined_at: datetime
    last_sign_in: datetime | None
    email_verified_at: datetime | None
    pending_since: datetime | None


class FileExport(msgspec.Struct, frozen=True):
    """An uploaded file, and the address at which its owner can download it."""

    address: str
    name: str
    description: str
    type: str
    size: int
    state: str
    uploaded_at: datetime


class MembershipExport(msgspec.Struct, frozen=True):
    room: str
    name: str
    role: str
    read_up_to: int
    notifications: str | None
    joined_at: datetime
    muted_until: datetime | None
    mute_reason: str
    banned_at: datetime | None
    ban_reason: str
    closed_at: datetime | None
    left_at: datetime | None
    starred_at: datetime | None
    closed_seq: int | None
    mailed_seq: int | None
    pushed_seq: int | None


class PreviewExport(msgspec.Struct, frozen=True):
    """The preview of a link. `picture` is the address of its picture, if it has one. A removed one has no texts."""

    url: str
    title: str
    description: str
    site: str
    picture: str
    created_at: datetime
    removed_at: datetime | None


class MessageExport(msgspec.Struct, frozen=True):
    """A message. `files` are the addresses of its files, which are in the list of files with their other fields."""

    room: str
    seq: int
    body: str
    reply_to: int | None
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    has: int | None
    files: list[str]
    previews: list[PreviewExport]


class MentionExport(msgspec.Struct, frozen=True):
    """A message that mentions the person. `kind` is name or reply."""

    room: str
    seq: int
    kind: str


class ReactionExport(msgspec.Struct, frozen=True):
    room: str
    seq: int
    emoji: str


class ReportExport(msgspec.Struct, frozen=True):
    """A report by the person. Reports of their messages belong to the reporters' data."""

    room: str
    seq: int
    reason: str
    created_at: datetime
    outcome: str


class BookmarkExport(msgspec.Struct, frozen=True):
    """A message that the person has saved, without its text."""

    room: str
    seq: int
    at: datetime
    note: str


class InvitationExport(msgspec.Struct, frozen=True):
    """An invitation by the person, without its link. Without a room it is to the site."""

    room: str | None
    role: str
    note: str
    created_at: datetime
    expires_at: datetime
    max_uses: int | None
    uses: int
    revoked_at: datetime | None


class JoinRequestExport(msgspec.Struct, frozen=True):
    room: str
    note: str
    created_at: datetime
    decided_at: datetime | None
    outcome: str


class BlockExport(msgspec.Struct, frozen=True):
    """A person whom this one has blocked. Blocks by others are their data."""

    name: str
    created_at: datetime


class ChannelExport(msgspec.Struct, frozen=True):
    """The person's settings for notifications while they are away. `kind` is mail or push."""

    kind: str
    level: str
    after_minutes: int | None
    due_at: datetime | None
    last_sent_at: datetime | None
    unread_mails: int
    quiet_from: time | None
    quiet_to: time | None
    zone: str


class TokenExport(msgspec.Struct, frozen=True):
    """A token without its secret, which is not stored."""

    label: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None
    scopes: str | None
    room: str | None
    expires_at: datetime | None


class BotExport(msgspec.Struct, frozen=True):
    """A bot of the person, with its tokens. Its messages are not theirs."""

    name: str
    active: bool
    created_at: datetime
    tokens: list[TokenExport]


class IncomingWebhookExport(msgspec.Struct, frozen=True):
    """An incoming webhook that the person has created, without its address, which is not stored."""

    room: str
    bot: str
    label: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class OutgoingWebhookExport(msgspec.Struct, frozen=True):
    """An outgoing webhook that the person has created, without its secret."""

    bot: str
    label: str
    url: str
    events: list[str]
    words: list[str]
    created_at: datetime
    disabled_at: datetime | None


class SessionExport(msgspec.Struct, frozen=True):
    """A session without its key, so that the file signs no one in."""

    browser: str
    user_agent: str
    seen_at: datetime | None
    expires_at: datetime


class PushSubscriptionExport(msgspec.Struct, frozen=True):
    """A browser that gets notifications, without its address and keys: anyone who has them can send to it."""

    browser: str
    user_agent: str
    service: str
    created_at: datetime
    last_ok_at: datetime | None


def everything_about(person: Person) -> Iterator[bytes]:
    """Return the document in pieces, each made of whole pages of rows."""
    return in_pieces(_document(person))


def _document(person: Person) -> Iterator[bytes]:
    memberships = Membership.objects.filter(person=person).select_related("room")
    messages = Message.objects.filter(author=person).select_related("room").prefetch_related(*PARTS).defer("html")
    mentions = Mention.objects.filter(person=person).select_related("room")
    reactions = Reaction.objects.filter(person=person).select_related("message__room").defer(*MESSAGE_TEXT)
    reports = Report.objects.filter(reporter=person).select_related("room", "message").defer("message__html")
    bookmarks = Bookmark.objects.filter(person=person).select_related("room")
    invitations = Invitation.objects.filter(created_by=person).select_related("room")
    requests = JoinRequest.objects.filter(person=person).select_related("room")
    blocks = Block.objects.filter(person=person).select_related("blocked")
    sessions = Session.objects.alive().latest_first().filter(person=person)
    yield b'{"profile": ' + _encoder.encode(_profile(person))
    yield from _list("memberships", map(_membership, all_rows(memberships, PAGE)))
    yield from _list("messages", map(_message, all_rows(messages, PAGE)))
    yield from _list("files", map(_file, all_rows(person.files.all(), PAGE)))
    yield from _list("mentions", map(_mention, all_rows(mentions, PAGE)))
    yield from _list("reactions", map(_reaction, all_rows(reactions, PAGE)))
    yield from _list("reports", map(_report, all_rows(reports, PAGE)))
    yield from _list("bookmarks", map(_bookmark, all_rows(bookmarks, PAGE)))
    yield from _list("invitations", map(_invitation, all_rows(invitations, PAGE)))
    yield from _list("join_requests", map(_join_request, all_rows(requests, PAGE)))
    yield from _list("blocks", map(_block, all_rows(blocks, PAGE)))
    yield from _list("channels", map(_channel, all_rows(person.channels.all(), PAGE)))
    yield from _list("tokens", map(_token, all_rows(person.tokens.select_related("room"), PAGE)))
    yield from _list("bots", map(_bot, all_rows(person.bots.all(), PAGE)))
    incoming = IncomingWebhook.objects.filter(created_by=person).select_related("room", "bot")
    yield from _list("incoming_webhooks", map(_incoming_webhook, all_rows(incoming, PAGE)))
    outgoing = OutgoingWebhook.objects.filter(created_by=person).select_related("bot")
    yield from _list("outgoing_webhooks", map(_outgoing_webhook, all_rows(outgoing, PAGE)))
    yield from _list("sessions", map(_session, sessions))
    yield from _list("push_subscriptions", map(_push_subscription, person.push_subscriptions.order_by("pk")))
    yield b"}\n"


def _list(name: str, items: Iterable[msgspec.Struct]) -> Iterator[bytes]:
    """Yield one list field of the document."""
    yield f',\n"{name}": ['.encode()
    separator = b"\n"
    for item in items:
        yield separator + _encoder.encode(item)
        separator = b",\n"
    yield b"]"


def _profile(row: Person) -> ProfileExport:
    return ProfileExport(
        row.name,
        row.email,
        row.is_guest,
        row.color,
        f"/avatars/{row.avatar_id}.webp" if row.avatar_id else "",
        row.theme,
        row.notify,
        row.date_joined,
        row.last_login,
        row.email_verified_at,
        row.pending_since,
    )


def _address(row: File) -> str:
    return f"/files/{row.key}/{quote(row.name, safe='')}"


def _file(row: File) -> FileExport:
    return FileExport(_address(row), row.name, row.alt, row.media_type, row.size, row.state, row.created_at)


def _membership(row: Membership) -> MembershipExport:
    room = row.room
    direct_rooms.name_rooms(row.person_id, [room])  # a query for each direct conversation
    # A private room may have got another name since the person lost it.
    name = room.name if RoomAccess.of(room, row) else ""
    return MembershipExport(
        room.slug,
        name,
        row.role,
        row.read_seq,
        row.notify,
        row.joined_at,
        row.muted_until,
        row.mute_reason,
        row.banned_at,
        row.ban_reason,
        row.closed_at,
        row.left_at,
        row.starred_at,
        row.closed_seq,
        row.mailed_seq,
        row.pushed_seq,
    )


def _message(row: Message) -> MessageExport:
    times = (row.created_at, row.edited_at, row.deleted_at)
    files = [_address(it.file) for it in row.attachments.all()]
    return MessageExport(
        row.room.slug, row.seq, row.body, row.reply_to, *times, row.has, files, [*map(_preview, row.previews.all())]
    )


def _preview(row: Preview) -> PreviewExport:
    texts = (row.url, row.title, row.description, row.site)
    return PreviewExport(*texts, _address(row.image) if row.image else "", row.created_at, row.hidden_at)


def _mention(row: Mention) -> MentionExport:
    return MentionExport(row.room.slug, row.seq, row.get_kind_display().lower())


def _reaction(row: Reaction) -> ReactionExport:
    return ReactionExport(row.message.room.slug, row.message.seq, row.emoji)


def _report(row: Report) -> ReportExport:
    return ReportExport(row.room.slug, row.message.seq, row.reason, row.created_at, row.outcome)


def _bookmark(row: Bookmark) -> BookmarkExport:
    return BookmarkExport(row.room.slug, row.seq, row.at, row.note)


def _invitation(row: Invitation) -> InvitationExport:
    slug = row.room.slug if row.room else None
    limits = (row.created_at, row.expires_at, row.max_uses, row.uses, row.revoked_at)
    return InvitationExport(slug, row.role, row.note, *limits)


def _join_request(row: JoinRequest) -> JoinRequestExport:
    return JoinRequestExport(row.room.slug, row.note, row.created_at, row.decided_at, row.outcome)


def _block(row: Block) -> BlockExport:
    return BlockExport(row.blocked.name, row.created_at)


def _channel(row: NotificationChannel) -> ChannelExport:
    sent = (row.due_at, row.last_sent_at, row.unread_mails)
    return ChannelExport(row.kind, row.level, row.after_minutes, *sent, row.quiet_from, row.quiet_to, row.zone)


def _token(row: Token) -> TokenExport:
    slug = row.room.slug if row.room else None
    return TokenExport(row.label, row.created_at, row.last_used_at, row.revoked_at, row.scopes, slug, row.expires_at)


def _bot(row: Person) -> BotExport:
    tokens = [_token(it) for it in row.tokens.select_related("room").order_by("pk")]
    return BotExport(row.name, row.is_active, row.date_joined, tokens)


def _incoming_webhook(row: IncomingWebhook) -> IncomingWebhookExport:
    times = (row.created_at, row.last_used_at, row.revoked_at)
    return IncomingWebhookExport(row.room.slug, row.bot.name, row.label, *times)


def _outgoing_webhook(row: OutgoingWebhook) -> OutgoingWebhookExport:
    chosen = (row.events, row.words, row.created_at, row.disabled_at)
    return OutgoingWebhookExport(row.bot.name, row.label, row.url, *chosen)


def _session(row: Session) -> SessionExport:
    return SessionExport(user_agents.describe(row.user_agent), row.user_agent, row.seen_at, row.expire_date)


def _push_subscription(row: PushSubscription) -> PushSubscriptionExport:
    browser, service = user_agents.describe(row.user_agent), urlsplit(row.endpoint).hostname or ""
    return PushSubscriptionExport(browser, row.user_agent, service, row.created_at, row.last_ok_at)
