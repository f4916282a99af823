"""The cast of the access matrix: a person for each role with their credentials, and the objects they ask for."""

import uuid

from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from chat import protocol
from chat.actions import administration, bots, direct, invitations, joining, sanctions, webhooks
from chat.actions.accounts import issue_token, join_as_guest, sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.rooms import create_room
from chat.actions.sign_up import ask_for_approval
from chat.models import (
    Block,
    BotCommand,
    File,
    JoinRequest,
    Membership,
    OutgoingWebhook,
    Person,
    Report,
    Room,
    Token,
    WebhookDelivery,
)
from tests.cast import PASSWORD, ask, say
from tests.files.store import stored

# `pending` has an account that waits for approval, with a session and a token from before that.
ROLES = ("stranger", "guest", "member", "moderator", "owner", "staff", "banned", "other", "pending")
NOT_SIGNED_IN = ("stranger", "pending")
# The rooms in the URLs: a public and a private one.
PUBLIC, PRIVATE = "hall", "ops"


def token_of(person, **limits):
    """Return the secret of a new token, also for an account that could not get one."""
    secret = Token.new_secret()
    Token.objects.create(person=person, digest=Token.digest_of(secret), **limits)
    return secret


def out_of_the_way(webhook):
    """Give the webhook an id that no message has: the admin is asked for objects with the id of one."""
    type(webhook).objects.filter(pk=webhook.pk).update(id=10**6 + webhook.pk)
    webhook.pk += 10**6
    return webhook


class Scene:
    """Two rooms in which bob has written a message each. `other` moderates a third room."""

    def __init__(self):
        owner = sign_up("owner", PASSWORD, "owner@example.org")
        self.people = {"stranger": None, "owner": owner, "guest": join_as_guest("guest")}
        for role in ("member", "moderator", "banned", "other"):
            self.people[role] = sign_up(f"{role} of all", PASSWORD)
        self.people["staff"] = Person.objects.create_superuser("staff", PASSWORD)
        self.people["pending"] = ask_for_approval("pending of all", PASSWORD, "pending@example.org")
        self.author = sign_up("bob", PASSWORD)
        self.reports, self.invitations, self.requests = {}, {}, {}
        self.asking = sign_up("asking", PASSWORD)
        self.rooms = {slug: self._room(owner, slug) for slug in (PUBLIC, PRIVATE)}
        import_memberships(create_room(owner, "Third"), [MembershipImport(self.people["other"], "moderator")])
        self.token = issue_token(self.author)
        stored(self.author)
        self.bot = bots.create(self.people["member"], "Bot of a member")
        own = {"bot_id": bots.create(owner, "Bot of the owner").pk}
        made = {slug: webhooks.create(owner, room, **own) for slug, room in self.rooms.items()}
        self.webhooks = {slug: (out_of_the_way(hook), secret) for slug, (hook, secret) in made.items()}
        self._outgoing(self.webhooks[PUBLIC][0].pk)

    def _outgoing(self, pk):
        """Let the bot have an outgoing webhook with this id, a delivery and a command."""
        found = OutgoingWebhook.objects.create(pk=pk, bot=self.bot, url="https://example.org/", secret="whsec_x")
        self.delivery = WebhookDelivery.objects.create(webhook=found, event="message", given_up_at=timezone.now())
        self.command = BotCommand.objects.create(webhook=found, name="deploy")

    def _room(self, owner, slug):
        visibility = Room.Visibility.PUBLIC if slug == PUBLIC else Room.Visibility.PRIVATE
        room = create_room(owner, slug.title(), visibility=visibility)
        room.slug = slug
        room.save(update_fields=["slug"])
        memberships = [
            MembershipImport(self.author),
            MembershipImport(self.people["member"]),
            MembershipImport(self.people["banned"]),
        ]
        import_memberships(room, [*memberships, MembershipImport(self.people["moderator"], "moderator")])
        Membership.objects.filter(room=room, person=self.people["banned"]).update(banned_at=timezone.now())
        message = say(self.author, room)
        ask(self.author, room, protocol.React(seq=message.seq, emoji="👍", on=True))
        self.invitations[slug] = invitations.create(owner, room)
        self.requests[slug] = JoinRequest.objects.create(room=room, person=self.asking)
        self.reports[slug] = Report.objects.create(room=room, message=message, reporter=owner, reason="rude")
        return room

    def places(self, slug):
        """Return the values of URL parameters by name."""
        message = self.rooms[slug].messages.latest("seq")
        return {
            "slug": slug,
            "room_slug": slug,
            "seq": str(message.seq),
            "version": "any",
            "key": File.objects.filter(owner=self.author, attachment=None).get().key,
            "token_id": str(self.author.tokens.get().pk),
            "public_id": uuid.uuid4().hex,
            "uidb64": urlsafe_base64_encode(force_bytes(self.author.pk)),
            "token": default_token_generator.make_token(self.author),
            "signed": f"{self.author.pk}-forged.1.x",
            "object_id": str(message.pk),
            "id": str(message.pk),
            "place": "1/1/",
            "form": "csv",
            "person_id": str(self.author.pk),
            "report_id": str(self.reports[slug].pk),
            "code": self.invitations[PRIVATE].code,
            "invitation_id": str(self.invitations[PRIVATE].pk),
            "bot_id": str(self.bot.pk),
            "webhook_id": str(self.webhooks[slug][0].pk),
            "secret": self.webhooks[slug][1],
            "command_id": str(self.command.pk),
            "delivery_id": str(self.delivery.pk),
            "request_id": str(self.requests[slug].pk),
            "content_type_id": "1",
            "app_label": "chat",
            "url": "chat/",
        }


