"""The forms of bots, their tokens, and the webhooks of a room."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from chat.forms.fields import NameField, text_input
from chat.forms.profiles import TokenForm
from chat.models import Person, Room
from chat.models.webhooks import LABEL_MAX_LENGTH
from chat.protocol import Scope
from chat.text import cleaning

EVERYTHING = "everything"
SCOPES = [
    (Scope.READ.value, "Read messages, rooms and people"),
    (Scope.POST.value, "Post messages"),
    (Scope.EDIT.value, "Edit and delete messages"),
    (Scope.REACT.value, "React to messages"),
    (Scope.ROOMS.value, "Create, join and leave rooms"),
    (Scope.MEMBERS.value, "Add people to rooms"),
    (Scope.FILES.value, "Upload files"),
    (EVERYTHING, "Everything the bot may do, such as moderating"),
]
NEW_BOT = "new"


class BotForm(forms.Form):
    """A new bot and its name."""

    # The page has another field called `name`.
    bot_name = NameField(label="Name of the bot")


class BotTokenForm(TokenForm):
    """A new token of a bot, and its limits. `rooms` are those that the bot is in."""

    scopes = forms.MultipleChoiceField(
        label="It may",
        choices=SCOPES,
        initial=[Scope.READ.value, Scope.POST.value],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one."},
    )
    room = forms.ChoiceField(label="Where it works", required=False)
    days = forms.TypedChoiceField(
        label="Valid for",
        coerce=int,
        choices=[(0, "No limit"), (7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "1 year")],
    )

    def __init__(self, *args: Any, rooms: Iterable[Room], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._rooms = {room.slug: room for room in rooms}
        named = [(slug, f"Only in {room.name}") for slug, room in self._rooms.items()]
        self.fields["room"].choices = [("", "Wherever the bot has access"), *named]  # type: ignore[attr-defined]

    def limits(self) -> dict[str, Any]:
        """Return the arguments of `bots.issue_token`."""
        cleaned = self.cleaned_data
        scopes = None if EVERYTHING in cleaned["scopes"] else [Scope(it) for it in cleaned["scopes"]]
        room = self._rooms.get(cleaned["room"])
        return {"label": cleaned["label"], "scopes": scopes, "room": room, "expires_at": self._end()}

    def _end(self) -> datetime | None:
        days: int = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=days) if days else None


class WebhookForm(forms.Form):
    """A new incoming webhook. It posts as one of the person's bots, or as a new one."""

    label = forms.CharField(
        label="What it is for",
        max_length=LABEL_MAX_LENGTH,
        widget=text_input(placeholder="Notices of the build server"),
        error_messages={"required": "Enter what it is for."},
    )
    bot = forms.ChoiceField(label="Bot that posts")
    name = forms.CharField(
        label="Name of a new bot",
        required=False,
        max_length=cleaning.NAME_MAX_LENGTH,
        help_text="Shown as the author of the messages.",
        widget=text_input(),
    )

    def __init__(self, *args: Any, bots: Iterable[Person], may_create: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        own = [(str(bot.pk), bot.name) for bot in bots]
        choices = [*own, (NEW_BOT, "A new bot")] if may_create else own
        self.fields["bot"].choices = choices  # type: ignore[attr-defined]
        if not own:
            self.fields["bot"].required = False
            self.fields["bot"].widget = forms.HiddenInput()
        if not may_create:
            del self.fields["name"]

    def clean_label(self) -> str:
        label = cleaning.clean_line(self.cleaned_data["label"], LABEL_MAX_LENGTH)
        if cleaning.is_blank(label):
            raise forms.ValidationError("Use at least one visible character.", code="blank")
        return label

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_new = cleaned.get("bot", "") in ("", NEW_BOT)
        if is_new and "name" in self.fields and not cleaned.get("name") and "name" not in self.errors:
            self.add_error("name", "Enter a name.")
        return cleaned

    def chosen(self) -> dict[str, Any]:
        """Return the arguments of `webhooks.create`."""
        bot, label = self.cleaned_data["bot"], self.cleaned_data["label"]
        if bot in ("", NEW_BOT):
            return {"name": self.cleaned_data.get("name", ""), "label": label}
        return {"bot_id": int(bot), "label": label}
