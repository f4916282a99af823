"""Push subscriptions: who may add one, and when it ends."""

import json
import logging
from datetime import timedelta

import pytest
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from chat.actions import credentials
from chat.actions.account_deletion import delete_account
from chat.actions.accounts import issue_token
from chat.actions.jobs.errors import GiveUp
from chat.actions.push_subscriptions import MAX_PER_PERSON
from chat.actions.tasks.push import push_test
from chat.auth import authentication
from chat.exports import personal_data
from chat.models import Job, Person, PushSubscription, Session
from chat.outbound import NoAnswer
from chat.rate_limits import limits
from chat.telemetry.logs import JsonFormatter
from chatsite.config import vapid_key
from tests.cases import each
from tests.cast import PASSWORD
from tests.push.service import Device

KEY = vapid_key.new()
KEYS = {"endpoint": "https://push.example.org/1", "p256dh": f"B{'A' * 86}", "auth": "A" * 22}


@pytest.fixture(autouse=True)
def key(settings):
    settings.CHAT_VAPID_KEY = KEY


@pytest.fixture
def device(network, bob):
    device = Device(network).sign_in(bob)
    device.subscribe()
    return device


def add(client, **changes):
    return client.post("/api/push/", {**KEYS, **changes}, content_type="application/json")


def is_reached(device):
    """Return whether a push arrives, whatever the row says."""
    before = len(device.received)
    for pk in PushSubscription.objects.values_list("pk", flat=True):
        push_test.call(pk)
    return len(device.received) > before


# ---- The API


def test_a_browser_is_added_once(signed_in, bob):
    browser = signed_in(bob)
    assert [add(browser).status_code for _ in range(3)] == [201, 200, 200]
    [subscription] = PushSubscription.objects.all()
    assert subscription.person == bob
    assert (
        browser.delete("/api/push/", {"endpoint": KEYS["endpoint"]}, content_type="application/json").status_code == 204
    )
    assert not PushSubscription.objects.exists()


@each(
    "changes",
    [
        {"endpoint": "http://push.example.org/1"},
        {"endpoint": "https://push.example.org"},
        {"endpoint": "https://push.example.org:8443/1"},
        {"endpoint": "https://ada@push.example.org/1"},
        {"endpoint": "https://push.example.org\\@127.0.0.1/1"},
        {"endpoint": "https://[::1]/1"},
        {"endpoint": "https://ⓟush.example.org/1"},
        {"endpoint": "https://push.example.org/a b"},
        {"endpoint": "https://push.example.org/1\n"},
        {"endpoint": f"https://push.example.org/{'x' * 1000}"},
        {"p256dh": f"A{'A' * 86}"},
        {"p256dh": f"B{'A' * 85}"},
        {"p256dh": f"B{'A' * 85}+"},
        {"auth": "A" * 21},
        {"auth": f"{'A' * 21}B"},
        {"auth": f"{'A' * 22}\n"},
        {"auth": None},
    ],
)
def test_a_subscription_that_is_none_is_refused(signed_in, bob, changes):
    assert add(signed_in(bob), **changes).status_code == 400
    assert not PushSubscription.objects.exists()


def test_a_program_cannot_subscribe(program, bob):
    assert add(program(bob)).status_code == 403
    assert program(bob).post("/api/push/test/").status_code == 403


def test_a_site_without_a_key_takes_no_subscription(signed_in, bob, settings):
    menu = "chat/_notifications.html"
    assert vapid_key.public_part(KEY) in render_to_string(menu)
    settings.CHAT_VAPID_KEY = ""
    assert add(signed_in(bob)).status_code == 403
    assert "Also when the chat is closed" not in render_to_string(menu)


def test_changes_and_tests_have_a_limit(signed_in, bob):
    browser = signed_in(bob)
    found = [add(browser).status_code for _ in range(8)]
    found += [browser.post("/api/push/test/").status_code for _ in range(4)]
    assert found == [201, *[200] * 7, 204, 204, 429, 429]


def test_a_person_has_at_most_ten(signed_in, bob, carol):
    add(signed_in(carol), endpoint="https://push.example.org/carol")
    for number in range(MAX_PER_PERSON + 2):
        limits.reset()
        add(signed_in(bob), endpoint=f"https://push.example.org/{number}")
    own = bob.push_subscriptions.order_by("pk").values_list("endpoint", flat=True)
    assert list(own) == [f"https://push.example.org/{number}" for number in range(2, MAX_PER_PERSON + 2)]
    assert carol.push_subscriptions.count() == 1


def test_a_test_goes_to_this_browser_only(network, bob, device):
    other = Client()
    other.force_login(bob)
    assert other.post("/api/push/test/").status_code == 404
    assert device.client.post("/api/push/test/").status_code == 204
    [job] = Job.objects.all()
    assert (job.queue, job.arguments["args"]) == ("http", [PushSubscription.objects.get().pk])


