"""The page's models and helpers by themselves, and the rules between the layers of JavaScript."""

import os
import re
import shutil
import subprocess

import pytest

from tests.site import ROOT

SOURCE = ROOT / "chat" / "static" / "chat" / "js"
SOURCES = {str(path.relative_to(SOURCE)): path.read_text() for path in sorted(SOURCE.rglob("*.js"))}
# One process for all files. `node --test` would start one for each of them.
RUN_ALL = "for (const file of process.argv.slice(1)) await import(file);"
LAYERS = ["helpers", "models", "controllers", "js"]
ONLY_IN = {
    "new WebSocket(": {"models/socket.js"},
    "innerHTML": {"controllers/message_view.js"},
    "localStorage": {"helpers/storage.js"},
}


def test_models_and_helpers() -> None:
    node = shutil.which("node")
    if node is None:
        reason = "Node.js, which runs the tests of the page's models, is not installed."
        pytest.fail(reason) if os.environ.get("REQUIRE_ALL") == "1" else pytest.skip(reason)
    files = [path.as_uri() for path in sorted((ROOT / "tests" / "js").glob("*.test.mjs"))]
    command = [node, "--input-type=module", "--eval", RUN_ALL, *files]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_imports_point_one_way() -> None:
    wrong = []
    for name, text in SOURCES.items():
        rank = LAYERS.index((SOURCE / name).parent.name)
        for address in re.findall(r'from "(.+)";', text):
            imported = (SOURCE / name).parent.joinpath(address).resolve()
            if not imported.exists():
                wrong.append(f"{name} imports {address}, which does not exist")
            elif LAYERS.index(imported.parent.name) > rank:
                wrong.append(f"{name} imports {address}, which stands above it")
    assert wrong == []


def test_each_browser_interface_is_used_by_one_module() -> None:
    wrong = [
        f"{name}: {word} belongs to {places}"
        for name, text in SOURCES.items()
        for word, places in ONLY_IN.items()
        if word in text and name not in places
    ]
    wrong += [
        f"{name}: only a controller touches the document"
        for name, text in SOURCES.items()
        if "document." in text and (SOURCE / name).parent.name not in ("controllers", "js")
    ]
    assert wrong == []
