"""Isolated home folders, a real site, and a fake site that a test scripts."""

import asyncio
import io
import os

import pytest

from chat.terminal import backoff, keepalive
from chat.terminal.address import Address
from chat.terminal.identity import RequestedIdentity, TerminalIdentity
from chat.terminal.pipe_mode import PipeMode, Task
from chat.terminal.site import Site as SiteClient
from chat.terminal.tokens import Tokens
from tests.site import PATIENCE_SECONDS, Site
from tests.terminal.fake import FakeSite
from tests.terminal.process import Computer

PASSWORD = "correct horse battery staple"
SCENE = f"""
from datetime import timedelta
from django.utils import timezone
from chat.actions.accounts import sign_up
from chat.actions.rooms import create_room
from chat.models import Room
ada = sign_up("ada", "{PASSWORD}")
for name in ("Ops", "Hall", "Attic", "Barn", "Cellar", "Den", "Eaves", "Forge"):
    create_room(ada, name)
secret = create_room(ada, "Secret", visibility=Room.Visibility.PRIVATE)
Room.objects.filter(pk=secret.pk).update(slug="secret")
create_room(ada, "Old")
Room.objects.filter(slug="old").update(archived_at=timezone.now())
"""


@pytest.fixture
def computer(tmp_path):
    return Computer(tmp_path / "computer")


@pytest.fixture
async def fake():
    async with FakeSite() as fake:
        yield fake


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """Run a real site: ada is a member and owns the rooms; `old` is archived, `secret` is private."""
    site = Site(tmp_path_factory.mktemp("site"))
    site.shell(SCENE)
    site.port = site.start()
    site.address = f"http://127.0.0.1:{site.port}"
    yield site
    site.stop()


@pytest.fixture
def hasty(monkeypatch):
    """Reconnect without a delay, and check timers often."""
    monkeypatch.setattr(backoff, "SHORTEST_SECONDS", 0.0)
    monkeypatch.setattr(backoff, "LONGEST_SECONDS", 0.0)
    monkeypatch.setattr(keepalive, "TICK_SECONDS", 0.01)


@pytest.fixture
def use(tmp_path):
    """Return `await use(address, "text")`: the output of the client for this input. Raises the same errors."""

    async def use_tool(address, text="hello\n", *, token="a-token", name="ada", password=None, **options):
        site = SiteClient(Address.parse(address), options.get("timeout_seconds", PATIENCE_SECONDS))
        identity = TerminalIdentity(site, RequestedIdentity(name, password, token), Tokens(tmp_path / "tokens"))
        out, errors = io.StringIO(), io.StringIO()
        (tmp_path / "input").write_text(text)
        reading = os.open(tmp_path / "input", os.O_RDONLY)
        task = Task(**{"room": "lobby", "input": reading, "timeout_seconds": PATIENCE_SECONDS, **options})
        try:
            token = await asyncio.to_thread(identity.token)
            await PipeMode(site, identity, token, task, out, errors).run()
        finally:
            os.close(reading)
        return out.getvalue()

    return use_tool
