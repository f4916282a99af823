"""Archives of a whole site: written, imported into an empty site, and written again."""

import hashlib
import io
import json
import re
import stat
import uuid
import zipfile
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from chat import protocol
from chat.actions import blocks, direct, rooms, sanctions
from chat.actions.account_deletion import delete_account
from chat.actions.accounts import join_as_guest, sign_up
from chat.actions.imports import archive_messages
from chat.actions.imports.archive import import_archive
from chat.actions.imports.people import MembershipImport, import_memberships
from chat.archives import writing
from chat.archives.container import ArchiveError
from chat.archives.opening import open_archive
from chat.archives.records import MemberRecord, MessageRecord, PersonRecord, PreviewRecord, RoomRecord
from chat.auth import mail_queue
from chat.models import AuditEntry, File, Has, Membership, Message, Person, Preview, Room, Token
from tests.cases import each
from tests.cast import PASSWORD, ask, say, uploaded
from tests.files.samples import picture
from tests.imports import workspace
from tests.imports.dumps import dump, logs_are_whole

# The archive and the dump, which take longer to make than a test runs.
MADE = {}
RESET = "/accounts/password_reset/"


def stored(person, name, content, thumb=b"", **fields):
    save = storages["files"].save
    paths = {"path": save("ab/object", ContentFile(content)), "sha256": hashlib.sha256(content).hexdigest()}
    if thumb:
        paths |= {"thumb_path": save("ab/thumb", ContentFile(thumb)), "thumb_width": 40, "thumb_height": 20}
    return uploaded(person, name, size=len(content), **(paths | fields))


@pytest.fixture
def site(db, tmp_path):
    """Return the archive of a site that has one of everything, and its dump. The database is empty."""
    if not MADE:
        with transaction.atomic():
            fill()
            MADE["dump"] = dump()
            writing.write(tmp_path / "site.zip", with_files=True)
            transaction.set_rollback(True)
        MADE["archive"] = (tmp_path / "site.zip").read_bytes()
    (tmp_path / "site.zip").write_bytes(MADE["archive"])
    return tmp_path / "site.zip", MADE["dump"]


def fill():
    alice, bob, carol = (sign_up(name, PASSWORD, f"{name}@example.org") for name in ("alice", "bob", "carol"))
    guest, gone = join_as_guest("gil"), sign_up("dan", PASSWORD, "dan@example.org")
    Person.objects.create(name="robot", handle="robot", is_bot=True, bot_owner=alice, password="!")
    hall = rooms.create_room(alice, "Hall", topic="For everybody")
    board = rooms.create_room(alice, "Board", visibility="private")
    import_memberships(hall, [MembershipImport(it) for it in (bob, carol, guest, gone)])
    import_memberships(board, [MembershipImport(bob)])
    say(alice, hall, "first, and gone")
    question = say(alice, hall, "Are **you** there, @bob? See #hall and https://a.example/")
    picture_file = stored(bob, "map.png", picture(), picture("WEBP"), color="#112233", alt="A map", width=40, height=20)
    say(bob, hall, "Yes", reply_to=question.seq, files=[picture_file])
    say(gone, hall, "I leave")
    ask(bob, hall, protocol.React(seq=question.seq, emoji="👍", on=True))
    ask(carol, hall, protocol.React(seq=question.seq, emoji="🎉", on=True))
    ask(alice, hall, protocol.React(seq=question.seq, emoji="👍", on=True))
    ask(alice, hall, protocol.Edit(seq=question.seq, body="Is **anyone** there, @bob? https://a.example/"))
    ask(carol, hall, protocol.SetBookmark(seq=question.seq, on=True, note="later"))
    text = stored(alice, "notes.txt", b"some notes", kind="file", media_type="application/octet-stream")
    ask(alice, board, protocol.Delete(seq=say(alice, board, "deleted", files=[text]).seq))
    _preview(question)
    room, _ = direct.open_conversation(alice, [bob.pk], "")
    say(alice, room, "psst")
    blocks.block(carol, bob.pk)
    sanctions.mute(alice, hall, carol, duration=timedelta(days=3), reason="loud")
    rooms.archive(alice, board)
    delete_account(gone)
    alice.avatar = stored(alice, "avatar.webp", picture("WEBP", size=(64, 64)), expires_at=None, width=64, height=64)
    alice.avatar.media_type = "image/webp"
    alice.avatar.save()
    alice.color, alice.theme = 3, "dark"
    alice.save()
    Message.objects.filter(body="first, and gone").delete()  # as after the retention time
    hall.memberships.filter(person=bob).update(read_seq=3, starred_at=timezone.now(), notify="mentions")


def _preview(message):
    image = stored(None, "picture.webp", picture("WEBP"), picture("WEBP"), expires_at=None, width=40, height=20)
    File.objects.filter(pk=image.pk).update(media_type="image/webp")
    Preview.objects.create(message=message, url="https://a.example/", title="A page", image=image)
    Message.objects.filter(pk=message.pk).update(has=Has.LINK | Has.PREVIEW)


