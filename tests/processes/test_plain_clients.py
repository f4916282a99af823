"""Plain WebSocket tools and scripts as clients of real servers."""

import asyncio
import re
import shlex
import subprocess
import sys
from contextlib import AsyncExitStack
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from tests.processes.client import Client
from tests.processes.tools import TOOLS, Tool
from tests.site import PATIENCE_SECONDS, ROOT, Site


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.stop()


def address(port, name, slug="lobby", **query):
    more = "".join(f"&{field}={value}" for field, value in query.items())
    return f"ws://127.0.0.1:{port}/ws/chat/{slug}/?name={quote(name)}{more}"


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
async def test_plain_tools_and_a_protocol_client_exchange_messages(site, server):
    port = site.start(server)
    async with AsyncExitStack() as stack:
        dan = Client(site.guest(port, "dan"))
        stack.push_async_callback(dan.leave)
        await dan.follow(port)
        tools = {}
        for name, tool in zip(("ada", "bo", "cy"), TOOLS, strict=True):
            tools[name] = Tool(tool, address(port, name))
            stack.callback(tools[name].close)
            await tools[name].shows("Welcome. Messages here are saved")
        for name, tool in tools.items():
            tool.type(f"héllo from {name}")
            for other in tools.values():
                await other.shows(f" {name}: héllo from {name}")
        await dan.post("hello all\n12:00 ada: I never said so")
        for tool in tools.values():
            await tool.shows(" dan: hello all")
            await tool.shows("    12:00 ada: I never said so")
            assert tool.screen.count("12:00 ada: I never said so") == 1
        await dan.until(lambda: len(dan.rows) == 5)
    assert [body for _, _, _, body in site.stored()][1:4] == [f"héllo from {name}" for name in ("ada", "bo", "cy")]


def shown(language):
    """Return the document's example in a language."""
    text = (ROOT / "docs/plain-text.md").read_text()
    return re.search(rf"```{language}\n(.*?)```", text, re.DOTALL)[1]


def test_the_tools_that_are_tried_are_those_of_the_document():
    address = "ws://127.0.0.1:8000/ws/chat/lobby/?name=ada"
    commands = [shlex.split(line) for line in shown("").splitlines()]
    assert commands == [
        ["python" if part == sys.executable else part for part in it] + [address] for it in TOOLS.values()
    ]


@pytest.mark.parametrize("server", ["uvicorn", "daphne"])
def test_the_script_of_the_document_is_a_client(site, server):
    script = shown("python").replace("127.0.0.1:8000", f"127.0.0.1:{site.start(server)}")
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert re.fullmatch(r"\d\d:\d\d ada: hello\n", run.stdout), run.stderr


async def test_name_given_in_two_processes_at_once_creates_one_person_and_a_taken_name_is_refused(site):
    ports = [site.start(), site.start("daphne")]

    async def say(port, text):
        async with connect(address(port, "ada", history=0)) as socket:
            await socket.send(text)
            async with asyncio.timeout(PATIENCE_SECONDS):
                while not (line := await socket.recv()).endswith(text):
                    assert not line.startswith("!"), line

    await asyncio.gather(*(say(port, f"text {n}") for n in range(8) for port in ports))
    count = "from chat.models import Person; print(Person.objects.filter(handle='ada').count())"
    assert site.shell(count).strip() == "1"
    assert len(site.stored()) == 17
    site.guest(ports[0], "bob")
    for port in ports:
        async with connect(address(port, "bob")) as socket:
            assert await socket.recv() == "! That name is taken, or looks too much like one that is."
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            assert socket.close_code == 4401
