"""The page with a room's incoming webhooks, for its owners and moderators."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.actions import webhooks
from chat.auth import login_throttle, permissions
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.bots import WebhookForm
from chat.models import Person, Room
from chat.rate_limits import limits
from chat.site_address import webhook_url
from chat.views import form_errors
from chat.views.action_form import ActionFormView
from chat.views.invitations import room_at


@method_decorator([never_cache, login_required], name="dispatch")
class WebhooksPage(ActionFormView):
    """List a room's webhooks and create one, whose address is shown once. It is 404 for everyone but moderators."""

    form_class = WebhookForm
    template_name = "chat/webhooks.html"
    error_field = "label"

    @cached_property
    def room(self) -> Room:
        return moderated_room(self.person, self.kwargs["slug"])

    def check_rate(self) -> None:
        limits.check_bot(self.person.pk)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | self._choices()

    def _choices(self) -> dict[str, Any]:
        own = self.person.bots.filter(is_active=True).order_by("handle")
        return {"bots": own, "may_create": permissions.may_create_bots(self.person)}

    def act(self, form: WebhookForm) -> HttpResponse:
        made, secret = webhooks.create(self.person, self.room, **form.chosen())
        shown = {"secret": webhook_url(self.request, secret), "secret_label": made.label}
        context = self.get_context_data(form=WebhookForm(**self._choices()), **shown)
        return render(self.request, self.template_name, context)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        if "form" not in context:
            context["form"] = self.get_form()
        found = self.room.incoming_webhooks.valid().select_related("bot", "created_by").order_by("-pk")
        may_add = bool(context["form"].fields["bot"].choices) and not self.room.is_archived
        return super().get_context_data(**context) | {"room": self.room, "webhooks": found, "may_add": may_add}


@require_POST
@login_required
def revoke(request: HttpRequest, slug: str, webhook_id: int) -> HttpResponse:
    person = person_of(request)
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    room = moderated_room(person, slug)
    try:
        webhooks.revoke(person, room, webhook_id)
        messages.success(request, "Webhook revoked.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("webhooks", room.slug)


def moderated_room(person: Person, slug: str) -> Room:
    """Return the room if `person` sees and moderates it. Http404 otherwise."""
    room = room_at(person, slug)
    try:
        webhooks.check_may_manage(person, room)
    except ActionError as error:
        raise Http404 from error
    return room
