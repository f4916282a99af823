"""The site in processes of its own, as people run it, and what the tests ask of it over HTTP."""

import atexit
import fcntl
import functools
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
import uuid
from pathlib import Path
from urllib.parse import quote

from chat.management.commands.serve import uvicorn_command
from tests.fork_server import PATIENCE_SECONDS, ROOT, Process, run_python

SHARED_FOLDER = "CHATSITE_TESTS_FOLDER"

# The command that `manage.py serve` executes, without the start of Django before it.
UVICORN = uvicorn_command("--log-level=warning")[1:]
# The command before the port.
SERVERS = {
    "uvicorn": [*UVICORN, "--port="],
    "daphne": ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "chatsite.asgi:application", "-p", ""],
    # Two workers that share one port, with a parent process over them.
    "workers": [*UVICORN, "--workers=2", "--port="],
    "runserver": ["manage.py", "runserver", "--noreload", "127.0.0.1:"],
}

# Each line of the input is a script, and each line of the output is what one has printed.
RUN_SCRIPTS = """
import contextlib, io, json, os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
import django
from django.db import connections
django.setup()
for line in sys.stdin:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(json.loads(line), {})
    connections.close_all()
    print(json.dumps(printed.getvalue()), flush=True)
"""


class Shell:
    """One process that runs scripts over the database of a site, so that Django starts once for all of them."""

    def __init__(self, environment):
        ours, theirs = socket.socketpair()
        self.environment = dict(environment)
        with theirs:
            self._process = Process(["-c", RUN_SCRIPTS], environment, theirs, theirs, sys.__stderr__)
        with ours:
            self._line = ours.makefile("rw")

    def run(self, script):
        """Return what `script` prints."""
        print(json.dumps(script), file=self._line, flush=True)
        printed = self._line.readline()
        assert printed, "The script failed. Its traceback is in the output of this test."
        return json.loads(printed)

    def close(self):
        self._line.close()
        self._process.wait(PATIENCE_SECONDS)


