"""Every table that refers to people: what of it is in a person's download, and what is left after their account."""

import json
from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from chat.actions import bots, joining, webhooks
from chat.actions.account_deletion import delete_account
from chat.actions.room_settings import change_room
from chat.actions.staff_accounts import purge_guests
from chat.exports import personal_data
from chat.models import Block, Invitation, JoinRequest, NotificationChannel, OutgoingWebhook, Person, Preview
from chat.protocol import Scope
from tests.cast import PASSWORD, say, uploaded

# By table and column: the list in the download that has these rows.
EXPORTED = {
    "chat.Block.person": "blocks",
    "chat.Bookmark.person": "bookmarks",
    "chat.File.owner": "files",
    "chat.IncomingWebhook.created_by": "incoming_webhooks",
    "chat.Invitation.created_by": "invitations",
    "chat.JoinRequest.person": "join_requests",
    "chat.Membership.person": "memberships",
    "chat.Mention.person": "mentions",
    "chat.Message.author": "messages",
    "chat.NotificationChannel.person": "channels",
    "chat.OutgoingWebhook.created_by": "outgoing_webhooks",
    "chat.Person.bot_owner": "bots",
    "chat.PushSubscription.person": "push_subscriptions",
    "chat.Reaction.person": "reactions",
    "chat.Report.reporter": "reports",
    "chat.Session.person": "sessions",
    "chat.Token.person": "tokens",
}
# By table and column: why these rows are not in it.
NOT_EXPORTED = {
    "admin.LogEntry.user": "what staff did to others, in the log of Django's admin",
    "chat.Block.blocked": "a block is known only to the person who made it",
    "chat.ImportedItem.person": "an id that only says that the account came from an archive",
    "chat.CommandCall.person": "removed after a day",
    "chat.IncomingWebhook.bot": "in the download of the person who created it",
    "chat.OutgoingWebhook.bot": "in the download of the person who created it",
    "chat.JoinRequest.decided_by": "a decision about someone else's request",
    "chat.Membership.added_by": "a fact about someone else's membership",
    "chat.Person_groups.person": "rights on this site, which staff give and take",
    "chat.Person_user_permissions.person": "rights on this site, which staff give and take",
    "chat.Preview.hidden_by": "a decision about a link in a message",
    "chat.Presence.person": "forgotten when the connection ends",
    "chat.Room.created_by": "shown by the membership as the owner",
}


def references_to_people():
    models = apps.get_models(include_auto_created=True)
    fields = (field for model in models for field in model._meta.get_fields() if field.concrete)
    return {
        f"{field.model._meta.label}.{field.name}"
        for field in fields
        if (field.many_to_one or field.one_to_one) and field.related_model is Person
    }


def document_of(person):
    return json.loads(b"".join(personal_data.everything_about(person)))


def test_every_table_that_refers_to_people_is_exported_or_says_why_not(alice):
    assert references_to_people() == EXPORTED.keys() | NOT_EXPORTED.keys()
    assert set(document_of(alice)) == {"profile", *EXPORTED.values()}


@pytest.fixture
def rows(alice, bob, carol, ops):
    """Invitations, requests and blocks of alice, and of others about her."""
    week = timezone.now() + timedelta(days=7)
    Invitation.objects.create(room=ops, created_by=alice, expires_at=week, note="for the team")
    Invitation.objects.create(created_by=alice, expires_at=week, max_uses=1, revoked_at=week)
    Invitation.objects.create(room=ops, created_by=bob, expires_at=week)
    JoinRequest.objects.create(room=ops, person=alice, note="let me join")
    JoinRequest.objects.create(room=ops, person=carol, note="me too", decided_by=alice, decided_at=week)
    Block.objects.create(person=alice, blocked=bob)
    Block.objects.create(person=carol, blocked=alice)


def test_the_download_has_invitations_requests_and_blocks_of_the_person_only(alice, rows):
    document = document_of(alice)
    assert [(it["room"], it["note"]) for it in document["invitations"]] == [("ops", "for the team"), (None, "")]
    assert [(it["room"], it["note"], it["outcome"]) for it in document["join_requests"]] == [("ops", "let me join", "")]
    assert [it["name"] for it in document["blocks"]] == ["bob"]
    assert "carol" not in json.dumps(document)


