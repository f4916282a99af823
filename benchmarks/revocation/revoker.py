"""A process beside the server that ends rights, as `manage.py` or another worker does. It reads `KIND NAME` lines
and answers each with a line when it is done.

Its first line of output is the slug of a private room in which everyone is a member.
"""

import sys
from collections.abc import Callable

import django


def main() -> None:
    django.setup()
    from chat.actions import administration, credentials, sanctions, staff_accounts
    from chat.actions.imports.people import MembershipImport, import_memberships
    from chat.actions.rooms import create_room
    from chat.models import Person, Room

    staff = Person.objects.create_superuser("Revoker", "correct horse battery staple")
    lobby = Room.objects.get(slug="lobby")
    private = create_room(staff, "Private", visibility=Room.Visibility.PRIVATE)
    import_memberships(private, [MembershipImport(person) for person in Person.objects.exclude(pk=staff.pk)])
    ends: dict[str, Callable[[Person], object]] = {
        "signed-out": lambda it: credentials.sign_out(it, it.sessions.get().public_id),
        "password": lambda it: administration.set_password(it, None, by=staff),
        "deactivated": lambda it: staff_accounts.deactivate(staff, [it]),
        "token": lambda it: credentials.revoke_token(it, it.tokens.get().pk),
        "banned": lambda it: sanctions.ban(staff, lobby, it, reason="A benchmark"),
        "removed": lambda it: sanctions.close_membership(staff, private, it),
        "muted": lambda it: sanctions.mute(staff, lobby, it, duration=None, reason="A benchmark"),
        "role": lambda it: sanctions.give_role(staff, lobby, it, "moderator"),
    }
    print(private.slug, flush=True)
    for line in sys.stdin:
        kind, name = line.rstrip("\n").split(" ", 1)
        ends[kind](Person.objects.get(name=name))
        print(kind, flush=True)


if __name__ == "__main__":
    main()
