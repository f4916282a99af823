"""Start Python programs as forks of a process that has imported the libraries, which is most of what a start costs.

There are two such processes. The other one has also loaded the apps, for programs with the settings of the site. Each
program reads the environment and makes the settings itself.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryFile

ROOT = Path(__file__).resolve().parent.parent
# None of them reads the settings, and none starts a thread or an event loop.
LIBRARIES = (
    "autobahn.websocket.protocol",
    "channels.generic.websocket",
    "channels_redis.pubsub",
    "chat.terminal.conversation",
    "chat.terminal.main",
    "chat.text.markdown",
    "chat.text.normal_forms",
    "chat.text.shortcodes",
    "chat.text.words",
    "csp.utils",
    "django.contrib.admin.sites",
    "django.contrib.auth.apps",
    "django.contrib.auth.hashers",
    "django.contrib.auth.password_validation",
    "django.contrib.messages.middleware",
    "django.contrib.postgres",
    "django.contrib.sessions.backends.base",
    "django.contrib.staticfiles.handlers",
    "django.core.handlers.asgi",
    "django.db.backends.postgresql.base",
    "django.db.backends.sqlite3.base",
    "django.db.migrations",
    "django.forms",
    "django.template.defaulttags",
    "django.template.loader_tags",
    "django.urls",
    "django.views.debug",
    "emoji",
    "environ",
    "linkify_it",
    "markdown_it",
    "msgspec",
    "nh3",
    "packaging.version",
    "prometheus_client",
    "psycopg_pool",
    "segno",
    "twisted.internet.endpoints",
    "twisted.web.http",
    "uvicorn.main",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
    "whitenoise.storage",
)
SETTINGS = "chatsite.settings"
# What `chatsite.asgi` imports but for some servers, and what the first request does. To this come the views.
SITE = (
    "chat.delivery.process.lifespan",
    "chat.metrics.workers",
    "chat.middleware.request_log",
    "chat.routing",
    "chatsite.server.django_handler",
    "chatsite.server.files",
    "chatsite.server.forwarded",
    "chatsite.server.static_files",
    "django.contrib.auth.middleware",
    "django.contrib.auth.views",
    "django.contrib.sessions.middleware",
    "django.middleware.clickjacking",
    "django.middleware.security",
)
# The settings that these modules read when they are imported, which no environment changes. The apps load with these
# settings alone, so that a module that reads another one at import raises: it would keep the value of this process.
CONSTANTS = (
    "ABSOLUTE_URL_OVERRIDES",
    "AUTH_USER_MODEL",
    "DEFAULT_AUTO_FIELD",
    "DEFAULT_INDEX_TABLESPACE",
    "DEFAULT_TABLESPACE",
    "INSTALLED_APPS",
    "LANGUAGE_CODE",
    "LOCALE_PATHS",
    "SESSION_COOKIE_NAME",
    "TASKS",
    "USE_I18N",
    "USE_TZ",
)
# Which Django reads, and which have no effect on what it imports.
OTHERS = {"DATABASES": {}, "DEBUG": False}
# Of a password's hash. Those of a production site take 0.4 s.
HASH_ITERATIONS = 1
HEAD_BYTES = 8
PATIENCE_SECONDS = 60
_lock = threading.Lock()


class Process:
    """A program that runs in a fork. What `subprocess.Popen` offers of the same name does the same."""

    def __init__(self, arguments, environment, stdin, stdout, stderr, *, folder=ROOT, new_session=False):
        """`arguments` are those of Python. The caller closes the three files."""
        self._status, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)  # the process id, then the exit code
        request = {"arguments": arguments, "environment": environment, "folder": str(folder), "session": new_session}
        request = json.dumps(request).encode()
        with theirs, _lock:
            server = _servers()[environment.get("DJANGO_SETTINGS_MODULE", SETTINGS) == SETTINGS]
            server.sendall(len(request).to_bytes(HEAD_BYTES, "big"))
            socket.send_fds(server, [b"-"], [it.fileno() for it in (stdin, stdout, stderr, theirs)])
            server.sendall(request)
        self.returncode = None
        self.pid = int(self._status.recv(64))

    def poll(self):
        return self.returncode if self.returncode is not None else self._read(0)

    def wait(self, timeout=None):
        """Return the exit code. `TimeoutError` after so many seconds."""
        if self.poll() is None and self._read(timeout) is None:
            raise TimeoutError(f"process {self.pid} still runs after {timeout} seconds")
        return self.returncode

    def _read(self, timeout):
        if select.select([self._status], [], [], timeout)[0]:
            self.returncode = int(self._status.recv(64))
            self._status.close()
        return self.returncode

    def send_signal(self, number):
        if self.poll() is None:
            os.kill(self.pid, number)


def run_python(arguments, environment, *, input="", seconds=PATIENCE_SECONDS):
    """Run Python with these arguments in a fork. Return the run with its output, as `subprocess.run` does.

    `TimeoutError` after so many seconds, if any.
    """
    with TemporaryFile("w+") as stdin, TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        stdin.write(input)
        stdin.seek(0)
        code = Process(arguments, environment, stdin, stdout, stderr).wait(seconds)
        stdout.seek(0)
        stderr.seek(0)
        return subprocess.CompletedProcess(arguments, code, stdout.read(), stderr.read())


@functools.cache
def _servers():
    """Return the sockets of the two fork servers of this process: with the libraries alone, and with the apps."""
    pairs = [socket.socketpair() for _ in range(2)]
    theirs = [it.fileno() for _, it in pairs]
    command = [sys.executable, "-m", "tests.fork_server", *map(str, theirs)]
    server = subprocess.Popen(command, cwd=ROOT, pass_fds=theirs, stdin=subprocess.DEVNULL)
    atexit.register(server.wait)
    for ours, it in pairs:
        it.close()
        atexit.register(ours.close)
    return [ours for ours, _ in pairs]


def start(plain, site):
    """Serve both sockets, each in a process of its own. Return what `serve` returns."""
    for name in LIBRARIES:
        importlib.import_module(name)
    assert "twisted.internet.reactor" not in sys.modules
    sys.modules["django.contrib.auth.hashers"].PBKDF2PasswordHasher.iterations = HASH_ITERATIONS
    gc.freeze()  # or each fork copies the memory of these modules when it collects garbage
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C in a terminal is for the tests, which then close the socket
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    if os.fork():
        site.close()
        return serve(plain)
    plain.close()
    load_apps()
    gc.freeze()
    return serve(site)


def load_apps():
    """Import what a server imports, and forget the settings and the connections that this needs."""
    from django.apps import apps
    from django.conf import global_settings, settings
    from django.db import connections
    from django.utils.functional import empty

    os.environ.clear()
    os.environ.update(DEBUG="off", SECRET_KEY="-", ALLOWED_HOSTS="-")
    ours = importlib.import_module(SETTINGS)
    known = {**vars(global_settings), **vars(ours)}
    constants = {name: known[name] for name in CONSTANTS}
    settings.configure(default_settings=object(), **constants, **OTHERS)
    apps.populate(settings.INSTALLED_APPS)
    for name in (*SITE, *(f"chat.views.{path.stem}" for path in ROOT.glob("chat/views/*.py"))):
        importlib.import_module(name)
    settings._wrapped = empty
    vars(connections).clear()
    connections.__init__()
    for name in sorted((it for it in sys.modules if it == SETTINGS or it.startswith("chatsite.config")), reverse=True):
        package, _, attribute = name.rpartition(".")
        delattr(sys.modules[package], attribute)
        del sys.modules[name]


def serve(requests):
    """Fork for each request. Return the arguments in the fork, and None in this process when no more requests come."""
    while head := requests.recv(HEAD_BYTES, socket.MSG_WAITALL):
        _, files, *_ = socket.recv_fds(requests, 1, 4)
        request = json.loads(requests.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
        if os.fork() == 0:
            requests.close()
            return fork(request, files)
        for file in files:
            os.close(file)
    return None


def fork(request, files):
    """Fork again, so that this process can wait for the program and tell its exit code."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, status = files
    if pid := os.fork():
        for file in standard:
            os.close(file)
        os.write(status, str(pid).encode())
        _, code = os.waitpid(pid, 0)
        os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
        os._exit(0)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, file in enumerate(standard):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    if request["session"]:
        os.setsid()
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    open_streams()
    return request["arguments"]


def open_streams():
    """Open the standard streams as Python does at its start. A terminal has another buffer than a file."""
    encoding = os.environ.get("PYTHONIOENCODING", "utf-8")
    for file, (name, mode, buffering) in enumerate((("stdin", "r", -1), ("stdout", "w", -1), ("stderr", "w", 1))):
        errors = getattr(sys, name).errors
        stream = open(file, mode, buffering, encoding, errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def run(arguments):
    """Run what follows `python` on a command line: `-c PROGRAM`, `-m MODULE …` or `FILE …`."""
    what, *rest = arguments
    if what == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(rest[0], {"__name__": "__main__"})
    elif what == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(what, run_name="__main__")


def run_to_its_end(arguments):
    """Run a program and exit as Python does, but leave its objects in memory.

    To free them copies the memory that the forks share, which takes 0.1 s of processor time.
    """
    code = 0
    try:
        run(arguments)
    except SystemExit as end:
        if not isinstance(end.code, int | None):
            raise
        code = end.code or 0
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    if command := start(*(socket.socket(fileno=int(it)) for it in sys.argv[1:])):
        run_to_its_end(command)
