"""Activity, unread counts and bookmarks over HTTP."""

from chat import protocol
from chat.models import Mention
from tests.api.client import HALL, OPS, assert_refused
from tests.cast import ask, say


def test_activity_lists_messages_and_marks_them_as_read(program, alice, bob, hall, ops):
    for room in (hall, ops):
        message = say(alice, room, "@bob")
        Mention.objects.get_or_create(person=bob, room=room, seq=message.seq)
    client = program(bob)
    page = client.get("/api/activity/").json()
    shown = [(it["kind"], it["room"], it["message"]["body"], it["unread"]) for it in page["entries"]]
    assert shown == [
        ("name", {"slug": "ops", "name": "Ops"}, "@bob", True),
        ("name", {"slug": "hall", "name": "Hall"}, "@bob", True),
    ]
    older = client.get("/api/activity/", {"before": page["entries"][0]["id"]}).json()
    assert (page["more"], older) == (False, {"entries": page["entries"][1:], "more": False})
    counts = {"hall": {"unread": 1, "mentions": 1}, "ops": {"unread": 1, "mentions": 1}}
    assert client.get("/api/unread/").json() == {"unread": counts}
    assert [client.post("/api/activity/read/").json() for _ in range(2)] == [{"rooms": 2}, {"rooms": 0}]
    assert client.get("/api/unread/").json() == {"unread": {}}


def test_bookmarks_are_saved_listed_and_removed(program, alice, bob, carol, hall, ops):
    for room in (hall, ops):
        say(alice, room, f"in {room.slug}")
    client = program(bob)
    put = lambda path, body: client.put(path, body, content_type="application/json")  # noqa: E731
    for path, body in ((f"{HALL}1/bookmark/", {}), (f"{OPS}1/bookmark/", {"note": "read"}), (f"{OPS}1/bookmark/", {})):
        assert put(path, body).status_code == 204
    ask(alice, hall, protocol.Delete(seq=1))
    page = client.get("/api/bookmarks/").json()
    shown = [
        (it["room"]["slug"], it["message"]["body"], it["message"]["deleted"], it["note"]) for it in page["bookmarks"]
    ]
    assert (shown, page["more"]) == ([("ops", "in ops", False, "read"), ("hall", "", True, "")], False)
    older = client.get("/api/bookmarks/", {"before": page["bookmarks"][0]["id"]}).json()
    assert older["bookmarks"] == page["bookmarks"][1:]
    assert program(alice).get("/api/bookmarks/").json() == {"bookmarks": [], "more": False}
    removed = [client.delete(f"{HALL}1/bookmark/") for _ in range(2)]
    assert [(it.status_code, it.content, it.get("Content-Type")) for it in removed] == [(204, b"", None)] * 2
    assert_refused(put(f"{HALL}1/bookmark/", {}), 404, "not_found")
    assert_refused(put(f"{OPS}1/bookmark/", {"note": "x" * 201}), 400, "bad_frame")
    outside = program(carol)
    assert_refused(outside.put(f"{OPS}1/bookmark/", {}, content_type="application/json"), 404, "not_found")
    assert_refused(outside.delete(f"{OPS}1/bookmark/"), 404, "not_found")
