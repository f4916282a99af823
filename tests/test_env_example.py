"""A line of `.env.example` that is uncommented sets what it says, and the site starts with it."""

import json
import re
import subprocess
import sys

from tests.cases import each
from tests.site import ROOT
from tests.test_settings import python

EXAMPLE = (ROOT / ".env.example").read_text()
VARIABLES = re.findall(r"^# ([A-Z_]+=.*)$", EXAMPLE, re.MULTILINE)

# Which lines, each uncommented in a file of its own, change a setting or stop the start.
CHANGED_BY = """
import importlib, json, os, sys
import environ
from chatsite import settings

def snapshot():
    importlib.reload(settings)
    known = {name: value for name, value in vars(settings).items() if name.isupper()}
    return repr(known).replace(str(settings.BASE_DIR) + "/", "")

standard, environment, changing = snapshot(), dict(os.environ), []
for line in json.load(sys.stdin):
    with open(sys.argv[1], "w") as file:
        file.write(line + "\\n")
    environ.Env.read_env(sys.argv[1])
    try:
        if snapshot() != standard:
            changing.append(line)
    except Exception as error:
        changing.append(f"{line}: {error}")
    os.environ.clear()
    os.environ.update(environment)
print(json.dumps(changing))
"""
CHECK = """
import os, sys
import environ
environ.Env.read_env(sys.argv[1])
os.environ["DJANGO_SETTINGS_MODULE"] = "chatsite.settings"
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "check"])
"""


def run(code, file, given):
    command = [sys.executable, "-c", code, str(file)]
    environment = {"PATH": "/usr/bin:/bin"}
    return subprocess.run(command, cwd=ROOT, env=environment, input=given, capture_output=True, text=True, check=False)


def test_each_line_sets_its_default_and_nothing_else(tmp_path):
    shown = run(CHANGED_BY, tmp_path / ".env", json.dumps(VARIABLES))
    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout) == []
    assert len(VARIABLES) > 40


def test_the_site_starts_with_every_line_uncommented(tmp_path):
    file = tmp_path / ".env"
    file.write_text(re.sub(r"^# (?=[A-Z_]+=)", "", EXAMPLE, flags=re.MULTILINE))
    checked = run(CHECK, file, "")
    assert (checked.returncode, checked.stderr) == (0, "")


@each("path", [".env.example", "deploy/compose.env.example"])
def test_no_comment_follows_a_value(path):
    lines = (ROOT / path).read_text().splitlines()
    assert [line for line in lines if re.match(r"(# )?[A-Z_]+=\S*\s", line)] == []


@each("debug", ["on", "off"])
def test_defaults_that_are_off_in_production_are_documented(debug):
    show = "from chatsite import settings as it; print(it.CHAT_GUESTS, it.CHAT_GUESTS_CREATE_ROOMS, it.HTTPS)"
    shown = python(show, DEBUG=debug, SECRET_KEY="x", ALLOWED_HOSTS="chat.example.org").stdout
    assert shown.split() == (["True", "True", "False"] if debug == "on" else ["False", "False", "True"])
    assert EXAMPLE.count("by default when DEBUG is off") == 4