def documents_of(path):
    with zipfile.ZipFile(path) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def changed(path, name, change):
    """Return the path of a copy of an archive in which `change` was applied to the lines of a document."""
    found = documents_of(path)
    records = [json.loads(line) for line in found[name].splitlines()]
    change(records)
    found[name] = b"".join(json.dumps(it).encode() + b"\n" for it in records)
    return workspace.write(path.with_name("changed.zip"), found.items())


def test_an_imported_archive_is_written_again_byte_by_byte(site, tmp_path):
    path, _ = site
    import_archive(open_archive(path))
    writing.write(tmp_path / "again.zip", with_files=True)
    first, again = documents_of(path), documents_of(tmp_path / "again.zip")
    assert first.pop("header.json") != again.pop("header.json")
    assert again == first
    assert sum(name.startswith("files/") for name in first) == 4
    assert not {name for name, content in first.items() if re.search(rb"md5\$|argon|password|token|secret", content)}
    assert stat.S_IMODE((tmp_path / "again.zip").stat().st_mode) == 0o600


def test_an_imported_site_has_everything_but_rights(site):
    path, before = site
    import_archive(open_archive(path))
    after = dump()
    assert logs_are_whole()
    for table in ("archived", "members", "reactions", "files", "previews", "blocks", "bookmarks", "rooms"):
        assert after[table] == before[table], table
    kept = [0, 1, 3, 5, 6, 9, 10, 11, 12, 13]  # no revisions, fingerprints, HTML and words
    texts = [[[row[it] for it in kept] for row in found["messages"]] for found in (before, after)]
    assert sorted(map(str, texts[1])) == sorted(map(str, texts[0]))
    assert not Person.objects.filter(is_active=True).exists()
    assert not any(it.has_usable_password() for it in Person.objects.all())
    assert not Token.objects.exists()
    assert dict(Person.objects.values_list("name", "email"))["alice"] == "alice@example.org"
    assert AuditEntry.objects.filter(detail__startswith="import: ").count() == 1


def test_a_cut_import_of_a_site_goes_on(site, monkeypatch):
    path, _ = site
    archive = open_archive(path)
    with transaction.atomic():
        import_archive(archive)
        once = dump()
        transaction.set_rollback(True)
    monkeypatch.setattr(archive_messages, "BATCH", 2)
    cuts = 0

    def cut(count):
        raise KeyboardInterrupt

    while True:
        before = Message.objects.count()
        try:
            import_archive(archive, progress=cut if cuts < 3 else lambda count: None)
            break
        except KeyboardInterrupt:
            cuts += 1
            monkeypatch.setattr(archive_messages, "BATCH", 2 + cuts)
            assert Message.objects.count() >= before
    assert cuts == 3
    assert dump() == once
    assert import_archive(archive).messages_added == 0
    assert dump() == once


def test_the_owner_of_an_address_takes_the_account_over(site):
    path, _ = site
    import_archive(open_archive(path))
    alice = Person.objects.get(name="alice")
    browser = Client()
    for email in ("alice@example.org", "dan@example.org", "gil@example.org"):
        assert browser.post(RESET, {"email": email})["Location"] == RESET + "done/"
    mail_queue.wait()
    assert [it.to for it in mail.outbox] == [["alice@example.org"]]
    link = re.search(r"/accounts/verify/\S+", mail.outbox[0].body)[0]
    assert "alice" in browser.get(link).text
    fields = {"password1": "tr0mbone-quartet", "password2": "tr0mbone-quartet"}
    assert browser.post(link, fields).status_code == 302
    alice.refresh_from_db()
    assert (alice.is_active, alice.check_password("tr0mbone-quartet")) == (True, True)
    assert browser.get(Room.objects.get(name="Board").get_absolute_url()).status_code == 200
    assert browser.get(link).status_code == 404
    browser.post(RESET, {"email": "alice@example.org"})
    mail_queue.wait()
    assert "/accounts/reset/" in mail.outbox[-1].body


@each("fields", [{"is_active": True}, {"email": ""}, {"email_verified_at": timezone.now()}, {"pending_since": None}])
def test_only_an_account_of_an_archive_is_taken_over(site, fields):
    """An account that staff have deactivated has a password, or its address was verified."""
    path, _ = site
    import_archive(open_archive(path))
    people = Person.objects.filter(name="alice")
    assert people.get().may_verify
    if fields == {"pending_since": None}:
        people.get().imported_from.all().delete()
    people.update(**fields)
    assert not people.get().may_verify
    assert not Person.objects.unclaimed().filter(name="alice").exists()


def test_an_archive_without_files_names_them(site, tmp_path):
    path, _ = site
    import_archive(open_archive(path))
    call_command("export_archive", tmp_path / "bare.zip", verbosity=0, stdout=io.StringIO())
    assert not [name for name in documents_of(tmp_path / "bare.zip") if name.startswith("files/")]
    assert AuditEntry.objects.filter(action="export").count() == 1
    with pytest.raises(CommandError, match="already exists"):
        call_command("export_archive", tmp_path / "bare.zip", verbosity=0)


