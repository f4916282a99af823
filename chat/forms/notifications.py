"""The form of notifications while a person is away: emails, and quiet hours."""

from typing import Any

from django import forms
from django.conf import settings

from chat.forms.fields import PersonForm, text_input
from chat.models import Level, NotificationChannel, Person
from chat.models.notifications import ZONE_MAX_LENGTH

LEVELS = (
    (Level.NOTHING, "No emails"),
    (Level.MENTIONS, "Mentions, replies and direct messages"),
    (Level.ALL, "Everything my rooms notify me about"),
)
MINUTES = {5: "5 minutes", 15: "15 minutes", 30: "30 minutes", 60: "1 hour", 240: "4 hours", 1440: "1 day"}


def time_input() -> forms.TimeInput:
    return forms.TimeInput(format="%H:%M", attrs={"type": "time"})


class AwayForm(PersonForm):
    """Emails about missed messages, and quiet hours. Guests have no address, so they choose quiet hours only."""

    level = forms.ChoiceField(label="Email me about what I miss", choices=LEVELS, widget=forms.RadioSelect)
    after_minutes = forms.TypedChoiceField(
        label="Send it after", coerce=int, empty_value=None, help_text="Messages that you read before are left out."
    )
    quiet_from = forms.TimeField(label="Quiet from", required=False, widget=time_input())
    quiet_to = forms.TimeField(label="Quiet until", required=False, widget=time_input())
    zone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=ZONE_MAX_LENGTH,
        widget=text_input(placeholder="Europe/Oslo", list="zones", spellcheck="false"),
    )

    def __init__(self, person: Person, *args: Any, **kwargs: Any):
        super().__init__(person, *args, **kwargs)
        if person.is_guest:
            del self.fields["level"], self.fields["after_minutes"]
        else:
            chosen = self.get_initial_for_field(self.fields["after_minutes"], "after_minutes")
            self.fields["after_minutes"].choices = choices_of(chosen)  # type: ignore[attr-defined]

    @classmethod
    def of(cls, person: Person, mail: NotificationChannel) -> "AwayForm":
        """Return the form with the present settings. Quiet hours are the same for emails and push."""
        return cls(person, initial=initial_of(mail))


def initial_of(mail: NotificationChannel) -> dict[str, Any]:
    return {
        "level": mail.level,
        "after_minutes": mail.after_minutes or settings.CHAT_MAIL_AFTER,
        "quiet_from": mail.quiet_from,
        "quiet_to": mail.quiet_to,
        "zone": mail.zone,
    }


def choices_of(chosen: int | None) -> list[tuple[int, str]]:
    """Return the delays to choose from, with the site's default and the present choice."""
    more = {it: f"{it} minutes" for it in (settings.CHAT_MAIL_AFTER, chosen) if it}
    return sorted((more | MINUTES).items())
