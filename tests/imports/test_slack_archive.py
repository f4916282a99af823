"""The import of Slack's exports."""

import io
import re
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from chat.actions.imports import archive_messages
from chat.actions.imports.archive import import_archive, plan
from chat.archives import container
from chat.archives.container import ArchiveError
from chat.archives.opening import open_archive
from chat.models import Attachment, ImportedItem, Membership, Message, Person, Reaction, Room, RoomHead
from tests.cases import each
from tests.cast import say
from tests.imports import workspace
from tests.imports.dumps import dump, logs_are_whole
from tests.imports.workspace import channel, said, ts, user

ADA, BOB = user("U1", "Ada", "ada@example.org"), user("U2", "Bob", "bob@example.org", deleted=True)
DAY = "general/2019-01-01.json"


def export(tmp_path, *messages, channels=None, users=(ADA, BOB), **documents):
    """Write an export with one channel, or these channels, and more documents by their names without `.json`."""
    general = [channel("C1", "general", topic={"value": "Everything"})]
    named = {"users": list(users), "channels": general if channels is None else channels, **documents}
    return workspace.write(
        tmp_path / "slack.zip", [*((f"{name}.json", it) for name, it in named.items()), (DAY, list(messages))]
    )


def run(path, **options):
    return import_archive(open_archive(path, **options))


def bodies(slug="general"):
    return list(Message.objects.filter(room__slug=slug).order_by("seq").values_list("body", flat=True))


# ---- What becomes of it


def test_a_channel_becomes_a_room_with_its_people_and_their_messages(db, tmp_path):
    path = export(
        tmp_path,
        said("U1", 0, "*Hi* <@U2>, see <#C1|general>", thread_ts=ts(0), reactions=[
            {"name": "+1", "users": ["U2", "U1"], "count": 3}, {"name": "party", "users": ["U1"]}]),
        said("U2", 5, "joined", subtype="channel_join"),
        said("U2", 9, "yes", thread_ts=ts(0), edited={"ts": ts(60)}),
        said("U1", 10, "waves", subtype="me_message"),
    )  # fmt: skip
    report = run(path)
    room = Room.objects.get(slug="general")
    assert (room.topic, room.visibility, room.is_archived) == ("Everything", "public", False)
    assert bodies() == ["**Hi** @Bob, see #general", "yes", "_waves_"]
    first, second, _ = Message.objects.filter(room=room).order_by("seq")
    assert first.created_at == datetime(2019, 1, 1, 0, 0, 0, 100, UTC)
    assert 'class="mention"' in first.html
    assert (second.reply_to, second.edited_at) == (1, datetime(2019, 1, 1, 0, 1, 0, 100, UTC))
    assert set(Reaction.objects.values_list("emoji", "person__name")) == {("👍", "Ada"), ("👍", "Bob")}
    places = room.memberships.order_by("person__name").values_list("person__name", "role", "read_seq")
    assert list(places) == [("Ada", "owner", 3), ("Bob", "member", 3)]
    notes = {note: count for note, count in report.notes.items() if count}
    assert notes == {
        "notes of Slack: channel_join": 1,
        "reactions of people whom the archive does not name": 1,
        "reactions with an emoji of the workspace’s own: :party:": 1,
    }
    assert RoomHead.objects.get(room=room).active_at == Message.objects.get(room=room, seq=3).created_at


def test_private_channels_and_direct_messages_stay_so(db, tmp_path, carol):
    path = export(
        tmp_path,
        users=[ADA, BOB, user("U3", "Cleo")],
        groups=[channel("G1", "board", ["U1"], is_archived=True)],
        dms=[channel("D1")],
        mpims=[channel("G2", "mpdm-ada--bob--cleo-1", ["U1", "U2", "U3"])],
        **{"D1/2019-01-01": [said("U1", 0, "psst")], "board/2019-01-01": [said("U1", 0, "secret")]},
    )
    run(path)
    board = Room.objects.get(name="board")
    assert (board.visibility, board.is_archived, re.fullmatch("board-[0-9a-f]{8}", board.slug)) is not None
    assert not Room.objects.visible_to(carol).exclude(visibility="public").exists()
    direct = Room.objects.filter(visibility="direct")
    assert sorted(it.memberships.count() for it in direct) == [2, 3]
    assert [it.slug.startswith("d-") for it in direct] == [True, True]
    assert Message.objects.get(body="psst").room.direct_key.count(",") == 1


