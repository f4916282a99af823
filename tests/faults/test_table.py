"""The table in docs/results is the one that the program writes, and docs/reliability.md quotes its totals."""

import re

from tests.faults import table
from tests.site import ROOT

RELIABILITY = (ROOT / "docs/reliability.md").read_text()
DOCUMENT = table.DOCUMENT.read_text()


def experiments():
    """The cells of each line, by the name of their column."""
    lines = [line[2:-2].split(" | ") for line in DOCUMENT.splitlines() if line.startswith("| ")]
    return [dict(zip(table.HEAD, (cell.strip() for cell in cells), strict=True)) for cells in lines[2:]]


def of_the_tutorial(word):
    return sum(int(number) for it in experiments() for number in re.findall(rf"(\d+) {word}", it["Channels tutorial"]))


def test_the_document_has_the_columns_of_the_table():
    assert DOCUMENT.startswith(table.TITLE)
    assert table.as_markdown([]) in DOCUMENT


def test_reliability_quotes_the_totals_of_the_site():
    found = experiments()
    assert f"{len(found)} experiments and {sum(int(it['tried']) for it in found):,} posts" in RELIABILITY
    assert {it[name] for it in found for name in ("lost", "vanished", "doubled", "misordered", "altered")} == {"0"}


def test_reliability_quotes_the_totals_of_the_tutorial():
    lost, vanished = of_the_tutorial("lost"), of_the_tutorial("vanished")
    posts = sum(int(number) for number in re.findall(r"\| of (\d+):", DOCUMENT))
    assert f"{posts:,} posts, {lost:,} were lost and {vanished:,} vanished" in RELIABILITY
