"""Many people use one invitation at once, in two processes, on both databases."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import pytest

from tests.processes.servers import postgresql
from tests.site import Shell, Site

ARRANGE = """
import json
from chat.actions.accounts import sign_up
from chat.actions.invitations import create
from chat.actions.rooms import create_room
from chat.models import Person
alice = sign_up("alice", None)
room = create_room(alice, "Ops", visibility="private")
people = [Person(is_active=True) for _ in range(101)]
for number, person in enumerate(people):
    person.rename(f"person {number}")
ids = [it.pk for it in Person.objects.bulk_create(people)]
print(json.dumps([create(alice, room, max_uses=10).code, create(alice, room, max_uses=5).code, ids]))
"""
# Each has found the invitation while it had uses. Only counting a use can refuse them.
USE = """
import json
from concurrent.futures import ThreadPoolExecutor
from django.db import connections
from chat.actions import invitations
from chat.errors import ActionError
from chat.models import Person
invitation, ids = invitations.find({code!r}), {ids}
def use(person):
    try:
        invitations.use(invitation, person)
        return "in"
    except ActionError as refusal:
        return str(refusal.code)
    finally:
        connections.close_all()
with ThreadPoolExecutor(8) as threads:
    print(json.dumps(list(threads.map(use, [Person.objects.get(pk=pk) for pk in ids]))))
"""
STORED = """
import json
from chat.models import AuditEntry, Invitation, Membership
members = Membership.objects.filter(room__name="Ops").count()
print(json.dumps([members, AuditEntry.objects.filter(action="add_member").count(),
    *Invitation.objects.order_by("pk").values_list("uses", flat=True)]))
"""


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_a_hundred_people_use_an_invitation_with_ten_uses_and_ten_become_members(tmp_path, database):
    with postgresql() if database == "postgresql" else nullcontext() as address:
        site = Site(tmp_path, **({"DATABASE_URL": address} if address else {}))
        [code, another, [*ids, last]] = json.loads(site.shell(ARRANGE))
        shells = [Shell(site.environment) for _ in range(2)]
        try:
            with ThreadPoolExecutor(2) as both:
                halves = [USE.format(code=code, ids=ids[start::2]) for start in range(2)]
                answers = both.map(lambda shell, half: json.loads(shell.run(half)), shells, halves)
                told = [answer for half in answers for answer in half]
                twice = USE.format(code=another, ids=[last] * 4)
                again = both.map(lambda shell: json.loads(shell.run(twice)), shells)
                assert [answer for half in again for answer in half] == 8 * ["in"]
        finally:
            for shell in shells:
                shell.close()
        assert (told.count("in"), told.count("expired"), len(told)) == (10, 90, 100)
        members, audited, *uses = json.loads(site.shell(STORED))
        assert (members, audited, uses) == (1 + 10 + 1, 11, [10, 1])
        site.stop()
