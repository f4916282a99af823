"""Adding people to a room by name, and requests to join."""

from datetime import timedelta

from django.utils import timezone

from chat import broadcast
from chat.actions import invitations, join_requests, joining, members, rooms, sanctions
from chat.actions.rooms import create_room
from chat.auth.authentication import Credential
from chat.delivery.admission import access
from chat.models import AuditEntry, Block, JoinRequest, Membership, Person, Room
from chat.protocol import Code
from tests.cast import say
from tests.invitations.test_links import place, refused

ACCEPTED, DECLINED = JoinRequest.RequestOutcome


def add(actor, room, name):
    return members.add(actor, room, name=name)


def test_someone_is_added_by_name_or_id(alice, bob, carol, ops):
    add(alice, ops, " CAROL ")
    own = place(carol, ops)
    assert (own.is_current, own.role, own.added_by, own.invitation) == (True, "member", alice, None)
    assert AuditEntry.objects.values_list("actor", "action", "person").get() == ("alice", "add_member", "carol")
    joining.leave(carol, ops)
    assert members.add(alice, ops, person_id=carol.pk).is_current


def test_members_add_people_only_where_the_room_lets_them(bob, carol, gil, hall, ops):
    assert refused(add, bob, ops, "carol") is Code.FORBIDDEN
    assert refused(add, gil, hall, "carol") is Code.FORBIDDEN
    Room.objects.update(members_invite=True)
    ops.refresh_from_db()
    assert add(bob, ops, "carol").is_current


def test_people_are_added_to_the_room_as_it_is_by_then(alice, bob, carol, hall):
    Room.objects.filter(pk=hall.pk).update(visibility=Room.Visibility.PRIVATE, history=Room.History.JOINED)
    assert refused(add, bob, hall, "carol") is Code.FORBIDDEN
    say(alice, hall)
    assert add(alice, hall, "carol").floor_seq == 1


def test_people_who_cannot_be_added(alice, bob, carol, gil, ops):
    assert refused(add, alice, ops, "nobody") is Code.NOT_FOUND
    assert refused(members.add, alice, ops, person_id=10**9) is Code.NOT_FOUND
    assert refused(add, alice, ops, "bob") is Code.CONFLICT
    assert refused(add, alice, ops, "gil") is Code.FORBIDDEN
    carol.is_active = False
    carol.save()
    assert refused(add, alice, ops, "carol") is Code.NOT_FOUND
    rooms.archive(alice, ops)
    ops.refresh_from_db()
    assert refused(add, alice, ops, "bob") is Code.ARCHIVED


def test_only_moderators_learn_of_a_ban_and_no_one_of_a_block(alice, bob, carol, ops):
    Room.objects.update(members_invite=True)
    ops.refresh_from_db()
    add(alice, ops, "carol")
    sanctions.ban(alice, ops, carol, reason="no")
    assert refused(add, alice, ops, "carol") is Code.CONFLICT
    assert refused(add, bob, ops, "carol") is Code.FORBIDDEN
    sanctions.unban(alice, ops, carol)
    Membership.objects.filter(person=carol).delete()
    Block.objects.create(person=carol, blocked=bob)
    assert refused(add, bob, ops, "carol") is Code.FORBIDDEN
    assert add(alice, ops, "carol").is_current


# ---- Requests


def open_for_requests(room):
    Room.objects.filter(pk=room.pk).update(joining=Room.Joining.ASK)
    room.refresh_from_db()


def test_a_request_is_accepted_by_a_moderator(alice, bob, carol, ops):
    assert refused(join_requests.ask, carol, "ops") is Code.NOT_FOUND
    open_for_requests(ops)
    request, is_new = join_requests.ask(carol, "ops", "  it’s\nme ")
    again, is_newer = join_requests.ask(carol, "ops", "again")
    assert (request.note, is_new, again, is_newer) == ("it’s me", True, request, False)
    assert [list(join_requests.open_for(it)) for it in (alice, bob, carol)] == [[request], [], []]
    assert refused(join_requests.decide, bob, ops, request.pk, ACCEPTED) is Code.FORBIDDEN
    join_requests.decide(alice, ops, request.pk, ACCEPTED)
    request.refresh_from_db()
    assert (request.outcome, request.decided_by, place(carol, ops).added_by) == (ACCEPTED, alice, alice)
    assert refused(join_requests.decide, alice, ops, request.pk, DECLINED) is Code.NOT_FOUND
    assert refused(join_requests.ask, carol, "ops") is Code.CONFLICT


