"""The modes of sign-up: by invitation, by the domain of an email address, after approval, or no one."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from chat.actions import accounts, invitations, joining, sign_up
from chat.auth import mail_queue
from chat.auth.sign_up import has_allowed_domain, link_for
from chat.models import AuditEntry, Membership, Person, Room
from tests.accounts.session import signed_in_name
from tests.cases import each
from tests.cast import PASSWORD, say

SIGN_UP, CLAIM, WAITING = "/accounts/signup/", "/accounts/claim/", "/accounts/signup/waiting/"
NEW = {"name": "dora", "password1": "tr0mbone-quartet", "password2": "tr0mbone-quartet", "email": ""}
PASSWORDS = {"password1": NEW["password1"], "password2": NEW["password2"]}
AT_WORK = {"name": "dora", "email": "dora@example.org"}


@pytest.fixture
def mode(settings):
    def choose(mode):
        settings.CHAT_SIGN_UP, settings.CHAT_EMAIL_DOMAINS = mode, ["example.org"] if mode == "domain" else []

    return choose


@pytest.fixture
def invited():
    """A browser that has opened the link of an invitation."""

    def open_link(invitation, browser=None):
        browser = browser or Client()
        assert browser.get(f"/invite/{invitation.code}/").status_code == 200
        return browser

    return open_link


def links():
    """Return the paths of the links in the emails that were sent since the last call, the newest last."""
    mail_queue.wait()
    words = [word for message in mail.outbox for word in message.body.split() if "/accounts/verify/" in word]
    mail.outbox.clear()
    return [word.partition("testserver")[2] for word in words]


# ---- By invitation, or not at all


@each("name", ["invited", "closed"])
def test_without_an_invitation_a_page_says_what_to_do(client, db, mode, name):
    mode(name)
    for answer in (client.get(SIGN_UP), client.post(SIGN_UP, NEW)):
        assert answer.status_code == 403
        assert ("You need an invitation" in answer.text) == (name == "invited")
    assert not Person.objects.exists()
    for page in ("/", "/accounts/login/"):
        assert SIGN_UP not in client.get(page).text


@each("name", ["invited", "closed"])
def test_guest_who_cannot_create_an_account_is_not_told_to(gil, hall, mode, settings, signed_in, name):
    settings.CHAT_GUESTS_CREATE_ROOMS, settings.CHAT_GUESTS = False, True
    browser = signed_in(gil)
    pages = ["/", "/rooms/", f"/rooms/{hall.slug}/invite/", "/accounts/profile/"]
    mode("open")
    assert [page for page in pages if CLAIM not in browser.get(page).text] == []
    mode(name)
    assert [page for page in pages if CLAIM in browser.get(page).text] == []
    assert "create an account" not in Client().get("/").text


def test_closed_site_says_so_to_visitors_and_guests_with_an_invitation(alice, gil, ops, mode, invited, signed_in):
    mode("closed")
    address = f"/invite/{invitations.create(alice, ops).code}/"
    for browser, text in ((Client(), "new ones can’t be created here"), (signed_in(gil), "Guests can’t use this")):
        page = browser.get(address).text
        assert text in page
        assert CLAIM not in page
        assert SIGN_UP not in page


def test_an_invitation_to_the_site_makes_an_account_and_is_counted(alice, mode, invited):
    mode("invited")
    invitation = invitations.create(alice, None, max_uses=1)
    browser = invited(invitation)
    assert browser.post(SIGN_UP, NEW)["Location"] == "/rooms/lobby/"
    assert signed_in_name(browser) == "dora"
    invitation.refresh_from_db()
    assert (invitation.uses, invitation.is_usable) == (1, False)
    assert Client().post(SIGN_UP, NEW | {"name": "erin"}).status_code == 403


@each("name", ["invited", "domain", "approval"])
def test_an_invitation_to_a_room_makes_an_account_and_a_member(alice, ops, mode, invited, name):
    mode(name)
    browser = invited(invitations.create(alice, ops))
    assert browser.post(SIGN_UP, NEW).status_code == 302
    dora = Person.objects.get(name="dora")
    assert (dora.is_active, dora.pending_since) == (True, None)
    assert Membership.objects.current().filter(person=dora, room=ops).exists()
    assert browser.get("/rooms/ops/").status_code == 200


def test_no_invitation_opens_a_site_that_is_closed(alice, ops, mode, invited):
    mode("closed")
    assert invited(invitations.create(alice, ops)).post(SIGN_UP, NEW).status_code == 403


def test_invitation_of_someone_who_may_not_bring_new_people_admits_none(alice, ops, mode, invited, settings):
    mode("invited")
    settings.CHAT_INVITES = "staff"
    assert invited(invitations.create(alice, ops)).post(SIGN_UP, NEW).status_code == 403


def test_a_used_up_invitation_leaves_no_account_behind(alice, ops, mode, invited):
    mode("invited")
    invitation = invitations.create(alice, ops, max_uses=1)
    late = invited(invitation)
    invited(invitation).post(SIGN_UP, NEW)
    assert late.post(SIGN_UP, NEW | {"name": "erin"}).status_code == 403
    assert not Person.objects.filter(name="erin").exists()


def test_last_use_taken_by_another_newcomer_undoes_the_account(alice, ops, mode, invited, monkeypatch):
    mode("invited")
    invitation = invitations.create(alice, ops, max_uses=1)
    browser, usable = invited(invitation), invitations.usable

    def usable_and_then_used_up(code):
        found = usable(code)
        type(invitation).objects.update(uses=1)
        return found

    monkeypatch.setattr(invitations, "usable", usable_and_then_used_up)
    assert browser.post(SIGN_UP, NEW).status_code == 400
    assert not Person.objects.filter(name="dora").exists()


def test_guest_with_an_invitation_sets_a_password(alice, gil, ops, mode, invited, signed_in):
    mode("invited")
    browser = signed_in(gil)
    assert browser.post(CLAIM, PASSWORDS).status_code == 403
    invited(invitations.create(alice, ops), browser)
    assert browser.post(CLAIM, PASSWORDS).status_code == 302
    gil.refresh_from_db()
    assert not gil.is_guest
    assert Membership.objects.current().filter(person=gil, room=ops).exists()


@each("member_before", ["as a guest", "as a new account"])
def test_newcomers_who_are_in_the_room_already_use_up_the_invitation(
    alice, hall, mode, invited, signed_in, member_before
):
    mode("invited")
    invitation = invitations.create(alice, hall, max_uses=1)
    Room.objects.filter(pk=hall.pk).update(is_default=member_before == "as a new account")
    statuses = []
    for name in ("dora", "emil"):
        if member_before == "as a guest":
            guest = accounts.join_as_guest(name)
            browser = invited(invitation, signed_in(guest))
            joining.join(guest, hall)
            statuses.append((browser, CLAIM, PASSWORDS))
        else:
            statuses.append((invited(invitation), SIGN_UP, NEW | {"name": name}))
    assert [browser.post(page, form).status_code for browser, page, form in statuses] == [302, 403]
    assert list(Person.objects.filter(name__in=("dora", "emil"), is_guest=False).values_list("name")) == [("dora",)]
    assert Membership.objects.current().filter(person__name="dora", room=hall).exists()


# ---- By the domain of an address


def test_the_link_in_the_email_leads_to_a_password_and_signs_in(client, mode, hall):
    mode("domain")
    hall.is_default = True
    hall.save()
    assert client.post(SIGN_UP, AT_WORK)["Location"] == WAITING
    assert "Check your email" in client.get(WAITING).text
    dora = Person.objects.get(name="dora")
    assert (dora.is_active, dora.memberships.count(), signed_in_name(client)) == (False, 0, "AnonymousUser")
    [link] = links()
    assert client.get(link).status_code == 200
    assert not Person.objects.get(name="dora").is_active, "a program that follows links uses none"
    assert client.post(link, PASSWORDS).status_code == 302
    assert signed_in_name(client) == "dora"
    dora.refresh_from_db()
    assert (dora.is_active, dora.pending_since, dora.email_verified_at is None) == (True, None, False)
    assert dora.memberships.filter(room=hall).exists()
    assert Client().login(username="dora", password=NEW["password1"])


def test_a_link_works_once(client, db, mode):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    [link] = links()
    client.post(link, PASSWORDS)
    for answer in (Client().get(link), Client().post(link, {"password1": PASSWORD, "password2": PASSWORD})):
        assert answer.status_code == 404
        assert "already been used" in answer.text
    assert Client().login(username="dora", password=NEW["password1"])


@each(
    "email",
    [
        "",
        "dora@example.com",
        "dora@sub.example.org",
        "dora@example.org.evil.example",
        '"dora@example.org"@evil.example',
    ],
)
def test_an_address_elsewhere_is_refused(client, db, mode, email):
    mode("domain")
    answer = client.post(SIGN_UP, AT_WORK | {"email": email})
    assert (answer.status_code, "email" in answer.context["form"].errors) == (400, True)
    assert (Person.objects.count(), links()) == (0, [])


def test_a_letter_that_only_becomes_ascii_in_lower_case_is_another(settings):
    settings.CHAT_EMAIL_DOMAINS = ["work.example", "b\u00fccher.example"]
    addresses = ["dora@wor\N{KELVIN SIGN}.example", "dora@WORK.example", "dora@B\u00dcCHER.example"]
    assert [has_allowed_domain(it) for it in addresses] == [False, True, True]


def test_the_domain_is_compared_in_lower_case(client, db, mode):
    mode("domain")
    assert client.post(SIGN_UP, AT_WORK | {"email": "Dora@EXAMPLE.org"}).status_code == 302
    assert len(links()) == 1


def test_a_lost_email_is_sent_again_and_the_name_is_held(client, db, mode):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    assert client.post(SIGN_UP, AT_WORK).status_code == 302
    assert (len(links()), Person.objects.count()) == (2, 1)
    answer = client.post(SIGN_UP, AT_WORK | {"email": "eve@example.org"})
    assert "That name is taken" in answer.context["form"].errors["name"][0]
    assert links() == []


def test_emails_to_one_address_are_limited(db, mode):
    mode("domain")
    answers = [Client(REMOTE_ADDR=f"192.0.2.{n}").post(SIGN_UP, AT_WORK).status_code for n in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert len(links()) == 5


@each("change", ["forged", "other person", "other address", "late"])
def test_a_link_that_is_not_the_persons_is_refused(client, db, mode, monkeypatch, change):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    [link] = links()
    if change == "forged":
        link = link[:-2] + ("a/" if link[-2] != "a" else "b/")
    elif change == "other person":
        link = link.replace(f"/{Person.objects.get().pk}-", "/999-")
    elif change == "other address":
        Person.objects.update(email="eve@example.org")
    else:
        monkeypatch.setattr("chat.auth.sign_up.LINK_VALID", timedelta(seconds=-1))
    assert client.post(link, PASSWORDS).status_code == 404
    assert not Person.objects.get().is_active


def test_a_weak_password_is_refused_and_the_link_stays(client, db, mode):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    [link] = links()
    assert client.post(link, {"password1": "12345678", "password2": "12345678"}).status_code == 400
    assert client.post(link, PASSWORDS).status_code == 302


def test_the_email_says_nothing_that_the_newcomer_wrote(client, db, mode):
    mode("domain")
    client.post(SIGN_UP, AT_WORK | {"name": "visit evil.example"})
    mail_queue.wait()
    assert "evil" not in mail.outbox[0].body + mail.outbox[0].subject


def test_an_account_that_was_not_verified_in_time_is_pruned(client, bob, mode):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    call_command("prune", "--yes", verbosity=0)
    assert Person.objects.filter(name="dora").exists()
    Person.objects.filter(name="dora").update(pending_since=timezone.now() - timedelta(days=3, minutes=1))
    call_command("prune")
    assert Person.objects.filter(name="dora").exists()
    call_command("prune", "--yes")
    assert list(Person.objects.values_list("name", flat=True)) == ["bob"]


def test_guest_keeps_the_name_with_the_link_in_the_same_browser(signed_in, gil, mode):
    mode("domain")
    browser, elsewhere = signed_in(gil), signed_in(gil)
    assert browser.post(CLAIM, {"email": "gil@example.org"})["Location"] == WAITING
    [link] = links()
    gil.refresh_from_db()
    assert (gil.is_guest, gil.is_active) == (True, True)
    other = Client().post(link, PASSWORDS)
    assert (other.status_code, "in which you’re using the site as a guest" in other.text) == (404, True)
    assert browser.post(link, PASSWORDS).status_code == 302
    gil.refresh_from_db()
    assert (gil.is_guest, gil.email_verified_at is None) == (False, False)
    assert (signed_in_name(browser), signed_in_name(elsewhere)) == ("gil", "AnonymousUser")


def test_a_new_address_is_not_verified(signed_in, alice):
    Person.objects.filter(pk=alice.pk).update(email_verified_at=timezone.now())
    signed_in(alice).post("/accounts/email/", {"email": "ALICE@example.org", "password": PASSWORD})
    assert Person.objects.get(pk=alice.pk).email_verified_at
    signed_in(alice).post("/accounts/email/", {"email": "alice@evil.example", "password": PASSWORD})
    assert Person.objects.get(pk=alice.pk).email_verified_at is None


# ---- After approval


@pytest.fixture
def chief(db):
    return Person.objects.create_superuser("chief", PASSWORD)


def decide(browser, action, *people):
    chosen = {"_selected_action": [person.pk for person in people], "confirmed": "yes", "reason": ""}
    assert browser.post("/admin/chat/person/", {"action": action, **chosen}).status_code == 302


def refusal_of(name, password):
    """Return what the page and the API say to someone who signs in with a right password, and the page's session."""
    browser = Client()
    page = browser.post("/accounts/login/", {"username": name, "password": password})
    api = browser.post("/api/token/", {"username": name, "password": password}, content_type="application/json")
    return page.text, api.status_code, api.json()["error"]["detail"], signed_in_name(browser)


