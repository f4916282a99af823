"""The page with the files of a room."""

from typing import NamedTuple

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from chat import direct_rooms, parts
from chat.auth.current_person import person_of
from chat.files import listing
from chat.models import Message, Room
from chat.protocol import FileData
from chat.views.search import id_in


class _Entry(NamedTuple):
    file: FileData
    message: Message


@require_safe
@login_required
def room_files(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the files of a room, newest first, all of them or those of one `kind`."""
    person = person_of(request)
    try:
        room = Room.seen_by(person, slug)
    except Room.DoesNotExist:
        return render(request, "chat/room_missing.html", status=404)
    direct_rooms.name_rooms(person.pk, [room])
    kind = request.GET.get("kind", "")
    kind = kind if kind in listing.KINDS else ""
    page = listing.page(room, person, kind=kind, before=id_in(request.GET.get("before", "")))
    entries = [_Entry(parts.file(it.file), it.message) for it in page.entries]
    context = {
        "room": room,
        "kinds": listing.KINDS.items(),
        "kind": kind,
        "pictures": [it for it in entries if it.file.kind == "image"],
        "others": [it for it in entries if it.file.kind != "image"],
        "oldest": page.entries[-1].pk if page.more else None,
        "is_older": "before" in request.GET,
    }
    return render(request, "chat/files.html", context)