def test_no_one_removes_the_subscription_of_another_person(device, signed_in, carol):
    body = {"endpoint": device.endpoint}
    assert signed_in(carol).delete("/api/push/", body, content_type="application/json").status_code == 204
    assert is_reached(device)


# ---- The end of a subscription


def sign_out(device, bob):
    device.client.post("/accounts/logout/")


def sign_out_from_elsewhere(device, bob):
    credentials.sign_out_elsewhere(bob, None)


def sign_out_by_name(device, bob):
    credentials.sign_out(bob, bob.sessions.get().public_id)


def change_password(device, bob):
    credentials.change_password(bob, "another long password")


def remove_account(device, bob):
    delete_account(Person.objects.get(pk=bob.pk))


def purge(device, bob):
    bob.delete()


def sign_in_another_person(device, bob):
    carol = Person.objects.create_user("carol", PASSWORD)
    device.client.force_login(carol)


def expire(device, bob):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def deactivate(device, bob):
    Person.objects.filter(pk=bob.pk).update(is_active=False)


def change_password_in_an_older_release(device, bob):
    """The sessions stay as rows, but no one is signed in with them."""
    bob.set_password("another long password")
    bob.save(update_fields=["password"])


ENDS = [
    sign_out, sign_out_from_elsewhere, sign_out_by_name, change_password, remove_account, purge,
]  # fmt: skip
SILENT_ENDS = [sign_in_another_person, expire, deactivate, change_password_in_an_older_release]


@each("end", ENDS)
def test_the_end_of_a_session_removes_its_subscription(device, bob, end):
    end(device, bob)
    assert not PushSubscription.objects.exists()


@each("end", SILENT_ENDS)
def test_a_subscription_without_its_session_gets_nothing_and_is_removed(device, bob, end):
    end(device, bob)
    assert not is_reached(device)
    assert not PushSubscription.objects.exists()


def test_a_changed_password_keeps_the_pushes_of_the_browser_that_changed_it(device, bob):
    fields = {"old_password": PASSWORD, "new_password1": "another long one", "new_password2": "another long one"}
    other = Client()
    other.force_login(bob)
    add(other, endpoint="https://push.example.org/other")
    assert device.client.post("/accounts/password_change/", fields).status_code == 302
    assert [it.endpoint for it in PushSubscription.objects.all()] == [device.endpoint]
    assert is_reached(device)


def test_the_next_person_in_a_browser_gets_its_pushes_alone(device, bob, carol):
    device.client.force_login(carol)
    device.subscribe()
    assert PushSubscription.objects.get().person == carol
    assert authentication.subscribed_sessions(bob) == set()


# ---- Secrets


def test_neither_a_log_nor_a_job_nor_a_download_has_the_endpoint(device, bob, caplog):
    caplog.set_level(logging.DEBUG)
    PushSubscription.objects.update(endpoint="https://inside.localhost/secret-endpoint")
    device.client.post("/api/push/test/")
    with pytest.raises((GiveUp, NoAnswer)):
        push_test.call(PushSubscription.objects.get().pk)
    told = [JsonFormatter().format(it) for it in caplog.records if not it.name.startswith("django.db")]
    told += [json.dumps(it.arguments) for it in Job.objects.all()]
    told += [it.decode() for it in personal_data.everything_about(bob)]
    assert "secret-endpoint" not in "".join(told)
    assert str(PushSubscription(endpoint="x")) == "push subscription None"


def test_the_download_names_the_device_and_the_service(device, bob):
    document = json.loads(b"".join(personal_data.everything_about(bob)))
    [subscription] = document["push_subscriptions"]
    assert subscription["service"] == "push.example.org"
    assert device.keys["p256dh"] not in json.dumps(document)


def test_a_token_is_no_session(bob):
    issue_token(bob)
    assert authentication.subscribed_sessions(bob) == set()


# ---- The service worker and the key


def test_the_service_worker_is_for_the_whole_site(client, db):
    answer = client.get("/service-worker.js")
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-cache"
    assert b'addEventListener("push"' in answer.content
    assert "fetch" not in answer.content.decode()
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert "trusted-types message worker" in answer["Content-Security-Policy"]


def test_a_key_is_taken_in_both_forms_of_base64():
    standard = KEY.replace("-", "+").replace("_", "/") + "="
    assert vapid_key.checked(f" {standard}\n") == KEY
    assert len(vapid_key.public_part(KEY)) == 87
    assert vapid_key.public_part(KEY)[0] == "B"


def test_a_development_site_makes_a_key_once(tmp_path):
    path = tmp_path / "var" / "vapid_key"
    key = vapid_key.read_or_create(path)
    assert vapid_key.read_or_create(path) == key
    assert path.stat().st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_written_gets_no_key(tmp_path):
    (tmp_path / "file").write_text("")
    assert vapid_key.read_or_create(tmp_path / "file" / "vapid_key") == ""
