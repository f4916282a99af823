"""A channel that is due enqueues what is unread now, once."""

from datetime import time, timedelta

import pytest

from chat import protocol
from chat.actions import channels, joining, notices, push_subscriptions
from chat.actions.jobs.backend import JobBackend
from chat.models import Job, Level, Membership, NotificationChannel, Person
from tests.cases import each
from tests.cast import ask, say
from tests.notices.run import MAIL, PUSH, channel, decide, follow, later, subscribe, tasks


@pytest.fixture
def mail(bob):
    return channel(bob, MAIL)


@pytest.fixture
def push(bob):
    return channel(bob, PUSH, Level.ALL)


def after_a_message(alice, room, now, body="@bob"):
    """Alice posts, and everything that becomes due within the hour is decided."""
    message = say(alice, room, body)
    follow(now)
    later(hours=1)
    decide(now)
    return message


def test_an_email_is_enqueued_once_with_all_rooms_and_where_to_read(alice, bob, hall, ops, now, mail):
    say(alice, ops, "@bob")
    after_a_message(alice, hall, now)
    assert tasks() == [("mail_missed", [bob.pk, [[hall.pk, 0, 1], [ops.pk, 0, 1]]])]
    decide(now)
    later(hours=5)
    after_a_message(alice, hall, now)
    assert tasks() == [("mail_missed", [bob.pk, [[hall.pk, 1, 2]]])]


def test_a_push_is_enqueued_for_each_device_and_room(alice, bob, hall, ops, now, push):
    tablet = subscribe(bob, "tablet")
    say(alice, ops, "plain")
    after_a_message(alice, hall, now)
    phone = bob.push_subscriptions.exclude(pk=tablet.pk).get()
    wanted = [[device.pk, room.pk, 0, 1] for device in (phone, tablet) for room in (hall, ops)]
    assert sorted(tasks()) == [("push_missed", it) for it in sorted(wanted)]


def test_what_was_read_on_another_device_is_not_enqueued(alice, bob, hall, now, mail, push):
    say(alice, hall, "@bob")
    follow(now)
    ask(bob, hall, protocol.Read(seq=1))
    later(hours=1)
    decide(now)
    assert (tasks(), notices.next_due()) == ([], [])
    assert Membership.objects.get(person=bob, room=hall).mailed_seq is None


@each(
    "change",
    [
        lambda bob: NotificationChannel.objects.update(level=Level.NOTHING),
        lambda bob: Person.objects.filter(pk=bob.pk).update(is_active=False),
        lambda bob: bob.push_subscriptions.all().delete() and Person.objects.update(email_verified_at=None),
    ],
)
def test_who_cannot_be_told_any_more_is_not_and_no_mark_moves(alice, bob, hall, now, mail, push, change):
    say(alice, hall, "@bob")
    follow(now)
    change(bob)
    later(hours=1)
    decide(now)
    assert (tasks(), notices.next_due()) == ([], [])
    assert not Membership.objects.exclude(mailed_seq=None).exists()


def test_a_message_that_was_marked_unread_after_its_email_is_not_mailed_again(alice, bob, hall, now, mail):
    after_a_message(alice, hall, now)
    tasks()
    ask(bob, hall, protocol.Read(seq=1))
    ask(bob, hall, protocol.MarkUnread(seq=1))
    later(hours=5)
    after_a_message(alice, hall, now)
    assert tasks() == [("mail_missed", [bob.pk, [[hall.pk, 1, 2]]])]


def test_someone_who_joined_is_told_of_later_messages_only(alice, bob, carol, hall, now):
    channel(carol, PUSH, Level.ALL)
    say(alice, hall)
    joining.join(carol, hall)
    ask(carol, hall, protocol.MarkUnread(seq=1))
    after_a_message(alice, hall, now)
    assert [task[1][1:] for task in tasks()] == [[hall.pk, 1, 2]]


def test_emails_that_are_turned_on_tell_of_new_messages_only(alice, bob, hall, now, mail):
    channels.stop_mail(bob)
    say(alice, hall, "@bob before")
    channels.change(bob, mail={"level": Level.MENTIONS}, push={})
    say(alice, hall, "@bob after")
    channels.change(bob, mail={"level": Level.MENTIONS}, push={})  # no change, so it does not begin again
    after_a_message(alice, hall, now)
    assert tasks() == [("mail_missed", [bob.pk, [[hall.pk, 1, 3]]])]


def test_the_first_browser_of_a_person_gets_pushes_of_new_messages_only(alice, bob, hall, now):
    keys = {"p256dh": "", "auth": "", "user_agent": ""}
    say(alice, hall, "before")
    push_subscriptions.subscribe(bob, "https://phone", **keys)
    say(alice, hall, "after")
    push_subscriptions.subscribe(bob, "https://tablet", **keys)
    after_a_message(alice, hall, now)
    assert [task[1][1:] for task in tasks()] == [[hall.pk, 1, 3]] * 2


# ---- When


def sent(now):
    return [name for name, _ in tasks()]


def test_unread_emails_come_less_often_until_something_is_read(alice, bob, hall, ops, now, mail):
    after_a_message(alice, hall, now)
    assert sent(now) == ["mail_missed"]
    say(alice, ops, "@bob")
    follow(now)
    later(minutes=29)
    decide(now)
    assert (sent(now), notices.next_due()) == ([], [(mail.pk, now + timedelta(minutes=1))])
    later(minutes=1)
    decide(now)
    assert sent(now) == ["mail_missed"]
    mail.refresh_from_db()
    assert (mail.unread_mails, mail.unread_rooms) == (2, 2)
    say(alice, ops, "@bob")
    follow(now)
    ask(bob, hall, protocol.Read(seq=1))
    later(minutes=15)
    decide(now)
    assert sent(now) == ["mail_missed"]
    mail.refresh_from_db()
    assert (mail.unread_mails, mail.unread_rooms) == (1, 1)


def test_quiet_hours_that_begin_meanwhile_move_it_to_their_end(alice, bob, hall, now, push):
    say(alice, hall)
    follow(now)
    night = now.replace(hour=23, minute=0, second=0, microsecond=0) + timedelta(days=1)
    NotificationChannel.objects.update(quiet_from=time(22), quiet_to=time(7), zone="UTC")
    decide(night)
    assert (sent(now), notices.next_due()) == ([], [(push.pk, night + timedelta(hours=8))])
    decide(night + timedelta(hours=8))
    assert sent(now) == ["push_missed"]


def test_a_channel_that_is_not_due_is_left_alone(alice, bob, hall, now, push):
    say(alice, hall)
    follow(now)
    NotificationChannel.objects.update(due_at=now + timedelta(seconds=1))
    notices.decide(push.pk, now)
    assert (sent(now), len(notices.next_due())) == ([], 1)
    notices.postpone(push.pk, now)
    assert notices.next_due() == [(push.pk, now + timedelta(hours=1))]


def test_a_failure_enqueues_nothing_and_moves_no_mark(alice, bob, hall, now, push, monkeypatch):
    def fail(*arguments):
        raise ZeroDivisionError

    subscribe(bob, "tablet")
    say(alice, hall)
    follow(now)
    enqueue, calls = JobBackend.enqueue, []

    def once(backend, *arguments):
        calls.append(arguments)
        return enqueue(backend, *arguments) if len(calls) == 1 else fail()

    monkeypatch.setattr(JobBackend, "enqueue", once)
    with pytest.raises(ZeroDivisionError):
        notices.decide(push.pk, now)
    assert (len(calls), Job.objects.count(), len(notices.next_due())) == (2, 0, 1)
    assert not Membership.objects.exclude(pushed_seq=None).exists()
