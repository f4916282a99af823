"""Rank: no one edits messages of others. Deleting and restoring needs a higher rank than the author's."""

import pytest
from django.contrib.auth.models import Permission

from chat import protocol
from chat.actions import removal
from chat.actions.accounts import sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.removal import DELETE, ERASE, RESTORE, BulkRequest
from chat.actions.reports import Outcome, Resolution, report, resolve
from chat.auth import permissions
from chat.errors import ActionError
from chat.models import AuditEntry, Membership, Message, Person, Report
from chat.protocol import Code
from tests.api.client import assert_refused, post
from tests.cases import each
from tests.cast import PASSWORD, ask, say

# From the lowest to the highest.
RANKS = ["member", "moderator", "owner", "staff", "superuser"]
PAIRS = [(actor, author) for actor in RANKS for author in RANKS]


def stands_above(actor, author):
    return RANKS.index(actor) > RANKS.index(author) and actor != "member"


@pytest.fixture
def people(mona, alice, bob, chief, hall):
    """Two people of each rank, so that equals can act on each other."""
    first = {"member": bob, "moderator": mona, "owner": alice, "superuser": chief}
    first["staff"] = Person.objects.create_user("clerk", PASSWORD, is_staff=True)
    second = {rank: sign_up(f"other {rank}", PASSWORD) for rank in RANKS}
    import_memberships(hall, [MembershipImport(second[role], role) for role in ("member", "moderator", "owner")])
    second["staff"].is_staff = second["superuser"].is_superuser = second["superuser"].is_staff = True
    for rank in ("staff", "superuser"):
        second[rank].save()
    for clerk in (first["staff"], second["staff"]):
        clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_message", "delete_message"]))
    return first, second


def refused(act, *arguments):
    with pytest.raises(ActionError) as refusal:
        act(*arguments)
    return refusal.value.code == Code.FORBIDDEN


@each("rank", RANKS)
def test_messages_of_others_cannot_be_edited(people, hall, rank):
    message = say(people[1]["member"], hall, "as it was")
    assert refused(ask, people[0][rank], hall, protocol.Edit(seq=message.seq, body="forged"))
    assert Message.objects.get(pk=message.pk).body == "as it was"
    assert ask(people[1]["member"], hall, protocol.Edit(seq=message.seq, body="mine")).rev == 2


@each(("actor", "author"), PAIRS)
def test_deleting_in_the_room_takes_rank(people, hall, actor, author):
    message = say(people[1][author], hall)
    command = protocol.Delete(seq=message.seq, reason="Rude")
    if stands_above(actor, author):
        ask(people[0][actor], hall, command)
        assert AuditEntry.objects.get().reason == "Rude"
    else:
        assert refused(ask, people[0][actor], hall, command)
    assert Message.objects.get(pk=message.pk).is_deleted == stands_above(actor, author)


@each("action", [DELETE, RESTORE])
@each(("actor", "author"), PAIRS)
def test_deleting_and_restoring_over_the_api_take_the_same_rank(program, people, hall, action, actor, author):
    message = say(people[1][author], hall)
    if action is RESTORE:
        ask(people[1][author], hall, protocol.Delete(seq=message.seq))
    answer = post(program(people[0][actor]), f"/api/rooms/hall/messages/{message.seq}/{action.action}/", {})
    if stands_above(actor, author):
        assert answer.json() == {"messages": 1}
    else:
        assert_refused(answer, 403, "forbidden")
        assert Message.objects.get(pk=message.pk).is_deleted == (action is RESTORE)


@each("author", RANKS)
@each("actor", ["staff", "superuser"])
@each("action", [DELETE, ERASE])
def test_bulk_actions_of_staff_apply_the_same_rule(people, hall, action, actor, author):
    keys = [say(people[1][name], hall).pk for name in ("member", author)]
    if stands_above(actor, author):
        assert removal.execute(action, BulkRequest(people[0][actor]), keys) == 2
    else:
        assert refused(removal.execute, action, BulkRequest(people[0][actor]), keys)
        assert not Message.objects.exclude(deleted_at=None).exists()


def test_rank_of_another_room_does_not_count(people, hall, ops):
    message = say(people[1]["member"], hall)
    Membership.objects.filter(person=people[1]["member"], room=hall).update(role="member")
    import_memberships(ops, [MembershipImport(people[1]["member"], "owner")])
    assert removal.execute(DELETE, BulkRequest(people[0]["moderator"], "", hall), [message.pk]) == 1


@each("outcome", [Outcome.DELETED, Outcome.MUTED, Outcome.BANNED])
def test_a_report_gives_no_power_over_those_above(people, hall, outcome):
    message = say(people[0]["owner"], hall)
    report(people[0]["member"], hall, message.seq, "Rude")
    found = Report.objects.get().pk
    assert refused(resolve, people[0]["moderator"], hall, found, Resolution(outcome))
    assert not Message.objects.get(pk=message.pk).is_deleted
    assert resolve(people[0]["moderator"], hall, found, Resolution(Outcome.DISMISSED)) == 1


@each("rank", RANKS)
def test_own_messages_are_deleted_by_all_and_restored_by_superusers(people, hall, rank):
    person = people[0][rank]
    message = say(person, hall)
    ask(person, hall, protocol.Delete(seq=message.seq))
    if rank == "superuser":
        assert removal.execute(RESTORE, BulkRequest(person, "", hall), [message.pk]) == 1
    else:
        assert refused(removal.execute, RESTORE, BulkRequest(person, "", hall), [message.pk])


def test_messages_of_the_site_are_deleted_by_moderators(people, mona, bob, hall):
    message = say(bob, hall)
    Message.objects.filter(pk=message.pk).update(author=None)
    assert refused(ask, people[1]["member"], hall, protocol.Delete(seq=message.seq))
    ask(mona, hall, protocol.Delete(seq=message.seq))
    assert removal.execute(RESTORE, BulkRequest(mona, "", hall), [message.pk]) == 1


def test_a_banned_owner_has_no_rank(people, chief, mona, alice, hall):
    message = say(alice, hall)
    Membership.objects.filter(person=alice, room=hall).update(banned_at=message.created_at)
    assert removal.execute(DELETE, BulkRequest(mona, "", hall), [message.pk]) == 1


@each("rank", RANKS[1:])
def test_a_client_learns_which_people_outrank_it(program, people, hall, rank):
    for person in people[0].values():
        say(person, hall)
    answer = program(people[0][rank]).get("/api/rooms/hall/people/?only=above").json()
    expected = {it.name for held in people for name, it in held.items() if RANKS.index(name) >= RANKS.index(rank)}
    here = set(Membership.objects.filter(room=hall).values_list("person__name", flat=True))
    assert {it["person"]["name"] for it in answer["people"]} == expected & here
    assert people[0][rank].name in expected & here


def test_rank_of_many_authors_takes_two_queries(people, hall, django_assert_num_queries):
    actor = permissions.actor_in(people[0]["moderator"], hall)
    authors = [sign_up(f"author {number}", PASSWORD).pk for number in range(20)]
    with django_assert_num_queries(2):
        assert permissions.not_below(actor, hall, authors) == set()
