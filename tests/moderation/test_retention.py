"""Messages beyond their retention period, and inactive guests."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat import history, protocol
from chat.actions import invitations, retention, staff_accounts
from chat.actions.account_deletion import delete_account
from chat.actions.accounts import issue_token, join_as_guest
from chat.actions.batch import Request
from chat.actions.imports.messages import Entry, import_history
from chat.actions.messages import execute
from chat.actions.reports import report
from chat.errors import ActionError
from chat.models import AuditEntry, Invitation, Membership, Mention, Message, Person, Reaction, Report, Token
from chat.protocol import Code, Cursor
from chat.search import index
from chat.search.query import Query
from tests.cases import each
from tests.cast import PASSWORD, say

DAY = timedelta(days=1)


def prune(*options):
    out = StringIO()
    call_command("prune", *options, stdout=out)
    return out.getvalue()


@pytest.fixture
def old(alice, bob, hall):
    """Return a room with ten messages, the first five a year old, with all related rows."""
    start = timezone.now()
    entries = [Entry(bob, f"apple {n} @alice", start - 365 * DAY if n < 5 else start) for n in range(10)]
    import_history(hall, entries)
    execute(Request(alice.pk, hall.pk, protocol.React(seq=1, emoji="👍", on=True)))
    report(alice, hall, 1, "Old")
    return hall


def in_index(room):
    return len(index.newest(index.Lookup(Query.parse("apple").terms, [room.pk]), 100))


def seqs(room):
    return list(Message.objects.filter(room=room).order_by("seq").values_list("seq", flat=True))


def test_prune_without_yes_deletes_nothing(old):
    assert "hall: 5 messages posted before" in prune("--days", "30")
    assert seqs(old) == list(range(1, 11))
    assert not AuditEntry.objects.exists()


def test_expired_messages_are_deleted_with_their_related_rows(old, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    assert "5 messages in all were deleted." in prune("--days", "30", "--yes")
    assert seqs(old) == [6, 7, 8, 9, 10]
    assert not Reaction.objects.exists()
    assert not Report.objects.exists()
    assert (Mention.objects.count(), in_index(old)) == (5, 5)
    [entry] = AuditEntry.objects.all()
    assert (entry.actor, entry.action, entry.room, entry.count) == ("", "prune", "hall", 5)


def test_the_floor_rises_before_anything_is_deleted_and_every_client_gets_a_reset(old, monkeypatch):
    before = history.head(old.pk)
    floors, real = [], retention._remove

    def removing(surplus):
        floors.append(history.head(old.pk).floor_rev)
        return real(surplus)

    monkeypatch.setattr(retention, "_remove", removing)
    prune("--days", "30", "--yes")
    assert floors[0] == before.rev + 1
    head = history.head(old.pk)
    assert not any(head.can_resume(Cursor(head.epoch, old.pk, rev), 1000) for rev in range(before.rev + 1))
    assert head.can_resume(head.cursor, 1000)


def test_retention_is_set_by_the_room_or_the_site(old, alice, bob, settings):
    assert list(retention.expired_messages()) == []
    settings.CHAT_KEEP_DAYS = 400
    assert list(retention.expired_messages()) == []
    settings.CHAT_KEEP_DAYS = 30
    assert [it.room for it in retention.expired_messages() if it.room.slug == "hall"] == [old]
    retention.set_keep_days(alice, old, 0)
    assert [it.room for it in retention.expired_messages() if it.room.slug == "hall"] == []
    retention.set_keep_days(alice, old, 7)
    settings.CHAT_KEEP_DAYS = 0
    assert [it.room for it in retention.expired_messages()] == [old]
    with pytest.raises(ActionError) as refused:
        retention.set_keep_days(bob, old, 0)
    assert refused.value.code == Code.FORBIDDEN


def test_purged_messages_do_not_count_as_unread(old, alice, bob):
    prune("--days", "30", "--yes")
    assert Membership.objects.get(person=bob, room=old).read_seq == 5
    assert [it.seq for it in history.page(old).messages] == [6, 7, 8, 9, 10]
    assert history.page(old, before=7).more is False


def test_room_without_remaining_messages_stays_usable(old, alice):
    Message.objects.filter(room=old).update(created_at=timezone.now() - 365 * DAY)
    prune("--days", "30", "--yes")
    assert Membership.objects.get(person=alice, room=old).read_seq == 10
    assert say(alice, old).seq == 11


def test_prune_removes_old_invitations_only_when_confirmed(alice, hall):
    invitations.create(alice, hall)
    Invitation.objects.update(revoked_at=timezone.now() - 31 * DAY)
    assert "1 invitations that ended more than 30 days ago would be deleted" in prune()
    assert "1 invitations that ended more than 30 days ago were deleted." in prune("--yes")
    assert not Invitation.objects.exists()


def test_prune_names_a_missing_room(db):
    with pytest.raises(CommandError, match="no room 'nowhere'"):
        prune("--room", "nowhere")


# ---- Guests


def unseen(name):
    """Return a guest who joined a hundred days ago and has been inactive since."""
    guest = join_as_guest(name)
    Person.objects.filter(pk=guest.pk).update(date_joined=timezone.now() - 100 * DAY)
    return guest


def test_only_inactive_guests_are_purged(chief, bob, hall, client):
    gone, writer, active, caller, browsing = (
        unseen(name) for name in ("gone", "writer", "active", "caller", "browsing")
    )
    written = say(writer, hall, "bye")
    Message.objects.filter(pk=written.pk).update(created_at=timezone.now() - 99 * DAY)
    say(active, hall)
    issue_token(caller)
    client.force_login(browsing)
    Person.objects.filter(pk=browsing.pk).update(last_login=None)
    Person.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - 100 * DAY)
    since = timezone.now() - 30 * DAY
    assert set(staff_accounts.unused_guests(since)) == {gone, writer}
    assert staff_accounts.purge_guests(chief, since) == 2
    assert not Person.objects.filter(pk=gone.pk).exists()
    writer.refresh_from_db()
    assert (writer.name, writer.is_active, Message.objects.get(pk=written.pk).body) == (
        f"Deleted person {writer.pk}",
        False,
        "bye",
    )
    assert AuditEntry.objects.get().count == 2
    assert staff_accounts.purge_guests(chief, since) == 0


def test_the_command_purges_guests_only_when_asked(db):
    unseen("gone")
    assert "guests" not in prune("--yes")
    assert "1 guests" in prune("--guests", "30")
    assert Person.objects.filter(name="gone").exists()
    prune("--guests", "30", "--yes")
    assert not Person.objects.filter(name="gone").exists()


# ---- Accounts


def refusal_of(action, *arguments):
    with pytest.raises(ActionError) as refused:
        action(*arguments)
    return refused.value.code


def test_staff_sign_out_deactivate_and_activate_people(chief, bob, client):
    client.force_login(bob)
    issue_token(bob)
    assert staff_accounts.sign_out_everywhere(chief, [bob]) == 1
    assert (bob.sessions.count(), Token.objects.valid().count()) == (0, 0)
    assert staff_accounts.deactivate(chief, [bob], reason="Spam") == 1
    assert not Person.objects.get(pk=bob.pk).is_active
    assert staff_accounts.deactivate(chief, [Person.objects.get(pk=bob.pk)]) == 0
    assert staff_accounts.activate(chief, [Person.objects.get(pk=bob.pk)]) == 1
    assert Person.objects.get(pk=bob.pk).is_active
    assert list(AuditEntry.objects.order_by("pk").values_list("action", "person", "reason")) == [
        ("sign_out", "bob", ""),
        ("deactivate", "bob", "Spam"),
        ("activate", "bob", ""),
    ]


@each("action", [staff_accounts.sign_out_everywhere, staff_accounts.deactivate])
def test_account_actions_need_staff_and_never_apply_to_yourself(chief, alice, bob, action):
    assert refusal_of(action, alice, [bob]) == Code.FORBIDDEN
    assert refusal_of(action, chief, [chief]) == Code.FORBIDDEN
    alice.is_staff = True
    alice.user_permissions.add(permission("change_person"))
    alice.save()
    staff = Person.objects.get(pk=alice.pk)
    assert refusal_of(action, staff, [bob, chief]) == Code.FORBIDDEN
    bob.refresh_from_db()
    assert bob.is_active, "all or nothing"
    assert action(staff, [bob]) == 1


def permission(name):
    return Permission.objects.get(codename=name)


def test_a_deleted_account_cannot_be_activated_again(chief, bob):
    delete_account(bob)
    assert refusal_of(staff_accounts.activate, chief, [Person.objects.get(pk=bob.pk)]) == Code.CONFLICT


@pytest.mark.parametrize(("setting", "kept"), [("keep", "hello"), ("erase", "")])
def test_messages_of_a_deleted_account_stay_or_are_erased(bob, hall, settings, client, setting, kept):
    settings.CHAT_DELETED_ACCOUNTS = setting
    message = say(bob, hall)
    client.force_login(bob)
    page = client.get("/accounts/delete/").content.decode()
    assert ("Your messages are erased" in page) is (setting == "erase")
    client.post("/accounts/delete/", {"password": PASSWORD, "confirm": "on"})
    row = Message.objects.get(pk=message.pk)
    assert (row.body, row.is_erased, row.author.name) == (kept, setting == "erase", f"Deleted person {bob.pk}")
    assert "bob" not in str(list(AuditEntry.objects.values()))


def test_an_account_whose_messages_could_not_be_erased_is_still_there_to_be_deleted(bob, hall, settings, monkeypatch):
    settings.CHAT_DELETED_ACCOUNTS = "erase"
    say(bob, hall)

    def fails(*arguments):
        raise OSError("the disk is full")

    monkeypatch.setattr("chat.actions.account_deletion.removal.execute", fails)
    with pytest.raises(OSError, match="full"):
        delete_account(bob)
    bob.refresh_from_db()
    assert (bob.name, bob.is_active) == ("bob", True)
