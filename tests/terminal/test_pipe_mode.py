"""The client in scripts: real processes, on a real site."""

import asyncio
import json
import logging
import os
import pty
import re
import signal
import sqlite3
import subprocess
import sys
import uuid
from contextlib import AsyncExitStack

import pytest

from chat.terminal.main import main
from tests.fork_server import run_python
from tests.site import PATIENCE_SECONDS, ROOT, call, wait_until
from tests.terminal.conftest import PASSWORD
from tests.terminal.process import CHAT, Computer

pytestmark = pytest.mark.xdist_group("tool")

# The exit code of a process that was ended by a signal, as `subprocess` reports it.
INTERRUPTED, PIPE_BROKEN = -signal.SIGINT, -signal.SIGPIPE


@pytest.fixture
def name():
    """Return a new name that no one has."""
    return f"n{uuid.uuid4().hex[:12]}"


@pytest.fixture
async def start(computer):
    """`await start(…)`: a process that is killed at the end if it still runs."""
    async with AsyncExitStack() as stack:

        async def start_process(*arguments, **options):
            running = await computer.start(*arguments, **options)
            stack.push_async_callback(running.kill)
            return running

        yield start_process


def bodies(site, room):
    """Return the messages in the database."""
    with sqlite3.connect(site.environment["DATABASE_URL"].removeprefix("sqlite:///")) as database:
        rows = database.execute(
            "SELECT body FROM chat_message JOIN chat_room ON room_id = chat_room.id WHERE slug = ? ORDER BY seq", [room]
        )
        return [body for (body,) in rows]


@pytest.fixture
def post(served):
    """`post(room, texts)`: another person posts."""
    return lambda room, *texts: served.post_many(served.port, room, texts)


async def following(running, post, room):
    """Post until the client prints the first line, which shows that it follows the room."""
    first = asyncio.ensure_future(running.line())
    while not first.done():
        await asyncio.to_thread(post, room, "marker")
        await asyncio.wait([first], timeout=0.1)
    return await first


# ---- Posting


def test_each_line_is_a_message_and_empty_lines_are_skipped(served, computer, name):
    run = computer.run(served.address, "--room", "ops", "--name", name, input="one\n\n two \r\n\t\nthree")
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert bodies(served, "ops")[-3:] == ["one", " two", "three"]


def test_all_of_the_input_is_one_message(served, computer, name):
    address = f"{served.address}/rooms/hall/"
    run = computer.run(address, "--name", name, "--whole", input="commit 1\n\n    subject\n")
    assert (run.returncode, run.stderr) == (0, "")
    assert bodies(served, "hall")[-1] == "commit 1\n\n    subject"


def test_blank_input_posts_nothing(served, computer, name):
    before = bodies(served, "hall")
    for arguments in ((), ("--whole",)):
        run = computer.run(served.address, "--room", "#hall", "--name", name, *arguments, input="\n \n")
        assert (run.returncode, run.stderr) == (0, "")
    assert bodies(served, "hall") == before


async def test_invalid_utf8_is_posted_with_replacement_characters(served, start, name, tmp_path):
    (tmp_path / "input").write_bytes(b"caf\xe9 \xf0\x9f\x91\x8d\n")
    with (tmp_path / "input").open() as text:
        running = await start(served.address, "--room", "hall", "--name", name, stdin=text.fileno())
    assert await running.end() == (0, "", "")
    assert bodies(served, "hall")[-1] == "caf\ufffd 👍"


def test_a_member_signs_in_once_and_is_remembered(served, computer):
    first = computer.run(served.address, "--room", "secret", "--name", "ada", input="hello", CHAT_PASSWORD=PASSWORD)
    again = computer.run(served.address, "--room", "secret", "--name", "ada", input="again")
    assert (first.returncode, first.stderr, again.returncode, again.stderr) == (0, "", 0, "")
    assert bodies(served, "secret") == ["hello", "again"]
    [path] = computer.tokens
    assert path.stat().st_mode & 0o777 == 0o600


