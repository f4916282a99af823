"""Malformed requests: each is refused, none is stored, none blocks other requests."""

from django.test import Client

from chat.models import Message, Person
from tests.api.client import HALL, assert_refused, draft, post
from tests.cases import each

CLIENT_ID = "6f9619ff-8b86-4d01-b42d-00cf4fc964ff"


def frame(rest: str) -> bytes:
    """Return the JSON of a post with a valid client id, followed by `rest` unchanged."""
    return f'{{"client_id": "{CLIENT_ID}", {rest}}}'.encode()


# Bodies that are no command at all.
BAD_FRAMES = {
    "nothing": b"",
    "not JSON": b"body=hello",
    "not an object": b'["hello"]',
    "null": b"null",
    "binary": b"\xff\xfe\x00\x01",
    "UTF-16": frame('"body": "x"').decode().encode("utf-16"),
    "with a byte order mark": b"\xef\xbb\xbf{}",
    "deep nesting": b"[" * 60_000,
    "deep nesting in a field": frame('"body": "x", "y": ' + "[" * 20_000 + "]" * 20_000),
    "integer of 5,000 digits": frame('"body": "x", "reply_to": ' + "9" * 5000),
    "integer of 4,000 digits": frame('"body": "x", "reply_to": ' + "9" * 4000),
    "negative place": frame('"body": "x", "reply_to": -1'),
    "lone surrogate": frame(r'"body": "\ud800"'),
    "lone surrogate in a name": frame(r'"body": "x", "\udfff": 1'),
    "encoded surrogate": frame('"body": "?"').replace(b"?", b"\xed\xa0\x80"),
    "NUL": frame(r'"body": "a\u0000b"'),
    "NaN": frame('"body": "x", "reply_to": NaN'),
    "Infinity": frame('"body": "x", "reply_to": -Infinity'),
    "duplicate names": frame('"body": "x", "body": "y"'),
    "missing fields": b"{}",
    "wrong types": frame('"body": 5'),
    "no UUID": b'{"client_id": "1", "body": "x"}',
}

# Bodies that can be read and are refused for what they ask: body, status, code.
REFUSED = {
    "a reply to nothing": (frame('"body": "x", "reply_to": 99'), 404, "not_found"),
    "empty": (frame('"body": " "'), 400, "empty"),
    "only controls": (frame(r'"body": "\u202e\u0007"'), 400, "empty"),
    "a body too long": (frame('"body": "' + "x" * 8001 + '"'), 413, "too_long"),
    "too large": (frame('"body": "' + "x" * 70_000 + '"'), 413, "too_long"),
    "too large in bytes": (frame('"body": "' + "€" * 30_000 + '"'), 413, "too_long"),
    "much too large": (b"x" * 3_000_000, 413, "too_long"),
}


ALL = {name: (content, 400, "bad_frame") for name, content in BAD_FRAMES.items()} | REFUSED


@each(("content", "status", "code"), ALL.values())
def test_malformed_posts_are_refused_and_not_stored(program, bob, hall, content, status, code):
    client = program(bob)
    assert_refused(client.post(HALL, content, content_type="application/json"), status, code)
    assert not Message.objects.filter(room=hall).exists()
    assert post(client, HALL, draft()).status_code == 201


@each("path", ["/api/join/", "/api/token/"])
@each("content", BAD_FRAMES.values())
def test_malformed_joins_and_sign_ins_are_refused(db, path, content):
    assert_refused(Client().post(path, content, content_type="application/json"), 400, "bad_frame")


@each(
    ("content_type", "status"),
    # Django looks for a CSRF token in a browser's form first, and cannot read the second.
    [("multipart/form-data; boundary=x", 415), ("application/x-www-form-urlencoded; charset=utf-7", 400)],
)
def test_a_form_is_refused_as_json_from_every_sender(program, bob, hall, content_type, status):
    content = b'--x\r\nContent-Disposition: form-data; name="body"\r\n\r\nhello\r\n--x--\r\n'
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(bob)
    browser.get("/rooms/hall/")
    token = {"X-CSRFToken": browser.cookies["csrftoken"].value}
    assert_refused(browser.post(HALL, content, content_type=content_type, headers=token), status, "bad_frame")
    assert_refused(program(bob).post(HALL, content, content_type=content_type), 415, "bad_frame")


@each("name", ["", "x" * 41, "a\u200bb", "\u202eb", "!!!", "x" * 60_000])
def test_an_unreadable_name_is_refused(db, name):
    assert_refused(post(Client(), "/api/join/", {"name": name}), 400, "bad_frame")
    assert not Person.objects.exists()
