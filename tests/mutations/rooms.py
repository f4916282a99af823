"""The rules of room settings, roles and floors, and how each is broken."""

from tests.mutations.mutation import Mutation

SANCTIONS = "chat/actions/sanctions.py"
SETTINGS = "chat/actions/room_settings.py"
ROLES = ("tests/moderation/test_room_roles.py",)
NOTES = ("tests/moderation/test_room_notes.py",)
ANNOUNCEMENTS = ("tests/moderation/test_announcements.py",)
HISTORY = ("tests/moderation/test_room_history.py",)

ROOMS = [
    Mutation(
        "In an announcement room only owners and moderators post",
        "chat/actions/batch.py",
        "        if is_restricted and not permissions.may_post(room, self._rank(person, room)):\n",
        "        if False:\n",
        ANNOUNCEMENTS,
    ),
    Mutation(
        "In an announcement room everyone reacts",
        "chat/actions/batch.py",
        "is_restricted = is_text and room",
        "is_restricted = room",
        ANNOUNCEMENTS,
    ),
    Mutation(
        "Settings that workers of the previous release do not know wait for their end",
        SETTINGS,
        "        presence.check_generation(GENERATIONS[setting])\n",
        "        pass\n",
        ANNOUNCEMENTS,
    ),
    Mutation(
        "Someone who joins a room with a hidden history sees nothing from before",
        "chat/actions/joining.py",
        "head if is_hidden else None\n",
        "None\n",
        HISTORY,
    ),
    Mutation(
        "A public room hides no messages from its members",
        SANCTIONS,
        "        rows.exclude(floor_seq=None).update(floor_seq=None)\n",
        "",
        HISTORY,
    ),
    Mutation(
        "Only owners change roles, and only of people with a lower rank",
        "chat/auth/permissions.py",
        "        return self.owns and self.can_sanction(other)\n",
        "        return self.owns\n",
        ("tests/admin/test_memberships.py",),
    ),
    Mutation(
        "No one gives themselves a higher role",
        SANCTIONS,
        " or permissions.BY_ROLE[Membership.Role(role)] > permissions.BY_ROLE[Membership.Role(before)]:",
        ":",
        ROLES,
    ),
    Mutation(
        "A room keeps its only owner",
        "chat/actions/joining.py",
        "    if membership.role == Membership.Role.OWNER and not owners.exclude(pk=membership.pk).exists():\n",
        "    if not owners.exists():\n",
        ROLES,
    ),
    Mutation(
        "A role brings no one back into a private room",
        SANCTIONS,
        "    if membership.left_at is not None and RoomAccess.of(room, membership) is None:\n",
        "    if False:\n",
        ROLES,
    ),
    Mutation(
        "A note of the site alerts no one",
        "chat/delivery/presence/alerts.py",
        " or brief.author is None or ",
        " or ",
        ("tests/test_alerts.py",),
    ),
    Mutation(
        "The check of connections takes no right from members whose rows it does not read",
        "chat/delivery/admission/access.py",
        "            known = membership or PLAIN_MEMBER\n",
        "            known = membership\n",
        ("tests/socket/test_moderation.py",),
    ),
    Mutation(
        "A note of the site is plain text",
        "chat/actions/room_log.py",
        "</bdi> {escape(what)}</p>",
        "</bdi> {what}</p>",
        NOTES,
    ),
    Mutation(
        "An owner agrees to show the messages of a private room",
        "chat/forms/rooms.py",
        '        if visibility == Room.Visibility.PUBLIC and not self.cleaned_data["shows_messages"]:\n',
        "        if False:\n",
        ("tests/moderation/test_room_settings.py",),
    ),
    Mutation(
        "A program confirms that a private room shows its messages",
        "chat/api/rooms.py",
        "Room.Visibility.PUBLIC and not asked.confirmed:\n",
        "Room.Visibility.PUBLIC and False:\n",
        ("tests/api/test_room_settings.py",),
    ),
    Mutation(
        "A new moderator neither reads nor decides a report of an earlier message",
        "chat/models/moderation.py",
        "self.filter(room=room, message__seq__gt=floor)",
        "self.filter(room=room)",
        ("tests/moderation/test_room_history.py",),
    ),
    Mutation(
        "Someone who was removed while they were muted begins anew after an unban",
        "chat/actions/sanctions.py",
        "            joining.admit(context.membership, by=actor)  # they were",
        "            pass  # they were",
        ("tests/moderation/test_room_history.py",),
    ),
    Mutation(
        "No one joins a room that has just become private",
        "chat/actions/joining.py",
        "        return _changed(person, locked_room(room), change)\n",
        "        return _changed(person, room, change)\n",
        ("tests/test_joining.py",),
    ),
    Mutation(
        "The download names no private room that the person has lost",
        "chat/exports/personal_data.py",
        'room.name if RoomAccess.of(room, row) else ""',
        "room.name",
        ("tests/profile/test_personal_tables.py",),
    ),
]
