"""Navigation by year, month and day that reads two rows instead of every date in the table."""

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.formats import date_format

from chat.adapters.django_admin import ChangeList


@dataclass(frozen=True, slots=True)
class Link:
    title: str
    link: str


class Calendar:
    """Links to the periods within the chosen one and back to wider ones, by the `date_hierarchy` of `changelist`."""

    def __init__(self, changelist: ChangeList, first: date, last: date):
        self._changelist, self._field = changelist, changelist.date_hierarchy
        self._first, self._last = first, last
        self._year, self._month, self._day = (self._chosen(part) for part in ("year", "month", "day"))

    @property
    def back(self) -> list[Link]:
        """Return links to the wider periods, the widest first."""
        links = [Link("All dates", self._link())] if self._year else []
        if self._year and self._month:
            links.append(Link(str(self._year), self._link(self._year)))
        if self._year and self._month and self._day:
            links.append(Link(_month_name(self._year, self._month), self._link(self._year, self._month)))
        return links

    @property
    def choices(self) -> Iterator[Link]:
        year, month = self._year, self._month
        if year is None:
            return (Link(str(it), self._link(it)) for it in range(self._first.year, self._last.year + 1))
        if month is None:
            months = (it for it in range(1, 13) if self._touches(date(year, it, 1), _month_end(year, it)))
            return (Link(_month_name(year, it), self._link(year, it)) for it in months)
        days = (date(year, month, it) for it in range(1, _month_end(year, month).day + 1) if self._day is None)
        return (
            Link(date_format(day, "MONTH_DAY_FORMAT"), self._link(year, month, day.day))
            for day in days
            if self._touches(day, day)
        )

    def _touches(self, start: date, end: date) -> bool:
        return start <= self._last and end >= self._first

    def _chosen(self, part: str) -> int | None:
        value = self._changelist.params.get(f"{self._field}__{part}")
        return int(value) if value else None

    def _link(self, *parts: int) -> str:
        names = [f"{self._field}__{part}" for part in ("year", "month", "day")]
        chosen = dict(zip(names, parts, strict=False))
        return self._changelist.get_query_string(chosen, remove=[f"{self._field}__"])


def local_date(moment: object) -> date:
    return timezone.localdate(moment)  # type: ignore[arg-type]


def _month_end(year: int, month: int) -> date:
    return date(year, month, calendar.monthrange(year, month)[1])


def _month_name(year: int, month: int) -> str:
    return date_format(date(year, month, 1), "YEAR_MONTH_FORMAT")