def test_the_download_has_the_files_and_link_previews_of_messages(alice, bob, hall):
    for person in (alice, bob):
        files = [uploaded(person, f"{person.name} {number}.png") for number in (1, 2)]
        message = say(person, hall, "https://example.org/map", files=files)
    unposted = uploaded(bob, "draft.png")
    picture = uploaded(None, "preview")
    shown = Preview.objects.create(message=message, url="https://example.org/map", title="The map", image=picture)
    Preview.objects.create(message=message, url="https://example.org/", hidden_by=alice, hidden_at=timezone.now())
    document = document_of(bob)
    [it] = document["messages"]
    addresses = [f"/files/{file.key}/bob%20{number}.png" for number, file in enumerate(files, 1)]
    assert it["files"] == addresses
    assert [it["address"] for it in document["files"]] == [*addresses, f"/files/{unposted.key}/draft.png"]
    assert [(it["url"], it["title"], it["removed_at"] is None) for it in it["previews"]] == [
        ("https://example.org/map", "The map", True),
        ("https://example.org/", "", False),
    ]
    assert it["previews"][0]["picture"] == f"/files/{picture.key}/{shown.image.name}"
    assert "alice" not in json.dumps(document)


def test_the_download_does_not_name_a_private_room_that_the_person_has_lost(alice, bob, ops):
    joining.leave(bob, ops)
    change_room(ops, {"name": "Secret merger"})
    assert "Secret merger" in json.dumps(document_of(alice))
    assert "Secret merger" not in json.dumps(document_of(bob))


def test_a_deleted_account_leaves_no_valid_invitation_no_request_and_no_block(alice, bob, carol, rows):
    delete_account(alice)
    assert [it.created_by for it in Invitation.objects.usable()] == [bob]
    assert not Invitation.objects.filter(created_by=alice).exists()
    assert not Invitation.objects.filter(note="for the team").exists()
    assert [it.person for it in JoinRequest.objects.all()] == [carol]
    assert not Block.objects.exists()


def test_invitation_of_a_guest_who_is_removed_is_revoked(gil):
    Invitation.objects.create(created_by=gil, expires_at=timezone.now() + timedelta(days=7))
    Person.objects.filter(pk=gil.pk).update(date_joined=timezone.now() - timedelta(days=60))
    gil.tokens.all().delete()
    purge_guests(None, timezone.now() - timedelta(days=30))
    assert not Person.objects.filter(pk=gil.pk).exists()
    assert not Invitation.objects.usable().exists()


def test_the_download_has_the_settings_for_being_away_and_a_deleted_account_has_none(alice, bob):
    NotificationChannel.objects.create(person=alice, kind="mail", after_minutes=60, zone="Europe/Oslo")
    NotificationChannel.objects.create(person=bob, kind="push")
    found = document_of(alice)["channels"]
    assert [(it["kind"], it["level"], it["after_minutes"], it["zone"]) for it in found] == [
        ("mail", "mentions", 60, "Europe/Oslo")
    ]
    delete_account(alice)
    assert list(NotificationChannel.objects.values_list("person__name", flat=True)) == ["bob"]


def test_the_download_has_bots_and_webhooks_and_a_deleted_account_has_none(alice, bob, ops):
    robot = bots.create(alice, "Robot")
    bots.issue_token(alice, robot, label="CI", scopes=[Scope.READ], room=ops)
    webhooks.create(alice, ops, bot_id=robot.pk, label="Builds")
    OutgoingWebhook.objects.create(bot=robot, created_by=alice, url="https://a.example/", secret="s3cret")
    document = document_of(alice)
    [bot], [incoming] = document["bots"], document["incoming_webhooks"]
    assert (bot["name"], bot["tokens"][0]["scopes"], bot["tokens"][0]["room"]) == ("Robot", "read", "ops")
    assert (incoming["room"], incoming["bot"], incoming["label"]) == ("ops", "Robot", "Builds")
    assert [it["url"] for it in document["outgoing_webhooks"]] == ["https://a.example/"]
    assert "s3cret" not in json.dumps(document)
    assert document_of(bob)["bots"] == document_of(bob)["incoming_webhooks"] == []
    delete_account(alice)
    gone = Person.objects.get(pk=alice.pk)
    assert (document_of(gone)["bots"], document_of(gone)["incoming_webhooks"]) == ([], [])


def test_a_deleted_account_is_not_verified(alice):
    Person.objects.filter(pk=alice.pk).update(email_verified_at=timezone.now())
    delete_account(Person.objects.get(pk=alice.pk))
    gone = Person.objects.get(pk=alice.pk)
    assert (gone.email, gone.email_verified_at, gone.check_password(PASSWORD)) == ("", None, False)
