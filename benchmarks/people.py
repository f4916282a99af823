"""Run beside the server's database: makes people and rooms as the site does, and prints for each person what they come
in with, for each room its address."""

import sys

import django
from django.conf import settings
from django.db import transaction


def tokens(count: int) -> list[str]:
    """Bearer tokens, as programs have them."""
    from chat.actions import people

    with transaction.atomic():
        return [people.issue_token(people.join_as_guest(f"Person {number}")) for number in range(count)]


def sessions(count: int) -> list[str]:
    """Cookies, as browsers have them."""
    from django.test import Client

    from chat.actions import people

    browsers = [Client() for _ in range(count)]
    with transaction.atomic():
        for number, browser in enumerate(browsers):
            browser.force_login(people.join_as_guest(f"Reader {number}"))
    name = settings.SESSION_COOKIE_NAME
    return [f"{name}={browser.cookies[name].value}" for browser in browsers]


def rooms(count: int) -> list[str]:
    """Public rooms of one owner."""
    from chat.actions import people
    from chat.actions.rooms import create_room

    with transaction.atomic():
        owner = people.join_as_guest("Owner of rooms")
        return [create_room(owner, f"Room {number}").slug for number in range(count)]


if __name__ == "__main__":
    django.setup()
    kinds = {"tokens": tokens, "sessions": sessions, "rooms": rooms}
    print(*kinds[sys.argv[1]](int(sys.argv[2])), sep="\n")
