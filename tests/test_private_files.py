"""The modes of files that the site writes: only their owner may read them."""

import os
import stat
import subprocess
import sys

import pytest
from django.conf import settings as site
from django.core.checks import Tags, run_checks
from django.db import connection

from chat.db import backups
from chatsite.config import secret_key
from tests.site import ROOT

SHOW_FILES = """
import os, django
django.setup()
from django.db import connection
connection.cursor().execute("CREATE TABLE a (b)")
folder = os.path.dirname(connection.settings_dict["NAME"])
print(sorted((file.name, oct(file.stat().st_mode & 0o777)) for file in os.scandir(folder)))
"""

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def open_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def test_a_new_database_is_private_with_its_folder(tmp_path, open_umask):
    file = tmp_path / "new" / "chat.sqlite3"
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "chatsite.settings", "DATABASE_URL": f"sqlite:///{file}"}
    shown = subprocess.run(
        [sys.executable, "-c", SHOW_FILES], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    names = ["chat.sqlite3", "chat.sqlite3-shm", "chat.sqlite3-wal"]
    assert shown.stdout.strip() == str([(name, "0o600") for name in names]), shown.stderr
    assert mode(tmp_path / "new") == 0o700


@pytest.mark.django_db(transaction=True)
def test_backups_and_the_development_key_are_private(tmp_path, open_umask):
    secret_key.read_or_create(tmp_path / "var" / "key")
    found = [backups.make(tmp_path), tmp_path / "var" / "key"]
    assert [mode(path) for path in found] == [0o600, 0o600]
    assert mode(tmp_path / "var") == 0o700


@pytest.mark.skipif("postgresql" in str(site.DATABASES), reason="PostgreSQL has no file here")
def test_readable_database_file_is_a_warning_and_keeps_its_mode(db, tmp_path, monkeypatch):
    file = tmp_path / "chat.sqlite3"
    file.touch(0o600)
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    assert found() == []
    file.chmod(0o640)
    assert (found(), mode(file)) == (["chat.W016"], 0o640)


def found():
    return [it.id for it in run_checks(tags=[Tags.security]) if it.id == "chat.W016"]
