"""The list of one's rooms, the page of a room, and the creation of rooms."""

from collections.abc import Collection, Sequence
from typing import Any

import msgspec
from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_safe

from chat import bookmarks, direct_rooms, history, member_list, room_list, serializers
from chat.actions import join_requests
from chat.actions.batch import ONLY_MODERATORS_POST
from chat.actions.blocks import BLOCKED
from chat.actions.direct import may_open
from chat.actions.files import quotas
from chat.actions.rooms import open_room
from chat.auth import login_throttle, ownership
from chat.auth.current_person import person_of
from chat.db.compiled_queries import CompiledQuery, Param
from chat.direct_rooms import Conversations
from chat.errors import ActionError
from chat.forms.accounts import JoinForm
from chat.forms.rooms import CreateRoomForm
from chat.models import Block, JoinRequest, Membership, Person, Room
from chat.protocol import Code, Standing
from chat.rendering.grouping import group_messages
from chat.room_list import MAX_QUERY_CHARACTERS, RoomPosition
from chat.site_address import origin_of
from chat.text import emoji
from chat.views import form_errors
from chat.views.action_form import ActionFormView
from chat.views.login_redirect import next_address

HISTORY_LIMIT = 50
ROOMS_LIMIT = 50
# The most common reactions, beside the picker with all emoji.
QUICK_REACTIONS = ("👍", "❤️", "😂", "🎉", "👀", "✅")


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show one's rooms, or the welcome page to people who are not signed in. Those who have done so go to `next`.

    On a site without accounts and guests, only the set-up page is of use.
    """
    if request.user.is_authenticated and (going_to := next_address(request)):
        return redirect(going_to)
    if not request.user.is_authenticated and not settings.CHAT_GUESTS and not ownership.has_people():
        return redirect("setup")
    return render(request, "chat/home.html", home_context(request))


def home_context(request: HttpRequest, **forms: Any) -> dict[str, Any]:
    """Return the context of home.html. `forms` replace the empty form of the welcome page."""
    if request.user.is_authenticated:
        person, query = person_of(request), request.GET.get("q", "")[:MAX_QUERY_CHARACTERS]
        after = RoomPosition.parse(request.GET.get("after", ""))
        return {
            "page": room_list.page(person, limit=ROOMS_LIMIT, after=after, query=query, only_mine=True),
            "query": query,
            "is_first": after is None,
        }
    going_to = next_address(request)
    form = JoinForm(initial={"next": going_to})
    return {
        "join_form": form,
        "next": going_to,
        "guests_allowed": settings.CHAT_GUESTS,
        "is_new_site": not ownership.has_people(),
        "site_welcome": settings.SITE_WELCOME,
        **forms,
    }


MEMBERSHIP = CompiledQuery(
    lambda: Membership.objects.filter(person=Param("person", Person._meta.pk), room=Param("room", Room._meta.pk))
)


@method_decorator(login_required, name="dispatch")
class CreateRoom(ActionFormView):
    """Create a room. The dialog of each page sends the same form and gets JSON: the room's address, or the errors."""

    form_class = CreateRoomForm
    template_name = "chat/new_room.html"
    error_field = "name"

    def act(self, form: CreateRoomForm) -> HttpResponse:
        room = open_room(self.person, login_throttle.address_of(self.request), **form.cleaned_data)
        return JsonResponse({"address": room.get_absolute_url()}) if self._is_dialog else redirect(room)

    def refuse(self, form: forms.Form, refusal: ActionError) -> HttpResponse:
        if refusal.code is Code.RATE_LIMITED and not self._is_dialog:
            return form_errors.limited(self.request, refusal)
        return super().refuse(form, refusal)

    def error_page(self, form: forms.Form, refusal: ActionError | None = None) -> HttpResponse:
        return form_errors.as_json(form, refusal) if self._is_dialog else super().error_page(form, refusal)

    @property
    def _is_dialog(self) -> bool:
        return self.request.headers.get("Accept") == "application/json"