def test_a_pending_account_cannot_sign_in_and_learns_why(client, db, mode):
    mode("approval")
    assert client.post(SIGN_UP, NEW)["Location"] == WAITING
    assert "Waiting for approval" in client.get(WAITING).text
    page, status, detail, name = refusal_of("dora", NEW["password1"])
    assert ("hasn’t been approved yet" in page, status, name) == (True, 403, "AnonymousUser")
    assert "hasn’t been approved yet" in detail
    page, status, detail, _ = refusal_of("dora", "wrong")
    assert ("hasn’t been approved" in page, status) == (False, 401)
    assert Client().post("/admin/login/", {"username": "dora", "password": NEW["password1"]}).status_code == 200
    assert not Person.objects.get(name="dora").memberships.exists()


def test_a_session_of_a_pending_account_opens_nothing(client, db, mode):
    mode("approval")
    client.post(SIGN_UP, NEW)
    browser = Client()
    browser.force_login(Person.objects.get(name="dora"))
    assert signed_in_name(browser) == "AnonymousUser"
    assert browser.get("/api/rooms/").status_code == 401


def test_staff_see_the_number_and_approve(client, chief, mode, signed_in, hall, bob):
    mode("approval")
    hall.is_default = True
    hall.save()
    client.post(SIGN_UP, NEW | {"email": "dora@example.org"})
    dora, browser = Person.objects.get(name="dora"), signed_in(chief)
    assert "1 new account waits for approval" in browser.get("/activity/").text
    assert "for approval" not in signed_in(bob).get("/activity/").text
    listed = browser.get("/admin/chat/person/", {"pending": "approval"}).context["cl"].result_list
    assert list(listed) == [dora]
    decide(browser, "approve", dora)
    assert Client().login(username="dora", password=NEW["password1"])
    assert dora.memberships.filter(room=hall).exists()
    assert AuditEntry.objects.get(person="dora").action == "approve"
    mail_queue.wait()
    assert [(it.to, "has been approved" in it.subject) for it in mail.outbox] == [(["dora@example.org"], True)]