def no_file(path):
    documents = documents_of(path)
    return workspace.write(
        path.with_name("c.zip"), [(k, v[:-1] + b"x" if k.startswith("files/") else v) for k, v in documents.items()]
    )


def test_damaged_files_are_named_in_their_messages(site):
    path, _ = site
    report = import_archive(open_archive(no_file(path)))
    assert report.notes["files that can’t be imported, named in their messages"] == 2
    assert Message.objects.get(body__startswith="Yes").body == "Yes\nFile: map.png"
    assert not File.objects.exists()


BROKEN = [
    ("rooms.jsonl", lambda its: its.append(its[0]), "twice"),
    ("messages/000002.jsonl", lambda its: its.reverse(), "order"),
    ("messages/000002.jsonl", lambda its: its[0].update(id="x"), "Line 1 of messages/000002.jsonl"),
    ("people.jsonl", lambda its: its[1].update(name=5), "Line 2 of people.jsonl"),
    ("rooms.jsonl", lambda its: its[1].update(visibility="secret"), "Line 2 of rooms.jsonl"),
    ("rooms.jsonl", lambda its: its[1].update(seq=1), "last position"),
    ("header.json", lambda its: its[0].update(version=2), "version 2"),
    ("header.json", lambda its: its[0].update(max_body=9999), "CHAT_MAX_BODY"),
]


@each("name, change, why", BROKEN)
def test_a_broken_archive_is_refused_before_anything_is_stored(site, name, change, why):
    path, _ = site
    before = dump()
    with pytest.raises(ArchiveError, match=re.escape(why)):
        open_archive(changed(path, name, change))
    assert dump() == before


HOSTILE = [
    ("people.jsonl", lambda its: its[0].update(email="x" * 300 + "@example.org", color=99)),
    ("people.jsonl", lambda its: [it.update(name="Moderator") for it in its]),
    ("rooms.jsonl", lambda its: [it.update(slug="../" * 9, name="\u202e" * 99, keep_days=-5) for it in its]),
    ("messages/000002.jsonl", lambda its: its[0].update(body="x" * 50_000, author=str(uuid.uuid4()), reply_to=10**9)),
    ("messages/000002.jsonl", lambda its: its[0].update(reactions=[["no emoji", []], ["👍", [str(uuid.uuid4())]]])),
    ("messages/000002.jsonl", lambda its: [it.update(id=its[0]["id"]) for it in its]),
    ("messages/000002.jsonl", lambda its: [it.update(files=its[1]["files"]) for it in its]),
    ("members/000002.jsonl", lambda its: [its.append(it | {"role": "owner"}) for it in list(its)]),
    ("members/000002.jsonl", lambda its: its[0].update(person=str(uuid.uuid4()), read=-5)),
]


@each("name, change", HOSTILE)
def test_a_hostile_archive_breaks_no_rule(site, name, change):
    path, _ = site
    import_archive(open_archive(changed(path, name, change)))
    assert logs_are_whole()
    assert not Person.objects.filter(is_active=True).exists()
    for person in Person.objects.exclude(name__startswith="Deleted person"):
        person.full_clean(exclude=["password"])
    for room in Room.objects.all():
        assert re.fullmatch(r"[\w-]+", room.slug)
        assert room.name.isprintable()
    assert not Message.objects.filter(body__regex=".{8001}").exists()
    assert not Membership.objects.filter(read_seq__lt=0).exists()
    assert dump()["unfinished"] == 0


# ---- Every column is in an archive, or says why not

FOLLOWS = {"handle", "search_name", "skeleton", "small_skeleton", "capital_skeleton"}
COLUMNS = [
    (Person, PersonRecord, {"date_joined": "joined_at", "is_guest": "guest", "is_bot": "bot"}, {
        *FOLLOWS, "password", "session_mark", "last_login", "email_verified_at", "pending_since",  # of this account
        "is_active", "is_staff", "is_superuser", "is_plain", "bot_owner",  # rights here
    }),
    (Room, RoomRecord, {"direct_key": "people"}, FOLLOWS - {"handle"}),
    (Membership, MemberRecord, {"read_seq": "read", "floor_seq": "floor"},
     {"room", "mailed_seq", "pushed_seq", "invitation"}),
    (Message, MessageRecord, {"client_id": "id"},
     {"room", "rev", "fingerprint", "html", "search_text", "text_rev", "has"}),
    (Preview, PreviewRecord, {}, {"message"}),
]  # fmt: skip
# In a record without a column of its own: rows of other tables, and what only other programs' archives have.
ELSEWHERE = {
    "id",
    "blocked",
    "bookmarks",
    "seq",
    "active_at",
    "reactions",
    "files",
    "previews",
    "answers",
    "is_answered",
}


@each("model, record, renamed, left_out", COLUMNS)
def test_every_column_is_in_an_archive_or_left_out_on_purpose(model, record, renamed, left_out):
    columns = {it.name for it in model._meta.concrete_fields if not it.primary_key}
    assert left_out <= columns
    kept = {renamed.get(name, name) for name in columns - left_out}
    assert kept - {*record.__struct_fields__} == set()
    assert {*record.__struct_fields__} - kept <= ELSEWHERE
