"""The pages of a bot's outgoing webhooks, for its owner: each with its deliveries and commands."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.functional import cached_property
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from chat.actions import outgoing_webhooks
from chat.auth import login_throttle
from chat.auth.current_person import person_of
from chat.errors import ActionError
from chat.forms.outgoing_webhooks import BotCommandForm, OutgoingWebhookForm, initial_of
from chat.models import OutgoingWebhook, Person, Room
from chat.rate_limits import limits
from chat.views import form_errors
from chat.views.action_form import ActionFormView
from chat.views.bots import own_bot

# Deliveries that the page of a webhook shows.
SHOWN = 50


class _OfBot(ActionFormView):
    """A page of one bot, for its owner. 404 for everyone else."""

    @cached_property
    def bot(self) -> Person:
        return own_bot(self.person, self.kwargs["bot_id"])

    @cached_property
    def hook(self) -> OutgoingWebhook:
        return own_webhook(self.person, self.kwargs["bot_id"], self.kwargs["webhook_id"])

    def check_rate(self) -> None:
        _check_rate(self.request, self.person)

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"rooms": self._rooms}

    @cached_property
    def _rooms(self) -> list[Room]:
        return outgoing_webhooks.rooms_for(self.person, self.bot)


@method_decorator([never_cache, login_required], name="dispatch")
class BotWebhooks(_OfBot):
    """List the webhooks of a bot. A POST creates one and shows its secret once."""

    form_class = OutgoingWebhookForm
    template_name = "chat/bot_webhooks.html"
    error_field = "url"

    def act(self, form: OutgoingWebhookForm) -> HttpResponse:
        hook = outgoing_webhooks.create(self.person, self.bot.pk, **form.chosen())
        shown = {"secret": hook.secret, "secret_label": str(hook)}
        context = self.get_context_data(form=OutgoingWebhookForm(rooms=self._rooms), **shown)
        return render(self.request, self.template_name, context)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        hooks = outgoing_webhooks.of_bot(self.person, self.bot.pk)
        return super().get_context_data(**context) | {"bot": self.bot, "webhooks": hooks}


@method_decorator([never_cache, login_required], name="dispatch")
class BotWebhook(_OfBot):
    """A webhook with its commands and last deliveries. A POST changes it."""

    form_class = OutgoingWebhookForm
    template_name = "chat/bot_webhook.html"
    error_field = "url"

    def get_initial(self) -> dict[str, Any]:
        return initial_of(self.hook)

    def act(self, form: OutgoingWebhookForm) -> HttpResponse:
        outgoing_webhooks.change(self.person, self.hook, **form.chosen())
        messages.success(self.request, "Webhook saved.")
        return redirect("bot_webhook", self.bot.pk, self.hook.pk)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        deliveries = outgoing_webhooks.deliveries_of(self.hook, None, SHOWN)
        commands = self.hook.commands.select_related("room").order_by("name")
        shown = {"bot": self.bot, "hook": self.hook, "deliveries": deliveries, "commands": commands}
        added = {"command_form": BotCommandForm(rooms=self._rooms, auto_id="id_command_%s")}
        return shown | added | super().get_context_data(**context)


@method_decorator([never_cache, login_required], name="dispatch")
class AddCommand(_OfBot):
    """Add a command to a webhook, from its page."""

    http_method_names = ("post",)
    form_class = BotCommandForm
    template_name = BotWebhook.template_name
    error_field = "name"

    def get_form_kwargs(self) -> dict[str, Any]:
        return super().get_form_kwargs() | {"auto_id": "id_command_%s"}

    def act(self, form: BotCommandForm) -> HttpResponse:
        command = outgoing_webhooks.add_command(self.person, self.hook, **form.chosen())
        messages.success(self.request, f"{command} has been added.")
        return redirect("bot_webhook", self.bot.pk, self.hook.pk)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        page = BotWebhook()
        page.setup(self.request, **self.kwargs)
        form = OutgoingWebhookForm(rooms=self._rooms, initial=initial_of(self.hook))
        return page.get_context_data(form=form, command_form=context["form"])


_View = Callable[Concatenate[HttpRequest, OutgoingWebhook, ...], HttpResponse]


def _on_webhook(view: _View) -> Callable[..., HttpResponse]:
    """Let a POST act on a webhook of one's own. A refusal is shown on the page that follows."""

    @require_POST
    @login_required
    @wraps(view)
    def checked(request: HttpRequest, bot_id: int, webhook_id: int, **values: int) -> HttpResponse:
        person = person_of(request)
        try:
            _check_rate(request, person)
        except ActionError as refusal:
            return form_errors.limited(request, refusal)
        hook = own_webhook(person, bot_id, webhook_id)
        try:
            return view(request, hook, **values)
        except ActionError as refusal:
            messages.error(request, refusal.detail)
            return redirect("bot_webhook", bot_id, webhook_id)

    return checked


@_on_webhook
def switch(request: HttpRequest, hook: OutgoingWebhook) -> HttpResponse:
    """Switch a webhook off, or on again."""
    is_on = hook.disabled_at is None
    outgoing_webhooks.change(person_of(request), hook, enabled=not is_on)
    messages.success(request, "Webhook switched off." if is_on else "Webhook switched on.")
    return redirect("bot_webhook", hook.bot_id, hook.pk)


@_on_webhook
def remove(request: HttpRequest, hook: OutgoingWebhook) -> HttpResponse:
    bot_id = hook.bot_id
    outgoing_webhooks.remove(person_of(request), hook)
    messages.success(request, "Webhook removed.")
    return redirect("bot_webhooks", bot_id)


@_on_webhook
def send_again(request: HttpRequest, hook: OutgoingWebhook, delivery_id: int) -> HttpResponse:
    outgoing_webhooks.send_again(hook, delivery_id)
    messages.success(request, "The event will be sent again.")
    return redirect("bot_webhook", hook.bot_id, hook.pk)


@_on_webhook
def remove_command(request: HttpRequest, hook: OutgoingWebhook, command_id: int) -> HttpResponse:
    outgoing_webhooks.remove_command(person_of(request), hook.bot_id, command_id)
    messages.success(request, "Command removed.")
    return redirect("bot_webhook", hook.bot_id, hook.pk)


def own_webhook(person: Person, bot_id: int, webhook_id: int) -> OutgoingWebhook:
    """Return a webhook of a bot of this person. Http404 otherwise."""
    try:
        return outgoing_webhooks.found(person, bot_id, webhook_id)
    except ActionError as error:
        raise Http404 from error


def _check_rate(request: HttpRequest, person: Person) -> None:
    limits.check_change(person.pk, login_throttle.address_of(request), kind=person.kind)
