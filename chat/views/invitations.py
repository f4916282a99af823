"""Pages for inviting people to a room or to the site: links, their QR codes, and adding people by name."""

import io
from typing import Any

import segno
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from chat.actions import invitations, join_requests, members
from chat.api.invitations import url_of
from chat.auth import login_throttle, permissions
from chat.auth.current_person import person_of
from chat.auth.permissions import Rank
from chat.errors import ActionError
from chat.forms.invitations import AddPersonForm, InvitationForm
from chat.models import Membership, Person, Room
from chat.rate_limits import limits
from chat.site_address import origin_of
from chat.views import form_errors
from chat.views.action_form import ActionFormView
from chat.views.login_redirect import next_address

# White modules around the code. This is half of what ISO/IEC 18004 requires; the white card adds the rest.
BORDER = 2
# Invitations and requests on the page, the newest and the oldest.
MOST_LISTED = 100


@method_decorator(login_required, name="dispatch")
class Invite(ActionFormView):
    """Create an invitation link. The page lists those that are valid, and a moderator's requests to join.

    Without a slug in the URL, it is about the site. With one, it is 404 for people who cannot see the room.
    """

    form_class: type[Form] = InvitationForm
    template_name = "chat/invite.html"
    form_name = "link_form"

    @cached_property
    def room(self) -> Room | None:
        return room_at(self.person, self.kwargs["slug"]) if "slug" in self.kwargs else None

    @cached_property
    def membership(self) -> Membership | None:
        return Membership.objects.filter(person=self.person, room=self.room).first()

    @property
    def here(self) -> str:
        return reverse("invite", args=[self.room.slug]) if self.room else reverse("invitations")

    def check_rate(self) -> None:
        limits.check_change(self.person.pk, login_throttle.address_of(self.request), kind=self.person.kind)

    def act(self, form: Any) -> HttpResponse:
        limits.check_invitation(self.person.pk)
        return self.invite(form)

    def invite(self, form: Any) -> HttpResponse:
        made = invitations.create(self.person, self.room, **form.cleaned_data)
        return redirect(f"{self.here}#invitation-{made.pk}")

    def get_form_kwargs(self) -> dict[str, Any]:
        with_roles = {"with_roles": self._owns()} if self.get_form_class() is InvitationForm else {}
        return super().get_form_kwargs() | with_roles

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        form = context.pop("form", None) or self.get_form()
        forms = {"link_form": InvitationForm(with_roles=self._owns()), "add_form": AddPersonForm()}
        return super().get_context_data(form=form, **context) | forms | {self.form_name: form} | self._lists()

    def _lists(self) -> dict[str, Any]:
        room, person = self.room, self.person
        may_invite = (
            permissions.may_invite(room, person, self.membership) if room else permissions.may_invite_to_site(person)
        )
        listed = invitations.page_for(person, room, limit=MOST_LISTED)
        moderates = room is not None and permissions.rank_in(room, person, self.membership) >= Rank.MODERATOR
        return {
            "room": room,
            "here": self.here,
            "may_invite": may_invite and not (room and room.is_archived),
            "invitations": [(it, url_of(self.request, it.row) if it.shows_link else "") for it in listed],
            "requests": join_requests.open_in(room)[:MOST_LISTED] if room and moderates else [],
        }

    def _owns(self) -> bool:
        room = self.room
        return room is not None and permissions.rank_in(room, self.person, self.membership) >= Rank.OWNER


class AddMember(Invite):
    """Add someone to a room by name."""

    http_method_names = ("post",)
    form_class = AddPersonForm
    form_name = "add_form"
    error_field = "name"

    def invite(self, form: Any) -> HttpResponse:
        assert self.room is not None
        added = members.add(self.person, self.room, name=form.cleaned_data["name"])
        messages.success(self.request, f"{added.person.name} is now in {self.room.name}.")
        return redirect(self.here)


@require_POST
@login_required
def revoke(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Revoke an invitation, and return to `next` or to the page of its room."""
    person = person_of(request)
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    room = get_object_or_404(invitations.listed_for(person), pk=invitation_id).room
    invitations.revoke(person, invitation_id)
    messages.success(request, "Invitation revoked.")
    its_page = reverse("invite", args=[room.slug]) if room is not None else reverse("invitations")
    return redirect(next_address(request) or its_page)


@require_safe
@login_required
@cache_control(private=True, max_age=3600)
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """Return the code of a room's URL as an SVG image. It is 404 for people who cannot see the room."""
    room = get_object_or_404(Room.objects.visible_to(person_of(request)), slug=slug)
    return _qr_of(origin_of(request) + room.get_absolute_url())


@require_safe
@login_required
@cache_control(private=True, max_age=3600)
def invitation_qr(request: HttpRequest, invitation_id: int) -> HttpResponse:
    """Return the code of an invitation's link as an SVG image. The URL of the image has no secret."""
    found = get_object_or_404(invitations.with_link_for(person_of(request)), pk=invitation_id)
    return _qr_of(url_of(request, found))


def room_at(person: Person, slug: str) -> Room:
    """Return the room if `person` sees it and it has members who joined. Http404 otherwise."""
    try:
        room = Room.seen_by(person, slug)
    except Room.DoesNotExist as error:
        raise Http404 from error
    if room.is_direct:
        raise Http404
    return room


def _qr_of(address: str) -> HttpResponse:
    """Return the code of an address, dark on light."""
    image = io.BytesIO()
    draw = segno.make(address, micro=False).save
    draw(image, kind="svg", border=BORDER, light="#ffffff", xmldecl=False)
    return HttpResponse(image.getvalue(), content_type="image/svg+xml")
