"""The times at which emails and pushes are due: delays, the interval between emails, and quiet hours."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.actions.due_times import after_quiet_hours, due_after_message, mail_interval, ready_at
from chat.models import NotificationChannel
from tests.cases import each

MAIL, PUSH = NotificationChannel.Kind
NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
OSLO = "Europe/Oslo"


@pytest.fixture(autouse=True)
def default_delay(settings):
    settings.CHAT_MAIL_AFTER = 15


@each(
    "kind, minutes, is_present, seconds",
    [
        (PUSH, None, False, 0),
        (PUSH, None, True, 20),
        (PUSH, 5, False, 0),
        (MAIL, None, False, 900),
        (MAIL, None, True, 900),
        (MAIL, 5, False, 300),
        (MAIL, 0, False, 0),
    ],
)
def test_a_push_waits_for_people_who_are_here_and_an_email_for_its_delay(kind, minutes, is_present, seconds):
    channel = NotificationChannel(kind=kind, after_minutes=minutes)
    assert due_after_message(channel, NOON, is_present=is_present) == NOON + timedelta(seconds=seconds)


@each("unread_mails, minutes", [(0, 15), (1, 30), (2, 60), (3, 120), (4, 240), (5, 240), (30000, 240)])
def test_the_interval_doubles_with_each_unread_email_up_to_four_hours(unread_mails, minutes):
    assert mail_interval(unread_mails) == timedelta(minutes=minutes)


@each(
    "kind, sent_minutes_ago, wait",
    [(MAIL, 10, 20), (MAIL, 30, 0), (MAIL, 31, 0), (MAIL, None, 0), (PUSH, 1, 0)],
)
def test_an_email_is_ready_after_the_interval(kind, sent_minutes_ago, wait):
    sent_at = None if sent_minutes_ago is None else NOON - timedelta(minutes=sent_minutes_ago)
    channel = NotificationChannel(kind=kind, last_sent_at=sent_at, unread_mails=1)
    assert ready_at(channel, NOON) == NOON + timedelta(minutes=wait)


def test_what_is_due_in_quiet_hours_waits_for_their_end():
    quiet = {"quiet_from": time(13), "quiet_to": time(15), "zone": OSLO}  # in UTC, from 11 to 13
    push = NotificationChannel(kind=PUSH, **quiet)
    assert due_after_message(push, NOON, is_present=False) == NOON + timedelta(hours=1)
    assert ready_at(push, NOON) == NOON + timedelta(hours=1)
    mail = NotificationChannel(kind=MAIL, last_sent_at=NOON - timedelta(hours=1, minutes=5), **quiet)
    assert ready_at(mail, NOON - timedelta(hours=1, seconds=1)) == NOON + timedelta(hours=1)


def local(text, zone=OSLO, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)


# Oslo puts the clock forward at 2026-03-29 02:00, and back at 2026-10-25 03:00.
QUIET_CASES = [
    ("2026-07-01 21:59", time(22), time(7), "2026-07-01 21:59"),
    ("2026-07-01 22:00", time(22), time(7), "2026-07-02 07:00"),
    ("2026-07-02 00:00", time(22), time(7), "2026-07-02 07:00"),
    ("2026-07-02 06:59", time(22), time(7), "2026-07-02 07:00"),
    ("2026-07-02 07:00", time(22), time(7), "2026-07-02 07:00"),
    ("2026-07-01 13:30", time(13), time(14), "2026-07-01 14:00"),
    ("2026-07-01 14:00", time(13), time(14), "2026-07-01 14:00"),
    ("2026-07-01 13:00", time(13), time(13), "2026-07-01 13:00"),
    ("2026-12-31 23:00", time(22), time(7), "2027-01-01 07:00"),
    ("2026-03-28 23:00", time(22), time(7), "2026-03-29 07:00"),  # eight hours later, not nine
    ("2026-10-24 23:00", time(22), time(7), "2026-10-25 07:00"),
    ("2026-03-29 01:30", time(22), time(2, 30), "2026-03-29 03:30"),  # its end is skipped
    ("2026-10-25 01:30", time(22), time(2, 30), "2026-10-25 02:30"),
]


@each("at, start, end, expected", QUIET_CASES)
def test_quiet_hours_end_by_the_clock_of_the_person(at, start, end, expected):
    assert after_quiet_hours(local(at), start, end, OSLO) == local(expected).astimezone(UTC)


def test_a_time_that_exists_twice_is_quiet_twice():
    at = local("2026-10-25 02:10", fold=1)
    assert after_quiet_hours(at, time(22), time(2, 30), OSLO) == local("2026-10-25 02:30", fold=1).astimezone(UTC)


def test_an_unknown_zone_counts_as_utc():
    for zone in ("", "Mars/Olympus", "../etc/passwd"):
        assert after_quiet_hours(NOON, time(11), time(13), zone) == NOON + timedelta(hours=1)


times = st.times(timezones=st.none()).map(lambda it: it.replace(second=0, microsecond=0))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    times,
    times,
    st.sampled_from([OSLO, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
)
def test_quiet_hours_always_end_within_a_day_and_not_in_quiet_hours(at, start, end, zone):
    at = at.replace(tzinfo=UTC)
    found = after_quiet_hours(at, start, end, zone)
    assert at <= found <= at + timedelta(hours=25)
    assert found == at or after_quiet_hours(found, start, end, zone) == found or start == end
