"""The pages of a person's mentions and replies, and of the messages that they have saved."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from chat import activity as entries
from chat import bookmarks, protocol
from chat.actions import join_requests, staff_accounts
from chat.actions.activity import mark_read
from chat.actions.batch import Request
from chat.actions.messages import execute
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.models import Person, Room
from chat.models.rooms import ADDRESS_MAX_LENGTH
from chat.rate_limits import limits
from chat.text import cleaning
from chat.views import form_errors
from chat.views.search import id_in

REQUESTS_LIMIT = 50


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def activity(request: HttpRequest) -> HttpResponse:
    """Show requests to join a person's rooms, mentions of them and replies to them.

    A POST marks the rooms with unread ones as read.
    """
    person = person_of(request)
    if request.method == "POST":
        return _change(request, person, mark_read, "activity")
    page = entries.page(person, before=id_in(request.GET.get("before", "")))
    groups = entries.grouped(page.entries)
    context = {
        "unread": [group for group in groups if group.is_unread],
        "read": [group for group in groups if not group.is_unread],
        "oldest": page.entries[-1].id if page.more and page.entries else None,
        "is_older": "before" in request.GET,
        "requests": [] if "before" in request.GET else join_requests.open_for(person)[:REQUESTS_LIMIT],
        "waiting": staff_accounts.number_waiting(person),
    }
    return render(request, "chat/activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def saved(request: HttpRequest) -> HttpResponse:
    """Show the messages that a person has saved. A POST with the slug of a `room` and a `seq` removes one."""
    person = person_of(request)
    if request.method == "POST":
        slug = cleaning.clean_line(request.POST.get("room", ""), ADDRESS_MAX_LENGTH)
        seq = id_in(request.POST.get("seq", ""))
        return _change(request, person, lambda person: _remove(person, slug, seq), "saved")
    page = bookmarks.page(person, before=id_in(request.GET.get("before", "")))
    oldest = page.entries[-1].bookmark.pk if page.more and page.entries else None
    context = {"entries": page.entries, "oldest": oldest, "is_older": "before" in request.GET}
    return render(request, "chat/saved.html", context)


def _change(request: HttpRequest, person: Person, act: Callable[[Person], object], page: str) -> HttpResponse:
    """Do something for the person and return to the page, or show why not."""
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
        act(person)
    except ActionError as refusal:
        status = form_errors.STATUS.get(refusal.code, 400)
        return form_errors.too_many(request, refusal.detail, refusal.retry_after or 1.0, status)
    return redirect(page)


def _remove(person: Person, slug: str, seq: int | None) -> None:
    try:
        room = Room.seen_by(person, slug)
    except Room.DoesNotExist as error:
        raise Http404 from error
    if not seq:
        raise Http404
    execute(Request(person.pk, room.pk, protocol.SetBookmark(seq=seq, on=False)))
