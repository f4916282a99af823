"""The rules of sign-up, of the first owner, and of private text in the admin and in logs, and how each is broken."""

from tests.mutations.mutation import Mutation

MODES = ("tests/accounts/test_sign_up_modes.py",)
SETUP = ("tests/accounts/test_setup.py",)
PRIVATE_TEXT = ("tests/admin/test_private_text.py",)
WITHDRAWAL = ("tests/files/test_withdrawal.py",)
TABLES = ("tests/profile/test_personal_tables.py",)
PENDING = ("tests/matrix/test_pending.py",)
STAFF_TEXT = "chat/auth/staff_text.py"

NEWCOMERS = [
    Mutation(
        "The admin shows no text of a private room",
        STAFF_TEXT,
        "    return settings.CHAT_ADMIN_READS_PRIVATE or room.visibility == Room.Visibility.PUBLIC\n",
        "    return True\n",
        PRIVATE_TEXT,
    ),
    Mutation(
        "A search of the admin matches no text that it does not show",
        STAFF_TEXT,
        "else Q(body__icontains=word) & _PUBLIC",
        "else Q(body__icontains=word)",
        PRIVATE_TEXT,
    ),
    Mutation(
        "A search of the admin matches no name of a file that it does not show",
        STAFF_TEXT,
        "else named & public",
        "else named",
        WITHDRAWAL,
    ),
    Mutation(
        "An export of the admin has no text of a private room",
        STAFF_TEXT,
        'else Case(When(_PUBLIC, then=F("body")))',
        'else F("body")',
        PRIVATE_TEXT,
    ),
    Mutation(
        "A resolved report of a private room shows no quote",
        STAFF_TEXT,
        "report.quote if report.resolved_at is None or is_shown(report.room) else HIDDEN",
        "report.quote",
        PRIVATE_TEXT,
    ),
    Mutation(
        "Logs do not name a private room",
        "chat/telemetry/logs.py",
        'return slug if visibility == "public" else f"#{room_id}"',
        "return slug",
        ("tests/socket/test_logs.py",),
    ),
    Mutation(
        "Paths in logs do not name a private room",
        "chat/telemetry/logs.py",
        'return _ROOM_NAME.sub(r"\\1…\\2", _SECRET_PATHS.sub(',
        'return ("{}").format(_SECRET_PATHS.sub(',
        ("tests/test_telemetry_logs.py",),
    ),
    Mutation(
        "Links that verify an address are not logged",
        "chat/telemetry/logs.py",
        "(/accounts/+verify/+|/invite/+|/mail/+stop/+|/api/+hooks/+)",
        "(/invite/)",
        ("tests/test_telemetry_logs.py",),
    ),
    Mutation(
        "Without an invitation, no one signs up where one is needed",
        "chat/auth/sign_up.py",
        "return Mode.OPEN if invitation is not None and mode is not Mode.CLOSED else mode",
        "return Mode.OPEN if mode is not Mode.CLOSED else mode",
        MODES,
    ),
    Mutation(
        "An invitation does not open a closed site",
        "chat/auth/sign_up.py",
        "return Mode.OPEN if invitation is not None and mode is not Mode.CLOSED else mode",
        "return Mode.OPEN if invitation is not None else mode",
        MODES,
    ),
    Mutation(
        "Only invitations of people who may bring newcomers admit them",
        "chat/views/sign_up.py",
        "return found if found is not None and invitations.admits_newcomers(found) else None",
        "return found",
        MODES,
    ),
    Mutation(
        "An account and the use of its invitation are one transaction",
        "chat/actions/accounts.py",
        "            join_default_rooms(person)\n        also(person)\n",
        "            join_default_rooms(person)\n    also(person)\n",
        MODES,
    ),
    Mutation(
        "Only addresses at the site's domains sign up",
        "chat/auth/sign_up.py",
        "return lower in settings.CHAT_EMAIL_DOMAINS and",
        "return any(lower.endswith(it) for it in settings.CHAT_EMAIL_DOMAINS) and",
        MODES,
    ),
    Mutation(
        "A domain that is ASCII only in lower case is another",
        "chat/auth/sign_up.py",
        " and lower.isascii() == domain.isascii()\n",
        "\n",
        MODES,
    ),
    Mutation(
        "A link verifies one address",
        "chat/auth/address_links.py",
        "person if person is not None and self._is_for(digest, person.email) else None",
        "person",
        MODES,
    ),
    Mutation(
        "A link works only for an account without a password, or with an address that is not verified",
        "chat/auth/sign_up.py",
        "(person.may_verify or person.has_unverified_email)",
        "True",
        MODES,
    ),
    Mutation(
        "A link for a guest works only in the guest's browser",
        "chat/views/sign_up.py",
        "if found is None or (found.is_guest and found.pk != request.user.pk):",
        "if found is None:",
        MODES,
    ),
    Mutation(
        "An account that waits for approval cannot sign in",
        "chat/auth/login_throttle.py",
        "            if person.pending_since is not None:\n",
        "            if False:\n",
        MODES,
    ),
    Mutation(
        "An account that waits belongs to no room",
        "chat/actions/accounts.py",
        "        if person.is_active and not person.is_plain:\n",
        "        if not person.is_plain:\n",
        MODES,
    ),
    Mutation(
        "Only the set-up code makes the first owner",
        "chat/auth/login_throttle.py",
        "        if not is_right():\n",
        "        if False:\n",
        SETUP,
    ),
    Mutation(
        "A site gets its first owner once",
        "chat/actions/sign_up.py",
        "        if Person.objects.active().filter(is_superuser=True).exists():\n",
        "        if False:\n",
        SETUP,
    ),
    Mutation(
        "A site with an owner has no set-up page",
        "chat/views/sign_up.py",
        "        if ownership.has_owner():\n            raise Http404\n",
        "",
        SETUP,
    ),
    Mutation(
        "Invitations end with the account that made them",
        "chat/actions/account_deletion.py",
        "    made.filter(revoked_at=None).update(revoked_at=timezone.now())\n",
        "",
        TABLES,
    ),
    Mutation(
        "Blocks and requests end with the account",
        "chat/actions/account_deletion.py",
        "        Block.objects.filter(Q(person=gone) | Q(blocked=gone)).delete()\n",
        "",
        TABLES,
    ),
    Mutation(
        "The session of an account that waits is worth nothing",
        "chat/auth/authentication.py",
        'Person.objects.active().filter(pk__in=ParamList("ids"',
        'Person.objects.filter(pk__in=ParamList("ids"',
        ("tests/matrix/test_private.py",),
    ),
    Mutation(
        "The token of an account that waits is worth nothing",
        "chat/models/tokens.py",
        "return self.filter(expires, revoked_at=None, person__is_active=True)",
        "return self.filter(expires, revoked_at=None)",
        PENDING,
    ),
    Mutation(
        "No one finds an account that waits",
        "chat/member_list.py",
        "people = Person.objects.active()\n",
        "people = Person.objects.all()\n",
        PENDING,
    ),
]
