"""The pages of a person's bots: creating one, its tokens, and its end."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.actions import bots
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.bots import SCOPES, BotForm, BotTokenForm
from chat.models import Person, Room
from chat.protocol import Scope
from chat.rate_limits import limits
from chat.views import form_errors
from chat.views.action_form import ActionFormView
from chat.views.profiles import PAGE as PROFILE_PAGE
from chat.views.profiles import page_context

# Rooms that the form of a token offers.
MOST_ROOMS = 200
_WORDS = dict(SCOPES)


@method_decorator([never_cache, login_required], name="dispatch")
class CreateBot(ActionFormView):
    """Create a bot from the profile page."""

    http_method_names = ("post",)
    form_class = BotForm
    template_name = PROFILE_PAGE
    error_field = "bot_name"

    def check_rate(self) -> None:
        limits.check_bot(self.person.pk)

    def act(self, form: BotForm) -> HttpResponse:
        bot = bots.create(self.person, form.cleaned_data["bot_name"])
        messages.success(self.request, f"{bot.name} has been created. Add it to rooms as you would add anyone.")
        return redirect("bot", bot.pk)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return page_context(self.request, bot_form=context["form"])


@method_decorator([never_cache, login_required], name="dispatch")
class BotPage(ActionFormView):
    """A bot and its tokens, for its owner. A POST creates a token and shows its secret once."""

    form_class = BotTokenForm
    template_name = "chat/bot.html"
    error_field = "label"

    @cached_property
    def bot(self) -> Person:
        return own_bot(self.person, self.kwargs["bot_id"])

    def check_rate(self) -> None:
        limits.check_change(self.person.pk, login_throttle.address_of(self.request), kind=self.person.kind)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"rooms": self._rooms()}

    def act(self, form: BotTokenForm) -> HttpResponse:
        token, secret = bots.issue_token(self.person, self.bot, **form.limits())
        fresh = BotTokenForm(rooms=self._rooms())
        context = self.get_context_data(form=fresh, secret=secret, secret_label=token.label)
        return render(self.request, self.template_name, context)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        tokens = self.bot.tokens.valid().select_related("room").order_by("-pk")
        listed = [(it, _scopes_of(it.allowed)) for it in tokens]
        return super().get_context_data(**context) | {"bot": self.bot, "tokens": listed}

    def _rooms(self) -> list[Room]:
        """Return the rooms that the bot is in and its owner sees."""
        member = {"memberships__person": self.bot, "memberships__left_at": None, "memberships__banned_at": None}
        rooms = Room.objects.visible_to(self.person).filter(**member).exclude(visibility=Room.Visibility.DIRECT)
        return list(rooms.order_by("name")[:MOST_ROOMS])


@require_POST
@login_required
def revoke_token(request: HttpRequest, bot_id: int, token_id: int) -> HttpResponse:
    person = person_of(request)
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    bot = own_bot(person, bot_id)
    try:
        bots.revoke_token(person, bot, token_id)
        messages.success(request, "Token revoked.")
    except ActionError as error:
        messages.error(request, error.detail)
    return redirect("bot", bot.pk)


@require_POST
@login_required
def deactivate(request: HttpRequest, bot_id: int) -> HttpResponse:
    person = person_of(request)
    try:
        limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
    except ActionError as refusal:
        return form_errors.limited(request, refusal)
    bot = own_bot(person, bot_id)
    bots.deactivate(person, bot)
    messages.success(request, f"{bot.name} has been deactivated.")
    return redirect("profile")


def own_bot(person: Person, bot_id: int) -> Person:
    """Return an active bot of this person. Http404 otherwise."""
    try:
        return bots.own(person, bot_id)
    except ActionError as error:
        raise Http404 from error


def _scopes_of(allowed: frozenset[Scope] | None) -> str:
    """Return what a token may be used for, in words."""
    if allowed is None:
        return "Everything the bot may do"
    return "; ".join(_WORDS[it] for it in Scope if it in allowed)
