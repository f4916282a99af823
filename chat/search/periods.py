"""The dates of a query: from `before:`, `after:`, `on:` and `during:` to a range of times, and its months."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from django.utils import timezone

from chat.models.messages import first_time, last_time

# A range of more months is not looked up in the index. It has most messages, so a filter is enough.
MAX_MONTHS = 24
# Within these years, every date has a time in every zone.
FIRST_YEAR, LAST_YEAR = 1970, 9000
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{1,2})(?:-([0-9]{1,2}))?)?")

Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Span:
    """Times from `since` up to, and without, `until`, and in none of the `excluded` periods."""

    since: datetime | None = None
    until: datetime | None = None
    excluded: tuple[Period, ...] = ()

    @classmethod
    def of(cls, dates: Iterable[tuple[str, str]], zone: tzinfo) -> "Span":
        """Return the span of typed dates with their operators, in a time zone. Raise ValueError for an invalid date."""
        since: list[datetime] = []
        until: list[datetime] = []
        excluded: list[Period] = []
        for operator, typed in dates:
            start, end = _period(typed, zone)
            if operator == "-on":
                excluded.append((start, end))
            if operator in ("on", "-before"):
                since.append(start)
            if operator in ("on", "-after"):
                until.append(end)
            if operator == "after":
                since.append(end)
            if operator == "before":
                until.append(start)
        return cls(max(since, default=None), min(until, default=None), tuple(excluded))


def months(span: Span) -> list[str]:
    """Return the months of a span as in the index, such as 202611. Return none if they are too many or unknown.

    The first and the last message are its ends where it has none. Takes up to one query for each.
    """
    if span.since is None and span.until is None:
        return []
    since = span.since or first_time()
    last = span.until - timedelta(microseconds=1) if span.until else last_time()
    if since is None or last is None:
        return []
    numbers = range(_number(since), max(_number(since), _number(last)) + 1)
    return [f"{it // 12:04}{it % 12 + 1:02}" for it in numbers] if len(numbers) <= MAX_MONTHS else []


def _number(at: datetime) -> int:
    at = at.astimezone(UTC)
    return at.year * 12 + at.month - 1


def _period(typed: str, zone: tzinfo) -> Period:
    """Return the start and the end of a typed day, month or year. Raise ValueError with the typed text."""
    try:
        first, after = _days(typed.lower(), timezone.now().astimezone(zone).date())
    except ValueError:
        raise ValueError(typed) from None
    return _midnight(first, zone), _midnight(after, zone)


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)


def _days(typed: str, today: date) -> tuple[date, date]:
    """Return the first day of a typed day, month or year, and the first day after it."""
    if typed in ("today", "yesterday"):
        day = today - timedelta(days=typed == "yesterday")
        return day, day + timedelta(days=1)
    found = _DATE.fullmatch(typed)
    if not found or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise ValueError(typed)
    year, month, number = (int(part) if part else None for part in found.groups())
    assert year is not None
    first = date(year, month or 1, number or 1)
    if number:
        return first, first + timedelta(days=1)
    return first, date(year, month + 1, 1) if month and month < 12 else date(year + 1, 1, 1)