REFUSALS = [
    (["--room", "old"], 5, "Line 1 was rejected: This room is archived"),
    (["--room", "nowhere"], 4, "There is no such room: nowhere at "),
    (["--room", "secret"], 4, "There is no such room: secret at "),
    (["--room", "\udcff/../\x1b"], 4, "There is no such room: "),
    (["--name", "ada", "--password", "wrong"], 4, "Incorrect name or password."),
    (["--name", "ada"], 4, "That name is taken"),
    (["--name", "a\x1b[2Jda"], 4, ""),
    (["--token", "wrong"], 4, ""),
    (["--since", "no cursor"], 2, "'no cursor' is not a cursor."),
    (["--since", ""], 2, "'' is not a cursor."),
]


@pytest.mark.parametrize(("arguments", "code", "sentence"), REFUSALS, ids=str)
def test_a_refusal_is_one_sentence_and_a_code(served, computer, name, arguments, code, sentence):
    run = computer.run(served.address, "--name", name, *arguments, input="hello")
    assert (run.returncode, run.stdout) == (code, "")
    [line] = run.stderr.splitlines()
    assert line.startswith(f"chat: {sentence}")
    assert line.isprintable()


@pytest.mark.parametrize("arguments", [["--history", "x"], ["--history", "201"], ["--timeout", "0"], ["--nonsense"]])
def test_options_that_are_wrong_are_code_2(computer, arguments):
    run = computer.run(*arguments)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr
    assert "_number" not in run.stderr


@pytest.mark.parametrize("text", ["x" * 8001, "x" * 70_000, "a\0b"], ids=["body", "frame", "nul"])
def test_refused_message_gives_exit_code_5_and_stops_posting(served, computer, name, text):
    run = computer.run(served.address, "--room", "hall", "--name", name, input=f"before {name}\n{text}\nafter {name}\n")
    assert run.returncode == 5
    assert run.stderr.startswith("chat: Line 2 was rejected: ")
    assert run.stderr.endswith(" Nothing after it was sent. 1 message was saved.\n")
    assert bodies(served, "hall")[-1] == f"before {name}"


async def test_input_that_cannot_be_read_and_output_that_cannot_be_written_are_code_7(served, start, name, post):
    await asyncio.to_thread(post, "hall", "something")
    arguments = [served.address, "--room", "hall", "--name", name]
    with open("/dev/null", "w") as unreadable:
        reading = await start(*arguments, stdin=unreadable.fileno())
    with open("/dev/full", "w") as full:
        writing = await start(*arguments, "--history", "1", stdout=full.fileno())
    sentences = "Can’t read the input: Bad file descriptor.", "Can’t write the output: No space left on device."
    for running, sentence in zip((reading, writing), sentences, strict=True):
        assert await running.end() == (7, "", f"chat: {sentence} 0 messages were saved.\n")


@pytest.mark.parametrize(
    ("endless", "arguments"), [("cat /dev/zero", ()), ("cat /dev/zero", ["--whole"]), ("yes", ["--whole"])]
)
async def test_a_message_that_never_ends_is_given_up(served, start, name, endless, arguments):
    reading, writing = os.pipe()
    source = await asyncio.create_subprocess_exec(*endless.split(), stdout=writing)
    os.close(writing)
    running = await start(served.address, "--room", "hall", "--name", name, *arguments, stdin=reading)
    os.close(reading)
    code, _, errors = await running.end()
    await source.wait()
    assert (code, "It’s too long." in errors) == (5, True)


