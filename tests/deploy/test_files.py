"""The files in deploy/ are valid, and agree with the code and with each other."""

import configparser
import json
import re
import shutil
import subprocess
import sys

import pytest
import yaml

from chat.delivery.process.sigterm import LIMIT_SECONDS
from chat.management.commands.serve import OPTIONS
from chat.protocol import HEARTBEAT_SECONDS
from tests.processes.servers import cannot_run
from tests.site import ROOT

SERVICES = ["site-a", "site-b", "work", "migrate", "proxy", "database", "layer"]
FILLED_IN = {"SITE_HOST": "chat.example.org", "SECRET_KEY": "key", "POSTGRES_PASSWORD": "password"}
DEPLOY = [it for it in ROOT.glob("deploy/**/*.*") if "__pycache__" not in it.parts]
UNITS = sorted((ROOT / "deploy/systemd").iterdir())


def compose(**environment):
    """compose.yaml with its variables replaced. KeyError where one is required."""

    def value(variable):
        name, kind, rest = re.fullmatch(r"\$\{(\w+)(?::([-?])(.*))?\}", variable[0]).groups()
        return environment.get(name) or (rest if kind == "-" else environment[name])

    return yaml.safe_load(re.sub(r"\$\{[^}]+\}", value, (ROOT / "compose.yaml").read_text()))


def read_by_compose(document):
    import compose_spec  # takes 0.2 s, and every worker imports this file

    return compose_spec.PyCompose.from_yaml(yaml.safe_dump(document, sort_keys=False))


def seconds(text):
    return int(re.fullmatch(r"(\d+)s", text)[1])


def unit(name):
    parser = configparser.RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read_string((ROOT / "deploy/systemd" / name).read_text().replace("\\\n", " "))
    return parser


def test_compose_takes_the_file(tmp_path):
    """A library that knows its specification does, and compose itself where it is found."""
    found = read_by_compose(compose(**FILLED_IN))
    assert set(found.service_names()) == set(SERVICES)
    (tmp_path / ".env").write_text("".join(f"{name}={value}\n" for name, value in FILLED_IN.items()))
    shutil.copy(ROOT / "compose.yaml", tmp_path)
    for command in filter(is_compose, (["docker", "compose"], ["docker-compose"])):
        subprocess.run([*command, "config", "--quiet"], cwd=tmp_path, check=True)


def test_a_word_that_compose_does_not_know_is_found():
    broken = compose(**FILLED_IN)
    broken["services"]["proxy"]["capdrop"] = ["ALL"]
    with pytest.raises(ValueError, match="capdrop"):
        read_by_compose(broken)


def is_compose(command):
    """Version 2, which came with the file's format."""
    if shutil.which(command[0]) is None:
        return False
    run = subprocess.run([*command, "version", "--short"], capture_output=True, text=True)
    return run.returncode == 0 and run.stdout.startswith(("2", "v2", "3", "4", "5"))


@pytest.mark.parametrize("name", FILLED_IN)
def test_compose_needs_the_secrets_of_its_example(name):
    example = (ROOT / "deploy/compose.env.example").read_text()
    assert re.search(rf"^{name}=", example, re.MULTILINE)
    with pytest.raises(KeyError, match=name):
        compose(**{key: value for key, value in FILLED_IN.items() if key != name})


def test_compose_example_names_the_variables_of_compose():
    named = set(re.findall(r"^([A-Z_]+)=", (ROOT / "deploy/compose.env.example").read_text(), re.MULTILINE))
    read = set(re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()))
    settings = set(re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert named - settings <= read
    assert read - named == {"SITE_SUBNET"}


@pytest.mark.parametrize("name", SERVICES)
def test_each_container_is_locked_down(name):
    service = compose(**FILLED_IN)["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "healthcheck" in service or name == "proxy"


def test_process_managers_wait_for_a_worker_to_drain():
    services = compose(**FILLED_IN)["services"]
    assert seconds(services["site-a"]["stop_grace_period"]) >= LIMIT_SECONDS + 10
    service = unit("chatsite@.service")["Service"]
    assert int(service["TimeoutStopSec"]) >= LIMIT_SECONDS + 10
    assert (service["KillSignal"], service["KillMode"]) == ("SIGTERM", "mixed")


def test_timeouts_of_nginx_exceed_the_heartbeat():
    text = (ROOT / "deploy/nginx/chatsite.conf").read_text()
    assert seconds(re.search(r"proxy_read_timeout (\w+);", text)[1]) > 2 * HEARTBEAT_SECONDS


def test_the_site_is_started_by_one_command_everywhere():
    """The image, systemd, make and the documents use this command. Only it contains the options of uvicorn."""
    image = re.search(r"^CMD (\[.*?\])$", dockerfile(), re.MULTILINE)[1]
    makefile = (ROOT / "Makefile").read_text()
    assert json.loads(image)[1:3] == ["manage.py", "serve"]
    assert "python manage.py serve --port %i" in unit("chatsite@.service")["Service"]["ExecStart"]
    assert "manage.py serve" in re.search(r"^serve:.*?\n\n", makefile, re.MULTILINE | re.DOTALL)[0]
    documents = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *DEPLOY, ROOT / "compose.yaml"]
    for text in (dockerfile(), makefile, *(path.read_text() for path in documents)):
        assert not any(option in text for option in OPTIONS if not option.startswith("--no-proxy-headers"))
        assert not re.search(r"bin/uvicorn|chatsite\.asgi:application --", text)


def dockerfile():
    return (ROOT / "Dockerfile").read_text()


def test_image_contains_only_the_files_of_the_site():
    copied = set(re.findall(r"^COPY (?!--from)(\S+) ", dockerfile(), re.MULTILINE))
    included = set(re.findall(r"^!(\S+)$", (ROOT / ".dockerignore").read_text(), re.MULTILINE))
    assert copied == included == {"requirements.txt", "manage.py", "chatsite", "chat", "templates"}


def test_the_image_follows_the_rules_for_images():
    run = subprocess.run([shutil.which("hadolint") or beside_python("hadolint"), ROOT / "Dockerfile"], check=False)
    assert run.returncode == 0


def beside_python(program):
    found = shutil.which(program, path=str(ROOT / ".venv/bin")) or shutil.which(program, path=sys.prefix + "/bin")
    return found or cannot_run(program)


@pytest.fixture
def installed(tmp_path):
    """Return the units in a folder, with an existing program."""
    for path in UNITS:
        (tmp_path / path.name).write_text(path.read_text().replace("/opt/chatsite/.venv/bin/python", sys.executable))
    return tmp_path


@pytest.mark.parametrize("name", [path.name.replace("@", "@8001") for path in UNITS])
def test_systemd_takes_the_units(installed, name):
    program = shutil.which("systemd-analyze") or cannot_run("systemd-analyze")
    environment = {"SYSTEMD_UNIT_PATH": f"{installed}:"}
    run = subprocess.run(
        [program, "verify", "--man=no", name], env=environment, cwd=installed, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout + run.stderr) == (0, "")


def test_a_worker_under_systemd_is_little_exposed(installed):
    """systemd's own scale, from 0 to 10, here in tenths; above 5 it says MEDIUM."""
    program = shutil.which("systemd-analyze") or cannot_run("systemd-analyze")
    unit_file = installed / "chatsite@.service"
    command = [program, "security", "--offline=yes", "--threshold=25", "--no-pager", unit_file]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr
