"""The backup command: the files it writes, and its refusals."""

import shutil
import sqlite3
import stat

import pytest
from django.core.management import CommandError, call_command

from chat.actions.accounts import issue_token, sign_up
from chat.db import backups
from chat.files import storage
from chat.models import File
from tests.cases import each
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def names(backup):
    with sqlite3.connect(backup) as copy:
        return [name for (name,) in copy.execute("SELECT name FROM chat_person")]


def test_a_backup_is_one_file_that_only_its_owner_reads(tmp_path, capsys):
    sign_up("alice", PASSWORD)
    target = tmp_path / "site.backup"
    call_command("backup", target)
    assert names(target) == ["alice"]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [target]
    assert str(target) in capsys.readouterr().out


def test_a_backup_holds_no_credentials(tmp_path, signed_in):
    alice = sign_up("alice", PASSWORD)
    secrets = [signed_in(alice).cookies["sessionid"].value, issue_token(alice)]
    target = tmp_path / "site.backup"
    call_command("backup", target)
    assert [secret for secret in secrets if secret.encode() in target.read_bytes()] == []


def test_backup_does_not_overwrite_a_file(tmp_path):
    target = tmp_path / "site.backup"
    target.write_text("an earlier one")
    with pytest.raises(CommandError, match="already exists"):
        call_command("backup", target)
    assert target.read_text() == "an earlier one"


def test_a_folder_gets_a_file_named_by_the_time_and_keeps_the_newest(tmp_path, capsys):
    for day in "123":
        (tmp_path / f"2001-01-0{day}T033000Z.backup").touch()
    (tmp_path / "mine.backup").touch()
    call_command("backup", tmp_path, keep=2)
    oldest, newest, mine = sorted(path.name for path in tmp_path.iterdir())
    assert (oldest, mine) == ("2001-01-03T033000Z.backup", "mine.backup")
    assert newest > oldest
    assert capsys.readouterr().out.count("deleted") == 2


@pytest.mark.parametrize("keep", [0, -1])
def test_a_number_that_would_keep_none_is_refused(tmp_path, keep):
    with pytest.raises(CommandError, match="--keep"):
        call_command("backup", tmp_path, keep=keep)
    assert list(tmp_path.iterdir()) == []


def test_backup_to_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("backup", tmp_path / "nowhere" / "site.backup")


def test_a_backup_that_fails_leaves_nothing_behind(tmp_path, monkeypatch):
    def fail(draft):
        draft.write_text("half of it")
        raise backups.BackupError("The disk is full.")

    monkeypatch.setattr(backups, "_copy_sqlite", fail)
    with pytest.raises(CommandError, match="The disk is full"):
        call_command("backup", tmp_path / "site.backup")
    assert list(tmp_path.iterdir()) == []


@each(
    ("command", "sentence"),
    [(["no-such-program"], "no-such-program is not installed"), (["ls", "/nowhere"], "/nowhere")],
)
def test_failure_of_a_backup_program_is_reported(command, sentence):
    with pytest.raises(backups.BackupError, match=sentence):
        backups._run(command, {})


def test_files_are_copied_beside_the_backup_and_later_copies_share_their_bytes(tmp_path, stored_files):
    alice = sign_up("alice", PASSWORD)
    paths = []
    for name, content in (("map.png", b"a map"), ("plan.pdf", b"a plan")):
        file = File.objects.create(owner=alice, name=name, size=len(content))
        file.path = storage.save(storage.object_name(file.key, "file"), content)
        file.save()
        paths.append(file.path)
        call_command("backup", tmp_path / f"{name}.backup", files=True)
    first, second = (tmp_path / f"{name}.backup.files" for name in ("map.png", "plan.pdf"))
    assert [
        (folder / path).read_bytes() for folder in (first, second) for path in paths if (folder / path).exists()
    ] == [
        b"a map",
        b"a map",
        b"a plan",
    ]
    assert (first / paths[0]).samefile(second / paths[0])
    assert stat.S_IMODE((second / paths[1]).stat().st_mode) == 0o600
    stored_files.delete(paths[0])  # between the row and the copy
    shutil.rmtree(first)
    shutil.rmtree(second)
    call_command("backup", tmp_path / "last.backup", files=True)
    assert [it.read_bytes() for it in tmp_path.glob("last.backup.files/*/*/*")] == [b"a plan"]


def test_old_backups_lose_their_files_too(tmp_path):
    for day in "12":
        (tmp_path / f"2001-01-0{day}T033000Z.backup").touch()
        (tmp_path / f"2001-01-0{day}T033000Z.backup.files").mkdir()
    call_command("backup", tmp_path, keep=1, files=True)
    kept = sorted(it.name for it in tmp_path.iterdir())
    assert (len(kept), kept[1]) == (2, f"{kept[0]}.files")