def test_environment_variables_replace_missing_options(served, computer, name):
    environment = {
        "CHAT_URL": f"{served.address}/rooms/hall/",
        "CHAT_NAME": name,
        "CHAT_PASSWORD": "",
        "CHAT_TOKEN": "",
    }
    assert computer.run(input=f"by {name}", **environment).returncode == 0
    token = served.guest(served.port, f"{name}b")
    assert computer.run(input=f"by {name}b", CHAT_TOKEN=token, CHAT_URL=environment["CHAT_URL"]).returncode == 0
    assert bodies(served, "hall")[-2:] == [f"by {name}", f"by {name}b"]
    assert len(computer.tokens) == 1


def test_manage_py_has_the_same_client(served, computer, name):
    command = ["manage.py", "chat", served.address, "--room", "hall", "--name", name]
    run = run_python(command, {**served.environment, "XDG_CONFIG_HOME": str(computer.folder)}, input=name)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert bodies(served, "hall")[-1] == name


def test_terminal_client_imports_nothing_of_django_or_channels(computer):
    script = (
        "import sys, chat.terminal.main, chat.terminal.pipe_mode\n"
        "print([it for it in sys.modules if it.split('.')[0] in ('django', 'channels', 'chatsite', 'prompt_toolkit')])"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=computer.folder, env=computer.environment, capture_output=True, text=True
    )
    assert (run.stdout, run.stderr) == ("[]\n", "")


# ---- Printing


def test_warnings_of_asyncio_are_not_printed():
    logger = logging.getLogger("asyncio")
    before = logger.level
    try:
        with pytest.raises(SystemExit):
            main(["--version"])
        assert not logger.isEnabledFor(logging.WARNING)
    finally:
        logger.setLevel(before)


def test_messages_are_printed_as_text_and_as_json(served, computer, name, post):
    seqs = post("attic", "hello", "two\nlines")
    arguments = [served.address, "--room", "attic", "--name", name, "--history", "2"]
    people, programs = computer.run(*arguments), computer.run(*arguments, "--json")
    pattern = r"(\* .+\n)?\d\d:\d\d (Writer \w+): hello\n\d\d:\d\d \2: two\n    lines\n"
    assert re.fullmatch(pattern, people.stdout)
    messages = [json.loads(line) for line in programs.stdout.splitlines()]
    assert [(it["seq"], it["body"]) for it in messages] == list(zip(seqs, ["hello", "two\nlines"], strict=True))
    assert {"cursor", "id", "seq", "rev", "client_id", "author", "body", "deleted"} <= set(messages[0])


async def test_follow_prints_events_at_once_and_an_interrupt_ends_it_quietly(served, start, name, post):
    running = await start(served.address, "--room", "barn", "--name", name, "--follow", "--json")
    assert json.loads(await following(running, post, "barn"))["body"] == "marker"
    code, out, errors = await running.end(signal.SIGINT)
    assert (code, errors) == (INTERRUPTED, "")
    assert all(json.loads(line)["body"] == "marker" for line in out.splitlines())


def test_an_interrupt_while_it_loads_is_as_quiet(computer, tmp_path):
    (tmp_path / "platformdirs.py").write_text("import signal; print('loading', flush=True); signal.pause()")
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    process = subprocess.Popen(CHAT, env={**computer.environment, "PYTHONPATH": f"{tmp_path}:{ROOT}"}, **options)
    assert process.stdout.readline() == "loading\n"
    process.send_signal(signal.SIGINT)
    assert (process.communicate(timeout=PATIENCE_SECONDS), process.returncode) == (("", ""), INTERRUPTED)


async def test_an_interrupt_ends_what_waits_for_a_site_that_never_answers(start, fake, name):
    came = asyncio.Event()

    async def never_answer(reader, writer):
        came.set()
        await reader.read()

    fake.speak = never_answer
    for arguments in ((), ("--token", "a-token")):
        running = await start(fake.address, "--name", name, "--follow", *arguments)
        async with asyncio.timeout(PATIENCE_SECONDS):
            await came.wait()
        came.clear()
        assert await running.end(signal.SIGINT) == (INTERRUPTED, "", "")