def test_moderators_who_are_connected_are_told_the_number_of_requests(alice, bob, carol, ops, published):
    open_for_requests(ops)
    people = {it.pk: it for it in (alice, bob)}

    def told():
        """Return what a new and an open connection of alice and bob say, after an event has announced a change."""
        assert broadcast.access_moved() in published
        published.clear()
        _, now = access.room_statuses({(ops.pk, it) for it in people}, people)
        asked = [(person, Credential(person.pk, ""), "ops") for person in people.values()]
        new = [it.standing for it in access.authorize(asked)]
        assert new == [now[ops.pk, it] for it in people]
        return [it.requests or 0 for it in new]

    join_requests.ask(carol, "ops")
    assert told() == [1, 0]
    join_requests.withdraw(carol, "ops")
    assert told() == [0, 0]
    request, _ = join_requests.ask(carol, "ops")
    assert told() == [1, 0]
    join_requests.decide(alice, ops, request.pk, DECLINED)
    assert told() == [0, 0]


def test_who_may_ask(alice, bob, carol, gil, hall, ops, settings):
    open_for_requests(ops)
    assert [set(join_requests.rooms_for(it)) for it in (alice, bob, carol, gil)] == [set(), set(), {ops}, set()]
    settings.CHAT_GUESTS_IN_PRIVATE = True
    assert set(join_requests.rooms_for(gil)) == {ops}
    members.add(alice, ops, name="carol")
    joining.leave(carol, ops)
    assert set(join_requests.rooms_for(carol)) == {ops}
    members.add(alice, ops, name="carol")
    sanctions.ban(alice, ops, carol, reason="no")
    assert refused(join_requests.ask, carol, "ops") is Code.NOT_FOUND
    rooms.archive(alice, ops)
    assert set(join_requests.rooms_for(gil)) == set()


def test_a_declined_request_is_not_repeated_on_the_same_day(alice, carol, ops):
    open_for_requests(ops)
    request, _ = join_requests.ask(carol, "ops")
    join_requests.decide(alice, ops, request.pk, DECLINED)
    assert (place(carol, ops), refused(join_requests.ask, carol, "ops")) == (None, Code.CONFLICT)
    JoinRequest.objects.update(decided_at=timezone.now() - timedelta(days=1, seconds=1))
    assert join_requests.ask(carol, "ops")[1]


def test_a_person_has_few_open_requests_and_can_withdraw_them(alice, carol, ops):
    private = [create_room(alice, f"Room {number}", visibility="private") for number in range(join_requests.MAX_OPEN)]
    for room in (*private, ops):
        open_for_requests(room)
    for room in private:
        join_requests.ask(carol, room.slug)
    assert refused(join_requests.ask, carol, "ops") is Code.CONFLICT
    join_requests.withdraw(carol, private[0].slug)
    assert refused(join_requests.withdraw, carol, private[0].slug) is Code.NOT_FOUND
    assert join_requests.ask(carol, "ops")[1]


def test_every_other_way_in_answers_the_request(alice, carol, ops):
    open_for_requests(ops)
    request, _ = join_requests.ask(carol, "ops")
    invitations.use(invitations.create(alice, ops), carol)
    request.refresh_from_db()
    assert (request.outcome, list(join_requests.open_in(ops))) == (ACCEPTED, [])


def test_a_request_of_someone_who_has_gone_is_not_listed(alice, carol, ops):
    open_for_requests(ops)
    request, _ = join_requests.ask(carol, "ops")
    carol.is_active = False
    carol.save()
    assert list(join_requests.open_in(ops)) == []
    assert refused(join_requests.decide, alice, ops, request.pk, ACCEPTED) is Code.NOT_FOUND


def test_no_one_is_admitted_to_an_archived_room(alice, carol, ops):
    open_for_requests(ops)
    request, _ = join_requests.ask(carol, "ops")
    rooms.archive(alice, ops)
    ops.refresh_from_db()
    assert refused(join_requests.decide, alice, ops, request.pk, "accepted") is Code.ARCHIVED
    join_requests.decide(alice, ops, request.pk, "declined")
    assert place(carol, ops) is None


def test_a_request_that_was_withdrawn_meanwhile_admits_no_one(monkeypatch, alice, carol, ops):
    Room.objects.filter(pk=ops.pk).update(joining=Room.Joining.ASK)
    request, _ = join_requests.ask(carol, ops.slug)
    find = members.locked

    def locked(*about):
        join_requests.withdraw(carol, ops.slug)
        return find(*about)

    monkeypatch.setattr(members, "locked", locked)
    assert refused(join_requests.decide, alice, ops, request.pk, ACCEPTED) is Code.NOT_FOUND
    assert place(carol, ops) is None


def test_an_account_that_was_closed_meanwhile_enters_no_room(alice, carol, ops):
    found = invitations.find(invitations.create(alice, ops).code)
    Person.objects.filter(pk=carol.pk).update(is_active=False)
    assert refused(invitations.use, found, carol) is Code.NOT_FOUND
    assert place(carol, ops) is None
