"""Invitation links: who creates them, whom they admit, and when they end."""

from datetime import timedelta

import pytest
from django.conf import settings as site_settings
from django.core.signing import Signer
from django.utils import timezone

from chat.actions import administration, invitations, joining, rooms, sanctions
from chat.actions.accounts import join_plainly, sign_up
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.actions.room_settings import change_room
from chat.errors import ActionError
from chat.models import AuditEntry, Invitation, Membership, Person, Room
from chat.protocol import Code
from tests.cases import each
from tests.cast import PASSWORD, say


def refused(act, *arguments, **options):
    """Return the code of a refusal."""
    with pytest.raises(ActionError) as refusal:
        act(*arguments, **options)
    return refusal.value.code


def place(person, room):
    return Membership.objects.filter(person=person, room=room).first()


def use(code, person):
    return invitations.use(invitations.find(code), person)


def test_a_link_makes_someone_a_member_from_now_on(alice, carol, ops):
    say(alice, ops)
    made = invitations.create(alice, ops, note="for  the\nteam")
    use(made.code, carol)
    own = place(carol, ops)
    assert (own.role, own.read_seq, own.floor_seq, own.added_by, own.invitation) == ("member", 1, None, alice, made)
    assert ops in Room.objects.visible_to(carol)
    assert (made.note, Invitation.objects.get().uses) == ("for the team", 1)
    assert list(AuditEntry.objects.order_by("pk").values_list("actor", "action", "person", "detail")) == [
        ("alice", "invite", "", f"invitation {made.pk}: member, 7 days, 25 uses"),
        ("alice", "add_member", "carol", f"member by invitation {made.pk}"),
    ]


def test_a_newcomer_sees_only_messages_since_they_joined_where_the_room_says_so(alice, carol, ops):
    say(alice, ops)
    Room.objects.filter(pk=ops.pk).update(history=Room.History.JOINED)
    use(invitations.create(alice, ops).code, carol)
    assert place(carol, ops).floor_seq == 1


def test_a_link_admits_to_the_room_as_it_is_by_then(alice, carol, gil, hall):
    found = invitations.find(invitations.create(alice, hall).code)
    say(alice, hall)
    Room.objects.filter(pk=hall.pk).update(visibility=Room.Visibility.PRIVATE, history=Room.History.JOINED)
    assert refused(invitations.use, found, gil) is Code.FORBIDDEN
    assert invitations.use(found, carol).floor_seq == 1
    Room.objects.filter(pk=hall.pk).update(archived_at=timezone.now())
    assert refused(invitations.use, found, sign_up("dave", PASSWORD)) is Code.ARCHIVED


def test_members_use_up_nothing_and_keep_their_role(alice, bob, ops):
    made = invitations.create(alice, ops, role="moderator", max_uses=1)
    use(made.code, bob)
    assert (place(bob, ops).role, Invitation.objects.get().uses) == ("member", 0)


def expire(invitation):
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def use_up(invitation):
    Invitation.objects.update(uses=invitation.max_uses)


def revoke(invitation):
    invitations.revoke(invitation.created_by, invitation.pk)


def deactivate(invitation):
    administration.change_person(invitation.created_by, {"is_active": False})


def forget_creator(invitation):
    Invitation.objects.update(created_by=None)


def remove_creator(invitation):
    Membership.objects.filter(person=invitation.created_by, room=invitation.room).delete()


def ban_creator(invitation):
    owner = Membership.objects.get(role="owner", room=invitation.room).person
    sanctions.ban(owner, invitation.room, invitation.created_by, reason="no")


def forbid_members(invitation):
    Room.objects.update(members_invite=False)


@each("end", [expire, use_up, revoke, deactivate, forget_creator, remove_creator, ban_creator, forbid_members])
def test_a_link_ends_by_itself_or_with_the_right_of_its_creator(bob, carol, ops, end):
    Room.objects.filter(pk=ops.pk).update(members_invite=True)
    ops.refresh_from_db()
    made = invitations.create(bob, ops, max_uses=3)
    assert invitations.usable(made.code) == made
    end(made)
    assert refused(use, made.code, carol) is Code.EXPIRED
    assert (invitations.usable(made.code), place(carol, ops)) == (None, None)


def test_a_link_for_moderators_ends_with_the_rank_of_its_creator(alice, bob, carol, ops):
    made = invitations.create(alice, ops, role="moderator")
    use(made.code, carol)
    assert place(carol, ops).role == "moderator"
    Membership.objects.filter(person=alice, room=ops).update(role="moderator")
    assert invitations.usable(made.code) is None


def forged(invitation):
    yield "", "a", "1-1", "1-1.x", f"{invitation.code}x", "." * 300, "é-\0.ü"
    value, _, mac = invitation.code.rpartition(".")
    yield f"{value}.", f"2-{value.partition('-')[2]}.{mac}", value
    yield Signer(salt="other", sep=".").sign(value), Signer(key="other", salt="chat.invitation", sep=".").sign(value)


def test_a_forged_link_takes_no_statement(alice, ops, django_assert_num_queries):
    made = invitations.create(alice, ops)
    with django_assert_num_queries(0):
        for codes in forged(made):
            for code in codes:
                assert refused(invitations.find, code) is Code.NOT_FOUND


