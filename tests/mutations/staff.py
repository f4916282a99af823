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
COMMANDS = "tests/admin/test_commands.py"
UPGRADE = "tests/accounts/test_password_upgrade.py"

STAFF = [
    Mutation(
        "The admin filters by what it offers only",
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
        "Nobody edits what another wrote",
        "chat/actions/messages.py",
        '    if message.author_id != person.pk:\n        raise ActionError(Code.FORBIDDEN, "You can only edit your own',
        '    if not person.is_active:\n        raise ActionError(Code.FORBIDDEN, "You can only edit your own',
        (RANK,),
    ),
    Mutation(
        "Deleting in a room takes somebody above the author",
        "chat/actions/batch.py",
        "        return actor.can_sanction(permissions.actor_in(message.author, room))",
        "        return actor.moderates",
        (RANK,),
    ),
    Mutation(
        "Deleting and restoring elsewhere take somebody above the author",
        "chat/actions/removal.py",
        "    not_below = permissions.not_below(actor, room, authors)\n",
        "    not_below: set[int] = set()\n",
        (RANK,),
    ),
    Mutation(
        "Nobody restores their own message while somebody stands above them",
        "chat/actions/removal.py",
        "        return actor.rank == Rank.SUPERUSER",
        "        return True",
        (RANK,),
    ),
    Mutation(
        "An account that is deactivated or activated in the admin keeps no credentials",
        "chat/actions/administration.py",
        "        if before.is_active != person.is_active:\n            credentials.remove_all(person)\n",
        "",
        (PRIVILEGES,),
    ),
    Mutation(
        "An account that is opened again keeps nothing from before",
        "chat/actions/staff_accounts.py",
        "    credentials.remove_all(person)  # a worker of the previous release may have left some\n",
        "",
        (PRIVILEGES,),
    ),
    Mutation(
        "Permissions by a group end what was open, as flags do",
        "chat/auth/permissions.py",
        "    return flags | set(Permission.objects.filter(Q(group__user=person) | Q(user=person))"
        '.values_list("pk", flat=True))\n',
        "    return flags\n",
        (PRIVILEGES,),
    ),
    Mutation(
        "A permission for a group ends what its people had open",
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
        "Nobody gives a place without rank",
        "chat/actions/administration.py",
        "            _check_membership(by, person, room, role)\n",
        "            person.name.strip()\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Nobody gives a role without rank",
        "chat/actions/administration.py",
        "    if moderator.rank < Rank.SUPERUSER and not moderator.may_give(role, target):\n",
        "    if moderator.rank < Rank.MEMBER and not moderator.may_give(role, target):\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "Staff change a room only with rank in it",
        "chat/actions/administration.py",
        "    if by is not None and not permissions.actor_in(by, room).owns:\n",
        "    if by is not None and not by.is_active:\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "A mute survives a closed membership",
        "chat/actions/sanctions.py",
        "        if context.membership.is_muted:\n            _close",
        "        if not context.membership.pk:\n            _close",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "A ban does not end by adding a member",
        "chat/actions/administration.py",
        "        if not is_new and membership.closed_at is None:\n",
        "        if not is_new and membership.banned_at is None:\n",
        (MEMBERSHIPS,),
    ),
    Mutation(
        "A closed membership keeps nobody out of a room made public",
        "chat/actions/administration.py",
        "            sanctions.follow_visibility(room)\n",
        "            room.refresh_from_db()\n",
        (VISIBILITY,),
    ),
    Mutation(
        "Making a room public ends no ban",
        "chat/actions/sanctions.py",
        "    closed = Membership.objects.filter(room=room).exclude(closed_at=None)\n",
        "    closed = Membership.objects.filter(room=room).exclude(banned_at=None)\n",
        (VISIBILITY,),
    ),
    Mutation(
        "A room made private again shuts out whose membership was closed",
        "chat/actions/sanctions.py",
        '        closed.update(banned_at=models.F("closed_at"))\n',
        "        closed.update(banned_at=None)\n",
        (VISIBILITY,),
    ),
    Mutation(
        "A role given in the meantime is a place",
        "chat/actions/sanctions.py",
        "membership.closed_at = membership.role, Membership.Role(role), None\n",
        "membership.closed_at = membership.role, Membership.Role(role), membership.closed_at\n",
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
        "Tools are offered for people below alone",
        "chat/static/chat/js/models/superiors.js",
        " && !this.#ids.has(Number(id));\n",
        ";\n",
        (SCRIPTS,),
    ),
    Mutation(
        "The list of people is told who stands above",
        "chat/static/chat/js/models/superiors.js",
        '        this.#ids = ids;\n        this.dispatchEvent(new Event("changed"));\n',
        "        this.#ids = ids;\n",
        (SCRIPTS,),
    ),
    Mutation(
        "The list of people offers tools for people below alone",
        "chat/static/chat/js/controllers/people_list.js",
        "button.hidden = !this.#superiors.canModerate(id);",
        "button.hidden = id === this.#you.id;",
        (PEOPLE,),
    ),
    Mutation(
        "The command that changes a password ends what is open",
        "chat/management/commands/changepassword.py",
        "        administration.set_password(person, self._ask(person))\n",
        "        person.set_password(self._ask(person))\n        person.save()\n",
        (COMMANDS,),
    ),
    Mutation(
        "A password encoded anew signs nobody out",
        "chat/models/people.py",
        "        if same.update(password=encoded, session_mark=mark):",
        "        if same.update(password=encoded):",
        (UPGRADE,),
    ),
    Mutation(
        "A password encoded anew undoes no change",
        "chat/models/people.py",
        "        same = Person.objects.filter(pk=self.pk, password=self.password)\n",
        "        same = Person.objects.filter(pk=self.pk)\n",
        (UPGRADE,),
    ),
    Mutation(
        "What sessions are compared by is kept for one password only",
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
        "A retry is recognised under the secret keys before",
        "chat/actions/fingerprints.py",
        "(settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)",
        "(settings.SECRET_KEY,)",
        (FINGERPRINTS,),
    ),
    Mutation(
        "What the release before edited is keyed, too",
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