@require_safe
@login_required
def room(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a room at the first unread message or at its end, and the cursor from which the page follows the log."""
    person = person_of(request)
    try:
        found = Room.seen_by(person, slug)
        direct_rooms.name_rooms(person.pk, [found])
        context = room_context(found, person)
    except Room.DoesNotExist:
        return _missing(request, person, slug)
    return render(request, "chat/room.html", {**context, "origin": origin_of(request)})


def _missing(request: HttpRequest, person: Person, slug: str) -> HttpResponse:
    """Show that there is no such room, or for a private room that takes requests, how to ask."""
    asked = join_requests.room_for(person, slug)
    if asked is None:
        return render(request, "chat/room_missing.html", status=404)
    context = {"asked_room": asked, "has_asked": asked.pk in join_requests.asked_by(person)}
    return render(request, "chat/room_missing.html", context, status=404)


def opening_page(room: Room, read_seq: int) -> history.HistoryPage:
    """Return the newest messages, or the first unread ones with some before them if there are more.

    Someone who has read nothing is new here and starts at the end.
    """
    is_far_behind = 0 < read_seq < room.head.seq - HISTORY_LIMIT
    return history.page(room, limit=HISTORY_LIMIT, around=read_seq + 1 if is_far_behind else None)


def room_context(room: Room, person: Person) -> dict[str, Any]:
    """Return the context of room.html. Raises Room.DoesNotExist if the room was deleted meanwhile."""
    membership = next(iter(MEMBERSHIP.rows(person=person.pk, room=room.pk)), None)
    standing = _standing(room, person, membership)
    # Someone who did not join has no unread messages.
    read_seq = membership.read_seq if membership and standing.member else 0
    page = opening_page(room, read_seq)
    blocked = Block.ids_of(person.pk)
    data = {**_log_data(page, read_seq), **_personal_data(room, person, membership)}
    return {
        **_log_context(page, person, read_seq),
        **_rights(room, standing, blocked),
        "room": room,
        "quick_reactions": QUICK_REACTIONS,
        "people": tuple(serializers.person(it) for it in room.people),
        "sign": "" if room.is_direct else "#",
        "may_write": may_open(person),
        "blocked": frozenset(blocked),
        "has_floor": room.floor_seq > 0,
        "starred": membership is not None and membership.starred_at is not None,
        "file_bytes": data["file_bytes"],
        "page_data": {**data, "standing": msgspec.to_builtins(standing), "blocked": blocked},
    }


def _standing(room: Room, person: Person, membership: Membership | None) -> Standing:
    memberships = [membership] if membership is not None else []
    requests = JoinRequest.objects.of_rooms_moderated([room], memberships, {person.pk: person})
    return serializers.room_status(room, person, membership, Conversations.among([room]), requests)


def _log_context(page: history.HistoryPage, person: Person, read_seq: int) -> dict[str, Any]:
    return {
        "history": group_messages(page.messages, person.pk, read_seq),
        "empty": not page.messages,
        "cursor": str(page.cursor),
        "more": page.more,
        "goes_on": page.goes_on,
        "read_seq": read_seq,
    }


def _rights(room: Room, standing: Standing, blocked: Collection[int]) -> dict[str, Any]:
    """Return what the person may do in the room. `blocked` are the ids of the people whom they have blocked."""
    closed = _closed(standing, [it.pk for it in room.people], blocked)
    may_join = not standing.member and not closed
    return {
        "moderates": standing.role != Membership.Role.MEMBER,
        "owns": standing.role == Membership.Role.OWNER,
        "may_invite": standing.may_invite,
        "requests": standing.requests or 0,
        "closed": closed,
        "member": standing.member,
        "may_join": may_join,
        "posting": standing.posting,
        "members": member_list.count(room) if may_join else 0,
    }


def _log_data(page: history.HistoryPage, read_seq: int) -> dict[str, Any]:
    return {"cursor": str(page.cursor), "more": page.more, "newest": page.newest, "read": read_seq}


def _personal_data(room: Room, person: Person, membership: Membership | None) -> dict[str, Any]:
    """Return what the scripts of the page know of the person and the room, except for messages and status."""
    you = serializers.person(person)
    return {
        "slug": room.slug,
        "name": room.name,
        "notify": (membership and membership.notify) or person.notify,
        "notify_chosen": membership.notify if membership else None,
        "you": msgspec.to_builtins(you),
        "limits": msgspec.to_builtins(serializers.limits(you)),
        "file_bytes": quotas.largest(person) if settings.CHAT_FILES else 0,
        "saved": bookmarks.saved_seqs(person, room),
        "people": [msgspec.to_builtins(serializers.person(it)) for it in room.people],
        "emoji": reverse("emoji_names", args=[emoji.listing().version]),
    }


def _closed(standing: Standing, others: Sequence[int], blocked: Collection[int]) -> str:
    """Return why the person cannot post here now. standing.js has the same texts, in the reader's time zone.

    `others` are the ids of the others in a direct conversation, and `blocked` those of the people whom the person has
    blocked.
    """
    if standing.archived and standing.visibility == Room.Visibility.DIRECT:
        return f"{standing.name} has left. You can read this conversation but not post."
    if standing.archived:
        return "This room is archived. You can read it but not post."
    if len(others) == 1 and others[0] in blocked:
        return f"You blocked {standing.name}. Unblock them to write here."
    if standing.visibility == Room.Visibility.DIRECT and not standing.posting:
        return BLOCKED
    if standing.muted_until is None:
        return ONLY_MODERATORS_POST if standing.member and not standing.posting else ""
    moment = standing.muted_until[:16].replace("T", " ")
    until = "" if moment.startswith("9999") else f" until {moment} UTC"
    return f"A moderator has muted you{until}{f': {standing.mute_reason}' if standing.mute_reason else '.'}"