def test_a_link_of_a_lost_row_opens_no_new_invitation_with_its_id(alice, ops):
    """A restored backup assigns the same id again."""
    made = invitations.create(alice, ops)
    old = made.code
    Invitation.objects.update(created_at=made.created_at + timedelta(hours=1))
    assert refused(invitations.find, old) is Code.NOT_FOUND
    assert invitations.find(Invitation.objects.get().code) == made


def test_a_link_outlives_a_change_of_the_secret_key(alice, ops, settings):
    code = invitations.create(alice, ops).code
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [site_settings.SECRET_KEY]
    assert invitations.usable(code)
    settings.SECRET_KEY_FALLBACKS = []
    assert invitations.usable(code) is None


def test_a_ban_hides_the_invitation_and_a_removal_does_not(alice, bob, ops):
    code = invitations.create(alice, ops).code
    sanctions.mute(alice, ops, bob, duration=None, reason="loud")
    sanctions.close_membership(alice, ops, bob)
    use(code, bob)
    assert (place(bob, ops).is_current, place(bob, ops).is_muted) == (True, True)
    sanctions.ban(alice, ops, bob, reason="no")
    assert refused(use, code, bob) is Code.NOT_FOUND
    assert Invitation.objects.get().uses == 1


def test_guests_enter_private_rooms_only_where_the_site_lets_them_and_plain_ones_never(alice, gil, hall, ops, settings):
    plain, code = join_plainly("pat"), invitations.create(alice, ops).code
    for person in (gil, plain):
        assert refused(use, code, person) is Code.FORBIDDEN
    use(invitations.create(alice, hall).code, gil)
    settings.CHAT_GUESTS_IN_PRIVATE = True
    assert refused(use, code, plain) is Code.FORBIDDEN
    use(code, gil)
    assert (place(gil, hall).is_current, place(gil, ops).is_current, place(plain, ops)) == (True, True, None)


def test_an_archived_room_admits_no_one(alice, carol, ops):
    code = invitations.create(alice, ops).code
    rooms.archive(alice, ops)
    ops.refresh_from_db()
    assert refused(use, code, carol) is Code.ARCHIVED
    assert refused(invitations.create, alice, ops) is Code.ARCHIVED


# ---- Who creates, sees and revokes them


def test_who_may_invite_to_a_room(alice, bob, carol, gil, hall, ops):
    import_memberships(hall, [MembershipImport(gil)])
    chief = Person.objects.create_superuser("chief", PASSWORD)
    may = [(alice, hall), (alice, ops), (bob, hall), (chief, hall)]
    may_not = [(bob, ops), (carol, hall), (carol, ops), (gil, hall), (chief, ops)]
    for person, room in may:
        assert invitations.create(person, room)
    for person, room in may_not:
        assert refused(invitations.create, person, room) is Code.FORBIDDEN
    Membership.objects.filter(person=bob, room=ops).update(role="moderator")
    assert invitations.create(bob, ops)


@each("role", ["moderator", "owner"])
def test_only_owners_invite_moderators_and_no_one_owners(alice, bob, ops, role):
    Membership.objects.filter(person=bob, room=ops).update(role="moderator")
    assert refused(invitations.create, bob, ops, role=role) is Code.FORBIDDEN
    if role == "owner":
        assert refused(invitations.create, alice, ops, role=role) is Code.FORBIDDEN
    else:
        assert invitations.create(alice, ops, role=role).role == role


def test_people_see_and_revoke_their_own_invitations_and_those_of_rooms_they_moderate(alice, bob, carol, hall, ops):
    Room.objects.update(members_invite=True)
    ops.refresh_from_db()
    of_bob, of_alice, elsewhere = (
        invitations.create(bob, ops),
        invitations.create(alice, ops),
        invitations.create(bob, hall),
    )
    assert list(invitations.listed_for(alice)) == [elsewhere, of_alice, of_bob]
    assert list(invitations.listed_for(alice, ops)) == [of_alice, of_bob]
    assert list(invitations.listed_for(bob)) == [elsewhere, of_bob]
    assert list(invitations.listed_for(carol)) == []
    assert refused(invitations.revoke, bob, of_alice.pk) is Code.NOT_FOUND
    for _ in range(2):
        invitations.revoke(alice, of_bob.pk)
    assert invitations.usable(of_bob.code) is None
    assert AuditEntry.objects.filter(action="uninvite").count() == 1
    joining.leave(bob, ops)
    assert refused(invitations.find, of_bob.code) is Code.EXPIRED