def test_long_messages_are_divided_and_files_are_named_or_attached(db, tmp_path, settings):
    settings.CHAT_MAX_BODY = 40
    files = [
        {"id": "F1", "name": "notes.txt"},
        {"id": "F2", "title": "Plan", "permalink": "https://a.example/F2"},
        None,
    ]
    path = export(
        tmp_path,
        said("U1", 0, "word " * 20, thread_ts=ts(0)),
        said("U2", 1, "answer", thread_ts=ts(0)),
        said("U1", 2, "", files=files),
    )
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("__uploads/F1/notes.txt", b"some text")
    run(path)
    assert bodies()[:3] == [("word " * 8)[:-1], ("word " * 8)[:-1], ("word " * 4)[:-1]]
    assert bodies()[3:] == ["answer", "File: [Plan](https://a.example/F2)"]
    assert Message.objects.get(body="answer").reply_to == 1
    attached = Attachment.objects.get()
    assert (attached.file.name, attached.file.size, attached.file.state) == ("notes.txt", 9, "ready")
    assert (attached.message.body, attached.file.owner.name) == (bodies()[4], "Ada")


def test_programs_and_strangers_get_accounts_that_no_one_can_use(db, tmp_path):
    run(
        export(
            tmp_path,
            said(None, 0, "", subtype="bot_message", bot_id="B1", username="deploy", attachments=[{"text": "*ok*"}]),
            said("U9", 1, "from outside", user_profile={"real_name": "Zoe"}),
            said("U8", 2, "unknown"),
            said("U1", 3, "", subtype="tombstone", thread_ts=ts(3)),
        )
    )
    assert list(Message.objects.filter(room__slug="general").values_list("author__name", "body")) == [
        ("deploy", "**ok**"), ("Zoe", "from outside"), ("Slack user U8", "unknown"), ("Ada", "")
    ]  # fmt: skip
    assert Message.objects.get(author__name="Ada").is_erased
    assert set(Person.objects.values_list("name", "is_bot", "is_active", "email")) == {
        ("Ada", None, False, "ada@example.org"), ("Bob", None, False, ""), ("deploy", True, False, ""),
        ("Zoe", None, False, ""), ("Slack user U8", None, False, ""),
    }  # fmt: skip
    assert not any(it.has_usable_password() for it in Person.objects.all())


# ---- Whose accounts, and which names


def test_only_a_verified_address_or_the_operator_gives_messages_to_an_account(tmp_path, alice, bob):
    """Otherwise anyone could write an address into their profile and get another person's private messages."""
    alice.email = bob.email = "ada@example.org"
    bob.email_verified_at = timezone.now()
    alice.save()
    path = export(tmp_path, said("U1", 0, "hers"))
    for verified, owner in ((False, "Ada"), (True, "bob")):
        with transaction.atomic():
            if verified:
                bob.save()
            run(path)
            assert Message.objects.get(body="hers").author.name == owner
            transaction.set_rollback(True)
    call_command("import_archive", path, person=["U1=Alice"], verbosity=0, stdout=io.StringIO())
    assert Message.objects.get(body="hers").author == alice
    assert Membership.objects.filter(room__slug="general", person=alice, read_seq=1).exists()
    for wrong in ("U7=alice", "U1=nobody", "U1"):
        with pytest.raises(CommandError, match="no such"):
            call_command("import_archive", path, person=[wrong])


def test_names_that_are_taken_or_not_allowed_are_changed(tmp_path, alice, hall):
    users = [
        user("U1", "ALICE"),
        user("U2", "аlice"),
        user("U3", "Admin", "a@example.org"),
        user("U4", "x\u202ey" * 30),
    ]
    users += [user("U5", "here"), user("U6", "\u200b"), user("U7", "Alice")]
    channels = [channel("C1", "general"), channel("C2", "hall"), channel("C3", "n" * 70), channel("C4", "General")]
    report = run(export(tmp_path, users=users, channels=channels))
    names = dict(report.renamed_people)
    assert names["ALICE"] == "ALICE 2"
    assert names["аlice"] == "аlice 2" or names["аlice"] == "аlice 3"
    assert (names["Admin"], names["here"], names["\u200b"]) == ("Admin 2", "here 2", "Imported person")
    assert names["x\u202ey" * 30] == "xy" * 20
    assert list(dict(report.renamed_rooms).values()) == ["hall 2", "n" * 40, "General 2"]
    assert Room.objects.get(name="hall 2").slug == "hall-2"
    assert Person.objects.get(name="alice") == alice


