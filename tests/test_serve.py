"""`manage.py serve` becomes uvicorn, with the options that the site needs and the environment of the start."""

import os
import shutil
import subprocess
import sys

import pytest
from django.core.management import call_command
from uvicorn.importer import import_from_string

from chat.management.commands.serve import OPTIONS, uvicorn_command
from chatsite.config import environment
from tests.cases import each
from tests.site import ROOT


@pytest.fixture
def replaced_by(monkeypatch):
    """Return the program, command line and environment of each `exec`."""
    calls = []
    monkeypatch.setattr(os, "execve", lambda *call: calls.append(call))
    return calls


def test_the_server_has_the_options_of_this_site(replaced_by):
    call_command("serve", "--host", "::1", "--port", "9000", "--workers", "3")
    [(program, command, variables)] = replaced_by
    own = [f"--app-dir={ROOT}", "--host=::1", "--port=9000", "--workers=3"]
    assert (program, command) == (sys.executable, uvicorn_command(*own))
    assert set(OPTIONS) < set(command)
    assert variables is environment.AT_START


def test_without_options_it_is_one_process_of_this_machine(replaced_by, monkeypatch):
    monkeypatch.delenv("WEB_CONCURRENCY", raising=False)
    call_command("serve")
    assert replaced_by[0][1][-3:] == ["--host=127.0.0.1", "--port=8000", "--workers=1"]


def test_the_number_of_workers_may_come_from_the_environment(replaced_by, monkeypatch):
    monkeypatch.setenv("WEB_CONCURRENCY", "4")
    call_command("serve")
    call_command("serve", "--workers", "2")
    assert [command[-1] for _, command, _ in replaced_by] == ["--workers=4", "--workers=2"]


def test_options_after_two_dashes_go_to_uvicorn_and_win(replaced_by):
    call_command("serve", "--port", "9000", "--", "--uds=/run/site.sock", "--port=9001")
    assert replaced_by[0][1][-2:] == ["--uds=/run/site.sock", "--port=9001"]


@each("path", ["chatsite.http:Http", "chatsite.websocket:WebSocket"])
def test_classes_named_by_the_options_exist(path):
    """Under these names they are on the command lines of sites that run uvicorn themselves."""
    assert any(option.endswith(f"={path}") for option in OPTIONS)
    assert isinstance(import_from_string(path), type)


def test_the_environment_of_the_start_is_without_that_of_the_file(tmp_path):
    """A worker that starts later would otherwise never see a changed `.env`."""
    (tmp_path / "chatsite/config").mkdir(parents=True)
    shutil.copy(ROOT / "chatsite/config/environment.py", tmp_path / "chatsite/config")
    (tmp_path / ".env").write_text("FROM_FILE=1\n")
    code = (
        "import os; from chatsite.config.environment import AT_START as it, env; "
        "print(env('FROM_FILE'), 'FROM_FILE' in os.environ, 'FROM_FILE' in it, 'PATH' in it)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "True", "False", "True"]
