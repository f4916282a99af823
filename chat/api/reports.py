"""Reports of messages, and their resolution."""

from datetime import timedelta
from typing import Annotated, Literal

import msgspec
from django.http import HttpRequest, HttpResponse

from chat import protocol, serializers
from chat.actions import reports
from chat.actions.reports import Resolution
from chat.api import answers
from chat.api.endpoint import signed_in
from chat.api.moderation import Reason, Seconds, moderated
from chat.api.operation import operation
from chat.api.paging import AfterId, Limit, page
from chat.models import Person, Report, Room
from chat.protocol import MAX_REASON_LENGTH, Code


class ReportBody(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON_LENGTH)]


class ReportReceipt(msgspec.Struct, frozen=True):
    """`first` is whether you report this message for the first time."""

    first: bool


class OpenReportsQuery(AfterId, frozen=True, kw_only=True):
    limit: Limit = 50


class OpenReport(msgspec.Struct, frozen=True):
    """`quote` is the text when it was reported, `message` the message as it is now."""

    id: int
    message: protocol.MessageData
    quote: str
    reason: str
    reporter: protocol.PersonData | None
    created_at: str


class OpenReports(msgspec.Struct, frozen=True):
    reports: list[OpenReport]
    more: bool


class Decision(msgspec.Struct, frozen=True):
    """The last two outcomes delete the message, too. `seconds` null mutes permanently."""

    outcome: Literal["dismissed", "deleted", "muted", "banned"]
    reason: Reason = ""
    seconds: Seconds | None = None


class Resolved(msgspec.Struct, frozen=True):
    """`reports` is the number of reports of the message that were resolved."""

    reports: int


@signed_in
@operation(
    body=ReportBody,
    answers={201: ReportReceipt, 200: ReportReceipt},
    refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.EMPTY, Code.RATE_LIMITED),
)
def create(request: HttpRequest, person: Person, asked: ReportBody, slug: str, seq: int) -> HttpResponse:
    """Report a message to the moderators of its room. Status 200 means that you reported it earlier."""
    reports.check_rate(person)
    room = Room.seen_by(person, slug)
    first = reports.report(person, room, seq, asked.reason)
    return answers.success(ReportReceipt(first), status=201 if first else 200)


@signed_in
@operation(query=OpenReportsQuery, answers={200: OpenReports}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN))
def index(request: HttpRequest, person: Person, asked: OpenReportsQuery, slug: str) -> HttpResponse:
    """Return open reports of a room, oldest first. For moderators."""
    room = moderated(person, slug)
    seen = Report.objects.shown_to(person.pk, room).open().with_all()
    rows = list(seen.filter(pk__gt=asked.after).order_by("pk")[: asked.limit + 1])
    messages = serializers.messages(row.message for row in rows[: asked.limit])
    queue = [_report(row, message) for row, message in zip(rows, messages, strict=False)]
    more = len(rows) > asked.limit
    return page(request, OpenReports(queue, more), more, after=queue[-1].id if queue else 0)


@signed_in
@operation(body=Decision, answers={200: Resolved}, refusals=(Code.NOT_FOUND, Code.FORBIDDEN, Code.CONFLICT))
def resolve(request: HttpRequest, person: Person, asked: Decision, slug: str, report_id: int) -> HttpResponse:
    """Resolve a report, and all other reports of the same message. For moderators."""
    room = moderated(person, slug)
    duration = None if asked.seconds is None else timedelta(seconds=asked.seconds)
    ruling = Resolution(Report.Outcome(asked.outcome), asked.reason, duration)
    return answers.success(Resolved(reports.resolve(person, room, report_id, ruling)))


def _report(row: Report, message: protocol.MessageData) -> OpenReport:
    reporter = serializers.person(row.reporter) if row.reporter else None
    return OpenReport(row.pk, message, row.quote, row.reason, reporter, serializers.time(row.created_at))