def test_the_room_of_a_new_site_is_used_and_no_other(db, tmp_path, alice):
    path = export(tmp_path, channels=[channel("C1", "lobby")])
    with transaction.atomic():
        run(path)
        lobby = Room.objects.get(slug="lobby")
        assert (lobby.name, lobby.head.seq, lobby.messages.count()) == ("lobby", 0, 0)
        transaction.set_rollback(True)
    say(alice, Room.objects.get(slug="lobby"), "hello")
    run(path)
    assert Room.objects.get(slug="lobby").messages.count() == 2
    assert Room.objects.get(name="lobby 2").slug == "lobby-2"


# ---- Again, and after a cut


def generated(tmp_path, messages=120):
    return workspace.write(tmp_path / "generated.zip", workspace.generated(messages, days=3, size=0.2))


def test_another_run_adds_what_is_new_and_changes_nothing_else(db, tmp_path, alice):
    run(export(tmp_path, said("U1", 0, "first", thread_ts=ts(0))))
    room = Room.objects.get(slug="general")
    Person.objects.filter(name="Ada").update(name="Renamed", handle="renamed")
    Membership.objects.filter(person__name="Bob").delete()
    Membership.objects.create(person=alice, room=room, read_seq=0)
    say(alice, room, "live")
    newer = export(tmp_path, said("U1", 0, "edited since"), said("U2", 5, "second", thread_ts=ts(0)))
    assert plan(open_archive(newer)).messages_added == 1
    report = run(newer)
    assert (report.people_known, report.rooms_known, report.messages_added, report.messages_known) == (2, 1, 1, 1)
    assert bodies() == ["first", "live", "second"]
    positions = dict(room.memberships.values_list("person__name", "read_seq"))
    assert positions == {"Renamed": 1, "alice": 3}
    before = dump()
    assert run(newer).messages_added == 0
    assert dump() == before


def test_a_run_that_is_cut_at_any_statement_goes_on(db, tmp_path, monkeypatch):
    monkeypatch.setattr(archive_messages, "BATCH", 4)
    archive = open_archive(generated(tmp_path))
    with transaction.atomic():
        import_archive(archive)
        once = dump()
        transaction.set_rollback(True)
    assert len(once["messages"]) > 100
    assert once["unfinished"] == 0
    left = [0]

    def cut(execute, sql, parameters, many, context):
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
        return execute(sql, parameters, many, context)

    cuts = 0
    while True:
        left[0] = 15
        try:
            with connection.execute_wrapper(cut):
                import_archive(archive)
            break
        except KeyboardInterrupt:
            cuts += 1
            assert logs_are_whole()
            assert not Message.objects.filter(room__archived_at=None, room__slug__startswith="topic").exclude(
                room__imported_from__done_at__isnull=False
            )
    assert cuts > 10
    assert dump() == once


def test_a_dry_run_says_what_would_be_done_and_stores_nothing(db, tmp_path):
    path, before, told = generated(tmp_path), dump(), io.StringIO()
    call_command("import_archive", path, dry_run=True, stdout=told)
    assert dump() == before
    assert "Messages: 120 would be imported" in told.getvalue()
    report = run(path)
    assert f"People: {report.people_created} would be created" in told.getvalue()
    assert report.messages_added == 120


def test_people_see_the_room_as_archived_and_nothing_as_unread_meanwhile(tmp_path, alice, monkeypatch):
    alice.email, alice.email_verified_at = "ada@example.org", timezone.now()
    alice.save()
    monkeypatch.setattr(archive_messages, "BATCH", 2)
    seen = []

    def look(count):
        room = Room.objects.visible_to(alice).with_place_of(alice).get(slug="general")
        seen.append((room.is_archived, room.head.seq, room.unread))

    path = export(tmp_path, *(said("U1", at, f"number {at}") for at in range(5)))
    import_archive(open_archive(path), progress=look)
    assert seen == [(True, 2, 0), (True, 4, 0), (True, 5, 0)]
    assert not Room.objects.get(slug="general").is_archived


# ---- Hostile and broken exports

