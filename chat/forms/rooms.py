"""The forms of a room: its creation, its settings and its deletion."""

from django import forms

from chat.actions.retention import MAX_KEEP_DAYS
from chat.forms.fields import NameField, ReasonField, text_input
from chat.models import Room
from chat.models.rooms import TOPIC_MAX_LENGTH


class CreateRoomForm(forms.Form):
    """The creation of a room."""

    name = NameField(label="Name")
    topic = forms.CharField(max_length=TOPIC_MAX_LENGTH, required=False, widget=text_input())
    visibility = forms.ChoiceField(
        label="Visibility",
        choices=[
            (Room.Visibility.PUBLIC.value, "Public: anyone on this site"),
            (Room.Visibility.PRIVATE.value, "Private: members only"),
        ],
        help_text="An administrator adds the members of a private room.",
        initial=Room.Visibility.PUBLIC.value,
        widget=forms.RadioSelect,
    )


class RoomSettingsForm(forms.Form):
    """The settings of a room, for its owners."""

    keep_days = forms.IntegerField(
        label="Keep messages for (days)",
        required=False,
        min_value=0,
        max_value=MAX_KEEP_DAYS,
        help_text="0 keeps them forever. Leave empty to use the site default.",
    )
    archived = forms.BooleanField(label="Archive this room (read-only)", required=False)
    reason = ReasonField()


class DeleteRoomForm(forms.Form):
    """The reason for deleting a room."""

    reason = ReasonField()
