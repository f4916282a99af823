"""Notifications while a person is away: their settings, and the page that stops emails."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from chat.actions import channels
from chat.auth import login_throttle
from chat.auth.address_links import STOP_MAIL
from chat.auth.current_person import person_of
from chat.forms.notifications import AwayForm
from chat.models import Level, NotificationChannel
from chat.rate_limits import limits
from chat.rendering.theme import theme
from chat.views.action_form import ActionFormView
from chat.views.profiles import PAGE, page_context, send_link

MAIL = NotificationChannel.Kind.MAIL


@method_decorator([never_cache, login_required], name="dispatch")
class Away(ActionFormView):
    """Save the settings. Turning on emails sends a link to an address that is not verified."""

    http_method_names = ("post",)
    form_class = AwayForm
    template_name = PAGE
    error_field = "quiet_from"
    is_one_of_many = True

    def check_rate(self) -> None:
        limits.check_change(self.person.pk, login_throttle.address_of(self.request), kind=self.person.kind)

    def act(self, form: AwayForm) -> HttpResponse:
        fields = dict(form.cleaned_data)
        quiet = channels.quiet_hours(fields.pop("quiet_from"), fields.pop("quiet_to"), fields.pop("zone"))
        hours = channels.quiet_fields(quiet)
        had_mail = channels.of(self.person)[MAIL].level != Level.NOTHING
        channels.change(self.person, mail=fields | hours, push=hours)
        messages.success(self.request, "Notifications saved.")
        if not had_mail and fields.get("level", Level.NOTHING) != Level.NOTHING and self.person.has_unverified_email:
            send_link(self.request, self.person)
        return redirect("profile")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, away_form=context["form"])


@require_POST
@login_required
def confirm_email(request: HttpRequest) -> HttpResponse:
    """Send the link that verifies the person's address again."""
    person = person_of(request)
    if person.has_unverified_email:
        send_link(request, person)
    return redirect("profile")


@csrf_exempt  # a mail program sends the POST without a session (RFC 8058), and the signature is the proof
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def stop_mail(request: HttpRequest, signed: str) -> HttpResponse:
    """Ask whether to stop emails about messages. A POST stops them. The page uses no session."""
    person = STOP_MAIL.person(signed)
    if person is not None and request.method == "POST":
        channels.stop_mail(person)
    context = {"owner": person, "is_stopped": request.method == "POST", **theme(request)}
    response = render(None, "chat/stop_mail.html", context, status=404 if person is None else 200)
    # The browser must not send the address to the files of the page, whose requests a proxy may log.
    response["Referrer-Policy"] = "strict-origin"
    return response
