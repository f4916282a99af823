"""The origin of requests: pages of other sites are refused, programs and pages of this site are accepted."""

import json

from django.test import Client

from chat.models import Person
from tests.api.client import HALL, assert_refused, draft, post
from tests.cases import each
from tests.cast import PASSWORD

OPEN = {"/api/join/": {"name": "Zoë"}, "/api/token/": {"username": "alice", "password": PASSWORD}}
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver:8000"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
    {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
]
OWN = [
    {},
    {"Origin": "http://testserver"},
    {"Origin": "http://testserver", "Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},
]


@each("path", OPEN)
@each("headers", FOREIGN)
def test_a_page_of_another_site_creates_no_guest_and_signs_no_one_in(alice, path, headers):
    assert_refused(post(Client(), path, OPEN[path], **headers), 403, "forbidden")
    assert list(Person.objects.all()) == [alice]
    assert alice.tokens.count() == 0


@each("path", OPEN)
@each("headers", OWN)
def test_programs_and_pages_of_this_site_are_accepted(alice, path, headers):
    assert post(Client(), path, OPEN[path], **headers).status_code == 200


@each("path", OPEN)
@each("kind", ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", ""])
def test_body_without_the_json_content_type_is_not_read(alice, path, kind):
    """Refuse the bodies that a page can send with `mode: "no-cors"`."""
    assert_refused(Client().post(path, json.dumps(OPEN[path]), content_type=kind), 415, "bad_frame")
    assert list(Person.objects.all()) == [alice]


def test_json_may_have_a_parameter(alice):
    content = json.dumps(OPEN["/api/token/"])
    assert Client().post("/api/token/", content, content_type="application/json; charset=utf-8").status_code == 200


def test_an_origin_that_the_settings_trust_is_accepted(alice, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example"]
    headers = {"Origin": "https://app.example", "Sec-Fetch-Site": "cross-site"}
    assert post(Client(), "/api/token/", OPEN["/api/token/"], **headers).status_code == 200


def test_request_with_a_token_may_come_from_any_origin(program, bob, hall):
    assert post(program(bob), HALL, draft(), Origin="https://evil.example").status_code == 201


def test_a_session_does_not_speak_for_a_page_of_another_site(signed_in, bob, hall):
    browser = signed_in(bob)
    assert browser.get(HALL).status_code == 200
    assert_refused(browser.get(HALL, headers={"Sec-Fetch-Site": "cross-site"}), 403, "forbidden")
    assert_refused(post(browser, HALL, draft(), Origin="https://evil.example"), 403, "forbidden")


def test_link_from_another_site_opens_the_description(client, db):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert client.get("/api/openapi.json", headers=headers).status_code == 200


def test_csp_report_of_another_site_is_not_counted(client, db):
    def report(site):
        report = json.dumps({"csp-report": {"effective-directive": "img-src"}})
        headers = {"Sec-Fetch-Site": site}
        return client.post("/csp-report/", report, content_type="application/csp-report", headers=headers).status_code

    assert (report("cross-site"), report("same-origin")) == (403, 204)
