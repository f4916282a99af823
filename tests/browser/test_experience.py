"""The table of promises names existing tests for each promise."""

import re
from pathlib import Path

from tests.browser.experience import SHOWN_BY
from tests.site import ROOT

BROWSER, JS = ROOT / "tests" / "browser", ROOT / "tests" / "js"


def names_in(path: Path) -> set[str]:
    """Return the names of the tests in a file, in the form of the table."""
    form = r'^test\("(.+)", ' if path.suffix == ".mjs" else r"^def (test_\w+)\("
    return {f"{path.name}::{name}" for name in re.findall(form, path.read_text(), re.MULTILINE)}


THERE = {name for path in [*BROWSER.glob("test_*.py"), *JS.glob("*.test.mjs")] for name in names_in(path)}


def test_every_promise_is_shown_by_tests_that_exist() -> None:
    assert [sentence for sentence, tests in SHOWN_BY.items() if not tests] == []
    assert [test for tests in SHOWN_BY.values() for test in tests if test not in THERE] == []
