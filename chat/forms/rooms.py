"""The forms of a room: its creation, its settings and its deletion."""

from typing import Any, cast

from django import forms

from chat.actions.retention import MAX_KEEP_DAYS, keep_days
from chat.forms.fields import NameField, ReasonField, text_input
from chat.models import Room
from chat.models.rooms import TOPIC_MAX_LENGTH


class TopicField(forms.CharField):
    """A line about what a room is for."""

    def __init__(self) -> None:
        super().__init__(label="Topic (optional)", max_length=TOPIC_MAX_LENGTH, required=False, widget=text_input())


class VisibilityField(forms.ChoiceField):
    """The choice of the people for whom a room exists."""

    def __init__(self, *, required: bool = True):
        super().__init__(
            label="Who can see it",
            required=required,
            choices=[
                (Room.Visibility.PUBLIC.value, "Public: everyone on this site can find it, read it and post"),
                (Room.Visibility.PRIVATE.value, "Private: only its members can see it; an administrator adds them"),
            ],
            initial=Room.Visibility.PUBLIC.value,
            widget=forms.RadioSelect,
        )


class CreateRoomForm(forms.Form):
    """The creation of a room."""

    name = NameField(label="Name")
    topic = TopicField()
    visibility = VisibilityField()

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["name"].widget.attrs["autofocus"] = True


# Browsers send nothing for one that is not checked.
CHECKBOXES = {"archived", "is_default"}


class RoomSettingsForm(forms.Form):
    """The settings of a room, for its owners. `is_staff` says whether they are the site's staff."""

    name = NameField(label="Name")
    topic = TopicField()
    visibility = VisibilityField(required=False)
    keep_days = forms.IntegerField(
        label="Keep messages for (days)",
        required=False,
        min_value=0,
        max_value=MAX_KEEP_DAYS,
    )
    room_mentions = forms.ChoiceField(
        label="Who may write @room",
        help_text="@room notifies all members, @here those who are online. For other people, both are plain text.",
        required=False,
        choices=Room.RoomMentions.choices,
    )
    archived = forms.BooleanField(label="Archive this room (read-only)", required=False)
    is_default = forms.BooleanField(label="New accounts join this room", required=False)
    reason = ReasonField()
    # The visibility that the owner has confirmed.
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, room: Room, is_staff: bool, **kwargs: Any):
        kept_fields = ("name", "topic", "visibility", "keep_days", "room_mentions", "is_default")
        now = {name: getattr(room, name) for name in kept_fields}
        super().__init__(**kwargs | {"initial": {**now, "archived": room.is_archived}})
        cast(NameField, self.fields["name"]).kept = room.name
        kept = keep_days(room)
        now_kept = (
            f"for {kept} day{'' if kept == 1 else 's'}. Older ones are deleted for everyone" if kept else "forever"
        )
        rule = "0 keeps them forever. Leave empty to use the site default."
        self.fields["keep_days"].help_text = f"Messages are kept {now_kept}. {rule}"
        if room.visibility == Room.Visibility.DIRECT:
            del self.fields["visibility"]
        if not is_staff or room.visibility != Room.Visibility.PUBLIC:
            del self.fields["is_default"]
        for name in self.fields.keys() & self.initial:
            self.fields[name].show_hidden_initial = True

    def clean_room_mentions(self) -> str:
        return self.cleaned_data["room_mentions"] or self.initial["room_mentions"]

    def changes(self) -> dict[str, Any]:
        """Return the settings that the owner changed and that differ from the room's.

        Fields that were not sent are left out. The page sends the values that it showed, so two owners who save at the
        same time keep each other's changes.
        """
        sent = {name for name in self.fields.keys() & self.initial if name in self.data or name in CHECKBOXES}
        return {name: self.cleaned_data[name] for name in sent if self._is_changed(name)}

    def hide(self) -> None:
        """Make all fields hidden."""
        for field in self.fields.values():
            field.widget = field.hidden_widget()

    def _is_changed(self, name: str) -> bool:
        is_unchanged = f"initial-{name}" in self.data and name not in self.changed_data
        return not is_unchanged and self.cleaned_data[name] != self.initial[name]

    def must_confirm(self) -> bool:
        """Return whether the visibility changes and the owner was not asked about that."""
        visibility = self.changes().get("visibility")
        return visibility is not None and self.cleaned_data["confirmed"] != visibility


class DeleteRoomForm(forms.Form):
    """The reason for deleting a room."""

    reason = ReasonField()