def test_declining_removes_the_account_and_frees_the_name(client, chief, mode, signed_in, bob):
    mode("approval")
    client.post(SIGN_UP, NEW)
    decide(signed_in(chief), "decline", Person.objects.get(name="dora"), bob)
    assert set(Person.objects.values_list("name", flat=True)) == {"bob", "chief"}
    assert list(AuditEntry.objects.values_list("action", "person")) == [("decline", "dora")]
    assert client.post(SIGN_UP, NEW).status_code == 302


@each("how", ["form", "action"])
def test_activating_a_pending_account_approves_it(client, chief, mode, signed_in, how):
    mode("approval")
    client.post(SIGN_UP, NEW)
    dora, browser = Person.objects.get(name="dora"), signed_in(chief)
    if how == "action":
        decide(browser, "activate", dora)
    else:
        browser.post(f"/admin/chat/person/{dora.pk}/change/", {"name": "dora", "email": "", "is_active": "on"})
    dora.refresh_from_db()
    assert (dora.is_active, dora.pending_since) == (True, None)
    assert dora.memberships.exists()


def test_guest_stays_one_until_the_approval(chief, gil, hall, mode, signed_in):
    mode("approval")
    browser = signed_in(gil)
    assert browser.post(CLAIM, PASSWORDS)["Location"] == WAITING
    assert browser.get(CLAIM)["Location"] == WAITING
    gil.refresh_from_db()
    assert (gil.is_guest, gil.is_active, signed_in_name(browser)) == (True, True, "gil")
    assert refusal_of("gil", NEW["password1"])[1] == 403
    decide(signed_in(chief), "approve", gil)
    gil.refresh_from_db()
    assert (gil.is_guest, gil.pending_since, signed_in_name(browser)) == (False, None, "gil")


