"""The forms of a bot's outgoing webhooks and commands."""

from collections.abc import Iterable
from typing import Any

from django import forms

from chat.actions.outgoing_webhooks import MAX_WORDS
from chat.forms.fields import text_input
from chat.models import OutgoingWebhook, Room
from chat.models.webhooks import (
    COMMAND_MAX_LENGTH,
    DESCRIPTION_MAX_LENGTH,
    LABEL_MAX_LENGTH,
    URL_MAX_LENGTH,
    USAGE_MAX_LENGTH,
    WebhookEvent,
)

EVENTS = [(it.value, f"{it.label[:1].upper()}{it.label[1:]}") for it in WebhookEvent if it is not WebhookEvent.COMMAND]


class OutgoingWebhookForm(forms.Form):
    """An outgoing webhook. `rooms` are those that its owner may choose."""

    url = forms.CharField(
        label="Address",
        max_length=URL_MAX_LENGTH,
        help_text="Events are sent to it with POST.",
        widget=forms.URLInput(attrs={"autocomplete": "off", "dir": "ltr", "placeholder": "https://"}),
        error_messages={"required": "Enter an address."},
    )
    label = forms.CharField(
        label="What it is for", required=False, max_length=LABEL_MAX_LENGTH, widget=text_input(placeholder="Deploys")
    )
    events = forms.MultipleChoiceField(
        label="It is told of",
        choices=EVENTS,
        required=False,
        initial=[WebhookEvent.MESSAGE.value],
        widget=forms.CheckboxSelectMultiple,
    )
    rooms = forms.MultipleChoiceField(label="In these rooms", required=False, widget=forms.CheckboxSelectMultiple)
    words = forms.CharField(
        label="Only messages that begin with",
        required=False,
        max_length=MAX_WORDS * (LABEL_MAX_LENGTH + 2),
        help_text="Words, separated by commas. Messages that name the bot count as well. Empty: all messages.",
        widget=text_input(),
    )

    def __init__(self, *args: Any, rooms: Iterable[Room], **kwargs: Any):
        super().__init__(*args, **kwargs)
        choices = [(room.slug, room.name) for room in rooms]
        self.fields["rooms"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["rooms"]

    def chosen(self) -> dict[str, Any]:
        """Return the arguments of `outgoing_webhooks.create`."""
        return {**self.cleaned_data, "words": self.cleaned_data["words"].split(",")}


def initial_of(hook: OutgoingWebhook) -> dict[str, Any]:
    """Return what the form shows of a webhook."""
    shown = {"url": hook.url, "label": hook.label, "events": hook.events, "words": ", ".join(hook.words)}
    return shown | {"rooms": [room.slug for room in hook.rooms.all()]}


class BotCommandForm(forms.Form):
    """A new command. It works in all rooms of the bot, or in one."""

    name = forms.CharField(
        label="Command",
        max_length=COMMAND_MAX_LENGTH + 1,
        widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "ltr", "placeholder": "/deploy"}),
        error_messages={"required": "Enter a command."},
    )
    usage = forms.CharField(
        label="What follows it",
        required=False,
        max_length=USAGE_MAX_LENGTH,
        widget=text_input(placeholder="service environment"),
    )
    description = forms.CharField(
        label="What it does", required=False, max_length=DESCRIPTION_MAX_LENGTH, widget=text_input()
    )
    room = forms.ChoiceField(label="Where it works", required=False)

    def __init__(self, *args: Any, rooms: Iterable[Room], **kwargs: Any):
        super().__init__(*args, **kwargs)
        named = [(room.slug, f"Only in {room.name}") for room in rooms]
        self.fields["room"].choices = [("", "In all rooms of the bot"), *named]  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        return name.removeprefix("/")

    def chosen(self) -> dict[str, Any]:
        """Return the arguments of `outgoing_webhooks.add_command`."""
        return {**self.cleaned_data, "room": self.cleaned_data["room"] or None}