@pytest.mark.parametrize("arguments", [["--json"], ["--json", "--print-cursor"], []], ids=str)
async def test_client_ends_when_its_output_has_no_reader(served, start, name, post, arguments):
    reading, writing = os.pipe()
    running = await start(served.address, "--room", "cellar", "--name", name, "--follow", *arguments, stdout=writing)
    os.close(writing)
    reader = os.fdopen(reading)
    first = asyncio.ensure_future(asyncio.to_thread(reader.readline))
    while not first.done():
        await asyncio.to_thread(post, "cellar", "marker")
        await asyncio.wait([first], timeout=0.1)
    reader.close()
    code, _, errors = await running.end()
    assert code == PIPE_BROKEN
    assert len(errors.splitlines()) == ("--print-cursor" in arguments)


def test_head_ends_the_pipeline(served, computer, name, post):
    post("den", *"abcde")
    command = " ".join([*CHAT, served.address, "--room", "den", "--name", name, "--history", "5", "--follow", "--json"])
    options = {"env": computer.environment, "capture_output": True, "text": True, "timeout": PATIENCE_SECONDS}
    run = subprocess.run(f"{command} </dev/null | head -3", shell=True, **options)
    printed = [json.loads(line)["body"] for line in run.stdout.splitlines()]
    assert (run.returncode, printed, run.stderr) == (0, ["a", "b", "c"], "")


async def test_follow_with_input_posts_and_prints(served, start, name):
    running = await start(served.address, "--room", "eaves", "--name", name, "--follow", stdin=subprocess.PIPE)
    await running.write("hello\n")
    while not (line := await running.line()).endswith(f" {name}: hello\n"):
        assert line
    await running.write("again\n")
    while not (line := await running.line()).endswith(f" {name}: again\n"):
        assert line
    assert (await running.end(signal.SIGINT))[2] == ""


# ---- Resuming


def test_script_resumes_from_the_printed_cursor(served, computer, name, post):
    arguments = [served.address, "--room", "forge", "--name", name]
    cursor = computer.run(*arguments, "--print-cursor").stdout
    post("forge", "one", "two")
    read = computer.run(*arguments, "--since", cursor, "--print-cursor", "--json")
    *messages, cursor = read.stdout.splitlines()
    assert [json.loads(it)["body"] for it in messages] == ["one", "two"]
    nothing = computer.run(*arguments, "--since", cursor)
    assert (nothing.returncode, nothing.stdout) == (0, "")


def test_messages_posted_by_a_run_are_before_its_cursor(served, computer, name):
    arguments = [served.address, "--room", "forge", "--name", name]
    cursor = computer.run(*arguments, "--print-cursor", input="mine\n").stdout
    assert computer.run(*arguments, "--since", cursor).stdout == ""


async def test_interrupted_run_prints_its_cursor(served, start, computer, name, post):
    arguments = [served.address, "--room", "forge", "--name", name]
    running = await start(*arguments, "--follow", "--json", "--print-cursor")
    last = json.loads(await following(running, post, "forge"))
    code, out, cursor = await running.end(signal.SIGINT)
    assert code == INTERRUPTED
    last = json.loads([json.dumps(last), *out.splitlines()][-1])
    await asyncio.to_thread(post, "forge", "later")
    read = await asyncio.to_thread(computer.run, *arguments, "--since", cursor, "--json")
    seqs = [json.loads(line)["seq"] for line in read.stdout.splitlines()]
    assert seqs == list(range(last["seq"] + 1, seqs[-1] + 1))


# ---- Closed and redirected streams


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_streams_may_be_closed(served, computer, name, closed):
    command = f"{' '.join(CHAT)} {served.address} --room hall --name {name} --history 1 {closed}"
    run = subprocess.run(command, shell=True, env=computer.environment, capture_output=True, text=True, input="")
    assert (run.returncode, run.stderr) == (0, "")


