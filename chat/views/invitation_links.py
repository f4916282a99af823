"""The page behind an invitation's link. Only a form that is sent joins, so programs that open links use up nothing."""

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from chat import member_list
from chat.actions import invitations, members
from chat.api.answers import STATUS
from chat.api.invitations import found
from chat.auth import login_throttle, permissions
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.accounts import JoinForm
from chat.models import Invitation, Membership, Person, Room
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views import form_errors
from chat.views.login_redirect import INVITATION_KEY


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables()
def invitation(request: HttpRequest, code: str) -> HttpResponse:
    """Show the room of an invitation and who invites. A POST joins it."""
    try:
        response = _answer(request, code)
    except ActionError as refusal:
        request.session.pop(INVITATION_KEY, None)
        is_over = refusal.code is Code.EXPIRED and request.user.is_authenticated
        entered = invitations.room_entered(code, person_of(request)) if is_over else None
        response = redirect(entered) if entered is not None else _refused(request, refusal)
    # The browser must not send the address to the files of the page, whose requests a proxy may log.
    response["Referrer-Policy"] = "strict-origin"
    return response


def _answer(request: HttpRequest, code: str) -> HttpResponse:
    invitation = found(request, code)
    if not request.user.is_authenticated:
        return _for_visitor(request, invitation, code)
    person, room = person_of(request), invitation.room
    is_member = room is not None and _is_member(person, room)
    if room is not None and request.method == "POST" and not is_member:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
        invitations.use(invitation, person)
        is_member = True
    if room is not None and is_member:
        request.session.pop(INVITATION_KEY, None)
        return redirect(room)
    may_enter = permissions.may_enter(room, person) if room is not None else not person.is_guest
    if person.is_guest:
        request.session[INVITATION_KEY] = code  # for when the guest sets a password
    else:
        request.session.pop(INVITATION_KEY, None)
    return _page(request, invitation, may_enter=may_enter)


def _for_visitor(request: HttpRequest, invitation: Invitation, code: str) -> HttpResponse:
    """Show how to sign in. The session keeps the invitation meanwhile."""
    request.session[INVITATION_KEY] = code
    room = invitation.room
    is_open = room is not None and (room.visibility == Room.Visibility.PUBLIC or settings.CHAT_GUESTS_IN_PRIVATE)
    form = JoinForm() if settings.CHAT_GUESTS and is_open else None
    return _page(request, invitation, join_form=form)


def _is_member(person: Person, room: Room) -> bool:
    """Return whether someone belongs to the room. For a banned person the invitation does not exist."""
    membership = Membership.objects.filter(person=person, room=room).first()
    if membership is not None and members.is_banned(membership):
        raise ActionError(Code.NOT_FOUND, invitations.NOT_FOUND)
    return membership is not None and members.belongs(membership)


def _page(request: HttpRequest, invitation: Invitation, **context: object) -> HttpResponse:
    count = member_list.count(invitation.room) if invitation.room else 0
    context |= {"invitation": invitation, "invited_room": invitation.room, "members": count}
    return render(request, "chat/invitation.html", context)


def _refused(request: HttpRequest, refusal: ActionError) -> HttpResponse:
    if refusal.code is Code.RATE_LIMITED:
        return form_errors.limited(request, refusal)
    status = STATUS.get(refusal.code, HTTPStatus.BAD_REQUEST)
    return render(request, "chat/invitation_refused.html", {"refusal": refusal}, status=status)
