"""The examples of `docs/bots.md`, as they stand, against one server."""

import json
import os
import re
import subprocess
import sys
import urllib.request

import pytest

from tests.site import PATIENCE_SECONDS, ROOT, Site, call, wait_until

BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", (ROOT / "docs/bots.md").read_text(), re.DOTALL | re.MULTILINE)
MESSAGES = "/api/rooms/lobby/messages/"
HOOK = """
from chat.actions import webhooks
from chat.models import Person, Room
owner = Person.objects.create_superuser("operator", "Tr0mbone!x")
print(webhooks.create(owner, Room.objects.get(slug="lobby"), name="Builds")[1])
"""


def shown(language):
    return [text for name, text in BLOCKS if name == language]


@pytest.fixture
def site(tmp_path):
    site = Site(tmp_path)
    yield site
    site.stop()


def run(command, environment):
    """Run a line as a shell does. Return the message that the API answers with."""
    done = subprocess.run(["sh", "-c", command], env=environment, capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stdout + done.stderr
    return json.loads(done.stdout)["message"]


def bodies(port, token):
    address = f"http://127.0.0.1:{port}{MESSAGES}"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
        return [it["body"] for it in json.load(answer)["messages"]]


def test_examples_of_the_document_work_as_they_stand(site):
    port = site.start()
    token = site.guest(port, "robot")
    environment = {**os.environ, "CHAT_URL": f"http://127.0.0.1:{port}", "CHAT_TOKEN": token}
    environment["CHAT_HOOK"] = f"http://127.0.0.1:{port}/api/hooks/{site.shell(HOOK).strip()}/"
    for command in shown("sh"):
        assert run(command, environment) == run(command, environment)
    [line] = shown("cron")
    told = run(line.split(maxsplit=5)[5].replace(r"\%", "%"), environment)
    shown_in_order = ["Deploy **1042** is finished.", "Build **77** is green.", told["body"]]
    assert bodies(port, token)[-3:] == shown_in_order

    [script] = shown("python")
    bot = subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert bot.stdout.readline().split() == ["hello"]
        call(port, MESSAGES, {"body": "!ping"}, site.guest(port, "ada"))
        wait_until(lambda: bodies(port, token)[-2:] == ["!ping", "pong"], "the answer", bot)
    finally:
        bot.kill()
        bot.communicate()
