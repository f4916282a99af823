"""Every URL with any values, and every form with any input by anyone: no failure, and valid HTML."""

import logging
from collections import Counter
from contextlib import contextmanager
from urllib.parse import quote, urljoin

import pytest
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from hypothesis import given, note
from hypothesis import strategies as st

from chat.actions import invitations
from chat.actions.accounts import issue_token
from chat.models import JoinRequest, Membership, Person
from tests.cast import PASSWORD, say
from tests.fuzz.frames import ODD
from tests.fuzz.pages import addresses, forms_in, parsed
from tests.fuzz.size import fixed_seed, sized
from tests.logs import collected

# Values for forms and URLs beside those on the page, also values that no page offers.
NAMES = (
    "action _selected_action select_across index q o p e all page person room deleted before after around "
    "limit next name email password password1 password2 username theme color notify label visibility "
    "topic csrfmiddlewaretoken term app_label model_name field_name _popup _to_field _changelist_filters "
    "_save _continue _addanother _saveasnew _method created_at__year created_at__month created_at__day "
    "is_active__exact archived_at__isempty role__exact id__in groups permissions set_usable_password "
    "usable_password is_superuser is_staff post object_id old_password new_password1 new_password2 "
    "person_id password__startswith token__isnull days max_uses role note outcome"
)
NUMBERS = ["-1", "0", "1", "2", "1.5", "1e400", "9" * 19, "9" * 5000, "٣", "0x10", "1_0", "NaN"]
WORDS = ["", " ", "null", "None", "true", "on", "all", "hall", "ops", "alice", PASSWORD, "a@b.c", "//evil.example"]
WORDS += ["\0", "\ufffe", "%00", "..", "../../etc", "javascript:1", "<script>", "{{ 7 }}", "x" * 10_000, "\r\nX: y"]
WORDS += ["2026-01-02", "delete_selected", "revoke", "_", "1,2", "'", '"', "chat.person", "chat"]
VALUES = st.sampled_from(NUMBERS + WORDS) | st.text(st.sampled_from(ODD), max_size=9) | st.text(max_size=20)
FIELDS = st.dictionaries(st.sampled_from(NAMES.split()), VALUES | st.lists(VALUES, max_size=2), max_size=5)
PEOPLE = ("nobody", "gil", "bob", "chief")


@pytest.fixture
def scene(settings, alice, bob, gil, hall, ops):
    """Return the people by name, and the values of URL parameters by name, existing ones first."""
    for limit in (
        "CHAT_GUESTS_PER_MINUTE",
        "CHAT_INVITES_PER_DAY",
        "CHAT_POSTS_PER_SECOND",
        "CHAT_SEARCHES_PER_MINUTE",
        "CHAT_SIGN_INS_PER_MINUTE",
        "CHAT_WRONG_PASSWORDS",
    ):
        setattr(settings, limit, 0)
    settings.CHAT_GUESTS = True
    chief = Person.objects.create_superuser("chief", PASSWORD)
    message = say(bob, hall, "hello **there**, @alice")
    group = Group.objects.create(name="Moderators")
    invitation = invitations.create(alice, ops)
    request = JoinRequest.objects.create(room=ops, person=chief)
    issue_token(bob)
    issue_token(chief)
    tokens = [str(token.pk) for token in [*chief.tokens.all(), *bob.tokens.all()]]
    ids = [str(pk) for pk in (message.pk, hall.pk, bob.pk, group.pk, Membership.objects.first().pk)] + tokens
    places = {
        "slug": ["hall", "ops", "lobby"],
        "seq": ["1", "0", "9" * 15],
        "token_id": tokens,
        "object_id": ids,
        "id": ids,
        "content_type_id": ["1", "2"],
        "app_label": ["chat", "auth"],
        "uidb64": [urlsafe_base64_encode(force_bytes(bob.pk))],
        "code": [invitation.code, "1-1.x", invitation.code[:-1]],
        "invitation_id": [str(invitation.pk), "9" * 15],
        "request_id": [str(request.pk), "9" * 15],
        "token": [default_token_generator.make_token(bob), "set-password"],
    }
    return {"chief": chief, "bob": bob, "gil": gil}, places


@contextmanager
def undone():
    """Roll back everything written meanwhile."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@st.composite
def targets(draw, address, places):
    """Return a URL with existing values in its placeholders, or with any text that a browser could send."""
    chosen = {}
    for name in address.names:
        there = st.sampled_from(places[name]) if name in places else st.nothing()
        chosen[name] = quote(draw(there | VALUES.filter(lambda it: it not in ("", ".", ".."))), safe="")
    return str(address) % chosen


def judge(response):
    assert response.status_code < 500, response.status_code
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    if response.streaming or not response.content or not is_page:
        return []
    page = parsed(response.content.decode())
    ids = Counter(element.get("id") for element in page.iter() if element.get("id"))
    assert [it for it, times in ids.items() if times > 1] == []
    return forms_in(page)


def failures(lines):
    """Return the unexpected log records. Django refuses suspicious requests and logs them as such."""
    return [line for line in lines if "traceback" in line and not line["logger"].startswith("django.security")]


def filled_in(draw, form):
    """Return a form as a person would send it, except for a few fields."""
    fields = dict(form.fields)
    for name in draw(st.lists(st.sampled_from(sorted({*form.fields, *form.choices} or {"name"})), max_size=3)):
        choices = form.choices.get(name)
        fields[name] = draw(st.sampled_from(choices) | VALUES if choices else VALUES)
    return fields


def send(browser, form, here, fields):
    method = browser.post if form.method == "post" else browser.get
    return method(urljoin(here, form.action or here), fields)


# Several addresses share the scene of one test, and a test stays short when it runs many examples.
PARTS = 8
ADDRESSES = [addresses()[number::PARTS] for number in range(PARTS)]


def try_address(check, scene, address):
    """Run `check(scene, address, data)` with examples of its own for an address."""

    @fixed_seed(str(address))
    @sized(2)
    @given(st.data())
    def examples(data):
        note(f"address {address}")
        check(scene, address, data)

    examples()


@contextmanager
def visit(scene, address, data):
    """Yield the browser of anyone and a URL. Nothing that is written stays, and nothing unexpected is logged."""
    people, places = scene
    who, target = data.draw(st.sampled_from(PEOPLE)), data.draw(targets(address, places))
    with undone(), collected(logging.ERROR) as lines:
        browser = Client()
        if who in people:
            browser.force_login(people[who])
        yield browser, target
    assert not failures(lines)


def request(scene, address, data):
    with visit(scene, address, data) as (browser, target):
        method = data.draw(st.sampled_from(["get", "get", "post", "head", "put", "delete", "options"]))
        judge(getattr(browser, method)(target, data.draw(FIELDS) if method in ("get", "post") else {}))


def send_forms(scene, address, data):
    with visit(scene, address, data) as (browser, target):
        for form in judge(browser.get(target)):
            judge(send(browser, form, target, filled_in(data.draw, form)))


@pytest.mark.parametrize("part", ADDRESSES, ids=range(PARTS))
def test_no_url_causes_a_server_error(scene, part):
    for address in part:
        try_address(request, scene, address)


@pytest.mark.parametrize("part", ADDRESSES, ids=range(PARTS))
def test_no_form_input_causes_a_server_error(scene, part):
    for address in part:
        try_address(send_forms, scene, address)
