"""The pages of invitations and of requests to join."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from chat.actions import invitations, join_requests, sanctions
from chat.models import Invitation, JoinRequest, Person, Room
from tests.cast import PASSWORD
from tests.invitations.test_links import place
from tests.invitations.test_members import open_for_requests


@pytest.fixture
def link(alice, ops):
    return reverse("invitation", args=[invitations.create(alice, ops).code])


def test_only_sending_the_form_joins(signed_in, carol, ops, link):
    browser = signed_in(carol)
    page = browser.get(link)
    assert (page.status_code, page["Referrer-Policy"], "no-store" in page["Cache-Control"]) == (
        200,
        "strict-origin",
        True,
    )
    assert all(words in page.text for words in ("alice", "Ops", "2 members", "Join"))
    assert (place(carol, ops), Invitation.objects.get().uses) == (None, 0)
    assert browser.post(link)["Location"] == "/rooms/ops/"
    assert place(carol, ops).is_current
    assert browser.get(link)["Location"] == browser.post(link)["Location"] == "/rooms/ops/"
    assert Invitation.objects.get().uses == 1
    Invitation.objects.update(max_uses=1)
    assert browser.get(link)["Location"] == "/rooms/ops/", "for members it still leads to the room"


def test_a_visitor_signs_in_and_comes_back(client, carol, ops, link):
    page = client.get(link)
    assert (page.status_code, "Ops" in page.text) == (200, True)
    # The address of the page is in no link, so that it is not in the logs of proxies.
    assert re.findall(f'href="[^"]*{re.escape(link.split("/")[2])}', page.text) == []
    assert client.post(link).status_code == 200
    answer = client.post("/accounts/login/", {"username": "carol", "password": PASSWORD})
    assert answer["Location"] == link
    assert client.get(link).status_code == 200
    assert client.post(link)["Location"] == "/rooms/ops/"
    assert "invitation" not in client.session


def test_a_visitor_signs_up_and_comes_back(client, link):
    client.get(link)
    fields = {"name": "dora", "password1": PASSWORD, "password2": PASSWORD, "email": ""}
    assert client.post("/accounts/signup/", fields)["Location"] == link


def test_a_guest_sets_a_password_and_comes_back(signed_in, gil, ops, link):
    browser = signed_in(gil)
    assert "Create an account" in browser.get(link).text
    assert browser.post(link).status_code == 403
    browser.get(link)
    fields = {"password1": PASSWORD, "password2": PASSWORD, "email": ""}
    assert browser.post("/accounts/claim/", fields)["Location"] == link
    assert browser.post(link)["Location"] == "/rooms/ops/"


def test_a_visitor_can_join_as_a_guest_only_where_guests_may(client, alice, hall, link, settings):
    settings.CHAT_GUESTS = True
    assert "as a guest" not in client.get(link).text
    public = reverse("invitation", args=[invitations.create(alice, hall).code])
    assert "as a guest" in client.get(public).text
    assert client.post("/join/", {"name": "dora"})["Location"] == public


def test_a_link_that_does_not_work_says_what_to_do(signed_in, alice, bob, carol, ops, link):
    sanctions.ban(alice, ops, bob, reason="no")
    forged = signed_in(carol).get("/invite/1-1.x/")
    assert (forged.status_code, signed_in(bob).get(link).status_code) == (404, 404)
    assert signed_in(bob).get(link).text.count("ask for a new one") == 1
    Invitation.objects.update(uses=25)
    for browser in (Client(), signed_in(carol)):
        page = browser.get(link)
        assert (page.status_code, "Ask for a new one." in page.text, "Ops" in page.text) == (410, True, False)


def test_too_many_wrong_links_of_one_address_wait_and_working_ones_count_nothing(client, link):
    for _ in range(12):
        assert client.get(link).status_code == 200
    codes = [client.get(f"/invite/1-1.{number}/").status_code for number in range(11)]
    assert codes == 10 * [404] + [429]
    refused = client.get(link)
    assert (refused.status_code, refused["Retry-After"]) == (429, "6")


# ---- The page that invites


def test_a_link_is_created_listed_with_its_code_and_revoked(signed_in, alice, bob, carol, ops):
    browser, page = signed_in(alice), "/rooms/ops/invite/"
    fields = {"days": "1", "max_uses": "0", "role": "moderator", "note": "the team"}
    answer = browser.post(page, fields)
    made = Invitation.objects.get()
    assert answer["Location"] == f"{page}#invitation-{made.pk}"
    assert (made.max_uses, made.role, (made.expires_at - made.created_at).days) == (None, "moderator", 1)
    text = browser.get(page).text
    assert all(it in text for it in (f"http://testserver/invite/{made.code}/", "the team", "for moderators"))
    image = browser.get(f"/invitations/{made.pk}/qr.svg")
    assert (image["Content-Type"], image.text[:4]) == ("image/svg+xml", "<svg")
    for outsider in (bob, carol):
        assert signed_in(outsider).get(f"/invitations/{made.pk}/qr.svg").status_code == 404
        assert signed_in(outsider).post(f"/invitations/{made.pk}/revoke/").status_code == 404
    shown = browser.post("/rooms/ops/add/", {"name": "nobody"}).text
    assert f'name="next" value="{page}"' in shown
    everything = "/invitations/"
    assert f'name="next" value="{everything}"' in browser.get(everything).text
    assert browser.post(f"/invitations/{made.pk}/revoke/", {"next": everything})["Location"] == everything
    assert browser.post(f"/invitations/{made.pk}/revoke/")["Location"] == page
    assert made.code not in browser.get(page).text


def test_the_page_says_why_someone_cannot_invite(signed_in, bob, carol, gil, hall, ops):
    assert "Ask one of its owners" in signed_in(bob).get("/rooms/ops/invite/").text
    assert "Set a password" in signed_in(gil).get("/rooms/hall/invite/").text
    assert signed_in(bob).post("/rooms/ops/invite/", {"days": "7", "max_uses": "25"}).status_code == 403
    assert signed_in(carol).get("/rooms/ops/invite/").status_code == 404
    assert signed_in(carol).post("/rooms/ops/add/", {"name": "gil"}).status_code == 404


def test_people_are_added_by_name_on_the_page(signed_in, alice, carol, ops):
    browser = signed_in(alice)
    answer = browser.post("/rooms/ops/add/", {"name": "carol"}, follow=True)
    assert (answer.redirect_chain, "carol is now in Ops." in answer.text) == ([("/rooms/ops/invite/", 302)], True)
    again = browser.post("/rooms/ops/add/", {"name": "carol"})
    assert (again.status_code, "carol is already in this room." in again.text) == (400, True)
    assert browser.post("/rooms/ops/add/", {"name": ""}).status_code == 400


def test_one_person_makes_a_limited_number_of_invitations_a_day(signed_in, alice, ops, settings):
    settings.CHAT_INVITES_PER_DAY = 2
    browser, fields = signed_in(alice), {"days": "7", "max_uses": "25", "role": "member"}
    assert [browser.post("/rooms/ops/invite/", fields).status_code for _ in range(2)] == [302, 302]
    refused = browser.post("/rooms/ops/add/", {"name": "nobody"})
    assert (refused.status_code, refused["Retry-After"]) == (429, "43200")


def test_members_invite_to_the_site(signed_in, alice, gil):
    browser = signed_in(alice)
    browser.post("/invitations/", {"days": "7", "max_uses": "25"})
    made = Invitation.objects.get()
    assert (made.room, made.code in browser.get("/invitations/").text) == (None, True)
    assert signed_in(gil).post("/invitations/", {"days": "7", "max_uses": "25"}).status_code == 403
    link = reverse("invitation", args=[made.code])
    assert browser.get(link).status_code == 200
    assert (signed_in(gil).get(link).status_code, Client().get(link).status_code) == (200, 200)


# ---- Requests


def test_someone_asks_on_the_browse_page_and_a_moderator_answers_in_activity(signed_in, alice, bob, carol, ops):
    theirs, hers = signed_in(carol), signed_in(alice)
    assert "Ops" not in theirs.get("/browse/").text
    open_for_requests(ops)
    Room.objects.filter(pk=ops.pk).update(topic="The secret topic")
    page = theirs.get("/browse/")
    assert ("Ops" in page.text, "secret topic" in page.text) == (True, False)
    assert "Ops" not in theirs.get("/browse/?q=other").text
    assert theirs.post("/rooms/ops/ask/", {"note": "please"})["Location"] == "/browse/"
    assert "Withdraw" in theirs.get("/browse/").text
    page = theirs.get("/rooms/ops/")
    assert (page.status_code, "You’ve asked to join" in page.text, "secret topic" in page.text) == (404, True, False)
    assert "please" not in signed_in(bob).get("/activity/").text
    assert all("please" in hers.get(page).text for page in ("/activity/", "/rooms/ops/invite/"))
    assert "Requests to join" in hers.get("/rooms/ops/").text
    address = f"/rooms/ops/requests/{JoinRequest.objects.get().pk}/"
    assert theirs.post(address, {"outcome": "accepted"}).status_code == 404
    assert hers.post(address, {"outcome": "maybe"}).status_code == 400
    assert hers.post(address, {"outcome": "accepted", "next": "/activity/"})["Location"] == "/activity/"
    assert theirs.get("/rooms/ops/").status_code == 200


def test_requests_are_withdrawn_and_refused_with_a_reason(signed_in, alice, carol, ops):
    open_for_requests(ops)
    browser = signed_in(carol)
    for _ in range(2):
        assert browser.post("/rooms/ops/ask/").status_code == 302
    assert browser.post("/rooms/ops/withdraw/").status_code == 302
    assert browser.post("/rooms/ops/withdraw/").status_code == 404
    browser.post("/rooms/ops/ask/")
    join_requests.decide(alice, ops, JoinRequest.objects.get().pk, "declined")
    assert "ask again after a day" in browser.post("/rooms/ops/ask/", follow=True).text
    assert browser.post("/rooms/nowhere/ask/").status_code == 404


def test_a_person_makes_a_limited_number_of_requests_a_day(signed_in, carol, ops, settings):
    settings.CHAT_INVITES_PER_DAY = 1
    open_for_requests(ops)
    browser = signed_in(carol)
    assert browser.post("/rooms/ops/ask/").status_code == 302
    assert browser.post("/rooms/ops/ask/").status_code == 429


def test_the_room_page_has_the_parts_for_inviting_only_for_those_who_may(signed_in, alice, bob, hall, ops):
    shown = {
        (it.name, slug): "data-create-link" in signed_in(it).get(f"/rooms/{slug}/").text
        for it in (alice, bob)
        for slug in ("hall", "ops")
    }
    assert shown == {("alice", "hall"): True, ("alice", "ops"): True, ("bob", "hall"): True, ("bob", "ops"): False}


def test_superusers_outside_of_a_room_see_none_of_its_invitations(signed_in, link):
    chief = Person.objects.create_superuser("chief", PASSWORD)
    made = Invitation.objects.get()
    assert signed_in(chief).get(f"/invitations/{made.pk}/qr.svg").status_code == 404
