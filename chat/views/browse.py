"""The page that lists all public rooms, for finding those to join, and private ones to which one may ask to come."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import room_list
from chat.actions import join_requests
from chat.auth.current_person import person_of
from chat.models import Person, Room
from chat.room_list import MAX_QUERY_CHARACTERS, NamePosition

ROOMS_LIMIT = 50


@require_safe
@login_required
def browse(request: HttpRequest) -> HttpResponse:
    """Show a page of the public rooms by name, with `q` in their names."""
    query, after = request.GET.get("q", "")[:MAX_QUERY_CHARACTERS], NamePosition.parse(request.GET.get("after", ""))
    person = person_of(request)
    page = room_list.public_page(person, limit=ROOMS_LIMIT, after=after, query=query)
    context = {"page": page, "query": query, "is_first": after is None}
    if after is None:
        context["private_rooms"] = _private_rooms(person, query)
    return render(request, "chat/browse.html", context)


def _private_rooms(person: Person, query: str) -> list[tuple[Room, bool]]:
    """Return the first private rooms by name that the person may ask to join, each with whether they have."""
    rooms = list(room_list.named(join_requests.rooms_for(person), query).order_by("name", "pk")[:ROOMS_LIMIT])
    asked = join_requests.asked_by(person) if rooms else set()
    return [(room, room.pk in asked) for room in rooms]
