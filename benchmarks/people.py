"""Create people and rooms in the server's database. Prints a credential for each person or an address for each room."""

import secrets
import sys

import django
from django.conf import settings
from django.db import transaction

LONG_MESSAGES, LONG_BODY = 1500, "x" * 8000


def tokens(count: int) -> list[str]:
    """Bearer tokens, as programs have them."""
    from chat.actions import accounts

    with transaction.atomic():
        return [accounts.issue_token(accounts.join_as_guest(f"Person {number}")) for number in range(count)]


def sessions(count: int) -> list[str]:
    """Cookies, as browsers have them."""
    from django.test import Client

    from chat.actions import accounts

    browsers = [Client() for _ in range(count)]
    with transaction.atomic():
        for number, browser in enumerate(browsers):
            browser.force_login(accounts.join_as_guest(f"Reader {number}"))
    name = settings.SESSION_COOKIE_NAME
    return [f"{name}={browser.cookies[name].value}" for browser in browsers]


def rooms(count: int) -> list[str]:
    """Public rooms of one owner."""
    from chat.actions import accounts
    from chat.actions.rooms import create_room

    with transaction.atomic():
        owner = accounts.sign_up("Owner of rooms", secrets.token_urlsafe())
        return [create_room(owner, f"Room {number}").slug for number in range(count)]


def writers(count: int) -> list[str]:
    """Cookies of people whose data is as large as that of someone who has posted for years: 12 MB each."""
    from django.utils import timezone

    from chat.actions import accounts
    from chat.actions.imports.messages import Entry, import_history
    from chat.actions.rooms import create_room
    from chat.models import Person

    cookies = sessions(count)
    owner = accounts.sign_up("Owner of long messages", secrets.token_urlsafe())
    for person in Person.objects.filter(name__startswith="Reader ").order_by("pk")[:count]:
        room = create_room(owner, f"Messages of {person.name}")
        import_history(room, [Entry(person, LONG_BODY, timezone.now())] * LONG_MESSAGES)
    return cookies


if __name__ == "__main__":
    django.setup()
    kinds = {"tokens": tokens, "sessions": sessions, "rooms": rooms, "writers": writers}
    print(*kinds[sys.argv[1]](int(sys.argv[2])), sep="\n")
