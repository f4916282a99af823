"""The rules of access and moderation, and a mutation that breaks each."""

from tests.mutations.mutation import Mutation

MATRIX = "tests/matrix/test_http.py"
SANCTIONS = "tests/moderation/test_sanctions.py"
REMOVAL = "tests/moderation/test_removal.py"
DESK = "tests/moderation/test_admin.py"
GUESSING = "tests/accounts/test_login_throttle.py"
REVOCATION = "tests/socket/test_revocation.py"
ADMISSION = "tests/socket/test_admission.py"
COMMANDS = "tests/socket/test_commands.py"
LIMITS = "tests/socket/test_limits.py"
MODERATION = "tests/socket/test_moderation.py"

SEEING = [
    Mutation(
        "A banned person cannot see the room",
        "chat/models/rooms.py",
        ".exclude(models.Exists(own.exclude(banned_at=None)))\n",
        "\n",
        (SANCTIONS,),
    ),
    Mutation(
        "Someone who left a private room does not see it",
        "chat/models/memberships.py",
        "return self.filter(left_at=None, banned_at=None)",
        "return self.filter(banned_at=None)",
        ("tests/test_access_rule.py",),
    ),
    Mutation(
        "Someone who left has no access to a private room",
        "chat/models/rooms.py",
        "is_member = membership is not None and membership.left_at is None",
        "is_member = membership is not None",
        ("tests/test_access_rule.py",),
    ),
    Mutation(
        "A deactivated person sees nothing",
        "chat/models/rooms.py",
        "return self.open_to(person.pk) if person.is_authenticated and person.is_active else self.none()",
        "return self.open_to(person.pk) if person.is_authenticated else self.none()",
        (SANCTIONS,),
    ),
    Mutation(
        "A deactivated person finds no room by its address",
        "chat/models/rooms.py",
        "found = _AT_ADDRESS.rows(person=person.pk, slug=slug) if person.is_active else []",
        "found = _AT_ADDRESS.rows(person=person.pk, slug=slug)",
        (SANCTIONS,),
    ),
    Mutation(
        "A search covers only visible rooms",
        "chat/search/finding.py",
        "rooms = Room.objects.visible_to(person)",
        "rooms = Room.objects.all()",
        ("tests/search/test_finding.py",),
    ),
    Mutation(
        "A page of history needs access to the room",
        "chat/views/rooms.py",
        "found = Room.seen_by(person, slug)",
        "found = Room.objects.with_head().get(slug=slug)",
        (MATRIX,),
    ),
    Mutation(
        "The QR code of a room needs access to the room",
        "chat/views/invitations.py",
        "Room.objects.visible_to(person_of(request)), slug=slug",
        "Room.objects.all(), slug=slug",
        (MATRIX,),
    ),
    Mutation(
        "Reactions need access to the room",
        "chat/api/reactions.py",
        "Room.seen_by(person, slug)",
        "Room.objects.get(slug=slug)",
        (MATRIX,),
    ),
    Mutation(
        "A report needs access to the room",
        "chat/api/reports.py",
        "Room.seen_by(person, slug)",
        "Room.objects.get(slug=slug)",
        (MATRIX,),
    ),
    Mutation(
        "Only owners can open the settings of a room",
        "chat/views/room_settings.py",
        "    if not permissions.actor_in(person, room).owns:\n",
        "    if not permissions.actor_in(person, room).moderates:\n",
        (MATRIX,),
    ),
]
ENTERING = [
    Mutation(
        "A page of another site opens no socket",
        "chat/auth/origins.py",
        "bool(origin != f\"{'https' if settings.HTTPS else request.scheme}://{request.get_host()}\")",
        "not origin.startswith(f\"{'https' if settings.HTTPS else request.scheme}://{request.get_host()}\")",
        (ADMISSION,),
    ),
    Mutation(
        "A token is stored and compared as a hash",
        "chat/models/tokens.py",
        '        return hashlib.sha256(secret.encode(errors="replace")).hexdigest()',
        "        return hashlib.sha256(secret[:16].encode()).hexdigest()",
        ("tests/profile/test_tokens.py",),
    ),
    Mutation(
        "A revoked token gives no access",
        "chat/auth/authentication.py",
        "Token.objects.valid(_NOW)\n        .filter(digest__in=",
        "Token.objects.filter(digest__in=",
        ("tests/profile/test_tokens.py", "tests/api/test_access.py"),
    ),
    Mutation(
        "A session with an old password opens no socket",
        "chat/auth/authentication.py",
        "    if person is None or not _has_password_of(person, session):\n",
        "    if person is None:\n",
        (ADMISSION, REVOCATION),
    ),
    Mutation(
        "No two names look alike",
        "chat/text/lookalikes.py",
        "    return caseless(_look(name))[:FORM_MAX_LENGTH]\n",
        "    return caseless(name)[:FORM_MAX_LENGTH]\n",
        ("tests/accounts/test_members.py", "tests/accounts/test_guests.py"),
    ),
    Mutation(
        "Guesses at one name from many addresses are throttled",
        "chat/auth/login_throttle.py",
        "limits.joined(handle, address)), (limits.failures_by_name, handle)]\n",
        "limits.joined(handle, address))]\n",
        (GUESSING,),
    ),
    Mutation(
        "Wrong tokens are counted by address",
        "chat/auth/login_throttle.py",
        "    if wait := limits.wrong_tokens().take(address):\n",
        "    if wait := 0.0:\n",
        (GUESSING,),
    ),
    Mutation(
        "A bucket gives no more tokens than it holds",
        "chat/rate_limits/token_bucket.py",
        "        if wait > TOLERANCE_SECONDS:\n",
        "        if wait > self._burst / self._rate:\n",
        ("tests/test_limits.py",),
    ),
    Mutation(
        "A frame has a size limit",
        "chat/protocol.py",
        '    if len(text) > MAX_FRAME_IN_BYTES or len(text.encode(errors="replace")) > MAX_FRAME_IN_BYTES:\n',
        "    if len(text) > MAX_FRAME_IN_BYTES:\n",
        ("tests/test_protocol.py",),
    ),
    Mutation(
        "A person has a limited number of connections",
        "chat/delivery/admission/connection_counts.py",
        "        if limit and self.size(key) >= limit:\n",
        "        if limit and self.size(key) > limit:\n",
        (LIMITS,),
    ),
    Mutation(
        "A client that keeps flooding is closed",
        "chat/delivery/connection.py",
        "                self.close(Close.RATE_LIMITED)\n",
        "                counts.closes[Close.RATE_LIMITED] += 1\n",
        (COMMANDS,),
    ),
    Mutation(
        "No page runs a script of another site",
        "chatsite/settings.py",
        '        "script-src": ["\'self\'"],\n',
        '        "script-src": ["\'self\'", "https:"],\n',
        ("tests/test_security_headers.py",),
    ),
]
ENDING = [
    Mutation(
        "Ending a session closes its connections",
        "chat/auth/authentication.py",
        '        return not live_sessions.isdisjoint(ids_by_id(credential.session_id or "")) and any(\n',
        "        return any(\n",
        (REVOCATION,),
    ),
    Mutation(
        "A new password closes the connections of the old one",
        "chat/auth/authentication.py",
        "            constant_time_compare(mark, credential.password_mark) for mark in _password_marks(person)\n",
        "            constant_time_compare(mark, mark) for mark in _password_marks(person)\n",
        (REVOCATION,),
    ),
    Mutation(
        "Deactivating a person closes their connections",
        "chat/auth/authentication.py",
        "        if person is None or not person.is_active:\n            return False\n",
        "        if person is None:\n            return False\n",
        (REVOCATION,),
    ),
    Mutation(
        "Revoking a token closes its connections",
        "chat/auth/authentication.py",
        "            return credential.token_id in live_tokens\n",
        "            return bool(credential.token_id)\n",
        (REVOCATION,),
    ),
    Mutation(
        "A person banned from a public room is disconnected",
        "chat/delivery/admission/access.py",
        "        | ~Q(banned_at=None)\n",
        "",
        (MODERATION,),
    ),
    Mutation(
        "A person removed from a private room is disconnected",
        "chat/delivery/admission/access.py",
        "        if room is not None and RoomAccess.of(room, membership) is None:",
        "        if room is not None and membership and RoomAccess.of(room, membership) is None:",
        (REVOCATION, ADMISSION),
    ),
    Mutation(
        "A muted person cannot post",
        "chat/actions/batch.py",
        "        if membership and membership.is_muted:\n",
        "        if membership is None:\n",
        (SANCTIONS,),
    ),
    Mutation(
        "A message ends the typing of its author",
        "chat/consumers/commands.py",
        "    if isinstance(command, protocol.Post):\n        _stop_typing(delivery, connection)\n",
        "",
        ("tests/socket/test_people.py",),
    ),
    Mutation(
        "Typing of a muted person is not sent",
        "chat/consumers/commands.py",
        "elif connection.may_write and now",
        "elif now",
        (MODERATION,),
    ),
]
ORDER = [
    Mutation(
        "No one moderates people of the same or a higher rank",
        "chat/auth/permissions.py",
        "return self.moderates and self.rank > other.rank",
        "return self.moderates and self.rank >= other.rank",
        (SANCTIONS,),
    ),
    Mutation(
        "Moderation over the API needs a role in this room",
        "chat/api/moderation.py",
        "    if not permissions.actor_in(person, room).moderates:\n",
        "    if not person.is_active:\n",
        (MATRIX,),
    ),
    Mutation(
        "Audit entries cannot be changed",
        "chat/models/moderation.py",
        '        if self.pk is not None:\n            raise TypeError("Audit entries cannot be changed.")\n',
        "",
        (SANCTIONS,),
    ),
    Mutation(
        "A client with a cursor from before an erased message gets a reset",
        "chat/actions/removal.py",
        "        head.floor_rev = max(head.floor_rev, before)\n",
        "",
        (REMOVAL,),
    ),
    Mutation(
        "Erasing needs more than the permission to moderate",
        "chat/actions/removal.py",
        "    right = permissions.ERASE\n",
        "    right = permissions.MODERATE\n",
        (REMOVAL, DESK),
    ),
    Mutation(
        "Exported cells are never formulas",
        "chat/exports/messages.py",
        "_csv([[_without_formula(_cell(it)) for it in row]])",
        "_csv([row])",
        (DESK,),
    ),
    Mutation(
        "Nothing is pruned without a confirmation",
        "chat/management/commands/prune.py",
        "retention.prune(expired) if yes else expired.rows.count()",
        "retention.prune(expired)",
        ("tests/moderation/test_retention.py",),
    ),
    Mutation(
        "No guest is purged without a confirmation",
        "chat/management/commands/prune.py",
        "staff_accounts.purge_guests(None, since) if yes else staff_accounts.unused_guests(since).count()",
        "staff_accounts.purge_guests(None, since)",
        ("tests/moderation/test_retention.py", REMOVAL),
    ),
]
GUARDS = [*SEEING, *ENTERING, *ENDING, *ORDER]
