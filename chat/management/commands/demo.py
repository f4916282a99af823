"""`manage.py demo`: fill the site with people, rooms and months of messages."""

import gc
from argparse import ArgumentParser
from time import perf_counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from chat.demo import Demo, fill

PASSWORD = "demo"  # noqa: S105 (meant to be known; only ever given on a development site)


def _number(value: str) -> int:
    """Parse a number for argparse, which turns a ValueError into a usage error."""
    if (number := int(value)) < 1:
        raise ValueError(value)
    return number


class Command(BaseCommand):
    help = "Fill the site with people, rooms and a few months of conversation. Another run adds to what is there."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--messages", type=_number, default=Demo.messages, help="number of messages (default: %(default)s)"
        )
        parser.add_argument(
            "--people", type=_number, default=Demo.people, help="number of people (default: %(default)s)"
        )
        parser.add_argument("--rooms", type=_number, default=Demo.rooms, help="number of rooms (default: %(default)s)")
        parser.add_argument("--seed", type=int, default=Demo.seed, help="the same seed creates the same conversation")
        parser.add_argument("--force", action="store_true", help="run even with DEBUG=off (accounts get no password)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG and not options["force"]:
            message = "DEBUG is off, so this looks like a production site. Use --force to add demo data anyway."
            raise CommandError(message)
        password = PASSWORD if settings.DEBUG else None
        demo = Demo(options["messages"], options["people"], options["rooms"], options["seed"], password)
        # Loaded modules stay, so the collector can skip them during the import.
        gc.freeze()
        started = perf_counter()
        with tqdm(total=demo.messages, unit=" messages", unit_scale=True, disable=options["verbosity"] == 0) as bar:
            filled = fill(demo, progress=bar.update)
        self._report(demo, len(filled.people), len(filled.rooms), perf_counter() - started)

    def _report(self, demo: Demo, people: int, rooms: int, seconds: float) -> None:
        rate = demo.messages / seconds
        self.stdout.write(
            f"Created {demo.messages:,} messages by {people} people in {rooms} rooms in {seconds:.1f} s "
            f"({rate:,.0f} per second)."
        )
        if demo.password:
            self.stdout.write(f"Sign in with any of their names, such as Ada, and the password {demo.password!r}.")