def test_messages_of_a_declined_guest_stay_without_the_name(chief, gil, hall, mode, signed_in):
    mode("approval")
    message = say(gil, hall)
    browser = signed_in(gil)
    browser.post(CLAIM, PASSWORDS)
    decide(signed_in(chief), "decline", gil)
    assert signed_in_name(browser) == "AnonymousUser"
    message.refresh_from_db()
    assert message.author.name.startswith("Deleted person")


def test_an_account_whose_address_is_not_verified_is_not_approved(client, chief, mode, signed_in):
    mode("domain")
    client.post(SIGN_UP, AT_WORK)
    dora = Person.objects.get(name="dora")
    decide(signed_in(chief), "approve", dora)
    dora.refresh_from_db()
    assert not dora.is_active


# ---- Everyone


def test_where_everyone_may_sign_up_an_invitation_to_a_room_asks_before_joining(alice, ops, invited):
    browser = invited(invitation := invitations.create(alice, ops))
    assert browser.post(SIGN_UP, NEW)["Location"] == f"/invite/{invitation.code}/"
    assert not Membership.objects.filter(person__name="dora", room=ops).exists()


def test_page_of_a_waiting_account_is_only_for_sites_with_such_accounts(client, db):
    assert client.get(WAITING)["Location"] == "/"


