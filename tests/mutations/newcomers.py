"""The rules of private text in the admin and in logs, and of the end of an account, and how each is broken."""

from tests.mutations.mutation import Mutation

PRIVATE_TEXT = ("tests/admin/test_private_text.py",)
TABLES = ("tests/profile/test_personal_tables.py",)
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
]
