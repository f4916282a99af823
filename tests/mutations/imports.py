"""The rules of imports and of archives, and how each is broken."""

from tests.mutations.mutation import Mutation

MESSAGES = "chat/actions/imports/archive_messages.py"
PEOPLE, ROOMS = "chat/actions/imports/archive_people.py", "chat/actions/imports/archive_rooms.py"
FILES, CONTAINER = "chat/actions/imports/archive_files.py", "chat/archives/container.py"
SLACK, SITE = ("tests/imports/test_slack_archive.py",), ("tests/imports/test_site_archive.py",)

IMPORTS = [
    Mutation("A message is imported once", MESSAGES, "    return dict(rows)\n", "    return {}\n", SLACK),
    Mutation(
        "A message has the same id in every run",
        "chat/archives/identity.py",
        "int.from_bytes(digest[:10])",
        "id(digest)",
        SLACK,
    ),
    Mutation(
        "People are the same in every run",
        PEOPLE,
        "new = {it.id: it for it in records if it.id not in known}",
        "new = {it.id: it for it in records}",
        SLACK,
    ),
    Mutation(
        "Imported messages are not unread", MESSAGES, "    up_to_date.update(read_seq=last)\n", "    pass\n", SLACK
    ),
    Mutation(
        "No one writes in a room before all its messages are there",
        ROOMS,
        "    room.archived_at = timezone.now()  # until `finish`\n",
        "    room.archived_at = record.archived_at\n",
        SLACK,
    ),
    Mutation(
        "Only a verified address makes an account that of a person",
        PEOPLE,
        "filter(is_guest=False, email_verified_at__isnull=False)",
        "filter(is_guest=False)",
        SLACK,
    ),
    Mutation("An imported account is closed", PEOPLE, "        is_active=False,\n", "", SLACK),
    Mutation(
        "A reserved name is for accounts of no one", PEOPLE, "(person.email and is_reserved(name))", "False", SLACK
    ),
    Mutation(
        "Only accounts of archives are taken over by email",
        "chat/models/people.py",
        "imported_from__isnull=False, ",
        "",
        SITE,
    ),
    Mutation(
        "An account with a verified address is not taken over",
        "chat/models/people.py",
        "pending_since=None, email_verified_at=None)\n        ours",
        "pending_since=None)\n        ours",
        SITE,
    ),
    Mutation(
        "A closed account has no address in an archive",
        "chat/archives/slack.py",
        "if it.profile and not it.deleted else None",
        "if it.profile else None",
        SLACK,
    ),
    Mutation("Only a room that no one has used is replaced", ROOMS, "or not room_deletion.is_empty(room)", "", SLACK),
    Mutation(
        "A file is what its record says",
        FILES,
        "            return {}\n    found = kinds",
        "            pass\n    found = kinds",
        SITE,
    ),
    Mutation("Packed data has a limit of growth", CONTAINER, "size > MAX_GROWTH * packed", "False", SLACK),
    Mutation("Links in a folder are not followed", CONTAINER, "stat.S_ISREG(path.lstat().st_mode)", "True", SLACK),
    Mutation(
        "A broken day stops the import before it begins",
        "chat/archives/slack.py",
        "if broken and not skips_broken:",
        "if False:",
        SLACK,
    ),
    Mutation(
        "An archive keeps the numbers of messages",
        MESSAGES,
        "last = max(last + 1, records[pk].seq or 0)",
        "last = last + 1",
        SITE,
    ),
    Mutation(
        "A new account joins no room twice",
        "chat/actions/joining.py",
        "wanted.exclude(memberships__person=person)",
        "wanted",
        SITE,
    ),
]