SKIPPED = [
    ({"ts": "soon"}, "messages with an invalid time"),
    ({"ts": "99999999999999.0"}, "messages with an invalid time"),
    ({"ts": 5}, "messages that can’t be read"),
    ({"text": {"a": 1}}, "messages that can’t be read"),
    ({"text": " \u200b "}, "messages without a text"),
    ({"ts": ts(0)}, "messages that are twice in the archive"),
    ({"hidden": True}, "notes of Slack: hidden"),
    ({"subtype": "channel_join" * 9}, "notes of Slack: " + "channel_join" * 9),
]


@each("fields, note", SKIPPED)
def test_a_message_that_cannot_be_imported_is_counted(db, tmp_path, fields, note):
    report = run(export(tmp_path, said("U1", 0, "fine"), said("U1", 1, "x") | fields))
    assert bodies() == ["fine"]
    assert report.notes[note] == 1


def test_texts_and_names_are_cleaned_like_typed_ones(db, tmp_path):
    run(export(tmp_path, said("U1", 0, "a\u202eb\0 &lt;script>alert(1)&lt;/script>", reactions=[{"name": "x" * 999}])))
    assert bodies() == ["ab <script>alert(1)</script>"]
    assert "<script" not in Message.objects.get(room__slug="general").html


@each("name", ["../evil/2019-01-01.json", "/etc/2019-01-01.json", "general/../x/2019-01-01.json", "a\\b/1.json"])
def test_names_lead_nowhere_else(db, tmp_path, name):
    path = export(
        tmp_path, said("U1", 0, "fine"), channels=[channel("C1", "general"), channel("C2", name.split("/")[0])]
    )
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr(name, "not json")
    run(path)
    assert bodies() == ["fine"]


def test_a_folder_is_read_without_its_links(db, tmp_path):
    with zipfile.ZipFile(export(tmp_path, said("U1", 0, "fine"))) as opened:
        opened.extractall(tmp_path / "folder")
    (tmp_path / "secret.json").write_text("not json")
    (tmp_path / "folder/general/2020-01-01.json").symlink_to(tmp_path / "secret.json")
    (tmp_path / "folder/general/link").symlink_to(tmp_path)
    run(tmp_path / "folder")
    assert bodies() == ["fine"]


def test_a_broken_day_is_named_before_anything_is_stored(db, tmp_path):
    path, before = export(tmp_path, said("U1", 0, "fine")), dump()
    with zipfile.ZipFile(path, "a") as opened:
        opened.writestr("general/2019-01-02.json", '[{"ts":')
        opened.writestr("general/2019-01-03.json", "[" * 100_000)
    for dry in (True, False):
        with pytest.raises(CommandError, match="2019-01-02") as refusal:
            call_command("import_archive", path, dry_run=dry)
        assert "2019-01-03.json" in str(refusal.value)
    assert dump() == before
    assert run(path, skips_broken=True).notes["files of messages that can’t be read"] == 2
    assert bodies() == ["fine"]


def test_packed_data_that_grows_too_much_is_refused(tmp_path, monkeypatch):
    with pytest.raises(ArchiveError, match="grow"):
        open_archive(workspace.write(tmp_path / "bomb.zip", [("users.json", b" " * 4_000_000)]))
    monkeypatch.setattr(container, "SMALL_BYTES", 1000)
    many = workspace.write(tmp_path / "many.zip", [(f"{number}.json", b" " * 999) for number in range(900)])
    with pytest.raises(ArchiveError, match="grow"):
        open_archive(many, skips_broken=True)
    monkeypatch.setattr(container, "MAX_DOCUMENT_BYTES", 10)
    with pytest.raises(ArchiveError, match="more than"):
        open_archive(workspace.write(tmp_path / "large.zip", [("users.json", [ADA])]))


@each("content", [b"", b"PK\x03\x04 no zip file", b"text"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(ArchiveError, match="neither a folder nor a zip file"):
        open_archive(tmp_path / "file")
    with pytest.raises(ArchiveError, match="neither an archive"):
        open_archive(workspace.write(tmp_path / "other.zip", [("read.me", b"hello")]))


def test_items_of_an_import_go_with_their_people_and_rooms(db, tmp_path):
    run(export(tmp_path))
    Person.objects.filter(name="Bob").delete()
    assert ImportedItem.objects.filter(room=None).count() == 1
