"""The forms of invitations and requests to join."""

from typing import Any

from django import forms

from chat.actions.invitations import DEFAULT_DAYS, DEFAULT_USES
from chat.forms.fields import text_input
from chat.models import JoinRequest, Membership
from chat.models.invitations import NOTE_MAX_LENGTH, REQUEST_NOTE_MAX_LENGTH
from chat.text import cleaning


class InvitationForm(forms.Form):
    """A new invitation link. `with_roles` says whether its role can be chosen."""

    days = forms.TypedChoiceField(
        label="Valid for", coerce=int, choices=[(1, "1 day"), (7, "7 days"), (30, "30 days")], initial=DEFAULT_DAYS
    )
    max_uses = forms.TypedChoiceField(
        label="How many people can use it",
        coerce=lambda number: int(number) or None,
        choices=[(1, "1 person"), (10, "10 people"), (25, "25 people"), (100, "100 people"), (0, "No limit")],
        initial=DEFAULT_USES,
    )
    role = forms.ChoiceField(
        label="They become",
        choices=[(Membership.Role.MEMBER.value, "Members"), (Membership.Role.MODERATOR.value, "Moderators")],
        initial=Membership.Role.MEMBER.value,
    )
    note = forms.CharField(
        label="Note (optional)",
        required=False,
        max_length=NOTE_MAX_LENGTH,
        help_text="Shown only in the list of invitations.",
        widget=text_input(),
    )

    def __init__(self, *args: Any, with_roles: bool = False, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not with_roles:
            del self.fields["role"]


class AddPersonForm(forms.Form):
    """The name of a person to add to a room. The page suggests names in the list `invite-names`."""

    name = forms.CharField(
        label="Name",
        max_length=cleaning.TYPED_NAME_MAX_LENGTH,
        widget=text_input(list="invite-names"),
        error_messages={"required": "Enter a name."},
    )


class JoinRequestForm(forms.Form):
    """A request to join a private room."""

    note = forms.CharField(required=False, max_length=REQUEST_NOTE_MAX_LENGTH, widget=text_input())


class DecisionForm(forms.Form):
    outcome = forms.ChoiceField(choices=JoinRequest.RequestOutcome)
