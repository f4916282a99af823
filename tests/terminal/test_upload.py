"""Uploads by the terminal client, to a site over HTTP."""

import json

import pytest

from chat.actions.accounts import issue_token
from chat.models import File
from chat.protocol import Ok
from chat.terminal.address import Address
from chat.terminal.backoff import Backoff
from chat.terminal.error_messages import Unreachable
from chat.terminal.exit_codes import Exit, ExitError
from chat.terminal.options import parse
from chat.terminal.outbox import Outbox
from chat.terminal.posting import Posting
from chat.terminal.site import Site
from chat.terminal.upload import PIECE_BYTES, upload


@pytest.fixture
def site(live_server):
    return Site(Address.parse(live_server.url))


@pytest.mark.django_db(transaction=True)
def test_a_file_is_uploaded_once_though_an_answer_and_a_piece_are_lost(bob, site, stored_files, tmp_path, monkeypatch):
    path = tmp_path / "a map.bin"
    path.write_bytes(b"x" * PIECE_BYTES + b"y" * 100)
    change, lost, arrived = site.change_upload, ["before", "after"], []
    monkeypatch.setattr(Backoff, "next_delay", lambda self: 0)

    def break_twice(token, method, *arguments):
        when = lost.pop() if method == "PATCH" and lost else ""
        answer = None if when == "before" else change(token, method, *arguments)
        if when:
            raise Unreachable(site.address, "connection lost")
        return answer

    monkeypatch.setattr(site, "change_upload", break_twice)
    key = upload(site, issue_token(bob), path, lambda *progress: arrived.append(progress))
    file = File.objects.get()
    assert (file.key, file.name, file.state, lost) == (key, "a map.bin", "waiting", [])
    stored = b"".join(stored_files.open(it.path).read() for it in file.pieces.order_by("start"))
    assert stored == path.read_bytes()
    assert arrived[-1] == (len(stored), len(stored))


@pytest.mark.django_db(transaction=True)
def test_refusals_and_missing_files_end_the_client(bob, site, settings, tmp_path):
    settings.CHAT_FILE_MB = 0
    (tmp_path / "empty").touch()
    (tmp_path / "map").write_text("x")
    token = issue_token(bob)
    for name, code, said in (
        ("nowhere", Exit.INPUT_OUTPUT, "Can’t read"),
        ("empty", Exit.REFUSED, "is empty"),
        ("map", Exit.NOT_ADMITTED, "too large"),
    ):
        with pytest.raises(ExitError, match=said) as failure:
            upload(site, token, tmp_path / name, lambda *progress: None)
        assert failure.value.code == code


async def test_files_are_posted_with_the_whole_input_or_without_any():
    class Session:
        sent = []

        def ask(self, command):
            self.sent.append(json.loads(command.encode()))
            pending = Outbox().add(command)
            pending.take(Ok(seq=1, rev=1))
            return pending

    posting = Posting(Session(), None, whole=True, timeout_seconds=1)
    posting.files = ["k" * 22]
    await posting.run()
    assert [(it["body"], it["files"]) for it in Session.sent] == [("", ["k" * 22])]
    assert parse(["--file", "a", "--file", "b"]).file == ["a", "b"]
