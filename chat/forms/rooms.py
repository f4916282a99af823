"""The forms of a room: its creation, its settings and its deletion."""

from collections.abc import Callable
from typing import Any

from django import forms

from chat.actions.retention import MAX_KEEP_DAYS, keep_days
from chat.actions.room_settings import ROOM_FIELDS
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
                (Room.Visibility.PRIVATE.value, "Private: only its members can see it; people join by invitation"),
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


class KeptChoice(forms.TypedChoiceField):
    """A choice between values. One that the browser did not send stays as it is: `kept`."""

    kept: Any = None

    def __init__(self, label: str, choices: Any, help_text: str = "", coerce: Callable[[str], Any] = str):
        super().__init__(label=label, choices=choices, help_text=help_text, coerce=coerce, required=False)

    def clean(self, value: Any) -> Any:
        return super().clean(value) if value else self.kept


# Browsers send nothing for one that is not checked.
CHECKBOXES = {"archived", "is_default"}
ONLY_PRIVATE = ("joining", "history", "members_invite")


class RoomSettingsForm(forms.Form):
    """The settings of a room, for its owners. `is_staff` says whether they are the site's staff."""

    GROUPS = (
        ("About the room", ("name", "topic")),
        ("Access", ("visibility", "joining", "members_invite", "history", "is_default")),
        ("Posting", ("posting", "room_mentions", "archived")),
        ("Keeping messages", ("keep_days",)),
        ("", ("reason",)),
    )

    name = NameField(label="Name")
    topic = TopicField()
    visibility = VisibilityField(required=False)
    joining = KeptChoice(
        "How people join", Room.Joining.choices, "People who can ask to join find the room by its name."
    )
    history = KeptChoice("New members see", Room.History.choices, "This applies to people who join from now on.")
    members_invite = KeptChoice(
        "Who can invite people",
        [(True, "All members"), (False, "Owners and moderators")],
        coerce=lambda choice: choice == "True",
    )
    posting = KeptChoice("Who can post", Room.WhoPosts.choices, "All others can read and react.")
    keep_days = forms.IntegerField(
        label="Keep messages for (days)",
        required=False,
        min_value=0,
        max_value=MAX_KEEP_DAYS,
        error_messages={"max_value": f"Enter at most {MAX_KEEP_DAYS:,} days."},
    )
    room_mentions = KeptChoice(
        "Who may write @room",
        Room.RoomMentions.choices,
        "@room notifies all members, @here those who are online. For other people, both are plain text.",
    )
    archived = forms.BooleanField(label="Archive this room (read-only)", required=False)
    is_default = forms.BooleanField(label="New accounts join this room", required=False)
    reason = ReasonField()
    # The visibility that the owner has confirmed, and whether they have agreed to show the messages of a private room.
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)
    shows_messages = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, room: Room, is_staff: bool, **kwargs: Any):
        now = {name: getattr(room, name) for name in (*ROOM_FIELDS, "keep_days")}
        now |= {"joining": room.how_to_join, "archived": room.is_archived}
        super().__init__(**kwargs | {"initial": now})
        for name, field in self.fields.items():
            if isinstance(field, NameField | KeptChoice):
                field.kept = self.initial[name]
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
        for name in ONLY_PRIVATE if room.visibility != Room.Visibility.PRIVATE else ():
            del self.fields[name]
        for name in self.fields.keys() & self.initial:
            self.fields[name].show_hidden_initial = True

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Return the fields of the page by heading."""
        return [(title, [self[name] for name in names if name in self.fields]) for title, names in self.GROUPS]

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
        """Return whether the visibility changes and the owner has not agreed to that.

        Messages of a private room become visible, so that takes a second consent.
        """
        visibility = self.changes().get("visibility")
        if visibility == Room.Visibility.PUBLIC and not self.cleaned_data["shows_messages"]:
            return True
        return visibility is not None and self.cleaned_data["confirmed"] != visibility


class RoomReasonForm(forms.Form):
    """The reason for a change of a room."""

    reason = ReasonField()
