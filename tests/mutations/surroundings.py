"""The rules about logs, files, addresses and lists, and how each is broken."""

from tests.mutations.mutation import Mutation

LOGS = "tests/processes/test_private_logs.py"
LISTS = "tests/test_room_list.py"
ADDRESS = "tests/test_site_address.py"
CREATING = "tests/test_room_limits.py"
DELETING = "tests/moderation/test_room_deletion.py"

SURROUNDINGS = [
    Mutation(
        "A worker that starts later reads the settings file again",
        "chat/management/commands/serve.py",
        "os.execve(command[0], command, AT_START)",
        "os.execve(command[0], command, dict(os.environ))",
        ("tests/test_serve.py",),
    ),
    Mutation(
        "Each changeable field of a message is stored",
        "chat/models/messages.py",
        '"search_text", "edited_at", "deleted_at", "text_rev", "has")',
        '"search_text", "edited_at", "text_rev", "has")',
        ("tests/test_message_fields.py",),
    ),
    Mutation(
        "uvicorn logs no address and no query of a socket",
        "chatsite/settings.py",
        '        "uvicorn.error": {"filters": ["without_connections"]},\n',
        "",
        (LOGS,),
    ),
    Mutation(
        "Daphne logs no address and no query",
        "chatsite/server/daphne.py",
        "    silence_access_log()\n\n\n",
        "\n\n",
        (LOGS,),
    ),
    Mutation(
        "The rooms that everyone behind an address creates are counted",
        "chat/rate_limits/limits.py",
        "_take_all((rooms(kind), person_id), (rooms_by_address(), address))",
        "rooms(kind).take(person_id)",
        (CREATING,),
    ),
    Mutation(
        "Guests create no rooms where they may not",
        "chat/actions/rooms.py",
        "    if not may_create_rooms(person):\n",
        "    if False:\n",
        (CREATING,),
    ),
    Mutation(
        "The list of rooms has pages",
        "chat/room_list.py",
        'found.latest_first().values("pk")[: limit + 1]\n',
        'found.latest_first().values("pk")\n',
        (LISTS,),
    ),
    Mutation(
        "Rooms of the same moment are paged by id",
        "chat/room_list.py",
        "Q(head__active_at__lt=at) | Q(head__active_at=at, pk__lt=after.room_id)",
        "Q(head__active_at__lt=at)",
        (LISTS,),
    ),
    Mutation(
        "The room list holds only visible rooms",
        "chat/room_list.py",
        "rooms = Room.objects.visible_to(person)",
        "rooms = Room.objects.all()",
        (LISTS,),
    ),
    Mutation(
        "The sidebar has only rooms that the person belongs to",
        "chat/room_list.py",
        "        Membership.objects.current()\n        .filter(person=person)\n",
        "        Membership.objects.filter(person=person)\n",
        ("tests/test_sidebar.py",),
    ),
    Mutation(
        "The browse page lists only public rooms",
        "chat/room_list.py",
        "_found(person, query).public()",
        "_found(person, query)",
        ("tests/test_browse.py",),
    ),
    Mutation(
        "Leaving a private room asks first",
        "chat/views/membership.py",
        "    if must_confirm and room.visibility != Room.Visibility.PUBLIC:\n",
        "    if False:\n",
        ("tests/test_browse.py",),
    ),
    Mutation(
        "Only an owner deletes a room",
        "chat/actions/room_deletion.py",
        "if not permissions.actor_in(actor, room).owns:",
        "if not permissions.actor_in(actor, room).moderates:",
        (DELETING,),
    ),
    Mutation(
        "A room with messages is not deleted",
        "chat/actions/room_deletion.py",
        "    if not is_empty(room):\n",
        "    if False:\n",
        (DELETING,),
    ),
    Mutation(
        "Deleting a room disconnects everyone at once",
        "chat/delivery/service.py",
        "                self.head_check.trigger()  # which finds rooms that were deleted\n",
        "",
        ("tests/socket/test_room_deletion.py",),
    ),
    Mutation(
        "Links in mails begin with the address of the site",
        "chat/views/accounts.py",
        '        self.extra_email_context = {"protocol": protocol, "domain": domain, "site_name": name}\n',
        "",
        (ADDRESS,),
    ),
    Mutation(
        "QR codes and invitations begin with the address of the site",
        "chat/site_address.py",
        'return settings.SITE_URL or f"{request.scheme}',
        'return f"{request.scheme}',
        (ADDRESS,),
    ),
    Mutation(
        "A port that the site does not know is refused",
        "chatsite/settings.py",
        '    "chat.middleware.pages.KnownPort",\n',
        "",
        (ADDRESS,),
    ),
    Mutation(
        "Only its owner reads the database file",
        "chatsite/sqlite/base.py",
        "MODE = 0o600",
        "MODE = 0o644",
        ("tests/test_private_files.py",),
    ),
    Mutation(
        "A readable database file is a warning",
        "chat/checks/files.py",
        "file.stat().st_mode & 0o077",
        "file.stat().st_mode & 0o007",
        ("tests/test_private_files.py",),
    ),
    Mutation(
        "The settings example has the defaults, without comments after values",
        ".env.example",
        "# CHAT_GUESTS=on\n",
        "# CHAT_GUESTS=on      people may join with just a name\n",
        ("tests/test_env_example.py",),
    ),
    Mutation(
        "The profile lists a limited number of devices",
        "chat/views/profiles.py",
        ".with_first(here)[:DEVICES_LISTED]",
        ".with_first(here)",
        ("tests/test_lists.py",),
    ),
    Mutation(
        "No filter of the admin lists every room",
        "chat/admin/rooms.py",
        'list_filter = (SanctionFilter, RoomFilter, PersonFilter, "role")',
        'list_filter = (SanctionFilter, "room", PersonFilter, "role")',
        ("tests/test_lists.py",),
    ),
]
