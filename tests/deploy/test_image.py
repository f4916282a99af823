"""The files and commands of the Dockerfile suffice for a site in an empty environment."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from chat.rendering.joined_files import LIBRARY
from tests.site import ROOT, answers, free_port, migrated, static_root, wait_until

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", "")
# The contents of an image of Python.
BARE = {"PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "LANG": "C.UTF-8"}


@pytest.fixture
def image(tmp_path):
    """The folder /site, with /venv being the environment of the tests and /data being `data`."""
    folder = tmp_path / "site"
    folder.mkdir()
    (tmp_path / "data").mkdir()
    for source in re.findall(r"^COPY (?!--from)(\S+) ", DOCKERFILE, re.MULTILINE):
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, folder / source)
    return folder


def environment(image):
    [line] = re.findall(r"^ENV (.+)$", DOCKERFILE, re.MULTILINE)
    own = dict(variable.split("=", 1) for variable in line.split()) | BARE
    return {name: value.replace("/data/", f"{image.parent}/data/") for name, value in own.items()}


def collect(image):
    """Run the step that collects static files. It gets no secret. Each file is found, and the copies that another test
    has hashed and compressed take their place, because that takes long."""
    [line] = [it for it in re.findall(r"^RUN (.+)$", DOCKERFILE, re.MULTILINE) if "collectstatic" in it]
    line = line.replace("/tmp/", f"{image.parent}/").replace("/venv/bin/python", sys.executable)
    assert " --noinput " in line
    line = line.replace(" --noinput ", " --noinput --no-post-process ")
    subprocess.run(["sh", "-ec", line], cwd=image, env=BARE, check=True)
    found = {
        str(path.relative_to(image / "staticfiles")) for path in (image / "staticfiles").rglob("*") if path.is_file()
    }
    hashed = json.loads((Path(static_root()) / "staticfiles.json").read_text())["paths"]
    assert found | {LIBRARY} == hashed.keys()
    shutil.copytree(static_root(), image / "staticfiles", dirs_exist_ok=True)
    assert not (image / "var").exists()


def test_the_site_is_served_and_healthy(image):
    collect(image)
    settings = {"SECRET_KEY": "key" * 20, "ALLOWED_HOSTS": "chat.example.org", "WEB_CONCURRENCY": "1"}
    port, own = free_port(), environment(image) | settings
    shutil.copyfile(migrated(), image.parent / "data/db.sqlite3")  # what is left to do is little
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], cwd=image, env=own, check=True)
    command = json.loads(re.search(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)[1])
    command = [it.replace("8000", str(port)).replace("0.0.0.0", "127.0.0.1") for it in command]
    process = subprocess.Popen(command, cwd=image, env=own, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(port), "the image's command", process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as ready:
            assert json.load(ready)["ready"]
        health = json.loads(
            re.search(r"HEALTHCHECK.*?CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)[1].replace("8000", str(port))
        )
        assert subprocess.run(health, env=own).returncode == 0
    finally:
        process.terminate()
    assert process.wait() == 0
    assert subprocess.run(health, env=own, stderr=subprocess.DEVNULL).returncode != 0
