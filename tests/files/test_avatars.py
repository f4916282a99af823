"""The picture of a profile: made from an upload, shown to everyone who sees the person, and removed."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from chat import serializers
from chat.actions import account_deletion, profiles
from chat.actions.files import avatars
from chat.errors import ActionError
from chat.exports import personal_data
from chat.files import storage
from chat.files.pictures import child
from chat.models import AuditEntry, File, Job, Person
from tests.api.client import assert_refused
from tests.cases import each
from tests.cast import say, uploaded
from tests.files import samples
from tests.files.client import upload

PAGE = "/accounts/profile/"
PICTURE = "/accounts/picture/"


@pytest.fixture(scope="module", autouse=True)
def ended_child():
    yield
    child.end()


def put(client, key):
    return client.put("/api/avatar/", {"file": key}, content_type="application/json")


@pytest.fixture
def choose(program, run_jobs):
    """Upload a picture as a person, make it their picture, and return the person as they are then."""

    def run(person, content=None):
        client = program(person)
        assert put(client, upload(client, content or samples.picture(size=(300, 100)))).status_code == 202
        run_jobs("media")
        return Person.objects.get(pk=person.pk)

    return run


def test_a_picture_becomes_a_square_and_the_upload_goes(bob, choose, run_jobs):
    bob = choose(bob)
    file = File.objects.get()
    assert (file.key, file.owner, file.state, file.expires_at) == (bob.avatar_id, bob, "ready", None)
    assert (file.media_type, file.width, file.height) == ("image/webp", 256, 256)
    image = Image.open(storage.files().open(file.path)).convert("RGB")
    assert image.size == (256, 256)
    assert [max(range(3), key=image.getpixel((x, 128)).__getitem__) for x in (20, 236)] == [0, 2], "red, then blue"
    run_jobs("default")
    assert [key for keys in storage.all_keys() for key in keys] == [file.key]


def test_another_picture_has_another_key_and_the_first_goes(bob, choose, program, run_jobs):
    first = choose(bob).avatar_id
    second = choose(bob).avatar_id
    assert second not in (first, None)
    assert File.objects.get().key == second
    answer = put(program(bob), None)
    assert (answer.status_code, "avatar" in answer.json()["you"]) == (200, False)
    run_jobs("default")
    assert not File.objects.exists()
    assert [key for keys in storage.all_keys() for key in keys] == []


def test_the_last_choice_counts_whichever_task_ends_last(bob, program, run_jobs, monkeypatch):
    client, squares = program(bob), avatars._stored_square
    first, second, third = (File.objects.get(key=upload(client, samples.picture())) for _ in range(3))
    profiles.choose_avatar(bob, first.key)
    keys = {}

    def choose_meanwhile(key, upload):
        square, keys[upload.pk] = squares(key, upload), key
        if upload.pk == first.pk:
            profiles.choose_avatar(bob, second.key)
            avatars.make(bob.pk, second.pk)
        return square

    monkeypatch.setattr(avatars, "_stored_square", choose_meanwhile)
    run_jobs("media")
    assert Person.objects.get(pk=bob.pk).avatar_id == keys[second.pk]
    assert set(keys) == {first.pk, second.pk}
    profiles.choose_avatar(bob, third.key)
    profiles.choose_avatar(bob, None)
    run_jobs("media")
    assert (Person.objects.get(pk=bob.pk).avatar_id, File.objects.count()) == (None, 0)


def test_the_picture_is_part_of_the_person_everywhere(alice, bob, hall, choose, signed_in, program):
    say(bob, hall)
    key = choose(bob).avatar_id
    api, page = program(alice), signed_in(alice)
    about = [
        api.get("/api/rooms/hall/messages/").json()["messages"][0]["author"],
        api.get("/api/rooms/hall/members/?q=bob").json()["members"][0]["person"],
        api.get(f"/api/people/{bob.pk}/").json()["person"],
        api.get("/api/people/?q=bob").json()["people"][0],
    ]
    assert [it.get("avatar") for it in about] == [key] * 4
    assert f'<img src="/avatars/{key}.webp" alt="" loading="lazy">' in page.get("/rooms/hall/").text
    assert f"/avatars/{key}.webp" in page.get("/search/?q=hello").text
    assert f"/avatars/{key}.webp" in signed_in(bob).get(PAGE).text
    document = json.loads(b"".join(personal_data.everything_about(Person.objects.get(pk=bob.pk))))
    assert document["profile"]["picture"] == f"/avatars/{key}.webp"
    assert [it["address"] for it in document["files"]] == [f"/files/{key}/avatar.webp"]
    assert "/avatars/" not in page.get(PAGE).text


@each(
    ("fields", "status", "code"),
    [
        ({"kind": "file"}, 400, "bad_frame"),
        ({"state": "uploading"}, 409, "conflict"),
        ({"state": "refused", "refusal": "This picture is damaged."}, 400, "bad_frame"),
        ({"expires_at": None}, 409, "conflict"),
    ],
)
def test_only_pictures_that_nothing_uses_can_be_chosen(bob, program, fields, status, code):
    assert_refused(put(program(bob), uploaded(bob, **fields).key), status, code)
    assert not Job.objects.exists()


def test_files_of_others_do_not_exist(alice, bob, program):
    assert_refused(put(program(bob), uploaded(alice).key), 404, "not_found")
    with pytest.raises(ActionError):
        profiles.choose_avatar(bob, "x" * 22)
    avatars.make(bob.pk, uploaded(alice).pk)
    assert Person.objects.get(pk=bob.pk).avatar_id is None


def test_a_damaged_picture_changes_nothing_and_says_why(bob, signed_in, run_jobs):
    browser = signed_in(bob)
    given = SimpleUploadedFile("me.png", samples.picture()[:60])
    [address] = [browser.post(PICTURE, {"picture": given})["Location"]]
    assert "is being prepared" in browser.get(address).text
    run_jobs("media")
    shown = browser.get(address).text
    assert "This picture is damaged." in shown
    assert Person.objects.get(pk=bob.pk).avatar_id is None


def test_the_form_works_without_scripts(bob, signed_in, run_jobs):
    browser = signed_in(bob)
    address = browser.post(PICTURE, {"picture": SimpleUploadedFile("me.png", samples.picture())})["Location"]
    run_jobs("media")
    shown = browser.get(address).text
    assert "is being prepared" not in shown
    key = Person.objects.get(pk=bob.pk).avatar_id
    assert f"/avatars/{key}.webp" in shown
    assert "Picture removed." in browser.post(PICTURE, {"remove": "on"}, follow=True).text
    assert Person.objects.get(pk=bob.pk).avatar_id is None


@each(
    ("given", "sentence"),
    [
        ({}, "Choose a file first."),
        ({"picture": SimpleUploadedFile("me.png", samples.SVG)}, profiles.NO_PICTURE),
        ({"picture": SimpleUploadedFile("me.png", b"")}, "empty"),
    ],
)
def test_a_form_without_a_picture_says_what_is_missing(bob, signed_in, given, sentence):
    answer = signed_in(bob).post(PICTURE, given)
    assert (answer.status_code, sentence in answer.text) == (400, True)
    assert not File.objects.exists()


def test_a_task_that_runs_twice_or_for_a_closed_account_leaves_nothing(bob, choose, program):
    bob = choose(bob)
    file = File.objects.get(key=upload(program(bob), samples.picture()))
    avatars.make(bob.pk, file.pk)
    key = Person.objects.get(pk=bob.pk).avatar_id
    avatars.make(bob.pk, file.pk)
    assert (Person.objects.get(pk=bob.pk).avatar_id, File.objects.get().key) == (key, key)
    late = File.objects.get(key=upload(program(bob), samples.picture()))
    Person.objects.filter(pk=bob.pk).update(is_active=False)
    avatars.make(bob.pk, late.pk)
    assert Person.objects.get(pk=bob.pk).avatar_id == key
    assert {*File.objects.values_list("key", flat=True)} == {key, late.key}


@each("erases", [True, False])
def test_a_deleted_account_has_no_picture(bob, hall, choose, settings, run_jobs, erases):
    settings.CHAT_DELETED_ACCOUNTS = "erase" if erases else "keep"
    say(bob, hall)
    account_deletion.delete_account(choose(bob))
    gone = Person.objects.get(pk=bob.pk)
    assert serializers.person(gone).avatar is None
    run_jobs("default")
    assert [key for keys in storage.all_keys() for key in keys] == []


def test_staff_remove_a_picture_and_the_log_says_so(bob, choose, admin_client):
    choose(bob)
    chosen = {"action": "remove_avatars", "_selected_action": bob.pk, "confirmed": "on", "reason": "rude"}
    admin_client.post("/admin/chat/person/", chosen)
    assert Person.objects.get(pk=bob.pk).avatar_id is None
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.person, entry.reason, entry.detail) == (
        "change_person",
        "bob",
        "rude",
        "picture removed",
    )
