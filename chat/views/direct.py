"""Direct conversations and blocks by forms: choosing the people of a conversation, and ending a block."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from chat import member_list
from chat.actions import blocks, direct
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.models import Person
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views import form_errors

PAGE = "chat/direct.html"
FOUND = 20
MAX_ID_DIGITS = 15
NO_ONE = "Choose at least one person."


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def choose(request: HttpRequest) -> HttpResponse:
    """Choose people, who are found by `q`. A POST opens the conversation with them. `with` are chosen at first."""
    person = person_of(request)
    try:
        _check_rate(request, person)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    if request.method != "POST":
        return _page(request, person, request.GET.getlist("with"))
    typed = request.POST.getlist("people")
    try:
        if not (ids := _ids(typed)):
            raise ActionError(Code.BAD_FRAME, NO_ONE)
        room, _ = direct.open_conversation(person, ids, login_throttle.address_of(request))
    except ActionError as refusal:
        return _page(request, person, typed, refusal)
    return redirect(room)


@require_POST
@login_required
def unblock(request: HttpRequest, person_id: int) -> HttpResponse:
    """End a block."""
    person = person_of(request)
    try:
        _check_change(request, person)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    blocks.unblock(person, person_id)
    return redirect(f"{reverse('profile')}#blocked")


def _page(request: HttpRequest, person: Person, typed: list[str], refusal: ActionError | None = None) -> HttpResponse:
    query = request.GET.get("q", "")[: member_list.MAX_QUERY_CHARACTERS]
    chosen = list(member_list.findable_by(person).filter(pk__in=_ids(typed)).order_by("handle"))
    context: dict[str, Any] = {
        "query": query,
        "chosen": chosen,
        "most": settings.CHAT_DIRECT_MAX - 1,
        "refusal": refusal,
    }
    if query:
        found, more = member_list.people_page(person, limit=FOUND, query=query)
        context |= {"found": [it for it in found if it not in (*chosen, person)], "more": more}
    return form_errors.page(request, PAGE, context, refusal) if refusal else render(request, PAGE, context)


def _ids(typed: list[str]) -> list[int]:
    """Return the ids in a form, at most one more than a conversation can have."""
    numbers = [it for it in typed if it.isascii() and it.isdigit() and len(it) <= MAX_ID_DIGITS]
    return list(map(int, numbers))[: settings.CHAT_DIRECT_MAX + 1]


def _check_rate(request: HttpRequest, person: Person) -> None:
    """Refuse too many searches or changes."""
    if request.method == "POST":
        _check_change(request, person)
    elif request.GET.get("q") and (wait := limits.lookups(person.kind).take(person.pk)):
        raise ActionError(Code.RATE_LIMITED, "Too many searches. Try again in a moment.", retry_after=wait)


def _check_change(request: HttpRequest, person: Person) -> None:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