def test_a_link_is_for_accounts_without_a_password(client, alice):
    Person.objects.filter(pk=alice.pk).update(email_verified_at=timezone.now())
    assert client.post(link_for(alice), PASSWORDS).status_code == 404
    waiting = sign_up.ask_for_approval("dora", PASSWORD, "dora@example.org")
    assert client.post(link_for(waiting), PASSWORDS).status_code == 404


def test_guests_follow_their_own_setting(client, db, mode):
    mode("closed")
    assert client.post("/join/", {"name": "Zoë"}).status_code == 302
    assert accounts.join_as_guest("Yoë").is_active


# ---- Two decisions at once


def test_an_account_that_was_completed_meanwhile_is_not_removed(client, db, mode):
    mode("domain")
    waiting = sign_up.begin("dora", "dora@example.org")
    sign_up.complete(waiting, PASSWORD)
    assert (sign_up.decline(waiting), sign_up.approve(waiting)) == (False, False)
    assert Client().login(username="dora", password=PASSWORD)


def test_an_account_that_was_declined_meanwhile_is_not_opened(client, db, mode):
    waiting = sign_up.ask_for_approval("dora", PASSWORD, "")
    assert sign_up.decline(waiting)
    assert not sign_up.approve(waiting)
    assert not Person.objects.exists()