async def test_a_pipe_that_does_not_wait_is_waited_for(served, start, name):
    """As programs leave them that read and write without blocking themselves."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    running = await start(served.address, "--room", "hall", "--name", name, stdin=reading)
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        print(f"early {name}", file=pipe, flush=True)
        is_stored = lambda: bodies(served, "hall")[-1:] == [f"early {name}"]  # noqa: E731
        await asyncio.to_thread(wait_until, is_stored, "the first line", running.process)
        print(f"late {name}", file=pipe)
    assert await running.end() == (0, "", "")
    assert bodies(served, "hall")[-1] == f"late {name}"


async def test_a_pipe_that_is_open_for_both_is_not_taken_for_closed(served, start, name, post, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    both = os.open(tmp_path / "pipe", os.O_RDWR)
    running = await start(served.address, "--room", "den", "--name", name, "--follow", "--json", stdout=both)
    reader = os.fdopen(both)
    first = asyncio.ensure_future(asyncio.to_thread(reader.readline))
    while not first.done():
        await asyncio.to_thread(post, "den", "marker")
        await asyncio.wait([first], timeout=0.1)
    await asyncio.to_thread(post, "den", "last")
    while json.loads(await asyncio.to_thread(reader.readline))["body"] != "last":
        pass
    assert await running.end(signal.SIGINT) == (INTERRUPTED, "", "")
    reader.close()


async def test_terminal_input_with_redirected_output_follows_and_reads_no_keys(served, start, name, post):
    ours, theirs = pty.openpty()
    await asyncio.to_thread(post, "hall", f"for {name}")
    arguments = [served.address, "--room", "hall", "--name", name, "--history", "1"]
    running = await start(*arguments, stdin=theirs, new_session=True)
    while f"for {name}" not in (line := await running.line()):
        assert line
    code, _, errors = await running.end(signal.SIGINT)
    assert (code, errors) == (INTERRUPTED, "")
    os.close(ours)
    os.close(theirs)


def test_output_in_a_small_encoding_loses_nothing_and_json_stays_json(served, computer, name, post):
    post("hall", "naïve 👍")
    arguments = [served.address, "--room", "hall", "--name", name, "--history", "1"]
    text = computer.run(*arguments, PYTHONIOENCODING="ascii")
    programs = computer.run(*arguments, "--json", PYTHONIOENCODING="ascii")
    assert text.stdout.endswith("na\\xefve \\U0001f44d\n")
    assert json.loads(programs.stdout)["body"] == "naïve 👍"


# ---- Several clients on one computer


async def test_two_terminals_that_start_together_share_one_guest(served, start, computer, name):
    both = [await start(served.address, "--room", "hall", "--name", name, stdin=subprocess.PIPE) for _ in range(2)]
    ends = await asyncio.gather(*(it.end(text=f"{number} of {name}\n") for number, it in enumerate(both)))
    assert ends == [(0, "", "")] * 2
    assert sorted(bodies(served, "hall")[-2:]) == [f"0 of {name}", f"1 of {name}"]
    assert len(computer.tokens) == 1


FORGET = """
from chat.actions.administration import change_person, revoke_tokens
from chat.models import Person
person = Person.objects.get(name="NAME")
revoke_tokens(person.tokens.values_list("pk", flat=True))
change_person(person, {"name": "NAME gone"})
"""


def test_a_guest_that_the_site_has_deleted_joins_again(served, tmp_path, name):
    computer = Computer(tmp_path / "other")
    arguments = [served.address, "--room", "hall", "--name", name]
    assert computer.run(*arguments, input="first").returncode == 0
    served.shell(FORGET.replace("NAME", name))
    again = computer.run(*arguments, input="second")
    assert (again.returncode, again.stderr, len(computer.tokens)) == (0, "", 1)
    token = json.loads(computer.tokens[0].read_text())["token"]
    assert call(served.port, "/api/rooms/hall/messages/", {"client_id": str(uuid.uuid4()), "body": "x"}, token)
