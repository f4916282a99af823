"""The log records of a running server."""

import contextvars
import json
import logging
import os

from django.test import RequestFactory

from chat.telemetry import logs
from tests.cases import each
from tests.fuzz.pages import addresses


def formatted(formatter, call, *arguments):
    """Return the line that a handler with this formatter would print."""
    lines = []

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(formatter.format(record))

    handler = Keep()
    logs.log.addHandler(handler)
    try:
        call(*arguments)
    finally:
        logs.log.removeHandler(handler)
    [line] = lines
    return line


@each(
    ("call", "arguments", "sentence"),
    [
        (logs.connected, ("c1", "ada", "lobby", 3), "ada joined lobby (3 here)"),
        (logs.posted, ("c1", "ada", "lobby", 7, "one\ntwo"), "ada in lobby: one ⏎ two"),
        (logs.posted, ("c1", "ada", "#7", 7, "a private text"), "ada in #7: …"),
        (logs.disconnected, ("c1", "ada", "lobby", 2), "ada left lobby (2 here)"),
        (logs.refused, ("c1", "ada", "lobby", "empty", "Write."), "ada in lobby was refused: Write. (empty)"),
    ],
)
def test_each_event_is_one_readable_line(call, arguments, sentence):
    line = formatted(logs.ConsoleFormatter(), call, *arguments)
    assert line.endswith(sentence)
    assert "\n" not in line


def test_text_of_others_cannot_control_the_terminal_or_forge_a_line():
    line = formatted(
        logs.ConsoleFormatter(), logs.refused, "-", "Somebody", "x\n12:00:00 admin\x1b[2J\u202e", "c", "No."
    )
    assert "x\\x0a12:00:00 admin\\x1b[2J" in line
    assert line.isprintable()


def test_production_log_is_json_without_message_text():
    line = formatted(logs.JsonFormatter(), logs.posted, "c1", "ada", "lobby", 7, "a secret")
    fields = json.loads(line)
    assert "secret" not in line
    assert (fields["event"], fields["person"], fields["room"], fields["seq"]) == ("message", "ada", "lobby", 7)


def test_a_failure_keeps_its_traceback_in_production():
    try:
        raise RuntimeError("broken")
    except RuntimeError as error:
        record = logging.LogRecord("chat", logging.ERROR, "", 0, "It failed", (), (type(error), error, None))
    fields = json.loads(logs.JsonFormatter().format(record))
    assert fields["message"] == "It failed"
    assert "RuntimeError: broken" in fields["traceback"]


def test_a_long_message_is_shortened():
    assert formatted(logs.ConsoleFormatter(), logs.posted, "c1", "ada", "lobby", 7, "x" * 5000).endswith("x…")


def record(**attributes):
    line = logging.LogRecord("chat.somewhere", logging.WARNING, "", 0, "Something is odd", (), None)
    vars(line).update(attributes)
    return json.loads(logs.JsonFormatter().format(line))


def test_a_line_carries_the_ids_of_the_request_and_the_socket_it_is_about():
    def write():
        logs.request_id.set("r1")
        logs.connection_id.set("c1")
        return record()

    fields = contextvars.copy_context().run(write)
    assert (fields["request"], fields["connection"], fields["worker"]) == ("r1", "c1", os.getpid())
    assert record().keys().isdisjoint({"request", "connection"})


def test_id_of_a_log_record_takes_precedence_over_the_context():
    def write():
        logs.connection_id.set("c1")
        return record(connection="c2"), record()

    assert [it["connection"] for it in contextvars.copy_context().run(write)] == ["c2", "c1"]


def test_the_request_object_that_django_puts_into_a_line_is_not_taken_for_an_id():
    def write():
        logs.request_id.set("r1")
        return record(request=RequestFactory().get("/?token=secret"))

    fields = contextvars.copy_context().run(write)
    assert fields["request"] == "r1"
    assert "secret" not in str(fields)


@each(("code", "level"), [("forbidden", "WARNING"), ("unavailable", "INFO"), ("busy", "INFO")])
def test_load_shedding_does_not_log_a_warning_per_client(code, level):
    line = formatted(logs.JsonFormatter(), logs.refused, "c1", "ada", "lobby", code, "No.")
    assert json.loads(line)["level"] == level


# ---- Secrets and names in paths

# Parameters of URLs that are secrets.
SECRET = ("code", "secret", "signed", "token")


def test_every_secret_in_a_path_is_masked():
    """A new URL with such a parameter needs a pattern in `logs`."""
    secret = [address for address in addresses() if set(address.names) & set(SECRET)]
    assert {"/accounts/reset/%(uidb64)s/%(token)s/", "/accounts/verify/%(signed)s/"} <= set(map(str, secret))
    for address in secret:
        values = {name: f"x{number}y-{name}.z" for number, name in enumerate(address.names)}
        path = str(address) % values
        for line in (
            path,
            path.upper(),
            f"/{path}",
            path.replace("/", "//"),
            f'"path": "{path}"',
            f"Not Found: {path.rstrip('/')}",
        ):
            masked = logs.without_secrets(line).casefold()
            assert not any(values[name] in masked for name in set(address.names) & set(SECRET)), line
            assert "…" in masked


@each(
    ("path", "logged"),
    [
        ("/rooms/the-merger-1a2b3c4d/", "/rooms/…-1a2b3c4d/"),
        ("/api/rooms/the-merger-1a2b3c4d/messages/", "/api/rooms/…-1a2b3c4d/messages/"),
        ('{"path": "/rooms/café-1a2b3c4d", "status": 200}', '{"path": "/rooms/…-1a2b3c4d", "status": 200}'),
        ("/rooms/lobby/", "/rooms/lobby/"),
        ("/rooms/release-2026/", "/rooms/release-2026/"),
        ("/rooms/", "/rooms/"),
    ],
)
def test_the_name_of_a_private_room_in_a_path_is_left_out(path, logged):
    assert logs.without_secrets(path) == logged


def test_a_slug_that_was_sent_is_logged_without_the_name():
    assert logs.without_room_name("the-merger-1a2b3c4d") == "…-1a2b3c4d"
    assert logs.without_room_name("lobby") == "lobby"
