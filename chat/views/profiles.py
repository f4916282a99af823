"""The profile page: profile, theme, notifications, email, tokens and devices."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from chat.actions import channels, profiles
from chat.auth import login_throttle, permissions, sign_up, user_agents
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.bots import BotForm
from chat.forms.notifications import AwayForm
from chat.forms.profiles import EmailForm, PictureForm, ProfileForm, ThemeForm, TokenForm
from chat.mail.sending import is_delivered
from chat.models import File, NotificationChannel, Person
from chat.models.files import KEY_LENGTH
from chat.models.session_keys import ids_by_key
from chat.protocol import Code
from chat.rate_limits import limits
from chat.views.action_form import ActionFormView
from chat.views.login_redirect import next_address

THEME_COOKIE = "theme"
THEME_SECONDS = 60 * 60 * 24 * 365
PAGE = "chat/profile.html"


DEVICES_LISTED = 50


@dataclass(frozen=True, slots=True)
class SignedInDevice:
    """A device or browser with a session."""

    id: str
    name: str
    is_phone: bool
    seen_at: datetime | None
    is_here: bool


@method_decorator([never_cache, login_required], name="dispatch")
class Profile(ActionFormView):
    """The profile page. A POST saves the profile, the theme and the notification level."""

    form_class = ProfileForm
    template_name = PAGE
    error_field = "name"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return render(request, PAGE, page_context(request))

    def check_rate(self) -> None:
        """Limit profile changes like posts: each is sent to everyone who sees the person."""
        address = login_throttle.address_of(self.request)
        if wait := limits.take_post(self.person.pk, address, kind=self.person.kind):
            raise ActionError(Code.RATE_LIMITED, "Too many changes. Try again in a moment.", wait)

    def act(self, form: ProfileForm) -> HttpResponse:
        changed = profiles.change(self.person, **form.cleaned_data)
        messages.success(self.request, "Profile saved.")
        return with_theme(redirect("profile"), changed.theme)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, profile_form=context["form"])


@method_decorator([never_cache, login_required], name="dispatch")
class ProfilePicture(ActionFormView):
    """Use an uploaded picture for the profile, or remove it. The new picture follows from a task."""

    http_method_names = ("post",)
    form_class = PictureForm
    template_name = PAGE
    error_field = "picture"

    def check_rate(self) -> None:
        limits.check_change(self.person.pk, login_throttle.address_of(self.request), kind=self.person.kind)

    def act(self, form: PictureForm) -> HttpResponse:
        page = reverse("profile")
        if form.cleaned_data["remove"]:
            profiles.choose_avatar(self.person, None)
            messages.success(self.request, "Picture removed.")
            return redirect(page)
        given = form.cleaned_data["picture"]
        upload = profiles.upload_avatar(self.person, given.name, given.read())
        return redirect(f"{page}?picture={upload.key}#picture")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, picture_form=context["form"])


def page_context(request: HttpRequest, **other: Any) -> dict[str, Any]:
    """Return the context of profile.html. `other` replaces empty forms."""
    person = person_of(request)
    return {
        "profile_form": ProfileForm.of(person, request.COOKIES.get(THEME_COOKIE)),
        "away_form": AwayForm.of(person, channels.of(person)[NotificationChannel.Kind.MAIL]),
        "mail_works": is_delivered(),
        "email_form": EmailForm(person, initial={"email": person.email}),
        "picture_form": PictureForm(),
        "picture_upload": _upload(person, request.GET.get("picture", "")),
        "may_upload": settings.CHAT_FILES,
        "token_form": TokenForm(),
        "tokens": person.tokens.valid().order_by("-pk"),
        "bots": person.bots.filter(is_active=True).order_by("handle"),
        "may_create_bots": permissions.may_create_bots(person),
        "bot_form": BotForm(),
        "devices": _devices(person, request.session.session_key),
        "devices_listed": DEVICES_LISTED,
        "blocked": Person.objects.filter(pk__in=person.blocks.values("blocked")).order_by("handle"),
        "erases": settings.CHAT_DELETED_ACCOUNTS == "erase",
        **other,
    }


def _upload(person: Person, key: str) -> File | None:
    """Return the upload that becomes the person's picture, or was refused, or None if it has become that."""
    return person.files.unused().filter(key=key[:KEY_LENGTH]).first() if key else None


def _devices(person: Person, session_key: str | None) -> list[SignedInDevice]:
    """Return this device first, then others by last use. The list is cut: each sign-in adds one."""
    here = ids_by_key(session_key)
    sessions = person.sessions.alive().latest_first().with_first(here)[:DEVICES_LISTED]
    return [
        SignedInDevice(
            session.public_id,
            user_agents.describe(session.user_agent),
            user_agents.is_phone(session.user_agent),
            session.seen_at,
            session.pk in here,
        )
        for session in sessions
    ]


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Set the theme in this browser's cookie and for the signed-in person. A script gets 204."""
    form = ThemeForm(request.POST)
    if not form.is_valid():
        return HttpResponse("No such theme.\n", status=400, content_type="text/plain")
    chosen = form.cleaned_data["theme"]
    if request.user.is_authenticated:
        profiles.set_theme(person_of(request), chosen)
    is_form = "text/html" in request.headers.get("Accept", "")
    return with_theme(redirect(next_address(request) or "home") if is_form else HttpResponse(status=204), chosen)


@method_decorator([never_cache, login_required, sensitive_post_parameters()], name="post")
class Email(ActionFormView):
    """Set the email address, and send a link to verify a new one. Guests have no password, so they cannot set one."""

    http_method_names = ("post",)
    form_class = EmailForm
    template_name = PAGE

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("claim") if self.person.is_guest else super().post(request, *args, **kwargs)

    def act(self, form: EmailForm) -> HttpResponse:
        profiles.change_email(self.person, form.cleaned_data["email"])
        messages.success(self.request, "Email saved.")
        if self.person.has_unverified_email:
            send_link(self.request, self.person)
        return redirect("profile")

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, email_form=context["form"])


def send_link(request: HttpRequest, person: Person) -> None:
    """Send the link that verifies the person's address. The next page says so, or why not."""
    try:
        sign_up.send_link(request, person)
    except ActionError as refusal:
        messages.warning(request, refusal.detail)
    else:
        messages.success(request, f"We’ve sent a link to {person.email}. Open it to confirm that the address is yours.")


def with_theme(response: HttpResponse, theme: str) -> HttpResponse:
    """Set the theme cookie, which also serves pages that make no query."""
    response.set_cookie(
        THEME_COOKIE, theme, max_age=THEME_SECONDS, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
    return response
