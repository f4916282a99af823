"""The rules about the admin, ranks and the effects of changes by staff, and how each is broken."""

from tests.mutations.mutation import Mutation

LOOKUPS = "tests/admin/test_lookups.py"
RANK = "tests/moderation/test_rank.py"
FINGERPRINTS = "tests/moderation/test_fingerprints.py"
ACCOUNT_DELETION = "tests/profile/test_account_deletion.py"
PRIVILEGES = "tests/admin/test_privileges.py"
MEMBERSHIPS = "tests/admin/test_memberships.py"
SCRIPTS = "tests/browser/test_javascript.py"
PEOPLE = "tests/browser/test_moderation.py"
VISIBILITY = "tests/moderation/test_visibility.py"
ROOM_SETTINGS = "tests/moderation/test_room_settings.py"
COMMANDS = "tests/admin/test_commands.py"
UPGRADE = "tests/accounts/test_password_upgrade.py"

STAFF = [
    Mutation(
        "An owner confirms who will see a room",
        "chat/forms/rooms.py",
        'return visibility is not None and self.cleaned_data["confirmed"] != visibility',
        "return False",
        (ROOM_SETTINGS,),
    ),
    Mutation(
        "No owner gives a room a name that is reserved for the site",
        "chat/actions/room_settings.py",
        "            check_public_name(by, room.name, room.visibility)\n",
        "            pass\n",
        (ROOM_SETTINGS,),
    ),
    Mutation(
        "The admin allows only the lookups that it offers",
        "chat/admin/base.py",
        "return lookup in self._offered_lookups(cast(HttpRequest, request))",
        "return super().lookup_allowed(lookup, value, request)",
        (LOOKUPS,),
    ),
    Mutation(
        "The admin refers to rows by their primary key only",
        "chat/admin/base.py",
        "return to_field == self.opts.pk.attname",
        "return super().to_field_allowed(request, to_field)",
        (LOOKUPS,),
    ),
    Mutation(
        "Only the author can edit a message",
        "chat/actions/messages.py",
        '    if message.author_id != person.pk:\n        raise ActionError(Code.FORBIDDEN, "You can only edit your own',
        '    if not person.is_active:\n        raise ActionError(Code.FORBIDDEN, "You can only edit your own',
        (RANK,),
    ),
    Mutation(
        "Deleting in a room needs a higher rank than the author's",
        "chat/actions/batch.py",
        "        return actor.can_sanction(permissions.actor_in(message.author, room))",
        "        return actor.moderates",
        (RANK,),
    ),
    Mutation(
        "Deleting and restoring outside of a room need a higher rank than the author's",
        "chat/actions/removal.py",
        "    not_below = permissions.not_below(actor, room, authors)\n",
        "    not_below: set[int] = set()\n",
        (RANK,),
    ),
    Mutation(
        "Only superusers restore their own messages",
        "chat/actions/removal.py",
        "        return actor.rank == Rank.SUPERUSER",
        "        return True",
        (RANK,),
    ),
    Mutation(
        "Deactivating or activating an account in the admin ends its credentials",
        "chat/actions/administration.py",
        "        if before.is_active != person.is_active:\n            bots.end_access(person)\n",
        "",
        (PRIVILEGES,),
    ),
    Mutation(
        "An activated account keeps no earlier credentials",
        "chat/actions/staff_accounts.py",
        "    credentials.remove_all(person)  # a worker of the previous release may have left some\n",
        "",
        (PRIVILEGES,),
    ),
    Mutation(
        "Permissions by a group end sessions and tokens, as flags do",
        "chat/auth/permissions.py",
        "    return flags | set(Permission.objects.filter(Q(group__user=person) | Q(user=person))"
        '.values_list("pk", flat=True))\n',
        "    return flags\n",
        (PRIVILEGES,),
    ),
    Mutation(
        "A new permission of a group ends sessions and tokens of its members",
        "chat/actions/administration.py",
        "        for person, before in powers_before:\n            _sign_out_if_more_powerful(person, before)\n",
        "",
        (PRIVILEGES,),
    ),
    Mutation(
        "Tokens of staff are revoked by superusers",
        "chat/actions/administration.py",
        "                staff_accounts.check_above(by, person)\n",
        "                person.name.strip()\n",
        (PRIVILEGES,),
    ),
    Mutation(
        "Adding a member needs rank",
        "chat/actions/administration.py",
        "            _check_membership(by, person, room, role)\n",
        "            person.name.strip()\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Giving a role needs rank",
        "chat/actions/administration.py",
        "    if moderator.rank < Rank.SUPERUSER and not moderator.may_change_role(target):\n",
        "    if moderator.rank < Rank.MEMBER and not moderator.may_change_role(target):\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Staff need rank in a room to change it",
        "chat/actions/room_settings.py",
        "    if not actor.owns:\n",
        "    if not actor.person.is_active:\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Only staff choose the rooms that new accounts join",
        "chat/actions/room_settings.py",
        'if "is_default" in changes and actor.rank < Rank.STAFF:',
        'if "is_default" in changes and actor.rank < Rank.OWNER:',
        ("tests/moderation/test_room_settings.py",),
    ),
    Mutation(
        "A mute survives a closed membership",
        "chat/actions/sanctions.py",
        "    if not membership.is_muted:\n        membership.delete()",
        "    if membership.pk:\n        membership.delete()",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Adding a member does not end a ban",
        "chat/actions/administration.py",
        "        if is_member or members.is_banned(membership):\n",
        "        if is_member:\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "A closed membership does not exclude from a room made public",
        "chat/actions/room_settings.py",
        "            sanctions.follow_visibility(room)\n",
        "            room.refresh_from_db()\n",
        (VISIBILITY,),
    ),
    Mutation(
        "Making a room public ends no ban",
        "chat/actions/sanctions.py",
        "    closed = rows.exclude(closed_at=None)\n",
        "    closed = rows.exclude(banned_at=None)\n",
        (VISIBILITY,),
    ),
    Mutation(
        "A room made private again excludes people with a closed membership",
        "chat/actions/sanctions.py",
        '        closed.update(banned_at=models.F("closed_at"))\n',
        "        closed.update(banned_at=None)\n",
        (VISIBILITY,),
    ),
    Mutation(
        "A role that was given later is a membership",
        "chat/actions/sanctions.py",
        "    if membership.left_at is not None or membership.closed_at is not None:\n",
        "    if membership.left_at is not None:\n",
        (VISIBILITY,),
    ),
    Mutation(
        "A membership is closed by the visibility that the room has, not that it had",
        "chat/actions/sanctions.py",
        "        if context.membership.is_muted and context.room.visibility",
        "        if context.membership.is_muted and room.visibility",
        (VISIBILITY,),
    ),
    Mutation(
        "The page offers actions only on people with a lower role",
        "chat/static/chat/js/models/superiors.js",
        " && !this.#ids.has(Number(id));\n",
        ";\n",
        (SCRIPTS,),
    ),
    Mutation(
        "The member list updates when the server has answered",
        "chat/static/chat/js/models/superiors.js",
        '        this.#ids = ids;\n        this.dispatchEvent(new Event("changed"));\n',
        "        this.#ids = ids;\n",
        (SCRIPTS,),
    ),
    Mutation(
        "The card of a person offers actions only on people with a lower role",
        "chat/static/chat/js/controllers/person_card.js",
        "button.hidden = !this.#superiors.canModerate(this.#person.id);",
        "button.hidden = this.#person.id === this.#you.id;",
        (PEOPLE,),
    ),
    Mutation(
        "changepassword ends sessions, tokens and sockets",
        "chat/management/commands/changepassword.py",
        "        administration.set_password(person, self._ask(person))\n",
        "        person.set_password(self._ask(person))\n        person.save()\n",
        (COMMANDS,),
    ),
    Mutation(
        "A rehashed password signs no one out",
        "chat/models/people.py",
        "        if same.update(password=encoded, session_mark=mark):",
        "        if same.update(password=encoded):",
        (UPGRADE,),
    ),
    Mutation(
        "Rehashing a password undoes no change",
        "chat/models/people.py",
        "        same = Person.objects.filter(pk=self.pk, password=self.password)\n",
        "        same = Person.objects.filter(pk=self.pk)\n",
        (UPGRADE,),
    ),
    Mutation(
        "The session mark is kept for one password only",
        "chat/models/people.py",
        "        return mark if mark and digest == _sha256(self.password) else super()",
        "        return mark if mark and digest else super()",
        (UPGRADE,),
    ),
    Mutation(
        "An edited message keeps no plain fingerprint",
        "chat/actions/messages.py",
        "    batch.set_fingerprint(message, fingerprints.keyed(message.fingerprint))\n",
        "",
        (FINGERPRINTS,),
    ),
    Mutation(
        "A retry is recognised under earlier secret keys",
        "chat/actions/fingerprints.py",
        "(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)",
        "(settings.SECRET_KEY,)",
        (FINGERPRINTS,),
    ),
    Mutation(
        "Messages edited by the previous release get a keyed fingerprint",
        "chat/actions/session_keys.py",
        "    fingerprints.key_edited()\n    return converted\n",
        "    return converted\n",
        (FINGERPRINTS,),
    ),
    Mutation(
        "Reports do not name a deleted moderator",
        "chat/actions/account_deletion.py",
        "        replace_name_in_reports(gone, gone.name)\n",
        "",
        (ACCOUNT_DELETION,),
    ),
]
