"""People and rooms for the experiments, created in bulk by the site's own code."""

import json
from dataclasses import dataclass

# By the site's own actions, in one process: a thousand requests for guests would take longer than all else.
MAKE = """
import json
from django.db import transaction
from chat.actions import accounts
from chat.actions.rooms import create_room
with transaction.atomic():
    owner = accounts.sign_up("{name} owner", "a long pass phrase")
    slug = create_room(owner, "{name}").slug
    made = [accounts.join_as_guest(f"{name} " + str(number)) for number in range({count})]
    people = [[it.pk, it.name, accounts.issue_token(it)] for it in [owner, *made]]
print(json.dumps([slug, people]))
"""


@dataclass(frozen=True)
class Person:
    id: int
    name: str
    token: str

    def headers(self, port):
        return {"Authorization": f"Bearer {self.token}"}


@dataclass(frozen=True)
class Browser:
    """A person with a session instead of a token."""

    id: int
    name: str
    cookie: str

    def headers(self, port):
        return {"Cookie": self.cookie, "Origin": f"http://127.0.0.1:{port}"}


SIGN_IN = """
from django.conf import settings
from django.test import Client
from chat.models import Person
browser = Client()
browser.force_login(Person.objects.get(pk={person}))
print(settings.SESSION_COOKIE_NAME + "=" + browser.cookies[settings.SESSION_COOKIE_NAME].value)
"""


def signed_in(site, person):
    printed = site.shell(SIGN_IN.format(person=person.id))
    return Browser(person.id, person.name, printed.strip())


def gather(site, name, count):
    """A new room, its owner and `count` guests."""
    printed = site.shell(MAKE.format(name=name, count=count))
    slug, (owner, *made) = json.loads(printed.splitlines()[-1])
    return slug, Person(*owner), [Person(*it) for it in made]
