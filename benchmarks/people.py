"""Run beside the server's database: makes people as the site does, and prints a token for each."""

import sys

import django
from django.db import transaction


def tokens(count: int) -> list[str]:
    from chat.actions import people

    with transaction.atomic():
        return [people.issue_token(people.join_as_guest(f"Person {number}")) for number in range(count)]


if __name__ == "__main__":
    django.setup()
    print(*tokens(int(sys.argv[1])), sep="\n")