def test_moderators_revoke_links_that_make_moderators_and_do_not_get_them(alice, bob, ops, signed_in):
    Membership.objects.filter(person=bob, room=ops).update(role="moderator")
    plain, strong = invitations.create(alice, ops), invitations.create(alice, ops, role="moderator")
    his, hers, code = signed_in(bob), signed_in(alice), f"/invitations/{strong.pk}/qr.svg"
    listed = his.get("/api/invitations/?room=ops").json()["invitations"]
    assert [(it["id"], it["role"], "url" in it) for it in listed] == [
        (strong.pk, "moderator", False),
        (plain.pk, "member", True),
    ]
    pages = ("/rooms/ops/invite/", "/api/invitations/?room=ops")
    assert [(strong.code in his.get(it).text, strong.code in hers.get(it).text) for it in pages] == 2 * [(False, True)]
    assert (his.get(code).status_code, hers.get(code).status_code) == (404, 200)
    assert his.post(f"/invitations/{strong.pk}/revoke/").status_code == 302
    assert invitations.usable(strong.code) is None


def test_the_list_says_that_a_link_does_not_work_while_its_creator_may_not_invite(alice, bob, ops, signed_in):
    change_room(ops, {"members_invite": True})
    made = invitations.create(bob, ops)
    strong = invitations.create(alice, ops, role="moderator")
    browser, said = signed_in(alice), "Doesn’t work now, because <bdi>bob</bdi> can’t invite people there any more."

    def works():
        return {it["id"]: it["works"] for it in browser.get("/api/invitations/?room=ops").json()["invitations"]}

    assert (works(), said in browser.get("/rooms/ops/invite/").text) == ({made.pk: True, strong.pk: True}, False)
    change_room(ops, {"members_invite": False})
    assert (works(), said in browser.get("/rooms/ops/invite/").text) == ({made.pk: False, strong.pk: True}, True)
    Membership.objects.filter(person=alice, room=ops).update(role="moderator")
    assert works() == {made.pk: False, strong.pk: False}


def test_a_list_of_invitations_takes_the_same_queries_whatever_their_number(alice, bob, ops, django_assert_num_queries):
    change_room(ops, {"members_invite": True})
    for _ in range(3):
        invitations.create(bob, ops), invitations.create(alice, ops)
    with django_assert_num_queries(3):
        assert len(invitations.page_for(alice, ops, limit=9)) == 6
    with django_assert_num_queries(3):
        assert len(invitations.page_for(alice, ops, limit=1)) == 1


def test_invitations_are_removed_a_month_after_their_end_and_their_members_stay(alice, carol, ops):
    ids = [invitations.create(alice, ops).pk for _ in range(4)]
    use(Invitation.objects.get(pk=ids[0]).code, carol)
    now, rows = timezone.now(), Invitation.objects
    for pk, days in (ids[0], 31), (ids[1], 29):
        rows.filter(pk=pk).update(expires_at=now - timedelta(days=days))
    rows.filter(pk=ids[2]).update(revoked_at=now - timedelta(days=31))
    assert set(invitations.ended().values_list("pk", flat=True)) == {ids[0], ids[2]}
    assert invitations.prune() == 2
    assert list(rows.order_by("pk").values_list("pk", flat=True)) == [ids[1], ids[3]]
    assert (place(carol, ops).is_current, place(carol, ops).invitation) == (True, None)


def test_no_one_learns_the_new_name_of_a_room_that_they_lost_from_their_invitations(alice, bob, ops, signed_in):
    change_room(ops, {"members_invite": True})
    invitations.create(bob, ops)
    change_room(ops, {"name": "Secret merger"})
    pages = ("/invitations/", "/api/invitations/")
    assert all("Secret merger" in signed_in(bob).get(page).text for page in pages)
    sanctions.close_membership(alice, ops, bob)
    assert not any("Secret merger" in signed_in(bob).get(page).text for page in pages)
    assert not invitations.listed_for(bob).exists()


def test_an_inviter_who_is_banned_after_the_link_was_opened_admits_no_one(alice, bob, carol, ops):
    change_room(ops, {"members_invite": True})
    opened = invitations.find(invitations.create(bob, ops).code)
    sanctions.ban(alice, ops, bob, reason="")
    assert refused(invitations.use, opened, carol) is Code.EXPIRED
    assert (place(carol, ops), Invitation.objects.get().uses) == (None, 0)


# ---- The site


def test_members_bring_people_to_the_site_unless_only_staff_may(alice, bob, gil, ops, settings):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    of_room, of_site = invitations.create(alice, ops), invitations.create(alice, None)
    assert invitations.use(invitations.find(of_site.code), bob) is None
    assert Invitation.objects.get(pk=of_site.pk).uses == 1
    assert refused(invitations.create, gil, None) is Code.FORBIDDEN
    assert refused(invitations.create, alice, None, role="moderator") is Code.CONFLICT
    assert invitations.admits_newcomers(invitations.find(of_room.code))
    settings.CHAT_INVITES = "staff"
    assert refused(invitations.create, alice, None) is Code.FORBIDDEN
    assert invitations.usable(of_site.code) is None
    assert not invitations.admits_newcomers(invitations.find(of_room.code))
    assert invitations.admits_newcomers(invitations.create(chief, None))
    assert of_site in invitations.listed_for(chief)


def test_an_invitation_to_the_site_is_counted_once_for_each_newcomer(alice):
    made = invitations.create(alice, None, max_uses=1)
    invitations.use(made, sign_up("dora", PASSWORD))
    assert refused(invitations.use, made, sign_up("emil", PASSWORD)) is Code.EXPIRED
