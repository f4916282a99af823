"""`manage.py changepassword`: set a password as in the admin, which ends all sessions, tokens and open sockets."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from chat.actions import administration
from chat.models import Person

TRIES = 3


class Command(BaseCommand):
    help = "Set a person's password and sign them out everywhere: their sessions and access tokens end."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "username", nargs="?", metavar="NAME", help="name of the person (default: your user name on this computer)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["username"] or getpass.getuser()
        try:
            person = Person.objects.get_by_natural_key(name)
        except Person.DoesNotExist as error:
            raise CommandError(f"There is no person {name!r}.") from error
        if person.is_bot:
            raise CommandError(f"{person.name} is a bot, and has no password.")
        self.stdout.write(f"Changing the password of {person.name}")
        administration.set_password(person, self._ask(person))
        self.stdout.write(f"The password of {person.name} was changed. Their sessions and access tokens have ended.")

    def _ask(self, person: Person) -> str:
        for _ in range(TRIES):
            password = getpass.getpass("New password: ")
            if not password:
                raise CommandError("Nothing was changed.")
            if password != getpass.getpass("Confirm password: "):
                self.stderr.write("The passwords do not match. Try again.")
                continue
            try:
                validate_password(password, person)
            except ValidationError as error:
                self.stderr.write("\n".join(error.messages))
            else:
                return password
        raise CommandError(f"Nothing was changed after {TRIES} tries.")
