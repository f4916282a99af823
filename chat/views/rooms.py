"""The rooms one may see, one room with a page of its messages, and opening another."""

from typing import Any

import msgspec
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from chat import emojis, history, wire
from chat.actions.errors import ActionError
from chat.actions.rooms import create_room
from chat.forms import CreateRoomForm, JoinForm
from chat.models import Membership, Person, Room
from chat.models.rooms import RoomQuerySet
from chat.views import refusals
from chat.views.arrangement import arranged
from chat.views.arrivals import next_address, person_of

HISTORY_LIMIT = 50
ROOMS_BESIDE_LIMIT = 100
# Those that most reactions are, beside the picker with all of them.
QUICK_REACTIONS = ("👍", "❤️", "😂", "🎉", "👀", "✅")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The rooms, or a way in."""
    return render(request, "chat/home.html", home_context(request))


def home_context(request: HttpRequest, **forms: Any) -> dict[str, Any]:
    """What home.html takes; `forms` stand in for the empty ones."""
    if request.user.is_authenticated:
        return {"rooms": rooms_of(person_of(request)), "room_form": CreateRoomForm(), **forms}
    going_to = next_address(request)
    form = JoinForm(initial={"next": going_to})
    return {"join_form": form, "next": going_to, "guests_allowed": settings.CHAT_GUESTS, **forms}


def rooms_of(person: Person) -> RoomQuerySet:
    return Room.objects.visible_to(person).with_head().latest_first().with_unread_for(person).with_notify_for(person)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def rooms(request: HttpRequest) -> HttpResponse:
    """Open a room. To look at this address is to look at the rooms there are."""
    if request.method != "POST":
        return redirect("home")
    form = CreateRoomForm(request.POST)
    refusal = None
    if form.is_valid():
        try:
            return redirect("room", create_room(person_of(request), **form.cleaned_data).slug)
        except ActionError as error:
            refusal = error
            refusals.add(form, error)
    return refusals.page(request, "chat/home.html", home_context(request, room_form=form), refusal)


@require_safe
@login_required
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """A room where the person left off or at its end, and the cursor from which the page follows what happens next."""
    person = person_of(request)
    try:
        found = Room.objects.visible_to(person).with_head().get(slug=slug)
        return render(request, "chat/room.html", room_context(found, person))
    except Room.DoesNotExist:
        form = CreateRoomForm(initial={"name": slug.replace("-", " ").capitalize()})
        return render(request, "chat/room_missing.html", {"slug": slug, "room_form": form}, status=404)


def opening_page(room: Room, read_seq: int) -> history.Page:
    """The newest messages, unless there are more unread than those: then the first of the unread with some before it.

    Who has read nothing is new here and begins at the end.
    """
    is_far_behind = 0 < read_seq < room.head.seq - HISTORY_LIMIT
    return history.page(room, limit=HISTORY_LIMIT, around=read_seq + 1 if is_far_behind else None)


def room_context(room: Room, person: Person) -> dict[str, Any]:
    """What room.html takes. Room.DoesNotExist if the room has gone meanwhile."""
    membership = Membership.objects.filter(person=person, room=room).first()
    read_seq = membership.read_seq if membership else 0
    page = opening_page(room, read_seq)
    return {
        "room": room,
        "history": arranged(page.messages, person.pk, read_seq),
        "cursor": str(page.cursor),
        "more": page.more,
        "goes_on": page.goes_on,
        "rooms": rooms_of(person)[:ROOMS_BESIDE_LIMIT],
        "read_seq": read_seq,
        "quick_reactions": QUICK_REACTIONS,
        "page_data": {
            "slug": room.slug,
            "name": room.name,
            "cursor": str(page.cursor),
            "more": page.more,
            "newest": page.newest,
            "read": read_seq,
            "notify": (membership and membership.notify) or person.notify,
            "notify_chosen": membership.notify if membership else None,
            "you": msgspec.to_builtins(wire.person(person)),
            "role": membership.role if membership else Membership.Role.MEMBER,
            "limits": msgspec.to_builtins(wire.limits()),
            "emoji": reverse("emoji_names", args=[emojis.listing().version]),
        },
    }
