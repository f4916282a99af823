"""The page that lists all public rooms, for finding those to join."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import room_list
from chat.auth.current_person import person_of
from chat.room_list import MAX_QUERY_CHARACTERS, NamePosition

ROOMS_LIMIT = 50


@require_safe
@login_required
def browse(request: HttpRequest) -> HttpResponse:
    """Show a page of the public rooms by name, with `q` in their names."""
    query, after = request.GET.get("q", "")[:MAX_QUERY_CHARACTERS], NamePosition.parse(request.GET.get("after", ""))
    page = room_list.public_page(person_of(request), limit=ROOMS_LIMIT, after=after, query=query)
    return render(request, "chat/browse.html", {"page": page, "query": query, "is_first": after is None})