# Who is in a private room in another way than as a member, and who is in a conversation of two.
PRIVATE_ROLES = ("left", "removed", "asked", "newcomer", "partner", "blocked", "staff", "pending")
# The private room, a conversation of bob and `partner`, and one of bob and `blocked`, whom he has blocked.
DIRECT, SHUT = "d-direct", "d-shut"
# What a message or a topic says, and the roles that may read it.
SECRETS = {
    "topic of ops": ("newcomer",),
    "older words of ops": (),
    "newer words of ops": ("newcomer",),
    "words to a partner": ("partner",),
    "words to the blocked": ("blocked",),
}


class PrivateScene(Scene):
    """A private room and two conversations of two, in which bob and each role that was admitted have written."""

    def __init__(self):
        self.reports = {}
        self.people = {role: sign_up(f"{role} of all", PASSWORD) for role in PRIVATE_ROLES[:-2]}
        self.people["staff"] = Person.objects.create_superuser("staff", PASSWORD)
        self.people["pending"] = ask_for_approval("pending of all", PASSWORD, "pending@example.org")
        self.author = bob = sign_up("bob", PASSWORD)
        ops = create_room(bob, "Ops", topic="topic of ops", visibility=Room.Visibility.PRIVATE)
        Room.objects.filter(pk=ops.pk).update(slug=PRIVATE, joining=Room.Joining.ASK, history=Room.History.JOINED)
        ops.refresh_from_db()
        for role in ("left", "removed"):
            administration.add_member(self.people[role], ops)
            # The newcomer may not read this either.
            self.hidden_seq = self._talk(role, ops, "older words of ops")
        joining.leave(self.people["left"], ops)
        sanctions.close_membership(bob, ops, self.people["removed"])
        request = JoinRequest.objects.create(room=ops, person=self.people["asked"])
        administration.add_member(self.people["newcomer"], ops)
        self._talk("newcomer", ops, "newer words of ops")
        self.rooms = {
            PRIVATE: ops,
            DIRECT: self._conversation("partner", DIRECT, "words to a partner"),
            SHUT: self._conversation("blocked", SHUT, "words to the blocked"),
        }
        self.invitations, self.requests = {PRIVATE: invitations.create(bob, ops)}, dict.fromkeys(self.rooms, request)
        for slug, room in self.rooms.items():
            self.reports[slug] = Report.objects.create(room=room, message=room.messages.latest("seq"), reason="rude")
        self.token = issue_token(bob)
        stored(bob)
        self.bot = bots.create(bob, "Bot of bob")
        self.webhooks = dict.fromkeys(self.rooms, webhooks.create(bob, ops, bot_id=self.bot.pk))
        self._outgoing(self.webhooks[PRIVATE][0].pk)
        Block.objects.create(person=bob, blocked=self.people["blocked"])

    def _conversation(self, role, slug, words):
        room, _ = direct.open_conversation(self.author, [self.people[role].pk], "")
        Room.objects.filter(pk=room.pk).update(slug=slug)
        room.refresh_from_db()
        self._talk(role, room, words)
        return room

    def _talk(self, role, room, words):
        """Let the role write, and then bob, to whom the role reacts. Return the seq of bob's message.

        Bob's message has a file, whose name says the same.
        """
        person = self.people[role]
        say(person, room, f"words of {role}")
        file = stored(self.author, f"{words}.png", thumb_width=7, thumb_height=5)
        message = say(self.author, room, f"{words} for @{person.name}", files=[file])
        ask(person, room, protocol.React(seq=message.seq, emoji="👍", on=True))
        ask(person, room, protocol.SetBookmark(seq=message.seq, on=True))
        Report.objects.create(room=room, message=message, reporter=person, reason="rude")
        return message.seq