class Site:
    """A database of its own and as many server processes over it as a test starts.

    DEBUG is off, so that people see the pages they will see; it takes guests, and as many posts as come.
    """

    servers = SERVERS

    def __init__(self, folder, **environment):
        self.environment = {
            **os.environ,
            "DATABASE_URL": f"sqlite:///{folder / 'site.sqlite3'}",
            "REDIS_URL": "",
            "DEBUG": "off",
            "HTTPS": "off",
            "SECRET_KEY": secrets.token_urlsafe(40),
            "ALLOWED_HOSTS": "127.0.0.1",
            "CHAT_GUESTS": "on",
            "CHAT_GUESTS_CREATE_ROOMS": "on",
            "CHAT_PLAIN_CLIENTS": "on",
            "CHAT_GUESTS_PER_MINUTE": "0",
            "CHAT_ROOMS_PER_HOUR": "0",
            "CHAT_ROOMS_PER_ADDRESS": "0",
            "CHAT_DIRECT_PER_HOUR": "0",
            "CHAT_POSTS_PER_SECOND": "0",
            "CHAT_POSTS_PER_ADDRESS": "0",
            "CHAT_FRAMES_PER_SECOND": "0",
            "CHAT_CONNECTIONS_PER_PERSON": "0",
            "CHAT_CONNECTIONS_PER_ADDRESS": "0",
            "CHAT_GUEST_SHARE": "1",
            "LOG_LEVEL": "WARNING",
            "STATIC_ROOT": static_root(),
            "FILES_STORAGE": str(folder / "files"),
            **environment,
        }
        self.log = folder / "server.log"
        self._processes = {}
        self._shell, self._shell_lock = None, threading.Lock()
        self._make_database(folder, environment.get("DATABASE_URL"))

    def _make_database(self, folder, address):
        if address is None:  # a cluster of PostgreSQL has its tables
            shutil.copyfile(migrated(), folder / "site.sqlite3")

    def manage(self, *arguments):
        """Return the output of a management command."""
        return run_command(*arguments, **self.environment)

    def shell(self, script):
        """Return what a script prints."""
        with self._shell_lock:
            if self._shell is None or self._shell.environment != self.environment:
                self._end_shell()
                self._shell = Shell(self.environment)
            return self._shell.run(script)

    def _end_shell(self):
        if self._shell:
            self._shell.close()
            self._shell = None

    def start(self, server="uvicorn", port=None):
        """A server process that answers; its port."""
        port = port or free_port()
        *command, address = self.servers[server]
        with self.log.open("ab") as log:
            process = self._run([*command, f"{address}{port}"], log)
        self._processes[port] = process
        wait_until(lambda: answers(port), f"{server} on port {port}", process)
        return port

    def _run(self, command, log):
        """Start Python with these arguments. A fork finds the same modules as this process."""
        if self.environment.get("PYTHONPATH") == os.environ.get("PYTHONPATH"):
            return Process(command, self.environment, log, log, log)
        return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=self.environment, stdout=log, stderr=log)

    def is_running(self, port):
        return port in self._processes and self._processes[port].poll() is None

    def pid(self, port):
        return self._processes[port].pid

    def tell(self, port, number):
        self._processes[port].send_signal(number)

    def kill(self, port, with_signal=signal.SIGKILL):
        """End a server, and a parent that cannot tell its workers with them; its exit code."""
        workers = children(self.pid(port)) if with_signal == signal.SIGKILL and self.is_running(port) else []
        self.tell(port, with_signal)
        for worker in workers:
            os.kill(worker, with_signal)
        return self._processes.pop(port).wait(PATIENCE_SECONDS)

    def stop(self):
        self._end_shell()
        for port in list(self._processes):
            self.kill(port)

    def guest(self, port, name):
        """A new guest's token."""
        return call(port, "/api/join/", {"name": name})["token"]

    def post_many(self, port, slug, bodies, reply_to=None):
        """Post all these bodies over the API. Return the seqs of the messages."""
        token = self.guest(port, f"Writer {uuid.uuid4().hex[:12]}")
        posts = [{"client_id": str(uuid.uuid4()), "body": body, "reply_to": reply_to} for body in bodies]
        return [call(port, f"/api/rooms/{quote(slug)}/messages/", post, token)["message"]["seq"] for post in posts]

    def stored(self, slug="lobby"):
        """Every message of a room in its order, as the database has it: (seq, rev, client id, body)."""
        script = (
            "import json; from chat.models import Message; print(json.dumps([[m.seq, m.rev, str(m.client_id), m.body] "
            f"for m in Message.objects.filter(room__slug={slug!r}).order_by('seq')]))"
        )
        return [tuple(row) for row in json.loads(self.shell(script))]


def share_folder():
    """Make the folder of what this process and those it starts make only once. It goes when this process ends."""
    if SHARED_FOLDER not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="chatsite-tests-")
        atexit.register(folder.cleanup)
        os.environ[SHARED_FOLDER] = folder.name
    return Path(os.environ[SHARED_FOLDER])


@functools.cache
def made_once(name, make):
    """Return the folder that `make(folder)` fills in the first process that asks. The others wait for it."""
    folder = share_folder() / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(folder)
    return folder


def run_command(*command, **environment):
    """Run a management command with these variables. Return its output."""
    run = run_python(["manage.py", *command], {**os.environ, **environment}, seconds=None)
    assert run.returncode == 0, run.stderr
    return run.stdout


def migrate(folder):
    run_command("migrate", "--verbosity=0", DATABASE_URL=f"sqlite:///{folder / 'empty.sqlite3'}")


def collect(folder):
    production = {"DEBUG": "off", "SECRET_KEY": "-", "ALLOWED_HOSTS": "-"}
    run_command("collectstatic", "--noinput", "--verbosity=0", STATIC_ROOT=str(folder), **production)


def migrated():
    """Return the SQLite database that has all tables and nothing else, which each site copies."""
    return made_once("database", migrate) / "empty.sqlite3"


def static_root():
    """Return the folder of the static files, hashed and compressed as they will be served."""
    return str(made_once("static", collect))


def call(port, path, fields, token=""):
    """POST to the API; its answer."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(fields).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return json.load(answer)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=PATIENCE_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


def children(process):
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def wait_until(condition, what, process=None):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert process is None or process.poll() is None, f"{what} ended with {process.returncode}"
        assert time.monotonic() < deadline, f"{what} is not there"
        time.sleep(0.05)
