"""Uploads by a client of someone else's making: tuspy, the reference client for Python."""

import io
import random

import pytest
from tusclient.client import TusClient

from chat.actions.accounts import issue_token
from chat.models import File
from tests.files.client import FILES

BODY = random.Random(1).randbytes(250_000)


@pytest.mark.django_db(transaction=True)
def test_tuspy_uploads_a_file_and_goes_on_after_a_break(bob, live_server, stored_files, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "*")
    client = TusClient(live_server.url + FILES, headers={"Authorization": f"Bearer {issue_token(bob)}"})
    first = client.uploader(file_stream=io.BytesIO(BODY), chunk_size=100_000, metadata={"filename": "Übersicht.png"})
    first.upload_chunk()
    again = client.uploader(file_stream=io.BytesIO(BODY), chunk_size=100_000, url=first.url)
    assert again.offset == 100_000
    again.upload()
    file = File.objects.get()
    assert (file.name, file.state) == ("Übersicht.png", "waiting")
    assert b"".join(stored_files.open(it.path).read() for it in file.pieces.order_by("start")) == BODY
