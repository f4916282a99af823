"""The page's models and helpers by themselves, and the rules between its layers."""

import os
import re
import shutil
import subprocess

import pytest

from tests.site import ROOT

SOURCE = ROOT / "chat" / "static" / "chat" / "js"
MODULES = sorted(SOURCE.rglob("*.js"))
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
    run = subprocess.run([node, "--test", "tests/js/"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_point_one_way(module) -> None:
    rank = LAYERS.index(module.parent.name)
    for address in re.findall(r'from "(.+)";', module.read_text()):
        imported = (module.parent / address).resolve()
        assert imported.exists()
        assert LAYERS.index(imported.parent.name) <= rank, f"{address} stands above it"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_each_thing_is_touched_in_its_place(module) -> None:
    text, name = module.read_text(), str(module.relative_to(SOURCE))
    for word, places in ONLY_IN.items():
        assert word not in text or name in places, f"{word} belongs to {places}"
    assert "document." not in text or module.parent.name in ("controllers", "js")
