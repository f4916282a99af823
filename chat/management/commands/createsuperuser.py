"""`manage.py createsuperuser`: Django's command, with an audit log entry and an error for a look-alike name."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.core.management.base import CommandError
from django.db import IntegrityError

from chat.actions import administration
from chat.models import Person
from chat.models.people import NAME_TAKEN


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        before = set(Person.objects.filter(is_superuser=True).values_list("pk", flat=True))
        try:
            super().handle(*args, **options)
        except IntegrityError as error:
            raise CommandError(NAME_TAKEN) from error
        administration.record_superusers(Person.objects.filter(is_superuser=True).exclude(pk__in=before))
